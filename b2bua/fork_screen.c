/**
 * @file b2bua/fork_screen.c  A leg that has answered, and is looked at before
 *                            it talks
 *
 * Its owner is asked (FollowMe, privacy) or a piece of the plan runs for it
 * (Dial's M and U).  For so long the leg lives in a call of its own, with
 * itself as caller; then it comes back and wins, or has failed.
 *
 *   RACE --answer--> callee's call --taken-----> as if it had answered now
 *                          |-------refused-----> leg over, hung up
 *                          +-------hung up-----> leg over
 *
 * The others go on ringing meanwhile (screen_race), or are cancelled at once.
 * A dial whose time is over waits until everybody has been looked at.
 */
#include "b2bua/app.h"
#include "b2bua/cause.h"
#include "b2bua/fork_priv.h"


static enum app_result screen_exec(struct call *call, const struct args *args)
{
	(void)call;
	(void)args;

	return APP_WAIT;
}


/* The step that the dialogue or the piece of plan runs in */
static const struct app app_screen = {
	.name = "(screening)",
	.usage = "",
	.exec = screen_exec,
};


static void detach(struct fork_leg *fl)
{
	struct call *callee = fl->screen;

	timer_cancel(&fl->screened);
	fl->screen = NULL;
	if (!callee)
		return;

	callee->screen = NULL;
	call_trace_give(callee, fl->fork->call);
}


void fork_screen_end(struct fork_leg *fl, uint8_t cause)
{
	struct call *callee = fl->screen;

	detach(fl);
	call_end(callee, cause);
}


bool fork_is_screening(const struct fork *f)
{
	struct le *le;

	LIST_FOREACH(&f->legs, le)
	{
		const struct fork_leg *fl = le->data;

		if (fl->screen)
			return true;
	}

	return false;
}


/* Somebody was not taken: is it over for all? */
static void refused(struct fork_leg *fl, enum dial_status status,
		    uint8_t cause)
{
	struct fork *f = fl->fork;

	if (f->winner == fl)
		f->winner = NULL;

	if (!f->prm.screen_race) { /* the others have gone long ago */
		fl->over = true;
		if (f->state == FORK_RACE)
			fork_over(f, status, cause);
		return;
	}

	fork_leg_over(fl, status, cause, 0);
	if (f->state == FORK_RACE && f->late && !fork_is_screening(f))
		fork_over(f, DIAL_NOANSWER, CAUSE_NO_ANSWER);
}


/* --- the verdict --------------------------------------------------------- */

static void take(struct fork_leg *fl)
{
	struct call *callee = fl->screen;
	struct fork *f = fl->fork;
	struct leg *leg = callee->caller;

	call_stop_play(callee);
	detach(fl);
	callee->caller = NULL;
	leg_set_call(leg, f->call);
	fl->leg = leg;
	fl->looked = true;
	call_end(callee, CAUSE_NORMAL);

	fork_answered(f, fl);
}


static void verdict_handler(void *arg)
{
	struct fork_leg *fl = arg;
	struct fork *f = fl->fork;
	struct fork_verdict v = fl->verdict;

	if (!fl->screen)
		return;

	mem_ref(f);
	if (v.take && fl->screen->caller &&
	    leg_state(fl->screen->caller) == LEG_CONFIRMED) {
		take(fl);
	}
	else {
		fork_screen_end(fl, v.cause ? v.cause : CAUSE_NORMAL);
		f->res.go_on = v.go_on || f->res.go_on;
		refused(fl, v.status, v.cause ? v.cause : CAUSE_NORMAL);
	}
	mem_deref(f);
}


void fork_screened(struct call *callee, const struct fork_verdict *v)
{
	struct fork_leg *fl = callee ? callee->screen : NULL;

	if (!fl || !v)
		return;

	fl->verdict = *v;
	timer_start(&fl->screened, 0, verdict_handler, fl);
}


void fork_screen_gone(struct call *callee)
{
	struct fork_leg *fl = callee->screen;
	struct fork *f = fl->fork;

	mem_ref(f);
	detach(fl);
	refused(fl, DIAL_NOANSWER, callee->cause);
	mem_deref(f);
}


struct call *fork_screen_parent(const struct call *callee)
{
	return callee && callee->screen ? callee->screen->fork->call : NULL;
}


/* --- beginning ----------------------------------------------------------- */

static void set_language(struct call *callee, const struct fork_leg *fl)
{
	const struct call *call = fl->fork->call;
	const struct peer *peer = fl->peer;

	str_ncpy(callee->language,
		 peer && peer->dynamic && peer->language ? peer->language
							 : call->language,
		 sizeof(callee->language));
}


bool fork_screen_begin(struct fork_leg *fl)
{
	struct fork *f = fl->fork;
	struct call *callee;
	struct leg *leg = fl->leg;

	if (!f->prm.screenh || fl->looked)
		return false;

	if (fork_call_for(fl, &callee))
		return false;

	if (!f->prm.screen_race) {
		timer_cancel(&f->timeout);
		f->winner = fl;
		fork_cancel_losers(f, CAUSE_ELSEWHERE);
	}

	/* the record is that of the caller's call */
	callee->cdr = mem_deref(callee->cdr);
	mem_deref(callee->plan);
	callee->plan = mem_ref(f->call->plan);
	set_language(callee, fl);

	fl->leg = NULL;
	fl->screen = callee;
	callee->screen = fl;
	leg_set_call(leg, callee);
	callee->caller = leg;
	callee->app = &app_screen;
	callee->running = callee->waiting = true;
	call_info(f->call, "%s answered, is looked at as call %s",
		  leg_name(leg), callee->id);

	f->prm.screenh(callee, fl->dev, f->arg);

	return true;
}
