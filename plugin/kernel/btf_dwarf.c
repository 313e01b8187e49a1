// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BTF told as DWARF: one compilation unit with all types, so that GDB knows the
 * structures of a kernel of which there is nothing but the dump. Strings stay what
 * they are: BTF's string section is a .debug_str.
 */
#include <bpf/btf.h>
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "kernel/btf.h"
#include "kernel/types.h"

#define HOPS_MAX 64

enum abbrev {
	A_UNIT = 1, A_BASE, A_PTR_VOID, A_PTR, A_STRUCT, A_STRUCT_ANON, A_UNION, A_UNION_ANON, A_MEMBER, A_MEMBER_ANON,
	A_BITS, A_BITS_ANON, A_ARRAY, A_SUBRANGE, A_ENUM, A_ENUM_ANON, A_ENUMERATOR, A_STRUCT_FWD, A_UNION_FWD,
	A_TYPEDEF, A_TYPEDEF_VOID, A_CONST, A_CONST_VOID, A_VOLATILE, A_VOLATILE_VOID, A_RESTRICT, A_FUNC, A_FUNC_VOID,
	A_VARIABLE,
};

/* The table of abbreviations as it stands in the file: all codes are below 128, so each is a byte. */
#define END 0, 0
static const unsigned char abbrevs[] = {
	A_UNIT, DW_TAG_compile_unit, 1, DW_AT_producer, DW_FORM_string, DW_AT_language, DW_FORM_data1,
		DW_AT_name, DW_FORM_string, END,
	A_BASE, DW_TAG_base_type, 0, DW_AT_name, DW_FORM_strp, DW_AT_byte_size, DW_FORM_data1,
		DW_AT_encoding, DW_FORM_data1, END,
	A_PTR_VOID, DW_TAG_pointer_type, 0, DW_AT_byte_size, DW_FORM_data1, END,
	A_PTR, DW_TAG_pointer_type, 0, DW_AT_byte_size, DW_FORM_data1, DW_AT_type, DW_FORM_ref4, END,
	A_STRUCT, DW_TAG_structure_type, 1, DW_AT_name, DW_FORM_strp, DW_AT_byte_size, DW_FORM_data4, END,
	A_STRUCT_ANON, DW_TAG_structure_type, 1, DW_AT_byte_size, DW_FORM_data4, END,
	A_UNION, DW_TAG_union_type, 1, DW_AT_name, DW_FORM_strp, DW_AT_byte_size, DW_FORM_data4, END,
	A_UNION_ANON, DW_TAG_union_type, 1, DW_AT_byte_size, DW_FORM_data4, END,
	A_MEMBER, DW_TAG_member, 0, DW_AT_name, DW_FORM_strp, DW_AT_type, DW_FORM_ref4,
		DW_AT_data_member_location, DW_FORM_data4, END,
	A_MEMBER_ANON, DW_TAG_member, 0, DW_AT_type, DW_FORM_ref4, DW_AT_data_member_location, DW_FORM_data4, END,
	A_BITS, DW_TAG_member, 0, DW_AT_name, DW_FORM_strp, DW_AT_type, DW_FORM_ref4, DW_AT_bit_size, DW_FORM_data1,
		DW_AT_data_bit_offset, DW_FORM_data4, END,
	A_BITS_ANON, DW_TAG_member, 0, DW_AT_type, DW_FORM_ref4, DW_AT_bit_size, DW_FORM_data1,
		DW_AT_data_bit_offset, DW_FORM_data4, END,
	A_ARRAY, DW_TAG_array_type, 1, DW_AT_type, DW_FORM_ref4, END,
	A_SUBRANGE, DW_TAG_subrange_type, 0, DW_AT_count, DW_FORM_data4, END,
	A_ENUM, DW_TAG_enumeration_type, 1, DW_AT_name, DW_FORM_strp, DW_AT_byte_size, DW_FORM_data1, END,
	A_ENUM_ANON, DW_TAG_enumeration_type, 1, DW_AT_byte_size, DW_FORM_data1, END,
	A_ENUMERATOR, DW_TAG_enumerator, 0, DW_AT_name, DW_FORM_strp, DW_AT_const_value, DW_FORM_data8, END,
	A_STRUCT_FWD, DW_TAG_structure_type, 0, DW_AT_name, DW_FORM_strp, DW_AT_declaration, DW_FORM_flag_present, END,
	A_UNION_FWD, DW_TAG_union_type, 0, DW_AT_name, DW_FORM_strp, DW_AT_declaration, DW_FORM_flag_present, END,
	A_TYPEDEF, DW_TAG_typedef, 0, DW_AT_name, DW_FORM_strp, DW_AT_type, DW_FORM_ref4, END,
	A_TYPEDEF_VOID, DW_TAG_typedef, 0, DW_AT_name, DW_FORM_strp, END,
	A_CONST, DW_TAG_const_type, 0, DW_AT_type, DW_FORM_ref4, END,
	A_CONST_VOID, DW_TAG_const_type, 0, END,
	A_VOLATILE, DW_TAG_volatile_type, 0, DW_AT_type, DW_FORM_ref4, END,
	A_VOLATILE_VOID, DW_TAG_volatile_type, 0, END,
	A_RESTRICT, DW_TAG_restrict_type, 0, DW_AT_type, DW_FORM_ref4, END,
	A_FUNC, DW_TAG_subroutine_type, 0, DW_AT_prototyped, DW_FORM_flag_present, DW_AT_type, DW_FORM_ref4, END,
	A_FUNC_VOID, DW_TAG_subroutine_type, 0, DW_AT_prototyped, DW_FORM_flag_present, END,
	A_VARIABLE, DW_TAG_variable, 0, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref4,
		DW_AT_external, DW_FORM_flag_present, DW_AT_location, DW_FORM_exprloc, END,
	0,
};

