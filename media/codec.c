/**
 * @file media/codec.c  Audio codecs
 *
 * G.711 is ours: decoding by table, encoding by finding the segment from the
 * highest bit.  GSM and G.722 are spandsp's.
 */
#include "media/codec.h"
#include "base/compat.h"
#include "base/text.h"
#include <spandsp/telephony.h>
#include <spandsp/gsm0610.h>
#include <spandsp/g722.h>

enum {
	ULAW_BIAS  = 0x84,
	ULAW_CLIP  = 32635,
	GSM_BYTES  = 33,
	GSM_SAMP   = 160,
	W49_BYTES  = 65,
	W49_SAMP   = 320,
};

struct codec_info {
	const char *name; /* rtpmap */
	const char *ast;  /* in allow= */
	uint32_t clock;
	int pt;
};

/* clang-format off */
static const struct codec_info infov[CODEC_MAX] = {
	[CODEC_NONE]  = {"none",            NULL,    0,     -1},
	[CODEC_PCMU]  = {"PCMU",            "ulaw",  8000,   0},
	[CODEC_PCMA]  = {"PCMA",            "alaw",  8000,   8},
	[CODEC_GSM]   = {"GSM",             "gsm",   8000,   3},
	[CODEC_G722]  = {"G722",            "g722",  8000,   9},
	[CODEC_L16]   = {"L16",             "slin",  8000,  -1},
	[CODEC_WAV49] = {"WAV49",           "wav49", 8000,  -1},
	[CODEC_TELEV] = {"telephone-event", NULL,    8000,  -1},
	[CODEC_CN]    = {"CN",              NULL,    8000,  13},
};
/* clang-format on */

struct codec_dec {
	enum codec codec;
	gsm0610_state_t *gsm;
	g722_decode_state_t *g722;
};

struct codec_enc {
	enum codec codec;
	gsm0610_state_t *gsm;
};


static unsigned high_bit(unsigned v)
{
	return 31u - (unsigned)__builtin_clz(v);
}


uint8_t codec_ulaw(int16_t s)
{
	int v	     = s;
	uint8_t sign = 0x80;

	if (v < 0) {
		v    = -v;
		sign = 0;
	}

	if (v > ULAW_CLIP)
		v = ULAW_CLIP;

	v += ULAW_BIAS;

	unsigned seg  = high_bit((unsigned)v) - 7;
	unsigned mant = ((unsigned)v >> (seg + 3)) & 0x0f;

	return (uint8_t)(sign | (0x7f ^ (seg << 4 | mant)));
}


uint8_t codec_alaw(int16_t s)
{
	uint8_t mask = 0xd5;
	int v	     = s;

	if (v < 0) {
		mask = 0x55;
		v    = ~v; /* -1 is the first value of the negative half */
	}

	if (v < 256)
		return (uint8_t)((v >> 4) ^ mask);

	unsigned seg = high_bit((unsigned)v) - 7;

	return (uint8_t)((seg << 4 | (((unsigned)v >> (seg + 3)) & 0x0f)) ^
			 mask);
}


const char *codec_name(enum codec c)
{
	return (unsigned)c < CODEC_MAX ? infov[c].name : "?";
}


enum codec codec_find(const struct pl *name, uint32_t clock)
{
	if (!name)
		return CODEC_NONE;

	for (int i = CODEC_PCMU; i < CODEC_MAX; i++) {
		const struct codec_info *ci = &infov[i];

		if (clock && clock == ci->clock &&
		    !pl_strcasecmp(name, ci->name))
			return (enum codec)i;

		if (!clock && ci->ast && !pl_strcasecmp(name, ci->ast))
			return (enum codec)i;
	}

	return CODEC_NONE;
}


int codec_pt(enum codec c)
{
	return (unsigned)c < CODEC_MAX ? infov[c].pt : -1;
}


enum codec codec_from_pt(uint8_t pt)
{
	for (int i = CODEC_PCMU; i < CODEC_MAX; i++) {
		if (infov[i].pt == pt)
			return (enum codec)i;
	}

