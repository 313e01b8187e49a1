// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/elf_write.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"

void vs_pageset_add(struct vs_pageset *p, uint64_t first, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		if (p->v.n && p->v.v[p->v.n - 1] == first + i)
			continue;	// readers stay on a page for a while
		if (p->v.n > 1 << 16 && p->v.n == p->v.cap)
			vs_pageset_settle(p);
		if (!vs_vec_reserve(&p->v, p->v.n + 1)) {
			p->failed = true;
			return;
		}
		p->v.v[p->v.n++] = first + i;
	}
}

static int cmp_page(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void vs_pageset_settle(struct vs_pageset *p)
{
	size_t out = 0;

	if (!p->v.n)
		return;
	qsort(p->v.v, p->v.n, sizeof(*p->v.v), cmp_page);
	for (size_t i = 1; i < p->v.n; i++)
		if (p->v.v[i] != p->v.v[out])
			p->v.v[++out] = p->v.v[i];
	p->v.n = out + 1;
}

void vs_pageset_deinit(struct vs_pageset *p)
{
	vs_vec_deinit(&p->v);
}

/* A run of pages that follow each other, and the memory behind it that is left out. */
struct piece {
	uint64_t pa, filesz, memsz;
};

struct writer {
	struct vs_image *img;
	bool big_endian;
	VS_VEC(struct piece) pieces;
	VS_VEC(Elf64_Phdr) phdrs;
	struct vs_buf notes;
};

/* Cut the image's ranges into pieces: bytes that are wanted and held, then what is not. */
static bool cut(struct writer *w, const struct vs_pageset *pages, unsigned int shift)
{
	const uint64_t page = UINT64_C(1) << shift;
	size_t p = 0;

	for (size_t r = 0; r < w->img->n_ranges; r++) {
		const struct vs_phys_range *range = &w->img->ranges[r];
		uint64_t at = range->start;

		while (at < range->end) {
			struct piece piece = { .pa = at };
			struct vs_run run;

			while (p < pages->v.n && pages->v.v[p] << shift < at)
				p++;
			while (p < pages->v.n && pages->v.v[p] << shift == at && at + page <= range->end) {
				vs_image_run(w->img, at, &run);
				if (!run.data || run.len < page)
					break;
				at += page;
				p++;
			}
			piece.filesz = at - piece.pa;
			// to the next page that is wanted and held
			while (p < pages->v.n && pages->v.v[p] << shift < range->end) {
				uint64_t next = pages->v.v[p] << shift;

				vs_image_run(w->img, next, &run);
				if (next >= at && run.data && run.len >= page && next + page <= range->end)
					break;
				p++;
			}
			at = p < pages->v.n && pages->v.v[p] << shift < range->end ?
				pages->v.v[p] << shift : range->end;
			piece.memsz = at - piece.pa;
			if (!vs_vec_reserve(&w->pieces, w->pieces.n + 1))
				return false;
			w->pieces.v[w->pieces.n++] = piece;
		}
	}
	return true;
}

static bool add_phdr(struct writer *w, const struct piece *pc, uint64_t off, uint64_t va,
		     uint64_t skip, uint64_t len)
{
	Elf64_Phdr *ph;
	uint64_t in_file = pc->filesz > skip ? pc->filesz - skip : 0;

	if (!vs_vec_reserve(&w->phdrs, w->phdrs.n + 1))
		return false;
	ph = &w->phdrs.v[w->phdrs.n++];
	*ph = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W | PF_X,
		.p_offset = off + skip,
		.p_vaddr = va,
		.p_paddr = pc->pa + skip,
		.p_filesz = in_file < len ? in_file : len,
		.p_memsz = len,
	};
	return true;
}

