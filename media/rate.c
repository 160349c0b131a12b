/**
 * @file media/rate.c  The same sound at another rate
 *
 * A polyphase FIR filter for the rates of parties that meet in a mixer: 8, 16
 * and 48 kHz, so one is always a whole multiple of the other.  Its design is
 * made for the lower rate, with HALF periods of it on either side under a
 * Kaiser window: the stop band begins at half of the lower rate, 60 dB down.
 *
 *   up by L      out[k] = sum over j of in[k/L - j] * h[k%L + j*L]
 *   down by M    out[k] = sum over j of in[k*M - j] * h[j]
 *
 * Samples are floats inside: a sum of many parties may be far beyond 16 bits,
 * and is clipped only when it goes to somebody.
 */
#include "media/mix.h"
#include "base/compat.h"
#include <math.h>


#define PI     3.14159265358979323846
#define CUTOFF 0.46 /* -6 dB, in periods of the lower rate */
#define BETA   5.65 /* of the window: -60 dB */

enum {
	HALF       = 24, /* periods of the lower rate */
	FACTOR_MAX = 6,
	TAPS_MAX   = 2 * HALF * FACTOR_MAX,
	STEP       = 480, /* samples that are converted at once */
};

struct rate {
	bool up;
	unsigned factor;
	unsigned taps;    /* of the whole filter */
	unsigned hist;    /* samples of the past that it needs */
	unsigned rest;    /* samples until it is empty */
	uint32_t low;     /* the lower rate [Hz] */
	float coef[TAPS_MAX];
	float buf[TAPS_MAX + STEP];
};


/* Modified Bessel function of the first kind, order 0 */
static double bessel0(double x)
{
	double sum = 1, term = 1;

	for (int k = 1; k < 40; k++) {
		term *= (x / (2 * k)) * (x / (2 * k));
		sum += term;
	}

	return sum;
}


/* Impulse response at t, in periods of the lower rate */
static double impulse(double t)
{
	const double r = t / HALF;
	const double x = 2 * PI * CUTOFF * t;
	double w;

	if (r <= -1 || r >= 1)
		return 0;

	w = bessel0(BETA * sqrt(1 - r * r)) / bessel0(BETA);

	return w * (fabs(x) < 1e-9 ? 1 : sin(x) / x);
}


/* Each phase of the way up, and the whole way down, has a gain of 1; phases
 * are stored one behind the other, the latest sample last */
static void design(struct rate *r)
{
	const unsigned f = r->factor, phases = r->up ? f : 1;
	const unsigned n = r->taps / phases;

	for (unsigned p = 0; p < phases; p++) {
		float *c   = r->coef + (size_t)p * n;
		double sum = 0, v[TAPS_MAX];

		for (unsigned j = 0; j < n; j++) {
			const double at = r->up ? (double)p + (double)j * f
						: (double)j;

			v[j] = impulse(at / f - HALF);
			sum += v[j];
		}

		for (unsigned j = 0; j < n; j++)
			c[n - 1 - j] = (float)(v[j] / sum);
	}
}


int rate_alloc(struct rate **rp, uint32_t from, uint32_t to)
{
	const bool up       = to > from;
	const uint32_t high = up ? to : from, low = up ? from : to;
	struct rate *r;

	if (!rp)
		return EINVAL;
	if (!low || high % low || high == low || high / low > FACTOR_MAX)
		return ENOTSUP;

	r = mem_zalloc(sizeof(*r), NULL);
	if (!r)
		return ENOMEM;

	r->up     = up;
	r->factor = high / low;
	r->low    = low;
	r->taps   = 2 * HALF * r->factor;
	r->hist   = (up ? r->taps / r->factor : r->taps) - 1;
	design(r);

	*rp = r;

	return 0;
}


static inline float dot(const float *restrict a, const float *restrict b,
			unsigned n)
{
	/* several sums: one would wait for itself */
	float s[8] = {0};

	for (unsigned i = 0; i + 8 <= n; i += 8) {
		for (unsigned k = 0; k < 8; k++)
			s[k] += a[i + k] * b[i + k];
	}

	return ((s[0] + s[1]) + (s[2] + s[3])) +
	       ((s[4] + s[5]) + (s[6] + s[7]));
}

_Static_assert(2 * HALF % 8 == 0, "dot() takes eight at once");


static size_t run_up(const struct rate *r, int32_t *out, size_t n)
{
	const unsigned taps = r->taps / r->factor;

	for (size_t i = 0; i < n; i++) {
		for (unsigned p = 0; p < r->factor; p++)
			*out++ += (int32_t)lrintf(
				dot(r->buf + i, r->coef + (size_t)p * taps,
				    taps));
	}

	return n * r->factor;
}


static size_t run_down(const struct rate *r, int32_t *out, size_t n)
{
	for (size_t i = 0; i < n; i += r->factor)
		*out++ += (int32_t)lrintf(
			dot(r->buf + i, r->coef, r->taps));

	return n / r->factor;
}


static bool is_zero(const int32_t *in, size_t n)
{
	int32_t any = 0;

	for (size_t i = 0; i < n; i++)
		any |= in[i];

	return !any;
}


void rate_add(struct rate *r, int32_t *out, const int32_t *in, size_t n)
{
	while (n) {
		const size_t k = n < STEP ? n : STEP;

		for (size_t i = 0; i < k; i++)
			r->buf[r->hist + i] = (float)in[i];

		if (!is_zero(in, k))
			r->rest = r->hist;
		else
			r->rest -= r->rest < k ? r->rest : (unsigned)k;

		out += r->up ? run_up(r, out, k) : run_down(r, out, k);
		memmove(r->buf, r->buf + k, r->hist * sizeof(*r->buf));
		in += k;
		n -= k;
	}
}


bool rate_is_empty(const struct rate *r)
{
	return !r->rest;
}


uint32_t rate_delay_us(const struct rate *r)
{
	return HALF * 1000000u / r->low;
}
