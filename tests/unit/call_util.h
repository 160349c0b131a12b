/**
 * @file tests/unit/call_util.h  A call without SIP, media and disk
 *
 * The legs, the media streams and the store are doubles that note what they
 * are asked in one line of text; the test plays the far ends.  Time is handed
 * in: run(ms) lets it pass and fires the timers.  Include it once, it is the
 * program's own.
 */
#ifndef TANDEM_TESTS_CALL_UTIL_H
#define TANDEM_TESTS_CALL_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "b2bua/app.h"
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "b2bua/fraud.h"
#include "b2bua/location.h"
#include "b2bua/server.h"
#include "base/clock.h"
#include "base/timer.h"

enum {
	LEGS = 32,
	PLAY_MS = 1000, /* every prompt takes so long */
};

struct leg {
	struct le le;
	struct call *call;
	char name[64];
	const struct peer *peer;
	enum leg_state st;
	bool outgoing;
	media_id id;
	struct leg_audio audio;
	struct codec_prefs offered;
	struct list groups;
	struct timer gone, play;
	uint32_t tag;
	bool playing;
	uint8_t cause; /* of leg_hangup() */
	leg_ask_h *askh; /* of a phone that takes its time, see slow_phones */
	void *ask_arg;
};

static struct leg *legv[LEGS]; /* each with a reference, by media id */
static size_t legc;
static char notes[16384];      /* what was asked, "; " between */
static uint64_t now_us;
static struct server srv;
static char dir[64];
static struct store_cdr last_cdr;
static char cdr_trace[8192], cdr_text[256], rec_text[256];
static bool slow_phones; /* answer_ask() tells what they say to a MESSAGE */
static bool trace_all; /* cdr_trace has those of all calls */
static char cdr_rec[32]; /* worst state of its recordings */
static unsigned cdrs;
static struct sx_msg fake_invite;
static int reach_err;
static struct list db;


/* --- notes ---------------------------------------------------------------- */

static void note(const char *fmt, ...)
{
	size_t n = strlen(notes);
	va_list ap;

	if (n && n + 2 < sizeof(notes)) {
		memcpy(notes + n, "; ", 3);
		n += 2;
	}

	va_start(ap, fmt);
	(void)re_vsnprintf(notes + n, sizeof(notes) - n, fmt, ap);
	va_end(ap);
}


/* What was asked since the last time */
static inline void expect(const char *want)
{
	char got[sizeof(notes)];

	memcpy(got, notes, sizeof(notes));
	notes[0] = '\0';
	assert_string_equal(got, want);
}


static inline void run(uint64_t ms)
{
	uint64_t end = now_us + ms * 1000;

	while (timers_poll())
		;
	while (now_us < end) {
		now_us += end - now_us < 10000 ? end - now_us : 10000;
		while (timers_poll())
			;
	}
}


/* --- legs ----------------------------------------------------------------- */

static void leg_gone(void *data)
{
	struct leg *leg = data;

	timer_cancel(&leg->gone);
	timer_cancel(&leg->play);
	list_unlink(&leg->le);
}


static void event(struct leg *leg, const struct leg_event *ev)
{
	mem_ref(leg);
	if (leg->call)
		call_leg_event(leg->call, leg, ev);
	mem_deref(leg);
}


static void simple(struct leg *leg, enum leg_event_type type)
{
	event(leg, &(struct leg_event){.type = type});
}


static void gone_handler(void *arg)
{
	struct leg *leg = arg;

	leg->st = LEG_GONE;
	list_flush(&leg->groups);
	simple(leg, LEG_EV_GONE);
}


static void ending(struct leg *leg)
{
	leg->st = LEG_ENDING;
	timer_start(&leg->gone, 0, gone_handler, leg);
}


static struct leg *leg_new(struct call *call, const char *name,
			   const struct peer *peer, bool outgoing)
{
	struct leg *leg = mem_zalloc(sizeof(*leg), leg_gone);

	assert_non_null(leg);
	assert_true(legc + 1 < LEGS);
	leg->call = call;
	leg->peer = peer;
	leg->outgoing = outgoing;
	leg->st = LEG_CALLING;
	leg->id = ++legc;
	legv[legc] = mem_ref(leg);
	(void)re_snprintf(leg->name, sizeof(leg->name), "SIP/%s-%08x", name,
			  (unsigned)legc);
	list_append(&call->legs, &leg->le, leg);

	return leg;
}


