// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/kcore: the memory of the kernel that runs here, as an ELF dump that cannot be mapped
 * and is never still. Its PT_LOADs of RAM and of the kernel's image have physical
 * addresses (since 4.19 or so); those of vmalloc and vmemmap have none, and need none.
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "image/probe.h"

#define PAGE		4096u
#define SLOTS		4096u		/* pages that are kept: 16 MiB */
#define MAX_HEAD	(8u << 20)	/* headers and notes; some KiB in truth */

struct piece {
	uint64_t start, end;	/* physical, end exclusive */
	uint64_t off;
};

struct kcore_image {
	struct vs_image img;
	int fd;
	unsigned char *head;	/* headers and notes, as img.notes borrow them */
	VS_VEC(struct piece) pieces;	/* sorted by start; they may overlap */
	unsigned char *pages;	/* page n is in slot n % SLOTS, if at all */
	uint64_t *slots;	/* its number + 1 */
};

static const struct piece *find(const struct kcore_image *k, uint64_t addr)
{
	for (size_t i = 0; i < k->pieces.n && k->pieces.v[i].start <= addr; i++)
		if (addr < k->pieces.v[i].end)
			return &k->pieces.v[i];
	return NULL;
}

static void kcore_run(struct vs_image *img, uint64_t addr, struct vs_run *ret)
{
	struct kcore_image *k = (struct kcore_image *)img;
	uint64_t page = addr / PAGE;
	const struct piece *p = find(k, page * PAGE);
	unsigned char *data = k->pages + page % SLOTS * PAGE;

	*ret = (struct vs_run){ .addr = page * PAGE, .len = PAGE, .from = VS_FROM_NOWHERE };
	if (!p || p->end - page * PAGE < PAGE)
		return;
	if (k->slots[page % SLOTS] != page + 1) {
		k->slots[page % SLOTS] = 0;
		if (pread(k->fd, data, PAGE, (off_t)(p->off + (page * PAGE - p->start))) != (ssize_t)PAGE) {
			ret->from = VS_FROM_EXCLUDED;	// the kernel would not give it
			return;
		}
		k->slots[page % SLOTS] = page + 1;
	}
	ret->from = VS_FROM_FILE;
	ret->data = data;
}

static void kcore_destroy(struct vs_image *img)
{
	struct kcore_image *k = (struct kcore_image *)img;

	if (k->fd >= 0)
		close(k->fd);
	free(k->head);
	vs_vec_deinit(&k->pieces);
	free(k->pages);
	free(k->slots);
	free(k);
}

static const struct vs_image_ops kcore_ops = { .name = "kcore", .run = kcore_run, .destroy = kcore_destroy };

/* The first @p len bytes. */
static struct vs_err *read_head(struct kcore_image *k, size_t len)
{
	unsigned char *p = realloc(k->head, len);

	if (!p)
		return &vs_enomem;
	k->head = p;
	for (size_t got = 0; got < len;) {
		ssize_t n = pread(k->fd, p + got, len - got, (off_t)got);

		if (n <= 0)
			return n ? vs_err_os(errno, "cannot read its headers") :
				vs_err_create(VS_ERR_FORMAT, "ends in its headers");
		got += (size_t)n;
	}
	return NULL;
}

/* Where the headers and the notes end. */
static struct vs_err *read_headers(struct kcore_image *k, struct vs_elf_file *f)
{
	struct vs_err *err = read_head(k, sizeof(Elf64_Ehdr));
	const bool be = VS_HOST_BIG_ENDIAN;
	uint64_t end;