/* A reference to a type, written as 0 until it is known where that stands. */
struct fixup {
	uint32_t at, id;
};

enum { BEING_LOOKED_AT = 1, SOUND, UNSOUND };

struct writer {
	const struct btf *btf;
	struct vs_buf *info;
	uint32_t start;		/* of the unit in .debug_info: references count from there */
	uint32_t n_ids;
	uint32_t *where;	/* of each type, from the unit's start; 0: not written */
	unsigned char *state;	/* of each type: sound() */
	VS_VEC(struct fixup) fixups;
	unsigned int word;
	bool big_endian;
	bool failed;
};

static void put(struct writer *w, uint64_t v, unsigned int size)
{
	unsigned char raw[8];

	for (unsigned int i = 0; i < size; i++)
		raw[w->big_endian ? size - 1 - i : i] = (unsigned char)(v >> 8 * i);
	vs_buf_put(w->info, raw, size);
}

/* What @p id stands for once tags are taken off, 0 for void and for what is no type. */
static uint32_t target(const struct writer *w, uint32_t id)
{
	for (unsigned int hops = 0; id && id < w->n_ids && hops < HOPS_MAX; hops++) {
		const struct btf_type *t = btf__type_by_id(w->btf, id);

		switch (btf_kind(t)) {
		case BTF_KIND_TYPE_TAG:
			id = t->type;
			break;
		case BTF_KIND_FUNC:
		case BTF_KIND_VAR:
		case BTF_KIND_DATASEC:
		case BTF_KIND_DECL_TAG:
		case BTF_KIND_UNKN:
			return 0;
		default:
			return id;
		}
	}
	return 0;
}

/* The offset of a name in the strings, which are .debug_str; of one that lies, the empty name's. */
static void put_name(struct writer *w, uint32_t off)
{
	put(w, btf__name_by_offset(w->btf, off) ? off : 0, 4);
}

/*
 * May a thing of type @p id be part of another? Not if it has itself for a part: a
 * debugger would look into it without end.
 */
