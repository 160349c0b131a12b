/**
 * @file b2bua/queue.c  The registry of queues, reload, whose turn it is
 *
 * Whatever changes (a caller joins, a member is free again, a pause ends)
 * kicks the queue; from a timer of 0 ms its callers are gone through once, in
 * their order, as long as there are members for them.
 */
#include "b2bua/queue_priv.h"
#include "b2bua/server.h"

static struct list queues;      /* struct cq; one reference each */
static bool shared_lastcall;
static bool ready;

static void run_handler(void *arg);


const char *cq_status_name(enum cq_status st)
{
	static const char *const names[] = {
#define X(s) #s,
		CQ_STATUSES(X)
#undef X
	};

	return (size_t)st < ARRAY_SIZE(names) ? names[st] : "";
}


struct list *cq_all(void)
{
	return &queues;
}


bool cq_shared_lastcall(void)
{
	return shared_lastcall;
}


struct cq *cq_find(const char *name)
{
	struct le *le;

	LIST_FOREACH(&queues, le)
	{
		struct cq *q = le->data;

		if (name && !str_casecmp(q->conf->name, name))
			return q;
	}

	return NULL;
}


struct cq *cq_next(const struct cq *q)
{
	const struct le *le = q ? q->le.next : list_head(&queues);

	return le ? le->data : NULL;
}


const char *cq_name(const struct cq *q)
{
	return q ? q->conf->name : "";
}


const struct queue_conf *cq_conf(const struct cq *q)
{
	return q ? q->conf : NULL;
}


/* --- statistics ---------------------------------------------------------- */

void cq_get_stats(struct cq_stats *st, const struct cq *q)
{
	if (!st || !q)
		return;

	*st = q->stats;
	st->callers = list_count(&q->callers);
}


static uint32_t permille(uint32_t part, uint32_t all)
{
	return all ? (uint32_t)((uint64_t)part * 1000 / all) : 0;
}


uint32_t cq_level(const struct cq_stats *st)
{
	return st ? permille(st->in_level, st->completed) : 0;
}


uint32_t cq_level2(const struct cq_stats *st)
{
	return st ? permille(st->in_level + st->abandoned_in_level,
			     st->completed + st->abandoned)
		  : 0;
}


static void reset_one(struct cq *q)
{
	struct le *le;

	memset(&q->stats, 0, sizeof(q->stats));
	LIST_FOREACH(&q->members, le)
	{
		struct cq_member *m = le->data;

		m->calls = 0;
		m->last_s = m->last_ms = 0;
		timer_cancel(&m->wrap);
	}

	cq_kick(q);
}


void cq_reset_stats(struct cq *q)
{
	struct le *le;

	if (q) {
		reset_one(q);
		return;
	}

	LIST_FOREACH(&queues, le)
		reset_one(le->data);
}


/* --- lamps: Queue:name, Queue:name_avail, Queue:name_pause_device ------- */

static void lamp_changed(const struct cq *q, const char *tail)
{
	char dev[DEVSTATE_NAME_MAX];

	if (re_snprintf(dev, sizeof(dev), "Queue:%s%s", q->conf->name,
			tail) > 0)
		devstate_changed(dev);
}


void cq_lamps(struct cq *q)
{
	bool callers = !list_isempty(&q->callers);
	bool free = cq_free_members(q) > 0;

	if (callers != q->has_callers) {
		q->has_callers = callers;
		lamp_changed(q, "");
	}
	if (free != q->has_free) {
		q->has_free = free;
		lamp_changed(q, "_avail");
	}
}


/* The part of `name` behind a queue's own, NULL if it is not of this one */
static const char *behind(const char *name, const struct cq *q)
{
	size_t n = strlen(q->conf->name);

	return strncasecmp(name, q->conf->name, n) ? NULL : name + n;
}


static enum devstate pause_lamp(const struct cq *q, const char *iface)
{
	const struct cq_member *m = cq_member_find(q, iface);

	if (!m)
		return DEV_INVALID;

	return m->paused ? DEV_INUSE : DEV_NOT_INUSE;
}


static enum devstate lamp_of(const struct cq *q, const char *tail)
{
	if (!tail[0])
		return list_isempty(&q->callers) ? DEV_NOT_INUSE
						 : DEV_RINGING;
	if (!str_casecmp(tail, "_avail"))
		return cq_free_members(q) ? DEV_NOT_INUSE : DEV_INUSE;
	if (!strncasecmp(tail, "_pause_", 7))
		return pause_lamp(q, tail + 7);

	return DEV_INVALID;
}


/* Names may be the begin of one another: the one that fits best */
static enum devstate lamp_handler(const char *name, void *arg)
{
	enum devstate st = DEV_INVALID;
	struct le *le;

	(void)arg;
	LIST_FOREACH(&queues, le)
	{
		const struct cq *q = le->data;
		const char *tail = behind(name, q);

		if (tail && st == DEV_INVALID)
			st = lamp_of(q, tail);
		if (tail && !tail[0])
			return lamp_of(q, tail);
	}

