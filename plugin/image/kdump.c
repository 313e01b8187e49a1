// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kdump-compressed dumps, through libkdumpfile: zlib, lzo, snappy, zstd, raw
 * pages, split sets. The library's soname is another in each release of a
 * distribution, so it is opened when such a file is, and its absence is said then.
 *
 * A call costs microseconds a page even where nothing is read, so no page is asked
 * for twice while it is among the last CACHE_PAGES.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "base/out.h"
#include "base/vec.h"
#include "image/probe.h"

/* The header, and what can be told without the library. Offsets of struct disk_dump_header. */
#define SIGNATURE_LEN	8
#define OFF_VERSION	8
#define OFF_MACHINE	(12 + 4 * 65)	/* utsname.machine */
#define OFF_BLOCK_SIZE	428		/* 64-bit; 420 in a 32-bit dump */
#define OFF_BLOCK_SIZE32 420
/* struct kdump_sub_header of a 64-bit dump, at block 1. */
#define SUB_DUMP_LEVEL	8
#define SUB_SPLIT	12
#define SUB_START_PFN	16	/* and SUB_END_PFN: of a file of a split set */
#define SUB_END_PFN	24
#define SUB_VMCOREINFO	32
#define SUB_NOTE	48
#define SUB_SIZE	64

static bool is_kdump(const unsigned char *head, size_t len)
{
	return len >= SIGNATURE_LEN && (!memcmp(head, "KDUMP   ", SIGNATURE_LEN) ||
					!memcmp(head, "DISKDUMP", SIGNATURE_LEN));
}

#ifndef HAVE_LIBKDUMPFILE

static struct vs_err *kdump_open(const struct vs_source *src, size_t n, struct vs_out *out,
				 struct vs_image **ret)
{
	(void)src, (void)n, (void)out, (void)ret;
	return vs_err_create(VS_ERR_FORMAT,
		"a kdump-compressed dump; this vmascope was built without libkdumpfile (libkdumpfile-dev)");
}

#else

#include <libkdumpfile/kdumpfile.h>

#define PAGE		4096u
#define CACHE_PAGES	16384u		/* 64 MiB */
#define MAX_DAMAGED	(1u << 20)	/* that are remembered, to be counted once */

/* What is used of the library, by name. */
struct api {
	void *handle;
	kdump_ctx_t *(*new)(void);
	void (*free)(kdump_ctx_t *);
	const char *(*get_err)(kdump_ctx_t *);
	kdump_status (*open_fdset)(kdump_ctx_t *, unsigned, const int *);
	kdump_status (*set_attr)(kdump_ctx_t *, const char *, const kdump_attr_t *);
	kdump_status (*get_typed_attr)(kdump_ctx_t *, const char *, kdump_attr_t *);
	kdump_status (*bmp_find_set)(kdump_bmp_t *, kdump_addr_t *);
	kdump_status (*bmp_find_clear)(kdump_bmp_t *, kdump_addr_t *);
	kdump_status (*bmp_get_bits)(kdump_bmp_t *, kdump_addr_t, kdump_addr_t, unsigned char *);
	kdump_status (*read)(kdump_ctx_t *, kdump_addrspace_t, kdump_addr_t, void *, size_t *);
};

/* Pages by number. */
struct vs_pages {
	uint64_t first, end;	/* end exclusive */
};

struct slot {
	uint64_t page;		/* number + 1; 0: free */
	uint8_t from;
};

struct kdump_image {
	struct vs_image img;
	struct api api;
	kdump_ctx_t *ctx;
	int *fds;
	size_t n_fds;
	unsigned char *notes;	/* VMCOREINFO and the file's notes, as img.notes borrow them */
	uint64_t end;		/* physical memory ends here */
	bool has_zeros;		/* the dumper looked for pages of zeros and recorded them as such */
	VS_VEC(struct vs_pages) parts;	/* what the files of a split set hold, as far as they were given; sorted */
	struct vs_map damaged;	/* page numbers, so that each counts once */
	unsigned char *pages;	/* CACHE_PAGES of them */
	struct slot *slots;
	struct vs_map where;	/* page number -> slot */
	uint32_t next;		/* the slot that is used next */
};

