/**
 * @file tests/unit/test_golden_keys.c  The caller's voice and keys: what is
 *                                      heard of them, whenever they come
 */
#include "golden_util.h"

enum {
	BARGE_STEP_MS = 240, /* the key is tried so often */
};


/* --- talk ----------------------------------------------------------------- */

/* Somebody talks: "+ms" begins then, "-ms" ends, in [ms] after the last */
static const struct {
	const char *app, *times, *trace;
} talkv[] = {
	{"AMD()", "+300 -500", "NoOp(HUMAN HUMAN-800-800"},
	{"AMD()", "+100 -90", "NoOp(MACHINE INITIALSILENCE"}, /* a click */
	{"AMD()", "+100 -90 +200 -300", "NoOp(HUMAN HUMAN-800-800"},
	{"AMD()", "+300 -2000", "NoOp(MACHINE LONGGREETING-1500-1500"},
	{"AMD()", "+100 -300 +100 -300 +100 -300",
	 "NoOp(MACHINE MAXWORDS-3-3"},
	{"AMD(,4000,,,,,,,900)", "+100 -1200",
	 "NoOp(MACHINE MAXWORDLENGTH-900-900"},
	{"AMD(,9000,4000)", "+100 -600 +600 -400 +3000",
	 "NoOp(NOTSURE TOOLONG-5000-5000"},
	/* a word that is too short is none */
	{"AMD()", "+100 -300 +100 -120 +100 -120 +100 -120",
	 "NoOp(HUMAN HUMAN"},
	{"AMD()", "+100 -120 +100 -120 +100 -120 +100 -120",
	 "NoOp(MACHINE INITIALSILENCE-2500-2500"},
	{"BackgroundDetect(a,300)", "+100 -700", "NoOp(talk 400"},
	{"BackgroundDetect(a,300,500)", "+100 -700", "!NoOp(talk"},
	{"WaitForNoise(400)", "+200 -300 +200 -900", "NoOp( "},
	{"WaitForSilence(1000)", "+500 -700", "NoOp( "},
};


/* "+300 -500": begins after 300 ms, ends after 500 more */
static void talk(const char *times, const char *id)
{
	for (const char *p = times; p && *p; p = strchr(p, ' ')) {
		p += *p == ' ';
		struct pl ms = {p + 1, strspn(p + 1, "0123456789")};

		run(pl_u32(&ms));
		struct call *call = call_find(id); /* it may be over */

		if (call && call->app)
			talks(call, *p == '+');
	}
}


static void test_talk(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(talkv); i++) {
		struct plan_row r = {"talk", NULL, talkv[i].trace};
		char steps[256], id[16];

		(void)re_snprintf(steps, sizeof(steps), "%s|NoOp(${AMDSTATUS} "
				  "${AMDCAUSE})|talk:NoOp(talk "
				  "${TALK_DETECTED})", talkv[i].app);
		r.steps = steps;
		clean_slate();
		load_golden(steps);
		str_ncpy(id, dial_in("c", "1")->id, sizeof(id));
		talk(talkv[i].times, id);
		run(10000);
		assert_true(list_isempty(calls_list()));
		check_trace(&r);
	}
	assert_int_equal(wrong, 0);
}


/* --- barge-in ------------------------------------------------------------- */

static const struct {
	const char *step, *end; /* "quiet" follows if a prompt played */
	unsigned len_ms;        /* of the prompts */
} barges[] = {
	{"Background(a&b&c)|WaitExten(4)", "NoOp(two)", 1000},
	{"Background(a)|Background(b)|WaitExten(4)", "NoOp(two)", 2000},
	{"Read(X,a,1,,,4)|Goto(c,${X},1)", "NoOp(two)", 1000},
	{"Answer()|WaitExten(5,m)", "NoOp(two)", 1800},
	{"ReadExten(X,a,c,,4)|Goto(c,${X},1)", "NoOp(two)", 1000},
};


static void barge(const char *steps, const char *end, unsigned ms)
{
	struct leg *leg;
	bool plays;

	clean_slate();
	load_golden(steps);
	leg = dial_in("c", "1")->caller;
	run(ms);
	plays = leg->playing;
	forget_notes();
	if (leg->st < LEG_ENDING)
		press(leg, "2");
	if (plays && strncmp(notes, "quiet 1001", 10))
		fail_msg("%s: at %u ms: %s", steps, ms, notes);
	run(20000);
	if (!strstr(cdr_trace, end))
		fail_msg("%s: at %u ms:\n%s", steps, ms, cdr_trace);
}


/* Whenever the key comes, the prompt stops at once and the key counts */
static void test_barge_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(barges); i++) {
		const unsigned end = barges[i].len_ms + 3000;
		char steps[256];

		(void)re_snprintf(steps, sizeof(steps),
				  "%s|2:NoOp(two)|Wait(2)", barges[i].step);
		for (unsigned ms = 0; ms < end; ms += BARGE_STEP_MS)
			barge(steps, barges[i].end, ms);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_talk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_barge_in, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
