/**
 * @file tests/unit/test_meetme.c  MeetMe, MeetMeCount, MeetMeAdmin
 */
#include "conf_util.h"

static const char rooms_conf[] =
	"[default_bridge]\ntype=bridge\nsound_join=\nsound_leave=\n";

static const char meetme_conf[] =
	"[rooms]\nconf => 600\nconf => 601,12,34\nconf => 602,,77\n";

static const char plan_conf[] =
	"[c]\n"
	"exten => 1,1,MeetMe(600,1)\n"
	"exten => 2,1,MeetMe(601,1)\n"
	"exten => 3,1,MeetMe(,q)\n"
	"exten => 4,1,MeetMe(900)\n"
	"exten => 5,1,MeetMe(900,d1)\n"
	"exten => 6,1,MeetMe(901,D1)\n"
	"exten => 7,1,MeetMe(600,1lT)\n"
	"exten => 8,1,MeetMe(600,1t)\n"
	"exten => 9,1,MeetMe(600,1mps)\n"
	"exten => 10,1,MeetMe(600,qas)\n"
	"exten => 11,1,MeetMe(600,1wx)\n"
	"exten => 12,1,MeetMe(600,qaAC)\n"
	"exten => 13,1,MeetMe(600,1ck)\n"
	"exten => 14,1,MeetMe(,eq)\n"
	"exten => 15,1,MeetMe(600,1X)\n"
	"exten => 16,1,MeetMe(600,1G(intro)F)\n"
	"exten => 17,1,MeetMe(600,1w(5))\n"
	"exten => 18,1,MeetMe(600,1S(3)C)\n"
	"exten => 19,1,MeetMe(602,1)\n"
	"exten => 20,1,MeetMe(600,1,99)\n"
	"exten => 21,1,MeetMe(601,1,12)\n"
	"exten => 22,1,MeetMe(601,1P,12)\n"
	"exten => 23,1,MeetMe(601,1,34)\n"
	"exten => 24,1,MeetMe(601,1,13)\n"
	"exten => 25,1,MeetMe(903,d1,55)\n"
	"exten => 26,1,MeetMe(903,d1,66)\n"
	"exten => 27,1,MeetMe(600,1r)\n"
	"exten => _X!,2,NoOp(went on ${CONFBRIDGE_RESULT})\n"
	"exten => _X!,3,Wait(100)\n"
	"exten => x30,1,MeetMeCount(600,N)\n"
	"exten => x30,2,NoOp(n=${N})\n"
	"exten => x30,3,MeetMeCount(600)\n"
	"exten => x31,1,MeetMeAdmin(600,${CMD},1)\n"
	"exten => x31,2,NoOp(st=${MEETMEADMINSTATUS})\n";


static int begin(void **state)
{
	int err = set_up(state);

	put_file("confbridge.conf", rooms_conf);
	put_file("meetme.conf", meetme_conf);
	plan(plan_conf);

	return err;
}


/* --- options ------------------------------------------------------------- */

/* What the second party of room 600 asks for */
static const struct {
	const char *exten, *notes;
} rows[] = {
	{"1", "200 b; join b 01/01"},
	{"7", "200 b; join b 00/01"},
	{"8", "200 b; join b 01/80"},
	{"9", "200 b; join b 00/01"},
	{"10", "200 b; join b 01/01"},
	{"11", "200 b; join b 00/80; play b conf-waitforleader"},
	{"13", "200 b; join b 01/01; play b conf-onlyone"},
	{"16", "200 b; join b 01/01; all hear intro"},
	{"20", "200 b; join b 01/01"}, /* 600 has none */
	{"21", "200 b; room 20 ms; join b 01/01"},
	{"22", "200 b; play b conf-getpin"},
	{"23", "200 b; room 20 ms; join b 01/01"},
	{"24", "200 b; play b conf-getpin"},
	{"25", "200 b; room 20 ms; join b 01/01"},
	{"4", "200 b; play b conf-invalid"},
	{"5", "200 b; room 20 ms; join b 01/01"},
	{"14", "200 b; play b conf-getpin"}, /* 601 is empty */
	{"3", "200 b; play b conf-getconfno"},
};


