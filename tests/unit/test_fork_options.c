/**
 * @file tests/unit/test_fork_options.c  Dial: its options, forwards, Local/
 */
#include "fork_util.h"


/* --- options -------------------------------------------------------------- */

static void test_ring_and_music(void **state)
{
	plan("[c]\nexten => 1,1,Dial(SIP/1002,20,r)\n"
	     "exten => 2,1,Answer()\nexten => 2,2,Dial(SIP/1002)\n");
	(void)dial_in("c", "1");
	expect("invite 1002; 180 1001");
	progress(find("1002"));
	expect("");

	/* an answered caller hears the tone until the callee answers */
	(void)dial_in("c", "2");
	expect("200 1001; invite 1002");
	ring(find("1002"));
	expect("loop 1001 tone:ring");
	pick_up(find("1002"));
	expect("quiet 1001; bridge 1001 1002");
}


static void test_hangup_digit(void **state)
{
	struct call *call;

	plan("[c]\nexten => 1,1,Dial(SIP/1002,20,Hhg)\n"
	     "exten => 1,2,NoOp(${DIALSTATUS})\n");
	call = dial_in("c", "1");
	press(call->caller, "1*");
	run(10);
	trace_has("NoOp(CANCEL)");

	call = dial_in("c", "1");
	pick_up(find("1002"));
	press(call->caller, "*");
	run(10);
	trace_has("NoOp(ANSWER)");

	(void)dial_in("c", "1");
	pick_up(find("1002"));
	press(find("1002"), "*");
	run(10);
	trace_has("NoOp(ANSWER)");
	assert_int_equal(cdrs, 3);
}


static void test_limit(void **state)
{
	plan("[c]\nexten => 1,1,Dial(SIP/1002,20,L(5000:2000:1000))\n"
	     "exten => 2,1,Dial(SIP/1002,20,S(3))\n"
	     "exten => 3,1,Set(LIMIT_CONNECT_FILE=hello)\n"
	     "exten => 3,2,Set(LIMIT_TIMEOUT_FILE=bye)\n"
	     "exten => 3,3,Dial(SIP/1002,20,L(5000))\n"
	     "exten => 4,1,Set(LIMIT_TIMEOUT_FILE=bye)\n"
	     "exten => 4,2,Set(LIMIT_PLAYAUDIO_CALLER=no)\n"
	     "exten => 4,3,Set(LIMIT_PLAYAUDIO_CALLEE=yes)\n"
	     "exten => 4,4,Dial(SIP/1002,20,L(5000))\n");
	(void)dial_in("c", "1");
	pick_up(find("1002"));
	forget_notes();
	run(3100);
	expect("play 1001 beep");
	run(1000);
	expect("play 1001 beep");
	run(1000);
	expect("unbridge 1001; quiet 1001; hangup 1002 16; hangup 1001 16");

	(void)dial_in("c", "2");
	pick_up(find("1002"));
	run(3100);
	assert_int_equal(cdrs, 2);
	assert_int_equal(last_cdr.billsec, 3);

	(void)dial_in("c", "3");
	forget_notes();
	pick_up(find("1002"));
	run(100);
	noted("bridge 1001 1002; play 1001 hello");
	forget_notes();
	run(5000);
	expect("play 1001 bye");
	run(1000);
	expect("unbridge 1001; hangup 1002 16; hangup 1001 16");

	(void)dial_in("c", "4");
	pick_up(find("1002"));
	forget_notes();
	run(5100);
	expect("play 1002 bye");
	run(5000);
	expect("unbridge 1001; hangup 1002 16; hangup 1001 16");
}


static void test_announce_and_digits(void **state)
{
	plan("[c]\nexten => 1,1,Dial(SIP/1002,20,A(hello)D(1w2:9))\n");
	(void)dial_in("c", "1");
	pick_up(find("1002"));
	expect("invite 1002; play 1002 hello");
	run(1010);
	expect("200 1001; bridge 1001 1002");
	run(2000);
	expect("dtmf 1002 1; dtmf 1001 9; dtmf 1002 2");
}


