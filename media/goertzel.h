/**
 * @file media/goertzel.h  Power of one frequency (Goertzel's algorithm)
 *
 * Any thread.  For detectors and for tests of audio content.
 */
#ifndef TANDEM_MEDIA_GOERTZEL_H
#define TANDEM_MEDIA_GOERTZEL_H

#include <stddef.h>
#include <stdint.h>

/** Coefficient of a frequency: 2 cos(2 pi f / rate) */
float goertz_coef(float hz, float rate);

/** One step: prev[0] is the latest state, prev[1] the one before */
static inline void goertz_step(float prev[2], float coef, float x)
{
	float s = x + coef * prev[0] - prev[1];

	prev[1] = prev[0];
	prev[0] = s;
}

/** Squared magnitude after the last step */
static inline float goertz_power(const float prev[2], float coef)
{
	return prev[0] * prev[0] + prev[1] * prev[1] -
	       coef * prev[0] * prev[1];
}

/** Amplitude (peak) of a sine of `hz` in n samples at 8 kHz */
double goertz_amplitude(const int16_t *s, size_t n, double hz);

/** Part of the energy of n samples that is at `hz`, 0.0-1.0 */
double goertz_share(const int16_t *s, size_t n, double hz);

#endif
