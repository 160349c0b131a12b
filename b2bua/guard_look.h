/**
 * @file b2bua/guard_look.h  A first look at a message, before it is parsed
 *
 * Pure, any thread.  One pass over the head, at most GUARD_LOOK_MAX bytes,
 * nothing copied.  It only decides how much attention a message gets: where
 * its opinion differs from the parser's nobody wins anything, since what opens
 * doors (a branch, a dialog, a nonce) cannot be made up.
 */
#ifndef TANDEM_B2BUA_GUARD_LOOK_H
#define TANDEM_B2BUA_GUARD_LOOK_H

#include "base/compat.h"

enum { GUARD_LOOK_MAX = 8192 };

/** Parts are empty if not there */
struct guard_look {
	bool sip;            /* the first line is SIP's */
	bool response;
	struct pl met;       /* request */
	struct pl branch;    /* of the topmost Via */
	struct pl callid;
	struct pl ftag, ttag;
	struct pl from_user, to_user;
	struct pl agent;     /* User-Agent, Server of a response */
	struct pl auth_user, auth_realm, auth_nonce; /* Authorization */
};

void guard_look(struct guard_look *l, const void *p, size_t n);

/** True if a text has one of the words of a comma list in it, case ignored */
bool guard_has_word(const struct pl *text, const char *words);

#endif
