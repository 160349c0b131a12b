/**
 * @file media/secure.c  SRTP of a stream, at the edge of its sockets
 *
 *   socket ─► secure_rtp() ─► stream_recv() ... tx_send() ─► seal_rtp() ─► socket
 *
 * A re-INVITE may change the keys in the middle of a talk.  What the peer sent
 * before it had our answer comes under the old one, which is tried until
 * LATE_US after the first packet of the new, and goes on as it was if its key
 * comes back in that time.  Of ours, the rollover counter is the trouble:
 * RFC 3711 lets it go on with the SSRC, but a peer whose call was handed to
 * another device there begins with 0.  So if it is not 0, or is about to
 * change, and a key changed, we go on as another SSRC, which begins with 0 for
 * everybody.
 *
 * Packets that fail change nothing but counters, and are worth a line in the
 * log once a minute.
 */
#include "media/secure.h"
#include <openssl/crypto.h>
#include "base/log.h"
#include "media/rtp.h"
#include "media/stream.h"


enum {
	LATE_US = 2000000,  /* packets that were under way */
	HOLD_US = 32000000, /* ... while the peer has not turned */
	SAY_US  = 60000000,
	MISSED  = 1000,     /* first packets that a new listener may miss */
};


void secure_close(struct secure *sec)
{
	sec->rx	 = mem_deref(sec->rx);
	sec->tx	 = mem_deref(sec->tx);
	sec->old = mem_deref(sec->old);
}


/* A peer that begins anew knows nothing of rollovers */
static bool must_renew(const struct seal *old, uint32_t ssrc)
{
	uint64_t index;

	return seal_index(old, ssrc, &index) && (index + MISSED) >> 16;
}


static struct seal *context(const struct stream *s, enum media_suite suite,
			    const struct media_key *key)
{
	struct seal *seal;
	const int err = seal_alloc(&seal, suite, key);

	if (!err)
		return seal;

	log_error("media", "stream %llu: no context for SRTP, nothing passes:"
		  " %m",
		  (unsigned long long)s->id, err);

	return NULL;
}


static struct seal *old_key(struct secure *sec, uint64_t now_us)
{
	if (sec->old && now_us >= sec->old_us)
		sec->old = mem_deref(sec->old);

	return sec->old;
}


static void set_rx(struct stream *s, const struct media_flow *flow,
		   uint64_t now_us)
{
	struct secure *sec = &s->sec;
	struct seal *rx	   = NULL;

	/* what came under it once may not come again */
	if (seal_is(old_key(sec, now_us), flow->suite, &flow->key_rx))
		rx = mem_ref(sec->old);

	mem_deref(sec->old);
	sec->old    = sec->rx;
	sec->old_us = now_us + HOLD_US;
	sec->turned = false;
	sec->rx	    = rx ? rx : context(s, flow->suite, &flow->key_rx);
	if (!rx)
		seal_succeed(sec->rx, sec->old);
}


static void set_keys(struct stream *s, const struct media_flow *flow,
		     uint64_t now_us)
{
	struct secure *sec = &s->sec;
	const bool rx	   = !seal_is(sec->rx, flow->suite, &flow->key_rx);
	const bool tx	   = !seal_is(sec->tx, flow->suite, &flow->key_tx);

	if ((rx || tx) && must_renew(sec->tx, s->tx.ssrc))
		relay_renew(s);

	if (rx)
		set_rx(s, flow, now_us);

	if (tx) {
		mem_deref(sec->tx);
		sec->tx = context(s, flow->suite, &flow->key_tx);
	}
}


void secure_set(struct stream *s, struct media_flow *flow, uint64_t now_us)
{
	struct secure *sec = &s->sec;

	sec->on	   = flow->suite != MEDIA_CLEAR;
	sec->suite = flow->suite;
	if (sec->on)
		set_keys(s, flow, now_us);
	else
		secure_close(sec);

	OPENSSL_cleanse(&flow->key_rx, sizeof(flow->key_rx));
	OPENSSL_cleanse(&flow->key_tx, sizeof(flow->key_tx));
}


/* --- what comes ---------------------------------------------------------- */

static void tell(struct stream *s, const struct sa *src, uint64_t now_us)
{
	struct secure *sec = &s->sec;

	++sec->unsaid;
	if (sec->said_us && now_us - sec->said_us < SAY_US)
		return;

	log_warning("media", "stream %llu: %llu packets are not SRTP with the"
		    " agreed key or come again, dropped; latest from %J",
		    (unsigned long long)s->id, (unsigned long long)sec->unsaid,
		    src);
	sec->said_us = now_us;
	sec->unsaid  = 0;
}


static enum media_drop refuse(struct stream *s, enum media_drop why,
			      const struct sa *src, uint64_t now_us)
{
	if (why == DROP_SRTP_REPLAY || why == DROP_SRTCP_REPLAY)
		++s->sec.replayed;
	else
		++s->sec.forged;

	tell(s, src, now_us);

	return why;
}


/* The first packet of the key in force: the old one has little time left */
static void turn(struct secure *sec, uint64_t now_us)
{
	if (sec->turned)
		return;

	sec->turned = true;
	sec->old_us = now_us + LATE_US;
}


typedef enum media_drop(unseal_h)(struct seal *s, uint8_t *buf, size_t *len);


/* An empty datagram, STUN and the like keep a NAT open (RFC 6263): nothing to
 * complain of */
static bool is_packet(const uint8_t *buf, size_t len)
{
	return len >= PKT_HDR && buf[0] >> 6 == 2;
}


static enum media_drop take(struct stream *s, unseal_h *unseal, uint8_t *buf,
			    size_t *len, const struct sa *src,
			    uint64_t now_us)
{
	struct secure *sec  = &s->sec;
	enum media_drop why = DROP_SRTP_FAIL;

	if (!sec->rx)
		return why;

	why = unseal(sec->rx, buf, len);
	if (why == DROP_NONE) {
		turn(sec, now_us);
		return why;
	}

	if (old_key(sec, now_us) && unseal(sec->old, buf, len) == DROP_NONE)
		return DROP_NONE;

	return is_packet(buf, *len) ? refuse(s, why, src, now_us) : why;
}


enum media_drop secure_rtp(struct stream *s, uint8_t *buf, size_t *len,
			   const struct sa *src, uint64_t now_us)
{
	if (!s->sec.on)
		return DROP_NONE;

	return take(s, unseal_rtp, buf, len, src, now_us);
}


enum media_drop secure_rtcp(struct stream *s, uint8_t *buf, size_t *len,
			    const struct sa *src, uint64_t now_us)
{
	if (!s->sec.on)
		return DROP_NONE;

	return take(s, unseal_rtcp, buf, len, src, now_us);
}
