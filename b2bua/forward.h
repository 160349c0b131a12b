/**
 * @file b2bua/forward.h  Forwards of phones that are kept here, and
 *                        do-not-disturb
 *
 * Signalling thread.  They are entries of the database, family forward: key
 * PEER/all, PEER/busy, PEER/noanswer (a number) and PEER/dnd.  So they outlive
 * a restart, and a plan reads and writes them by DB(forward/1001/all).
 *
 * A Dial of the phone itself (SIP/1001, without a number) obeys them unless it
 * has option i; what the plan does before is its own affair.
 */
#ifndef TANDEM_B2BUA_FORWARD_H
#define TANDEM_B2BUA_FORWARD_H

#include "base/compat.h"

struct call;
struct peer;

/* clang-format off */
#define FORWARD_KINDS(X)                                                      \
	X(ALL,      "all")                                                    \
	X(BUSY,     "busy")                                                   \
	X(NOANSWER, "noanswer") /* also: not registered */
/* clang-format on */

enum forward_kind {
#define X(k, word) FORWARD_##k,
	FORWARD_KINDS(X)
#undef X
	FORWARD_KINDC
};

enum {
	FORWARD_NUMBER_MAX = 64, /* longest number [bytes] */
};

/** "all", "busy", "noanswer" */
const char *forward_word(enum forward_kind kind);

/** Where the phone's calls go; NULL: nowhere else.  Valid until the next
 *  change of the database */
const char *forward_to(const char *peer, enum forward_kind kind);
bool forward_dnd(const char *peer);

/**
 * Keep a forward, or forget it
 *
 * The lamp Custom:CF<peer> is lit while there is one.
 *
 * @param number  NULL: forget.  Digits, '*', '#', '+', letters
 *
 * @return 0, EINVAL no number, or the phone's own name, ENOBUFS
 */
int forward_set(const char *peer, enum forward_kind kind, const char *number);

/** Do not disturb; lamp Custom:DND<peer> */
int forward_set_dnd(const char *peer, bool on);

/** Called for each forward that is kept: word is a kind's or "dnd" */
typedef void(forward_h)(const char *peer, const char *word,
			const char *number, void *arg);
size_t forward_each(forward_h *h, void *arg);

#endif
