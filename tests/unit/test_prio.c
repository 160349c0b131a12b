/**
 * @file test_prio.c  Threads that must run as soon as they can
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include "base/prio.h"


struct made {
	int policy;       /* before */
	int nice, after;
	int is;           /* policy after */
	int err;
};


static void *raised(void *arg)
{
	const struct sched_param prm = {.sched_priority = 0};
	struct made *m		     = arg;

	(void)sched_setscheduler(0, m->policy, &prm);
	m->nice	 = getpriority(PRIO_PROCESS, 0);
	m->err	 = prio_raise();
	m->after = getpriority(PRIO_PROCESS, 0);
	m->is	 = sched_getscheduler(0);

	return NULL;
}


static void run(struct made *m)
{
	pthread_t tid;

	assert_int_equal(0, pthread_create(&tid, NULL, raised, m));
	assert_int_equal(0, pthread_join(tid, NULL));
}


/* With the right to, or without; of this thread alone */
static void test_raised(void **state)
{
	struct made m = {.policy = SCHED_OTHER};
	const int own = getpriority(PRIO_PROCESS, 0);
	int wish;

	(void)state;
	run(&m);
	wish = m.nice - PRIO_GAIN < -20 ? -20 : m.nice - PRIO_GAIN;
	assert_int_equal(SCHED_OTHER, m.is);
	assert_int_equal(m.err ? m.nice : wish, m.after);
	assert_int_equal(own, getpriority(PRIO_PROCESS, 0));
}


/* Of an operator who has chosen another policy */
static void test_policy_stays(void **state)
{
	struct made m = {.policy = SCHED_BATCH};

	(void)state;
	run(&m);
	assert_int_equal(0, m.err);
	assert_int_equal(SCHED_BATCH, m.is);
	assert_int_equal(m.nice, m.after);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raised),
		cmocka_unit_test(test_policy_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
