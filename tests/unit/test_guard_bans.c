/**
 * @file tests/unit/test_guard_bans.c  Who is banned, for what, how long
 */
#include "guard_util.h"


/* ---- bans --------------------------------------------------------------- */

static void test_failures_that_are_proven_ban(void **state)
{
	(void)state;
	fails("198.18.0.1", true, GUARD_EV_PASSWORD, 9, 10);
	assert_int_equal(banned("198.18.0.1"), 0);
	fails("198.18.0.1", true, GUARD_EV_PASSWORD, 1, 0);
	assert_int_equal(banned("198.18.0.1"), 600);
	assert_false(PACKET("198.18.0.1"));
	assert_false(PACKET("198.18.0.1", .nonce = "198.18.0.1"));
	assert_true(PACKET("198.18.0.2"));
	why_has("198.18.0.1", "Banned for 600 more seconds (ban number 1)");
	why_has("198.18.0.1", "wrong password: test");
	why_has("198.18.0.1", "2 messages dropped since");

	/* over, and again: longer each time */
	now_us += 601000000ull;
	assert_int_equal(banned("198.18.0.1"), 0);
	assert_true(PACKET("198.18.0.1"));
	fails("198.18.0.1", true, GUARD_EV_REFUSED, 10, 10);
	assert_int_equal(banned("198.18.0.1"), 3600);
	now_us += 3601000000ull;
	fails("198.18.0.1", true, GUARD_EV_MALFORMED, 10, 10);
	assert_int_equal(banned("198.18.0.1"), 86400);
	now_us += 86401000000ull;
	fails("198.18.0.1", true, GUARD_EV_EXTENSION, 10, 10);
	assert_int_equal(banned("198.18.0.1"), 86400);
}


/* Nine failures a minute are no attack */
static void test_slow_failures_are_forgotten(void **state)
{
	(void)state;
	fails("198.18.0.1", true, GUARD_EV_PASSWORD, 100, 7000);
	assert_int_equal(banned("198.18.0.1"), 0);
}


/* What anybody may have sent bans nobody at once, whatever it is */
static void test_no_ban_on_one_burst_of_datagrams(void **state)
{
	struct sa sa = sa_of("198.18.0.1");

	(void)state;
	fails("198.18.0.1", false, GUARD_EV_PASSWORD, 1000, 1);
	for (unsigned i = 0; i < 1000; i++) {
		(void)PACKET("198.18.0.1", .agent = "friendly-scanner");
		guard_bad(SX_UDP, &sa, "not SIP", NULL);
	}
	assert_int_equal(banned("198.18.0.1"), 0);

	/* but if it goes on */
	fails("198.18.0.1", false, GUARD_EV_PASSWORD, 6, 1000);
	assert_in_range(banned("198.18.0.1"), 590, 600);
	why_has("198.18.0.1", "the address may be forged");
}


/* Who was framed gets a challenge now and then, and in with the password */
static void test_framed_gets_in(void **state)
{
	static const struct pl user = PL_LIT("1001");
	struct sx_msg *msg;

	(void)state;
	fails("198.18.0.1", false, GUARD_EV_MALFORMED, 20, 500);
	assert_true(banned("198.18.0.1"));

	assert_true(PACKET("198.18.0.1"));
	assert_int_equal(PASSED("198.18.0.1", 100), 0);
	assert_int_equal(PASSED("198.18.0.1", 100, .met = "INVITE"), 0);
	now_us += 5000000;
	assert_true(PACKET("198.18.0.1"));
	assert_false(PACKET("198.18.0.1"));

	assert_true(PACKET("198.18.0.1", .nonce = "198.18.0.1"));
	msg = request("198.18.0.1", true);
	guard_success(msg, &user);
	mem_deref(msg);
	assert_int_equal(banned("198.18.0.1"), 0);
	assert_true(PACKET("198.18.0.1"));
}


static void test_a_proven_ban_has_no_door(void **state)
{
	static const struct pl user = PL_LIT("1001");
	struct sx_msg *msg;

	(void)state;
	fails("198.18.0.1", true, GUARD_EV_PASSWORD, 10, 10);
	now_us += 10000000;
	assert_false(PACKET("198.18.0.1"));
	msg = request("198.18.0.1", true);
	guard_success(msg, &user);
	mem_deref(msg);
	assert_true(banned("198.18.0.1"));
}


static void test_never_banned(void **state)
{
	static const char *const v[] = {
		"127.0.0.1", "192.0.2.129", "198.51.100.1", "203.0.113.9",
		"10.1.2.3", "198.18.0.1",
	};

	(void)state;
	phone_at = "198.18.0.1";
	guard_peer(config_peer(conf.cfg, "1001"));

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct sa sa = sa_of(v[i]);

		fails(v[i], true, GUARD_EV_PASSWORD, 100, 100);
		fails(v[i], false, GUARD_EV_FLOOD, 100, 100);
		if (banned(v[i]))
			fail_msg("%s is banned", v[i]);
		assert_int_equal(EPERM, guard_ban(&sa, 60, "x"));
	}

	/* a phone that registers is free of an earlier ban */
	fails("198.18.0.7", true, GUARD_EV_PASSWORD, 10, 10);
	assert_false(PACKET("198.18.0.7"));
	phone_at = "198.18.0.7";
	guard_peer(config_peer(conf.cfg, "1001"));
	assert_true(PACKET("198.18.0.7"));
}


