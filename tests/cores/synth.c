// SPDX-License-Identifier: GPL-2.0-or-later
#include "synth.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "usercore/usercore.h"

#define MAX_VMAS 16

struct vma {
	uint64_t start, size;
	uint32_t flags;
	const char *path;
	uint64_t off;		/* in that file */
	bool dumped;
	unsigned char *bytes;	/* of one page, if any */
	uint64_t at;		/* in the core */
};

struct builder {
	struct synth *s;
	struct vma v[MAX_VMAS];
	unsigned int n, w;
	unsigned char *notes;
	size_t notes_len;
};

enum { EXE_R, EXE_X, EXE_W, HEAP, LIB_R, LIB_X, GUARD, THREAD, VVAR, VDSO, STACK };

static void put(const struct synth *s, void *to, uint64_t v, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		((unsigned char *)to)[s->big_endian ? size - 1 - i : i] = (unsigned char)(v >> 8 * i);
}

static unsigned char *room(struct synth *s, size_t at, size_t len)
{
	if (at + len > s->cap) {
		size_t cap = (at + len) * 2;
		unsigned char *p = realloc(s->data, cap);

		if (!p)
			abort();
		memset(p + s->cap, 0, cap - s->cap);
		s->data = p;
		s->cap = cap;
	}
	if (at + len > s->size)
		s->size = at + len;
	return s->data + at;
}

/* --- the process --- */

static struct vma *vma(struct builder *b, uint64_t start, unsigned int pages, uint32_t flags, const char *path,
		       unsigned int off, bool dumped)
{
	struct vma *v = &b->v[b->n++];

	*v = (struct vma){ start, (uint64_t)pages * b->s->page, flags, path, (uint64_t)off * b->s->page, dumped };
	v->bytes = calloc(1, b->s->page);
	return v;
}

static void set_word(struct builder *b, unsigned int i, uint64_t addr, uint64_t value)
{
	put(b->s, b->v[i].bytes + (addr - b->v[i].start), value, b->w);
}

/* An ELF header with two or three program headers and a build-id. */
static void put_elf(struct builder *b, unsigned int i, uint64_t vaddr, uint64_t filesz, uint64_t dynamic)
{
	struct synth *s = b->s;
	unsigned char *p = b->v[i].bytes;
	const bool is64 = s->is64;
	const size_t ehsize = is64 ? 64 : 52, phsize = is64 ? 56 : 32;
	const struct { uint32_t type; uint64_t off, vaddr, size; } ph[] = {
		{ PT_PHDR, ehsize, vaddr + ehsize, 4 * phsize }, { PT_LOAD, 0, vaddr, filesz },
		{ PT_NOTE, 512, vaddr + 512, 36 }, { PT_DYNAMIC, dynamic - b->v[i].start, vaddr + (dynamic - b->v[i].start), 4 * b->w },
	};

	memcpy(p, ELFMAG, SELFMAG);
	p[EI_CLASS] = is64 ? ELFCLASS64 : ELFCLASS32;
	p[EI_DATA] = s->big_endian ? ELFDATA2MSB : ELFDATA2LSB;
	put(s, p + 16, ET_DYN, 2);
	put(s, p + (is64 ? 32 : 28), ehsize, b->w);
	put(s, p + (is64 ? 54 : 42), phsize, 2);
	put(s, p + (is64 ? 56 : 44), dynamic ? 4 : 3, 2);
	for (int k = 0; k < 4; k++) {
		unsigned char *h = p + ehsize + (size_t)k * phsize;

		put(s, h, ph[k].type, 4);
		put(s, h + (is64 ? 8 : 4), ph[k].off, b->w);
		put(s, h + (is64 ? 16 : 8), ph[k].vaddr, b->w);
		put(s, h + (is64 ? 32 : 16), ph[k].size, b->w);
		put(s, h + (is64 ? 40 : 20), ph[k].size, b->w);
		put(s, h + (is64 ? 48 : 28), 4, b->w);
	}
	put(s, p + 512, 4, 4);
	put(s, p + 516, 20, 4);
	put(s, p + 520, 3, 4);
	memcpy(p + 524, "GNU", 4);
	memset(p + 528, (int)(0xa0 + i), 20);
}

