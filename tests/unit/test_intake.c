/**
 * @file tests/unit/test_intake.c  Packets in, as they come; an even pace out
 *
 * Time is the test's: put() is the arrival of a frame of 20 ms, get() the tick
 * of the mixer.  A frame carries its number, so that what comes out tells
 * which one it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/compat.h"
#include "media/intake.h"

enum { FRAME = 160, BIG = 32 };

static struct intake in;
static int16_t got[960];


static int setup(void **state)
{
	(void)state;
	memset(&in, 0, sizeof(in));

	return 0;
}


static int teardown(void **state)
{
	(void)state;
	intake_reset(&in);

	return 0;
}


/* Frame `n`: samples of value BIG * (n + 1) */
static void put_as(unsigned n, uint32_t ts, uint32_t ssrc)
{
	uint8_t buf[2 * FRAME];
	struct pkt pkt = {
		.seq     = (uint16_t)(65530 + n),
		.ts      = ts,
		.ssrc    = ssrc,
		.payload = buf,
		.plen    = sizeof(buf),
	};

	for (size_t i = 0; i < FRAME; i++)
		put_be16(buf + 2 * i, (uint16_t)(BIG * (n + 1)));

	assert_int_equal(0, intake_put(&in, CODEC_L16, &pkt));
}


static void put(unsigned n)
{
	put_as(n, 0xffffff00u + n * FRAME, 7);
}


/* Number of the frame that most of a tick is of; -1 silence */
static int get(void)
{
	if (!intake_get(&in, got, FRAME))
		return -1;

	return got[FRAME / 2] / BIG - 1;
}


static void test_nothing_comes_of_nothing(void **state)
{
	(void)state;
	assert_int_equal(-1, get());
	assert_int_equal(0, intake_rate(&in));
	assert_int_equal(0, intake_delay_ms(&in));
}


static void test_in_order_one_frame_later(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 100; n++) {
		put(n);
		assert_int_equal(n ? (int)n - 1 : 0, n ? get() : (get(), 0));
	}
	assert_int_equal(0, in.late + in.lost + in.moved);
	assert_int_equal(8000, intake_rate(&in));
}


static void test_a_burst_is_played_evenly(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 5; n++)
		put(n);
	assert_int_equal(-1, get() > 0 ? get() : -1);
	for (int n = 0; n < 5; n++)
		assert_int_equal(n, get());
	assert_int_equal(-1, get());
}


static void test_order_is_by_timestamp(void **state)
{
	static const unsigned order[] = {0, 2, 1, 4, 3};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		put(order[i]);
	(void)get();
	for (int n = 0; n < 5; n++)
		assert_int_equal(n, get());
	assert_int_equal(0, in.late);
}


static void test_lost_frames_are_silence_of_their_length(void **state)
{
	(void)state;
	put(0);
	put(3);
	(void)get();
	assert_int_equal(0, get());
	assert_true(intake_get(&in, got, FRAME)); /* zero, but in between */
	assert_int_equal(0, got[0]);
	assert_true(intake_get(&in, got, FRAME));
	assert_int_equal(0, got[FRAME - 1]);
	assert_int_equal(3, get());
	assert_int_equal(2, in.lost);
}


/* One late packet makes room for the next ones as late */
static void test_delay_grows_with_jitter(void **state)
{
	unsigned n, heard = 0;

	(void)state;
	for (n = 0; n < 10; n++) {
		put(n);
		(void)get();
	}

	/* 60 ms nothing, then all at once, again and again */
	for (unsigned round = 0; round < 6; round++) {
		for (unsigned k = 0; k < 3; k++)
			heard += get() >= 0;
		for (unsigned k = 0; k < 3; k++)
			put(n++);
	}
	assert_true(heard >= 12);
	assert_true(in.late >= 1 && in.late < 6);
	assert_in_range(intake_delay_ms(&in), 20, 120);
}


/* ... and shrinks when it is even again */
static void test_delay_shrinks_again(void **state)
{
	unsigned n = 0;

	(void)state;
	for (; n < 8; n++)
		put(n);
	(void)get();
	assert_in_range(intake_delay_ms(&in), 100, 160);
	for (; n < 800; n++) {
		put(n);
		(void)get();
	}
	assert_in_range(intake_delay_ms(&in), 0, 45);
	assert_in_range(in.moved, 1, 3);
}