	if (err)
		return err;
	if (k->head[EI_CLASS] != ELFCLASS64 || k->head[EI_DATA] != (be ? ELFDATA2MSB : ELFDATA2LSB))
		return vs_err_create(VS_ERR_FORMAT, "not of this machine: class %u, byte order %u", k->head[EI_CLASS],
				     k->head[EI_DATA]);
	k->img.machine = vs_load16(k->head + offsetof(Elf64_Ehdr, e_machine), be);
	f->phoff = vs_load64(k->head + offsetof(Elf64_Ehdr, e_phoff), be);
	f->phnum = vs_load16(k->head + offsetof(Elf64_Ehdr, e_phnum), be);
	f->phentsize = vs_load16(k->head + offsetof(Elf64_Ehdr, e_phentsize), be);
	if (f->phentsize < sizeof(Elf64_Phdr) || f->phoff > MAX_HEAD || f->phnum * f->phentsize > MAX_HEAD)
		return vs_err_create(VS_ERR_FORMAT, "broken ELF header: %" PRIu64 " program headers of %" PRIu64
				     " bytes at %" PRIu64, f->phnum, f->phentsize, f->phoff);
	f->is64 = true;
	f->big_endian = be;
	end = f->phoff + f->phnum * f->phentsize;
	err = read_head(k, end);
	for (int again = 0; !err && again < 2; again++) {
		f->map = k->head;
		f->size = end;
		for (uint64_t i = 0; i < f->phnum; i++) {
			struct vs_segment s;

			vs_elf_segment(f, i, &s);
			if (s.type != PT_NOTE || s.off > MAX_HEAD || s.filesz > MAX_HEAD)
				continue;
			if (s.off + s.filesz > end)
				end = s.off + s.filesz;
			else if (again && !err)
				err = vs_notes_parse(&k->img, k->head + s.off, s.filesz);
		}
		if (!err && !again)
			err = read_head(k, end);
	}
	return err;
}

static int cmp_piece(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static struct vs_err *read_pieces(struct kcore_image *k, const struct vs_elf_file *f)
{
	size_t n = 0;

	for (uint64_t i = 0; i < f->phnum; i++) {
		struct vs_segment s;
		struct piece *p;

		vs_elf_segment(f, i, &s);
		if (s.type != PT_LOAD || s.paddr == UINT64_MAX || !s.memsz || s.paddr + s.memsz < s.paddr)
			continue;
		p = vs_vec_push(&k->pieces);
		if (!p)
			return &vs_enomem;
		*p = (struct piece){ s.paddr, s.paddr + s.memsz, s.off };
	}
	if (!k->pieces.n)
		return vs_err_create(VS_ERR_FORMAT,
			"none of its %" PRIu64 " program headers has a physical address: kernels before 4.19 told none", f->phnum);
	qsort(k->pieces.v, k->pieces.n, sizeof(*k->pieces.v), cmp_piece);
	k->img.ranges = calloc(k->pieces.n, sizeof(*k->img.ranges));
	if (!k->img.ranges)
		return &vs_enomem;
	for (size_t i = 0; i < k->pieces.n; i++) {
		const struct piece *p = &k->pieces.v[i];
		struct vs_phys_range *r = n ? &k->img.ranges[n - 1] : NULL;

		if (r && p->start <= r->end)
			r->end = p->end > r->end ? p->end : r->end;
		else
			k->img.ranges[n++] = (struct vs_phys_range){ p->start, p->end, 0 };
	}
	k->img.n_ranges = n;
	for (size_t i = 0; i < n; i++) {
		k->img.ranges[i].in_file = k->img.ranges[i].end - k->img.ranges[i].start;
		k->img.file_size += k->img.ranges[i].in_file;
	}
	k->img.needed_size = k->img.file_size;	// of its own size the file says what the address space has
	return NULL;
}

struct vs_err *vs_kcore_open(const struct vs_source *src, struct vs_image **ret)
{
	struct kcore_image *k = calloc(1, sizeof(*k));
	struct vs_elf_file f = { 0 };
	char machine[16];
	struct vs_err *err;

	if (!k)
		return &vs_enomem;
	k->img.ops = &kcore_ops;
	k->img.dump_level = -1;
	k->img.live = true;
	k->img.big_endian = VS_HOST_BIG_ENDIAN;
	k->fd = dup(src->fd);
	k->img.path = strdup(src->path);
	k->pages = malloc(SLOTS * PAGE);
	k->slots = calloc(SLOTS, sizeof(*k->slots));
	err = k->fd < 0 ? vs_err_os(errno, "cannot open it") :
		k->img.path && k->pages && k->slots ? read_headers(k, &f) : &vs_enomem;
	if (!err)
		err = read_pieces(k, &f);
	if (!err && asprintf(&k->img.what, "the running kernel's memory (kcore), %s, %" PRIu64 " program headers",
			     vs_machine_name(k->img.machine, machine), f.phnum) < 0) {
		k->img.what = NULL;
		err = &vs_enomem;
	}
	if (err) {
		vs_image_destroy(&k->img);
		return err;
	}
	*ret = &k->img;
	return NULL;
}
