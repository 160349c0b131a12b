/**
 * @file tests/unit/test_exec.c  The plan runner: steps, ends, what callers do
 */
#include "call_util.h"


/* Trace without times and results: "100,1 NoOp(x)|..." of the call record */
static void assert_steps(const char *want)
{
	struct pl rest, line, ext, ctx, prio, text;
	char got[4096] = "";
	size_t n = 0;

	pl_set_str(&rest, cdr_trace);
	while (rest.l) {
		const char *nl = pl_strchr(&rest, '\n');

		line.p = rest.p;
		line.l = nl ? (size_t)(nl - rest.p) : rest.l;
		pl_advance(&rest, (ssize_t)line.l + (nl ? 1 : 0));
		if (re_regex(line.p, line.l,
			     "\\[[^@]+@[^:]+:[0-9]+\\] [^)]*)", &ext, &ctx,
			     &prio, &text))
			continue;
		n += (size_t)re_snprintf(got + n, sizeof(got) - n,
					 "%s%r,%r %r)", n ? "|" : "", &ext,
					 &prio, &text);
	}

	assert_string_equal(got, want);
}


struct plan_row {
	const char *plan;
	const char *exten;
	const char *steps;
	uint8_t cause;
};


/* clang-format off */
static const struct plan_row rows[] = {
	{"[c]\nexten => 1,1,NoOp(a)\nexten => 1,2,Hangup(17)\n",
	 "1", "1,1 NoOp(a)|1,2 Hangup(17)", 17},

	/* Goto by label, by number, in another context */
	{"[c]\nexten => 1,1,Goto(end)\nexten => 1,n,NoOp(no)\n"
	 "exten => 1,n(end),Goto(d,2,1)\n[d]\nexten => 2,1,Hangup()\n",
	 "1", "1,1 Goto(end)|1,3 Goto(d,2,1)|2,1 Hangup()", 16},

	/* GotoIf: both branches, an empty one goes on */
	{"[c]\nexten => 1,1,GotoIf($[1 = 2]?5)\n"
	 "exten => 1,2,GotoIf($[1 = 1]?4:5)\n"
	 "exten => 1,4,Hangup(21)\nexten => 1,5,Hangup(34)\n",
	 "1", "1,1 GotoIf(0?5)|1,2 GotoIf(1?4:5)|1,4 Hangup(21)", 21},

	/* a missing extension goes to i, which knows it */
	{"[c]\nexten => 1,1,Goto(99,1)\nexten => i,1,NoOp(${INVALID_EXTEN})\n",
	 "1", "1,1 Goto(99,1)|i,1 NoOp(99)", 16},

	/* ... and without i ends the call */
	{"[c]\nexten => 1,1,Goto(99,1)\n", "1", "1,1 Goto(99,1)", 1},

	/* a missing label ends it too */
	{"[c]\nexten => 1,1,Goto(nowhere)\nexten => 1,2,NoOp()\n",
	 "1", "1,1 Goto(nowhere)", 16},

	/* the end of the plan follows DIALSTATUS */
	{"[c]\nexten => 1,1,Set(DIALSTATUS=BUSY)\n",
	 "1", "1,1 Set(DIALSTATUS=BUSY)|1,2 Busy(10)", 17},
	{"[c]\nexten => 1,1,Set(DIALSTATUS=CHANUNAVAIL)\n",
	 "1", "1,1 Set(DIALSTATUS=CHANUNAVAIL)|1,2 Congestion(10)", 34},
	{"[c]\nexten => 1,1,NoOp()\n", "1", "1,1 NoOp()", 16},

	/* h runs behind the end, without what needs a caller */
	{"[c]\nexten => 1,1,Hangup()\nexten => h,1,NoOp(${HANGUPCAUSE})\n"
	 "exten => h,2,Playback(x)\nexten => h,3,NoOp(bye)\n",
	 "1", "1,1 Hangup()|h,1 NoOp(16)|h,2 Playback(x)|h,3 NoOp(bye)", 16},

	/* an application that is not there ends it */
	{"[c]\nexten => 1,1,Dila(SIP/1)\nexten => 1,2,NoOp()\n",
	 "1", "1,1 Dila(SIP/1)", 16},

	/* includes, patterns, variables with offsets, globals */
	{"[globals]\nT=trunk\n[c]\ninclude => d\n[d]\n"
	 "exten => _9X.,1,NoOp(${EXTEN:1} ${T} ${CONTEXT} ${PRIORITY})\n",
	 "9123", "9123,1 NoOp(123 trunk c 1)", 16},

	/* a dialled number is data: its comma separates nothing */
	{"[c]\nexten => _X.,1,Goto(${EXTEN:1},1)\n"
	 "exten => i,1,NoOp(${INVALID_EXTEN})\n",
	 "1d,2,1", "1d,2,1,1 Goto(d,2,1,1)|i,1 NoOp(d,2,1)", 16},

	/* subroutines: arguments, return value, nesting */
	{"[c]\nexten => 1,1,Gosub(sub,s,1(a,b))\n"
	 "exten => 1,2,NoOp(${GOSUB_RETVAL} ${ARG1})\n"
	 "[sub]\nexten => s,1,Gosub(two(${ARG2}))\n"
	 "exten => s,2,Return(${ARG1}${GOSUB_RETVAL})\n"
	 "exten => s,10(two),Return(<${ARG1}>)\n",
	 "1", "1,1 Gosub(sub,s,1(a,b)|s,1 Gosub(two(b)|s,10 Return(<b>)|"
	 "s,2 Return(a<b>)|1,2 NoOp(a<b> )", 16},

	/* a macro returns at its end */
	{"[c]\nexten => 1,1,Macro(m,x)\nexten => 1,2,NoOp(${MACRO_EXTEN})\n"
	 "[macro-m]\nexten => s,1,NoOp(${ARG1} ${MACRO_EXTEN})\n",
	 "1", "1,1 Macro(m,x)|s,1 NoOp(x 1)|1,2 NoOp()", 16},

	/* ExecIf, MSet, taken and not */
	{"[c]\nexten => 1,1,ExecIf($[1]?Set(A=1):Set(A=2))\n"
	 "exten => 1,2,ExecIf($[0]?Hangup())\nexten => 1,3,NoOp(${A})\n",
	 "1", "1,1 ExecIf(1?Set(A=1)|1,2 ExecIf(0?Hangup()|1,3 NoOp(1)", 16},
};
/* clang-format on */


