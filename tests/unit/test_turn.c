/**
 * @file test_turn.c  base/turn: jobs at the end of a turn
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/turn.h"

static struct turn_job *chained;


static void count(void *arg)
{
	++*(unsigned *)arg;
}


static void count_and_defer(void *arg)
{
	count(arg);
	assert_true(turn_defer(chained));
}


static void test_outside_of_a_turn(void **state)
{
	unsigned n = 0;
	struct turn_job job = {.h = count, .arg = &n};

	(void)state;
	assert_false(turn_defer(&job));
	assert_false(job.queued);
	assert_int_equal(n, 0);
}


static void test_once_at_the_outermost_end(void **state)
{
	unsigned n = 0;
	struct turn_job job = {.h = count, .arg = &n};

	(void)state;
	turn_begin();
	turn_begin();
	assert_true(turn_defer(&job));
	assert_true(turn_defer(&job));
	turn_end();
	assert_int_equal(n, 0);
	turn_end();
	assert_int_equal(n, 1);
	assert_false(turn_defer(&job));

	turn_begin();
	assert_true(turn_defer(&job));
	turn_end();
	assert_int_equal(n, 2);
}


static void test_a_job_defers_another(void **state)
{
	unsigned n = 0, m = 0;
	struct turn_job first = {.h = count_and_defer, .arg = &n};
	struct turn_job second = {.h = count, .arg = &m};

	(void)state;
	chained = &second;
	turn_begin();
	assert_true(turn_defer(&first));
	turn_end();
	assert_int_equal(n, 1);
	assert_int_equal(m, 1);
}


static void test_forgotten(void **state)
{
	unsigned n = 0, m = 0;
	struct turn_job a = {.h = count, .arg = &n};
	struct turn_job b = {.h = count, .arg = &m};

	(void)state;
	turn_begin();
	assert_true(turn_defer(&a));
	assert_true(turn_defer(&b));
	turn_forget(&a);
	turn_forget(&a);
	turn_end();
	assert_int_equal(n, 0);
	assert_int_equal(m, 1);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outside_of_a_turn),
		cmocka_unit_test(test_once_at_the_outermost_end),
		cmocka_unit_test(test_a_job_defers_another),
		cmocka_unit_test(test_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
