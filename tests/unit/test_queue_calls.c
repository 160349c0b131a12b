/**
 * @file test_queue_calls.c  Queues: joining, rounds, talks, what is said, what
 *                           is logged
 *
 * Members are the phones 1002, 1003 and trunk; their state is a Custom: device
 * each, so that the test says who is in use.
 */
#include "call_util.h"
#include "b2bua/queue.h"

static const char members[] =
	"member => SIP/1002,0,Ann,Custom:ann\n"
	"member => SIP/1003,0,Bob,Custom:bob\n";


static int queue_set_up(void **state)
{
	int err = set_up(state);

	if (!err)
		err = devstate_init();

	return err ? err : queues_init();
}


static int queue_tear_down(void **state)
{
	calls_close();
	queues_close();
	devstate_close();

	return tear_down(state);
}


/* One queue "q" with options and members, and a plan that waits in it */
static void queue(const char *options, const char *mem, const char *args)
{
	char conf[2048], ext[1024];

	(void)re_snprintf(conf, sizeof(conf), "[q]\n%s\n%s", options, mem);
	put_file("queues.conf", conf);
	(void)re_snprintf(ext, sizeof(ext),
			  "[c]\nexten => 1,1,Queue(q%s)\n"
			  "exten => 1,2,NoOp(=${QUEUESTATUS}=)\n"
			  "exten => 1,3,Wait(9)\n"
			  "[office]\nexten => 5,1,NoOp(five)\n"
			  "exten => 5,2,Wait(9)\n"
			  "exten => 7,1,NoOp(local)\nexten => 7,2,Wait(9)\n",
			  args);
	plan(ext);
	queues_config(srv.cfg);
	run(1);
	queue_lines[0] = '\0';
}


static void busy(const char *custom, bool yes)
{
	assert_int_equal(devstate_set(custom, yes ? DEV_INUSE : DEV_NOT_INUSE),
			 0);
	run(1);
}


static struct leg *live(const char *name)
{
	for (size_t i = legc; i >= 1; i--) {
		if (legv[i]->outgoing && legv[i]->st < LEG_ENDING &&
		    !strcmp(tail(legv[i]), name))
			return legv[i];
	}

	fail_msg("no leg %s", name);

	return NULL;
}


static bool rings(const char *name)
{
	for (size_t i = legc; i >= 1; i--) {
		if (legv[i]->outgoing && legv[i]->st < LEG_CONFIRMED &&
		    !strcmp(tail(legv[i]), name))
			return true;
	}

	return false;
}


static void logged(const char *want)
{
	assert_string_equal(queue_lines, want);
	queue_lines[0] = '\0';
}


static void quiet(void)
{
	forget_notes();
}


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
	quiet();
	cancel(call->caller);
	run(10);
	expect("hangup 1002 16; hangup 1003 16; quiet 1001");
	logged("ENTERQUEUE NONE |1001|1\nABANDON NONE 1|1|4");

	/* in a talk */
	call = dial_in("c", "1");
	run(1000);
	pick_up(live("1002"));
	run(5000);
	queue_lines[0] = '\0';
	bye(call->caller);
	run(10);
	logged("COMPLETECALLER Ann 1|5|1");
}


