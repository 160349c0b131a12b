/**
 * @file b2bua/call_rec.c  Recordings of a call's caller
 *
 * A recording is on the stream of the leg that was the caller when it began.
 * When that leg goes to another call (it was parked, or transferred) the
 * recording goes on there, and it is still the first call's: its state is
 * noted in the record of that one, even if it is over by then, and in that of
 * the call where it ended.  When another leg takes the caller's place its
 * recordings go on with the new one.
 */
#include "b2bua/call.h"
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "b2bua/leg.h"
#include "base/count.h"
#include "store/store.h"

enum { RETRY_S = 30 }; /* a disk is not emptied at once */

/** A recording that has not ended */
struct call_rec {
	struct le le;         /* call->recs, or `away` */
	struct call *call;    /* `away`: reference, else NULL */
	media_id media;       /* stream that it is on */
	uint32_t tag;         /* names it on this stream */
	uint32_t first;       /* ... the one that this one continues, by which
				 its owner knows it */
	char *path;           /* asked for; the file may get another name */
	struct media_record prm;
	bool stopped;         /* its end is on the way */
	call_record_h *keeph; /* call_record_keep() */
	void *keep_arg;
};

/** Whose leg is in another call now */
static struct list away;


static void rec_destructor(void *data)
{
	struct call_rec *r = data;

	list_unlink(&r->le);
	mem_deref(r->path);
	mem_deref(r->call);
}


static void rec_note(struct call *call, const struct media_record *rec)
{
	struct call_rec *r = mem_zalloc(sizeof(*r), rec_destructor);

	if (!r || str_dup(&r->path, rec->path)) {
		mem_deref(r);
		return;
	}

	r->tag = r->first = rec->tag;
	r->media = leg_media(call->caller);
	r->prm = *rec;
	r->prm.path = r->path;
	list_append(&call->recs, &r->le, r);
}


/* media 0: whatever stream it is on */
static struct call_rec *rec_find(const struct list *list, uint32_t tag,
				 media_id media)
{
	struct le *le;

	LIST_FOREACH(list, le)
	{
		struct call_rec *r = le->data;

		if (r->tag == tag && (!media || r->media == media))
			return r;
	}

	return NULL;
}


/* One that no other recording of this stream has: those of the calls that the
 * leg was in before go on */
static uint32_t rec_tag(struct call *call, media_id media)
{
	do {
		++call->record_tag;
	} while (rec_find(&away, call->record_tag, media));

	return call->record_tag;
}


/* --- begin and end ------------------------------------------------------- */

bool call_record_must(const struct call *call)
{
	const struct peer *peer = call && call->caller ? leg_peer(call->caller)
						       : NULL;

	return call && ((call->cfg && call->cfg->tandem.record_mandatory) ||
			(peer && peer->record_mandatory));
}


void call_record_refused(struct call *call, const char *path, const char *why)
{
	if (!call || call->ending || call->hangup_run || call->leaving)
		return;

	call_warning(call, "recording %s is mandatory and cannot begin: %s; "
		     "the call is ended", path, why);
	call_step_note(call, "no recording: %s", why);
	cdr_recording(call, "failed", path, why, 0);
	count_inc(COUNT_REC_REFUSED);
	leg_retry_after(call->caller, RETRY_S);
	call_hangup(call, CAUSE_CONGESTION);
}


int call_record(struct call *call, struct media_record *rec, call_record_h *h,
		void *arg)
{
	int err;

	if (!call || !rec || !rec->path)
		return EINVAL;
	if (!call->caller || leg_state(call->caller) >= LEG_ENDING ||
	    !leg_media(call->caller))
		return ENOTCONN;

	rec->tag = rec_tag(call, leg_media(call->caller));
	rec->base = call->cfg ? call->cfg->dirs.spool : NULL;
	rec->lowwater = call->cfg ? call->cfg->tandem.record_lowwater : 0;
	cdr_recording(call, "recording", rec->path, NULL, 0);

	err = media_record(leg_media(call->caller), rec);
	if (err) {
		cdr_recording(call, "failed", rec->path, strerror(err), 0);
		count_inc(COUNT_REC_FAILED);
		if (rec->must)
			call_record_refused(call, rec->path, strerror(err));
		return err;
	}

	++call->recordings;
	rec_note(call, rec);
	if (h) {
		call->recordh = h;
		call->record_arg = arg;
		call->record_htag = rec->tag;
	}

	return 0;
}


int call_stop_record(struct call *call, uint32_t tag)
{
	int err = tag ? ENOENT : 0;

	if (!call || !call->caller)
		return EINVAL;

	for (struct le *le = call->recs.head; le; le = le->next) {
		struct call_rec *r = le->data;

		if (tag ? r->first != tag
			: call->recordh && r->tag == call->record_htag)
			continue;

		r->stopped = true;
		err = media_stop_record(r->media, r->tag);
	}

	return tag ? err : 0;
}


void call_record_detach(struct call *call)
{
	if (!call)
		return;

	call->recordh = NULL;
	call->record_arg = NULL;
}


int call_record_keep(struct call *call, uint32_t tag, call_record_h *h,
		     void *arg)
{
	struct call_rec *r = call ? rec_find(&call->recs, tag, 0) : NULL;

	if (!r)
		return ENOENT;

	r->keeph = h;
	r->keep_arg = arg;

	return 0;
}


/* --- a leg that is recorded changes its call ----------------------------- */

static void rec_move(struct call_rec *r, struct list *to, struct call *call)
{
	list_unlink(&r->le);
	list_append(to, &r->le, r);
	mem_deref(r->call);
	r->call = call;
}


