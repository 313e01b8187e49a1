// SPDX-License-Identifier: GPL-2.0-or-later
/* Who wrote a core: each has habits by which it is known. */
#include <elf.h>

#include "usercore/usercore.h"

static void set(struct vs_usercore *u, enum vs_producer p, const char *why)
{
	u->core.producer = p;
	u->core.producer_why = why;
}

void vs_core_find_producer(struct vs_usercore *u)
{
	const uint8_t *order = u->first_notes;
	struct vs_segment first, load = { 0 };
	bool notes_first;

	vs_elf_segment(u->f, 0, &first);
	for (uint64_t i = 0; i < u->f->phnum && load.type != PT_LOAD; i++)
		vs_elf_segment(u->f, i, &load);
	notes_first = first.type == PT_NOTE && first.off < load.off;

	if (u->gdb_note)
		set(u, VS_BY_GCORE, "a note of GDB's");
	else if (u->file_by_bytes)
		set(u, VS_BY_GCORE, "NT_FILE in bytes");
	else if (!notes_first && u->f->shnum > 1 && load.align == 1)
		set(u, VS_BY_GCORE, "section headers, no alignment, notes at the end");
	else if (order[0] == NT_PRPSINFO && order[1] == NT_AUXV)
		set(u, VS_BY_CREATEDUMP, "NT_PRPSINFO, then NT_AUXV before any thread");
	else if (u->core.has_siginfo && notes_first && order[0] == NT_PRSTATUS && order[1] == NT_PRPSINFO)
		set(u, VS_BY_KERNEL, "the order of its notes, NT_SIGINFO");
	else if (order[0] == NT_PRSTATUS && order[1] == NT_PRPSINFO && order[2] == NT_AUXV &&
		 !u->core.has_file)
		set(u, VS_BY_QEMU, "neither NT_SIGINFO nor NT_FILE");
	else if (u->core.notes_cut && notes_first && u->f->shnum <= 1)
		set(u, VS_BY_KERNEL, "notes before memory, which are cut");
	else
		set(u, VS_BY_UNKNOWN, "its notes are like nobody's that is known");
	// a stub that has no /proc to offer, as qemu-user's: GDB dumps sections and stacks
	if (u->core.producer == VS_BY_GCORE && u->gdb_note && !u->core.has_file) {
		u->core.by_sections = true;
		u->core.producer_why = "a note of GDB's; of a target that told it no mappings: these are sections";
	}
}
