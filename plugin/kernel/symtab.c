// SPDX-License-Identifier: GPL-2.0-or-later
/* Symbols in a table as ELF has it, vmlinux's .symtab above all: 200,000 of them, gone through once a question. */
#include <elf.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "kernel/symbols.h"
#include "kernel/vmlinux.h"

struct by_addr {
	uint64_t value;
	uint32_t name;		/* offset in the string table */
};

struct symtab {
	struct vs_symbols sy;
	const unsigned char *syms;
	size_t n;
	const char *strs;
	size_t strs_len;	/* the last byte is NUL */
	bool is64, big_endian;
	struct vs_buf own_syms, own_strs;	/* where they are not a file's */
	struct by_addr *sorted;	/* made when a name is asked for by address */
	size_t n_sorted;
};

struct sym {
	uint32_t name;
	uint8_t type;
	uint16_t shndx;
	uint64_t value;
};

static inline struct sym load_sym(const struct symtab *st, size_t i)
{
	const bool be = st->big_endian;
	const unsigned char *p;

	if (st->is64) {
		p = st->syms + i * sizeof(Elf64_Sym);
		return (struct sym){
			vs_load32(p, be), p[offsetof(Elf64_Sym, st_info)] & 15,
			vs_load16(p + offsetof(Elf64_Sym, st_shndx), be),
			vs_load64(p + offsetof(Elf64_Sym, st_value), be),
		};
	}
	p = st->syms + i * sizeof(Elf32_Sym);
	return (struct sym){
		vs_load32(p, be), p[offsetof(Elf32_Sym, st_info)] & 15,
		vs_load16(p + offsetof(Elf32_Sym, st_shndx), be),
		vs_load32(p + offsetof(Elf32_Sym, st_value), be),
	};
}

#define PREFIXES 4096

/* Of the first two bytes: names have those at least, with NUL. */
static unsigned int prefix(const char *name)
{
	return ((unsigned char)name[0] << 5 ^ (unsigned char)name[1]) & (PREFIXES - 1);
}

static struct vs_err *symtab_find(struct vs_symbols *sy, struct vs_symbol *want, size_t n)
{
	const struct symtab *st = (const struct symtab *)sy;
	// Nearly every name is turned away by its first two bytes; the rest is compared with those
	// that begin alike, of which each names the next.
	uint32_t first[PREFIXES] = { 0 };	// one more than the index
	_cleanup_free_ uint32_t *next = calloc(n + 1, sizeof(*next));
	size_t left = n;

	if (!next)
		return &vs_enomem;
	for (size_t i = n; i-- > 0;) {
		uint32_t *f = &first[prefix(want[i].name)];

		next[i] = *f;
		*f = (uint32_t)(i + 1);
	}
	for (size_t i = 0; i < st->n && left; i++) {
		struct sym s = load_sym(st, i);
		const char *name;

		if (s.name + 1 >= st->strs_len || s.shndx == SHN_UNDEF)
			continue;
		name = st->strs + s.name;
		for (size_t k = first[prefix(name)]; k; k = next[k - 1]) {
			struct vs_symbol *w = &want[k - 1];

			if (w->found || strcmp(w->name, name))
				continue;
			w->found = true;
			w->value = s.value;
			w->absolute = s.shndx == SHN_ABS;
			left--;
		}
	}
	return NULL;
}

