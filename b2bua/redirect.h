/**
 * @file b2bua/redirect.h  Who sent a call elsewhere, and why
 *
 * Signalling thread.  A call that nobody forwarded has none (NULL).  What is
 * known comes from Diversion (RFC 5806) or History-Info (RFC 7044) of the
 * caller's INVITE, from a phone's 302, from a forward that is kept here, or
 * from the plan (REDIRECTING()), and goes out with the next leg.
 *
 * Reasons are RFC 5806's words; Asterisk's (cfb, cfnr ...) are understood.
 */
#ifndef TANDEM_B2BUA_REDIRECT_H
#define TANDEM_B2BUA_REDIRECT_H

#include "base/compat.h"

struct call;
struct sx_msg;

enum {
	REDIRECTS_MAX = 10, /* a call that was forwarded so often goes nowhere
			       else */
};

struct redirect {
	char from[128];      /* number of the last who forwarded it */
	char from_name[128];
	char why[24];        /* "user-busy"; "" not said */
	char orig[128];      /* the first one, if there were several; else "" */
	char orig_why[24];
	uint32_t count;      /* how often it was forwarded */
	bool unproven;       /* a phone says so that is not trusted
				(trustrpid=): lines are not told */
};

/** The call's; NULL none */
const struct redirect *redirect_of(const struct call *call);

/** ... made if there is none yet; NULL if out of memory */
struct redirect *redirect_get(struct call *call);

/** Number of the last who forwarded it, "" none */
const char *redirect_from(const struct call *call);

/** The number of the last one, by the plan; "" forgets all of it */
void redirect_set_from(struct call *call, const char *number);

/** The call gets a copy; NULL: it has none any more */
int redirect_copy(struct call *to, const struct redirect *from);

/** A copy of `from` (NULL: of nothing) that was forwarded once more
 *
 * @param number  Of who did it
 * @param why     A word of RFC 5806; NULL: unconditional
 */
int redirect_next(struct redirect **rp, const struct redirect *from,
		  const char *number, const char *why);

/** RFC 5806's word for a word of Asterisk or of a peer; NULL if it is no
 *  token */
const char *redirect_reason(char *buf, size_t n, const struct pl *word);

/** Asterisk's word for one of RFC 5806: "cfb" */
const char *redirect_reason_old(const char *why);

/** Status that History-Info gives a reason (RFC 4458): 302, 486, 408 ... */
uint16_t redirect_cause(const char *why);

/** Take what an INVITE says: Diversion, else History-Info */
int redirect_decode(struct call *call, const struct sx_msg *msg);

/** Reason that the Diversion of a 3xx gives; NULL none */
const char *redirect_decode_reason(char *buf, size_t n,
				   const struct sx_msg *msg);

#endif
