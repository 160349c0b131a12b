/**
 * @file config/check_inner.c  Applications inside of the arguments of others
 *
 *   ExecIf(condition?App(args):App(args))
 *   ExecIfTime(times?App(args):App(args))
 *   Exec(App(args)), TryExec(App(args))
 *
 * They are checked as the steps that they are, at the place of the outer one.
 */
#include "config/check.h"
#include "base/text.h"

enum { NEST_MAX = 4 };


struct inner {
	struct loader *ld;
	step_h *h;
	void *arg;
	unsigned depth;
};

static void walk(const struct inner *in, const struct dp_prio *prio);


static void one(const struct inner *in, const struct dp_prio *outer,
		struct pl text)
{
	struct dp_prio prio = *outer;
	struct inner deeper = *in;
	struct pl name, args;
	const char *open;

	text = pl_trim(text);
	name = text;
	args = pl_null;
	open = text.l ? pl_strchr(&text, '(') : NULL;
	if (open) {
		name.l = (size_t)(open - text.p);
		args.p = open + 1;
		args.l = text.l - name.l - 1;
		if (args.l && args.p[args.l - 1] == ')')
			--args.l;
	}

	name = pl_trim(name);
	if (!arg_literal(&name))
		return;

	prio.label = NULL;
	prio.app = prio.args = NULL;
	if (pl_strdup(&prio.app, &name) ||
	    (args.l ? pl_strdup(&prio.args, &args)
		    : str_dup(&prio.args, ""))) {
		in->ld->f->out_of_memory = true;
		goto out;
	}

	in->h(&prio, in->arg);
	++deeper.depth;
	walk(&deeper, &prio);

out:
	mem_deref(prio.app);
	mem_deref(prio.args);
}


static void walk(const struct inner *in, const struct dp_prio *prio)
{
	struct pl part, rest;

	if (in->depth >= NEST_MAX)
		return;

	pl_set_str(&rest, prio->args);

	if (!str_casecmp(prio->app, "Exec") ||
	    !str_casecmp(prio->app, "TryExec")) {
		one(in, prio, rest);
		return;
	}

	if (str_casecmp(prio->app, "ExecIf") &&
	    str_casecmp(prio->app, "ExecIfTime"))
		return;

	(void)arg_next(&part, &rest, '?');
	while (rest.p && arg_next(&part, &rest, ':')) {
		part = pl_trim(part);
		if (part.l)
			one(in, prio, part);
	}
}


void step_inner(struct loader *ld, const struct dp_prio *prio, step_h *h,
		void *arg)
{
	const struct inner in = {.ld = ld, .h = h, .arg = arg};

	walk(&in, prio);
}


/* --- option letters ------------------------------------------------------ */

static bool nth_arg(struct pl *arg, const struct dp_prio *prio, unsigned n)
{
	struct pl rest;

	pl_set_str(&rest, prio->args);
	for (unsigned i = 0; i <= n; i++) {
		if (!arg_next(arg, &rest, ','))
			return false;
	}

	return true;
}


/* Letters that the application does not have, each once */
static size_t unknown(char *out, size_t max, const struct pl *opts,
		      const char *known)
{
	unsigned depth = 0;
	size_t n = 0;

	for (size_t i = 0; i < opts->l; i++) {
		const char c = opts->p[i];

		depth += c == '(';
		if (depth || c == ' ' || c == '&' || c == '"') {
			depth -= c == ')' && depth;
			continue;
		}
		if (!strchr(known, c) && !memchr(out, c, n) && n + 1 < max)
			out[n++] = c;
	}

	out[n] = '\0';

	return n;
}


void check_options(const struct step_ref *sr)
{
	const struct config_names *names = sr->ld->names;
	const uint32_t before = findings_count(sr->ld->f);
	const char *known;
	char bad[32];
	struct pl opts;
	unsigned n;

	known = names && names->options ? names->options(sr->prio->app, &n)
					: NULL;
	if (!known || !nth_arg(&opts, sr->prio, n) || !arg_literal(&opts) ||
	    !unknown(bad, sizeof(bad), &opts, known))
		return;

	find_warning(sr->ld->f, &sr->prio->pos, "%s: option%s %s %s not done "
		     "here and left out", sr->prio->app, bad[1] ? "s" : "",
		     bad, bad[1] ? "are" : "is");
	findings_kind(sr->ld->f, before, FINDING_MISSING);
}