static void test_plans(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		plan(rows[i].plan);
		cdr_trace[0] = '\0';
		(void)dial_in("c", rows[i].exten);
		run(100);
		assert_steps(rows[i].steps);
		assert_int_equal(legv[legc]->cause, rows[i].cause);
		assert_int_equal(list_count(calls_list()), 0);
		assert_int_equal(cdrs, i + 1);
	}
}


/* A loop gives the others their turn, and ends */
static void test_loop_is_ended(void **state)
{
	struct call *call;

	plan("[c]\nexten => 1,1,NoOp()\nexten => 1,2,Goto(1)\n");
	call = dial_in("c", "1");
	assert_int_equal(call->stepc, CALL_BURST);
	run(1000);
	assert_true(call->stepc < 10000);
	assert_int_equal(list_count(&call->steps), CALL_STEPS_MAX);
	run(60000);
	assert_int_equal(cdrs, 1);
	assert_int_equal(last_cdr.hangup_cause, CAUSE_FAILURE);
}


static void test_playback(void **state)
{
	plan("[c]\nexten => 1,1,Playback(hello&bye)\n"
	     "exten => 1,2,NoOp(${PLAYBACKSTATUS})\n");
	(void)dial_in("c", "1");
	expect("200 1001; play 1001 hello&bye");
	run(999);
	assert_int_equal(cdrs, 0);
	run(10);
	expect("hangup 1001 16");
	assert_steps("1,1 Playback(hello&bye)|1,2 NoOp(SUCCESS)");
	assert_string_equal(cdr_text,
			    "1001|1|NoOp||ANSWERED|1|1|tandem|16");
}


/* Before the answer: early media */
static void test_playback_noanswer(void **state)
{
	plan("[c]\nexten => 1,1,Playback(hello,noanswer)\n");
	(void)dial_in("c", "1");
	expect("183 1001; play 1001 hello");
	run(1100);
	expect("hangup 1001 16");
	assert_string_equal(cdr_text,
			    "1001|1|Playback||NO ANSWER|1|0|tandem|16");
}


