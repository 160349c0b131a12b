/**
 * @file test_addr.c  Network addresses and access lists
 */
#include "routing_util.h"
#include <arpa/inet.h>
#include "base/addr.h"


/* clang-format off */
static const struct {
	const char *text;
	const char *printed; /* NULL: malformed */
} nets[] = {
	{"10.1.2.3",                 "10.1.2.3/32"},
	{"10.0.0.0/8",               "10.0.0.0/8"},
	{" 10.0.0.0/8 ",             "10.0.0.0/8"},
	{"192.168/16",               "192.168.0.0/16"},
	{"10/8",                     "10.0.0.0/8"},
	{"10.1.2.3/255.255.0.0",     "10.1.2.3/16"},
	{"0.0.0.0/0.0.0.0",          "0.0.0.0/0"},
	{"1.2.3.4/255.255.255.255",  "1.2.3.4/32"},
	{"1.2.3.4/0",                "1.2.3.4/0"},
	{"2001:db8::/32",            "2001:db8::/32"},
	{"2001:db8::1",              "2001:db8::1/128"},
	{"[2001:db8::1]",            "2001:db8::1/128"},
	{"::/0",                     "::/0"},
	{"::ffff:10.0.0.0/104",      "10.0.0.0/8"},
	{"::ffff:10.1.2.3",          "10.1.2.3/32"},
	{"::ffff:10.0.0.0/95",       NULL},
	{"::ffff:10.0.0.0/8",        NULL},
	{"",                         NULL},
	{"/8",                       NULL},
	{"10.0.0.0/",                NULL},
	{"10.0.0.0/33",              NULL},
	{"10.0.0.0/-1",              NULL},
	{"10.0.0.0/255.0.255.0",     NULL},
	{"10.0.0.0/0.0.0.255",       NULL},
	{"10.0.0.256",               NULL},
	{"10.0.0.0.0/8",             NULL},
	{"10..0/8",                  NULL},
	{"192.168",                  NULL},
	{"[10.0.0.1]",               NULL},
	{"2001:db8::/129",           NULL},
	{"2001:db8::/255.255.0.0",   NULL},
	{"host.example",             NULL},
	{"10.0.0.0/8/8",             NULL},
	{"10.0.0.1 x",               NULL},
};


static const struct {
	const char *net, *addr;
	bool has;
} members[] = {
	{"10.0.0.0/8",        "10.255.255.255",   true},
	{"10.0.0.0/8",        "11.0.0.0",         false},
	{"10.0.0.0/8",        "::ffff:10.1.1.1",  true},
	{"10.1.2.3/8",        "10.9.9.9",         true},
	{"192.168.1.128/25",  "192.168.1.127",    false},
	{"192.168.1.128/25",  "192.168.1.129",    true},
	{"1.2.3.4",           "1.2.3.4",          true},
	{"1.2.3.4",           "1.2.3.5",          false},
	{"0.0.0.0/0",         "255.1.1.1",        true},
	{"0.0.0.0/0",         "2001:db8::1",      false},
	{"::/0",              "2001:db8::1",      true},
	{"2001:db8::/33",     "2001:db8:7fff::1", true},
	{"2001:db8::/33",     "2001:db8:8000::1", false},
};


static const struct {
	const char *addr;
	bool private, loopback, multicast;
} kinds[] = {
	{"10.0.0.0",          true,  false, false},
	{"9.255.255.255",     false, false, false},
	{"172.15.255.255",    false, false, false},
	{"172.16.0.0",        true,  false, false},
	{"172.31.255.255",    true,  false, false},
	{"172.32.0.0",        false, false, false},
	{"192.168.255.255",   true,  false, false},
	{"192.169.0.0",       false, false, false},
	{"100.63.255.255",    false, false, false},
	{"100.64.0.0",        true,  false, false},
	{"100.127.255.255",   true,  false, false},
	{"100.128.0.0",       false, false, false},
	{"169.254.1.1",       true,  false, false},
	{"127.0.0.1",         false, true,  false},
	{"127.255.0.1",       false, true,  false},
	{"224.0.0.1",         false, false, true},
	{"239.255.255.255",   false, false, true},
	{"240.0.0.1",         false, false, false},
	{"8.8.8.8",           false, false, false},
	{"::ffff:10.0.0.1",   true,  false, false},
	{"::ffff:127.0.0.1",  false, true,  false},
	{"fd00::1",           true,  false, false},
	{"fe80::1",           true,  false, false},
	{"fec0::1",           false, false, false},
	{"::1",               false, true,  false},
	{"::2",               false, false, false},
	{"ff02::1",           false, false, true},
	{"2001:db8::1",       false, false, false},
};
/* clang-format on */


static struct sa addr_of(const char *str)
{
	struct sa sa;

	assert_int_equal(sa_set_str(&sa, str, 5060), 0);

	return sa;
}


static void test_net_decode(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(nets); i++) {
		struct pl pl = pl_of(nets[i].text);
		struct net net;
		char buf[80];
		int err = net_decode(&net, &pl);

		if (err != (nets[i].printed ? 0 : EINVAL))
			fail_msg("'%s': %d", nets[i].text, err);

		if (err)
			continue;

		(void)re_snprintf(buf, sizeof(buf), "%H", net_print, &net);
		assert_string_equal(buf, nets[i].printed);
	}

	assert_int_equal(net_decode(NULL, &pl_null), EINVAL);
}


