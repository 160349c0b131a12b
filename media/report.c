/**
 * @file media/report.c  RTCP of a stream (RFC 3550 6)
 *
 * Both sides get reports of our own: our SSRC and counters toward them, and
 * what we received from them.  Nothing is sent before the peer's RTP source is
 * known, and behind a NAT not before its RTCP came.
 */
#include "base/rand.h"
#include "media/stream.h"
#include <sys/socket.h>


enum {
	INTERVAL_US = 5000000, /* RFC 3550 6.2, halved to one and a half */
};


static void on_block(struct stream *s, const struct ctl_block *b,
		     uint64_t now_us)
{
	const uint32_t rtt = ctl_rtt_us(b, now_us);

	if (rtt)
		s->rtt_us = rtt;

	s->tx_lost = b->lost > 0 ? (uint64_t)b->lost : 0;
}


static enum media_drop process(struct stream *s, const uint8_t *buf,
			       size_t len, const struct sa *src,
			       uint64_t now_us)
{
	struct ctl_in in;
	enum media_drop why;

	if (!s->agreed)
		return DROP_NO_FLOW;

	if (ctl_decode(&in, buf, len, s->tx.ssrc))
		return DROP_RTCP_BAD;

	why = learn_rtcp(&s->learn, src, in.ssrc, now_us);
	if (why != DROP_NONE)
		return why;

	if (in.sr && in.ssrc == s->rx.ssrc) {
		s->lsr    = in.lsr;
		s->lsr_us = now_us;
	}

	if (in.has_block)
		on_block(s, &in.block, now_us);

	return DROP_NONE;
}


void report_recv(struct stream *s, const uint8_t *buf, size_t len,
		 const struct sa *src, uint64_t now_us)
{
	const enum media_drop why = process(s, buf, len, src, now_us);

	if (why != DROP_NONE)
		(void)drop(why);
}


static void fill_block(struct stream *s, struct ctl_out *out, uint64_t now_us)
{
	if (!s->rx.any)
		return;

	out->has_block = true;
	rxs_block(&s->rx, &out->block);

	if (s->lsr_us) {
		out->block.lsr  = s->lsr;
		out->block.dlsr = (uint32_t)(((now_us - s->lsr_us) << 16) /
					     1000000u);
	}
}


static void send_report(struct stream *s, const struct sa *dst, bool bye,
			uint64_t now_us)
{
	uint8_t buf[CTL_MAX];
	struct ctl_out out = {
		.ssrc    = s->tx.ssrc,
		.sender  = s->tx.packets != s->rtcp_tx_packets,
		.ntp     = ctl_ntp(now_us),
		.ts      = s->tx.ts + (uint32_t)((now_us - s->tx.last_us) *
						 STREAM_CLOCK / 1000000u),
		.packets = (uint32_t)s->tx.packets,
		.octets  = (uint32_t)s->tx.octets,
		.cname   = s->cname,
		.bye     = bye,
	};
	size_t len;

	s->rtcp_tx_packets = s->tx.packets;
	fill_block(s, &out, now_us);
	len = ctl_encode(buf, &out);

	if (sendto(s->pair.rtcp, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL,
		   &dst->u.sa, dst->len) < 0)
		(void)drop(DROP_SEND_ERR);
}


void report_send(struct stream *s, bool bye, uint64_t now_us)
{
	struct sa dst;

	if (!bye && now_us < s->rtcp_due_us)
		return;

	s->rtcp_due_us = now_us + INTERVAL_US / 2 + rand_below(INTERVAL_US);

	if (!s->agreed || !learn_rtcp_dest(&s->learn, &dst))
		return;

	/* we never spoke: there is nothing to take leave of */
	if (bye && !s->tx.packets)
		return;

	send_report(s, &dst, bye, now_us);
}
