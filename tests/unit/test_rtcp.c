/**
 * @file tests/unit/test_rtcp.c  Reception statistics and RTCP reports
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/compat.h"
#include "media/rtcp.h"


enum { CLOCK = 8000 };


/* Packet `seq` of 20 ms, that arrives `late_us` after its time */
static void rx(struct rxs *r, uint32_t ssrc, uint16_t seq, unsigned late_us)
{
	const uint32_t n = (uint32_t)seq;

	rxs_packet(r, ssrc, seq, n * 160, true, CLOCK,
		   1000000 + n * 20000ull + late_us);
}


static void test_lost(void **state)
{
	static const struct {
		const char *what;
		uint16_t seq[8];
		size_t n;
		uint64_t lost;
	} rows[] = {
		{"none", {1, 2, 3, 4}, 4, 0},
		{"one", {1, 2, 4, 5}, 4, 1},
		{"out of order", {1, 3, 2, 4}, 4, 0},
		{"twice the same", {1, 2, 2, 3}, 4, 0},
		{"over the end", {65534, 65535, 0, 1}, 4, 0},
		{"one lost at the end", {65534, 65535, 1, 2}, 4, 1},
		{"a restart is no loss", {1, 2, 30000, 30001}, 4, 0},
		{"backwards is no loss", {5000, 5001, 7, 8}, 4, 0},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rxs r = {.any = false};

		for (size_t k = 0; k < rows[i].n; k++)
			rx(&r, 1, rows[i].seq[k], 0);

		if (rxs_lost(&r) != rows[i].lost)
			fail_msg("%s: %u", rows[i].what,
				 (unsigned)rxs_lost(&r));
	}
}


static void test_new_ssrc_keeps_the_sum(void **state)
{
	struct rxs r = {.any = false};

	(void)state;
	rx(&r, 1, 10, 0);
	rx(&r, 1, 13, 0);
	rx(&r, 2, 500, 0);
	rx(&r, 2, 502, 0);
	assert_int_equal(3, rxs_lost(&r));
	assert_int_equal(2, r.ssrc);
}


static void test_jitter(void **state)
{
	struct rxs even = {.any = false}, rough = {.any = false};

	(void)state;

	for (uint16_t i = 0; i < 500; i++) {
		rx(&even, 1, i, 0);
		rx(&rough, 1, i, i & 1 ? 10000 : 0);
	}

	assert_int_equal(0, rxs_jitter_us(&even, CLOCK));

	/* differences are 10 ms each time: the estimate comes near */
	assert_in_range(rxs_jitter_us(&rough, CLOCK), 9500, 10000);
}


static void test_block(void **state)
{
	struct rxs r = {.any = false};
	struct ctl_block b;

	(void)state;

	for (uint16_t i = 0; i < 100; i++) {
		if (i % 4 != 3 || i == 99)
			rx(&r, 7, i, 0);
	}

	rxs_block(&r, &b);
	assert_int_equal(7, b.ssrc);
	assert_int_equal(24, b.lost);
	assert_int_equal(24 * 256 / 100, b.fraction);
	assert_int_equal(99, b.ext_seq);

	/* nothing lost since */
	for (uint16_t i = 100; i < 110; i++)
		rx(&r, 7, i, 0);
	rxs_block(&r, &b);
	assert_int_equal(0, b.fraction);
	assert_int_equal(24, b.lost);

	/* nothing came since */
	rxs_block(&r, &b);
	assert_int_equal(0, b.fraction);
}


static void test_encode_sender_report(void **state)
{
	const struct ctl_out out = {
		.ssrc      = 0x11223344,
		.sender    = true,
		.ntp       = 0x0102030405060708,
		.ts        = 0x0a0b0c0d,
		.packets   = 3,
		.octets    = 480,
		.has_block = true,
		.block     = {.ssrc     = 0x55667788,
                              .fraction = 64,
                              .lost     = -2,
                              .ext_seq  = 0x00010002,
                              .jitter   = 5,
                              .lsr      = 6,
                              .dlsr     = 7},
		.cname     = "ab",
		.bye       = true,
	};
	static const uint8_t want[] = {
		0x81, 200,  0,    12,   0x11, 0x22, 0x33, 0x44, 1,    2,
		3,    4,    5,    6,    7,    8,    0x0a, 0x0b, 0x0c, 0x0d,
		0,    0,    0,    3,    0,    0,    1,    0xe0, 0x55, 0x66,
		0x77, 0x88, 64,   0xff, 0xff, 0xfe, 0,    1,    0,    2,
		0,    0,    0,    5,    0,    0,    0,    6,    0,    0,
		0,    7,    0x81, 202,  0,    3,    0x11, 0x22, 0x33, 0x44,
		1,    2,    'a',  'b',  0,    0,    0,    0,    0x81, 203,
		0,    1,    0x11, 0x22, 0x33, 0x44};
	uint8_t buf[CTL_MAX];

	(void)state;
	assert_int_equal(sizeof(want), ctl_encode(buf, &out));
	assert_memory_equal(want, buf, sizeof(want));
}


