/**
 * @file b2bua/program_check.c  tandem -t: the files are read and looked at
 *
 * What names there are to check them against is known here: the configuration
 * is below the applications and functions.
 */
#include <stdio.h>
#include <stdlib.h>
#include "b2bua/app.h"
#include "b2bua/explain.h"
#include "b2bua/program.h"
#include "routing/expr.h"
#include "routing/pattern.h"
#include "routing/schedule.h"


static int timespec_check(const struct pl *spec, struct pl *bad)
{
	struct schedule sch;

	return schedule_decode(&sch, spec, bad);
}


static int expr_check(const struct pl *text, char *err)
{
	struct mbuf *out = mbuf_alloc(64);
	int ret = out ? expr_eval_pl(out, text, err) : 0;

	mem_deref(out);

	return ret == EINVAL ? EINVAL : 0;
}


const struct config_names *program_names(void)
{
	static struct config_names names;
	static const char *apps[256], *funcs[256];
	const struct app *const *av;
	const struct func *const *fv;
	size_t n;

	if (names.apps)
		return &names;

	av = app_table(&n);
	for (size_t i = 0; i < n && i < ARRAY_SIZE(apps); i++)
		apps[names.napps++] = av[i]->name;

	fv = func_table(&n);
	for (size_t i = 0; i < n && i < ARRAY_SIZE(funcs); i++)
		funcs[names.nfuncs++] = fv[i]->name;

	names.pattern  = pattern_check;
	names.covers   = pattern_covers;
	names.instead  = app_instead;
	names.timespec = timespec_check;
	names.expr     = expr_check;
	names.options  = app_options;
	names.apps     = apps;
	names.funcs    = funcs;

	return &names;
}


int program_load(const char *dir, struct config **cfgp, struct findings **fp)
{
	int err;

	err = findings_alloc(fp);
	if (err)
		return err;

	return config_load(cfgp, dir, *fp, program_names());
}


/* The other server's files: what is wrong in them is a matter of their own
 * check, what does not fit together one of ours */
static int check_pair(const struct program *p, const struct config *cfg,
		      struct findings *f)
{
	struct findings *other_f = NULL;
	struct config *other = NULL;
	int err = program_load(p->pair, &other, &other_f);

	if (err)
		(void)re_fprintf(stdout, "%H", findings_print, other_f);
	else
		config_check_pair(cfg, other, f);

	mem_deref(other);
	mem_deref(other_f);

	return err;
}


int program_check(const struct program *p)
{
	struct findings *f = NULL;
	struct config *cfg = NULL;
	int err = program_load(p->dir, &cfg, &f);

	if (!err && p->pair)
		err = check_pair(p, cfg, f);

	findings_sort(f);
	(void)re_fprintf(stdout, "%H", findings_print, f);
	(void)re_fprintf(stdout, "%s: %u errors, %u warnings: %s\n", p->dir,
			 f ? f->count[SEVERITY_ERROR] : 0,
			 f ? f->count[SEVERITY_WARNING] : 0,
			 err ? "refused" : "good");
	mem_deref(cfg);
	mem_deref(f);

	return err ? EXIT_CONFIG : 0;
}


int program_explain(const struct program *p)
{
	struct explain_params prm = {0};
	struct findings *f = NULL;
	struct config *cfg = NULL;
	struct mbuf *mb	   = mbuf_alloc(1024);
	const char *why;
	int err;

	if (explain_decode(&prm, p->explainc,
			   (const char *const *)p->explainv, &why)) {
		(void)fprintf(stderr, "tandem: --explain: %s\n", why);
		mem_deref(mb);
		return EXIT_USAGE;
	}

	err = mb ? program_load(p->dir, &cfg, &f) : ENOMEM;
	if (!err)
		err = dialplan_index_alloc(&prm.plan, cfg->dialplan, NULL,
					   NULL);
	if (err) {
		findings_sort(f);
		(void)re_fprintf(stderr, "%H", findings_print, f);
		err = EXIT_CONFIG;
		goto out;
	}

	prm.cfg = cfg;
	err = plan_explain(mb, &prm) ? EXIT_FAILURE : 0;
	(void)re_fprintf(stdout, "%b", mb->buf, mb->end);

out:
	mem_deref(prm.plan);
	mem_deref(cfg);
	mem_deref(f);
	mem_deref(mb);

	return err;
}
