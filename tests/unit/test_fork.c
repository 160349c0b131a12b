/**
 * @file tests/unit/test_fork.c  Dial: devices, races, ends
 */
#include "fork_util.h"


/* --- devices -------------------------------------------------------------- */

struct dev_row {
	const char *text;  /* what stands between < > is from the wire */
	const char *want;  /* "peer number host:port" or "!" */
};

/* clang-format off */
static const struct dev_row dev_rows[] = {
	{"SIP/1002",                  "1002 - -:0"},
	{"sip/1002",                  "1002 - -:0"},
	{"SIP/<1002>",                "1002 - -:0"},
	{"SIP/trunk/0123",            "trunk 0123 -:0"},
	{"SIP/0123@trunk",            "trunk 0123 -:0"},
	{"SIP/<0123>@trunk",          "trunk 0123 -:0"},
	{"SIP/<01@evil>@trunk",       "trunk 01@evil -:0"},
	{"SIP/<01/x>@trunk",          "trunk 01/x -:0"},
	{"SIP/trunk/<1@evil/z>",      "trunk 1@evil/z -:0"},
	{"SIP/bob@192.0.2.9",         "- bob 192.0.2.9:0"},
	{"SIP/bob@192.0.2.9:5070",    "- bob 192.0.2.9:5070"},
	{"SIP/bob@[2001:db8::1]:5070", "- bob 2001:db8::1:5070"},
	{"SIP/bob@host.example",      "- bob host.example:0"},
	{"SIP/host.example",          "- - host.example:0"},
	{"SIP/<host.example>",        "!"},
	{"SIP/bob@<host.example>",    "!"},
	{"SIP/<bob@host.example>",    "!"},
	{"<SIP/1002>",                "!"},
	{"SIP/4711",                  "!"}, /* a number is no host */
	{"SIP/4711@0815",             "!"},
	{"SIP/caller",                "!"}, /* type=user */
	{"SIP/",                      "!"},
	{"SIP/a:b@trunk",             "!"},
	{"SIP/1@host!x",              "!"},
	{"SIP/1@host//192.0.2.1",     "!"},
	{"SIP/1@ho st",               "!"},
	{"SIP/1@host:0",              "!"},
	{"SIP/1@host:99999",          "!"},
	{"DAHDI/1",                   "!"},
	{"Local/10@ctx",              "local 10 ctx:0"},
	{"Local/10@ctx/n",            "local 10 ctx:0"},
	{"Local/<1@b>@ctx",           "local 1@b ctx:0"},
	{"Local/10",                  "!"},
};
/* clang-format on */


/* Text with its map */
static struct ttext *wire_text(const char *s)
{
	struct ttext *t;
	bool wire = false;

	assert_int_equal(ttext_alloc(&t), 0);
	for (; *s; s++) {
		if (*s == '<' || *s == '>')
			wire = *s == '<';
		else
			assert_int_equal(ttext_putc(t, *s, wire), 0);
	}

	return t;
}


static void test_devices(void **state)
{
	plan("[c]\n");

	for (size_t i = 0; i < ARRAY_SIZE(dev_rows); i++) {
		struct ttext *t = wire_text(dev_rows[i].text);
		struct fork_dev dev;
		const char *why = NULL;
		char got[600] = "!";

		if (!fork_dev_decode(&dev, srv.cfg, t, &why))
			(void)re_snprintf(
				got, sizeof(got), "%s %s %s:%u",
				dev.tech == FORK_LOCAL ? "local"
				: dev.peer	       ? dev.peer->name
						       : "-",
				dev.user[0] ? dev.user : "-",
				dev.host[0] ? dev.host : "-", dev.port);
		else
			assert_true(why && why[0]);

		assert_string_equal(got, dev_rows[i].want);
		mem_deref(t);
	}
}


/* --- one leg that fails: DIALSTATUS and cause ----------------------------- */

struct fail_row {
	uint16_t scode;
	const char *status;
	uint8_t cause;
};

static const struct fail_row fail_rows[] = {
	{486, "BUSY", 17},	 {600, "BUSY", 17},
	{480, "BUSY", 19},	 {603, "BUSY", 21},
	{404, "CHANUNAVAIL", 1}, {403, "CHANUNAVAIL", 21},
	{408, "CHANUNAVAIL", 18}, {488, "CHANUNAVAIL", 58},
	{501, "CHANUNAVAIL", 29}, {484, "CHANUNAVAIL", 28},
	{500, "CONGESTION", 38}, {503, "CONGESTION", 34},
	{407, "CONGESTION", 21}, {410, "CONGESTION", 22},
	{483, "NOANSWER", 19},	 {302, "BUSY", 127},
};


