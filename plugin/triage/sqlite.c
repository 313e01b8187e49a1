// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables of SQLite. Its header is enough to build; the library is opened when it is asked
 * for, so that nobody else needs it.
 */
#include "triage/group.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"

#ifndef HAVE_SQLITE3

struct vs_err *vs_triage_sqlite(const char *path, const struct vs_triage_records *r)
{
	(void)path, (void)r;
	return vs_err_create(VS_ERR_USAGE, "--sqlite: this vmascope was built without SQLite (libsqlite3-dev)");
}

#else

#include <sqlite3.h>

struct api {
	void *handle;
	int (*open)(const char *, sqlite3 **, int, const char *);
	int (*close)(sqlite3 *);
	int (*exec)(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **);
	const char *(*errmsg)(sqlite3 *);
	int (*prepare)(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);
	int (*bind_text)(sqlite3_stmt *, int, const char *, int, void (*)(void *));
	int (*bind_int64)(sqlite3_stmt *, int, sqlite3_int64);
	int (*bind_null)(sqlite3_stmt *, int);
	int (*step)(sqlite3_stmt *);
	int (*reset)(sqlite3_stmt *);
	int (*finalize)(sqlite3_stmt *);
	int (*busy_timeout)(sqlite3 *, int);
};

static struct vs_err *load(struct api *a)
{
	static const struct {
		const char *name;
		size_t where;
	} wanted[] = {
		{ "sqlite3_open_v2", offsetof(struct api, open) },
		{ "sqlite3_close", offsetof(struct api, close) },
		{ "sqlite3_exec", offsetof(struct api, exec) },
		{ "sqlite3_errmsg", offsetof(struct api, errmsg) },
		{ "sqlite3_prepare_v2", offsetof(struct api, prepare) },
		{ "sqlite3_bind_text", offsetof(struct api, bind_text) },
		{ "sqlite3_bind_int64", offsetof(struct api, bind_int64) },
		{ "sqlite3_bind_null", offsetof(struct api, bind_null) },
		{ "sqlite3_step", offsetof(struct api, step) },
		{ "sqlite3_reset", offsetof(struct api, reset) },
		{ "sqlite3_finalize", offsetof(struct api, finalize) },
		{ "sqlite3_busy_timeout", offsetof(struct api, busy_timeout) },
	};

	a->handle = dlopen("libsqlite3.so.0", RTLD_NOW | RTLD_LOCAL);
	if (!a->handle)
		return vs_err_create(VS_ERR_USAGE, "--sqlite: the library of SQLite is not installed (Debian: libsqlite3-0)");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		void *sym = dlsym(a->handle, wanted[i].name);

		if (!sym)
			return vs_err_create(VS_ERR_USAGE, "--sqlite: the SQLite that is installed has no %s", wanted[i].name);
		memcpy((char *)a + wanted[i].where, &sym, sizeof(sym));
	}
	return NULL;
}

struct db {
	struct api api;
	sqlite3 *db;
	sqlite3_stmt *forget, *record, *finding;
};

static void put_columns(struct vs_buf *b, bool types)
{
	vs_buf_puts(b, types ? "verdict TEXT NOT NULL, outcome TEXT NOT NULL" : "verdict, outcome");
	for (int i = 0; i < VS_TT_COUNT; i++)
		vs_buf_printf(b, ", %s%s", vs_triage_texts[i], !types ? "" : i == VS_TT_PATH ? " TEXT PRIMARY KEY" : " TEXT");
	for (int i = 0; i < VS_TN_COUNT; i++)
		vs_buf_printf(b, ", %s%s", vs_triage_numbers[i], types ? " INTEGER" : "");
}

