// SPDX-License-Identifier: GPL-2.0-or-later
/* info: what the dump is, and where everything that is known of it came from. */
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/out.h"
#include "cmd/cmds.h"
#include "cmd/core.h"
#include "cmd/session.h"
#include "render/json.h"
#include "render/record.h"

static void count_ranges(const struct vs_image *img, uint64_t *held, uint64_t *left_out)
{
	*held = *left_out = 0;
	for (size_t i = 0; i < img->n_ranges; i++) {
		const struct vs_phys_range *r = &img->ranges[i];

		*held += r->in_file;
		*left_out += r->end - r->start - r->in_file;
	}
}

static bool collect(const struct vs_session *s, struct vs_record *r)
{
	const struct vs_kernel *k = s->k;
	const struct vs_image *img = k->img;
	char id[2 * VS_BUILD_ID_MAX + 1], vid[2 * VS_BUILD_ID_MAX + 1];
	uint64_t held, left_out, cut = img->needed_size > img->file_size ?
		img->needed_size - img->file_size : 0;
	const unsigned int shift = k->mem.target.page_shift;

	count_ranges(img, &held, &left_out);
	vs_build_id_str(&k->build_id, id);
	if (k->vmlinux)
		vs_build_id_str(&k->vmlinux->build_id, vid);
	return vs_record_say(r, "dump", "%s", img->path) &&
		vs_record_say(r, "container", "%s", img->what) &&
		vs_record_say(r, "size", "%" PRIu64 " bytes%s", img->file_size,
			      cut ? ", truncated" : "") &&
		(!cut || vs_record_say(r, "missing", "%" PRIu64 " bytes at the end of the file", cut)) &&
		vs_record_say(r, "memory", "%" PRIu64 " pages in the file, %" PRIu64
			      " excluded or lost, in %zu ranges", held >> shift, left_out >> shift,
			      img->n_ranges) &&
		vs_record_say(r, "release", "%s", *k->release ? k->release : "unknown") &&
		vs_record_say(r, "build-id", "%s", id) &&
		vs_record_say(r, "vmcoreinfo", "%zu bytes, from %s", k->vi.len, k->vi.source) &&
		vs_record_say(r, "machine", "%s, %s endian, pages of %" PRIu64 " bytes, %u-level page tables, %u-bit addresses",
			      k->mem.arch->name, k->mem.target.big_endian ? "big" : "little",
			      vs_page_size(&k->mem.target), k->mem.pgt.levels, k->mem.pgt.va_bits) &&
		vs_record_say(r, "KASLR", "%s%#" PRIx64 " (%s)", k->kaslr ? "offset " : "off: ", k->kaslr,
			      k->kaslr_source) &&
		vs_record_say(r, "kernel image", "%#" PRIx64 "-%#" PRIx64 " at physical %#" PRIx64,
			      k->mem.image_start, k->mem.image_end, k->mem.image_pa) &&
		vs_record_say(r, "direct map", "from %#" PRIx64 " (%s; %s)", k->mem.direct_start,
			      k->direct_source, k->direct_checked ? "the page tables agree" :
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
