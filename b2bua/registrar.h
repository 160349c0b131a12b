/**
 * @file b2bua/registrar.h  REGISTER of phones (RFC 3261 10.3)
 *
 * Signalling thread.
 */
#ifndef TANDEM_B2BUA_REGISTRAR_H
#define TANDEM_B2BUA_REGISTRAR_H

#include "sip/sip.h"

/** Serve a REGISTER; always answers */
void registrar_request(struct sx_strans *st, const struct sx_msg *msg);

#endif