/* G: both go into the plan */
static void test_goto_both(void **state)
{
	plan("[c]\nexten => 1,1,Dial(SIP/1002,20,G(c^9^1))\n"
	     "exten => 9,1,Goto(a)\nexten => 9,2,Wait(50)\n"
	     "exten => 9,3(a),Wait(5)\n");
	(void)dial_in("c", "1");
	pick_up(find("1002"));
	run(10);
	assert_int_equal(list_count(calls_list()), 2);
	expect("invite 1002; 200 1001");
	run(5010);
	expect("hangup 1001 16");
	run(50000);
	expect("hangup 1002 16");
	assert_int_equal(cdrs, 2);
}


static void test_headers(void **state)
{
	plan("[c]\nexten => _X.,1,SIPAddHeader(Alert-Info: <${EXTEN}>)\n"
	     "exten => _X.,n,SIPAddHeader(Via: x)\n"
	     "exten => _X.,n,SIPAddHeader(X-B: b)\n"
	     "exten => _X.,n,SIPRemoveHeader(X-)\n"
	     "exten => _X.,n,Dial(SIP/1002)\n");
	(void)dial_in("c", "12");
	expect("invite 1002; header Alert-Info=<12>");
}


/* Option b runs once for a trunk group: what it has set goes with each line */
static void test_subroutine_and_lines(void **state)
{
	plan("[c]\nexten => 1,1,Dial(SIP/out/0123,20,b(first^s^1))\n"
	     "[first]\nexten => s,1,SIPAddHeader(X-Account: 7)\n"
	     "exten => s,2,Return()\n");
	put_file("sip.conf", "[general]\ninternational=yes\n"
		 "[1001]\ntype=friend\nhost=dynamic\nsecret=s3cr3t-1001\n"
		 "[a]\ntype=peer\nhost=192.0.2.7\n"
		 "[b]\ntype=peer\nhost=192.0.2.8\n"
		 "[out](trunk)\nmember=a\nmember=b\n");
	reload();
	(void)dial_in("c", "1");
	run(10);
	expect("invite a/0123; header X-Account=7");
	refuse(find("a"), 503);
	run(10);
	expect("invite b/0123; header X-Account=7");
}


static void test_max_forwards(void **state)
{
	plan(simple_plan);
	fake_invite.maxfwd = 1;
	(void)dial_in("c", "1");
	run(10);
	expect("hangup 1001 19");
}


/* A dialled '&' or '@' dials nothing more */
static void test_wire_separates_nothing(void **state)
{
	plan("[c]\nexten => _9.,1,Dial(SIP/${EXTEN:1}@trunk,20)\n");
	(void)dial_in("c", "95&SIP/1002@x,1,g");
	expect("invite trunk/5&SIP/1002@x,1,g");
}


/* --- forwards and Local/ -------------------------------------------------- */

static void forward(struct leg *leg, const char *contact)
{
	ending(leg);
	event(leg, &(struct leg_event){.type = LEG_EV_FAILED,
				       .scode = 302,
				       .cause = CAUSE_INTERWORKING,
				       .contact = contact});
}


static const char forward_plan[] =
	"[c]\nexten => 1,1,Dial(SIP/1002,20)\n"
	"exten => 1,2,NoOp(${DIALSTATUS})\n"
	"[office]\nexten => 3,1,Dial(SIP/1003)\n"
	"exten => 2,1,Dial(SIP/1002)\n"
	"exten => 4,1,Answer()\nexten => 4,2,Playback(voicemail)\n";


/* The phone's own context says where it may go */
static void test_forward(void **state)
{
	plan(forward_plan);
	(void)dial_in("c", "1");
	forward(find("1002"), "sip:3@192.0.2.1");
	run(10);
	ring(find("1003"));
	pick_up(find("1003"));
	expect("invite 1002; invite 1003; 180 1001; 200 1001; "
	       "bridge 1001 1003");
	run(1000);
	assert_int_equal(list_count(calls_list()), 1);
	bye(find("1003"));
	run(10);
	assert_int_equal(cdrs, 1);
	trace_has("Dial(SIP/1003)");
}


static void test_forward_fails(void **state)
{
	plan(forward_plan);
	(void)dial_in("c", "1");
	forward(find("1002"), "sip:3@192.0.2.1");
	run(10);
	refuse(find("1003"), 486);
	run(10);
	trace_has("NoOp(BUSY)");

	(void)dial_in("c", "1");
	forward(find("1002"), "sip:77@192.0.2.1"); /* not in its context */
	run(10);
	trace_has("NoOp(CHANUNAVAIL)");
}


