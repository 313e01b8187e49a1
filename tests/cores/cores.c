// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Process cores made up: each class, byte order, machine and producer is read; each
 * defect is noticed by the rule that is for it, and the intact ones break none. Then
 * bytes are changed at random, and nothing but an answer or an error may come.
 *
 *	cores [ROUNDS [SEED]]	more of the latter
 */
#include <elf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../unit/sink.h"
#include "../unit/tap.h"
#include "check/check.h"
#include "cmd/cmd.h"
#include "cmd/session.h"
#include "synth.h"

static const struct {
	const char *name;
	uint16_t machine;
	bool is64, big_endian;
	unsigned int page;
} machines[] = {
	{ "x86-64", EM_X86_64, true, false, 4096 }, { "x32", EM_X86_64, false, false, 4096 },
	{ "i386", EM_386, false, false, 4096 }, { "arm64", EM_AARCH64, true, false, 4096 },
	{ "arm64, 16 KiB pages", EM_AARCH64, true, false, 16384 }, { "arm64, 64 KiB pages", EM_AARCH64, true, false, 65536 },
	{ "arm", EM_ARM, false, false, 4096 }, { "riscv64", EM_RISCV, true, false, 4096 },
	{ "ppc64le", EM_PPC64, true, false, 65536 }, { "ppc64", EM_PPC64, true, true, 65536 },
	{ "ppc", EM_PPC, false, true, 4096 }, { "s390x", EM_S390, true, true, 4096 },
	{ "s390", EM_S390, false, true, 4096 }, { "mips", EM_MIPS, false, true, 4096 },
	{ "mipsel64", EM_MIPS, true, false, 16384 }, { "sparc64", EM_SPARCV9, true, true, 8192 },
	{ "hppa", EM_PARISC, false, true, 4096 }, { "nobody's", 0x7777, true, false, 4096 },
};

