// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/search.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/out.h"

#define PAGE		4096u
#define MAX_HITS	4096u	/* more pages that look alike are somebody's joke */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* A person who waits for more than a second is told, and may stop it. */
struct clock {
	struct vs_out *out;
	const char *what;
	int64_t next;		/* when something is said */
	uint64_t done, all;	/* bytes */
	unsigned int n;
	bool shown;
};

static struct vs_err *tick(struct clock *c, uint64_t bytes)
{
	char line[128];
	int64_t t;

	c->done += bytes;
	if (++c->n % 256)
		return NULL;
	t = now_ms();
	if (t >= c->next && c->out->progress && !c->out->quiet) {
		c->next = t + 250;
		c->shown = true;
		snprintf(line, sizeof(line), "searching memory for %s: %" PRIu64 " of %" PRIu64 " MiB", c->what,
			 c->done >> 20, c->all >> 20);
		c->out->progress(c->out->face, line);
	}
	return vs_out_poll(c->out);
}

/* Look at the pages of one run, which begins with a page at @p pa, for one of them. */
static bool search_run(const struct vs_search *s, uint64_t pa, const unsigned char *data, uint64_t len,
		       struct vs_hits *hits)
{
	for (uint64_t at = 0; at + s->off + s->len <= len; at += PAGE) {
		uint64_t *hit;

		if (data[at + s->off] != *(const unsigned char *)s->bytes || memcmp(data + at + s->off, s->bytes, s->len))
			continue;
		if (hits->n >= MAX_HITS)
			return true;
		hit = vs_vec_push(hits);
		if (!hit)
			return false;
		*hit = pa + at;
	}
	return true;
}

struct vs_err *vs_image_search(struct vs_image *img, const struct vs_search *s, size_t n_s, struct vs_out *out,
			       struct vs_hits *hits)
{
	struct clock c = { .out = out, .what = s->what, .next = now_ms() + 1000 };
	struct vs_err *err = NULL;

	for (size_t i = 0; i < img->n_ranges; i++)
		c.all += img->ranges[i].end - img->ranges[i].start;
	for (size_t i = 0; !err && i < img->n_ranges; i++) {
		const struct vs_phys_range *r = &img->ranges[i];
		uint64_t at = (r->start + PAGE - 1) & ~(uint64_t)(PAGE - 1);

		while (!err && at >= r->start && at < r->end) {
			struct vs_run run;
			uint64_t n;

			vs_image_run(img, at, &run);
			n = run.len < r->end - at ? run.len : r->end - at;
			// a part at a time: the clock wants to be asked; a hole, which may be larger than any memory, at once
			if (run.data && n > 64 * PAGE)
				n = 64 * PAGE;
			for (size_t w = 0; run.data && !err && w < n_s; w++)
				if (!search_run(&s[w], at, run.data, n, &hits[w]))
					err = &vs_enomem;
			if (!err)
				err = tick(&c, n);
			at += (n + PAGE - 1) & ~(uint64_t)(PAGE - 1);
		}
	}
	if (c.shown)
		out->progress(out->face, "");
	return err;
}
