// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every member of a structure, from its type, with what its value means: flags
 * and symbols by name, pointers to VMAs by their range, files by their path.
 */
#include "mm/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/number.h"
#include "kernel/kernel.h"
#include "mm/mm.h"
#include "space/vmflags.h"

#define MAX_SIZE	(64 * 1024)
#define MAX_DEPTH	8
#define MAX_LIST	64	/* elements of an array that are shown */

struct teller {
	struct vs_kernel *k;
	struct vs_files *files;
	struct vs_record *r;
	const unsigned char *raw;
	size_t got;		/* bytes from the start that are there */
};

/* What the numbers of these members are; all others are told by their type. */
enum meaning { PAGES = 1, BYTES, ADDRESS, FLAGS, PROT, PGOFF, RB, OWNER };

static const struct {
	const char *member;	/* the last name of the path */
	enum meaning meaning;
} meanings[] = {
	{ "vm_start", ADDRESS }, { "vm_end", ADDRESS },
	{ "vm_flags", FLAGS }, { "__vm_flags", FLAGS }, { "def_flags", FLAGS },
	{ "pgprot", PROT },
	{ "vm_pgoff", PGOFF },
	{ "rb_subtree_gap", BYTES }, { "pgtables_bytes", BYTES },
	{ "__rb_parent_color", RB },
	{ "owner", OWNER },
	{ "mmap_base", ADDRESS }, { "mmap_legacy_base", ADDRESS },
	{ "mmap_compat_base", ADDRESS }, { "mmap_compat_legacy_base", ADDRESS },
	{ "task_size", ADDRESS }, { "highest_vm_end", ADDRESS },
	{ "start_code", ADDRESS }, { "end_code", ADDRESS },
	{ "start_data", ADDRESS }, { "end_data", ADDRESS },
	{ "start_brk", ADDRESS }, { "brk", ADDRESS }, { "start_stack", ADDRESS },
	{ "arg_start", ADDRESS }, { "arg_end", ADDRESS },
	{ "env_start", ADDRESS }, { "env_end", ADDRESS },
	{ "total_vm", PAGES }, { "locked_vm", PAGES }, { "pinned_vm", PAGES },
	{ "data_vm", PAGES }, { "exec_vm", PAGES }, { "stack_vm", PAGES }, { "shared_vm", PAGES },
	{ "hiwater_rss", PAGES }, { "hiwater_vm", PAGES }, { "hugetlb_usage", PAGES },
};

static enum meaning meaning_of(const char *path)
{
	const char *last = strrchr(path, '.');

	last = last ? last + 1 : path;
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (!strcmp(meanings[i].member, last))
			return meanings[i].meaning;
	return 0;
}

static void put_vma_range(struct teller *t, struct vs_buf *b, uint64_t addr)
{
	struct vs_vma v = { .addr = addr };

	if (!vs_vma_addr_ok(t->k, addr)) {
		vs_buf_puts(b, "not a kernel pointer");
		return;
	}
	vs_vma_read(t->k, addr, &v);
	if (v.absent) {
		vs_buf_printf(b, "%s", vs_from_name(v.from));
		return;
	}
	vs_buf_hex(b, v.start, 8);
	vs_buf_putc(b, '-');
	vs_buf_hex(b, v.end, 8);
}

static void put_task(struct teller *t, struct vs_buf *b, uint64_t addr)
{
	char comm[16] = "";
	uint64_t pid;

	if (vs_kmem_uint(&t->k->mem, addr + (uint64_t)t->k->layout.task.pid.off, 4, &pid) &&
	    vs_from_ok(vs_kmem_read(&t->k->mem, addr + (uint64_t)t->k->layout.task.comm.off, comm,
				    sizeof(comm) - 1, NULL)))
		vs_buf_printf(b, "pid %d (%s)", (int)pid, comm);
}

