/**
 * @file media/prompt_rate.c  Converting the sample rate of prompts
 *
 * A polyphase FIR filter: output sample k lies at input position k * M / L
 * with L/M = 8000/srate in lowest terms, so there are L sets of coefficients.
 * They are a sinc with its -6 dB point at 3700 Hz under a Kaiser window: flat
 * to 3400 Hz, 70 dB down from 4000 Hz on, so nothing is mirrored into the
 * telephone band.  The delay of the filter is taken out.
 */
#include "media/prompt.h"
#include "media/codec.h"
#include <math.h>
#include <stdlib.h>

#define PI	3.14159265358979323846
#define CUTOFF	3700.0 /* [Hz] */
#define BETA	7.0    /* of the window: -70 dB */
#define HALF_MS 0.00375 /* half the filter in [s]: 600 Hz from 1 to -70 dB */

enum {
	RATE_MAX = 192000,
};

struct filter {
	uint32_t l, m; /* up, down */
	uint32_t half; /* taps on either side */
	float *coef;   /* l sets of 2 * half */
};


static uint32_t gcd(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t t = a % b;

		a = b;
		b = t;
	}

	return a;
}


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


/* Impulse response at t [samples of the input] */
static double impulse(double t, double half, double srate)
{
	double r  = t / half;
	double fc = 2 * CUTOFF / srate;
	double x  = PI * fc * t;
	double w;

	if (r <= -1 || r >= 1)
		return 0;

	w = bessel0(BETA * sqrt(1 - r * r)) / bessel0(BETA);

	return fc * w * (fabs(x) < 1e-9 ? 1 : sin(x) / x);
}


static int filter_init(struct filter *f, uint32_t srate)
{
	uint32_t g = gcd(srate, CODEC_SRATE);

	f->l	= CODEC_SRATE / g;
	f->m	= srate / g;
	f->half = (uint32_t)(HALF_MS * srate) + 1;
	f->coef = calloc((size_t)f->l * 2 * f->half, sizeof(*f->coef));
	if (!f->coef)
		return ENOMEM;

	for (uint32_t p = 0; p < f->l; p++) {
		float *c   = f->coef + (size_t)p * 2 * f->half;
		double sum = 0;

		/* tap i is input sample (base - half + 1 + i) */
		for (uint32_t i = 0; i < 2 * f->half; i++) {
			double t = (double)i - (double)f->half + 1 -
				   (double)p / f->l;

			c[i] = (float)impulse(t, f->half, srate);
			sum += (double)c[i];
		}

		for (uint32_t i = 0; i < 2 * f->half; i++)
			c[i] = (float)((double)c[i] / sum);
	}

	return 0;
}


static int16_t filter_at(const struct filter *f, const int16_t *in, size_t n,
			 size_t k)
{
	uint64_t at    = (uint64_t)k * f->m;
	int64_t first  = (int64_t)(at / f->l) - (int64_t)f->half + 1;
	const float *c = f->coef + (at % f->l) * 2 * f->half;
	float sum      = 0;

	for (int64_t i = 0; i < 2 * (int64_t)f->half; i++) {
		int64_t j = first + i;

		if (j >= 0 && j < (int64_t)n)
			sum += c[i] * (float)in[j];
	}

	if (sum > 32767)
		return 32767;
	if (sum < -32768)
		return -32768;

	return (int16_t)lrintf(sum);
}


int prompt_resample(int16_t **outp, size_t *outn, const int16_t *in, size_t n,
		    uint32_t srate)
{
	struct filter f;
	int16_t *out;
	size_t m;
	int err;

	if (!outp || !outn || (!in && n))
		return EINVAL;

	if (srate < CODEC_SRATE || srate > RATE_MAX)
		return ENOTSUP;

	m = (size_t)(((uint64_t)n * CODEC_SRATE + srate - 1) / srate);

	out = malloc((m ? m : 1) * sizeof(*out));
	if (!out)
		return ENOMEM;

	if (srate == CODEC_SRATE) {
		if (n)
			memcpy(out, in, n * sizeof(*out));
	}
	else {
		err = filter_init(&f, srate);
		if (err) {
			free(out);
			return err;
		}

		for (size_t k = 0; k < m; k++)
			out[k] = filter_at(&f, in, n, k);
		free(f.coef);
	}

	*outp = out;
	*outn = m;
	return 0;
}
