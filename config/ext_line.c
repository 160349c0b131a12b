/**
 * @file config/ext_line.c  A line of a context
 *
 *   exten => NAME[/CID],PRIORITY[+N][(LABEL)],APP[(ARGUMENTS)]
 *   same => PRIORITY[+N][(LABEL)],APP[(ARGUMENTS)]
 *   include => CONTEXT[,TIMES,DAYS,DATES,MONTHS[,ZONE]]
 *
 * PRIORITY is a number, n (one more than the line before), s (the same) or
 * hint.  The arguments go from the first '(' to the last ')'.  Two spellings
 * of old files are read: APP,arguments without parentheses, and '|' between
 * arguments where no comma is.
 */
#include "config/load.h"
#include "base/text.h"

enum { PRIO_MAX = 1000000 };


/** What "exten" or "same" came to */
struct step {
	struct pl prio;  /* "n", "1", "hint" ... */
	uint32_t plus;
	struct pl label;
	struct pl rest;  /* application and its arguments */
};


static struct conf_pos pos_at(const struct conf_var *var, const char *p)
{
	struct conf_pos pos = conf_var_vpos(var);

	if (!var->made)
		pos.col += (uint32_t)(p - var->value);
	return pos;
}


/* Does the bracket at p[0] of n bytes end? */
static bool is_closed(const char *p, size_t n, char close)
{
	return memchr(p, close, n) != NULL;
}


/* Next part at a comma outside of [] and ${} */
static bool next_field(struct pl *part, struct pl *rest)
{
	unsigned square = 0, brace = 0;

	if (!rest->p)
		return false;

	for (size_t i = 0; i < rest->l; i++) {
		const char c = rest->p[i];

		square += c == '[' && is_closed(rest->p + i, rest->l - i, ']');
		brace += c == '{' && is_closed(rest->p + i, rest->l - i, '}');
		square -= c == ']' && square;
		brace -= c == '}' && brace;

		if (c == ',' && !square && !brace) {
			part->p = rest->p;
			part->l = i;
			pl_advance(rest, (ssize_t)i + 1);
			*part = pl_trim(*part);
			return true;
		}
	}

	*part = pl_trim(*rest);
	*rest = pl_null;
	return true;
}


/* --- priority ------------------------------------------------------------ */

static bool cut_label(struct pl *word, struct pl *label)
{
	const char *open = word->l ? pl_strchr(word, '(') : NULL;
	const char *close;

	*label = pl_null;
	if (!open)
		return true;

	label->p = open + 1;
	label->l = word->p + word->l - label->p;
	close	 = label->l ? pl_strchr(label, ')') : NULL;
	if (!close)
		return false;

	label->l = close - label->p;
	*label	 = pl_trim(*label);
	word->l	 = open - word->p;
	*word	 = pl_trim(*word);
	return true;
}


static bool cut_plus(struct pl *word, uint32_t *plus)
{
	const char *p = word->l ? pl_strchr(word, '+') : NULL;
	uint64_t n;

	*plus = 0;
	if (!p)
		return true;

	const struct pl num = {p + 1, word->p + word->l - p - 1};

	if (num_decode(&n, &num, PRIO_MAX))
		return false;

	*plus	= (uint32_t)n;
	word->l = p - word->p;
	return true;
}


static void bad_prio(const struct ext_state *st, const struct conf_var *var,
		     const struct pl *word, const char *what)
{
	const struct conf_pos pos = pos_at(var, word->p ? word->p :
					   var->value);

	find_warning(st->ld->f, &pos, "line is left out: priority '%r' %s",
		     word, what);
}


/* "check+101": behind a line of the same extension that has this label */
static uint32_t prio_labelled(const struct ext_state *st,
			      const struct pl *label)
{
	for (struct le *le = list_head(&st->last->prios); le; le = le->next) {
		const struct dp_prio *prio = le->data;

		if (prio->label && !pl_strcmp(label, prio->label))
			return prio->prio;
	}

	return 0;
}