static void test_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct call *a, *b;

		forget_legs();
		fake_room_reset();
		a = enter("a", "1");
		forget_notes();
		b = enter("b", rows[i].exten);
		expect(rows[i].notes);
		bye(b->caller);
		bye(a->caller);
		run(1000);
		forget_notes();
	}
}


static void test_pins(void **state)
{
	struct call *a, *b;

	(void)state;
	a = enter("a", "2");
	expect("200 a; play a conf-getpin");
	press(a->caller, "12");
	expect("quiet a; room 20 ms; join a 01/01");
	assert_int_equal(0, room_count_admins(room_find("601")));
	b = enter("b", "2");
	press(b->caller, "34");
	assert_int_equal(1, room_count_admins(room_find("601")));

	/* a room with an administrator's PIN alone */
	forget_notes();
	a = enter("c", "19");
	press(a->caller, "#");
	b = enter("d", "19");
	press(b->caller, "77");
	assert_int_equal(2, room_count(room_find("602")));
	assert_int_equal(1, room_count_admins(room_find("602")));
}


static void test_who_opens_chooses_the_pin(void **state)
{
	struct call *a = enter("a", "6"), *b;

	(void)state;
	expect("200 a; play a conf-getpin");
	press(a->caller, "55#");
	expect("quiet a; room 20 ms; join a 01/01");
	b = enter("b", "6");
	expect("200 b; play b conf-getpin");
	press(b->caller, "44");
	expect("quiet b; play b conf-invalidpin&conf-getpin");
	press(b->caller, "55");
	expect("quiet b; join b 01/01");

	/* ... by the argument */
	(void)enter("c", "25");
	expect("200 c; room 20 ms; join c 01/01");
	b = enter("d", "26");
	expect("200 d; play d conf-getpin");
	press(b->caller, "55");
	expect("quiet d; join d 01/01");
}


static void test_number_is_asked(void **state)
{
	struct call *a = enter("a", "3");

	(void)state;
	expect("200 a; play a conf-getconfno");
	press(a->caller, "699#");
	expect("quiet a; play a conf-invalid&conf-getconfno");
	press(a->caller, "600#");
	expect("quiet a; room 20 ms; join a 01/01");
	a = enter("b", "3");
	press(a->caller, "1#2#3#");
	forget_notes();
	run(1010);
	expect("hangup b 16");
}


/* --- leaving ------------------------------------------------------------- */

static void test_ways_out(void **state)
{
	struct call *a = enter("a", "9");

	(void)state;
	press(a->caller, "#");
	run(10);
	assert_string_equal("DTMF", call_var(a, "CONFBRIDGE_RESULT"));
	assert_int_equal(3, a->prio);

	a = enter("b", "15"); /* extension 2 of the context */
	forget_notes();
	press(a->caller, "2");
	run(10);
	expect("part b; room closes; play b conf-getpin");

	a = enter("c", "18");
	run(3100);
	assert_string_equal("TIMEOUT", call_var(a, "CONFBRIDGE_RESULT"));

	a = enter("d", "17");
	run(5100);
	assert_string_equal("TIMEOUT", call_var(a, "CONFBRIDGE_RESULT"));
}


static void test_kicked_ends_the_call_without_c(void **state)
{
	struct call *a = enter("a", "1"), *b = enter("b", "12");

	(void)state;
	room_kick(room_party_find(room_find("600"), NULL, 1));
	room_kick(room_party_find(room_find("600"), NULL, 2));
	run(1500);
	assert_int_equal(CAUSE_NORMAL, legv[1]->cause);
	assert_int_equal(3, b->prio);
	(void)a;
}


static void test_last_one_goes_with_k(void **state)
{
	struct call *a = enter("a", "13");

	(void)state;
	(void)enter("b", "1");
	forget_notes();
	bye(a->caller);
	run(1500);
	expect("part a; play b conf-kicked; part b; room closes; hangup b 16");
}


