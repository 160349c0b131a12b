/**
 * @file b2bua/fraud.h  What a call through a trunk may cost
 *
 * Signalling thread.  Asked before a number goes out through a trunk (a peer
 * with a static host); told when it did, to count the minutes.
 *
 * Who pays is the phone that calls, or the one that forwarded or transferred
 * the call.  A guest pays nothing, and so never gets out.
 */
#ifndef TANDEM_B2BUA_FRAUD_H
#define TANDEM_B2BUA_FRAUD_H

#include "config/config.h"
#include "config/country.h"

struct call;
struct leg;

/* clang-format off */
#define FRAUD_REASONS(X)                                                      \
	X(OK,      "")                                                        \
	X(GUEST,   "a guest's call does not leave through a trunk")           \
	X(ABROAD,  "calls abroad need international=yes")                     \
	X(PREMIUM, "premium numbers need premium=yes")                        \
	X(ODD,     "this is no phone number, international=yes lets it pass") \
	X(RATE,    "maxcallsperminute is reached")                            \
	X(MINUTES, "maxminutesperday is reached")
/* clang-format on */

enum fraud_reason {
#define X(r, text) FRAUD_##r,
	FRAUD_REASONS(X)
#undef X
};

struct fraud_req {
	const struct config *cfg;
	const struct peer *payer; /* NULL: a guest */
	const char *number;       /* as it goes out */
	size_t own;               /* so many bytes at its begin are the
				     plan's own, the others were dialled */
	const char *trunk;
	const struct country *country; /* the trunk's; NULL not known */
	const char *call_id;      /* for the log */
	uint32_t call;            /* one call may try several trunks */
};

int fraud_init(void);
void fraud_close(void);

/** May it go out?  Counts the call if it may */
enum fraud_reason fraud_check(const struct fraud_req *req);

/** It went out as this leg: its minutes count if it is abroad or premium and
 *  the payer has a limit of them */
void fraud_placed(const struct fraud_req *req, uint32_t leg);

const char *fraud_text(enum fraud_reason r);

/** What a number is for this configuration; numbers that the plan says in
 *  full, or whose country it says, are the administrator's choice */
enum number_kind fraud_kind(const struct fraud_req *req);

/** Seconds abroad and premium of a phone today */
uint32_t fraud_used_s(const char *peer);

/** From now on `by` pays for what the call's plan dials: it has sent the call
 *  there.  A leg that is nobody's we know changes nothing */
void fraud_pays(struct call *call, const struct leg *by);

#endif