void call_recs_leave(struct call *from, media_id media)
{
	struct le *le = from ? from->recs.head : NULL;

	while (le) {
		struct call_rec *r = le->data;

		le = le->next;
		if (r->media == media)
			rec_move(r, &away, mem_ref(from));
	}
}


void call_recs_return(struct call *to, media_id media)
{
	struct le *le = away.head;

	while (le) {
		struct call_rec *r = le->data;

		le = le->next;
		if (r->call == to && r->media == media)
			rec_move(r, &to->recs, NULL);
	}
}


void call_recs_close(void)
{
	list_flush(&away);
}


/* --- another caller ------------------------------------------------------ */

static void rec_continues(const struct call *call, uint32_t tag,
			  uint32_t first)
{
	struct call_rec *r = rec_find(&call->recs, tag, 0);

	if (r)
		r->first = first;
}


/* That of an application ends with its step */
static bool rec_may_follow(const struct call *call, const struct call_rec *r)
{
	return !r->stopped && r->media != leg_media(call->caller) &&
	       !(call->recordh && r->tag == call->record_htag);
}


static void rec_follow(struct call *call, const struct call_rec *r)
{
	struct media_record prm = r->prm;
	int err;

	prm.append = prm.beep = false;
	err = call_record(call, &prm, NULL, NULL);
	if (err)
		call_warning(call, "recording %s does not go on: %m", prm.path,
			     err);
	else
		rec_continues(call, prm.tag, r->first);
}


/* What was recorded of the caller before goes on with this one, in a file of
 * its own; also if that one is in another call by now */
void call_recs_follow(struct call *call)
{
	struct le *le = call->recs.tail; /* new ones go behind it */

	while (le) {
		const struct call_rec *r = le->data;

		le = le->prev;
		if (rec_may_follow(call, r))
			rec_follow(call, r);
	}

	for (le = away.head; le; le = le->next) {
		const struct call_rec *r = le->data;

		if (r->call == call && rec_may_follow(call, r))
			rec_follow(call, r);
	}
}


/* --- what media tells ---------------------------------------------------- */

static void count_done(const struct media_report *ev)
{
	static const enum counter counters[] = {
		[MEDIA_REC_COMPLETE] = COUNT_REC_COMPLETE,
		[MEDIA_REC_GAP] = COUNT_REC_GAP,
		[MEDIA_REC_FAILED] = COUNT_REC_FAILED,
	};

	count_inc(counters[ev->rec]);
}


static void note_done(struct call *call, const struct call_rec *r,
		      const struct media_report *ev)
{
	static const char *const names[] = {
		[MEDIA_REC_COMPLETE] = "complete",
		[MEDIA_REC_GAP] = "gap",
		[MEDIA_REC_FAILED] = "failed",
	};

	/* the CDR forgets a name that the file did not get, but never that
	 * there is a recording */
	store_begin();
	if (r && ev->path && strcmp(ev->path, r->path))
		cdr_recording_moved(call, r->path);

	cdr_recording(call, names[ev->rec], ev->path ? ev->path : "", ev->why,
		      ev->duration_ms);
	store_end();
}


static void log_done(const struct call *call, const struct media_report *ev)
{
	if (ev->rec == MEDIA_REC_COMPLETE)
		call_info(call, "recording %s complete, %u ms", ev->path,
			  ev->duration_ms);
	else
		call_warning(call, "recording %s: %s: %s", ev->path,
			     ev->rec == MEDIA_REC_GAP ? "gap" : "failed",
			     ev->why ? ev->why : "?");
}


static void tell_recorder(struct call *call, const struct media_report *ev)
{
	call_record_h *h = call->recordh;

	if (!h || ev->tag != call->record_htag)
		return;

	h(call, ev, call->record_arg);
}


/* `call` is where the leg is now, whose recording it is may be another one */
static void record_done(struct call *call, const struct media_report *ev)
{
	struct call_rec *r = rec_find(&call->recs, ev->tag, ev->id);
	struct call *owner = call;
	bool ours;

	if (ev->rec > MEDIA_REC_FAILED)
		return;

	if (!r)
		r = rec_find(&away, ev->tag, ev->id);
	if (r && r->call)
		owner = r->call;
	/* before it ran: it did not even begin */
	if (r && r->prm.must && ev->rec == MEDIA_REC_FAILED && !r->stopped &&
	    call->caller && leg_media(call->caller) == r->media &&
	    leg_state(call->caller) < LEG_ENDING)
		call_record_refused(call, r->path, ev->why ? ev->why : "?");
	ours = r || !ev->id || ev->id == leg_media(call->caller);

	mem_ref(owner);
	count_done(ev);
	note_done(owner, r, ev);
	if (owner != call) /* it is heard there, too */
		note_done(call, NULL, ev);
	log_done(owner, ev);
	if (owner->recordings)
		--owner->recordings;

	if (r) {
		list_unlink(&r->le);
		if (r->keeph)
			r->keeph(owner, ev, r->keep_arg);
		mem_deref(r);
	}
	if (ours)
		tell_recorder(owner, ev);
	mem_deref(owner);
}


static void record_refused(struct call *call, const struct media_report *ev)
{
	const struct call_rec *r = rec_find(&call->recs, ev->tag, ev->id);

	if (!r)
		r = rec_find(&away, ev->tag, ev->id);
	if (r && r->prm.must && !r->stopped)
		call_record_refused(call, r->path, ev->why ? ev->why : "?");
}


void call_rec_event(struct call *call, const struct media_report *ev)
{
	if (ev->ev == MEDIA_EV_REC_DONE)
		record_done(call, ev);
	else if (ev->ev == MEDIA_EV_REC_REFUSED)
		record_refused(call, ev);
	else if (!ev->id || ev->id == leg_media(call->caller))
		tell_recorder(call, ev);
}
