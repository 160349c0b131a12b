/**
 * @file media/rtp.c  RTP headers
 *
 * Every length is checked against what remains of the packet before it is
 * used.  A relayed packet loses its CSRC list, extension and padding: none of
 * them was agreed with the other side, and the payload can then stay where it
 * is in the buffer while a plain header is written in front of it.
 */
#include "media/rtp.h"


enum {
	PKT_V2   = 2,
	PAD_BIT   = 0x20,
	EXT_BIT   = 0x10,
	CC_MASK   = 0x0f,
	MARK_BIT  = 0x80,
	EXT_HDR   = 4,
};


/* Bytes before the payload; 0 if they do not fit */
static size_t header_size(const uint8_t *buf, size_t len)
{
	size_t n = PKT_HDR + 4u * (buf[0] & CC_MASK);

	if (buf[0] & EXT_BIT) {
		if (len < n + EXT_HDR)
			return 0;

		n += EXT_HDR + 4u * get_be16(&buf[n + 2]);
	}

	return n <= len ? n : 0;
}


enum media_drop pkt_decode(struct pkt *pkt, uint8_t *buf, size_t len)
{
	size_t hlen, pad = 0;

	if (len < PKT_HDR)
		return DROP_SHORT;

	if (len > PKT_MAX)
		return DROP_OVERSIZE;

	if (buf[0] >> 6 != PKT_V2)
		return DROP_VERSION;

	hlen = header_size(buf, len);
	if (!hlen)
		return DROP_SHORT;

	if (buf[0] & PAD_BIT) {
		pad = buf[len - 1];
		if (!pad || pad > len - hlen)
			return DROP_PADDING;
	}

	pkt->marker  = buf[1] & MARK_BIT;
	pkt->pt      = buf[1] & PKT_PT_MAX;
	pkt->seq     = get_be16(&buf[2]);
	pkt->ts      = get_be32(&buf[4]);
	pkt->ssrc    = get_be32(&buf[8]);
	pkt->payload = buf + hlen;
	pkt->plen    = len - hlen - pad;

	return DROP_NONE;
}


uint8_t *pkt_encode(const struct pkt *pkt)
{
	uint8_t *p = pkt->payload - PKT_HDR;

	p[0] = PKT_V2 << 6;
	p[1] = (uint8_t)(pkt->pt | (pkt->marker ? MARK_BIT : 0));
	put_be16(p + 2, pkt->seq);
	put_be32(p + 4, pkt->ts);
	put_be32(p + 8, pkt->ssrc);

	return p;
}
