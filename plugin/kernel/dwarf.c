// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Types from DWARF, through libdw. A vmlinux holds 250 MB of it, the same
 * structures in each of its 2,700 units. So no index of the whole is made: units
 * are gone through one after another, those first that are known to hold what we
 * ask for, and only until it is found. Of each unit nothing but the children of
 * its root is looked at.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "kernel/types.h"
#include "kernel/vmlinux.h"

/* More than any real one, so that lying ones end. */
#define MAX_DEPTH	64
#define MAX_DIMS	16
#define MAX_BYTES	(UINT64_C(1) << 40)

#define CH_ZSTD		2	/* ELFCOMPRESS_ZSTD, since glibc 2.37 */

struct node {
	struct vs_type t;	/* first: a vs_type is its node */
	char *owned_name;
	Dwarf_Die die;		/* without const, typedef ... */
	bool declared;		/* its members are elsewhere, if anywhere */
};

struct unit {
	Dwarf_Die root;
	const char *name;	/* "mm/mmap.c"; NULL: none */
	bool scanned;
};

struct dwarf_types {
	struct vs_types ts;
	Elf *elf;
	Dwarf *dw;
	bool big_endian;
	uint8_t word;
	VS_VEC(struct unit) units;
	size_t next_first, next_unit;	/* where the search goes on: in first[], in units */
	VS_VEC(Dwarf_Die) defs;		/* definitions met in the units gone through */
	struct vs_map tags;		/* hash of kind and tag -> index in defs */
	VS_VEC(struct node *) nodes;
	struct vs_map by_die;		/* address of a DIE -> index in nodes */
	size_t n_str_names;		/* tags that stand in .debug_str ... */
	bool other_names;		/* ... and whether any stands elsewhere */
};

/*
 * Where to look first: these units hold all that the layout asks for, and some of
 * them nearly all of it. A kernel without them is only gone through in the order
 * of the file.
 */
static const char *const first[] = {
	"mm/mmap.c", "fs/namespace.c", "lib/maple_tree.c", "fs/proc/task_mmu.c", "fs/file_table.c",
	"kernel/resource.c", "kernel/module/main.c", "kernel/module.c", "mm/slub.c",
};

static struct vs_err *broken(Dwarf_Die *die, const char *what)
{
	return vs_err_create(VS_ERR_FORMAT, "broken DWARF: DIE at %#" PRIx64 ": %s",
			     (uint64_t)dwarf_dieoffset(die), what);
}

/* --- attributes. dwarf_attr_integrate() and what uses it would open other files. --- */

static const char *name_of(Dwarf_Die *die, unsigned int *form_ret)
{
	Dwarf_Attribute a;

	if (!dwarf_attr(die, DW_AT_name, &a))
		return NULL;
	if (form_ret)
		*form_ret = dwarf_whatform(&a);
	return dwarf_formstring(&a);
}

static bool has_flag(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute a;
	bool flag;

	return dwarf_attr(die, name, &a) && !dwarf_formflag(&a, &flag) && flag;
}

/* A number that stands there itself, not a way to work it out. */
static bool number_of(Dwarf_Die *die, unsigned int name, uint64_t *ret)
{
	Dwarf_Attribute a;
	Dwarf_Word v;

	if (!dwarf_attr(die, name, &a) || dwarf_formudata(&a, &v))
		return false;
	*ret = v;
	return true;
}

/* *found_ret: whether it has a type; without one it is void. */
static struct vs_err *type_of(Dwarf_Die *die, Dwarf_Die *ret, bool *found_ret)
{
	Dwarf_Attribute a;

	*found_ret = dwarf_attr(die, DW_AT_type, &a);
	return *found_ret && !dwarf_formref_die(&a, ret) ? broken(die, "its type is nowhere") : NULL;
}

/*
 * Put the next DIE of its level into @p die: 1; 0 at the end of the level, -1 where
 * it is broken. This goes forward only: libdw takes no DW_AT_sibling that leads back.
 */
static int next_die(Dwarf_Die *die)
{
	int err = dwarf_siblingof(die, die);

	return err < 0 ? -1 : !err;
}

/* --- finding definitions --- */

static uint64_t hash_tag(enum vs_kind kind, const char *name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)kind;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return h;
}

