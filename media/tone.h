/**
 * @file media/tone.h  Tones of the telephone network
 *
 * Any thread; nothing blocks or allocates.  A definition (struct tone_def) is
 * plain data that may be copied; a generator (struct tone) belongs to one
 * user.  Output is 8 kHz, 16 bit; the phase runs on across parts and reads.
 */
#ifndef TANDEM_MEDIA_TONE_H
#define TANDEM_MEDIA_TONE_H

#include "base/compat.h"

enum {
	TONE_PARTS  = 16,
	TONE_VOLUME = 7219, /* peak per frequency, as Asterisk's tones */
};

/** One part: "425/1000", "400+450/200", "440*25/500", "0/4000" */
struct tone_part {
	uint16_t f1, f2; /* [Hz], 0 = none */
	bool mod;        /* f1 with its amplitude modulated by f2 */
	bool once;       /* "!": left out when the list repeats */
	uint32_t ms;     /* 0 = for ever */
};

/** A tone list; repeats from its first part without "!"; ends if there is
 *  none */
struct tone_def {
	struct tone_part part[TONE_PARTS];
	uint8_t n;
};

enum tone_kind {
	TONE_DIAL,
	TONE_RING,
	TONE_BUSY,
	TONE_CONGESTION,
	TONE_WAITING,
	TONE_DIALRECALL,
	TONE_STUTTER,
	TONE_INFO,   /* special information tone */
	TONE_RECORD, /* beep while recording */
	TONE_BEEP,   /* one beep, ends */
	TONE_KINDS
};

/** Generator, embedded; all zero is an ended one */
struct tone {
	struct tone_def def;
	uint32_t ph1, ph2;   /* phase, 2^32 = a turn */
	uint32_t inc1, inc2; /* phase per sample */
	uint32_t left;       /* samples of this part */
	uint8_t pos;         /* part */
	uint8_t loop;        /* where it repeats, == def.n: ends */
	bool forever;        /* this part has no end */
	int16_t vol;
};

/** Parse a tone list (indications.conf).  EINVAL if malformed, EOVERFLOW for
 *  more than TONE_PARTS; *bad (may be NULL) is set to the malformed part */
int tone_decode(struct tone_def *def, const struct pl *pl, struct pl *bad);

/** Tone of a country ("us", "ru", "gb"/"uk", "de", any case); another country
 *  gets those of "us" and ENOENT is returned */
int tone_country(struct tone_def *def, const char *country,
		 enum tone_kind kind);

/** "dial", "ring"/"ringing", "busy", "congestion", "callwaiting",
 *  "dialrecall", "stutter", "info", "record", "beep"; ENOENT otherwise */
int tone_kind_decode(enum tone_kind *kindp, const struct pl *name);

/** Begin; vol is the peak per frequency, 0 for TONE_VOLUME */
void tone_start(struct tone *t, const struct tone_def *def, int16_t vol);

/** Write n samples.  Returns those written; fewer than n when it ended */
size_t tone_read(struct tone *t, int16_t *out, size_t n);

bool tone_ended(const struct tone *t);

#endif
