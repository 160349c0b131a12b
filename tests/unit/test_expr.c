/**
 * @file test_expr.c  Expressions $[...]
 *
 * In the rows of tainted texts, bytes between { and } come from the wire.
 */
#include "routing_util.h"
#include <math.h>
#include <stdio.h>
#include "expr_naive.h"
#include "routing/expr.h"


/* clang-format off */
static const struct {
	const char *expr;
	const char *result;
	const char *err; /* part of the complaint; NULL: none */
} rows[] = {
	/* values */
	{"",                      "",           NULL},
	{"   ",                   "",           NULL},
	{"abc",                   "abc",        NULL},
	{"007",                   "007",        NULL},
	{"\"a b\"",               "\"a b\"",    NULL},
	{"(5)",                   "5",          NULL},

	/* arithmetic */
	{"1 + 2",                 "3",          NULL},
	{"1+2",                   "3",          NULL},
	{"8 - 3 - 2",             "3",          NULL},
	{"2 + 3 * 4",             "14",         NULL},
	{"(2 + 3) * 4",           "20",         NULL},
	{"7 / 2",                 "3.5",        NULL},
	{"10 / 3",                "3.33333333333333333", NULL},
	{"0.1 + 0.2",             "0.3",        NULL},
	{"7 % 4",                 "3",          NULL},
	{"-7 % 4",                "-3",         NULL},
	{"24 / 4 / 2",            "3",          NULL},
	{"-2 * 3",                "-6",         NULL},
	{"2 * -3",                "-6",         NULL},
	{"- - 5",                 "5",          NULL},
	{"-0",                    "0",          NULL},
	{"1500000000 * 4",        "6000000000", NULL},
	{"1 / 0",                 "2147483647", "division by zero"},
	{"1 % 0",                 "2147483647", "division by zero"},
	{"abc + 1",               "0",          "arithmetic on text"},
	{"\"5\" + 1",             "0",          "arithmetic on text"},
	{"-abc",                  "0",          "arithmetic on text"},
	{"1.2.3 + 1",             "0",          "arithmetic on text"},

	/* comparison: numbers as numbers, everything else as text */
	{"5 = 5",                 "1",          NULL},
	{"5 == 5.0",              "1",          NULL},
	{"007 = 7",               "1",          NULL},
	{"10 > 9",                "1",          NULL},
	{"\"10\" > \"9\"",        "0",          NULL},
	{"\"5\" = 5",             "1",          NULL},
	{"\"5\" = 5.0",           "0",          NULL},
	{"abc = abc",             "1",          NULL},
	{"\"abc\" = abc",         "1",          NULL},
	{"abc < abd",             "1",          NULL},
	{"abc < ABC",             "0",          NULL},
	{"ab < abc",              "1",          NULL},
	{"5 != 6",                "1",          NULL},
	{"5 >= 5",                "1",          NULL},
	{"5 <= 4",                "0",          NULL},
	{"4 < 4",                 "0",          NULL},
	{"\"\" = \"\"",           "1",          NULL},
	{"\"x\" = \"\"",          "0",          NULL},
	{"1 + 1 = 2",             "1",          NULL},
	{"1 < 2 = 1",             "1",          NULL},
	{"192.168.0.1 = 192.168.0.1", "1",      NULL},

	/* logic: operands, not truth values, come out */
	{"5 | 6",                 "5",          NULL},
	{"0 | 6",                 "6",          NULL},
	{"0.0 | abc",             "abc",        NULL},
	{"\"\" | 6",              "\"\"",       NULL},
	{"5 & 6",                 "5",          NULL},
	{"5 & 0",                 "0",          NULL},
	{"abc & def",             "abc",        NULL},
	{"1 || 0 && 0",           "1",          NULL},
	{"(1 | 0) & 0",           "0",          NULL},
	{"0 | 1 & 3",             "1",          NULL},
	{"1 = 1 & 2 = 2",         "1",          NULL},
	{"1 = 2 | 2 = 2",         "1",          NULL},
	{"!0",                    "1",          NULL},
	{"!5",                    "0",          NULL},
	{"!!5",                   "1",          NULL},
	{"! abc",                 "0",          NULL},
	{"!1 + 1",                "1",          NULL},

	/* condition */
	{"1 ? a :: b",            "a",          NULL},
	{"0 ? a :: b",            "b",          NULL},
	{"\"\" ? a :: b",         "b",          NULL},
	{"\"x\" ? a :: b",        "a",          NULL},
	{"2 > 1 ? 10 + 1 :: 20",  "11",         NULL},
	{"0 ? 1 :: 0 ? 2 :: 3",   "3",          NULL},
	{"1 ? 0 ? a :: b :: c",   "b",          NULL},
	{"0 ? a :: 5 ? b :: 6 ? c :: d", "b",   NULL},
	{"1 ? 0 :: 1 ? 2 :: 3",   "0",          NULL},
	{"1 ? a",                 "",           "'?' without '::'"},
	{"1 ? a : b",             "",           "'?' without '::'"},

	/* regular expressions */
	{"\"abcdef\" : \"abc\"",        "3",    NULL},
	{"\"xabc\" : \"abc\"",          "0",    NULL},
	{"\"xabc\" =~ \"abc\"",         "3",    NULL},
	{"\"abc\" : \"a(b)c\"",         "b",    NULL},
	{"\"xabc\" : \"a(b)c\"",        "",     NULL},
	{"\"xabc\" =~ \"a(b)c\"",       "b",    NULL},
	{"\"ac\" =~ \"a(b)?c\"",        "2",    NULL},
	{"\"x\" =~ \"a(b)c\"",          "",     NULL},
	{"\"12345\" =~ \"^[0-9]+$\"",   "5",    NULL},
	{"\"12a45\" =~ \"^[0-9]+$\"",   "0",    NULL},
	{"\"12345\" : \"[0-9]{3}\"",    "3",    NULL},
	{"12345 : 123",                 "3",    NULL},
	{"\"\" =~ \"^$\"",              "0",    NULL},
	{"\"a.c\" =~ \"a\\.c\"",        "3",    NULL},
	{"\"x]\" =~ \"^[]x]+$\"",       "2",    NULL},
	{"\"ab1\" =~ \"^[[:alnum:]]+$\"", "3",  NULL},
	{"\"030123\" : \"0(.*)\" = 30123", "1", NULL},
	{"-\"5\" : \"5\"",              "-1",   NULL},
	{"\"a\" =~ \"(a\"",             "",     "nmatched"},
	{"\"a\" =~ \"(a)\\1\"",         "",     "back references"},
	{"\"a\" =~ \"(a{100}){100}\"",  "",     "too many repetitions"},
	{"\"a\" =~ \"((((((((((a+)+)+)+)+)+)+)+)+)+)+\"", "",
					"too many repetitions"},

	/* concatenation */
	{"abc ~~ def",            "abcdef",     NULL},
	{"\"a b\" ~~ \" c\"",     "a b c",      NULL},
	{"1 ~~ 2 + 1",            "13",         NULL},
	{"(1 + 1) ~~ 3",          "23",         NULL},

	/* functions */
	{"sqrt(16)",              "4",          NULL},
	{"POW(2, 10) + 1",        "1025",       NULL},
	{"floor(7 / 2)",          "3",          NULL},
	{"pow(2)",                "",           "wrong number of arguments"},
	{"pow(1,2,3)",            "",           "too many arguments"},
	{"nope(1)",               "",           "unknown function"},
	{"sqrt(4",                "",           "unexpected end"},

	/* syntax */
	{"1 +",                   "",           "unexpected end"},
	{"= 5",                   "",           "operand expected"},
	{"foo bar",               "",           "operator expected"},
	{"foo bar = foo bar",     "",           "operator expected"},
	{"\"a\"b",                "",           "operator expected"},
	{"(1 + 2",                "",           "missing ')'"},
	{"1 + 2)",                "",           "operator expected"},
	{"\"abc",                 "",           "missing closing quote"},
	{"1 = \"abc",             "",           "missing closing quote"},
	{"()",                    "",           "operand expected"},
	{"* 3",                   "",           "operand expected"},
};