static void make_process(struct builder *b)
{
	struct synth *s = b->s;
	const uint64_t P = s->page, exe = s->is64 ? 0x555555550000 : 0x56550000;
	const uint64_t lib = s->is64 ? 0x7f0000000000 : 0x70000000, stack = s->is64 ? 0x7ffd00000000 : 0x7ffd0000;
	const bool kernel = s->producer == VS_BY_KERNEL, all = kernel || s->producer == VS_BY_QEMU;
	uint64_t dyn, debug, map;

	vma(b, exe, 1, PF_R, "/bin/made", 0, true);
	vma(b, exe + P, 2, PF_R | PF_X, "/bin/made", 1, !all);
	vma(b, exe + 3 * P, 1, PF_R | PF_W, "/bin/made", 3, true);
	vma(b, exe + 16 * P, 4, PF_R | PF_W, NULL, 0, true);
	vma(b, lib, 1, PF_R, "/lib/libmade.so", 0, true);
	vma(b, lib + P, 3, PF_R | PF_X, "/lib/libmade.so", 1, !all);
	vma(b, lib + 8 * P, 1, 0, NULL, 0, false);
	vma(b, lib + 9 * P, 4, PF_R | PF_W, NULL, 0, true);
	vma(b, lib + 20 * P, 4, PF_R, NULL, 0, true);
	vma(b, lib + 24 * P, 1, PF_R | PF_X, NULL, 0, true);
	vma(b, stack, 4, PF_R | PF_W, NULL, 0, true);

	put_elf(b, EXE_R, 0, 4 * P, exe + 3 * P);
	put_elf(b, LIB_R, 0, 4 * P, 0);
	put_elf(b, VDSO, 0, P, 0);
	dyn = exe + 3 * P;
	debug = exe + 3 * P + 256;
	map = exe + 16 * P;
	set_word(b, EXE_W, dyn, DT_DEBUG);
	set_word(b, EXE_W, dyn + b->w, debug);
	set_word(b, EXE_W, debug, 1);
	set_word(b, EXE_W, debug + b->w, map);
	// the program, then its library
	set_word(b, HEAP, map, exe);
	set_word(b, HEAP, map + b->w, map + 512);
	set_word(b, HEAP, map + 2 * b->w, dyn);
	set_word(b, HEAP, map + 3 * b->w, map + 128);
	set_word(b, HEAP, map + 128, lib);
	set_word(b, HEAP, map + 128 + b->w, map + 600);
	set_word(b, HEAP, map + 128 + 2 * b->w, lib + 700);
	if (s->defect == LINKS_CYCLE)
		set_word(b, HEAP, map + 128 + 3 * b->w, map);
	if (s->defect == LINKS_WILD)
		set_word(b, HEAP, map + 128 + 3 * b->w, 0x1230);
	strcpy((char *)b->v[HEAP].bytes + 600, "/lib/libmade.so");
	memset(b->v[STACK].bytes + 128, 0x5a, 16);
	strcpy((char *)b->v[STACK].bytes + 256, "/bin/made");
	memset(b->v[THREAD].bytes, 1, 64);

	s->sp[0] = stack + 2 * P + 16;
	s->sp[1] = lib + 10 * P + 32;
	s->pc[0] = exe + P + 0x40;
	s->pc[1] = lib + P + 0x80;
	if (s->defect == SP_LOST)
		s->sp[0] = s->sp[1] = lib + 15 * P;
}

/* --- notes --- */

static unsigned char *note(struct builder *b, const char *owner, uint32_t type, size_t len)
{
	const size_t name = strlen(owner) + 1, name_pad = (name + 3) & ~(size_t)3;
	const size_t all = 12 + name_pad + ((len + 3) & ~(size_t)3);
	unsigned char *p = realloc(b->notes, b->notes_len + all);

	if (!p)
		abort();
	b->notes = p;
	p += b->notes_len;
	memset(p, 0, all);
	put(b->s, p, name, 4);
	put(b->s, p + 4, b->s->defect == NOTE_TOO_LONG && type == NT_PRPSINFO ? 0x100000 : len, 4);
	put(b->s, p + 8, type, 4);
	memcpy(p + 12, owner, name);
	b->notes_len += all;
	return p + 12 + name_pad;
}

