/**
 * @file config/check_goto.c  Check of where a step jumps to
 *
 * Context, extension and label have to be there.  What an include, a switch
 * or a pattern could still give is left to the call.
 */
#include "config/check.h"
#include "base/text.h"


enum { FIND_DEPTH = 32 }; /* includes inside each other */


/* Does a number find an extension, here or in what is included?  Yes if that
 * is not certain */
static bool finds(const struct loader *ld, const struct dp_context *ctx,
		  const char *number, unsigned depth)
{
	struct pl a, b;

	if (!ctx || depth > FIND_DEPTH)
		return depth > FIND_DEPTH;
	if (dp_exten_first(ctx, number) || !list_isempty(&ctx->switches))
		return true;

	pl_set_str(&b, number);
	for (struct le *le = ctx->extens.head; le; le = le->next) {
		const struct dp_exten *e = le->data;

		if (!e->pattern)
			continue;
		if (!ld->names || !ld->names->covers)
			return true;
		pl_set_str(&a, e->name);
		if (ld->names->covers(&a, &b))
			return true;
	}

	for (struct le *le = ctx->includes.head; le; le = le->next) {
		const struct dp_include *inc = le->data;

		if (finds(ld, dialplan_context(ld->cfg->dialplan, inc->name),
			  number, depth + 1))
			return true;
	}

	return false;
}


static bool has_label(const struct dp_exten *e, const char *label)
{
	for (struct le *le = e->prios.head; le; le = le->next) {
		const struct dp_prio *p = le->data;

		if (p->label && !strcmp(p->label, label))
			return true;
	}

	return false;
}


/* Is the label in any extension that a number could find it in? */
static bool label_anywhere(const struct loader *ld,
			   const struct dp_context *ctx, const char *label,
			   unsigned depth)
{
	if (!ctx || depth > FIND_DEPTH)
		return depth > FIND_DEPTH;
	if (!list_isempty(&ctx->switches))
		return true;

	for (struct le *el = ctx->extens.head; el; el = el->next) {
		if (has_label(el->data, label))
			return true;
	}

	for (struct le *le = ctx->includes.head; le; le = le->next) {
		const struct dp_include *inc = le->data;

		if (label_anywhere(ld, dialplan_context(ld->cfg->dialplan,
							inc->name),
				   label, depth + 1))
			return true;
	}

	return false;
}


/* Could a number be found in the context that stands there in no line? */
static bool more_extens(const struct dp_context *ctx)
{
	if (!list_isempty(&ctx->includes) || !list_isempty(&ctx->switches) ||
	    dp_exten_first(ctx, "i"))
		return true;

	for (struct le *le = ctx->extens.head; le; le = le->next) {
		if (((struct dp_exten *)le->data)->pattern)
			return true;
	}

	return false;
}


static void label_missing(const struct step_ref *sr, const char *label,
			  const struct dp_exten *ext)
{
	const char *words[2] = {NULL, NULL};

	for (struct le *le = ext->prios.head; le; le = le->next) {
		words[1] = ((struct dp_prio *)le->data)->label;
		words[0] = text_nearest(label, words, 2);
	}

	if (words[0])
		find_warning(sr->ld->f, &sr->prio->pos,
			     "%s: extension '%s' has no label '%s' (did you "
			     "mean '%s'?)", sr->prio->app, ext->name, label,
			     words[0]);
	else
		find_warning(sr->ld->f, &sr->prio->pos,
			     "%s: extension '%s' has no label '%s', expected "
			     "a label or number of it", sr->prio->app,
			     ext->name, label);
}


static bool is_label(const char *label)
{
	struct pl pl;
	uint64_t n;

	pl_set_str(&pl, label);

	/* "+2" and "-1" count from here */
	return num_decode(&n, &pl, UINT32_MAX) && label[0] != '+' &&
	       label[0] != '-' && str_casecmp(label, "n") &&
	       str_casecmp(label, "s") && str_casecmp(label, "hint");
}


static void check_label(const struct step_ref *sr, const char *label,
			const struct dp_exten *ext)
{
	if (is_label(label) && !has_label(ext, label))
		label_missing(sr, label, ext);
}


static void check_target(const struct step_ref *sr, const struct pl *text)
{
	const struct dp_context *ctx = sr->ctx;
	const struct dp_exten *ext   = sr->ext;
	struct jump_target t;

	if (!jump_target_decode(&t, text) || (t.has_ctx && !t.ctx_lit))
		return;

	if (t.has_ctx) {
		ctx = dialplan_context(sr->ld->cfg->dialplan, t.ctx);
		if (!ctx) {
			context_missing(sr->ld, &sr->prio->pos, sr->prio->app,
					t.ctx);
			return;
		}
	}

	if (t.has_ext) {
		if (!t.ext_lit)
			return;

		ext = dp_exten_first(ctx, t.ext);
		if (!ext) {
			if (!dp_exten_first(ctx, "i") &&
			    !finds(sr->ld, ctx, t.ext, 0))
				find_warning(sr->ld->f, &sr->prio->pos,
					     "%s: context '%s' has no "
					     "extension '%s'", sr->prio->app,
					     ctx->name, t.ext);
			return;
		}
	}

	/* a pattern's steps may stand in another one that matches as well */
	if (t.prio_lit && !ext->pattern && !more_extens(ctx))
		check_label(sr, t.prio, ext);
	else if (t.prio_lit && is_label(t.prio) && !has_label(ext, t.prio) &&
		 !label_anywhere(sr->ld, ctx, t.prio, 0))
		label_missing(sr, t.prio, ext);
}


