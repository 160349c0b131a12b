/**
 * @file media/learn.c  Whose packets are the peer's
 *
 * A phone behind a NAT cannot say in its SDP from where its packets will come,
 * so the relay has to find out.  Whoever is believed gets the audio of a call:
 * a relay that believes the first packet can be robbed by anybody who sprays
 * its ports ("RTP bleed").  Here a source must earn it:
 *
 *   rank 0  the address and port of the SDP       believed at once
 *   rank 1  the address of the SDP, other port    4 packets in order, 25 ms
 *   rank 2  the address the SIP message came from   "   (comedia only)
 *   rank 3  anything else                         10 packets, 150 ms, and
 *           nobody else trying (comedia, and the SDP address is not where
 *           the signalling comes from)
 *
 * Until then its packets are not used and nothing is sent to it.  A better
 * rank that is seen meanwhile goes first.  Its first packets, 60 ms of audio,
 * are lost to the call.  They could be kept and passed on in one go, but then
 * a receiver with a fixed buffer plays 60 ms late up to the end of the call,
 * which is worse; and fewer of them would let more of a spray through.
 *
 *   OPEN ──rank 0──────────────► LOCKED (ip, port, SSRC)
 *    └──► probation ──passed────►  │
 *   LOCKED: anything else is a stranger, except
 *     - the same ip and port with another SSRC (a PBX that changes to music):
 *       2 packets in order while the old SSRC is silent;
 *     - rank 0, if the lock is on a lower rank: 4 packets in order;
 *     - a NAT that moved the port: the source was silent for 1.5 s, same ip
 *       (or that of the SDP or the signalling: a phone that was in our
 *       network for a moment), same SSRC, sequence +1..+3000, time not
 *       backwards, 4 packets.
 *   Any other ip needs fresh signalling: learn_rules() starts over.  The old
 *   source is then stale: it may speak on for 2 s, or until a new lock.
 *
 * Before a lock packets go to the address of the SDP, unless it cannot be
 * reached from here (comedia and a private address whose signalling came from
 * a public one; multicast; loopback of a peer that is none): somebody else may
 * have that address in our network.  Nor to a third one: a phone whose SDP is
 * not where its signalling comes from, and a guest anyway, has to speak first
 * (enum media_wait).
 *
 * That leaves a phone that waits to hear something before it speaks.  If its
 * signalling is authenticated, learn_guess() gives the address that came from,
 * with the SDP's port, as many a NAT keeps the port.  Another phone behind the
 * same NAT may have it instead, so the caller sends a second of audio there
 * and no more until something came.
 */
#include "media/learn.h"
#include "base/addr.h"


enum {
	PROBATION      = 4,
	PROBATION_US   = 25000,
	PROBATION_ANY  = 10,
	PROBATION_ANY_US = 150000,
	PROBATION_SSRC = 2,
	SEQ_STEP       = 3,       /* largest step that counts as in order */
	CAND_IDLE_US   = 250000,  /* a candidate that stopped */
	RATE_US        = 2500,    /* faster than this is no audio */
	RATE_BURST     = 8,
	REBIND_US      = 1500000,
	REBIND_SEQ     = 3000,
	STALE_US       = 2000000,
	RTCP_IDLE_US   = 15000000,
};


static bool is_same(const struct sa *a, const struct sa *b)
{
	return sa_cmp(a, b, SA_ALL);
}


static bool is_same_ip(const struct sa *a, const struct sa *b)
{
	return sa_cmp(a, b, SA_ADDR);
}


static bool is_held(const struct sa *sa)
{
	return !sa_isset(sa, SA_ALL);
}


/* An address that we may send to on the word of an SDP */
static bool is_reachable(const struct learn *l, const struct sa *sdp)
{
	const struct sa *sip = &l->sip;

	if (is_held(sdp) || addr_is_multicast(sdp))
		return false;

	if (sa_af(sdp) == AF_INET && sa_in(sdp) == 0xffffffffu)
		return false;

	if (l->wait == MEDIA_WAIT_ALWAYS)
		return false;

	if (!sa_isset(sip, SA_ADDR) || is_same_ip(sdp, sip))
		return true;

	if (l->wait == MEDIA_WAIT_ELSEWHERE)
		return false;

	if (addr_is_loopback(sdp))
		return addr_is_loopback(sip);

	return !l->comedia || !addr_is_private(sdp) || addr_is_private(sip) ||
	       addr_is_loopback(sip);
}


