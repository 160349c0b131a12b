/**
 * @file test_text.c  Small text helpers
 */
#include "routing_util.h"
#include "base/text.h"


/* clang-format off */
static const struct {
	const char *text;
	uint64_t max;
	int err;
	uint64_t n;
} nums[] = {
	{"0",     10, 0, 0},            {"10",   10, 0, 10},
	{"007",   10, 0, 7},            {"11",   10, ERANGE, 0},
	{"9",     8, ERANGE, 0},        {"0",    0, 0, 0},
	{"1",     0, ERANGE, 0},        {"",     10, EINVAL, 0},
	{"-1",    10, EINVAL, 0},       {"+1",   10, EINVAL, 0},
	{" 1",    10, EINVAL, 0},       {"1 ",   10, EINVAL, 0},
	{"1a",    10, EINVAL, 0},       {"99999x", 10, EINVAL, 0},
	{"0x1",   10, EINVAL, 0},
	{"18446744073709551615", UINT64_MAX, 0, UINT64_MAX},
	{"18446744073709551616", UINT64_MAX, ERANGE, 0},
	{"99999999999999999999999999", UINT64_MAX, ERANGE, 0},
	{"00000000000000000000000000000005", 10, 0, 5},
};


static const struct {
	const char *text;
	uint64_t max;
	int err;
	uint64_t milli;
} millis[] = {
	{"2",      9000, 0, 2000},      {"2.5",    9000, 0, 2500},
	{"2.05",   9000, 0, 2050},      {"2.123456", 9000, 0, 2123},
	{".5",     9000, 0, 500},       {"0.001",  9000, 0, 1},
	{"9.000",  9000, 0, 9000},      {"9.001",  9000, ERANGE, 0},
	{"10",     9000, ERANGE, 0},    {"5.",     9000, EINVAL, 0},
	{".",      9000, EINVAL, 0},    {"",       9000, EINVAL, 0},
	{"1.2.3",  9000, EINVAL, 0},    {"-1",     9000, EINVAL, 0},
	{"1,5",    9000, EINVAL, 0},    {"1.x",    9000, EINVAL, 0},
	{"0.999",  998, ERANGE, 0},     {"0.998",  998, 0, 998},
	{"99999999999999999999.1", UINT64_MAX, ERANGE, 0},
};


static const struct {
	const char *text;
	int value; /* -1: neither */
} bools[] = {
	{"yes", 1}, {"TRUE", 1}, {"y", 1}, {"T", 1}, {"1", 1}, {"On", 1},
	{"no", 0}, {"False", 0}, {"N", 0}, {"f", 0}, {"0", 0}, {"off", 0},
	{"", -1}, {"ye", -1}, {"yes ", -1}, {"2", -1}, {"never", -1},
};


static const struct {
	const char *text, *trimmed;
} trims[] = {
	{"", ""}, {"a", "a"}, {" a ", "a"}, {"\t a b\r\n", "a b"},
	{"   ", ""}, {"\v\fx", "x"},
};


static const struct {
	const char *word;
	const char *nearest; /* NULL: none */
} nears[] = {
	{"dila",       "Dial"},        /* two letters swapped */
	{"Diall",      "Dial"},
	{"dial",       "Dial"},
	{"Dail",       "Dial"},
	{"Hangpu",     "Hangup"},
	{"canreinvte", "canreinvite"},
	{"canrinvte",  "canreinvite"},
	{"Ecco",       "Echo"},
	{"xyz",        NULL},
	{"D",          NULL},
	{"",           NULL},
	{"Playback2000", NULL},
};
/* clang-format on */


static void test_num(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(nums); i++) {
		struct pl pl = pl_of(nums[i].text);
		uint64_t n   = 77;

		if (num_decode(&n, &pl, nums[i].max) != nums[i].err)
			fail_msg("'%s'", nums[i].text);

		assert_int_equal(n, nums[i].err ? 77 : nums[i].n);
	}

	assert_int_equal(num_decode(NULL, &pl_null, 1), EINVAL);
}


static void test_milli(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(millis); i++) {
		struct pl pl = pl_of(millis[i].text);
		uint64_t n   = 77;

		if (num_decode_milli(&n, &pl, millis[i].max) != millis[i].err)
			fail_msg("'%s'", millis[i].text);

		assert_int_equal(n, millis[i].err ? 77 : millis[i].milli);
	}
}


