/**
 * @file config/features.c  features.conf: what keys do during a call
 *
 * [general] and [featuremap] are rows of the table.  [applicationmap] names
 * applications of the dialplan:
 *
 *   name => keys,self|peer[/caller|/callee|/both],App[(args)][,args[,music]]
 *
 * Any other section is a group of those names, except those of parking lots,
 * which stand here in files of before Asterisk 12 and are parking.c's.
 */
#include "base/text.h"
#include "config/check.h"

enum { FIELDS = 5 };


/* --- memory -------------------------------------------------------------- */

static void app_destructor(void *data)
{
	struct feature_app *a = data;

	list_unlink(&a->le);
	mem_deref(a->name);
	mem_deref(a->keys);
	mem_deref(a->app);
	mem_deref(a->args);
	mem_deref(a->music);
}


static void group_destructor(void *data)
{
	struct feature_group *g = data;

	list_unlink(&g->le);
	list_flush(&g->members);
	mem_deref(g->name);
}


void features_reset(struct config *cfg)
{
	struct features_conf *f = &cfg->features;
	char *const strv[] = {
		f->xfersound, f->xferfailsound, f->transferannounce,
		f->retrysound, f->courtesytone, f->recordingfailsound,
		f->pickupexten, f->pickupsound, f->pickupfailsound,
		f->atxferabort, f->atxfercomplete, f->atxferthreeway,
		f->atxferswap, f->blindxfer, f->atxfer, f->disconnect,
		f->parkcall, f->automon, f->automixmon,
	};

	for (size_t i = 0; i < ARRAY_SIZE(strv); i++)
		mem_deref(strv[i]);

	list_flush(&f->apps);
	list_flush(&f->groups);
	list_flush(&cfg->lots);
}


/* --- look-up ------------------------------------------------------------- */

const struct feature_app *config_feature_app(const struct config *cfg,
					     const char *name)
{
	struct le *le = cfg ? list_head(&cfg->features.apps) : NULL;

	for (; le && name; le = le->next) {
		const struct feature_app *a = le->data;

		if (!str_casecmp(a->name, name))
			return a;
	}

	return NULL;
}


const struct feature_group *config_feature_group(const struct config *cfg,
						 const char *name)
{
	struct le *le = cfg ? list_head(&cfg->features.groups) : NULL;

	for (; le && name; le = le->next) {
		const struct feature_group *g = le->data;

		if (!str_casecmp(g->name, name))
			return g;
	}

	return NULL;
}


/* --- setters ------------------------------------------------------------- */

static bool is_keys(const struct pl *pl)
{
	for (size_t i = 0; i < pl->l; i++) {
		if (!strchr("0123456789*#ABCDabcd", pl->p[i]))
			return false;
	}

	return pl->l && pl->l <= FEATURE_KEYS_MAX;
}


/* As digits are reported: A to D in capitals */
static int keys_dup(char **sp, const struct pl *pl)
{
	int err = pl_strdup(sp, pl);

	for (char *p = err ? NULL : *sp; p && *p; p++) {
		if (*p >= 'a' && *p <= 'd')
			*p = (char)(*p - 'a' + 'A');
	}

	return err;
}


int set_keys(struct opt_ctx *ctx, void *field)
{
	char **sp = field, *s = NULL;
	int err = 0;

	if (ctx->val.l && !is_keys(&ctx->val)) {
		opt_bad_value(ctx, "up to 11 keys of 0 to 9, * and #");
		return 0;
	}

	if (ctx->val.l)
		err = keys_dup(&s, &ctx->val);
	if (err)
		return err;

	mem_deref(*sp);
	*sp = s;

	return 0;
}


/* --- [applicationmap] ---------------------------------------------------- */

static void bad_line(struct loader *ld, const struct conf_var *var,
		     const char *what)
{
	find_warning(ld->f, &var->pos, "feature '%s' is left out: %s, expected "
		     "name => keys,self or peer,Application[(arguments)]",
		     var->name, what);
}