static void test_continue_behind_the_member(void **state)
{
	queue("", members, ",c");
	(void)dial_in("c", "1");
	run(1);
	pick_up(live("1002"));
	run(2000);
	bye(live("1002"));
	run(10);
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
	quiet();
	queue_lines[0] = '\0';
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
	pick_up(live("1003"));
	run(10);
	bye(live("1003"));
	run(10);

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
	pick_up(live("1002"));
	run(1000);
	bye(live("1002"));
	run(10);

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
	put_file("queues.conf",
		 "[light]\nringinuse=no\n"
		 "member => SIP/1002,0,Ann,Custom:ann\n"
		 "[heavy]\nweight=5\nringinuse=no\n"
		 "member => SIP/1002,0,Ann,Custom:ann\n");
	plan("[c]\nexten => 1,1,Queue(light)\nexten => 2,1,Queue(heavy)\n");
	queues_config(srv.cfg);
	busy("Custom:ann", true);
	str_ncpy(dial_in("c", "1")->cid_num, "l", 8);
	str_ncpy(dial_in("c", "2")->cid_num, "h", 8);
	run(1000);
	assert_false(rings("1002"));
	quiet();
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
	put_file("queues.conf",
		 "[q]\ndefaultrule=up\nringinuse=no\n"
		 "member => SIP/1003,5,Bob,Custom:bob\n");
	plan("[c]\nexten => 1,1,Set(QUEUE_MAX_PENALTY=1)\n"
	     "exten => 1,2,Queue(q)\n");
	queues_config(srv.cfg);
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
		pick_up(live(who));
		run(1000);
		bye(live(who));
		run(1000);
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
	put_file("queues.conf",
		 "[general]\nshared_lastcall=yes\n"
		 "[a]\nwrapuptime=20\nmember => SIP/1002,0,Ann,Custom:ann\n"
		 "[b]\nwrapuptime=20\nmember => SIP/1002,0,Ann,Custom:ann\n");
	plan("[c]\nexten => 1,1,Queue(a)\nexten => 2,1,Queue(b)\n");
	queues_config(srv.cfg);
	(void)dial_in("c", "1");
	run(1);
	pick_up(live("1002"));
	run(1000);
	bye(live("1002"));
	run(10);
	(void)dial_in("c", "2");
	run(19000);
	assert_false(rings("1002"));
	run(1100);
	assert_true(rings("1002"));
}


static void test_longest_waiting(void **state)
{
	put_file("queues.conf",
		 "[general]\nforce_longest_waiting_caller=yes\n"
		 "[a]\nringinuse=no\nmember => SIP/1002,0,Ann,Custom:ann\n"
		 "[b]\nringinuse=no\nmember => SIP/1002,0,Ann,Custom:ann\n");
	plan("[c]\nexten => 1,1,Queue(a)\nexten => 2,1,Queue(b)\n");
	queues_config(srv.cfg);
	busy("Custom:ann", true);
	str_ncpy(dial_in("c", "2")->cid_num, "first", 8);
	run(1000);
	str_ncpy(dial_in("c", "1")->cid_num, "second", 8);
	run(1000);
	busy("Custom:ann", false);
	run(10);
	assert_string_equal(live("1002")->call->cid_num, "first");
}


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
			pick_up(live("1002"));
			run(10);
			bye(live("1002"));
			run(10);
		}
		(void)cq_member_pause(cq_find("q"), "SIP/1002", r->paused,
				      NULL);
		qc = cq_conf(cq_find("q"));
		got = cq_is_empty(cq_find("q"), qc->joinempty, 5, -1);
		if (got != r->empty)
			fail_msg("row %u (%s): %d", (unsigned)i, r->option,
				 got);

		put_file("queues.conf", "");
		plan("[c]\n");
		queues_config(srv.cfg);
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
	queue_lines[0] = '\0';
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
	queue_lines[0] = '\0';
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
	quiet();
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
	quiet();
	run(8900);
	expect("");
	run(200);
	expect("play 1001 queue-youarenext&queue-thankyou");
	run(1000);
	quiet();
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
	quiet();
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
	quiet();
	run(200);
	expect("play 1001 one");
	run(1000);
	expect("loop 1001 ~/moh/a.gsm&~/moh/b.wav");
	run(19000);
	expect("play 1001 two&three");
	run(20000);
	noted("play 1001 one");
}


/* To the member: delay, announcement, the time the caller has waited */
static void test_member_is_told(void **state)
{
	queue("announce=sales\nreportholdtime=yes\nmemberdelay=2",
	      members, "");
	(void)dial_in("c", "1");
	run(65000);
	run(6000);
	pick_up(live("1002"));
	quiet();
	queue_lines[0] = '\0';
	run(1900);
	expect("");
	run(200);
	expect("play 1002 sales&queue-reporthold&digits/1&queue-minute&"
	       "digits/11&queue-seconds");
	logged("");
	run(1000);
	expect("quiet 1001; 200 1001; bridge 1001 1002");
	assert_non_null(strstr(queue_lines, "CONNECT Ann 71|"));
}


