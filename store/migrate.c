/**
 * @file store/migrate.c  Schema of the database and its versions
 *
 * `steps[n]` leads from version n to n + 1 (PRAGMA user_version), each in one
 * transaction.  A step that was released is never edited: add another one.
 * It must leave the statements of the version before it good (new columns have
 * a default, none goes): while a new process takes over from an old one both
 * write.
 *
 * A recording and its call record come in either order, so triggers on both
 * tables copy the worst recording of a call into the call's row.
 */
#include <errno.h>
#include <stdio.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/compat.h"
#include "base/log.h"
#include "store/db.h"
#include "store/store.h"


enum {
	APP_ID        = 0x54414e44, /* "TAND", PRAGMA application_id */
	CHECK_ALL_MAX = 32 << 20,   /* whole file checked up to this size */
};

/* clang-format off */
#define WORST_OF(id)                                                         \
	"UPDATE cdr SET rec_state=r.state, rec_path=r.path, rec_why=r.why,"  \
	" rec_ms=r.duration_ms FROM (SELECT * FROM recording"                \
	" WHERE uniqueid=" id " ORDER BY CASE state WHEN 'failed' THEN 0"    \
	" WHEN 'gap' THEN 1 WHEN 'recording' THEN 2 ELSE 3 END, path"        \
	" LIMIT 1) AS r WHERE cdr.uniqueid=" id ";"

