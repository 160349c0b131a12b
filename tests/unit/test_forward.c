/**
 * @file tests/unit/test_forward.c  Forwards that are kept here, do not disturb,
 *                                  the codes, and what they say of themselves
 */
#include "call_util.h"
#include "b2bua/devstate.h"
#include "b2bua/forward.h"
#include "b2bua/redirect.h"


static const char text[] =
	"[c]\nexten => 1,1,Dial(SIP/1002,30)\n"
	"exten => 1,2,NoOp(then ${DIALSTATUS} ${FORWARDERNAME})\n"
	"exten => 2,1,Dial(SIP/1002,30,i)\n"
	"exten => 2,2,NoOp(then ${DIALSTATUS})\n"
	"exten => 3,1,Dial(SIP/1002,5)\n"
	"exten => 3,2,NoOp(then ${DIALSTATUS})\n"
	"exten => 4,1,Dial(SIP/1002&SIP/1003,30)\n"
	"exten => 5,1,Dial(SIP/9@trunk&SIP/1002/7)\n"
	"exten => 6,1,Set(FORWARD_CONTEXT=office)\n"
	"exten => 6,2,Goto(1,1)\n"
	"[office]\n"
	"exten => 1002,1,Dial(SIP/1002,30)\n"
	"exten => 1003,1,NoOp(r ${REDIRECTING(from-num)} "
	"${REDIRECTING(reason)} ${REDIRECTING(count)} ${CALLERID(rdnis)})\n"
	"exten => 1003,2,Dial(SIP/1003,30)\n"
	"exten => _0X.,1,Dial(SIP/${EXTEN:1}@trunk,30)\n";


static void assert_over(void)
{
	assert_int_equal(list_count(calls_list()), 0);
}


/* --- the store ------------------------------------------------------------ */

static void test_set(void **state)
{
	assert_null(forward_to("1002", FORWARD_ALL));
	assert_int_equal(forward_set("1002", FORWARD_ALL, "+49-30.1*2#x"), 0);
	assert_string_equal(forward_to("1002", FORWARD_ALL), "+49-30.1*2#x");
	assert_null(forward_to("1002", FORWARD_BUSY));
	assert_string_equal(store_db_get("forward", "1002/all"),
			    "+49-30.1*2#x");
	assert_int_equal(forward_set("1002", FORWARD_ALL, NULL), 0);
	assert_null(forward_to("1002", FORWARD_ALL));

	assert_int_equal(forward_set("1002", FORWARD_ALL, ""), EINVAL);
	assert_int_equal(forward_set("1002", FORWARD_ALL, "1002"), EINVAL);
	assert_int_equal(forward_set("1002", FORWARD_ALL, "1&SIP/9"), EINVAL);
	assert_int_equal(forward_set("1002", FORWARD_ALL, "1@x"), EINVAL);
	assert_int_equal(forward_set("", FORWARD_ALL, "1"), EINVAL);

	/* what a plan wrote */
	assert_int_equal(store_db_put("forward", "1002/all", "1@x,1"), 0);
	assert_null(forward_to("1002", FORWARD_ALL));

	assert_false(forward_dnd("1002"));
	assert_int_equal(forward_set_dnd("1002", true), 0);
	assert_true(forward_dnd("1002"));
	assert_int_equal(forward_set_dnd("1002", false), 0);
	assert_false(forward_dnd("1002"));
	assert_int_equal(store_db_put("forward", "1002/dnd", "no"), 0);
	assert_false(forward_dnd("1002"));
}


static void count_handler(const char *peer, const char *word,
			  const char *number, void *arg)
{
	char *buf = arg;

	(void)re_snprintf(buf + strlen(buf), 100, "%s %s %s;", peer, word,
			  number);
}


static void test_each(void **state)
{
	char buf[512] = "";

	assert_int_equal(forward_set("1002", FORWARD_BUSY, "7"), 0);
	assert_int_equal(forward_set_dnd("1003", true), 0);
	assert_int_equal(forward_each(count_handler, buf), 2);
	assert_string_equal(buf, "1002 busy 7;1003 dnd 1;");
}


/* --- all calls ------------------------------------------------------------ */

static void test_all(void **state)
{
	plan(text);
	assert_int_equal(forward_set("1002", FORWARD_ALL, "1003"), 0);
	(void)dial_in("c", "1");
	run(10);
	expect("invite 1003");
	pick_up(find("1003"));
	expect("200 1001; bridge 1001 1003");
	bye(find("1003"));
	run(10);
	trace_has("NoOp(r 1 cfu 1 1)");
	assert_over();
}


