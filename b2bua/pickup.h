/**
 * @file b2bua/pickup.h  Somebody answers what rings at another phone
 *
 * Signalling thread.  What rings is a leg that a Dial, a queue or a Local/
 * plan races with; it stays unanswered, and is cancelled with "Call completed
 * elsewhere" when the one who picks up has won.
 */
#ifndef TANDEM_B2BUA_PICKUP_H
#define TANDEM_B2BUA_PICKUP_H

#include "b2bua/call.h"

/** Do pickupgroup= (or namedpickupgroup=) of one and callgroup= of the other
 *  have a group in common? */
bool pickup_groups_meet(const struct peer *who, const struct peer *whose);

/** What rings longest in the groups of a peer; NULL if nothing does.  Linear
 *  in the calls, as are the others */
struct leg *pickup_group(const struct peer *who);

/**
 * What rings longest at an extension
 *
 * The extension is the one that the caller has dialled or that its plan is at,
 * in this context; or its hint names the phone that rings.
 *
 * @param but  Call that is not looked at (one's own); may be NULL
 */
struct leg *pickup_exten(const char *context, const char *exten,
			 const struct call *but);

/** What rings for a call whose variable PICKUPMARK has this value */
struct leg *pickup_mark(const char *mark, const struct call *but);

/** What rings at a channel: "SIP/1001-0000002a", "SIP/1001"; begin: any whose
 *  name begins so */
struct leg *pickup_channel(const char *name, bool begin,
			   const struct call *but);

/**
 * A leg of another call takes what rings: it is answered, moves there and wins
 *
 * @return 0, ENOTCONN if it does not ring any more, EINVAL, or what
 *         leg_answer() says
 */
int pickup_take(struct leg *leg, struct leg *rings);

/**
 * The caller of a call takes what rings
 *
 * He is answered and becomes a leg of the other call; his own ends (extension
 * h runs), without a record if it had not been answered before.
 *
 * @return As pickup_take()
 */
int call_pickup(struct call *call, struct leg *rings);

/** Is it the number of pickupexten=, for a peer?  What the plan has under the
 *  very name wins */
bool pickup_is_exten(const struct peer *peer, const char *context,
		     const char *exten);

/** A new call dialled it: answered or refused here.  No plan runs */
void pickup_invite(struct call *call, struct leg *leg);

#endif
