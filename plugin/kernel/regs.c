// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/regs.h"

#include <elf.h>
#include <string.h>

#include "kernel/kernel.h"

enum {	/* x86-64 */
	RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15, RIP, EFLAGS,
	CS, SS, DS, ES, FS, GS, N_X86
};

enum {	/* i386 */
	EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI, EIP, EFL, ECS, ESS, EDS, EES, EFS, EGS, N_I386
};

enum { X19 = 19, X29 = 29, SP = 31, PC, CPSR, N_ARM64 };

enum { RA = 1, RV_SP, S0 = 8, S2 = 18, RV_PC = 32, N_RISCV };

enum { S390X_PSWM, S390X_PSWA, S390X_R0, S390X_ACR0 = 18, N_S390X = 34 };

enum { PPC64_R1 = 1, PPC64_PC = 32, PPC64_MSR, PPC64_LR, PPC64_CTR, PPC64_CR, PPC64_XER, N_PPC64 };

/* GDB's own order has the floating-point registers in the middle; it takes another if it is told. */
#define REG(name, bits)	"<reg name=\"" name "\" bitsize=\"" bits "\"/>"
#define GPRS(a, b, c, d) REG("r" a, "64") REG("r" b, "64") REG("r" c, "64") REG("r" d, "64")
static const char ppc64_features[] =
	"<feature name=\"org.gnu.gdb.power.core\">"
	GPRS("0", "1", "2", "3") GPRS("4", "5", "6", "7") GPRS("8", "9", "10", "11") GPRS("12", "13", "14", "15")
	GPRS("16", "17", "18", "19") GPRS("20", "21", "22", "23") GPRS("24", "25", "26", "27") GPRS("28", "29", "30", "31")
	REG("pc", "64") REG("msr", "64") REG("lr", "64") REG("ctr", "64") REG("cr", "32") REG("xer", "32")
	"</feature>";

static const struct vs_regs_shape shapes[] = {
	{ EM_386, "i386", N_I386, N_I386, EIP, NULL },
	{ EM_AARCH64, "aarch64", N_ARM64, CPSR, PC, NULL },
	{ EM_PPC64, "powerpc:common64", N_PPC64, PPC64_CR, PPC64_PC, ppc64_features },
	{ EM_RISCV, "riscv:rv64", N_RISCV, N_RISCV, RV_PC, NULL },
	{ EM_S390, "s390:64-bit", N_S390X, S390X_ACR0, S390X_PSWA, NULL },
	{ EM_X86_64, "i386:x86-64", N_X86, EFLAGS, RIP, NULL },
};

/* struct user_regs_struct, arch/x86/include/asm/user_64.h; unchanged since 2.6. */
static const int8_t x86_prstatus[] = {
	R15, R14, R13, R12, RBP, RBX, R11, R10, R9, R8, RAX, RCX, RDX, RSI, RDI, -1 /* orig_rax */,
	RIP, CS, EFLAGS, RSP, SS, -1, -1 /* fs_base, gs_base */, DS, ES, FS, GS,
};

/* The same of user_32.h. */
static const int8_t i386_prstatus[] = {
	EBX, ECX, EDX, ESI, EDI, EBP, EAX, EDS, EES, EFS, EGS, -1 /* orig_eax */, EIP, ECS, EFL, ESP, ESS,
};

/* struct user_regs_struct, arch/riscv/include/uapi/asm/ptrace.h: pc has the place of x0, which is 0. */
static const int8_t riscv_prstatus[] = {
	RV_PC, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	27, 28, 29, 30, 31,
};

/* struct pt_regs, arch/powerpc/include/uapi/asm/ptrace.h: as ELF has it. */
static const int8_t ppc64_prstatus[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
	30, 31, PPC64_PC, PPC64_MSR, -1 /* orig_gpr3 */, PPC64_CTR, PPC64_LR, PPC64_XER, PPC64_CR,
};

/* Registers in struct elf_prstatus; without an order they stand as they do here. */
static const struct prstatus {
	uint16_t machine;
	uint8_t n;
	const int8_t *order;
} prstatus[] = {
	{ EM_386, sizeof(i386_prstatus), i386_prstatus },
	{ EM_AARCH64, N_ARM64, NULL },
	{ EM_PPC64, sizeof(ppc64_prstatus), ppc64_prstatus },
	{ EM_RISCV, sizeof(riscv_prstatus), riscv_prstatus },
	{ EM_S390, S390X_ACR0, NULL },	// access registers have 32 bits there
	{ EM_X86_64, sizeof(x86_prstatus), x86_prstatus },
};

/* Offset of pr_reg in struct elf_prstatus, by the word. */
#define PR_REG64	112
#define PR_REG32	72

const struct vs_regs_shape *vs_regs_shape(const struct vs_kernel *k)
{
	static const struct vs_regs_shape unknown = { .arch = "machine of this kind" };

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (shapes[i].machine == k->mem.arch->machine)
			return &shapes[i];
	return &unknown;
}

static void set(struct vs_regs *r, unsigned int i, uint64_t v)
{
	r->v[i] = v;
	r->known |= UINT64_C(1) << i;
}

