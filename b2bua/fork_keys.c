/**
 * @file b2bua/fork_keys.c  Keys of both sides: features of a Dial
 *
 * Each side has a collector (keys.h).  What a side may press depends on what
 * the fork does: before the answer only option H, in a talk what the options
 * and DYNAMIC_FEATURES allow, for who asks elsewhere (consult.c) the keys of
 * that.
 */
#include "b2bua/cause.h"
#include "b2bua/fork_priv.h"
#include "b2bua/transfer.h"


static struct leg *side(const struct fork *f, bool caller)
{
	return caller ? f->call->caller : f->winner ? f->winner->leg : NULL;
}


/* --- what may be pressed ------------------------------------------------- */

static void talk_set(struct key_set *set, const struct fork *f, bool caller)
{
	const struct talk_keys *may = &f->prm.keys;
	const int side = caller ? FEATURE_CALLER : FEATURE_CALLEE;
	const struct config *cfg = f->call->cfg;
	const struct features_conf *fc = &cfg->features;

	if (may->transfer & side) {
		keys_add(set, fc->blindxfer, KEY_BLINDXFER, NULL);
		keys_add(set, fc->atxfer, KEY_ATXFER, NULL);
	}
	if (may->hangup & side)
		keys_add(set, fc->disconnect, KEY_DISCONNECT, NULL);
	if (may->park & side)
		keys_add(set, fc->parkcall, KEY_PARKCALL, NULL);
	if (may->monitor & side)
		keys_add(set, fc->automon, KEY_MONITOR, NULL);
	if (may->mix & side)
		keys_add(set, fc->automixmon, KEY_MIXMONITOR, NULL);

	keys_add_dynamic(set, cfg, call_var(f->call, "DYNAMIC_FEATURES"),
			 side);
}


static void fill(struct key_set *set, const struct fork *f, bool caller)
{
	const struct features_conf *fc = &f->call->cfg->features;

	if (f->state == FORK_RACE && caller &&
	    (f->prm.keys.hangup & FEATURE_CALLER))
		keys_add(set, fc->disconnect, KEY_DISCONNECT, NULL);
	if (f->state != FORK_TALK)
		return;

	if (consult_is_by(f->consult, side(f, caller)))
		consult_keys(set, f->consult);
	else if (!f->consult)
		talk_set(set, f, caller);
}


bool fork_keeps(const struct fork *f, bool caller)
{
	struct key_set set = {.n = 0};

	if (!f || f->state != FORK_TALK)
		return false;

	fill(&set, f, caller);

	return set.n > 0;
}


/* --- what is done -------------------------------------------------------- */

static void disconnect(struct fork *f, bool caller)
{
	call_info(f->call, "%s asks to end it", caller ? "caller" : "callee");
	if (f->state == FORK_RACE) {
		f->res.go_on = true;
		fork_over(f, DIAL_CANCEL, CAUSE_NORMAL);
		return;
	}

	fork_talk_over(f, CAUSE_NORMAL, f->prm.go_on);
}


static void run(struct fork *f, bool caller, const struct key_feature *feat)
{
	switch (feat->action) {

	case KEY_BLINDXFER:
		(void)fork_transfer_start(f, caller, false);
		break;

	case KEY_ATXFER:
		(void)fork_transfer_start(f, caller, true);
		break;

	case KEY_DISCONNECT:
		disconnect(f, caller);
		break;

	case KEY_PARKCALL:
		fork_park(f, caller);
		break;

	case KEY_MONITOR:
	case KEY_MIXMONITOR:
		fork_record(f, caller, feat->action == KEY_MIXMONITOR);
		break;

	case KEY_APP:
		consult_app(f, feat->app->peer ? !caller : caller, feat->app);
		break;

	case KEY_ABORT:
	case KEY_COMPLETE:
	case KEY_THREEWAY:
	case KEY_SWAP:
		consult_key(f->consult, feat->action);
		break;
	}
}


/* --- what means nothing -------------------------------------------------- */

static bool exit_digit(struct fork *f, char digit)
{
	struct call *call = f->call;
	const char *context = f->prm.exit_context;
	char exten[2] = {digit, '\0'};

	if (!context)
		context = call_var(call, "EXITCONTEXT");
	if (!context[0])
		context = call->context;
	if (!call_exists(call, context, exten))
		return false;

	(void)call_goto_to(call, context, exten, 1);
	f->res.jumped = true;
	f->res.go_on = true;
	call_info(call, "caller leaves the dial by %c", digit);
	fork_over(f, DIAL_CANCEL, CAUSE_NORMAL);

	return true;
}


static void pass(struct fork *f, bool caller, const struct key *key)
{
	struct media_report rep;
	const struct leg_event ev = key_event(key, &rep);

	if (f->state == FORK_TRANSFER)
		fork_transfer_digit(f, caller, key->digit);
	else if (f->state == FORK_TALK)
		bridge_digit(f->call, side(f, caller), &ev);
	else if (f->state == FORK_RACE && caller && f->prm.digit_exit)
		(void)exit_digit(f, key->digit);
}


/* --- the collectors ------------------------------------------------------ */

static void caller_set(struct key_set *set, void *arg)
{
	fill(set, arg, true);
}


static void callee_set(struct key_set *set, void *arg)
{
	fill(set, arg, false);
}


static void caller_run(const struct key_feature *feat, void *arg)
{
	run(arg, true, feat);
}


static void callee_run(const struct key_feature *feat, void *arg)
{
	run(arg, false, feat);
}


static void caller_pass(const struct key *key, void *arg)
{
	pass(arg, true, key);
}


static void callee_pass(const struct key *key, void *arg)
{
	pass(arg, false, key);
}


void fork_keys_init(struct fork *f)
{
	const struct config *cfg = f->call->cfg;
	uint32_t ms = cfg ? cfg->features.featuredigit_ms : 1000;

	f->caller_keys = (struct keys){
		.timeout_ms = ms, .seth = caller_set, .runh = caller_run,
		.passh = caller_pass, .arg = f,
	};
	f->callee_keys = (struct keys){
		.timeout_ms = ms, .seth = callee_set, .runh = callee_run,
		.passh = callee_pass, .arg = f,
	};
}


void fork_keys_reset(struct fork *f)
{
	keys_reset(&f->caller_keys);
	keys_reset(&f->callee_keys);
}


/* Both talk: whose digits are not for the other one */
void fork_keys_tell(const struct fork *f)
{
	for (int caller = 0; caller < 2; caller++) {
		const struct leg *leg = side(f, caller);

		if (leg && leg_media(leg) && fork_keeps(f, caller))
			(void)media_keep_digits(leg_media(leg), true);
	}
}


bool fork_caller_digit(struct fork *f, const struct leg_event *ev)
{
	if (!f || f->state == FORK_OVER)
		return false;
	if (f->state == FORK_TRANSFER) {
		mem_ref(f);
		fork_transfer_digit(f, true, ev->digit);
		mem_deref(f);
		return true;
	}
	if (f->prm.quiet && f->state < FORK_TALK)
		return false;

	/* else nothing to type ahead for */
	if (f->state == FORK_TALK || f->state == FORK_RACE)
		keys_press(&f->caller_keys, ev);

	return true;
}


void fork_callee_digit(struct fork *f, const struct fork_leg *fl,
		       const struct leg_event *ev)
{
	if (fl != f->winner)
		return;

	if (f->state == FORK_TRANSFER)
		fork_transfer_digit(f, false, ev->digit);
	else if (f->state == FORK_TALK)
		keys_press(&f->callee_keys, ev);
}
