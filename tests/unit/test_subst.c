/**
 * @file test_subst.c  Expansion of ${...} and $[...]
 *
 * The rows are expanded with the variables and functions below.  In results,
 * bytes between { and } are marked as coming from the wire.
 */
#include "routing_util.h"
#include <stdio.h>
#include "routing/args.h"
#include "routing/subst.h"


/* clang-format off */
static const struct {
	const char *name;
	const char *val;
	bool wire;
} vars[] = {
	{"EXTEN",   "0123456789",          true},
	{"A",       "hello",               false},
	{"B",       "A",                   false},
	{"A1",      "one",                 false},
	{"N",       "1",                   false},
	{"NAME",    "${A} $[1+1] & , \"",  true},
	{"W1",      "A",                   true},
	{"OFF",     "2",                   true},
	{"FN",      "LEN",                 false},
	{"WFN",     "LEN",                 true},
	{"WCALL",   "LEN(x)",              true},
	{"a b",     "blank",               false},
	{"EMPTY",   "",                    false},
	{"COND",    "1?yes:no",            true},
};


static const struct {
	const char *text;
	const char *result;
	const char *warning; /* part of it; NULL: none */
} rows[] = {
	{"",                         "",                NULL},
	{"plain $ text $",           "plain $ text $",  NULL},
	{"$5.00 {x} [y] }",          "$5.00 (x) [y] )", NULL},
	{"${A}",                     "hello",           NULL},
	{"<${A}>${B}.",              "<hello>A.",       NULL},
	{"${a}",                     "",                NULL},
	{"${UNDEF}x",                "x",               NULL},
	{"${a b}",                   "blank",           NULL},
	{"${${B}}",                  "hello",           NULL},
	{"${A${N}}",                 "one",             NULL},
	{"${${W1}}",                 "hello",           NULL},
	{"SIP/${EXTEN}@trunk",       "SIP/{0123456789}@trunk", NULL},

	/* slices */
	{"${A:1}",                   "ello",            NULL},
	{"${A:1:3}",                 "ell",             NULL},
	{"${A:-2}",                  "lo",              NULL},
	{"${A:-4:2}",                "el",              NULL},
	{"${A:0:-2}",                "hel",             NULL},
	{"${A:1:-1}",                "ell",             NULL},
	{"${A:9}",                   "",                NULL},
	{"${A:-9}",                  "hello",           NULL},
	{"${A:0:0}",                 "",                NULL},
	{"${A:1:99}",                "ello",            NULL},
	{"${A:0:-9}",                "",                NULL},
	{"${A: 1 : 2 }",             "el",              NULL},
	{"${A:1:}",                  "ello",            NULL},
	{"${EXTEN:3}",               "{3456789}",       NULL},
	{"${EXTEN:${N}:2}",          "{12}",            NULL},
	{"${A:${OFF}}",              "llo",             NULL},
	{"${A:x}",                   "hello",           "offset is no number"},
	{"${A::2}",                  "hello",           "offset is no number"},
	{"${A:1:x}",                 "ello",            "length is no number"},
	{"${EXTEN:99999999999999999999}", "",           NULL},

	/* functions */
	{"${LEN(abc)}",              "3",               NULL},
	{"${len(abc)}",              "3",               NULL},
	{"${LEN(${A})}",             "5",               NULL},
	{"${ECHO(${EXTEN})}",        "{0123456789}",    NULL},
	{"${ECHO(${EXTEN}):0:3}",    "{012}",           NULL},
	{"${ECHO(a:b):1}",           ":b",              NULL},
	{"${ECHO(a(b)c)}",           "a(b)c",           NULL},
	{"${ECHO(${ECHO(x)}y)}",     "xy",              NULL},
	{"${ECHO()}",                "",                NULL},
	{"${SECOND(a,b)}",           "b",               NULL},
	{"${SECOND(a,${NAME})}",     "{$(A) $[1+1] & , \"}", NULL},
	{"${SECOND(${NAME},b)}",     "{b}",             NULL},
	{"${${FN}(abc)}",            "3",               NULL},
	{"${NOPE(1)}x",              "x",               "unknown function: 'NO"},
	{"${SECOND()}x",             "x",               "wrong arguments"},
	{"${LEN(abc}",               "3",               "missing ')'"},
	{"${LEN(abc)d}",             "3",               "text behind ')'"},

	/* what comes from outside is data */
	{"${NAME}",                  "{$(A) $[1+1] & , \"}", NULL},
	{"${WCALL}",                 "{LEN(x)}",        NULL},
	{"${${WCALL}}",              "",                NULL},
	{"${${WFN}(abc)}",           "",         "name of a function comes"},
	{"${A:${COND}}",             "ello",            "offset is no number"},

	/* expressions */
	{"$[1 + 2]",                 "3",               NULL},
	{"$[${N} + 1]",              "2",               NULL},
	{"$[ $[1 + 1] * 3 ]",        "6",               NULL},
	{"${A:$[1 + 1]}",            "llo",             NULL},
	{"$[${LEN(${A})} > 3]",      "1",               NULL},
	{"$[\"${EMPTY}\" = \"\"]",   "1",               NULL},
	{"$[\"${NAME}\" = \"\"]",    "0",               NULL},
	{"$[${EXTEN} + 1]",          "{123456790}",     NULL},
	{"$[${EXTEN} = 5]",          "0",               NULL},
	{"$[\"${EXTEN}\" : \"0([0-9])\"]", "1",         NULL},
	{"$[\"ab\" =~ \"[a-z]+\"]",  "2",               NULL},
	{"x$[1 +]y",                 "xy",              "unexpected end"},
	{"$[1 / 0]",                 "2147483647",      "division by zero"},
	{"$[]",                      "",                NULL},

	/* faults of the text */
	{"a${A",                     "a",               "missing '}'"},
	{"a$[1",                     "a",               "missing ']'"},
	{"${A${B}",                  "",                "missing '}'"},
	{"${}x",                     "x",               "without a name"},
	{"${:1}x",                   "x",               "without a name"},
	{"${A}}",                    "hello)",          NULL},
};


