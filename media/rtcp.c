/**
 * @file media/rtcp.c  Reception statistics and RTCP reports
 *
 * What is read and written here are single reports; which of them a peer gets
 * to hear is decided in media/report.c.
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
	PT_FIRST     = PT_SR,
	PT_LAST      = 207, /* XR (RFC 3611) */
	CTL_HDR      = 4,
	SENDER_INFO  = 20,
	BLOCK_SIZE   = 24,
	COUNT_MASK   = 0x1f,
	PAD_BIT      = 0x20,
	SDES_CNAME   = 1,
	MAX_DROPOUT  = 3000, /* RFC 3550 A.1 */
	MAX_MISORDER = 100,
	MAX_LOST     = 0x7fffff,
	MIN_LOST     = -0x800000,
	RTT_MAX_US   = 60000000,
	GRAIN_US     = 1000,
};

static const uint64_t NTP_1970 = 2208988800u;


/* --- reception ----------------------------------------------------------- */

static uint64_t lost_now(const struct rxs *r)
{
	const uint64_t expected = r->any ? (uint64_t)(rxs_ext(r) - r->base) + 1
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
	const uint32_t expected = rxs_ext(r) - r->base + 1;
	const uint32_t received = (uint32_t)r->received;
	const int32_t exp_int   = (int32_t)(expected - r->expected_prior);
	const int32_t lost_int  = exp_int -
				 (int32_t)(received - r->received_prior);
	const int64_t lost      = (int64_t)expected - received;

	memset(b, 0, sizeof(*b));
	b->ssrc    = r->ssrc;
	b->ext_seq = rxs_ext(r);
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


static void read_sender(struct ctl_in *in, const uint8_t *p)
{
	in->sr      = true;
	in->ntp     = (uint64_t)get_be32(p) << 32 | get_be32(p + 4);
	in->ts      = get_be32(p + 8);
	in->packets = get_be32(p + 12);
	in->octets  = get_be32(p + 16);
}


static int read_report(struct ctl_in *in, const uint8_t *p, size_t len,
		       uint32_t ours)
{
	const bool sr        = p[1] == PT_SR;
	const unsigned count = p[0] & COUNT_MASK;
	size_t pos           = CTL_HDR + 4;

	if (len < pos + (sr ? SENDER_INFO : 0) + (size_t)count * BLOCK_SIZE)
		return EBADMSG;

	/* of the sender only: a mixer's compound may have reports of others */
	if (get_be32(p + CTL_HDR) != in->ssrc)
		return 0;

	if (sr) {
		read_sender(in, p + pos);
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


static int read_bye(struct ctl_in *in, const uint8_t *p, size_t len)
{
	const unsigned count = p[0] & COUNT_MASK;

	if (len < CTL_HDR + 4u * count)
		return EBADMSG;

	for (unsigned i = 0; i < count; i++)
		in->bye |= get_be32(p + CTL_HDR + 4u * i) == in->ssrc;

	return 0;
}


/* The first packet names the sender.  SDES and BYE may name nobody */
static int read_first(struct ctl_in *in, const uint8_t *p, size_t len)
{
	const bool lists = p[1] == PT_SDES || p[1] == PT_BYE;

	if (p[1] < PT_FIRST || p[1] > PT_LAST || len < CTL_HDR + 4 ||
	    (lists && !(p[0] & COUNT_MASK)))
		return EBADMSG;

	in->ssrc    = get_be32(p + CTL_HDR);
	in->reduced = p[1] != PT_SR && p[1] != PT_RR;

	return 0;
}


/* Length of a packet without its padding, which only the last one may have;
 * 0 if it is not true.  *np: with it */
static size_t packet_size(const uint8_t *p, size_t left, size_t *np)
{
	size_t n, pad = 0;

	if (left < CTL_HDR || p[0] >> 6 != 2)
		return 0;

	n = 4u * (get_be16(p + 2) + 1u);
	if (n > left)
		return 0;

	if (p[0] & PAD_BIT) {
		pad = p[n - 1];
		if (n != left || !pad || pad % 4 || pad > n - CTL_HDR)
			return 0;
	}

	*np = n;

	return n - pad;
}


static int read_packet(struct ctl_in *in, const uint8_t *p, size_t len,
		       uint32_t ours)
{
	switch (p[1]) {

	case PT_SR:
	case PT_RR:   return len < CTL_HDR + 4 ? EBADMSG
					       : read_report(in, p, len, ours);
	case PT_BYE:  return read_bye(in, p, len);
	case PT_SDES: return 0; /* ours is another */

	default:
		++in->skipped;
		return 0;
	}
}


int ctl_decode(struct ctl_in *in, const uint8_t *buf, size_t len,
	       uint32_t ours)
{
	size_t pos = 0, n = 0;

	memset(in, 0, sizeof(*in));

	do {
		const uint8_t *p  = buf + pos;
		const size_t size = packet_size(p, len - pos, &n);
		int err           = size ? 0 : EBADMSG;

		if (!err && !pos)
			err = read_first(in, p, size);
		if (!err)
			err = read_packet(in, p, size, ours);
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


uint32_t ctl_dlsr(uint64_t then_us, uint64_t now_us)
{
	return (uint32_t)(((now_us - then_us) << 16) / 1000000u);
}


uint32_t ctl_rtt_us(uint64_t sent_us, uint32_t dlsr, uint64_t now_us)
{
	const uint64_t held = (uint64_t)dlsr * 1000000u >> 16;
	const uint64_t all  = now_us - sent_us;

	/* held for longer than it took, by a peer that counts wrongly; a
	 * little more is its clock's grain on a short way */
	if (all <= held)
		return held - all < GRAIN_US ? 1 : 0;

	return all - held > RTT_MAX_US ? 0 : (uint32_t)(all - held);
}