static bool sound(struct writer *w, uint32_t id, unsigned int depth)
{
	const struct btf_type *t;
	bool good = true;

	id = target(w, id);
	if (!id || depth > HOPS_MAX || w->state[id] == BEING_LOOKED_AT)
		return false;
	if (w->state[id])
		return w->state[id] == SOUND;
	t = btf__type_by_id(w->btf, id);
	w->state[id] = BEING_LOOKED_AT;
	if (btf_is_array(t))
		good = sound(w, btf_array(t)->type, depth + 1);
	else if (btf_is_mod(t) || btf_is_typedef(t))
		good = sound(w, t->type, depth + 1);
	else if (btf_is_composite(t))
		for (uint32_t i = 0; good && i < btf_vlen(t); i++)
			good = !target(w, btf_members(t)[i].type) || sound(w, btf_members(t)[i].type, depth + 1);
	w->state[id] = good ? SOUND : UNSOUND;
	return good;
}

/* Does a member lie within its structure? */
static bool fits(const struct writer *w, const struct btf_type *t, uint32_t i, uint32_t to)
{
	const uint64_t bits = btf_member_bitfield_size(t, i), off = btf_member_bit_offset(t, i);
	const int64_t size = btf__resolve_size(w->btf, to);

	if (size < 0)
		return btf_is_fwd(btf__type_by_id(w->btf, to)) && !bits;
	if (bits)
		return bits <= 128 && bits <= (uint64_t)size * 8 && off + bits <= (uint64_t)t->size * 8;
	return off % 8 == 0 && off / 8 + (uint64_t)size <= t->size;
}

static void put_ref(struct writer *w, uint32_t id)
{
	struct fixup *f = vs_vec_push(&w->fixups);

	if (f)
		*f = (struct fixup){ (uint32_t)w->info->len, id };
	else
		w->failed = true;
	put(w, 0, 4);
}

/* @p with if it leads to a type, else @p without. */
static void put_derived(struct writer *w, const struct btf_type *t, enum abbrev with, enum abbrev without)
{
	uint32_t to = target(w, t->type);

	put(w, to ? with : without, 1);
	if (with == A_PTR)
		put(w, w->word, 1);
	if (with == A_TYPEDEF)
		put_name(w, t->name_off);
	if (to)
		put_ref(w, to);
}

static void put_members(struct writer *w, const struct btf_type *t)
{
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const uint32_t bits = btf_member_bitfield_size(t, i), off = btf_member_bit_offset(t, i);
		const char *name = btf__name_by_offset(w->btf, m->name_off);
		const bool named = name && *name;
		uint32_t to = target(w, m->type);

		if (!to || !sound(w, to, 0) || !fits(w, t, i, to))
			continue;	// no kernel's: what it leads to would lead a debugger astray
		put(w, bits ? named ? A_BITS : A_BITS_ANON : named ? A_MEMBER : A_MEMBER_ANON, 1);
		if (named)
			put_name(w, m->name_off);
		put_ref(w, to);
		if (bits)
			put(w, bits, 1);
		put(w, bits ? off : off / 8, 4);
	}
	put(w, 0, 1);
}

static void put_enum(struct writer *w, const struct btf_type *t, bool named)
{
	put(w, named ? A_ENUM : A_ENUM_ANON, 1);
	if (named)
		put_name(w, t->name_off);
	put(w, t->size <= 8 ? t->size : 4, 1);
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		put(w, A_ENUMERATOR, 1);
		put_name(w, btf_is_enum64(t) ? btf_enum64(t)[i].name_off : btf_enum(t)[i].name_off);
		put(w, btf_is_enum64(t) ? btf_enum64_value(&btf_enum64(t)[i]) : (uint64_t)(int64_t)btf_enum(t)[i].val, 8);
	}
	put(w, 0, 1);
}

