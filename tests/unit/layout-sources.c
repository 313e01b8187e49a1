// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * layout-sources VMLINUX...: what .BTF says of a kernel's structures, DWARF says
 * too. Every structure that the layout asks for is compared, with all that is
 * in it and all that its pointers lead to.
 */
#include "kernel/layout.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "kernel/types.h"
#include "kernel/vmlinux.h"
#include "tap.h"

/* A source of types that remembers which ones it was asked for. */
struct spy {
	struct vs_types ts;
	struct vs_types *real;
	struct wish {
		enum vs_kind kind;
		const char *tag;
	} *v;
	size_t n, cap;
};

static struct vs_err *spy_find(struct vs_types *ts, enum vs_kind kind, const char *tag,
			       const struct vs_type **ret)
{
	struct spy *s = (struct spy *)ts;
	struct wish *w;

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].kind == kind && !strcmp(s->v[i].tag, tag))
			return vs_types_find(s->real, kind, tag, ret);
	w = vs_vec_push(s);
	if (!w)
		return &vs_enomem;
	*w = (struct wish){ kind, tag };
	return vs_types_find(s->real, kind, tag, ret);
}

static struct vs_err *spy_complete(struct vs_types *ts, struct vs_type *t)
{
	return vs_type_complete(((struct spy *)ts)->real, t);
}

static const struct vs_types_ops spy_ops = { .find = spy_find, .complete = spy_complete };

/* What a pointer leads to, in BTF and in DWARF. */
struct todo {
	const struct vs_type *b, *d;
};

/* A comparison, and where in it we are. */
struct pair {
	struct vs_types *btf, *dwarf;
	struct vs_map seen;	/* pairs of types */
	VS_VEC(struct todo) todo;
	size_t n_types, n_members, n_bad;
	char path[512];
};

__attribute__((format(printf, 2, 3)))
static void differs(struct pair *p, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (p->n_bad++ < 20)
		diag("%s: %s", p->path, what);
}

/* All dimensions as one: pahole writes a[2][3] as a[6] up to 1.2x. */
static const struct vs_type *flat(const struct vs_type *t, uint64_t *n_ret)
{
	*n_ret = 1;
	for (; t && t->kind == VS_KIND_ARRAY; t = t->target)
		*n_ret *= t->n_elem;
	return t;
}

static void compare(struct pair *p, const struct vs_type *b, const struct vs_type *d, unsigned int depth);

static void compare_members(struct pair *p, const struct vs_type *b, const struct vs_type *d,
			    unsigned int depth)
{
	size_t len = strlen(p->path);

	if (b->n_members != d->n_members)
		return differs(p, "%zu members in BTF, %zu in DWARF", b->n_members, d->n_members);
	for (size_t i = 0; i < b->n_members; i++) {
		const struct vs_type_member *x = &b->members[i], *y = &d->members[i];

		snprintf(p->path + len, sizeof(p->path) - len, ".%s", x->name ? x->name : "{}");
		p->n_members++;
		if (!x->name != !y->name || (x->name && strcmp(x->name, y->name)))
			differs(p, "its name in DWARF is %s", y->name ? y->name : "{}");
		else if (x->bit_offset != y->bit_offset || x->bits != y->bits)
			differs(p, "bit %" PRIu64 ", %u wide in BTF; %" PRIu64 ", %u in DWARF",
				x->bit_offset, x->bits, y->bit_offset, y->bits);
		else
			compare(p, x->type, y->type, depth + 1);
		p->path[len] = 0;
	}
}

static void compare_enums(struct pair *p, const struct vs_type *b, const struct vs_type *d)
{
	if (b->n_enums != d->n_enums)
		return differs(p, "%zu enumerators in BTF, %zu in DWARF", b->n_enums, d->n_enums);
	for (size_t i = 0; i < b->n_enums; i++)
		if (strcmp(b->enums[i].name, d->enums[i].name) || b->enums[i].value != d->enums[i].value)
			differs(p, "%s = %" PRId64 " in BTF; %s = %" PRId64 " in DWARF", b->enums[i].name,
				b->enums[i].value, d->enums[i].name, d->enums[i].value);
}

static bool is_new(struct pair *p, const struct vs_type *b, const struct vs_type *d)
{
	uint64_t key = (uintptr_t)b * UINT64_C(0x9e3779b97f4a7c15) ^ (uintptr_t)d;

	return vs_map_get(&p->seen, key) == VS_MAP_NONE && vs_map_set(&p->seen, key, 1);
}

