/**
 * @file b2bua/queue_member.c  Members of queues: who is free, pauses, what is
 *                             kept over a restart
 *
 * A member stands in one queue; who it is (`struct cq_agent`, by its device)
 * may stand in several.  That it is being rung or talks is the agent's, the
 * rest is the member's own.  The state of its device is asked for when it is
 * needed, and watched so that a queue is looked at when it changes.
 *
 * Members that were added while running are kept as Asterisk keeps them:
 * family Queue/PersistentMembers, a key for each queue (and "name/2", "name/3"
 * if they are many), "device;penalty;paused;name;state device;reason;wrapup"
 * with '|' between.
 */
#include "b2bua/queue_priv.h"
#include "b2bua/server.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"

#define FAMILY "Queue/PersistentMembers"

enum {
	AGENT_BUCKETS = 1024,
	FIELDS = 7,
	KEEP_TEXT = STORE_DB_TEXT - 1,
	KEEP_KEYS = 64, /* of one queue */
};

static struct hash *agents;
static bool loading; /* nothing is written back */


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


static int find_device(char **devp, const char *device)
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
static void watch(struct cq_member *m)
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


static uint32_t wrapup_s(const struct cq_member *m)
{
	return m->wrapup_s < 0 ? m->q->conf->wrapup_s : (uint32_t)m->wrapup_s;
}


