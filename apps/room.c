/**
 * @file apps/room.c  Conferences: rooms, parties, leaders, recording
 *
 * What a party is follows from the room: whoever has wait_marked waits while
 * there is no leader, who is alone may hear music.  So each coming and going
 * ends in settle(), which looks at everybody and changes what has to be.
 *
 * The end of a stay is always told from a timer of 0 ms: whoever removes a
 * party may stand on the stack of another one.
 */
#include "apps/room.h"
#include "b2bua/cdr.h"
#include "b2bua/devstate.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/rand.h"
#include "base/text.h"

enum {
	SILENT = 0x80, /* a voice that nobody has */
	BUCKETS = 256,
};

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


static bool is_muted(const struct room_party *p)
{
	return p->muted || (p->room->muted && !p->user->admin);
}


static bool is_active(const struct room_party *p)
{
	return !p->waits;
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
	return count(room, is_muted);
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


static void lamps_changed(const struct room *room)
{
	static const char *const kinds[] = {"confbridge", "Meetme"};
	char device[ROOM_NAME_MAX + 16];

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		(void)re_snprintf(device, sizeof(device), "%s:%s", kinds[i],
				  room->name);
		devstate_changed(device);
	}
}


/* --- recording ----------------------------------------------------------- */

void room_plain_name(char *buf, size_t n, const char *name)
{
	str_ncpy(buf, name, n);
	for (char *c = buf; *c; c++) {
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9') || strchr("_+-", *c)))
			*c = '_';
	}
}


/* "meetings/x.wav" with the time before the ending */
static int stamp(struct mbuf *mb, const char *file, bool time)
{
	const char *slash = strrchr(file, '/');
	const char *dot   = strrchr(slash ? slash : file, '.');
	const size_t n    = dot ? (size_t)(dot - file) : strlen(file);
	int err = mbuf_printf(mb, "%b", file, n);

	if (time)
		err |= mbuf_printf(mb, "-%llu", clock_wall_s());

	return err | mbuf_write_str(mb, dot ? dot : ".wav");
}


static int record_name(struct mbuf *mb, const struct room *room,
		       const char *file)
{
	const struct room_bridge *b = room->bridge;
	char name[ROOM_NAME_MAX];

	if (file)
		return stamp(mb, file, false);
	if (b->record_file)
		return stamp(mb, b->record_file, b->record_timestamp);

	room_plain_name(name, sizeof(name), room->name);

	return mbuf_printf(mb, "confbridge-%s-%llu.wav", name,
			   clock_wall_s());
}


/* As a file of MixMonitor: relative to SPOOL/monitor */
static int record_path(char **pathp, const struct room *room,
		       const char *file)
{
	struct mbuf *mb = mbuf_alloc(128);
	struct ttext *text = NULL;
	struct call *call;
	struct pl pl;
	int err;

	if (!mb)
		return ENOMEM;

	call = ((struct room_party *)room->parties.head->data)->call;
	err = record_name(mb, room, file);
	if (!err) {
		pl.p = (char *)mb->buf;
		pl.l = mb->end;
		err = ttext_create(&text, &pl, false);
	}
	if (!err)
		err = call_file_path(call, pathp, "monitor", text);

	mem_deref(text);
	mem_deref(mb);

	return err;
}


/** A call that a recording has, for its record */
struct room_heard {
	struct le le;             /* room->record_calls */
	uint32_t tag;
	char uniqueid[48];
	char *path;               /* as asked for */
};


static void heard_destructor(void *data)
{
	struct room_heard *h = data;

	list_unlink(&h->le);
	mem_deref(h->path);
}


static void record_party(struct room *room, const struct call *call)
{
	struct room_heard *h;

	if (!room->record_path)
		return;

	h = mem_zalloc(sizeof(*h), heard_destructor);
	if (!h) {
		call_warning(call, "no memory to note the recording %s",
			     room->record_path);
		return;
	}

	h->tag = room->record_tag;
	h->path = mem_ref(room->record_path);
	str_ncpy(h->uniqueid, call->uniqueid, sizeof(h->uniqueid));
	list_append(&room->record_calls, &h->le, h);
	cdr_recording_of(h->uniqueid, "recording", room->record_path, NULL, 0);
}


