// SPDX-License-Identifier: GPL-2.0-or-later
/* info and show, where the dump is the core of a process. */
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/number.h"
#include "base/out.h"
#include "cmd/core.h"
#include "image/probe.h"
#include "render/core.h"
#include "render/crash.h"
#include "render/json.h"
#include "render/maps.h"
#include "render/record.h"

/* Bits by name, "0x13 (anonymous private, ...)". */
static void put_filter(struct vs_buf *b, uint32_t bits)
{
	static const char *const names[] = {
		"anonymous private", "anonymous shared", "file private", "file shared", "ELF headers", "hugetlb private",
		"hugetlb shared", "DAX private", "DAX shared",
	};
	const char *sep = "";

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (bits >> i & 1) {
			vs_buf_printf(b, "%s%u %s", sep, i, names[i]);
			sep = ", ";
		}
	if (!*sep)
		vs_buf_puts(b, "none");
}

static bool say_filter(const struct vs_core *c, struct vs_record *r)
{
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;
	// the default of all kernels since 2.6.28 but for what is not decided
	const bool standard = (c->filter_on & ~0x33u) == 0 && (c->filter_off & 0x33u) == 0;

	if (c->producer != VS_BY_KERNEL)
		return true;
	vs_buf_puts(&b, "set: ");
	put_filter(&b, c->filter_on);
	vs_buf_puts(&b, "; clear: ");
	put_filter(&b, c->filter_off);
	vs_buf_puts(&b, standard ? "; the others nothing tells: it may be the default, 0x33" :
		    "; the others nothing tells: it was not the default, 0x33");
	return vs_record_say(r, "coredump_filter", "%s", vs_buf_str(&b));
}

static const char *links_words(enum vs_links_end e)
{
	switch (e) {
	case VS_LINKS_NONE:
		return "none: a static program, or its headers are not in the core";
	case VS_LINKS_WHOLE:
		return "whole";
	case VS_LINKS_NOT_YET:
		return "none yet: it died before the dynamic linker was done";
	case VS_LINKS_ABSENT:
		return "in memory that was not dumped";
	case VS_LINKS_CUT:
		return "leads to bytes that are lost";
	case VS_LINKS_CYCLE:
		return "comes back to where it has been";
	case VS_LINKS_WILD:
		return "leads to no mapping";
	default:
		return "does not end";
	}
}

static bool say_sizes(const struct vs_space *s, struct vs_record *r)
{
	const struct vs_core *c = s->core;
	const uint64_t cut = c->needed_size > c->file_size ? c->needed_size - c->file_size : 0;
	char h[4][VS_HUMAN_MAX], n[3][VS_THOUSANDS_MAX];
	uint64_t mapped = 0, held = 0;

	for (size_t i = 0; i < c->vmas.n; i++) {
		mapped += s->vmas.v[i].end > s->vmas.v[i].start ? s->vmas.v[i].end - s->vmas.v[i].start : 0;
		held += c->vmas.v[i].have;
	}
	return vs_record_say(r, "size", "%" PRIu64 " bytes%s", c->file_size, cut ? ", truncated" : "") &&
		(!cut || vs_record_say(r, "missing", "%" PRIu64 " bytes at the end of the file; %s mappings have lost %" PRIu64
				       "%s", cut, vs_thousands(n[0], c->n_cut), c->bytes_cut,
				       c->notes_cut ? ", and notes are lost" : "")) &&
		vs_record_say(r, "memory", "%s mappings of %s; %s in the file, %s of %s mappings left out when it was written",
			      vs_thousands(n[1], s->vmas.n), vs_human(h[0], mapped), vs_human(h[1], held),
			      vs_human(h[2], c->bytes_left_out), vs_thousands(n[2], c->n_left_out));
}

static bool collect(const struct vs_session *s, struct vs_record *r)
{
	const struct vs_space *sp = s->space;
	const struct vs_core *c = sp->core;
	char tmp[16];

	return vs_record_say(r, "dump", "%s", s->core->img->path) &&
		vs_record_say(r, "container", "%s", s->core->img->what) &&
		vs_record_say(r, "written by", "%s (%s)", vs_producer_name(c->producer), c->producer_why) &&
		say_sizes(sp, r) &&
		(!c->kernel || vs_record_say(r, "kernel", "%u.%u.%u by the vdso's note", c->kernel >> 16, c->kernel >> 8 & 255,
					     c->kernel & 255)) &&
		(!c->phnum_promised || vs_record_say(r, "program headers", "%" PRIu64 " of %" PRIu64 " that the header promises%s",
						     c->phnum, c->phnum_promised, c->phnum_wrong ?
						     ": that number is wrong, by where the notes begin" :
						     ": the file is cut within them")) &&
		(!c->phnum_guessed || vs_record_say(r, "mappings", "their number is cut off; where the notes begin tells it")) &&
		(!c->sorted_by_size || vs_record_say(r, "order", "by size, smallest first (core_sort_vma)")) &&
		vs_record_say(r, "machine", "%s, %d bits, %s endian, pages of %" PRIu64 " bytes", vs_machine_name(c->machine, tmp),
			      c->is64 ? 64 : 32, c->big_endian ? "big" : "little", s->core->page) &&
		(!c->has_psinfo || vs_record_say(r, "process", "%s (pid %d, parent %d)", c->comm, c->pid, c->ppid)) &&
		(!*c->args || vs_record_say(r, "arguments", "%s", c->args)) &&
		vs_record_say(r, "threads", "%zu", c->threads.n) &&
		say_filter(c, r) &&
		vs_record_say(r, "link map", "%s, %zu modules", links_words(c->links_end), c->links.n) &&
		vs_record_say(r, "modules", "%zu", c->modules.n);
}

