/**
 * @file b2bua/fork_swap.c  Legs that come and go while a fork talks
 *
 * Transfer, pickup and takeover: the leg that wins is not one that the fork
 * has dialled, or it leaves for another call and perhaps comes back.
 */
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "b2bua/fork_priv.h"
#include "b2bua/transfer.h"
#include "base/clock.h"


uint64_t fork_races_since(const struct fork *f)
{
	return f && f->state == FORK_RACE && !f->starting ? f->began_ms : 0;
}


struct leg *fork_talks_to(const struct fork *f)
{
	if (!f || !f->winner || (f->state != FORK_TALK &&
				 f->state != FORK_TRANSFER))
		return NULL;

	return f->winner->leg;
}


/* ---- a leg comes -------------------------------------------------------- */

/* From now on it is the winner's leg */
static void take(struct fork *f, struct leg *leg)
{
	struct fork_leg *fl = f->winner;

	if (leg_call(leg) != f->call)
		leg_set_call(leg, f->call);
	fl->leg = leg;
	fl->peer = leg_peer(leg);
	fl->number[0] = '\0';
	str_ncpy(f->peername, leg_name(leg), sizeof(f->peername));
	cdr_dialed(f->call, f->peername);
}


int fork_join(struct fork **fp, struct call *call, struct leg *leg,
	      const struct call_hold *hold, fork_done_h *h, void *arg)
{
	struct fork *f;
	int err;

	if (!fp || !call || !leg || !hold || !h)
		return EINVAL;
	if (call->fork)
		return EALREADY;

	err = fork_alloc(&f, call, h, arg);
	if (err)
		return err;

	f->winner = fork_leg_alloc(f);
	if (!f->winner) {
		mem_deref(f);
		return ENOMEM;
	}

	f->winner->over = true;
	f->winner->status = DIAL_ANSWER;
	f->state = FORK_TALK;
	f->talked_ms = clock_ms();
	take(f, leg);

	err = bridge_again(call, leg, &call->hold_caller, hold);
	if (err) {
		f->winner->leg = NULL;
		mem_deref(f);
		return err;
	}

	*fp = f;

	return 0;
}


int fork_pickup(struct fork *f, struct leg *leg)
{
	struct fork_leg *fl;

	if (!f || !leg)
		return EINVAL;
	if (f->state != FORK_RACE)
		return EALREADY;

	fl = fork_leg_alloc(f);
	if (!fl)
		return ENOMEM;

	leg_set_call(leg, f->call);
	fl->leg = leg;
	fl->peer = leg_peer(leg);
	fl->picked = true;
	call_info(f->call, "%s picks up", leg_name(leg));

	/* a plan that this ends may be the fork's own */
	mem_ref(f);
	fork_answered(f, fl);
	mem_deref(f);

	return 0;
}


int fork_swap(struct fork *f, struct leg *leg, const struct call_hold *hold)
{
	struct call_hold caller;

	if (!fork_talks_to(f) || !leg || !hold)
		return EINVAL;

	caller = f->call->hold_caller;
	timer_cancel(&f->xfer.tmr);
	fork_send_stop(f);
	call_unbridge(f->call);
	f->state = FORK_TALK;
	take(f, leg);

	return bridge_again(f->call, leg, &caller, hold);
}


/* Who rings sees who calls now, if its peer takes that (sendrpid=,
 * rpid_update=) */
static void tell_callees(struct fork *f)
{
	struct leg_identity id;
	struct le *le;

	if (!f->call->caller)
		return;

	leg_party(f->call->caller, &id);
	LIST_FOREACH(&f->legs, le)
	{
		struct fork_leg *fl = le->data;

		if (fl->leg && !fl->over && id.num[0])
			leg_set_connected(fl->leg, &id);
	}
}


/* What was played or passed to the old caller is for the new one now */
void fork_caller_swapped(struct fork *f)
{
	struct call *call = f->call;

	fork_send_stop(f);
	f->early = false;
	call->ringing = false;
	if (f->state != FORK_RACE)
		return;

	tell_callees(f);
	if (f->prm.quiet)
		return;

	if (f->prm.music)
		(void)call_music(call, call->caller, f->prm.music_class);
	else if (f->rang_ms || f->prm.ring)
		(void)call_ringing(call); /* it may be on its way out */
}


