// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/kernel.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "kernel/guess.h"

static const char *const sym_names[VS_SYM_COUNT] = {
	[VS_SYM_INIT_TASK] = "init_task",
	[VS_SYM_TEXT] = "_text",
	[VS_SYM_STEXT] = "_stext",
	[VS_SYM_END] = "_end",
	[VS_SYM_ETEXT] = "_etext",
	[VS_SYM_LINUX_BANNER] = "linux_banner",
	[VS_SYM_PAGE_OFFSET_BASE] = "page_offset_base",
	[VS_SYM_INIT_TOP_PGT] = "init_top_pgt",
	[VS_SYM_PROTECTION_MAP] = "protection_map",
	[VS_SYM_PER_CPU_OFFSET] = "__per_cpu_offset",
	[VS_SYM_NR_CPU_IDS] = "nr_cpu_ids",
	[VS_SYM_CPU_POSSIBLE_MASK] = "__cpu_possible_mask",
	[VS_SYM_IOMEM_RESOURCE] = "iomem_resource",
	[VS_SYM_STACK_GUARD_GAP] = "stack_guard_gap",
	[VS_SYM_GATE_VMA] = "gate_vma",
	[VS_SYM_VSYSCALL_MODE] = "vsyscall_mode",
	[VS_SYM_SPECIAL_MAPPING_NAME] = "special_mapping_name",
	[VS_SYM_GATE_VMA_NAME] = "gate_vma_name",
	[VS_SYM_VM_AREA_CACHEP] = "vm_area_cachep",
	[VS_SYM_MM_CACHEP] = "mm_cachep",
	[VS_SYM_INIT_PID_NS] = "init_pid_ns",
	[VS_SYM_PID_HASH] = "pid_hash",
	[VS_SYM_PIDHASH_SHIFT] = "pidhash_shift",
	[VS_SYM_EMPTY_ZERO_PAGE] = "empty_zero_page",
	[VS_SYM_HUGE_ZERO_PFN] = "huge_zero_pfn",
	[VS_SYM_SWAP_INFO] = "swap_info",
	[VS_SYM_NR_SWAPFILES] = "nr_swapfiles",
	[VS_SYM_GET_UNMAPPED_AREA] = "arch_get_unmapped_area",
	[VS_SYM_GET_UNMAPPED_AREA_TOPDOWN] = "arch_get_unmapped_area_topdown",
	[VS_SYM_SIMPLE_DNAME] = "simple_dname",
	[VS_SYM_ANON_INODEFS_DNAME] = "anon_inodefs_dname",
	[VS_SYM_PIPEFS_DNAME] = "pipefs_dname",
	[VS_SYM_SOCKFS_DNAME] = "sockfs_dname",
	[VS_SYM_NS_DNAME] = "ns_dname",
	[VS_SYM_DMABUFFS_DNAME] = "dmabuffs_dname",
	[VS_SYM_START_BTF] = "__start_BTF",
	[VS_SYM_STOP_BTF] = "__stop_BTF",
};

/* VMCOREINFO from its note, if there is one. */
static struct vs_err *read_vmcoreinfo(struct vs_kernel *k)
{
	bool process = false;

	for (size_t i = 0; i < k->img->n_notes; i++) {
		const struct vs_note *n = &k->img->notes[i];

		if (n->name_len == 10 && !memcmp(n->name, "VMCOREINFO", 10))
			return vs_vmcoreinfo_init(&k->vi, n->desc, n->desc_len,
						  memmem(n->desc, n->desc_len, "\nVMASCOPE=", 10) ?
						  "a note that vmascope made up" : "a note") ?
				NULL : &vs_enomem;
		if (n->name_len == 4 && !memcmp(n->name, "CORE", 4) &&
		    (n->type == NT_PRPSINFO || n->type == NT_AUXV))
			process = true;
	}
	if (process)
		return vs_err_create(VS_ERR_FORMAT,
			"%s: the core of a process; expected the dump of a kernel (with a VMCOREINFO note)",
			k->img->path);
	return NULL;
}

static void read_identity(struct vs_kernel *k)
{
	char hex[2 * VS_BUILD_ID_MAX + 1];
	unsigned int byte;

	if (!vs_vmcoreinfo_str(&k->vi, "OSRELEASE", k->release, sizeof(k->release)))
		k->release[0] = 0;
	if (!vs_vmcoreinfo_str(&k->vi, "BUILD-ID", hex, sizeof(hex)))	// since 5.9
		return;
	for (size_t i = 0; hex[i] && hex[i + 1] && sscanf(hex + i, "%2x", &byte) == 1; i += 2)
		k->build_id.bytes[k->build_id.len++] = (unsigned char)byte;
}

