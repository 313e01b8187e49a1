// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dwarf-broken [ROUNDS [SEED]]: debug information with a few bytes overwritten. It
 * may be believed or turned down, but we come back from it: no crash, no loop.
 */
#include "dwarf-types.h"

#include <elf.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "kernel/types.h"
#include "kernel/vmlinux.h"
#include "tap.h"

extern struct everything vs_test_everything;
struct everything vs_test_everything;

static uint64_t seed = 1;

static uint64_t rnd(void)
{
	// xorshift64
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

struct range {
	size_t start, len;
};

static unsigned char *file;
static size_t file_len;
static struct range info, abbrev, str;

static bool read_self(void)
{
	struct vs_vmlinux *v = NULL;
	FILE *f = fopen("/proc/self/exe", "rb");
	struct vs_err *err = vs_vmlinux_open("/proc/self/exe", &v);
	const Elf64_Ehdr *eh;
	const void *data;
	size_t len;
	const char *names;
	const Elf64_Shdr *sh;

	if (err || vs_vmlinux_section(v, ".debug_info", &data, &len) || !data || v->word != 8 || !f)
		return false;
	vs_vmlinux_destroy(v);
	fseek(f, 0, SEEK_END);
	file_len = (size_t)ftell(f);
	rewind(f);
	file = malloc(file_len);
	if (!file || fread(file, 1, file_len, f) != file_len)
		return false;
	fclose(f);
	eh = (const Elf64_Ehdr *)file;
	sh = (const Elf64_Shdr *)(file + eh->e_shoff);
	names = (const char *)file + sh[eh->e_shstrndx].sh_offset;
	for (size_t i = 0; i < eh->e_shnum; i++) {
		const char *n = names + sh[i].sh_name;
		// Our own unit comes first, the engine's behind it: break what is looked at.
		struct range r = { sh[i].sh_offset, sh[i].sh_size < 6000 ? sh[i].sh_size : 6000 };

		if (!strcmp(n, ".debug_info"))
			info = r;
		else if (!strcmp(n, ".debug_abbrev"))
			abbrev = r;
		else if (!strcmp(n, ".debug_str"))
			str = r;
	}
	return info.len && abbrev.len;
}

/* Look at everything below @p t, as deep as a reader would. */
static size_t look(struct vs_types *ts, const struct vs_type *t, unsigned int depth)
{
	struct vs_err *err;
	char s[64];
	size_t n = 1;

	if (!t || depth > 6)
		return 0;
	vs_type_spell(t, s, sizeof(s));
	err = vs_type_complete(ts, t);
	if (err) {
		vs_err_free(err);
		return n;
	}
	for (size_t i = 0; i < t->n_members && n < 10000; i++)
		n += look(ts, t->members[i].type, depth + 1);
	for (size_t i = 0; i < t->n_enums; i++)
		n += t->enums[i].name && *t->enums[i].name;
	return n + look(ts, t->target, depth + 1);
}

static bool look_at_file(const char *path)
{
	static const char *const tags[] = {
		"everything", "fields", "tight", "elsewhere", "not_there_at_all", "vs_types", "vs_err",
	};
	struct vs_vmlinux *v;
	struct vs_types *ts;
	struct vs_err *err = vs_vmlinux_open(path, &v);
	const struct vs_type *t;
	bool whole;

	if (err) {
		vs_err_free(err);
		return false;
	}
	err = vs_dwarf_create(v, &ts);
	whole = !err;
	for (size_t i = 0; whole && i < sizeof(tags) / sizeof(tags[0]); i++) {
		err = vs_types_find(ts, VS_KIND_STRUCT, tags[i], &t);
		if (!err)
			look(ts, t, 0);
		vs_err_free(err);
		err = NULL;
	}
	vs_err_free(err);
	if (whole)
		vs_types_destroy(ts);
	vs_vmlinux_destroy(v);
	return whole;
}

static void break_bytes(void)
{
	for (uint64_t n = 1 + rnd() % 8; n--;) {
		uint64_t which = rnd() % 16;
		struct range r = which < 10 ? info : which < 15 || !str.len ? abbrev : str;
		size_t at = r.start + rnd() % r.len;

		switch (rnd() % 5) {
		case 0:
			file[at] = (unsigned char)rnd();
			break;
		case 1:
			file[at] ^= (unsigned char)(1 << rnd() % 8);
			break;
		case 2:
			file[at] = rnd() % 2 ? 0xff : 0;
			break;
		case 3:		// references, back and forth
			if (r.len - (at - r.start) < 4)
				break;
			file[at] = (unsigned char)rnd();
			file[at + 1] = (unsigned char)(rnd() % (r.len / 256 + 1));
			file[at + 2] = file[at + 3] = 0;
			break;
		default:	// what stands elsewhere: forms, tags and references that exist
			file[at] = file[r.start + rnd() % r.len];
		}
	}
}

static volatile uint64_t round_seed;

/* A crash or a loop: say which seed makes it again, in one round. */
static void give_up(int sig)
{
	printf("Bail out! signal %d: dwarf-broken 1 %" PRIu64 "\n", sig, round_seed);
	fflush(stdout);
	_exit(99);
}

int main(int argc, char **argv)
{
	uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : rounds_of(2000), opened = 0;
	unsigned char *whole;
	char path[64];
	int fd;

	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0);
	if (!read_self()) {
		puts("1..0 # SKIP built without debug information, or no 64-bit ELF");
		return 0;
	}
	whole = malloc(file_len);
	fd = memfd_create("vmlinux", MFD_CLOEXEC);
	if (!whole || fd < 0)
		return 99;
	signal(SIGALRM, give_up);
	signal(SIGSEGV, give_up);
	signal(SIGABRT, give_up);
	memcpy(whole, file, file_len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (uint64_t i = 0; i < rounds; i++) {
		round_seed = seed;
		memcpy(file, whole, file_len);
		break_bytes();
		if (pwrite(fd, file, file_len, 0) != (ssize_t)file_len)
			return 99;
		alarm(60);
		opened += look_at_file(path);
	}
	alarm(0);
	ok(true, "%" PRIu64 " broken files", rounds);
	ok(opened > rounds / 4, "of them %" PRIu64 " were looked into", opened);
	free(whole);
	free(file);
	close(fd);
	return done();
}