static bool wraps_up(const struct cq_member *m)
{
	return m->last_ms &&
	       clock_ms() < m->last_ms + (uint64_t)wrapup_s(m) * 1000;
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
	return m->q && !m->paused && !wraps_up(m) && state_lets(m);
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

	return wraps_up(m) && (cond & QUEUE_EMPTY_WRAPUP);
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
	if (m->q && wrapup_s(m))
		timer_start(&m->wrap, (uint64_t)wrapup_s(m) * 1000 + 1,
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


/* --- what is kept -------------------------------------------------------- */

static int key_name(char *buf, size_t n, const struct cq *q, unsigned i)
{
	int r = i ? re_snprintf(buf, n, "%s/%u", q->conf->name, i + 1)
		  : re_snprintf(buf, n, "%s", q->conf->name);

	return r < 0 ? ENOBUFS : 0;
}


static void keep_flush(const struct cq *q, struct mbuf *mb, unsigned *ip)
{
	char key[128], *str = NULL;
	int err = key_name(key, sizeof(key), q, *ip);

	if (!err)
		err = mbuf_str(&str, mb);
	if (!err)
		err = store_db_put(FAMILY, key, str);
	if (err)
		log_error("queue", "%s: members are not kept: %m",
			  q->conf->name, err);

	mem_deref(str);
	mbuf_reset(mb);
	++*ip;
}


static int keep_print(struct re_printf *pf, const struct cq_member *m)
{
	return re_hprintf(pf, "%s;%u;%u;%s;%s;%s;%d", m->agent->iface,
			  m->penalty, m->paused, m->name,
			  m->state_iface ? m->state_iface : "", m->reason,
			  m->wrapup_s);
}


static void keep_members(const struct cq *q, struct mbuf *mb, unsigned *ip)
{
	char text[1024];
	struct le *le;

	LIST_FOREACH(&q->members, le)
	{
		const struct cq_member *m = le->data;

		if (!m->dynamic)
			continue;
		if (re_snprintf(text, sizeof(text), "%H", keep_print, m) < 0)
			continue; /* none is so long: member_ok() */
		if (mb->end + strlen(text) + 1 > KEEP_TEXT)
			keep_flush(q, mb, ip);
		(void)mbuf_printf(mb, "%s%s", mb->end ? "|" : "", text);
	}

	if (mb->end)
		keep_flush(q, mb, ip);
}


/* Write them all: they are few, and rarely change */
static void keep(const struct cq *q)
{
	struct mbuf *mb;
	unsigned n = 0;
	char key[128];

	if (loading || q->gone || !q->cfg->queues.persistentmembers)
		return;

	mb = mbuf_alloc(512);
	if (!mb) {
		log_error("queue", "%s: members are not kept: no memory",
			  q->conf->name);
		return;
	}

	keep_members(q, mb, &n);
	mem_deref(mb);

	/* what was more before */
	for (; n < KEEP_KEYS && !key_name(key, sizeof(key), q, n); n++) {
		if (store_db_del(FAMILY, key))
			break;
	}
}


static int kept_member(struct cq *q, struct pl part)
{
	struct cq_member_params prm = {.wrapup_s = -1};
	struct pl f[FIELDS];
	char *v[FIELDS] = {NULL};
	uint64_t n;
	int err = 0;

	memset(f, 0, sizeof(f));
	for (size_t i = 0; i < FIELDS && pl_next(&f[i], &part, ';'); i++)
		err |= f[i].l ? pl_strdup(&v[i], &f[i]) : 0;

	prm.iface = v[0];
	prm.name = v[3];
	prm.state_iface = v[4];
	prm.reason = v[5];
	if (!num_decode(&n, &f[1], UINT32_MAX))
		prm.penalty = (uint32_t)n;
	prm.paused = f[2].l && f[2].p[0] == '1';
	if (!num_decode(&n, &f[6], INT32_MAX))
		prm.wrapup_s = (int)n;

	if (!err)
		err = prm.iface ? cq_member_add(q, &prm, NULL) : EBADMSG;
	for (size_t i = 0; i < FIELDS; i++)
		mem_deref(v[i]);

	return err;
}


void cq_members_load(struct cq *q)
{
	char key[128];

	if (!q->cfg->queues.persistentmembers)
		return;

	loading = true;
	for (unsigned i = 0;
	     i < KEEP_KEYS && !key_name(key, sizeof(key), q, i); i++) {
		const char *val = store_db_get(FAMILY, key);
		struct pl rest, part;

		if (!val)
			break;

		pl_set_str(&rest, val);
		while (pl_next(&part, &rest, '|')) {
			int err = part.l ? kept_member(q, part) : 0;

			/* by now it stands in the file as well */
			if (err && err != EALREADY)
				log_warning("queue", "%s: kept member \"%r\" "
					    "is left out: %m", q->conf->name,
					    &part, err);
		}
	}
	loading = false;
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


static int set_texts(struct cq_member *m, const char *iface, const char *name,
		     const char *state_iface)
{
	char *n = NULL, *s = NULL, *d = NULL;
	int err;

	err = str_dup(&n, name ? name : iface);
	if (state_iface)
		err |= str_dup(&s, state_iface);
	err |= find_device(&d, state_iface ? state_iface : iface);
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
	watch(m); /* what a hint means may have changed */

	return 0;
}


static int member_new(struct cq_member **mp, struct cq *q, const char *iface)
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
static void member_drop(struct cq_member *m)
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
	int err = m ? 0 : member_new(&m, q, mc->iface);

	if (err)
		return err;

	err = set_texts(m, mc->iface, mc->name, mc->state_iface);
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
			watch(m);
			list_unlink(&m->le);
			list_append(&q->members, &m->le, m);
		}
		else {
			log_info("queue", "%s: %s is no member any more",
				 q->conf->name, m->agent->iface);
			member_drop(m);
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
	info->wraps_up = wraps_up(m);
	info->free = cq_member_free(m);
	info->calls = m->calls;
	info->last_at_s = m->last_s;
	info->wrapup_s = wrapup_s(m);
}


/* Separators of what is kept, and of queue_log */
static bool text_ok(const char *s)
{
	for (; s && *s; s++) {
		if ((unsigned char)*s < ' ' || strchr(";|&", *s))
			return false;
	}

	return true;
}


static bool params_ok(const struct cq_member_params *prm)
{
	return str_isset(prm->iface) && strlen(prm->iface) < 200 &&
	       str_len(prm->name) < 200 && str_len(prm->state_iface) < 200 &&
	       text_ok(prm->iface) && text_ok(prm->name) &&
	       text_ok(prm->state_iface) && text_ok(prm->reason);
}


/* A device that could be rung if it was there */
static bool device_ok(const struct cq *q, const char *iface)
{
	struct ttext *text = NULL;
	struct fork_dev dev;
	const char *why = "";
	struct pl pl;
	int err;

	pl_set_str(&pl, iface);
	err = ttext_create(&text, &pl, false);
	if (!err)
		err = fork_dev_decode(&dev, q->cfg, text, &why);
	if (err)
		log_warning("queue", "%s: member %s: %s", q->conf->name, iface,
			    why);
	mem_deref(text);

	return !err || err == ENOENT;
}


static void set_paused(struct cq_member *m, bool paused, const char *reason)
{
	m->paused = paused;
	m->paused_at_s = paused ? clock_wall_s() : 0;
	str_ncpy(m->reason, paused && reason ? reason : "",
		 sizeof(m->reason));
}


static const char *log_name(const struct cq_member *m)
{
	return m->q->cfg->queues.log_membername ? m->name : m->agent->iface;
}


int cq_member_add(struct cq *q, const struct cq_member_params *prm,
		  const char *by)
{
	struct cq_member *m;
	int err;

	if (!q || !prm || !params_ok(prm) || !device_ok(q, prm->iface))
		return EINVAL;
	if (cq_member_find(q, prm->iface))
		return EALREADY;

	err = member_new(&m, q, prm->iface);
	if (err)
		return err;

	err = set_texts(m, prm->iface, prm->name, prm->state_iface);
	if (err) {
		mem_deref(m);
		return err;
	}

	m->dynamic = true;
	m->penalty = prm->penalty;
	m->wrapup_s = prm->wrapup_s;
	set_paused(m, prm->paused, prm->reason);
	list_append(&q->members, &m->le, m);
	if (!loading) {
		log_info("queue", "%s: %s is a member now", q->conf->name,
			 m->agent->iface);
		cq_logf(by, q->conf->name, log_name(m), "ADDMEMBER", "%s",
			m->paused ? "PAUSED" : "");
	}

	keep(q);
	cq_kick(q);

	return 0;
}


int cq_member_remove(struct cq *q, const char *iface, const char *by)
{
	struct cq_member *m = cq_member_find(q, iface);

	if (!m)
		return ENOENT;
	if (!m->dynamic)
		return EPERM;

	log_info("queue", "%s: %s is no member any more", q->conf->name,
		 m->agent->iface);
	cq_logf(by, q->conf->name, log_name(m), "REMOVEMEMBER", "%s", "");
	member_drop(m);
	keep(q);
	cq_kick(q);

	return 0;
}


static void pause_one(struct cq_member *m, bool paused, const char *reason)
{
	char dev[DEVSTATE_NAME_MAX];

	set_paused(m, paused, reason);
	log_info("queue", "%s: %s %s%s%s", m->q->conf->name, m->agent->iface,
		 paused ? "is paused" : "is back",
		 paused && m->reason[0] ? ": " : "", m->reason);
	cq_logf(NULL, m->q->conf->name, m->name, paused ? "PAUSE" : "UNPAUSE",
		"%s", reason ? reason : "");

	if (re_snprintf(dev, sizeof(dev), "Queue:%s_pause_%s",
			m->q->conf->name, m->agent->iface) > 0)
		devstate_changed(dev);
	if (m->dynamic)
		keep(m->q);
	cq_kick(m->q);
}


int cq_member_pause(struct cq *q, const char *iface, bool paused,
		    const char *reason)
{
	struct le *le;
	bool any = false;

	if (!text_ok(reason))
		return EINVAL;

	LIST_FOREACH(cq_all(), le)
	{
		struct cq_member *m;

		if (q && le->data != q)
			continue;

		m = cq_member_find(le->data, iface);
		if (!m)
			continue;
		if (!q && !any)
			cq_logf(NULL, NULL, m->agent->iface,
				paused ? "PAUSEALL" : "UNPAUSEALL", "%s", "");
		any = true;
		pause_one(m, paused, reason);
	}

	return any ? 0 : ENOENT;
}


int cq_member_set_penalty(struct cq *q, const char *iface, uint32_t penalty)
{
	struct le *le;
	bool any = false;

	LIST_FOREACH(cq_all(), le)
	{
		struct cq_member *m;

		if (q && le->data != q)
			continue;

		m = cq_member_find(le->data, iface);
		if (!m)
			continue;

		any = true;
		m->penalty = penalty;
		cq_logf(NULL, m->q->conf->name, m->agent->iface, "PENALTY",
			"%u", penalty);
		if (m->dynamic)
			keep(m->q);
		cq_kick(m->q);
	}

	return any ? 0 : ENOENT;
}


int cq_member_set_ringinuse(struct cq *q, const char *iface, bool on)
{
	struct cq_member *m = cq_member_find(q, iface);

	if (!m)
		return ENOENT;

	m->ringinuse = on;
	cq_logf(NULL, q->conf->name, m->agent->iface, "RINGINUSE", "%u",
		(unsigned)on);
	cq_kick(q);

	return 0;
}
