/**
 * @file config/followme.c  followme.conf: where a person is looked for
 *
 * [general] holds for all, every other section is a person, with lines
 * "number => number[&number...][,seconds[,order]]".  Numbers of the same order
 * are rung together; without one they follow the line before.
 */
#include "base/text.h"
#include "config/check.h"

enum {
	TIMEOUT_S = 25, /* of a line that does not say */
	TIMEOUT_MAX_S = 600,
	ORDER_MAX = 1000,
	FIELDS = 3,
};


/* --- memory -------------------------------------------------------------- */

static char **texts(struct followme_opts *o, size_t i)
{
	char **const v[] = {
		&o->musicclass, &o->context, &o->takecall, &o->declinecall,
		&o->call_from, &o->norecording, &o->options, &o->hold,
		&o->status, &o->sorry, &o->connecting,
	};

	return i < ARRAY_SIZE(v) ? v[i] : NULL;
}


static void opts_reset(struct followme_opts *o)
{
	char **sp;

	for (size_t i = 0; (sp = texts(o, i)) != NULL; i++)
		*sp = mem_deref(*sp);
}


static int opts_copy(struct followme_opts *dst, struct followme_opts *src)
{
	char **sp;
	int err = 0;

	*dst = *src;
	for (size_t i = 0; (sp = texts(dst, i)) != NULL; i++)
		*sp = NULL;

	for (size_t i = 0; (sp = texts(dst, i)) != NULL; i++) {
		const char *from = *texts(src, i);

		if (from)
			err |= str_dup(sp, from);
	}

	return err ? ENOMEM : 0;
}


static void number_destructor(void *data)
{
	struct followme_number *n = data;

	list_unlink(&n->le);
	mem_deref(n->numbers);
}


static void followme_destructor(void *data)
{
	struct followme *fm = data;

	list_unlink(&fm->le);
	list_flush(&fm->numbers);
	opts_reset(&fm->opts);
	mem_deref(fm->name);
}


void followme_conf_reset(struct followme_conf *fc)
{
	list_flush(&fc->list);
	opts_reset(&fc->opts);
}


const struct followme *config_followme(const struct config *cfg,
				       const char *name)
{
	for (struct le *le = cfg && name ? cfg->followme.list.head : NULL; le;
	     le = le->next) {
		const struct followme *fm = le->data;

		if (!strcmp(fm->name, name))
			return fm;
	}

	return NULL;
}


/* --- setters ------------------------------------------------------------- */

/* takecall, declinecall: keys */
int set_answer_keys(struct opt_ctx *ctx, void *field)
{
	char **sp = field, *s;

	for (size_t i = 0; i < ctx->val.l; i++) {
		if (!strchr("0123456789*#", ctx->val.p[i]) ||
		    ctx->val.l > 10) {
			opt_bad_value(ctx, "up to 10 of the keys 0 to 9, * "
				      "and #");
			return 0;
		}
	}
	if (!ctx->val.l) {
		opt_bad_value(ctx, "a key");
		return 0;
	}

	if (pl_strdup(&s, &ctx->val))
		return ENOMEM;

	mem_deref(*sp);
	*sp = s;

	return 0;
}


/* --- numbers ------------------------------------------------------------- */

static size_t split(struct pl f[FIELDS], const char *text)
{
	struct pl rest;
	size_t n = 0;

	memset(f, 0, FIELDS * sizeof(*f));
	pl_set_str(&rest, text);
	if (rest.l && rest.p[0] == '>') /* "=>" is one sign */
		pl_advance(&rest, 1);
	while (n < FIELDS && pl_next(&f[n], &rest, ',')) {
		f[n] = pl_trim(f[n]);
		++n;
	}

	return rest.p ? FIELDS + 1 : n;
}


static uint32_t last_order(const struct followme *fm)
{
	const struct followme_number *n = list_ledata(fm->numbers.tail);

	return n ? n->order : 0;
}


/* Ascending, in the order of the file among equals */
static void insert(struct followme *fm, struct followme_number *num)
{
	struct le *le = fm->numbers.tail;

	while (le && ((struct followme_number *)le->data)->order > num->order)
		le = le->prev;

	if (le)
		list_insert_after(&fm->numbers, le, &num->le, num);
	else
		list_prepend(&fm->numbers, &num->le, num);
}