static struct vs_err *load_library(struct api *a)
{
	// the one that this was built with, then others that Debian has had
	static const char *const names[] = {
		LIBKDUMPFILE_SONAME, "libkdumpfile.so.10", "libkdumpfile.so.12", "libkdumpfile.so.11",
		"libkdumpfile.so.9", "libkdumpfile.so",
	};
	static const struct {
		const char *name;
		size_t where;
	} wanted[] = {
		{ "kdump_new", offsetof(struct api, new) },
		{ "kdump_free", offsetof(struct api, free) },
		{ "kdump_get_err", offsetof(struct api, get_err) },
		{ "kdump_open_fdset", offsetof(struct api, open_fdset) },
		{ "kdump_set_attr", offsetof(struct api, set_attr) },
		{ "kdump_get_typed_attr", offsetof(struct api, get_typed_attr) },
		{ "kdump_bmp_find_set", offsetof(struct api, bmp_find_set) },
		{ "kdump_bmp_find_clear", offsetof(struct api, bmp_find_clear) },
		{ "kdump_bmp_get_bits", offsetof(struct api, bmp_get_bits) },
		{ "kdump_read", offsetof(struct api, read) },
	};

	for (size_t i = 0; !a->handle && i < sizeof(names) / sizeof(names[0]); i++)
		a->handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!a->handle)
		return vs_err_create(VS_ERR_FORMAT,
			"a kdump-compressed dump; libkdumpfile, which reads them, is not installed (Debian: libkdumpfile10 or later)");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		void *sym = dlsym(a->handle, wanted[i].name);

		if (!sym)
			return vs_err_create(VS_ERR_FORMAT, "the libkdumpfile that is installed has no %s",
					     wanted[i].name);
		memcpy((char *)a + wanted[i].where, &sym, sizeof(sym));
	}
	return NULL;
}

/* Which kind of absence a failed read is. */
static enum vs_from absence(kdump_status st)
{
	switch (st) {
	case KDUMP_ERR_NODATA:
		return VS_FROM_EXCLUDED;
	case KDUMP_ERR_EOF:
		return VS_FROM_TRUNCATED;
	default:
		return VS_FROM_DAMAGED;
	}
}

/* Is there memory at @p addr at all? */
static bool is_ram(const struct vs_image *img, uint64_t addr)
{
	return vs_image_holds(img, addr, addr + 1);
}

/* Is @p page in one of the files, or at least not in one that is missing? */
static bool given(const struct kdump_image *k, uint64_t page)
{
	bool ret = !k->parts.n;

	for (size_t i = 0; i < k->parts.n && !ret; i++)
		ret = page >= k->parts.v[i].first && page < k->parts.v[i].end;
	return ret;
}

static bool is_zero(const unsigned char *page)
{
	// a page of zeros is equal to itself moved by one byte
	return !page[0] && !memcmp(page, page + 1, PAGE - 1);
}

static void note_damaged(struct kdump_image *k, uint64_t page)
{
	if (vs_map_get(&k->damaged, page) != VS_MAP_NONE)
		return;
	if (k->damaged.n < MAX_DAMAGED)
		vs_map_set(&k->damaged, page, 1);
	if (!k->img.n_damaged++)
		k->img.first_damaged = page * PAGE;
}

/* What reading @p page into @p data came to. */
static enum vs_from read_page(struct kdump_image *k, uint64_t page, unsigned char *data)
{
	size_t len = PAGE;
	kdump_status st = k->api.read(k->ctx, KDUMP_MACHPHYSADDR, page * PAGE, data, &len);
	enum vs_from from;

	if (st == KDUMP_OK && len == PAGE)
		return k->has_zeros && is_zero(data) ? VS_FROM_ZERO : VS_FROM_FILE;
	if (!is_ram(&k->img, page * PAGE))
		return VS_FROM_NOWHERE;
	from = absence(st);
	if (from == VS_FROM_EXCLUDED && !given(k, page))
		return VS_FROM_ELSEWHERE;
	if (from == VS_FROM_DAMAGED)
		note_damaged(k, page);
	return from;
}