static void test_ipv6_by_network(void **state)
{
	(void)state;
	fails("2001:db8::1", true, GUARD_EV_PASSWORD, 5, 10);
	fails("2001:db8::2", true, GUARD_EV_PASSWORD, 5, 10);
	assert_true(banned("2001:db8::3"));
	assert_false(PACKET("2001:db8::ffff:1"));
	assert_true(PACKET("2001:db8:0:1::1"));
}


static void test_bans_are_bounded(void **state)
{
	char addr[32];

	(void)state;
	for (unsigned i = 0; i < GUARD_BANS + 500; i++) {
		struct sa sa;

		(void)re_snprintf(addr, sizeof(addr), "100.%u.%u.1",
				  1 + i / 250, i % 250);
		sa = sa_of(addr);
		assert_int_equal(0, guard_ban(&sa, 1000 + i, "x"));
	}
	assert_int_equal(list_count(guard_bans()), GUARD_BANS);
	assert_int_equal(banned("100.1.0.1"), 0);
	assert_true(banned(addr));
}


static void test_bans_outlive_a_restart(void **state)
{
	struct pl net = PL_LIT("198.18.5.0/24"), bad = PL_LIT("nonsense");
	struct sa sa = sa_of("2001:db8::1"), five = sa_of("198.18.5.5");

	(void)state;
	fails("198.18.0.1", true, GUARD_EV_PASSWORD, 10, 10);
	fails("198.18.0.2", false, GUARD_EV_MALFORMED, 20, 500);
	assert_int_equal(0, guard_ban(&sa, 5000, "it|has|bars\r\n"));
	assert_int_equal(0, guard_allow(&net));
	assert_int_equal(0, guard_allow(&net));
	assert_int_equal(EINVAL, guard_allow(&bad));
	assert_int_equal(list_count(guard_allowed()), 1);

	guard_close();
	start();

	assert_in_range(banned("198.18.0.1"), 580, 600);
	assert_in_range(banned("2001:db8::9"), 4980, 5000);
	why_has("198.18.0.1", "wrong password: test");
	why_has("198.18.0.2", "the address may be forged");
	why_has("2001:db8::1", "it?has?bars??");
	assert_int_equal(guard_class_of(&five), GUARD_ALLOWED);

	assert_int_equal(0, guard_disallow(&net));
	assert_int_equal(ENOENT, guard_disallow(&net));
	assert_int_equal(guard_class_of(&five), GUARD_STRANGER);
	assert_int_equal(0, guard_unban(&sa));
	assert_int_equal(ENOENT, guard_unban(&sa));

	guard_close();
	start();
	assert_int_equal(banned("2001:db8::9"), 0);
	assert_int_equal(guard_class_of(&five), GUARD_STRANGER);

	/* the level is remembered as well */
	now_us += 700000000ull;
	fails("198.18.0.1", true, GUARD_EV_PASSWORD, 10, 10);
	assert_int_equal(banned("198.18.0.1"), 3600);
}


/* What is in the store may be anything */
static void test_store_is_not_believed(void **state)
{
	static const char *const v[] = {
		"", "|||||||", "1|2|3|4", "x|y|z|p|w|1|2|3",
		"1|99999999999999999999|0|p|w|1|2|3",
		"1|1|1|p|w|1|2|3|4|5|6|7", "-1|0|0||||||",
	};

	(void)state;
	guard_close();
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		char key[32];

		(void)re_snprintf(key, sizeof(key), "198.18.9.%u",
				  (unsigned)i + 1);
		(void)store_db_put("guard/ban", key, v[i]);
	}
	(void)store_db_put("guard/ban", "nonsense", "1|1|1|p|w|1|2|3");
	(void)store_db_put("guard/allow", "nonsense", "1");
	start();
	assert_int_equal(list_count(guard_bans()), 0);
	assert_int_equal(list_count(guard_allowed()), 0);
}


/* ---- scanners ----------------------------------------------------------- */

