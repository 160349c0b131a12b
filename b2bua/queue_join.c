/**
 * @file b2bua/queue_join.c  A caller joins a queue; its time limit, its rule
 */
#include "b2bua/queue_priv.h"
#include "base/clock.h"

enum { TICKET_MS = 2000 };


/* --- time ---------------------------------------------------------------- */

static void expire_handler(void *arg)
{
	struct cq_caller *c = arg;

	/* what rings ends by itself, see queue_ring.c */
	if (c->state == CQ_WAIT || c->state == CQ_PAUSE)
		cq_leave(c, CQ_TIMEOUT);
}


static int changed(int now, const struct queue_change *ch)
{
	int64_t v = ch->value;

	if (!ch->said)
		return now;
	if (ch->relative) {
		if (now == CQ_NO_PENALTY)
			return now;
		v += now;
	}

	return v < 0 ? 0 : v > INT32_MAX ? INT32_MAX : (int)v;
}


static void rule_start(struct cq_caller *c);


static void rule_handler(void *arg)
{
	struct cq_caller *c = arg;
	const struct queue_rule_step *step = c->rule_step->data;
	int raise;

	c->max_penalty = changed(c->max_penalty, &step->max);
	c->min_penalty = changed(c->min_penalty, &step->min);
	raise = changed((int)c->raise_penalty, &step->raise);
	c->raise_penalty = raise < 0 ? 0 : (uint32_t)raise;
	if (c->max_penalty != CQ_NO_PENALTY && c->min_penalty > c->max_penalty)
		c->min_penalty = c->max_penalty;

	if (c->max_penalty != CQ_NO_PENALTY)
		cq_set_num(c->call, "QUEUE_MAX_PENALTY", (uint32_t)c->max_penalty);
	if (c->min_penalty != CQ_NO_PENALTY)
		cq_set_num(c->call, "QUEUE_MIN_PENALTY", (uint32_t)c->min_penalty);
	cq_set_num(c->call, "QUEUE_RAISE_PENALTY", c->raise_penalty);
	call_info(c->call, "penalties from %d to %d now", c->min_penalty,
		  c->max_penalty);

	c->rule_step = c->rule_step->next;
	rule_start(c);
	cq_kick(c->q);
}


static void rule_start(struct cq_caller *c)
{
	const struct queue_rule_step *step;
	uint64_t due, now = clock_ms();

	if (!c->rule_step)
		return;

	step = c->rule_step->data;
	due = c->joined_ms + (uint64_t)step->after_s * 1000;
	timer_start(&c->rule, due > now ? due - now : 0, rule_handler, c);
}


/* The rule is the configuration's, which a reload must not take away */
static void rule_begin(struct cq_caller *c)
{
	const char *name = c->prm.rule ? c->prm.rule : c->q->conf->defaultrule;
	const struct queue_rule *rule = config_queue_rule(c->q->cfg, name);

	if (!name)
		return;

	if (!rule) {
		call_warning(c->call, "Queue: no rule \"%s\"", name);
		return;
	}

	c->rule_cfg = mem_ref(c->q->cfg);
	c->rule_step = list_head(&rule->steps);
	rule_start(c);
}


/* --- a place that goes to another call ----------------------------------- */

struct ticket {
	struct le le;
	uint32_t call;         /* whose it is */
	struct cq *q;          /* reference */
	char callid[48];       /* who has waited so far */
	uint32_t pos, opos;
	int prio;
	uint64_t joined_ms, joined_us;
	struct timer late;
};

static struct list tickets;


static void ticket_destructor(void *data)
{
	struct ticket *t = data;

	timer_cancel(&t->late);
	list_unlink(&t->le);
	mem_deref(t->q);
}


/* Nobody came for it */
static void ticket_late(void *arg)
{
	struct ticket *t = arg;

	cq_abandoned(t->q, t->callid, t->pos, t->opos,
		     (clock_ms() - t->joined_ms) / 1000);
	mem_deref(t);
}


void cq_hand_over(struct cq_caller *c, const struct call *to)
{
	struct ticket *t;

	if (!c || !to || c->state >= CQ_TALK)
		return;

	t = mem_zalloc(sizeof(*t), ticket_destructor);
	if (!t)
		return; /* it joins at the end then */

	t->call = to->no;
	t->q = mem_ref(c->q);
	str_ncpy(t->callid, c->call->uniqueid, sizeof(t->callid));
	t->pos = c->pos;
	t->opos = c->opos;
	t->prio = c->prio;
	t->joined_ms = c->joined_ms;
	t->joined_us = c->joined_us;
	list_append(&tickets, &t->le, t);
	timer_start(&t->late, TICKET_MS, ticket_late, t);
	c->handed = true;
}


static struct ticket *ticket_find(const struct call *call, const struct cq *q)
{
	struct le *le;

	LIST_FOREACH(&tickets, le)
	{
		struct ticket *t = le->data;

		if (t->call == call->no && t->q == q)
			return t;
	}

	return NULL;
}


void cq_tickets_close(void)
{
	list_flush(&tickets);
}


/* --- joining ------------------------------------------------------------- */

