// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/from.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *id;
} words[VS_FROM_COUNT] = {
	[VS_FROM_FILE] = { "in the file", "file" },
	[VS_FROM_ZERO] = { "a page of zeros as recorded by the dumper", "zero" },
	[VS_FROM_EXCLUDED] = { "excluded from the dump", "excluded" },
	[VS_FROM_TRUNCATED] = { "beyond the end of the truncated file", "truncated" },
	[VS_FROM_ELSEWHERE] = { "in a file of the split dump that was not given", "elsewhere" },
	[VS_FROM_DAMAGED] = { "damaged in the file", "damaged" },
	[VS_FROM_NOWHERE] = { "no such memory", "nowhere" },
};

const char *vs_from_name(enum vs_from from)
{
	return from < VS_FROM_COUNT ? words[from].name : "unknown";
}

const char *vs_from_id(enum vs_from from)
{
	return from < VS_FROM_COUNT ? words[from].id : "unknown";
}

const char *vs_from_names(uint32_t set, char buf[VS_FROM_NAMES_MAX])
{
	buf[0] = 0;
	for (unsigned int f = 0; f < VS_FROM_COUNT; f++) {
		size_t len = strlen(buf);

		if (set >> f & 1)
			snprintf(buf + len, VS_FROM_NAMES_MAX - len, "%s%s", len ? "; " : "", words[f].name);
	}
	return buf;
}
