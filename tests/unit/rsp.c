// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The remote protocol over a kernel made up. "rsp SOCKET N" serves N tasks to whoever
 * connects to SOCKET: tests/gdb/many.sh.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "fake.h"
#include "gdb/rsp.h"
#include "tap.h"

#define OFFSETS		(FAKE_DIRECT + 0x1000)	/* __per_cpu_offset[] */
#define NR_CPUS		(FAKE_DIRECT + 0x2000)
#define MASK		(FAKE_DIRECT + 0x2100)
#define TASK		(FAKE_DIRECT + 0x3000)
#define FRAME		(FAKE_DIRECT + 0x4000)
#define DATA		(FAKE_DIRECT + 0x8000)
#define HOLE		(FAKE_DIRECT + 0xa000)	/* a page that was excluded */

enum { ON_CPU = 8, CPU = 12, SP = 16, COMM = 32 };

static struct vs_err *find_none(struct vs_symbols *sy, struct vs_symbol *want, size_t n)
{
	return NULL;
}

static const struct vs_symbols_ops symbol_ops = { .find = find_none };
static struct vs_symbols symbols = { .ops = &symbol_ops, .source = "made up" };
static struct fake *f;

static struct vs_field field(int32_t off, uint32_t size)
{
	return (struct vs_field){ off, size };
}

static void make_kernel(void)
{
	struct vs_layout *l;

	f = fake_create();
	l = &f->k.layout;
	f->k.symbols = &symbols;
	fake_symbol(f, VS_SYM_PER_CPU_OFFSET, OFFSETS);
	fake_symbol(f, VS_SYM_NR_CPU_IDS, NR_CPUS);
	fake_symbol(f, VS_SYM_CPU_POSSIBLE_MASK, MASK);
	fake_put(f, NR_CPUS, 1, 4);
	fake_put(f, MASK, 1, 8);
	l->task.comm = field(COMM, 16);
	l->thread.on_cpu = field(ON_CPU, 4);
	l->thread.cpu = field(CPU, 4);
	l->thread.sp = field(SP, 8);
	l->frame.size = 56;
	l->frame.r15 = field(0, 8);
	l->frame.bx = field(32, 8);
	l->frame.bp = field(40, 8);
	l->frame.ret_addr = field(48, 8);
	fake_put(f, TASK + SP, FRAME, 8);
	fake_put(f, FRAME + 32, 0x1122, 8);
	fake_put(f, FRAME + 48, UINT64_C(0xffffffff81000042), 8);
	fake_put(f, DATA, UINT64_C(0x2a7d2423deadbeef), 8);	// with $ # } * in it
	f->excluded[(HOLE - FAKE_DIRECT) >> 12] = true;
}

/* Pids from 1 on, all of them sleeping with one stack. */
static void make_server(struct vs_rsp *r, unsigned int n)
{
	struct vs_tasks tasks = { 0 };

	for (unsigned int i = 0; i < n; i++) {
		struct vs_task *t = vs_vec_push(&tasks.v);

		if (!t)
			exit(99);
		*t = (struct vs_task){ .addr = TASK, .pid = (int32_t)i + 1, .tgid = (int32_t)i + 1, .state = 1 };
		strcpy(t->comm, i ? "<\"&\303\244>" : "init");
	}
	if (vs_rsp_init(r, &f->k, &tasks))
		exit(99);
	vs_vec_deinit(&tasks.v);
}

struct job {
	struct vs_rsp *r;
	int fd;
};

static void *serve(void *arg)
{
	struct job *j = arg;

	vs_rsp_serve(j->r, j->fd);
	close(j->fd);
	return NULL;
}

static int serve_at(const char *path, unsigned int n)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	struct vs_rsp r;
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return 99;
	strcpy(addr.sun_path, path);
	make_server(&r, n);
	if (s < 0 || bind(s, (struct sockaddr *)&addr, sizeof(addr)) || listen(s, 1))
		return 99;
	fd = accept(s, NULL, NULL);
	if (fd < 0)
		return 99;
	vs_rsp_serve(&r, fd);
	vs_rsp_deinit(&r);
	fake_destroy(f);
	return 0;
}

static int sock;
static char answer[1 << 18];

static int get(void)
{
	unsigned char c;

	return read(sock, &c, 1) == 1 ? c : -1;
}

/* The body of the next packet into answer[]; its length. */
static size_t receive(void)
{
	size_t n = 0;
	int c;

	do
		c = get();
	while (c >= 0 && c != '$');
	while (c >= 0 && (c = get()) >= 0 && c != '#' && n < sizeof(answer) - 1)
		answer[n++] = (char)c;
	answer[n] = 0;
	get();
	get();
	return n;
}

static void put(const char *data, size_t len)
{
	if (write(sock, data, len) != (ssize_t)len)
		exit(99);
}

static size_t ask(const char *body)
{
	unsigned char sum = 0;
	char tail[4];

	for (const char *p = body; *p; p++)
		sum = (unsigned char)(sum + (unsigned char)*p);
	snprintf(tail, sizeof(tail), "#%02x", sum);
	put("$", 1);
	put(body, strlen(body));
	put(tail, 3);
	return receive();
}

