/**
 * @file test_kv.c  The key/value database and its mirror
 */
#include "store_util.h"


static void put(const char *family, const char *key, const char *value)
{
	assert_int_equal(store_db_put(family, key, value), 0);
}


static void print(const char *family, const char *key, const char *value,
		  void *arg)
{
	assert_int_equal(mbuf_printf(arg, "%s %s=%s;", family, key, value), 0);
}


static void scan_is(const char *family, const char *key, size_t n,
		    const char *expected)
{
	struct mbuf *mb = mbuf_alloc(256);

	assert_int_equal(store_db_scan(family, key, print, mb), n);
	assert_int_equal(mbuf_write_u8(mb, 0), 0);
	assert_string_equal((char *)mb->buf, expected);
	mem_deref(mb);
}


static void fill(void)
{
	put("cidname", "100", "Ann");
	put("SIP/Registry", "1002", "192.0.2.2:5060");
	put("SIP/Registry", "1001", "192.0.2.1:5060");
	put("SIP/RegistryX", "1", "other");
	put("SIP", "top", "");
}


static void test_get_put_del(void **state)
{
	(void)state;
	open_store();
	fill();

	assert_string_equal(store_db_get("cidname", "100"), "Ann");
	assert_string_equal(store_db_get("SIP/Registry", "1001"),
			    "192.0.2.1:5060");
	assert_string_equal(store_db_get("SIP", "Registry/1001"),
			    "192.0.2.1:5060");
	assert_string_equal(store_db_get("SIP", "top"), "");
	assert_null(store_db_get("sip", "top"));
	assert_null(store_db_get("SIP", ""));

	put("cidname", "100", "Bob");
	assert_string_equal(store_db_get("cidname", "100"), "Bob");
	sync_store();
	sql_is("SELECT name||'='||value FROM kv WHERE family='cidname'",
	       "/cidname/100=Bob");

	assert_int_equal(store_db_del("cidname", "100"), 0);
	assert_int_equal(store_db_del("cidname", "100"), ENOENT);
	assert_null(store_db_get("cidname", "100"));
	sync_store();
	sql_is("SELECT count(*) FROM kv", "4");
}


static void test_scan_in_order(void **state)
{
	(void)state;
	open_store();
	scan_is(NULL, NULL, 0, "");
	fill();

	scan_is("SIP/Registry", NULL, 2,
		"SIP/Registry 1001=192.0.2.1:5060;"
		"SIP/Registry 1002=192.0.2.2:5060;");
	scan_is("SIP", "Registry", 2,
		"SIP/Registry 1001=192.0.2.1:5060;"
		"SIP/Registry 1002=192.0.2.2:5060;");
	scan_is("SIP", "top", 1, "SIP top=;");
	scan_is("SI", NULL, 0, "");
	scan_is(NULL, NULL, 5,
		"SIP/Registry 1001=192.0.2.1:5060;"
		"SIP/Registry 1002=192.0.2.2:5060;"
		"SIP/RegistryX 1=other;SIP top=;cidname 100=Ann;");
}


static void gone(const char *family, const char *key, const char *value,
		 void *arg)
{
	(void)family;
	(void)key;
	(void)arg;
	assert_null(value);
	assert_int_equal(store_sync(100), ETIMEDOUT);
	sql_is("SELECT count(*) FROM kv", "5");
}


/* A tree is in the file whole, or not at all */
static void test_deltree_is_one_change(void **state)
{
	(void)state;
	open_store();
	fill();
	sync_store();
	store_db_watch(gone, NULL);
	assert_int_equal(store_db_deltree("SIP", NULL), 4);
	store_db_watch(NULL, NULL);
	sync_store();
	sql_is("SELECT count(*) FROM kv", "1");
}


static void test_deltree_and_restart(void **state)
{
	(void)state;
	open_store();
	fill();
	assert_int_equal(store_db_deltree("SIP", "Registry"), 2);
	assert_int_equal(store_db_deltree("SIP", "Registry"), 0);
	store_close(2000);

	open_store();
	scan_is(NULL, NULL, 3,
		"SIP/RegistryX 1=other;SIP top=;cidname 100=Ann;");
	assert_int_equal(store_db_deltree("SIP", NULL), 2);
	assert_int_equal(store_db_deltree(NULL, NULL), 1);
	sync_store();
	sql_is("SELECT count(*) FROM kv", "0");
}


static void test_limits(void **state)
{
	char *big = malloc(STORE_DB_TEXT + 2);

	(void)state;
	assert_int_equal(store_db_put("f", "k", "v"), ENOTCONN);
	open_store();

	memset(big, 'x', STORE_DB_TEXT + 1);
	big[STORE_DB_TEXT + 1] = '\0';
	assert_int_equal(store_db_put("f", "k", big), EINVAL);
	assert_int_equal(store_db_put("f", big, "v"), EINVAL);
	assert_int_equal(store_db_put("", "k", "v"), EINVAL);
	assert_int_equal(store_db_put("f", NULL, "v"), EINVAL);
	big[STORE_DB_TEXT] = '\0';
	assert_int_equal(store_db_put("f", "k", big), 0);
	assert_string_equal(store_db_get("f", "k"), big);
	free(big);

	for (int i = 1; i < STORE_DB_MAX; i++) {
		char key[16];

		(void)re_snprintf(key, sizeof(key), "%d", i);
		put("n", key, "v");

		/* no more may wait for the disk than there are entries */
		if (i % 16384 == 0)
			sync_store();
	}

	assert_int_equal(store_db_put("one", "more", "v"), ENOBUFS);
	assert_int_equal(store_db_put("n", "1", "changed"), 0);
	sync_store();
	sql_is("SELECT count(*) FROM kv", "65536");
}


#define CASE(f) cmocka_unit_test_setup_teardown(f, tmp_setup, tmp_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_get_put_del),
		CASE(test_scan_in_order),
		CASE(test_deltree_is_one_change),
		CASE(test_deltree_and_restart),
		CASE(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
