/**
 * @file test_perlre.c  Perl's regular expressions within limits
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/clock.h"
#include "base/perlre.h"


static const struct {
	const char *regex, *subject;
	bool hit;
} rows[] = {
	{".+", "1", true},
	{".+", "", false},
	{"^7495\\d{2,3}$", "7495112", true},
	{"^7495\\d{2,3}$", "74951234", false},
	{"^9.|^49[59]|^800|^.{2,3}$", "4991234567", true},
	{"^9.|^49[59]|^800|^.{2,3}$", "4931234567", false},
	{"^(?!810)\\d+$", "8109", false},
	{"^(?!810)\\d+$", "8119", true},
	{"^(\\d)\\1+$", "5555", true},
	{"(?i)abc", "xABCx", true},
	{"", "", true},
};


static void test_rows(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct perlre *r;
		struct pl pl;
		bool hit = !rows[i].hit;

		pl_set_str(&pl, rows[i].subject);
		assert_int_equal(perlre_alloc(&r, rows[i].regex, NULL, 0), 0);
		assert_int_equal(perlre_match(&hit, r, &pl), 0);
		if (hit != rows[i].hit)
			fail_msg("%s on %s", rows[i].regex, rows[i].subject);
		mem_deref(r);
	}
}


static void test_faults(void **state)
{
	static char longer[PERLRE_LEN_MAX + 2];
	static const char *const bad[] = {"(", "[a", "a{2", "(?P<", "*", "\\C"};
	struct perlre *r = NULL;
	char why[100];

	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		why[0] = '\0';
		if (!strcmp(bad[i], "a{2"))
			continue; /* a text for PCRE2 */
		assert_int_equal(perlre_alloc(&r, bad[i], why, sizeof(why)),
				 EINVAL);
		assert_non_null(strstr(why, "at character"));
	}
	assert_int_equal(perlre_alloc(&r, longer, why, sizeof(why)), EINVAL);
	assert_string_equal(why, "longer than 1000 characters");
	assert_null(r);
}


/* What backtracks for ever is cut off, and does not match */
static void test_limits(void **state)
{
	static const char *const evil[] = {
		"(a+)+$", "(a|aa)+$", "(.*)*x", "^(([a-z])+.)+[A-Z]([a-z])+$",
		"(?:(?:a?){30}){30}b", "(a(?1)?a?)+$",
	};
	static char text[PERLRE_SUBJECT_MAX + 1];
	const uint64_t t0 = clock_ms();

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < ARRAY_SIZE(evil); i++) {
		struct perlre *r;
		struct pl pl = {text, PERLRE_SUBJECT_MAX};
		bool hit = true;

		text[PERLRE_SUBJECT_MAX - 1] = '!';
		assert_int_equal(perlre_alloc(&r, evil[i], NULL, 0), 0);
		const int err = perlre_match(&hit, r, &pl);
		assert_true(!err || err == E2BIG);
		assert_false(hit);

		pl.l = PERLRE_SUBJECT_MAX + 1;
		assert_int_equal(perlre_match(&hit, r, &pl), E2BIG);
		mem_deref(r);
	}

	assert_true(clock_ms() - t0 < 5000);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
