/**
 * @file media/member.h  Inside of the mixer: a party, and what it listens to
 *
 * Media thread.
 */
#ifndef TANDEM_MEDIA_MEMBER_H
#define TANDEM_MEDIA_MEMBER_H

#include "media/intake.h"
#include "media/mix.h"
#include "media/mixer.h"

enum {
	MIX_RATES = 3,
	MIX_FRAME_MAX = MIX_MS_MAX * CODEC_RATE_MAX / 1000, /* [samples] */
	MIX_PAYLOAD_MAX = 1400,
};

/** A frame for all who only listen and have the same codec */
struct mix_shared {
	struct codec_enc *enc;
	bool done;
	size_t len;
	uint8_t buf[MIX_PAYLOAD_MAX];
};

/** The voices of a group at one rate */
struct mix_lane {
	bool wanted;         /* somebody listens at this rate */
	bool any;            /* somebody has spoken at this rate */
	int32_t *sum;        /* who speaks at this rate; NULL: nobody can */
	int32_t *total;      /* ... and all others, if there are */
	const int32_t *mix;  /* which one of both it is now; NULL none */
	struct rate *fromv[MIX_RATES];
};

/** What those hear who listen to the same voices */
struct mix_group {
	struct le le;
	uint8_t hears;
	bool used;
	struct mix_lane lanev[MIX_RATES];
	struct mix_shared *sharedv[CODEC_MAX];
};

struct mixer {
	struct list members, groups;
	size_t count, encoded;
	uint32_t ms;         /* of a frame */
	uint32_t credit_ms;  /* time that has not become a frame yet */
	bool dirty;          /* to be compiled */
	uint8_t records;     /* somebody does: bits of the rates */
};

struct member {
	struct le le;
	struct mixer *mixer; /* no reference */
	struct stream *s;    /* no reference: it owns us */
	media_id room;
	struct media_member prm;
	struct mix_group *group; /* no reference; NULL: it does not listen */

	/* what it says */
	struct intake intake;
	uint32_t rate;       /* [Hz] of pcm */
	bool live;           /* pcm is in the sums */
	bool talks;
	bool told;           /* talks, as signalling knows */
	uint64_t loud_us;    /* when it was loud */
	int16_t pcm[MIX_FRAME_MAX];

	/* what it hears */
	struct codec_enc *enc;
	enum codec enc_codec;
	bool failed;         /* no encoder: said once */
	bool sending;        /* the latest packet to it was ours */
	int16_t *fifo;       /* if its packets are not as long as a frame */
	size_t fifo_n;
};

/** 0..MIX_RATES - 1; -1 for a rate that is not mixed */
int mix_rate_index(uint32_t rate);

/** It has joined, or its manners have changed */
void member_begin(struct member *m);
void member_set(struct member *m, const struct media_member *prm);

/** Take a frame of what it says; true if it goes into the sums */
bool member_listen(struct member *m, uint32_t ms, uint64_t now_us);

/** Send it a frame; true if it was encoded for it alone */
bool member_hear(struct member *m, uint32_t ms, uint64_t now_us);

#endif
