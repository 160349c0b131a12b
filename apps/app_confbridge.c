/**
 * @file apps/app_confbridge.c  ConfBridge, ConfKick
 *
 * Which profiles a caller gets: those that the application names, with what
 * CONFBRIDGE() has changed for this call.  The rest is the room's.
 */
#include "apps/conf_app.h"


static void destructor(void *data)
{
	struct conf_app *ca = data;

	mem_deref(ca->enter);
	mem_deref(ca->party);
	mem_deref(ca->exit_context);
}


struct conf_app *conf_app_alloc(struct call *call, const char *name)
{
	struct conf_app *ca = mem_zalloc(sizeof(*ca), destructor);

	if (!ca)
		return NULL;

	ca->party = room_party_alloc(call);
	if (!ca->party)
		return mem_deref(ca);

	str_ncpy(ca->name, name, sizeof(ca->name));
	ca->result = "CONFBRIDGE_RESULT";

	return ca;
}


int conf_app_profiles(struct call *call, struct conf_app *ca)
{
	struct room_party *p = ca->party;
	int err = room_user_copy(&p->user, config_room_user(call->cfg, NULL));

	return err ? err
		   : room_bridge_copy(&p->bridge,
				      config_room_bridge(call->cfg, NULL));
}


/* --- the end ------------------------------------------------------------- */

static void done(struct call *call, const struct conf_app *ca,
		 enum room_end end)
{
	const char *name = room_end_name(end);
	const bool goes_on = end != ROOM_FAILED && end != ROOM_HANGUP &&
			     !(end == ROOM_KICKED && ca->kick_ends);

	(void)call_set_var(call, ca->result, name, false);
	call_step_note(call, "%s", name);
	call_step_done(call, goes_on ? APP_NEXT : APP_HANGUP);
}


static void over(struct room_party *p, enum room_end end, void *arg)
{
	done(p->call, arg, end);
}


static void refused(struct call *call, int err, void *arg)
{
	(void)err;
	done(call, arg, ROOM_FAILED);
}


/* Say why, then go */
static void refuse(struct call *call, struct conf_app *ca, const char *file,
		   const char *why)
{
	call_info(call, "conference %s: %s", ca->name, why);
	if (!file || !file[0] || call_play(call, file, refused, ca))
		refused(call, 0, ca);
}


static void join_failed(struct call *call, struct conf_app *ca, int err)
{
	const struct room_bridge *b = ca->party->bridge;

	switch (err) {

	case EACCES: refuse(call, ca, b->sound.locked, "it is locked"); break;
	case ENOSPC: refuse(call, ca, b->sound.locked, "it is full"); break;
	case ENOTSUP:
		call_warning(call, "conference %s: codec %s cannot be mixed, "
			     "and the phone offers no other one", ca->name,
			     leg_audio(call->caller)->codec->name);
		refuse(call, ca, NULL, "no codec");
		break;

	default:
		call_warning(call, "conference %s: %m", ca->name, err);
		refuse(call, ca, NULL, "it cannot be joined");
		break;
	}
}


/* --- joining ------------------------------------------------------------- */

static void entered(struct room_party *p, int err, void *arg)
{
	struct conf_app *ca = arg;

	if (err) {
		refuse(p->call, ca, NULL, "no entry");
		return;
	}

	err = room_join(p, ca->name);
	if (err)
		join_failed(p->call, ca, err);
	else if (ca->joinedh)
		ca->joinedh(p, ca);
}


/* With a codec that can be mixed, the widest that the administrator has put
 * first */
static int answer(struct call *call)
{
	const struct codec_prefs *prefs = leg_offered(call->caller);
	struct leg_audio far;

	memset(&far, 0, sizeof(far));
	for (size_t i = 0; prefs && i < prefs->n && !far.codec; i++) {
		const struct config_codec *c = codec_prefs_at(prefs, i);

		if (leg_can_mix(c))
			far.codec = c;
	}

	return call_answer_far(call, far.codec ? &far : NULL);
}


enum app_result conf_app_run(struct call *call, struct conf_app *ca)
{
	const struct room_enter_params prm = {
		.name = ca->name, .adminpin = ca->adminpin,
		.pin = ca->pin,
	};
	struct room_party *p = ca->party;
	int err;

	p->overh = over;
	p->arg   = ca;
	if (p->user->answer && !call_is_answered(call)) {
		err = answer(call);
		if (err) {
			call_warning(call, "conference %s: cannot answer: %m",
				     ca->name, err);
			(void)call_set_var(call, ca->result, "FAILED", false);
			return APP_HANGUP;
		}
	}

	call_stop_play(call);
	err = room_may_join(room_find(ca->name), p->user);
	if (err && !ca->adminpin) {
		join_failed(call, ca, err);
		return APP_WAIT;
	}

