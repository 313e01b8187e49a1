// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ELF vmcores: /proc/vmcore and its copies, QEMU's dump-guest-memory plain and
 * with paging. The file is mapped, never copied. Program headers are read by
 * our own hand: libelf wants an e_ehsize and section headers that make sense,
 * and QEMU writes 8 and 2 there.
 *
 * A process core is read by the same hand; its addresses are p_vaddr.
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "base/vec.h"
#include "image/probe.h"

/* A piece of physical memory in the file; pieces do not overlap. */
struct seg {
	uint64_t start, end;	/* physical, end exclusive */
	uint64_t off;		/* of start, in the file */
	enum vs_from from;	/* FILE, TRUNCATED: promised, but the file ends before, EXCLUDED: never written */
};

struct segs {
	struct seg *v;		/* sorted by start */
	size_t n, cap;
};

struct elf_image {
	struct vs_image img;
	struct vs_elf_file f;
	uint64_t n_broken;	/* program headers with sizes that cannot be */
	const unsigned char *map;
	uint64_t size;
	struct segs segs;
	const struct vs_extents *written;	/* while it is opened: vs_source */
};

static bool is_elf(const unsigned char *head, size_t len)
{
	return len >= SELFMAG && !memcmp(head, ELFMAG, SELFMAG);
}

void vs_elf_segment(const struct vs_elf_file *f, uint64_t i, struct vs_segment *ret)
{
	const unsigned char *p = f->map + f->phoff + i * f->phentsize;
	const bool be = f->big_endian;

	if (f->is64) {
		ret->type = vs_load32(p + offsetof(Elf64_Phdr, p_type), be);
		ret->flags = vs_load32(p + offsetof(Elf64_Phdr, p_flags), be);
		ret->off = vs_load64(p + offsetof(Elf64_Phdr, p_offset), be);
		ret->vaddr = vs_load64(p + offsetof(Elf64_Phdr, p_vaddr), be);
		ret->paddr = vs_load64(p + offsetof(Elf64_Phdr, p_paddr), be);
		ret->filesz = vs_load64(p + offsetof(Elf64_Phdr, p_filesz), be);
		ret->memsz = vs_load64(p + offsetof(Elf64_Phdr, p_memsz), be);
		ret->align = vs_load64(p + offsetof(Elf64_Phdr, p_align), be);
	} else {
		ret->type = vs_load32(p + offsetof(Elf32_Phdr, p_type), be);
		ret->flags = vs_load32(p + offsetof(Elf32_Phdr, p_flags), be);
		ret->off = vs_load32(p + offsetof(Elf32_Phdr, p_offset), be);
		ret->vaddr = vs_load32(p + offsetof(Elf32_Phdr, p_vaddr), be);
		ret->paddr = vs_load32(p + offsetof(Elf32_Phdr, p_paddr), be);
		ret->filesz = vs_load32(p + offsetof(Elf32_Phdr, p_filesz), be);
		ret->memsz = vs_load32(p + offsetof(Elf32_Phdr, p_memsz), be);
		ret->align = vs_load32(p + offsetof(Elf32_Phdr, p_align), be);
	}
}

static struct vs_err *take_notes(struct elf_image *e, const struct vs_segment *ph)
{
	uint64_t end = ph->off + ph->filesz;

	if (end > e->size || end < ph->off)
		end = e->size;
	return end > ph->off ? vs_notes_parse(&e->img, e->map + ph->off, end - ph->off) : NULL;
}

static int cmp_seg(const void *a, const void *b)
{
	const struct seg *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->off < y->off ? -1 : x->off > y->off;
}

static void sort(struct segs *s)
{
	for (size_t i = 1; i < s->n; i++)
		if (cmp_seg(&s->v[i], &s->v[i - 1]) < 0) {
			qsort(s->v, s->n, sizeof(*s->v), cmp_seg);
			return;
		}
}

