// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Through libkdumpfile: LKCD, sadump, s390's own dumps. Its soname is another in each release of
 * a distribution, so it is opened when such a file is, and its absence is said then. No
 * such dump was at hand; tests/real/second reads kdump-compressed ones through this row.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "image/probe.h"

static bool is_other(const unsigned char *head, size_t len)
{
	static const unsigned char lkcd[] = { 0xed, 0x23, 0x8f, 0x61, 0x73, 0x01, 0x19, 0xa8 };
	static const unsigned char s390[] = { 0xa8, 0x19, 0x01, 0x73, 0x61, 0x8f, 0x23, 0xfd };

	return len >= 8 && (!memcmp(head, lkcd, 8) || !memcmp(head, s390, 8) || !memcmp(head, "sadump\0\0", 8));
}

#ifndef HAVE_LIBKDUMPFILE

static struct vs_err *other_open(const struct vs_source *src, size_t n, struct vs_out *out, struct vs_image **ret)
{
	(void)src, (void)n, (void)out, (void)ret;
	return vs_err_create(VS_ERR_FORMAT,
		"an LKCD, sadump or s390 dump; this vmascope was built without libkdumpfile (libkdumpfile-dev)");
}

#else

#include <libkdumpfile/kdumpfile.h>

#define PAGE 4096u

/* What is used of the library, by name. */
struct api {
	void *handle;
	kdump_ctx_t *(*new)(void);
	void (*free)(kdump_ctx_t *);
	const char *(*get_err)(kdump_ctx_t *);
	kdump_status (*open_fdset)(kdump_ctx_t *, unsigned, const int *);
	kdump_status (*get_typed_attr)(kdump_ctx_t *, const char *, kdump_attr_t *);
	kdump_status (*read)(kdump_ctx_t *, kdump_addrspace_t, kdump_addr_t, void *, size_t *);
};

struct kdumpfile_image {
	struct vs_image img;
	struct api api;
	kdump_ctx_t *ctx;
	int *fds;
	size_t n_fds;
	char *vmcoreinfo;
	uint64_t end;		/* physical memory ends here */
	unsigned char page[PAGE];
};

static struct vs_err *load_library(struct api *a)
{
	// the one that this was built with, then others that Debian has had
	static const char *const names[] = {
		LIBKDUMPFILE_SONAME, "libkdumpfile.so.10", "libkdumpfile.so.12", "libkdumpfile.so.11",
		"libkdumpfile.so.9", "libkdumpfile.so",
	};
	static const struct {
		const char *name;
		size_t where;
	} wanted[] = {
		{ "kdump_new", offsetof(struct api, new) },
		{ "kdump_free", offsetof(struct api, free) },
		{ "kdump_get_err", offsetof(struct api, get_err) },
		{ "kdump_open_fdset", offsetof(struct api, open_fdset) },
		{ "kdump_get_typed_attr", offsetof(struct api, get_typed_attr) },
		{ "kdump_read", offsetof(struct api, read) },
	};

	for (size_t i = 0; !a->handle && i < sizeof(names) / sizeof(names[0]); i++)
		a->handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!a->handle)
		return vs_err_create(VS_ERR_FORMAT,
			"an LKCD, sadump or s390 dump; libkdumpfile, which reads them, is not installed (Debian: libkdumpfile10 or later)");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		void *sym = dlsym(a->handle, wanted[i].name);

		if (!sym)
			return vs_err_create(VS_ERR_FORMAT, "the libkdumpfile that is installed has no %s",
					     wanted[i].name);
		memcpy((char *)a + wanted[i].where, &sym, sizeof(sym));
	}
	return NULL;
}

static enum vs_from absence(kdump_status st)
{
	return st == KDUMP_ERR_NODATA ? VS_FROM_EXCLUDED : st == KDUMP_ERR_EOF ? VS_FROM_TRUNCATED : VS_FROM_DAMAGED;
}

static void other_run(struct vs_image *img, uint64_t addr, struct vs_run *ret)
{
	struct kdumpfile_image *k = (struct kdumpfile_image *)img;
	size_t len = PAGE;
	kdump_status st;

	*ret = (struct vs_run){ .addr = addr & ~(uint64_t)(PAGE - 1), .len = PAGE, .from = VS_FROM_NOWHERE };
	if (addr >= k->end) {
		ret->len = UINT64_MAX - ret->addr;
		return;
	}
	st = k->api.read(k->ctx, KDUMP_MACHPHYSADDR, ret->addr, k->page, &len);
	ret->from = st == KDUMP_OK && len == PAGE ? VS_FROM_FILE : absence(st);
	if (ret->from == VS_FROM_FILE)
		ret->data = k->page;
}

static void other_destroy(struct vs_image *img)
{
	struct kdumpfile_image *k = (struct kdumpfile_image *)img;

	if (k->ctx)
		k->api.free(k->ctx);
	if (k->api.handle)
		dlclose(k->api.handle);
	for (size_t i = 0; i < k->n_fds; i++)
		close(k->fds[i]);
	free(k->fds);
	free(k->vmcoreinfo);
	free(k);
}

static const struct vs_image_ops other_ops = { .name = "libkdumpfile", .run = other_run, .destroy = other_destroy };