static uint32_t rate_of_all(const struct room *room)
{
	uint32_t rate = 8000;

	for (struct le *le = room->parties.head; le; le = le->next) {
		const struct room_party *p = le->data;
		uint32_t r;

		if (!p->call->caller)
			continue;

		r = media_mix_rate(leg_audio(p->call->caller)->mcodec);
		if (r > rate)
			rate = r;
	}

	return rate;
}


/* Of a file that may be there already the same as before */
static uint32_t record_rate(const struct room *room, const char *file)
{
	const struct room_bridge *b = room->bridge;
	const bool again = b->record_append &&
			   (file || (b->record_file && !b->record_timestamp));
	uint32_t rate = b->rate;

	if (!rate)
		rate = again ? 8000 : rate_of_all(room);

	return b->rate_max && rate > b->rate_max ? b->rate_max : rate;
}


int room_record(struct room *room, const char *file)
{
	struct media_record prm = {.append = room->bridge->record_append};
	char *path = NULL;
	int err;

	if (room->record_path)
		return EALREADY;
	if (!room->parties.head)
		return ENOTCONN;

	err = record_path(&path, room, file);
	if (err)
		return err;

	prm.path = path;
	prm.base = room->cfg->dirs.spool;
	prm.rate = record_rate(room, file);
	prm.lowwater = room->cfg->tandem.record_lowwater;
	prm.tag  = ++room->record_tag;
	err = media_record(room->media, &prm);
	if (err) {
		count_inc(COUNT_REC_FAILED);
		mem_deref(path);
		return err;
	}

	room->record_path = path;
	log_info("room", "%s: recording to %s", room->name, path);
	for (struct le *le = room->parties.head; le; le = le->next)
		record_party(room, ((struct room_party *)le->data)->call);

	return 0;
}


int room_record_stop(struct room *room)
{
	if (!room->record_path)
		return ENOENT;

	room->record_path = mem_deref(room->record_path);

	return media_stop_record(room->media, room->record_tag);
}


/* The state of a recording is in the record of everybody who was in it */
static void record_noted(struct room *room, const struct media_report *ev,
			 const char *state)
{
	struct le *le = room->record_calls.head;

	while (le) {
		struct room_heard *h = le->data;

		le = le->next;
		if (h->tag != ev->tag)
			continue;

		store_begin();
		if (strcmp(h->path, ev->path))
			cdr_recording_of_moved(h->uniqueid, h->path);
		cdr_recording_of(h->uniqueid, state, ev->path, ev->why,
				 ev->duration_ms);
		store_end();
		mem_deref(h);
	}
}


static void record_done(struct room *room, const struct media_report *ev)
{
	static const struct {
		const char *word;
		enum counter counter;
	} states[] = {
		[MEDIA_REC_COMPLETE] = {"complete", COUNT_REC_COMPLETE},
		[MEDIA_REC_GAP] = {"gap", COUNT_REC_GAP},
		[MEDIA_REC_FAILED] = {"failed", COUNT_REC_FAILED},
	};

	if ((size_t)ev->rec >= ARRAY_SIZE(states))
		return;

	count_inc(states[ev->rec].counter);
	record_noted(room, ev, states[ev->rec].word);
	if (ev->rec == MEDIA_REC_COMPLETE)
		log_info("room", "%s: recording %s complete, %u ms",
			 room->name, ev->path, ev->duration_ms);
	else
		log_warning("room", "%s: recording %s: %s: %s", room->name,
			    ev->path, states[ev->rec].word,
			    ev->why ? ev->why : "?");
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
		record_done(room, ev);
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


static int room_open(struct room **roomp, const struct room_party *p,
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
static void room_close(struct room *room)
{
	log_info("room", "%s: closed", room->name);
	list_unlink(&room->le);
	list_unlink(&room->name_le);
	room_say_stop(room);
	lamps_changed(room);
	media_close_stream(room->media);
}


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

	if (is_muted(p) || p->waits || p->listens_only)
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
	return count(room, is_active) < 2;
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
	record_party(room, p->call);
	if (fresh)
		lamps_changed(room);
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


/* --- what operators and menus ask ---------------------------------------- */

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
