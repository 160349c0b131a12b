/**
 * @file store_util.h  For the tests of store/: a folder of its own, and what
 * the file says when another program reads it
 */
#ifndef TANDEM_TESTS_STORE_UTIL_H
#define TANDEM_TESTS_STORE_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <dirent.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/compat.h"
#include "base/count.h"
#include "store/db.h"
#include "store/store.h"


static char tmp_dir[64];
static char tmp_db[96];


static inline int tmp_setup(void **state)
{
	(void)state;
	(void)re_snprintf(tmp_dir, sizeof(tmp_dir), "/tmp/tandem-XXXXXX");
	if (!mkdtemp(tmp_dir))
		return -1;

	(void)re_snprintf(tmp_db, sizeof(tmp_db), "%s/tandem.db", tmp_dir);

	return 0;
}


/** Calls h for each name in the folder that begins with prefix */
static inline size_t tmp_each(const char *prefix, void (*h)(const char *path))
{
	DIR *dir = opendir(tmp_dir);
	struct dirent *e;
	size_t n = 0;

	while (dir && (e = readdir(dir))) {
		char path[400];

		if (e->d_name[0] == '.' ||
		    strncmp(e->d_name, prefix, strlen(prefix)))
			continue;

		++n;
		(void)re_snprintf(path, sizeof(path), "%s/%s", tmp_dir,
				  e->d_name);
		if (h)
			h(path);
	}

	if (dir)
		(void)closedir(dir);

	return n;
}


static inline void tmp_unlink(const char *path)
{
	(void)unlink(path);
}


static inline int tmp_teardown(void **state)
{
	(void)state;
	store_close(2000);
	(void)tmp_each("", tmp_unlink);

	return rmdir(tmp_dir);
}


/** First column of the rows, separated by a blank; reads as any program */
static inline const char *sql_text(const char *sql)
{
	static char buf[65536];
	sqlite3_stmt *st;
	size_t n = 0;
	sqlite3 *h;

	buf[0] = '\0';
	assert_int_equal(sqlite3_open(tmp_db, &h), SQLITE_OK);
	(void)sqlite3_busy_timeout(h, 2000);
	if (sqlite3_prepare_v2(h, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(h));

	while (sqlite3_step(st) == SQLITE_ROW && n < sizeof(buf) - 1) {
		const int len = re_snprintf(buf + n, sizeof(buf) - n, "%s%s",
					    n ? " " : "",
					    sqlite3_column_text(st, 0));

		assert_true(len >= 0);
		n += (size_t)len;
	}

	(void)sqlite3_finalize(st);
	(void)sqlite3_close(h);

	return buf;
}


static inline void sql_is(const char *sql, const char *expected)
{
	assert_string_equal(sql_text(sql), expected);
}


/** Open, and fail with the reason if that does not work */
static inline void open_store(void)
{
	struct mbuf *why = mbuf_alloc(128);
	const int err    = store_open(tmp_db, why);

	if (err)
		fail_msg("store_open: %d, %.*s", err, (int)why->end,
			 (char *)why->buf);
	mem_deref(why);
}


enum { PATIENCE_MS = 60000 }; /* the disk may have others to serve */


static inline void sync_store(void)
{
	assert_int_equal(store_sync(PATIENCE_MS), 0);
}

#endif
