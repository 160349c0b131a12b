/**
 * @file config/set.c  The generic setter of an option, and the look-up
 *
 * A value that the option does not take is a warning, and the default stays:
 * so did it with Asterisk, and an old file must still start.  Where the value
 * protects something (an access list, a digest, the type) it is an error.
 */
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


static int print_words(struct re_printf *pf, const struct opt_word *w)
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
		     &ctx->val, print_words, ctx->opt->words);
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
	char *base = ctx->opt->scope == OPT_G ? (char *)&ctx->cfg->general
		: (char *)ctx->peer;

	return base + ctx->opt->off;
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


int opt_defaults(struct config *cfg, struct findings *f)
{
	struct opt_ctx ctx = {
		.cfg = cfg, .peer = cfg->defaults, .f = f, .general = true,
	};

	for (size_t i = 0; i < opt_tabc; i++) {
		ctx.opt = &opt_tab[i];
		ctx.key = ctx.opt->name;

		if (!ctx.opt->def)
			continue;

		pl_set_str(&ctx.val, ctx.opt->def);

		int err = opt_set(&ctx);
		if (err)
			return err;
	}

	return 0;
}


/* --- look-up -------------------------------------------------------------- */

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


static size_t alias_count(const struct opt *opt)
{
	size_t n = opt->aliases ? 1 : 0;

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


int opt_index_alloc(struct opt_index **ixp)
{
	size_t n = 0;

	for (size_t i = 0; i < opt_tabc; i++)
		n += 1 + alias_count(&opt_tab[i]);

	struct opt_index *ix = mem_zalloc(sizeof(*ix), index_destructor);
	if (!ix)
		return ENOMEM;

	ix->v = mem_zalloc(n * sizeof(*ix->v), NULL);
	if (!ix->v) {
		mem_deref(ix);
		return ENOMEM;
	}

	for (size_t i = 0; i < opt_tabc; i++)
		index_add(ix, &opt_tab[i]);

	qsort(ix->v, ix->n, sizeof(*ix->v), entry_cmp);

	*ixp = ix;
	return 0;
}


const struct opt *opt_find(const struct opt_index *ix, const char *name)
{
	struct entry key;

	if (!ix || !name || strlen(name) >= sizeof(key.name))
		return NULL;

	str_ncpy(key.name, name, sizeof(key.name));

	const struct entry *e = bsearch(&key, ix->v, ix->n, sizeof(*ix->v),
					entry_cmp);

	return e ? e->opt : NULL;
}


const char *opt_nearest(const struct opt_index *ix, const char *name,
			enum opt_scope scope)
{
	const char *words[512];
	size_t n = 0;

	for (size_t i = 0; i < ix->n && n < ARRAY_SIZE(words); i++) {
		if (ix->v[i].opt->scope & scope)
			words[n++] = ix->v[i].name;
	}

	return text_nearest(name, words, n);
}
