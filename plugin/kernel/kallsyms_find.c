// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a kernel's kallsyms tables are. VMCOREINFO tells since 6.0. Before, the
 * token table is found by its shape: the digits are tokens of their own and stand
 * side by side, and the index behind it repeats in numbers where each token begins.
 * In front of it are the markers, the names and their count; each proves the one
 * before.
 */
#include "kernel/kallsyms.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "kernel/kmem.h"
#include "kernel/vmcoreinfo.h"

#define N_TOKENS	256
#define TABLE_MAX	(N_TOKENS * 64)		/* bytes; real ones have about 1,000 */
#define TRIES		64
#define NAMES_MAX	(UINT64_C(64) << 20)	/* bytes; real ones have 1 to 3 MB */

bool vs_kallsyms_by_vmcoreinfo(const struct vs_vmcoreinfo *vi, uint64_t end, struct vs_kallsyms_place *ret)
{
	struct vs_kallsyms_place p = { .end = end, .how = "VMCOREINFO" };

	if (!vs_vmcoreinfo_hex(vi, "SYMBOL(kallsyms_num_syms)", &p.num_syms) ||
	    !vs_vmcoreinfo_hex(vi, "SYMBOL(kallsyms_names)", &p.names) ||
	    !vs_vmcoreinfo_hex(vi, "SYMBOL(kallsyms_token_table)", &p.token_table) ||
	    !vs_vmcoreinfo_hex(vi, "SYMBOL(kallsyms_token_index)", &p.token_index))
		return false;
	vs_vmcoreinfo_hex(vi, "SYMBOL(kallsyms_relative_base)", &p.relative_base);
	if (!vs_vmcoreinfo_hex(vi, "SYMBOL(kallsyms_offsets)", &p.offsets) &&
	    !vs_vmcoreinfo_hex(vi, "SYMBOL(kallsyms_addresses)", &p.addresses))
		return false;
	*ret = p;
	return true;
}

struct search {
	struct vs_kmem *mem;
	uint64_t align;		/* of every table: a word */
	bool be;
	struct vs_kallsyms_place *place;	/* out */
};

static inline uint64_t up(uint64_t v, uint64_t align)
{
	return (v + align - 1) & ~(align - 1);
}

/*
 * Is the "0" at @p digit (offset into @p buf) a token of a table whose index
 * follows? Its start and the start of the index, as offsets.
 */
static bool prove_table(const struct search *s, const unsigned char *buf, size_t len, size_t digit,
			size_t *table_ret, size_t *index_ret)
{
	size_t at = digit, table, index;
	unsigned int off;

	for (unsigned int token = '0'; token < N_TOKENS; token++) {	// to the table's end
		const unsigned char *nul = memchr(buf + at, 0, len - at);

		if (!nul)
			return false;
		at = (size_t)(nul - buf) + 1;
	}
	// the window begins on a page: offsets are aligned as addresses are
	index = up(at, s->align);
	if (index + 2 * N_TOKENS > len)
		return false;
	off = vs_load16(buf + index + 2 * '0', s->be);
	if (off > digit)
		return false;
	table = digit - off;
	at = table;
	for (unsigned int token = 0; token < N_TOKENS; token++) {
		const unsigned char *nul;

		if (at >= index || vs_load16(buf + index + 2 * token, s->be) != at - table)
			return false;
		nul = memchr(buf + at, 0, index - at);
		if (!nul)
			return false;
		at = (size_t)(nul - buf) + 1;
	}
	*table_ret = table;
	*index_ret = index;
	return true;
}

