/**
 * @file media/ear.h  Listening to a party: for a program (EAGI), which gets
 *                    it through a pipe; or for when it talks
 *
 * Media thread, but for ear_alloc() (signalling thread, which then gives it
 * away).  Samples of 16 bits at 8 kHz in the machine's order, as they come: no
 * packet is no sample.  A program that does not read misses some.
 */
#ifndef TANDEM_MEDIA_EAR_H
#define TANDEM_MEDIA_EAR_H

#include "media/stream.h"

struct ear;

/** Takes the descriptor over, which must not block; -1 none.  prm NULL: not
 *  asked when it talks */
int ear_alloc(struct ear **ep, int fd, const struct media_listen *prm);

/** What came from the peer of s; NULL is no ear */
void ear_rx(const struct stream *s, struct ear *ear, enum codec codec,
	    const struct pkt *pkt);

#endif
