/**
 * @file test_queue.c  Order, replacement and limits of waiting requests
 */
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


static void test_newer_replaces_at_the_end(void **state)
{
	struct queue q;

	(void)state;
	assert_int_equal(queue_init(&q), 0);

	add(&q, DB_LOCATION_PUT, "a", 1);
	add(&q, DB_LOCATION_DEL_AOR, "all", 2);
	add(&q, DB_CDR_PUT, NULL, 3);
	add(&q, DB_CDR_PUT, NULL, 4);
	list_is(&q.l, "1234");

	add(&q, DB_LOCATION_DEL, "a", 5);
	list_is(&q.l, "2345");
	assert_int_equal(q.n, 4);
	assert_int_equal(q.n_cdr, 2);

	queue_reset(&q);
}


static void test_failed_batch_returns_to_the_front(void **state)
{
	struct list batch = LIST_INIT;
	struct queue q;

	(void)state;
	assert_int_equal(queue_init(&q), 0);

	add(&q, DB_LOCATION_PUT, "a", 1);
	add(&q, DB_CDR_PUT, NULL, 2);
	add(&q, DB_LOCATION_PUT, "b", 3);

	queue_take(&q, &batch);
	list_is(&batch, "123");
	add(&q, DB_LOCATION_PUT, "c", 4);
	list_is(&q.l, "4");
	assert_int_equal(q.flying, 3);
	assert_int_equal(q.flying_cdr, 1);

	/* b changes while its old state is on the way */
	add(&q, DB_LOCATION_PUT, "b", 5);
	queue_give_back(&q, &batch);
	list_is(&q.l, "1245");
	assert_int_equal(q.n, 4);
	assert_int_equal(q.n_cdr, 1);
	assert_int_equal(q.flying + q.flying_cdr, 0);

	queue_take(&q, &batch);
	assert_int_equal(queue_settle(&q, &batch), 1);
	assert_int_equal(q.n + q.flying + q.flying_cdr, 0);

	queue_reset(&q);
}


static void test_limits(void **state)
{
	struct list batch = LIST_INIT;
	struct queue q;
	char key[16];

	(void)state;
	assert_int_equal(queue_init(&q), 0);

	for (int i = 0; i < STORE_CDR_MAX; i++)
		assert_int_equal(add(&q, DB_CDR_PUT, NULL, 0), 0);

	assert_int_equal(add(&q, DB_CDR_PUT, NULL, 0), ENOBUFS);

	/* what flies counts too, or it could not come back */
	queue_take(&q, &batch);
	assert_int_equal(add(&q, DB_CDR_PUT, NULL, 0), ENOBUFS);
	(void)queue_settle(&q, &batch);
	assert_int_equal(add(&q, DB_CDR_PUT, NULL, 0), 0);

	for (int i = 0; i < STORE_REQ_MAX; i++) {
		(void)re_snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal(add(&q, DB_KV_PUT, key, 0), 0);
	}

	assert_int_equal(add(&q, DB_KV_PUT, "more", 0), ENOBUFS);
	assert_int_equal(add(&q, DB_KV_PUT, "k7", 0), 0);

	queue_reset(&q);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newer_replaces_at_the_end),
		cmocka_unit_test(test_failed_batch_returns_to_the_front),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
