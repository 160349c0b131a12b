/**
 * @file b2bua/sdp.h  Session descriptions: checked model, our side rebuilt
 *
 * Signalling thread; pure.  What a peer sent is parsed into a model and never
 * patched: what we send is printed from our own description (RFC 4566, offer
 * and answer RFC 3264).
 */
#ifndef TANDEM_B2BUA_SDP_H
#define TANDEM_B2BUA_SDP_H

#include "b2bua/crypto.h"
#include "config/config.h"

enum sdpm_dir {
	SDPM_INACTIVE = 0,
	SDPM_RECVONLY = 1, /* the describer only receives */
	SDPM_SENDONLY = 2,
	SDPM_SENDRECV = 3,
};

enum {
	SDPM_MAX_MEDIA = 8,
	SDPM_MAX_LINES = 32, /* m= lines */
	SDPM_MAX_FMT   = 64,
	SDPM_MAX_ATTR  = 256,
	SDPM_MAX_LINE  = 1024,
};

/** A payload format of an m= line */
struct sdpm_fmt {
	uint8_t pt;
	struct pl name;      /* "PCMU"; of static types too */
	uint32_t clock;      /* [Hz] */
	uint8_t ch;
	struct pl fmtp;      /* as written */
	const struct config_codec *codec; /* NULL if we don't know it */
};

struct sdpm_media {
	struct pl line;      /* the whole m= value */
	struct pl type;      /* "audio" "video" "image" ... */
	uint16_t port;       /* 0: rejected */
	struct pl proto;     /* "RTP/AVP" */
	struct pl fmts;      /* format list as written */
	struct sdpm_fmt *fmtv;
	size_t fmtc;
	struct sa rtp;       /* AF_UNSPEC if the host is a name or missing */
	struct sa rtcp;
	enum sdpm_dir dir;
	bool hold_zero;      /* c=0.0.0.0, the old spelling of hold */
	uint32_t ptime_ms;   /* 0 not said; clamped 10..200 */
	uint8_t dtmf_pt;     /* telephone-event/8000, 0 none */
	bool savp;           /* RTP/SAVP or RTP/SAVPF */
	struct sdp_crypto crypto; /* first a=crypto that we can do */
	const char *crypto_why; /* first one that we cannot: why */
};

/** A parsed description; refcounted, one block with its own copy of the text,
 *  which all parts point into */
struct sdpm {
	char *text;
	size_t textlen;
	struct pl origin;    /* o= value */
	struct sdpm_media *mediav;
	size_t mediac;       /* at most SDPM_MAX_MEDIA are kept ... */
	size_t lines;        /* ... of so many m= lines */
	size_t room;         /* m= lines that there are in the text */
	struct pl *linev;    /* every m= line's text, for answers */
	bool secure;         /* only SRTP will do: set by who asks */
};

/**
 * Parse a description
 *
 * @param why  Set to a static text that says what is wrong
 * @return 0, EBADMSG if malformed, E2BIG past a limit
 */
int sdpm_parse(struct sdpm **sp, const struct pl *text, const char **why);

/** The first audio line that is not rejected, over RTP/AVP or RTP/SAVP with a
 *  key that we can do; NULL if none.  Only the latter if s->secure */
const struct sdpm_media *sdpm_audio(const struct sdpm *s);

/** The format of the line that is this codec; NULL if it has none */
const struct sdpm_fmt *sdpm_find(const struct sdpm_media *m,
				 const struct config_codec *codec);

enum sdpm_dir sdpm_dir_reverse(enum sdpm_dir dir);
const char *sdpm_dir_name(enum sdpm_dir dir);

/** One format that we describe */
struct sdp_say {
	const struct config_codec *codec;
	uint8_t pt;
	char fmtp[128];      /* "" none; relayed from the other side */
};

/** Our side of one dialog: owner of o= (RFC 3264 8: version +1 per change) */
struct sdp_local {
	uint64_t id;
	uint64_t version;    /* 0: nothing sent yet */
	char *last;          /* body without o=, as last sent; wiped */
	char *origin;        /* o= as last sent, without its end */
};

/** What we want to say */
struct sdp_desc {
	const char *owner;   /* user name of o=, "-" if NULL */
	const char *session; /* s=, "-" if NULL */
	struct sa rtp;       /* our address and port as the peer sees it */
	struct sa origin;    /* of o=; unset: that of rtp */
	struct sdp_say sayv[24];
	size_t sayc;
	uint8_t dtmf_pt;     /* 0 none */
	uint32_t ptime_ms;   /* 0 don't say */
	enum sdpm_dir dir;
	const struct sdp_crypto *crypto; /* over RTP/SAVP with this key; NULL:
				     RTP/AVP */
	const struct sdpm *offer; /* answer to this: its m-lines mirrored, all
				     but the audio rejected; NULL: an offer */
};

int sdp_local_print(struct mbuf *mb, struct sdp_local *l,
		    const struct sdp_desc *d);

/** Say again what was said last, with the same version (RFC 4028 7.4);
 *  ENOENT if nothing was */
int sdp_local_repeat(struct mbuf *mb, const struct sdp_local *l);
void sdp_local_reset(struct sdp_local *l);

/** Append codec to d with its static or the next free dynamic payload type,
 *  or with `pt` if >= 0.  ENOSPC */
int sdp_say_add(struct sdp_desc *d, const struct config_codec *codec, int pt,
		const struct pl *fmtp);

#endif
