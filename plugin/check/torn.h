/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Torn or corrupt: are the broken rules what a writer at work leaves behind? */
#ifndef VS_CHECK_TORN_H
#define VS_CHECK_TORN_H

#include <stdbool.h>

#include "check/check.h"

/**
 * Whether the lock of @p s and the findings of @p r fit an operation caught in the middle,
 * all of them. *why_ret (owned by the caller, may be set to NULL without memory) then
 * says who was at work.
 */
bool vs_torn_explains(const struct vs_space *s, const struct vs_report *r, char **why_ret);

/** Who holds the lock, for people: "held for write by pid 7 (x), thread 9"; NULL: nobody does, or no memory. */
char *vs_lock_words(const struct vs_lock *lock);

#endif
