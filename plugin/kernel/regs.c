// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/regs.h"

#include <elf.h>
#include <string.h>

#include "kernel/kernel.h"

enum {	/* x86-64 */
	RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15, RIP, EFLAGS,
	CS, SS, DS, ES, FS, GS, N_X86
};

enum { X19 = 19, X29 = 29, SP = 31, PC, CPSR, N_ARM64 };

/* struct user_regs_struct, arch/x86/include/asm/user_64.h; unchanged since 2.6. */
static const int8_t x86_prstatus[] = {
	R15, R14, R13, R12, RBP, RBX, R11, R10, R9, R8, RAX, RCX, RDX, RSI, RDI, -1 /* orig_rax */,
	RIP, CS, EFLAGS, RSP, SS, -1, -1 /* fs_base, gs_base */, DS, ES, FS, GS,
};

#define PR_REG	112	/* offset of pr_reg in struct elf_prstatus of 64-bit kernels */

void vs_regs_shape(const struct vs_kernel *k, unsigned int *n_ret, unsigned int *n_long_ret)
{
	bool x86 = k->mem.arch->machine == EM_X86_64;

	*n_ret = x86 ? N_X86 : N_ARM64;
	*n_long_ret = x86 ? EFLAGS : CPSR;
}

static void set(struct vs_regs *r, unsigned int i, uint64_t v)
{
	r->v[i] = v;
	r->known |= UINT64_C(1) << i;
}

bool vs_regs_prstatus(const struct vs_kernel *k, const unsigned char *desc, size_t len, struct vs_regs *ret)
{
	const bool be = k->mem.target.big_endian;
	size_t n = k->mem.arch->machine == EM_X86_64 ? sizeof(x86_prstatus) :
		k->mem.arch->machine == EM_AARCH64 ? N_ARM64 : 0;

	*ret = (struct vs_regs){ 0 };
	if (!n || len < PR_REG + 8 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint64_t v = vs_load64(desc + PR_REG + 8 * i, be);

		if (k->mem.arch->machine == EM_AARCH64)
			set(ret, (unsigned int)i, v);
		else if (x86_prstatus[i] >= 0)
			set(ret, (unsigned int)x86_prstatus[i], v);
	}
	return true;
}

/* __switch_to_asm pushes a struct inactive_task_frame (since 4.9) and keeps the stack pointer. */
static bool saved_x86(struct vs_kernel *k, uint64_t sp, struct vs_regs *ret)
{
	const struct vs_layout *l = &k->layout;
	const struct { struct vs_field f; int reg; } members[] = {
		{ l->frame.r15, R15 }, { l->frame.r14, R14 }, { l->frame.r13, R13 }, { l->frame.r12, R12 },
		{ l->frame.bx, RBX }, { l->frame.bp, RBP }, { l->frame.ret_addr, RIP },
	};

	if (!l->frame.size || !vs_has(l->frame.ret_addr))
		return false;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		uint64_t v;

		if (!vs_has(members[i].f))
			continue;
		if (!vs_kmem_ulong(&k->mem, sp + (uint64_t)members[i].f.off, &v))
			return false;
		set(ret, (unsigned int)members[i].reg, v);
	}
	set(ret, RSP, sp + l->frame.size);
	return true;
}

/* task_struct.thread.cpu_context: x19 to x28, fp, sp, pc. */
static bool saved_arm64(struct vs_kernel *k, uint64_t task, uint64_t sp, struct vs_regs *ret)
{
	const struct vs_layout *l = &k->layout;
	uint64_t v;

	if (!vs_has(l->thread.x19) || !vs_has(l->thread.pc))
		return false;
	for (unsigned int i = X19; i <= X29; i++) {
		if (!vs_kmem_ulong(&k->mem, task + (uint64_t)l->thread.x19.off + 8 * (i - X19), &v))
			return false;
		set(ret, i, v);
	}
	if (!vs_kmem_ulong(&k->mem, task + (uint64_t)l->thread.pc.off, &v))
		return false;
	set(ret, PC, v);
	set(ret, SP, sp);
	return true;
}

bool vs_regs_saved(struct vs_kernel *k, uint64_t task, struct vs_regs *ret)
{
	const struct vs_layout *l = &k->layout;
	uint64_t sp;

	*ret = (struct vs_regs){ 0 };
	if (!vs_has(l->thread.sp) || !vs_kmem_ulong(&k->mem, task + (uint64_t)l->thread.sp.off, &sp))
		return false;
	if (k->mem.arch->machine == EM_X86_64)
		return saved_x86(k, sp, ret);
	return k->mem.arch->machine == EM_AARCH64 && saved_arm64(k, task, sp, ret);
}
