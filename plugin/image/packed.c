// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole files that are compressed, as systemd-coredump, apport and abrt keep cores:
 * zstd, xz, lz4, gzip. They are unpacked in one pass, into a sparse file without a
 * name. The libraries are opened when a file wants them, as those of pages are.
 */
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/out.h"
#include "image/probe.h"

#define IN_BYTES	(1 << 18)
#define OUT_BYTES	(1 << 18)
#define HOLE		4096		/* zeros of this many bytes are not written */
#define MAX_SIZE	(UINT64_C(1) << 44)
#define LOOK		(8u << 20)	/* behind so many bytes the notes of any dump have passed */

enum step { STEP_MORE, STEP_END, STEP_BAD };

struct stream {
	void *lib, *state;
	const unsigned char *in;
	size_t in_len;
	unsigned char *out;
	size_t out_len;		/* room in it; what a step leaves unused stays */
	bool last;		/* no input will follow */
};

struct packer {
	const char *name, *soname, *package, *command;
	const char *magic;
	size_t magic_len;
	bool (*begin)(struct stream *s);
	/** Consume input, produce output: both are moved on. */
	enum step (*step)(struct stream *s);
	void (*end)(struct stream *s);
};

static void *sym(const struct stream *s, const char *name)
{
	return dlsym(s->lib, name);
}

/* Structures and prototypes as in zlib.h, lzma.h, zstd.h and lz4frame.h: the same for ten years and more. */

/* --- gzip --- */

struct z {
	const unsigned char *next_in;
	unsigned int avail_in;
	unsigned long total_in;
	unsigned char *next_out;
	unsigned int avail_out;
	unsigned long total_out;
	const char *msg;
	void *state, *zalloc, *zfree, *opaque;
	int data_type;
	unsigned long adler, reserved;
};

static bool gzip_begin(struct stream *s)
{
	int (*init)(struct z *, int, const char *, int) = sym(s, "inflateInit2_");
	struct z *z = calloc(1, sizeof(*z));

	// 15 + 16: a gzip header is wanted
	if (z && init && sym(s, "inflate") && !init(z, 15 + 16, "1.2.0", (int)sizeof(*z))) {
		s->state = z;
		return true;
	}
	free(z);
	return false;
}

static enum step gzip_step(struct stream *s)
{
	int (*inflate)(struct z *, int) = sym(s, "inflate"), (*reset)(struct z *) = sym(s, "inflateReset");
	struct z *z = s->state;
	int r;

	z->next_in = s->in;
	z->avail_in = (unsigned int)s->in_len;
	z->next_out = s->out;
	z->avail_out = (unsigned int)s->out_len;
	r = inflate(z, 0);
	s->in += s->in_len - z->avail_in;
	s->in_len = z->avail_in;
	s->out += s->out_len - z->avail_out;
	s->out_len = z->avail_out;
	if (r == 1 && s->in_len && reset)	// another member follows
		return reset(z) ? STEP_BAD : STEP_MORE;
	return r == 1 ? STEP_END : r == 0 || r == -5 ? STEP_MORE : STEP_BAD;
}

static void gzip_end(struct stream *s)
{
	int (*end)(struct z *) = sym(s, "inflateEnd");

	if (end)
		end(s->state);
	free(s->state);
}

/* --- xz --- */

struct xz {
	const unsigned char *next_in;
	size_t avail_in;
	uint64_t total_in;
	unsigned char *next_out;
	size_t avail_out;
	uint64_t total_out;
	const void *allocator;
	void *internal, *reserved_ptr[4];
	uint64_t seek_pos, reserved_int2;
	size_t reserved_int3, reserved_int4;
	int reserved_enum[2];
};

static bool xz_begin(struct stream *s)
{
	int (*decoder)(struct xz *, uint64_t, uint32_t) = sym(s, "lzma_stream_decoder");
	struct xz *x = calloc(1, sizeof(*x));

	if (x && decoder && sym(s, "lzma_code") && !decoder(x, UINT64_C(1) << 31, 8 /* LZMA_CONCATENATED */)) {
		s->state = x;
		return true;
	}
	free(x);
	return false;
}

static enum step xz_step(struct stream *s)
{
	int (*code)(struct xz *, int) = sym(s, "lzma_code");
	struct xz *x = s->state;
	int r;

	x->next_in = s->in;
	x->avail_in = s->in_len;
	x->next_out = s->out;
	x->avail_out = s->out_len;
	r = code(x, s->last ? 3 /* LZMA_FINISH */ : 0);
	s->in = x->next_in;
	s->in_len = x->avail_in;
	s->out = x->next_out;
	s->out_len = x->avail_out;
	return r == 1 ? STEP_END : r == 0 ? STEP_MORE : STEP_BAD;
}

static void xz_end(struct stream *s)
{
	void (*end)(struct xz *) = sym(s, "lzma_end");

	if (end)
		end(s->state);
	free(s->state);
}

/* --- zstd --- */

struct zstd_buf {
	void *data;
	size_t size, pos;
};