static void test_bool(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(bools); i++) {
		struct pl pl = pl_of(bools[i].text);
		bool b       = false;

		assert_int_equal(bool_decode(&b, &pl), bools[i].value >= 0);
		assert_int_equal(b, bools[i].value == 1);
	}

	assert_false(bool_decode(NULL, &pl_null));
}


static void test_trim(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(trims); i++) {
		struct pl pl = pl_trim(pl_of(trims[i].text));

		assert_pl(&pl, trims[i].trimmed);
	}
}


/* N separators make N+1 parts */
static void test_next(void **state)
{
	static const struct {
		const char *text, *parts;
	} rows[] = {
		{"", "[]"},         {"a", "[a]"},       {"a,b", "[a][b]"},
		{",", "[][]"},      {"a,", "[a][]"},    {",a", "[][a]"},
		{"a,,b", "[a][][b]"}, {" a , b ", "[ a ][ b ]"},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pl rest  = pl_of(rows[i].text), part;
		struct mbuf *mb = mbuf_alloc(64);

		while (pl_next(&part, &rest, ','))
			assert_int_equal(mbuf_printf(mb, "[%r]", &part), 0);

		assert_false(pl_next(&part, &rest, ','));
		assert_int_equal(mbuf_write_u8(mb, 0), 0);
		assert_string_equal((char *)mb->buf, rows[i].parts);
		mem_deref(mb);
	}
}


static void test_copy(void **state)
{
	struct pl pl = PL_LIT("abc");
	char buf[4]  = "xyz";

	(void)state;
	assert_int_equal(pl_copy(buf, 4, &pl), 0);
	assert_string_equal(buf, "abc");
	assert_int_equal(pl_copy(buf, 3, &pl), ENOBUFS);
	assert_string_equal(buf, "");
	assert_int_equal(pl_copy(buf, 1, &pl_null), 0);
	assert_string_equal(buf, "");
	assert_int_equal(pl_copy(buf, 0, &pl), EINVAL);
}


static void test_nearest(void **state)
{
	static const char *const words[] = {"Dial", "Hangup", "Playback",
					    "Echo", "canreinvite", NULL, ""};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(nears); i++) {
		const char *got = text_nearest(nears[i].word, words,
					       ARRAY_SIZE(words));

		if (nears[i].nearest && got)
			assert_string_equal(got, nears[i].nearest);
		else if (nears[i].nearest || got)
			fail_msg("%s: %s", nears[i].word, got ? got : "-");
	}
}


/* Edit distance by its definition */
static size_t naive_distance(const char *a, const char *b)
{
	size_t best, n;

	if (!*a || !*b)
		return strlen(a) + strlen(b);

	best = naive_distance(a + 1, b + 1) + (*a != *b);

	n = naive_distance(a + 1, b) + 1;
	best = n < best ? n : best;
	n = naive_distance(a, b + 1) + 1;
	best = n < best ? n : best;

	if (a[1] && b[1] && a[0] == b[1] && a[1] == b[0]) {
		n = naive_distance(a + 2, b + 2) + 1;
		best = n < best ? n : best;
	}

	return best;
}


static void test_nearest_random(void **state)
{
	(void)state;
	rnd_seed(17);

	for (int i = 0; i < 3000; i++) {
		char word[8], cand[8];
		const char *const words[] = {cand};
		size_t d;
		bool want;

		(void)rnd_str(word, 6, "abc");
		(void)rnd_str(cand, 6, "abc");
		d    = naive_distance(word, cand);
		want = word[0] && cand[0] && d <= 2 &&
		       (!d || d * 2 < strlen(word));

		if ((text_nearest(word, words, 1) != NULL) != want)
			fail_msg("%s %s: %zu", word, cand, d);
	}
}


static void test_mbuf_str(void **state)
{
	struct mbuf *mb = mbuf_alloc(8);
	char *str       = NULL;

	(void)state;
	assert_int_equal(mbuf_str(&str, mb), 0);
	assert_string_equal(str, "");
	str = mem_deref(str);
	assert_int_equal(mbuf_write_str(mb, "hello"), 0);
	mb->pos = 3; /* does not matter */
	assert_int_equal(mbuf_str(&str, mb), 0);
	assert_string_equal(str, "hello");
	mem_deref(str);
	mem_deref(mb);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_num),
		cmocka_unit_test(test_milli),
		cmocka_unit_test(test_bool),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_nearest_random),
		cmocka_unit_test(test_mbuf_str),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