static unsigned int encoding(const struct btf_type *t, const char *name)
{
	const unsigned int e = btf_int_encoding(t);

	if (e & BTF_INT_BOOL)
		return DW_ATE_boolean;
	if (t->size == 1 && (e & BTF_INT_CHAR || (name && strstr(name, "char"))))
		return e & BTF_INT_SIGNED ? DW_ATE_signed_char : DW_ATE_unsigned_char;
	return e & BTF_INT_SIGNED ? DW_ATE_signed : DW_ATE_unsigned;
}

static void put_base(struct writer *w, const struct btf_type *t, unsigned int how)
{
	put(w, A_BASE, 1);
	put_name(w, t->name_off);
	put(w, t->size <= 16 ? t->size : 1, 1);
	put(w, how, 1);
}

static void put_struct(struct writer *w, const struct btf_type *t, bool named)
{
	const bool is_union = btf_kind(t) == BTF_KIND_UNION;

	put(w, named ? is_union ? A_UNION : A_STRUCT : is_union ? A_UNION_ANON : A_STRUCT_ANON, 1);
	if (named)
		put_name(w, t->name_off);
	put(w, t->size, 4);
	put_members(w, t);
}

static void put_array(struct writer *w, const struct btf_type *t)
{
	const uint32_t to = target(w, btf_array(t)->type);

	put(w, to ? A_ARRAY : A_PTR_VOID, 1);	// there are no arrays of void
	if (!to) {
		put(w, w->word, 1);
		return;
	}
	put_ref(w, to);
	put(w, A_SUBRANGE, 1);
	put(w, sound(w, to, 0) && btf__resolve_size(w->btf, to) >= 0 ? btf_array(t)->nelems : 0, 4);
	put(w, 0, 1);
}

static void put_type(struct writer *w, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(w->btf, id);
	const char *name = btf__name_by_offset(w->btf, t->name_off);
	const bool named = name && *name;

	w->where[id] = (uint32_t)w->info->len - w->start;
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		put_base(w, t, encoding(t, name));
		break;
	case BTF_KIND_FLOAT:
		put_base(w, t, DW_ATE_float);
		break;
	case BTF_KIND_PTR:
		if (target(w, t->type)) {
			put_derived(w, t, A_PTR, A_PTR_VOID);
			break;
		}
		put(w, A_PTR_VOID, 1);
		put(w, w->word, 1);
		break;
	case BTF_KIND_ARRAY:
		put_array(w, t);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		put_struct(w, t, named);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		put_enum(w, t, named);
		break;
	case BTF_KIND_FWD:
		put(w, btf_kflag(t) ? A_UNION_FWD : A_STRUCT_FWD, 1);
		put_name(w, t->name_off);
		break;
	case BTF_KIND_TYPEDEF:
		put_derived(w, t, A_TYPEDEF, A_TYPEDEF_VOID);
		break;
	case BTF_KIND_CONST:
		put_derived(w, t, A_CONST, A_CONST_VOID);
		break;
	case BTF_KIND_VOLATILE:
		put_derived(w, t, A_VOLATILE, A_VOLATILE_VOID);
		break;
	case BTF_KIND_RESTRICT:
		put_derived(w, t, A_RESTRICT, A_CONST_VOID);
		break;
	case BTF_KIND_FUNC_PROTO:
		put_derived(w, t, A_FUNC, A_FUNC_VOID);
		break;
	default:
		w->where[id] = 0;
	}
}

static void put_variable(struct writer *w, const struct vs_typed_var *v)
{
	int32_t id = btf__find_by_name_kind(w->btf, v->tag, BTF_KIND_STRUCT);

	if (id <= 0 || (uint32_t)id >= w->n_ids)
		return;
	put(w, A_VARIABLE, 1);
	vs_buf_put(w->info, v->name, strlen(v->name) + 1);
	put_ref(w, (uint32_t)id);
	put(w, 1 + w->word, 1);
	put(w, DW_OP_addr, 1);
	put(w, v->addr, w->word);
}

