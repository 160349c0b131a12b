/**
 * @file media/codec.c  Audio codecs: what they are, and those without state
 *
 * G.711 is ours: decoding by table, encoding by finding the segment from the
 * highest bit.  Codecs with state are in codec_state.c.
 */
#include "media/codec.h"
#include "base/compat.h"
#include "base/text.h"

enum {
	ULAW_BIAS  = 0x84,
	ULAW_CLIP  = 32635,
	GSM_BYTES  = CODEC_GSM_BYTES,
	GSM_SAMP   = CODEC_GSM_SAMPLES,
	W49_BYTES  = CODEC_W49_BYTES,
	W49_SAMP   = CODEC_W49_SAMPLES,
};

struct codec_info {
	const char *name; /* rtpmap */
	const char *ast;  /* in allow= */
	uint32_t clock;	  /* of its RTP timestamps */
	int pt;
	uint32_t rate;	  /* of its audio, 0 none */
};

/* clang-format off */
static const struct codec_info infov[CODEC_MAX] = {
	[CODEC_NONE]  = {"none",            NULL,    0,     -1,     0},
	[CODEC_PCMU]  = {"PCMU",            "ulaw",  8000,   0,  8000},
	[CODEC_PCMA]  = {"PCMA",            "alaw",  8000,   8,  8000},
	[CODEC_GSM]   = {"GSM",             "gsm",   8000,   3,  8000},
	[CODEC_G722]  = {"G722",            "g722",  8000,   9, 16000},
	[CODEC_L16]   = {"L16",             "slin",  8000,  -1,  8000},
	[CODEC_WAV49] = {"WAV49",           "wav49", 8000,  -1,  8000},
	[CODEC_OPUS]  = {"opus",            "opus",  48000, -1, 48000},
	[CODEC_TELEV] = {"telephone-event", NULL,    8000,  -1,     0},
	[CODEC_CN]    = {"CN",              NULL,    8000,  13,     0},
};
/* clang-format on */


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


uint32_t codec_rate(enum codec c)
{
	return (unsigned)c < CODEC_MAX ? infov[c].rate : 0;
}


uint32_t codec_clock(enum codec c)
{
	return (unsigned)c < CODEC_MAX && infov[c].clock ? infov[c].clock
							 : CODEC_SRATE;
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

	case CODEC_OPUS: /* its packets say it: codec_opus_samples() */
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