/* The number of a step; 0 if the line has to be left out */
static uint32_t prio_number(const struct ext_state *st,
			    const struct conf_var *var, const struct step *s)
{
	uint64_t n;

	if (!pl_strcasecmp(&s->prio, "n") ||
	    !pl_strcasecmp(&s->prio, "next")) {
		if (st->prio)
			return st->prio + (s->plus ? s->plus : 1);

		bad_prio(st, var, &s->prio, "has no line before it, expected "
			 "1");
		return 0;
	}

	if (!pl_strcasecmp(&s->prio, "s") ||
	    !pl_strcasecmp(&s->prio, "same")) {
		if (st->prio)
			return st->prio + s->plus;

		bad_prio(st, var, &s->prio, "has no line before it, expected "
			 "1");
		return 0;
	}

	if (num_decode(&n, &s->prio, PRIO_MAX) || !n)
		n = prio_labelled(st, &s->prio);
	if (!n) {
		bad_prio(st, var, &s->prio, "is unknown, expected a number "
			 "from 1, n, s, hint or a label that is there");
		return 0;
	}

	return (uint32_t)n + s->plus;
}


/* --- application --------------------------------------------------------- */

/* Applications whose text may contain a '|' that means itself */
static bool keeps_bars(const struct pl *app)
{
	static const char *const apps[] = {
		"Set", "MSet", "NoOp", "Verbose", "Log", "ExecIf", "System",
		"TrySystem", "SendText", "SIPAddHeader", "UserEvent",
	};

	for (size_t i = 0; i < ARRAY_SIZE(apps); i++) {
		if (!pl_strcasecmp(app, apps[i]))
			return true;
	}

	return false;
}


/* '|' to ',' outside of ${} $[] and quotes, if no comma separates already */
static bool bars_to_commas(char *s)
{
	unsigned depth = 0, bars = 0;
	bool quoted = false;

	for (const char *p = s; *p; p++) {
		quoted ^= *p == '"';
		depth += !quoted && strchr("{[(", *p);
		depth -= !quoted && depth && strchr("}])", *p);

		if (depth || quoted)
			continue;
		if (*p == ',')
			return false;
		bars += *p == '|';
	}

	for (depth = 0, quoted = false; *s && bars; s++) {
		quoted ^= *s == '"';
		depth += !quoted && strchr("{[(", *s);
		depth -= !quoted && depth && strchr("}])", *s);

		if (*s == '|' && !depth && !quoted)
			*s = ',';
	}

	return bars > 0;
}


static void app_tail(const struct ext_state *st, const struct conf_var *var,
		     struct pl tail)
{
	tail = pl_trim(tail);
	if (!tail.l)
		return;

	const struct conf_pos pos = pos_at(var, tail.p);

	find_warning(st->ld->f, &pos, "'%r' after ')' is not read, expected "
		     "the end of the line", &tail);
}


/* App(args), App, or App,args of old files */
static void split_app(const struct ext_state *st, const struct conf_var *var,
		      const struct pl *rest, struct pl *app, struct pl *args)
{
	const char *end	  = rest->p + rest->l;
	const char *open  = pl_strchr(rest, '(');
	const char *comma = pl_strchr(rest, ',');
	const char *bar	  = pl_strchr(rest, '|');

	*args = pl_null;
	app->p = rest->p;

	if (bar && (!comma || bar < comma))
		comma = bar;

	if (comma && (!open || comma < open)) {
		const struct conf_pos pos = pos_at(var, comma);

		app->l	= comma - rest->p;
		args->p = comma + 1;
		args->l = end - args->p;
		find_info(st->ld->f, &pos, "arguments without parentheses are "
			  "the old spelling, expected %r(...)", app);
	}
	else if (open) {
		const char *close = pl_strrchr(rest, ')');

		app->l	= open - rest->p;
		args->p = open + 1;

		if (close && close > open) {
			const struct pl tail = {close + 1, end - close - 1};

			args->l = close - args->p;
			app_tail(st, var, tail);
		}
		else {
			const struct conf_pos pos = pos_at(var, open);

			args->l = end - args->p;
			find_warning(st->ld->f, &pos,
				     "'(' is never closed, all that follows "
				     "counts as arguments, expected ')'");
		}
	}
	else {
		app->l = rest->l;
	}

	*app = pl_trim(*app);
}