/* The token table in a window read at @p base; false if it is not in it. */
static bool find_table(const struct search *s, const unsigned char *buf, size_t len, uint64_t base,
		       struct vs_kallsyms_place *ret)
{
	static const char digits[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";	// and the last NUL
	const unsigned char *p = buf, *end = buf + len;
	size_t table, index;

	while ((p = memmem(p, (size_t)(end - p), digits, sizeof(digits)))) {
		if (prove_table(s, buf, len, (size_t)(p - buf), &table, &index)) {
			ret->token_table = base + table;
			ret->token_index = base + index;
			return true;
		}
		p++;
	}
	return false;
}

static bool table_window(void *arg, uint64_t base, const unsigned char *data, size_t len)
{
	struct search *s = arg;

	return find_table(s, data, len, base, s->place);
}

/*
 * The markers end where the token table begins; they rise from 0. Their width is
 * @p size: 4 bytes since 4.20, before a word. Returns how many, 0 if there are none.
 */
static size_t find_markers(const struct search *s, uint64_t table, unsigned int size, uint64_t *at_ret,
			   uint64_t *last_ret)
{
	uint64_t at = table - size, v, above = UINT64_MAX;
	size_t n = 0;

	if (vs_kmem_uint(s->mem, at, size, &v) && !v && size < s->align)
		at -= size;	// what was left to the alignment
	for (; at < table && n < NAMES_MAX / N_TOKENS; at -= size) {
		if (!vs_kmem_uint(s->mem, at, size, &v) || v >= above || (!n && v > NAMES_MAX))
			return 0;
		if (!n++)
			*last_ret = v;
		*at_ret = at;
		if (!v)
			return n;
		above = v;
	}
	return 0;
}

/* Do @p n_syms names from @p names lead to each marker, and end before @p markers? */
static bool prove_names(const struct search *s, const unsigned char *buf, size_t len, uint64_t n_syms,
			const unsigned char *marks, unsigned int size)
{
	size_t at = 0;

	for (uint64_t i = 0; i < n_syms; i++) {
		unsigned int n;

		if (i % N_TOKENS == 0 && vs_load(marks + i / N_TOKENS * size, size, s->be) != at)
			return false;
		if (at >= len)
			return false;
		n = buf[at++];
		if (n & 0x80) {
			if (at >= len)
				return false;
			n = (n & 0x7f) | (unsigned int)buf[at++] << 7;
		}
		if (!n || n > len - at)
			return false;
		at += n;
	}
	return len - at < s->align;
}

/* Names and their count in front of @p markers. */
static bool find_names(const struct search *s, uint64_t markers, uint64_t last, size_t n_marks, unsigned int size,
		       struct vs_kallsyms_place *ret)
{
	// the last stretch has at most 256 names, each of at most 512 tokens or so
	size_t len = (size_t)last + N_TOKENS * 520, marks_len = n_marks * size;
	_cleanup_free_ unsigned char *buf = malloc(len + marks_len);
	unsigned int tries = 0;

	if (!buf || markers < len)
		return false;
	for (uint64_t names = (markers - last - 1) & ~(s->align - 1); names > markers - len; names -= s->align) {
		uint64_t count;
		size_t have = (size_t)(markers - names);

		if (!vs_kmem_uint(s->mem, names - s->align, 4, &count))
			return false;
		if (count <= (n_marks - 1) * N_TOKENS || count > n_marks * N_TOKENS)
			continue;
		if (++tries > TRIES)
			return false;	// no kernel's: each try reads all of the names
		if (!vs_from_ok(vs_kmem_read(s->mem, names, buf, have + marks_len, NULL)) ||
		    !prove_names(s, buf, have, count, buf + have, size))
			continue;
		ret->names = names;
		ret->num_syms = names - s->align;
		return true;
	}
	return false;
}

struct vs_err *vs_kallsyms_by_shape(struct vs_kmem *mem, uint64_t start, uint64_t end,
				    struct vs_kallsyms_place *ret)
{
	struct vs_kallsyms_place p = { .end = end, .how = "its shape" };
	struct search s = { .mem = mem, .align = mem->target.word, .be = mem->target.big_endian, .place = &p };
	uint64_t markers = 0, last = 0, missing = 0;

	if (!vs_kmem_search(mem, start, end, 2 * TABLE_MAX, table_window, &s, &missing))
		return missing ?
			vs_err_create(VS_ERR_ABSENT,
				"no kallsyms token table from %#" PRIx64 " to %#" PRIx64 "; %" PRIu64
				" KiB of that are not in the dump", start, end, missing >> 10) :
			vs_err_create(VS_ERR_NOT_FOUND,
				"no kallsyms token table from %#" PRIx64 " to %#" PRIx64, start, end);
	for (unsigned int size = 4; size <= mem->target.word; size += 4) {
		size_t n = find_markers(&s, p.token_table, size, &markers, &last);

		if (!n || !find_names(&s, markers, last, n, size, &p))
			continue;
		*ret = p;
		return NULL;
	}
	return vs_err_create(VS_ERR_FORMAT,
		"a kallsyms token table is at %#" PRIx64 ", but no names are in front of it", p.token_table);
}
