// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How fast memory lets it be: the pointers of address spaces chased over a mapped
 * dump, and nothing besides. No bound, no check, no snapshot, no word of output
 * while it walks; an address is translated by one addition. What scripts/bench and
 * tests/bench/guard.sh hold vmascope against.
 *
 *	chase [--walk list,tree,whole,objects,climb,names] [--pid PID] [--passes N] [--json]
 *		[--write FROM TO] FACTS DUMP
 *
 * FACTS is what tests/bench/facts says of the dump: where things are. DUMP is ELF with
 * all that is walked in it, of a 64-bit little-endian machine; it has to be sound.
 *
 *	list	vm_next, from mm->mmap; vm_start and vm_end of each VMA are read
 *	tree	the red-black or the maple tree, likewise
 *	whole	as the first of these walks comes to a VMA: a word of each of its cache lines, as who
 *		judges all of its members has to
 *	objects	as the first of these walks comes to a VMA: its file and that's mapping, its neighbours
 *		in the i_mmap tree, its anon_vma_chains, their anon_vmas and their neighbours
 *	climb	and from these tree nodes up to the top, by the parents
 *	names	as the first walk comes to a file for the first time: its inode, super block,
 *		dentry and all dentries above, with their names
 *
 * The first pass, right after the file was mapped, takes page faults. Others follow, of
 * which the median is told. Times are the processor's. --write: then copy the file FROM to TO, 64 KiB at a time, as
 * who has formatted these bytes would have to.
 *
 * Tasks are those on the ring of init_task: a thread that exec()s has its leader there.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGE UINT64_C(4096)
#define MANY 1000		/* segments: the kernel maps no more than 65,530 */
#define ALWAYS static inline __attribute__((always_inline))

enum { LIST = 1, TREE = 2, OBJECTS = 4, CLIMB = 8, NAMES = 16, WHOLE = 32 };

/* FACTS: offsets of members, -1 where the kernel has none; and a few addresses. */
static struct {
	int64_t direct_va, direct_pa, task_first, task_head;
	int64_t task_tasks, task_mm, task_pid;
	int64_t mm_mmap, mm_rb, mm_mt_root;
	int64_t vma_size, vm_start, vm_end, vm_next, vm_rb, vm_file, vma_shared_rb, vma_shared_last, vma_chain;
	int64_t rb_left, rb_right, rb_parent;
	int64_t file_mapping, file_inode, file_dentry, mapping_i_mmap, inode_ino, inode_sb, super_dev;
	int64_t dentry_parent, dentry_name, dentry_len;
	int64_t avc_anon_vma, avc_list, avc_rb, avc_last, anon_root, anon_rb_root;
	int64_t leaf_64, range_64, arange_64, range_pivot, range_slot, range_slots, arange_pivot, arange_slot,
		arange_slots;
} f;

#define FACT(x) { #x, &f.x }
static const struct {
	const char *name;
	int64_t *value;
} facts[] = {
	FACT(direct_va), FACT(direct_pa), FACT(task_first), FACT(task_head), FACT(task_tasks), FACT(task_mm),
	FACT(task_pid), FACT(mm_mmap), FACT(mm_rb), FACT(mm_mt_root), FACT(vma_size), FACT(vm_start), FACT(vm_end), FACT(vm_next),
	FACT(vm_rb), FACT(vm_file), FACT(vma_shared_rb), FACT(vma_shared_last), FACT(vma_chain), FACT(rb_left),
	FACT(rb_right), FACT(rb_parent), FACT(file_mapping), FACT(file_inode), FACT(file_dentry),
	FACT(mapping_i_mmap), FACT(inode_ino), FACT(inode_sb), FACT(super_dev), FACT(dentry_parent),
	FACT(dentry_name), FACT(dentry_len), FACT(avc_anon_vma), FACT(avc_list), FACT(avc_rb), FACT(avc_last),
	FACT(anon_root), FACT(anon_rb_root), FACT(leaf_64), FACT(range_64), FACT(arange_64), FACT(range_pivot),
	FACT(range_slot), FACT(range_slots), FACT(arange_pivot), FACT(arange_slot), FACT(arange_slots),
};