/* "Linux version 5.10.0-46-amd64 (...)": the release in it. */
static bool banner_release(const char *banner, size_t len, char *buf, size_t size)
{
	static const char start[] = "Linux version ";
	const char *end;

	if (len < sizeof(start) || memcmp(banner, start, sizeof(start) - 1))
		return false;
	banner += sizeof(start) - 1;
	len -= sizeof(start) - 1;
	end = memchr(banner, ' ', len);
	if (!end || (size_t)(end - banner) >= size)
		return false;
	memcpy(buf, banner, (size_t)(end - banner));
	buf[end - banner] = 0;
	return true;
}

/* Is this vmlinux the kernel of the dump? Both say who they are; believe neither alone. */
static struct vs_err *check_vmlinux(struct vs_kernel *k, uint64_t banner_at, bool force)
{
	struct vs_vmlinux *v = k->vmlinux;
	char dump_id[2 * VS_BUILD_ID_MAX + 1], file_id[2 * VS_BUILD_ID_MAX + 1];
	char release[128] = "";
	const char *banner;
	size_t len;

	if (k->build_id.len && v->build_id.len) {
		if (k->build_id.len == v->build_id.len &&
		    !memcmp(k->build_id.bytes, v->build_id.bytes, k->build_id.len)) {
			k->identity = "build-ids are equal";
			return NULL;
		}
		k->identity = "forced: build-ids differ";
		vs_build_id_str(&k->build_id, dump_id);
		vs_build_id_str(&v->build_id, file_id);
		if (force)
			return NULL;
		return vs_err_create(VS_ERR_MISMATCH,
			"%s is not the kernel of this dump: build-id %s, the dump's is %s (%s); --force uses it all the same",
			v->path, file_id, dump_id, k->release);
	}
	banner = banner_at ? vs_vmlinux_at(v, banner_at, &len) : NULL;
	if (!banner || !banner_release(banner, len, release, sizeof(release))) {
		k->identity = "not verified: neither build-id nor banner in vmlinux";
		if (force)
			return NULL;
		return vs_err_create(VS_ERR_MISMATCH,
			"%s has neither a build-id nor a banner to tell whether it is the kernel of this dump (%s); --force uses it all the same",
			v->path, k->release);
	}
	if (!strcmp(release, k->release)) {
		k->identity = k->vi.made ? "its banner stands in memory" : "releases are equal";
		return NULL;
	}
	k->identity = "forced: releases differ";
	return force ? NULL : vs_err_create(VS_ERR_MISMATCH,
		"%s is not the kernel of this dump: release %s, the dump's is %s; --force uses it all the same",
		v->path, release, k->release);
}

/* The banner read through the dump: if it is not there, nothing else would be right. */
static struct vs_err *check_place(struct vs_kernel *k, bool force)
{
	char banner[256], release[128];
	_cleanup_buf_ struct vs_buf clean = VS_BUF_INIT;
	enum vs_from from;
	uint64_t at;
	size_t got;

	if (!vs_kernel_sym(k, VS_SYM_LINUX_BANNER, &at) || force)
		return NULL;
	from = vs_kmem_read(&k->mem, at, banner, sizeof(banner), &got);
	if (!got && (from == VS_FROM_EXCLUDED || from == VS_FROM_TRUNCATED) && !k->vi.made)
		return NULL;	// the build-id will have to do
	if (banner_release(banner, got, release, sizeof(release)) && !strcmp(release, k->release))
		return NULL;
	vs_buf_put_clean(&clean, banner, got < 40 ? got : 40);
	if (!got)
		vs_buf_printf(&clean, "%s", vs_from_name(from));
	return vs_err_create(VS_ERR_MISMATCH,
		"the kernel is not where it should be: linux_banner at %#" PRIx64
		" should read \"Linux version %s\", found: %s", at, k->release, vs_buf_str(&clean));
}

/* What was made up has to agree with the kernel's own page tables besides. */
static struct vs_err *check_tables(struct vs_kernel *k)
{
	struct vs_xlat x;
	uint64_t at = k->mem.image_start;

	vs_kernel_sym(k, VS_SYM_STEXT, &at);	// arm64 leaves the header before it out
	k->mem.arch->walk(&k->mem.pgt, at, &x);
	if (x.end == VS_PG_MAPPED && x.pa == k->mem.image_pa + (at - k->mem.image_start))
		return NULL;
	return vs_err_create(VS_ERR_MISMATCH,
		"no VMCOREINFO; the image was found at physical %#" PRIx64 " and must be at %#" PRIx64
		" (%s), but the kernel's page tables %s", k->mem.image_pa, k->mem.image_start, k->kaslr_source,
		x.end == VS_PG_MAPPED ? "have something else there" :
		x.end == VS_PG_ABSENT ? "are not in the dump to check it" : "have nothing there");
}

