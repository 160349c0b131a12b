/**
 * @file sip/sane.h  Validity of a request before any state is made
 *
 * Pure.  RFC 3261 8.2, RFC 4475: what can't be served is answered stateless
 * with a status that says why; nothing that deserves an answer stays silent.
 */
#ifndef TANDEM_SIP_SANE_H
#define TANDEM_SIP_SANE_H

#include "sip/msg.h"

/** What is wrong: scode 0 if nothing */
struct sx_verdict {
	uint16_t scode;     /* 400 405 413 414 415 416 420 483 501 505 406 */
	const char *reason; /* phrase of the status line */
	bool drop;          /* response or ACK: count and drop */
	char hdr[512];      /* headers that explain: Unsupported, Allow ... */
};

/** Check a request or response */
void sx_sane(struct sx_verdict *v, const struct sx_msg *msg);

#endif
