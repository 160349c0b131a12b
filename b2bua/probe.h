/**
 * @file b2bua/probe.h  An OPTIONS that asks whether somebody is there
 *
 * Signalling thread.
 */
#ifndef TANDEM_B2BUA_PROBE_H
#define TANDEM_B2BUA_PROBE_H

#include "config/config.h"
#include "sip/sip.h"

/**
 * Ask (RFC 3261 11)
 *
 * @param ctp   Transaction; the caller's reference
 * @param peer  Whom
 * @param t     Where
 * @param ruri  NULL: its host
 */
int probe_send(struct sx_ctrans **ctp, const struct peer *peer,
	       const struct sx_target *t, const char *ruri, sx_response_h *h,
	       void *arg);

#endif
