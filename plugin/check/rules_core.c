// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules of process cores. usercore/ has looked at all bytes that matter; these
 * hold the facts against each other. What the process itself may do (unmap its
 * program, leave its stack) is no damage of the core.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/number.h"
#include "check/ctx.h"

/* A finding about the file as a whole. */
static struct vs_finding *found_file(struct vs_check_ctx *ctx)
{
	struct vs_finding *f = vs_found_mm(ctx, NULL, VS_VAL_NONE, 0);

	if (f) {
		f->object = VS_OBJ_DUMP;
		f->addr = 0;
	}
	return f;
}

void vs_rule_core_cut(struct vs_check_ctx *ctx)
{
	const struct vs_core *c = ctx->s->core;
	char n[3][VS_THOUSANDS_MAX];

	if (c->needed_size > c->file_size) {
		struct vs_finding *f = found_file(ctx);

		if (f) {
			f->member = "size";
			f->fmt = VS_VAL_DEC;
			f->has_seen = true;
			f->seen = c->file_size;
			vs_finding_expect(f, c->needed_size);
		}
		vs_finding_say(ctx, f, "%s bytes are missing: the file has %s of %s%s", vs_thousands(n[0], c->needed_size -
			       c->file_size), vs_thousands(n[1], c->file_size), vs_thousands(n[2], c->needed_size),
			       c->notes_cut ? "; notes among them" : "");
	}
	if (c->phnum_promised && !c->phnum_wrong)
		vs_finding_say(ctx, found_file(ctx), "%s of %s program headers are lost: mappings are missing",
			       vs_thousands(n[0], c->phnum_promised - c->phnum), vs_thousands(n[1], c->phnum_promised));
	for (uint32_t p = 0; c->n_cut && p < ctx->n; p++) {
		const struct vs_core_vma *v = &c->vmas.v[ctx->order[p]];
		struct vs_finding *f;

		if (v->have >= v->filesz)
			continue;
		f = vs_found_vma(ctx, p, "p_filesz", VS_VAL_DEC, v->filesz);
		vs_finding_say(ctx, f, "%s of %s bytes are lost", vs_thousands(n[0], v->filesz - v->have),
			       vs_thousands(n[1], v->filesz));
	}
}

void vs_rule_core_zeros(struct vs_check_ctx *ctx)
{
	const struct vs_core_zero *z = &ctx->s->core->zero;
	char n[VS_THOUSANDS_MAX];

	if (z->vdso_zero || z->stack_zero)
		vs_finding_say(ctx, found_file(ctx), "%s nothing but zeros: the last %s bytes of the file are zeros",
			       z->vdso_zero && z->stack_zero ? "the vdso and the main stack hold" : z->vdso_zero ?
			       "the vdso holds" : "the main stack holds", vs_thousands(n, z->tail));
}

void vs_rule_core_notes(struct vs_check_ctx *ctx)
{
	const struct vs_core *c = ctx->s->core;

	if (c->phnum_wrong)
		vs_finding_say(ctx, found_file(ctx), "the ELF header promises %" PRIu64 " program headers, but the notes begin behind %"
			       PRIu64 " of them", c->phnum_promised, c->phnum);
	if (c->notes_broken)
		vs_finding_say(ctx, found_file(ctx), "a note is larger than its segment, or than its kind can be");
	if (c->file_broken)
		vs_finding_say(ctx, found_file(ctx), "NT_FILE cannot be taken apart: its count or its names do not fit into it");
	if (!c->threads.n && !c->notes_cut)
		vs_finding_say(ctx, found_file(ctx), "there is no NT_PRSTATUS: not one thread");
}