/* The caller leaves at any moment; h runs, the record is written once */
static void test_caller_leaves(void **state)
{
	static const char *const apps[] = {
		"Playback(a)", "Background(a)", "Wait(5)",   "WaitExten(5)",
		"Echo()",      "SayDigits(12)", "Read(X,a)", "Dial(SIP/1002)",
		"MusicOnHold()", "Record(x.wav)", "Answer(500)",
		"Dial(Local/9@c)",
	};

	for (size_t i = 0; i < ARRAY_SIZE(apps); i++) {
		struct call *call;

		planf("[c]\nexten => 1,1,%s\n"
		      "exten => h,1,NoOp(h)\n"
		      "exten => 9,1,Wait(60)\n",
		      apps[i]);
		call = dial_in("c", "1");
		run(20);
		assert_true(call->waiting);
		if (call_is_answered(call))
			bye(call->caller);
		else
			cancel(call->caller);
		run(100);
		trace_has("[h@c:1] NoOp(h)");
		assert_string_equal(last_cdr.hangup_by, "caller");
		assert_int_equal(list_count(calls_list()), 0);
		assert_int_equal(cdrs, i + 1);
	}
}


/* An operator ends it in the middle: no h */
static void test_call_end(void **state)
{
	struct call *call;

	plan("[c]\nexten => 1,1,Wait(60)\nexten => h,1,NoOp(h)\n");
	call = dial_in("c", "1");
	call_end(call, CAUSE_NORMAL);
	call_end(call, CAUSE_BUSY);
	expect("hangup 1001 16");
	run(10);
	assert_int_equal(cdrs, 1);
	trace_lacks("NoOp");
	assert_string_equal(last_cdr.hangup_by, "tandem");
}


static const char menu[] =
	"[c]\nexten => s,1,Background(menu)\nexten => s,2,WaitExten(3)\n"
	"exten => 1,1,NoOp(one)\nexten => 23,1,NoOp(twothree)\n"
	"exten => _4XX!,1,NoOp(${EXTEN})\n"
	"exten => i,1,NoOp(bad ${INVALID_EXTEN})\nexten => t,1,NoOp(late)\n";


struct menu_row {
	const char *early; /* while the prompt plays */
	const char *later; /* when it is over */
	const char *steps;
};

/* clang-format off */
static const struct menu_row menu_rows[] = {
	{"1", "", "s,1 Background(menu)|1,1 NoOp(one)"},
	{"", "1", "s,1 Background(menu)|s,2 WaitExten(3)|1,1 NoOp(one)"},
	{"2", "3", "s,1 Background(menu)|23,1 NoOp(twothree)"},
	{"2", "", "s,1 Background(menu)|i,1 NoOp(bad 2)"},
	{"9", "", "s,1 Background(menu)|i,1 NoOp(bad 9)"},
	{"455", "", "s,1 Background(menu)|455,1 NoOp(455)"},
	{"", "", "s,1 Background(menu)|s,2 WaitExten(3)|t,1 NoOp(late)"},
};
/* clang-format on */


static void test_menu(void **state)
{
	plan(menu);
	for (size_t i = 0; i < ARRAY_SIZE(menu_rows); i++) {
		struct call *call = dial_in("c", "s");

		run(100);
		press(call->caller, menu_rows[i].early);
		run(1000);
		if (menu_rows[i].later[0])
			press(call->caller, menu_rows[i].later);
		run(10000);
		assert_steps(menu_rows[i].steps);
	}
}


/* Typed ahead before the menu begins */
static void test_typed_ahead(void **state)
{
	struct call *call;

	plan("[c]\nexten => s,1,Answer(200)\nexten => s,2,Background(menu)\n"
	     "exten => 23,1,Hangup()\n");
	call = dial_in("c", "s");
	press(call->caller, "23");
	run(300);
	assert_steps("s,1 Answer(200)|s,2 Background(menu)|23,1 Hangup()");
}


static void test_read(void **state)
{
	struct call *call;

	plan("[c]\nexten => 1,1,Read(PIN,ask,4)\n"
	     "exten => 1,2,Read(MORE,ask,9)\n"
	     "exten => 1,3,Read(NONE,,3,,2,1)\n"
	     "exten => 1,4,NoOp(${PIN} ${MORE} ${NONE}${READSTATUS})\n");
	call = dial_in("c", "1");
	expect("200 1001; play 1001 ask");
	press(call->caller, "1234");
	expect("quiet 1001");
	run(10);
	press(call->caller, "99#");
	run(3000);
	trace_has("NoOp(1234 99 TIMEOUT)");
}