/* The kind of what has a tag in C, else VS_KIND_VOID. */
static enum vs_kind tagged_kind(Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
		return VS_KIND_STRUCT;
	case DW_TAG_union_type:
		return VS_KIND_UNION;
	case DW_TAG_enumeration_type:
		return VS_KIND_ENUM;
	default:
		return VS_KIND_VOID;
	}
}

/* A definition that has been met, into @p ret. */
static bool known(struct dwarf_types *dt, enum vs_kind kind, const char *tag, Dwarf_Die *ret)
{
	uint32_t i = vs_map_get(&dt->tags, hash_tag(kind, tag));
	const char *name;

	if (i == VS_MAP_NONE)
		return false;
	name = name_of(&dt->defs.v[i], NULL);
	if (!name || strcmp(name, tag))
		return false;
	*ret = dt->defs.v[i];
	return true;
}

static struct vs_err *add_def(struct dwarf_types *dt, Dwarf_Die *die)
{
	enum vs_kind kind = tagged_kind(die);
	unsigned int form;
	const char *tag;
	Dwarf_Die *slot;
	uint64_t hash;

	if (kind == VS_KIND_VOID)
		return NULL;
	tag = name_of(die, &form);
	if (!tag || !*tag)
		return NULL;
	if (form == DW_FORM_strp || (form >= DW_FORM_strx1 && form <= DW_FORM_strx4) || form == DW_FORM_strx)
		dt->n_str_names++;
	else if (strlen(tag) >= sizeof(uint64_t))
		dt->other_names = true;	// shorter ones take no more room than an offset would
	hash = hash_tag(kind, tag);
	if (vs_map_get(&dt->tags, hash) != VS_MAP_NONE || has_flag(die, DW_AT_declaration))
		return NULL;
	if (dt->defs.n >= VS_MAP_NONE)
		return &vs_enomem;
	slot = vs_vec_push(&dt->defs);
	if (!slot || !vs_map_set(&dt->tags, hash, (uint32_t)(dt->defs.n - 1)))
		return &vs_enomem;
	*slot = *die;
	return NULL;
}

static struct vs_err *scan_unit(struct dwarf_types *dt, struct unit *u)
{
	struct vs_err *err = NULL;
	uint64_t language;
	Dwarf_Die die;

	u->scanned = true;
	// What Rust calls "file" is another thing.
	if (number_of(&u->root, DW_AT_language, &language) && language == DW_LANG_Rust)
		return NULL;
	for (int more = !dwarf_child(&u->root, &die); !err && more > 0; more = next_die(&die))
		err = add_def(dt, &die);
	return err;
}

/* The unit compiled from @p path, which may stand behind a folder in its name. */
static struct unit *unit_named(struct dwarf_types *dt, const char *path)
{
	size_t len = strlen(path);
	struct unit *best = NULL;

	for (size_t i = 0; i < dt->units.n; i++) {
		struct unit *u = &dt->units.v[i];
		size_t n = u->name ? strlen(u->name) : 0;

		// arch/x86/mm/mmap.c ends in mm/mmap.c too, but its name is longer
		if (n >= len && !strcmp(u->name + n - len, path) && (n == len || u->name[n - len - 1] == '/') &&
		    (!best || n < strlen(best->name)))
			best = u;
	}
	return best;
}

/*
 * May there be a structure of this tag in units not yet gone through? Where all
 * tags met so far stand in .debug_str, one that does not stand there is nowhere.
 * That saves going through the whole file for what another kernel would have.
 */
static bool may_exist(struct dwarf_types *dt, const char *tag)
{
	Elf_Scn *scn = NULL;
	size_t strndx;

	if (!dt->n_str_names || dt->other_names || strlen(tag) < sizeof(uint64_t) ||
	    elf_getshdrstrndx(dt->elf, &strndx))
		return true;
	while ((scn = elf_nextscn(dt->elf, scn))) {
		GElf_Shdr sh;
		Elf_Data *d;
		const char *n = gelf_getshdr(scn, &sh) ? elf_strptr(dt->elf, strndx, sh.sh_name) : NULL;

		if (!n || (strcmp(n, ".debug_str") && strcmp(n, ".zdebug_str")))
			continue;
		d = elf_getdata(scn, NULL);	// libdw has decompressed it
		return !d || !d->d_buf || memmem(d->d_buf, d->d_size, tag, strlen(tag) + 1);
	}
	return true;
}