/* The far ends */

static inline void ring(struct leg *leg)
{
	leg->st = LEG_EARLY;
	simple(leg, LEG_EV_RINGING);
}


static inline void progress(struct leg *leg)
{
	leg->st = LEG_EARLY;
	simple(leg, LEG_EV_PROGRESS);
}


static inline void pick_up(struct leg *leg)
{
	leg->st = LEG_CONFIRMED;
	simple(leg, LEG_EV_ANSWERED);
}


static inline void refuse(struct leg *leg, uint16_t scode)
{
	ending(leg);
	event(leg, &(struct leg_event){.type = LEG_EV_FAILED,
				       .scode = scode,
				       .cause = cause_from_sip(scode)});
}


static inline void bye(struct leg *leg)
{
	ending(leg);
	event(leg, &(struct leg_event){.type = LEG_EV_HANGUP,
				       .cause = CAUSE_NORMAL});
}


static inline void cancel(struct leg *leg)
{
	ending(leg);
	event(leg, &(struct leg_event){.type = LEG_EV_CANCELLED,
				       .cause = CAUSE_NORMAL});
}


/** The caller begins or ends to talk, as the media thread tells it */
static inline void talks(struct call *call, bool on)
{
	const struct media_report ev = {
		.ev = MEDIA_EV_TALK, .tag = call->talk_tag, .info = on,
	};

	call_media_event(call, &ev);
}


static inline void press(struct leg *leg, const char *digits)
{
	for (; *digits; digits++)
		event(leg, &(struct leg_event){.type = LEG_EV_DTMF,
					       .digit = *digits,
					       .duration_ms = 100});
}


/* What the call asks of them */

static const char *tail(const struct leg *leg)
{
	static char buf[4][64];
	static unsigned i;
	char *p = buf[i++ % 4];

	/* "SIP/1001-00000002" is "1001" here */
	(void)re_snprintf(p, 64, "%s", leg->name + 4);
	*strrchr(p, '-') = '\0';

	return p;
}


int leg_outgoing(struct leg **legp, struct call *call,
		 const struct leg_dial *d)
{
	struct le *le;

	note("invite %s%s%s", d->peer ? d->peer->name : d->host,
	     d->user ? "/" : "", d->user ? d->user : "");
	LIST_FOREACH(d->headers, le)
	{
		const struct var_def *def = le->data;

		note("header %s=%s", def->name, def->value);
	}

	*legp = leg_new(call, d->peer ? d->peer->name : d->host, d->peer,
			true);

	return 0;
}


int leg_ringing(struct leg *leg)
{
	note("180 %s", tail(leg));
	leg->st = LEG_EARLY;

	return 0;
}


int leg_progress(struct leg *leg, const struct leg_audio *far)
{
	note("183 %s", tail(leg));
	leg->st = LEG_EARLY;

	return 0;
}


int leg_answer(struct leg *leg, const struct leg_audio *far)
{
	note("200 %s", tail(leg));
	leg->st = LEG_CONFIRMED;

	return 0;
}


void leg_retry_after(struct leg *leg, uint32_t s)
{
	note("retry %s %u", tail(leg), s);
}


void leg_hangup(struct leg *leg, uint8_t cause, const char *text)
{
	if (leg->st >= LEG_ENDING)
		return;

	note("hangup %s %u%s", tail(leg), cause, text ? " elsewhere" : "");
	leg->cause = cause;
	ending(leg);
}


int leg_modify(struct leg *leg, enum sdpm_dir d)
{
	note("offer %s %u", tail(leg), (unsigned)d);

	return 0;
}


int leg_modify_codec(struct leg *leg, enum sdpm_dir d,
		     const struct config_codec *codec)
{
	note("recode %s %s", tail(leg), codec->name);

	return 0;
}


bool leg_can_mix(const struct config_codec *codec)
{
	return codec->srate == 8000 && codec->pt >= 0 && codec->pt <= 9;
}