static int store_step(struct ext_state *st, const struct conf_var *var,
		      const struct step *s, uint32_t prio,
		      const struct pl *app, struct pl args)
{
	const struct conf_pos pos = pos_at(var, app->p);
	char *text = NULL;
	int err;

	/* an old "a|b": the copy is changed, the file's text is shared */
	if (args.l && !keeps_bars(app) && pl_strchr(&args, '|')) {
		err = pl_strdup(&text, &args);
		if (err)
			return err;

		if (bars_to_commas(text)) {
			pl_set_str(&args, text);
			find_info(st->ld->f, &pos,
				  "'|' between arguments is the old spelling "
				  "and read as ','");
		}
	}

	err = dp_prio_add(st->last, prio, &s->label, app, &args, &pos);
	if (err == EALREADY) {
		find_warning(st->ld->f, &pos,
			     "extension '%s' has priority %u already, this "
			     "line is left out", st->last->name, prio);
		err = 0;
	}

	mem_deref(text);
	return err;
}


static int add_step(struct ext_state *st, const struct conf_var *var,
		    const struct step *s)
{
	struct pl app, args, rest = pl_trim(s->rest);

	const uint32_t prio = prio_number(st, var, s);
	if (!prio)
		return 0;

	st->prio = prio;

	if (!rest.l) {
		find_warning(st->ld->f, &var->pos,
			     "line is left out: no application, expected "
			     "exten => %s,%u,Application(arguments)",
			     st->last->name, prio);
		return 0;
	}

	split_app(st, var, &rest, &app, &args);
	if (!app.l) {
		find_warning(st->ld->f, &var->pos,
			     "line is left out: no application before '('");
		return 0;
	}

	return store_step(st, var, s, prio, &app, args);
}


static int add_hint(struct ext_state *st, const struct conf_var *var,
		    const struct step *s)
{
	const struct pl hint = pl_trim(s->rest);

	if (st->last->hint) {
		find_warning(st->ld->f, &var->pos,
			     "extension '%s' has a hint already, this line is "
			     "left out", st->last->name);
		return 0;
	}

	if (!hint.l) {
		find_warning(st->ld->f, &var->pos,
			     "line is left out: empty hint, expected a device "
			     "such as SIP/%s", st->last->name);
		return 0;
	}

	return pl_strdup(&st->last->hint, &hint);
}


/* PRIORITY...,APP...; `rest` is behind the name */
static int step_line(struct ext_state *st, const struct conf_var *var,
		     struct pl rest)
{
	struct step s;

	(void)next_field(&s.prio, &rest);
	s.rest = rest;

	if (!cut_label(&s.prio, &s.label) || !cut_plus(&s.prio, &s.plus)) {
		bad_prio(st, var, &s.prio, "is malformed, expected N, n, "
			 "n(label) or n+2");
		return 0;
	}

	if (!pl_strcasecmp(&s.prio, "hint"))
		return add_hint(st, var, &s);

	return add_step(st, var, &s);
}


/* --- names of extensions ------------------------------------------------- */

static void check_name(const struct ext_state *st, const struct conf_pos *pos,
		       const struct pl *name)
{
	const struct config_names *names = st->ld->names;
	const char *why = NULL;

	if (!pl_strcmp(name, "_."))
		find_warning(st->ld->f, pos,
			     "'_.' also matches s, i, t and h, expected _X. "
			     "or _[+0-9*#].");

	if (names && names->pattern && names->pattern(name, &why))
		find_warning(st->ld->f, pos,
			     "pattern '%r' never matches: %s", name,
			     why ? why : "malformed");
}


/* NAME[/CID]; a '/' inside [] is a character of the set */
static void split_cid(struct pl *name, struct pl *cid, bool *has)
{
	bool set = false;

	*has = false;

	for (size_t i = 0; i < name->l; i++) {
		set = name->p[i] == '[' || (set && name->p[i] != ']');

		if (name->p[i] == '/' && !set) {
			cid->p	= name->p + i + 1;
			cid->l	= name->l - i - 1;
			name->l = i;
			*cid	= pl_trim(*cid);
			*name	= pl_trim(*name);
			*has	= true;
			return;
		}
	}
}


