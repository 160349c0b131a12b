/**
 * @file media/report.c  RTCP of a stream (RFC 3550 6, 7.2)
 *
 * A bridged peer hears what the peer at the other end reports, put into our
 * words: the stream that it hears from us has our SSRC, sequence numbers and
 * timestamps, and has had other sources before this one.
 *
 *   a ──SR, block about us──► report_recv(A)
 *        SR: sender is B's SSRC, RTP time shifted as its packets were,
 *            counters carried on ───────────────────────────────► b
 *        block about A's SSRC: becomes one about b's source, the
 *            sequence number and losses counted as b counts ────► b
 *
 * NTP times pass as they are, so that the round trip that b measures is the
 * whole way.  Those that went out are remembered with the moment: a block that
 * answers to one tells the round trip between us and that peer as well, and an
 * answer to a report of our own is not taken for one to the source's.
 *
 * What cannot be put so is said by ourselves: our own audio and what came to
 * us.  A report of ours alone goes out when nothing of the other end did for a
 * while.  SDES is always ours.  Types that are no use without an agreement of
 * both ends (APP, feedback, XR) go no further.
 *
 * BYE is passed on when no packet followed it: a source that takes leave of
 * one SSRC and goes on with another has not left, as our SSRC goes on.
 *
 * Nothing is sent before the peer's RTP source is known, and behind a NAT not
 * before its RTCP came.
 */
#include "base/rand.h"
#include "media/stream.h"
#include <sys/socket.h>


enum {
	INTERVAL_US = 5000000,  /* RFC 3550 6.2, halved to one and a half */
	PASSED_US   = 10000000, /* so long reports of the far end will do */
	PASS_MIN_US = 500000,   /* between two that are passed on */
	BYE_US      = 500000,   /* for a packet that follows a BYE */
	LOST_MAX    = 0x7fffff,
};


/* --- what was said ------------------------------------------------------- */

static void remember(struct stream *s, const struct ctl_out *out,
		     const struct ctl_in *far, uint64_t now_us)
{
	struct reports *r = &s->rep;

	r->tx_packets = s->tx.packets;
	if (!out->sender)
		return;

	r->sentv[r->sent_pos] = (struct report_sent){
		.us  = now_us,
		.lsr = ctl_lsr(out->ntp),
		.src = far ? far->ssrc : 0,
		.far = far != NULL,
	};
	r->sent_pos = (r->sent_pos + 1) % REPORTS_SENT;
}


static const struct report_sent *recall(const struct stream *s, uint32_t lsr)
{
	for (size_t i = 0; lsr && i < REPORTS_SENT; i++) {
		const struct report_sent *sent = &s->rep.sentv[i];

		if (sent->us && sent->lsr == lsr)
			return sent;
	}

	return NULL;
}


void report_renew(struct stream *s)
{
	struct reports *r = &s->rep;

	r->lost_before += r->lost > 0 ? (uint64_t)r->lost : 0;
	r->lost      = 0;
	r->lost_base = 0;
	memset(&r->said, 0, sizeof(r->said));
	memset(r->sentv, 0, sizeof(r->sentv));
	r->said.tx_packets = s->tx.packets;
	r->said.tx_octets  = s->tx.octets;
}


uint64_t report_lost(const struct stream *s)
{
	const int32_t lost = s->rep.lost;

	return s->rep.lost_before + (lost > 0 ? (uint64_t)lost : 0);
}


/* --- sender -------------------------------------------------------------- */

/* Does the peer hear this source from us? */
static bool carries(const struct tx *tx, uint32_t ssrc)
{
	return tx->any && !tx->own && tx->src == ssrc;
}


/* Something was sent since the last report */
static bool is_sender(const struct stream *s)
{
	return s->tx.packets != s->rep.tx_packets;
}


/*
 * Carry the counters on by what was sent since the last report: by the
 * source's own count, which has what was lost on the way to us, too, as long
 * as it spoke in both.
 */
static void count_on(struct stream *s, struct ctl_out *out,
		     const struct ctl_in *far)
{
	struct reports *r = &s->rep;
	uint32_t packets  = (uint32_t)(s->tx.packets - r->said.tx_packets);
	uint32_t octets   = (uint32_t)(s->tx.octets - r->said.tx_octets);

	if (far && r->said.src && r->said.src_turn == s->tx.turn) {
		const uint32_t n = far->packets - r->said.src_packets;
		const uint32_t k = far->octets - r->said.src_octets;

		/* unless it counts from the start again */
		if ((int32_t)n >= 0 && (int32_t)k >= 0) {
			packets = n;
			octets  = k;
		}
	}

	r->said.packets += packets;
	r->said.octets += octets;
	r->said.tx_packets = s->tx.packets;
	r->said.tx_octets  = s->tx.octets;
	r->said.src        = far != NULL;
	r->said.src_turn   = s->tx.turn;
	if (far) {
		r->said.src_packets = far->packets;
		r->said.src_octets  = far->octets;
	}

	out->packets = r->said.packets;
	out->octets  = r->said.octets;
}