static void kdump_run(struct vs_image *img, uint64_t addr, struct vs_run *ret)
{
	struct kdump_image *k = (struct kdump_image *)img;
	uint64_t page = addr / PAGE;
	uint32_t at;

	ret->addr = page * PAGE;
	ret->len = PAGE;
	ret->data = NULL;
	ret->from = VS_FROM_NOWHERE;
	if (addr >= k->end) {
		ret->addr = k->end;
		ret->len = UINT64_MAX - k->end;
		return;
	}
	at = vs_map_get(&k->where, page);
	if (at == VS_MAP_NONE || k->slots[at].page != page + 1) {
		at = k->next;
		k->next = (k->next + 1) % CACHE_PAGES;
		// an old page's entry in the map stays behind, and is seen through by the slot's own number
		if (k->where.n > 4 * CACHE_PAGES)
			vs_map_clear(&k->where);
		k->slots[at].page = 0;
		if (!vs_map_set(&k->where, page, at)) {
			ret->from = VS_FROM_DAMAGED;
			return;
		}
		k->slots[at].from = (uint8_t)read_page(k, page, k->pages + (size_t)at * PAGE);
		k->slots[at].page = page + 1;
	}
	ret->from = k->slots[at].from;
	if (vs_from_ok(ret->from))
		ret->data = k->pages + (size_t)at * PAGE;
}

static void kdump_destroy(struct vs_image *img)
{
	struct kdump_image *k = (struct kdump_image *)img;

	if (k->ctx)
		k->api.free(k->ctx);
	if (k->api.handle)
		dlclose(k->api.handle);
	for (size_t i = 0; i < k->n_fds; i++)
		close(k->fds[i]);
	free(k->fds);
	free(k->notes);
	free(k->pages);
	free(k->slots);
	vs_map_deinit(&k->where);
	vs_map_deinit(&k->damaged);
	vs_vec_deinit(&k->parts);
	free(k);
}

static const struct vs_image_ops kdump_ops = {
	.name = "kdump",
	.run = kdump_run,
	.destroy = kdump_destroy,
};

/* A block of the file by an offset and a size that stand in it; NULL if they lie. */
static unsigned char *file_block(const struct vs_source *src, uint64_t off, uint64_t len)
{
	unsigned char *p;

	if (!off || !len || off > src->size || len > src->size - off || len > 1 << 24)
		return NULL;
	p = malloc(len);
	if (p && pread(src->fd, p, len, (off_t)off) != (ssize_t)len) {
		free(p);
		p = NULL;
	}
	return p;
}

/* VMCOREINFO as a note, and the notes of the file: the library tells neither before it knows the machine. */
static struct vs_err *read_notes(struct kdump_image *k, const struct vs_source *src, uint32_t block)
{
	const bool be = k->img.big_endian;
	_cleanup_free_ unsigned char *sub = file_block(src, block, SUB_SIZE), *vi = NULL, *notes = NULL;
	uint64_t vi_len, notes_len;
	unsigned char *p;

	if (!sub)
		return NULL;	// without VMCOREINFO whoever needs it will say so
	k->img.dump_level = (int)vs_load32(sub + SUB_DUMP_LEVEL, be);
	vi_len = vs_load64(sub + SUB_VMCOREINFO + 8, be);
	vi = file_block(src, vs_load64(sub + SUB_VMCOREINFO, be), vi_len);
	notes_len = vs_load64(sub + SUB_NOTE + 8, be);
	notes = file_block(src, vs_load64(sub + SUB_NOTE, be), notes_len);
	if (!vi)
		vi_len = 0;
	if (!notes)
		notes_len = 0;
	// VMCOREINFO goes first: "VMCOREINFO\0" is 11 bytes, padded to 12
	k->notes = p = calloc(1, 24 + ((vi_len + 3) & ~UINT64_C(3)) + notes_len + 1);
	if (!p)
		return &vs_enomem;
	if (vi) {
		uint32_t head[3] = { 11, (uint32_t)vi_len, 0 };

		for (int i = 0; i < 3; i++)
			head[i] = vs_load32(&head[i], be);
		memcpy(p, head, sizeof(head));
		memcpy(p + 12, "VMCOREINFO", 11);
		memcpy(p + 24, vi, vi_len);
		p += 24 + ((vi_len + 3) & ~UINT64_C(3));
	}
	if (notes)
		memcpy(p, notes, notes_len);
	return vs_notes_parse(&k->img, k->notes, (uint64_t)(p - k->notes) + notes_len);
}