/* It hangs up while it is told: the caller waits on */
static void test_member_leaves_early(void **state)
{
	queue("announce=sales\nretry=2", members, "");
	(void)dial_in("c", "1");
	run(10);
	pick_up(live("1002"));
	run(500);
	quiet();
	queue_lines[0] = '\0';
	bye(live("1002"));
	run(10);
	logged("AGENTDUMP Ann ");
	expect("loop 1001 ~/moh/a.gsm&~/moh/b.wav");
	run(2000);
	assert_true(rings("1002") && rings("1003"));
}


/* The caller is told as well, and both wait for it */
static void test_caller_is_told(void **state)
{
	queue("queue-callerannounce=agent-comes", members, "");
	(void)dial_in("c", "1");
	run(10);
	quiet();
	pick_up(live("1002"));
	expect("hangup 1003 26 elsewhere; play 1001 agent-comes");
	run(1000);
	expect("200 1001; bridge 1001 1002");
}


static void sub_plan(const char *args)
{
	char ext[512];

	(void)re_snprintf(ext, sizeof(ext),
			  "[c]\nexten => 1,1,Queue(q%s)\n"
			  "[sub]\nexten => s,1,Playback(${ARG1}-${MEMBERNAME})\n"
			  "exten => s,2,Return()\n"
			  "[macro-mac]\nexten => s,1,Playback(mac-${ARG1})\n",
			  args);
	plan(ext);
	queues_config(srv.cfg);
}


/* Its side runs a piece of the plan before the talk */
static void test_member_runs_a_subroutine(void **state)
{
	struct call *call;

	queue("setinterfacevar=yes\nretry=2", members, "");
	sub_plan(",,,,,,mac^one,sub^two");
	(void)dial_in("c", "1");
	run(3000);
	quiet();
	pick_up(live("1002"));
	run(1);
	expect("hangup 1003 26 elsewhere; play 1002 mac-one");
	run(1000);
	expect("play 1002 two-Ann");
	assert_null(strstr(queue_lines, "CONNECT"));
	run(1100);
	noted("200 1001; bridge 1001 1002");
	assert_non_null(strstr(queue_lines, "CONNECT Ann 3|"));
	run(1000);
	bye(live("1002"));
	run(10);

	/* it hangs up meanwhile: the caller waits on */
	call = dial_in("c", "1");
	run(10);
	pick_up(live("1002"));
	run(500);
	queue_lines[0] = '\0';
	bye(live("1002"));
	run(10);
	logged("AGENTDUMP Ann ");
	run(2100);
	assert_true(rings("1002") && rings("1003"));

	/* the caller does */
	pick_up(live("1003"));
	run(10);
	queue_lines[0] = '\0';
	cancel(call->caller);
	run(10);
	logged("ABANDON NONE 1|1|2");
	assert_true(list_isempty(calls_list()));
}


static void test_membergosub_of_the_queue(void **state)
{
	queue("membergosub=sub,two", members, "");
	sub_plan("");
	(void)dial_in("c", "1");
	run(10);
	quiet();
	pick_up(live("1002"));
	run(1);
	noted("play 1002 two-");
	run(1100);
	noted("bridge 1001 1002");
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
	quiet();
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
	queue_lines[0] = '\0';
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
	queue_lines[0] = '\0';
	press(legv[1], "*");
	run(10);
	logged("ABANDON NONE 1|1|2");
	noted("hangup 1001");
}


