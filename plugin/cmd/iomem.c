// SPDX-License-Identifier: GPL-2.0-or-later
/* iomem: physical memory as /proc/iomem would have said, and the kernel's own virtual map. */
#include <inttypes.h>

#include "base/err.h"
#include "base/out.h"
#include "cmd/cmds.h"
#include "cmd/session.h"
#include "mm/iomem.h"
#include "mm/kmap.h"
#include "render/iomem.h"
#include "render/json.h"

static void tell_breaks(const struct vs_iomem *io, struct vs_out *out, int *status)
{
	static const char *const why[] = {
		[VS_STOP_END] = "", [VS_STOP_CYCLE] = "leads in a circle",
		[VS_STOP_ABSENT] = "is not in the dump", [VS_STOP_WILD] = "is no memory at all",
		[VS_STOP_FOREIGN] = "cannot be", [VS_STOP_BOUND] = "goes deeper than any tree does",
	};
	size_t names = 0;

	for (size_t i = 0; i < io->breaks.n; i++) {
		const struct vs_resource_break *b = &io->breaks.v[i];

		vs_out_say(out, "struct resource at %#" PRIx64 ": %s is %#" PRIx64 ", which %s%s%s", b->resource,
			   b->member, b->value, why[b->why], b->why == VS_STOP_ABSENT ? ": " : "",
			   b->why == VS_STOP_ABSENT ? vs_from_name(b->from) : "");
		if (b->why != VS_STOP_ABSENT)
			*status = VS_STATUS_DAMAGE;
		else if (*status == VS_STATUS_OK)
			*status = VS_STATUS_INCOMPLETE;
	}
	for (size_t i = 0; i < io->v.n; i++)
		names += io->v.v[i].name_absent;
	if (!names)
		return;
	vs_out_say(out, "%zu resource%s: the name is not in the dump, shown as ?", names, names == 1 ? "" : "s");
	if (*status == VS_STATUS_OK)
		*status = VS_STATUS_INCOMPLETE;
}

static struct vs_err *run_physical(struct vs_session *s, bool json, struct vs_out *out, int *status)
{
	struct vs_iomem io;
	struct vs_err *err = vs_iomem_read(s->k, out, &io);

	if (!err)
		err = json ? vs_json_iomem(out, &io) : vs_render_iomem(out, &io, out->terminal);
	if (!err)
		tell_breaks(&io, out, status);
	vs_iomem_deinit(&io);
	return err;
}

static struct vs_err *run_virtual(struct vs_session *s, bool json, struct vs_out *out, int *status)
{
	struct vs_kmap m;
	struct vs_err *err = vs_kmap_read(s->k, &m);

	if (!err)
		err = json ? vs_json_kmap(out, &m) : vs_render_kmap(out, &m);
	for (size_t i = 0; !err && i < m.v.n; i++) {
		const struct vs_kregion *r = &m.v.v[i];

		if (r->check != VS_KREGION_DISAGREES)
			continue;
		vs_out_say(out, "%s cannot be at %#" PRIx64 " (%s): otherwise in %s", r->name, r->start,
			   r->source, r->against);
		*status = VS_STATUS_DAMAGE;
	}
	vs_kmap_deinit(&m);
	return err;
}

static struct vs_err *run(struct vs_session *s, const struct vs_args *args, struct vs_out *out,
			  int *status_ret)
{
	struct vs_err *err = args->json ? vs_json_header(out, "iomem") : NULL;

	if (err)
		return err;
	return vs_args_option(args, "virtual") ? run_virtual(s, args->json, out, status_ret) :
		run_physical(s, args->json, out, status_ret);
}

static const struct vs_option options[] = {
	{ .name = "virtual", .help = "where the kernel keeps what, at its own virtual addresses" },
	{ NULL }
};

const struct vs_cmd vs_cmd_iomem = {
	.name = "iomem",
	.faces = VS_FACE_BOTH,
	.takes = VS_TAKES_DUMP | VS_NEEDS_DUMP,
	.usage = "DUMP",
	.gdb_usage = "",
	.summary = "print physical memory as /proc/iomem would have said it",
	.help = "The tree of resources under iomem_resource, byte for byte what root read in\n"
		"/proc/iomem. Both ends of a range belong to it.\n"
		"\n"
		"With --virtual the other side: where the kernel keeps its direct map, vmalloc\n"
		"area, struct pages, modules, image and the rest, at the addresses that KASLR\n"
		"gave them. Each line says where its bounds come from and, where there is\n"
		"something to hold them against, whether it agrees.",
	.example = "vmascope iomem vmcore\nvmascope iomem vmcore --virtual",
	.gdb_example = "vma iomem --virtual",
	.options = options,
	.run = run,
};
