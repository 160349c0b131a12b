/**
 * @file media/media.c  What signalling may ask of the media threads
 *
 * Keeps a table of the streams that are open: on which thread, who wants its
 * events, which piece its player is at.  Commands go down in media_cmd.c; what
 * the threads say comes back through one channel, read by the caller's loop.
 *
 * A stream leaves in three steps: CLOSE is sent; CLOSED comes back, the ports
 * begin their rest; when all of its recordings have ended as well (the writer
 * may take a moment) CLOSED is told and the handle is gone.
 */
#include "media/media_priv.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/log.h"


enum {
	BUCKETS      = 4096,
	REC_WAIT_MS  = 30000, /* for a writer that hangs */
	REST_DEFAULT = 5000,
	STOP_MS      = 1000,  /* for threads that have nothing to do */
};

struct media media_state;

#define ms media_state


/* --- table --------------------------------------------------------------- */

static bool has_id(struct le *le, void *arg)
{
	const struct handle *h = le->data;

	return h->id == *(const media_id *)arg;
}


struct handle *handle_find(media_id id)
{
	if (!ms.handles)
		return NULL;

	return list_ledata(
		hash_lookup(ms.handles, (uint32_t)id, has_id, &id));
}


void handle_report(struct handle *h, const struct media_report *rep)
{
	if (h->evh)
		h->evh(rep, h->arg);
}


void handle_check_closed(struct handle *h)
{
	if (!h->closed || h->recs.head)
		return;

	/* off the table first: the id is nobody's any more */
	list_unlink(&h->le);
	handle_report(h, &h->closed->rep);
	mem_deref(h);
}


static void late_handler(void *arg)
{
	struct handle *h = arg;

	media_rec_abandon(h, "the disk does not answer");
	handle_check_closed(h);
}


void media_detach(media_id id)
{
	struct handle *h = handle_find(id);

	if (!h)
		return;

	h->evh = NULL;

	/* nobody waits for its recordings any more */
	if (h->closed)
		timer_start(&h->late, 0, late_handler, h);
}


/* --- from the threads ---------------------------------------------------- */

static void on_closed(struct handle *h, struct media_up *up)
{
	--ms.streamsv[h->thread];
	ports_rest(ms.ports, &h->pair, clock_us());

	h->closed = mem_ref(up);
	timer_start(&h->late, h->evh ? REC_WAIT_MS : 0, late_handler, h);
	handle_check_closed(h);
}


static void on_event(struct media_up *up)
{
	struct handle *h = handle_find(up->rep.id);

	if (!h) {
		count_inc(COUNT_UNKNOWN_ID);
		return;
	}

	switch (up->rep.ev) {

	case MEDIA_EV_CLOSED:   on_closed(h, up); break;
	case MEDIA_EV_REC_DONE: media_rec_failed(h, &up->rep); break;

	case MEDIA_EV_DTMF:
	case MEDIA_EV_PLAY_DONE:
	case MEDIA_EV_TIMEOUT:
	case MEDIA_EV_RESUMED:
	case MEDIA_EV_LEARNED:
	case MEDIA_EV_REC_BEGUN:
	case MEDIA_EV_REC_REFUSED:
	case MEDIA_EV_SILENCE:
	case MEDIA_EV_TALK:
	case MEDIA_EV_LIMIT:    handle_report(h, &up->rep); break;
	}
}


static void on_want(const struct media_up *up)
{
	struct handle *h = handle_find(up->rep.id);

	if (h && h->list && playlist_serial(h->list) == up->serial)
		playlist_next(h->list);
}


static void up_handler(struct chan_msg *msg, void *arg)
{
	struct media_up *up = (struct media_up *)(void *)msg;

	(void)arg;

	switch ((enum media_up_type)msg->type) {

	case UP_REPORT:
		media_rec_report((struct rec_report *)(void *)msg);
		return;

	case UP_EVENT: on_event(up); break;
	case UP_WANT:  on_want(up); break;
	}

	mem_deref(up);
}


size_t media_poll(void)
{
	return chan_poll(ms.up);
}


/* --- start and stop ------------------------------------------------------ */

static int check_params(const struct media_params *prm)
{
	if (!prm || !prm->threads || prm->threads > MEDIA_THREADS_MAX)
		return EINVAL;

	return prm->port_min && prm->port_min < prm->port_max ? 0 : EINVAL;
}


static bool same_ports(const struct media_params *prm, uint32_t rest_ms)
{
	return ms.port_min == prm->port_min && ms.port_max == prm->port_max &&
	       ms.port_rest_ms == rest_ms;
}


static int set_ports(const struct media_params *prm)
{
	const uint32_t rest = prm->port_rest_ms ? prm->port_rest_ms
						: REST_DEFAULT;
	int err;

	if (same_ports(prm, rest))
		return 0;

	err = ports_range(ms.ports, prm->port_min, prm->port_max, rest);
	if (err)
		return err;

	ms.port_min     = prm->port_min;
	ms.port_max     = prm->port_max;
	ms.port_rest_ms = rest;

	return 0;
}


