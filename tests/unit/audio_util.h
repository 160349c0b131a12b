/**
 * @file tests/unit/audio_util.h  For the tests of recordings and prompts: WAV
 *                                files that are read back, tones
 */
#ifndef TANDEM_TESTS_AUDIO_UTIL_H
#define TANDEM_TESTS_AUDIO_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <math.h>
#include "base/compat.h"
#include "media/codec.h"
#include "media/goertzel.h"
#include "media/wav.h"
#include "tmp_dir.h"


/** Set-up and tear-down of a group that needs libre */
static inline int libre_up(void **state)
{
	(void)state;

	return libre_init();
}


static inline int libre_down(void **state)
{
	(void)state;
	libre_close();

	return 0;
}


/** A PCM16 WAV file that was read back */
struct wave {
	struct wav_fmt fmt;
	size_t n; /* samples of a channel */
	int16_t *ch[2];
};


static inline void wave_free(struct wave *w)
{
	free(w->ch[0]);
	free(w->ch[1]);
	memset(w, 0, sizeof(*w));
}


static inline void wave_read(struct wave *w, const char *path)
{
	const char *why = NULL;
	size_t len	= 0;
	uint8_t *p	= file_get(path, &len);

	assert_non_null(p);
	memset(w, 0, sizeof(*w));
	if (wav_decode(&w->fmt, p, len, len, &why))
		fail_msg("%s: %s", path, why);
	assert_int_equal(w->fmt.codec, CODEC_L16);

	w->n = (size_t)w->fmt.data_len / 2 / w->fmt.ch;
	for (unsigned c = 0; c < w->fmt.ch; c++) {
		w->ch[c] = calloc(w->n + 1, sizeof(int16_t));
		assert_non_null(w->ch[c]);

		for (size_t i = 0; i < w->n; i++) {
			const uint8_t *s = p + w->fmt.data_off +
					   2 * (i * w->fmt.ch + c);

			w->ch[c][i] = (int16_t)(s[0] | s[1] << 8);
		}
	}
	free(p);
}


static inline int16_t tone_sample(double hz, double peak, size_t i,
				  double srate)
{
	return (int16_t)lrint(peak *
			      sin(6.283185307179586 * hz * (double)i / srate));
}


static inline void tone_fill(int16_t *s, size_t n, double hz, double peak,
			     double srate)
{
	for (size_t i = 0; i < n; i++)
		s[i] = tone_sample(hz, peak, i, srate);
}


/** Assert that s is a pure tone of this frequency */
#define assert_tone(s, n, hz) \
	assert_true(goertz_share((s), (n), (hz)) > 0.98)

#endif
