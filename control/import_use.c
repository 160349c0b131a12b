/**
 * @file control/import_use.c  What the files of an old directory use
 */
#include <glob.h>
#include "b2bua/app.h"
#include "base/rand.h"
#include "base/text.h"
#include "control/import.h"


/* --- one use ------------------------------------------------------------- */

static void use_destructor(void *data)
{
	struct import_use *u = data;

	hash_unlink(&u->hle);
	list_unlink(&u->le);
	mem_deref(u->name);
}


static bool use_is(struct le *le, void *arg)
{
	const struct import_use *u = le->data;

	return !pl_strcasecmp(arg, u->name);
}


int import_use_add(struct import *im, enum import_what kind, struct pl name,
		   const struct conf_pos *pos, const void *what)
{
	const uint32_t key = hash_key_ci(name.p, name.l);
	struct import_use *u;

	if (!name.l)
		return 0;

	u = list_ledata(hash_lookup(im->hash[kind], key, use_is, &name));
	if (u) {
		++u->n;
		return 0;
	}

	u = mem_zalloc(sizeof(*u), use_destructor);
	if (!u)
		return ENOMEM;

	if (pl_strdup(&u->name, &name)) {
		mem_deref(u);
		return ENOMEM;
	}

	u->n	= 1;
	u->pos	= *pos;
	u->what = what;
	list_append(&im->uses[kind], &u->le, u);
	hash_append(im->hash[kind], key, &u->hle, u);

	return 0;
}


/* --- the dialplan -------------------------------------------------------- */

/* ${NAME(...)} in a text */
static int text_funcs(struct import *im, const char *text,
		      const struct conf_pos *pos)
{
	int err = 0;

	for (const char *p = strstr(text, "${"); p && !err;
	     p = strstr(p + 2, "${")) {
		struct pl name = {p + 2, strspn(p + 2, "ABCDEFGHIJKLMNOPQRS"
						"TUVWXYZabcdefghijklmnopqrs"
						"tuvwxyz0123456789_")};
		char buf[64];

		if (name.p[name.l] != '(' ||
		    pl_copy(buf, sizeof(buf), &name))
			continue;
		err = import_use_add(im, IMPORT_FUNC, name, pos, func_find(buf));
	}

	return err;
}


/* Set(NAME(...)=value) */
static int set_func(struct import *im, const struct dp_prio *p)
{
	struct pl name = {p->args, strcspn(p->args, "(=")};
	char buf[64];

	if (str_casecmp(p->app, "Set") || p->args[name.l] != '(' ||
	    pl_copy(buf, sizeof(buf), &name))
		return 0;

	return import_use_add(im, IMPORT_FUNC, name, &p->pos, func_find(buf));
}


static bool plays(const struct dp_prio *p)
{
	return !str_casecmp(p->app, "Playback") ||
	       !str_casecmp(p->app, "Background");
}


static int prompts(struct import *im, const struct dp_prio *p)
{
	struct pl list, rest, part;
	int err = 0;

	pl_set_str(&rest, p->args);
	(void)pl_next(&list, &rest, ',');
	while (!err && pl_next(&part, &list, '&')) {
		part = pl_trim(part);
		if (part.l && !pl_strchr(&part, '$'))
			err = import_use_add(im, IMPORT_PROMPT, part, &p->pos, NULL);
	}

	return err;
}


static int step(struct import *im, const struct dp_prio *p)
{
	struct pl name, rest;
	int err;

	pl_set_str(&name, p->app);
	err = import_use_add(im, IMPORT_APP, name, &p->pos, app_find(p->app));
	if (!err)
		err = text_funcs(im, p->args, &p->pos);
	if (!err)
		err = set_func(im, p);
	if (!err && plays(p))
		err = prompts(im, p);
	if (!err && strstr(p->app, "AGI")) {
		pl_set_str(&rest, p->args);
		(void)pl_next(&name, &rest, ',');
		err = import_use_add(im, IMPORT_AGI, pl_trim(name), &p->pos, NULL);
	}

	return err;
}


static int collect_plan(struct import *im)
{
	int err = 0;

	for (struct le *cl = im->cfg->dialplan->contexts.head; cl && !err;
	     cl = cl->next) {
		const struct dp_context *ctx = cl->data;

		for (struct le *el = ctx->extens.head; el && !err;
		     el = el->next) {
			const struct dp_exten *e = el->data;

			for (struct le *le = e->prios.head; le && !err;
			     le = le->next)
				err = step(im, le->data);
		}
	}

	return err;
}


int import_collect(struct import *im)
{
	int err = 0;

	for (size_t i = 0; i < IMPORT_WHAT_MAX && !err; i++)
		err = hash_alloc(&im->hash[i], 1024);
	if (err || !im->cfg)
		return err;

	err = import_options(im);
	if (!err)
		err = collect_plan(im);

	return err;
}


void import_forget(struct import *im)
{
	for (size_t i = 0; i < IMPORT_WHAT_MAX; i++) {
		list_flush(&im->uses[i]);
		im->hash[i] = mem_deref(im->hash[i]);
	}
}


/* --- prompts ------------------------------------------------------------- */

static bool has_match(const char *fmt, const struct pl *dir, const char *name)
{
	char *pattern;
	glob_t g;
	bool yes;

	if (re_sdprintf(&pattern, fmt, dir, name))
		return true;

	yes = !glob(pattern, GLOB_NOSORT, NULL, &g);
	if (yes)
		globfree(&g);
	mem_deref(pattern);

	return yes;
}


bool import_has_prompt(const struct import *im, const char *name)
{
	static const struct pl old = PL_LIT("/var/lib/asterisk/sounds");
	static const struct pl root = PL_LIT("");
	struct pl dir, rest;

	if (strpbrk(name, "*?[]{}\\"))
		return true; /* no name of a file */
	if (name[0] == '/')
		return has_match("%r%s.*", &root, name);
	if (has_match("%r/%s.*", &old, name) ||
	    has_match("%r/*/%s.*", &old, name))
		return true;

	pl_set_str(&rest, im->cfg->dirs.sounds ? im->cfg->dirs.sounds : "");
	while (pl_next(&dir, &rest, ':')) {
		if (dir.l && (has_match("%r/%s.*", &dir, name) ||
			      has_match("%r/*/%s.*", &dir, name)))
			return true;
	}

	return false;
}