static void test_echo(void **state)
{
	struct call *call;

	plan("[c]\nexten => 600,1,Answer()\nexten => 600,2,Echo()\n");
	call = dial_in("c", "600");
	expect("200 1001; echo 1001 on");
	press(call->caller, "1#");
	run(10);
	expect("echo 1001 off; hangup 1001 16");
}


static void test_record(void **state)
{
	struct call *call;

	plan("[c]\nexten => 1,1,Record(/tmp/msg%d.wav,3,60)\n"
	     "exten => 1,2,NoOp(${RECORD_STATUS} ${RECORDED_FILE})\n");
	call = dial_in("c", "1");
	expect("200 1001; record 1001 /tmp/msg0.wav rx beep tag 1");
	press(call->caller, "5#");
	expect("stop 1001 tag 1");
	rec_end(call->caller, MEDIA_EV_REC_DONE, 1, MEDIA_REC_COMPLETE);
	assert_string_equal(rec_text, "complete /s/x.wav");
	run(10);
	trace_has("NoOp(DTMF /tmp/msg0)");
}


/* The recording of a call: name from the wire is cut, state in the record */
static void test_mixmonitor(void **state)
{
	struct call *call;

	plan("[c]\nexten => _X.,1,MixMonitor(/r/${EXTEN}.wav,b)\n"
	     "exten => _X.,2,MixMonitor(/r/../x.wav)\n"
	     "exten => _X.,3,Wait(1)\n");
	call = dial_in("c", "1/../..;x");
	expect("record 1001 /r/1....x.wav stereo tag 1");
	rec_end(call->caller, MEDIA_EV_REC_DONE, 1, MEDIA_REC_GAP);
	run(2000);
	assert_string_equal(cdr_rec, "gap");
	trace_has("not recorded");
}


/* A caller who is recorded goes to another call, which records as well: each
 * has the state of its own */
static void test_two_recordings_of_a_leg(void **state)
{
	struct media_record rec = {.path = "/r/b.wav"};
	struct call *a, *b;
	struct leg *leg;

	plan("[c]\nexten => 1,1,MixMonitor(/r/a.wav)\n"
	     "exten => 1,2,Wait(9)\n");
	a = dial_in("c", "1");
	leg = a->caller;
	expect("record 1001 /r/a.wav stereo tag 1");
	assert_int_equal(call_alloc(&b, srv.cfg), 0);
	a->caller = NULL;
	leg_set_call(leg, b);
	b->caller = leg;
	assert_int_equal(call_record(b, &rec, NULL, NULL), 0);
	expect("record 1001 /r/b.wav tag 2");
	assert_int_equal(a->recordings, 1);
	assert_int_equal(b->recordings, 1);

	rec_end(leg, MEDIA_EV_REC_DONE, 1, MEDIA_REC_GAP);
	assert_int_equal(a->recordings, 0);
	assert_int_equal(b->recordings, 1);
	rec_end(leg, MEDIA_EV_REC_DONE, 2, MEDIA_REC_COMPLETE);
	assert_int_equal(b->recordings, 0);

	call_end(a, 0);
	call_end(b, 0);
	run(10);
}


static void plan_must(const char *extensions)
{
	plan(extensions);
	srv.cfg->tandem.record_mandatory = true;
}


