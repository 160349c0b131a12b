/**
 * @file b2bua/consult.c  One side of a talk is away for a while: it asks
 *                        somebody before it transfers, or runs an application
 *
 *   home   the call of the talk; its fork waits (FORK_CONSULT), who is left
 *          there (the party) hears music
 *   ask    a call of its own, whose plan the one who is away runs as caller
 *
 *            swap                complete, hang-up
 *   HOME <--------> ASK ---------------------------> the party takes his place
 *     |              |   \  threeway                 in ask: done, or BLONDE if
 *     |              |    ----------> THREE          it still rings there
 *     |              |
 *     +--------------+-- abort, nobody answers, the other hangs up:
 *                        back at home
 *
 *   BLONDE  nobody answers: the one who has transferred is called back
 *           (atxfercallbackretries times)
 *   APP     a feature of [applicationmap]: back at home when it is over
 *
 * ask->consult owns it; home's fork points to it.
 */
#include "b2bua/app.h"
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "b2bua/consult_priv.h"
#include "b2bua/transfer.h"


/* ---- both calls are free of it ------------------------------------------ */

static void leave_room(struct consult *c, struct leg *leg)
{
	if (c->room && leg && leg_media(leg))
		(void)media_leave(leg_media(leg), c->room); /* may be over */
}


struct leg *consult_party(const struct consult *c)
{
	if (!c->home)
		return NULL;

	return c->by_caller ? c->home->winner->leg : c->home->call->caller;
}


/* The reference of ask->consult is the caller's now */
static void detach(struct consult *c)
{
	timer_cancel(&c->tmr);
	keys_reset(&c->keys);
	if (c->room) {
		leave_room(c, c->by);
		leave_room(c, consult_party(c));
		leave_room(c, c->ask ? c->ask->bridged : NULL);
		media_close_stream(c->room);
		c->room = 0;
	}
	if (c->ask)
		c->ask->consult = NULL;
	if (c->ask && c->ask->fork && c->ask->fork->consult == c)
		c->ask->fork->consult = NULL;
	if (c->home)
		c->home->consult = NULL;
	c->home = NULL;
	c->ask = NULL;
}


static bool is_alive(const struct leg *leg)
{
	return leg && leg_state(leg) == LEG_CONFIRMED;
}


/* Who is left at home is alone, and so is its plan */
static void end_home(struct fork *home)
{
	if (home)
		fork_over(home, DIAL_ANSWER, CAUSE_NORMAL);
}


/* ---- back at home ------------------------------------------------------- */

/* ask has no caller any more */
static int go_home(struct consult *c)
{
	struct call *ask = c->ask;
	struct fork *home = c->home;
	struct call_hold hold = ask->hold_caller;
	struct leg *by = c->by;
	bool caller = c->by_caller;
	int err;

	call_unbridge(ask);
	call_stop_play(ask);
	ask->caller = NULL;
	mem_ref(by);
	detach(c);
	mem_deref(c);

	err = fork_side_back(home, caller, by, &hold);
	if (err) {
		call_warning(home->call, "cannot be joined again: %m", err);
		leg_hangup(by, CAUSE_FAILURE, NULL);
		end_home(home);
	}
	mem_deref(by);

	return err;
}


static void back(struct consult *c, const char *sound, const char *why)
{
	struct call *ask = c->ask;
	struct fork *home = c->home;
	struct leg *by = c->by;

	call_info(ask, "%s is back: %s", leg_name(by), why);
	if (c->state == CONSULT_APP && c->by_caller)
		(void)vars_copy(home->call->vars, ask->vars); /* what fits */
	if (!go_home(c))
		fork_play(home, by, sound);
	cdr_end(ask, "tandem", CAUSE_NORMAL);
	exec_leave(ask, CAUSE_NORMAL);
}


static const char *fail_sound(const struct consult *c)
{
	return c->state == CONSULT_APP ? NULL
				       : c->ask->cfg->features.xferfailsound;
}


/* ---- the party takes his place ------------------------------------------ */

bool consult_still_rings(const struct call *ask)
{
	return !ask->bridged && fork_races_since(ask->fork);
}


static void blonde_handler(void *arg)
{
	struct consult *c = arg;

	if (c->ask && consult_still_rings(c->ask))
		(void)consult_failed(c->ask);
}


/* The target goes on ringing, for the party */
static void blonde_begin(struct consult *c, struct call *ask,
			 const struct leg_identity *id)
{
	c->state = CONSULT_BLONDE;
	c->ask = ask;
	c->party = *id;
	ask->consult = c;
	leg_device(c->device, sizeof(c->device), leg_name(c->by));
	timer_start(&c->tmr,
		    ask->cfg->features.atxfernoanswer_s * 1000,
		    blonde_handler, c);
}


