/**
 * @file b2bua/health.c  Places that did not answer: memory, probes, the ramp
 *
 * The share of a place that comes back grows with the square of the time: one
 * call at once, three in the first second, seven in two.  So a line that has
 * just been started again is not run over by all that waited for it.
 */
#include "b2bua/health.h"
#include "b2bua/location.h"
#include "b2bua/probe.h"
#include "b2bua/server.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/timer.h"

enum {
	BUCKETS	     = 256,
	PROBE_MAX_S  = 60,
	PATIENCE_MS  = 4000, /* for the answer to a question */
};

struct sick {
	struct le hle, le;
	char *peer;
	struct sx_target t;      /* no connection */
	enum health state;
	const char *why;
	uint64_t since_ms;
	uint32_t probe_s, wait_s;
	uint32_t ramp_s;
	uint32_t tries, used;
	struct timer tmr;
	struct sx_ctrans *ct;
};

static struct {
	struct list buckets[BUCKETS];
	struct list all;
} health;

static void ask(void *arg);


const char *health_name(enum health st)
{
	static const char *const names[] = {"ok", "coming back", "away",
					    "asked for a pause"};

	return (size_t)st < ARRAY_SIZE(names) ? names[st] : "?";
}


static void destructor(void *arg)
{
	struct sick *s = arg;

	timer_cancel(&s->tmr);
	mem_deref(s->ct);
	list_unlink(&s->hle);
	list_unlink(&s->le);
	mem_deref(s->peer);
}


static struct list *bucket(const struct sx_target *t)
{
	return &health.buckets[(addr_hash(&t->dst, true) + (unsigned)t->tp) %
			       BUCKETS];
}


static struct sick *find(const struct sx_target *t)
{
	if (!t)
		return NULL;

	for (struct le *le = list_head(bucket(t)); le; le = le->next) {
		struct sick *s = le->data;

		if (s->t.tp == t->tp && sa_cmp(&s->t.dst, &t->dst, SA_ALL))
			return s;
	}

	return NULL;
}


static struct sick *add(const struct sx_target *t, const char *peer)
{
	struct sick *s;

	if (list_count(&health.all) >= HEALTH_MAX)
		return NULL;

	s = mem_zalloc(sizeof(*s), destructor);
	if (!s || str_dup(&s->peer, peer))
		return mem_deref(s);

	s->t	  = *t;
	s->t.conn = NULL;
	s->t.lis  = NULL;
	list_append(bucket(t), &s->hle, s);
	list_append(&health.all, &s->le, s);

	return s;
}


/* ---- the ramp ----------------------------------------------------------- */

/* Calls that it may have got so long after it came back */
static uint64_t share(uint64_t ms)
{
	return 1 + ms / 1000 + ms * ms / 1000000;
}


enum health health_of(const struct sx_target *t)
{
	const struct sick *s = find(t);

	if (!s)
		return HEALTH_OK;
	if (s->state != HEALTH_RAMP)
		return s->state;

	return s->used < share(clock_ms() - s->since_ms) ? HEALTH_OK
							  : HEALTH_RAMP;
}


void health_used(const struct sx_target *t)
{
	struct sick *s = find(t);

	if (s && s->state == HEALTH_RAMP)
		++s->used;
}


static void well(void *arg)
{
	mem_deref(arg);
}


static void back(struct sick *s)
{
	const struct peer *peer = config_peer(server()->cfg, s->peer);

	if (s->state == HEALTH_RAMP)
		return;

	/* else calls would come when the ramp is over */
	if (peer)
		qualify_now(peer);

	log_notice("trunk", "%s at %J is back after %llu s", s->peer,
		   &s->t.dst, (clock_ms() - s->since_ms) / 1000);

	s->ct	    = mem_deref(s->ct);
	s->state    = HEALTH_RAMP;
	s->since_ms = clock_ms();
	s->used	    = 0;
	timer_start(&s->tmr, s->ramp_s * 1000ULL, well, s);
}


void health_answered(const struct sx_target *t)
{
	struct sick *s = find(t);

	/* who asked for a pause gets it, though a call of before goes on */
	if (s && s->state == HEALTH_AWAY)
		back(s);
}


/* ---- questions ---------------------------------------------------------- */

static void ask_later(struct sick *s)
{
	uint32_t ms = s->wait_s * 1000;

	/* not all at the same time */
	timer_start(&s->tmr, ms - ms / 10 + rand_below(ms / 5 + 1), ask, s);
	s->wait_s *= 2;
	if (s->wait_s > PROBE_MAX_S)
		s->wait_s = s->probe_s > PROBE_MAX_S ? s->probe_s
						     : PROBE_MAX_S;
}


