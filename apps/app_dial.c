/**
 * @file apps/app_dial.c  Dial
 *
 * Arguments and options become struct fork_params; the race is b2bua/fork.c's.
 * What comes of it is in DIALSTATUS, HANGUPCAUSE and their companions.
 */
#include "apps/apps.h"
#include "apps/dial_screen.h"
#include "apps/talk_plan.h"
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "base/text.h"

static const char known[] = DIAL_SCREEN_OPTS "tTkKwWxXrmgGhHLSADidcbBFfIo";

struct dial {
	struct dial_screen screen; /* the first one: dial_screen_answered() */
	struct fork *fork;
	struct args args; /* of the Dial, while the caller says his name or
			     runs a subroutine */
	struct args devs;
	struct before before;
	struct talk_plan *plan;
	char *music, *gcontext, *gexten, *announce, *callee, *caller;
	char *shown, *forward;
	struct ttext *group; /* of whom it calls; NULL */
};


static void destructor(void *data)
{
	struct dial *d = data;

	mem_deref(d->fork);
	dial_screen_reset(&d->screen);
	args_reset(&d->args);
	args_reset(&d->devs);
	before_reset(&d->before);
	mem_deref(d->plan);
	mem_deref(d->music);
	mem_deref(d->shown);
	mem_deref(d->forward);
	mem_deref(d->group);
	mem_deref(d->gcontext);
	mem_deref(d->gexten);
	mem_deref(d->announce);
	mem_deref(d->callee);
	mem_deref(d->caller);
}


/* --- options ------------------------------------------------------------- */

/* An argument as a string of its own; NULL stays NULL */
static int opt_dup(char **strp, const struct opts *opts, char letter)
{
	const struct ttext *t = opt_text(opts, letter);

	return t && t->len ? str_dup(strp, t->str) : 0;
}


/* L(x[:y[:z]]) in [ms] */
static void take_limit(struct call *call, struct fork_params *prm,
		       const struct pl *arg)
{
	uint64_t *const v[] = {&prm->limit_ms, &prm->warn_ms,
			       &prm->warn_repeat_ms};
	struct pl rest = *arg, part;

	for (size_t i = 0; i < ARRAY_SIZE(v) && pl_next(&part, &rest, ':');
	     i++) {
		part = pl_trim(part);
		if (part.l && num_decode(v[i], &part, UINT32_MAX))
			call_warning(call, "Dial: L(%r): no number", arg);
	}

	/* as Asterisk: the caller hears it unless told otherwise */
	prm->warn_file = call_var(call, "LIMIT_WARNING_FILE");
	prm->connect_file = call_var(call, "LIMIT_CONNECT_FILE");
	prm->timeout_file = call_var(call, "LIMIT_TIMEOUT_FILE");
	prm->warn_caller = !str_len(call_var(call, "LIMIT_PLAYAUDIO_CALLER")) ||
			   !str_casecmp(call_var(call,
						 "LIMIT_PLAYAUDIO_CALLER"),
					"yes");
	prm->warn_callee = !str_casecmp(
		call_var(call, "LIMIT_PLAYAUDIO_CALLEE"), "yes");
}


/* S(x): a limit in seconds; the shorter one of both counts */
static void take_seconds(struct call *call, struct fork_params *prm,
			 const struct pl *arg)
{
	uint32_t ms;

	if (!arg_ms(&ms, arg)) {
		call_warning(call, "Dial: S(%r): no number", arg);
		return;
	}

	if (!prm->limit_ms || ms < prm->limit_ms)
		prm->limit_ms = ms;
}


/* D(callee:caller), by the administrator's ':' */
static int take_digits(struct dial *d, const struct ttext *text)
{
	size_t colon = ttext_find(text, 0, ':');
	struct pl a = {text->str, colon}, b = PL_INIT;
	int err;

	if (colon < text->len) {
		size_t end = ttext_find(text, colon + 1, ':');

		b.p = text->str + colon + 1;
		b.l = end - colon - 1;
	}

	err = a.l ? pl_strdup(&d->callee, &a) : 0;

	return err | (b.l ? pl_strdup(&d->caller, &b) : 0);
}


static int take_texts(struct call *call, struct dial *d,
		      struct fork_params *prm, const struct opts *opts)
{
	const struct ttext *text;
	int err;

