/**
 * @file apps/app_parkedcall.c  ParkedCall: take a call from its slot
 *
 * The parked leg leaves its call, which ends, and talks in the call of who has
 * taken it.
 */
#include "apps/apps.h"
#include "b2bua/fork.h"
#include "b2bua/park.h"
#include "b2bua/transfer.h"
#include "base/text.h"


/* ---- which one ---------------------------------------------------------- */

/* "lot,slot", "lot", "slot" or, as in old files, "slot,lot" */
static struct park_slot *find(struct call *call, const struct args *args)
{
	const char *name = args_str(args, 0);
	const struct park_lot *lot = config_lot(call->cfg, name);
	struct pl no = args_pl(args, lot ? 1 : 0);
	uint64_t n = 0;

	if (!lot)
		lot = park_lot(call, args_str(args, 1));
	if (!lot) {
		call_warning(call, "ParkedCall: there is no lot \"%s\"",
			     args_str(args, 1));
		return NULL;
	}

	no = pl_trim(no);
	if (no.l && (num_decode(&n, &no, UINT32_MAX) || !n)) {
		call_info(call, "ParkedCall: there is no slot \"%r\"", &no);
		return NULL;
	}

	return park_find(lot->name, (uint32_t)n);
}


/* ---- taking it ---------------------------------------------------------- */

static void over(struct call *call, const struct fork_result *res, void *arg)
{
	(void)arg;
	if (res->cause)
		call->cause = res->cause;
	if (res->jumped)
		call->jumped = true;
	call_step_done(call, res->jumped ? APP_NEXT : APP_HANGUP);
}


static void play(struct leg *leg, const struct call *call, const char *file)
{
	struct media_play prm = {.files = file, .lang = call->language};

	if (leg_media(leg))
		(void)media_play(leg_media(leg), &prm); /* only a sound */
}


static void show(struct call *call, const struct call *other)
{
	struct leg_identity id = {.pres = other->cid_pres};

	str_ncpy(id.name, other->cid_name, sizeof(id.name));
	str_ncpy(id.num, other->cid_num, sizeof(id.num));
	leg_set_connected(call->caller, &id);
}


static int take(struct call *call, struct park_slot *slot)
{
	const struct park_lot *lot = config_lot(call->cfg, slot->lot);
	struct call *other = slot->call;
	struct leg *leg = other->caller;
	struct call_hold hold;
	struct talk_keys keys;
	struct fork *f = NULL;
	int err;

	if (!leg || other == call)
		return ENOENT;

	show(call, other);
	err = call_answer_far(call, leg_audio(leg));
	if (!err)
		err = call_give(leg, call, &hold); /* frees the slot */
	if (err)
		return err;

	err = fork_join(&f, call, leg, &hold, over, NULL);
	if (err) {
		leg_hangup(leg, 0, NULL);
		return err;
	}

	call->appst = f;
	if (!lot)
		return 0;

	park_lot_keys(&keys, lot);
	fork_set_keys(f, &keys);
	if (lot->courtesytone && (lot->play & FEATURE_CALLER))
		play(call->caller, call, lot->courtesytone);
	if (lot->courtesytone && (lot->play & FEATURE_CALLEE))
		play(leg, call, lot->courtesytone);

	return 0;
}


static enum app_result nobody(struct call *call)
{
	call_step_note(call, "nobody is there");
	if (!answer_first(call) ||
	    call_play(call, "pbx-invalidpark", play_then_next, NULL))
		return APP_NEXT;

	return APP_WAIT;
}


static enum app_result take_exec(struct call *call, const struct args *args)
{
	struct park_slot *slot = find(call, args);
	char no[16];
	int err;

	if (!slot)
		return nobody(call);

	(void)re_snprintf(no, sizeof(no), "%u", slot->no);
	err = take(call, slot);
	if (err) {
		call_warning(call, "ParkedCall: slot %s: %m", no, err);
		return err == ENOENT ? nobody(call) : APP_HANGUP;
	}

	call_step_note(call, "slot %s", no);

	return APP_WAIT;
}


const struct app app_parkedcall = {
	.name = "ParkedCall",
	.usage = "ParkedCall([lot,][slot])  talk to who is parked there, or in "
		 "the lowest slot",
	.maxargs = 2,
	.exec = take_exec,
};