static bool run(struct db *d, const char *sql)
{
	return d->api.exec(d->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool prepare(struct db *d, const char *sql, sqlite3_stmt **ret)
{
	return d->api.prepare(d->db, sql, -1, ret, NULL) == SQLITE_OK;
}

static bool make_tables(struct db *d)
{
	_cleanup_buf_ struct vs_buf b = VS_BUF_INIT;

	vs_buf_puts(&b, "CREATE TABLE IF NOT EXISTS record (");
	put_columns(&b, true);
	vs_buf_puts(&b, ");CREATE TABLE IF NOT EXISTS finding (path TEXT NOT NULL REFERENCES record(path), rule TEXT NOT NULL, "
		    "severity TEXT NOT NULL, object TEXT NOT NULL, member TEXT, address TEXT, count INTEGER NOT NULL, "
		    "consequence INTEGER NOT NULL);"
		    "CREATE INDEX IF NOT EXISTS finding_path ON finding(path);"
		    "CREATE INDEX IF NOT EXISTS record_signature ON record(signature);");
	if (!run(d, vs_buf_str(&b)))
		return false;
	b.len = 0;
	vs_buf_puts(&b, "INSERT OR REPLACE INTO record (");
	put_columns(&b, false);
	vs_buf_puts(&b, ") VALUES (?");
	for (int i = 1; i < 2 + VS_TT_COUNT + VS_TN_COUNT; i++)
		vs_buf_puts(&b, ",?");
	vs_buf_putc(&b, ')');
	return prepare(d, vs_buf_str(&b), &d->record) && prepare(d, "DELETE FROM finding WHERE path=?", &d->forget) &&
	       prepare(d, "INSERT INTO finding VALUES (?,?,?,?,?,?,?,?)", &d->finding);
}

static void bind(struct db *d, sqlite3_stmt *st, int i, const char *s)
{
	if (s)
		d->api.bind_text(st, i, s, -1, SQLITE_STATIC);
	else
		d->api.bind_null(st, i);
}

static bool step(struct db *d, sqlite3_stmt *st)
{
	return d->api.step(st) == SQLITE_DONE && d->api.reset(st) == SQLITE_OK;
}

static bool put_record(struct db *d, const struct vs_triage_record *r)
{
	const char *path = r->text[VS_TT_PATH];
	int at = 1;

	bind(d, d->forget, 1, path);
	bind(d, d->record, at++, vs_triage_verdict_name(r->verdict));
	bind(d, d->record, at++, vs_triage_outcome_name(r->outcome));
	for (int i = 0; i < VS_TT_COUNT; i++)
		bind(d, d->record, at++, r->text[i]);
	for (int i = 0; i < VS_TN_COUNT; i++, at++) {
		if (r->number[i] < 0)
			d->api.bind_null(d->record, at);
		else
			d->api.bind_int64(d->record, at, r->number[i]);
	}
	if (!step(d, d->forget) || !step(d, d->record))
		return false;
	for (size_t i = 0; i < r->findings.n; i++) {
		const struct vs_triage_finding *f = &r->findings.v[i];

		bind(d, d->finding, 1, path);
		bind(d, d->finding, 2, f->rule);
		bind(d, d->finding, 3, f->severity);
		bind(d, d->finding, 4, f->object);
		bind(d, d->finding, 5, f->member);
		bind(d, d->finding, 6, f->address);
		d->api.bind_int64(d->finding, 7, (sqlite3_int64)f->count);
		d->api.bind_int64(d->finding, 8, f->consequence);
		if (!step(d, d->finding))
			return false;
	}
	return true;
}

struct vs_err *vs_triage_sqlite(const char *path, const struct vs_triage_records *r)
{
	_cleanup_free_ char *plain = NULL;
	struct db d = { 0 };
	struct vs_err *err = load(&d.api);
	bool ok;

	// a name that begins with a colon is none to SQLite
	if (!err && asprintf(&plain, "%s%s", *path == '/' ? "" : "./", path) < 0) {
		plain = NULL;
		err = &vs_enomem;
	}
	if (err) {
		if (d.api.handle)
			dlclose(d.api.handle);
		return err;
	}
	ok = d.api.open(plain, &d.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK;
	if (ok) {
		d.api.busy_timeout(d.db, 10000);
		ok = run(&d, "BEGIN IMMEDIATE") && make_tables(&d);
	}
	for (size_t i = 0; ok && i < r->v.n; i++)
		ok = put_record(&d, &r->v.v[i]);
	ok = ok && run(&d, "COMMIT");
	if (!ok)
		err = vs_err_create(VS_ERR_IO, "--sqlite: %s: %s", path, d.db ? d.api.errmsg(d.db) : "out of memory");
	d.api.finalize(d.forget);
	d.api.finalize(d.record);
	d.api.finalize(d.finding);
	d.api.close(d.db);
	dlclose(d.api.handle);
	return err;
}

#endif
