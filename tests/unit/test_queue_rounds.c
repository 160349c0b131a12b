/**
 * @file tests/unit/test_queue_rounds.c  Queues: who is rung, in which order,
 *                                       for how long
 */
#include "queue_util.h"


/* --- ringall ------------------------------------------------------------- */

static void test_ringall_first_wins(void **state)
{
	char want[128];
	struct call *call;

	queue("", members, "");
	call = dial_in("c", "1");
	run(1);
	expect("183 1001; loop 1001 ~/moh/a.gsm&~/moh/b.wav; invite 1002; "
	       "invite 1003");
	logged("ENTERQUEUE NONE |1001|1");
	ring(live("1002"));
	run(3000);
	pick_up(live("1003"));
	expect("hangup 1002 26 elsewhere; quiet 1001; 200 1001; "
	       "bridge 1001 1003");
	run(10);
	(void)re_snprintf(want, sizeof(want), "CONNECT Bob 3|%s|3",
			  call->uniqueid);
	logged(want);
	run(7000);
	bye(live("1003"));
	run(10);
	expect("unbridge 1001; hangup 1001 16");
	logged("COMPLETEAGENT Bob 3|7|1");
	assert_string_equal(last_cdr.hangup_by, "callee");
	trace_lacks("NoOp(");
}


static void test_caller_hangs_up(void **state)
{
	struct call *call;

	/* while it rings */
	queue("", members, "");
	call = dial_in("c", "1");
	run(4000);
	forget_notes();
	cancel(call->caller);
	run(10);
	expect("hangup 1002 16; hangup 1003 16; quiet 1001");
	logged("ENTERQUEUE NONE |1001|1\nABANDON NONE 1|1|4");

	/* in a talk */
	call = dial_in("c", "1");
	run(1000);
	pick_up(live("1002"));
	run(5000);
	forget_log();
	bye(call->caller);
	run(10);
	logged("COMPLETECALLER Ann 1|5|1");
}


static void test_continue_behind_the_member(void **state)
{
	queue("", members, ",c");
	(void)dial_in("c", "1");
	run(1);
	talk_with("1002", 2000, 10);
	noted("unbridge 1001");
	run(10000);
	trace_has("NoOp(=CONTINUE=)");
}


/* --- rounds -------------------------------------------------------------- */

static void test_rounds_of_ringall(void **state)
{
	queue("timeout=10\nretry=3", members, "");
	(void)dial_in("c", "1");
	run(9000);
	forget_notes();
	forget_log();
	run(1100);
	logged("RINGNOANSWER Ann 10000\nRINGNOANSWER Bob 10000");
	expect("hangup 1002 16; hangup 1003 16; "
	       "loop 1001 ~/moh/a.gsm&~/moh/b.wav");
	run(2800);
	expect("");
	run(200);
	expect("invite 1002; invite 1003");
}


static void test_rrmemory_goes_on(void **state)
{
	queue("strategy=rrmemory\ntimeout=5\nretry=1", members, "");
	(void)dial_in("c", "1");
	run(1);
	assert_true(rings("1002") && !rings("1003"));
	run(6100);
	assert_true(!rings("1002") && rings("1003"));
	talk_with("1003", 10, 10);

	/* the next caller begins behind the last one */
	(void)dial_in("c", "1");
	run(1);
	assert_true(rings("1002") && !rings("1003"));
	pick_up(live("1002"));
	run(10);
	(void)dial_in("c", "1");
	run(1);
	assert_true(rings("1003"));
}


/* Who is busy does not end the round */
static void test_next_in_the_same_round(void **state)
{
	queue("strategy=linear\ntimeout=10\nretry=2", members, "");
	(void)dial_in("c", "1");
	run(4000);
	refuse(live("1002"), 486);
	run(10);
	assert_true(rings("1003"));
	run(5900);
	assert_true(rings("1003"));
	run(200); /* what was left of the 10 s */
	assert_false(rings("1003"));
	logged("ENTERQUEUE NONE |1001|1\nRINGNOANSWER Ann 4000\n"
	       "RINGNOANSWER Bob 6000");

	/* linear: it goes on where it was, from the first one again */
	run(2000);
	assert_true(rings("1002"));
}


static void test_timeoutrestart(void **state)
{
	queue("strategy=linear\ntimeout=10\ntimeoutrestart=yes", members, "");
	(void)dial_in("c", "1");
	run(4000);
	refuse(live("1002"), 486);
	run(8000);
	assert_true(rings("1003"));
	run(2100);
	assert_false(rings("1003"));
}


