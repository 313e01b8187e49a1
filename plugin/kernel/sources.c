// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where symbols and types come from, in the order of trust: what was named, a
 * vmlinux found by build-id or release, the dump itself.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "image/probe.h"
#include "kernel/debuginfod.h"
#include "kernel/kernel.h"

/* --- symbols --- */

/* Both say what machine they are for: before anything else is read out of the one. */
static struct vs_err *check_machine(const struct vs_kernel *k, const struct vs_vmlinux *v)
{
	const struct vs_arch *arch = k->mem.arch;
	char name[16];

	if (v->machine != arch->machine)
		return vs_err_create(VS_ERR_MISMATCH, "%s: for machine %u (%s); the dump is of %s (machine %u)", v->path,
				     v->machine, vs_machine_name(v->machine, name), arch->name, arch->machine);
	// the dump's own class tells nothing: QEMU writes ELF64 of an i386
	if (v->word != k->mem.target.word)
		return vs_err_create(VS_ERR_MISMATCH, "%s: of %u bits; the dump is of %s (%u bits)", v->path,
				     v->word * 8U, arch->name, k->mem.target.word * 8U);
	return NULL;
}

/* The vmlinux that was given or is found; none is no error, and k->vmlinux_how says why. */
static struct vs_err *open_vmlinux(struct vs_kernel *k, const struct vs_open_opts *opts, struct vs_out *out)
{
	_cleanup_free_ char *found = NULL;
	char id[2 * VS_BUILD_ID_MAX + 1];
	const char *path = opts->vmlinux, *how = "given", *asked = NULL;

	if (!path && !opts->alone) {
		path = found = vs_vmlinux_search(k->release, &k->build_id);
		how = "found by build-id or release";
	}
	if (!path && !opts->alone) {
		vs_debuginfod_find(&k->build_id, opts->debuginfod, out, &found, &asked);
		path = found;
		how = "from debuginfod, by build-id";
	}
	if (path) {
		struct vs_err *err;

		k->vmlinux_how = strdup(how);
		err = k->vmlinux_how ? vs_vmlinux_open(path, &k->vmlinux) : &vs_enomem;
		return err ? err : check_machine(k, k->vmlinux);
	}
	vs_build_id_str(&k->build_id, id);
	if (opts->alone)
		k->vmlinux_how = strdup("not looked for");
	else if (asprintf(&k->vmlinux_how,
			  "no vmlinux found for %s, build-id %s: looked in /usr/lib/debug, /boot and /lib/modules%s%s",
			  *k->release ? k->release : "this dump", id, asked ? "; " : "", asked ? asked : "") < 0)
		k->vmlinux_how = NULL;
	return k->vmlinux_how ? NULL : &vs_enomem;
}

struct vs_err *vs_kernel_open_symbols(struct vs_kernel *k, const struct vs_open_opts *opts, struct vs_out *out)
{
	struct vs_err *err;

	// with both halves given there is nothing left that a vmlinux would be for
	if (!opts->vmlinux && opts->types && opts->symbols) {
		k->vmlinux_how = strdup("not needed");
		err = k->vmlinux_how ? NULL : &vs_enomem;
	} else {
		err = open_vmlinux(k, opts, out);
	}
	if (err)
		return err;
	if (opts->symbols)
		return vs_sysmap_create(opts->symbols, &k->symbols);
	if (k->vmlinux)
		return vs_vmlinux_symbols(k->vmlinux, &k->symbols);
	err = vs_kernel_alone_symbols(k, &k->symbols);
	if (err)
		return err->code == VS_ERR_NOMEM ? err : vs_err_wrap(err,
			"%s; name it with --vmlinux FILE, or a System.map with --symbols FILE; the dump itself does not help",
			k->vmlinux_how);
	k->alone_symbols = true;
	k->identity = "the dump's own";
	return NULL;
}

/* --- types --- */

/* Does the file begin as raw BTF does, in either byte order? */
static bool is_raw_btf(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	unsigned char magic[2];

	return fd >= 0 && pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
		(vs_load16(magic, false) == 0xeb9f || vs_load16(magic, true) == 0xeb9f);
}

static struct vs_err *open_btf(struct vs_kernel *k, const struct vs_vmlinux *v, const char *name)
{
	_cleanup_free_ char *source = NULL;
	const void *data;
	size_t size;
	struct vs_err *err = vs_vmlinux_section(v, ".BTF", &data, &size);

	if (err)
		return err;
	if (!data)
		return vs_err_create(VS_ERR_NOT_FOUND, "no .BTF section");
	if (asprintf(&source, "%s .BTF", name) < 0) {
		source = NULL;
		return &vs_enomem;
	}
	return vs_btf_create(data, size, k->mem.target.word, source, &k->types);
}

static struct vs_err *with_layout(struct vs_kernel *k, struct vs_err *err)
{
	if (!err)
		err = vs_layout_init(&k->layout, k->types);
	if (err) {
		vs_types_destroy(k->types);
		k->types = NULL;
	}
	return err;
}

