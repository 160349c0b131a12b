/**
 * @file test_args.c  Arguments and option letters of applications
 *
 * In the rows, bytes between { and } come from the wire.
 */
#include "routing_util.h"
#include "routing/args.h"


static struct ttext *text_of(const char *str)
{
	struct ttext *t = NULL;
	bool wire       = false;

	assert_int_equal(ttext_alloc(&t), 0);

	for (; *str; str++) {
		if (*str == '{')
			wire = true;
		else if (*str == '}')
			wire = false;
		else
			assert_int_equal(ttext_putc(t, *str, wire), 0);
	}

	return t;
}


/* "a|b|": each argument with a '|' behind */
static void args_are(struct args *args, const char *expected)
{
	struct mbuf *mb = mbuf_alloc(128);

	for (size_t i = 0; i < args->n; i++)
		assert_int_equal(mbuf_printf(mb, "%s|", args_str(args, i)), 0);

	assert_int_equal(mbuf_write_u8(mb, 0), 0);
	assert_string_equal((char *)mb->buf, expected);
	mem_deref(mb);
	args_reset(args);
}


/* clang-format off */
static const struct {
	const char *text;
	size_t max;
	const char *args;
} splits[] = {
	{"",                    0, ""},
	{"a",                   0, "a|"},
	{"a,b",                 0, "a|b|"},
	{"a,,b",                0, "a||b|"},
	{",",                   0, "||"},
	{" a , b ",             0, " a | b |"},
	{"a(b,c),d",            0, "a(b,c)|d|"},
	{"a(b,(c,d),e),f",      0, "a(b,(c,d),e)|f|"},
	{"a),b",                0, "a)|b|"},
	{"(a,b",                0, "(a,b|"},
	{"\"a,b\",c",           0, "a,b|c|"},
	{"x\"a,b\"y,c",         0, "xa,by|c|"},
	{"a\\,b,c",             0, "a,b|c|"},
	{"a\\\\,b",             0, "a\\|b|"},
	{"a\\\"b,c",            0, "a\"b|c|"},
	{"a\\",                 0, "a|"},
	{"a,b,c,d",             2, "a|b,c,d|"},
	{"a,b\\,\"c\",d",       2, "a|b\\,\"c\",d|"},
	{"a,b",                 1, "a,b|"},
	{"a,b",                 9, "a|b|"},

	/* from the wire: data */
	{"{a,b},c",             0, "a,b|c|"},
	{"x{\"},c",             0, "x\"|c|"},
	{"x{(},c",              0, "x(|c|"},
	{"x{\\},c",             0, "x\\|c|"},
	{"(a,{)},b),c",         0, "(a,),b)|c|"},
	{"\\{,}b,c",            0, ",b|c|"},
	{"{,,,}",               0, ",,,|"},
};


static const struct {
	const char *text;
	const char *known;
	const char *opts; /* letter=arg; letter; */
	const char *bad;  /* letters */
} options[] = {
	{"",              "tT",  "",                  ""},
	{"tT",            "tT",  "t;T;",              ""},
	{"t T",           "tT",  "t;T;",              ""},
	{"tm(cl)g",       "tmg", "t;m=cl;g;",         ""},
	{"m()",           "m",   "m=;",               ""},
	{"m(a(b)c)t",     "tm",  "m=a(b)c;t;",        ""},
	{"L(60000:30000:10000)", "L", "L=60000:30000:10000;", ""},
	{"m(a)m(b)",      "m",   "m=b;",              ""},
	{"m(a)m",         "m",   "m;",                ""},
	{"tz",            "t",   "t;",                "z"},
	{"z(tt)t",        "t",   "t;",                "z"},
	{"tm(abc",        "tm",  "t;",                "m"},
	{"(",             "t",   "",                  "("},
	{"{t}T",          "tT",  "T;",                "t"},
	{"m{(}x{)}t",     "mxt", "m;x;t;",            "()"},
	{"m(a{)}b)t",     "mt",  "m=a)b;t;",          ""},
	{"m({(})t",       "mt",  "m=(;t;",            ""},
};
/* clang-format on */


static void test_split(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(splits); i++) {
		struct ttext *t = text_of(splits[i].text);
		struct args args;

		assert_int_equal(args_split(&args, t, splits[i].max), 0);
		args_are(&args, splits[i].args);
		mem_deref(t);
	}
}


static void test_split_others(void **state)
{
	struct pl pl    = PL_LIT("a,\"b,c\"");
	struct ttext *t = text_of("SIP/1&SIP/{2&3}&\"x&y\"&(a&b)");
	struct args args;

	(void)state;
	assert_int_equal(args_split_plain(&args, t, '&'), 0);
	args_are(&args, "SIP/1|SIP/2&3|\"x|y\"|(a|b)|");

	assert_int_equal(args_split_raw(&args, t, '&', 0), 0);
	args_are(&args, "SIP/1|SIP/2&3|\"x&y\"|(a&b)|");
	mem_deref(t);

	assert_int_equal(args_split_pl(&args, &pl, false, 0), 0);
	args_are(&args, "a|b,c|");
	assert_int_equal(args_split_pl(&args, &pl, true, 0), 0);
	args_are(&args, "a,\"b,c\"|");
}


