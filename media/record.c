/**
 * @file media/record.c  Recorder of a call
 *
 * Positions are samples from the start of the recording, at 8 kHz; a room,
 * which only has samples of its own, may be recorded at another rate.  A ring
 * of blocks covers the time from `done` on: the newest packets come in at
 * about "now", a block leaves when now is LATE beyond its end, so late packets
 * find their place for that long.
 *
 *        done                                    now
 *         |   block    |   block    |   block    |
 *   file <-             <- LATE ---------------->
 *
 * A channel's packets are placed by anchor + (timestamp - timestamp of the
 * anchor).  How far a packet lies from where its arrival would put it is its
 * offset; the largest offset (the least delayed packet) of each DRIFT_WIN
 * tells how far the anchor is from the truth, free of jitter.  Beyond
 * DRIFT_MAX the anchor moves.  A jump of the timestamps that the sequence
 * numbers do not explain moves it at once.
 *
 * A chunk keeps the code words as they came while all of it is of one G.711
 * law, so that the media thread copies 160 bytes per packet; the writer
 * decodes.
 */
#include "media/record.h"
#include "base/compat.h"
#include <stdlib.h>

enum {
	RING	  = 12,			/* blocks: 500 ms at 48 kHz */
	LATE	  = 200 * 8,		/* samples */
	DRIFT_MAX = 40 * 8,		/* samples */
	DRIFT_WIN = 500 * 8,		/* samples */
	DRIFT_MIN = 8,			/* packets in a window */
	JUMP	  = 500 * 8,		/* samples */
	AHEAD	  = 5 * REC_BLOCK,	/* latest place beyond now */
	PCM_JOIN  = 120 * 8,		/* samples between record_pcm(): more
					   than a tick makes up for at once */
	SEQ_JUMP  = 3000,
	ODD_MAX	  = 4, /* more are a source that began anew */
	FRAME_MAX = 3840, /* samples of one payload that we decode */
};

struct slot {
	struct rec_chunk *ch[2];
	bool lost; /* no memory for a chunk */
};

struct chan_rx {
	/* source */
	bool anchored;
	uint32_t ssrc;
	uint32_t ts0; /* timestamp at ... */
	int64_t pos0; /* this position */

	/* latest packet in order */
	uint16_t seq;
	uint32_t ts;
	uint32_t n;    /* its samples */
	uint64_t seen; /* bit i: seq - i came */
	unsigned odd;  /* packets in a row that look very late */

	/* drift */
	int64_t win_start;
	int64_t win_max;
	unsigned win_n;

	/* our own audio */
	bool pcm_on;
	uint64_t pcm_next;

	struct codec_dec *dec; /* of a codec with state */
	enum codec dec_codec;
};

struct record {
	struct rec_file *file;
	uint32_t rate;	/* [Hz] */
	bool started;
	bool paused;
	uint64_t t0_us;
	uint64_t now;	/* position of the latest tick or packet */
	uint64_t done;	/* given to the writer up to here; multiple of a
			   block */
	struct slot ring[RING];
	struct chan_rx rx[2];
	struct record_stats stats;
};


static void slot_clear(struct slot *s)
{
	free(s->ch[0]);
	free(s->ch[1]);
	memset(s, 0, sizeof(*s));
}


static struct slot *slot_at(struct record *rec, uint64_t pos)
{
	return &rec->ring[pos / REC_BLOCK % RING];
}


/* Give the first block away; it has n samples */
static void hand_over(struct record *rec, uint32_t n)
{
	struct slot *s	    = slot_at(rec, rec->done);
	struct rec_block *b = s->lost ? NULL : malloc(sizeof(*b));

	if (b) {
		*b = (struct rec_block){.pos   = rec->done,
					.n     = n,
					.ch[0] = s->ch[0],
					.ch[1] = s->ch[1]};
		memset(s, 0, sizeof(*s));

		if (rec_file_write(rec->file, b))
			++rec->stats.dropped;
	}
	else {
		/* the writer sees by the next position what is missing */
		slot_clear(s);
		++rec->stats.dropped;
	}

	rec->done += n;
}