/* The core as a file, by a path that lasts until it is closed. */
static int as_file(const struct synth *s, char path[32])
{
	int fd = memfd_create("core", 0);

	if (fd < 0 || write(fd, s->data, s->size) != (ssize_t)s->size)
		abort();
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static struct vs_session *open_core(const struct synth *s, int *fd)
{
	const struct vs_open_opts opts = { 0 };
	struct vs_session *session = vs_session_create();
	struct vs_buf text = VS_BUF_INIT;
	struct vs_out out = sink_out(&text);
	struct vs_err *err;
	char path[32];

	*fd = as_file(s, path);
	err = vs_session_open(session, path, &opts, &out);
	vs_buf_deinit(&out.buf);
	vs_buf_deinit(&text);
	if (err) {
		diag("%s", err->msg);
		vs_err_free(err);
		vs_session_destroy(session);
		close(*fd);
		return NULL;
	}
	return session;
}

static bool found(const struct vs_report *r, const char *rule, bool *other)
{
	bool hit = false;

	*other = false;
	for (size_t i = 0; i < r->findings.n; i++) {
		const struct vs_finding *f = &r->findings.v[i];

		if (f->severity == VS_SEV_NOTE)
			continue;
		if (rule && !strcmp(f->rule->id, rule))
			hit = true;
		else
			*other = true;
	}
	return hit;
}

static void show(const struct vs_report *r)
{
	for (size_t i = 0; i < r->findings.n; i++)
		diag("%s %s", r->findings.v[i].rule->id, r->findings.v[i].detail ? r->findings.v[i].detail : "");
}

/* What can be seen in cores of @p p at all. */
static bool applies(enum defect d, enum vs_producer p, uint16_t machine, bool is64)
{
	struct vs_core_regs regs;

	switch (d) {
	case SP_LOST:
		return vs_core_regs_of(machine, is64, 0, &regs);
	case FILE_RANGE:
		return p == VS_BY_KERNEL;
	case FILE_COUNT:
		return p != VS_BY_QEMU;
	case MEMSZ_0:
	case FILESZ_LARGE:
	case MISALIGNED:	// they are done to a mapping that gcore leaves out
		return p != VS_BY_GCORE;
	case LINKS_WILD:
	case PHDR_UNMAPPED:	// what is not there may not have been dumped
		return p == VS_BY_KERNEL;
	case ZERO_TAIL:
		return p != VS_BY_QEMU && p != VS_BY_GCORE;
	default:
		return true;
	}
}

static void try(struct synth *s, const char *name)
{
	const char *rule = synth_rule(s->defect);
	struct vs_report r = { 0 };
	struct vs_session *session;
	bool other;
	int fd;

	synth_make(s);
	session = open_core(s, &fd);
	if (!ok(session, "%s by %s, %s: opens", name, vs_producer_name(s->producer), synth_name(s->defect))) {
		synth_free(s);
		return;
	}
	vs_check_space(session->space, &r);
	if (!rule) {
		const struct vs_core *c = &session->core->core;
		struct vs_core_regs regs;
		bool known = vs_core_regs_of(s->machine, s->is64, 0, &regs), right = c->threads.n == 2;

		found(&r, NULL, &other);
		if (!ok(!other && r.verdict == VS_CONSISTENT, "%s by %s: consistent", name, vs_producer_name(s->producer)))
			show(&r);
		ok(c->producer == s->producer, "%s by %s: is known to be (%s)", name, vs_producer_name(s->producer),
		   vs_producer_name(c->producer));
		for (size_t i = 0; right && i < 2; i++)
			right = c->threads.v[i].tid == 100 + (int)i && c->threads.v[i].has_regs == known &&
				(!known || (c->threads.v[i].sp == s->sp[i] && c->threads.v[i].pc == s->pc[i]));
		ok(right, "%s by %s: threads, SP and PC%s", name, vs_producer_name(s->producer), known ? "" : " (not known)");
		ok(c->links_end == VS_LINKS_WHOLE && c->links.n == 2, "%s by %s: the link map", name,
		   vs_producer_name(s->producer));
	} else if (!ok(found(&r, rule, &other), "%s by %s, %s: %s", name, vs_producer_name(s->producer),
		       synth_name(s->defect), rule)) {
		show(&r);
	}
	vs_report_deinit(&r);
	vs_session_destroy(session);
	close(fd);
	synth_free(s);
}

/* Every command over these bytes; what they say is thrown away. */
static void run_all(const struct synth *s)
{
	static const char *const lines[][2] = {
		{ "check", "--verbose" }, { "check", "--format=json" }, { "maps" }, { "maps", "--format=json" }, { "info" },
		{ "layout", "--all" }, { "ps" }, { "find", "7f0000000010" }, { "show", "7f0000000010" },
	};
	char path[32];
	int fd = as_file(s, path);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const bool addr = !strcmp(lines[i][0], "find") || !strcmp(lines[i][0], "show");
		char *argv[3] = { addr ? (char *)lines[i][1] : path, addr ? path : (char *)lines[i][1], NULL };
		const struct vs_cmd *cmd = vs_cmd_find(lines[i][0], strlen(lines[i][0]), VS_FACE_SHELL);
		struct vs_session *session = vs_session_create();
		struct vs_buf text = VS_BUF_INIT;
		struct vs_out out = sink_out(&text);
		struct vs_args args;
		int status;

		if (vs_args_parse(cmd, VS_FACE_SHELL, NULL, lines[i][1] ? 2 : 1, argv, &args))
			abort();
		vs_err_free(vs_cmd_run(session, &args, &out, &status));
		vs_args_deinit(&args);
		vs_session_destroy(session);
		vs_buf_deinit(&out.buf);
		vs_buf_deinit(&text);
	}
	close(fd);
}

static uint64_t state;