static bool make_phdrs(struct writer *w, const struct vs_elf_window *win, size_t n_win, uint64_t off)
{
	for (size_t i = 0; i < w->pieces.n; i++) {
		const struct piece *pc = &w->pieces.v[i];
		bool placed = false;

		for (size_t k = 0; k < n_win; k++) {
			uint64_t from = pc->pa > win[k].pa ? pc->pa : win[k].pa;
			uint64_t win_end = win[k].pa + (win[k].end - win[k].va);
			uint64_t to = pc->pa + pc->memsz < win_end ? pc->pa + pc->memsz : win_end;

			// further windows are for bytes only
			if (placed && pc->pa + pc->filesz < to)
				to = pc->pa + pc->filesz;
			if (from >= to || (!placed && to - from != pc->memsz))
				continue;
			if (!add_phdr(w, pc, off, win[k].va + (from - win[k].pa), from - pc->pa, to - from))
				return false;
			placed = true;
		}
		if (!placed && !add_phdr(w, pc, off, pc->pa, 0, pc->memsz))
			return false;
		off += pc->filesz;
	}
	return true;
}

/* Headers in the order that the dump has. */
static void put_ehdr(struct vs_buf *b, const Elf64_Ehdr *h, bool be)
{
	Elf64_Ehdr raw = *h;

	raw.e_ident[EI_DATA] = be ? ELFDATA2MSB : ELFDATA2LSB;
	vs_store16(&raw.e_type, h->e_type, be);
	vs_store16(&raw.e_machine, h->e_machine, be);
	vs_store32(&raw.e_version, h->e_version, be);
	vs_store64(&raw.e_entry, h->e_entry, be);
	vs_store64(&raw.e_phoff, h->e_phoff, be);
	vs_store64(&raw.e_shoff, h->e_shoff, be);
	vs_store32(&raw.e_flags, h->e_flags, be);
	vs_store16(&raw.e_ehsize, h->e_ehsize, be);
	vs_store16(&raw.e_phentsize, h->e_phentsize, be);
	vs_store16(&raw.e_phnum, h->e_phnum, be);
	vs_store16(&raw.e_shentsize, h->e_shentsize, be);
	vs_store16(&raw.e_shnum, h->e_shnum, be);
	vs_store16(&raw.e_shstrndx, h->e_shstrndx, be);
	vs_buf_put(b, &raw, sizeof(raw));
}

static void put_phdr(struct vs_buf *b, const Elf64_Phdr *h, bool be)
{
	Elf64_Phdr raw;

	vs_store32(&raw.p_type, h->p_type, be);
	vs_store32(&raw.p_flags, h->p_flags, be);
	vs_store64(&raw.p_offset, h->p_offset, be);
	vs_store64(&raw.p_vaddr, h->p_vaddr, be);
	vs_store64(&raw.p_paddr, h->p_paddr, be);
	vs_store64(&raw.p_filesz, h->p_filesz, be);
	vs_store64(&raw.p_memsz, h->p_memsz, be);
	vs_store64(&raw.p_align, h->p_align, be);
	vs_buf_put(b, &raw, sizeof(raw));
}

/* Section header 0: of its numbers only the count of program headers is ever set. */
static void put_shdr(struct vs_buf *b, uint32_t info, bool be)
{
	Elf64_Shdr raw = { 0 };

	vs_store32(&raw.sh_info, info, be);
	vs_buf_put(b, &raw, sizeof(raw));
}

static bool is_vmcoreinfo(const struct vs_note *n)
{
	return n->name_len == 10 && !memcmp(n->name, "VMCOREINFO", 10);
}

static void put_notes(struct writer *w)
{
	for (size_t i = 0; i < w->img->n_notes; i++) {
		const struct vs_note *n = &w->img->notes[i];
		Elf64_Nhdr h;

		// text has no order; of what else a note has, only its maker knows how to turn it round
		if (w->big_endian != w->img->big_endian && !is_vmcoreinfo(n))
			continue;
		vs_store32(&h.n_namesz, (uint32_t)n->name_len + 1, w->big_endian);
		vs_store32(&h.n_descsz, (uint32_t)n->desc_len, w->big_endian);
		vs_store32(&h.n_type, n->type, w->big_endian);
		vs_buf_put(&w->notes, &h, sizeof(h));
		vs_buf_put(&w->notes, n->name, n->name_len);
		vs_buf_pad(&w->notes, 0, 1 + (-(n->name_len + 1) & 3));
		vs_buf_put(&w->notes, n->desc, n->desc_len);
		vs_buf_pad(&w->notes, 0, -n->desc_len & 3);
	}
}

