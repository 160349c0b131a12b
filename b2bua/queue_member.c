/**
 * @file b2bua/queue_member.c  Members of queues: who they are, and in what
 *                             order
 *
 * A member stands in one queue; who it is (`struct cq_agent`, by its device)
 * may stand in several.  That it is being rung or talks is the agent's, the
 * rest is the member's own.  Those of the file come first, in its order, then
 * those that were added.
 */
#include "b2bua/queue_priv.h"
#include "base/clock.h"
#include "base/rand.h"

enum { AGENT_BUCKETS = 1024 };

static struct hash *agents;


/* --- agents -------------------------------------------------------------- */

static void agent_destructor(void *data)
{
	struct cq_agent *a = data;

	hash_unlink(&a->hle);
	mem_deref(a->iface);
}


static bool agent_handler(struct le *le, void *arg)
{
	const struct cq_agent *a = le->data;

	return !str_casecmp(a->iface, arg);
}


/* A reference */
static struct cq_agent *agent_get(const char *iface)
{
	uint32_t key = hash_key_ci(iface, strlen(iface));
	struct cq_agent *a;

	a = list_ledata(hash_lookup(agents, key, agent_handler,
				    (void *)iface));
	if (a)
		return mem_ref(a);

	a = mem_zalloc(sizeof(*a), agent_destructor);
	if (!a || str_dup(&a->iface, iface))
		return mem_deref(a);

	hash_append(agents, key, &a->hle, a);

	return a;
}


int cq_members_init(void)
{
	return hash_alloc(&agents, AGENT_BUCKETS);
}


void cq_members_close(void)
{
	hash_clear(agents);
	agents = mem_deref(agents);
}


/* --- in and out ---------------------------------------------------------- */

static void member_destructor(void *data)
{
	struct cq_member *m = data;

	timer_cancel(&m->wrap);
	mem_deref(m->watch);
	mem_deref(m->hwatch);
	list_unlink(&m->le);
	list_unlink(&m->ale);
	mem_deref(m->agent);
	mem_deref(m->name);
	mem_deref(m->state_iface);
	mem_deref(m->device);
	mem_deref(m->dial);
}


int cq_member_texts(struct cq_member *m, const char *iface, const char *name,
		     const char *state_iface)
{
	char *n = NULL, *s = NULL, *d = NULL;
	int err;

	err = str_dup(&n, name ? name : iface);
	if (state_iface)
		err |= str_dup(&s, state_iface);
	err |= cq_device_of(&d, state_iface ? state_iface : iface);
	if (err) {
		mem_deref(n);
		mem_deref(s);
		mem_deref(d);
		return err;
	}

	mem_deref(m->name);
	mem_deref(m->state_iface);
	m->name = n;
	m->state_iface = s;

	if (m->device && !strcmp(m->device, d)) {
		mem_deref(d);
	}
	else {
		mem_deref(m->device);
		m->device = d;
	}
	cq_member_watch(m); /* what a hint means may have changed */

	return 0;
}


int cq_member_new(struct cq_member **mp, struct cq *q, const char *iface)
{
	struct cq_member *m;
	struct pl pl;
	int err;

	if (list_count(&q->members) >= CQ_MEMBERS_MAX)
		return ENOBUFS;

	m = mem_zalloc(sizeof(*m), member_destructor);
	if (!m)
		return ENOMEM;

	pl_set_str(&pl, iface);
	m->agent = agent_get(iface);
	err = m->agent ? ttext_create(&m->dial, &pl, false) : ENOMEM;
	if (err) {
		mem_deref(m);
		return err;
	}

	m->q = q;
	m->ringinuse = m->wrapup_s = -1;
	m->login_at_s = clock_wall_s();
	list_append(&m->agent->members, &m->ale, m);
	*mp = m;

	return 0;
}


/* Who is being rung for by a caller lives on until that is over */
void cq_member_drop(struct cq_member *m)
{
	m->q = NULL;
	timer_cancel(&m->wrap);
	m->watch = mem_deref(m->watch);
	m->hwatch = mem_deref(m->hwatch);
	list_unlink(&m->le);
	list_unlink(&m->ale);
	mem_deref(m);
}


/* A line of the file; in its place of the order */
int cq_member_static(struct cq *q, const struct queue_member_conf *mc)
{
	struct cq_member *m = cq_member_find(q, mc->iface);
	bool fresh = !m;
	int err = m ? 0 : cq_member_new(&m, q, mc->iface);

	if (err)
		return err;

	err = cq_member_texts(m, mc->iface, mc->name, mc->state_iface);
	if (err) {
		if (fresh)
			mem_deref(m);
		return err;
	}

	if (fresh) {
		m->paused = mc->paused;
		m->paused_at_s = mc->paused ? clock_wall_s() : 0;
	}
	m->penalty = mc->penalty;
	m->ringinuse = mc->ringinuse;
	m->wrapup_s = mc->wrapup_s;
	m->dynamic = m->marked = false;

	list_unlink(&m->le);
	list_append(&q->members, &m->le, m);

	return 0;
}


void cq_members_mark(struct cq *q)
{
	struct le *le;

	LIST_FOREACH(&q->members, le)
		((struct cq_member *)le->data)->marked = true;
}


/* What was not in the file goes, but for those that were added: they come
 * behind */
void cq_members_sweep(struct cq *q)
{
	size_t n = list_count(&q->members);
	struct le *le = list_head(&q->members);

	for (; le && n; n--) {
		struct cq_member *m = le->data;

		le = le->next;
		if (!m->marked)
			continue;

		if (m->dynamic) {
			cq_member_watch(m);
			list_unlink(&m->le);
			list_append(&q->members, &m->le, m);
		}
		else {
			log_info("queue", "%s: %s is no member any more",
				 q->conf->name, m->agent->iface);
			cq_member_drop(m);
		}
	}
}


struct cq_member *cq_member_next(const struct cq *q,
				 const struct cq_member *m)
{
	const struct le *le = m ? m->le.next : q ? list_head(&q->members)
						 : NULL;

	return le ? le->data : NULL;
}


struct cq_member *cq_member_find(const struct cq *q, const char *iface)
{
	struct le *le;

	if (!q || !iface)
		return NULL;

	LIST_FOREACH(&q->members, le)
	{
		struct cq_member *m = le->data;

		if (!str_casecmp(m->agent->iface, iface))
			return m;
	}

	return NULL;
}


void cq_member_get(struct cq_member_info *info, const struct cq_member *m)
{
	if (!info || !m || !m->q)
		return;

	info->iface = m->agent->iface;
	info->name = m->name;
	info->state_iface = m->state_iface ? m->state_iface
					   : m->agent->iface;
	info->penalty = m->penalty;
	info->ringinuse = cq_member_ringinuse(m);
	info->dynamic = m->dynamic;
	info->paused = m->paused;
	info->reason = m->reason;
	info->paused_at_s = m->paused_at_s;
	info->login_at_s = m->login_at_s;
	info->state = cq_member_state(m);
	info->in_call = m->agent->talks > 0;
	info->wraps_up = cq_member_wraps_up(m);
	info->free = cq_member_free(m);
	info->calls = m->calls;
	info->last_at_s = m->last_s;
	info->wrapup_s = cq_member_wrapup_s(m);
}


/* Separators of what is kept, and of queue_log */
