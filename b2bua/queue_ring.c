/**
 * @file b2bua/queue_ring.c  A caller's rounds: who rings, and for how long
 *
 * A round lasts `timeout` seconds.  With ringall it is one fork of all free
 * members with the lowest penalty; else one member after the other, a fork
 * each, until the time is up or all have been rung.  Between two rounds is
 * `retry`.
 */
#include "b2bua/queue_priv.h"
#include "base/clock.h"
#include "base/rand.h"

enum {
	LEFT_MIN_MS = 500,   /* less time is no use for another member */
	RETRY_MIN_MS = 1000,
};

static bool event_handler(struct call *call, enum fork_event ev, size_t dev,
			  enum dial_status status, void *arg);
static void screen_handler(struct call *callee, size_t dev, void *arg);
static void fork_handler(struct call *call, const struct fork_result *res,
			 void *arg);


/* --- members that ring --------------------------------------------------- */

void cq_ring_end(struct cq_ring *r)
{
	if (!r->now)
		return;

	r->now = false;
	--r->m->agent->pending;
	cq_agent_kick(r->m->agent);
}


static void ring_destructor(void *data)
{
	struct cq_ring *r = data;

	cq_ring_end(r);
	list_unlink(&r->le);
	mem_deref(r->m);
}


static int ring_add(struct cq_caller *c, struct cq_member *m, size_t dev)
{
	struct cq_ring *r = mem_zalloc(sizeof(*r), ring_destructor);

	if (!r)
		return ENOMEM;

	r->m = mem_ref(m);
	r->dev = dev;
	r->began_ms = clock_ms();
	r->now = true;
	++m->agent->pending;
	list_append(&c->rings, &r->le, r);

	return 0;
}


static struct cq_ring *ring_of(const struct cq_caller *c, size_t dev)
{
	struct le *le;

	LIST_FOREACH(&c->rings, le)
	{
		struct cq_ring *r = le->data;

		if (dev != FORK_DEV_NONE && r->dev == dev)
			return r;
	}

	return NULL;
}


/* Rung before, in this round: of no fork any more */
static void forget_devs(struct cq_caller *c)
{
	struct le *le;

	LIST_FOREACH(&c->rings, le)
		((struct cq_ring *)le->data)->dev = FORK_DEV_NONE;
}


static bool was_rung(const struct cq_caller *c, const struct cq_member *m)
{
	struct le *le;

	LIST_FOREACH(&c->rings, le)
	{
		const struct cq_ring *r = le->data;

		if (r->m == m)
			return true;
	}

	return false;
}


void cq_ring_stop(struct cq_caller *c)
{
	struct cq_agent *a = c->talks;

	c->winner = NULL;
	c->tone = false;
	c->fork = mem_deref(c->fork);
	list_flush(&c->rings);

	c->talks = NULL;
	if (a) {
		--a->talks;
		cq_agent_kick(a);
		mem_deref(a);
	}
}


/* --- who does not answer ------------------------------------------------- */

static bool shall_pause(const struct cq_member *m, enum dial_status status)
{
	const struct queue_conf *conf = m->q->conf;

	if (conf->autopause == QUEUE_PAUSE_NO)
		return false;
	if (m->last_ms && clock_ms() < m->last_ms +
			  (uint64_t)conf->autopausedelay_s * 1000)
		return false;

	switch (status) {

	case DIAL_NOANSWER: return true;
	case DIAL_BUSY:
	case DIAL_CONGESTION: return conf->autopausebusy;
	case DIAL_CHANUNAVAIL: return conf->autopauseunavail;
	case DIAL_ANSWER:
	case DIAL_CANCEL:
	default: return false;
	}
}


static void no_answer(struct cq_caller *c, struct cq_ring *r,
		      enum dial_status status)
{
	struct cq_member *m = r->m;
	uint64_t ms = clock_ms() - r->began_ms;

	if (!r->now)
		return;

	cq_ring_end(r);
	c->busy = status == DIAL_BUSY || status == DIAL_CONGESTION;
	if (!m->q) /* removed meanwhile */
		return;

	if (status != DIAL_CHANUNAVAIL || ms)
		cq_logf(c->call->uniqueid, m->q->conf->name, m->name,
			"RINGNOANSWER", "%llu", ms);
	if (shall_pause(m, status))
		(void)cq_member_pause(m->q->conf->autopause == QUEUE_PAUSE_ALL
					      ? NULL
					      : m->q,
				      m->agent->iface, true, "Auto-Pause");
}


/* --- choosing ------------------------------------------------------------ */

