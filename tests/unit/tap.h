/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a unit test needs to print TAP. */
#ifndef VS_TESTS_UNIT_TAP_H
#define VS_TESTS_UNIT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned int tap_n;

/** One test; the format says what holds if it passes. Returns @p good. */
__attribute__((format(printf, 2, 3), unused))
static bool ok(bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%s %u - ", good ? "ok" : "not ok", ++tap_n);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return good;
}

/** Something to know about the test just printed. */
__attribute__((format(printf, 1, 2), unused))
static void diag(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/** So many rounds of something at random; a machine that is emulated gets a twentieth of them. */
__attribute__((unused))
static unsigned int rounds_of(unsigned int n)
{
	return getenv("EMULATED") ? (n + 19) / 20 : n;
}

/** Two strings are the same; shows both if not. */
__attribute__((format(printf, 3, 4), unused))
static bool is_str(const char *found, const char *expected, const char *fmt, ...)
{
	bool good = found && expected ? !strcmp(found, expected) : found == expected;
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (!ok(good, "%s", what))
		diag("found \"%s\", expected \"%s\"", found ? found : "(null)",
		     expected ? expected : "(null)");
	return good;
}

/** The plan, last; what main() returns. What failed has been told: 0 all the same. */
__attribute__((unused))
static int done(void)
{
	printf("1..%u\n", tap_n);
	return 0;
}

#endif
