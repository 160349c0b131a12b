/**
 * @file test_pattern.c  Extension patterns and their order
 */
#include "routing_util.h"
#include "routing/pattern.h"


enum {
	NO    = PATTERN_NO,
	FULL  = PATTERN_FULL,
	MORE  = PATTERN_MORE,
	BOTH  = PATTERN_FULL_MORE,
	EARLY = PATTERN_FULL | PATTERN_EARLY,
};


/* clang-format off */
static const struct {
	const char *ext;
	const char *digits;
	int result;
} matches[] = {
	/* literals match themselves only */
	{"100",       "100",    FULL},
	{"100",       "10",     MORE},
	{"100",       "",       MORE},
	{"100",       "1000",   NO},
	{"100",       "200",    NO},
	{"X",         "1",      NO},
	{"s",         "s",      FULL},
	{"s",         "S",      NO},
	{"s-BUSY",    "s-BUSY", FULL},
	{"*8",        "*8",     FULL},

	/* X Z N, in either case */
	{"_X",        "0",      FULL},
	{"_X",        "a",      NO},
	{"_Z",        "0",      NO},
	{"_Z",        "1",      FULL},
	{"_N",        "1",      NO},
	{"_N",        "2",      FULL},
	{"_nxz",      "209",    FULL},
	{"_NXX",      "20",     MORE},
	{"_NXX",      "2000",   NO},
	{"_1XX",      "1",      MORE},
	{"_1XX",      "",       MORE},

	/* sets */
	{"_[13-5]X",  "30",     FULL},
	{"_[13-5]X",  "20",     NO},
	{"_[13-5]X",  "4",      MORE},
	{"_[a-c#*]",  "#",      FULL},
	{"_[a-c#*]",  "b",      FULL},
	{"_[a-c#*]",  "d",      NO},
	{"_[1-5",     "1",      NO},
	{"_[]1",      "1",      NO},

	/* tails */
	{"_9.",       "9",      MORE},
	{"_9.",       "91",     BOTH},
	{"_9.",       "9123",   BOTH},
	{"_9.",       "8123",   NO},
	{"_.",        "s",      BOTH},
	{"_.",        "",       MORE},
	{"_9!",       "9",      EARLY},
	{"_9!",       "9123",   EARLY},
	{"_9!",       "",       MORE},
	{"_!",        "",       EARLY},

	/* separators are ignored, other characters stand for themselves */
	{"_555-XXXX", "5551234",  FULL},
	{"_555XXXX",  "555-1234", FULL},
	{"_+X.",      "+1",       MORE},
	{"_+X.",      "+12",      BOTH},
	{"_s-.",      "s-BUSY",   BOTH},
	{"_aX",       "a1",       FULL},
	{"_aX",       "A1",       NO},
};


static const struct {
	const char *cid; /* NULL: the extension has none */
	const char *number;
	bool match;
} callers[] = {
	{NULL,          "5551234",       true},
	{NULL,          "",              true},
	{"",            "",              true},
	{"",            "5551234",       false},
	{"5551234",     "5551234",       true},
	{"5551234",     "555-1234",      true},
	{"5551234",     "(555) 12.34",   true},
	{"(555) 1234",  "5551234",       true},
	{"5551234",     "5551235",       false},
	{"5551234",     "",              false},
	{"_555XXXX",    "5551234",       true},
	{"_555XXXX",    "555123",        false},
	{"_555.",       "5551",          true},
	{"_.",          "",              false},
	{"al.ice",      "al.ice",        true},
	{"alice",       "al.ice",        false},
};


/* Each before all that follow it */
static const char *const order[] = {
	"*8", "100", "1000", "200", "s",
	"_+X",
	"_100X",
	"_100",
	"_10[12]",
	"_10N",
	"_10Z",
	"_10X.",
	"_10X!",
	"_10X",
	"_10.",
	"_10!",
	"_1[12]X",
	"_1[13]X",
	"_1[23]X",
	"_1XX",
	"_1X.",
	"_1X!",
	"_1.",
	"_1!",
	"_[12]",
	"_N",
	"_Z",
	"_X0",
	"_XX",
	"_X.",
	"_X",
	"_.",
	"_!",
};


static const struct {
	const char *ext;
	const char *why; /* NULL: fine */
} checks[] = {
	{"100",     NULL},
	{"_X.",     NULL},
	{"_[1-3]!", NULL},
	{"_[a-]",   NULL},
	{"",        "empty"},
	{"_",       "nothing behind '_'"},
	{"_1[23",   "'[' without ']'"},
	{"_1[]",    "empty set '[]'"},
	{"_[9-1]",  "range from high to low"},
	{"_1.2",    "nothing may follow '.' or '!'"},
	{"_1!X",    "nothing may follow '.' or '!'"},
};
/* clang-format on */


static void test_match(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(matches); i++) {
		struct pl ext    = pl_of(matches[i].ext);
		struct pl digits = pl_of(matches[i].digits);
		int r            = (int)pattern_match(&ext, &digits);

		if (r != matches[i].result)
			fail_msg("%s, %s: %d", matches[i].ext,
				 matches[i].digits, r);
	}
}