static uint64_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Only opening and judging: much quicker than all commands. */
static void look(const struct synth *s)
{
	struct vs_report r = { 0 };
	struct vs_err *err;
	int fd;
	const struct vs_open_opts opts = { 0 };
	struct vs_session *session = vs_session_create();
	struct vs_buf text = VS_BUF_INIT;
	struct vs_out out = sink_out(&text);
	char path[32];

	fd = as_file(s, path);
	err = vs_session_open(session, path, &opts, &out);
	if (err) {
		vs_err_free(err);
	} else if (session->core) {
		vs_check_space(session->space, &r);
		vs_report_deinit(&r);
	}
	vs_session_destroy(session);
	vs_buf_deinit(&out.buf);
	vs_buf_deinit(&text);
	close(fd);
}

static void every_header_byte(struct synth *s)
{
	static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };
	size_t n = 0;

	for (size_t i = 0; i < s->notes_end; i++) {
		const unsigned char was = s->data[i];

		if (i >= s->headers_end && i < s->notes)
			i = s->notes;
		for (size_t v = 0; v < sizeof(values); v++) {
			s->data[i] = values[v];
			look(s);
			n++;
		}
		s->data[i] = was;
	}
	ok(true, "each byte of headers and notes in turn, %zu cores", n);
}

static void at_random(struct synth *s, unsigned long rounds)
{
	unsigned char *copy = malloc(s->size);
	const size_t size = s->size;

	memcpy(copy, s->data, size);
	for (unsigned long i = 0; i < rounds; i++) {
		unsigned int n = 1 + rnd() % 8;

		while (n--) {
			size_t at = rnd() % 3 ? rnd() % s->notes_end : rnd() % size;

			if (rnd() & 1)
				s->data[at] = (unsigned char)rnd();
			else
				s->data[at] ^= (unsigned char)(1 << rnd() % 8);
		}
		if (rnd() % 4 == 0)
			s->size = rnd() % size;
		if (rnd() % 8 == 0)
			run_all(s);
		else
			look(s);
		memcpy(s->data, copy, size);
		s->size = size;
	}
	ok(true, "%lu cores changed at random", rounds);
	free(copy);
}

/* 66,000 PT_LOADs that all overlap: work and memory grow with their number, not its square. */
static void many(bool overlap)
{
	const uint64_t n = 66000;
	struct synth s = { .is64 = true, .machine = EM_X86_64, .producer = VS_BY_KERNEL, .page = 4096 };
	struct rusage before, after;
	struct vs_report r = { 0 };
	struct vs_session *session;
	unsigned char *p;
	clock_t begun;
	double seconds;
	size_t notes;
	int fd;

	synth_make(&s);
	notes = s.notes_end - s.notes;
	p = calloc(1, 64 + (n + 1) * 56 + notes + 64);
	memcpy(p, s.data, 64 + 56);
	memcpy(p + 64 + (n + 1) * 56, s.data + s.notes, notes);
	// PN_XNUM, and section header 0 at the end
	p[56] = p[57] = 0xff;
	for (unsigned int i = 0; i < 8; i++) {
		p[40 + i] = (unsigned char)((64 + (n + 1) * 56 + notes) >> 8 * i);
		p[64 + 8 + i] = (unsigned char)((uint64_t)(64 + (n + 1) * 56) >> 8 * i);
	}
	p[60] = 1;
	for (unsigned int i = 0; i < 4; i++)
		p[64 + (n + 1) * 56 + notes + 44 + i] = (unsigned char)((n + 1) >> 8 * i);
	for (uint64_t k = 1; k <= n; k++) {
		const uint64_t start = 0x10000000 + k * (overlap ? 4096 : 8192);
		const uint64_t size = overlap ? (n - k + 1) * 4096 : 4096;
		unsigned char *h = p + 64 + k * 56;

		h[0] = 1;
		h[4] = 4 + k % 3;
		for (unsigned int i = 0; i < 8; i++) {
			h[8 + i] = (unsigned char)((64 + (n + 1) * 56 + notes) >> 8 * i);
			h[16 + i] = (unsigned char)(start >> 8 * i);
			h[40 + i] = (unsigned char)(size >> 8 * i);
		}
	}
	free(s.data);
	s.data = p;
	s.size = 64 + (n + 1) * 56 + notes + 64;
	getrusage(RUSAGE_SELF, &before);
	begun = clock();
	session = open_core(&s, &fd);
	if (ok(session, "66,000 %s PT_LOADs: opens", overlap ? "overlapping" : "separate")) {
		if (!ok(session->space->vmas.n == n, "66,000 PT_LOADs: all are there"))
			diag("%zu", session->space->vmas.n);
		vs_check_space(session->space, &r);
		seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
		getrusage(RUSAGE_SELF, &after);
		ok((r.verdict == VS_CORRUPT) == overlap || !overlap, "66,000 PT_LOADs: the verdict");
		ok(seconds < 5, "66,000 PT_LOADs: linear work (%.2f s)", seconds);
		ok(after.ru_maxrss - before.ru_maxrss < 200 << 10, "66,000 PT_LOADs: %ld MiB more memory",
		   (after.ru_maxrss - before.ru_maxrss) >> 10);
		vs_report_deinit(&r);
		vs_session_destroy(session);
		close(fd);
	}
	begun = clock();
	run_all(&s);
	seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
	ok(seconds < 30, "66,000 PT_LOADs: every command (%.2f s)", seconds);
	synth_free(&s);
}

