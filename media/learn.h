/**
 * @file media/learn.h  Whose packets are the peer's
 *
 * Media thread, and any other: plain data, nothing blocks or allocates, time
 * is handed in.  See the essay in learn.c and RFC 7362.
 */
#ifndef TANDEM_MEDIA_LEARN_H
#define TANDEM_MEDIA_LEARN_H

#include "media/rtp.h"

enum {
	LEARN_CANDS    = 6,
	LEARN_RANK_SDP = 0, /* address and port of its SDP */
	LEARN_RANK_IP,      /* address of its SDP, another port */
	LEARN_RANK_SIP,     /* address that its signalling came from */
	LEARN_RANK_ANY,     /* anything else */
	LEARN_RANKS,        /* may not speak */
};

enum learn_result {
	LEARN_PASS,      /* the peer's */
	LEARN_LOCKED,    /* ... and its source is new */
	LEARN_PROBATION, /* perhaps; neither use nor answer it */
	LEARN_STRANGER,
};

/** A source that has not earned its place yet */
struct learn_cand {
	struct sa src;
	uint64_t first_us, last_us; /* 0: the slot is free */
	uint32_t ssrc, ts;
	uint16_t seq;
	uint16_t n;   /* packets in order */
	uint8_t rank;
	bool rebind;  /* carries on where the locked source stopped */
};

/** All zero and no rules: everybody is a stranger */
struct learn {
	/* lock: first, as each packet is held against it */
	bool locked;
	bool stale;         /* of the agreement before: learning goes on */
	uint8_t rank;
	uint16_t seq;
	uint32_t ts, ssrc;
	uint64_t last_us;   /* latest packet of the source */
	struct sa src;
	uint64_t stale_us;  /* since when */

	/* rules of the agreement */
	struct sa sdp;      /* unset: nobody may speak */
	struct sa sdp_rtcp; /* unset: port + 1 */
	struct sa sip;
	bool comedia;
	enum media_wait wait;
	bool auth;          /* its signalling is authenticated */

	/* RTCP learns for itself */
	bool rtcp_locked;
	struct sa rtcp;
	uint64_t rtcp_us;

	struct learn_cand cand[LEARN_CANDS];
};

/**
 * Take the rules of an agreement
 *
 * Learning starts over if the peer's SDP address or the address of its
 * signalling changed.  A held SDP (0.0.0.0 or port 0) changes nothing.
 */
void learn_rules(struct learn *l, const struct media_flow *flow,
		 uint64_t now_us);

/** An RTP packet of an agreed payload type */
enum learn_result learn_packet(struct learn *l, const struct sa *src,
			       const struct pkt *pkt, uint64_t now_us);

/** An RTCP packet; ssrc is its sender.  DROP_NONE, DROP_RTCP_EARLY or
 *  DROP_RTCP_STRANGER */
enum media_drop learn_rtcp(struct learn *l, const struct sa *src,
			   uint32_t ssrc, uint64_t now_us);

/** Where RTP goes; NULL if that is not known yet */
const struct sa *learn_dest(const struct learn *l);

/**
 * Where the peer may be, while learn_dest() does not know: the address that
 * its signalling came from, with the port of its SDP
 *
 * Only for a few packets, that make a phone speak which waits to hear
 * something first.
 *
 * @return false if nothing speaks for it: only an authenticated comedia peer
 *         is guessed at, and only before it spoke
 */
bool learn_guess(const struct learn *l, struct sa *dst);

/** Where RTCP goes; false if that is not known yet */
bool learn_rtcp_dest(const struct learn *l, struct sa *dst);

/** True if something came from where RTP goes */
bool learn_is_verified(const struct learn *l);

/** What a rank means, for the log */
const char *learn_rank_name(unsigned rank);

/** Rank of a source under the rules, LEARN_RANKS if it may not speak */
unsigned learn_rank(const struct learn *l, const struct sa *src);

#endif
