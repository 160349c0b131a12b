/**
 * @file tests/unit/test_guard.c  Who passes, who is limited, what is logged
 */
#include "guard_util.h"


/* ---- classes ------------------------------------------------------------ */

static void test_classes(void **state)
{
	static const struct {
		const char *addr;
		enum guard_class c;
	} rows[] = {
		{"127.0.0.1", GUARD_ALLOWED},
		{"::1", GUARD_ALLOWED},
		{"::ffff:127.0.0.1", GUARD_ALLOWED},
		{"127.0.0.2", GUARD_STRANGER},
		{"192.0.2.129", GUARD_ALLOWED},
		{"::ffff:192.0.2.129", GUARD_ALLOWED},
		{"192.0.2.1", GUARD_STRANGER},
		{"198.51.100.1", GUARD_TRUNK},
		{"198.51.100.2", GUARD_STRANGER},
		{"203.0.113.9", GUARD_LOCAL},
		{"10.1.2.3", GUARD_LOCAL},
		{"192.168.1.1", GUARD_LOCAL},
		{"fd00::1", GUARD_LOCAL},
		{"2001:db8::1", GUARD_STRANGER},
		{"198.18.0.1", GUARD_STRANGER},
	};
	const struct peer *peer = config_peer(conf.cfg, "1001");
	struct sa sa;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		sa = sa_of(rows[i].addr);
		if (guard_class_of(&sa) != rows[i].c)
			fail_msg("%s is a %s", rows[i].addr,
				 guard_class_text(guard_class_of(&sa)));
	}

	/* a phone comes and goes */
	sa	 = sa_of("198.18.0.1");
	phone_at = "198.18.0.1";
	guard_peer(peer);
	assert_int_equal(guard_class_of(&sa), GUARD_PHONE);
	phone_at = "198.18.0.2";
	guard_peer(peer);
	assert_int_equal(guard_class_of(&sa), GUARD_STRANGER);
	phone_at = NULL;
	guard_peer(peer);
	sa = sa_of("198.18.0.2");
	assert_int_equal(guard_class_of(&sa), GUARD_STRANGER);
}


/* ---- rates -------------------------------------------------------------- */

static void test_strangers_are_limited(void **state)
{
	unsigned n = 0;

	(void)state;
	assert_int_equal(PASSED("198.18.0.1", 1000), 40);
	now_us += 1000000;
	assert_int_equal(PASSED("198.18.0.1", 1000), 20);

	/* another one is not the first one's victim */
	assert_int_equal(PASSED("198.18.1.1", 10), 10);

	/* a network has 100 a second and as much again at once */
	for (unsigned i = 1; i < 255; i++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "198.18.7.%u", i);
		n += PASSED(addr, 3);
	}
	assert_int_equal(n, 200);

	/* all of them together 2000 */
	n = 0;
	now_us += 10000000;
	for (unsigned i = 0; i < 10000; i++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "100.%u.%u.1",
				  1 + i / 250, i % 250);
		n += PASSED(addr, 1);
	}
	assert_int_equal(n, 2000);
}


static void test_trunks_and_allowed_are_not(void **state)
{
	(void)state;
	assert_int_equal(PASSED("198.51.100.1", 10000), 10000);
	assert_int_equal(PASSED("192.0.2.200", 10000), 10000);
	assert_int_equal(PASSED("127.0.0.1", 10000), 10000);
	assert_int_equal(PASSED("198.51.100.1", 10, .agent = "sipcli"), 10);
}


/* A flood of strangers takes nothing from a phone, and a phone that has gone
 * wild is limited as well */
