/**
 * @file media/intake.c  What a party says, at an even pace
 *
 * A ring of samples.  Positions count samples since the beginning and never go
 * back:
 *
 *        rd                     wr
 *   ......|#####....#####|########|.......        # written, . zero
 *          <-- lead of a packet -->
 *
 * A packet lies where its RTP time puts it behind the one before, whatever the
 * order in which they came.  How far it is ahead of the reader is its lead:
 *
 *   lead < 0           it is late: everything from here on is moved back, and
 *                      the party is heard that much later
 *   lead > LEAD_MAX    the reader has been held up, or time has jumped: the
 *                      place is chosen anew
 *   least lead of WINDOW packets > LEAD_BEGIN + SLACK
 *                      nobody needs that much: moved forward, in a pause if
 *                      there is one, after PATIENCE windows anyhow
 *
 * After a pause of the sender (IDLE_MS without a packet) the place is chosen
 * anew with LEAD_BEGIN, and the old delay is forgotten.
 */
#include "media/intake.h"
#include "base/compat.h"
#include "media/mix.h"


enum {
	LEAD_BEGIN = 20,  /* [ms] */
	LEAD_LATE  = 10,  /* [ms] of a packet that came late, from now on */
	LEAD_MAX   = 240, /* [ms] */
	SLACK      = 25,  /* [ms] */
	WINDOW     = 100, /* packets */
	IDLE_MS    = 200,
	RING_MS    = 512,
	QUIET      = 100, /* mean level of a pause */
	FRAME_MS_MAX = 120, /* longest packet */
	PCM_MAX    = FRAME_MS_MAX * CODEC_RATE_MAX / 1000,
};


void intake_reset(struct intake *in)
{
	mem_deref(in->dec);
	mem_deref(in->ring);
	memset(in, 0, sizeof(*in));
}


static int64_t samples(const struct intake *in, uint32_t ms)
{
	return (int64_t)in->rate * ms / 1000;
}


static size_t ring_size(uint32_t rate)
{
	size_t n = 1;

	while (n < rate * RING_MS / 1000)
		n <<= 1;

	return n;
}


/* Another codec: what it has said so far is dropped if the rate differs */
static int take_codec(struct intake *in, enum codec codec)
{
	const uint32_t rate = codec_rate(codec);
	struct codec_dec *dec;
	int16_t *ring = NULL;
	int err;

	err = codec_dec_alloc_at(&dec, codec, rate);
	if (err)
		return err;

	if (rate != in->rate) {
		ring = mem_zalloc(ring_size(rate) * sizeof(*ring), NULL);
		if (!ring) {
			mem_deref(dec);
			return ENOMEM;
		}

		mem_deref(in->ring);
		in->ring = ring;
		in->mask = ring_size(rate) - 1;
		in->rate = rate;
		in->on   = false;
		in->rd = in->wr = 0;
	}

	mem_deref(in->dec);
	in->dec   = dec;
	in->codec = codec;

	return 0;
}


static void window_reset(struct intake *in)
{
	in->low    = INT64_MAX;
	in->window = 0;
}


/* From here on a packet with this timestamp lies `lead` ahead */
static void place(struct intake *in, const struct pkt *pkt, int64_t lead)
{
	in->at = in->rd + lead;
	in->ts = pkt->ts;
	window_reset(in);
}


static void begin(struct intake *in, const struct pkt *pkt)
{
	in->on   = true;
	in->ssrc = pkt->ssrc;
	in->seq  = pkt->seq;
	place(in, pkt, samples(in, LEAD_BEGIN));
}


/* Where a packet lies by its timestamp */
static int64_t position(const struct intake *in, const struct pkt *pkt)
{
	const int64_t per = in->rate / 1000;
	const int64_t khz = codec_clock(in->codec) / 1000;

	return in->at + (int64_t)ts_diff(pkt->ts, in->ts) * per / khz;
}


/* False: too late to be heard */
static bool check_lead(struct intake *in, const struct pkt *pkt, int64_t pos,
		       size_t n)
{
	const int64_t lead = pos - in->rd;

	if (lead >= 0)
		return lead <= samples(in, LEAD_MAX);

	++in->late;

	return lead + (int64_t)n > -samples(in, LEAD_MAX);
}