void vs_rule_core_range(struct vs_check_ctx *ctx)
{
	const struct vs_space *s = ctx->s;

	for (uint32_t i = 0; i < s->vmas.n; i++) {
		const struct vs_vma *v = &s->vmas.v[i];
		const struct vs_core_vma *c = &s->core->vmas.v[i];

		if (v->end == v->start)
			vs_finding_say(ctx, vs_found_index(ctx, i, "p_memsz", VS_VAL_DEC, 0), "p_memsz is 0: a mapping of nothing");
		else if (v->end < v->start)
			vs_finding_say(ctx, vs_found_index(ctx, i, "p_memsz", VS_VAL_HEX, v->end - v->start),
				       "p_vaddr + p_memsz is beyond the last address");
		else if (!s->core->is64 && v->end > UINT64_C(1) << 32)
			vs_finding_say(ctx, vs_found_index(ctx, i, "p_memsz", VS_VAL_HEX, v->end - v->start),
				       "p_vaddr + p_memsz is beyond 32 bits");
		else if (c->filesz > v->end - v->start)
			vs_finding_say(ctx, vs_found_index(ctx, i, "p_filesz", VS_VAL_HEX, c->filesz),
				       "p_filesz is larger than p_memsz, 0x%" PRIx64, v->end - v->start);
	}
}

void vs_rule_core_align(struct vs_check_ctx *ctx)
{
	const struct vs_space *s = ctx->s;
	const uint64_t mask = (UINT64_C(1) << s->page_shift) - 1;

	for (uint32_t i = 0; !s->core->by_sections && i < s->vmas.n; i++) {
		const struct vs_vma *v = &s->vmas.v[i];

		if (v->start & mask)
			vs_finding_say(ctx, vs_found_index(ctx, i, "p_vaddr", VS_VAL_HEX, v->start),
				       "p_vaddr is no multiple of the page, %" PRIu64, mask + 1);
		else if (v->end & mask)
			vs_finding_say(ctx, vs_found_index(ctx, i, "p_memsz", VS_VAL_HEX, v->end - v->start),
				       "p_memsz is no multiple of the page, %" PRIu64, mask + 1);
	}
}

void vs_rule_core_order(struct vs_check_ctx *ctx)
{
	const struct vs_space *s = ctx->s;

	for (uint32_t i = 1; !s->core->sorted_by_size && !s->core->by_sections && i < s->core->n_segments; i++)
		if (s->vmas.v[i].start < s->vmas.v[i - 1].start)
			vs_finding_say(ctx, vs_found_index(ctx, i, "p_vaddr", VS_VAL_HEX, s->vmas.v[i].start),
				       "stands behind a PT_LOAD of higher addresses, 0x%" PRIx64, s->vmas.v[i - 1].start);
}

void vs_rule_core_overlap(struct vs_check_ctx *ctx)
{
	uint64_t end = 0;
	uint32_t whose = VS_NONE;

	// .tbss takes no room of its own
	for (uint32_t p = 0; !ctx->s->core->by_sections && p < ctx->n; p++) {
		const struct vs_vma *v = vs_ctx_vma(ctx, p);

		if (whose != VS_NONE && v->start < end) {
			const struct vs_vma *w = vs_ctx_vma(ctx, whose);

			vs_finding_say(ctx, vs_found_vma(ctx, p, "p_vaddr", VS_VAL_HEX, v->start),
				       "begins within %08" PRIx64 "-%08" PRIx64, w->start, w->end);
		}
		if (v->end > end) {
			end = v->end;
			whose = p;
		}
	}
}

void vs_rule_core_flags(struct vs_check_ctx *ctx)
{
	const struct vs_core *c = ctx->s->core;

	if (c->odd_flags)
		vs_finding_say(ctx, found_file(ctx), "%" PRIu64 " PT_LOAD%s bits in p_flags that are none of r, w, x",
			       c->odd_flags, c->odd_flags == 1 ? " has" : "s have");
}

