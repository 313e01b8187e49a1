// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Types from BTF, through libbpf. libbpf's own look-up by name goes through all
 * 100,000 types each time; one pass of ours makes an index of the tags.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "kernel/btf.h"
#include "kernel/types.h"

struct node {
	struct vs_type t;	/* first: a vs_type is its node */
	char *owned_name;
};

struct btf_types {
	struct vs_types ts;
	struct btf *btf;
	uint32_t n_ids;
	struct node **by_id;	/* NULL until asked for */
	VS_VEC(struct node *) nodes;
	struct vs_map tags;	/* hash of kind and tag -> id; made at the first look-up */
};

static uint64_t hash_tag(enum vs_kind kind, const char *name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)kind;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return h;
}

static struct vs_err *index_tags(struct btf_types *bt)
{
	for (uint32_t id = 1; id < bt->n_ids; id++) {
		const struct btf_type *b = btf__type_by_id(bt->btf, id);
		enum vs_kind kind;
		const char *name;

		if (btf_is_struct(b))
			kind = VS_KIND_STRUCT;
		else if (btf_is_union(b))
			kind = VS_KIND_UNION;
		else if (btf_is_any_enum(b))
			kind = VS_KIND_ENUM;
		else
			continue;
		name = btf__name_by_offset(bt->btf, b->name_off);
		// Of several with one tag the first is the one that most of the kernel shares.
		if (name && *name && vs_map_get(&bt->tags, hash_tag(kind, name)) == VS_MAP_NONE &&
		    !vs_map_set(&bt->tags, hash_tag(kind, name), id))
			return &vs_enomem;
	}
	return NULL;
}

static struct vs_err *bad_id(uint32_t id, uint32_t n_ids)
{
	return vs_err_create(VS_ERR_FORMAT, "broken BTF: type %u of %u", id, n_ids);
}

static struct vs_err *get(struct btf_types *bt, uint32_t id, unsigned int depth,
			  const struct vs_type **ret);

/* Fill a node from BTF, but for members; the node is already known under @p id. */
static struct vs_err *fill(struct btf_types *bt, struct node *n, const struct btf_type *b,
			   unsigned int depth)
{
	const char *tag = btf__name_by_offset(bt->btf, b->name_off);
	const char *word = NULL;

	if (tag && !*tag)
		tag = NULL;
	n->t.size = b->size;
	switch (btf_kind(b)) {
	case BTF_KIND_INT:
		n->t.kind = btf_int_encoding(b) & BTF_INT_BOOL ? VS_KIND_BOOL :
			btf_int_encoding(b) & BTF_INT_CHAR ||
			(b->size == 1 && tag && strstr(tag, "char")) ? VS_KIND_CHAR : VS_KIND_INT;
		n->t.is_signed = btf_int_encoding(b) & BTF_INT_SIGNED;
		n->t.name = tag;
		n->t.complete = true;
		return NULL;
	case BTF_KIND_FLOAT:
		n->t.kind = VS_KIND_FLOAT;
		n->t.name = tag;
		n->t.complete = true;
		return NULL;
	case BTF_KIND_PTR:
		n->t.kind = VS_KIND_PTR;
		n->t.size = btf__pointer_size(bt->btf);
		n->t.complete = true;
		return get(bt, b->type, depth + 1, &n->t.target);
	case BTF_KIND_ARRAY:
		n->t.kind = VS_KIND_ARRAY;
		n->t.n_elem = btf_array(b)->nelems;
		n->t.complete = true;
		struct vs_err *err = get(bt, btf_array(b)->type, depth + 1, &n->t.target);
		n->t.size = !err && n->t.target ? n->t.target->size * n->t.n_elem : 0;
		return err;
	case BTF_KIND_FUNC_PROTO:
	case BTF_KIND_FUNC:
		n->t.kind = VS_KIND_FUNC;
		n->t.size = 0;
		n->t.complete = true;
		return NULL;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		n->t.kind = VS_KIND_ENUM;
		n->t.is_signed = btf_kflag(b);
		word = "enum";
		break;
	case BTF_KIND_STRUCT:
		n->t.kind = VS_KIND_STRUCT;
		word = "struct";
		break;
	case BTF_KIND_UNION:
		n->t.kind = VS_KIND_UNION;
		word = "union";
		break;
	case BTF_KIND_FWD:
		n->t.kind = VS_KIND_INCOMPLETE;
		n->t.size = 0;
		n->t.complete = true;
		word = btf_kflag(b) ? "union" : "struct";
		break;
	default:
		n->t.kind = VS_KIND_VOID;
		n->t.size = 0;
		n->t.complete = true;
		return NULL;
	}
	if (tag) {
		if (asprintf(&n->owned_name, "%s %s", word, tag) < 0) {
			n->owned_name = NULL;
			return &vs_enomem;
		}
		n->t.name = n->owned_name;
	}
	return NULL;
}