static void test_timeout_of_the_plan(void **state)
{
	/* the plan's time cuts the ring short */
	queue("timeout=10\nretry=1", members, ",,,,6");
	(void)dial_in("c", "1");
	run(5900);
	assert_true(rings("1002"));
	run(200);
	assert_false(rings("1002"));
	logged("ENTERQUEUE NONE |1001|1\nRINGNOANSWER Ann 6000\n"
	       "RINGNOANSWER Bob 6000\nEXITWITHTIMEOUT NONE 1|1|6");
	run(10000);
	trace_has("NoOp(=TIMEOUT=)");
	assert_string_equal(last_cdr.disposition, "NO ANSWER");

	/* ... or not */
	queue("timeout=10\nretry=1\ntimeoutpriority=conf", members, ",,,,6");
	(void)dial_in("c", "1");
	run(9900);
	assert_true(rings("1002"));
	run(200);
	assert_false(rings("1002"));
	run(10000);
	trace_has("NoOp(=TIMEOUT=)");

	/* nobody there at all */
	queue("", "", ",,,,6");
	(void)dial_in("c", "1");
	run(5900);
	logged("ENTERQUEUE NONE |1001|1");
	run(200);
	logged("EXITWITHTIMEOUT NONE 1|1|6");
}


/* n: no second round */
static void test_no_retry(void **state)
{
	queue("timeout=5\nretry=1", members, ",n");
	(void)dial_in("c", "1");
	run(5100);
	run(10000);
	trace_has("NoOp(=TIMEOUT=)");

	/* rrmemory: as many rounds as members */
	queue("strategy=rrmemory\ntimeout=5\nretry=1", members, ",n");
	cdr_trace[0] = '\0';
	(void)dial_in("c", "1");
	run(6500);
	assert_true(rings("1003"));
	run(15000);
	trace_has("NoOp(=TIMEOUT=)");
}


/* --- who is free --------------------------------------------------------- */

static void test_busy_member_is_left_out(void **state)
{
	queue("ringinuse=no", members, "");
	busy("Custom:ann", true);
	(void)dial_in("c", "1");
	run(1);
	assert_true(!rings("1002") && rings("1003"));

	/* and rung as soon as it is free, for the next one */
	(void)dial_in("c", "1");
	run(5000);
	assert_false(rings("1002"));
	busy("Custom:ann", false);
	run(10);
	assert_true(rings("1002"));
}


static void test_wrapup(void **state)
{
	queue("wrapuptime=20", "member => SIP/1002,0,Ann,Custom:ann\n", "");
	(void)dial_in("c", "1");
	run(1);
	talk_with("1002", 1000, 10);

	(void)dial_in("c", "1");
	run(19900);
	assert_false(rings("1002"));
	run(200);
	assert_true(rings("1002"));
}


static void test_pause_and_autopause(void **state)
{
	queue("timeout=5\nretry=1\nautopause=yes", members, "");
	assert_int_equal(cq_member_pause(cq_find("q"), "SIP/1003", true,
					 "lunch"), 0);
	logged("PAUSE Bob lunch");
	(void)dial_in("c", "1");
	run(10);
	assert_true(rings("1002") && !rings("1003"));
	run(5000);
	logged("ENTERQUEUE NONE |1001|1\nRINGNOANSWER Ann 5000\n"
	       "PAUSE Ann Auto-Pause");
	run(10000);
	assert_false(rings("1002"));

	/* back by hand: rung at once */
	assert_int_equal(cq_member_pause(NULL, "SIP/1003", false, NULL), 0);
	logged("UNPAUSEALL SIP/1003 \nUNPAUSE Bob ");
	run(10);
	assert_true(rings("1003"));
}


/* The heavier queue gets the member that both have */
static void test_weight(void **state)
{
	queue_files("[light]\nringinuse=no\n"
		    "member => SIP/1002,0,Ann,Custom:ann\n"
		    "[heavy]\nweight=5\nringinuse=no\n"
		    "member => SIP/1002,0,Ann,Custom:ann\n",
		    "[c]\nexten => 1,1,Queue(light)\nexten => 2,1,Queue(heavy)\n");
	busy("Custom:ann", true);
	str_ncpy(dial_in("c", "1")->cid_num, "l", 8);
	str_ncpy(dial_in("c", "2")->cid_num, "h", 8);
	run(1000);
	assert_false(rings("1002"));
	forget_notes();
	busy("Custom:ann", false);
	run(10);
	assert_string_equal(live("1002")->call->cid_num, "h");
	assert_int_equal(legc, 3);
}


/* Penalties: a lower one first, the next when that cannot be rung */
static void test_penalties(void **state)
{
	queue("ringinuse=no", "member => SIP/1002,1,Ann,Custom:ann\n"
	      "member => SIP/1003,5,Bob,Custom:bob\n", "");
	(void)dial_in("c", "1");
	run(1);
	assert_true(rings("1002") && !rings("1003"));
	(void)dial_in("c", "1");
	run(1);
	assert_true(rings("1003"));
}