/* Behind the oldest that can still be heard; zero in between */
static void write_at(struct intake *in, int64_t pos, const int16_t *pcm,
		     size_t n)
{
	if (pos < in->rd) {
		const size_t cut = (size_t)(in->rd - pos);

		if (cut >= n)
			return;
		pcm += cut;
		n -= cut;
		pos = in->rd;
	}

	for (size_t i = 0; i < n; i++)
		in->ring[(size_t)(pos + (int64_t)i) & in->mask] = pcm[i];

	if (pos + (int64_t)n > in->wr)
		in->wr = pos + (int64_t)n;
}


/* More delay than the last packets needed */
static void watch_lead(struct intake *in, int64_t lead, bool quiet)
{
	const int64_t begin_at = samples(in, LEAD_BEGIN);

	if (lead < in->low)
		in->low = lead;
	if (++in->window < WINDOW)
		return;

	if (in->low > begin_at + samples(in, SLACK)) {
		if (!quiet && in->window < 3 * WINDOW)
			return;

		in->at -= in->low - begin_at;
		++in->moved;
	}

	window_reset(in);
}


/* The latest packet in order carries the place on, so that differences stay
 * small */
static void follow(struct intake *in, const struct pkt *pkt, int64_t pos)
{
	const int16_t d = seq_diff(pkt->seq, in->seq);

	if (d <= 0)
		return;

	in->lost += (uint64_t)(d - 1);
	in->seq = pkt->seq;
	in->ts  = pkt->ts;
	in->at  = pos;
}


/* Where it goes, after whatever has to be moved for it */
static int64_t settle(struct intake *in, const struct pkt *pkt, size_t n)
{
	int64_t pos;

	if (!in->on || pkt->ssrc != in->ssrc)
		begin(in, pkt);

	pos = position(in, pkt);
	if (!check_lead(in, pkt, pos, n)) {
		begin(in, pkt);
		++in->moved;
		return in->at;
	}

	/* one out of order moves nothing */
	if (pos < in->rd && seq_diff(pkt->seq, in->seq) >= 0) {
		place(in, pkt, samples(in, LEAD_LATE));
		++in->moved;
		pos = in->at;
	}

	return pos;
}


int intake_put(struct intake *in, enum codec codec, const struct pkt *pkt)
{
	int16_t pcm[PCM_MAX] MIX_SCRATCH;
	bool quiet;
	int64_t pos;
	size_t n;
	int err;

	if (codec != in->codec || !in->dec) {
		err = take_codec(in, codec);
		if (err)
			return err;
	}

	/* it would be heard twice by a decoder with state */
	if (in->on && pkt->seq == in->seq && pkt->ts == in->ts &&
	    pkt->ssrc == in->ssrc && in->wr > in->at)
		return 0;

	n = codec_dec_run(in->dec, pcm, PCM_MAX, pkt->payload, pkt->plen);
	if (!n)
		return 0;

	quiet = mix_level(pcm, n) < QUIET;
	pos   = settle(in, pkt, n);
	write_at(in, pos, pcm, n);
	follow(in, pkt, pos);
	watch_lead(in, pos - in->rd, quiet);

	return 0;
}


uint32_t intake_rate(const struct intake *in)
{
	return in->rate;
}


/* Copy and leave zeros behind */
static void take(struct intake *in, int16_t *out, size_t n)
{
	while (n) {
		const size_t at = (size_t)in->rd & in->mask;
		const size_t k  = in->mask + 1 - at < n ? in->mask + 1 - at
							: n;

		memcpy(out, in->ring + at, k * sizeof(*out));
		memset(in->ring + at, 0, k * sizeof(*out));
		in->rd += (int64_t)k;
		out += k;
		n -= k;
	}
}


bool intake_get(struct intake *in, int16_t *out, size_t n)
{
	if (!in->on)
		return false;

	if (in->wr > in->rd) {
		take(in, out, n);
		return true;
	}

	in->rd += (int64_t)n;
	if (in->rd - in->wr > samples(in, IDLE_MS))
		in->on = false;

	return false;
}


uint32_t intake_delay_ms(const struct intake *in)
{
	const int64_t lead = in->at - in->rd;

	if (!in->on || !in->rate || lead < 0)
		return 0;

	return (uint32_t)(lead * 1000 / in->rate);
}
