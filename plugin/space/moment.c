// SPDX-License-Identifier: GPL-2.0-or-later
#include "space/moment.h"

#include <inttypes.h>
#include <stdio.h>

#define SECOND UINT64_C(1000000000)

const char *vs_moment_words(const struct vs_moment *m, char *buf, unsigned int size)
{
	int n = 0;

	if (m->n_tasks)
		n = snprintf(buf, size, "%u task%s ran later than the clock of the CPU shows, by up to %" PRIu64
			     ".%" PRIu64 " s (pid %d)%s", m->n_tasks, m->n_tasks == 1 ? "" : "s",
			     m->ahead_ns / SECOND, m->ahead_ns / (SECOND / 10) % 10, m->pid,
			     m->n_cpus ? "; " : "");
	if (m->n_cpus && n >= 0 && (unsigned int)n < size)
		snprintf(buf + n, size - (unsigned int)n, "%u CPU%s saw jiffies up to %" PRIu64
			 " ahead of what it is", m->n_cpus, m->n_cpus == 1 ? "" : "s", m->ahead_ticks);
	return buf;
}
