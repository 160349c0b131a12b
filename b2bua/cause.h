/**
 * @file b2bua/cause.h  One place that maps errors, SIP status and Q.850 cause
 *
 * Pure.
 */
#ifndef TANDEM_B2BUA_CAUSE_H
#define TANDEM_B2BUA_CAUSE_H

#include "base/compat.h"

enum {
	CAUSE_UNALLOCATED = 1,
	CAUSE_NO_ROUTE = 3,
	CAUSE_NORMAL = 16,
	CAUSE_BUSY = 17,
	CAUSE_NO_RESPONSE = 18,
	CAUSE_NO_ANSWER = 19,
	CAUSE_ABSENT = 20,
	CAUSE_REJECTED = 21,
	CAUSE_ELSEWHERE = 26,
	CAUSE_DEST_OUT_OF_ORDER = 27,
	CAUSE_INVALID_NUMBER = 28,
	CAUSE_CONGESTION = 34,
	CAUSE_FAILURE = 38,
	CAUSE_TEMPORARY = 41,
	CAUSE_NOT_CHANNEL = 44,
	CAUSE_BEARER = 58,
	CAUSE_TIMER = 102,
	CAUSE_INTERWORKING = 127,
};

/** Q.850 cause of a final SIP status (chan_sip's table) */
uint8_t cause_from_sip(uint16_t scode);

/** SIP status for an unanswered incoming leg that ends with this cause */
uint16_t cause_to_sip(uint8_t cause);

/** SIP status for an errno */
uint16_t cause_sip_from_err(int err);

/** "Normal Clearing" */
const char *cause_text(uint8_t cause);

/** Number or Asterisk's word ("BUSY", "NORMAL_CLEARING"); 0 if neither */
uint8_t cause_decode(const struct pl *pl);

/** Cause of a Reason header value (Q.850;cause=n or SIP;cause=n); 0 none */
uint8_t cause_from_reason(const struct pl *val);

#endif