/* Option i rings the phone itself, and so does a number at it */
static void test_option_i(void **state)
{
	plan(text);
	assert_int_equal(forward_set("1002", FORWARD_ALL, "1003"), 0);
	assert_int_equal(forward_set_dnd("1002", true), 0);
	cancel(dial_in("c", "2")->caller);
	expect("invite 1002; hangup 1002 16");
}


static void test_not_for_a_number_at_it(void **state)
{
	plan(text);
	assert_int_equal(forward_set("1002", FORWARD_ALL, "1003"), 0);
	assert_int_equal(forward_set("trunk", FORWARD_ALL, "1003"), 0);
	(void)dial_in("c", "5");
	run(10);
	expect("invite trunk/9; invite 1002/7");
}


/* Where the phone may not call, its calls don't go either */
static void test_not_in_its_context(void **state)
{
	plan(text);
	assert_int_equal(forward_set("1002", FORWARD_ALL, "55"), 0);
	(void)dial_in("c", "1");
	run(20000);
	expect("hangup 1001 34");
	trace_has("then CHANUNAVAIL 1002");
	assert_over();
}


/* The phone pays: what it may not dial is not dialled for it either */
static void test_forwarder_pays(void **state)
{
	plan(text);
	assert_int_equal(forward_set("1002", FORWARD_ALL, "0123"), 0);
	(void)dial_in("c", "1");
	run(10);
	expect("invite trunk/123");
}


/* --- busy ----------------------------------------------------------------- */

static void test_busy(void **state)
{
	plan(text);
	assert_int_equal(forward_set("1002", FORWARD_BUSY, "1003"), 0);
	(void)dial_in("c", "1");
	expect("invite 1002");
	refuse(find("1002"), 486);
	run(10);
	expect("invite 1003");
	refuse(find("1003"), 486);
	run(20000);
	trace_has("NoOp(r 1 cfb 1 1)");
	trace_has("then BUSY SIP/1002");
	assert_over();
}


/* Not for what says nothing about the user */
static void test_busy_is_busy(void **state)
{
	plan(text);
	assert_int_equal(forward_set("1002", FORWARD_BUSY, "1003"), 0);
	(void)dial_in("c", "1");
	refuse(find("1002"), 488);
	run(20000);
	expect("invite 1002; hangup 1001 34");
	assert_over();
}


static void test_do_not_disturb(void **state)
{
	plan(text);
	assert_int_equal(forward_set_dnd("1002", true), 0);
	(void)dial_in("c", "1");
	run(20000);
	expect("hangup 1001 17");
	trace_has("then BUSY");

	assert_int_equal(forward_set("1002", FORWARD_BUSY, "1003"), 0);
	(void)dial_in("c", "1");
	run(10);
	expect("invite 1003");
	pick_up(find("1003"));
	bye(find("1003"));
	run(10);
	trace_has("NoOp(r 1 dnd 1 1)");
	assert_over();
}


/* --- no answer ------------------------------------------------------------ */

static void test_no_answer(void **state)
{
	plan(text);
	assert_int_equal(forward_set("1002", FORWARD_NOANSWER, "1003"), 0);
	(void)dial_in("c", "1");
	ring(find("1002"));
	run(19900);
	expect("invite 1002; 180 1001");
	run(200);
	expect("hangup 1002 19; invite 1003");
	pick_up(find("1003"));
	run(1000);
	bye(find("1003"));
	run(10);
	trace_has("NoOp(r 1 cfnr 1 1)");
	assert_over();
}


/* The time of the Dial is shorter: it begins anew for the other one */
static void test_no_answer_in_time(void **state)
{
	plan(text);
	assert_int_equal(forward_set("1002", FORWARD_NOANSWER, "1003"), 0);
	(void)dial_in("c", "3");
	ring(find("1002"));
	run(5100);
	expect("invite 1002; 180 1001; hangup 1002 19; invite 1003");
	ring(find("1003"));
	run(4800);
	expect("");
	run(300);
	expect("hangup 1003 16; hangup 1001 19");
	trace_has("then NOANSWER");
	assert_over();
}


static void test_not_registered(void **state)
{
	plan(text);
	assert_int_equal(forward_set("1002", FORWARD_NOANSWER, "0123"), 0);
	reach_err = ENOENT;
	(void)dial_in("c", "1");
	run(10);
	expect("invite trunk/123");
}


/* The others of a group go on ringing */
static void test_group(void **state)
{
	plan(text);
	assert_int_equal(forward_set("1002", FORWARD_BUSY, "0123"), 0);
	(void)dial_in("c", "4");
	ring(find("1003"));
	refuse(find("1002"), 486);
	run(10);
	expect("invite 1002; invite 1003; 180 1001; invite trunk/123");
	pick_up(find("1003"));
	expect("hangup trunk 26 elsewhere; 200 1001; bridge 1001 1003");
}


