// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BTF of either byte order, written here byte by byte, read through libbpf; and what is
 * made of it for debuggers, read again by libdw.
 */
#include <dwarf.h>
#include <elf.h>
#include <inttypes.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "kernel/btf.h"
#include "kernel/elf_sections.h"
#include "kernel/symbols.h"
#include "kernel/types.h"
#include "kernel/vmlinux.h"
#include "tap.h"

enum { UINT = 1, CHAR, STRING, POINTER, NODE_T, COLOUR, WIDE, NODE, EITHER, N_IDS };

struct raw {
	struct vs_buf types, strs;
	bool be;
};

static void put(struct raw *r, uint32_t v)
{
	char b[4];

	vs_store32(b, v, r->be);
	vs_buf_put(&r->types, b, sizeof(b));
}

static uint32_t name(struct raw *r, const char *s)
{
	uint32_t at = (uint32_t)r->strs.len;

	vs_buf_put(&r->strs, s, strlen(s) + 1);
	return at;
}

static void type(struct raw *r, const char *tag, uint32_t kind, bool flag, uint32_t vlen, uint32_t size)
{
	put(r, *tag ? name(r, tag) : 0);
	put(r, (uint32_t)flag << 31 | kind << 24 | vlen);
	put(r, size);
}

/* With bit fields an offset has the width above it. */
static void member(struct raw *r, const char *tag, uint32_t id, uint32_t at, uint32_t bits)
{
	put(r, *tag ? name(r, tag) : 0);
	put(r, id);
	put(r, bits << 24 | at);
}

/* The same types in the byte order told. */
static struct vs_buf make(bool be)
{
	struct raw r = { .be = be };
	struct vs_buf all = VS_BUF_INIT;
	unsigned char h[sizeof(struct btf_header)] = { 0 };

	name(&r, "");
	type(&r, "unsigned int", BTF_KIND_INT, false, 0, 4);
	put(&r, 32);
	type(&r, "char", BTF_KIND_INT, false, 0, 1);
	put(&r, BTF_INT_CHAR << 24 | 8);
	type(&r, "", BTF_KIND_ARRAY, false, 0, 0);
	put(&r, CHAR), put(&r, UINT), put(&r, 16);
	type(&r, "", BTF_KIND_PTR, false, 0, NODE);
	type(&r, "node_t", BTF_KIND_TYPEDEF, false, 0, NODE);
	type(&r, "colour", BTF_KIND_ENUM, true, 2, 4);
	put(&r, name(&r, "RED")), put(&r, 0x01020304);
	put(&r, name(&r, "GREEN")), put(&r, (uint32_t)-2);
	type(&r, "wide", BTF_KIND_ENUM64, false, 1, 8);
	put(&r, name(&r, "HUGE")), put(&r, 0xddccbbaa), put(&r, 0x11223344);
	type(&r, "node", BTF_KIND_STRUCT, true, 6, 40);
	member(&r, "next", POINTER, 0, 0);
	member(&r, "text", STRING, 64, 0);
	member(&r, "low", UINT, 192, 3);
	member(&r, "high", UINT, 195, 13);
	member(&r, "count", UINT, 224, 0);
	member(&r, "", EITHER, 256, 0);
	type(&r, "", BTF_KIND_UNION, false, 2, 8);
	member(&r, "colour", COLOUR, 0, 0);
	member(&r, "wide", WIDE, 0, 0);

	vs_store16(h, BTF_MAGIC, be);
	h[2] = BTF_VERSION;
	vs_store32(h + offsetof(struct btf_header, hdr_len), sizeof(h), be);
	vs_store32(h + offsetof(struct btf_header, type_len), (uint32_t)r.types.len, be);
	vs_store32(h + offsetof(struct btf_header, str_off), (uint32_t)r.types.len, be);
	vs_store32(h + offsetof(struct btf_header, str_len), (uint32_t)r.strs.len, be);
	vs_buf_put(&all, h, sizeof(h));
	vs_buf_put(&all, r.types.data, r.types.len);
	vs_buf_put(&all, r.strs.data, r.strs.len);
	vs_buf_deinit(&r.types);
	vs_buf_deinit(&r.strs);
	return all;
}

static const struct vs_type *find(struct vs_types *ts, enum vs_kind kind, const char *tag)
{
	const struct vs_type *t = NULL;
	struct vs_err *err = vs_types_find(ts, kind, tag, &t);

	if (!err && t && kind != VS_KIND_INT)
		err = vs_type_complete(ts, t);
	if (err) {
		diag("%s", err->msg);
		vs_err_free(err);
		return NULL;
	}
	return t;
}

static bool at(struct vs_types *ts, const struct vs_type *t, const char *path, uint64_t offset, uint64_t size)
{
	struct vs_member m;
	bool found = false;
	struct vs_err *err = vs_type_member(ts, t, path, &m, &found);

	vs_err_free(err);
	return !err && found && m.offset == offset && m.type->size == size;
}

