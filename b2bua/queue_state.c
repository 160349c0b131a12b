/**
 * @file b2bua/queue_state.c  What members are doing, and who of them is free
 *
 * The state of a member's device is asked for when it is needed, and watched
 * so that its queue is looked at when it changes.  That a queue rings it, or
 * that it talks to a caller, is known here before its device says so.
 */
#include "b2bua/queue_priv.h"
#include "b2bua/server.h"
#include "base/clock.h"
#include "base/text.h"


/* --- whose state counts -------------------------------------------------- */

static bool is_local(const char *device)
{
	return !strncasecmp(device, "Local/", 6);
}


/* SIP/trunk/0123 and SIP/0123@trunk: the peer's */
static int peer_device(char **devp, const char *device)
{
	struct pl rest, name;

	pl_set_str(&rest, device + 4);
	if (pl_strchr(&rest, '@'))
		(void)pl_next(&name, &rest, '@');
	else
		rest.l = strcspn(rest.p, "/");

	return re_sdprintf(devp, "SIP/%r", &rest);
}


int cq_device_of(char **devp, const char *device)
{
	if (!strncasecmp(device, "SIP/", 4))
		return peer_device(devp, device);

	return str_dup(devp, device);
}


/* "hint:number@context", "Local/number@context/n": both parts */
static bool split_exten(char *exten, size_t en, char *context, size_t cn,
			const char *text)
{
	struct pl rest, num;

	pl_set_str(&rest, text);
	if (!pl_next(&num, &rest, '@') || !rest.p)
		return false;

	rest.l = rest.l ? strcspn(rest.p, "/") : 0;

	return !pl_copy(exten, en, &num) && !pl_copy(context, cn, &rest);
}


static bool is_hint(const char *device)
{
	return !strncasecmp(device, "hint:", 5);
}


static enum devstate exten_state(const char *device)
{
	char exten[128], context[128];
	const struct server *srv = server();
	struct dp_query q = {.context = context};
	enum devstate st;

	if (!split_exten(exten, sizeof(exten), context, sizeof(context),
			 device + (is_hint(device) ? 5 : 6)))
		return DEV_INVALID;
	if (is_hint(device))
		return hint_state(&st, context, exten) ? DEV_INVALID : st;

	pl_set_str(&q.exten, exten);
	q.now_s = (int64_t)clock_wall_s();

	return srv && srv->plan && dp_exists(srv->plan, &q) ? DEV_NOT_INUSE
							    : DEV_INVALID;
}


/* What we know of it beside its device: that a queue rings it, or has
 * connected it */
static enum devstate with_agent(enum devstate st, const struct cq_agent *a)
{
	if (st != DEV_NOT_INUSE && st != DEV_UNKNOWN)
		return st;
	if (a->talks)
		return DEV_INUSE;

	return a->pending ? DEV_RINGING : st;
}


enum devstate cq_member_state(const struct cq_member *m)
{
	enum devstate st;

	if (is_local(m->device) || is_hint(m->device))
		st = exten_state(m->device);
	else
		st = devstate_get(m->device);

	return with_agent(st, m->agent);
}


const char *cq_state_words(enum devstate st)
{
	static const char *const words[] = {
		[DEV_UNKNOWN] = "Unknown",
		[DEV_NOT_INUSE] = "Not in use",
		[DEV_INUSE] = "In use",
		[DEV_BUSY] = "Busy",
		[DEV_INVALID] = "Invalid",
		[DEV_UNAVAILABLE] = "Unavailable",
		[DEV_RINGING] = "Ringing",
		[DEV_RINGINUSE] = "Ring+Inuse",
		[DEV_ONHOLD] = "On Hold",
	};

	return (size_t)st < ARRAY_SIZE(words) ? words[st] : "Unknown";
}


static void device_handler(const char *device, enum devstate st, void *arg)
{
	const struct cq_member *m = arg;

	(void)device;
	(void)st;
	cq_kick(m->q);
}


static void hint_handler(enum devstate st, void *arg)
{
	const struct cq_member *m = arg;

	(void)st;
	cq_kick(m->q);
}


/* Without a watch it is looked at when something else happens */
void cq_member_watch(struct cq_member *m)
{
	char exten[128], context[128];

	m->watch = mem_deref(m->watch);
	m->hwatch = mem_deref(m->hwatch);

	if (is_hint(m->device)) {
		if (split_exten(exten, sizeof(exten), context,
				sizeof(context), m->device + 5))
			(void)hint_watch(&m->hwatch, context, exten,
					 hint_handler, m);
	}
	else if (!is_local(m->device)) {
		(void)devstate_watch(&m->watch, m->device, device_handler, m);
	}
}


/* --- who is free --------------------------------------------------------- */

bool cq_member_ringinuse(const struct cq_member *m)
{
	return m->ringinuse < 0 ? m->q->conf->ringinuse : m->ringinuse;
}


uint32_t cq_member_wrapup_s(const struct cq_member *m)
{
	return m->wrapup_s < 0 ? m->q->conf->wrapup_s : (uint32_t)m->wrapup_s;
}


bool cq_member_wraps_up(const struct cq_member *m)
{
	return m->last_ms &&
	       clock_ms() < m->last_ms + (uint64_t)cq_member_wrapup_s(m) * 1000;
}