/*
 * The first task is called "swapper": if it is not, types are another kernel's.
 * Types given apart from the symbols are proven by nothing else.
 */
static struct vs_err *check_types(struct vs_kernel *k, bool force)
{
	_cleanup_buf_ struct vs_buf clean = VS_BUF_INIT;
	char comm[16];
	uint64_t at;
	size_t got;

	if (force || !vs_kernel_sym(k, VS_SYM_INIT_TASK, &at) || !vs_has(k->layout.task.comm) ||
	    !vs_from_ok(vs_kmem_read(&k->mem, at + (uint64_t)k->layout.task.comm.off, comm, sizeof(comm), &got)))
		return NULL;
	if (!memcmp(comm, "swapper", 7))
		return NULL;
	vs_buf_put_clean(&clean, comm, strnlen(comm, sizeof(comm)));
	return vs_err_create(VS_ERR_MISMATCH,
		"the types (%s) are not this kernel's: init_task.comm should read \"swapper\", found: \"%s\"",
		k->types->source, vs_buf_str(&clean));
}

static struct vs_err *find_kernel(struct vs_kernel *k, bool force)
{
	struct vs_err *err, *wrong = NULL;

	k->mem.image_start = k->mem.image_end = 0;

	for (size_t i = 0; i < VS_SYM_COUNT; i++)
		k->sym[i].name = sym_names[i];
	err = vs_symbols_find(k->symbols, k->sym, VS_SYM_COUNT);
	if (!err && k->vmlinux)
		err = check_vmlinux(k, k->sym[VS_SYM_LINUX_BANNER].found ?
				    k->sym[VS_SYM_LINUX_BANNER].value : 0, force);
	if (!err)
		err = vs_kernel_place(k);
	// where it is not what it should be says more than what did not follow from it
	if ((!err || err->code != VS_ERR_NOMEM) && k->mem.image_end > k->mem.image_start)
		wrong = check_place(k, force);
	if (wrong) {
		vs_err_free(err);
		err = wrong;
	}
	return !err && k->vi.made ? check_tables(k) : err;
}

/* What VMCOREINFO leads to: vmlinux, its symbols, where everything is. */
static struct vs_err *follow(struct vs_kernel *k, const struct vs_open_opts *opts, struct vs_out *out)
{
	struct vs_err *err;

	read_identity(k);
	err = vs_kernel_byte_order(k);
	if (!err)
		err = vs_kernel_open_symbols(k, opts, out);
	if (!err && k->vmlinux)
		err = vs_kernel_byte_order(k);
	return err ? err : find_kernel(k, opts->force);
}

/* Forget what a VMCOREINFO has led to that was the wrong one. */
static void forget(struct vs_kernel *k)
{
	vs_symbols_destroy(k->symbols);
	vs_vmlinux_destroy(k->vmlinux);
	free(k->vmlinux_how);
	vs_vmcoreinfo_deinit(&k->vi);
	k->symbols = NULL;
	k->vmlinux = NULL;
	k->vmlinux_how = NULL;
	k->identity = NULL;
	k->kallsyms = (struct vs_kallsyms_place){ 0 };
	k->alone_symbols = false;
	k->release[0] = 0;
	k->build_id.len = 0;
}

/* A possibility of vs_vmcoreinfo_guess(). */
static struct vs_err *take_guess(struct vs_kernel *k)
{
	k->build_id.len = 0;
	read_identity(k);
	return find_kernel(k, false);
}

static struct vs_err *guess(struct vs_kernel *k, const struct vs_open_opts *opts, struct vs_out *out)
{
	struct vs_err *err;

	if (!opts->vmlinux)
		return vs_err_create(VS_ERR_FORMAT,
			"%s: no VMCOREINFO, neither among its %zu notes nor in memory: which kernel it is and where it lies cannot be told; with --vmlinux FILE it is worked out",
			k->img->path, k->img->n_notes);
	err = vs_kernel_open_symbols(k, opts, out);
	if (!err)
		err = vs_kernel_byte_order(k);
	if (!err)
		err = vs_vmcoreinfo_guess(k, out, take_guess);
	return vs_err_wrap(err, "%s", k->img->path);
}

/* As a note, so that what is cut out of this dump has it. */
static struct vs_err *add_note(struct vs_kernel *k)
{
	struct vs_note *v = realloc(k->img->notes, (k->img->n_notes + 1) * sizeof(*v));