static const struct {
	const char *expr;
	const char *result;
} tainted[] = {
	/* operators, quotes and blanks from outside are data */
	{"\"{x\" | 1 | \"}\" = \"\"",    "0"},
	{"\"{\" = \"}\" = \"\"",         "0"},
	{"{John Smith} = \"John Smith\"", "1"},
	{"{a+b} = \"a+b\"",              "1"},
	{"{1 + 1}",                      "1 + 1"},
	{"{1 + 1} = 2",                  "0"},
	{"{()} ~~ x",                    "()x"},
	{"{\"5\"} = 5",                  "0"},
	{"{sqrt}(4)",                    ""},

	/* numbers from outside are numbers */
	{"{100} + 1",                    "101"},
	{"{-5} + 1",                     "-4"},
	{"{12} > 9",                     "1"},
	{"1{2} = 12",                    "1"},

	/* in a regular expression they stand for themselves */
	{"\"abc\" =~ \"{.*}\"",          "0"},
	{"\"a.*c\" =~ \"{.*}\"",         "2"},
	{"\"(a\" =~ \"^{(a}$\"",         "2"},
	{"\"1+2\" =~ \"{1+2}\"",         "3"},
	{"\"x\\\" =~ \"{\\}$\"",         "1"},
	{"\"a.b\" =~ \"a\\{.b}\"",       "3"},
	{"\"axb\" =~ \"a\\{.b}\"",       "0"},
	{"\"5\" =~ \"[{5}]\"",           ""},
	{"\"5\" =~ \"[[:alpha:]{5}]\"",  ""},
	{"\"{^[0-9]+$}\" =~ \"^[0-9]+$\"", "0"},
};


