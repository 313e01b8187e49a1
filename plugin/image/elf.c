// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ELF vmcores: /proc/vmcore and its copies, QEMU's dump-guest-memory plain and
 * with paging. The file is mapped, never copied. Program headers are read by
 * our own hand: libelf wants an e_ehsize and section headers that make sense,
 * and QEMU writes 8 and 2 there.
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "image/probe.h"

/* A piece of physical memory in the file; pieces do not overlap. */
struct seg {
	uint64_t start, end;	/* physical, end exclusive */
	uint64_t file_end;	/* from here on the header promised bytes but there are none */
	uint64_t cut_end;	/* [file_end, cut_end): lost to truncation; [cut_end, end): never written */
	uint64_t off;		/* of start, in the file */
};

struct elf_image {
	struct vs_image img;
	const unsigned char *map;
	uint64_t size;
	VS_VEC(struct seg) segs;	/* sorted by start */
};

/* One program header, whatever its class. */
struct phdr {
	uint32_t type;
	uint64_t off, vaddr, paddr, filesz, memsz;
};

static bool is_elf(const unsigned char *head, size_t len)
{
	return len >= SELFMAG && !memcmp(head, ELFMAG, SELFMAG);
}

static void load_phdr(const unsigned char *p, bool is64, bool be, struct phdr *ret)
{
	if (is64) {
		ret->type = vs_load32(p + offsetof(Elf64_Phdr, p_type), be);
		ret->off = vs_load64(p + offsetof(Elf64_Phdr, p_offset), be);
		ret->vaddr = vs_load64(p + offsetof(Elf64_Phdr, p_vaddr), be);
		ret->paddr = vs_load64(p + offsetof(Elf64_Phdr, p_paddr), be);
		ret->filesz = vs_load64(p + offsetof(Elf64_Phdr, p_filesz), be);
		ret->memsz = vs_load64(p + offsetof(Elf64_Phdr, p_memsz), be);
	} else {
		ret->type = vs_load32(p + offsetof(Elf32_Phdr, p_type), be);
		ret->off = vs_load32(p + offsetof(Elf32_Phdr, p_offset), be);
		ret->vaddr = vs_load32(p + offsetof(Elf32_Phdr, p_vaddr), be);
		ret->paddr = vs_load32(p + offsetof(Elf32_Phdr, p_paddr), be);
		ret->filesz = vs_load32(p + offsetof(Elf32_Phdr, p_filesz), be);
		ret->memsz = vs_load32(p + offsetof(Elf32_Phdr, p_memsz), be);
	}
}

static struct vs_err *take_notes(struct elf_image *e, const struct phdr *ph)
{
	uint64_t end = ph->off + ph->filesz;

	if (end > e->size || end < ph->off)
		end = e->size;
	return end > ph->off ? vs_notes_parse(&e->img, e->map + ph->off, end - ph->off) : NULL;
}

