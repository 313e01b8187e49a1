// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BTF out of an untrusted dump: a real kernel's, with numbers in it that lie. Whatever
 * it says, there is a layout or an error, and under a sanitizer nothing besides.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "kernel/btf.h"
#include "kernel/layout.h"
#include "kernel/types.h"
#include "kernel/vmlinux.h"
#include "tests/unit/tap.h"

#define ROUNDS 250

static uint64_t state = 20;

static uint32_t rnd(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)((state >> 33) % below);
}

/* Read a layout, and look into what the rest of the program looks into by name. */
static bool try(const void *data, size_t size)
{
	static const char *const deep[] = { "mm_struct", "vm_area_struct", "task_struct", "file", "page", "dentry" };
	struct vs_types *ts = NULL;
	const struct vs_type *t;
	struct vs_layout l;
	struct vs_err *err = vs_btf_create(data, size, 8, "broken", &ts);

	if (!err)
		err = vs_layout_init(&l, ts);
	for (size_t i = 0; !err && i < sizeof(deep) / sizeof(deep[0]); i++) {
		err = vs_types_find(ts, VS_KIND_STRUCT, deep[i], &t);
		if (!err && t)
			err = vs_type_complete(ts, t);
		for (size_t m = 0; !err && t && m < t->n_members; m++) {
			char spelt[128];

			vs_type_spell(t->members[m].type, spelt, sizeof(spelt));
		}
	}
	if (!err) {
		// what goes on to a debugger is made of it, too
		struct vs_buf info = VS_BUF_INIT, abbrev = VS_BUF_INIT, str = VS_BUF_INIT;

		err = vs_btf_to_dwarf(ts, 8, NULL, 0, &(struct vs_dwarf_out){ &info, &abbrev, &str, false });
		vs_buf_deinit(&info);
		vs_buf_deinit(&abbrev);
		vs_buf_deinit(&str);
	}
	vs_types_destroy(ts);
	if (!err)
		return true;
	vs_err_free(err);
	return false;
}

static uint32_t lie(uint32_t was, uint32_t size)
{
	switch (rnd(6)) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return UINT32_MAX;
	case 3:
		return was ^ UINT32_C(1) << rnd(32);
	case 4:
		return rnd(120000);	// a type, perhaps of another kind
	default:
		return size - rnd(64);
	}
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "unpacked/5.10-amd64-nokaslr/vmlinux";
	unsigned int taken = 0, refused = 0, header = 0;
	struct vs_vmlinux *v = NULL;
	const void *btf = NULL;
	unsigned char *copy;
	size_t size = 0;
	struct vs_err *err = vs_vmlinux_open(path, &v);

	if (!err)
		err = vs_vmlinux_section(v, ".BTF", &btf, &size);
	if (err || !btf || size < 1000) {
		ok(false, "%s: %s", path, err ? err->msg : "no .BTF");
		return done();
	}
	copy = malloc(size);
	if (!copy)
		return 99;
	ok(try(btf, size), "as it is: a layout");
	for (size_t cut = 0; cut < size; cut += 1 + cut / 2)
		refused += !try(btf, cut);
	ok(refused > 20, "cut anywhere: refused, %u times", refused);
	for (unsigned int field = 4; field < 24; field += 4) {
		static const uint32_t values[] = { 1, 23, 0x7fffffff, UINT32_MAX };

		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			memcpy(copy, btf, size);
			memcpy(copy + field, &values[i], 4);
			header += !try(copy, size);
		}
	}
	ok(header == 20, "each number of the header wrong: refused, %u of 20", header);
	refused = 0;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		unsigned int n = 1U << round % 12;

		memcpy(copy, btf, size);
		for (unsigned int i = 0; i < n; i++) {
			// most of what the layout wants stands in front
			size_t at = 24 + 4 * (size_t)rnd((uint32_t)(round % 2 ? size / 4 - 6 : size / 40));
			uint32_t was;

			memcpy(&was, copy + at, 4);
			was = lie(was, (uint32_t)size);
			memcpy(copy + at, &was, 4);
		}
		if (try(copy, size))
			taken++;
		else
			refused++;
	}
	ok(taken > 10 && refused > 10, "numbers in it that lie: %u taken, %u refused, of %u", taken, refused, ROUNDS);
	free(copy);
	vs_vmlinux_destroy(v);
	return done();
}