/* --- circles -------------------------------------------------------------- */

static void test_loop(void **state)
{
	plan(text);
	assert_int_equal(forward_set("1002", FORWARD_ALL, "1003"), 0);
	assert_int_equal(forward_set("1003", FORWARD_ALL, "1002"), 0);
	(void)dial_in("c", "1");
	run(20000);
	expect("hangup 1001 34");
	assert_over();
}


static void test_busy_loop(void **state)
{
	plan(text);
	assert_int_equal(forward_set("1002", FORWARD_BUSY, "1003"), 0);
	assert_int_equal(forward_set("1003", FORWARD_BUSY, "1002"), 0);
	(void)dial_in("c", "1");
	refuse(find("1002"), 486);
	run(10);
	refuse(find("1003"), 486);
	run(10);
	expect("invite 1002; invite 1003; invite 1002");
	refuse(find("1002"), 486);
	run(20000);
	assert_over();
}


/* A call that comes from ten forwards goes no further */
static void test_forwarded_too_often(void **state)
{
	plan("[c]\nexten => 1,1,Set(REDIRECTING(from-num)=7)\n"
	     "exten => 1,2,Set(REDIRECTING(count)=10)\n"
	     "exten => 1,3,Dial(SIP/1002)\n"
	     "[office]\nexten => 1003,1,Dial(SIP/1003)\n");
	assert_int_equal(forward_set("1002", FORWARD_ALL, "1003"), 0);
	(void)dial_in("c", "1");
	run(20000);
	expect("hangup 1001 34");
	assert_over();
}


/* --- codes ---------------------------------------------------------------- */

struct code_row {
	const char *exten;
	const char *keys;  /* pressed behind it */
	const char *want;  /* what is said */
	const char *all, *busy, *noanswer;
	bool dnd;
};

#define SET(what) "play 1001 call-fwd-" what "&is-set-to&digits/1&digits/0&" \
		  "digits/0&digits/3"
#define ASK "play 1001 vm-enter-num-to-call&vm-then-pound; quiet 1001; "

static const struct code_row codes[] = {
	{"*721003", "", SET("unconditional"), "1003", NULL, NULL, false},
	{"*711003", "", SET("on-busy") "&call-fwd-no-ans&is-set-to&digits/1&"
			"digits/0&digits/0&digits/3",
	 "1003", "1003", "1003", false},
	{"*73", "", "play 1001 call-forwarding&de-activated", NULL, NULL, NULL,
	 false},
	{"*90", "1003#", ASK SET("on-busy"), NULL, "1003", NULL, false},
	{"*92", "#", ASK "play 1001 call-fwd-no-ans&de-activated", NULL,
	 "1003", NULL, false},
	{"*721001", "", "play 1001 invalid", NULL, "1003", NULL, false},
	{"*7255", "", "play 1001 invalid", NULL, "1003", NULL, false},
	{"*78", "", "play 1001 do-not-disturb&activated", NULL, "1003", NULL,
	 true},
	{"*79", "", "play 1001 do-not-disturb&de-activated", NULL, "1003",
	 NULL, false},
};


static void same(const char *what, const char *got, const char *want)
{
	if (str_cmp(got ? got : "none", want ? want : "none"))
		fail_msg("%s: %s", what, got ? got : "none");
}


static void test_codes(void **state)
{
	plan(text);

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		const struct code_row *r = &codes[i];
		char want[512];
		struct call *call;

		forget_legs();
		call = dial_in("tandem-star", r->exten);
		if (r->keys[0])
			press(call->caller, r->keys);
		run(20000);
		(void)re_snprintf(want, sizeof(want),
				  "200 1001; %s; hangup 1001 16", r->want);
		expect(want);
		same(r->exten, forward_to("1001", FORWARD_ALL), r->all);
		same(r->exten, forward_to("1001", FORWARD_BUSY), r->busy);
		same(r->exten, forward_to("1001", FORWARD_NOANSWER),
		     r->noanswer);
		assert_int_equal(forward_dnd("1001"), r->dnd);
	}

	assert_int_equal(devstate_get("Custom:DND1001"), DEV_NOT_INUSE);
	assert_int_equal(devstate_get("Custom:CF1001"), DEV_INUSE);
}


