/**
 * @file test_migrate.c  Whose file is it, how old, and is it whole
 */
#include <stdio.h>
#include "store_util.h"


static void sql_run(const char *sql)
{
	char *msg = NULL;
	sqlite3 *h;

	assert_int_equal(sqlite3_open(tmp_db, &h), SQLITE_OK);
	if (sqlite3_exec(h, sql, NULL, NULL, &msg) != SQLITE_OK)
		fail_msg("%s: %s", sql, msg);
	(void)sqlite3_close(h);
}


static void open_fails(int expected, const char *text)
{
	struct mbuf *why = mbuf_alloc(128);

	assert_int_equal(store_open(tmp_db, why), expected);
	assert_int_equal(mbuf_write_u8(why, 0), 0);
	if (!strstr((char *)why->buf, text))
		fail_msg("\"%s\" has no \"%s\"", (char *)why->buf, text);
	mem_deref(why);
	assert_null(db_path());
}


static void test_new_file(void **state)
{
	struct stat st;

	(void)state;
	open_store();
	sql_is("PRAGMA user_version", "5");
	sql_is("PRAGMA application_id", "1413566020");
	sql_is("PRAGMA journal_mode", "wal");
	assert_int_equal(stat(tmp_db, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(store_open(tmp_db, NULL), EALREADY);
}


/* The table of the first versions, with a phone in it */
static const char version_3[] =
	"DROP TRIGGER cdr_closes;DROP TABLE call_open;DROP TABLE run;"
	"DROP TABLE location;"
	"CREATE TABLE location ("
	" aor TEXT NOT NULL, contact TEXT NOT NULL,"
	" received TEXT NOT NULL, transport TEXT NOT NULL,"
	" user_agent TEXT NOT NULL, call_id TEXT NOT NULL,"
	" instance TEXT NOT NULL, path TEXT NOT NULL,"
	" def_user TEXT NOT NULL, cseq INTEGER NOT NULL,"
	" expires_at INTEGER NOT NULL,"
	" PRIMARY KEY (aor, contact)) WITHOUT ROWID;"
	"INSERT INTO location VALUES('1001','sip:a','192.0.2.1:5062','udp',"
	" 'Phone','c','<i>','','1001',7,5000000000);"
	"PRAGMA user_version=3";


static void test_phones_of_older_versions_are_kept(void **state)
{
	(void)state;
	open_store();
	store_close(2000);
	sql_run(version_3);
	open_store();
	sql_is("PRAGMA user_version", "5");
	sql_is("SELECT aor||contact||received||instance||reg_id||cseq FROM "
	       "location", "1001sip:a192.0.2.1:5062<i>07");
}


static void test_newer_schema_is_refused_and_kept(void **state)
{
	(void)state;
	open_store();
	store_close(2000);
	sql_run("PRAGMA user_version=99");
	open_fails(ENOTSUP, "newer");
	sql_is("PRAGMA user_version", "99");
	assert_int_equal(tmp_each("tandem.db.corrupt", NULL), 0);
}


static void test_foreign_database_is_refused_and_kept(void **state)
{
	(void)state;
	sql_run("CREATE TABLE theirs (x)");
	open_fails(ENOTSUP, "another program");
	sql_is("SELECT name FROM sqlite_master", "theirs");
}


static void test_unwritable_folder(void **state)
{
	(void)state;
	assert_int_equal(store_open("/proc/none/tandem.db", NULL), ENOENT);
	assert_int_equal(store_open("", NULL), EINVAL);
}


static void scribble(long from, size_t n)
{
	FILE *f = fopen(tmp_db, "r+");

	assert_non_null(f);
	assert_int_equal(fseek(f, from, SEEK_SET), 0);
	while (n--)
		assert_int_not_equal(fputc(0xa5, f), EOF);
	assert_int_equal(fclose(f), 0);
}


static void reopen_begins_anew(void)
{
	open_store();
	assert_int_equal(tmp_each("tandem.db.corrupt-", NULL), 1);
	sql_is("SELECT count(*) FROM kv", "0");
	assert_int_equal(store_db_put("f", "k", "v"), 0);
	sync_store();
	sql_is("SELECT value FROM kv", "v");
}


static void fill(void)
{
	open_store();
	for (int i = 0; i < 500; i++) {
		char key[16];

		(void)re_snprintf(key, sizeof(key), "%d", i);
		assert_int_equal(store_db_put("fam", key, "value"), 0);
	}
	store_close(5000);
}


static void test_no_database_at_all(void **state)
{
	(void)state;
	fill();
	scribble(0, 4096);
	reopen_begins_anew();
}


static void test_one_bad_page(void **state)
{
	struct stat st;

	(void)state;
	fill();
	assert_int_equal(stat(tmp_db, &st), 0);
	scribble(st.st_size - 4096, 4096);
	reopen_begins_anew();
}


static void test_cut_file(void **state)
{
	struct stat st;

	(void)state;
	fill();
	assert_int_equal(stat(tmp_db, &st), 0);
	assert_int_equal(truncate(tmp_db, st.st_size / 2), 0);
	reopen_begins_anew();
}


#define CASE(f) cmocka_unit_test_setup_teardown(f, tmp_setup, tmp_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_new_file),
		CASE(test_phones_of_older_versions_are_kept),
		CASE(test_newer_schema_is_refused_and_kept),
		CASE(test_foreign_database_is_refused_and_kept),
		CASE(test_unwritable_folder),
		CASE(test_no_database_at_all),
		CASE(test_one_bad_page),
		CASE(test_cut_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
