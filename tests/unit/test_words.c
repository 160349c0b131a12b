/**
 * @file test_words.c  Lines of the console cut into words
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "control/command.h"


static const struct {
	const char *line;
	const char *words; /* each in <> */
	size_t last;
	bool finished;
	bool open;
} rows[] = {
	{"", "", 0, true, false},
	{"  ", "", 2, true, false},
	{"a", "<a>", 0, false, false},
	{"a ", "<a>", 2, true, false},
	{"sip  show\tpeers", "<sip><show><peers>", 10, false, false},
	{"a \"b c\" d", "<a><b c><d>", 8, false, false},
	{"a \"b c", "<a><b c>", 2, false, true},
	{"a \"b c ", "<a><b c >", 2, false, true},
	{"a \"\"", "<a><>", 2, false, false},
	{"a b\\ c", "<a><b c>", 2, false, false},
	{"a \\\"b\\\\", "<a><\"b\\>", 2, false, false},
	{"a\\", "<a\\>", 0, false, false},
	{"x\"y z\"w", "<xy zw>", 0, false, false},
};


static void test_rows(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mbuf *mb = mbuf_alloc(64);
		struct words w;

		assert_int_equal(words_split(&w, rows[i].line), 0);
		for (size_t k = 0; k < w.n; k++)
			assert_int_equal(mbuf_printf(mb, "<%s>", w.v[k]), 0);
		assert_int_equal(mbuf_write_u8(mb, 0), 0);

		assert_string_equal((char *)mb->buf, rows[i].words);
		assert_int_equal(w.last, rows[i].last);
		assert_int_equal(w.finished, rows[i].finished);
		assert_int_equal(w.open, rows[i].open);
		assert_null(w.v[w.n]);

		words_reset(&w);
		mem_deref(mb);
	}
}


static void test_limits(void **state)
{
	char *line = malloc(LINE_BYTES + 2);
	struct words w;

	(void)state;
	memset(line, 'x', LINE_BYTES + 1);
	line[LINE_BYTES + 1] = '\0';
	assert_int_equal(words_split(&w, line), E2BIG);

	line[LINE_BYTES] = '\0';
	assert_int_equal(words_split(&w, line), 0);
	assert_int_equal(strlen(w.v[0]), LINE_BYTES);
	words_reset(&w);

	for (size_t i = 0; i <= WORDS_MAX; i++)
		memcpy(line + 2 * i, "w ", 3);
	assert_int_equal(words_split(&w, line), E2BIG);

	line[2 * WORDS_MAX] = '\0';
	assert_int_equal(words_split(&w, line), 0);
	assert_int_equal(w.n, WORDS_MAX);
	words_reset(&w);
	free(line);
}


static void test_printed_word_is_read_again(void **state)
{
	static const char *const words[] = {"plain", "", "a b", "q\"q", "b\\",
					    "\"", "tab\there"};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct mbuf *mb = mbuf_alloc(64);
		struct words w;

		assert_int_equal(word_print(mb, words[i]), 0);
		assert_int_equal(mbuf_write_u8(mb, 0), 0);
		assert_int_equal(words_split(&w, (char *)mb->buf), 0);
		assert_int_equal(w.n, 1);
		assert_string_equal(w.v[0], words[i]);
		words_reset(&w);
		mem_deref(mb);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_printed_word_is_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
