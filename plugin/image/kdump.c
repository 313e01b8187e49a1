// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kdump-compressed dumps, as makedumpfile and QEMU write them: zlib, lzo, snappy, zstd, raw
 * pages, split sets. libkdumpfile reads them too, but not damaged ones: it follows the
 * numbers of a header or a bitmap out of its buffers. tests/real/second holds the two
 * against each other.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "base/out.h"
#include "base/vec.h"
#include "image/kdump_file.h"
#include "image/unpack.h"

#define SIGNATURE_LEN	8
#define CACHE_SIZE	(64u << 20)	/* bytes of unpacked pages that are kept */
#define MAX_NOTES	(1u << 24)
#define MAX_RANGES	65536u		/* runs of memory; a machine has less than a thousand */
#define MAX_DAMAGED	(1u << 20)	/* pages that are remembered, to be counted once */

struct slot {
	uint64_t pfn;		/* + 1; 0: free */
	uint8_t from;
};

struct kdump_image {
	struct vs_image img;
	struct vs_kdump_file *files;	/* in the order of their pages */
	size_t n_files;
	uint32_t block;		/* bytes of a page */
	uint64_t max_pfn;
	struct vs_unpackers unpackers;
	unsigned char *notes;	/* VMCOREINFO and the file's notes, as img.notes borrow them */
	unsigned char *pages;	/* n_slots of them, unpacked: page pfn is in slot pfn % n_slots, if at all */
	struct slot *slots;
	uint32_t n_slots;
	struct vs_map damaged;	/* page numbers, so that each counts once */
};

static bool is_kdump(const unsigned char *head, size_t len)
{
	return len >= SIGNATURE_LEN && (!memcmp(head, "KDUMP   ", SIGNATURE_LEN) ||
					!memcmp(head, "DISKDUMP", SIGNATURE_LEN));
}

/* The file that is about page @p pfn; NULL: one of a split set that was not given. */
static const struct vs_kdump_file *file_of(const struct kdump_image *k, uint64_t pfn)
{
	for (size_t i = 0; i < k->n_files; i++)
		if (pfn >= k->files[i].first && pfn < k->files[i].end)
			return &k->files[i];
	return NULL;
}

static void note_damaged(struct kdump_image *k, uint64_t pfn)
{
	if (vs_map_get(&k->damaged, pfn) != VS_MAP_NONE)
		return;
	if (k->damaged.n < MAX_DAMAGED)
		vs_map_set(&k->damaged, pfn, 1);
	if (!k->img.n_damaged++)
		k->img.first_damaged = pfn * k->block;
}

static bool is_zero(const unsigned char *page, uint32_t size)
{
	// a page of zeros is equal to itself moved by one byte
	return !page[0] && !memcmp(page, page + 1, size - 1);
}

/* The dumper looked for pages of zeros, and recorded them as such: DL_EXCLUDE_ZERO. */
static enum vs_from origin(const struct vs_kdump_file *f, const unsigned char *page)
{
	return f->dump_level > 0 && f->dump_level & 1 && is_zero(page, f->block) ? VS_FROM_ZERO : VS_FROM_FILE;
}

/* Where page @p pfn is: *data_ret is in the file where it is not compressed, else in @p slot. */
static enum vs_from read_page(struct kdump_image *k, uint64_t pfn, unsigned char *slot, const unsigned char **data_ret)
{
	const struct vs_kdump_file *f = file_of(k, pfn);
	struct vs_kdump_page p;
	const unsigned char *data;
	enum vs_from from;