static const struct {
	const char *val;
	bool truth;
} truths[] = {
	{"", false},     {"0", false},    {"1", true},    {"-1", true},
	{"00", false},   {"0.5", false},  {"0abc", false}, {"abc", true},
	{"10", true},    {" 0", false},   {" 1", true},   {" ", true},
	{"-", true},     {"-0", false},   {"\"\"", true},
	{"99999999999999999999999999", true},
};


static const struct {
	const char *val;
	bool is;
	double num;
} nums[] = {
	{"0", true, 0},       {"12", true, 12},      {"-12", true, -12},
	{"1.5", true, 1.5},   {"-0.25", true, -0.25}, {"", false, 0},
	{"-", false, 0},      {".5", false, 0},      {"5.", false, 0},
	{"1.2.3", false, 0},  {"+1", false, 0},      {"1e5", false, 0},
	{"0x10", false, 0},   {" 1", false, 0},      {"1 ", false, 0},
	{"--1", false, 0},    {"nan", false, 0},     {"inf", false, 0},
};
/* clang-format on */


static int eval(char *buf, size_t size, const struct ttext *t, char *err)
{
	struct mbuf *mb = mbuf_alloc(64);
	int ret         = expr_eval(mb, t, err);

	assert_true(mb->end < size);
	memcpy(buf, mb->buf, mb->end);
	buf[mb->end] = '\0';
	mem_deref(mb);

	return ret;
}


static struct ttext *literal(const char *str)
{
	struct pl pl    = pl_of(str);
	struct ttext *t = NULL;

	assert_int_equal(ttext_create(&t, &pl, false), 0);

	return t;
}


static void test_rows(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ttext *t = literal(rows[i].expr);
		char buf[256], err[EXPR_ERR_SIZE];

		(void)eval(buf, sizeof(buf), t, err);

		if (strcmp(buf, rows[i].result) ||
		    (rows[i].err ? !strstr(err, rows[i].err) : err[0] != 0))
			fail_msg("%s: got '%s' (%s)", rows[i].expr, buf, err);

		mem_deref(t);
	}
}


static void test_tainted(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(tainted); i++) {
		char buf[256], err[EXPR_ERR_SIZE];
		struct ttext *t = NULL;
		bool wire       = false;

		assert_int_equal(ttext_alloc(&t), 0);

		for (const char *p = tainted[i].expr; *p; p++) {
			if (*p == '{' || *p == '}')
				wire = *p == '{';
			else
				assert_int_equal(ttext_putc(t, *p, wire), 0);
		}

		(void)eval(buf, sizeof(buf), t, err);

		if (strcmp(buf, tainted[i].result))
			fail_msg("%s: got '%s' (%s)", tainted[i].expr, buf,
				 err);

		mem_deref(t);
	}
}


static void test_truth(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(truths); i++) {
		struct pl pl = pl_of(truths[i].val);

		if (expr_is_true(&pl) != truths[i].truth)
			fail_msg("'%s'", truths[i].val);
	}
}


static void test_num(void **state)
{
	long double num;

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(nums); i++) {
		struct pl pl = pl_of(nums[i].val);

		if (expr_num(&num, &pl) != nums[i].is)
			fail_msg("'%s'", nums[i].val);

		if (nums[i].is)
			assert_true((double)num == nums[i].num);
	}
}


static void repeat_is(const char *head, size_t n, const char *piece,
		      const char *tail, int ret)
{
	struct ttext *t = literal(head);
	struct pl pl    = pl_of(piece), tl = pl_of(tail);
	char buf[256], err[EXPR_ERR_SIZE];

	for (size_t i = 0; i < n; i++)
		assert_int_equal(ttext_append(t, &pl, false), 0);

	assert_int_equal(ttext_append(t, &tl, false), 0);
	assert_int_equal(eval(buf, sizeof(buf), t, err), ret);
	mem_deref(t);
}


