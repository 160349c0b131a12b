/**
 * @file tests/unit/test_mix.c  Arithmetic of mixing, against the naive way
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include "base/compat.h"
#include "media/codec.h"
#include "media/goertzel.h"
#include "media/mix.h"

enum { N = 160, PARTIES = 100 };

static uint32_t seed = 1;


static int16_t noise(void)
{
	seed = seed * 1664525u + 1013904223u;

	return (int16_t)(seed >> 16);
}


static int16_t held(int64_t v)
{
	return (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
}


/* Everybody hears the sum of all others, summed up for each alone */
static void test_mix_minus_is_the_sum_of_the_others(void **state)
{
	static int16_t v[PARTIES][N];
	static const int divs[] = {1, 16, 400};
	int32_t sum[N];
	int16_t out[N];

	(void)state;
	for (size_t d = 0; d < ARRAY_SIZE(divs); d++) {
		memset(sum, 0, sizeof(sum));
		for (size_t p = 0; p < PARTIES; p++) {
			for (size_t i = 0; i < N; i++)
				v[p][i] = (int16_t)(noise() / divs[d]);
			mix_add(sum, v[p], N);
		}

		for (size_t p = 0; p < PARTIES; p++) {
			mix_minus(out, sum, v[p], N);
			for (size_t i = 0; i < N; i++) {
				int64_t want = 0;

				for (size_t q = 0; q < PARTIES; q++)
					want += q == p ? 0 : v[q][i];
				assert_int_equal(held(want), out[i]);
			}
		}

		mix_clip(out, sum, N);
		for (size_t i = 0; i < N; i++)
			assert_int_equal(held(sum[i]), out[i]);
	}
}


static void test_the_extremes(void **state)
{
	int16_t low[N], high[N], out[N];
	int32_t sum[N] = {0};

	(void)state;
	for (size_t i = 0; i < N; i++)
		low[i] = INT16_MIN, high[i] = INT16_MAX;

	for (size_t k = 0; k < 60000; k++)
		mix_add(sum, low, N);
	mix_minus(out, sum, high, N);
	assert_int_equal(INT16_MIN, out[N - 1]);
	memset(sum, 0, sizeof(sum));
	mix_minus(out, sum, low, N);
	assert_int_equal(INT16_MAX, out[0]);
	mix_add(sum, NULL, 0);
	assert_int_equal(32767, mix_level(low, N));
	assert_int_equal(32767, mix_level(high, N));
	assert_int_equal(0, mix_level(low, 0));
}


static void test_gain_is_3_db_a_step(void **state)
{
	(void)state;
	for (int step = -12; step <= 12; step++) {
		const int s = step > 8 ? 8 : step < -8 ? -8 : step;
		const double g = pow(10, 3.0 * s / 20);

		for (int v = -32768; v < 32768; v += 97) {
			int16_t pcm  = (int16_t)v;
			const double want = held((int64_t)lrint(v * g));

			mix_gain(&pcm, 1, step);
			assert_true(fabs(pcm - want) <=
				    1 + fabs(want) * 0.002);
		}
	}
}


static void test_level(void **state)
{
	static const struct {
		int16_t a, b;
		uint32_t level;
	} rows[] = {{0, 0, 0}, {100, -100, 100}, {-300, 0, 150}, {1, 0, 0}};
	int16_t pcm[N];

	(void)state;
	for (size_t r = 0; r < ARRAY_SIZE(rows); r++) {
		for (size_t i = 0; i < N; i++)
			pcm[i] = i & 1 ? rows[r].a : rows[r].b;
		assert_int_equal(rows[r].level, mix_level(pcm, N));
	}
}


/* --- rates --------------------------------------------------------------- */

enum { SECOND = 48000 };

static int32_t in[SECOND], out[SECOND];
static int16_t pcm16[SECOND];


/* A second of a tone through a converter, 20 ms at a time; its amplitude at
 * `hz` in the half in the middle, and what else there is */
