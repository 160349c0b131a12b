/**
 * @file b2bua/call_events.c  What legs report, and what the call does then
 *
 *   the caller    its end ends the plan (h runs); digits go to the fork, to
 *                 the application or into the buffer
 *   a fork's leg  the fork decides (fork.c)
 *   any other     is on its way out, a lost leg or one left by a transfer, or
 *                 waits how a transfer goes (xfer.c)
 *
 * Re-offers and digits of two legs that talk are bridge.c's.
 */
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "b2bua/fork.h"
#include "b2bua/transfer.h"


struct leg *call_partner(const struct call *call, const struct leg *leg)
{
	if (!call || !leg || !call->bridged)
		return NULL;
	if (leg == call->caller)
		return call->bridged;

	return leg == call->bridged ? call->caller : NULL;
}


static void caller_left(struct call *call, const struct leg_event *ev)
{
	uint8_t cause = ev->cause ? ev->cause : CAUSE_NORMAL;

	if (call->ending || call->hangup_run)
		return;

	call_info(call, "caller left: %s%s%s", cause_text(cause),
		  ev->reason ? ", " : "", ev->reason ? ev->reason : "");
	if (call->consult && consult_left(call))
		return;
	if (call->fork)
		fork_caller_leaves(call->fork);

	cdr_end(call, ev->dead ? "tandem" : "caller", cause);
	exec_leave(call, cause);
}


static void caller_digit(struct call *call, struct leg *leg,
			 const struct leg_event *ev)
{
	if (call->consult && consult_digit(call, ev))
		return;
	if (call->fork && fork_caller_digit(call->fork, ev))
		return;

	if (call->bridged)
		bridge_digit(call, leg, ev);
	else
		call_digit(call, ev->digit);
}


static void caller_event(struct call *call, struct leg *leg,
			 const struct leg_event *ev)
{
	switch (ev->type) {

	case LEG_EV_FAILED:
	case LEG_EV_HANGUP:
	case LEG_EV_CANCELLED:
		caller_left(call, ev);
		break;

	case LEG_EV_REOFFER:
		bridge_reoffer(call, leg, ev);
		break;

	case LEG_EV_MODIFIED:
		bridge_modified(call, leg, ev);
		break;

	case LEG_EV_IDENTITY:
		bridge_identity(call, leg);
		break;

	case LEG_EV_CHANGED:
		bridge_changed(call, leg);
		break;

	case LEG_EV_DTMF:
		caller_digit(call, leg, ev);
		break;

	case LEG_EV_MEDIA:
		if (ev->ev)
			call_media_event(call, ev->ev);
		if (call->fork)
			xfer_said(fork_away(call->fork), ev->ev);
		break;

	case LEG_EV_GONE:
		caller_left(call, ev);
		call->caller = NULL;
		break;

	case LEG_EV_CONFIRMED:
		bridge_confirmed(call, leg);
		break;

	case LEG_EV_TRYING:
	case LEG_EV_RINGING:
	case LEG_EV_PROGRESS:
	case LEG_EV_ANSWERED:
	default:
		break;
	}
}


/* A leg that no fork knows any more */
static void other_event(struct call *call, struct leg *leg,
			const struct leg_event *ev)
{
	switch (ev->type) {

	case LEG_EV_ANSWERED: /* crossed our CANCEL */
		leg_hangup(leg, CAUSE_ELSEWHERE, cause_text(CAUSE_ELSEWHERE));
		break;

	case LEG_EV_REOFFER:
		if (call->xfer)
			xfer_leg_event(call, leg, ev);
		(void)leg_refuse_reoffer(leg, 488); /* else it is ending */
		break;

	case LEG_EV_MEDIA:
		if (call->xfer)
			xfer_leg_event(call, leg, ev);
		break;

	case LEG_EV_TRYING:
	case LEG_EV_RINGING:
	case LEG_EV_PROGRESS:
	case LEG_EV_CONFIRMED:
	case LEG_EV_FAILED:
	case LEG_EV_HANGUP:
	case LEG_EV_CANCELLED:
	case LEG_EV_MODIFIED:
	case LEG_EV_IDENTITY:
	case LEG_EV_CHANGED:
	case LEG_EV_DTMF:
	case LEG_EV_GONE:
	default:
		break;
	}
}


void call_leg_event(struct call *call, struct leg *leg,
		    const struct leg_event *ev)
{
	if (!call || !leg || !ev)
		return;

	/* of whatever leg: it may have come from another call */
	if (ev->type == LEG_EV_MEDIA && ev->ev &&
	    (ev->ev->ev == MEDIA_EV_REC_DONE ||
	     ev->ev->ev == MEDIA_EV_REC_REFUSED))
		call_rec_event(call, ev->ev);
	else if (leg == call->caller)
		caller_event(call, leg, ev);
	else if (!call->fork || !fork_leg_event(call->fork, leg, ev))
		other_event(call, leg, ev);

	if (ev->type != LEG_EV_GONE)
		return;

	if (leg == call->bridged)
		call_unbridge(call);
	call_reap(call);
}
