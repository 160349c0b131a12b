/**
 * @file media/codec_state.c  Codecs with state: GSM, G.722, opus
 *
 * GSM and G.722 are spandsp's, opus is libopus.  Plain codecs pass through, so
 * that whoever has a decoder need not know which it is.
 */
#include "media/codec.h"
#include "base/compat.h"
#include <opus/opus.h>
#include <spandsp/telephony.h>
#include <spandsp/gsm0610.h>
#include <spandsp/g722.h>


enum {
	OPUS_BITRATE    = 32000, /* speech over the whole band */
	OPUS_COMPLEXITY = 5,     /* a conference has many */
};

struct codec_dec {
	enum codec codec;
	uint32_t rate;
	gsm0610_state_t *gsm;
	g722_decode_state_t *g722;
	OpusDecoder *opus;
};

struct codec_enc {
	enum codec codec;
	gsm0610_state_t *gsm;
	g722_encode_state_t *g722;
	OpusEncoder *opus;
};


static bool is_gsm(enum codec c)
{
	return c == CODEC_GSM || c == CODEC_WAV49;
}


static bool is_possible(enum codec c, uint32_t rate)
{
	if (!codec_rate(c))
		return false;
	if (c == CODEC_OPUS)
		return rate == 8000 || rate == 16000 || rate == 48000;

	return rate == CODEC_SRATE || rate == codec_rate(c);
}


static int gsm_packing(enum codec c)
{
	return c == CODEC_GSM ? GSM0610_PACKING_VOIP : GSM0610_PACKING_WAV49;
}


static int g722_options(uint32_t rate)
{
	return rate == CODEC_SRATE ? G722_SAMPLE_RATE_8000 : 0;
}


/* --- decoding ------------------------------------------------------------ */

static void dec_destructor(void *arg)
{
	struct codec_dec *d = arg;

	if (d->gsm)
		(void)gsm0610_free(d->gsm);
	if (d->g722)
		(void)g722_decode_free(d->g722);
	if (d->opus)
		opus_decoder_destroy(d->opus);
}


int codec_dec_alloc_at(struct codec_dec **dp, enum codec c, uint32_t rate)
{
	struct codec_dec *d;
	bool ok = true;
	int err;

	if (!dp)
		return EINVAL;
	if (!is_possible(c, rate))
		return ENOTSUP;

	d = mem_zalloc(sizeof(*d), dec_destructor);
	if (!d)
		return ENOMEM;

	d->codec = c;
	d->rate  = rate;
	if (is_gsm(c))
		ok = (d->gsm = gsm0610_init(NULL, gsm_packing(c))) != NULL;
	else if (c == CODEC_G722)
		ok = (d->g722 = g722_decode_init(NULL, 64000,
						 g722_options(rate))) != NULL;
	else if (c == CODEC_OPUS)
		ok = (d->opus = opus_decoder_create((opus_int32)rate, 1,
						    &err)) != NULL;

	if (!ok) {
		mem_deref(d);
		return ENOMEM;
	}

	*dp = d;

	return 0;
}


int codec_dec_alloc(struct codec_dec **dp, enum codec c)
{
	return codec_dec_alloc_at(dp, c, CODEC_SRATE);
}


static size_t gsm_whole(enum codec c, size_t max, size_t len)
{
	size_t fb = c == CODEC_GSM ? CODEC_GSM_BYTES : CODEC_W49_BYTES;
	size_t fs = c == CODEC_GSM ? CODEC_GSM_SAMPLES : CODEC_W49_SAMPLES;
	size_t n  = len / fb;

	return (n > max / fs ? max / fs : n) * fb;
}


static size_t gsm_run(struct codec_dec *d, int16_t *out, size_t max,
		      const uint8_t *p, size_t len)
{
	int n;

	len = gsm_whole(d->codec, max, len);
	if (!len)
		return 0;

	n = gsm0610_decode(d->gsm, out, p, (int)len);

	return n > 0 ? (size_t)n : 0;
}


static size_t g722_run(struct codec_dec *d, int16_t *out, size_t max,
		       const uint8_t *p, size_t len)
{
	size_t per = d->rate / CODEC_SRATE; /* samples of a byte */
	int n;

	if (len > max / per)
		len = max / per;

	n = g722_decode(d->g722, out, p, (int)len);

	return n > 0 ? (size_t)n : 0;
}


static size_t opus_run(struct codec_dec *d, int16_t *out, size_t max,
		       const uint8_t *p, size_t len)
{
	int n;

	if (!len || !max)
		return 0;

	n = opus_decode(d->opus, p, (opus_int32)len, out, (int)max, 0);

	return n > 0 ? (size_t)n : 0;
}