bool leg_takes_codec(const struct leg *leg, const struct config_codec *codec)
{
	return true;
}


int leg_accept_reoffer(struct leg *leg, enum sdpm_dir d)
{
	note("accept %s %u", tail(leg), (unsigned)d);

	return 0;
}


int leg_refuse_reoffer(struct leg *leg, uint16_t scode)
{
	note("refuse %s %u", tail(leg), scode);

	return 0;
}


int leg_send_dtmf(struct leg *leg, char digit, uint32_t ms)
{
	note("dtmf %s %c", tail(leg), digit);

	return 0;
}


enum leg_state leg_state(const struct leg *leg)
{
	return leg ? leg->st : LEG_GONE;
}


bool leg_is_answered(const struct leg *leg)
{
	return leg && leg->st == LEG_CONFIRMED;
}


bool leg_is_outgoing(const struct leg *leg)
{
	return leg->outgoing;
}


const char *leg_name(const struct leg *leg)
{
	return leg ? leg->name : "";
}


const struct peer *leg_peer(const struct leg *leg)
{
	return leg ? leg->peer : NULL;
}


void leg_device(char *buf, size_t n, const char *channel)
{
	str_ncpy(buf, channel, n);
}


uint32_t leg_id(const struct leg *leg)
{
	return leg ? (uint32_t)leg->id : 0;
}


struct list *leg_groups(struct leg *leg)
{
	return &leg->groups;
}


media_id leg_media(const struct leg *leg)
{
	return leg ? leg->id : 0;
}


const struct leg_audio *leg_audio(const struct leg *leg)
{
	return &leg->audio;
}


const struct codec_prefs *leg_offered(const struct leg *leg)
{
	return &leg->offered;
}


const struct sx_msg *leg_invite(const struct leg *leg)
{
	return leg->outgoing ? NULL : &fake_invite;
}


struct call *leg_call(const struct leg *leg)
{
	return leg ? leg->call : NULL;
}


int leg_reject(struct leg *leg, uint16_t scode, uint8_t cause,
	       const char *reason)
{
	note("reject %s %u", tail(leg), scode);
	leg->cause = cause;
	ending(leg);

	return 0;
}


const char *leg_callid(const struct leg *leg)
{
	return "callid";
}


const struct sa *leg_peer_addr(const struct leg *leg)
{
	return NULL;
}


void leg_set_call(struct leg *leg, struct call *call)
{
	list_unlink(&leg->le);
	list_append(&call->legs, &leg->le, leg);
	leg->call = call;
}


void leg_offer_prefs(struct codec_prefs *prefs, const struct leg *caller,
		     const struct peer *peer)
{
	*prefs = peer->codecs;
}


int location_target(const struct peer *peer, struct sx_target *t,
		    const char **uri, bool *known)
{
	return location_target_at(peer, 0, t, uri, known);
}


int location_target_at(const struct peer *peer, uint32_t i,
		       struct sx_target *t, const char **uri, bool *known)
{
	(void)t;
	*uri = NULL;
	*known = false;

	if (i)
		return ENOENT;

	return peer->dynamic ? reach_err : 0;
}


const struct leg_identity *leg_their_identity(const struct leg *leg)
{
	(void)leg;
	return NULL;
}


void leg_party(const struct leg *leg, struct leg_identity *id)
{
	(void)leg;
	memset(id, 0, sizeof(*id));
}


/* The phone does as it is asked, at once */
int leg_refer(struct leg *leg, const char *user, const char *host,
	      leg_ask_h *h, void *arg)
{
	note("refer %s to %s@%s", tail(leg), user, host ? host : "us");
	h(200, arg);

	return 0;
}


int leg_send_text(struct leg *leg, const struct pl *text, leg_ask_h *h,
		  void *arg)
{
	note("text %s %r", tail(leg), text);
	if (slow_phones) {
		leg->askh = h;
		leg->ask_arg = arg;
	}
	else
		h(202, arg);

	return 0;
}


void leg_ask_forget(struct leg *leg)
{
	if (leg)
		leg->askh = NULL;
}


static inline void answer_ask(struct leg *leg, uint16_t scode)
{
	leg_ask_h *h = leg->askh;

	leg->askh = NULL;
	if (h)
		h(scode, leg->ask_arg);
}