static const unsigned char *base;	/* + virtual address: where it is mapped here */
static uint64_t sum;			/* of all that was read, so that it has to be */
static struct {
	uint64_t mms, vmas, nodes, objects, files;
} seen;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "chase: %s: %s\n", what, why);
	exit(2);
}

static void on_fault(int sig)
{
	static const char text[] = "chase: a pointer leads out of the dump, which must be whole and sound\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(3);
	_exit(2);
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Of this process alone: what others do meanwhile is not counted. Input and output is, as far as it is copying. */
static uint64_t now(void)
{
	return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static void read_facts(const char *path)
{
	const size_t n = sizeof(facts) / sizeof(*facts);
	FILE *in = fopen(path, "re");
	char name[64];
	int64_t value;
	size_t found = 0;

	if (!in)
		die(path, strerror(errno));
	while (fscanf(in, "%63s %" SCNi64, name, &value) == 2)
		for (size_t i = 0; i < n; i++)
			if (!strcmp(name, facts[i].name)) {
				*facts[i].value = value;
				found++;
			}
	fclose(in);
	if (found != n)
		die(path, "not all that is needed is in it; tests/bench/facts of the same build writes it");
}

/* --- the dump, at base + its physical addresses --- */

static int by_size(const void *a, const void *b)
{
	const Elf64_Phdr *x = a, *y = b;

	return (x->p_filesz < y->p_filesz) - (x->p_filesz > y->p_filesz);
}

/* Bytes that are in the middle of a page here: copied, beside those of a neighbour. */
static void copy_part(int fd, unsigned char *at, size_t len, off_t off)
{
	unsigned char *page = at - ((uintptr_t)at & (PAGE - 1));

	if (!len)
		return;
	if (mprotect(page, ((size_t)(at - page) + len + PAGE - 1) & ~(PAGE - 1), PROT_READ | PROT_WRITE) ||
	    pread(fd, at, len, off) != (ssize_t)len)
		die("a segment cannot be read", strerror(errno));
}

static void map_segment(int fd, unsigned char *at, uint64_t len, uint64_t off)
{
	unsigned char *from = at + (-(uintptr_t)at & (PAGE - 1));
	unsigned char *to = at + len - ((uintptr_t)(at + len) & (PAGE - 1));

	if (((uintptr_t)at ^ off) & (PAGE - 1) || from >= to) {
		copy_part(fd, at, len, (off_t)off);
		return;
	}
	copy_part(fd, at, (size_t)(from - at), (off_t)off);
	if (mmap(from, (size_t)(to - from), PROT_READ, MAP_SHARED | MAP_FIXED, fd,
		 (off_t)(off + (uint64_t)(from - at))) == MAP_FAILED)
		die("mmap", strerror(errno));
	copy_part(fd, to, (size_t)(at + len - to), (off_t)(off + (uint64_t)(to - at)));
}

/* Is all of [pa, pa + len) mapped already? If not, it is now. With -p a page is in many of 60,000 segments. */
static bool covered(unsigned char *pages, uint64_t pa, uint64_t len)
{
	bool all = true;

	for (uint64_t p = pa / PAGE; p < (pa + len + PAGE - 1) / PAGE; p++) {
		all &= pages[p / 8] >> (p % 8) & 1;
		pages[p / 8] |= (unsigned char)(1 << (p % 8));
	}
	return all;
}

static void map_dump(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t n, end = 0, odd = 0;
	unsigned char *room, *pages;
	Elf64_Ehdr eh;
	Elf64_Phdr *ph;

	if (fd < 0 || pread(fd, &eh, sizeof(eh), 0) != sizeof(eh))
		die(path, fd < 0 ? strerror(errno) : "too short");
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) || eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh.e_ident[EI_DATA] != ELFDATA2LSB)
		die(path, "expected a 64-bit little-endian ELF");
	n = eh.e_phnum;
	if (n == PN_XNUM) {
		Elf64_Shdr sh;

		if (pread(fd, &sh, sizeof(sh), (off_t)eh.e_shoff) != sizeof(sh))
			die(path, "no section header");
		n = sh.sh_info;
	}
	ph = calloc(n, sizeof(*ph));
	if (!ph || pread(fd, ph, n * sizeof(*ph), (off_t)eh.e_phoff) != (ssize_t)(n * sizeof(*ph)))
		die(path, "no program headers");
	qsort(ph, n, sizeof(*ph), by_size);
	for (size_t i = 0; i < n; i++) {
		if (ph[i].p_type != PT_LOAD || !ph[i].p_filesz)
			continue;
		if (!end)	// the largest decides how pages lie here
			odd = (ph[i].p_offset - ph[i].p_paddr) & (PAGE - 1);
		if (ph[i].p_paddr + ph[i].p_filesz > end)
			end = ph[i].p_paddr + ph[i].p_filesz;
	}
	room = mmap(NULL, end + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	pages = calloc(end / PAGE / 8 + 1, 1);
	if (room == MAP_FAILED || !pages)
		die("no room", strerror(errno));
	for (size_t i = 0; i < n; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_filesz &&
		    (n < MANY || !covered(pages, ph[i].p_paddr, ph[i].p_filesz)))
			map_segment(fd, room + odd + ph[i].p_paddr, ph[i].p_filesz, ph[i].p_offset);
	base = (const unsigned char *)((uintptr_t)room + odd - (uintptr_t)f.direct_va + (uintptr_t)f.direct_pa);
	free(pages);
	free(ph);
	close(fd);
}

/* --- chasing --- */

/* The dump's pages do not lie on pages here; x86-64 and arm64 do not mind. */
ALWAYS uint64_t ld(uint64_t va)
{
	uint64_t v;

	memcpy(&v, base + va, sizeof(v));
	return v;
}

ALWAYS uint32_t ld32(uint64_t va)
{
	uint32_t v;

	memcpy(&v, base + va, sizeof(v));
	return v;
}

/* A set of addresses; true: it is new. */
struct set {
	uint64_t *v;
	size_t n, room;		/* a power of 2 */
};

static bool set_add(struct set *s, uint64_t addr)
{
	size_t at;

	if (s->n * 2 >= s->room) {
		struct set old = *s;

		s->n = 0;
		s->room = old.room ? old.room * 2 : 1024;
		s->v = calloc(s->room, sizeof(*s->v));
		if (!s->v)
			die("no memory", strerror(errno));
		for (size_t i = 0; i < old.room; i++)
			if (old.v[i])
				set_add(s, old.v[i]);
		free(old.v);
	}
	for (at = addr * UINT64_C(0x9e3779b97f4a7c15) >> 40 & (s->room - 1); s->v[at]; at = (at + 1) & (s->room - 1))
		if (s->v[at] == addr)
			return false;
	s->v[at] = addr;
	s->n++;
	return true;
}

static struct set mms, files;

/* A node of an interval tree: what its neighbours say of it and of themselves. */
ALWAYS void touch_node(uint64_t node, uint64_t last, const unsigned int flags)
{
	uint64_t left = ld(node + (uint64_t)f.rb_left), right = ld(node + (uint64_t)f.rb_right);
	uint64_t up = ld(node + (uint64_t)f.rb_parent) & ~UINT64_C(3);

	sum += ld(node + last);
	if (left)
		sum += ld(left + last) + ld(left + (uint64_t)f.rb_parent);
	if (right)
		sum += ld(right + last) + ld(right + (uint64_t)f.rb_parent);
	if (up)
		sum += ld(up + (uint64_t)f.rb_left) + ld(up + (uint64_t)f.rb_right);
	seen.objects++;
	if (flags & CLIMB)
		for (; up; up = ld(up + (uint64_t)f.rb_parent) & ~UINT64_C(3))
			sum += ld(up + (uint64_t)f.rb_left) + ld(up + (uint64_t)f.rb_right);
}

ALWAYS void touch_objects(uint64_t vma, uint64_t file, const unsigned int flags)
{
	const uint64_t head = vma + (uint64_t)f.vma_chain;

	if (file) {
		uint64_t mapping = ld(file + (uint64_t)f.file_mapping);

		sum += ld(mapping + (uint64_t)f.mapping_i_mmap);
		touch_node(vma + (uint64_t)f.vma_shared_rb, (uint64_t)(f.vma_shared_last - f.vma_shared_rb), flags);
		seen.objects += 2;
	}
	for (uint64_t at = ld(head); at != head; at = ld(at)) {
		uint64_t avc = at - (uint64_t)f.avc_list, anon = ld(avc + (uint64_t)f.avc_anon_vma);

		sum += ld(anon + (uint64_t)f.anon_rb_root) +
			ld(ld(anon + (uint64_t)f.anon_root) + (uint64_t)f.anon_root);
		touch_node(avc + (uint64_t)f.avc_rb, (uint64_t)(f.avc_last - f.avc_rb), flags);
		seen.objects += 2;
	}
}

/* The name of a file, as far as it has dentries: mounts are not crossed. */
static void touch_file(uint64_t file)
{
	uint64_t inode = ld(file + (uint64_t)f.file_inode), dentry = ld(file + (uint64_t)f.file_dentry), up;

	sum += ld(inode + (uint64_t)f.inode_ino) + ld32(ld(inode + (uint64_t)f.inode_sb) + (uint64_t)f.super_dev);
	for (;; dentry = up) {
		const unsigned char *name = base + ld(dentry + (uint64_t)f.dentry_name);
		uint32_t len = ld32(dentry + (uint64_t)f.dentry_len);

		for (uint32_t i = 0; i < len; i++)
			sum += name[i];
		seen.files++;
		up = ld(dentry + (uint64_t)f.dentry_parent);
		if (up == dentry)
			break;
	}
}

ALWAYS void visit(uint64_t vma, const unsigned int flags)
{
	sum += ld(vma + (uint64_t)f.vm_start) + ld(vma + (uint64_t)f.vm_end);
	if (flags & WHOLE)
		for (uint64_t at = vma; at < vma + (uint64_t)f.vma_size; at = (at | 63) + 1)
			sum += ld(at & ~UINT64_C(7));
	if (flags & (OBJECTS | NAMES)) {
		uint64_t file = ld(vma + (uint64_t)f.vm_file);

		if (flags & OBJECTS)
			touch_objects(vma, file, flags);
		if (flags & NAMES && file && set_add(&files, file))
			touch_file(file);
	}
	seen.vmas++;
}

ALWAYS void walk_list(uint64_t mm, const unsigned int flags)
{
	for (uint64_t vma = ld(mm + (uint64_t)f.mm_mmap); vma; vma = ld(vma + (uint64_t)f.vm_next))
		visit(vma, flags);
}

ALWAYS void walk_rb(uint64_t mm, const unsigned int flags)
{
	const uint64_t rb = (uint64_t)f.vm_rb;
	uint64_t stack[128], node = ld(mm + (uint64_t)f.mm_rb);
	unsigned int n = 0;

	while (node || n) {
		for (; node; node = ld(node + (uint64_t)f.rb_left))
			stack[n++] = node;
		node = stack[--n];
		visit(node - rb, flags);
		node = ld(node + (uint64_t)f.rb_right);
	}
}

/* A maple node: the slots up to the one whose pivot is the node's maximum. */
ALWAYS void walk_maple_node(uint64_t enode, uint64_t max, const unsigned int flags)
{
	struct { uint64_t node, max; unsigned int type, at; } stack[32];
	unsigned int n = 0;

	stack[n++] = (typeof(*stack)){ enode & ~UINT64_C(0xff), max, enode >> 3 & 15, 0 };
	seen.nodes++;
	while (n) {
		typeof(*stack) *s = &stack[n - 1];
		const bool arange = s->type == f.arange_64;
		const uint64_t pivots = s->node + (uint64_t)(arange ? f.arange_pivot : f.range_pivot);
		const uint64_t slots = s->node + (uint64_t)(arange ? f.arange_slot : f.range_slot);
		const unsigned int last = (unsigned int)(arange ? f.arange_slots : f.range_slots) - 1;

		if (s->type == f.leaf_64) {
			for (unsigned int i = 0; i <= last; i++) {
				uint64_t pivot = i < last ? ld(pivots + i * 8) : s->max, entry;

				if (!pivot && i)
					pivot = s->max;
				entry = ld(slots + i * 8);
				if (entry)
					visit(entry, flags);
				if (pivot >= s->max)
					break;
			}
			n--;
		} else {
			const unsigned int i = s->at++;
			uint64_t pivot = i < last ? ld(pivots + i * 8) : s->max, child = ld(slots + i * 8);

			if (!pivot && i)
				pivot = s->max;
			if (pivot >= s->max)	// the last one: what is below takes its place
				n--;
			stack[n++] = (typeof(*stack)){ child & ~UINT64_C(0xff), pivot, child >> 3 & 15, 0 };
			seen.nodes++;
		}
	}
}

ALWAYS void walk_maple(uint64_t mm, const unsigned int flags)
{
	uint64_t root = ld(mm + (uint64_t)f.mm_mt_root);

	if ((root & 3) == 2 && root > 4096)	// xa_is_node(); else a single VMA, or none
		walk_maple_node(root, UINT64_MAX, flags);
	else if (root)
		visit(root, flags);
}

ALWAYS void walk_mm(uint64_t mm, const unsigned int flags)
{
	const unsigned int more = flags & (OBJECTS | CLIMB | NAMES | WHOLE);

	if (flags & LIST)
		walk_list(mm, more);
	if (flags & TREE && f.mm_mt_root >= 0)
		walk_maple(mm, flags & LIST ? 0 : more);
	else if (flags & TREE)
		walk_rb(mm, flags & LIST ? 0 : more);
}

/* A copy for each, so that nothing is asked twice. */
#define WALK(x) case (x): walk_mm(mm, (x)); break
#define WALKS(x) WALK((x) | LIST); WALK((x) | TREE); WALK((x) | LIST | TREE)

/* Callgrind counts what is in here. */
__attribute__((noinline)) void chase_pass(unsigned int flags, int64_t pid)
{
	uint64_t task = (uint64_t)f.task_first;

	memset(&seen, 0, sizeof(seen));
	memset(mms.v, 0, mms.room * sizeof(*mms.v));
	memset(files.v, 0, files.room * sizeof(*files.v));
	mms.n = files.n = 0;
	for (; task != (uint64_t)f.task_head; task = ld(task)) {
		uint64_t mm = ld(task - (uint64_t)f.task_tasks + (uint64_t)f.task_mm);

		if (pid >= 0 && ld32(task - (uint64_t)f.task_tasks + (uint64_t)f.task_pid) != (uint32_t)pid)
			continue;
		if (!mm || !set_add(&mms, mm))
			continue;
		seen.mms++;
		switch (flags) {
		WALKS(0);
		WALKS(WHOLE);
		WALKS(OBJECTS);
		WALKS(OBJECTS | WHOLE);
		WALKS(OBJECTS | CLIMB);
		WALKS(NAMES);
		}
	}
}

/* --- the rest --- */

static void copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	static char buf[65536];
	ssize_t n;

	if (in < 0 || out < 0)
		die(in < 0 ? from : to, strerror(errno));
	while ((n = read(in, buf, sizeof(buf))) > 0)
		for (ssize_t at = 0, w; at < n; at += w) {
			w = write(out, buf + at, (size_t)(n - at));
			if (w <= 0)
				die(to, strerror(errno));
		}
	if (n < 0)
		die(from, strerror(errno));
	close(in);
	if (close(out))
		die(to, strerror(errno));
}

