// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Damage beyond a single member: several structures at once, whole mm_structs,
 * whole pages. Nothing of it may be taken for sound, nor break the check.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "score.h"

bool run_several(struct run *r, const char *name, unsigned int count, uint64_t seed)
{
	unsigned int done_n = 0, corrupt = 0, first = 0, few = 0;

	for (unsigned int tries = 0; done_n < count && tries < count * 100; tries++) {
		const struct sound *s = &r->sound[(roll(&seed) >> 8) % r->n];
		const unsigned int want = 2 + roll(&seed) % 2;
		struct undo u[3];
		unsigned int n = 0;
		bool hit = false;
		struct verdict v;

		for (unsigned int i = 0; i < 200 && n < want; i++) {
			// half of the time all in one address space
			const struct sound *at = roll(&seed) % 2 ? s : &r->sound[(roll(&seed) >> 8) % r->n];

			n += poke(r, at, NULL, &fields[roll(&seed) % n_fields], roll(&seed) % N_KINDS, &seed,
				  &u[n]);
		}
		run_judge(r, s, &v);
		for (unsigned int i = 0; i < n; i++)
			hit |= v.first.rule && v.first.addr == u[i].t.addr;
		done_n++;
		corrupt += v.verdict == VS_CORRUPT;
		first += hit;
		few += v.n_named <= n + 1;
		if (r->verbose && (v.verdict != VS_CORRUPT || !hit))
			for (unsigned int i = 0; i < n; i++)
				printf("# several: %s.%s at %#" PRIx64 ", was %#" PRIx64 ", is %#" PRIx64 ": %s\n%s",
				       object_names[u[i].t.object], u[i].t.field->name, u[i].t.addr, u[i].old,
				       u[i].new, vs_verdict_name(v.verdict), i + 1 < n ? "" : v.text);
		while (n)
			undo(&u[--n]);
	}
	printf("# %s: %u times two or three damages at once: corrupt %.2f %%, the first finding names one of "
	       "them %.2f %%, at most one more object named %.2f %%\n", name, done_n,
	       100.0 * corrupt / (done_n ? done_n : 1), 100.0 * first / (done_n ? done_n : 1),
	       100.0 * few / (done_n ? done_n : 1));
	return corrupt == done_n;
}

/* What a page, or all of a structure, is overwritten with. */
static const struct filling {
	const char *name;
	const char *pattern;	/* repeated; NULL: random bytes */
	unsigned int size;
	uint32_t causes;
} fillings[] = {
	{ "zeros", "\0", 1, 1u << VS_CAUSE_PAGE | 1u << VS_CAUSE_ZEROS },
	{ "poison", "\x6b", 1, 1u << VS_CAUSE_PAGE | 1u << VS_CAUSE_POISON },
	{ "text", "Lorem ipsum dolor sit amet, ", 28, 1u << VS_CAUSE_PAGE | 1u << VS_CAUSE_TEXT },
	{ "random", NULL, 0, 0 },
};

#define N_FILLINGS (sizeof(fillings) / sizeof(*fillings))

static void fill(unsigned char *p, size_t size, const struct filling *f, uint64_t *seed)
{
	for (size_t i = 0; i < size; i++)
		p[i] = f->pattern ? (unsigned char)f->pattern[i % f->size] : (unsigned char)(roll(seed) >> 16);
}

/** An mm_struct, or a page with a VMA or a maple node in it: where, and how many bytes. */
static uint64_t victim(const struct run *r, const struct sound *s, uint64_t *seed, uint32_t *size)
{
	const uint64_t page = UINT64_C(1) << s->page_shift;
	uint64_t at;

	switch (roll(seed) % 4) {
	case 0:
		*size = r->k->layout.mm.size;
		return s->mm;
	case 1:
		at = s->mm;
		break;
	case 2:
		if (s->maple.nodes.n) {
			at = s->maple.nodes.v[roll(seed) % s->maple.nodes.n].addr;
			break;
		}
		/* fallthrough */
	default:
		at = s->vmas[roll(seed) % s->n_vmas].addr;
		break;
	}
	*size = (uint32_t)page;
	return at & ~(page - 1);
}

bool run_pages(struct run *r, const char *name, unsigned int count, uint64_t seed)
{
	unsigned int done_n = 0, corrupt = 0, located = 0, causes = 0, right = 0;

	for (unsigned int i = 0; i < count; i++) {
		const struct sound *s = &r->sound[(roll(&seed) >> 8) % r->n];
		const struct filling *f = &fillings[roll(&seed) % N_FILLINGS];
		unsigned char *p, old[16384];
		uint32_t size;
		uint64_t at = victim(r, s, &seed, &size);
		bool in, cause;
		struct verdict v;

		p = writable(r, at, size);
		if (!p || size > sizeof(old))
			continue;
		memcpy(old, p, size);
		fill(p, size, f, &seed);
		run_judge(r, s, &v);
		memcpy(p, old, size);
		// what lies in an mm_struct's last page need not begin there
		// and a pointer that is told may be what leads to it
		in = v.first.rule && ((v.first.addr + r->k->layout.mm.size > at && v.first.addr < at + size) ||
				      (v.first.has_seen && v.first.seen >= at && v.first.seen < at + size));
		cause = f->causes >> v.first.why & 1;
		done_n++;
		corrupt += v.verdict == VS_CORRUPT;
		located += in;
		causes += f->causes != 0;
		right += f->causes && in && cause;
		if (r->verbose && (v.verdict != VS_CORRUPT || !in || (f->causes && !cause)))
			printf("# %u bytes of %s at %#" PRIx64 ": %s, %u named\n%s", size, f->name, at,
			       vs_verdict_name(v.verdict), v.n_named, v.text);
	}
	printf("# %s: %u mm_structs or pages overwritten: corrupt %.2f %%, the first finding is in it or leads to it %.2f %%, "
	       "cause right %.2f %% of %u\n", name, done_n, 100.0 * corrupt / (done_n ? done_n : 1),
	       100.0 * located / (done_n ? done_n : 1), 100.0 * right / (causes ? causes : 1), causes);
	return corrupt == done_n;
}
