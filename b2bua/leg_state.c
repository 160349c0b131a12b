/**
 * @file b2bua/leg_state.c  The moves of a leg
 *
 * The diagram is in leg.h.  This is the only place that writes leg->state;
 * GONE has no way out.
 */
#include "b2bua/leg_priv.h"
#include "b2bua/call.h"
#include "b2bua/devstate.h"

#define BIT(s) (1u << LEG_##s)

/* clang-format off */
static const unsigned legal[] = {
	[LEG_IDLE]      = BIT(CALLING) | BIT(ENDING),
	[LEG_CALLING]   = BIT(EARLY) | BIT(CONFIRMED) | BIT(ENDING),
	[LEG_EARLY]     = BIT(CONFIRMED) | BIT(ENDING),
	[LEG_CONFIRMED] = BIT(ENDING),
	[LEG_ENDING]    = BIT(GONE),
	[LEG_GONE]      = 0,
};
/* clang-format on */


const char *leg_state_name(enum leg_state st)
{
	static const char *const names[] = {
#define X(s) #s,
		LEG_STATES(X)
#undef X
	};

	return (size_t)st < ARRAY_SIZE(names) ? names[st] : "?";
}


/* What its phone shows: it rings when it has said so, not when we ask it to */
static enum devlamp lamp_of(const struct leg *leg)
{
	switch (leg->state) {

	case LEG_CALLING: return leg->outgoing ? DEVLAMP_OFF : DEVLAMP_INUSE;
	case LEG_EARLY:
		return leg->outgoing ? DEVLAMP_RINGING : DEVLAMP_INUSE;
	case LEG_CONFIRMED:
		return leg_peer_holds(leg) ? DEVLAMP_HOLDS : DEVLAMP_INUSE;
	case LEG_IDLE:
	case LEG_ENDING:
	case LEG_GONE:
	default: return DEVLAMP_OFF;
	}
}


void leg_lamp(struct leg *leg)
{
	enum devlamp was = leg->lamp, now = lamp_of(leg);

	leg->lamp = now;
	devstate_leg(leg->peer->name, was, now);
}


/* Move; EPROTO if the diagram has no such arrow */
int leg_set_state(struct leg *leg, enum leg_state st)
{
	const char *id = leg->call ? leg->call->id : "-";

	if (leg->state == st)
		return 0;

	if (!(legal[leg->state] & (1u << st))) {
		log_error("leg", "call %s leg %u: %s -> %s is not legal", id,
			  leg->id, leg_state_name(leg->state),
			  leg_state_name(st));
		return EPROTO;
	}

	log_debug("leg", "call %s leg %u: %s -> %s", id, leg->id,
		  leg_state_name(leg->state), leg_state_name(st));
	leg->state = st;
	leg_lamp(leg);
	if (st == LEG_GONE)
		list_flush(&leg->groups);

	return 0;
}
