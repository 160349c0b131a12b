/**
 * @file b2bua/fork_events.c  What a fork does with what it is told: by its
 *                            legs, by the caller, by the plan behind a leg
 */
#include "b2bua/cdr.h"
#include "b2bua/fork_priv.h"
#include "b2bua/transfer.h"
#include "b2bua/cause.h"
#include "base/clock.h"


void fork_rings(struct fork *f)
{
	if (!f->rang_ms)
		f->rang_ms = clock_ms();
	if (f->call->xfer)
		xfer_ringing(f->call);
	if (f->prm.music || f->early || f->prm.quiet)
		return;

	(void)call_ringing(f->call); /* the caller may be on the way out */
}


/* Sound before the answer is passed if there is only one who could make it */
static void early_media(struct fork *f, struct fork_leg *fl)
{
	struct call *call = f->call;
	int err = 0;

	if (f->devc > 1 || f->prm.ring || f->prm.music || f->prm.quiet ||
	    call->up || !call->caller) {
		fork_rings(f);
		return;
	}
	if (f->early)
		return;

	if (call->ringing && call_is_answered(call))
		call_stop_play(call);
	if (!call->progressed && !call_is_answered(call)) {
		err = leg_progress(call->caller, leg_audio(fl->leg));
		call->progressed = !err;
	}
	if (!err)
		err = call_bridge_early(call, fl->leg);
	if (err)
		call_warning(call, "early media not passed: %m", err);

	f->early = !err;
}


static void leg_failed(struct fork *f, struct fork_leg *fl,
		       const struct leg_event *ev)
{
	uint8_t cause = ev->cause;
	enum dial_status status;

	if (fl->over)
		return;
	if (!cause)
		cause = ev->scode ? cause_from_sip(ev->scode) : CAUSE_FAILURE;

	if (f->state == FORK_RACE && ev->scode >= 300 && ev->scode < 400 &&
	    fork_forward(fl, ev))
		return;

	status = dial_status_of(ev->scode, cause);
	(void)fork_trunk_next(fl, ev);
	if (!fork_forward_failed(fl, status, cause, ev->scode))
		fork_leg_over(fl, status, cause, ev->scode);
}


static void leg_hungup(struct fork *f, struct fork_leg *fl,
		       const struct leg_event *ev)
{
	uint8_t cause = ev->cause ? ev->cause : CAUSE_NORMAL;

	if (fl == f->winner && f->state == FORK_TALK && f->consult)
		consult_home_left(f->consult, fl->leg);

	if (fl == f->winner && f->state != FORK_OVER) {
		call_info(f->call, "%s hung up: %s", leg_name(fl->leg),
			  cause_text(cause));
		if (ev->dead && f->talked_ms && !f->prm.go_on)
			cdr_end(f->call, "tandem", cause);
		fork_talk_over(f, cause, f->prm.go_on);
		return;
	}

	fork_leg_over(fl, DIAL_NOANSWER, cause, ev->scode);
}


static void leg_media_event(struct fork *f, const struct fork_leg *fl,
			    const struct media_report *ev)
{
	if (ev && ev->ev == MEDIA_EV_PLAY_DONE && fl == f->winner &&
	    f->state == FORK_ANNOUNCE)
		fork_announced(f);
}


static void leg_event(struct fork *f, struct fork_leg *fl,
		      const struct leg_event *ev)
{
	switch (ev->type) {

	case LEG_EV_RINGING:
		if (f->state != FORK_RACE || fl->over)
			break;
		fl->rang |= ev->scode == 180;
		if (f->devc == 1)
			fork_tell_caller(fl);
		fork_rings(f);
		(void)fork_tell(f, FORK_EV_RINGING, fl);
		break;

	case LEG_EV_PROGRESS:
		if (f->state != FORK_RACE || fl->over)
			break;
		if (f->devc == 1)
			fork_tell_caller(fl);
		early_media(f, fl);
		(void)fork_tell(f, FORK_EV_RINGING, fl);
		break;

	case LEG_EV_ANSWERED:
		if (f->state == FORK_RACE && !fl->over)
			fork_answered(f, fl);
		else
			leg_hangup(fl->leg, CAUSE_ELSEWHERE,
				   cause_text(CAUSE_ELSEWHERE));
		break;

	case LEG_EV_FAILED:
		leg_failed(f, fl, ev);
		break;

	case LEG_EV_HANGUP:
	case LEG_EV_CANCELLED:
		leg_hungup(f, fl, ev);
		break;

	case LEG_EV_REOFFER:
		bridge_reoffer(f->call, fl->leg, ev);
		break;

	case LEG_EV_MODIFIED:
		bridge_modified(f->call, fl->leg, ev);
		break;

	case LEG_EV_IDENTITY:
		if (f->state == FORK_RACE && f->devc == 1 && !fl->over)
			fork_tell_caller(fl);
		else
			bridge_identity(f->call, fl->leg);
		break;

	case LEG_EV_CHANGED:
		bridge_changed(f->call, fl->leg);
		break;

	case LEG_EV_DTMF:
		fork_callee_digit(f, fl, ev);
		break;

	case LEG_EV_MEDIA:
		leg_media_event(f, fl, ev->ev);
		break;

	case LEG_EV_GONE:
		leg_hungup(f, fl, ev);
		fl->leg = NULL;
		break;

	case LEG_EV_CONFIRMED:
		bridge_confirmed(f->call, fl->leg);
		break;

	case LEG_EV_TRYING:
	default:
		break;
	}
}


