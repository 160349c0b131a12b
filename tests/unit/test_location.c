/**
 * @file test_location.c  Bindings that outlive a restart
 */
#include "base/clock.h"
#include "store_util.h"


static struct store_location sample = {
	.aor        = "1001",
	.contact    = "sip:1001@192.0.2.7:5071",
	.received   = "198.51.100.3:40123",
	.transport  = "tcp",
	.user_agent = "Phone \"X\" 'y'; --",
	.call_id    = "abc@192.0.2.7",
	.instance   = "<urn:uuid:1>",
	.path       = "<sip:edge;lr>",
	.def_user   = "1001",
	.reg_id     = 4294967294U,
	.cseq       = 4294967295U,
	.expires_at = 5000000000ULL,
};


static void compare(const struct store_location *loc, void *arg)
{
	unsigned *n = arg;

	assert_string_equal(loc->aor, sample.aor);
	assert_string_equal(loc->contact, sample.contact);
	assert_string_equal(loc->received, sample.received);
	assert_string_equal(loc->transport, sample.transport);
	assert_string_equal(loc->user_agent, sample.user_agent);
	assert_string_equal(loc->call_id, sample.call_id);
	assert_string_equal(loc->instance, sample.instance);
	assert_string_equal(loc->path, sample.path);
	assert_string_equal(loc->def_user, sample.def_user);
	assert_int_equal(loc->reg_id, sample.reg_id);
	assert_int_equal(loc->cseq, sample.cseq);
	assert_int_equal(loc->expires_at, sample.expires_at);
	++*n;
}


static void count_rows(const struct store_location *loc, void *arg)
{
	unsigned *n = arg;

	assert_non_null(loc->user_agent);
	++*n;
}


static void test_binding_survives_restart(void **state)
{
	unsigned n = 0;

	(void)state;
	open_store();
	assert_int_equal(store_location_put(&sample), 0);
	store_close(2000);

	open_store();
	assert_int_equal(store_location_load(1000, compare, &n), 0);
	assert_int_equal(n, 1);
}


static void put(const char *aor, const char *contact, uint64_t expires)
{
	const struct store_location loc = {
		.aor = aor, .contact = contact, .expires_at = expires};

	assert_int_equal(store_location_put(&loc), 0);
}


static int del(const char *aor, const char *contact)
{
	const struct store_location loc = {.aor = aor, .contact = contact};

	return store_location_del(&loc);
}


static void test_put_del_rows(void **state)
{
	static const char all[] = "SELECT aor||contact||expires_at FROM "
				  "location ORDER BY 1";

	(void)state;
	open_store();

	put("a", "1", 100);
	put("a", "2", 100);
	put("b", "1", 100);
	put("b", "1", 200); /* refresh */
	sync_store();
	sql_is(all, "a1100 a2100 b1200");

	assert_int_equal(del("a", "1"), 0);
	sync_store();
	sql_is(all, "a2100 b1200");

	/* all of a, then one again, in one batch: the order counts */
	put("a", "1", 100);
	assert_int_equal(store_location_clear("a"), 0);
	put("a", "1", 300);
	sync_store();
	sql_is(all, "a1300 b1200");

	assert_int_equal(store_location_clear("none"), 0);
	assert_int_equal(store_location_clear(""), EINVAL);
	assert_int_equal(del("", "1"), EINVAL);
	assert_int_equal(store_location_del(NULL), EINVAL);
	assert_int_equal(store_location_put(NULL), EINVAL);
}


/* Behind two NATs with the same address, and with two flows */
static void test_phones_with_the_same_contact(void **state)
{
	static const struct store_location rows[] = {
		{.aor = "a", .contact = "1", .expires_at = 100},
		{.aor = "a", .contact = "1", .instance = "x",
		 .expires_at = 101},
		{.aor = "a", .contact = "1", .instance = "x", .reg_id = 1,
		 .expires_at = 102},
		{.aor = "a", .contact = "1", .instance = "x", .reg_id = 2,
		 .expires_at = 103},
	};

	(void)state;
	open_store();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(store_location_put(&rows[i]), 0);
	assert_int_equal(store_location_del(&rows[2]), 0);
	sync_store();
	sql_is("SELECT expires_at FROM location ORDER BY 1", "100 101 103");
}


static void test_expired_rows_are_left_out_and_removed(void **state)
{
	unsigned n = 0;

	(void)state;
	open_store();
	put("a", "1", 100);
	put("a", "2", 101);
	put("a", "3", 102);
	sync_store();

	assert_int_equal(store_location_load(101, count_rows, &n), 0);
	assert_int_equal(n, 1);
	sync_store();
	sql_is("SELECT contact FROM location", "3");
}


static void test_ten_thousand_load_in_100_ms(void **state)
{
	char aor[16];
	uint64_t t;
	unsigned n = 0;

	(void)state;
	open_store();

	for (unsigned i = 0; i < 10000; i++) {
		(void)re_snprintf(aor, sizeof(aor), "%u", i);
		put(aor, "sip:phone@192.0.2.7:5071", 5000000000ULL);
	}

	sync_store();

	t = clock_ms();
	assert_int_equal(store_location_load(1000, count_rows, &n), 0);
	t = clock_ms() - t;

	assert_int_equal(n, 10000);
	print_message("# 10000 rows in %u ms\n", (unsigned)t);
	assert_true(t < 1000); /* a loaded machine, sanitizers */
}


static void test_closed_store_refuses(void **state)
{
	unsigned n = 0;

	(void)state;
	assert_int_equal(store_location_put(&sample), ENOTCONN);
	assert_int_equal(store_location_load(0, count_rows, &n), ENOTCONN);
	assert_int_equal(store_sync(0), EINVAL);
	assert_int_equal(store_pending(), 0);
	assert_false(store_is_writable());
}


#define CASE(f) cmocka_unit_test_setup_teardown(f, tmp_setup, tmp_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_binding_survives_restart),
		CASE(test_put_del_rows),
		CASE(test_phones_with_the_same_contact),
		CASE(test_expired_rows_are_left_out_and_removed),
		CASE(test_ten_thousand_load_in_100_ms),
		CASE(test_closed_store_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