static struct vs_err *tell_pointer(struct teller *t, const char *path, const struct vs_type *target,
				   uint64_t v, struct vs_buf *b)
{
	char sym[160];
	const char *last = strrchr(path, '.');
	const char *tag = target && target->name ? target->name : "";

	last = last ? last + 1 : path;
	if (!v) {
		vs_buf_puts(b, "NULL");
		return NULL;
	}
	if (vs_kernel_symbolize(t->k, v, sym, sizeof(sym))) {
		vs_buf_puts(b, sym);
		return NULL;
	}
	if (!strcmp(tag, "struct vm_area_struct")) {
		put_vma_range(t, b, v);
	} else if (!strcmp(last, "rb_left") || !strcmp(last, "rb_right") || !strcmp(last, "rb_node")) {
		// rb nodes of other trees (i_mmap) lie elsewhere in the VMA
		if (vs_has(t->k->layout.vma.vm_rb) && (!strncmp(path, "vm_rb", 5) || !strncmp(path, "mm_rb", 5))) {
			uint64_t vma = v - (uint64_t)t->k->layout.vma.vm_rb.off;

			vs_buf_printf(b, "vma %#" PRIx64 " ", vma);
			put_vma_range(t, b, vma);
		}
	} else if (!strcmp(tag, "struct file")) {
		uint32_t i;
		struct vs_err *err = vs_files_fact(t->files, t->k, v, &i);

		if (err)
			return err;
		if (t->files->facts.v[i].path)
			vs_buf_put(b, t->files->facts.v[i].path, t->files->facts.v[i].path_len);
		else if (t->files->facts.v[i].problem)
			vs_buf_puts(b, t->files->facts.v[i].problem);
	} else if (!strcmp(tag, "struct task_struct")) {
		put_task(t, b, v);
	}
	return NULL;
}

static void tell_meaning(struct teller *t, enum meaning m, uint64_t v, struct vs_record_field *f,
			 struct vs_buf *b)
{
	const unsigned int shift = t->k->mem.target.page_shift;
	char size[VS_HUMAN_MAX];

	switch (m) {
	case ADDRESS:
		f->fmt = VS_REC_HEX;
		break;
	case FLAGS:
		f->fmt = VS_REC_HEX;
		vs_vmflags_names(b, v);
		if (v) {
			vs_buf_puts(b, " (");
			vs_vmflags_letters(b, v);
			vs_buf_putc(b, ')');
		}
		break;
	case PROT:
		f->fmt = VS_REC_HEX;
		if (t->k->mem.arch->prot_words)
			t->k->mem.arch->prot_words(v, b);
		break;
	case PGOFF:
		f->fmt = VS_REC_HEX;
		vs_buf_printf(b, "byte %#" PRIx64 " of the file, or an anonymous mapping's own numbering",
			      v << shift);
		break;
	case BYTES:
		f->fmt = VS_REC_DEC;
		if (v >= 1024)
			vs_buf_puts(b, vs_human(size, v));
		break;
	case PAGES:
		f->fmt = VS_REC_DEC;
		vs_buf_printf(b, "pages, %s", vs_human(size, v << shift));
		break;
	case OWNER:
		// of a sleeping lock: a task_struct, with flags in its low bits
		f->fmt = VS_REC_HEX;
		if (v & ~UINT64_C(7))
			put_task(t, b, v & ~UINT64_C(7));
		if (v & 7)
			vs_buf_printf(b, ", flags %u", (unsigned int)(v & 7));
		break;
	case RB:
		f->fmt = VS_REC_HEX;
		vs_buf_puts(b, v & 1 ? "black" : "red");
		if (v & 2)
			vs_buf_puts(b, ", bit 1 set (damaged)");
		if (!(v & ~UINT64_C(3)))
			vs_buf_puts(b, ", no parent: the root");
		else if (!strncmp(f->name, "vm_rb", 5) && vs_has(t->k->layout.vma.vm_rb)) {
			uint64_t vma = (v & ~UINT64_C(3)) - (uint64_t)t->k->layout.vma.vm_rb.off;

			vs_buf_printf(b, ", parent vma %#" PRIx64 " ", vma);
			put_vma_range(t, b, vma);
		}
		break;
	}
}

