/**
 * @file audio_util.h  For the tests of recordings and prompts: a folder of its
 * own, files, tones
 */
#ifndef TANDEM_TESTS_AUDIO_UTIL_H
#define TANDEM_TESTS_AUDIO_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/compat.h"
#include "media/codec.h"
#include "media/goertzel.h"
#include "media/wav.h"


static char tmp_dir[64];


static inline int tmp_setup(void **state)
{
	(void)state;
	(void)re_snprintf(tmp_dir, sizeof(tmp_dir), "/tmp/tandem-XXXXXX");

	return mkdtemp(tmp_dir) ? 0 : -1;
}


static inline int tmp_remove(const char *path, const struct stat *st, int flag,
			     struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;

	return remove(path);
}


static inline int tmp_teardown(void **state)
{
	(void)state;

	return nftw(tmp_dir, tmp_remove, 16, FTW_DEPTH | FTW_PHYS);
}


/** Path in the folder; valid until the fourth call after this one */
static inline const char *tmp_path(const char *name)
{
	static char buf[4][512];
	static unsigned i;
	char *p = buf[i++ % 4];

	(void)re_snprintf(p, sizeof(buf[0]), "%s/%s", tmp_dir, name);

	return p;
}


static inline void file_put(const char *path, const void *p, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, len), (ssize_t)len);
	assert_int_equal(close(fd), 0);
}


/** Whole file, malloc'd; NULL if there is none */
static inline uint8_t *file_get(const char *path, size_t *lenp)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	uint8_t *p;

	if (fd < 0)
		return NULL;

	assert_int_equal(fstat(fd, &st), 0);
	p = malloc((size_t)st.st_size + 1);
	assert_non_null(p);
	assert_int_equal(read(fd, p, (size_t)st.st_size), st.st_size);
	(void)close(fd);
	*lenp = (size_t)st.st_size;

	return p;
}


static inline bool file_exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
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