/* ---- a leg goes --------------------------------------------------------- */

void fork_away_over(struct fork *f)
{
	struct xfer *x = f->away;

	f->away = NULL;
	if (x)
		xfer_home_gone(x);
}


int fork_leave(struct fork *f, struct call *to, struct xfer *away)
{
	struct leg *leg = fork_talks_to(f);

	if (!leg && f && f->state == FORK_CONSULT)
		leg = f->winner->leg;
	if (!leg || !to)
		return EINVAL;

	call_unbridge(f->call);
	timer_cancel(&f->xfer.tmr);
	fork_keys_reset(f);
	fork_send_stop(f);
	f->winner->leg = NULL;
	if (leg_call(leg) != to)
		leg_set_call(leg, to);

	if (away) {
		f->state = FORK_AWAY;
		f->away = away;
	}
	else {
		f->res.moved = true;
		fork_over(f, DIAL_ANSWER, CAUSE_NORMAL);
	}

	return 0;
}


int fork_let_go(struct fork *f)
{
	if (!fork_talks_to(f))
		return EINVAL;

	call_unbridge(f->call);
	f->winner->leg = NULL;
	f->res.go_on = true;
	f->res.jumped = true;
	f->res.moved = true;
	fork_over(f, DIAL_ANSWER, CAUSE_NORMAL);

	return 0;
}


int fork_back(struct fork *f, struct leg *leg, const struct call_hold *hold)
{
	struct call_hold caller;

	if (!f || f->state != FORK_AWAY || !leg || !hold)
		return EINVAL;

	caller = f->call->hold_caller;
	f->away = NULL;
	f->state = FORK_TALK;
	take(f, leg);

	return bridge_again(f->call, leg, &caller, hold);
}


int fork_side_away(struct fork *f, bool caller, struct call *to,
		   struct consult *c)
{
	struct call *call = f ? f->call : NULL;
	struct leg *leg;

	if (!fork_talks_to(f) || !call->caller || !to)
		return ENOTCONN;

	leg = caller ? call->caller : f->winner->leg;
	timer_cancel(&f->xfer.tmr);
	fork_keys_reset(f);
	fork_send_stop(f);
	call_unbridge(call);
	call_stop_play(call);
	(void)media_stop_play(leg_media(leg));
	if (caller)
		call->caller = NULL;
	else
		f->winner->leg = NULL;
	leg_set_call(leg, to);

	f->state = FORK_CONSULT;
	f->consult = c;
	leg = caller ? f->winner->leg : call->caller;
	(void)call_music(call, leg, NULL); /* said there */

	return 0;
}


int fork_side_back(struct fork *f, bool caller, struct leg *leg,
		   const struct call_hold *hold)
{
	struct call *call = f ? f->call : NULL;
	struct call_hold other;

	if (!f || f->state != FORK_CONSULT || !leg || !hold)
		return EINVAL;

	f->consult = NULL;
	f->state = FORK_TALK;
	if (leg_call(leg) != call)
		leg_set_call(leg, call);

	if (caller) {
		call->caller = leg;
		other = call->hold_bridged;
		return bridge_again(call, f->winner->leg, hold, &other);
	}

	f->winner->leg = leg;
	other = call->hold_caller;

	return bridge_again(call, leg, &other, hold);
}


void fork_swapped(struct fork *f, const struct leg *old, struct leg *leg)
{
	if (f && f->consult)
		consult_swapped(f->consult, old, leg);
}


void fork_consult_over(struct fork *f)
{
	struct consult *c = f->consult;

	f->consult = NULL;
	if (c)
		consult_home_gone(c, f);
}


struct xfer *fork_away(const struct fork *f)
{
	return f ? f->away : NULL;
}


void fork_not_back(struct fork *f)
{
	if (!f || f->state != FORK_AWAY)
		return;

	f->away = NULL;
	f->res.moved = true;
	fork_over(f, DIAL_ANSWER, CAUSE_NORMAL);
}


struct leg *fork_take(struct fork *f)
{
	struct leg *leg = f && f->state == FORK_ANNOUNCE ? fork_winner(f)
							 : NULL;

	if (!leg)
		return NULL;

	timer_cancel(&f->timeout);
	f->winner->leg = NULL;
	f->state = FORK_OVER;

	return leg;
}