static const struct {
	const char *val;
	int64_t off, len;
	const char *slice;
} slices[] = {
	{"abc", 0, 99, "abc"},             {"abc", INT64_MIN, 2, "ab"},
	{"abc", INT64_MAX, 2, ""},         {"abc", 1, INT64_MAX, "bc"},
	{"abc", 1, INT64_MIN, ""},         {"abc", -1, 5, "c"},
	{"abc", 3, 1, ""},                 {"", 0, 1, ""},
	{"", -1, -1, ""},                  {"abc", -3, -3, ""},
};
/* clang-format on */


struct ctx {
	char warning[1024];
	bool fail; /* of the variable "FAIL" */
};


static int get_var(struct mbuf *out, const struct pl *name, bool *tainted,
		   void *arg)
{
	struct ctx *ctx = arg;

	assert_false(*tainted);

	if (ctx->fail && !pl_strcmp(name, "FAIL"))
		return EBUSY;

	for (size_t i = 0; i < ARRAY_SIZE(vars); i++) {
		if (pl_strcmp(name, vars[i].name))
			continue;

		*tainted = vars[i].wire;

		return mbuf_write_str(out, vars[i].val);
	}

	/* must not be seen */
	(void)mbuf_write_str(out, "rubbish");

	return ENOENT;
}


static int call_func(struct mbuf *out, const struct pl *name,
		     const struct ttext *args, bool *tainted, void *arg)
{
	struct args a;
	int err;

	(void)arg;
	assert_int_equal(*tainted, ttext_tainted(args));

	if (!pl_strcasecmp(name, "LEN")) {
		*tainted = false;
		return mbuf_printf(out, "%u", (unsigned)args->len);
	}

	if (!pl_strcasecmp(name, "ECHO"))
		return mbuf_write_mem(out, (uint8_t *)args->str, args->len);

	(void)mbuf_write_str(out, "rubbish");
	if (pl_strcasecmp(name, "SECOND"))
		return ENOENT;

	err = args_split(&a, args, 0);
	if (err)
		return err;

	mbuf_rewind(out);
	if (a.n < 2)
		err = EINVAL;
	else
		err = mbuf_write_str(out, args_str(&a, 1));

	args_reset(&a);

	return err;
}


static void warned(const char *text, void *arg)
{
	struct ctx *ctx = arg;
	size_t n        = strlen(ctx->warning);

	(void)re_snprintf(ctx->warning + n, sizeof(ctx->warning) - n, "%s;",
			  text);
}


static const struct subst_ops ops = {get_var, call_func, warned};


static struct ttext *expand(const char *text, struct ctx *ctx)
{
	struct ttext *t = NULL;
	struct pl pl    = pl_of(text);

	memset(ctx, 0, sizeof(*ctx));
	assert_int_equal(subst_expand(&t, &pl, &ops, ctx), 0);

	return t;
}


/* With braces around what is tainted; braces of the text become round */
static void show(char *buf, const struct ttext *t)
{
	bool wire = false;

	for (size_t i = 0; i < t->len; i++) {
		char c = t->str[i];

		if (ttext_tainted_at(t, i) != wire) {
			wire   = !wire;
			*buf++ = wire ? '{' : '}';
		}

		*buf++ = (char)(c == '{' ? '(' : c == '}' ? ')' : c);
	}

	if (wire)
		*buf++ = '}';

	*buf = '\0';
}


static void test_rows(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ctx ctx;
		struct ttext *t = expand(rows[i].text, &ctx);
		char buf[512];

		show(buf, t);

		if (strcmp(buf, rows[i].result))
			fail_msg("%s: got %s", rows[i].text, buf);

		if (rows[i].warning ? !strstr(ctx.warning, rows[i].warning)
				    : ctx.warning[0] != 0)
			fail_msg("%s: warned '%s'", rows[i].text,
				 ctx.warning);

		mem_deref(t);
	}
}


static void test_slice(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(slices); i++) {
		struct pl val = pl_of(slices[i].val);
		struct pl res = subst_slice(&val, slices[i].off,
					    slices[i].len);

		assert_pl(&res, slices[i].slice);
	}
}