/* Add to @p out, which is sorted, what of @p in from @p from it does not cover; @p in is sorted. */
static bool lay(struct segs *out, const struct segs *in, enum vs_from from)
{
	const size_t n = out->n;
	uint64_t done = 0;	// @p in overlaps itself
	size_t o = 0;

	for (size_t i = 0; i < in->n; i++) {
		struct seg cur = in->v[i];
		uint64_t at = cur.start > done ? cur.start : done;

		while (cur.from == from && at < cur.end) {
			uint64_t stop = cur.end;
			struct seg *s;

			while (o < n && out->v[o].end <= at)
				o++;
			if (o < n && out->v[o].start <= at) {
				at = out->v[o].end;
				continue;
			}
			if (o < n && out->v[o].start < stop)
				stop = out->v[o].start;
			s = vs_vec_push(out);
			if (!s)
				return false;
			*s = (struct seg){ at, stop, cur.off + (at - cur.start), from };
			at = stop;
		}
		if (cur.from == from && cur.end > done)
			done = cur.end;
	}
	sort(out);
	return true;
}

/*
 * Sort the pieces and cut overlaps away. QEMU with paging=true writes one
 * segment for each run of the page tables, so that the same memory stands in
 * many of them (65,784 on a 5.10 guest); /proc/vmcore has the kernel's image
 * twice. All copies were taken from the same memory; the first one is used, but
 * bytes in the file go before bytes that are not.
 */
static struct vs_err *flatten(struct elf_image *e)
{
	static const enum vs_from order[] = { VS_FROM_FILE, VS_FROM_TRUNCATED, VS_FROM_EXCLUDED };
	struct segs out = { 0 };
	bool ok = true;

	sort(&e->segs);
	for (size_t i = 0; ok && i < 3; i++)
		ok = lay(&out, &e->segs, order[i]);
	free(e->segs.v);
	e->segs = out;
	return ok ? NULL : &vs_enomem;
}

static void want(struct elf_image *e, uint64_t off, uint64_t len)
{
	uint64_t need = off + len < off ? UINT64_MAX : off + len;

	if (len && need > e->img.needed_size)
		e->img.needed_size = need;
}

static bool add(struct elf_image *e, uint64_t start, uint64_t end, uint64_t off, enum vs_from from)
{
	struct seg *s = start < end ? vs_vec_push(&e->segs) : NULL;

	if (s)
		*s = (struct seg){ start, end, off, from };
	return s || start >= end;
}

static struct vs_err *take_load(struct elf_image *e, const struct vs_segment *ph)
{
	const bool process = e->img.kind == VS_IMAGE_PROCESS;
	uint64_t addr = process ? ph->vaddr : ph->paddr;
	uint64_t mem = ph->memsz > ph->filesz ? ph->memsz : ph->filesz;
	uint64_t have = 0;

