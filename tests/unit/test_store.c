/**
 * @file test_store.c  The thread that writes: time, trouble, kill -9
 */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include "base/clock.h"
#include "store_util.h"


static void nap(unsigned ms)
{
	const struct timespec ts = {.tv_sec  = ms / 1000,
				    .tv_nsec = (long)(ms % 1000) * 1000000};

	(void)nanosleep(&ts, NULL);
}


static int put_cdr(unsigned i)
{
	char id[16];
	const struct store_cdr cdr = {.uniqueid = id, .src = "1001"};

	(void)re_snprintf(id, sizeof(id), "%u", i);

	return store_cdr_put(&cdr);
}


static bool drained(void)
{
	const uint64_t end = clock_ms() + PATIENCE_MS;

	while (store_pending() && clock_ms() < end)
		nap(5);

	return !store_pending();
}


static bool failed(void)
{
	const uint64_t end = clock_ms() + PATIENCE_MS;

	while (store_is_writable() && clock_ms() < end)
		nap(5);

	return !store_is_writable();
}


static void test_written_behind(void **state)
{
	(void)state;
	open_store();
	assert_true(store_is_writable());
	assert_int_equal(put_cdr(1), 0);
	assert_int_equal(store_pending(), 1);
	assert_true(drained()); /* nobody asked */
	sql_is("SELECT uniqueid FROM cdr", "1");
}


static void test_a_change_is_whole(void **state)
{
	const struct store_location was = {.aor = "a", .contact = "sip:1"};
	const struct store_location is	= {.aor = "a", .contact = "sip:2"};

	(void)state;
	open_store();
	assert_int_equal(store_location_put(&was), 0);
	sync_store();

	store_begin();
	assert_int_equal(store_location_del(&was), 0);
	store_begin();
	store_end();
	assert_int_equal(store_sync(100), ETIMEDOUT);
	sql_is("SELECT contact FROM location", "sip:1");
	assert_int_equal(store_location_put(&is), 0);
	store_end();

	sync_store();
	sql_is("SELECT contact FROM location", "sip:2");
}


/* One transaction has all that waits, however much that is: what replaces a
 * request goes to the end, and the front without it never was */
static void test_a_batch_is_all_that_waits(void **state)
{
	const struct store_location was = {.aor = "a", .contact = "sip:1"};
	struct store_location is	= {.aor = "a"};
	char contact[32];

	(void)state;
	open_store();
	assert_int_equal(store_location_put(&was), 0);
	sync_store();

	store_begin();
	for (int i = 0; i < 20000; i++) {
		(void)re_snprintf(contact, sizeof(contact), "sip:x%d", i);
		is.contact = contact;
		assert_int_equal(store_location_del(i ? &is : &was), 0);
	}
	is.contact = "sip:2";
	assert_int_equal(store_location_put(&is), 0);
	store_end();

	while (store_pending() == 20001)
		nap(1);
	sql_is("SELECT contact FROM location", "sip:2");
}


/* Whoever closes in the middle of one does not lose it */
static void test_closed_within_a_change(void **state)
{
	(void)state;
	open_store();
	store_begin();
	assert_int_equal(put_cdr(1), 0);
	store_close(PATIENCE_MS);
	store_end();
	sql_is("SELECT uniqueid FROM cdr", "1");
}


/* Another program that holds the file */
static sqlite3 *holder(void)
{
	sqlite3 *h;

	assert_int_equal(sqlite3_open(tmp_db, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, "BEGIN IMMEDIATE", NULL, NULL, NULL),
			 SQLITE_OK);

	return h;
}


static void test_waits_for_a_held_file(void **state)
{
	sqlite3 *h;

	(void)state;
	open_store();
	h = holder();

	for (unsigned i = 0; i < STORE_CDR_MAX; i++)
		assert_int_equal(put_cdr(i), 0);

	const uint64_t lost = count_get(COUNT_CDR_LOST);

	assert_int_equal(put_cdr(0), ENOBUFS);
	assert_int_equal(count_get(COUNT_CDR_LOST) - lost, 1);

	assert_true(failed());
	assert_int_equal(store_sync(10), ETIMEDOUT);
	assert_int_equal(store_pending(), STORE_CDR_MAX);

	assert_int_equal(sqlite3_exec(h, "COMMIT", NULL, NULL, NULL),
			 SQLITE_OK);
	(void)sqlite3_close(h);

	sync_store();
	assert_true(store_is_writable());
	sql_is("SELECT count(DISTINCT uniqueid) FROM cdr", "10000");
}


static void test_close_does_not_wait_for_ever(void **state)
{
	const uint64_t lost = count_get(COUNT_CDR_LOST);
	sqlite3 *h;
	uint64_t t;

	(void)state;
	open_store();
	h = holder();
	assert_int_equal(put_cdr(1), 0);
	assert_int_equal(put_cdr(2), 0);

	t = clock_ms();
	store_close(50);
	t = clock_ms() - t;
	assert_true(t < 800);
	assert_int_equal(count_get(COUNT_CDR_LOST) - lost, 2);

	/* the thread that was left behind ends by itself */
	nap(1300);
	(void)sqlite3_exec(h, "COMMIT", NULL, NULL, NULL);
	(void)sqlite3_close(h);
}