	err = opt_dup(&d->music, opts, 'm');
	err |= opt_dup(&d->shown, opts, 'o');
	err |= opt_dup(&d->forward, opts, 'f');
	if (opt_find(opts, 'f', NULL) && !d->forward)
		err |= str_dup(&d->forward, call->exten);
	text = opt_text(opts, 'A');
	if (text)
		err |= call_files(&d->announce, text);
	text = opt_text(opts, 'D');
	if (text)
		err |= take_digits(d, text);
	if (err)
		return ENOMEM;

	text = opt_text(opts, 'G');
	if (text) {
		prm->callee_goes = !talk_plan_goto(call, text, &d->gcontext,
						   &d->gexten,
						   &prm->goto_prio);
		if (!prm->callee_goes)
			call_warning(call, "Dial: G(%s) is left out",
				     text->str);
	}
	if (talk_plan_take(&d->plan, call, opts))
		return ENOMEM;

	prm->plan = d->plan;

	prm->music_class = d->music;
	prm->announce = d->announce;
	prm->from_num = d->shown;
	prm->forward_num = d->forward;
	prm->dtmf_callee = d->callee;
	prm->dtmf_caller = d->caller;
	prm->goto_context = d->gcontext;
	prm->goto_exten = d->gexten;

	return 0;
}


static void take_flags(struct call *call, struct fork_params *prm,
		       const struct opts *opts)
{
	struct pl arg;

	prm->ring = opt_find(opts, 'r', NULL);
	prm->music = opt_find(opts, 'm', NULL);
	opts_talk_keys(&prm->keys, opts);
	prm->go_on = opt_find(opts, 'g', NULL);
	prm->no_forward = opt_find(opts, 'i', NULL);
	prm->digit_exit = opt_find(opts, 'd', NULL);
	prm->elsewhere = opt_find(opts, 'c', NULL);
	prm->no_connected = opt_find(opts, 'I', NULL);

	if (opt_find(opts, 'L', &arg))
		take_limit(call, prm, &arg);
	if (opt_find(opts, 'S', &arg))
		take_seconds(call, prm, &arg);
}


/* "20" or "20^5": the second number is not used */
static void take_timeout(struct call *call, struct fork_params *prm,
			 const struct args *args)
{
	struct pl rest = args_pl(args, 1), arg;

	if (!rest.l || !pl_next(&arg, &rest, '^'))
		return;

	arg = pl_trim(arg);
	if (arg.l && !arg_ms(&prm->timeout_ms, &arg))
		call_warning(call, "Dial: timeout \"%r\" is no number", &arg);
}


/* OUTBOUND_GROUP_ONCE counts for one Dial, OUTBOUND_GROUP for all */
static int take_group(struct call *call, struct dial *d)
{
	const struct pl once = PL_LIT("OUTBOUND_GROUP_ONCE");
	int err = var_text(&d->group, call, once.p);

	if (!err && !d->group)
		err = var_text(&d->group, call, "OUTBOUND_GROUP");
	vars_unset(call->vars, &once);

	return err;
}


static void groups_handler(struct list *groups_of, void *arg)
{
	const struct dial *d = arg;

	if (group_join(groups_of, d->group))
		log_warning("dial", "OUTBOUND_GROUP \"%s\" is left out: too "
			    "long", d->group->str);
}


/* --- the end ------------------------------------------------------------- */

static void set_num(struct call *call, const char *name, uint64_t ms)
{
	char ms_name[32];

	(void)vars_printf(call->vars, name, "%llu", ms / 1000);
	if (re_snprintf(ms_name, sizeof(ms_name), "%s_MS", name) > 0)
		(void)vars_printf(call->vars, ms_name, "%llu", ms);
}


static void set_vars(struct call *call, const struct fork_result *res)
{
	const struct dial *d = call->appst;
	const char *status = dial_status_name(res->status);

	if (res->status == DIAL_NOANSWER && d && d->screen.status)
		status = d->screen.status;

	(void)call_set_var(call, "DIALSTATUS", status, false);
	(void)call_set_var(call, "DIALEDPEERNAME", res->peername, false);
	(void)call_set_var(call, "DIALEDPEERNUMBER", res->peernumber, true);
	set_num(call, "DIALEDTIME", res->dialed_ms);
	set_num(call, "ANSWEREDTIME", res->answered_ms);
	set_num(call, "RINGTIME", res->ring_ms);

	if (res->cause)
		call->cause = res->cause;

	cdr_result(call, res->status, res->scode);
	call_step_note(call, "%s %s", status, res->peername);
}


