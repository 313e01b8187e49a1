// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/err.h"
#include "base/out.h"
#include "render/json.h"
#include "render/tree.h"

struct writer {
	struct vs_out *out;
	const struct vs_space *s;
	const struct vs_report *r;
	const struct vs_tree_findings *f;
};

static void put_findings(struct vs_json *j, const struct writer *w, uint64_t addr)
{
	size_t n;
	const uint32_t *f = vs_tree_findings_of(w->f, addr, &n);

	if (!n)
		return;
	vs_json_open_array(j, "findings");
	for (size_t i = 0; i < n; i++) {
		const struct vs_finding *fi = &w->r->findings.v[f[i]];

		vs_json_open_object(j, NULL);
		vs_json_str(j, "rule", fi->rule->id);
		vs_json_str(j, "detail", fi->detail ? fi->detail : fi->rule->doc);
		vs_json_close_object(j);
	}
	vs_json_close_array(j);
}

static void put_vma(struct vs_json *j, const struct vs_vma *v)
{
	char perms[5];

	vs_text_perms(perms, v->flags);
	vs_json_hex(j, "vma", v->addr);
	vs_json_hex(j, "start", v->start);
	vs_json_hex(j, "end", v->end);
	vs_json_str(j, "perms", perms);
}

static void put_words(struct vs_json *j, const char *key, const uint64_t *v, unsigned int n)
{
	vs_json_open_array(j, key);
	for (unsigned int i = 0; i < n; i++)
		vs_json_hex(j, NULL, v[i]);
	vs_json_close_array(j);
}

static void put_mnode(struct vs_json *j, const struct vs_space *s, const struct vs_mnode *n)
{
	const struct vs_maple *m = &s->maple;

	vs_json_hex(j, "node", n->addr);
	vs_json_str(j, "node_type", vs_mtype_name(n->type));
	vs_json_hex(j, "first", n->min);
	vs_json_hex(j, "last", n->max);
	vs_json_uint(j, "end", n->end);
	vs_json_hex(j, "parent_word", n->parent_word);
	put_words(j, "pivots", vs_mnode_pivots(m, n), n->n_pivots);
	put_words(j, "slots", vs_mnode_slots(m, n), n->n_slots);
	if (n->has_gaps)
		put_words(j, "gaps", vs_mnode_gaps(m, n), n->n_slots);
}

static void put_place(struct vs_json *j, const struct writer *w, const struct vs_tree_line *l)
{
	const bool maple = w->s->has & VS_HAS_MAPLE;

	vs_json_uint(j, "depth", l->depth);
	if (l->parent == VS_NONE)
		vs_json_null(j, "parent");
	else
		vs_json_hex(j, "parent", maple ? w->s->maple.nodes.v[l->parent].addr :
			    w->s->vmas.v[l->parent].addr);
	if (l->parent == VS_NONE)
		return;
	if (maple)
		vs_json_uint(j, "slot", l->slot);
	else
		vs_json_str(j, "side", l->slot ? "right" : "left");
}

static struct vs_err *put_line(void *arg, const struct vs_tree_line *l)
{
	static const char *const types[] = {
		[VS_TWIG_NODE] = "node", [VS_TWIG_MNODE] = "maple_node", [VS_TWIG_ENTRY] = "entry",
		[VS_TWIG_FREE] = "free", [VS_TWIG_BREAK] = "break", [VS_TWIG_MORE] = "more",
		[VS_TWIG_STRAY] = "stray",
	};
	const struct writer *w = arg;
	const struct vs_space *s = w->s;
	struct vs_json *j = vs_json_begin(types[l->twig]);
	const struct vs_vma *v;
	const struct vs_mentry *e;

	if (l->twig != VS_TWIG_STRAY)
		put_place(j, w, l);
	switch ((enum vs_twig)l->twig) {
	case VS_TWIG_NODE:
		v = &s->vmas.v[l->index];
		put_vma(j, v);
		if (v->rb_color < 2)
			vs_json_str(j, "color", v->rb_color ? "black" : "red");
		else
			vs_json_uint(j, "color", v->rb_color);
		break;
	case VS_TWIG_STRAY:
		put_vma(j, &s->vmas.v[l->index]);
		break;
	case VS_TWIG_MNODE:
		put_mnode(j, s, &s->maple.nodes.v[l->index]);
		break;
	case VS_TWIG_ENTRY:
		e = &s->maple.entries.v[l->index];
		vs_json_hex(j, "first", e->first);
		vs_json_hex(j, "last", e->last);
		vs_json_hex(j, "raw", e->raw);
		if (e->vma != VS_NONE)
			put_vma(j, &s->vmas.v[e->vma]);
		break;
	case VS_TWIG_FREE:
		vs_json_hex(j, "first", l->first);
		vs_json_hex(j, "last", l->last);
		break;
	case VS_TWIG_BREAK:
		vs_json_hex(j, "value", l->value);
		vs_json_str(j, "why", vs_tree_why(l));
		if (l->stop == VS_STOP_ABSENT)
			vs_json_str(j, "from", vs_from_id(l->from));
		break;
	case VS_TWIG_MORE:
		vs_json_uint(j, "nodes", l->count);
		vs_json_uint(j, "damaged", l->index);
		break;
	}
	if (l->has_gap)
		vs_json_uint(j, "gap", l->gap);
	put_findings(j, w, vs_tree_line_addr(s, l));
	return vs_json_end(j, w->out);
}

struct vs_err *vs_json_tree(struct vs_out *out, const struct vs_space *s, const struct vs_report *r,
			    uint32_t depth)
{
	const bool maple = s->has & VS_HAS_MAPLE;
	struct vs_tree_findings f;
	struct writer w = { out, s, r, &f };
	struct vs_json *j = vs_json_begin("tree");
	struct vs_err *err;

	if (!vs_tree_findings_init(&f, r))
		return &vs_enomem;
	vs_json_str(j, "kind", maple ? "maple" : "red-black");
	vs_json_hex(j, "mm", s->mm);
	vs_json_int(j, "pid", s->users.n ? s->users.v[0].tgid : 0);
	vs_json_uint(j, "vmas", s->tree.order.n);
	vs_json_str(j, "verdict", vs_verdict_name(r->verdict));
	if (maple) {
		vs_json_hex(j, "ma_root", s->maple.root);
		vs_json_hex(j, "ma_flags", s->maple.flags);
		vs_json_uint(j, "nodes", s->maple.nodes.n);
	} else {
		vs_json_hex(j, "root", s->f.rb_root);
	}
	put_findings(j, &w, s->mm);
	err = vs_json_end(j, out);
	if (!err)
		err = vs_tree_lines(s, &f, depth, put_line, &w);
	vs_vec_deinit(&f.v);
	return err;
}