/* "context^extension^priority(args)" of an option */
static void check_sub(const struct step_ref *sr, const struct pl *text)
{
	char buf[256];
	struct pl pl;
	char *open;

	if (!text->l || !arg_literal(text) || pl_copy(buf, sizeof(buf), text))
		return;

	open = strchr(buf, '(');
	if (open)
		*open = '\0';
	for (char *c = buf; *c; c++) {
		if (*c == '^')
			*c = ',';
	}
	pl_set_str(&pl, buf);
	check_target(sr, &pl);
}


void check_subs(const struct step_ref *sr, struct pl opts)
{
	for (size_t i = 0; i < opts.l; i++) {
		const char letter = opts.p[i];
		struct pl arg = {opts.p + i + 2, 0};
		unsigned depth = 1;

		if (i + 1 >= opts.l || opts.p[i + 1] != '(')
			continue;

		for (i += 2; i < opts.l && depth; i++)
			depth = opts.p[i] == '(' ? depth + 1
				: opts.p[i] == ')' ? depth - 1 : depth;
		--i;
		arg.l = (size_t)(opts.p + i - arg.p);
		if (!depth && strchr("bBFG", letter))
			check_sub(sr, &arg);
	}
}


void check_queue_step(const struct step_ref *sr)
{
	struct pl opts, rest;

	check_queue(sr);
	pl_set_str(&rest, sr->prio->args);
	if (arg_next(&opts, &rest, ',') && arg_next(&opts, &rest, ','))
		check_subs(sr, opts);
}


void check_goto(const struct step_ref *sr)
{
	struct pl text;

	pl_set_str(&text, sr->prio->args);
	check_target(sr, &text);
}


void check_gotoif(const struct step_ref *sr)
{
	struct pl part, rest;

	pl_set_str(&rest, sr->prio->args);
	(void)arg_next(&part, &rest, '?');

	if (!rest.p) {
		find_warning(sr->ld->f, &sr->prio->pos,
			     "%s without '?', expected condition?target:"
			     "target", sr->prio->app);
		return;
	}

	while (arg_next(&part, &rest, ':')) {
		const char *open = part.l ? pl_strchr(&part, '(') : NULL;

		if (open && arg_literal(&part))
			part.l = open - part.p;
		check_target(sr, &part);
	}
}


void check_gotoiftime(const struct step_ref *sr)
{
	const struct config_names *names = sr->ld->names;
	struct pl spec, rest, bad = PL_INIT;

	pl_set_str(&rest, sr->prio->args);
	if (arg_next(&spec, &rest, '?') && rest.p && arg_literal(&spec) &&
	    names && names->timespec && names->timespec(&spec, &bad))
		find_warning(sr->ld->f, &sr->prio->pos, "%s: time '%r' is "
			     "malformed and never holds, expected such as "
			     "9:00-17:00,mon-fri,*,*", sr->prio->app,
			     bad.p ? &bad : &spec);

	if (!str_casecmp(sr->prio->app, "GotoIfTime"))
		check_gotoif(sr);
}


void check_background(const struct step_ref *sr)
{
	struct pl arg, rest;
	char name[128];

	pl_set_str(&rest, sr->prio->args);
	for (unsigned i = 0; i < 4; i++) {
		if (!arg_next(&arg, &rest, ','))
			return;
	}

	if (arg_literal_copy(name, sizeof(name), arg) &&
	    !dialplan_context(sr->ld->cfg->dialplan, name))
		context_missing(sr->ld, &sr->prio->pos, sr->prio->app, name);
}


void check_gosub(const struct step_ref *sr)
{
	struct pl text;

	pl_set_str(&text, sr->prio->args);

	const char *open = text.l ? pl_strchr(&text, '(') : NULL;
	if (open && arg_literal(&text))
		text.l = open - text.p;

	check_target(sr, &text);
}


void check_macro(const struct step_ref *sr)
{
	struct pl name, rest;
	char buf[128], ctx[160];

	pl_set_str(&rest, sr->prio->args);
	if (!arg_next(&name, &rest, ',') ||
	    !arg_literal_copy(buf, sizeof(buf), name))
		return;

	(void)re_snprintf(ctx, sizeof(ctx), "macro-%s", buf);
	if (!dialplan_context(sr->ld->cfg->dialplan, ctx))
		context_missing(sr->ld, &sr->prio->pos, "Macro", ctx);
}
