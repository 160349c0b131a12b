/**
 * @file tests/unit/test_fork_talk.c  Dial: hold, digits, transfers in a talk
 */
#include "fork_util.h"


/* --- hold, digits --------------------------------------------------------- */

static void reoffer(struct leg *leg, bool held)
{
	event(leg, &(struct leg_event){.type = LEG_EV_REOFFER, .held = held});
}


static void modified(struct leg *leg, uint16_t scode)
{
	event(leg, &(struct leg_event){.type = LEG_EV_MODIFIED,
				       .scode = scode});
}


static void test_hold(void **state)
{
	struct call *call;

	plan(simple_plan);
	call = dial_in("c", "1");
	pick_up(find("1002"));
	forget_notes();

	reoffer(call->caller, true);
	expect("accept 1001 3; loop 1002 ~/moh/a.gsm&~/moh/b.wav; "
	       "offer 1002 2");
	modified(find("1002"), 200);
	expect("");
	reoffer(call->caller, false);
	expect("accept 1001 3; quiet 1002; offer 1002 3");

	/* resumed and held again while the offer is under way: the last wish
	 * is offered when it is over */
	reoffer(call->caller, true);
	expect("accept 1001 3; loop 1002 ~/moh/a.gsm&~/moh/b.wav");
	modified(find("1002"), 200);
	expect("offer 1002 2");
	modified(find("1002"), 488);

	/* a new offer that holds nothing is only answered */
	reoffer(find("1002"), false);
	expect("accept 1002 2");
}


/* What is played at the end of the time may be cut off: by who takes the
 * caller back from hold, then nobody is told that it is over */
static void test_limit_and_hold(void **state)
{
	plan("[c]\nexten => 1,1,Set(LIMIT_TIMEOUT_FILE=bye)\n"
	     "exten => 1,2,Dial(SIP/1002,20,L(5000))\n");
	(void)dial_in("c", "1");
	pick_up(find("1002"));
	reoffer(find("1002"), true);
	forget_notes();
	run(5000);
	expect("play 1001 bye");
	run(500);
	reoffer(find("1002"), false);
	run(18000);
	expect("accept 1002 3; quiet 1001");
	run(2000);
	expect("unbridge 1001; hangup 1002 16; hangup 1001 16");
}


static void test_digits(void **state)
{
	struct call *call;
	struct leg *callee;

	plan(simple_plan);
	call = dial_in("c", "1");
	callee = find("1002");
	pick_up(callee);
	forget_notes();

	/* no telephone-event over there: sent as it can */
	press(call->caller, "5");
	expect("dtmf 1002 5");
	callee->audio.dtmf_pt_tx = 101;
	press(call->caller, "5");
	expect("");
	press(callee, "6");
	expect("dtmf 1001 6");
}


/* A caller who is answered late, by a failing leg in between */
static void test_two_dials(void **state)
{
	plan("[c]\nexten => 1,1,Dial(SIP/1002,5)\n"
	     "exten => 1,2,Dial(SIP/1003,5)\n");
	(void)dial_in("c", "1");
	ring(find("1002"));
	run(5010);
	expect("invite 1002; 180 1001; hangup 1002 16; invite 1003");
	ring(find("1003"));
	pick_up(find("1003"));
	expect("200 1001; bridge 1001 1003");
	bye(find("1003"));
	run(10);
	assert_int_equal(last_cdr.hangup_cause, CAUSE_NORMAL);
}


/* --- transfers ------------------------------------------------------------ */

static const char transfer_plan[] =
	"[office]\nexten => 1,1,Dial(SIP/1002,20,tT)\n"
	"exten => 1,2,NoOp(no)\n"
	"exten => 33,1,NoOp(${BLINDTRANSFER})\nexten => 33,2,MusicOnHold(,5)\n";


/* The callee sends the caller on */
static void test_transfer_by_callee(void **state)
{
	plan(transfer_plan);
	(void)dial_in("office", "1");
	pick_up(find("1002"));
	forget_notes();
	press(find("1002"), "#");
	expect("unbridge 1001; loop 1001 ~/moh/a.gsm&~/moh/b.wav; "
	       "play 1002 pbx-transfer");
	press(find("1002"), "33");
	run(10);
	expect("quiet 1002; quiet 1001; bridge 1001 1002; keep 1002 on; "
	       "keep 1001 on; unbridge 1001; "
	       "loop 1001 ~/moh/a.gsm&~/moh/b.wav; hangup 1002 16");
	run(1000);
	assert_int_equal(list_count(calls_list()), 1);
	run(5000);
	expect("hangup 1001 16; quiet 1001");
	assert_int_equal(cdrs, 1);
	trace_has("NoOp(SIP/1002-00000002)");
}


