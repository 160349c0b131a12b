/**
 * @file apps/app_listen.c  BackgroundDetect, WaitForSilence, WaitForNoise: what
 *                          the caller says, or that he does
 */
#include "apps/apps.h"
#include "base/clock.h"
#include "base/text.h"

enum {
	LEVEL = 256,       /* mean |sample| of a voice */
	NOISE_END_MS = 200, /* silence that ends a noise */
};


/* A time in [ms] of an argument, or what it is without */
static uint32_t arg_or(struct call *call, const struct args *args, size_t i,
		       uint32_t usual)
{
	struct pl pl = args_pl(args, i);
	uint64_t n;

	pl = pl_trim(pl);
	if (!pl.l)
		return usual;
	if (!num_decode(&n, &pl, 24 * 3600 * 1000))
		return (uint32_t)n;

	call_warning(call, "%s: \"%r\" is no number", call->app->name, &pl);

	return usual;
}


/* --- BackgroundDetect ---------------------------------------------------- */

struct detect {
	struct call *call;
	struct collect *collect;
	uint32_t silence_ms, min_ms, max_ms;
	uint64_t since_ms;
	struct timer limit;      /* no longer listened */
};


static void detect_destructor(void *data)
{
	struct detect *d = data;

	timer_cancel(&d->limit);
	mem_deref(d->collect);
}


static void dialled(struct call *call, const char *digits, void *arg)
{
	(void)arg;
	call_stop_play(call);
	call_step_done(call, collect_go(call, call->context, digits));
}


static void first_digit(void *arg)
{
	struct detect *d = arg;

	call_stop_play(d->call);
}


static void prompt_over(struct call *call, int err, void *arg)
{
	struct detect *d = arg;

	if (err)
		call_step_note(call, "%m", err);
	if (!collect_has(d->collect))
		call_step_done(call, APP_NEXT);
}


static void deaf(void *arg)
{
	struct detect *d = arg;

	(void)call_listen(d->call, 0, 0, NULL, NULL);
}


/* Long enough, short enough, and then silence */
static void speech(struct call *call, bool talks, void *arg)
{
	struct detect *d = arg;
	uint64_t ms;

	if (talks) {
		d->since_ms = clock_ms();
		return;
	}

	ms = clock_ms() - d->since_ms;
	ms = ms > d->silence_ms ? ms - d->silence_ms : 0;
	if (ms < d->min_ms || ms > d->max_ms ||
	    !call_exists(call, call->context, "talk"))
		return;

	deaf(d);
	call_stop_play(call);
	(void)vars_printf(call->vars, "TALK_DETECTED", "%llu", ms);
	call_step_note(call, "talk, %llu ms", ms);
	(void)call_goto_to(call, call->context, "talk", 1);
	call_step_done(call, APP_NEXT);
}


static int detect_start(struct detect *d, const struct args *args)
{
	struct collect_params prm = {
		.context = d->call->context,
		.next_ms = d->call->timeout_digit_ms,
	};
	struct call *call = d->call;
	char *files = NULL;
	uint32_t limit;
	int err;

	d->silence_ms = arg_or(call, args, 1, 1000);
	d->min_ms = arg_or(call, args, 2, 100);
	d->max_ms = arg_or(call, args, 3, UINT32_MAX);
	limit = arg_or(call, args, 4, 0);
	err = collect_start(&d->collect, call, &prm, dialled, d);
	if (!err)
		err = call_files(&files, args_text(args, 0));
	if (!err)
		err = call_listen(call, LEVEL, d->silence_ms, speech, d);
	if (!err)
		err = call_play(call, files, prompt_over, d);
	if (!err && limit)
		timer_start(&d->limit, limit, deaf, d);
	mem_deref(files);

	return err;
}


static enum app_result detect_exec(struct call *call, const struct args *args)
{
	struct detect *d = mem_zalloc(sizeof(*d), detect_destructor);
	int err;

	if (!d)
		return APP_HANGUP;

	call->appst = d;
	d->call = call;
	if (!answer_first(call))
		return APP_HANGUP;

	err = detect_start(d, args);
	if (err) {
		call_warning(call, "nothing played: %m", err);
		call_step_note(call, "%m", err);
		return APP_NEXT;
	}

