// SPDX-License-Identifier: GPL-2.0-or-later
/* The pid table, made up: the radix tree of 4.15 and later, the hash table before. */
#include <stdlib.h>

#include "base/err.h"
#include "base/out.h"
#include "fake.h"
#include "mm/pids.h"
#include "tap.h"

/* struct pid: tasks at 16, numbers at 96; struct upid: nr 0, ns 8, pid_chain 16. */
enum { TASKS = 16, NUMBERS = 96, CHAIN = 16, LINK = 2000, IDR = 8, SLOTS = 40 };

#define NS		(FAKE_DIRECT + 0x1000)
#define TABLE		(FAKE_DIRECT + 0x2000)
#define SHIFT		(FAKE_DIRECT + 0x3000)
#define HASH		(FAKE_DIRECT + 0x3008)
#define NODE(i)		(FAKE_DIRECT + 0x4000 + (i) * UINT64_C(0x400))
#define PID(i)		(FAKE_DIRECT + 0x20000 + (i) * UINT64_C(0x100))
#define TASK(i)		(FAKE_DIRECT + 0x40000 + (i) * UINT64_C(0x1000))

static struct fake *f;

static void begin(bool xarray)
{
	if (f)
		fake_destroy(f);
	f = fake_create();
	f->k.layout.pid.tasks = (struct vs_field){ TASKS, 32 };
	f->k.layout.pid.numbers = (struct vs_field){ NUMBERS, 32 };
	f->k.layout.upid.nr = (struct vs_field){ 0, 4 };
	f->k.layout.upid.ns = (struct vs_field){ 8, 8 };
	f->k.layout.task.pid_link = (struct vs_field){ LINK, 16 };
	f->k.layout.idr.is_xarray = xarray;
	fake_symbol(f, VS_SYM_INIT_PID_NS, NS);
}

static void begin_idr(bool xarray)
{
	begin(xarray);
	f->k.layout.idr.head = (struct vs_field){ IDR, 8 };
	f->k.layout.xa_node.slots = (struct vs_field){ SLOTS, 64 * 8 };
}

static void put_pid(unsigned int i, uint64_t ns)
{
	fake_put(f, PID(i) + TASKS, TASK(i) + LINK, 8);
	fake_put(f, PID(i) + NUMBERS, i, 4);
	fake_put(f, PID(i) + NUMBERS + 8, ns, 8);
}

/* "1 5 7": the pids, in the order of the table; each has to lead to its task. */
static void is(const char *list, unsigned int broken, const char *what)
{
	struct vs_out out = fake_out();
	struct vs_pids p;
	struct vs_err *err = vs_pids_read(&f->k, &out, &p);
	char buf[200] = "";
	bool right = !err;

	for (size_t i = 0; !err && i < p.v.n; i++) {
		sprintf(buf + strlen(buf), "%s%d", i ? " " : "", p.v.v[i].nr);
		right &= p.v.v[i].task == TASK((unsigned int)p.v.v[i].nr);
	}
	is_str(p.problem ? p.problem : buf, list, "%s", what);
	ok(right, "%s: each with its task", what);
	if (!ok(p.broken == broken, "%s: %u broken", what, broken))
		diag("found %u", p.broken);
	vs_pids_deinit(&p);
	vs_buf_deinit(&out.buf);
}

/* A tree of two levels: pids 1, 5 and 70. */
static void plant(uint64_t tag)
{
	fake_put(f, NS + IDR, NODE(0) | tag, 8);
	fake_put(f, NODE(0) + SLOTS, NODE(1) | tag, 8);
	fake_put(f, NODE(0) + SLOTS + 8, NODE(2) | tag, 8);
	fake_put(f, NODE(1) + SLOTS + 1 * 8, PID(1), 8);
	fake_put(f, NODE(1) + SLOTS + 5 * 8, PID(5), 8);
	fake_put(f, NODE(2) + SLOTS + 6 * 8, PID(70), 8);
	put_pid(1, NS);
	put_pid(5, NS);
	put_pid(70, NS);
}

static void test_idr(void)
{
	begin_idr(true);
	is("", 0, "an empty tree");
	fake_put(f, NS + IDR, PID(0), 8);
	put_pid(0, NS);
	is("0", 0, "one entry needs no node");
	plant(2);
	is("1 5 70", 0, "an xarray");
	fake_put(f, PID(5) + TASKS, 0, 8);
	is("1 70", 0, "a pid without a task: it has been reaped");
	fake_put(f, NODE(1) + SLOTS + 63 * 8, NODE(0) | 2, 8);
	fake_put(f, NODE(2) + SLOTS + 63 * 8, PID(1), 8);
	is("1 70", 2, "a node in itself, a pid twice");
	fake_put(f, NODE(0) + SLOTS, 0x6b6b6b6b6b6b6b6b, 8);
	is("70 1", 1, "poison instead of a node");
	f->excluded[0x4000 >> 12] = true;
	is("", 1, "nodes that the dump lacks");

	begin_idr(false);
	plant(1);
	is("1 5 70", 0, "a radix tree");
}

static void test_hash(void)
{
	begin(false);
	f->k.layout.upid.pid_chain = (struct vs_field){ CHAIN, 16 };
	is("the kernel has neither init_pid_ns.idr nor pid_hash", 0, "neither");
	fake_symbol(f, VS_SYM_PID_HASH, HASH);
	fake_symbol(f, VS_SYM_PIDHASH_SHIFT, SHIFT);
	fake_put(f, HASH, TABLE, 8);
	fake_put(f, SHIFT, 2, 4);
	is("", 0, "an empty hash table");
	put_pid(9, NS);
	put_pid(3, NS);
	put_pid(4, NS);
	fake_put(f, TABLE + 8, PID(9) + NUMBERS + CHAIN, 8);
	fake_put(f, PID(9) + NUMBERS + CHAIN, PID(3) + NUMBERS + CHAIN, 8);
	fake_put(f, TABLE + 24, PID(4) + NUMBERS + CHAIN, 8);
	is("9 3 4", 0, "chains");
	fake_put(f, PID(9) + NUMBERS + 8, NS + 0x100, 8);
	is("3 4", 0, "a number in another namespace");
	fake_put(f, PID(3) + NUMBERS + CHAIN, PID(9) + NUMBERS + CHAIN, 8);
	is("3 4", 1, "a chain that closes");
	fake_put(f, SHIFT, 40, 4);
	is("pid_hash or pidhash_shift is not in the dump, or makes no sense", 0, "too large a table");
}

int main(void)
{
	test_idr();
	test_hash();
	fake_destroy(f);
	return done();
}
