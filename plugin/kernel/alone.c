// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A dump without a vmlinux: the kernel's own symbols and types, which it carries in
 * memory. VMCOREINFO tells where the image is, kallsyms in it what is where, BTF in
 * it what everything looks like.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "kernel/kallsyms.h"
#include "kernel/kernel.h"

#define BTF_MAGIC	0xeb9f
#define BTF_MIN		(64U << 10)		/* bytes; the smallest kernel's are more, a module's less */
#define BTF_MAX		(UINT64_C(64) << 20)	/* bytes; real ones have 3 to 6 MB */
#define BTF_HEADER	24

struct vs_err *vs_kernel_alone_symbols(struct vs_kernel *k, struct vs_symbols **ret)
{
	struct vs_err *err;
	uint64_t stext;

	err = vs_kernel_place_alone(k, &stext);
	if (err)
		return err;
	if (!k->kallsyms.names &&
	    !vs_kallsyms_by_vmcoreinfo(&k->vi, k->mem.image_end, &k->kallsyms))
		err = vs_kallsyms_by_shape(&k->mem, k->mem.image_start, k->mem.image_end, &k->kallsyms);
	return err ? err : vs_kallsyms_open(&k->mem, &k->kallsyms, stext, k->kaslr, ret);
}

/* Is there a header of BTF at @p p? Then how many bytes there are in all. */
static bool btf_header(const unsigned char *p, bool be, uint64_t *size_ret)
{
	uint32_t hdr_len, type_off, type_len, str_off, str_len;
	uint64_t size;

	if (vs_load16(p, be) != BTF_MAGIC || p[2] != 1)
		return false;
	hdr_len = vs_load32(p + 4, be);
	type_off = vs_load32(p + 8, be);
	type_len = vs_load32(p + 12, be);
	str_off = vs_load32(p + 16, be);
	str_len = vs_load32(p + 20, be);
	size = (uint64_t)hdr_len + str_off + str_len;
	if (hdr_len < BTF_HEADER || hdr_len > 4096 || type_off % 4 || size < BTF_MIN || size > BTF_MAX ||
	    (uint64_t)type_off + type_len > str_off)
		return false;
	*size_ret = size;
	return true;
}

struct found {
	bool be;
	uint64_t at, size;
};

static bool btf_window(void *arg, uint64_t base, const unsigned char *data, size_t len)
{
	struct found *f = arg;

	for (size_t i = 0; i + BTF_HEADER <= len; i += 4) {
		if (!btf_header(data + i, f->be, &f->size))
			continue;
		f->at = base + i;
		return true;
	}
	return false;
}

/* Between __start_BTF and __stop_BTF, else by its header. */
static struct vs_err *find_btf(struct vs_kernel *k, uint64_t *at_ret, uint64_t *size_ret)
{
	struct found f = { .be = k->mem.target.big_endian };
	unsigned char head[BTF_HEADER];
	uint64_t start, stop, missing;
	enum vs_from from;

	if (k->btf_at) {	// known since it was first looked for
		*at_ret = k->btf_at;
		*size_ret = k->btf_size;
		return NULL;
	}
	if (vs_kernel_sym(k, VS_SYM_START_BTF, &start) && vs_kernel_sym(k, VS_SYM_STOP_BTF, &stop)) {
		if (stop <= start || stop - start > BTF_MAX)
			return vs_err_create(VS_ERR_FORMAT, "BTF cannot be at %#" PRIx64 "-%#" PRIx64
					     " (__start_BTF, __stop_BTF)", start, stop);
		from = vs_kmem_read(&k->mem, start, head, sizeof(head), NULL);
		if (!vs_from_ok(from))
			return vs_err_create(VS_ERR_ABSENT, "the kernel's BTF, at %#" PRIx64 ", is not in the dump (%s)",
					     start, vs_from_name(from));
		if (!btf_header(head, f.be, size_ret) || *size_ret > stop - start)
			return vs_err_create(VS_ERR_FORMAT,
				"at %#" PRIx64 " (__start_BTF) is no header of BTF that fits into %" PRIu64 " bytes",
				start, stop - start);
		*at_ret = start;
		return NULL;
	}
	if (!vs_kmem_search(&k->mem, k->mem.image_start, k->mem.image_end, BTF_HEADER, btf_window, &f, &missing))
		return vs_err_create(VS_ERR_NOT_FOUND,
			"the kernel has no BTF in its image (CONFIG_DEBUG_INFO_BTF)%s; name its types with --types FILE",
			missing ? ", as far as that is in the dump" : "");
	*at_ret = f.at;
	*size_ret = f.size;
	return NULL;
}

struct vs_err *vs_kernel_alone_types(struct vs_kernel *k, struct vs_types **ret)
{
	_cleanup_free_ unsigned char *copy = NULL;
	_cleanup_free_ char *source = NULL;
	const unsigned char *data;
	uint64_t at, size;
	enum vs_from from;
	size_t got;
	struct vs_err *err = find_btf(k, &at, &size);

	if (err)
		return err;
	k->btf_at = at;
	k->btf_size = size;
	data = vs_kmem_peek(&k->mem, at, (size_t)size, &from);
	if (!data) {
		data = copy = malloc((size_t)size);
		if (!copy)
			return &vs_enomem;
		from = vs_kmem_read(&k->mem, at, copy, (size_t)size, &got);
		if (!vs_from_ok(from))
			return vs_err_create(VS_ERR_ABSENT,
				"of the %" PRIu64 " bytes of the kernel's BTF, at %#" PRIx64
				", those from %#" PRIx64 " on are not in the dump (%s)",
				size, at, at + got, vs_from_name(from));
	}
	if (asprintf(&source, "the dump's own BTF at %#" PRIx64, at) < 0) {
		source = NULL;
		return &vs_enomem;
	}
	return vs_btf_create(data, (size_t)size, k->mem.target.word, source, ret);
}