static void test_full_disk_loses_nothing(void **state)
{
	const struct rlimit tight = {.rlim_cur = 4096,
				     .rlim_max = RLIM_INFINITY};
	struct rlimit old;

	(void)state;
	open_store();
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);

	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(put_cdr(i), 0);

	assert_true(failed());
	assert_int_equal(store_sync(300), ETIMEDOUT);
	assert_int_equal(store_pending(), 100);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	sync_store();
	sql_is("SELECT count(DISTINCT uniqueid) FROM cdr", "100");
}


static void scribble(const char *path)
{
	char junk[8192];
	int fd = open(path, O_WRONLY);

	memset(junk, 0xa5, sizeof(junk));
	assert_true(fd >= 0);
	assert_int_equal(write(fd, junk, sizeof(junk)), sizeof(junk));
	(void)close(fd);
}


static void test_corrupt_while_running(void **state)
{
	(void)state;
	open_store();
	assert_int_equal(store_db_put("f", "old", "1"), 0);
	sync_store();
	sql_is("PRAGMA wal_checkpoint(TRUNCATE)", "0");
	scribble(tmp_db);

	assert_int_equal(store_db_put("f", "new", "2"), 0);
	assert_int_equal(put_cdr(1), 0);
	assert_true(drained());

	assert_int_equal(tmp_each("tandem.db.corrupt-", NULL) > 0, 1);
	sql_is("SELECT uniqueid FROM cdr", "1");
	/* the mirror has all, the new file too */
	sql_is("SELECT key||value FROM kv ORDER BY key", "new2 old1");
}


static void fresh_handler(void *arg)
{
	atomic_fetch_add((atomic_uint *)arg, 1);
}


static void test_deleted_while_running(void **state)
{
	atomic_uint told = 0;

	(void)state;
	open_store();
	store_set_fresh(fresh_handler, &told);
	assert_int_equal(store_db_put("f", "old", "1"), 0);
	sync_store();
	(void)tmp_each("tandem.db", tmp_unlink);

	assert_int_equal(put_cdr(1), 0);
	assert_true(drained());
	sql_is("SELECT uniqueid FROM cdr", "1");
	sql_is("SELECT key||value FROM kv", "old1");

	/* who keeps places is told, once, to put them again */
	assert_int_equal(told, 1);
	store_set_fresh(NULL, NULL);
	(void)tmp_each("tandem.db", tmp_unlink);
	assert_int_equal(put_cdr(2), 0);
	assert_true(drained());
	assert_int_equal(told, 1);
}


/* Writes until it is killed; tells what must be on the disk by now */
static void victim(int fd)
{
	if (store_open(tmp_db, NULL))
		_exit(1);

	for (unsigned i = 0;; i++) {
		const struct store_location loc = {
			.aor = "1001", .contact = "c", .cseq = i,
			.expires_at = 5000000000ULL};

		if (put_cdr(i) || store_location_put(&loc))
			_exit(1);

		if (i % 16 == 15 && !store_sync(PATIENCE_MS) &&
		    write(fd, &i, sizeof(i)) != (ssize_t)sizeof(i))
			_exit(1);
	}
}


static void test_kill_9_keeps_what_was_written(void **state)
{
	unsigned last = 0, n;
	int pipes[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(pipes), 0);

	pid = fork();
	if (!pid)
		victim(pipes[1]);

	(void)close(pipes[1]);
	while (last < 100 && read(pipes[0], &n, sizeof(n)) == sizeof(n))
		last = n;

	assert_int_equal(kill(pid, SIGKILL), 0);
	while (read(pipes[0], &n, sizeof(n)) == (ssize_t)sizeof(n))
		last = n;
	(void)close(pipes[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(last >= 100);

	open_store();
	assert_int_equal(tmp_each("tandem.db.corrupt-", NULL), 0);
	char sql[128];

	(void)re_snprintf(sql, sizeof(sql), "SELECT count(*) FROM cdr WHERE "
			  "CAST(uniqueid AS INTEGER)<=%u", last);
	char expected[16];

	(void)re_snprintf(expected, sizeof(expected), "%u", last + 1);
	sql_is(sql, expected);
	(void)re_snprintf(sql, sizeof(sql), "SELECT cseq>=%u FROM location",
			  last);
	sql_is(sql, "1");
}


#define CASE(f) cmocka_unit_test_setup_teardown(f, tmp_setup, tmp_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_written_behind),
		CASE(test_a_change_is_whole),
		CASE(test_a_batch_is_all_that_waits),
		CASE(test_closed_within_a_change),
		CASE(test_waits_for_a_held_file),
		CASE(test_close_does_not_wait_for_ever),
		CASE(test_full_disk_loses_nothing),
		CASE(test_corrupt_while_running),
		CASE(test_deleted_while_running),
		CASE(test_kill_9_keeps_what_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
