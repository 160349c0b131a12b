/**
 * @file b2bua/consult_begin.c  One side of a talk leaves for a call of its
 *                              own: to ask somebody, or for an application
 */
#include "b2bua/app.h"
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "b2bua/consult_priv.h"
#include "b2bua/transfer.h"


/* ---- memory ------------------------------------------------------------- */

static void destructor(void *data)
{
	struct consult *c = data;

	timer_cancel(&c->tmr);
	keys_reset(&c->keys);
	if (c->room)
		media_close_stream(c->room);
	mem_deref(c->recall);
	mem_deref(c->by);
}


static void ask_set(struct key_set *set, void *arg)
{
	consult_keys(set, arg);
}


static void ask_run(const struct key_feature *feat, void *arg)
{
	consult_key(arg, feat->action);
}


static void ask_pass(const struct key *key, void *arg)
{
	struct consult *c = arg;
	struct media_report rep;
	const struct leg_event ev = key_event(key, &rep);

	if (!c->ask || c->ask->caller != c->by)
		return;
	if (c->ask->fork && fork_caller_digit(c->ask->fork, &ev))
		return;

	if (c->ask->bridged)
		bridge_digit(c->ask, c->by, &ev);
	else
		call_digit(c->ask, key->digit);
}


static struct consult *consult_alloc(struct fork *f, bool caller,
				     enum consult_state state)
{
	struct consult *c = mem_zalloc(sizeof(*c), destructor);

	if (!c)
		return NULL;

	c->state = state;
	c->by_caller = caller;
	c->by = mem_ref(caller ? f->call->caller : f->winner->leg);
	c->keys = (struct keys){
		.timeout_ms = f->call->cfg->features.featuredigit_ms,
		.seth = ask_set, .runh = ask_run, .passh = ask_pass, .arg = c,
	};

	return c;
}


/* ---- the call of the one who is away ------------------------------------ */

static int ask_alloc(struct call **askp, const struct fork *f, bool caller)
{
	struct leg *by = caller ? f->call->caller : f->winner->leg;
	struct leg_identity id = {.pres = -1};
	struct call *call = f->call, *ask;
	int err;

	err = call_alloc(&ask, call->cfg);
	if (err)
		return err;

	call_identity(&id, by);
	call_set_identity(ask, &id);
	str_ncpy(ask->linkedid, call->linkedid, sizeof(ask->linkedid));
	str_ncpy(ask->language, call->language, sizeof(ask->language));
	str_ncpy(ask->context, call->context, sizeof(ask->context));
	ask->trusted = caller ? call->trusted
			      : leg_peer(by) && leg_peer(by)->name;
	ask->progressed = true;
	(void)vars_inherit(ask->vars, call->vars); /* what fits */
	if (caller && call->payer[0])
		str_ncpy(ask->payer, call->payer, sizeof(ask->payer));
	cdr_answered(ask);
	*askp = ask;

	return 0;
}


static int begin(struct consult **cp, struct fork *f, bool caller,
		 enum consult_state state)
{
	struct consult *c = consult_alloc(f, caller, state);
	struct call_hold hold;
	struct call *ask;
	int err;

	if (!c)
		return ENOMEM;

	err = ask_alloc(&ask, f, caller);
	if (err) {
		mem_deref(c);
		return err;
	}

	hold = *bridge_hold(f->call, c->by);
	err = fork_side_away(f, caller, ask, c);
	if (err) {
		mem_deref(c);
		call_end(ask, CAUSE_FAILURE);
		return err;
	}

	ask->hold_caller = hold;
	ask->consult = c;
	c->home = f;
	c->ask = ask;
	*cp = c;

	return 0;
}


static void noanswer_handler(void *arg)
{
	struct consult *c = arg;

	if (c->ask && consult_still_rings(c->ask))
		(void)consult_failed(c->ask);
}


int consult_start(struct fork *f, bool caller, const char *context,
		  const char *exten)
{
	struct consult *c;
	struct call *ask;
	struct leg *by;
	int err;

	err = begin(&c, f, caller, CONSULT_ASK);
	if (err)
		return err;

	ask = c->ask;
	by = c->by;
	call_info(f->call, "%s asks %s,%s before it transfers", leg_name(by),
		  context, exten);
	(void)call_set_var(ask, "TRANSFERERNAME", leg_name(by), false);
	timer_start(&c->tmr, f->call->cfg->features.atxfernoanswer_s * 1000,
		    noanswer_handler, c);

	/* it may be over at once */
	call_run(ask, by, context, exten);

	return 0;
}


/* ---- applications ------------------------------------------------------- */

static int app_args(struct ttext **tp, struct call *call, const char *args)
{
	struct pl pl;

	pl_set_str(&pl, args);

	return call_expand_text(call, tp, &pl);
}


void consult_app(struct fork *f, bool caller, const struct feature_app *app)
{
	struct call *call = f->call;
	struct ttext *args = NULL;
	struct consult *c;
	int err;

	if (f->state != FORK_TALK || !call->caller || !f->winner->leg)
		return;

	call_info(call, "feature %s: %s(%s) for the %s", app->name, app->app,
		  app->args, caller ? "caller" : "callee");
	err = app_args(&args, call, app->args);
	if (!err)
		err = begin(&c, f, caller, CONSULT_APP);
	if (err) {
		call_warning(call, "feature %s: %m", app->name, err);
		mem_deref(args);
		return;
	}

	if (app->music)
		(void)call_music(call, consult_party(c), app->music);
	else
		(void)media_stop_play(leg_media(consult_party(c))); /* silence */
	if (caller)
		(void)vars_copy(c->ask->vars, call->vars);
	exec_one(c->ask, c->by, app->app, args);
	mem_deref(args);
}
