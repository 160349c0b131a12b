/**
 * @file tests/unit/test_fork.c  Dial: devices, races, ends, what is told
 */
#include "call_util.h"
#include "b2bua/fork.h"


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


/* --- answer and talk ------------------------------------------------------ */

static const char simple_plan[] =
	"[c]\nexten => 1,1,Dial(SIP/1002,20)\nexten => 1,2,NoOp(on)\n"
	"exten => h,1,NoOp(${DIALSTATUS})\n";


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
	notes[0] = '\0';
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
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_devices),
		T(test_failures),
		T(test_unavailable),
		T(test_call_limit),
		T(test_answer_and_callee_hangs_up),
		T(test_answer_and_caller_hangs_up),
		T(test_go_on),
		T(test_caller_cancels),
		T(test_cancel_crosses_answer),
		T(test_timeout),
		T(test_first_answer_wins),
		T(test_early_media),
		T(test_sum_of_failures),
		T(test_ring_and_music),
		T(test_hangup_digit),
		T(test_limit),
		T(test_announce_and_digits),
		T(test_goto_both),
		T(test_headers),
		T(test_subroutine_and_lines),
		T(test_max_forwards),
		T(test_wire_separates_nothing),
		T(test_forward),
		T(test_forward_fails),
		T(test_forward_loop),
		T(test_forward_to_prompt),
		T(test_local_device), T(test_outbound_group),
	T(test_outbound_group),
		T(test_hold),
		T(test_limit_and_hold),
		T(test_digits),
		T(test_two_dials),
		T(test_transfer_by_callee),
		T(test_transfer_by_caller),
		T(test_transfer_to_nowhere),
		T(test_transfer_and_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
