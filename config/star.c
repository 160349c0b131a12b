/**
 * @file config/star.c  Star codes of phones: a context that nobody writes
 *
 * [tandem-star] is made from [forward] of tandem.conf.  A phone reaches it
 * with numbers that its own context does not have.  What extensions.conf
 * itself says in [tandem-star] stays, and other contexts may include it.
 */
#include "config/load.h"
#include "base/text.h"

enum { CODE_MAX = 10 };

/* nobody's line */
static const struct conf_pos made = {"tandem.conf", 0, 0};


void forward_conf_reset(struct forward_conf *fw)
{
	fw->all = mem_deref(fw->all);
	fw->missed = mem_deref(fw->missed);
	fw->busy = mem_deref(fw->busy);
	fw->noanswer = mem_deref(fw->noanswer);
	fw->cancel = mem_deref(fw->cancel);
	fw->dnd = mem_deref(fw->dnd);
	fw->dnd_off = mem_deref(fw->dnd_off);
}


/* Digits, '*' and '#'; empty: no such code */
int set_code(struct opt_ctx *ctx, void *field)
{
	char **codep = field;
	char *code = NULL;

	for (size_t i = 0; i < ctx->val.l; i++) {
		if (strchr("0123456789*#", ctx->val.p[i]) &&
		    ctx->val.l <= CODE_MAX)
			continue;

		opt_bad_value(ctx, "up to 10 of the keys 0 to 9, * and #, "
			      "such as *72, or nothing");
		return 0;
	}

	if (ctx->val.l && pl_strdup(&code, &ctx->val))
		return ENOMEM;

	mem_deref(*codep);
	*codep = code;

	return 0;
}


static int add(struct loader *ld, struct dp_context *ctx, const char *name,
	       const char *args, const char *app)
{
	struct dp_exten *ext;
	struct pl pname, papp, pargs, none = PL_INIT;
	int err;

	pl_set_str(&pname, name);
	pl_set_str(&papp, app);
	pl_set_str(&pargs, args);

	if (dp_exten_first(ctx, name)) /* the file's own */
		return 0;

	err = dp_exten_get(&ext, ctx, &pname, NULL, &made);

	return err ? err
		   : dp_prio_add(ext, 1, &none, &papp, &pargs, &made);
}


/* A code alone, and with a number behind it */
static int add_forward(struct loader *ld, struct dp_context *ctx,
		       const char *code, const char *kind)
{
	char name[CODE_MAX + 4], args[64];
	int err;

	if (!code)
		return 0;

	err = add(ld, ctx, code, kind, "CallForward");
	if (err)
		return err;

	if (re_snprintf(name, sizeof(name), "_%s.", code) < 0 ||
	    re_snprintf(args, sizeof(args), "%s,${EXTEN:%u}", kind,
			(unsigned)strlen(code)) < 0)
		return EINVAL;

	return add(ld, ctx, name, args, "CallForward");
}


static bool is_wanted(const struct loader *ld)
{
	return ld->cfg->forward.codes && !ld->sip_text;
}


static int context(struct dp_context **ctxp, struct loader *ld)
{
	return dialplan_context_get(ctxp, ld->cfg->dialplan,
				    CONFIG_STAR_CONTEXT, &made);
}


int star_begin(struct loader *ld)
{
	struct dp_context *ctx;

	return is_wanted(ld) ? context(&ctx, ld) : 0;
}


int star_make(struct loader *ld)
{
	const struct forward_conf *fw = &ld->cfg->forward;
	struct dp_context *ctx;
	int err;

	if (!is_wanted(ld))
		return 0;

	err = context(&ctx, ld);
	if (err)
		return err;

	err = add_forward(ld, ctx, fw->all, "all");
	err |= add_forward(ld, ctx, fw->missed, "missed");
	err |= add_forward(ld, ctx, fw->busy, "busy");
	err |= add_forward(ld, ctx, fw->noanswer, "noanswer");
	if (fw->cancel)
		err |= add(ld, ctx, fw->cancel, "off", "CallForward");
	if (fw->dnd)
		err |= add(ld, ctx, fw->dnd, "on", "DoNotDisturb");
	if (fw->dnd_off)
		err |= add(ld, ctx, fw->dnd_off, "off", "DoNotDisturb");

	return err ? ENOMEM : 0;
}