/* 1002 forwards to itself: it ends */
static void test_forward_loop(void **state)
{
	plan(forward_plan);
	(void)dial_in("c", "1");

	for (unsigned i = 0; i < 20 && list_count(calls_list()); i++) {
		struct leg *leg = find("1002");

		if (leg->st < LEG_ENDING)
			forward(leg, "sip:2@192.0.2.1");
		run(10);
	}

	assert_int_equal(list_count(calls_list()), 0);
	assert_int_equal(cdrs, 1);
	assert_true(legc <= FORK_FORWARDS_MAX + 3);
}


/* The plan of a forward may speak to the caller itself */
static void test_forward_to_prompt(void **state)
{
	plan(forward_plan);
	(void)dial_in("c", "1");
	forward(find("1002"), "sip:4@192.0.2.1");
	run(20);
	expect("invite 1002; 200 1001; play 1001 voicemail");
	run(2000);
	assert_int_equal(cdrs, 1);
	assert_string_equal(last_cdr.disposition, "ANSWERED");
}


static void test_local_device(void **state)
{
	struct call *call;

	plan("[c]\nexten => 1,1,Set(__A=x)\n"
	     "exten => 1,2,Dial(Local/3@d&SIP/1002,20)\n"
	     "[d]\nexten => 3,1,Wait(1)\nexten => 3,2,NoOp(${A})\n"
	     "exten => 3,3,Dial(SIP/1003)\n");
	call = dial_in("c", "1");
	run(1100);
	expect("invite 1002; invite 1003");
	pick_up(find("1003"));
	expect("hangup 1002 26 elsewhere; 200 1001; bridge 1001 1003");
	bye(call->caller);
	run(10);
	expect("hangup 1003 16; unbridge 1001");
	trace_has("[3@d:2] NoOp(x)");
	assert_int_equal(list_count(calls_list()), 0);
	assert_int_equal(cdrs, 1);
}


/* What its NoOp() was given */
static const char *note_of(const struct call *call)
{
	struct le *le;

	LIST_FOREACH(&call->steps, le)
	{
		const struct call_step *step = le->data;

		if (!strcmp(step->app, "NoOp"))
			return step->args;
	}

	return "";
}


/* OUTBOUND_GROUP counts who is called, _ONCE of one Dial alone */
static void test_outbound_group(void **state)
{
	struct call *a, *b, *look;

	plan("[c]\nexten => 1,1,Set(OUTBOUND_GROUP=lines@out)\n"
	     "exten => 1,2,Set(OUTBOUND_GROUP_ONCE=once)\n"
	     "exten => 1,3,Dial(SIP/1002,3)\n"
	     "exten => 1,4,Dial(SIP/1002&Local/3@c,20)\n"
	     "exten => 3,1,Wait(100)\n"
	     "exten => 9,1,NoOp(n ${GROUP_COUNT(lines@out)} "
	     "${GROUP_COUNT(once)} ${GROUP_COUNT()})\n"
	     "exten => 9,2,Wait(1)\n");
	a = dial_in("c", "1");
	b = dial_in("c", "1");
	look = dial_in("c", "9");
	assert_string_equal(note_of(look), "n 0 2 0");
	run(3100); /* both dial two devices now */
	look = dial_in("c", "9");
	assert_string_equal(note_of(look), "n 4 0 0");
	pick_up(find("1002"));
	run(10);
	look = dial_in("c", "9");
	assert_string_equal(note_of(look), "n 3 0 0");
	cancel(a->caller);
	run(10);
	bye(b->caller);
	run(1100);
	look = dial_in("c", "9");
	assert_string_equal(note_of(look), "n 0 0 0");
	run(1100);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		FORK_TEST(test_ring_and_music),
		FORK_TEST(test_hangup_digit),
		FORK_TEST(test_limit),
		FORK_TEST(test_announce_and_digits),
		FORK_TEST(test_goto_both),
		FORK_TEST(test_headers),
		FORK_TEST(test_subroutine_and_lines),
		FORK_TEST(test_max_forwards),
		FORK_TEST(test_wire_separates_nothing),
		FORK_TEST(test_forward),
		FORK_TEST(test_forward_fails),
		FORK_TEST(test_forward_loop),
		FORK_TEST(test_forward_to_prompt),
		FORK_TEST(test_local_device),
		FORK_TEST(test_outbound_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