static void test_read_what_we_write(void **state)
{
	const struct ctl_out out = {
		.ssrc      = 0x11223344,
		.sender    = true,
		.ntp       = 0x0102030405060708,
		.has_block = true,
		.block     = {.ssrc = 99, .fraction = 1, .lost = -8388608},
		.cname     = "0123456789abcdef",
	};
	uint8_t buf[CTL_MAX];
	struct ctl_in in;
	size_t len;

	(void)state;
	len = ctl_encode(buf, &out);
	assert_int_equal(0, len % 4);
	assert_int_equal(0, ctl_decode(&in, buf, len, 99));
	assert_int_equal(0x11223344, in.ssrc);
	assert_true(in.sr);
	assert_int_equal(0x03040506, ctl_lsr(in.ntp));
	assert_true(in.has_block);
	assert_int_equal(-8388608, in.block.lost);
	assert_false(in.bye);

	/* about somebody else */
	assert_int_equal(0, ctl_decode(&in, buf, len, 98));
	assert_false(in.has_block);
}


static const struct {
	const char *what;
	uint8_t b[40];
	size_t len;
	int err;
} malformed[] = {
	{"empty", {0}, 0, EBADMSG},
	{"3 bytes", {0x80, 201, 0}, 3, EBADMSG},
	{"SR of 4 bytes", {0x80, 200, 0, 0}, 4, EBADMSG},
	{"RR of 4 bytes", {0x80, 201, 0, 0}, 4, EBADMSG},
	{"RR without blocks", {0x80, 201, 0, 1}, 8, 0},
	{"SR without sender info", {0x80, 200, 0, 1}, 8, EBADMSG},
	{"SR", {0x80, 200, 0, 6}, 28, 0},
	{"RC 31 in a short SR", {0x9f, 200, 0, 6}, 28, EBADMSG},
	{"RC 1, block cut", {0x81, 201, 0, 2}, 12, EBADMSG},
	{"RC 1", {0x81, 201, 0, 7}, 32, 0},
	{"length 65535", {0x80, 200, 0xff, 0xff}, 40, EBADMSG},
	{"length one too much", {0x80, 201, 0, 2}, 8, EBADMSG},
	{"version 1", {0x40, 201, 0, 1}, 8, EBADMSG},
	{"begins with SDES of nobody", {0x80, 202, 0, 1}, 8, EBADMSG},
	{"begins with BYE of nobody", {0x80, 203, 0, 1}, 8, EBADMSG},
	{"BYE alone", {0x81, 203, 0, 1}, 8, 0},
	{"begins with type 199", {0x81, 199, 0, 1}, 8, EBADMSG},
	{"begins with type 208", {0x81, 208, 0, 1}, 8, EBADMSG},
	{"APP without SSRC", {0x80, 204, 0, 0}, 4, EBADMSG},
	{"APP alone", {0x80, 204, 0, 3}, 16, 0},
	{"RR, BYE", {0x80, 201, 0, 1, [8] = 0x81, 203, 0, 1}, 16, 0},
	{"RR, BYE of two in the room for one",
	 {0x80, 201, 0, 1, [8] = 0x82, 203, 0, 1},
	 16, EBADMSG},
	{"RR, RR of 4 bytes",
	 {0x80, 201, 0, 1, [8] = 0x80, 201, 0, 0},
	 12, EBADMSG},
	{"RR, length beyond",
	 {0x80, 201, 0, 1, [8] = 0x81, 203, 0, 2},
	 16, EBADMSG},
	{"RR, rest of 2 bytes", {0x80, 201, 0, 1}, 10, EBADMSG},
	{"RR, APP of no length",
	 {0x80, 201, 0, 1, [8] = 0x80, 204, 0, 0},
	 12, 0},
	{"padding at the end",
	 {0x80, 201, 0, 1, [8] = 0xa1, 203, 0, 2, [19] = 4},
	 20, 0},
	{"all of it padding", {0xa0, 201, 0, 1, [7] = 4}, 8, EBADMSG},
	{"padding of 0",
	 {0x80, 201, 0, 1, [8] = 0xa1, 203, 0, 2, [19] = 0},
	 20, EBADMSG},
	{"padding of 3",
	 {0x80, 201, 0, 1, [8] = 0xa1, 203, 0, 2, [19] = 3},
	 20, EBADMSG},
	{"padding into the header",
	 {0x80, 201, 0, 1, [8] = 0xa0, 203, 0, 2, [19] = 12},
	 20, EBADMSG},
	{"padding into the list",
	 {0x80, 201, 0, 1, [8] = 0xa1, 203, 0, 2, [19] = 8},
	 20, EBADMSG},
	{"padding before the end",
	 {0xa0, 201, 0, 2, [11] = 4, 0x81, 203, 0, 1},
	 20, EBADMSG},
};


