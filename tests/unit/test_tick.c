/**
 * @file test_tick.c  A media thread that stands still, as in a paused machine
 *
 * The ticks that it finds when it goes on are put into an eventfd, which reads
 * as the timer does.
 */
#include <sys/eventfd.h>
#include "media/tick.h"
#include "stream_pair.h"

enum {
	TIMEOUT_S = 10,
	S         = 1000 * MS,
};


/* So much time has passed, and the thread has not looked since the last */
static void run_after(struct tick *t, uint64_t us)
{
	const uint64_t n = us / (TICK_MS * MS);

	now_us += us;
	assert_int_equal(sizeof(n), write(t->fd, &n, sizeof(n)));
	tick_run(t, now_us);
}


/* A second in which nothing holds it up */
static unsigned seconds_until_timeout(struct tick *t)
{
	for (unsigned s = 1; s <= 2 * TIMEOUT_S; s++) {
		for (unsigned i = 0; i < BEATS; i++)
			run_after(t, TICK_MS * MS);
		if (end_event(MEDIA_EV_TIMEOUT))
			return s;
	}

	return 0;
}


static void begin(struct tick *t)
{
	struct media_flow flow;

	memset(t, 0, sizeof(*t));
	t->fd = eventfd(0, EFD_NONBLOCK);
	assert_true(t->fd >= 0);
	t->armed = true;

	open_both();
	flow	        = end_flow(&a);
	flow.timeout_ms = TIMEOUT_S * 1000;
	end_set(&a, &flow);
	tick_add(t, a.s);
	end_rtp(&a);
	end_forget_events();
}


static void finish(struct tick *t)
{
	tick_remove(a.s);
	close_both();
	tick_close(t);
}


static void test_silence_is_counted(void **state)
{
	struct tick t;

	(void)state;
	begin(&t);
	assert_in_range(seconds_until_timeout(&t), TIMEOUT_S, TIMEOUT_S + 1);
	finish(&t);
}


static void test_standing_still_is_no_silence(void **state)
{
	static const uint64_t stopv[] = {
		2 * S, TIMEOUT_S * S, 60 * S, 30ull * 86400 * S};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stopv); i++) {
		struct tick t;

		begin(&t);
		run_after(&t, stopv[i]);
		for (unsigned k = 1; k < 5 * BEATS; k++)
			run_after(&t, TICK_MS * MS);
		assert_int_equal(0, end_event(MEDIA_EV_TIMEOUT));

		/* who then says nothing is found out as ever */
		assert_in_range(seconds_until_timeout(&t), TIMEOUT_S - 5,
				TIMEOUT_S - 3);
		finish(&t);
	}
}


/* What was heard before counts, and nothing is heard in the time to come */
static void test_silence_before_is_kept(void **state)
{
	struct tick t;

	(void)state;
	begin(&t);
	for (unsigned k = 0; k < 6 * BEATS; k++)
		run_after(&t, TICK_MS * MS);
	for (unsigned k = 0; k < 3; k++)
		run_after(&t, 60 * S);
	assert_in_range(seconds_until_timeout(&t), TIMEOUT_S - 7,
			TIMEOUT_S - 5);

	/* it was heard just now: no later than now */
	end_rtp(&a);
	end_forget_events();
	for (unsigned k = 0; k < BEATS; k++)
		run_after(&t, TICK_MS * MS);
	end_rtp(&a);
	run_after(&t, 2 * S);
	end_rtp(&a);
	run_after(&t, TICK_MS * MS);
	assert_in_range(seconds_until_timeout(&t), TIMEOUT_S, TIMEOUT_S + 1);
	finish(&t);
}


/* A thread that is a little late, on a busy machine */
static void test_late_is_not_asleep(void **state)
{
	struct tick t;
	unsigned s;

	(void)state;
	begin(&t);
	for (s = 0; s < 3 * TIMEOUT_S; s++) {
		run_after(&t, S);
		if (end_event(MEDIA_EV_TIMEOUT))
			break;
	}

	/* five beats of fifty are left of a second: it takes its time */
	assert_in_range(s, TIMEOUT_S - 1, 2 * TIMEOUT_S);
	finish(&t);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silence_is_counted),
		cmocka_unit_test(test_standing_still_is_no_silence),
		cmocka_unit_test(test_silence_before_is_kept),
		cmocka_unit_test(test_late_is_not_asleep),
	};

	return cmocka_run_group_tests(tests, ends_setup, ends_teardown);
}