void vs_rule_core_files(struct vs_check_ctx *ctx)
{
	const struct vs_core *c = ctx->s->core;

	for (uint32_t p = 0; p < ctx->n; p++)
		if (c->vmas.v[ctx->order[p]].file_differs)
			vs_finding_say(ctx, vs_found_vma(ctx, p, NULL, VS_VAL_NONE, 0),
				       "NT_FILE has a mapping here that begins or ends elsewhere");
	if (c->n_files_only)
		vs_finding_say(ctx, found_file(ctx), "NT_FILE has %" PRIu64 " mapping%s that no PT_LOAD has; the first at 0x%"
			       PRIx64, c->n_files_only, c->n_files_only == 1 ? "" : "s", c->first_file_only);
}

/* One AT_*: is there a mapping, and does it allow what the kernel needed? */
static void check_aux(struct vs_check_ctx *ctx, const char *name, bool has, uint64_t addr, uint64_t flags, bool note)
{
	uint32_t i = has ? vs_core_find(ctx->s, addr) : VS_NONE;
	struct vs_finding *f = NULL;

	if (!has)
		return;
	if (i == VS_NONE) {
		f = found_file(ctx);
		vs_finding_say(ctx, f, "%s, 0x%" PRIx64 ", is in no mapping", name, addr);
	} else if ((ctx->s->vmas.v[i].flags & flags) != flags) {
		f = vs_found_index(ctx, i, name, VS_VAL_HEX, addr);
		vs_finding_say(ctx, f, "%s, 0x%" PRIx64 ", is in a mapping that cannot be %s", name, addr,
			       flags & VS_VM_EXEC ? "executed" : "read");
		note = true;	// mprotect() may have been called since
	}
	if (f && note)
		f->severity = VS_SEV_NOTE;
}

void vs_rule_core_auxv(struct vs_check_ctx *ctx)
{
	const struct vs_core *c = ctx->s->core;
	const struct vs_core_aux *a = &c->aux;
	const bool all = ctx->s->has & VS_HAS_CORE_ALL;
	// a packed program unmaps what it was started from
	const bool gone = a->has_phdr && a->has_entry && vs_core_find(ctx->s, a->phdr) == VS_NONE &&
		vs_core_find(ctx->s, a->entry) == VS_NONE;

	check_aux(ctx, "AT_PHDR", a->has_phdr, a->phdr, VS_VM_READ, gone || !all);
	check_aux(ctx, "AT_ENTRY", a->has_entry, a->entry, VS_VM_EXEC, gone || !all);
	check_aux(ctx, "AT_BASE", a->has_base, a->base, 0, true);
	check_aux(ctx, "AT_EXECFN", a->has_execfn, a->execfn, VS_VM_READ, true);
	check_aux(ctx, "AT_RANDOM", a->has_random, a->random, VS_VM_READ, true);
	check_aux(ctx, "AT_SYSINFO_EHDR", a->has_vdso, a->vdso, 0, true);
}

/* One thread may have lost its stack, and have died of it. All of them: the mappings are not theirs. */
void vs_rule_core_sp(struct vs_check_ctx *ctx)
{
	const struct vs_core *c = ctx->s->core;
	size_t known = 0, lost = 0;

	for (size_t i = 0; i < c->threads.n; i++) {
		known += c->threads.v[i].has_regs;
		lost += c->threads.v[i].has_regs && c->threads.v[i].sp_vma == VS_NONE;
	}
	for (size_t i = 0; i < c->threads.n; i++) {
		const struct vs_core_thread *t = &c->threads.v[i];
		struct vs_finding *f;

		if (!t->has_regs || (t->sp_vma != VS_NONE && ctx->s->vmas.v[t->sp_vma].flags & VS_VM_WRITE))
			continue;
		f = vs_found_other(ctx, "thread", (uint64_t)(uint32_t)t->tid, "SP", VS_VAL_HEX, t->sp);
		vs_finding_say(ctx, f, "SP of thread %d, 0x%" PRIx64 ", is in %s", t->tid, t->sp,
			       t->sp_vma == VS_NONE ? "no mapping" : "a mapping that cannot be written to");
		if (f && !(known > 1 && lost == known))
			f->severity = VS_SEV_NOTE;
	}
}

