/**
 * @file b2bua/call_trace.c  The steps that a call took
 *
 * Kept for `call trace` and the call record, the last CALL_STEPS_MAX of them.
 */
#include <stdarg.h>
#include "b2bua/call.h"
#include "base/clock.h"


static void step_destructor(void *data)
{
	struct call_step *st = data;

	list_unlink(&st->le);
	mem_deref(st->context);
	mem_deref(st->exten);
	mem_deref(st->pattern);
	mem_deref(st->app);
	mem_deref(st->args);
}


static int copy_args(char **argsp, const char *args)
{
	return re_sdprintf(argsp, "%b", args,
			   min(str_len(args), (size_t)CALL_STEP_TEXT));
}


/* The oldest one goes, also if it is still running */
static void step_append(struct call *call, struct call_step *st)
{
	struct call_step *old = list_ledata(call->steps.head);

	list_append(&call->steps, &st->le, st);
	if (!old || call->stepc <= CALL_STEPS_MAX)
		return;

	if (call->step == old)
		call->step = NULL;
	mem_deref(old);
}


/* A trace that cannot be kept is no reason to stop a call */
void exec_trace(struct call *call, const char *app, const char *args)
{
	struct call_step *st = mem_zalloc(sizeof(*st), step_destructor);
	int err;

	++call->stepc;
	if (!st)
		return;

	st->at_ms = clock_ms() - call->began_ms;
	st->prio = call->prio;

	err = str_dup(&st->context, call->context);
	err |= str_dup(&st->exten, call->exten);
	err |= str_dup(&st->pattern, call->step_pattern);
	err |= str_dup(&st->app, app);
	err |= copy_args(&st->args, args);
	if (err) {
		mem_deref(st);
		return;
	}

	step_append(call, st);
	call->step = st;
}


void call_trace_give(struct call *from, struct call *to)
{
	struct le *le;

	from->step = NULL;
	while ((le = from->steps.head) != NULL) {
		struct call_step *st = le->data;

		list_unlink(&st->le);
		st->at_ms += from->began_ms - to->began_ms;
		++to->stepc;
		step_append(to, st);
	}
}


void call_step_note(struct call *call, const char *fmt, ...)
{
	struct call_step *st;
	va_list ap;

	st = call ? call->step : NULL;
	if (!st)
		return;

	va_start(ap, fmt);
	if (re_vsnprintf(st->result, sizeof(st->result), fmt, ap) < 0)
		st->result[sizeof(st->result) - 1] = '\0';
	va_end(ap);
}


void exec_note_end(struct call *call, const char *text)
{
	const struct call_step *st = call->step;

	if (st && !st->result[0])
		call_step_note(call, "%s", text);
}


int call_trace(struct re_printf *pf, const struct call *call)
{
	struct le *le;
	int err;

	if (!call)
		return 0;

	err = re_hprintf(pf, "call %s (%u), %u steps\n", call->id, call->no,
			 call->stepc);

	LIST_FOREACH(&call->steps, le)
	{
		const struct call_step *st = le->data;
		bool pattern = str_cmp(st->pattern, st->exten) != 0;

		err |= re_hprintf(pf, "%6llu.%03u [%s@%s:%u]%s%s%s %s(%s) %s\n",
				  st->at_ms / 1000,
				  (unsigned)(st->at_ms % 1000), st->exten,
				  st->context, st->prio, pattern ? " '" : "",
				  pattern ? st->pattern : "",
				  pattern ? "'" : "", st->app, st->args,
				  st->result);
	}

	return err;
}
