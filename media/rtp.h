/**
 * @file media/rtp.h  RTP headers (RFC 3550 5.1)
 *
 * Any thread; nothing allocates.  Names begin with pkt_ because libre owns
 * rtp_.
 */
#ifndef TANDEM_MEDIA_RTP_H
#define TANDEM_MEDIA_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "media/msg.h"

enum {
	PKT_HDR     = 12,   /* header without CSRC and extension */
	PKT_MAX     = 1600, /* longest packet taken, in [bytes] */
	PKT_PT_MAX  = 127,
	PKT_PT_CN   = 13,   /* RFC 3389, static */
};

/** A packet in the buffer that it was decoded from */
struct pkt {
	uint32_t ts;
	uint32_t ssrc;
	uint16_t seq;
	uint8_t pt;
	bool marker;
	uint8_t *payload; /* at least PKT_HDR bytes into the buffer */
	size_t plen;      /* without padding */
};

/**
 * Decode a packet; CSRC list, header extension and padding are stepped over
 *
 * @return DROP_NONE, or why it is no RTP: DROP_SHORT, DROP_VERSION,
 *         DROP_PADDING, DROP_OVERSIZE.  Not counted here
 */
enum media_drop pkt_decode(struct pkt *pkt, uint8_t *buf, size_t len);

/** Write a header of PKT_HDR bytes before the payload, where there must be
 *  room.  Returns where the packet begins; its length is PKT_HDR + plen */
uint8_t *pkt_encode(const struct pkt *pkt);

/** a - b modulo 2^16 and 2^32, negative if a is the older one */
static inline int16_t seq_diff(uint16_t a, uint16_t b)
{
	return (int16_t)(uint16_t)(a - b);
}

static inline int32_t ts_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static inline uint16_t get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void put_be32(uint8_t *p, uint32_t v)
{
	put_be16(p, (uint16_t)(v >> 16));
	put_be16(p + 2, (uint16_t)v);
}

#endif