static void fill_cands(struct cq_cand *v, const struct cq_caller *c)
{
	struct le *le;
	size_t i = 0;

	LIST_FOREACH(&c->q->members, le)
	{
		const struct cq_member *m = le->data;

		v[i].penalty = m->penalty;
		v[i].calls = m->calls;
		v[i].last_s = m->last_ms / 1000;
		v[i].free = cq_member_free(m);
		v[i].tried = was_rung(c, m);
		++i;
	}
}


static void fill_pick(struct cq_pick *p, const struct cq_caller *c, size_t n)
{
	const struct queue_conf *conf = c->q->conf;
	size_t start = conf->strategy == QUEUE_LINEAR ? c->start
						      : c->q->start;

	memset(p, 0, sizeof(*p));
	p->strategy = conf->strategy;
	p->penalties = n > conf->penaltymemberslimit;
	p->max = c->max_penalty;
	p->min = c->min_penalty;
	p->raise = c->raise_penalty;
	p->start = start < n ? start : 0;
	p->now_s = clock_ms() / 1000;
	p->rand = rand_below;
}


static struct cq_member *member_at(const struct cq *q, size_t i)
{
	struct le *le = list_head(&q->members);

	while (le && i--)
		le = le->next;

	return le ? le->data : NULL;
}


/* Members to ring together, with a reference; 0 if there is nobody */
static size_t choose(struct cq_member **mv, size_t max, struct cq_caller *c)
{
	size_t n = list_count(&c->q->members), found;
	size_t idxv[FORK_LEGS_MAX];
	struct cq_cand *v;
	struct cq_pick p;

	v = n ? mem_zalloc(n * sizeof(*v), NULL) : NULL;
	if (!v)
		return 0;

	fill_cands(v, c);
	fill_pick(&p, c, n);
	found = cq_pick(idxv, max, &p, v, n);
	for (size_t i = 0; i < found; i++)
		mv[i] = mem_ref(member_at(c->q, idxv[i]));

	if (found && c->q->conf->strategy != QUEUE_RINGALL)
		c->q->start = c->start = (idxv[0] + 1) % n;

	mem_deref(v);

	return found;
}


/* --- a fork -------------------------------------------------------------- */

static void fork_params_of(struct fork_params *prm, const struct cq_caller *c)
{
	uint64_t now = clock_ms();

	memset(prm, 0, sizeof(*prm));
	if (c->due_ms)
		prm->timeout_ms = c->due_ms > now ? (uint32_t)(c->due_ms - now)
						  : 1;
	prm->keys = c->prm.keys;
	prm->plan = c->prm.plan;
	prm->go_on = c->prm.go_on;
	prm->no_forward = c->prm.no_forward;
	prm->no_connected = c->prm.no_connected;
	prm->elsewhere = c->prm.elsewhere;
	prm->quiet = true;
	prm->delay_ms = c->q->conf->memberdelay_s * 1000;
	prm->eventh = event_handler;
	if (c->prm.member_first)
		prm->screenh = screen_handler;
}


static int ring_start(struct cq_caller *c, struct cq_member **mv, size_t n)
{
	const struct ttext *devv[FORK_LEGS_MAX];
	struct fork_params prm;
	int err = 0;

	forget_devs(c);
	for (size_t i = 0; i < n && !err; i++) {
		devv[i] = mv[i]->dial;
		err = ring_add(c, mv[i], i);
	}
	if (err)
		return err;

	fork_params_of(&prm, c);
	prm.devv = devv;
	prm.devc = n;
	c->busy = false;
	c->answered = false;
	c->fork = mem_deref(c->fork);

	return fork_start(&c->fork, c->call, &prm, fork_handler, c);
}


/* --- a round ------------------------------------------------------------- */

static void pause_handler(void *arg)
{
	struct cq_caller *c = arg;

	cq_set_state(c, CQ_WAIT);
	if (cq_expired(c))
		cq_leave(c, CQ_TIMEOUT);
	else
		cq_kick(c->q);
}


/* Asterisk counts rounds only where a round is one member */
static bool rounds_over(const struct cq_caller *c)
{
	bool one = c->q->conf->strategy == QUEUE_RRMEMORY ||
		   c->q->conf->strategy == QUEUE_RRORDERED ||
		   c->q->conf->strategy == QUEUE_LINEAR;

	if (!c->prm.no_retry)
		return false;

	return !one || c->rounds >= list_count(&c->q->members);
}


static void round_over(struct cq_caller *c)
{
	uint64_t ms = (uint64_t)c->q->conf->retry_s * 1000;

	cq_ring_stop(c);
	if (cq_expired(c) || rounds_over(c)) {
		cq_leave(c, CQ_TIMEOUT);
		return;
	}

	cq_set_state(c, CQ_PAUSE);
	cq_sound(c);
	timer_start(&c->pause, ms > RETRY_MIN_MS ? ms : RETRY_MIN_MS,
		    pause_handler, c);
	cq_kick(c->q); /* it may be empty now */
	cq_say_check(c);
}


