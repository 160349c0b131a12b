/**
 * @file media/media_rec.c  Recordings, as signalling knows them
 *
 * A recording is made here, given to the media thread inside a tap, and ends
 * with a report of the writer.  Every one that was started ends in exactly one
 * REC_DONE: the writer's report, a failure to start, or nothing heard from the
 * writer for too long (a disk that hangs).
 */
#include "media/media_priv.h"
#include <stdlib.h>
#include "base/log.h"
#include "media/rec_file.h"
#include "media/tap.h"


struct rec {
	struct le le;     /* of the handle */
	struct le id_le;  /* by id */
	struct handle *h; /* no reference: it owns us */
	uint64_t id;
	uint32_t tag;
	char *path;
};


static void destructor(void *arg)
{
	struct rec *rec = arg;

	list_unlink(&rec->le);
	list_unlink(&rec->id_le);
	mem_deref(rec->path);
}


static int rec_alloc(struct rec **recp, struct handle *h,
		     const struct media_record *prm)
{
	struct rec *rec = mem_zalloc(sizeof(*rec), destructor);
	int err;

	if (!rec)
		return ENOMEM;

	err = str_dup(&rec->path, prm->path);
	if (err) {
		mem_deref(rec);
		return err;
	}

	rec->id  = ++media_state.rec_id;
	rec->h   = h;
	rec->tag = prm->tag;
	list_append(&h->recs, &rec->le, rec);
	hash_append(media_state.recs, (uint32_t)rec->id, &rec->id_le, rec);
	*recp = rec;

	return 0;
}


static enum rec_layout layout_of(const struct media_record *prm)
{
	if (prm->rx_only || prm->tx_only) /* one channel: see tap.c */
		return REC_SAYS;

	return prm->stereo ? REC_STEREO : REC_MIX;
}


/* Other files than .wav have 8 kHz by their nature */
static uint32_t rate_of(const struct media_record *prm)
{
	struct rec_form form;
	const char *add;
	size_t cut;

	if (!prm->rate || rec_form_find(&form, prm->path, &cut, &add) ||
	    !form.wav)
		return CODEC_SRATE;

	return prm->rate;
}


static int tap_new(struct tap **tp, const struct rec *rec,
		   const struct media_record *prm)
{
	const struct rec_params rp = {
		.id       = rec->id,
		.path     = prm->path,
		.base     = prm->base,
		.layout   = layout_of(prm),
		/* one side alone is the first channel: tap.c */
		.gain     = {prm->tx_only ? prm->gain_hears : prm->gain_says,
			     prm->gain_hears},
		.rate     = rate_of(prm),
		.append   = prm->append,
		.replace  = prm->rx_only && !prm->append,
		.lowwater = prm->lowwater,
		.must     = prm->must,
		.report   = media_state.up,
		.msg_type = UP_REPORT,
	};

	return tap_alloc(tp, media_state.writer, &rp, prm);
}


/* REC_DONE comes later, never from inside media_record() */
static int fail_later(const struct rec *rec, int err)
{
	struct media_up *up = up_alloc(UP_EVENT, rec->h->id);

	if (!up)
		return ENOMEM;

	up->rep.ev  = MEDIA_EV_REC_DONE;
	up->rep.err = err;
	up->rep.tag = rec->tag;
	up->rep.rec = MEDIA_REC_FAILED;
	up->rep.why = err == EINVAL ? "bad file name" : "no memory";
	chan_send_always(media_state.up, &up->msg);

	return 0;
}


int media_record(media_id id, const struct media_record *prm)
{
	struct media_cmd *cmd;
	struct handle *h;
	struct rec *rec;
	int err;

	if (!prm || !prm->path)
		return EINVAL;

	err = media_cmd_new(&cmd, &h, CMD_RECORD, id);
	if (err)
		return err;

	err = rec_alloc(&rec, h, prm);
	if (err) {
		cmd_free(cmd);
		return err;
	}

	err = tap_new(&cmd->u.tap, rec, prm);
	if (!err) {
		media_cmd_send(h, cmd);
		return 0;
	}

	cmd_free(cmd);
	err = fail_later(rec, err);
	if (err)
		mem_deref(rec);

	return err;
}


int media_stop_record(media_id id, uint32_t tag)
{
	struct media_cmd *cmd;
	struct handle *h;
	int err;

	err = media_cmd_new(&cmd, &h, CMD_STOP_RECORD, id);
	if (err)
		return err;

	cmd->u.tag = tag;
	media_cmd_send(h, cmd);

	return 0;
}


/* The one REC_DONE of a recording */
static void finish(struct handle *h, struct rec *rec, struct media_report *rep)
{
	rep->ev  = MEDIA_EV_REC_DONE;
	rep->id  = h->id;
	rep->tag = rec->tag;
	if (!rep->path)
		rep->path = rec->path;

	/* off the lists first: it is told once, whatever the handler does */
	list_unlink(&rec->le);
	list_unlink(&rec->id_le);
	handle_report(h, rep);
	mem_deref(rec);
}


static enum media_rec_state state_of(enum rec_state st)
{
	switch (st) {

	case REC_COMPLETE: return MEDIA_REC_COMPLETE;
	case REC_GAP:      return MEDIA_REC_GAP;
	case REC_FAILED:
	case REC_BEGUN:
	case REC_REFUSED:  break;
	}

	return MEDIA_REC_FAILED;
}


static bool has_id(struct le *le, void *arg)
{
	const struct rec *rec = le->data;

	return rec->id == *(const uint64_t *)arg;
}


void media_rec_report(struct rec_report *wr)
{
	bool first = wr->state == REC_BEGUN || wr->state == REC_REFUSED;
	struct rec *rec = list_ledata(hash_lookup(
		media_state.recs, (uint32_t)wr->id, has_id, &wr->id));
	struct media_report rep = {
		.err         = wr->err,
		.rec         = state_of(wr->state),
		.path        = wr->path,
		.why         = wr->why,
		.duration_ms = wr->duration_ms > UINT32_MAX
				       ? UINT32_MAX
				       : (uint32_t)wr->duration_ms,
	};

	if (rec && first) {
		rep.ev	= wr->state == REC_BEGUN ? MEDIA_EV_REC_BEGUN
						 : MEDIA_EV_REC_REFUSED;
		rep.id	= rec->h->id;
		rep.tag	= rec->tag;
		handle_report(rec->h, &rep);
	}
	else if (rec) {
		struct handle *h = rec->h;

		finish(h, rec, &rep);
		handle_check_closed(h);
	}
	else if (!first) {
		log_info("media", "recording %s: %s, told to nobody", wr->path,
			 rec_state_name(wr->state));
	}

	rec_report_free(wr);
}


void media_rec_failed(struct handle *h, const struct media_report *ev)
{
	struct media_report rep = *ev;

	for (struct le *le = h->recs.head; le; le = le->next) {
		struct rec *rec = le->data;

		if (rec->tag != ev->tag)
			continue;

		finish(h, rec, &rep);
		handle_check_closed(h);
		return;
	}
}


void media_rec_abandon(struct handle *h, const char *why)
{
	while (h->recs.head) {
		struct rec *rec         = h->recs.head->data;
		struct media_report rep = {
			.err = ETIMEDOUT,
			.rec = MEDIA_REC_FAILED,
			.why = why,
		};

		log_error("media", "recording %s: %s", rec->path, why);
		finish(h, rec, &rep);
	}
}
