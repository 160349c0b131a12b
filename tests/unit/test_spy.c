/**
 * @file tests/unit/test_spy.c  ChanSpy, ExtenSpy, Page: who joins which voices
 */
#include "conf_util.h"

static const char plan_conf[] =
	"[c]\n"
	"exten => _5X,1,Set(SPYGROUP=sales:all)\n"
	"exten => _5X,2,Dial(SIP/1002,20,g)\n"
	"exten => _5X,3,Wait(100)\n"
	"exten => 70,1,ConfBridge(x)\n"
	"exten => 80,1,ChanSpy(SIP/a,q)\n"
	"exten => 81,1,ChanSpy(SIP/a,qw)\n"
	"exten => 82,1,ChanSpy(SIP/1002,qw)\n"
	"exten => 83,1,ChanSpy(SIP/a,qB)\n"
	"exten => 84,1,ChanSpy(SIP/a,qW)\n"
	"exten => 85,1,ChanSpy(SIP/a,qov(-2))\n"
	"exten => 86,1,ChanSpy(SIP/a,qES)\n"
	"exten => 87,1,ChanSpy(SIP/a,qbS)\n"
	"exten => 88,1,ChanSpy(,s)\n"
	"exten => 89,1,ChanSpy(SIP/a,qg(all)e(1001)S)\n"
	"exten => 90,1,ChanSpy(SIP/a,qg(boss)S)\n"
	"exten => 91,1,ChanSpy(SIP/a,qe(1003)S)\n"
	"exten => 92,1,ExtenSpy(55@c,qS)\n"
	"exten => 93,1,ChanSpy(SIP/a,qX)\n"
	"exten => 94,1,ChanSpy(SIP/a,qd)\n"
	"exten => 95,1,ChanSpy(SIP/a,qx(9)c(7))\n"
	"exten => _[89]X,2,NoOp(went on)\n"
	"exten => _[89]X,3,Wait(100)\n"
	"exten => 4,1,Wait(100)\n"
	"exten => 60,1,Page(SIP/1002&SIP/1003,q)\n"
	"exten => 61,1,Page(SIP/1002,dqA(ping)n)\n"
	"exten => 62,1,Page(SIP/1002,R)\n"
	"exten => 63,1,SIPAddHeader(Alert-Info: ring)\n"
	"exten => 63,2,Page(SIP/1002,qr)\n";


static int begin(void **state)
{
	int err = set_up(state);

	plan(plan_conf);

	return err;
}


/* a talks to 1002 */
static struct call *talk(const char *exten)
{
	struct call *call = enter("a", exten);

	run(10);
	pick_up(newest());
	run(10);
	forget_notes();

	return call;
}


/* --- who hears whom ------------------------------------------------------ */

static const struct {
	const char *exten, *notes;
} rows[] = {
	{"80", "room 20 ms; join a 01/00; join 1002 02/00; join q 00/03"},
	{"81", "room 20 ms; join a 01/06; join 1002 02/00; join q 04/03"},
	{"82", "room 20 ms; join a 01/00; join 1002 02/09; join q 08/03"},
	{"83", "room 20 ms; join a 01/06; join 1002 02/09; join q 0c/03"},
	{"84", "room 20 ms; join a 01/06; join 1002 02/00; join q 04/80"},
	{"85", "room 20 ms; join a 01/00; join 1002 02/00; join q 00/01 "
	       "gain 0 -2"},
	{"89", "room 20 ms; join a 01/00; join 1002 02/00; join q 00/03"},
	{"87", "room 20 ms; join a 01/00; join 1002 02/00; join q 00/03"},
	{"92", "room 20 ms; join a 01/00; join 1002 02/00; join q 00/03"},
	{"90", ""}, {"91", ""},
};


