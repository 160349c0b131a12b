/**
 * @file apps/app_signal.c  Answer, Hangup, Ringing, Progress, Proceeding,
 *                          Busy, Congestion
 */
#include "apps/apps.h"
#include "b2bua/cause.h"
#include "base/text.h"


static enum app_result answer_exec(struct call *call, const struct args *args)
{
	struct pl arg = args_pl(args, 0);
	uint64_t ms = 0;

	arg = pl_trim(arg);
	if (arg.l && num_decode(&ms, &arg, 60000))
		call_warning(call, "Answer: delay \"%r\" is no number", &arg);

	if (!answer_first(call))
		return APP_HANGUP;
	if (!ms)
		return APP_NEXT;

	call_step_done_in(call, ms, APP_NEXT);

	return APP_WAIT;
}


const struct app app_answer = {
	.name = "Answer",
	.usage = "Answer([delay])  answer the call, wait so many ms",
	.maxargs = 2,
	.exec = answer_exec,
};


static enum app_result hangup_exec(struct call *call, const struct args *args)
{
	struct pl arg = args_pl(args, 0);
	uint8_t cause;

	arg = pl_trim(arg);
	if (!arg.l)
		return APP_HANGUP;

	cause = cause_decode(&arg);
	if (cause)
		call->cause = cause;
	else
		call_warning(call, "Hangup: cause \"%r\" is not known", &arg);

	return APP_HANGUP;
}


const struct app app_hangup = {
	.name = "Hangup",
	.usage = "Hangup([cause])  end the call with a Q.850 cause",
	.maxargs = 1,
	.dead_ok = true,
	.exec = hangup_exec,
	.dry_ok = true,
};


static enum app_result ringing_exec(struct call *call,
				    const struct args *args)
{
	int err = call_ringing(call);

	if (err)
		call_step_note(call, "%m", err);

	return APP_NEXT;
}


const struct app app_ringing = {
	.name = "Ringing",
	.usage = "Ringing()  let the caller hear ringing (180)",
	.local_ok = true,
	.exec = ringing_exec,
};


static enum app_result progress_exec(struct call *call,
				     const struct args *args)
{
	int err = call_progress(call);

	if (err)
		call_step_note(call, "%m", err);

	return APP_NEXT;
}


const struct app app_progress = {
	.name = "Progress",
	.usage = "Progress()  open early media (183)",
	.local_ok = true,
	.exec = progress_exec,
};


/* 100 has been sent by the transaction already */
static enum app_result proceeding_exec(struct call *call,
				       const struct args *args)
{
	return APP_NEXT;
}


const struct app app_proceeding = {
	.name = "Proceeding",
	.usage = "Proceeding()  nothing: the call is proceeding already",
	.dead_ok = true,
	.exec = proceeding_exec,
	.dry_ok = true,
};


/* Unanswered: the SIP status says it; answered: the tone */
static enum app_result refuse(struct call *call, const struct args *args,
			      uint8_t cause, const char *tone)
{
	struct pl arg = args_pl(args, 0);
	uint32_t ms = 0;

	call->cause = cause;
	if (!call_is_answered(call))
		return APP_HANGUP;

	if (args_has(args, 0) && !arg_ms(&ms, &arg))
		call_warning(call, "timeout \"%r\" is no number", &arg);

	if (call_play_loop(call, tone, false))
		return APP_HANGUP;
	if (ms)
		call_step_done_in(call, ms, APP_HANGUP);

	return APP_WAIT;
}


static enum app_result busy_exec(struct call *call, const struct args *args)
{
	return refuse(call, args, CAUSE_BUSY, "tone:busy");
}


static enum app_result congestion_exec(struct call *call,
				       const struct args *args)
{
	return refuse(call, args, CAUSE_CONGESTION, "tone:congestion");
}


const struct app app_busy = {
	.name = "Busy",
	.usage = "Busy([seconds])  say busy: 486, or the tone if answered",
	.maxargs = 1,
	.local_ok = true,
	.exec = busy_exec,
	.dry_ok = true,
};

const struct app app_congestion = {
	.name = "Congestion",
	.usage = "Congestion([seconds])  say congestion: 503, or the tone if "
		 "answered",
	.maxargs = 1,
	.local_ok = true,
	.exec = congestion_exec,
	.dry_ok = true,
};