static int exten_enter(struct ext_state *st, const struct conf_var *var,
		       const struct pl *field)
{
	struct pl name, cid = PL_INIT;
	struct conf_pos pos = pos_at(var, field->p);
	char *text;
	bool has;

	int err = globals_expand(&text, st->ld->cfg->dialplan, field);
	if (err)
		return err;

	pl_set_str(&name, text);
	name = pl_trim(name);
	split_cid(&name, &cid, &has);

	if (!name.l) {
		find_warning(st->ld->f, &pos, "line is left out: extension "
			     "'%r' is empty, expected a number, a name or a "
			     "_pattern", field);
		st->last = NULL;
		goto out;
	}

	if (!cid.p)
		cid.p = "";

	struct dp_exten *old = st->last;
	err = dp_exten_get(&st->last, st->ctx, &name, has ? &cid : NULL, &pos);
	if (!err && st->last != old && !st->last->prios.head)
		check_name(st, &pos, &name);

out:
	mem_deref(text);
	return err;
}


static void no_text(const struct ext_state *st, const struct conf_var *var)
{
	find_warning(st->ld->f, &var->pos,
		     "empty '%s' line is left out, expected NAME,PRIORITY,"
		     "Application(arguments) on the same line", var->name);
}


static int line_exten(struct ext_state *st, const struct conf_var *var)
{
	struct pl name, rest;

	pl_set_str(&rest, var->value);
	(void)next_field(&name, &rest);

	if (!var->value[0]) {
		no_text(st, var);
		return 0;
	}
	if (!rest.p) {
		find_warning(st->ld->f, &var->pos,
			     "line is left out: no priority, expected "
			     "exten => %r,1,Application(arguments)", &name);
		return 0;
	}

	int err = exten_enter(st, var, &name);
	if (err || !st->last)
		return err;

	return step_line(st, var, rest);
}


static int line_same(struct ext_state *st, const struct conf_var *var)
{
	struct pl rest;

	pl_set_str(&rest, var->value);

	if (!rest.l) {
		no_text(st, var);
		return 0;
	}
	if (!st->last) {
		find_warning(st->ld->f, &var->pos,
			     "line is left out: 'same' without an extension "
			     "above it, expected exten => NAME,1,...");
		return 0;
	}

	return step_line(st, var, rest);
}


/* --- include, switch, ignorepat ------------------------------------------ */

static void include_destructor(void *arg)
{
	struct dp_include *inc = arg;

	list_unlink(&inc->le);
	mem_deref(inc->name);
	mem_deref(inc->timespec);
}


static int include_times(struct ext_state *st, struct dp_include *inc,
			 const struct pl *times)
{
	const struct config_names *names = st->ld->names;
	struct pl bad = PL_INIT, pl;

	int err = pl_strdup(&inc->timespec, times);
	if (err)
		return err;

	for (char *p = inc->timespec; *p; p++) {
		if (*p == '|')
			*p = ',';
	}

	pl_set_str(&pl, inc->timespec);
	if (names && names->timespec && names->timespec(&pl, &bad))
		find_warning(st->ld->f, &inc->pos,
			     "include of '%s' never holds: time '%r' is "
			     "malformed, expected such as "
			     "9:00-17:00,mon-fri,*,*", inc->name,
			     bad.p ? &bad : &pl);

	return 0;
}


static int line_include(struct ext_state *st, const struct conf_var *var)
{
	struct dp_include *inc;
	struct pl name, times = PL_INIT;
	char *text;

	pl_set_str(&name, var->value);

	const size_t n = strcspn(var->value, ",|");
	if (n < name.l) {
		times.p = name.p + n + 1;
		times.l = name.l - n - 1;
		name.l	= n;
	}

	name  = pl_trim(name);
	times = pl_trim(times);
	if (!name.l) {
		find_warning(st->ld->f, &var->pos, "include is left out, "
			     "expected include => CONTEXT");
		return 0;
	}

	int err = globals_expand(&text, st->ld->cfg->dialplan, &name);
	if (err)
		return err;

	inc = mem_zalloc(sizeof(*inc), include_destructor);
	if (!inc) {
		mem_deref(text);
		return ENOMEM;
	}

	inc->name = text;
	inc->pos  = conf_var_vpos(var);
	list_append(&st->ctx->includes, &inc->le, inc);

	return times.l ? include_times(st, inc, &times) : 0;
}


