/**
 * @file media/relay.c  From one peer to the other
 *
 * What becomes of a payload type is compiled once per agreement or bridge into
 * a table of 128 entries; a packet only looks its entry up.
 *
 * Each peer hears one RTP stream from us, with an SSRC, sequence numbers and
 * timestamps of our own that go on without a break whoever speaks: the
 * partner, another partner after a transfer, a prompt.  While one source
 * speaks its numbers are shifted by a constant, so that its losses and its
 * order stay visible to the receiver.  A switch sets new constants: the next
 * sequence number, the timestamp advanced by the time that went by, and the
 * marker.  What then still arrives from before the switch would collide with
 * numbers that were given out, and is dropped (OLD).
 */
#include "media/stream.h"
#include <sys/socket.h>
#include "base/rand.h"
#include "media/mix.h"
#include "media/tap.h"


enum {
	STEP_DEFAULT = 160,   /* of payloads whose length we cannot tell */
	MISORDER_MAX = 1000,  /* packets that one may come too late */
	BASE_WINDOW  = 8192,  /* packets for which a switch is remembered */
	CN_SILENCE   = 127,   /* [-dBov] (RFC 3389 3.1) */
};


enum codec relay_codec(enum media_codec c)
{
	switch (c) {

	case MEDIA_PCMU:  return CODEC_PCMU;
	case MEDIA_PCMA:  return CODEC_PCMA;
	case MEDIA_GSM:   return CODEC_GSM;
	case MEDIA_G722:  return CODEC_G722;
	case MEDIA_OPUS:  return CODEC_OPUS;
	case MEDIA_NONE:
	case MEDIA_OTHER: break;
	}

	return CODEC_NONE;
}


_Static_assert(FWD_OTHER < 8 && FWD_TRANSCODE < 4 && CODEC_CN < 16,
	       "fit into struct fwd");


/* --- compiling ----------------------------------------------------------- */

static bool is_g711(enum codec c)
{
	return c == CODEC_PCMU || c == CODEC_PCMA;
}


/* Audio of codec c toward the codec of the partner */
static void compile_audio(struct fwd *f, enum codec c, bool same,
			  const struct stream *to)
{
	f->kind  = FWD_AUDIO;
	f->codec = (uint8_t)c;
	f->how   = FWD_STOP;

	if (!to)
		return;

	f->pt = to->flow.pt_tx & PKT_PT_MAX;

	if (same)
		f->how = FWD_COPY;
	else if (is_g711(c) && is_g711(to->codec))
		f->how = c == to->codec ? FWD_COPY : FWD_TRANSCODE;
}


static void compile_pass(struct fwd *f, uint8_t pt, unsigned i,
			 const struct stream *to)
{
	const enum codec c = codec_from_pt(pt);

	f->kind = pt == PKT_PT_CN ? FWD_CN : FWD_OTHER;

	if (c != CODEC_NONE && c != CODEC_CN && c != CODEC_TELEV)
		compile_audio(f, c, false, to);

	if (to && i < to->flow.npass) {
		f->how = FWD_COPY;
		f->pt  = to->flow.pass_pt_tx[i] & PKT_PT_MAX;
	}
}


void relay_compile(struct stream *s)
{
	const struct media_flow *flow = &s->flow;
	const struct stream *to       = s->echo ? s : s->partner;

	memset(s->fwd, 0, sizeof(s->fwd));
	if (!s->agreed)
		return;

	if (to && !to->agreed)
		to = NULL;

	s->fwd[PKT_PT_CN].kind = FWD_CN;

	for (unsigned i = 0; i < flow->npass; i++) {
		const uint8_t pt = flow->pass_pt[i] & PKT_PT_MAX;

		compile_pass(&s->fwd[pt], pt, i, to);
	}

	for (unsigned i = 0; i < flow->nalt; i++) {
		const uint8_t pt = flow->alt_pt[i] & PKT_PT_MAX;

		compile_audio(&s->fwd[pt], codec_from_pt(pt), false, to);
	}

	if (flow->dtmf_pt) {
		struct fwd *f = &s->fwd[flow->dtmf_pt & PKT_PT_MAX];

		*f = (struct fwd){.kind = FWD_EVENT};
		if (to && to->flow.dtmf_pt_tx) {
			f->how = FWD_COPY;
			f->pt  = to->flow.dtmf_pt_tx & PKT_PT_MAX;
		}
	}

	if (flow->codec != MEDIA_NONE) {
		struct fwd *f = &s->fwd[flow->pt & PKT_PT_MAX];

		memset(f, 0, sizeof(*f));
		compile_audio(f, s->codec,
			      to && to->flow.codec == flow->codec, to);
	}
}


/* --- numbers ------------------------------------------------------------- */