static void test_match_cid(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(callers); i++) {
		struct pl number = pl_of(callers[i].number);
		struct pl cid    = pl_null;

		if (callers[i].cid)
			cid = pl_of(callers[i].cid);

		if (pattern_match_cid(callers[i].cid ? &cid : NULL, &number) !=
		    callers[i].match)
			fail_msg("row %zu", i);
	}
}


static int sign(int n)
{
	return (n > 0) - (n < 0);
}


static void test_order(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(order); j++) {
			struct pl a = pl_of(order[i]), b = pl_of(order[j]);
			int want    = (i > j) - (i < j);

			if (sign(pattern_cmp(&a, &b)) != want)
				fail_msg("%s, %s", order[i], order[j]);
		}
	}
}


static void test_same_meaning(void **state)
{
	struct pl a = pl_of("_[0-9]N-x"), b = pl_of("_X[2-9]X");

	(void)state;
	assert_int_equal(pattern_cmp(&a, &b), 0);
}


static void test_check(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct pl ext   = pl_of(checks[i].ext);
		const char *why = NULL;
		int err         = pattern_check(&ext, &why);

		assert_int_equal(err, checks[i].why ? EINVAL : 0);
		if (checks[i].why)
			assert_string_equal(why, checks[i].why);
	}
}


/* --- against an independent implementation ------------------------------- */

/* Does one digit fit what stands at `p`?  *n is set to its length */
static bool naive_fits(const char *p, size_t *n, char c)
{
	*n = 1;

	switch (*p) {

	case 'X': case 'x': return c >= '0' && c <= '9';
	case 'Z': case 'z': return c >= '1' && c <= '9';
	case 'N': case 'n': return c >= '2' && c <= '9';
	case '[': break;
	default:  return c == *p;
	}

	bool hit = false;
	size_t i = 1;

	for (; p[i] != ']'; i++) {
		if (p[i + 1] == '-' && p[i + 2] != ']') {
			hit |= c >= p[i] && c <= p[i + 2];
			i += 2;
		}
		else {
			hit |= c == p[i];
		}
	}

	*n = i + 1;

	return hit;
}


static bool naive_match(const char *p, const char *d)
{
	size_t n;

	if (*p == '!')
		return true;

	if (*p == '.')
		return *d != '\0';

	if (!*p || !*d)
		return !*p && !*d;

	return naive_fits(p, &n, *d) && naive_match(p + n, d + 1);
}


/* Can digits be added so that it matches?  Tried out with every character up
   to the length where nothing can change any more */
static bool naive_more(const char *p, const char *d)
{
	size_t n = strlen(d);
	char buf[16];

	if (n > 5)
		return false;

	memcpy(buf, d, n);

	for (const char *c = "0123456789a#*+"; *c; c++) {
		buf[n]     = *c;
		buf[n + 1] = '\0';

		if (naive_match(p, buf) || naive_more(p, buf))
			return true;
	}

	return false;
}


static void random_pattern(char *buf)
{
	size_t n = 1 + rnd(3), pos = 0;

	for (size_t i = 0; i < n; i++) {
		if (rnd(4)) {
			buf[pos++] = rnd_of("XZN12");
			continue;
		}

		buf[pos++] = '[';
		buf[pos++] = rnd_of("012");
		if (rnd(2)) {
			buf[pos++] = '-';
			buf[pos++] = rnd_of("234");
		}
		buf[pos++] = rnd_of("a#5");
		buf[pos++] = ']';
	}

	if (!rnd(3))
		buf[pos++] = rnd_of(".!");

	buf[pos] = '\0';
}


static void test_match_random(void **state)
{
	(void)state;
	rnd_seed(4711);

	for (int i = 0; i < 3000; i++) {
		char pat[64] = "_", digits[8];
		struct pl pp, pd;
		int r;

		random_pattern(pat + 1);
		(void)rnd_str(digits, 4, "0123459a#");
		pp = pl_of(pat);
		pd = pl_of(digits);
		r  = (int)pattern_match(&pp, &pd);

		if (!!(r & FULL) != naive_match(pat + 1, digits))
			fail_msg("full %s %s: %d", pat, digits, r);

		if (!(r & PATTERN_EARLY) && strlen(digits) > 2 &&
		    !!(r & MORE) != naive_more(pat + 1, digits))
			fail_msg("more %s %s: %d", pat, digits, r);
	}
}


/* An order: antisymmetric and transitive */
static void test_order_random(void **state)
{
	char pat[40][64];
	struct pl p[40];

	(void)state;
	rnd_seed(99);

	for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
		pat[i][0] = '_';
		random_pattern(pat[i] + 1);
		p[i] = pl_of(pat[i]);
	}

	for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(p); j++) {
			int ij = sign(pattern_cmp(&p[i], &p[j]));

			assert_int_equal(ij, -sign(pattern_cmp(&p[j], &p[i])));

			for (size_t k = 0; k < ARRAY_SIZE(p); k++) {
				if (ij <= 0 && pattern_cmp(&p[j], &p[k]) <= 0)
					assert_true(pattern_cmp(&p[i], &p[k])
						    <= 0);
			}
		}
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_match_cid),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_same_meaning),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_match_random),
		cmocka_unit_test(test_order_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