static void over(struct call *call, const struct fork_result *res, void *arg)
{
	const struct dial *d = arg;
	bool go_on = res->go_on || res->status != DIAL_ANSWER;

	set_vars(call, res);
	if (res->jumped || d->screen.jumped)
		call->jumped = true;

	call_step_done(call, go_on ? APP_NEXT : APP_HANGUP);
}


/* The caller has left: for extension h and the record */
static void dial_cancel(struct call *call)
{
	const struct dial *d = call->appst;
	uint8_t cause = call->cause;
	struct fork_result res;

	call_stop_play(call);
	if (!d || !d->fork)
		return;

	fork_get_result(d->fork, &res);
	set_vars(call, &res);
	call->cause = cause; /* that of the caller */
}


/* --- start --------------------------------------------------------------- */

static void before_over(void *arg);


static enum app_result dial_run(struct call *call, struct dial *d,
				const struct args *args)
{
	struct fork_params prm;
	struct opts opts;
	int err;

	if (before_begin(&d->before, before_over, d))
		return APP_WAIT;

	memset(&prm, 0, sizeof(prm));
	err = opts_decode(&opts, args_text(args, 2), known, opt_unknown, call);
	if (!err) {
		take_flags(call, &prm, &opts);
		take_timeout(call, &prm, args);
		err = take_texts(call, d, &prm, &opts);
	}
	opts_reset(&opts);

	if (!err)
		err = args_split_plain(&d->devs, args_text(args, 0), '&');
	if (!err)
		err = take_group(call, d);
	if (err)
		goto out;

	prm.devv = (const struct ttext *const *)d->devs.v;
	prm.devc = d->devs.n;
	prm.groups = d->group ? groups_handler : NULL;
	prm.screenh = dial_screen_handler(&d->screen);
	err = fork_start(&d->fork, call, &prm, over, d);

out:
	if (err) {
		call_warning(call, "Dial: %m", err);
		call_step_note(call, "%m", err);
		return APP_HANGUP;
	}

	return APP_WAIT;
}


static void before_over(void *arg)
{
	struct dial *d = arg;
	struct call *call = d->before.call;

	if (dial_run(call, d, &d->args) != APP_WAIT)
		call_step_done(call, APP_HANGUP);
}


/* The caller has said his name, or would not */
static void ready(struct dial_screen *ds)
{
	struct dial *d = (struct dial *)(void *)ds; /* its first member */
	struct call *call = ds->call;

	if (dial_run(call, d, &d->args) != APP_WAIT)
		call_step_done(call, APP_HANGUP);
}


static int init_screen(struct call *call, struct dial *d,
		       const struct args *args)
{
	struct opts opts;
	int err;

	err = opts_decode(&opts, args_text(args, 2), known, NULL, NULL);
	if (!err)
		err = dial_screen_init(&d->screen, call, &opts);
	if (!err)
		err = before_take(&d->before, call, &opts);
	opts_reset(&opts);

	return err ? err : args_add_from(&d->args, args, 0);
}


static enum app_result dial_exec(struct call *call, const struct args *args)
{
	struct dial *d = mem_zalloc(sizeof(*d), destructor);

	if (!d)
		return APP_HANGUP;

	call->appst = d;
	(void)call_set_var(call, "DIALSTATUS", "", false);
	if (init_screen(call, d, args))
		return APP_HANGUP;

	if (!dial_screen_admits(&d->screen)) {
		(void)call_set_var(call, "DIALSTATUS", d->screen.status,
				   false);
		call_step_note(call, "%s", d->screen.status);
		return APP_NEXT;
	}
	if (dial_screen_begin(&d->screen, ready))
		return APP_WAIT;

	return dial_run(call, d, args);
}


const struct app app_dial = {
	.name = "Dial",
	.options = known,
	.optarg = 2,
	.usage = "Dial(tech/device[&tech/device...][,timeout[,options]])  "
		 "call devices and connect the first that answers",
	.minargs = 1,
	.maxargs = 4,
	.local_ok = true,
	.exec = dial_exec,
	.cancel = dial_cancel,
};
