/**
 * @file test_timer.c  Timers
 *
 * Time is a variable here; only test_loop() waits, a few milliseconds.
 */
#include "routing_util.h"
#include "base/clock.h"
#include "base/timer.h"


static uint64_t now_us;
static char order[256];


static int setup(void **state)
{
	(void)state;
	now_us   = 1000000;
	order[0] = '\0';
	clock_fake(&now_us);

	return 0;
}


static int teardown(void **state)
{
	(void)state;
	timers_close();
	clock_fake(NULL);

	return 0;
}


static void note(void *arg)
{
	size_t n = strlen(order);

	assert_true(n + 1 < sizeof(order));
	order[n]     = *(const char *)arg;
	order[n + 1] = '\0';
}


static void start(struct timer *t, uint64_t ms, const char *name)
{
	timer_start(t, ms, note, (void *)name);
}


static void test_order(void **state)
{
	struct timer a = {0}, b = {0}, c = {0}, d = {0};

	(void)state;
	start(&a, 30, "a");
	start(&b, 10, "b");
	start(&c, 20, "c");
	start(&d, 20, "d"); /* as due as c, and started later */
	assert_int_equal(timers_count(), 4);
	assert_int_equal(timers_poll(), 0);

	now_us += 9999;
	assert_int_equal(timers_poll(), 0);
	assert_int_equal(timer_left_ms(&b), 1);
	now_us += 1;
	assert_int_equal(timers_poll(), 1);
	assert_string_equal(order, "b");
	assert_false(timer_runs(&b));
	assert_int_equal(timer_left_ms(&b), 0);

	now_us += 1000000;
	assert_int_equal(timers_poll(), 3);
	assert_string_equal(order, "bcda");
	assert_int_equal(timers_count(), 0);
}


static void test_restart_and_cancel(void **state)
{
	struct timer a = {0}, b = {0};

	(void)state;
	timer_cancel(&a);
	timer_cancel(NULL);
	start(&a, 10, "a");
	start(&b, 20, "b");
	start(&a, 30, "a"); /* later */
	assert_int_equal(timers_count(), 2);
	now_us += 25000;
	assert_int_equal(timers_poll(), 1);
	assert_string_equal(order, "b");

	start(&a, 1, "a"); /* earlier */
	now_us += 1000;
	assert_int_equal(timers_poll(), 1);
	assert_string_equal(order, "ba");

	start(&a, 1, "a");
	timer_cancel(&a);
	assert_false(timer_runs(&a));
	now_us += 1000000;
	assert_int_equal(timers_poll(), 0);
}


static void test_limits(void **state)
{
	struct timer a = {0}, b = {0};

	(void)state;
	start(&a, UINT64_MAX, "a");
	timer_start_us(&b, UINT64_MAX, note, (void *)"b");
	assert_int_equal(a.due_us, UINT64_MAX);
	assert_int_equal(b.due_us, UINT64_MAX);
	now_us += 1000000000000u;
	assert_int_equal(timers_poll(), 0);

	/* without a handler a timer just ends */
	timer_start(&a, 0, NULL, NULL);
	assert_int_equal(timers_poll(), 1);
	assert_false(timer_runs(&a));
	timer_cancel(&b);
}


struct again {
	struct timer t;
	unsigned n;
	uint64_t ms;
};


static void again_handler(void *arg)
{
	struct again *a = arg;

	++a->n;
	assert_false(timer_runs(&a->t));
	timer_start(&a->t, a->ms, again_handler, a);
}


/* A timer that starts itself anew with 0 ms must not keep the loop */
static void test_restart_in_handler(void **state)
{
	struct again a = {.ms = 0};

	(void)state;
	timer_start(&a.t, 0, again_handler, &a);

	for (unsigned i = 1; i <= 5; i++) {
		assert_int_equal(timers_poll(), 1);
		assert_int_equal(a.n, i);
	}

	timer_cancel(&a.t);
}


struct victim {
	struct timer t;
	struct victim *other;
};


static void kill_other(void *arg)
{
	struct victim *v = arg;

	order[strlen(order)] = 'k';
	timer_cancel(&v->other->t);
	mem_deref(v->other);
	mem_deref(v);
}


