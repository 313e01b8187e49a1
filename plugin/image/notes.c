// SPDX-License-Identifier: GPL-2.0-or-later
/* What containers have in common: ELF notes, names of machines, which bytes of a file are there. */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "image/probe.h"

struct vs_err *vs_notes_parse(struct vs_image *img, const unsigned char *data, uint64_t len)
{
	VS_VEC(struct vs_note) notes = { img->notes, img->n_notes, img->n_notes };
	const bool be = img->big_endian;
	uint64_t pos = 0;

	while (len - pos >= 12) {
		const unsigned char *p = data + pos;
		uint64_t namesz = vs_load32(p, be), descsz = vs_load32(p + 4, be);
		uint64_t desc = pos + 12 + ((namesz + 3) & ~UINT64_C(3));
		struct vs_note *n;

		if (!namesz && !descsz)		// padding at the end
			break;
		if (desc > len || descsz > len - desc)
			break;			// cut off in the middle
		if (!vs_vec_reserve(&notes, notes.n + 1))
			return &vs_enomem;
		n = &notes.v[notes.n++];
		*n = (struct vs_note){
			.name = (const char *)p + 12,
			.name_len = strnlen((const char *)p + 12, namesz),
			.type = vs_load32(p + 8, be),
			.desc = data + desc,
			.desc_len = descsz,
		};
		img->notes = notes.v;
		img->n_notes = notes.n;
		pos = desc + ((descsz + 3) & ~UINT64_C(3));
		if (pos > len)
			break;
	}
	return NULL;
}

bool vs_extents_add(struct vs_extents *e, uint64_t start, uint64_t end)
{
	size_t at = e->n, upto;

	if (start >= end)
		return true;
	// nearly always it goes behind the last
	while (at && e->v[at - 1].end >= start)
		at--;
	for (upto = at; upto < e->n && e->v[upto].start <= end; upto++) {
		start = e->v[upto].start < start ? e->v[upto].start : start;
		end = e->v[upto].end > end ? e->v[upto].end : end;
	}
	if (upto == at) {
		if (!vs_vec_reserve(e, e->n + 1))
			return false;
		memmove(&e->v[at + 1], &e->v[at], (e->n - at) * sizeof(*e->v));
		e->n++;
	} else if (upto > at + 1) {
		memmove(&e->v[at + 1], &e->v[upto], (e->n - upto) * sizeof(*e->v));
		e->n -= upto - at - 1;
	}
	e->v[at] = (struct vs_extent){ start, end };
	return true;
}

uint64_t vs_extents_from(const struct vs_extents *e, uint64_t at, uint64_t len)
{
	size_t lo = 0, hi = e ? e->n : 0;

	if (!e)
		return len;
	while (lo < hi) {	// the first one that ends behind at
		size_t mid = lo + (hi - lo) / 2;

		if (e->v[mid].end <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == e->n || e->v[lo].start > at)
		return 0;
	return e->v[lo].end - at < len ? e->v[lo].end - at : len;
}

const char *vs_machine_name(uint16_t machine, char buf[16])
{
	switch (machine) {
	case EM_386:
		return "i386";
	case EM_X86_64:
		return "x86-64";
	case EM_AARCH64:
		return "arm64";
	case EM_ARM:
		return "arm";
	case EM_S390:
		return "s390";
	case EM_PPC:
		return "ppc";
	case EM_PPC64:
		return "ppc64";
	case EM_RISCV:
		return "riscv";
	case EM_MIPS:
		return "mips";
	case EM_SPARC:
	case EM_SPARC32PLUS:
		return "sparc";
	case EM_SPARCV9:
		return "sparc64";
	case EM_68K:
		return "m68k";
	case EM_PARISC:
		return "hppa";
	case EM_SH:
		return "sh";
	case EM_ALPHA:
		return "alpha";
	case 258:	// EM_LOONGARCH, new in glibc 2.34
		return "loongarch";
	default:
		snprintf(buf, 16, "machine %u", machine);
		return buf;
	}
}