static int cmp_seg(const void *a, const void *b)
{
	const struct seg *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/*
 * Sort the segments and cut overlaps away. QEMU with paging=true writes one
 * segment for each run of the page tables, so that the same memory stands in
 * many of them (65,784 on a 5.10 guest); /proc/vmcore has the kernel's image
 * twice. All copies were taken from the same memory; the first one is used, but
 * bytes in the file go before bytes that are not.
 */
static struct vs_err *flatten(struct elf_image *e)
{
	VS_VEC(struct seg) out = { 0 };
	size_t n = e->segs.n;
	struct seg *s = e->segs.v;

	for (size_t i = 1; i < n; i++)
		if (s[i].start < s[i - 1].start) {
			qsort(s, n, sizeof(*s), cmp_seg);
			break;
		}
	for (size_t i = 0; i < n; i++) {
		struct seg cur = s[i];

		while (out.n && cur.start < out.v[out.n - 1].end) {
			struct seg *last = &out.v[out.n - 1];

			if (last->file_end < last->end && cur.file_end > last->file_end &&
			    cur.start <= last->file_end) {
				// the earlier one runs dry where this one has bytes
				if (last->file_end <= last->start) {
					out.n--;
					continue;
				}
				last->end = last->cut_end = last->file_end;
				continue;
			}
			if (cur.end <= last->end) {
				cur.end = cur.start;
				break;
			}
			cur.off += last->end - cur.start;
			cur.start = last->end;
			if (cur.file_end < cur.start)
				cur.file_end = cur.start;
			if (cur.cut_end < cur.start)
				cur.cut_end = cur.start;
		}
		if (cur.start >= cur.end)
			continue;
		if (!vs_vec_reserve(&out, out.n + 1)) {
			vs_vec_deinit(&out);
			return &vs_enomem;
		}
		out.v[out.n++] = cur;
	}
	free(e->segs.v);
	e->segs.v = out.v;
	e->segs.n = out.n;
	e->segs.cap = out.cap;
	return NULL;
}

static struct vs_err *take_load(struct elf_image *e, const struct phdr *ph)
{
	uint64_t need = ph->off + ph->filesz;
	uint64_t mem = ph->memsz > ph->filesz ? ph->memsz : ph->filesz;
	uint64_t have = 0;
	struct seg *s;

	// p_paddr of all ones: /proc/kcore and old kernels for "no physical address"
	if (!mem || ph->paddr == UINT64_MAX || ph->paddr + mem < ph->paddr)
		return NULL;
	if (need < ph->off)
		need = UINT64_MAX;
	if (need > e->img.needed_size)
		e->img.needed_size = need;
	if (ph->off < e->size)
		have = ph->filesz < e->size - ph->off ? ph->filesz : e->size - ph->off;
	s = vs_vec_push(&e->segs);
	if (!s)
		return &vs_enomem;
	*s = (struct seg){
		.start = ph->paddr,
		.end = ph->paddr + mem,
		.file_end = ph->paddr + have,
		.cut_end = ph->paddr + ph->filesz,
		.off = ph->off,
	};
	return NULL;
}

static void elf_run(struct vs_image *img, uint64_t addr, struct vs_run *ret)
{
	const struct elf_image *e = (const struct elf_image *)img;
	size_t lo = 0, hi = e->segs.n;
	const struct seg *s;

	while (lo < hi) {	// the first segment that ends behind addr
		size_t mid = lo + (hi - lo) / 2;

		if (e->segs.v[mid].end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	ret->addr = addr;
	ret->data = NULL;
	s = &e->segs.v[lo];
	if (lo == e->segs.n) {
		ret->len = UINT64_MAX - addr ? UINT64_MAX - addr : 1;
		ret->from = VS_FROM_NOWHERE;
	} else if (addr < s->start) {
		ret->len = s->start - addr;
		ret->from = VS_FROM_NOWHERE;
	} else if (addr < s->file_end) {
		ret->addr = s->start;
		ret->len = s->file_end - s->start;
		ret->from = VS_FROM_FILE;
		ret->data = e->map + s->off;
	} else if (addr < s->cut_end) {
		ret->len = s->cut_end - addr;
		ret->from = VS_FROM_TRUNCATED;
	} else {
		// p_memsz past p_filesz: the dumper left it out, it did not record zeros
		ret->len = s->end - addr;
		ret->from = VS_FROM_EXCLUDED;
	}
}

static void elf_destroy(struct vs_image *img)
{
	struct elf_image *e = (struct elf_image *)img;

	if (e->map)
		munmap((void *)e->map, e->size);
	vs_vec_deinit(&e->segs);
	free(e);
}

static const struct vs_image_ops elf_ops = {
	.name = "ELF",
	.run = elf_run,
	.destroy = elf_destroy,
};

/* How many program headers: past 65,534 of them the count is in section header 0. */
static struct vs_err *count_phdrs(const struct elf_image *e, bool is64, uint64_t *ret)
{
	const bool be = e->img.big_endian;
	uint64_t shoff, n;

	n = vs_load16(e->map + (is64 ? offsetof(Elf64_Ehdr, e_phnum) :
				offsetof(Elf32_Ehdr, e_phnum)), be);
	if (n == PN_XNUM) {
		shoff = is64 ? vs_load64(e->map + offsetof(Elf64_Ehdr, e_shoff), be) :
			vs_load32(e->map + offsetof(Elf32_Ehdr, e_shoff), be);
		if (shoff > e->size || e->size - shoff < (is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)))
			return vs_err_create(VS_ERR_FORMAT,
				"more than 65,534 program headers, but section header 0 with their number, at %#" PRIx64
				", is not in the file (%" PRIu64 " bytes)", shoff, e->size);
		n = vs_load32(e->map + shoff + (is64 ? offsetof(Elf64_Shdr, sh_info) :
						offsetof(Elf32_Shdr, sh_info)), be);
	}
	*ret = n;
	return NULL;
}

static struct vs_err *read_headers(struct elf_image *e)
{
	const unsigned char *h = e->map;
	bool is64, be;
	uint64_t phoff, phentsize, n, type, n_load = 0;
	size_t min;
	char tmp[16];
	struct vs_err *err;

	if (e->size < EI_NIDENT)
		return vs_err_create(VS_ERR_FORMAT, "cut in its ELF header: %" PRIu64
				     " bytes, expected 64", e->size);
	if ((h[EI_CLASS] != ELFCLASS64 && h[EI_CLASS] != ELFCLASS32) ||
	    (h[EI_DATA] != ELFDATA2LSB && h[EI_DATA] != ELFDATA2MSB))
		return vs_err_create(VS_ERR_FORMAT,
			"broken ELF header: class %u (expected 1 or 2), byte order %u (expected 1 or 2)",
			h[EI_CLASS], h[EI_DATA]);
	is64 = h[EI_CLASS] == ELFCLASS64;
	be = e->img.big_endian = h[EI_DATA] == ELFDATA2MSB;
	min = is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	if (e->size < min)
		return vs_err_create(VS_ERR_FORMAT, "cut in its ELF header: %" PRIu64
				     " bytes, expected %zu", e->size, min);
	type = vs_load16(h + offsetof(Elf64_Ehdr, e_type), be);
	if (type != ET_CORE)
		return vs_err_create(VS_ERR_FORMAT,
			"an ELF file, but no dump: e_type is %" PRIu64 ", expected 4 (core)", type);
	e->img.machine = vs_load16(h + offsetof(Elf64_Ehdr, e_machine), be);
	phoff = is64 ? vs_load64(h + offsetof(Elf64_Ehdr, e_phoff), be) :
		vs_load32(h + offsetof(Elf32_Ehdr, e_phoff), be);
	phentsize = vs_load16(h + (is64 ? offsetof(Elf64_Ehdr, e_phentsize) :
				   offsetof(Elf32_Ehdr, e_phentsize)), be);
	min = is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	err = count_phdrs(e, is64, &n);
	if (err)
		return err;
	if (phentsize < min)
		return vs_err_create(VS_ERR_FORMAT,
			"broken ELF header: program headers of %" PRIu64 " bytes, expected %zu",
			phentsize, min);
	if (!n)
		return vs_err_create(VS_ERR_FORMAT, "no program headers: nothing of memory is in it");
	if (phoff > e->size || n > (e->size - phoff) / phentsize)
		return vs_err_create(VS_ERR_FORMAT,
			"cut in its program headers: %" PRIu64 " of them at offset %" PRIu64
			" do not fit into %" PRIu64 " bytes", n, phoff, e->size);
	if (!vs_vec_reserve(&e->segs, n))
		return &vs_enomem;
	for (uint64_t i = 0; i < n; i++) {
		struct phdr ph;

		load_phdr(h + phoff + i * phentsize, is64, be, &ph);
		if (ph.type == PT_NOTE)
			err = take_notes(e, &ph);
		else if (ph.type == PT_LOAD)
			n_load++, err = take_load(e, &ph);
		if (err)
			return err;
	}
	if (!e->segs.n)
		return vs_err_create(VS_ERR_FORMAT,
			"%" PRIu64 " program headers, but none is a PT_LOAD with a physical address", n);
	if (asprintf(&e->img.what, "ELF%d vmcore, %s endian, %s, %" PRIu64 " PT_LOAD",
		     is64 ? 64 : 32, be ? "big" : "little",
		     vs_machine_name(e->img.machine, tmp), n_load) < 0) {
		e->img.what = NULL;
		return &vs_enomem;
	}
	return NULL;
}

static struct vs_err *tell_ranges(struct elf_image *e)
{
	e->img.ranges = calloc(e->segs.n, sizeof(*e->img.ranges));
	if (!e->img.ranges)
		return &vs_enomem;
	for (size_t i = 0; i < e->segs.n; i++) {
		const struct seg *s = &e->segs.v[i];

		e->img.ranges[i] = (struct vs_phys_range){ s->start, s->end, s->file_end - s->start };
	}
	e->img.n_ranges = e->segs.n;
	return NULL;
}

static struct vs_err *elf_open(const struct vs_source *src, size_t n, struct vs_out *out,
			       struct vs_image **ret)
{
	struct elf_image *e;
	struct vs_err *err;
	void *map;

	(void)out;
	if (n > 1)
		return vs_err_create(VS_ERR_FORMAT, "an ELF dump is one file; %s is one too many", src[1].path);
	e = calloc(1, sizeof(*e));
	if (!e)
		return &vs_enomem;
	e->img.ops = &elf_ops;
	e->img.dump_level = -1;
	e->img.file_size = e->size = src->size;
	e->img.path = strdup(src->path);
	map = e->img.path ? mmap(NULL, src->size, PROT_READ, MAP_PRIVATE, src->fd, 0) : MAP_FAILED;
	if (map == MAP_FAILED) {
		err = e->img.path ? vs_err_os(errno, "cannot map it") : &vs_enomem;
		vs_image_destroy(&e->img);
		return err;
	}
	e->map = map;
	err = read_headers(e);
	if (!err)
		err = flatten(e);
	if (!err)
		err = tell_ranges(e);
	if (err) {
		vs_image_destroy(&e->img);
		return err;
	}
	*ret = &e->img;
	return NULL;
}

const struct vs_probe vs_probe_elf = { is_elf, elf_open };
