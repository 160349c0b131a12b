/**
 * @file tests/unit/test_explain.c  Where would this number go?
 */
#include "call_util.h"
#include "b2bua/explain.h"
#include "routing/pattern.h"

static char out[16384];


static int explain(const char *line)
{
	struct explain_params prm = {.cfg = srv.cfg, .plan = srv.plan};
	const char *argv[16], *why = "";
	struct mbuf *mb = mbuf_alloc(512);
	char buf[256], *p = buf;
	int argc = 0, err;

	str_ncpy(buf, line, sizeof(buf));
	while (*p) {
		argv[argc++] = p;
		p += strcspn(p, " ");
		if (*p)
			*p++ = '\0';
	}

	err = explain_decode(&prm, argc, argv, &why);
	if (err)
		str_ncpy(out, why, sizeof(out));
	else
		err = plan_explain(mb, &prm);
	if (mb->end)
		(void)re_snprintf(out, sizeof(out), "%b", mb->buf, mb->end);
	mem_deref(mb);

	return err;
}


static void expect_part(const char *part)
{
	if (!strstr(out, part))
		fail_msg("no \"%s\" in\n%s", part, out);
}


static void expect_no(const char *part)
{
	if (strstr(out, part))
		fail_msg("\"%s\" in\n%s", part, out);
}


/* --- patterns ------------------------------------------------------------- */

struct parts_row {
	const char *ext, *digits;
	size_t at;
	const char *elem;
};

/* clang-format off */
static const struct parts_row parts[] = {
	{"_0[1-3]X", "05", 1, "[1-3]"},
	{"_0[1-3]X", "01", 2, "X"},
	{"_0-X", "9", 0, "0"},
	{"_0-X", "0", 1, "X"},
	{"_XX", "123", 2, ""},
	{"_0.", "0", 1, "."},
	{"123", "12", 2, "3"},
	{"123", "1234", 3, ""},
	{"123", "x", 0, "1"},
};

static const struct {
	const char *a, *b;
	bool covers;
} covers[] = {
	{"_X.", "_0XX", true},
	{"_X.", "_X", false},
	{"_X!", "_X", true},
	{"_X!", "_X.", true},
	{"_!", "s", true},
	{"_.", "s", true},
	{"_X.", "_X!", false},
	{"_XXX", "_[1-3]NZ", true},
	{"_XXX", "123", true},
	{"_XXX", "12", false},
	{"_XXX", "1234", false},
	{"_NXX", "_XXX", false},
	{"123", "123", true},
	{"123", "_12X", false},
	{"_12[3]", "_123", true},
	{"_X.", "_[", false},
	{"_0.", "_0-1X", true},
};
/* clang-format on */


static void test_parts(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct pl ext, digits, elem;

		pl_set_str(&ext, parts[i].ext);
		pl_set_str(&digits, parts[i].digits);
		if (pattern_parts_at(&ext, &digits, &elem) != parts[i].at ||
		    pl_strcmp(&elem, parts[i].elem))
			fail_msg("%s %s", parts[i].ext, parts[i].digits);
	}
}


static void test_covers(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(covers); i++) {
		struct pl a, b;

		pl_set_str(&a, covers[i].a);
		pl_set_str(&b, covers[i].b);
		if (pattern_covers(&a, &b) != covers[i].covers)
			fail_msg("%s %s", covers[i].a, covers[i].b);
	}
}


/* --- which extension ------------------------------------------------------ */

static void test_winner_and_losers(void **state)
{
	plan("[c]\nexten => 100,1,NoOp()\nexten => _1XX,1,NoOp()\n"
	     "exten => _1[2-5]X,2,NoOp()\nexten => _1X.,1,NoOp()\n"
	     "exten => _2XX,1,NoOp()\nexten => _1XX/555,1,NoOp()\n"
	     "exten => _1XXX,1,NoOp()\nexten => _1,1,NoOp()\n"
	     "include => d\ninclude => night,22:00-6:00,*,*,*\n"
	     "include => none\n"
	     "[d]\nexten => _9XX,1,NoOp(from d)\ninclude => c\n"
	     "[night]\nexten => 700,1,NoOp()\n");
	assert_int_equal(explain("c 123"), 0);
	expect_part("'_1XX/555'         no: fits, but the caller is \"\"");
	expect_part("'_1[2-5]X'         no: fits, but has no priority 1");
	expect_part("'_1XX'             YES: the first that fits "
		    "(extensions.conf:3)");
	expect_part("'_1X.'             no: fits too, but comes later");
	expect_part("'_2XX'             no: digit 1 is 1, expected 2");
	expect_part("'_1XXX'            no: wants more digits, X is next");
	expect_part("'_1'               no: ends before digit 2, which is 2");
	expect_part("(1 other number without a pattern)");
	expect_part("include d: not looked at: there is a match already");
	expect_part("include none: there is no such context");

	assert_int_equal(explain("c 123 from 555"), 0);
	expect_part("'_1XX/555'         YES");

	assert_int_equal(explain("c 901 at 12:00"), 0);
	expect_part("  include d:\n    '_9XX'             YES");
	expect_part("include night, 22:00-6:00,*,*,*: not at this time");

	assert_int_equal(explain("c 700 at 12:00"), ENOENT);
	expect_part("night, 22:00-6:00,*,*,*: not at this time");
	expect_part("(looked at before)");
	expect_part("nothing fits");
	assert_int_equal(explain("c 700 at 23:30"), 0);
	assert_int_equal(explain("nix 1"), ENOENT);
	expect_part("There is no context 'nix'.");
}


