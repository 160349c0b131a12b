/**
 * @file sip/rport.h  Answer to the source port though nobody asked for it
 *
 * Signalling thread.  RFC 3581 lets a client ask for its answers at the port
 * that it sent from; phones behind a NAT that do not ask need it all the same
 * (nat=force_rport).  Who is treated so is the configuration's business.
 */
#ifndef TANDEM_SIP_RPORT_H
#define TANDEM_SIP_RPORT_H

#include "sip/sip.h"

/** True: responses to this request go to the port it came from, as if its Via
 *  had rport.  Asked once for each request over UDP without rport */
typedef bool(sx_rport_h)(const struct sx_msg *msg, void *arg);

void sx_set_rport(struct sx *sx, sx_rport_h *h);

#endif
