// SPDX-License-Identifier: GPL-2.0-or-later
/* Preloaded into a GDB under ASan: brings the allocator up before anything else runs. */
#include <stdlib.h>

static void *volatile sink;

static void early(void) __attribute__((constructor));

static void early(void)
{
	sink = malloc(1);	// volatile: the compiler would take the pair out
	free(sink);
}