/* The plan behind a Local/ member takes the caller itself */
static void test_local_member_takes_the_caller(void **state)
{
	queue("", "member => Local/7@office/n,0,Desk\n", "");
	plan("[c]\nexten => 1,1,Queue(q)\n"
	     "[office]\nexten => 7,1,Playback(hello)\n"
	     "exten => 7,2,Wait(5)\n");
	queues_config(srv.cfg);
	(void)dial_in("c", "1");
	run(100);
	noted("play 1001 hello");
	assert_non_null(strstr(queue_lines, "CONNECT Desk 0|"));
	assert_non_null(strstr(queue_lines, "BLINDTRANSFER Desk 7|office|"));
	assert_string_equal(places(), "");
}


/* ... or rings a phone, whose answer is the member's */
static void test_local_member_dials(void **state)
{
	queue("", "member => Local/8@office/n,0,Desk\n", "");
	plan("[c]\nexten => 1,1,Queue(q)\n"
	     "[office]\nexten => 8,1,Dial(SIP/1002,20)\n");
	queues_config(srv.cfg);
	(void)dial_in("c", "1");
	run(10);
	ring(live("1002"));
	pick_up(live("1002"));
	run(10);
	noted("bridge 1001 1002");
	assert_non_null(strstr(queue_lines, "CONNECT Desk 0|"));
	run(3000);
	bye(live("1002"));
	run(10);
	assert_non_null(strstr(queue_lines, "COMPLETEAGENT Desk 0|3|1"));
}


/* Somebody else picks it up while it rings */
static void test_picked_up(void **state)
{
	struct call *call, *other;
	struct leg *leg;

	queue("", members, "");
	call = dial_in("c", "1");
	run(2000);
	assert_int_equal(call_alloc(&other, srv.cfg), 0);
	leg = leg_new(other, "trunk", config_peer(srv.cfg, "trunk"), false);
	leg->st = LEG_CONFIRMED;
	quiet();
	assert_int_equal(fork_pickup(call->fork, leg), 0);
	run(10);
	noted("bridge 1001 trunk");
	assert_non_null(strstr(queue_lines, "CONNECT SIP/trunk-"));
	bye(leg);
	run(10);
	assert_non_null(strstr(queue_lines, "COMPLETEAGENT SIP/trunk-"));
	call_end(other, 0);
}


/* --- variables, recording ------------------------------------------------ */

static void test_variables(void **state)
{
	put_file("queues.conf",
		 "[q]\nsetinterfacevar=yes\nsetqueueentryvar=yes\n"
		 "setqueuevar=yes\nmaxlen=7\nservicelevel=30\n"
		 "member => SIP/1002,3,Ann,Custom:ann\n");
	plan("[c]\nexten => 1,1,Queue(q,c)\n"
	     "exten => 1,2,NoOp(${MEMBERINTERFACE} ${MEMBERNAME} "
	     "${MEMBERPENALTY} ${MEMBERDYNAMIC} ${QEHOLDTIME} "
	     "${QEORIGINALPOS} ${QUEUENAME} ${QUEUEMAX} ${QUEUESTRATEGY})\n"
	     "exten => 1,3,NoOp(${QUEUE_MEMBER(q,count)} "
	     "${QUEUE_MEMBER(q,penalty,SIP/1002)} "
	     "${QUEUE_MEMBER_LIST(q)} ${QUEUE_WAITING_COUNT(q)} "
	     "${QUEUE_EXISTS(q)}${QUEUE_EXISTS(x)} ${QUEUE_VARIABLES(q)} "
	     "${QUEUECOMPLETED} ${QUEUESRVLEVELPERF})\n"
	     "exten => 1,4,Wait(9)\n");
	queues_config(srv.cfg);
	(void)dial_in("c", "1");
	run(4000);
	pick_up(live("1002"));
	run(1000);
	bye(live("1002"));
	run(10000);
	trace_has("NoOp(SIP/1002 Ann 3 0 4 1 q 7 ringall)");
	trace_has("NoOp(1 3 SIP/1002 0 10 0 1 "
			       "100.0)");
}