/* Which pages the files of a split set are about. */
static struct vs_err *read_parts(struct kdump_image *k, const struct vs_source *src, size_t n, uint32_t block)
{
	const bool be = k->img.big_endian;

	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ unsigned char *sub = file_block(&src[i], block, SUB_SIZE);
		struct vs_pages *p;

		if (!sub || vs_load32(sub + SUB_SPLIT, be) != 1)
			continue;
		p = vs_vec_push(&k->parts);
		if (!p)
			return &vs_enomem;
		p->first = vs_load64(sub + SUB_START_PFN, be);
		p->end = vs_load64(sub + SUB_END_PFN, be);
	}
	return NULL;
}

static const struct {
	const char *utsname;	/* as uname -m has it */
	const char *library;
	uint16_t machine;
	const char *key;	/* of VMCOREINFO, on this architecture only */
	uint32_t prstatus;	/* bytes of its struct elf_prstatus; 0: not told by that */
} machines[] = {
	{ "x86_64", KDUMP_ARCH_X86_64, EM_X86_64, "NUMBER(phys_base)=", 336 },
	{ "aarch64", KDUMP_ARCH_AARCH64, EM_AARCH64, "NUMBER(kimage_voffset)=", 392 },
	{ "i686", KDUMP_ARCH_IA32, EM_386, NULL, 0 },
	{ "s390x", KDUMP_ARCH_S390X, EM_S390, NULL, 0 },
	{ "ppc64le", KDUMP_ARCH_PPC64, EM_PPC64, NULL, 0 },
	{ "ppc64", KDUMP_ARCH_PPC64, EM_PPC64, NULL, 0 },
};

static bool has_key(const struct vs_image *img, const char *key)
{
	return key && img->n_notes && img->notes[0].type == 0 &&
		memmem(img->notes[0].desc, img->notes[0].desc_len, key, strlen(key));
}

/* Its registers are in a note of their own size; s390x has that of x86-64, but in the other byte order. */
static bool has_prstatus(const struct vs_image *img, uint32_t size)
{
	for (size_t i = 0; size && i < img->n_notes; i++)
		if (img->notes[i].type == NT_PRSTATUS && img->notes[i].name_len == 4 &&
		    !memcmp(img->notes[i].name, "CORE", 4))
			return img->notes[i].desc_len == size && !img->big_endian;
	return false;
}

/*
 * The machine, and the library's name for it: by utsname, which QEMU leaves empty, else by
 * VMCOREINFO, else by the CPUs' notes.
 */
static const char *find_machine(struct vs_image *img, const char uts[65])
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (*uts ? strncmp(uts, machines[i].utsname, 65) != 0 :
		    !has_key(img, machines[i].key) && !has_prstatus(img, machines[i].prstatus))
			continue;
		img->machine = machines[i].machine;
		return machines[i].library;
	}
	return NULL;
}

/* QEMU writes utsname empty: then the library wants to be told. */
static struct vs_err *tell_machine(struct kdump_image *k, const char *name)
{
	kdump_attr_t attr = { .type = KDUMP_STRING };

	if (k->api.get_typed_attr(k->ctx, KDUMP_ATTR_ARCH_NAME, &attr) == KDUMP_OK)
		return NULL;
	attr.type = KDUMP_STRING;
	attr.val.string = name;
	if (k->api.set_attr(k->ctx, KDUMP_ATTR_ARCH_NAME, &attr) != KDUMP_OK)
		return vs_err_create(VS_ERR_FORMAT, "libkdumpfile: %s", k->api.get_err(k->ctx));
	return NULL;
}

/* Borrowed: who asks for an attribute gets no reference to it. */
static kdump_bmp_t *bitmap(struct kdump_image *k, const char *key)
{
	kdump_attr_t attr = { .type = KDUMP_BITMAP };

	return k->api.get_typed_attr(k->ctx, key, &attr) == KDUMP_OK ? attr.val.bitmap : NULL;
}