/* "self", "peer/caller"; old files: "caller" and "callee" press and run it */
static const char *take_sides(struct feature_app *a, struct pl pl)
{
	struct pl on;

	(void)pl_next(&on, &pl, '/');
	on = pl_trim(on);
	pl = pl_trim(pl);
	a->by = FEATURE_BOTH;

	if (!pl_strcasecmp(&on, "caller"))
		a->by = FEATURE_CALLER;
	else if (!pl_strcasecmp(&on, "callee"))
		a->by = FEATURE_CALLEE;
	else if (!pl_strcasecmp(&on, "peer"))
		a->peer = true;
	else if (pl_strcasecmp(&on, "self"))
		return "neither self nor peer";

	if (!pl.l || !pl_strcasecmp(&pl, "both"))
		return NULL;
	if (!pl_strcasecmp(&pl, "caller"))
		a->by = FEATURE_CALLER;
	else if (!pl_strcasecmp(&pl, "callee"))
		a->by = FEATURE_CALLEE;
	else
		return "after the '/' stands neither caller nor callee";

	return NULL;
}


static struct pl unquote(struct pl pl)
{
	pl = pl_trim(pl);
	if (pl.l >= 2 && pl.p[0] == '"' && pl.p[pl.l - 1] == '"') {
		++pl.p;
		pl.l -= 2;
	}

	return pl;
}


/* What stands in front of `end`; *rest goes behind it and a comma */
static struct pl cut(struct pl *rest, const char *end)
{
	struct pl part = {rest->p, (size_t)(end - rest->p)};
	struct pl tail = {end + 1, rest->l - part.l - 1};

	tail = pl_trim(tail);
	if (tail.l && tail.p[0] == ',')
		pl_advance(&tail, 1);
	*rest = tail;

	return part;
}


/* App(args)[,music] */
static void split_call(struct pl *app, struct pl *args, struct pl *music,
		       struct pl rest, const char *open)
{
	const char *close = rest.p + rest.l;

	while (close > open + 1 && close[-1] != ')')
		--close;

	app->p = rest.p;
	app->l = (size_t)(open - rest.p);
	*music = rest;
	music->p = open + 1;
	music->l = (size_t)(rest.p + rest.l - music->p);
	if (close > open + 1)
		*args = cut(music, close - 1);
	else {
		*args = *music;
		music->l = 0;
	}
}


/* App[,args[,music]]; quoted arguments may have commas */
static void split_list(struct pl *app, struct pl *args, struct pl *music,
		       struct pl rest)
{
	const char *close;

	(void)pl_next(app, &rest, ',');
	rest = pl_trim(rest);
	*music = rest;
	if (rest.l && rest.p[0] == '"') {
		pl_advance(music, 1);
		close = memchr(music->p, '"', music->l);
		if (close) {
			*args = cut(music, close);
			return;
		}
	}

	*music = rest;
	(void)pl_next(args, music, ',');
}


static int take_app(struct feature_app *a, struct pl rest)
{
	const char *open = rest.l ? pl_strchr(&rest, '(') : NULL;
	const char *comma = rest.l ? pl_strchr(&rest, ',') : NULL;
	struct pl app = PL_INIT, args = PL_INIT, music = PL_INIT;
	int err;

	if (open && (!comma || open < comma))
		split_call(&app, &args, &music, rest, open);
	else
		split_list(&app, &args, &music, rest);

	app = pl_trim(app);
	args = unquote(args);
	music = pl_trim(music);
	if (!app.l)
		return EINVAL;

	err = pl_strdup(&a->app, &app);
	err |= args.l ? pl_strdup(&a->args, &args) : str_dup(&a->args, "");
	if (music.l)
		err |= pl_strdup(&a->music, &music);

	return err ? ENOMEM : 0;
}


