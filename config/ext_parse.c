/**
 * @file config/ext_parse.c  extensions.conf: sections and globals
 *
 * [general] and [globals] wherever they stand, before the contexts, because
 * names of extensions and includes may contain ${GLOBALS}.  A context that
 * stands twice is one.  What a line of a context means is in ext_line.c.
 *
 * A bad line is left out with a warning and the rest is used, as Asterisk
 * does it.
 */
#include <stdlib.h>
#include "config/load.h"
#include "base/text.h"

enum { GLOBAL_MAX = 8192 };


/* --- globals ------------------------------------------------------------- */

/* Value of what stands between ${ and }; "" if unknown */
static const char *global_value(const struct dialplan *dp,
				const struct pl *name)
{
	char buf[128];
	const char *v;

	if (pl_copy(buf, sizeof(buf), name))
		return "";

	if (name->l > 5 && !strncmp(buf, "ENV(", 4) &&
	    buf[name->l - 1] == ')') {
		buf[name->l - 1] = '\0';
		v = getenv(buf + 4);
	}
	else {
		v = dialplan_global(dp, buf);
	}

	return v ? v : "";
}


int globals_expand(char **sp, const struct dialplan *dp, const struct pl *text)
{
	struct mbuf *mb = mbuf_alloc(text->l + 64);
	struct pl rest	= *text;
	int err		= mb ? 0 : ENOMEM;

	while (!err && rest.l && mb->end < GLOBAL_MAX) {
		const char *open = strstr(rest.p, "${");
		const char *end	 = rest.p + rest.l;
		struct pl name;

		if (open && open < end)
			name.p = open + 2;
		else
			open = NULL;

		const char *close = open ? memchr(open, '}', end - open)
			: NULL;
		if (!close) {
			err = mbuf_write_pl(mb, &rest);
			break;
		}

		name.l = close - name.p;
		err = mbuf_write_mem(mb, (const uint8_t *)rest.p,
				     open - rest.p);
		err |= mbuf_write_str(mb, global_value(dp, &name));
		pl_advance(&rest, close + 1 - rest.p);
	}

	if (!err)
		err = mbuf_str(sp, mb);

	mem_deref(mb);
	return err;
}


static int globals(struct loader *ld, const struct conf_section *sec)
{
	struct dialplan *dp = ld->cfg->dialplan;

	for (struct le *le = sec->vars.head; le; le = le->next) {
		const struct conf_var *var = le->data;
		struct pl name, text, value;
		char *s;

		pl_set_str(&name, var->name);
		pl_set_str(&text, var->value);

		int err = globals_expand(&s, dp, &text);
		if (err)
			return err;

		pl_set_str(&value, s);
		err = var_def_add(&dp->globals, &name, &value, &var->pos);
		mem_deref(s);
		if (err)
			return err;
	}

	return 0;
}


static int general(struct loader *ld, const struct conf_section *sec)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};
	struct opt_index *ix;

	int err = opt_index_alloc(&ix, OPT_EXT);

	for (struct le *le = sec->vars.head; le && !err; le = le->next)
		err = opt_line(&ctx, ix, OPT_EXT, le->data, "[general]", NULL);

	mem_deref(ix);
	return err;
}


/* --- contexts ------------------------------------------------------------ */

static int context(struct loader *ld, const struct conf_section *sec)
{
	struct ext_state st = {.ld = ld};

	int err = dialplan_context_get(&st.ctx, ld->cfg->dialplan, sec->name,
				       &sec->pos);

	for (struct le *le = sec->vars.head; le && !err; le = le->next)
		err = ext_line(&st, le->data);

	return err;
}


int ext_parse(struct loader *ld, const struct conf_file *cf)
{
	int err = 0;

	for (struct le *le = cf->sections.head; le && !err; le = le->next) {
		const struct conf_section *sec = le->data;

		if (conf_section_is(sec, "general"))
			err = general(ld, sec);
		else if (conf_section_is(sec, "globals"))
			err = globals(ld, sec);
	}

	for (struct le *le = cf->sections.head; le && !err; le = le->next) {
		const struct conf_section *sec = le->data;

		if (!conf_section_is(sec, "general") &&
		    !conf_section_is(sec, "globals") && !sec->tmpl)
			err = context(ld, sec);
	}

	return err;
}