static const char *const steps[] = {
	/* 0 -> 1 */
	"CREATE TABLE location ("
	" aor TEXT NOT NULL, contact TEXT NOT NULL,"
	" received TEXT NOT NULL, transport TEXT NOT NULL,"
	" user_agent TEXT NOT NULL, call_id TEXT NOT NULL,"
	" instance TEXT NOT NULL, path TEXT NOT NULL,"
	" def_user TEXT NOT NULL, cseq INTEGER NOT NULL,"
	" expires_at INTEGER NOT NULL,"
	" PRIMARY KEY (aor, contact)) WITHOUT ROWID;"

	"CREATE TABLE cdr ("
	" id INTEGER PRIMARY KEY,"
	" accountcode TEXT NOT NULL, src TEXT NOT NULL, dst TEXT NOT NULL,"
	" dcontext TEXT NOT NULL, clid TEXT NOT NULL, channel TEXT NOT NULL,"
	" dstchannel TEXT NOT NULL, lastapp TEXT NOT NULL,"
	" lastdata TEXT NOT NULL, start TEXT NOT NULL, answer TEXT NOT NULL,"
	" \"end\" TEXT NOT NULL, duration INTEGER NOT NULL,"
	" billsec INTEGER NOT NULL, disposition TEXT NOT NULL,"
	" amaflags TEXT NOT NULL, userfield TEXT NOT NULL,"
	" uniqueid TEXT NOT NULL, linkedid TEXT NOT NULL,"
	" peeraccount TEXT NOT NULL, sequence INTEGER NOT NULL,"
	" call_id TEXT NOT NULL, rec_state TEXT NOT NULL,"
	" rec_path TEXT NOT NULL, rec_why TEXT NOT NULL,"
	" rec_ms INTEGER NOT NULL DEFAULT 0,"
	" hangup_cause INTEGER NOT NULL, sip_code INTEGER NOT NULL,"
	" hangup_by TEXT NOT NULL, trace TEXT NOT NULL,"
	" start_us INTEGER NOT NULL);"
	"CREATE INDEX cdr_start ON cdr (start);"
	"CREATE INDEX cdr_uniqueid ON cdr (uniqueid);"
	"CREATE INDEX cdr_linkedid ON cdr (linkedid);"
	"CREATE VIEW cdr_calldate AS SELECT start AS calldate, * FROM cdr;"

	"CREATE TABLE recording ("
	" uniqueid TEXT NOT NULL, path TEXT NOT NULL, state TEXT NOT NULL,"
	" why TEXT NOT NULL, duration_ms INTEGER NOT NULL,"
	" PRIMARY KEY (uniqueid, path)) WITHOUT ROWID;"
	"CREATE TRIGGER recording_to_cdr AFTER INSERT ON recording BEGIN "
	WORST_OF("NEW.uniqueid")
	" END;"
	"CREATE TRIGGER cdr_from_recording AFTER INSERT ON cdr BEGIN "
	WORST_OF("NEW.uniqueid")
	" END;"

	"CREATE TABLE kv ("
	" name TEXT PRIMARY KEY, family TEXT NOT NULL, key TEXT NOT NULL,"
	" value TEXT NOT NULL) WITHOUT ROWID;",

	/* what happens in queues, as Asterisk's table of that name */
	"CREATE TABLE queue_log ("
	" id INTEGER PRIMARY KEY, time TEXT NOT NULL, callid TEXT NOT NULL,"
	" queuename TEXT NOT NULL, agent TEXT NOT NULL, event TEXT NOT NULL,"
	" data1 TEXT NOT NULL, data2 TEXT NOT NULL, data3 TEXT NOT NULL,"
	" data4 TEXT NOT NULL, data5 TEXT NOT NULL);"
	"CREATE INDEX queue_log_time ON queue_log (time);"
	"CREATE INDEX queue_log_callid ON queue_log (callid);",

	/* the line that carried a call */
	"ALTER TABLE cdr ADD COLUMN trunk TEXT NOT NULL DEFAULT '';",

	/* phones with the same private address, flows of a phone */
	"ALTER TABLE location RENAME TO location_1;"
	"CREATE TABLE location ("
	" aor TEXT NOT NULL, contact TEXT NOT NULL,"
	" received TEXT NOT NULL, transport TEXT NOT NULL,"
	" user_agent TEXT NOT NULL, call_id TEXT NOT NULL,"
	" instance TEXT NOT NULL, path TEXT NOT NULL,"
	" def_user TEXT NOT NULL, reg_id INTEGER NOT NULL,"
	" cseq INTEGER NOT NULL, expires_at INTEGER NOT NULL,"
	" PRIMARY KEY (aor, contact, instance, reg_id)) WITHOUT ROWID;"
	"INSERT INTO location SELECT aor,contact,received,transport,"
	" user_agent,call_id,instance,path,def_user,0,cseq,expires_at"
	" FROM location_1;"
	"DROP TABLE location_1;",

	/* calls that are answered and not over, and who has them */
	"CREATE TABLE call_open ("
	" uniqueid TEXT PRIMARY KEY, run TEXT NOT NULL,"
	" linkedid TEXT NOT NULL, call_id TEXT NOT NULL,"
	" accountcode TEXT NOT NULL, src TEXT NOT NULL, dst TEXT NOT NULL,"
	" dcontext TEXT NOT NULL, clid TEXT NOT NULL, channel TEXT NOT NULL,"
	" dstchannel TEXT NOT NULL, amaflags TEXT NOT NULL,"
	" userfield TEXT NOT NULL, peeraccount TEXT NOT NULL,"
	" start_us INTEGER NOT NULL, answer_us INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE run (id TEXT PRIMARY KEY, alive_us INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TRIGGER cdr_closes AFTER INSERT ON cdr BEGIN"
	" DELETE FROM call_open WHERE uniqueid=NEW.uniqueid;"
	" END;"
};
/* clang-format on */

#undef WORST_OF


static int pragma_num(sqlite3 *h, const char *sql, int *np)
{
	sqlite3_stmt *st;
	int rc = sqlite3_prepare_v2(h, sql, -1, &st, NULL);

	if (rc != SQLITE_OK)
		return rc;

	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*np = sqlite3_column_int(st, 0);

	(void)sqlite3_finalize(st);

	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}


