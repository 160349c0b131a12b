/**
 * @file tests/unit/test_rtp.c  RTP headers
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "media/rtp.h"


/* In a buffer of exactly this size, so that a sanitizer sees every step over
 * its end */
static enum media_drop decode(struct pkt *pkt, const uint8_t *p, size_t len,
			      uint8_t **bufp)
{
	uint8_t *buf = malloc(len ? len : 1);
	enum media_drop why;

	assert_non_null(buf);
	if (len)
		memcpy(buf, p, len);
	why = pkt_decode(pkt, buf, len);
	*bufp = buf;

	return why;
}


static void test_decode(void **state)
{
	static const struct {
		const char *what;
		uint8_t b[32];
		size_t len;
		enum media_drop why;
		size_t off, plen; /* of the payload */
	} rows[] = {
		{"plain", {0x80, 8}, 14, DROP_NONE, 12, 2},
		{"no payload", {0x80, 8}, 12, DROP_NONE, 12, 0},
		{"empty", {0}, 0, DROP_SHORT, 0, 0},
		{"11 bytes", {0x80}, 11, DROP_SHORT, 0, 0},
		{"version 0", {0x00}, 12, DROP_VERSION, 0, 0},
		{"version 1", {0x40}, 12, DROP_VERSION, 0, 0},
		{"version 3", {0xc0}, 12, DROP_VERSION, 0, 0},
		{"2 CSRC", {0x82}, 21, DROP_NONE, 20, 1},
		{"15 CSRC in 12 bytes", {0x8f}, 12, DROP_SHORT, 0, 0},
		{"1 CSRC cut", {0x81}, 15, DROP_SHORT, 0, 0},
		{"extension of 1 word",
		 {0x90, [12] = 0xbe, 0xde, 0, 1},
		 21, DROP_NONE, 20, 1},
		{"extension of no word",
		 {0x90, [12] = 0, 0, 0, 0},
		 16, DROP_NONE, 16, 0},
		{"extension header cut", {0x90}, 15, DROP_SHORT, 0, 0},
		{"extension longer than the packet",
		 {0x90, [12] = 0, 0, 0xff, 0xff},
		 32, DROP_SHORT, 0, 0},
		{"CSRC and extension",
		 {0x91, [16] = 0, 0, 0, 1},
		 28, DROP_NONE, 24, 4},
		{"padding", {0xa0, [15] = 2}, 16, DROP_NONE, 12, 2},
		{"padding is all", {0xa0, [15] = 4}, 16, DROP_NONE, 12, 0},
		{"padding 0", {0xa0, [15] = 0}, 16, DROP_PADDING, 0, 0},
		{"padding too long", {0xa0, [15] = 5}, 16, DROP_PADDING, 0, 0},
		{"padding 255", {0xa0, [15] = 255}, 16, DROP_PADDING, 0, 0},
		{"padding without payload", {0xa0, [11] = 1}, 12,
		 DROP_PADDING, 0, 0},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pkt pkt;
		uint8_t *buf;
		const enum media_drop why =
			decode(&pkt, rows[i].b, rows[i].len, &buf);

		if (why != rows[i].why)
			fail_msg("%s: %d", rows[i].what, why);

		if (why == DROP_NONE &&
		    (pkt.payload != buf + rows[i].off ||
		     pkt.plen != rows[i].plen))
			fail_msg("%s: payload %zu", rows[i].what, pkt.plen);

		free(buf);
	}
}


static void test_fields(void **state)
{
	static const uint8_t b[] = {0x80, 0x80 | 101, 0x12, 0x34, 0x89, 0xab,
				    0xcd, 0xef,       0xfe, 0xdc, 0xba, 0x98};
	struct pkt pkt;
	uint8_t *buf;

	(void)state;
	assert_int_equal(DROP_NONE, decode(&pkt, b, sizeof(b), &buf));
	assert_true(pkt.marker);
	assert_int_equal(101, pkt.pt);
	assert_int_equal(0x1234, pkt.seq);
	assert_int_equal(0x89abcdef, pkt.ts);
	assert_int_equal(0xfedcba98, pkt.ssrc);
	free(buf);
}


static void test_oversize_is_refused(void **state)
{
	static uint8_t buf[PKT_MAX + 1] = {0x80};
	struct pkt pkt;

	(void)state;
	assert_int_equal(DROP_NONE, pkt_decode(&pkt, buf, PKT_MAX));
	assert_int_equal(DROP_OVERSIZE, pkt_decode(&pkt, buf, PKT_MAX + 1));
	assert_int_equal(DROP_OVERSIZE, pkt_decode(&pkt, buf, 65535));
}


/* A header with everything becomes a plain one in front of the payload */
static void test_encode_before_payload(void **state)
{
	static const uint8_t want[] = {0x80, 0x80 | 8, 0, 7, 0, 0, 0, 9,
				       0,    0,        0, 5, 'a', 'b'};
	uint8_t buf[] = {0xb1, 0,   0,   0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2,
			 3,    4,   0,   0, 0, 1, 9, 9, 9, 9, 'a', 'b', 0, 2};
	struct pkt pkt;
	const uint8_t *p;

	(void)state;
	assert_int_equal(DROP_NONE, pkt_decode(&pkt, buf, sizeof(buf)));
	pkt.marker = true;
	pkt.pt     = 8;
	pkt.seq    = 7;
	pkt.ts     = 9;
	pkt.ssrc   = 5;
	p          = pkt_encode(&pkt);
	assert_ptr_equal(buf + 12, p);
	assert_int_equal(sizeof(want), PKT_HDR + pkt.plen);
	assert_memory_equal(want, p, sizeof(want));
}


static void test_differences_wrap(void **state)
{
	(void)state;
	assert_int_equal(1, seq_diff(0, 65535));
	assert_int_equal(-1, seq_diff(65535, 0));
	assert_int_equal(160, ts_diff(100, 0xffffffc4));
	assert_int_equal(-160, ts_diff(0xffffffc4, 100));
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_oversize_is_refused),
		cmocka_unit_test(test_encode_before_payload),
		cmocka_unit_test(test_differences_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