int leg_redirect(struct leg *leg, const char *user, const char *host)
{
	note("302 %s to %s@%s", tail(leg), user, host ? host : "us");
	ending(leg);

	return 0;
}


void leg_set_connected(struct leg *leg, const struct leg_identity *id)
{
	(void)leg;
	(void)id;
}


const char *location_path(const struct peer *peer, uint32_t i)
{
	(void)peer;
	(void)i;

	return NULL;
}


struct server *server(void)
{
	return &srv;
}


/* --- media ---------------------------------------------------------------- */

static struct leg *of(media_id id)
{
	assert_true(id > 0 && id <= legc);

	return legv[id];
}


static void media_event(struct leg *leg, const struct media_report *rep)
{
	event(leg, &(struct leg_event){.type = LEG_EV_MEDIA, .ev = rep});
}


static void play_done(void *arg)
{
	struct leg *leg = arg;

	leg->playing = false;
	media_event(leg, &(struct media_report){.ev = MEDIA_EV_PLAY_DONE,
						.tag = leg->tag});
}


/* The test's own folder is "~" */
static void note_files(const char *what, const struct leg *leg,
		       const char *files)
{
	char buf[1024] = "";
	size_t n = 0;

	while (*files && n + 1 < sizeof(buf)) {
		if (strncmp(files, dir, strlen(dir))) {
			buf[n++] = *files++;
			continue;
		}
		buf[n++] = '~';
		files += strlen(dir);
	}

	buf[n] = '\0';
	note("%s %s %s", what, tail(leg), buf);
}


/* --- rooms --- */

enum { ROOM_ID = 1000 };

static struct fake_room {
	media_event_h *evh;
	void *arg;
	struct timer play, closed;
	uint32_t tag;
} room_v[8];
static size_t roomc;


static struct fake_room *room_of(media_id id)
{
	assert_true(id >= ROOM_ID && id - ROOM_ID < roomc);

	return &room_v[(id - ROOM_ID) % ARRAY_SIZE(room_v)];
}


static void room_event(media_id id, enum media_event ev, uint32_t tag)
{
	const struct fake_room *fr = room_of(id);

	if (fr->evh)
		fr->evh(&(struct media_report){.ev = ev, .tag = tag, .id = id,
					       .path = "/s/room.wav",
					       .duration_ms = 3000}, fr->arg);
}


static void room_played(void *arg)
{
	struct fake_room *fr = arg;

	room_event(ROOM_ID + (media_id)(fr - room_v), MEDIA_EV_PLAY_DONE,
		   fr->tag);
}


static void room_closed(void *arg)
{
	struct fake_room *fr = arg;

	timer_cancel(&fr->play);
	room_event(ROOM_ID + (media_id)(fr - room_v), MEDIA_EV_CLOSED, 0);
}


int media_open_room(media_id *idp, media_id near, uint32_t interval_ms,
		    media_event_h *evh, void *arg)
{
	(void)near;
	assert_true(roomc < ARRAY_SIZE(room_v));
	memset(&room_v[roomc], 0, sizeof(room_v[roomc]));
	room_v[roomc].evh = evh;
	room_v[roomc].arg = arg;
	*idp = ROOM_ID + roomc++;
	note("room %u ms", interval_ms);

	return 0;
}


int media_join(media_id id, media_id room, const struct media_member *prm)
{
	char more[48] = "";

	(void)room_of(room);
	if (prm->talk_gain || prm->hear_gain)
		(void)re_snprintf(more, sizeof(more), " gain %d %d",
				  prm->talk_gain, prm->hear_gain);
	note("join %s %02x/%02x%s%s", tail(of(id)), prm->says, prm->hears,
	     more, prm->drop_silence ? " drop" : "");

	return 0;
}


int media_leave(media_id id, media_id room)
{
	(void)room_of(room);
	note("part %s", tail(of(id)));

	return 0;
}


bool media_can_mix(enum media_codec codec)
{
	return codec != MEDIA_OTHER;
}


uint32_t media_mix_rate(enum media_codec codec)
{
	return codec == MEDIA_OPUS ? 48000 : codec == MEDIA_G722 ? 16000 : 8000;
}