static void test_failures(void **state)
{
	char want[64];

	plan("[c]\nexten => 1,1,Dial(SIP/trunk/5,20)\n"
	     "exten => 1,2,NoOp(${DIALSTATUS}=${HANGUPCAUSE})\n");

	for (size_t i = 0; i < ARRAY_SIZE(fail_rows); i++) {
		(void)dial_in("c", "1");
		refuse(newest(), fail_rows[i].scode);
		run(20);
		(void)re_snprintf(want, sizeof(want), "NoOp(%s=%u)",
				  fail_rows[i].status, fail_rows[i].cause);
		trace_has(want);
		forget_legs();
	}
}


/* Unregistered, unreachable, at its limit, unknown: nothing is sent */
static void test_unavailable(void **state)
{
	plan("[c]\nexten => 1,1,Dial(SIP/1002)\n"
	     "exten => 1,2,NoOp(${DIALSTATUS}=${HANGUPCAUSE})\n"
	     "exten => 2,1,Dial(SIP/nobody)\n"
	     "exten => 2,2,NoOp(${DIALSTATUS}=${HANGUPCAUSE})\n");
	reach_err = ENOENT;
	(void)dial_in("c", "1");
	run(10);
	trace_has("NoOp(CHANUNAVAIL=20)");
	expect("hangup 1001 34"); /* as Congestion() does: 503 */
	assert_string_equal(last_cdr.disposition, "FAILED");

	reach_err = EHOSTUNREACH;
	(void)dial_in("c", "1");
	run(10);
	trace_has("NoOp(CHANUNAVAIL=20)");
	(void)dial_in("c", "2");
	run(10);
	trace_has("NoOp(CHANUNAVAIL=");
}


static void test_call_limit(void **state)
{
	plan("[c]\nexten => 1,1,Dial(SIP/1003)\n"
	     "exten => 1,2,NoOp(${DIALSTATUS}=${HANGUPCAUSE})\n");
	(void)dial_in("c", "1");
	(void)dial_in("c", "1");
	run(10);
	trace_has("NoOp(CHANUNAVAIL=17)");
}


/* The phones of one peer ring together: that is one call */
static void test_call_limit_of_two_phones(void **state)
{
	plan("[c]\nexten => 1,1,Dial(SIP/2001)\n"
	     "exten => 1,2,NoOp(${DIALSTATUS}=${HANGUPCAUSE})\n");
	put_file("sip.conf", "[2001]\ntype=friend\nhost=dynamic\n"
		 "secret=s3cr3t-2001\nmaxcontacts=2\ncall-limit=2\n"
		 "[1001]\ntype=friend\nhost=dynamic\nsecret=s3cr3t-1001\n");
	reload();
	(void)dial_in("c", "1");
	expect("invite 2001; invite 2001");
	(void)dial_in("c", "1");
	expect("invite 2001; invite 2001");
	(void)dial_in("c", "1");
	run(10);
	trace_has("NoOp(CHANUNAVAIL=17)");
	pick_up(find("2001"));
	assert_int_equal(calls_of_peer("2001"), 2);
}


/* --- answer and talk ------------------------------------------------------ */

static void test_answer_and_callee_hangs_up(void **state)
{
	plan(simple_plan);
	(void)dial_in("c", "1");
	expect("invite 1002");
	ring(find("1002"));
	expect("180 1001");
	ring(find("1002"));
	run(2500);
	pick_up(find("1002"));
	expect("200 1001; bridge 1001 1002");
	run(10000);
	bye(find("1002"));
	run(10);
	expect("unbridge 1001; hangup 1001 16");
	trace_lacks("NoOp(on)");
	trace_has("NoOp(ANSWER)");
	assert_string_equal(cdr_text, "1001|1|Dial|SIP/1002-00000002|ANSWERED"
				      "|12|10|callee|16");
}


static void test_answer_and_caller_hangs_up(void **state)
{
	struct call *call;

	plan(simple_plan);
	call = dial_in("c", "1");
	pick_up(find("1002"));
	expect("invite 1002; 200 1001; bridge 1001 1002");
	bye(call->caller);
	run(10);
	expect("hangup 1002 16; unbridge 1001");
	trace_has("NoOp(ANSWER)");
	assert_string_equal(last_cdr.hangup_by, "caller");
}


