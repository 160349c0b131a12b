/**
 * @file media/port.h  Pairs of UDP ports for RTP and RTCP
 *
 * Signalling thread.  Pairs are drawn at random from the whole range, so that
 * nobody can guess the ports of the next call, and rest after use, so that
 * late packets of one call do not reach another (RFC 3550 11: RTP even, RTCP
 * the odd one above).
 */
#ifndef TANDEM_MEDIA_PORT_H
#define TANDEM_MEDIA_PORT_H

#include "base/compat.h"

struct ports;

/** Two bound, non-blocking sockets */
struct port_pair {
	uint16_t port; /* of RTP, even; 0: none */
	uint32_t gen;  /* of the range that it was drawn from */
	int rtp;
	int rtcp;
};

/** Free with mem_deref() */
int ports_alloc(struct ports **pp);

/** Set the range and the rest in [ms]; pairs in use stay valid.  EINVAL if
 *  there is no pair in min..max */
int ports_range(struct ports *p, uint16_t min, uint16_t max, uint32_t rest_ms);

/**
 * Draw a pair and bind it
 *
 * @param laddr  Local address; an IPv6 one is bound for IPv6 only
 * @param tos    IP TOS byte, 0 none
 *
 * @return 0, EMFILE if no pair is free or we have no descriptors left, or
 *         what bind() says of the address (EADDRNOTAVAIL ...)
 */
int ports_open(struct ports *p, struct port_pair *pair, const struct sa *laddr,
	       uint8_t tos, uint64_t now_us);

/** Give a pair back; its sockets have been closed already */
void ports_rest(struct ports *p, const struct port_pair *pair,
		uint64_t now_us);

/** Close the sockets of a pair (any thread) */
void port_pair_close(struct port_pair *pair);

/**
 * Open another socket on the RTP port of a pair, connected to a peer (any
 * thread)
 *
 * The kernel gives it what comes from there, and the pair's socket the rest.
 * A packet that is sent by it costs no search for a route.
 *
 * @return 0, EMFILE when descriptors are getting scarce: they are needed for
 *         calls, and this is none
 */
int port_connect(int *fdp, const struct port_pair *pair,
		 const struct sa *peer);

/** Pairs that can be drawn now */
size_t ports_free(struct ports *p, uint64_t now_us);

#endif