	return CODEC_NONE;
}


size_t codec_samples(enum codec c, size_t len)
{
	switch (c) {

	case CODEC_PCMU:
	case CODEC_PCMA:
	case CODEC_G722: /* its RTP clock says 8000 (RFC 3551 4.5.2) */
		return len;

	case CODEC_L16:
		return len / 2;

	case CODEC_GSM:
		return len % GSM_BYTES ? 0 : len / GSM_BYTES * GSM_SAMP;

	case CODEC_WAV49:
		return len % W49_BYTES ? 0 : len / W49_BYTES * W49_SAMP;

	case CODEC_NONE:
	case CODEC_TELEV:
	case CODEC_CN:
	case CODEC_MAX:
		break;
	}

	return 0;
}


bool codec_is_plain(enum codec c)
{
	return c == CODEC_PCMU || c == CODEC_PCMA || c == CODEC_L16;
}


static void decode_tab(int16_t *out, const int16_t *tab, const uint8_t *p,
		       size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = tab[p[i]];
}


size_t codec_decode(int16_t *out, size_t max, enum codec c, const uint8_t *p,
		    size_t len)
{
	if (!out || !p || !codec_is_plain(c))
		return 0;

	size_t n = codec_samples(c, len);

	if (n > max)
		n = max;

	if (c == CODEC_PCMU)
		decode_tab(out, codec_ulaw_tab, p, n);
	else if (c == CODEC_PCMA)
		decode_tab(out, codec_alaw_tab, p, n);
	else {
		for (size_t i = 0; i < n; i++)
			out[i] = (int16_t)(p[2 * i] << 8 | p[2 * i + 1]);
	}

	return n;
}


static void encode_l16(uint8_t *out, const int16_t *in, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		out[2 * i]     = (uint8_t)((uint16_t)in[i] >> 8);
		out[2 * i + 1] = (uint8_t)in[i];
	}
}


size_t codec_encode(uint8_t *out, size_t max, enum codec c, const int16_t *in,
		    size_t n)
{
	size_t bytes = c == CODEC_L16 ? n * 2 : n;

	if (!out || !in || !codec_is_plain(c) || bytes > max)
		return 0;

	if (c == CODEC_PCMU) {
		for (size_t i = 0; i < n; i++)
			out[i] = codec_ulaw(in[i]);
	}
	else if (c == CODEC_PCMA) {
		for (size_t i = 0; i < n; i++)
			out[i] = codec_alaw(in[i]);
	}
	else
		encode_l16(out, in, n);

	return bytes;
}


bool codec_transcode(uint8_t *out, enum codec to, const uint8_t *in,
		     enum codec from, size_t len)
{
	const uint8_t *tab;

	if (!out || !in)
		return false;

	if (to == from) {
		memmove(out, in, len);
		return true;
	}

	if (to == CODEC_PCMA && from == CODEC_PCMU)
		tab = codec_ulaw2alaw;
	else if (to == CODEC_PCMU && from == CODEC_PCMA)
		tab = codec_alaw2ulaw;
	else
		return false;

	for (size_t i = 0; i < len; i++)
		out[i] = tab[in[i]];

	return true;
}


uint8_t codec_silence(enum codec c)
{
	return c == CODEC_PCMA ? 0xd5 : 0xff;
}


static uint32_t mean_tab(const int16_t *tab, const uint8_t *p, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (uint64_t)(tab[p[i]] < 0 ? -tab[p[i]] : tab[p[i]]);

	return (uint32_t)(sum / n);
}


uint32_t codec_level(enum codec c, const uint8_t *p, size_t len)
{
	uint64_t sum = 0;
	size_t n     = codec_samples(c, len);

	if (!p || !n)
		return 0;

	if (c == CODEC_PCMU)
		return mean_tab(codec_ulaw_tab, p, n);

	if (c == CODEC_PCMA)
		return mean_tab(codec_alaw_tab, p, n);

	if (c != CODEC_L16)
		return 0;

	for (size_t i = 0; i < n; i++) {
		int v = (int16_t)(p[2 * i] << 8 | p[2 * i + 1]);

		sum += (uint64_t)(v < 0 ? -v : v);
	}

	return sum / n > 32767 ? 32767 : (uint32_t)(sum / n);
}