void vs_rule_core_links(struct vs_check_ctx *ctx)
{
	const struct vs_core *c = ctx->s->core;
	const char *what = c->links_end == VS_LINKS_CYCLE ? "comes back to a link_map that it has been to" :
		c->links_end == VS_LINKS_WILD ? "leads to no mapping" :
		c->links_end == VS_LINKS_BOUND ? "does not end" : NULL;
	struct vs_finding *f;

	if (what)
		vs_finding_say(ctx, vs_found_other(ctx, "link_map", c->links_at, "l_next", VS_VAL_NONE, 0),
			       "the chain of loaded modules %s, behind %zu of them", what, c->links.n);
	if (c->links_end == VS_LINKS_CUT) {
		f = vs_found_other(ctx, "link_map", c->links_at, "l_next", VS_VAL_NONE, 0);
		vs_finding_say(ctx, f, "the chain of loaded modules leads to bytes that are lost, behind %zu of them",
			       c->links.n);
		if (f)
			f->severity = VS_SEV_INCOMPLETE;
	}
	for (size_t i = 0; i < c->links.n; i++) {
		const struct vs_core_link *l = &c->links.v[i];

		if (l->vma != VS_NONE || !l->l_ld || !(ctx->s->has & VS_HAS_CORE_ALL))
			continue;
		vs_finding_say(ctx, vs_found_other(ctx, "link_map", l->addr, "l_ld", VS_VAL_HEX, l->l_ld),
			       "l_ld of module %zu of the chain, 0x%" PRIx64 ", is in no mapping", i + 1, l->l_ld);
	}
}

static void put_id(char *buf, const uint8_t *id, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf += sprintf(buf, "%02x", id[i]);
	*buf = 0;
}

void vs_rule_core_build(struct vs_check_ctx *ctx)
{
	const struct vs_core *c = ctx->s->core;
	char in_core[130], in_file[130];

	for (size_t i = 0; i < c->modules.n; i++) {
		const struct vs_core_module *m = &c->modules.v[i];
		uint32_t at = vs_core_find(ctx->s, m->base);
		struct vs_finding *f;

		if (m->file == VS_MF_NOT_ASKED || m->file == VS_MF_SAME || at == VS_NONE)
			continue;
		f = vs_found_index(ctx, at, NULL, VS_VAL_NONE, 0);
		put_id(in_core, m->id, m->id_len);
		put_id(in_file, m->file_id, m->file_id_len);
		if (m->file == VS_MF_OTHER)
			vs_finding_say(ctx, f, "%s is another build: build-id %s, in the core %s", m->file_path,
				       m->problem ? m->problem : in_file, m->id_len ? in_core : "none");
		else
			vs_finding_say(ctx, f, "%s cannot be held against it: %s", m->file_path,
				       m->problem ? m->problem : "no build-id");
		if (f && m->file != VS_MF_OTHER)
			f->severity = c->asked_exe && i == c->exe ? VS_SEV_INCOMPLETE : VS_SEV_NOTE;
	}
	if (c->asked_exe && c->exe == VS_NONE) {
		struct vs_finding *f = found_file(ctx);

		vs_finding_say(ctx, f, "which mapping is the program's cannot be told: --exe has nothing to compare with");
		if (f)
			f->severity = VS_SEV_INCOMPLETE;
	}
}

void vs_rule_core_filter(struct vs_check_ctx *ctx)
{
	const struct vs_core *c = ctx->s->core;
	char n[2][VS_THOUSANDS_MAX];

	if (c->n_left_out)
		vs_finding_say(ctx, found_file(ctx), "%s bytes of %s mappings were not written: bits of coredump_filter that are seen to be set 0x%x, clear 0x%x",
			       vs_thousands(n[0], c->bytes_left_out), vs_thousands(n[1], c->n_left_out), c->filter_on,
			       c->filter_off);
}