	if (!f)
		return vs_kdump_file_is_ram(&k->files[0], pfn) ? VS_FROM_ELSEWHERE : VS_FROM_NOWHERE;
	from = vs_kdump_file_find(f, pfn, &p);
	if (from == VS_FROM_EXCLUDED && !vs_kdump_file_is_ram(f, pfn))
		return VS_FROM_NOWHERE;
	data = from == VS_FROM_FILE ? vs_kdump_file_at(f, p.off, p.size) : NULL;
	if (data && p.flags) {
		if (vs_unpack(&k->unpackers, p.flags, data, p.size, slot, k->block))
			data = slot;
		else
			from = VS_FROM_DAMAGED;
	} else if (data && p.size != k->block) {
		from = VS_FROM_DAMAGED;
	}
	if (from == VS_FROM_DAMAGED)
		note_damaged(k, pfn);
	if (from != VS_FROM_FILE)
		return from;
	*data_ret = data;
	return origin(f, data);
}

static void kdump_run(struct vs_image *img, uint64_t addr, struct vs_run *ret)
{
	struct kdump_image *k = (struct kdump_image *)img;
	uint64_t pfn = addr / k->block;
	struct slot *s = &k->slots[pfn % k->n_slots];
	unsigned char *page = k->pages + (size_t)(pfn % k->n_slots) * k->block;

	*ret = (struct vs_run){ .addr = pfn * k->block, .len = k->block, .from = VS_FROM_NOWHERE };
	if (pfn >= k->max_pfn) {
		ret->addr = k->max_pfn * k->block;
		ret->len = UINT64_MAX - ret->addr;
		return;
	}
	if (s->pfn == pfn + 1) {
		ret->from = s->from;
		ret->data = page;
		return;
	}
	s->pfn = 0;	// unpacking may have begun to write there
	ret->from = read_page(k, pfn, page, &ret->data);
	if (ret->data == page) {
		s->pfn = pfn + 1;
		s->from = (uint8_t)ret->from;
	}
}

static void kdump_destroy(struct vs_image *img)
{
	struct kdump_image *k = (struct kdump_image *)img;

	for (size_t i = 0; i < k->n_files; i++)
		vs_kdump_file_deinit(&k->files[i]);
	free(k->files);
	free(k->notes);
	free(k->pages);
	free(k->slots);
	vs_map_deinit(&k->damaged);
	vs_unpackers_deinit(&k->unpackers);
	free(k);
}

/* Pages that were cut off are found by their descriptors, of a file that is known to have been cut only. */
static void kdump_count(struct vs_image *img, uint64_t bytes[VS_FROM_COUNT])
{
	const struct kdump_image *k = (const struct kdump_image *)img;
	uint64_t ram = 0, held = 0, all = 0, lost = 0;

	for (size_t i = 0; i < img->n_ranges; i++) {
		ram += img->ranges[i].end - img->ranges[i].start;
		held += img->ranges[i].in_file;
	}
	for (size_t i = 0; i < k->n_files; i++)
		lost += vs_kdump_file_lost(&k->files[i]) * k->block;
	// what the files that were not given hold, by the bitmap, which each file has whole
	if (k->files[0].split)
		all = vs_kdump_file_all(&k->files[0]) * k->block;
	bytes[VS_FROM_ELSEWHERE] = all > held ? all - held : 0;
	bytes[VS_FROM_TRUNCATED] = lost;
	bytes[VS_FROM_FILE] = held - lost;
	bytes[VS_FROM_EXCLUDED] = ram > held + bytes[VS_FROM_ELSEWHERE] ? ram - held - bytes[VS_FROM_ELSEWHERE] : 0;
}

static const struct vs_image_ops kdump_ops = {
	.name = "kdump",
	.run = kdump_run,
	.count = kdump_count,
	.destroy = kdump_destroy,
};

/* A piece of the file, of a size that one can have; else *len_ret is 0. */
static const unsigned char *piece(const struct vs_kdump_file *f, enum vs_kdump_piece what, uint64_t *len_ret)
{
	const unsigned char *p = vs_kdump_file_piece(f, what, len_ret);

	if (p && *len_ret <= MAX_NOTES)
		return p;
	*len_ret = 0;
	return NULL;
}