void media_close_stream(media_id id)
{
	note("room closes");
	timer_start(&room_of(id)->closed, 0, room_closed, room_of(id));
}


void media_detach(media_id id)
{
	room_of(id)->evh = NULL;
}


int media_send_dtmf(media_id id, const char *digits, uint32_t on_ms,
		    uint32_t off_ms)
{
	(void)on_ms;
	(void)off_ms;
	note("dtmf %s %s", tail(of(id)), digits);

	return 0;
}


static int room_play(media_id id, const struct media_play *play)
{
	struct fake_room *fr = room_of(id);

	note("all hear %s", play->files);
	fr->tag = play->tag;
	timer_start(&fr->play, PLAY_MS, room_played, fr);

	return 0;
}


int media_play(media_id id, const struct media_play *play)
{
	struct leg *leg;

	if (id >= ROOM_ID)
		return room_play(id, play);

	leg = of(id);

	note_files(play->loop ? "loop" : "play", leg, play->files);
	leg->tag = play->tag;
	leg->playing = true;
	if (play->loop)
		timer_cancel(&leg->play);
	else
		timer_start(&leg->play, PLAY_MS, play_done, leg);

	return 0;
}


int media_stop_play(media_id id)
{
	struct leg *leg = of(id);

	if (leg->playing)
		note("quiet %s", tail(leg));
	leg->playing = false;
	timer_cancel(&leg->play);

	return 0;
}


int media_bridge(media_id a, media_id b)
{
	note("bridge %s %s", tail(of(a)), tail(of(b)));

	return 0;
}


int media_keep_digits(media_id id, bool on)
{
	note("keep %s %s", tail(of(id)), on ? "on" : "off");

	return 0;
}


int media_unbridge(media_id id)
{
	note("unbridge %s", tail(of(id)));

	return 0;
}


int media_get_stats(media_id id, struct media_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->rx_packets = 100;

	return 0;
}


int media_listen(media_id id, const struct media_listen *prm)
{
	note("listen %s %u", tail(of(id)), prm->level);

	return 0;
}


int media_hear(media_id id, int fd)
{
	note("hear %s %s", tail(of(id)), fd >= 0 ? "on" : "off");
	if (fd >= 0)
		(void)close(fd);

	return 0;
}


int media_echo(media_id id, bool on)
{
	note("echo %s %s", tail(of(id)), on ? "on" : "off");

	return 0;
}


static inline void rec_end(struct leg *leg, enum media_event ev, uint32_t tag,
		    enum media_rec_state state)
{
	media_event(leg, &(struct media_report){.ev = ev,
						.tag = tag,
						.rec = state,
						.path = "/s/x.wav",
						.duration_ms = 2000});
}


int media_record(media_id id, const struct media_record *rec)
{
	if (id >= ROOM_ID) {
		note("record the room to %s tag %u", rec->path, rec->tag);
		return 0;
	}

	note("record %s %s%s%s%s tag %u", tail(of(id)), rec->path,
	     rec->stereo ? " stereo" : "",
	     rec->rx_only   ? " rx"
	     : rec->tx_only ? " tx"
			    : "",
	     rec->beep ? " beep" : "", rec->tag);

	return 0;
}


int media_stop_record(media_id id, uint32_t tag)
{
	if (id >= ROOM_ID) {
		note("stop the room's tag %u", tag);
		return 0;
	}

	note("stop %s tag %u", tail(of(id)), tag);

	return 0;
}


/* --- store ---------------------------------------------------------------- */

int store_cdr_put(const struct store_cdr *cdr)
{
	++cdrs;
	last_cdr = *cdr; /* its numbers; most texts do not live on */
	str_ncpy(cdr_rec, cdr->rec_state, sizeof(cdr_rec));
	(void)re_snprintf(cdr_text, sizeof(cdr_text),
			  "%s|%s|%s|%s|%s|%u|%u|%s|%u", cdr->src, cdr->dst,
			  cdr->lastapp, cdr->dstchannel, cdr->disposition,
			  cdr->duration, cdr->billsec, cdr->hangup_by,
			  cdr->hangup_cause);
	size_t have = trace_all ? strlen(cdr_trace) : 0;

	(void)re_snprintf(cdr_trace + have, sizeof(cdr_trace) - have, "%s",
			  cdr->trace ? cdr->trace : "");

	return 0;
}


