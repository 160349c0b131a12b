/**
 * @file tests/unit/test_screen.c  Callees that are asked before they talk:
 *                                 FollowMe, and Dial's M, U, P and p
 */
#include "call_util.h"
#include "b2bua/fork.h"


static void assert_over(void)
{
	run(1000);
	assert_int_equal(list_count(calls_list()), 0);
}


/* plan() writes and reads the files; followme.conf is there before */
static void load(const char *extensions, const char *followme)
{
	put_file("followme.conf", followme);
	plan(extensions);
	drop_file("followme.conf");
}


/* --- FollowMe ------------------------------------------------------------- */

static const char persons[] =
	"[general]\ntakecall=>7\ndeclinecall=>8\n"
	"sorry-prompt=>none-found\n"
	"[anna]\ncontext=>office\nnumber=>2&3,20\nnumber=>4,10\n"
	"connecting_prompt=>connecting\n"
	"[bert]\ncontext=>office\nenable_callee_prompt=>no\nnumber=>3\n"
	"[vm]\ncontext=>office\nnumber=>5\n";

static const char numbers[] =
	"[c]\nexten => 1,1,FollowMe(anna,n)\n"
	"exten => 1,2,NoOp(then ${FOLLOWMESTATUS})\n"
	"exten => 2,1,FollowMe(bert,N)\n"
	"exten => 3,1,FollowMe(nobody)\n"
	"exten => 3,2,NoOp(then ${FOLLOWMESTATUS}.)\n"
	"exten => 4,1,FollowMe(anna,ads)\n"
	"exten => 5,1,FollowMe(vm,d)\n"
	"exten => 5,2,NoOp(then ${FOLLOWMESTATUS})\n"
	"[office]\nexten => 2,1,Dial(SIP/1002)\nexten => 3,1,Dial(SIP/1003)\n"
	"exten => 4,1,Dial(SIP/9@trunk)\nexten => 5,1,Answer()\n"
	"exten => 5,2,Playback(machine)\n";

#define MUSIC "loop 1001 ~/moh/a.gsm&~/moh/b.wav"
#define ASKED(who) "play " who " followme/call-from&followme/no-recording&" \
		   "followme/options"


static void test_taken(void **state)
{
	load(numbers, persons);
	(void)dial_in("c", "1");
	run(1100);
	expect("200 1001; play 1001 followme/pls-hold-while-try; " MUSIC "; "
	       "invite 1002; invite 1003");
	pick_up(find("1002"));
	expect(ASKED("1002"));
	press(find("1002"), "7");
	run(10);
	expect("quiet 1002; hangup 1003 26 elsewhere; play 1001 connecting");
	run(1100);
	expect("bridge 1001 1002");
	bye(find("1002"));
	assert_over();
	trace_has("FollowMe(anna,n) ANSWER");
	trace_lacks("then");
	assert_string_equal(last_cdr.disposition, "ANSWERED");
}


/* One declines, the other one takes it while he is still listening */
static void test_declined_and_taken(void **state)
{
	load(numbers, persons);
	(void)dial_in("c", "1");
	run(1100);
	forget_notes();
	pick_up(find("1002"));
	pick_up(find("1003"));
	expect(ASKED("1002") "; " ASKED("1003"));
	press(find("1003"), "8");
	run(10);
	expect("quiet 1003; hangup 1003 16");
	press(find("1002"), "7");
	run(1200);
	expect("quiet 1002; play 1001 connecting; bridge 1001 1002");
	bye(find("1002"));
	assert_over();
}


/* Nobody presses a key, the next step is not answered: sorry */
static void test_nobody(void **state)
{
	load(numbers, persons);
	(void)dial_in("c", "1");
	run(1100);
	forget_notes();
	pick_up(find("1002"));
	run(6100);
	expect(ASKED("1002") "; play 1002 followme/options");
	run(6100);
	expect("hangup 1002 16");
	run(9000);
	expect("quiet 1001; hangup 1003 16; " MUSIC "; invite trunk/9");
	run(11200);
	expect("quiet 1001; hangup trunk 16; play 1001 none-found; "
	       "hangup 1001 16");
	run(1000);
	trace_has("NoOp(then NOANSWER)");
	assert_over();
}


/* The time of the step is over while somebody is asked: he may answer */
static void test_late(void **state)
{
	load(numbers, persons);
	(void)dial_in("c", "1");
	run(1100);
	run(19000);
	pick_up(find("1002"));
	run(2000);
	forget_notes();
	press(find("1002"), "7");
	run(1200);
	expect("hangup 1003 26 elsewhere; play 1001 connecting; "
	       "bridge 1001 1002");
	bye(find("1002"));
	assert_over();
}


