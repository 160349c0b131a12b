/**
 * @file config/set.c  The generic setter of an option, and the look-up
 *
 * A value that the option does not take is a warning, and the default stays:
 * so did it with Asterisk, and an old file must still start.  Where the value
 * protects something (an access list, a digest, the type) it is an error.
 */
#include "config/config.h"
#include "config/opt.h"

#include <stdlib.h>
#include "base/text.h"


void opt_bad_value(const struct opt_ctx *ctx, const char *expected)
{
	find_warning(ctx->f, &ctx->pos, "%s: '%r' is ignored, expected %s",
		     ctx->key, &ctx->val, expected);
}


static int set_str(const struct opt_ctx *ctx, char **sp, bool keep_empty)
{
	char *s = NULL;

	if (ctx->val.l) {
		int err = pl_strdup(&s, &ctx->val);
		if (err)
			return err;
	}
	else if (keep_empty) {
		int err = str_dup(&s, "");
		if (err)
			return err;
	}

	mem_deref(*sp);
	*sp = s;
	return 0;
}


static int set_bool(const struct opt_ctx *ctx, bool *bp)
{
	if (!bool_decode(bp, &ctx->val)) {
		*bp = false;
		find_warning(ctx->f, &ctx->pos,
			     "%s: '%r' counts as no, expected yes or no",
			     ctx->key, &ctx->val);
	}

	return 0;
}


static bool get_num(const struct opt_ctx *ctx, uint64_t *np)
{
	if (!num_decode(np, &ctx->val, ctx->opt->max) &&
	    *np >= ctx->opt->min)
		return true;

	find_warning(ctx->f, &ctx->pos,
		     "%s: '%r' is ignored, expected a number from %u to %u",
		     ctx->key, &ctx->val, ctx->opt->min, ctx->opt->max);
	return false;
}


int opt_words_print(struct re_printf *pf, const struct opt_word *w)
{
	int err = 0;

	for (const char *sep = ""; w->name && !err; w++, sep = ", ")
		err = re_hprintf(pf, "%s%s", sep, w->name);

	return err;
}


static int set_word(const struct opt_ctx *ctx, void *field)
{
	for (const struct opt_word *w = ctx->opt->words; w->name; w++) {
		if (!pl_strcasecmp(&ctx->val, w->name)) {
			memcpy(field, &w->value, sizeof(w->value));
			return 0;
		}
	}

	find_warning(ctx->f, &ctx->pos,
		     "%s: '%r' is ignored, expected one of %H", ctx->key,
		     &ctx->val, opt_words_print, ctx->opt->words);
	return 0;
}


static int set_sa(const struct opt_ctx *ctx, struct sa *sa)
{
	struct sa tmp;

	if (sa_set(&tmp, &ctx->val, 0))
		opt_bad_value(ctx, "an IP address");
	else
		*sa = tmp;

	return 0;
}


static void *opt_field(const struct opt_ctx *ctx)
{
	void *base = NULL;

	switch (ctx->opt->scope) {

	case OPT_G: base = &ctx->cfg->general; break;
	case OPT_P: base = ctx->peer; break;
	case OPT_GP: base = ctx->peer; break;
	case OPT_RTP: base = &ctx->cfg->rtp; break;
	case OPT_MOH: base = ctx->moh; break;
	case OPT_DIR: base = &ctx->cfg->dirs; break;
	case OPT_TANDEM: base = &ctx->cfg->tandem; break;
	case OPT_GUARD: base = &ctx->cfg->guard; break;
	case OPT_EXT: base = ctx->cfg->dialplan; break;
	case OPT_VM: base = &ctx->cfg->vm; break;
	case OPT_VMBOX: base = ctx->vmopts; break;
	case OPT_QUEUES: base = &ctx->cfg->queues; break;
	case OPT_QUEUE: base = ctx->queue; break;
	case OPT_SIPD: base = &ctx->cfg->sipd_opts; break;
	case OPT_RUSER: base = ctx->room_user; break;
	case OPT_RBRIDGE: base = ctx->room_bridge; break;
	case OPT_MEET: break;
	case OPT_ROUTE: base = ctx->route; break;
	case OPT_TRUNK: base = ctx->trunk; break;
	case OPT_FEAT: base = &ctx->cfg->features; break;
	case OPT_FMAP: base = &ctx->cfg->features; break;
	case OPT_LOT: base = ctx->lot; break;
	case OPT_FOLLOW: base = ctx->followme; break;
	case OPT_FWD: base = &ctx->cfg->forward; break;
	}

	return (char *)base + ctx->opt->off;
}


