// SPDX-License-Identifier: GPL-2.0-or-later
/* s390x: arch/s390/boot/startup.c, arch/s390/kernel/machine_kexec.c. */
#include <elf.h>
#include <inttypes.h>

#include "base/buf.h"
#include "base/err.h"
#include "kernel/kernel.h"
#include "kernel/place.h"

#define LOWCORE	UINT64_C(0x2000)	/* a CPU's own, at address 0 for each: no object is there */

/* How many levels there are the tables tell themselves; as long as they are not known, any address may be. */
static struct vs_err *tables(struct vs_kernel *k)
{
	if (k->mem.target.page_shift != 12)
		return vs_err_create(VS_ERR_MISMATCH, "VMCOREINFO says PAGESIZE=%" PRIu64
				     "; s390x has pages of 4096 bytes", vs_page_size(&k->mem.target));
	k->mem.pgt.levels = 5;
	k->mem.pgt.va_bits = 64;
	k->mem.pgt.top_bits = 11;
	return NULL;
}

/* Do the kernel's tables have the image at @p pa, if it is there? */
static bool maps_itself(struct vs_kernel *k, uint64_t pa)
{
	struct vs_pgtable pt = k->mem.pgt;
	struct vs_xlat x;
	uint64_t root;

	if (!vs_vmcoreinfo_hex(&k->vi, "SYMBOL(swapper_pg_dir)", &root))
		return false;
	vs_pgtable_move(&pt, root - k->mem.image_start + pa);
	pt.arch->walk(&pt, k->mem.image_start, &x);
	return x.end == VS_PG_MAPPED && x.pa == pa;
}

/*
 * The image runs where it lies, in the identity map; since 6.10 at an address that has
 * nothing to do with that. KERNELOFFPHYS has been of the address the image was linked
 * to, and of the image itself.
 */
static struct vs_err *image(struct vs_kernel *k, uint64_t *pa_ret)
{
	uint64_t stext, offset, phys, other;

	*pa_ret = k->mem.image_start;
	if (!vs_vmcoreinfo_hex(&k->vi, "KERNELOFFPHYS", &phys))
		return NULL;
	if (!vs_vmcoreinfo_hex(&k->vi, "SYMBOL(_stext)", &stext) ||
	    !vs_vmcoreinfo_hex(&k->vi, "KERNELOFFSET", &offset))
		return vs_err_create(VS_ERR_FORMAT,
			"VMCOREINFO has KERNELOFFPHYS but not both of SYMBOL(_stext) and KERNELOFFSET: where the kernel lies in physical memory cannot be told");
	*pa_ret = k->mem.image_start - offset + phys;
	other = k->mem.image_start - stext + phys;
	if (!maps_itself(k, *pa_ret) && maps_itself(k, other))
		*pa_ret = other;
	return NULL;
}

static struct vs_err *direct(struct vs_kernel *k, struct vs_direct *ret, unsigned int *n_ret)
{
	const unsigned int bits = k->mem.pgt.va_bits;
	uint64_t base = 0;

	// since 6.10; not 0 only where CONFIG_RANDOMIZE_IDENTITY_BASE is set
	vs_vmcoreinfo_hex(&k->vi, "IDENTITYBASE", &base);
	if (bits < 64 && base >> bits)
		return vs_err_create(VS_ERR_MISMATCH,
			"VMCOREINFO says IDENTITYBASE=%" PRIx64 "; the kernel's page tables have %u bits", base, bits);
	*ret = (struct vs_direct){
		.base = base,
		.size = (bits < 64 ? UINT64_C(1) << bits : -LOWCORE) - base,
		.skip = LOWCORE,
		.source = base ? "VMCOREINFO IDENTITYBASE" : "physical addresses are virtual ones",
	};
	*n_ret = 1;
	return NULL;
}

static bool guess(struct vs_kernel *k, const struct vs_guess *g, struct vs_buf *text, const char **how_ret)
{
	struct vs_symbol syms[] = { { .name = "swapper_pg_dir" }, { .name = "_stext" } };
	uint64_t offset = g->image_pa - g->linked;
	bool apart;

	vs_err_free(vs_symbols_find(k->symbols, syms, 2));
	if (!syms[0].found || !syms[1].found)
		return false;
	// struct vm_layout: its first member is the offset (6.11); an unsigned long before
	apart = vs_guess_variable(k, g, "vm_layout", 8, &offset);
	*how_ret = apart ? "vm_layout in memory" : "worked out from where the image is";
	vs_buf_printf(text, "PAGESIZE=4096\nKERNELOFFSET=%" PRIx64 "\nSYMBOL(swapper_pg_dir)=%" PRIx64 "\n", offset,
		      syms[0].value + offset);
	if (apart)
		vs_buf_printf(text, "SYMBOL(_stext)=%" PRIx64 "\nKERNELOFFPHYS=%" PRIx64 "\n", syms[1].value + offset,
			      g->image_pa - g->linked);
	return true;
}

const struct vs_place vs_place_s390x = {
	.machine = EM_S390,
	.mark = "SAMODE31",
	.pgd_symbol = "SYMBOL(swapper_pg_dir)",
	.tables = tables,
	.image = image,
	.direct = direct,
	.guess = guess,
	.n_guesses = 1,
};