/* The definition of @p kind @p tag, wherever it is. */
static struct vs_err *locate(struct dwarf_types *dt, enum vs_kind kind, const char *tag,
			     Dwarf_Die *ret, bool *found_ret)
{
	struct vs_err *err = NULL;
	struct unit *u;

	*found_ret = known(dt, kind, tag, ret);
	while (!err && !*found_ret && dt->next_first < sizeof(first) / sizeof(first[0])) {
		u = unit_named(dt, first[dt->next_first++]);
		if (u && !u->scanned)
			err = scan_unit(dt, u);
		*found_ret = known(dt, kind, tag, ret);
	}
	if (err || *found_ret || !may_exist(dt, tag))
		return err;
	while (!err && !*found_ret && dt->next_unit < dt->units.n) {
		u = &dt->units.v[dt->next_unit++];
		if (u->scanned)
			continue;
		err = scan_unit(dt, u);
		*found_ret = known(dt, kind, tag, ret);
	}
	return err;
}

/* --- types --- */

static struct vs_err *get(struct dwarf_types *dt, Dwarf_Die *die, unsigned int depth,
			  const struct vs_type **ret);

static struct node *new_node(struct dwarf_types *dt)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n || dt->nodes.n >= VS_MAP_NONE || !vs_vec_reserve(&dt->nodes, dt->nodes.n + 1)) {
		free(n);
		return NULL;
	}
	dt->nodes.v[dt->nodes.n++] = n;
	return n;
}

static struct vs_err *get_target(struct dwarf_types *dt, Dwarf_Die *die, unsigned int depth,
				 const struct vs_type **ret)
{
	struct vs_err *err;
	Dwarf_Die to;
	bool found;

	*ret = NULL;
	err = type_of(die, &to, &found);
	return err || !found ? err : get(dt, &to, depth + 1, ret);
}

static struct vs_err *fill_base(struct node *n)
{
	uint64_t enc = 0;

	number_of(&n->die, DW_AT_encoding, &enc);
	n->t.name = name_of(&n->die, NULL);
	n->t.complete = true;
	n->t.is_signed = enc == DW_ATE_signed || enc == DW_ATE_signed_char;
	switch (enc) {
	case DW_ATE_boolean:
		n->t.kind = VS_KIND_BOOL;
		break;
	case DW_ATE_float:
	case DW_ATE_complex_float:
		n->t.kind = VS_KIND_FLOAT;
		break;
	case DW_ATE_signed_char:
	case DW_ATE_unsigned_char:
	case DW_ATE_UTF:
		n->t.kind = n->t.size == 1 ? VS_KIND_CHAR : VS_KIND_INT;
		break;
	default:
		n->t.kind = VS_KIND_INT;
	}
	return NULL;
}

/* How many elements a subrange_type has; 0: not said, as of a flexible array. */
static uint64_t count_of(Dwarf_Die *range)
{
	uint64_t n, lower = 0;

	if (number_of(range, DW_AT_count, &n))
		return n;
	number_of(range, DW_AT_lower_bound, &lower);
	// an upper bound of -1 is that of [0]
	return number_of(range, DW_AT_upper_bound, &n) ? n - lower + 1 : 0;
}

/* One DIE says all dimensions: T a[2][3] is an array of two arrays of three. */
static struct vs_err *fill_array(struct dwarf_types *dt, struct node *n, unsigned int depth)
{
	const struct vs_type *el;
	uint64_t dims[MAX_DIMS];
	size_t n_dims = 0;
	struct vs_err *err;
	Dwarf_Die c;

	n->t.kind = VS_KIND_ARRAY;
	n->t.complete = true;
	for (int more = !dwarf_child(&n->die, &c); more; more = next_die(&c)) {
		if (more < 0 || n_dims == MAX_DIMS)
			return broken(&n->die, "an array without an end of dimensions");
		if (dwarf_tag(&c) == DW_TAG_subrange_type)
			dims[n_dims++] = count_of(&c);
	}
	if (!n_dims)
		dims[n_dims++] = 0;
	err = get_target(dt, &n->die, depth, &el);
	while (!err && n_dims--) {	// the last one is the innermost
		struct node *a = n_dims ? new_node(dt) : n;

		if (!a)
			return &vs_enomem;
		a->t.kind = VS_KIND_ARRAY;
		a->t.complete = true;
		a->t.target = el;
		a->t.n_elem = dims[n_dims];
		if (__builtin_mul_overflow(el ? el->size : 0, a->t.n_elem, &a->t.size) ||
		    a->t.size > MAX_BYTES)
			return broken(&n->die, "an array larger than memory");
		el = &a->t;
	}
	return err;
}

