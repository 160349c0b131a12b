/**
 * @file apps/app_readexten.c  ReadExten, PrivacyManager, Incomplete: digits
 *                             that choose or name somebody
 */
#include "apps/apps.h"
#include "b2bua/cause.h"
#include "base/text.h"

struct asking {
	struct call *call;
	struct collect *collect;
	struct collect_params prm;
	char *var;
	char *context;
	unsigned tries;
	size_t min;
};


static void destructor(void *data)
{
	struct asking *as = data;

	mem_deref(as->collect);
	mem_deref(as->var);
	mem_deref(as->context);
}


static void stop_prompt(void *arg)
{
	const struct asking *as = arg;

	call_stop_play(as->call);
}


static void prompt_over(struct call *call, int err, void *arg)
{
	struct asking *as = arg;

	(void)call;
	(void)err;
	collect_wait(as->collect);
}


/* files NULL: nothing is played */
static int ask(struct asking *as, const char *files, collect_h *h)
{
	struct collect *c, *old = as->collect;
	int err;

	err = collect_start(&c, as->call, &as->prm, h, as);
	if (err)
		return err;

	as->collect = c;
	mem_deref(old);
	if (files)
		err = call_play(as->call, files, prompt_over, as);
	if (err)
		call_warning(as->call, "%s: prompt not played: %m",
			     as->call->app->name, err);

	collect_on_first(c, stop_prompt, as);
	collect_listen(c);
	if (!files || err)
		collect_wait(as->collect);

	return 0;
}


static void asking_cancel(struct call *call)
{
	call_stop_play(call);
}


static struct asking *asking_alloc(struct call *call)
{
	struct asking *as = mem_zalloc(sizeof(*as), destructor);

	if (!as)
		return NULL;

	call->appst = as;
	as->call = call;
	as->prm.first_ms = call->timeout_response_ms;
	as->prm.next_ms = call->timeout_digit_ms;

	return as;
}


/* --- ReadExten ----------------------------------------------------------- */

static void set_status(struct call *call, const char *status)
{
	(void)call_set_var(call, "READEXTENSTATUS", status, false);
	call_step_note(call, "%s", status);
}


static void exten_read(struct call *call, const char *digits, void *arg)
{
	const struct asking *as = arg;
	const char *exten = digits;
	bool known = digits[0] && call_exists(call, as->context, digits);

	call_stop_play(call);
	if (!digits[0])
		exten = call_exists(call, as->context, "t") ? "t" : "";
	else if (!known && call_exists(call, as->context, "i"))
		exten = "i";

	if (digits[0] && !known)
		(void)call_set_var(call, "INVALID_EXTEN", digits, true);

	(void)call_set_var(call, as->var, exten, true);
	set_status(call, known ? "OK" : digits[0] ? "INVALID" : "TIMEOUT");
	call_step_done(call, APP_NEXT);
}


static enum app_result readexten_run(struct call *call,
				     const struct args *args)
{
	struct asking *as = asking_alloc(call);
	struct pl tmo = args_pl(args, 4);
	char *files = NULL;
	int err = as ? 0 : ENOMEM;

	if (!err)
		err = str_dup(&as->var, args_str(args, 0));
	if (!err)
		err = str_dup(&as->context, args_has(args, 2)
						    ? args_str(args, 2)
						    : call->context);
	if (!err && args_has(args, 1))
		err = call_files(&files, args_text(args, 1));
	if (!err) {
		as->prm.context = as->context;
		if (tmo.l && !arg_ms(&as->prm.first_ms, &tmo))
			call_warning(call, "ReadExten: timeout \"%r\"", &tmo);
		err = ask(as, files, exten_read);
	}
	mem_deref(files);

	if (err) {
		set_status(call, "ERROR");
		return APP_NEXT;
	}

	return APP_WAIT;
}


static enum app_result readexten_exec(struct call *call,
				      const struct args *args)
{
	struct opts opts;
	bool skip, quiet;
	int err;

	err = opts_decode(&opts, args_text(args, 3), "sinp", opt_unknown,
			  call);
	skip = !err && opt_find(&opts, 's', NULL);
	quiet = !err && opt_find(&opts, 'n', NULL);
	opts_reset(&opts);

	if (skip && !call_is_answered(call)) {
		set_status(call, "SKIP");
		return APP_NEXT;
	}
	if (!quiet && !answer_first(call))
		return APP_HANGUP;

	return readexten_run(call, args);
}