static void test_rule(void **state)
{
	put_file("queuerules.conf", "[up]\npenaltychange => 10,5\n");
	queue_files("[q]\ndefaultrule=up\nringinuse=no\n"
		    "member => SIP/1003,5,Bob,Custom:bob\n",
		    "[c]\nexten => 1,1,Set(QUEUE_MAX_PENALTY=1)\n"
		    "exten => 1,2,Queue(q)\n");
	(void)dial_in("c", "1");
	run(9900);
	assert_false(rings("1003"));
	run(200);
	assert_true(rings("1003"));
}


/* autofill=no: the first one alone, though two are free */
static void test_autofill(void **state)
{
	queue("autofill=no\nstrategy=linear\nringinuse=no", members, "");
	(void)dial_in("c", "1");
	(void)dial_in("c", "1");
	run(10);
	assert_true(rings("1002") && !rings("1003"));

	/* while it waits between two rounds as well */
	refuse(live("1002"), 486);
	run(10);
	refuse(live("1003"), 486);
	run(1000);
	assert_true(!rings("1002") && !rings("1003"));
	cancel(legv[1]);
	run(10);
	assert_true(rings("1002"));
}


static void test_fewestcalls(void **state)
{
	queue("strategy=fewestcalls", members, "");
	for (unsigned i = 0; i < 4; i++) {
		const char *who = i % 2 ? "1003" : "1002";

		(void)dial_in("c", "1");
		run(1);
		assert_true(rings(who));
		talk_with(who, 1000, 1000);
	}
}


static void test_penaltymemberslimit(void **state)
{
	queue("penaltymemberslimit=2", "member => SIP/1002,1,A,Custom:ann\n"
	      "member => SIP/1003,5,B,Custom:bob\n", "");
	(void)dial_in("c", "1");
	run(1);
	assert_true(rings("1002") && rings("1003"));
}


/* The wrap-up time after a call of another queue counts */
static void test_shared_lastcall(void **state)
{
	queue_files("[general]\nshared_lastcall=yes\n"
		    "[a]\nwrapuptime=20\nmember => SIP/1002,0,Ann,Custom:ann\n"
		    "[b]\nwrapuptime=20\nmember => SIP/1002,0,Ann,Custom:ann\n",
		    "[c]\nexten => 1,1,Queue(a)\nexten => 2,1,Queue(b)\n");
	(void)dial_in("c", "1");
	run(1);
	talk_with("1002", 1000, 10);
	(void)dial_in("c", "2");
	run(19000);
	assert_false(rings("1002"));
	run(1100);
	assert_true(rings("1002"));
}


static void test_longest_waiting(void **state)
{
	queue_files("[general]\nforce_longest_waiting_caller=yes\n"
		    "[a]\nringinuse=no\nmember => SIP/1002,0,Ann,Custom:ann\n"
		    "[b]\nringinuse=no\nmember => SIP/1002,0,Ann,Custom:ann\n",
		    "[c]\nexten => 1,1,Queue(a)\nexten => 2,1,Queue(b)\n");
	busy("Custom:ann", true);
	str_ncpy(dial_in("c", "2")->cid_num, "first", 8);
	run(1000);
	str_ncpy(dial_in("c", "1")->cid_num, "second", 8);
	run(1000);
	busy("Custom:ann", false);
	run(10);
	assert_string_equal(live("1002")->call->cid_num, "first");
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		QUEUE_TEST(test_ringall_first_wins),
		QUEUE_TEST(test_caller_hangs_up),
		QUEUE_TEST(test_continue_behind_the_member),
		QUEUE_TEST(test_rounds_of_ringall),
		QUEUE_TEST(test_rrmemory_goes_on),
		QUEUE_TEST(test_next_in_the_same_round),
		QUEUE_TEST(test_timeoutrestart),
		QUEUE_TEST(test_timeout_of_the_plan),
		QUEUE_TEST(test_no_retry),
		QUEUE_TEST(test_busy_member_is_left_out),
		QUEUE_TEST(test_wrapup),
		QUEUE_TEST(test_pause_and_autopause),
		QUEUE_TEST(test_weight),
		QUEUE_TEST(test_penalties),
		QUEUE_TEST(test_rule),
		QUEUE_TEST(test_autofill),
		QUEUE_TEST(test_fewestcalls),
		QUEUE_TEST(test_penaltymemberslimit),
		QUEUE_TEST(test_shared_lastcall),
		QUEUE_TEST(test_longest_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
