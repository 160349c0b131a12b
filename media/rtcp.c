/**
 * @file media/rtcp.c  Reception statistics and RTCP reports
 *
 * Each side of a call hears reports about what we send to it and what came
 * from it to us: the two RTP sessions are separate (our SSRC, sequence and
 * timestamps), so a report of one side would mean nothing to the other.
 */
#include "media/rtcp.h"
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include "base/clock.h"
#include "media/rtp.h"


enum {
	PT_SR        = 200,
	PT_RR        = 201,
	PT_SDES      = 202,
	PT_BYE       = 203,
	CTL_HDR      = 4,
	SENDER_INFO  = 20,
	BLOCK_SIZE   = 24,
	COUNT_MASK   = 0x1f,
	SDES_CNAME   = 1,
	MAX_DROPOUT  = 3000, /* RFC 3550 A.1 */
	MAX_MISORDER = 100,
	MAX_LOST     = 0x7fffff,
	MIN_LOST     = -0x800000,
	RTT_MAX_US   = 60000000,
};

static const uint64_t NTP_1970 = 2208988800u;


/* --- reception ----------------------------------------------------------- */

static uint32_t ext_max(const struct rxs *r)
{
	return r->cycles + r->max_seq;
}


static uint64_t lost_now(const struct rxs *r)
{
	const uint64_t expected = r->any ? (uint64_t)(ext_max(r) - r->base) + 1
					 : 0;

	return expected > r->received ? expected - r->received : 0;
}


static void begin(struct rxs *r, uint32_t ssrc, uint16_t seq)
{
	const uint64_t lost = r->lost_before + lost_now(r);
	const uint32_t jitter = r->ssrc == ssrc ? r->jitter : 0;

	memset(r, 0, sizeof(*r));
	r->lost_before = lost;
	r->jitter      = jitter;
	r->any         = true;
	r->ssrc        = ssrc;
	r->max_seq     = seq;
	r->base        = seq;
}


static void count_seq(struct rxs *r, uint32_t ssrc, uint16_t seq)
{
	int16_t step;

	if (!r->any || ssrc != r->ssrc) {
		begin(r, ssrc, seq);
		return;
	}

	step = seq_diff(seq, r->max_seq);
	if (step > MAX_DROPOUT || step < -MAX_MISORDER) {
		begin(r, ssrc, seq);
		return;
	}

	if (step > 0) {
		if (seq < r->max_seq)
			r->cycles += 65536;
		r->max_seq = seq;
	}
}


/* RFC 3550 A.8 */
static void count_jitter(struct rxs *r, uint32_t ts, uint32_t clock,
			 uint64_t now_us)
{
	const uint32_t now = (uint32_t)(now_us * clock / 1000000u);
	const int32_t transit = (int32_t)(now - ts);
	const uint32_t d = r->transit > transit
				   ? (uint32_t)r->transit - (uint32_t)transit
				   : (uint32_t)transit - (uint32_t)r->transit;

	/* a new anchor of the timestamps is no jitter */
	if (r->timed && d < clock)
		r->jitter += d - ((r->jitter + 8) >> 4);

	r->transit = transit;
	r->timed   = true;
}


void rxs_packet(struct rxs *r, uint32_t ssrc, uint16_t seq, uint32_t ts,
		bool timed, uint32_t clock, uint64_t now_us)
{
	count_seq(r, ssrc, seq);
	++r->received;

	if (timed)
		count_jitter(r, ts, clock, now_us);
}


uint64_t rxs_lost(const struct rxs *r)
{
	return r->lost_before + lost_now(r);
}


uint32_t rxs_jitter_us(const struct rxs *r, uint32_t clock)
{
	return clock ? (uint32_t)((uint64_t)(r->jitter >> 4) * 1000000u /
				  clock)
		     : 0;
}


void rxs_block(struct rxs *r, struct ctl_block *b)
{
	const uint32_t expected = ext_max(r) - r->base + 1;
	const uint32_t received = (uint32_t)r->received;
	const int32_t exp_int   = (int32_t)(expected - r->expected_prior);
	const int32_t lost_int  = exp_int -
				 (int32_t)(received - r->received_prior);
	const int64_t lost      = (int64_t)expected - received;

	memset(b, 0, sizeof(*b));
	b->ssrc    = r->ssrc;
	b->ext_seq = ext_max(r);
	b->jitter  = r->jitter >> 4;
	b->lost    = (int32_t)(lost > MAX_LOST   ? MAX_LOST
			       : lost < MIN_LOST ? MIN_LOST
						 : lost);

	if (exp_int > 0 && lost_int > 0)
		b->fraction = (uint8_t)(((int64_t)lost_int * 256 / exp_int) &
					0xff);

	/* all of them lost cannot be said in 8 bits */
	if (exp_int > 0 && lost_int >= exp_int)
		b->fraction = 255;

	r->expected_prior = expected;
	r->received_prior = received;
}


/* --- writing ------------------------------------------------------------- */

/* Header of the packet that began at `start` and ends at p */
static void finish(uint8_t *start, const uint8_t *p, unsigned count,
		   uint8_t pt)
{
	start[0] = (uint8_t)(0x80 | count);
	start[1] = pt;
	put_be16(start + 2, (uint16_t)((p - start) / 4 - 1));
}