static void test_callee_hangs_up(void **state)
{
	load(numbers, persons);
	(void)dial_in("c", "1");
	run(1100);
	pick_up(find("1002"));
	bye(find("1002"));
	run(100);
	forget_notes();
	pick_up(find("1003"));
	press(find("1003"), "7");
	run(1200);
	expect(ASKED("1003") "; quiet 1003; play 1001 connecting; "
	       "bridge 1001 1003");
	bye(find("1003"));
	assert_over();
}


static void test_caller_hangs_up(void **state)
{
	struct call *call;

	load(numbers, persons);
	call = dial_in("c", "1");
	run(1100);
	pick_up(find("1002"));
	forget_notes();
	bye(call->caller);
	run(100);
	expect("quiet 1001; quiet 1002; hangup 1002 16; hangup 1003 16");
	assert_over();
}


static void test_no_prompt(void **state)
{
	load(numbers, persons);
	(void)dial_in("c", "2");
	run(10);
	expect("invite 1003");
	ring(find("1003"));
	pick_up(find("1003"));
	expect("180 1001; 200 1001; bridge 1001 1003");
	bye(find("1003"));
	assert_over();
}


static void test_unknown_person(void **state)
{
	load(numbers, persons);
	(void)dial_in("c", "3");
	assert_over();
	trace_has("NoOp(then .)");
}


/* A plan that answers is no person */
static void test_machine(void **state)
{
	load(numbers, persons);
	(void)dial_in("c", "5");
	assert_over();
	trace_has("NoOp(then NOANSWER)");
	trace_lacks("machine");
}


static void test_name(void **state)
{
	struct call *call;

	load(numbers, persons);
	call = dial_in("c", "4");
	run(2100);
	noted("200 1001; play 1001 followme/status; "
			       "play 1001 vm-rec-name; record 1001 ");
	noted(".wav rx beep tag 1");
	rec_end(call->caller, MEDIA_EV_REC_DONE, 1, MEDIA_REC_COMPLETE);
	run(100);
	forget_notes();
	pick_up(find("1002"));
	noted("followme/call-from&");
	noted("/tmp/");
	assert_null(strstr(notes, "no-recording"));
	press(find("1002"), "7");
	run(2000);
	bye(find("1002"));
	assert_over();
}


/* --- M and U -------------------------------------------------------------- */

struct result_row {
	const char *result;
	const char *did;   /* to the callee, and what the caller sees */
	const char *trace;
};

static const struct result_row results[] = {
	{"", "200 1001; bridge 1001 1002", NULL},
	{"ABORT", "hangup 1002 16; hangup 1001 16", "!then"},
	{"CONGESTION", "hangup 1002 16; hangup 1001 16", "then CONGESTION"},
	{"BUSY", "hangup 1002 16; hangup 1001 16", "then BUSY"},
	{"CONTINUE", "hangup 1002 16; hangup 1001 16", "then ANSWER"},
	{"GOTO:c^9^1", "hangup 1002 16; hangup 1001 16", "NoOp(nine)"},
	{"GOTO:c^9^1^x", "hangup 1002 16; hangup 1001 16", "then ANSWER"},
};


static void run_results(const char *dial, const char *var, const char *sub)
{
	for (size_t i = 0; i < ARRAY_SIZE(results); i++) {
		const struct result_row *r = &results[i];
		char text[1024];

		forget_legs();
		(void)re_snprintf(text, sizeof(text),
				  "[c]\nexten => 1,1,%s\n"
				  "exten => 1,2,NoOp(then ${DIALSTATUS})\n"
				  "exten => 1,3,Hangup(16)\n"
				  "exten => 9,1,NoOp(nine)\n"
				  "[%s]\nexten => s,1,NoOp(a ${ARG1} "
				  "${ARG2})\nexten => s,2,Set(%s=%s)\n"
				  "exten => s,3,Playback(hello)\n"
				  "exten => s,4,%s\n",
				  dial, sub, var, r->result,
				  !strncmp(sub, "macro", 5) ? "NoOp(last)"
							    : "Return()");
		load(text, "");
		forget_notes();
		(void)dial_in("c", "1");
		pick_up(find("1002"));
		run(500);
		expect("invite 1002; play 1002 hello");
		run(1000);
		expect(r->did);
		if (r->trace && r->trace[0] == '!')
			trace_lacks(r->trace + 1);
		else if (r->trace)
			trace_has(r->trace);
		if (!r->result[0])
			bye(find("1002"));
		assert_over();
		trace_has("NoOp(a x y)");
	}
}


static void test_macro(void **state)
{
	run_results("Dial(SIP/1002,,M(m^x^y))", "MACRO_RESULT", "macro-m");
}


static void test_gosub(void **state)
{
	run_results("Dial(SIP/1002,,U(sub^x^y))", "GOSUB_RESULT", "sub");
}


