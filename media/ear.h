/**
 * @file media/ear.h  What a party says, into a pipe: for a program that
 *                    listens (EAGI)
 *
 * Media thread, but for ear_alloc() (signalling thread, which then gives it
 * away).  Samples of 16 bits at 8 kHz in the machine's order, as they come: no
 * packet is no sample.  A program that does not read misses some.
 */
#ifndef TANDEM_MEDIA_EAR_H
#define TANDEM_MEDIA_EAR_H

#include "media/stream.h"

struct ear;

/** Takes the descriptor over, which must not block */
int ear_alloc(struct ear **ep, int fd);

/** What came from the peer */
void ear_rx(struct ear *ear, enum codec codec, const struct pkt *pkt);

#endif
