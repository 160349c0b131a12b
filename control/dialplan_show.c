/**
 * @file control/dialplan_show.c  dialplan show, as Asterisk prints it
 *
 * Scripts read it, so columns and words are Asterisk's:
 *
 *   [ Context 'office' created by 'pbx_config' ]
 *     '600' =>          1. Answer()                  [extensions.conf:12]
 *        [again]        2. Echo()                    [extensions.conf:13]
 *     Include =>        'parkedcalls'                [extensions.conf:2]
 *
 *   -= 1 extension (2 priorities) in 1 context. =-
 *
 * What stands in '[...]' at the end of a line is the file and line; Asterisk
 * has the name of a module there for what has no line.
 */
#include "b2bua/server.h"
#include "base/text.h"
#include "control/dialplan_show.h"
#include "routing/overlay.h"
#include "routing/pattern.h"

enum {
	LINE_MAX_LEN = 1024,
	SEEN_MAX = 128, /* contexts inside each other */
};

struct show {
	struct cmd_ctx *ctx;
	const char *exten; /* "" = all */
	const char *context; /* NULL = all */
	uint32_t extens, prios, contexts;
	bool context_found;

	/* one context and what it includes, for a number */
	const struct dp_context *seenv[SEEN_MAX];
	size_t seenc;
};


static const char *base_name(const char *file)
{
	const char *slash = file ? strrchr(file, '/') : NULL;

	return slash ? slash + 1 : file ? file : "";
}


static void show_line(struct show *s, const char *head, const char *step,
		      const struct conf_pos *pos)
{
	if (pos && pos->file)
		(void)cmd_printf(s->ctx, "  %-17s %-45s [%s:%u]\n", head, step,
				 base_name(pos->file), pos->line);
	else
		(void)cmd_printf(s->ctx, "  %-17s %-45s [SIP]\n", head, step);
}


/* The head of an extension is printed once, then the labels in its place */
static void show_step(struct show *s, char *head, size_t n,
		      const struct dp_prio *p)
{
	char step[LINE_MAX_LEN];

	if (!head[0] && p->label)
		(void)re_snprintf(head, n, "   [%s]", p->label);
	if (re_snprintf(step, sizeof(step), "%u. %s(%s)", p->prio, p->app,
			p->args) < 0)
		(void)re_snprintf(step, sizeof(step), "%u. %s(...)", p->prio,
				  p->app);

	show_line(s, head, step, &p->pos);
	head[0] = '\0';
	++s->prios;
}


static void show_exten(struct show *s, const struct dp_exten *e)
{
	char head[2 * PATTERN_MAX + 32], hint[LINE_MAX_LEN];

	if (e->cid)
		(void)re_snprintf(head, sizeof(head),
				  "'%s' (CID match '%s') =>", e->name, e->cid);
	else
		(void)re_snprintf(head, sizeof(head), "'%s' =>", e->name);

	++s->extens;
	if (e->hint) {
		if (re_snprintf(hint, sizeof(hint), "hint: %s", e->hint) < 0)
			str_ncpy(hint, "hint: ...", sizeof(hint));
		show_line(s, head, hint, &e->pos);
		head[0] = '\0';
		++s->prios;
	}

	for (struct le *le = list_head(&e->prios); le; le = le->next)
		show_step(s, head, sizeof(head), le->data);
}


static bool wanted(const struct show *s, const struct dp_exten *e)
{
	struct pl name, exten;

	if (!s->exten[0] || !strcmp(s->exten, e->name))
		return true;

	pl_set_str(&name, e->name);
	pl_set_str(&exten, s->exten);

	return pattern_match(&name, &exten) & PATTERN_FULL;
}


static void show_title(struct show *s, const struct dp_context *c, bool *said)
{
	if (*said)
		return;

	*said = true;
	++s->contexts;
	(void)cmd_printf(s->ctx, "[ Context '%s' created by 'pbx_config' ]\n",
			 c->name);
}


/* Of a registered phone */
struct show_phone {
	struct show *s;
	const struct dp_context *c;
	bool *said;
};


static bool show_overlay(const struct dp_exten *e, void *arg)
{
	const struct show_phone *sp = arg;

	if (wanted(sp->s, e)) {
		show_title(sp->s, sp->c, sp->said);
		show_exten(sp->s, e);
	}

	return false;
}


static void show_extens(struct show *s, const struct dp_context *c, bool *said)
{
	struct show_phone sp = {s, c, said};

	for (struct le *le = list_head(&c->extens); le; le = le->next) {
		if (!wanted(s, le->data))
			continue;

		show_title(s, c, said);
		show_exten(s, le->data);
	}

	(void)overlay_apply(server()->overlay, c->name, show_overlay, &sp);
}