/* A subroutine that hangs up has declined */
static void test_gosub_hangs_up(void **state)
{
	load("[c]\nexten => 1,1,Dial(SIP/1002,,U(sub))\n"
	     "exten => 1,2,NoOp(then ${DIALSTATUS})\n"
	     "exten => h,1,NoOp(h of ${CALLERID(num)})\n"
	     "[sub]\nexten => s,1,Hangup()\nexten => h,1,NoOp(wrong)\n", "");
	(void)dial_in("c", "1");
	pick_up(find("1002"));
	assert_over();
	trace_has("then NOANSWER");
	trace_has("h of 1001");
	trace_lacks("wrong");
}


/* Losers are cancelled before it runs */
static void test_gosub_of_the_winner(void **state)
{
	load("[c]\nexten => 1,1,Dial(SIP/1002&SIP/1003,,U(sub))\n"
	     "[sub]\nexten => s,1,Read(X,accept,1)\n"
	     "exten => s,2,GotoIf($[${X}=1]?4)\n"
	     "exten => s,3,Set(GOSUB_RESULT=BUSY)\n"
	     "exten => s,4,Return()\n", "");
	(void)dial_in("c", "1");
	ring(find("1002"));
	pick_up(find("1003"));
	run(10);
	expect("invite 1002; invite 1003; 180 1001; "
	       "hangup 1002 26 elsewhere; play 1003 accept");
	press(find("1003"), "1");
	run(10);
	expect("quiet 1003; 200 1001; bridge 1001 1003");
	bye(find("1003"));
	assert_over();
}


/* --- P and p -------------------------------------------------------------- */

static const char private[] =
	"[c]\nexten => 1,1,Dial(SIP/1002,,P(bert))\n"
	"exten => 1,2,NoOp(then ${DIALSTATUS})\n"
	"exten => 2,1,Dial(SIP/1002,,p)\n"
	"exten => 2,2,NoOp(then ${DIALSTATUS})\n"
	"exten => 3,1,Dial(SIP/1002,,pN)\n";

struct choice_row {
	const char *exten, *key, *status, *kept;
};

static const struct choice_row choices[] = {
	{"1", "2", "NOANSWER", "deny"},
	{"1", "3", "TORTURE", "torture"},
	{"1", "4", "DONTCALL", "kill"},
	{"1", "1", NULL, "allow"},
	{"1", "5", NULL, NULL},
	{"2", "1", NULL, NULL},
	{"2", "2", "NOANSWER", NULL},
	{"2", "3", "TORTURE", NULL},
	{"2", "4", "DONTCALL", NULL},
	{"2", "999", "NOANSWER", NULL},
};


static void say_name(struct call *call)
{
	run(1100);
	noted("200 1001; play 1001 priv-recordintro; "
			       "record 1001 ");
	rec_end(call->caller, MEDIA_EV_REC_DONE, 1, MEDIA_REC_COMPLETE);
	run(10);
}


static void test_choices(void **state)
{
	load(private, "");

	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		const struct choice_row *r = &choices[i];
		const char *val;
		char want[64];

		forget_legs();
		list_flush(&db);
		notes[0] = cdr_trace[0] = '\0';
		say_name(dial_in("c", r->exten));
		pick_up(find("1002"));
		noted(r->exten[0] == '1'
						      ? "&priv-callee-options"
						      : "&screen-callee-"
							"options");
		for (const char *p = r->key; *p; p++) {
			char one[2] = {*p, '\0'};

			press(find("1002"), one);
			run(10);
		}
		run(100);
		if (!r->status)
			bye(find("1002"));
		assert_over();
		(void)re_snprintf(want, sizeof(want), "then %s", r->status);
		if (r->status)
			trace_has(want);
		val = store_db_get("privacy", "bert/1001");
		assert_int_equal(str_cmp(val ? val : "", r->kept ? r->kept
								 : ""), 0);
	}
}


/* Who is known is not asked about */
static void test_known(void **state)
{
	load(private, "");
	(void)store_db_put("privacy", "bert/1001", "allow");
	(void)dial_in("c", "1");
	pick_up(find("1002"));
	expect("invite 1002; 200 1001; bridge 1001 1002");
	bye(find("1002"));
	assert_over();

	(void)store_db_put("privacy", "bert/1001", "kill");
	(void)dial_in("c", "1");
	assert_over();
	trace_has("then DONTCALL");

	/* N: who shows his number is not asked */
	forget_notes();
	(void)dial_in("c", "3");
	pick_up(find("1002"));
	expect("invite 1002; 200 1001; bridge 1001 1002");
	bye(find("1002"));
	assert_over();
}


int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_taken),
		T(test_declined_and_taken),
		T(test_nobody),
		T(test_late),
		T(test_callee_hangs_up),
		T(test_caller_hangs_up),
		T(test_no_prompt),
		T(test_unknown_person),
		T(test_machine),
		T(test_name),
		T(test_macro),
		T(test_gosub),
		T(test_gosub_hangs_up),
		T(test_gosub_of_the_winner),
		T(test_choices),
		T(test_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
