/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two passes over causes share: by values, by bytes. */
#ifndef VS_CHECK_CAUSE_H
#define VS_CHECK_CAUSE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/ctx.h"

/** Set the cause; what was there is forgotten. False without memory. */
bool vs_cause_say(struct vs_finding *f, enum vs_cause why, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * By the value alone, of @p size bytes as they stand in memory: poison, text; one bit, if
 * @p has_right. False without memory.
 */
bool vs_cause_by_value(struct vs_finding *f, uint64_t seen, unsigned int size, uint64_t right, bool has_right);

/** What the kernel fills with this byte, NULL if nothing. */
const char *vs_poison_words(uint8_t byte);

/** Printable, or a line's end or a tab. */
bool vs_is_text(unsigned char c);

/** @p n bytes of text, escaped, as much of it as fits into @p ret. */
void vs_text_put(char *ret, size_t size, const unsigned char *p, size_t n);

#endif