static bool state_lets(const struct cq_member *m)
{
	switch (cq_member_state(m)) {

	case DEV_NOT_INUSE:
	case DEV_UNKNOWN: return true;
	case DEV_INUSE:
	case DEV_BUSY:
	case DEV_RINGING:
	case DEV_RINGINUSE:
	case DEV_ONHOLD: return cq_member_ringinuse(m);
	case DEV_INVALID:
	case DEV_UNAVAILABLE:
	default: return false;
	}
}


static bool can_ring(const struct cq_member *m)
{
	return m->q && !m->paused && !cq_member_wraps_up(m) && state_lets(m);
}


/* The first one who waits and is not rung for */
static const struct cq_caller *first_waiting(const struct cq *q, uint32_t *np)
{
	const struct cq_caller *first = NULL;
	struct le *le;

	LIST_FOREACH(&q->callers, le)
	{
		const struct cq_caller *c = le->data;

		if (c->state != CQ_WAIT && c->state != CQ_PAUSE)
			continue;
		if (!first)
			first = c;
		if (np)
			++*np;
	}

	return first;
}


/* Does a queue need all that it has? */
static bool is_short(const struct cq *q)
{
	uint32_t callers = 0, free = 0;
	struct le *le;

	(void)first_waiting(q, &callers);
	for (le = list_head(&q->members); le && free <= callers; le = le->next)
		free += can_ring(le->data);

	return callers && callers >= free;
}


/* Somebody in a heavier queue needs it, or has waited longer elsewhere */
static bool is_wanted(const struct cq_member *m, const struct cq_member *other)
{
	const struct cq_caller *here, *there;
	const struct cq *q = m->q, *oq = other->q;

	if (!oq || oq == q || oq->conf->weight < q->conf->weight ||
	    !can_ring(other))
		return false;
	if (oq->conf->weight > q->conf->weight)
		return is_short(oq);
	if (!q->cfg->queues.longest_first)
		return false;

	here = first_waiting(q, NULL);
	there = first_waiting(oq, NULL);

	return there && (!here || there->joined_us < here->joined_us);
}


bool cq_member_free(const struct cq_member *m)
{
	struct le *le;

	if (!can_ring(m))
		return false;

	LIST_FOREACH(&m->agent->members, le)
	{
		if (is_wanted(m, le->data))
			return false;
	}

	return true;
}


uint32_t cq_free_members(const struct cq *q)
{
	struct le *le;
	uint32_t n = 0;

	LIST_FOREACH(&q->members, le)
		n += cq_member_free(le->data);

	return n;
}


/* Does such a member count as nobody? */
static bool is_nobody(const struct cq_member *m, uint32_t cond)
{
	switch (cq_member_state(m)) {

	case DEV_INVALID:
		if (cond & QUEUE_EMPTY_INVALID)
			return true;
		break;

	case DEV_UNAVAILABLE:
		if (cond & QUEUE_EMPTY_UNAVAILABLE)
			return true;
		break;

	case DEV_INUSE:
	case DEV_BUSY:
	case DEV_ONHOLD:
		if (cond & QUEUE_EMPTY_INUSE)
			return true;
		break;

	case DEV_RINGING:
	case DEV_RINGINUSE:
		if (cond & QUEUE_EMPTY_RINGING)
			return true;
		break;

	case DEV_UNKNOWN:
		if (cond & QUEUE_EMPTY_UNKNOWN)
			return true;
		break;

	case DEV_NOT_INUSE:
	default:
		break;
	}

	if (m->paused && (cond & QUEUE_EMPTY_PAUSED))
		return true;

	return cq_member_wraps_up(m) && (cond & QUEUE_EMPTY_WRAPUP);
}


bool cq_is_empty(const struct cq *q, uint32_t cond, int max_penalty,
		 int min_penalty)
{
	const struct cq_pick range = {
		.penalties = cond & QUEUE_EMPTY_PENALTY,
		.max = max_penalty,
		.min = min_penalty,
	};
	struct le *le;

	if (!q || !cond)
		return false;

	LIST_FOREACH(&q->members, le)
	{
		const struct cq_member *m = le->data;

		if (cq_penalty_fits(&range, m->penalty) && !is_nobody(m, cond))
			return false;
	}

	return true;
}


static void wrap_handler(void *arg)
{
	const struct cq_member *m = arg;

	cq_kick(m->q);
}


static void note_call(struct cq_member *m)
{
	m->last_s = clock_wall_s();
	m->last_ms = clock_ms();
	if (m->q && cq_member_wrapup_s(m))
		timer_start(&m->wrap, (uint64_t)cq_member_wrapup_s(m) * 1000 + 1,
			    wrap_handler, m);
}


void cq_agent_kick(struct cq_agent *a)
{
	struct le *le;

	LIST_FOREACH(&a->members, le)
		cq_kick(((struct cq_member *)le->data)->q);
}


void cq_member_took(struct cq_member *m)
{
	struct le *le;

	++m->calls;
	note_call(m);
	if (cq_shared_lastcall())
		LIST_FOREACH(&m->agent->members, le)
			note_call(le->data);
}
