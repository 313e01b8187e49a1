/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nearly every address space is sound. That is seen while it is read, and what is wanted of
 * it can be had on the way, without keeping it.
 */
#ifndef VS_CMD_SOUND_H
#define VS_CMD_SOUND_H

#include <stdbool.h>
#include <stdint.h>

struct vs_err;
struct vs_kernel;
struct vs_out;
struct vs_session;
struct vs_space;

/* What is done on the way. */
struct vs_sound {
	bool objects;		/* look at what hangs on the VMAs, too */
	/** Called for each VMA, which is the only one in @p s; false ends it. NULL: nothing. */
	bool (*vma)(void *arg, struct vs_space *s);
	void *arg;
};

/**
 * Go over the address space of @p mm. *sound_ret: every rule holds (of those about other objects,
 * if these were looked at), and it has *n_ret VMAs; in s->space are its mm_struct and its users. Not so,
 * or it is in s->space already: it has to be read, and what has been done on the way is to be undone.
 */
struct vs_err *vs_sound_scan(struct vs_session *s, uint64_t mm, const struct vs_sound *how, struct vs_out *out,
			     uint64_t *n_ret, bool *sound_ret);

/** The same for @p s, which has the mm_struct, its users and what they remember: vs_session_head(). */
struct vs_err *vs_sound_scan_space(struct vs_kernel *k, struct vs_out *out, struct vs_space *s,
				   const struct vs_sound *how, uint64_t *n_ret, bool *sound_ret);

#endif
