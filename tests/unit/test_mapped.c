/**
 * @file test_mapped.c  STUN keep-alives (RFC 5626 4.4.2, vectors of RFC 5769)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "sip/mapped.h"

/* the transaction id of RFC 5769's vectors */
#define HEAD(type, len)                                                      \
	0x00, type, 0x00, len, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7,     \
		0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae


static void test_rfc5769_addresses(void **state)
{
	static const uint8_t req[] = {HEAD(1, 0)};
	static const uint8_t want4[] = {
		0x01, 0x01, 0x00, 0x0c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7,
		0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
		/* XOR-MAPPED-ADDRESS of 2.2, 192.0.2.1:32853 */
		0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12,
		0xa6, 0x43};
	static const uint8_t want6[] = {
		/* ... and of 2.3, [2001:db8:1234:5678:11:2233:4455:6677] */
		0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13,
		0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5,
		0xbe, 0xd2, 0xb9, 0xd9};
	uint8_t buf[MAPPED_MAX];
	struct sa src;

	(void)state;
	assert_int_equal(sa_set_str(&src, "192.0.2.1", 32853), 0);
	assert_int_equal(sx_mapped_answer(buf, req, sizeof(req), &src), 32);
	assert_memory_equal(buf, want4, sizeof(want4));

	assert_int_equal(sa_set_str(&src,
				    "2001:db8:1234:5678:11:2233:4455:6677",
				    32853), 0);
	assert_int_equal(sx_mapped_answer(buf, req, sizeof(req), &src), 44);
	assert_memory_equal(buf + 20, want6, sizeof(want6));
}


static void test_what_is_answered(void **state)
{
	static const struct {
		const char *what;
		uint8_t p[40];
		size_t n;
		bool answered;
	} rows[] = {
		{"bare", {HEAD(1, 0)}, 20, true},
		{"SOFTWARE", {HEAD(1, 8), 0x80, 0x22, 0, 3, 'a', 'b', 'c', 0},
		 28, true},
		{"USERNAME", {HEAD(1, 8), 0, 6, 0, 4, 'a', 'b', 'c', 'd'}, 28,
		 true},
		{"FINGERPRINT", {HEAD(1, 8), 0x80, 0x28, 0, 4, 1, 2, 3, 4},
		 28, true},
		{"to be understood", {HEAD(1, 8), 0, 3, 0, 4, 0, 0, 0, 6}, 28,
		 false},
		{"an answer", {HEAD(0x11, 0)}, 20, false},
		{"too short", {HEAD(1, 0)}, 19, false},
		{"too long", {HEAD(1, 0)}, 21, false},
		{"length beyond", {HEAD(1, 4)}, 20, false},
		{"half an attribute", {HEAD(1, 2), 0x80, 0x22}, 22, false},
		{"attribute beyond", {HEAD(1, 4), 0x80, 0x22, 0, 9}, 24,
		 false},
		{"another cookie", {0, 1, 0, 0, 1, 2, 3, 4}, 20, false},
		{"zero bytes", {0}, 4, false},
		{"nothing", {0}, 0, false},
	};
	uint8_t buf[MAPPED_MAX];
	struct sa src;

	(void)state;
	assert_int_equal(sa_set_str(&src, "192.0.2.1", 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = sx_mapped_answer(buf, rows[i].p, rows[i].n, &src);

		if ((n != 0) != rows[i].answered)
			fail_msg("%s: %u bytes", rows[i].what, (unsigned)n);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc5769_addresses),
		cmocka_unit_test(test_what_is_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