static void announce(struct call *ask, const struct leg *leg)
{
	const char *sound = ask->cfg->features.xfersound;

	if (!ask->bridged || !ask->fork)
		return;

	fork_play(ask->fork, leg, sound);
	fork_play(ask->fork, ask->caller == leg ? ask->bridged : ask->caller,
		  sound);
}


static void complete_ask(struct consult *c)
{
	struct leg *by = c->by, *leg = consult_party(c);
	struct leg_identity id = {.pres = -1};
	struct call *ask = c->ask;
	bool blonde = consult_still_rings(ask);
	int err;

	call_identity(&id, leg);
	call_info(ask, "%s connects %s", leg_name(by), leg_name(leg));
	detach(c);
	(void)call_set_var(ask, "ATTENDEDTRANSFER", leg_name(by), false);
	err = call_put(ask, by, leg);
	if (err)
		call_warning(ask, "not connected: %m", err);
	else if (blonde)
		blonde_begin(c, ask, &id);
	else
		announce(ask, leg);

	if (err || !blonde)
		mem_deref(c);
}


/* He is at home, the other one waits in ask */
static void complete_home(struct consult *c)
{
	struct leg *leg = consult_party(c);
	struct call *ask = c->ask;
	struct call_hold hold;
	int err;

	call_info(ask, "%s connects %s", leg_name(c->by), leg_name(leg));
	detach(c);
	err = call_give(leg, ask, &hold);
	if (!err)
		err = fork_side_back(ask->fork, true, leg, &hold);
	if (err) {
		call_warning(ask, "not connected: %m", err);
		leg_hangup(leg, CAUSE_FAILURE, NULL);
		end_home(ask->fork);
	}
	else {
		call_inherits(ask, c->by);
		announce(ask, leg);
	}
	mem_deref(c);
}


static void complete(struct consult *c)
{
	if (c->state == CONSULT_HOME)
		complete_home(c);
	else
		complete_ask(c);
}


/* ---- to and fro --------------------------------------------------------- */

static int swap_home(struct consult *c)
{
	struct call *ask = c->ask;
	struct fork *home = c->home;
	struct call_hold hold = ask->hold_caller;
	int err;

	err = fork_side_away(ask->fork, true, home->call, c);
	if (err)
		return err;

	c->state = CONSULT_HOME;
	err = fork_side_back(home, c->by_caller, c->by, &hold);
	home->consult = c;
	fork_keys_tell(home);

	return err;
}


static int swap_ask(struct consult *c)
{
	struct fork *home = c->home, *away = c->ask->fork;
	struct call_hold hold = *bridge_hold(home->call, c->by);
	int err;

	err = fork_side_away(home, c->by_caller, c->ask, c);
	if (err)
		return err;

	c->state = CONSULT_ASK;
	err = fork_side_back(away, true, c->by, &hold);
	fork_keys_tell(away);

	return err;
}


static void swap(struct consult *c)
{
	int err;

	if (c->state == CONSULT_ASK && !c->ask->bridged)
		return; /* nobody there yet */

	err = c->state == CONSULT_HOME ? swap_ask(c) : swap_home(c);
	if (err)
		call_warning(c->ask, "%s cannot change sides: %m",
			     leg_name(c->by), err);
}


/* ---- three together ----------------------------------------------------- */

static void room_handler(const struct media_report *ev, void *arg)
{
	(void)ev;
	(void)arg;
}


static int join_room(struct consult *c, const struct leg *leg)
{
	const struct media_member m = {.says = MEDIA_MIX_ROOM,
				       .hears = MEDIA_MIX_ROOM};

	(void)media_stop_play(leg_media(leg)); /* music */

	return media_join(leg_media(leg), c->room, &m);
}


static void three(struct consult *c)
{
	struct leg *with = c->ask->bridged, *leg = consult_party(c);
	int err;

	if (!with || !is_alive(leg))
		return;

	err = media_open_room(&c->room, leg_media(c->by), 20, room_handler,
			      NULL);
	if (!err)
		(void)media_unbridge(leg_media(c->by));
	if (!err)
		err = join_room(c, c->by);
	if (!err)
		err = join_room(c, with);
	if (!err)
		err = join_room(c, leg);
	if (err) {
		call_warning(c->ask, "no talk of three: %m", err);
		back(c, fail_sound(c), "no talk of three");
		return;
	}

	c->state = CONSULT_THREE;
	(void)media_keep_digits(leg_media(c->by), true);
	call_info(c->ask, "%s, %s and %s talk", leg_name(c->by),
		  leg_name(with), leg_name(leg));
}


/* ---- keys --------------------------------------------------------------- */

bool consult_is_by(const struct consult *c, const struct leg *leg)
{
	return c && leg && c->by == leg;
}