/* VMCOREINFO as a note, and the notes of the file. Without them whoever needs them will say so. */
static struct vs_err *read_notes(struct kdump_image *k, const struct vs_kdump_file *f)
{
	const unsigned char *vi = NULL, *notes = NULL;
	uint64_t vi_len = 0, notes_len = 0;
	unsigned char *p;

	if (f->version >= 3)
		vi = piece(f, VS_KDUMP_VMCOREINFO, &vi_len);
	if (f->version >= 4)
		notes = piece(f, VS_KDUMP_NOTE, &notes_len);
	// VMCOREINFO goes first: "VMCOREINFO\0" is 11 bytes, padded to 12
	k->notes = p = calloc(1, 24 + ((vi_len + 3) & ~UINT64_C(3)) + notes_len + 1);
	if (!p)
		return &vs_enomem;
	if (vi) {
		uint32_t head[3] = { 11, (uint32_t)vi_len, 0 };

		for (int i = 0; i < 3; i++)
			head[i] = vs_load32(&head[i], f->big_endian);
		memcpy(p, head, sizeof(head));
		memcpy(p + 12, "VMCOREINFO", 11);
		memcpy(p + 24, vi, vi_len);
		p += 24 + ((vi_len + 3) & ~UINT64_C(3));
	}
	if (notes)
		memcpy(p, notes, notes_len);
	return vs_notes_parse(&k->img, k->notes, (uint64_t)(p - k->notes) + notes_len);
}

static const struct {
	const char *utsname;	/* as uname -m has it */
	uint16_t machine;
	const char *key;	/* of VMCOREINFO, on this architecture only */
	uint32_t prstatus;	/* bytes of its struct elf_prstatus; 0: not told by that */
	bool big_endian;	/* what that note has to be */
} machines[] = {
	{ "x86_64", EM_X86_64, "NUMBER(phys_base)=", 336, false },
	{ "aarch64", EM_AARCH64, "NUMBER(kimage_voffset)=", 392, false },
	{ "i686", EM_386, "CONFIG_X86_PAE=", 144, false },
	{ "s390x", EM_S390, "SAMODE31=", 336, true },
	{ "ppc64le", EM_PPC64, "SYMBOL(vmemmap_list)=", 504, false },
	{ "ppc64", EM_PPC64, NULL, 504, true },
	{ "riscv64", EM_RISCV, "NUMBER(phys_ram_base)=", 376, false },
};

static bool has_key(const struct vs_image *img, const char *key)
{
	return key && img->n_notes && img->notes[0].type == 0 &&
		memmem(img->notes[0].desc, img->notes[0].desc_len, key, strlen(key));
}

/* Its registers are in a note of their own size; s390x has that of x86-64, but in the other byte order. */
static bool has_prstatus(const struct vs_image *img, uint32_t size, bool big_endian)
{
	for (size_t i = 0; size && i < img->n_notes; i++)
		if (img->notes[i].type == NT_PRSTATUS && img->notes[i].name_len == 4 &&
		    !memcmp(img->notes[i].name, "CORE", 4))
			return img->notes[i].desc_len == size && img->big_endian == big_endian;
	return false;
}

/*
 * The machine by utsname, which QEMU may leave empty, else by VMCOREINFO, else by the CPUs' notes.
 * QEMU for x86-64 says x86_64 of any guest: not of one whose headers are 32-bit, or that tells of PAE.
 */
static struct vs_err *find_machine(struct vs_image *img, const struct vs_kdump_file *f)
{
	const char *uts = f->machine;

	if (vs_kdump_file_is_i386(f) ||
	    (!strcmp(uts, "x86_64") && (vs_kdump_file_is_32bit(f) || has_key(img, "CONFIG_X86_PAE="))))
		uts = "i686";
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (*uts ? strcasecmp(uts, machines[i].utsname) != 0 :	// QEMU: "S390X"
		    !has_key(img, machines[i].key) && !has_prstatus(img, machines[i].prstatus, machines[i].big_endian))
			continue;
		img->machine = machines[i].machine;
		return NULL;
	}
	return vs_err_create(VS_ERR_FORMAT,
		"a kdump-compressed dump of a machine that is not told: neither utsname nor VMCOREINFO nor a note of a CPU names it");
}