void learn_rules(struct learn *l, const struct media_flow *flow,
		 uint64_t now_us)
{
	struct sa sdp = flow->sdp_rtp, sip = flow->sip_src;
	bool moved;

	addr_unmap(&sdp);
	addr_unmap(&sip);

	l->comedia = flow->comedia;
	l->auth    = flow->authenticated;
	l->wait    = flow->wait;

	moved = !is_held(&sdp) && !is_same(&sdp, &l->sdp);
	if (moved) {
		l->sdp      = sdp;
		l->sdp_rtcp = flow->sdp_rtcp;
		addr_unmap(&l->sdp_rtcp);
	}

	if (sa_isset(&sip, SA_ADDR)) {
		moved |= !is_same_ip(&sip, &l->sip);
		l->sip = sip;
	}

	if (!moved)
		return;

	memset(l->cand, 0, sizeof(l->cand));
	l->rtcp_locked = false;

	if (l->locked && learn_rank(l, &l->src) == LEARN_RANK_SDP) {
		l->rank = LEARN_RANK_SDP;
	}
	else if (l->locked) {
		l->stale    = true;
		l->stale_us = now_us;
	}
}


unsigned learn_rank(const struct learn *l, const struct sa *src)
{
	if (is_held(&l->sdp))
		return LEARN_RANKS;

	if (is_same_ip(src, &l->sdp))
		return sa_port(src) == sa_port(&l->sdp) ? LEARN_RANK_SDP
							: LEARN_RANK_IP;

	if (!l->comedia || !sa_isset(&l->sip, SA_ADDR))
		return LEARN_RANKS;

	if (is_same_ip(src, &l->sip))
		return LEARN_RANK_SIP;

	return is_same_ip(&l->sdp, &l->sip) ? LEARN_RANKS : LEARN_RANK_ANY;
}


const char *learn_rank_name(unsigned rank)
{
	switch (rank) {

	case LEARN_RANK_SDP: return "address and port of its SDP";
	case LEARN_RANK_IP:  return "address of its SDP, another port";
	case LEARN_RANK_SIP: return "address of its signalling";
	case LEARN_RANK_ANY: return "neither its SDP's nor its signalling's";
	default:             return "nobody's address";
	}
}


static bool is_idle(const struct learn_cand *c, uint64_t now_us)
{
	return !c->last_us || now_us - c->last_us > CAND_IDLE_US;
}


/* A slot for a source: its own, an idle one, or that of a worse one */
static struct learn_cand *slot_find(struct learn *l, const struct sa *src,
				    uint32_t ssrc, unsigned rank,
				    uint64_t now_us)
{
	struct learn_cand *room = NULL;

	for (size_t i = 0; i < LEARN_CANDS; i++) {
		struct learn_cand *c = &l->cand[i];

		if (is_idle(c, now_us)) {
			c->last_us = 0;
			room = c;
		}
		else if (c->ssrc == ssrc && is_same(&c->src, src)) {
			return c;
		}
		else if (c->rank > rank && (!room || room->last_us)) {
			room = c;
		}
	}

	return room;
}


static void cand_begin(struct learn_cand *c, const struct sa *src,
		       const struct pkt *pkt, unsigned rank, uint64_t now_us)
{
	memset(c, 0, sizeof(*c));
	c->src      = *src;
	c->rank     = (uint8_t)rank;
	c->ssrc     = pkt->ssrc;
	c->seq      = pkt->seq;
	c->ts       = pkt->ts;
	c->n        = 1;
	c->first_us = now_us;
	c->last_us  = now_us;
}


static bool is_in_order(const struct learn_cand *c, const struct pkt *pkt)
{
	const int16_t step = seq_diff(pkt->seq, c->seq);

	return step >= 1 && step <= SEQ_STEP && ts_diff(pkt->ts, c->ts) >= 0;
}


static bool is_flood(const struct learn_cand *c, uint64_t now_us)
{
	return c->n > RATE_BURST &&
	       (now_us - c->first_us) / RATE_US < (uint64_t)c->n - RATE_BURST;
}


/* Count a packet of a candidate.  NULL if there is no room for it */
static struct learn_cand *cand_packet(struct learn *l, const struct sa *src,
				      const struct pkt *pkt, unsigned rank,
				      uint64_t now_us)
{
	struct learn_cand *c = slot_find(l, src, pkt->ssrc, rank, now_us);

	if (!c)
		return NULL;

	if (!c->last_us || c->ssrc != pkt->ssrc || !is_same(&c->src, src) ||
	    !is_in_order(c, pkt) || is_flood(c, now_us)) {
		cand_begin(c, src, pkt, rank, now_us);
		return c;
	}

	c->seq     = pkt->seq;
	c->ts      = pkt->ts;
	c->last_us = now_us;
	if (c->n < UINT16_MAX)
		++c->n;

	return c;
}


