/**
 * @file sip/sane.h  Validity of a request before any state is made
 *
 * Pure.  RFC 3261 8.2, RFC 4475: what can't be served is answered stateless
 * with a status that says why; nothing that deserves an answer stays silent.
 */
#ifndef TANDEM_SIP_SANE_H
#define TANDEM_SIP_SANE_H

#include "sip/msg.h"

/** Values of Allow, Supported and Accept: what we really do.  A Require with
 *  another tag is answered 420 */
#define SX_ALLOW                                                             \
	"INVITE, ACK, BYE, CANCEL, REGISTER, OPTIONS, INFO, UPDATE, PRACK, " \
	"REFER, NOTIFY, SUBSCRIBE, MESSAGE"
#define SX_SUPPORTED "100rel, replaces, timer"
#define SX_ACCEPT    "application/sdp"

/** What is wrong: scode 0 if nothing */
struct sx_verdict {
	uint16_t scode;     /* 400 405 406 413 414 415 416 420 483 501 505 513 */
	const char *reason; /* phrase of the status line */
	bool drop;          /* no answer: a response, an ACK, no Via to answer
			       to.  Count and drop; scode says why */
	char hdr[512];      /* lines that explain, each with its CRLF:
			       Unsupported, Allow ... */
};

/** Check a request or response */
void sx_sane(struct sx_verdict *v, const struct sx_msg *msg);

#endif
