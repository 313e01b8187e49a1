// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What probably did it, by the bytes about a damaged vm_next: one kind of evidence at
 * a time, and none.
 */
#include <stdlib.h>

#include "check/ctx.h"
#include "synth.h"
#include "tap.h"

#define N 40
#define PAGE 4096u
#define SLOT 200u
#define NEXT 16u		/* of vm_next in a vm_area_struct made up */
#define WILD UINT64_C(0xffff9d3c77777778)

struct scene {
	struct synth y;
	struct vs_space *s;
	struct vs_report r;
	struct vs_exhibit *e;
	uint32_t at;		/* of the object in e->bytes */
};

static void put(struct scene *c, uint32_t at, uint64_t v)
{
	for (unsigned int i = 0; i < 8; i++)
		c->e->bytes[at + i] = (unsigned char)(v >> 8 * i);
}

/** A VMA whose vm_next is @p seen, among others of its slab whose words are all different. */
static void make(struct scene *c, uint64_t seen)
{
	struct vs_exhibit_member *m;
	uint64_t seed = 7;
	struct vs_vma *v;

	*c = (struct scene){ .s = vs_space_create() };
	synth_make(&c->y, N, SYNTH_USUAL, 3);
	v = &c->y.v[N / 2];
	v->next = seen;
	synth_read(&c->y, c->s);
	vs_check_slowly(c->s, &c->r);
	c->e = vs_vec_push(&c->s->exhibits.v);
	*c->e = (struct vs_exhibit){ .addr = v->addr, .size = SLOT, .va = v->addr - 3 * SLOT, .n = PAGE,
				     .bytes = malloc(PAGE), .word = 8, .page = PAGE, .slab = true, .slot = SLOT,
				     .free_at = v->addr + 104, .cache = "vm_area_struct" };
	c->at = 3 * SLOT;
	for (uint32_t i = 0; i + 8 <= PAGE; i += 8)
		put(c, i, synth_random(&seed) | UINT64_C(0x8000000000000001));
	put(c, c->at + NEXT, seen);
	m = vs_vec_push(&c->e->members);
	*m = (struct vs_exhibit_member){ .name = "vm_next", .at = c->at + NEXT, .size = 8 };
}

static const struct vs_finding *tell(struct scene *c)
{
	vs_causes_tell(c->s, &c->r);
	return &c->r.findings.v[0];
}

static void is(struct scene *c, enum vs_cause why, const char *part, const char *what)
{
	const struct vs_finding *f = tell(c);
	bool named = f->member && !strcmp(f->member, "vm_next");

	if (!ok(named && f->why == why && (part ? f->cause && strstr(f->cause, part) : !f->cause), "%s", what))
		diag("%s: %s", f->member ? f->member : "?", f->cause ? f->cause : "(none)");
	vs_report_deinit(&c->r);
	vs_space_destroy(c->s);
	synth_free(&c->y);
}

static void test_values(void)
{
	struct scene c;

	make(&c, WILD);
	is(&c, VS_CAUSE_NONE, NULL, "an address like any other: nothing is said");
	make(&c, UINT64_C(0xdead000000000122));
	is(&c, VS_CAUSE_LIST_POISON, "list poison", "LIST_POISON2");
	make(&c, UINT64_C(0x6b6b6b6b6b6b6b6b));
	is(&c, VS_CAUSE_POISON, "0x6b", "slab poison in one word");
	make(&c, UINT64_C(0x676e6f7274730a22));
	is(&c, VS_CAUSE_TEXT, "text, \"\\\"\\nstrong", "text is escaped");
}

static void test_runs(void)
{
	static const char text[] = "a string that is longer than one member";
	struct scene c;

	make(&c, UINT64_C(0x6874207461687420));
	memcpy(c.e->bytes + c.at + NEXT - 8, text, sizeof(text));
	memcpy(&c.y.v[N / 2].next, text + 8, 8);
	is(&c, VS_CAUSE_TEXT, "a string that is longer", "text is told as far as it goes");

	make(&c, 0);
	is(&c, VS_CAUSE_NONE, NULL, "one NULL: nothing is said");
	make(&c, 0);
	memset(c.e->bytes + c.at + NEXT - 16, 0, 32);
	is(&c, VS_CAUSE_ZEROS, "32 bytes", "a run of zeros that are none in the objects beside");
	make(&c, 0);
	memset(c.e->bytes + c.at + NEXT - 16, 0, 32);
	for (uint32_t at = c.at % SLOT; at + SLOT <= PAGE; at += SLOT)
		memset(c.e->bytes + at + NEXT - 16, 0, 32);
	is(&c, VS_CAUSE_NONE, NULL, "zeros that all objects have are no evidence");
}

static void test_objects(void)
{
	struct scene c;

	make(&c, 0);
	memset(c.e->bytes, 0, PAGE);
	is(&c, VS_CAUSE_PAGE, "zeros", "a page of zeros");
	make(&c, UINT64_C(0x5a5a5a5a5a5a5a5a));
	memset(c.e->bytes + c.at, 0x5a, SLOT);
	is(&c, VS_CAUSE_POISON, "200 of its 200 bytes", "an object all poison");
	make(&c, WILD);
	c.e->free = true;
	is(&c, VS_CAUSE_FREED, "vm_area_struct", "an object on the freelist of its slab");
	make(&c, WILD);
	c.e->free_at = c.e->addr + NEXT;
	c.e->free_word = true;
	is(&c, VS_CAUSE_FREED, "freelist's pointer", "a freelist's pointer in an object that is not free");
	make(&c, WILD);
	c.e->free_at = c.e->addr + NEXT;
	is(&c, VS_CAUSE_NONE, NULL, "a word there that is no freelist's pointer");
}

static void test_target(void)
{
	struct vs_exhibit *t;
	struct scene c;

	make(&c, WILD);
	t = vs_vec_push(&c.s->exhibits.v);
	*t = (struct vs_exhibit){ .addr = WILD & ~UINT64_C(4095), .va = WILD & ~UINT64_C(4095), .n = PAGE,
				  .bytes = calloc(1, PAGE), .word = 8, .page = PAGE };
	c.e = &c.s->exhibits.v.v[0];
	is(&c, VS_CAUSE_PAGE, "that it leads to", "the page that a pointer leads to is all zeros");
}

static void test_copies(void)
{
	struct scene c;

	make(&c, WILD);
	put(&c, c.at + 72, WILD);
	is(&c, VS_CAUSE_COPY, "72 bytes into it", "the value of another member");
	make(&c, WILD);
	put(&c, c.at + NEXT + 2 * SLOT, WILD);
	is(&c, VS_CAUSE_COPY, "object beside", "the value that an object beside has there");
	make(&c, WILD);
	c.r.findings.v[0].has_expected = false;
	c.e->members.v[0].has_flip = true;
	c.e->members.v[0].flip = WILD ^ 1 << 9;
	is(&c, VS_CAUSE_BIT, "bit 9", "one bit turned makes it lead to what points back");
}

int main(void)
{
	test_values();
	test_runs();
	test_objects();
	test_target();
	test_copies();
	return done();
}
