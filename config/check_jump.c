/**
 * @file config/check_jump.c  Jumps and devices of a step, taken apart
 */
#include "config/check.h"
#include "base/text.h"


/* --- targets ------------------------------------------------------------- */

bool jump_target_decode(struct jump_target *t, const struct pl *text)
{
	struct pl v[3] = {PL_INIT}, rest = *text;
	size_t n = 0;

	memset(t, 0, sizeof(*t));

	while (n < 3 && arg_next(&v[n], &rest, ','))
		++n;

	if (!n || (n == 1 && !pl_trim(v[0]).l))
		return false;

	t->has_ctx  = n == 3;
	t->has_ext  = n >= 2;
	t->prio_lit = arg_literal_copy(t->prio, sizeof(t->prio), v[n - 1]);
	if (n >= 2) {
		const struct pl ext = pl_trim(v[n - 2]);

		t->ext_lit = arg_literal_copy(t->ext, sizeof(t->ext), ext);
		if (pl_copy(t->ext_text, sizeof(t->ext_text), &ext))
			t->ext_text[0] = '\0';
	}
	if (n == 3)
		t->ctx_lit = arg_literal_copy(t->ctx, sizeof(t->ctx), v[0]);

	return true;
}


const struct dp_prio *jump_target_step(const struct dp_exten *e,
				       const struct jump_target *t,
				       uint32_t from)
{
	struct pl pl;
	uint64_t n = 0;

	pl_set_str(&pl, t->prio);
	if (!str_casecmp(t->prio, "n"))
		n = from + 1;
	else if (num_decode(&n, &pl, UINT32_MAX))
		n = 0;

	for (struct le *le = e->prios.head; le; le = le->next) {
		const struct dp_prio *p = le->data;

		if (n ? p->prio == n : p->label && !strcmp(p->label, t->prio))
			return p;
	}

	return NULL;
}


typedef void(jump_h)(const struct jump_target *t, void *arg);


/* target, or target(arguments) */
static void one_jump(struct pl text, jump_h *h, void *arg)
{
	const char *open = text.l ? pl_strchr(&text, '(') : NULL;
	struct jump_target t;

	if (open && (!pl_strchr(&text, '$') ||
		     open < pl_strchr(&text, '$')))
		text.l = (size_t)(open - text.p);
	if (jump_target_decode(&t, &text))
		h(&t, arg);
}


/* condition?target:target */
static void both_jumps(struct pl rest, jump_h *h, void *arg)
{
	struct pl part;

	(void)arg_next(&part, &rest, '?');
	while (rest.p && arg_next(&part, &rest, ':'))
		one_jump(part, h, arg);
}


static void macro_jump(struct pl rest, jump_h *h, void *arg)
{
	struct jump_target t;
	struct pl name;

	memset(&t, 0, sizeof(t));
	if (!arg_next(&name, &rest, ','))
		return;

	name = pl_trim(name);
	t.has_ctx = t.has_ext = t.ext_lit = t.prio_lit = true;
	t.ctx_lit = arg_literal(&name) &&
		re_snprintf(t.ctx, sizeof(t.ctx), "macro-%r", &name) > 0;
	str_ncpy(t.ext, "s", sizeof(t.ext));
	str_ncpy(t.prio, "1", sizeof(t.prio));
	h(&t, arg);
}


void step_jumps(const struct dp_prio *prio, jump_h *h, void *arg)
{
	struct pl text;

	pl_set_str(&text, prio->args);

	if (!str_casecmp(prio->app, "Goto") ||
	    !str_casecmp(prio->app, "Gosub"))
		one_jump(text, h, arg);
	else if (!str_casecmp(prio->app, "GotoIf") ||
		 !str_casecmp(prio->app, "GosubIf") ||
		 !str_casecmp(prio->app, "GotoIfTime"))
		both_jumps(text, h, arg);
	else if (!str_casecmp(prio->app, "Macro"))
		macro_jump(text, h, arg);
}


struct asked {
	uint32_t n;
	bool yes;
};


static void may_be(const struct jump_target *t, void *arg)
{
	struct asked *a = arg;
	struct pl pl;
	uint64_t n;

	pl_set_str(&pl, t->prio);
	if (!t->prio_lit || t->prio[0] == '+' || t->prio[0] == '-')
		a->yes = true;
	else if (!num_decode(&n, &pl, UINT32_MAX) && n == a->n)
		a->yes = true;
}


bool step_may_jump_to(const struct dp_prio *prio, uint32_t n)
{
	struct asked a = {.n = n};

	/* a jump may hide in the arguments of others */
	if (!str_casecmp(prio->app, "ExecIf") ||
	    !str_casecmp(prio->app, "Exec") ||
	    !str_casecmp(prio->app, "AGI"))
		return true;

	/* n+101 of old files */
	if (n > 101 && prio->prio == n - 101)
		return true;

	step_jumps(prio, may_be, &a);

	return a.yes;
}


/* --- devices ------------------------------------------------------------- */

struct pl device_expand(char *buf, size_t n, const struct dialplan *dp,
			struct pl dev)
{
	struct pl name, rest;
	const char *val;
	char key[128];

	if (dev.l < 4 || dev.p[0] != '$' || dev.p[1] != '{')
		return dev;

	rest = dev;
	pl_advance(&rest, 2);
	if (!pl_next(&name, &rest, '}') || !rest.p ||
	    pl_copy(key, sizeof(key), &name))
		return dev;

	val = dialplan_global(dp, key);
	if (!val || re_snprintf(buf, n, "%s%r", val, &rest) < 0)
		return dev;

	pl_set_str(&dev, buf);

	return dev;
}


/* A trunk group is as good as one of its lines */
static const struct peer *first_member(const struct config *cfg,
				       const struct pl *name)
{
	for (struct le *le = cfg->trunks.head; le; le = le->next) {
		const struct trunk *t	     = le->data;
		const struct trunk_member *m = list_ledata(t->members.head);

		if (m && !pl_strcmp(name, t->name))
			return m->peer;
	}

	return NULL;
}


static const struct peer *peer_of(const struct config *cfg, struct pl dev)
{
	struct pl tech, part, rest = dev;
	const struct peer *peer;
	const char *at;

	(void)pl_next(&tech, &rest, '/');
	if (!rest.p || pl_strcasecmp(&tech, "SIP"))
		return NULL;

	at = rest.l ? pl_strrchr(&rest, '@') : NULL;
	if (at) {
		rest.l -= (size_t)(at + 1 - rest.p);
		rest.p = at + 1;
	}
	(void)pl_next(&part, &rest, '/');
	part = pl_trim(part);
	peer = config_peer_pl(cfg, &part);

	return peer ? peer : first_member(cfg, &part);
}


void step_devices(const struct step_ref *sr,
		  void (*h)(const struct step_ref *sr,
			    const struct peer *peer, void *arg),
		  void *arg)
{
	const struct config *cfg = sr->ld->cfg;
	struct pl devs, rest, dev;
	char buf[256];

	if (str_casecmp(sr->prio->app, "Dial"))
		return;

	pl_set_str(&rest, sr->prio->args);
	if (!arg_next(&devs, &rest, ','))
		return;

	while (arg_next(&dev, &devs, '&')) {
		const struct peer *peer;

		dev = device_expand(buf, sizeof(buf), cfg->dialplan,
				    pl_trim(dev));
		peer = peer_of(cfg, dev);
		if (peer)
			h(sr, peer, arg);
	}
}