static void test_recorded(void **state)
{
	queue("monitor-format=wav49|gsm", members, ",c");
	plan("[c]\nexten => 1,1,Set(MONITOR_FILENAME=sales/${EXTEN})\n"
	     "exten => 1,2,Queue(q,c)\nexten => 1,3,Wait(5)\n");
	(void)dial_in("c", "1");
	run(10);
	pick_up(live("1002"));
	noted("/monitor/sales/1.wav stereo tag 1");
	run(1000);
	quiet();
	bye(live("1002"));
	run(10);
	noted("stop 1001 tag 1");
}


/* --- members that are added ---------------------------------------------- */

static void test_members_are_kept(void **state)
{
	struct cq_member_params prm = {.iface = "SIP/1003", .name = "Bob",
				       .state_iface = "Custom:bob",
				       .penalty = 4, .wrapup_s = -1};
	struct cq_member_info info;

	queue("", "member => SIP/1002\n", "");
	assert_int_equal(cq_member_add(cq_find("q"), &prm, "CLI"), 0);
	assert_int_equal(cq_member_add(cq_find("q"), &prm, "CLI"), EALREADY);
	logged("ADDMEMBER SIP/1003 ");
	assert_int_equal(cq_member_pause(NULL, "SIP/1003", true, "tea"), 0);
	assert_string_equal(store_db_get("Queue/PersistentMembers", "q"),
			    "SIP/1003;4;1;Bob;Custom:bob;tea;-1");
	prm.iface = "SIP/10;03";
	assert_int_equal(cq_member_add(cq_find("q"), &prm, NULL), EINVAL);
	prm.iface = "Agent/7";
	assert_int_equal(cq_member_add(cq_find("q"), &prm, NULL), EINVAL);
	assert_int_equal(cq_member_remove(cq_find("q"), "SIP/1002", NULL),
			 EPERM);

	/* another start */
	queues_close();
	assert_int_equal(queues_init(), 0);
	queues_config(srv.cfg);
	cq_member_get(&info, cq_member_find(cq_find("q"), "SIP/1003"));
	assert_string_equal(info.name, "Bob");
	assert_string_equal(info.state_iface, "Custom:bob");
	assert_string_equal(info.reason, "tea");
	assert_int_equal(info.penalty, 4);
	assert_true(info.dynamic && info.paused);

	/* a reload leaves it, and takes what the file no longer has */
	queue("", "member => trunk\n", "");
	assert_non_null(cq_member_find(cq_find("q"), "SIP/1003"));
	assert_null(cq_member_find(cq_find("q"), "SIP/1002"));
	assert_int_equal(cq_member_remove(cq_find("q"), "SIP/1003", NULL), 0);
	assert_null(store_db_get("Queue/PersistentMembers", "q"));
}


/* More than one value holds */
static void test_many_members_are_kept(void **state)
{
	queue("", "", "");
	for (unsigned i = 0; i < 300; i++) {
		struct cq_member_params prm = {.wrapup_s = -1};
		char dev[32], name[64];

		(void)re_snprintf(dev, sizeof(dev), "Local/%u@office", i);
		(void)re_snprintf(name, sizeof(name), "A name of some length "
				  "that is the %uth", i);
		prm.iface = dev;
		prm.name = name;
		assert_int_equal(cq_member_add(cq_find("q"), &prm, NULL), 0);
	}

	assert_non_null(store_db_get("Queue/PersistentMembers", "q/2"));
	queues_close();
	assert_int_equal(queues_init(), 0);
	queues_config(srv.cfg);
	assert_non_null(cq_member_find(cq_find("q"), "Local/299@office"));
	for (unsigned i = 0; i < 300; i++) {
		char dev[32];

		(void)re_snprintf(dev, sizeof(dev), "Local/%u@office", i);
		assert_int_equal(cq_member_remove(cq_find("q"), dev, NULL),
				 0);
	}
	assert_int_equal(store_db_scan("Queue/PersistentMembers", NULL,
				       (store_db_h *)NULL, NULL), 0);
}


