/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as people read them. */
#ifndef VS_BASE_NUMBER_H
#define VS_BASE_NUMBER_H

#include <stdint.h>
#include <stdio.h>

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

#define VS_HUMAN_MAX 16

/** @p bytes as "1.5 MiB" in @p buf, which is returned: about three digits, cut and not rounded. */
static inline const char *vs_human(char buf[VS_HUMAN_MAX], uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned int u = 0;
	uint64_t unit = 1;

	while (u < 6 && bytes / unit >= 1024) {
		unit <<= 10;
		u++;
	}
	// "1.0 TiB" says that it is not just "1 TiB"
	if (bytes % unit && bytes / unit < 100)
		snprintf(buf, VS_HUMAN_MAX, "%u.%u %s", (unsigned int)(bytes / unit),
			 (unsigned int)(bytes % unit / (unit >> 10) * 10 >> 10), units[u]);
	else
		snprintf(buf, VS_HUMAN_MAX, "%u %s", (unsigned int)(bytes / unit), units[u]);
	return buf;
}

#endif