static void test_access(void **state)
{
	struct ttext *t = text_of("a,,{c}");
	struct args args;
	struct pl pl;

	(void)state;
	assert_int_equal(args_split(&args, t, 0), 0);
	assert_int_equal(args.n, 3);
	assert_true(args_has(&args, 0));
	assert_false(args_has(&args, 1));
	assert_false(args_has(&args, 3));
	assert_string_equal(args_str(&args, 3), "");
	assert_null(args_text(&args, 3));
	assert_false(ttext_tainted(args_text(&args, 0)));
	assert_true(ttext_tainted(args_text(&args, 2)));
	pl = args_pl(&args, 2);
	assert_pl(&pl, "c");
	pl = args_pl(&args, 7);
	assert_pl(&pl, "");
	args_reset(&args);
	args_reset(&args);
	mem_deref(t);
}


static void test_many_arguments(void **state)
{
	struct ttext *t = NULL;
	struct args args;

	(void)state;
	assert_int_equal(ttext_alloc(&t), 0);

	for (size_t i = 0; i < ARGS_MAX + 4; i++)
		assert_int_equal(ttext_putc(t, ',', false), 0);

	assert_int_equal(args_split(&args, t, 0), 0);
	assert_int_equal(args.n, ARGS_MAX);
	assert_string_equal(args_str(&args, ARGS_MAX - 1), ",,,,,");
	args_reset(&args);
	mem_deref(t);
}


static void bad_letter(char letter, const char *why, void *arg)
{
	assert_non_null(why);
	assert_int_equal(mbuf_write_u8(arg, (uint8_t)letter), 0);
}


static void test_options(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		struct ttext *t   = text_of(options[i].text);
		struct mbuf *bad  = mbuf_alloc(16), *got = mbuf_alloc(64);
		struct opts opts;

		assert_int_equal(opts_decode(&opts, t, options[i].known,
					     bad_letter, bad), 0);

		for (size_t j = 0; j < opts.n; j++) {
			char letter = opts.v[j].letter;
			struct pl arg;

			assert_true(opt_find(&opts, letter, &arg));
			assert_int_equal(mbuf_printf(got, "%c", letter), 0);
			if (opt_text(&opts, letter))
				assert_int_equal(mbuf_printf(got, "=%r", &arg),
						 0);
			assert_int_equal(mbuf_printf(got, ";"), 0);
		}

		assert_int_equal(mbuf_write_u8(got, 0), 0);
		assert_int_equal(mbuf_write_u8(bad, 0), 0);
		assert_string_equal((char *)got->buf, options[i].opts);
		assert_string_equal((char *)bad->buf, options[i].bad);
		assert_false(opt_find(&opts, 'Q', NULL));

		opts_reset(&opts);
		mem_deref(bad);
		mem_deref(got);
		mem_deref(t);
	}
}


static void test_options_none(void **state)
{
	struct opts opts;

	(void)state;
	assert_int_equal(opts_decode(&opts, NULL, "t", NULL, NULL), 0);
	assert_false(opt_find(&opts, 't', NULL));
	opts_reset(&opts);
}


/* Lists that are built piece by piece own what they hold */
static void test_add(void **state)
{
	struct args a = {.n = 0}, b = {.n = 0};

	(void)state;
	assert_int_equal(args_add_str(&a, "s"), 0);
	for (size_t i = 1; i < ARGS_MAX; i++)
		assert_int_equal(args_add(&a, args_text(&a, 0)), 0);
	assert_int_equal(args_add_str(&a, "x"), E2BIG);
	assert_int_equal(args_add(&a, args_text(&a, 0)), E2BIG);
	assert_int_equal(args_add(&a, NULL), EINVAL);
	assert_int_equal(a.n, ARGS_MAX);

	assert_int_equal(args_add_str(&b, "first"), 0);
	assert_int_equal(args_add_from(&b, &a, ARGS_MAX - 4), 0);
	assert_int_equal(args_add_from(&b, &a, ARGS_MAX), 0);
	args_reset(&a);
	assert_int_equal(b.n, 5);
	assert_string_equal(args_str(&b, 0), "first");
	assert_string_equal(args_str(&b, 4), "s");
	args_reset(&b);
	args_reset(&b);
}


/* Whatever the text, nothing is lost but separators, quotes and backslashes,
   and what came from the wire is all there and still marked */
static void test_split_random(void **state)
{
	(void)state;
	rnd_seed(31);

	for (int round = 0; round < 2000; round++) {
		size_t wire = 0, found = 0;
		struct ttext *t = NULL;
		struct args args;

		assert_int_equal(ttext_alloc(&t), 0);

		for (unsigned i = rnd(40); i > 0; i--) {
			bool tainted = !rnd(3);
			char c       = rnd_of("abc,,()\"\\&");

			wire += tainted;
			assert_int_equal(ttext_putc(t, c, tainted), 0);
		}

		assert_int_equal(args_split(&args, t, 0), 0);

		for (size_t i = 0; i < args.n; i++) {
			const struct ttext *a = args_text(&args, i);

			for (size_t j = 0; j < a->len; j++)
				found += ttext_tainted_at(a, j);
		}

		assert_int_equal(found, wire);
		args_reset(&args);
		mem_deref(t);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_split_others),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_many_arguments),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_options_none),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_split_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