/* recordmandatory: no recording, no call; of the office or of the phone */
static void test_record_must(void **state)
{
	static const struct {
		const char *plan, *log;
		bool answered;
		enum media_event ev;
		enum media_rec_state st;
	} musts[] = {
		{"MixMonitor(/r/a.wav)",
		 "record 1001 /r/a.wav stereo tag 1", false,
		 MEDIA_EV_REC_REFUSED, MEDIA_REC_FAILED},
		{"MixMonitor(/r/a.wav)",
		 "record 1001 /r/a.wav stereo tag 1", true,
		 MEDIA_EV_REC_DONE, MEDIA_REC_FAILED},
		{"Monitor(wav,/r/a,m)",
		 "record 1001 /r/a.wav tag 1", false,
		 MEDIA_EV_REC_REFUSED, MEDIA_REC_FAILED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(musts); i++) {
		struct call *call;

		planf("[c]\nexten => 1,1,%s\n"
		      "exten => 1,2,%s\nexten => 1,3,Wait(9)\n",
		      musts[i].plan,
		      musts[i].answered ? "Answer()" : "NoOp()");
		srv.cfg->tandem.record_mandatory = true;
		call = dial_in("c", "1");
		expect(musts[i].log);
		if (musts[i].answered) { /* not before it is recorded */
			rec_end(call->caller, MEDIA_EV_REC_BEGUN, 1, 0);
			run(10);
			expect("200 1001");
		}
		rec_end(call->caller, musts[i].ev, 1, musts[i].st);
		expect("retry 1001 30; hangup 1001 34");
		run(10);
		assert_int_equal(last_cdr.hangup_cause, CAUSE_CONGESTION);
	}
}


/* Refused in the step itself */
static void test_record_must_and_cannot(void **state)
{
	plan_must("[c]\nexten => 1,1,MixMonitor(/r/../x.wav)\n"
		  "exten => 1,2,NoOp(not here)\n");
	(void)dial_in("c", "1");
	expect("retry 1001 30; hangup 1001 34");
	run(10);
	trace_lacks("not here");
}


/* What ends well, or was stopped, is none of it */
static void test_record_must_until_stopped(void **state)
{
	struct call *call;

	plan_must("[c]\nexten => 1,1,MixMonitor(/r/a.wav)\n"
		  "exten => 1,2,StopMixMonitor()\nexten => 1,3,Wait(9)\n");
	call = dial_in("c", "1");
	expect("record 1001 /r/a.wav stereo tag 1");
	rec_end(call->caller, MEDIA_EV_REC_BEGUN, 1, 0);
	run(10);
	expect("stop 1001 tag 1");
	rec_end(call->caller, MEDIA_EV_REC_DONE, 1, MEDIA_REC_FAILED);
	expect("");
}


static void test_record_must_on_a_disk_that_hangs(void **state)
{
	plan_must("[c]\nexten => 1,1,MixMonitor(/r/a.wav)\n");
	(void)dial_in("c", "1");
	run(2900);
	expect("record 1001 /r/a.wav stereo tag 1");
	run(200);
	expect("retry 1001 30; hangup 1001 34");
}


static void test_absolute_timeout(void **state)
{
	plan("[c]\nexten => 1,1,Set(TIMEOUT(absolute)=2)\n"
	     "exten => 1,2,Answer()\nexten => 1,3,MusicOnHold()\n"
	     "exten => T,1,NoOp(over)\n");
	(void)dial_in("c", "1");
	run(1900);
	assert_int_equal(cdrs, 0);
	run(200);
	trace_has("[T@c:1] NoOp(over)");
}


static void test_busy_answered(void **state)
{
	plan("[c]\nexten => 1,1,Answer()\nexten => 1,2,Busy(3)\n");
	(void)dial_in("c", "1");
	expect("200 1001; loop 1001 tone:busy");
	run(2900);
	assert_int_equal(cdrs, 0);
	run(200);
	assert_int_equal(last_cdr.hangup_cause, CAUSE_BUSY);
}


static void test_registry(void **state)
{
	struct call *call;
	char no[16];

	plan("[c]\nexten => 1,1,Wait(5)\n");
	call = dial_in("c", "1");
	(void)re_snprintf(no, sizeof(no), "%u", call->no);
	assert_ptr_equal(call_find(call->id), call);
	assert_ptr_equal(call_find(no), call);
	assert_ptr_equal(call_find(leg_name(call->caller)), call);
	assert_null(call_find("nothing"));
	assert_int_equal(calls_of_peer("1001"), 1);
	assert_string_equal(call_state_name(call), "Ring");
	run(6000);
	assert_int_equal(calls_of_peer("1001"), 0);
}


int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_plans),
		T(test_loop_is_ended),
		T(test_playback),
		T(test_playback_noanswer),
		T(test_caller_leaves),
		T(test_call_end),
		T(test_menu),
		T(test_typed_ahead),
		T(test_read),
		T(test_echo),
		T(test_record),
		T(test_mixmonitor),
		T(test_two_recordings_of_a_leg),
		T(test_record_must),
		T(test_record_must_and_cannot),
		T(test_record_must_until_stopped),
		T(test_record_must_on_a_disk_that_hangs),
		T(test_absolute_timeout),
		T(test_busy_answered),
		T(test_registry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