	if (!v)
		return &vs_enomem;
	k->img->notes = v;
	v[k->img->n_notes++] = (struct vs_note){
		.name = "VMCOREINFO", .name_len = 10,
		.desc = (const unsigned char *)k->vi.text, .desc_len = k->vi.len,
	};
	return NULL;
}

/* Without a note: the first VMCOREINFO in memory that leads to a kernel, else one made up. */
static struct vs_err *open_without_note(struct vs_kernel *k, const struct vs_open_opts *opts, struct vs_out *out)
{
	_cleanup_err_ struct vs_err *first = NULL;
	struct vs_vmcoreinfos found = { 0 };
	struct vs_err *err = vs_vmcoreinfo_search(k->img, out, &found);
	bool done = false;

	for (size_t i = 0; !err && !done && i < found.n; i++) {
		struct vs_err *e;

		k->vi = found.v[i];
		found.v[i] = (struct vs_vmcoreinfo){ 0 };
		e = follow(k, opts, out);
		done = !e || e->code == VS_ERR_NOMEM || e->code == VS_ERR_INTERRUPTED;
		if (done)
			err = e;
		else
			forget(k);
		if (e && !done && !first)
			first = e;
		else if (e && !done)
			vs_err_free(e);
	}
	if (!err && !done) {
		err = guess(k, opts, out);
		// what was found in memory says more than that nothing could be made up
		if (err && first && err->code != VS_ERR_NOMEM && err->code != VS_ERR_INTERRUPTED) {
			vs_err_free(err);
			err = no_cleanup_ptr(first);
		}
	}
	vs_vmcoreinfos_deinit(&found);
	return err ? err : add_note(k);
}

static struct vs_err *open_all(struct vs_kernel *k, const struct vs_open_opts *opts, struct vs_out *out)
{
	struct vs_err *err;

	k->mem.img = k->img;
	k->mem.arch = vs_arch_find(k->img->machine);
	if (!k->mem.arch)
		return vs_err_create(VS_ERR_FORMAT, "%s: %s; dumps of these are read: %s",
				     k->img->path, k->img->what, vs_arch_names());
	k->mem.target = (struct vs_target){ k->img->big_endian, k->mem.arch->word, 12 };
	err = read_vmcoreinfo(k);
	if (!err)
		err = k->vi.text ? follow(k, opts, out) : open_without_note(k, opts, out);
	if (!err)
		err = vs_kernel_open_types(k, opts);
	if (!err && k->alone_symbols)
		vs_kernel_discover(k);
	return err ? err : check_types(k, opts->force);
}

struct vs_err *vs_kernel_reread(struct vs_kernel *k)
{
	struct vs_symbol known[VS_SYM_COUNT];
	struct vs_err *err;

	vs_kernel_reread_sources(k);
	memcpy(known, k->sym, sizeof(known));
	err = find_kernel(k, k->forced);
	if (!err && k->alone_symbols)
		vs_kernel_rediscover(k, known);
	return err;
}

struct vs_err *vs_kernel_open(struct vs_image *img, const struct vs_open_opts *opts,
			      struct vs_out *out, struct vs_kernel **ret)
{
	struct vs_kernel *k = calloc(1, sizeof(*k));
	struct vs_err *err;

	if (!k) {
		vs_image_destroy(img);
		return &vs_enomem;
	}
	k->img = img;
	k->forced = opts->force;
	err = open_all(k, opts, out);
	if (err) {
		vs_kernel_close(k);
		return err;
	}
	*ret = k;
	return NULL;
}

void vs_kernel_close(struct vs_kernel *k)
{
	if (!k)
		return;
	vs_types_destroy(k->types);
	vs_symbols_destroy(k->symbols);
	vs_vmlinux_destroy(k->vmlinux);
	vs_vmlinux_destroy(k->types_file);
	free(k->vmlinux_how);
	vs_vmcoreinfo_deinit(&k->vi);
	vs_cpus_deinit(&k->cpus);
	vs_image_destroy(k->img);
	free(k);
}

bool vs_kernel_symbolize(struct vs_kernel *k, uint64_t addr, char *buf, size_t size)
{
	const char *name;
	uint64_t value;
	struct vs_err *err;

	if (addr - k->mem.image_start >= k->mem.image_end - k->mem.image_start)
		return false;	// data on the heap has no names
	if (k->functions_only && k->sym[VS_SYM_ETEXT].found && addr >= k->sym[VS_SYM_ETEXT].value)
		return false;	// nor has data that kallsyms leaves out
	err = vs_symbols_nearest(k->symbols, addr - k->kaslr, &name, &value);
	if (err || !name) {
		vs_err_free(err);
		return false;
	}
	if (value == addr - k->kaslr)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "%s+%#" PRIx64, name, addr - k->kaslr - value);
	return true;
}
