/**
 * @file tests/unit/test_queue_wait.c  Queues: who may wait, where, what he
 *                                     hears meanwhile, and how he gets out
 */
#include "queue_util.h"


/* --- empty --------------------------------------------------------------- */

struct empty_row {
	const char *option, *mem;
	bool busy, paused, wraps;
	bool empty;
};

/* clang-format off */
static const struct empty_row empty_rows[] = {
	{"yes",     "", false, false, false, false},
	{"no",      "", false, false, false, true},
	{"no",      "member => SIP/1002,0,A,Custom:ann\n",
	 false, false, false, false},
	{"no",      "member => SIP/1002,0,A,Custom:ann\n",
	 true, false, false, false},
	{"no",      "member => SIP/1002,0,A,Custom:ann\n",
	 false, true, false, true},
	{"loose",   "member => SIP/1002,0,A,Custom:ann\n",
	 false, true, false, false},
	{"strict",  "member => SIP/1002,0,A,Custom:ann\n",
	 false, true, false, true},
	{"strict",  "member => SIP/1002\n",  /* not registered here */
	 false, false, false, true},
	{"loose",   "member => SIP/1002\n",
	 false, false, false, false},
	{"loose",   "member => SIP/nobody\n",
	 false, false, false, true},
	{"no",      "member => Local/7@office\n",
	 false, false, false, false},
	{"no",      "member => Local/8@office\n", /* no such extension */
	 false, false, false, true},
	{"inuse",   "member => SIP/1002,0,A,Custom:ann\n",
	 true, false, false, true},
	{"inuse",   "member => SIP/1002,0,A,Custom:ann\n",
	 false, false, false, false},
	{"inuse",   "member => SIP/1002,0,A,Custom:ann\n"
	 "member => SIP/1003,0,B,Custom:bob\n", true, false, false, false},
	{"unknown", "member => SIP/1002,0,A,Custom:ann\n",
	 false, false, false, true},
	{"wrapup",  "member => SIP/1002,0,A,Custom:ann\n",
	 false, false, true, true},
	{"penalty", "member => SIP/1002,9,A,Custom:ann\n",
	 false, false, false, true},
	{"paused",  "member => SIP/1002,9,A,Custom:ann\n",
	 false, false, false, false},
};
/* clang-format on */


/* The caller takes penalties up to 5 */
static void test_empty(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(empty_rows); i++) {
		const struct empty_row *r = &empty_rows[i];
		char conf[256];
		const struct queue_conf *qc;
		bool got;

		(void)re_snprintf(conf, sizeof(conf),
				  "joinempty=%s\nwrapuptime=60", r->option);
		(void)store_db_del("CustomDevstate", "ann");
		queue(conf, r->mem, "");
		if (r->busy)
			busy("Custom:ann", true);
		if (r->wraps) {
			(void)dial_in("c", "1");
			run(1);
			talk_with("1002", 10, 10);
		}
		(void)cq_member_pause(cq_find("q"), "SIP/1002", r->paused,
				      NULL);
		qc = cq_conf(cq_find("q"));
		got = cq_is_empty(cq_find("q"), qc->joinempty, 5, -1);
		if (got != r->empty)
			fail_msg("row %u (%s): %d", (unsigned)i, r->option,
				 got);

		queue_files("",
		    "[c]\n");
	}
}


static void test_joinempty_and_full(void **state)
{
	queue("joinempty=no", "", "");
	(void)dial_in("c", "1");
	run(10000);
	trace_has("NoOp(=JOINEMPTY=)");
	logged("");

	queue("maxlen=1", "", "");
	(void)dial_in("c", "1");
	(void)dial_in("c", "1");
	run(10000);
	trace_has("NoOp(=FULL=)");
}


