// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets: "$" BODY "#" and two digits of a checksum (GDB manual, appendix E). What a
 * dump cannot do is refused by an error, what is not known here by an empty answer.
 */
#include "gdb/rsp.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PACKET_SIZE	0x20000
#define READ_MAX	(PACKET_SIZE / 2 - 64)	/* of memory: two digits a byte, or all escaped */

struct conn {
	struct vs_rsp *r;
	int fd;
	bool acks;		/* until QStartNoAckMode */
	bool end;
	size_t have, at;	/* in in[] */
	char in[4096];
	char body[PACKET_SIZE + 1];
	unsigned char mem[READ_MAX];
	struct vs_buf out;
};

static int next_byte(struct conn *c)
{
	if (c->at == c->have) {
		ssize_t n;

		do
			n = recv(c->fd, c->in, sizeof(c->in), 0);
		while (n < 0 && errno == EINTR);
		if (n <= 0)
			return -1;
		c->have = (size_t)n;
		c->at = 0;
	}
	return (unsigned char)c->in[c->at++];
}

static bool send_all(struct conn *c, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* The body of the next packet as a string; false: the other end has gone. */
static bool receive(struct conn *c)
{
	for (;;) {
		unsigned char sum = 0;
		size_t len = 0;
		int ch, hi, lo;
		char digits[3];

		do	// acknowledgements, and the byte 3 of an interrupt: nothing runs here
			ch = next_byte(c);
		while (ch >= 0 && ch != '$');
		while (ch >= 0 && (ch = next_byte(c)) >= 0 && ch != '#') {
			sum = (unsigned char)(sum + ch);
			if (len < PACKET_SIZE)
				c->body[len++] = (char)ch;
		}
		hi = ch < 0 ? -1 : next_byte(c);
		lo = hi < 0 ? -1 : next_byte(c);
		if (lo < 0)
			return false;
		c->body[len] = 0;
		snprintf(digits, sizeof(digits), "%c%c", hi, lo);
		if (!c->acks)
			return true;
		if (strtoul(digits, NULL, 16) == sum)
			return send_all(c, "+", 1);
		if (!send_all(c, "-", 1))
			return false;
	}
}

static bool reply(struct conn *c)
{
	unsigned char sum = 0;
	char tail[4];

	if (c->out.failed) {
		vs_buf_deinit(&c->out);
		vs_buf_puts(&c->out, "E0c");	// ENOMEM
	}
	for (size_t i = 0; i < c->out.len; i++)
		sum = (unsigned char)(sum + (unsigned char)c->out.data[i]);
	snprintf(tail, sizeof(tail), "#%02x", sum);
	return send_all(c, "$", 1) && send_all(c, c->out.data, c->out.len) && send_all(c, tail, 3);
}

/* Bytes behind an escape: the frame's own, and * of run lengths. */
static void put_binary(struct vs_buf *b, const void *data, size_t len)
{
	const char *p = data;

	for (size_t i = 0; i < len; i++) {
		if (strchr("$#}*", p[i]) && p[i]) {
			vs_buf_putc(b, '}');
			vs_buf_putc(b, (char)(p[i] ^ 0x20));
		} else {
			vs_buf_putc(b, p[i]);
		}
	}
}

static void put_hex(struct vs_buf *b, const unsigned char *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char *to = vs_buf_reserve(b, 2 * len);

	if (!to)
		return;
	for (size_t i = 0; i < len; i++) {
		*to++ = digits[data[i] >> 4];
		*to++ = digits[data[i] & 15];
	}
	b->len += 2 * len;
}

/* As much of a process' own memory as is there, by the page tables of @p mm. */
static size_t read_user(struct vs_kernel *k, uint64_t mm, uint64_t addr, unsigned char *buf, size_t len)
{
	struct vs_pgtable pt = k->mem.pgt;
	uint64_t pgd, root, n;
	size_t got = 0;

	if (!mm || !vs_kmem_ulong(&k->mem, mm + (uint64_t)k->layout.mm.pgd.off, &pgd) ||
	    !vs_kmem_phys(&k->mem, pgd, &root, &n))
		return 0;
	vs_pgtable_move(&pt, root);
	while (got < len) {
		struct vs_xlat x;
		size_t part, want = len - got;

		pt.arch->walk(&pt, addr + got, &x);
		if (x.end != VS_PG_MAPPED)
			break;
		n = x.len - (addr + got - x.va);
		if (n < want)
			want = (size_t)n;
		vs_image_read(k->img, x.pa, buf + got, want, &part);
		got += part;
		if (part < want)
			break;
	}
	return got;
}

/* "mADDR,LEN" or "xADDR,LEN": what is there of it from its start on, an error if nothing is. */
static void read_memory(struct conn *c, bool binary)
{
	struct vs_kernel *k = c->r->k;
	char *end;
	uint64_t addr = strtoull(c->body + 1, &end, 16), len;
	size_t got = 0;
	bool user;

	if (*end != ',') {
		vs_buf_puts(&c->out, "E16");
		return;
	}
	len = strtoull(end + 1, NULL, 16);
	if (len > sizeof(c->mem))
		len = sizeof(c->mem);
	// where the numbers do not tell, GDB, which has but one address space, is on the kernel's side
	user = addr < k->mem.arch->user_end(&k->mem.pgt);
	if (!user || k->mem.arch->overlap)
		vs_kmem_read(&k->mem, addr, c->mem, len, &got);
	if (user && !got)
		got = read_user(k, c->r->threads.n ? c->r->threads.v[c->r->current].mm : 0, addr, c->mem, len);
	if (len && !got) {
		vs_buf_puts(&c->out, "E0e");	// EFAULT
	} else if (binary) {
		vs_buf_putc(&c->out, 'b');
		put_binary(&c->out, c->mem, got);
	} else {
		put_hex(&c->out, c->mem, got);
	}
}

static void read_registers(struct conn *c)
{
	const struct vs_rsp_thread *t = &c->r->threads.v[c->r->current];
	const struct vs_regs_shape *shape = vs_regs_shape(c->r->k);
	const bool be = c->r->k->mem.target.big_endian;
	struct vs_regs regs;
	unsigned char raw[8];

	vs_rsp_regs(c->r, t, &regs);
	// GDB refuses to begin with a thread of which it is not told where it is: at 0, then
	if (c->r->current == c->r->first)
		regs.known |= UINT64_C(1) << shape->pc;
	for (unsigned int i = 0; i < shape->n; i++) {
		unsigned int size = i < shape->n_words ? c->r->k->mem.target.word : 4;

		for (unsigned int b = 0; b < size; b++)
			raw[be ? size - 1 - b : b] = (unsigned char)(regs.v[i] >> 8 * b);
		if (regs.known >> i & 1)
			put_hex(&c->out, raw, size);
		else
			vs_buf_pad(&c->out, 'x', 2 * size);
	}
}

/* The thread of an id in hexadecimal, or -1; 0 and -1 of the protocol are any. */
static long find_thread(const struct vs_rsp *r, const char *text)
{
	long long id = strtoll(text, NULL, 16);
	uint32_t i;

	if (id <= 0)
		return (long)r->current;
	i = vs_map_get(&r->by_id, (uint64_t)id);
	return i == VS_MAP_NONE ? -1 : (long)i;
}

/* "qXfer:OBJECT:read:ANNEX:OFFSET,LENGTH" */
static void transfer(struct conn *c, const char *data, size_t len, const char *range)
{
	char *end;
	uint64_t at = strtoull(range, &end, 16), n = *end == ',' ? strtoull(end + 1, NULL, 16) : 0;

	if (at > len) {
		vs_buf_puts(&c->out, "E01");
		return;
	}
	if (n > READ_MAX)
		n = READ_MAX;
	if (n > len - at)
		n = len - at;
	vs_buf_putc(&c->out, at + n < len ? 'm' : 'l');
	put_binary(&c->out, data + at, n);
}

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static void query(struct conn *c)
{
	static const char features[] = "qXfer:features:read:target.xml:", threads[] = "qXfer:threads:read::";
	const char *s = c->body;
	struct vs_rsp *r = c->r;

	if (starts(s, "qSupported")) {
		vs_buf_printf(&c->out, "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;qXfer:threads:read+;binary-upload+",
			      PACKET_SIZE);
	} else if (starts(s, features)) {
		_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;

		const char *regs = vs_regs_shape(r->k)->features;

		vs_buf_printf(&b, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
			      "<target><architecture>%s</architecture>%s</target>", r->arch, regs ? regs : "");
		transfer(c, b.data, b.len, s + strlen(features));
	} else if (starts(s, threads)) {
		transfer(c, r->xml.data, r->xml.len, s + strlen(threads));
	} else if (!strcmp(s, "qC")) {
		vs_buf_printf(&c->out, "QC%llx", (unsigned long long)r->threads.v[r->current].id);
	} else if (starts(s, "qAttached")) {
		vs_buf_puts(&c->out, "1");
	}
}

static void handle(struct conn *c)
{
	struct vs_rsp *r = c->r;
	const char *s = c->body;
	long i;

	switch (s[0]) {
	case '?':
		r->current = r->first;
		vs_buf_printf(&c->out, "T05thread:%llx;", (unsigned long long)r->threads.v[r->first].id);
		break;
	case 'g':
		read_registers(c);
		break;
	case 'm':
	case 'x':
		read_memory(c, s[0] == 'x');
		break;
	case 'H':
		i = find_thread(r, s[1] ? s + 2 : "0");
		if (i >= 0 && s[1] == 'g')
			r->current = (size_t)i;
		vs_buf_puts(&c->out, i < 0 ? "E01" : "OK");
		break;
	case 'T':
		vs_buf_puts(&c->out, find_thread(r, s + 1) < 0 ? "E01" : "OK");
		break;
	case 'q':
		query(c);
		break;
	case 'Q':
		if (!strcmp(s, "QStartNoAckMode"))
			vs_buf_puts(&c->out, "OK");
		break;
	case 'D':
	case 'k':
		vs_buf_puts(&c->out, "OK");
		c->end = true;
		break;
	case 'v':
		if (starts(s, "vKill")) {
			vs_buf_puts(&c->out, "OK");
			c->end = true;
		}
		break;
	case 'c': case 'C': case 's': case 'S':		// nothing runs in a dump
	case 'M': case 'X': case 'G': case 'P':		// and nothing is written to it
	case 'Z': case 'z':
		vs_buf_puts(&c->out, "E01");
		break;
	}
}

void vs_rsp_serve(struct vs_rsp *r, int fd)
{
	struct conn *c = calloc(1, sizeof(*c));
	bool there = c;

	if (c) {
		c->r = r;
		c->fd = fd;
		c->acks = true;
		r->current = r->first;
	}
	while (there && receive(c)) {
		c->out.len = 0;
		pthread_mutex_lock(&r->lock);
		handle(c);
		pthread_mutex_unlock(&r->lock);
		there = reply(c) && !c->end;
		if (!strcmp(c->body, "QStartNoAckMode"))
			c->acks = false;
	}
	if (c)
		vs_buf_deinit(&c->out);
	free(c);
}
