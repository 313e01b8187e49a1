/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON Lines, through yajl: one object a line, each with "type"; first one line
 * with "schema". Addresses are strings in hexadecimal, since JSON's numbers lose
 * bits past 2^53; counts are numbers.
 */
#ifndef VS_RENDER_JSON_H
#define VS_RENDER_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "space/space.h"
#include "space/tasks.h"

struct vs_out;
struct vs_err;
struct vs_json;
struct vs_record;

/** Begin an object {"type": TYPE; NULL without memory. */
struct vs_json *vs_json_begin(const char *type);
void vs_json_str(struct vs_json *j, const char *key, const char *value);	/* NULL: null */
/** Bytes that may be no UTF-8: those are replaced by U+FFFD, and KEY_hex has them all. */
void vs_json_bytes(struct vs_json *j, const char *key, const char *value, size_t len);
/** A string out of a dump, of any bytes; NULL: null. */
void vs_json_text(struct vs_json *j, const char *key, const char *value);
void vs_json_uint(struct vs_json *j, const char *key, uint64_t value);
void vs_json_int(struct vs_json *j, const char *key, int64_t value);
void vs_json_hex(struct vs_json *j, const char *key, uint64_t value);	/* "0xffff..." */
void vs_json_bool(struct vs_json *j, const char *key, bool value);
void vs_json_null(struct vs_json *j, const char *key);
void vs_json_open_array(struct vs_json *j, const char *key);
void vs_json_close_array(struct vs_json *j);
void vs_json_open_object(struct vs_json *j, const char *key);	/* key NULL: element of an array */
void vs_json_close_object(struct vs_json *j);
/** End the object, write its line, release @p j. */
struct vs_err *vs_json_end(struct vs_json *j, struct vs_out *out);

/** The first line: {"type":"header","schema":"vmascope/1","command":COMMAND}. */
struct vs_err *vs_json_header(struct vs_out *out, const char *command);

/** One object a VMA. */
struct vs_err *vs_json_maps(struct vs_out *out, const struct vs_space *s,
			    const struct vs_order *order, const struct vs_task *t);

struct vs_err *vs_json_ps(struct vs_out *out, const struct vs_task *t, const struct vs_mm_fields *f);

#endif
