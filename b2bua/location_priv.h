/**
 * @file b2bua/location_priv.h  The inside of location, for location_*.c only
 *
 * Signalling thread.
 */
#ifndef TANDEM_B2BUA_LOCATION_PRIV_H
#define TANDEM_B2BUA_LOCATION_PRIV_H

#include "b2bua/location.h"

enum { RECEIVED_SIZE = 80 };

/** How a REGISTER found the phone: what changed since the one before */
struct bind_change {
	struct sx_target was; /* conn: a reference, the caller's to drop */
	struct bound how;
};

/* location.c */

/** Tell all who know callers and lamps by where a peer is */
void location_changed(const char *name);

/**
 * Bind, and tell nobody
 *
 * @param bp     The binding, new or known again
 * @param change Zeroed; filled in for one that is known again, even on errors
 *
 * @return 0; EALREADY for an older REGISTER, ENOMEM
 */
int location_bind_quiet(const struct peer *peer,
			const struct binding_params *prm, struct binding **bp,
			struct bind_change *change);

/** Its dialogs go on where the same phone is now */
void binding_follow(const struct binding *b, const struct bind_change *c);

/* location_target.c */

/** True if both are contacts of one device (RFC 5626: +sip.instance) */
bool binding_same_device(const struct binding *a, const struct binding *b);

/** True if no newer binding of its place is one of the same device */
bool binding_is_newest(const struct binding *b);

/* location_store.c */

/** Write or remove it in the store, and tell who watches; not if passive */
void binding_put(const struct binding *b);
void binding_del(const struct binding *b);

/** A binding as the store has it; borrows from both */
struct store_location binding_row(char received[RECEIVED_SIZE],
				  const struct binding *b);

/** SIP/Registry of DB(), which scripts of the office read */
void registry_put(const struct binding *b);
void registry_del(const struct place *pl); /* not if passive */

/**
 * Bind what a row of the store says
 *
 * @param quiet Nobody is told: there is nobody yet
 *
 * @return True if it is bound now; false for what has expired or may not be
 */
bool location_take(const struct config *cfg, const struct store_location *loc,
		   bool quiet);

/* location_takeover.c */
bool location_is_passive(void);
void location_tell_put(const struct store_location *loc);
void location_tell_del(const struct store_location *loc);

#endif