static int take_fields(struct feature_app *a, const struct conf_var *var,
		       const char **why)
{
	struct pl rest, keys, sides;
	int err;

	pl_set_str(&rest, var->value);
	if (rest.l && rest.p[0] == '>') /* "=>" is one sign */
		pl_advance(&rest, 1);

	(void)pl_next(&keys, &rest, ',');
	keys = pl_trim(keys);
	if (!is_keys(&keys)) {
		*why = "it has no keys";
		return 0;
	}
	if (!pl_next(&sides, &rest, ',') || !rest.p) {
		*why = "it has no application";
		return 0;
	}

	*why = take_sides(a, sides);
	if (*why)
		return 0;

	err = keys_dup(&a->keys, &keys);
	if (!err)
		err = take_app(a, rest);
	if (err == EINVAL) {
		*why = "it has no application";
		err = 0;
	}

	return err;
}


static bool app_known(const struct loader *ld, const char *app)
{
	for (size_t i = 0; ld->names && i < ld->names->napps; i++) {
		if (!str_casecmp(ld->names->apps[i], app))
			return true;
	}

	return !ld->names || !ld->names->napps;
}


static int app_line(struct loader *ld, const struct conf_var *var)
{
	struct feature_app *a = mem_zalloc(sizeof(*a), app_destructor);
	const char *why = NULL;
	int err;

	if (!a)
		return ENOMEM;

	a->pos = var->pos;
	err = str_dup(&a->name, var->name);
	if (!err)
		err = take_fields(a, var, &why);
	if (err || why) {
		if (why)
			bad_line(ld, var, why);
		mem_deref(a);
		return err;
	}

	if (!app_known(ld, a->app))
		find_warning(ld->f, &a->pos, "feature '%s': application '%s' "
			     "is unknown, the keys do nothing", a->name,
			     a->app);
	list_append(&ld->cfg->features.apps, &a->le, a);

	return 0;
}


static int apps_lines(struct loader *ld, const struct conf_section *sec)
{
	int err = 0;

	for (struct le *le = sec->vars.head; le && !err; le = le->next)
		err = app_line(ld, le->data);

	return err;
}


/* --- groups -------------------------------------------------------------- */

static int group_line(struct loader *ld, struct feature_group *g,
		      const struct conf_var *var)
{
	struct pl name, keys;

	pl_set_str(&name, var->name);
	pl_set_str(&keys, var->value);
	if (keys.l && keys.p[0] == '>')
		pl_advance(&keys, 1);
	keys = pl_trim(keys);

	if (!config_feature_app(ld->cfg, var->name)) {
		find_warning(ld->f, &var->pos, "[%s]: there is no feature '%s' "
			     "in [applicationmap]", g->name, var->name);
		return 0;
	}
	if (keys.l && !is_keys(&keys)) {
		find_warning(ld->f, &var->pos, "[%s]: '%r' is ignored, "
			     "expected keys of 0 to 9, * and #", g->name,
			     &keys);
		keys.l = 0;
	}

	return var_def_add(&g->members, &name, &keys, &var->pos);
}


static int group_lines(struct loader *ld, const struct conf_section *sec)
{
	struct feature_group *g = mem_zalloc(sizeof(*g), group_destructor);
	int err;

	if (!g)
		return ENOMEM;

	list_append(&ld->cfg->features.groups, &g->le, g);
	err = str_dup(&g->name, sec->name);
	for (struct le *le = sec->vars.head; le && !err; le = le->next)
		err = group_line(ld, g, le->data);

	return err;
}


/* --- the file ------------------------------------------------------------ */

static bool is_lot(const struct conf_section *sec)
{
	return !strncasecmp(sec->name, "parkinglot_", 11);
}


static int table_lines(struct loader *ld, const struct opt_index *ix,
		       const struct conf_section *sec, unsigned mask)
{
	struct opt_ctx ctx = {
		.cfg = ld->cfg, .f = ld->f,
		.lot = list_ledata(ld->cfg->lots.head),
	};
	char where[32];
	int err = 0;

	(void)re_snprintf(where, sizeof(where), "[%s]", sec->name);
	for (struct le *le = sec->vars.head; le && !err; le = le->next)
		err = opt_line(&ctx, ix, mask, le->data, where, NULL);

	return err;
}