const struct app app_readexten = {
	.name = "ReadExten",
	.usage = "ReadExten(variable[,file[,context[,options[,timeout]]]])  "
		 "read an extension of a context into a variable",
	.minargs = 1,
	.maxargs = 5,
	.exec = readexten_exec,
	.cancel = asking_cancel,
};


/* --- PrivacyManager ------------------------------------------------------ */

static void privacy_result(struct call *call, const char *status)
{
	(void)call_set_var(call, "PRIVACYMGRSTATUS", status, false);
	call_step_note(call, "%s", status);
}


static void privacy_thanked(struct call *call, int err, void *arg)
{
	(void)err;
	(void)arg;
	call_step_done(call, APP_NEXT);
}


static void number_given(struct call *call, const char *digits, void *arg)
{
	struct asking *as = arg;
	bool good = strlen(digits) >= as->min &&
		    (!as->context || call_exists(call, as->context, digits));

	call_stop_play(call);
	if (good) {
		str_ncpy(call->cid_num, digits, sizeof(call->cid_num));
		str_ncpy(call->cid_name, "Privacy Manager",
			 sizeof(call->cid_name));
		call->cid_wire = true;
		call->cid_pres = CALLINGPRES_ALLOWED;
		privacy_result(call, "SUCCESS");
		if (call_play(call, "privacy-thankyou", privacy_thanked, as))
			call_step_done(call, APP_NEXT);
		return;
	}

	if (--as->tries && !ask(as, "privacy-incorrect", number_given))
		return;

	privacy_result(call, "FAILED");
	(void)call_jump_101(call, false);
	call_step_done(call, APP_NEXT);
}


static unsigned small_number(const struct args *args, size_t i, unsigned def)
{
	struct pl pl = args_pl(args, i);
	uint64_t n;

	pl = pl_trim(pl);

	return !pl.l || num_decode(&n, &pl, 100) || !n ? def : (unsigned)n;
}


static enum app_result privacy_exec(struct call *call,
				    const struct args *args)
{
	struct asking *as;
	int err = 0;

	if (call->cid_num[0]) {
		privacy_result(call, "SUCCESS");
		return APP_NEXT;
	}
	if (!answer_first(call))
		return APP_HANGUP;

	as = asking_alloc(call);
	if (!as)
		return APP_HANGUP;

	as->tries = small_number(args, 0, 3);
	as->min = small_number(args, 1, 10);
	as->prm.end = "#";
	as->prm.max = 40;
	if (args_has(args, 3))
		err = str_dup(&as->context, args_str(args, 3));
	if (!err)
		err = ask(as, "privacy-unident&privacy-prompt", number_given);

	return err ? APP_HANGUP : APP_WAIT;
}


const struct app app_privacymanager = {
	.name = "PrivacyManager",
	.usage = "PrivacyManager([tries[,minlength[,options[,context]]]])  ask "
		 "a caller without number for one",
	.maxargs = 4,
	.exec = privacy_exec,
	.cancel = asking_cancel,
};


/* --- Incomplete ---------------------------------------------------------- */

static void more_digits(struct call *call, const char *digits, void *arg)
{
	char exten[sizeof(call->exten)];

	(void)arg;
	if (!digits[0] || re_snprintf(exten, sizeof(exten), "%s%s",
				      call->exten, digits) < 0) {
		call->cause = CAUSE_INVALID_NUMBER;
		call_step_done(call, APP_HANGUP);
		return;
	}

	call_step_done(call, collect_go(call, call->context, exten));
}


/* Unanswered: 484 says it; answered: the digits that follow are added */
static enum app_result incomplete_exec(struct call *call,
				       const struct args *args)
{
	struct asking *as;

	call->cause = CAUSE_INVALID_NUMBER;
	if (!call_is_answered(call) || strchr(args_str(args, 0), 'n'))
		return APP_HANGUP;

	as = asking_alloc(call);
	if (!as)
		return APP_HANGUP;

	as->prm.first_ms = as->prm.next_ms;
	as->prm.max = 40;

	return ask(as, NULL, more_digits) ? APP_HANGUP : APP_WAIT;
}


const struct app app_incomplete = {
	.name = "Incomplete",
	.usage = "Incomplete([n])  the number wants more digits: 484, or wait "
		 "for them if answered",
	.maxargs = 1,
	.local_ok = true,
	.exec = incomplete_exec,
	.cancel = asking_cancel,
};
