/**
 * @file config/codec.h  Codecs that allow= may name
 *
 * As in config.h: read once, checked, read-only; a text that is not set is
 * NULL.
 */
#ifndef TANDEM_CONFIG_CODEC_H
#define TANDEM_CONFIG_CODEC_H

#include "base/compat.h"


enum codec_media {
	CODEC_AUDIO,
	CODEC_VIDEO,
	CODEC_TEXT,
	CODEC_IMAGE,
};

/** One codec that allow= may name; static table */
struct config_codec {
	const char *name;        /* Asterisk's: "ulaw" */
	const char *rtpname;     /* RTP's: "PCMU" (RFC 3551); NULL if none */
	enum codec_media media;
	uint32_t srate;          /* RTP clock [Hz] */
	uint8_t ch;              /* channels */
	int pt;                  /* static payload type, -1 if dynamic */
	bool in_all;             /* part of allow=all */
};

/** Look a codec up by Asterisk's name, case ignored; NULL if unknown */
const struct config_codec *config_codec_find(const struct pl *name);
const struct config_codec *config_codec_at(size_t i); /* NULL at the end */
uint8_t config_codec_no(const struct config_codec *codec); /* its i, above */

enum { CODEC_PREFS_MAX = 48 };

/** What disallow/allow came to, best first.  Every leg has some: by number */
struct codec_prefs {
	struct {
		uint8_t no;       /* of config_codec_at() */
		uint8_t ptime_ms; /* 0 = not said */
	} v[CODEC_PREFS_MAX];
	size_t n;
};

/** The i-th codec, i < prefs->n */
const struct config_codec *codec_prefs_at(const struct codec_prefs *prefs,
					  size_t i);

/** Keep only the codecs of a list such as "alaw,g722", in its order.  False and
 *  unchanged if none of them is among them */
bool codec_prefs_narrow(struct codec_prefs *prefs, const char *names);

#endif