static void test_voices(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct call *call, *spy;

		forget_legs();
		fake_room_reset();
		call = talk("55");
		spy = enter("q", rows[i].exten);
		run(10);
		assert_memory_equal("200 q", notes, 5);
		memmove(notes, notes + (notes[5] ? 7 : 5),
			strlen(notes) + 1 - (notes[5] ? 7 : 5));
		expect(rows[i].notes);
		bye(spy->caller);
		run(10);
		if (rows[i].notes[0])
			expect("part q; part a; part 1002; room closes");
		assert_non_null(call->bridged);
		bye(call->caller);
		run(1000);
		forget_notes();
	}
}


/* Two listeners share the room, and what one says is not what both hear */
static void test_two_listeners(void **state)
{
	struct call *one, *two;

	(void)state;
	(void)talk("55");
	one = enter("q", "80");
	run(10);
	forget_notes();
	two = enter("r", "82");
	run(10);
	expect("200 r; join a 01/00; join 1002 02/09; join r 08/03");
	bye(two->caller);
	run(10);
	expect("part r; join a 01/00; join 1002 02/00");
	bye(one->caller);
	run(10);
	expect("part q; part a; part 1002; room closes");
}


/* --- the call that is listened to ---------------------------------------- */

static void test_call_ends(void **state)
{
	struct call *call = talk("55"), *e, *q;

	(void)state;
	e = enter("e", "86");
	q = enter("q", "80");
	run(10);
	forget_notes();
	bye(call->bridged);
	run(10);
	/* the sides part before they hear anybody else */
	noted("unbridge a");
	noted_in_order("part a", "join a 01/00");
	assert_int_equal(3, e->prio);
	assert_ptr_equal(app_find("ChanSpy"), q->app);
	/* a is still there: q goes on listening to it alone */
	noted("join q 00/03");
	bye(call->caller);
	run(1500);
	assert_ptr_equal(app_find("ChanSpy"), q->app);
}


static void test_enters_a_conference(void **state)
{
	struct call *call = enter("a", "4"), *q;

	(void)state;
	call->caller->st = LEG_CONFIRMED;
	q = enter("q", "80");
	run(10);
	expect("200 q; room 20 ms; join a 01/00; join q 00/03");
	(void)call_goto_to(call, "c", "70", 1);
	call_step_done(call, APP_NEXT);
	call->jumped = true;
	run(10);
	/* never in both rooms */
	noted_in_order("part a", "join a 01/01");
	noted("room closes");
	(void)q;
}


/* --- digits -------------------------------------------------------------- */

static void test_digits(void **state)
{
	struct call *q;

	(void)state;
	(void)talk("55");
	q = enter("q", "94");
	run(10);
	forget_notes();
	press(q->caller, "5");
	expect("join q 04/03; join a 01/06; join 1002 02/00");
	press(q->caller, "6");
	expect("join q 0c/03; join a 01/06; join 1002 02/09");
	press(q->caller, "4");
	expect("join q 00/03; join a 01/00; join 1002 02/00");
	press(q->caller, "#");
	expect("join q 00/03 gain 0 1; join a 01/00; join 1002 02/00");
	bye(q->caller);
	run(10);

	q = enter("q", "95");
	run(10);
	press(q->caller, "9");
	run(10);
	assert_int_equal(3, q->prio);

	q = enter("q", "93"); /* X: extension 4 of the context */
	run(10);
	press(q->caller, "4");
	run(10);
	assert_string_equal("4", q->exten);
}


/* 1002#: the other channel of the call; * goes round */
static void test_channels_by_digits(void **state)
{
	struct call *q;

	(void)state;
	(void)talk("55");
	q = enter("q", "88");
	run(10);
	noted("play q beep&letters/a");
	assert_string_equal("SIP/a-00000001", call_var(q, "SPY_CHANNEL"));
	press(q->caller, "*");
	assert_string_equal("SIP/1002-00000002", call_var(q, "SPY_CHANNEL"));
	press(q->caller, "*");
	assert_string_equal("SIP/a-00000001", call_var(q, "SPY_CHANNEL"));
	press(q->caller, "1002#");
	assert_string_equal("SIP/1002-00000002", call_var(q, "SPY_CHANNEL"));
	press(q->caller, "99#");
	run(10);
	assert_null(call_find("x"));
	assert_ptr_equal(app_find("ChanSpy"), q->app);
}