/* struct, union, enum: by its definition if that is known already, its members later. */
static struct vs_err *fill_tagged(struct dwarf_types *dt, struct node *n)
{
	static const char *const words[] = {
		[VS_KIND_STRUCT] = "struct", [VS_KIND_UNION] = "union", [VS_KIND_ENUM] = "enum",
	};
	const char *tag = name_of(&n->die, NULL);
	Dwarf_Attribute a;
	uint64_t enc = 0;
	Dwarf_Die base;

	n->t.kind = tagged_kind(&n->die);
	if (has_flag(&n->die, DW_AT_declaration)) {
		n->declared = !(tag && known(dt, n->t.kind, tag, &n->die));
		if (n->declared && dwarf_attr(&n->die, DW_AT_signature, &a))	// in a type unit
			n->declared = !dwarf_formref_die(&a, &n->die) || tagged_kind(&n->die) != n->t.kind;
		number_of(&n->die, DW_AT_byte_size, &n->t.size);
		if (n->t.size > MAX_BYTES)
			return broken(&n->die, "larger than memory");
	}
	if (n->t.kind == VS_KIND_ENUM) {
		// GCC says the encoding itself, others only that of the type it is kept in
		if (!number_of(&n->die, DW_AT_encoding, &enc) && dwarf_attr(&n->die, DW_AT_type, &a) &&
		    dwarf_formref_die(&a, &base)) {
			number_of(&base, DW_AT_encoding, &enc);
			if (!n->t.size)
				number_of(&base, DW_AT_byte_size, &n->t.size);
		}
		n->t.is_signed = enc == DW_ATE_signed || enc == DW_ATE_signed_char;
	}
	if (!tag || !*tag)
		return NULL;
	if (asprintf(&n->owned_name, "%s %s", words[n->t.kind], tag) < 0) {
		n->owned_name = NULL;
		return &vs_enomem;
	}
	n->t.name = n->owned_name;
	return NULL;
}

/* Fill a node, but for members; it is already known under its DIE. */
static struct vs_err *fill(struct dwarf_types *dt, struct node *n, unsigned int depth)
{
	number_of(&n->die, DW_AT_byte_size, &n->t.size);
	if (n->t.size > MAX_BYTES)
		return broken(&n->die, "larger than memory");
	switch (dwarf_tag(&n->die)) {
	case DW_TAG_base_type:
		return fill_base(n);
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		n->t.kind = VS_KIND_PTR;
		if (!n->t.size)
			n->t.size = dt->word;
		n->t.complete = true;
		return get_target(dt, &n->die, depth, &n->t.target);
	case DW_TAG_array_type:
		return fill_array(dt, n, depth);
	case DW_TAG_subroutine_type:
		n->t.kind = VS_KIND_FUNC;
		n->t.complete = true;
		return NULL;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
		return fill_tagged(dt, n);
	default:
		n->t.kind = VS_KIND_VOID;
		n->t.complete = true;
		return NULL;
	}
}

static bool is_modifier(int tag)
{
	return tag == DW_TAG_const_type || tag == DW_TAG_volatile_type || tag == DW_TAG_restrict_type ||
		tag == DW_TAG_atomic_type || tag == DW_TAG_packed_type || tag == DW_TAG_shared_type ||
		tag == DW_TAG_immutable_type;
}

