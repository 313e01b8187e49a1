/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as people read them. */
#ifndef VS_BASE_NUMBER_H
#define VS_BASE_NUMBER_H

#include <stdint.h>

#define VS_THOUSANDS_MAX 27	/* 2^64 - 1 with commas and the NUL */

/** @p v with commas, "60,011", in @p buf, which is returned. */
static inline const char *vs_thousands(char buf[VS_THOUSANDS_MAX], uint64_t v)
{
	char *p = buf + VS_THOUSANDS_MAX - 1, *to = buf;
	unsigned int n = 0;

	*p = 0;
	do {
		if (n && n % 3 == 0)
			*--p = ',';
		*--p = (char)('0' + v % 10);
		v /= 10;
		n++;
	} while (v);
	while ((*to++ = *p++))
		;
	return buf;
}

#endif
