/**
 * @file b2bua/transp.h  The configuration's transports and the SIP layer's
 *
 * Pure.  sip/ must not know config/ and the other way round, so the two lists
 * meet here.  WS and WSS are read by the configuration only.
 */
#ifndef TANDEM_B2BUA_TRANSP_H
#define TANDEM_B2BUA_TRANSP_H

#include "config/config.h"
#include "sip/sip.h"

/** transport= to transport; what is not one of ours, or not said, is UDP */
static inline enum sx_tp transp_to_tp(int transp)
{
	return transp == CONFIG_TCP   ? SX_TCP
	       : transp == CONFIG_TLS ? SX_TLS
				      : SX_UDP;
}

static inline enum config_transp transp_of_tp(enum sx_tp tp)
{
	return tp == SX_TCP ? CONFIG_TCP : tp == SX_TLS ? CONFIG_TLS
							: CONFIG_UDP;
}

/** How requests to a peer leave: the first of its transport= */
static inline enum sx_tp transp_peer_tp(const struct peer *peer)
{
	return transp_to_tp(peer->transportc ? peer->transports[0]
					     : CONFIG_UDP);
}

#endif