static void note_thread(struct builder *b, unsigned int t)
{
	struct synth *s = b->s;
	const size_t reg = s->is64 ? 112 : 72;
	struct vs_core_regs r = { .size = 4 };
	unsigned char *p;

	if (s->defect == NO_THREADS)
		return;
	p = note(b, "CORE", NT_PRSTATUS, reg + 48 * 8);
	put(s, p + 12, t ? 0 : 11, 2);
	put(s, p + (s->is64 ? 32 : 24), 100 + t, 4);
	if (vs_core_regs_of(s->machine, s->is64, 0, &r)) {
		put(s, p + reg + (size_t)r.sp * r.size, s->sp[t], r.size);
		put(s, p + reg + (size_t)r.pc * r.size, s->pc[t], r.size);
	}
}

static void note_psinfo(struct builder *b)
{
	const size_t len = b->s->is64 ? 136 : 124;
	unsigned char *p = note(b, "CORE", NT_PRPSINFO, len);

	put(b->s, p + len - 112, 100, 4);
	put(b->s, p + len - 108, 1, 4);
	strcpy((char *)p + len - 96, "made");
	strcpy((char *)p + len - 80, "/bin/made up");
}

static void note_siginfo(struct builder *b)
{
	unsigned char *p = note(b, "CORE", NT_SIGINFO, 128);

	put(b->s, p, 11, 4);
	put(b->s, p + (b->s->machine == EM_MIPS ? 4 : 8), 1, 4);
	put(b->s, p + (b->s->is64 ? 16 : 12), 8, b->w);
}

static void note_auxv(struct builder *b)
{
	const uint64_t gone = 0x10000;
	const struct { uint64_t type, v; } a[] = {
		{ AT_PHDR, b->s->defect == PHDR_UNMAPPED ? gone : b->v[EXE_R].start + (b->s->is64 ? 64 : 52) },
		{ AT_PHENT, b->s->is64 ? 56 : 32 }, { AT_PHNUM, 4 }, { AT_PAGESZ, b->s->page },
		{ AT_ENTRY, b->v[EXE_X].start + 16 }, { AT_BASE, b->v[LIB_R].start },
		{ AT_RANDOM, b->v[STACK].start + 128 }, { AT_EXECFN, b->v[STACK].start + 256 },
		{ AT_SYSINFO_EHDR, b->s->producer == VS_BY_QEMU ? 0 : b->v[VDSO].start }, { AT_NULL, 0 },
	};
	const size_t n = sizeof(a) / sizeof(a[0]);
	unsigned char *p = note(b, "CORE", NT_AUXV, n * 2 * b->w);

	for (size_t i = 0; i < n; i++) {
		put(b->s, p + 2 * i * b->w, a[i].type, b->w);
		put(b->s, p + (2 * i + 1) * b->w, a[i].v, b->w);
	}
}

static void note_file(struct builder *b)
{
	const uint64_t unit = b->s->producer == VS_BY_GCORE ? 1 : b->s->page;
	const unsigned int w = b->s->wide_file ? 8 : b->w;
	size_t n = 0, names = 0, k = 0;
	unsigned char *p;
	char *name;

	for (unsigned int i = 0; i < b->n; i++)
		if (b->v[i].path)
			n++, names += strlen(b->v[i].path) + 1;
	p = note(b, "CORE", NT_FILE, (2 + 3 * n) * w + names);
	put(b->s, p, b->s->defect == FILE_COUNT ? n + 1000 : n, w);
	put(b->s, p + w, unit, w);
	name = (char *)p + (2 + 3 * n) * w;
	for (unsigned int i = 0; i < b->n; i++) {
		unsigned char *e = p + (2 + 3 * k) * w;
		const struct vma *v = &b->v[i];

		if (!v->path)
			continue;
		put(b->s, e, v->start, w);
		put(b->s, e + w, v->start + v->size + (b->s->defect == FILE_RANGE && i == LIB_X ? b->s->page : 0), w);
		put(b->s, e + 2 * w, v->off / unit, w);
		strcpy(name, v->path);
		name += strlen(name) + 1;
		k++;
	}
}

