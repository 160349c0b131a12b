/**
 * @file test_cdr.c  Call records as another program reads them
 */
#include <time.h>
#include "store_util.h"


static const struct store_cdr sample = {
	.accountcode  = "office",
	.src          = "1001",
	.dst          = "0123",
	.dcontext     = "out",
	.clid         = "\"Ann\" <1001>",
	.channel      = "SIP/1001-00000001",
	.dstchannel   = "SIP/prov-00000002",
	.lastapp      = "Dial",
	.lastdata     = "SIP/0123@prov,30",
	.start_us     = 1700000000123456ULL,
	.answer_us    = 1700000005000000ULL,
	.end_us       = 1700000065999999ULL,
	.duration     = 65,
	.billsec      = 60,
	.disposition  = "ANSWERED",
	.amaflags     = "DOCUMENTATION",
	.userfield    = "u",
	.uniqueid     = "1700000000.1",
	.linkedid     = "1700000000.0",
	.peeraccount  = "trunk",
	.sequence     = 7,
	.call_id      = "5f3a",
	.rec_state    = "",
	.hangup_cause = 16,
	.sip_code     = 200,
	.hangup_by    = "callee",
	.trace        = "out,0123,1: Dial(...)\nout,h,1: NoOp()",
	.trunk        = "world/prov",
};

static const struct {
	const char *column;
	const char *value;
} columns[] = {
	{"accountcode", "office"},
	{"src", "1001"},
	{"dst", "0123"},
	{"dcontext", "out"},
	{"clid", "\"Ann\" <1001>"},
	{"channel", "SIP/1001-00000001"},
	{"dstchannel", "SIP/prov-00000002"},
	{"lastapp", "Dial"},
	{"lastdata", "SIP/0123@prov,30"},
	{"start", "2023-11-14 22:13:20"},
	{"answer", "2023-11-14 22:13:25"},
	{"\"end\"", "2023-11-14 22:14:25"},
	{"duration", "65"},
	{"billsec", "60"},
	{"disposition", "ANSWERED"},
	{"amaflags", "DOCUMENTATION"},
	{"userfield", "u"},
	{"uniqueid", "1700000000.1"},
	{"linkedid", "1700000000.0"},
	{"peeraccount", "trunk"},
	{"sequence", "7"},
	{"call_id", "5f3a"},
	{"rec_state", ""},
	{"rec_path", ""},
	{"rec_why", ""},
	{"hangup_cause", "16"},
	{"sip_code", "200"},
	{"hangup_by", "callee"},
	{"trace", "out,0123,1: Dial(...)\nout,h,1: NoOp()"},
	{"start_us", "1700000000123456"},
	{"trunk", "world/prov"},
};


static void test_columns(void **state)
{
	(void)state;
	open_store();
	const uint64_t written = count_get(COUNT_CDR_WRITTEN);

	assert_int_equal(store_cdr_put(&sample), 0);
	sync_store();
	assert_int_equal(count_get(COUNT_CDR_WRITTEN) - written, 1);

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		char sql[128];

		(void)re_snprintf(sql, sizeof(sql), "SELECT %s FROM cdr",
				  columns[i].column);
		sql_is(sql, columns[i].value);
	}

	sql_is("SELECT calldate||dst FROM cdr_calldate",
	       "2023-11-14 22:13:200123");
}


static void test_unanswered_and_unset(void **state)
{
	const struct store_cdr cdr = {.uniqueid = "x", .start_us = 1};

	(void)state;
	open_store();
	assert_int_equal(store_cdr_put(&cdr), 0);
	assert_int_equal(store_cdr_put(NULL), EINVAL);
	sync_store();
	sql_is("SELECT start||'|'||answer||'|'||\"end\"||'|'||src FROM cdr",
	       "1970-01-01 00:00:00|||");
}


static void put_cdr(void)
{
	assert_int_equal(store_cdr_put(&sample), 0);
}


static void put_rec(const char *state, const char *path, const char *why,
		    uint64_t ms)
{
	assert_int_equal(store_cdr_recording(sample.uniqueid, state, path, why,
					     ms), 0);
}


