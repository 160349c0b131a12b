/**
 * @file test_queue.c  Order, replacement and limits of waiting requests
 */
#include <time.h>
#include "store_util.h"


static int add(struct queue *q, enum db_stmt stmt, const char *key, int num)
{
	const struct db_val v[] = {DB_NUM(num), DB_TEXT("text")};
	struct db_req *req;
	int err;

	assert_int_equal(queue_req(&req, stmt, key, key ? strlen(key) : 0, v,
				   ARRAY_SIZE(v)), 0);
	err = queue_put(q, req);
	if (err)
		mem_deref(req);

	return err;
}


/* The numbers of the requests in order, a digit each */
static void list_is(const struct list *l, const char *digits)
{
	char buf[16] = "";
	size_t n     = 0;

	for (struct le *le = l->head; le; le = le->next) {
		const struct db_req *req = le->data;

		assert_true(n < sizeof(buf) - 1);
		buf[n++] = (char)('0' + req->v[0].num);
		buf[n]   = '\0';
		assert_string_equal(req->v[1].str, "text");
	}

	assert_string_equal(buf, digits);
}


/* What would be written now, in order */
static void waiting_is(struct queue *q, const char *digits)
{
	queue_take(q);
	list_is(queue_batch(q), digits);
	queue_return(q);
}


static void test_newer_replaces_at_the_end(void **state)
{
	struct queue q;

	(void)state;
	assert_int_equal(queue_init(&q), 0);

	add(&q, DB_LOCATION_PUT, "a", 1);
	add(&q, DB_LOCATION_DEL_AOR, "all", 2);
	add(&q, DB_CDR_PUT, NULL, 3);
	add(&q, DB_CDR_PUT, NULL, 4);
	waiting_is(&q, "1234");

	add(&q, DB_LOCATION_DEL, "a", 5);
	assert_int_equal(q.n, 4);
	assert_int_equal(q.n_cdr, 2);
	waiting_is(&q, "2345");
	assert_int_equal(q.n, 4);
	assert_int_equal(q.n_cdr, 2);

	queue_reset(&q);
	queue_reset(&q);
}


static void test_failed_batch_returns_to_the_front(void **state)
{
	struct queue q;

	(void)state;
	assert_int_equal(queue_init(&q), 0);

	add(&q, DB_LOCATION_PUT, "a", 1);
	add(&q, DB_CDR_PUT, NULL, 2);
	add(&q, DB_LOCATION_PUT, "b", 3);

	queue_take(&q);
	list_is(queue_batch(&q), "123");
	add(&q, DB_LOCATION_PUT, "c", 4);
	assert_int_equal(q.n, 1);
	assert_int_equal(q.flying, 3);
	assert_int_equal(q.flying_cdr, 1);

	/* b changes while its old state is on the way */
	add(&q, DB_LOCATION_PUT, "b", 5);
	list_is(queue_batch(&q), "123");
	queue_return(&q);
	assert_int_equal(q.flying + q.flying_cdr, 0);
	waiting_is(&q, "1245");
	assert_int_equal(q.n, 4);
	assert_int_equal(q.n_cdr, 1);

	/* a change of what was returned takes its place at the end, too */
	add(&q, DB_LOCATION_PUT, "a", 6);
	assert_int_equal(q.n, 4);
	waiting_is(&q, "2456");

	queue_take(&q);
	list_is(queue_batch(&q), "2456");
	assert_int_equal(queue_written(&q), 1);
	queue_return(&q);
	assert_int_equal(q.n + q.n_cdr + q.flying + q.flying_cdr, 0);
	waiting_is(&q, "");

	queue_reset(&q);
}


/* What no retry can save is taken off; the rest goes on */
static void test_bad_ones_are_dropped(void **state)
{
	struct list bad = LIST_INIT;
	struct db_req *req;
	struct queue q;

	(void)state;
	assert_int_equal(queue_init(&q), 0);
	add(&q, DB_KV_PUT, "a", 1);
	add(&q, DB_CDR_PUT, NULL, 2);
	add(&q, DB_KV_PUT, "c", 3);

	queue_take(&q);
	req = queue_batch(&q)->head->next->data;
	list_unlink(&req->le);
	list_append(&bad, &req->le, req);
	req = queue_batch(&q)->head->data;
	list_unlink(&req->le);
	list_append(&bad, &req->le, req);
	assert_int_equal(queue_drop(&q, &bad), 1);
	assert_null(bad.head);
	list_is(queue_batch(&q), "3");
	queue_return(&q);
	assert_int_equal(q.n, 1);
	assert_int_equal(q.n_cdr, 0);

	/* its key is free again */
	add(&q, DB_KV_PUT, "a", 4);
	waiting_is(&q, "34");
	queue_reset(&q);
}


static void fill(struct queue *q)
{
	char key[16];

	for (int i = 0; i < STORE_REQ_MAX; i++) {
		(void)re_snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal(add(q, DB_KV_PUT, key, 0), 0);
	}
}


static uint64_t cpu_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}


/* These two run under the lock that callers wait for, each second while the
 * disk is away: not longer because much waits */
static void test_callers_do_not_wait_for_a_long_queue(void **state)
{
	struct queue q;
	uint64_t t, put, take = 0;

	(void)state;
	assert_int_equal(queue_init(&q), 0);
	t = cpu_ns();
	fill(&q);
	put = cpu_ns() - t;

	for (unsigned i = 0; i < 3; i++) {
		t = cpu_ns();
		queue_take(&q);
		take += cpu_ns() - t;
		assert_non_null(queue_batch(&q)->head);
		t = cpu_ns();
		queue_return(&q);
		take += cpu_ns() - t;
		assert_int_equal(q.n, STORE_REQ_MAX);
	}

	/* ... while one pass over them all is a tenth of that and more */
	assert_true(take < put / 100);
	queue_reset(&q);
}


static void test_limits(void **state)
{
	struct queue q;

	(void)state;
	assert_int_equal(queue_init(&q), 0);

	for (int i = 0; i < STORE_CDR_MAX; i++)
		assert_int_equal(add(&q, DB_CDR_PUT, NULL, 0), 0);

	assert_int_equal(add(&q, DB_CDR_PUT, NULL, 0), ENOBUFS);

	/* what flies counts too, or it could not come back */
	queue_take(&q);
	assert_non_null(queue_batch(&q)->head);
	assert_int_equal(add(&q, DB_CDR_PUT, NULL, 0), ENOBUFS);
	assert_int_equal(queue_written(&q), STORE_CDR_MAX);
	queue_return(&q);
	assert_int_equal(add(&q, DB_CDR_PUT, NULL, 0), 0);

	fill(&q);
	assert_int_equal(add(&q, DB_KV_PUT, "more", 0), ENOBUFS);
	assert_int_equal(add(&q, DB_KV_PUT, "k7", 0), 0);

	/* one that is out cannot be replaced, one that came back can */
	queue_take(&q);
	(void)queue_batch(&q);
	assert_int_equal(add(&q, DB_KV_PUT, "k7", 0), ENOBUFS);
	queue_return(&q);
	assert_int_equal(add(&q, DB_KV_PUT, "more", 0), ENOBUFS);
	assert_int_equal(add(&q, DB_KV_PUT, "k7", 0), 0);
	assert_int_equal(q.n - q.n_cdr, STORE_REQ_MAX);

	queue_reset(&q);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newer_replaces_at_the_end),
		cmocka_unit_test(test_failed_batch_returns_to_the_front),
		cmocka_unit_test(test_bad_ones_are_dropped),
		cmocka_unit_test(test_callers_do_not_wait_for_a_long_queue),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
