/**
 * @file apps/room_party.c  Who is in a conference: coming, going, leaders
 *
 * What a party is follows from the room: whoever has wait_marked waits while
 * there is no leader, who is alone may hear music.  So each coming and going
 * ends in settle(), which looks at everybody and changes what has to be.
 *
 * The end of a stay is always told from a timer of 0 ms: whoever removes a
 * party may stand on the stack of another one.
 */
#include "apps/room_priv.h"
#include "base/clock.h"

enum { SILENT = 0x80 }; /* a voice that nobody has */


/* --- voices -------------------------------------------------------------- */

void room_voice(struct room_party *p)
{
	const struct room_user *u = p->user;
	struct media_member prm = {
		.says = MEDIA_MIX_ROOM, .hears = MEDIA_MIX_ROOM,
		.talk_gain    = p->talk_volume,
		.hear_gain    = p->hear_volume,
		.drop_silence = u->drop_silence,
		.talk_events  = u->talk_events,
		.talk_level   = (uint16_t)u->talk_level,
		.silence_ms   = u->silence_ms,
		.tag          = p->no,
	};
	int err;

	if (!p->room || p->away)
		return;

	if (room_is_muted(p) || p->waits || p->listens_only)
		prm.says = 0;
	if (p->waits || p->speaks_only)
		prm.hears = SILENT;

	err = media_join(p->media, p->room->media, &prm);
	if (err)
		call_warning(p->call, "conference %s: not mixed: %m",
			     p->room->name, err);
}


static bool is_empty(const struct room *room)
{
	return room_count_active(room) < 2;
}


static bool wants_music(const struct room_party *p, bool empty)
{
	if (!p->user->music_when_empty || p->prompting || p->away || p->over)
		return false;

	return p->waits || empty;
}


static void settle_music(struct room_party *p, bool empty)
{
	const bool want = wants_music(p, empty);

	if (want == p->music)
		return;

	p->music = want;
	if (want)
		(void)call_music(p->call, p->call->caller,
				 p->user->music_class); /* has said why */
	else if (!p->prompting)
		call_stop_play(p->call);
}


void room_said(struct room_party *p)
{
	p->prompting = false;
	p->music     = false;
	if (!p->room)
		return;

	settle_music(p, is_empty(p->room));
	room_menu_said(p);
}


static bool has_to_wait(const struct room_party *p, bool led)
{
	return p->user->wait_marked && !p->user->marked && !led;
}


static void settle(struct room *room)
{
	const bool led = room_count_marked(room) > 0;
	bool begins = false, empty;
	struct le *le;

	for (le = room->parties.head; le; le = le->next) {
		struct room_party *p = le->data;
		const bool waits     = has_to_wait(p, led);

		if (waits == p->waits)
			continue;

		begins   = begins || !waits;
		p->waits = waits;
		room_voice(p);
	}

	empty = is_empty(room);
	for (le = room->parties.head; le; le = le->next)
		settle_music(le->data, empty);

	if (begins)
		room_say_all(room, room->bridge->sound.begin);
}


/* --- coming and going ---------------------------------------------------- */

static void destructor(void *data)
{
	struct room_party *p = data;

	timer_cancel(&p->timeout);
	timer_cancel(&p->digit_timer);
	room_leave(p);
	room_name_forget(p);
	mem_deref(p->bridge);
	mem_deref(p->user);
	mem_deref(p->menu);
	mem_deref(p->cfg);
}


struct room_party *room_party_alloc(struct call *call)
{
	struct room_party *p = mem_zalloc(sizeof(*p), destructor);

	if (!p)
		return NULL;

	p->call = call;
	p->cfg  = mem_ref(call->cfg);

	return p;
}


int room_may_join(const struct room *room, const struct room_user *user)
{
	if (!room || user->admin)
		return 0;
	if (room->locked)
		return EACCES;

	return room->bridge->max_members &&
	       room_count(room) >= room->bridge->max_members ? ENOSPC : 0;
}


/* The best codec that both know and that can be mixed */
static int check_codec(struct room_party *p)
{
	struct leg *leg = p->call->caller;
	const struct codec_prefs *prefs = leg_offered(leg);

	if (media_can_mix(leg_audio(leg)->mcodec))
		return 0;

	for (size_t i = 0; prefs && i < prefs->n; i++) {
		const struct config_codec *c = codec_prefs_at(prefs, i);

		if (leg_can_mix(c) && leg_takes_codec(leg, c) &&
		    !leg_modify_codec(leg, SDPM_SENDRECV, c))
			return 0;
	}

	return ENOTSUP;
}


static void timeout_handler(void *arg)
{
	room_party_over(arg, ROOM_TIMEOUT);
}


static void announce_coming(struct room_party *p)
{
	const struct room_bridge *b = p->room->bridge;
	char files[1024];

	if (p->user->quiet)
		return;

	if (room_count(p->room) > 1 || p->user->hear_own_join)
		room_say_all(p->room, b->sound.join);
	if (p->name_file &&
	    re_snprintf(files, sizeof(files), "%s&%s", p->name_file,
			b->sound.has_joined) > 0)
		room_say_all(p->room, files);
}


static void tell_party(struct room_party *p)
{
	const struct room_user *u = p->user;
	const struct room_bridge *b = p->room->bridge;
	const bool alone = room_count(p->room) < 2;

	if (u->quiet)
		return;

	if (p->waits)
		(void)room_say(p, b->sound.wait_for_leader);
	else if (alone && u->announce_only)
		(void)room_say(p, b->sound.only_person);
	else if (!alone && u->announce_count)
		(void)room_say_count(p, NULL);

	if (!alone && u->announce_count_all != UINT32_MAX &&
	    room_count(p->room) > u->announce_count_all)
		room_say_count_all(p->room);
}