static void test_nobody_listens_to_itself_or_to_listeners(void **state)
{
	struct call *q;

	(void)state;
	q = enter("a", "80");
	run(10);
	(void)enter("a", "80");
	run(3000);
	expect("200 a; 200 a");
	(void)q;
}


/* --- Page ---------------------------------------------------------------- */

static void test_page(void **state)
{
	struct call *a = enter("a", "60");
	struct leg *one, *two;

	(void)state;
	assert_int_equal(3, legc);
	one = legv[2];
	two = legv[3];
	noted("200 a; room 20 ms; join a 01/80");
	forget_notes();
	pick_up(one);
	run(10);
	expect("join 1002 00/01");
	refuse(two, 486);
	run(10);
	expect("");
	bye(one);
	run(10);
	expect("");
	assert_int_equal(1, list_count(calls_list()));
	bye(a->caller);
	run(10);
	expect("part a; room closes");
	assert_int_equal(1, cdrs);
	assert_true(list_isempty(calls_list()));
}


static void test_page_ends_the_phones(void **state)
{
	struct call *a = enter("a", "61");

	(void)state;
	forget_notes();
	pick_up(legv[2]);
	run(10);
	expect("join 1002 01/01; play 1002 ping");
	bye(a->caller);
	run(10);
	expect("part a; room closes; quiet 1002; hangup 1002 16");
	assert_true(list_isempty(calls_list()));

	/* and one that rings */
	a = enter("a", "62");
	noted("play a beep");
	forget_notes();
	bye(a->caller);
	run(10);
	noted("hangup 1002");
	assert_true(list_isempty(calls_list()));
}


static const char *header(const char *name)
{
	for (struct le *le = calls_list()->head; le; le = le->next) {
		const struct call *call = le->data;

		if (!call->caller)
			return vars_str(call->vars, name);
	}

	return "no call";
}


static void test_page_asks_to_answer(void **state)
{
	struct call *call = enter("a", "60");

	(void)state;
	assert_string_equal("Call-Info: <sip:127.0.0.1>;answer-after=0",
			    header("SIPADDHEADER91"));
	bye(call->caller);
	run(10);
	call = enter("a", "62");
	assert_string_equal("", header("SIPADDHEADER91"));
	bye(call->caller);
	run(10);
	(void)enter("a", "63"); /* the plan's own */
	assert_string_equal("", header("SIPADDHEADER91"));
	assert_string_equal("Alert-Info: ring", header("SIPADDHEADER01"));
	noted("record the room");
}


/* Who is put through meanwhile is listened to as before, not the next one */
static void test_goes_on_with_the_same(void **state)
{
	struct call *one = enter("a", "4"), *other = enter("a", "4"), *q;

	(void)state;
	one->caller->st = other->caller->st = LEG_CONFIRMED;
	q = enter("q", "80");
	run(10);
	assert_string_equal(leg_name(one->caller), call_var(q, "SPY_CHANNEL"));
	(void)call_goto_to(one, "c", "55", 1);
	one->jumped = true;
	call_step_done(one, APP_NEXT);
	run(10);
	pick_up(newest());
	run(10);
	assert_non_null(one->bridged);
	assert_string_equal(leg_name(one->caller), call_var(q, "SPY_CHANNEL"));

	/* and with the next one when he has gone */
	bye(one->caller);
	run(10);
	assert_string_equal(leg_name(other->caller),
			    call_var(q, "SPY_CHANNEL"));
}


int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end_rooms)
	const struct CMUnitTest tests[] = {
		TEST(test_voices),
		TEST(test_two_listeners),
		TEST(test_call_ends),
		TEST(test_enters_a_conference),
		TEST(test_digits),
		TEST(test_channels_by_digits),
		TEST(test_nobody_listens_to_itself_or_to_listeners),
		TEST(test_page),
		TEST(test_page_ends_the_phones),
		TEST(test_page_asks_to_answer),
		TEST(test_goes_on_with_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
