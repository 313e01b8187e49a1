// SPDX-License-Identifier: GPL-2.0-or-later
#include "render/text.h"

#include <string.h>

#include "base/utf8.h"
#include "render/maps.h"

#define MAX_USERS 3

/*
 * The next piece of a name that is not to be cut: a character with what combines
 * with it, or the octal form of a byte that a terminal must not see.
 */
static size_t piece(const char *s, size_t len, bool utf8, struct vs_buf *b, unsigned int *columns_ret)
{
	size_t from = b->len;
	uint32_t cp;
	size_t n = vs_utf8_decode(s, len, &cp);
	int columns = n ? vs_utf8_columns(cp) : -1;

	if (n && columns >= 0 && (utf8 || cp < 0x80)) {
		vs_buf_put(b, s, n);
		*columns_ret = (unsigned int)columns;
		return n;
	}
	n = n ? n : 1;
	for (size_t i = 0; i < n; i++)
		vs_buf_printf(b, "\\%03o", (unsigned char)s[i]);
	*columns_ret = (unsigned int)(b->len - from);
	return n;
}

unsigned int vs_text_fit(struct vs_buf *b, const char *s, size_t len, unsigned int width, bool utf8)
{
	const char *dots = utf8 ? "\xe2\x80\xa6" : "...";
	const unsigned int n_dots = utf8 ? 1 : 3;
	_cleanup_buf_ struct vs_buf clean = VS_BUF_INIT;
	VS_VEC(struct { size_t at; unsigned int columns; }) v = { 0 };
	unsigned int total = 0, head = 0, tail = 0, want;
	size_t i = 0, j;

	for (size_t at = 0; at < len;) {
		unsigned int columns;

		if (!vs_vec_reserve(&v, v.n + 1)) {
			b->failed = true;
			break;
		}
		v.v[v.n].at = clean.len;
		at += piece(s + at, len - at, utf8, &clean, &columns);
		v.v[v.n++].columns = columns;
		total += columns;
	}
	b->failed |= clean.failed;
	if (total <= width || b->failed) {
		vs_buf_put(b, clean.data, clean.len);
		vs_vec_deinit(&v);
		return total;
	}
	if (width <= n_dots) {
		vs_vec_deinit(&v);
		vs_buf_put(b, "...", width < n_dots ? width : 0);
		if (width == n_dots)
			vs_buf_puts(b, dots);
		return width;
	}
	want = width - n_dots;
	while (head + v.v[i].columns <= want / 2)	// the tail, with the file's own name, gets more
		head += v.v[i++].columns;
	for (j = v.n; j > i && head + tail + v.v[j - 1].columns <= want; j--)
		tail += v.v[j - 1].columns;
	while (j < v.n && !v.v[j].columns)
		j++;	// what combines needs what it combines with
	vs_buf_put(b, clean.data, v.v[i].at);
	vs_buf_puts(b, dots);
	if (j < v.n)
		vs_buf_put(b, clean.data + v.v[j].at, clean.len - v.v[j].at);
	vs_vec_deinit(&v);
	return head + n_dots + tail;
}

unsigned int vs_text_name(struct vs_buf *b, const struct vs_space *s, const struct vs_vma *v,
			  uint32_t i, const char *otherwise, unsigned int width, bool utf8)
{
	const struct vs_fact *fact = v->file && v->fact != VS_NONE ? &s->facts[v->fact] : NULL;
	const char *label = vs_vma_label(s, v, i);

	if (!label && fact && fact->path)
		return vs_text_fit(b, fact->path, fact->path_len, width, utf8);
	if (!label && v->file)
		label = "?";
	if (!label)
		label = otherwise;
	return label ? vs_text_fit(b, label, strlen(label), width, utf8) : 0;
}

void vs_text_perms(char ret[5], uint64_t flags)
{
	ret[0] = flags & VS_VM_READ ? 'r' : '-';
	ret[1] = flags & VS_VM_WRITE ? 'w' : '-';
	ret[2] = flags & VS_VM_EXEC ? 'x' : '-';
	ret[3] = flags & VS_VM_MAYSHARE ? 's' : 'p';
	ret[4] = 0;
}

void vs_text_users(struct vs_buf *b, const struct vs_space *s)
{
	unsigned int n = 0;

	for (size_t i = 0; i < s->users.n; i++) {
		const struct vs_space_user *u = &s->users.v[i];

		if (u->pid != u->tgid && i)
			continue;	// a thread of a process that has been told
		if (n++ >= MAX_USERS)
			continue;
		vs_buf_puts(b, n > 1 ? ", " : "");
		vs_buf_put_clean(b, u->comm, strnlen(u->comm, sizeof(u->comm)));
		vs_buf_printf(b, " (pid %d)", u->tgid);
	}
	if (n > MAX_USERS)
		vs_buf_printf(b, " and %u more", n - MAX_USERS);
	if (!n)
		vs_buf_puts(b, "no task of the dump");
}
