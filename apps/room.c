/**
 * @file apps/room.c  Conferences: the rooms, and what is asked of them
 *
 * Who comes and goes is room_party.c's, recordings are room_record.c's.
 */
#include "apps/room_priv.h"
#include "b2bua/devstate.h"
#include "base/clock.h"
#include "base/rand.h"

enum { BUCKETS = 256 };

static struct list rooms;
static struct list by_name[BUCKETS]; /* callers choose them */


/* --- questions ----------------------------------------------------------- */

const char *room_end_name(enum room_end end)
{
	static const char *const names[] = {
		[ROOM_HANGUP] = "HANGUP",       [ROOM_KICKED] = "KICKED",
		[ROOM_ENDMARKED] = "ENDMARKED", [ROOM_DTMF] = "DTMF",
		[ROOM_TIMEOUT] = "TIMEOUT",     [ROOM_FAILED] = "FAILED",
	};

	return (size_t)end < ARRAY_SIZE(names) ? names[end] : "";
}


struct list *rooms_list(void)
{
	return &rooms;
}


static struct list *bucket(const char *name)
{
	return &by_name[hash_key_ci(name, strlen(name)) % BUCKETS];
}


struct room *room_find(const char *name)
{
	struct le *le = name ? bucket(name)->head : NULL;

	for (; le; le = le->next) {
		struct room *room = le->data;

		if (!str_casecmp(room->name, name))
			return room;
	}

	return NULL;
}


uint32_t room_count(const struct room *room)
{
	return list_count(&room->parties);
}


static uint32_t count(const struct room *room,
		      bool (*is)(const struct room_party *p))
{
	uint32_t n = 0;

	for (struct le *le = room->parties.head; le; le = le->next)
		n += is(le->data);

	return n;
}


static bool is_marked(const struct room_party *p)
{
	return p->user->marked;
}


static bool is_admin(const struct room_party *p)
{
	return p->user->admin;
}


bool room_is_muted(const struct room_party *p)
{
	return p->muted || (p->room->muted && !p->user->admin);
}


static bool is_active(const struct room_party *p)
{
	return !p->waits;
}


uint32_t room_count_active(const struct room *room)
{
	return count(room, is_active);
}


uint32_t room_count_marked(const struct room *room)
{
	return count(room, is_marked);
}


uint32_t room_count_admins(const struct room *room)
{
	return count(room, is_admin);
}


uint32_t room_count_muted(const struct room *room)
{
	return count(room, room_is_muted);
}


struct room_party *room_party_find(const struct room *room, const char *chan,
				   uint32_t no)
{
	for (struct le *le = room->parties.head; le; le = le->next) {
		struct room_party *p = le->data;

		if (chan ? p->call->caller &&
			   !str_casecmp(leg_name(p->call->caller), chan)
			 : p->no == no)
			return p;
	}

	return NULL;
}


struct room_party *room_last(const struct room *room)
{
	return list_ledata(room->parties.tail);
}


/* --- lamps --------------------------------------------------------------- */

static enum devstate lamp(const char *name, void *arg)
{
	const struct room *room = room_find(name);

	(void)arg;

	return room && !room->hidden ? DEV_INUSE : DEV_NOT_INUSE;
}


int room_init(void)
{
	int err = devstate_provide("confbridge", lamp, NULL);

	return err ? err : devstate_provide("Meetme", lamp, NULL);
}


void room_lamps(const struct room *room)
{
	static const char *const kinds[] = {"confbridge", "Meetme"};
	char device[ROOM_NAME_MAX + 16];

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		(void)re_snprintf(device, sizeof(device), "%s:%s", kinds[i],
				  room->name);
		devstate_changed(device);
	}
}


/* --- rooms --------------------------------------------------------------- */

static void on_talk(const struct room *room, const struct media_report *ev)
{
	struct room_party *p = room_party_find(room, NULL, ev->tag);

	if (!p)
		return;

	p->talking = ev->info;
	log_info("room", "%s: %s %s", room->name,
		 p->call->caller ? leg_name(p->call->caller) : "?",
		 p->talking ? "talks" : "talks no more");
}