static int section(struct loader *ld, const struct opt_index *ix,
		   const struct conf_section *sec)
{
	if (conf_section_is(sec, "general")) {
		struct park_lot *lot = list_ledata(ld->cfg->lots.head);

		lot->pos = sec->pos;
		return table_lines(ld, ix, sec, OPT_FEAT | OPT_LOT);
	}
	if (conf_section_is(sec, "featuremap"))
		return table_lines(ld, ix, sec, OPT_FMAP);
	if (conf_section_is(sec, "applicationmap"))
		return apps_lines(ld, sec);
	if (is_lot(sec))
		return parking_section(ld, ix, sec, sec->name + 11);

	return 0;
}


/* Two features of the same keys: the first one is found */
static void check_twice(struct loader *ld, const struct conf_file *cf)
{
	const struct features_conf *f = &ld->cfg->features;
	const struct {
		const char *name, *keys;
	} v[] = {
		{"blindxfer", f->blindxfer}, {"atxfer", f->atxfer},
		{"disconnect", f->disconnect}, {"parkcall", f->parkcall},
		{"automon", f->automon}, {"automixmon", f->automixmon},
	};
	const struct conf_section *sec = list_ledata(cf->sections.head);

	for (size_t i = 0; sec && i < ARRAY_SIZE(v); i++) {
		for (size_t j = 0; v[i].keys && j < i; j++) {
			if (!str_cmp(v[i].keys, v[j].keys))
				find_warning(ld->f, &sec->pos, "%s and %s are "
					     "both %s, which is %s for who may "
					     "use both", v[j].name, v[i].name,
					     v[i].keys, v[j].name);
		}
	}
}


/* Letters outside of parentheses */
static bool has_letter(const struct pl *opts, char letter)
{
	unsigned depth = 0;

	for (size_t i = 0; i < opts->l; i++) {
		depth += opts->p[i] == '(';
		if (!depth && opts->p[i] == letter)
			return true;
		depth -= opts->p[i] == ')' && depth;
	}

	return false;
}


void check_keys(const struct step_ref *sr, const struct pl *opts)
{
	const struct features_conf *f = &sr->ld->cfg->features;
	const struct {
		char callee, caller;
		const char *name, *keys;
	} rows[] = {
		{'k', 'K', "parkcall", f->parkcall},
		{'w', 'W', "automon", f->automon},
		{'x', 'X', "automixmon", f->automixmon},
	};

	if (sr->ld->sip_text) /* without companions */
		return;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool callee = has_letter(opts, rows[i].callee);

		if (rows[i].keys ||
		    (!callee && !has_letter(opts, rows[i].caller)))
			continue;

		find_info(sr->ld->f, &sr->prio->pos, "%s: option %c has no "
			  "effect without %s in [featuremap] of "
			  "features.conf", sr->prio->app,
			  callee ? rows[i].callee : rows[i].caller,
			  rows[i].name);
	}
}


int load_features(struct loader *ld)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};
	struct opt_index *ix = NULL;
	struct conf_file *cf = NULL;

	int err = opt_defaults(&ctx, OPT_FEAT | OPT_FMAP);
	if (!err)
		err = parking_default(ld);
	if (!err)
		err = loader_read(&cf, ld, "features.conf", false);
	if (err || !cf)
		return err;

	err = opt_index_alloc(&ix, OPT_FEAT | OPT_FMAP | OPT_LOT);
	for (struct le *le = cf->sections.head; le && !err; le = le->next) {
		const struct conf_section *sec = le->data;

		if (!sec->tmpl)
			err = section(ld, ix, sec);
	}

	/* groups name what may stand below them */
	for (struct le *le = cf->sections.head; le && !err; le = le->next) {
		const struct conf_section *sec = le->data;

		if (!sec->tmpl && !conf_section_is(sec, "general") &&
		    !conf_section_is(sec, "featuremap") &&
		    !conf_section_is(sec, "applicationmap") &&
		    !is_lot(sec))
			err = group_lines(ld, sec);
	}

	if (!err)
		check_twice(ld, cf);
	mem_deref(ix);

	return err;
}
