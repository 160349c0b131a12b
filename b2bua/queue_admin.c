/**
 * @file b2bua/queue_admin.c  Members are added, removed, paused while it runs
 */
#include "b2bua/queue_priv.h"
#include "base/clock.h"


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

	err = cq_member_new(&m, q, prm->iface);
	if (err)
		return err;

	err = cq_member_texts(m, prm->iface, prm->name, prm->state_iface);
	if (err) {
		mem_deref(m);
		return err;
	}

	m->dynamic = true;
	m->penalty = prm->penalty;
	m->wrapup_s = prm->wrapup_s;
	set_paused(m, prm->paused, prm->reason);
	list_append(&q->members, &m->le, m);
	if (!cq_members_loading()) {
		log_info("queue", "%s: %s is a member now", q->conf->name,
			 m->agent->iface);
		cq_logf(by, q->conf->name, log_name(m), "ADDMEMBER", "%s",
			m->paused ? "PAUSED" : "");
	}

	cq_members_keep(q);
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
	cq_member_drop(m);
	cq_members_keep(q);
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
		cq_members_keep(m->q);
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
			cq_members_keep(m->q);
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