static unsigned int parse_walk(const char *text)
{
	static const struct { const char *name; unsigned int flag; } names[] = {
		{ "list", LIST }, { "tree", TREE }, { "objects", OBJECTS }, { "climb", OBJECTS | CLIMB },
		{ "names", NAMES }, { "whole", WHOLE },
	};
	unsigned int flags = 0;

	for (const char *p = text;; p++) {
		size_t len = strcspn(p, ","), i;

		for (i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (strlen(names[i].name) == len && !strncmp(p, names[i].name, len))
				break;
		if (i == sizeof(names) / sizeof(*names))
			die(p, "expected list, tree, whole, objects, climb or names");
		flags |= names[i].flag;
		p += len;
		if (!*p)
			break;
	}
	if (flags & LIST && (f.mm_mmap < 0 || f.vm_next < 0))
		die("list", "this kernel keeps none");
	if (!(flags & (LIST | TREE)) || (flags & NAMES && flags & (OBJECTS | WHOLE)) || (flags & CLIMB && flags & WHOLE))
		die(text, "expected list or tree in it, and names, climb with none of the others");
	return flags;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "walk", required_argument, NULL, 'w' }, { "pid", required_argument, NULL, 'p' },
		{ "passes", required_argument, NULL, 'n' }, { "json", no_argument, NULL, 'j' },
		{ "write", no_argument, NULL, 'W' }, { NULL },
	};
	uint64_t begin = now(), mapped, first, warm = 0, wrote = 0, *times;
	const char *walk = NULL;
	bool json = false, copy = false;
	unsigned int flags, passes = 6;
	struct rusage use;
	int64_t pid = -1;

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
		switch (c) {
		case 'w':
			walk = optarg;
			break;
		case 'p':
			pid = strtol(optarg, NULL, 10);
			break;
		case 'n':
			passes = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'j':
			json = true;
			break;
		case 'W':
			copy = true;
			break;
		default:
			return 2;
		}
	if (argc - optind != (copy ? 4 : 2) || passes < 1) {
		fprintf(stderr, "usage: chase [--walk list,tree,whole,objects,climb,names] [--pid PID] [--passes N] [--json] "
			"[--write FROM TO] FACTS DUMP\n");
		return 2;
	}
	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	argv += optind + (copy ? 2 : 0);
	read_facts(argv[0]);
	flags = parse_walk(walk ? walk : f.mm_mmap >= 0 ? "list,tree" : "tree");
	map_dump(argv[1]);
	times = calloc(passes, sizeof(*times));
	if (!times)
		die("no memory", strerror(errno));
	mapped = now();
	chase_pass(flags, pid);
	first = now();
	for (unsigned int i = 1; i < passes; i++) {
		uint64_t from = now();

		chase_pass(flags, pid);
		times[i - 1] = now() - from;
	}
	if (passes > 1) {
		qsort(times, passes - 1, sizeof(*times), by_value);
		warm = times[(passes - 1) / 2];
	}
	if (copy) {
		uint64_t from = now();

		copy_file(argv[-2], argv[-1]);
		wrote = now() - from;
	}
	getrusage(RUSAGE_SELF, &use);
	if (json)
		printf("{\"mms\":%" PRIu64 ",\"vmas\":%" PRIu64 ",\"nodes\":%" PRIu64 ",\"objects\":%" PRIu64
		       ",\"dentries\":%" PRIu64 ",\"map_ns\":%" PRIu64 ",\"first_ns\":%" PRIu64 ",\"warm_ns\":%" PRIu64
		       ",\"write_ns\":%" PRIu64 ",\"total_ns\":%" PRIu64 ",\"maxrss_kib\":%ld,\"sum\":%" PRIu64 "}\n",
		       seen.mms, seen.vmas, seen.nodes, seen.objects, seen.files, mapped - begin, first - mapped, warm,
		       wrote, now() - begin, use.ru_maxrss, sum);
	else
		printf("%" PRIu64 " mms, %" PRIu64 " VMAs visited, %" PRIu64 " maple nodes, %" PRIu64 " other objects, %"
		       PRIu64 " dentries\nmapped in %.3f ms; first pass %.3f ms, %.1f ns/VMA; others %.3f ms, %.1f ns/VMA; "
		       "written in %.3f ms; in all %.3f ms (sum %" PRIx64 ")\n",
		       seen.mms, seen.vmas, seen.nodes, seen.objects, seen.files, (double)(mapped - begin) / 1e6,
		       (double)(first - mapped) / 1e6, (double)(first - mapped) / (double)(seen.vmas ? seen.vmas : 1),
		       (double)warm / 1e6, (double)warm / (double)(seen.vmas ? seen.vmas : 1), (double)wrote / 1e6,
		       (double)(now() - begin) / 1e6, sum);
	free(times);
	free(mms.v);
	free(files.v);
	return 0;
}