static double convert(uint32_t from, uint32_t to, double tone, double hz,
		      double *restp)
{
	const size_t n = from / 50, m = to / 50;
	double power   = 0, a;
	struct rate *r;

	assert_int_equal(0, rate_alloc(&r, from, to));
	memset(out, 0, sizeof(out));
	for (size_t i = 0; i < from; i++)
		in[i] = (int32_t)lrint(10000 * sin(2 * M_PI * tone *
						   (double)i / from));
	for (size_t k = 0; k < 50; k++)
		rate_add(r, out + k * m, in + k * n, n);
	mem_deref(r);

	for (size_t i = 0; i < to / 2; i++) {
		pcm16[i] = held(out[to / 4 + i]);
		power += (double)pcm16[i] * pcm16[i];
	}

	/* goertz_*() count in 8 kHz */
	a = (double)goertz_amplitude(pcm16, to / 2,
				     (float)(hz * 8000 / to));
	*restp = sqrt(fmax(0, 2 * power / (to / 2) - a * a));

	return a;
}


static void test_tones_pass_at_any_rate(void **state)
{
	static const struct {
		uint32_t from, to;
		double hz;
	} rows[] = {
		{8000, 16000, 300},    {8000, 16000, 3000},
		{8000, 48000, 1000},   {16000, 48000, 6500},
		{16000, 8000, 1000},   {48000, 8000, 3000},
		{48000, 16000, 6500},  {48000, 16000, 100},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		double rest;
		double a = convert(rows[i].from, rows[i].to, rows[i].hz,
				   rows[i].hz, &rest);

		assert_true(a > 9850 && a < 10150);
		assert_true(rest < 150); /* of 10000 */
	}
}


/* What the lower rate cannot have is not mirrored into it */
static void test_no_images(void **state)
{
	static const struct {
		uint32_t from, to;
		double tone, image;
	} rows[] = {
		{16000, 8000, 5000, 3000},  {48000, 8000, 5000, 3000},
		{48000, 8000, 7000, 1000},  {48000, 16000, 9500, 6500},
		{48000, 16000, 15000, 1000},{8000, 16000, 3000, 5000},
		{8000, 48000, 1000, 7000},  {16000, 48000, 6000, 10000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		double rest;

		assert_true(convert(rows[i].from, rows[i].to, rows[i].tone,
				    rows[i].image, &rest) < 25);
	}
}


/* A sum may be far beyond 16 bits on its way */
static void test_no_clipping_inside(void **state)
{
	struct rate *r;
	int32_t big[160], res[320];
	int32_t top = 0;

	(void)state;
	assert_int_equal(0, rate_alloc(&r, 8000, 16000));
	for (size_t k = 0; k < 5; k++) {
		for (size_t i = 0; i < 160; i++)
			big[i] = 1000000;
		memset(res, 0, sizeof(res));
		rate_add(r, res, big, 160);
	}
	for (size_t i = 0; i < 320; i++)
		top = res[i] > top ? res[i] : top;
	assert_in_range(top, 999000, 1001000);

	/* and it is added to what is there */
	rate_add(r, res, big, 160);
	assert_in_range(res[0], 1999000, 2001000);
	mem_deref(r);
}


static void test_silence_empties_it(void **state)
{
	struct rate *r;
	int32_t frame[160] = {0}, res[960];

	(void)state;
	assert_int_equal(0, rate_alloc(&r, 8000, 48000));
	assert_true(rate_is_empty(r));
	frame[159] = 1000;
	rate_add(r, res, frame, 160);
	assert_false(rate_is_empty(r));
	frame[159] = 0;
	memset(res, 0, sizeof(res));
	rate_add(r, res, frame, 160);
	assert_true(rate_is_empty(r));
	memset(res, 0, sizeof(res));
	rate_add(r, res, frame, 160);
	for (size_t i = 0; i < 960; i++)
		assert_int_equal(0, res[i]);
	assert_int_equal(3000, rate_delay_us(r));
	mem_deref(r);
}


static void test_rates_that_cannot_be(void **state)
{
	static const uint32_t rows[][2] = {
		{8000, 8000}, {0, 8000}, {8000, 0}, {8000, 44100},
		{44100, 8000}, {8000, 96000}, {12000, 16000},
	};
	struct rate *r = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(ENOTSUP,
				 rate_alloc(&r, rows[i][0], rows[i][1]));
	assert_int_equal(EINVAL, rate_alloc(NULL, 8000, 16000));
	assert_null(r);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mix_minus_is_the_sum_of_the_others),
		cmocka_unit_test(test_the_extremes),
		cmocka_unit_test(test_gain_is_3_db_a_step),
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_tones_pass_at_any_rate),
		cmocka_unit_test(test_no_images),
		cmocka_unit_test(test_no_clipping_inside),
		cmocka_unit_test(test_silence_empties_it),
		cmocka_unit_test(test_rates_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