/* A handler may free its own timer, and one that is due as well */
static void test_free_in_handler(void **state)
{
	struct victim *a = mem_zalloc(sizeof(*a), NULL);
	struct victim *b = mem_zalloc(sizeof(*b), NULL);

	(void)state;
	memset(order, 0, sizeof(order));
	a->other = b;
	b->other = a;
	timer_start(&a->t, 5, kill_other, a);
	timer_start(&b->t, 5, kill_other, b);
	now_us += 5000;
	assert_int_equal(timers_poll(), 1);
	assert_string_equal(order, "k");
	assert_int_equal(timers_count(), 0);
}


static void test_close_forgets(void **state)
{
	struct timer a = {0};

	(void)state;
	start(&a, 1, "a");
	timers_close();
	assert_false(timer_runs(&a));
	assert_int_equal(timers_count(), 0);
	start(&a, 1, "a");
	now_us += 1000;
	assert_int_equal(timers_poll(), 1);
}


/* --- against a plain array ----------------------------------------------- */

enum { MANY = 600 };

struct many {
	struct timer t;
	uint64_t due, seq; /* of the model; seq 0: stopped */
	size_t fired;
};

static struct many many[MANY];
static uint64_t last_due, last_seq;


static void many_handler(void *arg)
{
	struct many *m = arg;

	assert_true(m->seq != 0);
	assert_true(m->due <= now_us);

	/* in order of time, then of start */
	assert_true(m->due > last_due ||
		    (m->due == last_due && m->seq > last_seq));
	last_due = m->due;
	last_seq = m->seq;
	m->seq   = 0;
	++m->fired;
}


static void test_random(void **state)
{
	uint64_t seq = 0;

	(void)state;
	rnd_seed(88);
	memset(many, 0, sizeof(many));

	for (int round = 0; round < 20000; round++) {
		struct many *m = &many[rnd(MANY)];

		if (rnd(4)) {
			uint64_t us = rnd(50) * 1000;

			m->due = now_us + us;
			m->seq = ++seq;
			timer_start_us(&m->t, us, many_handler, m);
		}
		else {
			m->seq = 0;
			timer_cancel(&m->t);
		}

		if (rnd(20))
			continue;

		size_t due = 0, running = 0;

		now_us += rnd(20000);
		for (size_t i = 0; i < MANY; i++) {
			due += many[i].seq && many[i].due <= now_us;
			running += many[i].seq != 0;
			assert_int_equal(timer_runs(&many[i].t),
					 many[i].seq != 0);
		}

		assert_int_equal(timers_count(), running);
		last_due = last_seq = 0;
		assert_int_equal(timers_poll(), due);
		assert_int_equal(timers_count(), running - due);
	}

	for (size_t i = 0; i < MANY; i++)
		timer_cancel(&many[i].t);
}


/* --- the real loop ------------------------------------------------------- */

static void stop_loop(void *arg)
{
	(void)arg;
	re_cancel();
}


static void test_loop(void **state)
{
	struct timer a = {0}, b = {0}, c = {0}, end = {0};
	uint64_t start_us;

	(void)state;
	clock_fake(NULL);
	assert_int_equal(libre_init(), 0);
	assert_int_equal(timers_init(), 0);
	assert_int_equal(timers_init(), EALREADY);

	start_us = clock_us();
	start(&c, 1000000, "c");
	start(&b, 12, "b");
	start(&a, 5, "a"); /* earlier than what the fd waits for */
	timer_start(&end, 20, stop_loop, NULL);
	timer_cancel(&b);
	start(&b, 12, "b");

	assert_int_equal(re_main(NULL), 0);
	assert_true(clock_us() - start_us >= 20000);
	assert_string_equal(order, "ab");
	assert_true(timer_runs(&c));

	timers_close();
	assert_false(timer_runs(&c));
	libre_close();
}


#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_order),
		CASE(test_restart_and_cancel),
		CASE(test_limits),
		CASE(test_restart_in_handler),
		CASE(test_free_in_handler),
		CASE(test_close_forgets),
		CASE(test_random),
		CASE(test_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
