/**
 * @file b2bua/transfer.h  One party of a call is exchanged for another
 *
 * Signalling thread.
 *
 *   refer.c      REFER of a phone (RFC 3515): who may, where to, the NOTIFYs
 *   replaces.c   INVITE with Replaces (RFC 3891): takeover and pickup
 *   transfer.c   what both do with calls and legs that talk
 *   xfer.c       a party that is sent to an extension (blind)
 */
#ifndef TANDEM_B2BUA_TRANSFER_H
#define TANDEM_B2BUA_TRANSFER_H

#include "b2bua/keys.h"

/* --- refer.c ------------------------------------------------------------- */

/** REFER in a leg's dialog; answers it */
void leg_rx_refer(struct leg *leg, struct sx_strans *st,
		  const struct sx_msg *msg);

/** SUBSCRIBE in a leg's dialog (RFC 3515 2.4.4); answers it */
void leg_rx_subscribe(struct leg *leg, struct sx_strans *st,
		      const struct sx_msg *msg);

/** The leg ends: its transfer goes on without it */
void leg_refer_gone(struct leg *leg);

/* --- replaces.c ---------------------------------------------------------- */

/** What Replaces names, unescaped */
struct replaces {
	char callid[256], to_tag[256], from_tag[256];
	bool early_only;
};

/** Take a Replaces value apart; `escaped`: it stands in a URI's headers.
 *  EBADMSG if malformed */
int replaces_decode(struct replaces *r, const struct pl *val, bool escaped);

/** The leg that it names, NULL if none.  Phones mix up the two tags, so both
 *  ways are tried; both must fit */
struct leg *replaces_find(const struct replaces *r);

/** May this peer answer what rings at that one: their groups meet, or there
 *  are none and the context is the same */
bool replaces_may_pickup(const struct peer *who, const struct peer *whose);

/**
 * An INVITE with Replaces from a known peer: answers it
 *
 * @param call  New call with the caller's facts filled in; it ends here if the
 *              leg goes elsewhere or the request is refused
 */
void replaces_invite(struct call *call, struct sx_strans *st,
		     const struct sx_msg *msg, const struct peer *peer);

/* --- transfer.c, xfer.c ---------------------------------------------------------- */

/**
 * The leg takes the place of another one, which is hung up
 *
 * In a talk the partner stays and hears the new one.  A caller without a
 * partner: the step of the plan begins again with the new caller.
 *
 * @param leg  Answered leg of a call that has no other use for it
 * @param hold How it was held so far; NULL not at all
 *
 * @return 0, ENOTCONN if the old one has no place to take, ENOMEM
 */
int call_swap(struct call *call, struct leg *old, struct leg *leg,
	      const struct call_hold *hold);

/**
 * A leg that talks or runs a plan leaves its call for another one, which goes
 * on without it as if it had hung up
 *
 * @param hold How it was held until now
 */
int call_give(struct leg *leg, struct call *to, struct call_hold *hold);

/** Another leg is the caller now: what the plan dials is still the doing of the
 *  old one, and what was recorded of it goes on */
void call_inherits(struct call *call, const struct leg *old);

/** call_give() and call_swap(): a leg of another call takes this place.  Is the
 *  plan's step to begin again, it does so with the identity of the new one */
int call_put(struct call *call, struct leg *old, struct leg *leg);

/** Who a leg is to the others of its call */
void call_identity(struct leg_identity *id, const struct leg *leg);
void call_set_identity(struct call *call, const struct leg_identity *id);

/** True if the leg has a place in its call that another one can take */
bool call_has_place(const struct call *call, const struct leg *leg);

/**
 * Attended transfer: who talks to `a` and who talks to `b` talk to each other
 *
 * Both are legs of the one who transfers; they are hung up.  One of them may
 * be with an application, or hear a Dial ring, instead of a partner.
 *
 * @return 0, ENOTCONN if neither has a partner, EINVAL, ENOMEM
 */
int call_attended(struct leg *a, struct leg *b);

/** 0 if call_attended() would try */
int call_attended_check(const struct leg *a, const struct leg *b);

/** How a blind transfer went: each at most once, DONE or FAILED last */
enum xfer_progress {
	XFER_RINGING,
	XFER_DONE,
	XFER_FAILED, /* the partner is back at the one who transferred */
	XFER_LOST,   /* ... or could not be: it has been hung up */
};
typedef void(xfer_h)(enum xfer_progress p, uint16_t scode, void *arg);

/**
 * Send the partner of a leg to an extension
 *
 * It runs the plan there.  Until somebody or something takes it, the one who
 * transferred stays on the line and gets it back if nobody does.
 *
 * @param setup Called with the call that will run the plan, before it does
 *              (variables); may be NULL
 * @param arg   Refcounted: it is kept until the transfer is over
 *
 * @return 0, ENOTCONN without a partner, ENOENT no such extension
 */
int xfer_start(struct leg *by, const char *context, const char *exten,
	       void (*setup)(struct call *call, void *arg), xfer_h *h,
	       void *arg);

/** Who has sent the call's caller here; NULL if that is over, or was not */
struct leg *xfer_by(const struct call *call);

/**
 * Say something to the one who transfers before it is let go
 *
 * For a step that takes the party for good (Park).  It is said once the step
 * waits; then the transfer is done.
 *
 * @return True if somebody is there to hear it
 */
bool xfer_say(struct call *call, const char *files);

/** Context that the leg's transfers are looked up in */
const char *xfer_context(const struct leg *by);

/* --- consult.c: one side of a talk is away for a while ------------------- */

/**
 * A side of a talk runs the plan at an extension and may connect the other one
 * with whom it finds there (keys atxfer*, or hanging up)
 *
 * @return 0, ENOMEM.  It may be over already
 */
int consult_start(struct fork *f, bool caller, const char *context,
		  const char *exten);

/** A side runs a feature's application, and comes back */
void consult_app(struct fork *f, bool caller, const struct feature_app *app);

/** What the one who is away may press; nothing for NULL */
struct key_set;
void consult_keys(struct key_set *set, const struct consult *c);
void consult_key(struct consult *c, enum key_action action);
bool consult_is_by(const struct consult *c, const struct leg *leg);

/* what the call with call->consult reports */
bool consult_digit(struct call *ask, const struct leg_event *ev);
bool consult_keeps(const struct call *ask);  /* digits of its caller */
bool consult_failed(struct call *ask);       /* true: he is back */
void consult_joined(struct call *ask);       /* talks to somebody */
void consult_waits(struct call *ask, const char *app);
void consult_hangup(struct call *ask);       /* its step wants the end */
bool consult_left(struct call *ask);         /* he hangs up; true: another
						one has taken his place */
void consult_over(struct call *ask);         /* the call ends */
void consult_swapped(struct consult *c, const struct leg *old,
		     struct leg *leg);       /* he is another leg now */

/* what the fork that waits reports */
void consult_home_gone(struct consult *c, const struct fork *f);
void consult_home_left(struct consult *c, const struct leg *leg);

/* what a call with call->xfer reports */
void xfer_ringing(struct call *call);
void xfer_joined(struct call *call);          /* talks to somebody */
void xfer_waits(struct call *call, const char *app); /* a step that waits */
bool xfer_failed(struct call *call, uint8_t cause); /* true: taken back */
void xfer_leg_event(struct call *call, struct leg *leg,
		    const struct leg_event *ev);
void xfer_said(struct xfer *x, const struct media_report *ev); /* `by` heard */
void xfer_over(struct call *call);            /* its caller has gone */
void xfer_home_gone(struct xfer *x);          /* nowhere to come back to */

#endif