static int number_add(struct loader *ld, struct followme *fm,
		      const struct conf_var *var)
{
	struct followme_number *num;
	struct pl f[FIELDS];
	size_t n = split(f, var->value);
	uint64_t timeout = TIMEOUT_S, order = 0;

	if (!f[0].l || n > FIELDS ||
	    (f[1].l && num_decode(&timeout, &f[1], TIMEOUT_MAX_S)) ||
	    (f[2].l && num_decode(&order, &f[2], ORDER_MAX))) {
		find_warning(ld->f, &var->pos, "[%s]: number '%s' is left "
			     "out, expected number&number,seconds,order",
			     fm->name, var->value);
		return 0;
	}

	num = mem_zalloc(sizeof(*num), number_destructor);
	if (!num)
		return ENOMEM;

	num->pos = var->pos;
	num->timeout_s = timeout ? (uint32_t)timeout : TIMEOUT_S;
	num->order = order ? (uint32_t)order : last_order(fm) + 1;
	if (pl_strdup(&num->numbers, &f[0])) {
		mem_deref(num);
		return ENOMEM;
	}

	insert(fm, num);

	return 0;
}


/* --- sections ------------------------------------------------------------ */

static int lines(struct loader *ld, const struct opt_index *ix,
		 struct followme *fm, const struct conf_section *sec)
{
	struct opt_ctx ctx = {
		.cfg = ld->cfg, .f = ld->f,
		.followme = fm ? &fm->opts : &ld->cfg->followme.opts,
	};
	char where[96];
	int err = 0;

	(void)re_snprintf(where, sizeof(where), "[%s]", sec->name);
	for (struct le *le = sec->vars.head; le && !err; le = le->next) {
		const struct conf_var *var = le->data;

		err = fm && !str_casecmp(var->name, "number")
			      ? number_add(ld, fm, var)
			      : opt_line(&ctx, ix, OPT_FOLLOW, var, where,
					 NULL);
	}

	return err;
}


static void check(struct loader *ld, const struct followme *fm)
{
	const struct followme_opts *o = &fm->opts;

	if (list_isempty(&fm->numbers))
		find_warning(ld->f, &fm->pos, "[%s] has no number: nobody is "
			     "looked for, expected number => number,seconds",
			     fm->name);
	if (!str_cmp(o->takecall, o->declinecall))
		find_warning(ld->f, &fm->pos, "[%s]: takecall and declinecall "
			     "are the same, nobody can decline", fm->name);
}


/* Their context is in the dialplan, which is read later */
void check_followme(struct loader *ld)
{
	for (struct le *le = ld->cfg->followme.list.head; le; le = le->next) {
		const struct followme *fm = le->data;

		if (!dialplan_context(ld->cfg->dialplan, fm->opts.context))
			context_missing(ld, &fm->pos, "numbers are dialled in",
					fm->opts.context);
	}
}


static int followme_add(struct loader *ld, const struct opt_index *ix,
			const struct conf_section *sec)
{
	struct followme *fm = mem_zalloc(sizeof(*fm), followme_destructor);
	int err;

	if (!fm)
		return ENOMEM;

	fm->pos = sec->pos;
	err = str_dup(&fm->name, sec->name);
	err |= opts_copy(&fm->opts, &ld->cfg->followme.opts);
	if (!err)
		err = lines(ld, ix, fm, sec);
	if (err) {
		mem_deref(fm);
		return ENOMEM;
	}

	list_append(&ld->cfg->followme.list, &fm->le, fm);
	check(ld, fm);

	return 0;
}


/* [general] first, wherever it stands */
static int sections(struct loader *ld, const struct opt_index *ix,
		    const struct conf_file *cf, bool general)
{
	int err = 0;

	for (struct le *le = cf->sections.head; le && !err; le = le->next) {
		const struct conf_section *sec = le->data;

		if (sec->tmpl ||
		    general != !str_casecmp(sec->name, "general"))
			continue;

		err = general ? lines(ld, ix, NULL, sec)
			      : followme_add(ld, ix, sec);
	}

	return err;
}


int load_followme(struct loader *ld)
{
	struct opt_ctx ctx = {
		.cfg = ld->cfg, .f = ld->f,
		.followme = &ld->cfg->followme.opts,
	};
	struct opt_index *ix = NULL;
	struct conf_file *cf = NULL;

	int err = opt_defaults(&ctx, OPT_FOLLOW);
	if (!err)
		err = loader_read(&cf, ld, "followme.conf", false);
	if (err || !cf)
		return err;

	err = opt_index_alloc(&ix, OPT_FOLLOW);
	if (!err)
		err = sections(ld, ix, cf, true);
	if (!err)
		err = sections(ld, ix, cf, false);

	mem_deref(ix);

	return err;
}