static void test_applications(void **state)
{
	struct call *guest;

	queue("", "", "");
	plan("[c]\nexten => 1,1,AddQueueMember(q)\n"
	     "exten => 1,2,NoOp(${AQMSTATUS})\n"
	     "exten => 1,3,AddQueueMember(q,SIP/1001,2,,Ann)\n"
	     "exten => 1,4,NoOp(${AQMSTATUS})\n"
	     "exten => 1,5,PauseQueueMember(,SIP/1001,,tea)\n"
	     "exten => 1,6,NoOp(${PQMSTATUS} "
	     "${QUEUE_MEMBER(q,paused,SIP/1001)})\n"
	     "exten => 1,7,UnpauseQueueMember(q,SIP/1001)\n"
	     "exten => 1,8,NoOp(${UPQMSTATUS} "
	     "${QUEUE_MEMBER(q,paused,SIP/1001)})\n"
	     "exten => 1,9,Set(QUEUE_MEMBER(q,penalty,SIP/1001)=7)\n"
	     "exten => 1,10,NoOp(${QUEUE_MEMBER_PENALTY(q,SIP/1001)})\n"
	     "exten => 1,11,RemoveQueueMember(q)\n"
	     "exten => 1,12,NoOp(${RQMSTATUS})\n"
	     "exten => 1,13,RemoveQueueMember(q,SIP/1001)\n"
	     "exten => 1,14,NoOp(${RQMSTATUS})\n"
	     "exten => 1,15,RemoveQueueMember(x)\n"
	     "exten => 1,16,NoOp(${RQMSTATUS})\n"
	     "exten => 1,17,QueueLog(q,id,me,DID,a|b)\n"
	     "exten => 1,18,AddQueueMember(q,SIP/trunk/${CALLERID(num)})\n"
	     "exten => 1,19,NoOp(${AQMSTATUS})\n"
	     "exten => 1,20,AddQueueMember(q,Local/${CALLERID(num)}@office)\n"
	     "exten => 1,21,NoOp(${AQMSTATUS})\n"
	     "exten => 2,1,AddQueueMember(q)\n"
	     "exten => 2,2,NoOp(${AQMSTATUS})\n");
	(void)dial_in("c", "1");
	run(100);
	trace_has(":2] NoOp(ADDED)");
	trace_has(":4] NoOp(MEMBERALREADY)");
	trace_has(":6] NoOp(PAUSED 1)");
	trace_has(":8] NoOp(UNPAUSED 0)");
	trace_has(":10] NoOp(7)");
	trace_has(":12] NoOp(REMOVED)");
	trace_has(":14] NoOp(NOTINQUEUE)");
	trace_has(":16] NoOp(NOSUCHQUEUE)");
	assert_non_null(strstr(queue_lines, "DID me a|b"));

	/* a number that came from outside chooses no trunk */
	trace_has(":19] NoOp(NOTADDED)");
	trace_has(":21] NoOp(ADDED)");

	/* a stranger is nobody who could be rung */
	assert_int_equal(call_alloc(&guest, srv.cfg), 0);
	call_run(guest, leg_new(guest, "192.0.2.1", srv.cfg->defaults, false),
		 "c", "2");
	run(100);
	trace_has(":2] NoOp(NOTADDED)");
}


/* --- reload, lamps ------------------------------------------------------- */

static void test_reload_keeps_callers(void **state)
{
	queue("", "member => SIP/1002,0,Ann,Custom:ann\n", "");
	busy("Custom:ann", true);
	assert_int_equal(cq_member_pause(NULL, "SIP/1002", true, NULL), 0);
	(void)dial_in("c", "1");
	run(2000);
	assert_false(rings("1002"));

	queue("timeout=7", members, "");
	run(10);
	assert_int_equal(list_count(calls_list()), 1);
	assert_true(rings("1003") && !rings("1002"));

	/* the queue is gone: who waits in it is served on */
	put_file("queues.conf", "[other]\n");
	plan("[c]\n");
	queues_config(srv.cfg);
	assert_null(cq_find("q"));
	run(10);
	assert_true(rings("1003"));
	pick_up(live("1003"));
	run(100);
	assert_non_null(strstr(queue_lines, "CONNECT Bob"));
	bye(live("1003"));
	run(100);
	assert_true(list_isempty(calls_list()));
}


