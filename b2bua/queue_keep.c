/**
 * @file b2bua/queue_keep.c  Members that were added, over a restart
 *
 * Kept as Asterisk keeps them: family Queue/PersistentMembers, a key for each
 * queue (and "name/2", "name/3" if they are many), with '|' between
 * "device;penalty;paused;name;state device;reason;wrapup".
 */
#include "b2bua/queue_priv.h"
#include "base/text.h"

#define FAMILY "Queue/PersistentMembers"

enum {
	FIELDS = 7,
	KEEP_TEXT = STORE_DB_TEXT - 1,
	KEEP_KEYS = 64, /* of one queue */
};

static bool loading; /* nothing is written back */


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
void cq_members_keep(const struct cq *q)
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


bool cq_members_loading(void)
{
	return loading;
}