static int step_run(sqlite3 *h, int version)
{
	char end[96];
	int rc;

	rc = sqlite3_exec(h, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return rc;

	rc = sqlite3_exec(h, steps[version], NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		goto out;

	(void)re_snprintf(end, sizeof(end),
			  "PRAGMA application_id=%d;PRAGMA user_version=%d;"
			  "COMMIT", APP_ID, version + 1);
	rc = sqlite3_exec(h, end, NULL, NULL, NULL);

out:
	if (rc != SQLITE_OK)
		(void)sqlite3_exec(h, "ROLLBACK", NULL, NULL, NULL);

	return rc;
}


/* An empty file has neither tables nor an application id */
static int check_ours(sqlite3 *h, const char *path, struct mbuf *why)
{
	int id = 0, tables = 0, rc;

	rc = pragma_num(h, "PRAGMA application_id", &id);
	if (rc == SQLITE_OK)
		rc = pragma_num(h, "SELECT count(*) FROM sqlite_master",
				&tables);
	if (rc != SQLITE_OK)
		return rc;

	if (id == APP_ID || (!id && !tables))
		return SQLITE_OK;

	if (why)
		(void)mbuf_printf(why, "%s is a database of another program",
				  path);

	return SQLITE_MISMATCH;
}


int migrate_run(struct sqlite3 *h, const char *path, struct mbuf *why)
{
	const int newest = (int)ARRAY_SIZE(steps);
	int version      = 0;
	int rc;

	rc = check_ours(h, path, why);
	if (rc == SQLITE_OK)
		rc = pragma_num(h, "PRAGMA user_version", &version);
	if (rc != SQLITE_OK)
		return rc;

	if (version > newest || version < 0) {
		if (why)
			(void)mbuf_printf(why, "%s has schema version %d, "
					  "this Tandem knows up to %d: it was "
					  "written by a newer one", path,
					  version, newest);
		return SQLITE_MISMATCH;
	}

	while (version < newest && rc == SQLITE_OK)
		rc = step_run(h, version++);

	return rc;
}


static int check_pages(sqlite3 *h, const char *sql)
{
	sqlite3_stmt *st;
	int rc = sqlite3_prepare_v2(h, sql, -1, &st, NULL);

	if (rc != SQLITE_OK)
		return rc;

	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		const char *verdict = db_col(st, 0);

		rc = strcmp(verdict, "ok") ? SQLITE_CORRUPT : SQLITE_OK;
	}

	(void)sqlite3_finalize(st);

	return rc;
}


int migrate_check(struct sqlite3 *h)
{
	const char *path = sqlite3_db_filename(h, "main");
	struct stat st;
	int rc;

	if (path && !stat(path, &st) && st.st_size <= CHECK_ALL_MAX)
		return check_pages(h, "PRAGMA quick_check(1)");

	rc = check_pages(h, "PRAGMA quick_check(location)");
	if (rc == SQLITE_OK)
		rc = check_pages(h, "PRAGMA quick_check(kv)");

	return rc;
}


static int rename_with(const char *path, const char *ext, const char *aside)
{
	char from[4096], to[4096];

	if (re_snprintf(from, sizeof(from), "%s%s", path, ext) < 0 ||
	    re_snprintf(to, sizeof(to), "%s%s", aside, ext) < 0)
		return ENAMETOOLONG;

	return rename(from, to) ? errno : 0;
}


/* A second one within the same second gets a number */
static int aside_name(char *buf, size_t size, const char *path,
		      const char *stamp)
{
	int n = re_snprintf(buf, size, "%s.corrupt-%s", path, stamp);

	for (unsigned i = 2; n > 0 && !access(buf, F_OK); i++)
		n = re_snprintf(buf, size, "%s.corrupt-%s-%u", path, stamp, i);

	return n > 0 ? 0 : ENAMETOOLONG;
}


int migrate_set_aside(const char *path, const char *reason)
{
	const time_t now = (time_t)clock_wall_s();
	char aside[4096], stamp[32];
	struct tm tm;
	int err;

	if (!localtime_r(&now, &tm) ||
	    !strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm))
		return EINVAL;

	err = aside_name(aside, sizeof(aside), path, stamp);
	if (err)
		return err;

	err = rename_with(path, "", aside);
	if (err) {
		log_error("store", "%s is corrupt (%s) and cannot be moved "
			  "aside: %m", path, reason, err);
		return err;
	}

	/* the log belongs to the file; the index of it is rebuilt */
	(void)rename_with(path, "-wal", aside);
	(void)rename_with(path, "-shm", aside);

	log_error("store", "%s is corrupt (%s): moved to %s, a new database "
		  "begins; call records and registrations up to now are in "
		  "the old file", path, reason, aside);

	return 0;
}
