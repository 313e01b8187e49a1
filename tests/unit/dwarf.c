// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dwarf [FILE]: what DWARF says of structures against what the compiler does with
 * them. Reads its own debug information, or that of FILE, a copy of it.
 */
#include "dwarf-types.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/err.h"
#include "kernel/types.h"
#include "kernel/vmlinux.h"
#include "tap.h"

extern struct everything vs_test_everything;
extern size_t vs_test_elsewhere_size, vs_test_elsewhere_third;
extern enum large vs_test_large;
extern enum huge vs_test_huge;
extern enum signed_colour vs_test_signed;

struct everything vs_test_everything;
enum large vs_test_large;
enum huge vs_test_huge;
enum signed_colour vs_test_signed;

static struct vs_types *ts;

static const struct vs_type *find(enum vs_kind kind, const char *tag)
{
	const struct vs_type *t = NULL;
	struct vs_err *err = vs_types_find(ts, kind, tag, &t);

	if (!err && t)
		err = vs_type_complete(ts, t);
	if (err) {
		diag("%s", err->msg);
		vs_err_free(err);
		return NULL;
	}
	return t;
}

static struct vs_member member(const struct vs_type *t, const char *path)
{
	struct vs_member m = { .offset = UINT64_MAX };
	bool found;
	struct vs_err *err = vs_type_member(ts, t, path, &m, &found);

	if (err)
		diag("%s: %s", path, err->msg);
	vs_err_free(err);
	return m;
}

/* As C spells it; an offset and a size that sizeof and offsetof tell. */
static void check_member(const struct vs_type *t, const char *path, uint64_t offset, uint64_t size,
			 const char *spelled)
{
	struct vs_member m = member(t, path);
	char s[128] = "";
	bool good;

	if (m.type)
		vs_type_spell(m.type, s, sizeof(s));
	good = m.type && m.offset == offset && m.type->size == size && !strcmp(s, spelled);
	if (!ok(good, "%s: %s", path, spelled))
		diag("found %s, %" PRIu64 " bytes at %" PRIu64 "; expected %" PRIu64 " at %" PRIu64, s,
		     m.type ? m.type->size : 0, m.offset, size, offset);
}

#define MEMBER(path, spelled) \
	check_member(t, #path, offsetof(struct everything, path), \
		     sizeof(((struct everything *)0)->path), spelled)

