// SPDX-License-Identifier: GPL-2.0-or-later
#include "check/crash.h"

#include <elf.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#define SMALL		0x10000		/* mmap_min_addr */
#define GUARD_PAGES	256		/* stack_guard_gap */
#define FRAME_MAX	(1 << 20)	/* no function's frame is larger */

#ifndef SEGV_PKUERR
#define SEGV_PKUERR 4
#endif

const char *vs_crash_word(enum vs_crash_what what)
{
	static const char *const words[VS_N_CRASH] = {
		[VS_CRASH_SMALL] = "null-pointer", [VS_CRASH_UNMAPPED] = "no-mapping",
		[VS_CRASH_NO_ADDRESS] = "not-canonical", [VS_CRASH_STACK] = "stack-overflow",
		[VS_CRASH_GUARD] = "thread-stack-overflow", [VS_CRASH_NO_ACCESS] = "no-access",
		[VS_CRASH_READ_ONLY] = "read-only", [VS_CRASH_NOT_EXEC] = "not-executable",
		[VS_CRASH_FILE_END] = "past-end-of-file", [VS_CRASH_CODE] = "instruction",
		[VS_CRASH_MAPPED] = "mapped",
	};

	return what < VS_N_CRASH ? words[what] : NULL;
}

/* Signals by their numbers on most machines; a few have others for some of them. */
static void name_signal(const struct vs_core *c, struct vs_crash *r)
{
	static const char *const names[] = {
		[1] = "HUP", [2] = "INT", [3] = "QUIT", [4] = "ILL", [5] = "TRAP", [6] = "ABRT", [7] = "BUS",
		[8] = "FPE", [9] = "KILL", [10] = "USR1", [11] = "SEGV", [12] = "USR2", [13] = "PIPE", [14] = "ALRM",
		[15] = "TERM", [24] = "XCPU", [25] = "XFSZ", [31] = "SYS",
	};
	const uint16_t m = c->machine;
	const bool odd = m == EM_MIPS || m == EM_SPARC || m == EM_SPARCV9 || m == EM_SPARC32PLUS || m == EM_ALPHA ||
		m == EM_PARISC;
	const int32_t sig = r->signo;

	if (odd && sig == 10)
		snprintf(r->signal, sizeof(r->signal), "SIGBUS");
	else if (sig > 0 && sig < 32 && names[sig] && !(odd && (sig == 7 || sig > 11) && sig != 15))
		snprintf(r->signal, sizeof(r->signal), "SIG%s", names[sig]);
	else
		snprintf(r->signal, sizeof(r->signal), "signal %d", sig);
}

/* The numbers of si_code: include/uapi/asm-generic/siginfo.h; the same on all machines. */
static void name_code(struct vs_crash *r, bool bus)
{
	static const char *const segv[] = { "MAPERR", "ACCERR", "BNDERR", "PKUERR", "ACCADI", "ADIDERR", "ADIPERR",
		"MTEAERR", "MTESERR", "CPERR" };
	static const char *const bus_names[] = { "ADRALN", "ADRERR", "OBJERR", "MCEERR_AR", "MCEERR_AO" };
	static const char *const fpe[] = { "INTDIV", "INTOVF", "FLTDIV", "FLTOVF", "FLTUND", "FLTRES", "FLTINV", "FLTSUB" };
	static const char *const ill[] = { "ILLOPC", "ILLOPN", "ILLADR", "ILLTRP", "PRVOPC", "PRVREG", "COPROC", "BADSTK" };
	static const char *const trap[] = { "BRKPT", "TRACE", "BRANCH", "HWBKPT" };
	static const struct {
		int code;
		const char *name;
	} others[] = {
		{ 0, "SI_USER" }, { 0x80, "SI_KERNEL" }, { -1, "SI_QUEUE" }, { -2, "SI_TIMER" }, { -3, "SI_MESGQ" },
		{ -4, "SI_ASYNCIO" }, { -5, "SI_SIGIO" }, { -6, "SI_TKILL" },
	};
	const char *const *names = NULL, *prefix = "";
	size_t n = 0;

#define FAMILY(p, t) (prefix = p, names = t, n = sizeof(t) / sizeof(t[0]))
	if (r->signo == SIGSEGV)
		FAMILY("SEGV", segv);
	else if (bus)
		FAMILY("BUS", bus_names);
	else if (r->signo == SIGFPE)
		FAMILY("FPE", fpe);
	else if (r->signo == SIGILL)
		FAMILY("ILL", ill);
	else if (r->signo == SIGTRAP)
		FAMILY("TRAP", trap);
#undef FAMILY
	snprintf(r->code_name, sizeof(r->code_name), "si_code %d", r->code);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].code == r->code)
			snprintf(r->code_name, sizeof(r->code_name), "%s", others[i].name);
	if (r->code > 0 && (size_t)r->code <= n)
		snprintf(r->code_name, sizeof(r->code_name), "%s_%s", prefix, names[r->code - 1]);
}