/* Does another candidate of this rank or a better one stand in the way? */
static bool has_rival(const struct learn *l, const struct learn_cand *c,
		      uint64_t now_us)
{
	for (size_t i = 0; i < LEARN_CANDS; i++) {
		const struct learn_cand *o = &l->cand[i];

		if (o == c || is_idle(o, now_us) || is_same(&o->src, &c->src))
			continue;

		if (o->rank < c->rank)
			return true;

		if (c->rank == LEARN_RANK_ANY && o->rank == c->rank &&
		    o->n > 1)
			return true;
	}

	return false;
}


static bool has_passed(const struct learn_cand *c)
{
	const bool any    = c->rank == LEARN_RANK_ANY;
	const uint64_t us = c->last_us - c->first_us;

	return any ? c->n >= PROBATION_ANY && us >= PROBATION_ANY_US
		   : c->n >= PROBATION && us >= PROBATION_US;
}


static enum learn_result lock_on(struct learn *l, const struct sa *src,
				 const struct pkt *pkt, unsigned rank,
				 uint64_t now_us)
{
	const bool same = l->locked && is_same(&l->src, src);

	if (!l->locked || !is_same_ip(&l->src, src))
		l->rtcp_locked = false;

	l->locked  = true;
	l->stale   = false;
	l->rank    = (uint8_t)rank;
	l->src     = *src;
	l->ssrc    = pkt->ssrc;
	l->seq     = pkt->seq;
	l->ts      = pkt->ts;
	l->last_us = now_us;
	memset(l->cand, 0, sizeof(l->cand));

	return same ? LEARN_PASS : LEARN_LOCKED;
}


static void lock_advance(struct learn *l, const struct pkt *pkt,
			 uint64_t now_us)
{
	if (seq_diff(pkt->seq, l->seq) > 0) {
		l->seq = pkt->seq;
		l->ts  = pkt->ts;
	}

	l->last_us = now_us;
}


/* A candidate takes over when the source before it is silent.  As long as
 * both are heard (a late packet is enough) it begins anew with each packet */
static bool is_alone(const struct learn *l, struct learn_cand *c,
		     const struct sa *src, const struct pkt *pkt,
		     uint64_t now_us)
{
	if (l->last_us < c->first_us)
		return true;

	cand_begin(c, src, pkt, c->rank, now_us);

	return false;
}


/* The locked address with another SSRC */
static enum learn_result change_ssrc(struct learn *l, const struct sa *src,
				     const struct pkt *pkt, uint64_t now_us)
{
	struct learn_cand *c;

	c = cand_packet(l, src, pkt, l->rank, now_us);
	if (!c || !is_alone(l, c, src, pkt, now_us) || c->n < PROBATION_SSRC)
		return LEARN_PROBATION;

	return lock_on(l, src, pkt, l->rank, now_us);
}


static bool is_rebind(const struct learn *l, const struct sa *src,
		      const struct pkt *pkt, uint64_t now_us)
{
	const int16_t step = seq_diff(pkt->seq, l->seq);

	if (!is_same_ip(src, &l->src) && learn_rank(l, src) > LEARN_RANK_SIP)
		return false;

	return now_us - l->last_us > REBIND_US &&
	       pkt->ssrc == l->ssrc && step >= 1 && step <= REBIND_SEQ &&
	       ts_diff(pkt->ts, l->ts) >= 0;
}


/* A port that a NAT moved, or the peer's own SDP address after all */
static enum learn_result change_source(struct learn *l, const struct sa *src,
				       const struct pkt *pkt, uint64_t now_us)
{
	const unsigned rank = learn_rank(l, src);
	const bool better   = rank == LEARN_RANK_SDP && l->rank > rank;
	const unsigned as   = is_same_ip(src, &l->src) && !better ? l->rank
								  : rank;
	struct learn_cand *c;

	if (!better && !is_rebind(l, src, pkt, now_us))
		return LEARN_STRANGER;

	c = cand_packet(l, src, pkt, as, now_us);
	if (!c || (!better && !is_alone(l, c, src, pkt, now_us)) ||
	    !has_passed(c))
		return LEARN_PROBATION;

	return lock_on(l, src, pkt, as, now_us);
}


