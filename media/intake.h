/**
 * @file media/intake.h  What a party says, at an even pace
 *
 * Media thread; embedded in its member (member.c).  Packets go in as they
 * come, samples at the codec's rate come out when the mixer wants them.  Lost
 * packets are silence; late ones make the delay grow, an even stream makes it
 * shrink again.
 */
#ifndef TANDEM_MEDIA_INTAKE_H
#define TANDEM_MEDIA_INTAKE_H

#include "media/codec.h"
#include "media/rtp.h"

struct intake {
	enum codec codec;
	uint32_t rate;         /* [Hz] of what comes out, 0: nothing yet */
	struct codec_dec *dec;
	int16_t *ring;         /* zero where nothing was written */
	size_t mask;

	bool on;               /* speech flows: the rest is valid */
	uint32_t ssrc;
	uint16_t seq;          /* latest packet */
	uint32_t ts;           /* ... and its place */
	int64_t at;
	int64_t rd, wr;        /* sample to be read next; behind the last */

	int64_t low;           /* least lead of a window of packets */
	unsigned window;

	/* counters */
	uint64_t late, lost, moved;
};

/** Frees the buffers; may be used again */
void intake_reset(struct intake *in);

/** A packet; ENOTSUP if its codec cannot be decoded, ENOMEM */
int intake_put(struct intake *in, enum codec codec, const struct pkt *pkt);

/** Rate [Hz] of intake_get(); 0 if nothing has come */
uint32_t intake_rate(const struct intake *in);

/** Take n samples; false if all of it is silence because nothing came.  Then
 *  `out` is not written */
bool intake_get(struct intake *in, int16_t *out, size_t n);

/** Time between arrival and intake_get() of the latest packet [ms] */
uint32_t intake_delay_ms(const struct intake *in);

#endif