static bool zstd_begin(struct stream *s)
{
	void *(*create)(void) = sym(s, "ZSTD_createDStream");

	s->state = create && sym(s, "ZSTD_decompressStream") && sym(s, "ZSTD_isError") ? create() : NULL;
	return s->state;
}

static enum step zstd_step(struct stream *s)
{
	size_t (*decompress)(void *, struct zstd_buf *, struct zstd_buf *) = sym(s, "ZSTD_decompressStream");
	unsigned int (*is_error)(size_t) = sym(s, "ZSTD_isError");
	struct zstd_buf in = { (void *)s->in, s->in_len, 0 }, out = { s->out, s->out_len, 0 };
	size_t r = decompress(s->state, &out, &in);

	s->in += in.pos;
	s->in_len -= in.pos;
	s->out += out.pos;
	s->out_len -= out.pos;
	if (is_error(r))
		return STEP_BAD;
	return !r && !s->in_len && s->last ? STEP_END : STEP_MORE;
}

static void zstd_end(struct stream *s)
{
	size_t (*destroy)(void *) = sym(s, "ZSTD_freeDStream");

	if (destroy)
		destroy(s->state);
}

/* --- lz4 --- */

static bool lz4_begin(struct stream *s)
{
	size_t (*create)(void **, unsigned int) = sym(s, "LZ4F_createDecompressionContext");
	unsigned int (*is_error)(size_t) = sym(s, "LZ4F_isError");

	return create && is_error && sym(s, "LZ4F_decompress") && !is_error(create(&s->state, 100));
}

static enum step lz4_step(struct stream *s)
{
	size_t (*decompress)(void *, void *, size_t *, const void *, size_t *, const void *) = sym(s, "LZ4F_decompress");
	unsigned int (*is_error)(size_t) = sym(s, "LZ4F_isError");
	size_t in = s->in_len, out = s->out_len;
	size_t r = decompress(s->state, s->out, &out, s->in, &in, NULL);

	if (is_error(r))
		return STEP_BAD;
	s->in += in;
	s->in_len -= in;
	s->out += out;
	s->out_len -= out;
	return !r && !s->in_len && s->last ? STEP_END : STEP_MORE;
}

static void lz4_end(struct stream *s)
{
	size_t (*destroy)(void *) = sym(s, "LZ4F_freeDecompressionContext");

	if (destroy)
		destroy(s->state);
}

static const struct packer packers[] = {
	{ "zstd", "libzstd.so.1", "libzstd1", "zstd -d FILE", "\x28\xb5\x2f\xfd", 4, zstd_begin, zstd_step, zstd_end },
	{ "lz4", "liblz4.so.1", "liblz4-1", "lz4 -d FILE", "\x04\x22\x4d\x18", 4, lz4_begin, lz4_step, lz4_end },
	{ "xz", "liblzma.so.5", "liblzma5", "xz -d FILE", "\xfd" "7zXZ", 6, xz_begin, xz_step, xz_end },
	{ "gzip", "libz.so.1", "zlib1g", "gzip -d FILE", "\x1f\x8b", 2, gzip_begin, gzip_step, gzip_end },
};

static const struct packer *packer_of(const unsigned char *head, size_t len)
{
	for (size_t i = 0; i < sizeof(packers) / sizeof(packers[0]); i++)
		if (len >= packers[i].magic_len && !memcmp(head, packers[i].magic, packers[i].magic_len))
			return &packers[i];
	return NULL;
}

static bool is_packed(const unsigned char *head, size_t len)
{
	return packer_of(head, len);
}

static bool all_zero(const unsigned char *p, size_t len)
{
	return len && !p[0] && !memcmp(p, p + 1, len - 1);
}

/* Write what is not zero; the rest of the file stays a hole. */
static struct vs_err *put(int to, const unsigned char *p, size_t len, uint64_t at)
{
	while (len) {
		size_t n = HOLE - (size_t)(at % HOLE);

		n = n < len ? n : len;
		if (!all_zero(p, n)) {
			for (size_t done = 0; done < n;) {
				ssize_t w = pwrite(to, p + done, n - done, (off_t)(at + done));

				if (w <= 0)
					return vs_err_os(w ? errno : ENOSPC, "cannot unpack it into TMPDIR");
				done += (size_t)w;
			}
		}
		p += n;
		at += n;
		len -= n;
	}
	return NULL;
}

struct unpacking {
	const struct packer *p;
	const struct vs_source *src;
	struct stream s;
	int to;
	uint64_t size;		/* unpacked so far */
	bool bad, cut;
};

/*
 * A core of a process is unpacked unasked; the dump of a kernel may fill a disk. Its notes say
 * VMCOREINFO, or are those of QEMU's CPUs.
 */
static struct vs_err *refuse_kernel(const struct unpacking *u)
{
	_cleanup_free_ unsigned char *p = malloc(LOOK);
	ssize_t n = p ? pread(u->to, p, LOOK, 0) : 0;

	if (!p)
		return &vs_enomem;
	if (n < 16 || (memcmp(p, "KDUMP   ", 8) && memcmp(p, "makedumpfile\0\0\0\0", 16) &&
		       !memmem(p, (size_t)n, "VMCOREINFO\0", 11) && !memmem(p, (size_t)n, "QEMU\0\0\0\0", 8)))
		return NULL;
	return vs_err_create(VS_ERR_FORMAT,
		"compressed by %s, and the dump of a kernel is in it: too large to unpack unasked; unpack it by: %s",
		u->p->name, u->p->command);
}

