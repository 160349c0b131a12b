/**
 * @file media/srtp.h  Packets that nobody else can read or make (RFC 3711)
 *
 * Any thread: plain data and memory; a context is used by one thread at a
 * time, and has one direction.  Names begin with seal_ because libre and
 * libsrtp2 own srtp_.
 *
 * What is said of a source (rollover counter, replay window) changes only
 * after the tag of a packet was found to be right.
 */
#ifndef TANDEM_MEDIA_SRTP_H
#define TANDEM_MEDIA_SRTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "media/msg.h"

enum {
	SEAL_SOURCES = 8,   /* SSRCs of a context; the one that was silent for
			       longest makes room */
	SEAL_WINDOW  = 128, /* packets that may come too late */
	SEAL_TRAILER = 14,  /* longest that seal_*() appends, in [bytes] */
	SEAL_CTL_TAG = 10,  /* of RTCP with either suite (RFC 4568 6.2) */
};

struct seal;

/**
 * Make a context; free with mem_deref()
 *
 * @param sp   Context
 * @param key  Master key and salt; mki_len if its packets carry an MKI, which
 *             is for what comes only
 *
 * @return 0, EINVAL, ENOMEM
 */
int seal_alloc(struct seal **sp, enum media_suite suite,
	       const struct media_key *key);

/** Is it the context of this key?  Takes the same time whatever differs */
bool seal_is(const struct seal *s, enum media_suite suite,
	     const struct media_key *key);

/**
 * The key that came before: a source may carry its rollover counter on or
 * begin with 0 again, and both is understood (RFC 3711 3.3.1, RFC 4568 7.1).
 * Of a source that was silent under it the one before that counts
 */
void seal_succeed(struct seal *s, const struct seal *old);

/**
 * Protect an RTP packet
 *
 * @param out  Where it goes, with room for len + SEAL_TRAILER; may be `in`
 * @param len  In: of the packet; out: of the protected one
 *
 * @return DROP_NONE; DROP_SHORT; DROP_SRTP_REPLAY: this number was given out
 *         (two payloads under one number could be read); DROP_SRTP_SPENT: the
 *         key has been used for 2^48 packets
 */
enum media_drop seal_rtp(struct seal *s, uint8_t *out, const uint8_t *in,
			 size_t *len);

/** Protect an RTCP packet; as seal_rtp(), 2^31 packets */
enum media_drop seal_rtcp(struct seal *s, uint8_t *out, const uint8_t *in,
			  size_t *len);

/**
 * Check an RTP packet and decrypt it where it lies
 *
 * @param len  In: as it came; out: of the RTP packet in it
 *
 * @return DROP_NONE; DROP_SHORT, DROP_VERSION, DROP_SRTP_REPLAY,
 *         DROP_SRTP_TAG.  Then neither the buffer nor the context changed
 */
enum media_drop unseal_rtp(struct seal *s, uint8_t *buf, size_t *len);

/** Check an RTCP packet and decrypt it; DROP_RTCP_BAD, DROP_SRTCP_REPLAY,
 *  DROP_SRTCP_TAG.  One that is not encrypted is not taken either */
enum media_drop unseal_rtcp(struct seal *s, uint8_t *buf, size_t *len);

/** Highest index (rollover counter, sequence number) of a source; false if
 *  nothing of it passed yet */
bool seal_index(const struct seal *s, uint32_t ssrc, uint64_t *index);

#endif