/* How many of the pages [first, end) are in the files. */
static uint64_t count_held(const struct kdump_image *k, uint64_t first, uint64_t end)
{
	uint64_t n = 0;

	for (size_t i = 0; i < k->n_files; i++)
		n += vs_kdump_file_count(&k->files[i], first, end);
	return n;
}

/* The runs of memory by the first bitmap; how much of each is in the file by the second. */
static struct vs_err *read_ranges(struct kdump_image *k)
{
	const struct vs_kdump_file *f = &k->files[0];
	VS_VEC(struct vs_phys_range) v = { 0 };
	uint64_t pfn = vs_kdump_file_next(f, f->ram, 0, true);

	while (pfn < f->max_pfn) {
		uint64_t end = vs_kdump_file_next(f, f->ram, pfn, false);

		if (v.n == MAX_RANGES) {	// no machine's memory: one range that has it all
			v.n = 0;
			pfn = 0;
			end = f->max_pfn;
		}
		if (!vs_vec_reserve(&v, v.n + 1)) {
			vs_vec_deinit(&v);
			return &vs_enomem;
		}
		v.v[v.n++] = (struct vs_phys_range){ pfn * k->block, end * k->block,
						     count_held(k, pfn, end) * k->block };
		pfn = vs_kdump_file_next(f, f->ram, end, true);
	}
	k->img.ranges = v.v;
	k->img.n_ranges = v.n;
	return v.n ? NULL : vs_err_create(VS_ERR_FORMAT, "broken kdump: by its bitmap there is no memory");
}

