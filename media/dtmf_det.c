/**
 * @file media/dtmf_det.c  DTMF in the audio
 *
 * Eight Goertzel filters over blocks of 102 samples (12.75 ms): two whole
 * blocks fit into 40 ms of tone wherever it begins.  A block holds a digit if
 * a row and a column stand out (8 dB above the others of their group), are of
 * similar strength (Q.24: column up to 4 dB stronger, 8 dB weaker, and a
 * margin for leakage of a tone that is 1.5 % off), and together make up 70 %
 * of the energy: speech has its harmonics in the rest.
 *
 * A digit is on after two blocks with it, if the last 12 parts (of 6 in a
 * block) were all loud: 20 ms of tone touch at most 11.  It is off after three
 * blocks without: a break of 10 ms spoils at most two, a pause of 40 ms at
 * least three.
 */
#include "media/dtmf.h"
#include "media/goertzel.h"
#include "base/compat.h"
#include <pthread.h>

enum {
	BLOCK	 = 102,
	SUB_LEN	 = BLOCK / DTMF_SUB,
	RUN_MIN	 = 2 * DTMF_SUB,
	MISS_MAX = 3,
};

#define POWER_MIN  3.4e8f /* -36 dBm0 in a block */
#define PEAK	   6.3f	  /* 8 dB */
#define TWIST_COL  4.0f	  /* column stronger: 6 dB */
#define TWIST_ROW  10.0f  /* row stronger: 10 dB */
#define SHARE_MIN  0.70f  /* of the energy */
#define LOUD_SHARE 8.0f	  /* a part is loud with 1/8 of the mean */

static float coefv[8];
static pthread_once_t coef_once = PTHREAD_ONCE_INIT;


static void coef_init(void)
{
	static const float hz[8] = {697,  770,	852,  941,
				    1209, 1336, 1477, 1633};

	for (int i = 0; i < 8; i++)
		coefv[i] = goertz_coef(hz[i], 8000);
}


void dtmf_det_init(struct dtmf_det *d)
{
	if (!d)
		return;

	(void)pthread_once(&coef_once, coef_init);
	memset(d, 0, sizeof(*d));
}


/* Strongest of four; -1 if it does not stand out */
static int strongest(const float p[4])
{
	int best = 0;

	for (int i = 1; i < 4; i++) {
		if (p[i] > p[best])
			best = i;
	}

	for (int i = 0; i < 4; i++) {
		if (i != best && p[i] * PEAK > p[best])
			return -1;
	}

	return best;
}


static char block_digit(const struct dtmf_det *d, float energy)
{
	static const char keys[] = "123A456B789C*0#D";
	float p[8];
	int row, col;

	for (int i = 0; i < 8; i++)
		p[i] = goertz_power(d->prev[i], coefv[i]);

	row = strongest(p);
	col = strongest(p + 4);
	if (row < 0 || col < 0)
		return '\0';

	float r = p[row];
	float c = p[4 + col];

	if (r < POWER_MIN || c < POWER_MIN)
		return '\0';
	if (c > r * TWIST_COL || r > c * TWIST_ROW)
		return '\0';
	/* two pure tones: r + c = energy * BLOCK / 2 */
	if (r + c < SHARE_MIN * energy * BLOCK / 2)
		return '\0';

	return keys[4 * row + col];
}


static void count_run(struct dtmf_det *d, float energy)
{
	for (int i = 0; i < DTMF_SUB; i++) {
		if (d->sub[i] * DTMF_SUB * LOUD_SHARE >= energy && energy > 0)
			++d->run;
		else
			d->run = 0;
	}
}


static void set_end(struct dtmf_report *rep, struct dtmf_det *d)
{
	rep->end    = d->now;
	rep->end_ms = d->blocks * BLOCK / 8;
	d->now	    = '\0';
}


/* What this block's digit means after those before */
static struct dtmf_report judge(struct dtmf_det *d, char digit)
{
	struct dtmf_report rep = {0};
	bool twice	       = digit && digit == d->last;

	d->last = digit;

	if (d->now && digit == d->now) {
		d->blocks += 1u + d->miss;
		d->miss = 0;
		return rep;
	}

	if (d->now && ++d->miss >= MISS_MAX)
		set_end(&rep, d);

	if (twice && d->run >= RUN_MIN) {
		if (d->now)
			set_end(&rep, d);
		rep.begin = digit;
		d->now	  = digit;
		d->blocks = 2;
		d->miss	  = 0;
	}

	return rep;
}


static void block_end(struct dtmf_det *d, dtmf_det_h *h, void *arg)
{
	struct dtmf_report rep;
	float energy = 0;

	for (int i = 0; i < DTMF_SUB; i++)
		energy += d->sub[i];

	count_run(d, energy);
	rep = judge(d, block_digit(d, energy));

	d->fill = 0;
	memset(d->prev, 0, sizeof(d->prev));
	memset(d->sub, 0, sizeof(d->sub));

	if ((rep.begin || rep.end) && h)
		h(&rep, arg);
}


void dtmf_det_run(struct dtmf_det *d, const int16_t *s, size_t n,
		  dtmf_det_h *h, void *arg)
{
	if (!d || !s)
		return;

	for (size_t i = 0; i < n; i++) {
		float x = s[i];

		for (int k = 0; k < 8; k++)
			goertz_step(d->prev[k], coefv[k], x);

		d->sub[d->fill / SUB_LEN] += x * x;

		if (++d->fill == BLOCK)
			block_end(d, h, arg);
	}
}