static int cmp_addr(const void *a, const void *b)
{
	const struct by_addr *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static struct vs_err *symtab_nearest(struct vs_symbols *sy, uint64_t addr, const char **name_ret,
				     uint64_t *value_ret)
{
	struct symtab *st = (struct symtab *)sy;
	size_t lo = 0, hi;

	*name_ret = NULL;
	if (!st->sorted) {
		st->sorted = malloc((st->n ? st->n : 1) * sizeof(*st->sorted));
		if (!st->sorted)
			return &vs_enomem;
		for (size_t i = 0; i < st->n; i++) {
			struct sym s = load_sym(st, i);

			if (s.shndx == SHN_UNDEF || s.name + 1 >= st->strs_len ||
			    !vs_symbol_may_name(st->strs + s.name) || s.type == STT_SECTION || s.type == STT_FILE)
				continue;
			st->sorted[st->n_sorted++] = (struct by_addr){ s.value, s.name };
		}
		qsort(st->sorted, st->n_sorted, sizeof(*st->sorted), cmp_addr);
	}
	hi = st->n_sorted;
	while (lo < hi) {	// the first one above addr
		size_t mid = lo + (hi - lo) / 2;

		if (st->sorted[mid].value <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	*value_ret = st->sorted[lo - 1].value;
	while (lo-- > 0 && st->sorted[lo].value == *value_ret) {
		const char *name = st->strs + st->sorted[lo].name;

		if (!*name_ret || strcmp(name, *name_ret) < 0)
			*name_ret = name;
	}
	return NULL;
}

static struct vs_err *symtab_each(struct vs_symbols *sy,
				  bool (*fn)(void *arg, const char *name, uint64_t value, bool absolute), void *arg)
{
	const struct symtab *st = (const struct symtab *)sy;

	for (size_t i = 0; i < st->n; i++) {
		struct sym s = load_sym(st, i);

		if (s.shndx == SHN_UNDEF || s.name + 1 >= st->strs_len || !vs_symbol_may_name(st->strs + s.name) ||
		    s.type == STT_SECTION || s.type == STT_FILE)
			continue;
		if (!fn(arg, st->strs + s.name, s.value, s.shndx == SHN_ABS))
			return &vs_enomem;
	}
	return NULL;
}

static void symtab_destroy(struct vs_symbols *sy)
{
	struct symtab *st = (struct symtab *)sy;

	free(st->sorted);
	vs_buf_deinit(&st->own_syms);
	vs_buf_deinit(&st->own_strs);
	free(st);
}

static const struct vs_symbols_ops symtab_ops = {
	.find = symtab_find,
	.nearest = symtab_nearest,
	.each = symtab_each,
	.destroy = symtab_destroy,
};

struct vs_err *vs_vmlinux_symbols(const struct vs_vmlinux *v, struct vs_symbols **ret)
{
	const void *syms, *strs;
	size_t syms_len, strs_len;
	struct symtab *st;
	struct vs_err *err = vs_vmlinux_section(v, ".symtab", &syms, &syms_len);

	if (!err && syms)
		err = vs_vmlinux_section(v, ".strtab", &strs, &strs_len);
	if (err)
		return err;
	if (!syms || !strs || !strs_len || ((const char *)strs)[strs_len - 1])
		return vs_err_create(VS_ERR_FORMAT, "%s: no symbol table (.symtab); expected an unstripped vmlinux",
				     v->path);
	st = calloc(1, sizeof(*st));
	if (!st)
		return &vs_enomem;
	st->sy.ops = &symtab_ops;
	st->sy.source = "vmlinux .symtab";
	st->syms = syms;
	st->is64 = v->word == 8;
	st->n = syms_len / (st->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym));
	st->strs = strs;
	st->strs_len = strs_len;
	st->big_endian = v->big_endian;
	*ret = &st->sy;
	return NULL;
}

struct vs_err *vs_symtab_create(struct vs_buf *syms, struct vs_buf *strs, const char *source, struct vs_symbols **ret)
{
	struct symtab *st = calloc(1, sizeof(*st));

	if (!st)
		return &vs_enomem;
	st->own_syms = *syms;
	st->own_strs = *strs;
	*syms = *strs = VS_BUF_INIT;
	st->sy.ops = &symtab_ops;
	st->sy.source = source;
	st->syms = (const unsigned char *)st->own_syms.data;
	st->is64 = true;
	st->n = st->own_syms.len / sizeof(Elf64_Sym);
	st->strs = st->own_strs.data;
	st->strs_len = st->own_strs.len;
	st->big_endian = VS_HOST_BIG_ENDIAN;
	*ret = &st->sy;
	return NULL;
}