static void test_phones(void **state)
{
	const struct peer *peer = config_peer(conf.cfg, "1001");

	(void)state;
	phone_at = "198.18.0.9";
	guard_peer(peer);

	for (unsigned i = 0; i < 20000; i++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "100.%u.%u.%u",
				  64 + i / 62500, i / 250 % 250, i % 250);
		(void)PASSED(addr, 1);
	}
	assert_int_equal(PASSED("198.18.0.9", 1500), 1500);
	assert_int_equal(PASSED("198.18.0.9", 10000), 500);
	now_us += 1000000;
	assert_int_equal(PASSED("198.18.0.9", 10000), 1000);

	/* a name is no reason against a phone or the house */
	now_us += 10000000;
	assert_true(PACKET("198.18.0.9", .agent = "sipcli/1"));
	assert_true(PACKET("10.0.0.5", .agent = "sipcli/1"));
}


static void test_ours_pass(void **state)
{
	static const char resp[] =
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKours\r\n"
		"From: <sip:a@b>;tag=x\r\n\r\n";
	static const char late[] =
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKold\r\n"
		"From: <sip:a@b>;tag=ourtag\r\nCall-ID: ours\r\n\r\n";
	struct sa sa = sa_of("198.18.0.1");

	(void)state;
	assert_int_equal(PASSED("198.18.0.1", 1000), 40);
	assert_true(PACKET("198.18.0.1", .met = "BYE", .callid = "ours",
			   .ttag = "ourtag"));
	assert_false(PACKET("198.18.0.1", .met = "BYE", .callid = "ours",
			    .ttag = "other"));
	assert_true(guard_packet(SX_UDP, &sa, (const uint8_t *)resp,
				 sizeof(resp) - 1, NULL));
	assert_true(guard_packet(SX_UDP, &sa, (const uint8_t *)late,
				 sizeof(late) - 1, NULL));
	assert_int_equal(PASSED("198.18.0.1", 1000, .nonce = "198.18.0.1"),
			 80);

	/* a nonce that was given to another address proves nothing */
	assert_int_equal(PASSED("198.18.0.3", 1000, .nonce = "198.18.0.1"),
			 40);

	/* even from an address that is banned */
	assert_int_equal(0, guard_ban(&sa, 0, "x"));
	assert_true(guard_packet(SX_UDP, &sa, (const uint8_t *)resp,
				 sizeof(resp) - 1, NULL));
	assert_false(PACKET("198.18.0.1", .nonce = "198.18.0.1"));
}


static void test_off(void **state)
{
	(void)state;
	guard_close();
	loaded_reset(&conf);
	load_texts(&conf, (struct texts){.sip = sip,
		.tandem = "[guard]\nenable=no\n",
		.ext = "[default]\nexten => s,1,Hangup\n"});
	start();
	assert_int_equal(PASSED("198.18.0.1", 1000, .agent = "sipcli"), 1000);
	fails("198.18.0.1", true, GUARD_EV_PASSWORD, 100, 10);
	assert_int_equal(banned("198.18.0.1"), 0);
}


/* ---- log ---------------------------------------------------------------- */

static void test_log_is_limited(void **state)
{
	struct sa sa = sa_of("198.18.0.1");
	uint64_t before = count_get(COUNT_LOG_SUPPRESSED);
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		n += guard_log(&sa);
	assert_int_equal(n, 10);
	assert_int_equal(count_get(COUNT_LOG_SUPPRESSED) - before, 990);

	now_us += 1000000;
	(void)timers_poll();
	n = 0;
	for (unsigned i = 0; i < 1000; i++)
		n += guard_log(&sa);
	assert_int_equal(n, 10);

	/* many sources: 100 lines a second */
	n = 0;
	for (unsigned i = 0; i < 1000; i++) {
		char addr[32];

		(void)re_snprintf(addr, sizeof(addr), "100.64.%u.%u", i / 250,
				  i % 250);
		sa = sa_of(addr);
		n += guard_log(&sa);
	}
	assert_int_equal(n, 90);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		GUARD_TEST(test_classes),
		GUARD_TEST(test_strangers_are_limited),
		GUARD_TEST(test_trunks_and_allowed_are_not),
		GUARD_TEST(test_phones),
		GUARD_TEST(test_ours_pass),
		GUARD_TEST(test_off),
		GUARD_TEST(test_log_is_limited),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
