/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VS_BASE_UTF8_H
#define VS_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/**
 * The character at @p s, of which @p left bytes are there: its length in bytes
 * and the character in *cp_ret; 0 if it is no UTF-8 (too long a form, a surrogate, past
 * U+10FFFF).
 */
size_t vs_utf8_decode(const char *s, size_t left, uint32_t *cp_ret);

/**
 * Columns that a character takes on a terminal: 0 for what combines with the one
 * before, 2 for East Asian wide ones and pictures; -1 for what must not be sent
 * to a terminal: controls and what turns the direction of writing.
 */
int vs_utf8_columns(uint32_t cp);

#endif
