/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical memory as the kernel has it in its tree of resources: what
 * /proc/iomem shows.
 */
#ifndef VS_SPACE_IOMEM_H
#define VS_SPACE_IOMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "space/space.h"

/** One struct resource. */
struct vs_resource {
	uint64_t addr;		/* of the struct itself */
	uint64_t start, last;	/* physical; last is inclusive, as the kernel's .end is */
	uint64_t flags;		/* IORESOURCE_... */
	char *name;		/* may hold any byte but NUL; NULL: the kernel has none, or it is not in the dump */
	bool name_absent;	/* there is a name, but its bytes are not in the dump */
	unsigned int depth;	/* 0: a child of the root */
};

/** A pointer, or a range, of the tree that cannot be. */
struct vs_resource_break {
	enum vs_stop why;
	uint64_t resource;	/* the struct resource whose member it is */
	const char *member;	/* "child", "sibling", "parent", "start" */
	uint64_t value;
	uint8_t from;		/* enum vs_from, for VS_STOP_ABSENT */
};

struct vs_iomem {
	uint64_t root_last;	/* the end of all physical addresses: how wide the numbers are */
	VS_VEC(struct vs_resource) v;	/* in the order of /proc/iomem: each before its children */
	VS_VEC(struct vs_resource_break) breaks;
};

void vs_iomem_deinit(struct vs_iomem *io);

#endif
