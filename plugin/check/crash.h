/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a process died, as far as its core tells. Pure: reads no memory. */
#ifndef VS_CHECK_CRASH_H
#define VS_CHECK_CRASH_H

#include <stdbool.h>
#include <stdint.h>

#include "space/space.h"

/** What is at the address that could not be accessed. */
enum vs_crash_what {
	VS_CRASH_NO_ADDR,	/* the signal has no address, or the core does not say */
	VS_CRASH_SMALL,		/* no mapping, close to 0 */
	VS_CRASH_UNMAPPED,
	VS_CRASH_NO_ADDRESS,	/* not canonical: no address at all; its value is not told */
	VS_CRASH_STACK,		/* the main stack has no more room */
	VS_CRASH_GUARD,		/* the guard under a thread's stack */
	VS_CRASH_NO_ACCESS,	/* PROT_NONE */
	VS_CRASH_READ_ONLY,
	VS_CRASH_NOT_EXEC,
	VS_CRASH_FILE_END,	/* past the end of a mapped file */
	VS_CRASH_CODE,		/* the instruction itself: SIGILL, SIGFPE, SIGTRAP */
	VS_CRASH_MAPPED,	/* nothing in the mapping explains it */
	VS_N_CRASH
};

/** "no-mapping", ...: for programs. */
const char *vs_crash_word(enum vs_crash_what what);

struct vs_crash {
	bool known;			/* the core tells of a signal */
	int32_t signo, code;
	char signal[16], code_name[16];	/* "SIGSEGV", "SEGV_MAPERR"; numbers where there is no name */
	enum vs_crash_what what;
	bool has_addr;
	uint64_t addr;
	uint32_t vma, below, above;	/* that holds addr; its neighbours where none does; VS_NONE */
	uint32_t guards;		/* VS_CRASH_GUARD: whose stack: index of a thread */
	const struct vs_core_thread *thread;	/* that died; NULL: none known */
};

/** Work out @p ret for @p s, which must be a core's. */
void vs_crash_explain(const struct vs_space *s, struct vs_crash *ret);

#endif