static void test_record_shows_worst_recording(void **state)
{
	static const char sql[] = "SELECT rec_state||'|'||rec_path||'|'||"
				  "rec_why||'|'||rec_ms FROM cdr";

	(void)state;
	open_store();
	put_rec("recording", "a.wav", NULL, 10);
	put_cdr();
	sync_store();
	sql_is(sql, "recording|a.wav||10");

	put_rec("complete", "a.wav", NULL, 60000);
	sync_store();
	sql_is(sql, "complete|a.wav||60000");

	put_rec("gap", "b.wav", "disk full for 2 s", 58000);
	put_rec("complete", "c.wav", NULL, 7);
	sync_store();
	sql_is(sql, "gap|b.wav|disk full for 2 s|58000");

	put_rec("failed", "d.wav", "cannot create", 0);
	sync_store();
	sql_is(sql, "failed|d.wav|cannot create|0");
	sql_is("SELECT count(*) FROM recording", "4");
}


static void test_recording_before_its_record(void **state)
{
	(void)state;
	open_store();
	put_rec("gap", "a.wav", "lost", 5);
	sync_store();
	put_cdr();
	sync_store();
	sql_is("SELECT rec_state||rec_path FROM cdr", "gapa.wav");

	assert_int_equal(store_cdr_recording("u", "odd", "p", NULL, 0),
			 EINVAL);
	assert_int_equal(store_cdr_recording("", "gap", "p", NULL, 0), EINVAL);
}


static void run_sql(const char *sql)
{
	sqlite3 *h;

	assert_int_equal(sqlite3_open(tmp_db, &h), SQLITE_OK);
	(void)sqlite3_busy_timeout(h, 2000);
	assert_int_equal(sqlite3_exec(h, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(h);
}


/* A call of a run that is over, one of a run that goes on, one that ended */
static void test_interrupted_calls_get_their_records(void **state)
{
	struct store_cdr open = sample;

	(void)state;
	open_store();
	assert_int_equal(store_call_open(&open), 0);
	put_rec("recording", "a.wav", NULL, 0);
	open.uniqueid = "living";
	assert_int_equal(store_call_open(&open), 0);
	open.uniqueid = "ended";
	assert_int_equal(store_call_open(&open), 0);
	assert_int_equal(store_cdr_put(&open), 0);
	sync_store();
	sql_is("SELECT count(*) FROM call_open", "2");
	run_sql("UPDATE call_open SET run='dead' WHERE uniqueid!='living';"
		"UPDATE call_open SET run='b' WHERE uniqueid='living';"
		"INSERT INTO run VALUES('dead',1700000047000000),"
		"('b',1)");
	store_close(2000);

	open_store();
	assert_int_equal(store_interrupted("a,b"), 0);
	sync_store();
	sql_is("SELECT uniqueid FROM call_open", "living");
	sql_is("SELECT start||'|'||answer||'|'||\"end\"||'|'||duration||'|'||"
	       "billsec||'|'||disposition||'|'||hangup_by||'|'||src||dst||'|'"
	       "||rec_state||rec_path FROM cdr WHERE uniqueid!='ended'",
	       "2023-11-14 22:13:20|2023-11-14 22:13:25|2023-11-14 22:14:07|"
	       "46|42|ANSWERED|interrupted|10010123|gapa.wav");
	sql_is("SELECT count(*) FROM run WHERE id IN ('dead','b')", "1");
	sql_is("SELECT count(*) FROM cdr", "2");

	/* twice is once */
	assert_int_equal(store_interrupted("a,b"), 0);
	sync_store();
	sql_is("SELECT count(*) FROM cdr", "2");
}


static void test_lost_is_counted(void **state)
{
	const uint64_t lost = count_get(COUNT_CDR_LOST);

	(void)state;
	assert_int_equal(store_cdr_put(&sample), ENOTCONN);
	assert_int_equal(count_get(COUNT_CDR_LOST) - lost, 1);
}


#define CASE(f) cmocka_unit_test_setup_teardown(f, tmp_setup, tmp_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_columns),
		CASE(test_unanswered_and_unset),
		CASE(test_record_shows_worst_recording),
		CASE(test_recording_before_its_record),
		CASE(test_interrupted_calls_get_their_records),
		CASE(test_lost_is_counted),
	};

	(void)setenv("TZ", "UTC", 1);
	tzset();

	return cmocka_run_group_tests(tests, NULL, NULL);
}