static const char *enumerator(struct teller *t, const struct vs_type *type, uint64_t v)
{
	int64_t sv = vs_sign_extend(v, (unsigned int)type->size);
	struct vs_err *err = vs_type_complete(t->k->types, type);

	if (err) {
		vs_err_free(err);
		return NULL;
	}
	for (size_t i = 0; i < type->n_enums; i++)
		if (type->enums[i].value == sv)
			return type->enums[i].name;
	return NULL;
}

static struct vs_err *tell_scalar(struct teller *t, const char *path, const char *spelled,
				  const struct vs_type *type, uint64_t bit_offset, uint32_t bits)
{
	_cleanup_buf_ struct vs_buf words = VS_BUF_INIT;
	uint64_t off = bit_offset / 8;
	struct vs_record_field *f = vs_record_add(t->r, path, spelled, (int64_t)off);
	enum meaning m = meaning_of(path);
	struct vs_err *err = NULL;
	const char *e;

	if (!f)
		return &vs_enomem;
	if ((bits ? (bit_offset + bits + 7) / 8 : off + type->size) > t->got) {
		f->absent = true;
		return NULL;
	}
	f->value = bits ? vs_load_bits(t->raw, bit_offset, bits, t->k->mem.target.big_endian) :
		vs_load(t->raw + off, (unsigned int)type->size, t->k->mem.target.big_endian);
	switch (type->kind) {
	case VS_KIND_PTR:
		f->fmt = VS_REC_HEX;
		err = tell_pointer(t, path, type->target, f->value, &words);
		break;
	case VS_KIND_ENUM:
		f->fmt = VS_REC_DEC;
		e = enumerator(t, type, f->value);
		if (e)
			vs_buf_puts(&words, e);
		break;
	case VS_KIND_BOOL:
		f->fmt = VS_REC_DEC;
		vs_buf_puts(&words, f->value ? "true" : "false");
		break;
	default:
		if (m) {
			tell_meaning(t, m, f->value, f, &words);
		} else if (type->is_signed) {
			f->fmt = VS_REC_SDEC;
			f->value = bits ? f->value : (uint64_t)vs_sign_extend(f->value, (unsigned int)type->size);
		} else {
			f->fmt = f->value > 0xffff && type->size == 8 ? VS_REC_HEX : VS_REC_DEC;
		}
	}
	if (err)
		return err;
	if (words.len) {
		f->words = vs_buf_steal(&words);
		if (!f->words)
			return &vs_enomem;
	}
	return NULL;
}

/* An array on one line: text for characters, else the numbers. */
static struct vs_err *tell_array(struct teller *t, const char *path, const char *spelled,
				 const struct vs_type *type, uint64_t off)
{
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;
	const struct vs_type *el = type->target;
	struct vs_record_field *f = vs_record_add(t->r, path, spelled, (int64_t)off);

	if (!f)
		return &vs_enomem;
	f->fmt = VS_REC_LIST;
	if (off + type->size > t->got) {
		f->absent = true;
		return NULL;
	}
	if (el->kind == VS_KIND_CHAR && el->size == 1) {
		vs_buf_putc(&b, '"');
		vs_buf_put_clean(&b, (const char *)t->raw + off, strnlen((const char *)t->raw + off, type->n_elem));
		vs_buf_putc(&b, '"');
	} else {
		vs_buf_putc(&b, '[');
		for (uint64_t i = 0; i < type->n_elem && i < MAX_LIST; i++) {
			uint64_t v = vs_load(t->raw + off + i * el->size, (unsigned int)el->size,
					     t->k->mem.target.big_endian);

			vs_buf_printf(&b, v > 0xffff ? "%s%#" PRIx64 : "%s%" PRIu64, i ? ", " : "", v);
		}
		vs_buf_puts(&b, type->n_elem > MAX_LIST ? ", ...]" : "]");
	}
	f->words = vs_buf_steal(&b);
	return f->words ? NULL : &vs_enomem;
}

/* The word of a spinlock in its several shapes says one thing. */
static bool is_spinlock(const struct vs_type *type)
{
	static const char *const names[] = {
		"struct qspinlock", "arch_spinlock_t", "raw_spinlock_t", "spinlock_t",
		"struct raw_spinlock", "struct spinlock",
	};

	for (size_t i = 0; type->name && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(type->name, names[i]))
			return type->size == 4;
	return false;
}

