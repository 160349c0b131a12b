/**
 * @file media/goertzel.c  Power of one frequency (Goertzel's algorithm)
 */
#include "media/goertzel.h"
#include <math.h>

#define TWO_PI 6.283185307179586


float goertz_coef(float hz, float rate)
{
	return (float)(2.0 * cos(TWO_PI * (double)hz / (double)rate));
}


static double magnitude(const int16_t *s, size_t n, double hz)
{
	double coef = 2.0 * cos(TWO_PI * hz / 8000.0), a = 0, b = 0;

	for (size_t i = 0; i < n; i++) {
		double x = s[i] + coef * a - b;

		b = a;
		a = x;
	}

	double p = a * a + b * b - coef * a * b;

	return p > 0 ? sqrt(p) : 0;
}


double goertz_amplitude(const int16_t *s, size_t n, double hz)
{
	return n ? 2.0 * magnitude(s, n, hz) / (double)n : 0;
}


double goertz_share(const int16_t *s, size_t n, double hz)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)s[i] * s[i];

	if (sum <= 0)
		return 0;

	double a     = goertz_amplitude(s, n, hz);
	double share = a * a * (double)n / 2 / sum;

	return share > 1 ? 1 : share;
}