uint32_t tx_next_ts(const struct tx *tx, uint64_t now_us)
{
	const uint64_t us = now_us - tx->last_us;
	uint64_t samples;

	if (!tx->any)
		return tx->ts;

	samples = us * tx->khz / 1000u;

	return tx->ts + (samples > tx->step ? (uint32_t)samples : tx->step);
}


static void tx_switch(struct tx *tx, const struct pkt *pkt, uint64_t now_us)
{
	tx->seq_off = (uint16_t)(tx->seq + 1 - pkt->seq);
	tx->ts_off  = tx_next_ts(tx, now_us) - pkt->ts;
	tx->base    = pkt->seq;
	tx->src     = pkt->ssrc;
	tx->own     = false;
	tx->any     = true;
	++tx->turn;
}


void relay_renew(struct stream *s)
{
	s->tx.ssrc = rand_num();
	s->tx.seq  = tx_first_seq();
	s->tx.own  = true; /* whoever speaks next is mapped anew */
	report_renew(s);
}


/* Who takes leave and then speaks again is another (RFC 3550 6.6) */
static void wake(struct stream *to)
{
	if (!to->tx.left)
		return;

	to->tx.left = false;
	relay_renew(to);
}


/* Give a packet our numbers; false if it is from before the switch */
static bool tx_map(struct tx *tx, struct pkt *pkt, uint64_t now_us)
{
	int16_t age;

	if (!tx->any || tx->own || tx->src != pkt->ssrc) {
		tx_switch(tx, pkt, now_us);
		pkt->marker = true;
	}

	age = seq_diff(pkt->seq, tx->base);
	if (age < 0 && age > -MISORDER_MAX)
		return false;

	/* the source counts from the start again */
	if (age < 0) {
		tx_switch(tx, pkt, now_us);
		age = 0;
	}

	if (age > BASE_WINDOW)
		tx->base = (uint16_t)(pkt->seq - BASE_WINDOW / 2);

	pkt->seq  = (uint16_t)(pkt->seq + tx->seq_off);
	pkt->ts  += tx->ts_off;
	pkt->ssrc = tx->ssrc;

	return true;
}


static void tx_advance(struct tx *tx, const struct pkt *pkt, uint32_t step,
		       uint64_t now_us)
{
	if (seq_diff(pkt->seq, tx->seq) > 0) {
		tx->seq = pkt->seq;
		tx->ts  = pkt->ts;
	}

	tx->step    = step;
	tx->last_us = now_us;
}


/* --- sending ------------------------------------------------------------- */

static bool send_to(const struct stream *to, const struct sa *dst,
		    const uint8_t *p, size_t len)
{
	return sendto(to->pair.rtp, p, len, MSG_DONTWAIT | MSG_NOSIGNAL,
		      &dst->u.sa, dst->len) >= 0;
}


/* An ICMP error of an earlier packet comes instead of sending this one */
static bool send_direct(const struct stream *to, const uint8_t *p, size_t len)
{
	const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;

	return send(to->direct, p, len, flags) >= 0 ||
	       send(to->direct, p, len, flags) >= 0;
}


/* May another packet go where nobody spoke from? */
static bool may_try(struct tx *tx)
{
	if (tx->unverified >= UNVERIFIED_MAX)
		return false;

	++tx->unverified;

	return true;
}


/* By the stream's own socket, to whom it may concern */
static enum media_drop send_far(struct stream *to, const uint8_t *p,
				size_t len)
{
	const struct sa *dst = learn_dest(&to->learn);
	const bool sure      = dst && (to->flow.authenticated ||
				  learn_is_verified(&to->learn));
	struct sa guess;

	if (!dst) {
		if (!learn_guess(&to->learn, &guess))
			return DROP_NO_DEST;

		dst = &guess;
	}

	if (!sure && !may_try(&to->tx))
		return DROP_UNVERIFIED;

	return send_to(to, dst, p, len) ? DROP_NONE : DROP_SEND_ERR;
}


static enum media_drop send_any(struct stream *to, const uint8_t *p,
				size_t len)
{
	if (to->direct < 0)
		return send_far(to, p, len);

	return send_direct(to, p, len) ? DROP_NONE : DROP_SEND_ERR;
}


/* The packet may be wanted in the clear by others, so it is copied */
static enum media_drop send_sealed(struct stream *to, const uint8_t *p,
				   size_t len)
{
	uint8_t buf[PKT_MAX + SEAL_TRAILER] MIX_SCRATCH;
	enum media_drop why;

	if (!to->sec.tx)
		return DROP_SRTP_FAIL;
	if (len > PKT_MAX)
		return DROP_OVERSIZE;

	why = seal_rtp(to->sec.tx, buf, p, &len);

	return why == DROP_NONE ? send_any(to, buf, len) : why;
}