static void test_leavewhenempty(void **state)
{
	queue("leavewhenempty=strict\nringinuse=no\nautofill=no", members, "");
	busy("Custom:ann", true);
	busy("Custom:bob", true);
	(void)dial_in("c", "1");
	run(3000);
	assert_int_equal(cq_member_pause(NULL, "SIP/1002", true, NULL), 0);
	run(10);
	forget_log();
	assert_int_equal(cq_member_pause(NULL, "SIP/1003", true, NULL), 0);
	run(10);
	logged("PAUSEALL SIP/1003 \nPAUSE Bob \nEXITEMPTY NONE 1|1|3");
	run(10000);
	trace_has("NoOp(=LEAVEEMPTY=)");
}


/* --- places -------------------------------------------------------------- */

static const char *places(void)
{
	static char buf[128];
	const struct cq_caller *c = NULL;
	size_t n = 0;

	buf[0] = '\0';
	while ((c = cq_caller_next(cq_find("q"), c)) != NULL) {
		struct cq_caller_info info;

		cq_caller_get(&info, c);
		n += (size_t)re_snprintf(buf + n, sizeof(buf) - n, "%s%s",
					 n ? " " : "",
					 call_var(info.call, "NAME"));
	}

	return buf;
}


static void test_priority_and_position(void **state)
{
	queue("", "", "");
	plan("[c]\nexten => _1X,1,Set(NAME=${EXTEN})\n"
	     "exten => _1X,2,Queue(q)\n"
	     "exten => _2X,1,Set(NAME=${EXTEN})\n"
	     "exten => _2X,2,Set(QUEUE_PRIO=5)\nexten => _2X,3,Queue(q)\n"
	     "exten => _3X,1,Set(NAME=${EXTEN})\n"
	     "exten => _3X,2,Queue(q,,,,,,,,,2)\n");
	(void)dial_in("c", "10");
	(void)dial_in("c", "11");
	assert_string_equal(places(), "10 11");
	(void)dial_in("c", "20");
	assert_string_equal(places(), "20 10 11");
	(void)dial_in("c", "21");
	assert_string_equal(places(), "20 21 10 11");
	(void)dial_in("c", "30"); /* not before the important ones */
	assert_string_equal(places(), "20 21 30 10 11");
	assert_int_equal(cq_withdraw(cq_find("q"), legv[1]->name, NULL), 0);
	run(10);
	assert_string_equal(places(), "20 21 30 11");
	assert_int_equal(cq_withdraw(cq_find("q"), "SIP/nobody", NULL),
			 ENOENT);
	assert_int_equal(cq_caller_set_prio(cq_caller_next(cq_find("q"), NULL),
					    -1), 0);
	assert_string_equal(places(), "21 30 11 20");
}


static void test_withdrawn(void **state)
{
	queue("", members, "");
	(void)dial_in("c", "1");
	run(3000);
	forget_log();
	assert_int_equal(cq_withdraw(cq_find("q"), legv[1]->name, "moved"),
			 0);
	run(10000);
	logged("WITHDRAW NONE 1|1|3");
	assert_false(rings("1002"));
	trace_has("NoOp(=WITHDRAW=)");
}


/* --- what is said -------------------------------------------------------- */

static void test_position_is_said(void **state)
{
	queue("announce-frequency=30\nmin-announce-frequency=10\n"
	      "ringinuse=no", members, "");
	busy("Custom:ann", true);
	busy("Custom:bob", true);
	(void)dial_in("c", "1");
	run(1500);
	forget_notes();
	(void)dial_in("c", "1");
	run(10);
	expect("183 1001; loop 1001 ~/moh/a.gsm&~/moh/b.wav; "
	       "play 1001 queue-thereare&digits/2&queue-callswaiting&"
	       "queue-thankyou");
	run(1000); /* a prompt is over */
	expect("loop 1001 ~/moh/a.gsm&~/moh/b.wav");

	/* the place has changed: after 10 s at least */
	cancel(legv[1]);
	run(10);
	forget_notes();
	run(8900);
	expect("");
	run(200);
	expect("play 1001 queue-youarenext&queue-thankyou");
	run(1000);
	forget_notes();
	run(28500);
	expect("");
	run(600);
	expect("play 1001 queue-youarenext&queue-thankyou");
}