static void put_unit(struct writer *w, uint64_t abbrev_off)
{
	static const char producer[] = "vmascope, from BTF", name[] = "kernel";

	put(w, 0, 4);		// unit_length, set at the end
	put(w, 4, 2);
	put(w, abbrev_off, 4);
	put(w, w->word, 1);
	put(w, A_UNIT, 1);
	vs_buf_put(w->info, producer, sizeof(producer));
	put(w, DW_LANG_C99, 1);
	vs_buf_put(w->info, name, sizeof(name));
}

/* Types that lead nowhere but to each other make a debugger go round: they end in void. */
static bool leads_on(const struct writer *w, uint32_t id)
{
	for (unsigned int hops = 0; hops < HOPS_MAX; hops++) {
		const struct btf_type *t;

		id = target(w, id);
		if (!id)
			return true;
		t = btf__type_by_id(w->btf, id);
		if (btf_is_array(t))
			id = btf_array(t)->type;
		else if (btf_is_mod(t) || btf_is_typedef(t))
			id = t->type;
		else
			return true;
	}
	return false;
}

struct vs_err *vs_btf_to_dwarf(const struct vs_types *ts, unsigned int word, const struct vs_typed_var *vars,
			       size_t n_vars, const struct vs_dwarf_out *out)
{
	size_t size;
	const void *raw = vs_btf_raw(ts, &size);
	_cleanup_free_ uint32_t *where = NULL;
	_cleanup_free_ unsigned char *state = NULL;
	struct writer w = { .info = out->info, .word = word, .big_endian = out->big_endian,
			    .start = (uint32_t)out->info->len };
	uint32_t hdr_len, str_off, str_len;
	struct btf *btf;
	bool be;

	if (!raw)
		return vs_err_create(VS_ERR_NOT_FOUND, "%s: only BTF can be told as DWARF", ts->source);
	// libbpf has been through it: the header is sound, in one of the two orders
	be = vs_load16(raw, true) == BTF_MAGIC;
	hdr_len = vs_load32((const char *)raw + offsetof(struct btf_header, hdr_len), be);
	str_off = vs_load32((const char *)raw + offsetof(struct btf_header, str_off), be);
	str_len = vs_load32((const char *)raw + offsetof(struct btf_header, str_len), be);
	btf = btf__new(raw, (uint32_t)size);
	w.btf = btf;
	w.n_ids = btf ? btf__type_cnt(btf) : 0;
	where = w.where = calloc(w.n_ids + 1, sizeof(*where));
	state = w.state = calloc(w.n_ids + 1, 1);
	if (!btf || !where || !state) {
		btf__free(btf);
		return &vs_enomem;
	}
	put_unit(&w, out->abbrev->len);
	for (uint32_t id = 1; id < w.n_ids; id++)
		if (leads_on(&w, id))
			put_type(&w, id);
	for (size_t i = 0; i < n_vars; i++)
		put_variable(&w, &vars[i]);
	put(&w, 0, 1);
	vs_buf_put(out->abbrev, abbrevs, sizeof(abbrevs));
	vs_buf_put(out->str, (const char *)raw + hdr_len + str_off, str_len);
	w.failed = w.failed || out->info->failed || out->abbrev->failed || out->str->failed ||
		out->info->len - w.start > UINT32_MAX / 2;
	if (!w.failed) {
		// a reference to what is not there leads to the first type: it is an integer
		for (size_t i = 0; i < w.fixups.n; i++)
			vs_store32(out->info->data + w.fixups.v[i].at,
				   w.where[w.fixups.v[i].id] ? w.where[w.fixups.v[i].id] : w.where[1], w.big_endian);
		vs_store32(out->info->data + w.start, (uint32_t)out->info->len - w.start - 4, w.big_endian);
	}
	vs_vec_deinit(&w.fixups);
	btf__free(btf);
	return w.failed ? &vs_enomem : NULL;
}