/* A string that the library keeps; NULL if it has none. */
static const char *string_attr(struct kdumpfile_image *k, const char *key)
{
	kdump_attr_t attr = { .type = KDUMP_STRING };

	return k->api.get_typed_attr(k->ctx, key, &attr) == KDUMP_OK ? attr.val.string : NULL;
}

static struct vs_err *add_vmcoreinfo(struct kdumpfile_image *k)
{
	const char *text = string_attr(k, "linux.vmcoreinfo.raw");

	if (!text)
		return NULL;	// whoever needs it looks for it in memory
	k->vmcoreinfo = strdup(text);
	k->img.notes = calloc(1, sizeof(*k->img.notes));
	if (!k->vmcoreinfo || !k->img.notes)
		return &vs_enomem;
	k->img.notes[0] = (struct vs_note){
		.name = "VMCOREINFO", .name_len = 10,
		.desc = (const unsigned char *)k->vmcoreinfo, .desc_len = strlen(k->vmcoreinfo),
	};
	k->img.n_notes = 1;
	return NULL;
}

static struct vs_err *ask(struct kdumpfile_image *k)
{
	static const struct { const char *name; uint16_t machine; } machines[] = {
		{ KDUMP_ARCH_X86_64, EM_X86_64 }, { KDUMP_ARCH_AARCH64, EM_AARCH64 }, { KDUMP_ARCH_IA32, EM_386 },
		{ KDUMP_ARCH_S390X, EM_S390 }, { KDUMP_ARCH_PPC64, EM_PPC64 },
	};
	kdump_attr_t pfn = { .type = KDUMP_NUMBER }, size = { .type = KDUMP_NUMBER }, order = { .type = KDUMP_NUMBER };
	const char *arch = string_attr(k, KDUMP_ATTR_ARCH_NAME), *format = string_attr(k, KDUMP_ATTR_FILE_FORMAT);

	for (size_t i = 0; arch && i < sizeof(machines) / sizeof(machines[0]); i++)
		if (!strcmp(arch, machines[i].name))
			k->img.machine = machines[i].machine;
	if (k->api.get_typed_attr(k->ctx, "max_pfn", &pfn) != KDUMP_OK ||
	    k->api.get_typed_attr(k->ctx, KDUMP_ATTR_PAGE_SIZE, &size) != KDUMP_OK ||
	    !pfn.val.number || !size.val.number || pfn.val.number > (UINT64_C(1) << 52) / size.val.number)
		return vs_err_create(VS_ERR_FORMAT, "libkdumpfile does not tell how much memory is in it: %s",
				     k->api.get_err(k->ctx));
	if (k->api.get_typed_attr(k->ctx, KDUMP_ATTR_BYTE_ORDER, &order) == KDUMP_OK)
		k->img.big_endian = order.val.number == KDUMP_BIG_ENDIAN;
	k->end = pfn.val.number * size.val.number;
	k->img.ranges = calloc(1, sizeof(*k->img.ranges));
	if (!k->img.ranges || asprintf(&k->img.what, "%s, through libkdumpfile, %s", format ? format : "dump",
				       arch ? arch : "of a machine that is not told") < 0) {
		k->img.what = NULL;
		return &vs_enomem;
	}
	// how much of it is in the file the library does not tell without counting
	k->img.ranges[0] = (struct vs_phys_range){ 0, k->end, k->end };
	k->img.n_ranges = 1;
	return add_vmcoreinfo(k);
}

static struct vs_err *open_all(struct kdumpfile_image *k, const struct vs_source *src, size_t n)
{
	struct vs_err *err = load_library(&k->api);

	if (err)
		return err;
	k->fds = calloc(n, sizeof(*k->fds));
	k->ctx = k->api.new();
	if (!k->fds || !k->ctx)
		return &vs_enomem;
	for (; k->n_fds < n; k->n_fds++) {
		k->fds[k->n_fds] = dup(src[k->n_fds].fd);
		if (k->fds[k->n_fds] < 0)
			return vs_err_os(errno, "cannot open %s", src[k->n_fds].path);
		k->img.file_size += src[k->n_fds].size;
	}
	k->img.needed_size = k->img.file_size;
	if (k->api.open_fdset(k->ctx, (unsigned)n, k->fds) != KDUMP_OK)
		return vs_err_create(VS_ERR_FORMAT, "libkdumpfile cannot open it: %s", k->api.get_err(k->ctx));
	return ask(k);
}

static struct vs_err *other_open(const struct vs_source *src, size_t n, struct vs_out *out, struct vs_image **ret)
{
	struct kdumpfile_image *k = calloc(1, sizeof(*k));
	struct vs_err *err;

	(void)out;
	if (!k)
		return &vs_enomem;
	k->img.ops = &other_ops;
	k->img.dump_level = -1;
	k->img.path = strdup(src->path);
	err = k->img.path ? open_all(k, src, n) : &vs_enomem;
	if (err) {
		vs_image_destroy(&k->img);
		return err;
	}
	*ret = &k->img;
	return NULL;
}

#endif

const struct vs_probe vs_probe_kdumpfile = { is_other, other_open };