static void pause_for(struct sick *s, uint32_t sec)
{
	if (sec > HEALTH_ASK_MAX_S)
		sec = HEALTH_ASK_MAX_S;

	s->state  = HEALTH_ASKED;
	s->why	  = "503 with Retry-After";
	s->wait_s = s->probe_s;
	timer_start(&s->tmr, sec * 1000ULL, ask, s);
}


static void silent(void *arg)
{
	struct sick *s = arg;

	s->ct	 = mem_deref(s->ct);
	s->state = HEALTH_AWAY;
	ask_later(s);
}


static void response_handler(int err, const struct sx_msg *msg, void *arg)
{
	struct sick *s = arg;
	uint32_t sec   = 0;

	if (!err && msg->scode < 200)
		return;

	s->ct = mem_deref(s->ct);
	if (err) {
		silent(s);
	}
	else if (msg->scode == 503) {
		if (!sx_msg_u32(msg, SX_HDR_RETRY_AFTER, &sec) && sec)
			pause_for(s, sec);
		else
			silent(s);
	}
	else {
		back(s);
	}
}


static void ask(void *arg)
{
	struct sick *s		= arg;
	const struct peer *peer = config_peer(server()->cfg, s->peer);

	/* a reload has taken it away */
	if (!peer || peer->dynamic) {
		mem_deref(s);
		return;
	}

	++s->tries;
	if (probe_send(&s->ct, peer, &s->t, NULL, response_handler, s))
		silent(s);
	else
		timer_start(&s->tmr, PATIENCE_MS, silent, s);
}


static const char *reason(int err)
{
	switch (err) {

	case ETIMEDOUT: return "no answer";
	case ECONNREFUSED: return "connection refused";
	case EPROTO:
	case EBADMSG: return "TLS failed";
	case EHOSTUNREACH:
	case ENETUNREACH: return "no route";
	case ECONNRESET:
	case ENOTCONN:
	case EPIPE: return "connection lost";
	default: return NULL;
	}
}


/* The group that a line is in, if it was not a call of one that failed */
static const struct trunk *group_of(const char *peer)
{
	for (struct le *le = list_head(&server()->cfg->trunks); le;
	     le = le->next) {
		const struct trunk *t = le->data;

		for (struct le *m = list_head(&t->members); m; m = m->next) {
			if (!strcmp(((struct trunk_member *)m->data)->name,
				    peer))
				return t;
		}
	}

	return NULL;
}


static void take_times(struct sick *s, const struct health_failure *hf)
{
	const struct trunk *t = hf->probe_s ? NULL : group_of(s->peer);

	s->probe_s = t ? t->probe_s : hf->probe_s ? hf->probe_s
						  : HEALTH_PROBE_S;
	s->ramp_s  = t ? t->ramp_s : hf->ramp_s;
	s->wait_s  = s->probe_s;
}


void health_failed(const struct sx_target *t, const struct health_failure *hf)
{
	const char *why;
	struct sick *s;

	if (!t || !hf || !hf->peer || !hf->peer->name)
		return;

	why = hf->err ? reason(hf->err) : "";
	if (!why || (!hf->err && !hf->retry_after_s))
		return;

	s = find(t);
	if (s && (s->state == HEALTH_ASKED ||
		  (s->state == HEALTH_AWAY && hf->err)))
		return;
	if (!s)
		s = add(t, hf->peer->name);
	if (!s) {
		log_warning("trunk", "%J: too many places are away to keep "
			    "them", &t->dst);
		return;
	}

	s->ct	    = mem_deref(s->ct);
	take_times(s, hf);
	s->since_ms = clock_ms();
	s->tries    = 0;
	s->state    = HEALTH_AWAY;
	s->why	    = why;
	if (hf->err)
		ask_later(s);
	else
		pause_for(s, hf->retry_after_s);

	log_warning("trunk", "%s at %J is left out: %s", s->peer, &s->t.dst,
		    s->why);
}


/* ---- the rest ----------------------------------------------------------- */

void health_apply(health_row_h *h, void *arg)
{
	const uint64_t now = clock_ms();

	for (struct le *le = list_head(&health.all); le && h; le = le->next) {
		const struct sick *s = le->data;
		struct health_row row = {
			.peer    = s->peer,
			.t       = &s->t,
			.state   = s->state,
			.why     = s->why,
			.since_s = (now - s->since_ms) / 1000,
			.next_s	 = (uint32_t)(timer_left_ms(&s->tmr) / 1000),
			.tries	 = s->tries,
		};

		h(&row, arg);
	}
}


void health_init(void)
{
	for (size_t i = 0; i < BUCKETS; i++)
		list_init(&health.buckets[i]);
	list_init(&health.all);
}


void health_close(void)
{
	while (health.all.head)
		mem_deref(health.all.head->data);
}