	return st;
}


/* --- whose turn it is ---------------------------------------------------- */

void cq_kick(struct cq *q)
{
	if (q && ready && !timer_runs(&q->run))
		timer_start(&q->run, 0, run_handler, q);
}


void cq_kick_all(void)
{
	struct le *le;

	LIST_FOREACH(&queues, le)
		cq_kick(le->data);
}


static void leave_if_empty(struct cq *q)
{
	struct le *le = list_head(&q->callers);

	if (!q->conf->leavewhenempty)
		return;

	while (le) {
		struct cq_caller *c = le->data;

		le = le->next;
		if (c->state != CQ_WAIT && c->state != CQ_PAUSE)
			continue;
		if (cq_is_empty(q, q->conf->leavewhenempty, c->max_penalty,
				c->min_penalty))
			cq_leave(c, CQ_LEAVEEMPTY);
	}
}


/* How many callers may be rung for beside those who already are */
static uint32_t turns(const struct cq *q)
{
	uint32_t n = cq_free_members(q);

	if (!n)
		return 0;

	/* all ring at once, or one after the other by order */
	return q->conf->strategy == QUEUE_RINGALL || !q->conf->autofill ? 1
									: n;
}


static void run(struct cq *q)
{
	uint32_t left = turns(q);
	struct le *le = list_head(&q->callers);

	while (le && left) {
		struct cq_caller *c = le->data;

		le = le->next;
		if (c->state == CQ_RING) {
			if (!q->conf->autofill)
				break; /* the first one alone */
			continue;
		}

		--left;
		if (c->state == CQ_WAIT)
			(void)cq_try(c);
	}
}


static void run_handler(void *arg)
{
	struct cq *q = mem_ref(arg);
	struct le *le;

	leave_if_empty(q);
	run(q);
	cq_lamps(q);

	LIST_FOREACH(&q->callers, le)
		cq_say_check(le->data);

	mem_deref(q);
}


/* --- the registry -------------------------------------------------------- */

static void destructor(void *data)
{
	struct cq *q = data;

	timer_cancel(&q->run);
	list_unlink(&q->le);
	list_flush(&q->members);
	mem_deref(q->cfg);
}


static struct cq *cq_new(void)
{
	struct cq *q = mem_zalloc(sizeof(*q), destructor);

	if (q)
		list_append(&queues, &q->le, q);

	return q;
}


static void take_conf(struct cq *q, struct config *cfg,
		      const struct queue_conf *conf)
{
	struct config *old = q->cfg;

	q->cfg = mem_ref(cfg);
	q->conf = conf;
	q->gone = false;
	mem_deref(old);
}


static void take_members(struct cq *q)
{
	struct le *le;

	cq_members_mark(q);
	LIST_FOREACH(&q->conf->members, le)
	{
		const struct queue_member_conf *mc = le->data;
		int err = cq_member_static(q, mc);

		if (err)
			log_warning("queue", "%s: member %s is left out: %m",
				    q->conf->name, mc->iface, err);
	}

	cq_members_sweep(q);
}


static void take_queue(struct config *cfg, const struct queue_conf *conf)
{
	struct cq *q = cq_find(conf->name);
	bool fresh = !q;

	if (!q)
		q = cq_new();
	if (!q) {
		log_error("queue", "%s: no memory", conf->name);
		return;
	}

	take_conf(q, cfg, conf);
	q->marked = false;

	/* in the order of the file */
	list_unlink(&q->le);
	list_append(&queues, &q->le, q);

	take_members(q);
	if (fresh)
		cq_members_load(q);
	else if (!cfg->queues.keepstats)
		reset_one(q);
	cq_kick(q);
}


/* Callers hold it as long as they wait; nobody else finds it any more */
static void drop(struct cq *q)
{
	log_info("queue", "%s is not in queues.conf any more%s",
		 q->conf->name,
		 list_isempty(&q->callers) ? "" : ", its callers stay");
	q->gone = true;
	list_unlink(&q->le);
	mem_deref(q);
}


void queues_config(struct config *cfg)
{
	struct le *le;

	if (!cfg || !ready)
		return;

	shared_lastcall = cfg->queues.shared_lastcall;
	if (!list_isempty(&cfg->queues.queues))
		(void)cq_log_open(cfg); /* said there */

	LIST_FOREACH(&queues, le)
		((struct cq *)le->data)->marked = true;

	LIST_FOREACH(&cfg->queues.queues, le)
		take_queue(cfg, le->data);

	le = list_head(&queues);
	while (le) {
		struct cq *q = le->data;

		le = le->next;
		if (q->marked)
			drop(q);
	}
}


int queues_init(void)
{
	int err;

	list_init(&queues);
	err = cq_members_init();
	if (!err)
		err = devstate_provide("Queue", lamp_handler, NULL);
	ready = !err;

	return err;
}


void queues_close(void)
{
	ready = false;
	cq_tickets_close();
	list_flush(&queues);
	cq_members_close();
	cq_log_close();
}