static void make_notes(struct builder *b)
{
	switch (b->s->producer) {
	case VS_BY_KERNEL:
		note_thread(b, 0);
		note_psinfo(b);
		note_siginfo(b);
		note_auxv(b);
		note_file(b);
		note_thread(b, 1);
		break;
	case VS_BY_GCORE:
		note_psinfo(b);
		note_thread(b, 0);
		note_thread(b, 1);
		note_siginfo(b);
		note_auxv(b);
		note_file(b);
		memcpy(note(b, "GDB", 0xff000000, 4), "<x>", 4);
		break;
	case VS_BY_QEMU:
		note_thread(b, 0);
		note_psinfo(b);
		note_auxv(b);
		note_thread(b, 1);
		break;
	default:
		note_psinfo(b);
		note_auxv(b);
		note_file(b);
		note_thread(b, 0);
		note_thread(b, 1);
	}
}

/* --- the file --- */

static void put_phdr(struct builder *b, unsigned int i, uint32_t type, uint32_t flags, uint64_t off, uint64_t vaddr,
		     uint64_t filesz, uint64_t memsz, uint64_t align)
{
	struct synth *s = b->s;
	const size_t size = s->is64 ? 56 : 32;
	unsigned char *h = room(s, (s->is64 ? 64 : 52) + i * size, size);

	put(s, h, type, 4);
	put(s, h + (s->is64 ? 4 : 24), flags, 4);
	put(s, h + (s->is64 ? 8 : 4), off, b->w);
	put(s, h + (s->is64 ? 16 : 8), vaddr, b->w);
	put(s, h + (s->is64 ? 32 : 16), filesz, b->w);
	put(s, h + (s->is64 ? 40 : 20), memsz, b->w);
	put(s, h + (s->is64 ? 48 : 28), align, b->w);
}

static void put_load(struct builder *b, unsigned int slot, const struct vma *v, unsigned int i)
{
	const enum defect d = b->s->defect;
	uint64_t start = v->start, size = v->size, filesz = v->dumped ? v->size : 0;
	uint32_t flags = v->flags;

	if (d == MEMSZ_0 && i == GUARD)
		size = 0;
	if (d == WRAPS && i == STACK)
		size = b->s->is64 ? -start + b->s->page * 2 : 0xfffff000;
	if (d == FILESZ_LARGE && i == GUARD)
		filesz = size + b->s->page;
	if (d == MISALIGNED && i == GUARD)
		start += 0x10;
	if (d == OVERLAP && i == HEAP)
		start = b->v[EXE_W].start - b->s->page, size = 20 * b->s->page;
	if (d == ODD_FLAGS && i == HEAP)
		flags |= 0x1000;
	put_phdr(b, slot, PT_LOAD, flags, v->at, start, filesz, size, b->s->producer == VS_BY_GCORE ? 1 : b->s->page);
}