	err = room_enter(&ca->enter, p, &prm, entered, ca);
	if (err) {
		call_warning(call, "conference %s: %m", ca->name, err);
		(void)call_set_var(call, ca->result, "FAILED", false);
		return APP_HANGUP;
	}

	return APP_WAIT;
}


void conf_app_cancel(struct call *call)
{
	const struct conf_app *ca = call->appst;

	if (ca)
		(void)call_set_var(call, ca->result, "HANGUP", false);
	call_stop_play(call);
}


/* --- ConfBridge ---------------------------------------------------------- */

static bool missing(struct call *call, const char *kind, const char *name)
{
	call_warning(call, "ConfBridge: there is no %s profile \"%s\"", kind,
		     name);
	call_step_note(call, "no profile %s", name);

	return false;
}


static bool take_profiles(struct call *call, struct room_party *p,
			  const struct args *args)
{
	const struct room_bridge *b;
	const struct room_user *u;
	const struct room_menu *m;

	confbridge_own(call, &p->bridge, &p->user, &p->menu);

	b = config_room_bridge(call->cfg, args_str(args, 1));
	u = config_room_user(call->cfg, args_str(args, 2));
	m = config_room_menu(call->cfg, args_str(args, 3));
	if (!p->bridge && !b)
		return missing(call, "bridge", args_str(args, 1));
	if (!p->user && !u)
		return missing(call, "user", args_str(args, 2));
	if (!p->menu && !m && args_has(args, 3))
		return missing(call, "menu", args_str(args, 3));

	/* its own, also against a reload */
	return (p->bridge || !room_bridge_copy(&p->bridge, b)) &&
	       (p->user || !room_user_copy(&p->user, u)) &&
	       (p->menu || !m || !room_menu_copy(&p->menu, m));
}


static enum app_result confbridge_exec(struct call *call,
				       const struct args *args)
{
	struct pl name = args_pl(args, 0);
	struct conf_app *ca;

	(void)call_set_var(call, "CONFBRIDGE_RESULT", "FAILED", false);
	if (!pl_isset(&name) || name.l >= ROOM_NAME_MAX) {
		call_warning(call, "ConfBridge: \"%r\" is no name of a "
			     "conference", &name);
		call_step_note(call, "no name");
		return APP_HANGUP;
	}

	ca = conf_app_alloc(call, args_str(args, 0));
	if (!ca)
		return APP_HANGUP;

	call->appst = ca;
	if (!take_profiles(call, ca->party, args))
		return APP_HANGUP;

	return conf_app_run(call, ca);
}


/* Who is put into it by somebody who is in needs no PIN */
static bool confbridge_swapped(struct call *call)
{
	const struct conf_app *ca = call->appst;

	return ca && !room_swap(ca->party);
}


static void confbridge_hand_over(struct call *call, const struct call *to)
{
	const struct conf_app *ca = call->appst;

	if (ca)
		room_vouch(ca->party, to);
}


const struct app app_confbridge = {
	.name = "ConfBridge",
	.usage = "ConfBridge(name[,bridge[,user[,menu]]])  into a conference; "
		 "CONFBRIDGE_RESULT says how it ended",
	.minargs = 1,
	.maxargs = 4,
	.exec = confbridge_exec,
	.cancel = conf_app_cancel,
	.swapped = confbridge_swapped,
	.hand_over = confbridge_hand_over,
};


/* --- ConfKick ------------------------------------------------------------ */

unsigned conf_kick(struct room *room, const char *who)
{
	const bool all = !str_casecmp(who, "all");
	const bool participants = !str_casecmp(who, "participants");
	struct le *le = room->parties.head;
	unsigned n = 0;

	while (le) {
		struct room_party *p = le->data;

		le = le->next;
		if (!all && !(participants && !p->user->admin) &&
		    !(p->call->caller &&
		      !str_casecmp(leg_name(p->call->caller), who)))
			continue;

		room_kick(p);
		++n;
	}

	return n;
}


static enum app_result confkick_exec(struct call *call,
				     const struct args *args)
{
	struct room *room = room_find(args_str(args, 0));
	const char *who = args_has(args, 1) ? args_str(args, 1) : "all";
	const bool ok = room && conf_kick(room, who);

	(void)call_set_var(call, "CONFKICKSTATUS", ok ? "SUCCESS" : "FAILURE",
			   false);
	if (!ok)
		call_step_note(call, room ? "nobody there" : "no conference");

	return APP_NEXT;
}


const struct app app_confkick = {
	.name = "ConfKick",
	.usage = "ConfKick(name[,channel|all|participants])  remove users of a "
		 "conference; CONFKICKSTATUS is SUCCESS or FAILURE",
	.minargs = 1,
	.maxargs = 2,
	.dead_ok = true,
	.exec = confkick_exec,
};
