/**
 * @file b2bua/health.h  Places that did not answer, left out until they do
 *
 * Signalling thread.  A place is an address with port and transport of a peer
 * with a static host; one name may stand for several (SRV, RFC 3263 4.3).
 * Only those that failed are kept here.
 *
 *           health_failed                    OPTIONS answered
 *   (none) ---------------> AWAY, or ASKED ------------------> RAMP --> (none)
 *                           (Retry-After)                       ramp_s
 *
 * AWAY is asked by OPTIONS, at first every probe_s and then less often up to
 * once a minute; ASKED for the first time when its Retry-After is over.  What
 * comes back gets a few calls at first and then more (RAMP).
 */
#ifndef TANDEM_B2BUA_HEALTH_H
#define TANDEM_B2BUA_HEALTH_H

#include "config/config.h"
#include "sip/sip.h"

enum {
	HEALTH_MAX	   = 1024, /* places kept */
	HEALTH_PROBE_S	   = 10,
	HEALTH_ASK_MAX_S   = 3600, /* longest Retry-After that is honoured */
};

enum health {
	HEALTH_OK,
	HEALTH_RAMP,  /* it is back and has its share for now */
	HEALTH_AWAY,  /* it did not answer */
	HEALTH_ASKED, /* it asked to be left alone (Retry-After) */
};

/** Why a place failed */
struct health_failure {
	const struct peer *peer;  /* whose place it is */
	int err;                  /* ETIMEDOUT, ECONNREFUSED, EPROTO ... */
	uint32_t retry_after_s;   /* with err 0: of its 503 */
	uint32_t probe_s, ramp_s; /* 0 probe: those of its group, else
				     HEALTH_PROBE_S and no ramp */
};

void health_init(void);
void health_close(void);

/** Is it worth an INVITE now?  O(1) */
enum health health_of(const struct sx_target *t);

/** A call goes there: it counts in RAMP */
void health_used(const struct sx_target *t);

/** It did not answer, or said 503 with Retry-After.  A failure of ours (no
 *  memory, no socket) is not the place's and changes nothing */
void health_failed(const struct sx_target *t, const struct health_failure *hf);

/** It answered, whatever it said */
void health_answered(const struct sx_target *t);

/** Told of each place that is kept, for the console */
struct health_row {
	const char *peer;
	const struct sx_target *t;
	enum health state;
	const char *why;      /* "no answer", "Retry-After" ... */
	uint64_t since_s;     /* in this state */
	uint32_t next_s;      /* seconds to the next question */
	uint32_t tries;       /* questions so far */
};
typedef void(health_row_h)(const struct health_row *row, void *arg);
void health_apply(health_row_h *h, void *arg);

const char *health_name(enum health st);

#endif
