/**
 * @file b2bua/transfer.c  Legs that talk change places
 *
 * A and B are the two legs of the one who transfers, P talks to A and Q to B
 * (small letters: who runs the plan of the call).
 *
 *   a-P  b-Q    P leaves, and takes the place of b
 *   p-A  b-Q    Q leaves, and takes the place of A; so with p-A q-B
 *   a-P  q-B    P leaves, and takes the place of B
 *   a-P  b      P leaves, and takes the place of b: the step begins again
 *   p-A  b      p goes on in the plan where b's stands
 *
 * Whose plan runs keeps its call: recordings, limits and the record go on.  A
 * leg that leaves ends the call behind it, and so the other one of the two
 * legs is hung up by its own plan.
 */
#include "b2bua/app.h"
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "b2bua/fork.h"
#include "b2bua/fraud.h"
#include "b2bua/transfer.h"

static const struct call_hold no_hold = {
	.want = SDPM_SENDRECV,
	.told = SDPM_SENDRECV,
};


/* ---- a leg leaves ------------------------------------------------------- */

/* Its plan ends, as if it had hung up */
static int caller_leaves(struct call *call, struct call *to)
{
	struct leg *leg = call->caller;

	if (call->xfer)
		xfer_joined(call); /* somebody has it */
	call_unbridge(call);
	leg_set_call(leg, to);
	call->caller = NULL;
	cdr_end(call, "tandem", CAUSE_NORMAL);
	exec_leave(call, CAUSE_NORMAL);

	return 0;
}


int call_give(struct leg *leg, struct call *to, struct call_hold *hold)
{
	struct call *call = leg_call(leg);

	if (!call || !to || call == to || !hold)
		return EINVAL;

	*hold = *bridge_hold(call, leg);
	(void)media_stop_play(leg_media(leg)); /* music, if it was held */

	return leg == call->caller ? caller_leaves(call, to)
				   : fork_leave(call->fork, to, NULL);
}


/* ---- a leg takes a place ------------------------------------------------ */

/* Not answered: 487 says that nothing is wrong with it */
static void dismiss(struct leg *leg)
{
	if (leg_state(leg) >= LEG_ENDING)
		return;
	if (leg_is_answered(leg) || leg_is_outgoing(leg))
		leg_hangup(leg, CAUSE_NORMAL, NULL);
	else
		(void)leg_reject(leg, 487, CAUSE_NORMAL, NULL);
}


/* The application goes on with the new caller */
static bool app_goes_on(struct call *call)
{
	const struct app *app = call->app;

	return app && app->swapped && call->waiting && app->swapped(call);
}


void call_inherits(struct call *call, const struct leg *old)
{
	/* what the plan dials is still the old one's doing */
	if (call->trusted && !call->payer[0])
		fraud_pays(call, old);

	call_recs_follow(call);
}


static int swap_caller(struct call *call, struct leg *leg,
		       const struct call_hold *hold)
{
	struct call_hold other = call->hold_bridged;
	struct leg *with = call->bridged, *old = call->caller;

	call_unbridge(call);
	call_stop_play(call);
	if (leg_call(leg) != call)
		leg_set_call(leg, call);
	call->caller = leg;
	call->hold_caller = *hold;
	call_inherits(call, old);
	call->progressed = true;
	call->digits[0] = '\0';
	cdr_answered(call);

	if (call->fork)
		fork_caller_swapped(call->fork);
	if (with)
		return bridge_again(call, with, hold, &other);

	bridge_settle(call, leg);
	if (!app_goes_on(call) && !call->fork)
		exec_again(call);

	return 0;
}


bool call_has_place(const struct call *call, const struct leg *leg)
{
	if (!call || !leg || call->ending || call->hangup_run)
		return false;

	return leg == call->caller ? call->running
				   : leg == fork_talks_to(call->fork);
}