/* The type at @p die; *ret is NULL for void. */
static struct vs_err *get(struct dwarf_types *dt, Dwarf_Die *die, unsigned int depth,
			  const struct vs_type **ret)
{
	const char *alias = NULL;
	Dwarf_Die at = *die;
	void *key = NULL;
	struct vs_err *err;
	struct node *n;
	uint32_t i;
	bool found;

	*ret = NULL;
	if (depth > MAX_DEPTH)
		return broken(die, "pointers to pointers without an end");
	// const and volatile say nothing about bytes; the outermost typedef names
	for (unsigned int hops = 0;; hops++) {
		int tag = dwarf_tag(&at);

		if (hops > MAX_DEPTH)
			return broken(die, "a typedef of itself");
		if (tag == DW_TAG_typedef && !alias) {
			alias = name_of(&at, NULL);
			key = at.addr;
		} else if (tag != DW_TAG_typedef && !is_modifier(tag)) {
			break;
		}
		err = type_of(&at, &at, &found);
		if (err || !found)
			return err;	// typedef of void
	}
	if (!key)
		key = at.addr;
	i = vs_map_get(&dt->by_die, (uintptr_t)key);
	if (i != VS_MAP_NONE) {
		*ret = &dt->nodes.v[i]->t;
		return NULL;
	}
	n = new_node(dt);
	if (!n || !vs_map_set(&dt->by_die, (uintptr_t)key, (uint32_t)(dt->nodes.n - 1)))
		return &vs_enomem;
	n->die = at;
	n->t.id = (uintptr_t)at.addr;
	err = fill(dt, n, depth);
	if (err)
		return err;
	if (alias && *alias)
		n->t.name = alias;
	*ret = &n->t;
	return NULL;
}

static struct vs_err *dwarf_find(struct vs_types *ts, enum vs_kind kind, const char *name,
				 const struct vs_type **ret)
{
	struct dwarf_types *dt = (struct dwarf_types *)ts;
	struct vs_err *err;
	Dwarf_Die die;
	bool found;

	*ret = NULL;
	err = locate(dt, kind, name, &die, &found);
	return err || !found ? err : get(dt, &die, 0, ret);
}

/* --- members and enumerators --- */

/* Bits from the start of the structure to the member. */
static struct vs_err *place_of(struct dwarf_types *dt, Dwarf_Die *die, struct vs_type_member *m)
{
	uint64_t at = 0, bits = 0, back, holder;
	Dwarf_Attribute a;
	Dwarf_Op *ops;
	size_t n;

	number_of(die, DW_AT_bit_size, &bits);
	if (bits > 8 * sizeof(uint64_t) * 2)
		return broken(die, "a bit field wider than any integer");
	m->bits = (uint32_t)bits;
	if (number_of(die, DW_AT_data_bit_offset, &at)) {	// since DWARF 4
		if (at > 8 * MAX_BYTES)
			return broken(die, "a member beyond memory");
		m->bit_offset = at;
		return NULL;
	}
	// none: the member of a union. Up to DWARF 2 it was always a small program.
	if (dwarf_attr(die, DW_AT_data_member_location, &a) && !number_of(die, DW_AT_data_member_location, &at)) {
		if (dwarf_getlocation(&a, &ops, &n) || n != 1 || ops[0].atom != DW_OP_plus_uconst)
			return broken(die, "a member whose place is not a number");
		at = ops[0].number;
	}
	if (at > MAX_BYTES)
		return broken(die, "a member beyond memory");
	at *= 8;
	if (bits && number_of(die, DW_AT_bit_offset, &back)) {
		// Counted from the most significant bit of an integer of that many bytes.
		holder = m->type->size;
		number_of(die, DW_AT_byte_size, &holder);
		at += dt->big_endian ? back : 8 * holder - bits - back;
		if (at > 16 * MAX_BYTES)
			return broken(die, "a bit field outside its structure");
	}
	m->bit_offset = at;
	return NULL;
}

static struct vs_err *read_member(struct dwarf_types *dt, Dwarf_Die *die, struct vs_type_member *ret)
{
	const char *name = name_of(die, NULL);
	struct vs_type_member m = { .name = name && *name ? name : NULL };
	struct vs_err *err = get_target(dt, die, 0, &m.type);

	if (!err && !m.type)
		err = broken(die, "a member without a type");
	if (!err)
		err = place_of(dt, die, &m);
	if (!err)
		*ret = m;
	return err;
}

