/**
 * @file apps/room_menu.c  Digits of a party
 *
 * Digits are gathered as long as the menu has an entry that begins with them.
 * One that can become no longer acts at once; one that can waits for the next
 * digit, unless it only plays a prompt, which the next digit ends.  After
 * playback_and_continue the digits before it still count, so that "*" may
 * explain what "*1" does.
 *
 * The actions of an entry run one behind the other; one that takes its time
 * (a prompt, a piece of the plan) goes on in room_menu_said() or behind the
 * plan.
 */
#include "apps/room.h"
#include "base/text.h"

enum {
	NEXT_MS = 1500,     /* between digits */
	CONTINUE_MS = 5000, /* behind a prompt that explains */
	DTMF_MS = 100,
};


static void run_actions(struct room_party *p);


static void forget(struct room_party *p)
{
	timer_cancel(&p->digit_timer);
	p->digits[0] = '\0';
	p->collects  = false;
}


/* --- actions ------------------------------------------------------------- */

/* True if a prompt plays: the next action waits for its end */
static bool act_mute(struct room_party *p)
{
	const struct room_bridge *b = p->room->bridge;

	room_mute(p, !p->muted);

	return room_say(p, p->muted ? b->sound.muted : b->sound.unmuted);
}


static bool act_mute_all(struct room_party *p)
{
	struct room *room = p->room;
	const struct room_bridge *b = room->bridge;

	if (!p->user->admin)
		return false;

	room_mute_all(room, !room->muted);
	room_say_all(room, room->muted ? b->sound.participants_muted
				       : b->sound.participants_unmuted);

	return false;
}


static bool act_lock(struct room_party *p)
{
	struct room *room = p->room;
	const struct room_bridge *b = room->bridge;

	if (!p->user->admin)
		return false;

	room_lock(room, !room->locked);

	return room_say(p, room->locked ? b->sound.locked_now
					: b->sound.unlocked_now);
}


/* An administrator is not removed */
static bool act_kick_last(struct room_party *p)
{
	struct room_party *last = room_last(p->room);

	if (!p->user->admin)
		return false;

	if (!last || last == p || last->user->admin)
		return room_say(p, p->room->bridge->sound.error_menu);

	room_kick(last);

	return false;
}


static void plan_over(struct call *call, enum app_result res, void *arg)
{
	(void)call;
	room_back(arg, res == APP_HANGUP);
}


/* "context,extension,priority" */
static bool act_plan(struct room_party *p, const char *target)
{
	struct args args;
	struct pl pl;
	int err;

	pl_set_str(&pl, target);
	err = args_split_pl(&args, &pl, false, 0);
	if (!err) {
		call_stop_play(p->call);
		p->prompting = p->music = false;
		p->away = true;
		err = call_plan_sub(p->call, &args, plan_over, p);
	}
	args_reset(&args);
	if (!err) {
		(void)media_leave(p->media, p->room->media); /* for a while */
		return true;
	}

	p->away = false;
	call_warning(p->call, "conference: dialplan_exec(%s): %m", target,
		     err);

	return room_say(p, p->room->bridge->sound.error_menu);
}


static bool act(struct room_party *p, const struct room_action *a)
{
	switch (a->type) {

	case ROOM_ACT_TOGGLE_MUTE:     return act_mute(p);
	case ROOM_ACT_TOGGLE_MUTE_ALL: return act_mute_all(p);
	case ROOM_ACT_TOGGLE_LOCK:     return act_lock(p);
	case ROOM_ACT_KICK_LAST:       return act_kick_last(p);
	case ROOM_ACT_COUNT:           return room_say_count(p, NULL);
	case ROOM_ACT_DIALPLAN_EXEC:   return act_plan(p, a->arg);
	case ROOM_ACT_PLAYBACK:
	case ROOM_ACT_PLAYBACK_CONTINUE: return room_say(p, a->arg);

	case ROOM_ACT_HEAR_DOWN:  room_volume(p, 0, -1); break;
	case ROOM_ACT_HEAR_UP:    room_volume(p, 0, 1); break;
	case ROOM_ACT_TALK_DOWN:  room_volume(p, -1, 0); break;
	case ROOM_ACT_TALK_UP:    room_volume(p, 1, 0); break;
	case ROOM_ACT_HEAR_RESET: room_volume_reset(p, false, true); break;
	case ROOM_ACT_TALK_RESET: room_volume_reset(p, true, false); break;
	case ROOM_ACT_LEAVE:      room_party_over(p, ROOM_DTMF); break;
	case ROOM_ACT_NO_OP:
	case ROOM_ACT_MAX:        break;
	}

	return false;
}


