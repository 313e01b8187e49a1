/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread that serves one dump to one GDB: itself, over a unix socket in a folder
 * that nobody else may enter.
 */
#ifndef VS_GDB_SERVE_H
#define VS_GDB_SERVE_H

struct vs_err;
struct vs_rsp;
struct vs_server;

/** Listen and wait for one connection. @p rsp must outlive it. The caller destroys. */
struct vs_err *vs_server_create(struct vs_rsp *rsp, struct vs_server **ret);
/** Ends the connection, if there is one, and the thread. */
void vs_server_destroy(struct vs_server *s);

/** Where the socket is; valid until vs_server_hide(). */
const char *vs_server_path(const struct vs_server *s);
/** Take socket and folder away: whoever is connected stays so, and nothing is left to find. */
void vs_server_hide(struct vs_server *s);

#endif
