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

	if (!call_exists(call, call->context, "T")) {
		call_hangup(call, CAUSE_NORMAL);
		return;
	}

	exec_cancel(call);
	call_unbridge(call);
	(void)call_goto_to(call, call->context, "T", 1);
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
	call->running = false;
}


bool exec_hangup_run(struct call *call)
{
	const struct call_frame *frame = list_ledata(call->frames.tail);
	const char *context = call->context;

	if (call->hangup_run)
		return false;

	/* a subroutine without h: that of the caller's own context */
	if (frame && !call_exists(call, context, "h"))
		context = frame->context;
	if (!context[0] || !call_exists(call, context, "h"))
		return false;

	call->hangup_run = true;
	(void)call_goto_to(call, context, "h", 1);
	list_flush(&call->frames);
	call->jumped = false;
	call->running = true;

	return true;
}


void exec_leave(struct call *call, uint8_t cause)
{
	if (call->ending || call->hangup_run)
		return;

	if (cause)
		call->cause = cause;
	if (call->in_exec) {
		call->leaving = true;
		return;
	}

	if (call->xfer)
		xfer_over(call);
	timer_cancel(&call->run_timer);
	timer_cancel(&call->absolute_timer);
	exec_cancel(call);
	call_unbridge(call);
	call->digits[0] = '\0';

	if (!call->running || !exec_hangup_run(call)) {
		call->running = false;
		call_end(call, call->cause);
		return;
	}

	if (!call->in_loop)
		exec_kick(call);
}