static void fill_far_sender(struct stream *s, struct ctl_out *out,
			    const struct ctl_in *far)
{
	out->sender = true;
	out->ntp    = far->ntp;
	out->ts     = far->ts + s->tx.ts_off;
	count_on(s, out, far);
}


static void fill_own_sender(struct stream *s, struct ctl_out *out,
			    uint64_t now_us)
{
	out->sender = true;
	out->ntp    = ctl_ntp(now_us);
	out->ts     = s->tx.ts + (uint32_t)((now_us - s->tx.last_us) *
					    s->tx.khz / 1000u);
	count_on(s, out, NULL);
}


/* --- blocks -------------------------------------------------------------- */

/* The latest SR of the peer, as LSR and DLSR */
static void fill_lsr(const struct stream *s, struct ctl_block *b,
		     uint64_t now_us)
{
	b->lsr  = s->rep.lsr;
	b->dlsr = s->rep.lsr ? ctl_dlsr(s->rep.lsr_us, now_us) : 0;
}


static void fill_own_block(struct stream *s, struct ctl_out *out,
			   uint64_t now_us)
{
	if (!s->rx.any)
		return;

	out->has_block = true;
	rxs_block(&s->rx, &out->block);
	fill_lsr(s, &out->block, now_us);
}


/* Is a block about the source that the peer hears now? */
static bool is_current(const struct tx *tx, const struct ctl_block *b)
{
	const uint16_t first = (uint16_t)(tx->base + tx->seq_off);

	return tx->any && !tx->own &&
	       seq_diff((uint16_t)b->ext_seq, first) >= 0;
}


/* Extended sequence number that ends in seq and is near to max */
static uint32_t extend(uint16_t seq, uint32_t max)
{
	return max + (uint32_t)(int32_t)seq_diff(seq, (uint16_t)max);
}


static int32_t lost_since(int32_t lost, int32_t base)
{
	const int64_t n = (int64_t)lost - base;

	return n > LOST_MAX ? LOST_MAX : n < -LOST_MAX ? -LOST_MAX
						       : (int32_t)n;
}


/*
 * What the peer of `from` says of the stream that it hears, to the peer of
 * `s`, whose stream that is
 */
static bool fill_far_block(const struct stream *s, struct ctl_out *out,
			   const struct stream *from,
			   const struct ctl_in *far, uint64_t now_us)
{
	const struct tx *tx    = &from->tx;
	struct ctl_block *b    = &out->block;
	const struct report_sent *sent;

	if (!far->has_block || !s->rx.any || !carries(tx, s->rx.ssrc) ||
	    !is_current(tx, &far->block))
		return false;

	*b         = far->block;
	b->ssrc    = s->rx.ssrc;
	b->lost    = lost_since(b->lost, from->rep.lost_base);
	b->ext_seq = extend((uint16_t)(b->ext_seq - tx->seq_off),
			    rxs_ext(&s->rx));
	out->has_block = true;

	/* what it answers to must be the source's own */
	sent = recall(from, b->lsr);
	if (!sent || !sent->far || sent->src != b->ssrc)
		fill_lsr(s, b, now_us);

	return true;
}


/* --- sending ------------------------------------------------------------- */

static void send_out(struct stream *s, const struct sa *dst,
		     const struct ctl_out *out)
{
	uint8_t buf[CTL_MAX + SEAL_TRAILER];
	size_t len = ctl_encode(buf, out);
	enum media_drop why = DROP_NONE;

	if (s->sec.on)
		why = s->sec.tx ? seal_rtcp(s->sec.tx, buf, buf, &len)
				: DROP_SRTP_FAIL;
	if (why != DROP_NONE) {
		(void)drop(why);
		return;
	}

	if (sendto(s->pair.rtcp, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL,
		   &dst->u.sa, dst->len) < 0)
		(void)drop(DROP_SEND_ERR);
}


static void set_due(struct stream *s, uint64_t now_us)
{
	s->rep.due_us = now_us + INTERVAL_US / 2 + rand_below(INTERVAL_US);
}


/* A report that is all ours */
static void send_own(struct stream *s, bool bye, uint64_t now_us)
{
	struct ctl_out out = {
		.ssrc  = s->tx.ssrc,
		.cname = s->rep.cname,
		.bye   = bye,
	};
	struct sa dst;

	set_due(s, now_us);
	if (!s->agreed || !learn_rtcp_dest(&s->learn, &dst))
		return;

	if (is_sender(s))
		fill_own_sender(s, &out, now_us);
	fill_own_block(s, &out, now_us);
	remember(s, &out, NULL, now_us);
	send_out(s, &dst, &out);
}


