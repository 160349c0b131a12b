/**
 * @file store/sqlite.c  Connections, statements, transactions
 *
 * A batch is one BEGIN IMMEDIATE ... COMMIT.  Errors are of three kinds: the
 * file or disk cannot be written now (nothing of the batch is, it is tried
 * again later), the file is corrupt (the next db_connect() moves it aside), or
 * one request is impossible (it is taken out, the rest goes on).
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/compat.h"
#include "base/log.h"
#include "store/db.h"
#include "store/store.h"


enum { BUSY_MS = 1000 };

static const char *const sql_text[] = {
#define X(id, sql) sql,
	DB_STATEMENTS(X)
#undef X
};


int db_errno(int rc)
{
	switch (rc & 0xff) {

	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:     return 0;
	case SQLITE_NOMEM:    return ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:   return EBUSY;
	case SQLITE_FULL:     return ENOSPC;
	case SQLITE_READONLY: return EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH:     return EACCES;
	case SQLITE_CANTOPEN: return ENOENT;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:   return EBADMSG;
	case SQLITE_MISMATCH: return ENOTSUP;
	default:              return EIO;
	}
}


bool db_is_corrupt(int rc)
{
	rc &= 0xff;

	return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB;
}


/* No retry will make these succeed */
static bool is_hopeless(int rc)
{
	switch (rc & 0xff) {

	case SQLITE_CONSTRAINT:
	case SQLITE_TOOBIG:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
	case SQLITE_MISUSE: return true;
	default:            return false;
	}
}


const char *db_col(struct sqlite3_stmt *row, int col)
{
	const unsigned char *s = sqlite3_column_text(row, col);

	return s ? (const char *)s : "";
}


static void say(struct mbuf *why, sqlite3 *h, const char *path, int rc)
{
	if (why && !why->end)
		(void)mbuf_printf(why, "%s: %s", path,
				  h ? sqlite3_errmsg(h) : sqlite3_errstr(rc));
}


/* Made by us so that nobody else can read it; SQLite gives the log and the
 * index the same mode */
static int create_file(const char *path, struct mbuf *why)
{
	char dir[4096];
	int fd, err;

	if (re_snprintf(dir, sizeof(dir), "%s", path) < 0)
		return ENAMETOOLONG;

	(void)mkdir(dirname(dir), 0750); /* open() tells if it failed */

	/* one that exists is not opened: to close it would end the locks that
	 * SQLite's own connections of this process hold on it */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY,
		  0640);
	if (fd < 0 && errno == EEXIST && !access(path, R_OK | W_OK))
		return 0;

	if (fd < 0) {
		err = errno;
		if (why)
			(void)mbuf_printf(why, "%s: %m", path, err);
		return err;
	}

	(void)close(fd);

	return 0;
}


static int connect_once(struct db *db, const char *path, bool check,
			struct mbuf *why)
{
	int rc;

	rc = sqlite3_open_v2(path, &db->h,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			     NULL);
	if (rc != SQLITE_OK)
		goto out;

	(void)sqlite3_extended_result_codes(db->h, 1);
	(void)sqlite3_busy_timeout(db->h, BUSY_MS);

	/* FULL: a commit survives a power cut; only this thread waits for
	 * the disk, once a batch */
	rc = sqlite3_exec(db->h, "PRAGMA journal_mode=WAL;"
			  "PRAGMA synchronous=FULL", NULL, NULL, NULL);
	if (rc == SQLITE_OK && check)
		rc = migrate_check(db->h);
	if (rc == SQLITE_OK)
		rc = migrate_run(db->h, path, why);

out:
	if (rc != SQLITE_OK) {
		if (!db_is_corrupt(rc))
			say(why, db->h, path, rc);
		db_disconnect(db);
	}

	return rc;
}


static bool is_empty(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !st.st_size;
}


int db_connect(struct db *db, const char *path, bool check, bool *fresh,
	       struct mbuf *why)
{
	int err, rc;