static void test_a_pause_begins_anew(void **state)
{
	(void)state;
	put(0);
	(void)get();
	assert_int_equal(0, get());
	for (unsigned k = 0; k < 20; k++)
		assert_int_equal(-1, get());
	assert_false(in.on);
	put(500); /* ten seconds later by its clock */
	(void)get();
	assert_int_equal(500, get());
}


static void test_another_source_begins_anew(void **state)
{
	(void)state;
	put(0);
	(void)get();
	assert_int_equal(0, get());
	put_as(9, 12345, 8);
	(void)get();
	assert_int_equal(9, get());
}


static void test_jumps_of_time(void **state)
{
	static const uint32_t jumps[] = {0x80000000u, 0x7fffffff, 100000,
					 0xfff00000u};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(jumps); i++) {
		bool heard = false;

		put_as((unsigned)i, jumps[i], 7);
		for (unsigned k = 0; k < 2; k++)
			heard = get() == (int)i ||
				got[FRAME - 1] == (int)(BIG * (i + 1)) ||
				heard;
		assert_true(heard);
	}
}


static void test_twice_is_heard_once(void **state)
{
	(void)state;
	put(0);
	put(0);
	put(1);
	put(1);
	(void)get();
	assert_int_equal(0, get());
	assert_int_equal(1, get());
	assert_int_equal(-1, get());
}


/* Whatever comes: the ring is not left, and it ends in order */
static void test_random_headers(void **state)
{
	uint32_t seed = 5;

	(void)state;
	for (unsigned k = 0; k < 20000; k++) {
		uint8_t buf[400];
		struct pkt pkt = {.payload = buf};
		static const enum codec codecs[] = {CODEC_PCMU, CODEC_L16,
						    CODEC_G722, CODEC_OPUS};

		seed = seed * 1664525u + 1013904223u;
		memset(buf, (int)(seed >> 24), sizeof(buf));
		pkt.plen = seed >> 8 & 0xff;
		pkt.ts   = seed & 0x100 ? seed : k * FRAME + (seed & 0xfff);
		pkt.seq  = (uint16_t)(seed & 0x200 ? seed : k);
		pkt.ssrc = seed >> 30;
		assert_int_equal(0, intake_put(&in, codecs[seed >> 16 & 3],
					       &pkt));
		if (seed & 0x400)
			(void)intake_get(&in, got, in.rate / 50);
		assert_true(in.wr - in.rd <= (int64_t)in.mask + 1);
	}
}


static void test_wide_band(void **state)
{
	uint8_t payload[160];
	struct pkt pkt = {.payload = payload, .plen = sizeof(payload)};

	(void)state;
	memset(payload, 0x55, sizeof(payload));
	for (unsigned k = 0; k < 5; k++) {
		pkt.seq = (uint16_t)k;
		pkt.ts  = k * 160; /* its clock says 8000 */
		assert_int_equal(0, intake_put(&in, CODEC_G722, &pkt));
	}
	assert_int_equal(16000, intake_rate(&in));
	for (unsigned k = 0; k < 6; k++)
		assert_true(intake_get(&in, got, 320));
	assert_false(intake_get(&in, got, 320));
}


static void test_codecs_that_cannot_be_decoded(void **state)
{
	uint8_t payload[160] = {0};
	struct pkt pkt = {.payload = payload, .plen = sizeof(payload)};

	(void)state;
	assert_int_equal(ENOTSUP, intake_put(&in, CODEC_NONE, &pkt));
	assert_int_equal(ENOTSUP, intake_put(&in, CODEC_TELEV, &pkt));
	assert_false(intake_get(&in, got, FRAME));
}


int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_comes_of_nothing),
		TEST(test_in_order_one_frame_later),
		TEST(test_a_burst_is_played_evenly),
		TEST(test_order_is_by_timestamp),
		TEST(test_lost_frames_are_silence_of_their_length),
		TEST(test_delay_grows_with_jitter),
		TEST(test_delay_shrinks_again),
		TEST(test_a_pause_begins_anew),
		TEST(test_another_source_begins_anew),
		TEST(test_jumps_of_time),
		TEST(test_twice_is_heard_once),
		TEST(test_random_headers),
		TEST(test_wide_band),
		TEST(test_codecs_that_cannot_be_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