static void check_everything(void)
{
	const struct vs_type *t = find(VS_KIND_STRUCT, "everything"), *a;

	if (!ok(t && t->kind == VS_KIND_STRUCT && t->size == sizeof(struct everything), "struct everything"))
		return;
	is_str(t->name, "struct everything", "its name");
	MEMBER(next, "struct everything *");
	MEMBER(prev, "struct everything **");
	MEMBER(cv, "int");
	MEMBER(name, "char *");
	MEMBER(comm, "char [16]");
	MEMBER(grid, "int [3][5]");
	MEMBER(table, "struct fields * [2][3][4]");
	MEMBER(empty, "int [0]");
	MEMBER(yes, "_Bool");
	MEMBER(sc, "signed char");
	MEMBER(f, "float");
	MEMBER(d, "double");
	MEMBER(word, "word_t");
	MEMBER(count, "counter_t");
	MEMBER(count.counter, "int");
	MEMBER(renamed, "renamed_t");
	MEMBER(const_count, "counter_t");
	MEMBER(colour, "enum colour");
	MEMBER(small, "enum small");
	MEMBER(there, "struct elsewhere *");
	MEMBER(also_there, "elsewhere_ptr_t");
	MEMBER(gone, "struct nowhere *");
	MEMBER(nothing, "void *");
	MEMBER(call, "function *");
	MEMBER(calls, "function * [4]");
	MEMBER(in_a, "int");
	MEMBER(in_b, "int");
	MEMBER(named.deep, "char [3]");
	MEMBER(either, "union either");
	MEMBER(either.bytes, "char [4]");
	MEMBER(nested.p.y, "int");
	MEMBER(tight.far, "uint64_t");
	check_member(t, "many", offsetof(struct everything, many), 0, "int [0]");

	a = member(t, "table").type;
	ok(a && a->kind == VS_KIND_ARRAY && a->n_elem == 2 && a->target->kind == VS_KIND_ARRAY &&
	   a->target->n_elem == 3 && a->target->target->n_elem == 4 &&
	   a->target->target->target->kind == VS_KIND_PTR, "an array of arrays of arrays of pointers");
	a = member(t, "next").type;
	ok(a && a->target == t, "a pointer leads back to where it is");
	a = member(t, "yes").type;
	ok(a && a->kind == VS_KIND_BOOL, "_Bool");
	a = member(t, "sc").type;
	ok(a && a->kind == VS_KIND_CHAR && a->is_signed, "signed char is a character with a sign");
	a = member(t, "uc").type;
	ok(a && a->kind == VS_KIND_CHAR && !a->is_signed, "unsigned char is one without");
	a = member(t, "ll").type;
	ok(a && a->kind == VS_KIND_INT && a->is_signed, "long long has a sign");
	a = member(t, "word").type;
	ok(a && a->kind == VS_KIND_INT && !a->is_signed, "a typedef of unsigned long has none");
	a = member(t, "f").type;
	ok(a && a->kind == VS_KIND_FLOAT, "float");
	a = member(t, "call").type;
	ok(a && a->kind == VS_KIND_PTR && a->target->kind == VS_KIND_FUNC, "a pointer to a function");
	a = member(t, "nothing").type;
	ok(a && a->kind == VS_KIND_PTR && !a->target, "a pointer to void");
	ok(member(t, "no_such").type == NULL && member(t, "named.no_such").type == NULL, "what is not there");
}

/* Where the compiler puts a bit field: by setting it and looking. */
static void check_bits(const struct vs_type *t, const char *name, const unsigned char *raw, size_t size)
{
	uint64_t first = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < size * 8; i++) {
		// big endian numbers the bits of a byte from its high end
		if (!(raw[i / 8] >> (VS_HOST_BIG_ENDIAN ? 7 - i % 8 : i % 8) & 1))
			continue;
		if (!bits++)
			first = i;
	}
	for (size_t i = 0; t && i < t->n_members; i++) {
		const struct vs_type_member *m = &t->members[i];

		if (!m->name || strcmp(m->name, name))
			continue;
		if (!ok(m->bit_offset == first && m->bits == bits, "%s.%s: bit %" PRIu64 ", %u wide", t->name, name,
			first, bits))
			diag("found bit %" PRIu64 ", %u wide", m->bit_offset, m->bits);
		return;
	}
	ok(false, "%s: is there", name);
}

static const volatile uint64_t ones = UINT64_MAX;	/* so that nobody warns of what is cut off */

#define BITS(tag, field) do { \
	union { struct tag s; unsigned char raw[sizeof(struct tag)]; } u; \
	memset(&u, 0, sizeof(u)); \
	u.s.field = ones; \
	check_bits(t, #field, u.raw, sizeof(u)); \
} while (0)

static void check_bit_fields(void)
{
	const struct vs_type *t = find(VS_KIND_STRUCT, "fields");
	struct vs_member m;
	bool found = true;

	BITS(fields, low);
	BITS(fields, high);
	BITS(fields, wide);
	BITS(fields, rest);
	BITS(fields, tail);
	BITS(fields, flag);
	BITS(fields, after);
	ok(t && member(t, "whole").offset == offsetof(struct fields, whole), "what follows bit fields");
	ok(t && !vs_type_member(ts, t, "low", &m, &found) && !found, "a bit field has no byte offset");
	t = find(VS_KIND_STRUCT, "tight");
	BITS(tight, straddles);
	BITS(tight, next);
	ok(t && t->size == sizeof(struct tight) && member(t, "far").offset == offsetof(struct tight, far),
	   "a packed structure");
}