/* The type @p id; *ret is NULL for void. */
static struct vs_err *get(struct btf_types *bt, uint32_t id, unsigned int depth,
			  const struct vs_type **ret)
{
	const char *alias = NULL;
	uint32_t base = id;
	const struct btf_type *b;
	struct node *n;
	struct vs_err *err;

	*ret = NULL;
	if (!id)
		return NULL;
	if (id >= bt->n_ids || depth > 64)
		return bad_id(id, bt->n_ids);
	if (bt->by_id[id]) {
		*ret = &bt->by_id[id]->t;
		return NULL;
	}
	// const, volatile and attributes say nothing about bytes; the outermost typedef names
	for (unsigned int hops = 0;; hops++) {
		b = btf__type_by_id(bt->btf, base);
		if (!b || hops > 64)
			return bad_id(base, bt->n_ids);
		if (!btf_is_mod(b) && !btf_is_typedef(b))
			break;
		if (!alias && btf_is_typedef(b))
			alias = btf__name_by_offset(bt->btf, b->name_off);
		base = b->type;
		if (!base)
			return NULL;	// typedef of void
	}
	n = calloc(1, sizeof(*n));
	if (!n || !vs_vec_reserve(&bt->nodes, bt->nodes.n + 1)) {
		free(n);
		return &vs_enomem;
	}
	bt->nodes.v[bt->nodes.n++] = n;
	bt->by_id[id] = n;
	n->t.id = base;
	err = fill(bt, n, b, depth);
	if (err)
		return err;
	if (alias && *alias)
		n->t.name = alias;
	*ret = &n->t;
	return NULL;
}

static struct vs_err *btf_find(struct vs_types *ts, enum vs_kind kind, const char *name,
			       const struct vs_type **ret)
{
	struct btf_types *bt = (struct btf_types *)ts;
	struct vs_err *err;
	uint32_t id;

	*ret = NULL;
	if (!bt->tags.n) {
		err = index_tags(bt);
		if (err)
			return err;
	}
	id = vs_map_get(&bt->tags, hash_tag(kind, name));
	if (id == VS_MAP_NONE)
		return NULL;
	return get(bt, id, 0, ret);
}

static struct vs_err *btf_complete(struct vs_types *ts, struct vs_type *t)
{
	struct btf_types *bt = (struct btf_types *)ts;
	const struct btf_type *b = btf__type_by_id(bt->btf, (uint32_t)t->id);
	size_t n = btf_vlen(b);

	if (t->kind == VS_KIND_ENUM) {
		t->enums = calloc(n ? n : 1, sizeof(*t->enums));
		if (!t->enums)
			return &vs_enomem;
		for (size_t i = 0; i < n; i++) {
			uint32_t off = btf_is_enum64(b) ? btf_enum64(b)[i].name_off : btf_enum(b)[i].name_off;

			t->enums[i].name = btf__name_by_offset(bt->btf, off);
			t->enums[i].value = btf_is_enum64(b) ?
				(int64_t)btf_enum64_value(&btf_enum64(b)[i]) : btf_enum(b)[i].val;
		}
		t->n_enums = n;
		t->complete = true;
		return NULL;
	}
	t->members = calloc(n ? n : 1, sizeof(*t->members));
	if (!t->members)
		return &vs_enomem;
	for (size_t i = 0; i < n; i++) {
		const struct btf_member *bm = &btf_members(b)[i];
		struct vs_type_member *m = &t->members[i];
		const char *name = btf__name_by_offset(bt->btf, bm->name_off);
		struct vs_err *err = get(bt, bm->type, 0, &m->type);

		if (!err && !m->type)
			err = bad_id(bm->type, bt->n_ids);	// a member of type void
		if (err) {
			free(t->members);
			t->members = NULL;
			return err;
		}
		m->name = name && *name ? name : NULL;
		m->bit_offset = btf_member_bit_offset(b, (uint32_t)i);
		m->bits = btf_member_bitfield_size(b, (uint32_t)i);
	}
	t->n_members = n;
	t->complete = true;
	return NULL;
}

static void btf_destroy(struct vs_types *ts)
{
	struct btf_types *bt = (struct btf_types *)ts;

	for (size_t i = 0; i < bt->nodes.n; i++) {
		free(bt->nodes.v[i]->owned_name);
		free(bt->nodes.v[i]->t.members);
		free(bt->nodes.v[i]->t.enums);
		free(bt->nodes.v[i]);
	}
	vs_vec_deinit(&bt->nodes);
	vs_map_deinit(&bt->tags);
	free(bt->by_id);
	btf__free(bt->btf);
	free(bt);
}

static const struct vs_types_ops btf_ops = {
	.find = btf_find,
	.complete = btf_complete,
	.destroy = btf_destroy,
};

static int silent(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level, (void)fmt, (void)ap;
	return 0;
}

struct vs_err *vs_btf_create(const void *data, size_t size, unsigned int word,
			     const char *source, struct vs_types **ret)
{
	struct btf_types *bt = calloc(1, sizeof(*bt));
	libbpf_print_fn_t old;
	int errnum;

	if (!bt)
		return &vs_enomem;
	bt->ts.ops = &btf_ops;
	bt->ts.kind = "BTF";
	bt->ts.source = strdup(source);
	// libbpf would write its own words about broken BTF to standard error
	old = libbpf_set_print(silent);
	bt->btf = size <= UINT32_MAX ? btf__new(data, (uint32_t)size) : NULL;
	errnum = errno;
	libbpf_set_print(old);
	if (bt->btf) {
		bt->n_ids = btf__type_cnt(bt->btf);
		bt->by_id = calloc(bt->n_ids, sizeof(*bt->by_id));
		btf__set_pointer_size(bt->btf, word);
	}
	if (!bt->btf || !bt->by_id || !bt->ts.source) {
		bool broken = !bt->btf;

		vs_types_destroy(&bt->ts);
		return broken ? vs_err_create(VS_ERR_FORMAT, "%s: not valid BTF: %s", source,
					      strerror(errnum)) : &vs_enomem;
	}
	*ret = &bt->ts;
	return NULL;
}

const void *vs_btf_raw(const struct vs_types *ts, size_t *size_ret)
{
	const struct btf_types *bt = (const struct btf_types *)ts;
	const void *raw = NULL;
	uint32_t size = 0;

	if (ts->ops == &btf_ops)
		raw = btf__raw_data(bt->btf, &size);
	*size_ret = size;
	return raw;
}
