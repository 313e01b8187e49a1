// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/vmcoreinfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool vs_vmcoreinfo_init(struct vs_vmcoreinfo *vi, const void *text, size_t len, const char *source)
{
	*vi = (struct vs_vmcoreinfo){ .text = malloc(len + 1), .source = strdup(source) };
	if (!vi->text || !vi->source) {
		vs_vmcoreinfo_deinit(vi);
		return false;
	}
	memcpy(vi->text, text, len);
	vi->text[len] = 0;
	vi->len = strlen(vi->text);	// the kernel fills its page up with NULs
	return true;
}

void vs_vmcoreinfo_deinit(struct vs_vmcoreinfo *vi)
{
	free(vi->text);
	free(vi->source);
	*vi = (struct vs_vmcoreinfo){ 0 };
}

const char *vs_vmcoreinfo_get(const struct vs_vmcoreinfo *vi, const char *key, size_t *len_ret)
{
	size_t klen = strlen(key);

	for (const char *p = vi->text; p && *p;) {
		const char *nl = strchr(p, '\n');
		size_t len = nl ? (size_t)(nl - p) : strlen(p);

		if (len > klen && p[klen] == '=' && !memcmp(p, key, klen)) {
			*len_ret = len - klen - 1;
			return p + klen + 1;
		}
		p = nl ? nl + 1 : NULL;
	}
	return NULL;
}

bool vs_vmcoreinfo_str(const struct vs_vmcoreinfo *vi, const char *key, char *buf, size_t size)
{
	size_t len;
	const char *v = vs_vmcoreinfo_get(vi, key, &len);

	if (!v || len >= size)
		return false;
	memcpy(buf, v, len);
	buf[len] = 0;
	return true;
}

static bool number(const struct vs_vmcoreinfo *vi, const char *key, int base, uint64_t *ret)
{
	char buf[40], *end;

	if (!vs_vmcoreinfo_str(vi, key, buf, sizeof(buf)) || !buf[0])
		return false;
	if (!strncmp(buf, "0x", 2))
		base = 16;
	errno = 0;
	*ret = buf[0] == '-' ? (uint64_t)strtoll(buf, &end, base) : strtoull(buf, &end, base);
	return !errno && !*end;
}

bool vs_vmcoreinfo_hex(const struct vs_vmcoreinfo *vi, const char *key, uint64_t *ret)
{
	return number(vi, key, 16, ret);
}

bool vs_vmcoreinfo_dec(const struct vs_vmcoreinfo *vi, const char *key, int64_t *ret)
{
	uint64_t v;

	if (!number(vi, key, 10, &v))
		return false;
	*ret = (int64_t)v;
	return true;
}
