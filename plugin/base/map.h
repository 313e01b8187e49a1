/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash map from a 64-bit key (an address) to a 32-bit index. Open addressing,
 * no deletion; the value VS_MAP_NONE is "not there".
 */
#ifndef VS_BASE_MAP_H
#define VS_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VS_MAP_NONE UINT32_MAX

struct vs_map_slot {
	uint32_t key_lo, key_hi;	/* split: 12 bytes a slot instead of 16 */
	uint32_t value;
};

struct vs_map {
	struct vs_map_slot *slots;
	size_t mask;		/* number of slots - 1; 0 while empty */
	size_t n;
};

void vs_map_deinit(struct vs_map *m);

/** Forget all entries, keep the room. */
void vs_map_clear(struct vs_map *m);

/**
 * As vs_map_clear() for a map with few entries in much room: @p keys are all
 * that were set, @p stride bytes apart. Costs by the number of keys.
 */
void vs_map_clear_keys(struct vs_map *m, const uint64_t *keys, size_t n, size_t stride);

/** Make room for @p n entries in all; false without memory. */
bool vs_map_reserve(struct vs_map *m, size_t n);

/** Set @p key to @p value (never VS_MAP_NONE); false without memory. */
bool vs_map_set(struct vs_map *m, uint64_t key, uint32_t value);

static inline size_t vs_map_hash(uint64_t key)
{
	return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

/** The value of @p key or VS_MAP_NONE. */
static inline uint32_t vs_map_get(const struct vs_map *m, uint64_t key)
{
	uint32_t lo = (uint32_t)key, hi = (uint32_t)(key >> 32);

	if (!m->mask)
		return VS_MAP_NONE;
	for (size_t i = vs_map_hash(key) & m->mask;; i = (i + 1) & m->mask) {
		const struct vs_map_slot *s = &m->slots[i];

		if (s->value == VS_MAP_NONE || (s->key_lo == lo && s->key_hi == hi))
			return s->value;
	}
}

#endif