static char told[128];


static void lamp_handler(const char *device, enum devstate st, void *arg)
{
	size_t n = strlen(told);

	(void)arg;
	(void)re_snprintf(told + n, sizeof(told) - n, "%s=%s ", device,
			  devstate_name(st));
}


static void test_lamps(void **state)
{
	struct devstate_watch *w, *wa;

	queue("", members, "");
	told[0] = '\0';
	assert_int_equal(devstate_watch(&w, "Queue:q", lamp_handler, NULL),
			 0);
	assert_int_equal(devstate_watch(&wa, "Queue:q_avail", lamp_handler,
					NULL), 0);
	assert_int_equal(devstate_get("Queue:q"), DEV_NOT_INUSE);
	assert_int_equal(devstate_get("Queue:q_avail"), DEV_NOT_INUSE);
	(void)cq_member_pause(NULL, "SIP/1002", true, NULL);
	(void)cq_member_pause(NULL, "SIP/1003", true, NULL);
	assert_int_equal(devstate_get("Queue:q_avail"), DEV_INUSE);
	assert_int_equal(devstate_get("Queue:q_pause_SIP/1002"), DEV_INUSE);
	run(10);
	(void)dial_in("c", "1");
	assert_int_equal(devstate_get("Queue:q"), DEV_RINGING);
	assert_int_equal(devstate_get("Queue:nobody"), DEV_INVALID);
	run(10);
	cancel(newest());
	run(10);
	assert_string_equal(told, "Queue:q_avail=INUSE Queue:q=RINGING "
			    "Queue:q=NOT_INUSE ");
	mem_deref(w);
	mem_deref(wa);
}


/* What a caller sends makes no fields and no lines */
static void test_log_is_clean(void **state)
{
	struct call *call;

	queue("", "", "");
	assert_int_equal(call_alloc(&call, srv.cfg), 0);
	str_ncpy(call->cid_num, "1|2\n3", sizeof(call->cid_num));
	call_run(call, leg_new(call, "1001", config_peer(srv.cfg, "1001"),
			       false), "c", "1");
	logged("ENTERQUEUE NONE |1_2_3|1");
}


#define T(name)                                                              \
	cmocka_unit_test_setup_teardown(name, queue_set_up, queue_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_ringall_first_wins),
		T(test_caller_hangs_up),
		T(test_continue_behind_the_member),
		T(test_rounds_of_ringall),
		T(test_rrmemory_goes_on),
		T(test_next_in_the_same_round),
		T(test_timeoutrestart),
		T(test_timeout_of_the_plan),
		T(test_no_retry),
		T(test_busy_member_is_left_out),
		T(test_wrapup),
		T(test_pause_and_autopause),
		T(test_weight),
		T(test_penalties),
		T(test_rule),
		T(test_autofill),
		T(test_fewestcalls),
		T(test_penaltymemberslimit),
		T(test_shared_lastcall),
		T(test_longest_waiting),
		T(test_empty),
		T(test_joinempty_and_full),
		T(test_leavewhenempty),
		T(test_priority_and_position),
		T(test_withdrawn),
		T(test_position_is_said),
		T(test_holdtime_and_more),
		T(test_periodic),
		T(test_member_is_told),
		T(test_member_leaves_early),
		T(test_caller_is_told),
		T(test_member_runs_a_subroutine),
		T(test_membergosub_of_the_queue),
		T(test_ring_tone),
		T(test_ring_tone_while_it_rings),
		T(test_exit_by_key),
		T(test_star_hangs_up),
		T(test_local_member_takes_the_caller),
		T(test_local_member_dials),
		T(test_picked_up),
		T(test_variables),
		T(test_recorded),
		T(test_members_are_kept),
		T(test_many_members_are_kept),
		T(test_applications),
		T(test_reload_keeps_callers),
		T(test_lamps),
		T(test_log_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