int room_join(struct room_party *p, const char *name)
{
	struct room *room = room_find(name);
	bool fresh = !room;
	int err;

	if (!p->call->caller || !leg_media(p->call->caller))
		return ENOTCONN;

	err = room_may_join(room, p->user);
	if (!err)
		err = check_codec(p);
	if (!err && !room)
		err = room_open(&room, p, name);
	if (err)
		return err;

	p->room      = room;
	p->media     = leg_media(p->call->caller);
	p->no        = ++room->serial;
	p->joined_ms = clock_ms();
	p->muted     = p->user->startmuted;
	list_append(&room->parties, &p->le, p);
	p->waits = has_to_wait(p, room_count_marked(room) > 0);
	call_info(p->call, "joins conference %s as number %u, %u there",
		  room->name, p->no, room_count(room));

	call_talk_changed(p->call); /* who listened to it */
	room_voice(p);
	room_record_party(room, p->call);
	if (fresh)
		room_lamps(room);
	if (fresh && room->bridge->record) {
		err = room_record(room, NULL);
		if (err)
			log_warning("room", "%s: not recorded: %m",
				    room->name, err);
	}
	if (p->user->timeout_s)
		timer_start(&p->timeout, p->user->timeout_s * 1000ull,
			    timeout_handler, p);

	announce_coming(p);
	tell_party(p);
	settle(room);
	room_menu_begin(p);

	return 0;
}


int room_swap(struct room_party *p)
{
	int err;

	if (!p->room || p->over || p->away || !p->call->caller ||
	    !leg_media(p->call->caller))
		return ENOTCONN;

	err = check_codec(p);
	if (err)
		return err;

	call_info(p->call, "%s is number %u of conference %s now",
		  leg_name(p->call->caller), p->no, p->room->name);
	(void)media_leave(p->media, p->room->media); /* it may be closed */
	p->media = leg_media(p->call->caller);
	p->entry = NULL;
	p->talking = false;
	room_menu_begin(p);
	call_talk_changed(p->call);
	room_voice(p);
	room_said(p); /* what played has gone with the other one */

	return 0;
}


/* Those who go with the leader */
static void leader_left(struct room *room, bool last)
{
	struct le *le = room->parties.head;

	if (last)
		room_say_all(room, room->bridge->sound.leader_has_left);

	while (le) {
		struct room_party *p = le->data;

		le = le->next;
		if (p->user->end_marked_any ||
		    (last && p->user->end_marked && !p->user->marked))
			room_party_over(p, ROOM_ENDMARKED);
	}
}


static void announce_going(struct room *room, struct room_party *p)
{
	const struct room_bridge *b = room->bridge;

	if (p->user->quiet)
		return;

	room_say_all(room, b->sound.leave);
	if (p->name_file)
		room_say_gone(room, &p->name_file, b->sound.has_left);
}


void room_leave(struct room_party *p)
{
	struct room *room = p->room;

	if (!room)
		return;

	timer_cancel(&p->timeout);
	room_menu_end(p);
	list_unlink(&p->le);
	p->room = NULL;
	(void)media_leave(p->media, room->media); /* it may be closed */
	if (p->music || p->prompting)
		call_stop_play(p->call);
	p->music = p->prompting = false;
	call_info(p->call, "leaves conference %s, %u there", room->name,
		  room_count(room));

	if (!room->parties.head) {
		room_close(room);
		return;
	}

	announce_going(room, p);
	if (p->closes_last && room_count(room) == 1)
		room_kick(room->parties.head->data);
	if (p->user->marked)
		leader_left(room, !room_count_marked(room));
	settle(room);
}


static void over_handler(void *arg)
{
	struct room_party *p = arg;
	room_over_h *h = p->overh;

	room_leave(p);
	p->overh = NULL;
	if (h)
		h(p, p->end, p->arg);
}


void room_party_over(struct room_party *p, enum room_end end)
{
	if (p->over)
		return;

	p->over = true;
	p->end  = end;
	if (p->away) /* the step is another one's */
		return;

	room_menu_end(p);
	timer_start(&p->timeout, 0, over_handler, p);
}


void room_back(struct room_party *p, bool hangs_up)
{
	p->away = false;
	if (p->over) {
		timer_start(&p->timeout, 0, over_handler, p);
		return;
	}
	if (hangs_up) {
		room_party_over(p, ROOM_HANGUP);
		return;
	}

	room_voice(p);
	room_menu_begin(p);
	room_said(p);
}


static void kicked(struct call *call, int err, void *arg)
{
	struct room_party *p = arg;

	(void)call;
	(void)err;
	timer_start(&p->timeout, 0, over_handler, p);
}


void room_kick(struct room_party *p)
{
	const char *file = p->room ? p->room->bridge->sound.kicked : "";

	if (p->over || !p->room)
		return;

	call_info(p->call, "is removed from conference %s", p->room->name);
	if (p->away) {
		room_party_over(p, ROOM_KICKED);
		return;
	}

	p->over = true;
	p->end  = ROOM_KICKED;
	room_menu_end(p);
	timer_cancel(&p->timeout);
	p->prompting = true;
	if (!file[0] || p->user->quiet ||
	    call_play(p->call, file, kicked, p))
		kicked(p->call, 0, p);
}
