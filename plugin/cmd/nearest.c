// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/nearest.h"

#include <string.h>

#define MAX_NAME 32

static unsigned int min(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Edits that turn a into b: a letter more, less, another one, or two exchanged. */
static unsigned int edits(const char *a, size_t la, const char *b, size_t lb)
{
	unsigned int row[3][MAX_NAME + 1];
	unsigned int *before = row[0], *last = row[1], *now = row[2];

	for (size_t j = 0; j <= lb; j++)
		last[j] = (unsigned int)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned int *oldest = before;

		now[0] = (unsigned int)i;
		for (size_t j = 1; j <= lb; j++) {
			now[j] = last[j - 1] + (a[i - 1] != b[j - 1]);
			now[j] = min(now[j], min(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = min(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = oldest;
	}
	return last[lb];
}

void vs_nearest_try(struct vs_nearest *n, const char *name)
{
	size_t lt = strlen(n->typed), ln = strlen(name);
	unsigned int cost;

	if (!lt || lt > MAX_NAME || ln > MAX_NAME)
		return;
	cost = edits(n->typed, lt, name, ln);
	// The beginning of a name is meant as that name.
	if (lt < ln && !strncmp(n->typed, name, lt))
		cost = 1;
	if (cost > ln / 3 + 1 || cost >= ln)
		return;
	if (!n->best || cost < n->cost) {
		n->best = name;
		n->cost = cost;
	}
}