/* A room that is over waits here for the end of its recording */
static void media_handler(const struct media_report *ev, void *arg)
{
	struct room *room = arg;

	switch (ev->ev) {

	case MEDIA_EV_REC_DONE:
		room_record_done(room, ev);
		if (ev->tag == room->record_tag)
			room->record_path = mem_deref(room->record_path);
		break;

	case MEDIA_EV_PLAY_DONE:
		if (ev->tag == room->say_tag)
			room_say_next(room);
		break;

	case MEDIA_EV_TALK: on_talk(room, ev); break;
	case MEDIA_EV_CLOSED: mem_deref(room); break;

	case MEDIA_EV_DTMF:
	case MEDIA_EV_TIMEOUT:
	case MEDIA_EV_RESUMED:
	case MEDIA_EV_LEARNED:
	case MEDIA_EV_REC_BEGUN:
	case MEDIA_EV_REC_REFUSED:
	case MEDIA_EV_SILENCE:
	case MEDIA_EV_LIMIT:
	default: break;
	}
}


static void room_destructor(void *data)
{
	struct room *room = data;

	list_unlink(&room->le);
	list_unlink(&room->name_le);
	room_say_stop(room);
	list_flush(&room->record_calls);
	mem_deref(room->record_path);
	mem_deref(room->pin);
	mem_deref(room->bridge);
	mem_deref(room->cfg);
}


int room_open(struct room **roomp, const struct room_party *p,
	      const char *name)
{
	struct room *room = mem_zalloc(sizeof(*room), room_destructor);
	int err;

	if (!room)
		return ENOMEM;

	str_ncpy(room->name, name, sizeof(room->name));
	room->cfg = mem_ref(p->cfg);
	room->bridge = mem_ref(p->bridge);
	room->began_ms = clock_ms();
	room->hidden = p->hidden;
	str_ncpy(room->language, p->bridge->language ? p->bridge->language
						     : p->call->language,
		 sizeof(room->language));
	err = media_open_room(&room->media, leg_media(p->call->caller),
			      p->bridge->interval_ms, media_handler, room);
	if (err) {
		mem_deref(room);
		return err;
	}

	list_append(&rooms, &room->le, room);
	list_append(bucket(room->name), &room->name_le, room);
	log_info("room", "%s: opened", room->name);
	*roomp = room;

	return 0;
}


/* CLOSED frees it, when the file of the recording is closed as well */
void room_close(struct room *room)
{
	log_info("room", "%s: closed", room->name);
	list_unlink(&room->le);
	list_unlink(&room->name_le);
	room_say_stop(room);
	room_lamps(room);
	media_close_stream(room->media);
}


/* --- what operators and menus ask ---------------------------------------- */

void room_mute(struct room_party *p, bool mute)
{
	if (p->muted == mute)
		return;

	p->muted = mute;
	call_info(p->call, "conference %s: %s", p->room->name,
		  mute ? "muted" : "heard again");
	room_voice(p);
}


void room_mute_all(struct room *room, bool mute)
{
	if (room->muted == mute)
		return;

	room->muted = mute;
	log_info("room", "%s: all are %s", room->name,
		 mute ? "muted" : "heard again");
	for (struct le *le = room->parties.head; le; le = le->next)
		room_voice(le->data);
}


void room_lock(struct room *room, bool lock)
{
	if (room->locked == lock)
		return;

	room->locked = lock;
	log_info("room", "%s: %s", room->name, lock ? "locked" : "unlocked");
}


static int8_t step(int8_t now, int by)
{
	const int v = now + by;

	if (v > ROOM_VOLUME_MAX)
		return ROOM_VOLUME_MAX;

	return (int8_t)(v < -ROOM_VOLUME_MAX ? -ROOM_VOLUME_MAX : v);
}


void room_volume(struct room_party *p, int talk, int hear)
{
	p->talk_volume = step(p->talk_volume, talk);
	p->hear_volume = step(p->hear_volume, hear);
	room_voice(p);
}


void room_volume_reset(struct room_party *p, bool talk, bool hear)
{
	if (talk)
		p->talk_volume = 0;
	if (hear)
		p->hear_volume = 0;
	room_voice(p);
}