static void test_limits(void **state)
{
	(void)state;
	repeat_is("1", 5000, "+1", "", 0);
	repeat_is("1", 20000, "+1", "", E2BIG);
	repeat_is("", 20, "(", "1))))))))))))))))))))", 0);
	repeat_is("", 60000, "(", "1", E2BIG);
	repeat_is("", 60000, "!", "1", E2BIG);
	repeat_is("", 60000, "-", "1", E2BIG);
	repeat_is("", 20000, "1?", "1", E2BIG);
	repeat_is("1", 15000, ":1", "", E2BIG);
}


static void test_regex(void **state)
{
	char err[EXPR_ERR_SIZE], subject[EXPR_SUBJECT_MAX + 2];
	bool hit;
	struct pl sub;

	(void)state;
	assert_int_equal(expr_regex(&hit, &sub, "B(C+)", "abccd", true, err),
			 0);
	assert_true(hit);
	assert_pl(&sub, "cc");
	assert_int_equal(expr_regex(&hit, &sub, "bc", "abcd", false, err), 0);
	assert_true(hit);
	assert_pl(&sub, "bc");
	assert_int_equal(expr_regex(&hit, &sub, "BC", "abcd", false, err), 0);
	assert_false(hit);
	assert_int_equal(expr_regex(&hit, NULL, "[", "a", false, err), EINVAL);
	assert_true(err[0]);

	memset(subject, 'a', sizeof(subject));
	subject[EXPR_SUBJECT_MAX] = '\0';
	assert_int_equal(expr_regex(&hit, NULL, "^a*$", subject, false, err),
			 0);
	assert_true(hit);
	subject[EXPR_SUBJECT_MAX] = 'a';
	subject[EXPR_SUBJECT_MAX + 1] = '\0';
	assert_int_equal(expr_regex(&hit, NULL, "^a*$", subject, false, err),
			 EINVAL);
}


/* A NUL does not hide what stands behind it */
static void test_regex_nul(void **state)
{
	const struct pl subject = {"123\0;x", 6};
	char err[EXPR_ERR_SIZE];
	struct expr_match m;

	(void)state;
	assert_int_equal(expr_match(&m, "^[0-9]+$", &subject, false, err),
			 EINVAL);
	assert_false(m.hit);
}


/* --- against a tree that is built first and evaluated by C --------------- */

static uint32_t below(uint32_t n, void *arg)
{
	return rnd(n);
}


static void test_random(void **state)
{
	const struct naive_src src = {below, NULL};
	struct naive *n = mem_zalloc(sizeof(*n), NULL);
	unsigned bad = 0;

	(void)state;
	rnd_seed(77);

	for (int i = 0; i < 20000; i++) {
		char buf[NAIVE_VAL + 8], err[EXPR_ERR_SIZE];
		char want[NAIVE_VAL + 8];
		struct ttext *t;

		memset(n, 0, sizeof(*n));
		naive_tree(n, &src, 1 + (unsigned)i % 5, NAIVE_COND, true);
		if (n->bad) {
			++bad;
			continue;
		}

		t = literal(n->text);
		assert_int_equal(eval(buf, sizeof(buf), t, err), 0);
		naive_print(want, sizeof(want), n);
		if (strcmp(buf, want))
			fail_msg("%s: %s, not %s", n->text, buf, want);

		mem_deref(t);
	}

	assert_true(bad < 2000);
	mem_deref(n);
}


/* Anything at all: no crash, a complaint with every failure */
static void test_noise(void **state)
{
	(void)state;
	rnd_seed(13);

	for (int i = 0; i < 20000; i++) {
		struct mbuf *mb = mbuf_alloc(64);
		struct ttext *t = NULL;
		char err[EXPR_ERR_SIZE];
		int ret;

		assert_int_equal(ttext_alloc(&t), 0);

		for (unsigned n = rnd(24); n > 0; n--)
			assert_int_equal(
				ttext_putc(t, rnd_of("01a.\"\"()[]{}+-*/%=~~"
						     "!<>?::&|, \\^$"),
					   !rnd(4)),
				0);

		ret = expr_eval(mb, t, err);
		assert_true(!ret || (ret == EINVAL && err[0]));
		mem_deref(mb);
		mem_deref(t);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_tainted),
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_num),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_regex),
		cmocka_unit_test(test_regex_nul),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