int opt_set(struct opt_ctx *ctx)
{
	void *field = opt_field(ctx);
	uint64_t n;

	switch (ctx->opt->type) {

	case OPT_NONE:
		break;

	case OPT_STR:
		return set_str(ctx, field, false);

	case OPT_TEXT:
		return set_str(ctx, field, true);

	case OPT_BOOL:
		return set_bool(ctx, field);

	case OPT_U32:
		if (get_num(ctx, &n))
			*(uint32_t *)field = (uint32_t)n;
		break;

	case OPT_U16:
		if (get_num(ctx, &n))
			*(uint16_t *)field = (uint16_t)n;
		break;

	case OPT_WORD:
		return set_word(ctx, field);

	case OPT_SA:
		return set_sa(ctx, field);

	case OPT_FN:
		return ctx->opt->seth(ctx, field);
	}

	return 0;
}


/* "no", "off", "0" and nothing ask for what happens anyway */
static bool asks_for_nothing(const struct opt_ctx *ctx)
{
	bool yes = true;

	return !ctx->val.l || (bool_decode(&yes, &ctx->val) && !yes);
}


static void tell_unused(const struct opt_ctx *ctx)
{
	const uint32_t before = findings_count(ctx->f);

	switch (ctx->opt->how) {

	case OPT_HONOURED:
		break;

	case OPT_ACCEPTED:
		if (!asks_for_nothing(ctx))
			find_warning(ctx->f, &ctx->pos,
				     "%s is read but not used: %s", ctx->key,
				     ctx->opt->instead);
		break;

	case OPT_LEGACY:
		find_info(ctx->f, &ctx->pos,
			  "%s is an option of old versions and not used: %s",
			  ctx->key, ctx->opt->instead);
		break;

	case OPT_REFUSED:
		if (!asks_for_nothing(ctx))
			find_error(ctx->f, &ctx->pos,
				   "%s is refused: %s, expected no", ctx->key,
				   ctx->opt->instead);
		break;
	}

	findings_kind(ctx->f, before, FINDING_UNUSED);
}


int opt_apply(struct opt_ctx *ctx)
{
	int err = opt_set(ctx);

	if (!err)
		tell_unused(ctx);

	return err;
}


int opt_defaults(struct opt_ctx *ctx, unsigned mask)
{
	for (size_t i = 0; i < opt_count(); i++) {
		const struct opt *opt = opt_at(i);

		if (!opt->def || !(opt->scope & mask))
			continue;

		ctx->opt = opt;
		ctx->key = opt->name;
		ctx->var = NULL;
		pl_set_str(&ctx->val, opt->def);

		int err = opt_set(ctx);
		if (err)
			return err;
	}

	return 0;
}


/* --- look-up ------------------------------------------------------------- */

struct entry {
	char name[40];
	const struct opt *opt;
};

struct opt_index {
	struct entry *v;
	size_t n;
};


static void index_destructor(void *arg)
{
	struct opt_index *ix = arg;

	mem_deref(ix->v);
}


static int entry_cmp(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	return strcasecmp(a->name, b->name);
}


static size_t name_count(const struct opt *opt)
{
	size_t n = opt->aliases ? 2 : 1;

	for (const char *p = opt->aliases; p && *p; p++)
		n += *p == ' ';

	return n;
}


static void index_add(struct opt_index *ix, const struct opt *opt)
{
	struct pl part, rest = PL_INIT;

	str_ncpy(ix->v[ix->n].name, opt->name, sizeof(ix->v[0].name));
	ix->v[ix->n++].opt = opt;

	if (opt->aliases)
		pl_set_str(&rest, opt->aliases);

	while (pl_next(&part, &rest, ' ')) {
		(void)pl_copy(ix->v[ix->n].name, sizeof(ix->v[0].name), &part);
		ix->v[ix->n++].opt = opt;
	}
}