/* --- the steps ------------------------------------------------------------ */

static void test_steps(void **state)
{
	plan("[globals]\nTRUNK=SIP/trunk\nN=0\n"
	     "[c]\nexten => _0X.,1,Set(num=${EXTEN:1})\n"
	     "exten => _0X.,n,Set(GLOBAL(N)=5)\n"
	     "exten => _0X.,n,Set(DB(f/k)=1)\n"
	     "exten => _0X.,n,GotoIf($[\"${CALLERID(num)}\"=\"1002\"]?no)\n"
	     "exten => _0X.,n,Gosub(sub,s,1(${num}))\n"
	     "exten => _0X.,n,Dial(${TRUNK}/${num}&SIP/1001&SIP/x,20)\n"
	     "exten => _0X.,n,GotoIf($[\"${DIALSTATUS}\"=\"NOANSWER\"]?vm)\n"
	     "exten => _0X.,n(no),Congestion()\n"
	     "exten => _0X.,n(vm),Playback(sorry)\n"
	     "exten => _0X.,n,Hangup(17)\n"
	     "[sub]\nexten => s,1,NoOp(in ${ARG1})\nexten => s,2,Return()\n");
	assert_int_equal(explain("c 0555 from 1001"), 0);
	expect_part("1. c,0555,1 '_0X.'  Set(num=555)\n");
	expect_part("sub,s,1  NoOp(in 555)\n");
	expect_part("Dial(SIP/trunk/555&SIP/1001&SIP/x,20)   -- would call");
	expect_part("SIP/trunk/555: peer trunk, number 555");
	expect_part("SIP/x: host x");
	expect_part("Playback(sorry)   -- would run");
	expect_part("Ends: hung up, User busy.");
	expect_no("Congestion");

	assert_int_equal(explain("c 0555 from 1002"), 0);
	expect_part("Ends: refused, Circuit/channel congestion.");
	expect_no("Dial");

	/* nothing has been changed */
	assert_string_equal(vars_str(srv.globals, "N"), "0");
	assert_null(store_db_get("f", "k"));
	assert_true(list_isempty(calls_list()));
	assert_int_equal(calls_processed(), 0);
	expect("");
}


static void test_time(void **state)
{
	plan("[c]\nexten => 1,1,GotoIfTime(9:00-17:00,mon-fri,*,*?day)\n"
	     "exten => 1,n,NoOp(night ${STRFTIME(,,%H:%M)})\n"
	     "exten => 1,n,Hangup()\nexten => 1,n(day),NoOp(day)\n");
	assert_int_equal(explain("c 1 at mon 10:30"), 0);
	expect_part("NoOp(day)");
	expect_part("Ends: no step c,1,5");
	assert_int_equal(explain("c 1 at sun 10:30"), 0);
	expect_part("NoOp(night 10:30)");
	assert_int_equal(explain("c 1 at 2026-11-23 08:59"), 0);
	expect_part("NoOp(night 08:59)");
	assert_int_equal(explain("c 1 at 2026-11-23 from 5"), 0);
}


static void test_ends(void **state)
{
	plan("[general]\nautofallthrough=no\n"
	     "[c]\nexten => 1,1,Goto(1,1)\nexten => 2,1,Goto(99,1)\n"
	     "exten => 3,1,Nonsense()\nexten => 4,1,NoOp()\n"
	     "exten => 5,1,WaitExten(5)\nexten => 6,1,Return()\n"
	     "exten => 7,1,While(1)\nexten => 7,2,EndWhile()\n"
	     "[d]\nexten => 1,1,Goto(9,1)\n"
	     "exten => i,1,NoOp(i ${INVALID_EXTEN})\n");
	assert_int_equal(explain("c 1"), 0);
	expect_part("Not at an end after 2");
	assert_int_equal(explain("c 7"), 0);
	expect_part("Not at an end after 2");
	assert_int_equal(explain("c 2"), 0);
	expect_part("Ends: there is no extension 99 in context c (404).");
	assert_int_equal(explain("c 3"), 0);
	expect_part("Ends: Nonsense ends the call (no such application).");
	assert_int_equal(explain("c 4"), 0);
	expect_part("Ends: no step c,4,2");
	assert_int_equal(explain("c 5"), 0);
	expect_part("would wait; nothing typed");
	assert_int_equal(explain("c 6"), 0);
	expect_part("Ends: Return ends the call (without Gosub).");
	assert_int_equal(explain("d 1"), 0);
	expect_part("NoOp(i 9)");
}


static void test_words(void **state)
{
	static const char *const bad[] = {
		"c",	      "c 1 from",      "c 1 at",     "c 1 at noon",
		"c 1 x",      "c 1 at 25:00",  "c 1 at mon 10:30:10",
		"c 1 at 2026-13-01",
	};

	plan("[c]\nexten => 1,1,NoOp()\n");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(explain(bad[i]), EINVAL);
	assert_int_equal(explain("c 1 at mon"), 0);
}


int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_parts),
		T(test_covers),
		T(test_winner_and_losers),
		T(test_steps),
		T(test_time),
		T(test_ends),
		T(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
