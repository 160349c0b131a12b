/**
 * @file b2bua/fork_trunk.c  A device that is a trunk group: one line after the
 *                           other
 *
 * A line's failure leads on (no answer, refused, TLS, failover=); what is the
 * callee's own does not, and nothing does once its phone has rung.  Each try
 * is a leg of its own with a Call-ID of its own; to the caller and to the rest
 * of the fork they are one.
 */
#include "b2bua/fork_priv.h"
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "b2bua/trunk.h"


void fork_trunk_params(const struct fork_leg *fl, struct leg_dial *dial)
{
	const struct trunk *t = trunk_try_group(fl->trunk);

	if (!t)
		return;

	dial->answer_ms = t->timeout_s * 1000;
	dial->strict	= !fl->last;
	dial->probe_s	= t->probe_s;
	dial->ramp_s	= t->ramp_s;
}


static void go(struct fork_leg *fl, const struct peer *peer)
{
	struct fork_dev dev;

	memset(&dev, 0, sizeof(dev));
	dev.tech = FORK_SIP;
	dev.peer = peer;
	dev.own	 = fl->own;
	str_ncpy(dev.user, fl->number, sizeof(dev.user));

	fl->peer = peer;
	call_info(fl->fork->call, "%s: by %s",
		  trunk_try_group(fl->trunk)->name, peer->name);
	fork_dial_sip(fl, &dev, 0);
}


void fork_trunk_dial(struct fork_leg *fl, const struct fork_dev *dev)
{
	const struct peer *peer = NULL;

	fl->own = dev->own;
	if (!trunk_try_alloc(&fl->trunk, dev->trunk))
		peer = trunk_next(fl->trunk, &fl->last);

	if (peer) {
		go(fl, peer);
		return;
	}

	call_warning(fl->fork->call, "trunk group %s: every line is at its "
		     "limit", dev->trunk->name);
	fork_leg_over(fl, DIAL_CONGESTION, CAUSE_CONGESTION, 503);
}


/* Is it the line's failure? */
static bool leads_on(const struct fork_leg *fl, const struct leg_event *ev)
{
	if (!ev) /* it could not even be placed */
		return true;
	if (fl->rang)
		return false;

	return ev->err || trunk_moves_on(trunk_try_group(fl->trunk),
					 ev->scode);
}


static void note(struct fork_leg *fl, const struct leg_event *ev, bool on)
{
	char why[64];

	if (ev && ev->err == EHOSTDOWN) {
		trunk_ended(fl->trunk, TRUNK_LEFT_OUT, NULL);
		return;
	}

	if (!ev)
		str_ncpy(why, "could not be called", sizeof(why));
	else if (ev->err)
		(void)re_snprintf(why, sizeof(why), "%m", ev->err);
	else
		(void)re_snprintf(why, sizeof(why), "%u%s%s", ev->scode,
				  ev->reason ? " " : "",
				  ev->reason ? ev->reason : "");

	trunk_ended(fl->trunk, on ? TRUNK_FAILED : TRUNK_REFUSED, why);
}


/* The leg that takes over inherits all that is the device's */
static struct fork_leg *successor(struct fork_leg *fl)
{
	struct fork_leg *to = fork_leg_alloc(fl->fork);

	if (!to)
		return NULL;

	str_ncpy(to->number, fl->number, sizeof(to->number));
	to->dev	  = fl->dev;
	to->redir = mem_ref(fl->redir);
	to->vars  = mem_ref(fl->vars);
	to->payer = fl->payer;
	to->hops  = fl->hops;
	to->own	  = fl->own;
	to->trunk = fl->trunk;
	fl->trunk = NULL;

	return to;
}


bool fork_trunk_next(struct fork_leg *fl, const struct leg_event *ev)
{
	struct fork *f = fl->fork;
	const struct peer *peer;
	struct fork_leg *to;
	bool on, last;

	if (!fl->trunk || fl->over || f->state != FORK_RACE)
		return false;

	on = leads_on(fl, ev);
	note(fl, ev, on);
	if (!on)
		return false;

	peer = trunk_next(fl->trunk, &last);
	to   = peer ? successor(fl) : NULL;
	if (!to)
		return false;

	call_info(f->call, "%s: %s has failed, %u",
		  trunk_try_group(to->trunk)->name,
		  fl->peer ? fl->peer->name : "?", ev ? ev->scode : 0);

	/* what was heard of it is over; the new one first, else all would
	   have failed */
	fork_early_stop(f);
	fl->forwarded = true;
	to->last = last;
	go(to, peer);

	return true;
}


void fork_trunk_answered(struct fork_leg *fl)
{
	const struct trunk *t = trunk_try_group(fl->trunk);

	if (fl->peer && !fl->peer->dynamic && fl->number[0])
		cdr_trunk(fl->fork->call, t ? t->name : NULL, fl->peer->name);

	trunk_ended(fl->trunk, TRUNK_ANSWERED, NULL);
}