int store_cdr_recording(const char *uniqueid, const char *state,
			const char *path, const char *why, uint64_t ms)
{
	(void)re_snprintf(rec_text, sizeof(rec_text), "%s %s", state, path);

	return 0;
}


/* "EVENT agent data|data" of the queue_log, a line each */
static char queue_lines[8192];


int store_queue_log_put(const struct store_queue_log *ql)
{
	size_t n = strlen(queue_lines);

	(void)re_snprintf(queue_lines + n, sizeof(queue_lines) - n,
			  "%s%s %s", n ? "\n" : "", ql->event, ql->agent);
	for (size_t i = 0; i < STORE_QUEUE_DATA && ql->data[i]; i++) {
		n = strlen(queue_lines);
		(void)re_snprintf(queue_lines + n, sizeof(queue_lines) - n,
				  "%s%s", i ? "|" : " ", ql->data[i]);
	}

	return 0;
}


int store_call_open(const struct store_cdr *cdr)
{
	(void)cdr;

	return 0;
}


int store_alive(void)
{
	return 0;
}


int store_cdr_recording_moved(const char *uniqueid, const char *path)
{
	(void)uniqueid;
	(void)path;

	return 0;
}


struct entry {
	struct le le;
	char *key, *val;
};


static void entry_gone(void *data)
{
	struct entry *e = data;

	list_unlink(&e->le);
	mem_deref(e->key);
	mem_deref(e->val);
}


static struct entry *entry_find(const char *family, const char *key)
{
	char name[256];
	struct le *le;

	(void)re_snprintf(name, sizeof(name), "%s/%s", family, key);
	LIST_FOREACH(&db, le)
	{
		struct entry *e = le->data;

		if (!strcmp(e->key, name))
			return e;
	}

	return NULL;
}


int store_db_put(const char *family, const char *key, const char *value)
{
	struct entry *e = mem_zalloc(sizeof(*e), entry_gone);

	mem_deref(entry_find(family, key));
	(void)re_sdprintf(&e->key, "%s/%s", family, key);
	(void)str_dup(&e->val, value);
	list_append(&db, &e->le, e);

	return 0;
}


struct place *location_find(const char *name)
{
	return NULL;
}


uint32_t binding_left_s(const struct binding *b)
{
	return 0;
}


const char *qualify_state_name(enum qualify_state st)
{
	return st == QUALIFY_UNMONITORED ? "UNMONITORED" : "UNKNOWN";
}


const char *store_db_get(const char *family, const char *key)
{
	const struct entry *e = entry_find(family, key);

	return e ? e->val : NULL;
}


int store_db_del(const char *family, const char *key)
{
	struct entry *e = entry_find(family, key);

	mem_deref(e);

	return e ? 0 : ENOENT;
}


static bool entry_below(const struct entry *e, const char *family,
			const char *key)
{
	char name[256];
	size_t n;

	if (!family)
		return true;

	(void)re_snprintf(name, sizeof(name), "%s%s%s", family, key ? "/" : "",
			  key ? key : "");
	n = strlen(name);

	return !strncmp(e->key, name, n) && (!e->key[n] || e->key[n] == '/');
}


size_t store_db_deltree(const char *family, const char *key)
{
	struct le *le = db.head;
	size_t n = 0;

	while (le) {
		struct entry *e = le->data;

		le = le->next;
		if (!entry_below(e, family, key))
			continue;
		mem_deref(e);
		++n;
	}

	return n;
}


size_t store_db_scan(const char *family, const char *key, store_db_h *h,
		     void *arg)
{
	struct le *le;
	size_t n = 0;

	LIST_FOREACH(&db, le)
	{
		struct entry *e = le->data;
		char *slash = strchr(e->key, '/');

		if (!entry_below(e, family, key))
			continue;
		*slash = '\0';
		if (h)
			h(e->key, slash + 1, e->val, arg);
		*slash = '/';
		++n;
	}

	return n;
}


