// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where things are in a dump, for tests/bench/chase, which knows nothing of kernels;
 * and what our own engine's inner loop takes, by passes over all address spaces.
 *
 *	facts DUMP [VMLINUX]
 *	facts --loop COMMAND [--passes N] DUMP [VMLINUX [WORD...]]
 *
 * The first prints a name and a number a line. The second opens the dump and does COMMAND WORD...
 * N times (default 6), with nothing remembered of the time before and the answer thrown away. It
 * prints the bytes and lines of an answer, the VMAs of all processes, and nanoseconds of the first pass
 * and of the median of the others, by the clock and of the processor. VMLINUX may be empty: none is named.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/out.h"
#include "cmd/session.h"

_Noreturn static void fail(struct vs_err *err)
{
	fprintf(stderr, "facts: %s\n", err->msg);
	exit(2);
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void put(const char *name, int64_t value)
{
	printf("%s %" PRId64 "\n", name, value);
}

/* Offset of a pointer to the first thing in @p f; -1 where there is none. */
static int64_t off(struct vs_field f)
{
	return f.off;
}

static void put_facts(struct vs_kernel *k)
{
	const struct vs_layout *l = &k->layout;
	uint64_t init, first;

	if (!vs_kernel_sym(k, VS_SYM_INIT_TASK, &init) ||
	    !vs_kmem_ulong(&k->mem, init + (uint64_t)l->task.tasks.off, &first) ||
	    k->mem.direct_start == k->mem.direct_end || k->mem.target.word != 8 || k->mem.target.big_endian)
		fail(vs_err_create(VS_ERR_FORMAT, "expected a 64-bit little-endian kernel with a direct map"));
	put("direct_va", (int64_t)k->mem.direct_start);
	put("direct_pa", (int64_t)k->mem.direct_pa);
	put("image_va", (int64_t)k->mem.image_start);
	put("image_pa", (int64_t)k->mem.image_pa);
	put("image_size", (int64_t)(k->mem.image_end - k->mem.image_start));
	put("kaslr", (int64_t)k->kaslr);
	put("task_first", (int64_t)first);
	put("task_head", (int64_t)(init + (uint64_t)l->task.tasks.off));
	put("task_tasks", off(l->task.tasks));
	put("task_mm", off(l->task.mm));
	put("task_pid", off(l->task.pid));
	put("mm_mmap", vs_has(l->vma.vm_next) ? off(l->mm.mmap) : -1);
	put("mm_rb", off(l->mm.mm_rb));
	put("mm_mt_root", vs_has(l->mm.mm_mt) ? l->mm.mm_mt.off + off(l->mtree.ma_root) : -1);
	put("vm_start", off(l->vma.vm_start));
	put("vma_size", l->vma.size);
	put("vm_end", off(l->vma.vm_end));
	put("vm_next", off(l->vma.vm_next));
	put("vm_rb", off(l->vma.vm_rb));
	put("vm_file", off(l->vma.vm_file));
	put("vma_shared_rb", off(l->vma.shared_rb));
	put("vma_shared_last", off(l->vma.shared_last));
	put("vma_chain", off(l->vma.anon_vma_chain));
	put("rb_left", off(l->rb.rb_left));
	put("rb_right", off(l->rb.rb_right));
	put("rb_parent", off(l->rb.parent_color));
	put("file_mapping", off(l->file.f_mapping));
	put("file_inode", off(l->file.f_inode));
	put("file_dentry", off(l->file.f_path_dentry));
	put("mapping_i_mmap", off(l->mapping.i_mmap));
	put("inode_ino", off(l->inode.i_ino));
	put("inode_sb", off(l->inode.i_sb));
	put("super_dev", off(l->super.s_dev));
	put("dentry_parent", off(l->dentry.d_parent));
	put("dentry_name", off(l->dentry.d_name_name));
	put("dentry_len", off(l->dentry.d_name_len));
	put("avc_anon_vma", off(l->avc.anon_vma));
	put("avc_list", off(l->avc.same_vma));
	put("avc_rb", off(l->avc.rb));
	put("avc_last", off(l->avc.rb_subtree_last));
	put("anon_root", off(l->anon_vma.root));
	put("anon_rb_root", off(l->anon_vma.rb_root));
	put("leaf_64", l->maple_type[VS_MT_LEAF_64]);
	put("range_64", l->maple_type[VS_MT_RANGE_64]);
	put("arange_64", l->maple_type[VS_MT_ARANGE_64]);
	put("range_pivot", off(l->mrange.pivot));
	put("range_slot", off(l->mrange.slot));
	put("range_slots", l->mrange.slot.size / 8);
	put("arange_pivot", off(l->marange.pivot));
	put("arange_slot", off(l->marange.slot));
	put("arange_slots", l->marange.slot.size / 8);
}

/* --- our own loop --- */

struct loop {
	const char *command;
	unsigned int passes;
	char *const *words;	/* of the command line, as it is typed in GDB */
	int n_words;
};

struct answer {
	uint64_t bytes, lines;
};

static struct vs_err *count(void *face, const char *data, size_t len)
{
	struct answer *a = face;

	a->bytes += len;
	for (const char *end = data + len; (data = memchr(data, '\n', (size_t)(end - data))); data++)
		a->lines++;
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The first, and the median of the others. */
static void put_times(const char *name, uint64_t *times, unsigned int n)
{
	printf("first_%s_ns %" PRIu64 "\n", name, times[0]);
	if (n > 1) {
		qsort(times + 1, n - 1, sizeof(*times), by_value);
		printf("warm_%s_ns %" PRIu64 "\n", name, times[1 + (n - 1) / 2]);
	}
}

/* One pass begins with what is open and nothing else: no task, no file is remembered. */
static void run_loop(struct vs_session *s, const struct loop *l)
{
	const struct vs_cmd *cmd = vs_cmd_find(l->command, strlen(l->command), VS_FACE_GDB);
	uint64_t *wall = calloc(l->passes, sizeof(*wall)), *cpu = calloc(l->passes, sizeof(*cpu));
	struct answer answer = { 0 };
	struct vs_out out = { .write = count, .face = &answer };
	uint64_t vmas = 0;
	struct vs_args args;
	struct vs_err *err;

	if (!wall || !cpu)
		fail(&vs_enomem);
	if (!cmd)
		fail(vs_err_create(VS_ERR_USAGE, "--loop: no command \"%s\"", l->command));
	for (unsigned int i = 0; i < l->passes; i++) {
		int status = 0;

		vs_session_forget(s);
		answer = (struct answer){ 0 };
		err = vs_args_parse(cmd, VS_FACE_GDB, NULL, l->n_words, l->words, &args);
		if (err)
			fail(err);
		wall[i] = read_clock(CLOCK_MONOTONIC);
		cpu[i] = read_clock(CLOCK_PROCESS_CPUTIME_ID);
		err = vs_cmd_run(s, &args, &out, &status);
		if (!err)
			err = vs_out_flush(&out);
		cpu[i] = read_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu[i];
		wall[i] = read_clock(CLOCK_MONOTONIC) - wall[i];
		if (err)
			fail(err);
		vs_args_deinit(&args);
	}
	for (size_t i = 0; i < s->tasks.v.n; i++) {
		const struct vs_task *t = &s->tasks.v.v[i];
		struct vs_mm_fields fields;

		if (t->mm && t->pid == t->tgid && !vs_mm_read_fields(s->k, t->mm, &fields))
			vmas += fields.map_count;
	}
	printf("bytes %" PRIu64 "\nlines %" PRIu64 "\nvmas %" PRIu64 "\n", answer.bytes, answer.lines, vmas);
	put_times("wall", wall, l->passes);
	put_times("cpu", cpu, l->passes);
	vs_buf_deinit(&out.buf);
	free(wall);
	free(cpu);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "loop", required_argument, NULL, 'l' }, { "passes", required_argument, NULL, 'n' }, { NULL },
	};
	struct loop loop = { .passes = 6 };
	struct vs_open_opts opts = { 0 };
	struct vs_session *session = vs_session_create();
	struct vs_out out = { 0 };
	struct vs_err *err;

	for (int c; (c = getopt_long(argc, argv, "+", options, NULL)) != -1;)
		switch (c) {
		case 'l':
			loop.command = optarg;
			break;
		case 'n':
			loop.passes = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	if (argc - optind < 1 || loop.passes < 1) {
		fprintf(stderr, "usage: facts [--loop COMMAND [--passes N]] DUMP [VMLINUX [WORD...]]\n");
		return 2;
	}
	if (!session)
		fail(&vs_enomem);
	opts.vmlinux = argc - optind > 1 && *argv[optind + 1] ? argv[optind + 1] : NULL;
	if (argc - optind > 2) {
		loop.words = argv + optind + 2;
		loop.n_words = argc - optind - 2;
	}
	err = vs_session_open(session, argv[optind], &opts, &out);
	if (err)
		fail(err);
	if (loop.command)
		run_loop(session, &loop);
	else
		put_facts(session->k);
	vs_session_destroy(session);
	return 0;
}
