/**
 * @file b2bua/queue_talk.c  A member has answered: what both are told, the
 *                           talk, its end
 */
#include "b2bua/cdr.h"
#include "b2bua/queue_priv.h"
#include "base/clock.h"
#include "base/text.h"


/* --- answered ------------------------------------------------------------ */

static void set_member_vars(struct call *call, const struct cq_caller *c,
			    const struct cq_member *m)
{
	const struct queue_conf *conf = c->q->conf;

	if (conf->setinterfacevar && m) {
		(void)call_set_var(call, "MEMBERINTERFACE", m->agent->iface,
				   false);
		(void)call_set_var(call, "MEMBERNAME", m->name, false);
		(void)vars_printf(call->vars, "MEMBERCALLS", "%u", m->calls);
		(void)vars_printf(call->vars, "MEMBERLASTCALL", "%llu",
				  m->last_s);
		(void)vars_printf(call->vars, "MEMBERPENALTY", "%u",
				  m->penalty);
		(void)vars_printf(call->vars, "MEMBERDYNAMIC", "%u",
				  m->dynamic);
		(void)vars_printf(call->vars, "MEMBERREALTIME", "%u", 0);
	}
	if (conf->setqueueentryvar) {
		(void)vars_printf(call->vars, "QEHOLDTIME", "%u", c->hold_s);
		(void)vars_printf(call->vars, "QEORIGINALPOS", "%u", c->opos);
	}

	if (conf->setqueuevar)
		cq_set_vars(call, c->q);
}


/* To the member: the announcement, then how long the caller has waited */
static void announce(struct cq_caller *c)
{
	const char *file = c->prm.announce ? c->prm.announce
					   : c->q->conf->announce;
	struct mbuf *mb = mbuf_alloc(128);
	char *files = NULL;
	struct cq_say say;
	int err = mb ? 0 : ENOMEM;

	if (!err && file)
		err = mbuf_write_str(mb, file);
	cq_say_member(&say, c);
	if (!err && say.n)
		err = c->app->sayh(mb, c->call, &say);
	if (!err && mb->end)
		err = mbuf_str(&files, mb);
	if (!err && files)
		err = fork_set_announce(c->fork, files);
	if (err)
		call_warning(c->call, "queue %s: not announced: %m",
			     c->q->conf->name, err);

	mem_deref(files);
	mem_deref(mb);
}


static void told_caller(struct call *call, int err, void *arg)
{
	struct cq_caller *c = arg;

	(void)call;
	(void)err;
	fork_connect(c->fork);
}


/* To the caller; true if the talk has to wait for it */
static bool tell_caller(struct cq_caller *c)
{
	const char *file = c->q->conf->sounds.callerannounce;
	int err;

	if (!str_isset(file))
		return false;

	cq_say_stop(c);
	err = call_play(c->call, file, told_caller, c);
	if (err)
		call_warning(c->call, "queue %s: %s not played: %m",
			     c->q->conf->name, file, err);

	return !err;
}


/* The application does something with the caller; true if it takes time */
static bool prepare_caller(struct cq_caller *c)
{
	if (!c->app->answerh)
		return false;

	c->ready = c->ended = false;
	c->held = c->app->answerh(c->call, c->arg) && !c->ready;
	if (c->ready) /* at once */
		call_set_digits(c->call, cq_digit, c);

	return c->held;
}


void cq_ready(struct cq_caller *c)
{
	if (!c)
		return;

	c->ready = true;
	if (!c->held)
		return;

	c->held = false;
	if (c->call->lingering) { /* it has hung up meanwhile */
		cq_give_up(c);
		return;
	}

	/* what it heard and who took its digits may be gone */
	cq_say_stop(c);
	call_set_digits(c->call, cq_digit, c);

	if (c->ended)
		cq_fork_over(c, &c->end);
	else if (!tell_caller(c))
		fork_connect(c->fork);
}


