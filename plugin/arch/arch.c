// SPDX-License-Identifier: GPL-2.0-or-later
#include "arch/arch.h"

static const struct vs_arch *const archs[] = {
	&vs_arch_arm64,
	&vs_arch_i386,
	&vs_arch_ppc64,
	&vs_arch_riscv64,
	&vs_arch_s390x,
	&vs_arch_x86_64,
};

const char *vs_arch_names(void)
{
	return "arm64, i386, ppc64, riscv64, s390x, x86-64";
}

const struct vs_arch *vs_arch_find(uint16_t machine)
{
	for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++)
		if (archs[i]->machine == machine)
			return archs[i];
	return NULL;
}