	collect_on_first(d->collect, first_digit, d);
	collect_listen(d->collect);

	return APP_WAIT;
}


static void detect_cancel(struct call *call)
{
	call_stop_play(call);
}


const struct app app_backgrounddetect = {
	.name = "BackgroundDetect",
	.usage = "BackgroundDetect(file[&file...][,silence[,min[,max[,"
		 "time]]]])  as Background; who speaks for min to max ms and "
		 "is silent then goes to extension talk",
	.minargs = 1,
	.maxargs = 5,
	.exec = detect_exec,
	.cancel = detect_cancel,
};


/* --- WaitForSilence, WaitForNoise ---------------------------------------- */

struct hush {
	struct call *call;
	bool noise;              /* this is waited for */
	uint32_t ms;
	unsigned times;
	struct timer now, limit;
};


static void hush_destructor(void *data)
{
	struct hush *hu = data;

	timer_cancel(&hu->now);
	timer_cancel(&hu->limit);
}


static void hush_over(struct hush *hu, const char *word)
{
	timer_cancel(&hu->now);
	timer_cancel(&hu->limit);
	(void)call_listen(hu->call, 0, 0, NULL, NULL); /* he may be gone */
	(void)call_set_var(hu->call, "WAITSTATUS", word, false);
	call_step_note(hu->call, "%s", word);
	call_step_done(hu->call, APP_NEXT);
}


static void hush_limit(void *arg)
{
	hush_over(arg, "TIMEOUT");
}


static void hush_now(void *arg)
{
	struct hush *hu = arg;

	if (--hu->times)
		timer_start(&hu->now, hu->ms, hush_now, hu);
	else
		hush_over(hu, hu->noise ? "NOISE" : "SILENCE");
}


/* Silence is told late, by NOISE_END_MS */
static void hush_talk(struct call *call, bool talks, void *arg)
{
	struct hush *hu = arg;
	uint32_t late = talks ? 0 : NOISE_END_MS;

	(void)call;
	if (talks == hu->noise)
		timer_start(&hu->now, hu->ms > late ? hu->ms - late : 0,
			    hush_now, hu);
	else
		timer_cancel(&hu->now);
}


static enum app_result hush_run(struct call *call, const struct args *args,
				bool noise)
{
	struct hush *hu = mem_zalloc(sizeof(*hu), hush_destructor);
	struct pl pl = args_pl(args, 2);
	uint32_t ms = 0;
	int err;

	if (!hu)
		return APP_HANGUP;

	call->appst = hu;
	hu->call = call;
	hu->noise = noise;
	hu->ms = arg_or(call, args, 0, 1000);
	hu->times = arg_or(call, args, 1, 1);
	if (!hu->times)
		hu->times = 1;
	if (!answer_first(call))
		return APP_HANGUP;
	if (pl.l && !arg_ms(&ms, &pl))
		call_warning(call, "%s: timeout \"%r\" is no number",
			     call->app->name, &pl);

	err = call_listen(call, LEVEL, NOISE_END_MS, hush_talk, hu);
	if (err) {
		call_warning(call, "%s: %m", call->app->name, err);
		call_step_note(call, "%m", err);
		return APP_NEXT;
	}
	if (!noise)
		timer_start(&hu->now, hu->ms, hush_now, hu);
	if (ms)
		timer_start(&hu->limit, ms, hush_limit, hu);

	return APP_WAIT;
}


static enum app_result silence_exec(struct call *call,
				    const struct args *args)
{
	return hush_run(call, args, false);
}


static enum app_result noise_exec(struct call *call, const struct args *args)
{
	return hush_run(call, args, true);
}


const struct app app_waitforsilence = {
	.name = "WaitForSilence",
	.usage = "WaitForSilence([ms[,times[,timeout]]])  until the caller is "
		 "silent; WAITSTATUS is SILENCE or TIMEOUT",
	.maxargs = 3,
	.exec = silence_exec,
};

const struct app app_waitfornoise = {
	.name = "WaitForNoise",
	.usage = "WaitForNoise([ms[,times[,timeout]]])  until the caller is "
		 "heard; WAITSTATUS is NOISE or TIMEOUT",
	.maxargs = 3,
	.exec = noise_exec,
};
