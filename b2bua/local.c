/**
 * @file b2bua/local.c  A plan that runs for a leg of a fork
 *
 * Local/number@context and the forward of a phone (3xx) are a call of their
 * own without a caller: variables and identity come from the call that dials.
 * Three things can come of it:
 *
 *   its Dial is answered       the leg moves over and wins the fork
 *   it wants the caller        (Answer, Playback ...) the fork is over and the
 *                              caller goes on in this plan
 *   it ends                    the leg has failed, by its cause
 */
#include "b2bua/fork_priv.h"
#include "b2bua/cause.h"
#include "b2bua/redirect.h"


static int inherit(struct call *child, const struct call *parent,
		   const struct fork_leg *fl)
{
	str_ncpy(child->linkedid, parent->linkedid, sizeof(child->linkedid));
	str_ncpy(child->cid_name, parent->cid_name, sizeof(child->cid_name));
	str_ncpy(child->cid_num, fork_shown_num(fl), sizeof(child->cid_num));
	str_ncpy(child->language, parent->language, sizeof(child->language));
	str_ncpy(child->accountcode, parent->accountcode,
		 sizeof(child->accountcode));
	child->cid_pres = parent->cid_pres;
	child->cid_wire = parent->cid_wire || fl->redir; /* f: the extension */
	child->trusted = parent->trusted;
	child->forwards = parent->forwards + 1;

	return redirect_copy(child, fl->redir ? fl->redir
					      : redirect_of(parent));
}


int local_start(struct call **childp, struct call *parent, struct fork_leg *fl,
		const char *context, const char *exten)
{
	struct call *child;
	int err;

	if (parent->forwards >= FORK_FORWARDS_MAX)
		return ELOOP;
	if (!call_exists(parent, context, exten))
		return ENOENT;

	err = call_alloc(&child, parent->cfg);
	if (err)
		return err;

	/* one record for the caller's call is enough */
	child->cdr = mem_deref(child->cdr);
	mem_deref(child->plan);
	child->plan = mem_ref(parent->plan);

	err = inherit(child, parent, fl);
	err |= vars_inherit(child->vars, parent->vars);
	if (err) {
		call_end(child, CAUSE_FAILURE);
		return err;
	}

	str_ncpy(child->dnid, exten, sizeof(child->dnid));
	(void)call_goto_to(child, context, exten, 1);
	child->jumped = false;
	child->up = fl;
	child->running = true;
	exec_kick(child); /* not inside of the parent's step */

	call_info(parent, "Local/%s@%s is call %s", exten, context, child->id);
	*childp = child;

	return 0;
}


void local_stop(struct call *child, uint8_t cause)
{
	struct fork_leg *fl = child->up;

	child->up = NULL;
	if (fl) {
		fl->child = NULL;
		call_trace_give(child, fl->fork->call);
	}

	call_end(child, cause);
}
