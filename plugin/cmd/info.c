// SPDX-License-Identifier: GPL-2.0-or-later
/* info: what the dump is, and where everything that is known of it came from. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/out.h"
#include "cmd/cmds.h"
#include "cmd/core.h"
#include "cmd/session.h"
#include "render/json.h"
#include "render/record.h"

/* What makedumpfile -d leaves out, a bit each; the lowest is for pages of zeros, which are recorded as such. */
static const char *const filters[] = { NULL, "page cache", "private page cache", "user pages", "free pages" };

static bool say_memory(struct vs_record *r, struct vs_image *img, unsigned int shift)
{
	uint64_t n[VS_FROM_COUNT], lost;
	char elsewhere[48] = "", level[200];

	vs_image_count(img, n);
	lost = n[VS_FROM_TRUNCATED] + n[VS_FROM_DAMAGED];
	if (n[VS_FROM_ELSEWHERE])
		snprintf(elsewhere, sizeof(elsewhere), ", %" PRIu64 " in files not given", n[VS_FROM_ELSEWHERE] >> shift);
	if (!vs_record_say(r, "memory", "%" PRIu64 " pages in the file, %" PRIu64 " excluded, %" PRIu64
			   " lost%s, in %zu ranges", (n[VS_FROM_FILE] + n[VS_FROM_ZERO]) >> shift,
			   n[VS_FROM_EXCLUDED] >> shift, lost >> shift, elsewhere, img->n_ranges))
		return false;
	if (img->dump_level < 0 || img->dump_level > 31)
		return vs_record_say(r, "filter", n[VS_FROM_EXCLUDED] ? "something was left out; the container does not tell by which filter" :
				     "none that can be seen");
	level[0] = 0;
	for (int i = 1; i < 5; i++)
		if (img->dump_level >> i & 1)
			snprintf(level + strlen(level), sizeof(level) - strlen(level), "%s%s", *level ? ", " : "", filters[i]);
	return vs_record_say(r, "filter", "-d %d: %s left out%s", img->dump_level, *level ? level : "nothing",
			     img->dump_level & 1 ? ", pages of zeros recorded as such" : "");
}

/* The numbers once more, for machines. */
static struct vs_err *put_facts(struct vs_out *out, struct vs_session *s)
{
	const struct vs_kernel *k = s->k;
	struct vs_image *img = k->img;
	char id[2 * VS_BUILD_ID_MAX + 1];
	uint64_t n[VS_FROM_COUNT];
	struct vs_json *j = vs_json_begin("facts");

	vs_image_count(img, n);
	vs_build_id_str(&k->build_id, id);
	vs_json_str(j, "container", img->ops->name);
	vs_json_str(j, "compression", img->compression);
	vs_json_bool(j, "live", img->live);
	if (img->dump_level >= 0)
		vs_json_int(j, "dump_level", img->dump_level);
	else
		vs_json_null(j, "dump_level");
	vs_json_uint(j, "file_bytes", img->file_size);
	vs_json_uint(j, "file_bytes_missing", img->needed_size > img->file_size ? img->needed_size - img->file_size : 0);
	vs_json_uint(j, "page_bytes", vs_page_size(&k->mem.target));
	vs_json_open_object(j, "pages");
	for (unsigned int from = 0; from < VS_FROM_NOWHERE; from++)
		if (from != VS_FROM_ZERO)	// not told without reading them
			vs_json_uint(j, vs_from_id(from), n[from] >> k->mem.target.page_shift);
	vs_json_close_object(j);
	vs_json_str(j, "release", k->release);
	vs_json_str(j, "build_id", k->build_id.len ? id : NULL);
	vs_json_str(j, "machine", k->mem.arch->name);
	vs_json_bool(j, "big_endian", k->mem.target.big_endian);
	vs_json_str(j, "byte_order_from", k->order_source);
	vs_json_uint(j, "levels", k->mem.pgt.levels);
	vs_json_uint(j, "address_bits", k->mem.pgt.va_bits);
	vs_json_hex(j, "kaslr", k->kaslr);
	vs_json_hex(j, "image_start", k->mem.image_start);
	vs_json_hex(j, "image_end", k->mem.image_end);
	vs_json_hex(j, "image_physical", k->mem.image_pa);
	vs_json_hex(j, "direct_map", k->mem.direct_start);
	vs_json_bool(j, "direct_map_checked", k->direct_checked);
	vs_json_bool(j, "direct_map_bolted", k->direct_bolted);
	vs_json_str(j, "vmcoreinfo", k->vi.source);
	vs_json_str(j, "kaslr_from", k->kaslr_source);
	vs_json_str(j, "direct_map_from", k->direct_source);
	vs_json_str(j, "vmlinux", k->vmlinux ? k->vmlinux->path : NULL);
	vs_json_str(j, "symbols", k->symbols->source);
	vs_json_str(j, "types", k->types->source);
	return vs_json_end(j, out);
}

