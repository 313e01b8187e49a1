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

#define VS_REGS_MAX 34

/**
 * In the order and with the sizes that GDB gives them: on x86-64 rax, rbx, rcx, rdx,
 * rsi, rdi, rbp, rsp, r8 to r15, rip, and of 32 bits eflags, cs, ss, ds, es, fs, gs; on
 * arm64 x0 to x30, sp, pc, and of 32 bits cpsr.
 */
struct vs_regs {
	uint64_t v[VS_REGS_MAX];
	uint64_t known;		/* a bit a register; the others are not known */
};

/** Of a task that is not running: those that a function call keeps, sp, pc. False: they cannot be read. */
bool vs_regs_saved(struct vs_kernel *k, uint64_t task, struct vs_regs *ret);

/** Of a CPU, from the bytes of its NT_PRSTATUS note. False: it is too short, or of no architecture known here. */
bool vs_regs_prstatus(const struct vs_kernel *k, const unsigned char *desc, size_t len, struct vs_regs *ret);

/** How many there are, how many of them have 64 bits; the others, behind those, have 32. */
void vs_regs_shape(const struct vs_kernel *k, unsigned int *n_ret, unsigned int *n_long_ret);

#endif