void consult_keys(struct key_set *set, const struct consult *c)
{
	const struct features_conf *fc;

	if (!c || !c->ask || c->state > CONSULT_THREE)
		return;

	fc = &c->ask->cfg->features;
	keys_add(set, fc->atxferabort, KEY_ABORT, NULL);
	keys_add(set, fc->atxfercomplete, KEY_COMPLETE, NULL);
	if (c->state == CONSULT_THREE)
		return;

	keys_add(set, fc->atxferswap, KEY_SWAP, NULL);
	if (c->state == CONSULT_ASK)
		keys_add(set, fc->atxferthreeway, KEY_THREEWAY, NULL);
}


/* Home's fork talks as if nothing had been */
static void stay_home(struct consult *c)
{
	struct call *ask = c->ask;

	detach(c);
	mem_deref(c);
	end_home(ask->fork);
}


void consult_key(struct consult *c, enum key_action action)
{
	if (!c || !c->ask || !c->home)
		return;

	if (action == KEY_ABORT && c->state == CONSULT_HOME)
		stay_home(c);
	else if (action == KEY_ABORT)
		back(c, NULL, "gave up");
	else if (action == KEY_COMPLETE)
		complete(c);
	else if (action == KEY_SWAP)
		swap(c);
	else if (action == KEY_THREEWAY)
		three(c);
}


bool consult_digit(struct call *ask, const struct leg_event *ev)
{
	struct consult *c = ask->consult;

	if (!c || c->state > CONSULT_THREE || ask->caller != c->by)
		return false;

	keys_press(&c->keys, ev);

	return true;
}


bool consult_keeps(const struct call *ask)
{
	const struct consult *c = ask->consult;

	return c && c->state <= CONSULT_THREE && ask->caller == c->by;
}


/* ---- what ask tells ----------------------------------------------------- */

bool consult_failed(struct call *ask)
{
	struct consult *c = ask->consult;

	if (c->state == CONSULT_BLONDE)
		return consult_recall(c);
	if (c->state == CONSULT_HOME || ask->in_exec || !c->home ||
	    c->hangup || !is_alive(c->by))
		return false;

	back(c, fail_sound(c), c->state == CONSULT_APP ? "done" : "no answer");

	return true;
}


void consult_hangup(struct call *ask)
{
	if (ask->consult->state == CONSULT_APP)
		ask->consult->hangup = true;
}


void consult_joined(struct call *ask)
{
	struct consult *c = ask->consult;

	timer_cancel(&c->tmr);
	if (c->state != CONSULT_BLONDE)
		return;

	detach(c);
	mem_deref(c);
}


static void busy_handler(void *arg)
{
	struct consult *c = arg;

	if (c->ask)
		(void)consult_failed(c->ask);
}


void consult_waits(struct call *ask, const char *app)
{
	struct consult *c = ask->consult;

	if (c->state != CONSULT_ASK && c->state != CONSULT_BLONDE)
		return;
	if (!str_casecmp(app, "Busy") || !str_casecmp(app, "Congestion"))
		timer_start(&c->tmr, 0, busy_handler, c);
}


bool consult_left(struct call *ask)
{
	struct consult *c = ask->consult;
	struct fork *home = c->home;

	if (c->state == CONSULT_BLONDE || !home)
		return false;

	if (c->state != CONSULT_APP && ask->running && !ask->hangup_run &&
	    !ask->in_exec && is_alive(consult_party(c)) &&
	    !(consult_still_rings(ask) && ask->cfg->features.atxferdropcall)) {
		complete(c);
		return true;
	}

	detach(c);
	mem_deref(c);
	end_home(home);

	return false;
}


void consult_over(struct call *ask)
{
	struct consult *c = ask->consult;
	struct fork *home = c->home;
	bool away = c->state != CONSULT_HOME;

	detach(c);
	mem_deref(c);
	if (away)
		end_home(home);
}


void consult_swapped(struct consult *c, const struct leg *old,
		     struct leg *leg)
{
	if (c->by != old || c->state == CONSULT_BLONDE)
		return;

	mem_deref(c->by);
	c->by = mem_ref(leg);
	keys_reset(&c->keys);
}


/* ---- what home tells ---------------------------------------------------- */

/* The party has gone, or the whole call: he goes on where he is.  While he is
 * at home, ask's fork waits as well */
void consult_home_gone(struct consult *c, const struct fork *f)
{
	struct call *ask = f == c->home ? c->ask : NULL;
	struct leg *with = ask ? ask->bridged : NULL;
	bool three_were = c->room != 0;

	detach(c);
	mem_deref(c);
	if (!ask)
		return;

	if (three_were && ask->caller && with)
		(void)media_bridge(leg_media(ask->caller), leg_media(with));
	else if (!ask->caller)
		end_home(ask->fork);
}


/* While he is at home: who hangs up there */
void consult_home_left(struct consult *c, const struct leg *leg)
{
	if (c->state != CONSULT_HOME || !c->ask || !c->ask->fork)
		return;

	if (leg == c->by)
		complete_home(c); /* home ends, without the party */
	else
		(void)swap_ask(c); /* home ends, without him */
}
