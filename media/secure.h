/**
 * @file media/secure.h  SRTP of a stream, at the edge of its sockets
 *
 * Media thread.  Everything behind it sees RTP and RTCP as if nothing were
 * encrypted: what comes is checked and decrypted before anything is learned
 * from it, what goes is encrypted last.
 */
#ifndef TANDEM_MEDIA_SECURE_H
#define TANDEM_MEDIA_SECURE_H

#include "media/srtp.h"

struct stream;

struct secure {
	bool on;            /* nothing but SRTP, also if there is no context */
	enum media_suite suite;
	struct seal *rx, *tx;

	/* the key before, for what is still on its way */
	struct seal *old;
	uint64_t old_us;    /* no longer than until then */
	bool turned;        /* the peer uses the key in force */

	uint64_t forged, replayed;
	uint64_t unsaid;    /* of them not in the log yet */
	uint64_t said_us;
};

/** The keys of an agreement.  Those that did not change go on with their
 *  counters; flow's copy of them is wiped */
void secure_set(struct stream *s, struct media_flow *flow, uint64_t now_us);

/** What came: DROP_NONE and it is RTP (RTCP) of *len bytes, or why not */
enum media_drop secure_rtp(struct stream *s, uint8_t *buf, size_t *len,
			   const struct sa *src, uint64_t now_us);
enum media_drop secure_rtcp(struct stream *s, uint8_t *buf, size_t *len,
			    const struct sa *src, uint64_t now_us);

void secure_close(struct secure *sec);

#endif
