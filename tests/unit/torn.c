// SPDX-License-Identifier: GPL-2.0-or-later
/* Torn or corrupt: what excuses a broken rule, and what does not. */
#include <stdlib.h>

#include "check/check.h"
#include "synth.h"
#include "tap.h"

static struct synth y;
static struct vs_space *s;

/* A sound address space of 200 VMAs that a task uses. */
static void begin(void)
{
	struct vs_space_user *u;

	synth_free(&y);
	vs_space_destroy(s);
	synth_make(&y, 200, SYNTH_USUAL, 5);
	s = vs_space_create();
	synth_read(&y, s);
	s->has |= VS_HAS_USERS;
	s->f.mm_users = s->f.mm_count = 1;
	s->lock.held = VS_LOCK_FREE;
	u = vs_vec_push(&s->users);
	*u = (struct vs_space_user){ .pid = 7, .tgid = 7, .task = 0xffff9d3c41000000 };
}

static void is(enum vs_verdict verdict, const char *why, const char *what)
{
	struct vs_report r;

	vs_check_space(s, &r);
	is_str(vs_verdict_name(r.verdict), vs_verdict_name(verdict), "%s", what);
	ok(!why || (r.torn && strstr(r.torn, why)), "%s: and why", what);
	if (r.findings.n)
		diag("%s: %s", r.findings.v[0].rule->id, r.findings.v[0].detail ? r.findings.v[0].detail : "");
	vs_report_deinit(&r);
}

static void test_exit(void)
{
	begin();
	s->f.map_count += 5;
	is(VS_CORRUPT, NULL, "map_count is wrong while a task uses it");
	s->f.mm_users = 0;
	is(VS_CORRUPT, NULL, "the same with no mm_users: the task contradicts");
	s->users.n = 0;
	is(VS_TORN, "exit", "the same without a task: it is being taken apart");
	s->f.mm_count = 0;
	is(VS_CORRUPT, NULL, "an mm that nobody at all holds on to");
	s->f.mm_count = UINT64_C(1) << 31;
	is(VS_CORRUPT, NULL, "too many that do");

	begin();
	s->users.v[0].kthread = true;
	s->f.mm_users = 0;
	s->f.map_count += 5;
	is(VS_TORN, "exit", "a kernel thread that has borrowed it keeps nothing alive");
}

/* A maple tree of one leaf, with an entry that a fork has left. */
static void put_zero(void)
{
	struct vs_mentry *e = vs_vec_push(&s->maple.entries);

	*e = (struct vs_mentry){ .raw = 0x406, .vma = VS_NONE, .node = VS_NONE, .kind = VS_MENTRY_ZERO };
}

static void test_fork(void)
{
	begin();
	s->f.map_count -= 5;
	s->f.mm_flags = VS_MMF_UNSTABLE;
	is(VS_CORRUPT, NULL, "MMF_UNSTABLE alone: the OOM reaper takes no VMA");
	put_zero();
	is(VS_TORN, "fork", "with XA_ZERO_ENTRY: a fork that failed");
	s->f.mm_flags = 0;
	is(VS_CORRUPT, NULL, "XA_ZERO_ENTRY alone");
}

static void test_held(void)
{
	begin();
	s->f.map_count--;
	is(VS_CORRUPT, NULL, "map_count one behind");
	s->lock = (struct vs_lock){ .held = VS_LOCK_WRITE, .pid = 7, .tid = 8, .comm = "writer", .state = 'D' };
	is(VS_TORN, "thread 8", "with a writer at work");
	s->lock.held = VS_LOCK_READ;
	is(VS_CORRUPT, NULL, "with a reader");
	s->f.map_count++;
	s->f.total_vm += 3;
	is(VS_TORN, "read", "total_vm ahead with a reader: munmap, stack growth");
	s->lock.held = VS_LOCK_WRITE;
	s->f.total_vm = UINT64_C(0x6b6b6b6b6b6b6b6b);
	is(VS_CORRUPT, NULL, "total_vm of more pages than there can be, with a writer");

	begin();
	s->has |= VS_HAS_LOCKED_VM;
	s->lock.held = VS_LOCK_WRITE;
	s->f.locked_vm = UINT64_C(0x6b6b6b6b6b6b6b6b);
	is(VS_CORRUPT, NULL, "locked_vm of more pages than there can be, with a writer");
}

static void test_smear(void)
{
	begin();
	s->vmas.v[9].end = 0x123;
	is(VS_CORRUPT, NULL, "a bound that no writer leaves");
	s->moment.smeared = true;
	is(VS_TORN, "one moment", "on a machine that ran on meanwhile");
}

static void test_lock_seq(void)
{
	struct vs_report r;

	begin();
	s->has |= VS_HAS_LOCK_SEQ;
	s->f.mm_lock_seq = 12;
	s->vmas.v[3].lock_seq = 12;
	vs_check_space(s, &r);
	ok(r.verdict == VS_CONSISTENT && r.findings.n == 1 && !strcmp(r.findings.v[0].rule->id, "vma-lock-seq"),
	   "vm_lock_seq of the mm without a writer is told, and no more");
	vs_report_deinit(&r);
	s->lock.held = VS_LOCK_WRITE;
	vs_check_space(s, &r);
	ok(r.verdict == VS_CONSISTENT && !r.findings.n, "with a writer it is a lock");
	vs_report_deinit(&r);
}

int main(void)
{
	test_exit();
	test_fork();
	test_held();
	test_smear();
	test_lock_seq();
	vs_space_destroy(s);
	synth_free(&y);
	return done();
}
