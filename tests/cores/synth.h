/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Process cores made up: any class, byte order and machine, as each producer writes them. */
#ifndef VS_TESTS_CORES_SYNTH_H
#define VS_TESTS_CORES_SYNTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "space/core.h"

enum defect {
	NO_DEFECT,
	CUT_TAIL,		/* the last page is gone */
	CUT_NOTES,		/* in the midst of the notes */
	ZERO_TAIL,
	NOTE_TOO_LONG,
	NO_THREADS,
	FILE_COUNT,		/* NT_FILE's count is a lie */
	FILE_RANGE,		/* an entry of NT_FILE ends elsewhere */
	MEMSZ_0,
	WRAPS,
	FILESZ_LARGE,
	MISALIGNED,
	SWAPPED,
	OVERLAP,
	ODD_FLAGS,
	PHDR_UNMAPPED,
	SP_LOST,		/* of all threads */
	LINKS_CYCLE,
	LINKS_WILD,
	N_DEFECTS
};

struct synth {
	bool is64, big_endian;
	uint16_t machine;
	enum vs_producer producer;
	enum defect defect;
	unsigned int page;	/* bytes */
	bool wide_file;		/* NT_FILE in 64-bit words, as MIPS writes it for 32-bit processes */
	/* Filled in: */
	unsigned char *data;	/* owned */
	size_t size, cap;
	size_t headers_end;	/* of ELF and program headers */
	size_t notes, notes_end;
	uint64_t sp[2], pc[2];
};

/** Make the core that @p s describes; false without memory. */
bool synth_make(struct synth *s);
void synth_free(struct synth *s);

/** The rule that must notice @p d, NULL: none. */
const char *synth_rule(enum defect d);
const char *synth_name(enum defect d);

#endif
