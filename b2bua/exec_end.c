/**
 * @file b2bua/exec_end.c  How a plan ends: time limit, hang-up, extension h
 */
#include "b2bua/cause.h"
#include "b2bua/transfer.h"


static void absolute_handler(void *arg)
{
	struct call *call = arg;

	call_info(call, "absolute time limit reached");
	if (!call->running || call->hangup_run)
		return;

	exec_cancel(call);
	if (!call_special(call, call->context, "T", "ABSOLUTETIMEOUT")) {
		call_hangup(call, CAUSE_NORMAL);
		return;
	}

	call_unbridge(call);
	call->jumped = false;
	exec_kick(call);
}


void call_set_absolute(struct call *call, uint64_t ms)
{
	if (!call)
		return;

	if (ms)
		timer_start(&call->absolute_timer, ms, absolute_handler, call);
	else
		timer_cancel(&call->absolute_timer);
}


int call_redirect(struct call *call, const struct args *target)
{
	char context[sizeof(call->context)], exten[sizeof(call->exten)];
	uint32_t prio;
	int err;

	if (!call || !target)
		return EINVAL;
	if (!call->running || call->hangup_run || call->in_exec)
		return ENOTCONN;

	/* from where it is now; what it does there ends behind */
	err = call_goto_args(call, target);
	if (err)
		return err;

	str_ncpy(context, call->context, sizeof(context));
	str_ncpy(exten, call->exten, sizeof(exten));
	prio = call->prio;

	exec_cancel(call);
	call_unbridge(call);
	list_flush(&call->frames);
	(void)call_goto_to(call, context, exten, prio);
	call->jumped = false;
	exec_kick(call);

	return 0;
}


/* The same step for another caller */
void exec_again(struct call *call)
{
	if (!call->running || call->in_exec)
		return;

	exec_cancel(call);
	call->jumped = false;
	exec_kick(call);
}


/* --- the end of a plan --------------------------------------------------- */

void exec_stop(struct call *call)
{
	timer_cancel(&call->run_timer);
	exec_cancel(call);
	call->running = call->lingering = false;
}


/* The next handler that can be run (CHANNEL(hangup_handler_push)) */
static bool run_handler(struct call *call)
{
	struct call_handler *hh;
	bool begun = false;

	while (!begun && (hh = list_ledata(call->handlers.head))) {
		struct ttext *text = NULL;
		struct pl pl;

		pl_set_str(&pl, hh->target);
		begun = !ttext_create(&text, &pl, false) &&
			!call_gosub_text(call, text);
		if (!begun)
			call_warning(call, "hangup handler %s: not run",
				     hh->target);
		mem_deref(text);
		mem_deref(hh);
	}

	return begun;
}


/* Where extension h is looked for: a subroutine may have none of its own */
static void note_context(struct call *call)
{
	const struct call_frame *frame = list_ledata(call->frames.tail);
	const char *context = call->context;

	if (frame && !call_exists(call, context, "h"))
		context = frame->context;

	str_ncpy(call->h_context, context, sizeof(call->h_context));
}


/* Handlers are subroutines that return to nowhere, so each of them ends where
 * a step is missing */
bool exec_hangup_run(struct call *call)
{
	if (!call->hangup_run)
		note_context(call);
	else if (call->h_run)
		return false;

	list_flush(&call->frames);
	(void)call_goto_to(call, "", "", 0);
	if (!run_handler(call)) {
		call->h_run = true;
		if (!call->h_context[0] ||
		    !call_exists(call, call->h_context, "h"))
			return false;

		(void)call_goto_to(call, call->h_context, "h", 1);
	}

	call->hangup_run = true;
	call->jumped = false;
	call->running = true;

	return true;
}


void exec_leave(struct call *call, uint8_t cause)
{
	if (call->ending || call->hangup_run || call->lingering)
		return;

	if (cause)
		call->cause = cause;
	if (call->in_exec) {
		call->leaving = true;
		return;
	}

	if (call->xfer)
		xfer_over(call);
	if (call->consult)
		consult_over(call);
	timer_cancel(&call->run_timer);
	timer_cancel(&call->absolute_timer);
	call->digits[0] = '\0';
	if (exec_linger(call))
		call_unbridge(call);
	else
		exec_left(call);
}


void exec_left(struct call *call)
{
	call->lingering = false;
	call_unbridge(call);

	if (!call->running || call->screen || !exec_hangup_run(call)) {
		call->running = false;
		call_end(call, call->cause);
		return;
	}

	if (!call->in_loop)
		exec_kick(call);
}
