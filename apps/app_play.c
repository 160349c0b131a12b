/**
 * @file apps/app_play.c  Playback, Playtones, StopPlaytones, Echo, Milliwatt, Wait
 */
#include "apps/apps.h"
#include "base/text.h"


static bool has_option(const struct args *args, size_t i, const char *name)
{
	struct pl rest = args_pl(args, i), part;

	while (rest.l && pl_next(&part, &rest, '&')) {
		part = pl_trim(part);
		if (!pl_strcasecmp(&part, name))
			return true;
	}

	return false;
}


static void played(struct call *call, int err, void *arg)
{
	(void)call_set_var(call, "PLAYBACKSTATUS", err ? "FAILED" : "SUCCESS",
			   false);
	play_then_next(call, err, arg);
}


static enum app_result playback_exec(struct call *call,
				     const struct args *args)
{
	char *files = NULL;
	int err;

	if (!call_is_answered(call)) {
		if (has_option(args, 1, "skip"))
			return APP_NEXT;
		if (!has_option(args, 1, "noanswer") && !answer_first(call))
			return APP_HANGUP;
	}

	err = call_files(&files, args_text(args, 0));
	if (!err)
		err = call_play(call, files, played, NULL);
	mem_deref(files);

	if (err) {
		call_warning(call, "nothing played: %m", err);
		(void)call_set_var(call, "PLAYBACKSTATUS", "FAILED", false);
		call_step_note(call, "%m", err);
		return APP_NEXT;
	}

	return APP_WAIT;
}


static void stop_cancel(struct call *call)
{
	call_stop_play(call);
}


const struct app app_playback = {
	.name = "Playback",
	.usage = "Playback(file[&file...][,skip|noanswer])  play prompts",
	.minargs = 1,
	.maxargs = 2,
	.exec = playback_exec,
	.cancel = stop_cancel,
};


/* Names of tones and lists of frequencies alike */
static enum app_result playtones_exec(struct call *call,
				      const struct args *args)
{
	char *list = NULL, *files = NULL;
	int err;

	err = call_files(&list, args_text(args, 0));
	if (!err)
		err = re_sdprintf(&files, "tone:%s", list);
	if (!err)
		err = call_play_loop(call, files, false);
	if (err)
		call_step_note(call, "%m", err);

	mem_deref(list);
	mem_deref(files);

	return APP_NEXT;
}


const struct app app_playtones = {
	.name = "Playtones",
	.usage = "Playtones(name|list)  play a tone while the plan goes on",
	.minargs = 1,
	.maxargs = 1,
	.exec = playtones_exec,
};


static enum app_result stop_exec(struct call *call, const struct args *args)
{
	call_stop_play(call);

	return APP_NEXT;
}


const struct app app_stopplaytones = {
	.name = "StopPlaytones",
	.usage = "StopPlaytones()  stop the tone",
	.dead_ok = true,
	.exec = stop_exec,
};


/* --- Echo ---------------------------------------------------------------- */

static void echo_stop(struct call *call)
{
	if (call->caller && leg_media(call->caller))
		(void)media_echo(leg_media(call->caller), false);
}


static void echo_digit(struct call *call, char digit, void *arg)
{
	(void)arg;

	if (digit != '#')
		return;

	echo_stop(call);
	call_step_done(call, APP_NEXT);
}


static enum app_result echo_exec(struct call *call, const struct args *args)
{
	int err;

	if (!answer_first(call))
		return APP_HANGUP;

	call_stop_play(call);
	err = media_echo(leg_media(call->caller), true);
	if (err) {
		call_warning(call, "no echo: %m", err);
		return APP_HANGUP;
	}

	call->digits[0] = '\0';
	call_set_digits(call, echo_digit, NULL);

	return APP_WAIT;
}


const struct app app_echo = {
	.name = "Echo",
	.usage = "Echo()  send back what the caller says, until #",
	.exec = echo_exec,
	.cancel = echo_stop,
};


/* --- Milliwatt ----------------------------------------------------------- */

static enum app_result milliwatt_exec(struct call *call,
				      const struct args *args)
{
	struct opts opts;
	bool old = false;
	int err;

	if (!opts_decode(&opts, args_text(args, 0), "om", opt_unknown, call))
		old = opt_find(&opts, 'o', NULL);
	opts_reset(&opts);
	if (!answer_first(call))
		return APP_HANGUP;

	err = call_play_loop(call, old ? "tone:1000" : "tone:1004", false);
	if (err) {
		call_step_note(call, "%m", err);
		return APP_NEXT;
	}

	return APP_WAIT;
}


const struct app app_milliwatt = {
	.name = "Milliwatt",
	.usage = "Milliwatt([o])  a tone of 1004 Hz (o: 1000 Hz) until the "
		 "caller hangs up, to measure a line",
	.maxargs = 1,
	.exec = milliwatt_exec,
	.cancel = stop_cancel,
};


/* --- Wait ---------------------------------------------------------------- */

static enum app_result wait_exec(struct call *call, const struct args *args)
{
	struct pl arg = args_pl(args, 0);
	uint32_t ms;

	if (!arg_ms(&ms, &arg)) {
		call_warning(call, "Wait: \"%r\" is no number of seconds",
			     &arg);
		call_step_note(call, "no number");
		return APP_NEXT;
	}
	if (!ms)
		return APP_NEXT;

	call_step_done_in(call, ms, APP_NEXT);

	return APP_WAIT;
}


const struct app app_wait = {
	.name = "Wait",
	.usage = "Wait(seconds)  do nothing for a while",
	.minargs = 1,
	.maxargs = 1,
	.local_ok = true,
	.exec = wait_exec,
};