static enum media_drop tx_send(struct stream *to, const struct pkt *pkt)
{
	const size_t len = PKT_HDR + pkt->plen;
	const uint8_t *p = pkt_encode(pkt);
	const enum media_drop why = to->sec.on ? send_sealed(to, p, len)
					       : send_any(to, p, len);

	if (why != DROP_NONE)
		return why;

	++to->tx.packets;
	to->tx.octets += pkt->plen;

	return DROP_NONE;
}


static uint32_t step_of(const struct fwd *f, const struct pkt *pkt)
{
	size_t n = 0;

	if (f->kind == FWD_AUDIO && f->codec == CODEC_OPUS)
		n = codec_opus_samples(pkt->payload, pkt->plen);
	else if (f->kind == FWD_AUDIO)
		n = codec_samples((enum codec)f->codec, pkt->plen);

	/* an event keeps the timestamp of its beginning */
	else if (f->kind == FWD_EVENT && pkt->plen >= DTMF_EVT_SIZE)
		n = get_be16(pkt->payload + 2);

	return n ? (uint32_t)n : STEP_DEFAULT;
}


/* Codec of a packet after forwarding, for the recorder */
static enum codec codec_after(const struct fwd *f, const struct stream *to)
{
	switch ((enum fwd_kind)f->kind) {

	case FWD_AUDIO:
		return f->how == FWD_TRANSCODE ? to->codec
					       : (enum codec)f->codec;
	case FWD_EVENT: return CODEC_TELEV;
	case FWD_CN:    return CODEC_CN;
	case FWD_NONE:
	case FWD_OTHER: break;
	}

	return CODEC_NONE;
}


enum media_drop relay_packet(struct stream *to, struct pkt *pkt,
			     const struct fwd *f, uint64_t now_us)
{
	if (f->how == FWD_STOP)
		return DROP_NO_ROUTE;

	if (!to->tx.open)
		return DROP_HELD;

	if (to->tx.replaced)
		return DROP_REPLACED;

	wake(to);
	if (!tx_map(&to->tx, pkt, now_us))
		return DROP_OLD;

	pkt->pt = f->pt;
	if (f->how == FWD_TRANSCODE)
		(void)codec_transcode(pkt->payload, to->codec, pkt->payload,
				      (enum codec)f->codec, pkt->plen);

	tx_advance(&to->tx, pkt, step_of(f, pkt), now_us);

	if (to->taps.head)
		tap_tx(to, codec_after(f, to), pkt, now_us);

	return tx_send(to, pkt);
}


enum media_drop relay_own(struct stream *to, struct pkt *pkt, enum codec codec,
			  uint32_t step, uint64_t now_us)
{
	struct tx *tx = &to->tx;

	if (!to->agreed)
		return DROP_NO_FLOW;

	if (!to->tx.open)
		return DROP_HELD;

	if (!tx->own)
		pkt->marker = true;

	wake(to);
	tx->own   = true;
	tx->any   = true;
	pkt->seq  = (uint16_t)(tx->seq + 1);
	pkt->ssrc = tx->ssrc;
	tx_advance(tx, pkt, step, now_us);

	if (to->taps.head)
		tap_tx(to, codec, pkt, now_us);

	return tx_send(to, pkt);
}


/* --- silence ------------------------------------------------------------- */

static bool is_tx_pt(const struct media_flow *f, uint8_t pt)
{
	if (pt == f->pt_tx || pt == f->dtmf_pt_tx)
		return true;

	for (unsigned i = 0; i < f->npass; i++) {
		if (pt == f->pass_pt_tx[i])
			return true;
	}

	return false;
}


/* Comfort noise, or an empty packet of a type that the peer has to ignore */
static void keepalive_payload(struct pkt *pkt, const struct media_flow *f)
{
	if (is_tx_pt(f, PKT_PT_CN)) {
		pkt->pt         = PKT_PT_CN;
		pkt->payload[0] = CN_SILENCE;
		pkt->plen       = 1;
		return;
	}

	/* 18 types at most are agreed */
	pkt->pt = PKT_PT_MAX;
	while (is_tx_pt(f, pkt->pt))
		--pkt->pt;
}


enum media_drop relay_keepalive(struct stream *to, uint64_t now_us)
{
	uint8_t buf[PKT_HDR + 1];
	struct tx *tx  = &to->tx;
	struct pkt pkt = {.payload = buf + PKT_HDR};

	if (!to->agreed)
		return DROP_NO_FLOW;

	wake(to);
	keepalive_payload(&pkt, &to->flow);
	pkt.ts   = tx_next_ts(tx, now_us);
	pkt.seq  = (uint16_t)(tx->seq + 1);
	pkt.ssrc = tx->ssrc;
	tx->own  = true;
	tx->any  = true;
	tx_advance(tx, &pkt, STEP_DEFAULT, now_us);

	return tx_send(to, &pkt);
}