/* So many samples at 8 kHz are so many here */
static uint64_t scaled(const struct record *rec, uint32_t n)
{
	return (uint64_t)n * (rec->rate / CODEC_SRATE);
}


/* Time has come to now_us */
static void advance(struct record *rec, uint64_t now_us)
{
	uint64_t now;

	if (now_us < rec->t0_us)
		return;

	now = (now_us - rec->t0_us) * (rec->rate / 1000) / 1000;
	if (now > rec->now)
		rec->now = now;

	while (rec->done + REC_BLOCK + scaled(rec, LATE) <= rec->now)
		hand_over(rec, REC_BLOCK);
}


void record_start(struct record *rec, uint64_t now_us)
{
	if (!rec || rec->started)
		return;

	rec->started = true;
	rec->t0_us   = now_us;
}


static void destructor(void *arg)
{
	struct record *rec = arg;

	if (rec->file)
		record_end(rec, rec->t0_us +
				   rec->now * 1000 / (rec->rate / 1000));

	for (int i = 0; i < RING; i++)
		slot_clear(&rec->ring[i]);

	mem_deref(rec->rx[0].dec);
	mem_deref(rec->rx[1].dec);
}


int record_alloc(struct record **recp, struct writer *w,
		 const struct rec_params *prm)
{
	struct record *rec;
	int err;

	if (!recp || !w || !prm)
		return EINVAL;

	rec = mem_zalloc(sizeof(*rec), destructor);
	if (!rec)
		return ENOMEM;

	rec->rate = prm->rate ? prm->rate : CODEC_SRATE;
	err = rec_file_alloc(&rec->file, w, prm);
	if (err)
		mem_deref(rec);
	else
		*recp = rec;

	return err;
}


static struct rec_chunk *chunk_new(enum codec c)
{
	size_t size	    = c == CODEC_L16 ? 2 * REC_BLOCK : REC_BLOCK;
	struct rec_chunk *k = malloc(sizeof(*k) + size);

	if (!k)
		return NULL;

	k->codec = c;
	memset(k->data, c == CODEC_L16 ? 0 : codec_silence(c), size);

	return k;
}


/* Chunk to write code words of `c` into; a chunk of another law becomes
   samples */
static struct rec_chunk *chunk_get(struct slot *s, unsigned ch, enum codec c)
{
	struct rec_chunk *old = s->ch[ch];
	struct rec_chunk *k;

	if (old && (old->codec == c || old->codec == CODEC_L16))
		return old;

	k = chunk_new(old ? CODEC_L16 : c);
	if (!k) {
		s->lost = true;
		return NULL;
	}

	if (old)
		(void)codec_decode((int16_t *)(void *)k->data, REC_BLOCK,
				   old->codec, old->data, REC_BLOCK);
	free(old);
	s->ch[ch] = k;

	return k;
}


/* A piece that lies in one block; p are code words or host order samples */
static void put_piece(struct rec_chunk *k, size_t at, enum codec c,
		      const uint8_t *p, size_t n)
{
	int16_t *pcm = (int16_t *)(void *)k->data;

	if (k->codec != CODEC_L16)
		memcpy(k->data + at, p, n);
	else if (c == CODEC_L16)
		memcpy(pcm + at, p, 2 * n);
	else
		(void)codec_decode(pcm + at, n, c, p, n);
}


/* Lay n samples at pos; what is outside of the ring was cut before */
static void put(struct record *rec, unsigned ch, uint64_t pos, enum codec c,
		const uint8_t *p, size_t n)
{
	size_t width = c == CODEC_L16 ? 2 : 1;

	while (n && !rec->paused) {
		size_t at = (size_t)(pos % REC_BLOCK);
		size_t k  = REC_BLOCK - at < n ? REC_BLOCK - at : n;
		struct rec_chunk *chunk;

		chunk = chunk_get(slot_at(rec, pos), ch, c);
		if (chunk)
			put_piece(chunk, at, c, p, k);

		pos += k;
		p += k * width;
		n -= k;
	}
}


