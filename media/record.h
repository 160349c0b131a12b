/**
 * @file media/record.h  Recorder of a call
 *
 * Media thread: one recorder belongs to the thread that feeds it; nothing here
 * touches a file or waits.  Files are media/writer.h's.
 *
 * Time base: sample 0 is the first packet or record_start(), whichever is
 * first.  Every channel is laid out by its RTP timestamps, anchored at the
 * arrival of its first packet.  Lost packets are silence of the right length,
 * late ones within 200 ms land in their place, duplicates are dropped.  A new
 * SSRC, a jump of the timestamps or a drift of more than 40 ms against our
 * clock moves the anchor, so that both channels stay aligned.
 */
#ifndef TANDEM_MEDIA_RECORD_H
#define TANDEM_MEDIA_RECORD_H

#include "media/writer.h"

enum {
	REC_SAYS_CH  = 0, /* what the caller says */
	REC_HEARS_CH = 1, /* what the caller hears */
};

struct record;

/** Counters of a recorder */
struct record_stats {
	uint64_t packets;
	uint64_t dup;      /* same place again */
	uint64_t late;     /* behind the window */
	uint64_t anchors;  /* moves of an anchor after the first */
	uint64_t badcodec; /* payload that cannot be decoded */
	uint64_t dropped;  /* blocks that the writer refused */
};

/** Begin a recording; free with mem_deref(), which writes what is there and
 *  ends the file at that time.  EINVAL, ENOMEM */
int record_alloc(struct record **recp, struct writer *w,
		 const struct rec_params *prm);

/** Let time begin now (else at the first packet) */
void record_start(struct record *rec, uint64_t now_us);

/**
 * A packet of audio; only a recording at 8 kHz takes it
 *
 * @param ch      REC_SAYS_CH or REC_HEARS_CH
 * @param codec   Of the payload; TELEV and CN are taken as silence
 * @param ssrc    Source; a new one re-anchors by arrival time
 * @param now_us  Arrival in [us]
 */
void record_rx(struct record *rec, unsigned ch, enum codec codec,
	       const uint8_t *payload, size_t len, uint16_t seq, uint32_t ts,
	       uint32_t ssrc, uint64_t now_us);

/** Samples at the recording's rate that we made ourselves (what a room has
 *  mixed) and send now; successive calls without a pause are joined
 *  seamlessly, also those that make up for a late tick.  At most 100 ms at
 *  once */
void record_pcm(struct record *rec, unsigned ch, const int16_t *s, size_t n,
		uint64_t now_us);

/** Leave audio out (silence in the file) until resumed; time goes on */
void record_pause(struct record *rec, bool pause);

/** Hand over the blocks that are complete; call every 20-250 ms */
void record_tick(struct record *rec, uint64_t now_us);

/** End at `now_us`; later packets are ignored.  mem_deref() does it at the
 *  time of the last tick or packet otherwise */
void record_end(struct record *rec, uint64_t now_us);

/** Recorded time in [ms] */
uint64_t record_duration(const struct record *rec);

const struct record_stats *record_stats(const struct record *rec);

#endif
