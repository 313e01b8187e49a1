/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of tasks: what a sleeping one left on its stack when it was switched out,
 * what the dumper noted of a CPU.
 */
#ifndef VS_KERNEL_REGS_H
#define VS_KERNEL_REGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vs_buf;
struct vs_kernel;

#define VS_REGS_MAX 38

/**
 * In the order that GDB gives them: on x86-64 rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8
 * to r15, rip, eflags, cs, ss, ds, es, fs, gs; on i386 eax, ecx, edx, ebx, esp, ebp, esi,
 * edi, eip, eflags, cs, ss, ds, es, fs, gs; on arm64 x0 to x30, sp, pc, cpsr; on riscv64
 * x0 to x31, pc; on s390x pswm, pswa, r0 to r15, acr0 to acr15; on ppc64 r0 to r31, pc,
 * msr, lr, ctr, cr, xer.
 */
struct vs_regs {
	uint64_t v[VS_REGS_MAX];
	uint64_t known;		/* a bit a register; the others are not known */
};

/** How GDB wants those of an architecture. */
struct vs_regs_shape {
	uint16_t machine;
	const char *arch;	/* as GDB calls it */
	unsigned int n;
	unsigned int n_words;	/* so many have the target's word; the others, behind those, 32 bits */
	unsigned int pc;
	const char *features;	/* of GDB's target description, where the order is not GDB's own; else NULL */
};

/** Of the dump's architecture. */
const struct vs_regs_shape *vs_regs_shape(const struct vs_kernel *k);

/** Of a task that is not running: those that a function call keeps, sp, pc. False: they cannot be read. */
bool vs_regs_saved(struct vs_kernel *k, uint64_t task, struct vs_regs *ret);

/** Of a CPU, from the bytes of its NT_PRSTATUS note. False: it is too short, or of no architecture known here. */
bool vs_regs_prstatus(const struct vs_kernel *k, const unsigned char *desc, size_t len, struct vs_regs *ret);

#endif
