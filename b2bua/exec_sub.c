/**
 * @file b2bua/exec_sub.c  What runs inside of an application's step
 *
 * AGI's EXEC runs another application, its GOSUB a piece of the plan.  The
 * outer application is put aside meanwhile, with its state, and comes back
 * when the inner one is over; when the call ends both are cancelled, the inner
 * one first.
 */
#include "b2bua/app.h"
#include "b2bua/fork.h"


static void sub_destructor(void *data)
{
	struct call_sub *sub = data;

	list_unlink(&sub->le);
	mem_deref(sub->appst);
	mem_deref(sub->context);
	mem_deref(sub->exten);
}


/* Put the application aside */
static int sub_push(struct call *call, bool plan, call_sub_h *h, void *arg)
{
	struct call_sub *sub = mem_zalloc(sizeof(*sub), sub_destructor);
	int err;

	if (!sub)
		return ENOMEM;

	err = str_dup(&sub->context, call->context);
	err |= str_dup(&sub->exten, call->exten);
	if (err) {
		mem_deref(sub);
		return ENOMEM;
	}

	sub->prio = call->prio;
	sub->plan = plan;
	sub->depth = list_count(&call->frames);
	sub->h = h;
	sub->arg = arg;
	sub->app = call->app;
	sub->appst = call->appst;
	call->appst = NULL;
	exec_release(call);
	list_prepend(&call->subs, &sub->le, sub);

	return 0;
}


/* It comes back */
static void sub_restore(struct call *call, struct call_sub *sub)
{
	call->app = sub->app;
	call->appst = sub->appst;
	sub->appst = NULL;
	call->waiting = true;

	if (sub->plan) {
		(void)call_goto_to(call, sub->context, sub->exten, sub->prio);
		call->jumped = false;
	}
}


static void sub_over(struct call *call, struct call_sub *sub,
		     enum app_result res)
{
	call_sub_h *h = sub->h;
	void *arg = sub->arg;

	sub_restore(call, sub);
	mem_deref(sub);
	h(call, res, arg);
}


bool exec_sub_unwind(struct call *call)
{
	struct call_sub *sub = list_ledata(call->subs.head);

	if (!sub)
		return false;

	sub_restore(call, sub);
	mem_deref(sub);

	return true;
}


/* An application is over: the one inside of which it ran goes on */
bool exec_sub_finish(struct call *call, enum app_result res)
{
	struct call_sub *sub = list_ledata(call->subs.head);

	if (!sub || sub->plan)
		return false;

	exec_note_end(call, res == APP_HANGUP ? "hangup" : "ok");
	sub_over(call, sub, res);

	return true;
}


/* A step is over: was it the Return of a piece of the plan? */
void exec_sub_return(struct call *call)
{
	struct call_sub *sub = list_ledata(call->subs.head);

	if (sub && sub->plan && list_count(&call->frames) <= sub->depth)
		sub_over(call, sub, APP_NEXT);
}


static int may_begin(const struct call *call)
{
	return !call->running || !call->app || call->in_exec ||
			       !call->waiting
		       ? EBUSY
		       : 0;
}


/* What exec has left behind; compare exec.c's step_after() */
static int sub_after(struct call *call, int err, enum app_result res)
{
	call->in_exec = false;

	if (!call->running) { /* call_end() came inside */
		exec_release(call);
		exec_cancel(call);
		return ECONNABORTED;
	}

	if (call->leaving) {
		call->leaving = false;
		exec_leave(call, call->cause);
		return ECONNABORTED;
	}

	if (err) {
		exec_release(call);
		(void)exec_sub_unwind(call);
		return err;
	}

	if (res == APP_WAIT && !call->step_over) {
		call->waiting = true;
		return 0;
	}

	if (res == APP_WAIT)
		res = call->step_result;

	exec_release(call);
	(void)exec_sub_finish(call, res);

	return 0;
}


int call_exec_sub(struct call *call, const char *name,
		  const struct ttext *args, call_sub_h *h, void *arg)
{
	const struct app *app = app_find(name);
	enum app_result res = APP_NEXT;
	int err;

	if (!call || !args || !h)
		return EINVAL;
	if (!app)
		return ENOENT;
	if ((call->hangup_run || call->lingering) && !app->dead_ok)
		return EPERM;

	err = may_begin(call);
	if (!err)
		err = sub_push(call, false, h, arg);
	if (err)
		return err;

	exec_trace(call, app->name, args->str);
	call->in_exec = true;
	call->step_over = false;
	err = exec_app(call, app, args, &res);

	return sub_after(call, err, res);
}


static int plan_begin(struct call *call, int err)
{
	if (err) {
		(void)exec_sub_unwind(call);
		return err;
	}

	call->jumped = false;
	call->waiting = false;
	exec_kick(call);

	return 0;
}


int call_gosub_sub(struct call *call, const struct args *target,
		   const struct args *argv, call_sub_h *h, void *arg)
{
	int err;

	if (!call || !target || !h)
		return EINVAL;

	err = may_begin(call);
	if (!err)
		err = sub_push(call, true, h, arg);

	return err ? err : plan_begin(call, call_gosub(call, target, argv));
}


int call_macro_sub(struct call *call, const struct args *argv, call_sub_h *h,
		   void *arg)
{
	int err;

	if (!call || !argv || !argv->n || !h)
		return EINVAL;

	err = may_begin(call);
	if (!err)
		err = sub_push(call, true, h, arg);

	return err ? err
		   : plan_begin(call, call_macro(call, args_str(argv, 0),
						 argv));
}


int call_plan_sub(struct call *call, const struct args *target, call_sub_h *h,
		  void *arg)
{
	const struct args none = {.n = 0};
	struct call_frame *frame;
	int err;

	err = call_gosub_sub(call, target, &none, h, arg);
	if (err)
		return err;

	frame = call->frames.head->data;
	frame->macro = true;

	return 0;
}