	if (!db || !path)
		return EINVAL;

	memset(db, 0, sizeof(*db));

	err = create_file(path, why);
	if (err)
		return err;

	if (fresh)
		*fresh = is_empty(path);

	rc = connect_once(db, path, check, why);
	if (!db_is_corrupt(rc))
		return db_errno(rc);

	err = migrate_set_aside(path, sqlite3_errstr(rc));
	if (!err)
		err = create_file(path, why);
	if (err)
		return err;

	if (fresh)
		*fresh = true;

	return db_errno(connect_once(db, path, false, why));
}


void db_disconnect(struct db *db)
{
	if (!db)
		return;

	for (size_t i = 0; i < DB_STMT_MAX; i++)
		(void)sqlite3_finalize(db->stmt[i]);

	(void)sqlite3_close(db->h);
	memset(db, 0, sizeof(*db));
}


static int bind_all(sqlite3_stmt *st, const struct db_req *req)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < req->n && rc == SQLITE_OK; i++) {
		const struct db_val *v = &req->v[i];
		const int col          = (int)i + 1;

		if (v->is_num)
			rc = sqlite3_bind_int64(st, col, v->num);
		else
			rc = sqlite3_bind_text(st, col, v->str, -1,
					       SQLITE_STATIC);
	}

	return rc;
}


static int run_one(struct db *db, const struct db_req *req)
{
	sqlite3_stmt **stp = &db->stmt[req->stmt];
	int rc             = SQLITE_OK;

	if (!*stp)
		rc = sqlite3_prepare_v3(db->h, sql_text[req->stmt], -1,
					SQLITE_PREPARE_PERSISTENT, stp, NULL);
	if (rc == SQLITE_OK)
		rc = bind_all(*stp, req);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(*stp);

	if (*stp) {
		(void)sqlite3_reset(*stp); /* repeats step's result */
		(void)sqlite3_clear_bindings(*stp);
	}

	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}


static int run_batch(struct db *db, struct list *batch, struct list *bad)
{
	struct le *le = batch->head;
	int rc        = SQLITE_OK;

	while (le && rc == SQLITE_OK) {
		struct db_req *req = le->data;

		le = le->next;

		rc = run_one(db, req);
		if (!is_hopeless(rc))
			continue;

		log_error("store", "cannot write a row (%s): %s",
			  sql_text[req->stmt], sqlite3_errmsg(db->h));
		list_unlink(&req->le);
		list_append(bad, &req->le, req);
		rc = SQLITE_OK;
	}

	return rc;
}


int db_run(struct db *db, struct list *batch, struct list *bad,
	   struct mbuf *why)
{
	int rc;

	rc = sqlite3_exec(db->h, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = run_batch(db, batch, bad);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db->h, "COMMIT", NULL, NULL, NULL);

	if (rc != SQLITE_OK) {
		say(why, db->h, "database", rc);
		if (!sqlite3_get_autocommit(db->h))
			(void)sqlite3_exec(db->h, "ROLLBACK", NULL, NULL,
					   NULL);
	}

	return db_errno(rc);
}


bool db_has_moved(struct db *db)
{
	int moved = 0;

	if (!db || !db->h)
		return false;

	if (sqlite3_file_control(db->h, "main", SQLITE_FCNTL_HAS_MOVED,
				 &moved) != SQLITE_OK)
		return false;

	return moved != 0;
}


int db_query(const char *path, const char *sql, db_row_h *h, void *arg)
{
	sqlite3_stmt *st = NULL;
	sqlite3 *db      = NULL;
	int rc;

	if (!path || !sql || !h)
		return EINVAL;

	rc = sqlite3_open_v2(path, &db,
			     SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		goto out;

	(void)sqlite3_busy_timeout(db, BUSY_MS);

	rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW || h(st, arg))
			break;
	}

out:
	if (db_errno(rc))
		log_error("store", "cannot read %s: %s", path,
			  db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);

	return db_errno(rc);
}