/* What was escaped in answer[], as it was. */
static void unescape(void)
{
	char *to = answer;

	for (const char *p = answer; *p; p++)
		*to++ = *p == '}' && p[1] ? (char)(*++p ^ 0x20) : *p;
	*to = 0;
}

static void answers(const char *body, const char *expected)
{
	ask(body);
	is_str(answer, expected, "%s", body);
}

/* "m" and an address and a length */
static const char *m(char op, uint64_t addr, unsigned int len)
{
	static char buf[64];

	snprintf(buf, sizeof(buf), "%c%llx,%x", op, (unsigned long long)addr, len);
	return buf;
}

static void test_memory(void)
{
	_cleanup_free_ char *many = NULL;

	answers(m('m', DATA, 8), "efbeadde23247d2a");
	answers(m('m', HOLE, 8), "E0e");
	answers(m('m', HOLE - 4, 8), "00000000");	// what is there, then an error
	answers(m('m', HOLE + 0x1000, 2), "0000");
	answers(m('m', 0x400000, 8), "E0e");
	answers(m('m', UINT64_MAX - 3, 8), "E0e");
	answers(m('m', FAKE_DIRECT + FAKE_SIZE - 2, 8), "0000");
	answers(m('m', DATA, 0), "");
	answers("m", "E16");
	answers("mxyz", "E16");
	answers("m,", "");
	ask(m('m', FAKE_DIRECT, 0xffffffff));
	ok(strlen(answer) == 2 * (size_t)(HOLE - FAKE_DIRECT), "as much as is there of what cannot be");
	ok(ask(m('x', DATA, 8)) == 13 && !memcmp(answer, "b\xef\xbe\xad\xde}\x03}\x04}]}\n", 13),
	   "x: binary, $ # } and * escaped");
	ok(ask(m('x', HOLE, 8)) == 3 && !strcmp(answer, "E0e"), "x of what is not there");
	many = malloc(300001);
	if (!many)
		exit(99);
	memset(many, 'm', 300000);
	many[300000] = 0;
	answers(many, "E16");
}

static void test_threads(void)
{
	answers("qC", "QC1");
	answers("Hg2", "OK");
	answers("qC", "QC2");
	answers("Hgffff", "E01");
	answers("Hg0", "OK");
	answers("Hg-1", "OK");
	answers("H", "OK");
	answers("T2", "OK");
	answers("Tffff", "E01");
	ask("g");
	ok(!strncmp(answer + 16, "2211000000000000", 16), "rbx as it was saved");
	ok(!strncmp(answer + 16 * 7, "38400000", 8), "rsp behind the frame");
	ok(!strncmp(answer + 16 * 16, "42000081ffffffff", 16), "rip is where it returns to");
	ok(!strncmp(answer, "xxxxxxxxxxxxxxxx", 16), "rax is not known");
	ask("qXfer:threads:read::0,10000");
	unescape();
	ok(strstr(answer, "<thread id=\"1\" name=\"init\">pid 1, sleeping</thread>") != NULL, "the list of threads");
	ok(strstr(answer, "name=\"&#60;&#34;&#38;\\303\\244&#62;\"") != NULL, "names are escaped");
	answers("qXfer:threads:read::ffffff,10", "E01");
	ask("qXfer:threads:read::2,6");
	is_str(answer, "mxml ve", "a part of it");
	answers("qXfer:threads:read::", "m");
	ask("qXfer:features:read:target.xml:0,fff");
	ok(strstr(answer, "<architecture>i386:x86-64</architecture>") != NULL, "the architecture");
	answers("?", "T05thread:1;");
}

static void test_refused(void)
{
	static const char *const refused[] = {
		"c", "s", "C05", "S05", "Mffff888000008000,1:00", "Xffff888000008000,1:a", "G00", "P0=00",
		"Z0,ffffffff81000000,1",
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		answers(refused[i], "E01");
	answers("vMustReplyEmpty", "");
	answers("vCont?", "");
	answers("qNobodyKnows", "");
	answers("", "");
	answers("qAttached", "1");
	put("\003", 1);		// an interrupt: nothing runs
	answers("qAttached", "1");
}

static void test_acks(void)
{
	put("$qC#00", 6);
	ok(get() == '-', "a wrong checksum is sent back");
	put("$qC#b4", 6);
	ok(get() == '+' && receive() == 3 && !strcmp(answer, "QC1"), "and then it is right");
	ask("QStartNoAckMode");
	is_str(answer, "OK", "QStartNoAckMode");
}

int main(int argc, char **argv)
{
	struct vs_rsp r;
	struct job job = { .r = &r };
	pthread_t thread;
	int fds[2];

	make_kernel();
	if (argc > 2)
		return serve_at(argv[1], (unsigned int)atoi(argv[2]));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		exit(99);
	make_server(&r, 2);
	sock = fds[0];
	job.fd = fds[1];
	pthread_create(&thread, NULL, serve, &job);
	test_acks();
	test_memory();
	test_threads();
	test_refused();
	answers("D", "OK");
	ok(get() < 0, "detached: the other end is gone");
	pthread_join(thread, NULL);
	close(sock);
	vs_rsp_deinit(&r);
	fake_destroy(f);
	return done();
}