static uint8_t *write_block(uint8_t *p, const struct ctl_block *b)
{
	put_be32(p, b->ssrc);
	put_be32(p + 4, (uint32_t)b->fraction << 24 |
				((uint32_t)b->lost & 0xffffff));
	put_be32(p + 8, b->ext_seq);
	put_be32(p + 12, b->jitter);
	put_be32(p + 16, b->lsr);
	put_be32(p + 20, b->dlsr);

	return p + BLOCK_SIZE;
}


static uint8_t *write_report(uint8_t *p, const struct ctl_out *out)
{
	uint8_t *start = p;

	put_be32(p + CTL_HDR, out->ssrc);
	p += CTL_HDR + 4;

	if (out->sender) {
		put_be32(p, (uint32_t)(out->ntp >> 32));
		put_be32(p + 4, (uint32_t)out->ntp);
		put_be32(p + 8, out->ts);
		put_be32(p + 12, out->packets);
		put_be32(p + 16, out->octets);
		p += SENDER_INFO;
	}

	if (out->has_block)
		p = write_block(p, &out->block);

	finish(start, p, out->has_block, out->sender ? PT_SR : PT_RR);

	return p;
}


static uint8_t *write_sdes(uint8_t *p, const struct ctl_out *out)
{
	const size_t n = strnlen(out->cname, CTL_CNAME);
	uint8_t *start = p;

	put_be32(p + CTL_HDR, out->ssrc);
	p += CTL_HDR + 4;

	*p++ = SDES_CNAME;
	*p++ = (uint8_t)n;
	memcpy(p, out->cname, n);
	p += n;

	/* the end of the list, up to the next word */
	do {
		*p++ = 0;
	} while ((p - start) % 4);

	finish(start, p, 1, PT_SDES);

	return p;
}


size_t ctl_encode(uint8_t buf[CTL_MAX], const struct ctl_out *out)
{
	uint8_t *p = write_report(buf, out);

	p = write_sdes(p, out);

	if (out->bye) {
		put_be32(p + CTL_HDR, out->ssrc);
		finish(p, p + CTL_HDR + 4, 1, PT_BYE);
		p += CTL_HDR + 4;
	}

	return (size_t)(p - buf);
}


/* --- reading ------------------------------------------------------------- */

static void read_block(struct ctl_block *b, const uint8_t *p)
{
	const uint32_t v = get_be32(p + 4);

	b->ssrc     = get_be32(p);
	b->fraction = (uint8_t)(v >> 24);
	b->lost     = (int32_t)((v & 0xffffff) ^ 0x800000) - 0x800000;
	b->ext_seq  = get_be32(p + 8);
	b->jitter   = get_be32(p + 12);
	b->lsr      = get_be32(p + 16);
	b->dlsr     = get_be32(p + 20);
}


static int read_report(struct ctl_in *in, const uint8_t *p, size_t len,
		       uint32_t ours, bool first)
{
	const bool sr        = p[1] == PT_SR;
	const unsigned count = p[0] & COUNT_MASK;
	size_t pos           = CTL_HDR + 4;

	if (len < pos + (sr ? SENDER_INFO : 0) + (size_t)count * BLOCK_SIZE)
		return EBADMSG;

	if (first)
		in->ssrc = get_be32(p + CTL_HDR);

	if (sr) {
		in->sr  = true;
		in->lsr = get_be32(p + pos + 2);
		pos += SENDER_INFO;
	}

	for (unsigned i = 0; i < count; i++, pos += BLOCK_SIZE) {
		if (get_be32(p + pos) != ours)
			continue;

		read_block(&in->block, p + pos);
		in->has_block = true;
	}

	return 0;
}


int ctl_decode(struct ctl_in *in, const uint8_t *buf, size_t len,
	       uint32_t ours)
{
	size_t pos = 0;

	memset(in, 0, sizeof(*in));

	do {
		const uint8_t *p = buf + pos;
		size_t n;
		int err = 0;

		if (len - pos < CTL_HDR || p[0] >> 6 != 2)
			return EBADMSG;

		n = 4u * (get_be16(p + 2) + 1u);
		if (n > len - pos)
			return EBADMSG;

		if (p[1] == PT_SR || p[1] == PT_RR)
			err = read_report(in, p, n, ours, !pos);
		else if (!pos)
			err = EBADMSG;
		else if (p[1] == PT_BYE)
			in->bye = true;

		if (err)
			return err;

		pos += n;
	} while (pos < len);

	return 0;
}


/* --- time ---------------------------------------------------------------- */

static uint64_t epoch_us; /* wall clock when the monotonic one was 0 */
static pthread_once_t epoch_once = PTHREAD_ONCE_INIT;


static void epoch_init(void)
{
	epoch_us = clock_wall_us() - clock_us();
}


uint64_t ctl_ntp(uint64_t now_us)
{
	uint64_t us;

	(void)pthread_once(&epoch_once, epoch_init);

	us = epoch_us + now_us;

	return (us / 1000000u + NTP_1970) << 32 |
	       ((us % 1000000u << 32) / 1000000u);
}


uint32_t ctl_rtt_us(const struct ctl_block *b, uint64_t now_us)
{
	const uint32_t now = (uint32_t)(ctl_ntp(now_us) >> 16);
	const uint32_t rtt = now - b->lsr - b->dlsr;
	uint64_t us;

	if (!b->lsr)
		return 0;

	us = (uint64_t)rtt * 1000000u >> 16;

	/* negative, by a peer that counts wrongly */
	return us > RTT_MAX_US ? 0 : (uint32_t)us;
}