int opt_index_alloc(struct opt_index **ixp, unsigned mask)
{
	size_t n = 0;

	for (size_t i = 0; i < opt_count(); i++)
		n += name_count(opt_at(i));

	struct opt_index *ix = mem_zalloc(sizeof(*ix), index_destructor);
	if (!ix)
		return ENOMEM;

	ix->v = mem_zalloc(n * sizeof(*ix->v), NULL);
	if (!ix->v) {
		mem_deref(ix);
		return ENOMEM;
	}

	for (size_t i = 0; i < opt_count(); i++) {
		if (opt_at(i)->scope & mask)
			index_add(ix, opt_at(i));
	}

	qsort(ix->v, ix->n, sizeof(*ix->v), entry_cmp);

	*ixp = ix;
	return 0;
}


const struct opt *opt_lookup(const struct opt_index *ix, const char *name,
			     unsigned mask)
{
	struct entry key;

	if (!ix || !name || strlen(name) >= sizeof(key.name))
		return NULL;

	str_ncpy(key.name, name, sizeof(key.name));

	const struct entry *e = bsearch(&key, ix->v, ix->n, sizeof(*ix->v),
					entry_cmp);
	if (!e)
		return NULL;

	/* a name may have a row for each scope, side by side */
	while (e > ix->v && !entry_cmp(e - 1, &key))
		--e;

	for (; e < ix->v + ix->n && !entry_cmp(e, &key); e++) {
		if (e->opt->scope & mask)
			return e->opt;
	}

	return NULL;
}


const char *opt_nearest(const struct opt_index *ix, const char *name,
			unsigned mask)
{
	const char *words[512];
	size_t n = 0;

	for (size_t i = 0; i < ix->n && n < ARRAY_SIZE(words); i++) {
		if (ix->v[i].opt->scope & mask)
			words[n++] = ix->v[i].name;
	}

	return text_nearest(name, words, n);
}


static void unknown_option(const struct opt_ctx *ctx,
			   const struct opt_index *ix, unsigned mask,
			   const struct conf_var *var, const char *where)
{
	const struct opt *other = opt_lookup(ix, var->name, ~0u);
	const char *near = opt_nearest(ix, var->name, mask);

	if (other)
		find_warning(ctx->f, &var->pos,
			     "option '%s' has no effect in %s, expected it %s",
			     var->name, where,
			     other->scope == OPT_G ? "in [general]" :
			     "in the section of a peer");
	else if (near)
		find_warning(ctx->f, &var->pos,
			     "unknown option '%s' in %s (did you mean '%s'?)",
			     var->name, where, near);
	else
		find_warning(ctx->f, &var->pos,
			     "unknown option '%s' in %s is ignored",
			     var->name, where);
}


/* allow=ulaw;alaw: what follows ';' is a comment, though it touches the value.
 * A remark of several words is meant as one. */
static void tell_cut(const struct opt_ctx *ctx, const struct conf_var *var)
{
	static const char *const secrets[] = {
		"secret", "remotesecret", "register", "auth", "mwi",
	};
	bool secret = false;

	if (!var->cut)
		return;

	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		secret |= !str_casecmp(ctx->opt->name, secrets[i]);

	if (secret)
		find_warning(ctx->f, &ctx->pos,
			     "%s: ';' begins a comment, what follows is not "
			     "read, expected '\\;' if it is part of the "
			     "secret, or a blank before a comment", var->name);
	else if (!strpbrk(var->cut, " \t"))
		find_warning(ctx->f, &ctx->pos,
			     "%s: ';' begins a comment, '%s' is not read, "
			     "expected ',' between values, or a blank before "
			     "a comment", var->name, var->cut);
}


int opt_line(struct opt_ctx *ctx, const struct opt_index *ix, unsigned mask,
	     const struct conf_var *var, const char *where,
	     const struct opt **optp)
{
	ctx->opt = opt_lookup(ix, var->name, mask);
	ctx->var = var;
	ctx->key = var->name;
	ctx->pos = conf_var_vpos(var);
	pl_set_str(&ctx->val, var->value);
	ctx->val = pl_trim(ctx->val);

	if (optp)
		*optp = ctx->opt;

	if (!ctx->opt) {
		unknown_option(ctx, ix, mask, var, where);
		return 0;
	}

	tell_cut(ctx, var);
	return opt_apply(ctx);
}