/* As put(), for any position; false if all of it is behind the window */
static bool put_cut(struct record *rec, unsigned ch, int64_t pos,
		    enum codec c, const uint8_t *p, size_t n)
{
	uint64_t end  = rec->done + (uint64_t)RING * REC_BLOCK;
	size_t width  = c == CODEC_L16 ? 2 : 1;
	int64_t first = (int64_t)rec->done;

	if (pos + (int64_t)n <= first)
		return false;

	if (pos < first) {
		p += (size_t)(first - pos) * width;
		n -= (size_t)(first - pos);
		pos = first;
	}

	if ((uint64_t)pos >= end)
		return true;
	if (n > end - (uint64_t)pos)
		n = (size_t)(end - (uint64_t)pos);

	put(rec, ch, (uint64_t)pos, c, p, n);

	return true;
}


static void win_reset(struct chan_rx *rx, int64_t now)
{
	rx->win_start = now;
	rx->win_n     = 0;
	rx->win_max   = INT64_MIN;
}


static void anchor(struct record *rec, struct chan_rx *rx, uint32_t ts,
		   uint32_t ssrc)
{
	if (rx->anchored)
		++rec->stats.anchors;

	rx->anchored = true;
	rx->ssrc     = ssrc;
	rx->ts0	     = ts;
	rx->pos0     = (int64_t)rec->now;
	win_reset(rx, rx->pos0);
}


static int64_t place(const struct chan_rx *rx, uint32_t ts)
{
	return rx->pos0 + (int32_t)(ts - rx->ts0);
}


/* Does this packet belong to what the anchor knows? */
static bool fits(const struct record *rec, struct chan_rx *rx, uint16_t seq,
		 uint32_t ts, uint32_t ssrc)
{
	int16_t dseq = (int16_t)(uint16_t)(seq - rx->seq);
	int64_t off  = place(rx, ts) - (int64_t)rec->now;

	if (ssrc != rx->ssrc || dseq > SEQ_JUMP || dseq < -SEQ_JUMP)
		return false;

	if (off > AHEAD)
		return false;

	if (off <= JUMP && off >= -JUMP) {
		rx->odd = 0;
		return true;
	}

	if (dseq <= 0)
		return ++rx->odd <= ODD_MAX;

	/* late or early, but its timestamp is what its number says */
	return (uint32_t)(ts - rx->ts) == (uint32_t)dseq * rx->n;
}


/* False if it came before */
static bool note_seq(struct chan_rx *rx, uint16_t seq, uint32_t ts, uint32_t n)
{
	int16_t d = (int16_t)(uint16_t)(seq - rx->seq);

	if (d > 0) {
		rx->seen = d < 64 ? rx->seen << d | 1 : 1;
		rx->seq	 = seq;
		rx->ts	 = ts;
		if (n)
			rx->n = n;
		return true;
	}

	if (d <= -64)
		return true;

	uint64_t bit = UINT64_C(1) << -d;
	bool again   = rx->seen & bit;

	rx->seen |= bit;
	return !again;
}


/* Watch the least delayed packets; move the anchor if they are off */
static void watch_drift(struct record *rec, struct chan_rx *rx, uint32_t ts)
{
	int64_t now = (int64_t)rec->now;
	int64_t off = place(rx, ts) - now;

	if (off > rx->win_max)
		rx->win_max = off;
	++rx->win_n;

	if (now - rx->win_start < DRIFT_WIN || rx->win_n < DRIFT_MIN)
		return;

	if (rx->win_max > DRIFT_MAX || rx->win_max < -DRIFT_MAX) {
		rx->pos0 -= rx->win_max;
		++rec->stats.anchors;
	}

	/* keep the anchor's timestamp near: differences are 32 bit */
	rx->pos0 = place(rx, ts);
	rx->ts0	 = ts;
	win_reset(rx, now);
}


/* Samples of a codec with state, decoded in order of arrival */
static size_t decode_state(struct record *rec, struct chan_rx *rx,
			   int16_t *out, enum codec c, const uint8_t *p,
			   size_t len)
{
	if (rx->dec_codec != c) {
		rx->dec	      = mem_deref(rx->dec);
		rx->dec_codec = CODEC_NONE;
		if (!codec_dec_alloc(&rx->dec, c))
			rx->dec_codec = c;
	}

	size_t n = codec_dec_run(rx->dec, out, FRAME_MAX, p, len);

	if (!n)
		++rec->stats.badcodec;

	return n;
}