int call_swap(struct call *call, struct leg *old, struct leg *leg,
	      const struct call_hold *hold)
{
	int err;

	if (!call || !old || !leg || old == leg)
		return EINVAL;
	if (!call_has_place(call, old))
		return ENOTCONN;
	if (!hold)
		hold = &no_hold;

	call_info(call, "%s takes the place of %s", leg_name(leg),
		  leg_name(old));

	if (call->consult)
		consult_swapped(call->consult, old, leg);
	err = old == call->caller ? swap_caller(call, leg, hold)
				  : fork_swap(call->fork, leg, hold);
	if (call->fork)
		fork_swapped(call->fork, old, leg);
	dismiss(old);

	return err;
}


/* ---- attended ----------------------------------------------------------- */

void call_identity(struct leg_identity *id, const struct leg *leg)
{
	const struct call *call = leg_call(leg);

	if (!call)
		return;
	if (leg != call->caller) {
		fork_identity(id, call->fork);
		return;
	}

	str_ncpy(id->name, call->cid_name, sizeof(id->name));
	str_ncpy(id->num, call->cid_num, sizeof(id->num));
	id->pres = call->cid_pres;
}


void call_set_identity(struct call *call, const struct leg_identity *id)
{
	str_ncpy(call->cid_name, id->name, sizeof(call->cid_name));
	str_ncpy(call->cid_num, id->num, sizeof(call->cid_num));
	call->cid_pres = id->pres;
	call->cid_wire = true;
}


int call_put(struct call *call, struct leg *old, struct leg *leg)
{
	struct leg_identity id = {.pres = -1};
	struct call_hold hold;
	int err;

	call_identity(&id, leg);
	err = call_give(leg, call, &hold);
	if (!err)
		err = call_swap(call, old, leg, &hold);
	if (err)
		leg_hangup(leg, CAUSE_FAILURE, NULL);
	else if (leg == call->caller && !call->fork)
		call_set_identity(call, &id); /* the plan's next caller */

	return err;
}


/* A place in a queue goes to who takes over */
static void hand_over(struct call *from, const struct call *to)
{
	const struct app *app = from->app;

	if (app && app->hand_over && from->waiting)
		app->hand_over(from, to);
}


/* The caller of x leaves a, and goes on where the plan of y stands */
static int go_there(struct call *x, struct leg *a, struct call *y)
{
	hand_over(y, x);
	(void)vars_copy(x->vars, y->vars); /* what fits */
	(void)call_goto_to(x, y->context, y->exten, y->prio);
	call_info(x, "%s goes on at %s,%s,%u", leg_name(x->caller), y->context,
		  y->exten, y->prio);
	fraud_pays(x, a);
	(void)fork_let_go(x->fork);
	bridge_settle(x, x->caller);
	dismiss(a);
	call_hangup(y, CAUSE_NORMAL);

	return 0;
}


/* p talks to a; b alone runs the plan of y */
static int into_plan(struct leg *a, struct leg *p, struct leg *b)
{
	struct call *x = leg_call(a), *y = leg_call(b);

	return p == x->caller ? go_there(x, a, y) : call_put(y, b, p);
}


int call_attended_check(const struct leg *a, const struct leg *b)
{
	const struct call *x = leg_call(a), *y = leg_call(b);
	const struct leg *p, *q;

	if (!x || !y || x == y || x->ending || y->ending)
		return ENOTCONN;

	p = call_partner(x, a);
	q = call_partner(y, b);
	if (p && q)
		return 0;

	/* who is alone must run a plan that the other one's partner can take */
	if ((p && (b != y->caller || !y->running || y->hangup_run)) ||
	    (q && (a != x->caller || !x->running || x->hangup_run)))
		return ENOTCONN;

	return p || q ? 0 : ENOTCONN;
}


int call_attended(struct leg *a, struct leg *b)
{
	struct call *x = leg_call(a), *y = leg_call(b);
	struct leg *p, *q;
	int err;

	err = call_attended_check(a, b);
	if (err)
		return err;

	p = call_partner(x, a);
	q = call_partner(y, b);
	if (!q)
		return into_plan(a, p, b);
	if (!p)
		return into_plan(b, q, a);

	/* the one whose plan runs keeps its call */
	return a != x->caller ? call_put(x, a, q) : call_put(y, b, p);
}
