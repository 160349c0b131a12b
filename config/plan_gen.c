/**
 * @file config/plan_gen.c  Lines of a dialplan that another file stands for
 */
#include "config/plan_gen.h"


void plan_context(struct plan_gen *g, struct loader *ld,
		  const struct conf_pos *pos, const char *name)
{
	if (g->err)
		return;

	memset(&g->st, 0, sizeof(g->st));
	g->st.ld = ld;
	g->pos	 = *pos;
	g->err	 = dialplan_context_get(&g->st.ctx, ld->cfg->dialplan, name,
					pos);
}


static void line(struct plan_gen *g, const char *key, const char *fmt,
		 va_list ap)
{
	struct conf_var var = {
		.pos = g->pos, .vcol = g->pos.col, .made = true,
	};

	if (g->err)
		return;

	g->err = str_dup(&var.name, key);
	if (!g->err)
		g->err = re_vsdprintf(&var.value, fmt, ap);
	if (!g->err)
		g->err = ext_line(&g->st, &var);

	mem_deref(var.name);
	mem_deref(var.value);
}


void plan_exten(struct plan_gen *g, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(g, "exten", fmt, ap);
	va_end(ap);
}


void plan_same(struct plan_gen *g, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(g, "same", fmt, ap);
	va_end(ap);
}


void plan_include(struct plan_gen *g, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(g, "include", fmt, ap);
	va_end(ap);
}