static void read_enumerator(Dwarf_Die *die, const struct vs_type *t, struct vs_enumerator *ret)
{
	Dwarf_Attribute a;
	Dwarf_Sword sv;
	Dwarf_Word v = 0;

	ret->name = name_of(die, NULL);
	if (dwarf_attr(die, DW_AT_const_value, &a)) {
		// GCC: negative ones are sdata, whatever the type; the others take no sign
		if ((dwarf_whatform(&a) == DW_FORM_sdata || dwarf_whatform(&a) == DW_FORM_implicit_const) &&
		    !dwarf_formsdata(&a, &sv))
			v = (Dwarf_Word)sv;
		else if (dwarf_formudata(&a, &v))
			v = 0;
	}
	// As BTF has them: 32 bits with a sign, unless the type is larger.
	ret->value = t->size > 4 ? (int64_t)v : (int32_t)(uint32_t)v;
}

/* Count first, so that what is read of a hostile file is no more than it holds. */
static size_t count_children(Dwarf_Die *parent, int tag, bool *broken_ret)
{
	Dwarf_Die c;
	size_t n = 0;
	int more;

	for (more = !dwarf_child(parent, &c); more > 0; more = next_die(&c))
		n += dwarf_tag(&c) == tag;
	*broken_ret = more < 0;
	return n;
}

static struct vs_err *read_members(struct dwarf_types *dt, struct node *n)
{
	const int tag = n->t.kind == VS_KIND_ENUM ? DW_TAG_enumerator : DW_TAG_member;
	struct vs_type_member *members = NULL;
	struct vs_enumerator *enums = NULL;
	struct vs_err *err = NULL;
	size_t count, i = 0;
	Dwarf_Die c;
	bool bad;

	count = count_children(&n->die, tag, &bad);
	if (bad)
		return broken(&n->die, "its members do not end");
	if (n->t.kind == VS_KIND_ENUM)
		enums = calloc(count ? count : 1, sizeof(*enums));
	else
		members = calloc(count ? count : 1, sizeof(*members));
	if (!enums && !members)
		return &vs_enomem;
	for (int more = !dwarf_child(&n->die, &c); !err && more > 0 && i < count; more = next_die(&c)) {
		if (dwarf_tag(&c) != tag)
			continue;
		if (enums)
			read_enumerator(&c, &n->t, &enums[i]);
		else
			err = read_member(dt, &c, &members[i]);
		i++;
	}
	if (err) {
		free(members);
		return err;
	}
	n->t.members = members;
	n->t.enums = enums;
	n->t.n_members = members ? i : 0;
	n->t.n_enums = enums ? i : 0;
	n->t.complete = true;
	return NULL;
}

static struct vs_err *dwarf_complete(struct vs_types *ts, struct vs_type *t)
{
	struct dwarf_types *dt = (struct dwarf_types *)ts;
	struct node *n = (struct node *)t;
	const char *tag;
	bool found = false;

	if (n->declared) {
		tag = name_of(&n->die, NULL);
		if (tag) {
			struct vs_err *err = locate(dt, t->kind, tag, &n->die, &found);

			if (err)
				return err;
		}
		if (!found) {
			t->kind = VS_KIND_INCOMPLETE;
			t->complete = true;
			return NULL;
		}
		n->declared = false;
		t->id = (uintptr_t)n->die.addr;
		number_of(&n->die, DW_AT_byte_size, &t->size);
		if (t->size > MAX_BYTES)
			return broken(&n->die, "larger than memory");
	}
	return read_members(dt, n);
}

static void dwarf_destroy(struct vs_types *ts)
{
	struct dwarf_types *dt = (struct dwarf_types *)ts;

	for (size_t i = 0; i < dt->nodes.n; i++) {
		free(dt->nodes.v[i]->owned_name);
		free(dt->nodes.v[i]->t.members);
		free(dt->nodes.v[i]->t.enums);
		free(dt->nodes.v[i]);
	}
	vs_vec_deinit(&dt->nodes);
	vs_vec_deinit(&dt->defs);
	vs_vec_deinit(&dt->units);
	vs_map_deinit(&dt->tags);
	vs_map_deinit(&dt->by_die);
	if (dt->dw)
		dwarf_end(dt->dw);
	if (dt->elf)
		elf_end(dt->elf);
	free(dt);
}

static const struct vs_types_ops dwarf_ops = {
	.find = dwarf_find,
	.complete = dwarf_complete,
	.destroy = dwarf_destroy,
};

/* --- opening --- */