static bool collect(const struct vs_session *s, struct vs_record *r)
{
	const struct vs_kernel *k = s->k;
	struct vs_image *img = k->img;
	const bool lies = k->mem.target.big_endian != img->big_endian;
	char id[2 * VS_BUILD_ID_MAX + 1], vid[2 * VS_BUILD_ID_MAX + 1];
	uint64_t cut = img->needed_size > img->file_size ? img->needed_size - img->file_size : 0;

	vs_build_id_str(&k->build_id, id);
	if (k->vmlinux)
		vs_build_id_str(&k->vmlinux->build_id, vid);
	return vs_record_say(r, "dump", "%s", img->path) &&
		vs_record_say(r, "container", "%s", img->what) &&
		vs_record_say(r, "size", "%" PRIu64 " bytes%s", img->file_size,
			      cut ? ", truncated" : "") &&
		(!cut || vs_record_say(r, "missing", "%" PRIu64 " bytes at the end of the file", cut)) &&
		(!img->live || vs_record_say(r, "live", "the memory of a running kernel: it moves while it is read")) &&
		say_memory(r, img, k->mem.target.page_shift) &&
		vs_record_say(r, "release", "%s", *k->release ? k->release : "unknown") &&
		vs_record_say(r, "build-id", "%s", id) &&
		vs_record_say(r, "vmcoreinfo", "%zu bytes, from %s", k->vi.len, k->vi.source) &&
		vs_record_say(r, "machine", "%s, %s endian%s%s%s, pages of %" PRIu64
			      " bytes, %u-level page tables, %u-bit addresses",
			      k->mem.arch->name, k->mem.target.big_endian ? "big" : "little", lies ? " (" : "",
			      lies ? k->order_source : "", lies ? "; the container says otherwise)" : "",
			      vs_page_size(&k->mem.target), k->mem.pgt.levels, k->mem.pgt.va_bits) &&
		vs_record_say(r, "KASLR", "%s%#" PRIx64 " (%s)", k->kaslr ? "offset " : "off: ", k->kaslr,
			      k->kaslr_source) &&
		vs_record_say(r, "kernel image", "%#" PRIx64 "-%#" PRIx64 " at physical %#" PRIx64,
			      k->mem.image_start, k->mem.image_end, k->mem.image_pa) &&
		vs_record_say(r, "direct map", "from %#" PRIx64 " (%s; %s)", k->mem.direct_start,
			      k->direct_source, k->direct_checked ? "the page tables agree" :
			      k->direct_bolted ? "the hash MMU has it in no page table" :
			      "the page tables to hold it against are not in the dump") &&
		(k->vmlinux ?
		 vs_record_say(r, "vmlinux", "%s (%s; %s)", k->vmlinux->path, k->vmlinux_how, k->identity) &&
		 vs_record_say(r, "vmlinux build-id", "%s", vid) :
		 vs_record_say(r, "vmlinux", "none (%s)", k->vmlinux_how)) &&
		vs_record_say(r, "symbols", "%s", k->symbols->source) &&
		(!k->functions_only ||
		 vs_record_say(r, "variables", "not in kallsyms; found by their shape: init_task%s%s; stack_guard_gap: 256 pages are assumed",
			       k->sym[VS_SYM_LINUX_BANNER].found ? ", linux_banner" : "",
			       k->sym[VS_SYM_IOMEM_RESOURCE].found ? ", iomem_resource" : "")) &&
		vs_record_say(r, "types", "%s: vm_area_struct %u bytes, mm_struct %u bytes",
			      k->types->source, k->layout.vma.size, k->layout.mm.size) &&
		vs_record_say(r, "VMAs are in", "%s%s%s", vs_has(k->layout.mm.mm_mt) ? "maple tree (mm_mt) " : "",
			      vs_has(k->layout.mm.mmap) ? "list (vm_next) " : "",
			      vs_has(k->layout.mm.mm_rb) ? "red-black tree (mm_rb)" : "");
}

static struct vs_err *run(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			  int *status_ret)
{
	struct vs_record r = { 0 };
	struct vs_err *err = NULL;

	if (s->core)
		return vs_core_info(s, args, out, status_ret);
	if (!collect(s, &r))
		err = &vs_enomem;
	r.kind = strdup("dump");
	if (!err && !r.kind)
		err = &vs_enomem;
	if (!err && args->json)
		err = vs_json_header(out, "info");
	if (!err)
		err = args->json ? vs_json_record(out, &r) : vs_render_facts(out, &r);
	if (!err && args->json)
		err = put_facts(out, s);
	if (!err && s->k->img->needed_size > s->k->img->file_size)
		*status_ret = VS_STATUS_INCOMPLETE;
	vs_record_deinit(&r);
	return err;
}

const struct vs_cmd vs_cmd_info = {
	.name = "info",
	.faces = VS_FACE_BOTH,
	.takes = VS_TAKES_DUMP | VS_NEEDS_DUMP | VS_TAKES_CORE,
	.usage = "DUMP",
	.gdb_usage = "",
	.summary = "tell what the dump is, and where its symbols and types came from",
	.help = "Container, kernel release and build-id, KASLR offset, page tables, pages that\n"
		"are there, excluded or lost, and the sources of symbols, types and addresses.\n"
		"\n"
		"Of a process core: who wrote it, how the process died, what of its memory is there,\n"
		"was left out or is lost, and the modules with their build-ids.",
	.example = "vmascope info vmcore",
	.gdb_example = "vma info",
	.run = run,
};