	if (process)	// whatever its address: the bytes are wanted
		want(e, ph->off, ph->filesz);
	// p_paddr of all ones: /proc/kcore and old kernels for "no physical address"
	if (!mem || addr == UINT64_MAX)
		return NULL;
	if (addr + mem < addr) {	// what is in the file may be right all the same
		e->n_broken++;
		mem = ph->filesz;
		if (!mem || addr + mem < addr)
			return NULL;
	}
	want(e, ph->off, ph->filesz);
	if (ph->off < e->size)
		have = ph->filesz < e->size - ph->off ? ph->filesz : e->size - ph->off;
	have = vs_extents_from(e->written, ph->off, have);
	// p_memsz past p_filesz: the dumper left it out, it did not record zeros
	if (!add(e, addr, addr + have, ph->off, VS_FROM_FILE) ||
	    !add(e, addr + have, addr + ph->filesz, 0, VS_FROM_TRUNCATED) ||
	    !add(e, addr + ph->filesz, addr + mem, 0, VS_FROM_EXCLUDED))
		return &vs_enomem;
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
	} else {
		ret->addr = s->start;
		ret->len = s->end - s->start;
		ret->from = s->from;
		ret->data = s->from == VS_FROM_FILE ? e->map + s->off : NULL;
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

static void elf_count(struct vs_image *img, uint64_t bytes[VS_FROM_COUNT])
{
	const struct elf_image *e = (const struct elf_image *)img;

	for (size_t i = 0; i < e->segs.n; i++)
		bytes[e->segs.v[i].from] += e->segs.v[i].end - e->segs.v[i].start;
}

static const struct vs_image_ops elf_ops = {
	.name = "ELF",
	.run = elf_run,
	.count = elf_count,
	.destroy = elf_destroy,
};

static bool has_note(const struct elf_image *e, const char *name, const uint32_t *types, size_t n)
{
	for (size_t i = 0; i < e->img.n_notes; i++) {
		const struct vs_note *note = &e->img.notes[i];

		if (note->name_len != strlen(name) || memcmp(note->name, name, note->name_len))
			continue;
		for (size_t t = 0; t < n; t++)
			if (note->type == types[t])
				return true;
		if (!n)
			return true;
	}
	return false;
}

/*
 * A core of a process, or of a machine? Notes tell; a core without any (those of
 * gcore stand at its end, and are the first thing to be cut off) has no physical
 * addresses, which a machine's must have.
 */
static bool is_process(const struct elf_image *e)
{
	static const uint32_t kernel[] = { 4 /* NT_TASKSTRUCT: /proc/kcore */ };
	static const uint32_t process[] = { NT_PRPSINFO, NT_AUXV, NT_FILE, NT_SIGINFO };
	uint64_t loads = 0;

	if (has_note(e, "VMCOREINFO", NULL, 0) || has_note(e, "QEMU", NULL, 0) || has_note(e, "CORE", kernel, 1))
		return false;
	if (has_note(e, "CORE", process, 4))
		return true;
	for (uint64_t i = 0; i < e->f.phnum; i++) {
		struct vs_segment s;

		vs_elf_segment(&e->f, i, &s);
		if (s.type != PT_LOAD)
			continue;
		if (s.paddr)
			return false;
		loads += s.vaddr != 0;
	}
	return loads > 0;
}

/* Kernels write the notes right behind the program headers: so many there must be. */
static bool count_by_notes(const struct elf_image *e, uint64_t *ret)
{
	struct vs_segment first;

	if (e->f.phoff > e->size || !e->f.phentsize || e->size - e->f.phoff < e->f.phentsize)
		return false;
	vs_elf_segment(&e->f, 0, &first);
	if (first.type != PT_NOTE || first.off <= e->f.phoff || (first.off - e->f.phoff) % e->f.phentsize)
		return false;
	*ret = (first.off - e->f.phoff) / e->f.phentsize;
	return true;
}

/*
 * Program headers that are not in the file. If the notes begin within it the number is
 * wrong, not the file cut; else what is left of a process core is read.
 */
static struct vs_err *fit_phdrs(struct elf_image *e)
{
	const uint64_t fit = e->f.phoff > e->size ? 0 : (e->size - e->f.phoff) / e->f.phentsize;
	uint64_t n = e->f.phnum;

	if (n <= fit)
		return NULL;
	e->f.phnum_promised = n;
	if (count_by_notes(e, &n) && n <= fit) {
		e->f.phnum_wrong = true;
		e->f.phnum = n;
		return NULL;
	}
	if (fit >= 2) {
		e->f.phnum = fit;
		return NULL;
	}
	return vs_err_create(VS_ERR_FORMAT,
		"cut in its program headers: %" PRIu64 " of them at offset %" PRIu64
		" do not fit into %" PRIu64 " bytes", e->f.phnum_promised, e->f.phoff, e->size);
}

/*
 * How many program headers: past 65,534 of them the count is in section header 0.
 * The kernel writes that one behind everything else, so that a cut core has lost
 * it; then the notes tell, which begin right behind the program headers.
 */
static struct vs_err *count_phdrs(struct elf_image *e)
{
	const size_t shentsize = e->f.is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	const bool be = e->f.big_endian, is64 = e->f.is64;
	uint64_t shoff;

	shoff = is64 ? vs_load64(e->map + offsetof(Elf64_Ehdr, e_shoff), be) :
		vs_load32(e->map + offsetof(Elf32_Ehdr, e_shoff), be);
	e->f.shnum = vs_load16(e->map + (is64 ? offsetof(Elf64_Ehdr, e_shnum) :
					 offsetof(Elf32_Ehdr, e_shnum)), be);
	e->f.phnum = vs_load16(e->map + (is64 ? offsetof(Elf64_Ehdr, e_phnum) :
					 offsetof(Elf32_Ehdr, e_phnum)), be);
	if (e->f.phnum != PN_XNUM)
		return NULL;
	if (shoff <= e->size && e->size - shoff >= shentsize) {
		e->f.phnum = vs_load32(e->map + shoff + (is64 ? offsetof(Elf64_Shdr, sh_info) :
							 offsetof(Elf32_Shdr, sh_info)), be);
		return NULL;
	}
	if (count_by_notes(e, &e->f.phnum)) {
		e->f.phnum_guessed = true;
		return NULL;
	}
	return vs_err_create(VS_ERR_FORMAT,
			     "more than 65,534 program headers, but section header 0 with their number, at %#" PRIx64
			     ", is not in the file (%" PRIu64 " bytes)", shoff, e->size);
}

/* Section headers stand at the very end: of gcore's cores, and one of the kernel's for PN_XNUM. */
static void want_sections(struct elf_image *e)
{
	const bool be = e->f.big_endian, is64 = e->f.is64;
	uint64_t shoff = is64 ? vs_load64(e->map + offsetof(Elf64_Ehdr, e_shoff), be) :
		vs_load32(e->map + offsetof(Elf32_Ehdr, e_shoff), be);
	uint64_t size = vs_load16(e->map + (is64 ? offsetof(Elf64_Ehdr, e_shentsize) :
					    offsetof(Elf32_Ehdr, e_shentsize)), be);

	if (shoff && e->f.shnum)
		want(e, shoff, e->f.shnum * size);
}

/* Where the program headers are. */
static struct vs_err *read_header(struct elf_image *e)
{
	const unsigned char *h = e->map;
	bool is64, be;
	uint64_t type;
	size_t min;
	struct vs_err *err;

	if (e->size < EI_NIDENT)
		return vs_err_create(VS_ERR_FORMAT, "cut in its ELF header: %" PRIu64
				     " bytes, expected 64", e->size);
	if ((h[EI_CLASS] != ELFCLASS64 && h[EI_CLASS] != ELFCLASS32) ||
	    (h[EI_DATA] != ELFDATA2LSB && h[EI_DATA] != ELFDATA2MSB))
		return vs_err_create(VS_ERR_FORMAT,
			"broken ELF header: class %u (expected 1 or 2), byte order %u (expected 1 or 2)",
			h[EI_CLASS], h[EI_DATA]);
	is64 = e->f.is64 = h[EI_CLASS] == ELFCLASS64;
	be = e->f.big_endian = e->img.big_endian = h[EI_DATA] == ELFDATA2MSB;
	e->f.map = e->map;
	e->f.size = e->size;
	min = is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	if (e->size < min)
		return vs_err_create(VS_ERR_FORMAT, "cut in its ELF header: %" PRIu64
				     " bytes, expected %zu", e->size, min);
	type = vs_load16(h + offsetof(Elf64_Ehdr, e_type), be);
	if (type != ET_CORE)
		return vs_err_create(VS_ERR_FORMAT,
			"an ELF file, but no dump: e_type is %" PRIu64 ", expected 4 (core)", type);
	e->img.machine = vs_load16(h + offsetof(Elf64_Ehdr, e_machine), be);
	e->f.phoff = is64 ? vs_load64(h + offsetof(Elf64_Ehdr, e_phoff), be) :
		vs_load32(h + offsetof(Elf32_Ehdr, e_phoff), be);
	e->f.phentsize = vs_load16(h + (is64 ? offsetof(Elf64_Ehdr, e_phentsize) :
					offsetof(Elf32_Ehdr, e_phentsize)), be);
	min = is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	if (e->f.phentsize < min)
		return vs_err_create(VS_ERR_FORMAT,
			"broken ELF header: program headers of %" PRIu64 " bytes, expected %zu",
			e->f.phentsize, min);
	err = count_phdrs(e);
	if (err)
		return err;
	if (!e->f.phnum)
		return vs_err_create(VS_ERR_FORMAT, "no program headers: nothing of memory is in it");
	if (e->f.phoff < (is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return vs_err_create(VS_ERR_FORMAT, "broken ELF header: its program headers begin at %" PRIu64
				     ", in the header itself", e->f.phoff);
	return fit_phdrs(e);
}

static struct vs_err *read_headers(struct elf_image *e)
{
	struct vs_err *err = read_header(e);
	struct vs_segment ph;
	uint64_t n_load = 0;
	bool process;
	char tmp[16];

	for (uint64_t i = 0; !err && i < e->f.phnum; i++) {
		vs_elf_segment(&e->f, i, &ph);
		if (ph.type == PT_NOTE)
			err = take_notes(e, &ph);
	}
	if (err)
		return err;
	process = is_process(e);
	if (!process && e->f.phnum_promised)
		return vs_err_create(VS_ERR_FORMAT,
			"cut in its program headers: %" PRIu64 " of them at offset %" PRIu64
			" do not fit into %" PRIu64 " bytes", e->f.phnum_promised, e->f.phoff, e->size);
	e->img.kind = process ? VS_IMAGE_PROCESS : VS_IMAGE_KERNEL;
	e->img.elf = process ? &e->f : NULL;
	if (!vs_vec_reserve(&e->segs, e->f.phnum))
		return &vs_enomem;
	for (uint64_t i = 0; i < e->f.phnum; i++) {
		vs_elf_segment(&e->f, i, &ph);
		if (process && ph.type == PT_NOTE)
			want(e, ph.off, ph.filesz);
		if (ph.type != PT_LOAD)
			continue;
		n_load++;
		err = take_load(e, &ph);
		if (err)
			return err;
	}
	if (process)
		want_sections(e);
	if (!e->segs.n)
		return vs_err_create(VS_ERR_FORMAT, process ?
			"%" PRIu64 " program headers, but none is a PT_LOAD with memory" :
			"%" PRIu64 " program headers, but none is a PT_LOAD with a physical address", e->f.phnum);
	if (asprintf(&e->img.what, "ELF%d %s, %s endian, %s, %" PRIu64 " PT_LOAD",
		     e->f.is64 ? 64 : 32, process ? "process core" : "vmcore",
		     e->f.big_endian ? "big" : "little",
		     vs_machine_name(e->img.machine, tmp), n_load) < 0) {
		e->img.what = NULL;
		return &vs_enomem;
	}
	return NULL;
}

static struct vs_err *tell_ranges(struct elf_image *e)
{
	size_t n = 0;

	e->img.ranges = calloc(e->segs.n, sizeof(*e->img.ranges));
	if (!e->img.ranges)
		return &vs_enomem;
	for (size_t i = 0; i < e->segs.n; i++) {
		const struct seg *s = &e->segs.v[i];
		uint64_t held = s->from == VS_FROM_FILE ? s->end - s->start : 0;
		struct vs_phys_range *r = n ? &e->img.ranges[n - 1] : NULL;

		if (r && r->end == s->start) {
			r->end = s->end;
			r->in_file += held;
		} else {
			e->img.ranges[n++] = (struct vs_phys_range){ s->start, s->end, held };
		}
	}
	e->img.n_ranges = n;
	return NULL;
}

static struct vs_err *elf_open(const struct vs_source *src, size_t n, struct vs_out *out,
			       struct vs_image **ret)
{
	struct elf_image *e;
	struct vs_err *err;
	struct statfs fs;
	void *map;

	if (n > 1)
		return vs_err_create(VS_ERR_FORMAT, "an ELF dump is one file; %s is one too many", src[1].path);
	if (!fstatfs(src->fd, &fs) && fs.f_type == PROC_SUPER_MAGIC)
		return vs_kcore_open(src, ret);
	e = calloc(1, sizeof(*e));
	if (!e)
		return &vs_enomem;
	e->img.ops = &elf_ops;
	e->img.dump_level = -1;
	e->img.file_size = e->size = src->size;
	e->written = src->written;
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
	if (e->n_broken)
		vs_out_say(out, "%s: %" PRIu64 " of its program headers lead past the end of any address space", src->path,
			   e->n_broken);
	*ret = &e->img;
	return NULL;
}

const struct vs_probe vs_probe_elf = { is_elf, elf_open };