static void test_malformed(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		uint8_t *p = malloc(malformed[i].len ? malformed[i].len : 1);
		struct ctl_in in;
		int err;

		assert_non_null(p);
		memcpy(p, malformed[i].b, malformed[i].len);
		err = ctl_decode(&in, p, malformed[i].len, 0);
		free(p);
		if (err != malformed[i].err)
			fail_msg("%s: %d", malformed[i].what, err);
	}
}


/* One packet with all that a peer may put in: what is read, and of whom */
static void test_compound(void **state)
{
	static const uint8_t b[] = {
		0x81, 200, 0, 12, 0, 0, 0, 7,                 /* SR of 7 */
		1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9,
		0, 0, 0, 3, 0, 0, 0, 4,
		0, 0, 0, 99, 1, 0, 0, 2, 0, 0, 0, 5,          /* about 99 */
		0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0,
		0x81, 201, 0, 7, 0, 0, 0, 8,                  /* RR of 8 */
		0, 0, 0, 99, 9, 9, 9, 9, 9, 9, 9, 9,
		9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
		0x81, 202, 0, 2, 0, 0, 0, 7, 1, 0, 0, 0,      /* SDES */
		0x80, 204, 0, 2, 0, 0, 0, 7, 'x', 'x', 'x', 'x',
		0x81, 205, 0, 2, 0, 0, 0, 7, 0, 0, 0, 0,      /* RTPFB */
		0x80, 255, 0, 0,
		0x82, 203, 0, 2, 0, 0, 0, 8, 0, 0, 0, 7,      /* BYE */
	};
	struct ctl_in in;

	(void)state;
	assert_int_equal(0, ctl_decode(&in, b, sizeof(b), 99));
	assert_int_equal(7, in.ssrc);
	assert_false(in.reduced);
	assert_true(in.sr);
	assert_true(in.ntp == 0x0102030405060708);
	assert_int_equal(0x03040506, ctl_lsr(in.ntp));
	assert_int_equal(9, in.ts);
	assert_int_equal(3, in.packets);
	assert_int_equal(4, in.octets);
	assert_true(in.has_block);
	assert_int_equal(2, in.block.lost);
	assert_int_equal(3, in.skipped);
	assert_true(in.bye);
}


static void test_bye_of_another(void **state)
{
	static const uint8_t b[] = {0x80, 201, 0, 1, 0, 0, 0, 7,
				    0x81, 203, 0, 1, 0, 0, 0, 8};
	struct ctl_in in;

	(void)state;
	assert_int_equal(0, ctl_decode(&in, b, sizeof(b), 99));
	assert_false(in.bye);
}


/* What opens a NAT: an APP alone, as some phones send it at the start */
static void test_reduced_size(void **state)
{
	static const uint8_t app[] = {0x80, 204, 0,   3,   0,   0,   0,   7,
				      'P',  'I', 'N', 'G', 'P', 'O', 'N', 'G'};
	struct ctl_in in;

	(void)state;
	assert_int_equal(0, ctl_decode(&in, app, sizeof(app), 99));
	assert_true(in.reduced);
	assert_int_equal(7, in.ssrc);
	assert_int_equal(1, in.skipped);
	assert_false(in.sr || in.has_block || in.bye);
}


static void test_round_trip(void **state)
{
	static const struct {
		uint64_t sent, now;
		uint32_t held; /* [ms] */
		uint32_t min, max;
	} rows[] = {
		{5000000, 5130000, 100, 29990, 30030},
		{5000000, 5000500, 0, 500, 500},

		/* held for longer than the way took: a little, much */
		{5000000, 5100000, 100, 1, 30},
		{5000000, 5130000, 1000, 0, 0},

		/* an answer after an hour */
		{5000000, 3605000000, 0, 0, 0},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint32_t dlsr =
			ctl_dlsr(0, (uint64_t)rows[i].held * 1000);
		const uint32_t rtt =
			ctl_rtt_us(rows[i].sent, dlsr, rows[i].now);

		if (rtt < rows[i].min || rtt > rows[i].max)
			fail_msg("row %zu: %u", i, rtt);
	}
}


static void test_ntp_is_the_wall_clock(void **state)
{
	const uint64_t s = ctl_ntp(clock_us()) >> 32;

	(void)state;
	assert_in_range(s - 2208988800u, clock_wall_s() - 2,
			clock_wall_s() + 2);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_new_ssrc_keeps_the_sum),
		cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_encode_sender_report),
		cmocka_unit_test(test_read_what_we_write),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_compound),
		cmocka_unit_test(test_bye_of_another),
		cmocka_unit_test(test_reduced_size),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_ntp_is_the_wall_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