/* From an ELF file: its .BTF, else its DWARF, whichever the caller wants. */
static struct vs_err *open_elf_types(struct vs_kernel *k, const struct vs_vmlinux *v, const char *name,
				     enum vs_types_from from)
{
	_cleanup_err_ struct vs_err *no_btf = NULL, *no_dwarf = NULL;
	char *source;

	if (from == VS_TYPES_BTF)
		return vs_err_wrap(with_layout(k, open_btf(k, v, name)), "%s", v->path);
	if (from == VS_TYPES_DWARF)
		return vs_err_wrap(with_layout(k, vs_dwarf_create(v, &k->types)), "%s", v->path);
	no_btf = with_layout(k, open_btf(k, v, name));
	if (!no_btf || no_btf->code == VS_ERR_NOMEM)
		return no_cleanup_ptr(no_btf);
	// BTF may also be of a kind that this libbpf is too old for
	no_dwarf = with_layout(k, vs_dwarf_create(v, &k->types));
	if (no_dwarf)
		return vs_err_create(no_dwarf->code, "%s: the layout of mm_struct and vm_area_struct is not known: %s; %s",
				     v->path, no_btf->msg, no_dwarf->msg);
	if (no_btf->code == VS_ERR_NOT_FOUND)
		return NULL;
	if (asprintf(&source, "%s (%s)", k->types->source, no_btf->msg) < 0)
		return &vs_enomem;
	free(k->types->source);
	k->types->source = source;
	return NULL;
}

/* --types: raw BTF, or an ELF file. One of another build is refused where that can be told. */
static struct vs_err *open_types_file(struct vs_kernel *k, const struct vs_open_opts *opts)
{
	_cleanup_buf_ struct vs_buf raw = VS_BUF_INIT;
	char want[2 * VS_BUILD_ID_MAX + 1], have[2 * VS_BUILD_ID_MAX + 1];
	const struct vs_build_id *id;
	struct vs_err *err;

	if (is_raw_btf(opts->types)) {
		if (opts->types_from == VS_TYPES_DWARF)
			return vs_err_create(VS_ERR_MISMATCH, "%s: raw BTF; expected DWARF, as --types-from says",
					     opts->types);
		err = vs_file_read(opts->types, "raw BTF", &raw);
		return err ? err : vs_err_wrap(with_layout(k, vs_btf_create(raw.data, raw.len, k->mem.target.word,
									    opts->types, &k->types)),
					       "%s", opts->types);
	}
	err = vs_vmlinux_open_types(opts->types, &k->types_file);
	if (err)
		return err;
	if (k->types_file->word != k->mem.target.word)
		return vs_err_create(VS_ERR_MISMATCH, "%s has types of %u bits; the dump is of %s (%u bits)", opts->types,
				     k->types_file->word * 8U, k->mem.arch->name, k->mem.target.word * 8U);
	id = &k->types_file->build_id;
	if (!opts->force && k->build_id.len && id->len &&
	    (id->len != k->build_id.len || memcmp(id->bytes, k->build_id.bytes, id->len))) {
		vs_build_id_str(&k->build_id, want);
		vs_build_id_str(id, have);
		return vs_err_create(VS_ERR_MISMATCH,
			"%s has the types of another kernel: build-id %s, the dump's is %s (%s); --force uses them all the same",
			opts->types, have, want, k->release);
	}
	return open_elf_types(k, k->types_file, opts->types, opts->types_from);
}

struct vs_err *vs_kernel_open_types(struct vs_kernel *k, const struct vs_open_opts *opts)
{
	struct vs_err *err;

	if (opts->types)
		return open_types_file(k, opts);
	if (k->vmlinux)
		return open_elf_types(k, k->vmlinux, "vmlinux", opts->types_from);
	if (opts->types_from == VS_TYPES_DWARF)
		return vs_err_create(VS_ERR_NOT_FOUND, "%s: no DWARF; name a file that has it with --vmlinux or --types",
				     k->vmlinux_how);
	err = with_layout(k, vs_kernel_alone_types(k, &k->types));
	if (err)
		return err->code == VS_ERR_NOMEM ? err : vs_err_wrap(err,
			"%s; name it with --vmlinux FILE, or its types with --types FILE; the dump itself does not help",
			k->vmlinux_how);
	k->alone_types = true;
	return NULL;
}

void vs_kernel_reread_sources(struct vs_kernel *k)
{
	struct vs_symbols *symbols = NULL;
	struct vs_types *types = NULL;

	if (k->alone_symbols)
		vs_err_free(vs_kernel_alone_symbols(k, &symbols));
	if (k->alone_types)
		vs_err_free(vs_kernel_alone_types(k, &types));
	vs_symbols_destroy(symbols);
	vs_types_destroy(types);
}
