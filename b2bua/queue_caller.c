/**
 * @file b2bua/queue_caller.c  A caller of a queue: its place, what it hears,
 *                             how it leaves
 *
 * What it hears is music or a ring tone, with announcements between; what ends
 * it is told to the application from a timer of 0 ms, because whoever finds it
 * out (the queue's round, a digit, the fork) may still be busy with it.
 */
#include "b2bua/cdr.h"
#include "b2bua/queue_priv.h"
#include "base/clock.h"


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

void cq_set_num(struct call *call, const char *name, uint32_t n)
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
	cq_set_num(call, "QUEUEMAX", q->conf->maxlen);
	cq_set_num(call, "QUEUECALLS", st.callers);
	cq_set_num(call, "QUEUEHOLDTIME", st.holdtime_s);
	cq_set_num(call, "QUEUETALKTIME", st.talktime_s);
	cq_set_num(call, "QUEUECOMPLETED", st.completed);
	cq_set_num(call, "QUEUEABANDONED", st.abandoned);
	cq_set_num(call, "QUEUESRVLEVEL", q->conf->servicelevel_s);
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
		cq_set_num(c->call, "QUEUEPOSITION", pos);
	}
}


/* Before the first one whose priority is lower, or at the place that was asked
 * for if that is not before somebody with a higher one */
void cq_insert(struct cq *q, struct cq_caller *c)
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
	cq_insert(c->q, c);
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


void cq_abandoned(struct cq *q, const char *callid, uint32_t pos,
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
	cq_abandoned(c->q, c->call->uniqueid, c->pos, c->opos,
		     cq_waited_s(c));
}


/* ... and the application ends */
void cq_give_up(struct cq_caller *c)
{
	abandon(c);
	cq_ring_stop(c);
	cq_unlink(c);
	c->res.go_on = false;
	cq_over(c);
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


int cq_withdraw(struct cq *q, const char *channel, const char *info)
{
	struct le *le;

	if (!q || !channel)
		return EINVAL;

	LIST_FOREACH(&q->callers, le)
	{
		struct cq_caller *c = le->data;

		if (c->held) /* it is about to talk */
			continue;
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


void cq_digit(struct call *call, char digit, void *arg)
{
	struct cq_caller *c = arg;
	const char *context = c->q->conf->context;
	size_t n = strlen(c->digits);

	if (c->state >= CQ_TALK)
		return;

	if (digit == '*' && (c->prm.keys.hangup & FEATURE_CALLER)) {
		cq_give_up(c);
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
