// SPDX-License-Identifier: GPL-2.0-or-later
/* What commands do otherwise where a process core is open. */
#include "cmd/core.h"

#include <inttypes.h>

#include "base/out.h"

void vs_tell_core(const struct vs_session *s, struct vs_out *out, int *status)
{
	const struct vs_core *c = &s->core->core;
	size_t unknown = 0, inferred = 0, paths = 0;

	for (size_t i = 0; i < c->vmas.n; i++) {
		inferred += c->vmas.v[i].known[VS_CF_PERMS] == VS_INFERRED;
		unknown += c->vmas.v[i].known[VS_CF_PERMS] == VS_UNKNOWN;
		paths += c->vmas.v[i].known[VS_CF_PATH] == VS_UNKNOWN;
	}
	vs_out_say(out, "a core of %s: p/s and names in brackets are inferred, device and inode are not in it%s%s%s%s",
		   vs_producer_name(c->producer), inferred ? "; r, w, x are inferred" : "",
		   unknown ? "; of mappings that were not dumped r, w, x are unknown" : "",
		   paths ? "; offsets and most paths are not in it" : "",
		   c->producer == VS_BY_KERNEL ? "" : "; mappings may be missing");
	if (c->notes_cut && *status == VS_STATUS_OK) {
		vs_out_say(out, "%" PRIu64 " bytes of its notes are cut off: names and threads may be missing", c->notes_cut);
		*status = VS_STATUS_INCOMPLETE;
	}
}
