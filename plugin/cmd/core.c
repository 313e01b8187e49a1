// SPDX-License-Identifier: GPL-2.0-or-later
/* What commands do otherwise where a process core is open. */
#include "cmd/core.h"

#include <inttypes.h>
#include <string.h>

#include "base/out.h"
#include "image/probe.h"

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
		   paths ? "; it has no NT_FILE: paths and offsets are those of modules only" : "",
		   c->producer == VS_BY_KERNEL ? "" : "; mappings may be missing");
	if (c->notes_cut && *status == VS_STATUS_OK) {
		vs_out_say(out, "%" PRIu64 " bytes of its notes are cut off: names and threads may be missing", c->notes_cut);
		*status = VS_STATUS_INCOMPLETE;
	}
}

void vs_put_core_head(const struct vs_session *s, struct vs_buf *b)
{
	const struct vs_core *c = &s->core->core;
	char tmp[16];

	vs_buf_printf(b, "process core by %s, %d-bit %s%s", vs_producer_name(c->producer), c->is64 ? 64 : 32,
		      vs_machine_name(c->machine, tmp), c->big_endian ? ", big endian" : "");
	if (c->has_psinfo) {
		vs_buf_puts(b, "; ");
		vs_buf_put_clean(b, c->comm, strlen(c->comm));
		vs_buf_printf(b, " (pid %d)", c->pid);
	}
	vs_buf_printf(b, ", %zu thread%s\n", c->threads.n, c->threads.n == 1 ? "" : "s");
}
