/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A live kernel behind GDB's remote connection, QEMU's gdbstub or kgdb, as an
 * image: physical memory in blocks that are kept until the target runs on.
 */
#ifndef VS_GDB_LIVE_H
#define VS_GDB_LIVE_H

#include "base/map.h"
#include "base/vec.h"
#include "gdb/gdb.h"
#include "image/image.h"
#include "kernel/open.h"
#include "kernel/vmlinux.h"

#define VS_LIVE_BLOCK	(16 * 1024)
#define VS_LIVE_PAGE	4096

struct vs_live {
	struct vs_image img;
	bool phys;		/* QEMU: packets may ask for physical memory */
	bool phys_on;		/* and do now */
	uint64_t direct;	/* else: where the kernel has mapped physical 0 */
	size_t room;		/* bytes a packet may ask for */
	struct vs_map index;	/* physical address of a block -> its number */
	VS_VEC(struct vs_live_block *) blocks;
	struct vs_err *lost;	/* what ended it: nothing is asked for any more */
	char *text;		/* of the one note: VMCOREINFO as the kernel keeps it */
};

/**
 * Read @p len bytes of the target's memory at @p addr, physical ones if @p phys: 1
 * they are in @p buf, 0 the target has none there, -1 an exception is set.
 */
int vs_live_read(struct vs_live *l, bool phys, uint64_t addr, void *buf, size_t len);

/* live_place.c */

/**
 * Find the kernel: KASLR by its banner, then VMCOREINFO, how much memory there may be, and
 * without physical reads the direct map.
 */
struct vs_err *vs_live_place(struct vs_live *l, const struct vs_vmlinux *v);

#endif