/* How long may a round be?  0: without end; false: there is no time left */
static bool round_ms(uint64_t *msp, const struct cq_caller *c)
{
	const struct queue_conf *conf = c->q->conf;
	uint64_t waited = clock_ms() - c->joined_ms, left;

	*msp = (uint64_t)conf->timeout_s * 1000;
	if (!c->prm.timeout_ms)
		return true;
	if (waited >= c->prm.timeout_ms)
		return false;

	left = c->prm.timeout_ms - waited;
	if (conf->timeout_prio == QUEUE_TIMEOUT_APP && (!*msp || left < *msp))
		*msp = left;

	return true;
}


/* Ring who is next.  False: there is nobody */
static bool ring_next(struct cq_caller *c)
{
	struct cq_member *mv[FORK_LEGS_MAX];
	size_t n = choose(mv, ARRAY_SIZE(mv), c);
	int err;

	if (!n)
		return false;

	cq_set_state(c, CQ_RING);
	for (size_t i = 0; i < n; i++)
		call_info(c->call, "queue %s rings %s", c->q->conf->name,
			  mv[i]->agent->iface);

	err = ring_start(c, mv, n);
	for (size_t i = 0; i < n; i++)
		mem_deref(mv[i]);
	if (err) {
		call_warning(c->call, "queue %s: members not rung: %m",
			     c->q->conf->name, err);
		round_over(c);
	}

	return true;
}


bool cq_try(struct cq_caller *c)
{
	uint64_t ms;

	if (c->state != CQ_WAIT)
		return false;
	if (!round_ms(&ms, c)) {
		cq_leave(c, CQ_TIMEOUT);
		return false;
	}

	list_flush(&c->rings);
	c->due_ms = ms ? clock_ms() + ms : 0;
	if (!ring_next(c))
		return false;

	++c->rounds;

	return true;
}


/* Nobody has answered this fork */
static void again(struct cq_caller *c)
{
	uint64_t now = clock_ms(), ms;
	struct le *le;

	LIST_FOREACH(&c->rings, le)
		no_answer(c, le->data, DIAL_NOANSWER);

	c->tone = false;
	if (c->q->conf->strategy == QUEUE_RINGALL || cq_expired(c)) {
		round_over(c);
		return;
	}

	if (c->busy && c->q->conf->timeoutrestart && round_ms(&ms, c))
		c->due_ms = ms ? now + ms : 0;
	if ((c->due_ms && now + LEFT_MIN_MS > c->due_ms) || !ring_next(c))
		round_over(c);
}


/* --- what the fork tells ------------------------------------------------- */

static bool event_handler(struct call *call, enum fork_event ev, size_t dev,
			  enum dial_status status, void *arg)
{
	struct cq_caller *c = arg;
	struct cq_ring *r;
	bool wait;

	switch (ev) {

	case FORK_EV_RINGING:
		if (c->prm.ring_agent && !c->tone) {
			c->tone = true;
			cq_sound(c);
		}
		return false;

	case FORK_EV_FAILED:
		r = ring_of(c, dev);
		if (r)
			no_answer(c, r, status);
		return false;

	case FORK_EV_ANSWERED:
		mem_ref(c);
		wait = cq_answered(c, ring_of(c, dev));
		mem_deref(c);
		return wait;

	case FORK_EV_TALK:
		cq_talk_begins(c);
		return false;
	}

	(void)call;

	return false;
}


static void screen_handler(struct call *callee, size_t dev, void *arg)
{
	struct cq_caller *c = arg;

	cq_look(callee, c, ring_of(c, dev));
}


static void fork_handler(struct call *call, const struct fork_result *res,
			 void *arg)
{
	struct cq_caller *c = arg;

	(void)call;
	if (!c->held) {
		cq_fork_over(c, res);
		return;
	}

	c->ended = true;
	c->end = *res;
	c->end.peername = c->end.peernumber = NULL; /* they go with the fork */
}


void cq_fork_over(struct cq_caller *c, const struct fork_result *res)
{
	/* the plan of a Local/ member has taken the caller itself */
	if (c->answered && res->status == DIAL_ANSWER && res->jumped &&
	    c->state == CQ_RING)
		cq_talk_begins(c);

	if (c->state == CQ_TALK) {
		cq_talked(c, res);
	}
	else if (c->answered) {
		cq_logf(c->call->uniqueid, c->q->conf->name, c->agent,
			"AGENTDUMP", "%s", "");
		round_over(c);
	}
	else {
		again(c);
	}
}
