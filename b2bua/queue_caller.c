/**
 * @file b2bua/queue_caller.c  A caller of a queue, from joining to leaving
 *
 * What it hears is music or a ring tone, with announcements between; what ends
 * it is told to the application from a timer of 0 ms, because whoever finds it
 * out (the queue's round, a digit, the fork) may still be busy with it.
 */
#include "b2bua/cdr.h"
#include "b2bua/queue_priv.h"
#include "base/clock.h"

enum { TICKET_MS = 2000 };


/* --- states -------------------------------------------------------------- */

static const char *state_name(enum cq_state st)
{
	static const char *const names[] = {
		[CQ_WAIT] = "WAIT", [CQ_RING] = "RING", [CQ_PAUSE] = "PAUSE",
		[CQ_TALK] = "TALK", [CQ_OVER] = "OVER",
	};

	return names[st];
}


void cq_set_state(struct cq_caller *c, enum cq_state st)
{
	static const unsigned legal[] = {
		[CQ_WAIT] = 1u << CQ_RING | 1u << CQ_OVER,
		[CQ_RING] = 1u << CQ_PAUSE | 1u << CQ_TALK | 1u << CQ_OVER,
		[CQ_PAUSE] = 1u << CQ_WAIT | 1u << CQ_OVER,
		[CQ_TALK] = 1u << CQ_OVER,
		[CQ_OVER] = 0,
	};

	if (c->state == st)
		return;

	if (!(legal[c->state] & (1u << st))) {
		log_error("queue", "call %s: %s -> %s is not legal",
			  c->call->id, state_name(c->state), state_name(st));
		return;
	}

	log_debug("queue", "call %s: %s -> %s", c->call->id,
		  state_name(c->state), state_name(st));
	c->state = st;
}


uint64_t cq_waited_s(const struct cq_caller *c)
{
	return (clock_ms() - c->joined_ms) / 1000;
}


bool cq_expired(const struct cq_caller *c)
{
	return c->prm.timeout_ms &&
	       clock_ms() >= c->joined_ms + c->prm.timeout_ms;
}


/* --- variables ----------------------------------------------------------- */

static void set_num(struct call *call, const char *name, uint32_t n)
{
	(void)vars_printf(call->vars, name, "%u", n);
}


void cq_set_vars(struct call *call, const struct cq *q)
{
	struct cq_stats st;

	if (!call || !q)
		return;

	cq_get_stats(&st, q);
	(void)call_set_var(call, "QUEUENAME", q->conf->name, false);
	(void)call_set_var(call, "QUEUESTRATEGY",
			   queue_strategy_name(q->conf->strategy), false);
	set_num(call, "QUEUEMAX", q->conf->maxlen);
	set_num(call, "QUEUECALLS", st.callers);
	set_num(call, "QUEUEHOLDTIME", st.holdtime_s);
	set_num(call, "QUEUETALKTIME", st.talktime_s);
	set_num(call, "QUEUECOMPLETED", st.completed);
	set_num(call, "QUEUEABANDONED", st.abandoned);
	set_num(call, "QUEUESRVLEVEL", q->conf->servicelevel_s);
	(void)vars_printf(call->vars, "QUEUESRVLEVELPERF", "%u.%u",
			  cq_level(&st) / 10, cq_level(&st) % 10);
}


/* --- places -------------------------------------------------------------- */

static void renumber(struct cq *q)
{
	uint32_t pos = 0;
	struct le *le;

	LIST_FOREACH(&q->callers, le)
	{
		struct cq_caller *c = le->data;

		if (c->pos == ++pos)
			continue;

		c->pos = pos;
		set_num(c->call, "QUEUEPOSITION", pos);
	}
}


/* Before the first one whose priority is lower, or at the place that was asked
 * for if that is not before somebody with a higher one */
static void insert(struct cq *q, struct cq_caller *c)
{
	uint32_t pos = 0;
	struct le *le;

	LIST_FOREACH(&q->callers, le)
	{
		const struct cq_caller *other = le->data;

		++pos;
		if (c->prio > other->prio ||
		    (c->prio == other->prio && c->prm.position &&
		     c->prm.position <= pos))
			break;
	}

	if (le)
		list_insert_before(&q->callers, le, &c->le, c);
	else
		list_append(&q->callers, &c->le, c);

	renumber(q);
}