/* The caller sends the callee on: a call of its own */
static void test_transfer_by_caller(void **state)
{
	struct call *call;

	plan(transfer_plan);
	call = dial_in("office", "1");
	pick_up(find("1002"));
	forget_notes();
	press(call->caller, "#33");
	run(10);
	assert_int_equal(cdrs, 1);
	assert_int_equal(list_count(calls_list()), 1);
	expect("unbridge 1001; loop 1002 ~/moh/a.gsm&~/moh/b.wav; "
	       "play 1001 pbx-transfer; quiet 1001; bridge 1001 1002; "
	       "keep 1002 on; keep 1001 on; quiet 1002; unbridge 1001; "
	       "loop 1002 ~/moh/a.gsm&~/moh/b.wav; hangup 1001 16");
	run(6000);
	expect("hangup 1002 16; quiet 1002");
	assert_int_equal(cdrs, 2);
}


/* A wrong number, or none: both are together again */
static void test_transfer_to_nowhere(void **state)
{
	struct call *call;

	plan(transfer_plan);
	call = dial_in("office", "1");
	pick_up(find("1002"));
	press(call->caller, "#9");
	forget_notes();
	press(call->caller, "8");
	expect("quiet 1001; play 1001 pbx-invalid");
	press(call->caller, "7");
	expect("quiet 1001; bridge 1001 1002; keep 1002 on; keep 1001 on; "
	       "quiet 1002; play 1001 beeperr");
	press(call->caller, "#");
	forget_notes();
	run(6000);
	expect("bridge 1001 1002; keep 1002 on; keep 1001 on; quiet 1002; "
	       "play 1001 beeperr");
	bye(find("1002"));
	run(10);
	assert_int_equal(cdrs, 1);
}


/* One who has asked there and is back here connects both: who was here takes
 * his place there, and so what is recorded there goes on with a new stream,
 * and what that plan dials is still his doing */
static void test_connect_from_here(void **state)
{
	struct call *ask;

	put_file("features.conf", "[featuremap]\natxfer => *2\n");
	plan("[office]\nexten => 1,1,Dial(SIP/1002,20,T)\n"
	     "exten => 3,1,MixMonitor(/r/a.wav)\n"
	     "exten => 3,2,Dial(SIP/1003,20)\n");
	(void)dial_in("office", "1");
	pick_up(find("1002"));
	press(legv[1], "*2");
	run(10);
	press(legv[1], "3");
	run(5000);
	ask = legv[1]->call;
	pick_up(find("1003"));
	run(10);
	press(legv[1], "*4");
	run(10);
	forget_notes();
	press(legv[1], "*2");
	assert_ptr_equal(ask->caller, find("1002"));
	assert_string_equal(ask->payer, "1001");
	assert_non_null(strstr(notes, "record 1002 /r/a.wav stereo tag 2"));
	rec_end(legv[1], MEDIA_EV_REC_DONE, 1, MEDIA_REC_COMPLETE);
	assert_int_equal(ask->recordings, 1);
	bye(ask->caller);
	run(10);
}


/* Either side leaves while a number is dialled */
static void test_transfer_and_leave(void **state)
{
	struct call *call;

	plan(transfer_plan);
	for (unsigned i = 0; i < 4; i++) {
		struct leg *leg;

		call = dial_in("office", "1");
		pick_up(find("1002"));
		leg = i & 1 ? call->caller : find("1002");
		press(i & 2 ? call->caller : find("1002"), "#3");
		bye(leg);
		run(10);
		assert_int_equal(cdrs, i + 1);
		assert_int_equal(list_count(calls_list()), 0);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		FORK_TEST(test_hold),
		FORK_TEST(test_limit_and_hold),
		FORK_TEST(test_digits),
		FORK_TEST(test_two_dials),
		FORK_TEST(test_transfer_by_callee),
		FORK_TEST(test_transfer_by_caller),
		FORK_TEST(test_transfer_to_nowhere),
		FORK_TEST(test_transfer_and_leave),
		FORK_TEST(test_connect_from_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