static void make_file(struct builder *b)
{
	struct synth *s = b->s;
	const bool notes_last = s->producer == VS_BY_GCORE;
	const size_t phsize = s->is64 ? 56 : 32, ehsize = s->is64 ? 64 : 52;
	unsigned int n = 0, slot = 1;
	unsigned char *h = room(s, 0, ehsize);
	size_t at;

	for (unsigned int i = 0; i < b->n; i++)
		n += !notes_last || b->v[i].dumped;
	memcpy(h, ELFMAG, SELFMAG);
	h[EI_CLASS] = s->is64 ? ELFCLASS64 : ELFCLASS32;
	h[EI_DATA] = s->big_endian ? ELFDATA2MSB : ELFDATA2LSB;
	h[EI_VERSION] = 1;
	put(s, h + 16, ET_CORE, 2);
	put(s, h + 18, s->machine, 2);
	put(s, h + (s->is64 ? 32 : 28), ehsize, b->w);
	put(s, h + (s->is64 ? 54 : 42), phsize, 2);
	put(s, h + (s->is64 ? 56 : 44), n + 1, 2);
	at = s->headers_end = ehsize + (n + 1) * phsize;
	room(s, 0, at);
	if (!notes_last) {
		memcpy(room(s, at, b->notes_len), b->notes, b->notes_len);
		s->notes = at;
		at += b->notes_len;
		at = (at + s->page - 1) / s->page * s->page;
	}
	for (unsigned int i = 0; i < b->n; i++) {
		struct vma *v = &b->v[i];

		v->at = at;
		if (!v->dumped)
			continue;
		memcpy(room(s, at, v->size), v->bytes, s->page);
		at += v->size;
	}
	if (notes_last) {
		memcpy(room(s, at, b->notes_len), b->notes, b->notes_len);
		s->notes = at;
	}
	s->notes_end = s->notes + b->notes_len;
	put_phdr(b, 0, PT_NOTE, 0, s->notes, 0, b->notes_len, 0, 4);
	for (unsigned int i = 0; i < b->n; i++) {
		unsigned int k = s->defect == SWAPPED && (i == HEAP || i == LIB_R) ? (i == HEAP ? LIB_R : HEAP) : i;

		if (!notes_last || b->v[k].dumped)
			put_load(b, slot++, &b->v[k], k);
	}
	// zeros in the middle of a page, so that nothing ends in them by chance
	s->data[s->size - 1] = notes_last ? s->data[s->size - 1] : 0x77;
}

bool synth_make(struct synth *s)
{
	struct builder b = { .s = s, .w = s->is64 ? 8 : 4 };

	s->data = NULL;
	s->size = s->cap = 0;
	make_process(&b);
	make_notes(&b);
	make_file(&b);
	if (s->defect == CUT_TAIL)
		s->size -= s->page;
	if (s->defect == CUT_NOTES)
		s->size = s->notes + (s->notes_end - s->notes) / 2;
	if (s->defect == ZERO_TAIL)
		memset(s->data + b.v[VVAR].at, 0, s->size - b.v[VVAR].at);
	for (unsigned int i = 0; i < b.n; i++)
		free(b.v[i].bytes);
	free(b.notes);
	return true;
}

void synth_free(struct synth *s)
{
	free(s->data);
	s->data = NULL;
}

static const struct {
	const char *name, *rule;
} defects[N_DEFECTS] = {
	[NO_DEFECT] = { "no defect", NULL },
	[CUT_TAIL] = { "the last page cut off", "core-cut" },
	[CUT_NOTES] = { "cut within its notes", "core-cut" },
	[ZERO_TAIL] = { "a tail of zeros", "core-zeros" },
	[NOTE_TOO_LONG] = { "a note that is too long", "core-notes" },
	[NO_THREADS] = { "no thread", "core-notes" },
	[FILE_COUNT] = { "a wrong count in NT_FILE", "core-notes" },
	[FILE_RANGE] = { "a wrong range in NT_FILE", "core-files" },
	[MEMSZ_0] = { "p_memsz 0", "core-range" },
	[WRAPS] = { "a range that wraps", "core-range" },
	[FILESZ_LARGE] = { "p_filesz above p_memsz", "core-range" },
	[MISALIGNED] = { "p_vaddr not on a page", "core-align" },
	[SWAPPED] = { "two PT_LOADs swapped", "core-order" },
	[OVERLAP] = { "overlapping PT_LOADs", "core-overlap" },
	[ODD_FLAGS] = { "unknown p_flags", "core-flags" },
	[PHDR_UNMAPPED] = { "AT_PHDR in no mapping", "core-auxv" },
	[SP_LOST] = { "every SP in no mapping", "core-sp" },
	[LINKS_CYCLE] = { "a cyclic link map", "core-links" },
	[LINKS_WILD] = { "a link map that leads nowhere", "core-links" },
};

const char *synth_rule(enum defect d)
{
	return defects[d].rule;
}

const char *synth_name(enum defect d)
{
	return defects[d].name;
}