static struct vs_err *unpack(struct unpacking *u, struct vs_out *out, unsigned char *in, unsigned char *buf)
{
	uint64_t pos = 0, shown = 0;
	enum step st = STEP_MORE;
	struct vs_err *err = NULL;

	while (!err && st == STEP_MORE) {
		size_t got;

		if (!u->s.in_len && !u->s.last) {
			ssize_t n = pread(u->src->fd, in, IN_BYTES, (off_t)pos);

			if (n < 0)
				return vs_err_os(errno, "cannot read it");
			pos += (uint64_t)n;
			u->s.in = in;
			u->s.in_len = (size_t)n;
			u->s.last = !n || pos >= u->src->size;
		}
		u->s.out = buf;
		u->s.out_len = OUT_BYTES;
		st = u->p->step(&u->s);
		got = OUT_BYTES - u->s.out_len;
		err = put(u->to, buf, got, u->size);
		u->size += got;
		if (!err && u->size >= LOOK && u->size - got < LOOK)
			err = refuse_kernel(u);
		if (!err && u->size > MAX_SIZE)
			err = vs_err_create(VS_ERR_FORMAT, "it unpacks to more than 16 TiB: that is no dump");
		if (!err)
			err = vs_out_poll(out);
		if (st == STEP_MORE && !got && !u->s.in_len && u->s.last) {
			u->cut = true;		// it wants more, and there is none
			break;
		}
		if (out->progress && !out->quiet && u->size - shown > 64 << 20) {
			char line[96];

			shown = u->size;
			snprintf(line, sizeof(line), "unpacking: %" PRIu64 " MiB of %" PRIu64 " MiB give %" PRIu64 " MiB",
				 pos >> 20, u->src->size >> 20, u->size >> 20);
			out->progress(out->face, line);
		}
	}
	u->bad = st == STEP_BAD;
	return err;
}

static struct vs_err *unpack_all(struct unpacking *u, struct vs_out *out)
{
	_cleanup_free_ unsigned char *in = malloc(IN_BYTES), *buf = malloc(OUT_BYTES);
	struct vs_err *err;

	if (!in || !buf)
		return &vs_enomem;
	u->s.lib = dlopen(u->p->soname, RTLD_NOW | RTLD_LOCAL);
	if (!u->s.lib || !u->p->begin(&u->s)) {
		if (u->s.lib)
			dlclose(u->s.lib);
		return vs_err_create(VS_ERR_FORMAT,
			"compressed by %s; %s, which unpacks it, is not installed (Debian: %s); or unpack it by: %s",
			u->p->name, u->p->soname, u->p->package, u->p->command);
	}
	err = unpack(u, out, in, buf);
	u->p->end(&u->s);
	dlclose(u->s.lib);
	if (!err && ftruncate(u->to, (off_t)u->size))
		err = vs_err_os(errno, "cannot unpack it into TMPDIR");
	return err;
}

static struct vs_err *packed_open(const struct vs_source *src, size_t n, struct vs_out *out,
				  struct vs_image **ret)
{
	struct vs_source inner = { .path = src->path };
	_cleanup_close_ int fd = -1;
	struct unpacking u = { .src = src };
	unsigned char head[8] = { 0 };
	struct vs_err *err;
	char *what;

	if (n > 1)
		return vs_err_create(VS_ERR_FORMAT, "a compressed dump is one file; %s is one too many", src[1].path);
	if (pread(src->fd, head, sizeof(head), 0) < 0)
		return vs_err_os(errno, "cannot read it");
	u.p = packer_of(head, sizeof(head));
	err = vs_image_temp("to unpack the dump", &fd);
	if (err)
		return err;
	u.to = fd;
	err = unpack_all(&u, out);
	if (err)
		return err;
	if (!u.size)
		return vs_err_create(VS_ERR_FORMAT, "compressed by %s: %s, and nothing can be unpacked", u.p->name,
				     u.bad ? "damaged" : "empty or cut");
	if (u.bad || u.cut)
		vs_out_say(out, "%s: the %s stream %s behind %" PRIu64 " bytes that it gave; what was unpacked is read",
			   src->path, u.p->name, u.bad ? "is damaged" : "is cut", u.size);
	inner.fd = fd;
	inner.size = u.size;
	err = vs_image_open_sources(&inner, 1, out, ret);
	if (err)
		return vs_err_wrap(err, "compressed by %s", u.p->name);
	if (asprintf(&what, "%s, in %s", (*ret)->what, u.p->name) >= 0) {
		free((*ret)->what);
		(*ret)->what = what;
	}
	// sizes are those of the dump itself; that something is missing must show
	if ((u.bad || u.cut) && (*ret)->needed_size <= (*ret)->file_size)
		(*ret)->needed_size = (*ret)->file_size + 1;
	return NULL;
}

const struct vs_probe vs_probe_packed = { is_packed, packed_open };