/* What types are made of. */
static bool is_needed(const char *section)
{
	static const char *const names[] = {
		"info", "types", "abbrev", "str", "line_str", "str_offsets", "addr",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(section, names[i]))
			return true;
	return false;
}

/*
 * libdw decompresses every debug section as it opens a file. Line numbers, ranges
 * and locations are not read here: to it they have no bytes.
 */
static struct vs_err *hide_sections(Elf *elf)
{
	Elf_Scn *scn = NULL;
	bool found = false;
	size_t strndx;

	if (elf_getshdrstrndx(elf, &strndx))
		return vs_err_create(VS_ERR_FORMAT, "no section names: %s", elf_errmsg(-1));
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr sh;
		GElf_Chdr ch;
		const char *name = gelf_getshdr(scn, &sh) ? elf_strptr(elf, strndx, sh.sh_name) : NULL;
		const char *what = !name ? NULL : !strncmp(name, ".debug_", 7) ? name + 7 :
			!strncmp(name, ".zdebug_", 8) ? name + 8 : NULL;

		if (!what || sh.sh_type == SHT_NOBITS)
			continue;
		found |= !strcmp(what, "info");
		if (!is_needed(what)) {
			sh.sh_type = SHT_NOBITS;
			gelf_update_shdr(scn, &sh);
		} else if (sh.sh_flags & SHF_COMPRESSED) {
			// libdw would do it too, but says nothing where it cannot
			ch.ch_type = 0;
			gelf_getchdr(scn, &ch);
			if (elf_compress(scn, 0, 0) < 0)
				return vs_err_create(VS_ERR_FORMAT, "%s (compressed by %s): %s", name,
						     ch.ch_type == ELFCOMPRESS_ZLIB ? "zlib" :
						     ch.ch_type == CH_ZSTD ? "zstd" : "unknown means",
						     elf_errmsg(-1));
		}
	}
	return found ? NULL : vs_err_create(VS_ERR_NOT_FOUND, "no .debug_info section");
}

static struct vs_err *list_units(struct dwarf_types *dt)
{
	Dwarf_CU *cu = NULL;
	size_t n_split = 0;
	struct unit *u;
	uint8_t type;
	Dwarf_Die root;
	int more;

	while (!(more = dwarf_get_units(dt->dw, cu, &cu, NULL, &type, &root, NULL))) {
		if (type == DW_UT_skeleton) {
			n_split++;
			continue;
		}
		u = vs_vec_push(&dt->units);
		if (!u)
			return &vs_enomem;
		*u = (struct unit){ .root = root, .name = name_of(&root, NULL) };
	}
	if (dt->units.n)
		return NULL;
	if (n_split)
		return vs_err_create(VS_ERR_FORMAT, ".debug_info: split into .dwo files, which are not read");
	return vs_err_create(VS_ERR_FORMAT, ".debug_info: no unit: %s", more < 0 ? dwarf_errmsg(-1) : "it is empty");
}

struct vs_err *vs_dwarf_create(const struct vs_vmlinux *v, struct vs_types **ret)
{
	struct dwarf_types *dt = calloc(1, sizeof(*dt));
	struct vs_err *err;

	if (!dt)
		return &vs_enomem;
	dt->ts.ops = &dwarf_ops;
	dt->ts.kind = "DWARF";
	dt->ts.source = strdup("vmlinux .debug_info");
	dt->big_endian = v->big_endian;
	dt->word = v->word;
	elf_version(EV_CURRENT);
	// A private view, since sections will be hidden and decompressed in it.
	dt->elf = elf_begin(v->fd, ELF_C_READ_MMAP_PRIVATE, NULL);
	if (!dt->ts.source)
		err = &vs_enomem;
	else if (!dt->elf)
		err = vs_err_create(VS_ERR_FORMAT, "%s", elf_errmsg(-1));
	else
		err = hide_sections(dt->elf);
	if (!err) {
		dt->dw = dwarf_begin_elf(dt->elf, DWARF_C_READ, NULL);
		err = dt->dw ? list_units(dt) :
			vs_err_create(VS_ERR_FORMAT, "broken DWARF: %s", dwarf_errmsg(-1));
	}
	if (err) {
		vs_types_destroy(&dt->ts);
		return err;
	}
	*ret = &dt->ts;
	return NULL;
}