static void switch_destructor(void *arg)
{
	struct dp_switch *sw = arg;

	list_unlink(&sw->le);
	mem_deref(sw->kind);
	mem_deref(sw->data);
}


static int line_switch(struct ext_state *st, const struct conf_var *var)
{
	struct dp_switch *sw = mem_zalloc(sizeof(*sw), switch_destructor);
	if (!sw)
		return ENOMEM;

	sw->pos = conf_var_vpos(var);
	list_append(&st->ctx->switches, &sw->le, sw);

	int err = str_dup(&sw->kind, var->name);
	err |= str_dup(&sw->data, var->value);
	if (err)
		return ENOMEM;

	find_warning(st->ld->f, &sw->pos,
		     "%s => %s is not used: the dialplan is read from the "
		     "files only", sw->kind, sw->data);
	return 0;
}


static int line_ignorepat(struct ext_state *st, const struct conf_var *var)
{
	const struct conf_pos pos = conf_var_vpos(var);
	const struct pl none = PL_LIT("");
	struct pl pat;

	pl_set_str(&pat, var->value);
	find_warning(st->ld->f, &pos, "ignorepat => %s is not used: a SIP "
		     "phone makes its dial tone itself", var->value);
	return pat.l ? var_def_add(&st->ctx->ignorepats, &pat, &none, &pos)
		: 0;
}


static int line_autohints(struct ext_state *st, const struct conf_var *var)
{
	find_info(st->ld->f, &var->pos, "autohints is not used: write the "
		  "hints that are wanted");
	return 0;
}


/* --- any line ------------------------------------------------------------ */

static const struct {
	const char *name;
	int (*h)(struct ext_state *st, const struct conf_var *var);
} line_tab[] = {
	{"exten", line_exten},
	{"same", line_same},
	{"include", line_include},
	{"switch", line_switch},
	{"lswitch", line_switch},
	{"eswitch", line_switch},
	{"ignorepat", line_ignorepat},
	{"autohints", line_autohints},
};


/* The rest of an exten line that was broken in two: _X.,1,Set(a=b) */
static bool is_tail(const char *name)
{
	return strchr(name, ',') || strchr(name, '(');
}


static void unknown_line(struct ext_state *st, const struct conf_var *var)
{
	const char *words[ARRAY_SIZE(line_tab)];

	for (size_t i = 0; i < ARRAY_SIZE(line_tab); i++)
		words[i] = line_tab[i].name;

	const char *near = text_nearest(var->name, words, ARRAY_SIZE(words));

	if (near)
		find_warning(st->ld->f, &var->pos,
			     "unknown word '%s' in [%s], the line is left out "
			     "(did you mean '%s'?)", var->name, st->ctx->name,
			     near);
	else if (is_tail(var->name))
		find_warning(st->ld->f, &var->pos,
			     "line is left out, it looks like the rest of the "
			     "line before, expected exten => and the rest on "
			     "one line");
	else
		find_warning(st->ld->f, &var->pos,
			     "unknown word '%s' in [%s], the line is left "
			     "out, expected exten, same, include or ignorepat",
			     var->name, st->ctx->name);
}


int ext_line(struct ext_state *st, const struct conf_var *var)
{
	if (var->cut)
		find_warning(st->ld->f, &var->pos,
			     "';' begins a comment, what follows it in this "
			     "line is not read, expected '\\;' if it is part "
			     "of the text, or a blank before it");

	for (size_t i = 0; i < ARRAY_SIZE(line_tab); i++) {
		if (!str_casecmp(var->name, line_tab[i].name))
			return line_tab[i].h(st, var);
	}

	unknown_line(st, var);
	return 0;
}