/* How many of the pages [first, last) are in the file. */
static uint64_t count_pages(struct kdump_image *k, kdump_bmp_t *file, uint64_t first, uint64_t last)
{
	unsigned char bits[4096];
	uint64_t n = 0;

	while (first < last) {
		uint64_t part = last - first < sizeof(bits) * 8 ? last - first : sizeof(bits) * 8;

		memset(bits, 0, sizeof(bits));
		if (k->api.bmp_get_bits(file, first, first + part - 1, bits) != KDUMP_OK)
			break;
		for (uint64_t i = 0; i < part; i++)
			n += bits[i / 8] >> i % 8 & 1;
		first += part;
	}
	return n;
}

/* The runs of memory by the first bitmap; how much of each is in the file by the second. */
static struct vs_err *read_ranges(struct kdump_image *k, uint64_t page_size)
{
	kdump_bmp_t *mem = bitmap(k, KDUMP_ATTR_MEMORY_PAGEMAP), *file = bitmap(k, KDUMP_ATTR_FILE_PAGEMAP);
	VS_VEC(struct vs_phys_range) v = { 0 };
	kdump_addr_t first = 0, last;
	const uint64_t max = k->end / page_size;

	while (mem && first < max && k->api.bmp_find_set(mem, &first) == KDUMP_OK && first < max) {
		uint64_t held;

		last = first;
		if (k->api.bmp_find_clear(mem, &last) != KDUMP_OK || last > max)
			last = max;
		held = file ? count_pages(k, file, first, last) : last - first;
		if (!vs_vec_reserve(&v, v.n + 1)) {
			vs_vec_deinit(&v);
			return &vs_enomem;
		}
		v.v[v.n++] = (struct vs_phys_range){ first * page_size, last * page_size, held * page_size };
		first = last;
	}
	if (!v.n && vs_vec_reserve(&v, 1))	// a library that does not tell
		v.v[v.n++] = (struct vs_phys_range){ 0, k->end, k->end };
	k->img.ranges = v.v;
	k->img.n_ranges = v.n;
	return v.v ? NULL : &vs_enomem;
}

static struct vs_err *open_library(struct kdump_image *k, const struct vs_source *src, size_t n,
				   const char *arch, uint32_t block)
{
	kdump_attr_t attr = { .type = KDUMP_NUMBER };
	struct vs_err *err = load_library(&k->api);

	if (err)
		return err;
	k->fds = calloc(n, sizeof(*k->fds));
	k->ctx = k->api.new();
	if (!k->fds || !k->ctx)
		return &vs_enomem;
	for (; k->n_fds < n; k->n_fds++) {
		k->fds[k->n_fds] = dup(src[k->n_fds].fd);
		if (k->fds[k->n_fds] < 0)
			return vs_err_os(errno, "cannot open %s", src[k->n_fds].path);
	}
	if (k->api.open_fdset(k->ctx, (unsigned)n, k->fds) != KDUMP_OK)
		return vs_err_create(VS_ERR_FORMAT, "libkdumpfile cannot open it: %s", k->api.get_err(k->ctx));
	// The library takes the kernel's page for the file's block; QEMU's blocks are larger on arm64.
	attr.val.number = block;
	if (k->api.set_attr(k->ctx, KDUMP_ATTR_PAGE_SIZE, &attr) != KDUMP_OK)
		return vs_err_create(VS_ERR_FORMAT, "libkdumpfile: block size %u: %s", block,
				     k->api.get_err(k->ctx));
	err = tell_machine(k, arch);
	if (err)
		return err;
	attr.type = KDUMP_NUMBER;
	if (k->api.get_typed_attr(k->ctx, "max_pfn", &attr) != KDUMP_OK)
		return vs_err_create(VS_ERR_FORMAT, "libkdumpfile: %s", k->api.get_err(k->ctx));
	k->end = attr.val.number;
	if (k->end > (UINT64_C(1) << 52) / block)
		return vs_err_create(VS_ERR_FORMAT, "broken kdump header: %" PRIu64 " blocks of %u bytes",
				     k->end, block);
	k->end *= block;
	return read_ranges(k, block);
}

