/**
 * @file media/codec.h  Audio codecs
 *
 * Any thread; nothing blocks.  Audio inside Tandem is signed 16 bit, mono,
 * and 8000 Hz but for the parties of a mixer, which are mixed at the rate of
 * their codec.  G.711 and L16 have no state and are functions; the others
 * need a struct codec_dec, owned by one user.
 */
#ifndef TANDEM_MEDIA_CODEC_H
#define TANDEM_MEDIA_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pl;

enum {
	CODEC_SRATE = 8000, /* [Hz] of prompts, recordings and digits */
	CODEC_RATE_MAX = 48000,

	CODEC_GSM_BYTES   = 33, /* of a frame ... */
	CODEC_GSM_SAMPLES = 160,
	CODEC_W49_BYTES   = 65,
	CODEC_W49_SAMPLES = 320,
};

enum codec {
	CODEC_NONE = 0,
	CODEC_PCMU,  /* G.711 u-law, payload type 0 */
	CODEC_PCMA,  /* G.711 A-law, payload type 8 */
	CODEC_GSM,   /* GSM 06.10 full rate, payload type 3, 33 bytes/20 ms */
	CODEC_G722,  /* G.722 64 kbit/s, payload type 9, RTP clock 8000 */
	CODEC_L16,   /* host order samples inside, network order in RTP */
	CODEC_WAV49, /* GSM as WAV files pack it, 65 bytes/40 ms; files only */
	CODEC_OPUS,  /* RFC 7587, RTP clock 48000; one channel is sent */
	CODEC_TELEV, /* RFC 4733 telephone-event; carries no audio */
	CODEC_CN,    /* RFC 3389 comfort noise; carries no audio */
	CODEC_MAX
};

extern const int16_t codec_ulaw_tab[256];
extern const int16_t codec_alaw_tab[256];

/** Direct conversion as ITU-T G.711 Tables 3 and 4 require (not by way of
 *  linear samples) */
extern const uint8_t codec_ulaw2alaw[256];
extern const uint8_t codec_alaw2ulaw[256];

/** Encode one sample; -32768 is allowed */
uint8_t codec_ulaw(int16_t s);
uint8_t codec_alaw(int16_t s);

/** Name in an rtpmap: "PCMU", ...; "?" if out of range */
const char *codec_name(enum codec c);

/** Codec of an rtpmap name with this clock rate, case ignored; CODEC_NONE if
 *  not known.  Asterisk's allow= names (ulaw, alaw, gsm, g722) are known
 *  too, with clock 0 */
enum codec codec_find(const struct pl *name, uint32_t clock);

/** Static payload type of RFC 3551, -1 if none */
int codec_pt(enum codec c);
enum codec codec_from_pt(uint8_t pt);

/** Samples at 8 kHz that `len` bytes of RTP payload stand for; 0 if it has
 *  no audio or is cut */
size_t codec_samples(enum codec c, size_t len);

/** True if codec_decode() and codec_encode() do it (PCMU, PCMA, L16) */
bool codec_is_plain(enum codec c);

/**
 * Decode RTP payload of a plain codec
 *
 * @param out  Samples
 * @param max  Room in [samples]; more is left out
 *
 * @return Samples written, 0 if not a plain codec
 */
size_t codec_decode(int16_t *out, size_t max, enum codec c,
		    const uint8_t *p, size_t len);

/** Encode to RTP payload of a plain codec.  Returns bytes written, 0 if not
 *  a plain codec or `max` is too small */
size_t codec_encode(uint8_t *out, size_t max, enum codec c, const int16_t *in,
		    size_t n);

/** Convert G.711 payload, in place allowed.  False if the pair is not PCMU
 *  and PCMA (equal codecs copy) */
bool codec_transcode(uint8_t *out, enum codec to, const uint8_t *in,
		     enum codec from, size_t len);

/** Silence in the code words of PCMU or PCMA */
uint8_t codec_silence(enum codec c);

/** Mean of |sample| in plain payload, 0..32767; 0 for other codecs */
uint32_t codec_level(enum codec c, const uint8_t *p, size_t len);

/** Samples a second of the codec's audio: 8000, 16000, 48000; 0 without */
uint32_t codec_rate(enum codec c);

/** Clock of its RTP timestamps [Hz]; 8000 if not known */
uint32_t codec_clock(enum codec c);

/* Codecs with state: codec_state.c */

struct codec_dec;

/**
 * Decoder of any codec with audio
 *
 * @param rate  Of its output [Hz]: 8000, or codec_rate(); opus any of 8000,
 *              16000, 48000.  G.722 at 8000 loses its upper band
 *
 * @return 0, ENOTSUP no audio or not at this rate, ENOMEM.  Free with
 *         mem_deref()
 */
int codec_dec_alloc_at(struct codec_dec **dp, enum codec c, uint32_t rate);

/** ... at 8000 Hz */
int codec_dec_alloc(struct codec_dec **dp, enum codec c);

/** As codec_decode().  Frame codecs take whole frames only */
size_t codec_dec_run(struct codec_dec *d, int16_t *out, size_t max,
		     const uint8_t *p, size_t len);

struct codec_enc;

/** Encoder of any codec with audio; rate of its input as for the decoder */
int codec_enc_alloc_at(struct codec_enc **ep, enum codec c, uint32_t rate);

/** ... from 8000 Hz */
int codec_enc_alloc(struct codec_enc **ep, enum codec c);

/** Encode; GSM takes multiples of 160, WAV49 of 320 samples and leaves the
 *  rest out, opus one frame of 10, 20, 40 or 60 ms.  Returns bytes */
size_t codec_enc_run(struct codec_enc *e, uint8_t *out, size_t max,
		     const int16_t *in, size_t n);

/** Samples at 48 kHz of a packet of opus; 0 if it is malformed */
size_t codec_opus_samples(const uint8_t *p, size_t len);

/** Decode a whole G.722 stream to 16 kHz (prompt files).  `out` holds
 *  2*len samples */
int codec_g722_wide(int16_t *out, const uint8_t *p, size_t len);

#endif