static void test_scanner_by_name(void **state)
{
	static const char *const v[] = {
		"friendly-scanner", "sipvicious", "sipcli/v1.8",
		"VaxSIPUserAgent/3.1", "pplsip", "iWar",
	};
	uint64_t before = count_get(COUNT_GUARD_SCANNER);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		assert_int_equal(PASSED("198.18.0.1", 3, .agent = v[i]), 0);
	assert_int_equal(count_get(COUNT_GUARD_SCANNER) - before,
			 3 * ARRAY_SIZE(v));
	assert_true(PACKET("198.18.0.1", .agent = "Yealink SIP-T46"));
	why_has("198.18.0.1", "scanner by its name: iWar");

	/* over a stream the address is sure */
	assert_int_equal(PASSED("198.18.0.2", 9, .agent = "sipcli",
				.tp = SX_TCP), 0);
	assert_int_equal(banned("198.18.0.2"), 0);
	assert_false(PACKET("198.18.0.2", .agent = "sipcli", .tp = SX_TCP));
	assert_int_equal(banned("198.18.0.2"), 600);
}


/* One account after the other, without any password */
static void test_scanner_by_what_it_does(void **state)
{
	char to[16];
	unsigned i;

	(void)state;
	for (i = 0; i < 15 && !banned("198.18.0.1"); i++) {
		(void)re_snprintf(to, sizeof(to), "%u", 100 + i);
		(void)PACKET("198.18.0.1", .to = to, .met = "OPTIONS",
			     .tp = SX_TCP);
	}
	assert_int_equal(i, 15);
	assert_true(banned("198.18.0.1"));
	why_has("198.18.0.1", "many users: 114 after 14 others");

	/* datagrams: slower, for somebody may be framed */
	for (i = 0; i < 60 && !banned("198.18.0.2"); i++) {
		(void)re_snprintf(to, sizeof(to), "%u", 100 + i);
		(void)PACKET("198.18.0.2", .to = to);
		now_us += 250000;
	}
	assert_in_range(i, 15, 25);

	/* few accounts, many times: a phone with several lines */
	for (i = 0; i < 600; i++) {
		(void)re_snprintf(to, sizeof(to), "%u", 100 + i % 5);
		assert_true(PACKET("198.18.0.3", .to = to));
		now_us += 250000;
	}
	assert_int_equal(banned("198.18.0.3"), 0);
}


static void test_flood_ends_in_a_ban(void **state)
{
	unsigned s;

	(void)state;
	for (s = 0; s < 30 && !banned("198.18.0.1"); s++) {
		(void)PASSED("198.18.0.1", 1000);
		now_us += 1000000;
	}
	assert_in_range(s, 5, 7);
	assert_true(banned("198.18.0.1"));
}


/* ---- guessing ----------------------------------------------------------- */

static void test_ladder(void **state)
{
	static const struct {
		unsigned failures, wait_ms;
	} rows[] = {{1, 0}, {2, 0}, {3, 500}, {4, 500}, {5, 2000}, {7, 2000},
		    {8, 8000}, {20, 8000}};
	static const struct pl user = PL_LIT("1001"), other = PL_LIT("1002");
	const char *src = "10.0.0.7";
	struct sa sa = sa_of(src), sb = sa_of("10.0.0.8");
	struct sx_msg *msg = request(src, true);
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (; n < rows[i].failures; n++)
			guard_note(msg, GUARD_EV_PASSWORD, &user, "x");
		if (guard_wait_ms(&sa, &user) != rows[i].wait_ms)
			fail_msg("%u failures: %u ms", n,
				 guard_wait_ms(&sa, &user));
	}

	/* the account is open to others, and others are to this address */
	assert_int_equal(0, guard_wait_ms(&sb, &user));
	assert_int_equal(0, guard_wait_ms(&sa, &other));
	assert_int_equal(0, guard_wait_ms(&sa, NULL));
	assert_false(PACKET(src, .nonce = src));
	assert_true(PACKET(src, .nonce = src, .user = "1002"));
	assert_true(PACKET(src));

	now_us += 7999000;
	assert_int_equal(1, guard_wait_ms(&sa, &user));
	now_us += 1000;
	assert_int_equal(0, guard_wait_ms(&sa, &user));
	assert_true(PACKET(src, .nonce = src));

	guard_note(msg, GUARD_EV_PASSWORD, &user, "x");
	assert_int_equal(8000, guard_wait_ms(&sa, &user));
	guard_success(msg, &user);
	assert_int_equal(0, guard_wait_ms(&sa, &user));
	mem_deref(msg);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		GUARD_TEST(test_failures_that_are_proven_ban),
		GUARD_TEST(test_slow_failures_are_forgotten),
		GUARD_TEST(test_no_ban_on_one_burst_of_datagrams),
		GUARD_TEST(test_framed_gets_in),
		GUARD_TEST(test_a_proven_ban_has_no_door),
		GUARD_TEST(test_never_banned),
		GUARD_TEST(test_ipv6_by_network),
		GUARD_TEST(test_bans_are_bounded),
		GUARD_TEST(test_bans_outlive_a_restart),
		GUARD_TEST(test_store_is_not_believed),
		GUARD_TEST(test_scanner_by_name),
		GUARD_TEST(test_scanner_by_what_it_does),
		GUARD_TEST(test_flood_ends_in_a_ban),
		GUARD_TEST(test_ladder),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