static bool is_none(const struct vs_vma *v)
{
	return !(v->flags & (VS_VM_READ | VS_VM_WRITE | VS_VM_EXEC));
}

/* The neighbours of an address that no mapping holds. */
static void find_neighbours(const struct vs_space *s, struct vs_crash *r)
{
	const struct vs_core *c = s->core;
	size_t lo = 0, hi = c->order.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->vmas.v[c->order.v[mid]].start <= r->addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	r->below = lo ? c->order.v[lo - 1] : VS_NONE;
	r->above = lo < c->order.n ? c->order.v[lo] : VS_NONE;
}

/* Is the fault what a function call does that finds no room on the stack? */
static bool is_near_sp(const struct vs_crash *r)
{
	const struct vs_core_thread *t = r->thread;
	const uint64_t slack = 4096;

	return t && t->has_regs && r->addr + slack >= t->sp && r->addr + slack - t->sp <= FRAME_MAX;
}

static enum vs_crash_what in_no_mapping(const struct vs_space *s, struct vs_crash *r)
{
	const struct vs_core *c = s->core;
	const struct vs_core_vma *above;

	find_neighbours(s, r);
	if (r->addr < SMALL)
		return VS_CRASH_SMALL;
	if (r->above == VS_NONE || !is_near_sp(r))
		return VS_CRASH_UNMAPPED;
	above = &c->vmas.v[r->above];
	if (r->above == c->stack_vma && s->vmas.v[r->above].start - r->addr <= (uint64_t)GUARD_PAGES << s->page_shift)
		return VS_CRASH_STACK;
	// gcore and its like leave guards out
	if (above->stack_of != VS_NONE && c->producer != VS_BY_KERNEL &&
	    s->vmas.v[r->above].start - r->addr <= FRAME_MAX) {
		r->guards = above->stack_of;
		return VS_CRASH_GUARD;
	}
	return VS_CRASH_UNMAPPED;
}

static enum vs_crash_what in_mapping(const struct vs_space *s, struct vs_crash *r)
{
	const struct vs_vma *v = &s->vmas.v[r->vma];
	const struct vs_core_vma *c = &s->core->vmas.v[r->vma];
	const bool fetch = r->thread && r->thread->has_regs && r->thread->pc == r->addr;

	if (is_none(v)) {
		r->guards = c->guard_of;
		return c->guard_of != VS_NONE && is_near_sp(r) ? VS_CRASH_GUARD : VS_CRASH_NO_ACCESS;
	}
	if (r->signo != SIGSEGV)
		return v->file ? VS_CRASH_FILE_END : VS_CRASH_MAPPED;
	if (fetch && !(v->flags & VS_VM_EXEC))
		return VS_CRASH_NOT_EXEC;
	return v->flags & VS_VM_WRITE ? VS_CRASH_MAPPED : VS_CRASH_READ_ONLY;
}

void vs_crash_explain(const struct vs_space *s, struct vs_crash *ret)
{
	const struct vs_core *c = s->core;
	struct vs_crash r = { .vma = VS_NONE, .below = VS_NONE, .above = VS_NONE, .guards = VS_NONE };
	bool bus;

	r.thread = c->threads.n ? &c->threads.v[0] : NULL;
	r.signo = c->has_siginfo ? c->sig_no : r.thread ? r.thread->sig : 0;
	r.known = r.signo > 0;
	name_signal(c, &r);
	bus = r.signal[3] == 'B' && r.signal[4] == 'U';
	if (!c->has_siginfo || !r.known) {
		*ret = r;
		return;
	}
	r.code = c->sig_code;
	name_code(&r, bus);
	if (r.signo == SIGILL || r.signo == SIGFPE || r.signo == SIGTRAP) {
		r.what = r.code > 0 ? VS_CRASH_CODE : VS_CRASH_NO_ADDR;
	} else if (r.signo == SIGSEGV || bus) {
		r.has_addr = r.code > 0 && r.code != 0x80;
		r.addr = c->sig_addr;
		if (r.code == 0x80)
			r.what = VS_CRASH_NO_ADDRESS;
		else if (r.has_addr)
			r.vma = vs_core_find(s, r.addr);
		if (r.has_addr)
			r.what = r.vma == VS_NONE ? in_no_mapping(s, &r) : in_mapping(s, &r);
	}
	*ret = r;
}
