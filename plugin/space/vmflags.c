// SPDX-License-Identifier: GPL-2.0-or-later
#include "space/vmflags.h"

/*
 * Bits 0 to 31 have kept their places since 3.10, but for 9, 11, 12, 19, 23, 25,
 * which older kernels used otherwise or not at all. Above 31 the places depend
 * on the architecture; what is told apart here holds on x86-64 and arm64.
 */
static const struct {
	const char *name, *letters;
} flags_by_bit[64] = {
	[0] = { "VM_READ", "rd" },
	[1] = { "VM_WRITE", "wr" },
	[2] = { "VM_EXEC", "ex" },
	[3] = { "VM_SHARED", "sh" },
	[4] = { "VM_MAYREAD", "mr" },
	[5] = { "VM_MAYWRITE", "mw" },
	[6] = { "VM_MAYEXEC", "me" },
	[7] = { "VM_MAYSHARE", "ms" },
	[8] = { "VM_GROWSDOWN", "gd" },
	[9] = { "VM_UFFD_MISSING", "um" },
	[10] = { "VM_PFNMAP", "pf" },
	[11] = { "VM_DENYWRITE", "dw" },	// up to 5.14
	[12] = { "VM_UFFD_WP", "uw" },
	[13] = { "VM_LOCKED", "lo" },
	[14] = { "VM_IO", "io" },
	[15] = { "VM_SEQ_READ", "sr" },
	[16] = { "VM_RAND_READ", "rr" },
	[17] = { "VM_DONTCOPY", "dc" },
	[18] = { "VM_DONTEXPAND", "de" },
	[19] = { "VM_LOCKONFAULT", "lf" },	// smaps says "??" before 6.9
	[20] = { "VM_ACCOUNT", "ac" },
	[21] = { "VM_NORESERVE", "nr" },
	[22] = { "VM_HUGETLB", "ht" },
	[23] = { "VM_SYNC", "sf" },
	[24] = { "VM_ARCH_1", "ar" },		// x86: VM_PAT
	[25] = { "VM_WIPEONFORK", "wf" },
	[26] = { "VM_DONTDUMP", "dd" },
	[27] = { "VM_SOFTDIRTY", "sd" },
	[28] = { "VM_MIXEDMAP", "mm" },
	[29] = { "VM_HUGEPAGE", "hg" },
	[30] = { "VM_NOHUGEPAGE", "nh" },
	[31] = { "VM_MERGEABLE", "mg" },
	[32] = { "VM_HIGH_ARCH_0", "" },	// x86: protection key bit 0
	[33] = { "VM_HIGH_ARCH_1", "" },
	[34] = { "VM_HIGH_ARCH_2", "" },
	[35] = { "VM_HIGH_ARCH_3", "" },
	[36] = { "VM_HIGH_ARCH_4", "" },
	[37] = { "VM_HIGH_ARCH_5", "ss" },	// x86: VM_SHADOW_STACK (6.6)
	[38] = { "VM_UFFD_MINOR", "ui" },
	[39] = { "VM_ALLOW_ANY_UNCACHED", "" },
	[40] = { "VM_DROPPABLE", "dp" },
	[42] = { "VM_SEALED", "sl" },		// 63 up to 6.13
	[63] = { "VM_SEALED", "sl" },
};

void vs_vmflags_names(struct vs_buf *b, uint64_t flags)
{
	if (!flags)
		vs_buf_putc(b, '0');
	for (unsigned int bit = 0, any = 0; bit < 64; bit++) {
		if (!(flags >> bit & 1))
			continue;
		if (any++)
			vs_buf_putc(b, '|');
		if (flags_by_bit[bit].name)
			vs_buf_puts(b, flags_by_bit[bit].name);
		else
			vs_buf_printf(b, "bit %u", bit);
	}
}

void vs_vmflags_letters(struct vs_buf *b, uint64_t flags)
{
	for (unsigned int bit = 0, any = 0; bit < 64; bit++) {
		const char *l = flags_by_bit[bit].name ? flags_by_bit[bit].letters : "??";

		if (!(flags >> bit & 1) || !*l)
			continue;
		if (any++)
			vs_buf_putc(b, ' ');
		vs_buf_puts(b, l);
	}
}
