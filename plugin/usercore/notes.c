// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The notes of a process core: fs/binfmt_elf.c: fill_note_info(). Structures are
 * taken apart by offset; class and machine decide where things are.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/map.h"
#include "usercore/usercore.h"

#define MIPS_ABI2 0x20	/* e_flags: n32 */

bool vs_core_regs_of(uint16_t machine, bool is64, uint32_t e_flags, struct vs_core_regs *ret)
{
	// elf_gregset_t of each: arch/*/include/uapi/asm/ptrace.h
	static const struct {
		uint16_t machine;
		bool is64;
		struct vs_core_regs r;
	} regs[] = {
		{ EM_X86_64, true, { 8, 19, 16, UINT64_MAX } },
		{ EM_X86_64, false, { 8, 19, 16, UINT32_MAX } },	// x32
		{ EM_386, false, { 4, 15, 12, UINT32_MAX } },
		{ EM_AARCH64, true, { 8, 31, 32, UINT64_MAX } },
		{ EM_ARM, false, { 4, 13, 15, UINT32_MAX } },
		{ EM_RISCV, true, { 8, 2, 0, UINT64_MAX } },
		{ EM_RISCV, false, { 4, 2, 0, UINT32_MAX } },
		{ EM_PPC64, true, { 8, 1, 32, UINT64_MAX } },
		{ EM_PPC, false, { 4, 1, 32, UINT32_MAX } },
		{ EM_S390, true, { 8, 17, 1, UINT64_MAX } },	// psw mask, psw address, r0 ...
		{ EM_S390, false, { 4, 17, 1, 0x7fffffff } },
		{ EM_MIPS, true, { 8, 29, 34, UINT64_MAX } },
		{ EM_MIPS, false, { 4, 35, 40, UINT32_MAX } },	// o32 has 6 words before
		{ 258 /* LoongArch */, true, { 8, 3, 33, UINT64_MAX } },
	};

	if (machine == EM_MIPS && !is64 && e_flags & MIPS_ABI2) {
		*ret = (struct vs_core_regs){ 8, 29, 34, UINT32_MAX };
		return true;
	}
	for (size_t i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
		if (regs[i].machine == machine && regs[i].is64 == is64) {
			*ret = regs[i].r;
			return true;
		}
	return false;
}

static uint64_t word_at(const struct vs_usercore *u, const unsigned char *p)
{
	return u->f->is64 ? vs_load64(p, u->f->big_endian) : vs_load32(p, u->f->big_endian);
}

/* struct elf_prstatus: what differs is the word, which moves pr_pid and pr_reg. */
static struct vs_err *take_prstatus(struct vs_usercore *u, const struct vs_note *n)
{
	const bool be = u->f->big_endian, is64 = u->f->is64;
	const size_t pid = is64 ? 32 : 24, reg = is64 ? 112 : 72;
	const size_t flags = is64 ? offsetof(Elf64_Ehdr, e_flags) : offsetof(Elf32_Ehdr, e_flags);
	struct vs_core_thread *t;
	struct vs_core_regs r;

	if (n->desc_len < pid + 4) {
		u->core.notes_broken = true;
		return NULL;
	}
	t = vs_vec_push(&u->core.threads);
	if (!t)
		return &vs_enomem;
	*t = (struct vs_core_thread){ .sp_vma = VS_NONE, .pc_vma = VS_NONE };
	t->sig = (int16_t)vs_load16(n->desc + 12, be);
	t->tid = (int32_t)vs_load32(n->desc + pid, be);
	if (!vs_core_regs_of(u->core.machine, is64, vs_load32(u->f->map + flags, be), &r) ||
	    n->desc_len < reg + (size_t)(r.sp > r.pc ? r.sp + 1 : r.pc + 1) * r.size)
		return NULL;
	t->has_regs = true;
	t->sp = vs_load(n->desc + reg + (size_t)r.sp * r.size, r.size, be);
	t->pc = vs_load(n->desc + reg + (size_t)r.pc * r.size, r.size, be) & r.pc_mask;
	return NULL;
}

/* struct elf_prpsinfo: 136 bytes with 64 bits, else 124, or 128 where uid_t has 32 bits. */
static void take_psinfo(struct vs_usercore *u, const struct vs_note *n)
{
	const bool be = u->f->big_endian;
	const size_t at = n->desc_len - 96;	// pr_fname and pr_psargs stand at the end
	struct vs_core *c = &u->core;

	if (n->desc_len != 136 && n->desc_len != 124 && n->desc_len != 128) {
		c->notes_broken = true;
		return;
	}
	c->has_psinfo = true;
	c->pid = (int32_t)vs_load32(n->desc + at - 16, be);
	c->ppid = (int32_t)vs_load32(n->desc + at - 12, be);
	memcpy(c->comm, n->desc + at, 16);
	memcpy(c->args, n->desc + at + 16, 80);
	for (size_t i = strlen(c->args); i && c->args[i - 1] == ' '; i--)
		c->args[i - 1] = 0;
}

static void take_siginfo(struct vs_usercore *u, const struct vs_note *n)
{
	const bool be = u->f->big_endian, mips = u->core.machine == EM_MIPS;
	const size_t fields = u->f->is64 ? 16 : 12;
	struct vs_core *c = &u->core;

	if (n->desc_len < 32) {
		c->notes_broken = true;
		return;
	}
	if (c->has_siginfo)	// createdump and gcore may have one a thread
		return;
	c->has_siginfo = true;
	c->sig_no = (int32_t)vs_load32(n->desc, be);
	c->sig_code = (int32_t)vs_load32(n->desc + (mips ? 4 : 8), be);
	c->sig_addr = word_at(u, n->desc + fields);
	c->sig_pid = (int32_t)vs_load32(n->desc + fields, be);
	c->sig_uid = (int32_t)vs_load32(n->desc + fields + 4, be);
}

static void take_auxv(struct vs_usercore *u, const struct vs_note *n)
{
	const size_t w = u->f->is64 ? 8 : 4;
	struct vs_core_aux *a = &u->core.aux;

	u->core.has_auxv = true;
	for (size_t i = 0; i + 2 * w <= n->desc_len; i += 2 * w) {
		uint64_t v = word_at(u, n->desc + i + w);

		switch (word_at(u, n->desc + i)) {
		case AT_NULL:
			return;
		case AT_PHDR:
			a->phdr = v, a->has_phdr = v;
			break;
		case AT_PHENT:
			a->phent = v;
			break;
		case AT_PHNUM:
			a->phnum = v;
			break;
		case AT_PAGESZ:
			a->pagesz = v;
			break;
		case AT_BASE:
			a->base = v, a->has_base = v;
			break;
		case AT_ENTRY:
			a->entry = v, a->has_entry = v;
			break;
		case AT_RANDOM:
			a->random = v, a->has_random = v;
			break;
		case AT_EXECFN:
			a->execfn = v, a->has_execfn = v;
			break;
		case AT_SYSINFO_EHDR:
			a->vdso = v, a->has_vdso = v;
			break;
		}
	}
}

/* --- NT_FILE: count, page size, count times start, end, offset; then the names --- */

struct file_note {
	const unsigned char *v;		/* the triples */
	const char *names, *end;
	uint64_t n, unit;
	size_t w;
};

/* Does @p n make sense with words of @p w bytes? MIPS has 8 in its 32-bit cores. */
static bool file_note_fits(const struct vs_note *n, size_t w, bool be, struct file_note *ret)
{
	uint64_t names = 0;

	if (n->desc_len < 2 * w)
		return false;
	ret->w = w;
	ret->n = vs_load(n->desc, (unsigned int)w, be);
	ret->unit = vs_load(n->desc + w, (unsigned int)w, be);
	if (!ret->unit || ret->n > (n->desc_len - 2 * w) / (3 * w))
		return false;
	ret->v = n->desc + 2 * w;
	ret->names = (const char *)ret->v + ret->n * 3 * w;
	ret->end = (const char *)n->desc + n->desc_len;
	for (const char *p = ret->names; p < ret->end && names < ret->n; names++) {
		const char *nul = memchr(p, 0, (size_t)(ret->end - p));

		if (!nul)
			break;
		p = nul + 1;
	}
	return names == ret->n;
}

static uint64_t hash_of(const char *s, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* The fact of a path, made if it is new; VS_NONE without memory. */
static uint32_t fact_of(struct vs_usercore *u, struct vs_map *by_hash, const char *path, size_t len)
{
	uint64_t h = hash_of(path, len);
	uint32_t i = vs_map_get(by_hash, h);
	struct vs_fact *f;

	if (i != VS_MAP_NONE && u->facts.v[i].path_len == len && !memcmp(u->facts.v[i].path, path, len))
		return i;
	f = vs_vec_push(&u->facts);
	if (!f)
		return VS_NONE;
	*f = (struct vs_fact){ .file = u->facts.n, .path = strndup(path, len), .path_len = len };
	if (!f->path) {
		u->facts.n--;
		return VS_NONE;
	}
	if (i == VS_MAP_NONE && !vs_map_set(by_hash, h, (uint32_t)u->facts.n - 1))
		return VS_NONE;
	return (uint32_t)u->facts.n - 1;
}

static int cmp_file(const void *pa, const void *pb)
{
	const struct vs_core_file *a = pa, *b = pb;

	return a->start < b->start ? -1 : a->start > b->start;
}

static struct vs_err *take_file(struct vs_usercore *u, const struct vs_note *n)
{
	const bool be = u->f->big_endian;
	struct vs_map by_hash = { 0 };
	struct file_note fn;
	bool ok = true;
	const char *name;

	if (!file_note_fits(n, u->f->is64 ? 8 : 4, be, &fn) && (u->f->is64 || !file_note_fits(n, 8, be, &fn))) {
		u->core.file_broken = true;
		return NULL;
	}
	if (!fn.n && !u->f->is64 && n->desc_len > 8) {	// big endian MIPS: the upper half of the count
		struct file_note wide;

		if (file_note_fits(n, 8, be, &wide))
			fn = wide;
	}
	u->core.has_file = true;
	u->file_by_bytes = fn.unit == 1;
	name = fn.names;
	ok = vs_vec_reserve(&u->files, fn.n ? fn.n : 1);
	for (uint64_t i = 0; ok && i < fn.n; i++) {
		const unsigned char *p = fn.v + i * 3 * fn.w;
		const size_t len = strlen(name);	// its end has been seen to be there
		struct vs_core_file f = {
			.start = vs_load(p, (unsigned int)fn.w, be),
			.end = vs_load(p + fn.w, (unsigned int)fn.w, be),
			.off = vs_load(p + 2 * fn.w, (unsigned int)fn.w, be) * fn.unit,
			.fact = fact_of(u, &by_hash, name, len),
		};

		ok = f.fact != VS_NONE;
		u->files.v[u->files.n++] = f;
		name += len + 1;
	}
	vs_map_deinit(&by_hash);
	if (!ok)
		return &vs_enomem;
	for (size_t i = 1; i < u->files.n; i++)
		if (u->files.v[i].start < u->files.v[i - 1].start) {
			qsort(u->files.v, u->files.n, sizeof(*u->files.v), cmp_file);
			break;
		}
	return NULL;
}

/* --- all of them --- */

/* Does a note of this segment reach out of it? vs_notes_parse() has just stopped there. */
static bool is_broken(const unsigned char *p, uint64_t len, bool be)
{
	uint64_t pos = 0;

	while (len - pos >= 12) {
		uint64_t namesz = vs_load32(p + pos, be), descsz = vs_load32(p + pos + 4, be);
		uint64_t desc = pos + 12 + ((namesz + 3) & ~UINT64_C(3));

		if (!namesz && !descsz)
			return false;
		if (desc > len || descsz > len - desc)
			return true;
		pos = desc + ((descsz + 3) & ~UINT64_C(3));
		if (pos >= len)
			return false;
	}
	return false;
}

static void look_at_segments(struct vs_usercore *u)
{
	for (uint64_t i = 0; i < u->f->phnum; i++) {
		struct vs_segment s;
		uint64_t have;

		vs_elf_segment(u->f, i, &s);
		if (s.type != PT_NOTE)
			continue;
		have = s.off < u->f->size ? u->f->size - s.off : 0;
		if (have < s.filesz)
			u->core.notes_cut += s.filesz - have;
		else if (is_broken(u->f->map + s.off, s.filesz, u->f->big_endian))
			u->core.notes_broken = true;
	}
}

static bool is_named(const struct vs_note *n, const char *name)
{
	return n->name_len == strlen(name) && !memcmp(n->name, name, n->name_len);
}

struct vs_err *vs_core_read_notes(struct vs_usercore *u)
{
	struct vs_err *err = NULL;
	size_t n_core = 0;

	look_at_segments(u);
	for (size_t i = 0; !err && i < u->img->n_notes; i++) {
		const struct vs_note *n = &u->img->notes[i];

		u->gdb_note |= is_named(n, "GDB");
		if (!is_named(n, "CORE"))
			continue;
		if (n_core < sizeof(u->first_notes))
			u->first_notes[n_core++] = n->type > 255 ? 255 : (uint8_t)n->type;
		switch (n->type) {
		case NT_PRSTATUS:
			err = take_prstatus(u, n);
			break;
		case NT_PRPSINFO:
			take_psinfo(u, n);
			break;
		case NT_SIGINFO:
			take_siginfo(u, n);
			break;
		case NT_AUXV:
			take_auxv(u, n);
			break;
		case NT_FILE:
			if (!u->core.has_file)
				err = take_file(u, n);
			break;
		}
	}
	return err;
}