struct vs_err *vs_core_info(struct vs_session *s, const struct vs_args *args, struct vs_out *out, int *status)
{
	const struct vs_text_style style = vs_cmd_style(args, out);
	struct vs_record r = { 0 };
	struct vs_err *err = NULL;

	r.kind = strdup("core");
	if (!r.kind || !collect(s, &r))
		err = &vs_enomem;
	if (!err && args->json) {
		err = vs_json_header(out, "info");
		if (!err)
			err = vs_json_record(out, &r);
		if (!err)
			err = vs_json_crash(out, s->space);
		if (!err)
			err = vs_json_modules(out, s->space);
	} else if (!err) {
		err = vs_render_facts(out, &r);
		if (!err)
			err = vs_render_modules(out, s->space, &style);
		vs_buf_putc(&out->buf, '\n');
		vs_render_crash(&out->buf, s->space, &style);
	}
	vs_record_deinit(&r);
	if (!err && s->core->core.needed_size > s->core->core.file_size)
		*status = VS_STATUS_INCOMPLETE;
	return err;
}

/* --- show --- */

static bool add(struct vs_record *r, const char *name, uint64_t value, const char *words)
{
	return vs_record_say(r, name, "0x%" PRIx64 "%s%s%s", value, words ? " (" : "", words ? words : "", words ? ")" : "");
}

/* A field with how it is known. */
static bool add_known(struct vs_record *r, const struct vs_core_vma *c, enum vs_core_field f, const char *value)
{
	return vs_record_say(r, vs_core_field_name(f), "%s%s%s%s", c->known[f] == VS_UNKNOWN ? "" : value,
			     c->known[f] == VS_KNOWN ? "" : c->known[f] == VS_INFERRED ? " (inferred: " : "unknown: ",
			     c->known[f] == VS_KNOWN ? "" : c->why[f], c->known[f] == VS_INFERRED ? ")" : "");
}

static bool collect_vma(const struct vs_session *s, uint32_t i, struct vs_record *r)
{
	const struct vs_vma *v = &s->space->vmas.v[i];
	const struct vs_core_vma *c = &s->core->core.vmas.v[i];
	_cleanup_buf_ struct vs_buf name = VS_BUF_INIT;
	char perms[5], off[24];
	struct vs_segment ph;

	vs_render_core_name(&name, s->space, i);
	vs_text_perms(perms, v->flags);
	snprintf(off, sizeof(off), "0x%" PRIx64, v->pgoff << s->space->page_shift);
	if (c->segment != UINT64_MAX) {
		vs_elf_segment(s->core->f, c->segment, &ph);
		if (!vs_record_say(r, "program header", "%" PRIu64, c->segment) ||
		    !add(r, "p_vaddr", ph.vaddr, NULL) || !add(r, "p_memsz", ph.memsz, NULL) ||
		    !add(r, "p_filesz", ph.filesz, c->left_out) ||
		    !add(r, "p_offset", ph.off, c->have < c->filesz ? "the file ends before all of it" : NULL) ||
		    !add(r, "p_flags", ph.flags, NULL) || !add(r, "p_align", ph.align, NULL))
			return false;
	}
	perms[3] = 0;
	if (!add_known(r, c, VS_CF_PERMS, perms) ||
	    !add_known(r, c, VS_CF_SHARED, v->flags & VS_VM_MAYSHARE ? "shared" : "private") ||
	    (v->file && !add_known(r, c, VS_CF_OFFSET, off)) || !add_known(r, c, VS_CF_PATH, vs_buf_str(&name)))
		return false;
	return vs_record_say(r, "device, inode", "unknown: a core does not hold them");
}

struct vs_err *vs_core_show(struct vs_session *s, const struct vs_args *args, struct vs_out *out, int *status)
{
	const uint32_t i = vs_core_find(s->space, args->addr);
	struct vs_record r = { 0 };
	struct vs_err *err = NULL;

	if (i == VS_NONE)
		return vs_err_create(VS_ERR_NOT_FOUND, "%#" PRIx64 " is in no mapping of this core; see find", args->addr);
	r.kind = strdup("mapping");
	if (!r.kind || !collect_vma(s, i, &r))
		err = &vs_enomem;
	if (!err && args->json) {
		err = vs_json_header(out, "show");
		if (!err)
			err = vs_json_record(out, &r);
	} else if (!err) {
		vs_render_maps_line(&out->buf, s->space, &s->space->vmas.v[i], i, true);
		vs_buf_putc(&out->buf, '\n');
		err = vs_render_facts(out, &r);
	}
	vs_record_deinit(&r);
	(void)status;
	return err;
}