/* Players keep the store that they began with */
static void set_prompts(struct prompts *ps)
{
	if (!ps) {
		prompts_flush(ms.prompts);
		return;
	}

	mem_deref(ms.prompts);
	ms.prompts = ps;
}


static void set_text(char **strp, char *str)
{
	mem_deref(*strp);
	*strp = str;
}


/* All of it, or nothing has changed */
static int apply(const struct media_params *prm)
{
	const struct prompts_params pp = {
		.path = prm->sound_path ? prm->sound_path : "",
	};
	char *path = NULL, *country = NULL;
	struct prompts *ps = NULL;
	int err;

	err = str_dup(&path, pp.path);
	if (!err)
		err = str_dup(&country, prm->country ? prm->country : "us");
	if (!err && (!ms.prompts || str_cmp(ms.sound_path, pp.path)))
		err = prompts_alloc(&ps, &pp);
	if (!err)
		err = set_ports(prm);
	if (err) {
		mem_deref(path);
		mem_deref(country);
		mem_deref(ps);
		return err;
	}

	set_prompts(ps);
	set_text(&ms.sound_path, path);
	set_text(&ms.country, country);
	ms.tos = prm->tos;

	return 0;
}


static int threads_start(unsigned n)
{
	int err = 0;

	while (!err && ms.threads < n) {
		err = mthread_alloc(&ms.threadv[ms.threads], ms.threads,
				    ms.up);
		if (!err)
			++ms.threads;
	}

	return err;
}


int media_init(const struct media_params *prm)
{
	int err;

	if (ms.up)
		return EALREADY;

	err = check_params(prm);
	if (err)
		return err;

	err = chan_alloc(&ms.up, 0, up_handler, NULL);
	if (!err)
		err = hash_alloc(&ms.handles, BUCKETS);
	if (!err)
		err = hash_alloc(&ms.recs, BUCKETS);
	if (!err)
		err = ports_alloc(&ms.ports);
	if (!err)
		err = apply(prm);
	if (!err)
		err = writer_start(&ms.writer, NULL);
	if (!err)
		err = threads_start(prm->threads);

	if (err)
		media_close(STOP_MS);

	return err;
}


static bool abandon_handler(struct le *le, void *arg)
{
	(void)arg;
	media_rec_abandon(le->data, "the writer did not finish in time");

	return false;
}


static bool closed_handler(struct le *le, void *arg)
{
	struct handle *h = le->data;

	(void)arg;
	if (h->closed)
		handle_check_closed(h);
	else
		mem_deref(h);

	return false;
}


/* False if a thread hangs: it may still report one day */
static bool stop_writer(uint32_t wait_ms)
{
	const int err = ms.writer ? writer_stop(ms.writer, wait_ms) : 0;

	if (err)
		log_error("media", "recordings were not finished in %u ms: %m",
			  wait_ms, err);

	return !err;
}


void media_close(uint32_t wait_ms)
{
	bool stopped;

	if (!ms.up)
		return;

	for (unsigned i = 0; i < ms.threads; i++)
		mthread_stop(ms.threadv[i]);

	(void)chan_poll(ms.up);
	stopped = stop_writer(wait_ms);
	(void)chan_poll(ms.up);

	(void)hash_apply(ms.handles, abandon_handler, NULL);
	(void)hash_apply(ms.handles, closed_handler, NULL);

	mem_deref(ms.prompts);
	if (stopped)
		mem_deref(ms.up);
	mem_deref(ms.recs);
	mem_deref(ms.handles);
	mem_deref(ms.ports);
	mem_deref(ms.sound_path);
	mem_deref(ms.country);
	memset(&ms, 0, sizeof(ms));
}


int media_reconfigure(const struct media_params *prm)
{
	const int err = check_params(prm);

	if (err)
		return err;
	if (!ms.up)
		return EINVAL;

	if (prm->threads != ms.threads)
		log_warning("media", "%u media threads instead of %u: from the"
			    " next start on", prm->threads, ms.threads);

	return apply(prm);
}


/* --- console ------------------------------------------------------------- */

int media_debug(struct re_printf *pf, void *unused)
{
	const char *name;
	uint64_t n;
	int err = 0;

	(void)unused;

	if (!ms.up)
		return re_hprintf(pf, "media: not running\n");

	for (unsigned i = 0; i < ms.threads; i++)
		err |= re_hprintf(pf, "media thread %u: %u streams\n", i,
				  (unsigned)ms.streamsv[i]);

	err |= re_hprintf(pf, "port pairs free: %u of %u-%u\n",
			  (unsigned)ports_free(ms.ports, clock_us()),
			  ms.port_min, ms.port_max);
	err |= re_hprintf(pf, "recordings: %llu bytes wait, %llu blocks"
			  " dropped\n",
			  (unsigned long long)writer_queued(ms.writer),
			  (unsigned long long)writer_dropped(ms.writer));

	for (unsigned i = 0; media_drop_get(i, &name, &n); i++) {
		if (n)
			err |= re_hprintf(pf, "%-32s %llu\n", name,
					  (unsigned long long)n);
	}

	return err;
}