/* Pass a report of the partner's peer on, as far as it means anything here */
static enum media_drop pass_on(struct stream *s, const struct stream *from,
			       const struct ctl_in *far, uint64_t now_us)
{
	const bool sender = far->sr && carries(&s->tx, far->ssrc) &&
			    is_sender(s);
	struct ctl_out out = {.ssrc = s->tx.ssrc, .cname = s->rep.cname};
	struct sa dst;

	if (!s->agreed || s->tx.left || !learn_rtcp_dest(&s->learn, &dst))
		return DROP_NONE;

	if (!fill_far_block(s, &out, from, far, now_us)) {
		if (!sender)
			return DROP_NONE;
	}

	if (now_us - s->rep.passed_us < PASS_MIN_US)
		return DROP_RTCP_RATE;

	if (!out.has_block)
		fill_own_block(s, &out, now_us);
	if (sender)
		fill_far_sender(s, &out, far);
	else if (is_sender(s))
		fill_own_sender(s, &out, now_us);

	remember(s, &out, sender ? far : NULL, now_us);
	s->rep.passed_us = now_us;
	set_due(s, now_us);
	send_out(s, &dst, &out);

	return DROP_NONE;
}


/* --- time ---------------------------------------------------------------- */

static void pass_bye(struct stream *s, uint64_t now_us)
{
	struct reports *r = &s->rep;

	if (now_us - r->bye_us < BYE_US)
		return;

	r->bye = false;
	if (s->tx.packets != r->bye_packets)
		return;

	send_own(s, true, now_us);
	s->tx.left = true;
}


void report_beat(struct stream *s, uint64_t now_us)
{
	const struct reports *r = &s->rep;

	if (r->bye)
		pass_bye(s, now_us);

	if (now_us < r->due_us || s->tx.left)
		return;

	if (!r->passed_us || now_us - r->passed_us >= PASSED_US)
		send_own(s, false, now_us);
}


void report_leave(struct stream *s, uint64_t now_us)
{
	/* we never spoke: there is nothing to take leave of */
	if (s->tx.packets && !s->tx.left)
		send_own(s, true, now_us);
}


/* --- receiving ----------------------------------------------------------- */

static void on_block(struct stream *s, const struct ctl_block *b,
		     uint64_t now_us)
{
	struct reports *r              = &s->rep;
	const struct report_sent *sent = recall(s, b->lsr);
	uint32_t rtt                   = 0;

	if (sent)
		rtt = ctl_rtt_us(sent->us, b->dlsr, now_us);
	if (rtt)
		r->rtt_us = rtt;

	/* what was lost before belongs to other sources */
	if (r->lost_turn != s->tx.turn && is_current(&s->tx, b)) {
		r->lost_turn = s->tx.turn;
		r->lost_base = r->lost;
	}

	r->lost = b->lost;
}


static void on_bye(struct stream *to, uint32_t ssrc, uint64_t now_us)
{
	if (!carries(&to->tx, ssrc) || to->tx.left || !to->tx.packets)
		return;

	to->rep.bye         = true;
	to->rep.bye_us      = now_us;
	to->rep.bye_packets = to->tx.packets;
}


static enum media_drop process(struct stream *s, uint8_t *buf, size_t len,
			       const struct sa *src, uint64_t now_us)
{
	struct ctl_in in;
	enum media_drop why;

	if (!s->agreed)
		return DROP_NO_FLOW;

	why = secure_rtcp(s, buf, &len, src, now_us);
	if (why != DROP_NONE)
		return why;

	if (ctl_decode(&in, buf, len, s->tx.ssrc))
		return DROP_RTCP_BAD;

	why = learn_rtcp(&s->learn, src, in.ssrc, now_us);
	if (why != DROP_NONE)
		return why;

	for (unsigned i = 0; i < in.skipped; i++)
		(void)drop(DROP_RTCP_TYPE);

	if (in.sr && in.ssrc == s->rx.ssrc) {
		s->rep.lsr    = ctl_lsr(in.ntp);
		s->rep.lsr_us = now_us;
	}

	if (in.has_block)
		on_block(s, &in.block, now_us);

	if (!s->partner)
		return DROP_NONE;

	if (in.bye)
		on_bye(s->partner, in.ssrc, now_us);

	return pass_on(s->partner, s, &in, now_us);
}


void report_recv(struct stream *s, uint8_t *buf, size_t len,
		 const struct sa *src, uint64_t now_us)
{
	const enum media_drop why = process(s, buf, len, src, now_us);

	if (why != DROP_NONE)
		(void)drop(why);
}