bool vs_regs_prstatus(const struct vs_kernel *k, const unsigned char *desc, size_t len, struct vs_regs *ret)
{
	const unsigned int word = k->mem.target.word, at = word == 8 ? PR_REG64 : PR_REG32;
	const bool be = k->img->big_endian;	// whoever wrote the note, wrote the file
	const struct prstatus *p = prstatus, *end = prstatus + sizeof(prstatus) / sizeof(prstatus[0]);

	*ret = (struct vs_regs){ 0 };
	while (p < end && p->machine != k->mem.arch->machine)
		p++;
	if (p == end || len < at + (size_t)word * p->n)
		return false;
	for (unsigned int i = 0; i < p->n; i++) {
		const int reg = p->order ? p->order[i] : (int)i;

		if (reg >= 0)
			set(ret, (unsigned int)reg, vs_load(desc + at + i * word, word, be));
	}
	if (p->machine == EM_RISCV)
		set(ret, 0, 0);
	return true;
}

/* __switch_to_asm pushes a struct inactive_task_frame (since 4.9) and keeps the stack pointer. */
static bool saved_x86(struct vs_kernel *k, uint64_t sp, struct vs_regs *ret)
{
	const struct vs_layout *l = &k->layout;
	const bool is64 = k->mem.target.word == 8;
	const struct { struct vs_field f; int reg; } members[] = {
		{ l->frame.r15, R15 }, { l->frame.r14, R14 }, { l->frame.r13, R13 }, { l->frame.r12, R12 },
		{ l->frame.si, ESI }, { l->frame.di, EDI }, { l->frame.bx, is64 ? RBX : EBX },
		{ l->frame.bp, is64 ? RBP : EBP }, { l->frame.ret_addr, is64 ? RIP : EIP },
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
	set(ret, is64 ? RSP : ESP, sp + l->frame.size);
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

/* task_struct.thread: ra, sp, s[12]; s0 is the frame pointer. */
static bool saved_riscv(struct vs_kernel *k, uint64_t task, uint64_t sp, struct vs_regs *ret)
{
	const struct vs_layout *l = &k->layout;
	uint64_t v;

	if (!vs_has(l->thread.ra) || !vs_has(l->thread.s) ||
	    !vs_kmem_ulong(&k->mem, task + (uint64_t)l->thread.ra.off, &v))
		return false;
	// __switch_to() is a function: it goes on where it returns to
	set(ret, RA, v);
	set(ret, RV_PC, v);
	set(ret, RV_SP, sp);
	set(ret, 0, 0);
	for (unsigned int i = 0; i < 12 && (i + 1) * 8 <= l->thread.s.size; i++) {
		if (!vs_kmem_ulong(&k->mem, task + (uint64_t)l->thread.s.off + 8 * i, &v))
			return false;
		set(ret, i < 2 ? S0 + i : S2 + (i - 2), v);
	}
	return true;
}

/* __switch_to() keeps r6 to r15 in the frame that it found, struct stack_frame. */
static bool saved_s390x(struct vs_kernel *k, uint64_t sp, struct vs_regs *ret)
{
	const struct vs_field gprs = k->layout.frame.gprs;
	uint64_t v;

	if (!vs_has(gprs) || gprs.size < 10 * 8)
		return false;
	for (unsigned int r = 6; r <= 15; r++) {
		if (!vs_kmem_ulong(&k->mem, sp + (uint64_t)gprs.off + 8 * (r - 6), &v))
			return false;
		set(ret, S390X_R0 + r, v);
		if (r == 14)	// where it returns to
			set(ret, S390X_PSWA, v);
	}
	return true;
}

/* _switch() makes a frame of its own; the ABI has it leave the way back in the one that it found. */
static bool saved_ppc64(struct vs_kernel *k, uint64_t sp, struct vs_regs *ret)
{
	uint64_t back, lr;

	if (!vs_kmem_ulong(&k->mem, sp, &back) || back <= sp || !vs_kmem_ulong(&k->mem, back + 16, &lr))
		return false;
	set(ret, PPC64_R1, back);
	set(ret, PPC64_PC, lr);
	return true;
}

bool vs_regs_saved(struct vs_kernel *k, uint64_t task, struct vs_regs *ret)
{
	const struct vs_layout *l = &k->layout;
	uint64_t sp;

	*ret = (struct vs_regs){ 0 };
	if (!vs_has(l->thread.sp) || !vs_kmem_ulong(&k->mem, task + (uint64_t)l->thread.sp.off, &sp))
		return false;
	switch (k->mem.arch->machine) {
	case EM_386:
	case EM_X86_64:
		return saved_x86(k, sp, ret);
	case EM_AARCH64:
		return saved_arm64(k, task, sp, ret);
	case EM_RISCV:
		return saved_riscv(k, task, sp, ret);
	case EM_PPC64:
		return saved_ppc64(k, sp, ret);
	case EM_S390:
		return saved_s390x(k, sp, ret);
	default:
		return false;
	}
}