static void run_actions(struct room_party *p)
{
	while (p->action && !p->over) {
		const struct room_action *a = p->action->data;

		p->action = p->action->next;
		call_info(p->call, "conference %s: %s", p->room->name,
			  room_action_name(a->type));
		if (act(p, a) && p->action)
			return; /* the rest behind it */
	}

	p->entry = NULL;
}


static void give_up(void *arg)
{
	forget(arg);
}


void room_menu_said(struct room_party *p)
{
	if (p->entry)
		run_actions(p);
	if (p->collects)
		timer_start(&p->digit_timer, CONTINUE_MS, give_up, p);
}


static bool explains(const struct room_entry *e)
{
	for (struct le *le = e->actions.head; le; le = le->next) {
		const struct room_action *a = le->data;

		if (a->type == ROOM_ACT_PLAYBACK_CONTINUE)
			return true;
	}

	return false;
}


/* --- digits -------------------------------------------------------------- */

/* The entry of these digits; *longerp: some begin with them */
static const struct room_entry *find(const struct room_menu *menu,
				     const char *digits, bool *longerp)
{
	const struct room_entry *found = NULL;
	const size_t n = strlen(digits);

	*longerp = false;
	for (struct le *le = menu ? menu->entries.head : NULL; le;
	     le = le->next) {
		const struct room_entry *e = le->data;

		if (strncasecmp(e->digits, digits, n))
			continue;
		if (!e->digits[n])
			found = e;
		else
			*longerp = true;
	}

	return found;
}


static void begin(struct room_party *p, const struct room_entry *e)
{
	const bool more = explains(e);

	timer_cancel(&p->digit_timer);
	p->entry  = e;
	p->action = e->actions.head;
	if (more)
		timer_start(&p->digit_timer, CONTINUE_MS, give_up, p);
	else
		forget(p);
	p->collects = more;
	run_actions(p);
}


static void late(void *arg)
{
	struct room_party *p = arg;
	bool longer;
	const struct room_entry *e = find(p->menu, p->digits, &longer);

	if (e)
		begin(p, e);
	else
		forget(p);
}


/* Digits that are no command are for the others */
static void pass_on(const struct room_party *p, char digit)
{
	const char str[2] = {digit, '\0'};

	if (!p->user->dtmf_passthrough || p->waits)
		return;

	for (struct le *le = p->room->parties.head; le; le = le->next) {
		const struct room_party *other = le->data;

		if (other != p && !other->waits && !other->away)
			(void)media_send_dtmf(other->media, str, DTMF_MS,
					      DTMF_MS); /* best effort */
	}
}


/* MeetMe's ways out */
static bool exits(struct room_party *p, char digit)
{
	char exten[2] = {digit, '\0'};

	if (p->exit_context && call_exists(p->call, p->exit_context, exten)) {
		(void)call_goto_to(p->call, p->exit_context, exten, 1);
		room_party_over(p, ROOM_DTMF);
		return true;
	}

	if (p->exit_digits && strchr(p->exit_digits, digit)) {
		room_party_over(p, ROOM_DTMF);
		return true;
	}

	return false;
}


static void no_entry(struct room_party *p, char digit)
{
	const bool begun = p->digits[1] != '\0';

	forget(p);
	if (begun)
		(void)room_say(p, p->room->bridge->sound.error_menu);
	else if (!exits(p, digit))
		pass_on(p, digit);
}


static void digit_handler(struct call *call, char digit, void *arg)
{
	struct room_party *p = arg;
	const struct room_entry *e;
	const size_t n = strlen(p->digits);
	bool longer;

	/* playback() cannot be interrupted */
	if (p->over || !p->room || (p->entry && !p->collects))
		return;

	if (p->collects && p->prompting) {
		call_stop_play(call);
		p->entry = NULL;
		room_said(p);
	}

	if (n + 2 > sizeof(p->digits)) {
		forget(p);
		return;
	}

	p->digits[n]     = digit;
	p->digits[n + 1] = '\0';
	e = find(p->menu, p->digits, &longer);

	if (e && (!longer || explains(e)))
		begin(p, e);
	else if (e || longer)
		timer_start(&p->digit_timer, NEXT_MS, late, p);
	else
		no_entry(p, digit);
}


void room_menu_begin(struct room_party *p)
{
	forget(p);
	call_set_digits(p->call, digit_handler, p);
}


void room_menu_end(struct room_party *p)
{
	forget(p);
	p->entry  = NULL;
	p->action = NULL;
	if (p->call->digith == digit_handler)
		call_set_digits(p->call, NULL, NULL);
}