static bool is_silent(enum codec c)
{
	return c == CODEC_TELEV || c == CODEC_CN;
}


/* Sort the packet in; false if it is a duplicate */
static bool accept_packet(struct record *rec, struct chan_rx *rx, uint16_t seq,
			  uint32_t ts, uint32_t ssrc, uint32_t n)
{
	if (!rx->anchored || !fits(rec, rx, seq, ts, ssrc)) {
		anchor(rec, rx, ts, ssrc);
		rx->seq	 = seq;
		rx->seen = 1;
		rx->ts	 = ts;
		rx->n	 = n;
		rx->odd	 = 0;
		return true;
	}

	return note_seq(rx, seq, ts, n);
}


void record_rx(struct record *rec, unsigned ch, enum codec codec,
	       const uint8_t *payload, size_t len, uint16_t seq, uint32_t ts,
	       uint32_t ssrc, uint64_t now_us)
{
	int16_t pcm[FRAME_MAX];
	struct chan_rx *rx;
	size_t n;

	if (!rec || !rec->file || ch > 1 || !payload ||
	    rec->rate != CODEC_SRATE)
		return;

	rx = &rec->rx[ch];
	n  = codec_samples(codec, len);

	record_start(rec, now_us);
	advance(rec, now_us);
	++rec->stats.packets;

	if (is_silent(codec)) {
		/* its number is used up, its timestamp is of an event */
		if (rx->anchored && ssrc == rx->ssrc)
			(void)note_seq(rx, seq, rx->ts, 0);
		return;
	}

	if (!n || n > FRAME_MAX) {
		++rec->stats.badcodec;
		return;
	}

	if (!accept_packet(rec, rx, seq, ts, ssrc, (uint32_t)n)) {
		++rec->stats.dup;
		return;
	}

	int64_t pos = place(rx, ts);

	if (codec != CODEC_PCMU && codec != CODEC_PCMA) {
		n = decode_state(rec, rx, pcm, codec, payload, len);
		codec	= CODEC_L16; /* host order from here */
		payload = (const uint8_t *)pcm;
	}

	if (n && !put_cut(rec, ch, pos, codec, payload, n))
		++rec->stats.late;

	watch_drift(rec, rx, ts);
}


void record_pcm(struct record *rec, unsigned ch, const int16_t *s, size_t n,
		uint64_t now_us)
{
	struct chan_rx *rx;

	if (!rec || !rec->file || ch > 1 || !s)
		return;

	rx = &rec->rx[ch];
	record_start(rec, now_us);
	advance(rec, now_us);

	uint64_t pos = rx->pcm_next;
	uint64_t off = pos > rec->now ? pos - rec->now : rec->now - pos;

	if (!rx->pcm_on || off > scaled(rec, PCM_JOIN))
		pos = rec->now;

	(void)put_cut(rec, ch, (int64_t)pos, CODEC_L16, (const uint8_t *)s, n);
	rx->pcm_on   = true;
	rx->pcm_next = pos + n;
}


void record_pause(struct record *rec, bool pause)
{
	if (rec)
		rec->paused = pause;
}


void record_tick(struct record *rec, uint64_t now_us)
{
	if (rec && rec->file && rec->started)
		advance(rec, now_us);
}


void record_end(struct record *rec, uint64_t now_us)
{
	if (!rec || !rec->file)
		return;

	if (rec->started)
		advance(rec, now_us);

	while (rec->done < rec->now) {
		uint64_t left = rec->now - rec->done;

		hand_over(rec, left < REC_BLOCK ? (uint32_t)left : REC_BLOCK);
	}

	rec_file_close(rec->file, rec->now);
	rec->file = NULL;
}


uint64_t record_duration(const struct record *rec)
{
	return rec ? rec->now / (rec->rate / 1000) : 0;
}


const struct record_stats *record_stats(const struct record *rec)
{
	return rec ? &rec->stats : NULL;
}