static void test_net_has(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		struct pl pl = pl_of(members[i].net);
		struct sa sa = addr_of(members[i].addr);
		struct net net;

		assert_int_equal(net_decode(&net, &pl), 0);

		if (net_has(&net, &sa) != members[i].has)
			fail_msg("%s %s", members[i].net, members[i].addr);
	}
}


/* Every mask against the arithmetic of it */
static void test_net_random(void **state)
{
	(void)state;
	rnd_seed(55);

	for (int i = 0; i < 5000; i++) {
		uint32_t a = rnd(1u << 31) * 2 + rnd(2), b = a;
		uint32_t bits = rnd(33);
		uint32_t mask = bits ? ~0u << (32 - bits) : 0;
		struct net net;
		struct sa sa;

		b ^= 1u << rnd(32);
		sa_set_in(&net.sa, a, 0);
		net.bits = (uint8_t)bits;
		sa_set_in(&sa, b, 1);
		assert_int_equal(net_has(&net, &sa), (a & mask) == (b & mask));
	}
}


static void add(struct list *acl, const char *val, bool permit)
{
	struct pl pl = pl_of(val);

	assert_int_equal(acl_add(acl, &pl, permit, NULL), 0);
}


static bool allows(const struct list *acl, const char *addr)
{
	struct sa sa = addr_of(addr);

	return acl_allows(acl, &sa);
}


static void test_acl(void **state)
{
	struct list acl = LIST_INIT;

	(void)state;
	assert_true(allows(&acl, "1.1.1.1"));

	/* a permit alone restricts nothing */
	add(&acl, "10.0.0.0/8", true);
	assert_true(allows(&acl, "1.1.1.1"));

	/* the last match wins */
	add(&acl, "0.0.0.0/0.0.0.0", false);
	assert_false(allows(&acl, "10.0.0.1"));
	add(&acl, "10.0.0.0/8,192.168/16", true);
	assert_true(allows(&acl, "10.0.0.1"));
	assert_true(allows(&acl, "192.168.3.4"));
	assert_true(allows(&acl, "::ffff:192.168.3.4"));
	assert_false(allows(&acl, "1.1.1.1"));
	add(&acl, "!10.6.6.6", true);
	assert_false(allows(&acl, "10.6.6.6"));
	assert_true(allows(&acl, "10.6.6.7"));

	/* IPv4's zero is not IPv6's */
	assert_true(allows(&acl, "2001:db8::1"));
	assert_false(acl_allows(&acl, NULL));
	assert_int_equal(list_count(&acl), 5);
	list_flush(&acl);
}


/* All or nothing, and the bad part is named */
static void test_acl_malformed(void **state)
{
	struct pl pl = PL_LIT("10.0.0.0/8, bad ,10.1.1.1"), bad = pl_null;
	struct list acl = LIST_INIT;

	(void)state;
	assert_int_equal(acl_add(&acl, &pl, true, &bad), EINVAL);
	assert_pl(&bad, "bad");
	assert_int_equal(list_count(&acl), 0);

	pl = (struct pl)PL_LIT("10.0.0.0/8,");
	assert_int_equal(acl_add(&acl, &pl, true, &bad), EINVAL);
	assert_pl(&bad, "");
	assert_int_equal(list_count(&acl), 0);
}


static void test_kinds(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct sa sa = addr_of(kinds[i].addr);

		if (addr_is_private(&sa) != kinds[i].private ||
		    addr_is_loopback(&sa) != kinds[i].loopback ||
		    addr_is_multicast(&sa) != kinds[i].multicast)
			fail_msg("%s", kinds[i].addr);
	}

	assert_false(addr_is_private(NULL));
}


static void test_unmap_and_hash(void **state)
{
	struct sa a = addr_of("::ffff:192.0.2.1"), b = addr_of("192.0.2.1");
	struct sa c = addr_of("2001:db8::1"), d = c;

	(void)state;
	assert_int_equal(addr_hash(&a, true), addr_hash(&b, true));
	addr_unmap(&a);
	assert_true(sa_cmp(&a, &b, SA_ALL));
	addr_unmap(&d);
	assert_true(sa_cmp(&c, &d, SA_ALL));

	sa_set_port(&b, 5061);
	assert_int_equal(addr_hash(&a, false), addr_hash(&b, false));
	assert_int_not_equal(addr_hash(&a, true), addr_hash(&b, true));
	assert_int_not_equal(addr_hash(&a, false), addr_hash(&c, false));
	addr_unmap(NULL);
	assert_int_equal(addr_hash(NULL, true), 0);
}


static void test_local_for(void **state)
{
	struct sa local, dst = addr_of("127.0.0.1");

	(void)state;
	assert_int_equal(addr_local_for(&local, &dst), 0);
	assert_true(addr_is_loopback(&local));
	assert_int_equal(sa_port(&local), 0);

	dst = addr_of("::ffff:127.0.0.1");
	assert_int_equal(addr_local_for(&local, &dst), 0);
	assert_int_equal(sa_af(&local), AF_INET);

	sa_init(&dst, AF_UNSPEC);
	assert_int_equal(addr_local_for(&local, &dst), EINVAL);
	assert_int_equal(addr_local_for(NULL, NULL), EINVAL);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_net_decode),
		cmocka_unit_test(test_net_has),
		cmocka_unit_test(test_net_random),
		cmocka_unit_test(test_acl),
		cmocka_unit_test(test_acl_malformed),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_unmap_and_hash),
		cmocka_unit_test(test_local_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
