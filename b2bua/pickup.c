/**
 * @file b2bua/pickup.c  Pickup: by group, extension, mark or channel
 */
#include "b2bua/pickup.h"
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "b2bua/fork.h"
#include "b2bua/hint.h"
#include "b2bua/server.h"
#include "b2bua/transfer.h"
#include "base/text.h"


/* ---- groups ------------------------------------------------------------- */

static bool has_word(const char *list, const struct pl *word)
{
	struct pl rest, part;

	pl_set_str(&rest, list);
	while (pl_next(&part, &rest, ',')) {
		part = pl_trim(part);
		if (part.l && !pl_casecmp(&part, word))
			return true;
	}

	return false;
}


static bool names_meet(const char *a, const char *b)
{
	struct pl rest, part;

	if (!a || !b)
		return false;

	pl_set_str(&rest, a);
	while (pl_next(&part, &rest, ',')) {
		part = pl_trim(part);
		if (part.l && has_word(b, &part))
			return true;
	}

	return false;
}


bool pickup_groups_meet(const struct peer *who, const struct peer *whose)
{
	return who && whose &&
	       ((who->pickupgroup & whose->callgroup) ||
		names_meet(who->namedpickupgroup, whose->namedcallgroup));
}


/* ---- what rings --------------------------------------------------------- */

typedef bool(fits_h)(const struct call *call, const struct leg *leg,
		     const void *arg);


static bool is_ringing(const struct leg *leg)
{
	enum leg_state st = leg_state(leg);

	/* many phones send 183, some nothing at all */
	return leg_is_outgoing(leg) && (st == LEG_CALLING || st == LEG_EARLY);
}


static struct leg *leg_that_fits(const struct call *call, fits_h *fits,
				 const void *arg)
{
	struct le *le;

	LIST_FOREACH(&call->legs, le)
	{
		if (is_ringing(le->data) && fits(call, le->data, arg))
			return le->data;
	}

	return NULL;
}


/* The one that rings longest */
static struct leg *find(fits_h *fits, const void *arg,
			const struct call *but)
{
	struct leg *best = NULL;
	uint64_t since = UINT64_MAX;
	struct le *le;

	LIST_FOREACH(calls_list(), le)
	{
		const struct call *call = le->data;
		uint64_t ms = fork_races_since(call->fork);
		struct leg *leg;

		if (call == but || !ms || ms >= since)
			continue;

		leg = leg_that_fits(call, fits, arg);
		if (leg) {
			best = leg;
			since = ms;
		}
	}

	return best;
}


static bool group_fits(const struct call *call, const struct leg *leg,
		       const void *arg)
{
	(void)call;

	return pickup_groups_meet(arg, leg_peer(leg));
}


struct leg *pickup_group(const struct peer *who)
{
	return who && who->name ? find(group_fits, who, NULL) : NULL;
}


struct place {
	const char *context, *exten;
	struct hint_devs devs; /* of its hint */
};


/* The plan may be inside of a subroutine: where it was before counts */
static bool is_at(const struct call *call, const struct place *pl)
{
	const struct call_frame *fr = list_ledata(call->frames.tail);

	if (!str_cmp(call->context, pl->context) &&
	    (!str_cmp(call->exten, pl->exten) ||
	     !str_cmp(call->dnid, pl->exten)))
		return true;

	return fr && !str_cmp(fr->context, pl->context) &&
	       !str_cmp(fr->exten, pl->exten);
}


static bool place_fits(const struct call *call, const struct leg *leg,
		       const void *arg)
{
	const struct peer *peer = leg_peer(leg);
	const struct place *pl = arg;

	if (is_at(call, pl))
		return true;

	for (size_t i = 0; peer->name && i < pl->devs.n; i++) {
		const char *dev = pl->devs.v[i];

		if (!strncasecmp(dev, "SIP/", 4) &&
		    !strcmp(dev + 4, peer->name))
			return true;
	}

	return false;
}


struct leg *pickup_exten(const char *context, const char *exten,
			 const struct call *but)
{
	struct place pl = {.context = context, .exten = exten};
	struct leg *leg;

	if (!str_isset(context) || !str_isset(exten))
		return NULL;

	(void)hint_devices(&pl.devs, context, exten); /* may have none */
	leg = find(place_fits, &pl, but);
	hint_devs_reset(&pl.devs);

	return leg;
}


static bool mark_fits(const struct call *call, const struct leg *leg,
		      const void *arg)
{
	(void)leg;

	return !strcmp(call_var(call, "PICKUPMARK"), arg);
}


struct leg *pickup_mark(const char *mark, const struct call *but)
{
	return str_isset(mark) ? find(mark_fits, mark, but) : NULL;
}


