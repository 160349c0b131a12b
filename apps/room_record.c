/**
 * @file apps/room_record.c  Recordings of conferences
 *
 * One file of all who speak; the record of each call that was in has its
 * state.
 */
#include "apps/room_priv.h"
#include "b2bua/cdr.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/text.h"


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


void room_record_party(struct room *room, const struct call *call)
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
		room_record_party(room,
				  ((struct room_party *)le->data)->call);

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


void room_record_done(struct room *room, const struct media_report *ev)
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