/* Character by character: is it inside? */
static void test_slice_random(void **state)
{
	(void)state;
	rnd_seed(8);

	for (int i = 0; i < 5000; i++) {
		char text[16], want[16];
		int n   = (int)rnd_str(text, 10, "abcdefghij");
		int off = (int)rnd(30) - 15, len = (int)rnd(30) - 15;
		int from = off >= 0 ? off : n + off, to;
		struct pl val = pl_of(text), res;
		size_t k = 0;

		if (from < 0)
			from = 0;
		to = len >= 0 ? from + len : n + len;

		for (int j = 0; j < n; j++) {
			if (j >= from && j < to)
				want[k++] = text[j];
		}

		want[k] = '\0';
		res     = subst_slice(&val, off, len);
		assert_pl(&res, want);
	}
}


static int expand_repeated(const char *open, size_t n, const char *mid,
			   const char *close, size_t m)
{
	struct mbuf *mb = mbuf_alloc(1024);
	struct ttext *t = NULL;
	struct ctx ctx;
	struct pl pl;
	int err;

	memset(&ctx, 0, sizeof(ctx));

	for (size_t i = 0; i < n; i++)
		assert_int_equal(mbuf_write_str(mb, open), 0);
	assert_int_equal(mbuf_write_str(mb, mid), 0);
	for (size_t i = 0; i < m; i++)
		assert_int_equal(mbuf_write_str(mb, close), 0);

	pl  = (struct pl){(char *)mb->buf, mb->end};
	err = subst_expand(&t, &pl, &ops, &ctx);
	mem_deref(t);
	mem_deref(mb);

	return err;
}


static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(expand_repeated("${ECHO(", 32, "x", ")}", 32), 0);
	assert_int_equal(expand_repeated("${ECHO(", 33, "x", ")}", 33),
			 ENOBUFS);
	assert_int_equal(expand_repeated("${", 20000, "", "", 0), ENOBUFS);
	assert_int_equal(expand_repeated("$[", 20000, "", "", 0), ENOBUFS);
	assert_int_equal(expand_repeated("${A", 1, "", "{", 60000), 0);
	assert_int_equal(expand_repeated("${A}", 13000, "", "", 0), 0);
	assert_int_equal(expand_repeated("${A}", 14000, "", "", 0), ENOBUFS);
	assert_int_equal(expand_repeated("x", TTEXT_MAX, "", "", 0), 0);
	assert_int_equal(expand_repeated("x", TTEXT_MAX + 1, "", "", 0),
			 ENOBUFS);
}


static void test_errors_end_it(void **state)
{
	struct pl pl    = PL_LIT("a${ECHO(${FAIL})}b");
	struct ttext *t = NULL;
	struct ctx ctx  = {.fail = true};
	static const struct subst_ops none;

	(void)state;
	assert_int_equal(subst_expand(&t, &pl, &ops, &ctx), EBUSY);
	assert_null(t);

	/* without callbacks everything is undefined */
	assert_int_equal(subst_expand(&t, &pl, &none, NULL), 0);
	assert_string_equal(t->str, "ab");
	mem_deref(t);
	assert_int_equal(subst_expand(NULL, &pl, &ops, NULL), EINVAL);
}


static void append(char *buf, size_t size, const char *part)
{
	size_t n = strlen(buf);

	assert_true(snprintf(buf + n, size - n, "%s", part) <
		    (int)(size - n));
}


/* Balanced texts without references come out as they are, and a reference
   gives the same wherever it stands */
static void test_random(void **state)
{
	static const char *const parts[][2] = {
		{"${A}", "hello"},       {"${EXTEN:8}", "89"},
		{"$[2*3]", "6"},         {"${ECHO(${A:0:2})}", "he"},
		{"$", "$"},              {"{", "{"},
		{"]", "]"},              {"a,b", "a,b"},
		{"\\", "\\"},            {"${UNDEF}", ""},
	};

	(void)state;
	rnd_seed(21);

	for (int round = 0; round < 2000; round++) {
		char text[512] = "", want[512] = "";
		bool dollar    = false;
		struct ctx ctx;
		struct ttext *t;

		for (unsigned i = rnd(12); i > 0; i--) {
			size_t k = rnd(ARRAY_SIZE(parts));

			/* "$" and "{" side by side mean something else */
			if (dollar && strchr("{[", parts[k][0][0]))
				continue;

			append(text, sizeof(text), parts[k][0]);
			append(want, sizeof(want), parts[k][1]);
			dollar = !strcmp(parts[k][0], "$");
		}

		t = expand(text, &ctx);
		assert_string_equal(t->str, want);
		mem_deref(t);
	}
}


static void test_noise(void **state)
{
	(void)state;
	rnd_seed(22);

	for (int round = 0; round < 20000; round++) {
		char text[64];
		struct ctx ctx;

		(void)rnd_str(text, 40, "$$${{}}[]():,A1LEN+-\" ");
		mem_deref(expand(text, &ctx));
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_slice),
		cmocka_unit_test(test_slice_random),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_errors_end_it),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