static void compare(struct pair *p, const struct vs_type *b, const struct vs_type *d, unsigned int depth)
{
	char x[256], y[256];
	uint64_t nb, nd;
	struct vs_err *err;

	if (b && d && b->kind == VS_KIND_ARRAY && d->kind == VS_KIND_ARRAY) {
		if (b->size != d->size)
			differs(p, "%" PRIu64 " bytes in BTF, %" PRIu64 " in DWARF", b->size, d->size);
		b = flat(b, &nb);
		d = flat(d, &nd);
		if (nb != nd)
			differs(p, "%" PRIu64 " elements in BTF, %" PRIu64 " in DWARF", nb, nd);
	}
	if (!b != !d)
		return differs(p, "void in %s only", b ? "DWARF" : "BTF");
	if (!b || depth > 32 || !is_new(p, b, d))
		return;
	p->n_types++;
	err = vs_type_complete(p->btf, b);
	if (!err)
		err = vs_type_complete(p->dwarf, d);
	if (err) {
		differs(p, "%s", err->msg);
		vs_err_free(err);
		return;
	}
	vs_type_spell(b, x, sizeof(x));
	vs_type_spell(d, y, sizeof(y));
	if (strcmp(x, y))
		return differs(p, "%s in BTF, %s in DWARF", x, y);
	// One of the two may know nothing but the tag.
	if (b->kind == VS_KIND_INCOMPLETE || d->kind == VS_KIND_INCOMPLETE)
		return;
	if (b->kind != d->kind || b->size != d->size)
		return differs(p, "kind %d, %" PRIu64 " bytes in BTF; %d, %" PRIu64 " in DWARF", b->kind, b->size,
			       d->kind, d->size);
	// pahole does not say it of characters, and of enums only since 1.24
	if (b->is_signed != d->is_signed && b->kind != VS_KIND_CHAR && b->kind != VS_KIND_ENUM)
		differs(p, "a sign in %s only", b->is_signed ? "BTF" : "DWARF");
	if (b->kind == VS_KIND_STRUCT || b->kind == VS_KIND_UNION) {
		compare_members(p, b, d, depth);
	} else if (b->kind == VS_KIND_ENUM) {
		compare_enums(p, b, d);
	} else if (b->kind == VS_KIND_PTR && b->target && d->target) {
		struct todo *t = vs_vec_push(&p->todo);

		if (t)
			*t = (struct todo){ b->target, d->target };
	}
}

static bool same_layout(struct vs_layout *a, struct vs_layout *b)
{
	const int32_t *x = (const int32_t *)a, *y = (const int32_t *)b;
	bool same = true;

	a->vma_type = a->mm_type = b->vma_type = b->mm_type = NULL;
	for (size_t i = 0; i < sizeof(*a) / sizeof(*x); i++) {
		if (x[i] != y[i])
			diag("byte %zu of struct vs_layout: %d by BTF, %d by DWARF", i * sizeof(*x), x[i], y[i]);
		same &= x[i] == y[i];
	}
	return same;
}

static struct vs_err *compare_sources(struct pair *p, const char *path)
{
	struct spy spy = { .ts = { &spy_ops, "BTF", NULL }, .real = p->btf };
	struct vs_layout lb, ld;
	struct vs_err *err;

	spy.ts.source = p->btf->source;
	err = vs_layout_init(&lb, &spy.ts);
	if (!err)
		err = vs_layout_init(&ld, p->dwarf);
	if (!err)
		ok(same_layout(&lb, &ld), "%s: the same layout", path);
	for (size_t i = 0; !err && i < spy.n; i++) {
		const struct vs_type *b, *d = NULL;

		err = vs_types_find(p->btf, spy.v[i].kind, spy.v[i].tag, &b);
		if (!err)
			err = vs_types_find(p->dwarf, spy.v[i].kind, spy.v[i].tag, &d);
		if (err)
			break;
		snprintf(p->path, sizeof(p->path), "%s", spy.v[i].tag);
		p->n_bad = p->n_types = p->n_members = 0;
		compare(p, b, d, 0);
		ok(!p->n_bad, "%s: %s: %s", path, spy.v[i].tag, b ? "the same in both" : "in neither");
	}
	vs_vec_deinit(&spy);
	// then what all these point to, and what that points to: most of the kernel
	p->n_bad = p->n_types = p->n_members = 0;
	for (size_t i = 0; !err && i < p->todo.n; i++) {
		struct todo t = p->todo.v[i];

		vs_type_spell(t.b, p->path, sizeof(p->path));
		compare(p, t.b, t.d, 0);
	}
	if (!err)
		ok(!p->n_bad, "%s: %zu types, %zu members behind pointers", path, p->n_types, p->n_members);
	return err;
}

static void compare_file(const char *path)
{
	struct vs_vmlinux *v = NULL;
	struct pair p = { 0 };
	const void *data;
	size_t size;
	struct vs_err *err = vs_vmlinux_open(path, &v);

	if (!err)
		err = vs_vmlinux_section(v, ".BTF", &data, &size);
	if (!err && data)
		err = vs_btf_create(data, size, v->word, ".BTF", &p.btf);
	if (!err && p.btf)
		err = vs_dwarf_create(v, &p.dwarf);
	if (!err && p.btf)
		err = compare_sources(&p, path);
	if (!err && !p.btf) {
		ok(true, "%s # SKIP no .BTF in it", path);
	} else if (err) {
		ok(false, "%s: both sources can be read", path);
		diag("%s", err->msg);
		vs_err_free(err);
	}
	vs_vec_deinit(&p.todo);
	vs_map_deinit(&p.seen);
	vs_types_destroy(p.dwarf);
	vs_types_destroy(p.btf);
	vs_vmlinux_destroy(v);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		puts("1..0 # SKIP no vmlinux named");
		return 0;
	}
	for (int i = 1; i < argc; i++)
		compare_file(argv[i]);
	return done();
}