static void test_holdtime_and_more(void **state)
{
	struct call *call;

	queue("announce-frequency=30\nannounce-position=more\n"
	      "announce-position-limit=1\nannounce-holdtime=yes\n"
	      "announce-round-seconds=10", "member => SIP/1002,0,A\n", "");
	assert_int_equal(cq_member_pause(NULL, "SIP/1002", true, NULL), 0);

	/* an average: a call that has waited 400 s counts a quarter */
	call = dial_in("c", "1");
	run(400000);
	(void)call;
	assert_int_equal(cq_member_pause(NULL, "SIP/1002", false, NULL), 0);
	queue("announce-frequency=30\nannounce-position=more\n"
	      "announce-position-limit=1\nannounce-holdtime=yes\n"
	      "announce-round-seconds=10", members, "");
	run(10);
	pick_up(live("1002"));
	run(10);
	busy("Custom:ann", true);
	busy("Custom:bob", true);
	(void)cq_member_pause(NULL, "SIP/1002", true, NULL);
	(void)cq_member_pause(NULL, "SIP/1003", true, NULL);
	(void)dial_in("c", "1");
	run(10);
	forget_notes();
	(void)dial_in("c", "1");
	run(10);
	/* 400 / 4 + 30 s: two minutes and ten seconds */
	noted("play 1001 queue-quantity1&digits/1&"
			       "queue-quantity2&queue-holdtime&digits/2&"
			       "queue-minutes&digits/10&queue-seconds&"
			       "queue-thankyou");
}


static void test_periodic(void **state)
{
	queue("periodic-announce=one,two&three\n"
	      "periodic-announce-frequency=20\nannounce-position=no", "", "");
	(void)dial_in("c", "1");
	run(19900);
	forget_notes();
	run(200);
	expect("play 1001 one");
	run(1000);
	expect("loop 1001 ~/moh/a.gsm&~/moh/b.wav");
	run(19000);
	expect("play 1001 two&three");
	run(20000);
	noted("play 1001 one");
}


/* --- the caller's options ------------------------------------------------ */

static void test_ring_tone(void **state)
{
	queue("", members, ",r");
	(void)dial_in("c", "1");
	run(10);
	expect("180 1001; invite 1002; invite 1003");
}


static void test_ring_tone_while_it_rings(void **state)
{
	queue("timeout=5", members, ",R");
	(void)dial_in("c", "1");
	run(10);
	forget_notes();
	ring(live("1002"));
	expect("loop 1001 tone:ring");
	ring(live("1003"));
	expect("");
	run(5000);
	noted("loop 1001 ~/moh");
}


static void test_exit_by_key(void **state)
{
	queue("context=office", members, "");
	(void)dial_in("c", "1");
	run(2000);
	press(legv[1], "3"); /* no such extension */
	run(10);
	assert_true(rings("1002"));
	forget_log();
	press(legv[1], "5");
	run(10);
	assert_false(rings("1002"));
	logged("EXITWITHKEY NONE 5|1|1|2");
	run(10000);
	trace_has("NoOp(five)");
}


static void test_star_hangs_up(void **state)
{
	queue("", members, ",H");
	(void)dial_in("c", "1");
	run(2000);
	forget_log();
	press(legv[1], "*");
	run(10);
	logged("ABANDON NONE 1|1|2");
	noted("hangup 1001");
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		QUEUE_TEST(test_empty),
		QUEUE_TEST(test_joinempty_and_full),
		QUEUE_TEST(test_leavewhenempty),
		QUEUE_TEST(test_priority_and_position),
		QUEUE_TEST(test_withdrawn),
		QUEUE_TEST(test_position_is_said),
		QUEUE_TEST(test_holdtime_and_more),
		QUEUE_TEST(test_periodic),
		QUEUE_TEST(test_ring_tone),
		QUEUE_TEST(test_ring_tone_while_it_rings),
		QUEUE_TEST(test_exit_by_key),
		QUEUE_TEST(test_star_hangs_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