static enum learn_result learn_open(struct learn *l, const struct sa *src,
				    const struct pkt *pkt, uint64_t now_us)
{
	const unsigned rank = learn_rank(l, src);
	struct learn_cand *c;

	if (rank == LEARN_RANK_SDP)
		return lock_on(l, src, pkt, rank, now_us);

	if (rank == LEARN_RANKS)
		return LEARN_STRANGER;

	c = cand_packet(l, src, pkt, rank, now_us);
	if (!c || !has_passed(c) || has_rival(l, c, now_us))
		return LEARN_PROBATION;

	return lock_on(l, src, pkt, rank, now_us);
}


/* The agreement changed: the source of the old one may go on for a while */
static enum learn_result learn_stale(struct learn *l, const struct sa *src,
				     const struct pkt *pkt, uint64_t now_us)
{
	const bool old = pkt->ssrc == l->ssrc && is_same(src, &l->src);
	enum learn_result res;

	if (now_us - l->stale_us > STALE_US) {
		l->locked = false;
		l->stale  = false;
		return learn_open(l, src, pkt, now_us);
	}

	res = learn_open(l, src, pkt, now_us);
	if (!old || !l->stale)
		return res;

	lock_advance(l, pkt, now_us);

	return LEARN_PASS;
}


enum learn_result learn_packet(struct learn *l, const struct sa *src,
			       const struct pkt *pkt, uint64_t now_us)
{
	if (!l->locked)
		return learn_open(l, src, pkt, now_us);

	if (l->stale)
		return learn_stale(l, src, pkt, now_us);

	if (!is_same(src, &l->src))
		return change_source(l, src, pkt, now_us);

	if (pkt->ssrc != l->ssrc)
		return change_ssrc(l, src, pkt, now_us);

	lock_advance(l, pkt, now_us);

	return LEARN_PASS;
}


static bool rtcp_may_lock(const struct learn *l, const struct sa *src)
{
	if (is_same_ip(src, &l->src))
		return true;

	return sa_isset(&l->sdp_rtcp, SA_ALL) && is_same(src, &l->sdp_rtcp);
}


enum media_drop learn_rtcp(struct learn *l, const struct sa *src,
			   uint32_t ssrc, uint64_t now_us)
{
	if (!l->locked)
		return DROP_RTCP_EARLY;

	if (l->rtcp_locked && is_same(src, &l->rtcp)) {
		l->rtcp_us = now_us;
		return DROP_NONE;
	}

	if (l->rtcp_locked && now_us - l->rtcp_us < RTCP_IDLE_US)
		return DROP_RTCP_STRANGER;

	if (ssrc != l->ssrc || !rtcp_may_lock(l, src))
		return DROP_RTCP_STRANGER;

	l->rtcp_locked = true;
	l->rtcp        = *src;
	l->rtcp_us     = now_us;

	return DROP_NONE;
}


const struct sa *learn_dest(const struct learn *l)
{
	if (l->locked && !l->stale)
		return &l->src;

	if (is_reachable(l, &l->sdp))
		return &l->sdp;

	/* behind the same NAT as before: better than silence, and it was the
	 * peer's a moment ago */
	return l->locked && !is_held(&l->sdp) &&
			       is_same_ip(&l->src, &l->sip)
		       ? &l->src
		       : NULL;
}


bool learn_guess(const struct learn *l, struct sa *dst)
{
	if (!l->auth || !l->comedia || l->locked || is_held(&l->sdp) ||
	    !sa_isset(&l->sip, SA_ADDR) || is_same_ip(&l->sip, &l->sdp) ||
	    addr_is_multicast(&l->sdp))
		return false;

	*dst = l->sip;
	sa_set_port(dst, sa_port(&l->sdp));

	return true;
}


bool learn_rtcp_dest(const struct learn *l, struct sa *dst)
{
	if (!l->locked || l->stale)
		return false;

	if (l->rtcp_locked) {
		*dst = l->rtcp;
		return true;
	}

	/* behind a NAT its port is not known before something came */
	if (l->rank != LEARN_RANK_SDP)
		return false;

	*dst = l->sdp;
	sa_set_port(dst, (uint16_t)(sa_port(dst) + 1));

	if (sa_isset(&l->sdp_rtcp, SA_ALL) && is_reachable(l, &l->sdp_rtcp))
		*dst = l->sdp_rtcp;

	return sa_port(dst) != 0;
}


bool learn_is_verified(const struct learn *l)
{
	return l->locked && !l->stale;
}
