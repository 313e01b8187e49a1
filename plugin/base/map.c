// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

void vs_map_deinit(struct vs_map *m)
{
	free(m->slots);
	*m = (struct vs_map){ 0 };
}

void vs_map_clear(struct vs_map *m)
{
	if (m->n)
		memset(m->slots, 0xff, (m->mask + 1) * sizeof(*m->slots));
	m->n = 0;
}

void vs_map_clear_keys(struct vs_map *m, const uint64_t *keys, size_t n, size_t stride)
{
	if (!m->mask)
		return;
	// A key stands in the run of full slots that begins at its hash. Each run is
	// emptied to its end, so what a broken run would hide has gone with it.
	for (size_t k = 0; k < n; k++) {
		uint64_t key;

		memcpy(&key, (const char *)keys + k * stride, sizeof(key));
		for (size_t i = vs_map_hash(key) & m->mask; m->slots[i].value != VS_MAP_NONE;
		     i = (i + 1) & m->mask)
			m->slots[i].value = VS_MAP_NONE;
	}
	m->n = 0;
}

static void put(struct vs_map *m, uint64_t key, uint32_t value)
{
	uint32_t lo = (uint32_t)key, hi = (uint32_t)(key >> 32);
	size_t i = vs_map_hash(key) & m->mask;

	while (m->slots[i].value != VS_MAP_NONE) {
		if (m->slots[i].key_lo == lo && m->slots[i].key_hi == hi) {
			m->slots[i].value = value;
			return;
		}
		i = (i + 1) & m->mask;
	}
	m->slots[i] = (struct vs_map_slot){ lo, hi, value };
	m->n++;
}

bool vs_map_reserve(struct vs_map *m, size_t n)
{
	struct vs_map old = *m;
	size_t want = old.mask ? old.mask + 1 : 16;

	if (n > SIZE_MAX / 64)
		return false;
	while (want / 3 * 2 < n)	// two thirds full at most
		want *= 2;
	if (old.mask && want == old.mask + 1)
		return true;
	m->slots = malloc(want * sizeof(*m->slots));
	if (!m->slots) {
		*m = old;
		return false;
	}
	memset(m->slots, 0xff, want * sizeof(*m->slots));
	m->mask = want - 1;
	m->n = 0;
	for (size_t i = 0; old.mask && i <= old.mask; i++) {
		const struct vs_map_slot *s = &old.slots[i];

		if (s->value != VS_MAP_NONE)
			put(m, (uint64_t)s->key_hi << 32 | s->key_lo, s->value);
	}
	free(old.slots);
	return true;
}

bool vs_map_set(struct vs_map *m, uint64_t key, uint32_t value)
{
	if (!vs_map_reserve(m, m->n + 1))
		return false;
	put(m, key, value);
	return true;
}