static void test_menu(void **state)
{
	struct call *a = enter("a", "9"), *boss = enter("boss", "10");

	(void)state;
	forget_notes();
	press(a->caller, "*");
	expect("play a conf-usermenu");
	press(a->caller, "1");
	expect("quiet a; join a 01/01; play a conf-unmuted");
	run(1010);
	press(a->caller, "*9");
	expect("play a conf-usermenu; quiet a; join a 01/01 gain 1 0");
	press(a->caller, "*2"); /* not in his menu */
	expect("play a conf-usermenu; quiet a; play a conf-errormenu");
	press(boss->caller, "*2");
	expect("play boss conf-adminmenu; quiet boss; play boss "
	       "conf-lockednow");
}


/* --- count, administration ----------------------------------------------- */

static void test_count(void **state)
{
	(void)state;
	(void)enter("a", "1");
	(void)enter("b", "1");
	forget_notes();
	(void)enter("q", "x30");
	run(1500);
	trace_has("NoOp(n=2)");
	noted("play q digits/2");
}


static const struct {
	const char *cmd, *status, *notes;
} admin_rows[] = {
	{"M", "OK", "join a 00/01"},   {"m", "OK", "join a 01/01"},
	{"T", "OK", "join a 01/01 gain 1 0"},
	{"U", "OK", "join a 01/01 gain 1 1"},
	{"r", "OK", "join a 01/01"},
	{"S", "OK", "join a 01/01 gain 1 0; join boss 01/01 gain 1 0"},
	{"v", "OK", "join a 01/01 gain 1 -1; join boss 01/01 gain 1 -1"},
	{"R", "OK", "join a 01/01; join boss 01/01"},
	{"N", "OK", "join a 00/01"},   {"n", "OK", "join a 01/01"},
	{"L", "OK", ""},               {"l", "OK", ""},
	{"E", "FAILED", ""},           {"x", "NOPARSE", ""},
	{"e", "OK", "play a conf-kicked"},
};


static void test_admin(void **state)
{
	(void)state;
	(void)enter("a", "1");
	(void)enter("boss", "12");
	forget_notes();
	for (size_t i = 0; i < ARRAY_SIZE(admin_rows); i++) {
		char want[128];

		cdr_trace[0] = '\0';
		(void)enter_with("q", "x31", "CMD", admin_rows[i].cmd);
		run(10);
		(void)re_snprintf(want, sizeof(want), "NoOp(st=%s)",
				  admin_rows[i].status);
		if (!strstr(cdr_trace, want))
			fail_msg("%s: %s", admin_rows[i].cmd, cdr_trace);
		(void)re_snprintf(want, sizeof(want), "%s%shangup q 16",
				  admin_rows[i].notes,
				  admin_rows[i].notes[0] ? "; " : "");
		if (strcmp(notes, want))
			fail_msg("%s: %s", admin_rows[i].cmd, notes);
		forget_notes();
	}
}


/* A variable of all calls names the file as well, unless a caller has sent
 * it */
static void test_record_name_of_all_calls(void **state)
{
	struct pl name = PL_LIT("MEETME_RECORDINGFILE"), val = PL_LIT("talk");

	(void)state;
	for (unsigned wire = 0; wire < 2; wire++) {
		struct call *call;

		fake_room_reset();
		forget_legs();
		assert_int_equal(0, vars_set(srv.globals, &name, &val, wire));
		call = enter("a", "27");
		run(10);
		noted("record the room to ");
		assert_int_equal(wire, strstr(notes, "/talk.wav") == NULL);
		bye(call->caller);
		run(1000);
		forget_notes();
	}
}


int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end_rooms)
	const struct CMUnitTest tests[] = {
		TEST(test_record_name_of_all_calls),
		TEST(test_options),
		TEST(test_pins),
		TEST(test_who_opens_chooses_the_pin),
		TEST(test_number_is_asked),
		TEST(test_ways_out),
		TEST(test_kicked_ends_the_call_without_c),
		TEST(test_last_one_goes_with_k),
		TEST(test_menu),
		TEST(test_count),
		TEST(test_admin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