static void counts(void)
{
	struct synth s = { .is64 = true, .machine = EM_X86_64, .producer = VS_BY_KERNEL, .page = 4096 };
	size_t shdr;

	synth_make(&s);
	// 2^32 - 1 program headers by PN_XNUM
	s.data[56] = s.data[57] = 0xff;
	shdr = s.size;
	s.data = realloc(s.data, s.size + 64);
	memset(s.data + s.size, 0xff, 64);
	s.size += 64;
	for (unsigned int i = 0; i < 8; i++)
		s.data[40 + i] = (unsigned char)(shdr >> 8 * i);
	s.data[60] = 1;
	run_all(&s);
	ok(true, "2^32 program headers");
	s.size = 0;
	run_all(&s);
	ok(true, "a core of 0 bytes");
	synth_free(&s);
}

int main(int argc, char **argv)
{
	const unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : rounds_of(1500);

	setvbuf(stdout, NULL, _IOLBF, 0);
	state = argc > 2 ? strtoull(argv[2], NULL, 0) : 0x9e3779b97f4a7c15;
	for (size_t m = 0; m < sizeof(machines) / sizeof(machines[0]); m++)
		for (enum vs_producer p = VS_BY_KERNEL; p < VS_N_PRODUCERS; p++)
			for (enum defect d = 0; d < N_DEFECTS; d++) {
				struct synth s = {
					.is64 = machines[m].is64, .big_endian = machines[m].big_endian,
					.machine = machines[m].machine, .page = machines[m].page, .producer = p, .defect = d,
				};

				if (applies(d, p, s.machine, s.is64))
					try(&s, machines[m].name);
			}
	for (int big = 0; big < 2; big++) {
		struct synth s = { .big_endian = big, .machine = EM_MIPS, .producer = VS_BY_KERNEL, .page = 4096, .wide_file = true };
		struct vs_session *session;
		int fd;

		try(&s, big ? "mips n32" : "mipsel n32");
		synth_make(&s);
		session = open_core(&s, &fd);
		ok(session && session->core->files.n == 5 && session->space->vmas.v[0].file &&
		   !strcmp(session->space->facts[session->space->vmas.v[0].fact].path, "/bin/made"),
		   "NT_FILE with words of 64 bits in a core of 32, %s endian", big ? "big" : "little");
		vs_session_destroy(session);
		close(fd);
		synth_free(&s);
	}
	for (enum vs_producer p = VS_BY_KERNEL; p < VS_N_PRODUCERS; p++) {
		struct synth s = { .is64 = p != VS_BY_QEMU, .machine = p == VS_BY_QEMU ? EM_386 : EM_X86_64, .producer = p,
			.page = 4096 };

		synth_make(&s);
		if (p == VS_BY_KERNEL)
			every_header_byte(&s);
		at_random(&s, rounds);
		synth_free(&s);
	}
	many(true);
	many(false);
	counts();
	return done();
}