static struct vs_err *tell_spinlock(struct teller *t, const char *path, const char *spelled,
				    const struct vs_type *type, uint64_t off)
{
	struct vs_record_field *f = vs_record_add(t->r, path, spelled, (int64_t)off);

	if (!f)
		return &vs_enomem;
	f->fmt = VS_REC_HEX;
	f->absent = off + type->size > t->got;
	if (f->absent)
		return NULL;
	f->value = vs_load32(t->raw + off, t->k->mem.target.big_endian);
	f->words = strdup(f->value ? "held or contended" : "unlocked");
	return f->words ? NULL : &vs_enomem;
}

static struct vs_err *tell(struct teller *t, const char *path, const struct vs_type *type,
			   uint64_t bit_offset, uint32_t bits, unsigned int depth)
{
	char spelled[128], sub[256];
	struct vs_err *err;

	vs_type_spell(type, spelled, sizeof(spelled));
	if (type->kind == VS_KIND_ARRAY) {
		const struct vs_type *el = type->target;

		if (!type->n_elem || !el || bit_offset % 8)
			return NULL;	// a flexible array: how long it is only its owner knows
		if (el->kind != VS_KIND_STRUCT && el->kind != VS_KIND_UNION && el->kind != VS_KIND_ARRAY)
			return tell_array(t, path, spelled, type, bit_offset / 8);
		for (uint64_t i = 0; i < type->n_elem && i < MAX_LIST && depth < MAX_DEPTH; i++) {
			snprintf(sub, sizeof(sub), "%s[%" PRIu64 "]", path, i);
			err = tell(t, sub, el, bit_offset + i * el->size * 8, 0, depth + 1);
			if (err)
				return err;
		}
		return NULL;
	}
	if (type->kind != VS_KIND_STRUCT && type->kind != VS_KIND_UNION)
		return tell_scalar(t, path, spelled, type, bit_offset, bits);
	if (is_spinlock(type))
		return tell_spinlock(t, path, spelled, type, bit_offset / 8);
	err = vs_type_complete(t->k->types, type);
	if (err || depth >= MAX_DEPTH)
		return err;
	for (size_t i = 0; !err && i < type->n_members; i++) {
		const struct vs_type_member *m = &type->members[i];
		// atomic_t and its like: the one member says nothing more
		bool plain = *path && type->n_members == 1 && m->name && m->type->kind == VS_KIND_INT;

		if (plain && meaning_of(m->name) == 0)
			snprintf(sub, sizeof(sub), "%s", path);
		else if (!m->name)
			snprintf(sub, sizeof(sub), "%s", path);
		else
			snprintf(sub, sizeof(sub), "%s%s%s", path, *path ? "." : "", m->name);
		err = tell(t, sub, m->type, bit_offset + m->bit_offset, m->bits, depth + 1);
	}
	return err;
}

struct vs_err *vs_record_read(struct vs_kernel *k, struct vs_files *files, const struct vs_type *type,
			      uint64_t addr, struct vs_record *ret)
{
	_cleanup_free_ unsigned char *raw = NULL;
	struct teller t = { .k = k, .files = files, .r = ret };
	enum vs_from from;

	*ret = (struct vs_record){ .addr = addr, .size = type->size };
	ret->kind = strdup(strncmp(type->name, "struct ", 7) ? type->name : type->name + 7);
	if (type->size > MAX_SIZE)
		return vs_err_create(VS_ERR_FORMAT, "%s of %" PRIu64 " bytes", type->name, type->size);
	raw = malloc(type->size);
	if (!raw || !ret->kind)
		return &vs_enomem;
	from = vs_kmem_read(&k->mem, addr, raw, type->size, &t.got);
	if (!t.got)
		return vs_err_create(VS_ERR_ABSENT, "%s at %#" PRIx64 ": %s", type->name, addr,
				     vs_from_name(from));
	t.raw = raw;
	ret->from = (uint8_t)from;
	return tell(&t, "", type, 0, 0, 0);
}