/* g: the plan goes on */
static void test_go_on(void **state)
{
	plan("[c]\nexten => 1,1,Dial(SIP/1002,20,g)\n"
	     "exten => 1,2,NoOp(${DIALSTATUS} ${ANSWEREDTIME} "
	     "${DIALEDTIME} ${DIALEDPEERNUMBER})\nexten => 1,3,Wait(1)\n");
	(void)dial_in("c", "1");
	run(2000);
	pick_up(find("1002"));
	run(3000);
	bye(find("1002"));
	run(2000);
	trace_has("NoOp(ANSWER 3 5 )");
}


static void test_caller_cancels(void **state)
{
	struct call *call;

	plan(simple_plan);
	call = dial_in("c", "1");
	ring(find("1002"));
	cancel(call->caller);
	run(10);
	expect("invite 1002; 180 1001; hangup 1002 16");
	trace_has("NoOp(CANCEL)");
	assert_string_equal(last_cdr.disposition, "NO ANSWER");
}


/* The answer crosses the caller's CANCEL */
static void test_cancel_crosses_answer(void **state)
{
	struct call *call;
	struct leg *callee;

	plan(simple_plan);
	call = dial_in("c", "1");
	callee = find("1002");
	cancel(call->caller);
	expect("invite 1002; hangup 1002 16");
	callee->st = LEG_CONFIRMED;
	timer_cancel(&callee->gone);
	simple(callee, LEG_EV_ANSWERED);
	expect("hangup 1002 26 elsewhere");
	run(10);
	assert_int_equal(cdrs, 1);
	assert_int_equal(list_count(calls_list()), 0);
}


static void test_timeout(void **state)
{
	plan("[c]\nexten => 1,1,Dial(SIP/1002,5)\n"
	     "exten => 1,2,NoOp(${DIALSTATUS}=${HANGUPCAUSE})\n");
	(void)dial_in("c", "1");
	run(4900);
	expect("invite 1002");
	run(200);
	expect("hangup 1002 16; hangup 1001 19");
	trace_has("NoOp(NOANSWER=19)");
}


/* --- several legs --------------------------------------------------------- */

static const char two_plan[] =
	"[c]\nexten => 1,1,Dial(SIP/1002&SIP/1003,20)\n"
	"exten => 1,2,NoOp(${DIALSTATUS}=${HANGUPCAUSE})\n";


static void test_first_answer_wins(void **state)
{
	plan(two_plan);
	(void)dial_in("c", "1");
	ring(find("1002"));
	ring(find("1003"));
	pick_up(find("1003"));
	expect("invite 1002; invite 1003; 180 1001; "
	       "hangup 1002 26 elsewhere; 200 1001; bridge 1001 1003");
	pick_up(find("1002")); /* too late */
	expect("hangup 1002 26 elsewhere");
	run(10);
	bye(find("1003"));
	run(10);
	assert_int_equal(cdrs, 1);
}


/* Early media is for a single leg only */
static void test_early_media(void **state)
{
	plan(two_plan);
	(void)dial_in("c", "1");
	progress(find("1002"));
	expect("invite 1002; invite 1003; 180 1001");

	plan(simple_plan);
	(void)dial_in("c", "1");
	progress(find("1002"));
	expect("invite 1002; 183 1001; bridge 1001 1002");
	refuse(find("1002"), 404);
	run(10);
	expect("unbridge 1001; hangup 1001 34");
}


struct pair_row {
	uint16_t a, b;
	const char *status;
};

static const struct pair_row pair_rows[] = {
	{486, 404, "BUSY=17"},	       {404, 486, "BUSY=17"},
	{503, 404, "CONGESTION=34"},   {404, 403, "CHANUNAVAIL=1"},
	{483, 404, "CHANUNAVAIL=1"},   {503, 486, "BUSY=17"},
};


static void test_sum_of_failures(void **state)
{
	plan(two_plan);

	for (size_t i = 0; i < ARRAY_SIZE(pair_rows); i++) {
		(void)dial_in("c", "1");
		refuse(find("1002"), pair_rows[i].a);
		run(10);
		refuse(find("1003"), pair_rows[i].b);
		run(10);
		trace_has(pair_rows[i].status);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		FORK_TEST(test_devices),
		FORK_TEST(test_failures),
		FORK_TEST(test_unavailable),
		FORK_TEST(test_call_limit),
		FORK_TEST(test_call_limit_of_two_phones),
		FORK_TEST(test_answer_and_callee_hangs_up),
		FORK_TEST(test_answer_and_caller_hangs_up),
		FORK_TEST(test_go_on),
		FORK_TEST(test_caller_cancels),
		FORK_TEST(test_cancel_crosses_answer),
		FORK_TEST(test_timeout),
		FORK_TEST(test_first_answer_wins),
		FORK_TEST(test_early_media),
		FORK_TEST(test_sum_of_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
