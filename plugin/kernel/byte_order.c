// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The byte order of the memory in a dump. The container's is not it: QEMU writes what
 * the machine began with, so that a little-endian ppc64 kernel is in a file that is big
 * endian from header to notes.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/err.h"
#include "kernel/kernel.h"

static const char *word(bool big_endian)
{
	return big_endian ? "big" : "little";
}

struct vs_err *vs_kernel_byte_order(struct vs_kernel *k)
{
	const struct vs_vmcoreinfo *vi = &k->vi;
	const struct vs_arch *arch = k->mem.arch;
	// one for another machine is turned down by who it is
	const struct vs_vmlinux *v = k->vmlinux && k->vmlinux->machine == arch->machine ? k->vmlinux : NULL;
	bool be = k->img->big_endian;

	k->order_source = "the container";
	if (vi->has_order) {
		be = vi->big_endian;
		k->order_source = "VMCOREINFO's note in memory";
		if (v && v->big_endian != be)
			return vs_err_create(VS_ERR_MISMATCH,
				"%s is %s endian; the memory of the dump is %s endian, as VMCOREINFO's note at physical %#"
				PRIx64 " shows", v->path, word(v->big_endian), word(be), vi->note_pa);
	} else if (v) {
		be = v->big_endian;
		k->order_source = be == k->img->big_endian ? "vmlinux and the container" : "vmlinux";
	}
	if (arch->order != VS_ORDER_EITHER && be != (arch->order == VS_ORDER_BIG))
		return vs_err_create(VS_ERR_MISMATCH,
			"the container says that the machine is %s, whose kernels are %s endian; %s endian by %s",
			arch->name, word(!be), word(be), k->order_source);
	k->mem.target.big_endian = be;
	return NULL;
}