bool fork_leg_event(struct fork *f, struct leg *leg,
		    const struct leg_event *ev)
{
	struct le *le;

	if (!f || !leg || !ev)
		return false;

	LIST_FOREACH(&f->legs, le)
	{
		struct fork_leg *fl = le->data;

		if (fl->leg != leg)
			continue;

		/* a plan that this ends may be the fork's own */
		mem_ref(f);
		leg_event(f, fl, ev);
		mem_deref(f);
		return true;
	}

	return false;
}


/* Option F */
static void callee_goes_on(struct fork *f)
{
	const struct talk_plan *tp = f->prm.plan;
	struct leg *leg = f->state == FORK_TALK ? fork_talks_to(f) : NULL;
	struct call *other;
	int err;

	if (!leg)
		return;

	err = fork_callee_call(f, &other);
	if (err) {
		call_warning(f->call, "%s cannot go on: %m", leg_name(leg),
			     err);
		return;
	}

	err = fork_leave(f, other, NULL);
	if (err)
		call_end(other, CAUSE_FAILURE);
	else
		call_run_at(other, leg, tp->context, tp->exten, tp->prio);
}


void fork_caller_leaves(struct fork *f)
{
	if (f && f->consult)
		consult_home_left(f->consult, f->call->caller);
	else if (f && f->prm.plan && f->prm.plan->context)
		callee_goes_on(f);
}


/* --- a plan behind a leg ------------------------------------------------- */

void fork_local_ringing(struct fork_leg *fl)
{
	if (!fl || fl->fork->state != FORK_RACE || fl->over)
		return;

	fork_rings(fl->fork);
	(void)fork_tell(fl->fork, FORK_EV_RINGING, fl);
}


void fork_local_failed(struct fork_leg *fl, uint8_t cause)
{
	if (!fl)
		return;

	if (fl->child) {
		fl->child->up = NULL;
		call_trace_give(fl->child, fl->fork->call);
	}
	fl->child = NULL;
	fork_leg_over(fl, fork_status_of(cause), cause, 0);
}


void fork_local_answered(struct fork_leg *fl, struct leg *leg)
{
	struct call *child = fl->child;
	struct fork *f = fl->fork;

	if (f->state != FORK_RACE || fl->over) {
		leg_hangup(leg, CAUSE_ELSEWHERE, cause_text(CAUSE_ELSEWHERE));
		return;
	}

	fl->leg = leg;
	fl->child = NULL;
	leg_set_call(leg, f->call);
	if (child)
		local_stop(child, CAUSE_ELSEWHERE);

	mem_ref(f);
	fork_answered(f, fl);
	mem_deref(f);
}


void fork_local_adopt(struct fork_leg *fl)
{
	struct fork *f = fl->fork;

	if (f->state != FORK_RACE || fl->over)
		return;
	if (f->prm.screen_race) { /* there is nobody to ask */
		struct call *child = fl->child;

		call_info(f->call, "%s is a plan's, not a person",
			  fl->number);
		fl->child = NULL;
		local_stop(child, CAUSE_NORMAL);
		fork_leg_over(fl, DIAL_CHANUNAVAIL, CAUSE_NO_ANSWER, 0);
		return;
	}

	f->adopted = fl;
	(void)fork_tell(f, FORK_EV_ANSWERED, fl);
	fork_over(f, DIAL_ANSWER, CAUSE_NORMAL);
}