/* It is this one; NULL: somebody who was not rung has picked it up */
static void won(struct cq_caller *c, struct cq_ring *r, const struct leg *leg)
{
	uint64_t now = clock_ms();
	struct le *le;

	c->answered = true;
	c->winner = r;
	c->hold_s = (uint32_t)cq_waited_s(c);
	c->ring_s = r ? (uint32_t)((now - r->began_ms) / 1000) : 0;
	str_ncpy(c->agent, r ? r->m->name : leg_name(leg), sizeof(c->agent));

	/* the others are free again */
	LIST_FOREACH(&c->rings, le)
	{
		if (le->data != r)
			cq_ring_end(le->data);
	}

	set_member_vars(c->call, c, r ? r->m : NULL);
}


/* Its side has something to do before it talks */
void cq_look(struct call *callee, struct cq_caller *c, struct cq_ring *r)
{
	won(c, r, callee->caller);
	set_member_vars(callee, c, r ? r->m : NULL);
	c->app->memberh(callee, c->arg);
}


bool cq_answered(struct cq_caller *c, struct cq_ring *r)
{
	if (!c->answered)
		won(c, r, fork_winner(c->fork));
	if (!fork_winner(c->fork)) /* the plan of a Local/ member */
		return false;

	announce(c);

	return prepare_caller(c) || tell_caller(c);
}


/* --- the talk ------------------------------------------------------------ */

/* Three parts of the old and one of the new, as Asterisk's */
static uint32_t average(uint32_t old, uint32_t now)
{
	return (uint32_t)(((uint64_t)old * 3 + now) / 4);
}


void cq_talk_begins(struct cq_caller *c)
{
	struct cq *q = c->q;

	if (c->winner) {
		c->talks = mem_ref(c->winner->m->agent);
		++c->talks->talks;
		cq_ring_end(c->winner);
	}

	q->stats.holdtime_s = average(q->stats.holdtime_s, c->hold_s);
	c->talked_ms = clock_ms();
	cq_logf(c->call->uniqueid, q->conf->name, c->agent, "CONNECT",
		"%u|%s|%u", c->hold_s, c->call->uniqueid, c->ring_s);

	timer_cancel(&c->expire);
	timer_cancel(&c->rule);
	cq_say_stop(c);
	call_set_digits(c->call, NULL, NULL);
	cq_unlink(c);
	cq_set_state(c, CQ_TALK);
	if (q->cfg->queues.updatecdr)
		cdr_dialed(c->call, c->agent);
	if (c->app->talkh)
		c->app->talkh(c->call, c->arg);
}


static void log_end(const struct cq_caller *c, const struct fork_result *res,
		    uint32_t talk_s)
{
	const struct call *call = c->call;
	const char *queue = c->q->conf->name;

	if (res && res->moved && res->jumped)
		cq_logf(call->uniqueid, queue, c->agent, "BLINDTRANSFER",
			"%s|%s|%u|%u|%u", call->exten, call->context,
			c->hold_s, talk_s, c->opos);
	else if (res && res->moved)
		cq_logf(call->uniqueid, queue, c->agent, "ATTENDEDTRANSFER",
			"%s|%s|%u|%u|%u", "BRIDGE", "", c->hold_s, talk_s,
			c->opos);
	else
		cq_logf(call->uniqueid, queue, c->agent,
			res ? "COMPLETEAGENT" : "COMPLETECALLER", "%u|%u|%u",
			c->hold_s, talk_s, c->opos);
}


/* res NULL: the caller has hung up */
void cq_talk_over(struct cq_caller *c, const struct fork_result *res)
{
	uint32_t talk_s = (uint32_t)((clock_ms() - c->talked_ms) / 1000);
	struct cq *q = c->q;

	++q->stats.completed;
	if (q->conf->servicelevel_s && c->hold_s <= q->conf->servicelevel_s)
		++q->stats.in_level;
	q->stats.talktime_s = average(q->stats.talktime_s, talk_s);

	log_end(c, res, talk_s);
	if (c->winner && c->winner->m->q)
		cq_member_took(c->winner->m);
	cq_ring_stop(c);
}


void cq_talked(struct cq_caller *c, const struct fork_result *res)
{
	c->res.answered = true;
	c->res.go_on = res->go_on;
	c->res.jumped = res->jumped;
	c->res.cause = res->cause;
	if (res->go_on && !res->jumped)
		c->res.status = CQ_CONTINUE;

	cq_talk_over(c, res);
	cq_over(c);
}