/* --- set-up --------------------------------------------------------------- */

static const char sip_conf[] =
	"[general]\n"
	"context=default\n"
	"international=yes\nmaxcallsperminute=0\n"
	"[1001]\ntype=friend\nhost=dynamic\nsecret=s3cr3t-1001\n"
	"context=office\n"
	"[1002]\ntype=friend\nhost=dynamic\nsecret=s3cr3t-1002\n"
	"context=office\n"
	"[1003]\ntype=friend\nhost=dynamic\nsecret=s3cr3t-1003\n"
	"context=office\ncall-limit=1\n"
	"[trunk]\ntype=peer\nhost=192.0.2.7\ncontext=in\n"
	"[caller]\ntype=user\nsecret=s3cr3t-call\ncontext=office\n";


static void put_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	(void)re_snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}


static const char *const files[] = {
	"sip.conf",  "extensions.conf", "tandem.conf", "moh/b.wav",
	"moh/a.gsm", "moh/a.wav",	"moh/readme.txt",
};


/* Load a plan */
static inline void plan(const char *extensions)
{
	struct le *le;

	srv.plan = mem_deref(srv.plan);
	srv.cfg = mem_deref(srv.cfg);
	put_file("sip.conf", sip_conf);
	put_file("tandem.conf", "[directories]\nmoh=moh\nlog=.\n");
	put_file("extensions.conf", extensions);
	assert_int_equal(config_load(&srv.cfg, dir, NULL, NULL), 0);
	assert_int_equal(dialplan_index_alloc(&srv.plan, srv.cfg->dialplan,
					      NULL, NULL),
			 0);

	LIST_FOREACH(&srv.cfg->dialplan->globals, le)
	{
		const struct var_def *def = le->data;

		assert_int_equal(vars_set_str(srv.globals, def->name,
					      def->value),
				 0);
	}
}


/* A call of the phone 1001 to a number of the context */
static inline struct call *dial_in(const char *context, const char *exten)
{
	struct call *call;
	struct leg *leg;

	assert_int_equal(call_alloc(&call, srv.cfg), 0);
	str_ncpy(call->cid_num, "1001", sizeof(call->cid_num));
	str_ncpy(call->cid_name, "Ann", sizeof(call->cid_name));
	call->cid_wire = true;
	call->trusted = true;
	leg = leg_new(call, "1001", config_peer(srv.cfg, "1001"), false);
	call_run(call, leg, context, exten);

	return call;
}


static inline struct leg *newest(void)
{
	return legv[legc];
}


static int set_up(void **state)
{
	char path[128];

	now_us = 1000000000;
	clock_fake(&now_us);
	(void)re_snprintf(dir, sizeof(dir), "/tmp/tandem-call-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)re_snprintf(path, sizeof(path), "%s/moh", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	for (size_t i = 3; i < ARRAY_SIZE(files); i++)
		put_file(files[i], "x");
	assert_int_equal(vars_alloc(&srv.globals), 0);
	assert_int_equal(calls_init(&srv), 0);
	assert_int_equal(fraud_init(), 0);
	fake_invite.maxfwd = 70;
	notes[0] = queue_lines[0] = '\0';
	cdrs = 0;
	legc = 0;
	reach_err = 0;
	cdr_trace[0] = cdr_text[0] = rec_text[0] = '\0';

	return 0;
}


/* Between the calls of one test, once their legs have ended */
static inline void forget_legs(void)
{
	for (size_t i = 1; i < LEGS; i++)
		legv[i] = mem_deref(legv[i]);

	legc = 0;
}


static int tear_down(void **state)
{
	char path[128];

	calls_close();
	fraud_close();
	forget_legs();

	list_flush(&db);
	srv.plan = mem_deref(srv.plan);
	srv.cfg = mem_deref(srv.cfg);
	srv.globals = mem_deref(srv.globals);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)re_snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		(void)unlink(path);
	}
	(void)re_snprintf(path, sizeof(path), "%s/moh", dir);
	(void)rmdir(path);
	(void)rmdir(dir);
	clock_fake(NULL);
	assert_int_equal(timers_count(), 0);

	return 0;
}

#endif
