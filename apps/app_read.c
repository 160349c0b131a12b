/**
 * @file apps/app_read.c  Read: digits into a variable
 */
#include "apps/apps.h"
#include "base/text.h"

static const char read_known[] = "sint";

struct reader {
	struct call *call;
	struct collect *collect;
	struct collect_params prm;
	char *var;
	char *files;      /* NULL: no prompt */
	char end[2];
	unsigned attempts;
};

static int ask(struct reader *r);


static void destructor(void *data)
{
	struct reader *r = data;

	mem_deref(r->collect);
	mem_deref(r->var);
	mem_deref(r->files);
}


static void finish(struct call *call, struct reader *r, const char *digits,
		   const char *status)
{
	int err = call_set_var(call, r->var, digits, true);

	if (err)
		call_warning(call, "Read: %s not set: %m", r->var, err);

	(void)call_set_var(call, "READSTATUS", status, false);
	call_step_note(call, "%s %s", status, digits);
	call_step_done(call, APP_NEXT);
}


static void collected(struct call *call, const char *digits, void *arg)
{
	struct reader *r = arg;

	if (digits[0]) {
		call_stop_play(call);
		finish(call, r, digits, "OK");
		return;
	}

	if (--r->attempts && !ask(r))
		return;

	finish(call, r, "", "TIMEOUT");
}


static void stop_prompt(void *arg)
{
	const struct reader *r = arg;

	call_stop_play(r->call);
}


static void prompt_over(struct call *call, int err, void *arg)
{
	struct reader *r = arg;

	if (err)
		call_step_note(call, "%m", err);

	collect_wait(r->collect);
}


/* One attempt: the prompt, then the clock.  The collector of the last attempt
 * may be the one that calls, so it goes with the next */
static int ask(struct reader *r)
{
	struct collect *c, *old = r->collect;
	int err;

	err = collect_start(&c, r->call, &r->prm, collected, r);
	if (err)
		return err;

	r->collect = c;
	mem_deref(old);

	if (r->files)
		err = call_play(r->call, r->files, prompt_over, r);
	if (err)
		call_warning(r->call, "Read: prompt not played: %m", err);

	collect_on_first(c, stop_prompt, r);
	collect_listen(c);
	if (!r->files || err)
		collect_wait(r->collect); /* c may be over already */

	return 0;
}


static int take_args(struct call *call, struct reader *r,
		     const struct args *args)
{
	struct pl max = args_pl(args, 2), att = args_pl(args, 4),
		  tmo = args_pl(args, 5);
	uint64_t n = 0;
	int err;

	err = str_dup(&r->var, args_str(args, 0));
	if (!err && args_has(args, 1))
		err = call_files(&r->files, args_text(args, 1));

	if (max.l && num_decode(&n, &max, 255))
		call_warning(call, "Read: \"%r\" digits", &max);
	r->prm.max = (size_t)n;

	n = 1;
	if (att.l && (num_decode(&n, &att, 100) || !n)) {
		call_warning(call, "Read: \"%r\" attempts", &att);
		n = 1;
	}
	r->attempts = (unsigned)n;

	r->prm.first_ms = call->timeout_response_ms;
	r->prm.next_ms = call->timeout_digit_ms;
	if (tmo.l) {
		uint32_t ms;

		if (!arg_ms(&ms, &tmo))
			call_warning(call, "Read: timeout \"%r\"", &tmo);
		else if (ms)
			r->prm.first_ms = r->prm.next_ms = ms;
	}

	return err;
}


/* False: skipped, or nobody there */
static bool take_options(struct call *call, struct reader *r,
			 const struct args *args)
{
	struct opts opts;
	struct pl term;
	bool go = true;

	str_ncpy(r->end, "#", sizeof(r->end));
	if (opts_decode(&opts, args_text(args, 3), read_known, opt_unknown,
			call)) {
		opts_reset(&opts);
		return false;
	}

	if (opt_find(&opts, 't', &term) && term.l)
		r->end[0] = term.p[0];
	r->prm.end = r->end;

	if (opt_find(&opts, 's', NULL) && !call_is_answered(call))
		go = false;
	else if (!opt_find(&opts, 'n', NULL))
		go = answer_first(call);
	opts_reset(&opts);

	return go;
}


static enum app_result read_exec(struct call *call, const struct args *args)
{
	struct reader *r = mem_zalloc(sizeof(*r), destructor);
	int err;

	if (!r)
		return APP_HANGUP;

	call->appst = r;
	r->call = call;
	err = take_args(call, r, args);
	if (!err && !take_options(call, r, args)) {
		(void)call_set_var(call, "READSTATUS", "SKIPPED", false);
		return APP_NEXT;
	}
	if (!err)
		err = ask(r);
	if (err) {
		(void)call_set_var(call, "READSTATUS", "ERROR", false);
		call_step_note(call, "%m", err);
		return APP_NEXT;
	}

	return APP_WAIT;
}


static void read_cancel(struct call *call)
{
	call_stop_play(call);
	(void)call_set_var(call, "READSTATUS", "HANGUP", false);
}


const struct app app_read = {
	.name = "Read",
	.options = read_known,
	.optarg = 3,
	.usage = "Read(variable[,file[&file...][,maxdigits[,options[,attempts"
		 "[,timeout]]]]])  read digits into a variable",
	.minargs = 1,
	.maxargs = 6,
	.exec = read_exec,
	.cancel = read_cancel,
};
