// SPDX-License-Identifier: GPL-2.0-or-later
#include "space/spot.h"

#include <stdlib.h>

const char *vs_pages_word(enum vs_pages_state s)
{
	static const char *const words[] = {
		[VS_PAGES_NONE] = "nothing", [VS_PAGES_PRESENT] = "present", [VS_PAGES_ZERO] = "zero page",
		[VS_PAGES_SPECIAL] = "special", [VS_PAGES_SWAP] = "swapped",
		[VS_PAGES_OTHER] = "migrating, poisoned or marked", [VS_PAGES_ABSENT] = "tables not in the dump",
		[VS_PAGES_BAD] = "tables damaged",
	};

	return s < VS_N_PAGES ? words[s] : "?";
}

void vs_pgwalk_deinit(struct vs_pgwalk *w)
{
	for (unsigned int i = 0; i < w->n_steps; i++)
		free(w->steps[i].words);
	free(w->swap_file);
	*w = (struct vs_pgwalk){ 0 };
}

void vs_pages_deinit(struct vs_pages *p)
{
	vs_vec_deinit(&p->runs);
}

void vs_apart_deinit(struct vs_apart *a)
{
	for (size_t i = 0; i < a->v.n; i++)
		free(a->v.v[i].words);
	vs_vec_deinit(&a->v);
}

void vs_spot_deinit(struct vs_spot *sp)
{
	vs_apart_deinit(&sp->apart_below);
	vs_apart_deinit(&sp->apart_above);
	vs_pgwalk_deinit(&sp->walk);
	vs_pages_deinit(&sp->pages);
}
