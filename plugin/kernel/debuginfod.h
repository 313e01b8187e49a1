/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vmlinux from a debuginfod server, through libdebuginfod, which is opened when
 * it is needed: which servers there are, DEBUGINFOD_URLS says.
 */
#ifndef VS_KERNEL_DEBUGINFOD_H
#define VS_KERNEL_DEBUGINFOD_H

#include "kernel/open.h"

struct vs_build_id;
struct vs_out;

/**
 * Ask for the debug information of @p id, if @p when allows it: VS_DEBUGINFOD_AUTO only
 * where a person sees the progress. *path_ret, which the caller frees, is a file in the
 * library's cache, or NULL: not asked, or not there. *why_ret says which in a few words,
 * NULL where nobody was asked. Ctrl-C meanwhile is an answer too: do without it.
 */
void vs_debuginfod_find(const struct vs_build_id *id, enum vs_debuginfod when, struct vs_out *out, char **path_ret,
			const char **why_ret);

#endif