static void params_reset(struct cq_params *prm)
{
	mem_deref(prm->plan);
	mem_deref((void *)prm->url);
	mem_deref((void *)prm->announce);
	mem_deref((void *)prm->music_class);
	mem_deref((void *)prm->rule);
}


static int copy(const char **strp)
{
	char *str = NULL;
	int err = *strp ? str_dup(&str, *strp) : 0;

	*strp = str;

	return err;
}


static int params_copy(struct cq_params *dst, const struct cq_params *src)
{
	int err;

	/* all of them, so that params_reset() knows what is ours */
	*dst = *src;
	dst->plan = mem_ref(src->plan);
	err = copy(&dst->url);
	err |= copy(&dst->announce);
	err |= copy(&dst->music_class);
	err |= copy(&dst->rule);

	return err ? ENOMEM : 0;
}


static void destructor(void *data)
{
	struct cq_caller *c = data;

	timer_cancel(&c->expire);
	timer_cancel(&c->pause);
	timer_cancel(&c->say);
	timer_cancel(&c->rule);
	timer_cancel(&c->over);
	cq_ring_stop(c);
	cq_unlink(c);
	params_reset(&c->prm);
	mem_deref(c->rule_cfg);
	mem_deref(c->q);
}


/* May it join? */
static bool refused(enum cq_status *st, const struct cq *q,
		    const struct cq_params *prm)
{
	uint32_t n = list_count(&q->callers);

	if (cq_is_empty(q, q->conf->joinempty, prm->max_penalty,
			prm->min_penalty))
		*st = CQ_JOINEMPTY;
	else if ((q->conf->maxlen && n >= q->conf->maxlen) ||
		 n >= CQ_CALLERS_MAX)
		*st = CQ_FULL;
	else
		return false;

	return true;
}


static int caller_alloc(struct cq_caller **cp, struct cq *q, struct call *call,
			const struct cq_params *prm, const struct cq_app *app,
			void *arg)
{
	struct cq_caller *c = mem_zalloc(sizeof(*c), destructor);
	int err;

	if (!c)
		return ENOMEM;

	c->q = mem_ref(q);
	c->call = call;
	c->app = app;
	c->arg = arg;
	c->prio = prm->prio;
	c->max_penalty = prm->max_penalty;
	c->min_penalty = prm->min_penalty;
	c->raise_penalty = prm->raise_penalty;
	c->joined_ms = clock_ms();
	c->joined_us = clock_us();
	err = params_copy(&c->prm, prm);
	if (err)
		mem_deref(c);
	else
		*cp = c;

	return err;
}


/* Hidden numbers are not for every reader of the file */
static const char *logged_number(const struct cq_caller *c)
{
	const struct call *call = c->call;
	bool hidden = call->cid_pres >= 0 &&
		      (call->cid_pres & CALLINGPRES_PROHIB);

	return hidden && !c->q->conf->log_restricted_cid ? "" : call->cid_num;
}


static void log_enter(const struct cq_caller *c)
{
	char pos[16];
	const char *v[] = {c->prm.url ? c->prm.url : "", logged_number(c), pos,
			   c->call->cid_name};
	bool name = c->q->cfg->queues.log_cid_name;

	(void)re_snprintf(pos, sizeof(pos), "%u", c->pos);
	cq_log(c->call->uniqueid, c->q->conf->name, NULL, "ENTERQUEUE", v,
	       name ? 4 : 3);
}


/* Where it stands: its own place, or the one it has taken over */
static void take_place(struct cq_caller *c, struct ticket *t)
{
	if (t) {
		c->prio = t->prio;
		c->prm.position = t->pos;
		c->joined_ms = t->joined_ms;
		c->joined_us = t->joined_us;
	}

	cq_insert(c->q, c);
	c->opos = t ? t->opos : c->pos;
	call_info(c->call, "joins queue %s at position %u", c->q->conf->name,
		  c->pos);
	if (!t)
		log_enter(c);
	mem_deref(t);
}


static void start_timeout(struct cq_caller *c)
{
	uint64_t waited = clock_ms() - c->joined_ms, ms = c->prm.timeout_ms;

	if (ms)
		timer_start(&c->expire, ms > waited ? ms - waited : 1,
			    expire_handler, c);
}


int cq_join(struct cq_caller **cp, struct call *call, const char *queue,
	    const struct cq_params *prm, const struct cq_app *app, void *arg,
	    enum cq_status *st)
{
	struct cq *q = cq_find(queue);
	struct cq_caller *c;
	struct ticket *t;
	int err;

	if (!cp || !call || !prm || !app || !st)
		return EINVAL;

	*st = CQ_UNKNOWN;
	if (!q)
		return ENOENT;

	t = ticket_find(call, q);
	if (!t && refused(st, q, prm))
		return EPERM;

	err = caller_alloc(&c, q, call, prm, app, arg);
	if (err)
		return err;

	take_place(c, t);
	*cp = c;
	if (q->conf->setqueuevar)
		cq_set_vars(call, q);

	call->digits[0] = '\0'; /* what was typed before meant another one */
	call_set_digits(call, cq_digit, c);
	cq_sound(c);
	rule_begin(c);
	cq_say_start(c);
	start_timeout(c);
	cq_kick(q);

	return 0;
}