static void check_enumerator(const struct vs_type *t, const char *name, int64_t value)
{
	for (size_t i = 0; t && i < t->n_enums; i++) {
		if (strcmp(t->enums[i].name, name))
			continue;
		if (!ok(t->enums[i].value == value, "%s is %" PRId64, name, value))
			diag("found %" PRId64, t->enums[i].value);
		return;
	}
	ok(false, "%s is there", name);
}

static void check_enums(void)
{
	const struct vs_type *t = find(VS_KIND_ENUM, "colour");

	ok(t && t->kind == VS_KIND_ENUM && t->n_enums == 3 && t->size == 4 && !t->is_signed, "enum colour");
	check_enumerator(t, "GREEN", 5);
	check_enumerator(t, "BLUE", 6);
	t = find(VS_KIND_ENUM, "signed_colour");
	ok(t && t->is_signed, "an enum with a sign");
	check_enumerator(t, "MINUS", -3);
	check_enumerator(t, "PLUS", 200);
	// 32 bits come with a sign, as in BTF
	check_enumerator(find(VS_KIND_ENUM, "large"), "LARGE_TOP", -1);
	t = find(VS_KIND_ENUM, "huge");
	ok(t && t->size == 8, "an enum of 64 bits");
	check_enumerator(t, "HUGE_TOP", 0x123456789abcdef0);
	t = find(VS_KIND_ENUM, "small");
	ok(t && t->size == 1, "an enum of one byte");
	check_enumerator(t, "SMALL_B", 200);
}

/* What the first unit declares and another one defines, or none. */
static void check_declared(void)
{
	const struct vs_type *t = find(VS_KIND_STRUCT, "everything"), *e;
	struct vs_err *err;

	e = t ? member(t, "there").type->target : NULL;
	err = e ? vs_type_complete(ts, e) : NULL;
	ok(!err && e && e->kind == VS_KIND_STRUCT && e->size == vs_test_elsewhere_size && e->n_members == 3,
	   "a structure that another unit defines");
	ok(e && member(e, "third").offset == vs_test_elsewhere_third, "its members");
	vs_err_free(err);
	e = t ? member(t, "gone").type->target : NULL;
	err = e ? vs_type_complete(ts, e) : NULL;
	ok(!err && e && e->kind == VS_KIND_INCOMPLETE && e->complete && !e->n_members,
	   "a structure that no unit defines");
	is_str(e ? e->name : NULL, "struct nowhere", "its name is known");
	vs_err_free(err);
	ok(!find(VS_KIND_STRUCT, "nowhere"), "it is not found");
	ok(!find(VS_KIND_STRUCT, "no_such_structure_at_all"), "nor is one of which there is no word");
	ok(!find(VS_KIND_UNION, "everything") && !find(VS_KIND_STRUCT, "either"), "struct and union are two things");
	t = find(VS_KIND_UNION, "either");
	ok(t && t->kind == VS_KIND_UNION && t->size == sizeof(union either) && t->n_members == 3, "union either");
	// renamed_t is a counter_t, whose structure has no tag
	ok(!find(VS_KIND_STRUCT, "counter_t"), "a typedef is no tag");
}

int main(int argc, char **argv)
{
	struct vs_vmlinux *v = NULL;
	struct vs_err *err = vs_vmlinux_open(argc > 1 ? argv[1] : "/proc/self/exe", &v);

	if (!err)
		err = vs_dwarf_create(v, &ts);
	if (err) {
		printf("1..0 # SKIP %s\n", err->msg);
		vs_err_free(err);
		vs_vmlinux_destroy(v);
		return 0;
	}
	is_str(ts->kind, "DWARF", "the kind of source");
	is_str(ts->source, "vmlinux .debug_info", "the source, for people");
	check_everything();
	check_bit_fields();
	check_enums();
	check_declared();
	vs_types_destroy(ts);
	vs_vmlinux_destroy(v);
	return done();
}