size_t codec_dec_run(struct codec_dec *d, int16_t *out, size_t max,
		     const uint8_t *p, size_t len)
{
	if (!d || !out || !p || len > INT32_MAX)
		return 0;
	if (max > INT32_MAX)
		max = INT32_MAX;

	if (d->gsm)
		return gsm_run(d, out, max, p, len);
	if (d->g722)
		return g722_run(d, out, max, p, len);
	if (d->opus)
		return opus_run(d, out, max, p, len);

	return codec_decode(out, max, d->codec, p, len);
}


size_t codec_opus_samples(const uint8_t *p, size_t len)
{
	int n;

	if (!p || !len || len > INT32_MAX)
		return 0;

	n = opus_packet_get_nb_samples(p, (opus_int32)len, CODEC_RATE_MAX);

	return n > 0 ? (size_t)n : 0;
}


/* --- encoding ------------------------------------------------------------ */

static void enc_destructor(void *arg)
{
	struct codec_enc *e = arg;

	if (e->gsm)
		(void)gsm0610_free(e->gsm);
	if (e->g722)
		(void)g722_encode_free(e->g722);
	if (e->opus)
		opus_encoder_destroy(e->opus);
}


static bool opus_open(struct codec_enc *e, uint32_t rate)
{
	int err;

	e->opus = opus_encoder_create((opus_int32)rate, 1,
				      OPUS_APPLICATION_VOIP, &err);
	if (!e->opus)
		return false;

	/* known values: cannot fail */
	(void)opus_encoder_ctl(e->opus, OPUS_SET_BITRATE(OPUS_BITRATE));
	(void)opus_encoder_ctl(e->opus,
			       OPUS_SET_COMPLEXITY(OPUS_COMPLEXITY));

	return true;
}


int codec_enc_alloc_at(struct codec_enc **ep, enum codec c, uint32_t rate)
{
	struct codec_enc *e;
	bool ok = true;

	if (!ep)
		return EINVAL;
	if (!is_possible(c, rate))
		return ENOTSUP;

	e = mem_zalloc(sizeof(*e), enc_destructor);
	if (!e)
		return ENOMEM;

	e->codec = c;
	if (is_gsm(c))
		ok = (e->gsm = gsm0610_init(NULL, gsm_packing(c))) != NULL;
	else if (c == CODEC_G722)
		ok = (e->g722 = g722_encode_init(NULL, 64000,
						 g722_options(rate))) != NULL;
	else if (c == CODEC_OPUS)
		ok = opus_open(e, rate);

	if (!ok) {
		mem_deref(e);
		return ENOMEM;
	}

	*ep = e;

	return 0;
}


int codec_enc_alloc(struct codec_enc **ep, enum codec c)
{
	return codec_enc_alloc_at(ep, c, CODEC_SRATE);
}


static size_t gsm_write(struct codec_enc *e, uint8_t *out, size_t max,
			const int16_t *in, size_t n)
{
	size_t fb = e->codec == CODEC_GSM ? CODEC_GSM_BYTES : CODEC_W49_BYTES;
	size_t fs = e->codec == CODEC_GSM ? CODEC_GSM_SAMPLES
					  : CODEC_W49_SAMPLES;
	size_t k  = n / fs < max / fb ? n / fs : max / fb;
	int bytes;

	if (!k)
		return 0;

	bytes = gsm0610_encode(e->gsm, out, in, (int)(k * fs));

	return bytes > 0 ? (size_t)bytes : 0;
}


size_t codec_enc_run(struct codec_enc *e, uint8_t *out, size_t max,
		     const int16_t *in, size_t n)
{
	int bytes = 0;

	if (!e || !out || !in || n > INT32_MAX)
		return 0;

	if (e->gsm)
		return gsm_write(e, out, max, in, n);

	if (e->g722 && n <= max) /* a byte is one sample, or two */
		bytes = g722_encode(e->g722, out, in, (int)n);
	else if (e->opus)
		bytes = opus_encode(e->opus, in, (int)n, out,
				    (opus_int32)(max < 4000 ? max : 4000));
	else if (!e->g722)
		return codec_encode(out, max, e->codec, in, n);

	return bytes > 0 ? (size_t)bytes : 0;
}


/* --- whole files --------------------------------------------------------- */

int codec_g722_wide(int16_t *out, const uint8_t *p, size_t len)
{
	if (!out || !p || len > INT32_MAX / 2)
		return EINVAL;

	g722_decode_state_t *st = g722_decode_init(NULL, 64000, 0);
	if (!st)
		return ENOMEM;

	(void)g722_decode(st, out, p, (int)len);
	(void)g722_decode_free(st);

	return 0;
}
