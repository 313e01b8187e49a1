// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program's own headers, as they are in its memory, and the chain of link_map
 * that the dynamic linker keeps: AT_PHDR -> PT_DYNAMIC -> DT_DEBUG -> r_debug. It is
 * the process's memory, and may hold anything: every step is bounded.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/map.h"
#include "usercore/usercore.h"

#define MAX_PHDRS	1024
#define MAX_DYN		4096
#define MAX_LINKS	65536
#define MAX_NAME	4096

static uint64_t page_up(const struct vs_usercore *u, uint64_t v)
{
	return (v + u->page - 1) & ~(u->page - 1);
}

bool vs_core_read_phdr(const struct vs_usercore *u, uint64_t addr, struct vs_segment *ret)
{
	const size_t size = u->f->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	unsigned char raw[sizeof(Elf64_Phdr)];
	const struct vs_elf_file f = {
		.map = raw, .size = size, .is64 = u->f->is64, .big_endian = u->f->big_endian, .phentsize = size,
		.phnum = 1,
	};
	enum vs_from from;

	if (vs_usercore_read(u, addr, raw, size, &from) < size)
		return false;
	vs_elf_segment(&f, 0, ret);
	return true;
}

void vs_core_read_program(struct vs_usercore *u, const struct vs_space *s)
{
	const struct vs_core_aux *a = &u->core.aux;
	const size_t size = u->f->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	struct vs_core_program p = { 0 };
	uint64_t end = 0, dynamic = 0, first = UINT64_MAX;
	bool have_bias = false;

	if (!a->has_phdr || a->phent < size || a->phent > 256 || !a->phnum || a->phnum > MAX_PHDRS)
		return;
	for (uint64_t i = 0; i < a->phnum; i++) {
		struct vs_segment ph;

		if (!vs_core_read_phdr(u, a->phdr + i * a->phent, &ph))
			return;
		switch (ph.type) {
		case PT_PHDR:
			p.bias = a->phdr - ph.vaddr;
			have_bias = true;
			break;
		case PT_LOAD:
			if (first == UINT64_MAX)
				first = ph.vaddr - ph.off;
			if (ph.vaddr + ph.memsz > end)
				end = ph.vaddr + ph.memsz;
			break;
		case PT_DYNAMIC:
			dynamic = ph.vaddr;
			break;
		case PT_INTERP:
			p.interp = true;
			break;
		}
	}
	if (!have_bias && first != UINT64_MAX) {
		// AT_PHDR lies in the page in which the file begins
		uint32_t i = vs_core_find(s, a->phdr);

		if (i != VS_NONE)
			p.bias = s->vmas.v[i].start - (first & ~(u->page - 1));
		have_bias = i != VS_NONE;
	}
	if (!have_bias || !end)
		return;
	p.known = true;
	p.end = page_up(u, p.bias + end);
	p.dynamic = dynamic ? p.bias + dynamic : 0;
	u->prog = p;
}

/* Where the core is not the kernel's, what is not there may have been mapped all the same. */
static enum vs_links_end end_of(const struct vs_usercore *u, enum vs_from from)
{
	if (from == VS_FROM_NOWHERE && u->core.producer != VS_BY_KERNEL)
		return VS_LINKS_ABSENT;
	return from == VS_FROM_TRUNCATED ? VS_LINKS_CUT : from == VS_FROM_EXCLUDED ? VS_LINKS_ABSENT : VS_LINKS_WILD;
}

char *vs_core_read_string(const struct vs_usercore *u, uint64_t addr)
{
	char buf[MAX_NAME];
	enum vs_from from;
	size_t got = addr ? vs_usercore_read(u, addr, buf, sizeof(buf), &from) : 0;

	return got && memchr(buf, 0, got) ? strdup(buf) : NULL;
}

/* r_debug, by DT_DEBUG; 0: see @p end_ret. */
static uint64_t find_r_debug(const struct vs_usercore *u, enum vs_links_end *end_ret)
{
	const uint64_t w = u->f->is64 ? 8 : 4;

	for (uint64_t i = 0; i < MAX_DYN; i++) {
		uint64_t tag, value;
		enum vs_from from;

		if (!vs_usercore_word(u, u->prog.dynamic + 2 * w * i, &tag, &from) ||
		    !vs_usercore_word(u, u->prog.dynamic + 2 * w * i + w, &value, &from)) {
			*end_ret = end_of(u, from);
			return 0;
		}
		if (tag == DT_NULL)
			break;
		if (tag != DT_DEBUG)
			continue;
		*end_ret = value ? VS_LINKS_WHOLE : VS_LINKS_NOT_YET;
		return value;
	}
	*end_ret = VS_LINKS_NONE;
	return 0;
}

static struct vs_err *walk(struct vs_usercore *u, const struct vs_space *s, uint64_t lm, struct vs_map *seen)
{
	const uint64_t w = u->f->is64 ? 8 : 4;
	struct vs_core *core = &u->core;

	while (lm) {
		struct vs_core_link l = { .addr = lm };
		uint64_t name, next;
		enum vs_from from;

		core->links_at = lm;
		if (core->links.n >= MAX_LINKS) {
			core->links_end = VS_LINKS_BOUND;
			return NULL;
		}
		if (vs_map_get(seen, lm) != VS_MAP_NONE) {
			core->links_end = VS_LINKS_CYCLE;
			return NULL;
		}
		if (!vs_usercore_word(u, lm, &l.l_addr, &from) || !vs_usercore_word(u, lm + w, &name, &from) ||
		    !vs_usercore_word(u, lm + 2 * w, &l.l_ld, &from) || !vs_usercore_word(u, lm + 3 * w, &next, &from)) {
			core->links_end = end_of(u, from);
			return NULL;
		}
		if (!vs_map_set(seen, lm, 0) || !vs_vec_reserve(&core->links, core->links.n + 1))
			return &vs_enomem;
		l.name = vs_core_read_string(u, name);
		l.vma = vs_core_find(s, l.l_ld);
		core->links.v[core->links.n++] = l;
		lm = next;
	}
	core->links_end = VS_LINKS_WHOLE;
	return NULL;
}

struct vs_err *vs_core_read_links(struct vs_usercore *u, const struct vs_space *s)
{
	const uint64_t w = u->f->is64 ? 8 : 4;
	struct vs_map seen = { 0 };
	uint64_t debug, map;
	enum vs_from from;
	struct vs_err *err;

	u->core.links_end = VS_LINKS_NONE;
	if (!u->prog.known || !u->prog.dynamic)
		return NULL;
	debug = find_r_debug(u, &u->core.links_end);
	if (!debug)
		return NULL;
	u->core.links_at = debug;
	// int r_version, padded to a word; struct link_map *r_map
	if (!vs_usercore_word(u, debug + w, &map, &from)) {
		u->core.links_end = end_of(u, from);
		return NULL;
	}
	if (!map) {
		u->core.links_end = VS_LINKS_NOT_YET;
		return NULL;
	}
	err = walk(u, s, map, &seen);
	vs_map_deinit(&seen);
	return err;
}