static int cmp_file(const void *a, const void *b)
{
	const struct vs_kdump_file *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* A set of which files are missing is read as far as it goes, but not in silence. */
static void tell_missing(struct kdump_image *k, const struct vs_source *src, struct vs_out *out)
{
	uint64_t at = 0;

	for (size_t i = 0; i <= k->n_files; i++) {
		uint64_t first = i < k->n_files ? k->files[i].first : k->max_pfn;

		if (first > at)
			vs_out_say(out, "%s: one of a split set; physical %#" PRIx64 "-%#" PRIx64
				   " is in a file that was not given: add it with --part FILE", src->path,
				   at * k->block, first * k->block);
		if (i < k->n_files && k->files[i].end > at)
			at = k->files[i].end;
	}
}

/* Do these files belong together? */
static struct vs_err *check_set(const struct kdump_image *k, const struct vs_source *src)
{
	const struct vs_kdump_file *a = &k->files[0];

	for (size_t i = 1; i < k->n_files; i++) {
		const struct vs_kdump_file *b = &k->files[i];

		if (!a->split || !b->split)
			return vs_err_create(VS_ERR_FORMAT, "%s and %s are not files of one split dump: %s is whole by itself",
					     src[0].path, src[i].path, a->split ? src[i].path : src[0].path);
		if (a->block != b->block || a->max_pfn != b->max_pfn || a->big_endian != b->big_endian ||
		    a->layout != b->layout || strcmp(a->machine, b->machine))
			return vs_err_create(VS_ERR_FORMAT, "%s and %s are not files of one split dump: their headers differ",
					     src[0].path, src[i].path);
	}
	return NULL;
}

static struct vs_err *describe(struct kdump_image *k, uint32_t packed)
{
	const struct vs_kdump_file *f = &k->files[0];
	char machine[16], level[32] = "";

	for (size_t i = 0; i < k->n_files; i++) {
		k->img.file_size += k->files[i].size;
		k->img.needed_size += k->files[i].needed;
	}
	k->img.dump_level = f->dump_level;
	k->img.compression = packed ? vs_unpack_name(packed) : NULL;
	if (f->dump_level >= 0 && f->dump_level <= 31)
		snprintf(level, sizeof(level), ", filtered by -d %d", f->dump_level);
	if (asprintf(&k->img.what, "kdump-compressed vmcore, %s endian, %s, %s%s%s", f->big_endian ? "big" : "little",
		     vs_machine_name(k->img.machine, machine), packed ? vs_unpack_name(packed) : "not compressed",
		     level, f->split ? ", split" : "") < 0) {
		k->img.what = NULL;
		return &vs_enomem;
	}
	return NULL;
}

/* By which compressions are its pages packed? All that a sample of them says are made ready. */
static struct vs_err *find_packing(struct kdump_image *k, uint32_t *ret)
{
	const struct vs_kdump_file *f = &k->files[0];
	uint64_t pfn = f->first;
	struct vs_err *err = NULL;

	*ret = 0;
	for (int i = 0; i < 64 && pfn < f->end; i++, pfn++) {
		struct vs_kdump_page p;

		pfn = vs_kdump_file_next(f, f->held, pfn, true);
		if (vs_kdump_file_find(f, pfn, &p) == VS_FROM_FILE && vs_unpack_name(p.flags))
			*ret = p.flags;
	}
	if (vs_unpack_name(f->status & VS_PACKED_ANY))
		err = vs_unpack_prepare(&k->unpackers, f->status & VS_PACKED_ANY);
	if (!err && *ret)
		err = vs_unpack_prepare(&k->unpackers, *ret);
	return err;
}

static struct vs_err *open_all(struct kdump_image *k, const struct vs_source *src, size_t n, struct vs_out *out)
{
	struct vs_err *err = NULL;
	uint32_t packed = 0;

	for (size_t i = 0; !err && i < n; i++) {
		err = vs_kdump_file_init(&k->files[i], &src[i]);
		k->n_files++;
		if (err && n > 1)
			err = vs_err_wrap(err, "%s", src[i].path);
	}
	if (!err)
		err = check_set(k, src);
	if (err)
		return err;
	k->img.big_endian = k->files[0].big_endian;
	k->block = k->files[0].block;
	k->max_pfn = k->files[0].max_pfn;
	if (k->max_pfn > (UINT64_C(1) << 52) / k->block)
		return vs_err_create(VS_ERR_FORMAT, "broken kdump header: %" PRIu64 " pages of %u bytes", k->max_pfn,
				     k->block);
	k->n_slots = CACHE_SIZE / k->block;
	k->pages = malloc(CACHE_SIZE);		// not touched before it is used
	k->slots = calloc(k->n_slots, sizeof(*k->slots));
	if (!k->pages || !k->slots)
		return &vs_enomem;
	err = read_notes(k, &k->files[0]);
	if (!err)
		err = find_machine(&k->img, &k->files[0]);
	qsort(k->files, k->n_files, sizeof(*k->files), cmp_file);
	for (size_t i = 1; !err && i < n; i++)
		if (k->files[i].first < k->files[i - 1].end)
			err = vs_err_create(VS_ERR_FORMAT, "not the files of one split dump: two of them have page %" PRIu64,
					    k->files[i].first);
	if (!err)
		err = find_packing(k, &packed);
	if (!err)
		err = read_ranges(k);
	if (err)
		return err;
	tell_missing(k, src, out);
	return describe(k, packed);
}

static struct vs_err *kdump_open(const struct vs_source *src, size_t n, struct vs_out *out,
				 struct vs_image **ret)
{
	struct kdump_image *k = calloc(1, sizeof(*k));
	struct vs_err *err;

	if (!k)
		return &vs_enomem;
	k->img.ops = &kdump_ops;
	k->img.path = strdup(src->path);
	k->files = calloc(n, sizeof(*k->files));
	err = k->img.path && k->files ? open_all(k, src, n, out) : &vs_enomem;
	if (err) {
		vs_image_destroy(&k->img);
		return err;
	}
	*ret = &k->img;
	return NULL;
}

const struct vs_probe vs_probe_kdump = { is_kdump, kdump_open };