static bool whole_fits(const struct call *call, const struct leg *leg,
		       const void *arg)
{
	const char *name = leg_name(leg), *want = arg;
	size_t n = strlen(want);

	(void)call;

	return !strncasecmp(name, want, n) &&
	       (!name[n] || (name[n] == '-' && !strchr(name + n + 1, '-')));
}


static bool begin_fits(const struct call *call, const struct leg *leg,
		       const void *arg)
{
	(void)call;

	return !strncasecmp(leg_name(leg), arg, strlen(arg));
}


struct leg *pickup_channel(const char *name, bool begin,
			   const struct call *but)
{
	return str_isset(name) ? find(begin ? begin_fits : whole_fits, name,
				      but)
			       : NULL;
}


/* ---- taking it ---------------------------------------------------------- */

static void play(struct leg *leg, const struct call *call, const char *files)
{
	struct media_play prm = {.files = files, .lang = call->language};

	if (files && leg_media(leg))
		(void)media_play(leg_media(leg), &prm); /* only a sound */
}


/* Who picks up sees who calls */
static void show_caller(struct leg *leg, const struct call *other)
{
	struct leg_identity id = {.pres = other->cid_pres};

	str_ncpy(id.name, other->cid_name, sizeof(id.name));
	str_ncpy(id.num, other->cid_num, sizeof(id.num));
	leg_set_connected(leg, &id);
}


/* The plan of who has picked up ends, as if he had hung up */
static void leave(struct call *call, bool was_answered)
{
	call->caller = NULL;
	call->playh = NULL;
	call->play_arg = NULL;
	if (was_answered)
		cdr_end(call, "tandem", CAUSE_NORMAL);
	else
		call->cdr = mem_deref(call->cdr); /* that of the other call */
	exec_leave(call, CAUSE_NORMAL);
}


int pickup_take(struct leg *leg, struct leg *rings)
{
	struct call *other = leg_call(rings);
	int err;

	if (!leg || !other || leg_call(leg) == other)
		return EINVAL;
	if (!fork_races_since(other->fork))
		return ENOTCONN;

	show_caller(leg, other);
	if (!leg_is_answered(leg)) {
		err = leg_answer(leg, other->caller ? leg_audio(other->caller)
						    : NULL);
		if (err)
			return err;
	}

	call_info(other, "%s takes what rings at %s", leg_name(leg),
		  leg_name(rings));
	err = fork_pickup(other->fork, leg);
	if (!err)
		play(leg, other, other->cfg->features.pickupsound);

	return err;
}


int call_pickup(struct call *call, struct leg *rings)
{
	struct leg *leg = call ? call->caller : NULL;
	bool answered;
	int err;

	if (!leg || !rings)
		return EINVAL;

	answered = leg_is_answered(leg);
	call_stop_play(call);
	err = pickup_take(leg, rings);
	if (err) {
		call_warning(call, "not picked up: %m", err);
		return err;
	}

	if (call->xfer)
		xfer_joined(call);
	leave(call, answered);

	return 0;
}


/* ---- pickupexten -------------------------------------------------------- */

bool pickup_is_exten(const struct peer *peer, const char *context,
		     const char *exten)
{
	const struct config *cfg = server()->cfg;
	const char *own = cfg->features.pickupexten;
	const struct dp_exten *e;

	if (!peer || !peer->name || !own || str_cmp(own, exten))
		return false;

	e = dp_exten_first(dialplan_context(cfg->dialplan, context), exten);

	return !e || list_isempty(&e->prios);
}


static void failed_handler(struct call *call, int err, void *arg)
{
	(void)err;
	(void)arg;
	call_end(call, CAUSE_NORMAL);
}


static void nothing(struct call *call, struct leg *leg)
{
	const char *sound = call->cfg->features.pickupfailsound;

	call_info(call, "nothing rings in the groups of %s",
		  leg_peer(leg)->name);
	if (sound && !call_answer(call) &&
	    !call_play(call, sound, failed_handler, NULL))
		return;

	if (!leg_is_answered(leg))
		(void)leg_reject(leg, 480, CAUSE_NO_ANSWER,
				 "Nothing to pick up");
	call_end(call, CAUSE_NO_ANSWER);
}


void pickup_invite(struct call *call, struct leg *leg)
{
	struct leg *rings = pickup_group(leg_peer(leg));

	call->caller = leg;
	str_ncpy(call->context, leg_peer(leg)->context, sizeof(call->context));
	str_ncpy(call->exten, call->dnid, sizeof(call->exten));
	cdr_step(call, "Pickup", "");
	if (!rings || call_pickup(call, rings))
		nothing(call, leg);
	else
		call_end(call, CAUSE_NORMAL);
}