static int cmp_pages(const void *a, const void *b)
{
	const struct vs_pages *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* A set of which files are missing is read as far as it goes, but not in silence. */
static void tell_missing(struct kdump_image *k, const struct vs_source *src, uint64_t block, struct vs_out *out)
{
	uint64_t at = 0;

	if (!k->parts.n)
		return;
	qsort(k->parts.v, k->parts.n, sizeof(*k->parts.v), cmp_pages);
	for (size_t i = 0; i <= k->parts.n; i++) {
		uint64_t first = i < k->parts.n ? k->parts.v[i].first : k->end / block;

		if (first > at)
			vs_out_say(out, "%s: one of a split set; physical %#" PRIx64 "-%#" PRIx64
				   " is in a file that was not given: add it with --part FILE", src->path,
				   at * block, first * block);
		if (i < k->parts.n && k->parts.v[i].end > at)
			at = k->parts.v[i].end;
	}
}

static struct vs_err *describe(struct kdump_image *k, const struct vs_source *src, size_t n)
{
	char machine[16], level[32] = "";

	for (size_t i = 0; i < n; i++)
		k->img.file_size += src[i].size;
	k->img.needed_size = k->img.file_size;
	if (k->img.dump_level >= 0 && k->img.dump_level <= 31)
		snprintf(level, sizeof(level), ", filtered by -d %d", k->img.dump_level);
	if (asprintf(&k->img.what, "kdump-compressed vmcore, %s endian, %s%s%s", k->img.big_endian ? "big" : "little",
		     vs_machine_name(k->img.machine, machine), level, n > 1 ? ", split" : "") < 0) {
		k->img.what = NULL;
		return &vs_enomem;
	}
	return NULL;
}

static struct vs_err *open_all(struct kdump_image *k, const struct vs_source *src, size_t n, struct vs_out *out)
{
	unsigned char head[512];
	struct vs_err *err;
	const char *arch;
	char uts[65];
	uint32_t block;

	if (pread(src->fd, head, sizeof(head), 0) != sizeof(head))
		return vs_err_create(VS_ERR_FORMAT, "cut in its header: %" PRIu64 " bytes, expected 512 at least",
				     src->size);
	// the version is a small number in the right order only
	k->img.big_endian = vs_load32(head + OFF_VERSION, false) > 0xffff;
	block = vs_load32(head + OFF_BLOCK_SIZE, k->img.big_endian);
	if (block < 512 || block > 1 << 20 || block & (block - 1))
		block = vs_load32(head + OFF_BLOCK_SIZE32, k->img.big_endian);
	if (block < 512 || block > 1 << 20 || block & (block - 1))
		return vs_err_create(VS_ERR_FORMAT, "broken kdump header: block size %u, expected a power of 2 from 512 on",
				     block);
	memcpy(uts, head + OFF_MACHINE, 64);
	uts[64] = 0;
	if (!strcmp(uts, "Unknown"))	// QEMU, of what is no x86
		uts[0] = 0;
	err = read_notes(k, src, block);
	if (!err)
		err = read_parts(k, src, n, block);
	if (err)
		return err;
	k->has_zeros = k->img.dump_level > 0 && k->img.dump_level & 1;	// DL_EXCLUDE_ZERO
	arch = find_machine(&k->img, uts);
	if (!arch)
		return vs_err_create(VS_ERR_FORMAT,
			"a kdump-compressed dump of a machine that is not told: neither utsname nor VMCOREINFO nor a note of a CPU names it");
	err = open_library(k, src, n, arch, block);
	if (err)
		return err;
	tell_missing(k, src, block, out);
	return describe(k, src, n);
}

static struct vs_err *kdump_open(const struct vs_source *src, size_t n, struct vs_out *out,
				 struct vs_image **ret)
{
	struct kdump_image *k = calloc(1, sizeof(*k));
	struct vs_err *err;

	if (!k)
		return &vs_enomem;
	k->img.ops = &kdump_ops;
	k->img.dump_level = -1;
	k->img.path = strdup(src->path);
	k->pages = malloc((size_t)CACHE_PAGES * PAGE);
	k->slots = calloc(CACHE_PAGES, sizeof(*k->slots));
	err = k->img.path && k->pages && k->slots ? open_all(k, src, n, out) : &vs_enomem;
	if (err) {
		vs_image_destroy(&k->img);
		return err;
	}
	*ret = &k->img;
	return NULL;
}

#endif

const struct vs_probe vs_probe_kdump = { is_kdump, kdump_open };