static void show_other(struct show *s, const char *head, const char *name,
		       const char *more, const struct conf_pos *pos)
{
	char text[LINE_MAX_LEN];

	if (re_snprintf(text, sizeof(text), "'%s%s%s'", name, more ? "/" : "",
			more ? more : "") < 0)
		return;

	(void)cmd_printf(s->ctx, "  %-17s %-45s [%s:%u]\n", head, text,
			 base_name(pos->file), pos->line);
}


static void show_others(struct show *s, const struct dp_context *c)
{
	for (struct le *le = list_head(&c->includes); le; le = le->next) {
		const struct dp_include *inc = le->data;
		char name[LINE_MAX_LEN];

		if (re_snprintf(name, sizeof(name), "%s%s%s", inc->name,
				inc->timespec ? "," : "",
				inc->timespec ? inc->timespec : "") < 0)
			str_ncpy(name, inc->name, sizeof(name));
		show_other(s, "Include =>", name, NULL, &inc->pos);
	}

	for (struct le *le = list_head(&c->ignorepats); le; le = le->next) {
		const struct var_def *v = le->data;

		show_other(s, "Ignore pattern =>", v->name, NULL, &v->pos);
	}

	for (struct le *le = list_head(&c->switches); le; le = le->next) {
		const struct dp_switch *sw = le->data;

		show_other(s, "Alt. Switch =>", sw->data, NULL, &sw->pos);
	}
}


static bool seen(struct show *s, const struct dp_context *c)
{
	for (size_t i = 0; i < s->seenc; i++) {
		if (s->seenv[i] == c)
			return true;
	}

	if (s->seenc >= ARRAY_SIZE(s->seenv))
		return true;

	s->seenv[s->seenc++] = c;

	return false;
}


static void show_context(struct show *s, const struct dp_context *c)
{
	bool said = false;

	if (!s->exten[0])
		show_title(s, c, &said);
	show_extens(s, c, &said);
	if (!s->exten[0])
		show_others(s, c);
	if (said)
		(void)cmd_printf(s->ctx, "\n");
}


/* A number is looked for in what the context includes as well */
static void show_number(struct show *s, const struct dp_context *c)
{
	if (seen(s, c))
		return;

	show_context(s, c);
	for (struct le *le = list_head(&c->includes); le; le = le->next) {
		const struct dp_include *inc = le->data;
		const struct dp_context *in;

		in = dialplan_context(server()->cfg->dialplan, inc->name);
		if (in)
			show_number(s, in);
	}
}


static void show_all(struct show *s)
{
	const struct dialplan *dp = server()->cfg->dialplan;

	for (struct le *le = list_head(&dp->contexts); le; le = le->next) {
		const struct dp_context *c = le->data;

		if (s->context && strcmp(c->name, s->context))
			continue;

		s->context_found = true;
		if (s->exten[0] && s->context)
			show_number(s, c);
		else
			show_context(s, c);
	}
}


static int show_end(const struct show *s)
{
	if (s->context && !s->context_found) {
		(void)cmd_printf(s->ctx, "There is no existence of '%s' "
				 "context\n", s->context);
		return 1;
	}

	if (s->exten[0] && !s->extens) {
		if (s->context)
			(void)cmd_printf(s->ctx, "There is no existence of "
					 "%s@%s extension\n", s->exten,
					 s->context);
		else
			(void)cmd_printf(s->ctx, "There is no existence of "
					 "'%s' extension in all contexts\n",
					 s->exten);
		return 1;
	}

	(void)cmd_printf(s->ctx, "-= %u extension%s (%u priorit%s) in %u "
			 "context%s. =-\n", s->extens,
			 s->extens == 1 ? "" : "s", s->prios,
			 s->prios == 1 ? "y" : "ies", s->contexts,
			 s->contexts == 1 ? "" : "s");

	return 0;
}


int dialplan_show_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct show s = {.ctx = ctx, .exten = ""};
	char exten[PATTERN_MAX];

	if (argc > 1)
		return CMD_USAGE;

	if (argc) {
		const char *at = strchr(argv[0], '@');
		struct pl pl;

		s.context = at ? at + 1 : argv[0];
		if (at) {
			pl.p = argv[0];
			pl.l = (size_t)(at - argv[0]);
			if (pl_strcpy(&pl, exten, sizeof(exten)))
				return CMD_USAGE;
			s.exten = exten;
		}
		if (!s.context[0])
			s.context = NULL;
	}

	show_all(&s);

	return show_end(&s);
}


void dialplan_show_complete(struct cmd_ctx *ctx, unsigned idx,
			    const char *prefix)
{
	const struct dialplan *dp = server()->cfg->dialplan;

	(void)prefix;
	for (struct le *le = list_head(&dp->contexts); !idx && le;
	     le = le->next)
		cmd_candidate(ctx, ((struct dp_context *)le->data)->name);
}