void cq_unlink(struct cq_caller *c)
{
	if (!c->le.list)
		return;

	list_unlink(&c->le);
	renumber(c->q);
	cq_kick(c->q);
}


int cq_caller_set_prio(struct cq_caller *c, int prio)
{
	if (!c || !c->le.list)
		return ENOENT;

	c->prio = prio;
	list_unlink(&c->le);
	insert(c->q, c);
	cq_kick(c->q);

	return 0;
}


/* --- what it hears ------------------------------------------------------- */

/* What the plan has said for this call counts more than the queue's, but not
 * what the phone has anyway */
static const char *music_of(const struct cq_caller *c)
{
	const struct peer *peer = leg_peer(c->call->caller);
	const char *class_name = c->call->musicclass;
	bool said = class_name[0] && (!peer || !peer->mohinterpret ||
				      strcmp(class_name, peer->mohinterpret));

	if (c->prm.music_class)
		return c->prm.music_class;

	return said ? NULL : c->q->conf->musicclass;
}


void cq_sound(struct cq_caller *c)
{
	struct call *call = c->call;

	if (c->state >= CQ_TALK || c->saying || !call->caller)
		return;

	if (!c->prm.ring && !c->tone &&
	    !call_music(call, call->caller, music_of(c)))
		return;

	(void)call_ringing(call); /* it may be on its way out */
}


void cq_swapped(struct cq_caller *c)
{
	if (!c || c->state >= CQ_TALK)
		return;

	c->saying = false;
	cq_sound(c);
	cq_say_check(c);
}


/* --- the end ------------------------------------------------------------- */

static void over_handler(void *arg)
{
	struct cq_caller *c = arg;

	c->app->overh(c->call, &c->res, c->arg);
}


void cq_over(struct cq_caller *c)
{
	timer_cancel(&c->expire);
	timer_cancel(&c->pause);
	timer_cancel(&c->rule);
	cq_say_stop(c);
	call_set_digits(c->call, NULL, NULL);
	cq_set_state(c, CQ_OVER);
	timer_start(&c->over, 0, over_handler, c);
}


static void log_exit(const struct cq_caller *c, const char *event,
		     const char *first)
{
	cq_logf(c->call->uniqueid, c->q->conf->name, NULL, event,
		"%s%s%u|%u|%llu", first, first[0] ? "|" : "", c->pos, c->opos,
		cq_waited_s(c));
}


static void log_status(const struct cq_caller *c, enum cq_status st)
{
	switch (st) {

	case CQ_TIMEOUT: log_exit(c, "EXITWITHTIMEOUT", ""); break;
	case CQ_LEAVEEMPTY:
	case CQ_LEAVEUNAVAIL: log_exit(c, "EXITEMPTY", ""); break;
	case CQ_WITHDRAW: log_exit(c, "WITHDRAW", ""); break;
	case CQ_UNKNOWN:
	case CQ_JOINEMPTY:
	case CQ_JOINUNAVAIL:
	case CQ_FULL:
	case CQ_CONTINUE:
	default: break;
	}
}


void cq_leave(struct cq_caller *c, enum cq_status st)
{
	if (c->state >= CQ_TALK)
		return;

	call_info(c->call, "leaves queue %s: %s", c->q->conf->name,
		  cq_status_name(st));
	log_status(c, st);
	cq_ring_stop(c);
	cq_unlink(c);
	c->res.status = st;
	c->res.go_on = true;
	call_stop_play(c->call);
	cq_over(c);
}


static void count_abandoned(struct cq *q, const char *callid, uint32_t pos,
			    uint32_t opos, uint64_t waited_s)
{
	++q->stats.abandoned;
	if (q->conf->servicelevel_s && waited_s <= q->conf->servicelevel_s)
		++q->stats.abandoned_in_level;

	log_info("queue", "%s: %s gives up", q->conf->name, callid);
	cq_logf(callid, q->conf->name, NULL, "ABANDON", "%u|%u|%llu", pos,
		opos, waited_s);
}


