/**
 * @file config/dialplan.c  Contexts, extensions and steps in memory
 *
 * Only while loading is anything added.  The order in which a number is looked
 * for is built by routing/.
 */
#include "config/load.h"
#include "base/rand.h"


static void prio_destructor(void *arg)
{
	struct dp_prio *p = arg;

	list_unlink(&p->le);
	mem_deref(p->label);
	mem_deref(p->app);
	mem_deref(p->args);
}


static void exten_destructor(void *arg)
{
	struct dp_exten *e = arg;

	hash_unlink(&e->hle);
	list_unlink(&e->le);
	list_flush(&e->prios);
	mem_deref(e->name);
	mem_deref(e->cid);
	mem_deref(e->hint);
}


static void context_destructor(void *arg)
{
	struct dp_context *ctx = arg;

	hash_unlink(&ctx->hle);
	list_unlink(&ctx->le);
	list_flush(&ctx->extens);
	list_flush(&ctx->includes);
	list_flush(&ctx->switches);
	list_flush(&ctx->ignorepats);
	mem_deref(ctx->hash);
	mem_deref(ctx->name);
}


static void dialplan_destructor(void *arg)
{
	struct dialplan *dp = arg;

	list_flush(&dp->globals);
	list_flush(&dp->contexts);
	mem_deref(dp->hash);
	mem_deref(dp->file);
}


int dialplan_alloc(struct dialplan **dpp)
{
	struct dialplan *dp = mem_zalloc(sizeof(*dp), dialplan_destructor);
	if (!dp)
		return ENOMEM;

	int err = hash_alloc(&dp->hash, 1024);
	if (err)
		mem_deref(dp);
	else
		*dpp = dp;

	return err;
}


static bool context_is(struct le *le, void *arg)
{
	const struct dp_context *ctx = le->data;

	return !strcmp(ctx->name, arg);
}


static struct dp_context *context_find(const struct dialplan *dp,
				       const char *name)
{
	return list_ledata(hash_lookup(dp->hash, hash_key(name, strlen(name)),
				       context_is, (void *)name));
}


const struct dp_context *dialplan_context(const struct dialplan *dp,
					  const char *name)
{
	return dp && str_isset(name) ? context_find(dp, name) : NULL;
}


int dialplan_context_get(struct dp_context **ctxp, struct dialplan *dp,
			 const char *name, const struct conf_pos *pos)
{
	struct dp_context *ctx = context_find(dp, name);

	if (ctx) {
		*ctxp = ctx;
		return 0;
	}

	ctx = mem_zalloc(sizeof(*ctx), context_destructor);
	if (!ctx)
		return ENOMEM;

	int err = str_dup(&ctx->name, name);
	err |= hash_alloc(&ctx->hash, 256);
	if (err) {
		mem_deref(ctx);
		return err;
	}

	ctx->pos = *pos;
	list_append(&dp->contexts, &ctx->le, ctx);
	hash_append(dp->hash, hash_key(name, strlen(name)), &ctx->hle, ctx);
	*ctxp = ctx;
	return 0;
}


const char *dialplan_global(const struct dialplan *dp, const char *name)
{
	if (!dp || !name)
		return NULL;

	/* the last line of a name wins */
	for (struct le *le = dp->globals.tail; le; le = le->prev) {
		const struct var_def *v = le->data;

		if (!strcmp(v->name, name))
			return v->value;
	}

	return NULL;
}


struct exten_key {
	const struct pl *name;
	const struct pl *cid;
	bool any; /* whatever its caller */
};


static bool exten_is(struct le *le, void *arg)
{
	const struct dp_exten *e    = le->data;
	const struct exten_key *key = arg;

	if (pl_strcmp(key->name, e->name))
		return false;

	if (key->any)
		return true;

	if (!key->cid || !e->cid)
		return !key->cid && !e->cid;

	return !key->cid->l ? !e->cid[0] : !pl_strcmp(key->cid, e->cid);
}


static struct dp_exten *exten_find(const struct dp_context *ctx,
				   const struct exten_key *key)
{
	return list_ledata(hash_lookup(ctx->hash, hash_key(key->name->p,
							   key->name->l),
				       exten_is, (void *)key));
}


const struct dp_exten *dp_exten_first(const struct dp_context *ctx,
				      const char *name)
{
	struct pl pl;
	const struct exten_key key = {.name = &pl, .any = true};

	if (!ctx || !str_isset(name))
		return NULL;

	pl_set_str(&pl, name);
	return exten_find(ctx, &key);
}


int dp_exten_get(struct dp_exten **extp, struct dp_context *ctx,
		 const struct pl *name, const struct pl *cid,
		 const struct conf_pos *pos)
{
	const struct exten_key key = {.name = name, .cid = cid};

	struct dp_exten *old = exten_find(ctx, &key);
	if (old) {
		*extp = old;
		return 0;
	}

	struct dp_exten *e = mem_zalloc(sizeof(*e), exten_destructor);
	if (!e)
		return ENOMEM;

	e->pos	   = *pos;
	e->pattern = name->p[0] == '_';

	int err = pl_strdup(&e->name, name);
	if (cid)
		err |= cid->l ? pl_strdup(&e->cid, cid) : str_dup(&e->cid, "");
	if (err) {
		mem_deref(e);
		return ENOMEM;
	}

	list_append(&ctx->extens, &e->le, e);
	hash_append(ctx->hash, hash_key(name->p, name->l), &e->hle, e);
	*extp = e;
	return 0;
}


int dp_prio_add(struct dp_exten *ext, uint32_t prio, const struct pl *label,
		const struct pl *app, const struct pl *args,
		const struct conf_pos *pos)
{
	struct le *le = ext->prios.tail;

	while (le && ((struct dp_prio *)le->data)->prio > prio)
		le = le->prev;

	if (le && ((struct dp_prio *)le->data)->prio == prio)
		return EALREADY;

	struct dp_prio *p = mem_zalloc(sizeof(*p), prio_destructor);
	if (!p)
		return ENOMEM;

	p->prio = prio;
	p->pos	= *pos;

	int err = pl_strdup(&p->app, app);
	err |= args->l ? pl_strdup(&p->args, args) : str_dup(&p->args, "");
	if (label->l)
		err |= pl_strdup(&p->label, label);
	if (err) {
		mem_deref(p);
		return ENOMEM;
	}

	if (le)
		list_insert_after(&ext->prios, le, &p->le, p);
	else
		list_prepend(&ext->prios, &p->le, p);

	return 0;
}