static void check_types(struct vs_types *ts, const char *what)
{
	const struct vs_type *t = find(ts, VS_KIND_STRUCT, "node");
	const struct vs_type *colour = find(ts, VS_KIND_ENUM, "colour"), *wide = find(ts, VS_KIND_ENUM, "wide");
	char spelt[64];

	if (!ok(t && t->size == 40 && t->n_members == 6, "%s: struct node", what))
		return;
	ok(at(ts, t, "next", 0, 8) && at(ts, t, "text", 8, 16) && at(ts, t, "count", 28, 4) &&
	   at(ts, t, "colour", 32, 4) && at(ts, t, "wide", 32, 8), "%s: its members", what);
	ok(t->members[2].bits == 3 && t->members[2].bit_offset == 192 && t->members[3].bits == 13 &&
	   t->members[3].bit_offset == 195, "%s: its bit fields", what);
	vs_type_spell(t->members[0].type, spelt, sizeof(spelt));
	is_str(spelt, "struct node *", "%s: a pointer to itself", what);
	vs_type_spell(t->members[1].type, spelt, sizeof(spelt));
	is_str(spelt, "char [16]", "%s: an array", what);
	ok(colour && colour->n_enums == 2 && colour->enums[0].value == 0x01020304 && colour->enums[1].value == -2 &&
	   !strcmp(colour->enums[1].name, "GREEN"), "%s: an enum", what);
	ok(wide && wide->n_enums == 1 && wide->enums[0].value == INT64_C(0x11223344ddccbbaa), "%s: one of 64 bits", what);
}

/* A vmlinux with what has been told as DWARF, and what libdw reads there. */
static void check_dwarf(struct vs_types *ts, bool be, const char *what)
{
	struct vs_buf info = VS_BUF_INIT, abbrev = VS_BUF_INIT, str = VS_BUF_INIT, sym = VS_BUF_INIT;
	const struct vs_typed_var var = { "first_node", "node", UINT64_C(0xffff123456789abc) };
	struct vs_symbol want = { .name = "first_node" };
	char path[] = "/tmp/vmascope-btf.XXXXXX", both[64];
	struct vs_vmlinux *v = NULL;
	struct vs_types *dwarf = NULL;
	struct vs_symbols *sy = NULL;
	int fd = mkstemp(path);
	struct vs_err *err = vs_btf_to_dwarf(ts, 8, &var, 1, &(struct vs_dwarf_out){ &info, &abbrev, &str, be });

	snprintf(both, sizeof(both), "%s as DWARF", what);
	vs_elf_put_sym(&sym, &(Elf64_Sym){ 0 }, 8, be);
	vs_elf_put_sym(&sym, &(Elf64_Sym){ .st_name = 1, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
					   .st_shndx = SHN_ABS, .st_value = var.addr }, 8, be);
	if (!err) {
		const struct vs_elf_section sections[] = {
			{ .name = ".debug_info", .type = SHT_PROGBITS, .align = 1, .data = info.data, .size = info.len },
			{ .name = ".debug_abbrev", .type = SHT_PROGBITS, .align = 1, .data = abbrev.data,
			  .size = abbrev.len },
			{ .name = ".debug_str", .type = SHT_PROGBITS, .align = 1, .data = str.data, .size = str.len },
			{ .name = ".symtab", .type = SHT_SYMTAB, .link = 5, .info = 1, .align = 8,
			  .entsize = sizeof(Elf64_Sym), .data = sym.data, .size = sym.len },
			{ .name = ".strtab", .type = SHT_STRTAB, .align = 1, .data = "\0first_node", .size = 12 },
		};

		err = vs_elf_sections_write(fd, path, be ? EM_S390 : EM_X86_64, 8, be, sections, 5);
	}
	if (!err)
		err = vs_vmlinux_open(path, &v);
	if (!err)
		err = vs_dwarf_create(v, &dwarf);
	if (!err)
		err = vs_vmlinux_symbols(v, &sy);
	if (!err)
		err = sy->ops->find(sy, &want, 1);
	if (ok(!err, "%s: written and read", both)) {
		ok(v->big_endian == be && v->word == 8, "%s: its byte order", both);
		check_types(dwarf, both);
		ok(want.found && want.value == var.addr, "%s: a symbol", both);
	} else {
		diag("%s", err->msg);
		vs_err_free(err);
	}
	if (sy)
		sy->ops->destroy(sy);
	if (dwarf)
		vs_types_destroy(dwarf);
	vs_vmlinux_destroy(v);
	close(fd);
	unlink(path);
	vs_buf_deinit(&info);
	vs_buf_deinit(&abbrev);
	vs_buf_deinit(&str);
	vs_buf_deinit(&sym);
}

static void check_order(bool be)
{
	const char *what = be ? "big endian" : "little endian";
	struct vs_buf all = make(be);
	struct vs_types *ts = NULL;
	struct vs_err *err = vs_btf_create(all.data, all.len, 8, what, &ts);
	const void *raw;
	size_t size;

	if (ok(!err, "%s: BTF is read", what)) {
		check_types(ts, what);
		raw = vs_btf_raw(ts, &size);
		ok(raw && size == all.len && !memcmp(raw, all.data, size), "%s: it is handed on as it came", what);
		check_dwarf(ts, be, what);
		vs_types_destroy(ts);
	} else {
		diag("%s", err->msg);
		vs_err_free(err);
	}
	// a length that lies
	ts = NULL;
	vs_store32(all.data + offsetof(struct btf_header, type_len), (uint32_t)all.len * 2, be);
	err = vs_btf_create(all.data, all.len, 8, what, &ts);
	ok(err && strstr(err->msg, "not valid BTF"), "%s: cut off is no BTF", what);
	vs_err_free(err);
	vs_buf_deinit(&all);
}

int main(void)
{
	check_order(false);
	check_order(true);
	return done();
}