/* It hangs up, or wants to */
static void abandon(struct cq_caller *c)
{
	count_abandoned(c->q, c->call->uniqueid, c->pos, c->opos,
			cq_waited_s(c));
}


void cq_cancel(struct cq_caller *c)
{
	if (!c || c->state == CQ_OVER)
		return;

	if (c->state == CQ_TALK)
		cq_talk_over(c, NULL);
	else if (!c->handed)
		abandon(c);

	cq_ring_stop(c);
	cq_unlink(c);
	timer_cancel(&c->expire);
	timer_cancel(&c->pause);
	timer_cancel(&c->rule);
	cq_say_stop(c);
	cq_set_state(c, CQ_OVER);
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

	count_abandoned(t->q, t->callid, t->pos, t->opos,
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


int cq_withdraw(struct cq *q, const char *channel, const char *info)
{
	struct le *le;

	if (!q || !channel)
		return EINVAL;

	LIST_FOREACH(&q->callers, le)
	{
		struct cq_caller *c = le->data;

		if (str_casecmp(leg_name(c->call->caller), channel) &&
		    str_casecmp(c->call->uniqueid, channel))
			continue;

		if (info)
			(void)call_set_var(c->call, "QUEUE_WITHDRAW_INFO",
					   info, false);
		cq_leave(c, CQ_WITHDRAW);
		return 0;
	}

	return ENOENT;
}


/* --- digits -------------------------------------------------------------- */

static void leave_by_key(struct cq_caller *c, const char *context)
{
	struct call *call = c->call;

	call_info(call, "leaves queue %s by %s", c->q->conf->name, c->digits);
	log_exit(c, "EXITWITHKEY", c->digits);
	(void)call_goto_to(call, context, c->digits, 1);
	cq_ring_stop(c);
	cq_unlink(c);
	c->res.go_on = c->res.jumped = true;
	call_stop_play(call);
	cq_over(c);
}


static void digit_handler(struct call *call, char digit, void *arg)
{
	struct cq_caller *c = arg;
	const char *context = c->q->conf->context;
	size_t n = strlen(c->digits);

	if (c->state >= CQ_TALK)
		return;

	if (digit == '*' && c->prm.caller_hangup) {
		abandon(c);
		cq_ring_stop(c);
		cq_unlink(c);
		c->res.go_on = false;
		cq_over(c);
		return;
	}

	if (!context || n + 2 > sizeof(c->digits))
		return;

	c->digits[n] = digit;
	c->digits[n + 1] = '\0';
	if (call_exists(call, context, c->digits))
		leave_by_key(c, context);
	else if (!call_can_match_more(call, context, c->digits))
		c->digits[0] = '\0';
}


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
		set_num(c->call, "QUEUE_MAX_PENALTY", (uint32_t)c->max_penalty);
	if (c->min_penalty != CQ_NO_PENALTY)
		set_num(c->call, "QUEUE_MIN_PENALTY", (uint32_t)c->min_penalty);
	set_num(c->call, "QUEUE_RAISE_PENALTY", c->raise_penalty);
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


/* --- joining ------------------------------------------------------------- */

static void params_reset(struct cq_params *prm)
{
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

	insert(c->q, c);
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
	call_set_digits(call, digit_handler, c);
	cq_sound(c);
	rule_begin(c);
	cq_say_start(c);
	start_timeout(c);
	cq_kick(q);

	return 0;
}


struct cq_caller *cq_caller_next(const struct cq *q,
				 const struct cq_caller *c)
{
	const struct le *le = c ? c->le.next : q ? list_head(&q->callers)
						 : NULL;

	return le ? le->data : NULL;
}


const struct queue_conf *cq_caller_conf(const struct cq_caller *c)
{
	return c ? c->q->conf : NULL;
}


void cq_caller_get(struct cq_caller_info *info, const struct cq_caller *c)
{
	if (!info || !c)
		return;

	info->call = c->call;
	info->pos = c->pos;
	info->wait_s = (uint32_t)cq_waited_s(c);
	info->prio = c->prio;
	info->rings = c->state == CQ_RING;
}
