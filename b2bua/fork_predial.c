/**
 * @file b2bua/fork_predial.c  A subroutine before a device is called (option b)
 *
 * It runs in a call of its own, which has nobody in it: what needs a caller is
 * skipped there.  The headers that it adds go to this device alone.
 *
 *   child's plan --Return--> the device is called
 *        |------ends-------> the device has failed
 *        +--fork over------> both forgotten
 */
#include "b2bua/app.h"
#include "b2bua/cause.h"
#include "b2bua/fork_priv.h"

/** Owned by the call that runs it */
struct predial {
	struct fork_leg *fl;  /* no reference; NULL: nobody waits for it */
	struct call *call;    /* no reference: it owns us */
	struct fork_dev dev;
};


static enum app_result predial_exec(struct call *call,
				    const struct args *args)
{
	(void)call;
	(void)args;

	return APP_WAIT;
}


/* The step that the subroutine runs in */
static const struct app app_predial = {
	.name = "(before the call)",
	.usage = "",
	.exec = predial_exec,
};


static void failed(void *arg)
{
	fork_leg_over(arg, DIAL_CHANUNAVAIL, CAUSE_FAILURE, 0);
}


/* Its plan has ended without a Return */
static void destructor(void *data)
{
	struct predial *pd = data;
	struct fork_leg *fl = pd->fl;

	if (!fl)
		return;

	fl->predial = NULL;
	if (!fl->over)
		timer_start(&fl->pretmr, 0, failed, fl);
}


void fork_predial_stop(struct fork_leg *fl)
{
	struct predial *pd = fl->predial;

	timer_cancel(&fl->pretmr);
	fl->predial = NULL;
	if (!pd)
		return;

	pd->fl = NULL;
	call_end(pd->call, CAUSE_NORMAL);
}


static void returned(void *arg)
{
	struct fork_leg *fl = arg;
	struct predial *pd = fl->predial;
	struct fork_dev dev = pd->dev;

	mem_deref(fl->vars);
	fl->vars = mem_ref(pd->call->vars);
	call_trace_give(pd->call, fl->fork->call);
	fork_predial_stop(fl);
	if (fl->fork->state == FORK_RACE && !fl->over)
		fork_dial_dev(fl, &dev);
}


static void return_handler(struct call *call, enum app_result res, void *arg)
{
	struct predial *pd = arg;

	(void)call;
	(void)res;
	if (pd->fl)
		timer_start(&pd->fl->pretmr, 0, returned, pd->fl);
}


static bool copy_header(const char *name, const struct vval *val,
			enum var_inherit inherit, void *arg)
{
	struct pl pl, value = {val->str, val->len};

	(void)inherit;
	if (strncmp(name, "SIPADDHEADER", 12))
		return false;

	pl_set_str(&pl, name);
	(void)vars_set(arg, &pl, &value, val->tainted);

	return false;
}


static int child_alloc(struct call **childp, const struct fork_leg *fl)
{
	const struct call *call = fl->fork->call;
	struct call *child;
	int err;

	err = call_alloc(&child, call->cfg);
	if (err)
		return err;

	/* one record for the caller's call is enough */
	child->cdr = mem_deref(child->cdr);
	mem_deref(child->plan);
	child->plan = mem_ref(call->plan);
	str_ncpy(child->linkedid, call->linkedid, sizeof(child->linkedid));
	str_ncpy(child->cid_name, call->cid_name, sizeof(child->cid_name));
	str_ncpy(child->cid_num, call->cid_num, sizeof(child->cid_num));
	str_ncpy(child->language, call->language, sizeof(child->language));
	str_ncpy(child->dnid, fl->number, sizeof(child->dnid));
	child->cid_pres = call->cid_pres;
	child->cid_wire = call->cid_wire;
	child->trusted = call->trusted;
	child->app = &app_predial;
	child->running = child->waiting = true;
	child->hangup_run = child->h_run = true; /* nobody is there */
	(void)call_goto_to(child, call->context, call->exten, call->prio);
	child->jumped = false;

	err = vars_inherit(child->vars, call->vars);
	(void)vars_apply(call->vars, copy_header, child->vars);
	if (err) {
		call_end(child, CAUSE_FAILURE);
		return err;
	}

	*childp = child;

	return 0;
}


bool fork_predial(struct fork_leg *fl, const struct fork_dev *dev)
{
	const struct talk_plan *tp = fl->fork->prm.plan;
	struct call *child = NULL;
	struct predial *pd;
	int err;

	if (!tp || !tp->target.n)
		return false;

	pd = mem_zalloc(sizeof(*pd), destructor);
	err = pd ? child_alloc(&child, fl) : ENOMEM;
	if (err)
		goto out;

	child->appst = pd;
	pd->call = child;
	pd->dev = *dev;
	err = call_gosub_sub(child, &tp->target, &tp->argv, return_handler,
			     pd);
	if (err) {
		call_end(child, CAUSE_FAILURE);
		pd = NULL;
		goto out;
	}

	pd->fl = fl;
	fl->predial = pd;

	return true;

out:
	call_warning(fl->fork->call, "option b of %s is left out: %m",
		     fl->number, err);
	mem_deref(pd);

	return false;
}