static void dec_destructor(void *arg)
{
	struct codec_dec *d = arg;

	if (d->gsm)
		(void)gsm0610_free(d->gsm);
	if (d->g722)
		(void)g722_decode_free(d->g722);
}


static int gsm_packing(enum codec c)
{
	return c == CODEC_GSM ? GSM0610_PACKING_VOIP : GSM0610_PACKING_WAV49;
}


int codec_dec_alloc(struct codec_dec **dp, enum codec c)
{
	struct codec_dec *d;
	bool gsm = c == CODEC_GSM || c == CODEC_WAV49;

	if (!dp)
		return EINVAL;

	if (!gsm && c != CODEC_G722 && !codec_is_plain(c))
		return ENOTSUP;

	d = mem_zalloc(sizeof(*d), dec_destructor);
	if (!d)
		return ENOMEM;

	d->codec = c;
	if (gsm)
		d->gsm = gsm0610_init(NULL, gsm_packing(c));
	if (c == CODEC_G722)
		d->g722 = g722_decode_init(NULL, 64000, G722_SAMPLE_RATE_8000);

	if ((gsm && !d->gsm) || (c == CODEC_G722 && !d->g722)) {
		mem_deref(d);
		return ENOMEM;
	}

	*dp = d;
	return 0;
}


static size_t gsm_whole(enum codec c, size_t max, size_t len)
{
	size_t fb = c == CODEC_GSM ? GSM_BYTES : W49_BYTES;
	size_t fs = c == CODEC_GSM ? GSM_SAMP : W49_SAMP;
	size_t n  = len / fb;

	return (n > max / fs ? max / fs : n) * fb;
}


size_t codec_dec_run(struct codec_dec *d, int16_t *out, size_t max,
		     const uint8_t *p, size_t len)
{
	int n = 0;

	if (!d || !out || !p || len > INT32_MAX)
		return 0;

	if (d->gsm) {
		len = gsm_whole(d->codec, max, len);
		if (len)
			n = gsm0610_decode(d->gsm, out, p, (int)len);
	}
	else if (d->g722)
		n = g722_decode(d->g722, out, p, (int)(len > max ? max : len));
	else
		return codec_decode(out, max, d->codec, p, len);

	return n > 0 ? (size_t)n : 0;
}


static void enc_destructor(void *arg)
{
	struct codec_enc *e = arg;

	if (e->gsm)
		(void)gsm0610_free(e->gsm);
}


int codec_enc_alloc(struct codec_enc **ep, enum codec c)
{
	struct codec_enc *e;
	bool gsm = c == CODEC_GSM || c == CODEC_WAV49;

	if (!ep)
		return EINVAL;

	if (!gsm && !codec_is_plain(c))
		return ENOTSUP;

	e = mem_zalloc(sizeof(*e), enc_destructor);
	if (!e)
		return ENOMEM;

	e->codec = c;
	if (gsm)
		e->gsm = gsm0610_init(NULL, gsm_packing(c));

	if (gsm && !e->gsm) {
		mem_deref(e);
		return ENOMEM;
	}

	*ep = e;
	return 0;
}


size_t codec_enc_run(struct codec_enc *e, uint8_t *out, size_t max,
		     const int16_t *in, size_t n)
{
	if (!e || !out || !in || n > INT32_MAX)
		return 0;

	if (!e->gsm)
		return codec_encode(out, max, e->codec, in, n);

	size_t fb = e->codec == CODEC_GSM ? GSM_BYTES : W49_BYTES;
	size_t fs = e->codec == CODEC_GSM ? GSM_SAMP : W49_SAMP;
	size_t k  = n / fs < max / fb ? n / fs : max / fb;

	if (!k)
		return 0;

	int bytes = gsm0610_encode(e->gsm, out, in, (int)(k * fs));

	return bytes > 0 ? (size_t)bytes : 0;
}


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