/* The plan may say it for another phone, and is told what came of it */
static void test_app(void **state)
{
	plan("[c]\nexten => 1,1,CallForward(all,1003,1002)\n"
	     "exten => 1,2,NoOp(a ${FORWARDSTATUS})\n"
	     "exten => 1,3,CallForward(all,off,1002)\n"
	     "exten => 1,4,NoOp(b ${FORWARDSTATUS})\n"
	     "exten => 1,5,CallForward(all,1003,nobody)\n"
	     "exten => 1,6,NoOp(c ${FORWARDSTATUS})\n"
	     "exten => 1,7,CallForward(always,1003)\n"
	     "exten => 1,8,NoOp(d ${FORWARDSTATUS})\n"
	     "exten => 1,9,CallForward(busy,say)\n"
	     "exten => 1,10,NoOp(e ${FORWARDSTATUS})\n"
	     "exten => 1,11,DoNotDisturb()\n"
	     "exten => 1,12,NoOp(f ${FORWARDSTATUS})\n"
	     "exten => 1,13,DoNotDisturb()\n"
	     "exten => 1,14,NoOp(g ${FORWARDSTATUS})\n"
	     "[office]\nexten => 1003,1,Dial(SIP/1003)\n");
	(void)dial_in("c", "1");
	run(20000);
	trace_has("NoOp(a SET)");
	trace_has("NoOp(b OFF)");
	trace_has("NoOp(c NOPHONE)");
	trace_has("NoOp(d INVALID)");
	trace_has("NoOp(e UNCHANGED)");
	trace_has("NoOp(f ON)");
	trace_has("NoOp(g OFF)");
}


/* A caller who has proved nothing sets nothing */
static void test_stranger(void **state)
{
	struct call *call;
	struct leg *leg;

	plan(text);
	assert_int_equal(call_alloc(&call, srv.cfg), 0);
	leg = leg_new(call, "1001", config_peer(srv.cfg, "1001"), false);
	call_run(call, leg, "tandem-star", "*721003");
	run(20000);
	assert_null(forward_to("1001", FORWARD_ALL));

	assert_int_equal(call_alloc(&call, srv.cfg), 0);
	call->trusted = true;
	leg = leg_new(call, "trunk", config_peer(srv.cfg, "trunk"), false);
	call_run(call, leg, "tandem-star", "*721003");
	run(20000);
	assert_null(forward_to("trunk", FORWARD_ALL));
	assert_over();
}


/* What the file says itself stays */
static void test_own_codes(void **state)
{
	plan("[tandem-star]\nexten => *73,1,NoOp(mine)\n"
	     "[office]\ninclude => tandem-star\n");
	(void)dial_in("office", "*73");
	run(100);
	trace_has("NoOp(mine)");
	(void)dial_in("office", "*78");
	run(5000);
	assert_true(forward_dnd("1001"));
}


/* --- reasons -------------------------------------------------------------- */

static void test_reasons(void **state)
{
	static const struct {
		const char *word, *why, *old;
		unsigned cause;
	} rows[] = {
		{"user-busy", "user-busy", "cfb", 486},
		{"CFB", "user-busy", "cfb", 486},
		{"cfnr", "no-answer", "cfnr", 408},
		{"Unconditional", "unconditional", "cfu", 302},
		{"time_of_day", "time-of-day", "time_of_day", 404},
		{"vendor-9", "vendor-9", "unknown", 302},
		{"a b", NULL, NULL, 0},
		{"x;y", NULL, NULL, 0},
		{"", NULL, NULL, 0},
	};
	char buf[24];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *why;
		struct pl pl;

		pl_set_str(&pl, rows[i].word);
		why = redirect_reason(buf, sizeof(buf), &pl);
		same(rows[i].word, why, rows[i].why);
		if (!why)
			continue;
		assert_string_equal(redirect_reason_old(why), rows[i].old);
		assert_int_equal(redirect_cause(why), rows[i].cause);
	}
}


static void test_next(void **state)
{
	struct redirect *a = NULL, *b = NULL;

	assert_int_equal(redirect_next(&a, NULL, "1", "user-busy"), 0);
	assert_string_equal(a->from, "1");
	assert_string_equal(a->orig, "");
	assert_int_equal(a->count, 1);
	assert_int_equal(redirect_next(&b, a, "2", NULL), 0);
	assert_string_equal(b->from, "2");
	assert_string_equal(b->why, "unconditional");
	assert_string_equal(b->orig, "1");
	assert_string_equal(b->orig_why, "user-busy");
	assert_int_equal(b->count, 2);
	mem_deref(a);
	mem_deref(b);
}


int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_set),
		T(test_each),
		T(test_all),
		T(test_option_i),
		T(test_not_for_a_number_at_it),
		T(test_not_in_its_context),
		T(test_forwarder_pays),
		T(test_busy),
		T(test_busy_is_busy),
		T(test_do_not_disturb),
		T(test_no_answer),
		T(test_no_answer_in_time),
		T(test_not_registered),
		T(test_group),
		T(test_loop),
		T(test_busy_loop),
		T(test_forwarded_too_often),
		T(test_codes),
		T(test_app),
		T(test_stranger),
		T(test_own_codes),
		T(test_reasons),
		T(test_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