static bool write_all(int fd, const void *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data = (const char *)data + n;
		len -= (size_t)n;
	}
	return true;
}

static bool write_pieces(struct writer *w, int fd)
{
	for (size_t i = 0; i < w->pieces.n; i++) {
		const struct piece *pc = &w->pieces.v[i];

		for (uint64_t at = 0; at < pc->filesz;) {
			struct vs_run run;
			uint64_t n;

			vs_image_run(w->img, pc->pa + at, &run);
			n = run.len < pc->filesz - at ? run.len : pc->filesz - at;
			if (!run.data || !write_all(fd, run.data, n))
				return false;
			at += n;
		}
	}
	return true;
}

struct vs_err *vs_elf_write(const char *path, struct vs_image *img, const struct vs_pageset *pages,
			    unsigned int page_shift, bool big_endian, const struct vs_elf_window *windows,
			    size_t n_windows, size_t *n_ret)
{
	const bool be = big_endian;
	_cleanup_buf_ struct vs_buf headers = VS_BUF_INIT;
	struct writer w = { .img = img, .big_endian = be };
	_cleanup_close_ int fd = -1;
	Elf64_Ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATANONE, EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = img->machine,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
	};
	Elf64_Phdr note = { .p_type = PT_NOTE };
	struct vs_err *err = NULL;
	uint64_t head, data, written = 0;
	char zeros[4096] = { 0 };

	put_notes(&w);
	if (pages->failed || w.notes.failed || !cut(&w, pages, page_shift) ||
	    !make_phdrs(&w, windows, n_windows, 0)) {
		err = &vs_enomem;
		goto out;
	}
	// header, program headers, section header 0 where there are too many of them, notes, pages
	head = sizeof(eh) + (w.phdrs.n + 1) * sizeof(Elf64_Phdr) + sizeof(Elf64_Shdr);
	data = (head + w.notes.len + 4095) & ~UINT64_C(4095);
	eh.e_phoff = sizeof(eh);
	eh.e_phnum = w.phdrs.n + 1 < PN_XNUM ? (Elf64_Half)(w.phdrs.n + 1) : PN_XNUM;
	if (eh.e_phnum == PN_XNUM) {
		eh.e_shoff = head - sizeof(Elf64_Shdr);
		eh.e_shnum = 1;
		eh.e_shentsize = sizeof(Elf64_Shdr);
	}
	note.p_offset = head;
	note.p_filesz = note.p_memsz = w.notes.len;
	put_ehdr(&headers, &eh, be);
	put_phdr(&headers, &note, be);
	for (size_t i = 0; i < w.phdrs.n; i++) {
		w.phdrs.v[i].p_offset += data;
		put_phdr(&headers, &w.phdrs.v[i], be);
	}
	put_shdr(&headers, eh.e_phnum == PN_XNUM ? (uint32_t)(w.phdrs.n + 1) : 0, be);
	if (headers.failed) {
		err = &vs_enomem;
		goto out;
	}
	for (size_t i = 0; i < w.pieces.n; i++)
		written += w.pieces.v[i].filesz;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		err = vs_err_os(errno, "cannot create %s", path);
		goto out;
	}
	if (!write_all(fd, headers.data, headers.len) || !write_all(fd, w.notes.data, w.notes.len) ||
	    !write_all(fd, zeros, data - head - w.notes.len) || !write_pieces(&w, fd)) {
		err = vs_err_os(errno, "cannot write %s", path);
		unlink(path);	// half a dump would look like a truncated one
	}
	*n_ret = written >> page_shift;
out:
	vs_vec_deinit(&w.pieces);
	vs_vec_deinit(&w.phdrs);
	vs_buf_deinit(&w.notes);
	return err;
}
