/**
 * @file media/mix.c  Arithmetic of mixing
 */
#include "media/mix.h"


static inline int16_t clip(int32_t v)
{
	v = v > INT16_MAX ? INT16_MAX : v;
	v = v < INT16_MIN ? INT16_MIN : v;

	return (int16_t)v;
}


void mix_add(int32_t *restrict sum, const int16_t *restrict pcm, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += pcm[i];
}


void mix_minus(int16_t *restrict out, const int32_t *restrict sum,
	       const int16_t *restrict own, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = clip(sum[i] - own[i]);
}


void mix_clip(int16_t *restrict out, const int32_t *restrict sum, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = clip(sum[i]);
}


/* 10^(3 * step / 20), in 1/4096; -24 to +24 dB */
static const int32_t gains[2 * MIX_GAIN_MAX + 1] = {
	258, 365, 516, 728, 1029, 1453, 2053, 2900, 4096, 5786, 8173, 11544,
	16306, 23034, 32536, 45958, 64917,
};


void mix_gain(int16_t *pcm, size_t n, int steps)
{
	int32_t gain;

	if (steps > MIX_GAIN_MAX)
		steps = MIX_GAIN_MAX;
	if (steps < -MIX_GAIN_MAX)
		steps = -MIX_GAIN_MAX;

	gain = gains[steps + MIX_GAIN_MAX];

	/* 32768 * 64917 is less than 2^31 */
	for (size_t i = 0; i < n; i++)
		pcm[i] = clip((pcm[i] * gain + 2048) >> 12);
}


uint32_t mix_level(const int16_t *pcm, size_t n)
{
	uint32_t sum = 0; /* 2^17 samples at full level fit */

	if (!n)
		return 0;

	for (size_t i = 0; i < n; i++)
		sum += (uint32_t)(pcm[i] < 0 ? -pcm[i] : pcm[i]);

	sum /= (uint32_t)n;

	return sum > INT16_MAX ? INT16_MAX : sum;
}
