/**
 * @file config/queues.c  queues.conf: queues and their members;
 *                        queuerules.conf: penalties that change with time
 *
 * [general] holds for all queues, every other section is a queue.  The name of
 * a queue stands in lines of queue_log, in keys of the database and in names
 * of recordings, so separators of those are refused.
 */
#include "base/text.h"
#include "config/check.h"

enum {
	NAME_MAX_ = 80,
	MEMBER_FIELDS = 7,
	RULE_FIELDS = 4,
	PENALTY_MAX = 1000000,
	WRAPUP_MAX = 86400,
};


/* --- memory -------------------------------------------------------------- */

static void member_destructor(void *data)
{
	struct queue_member_conf *m = data;

	list_unlink(&m->le);
	mem_deref(m->iface);
	mem_deref(m->name);
	mem_deref(m->state_iface);
}


static void sounds_reset(struct queue_sounds *s)
{
	mem_deref(s->youarenext);
	mem_deref(s->thereare);
	mem_deref(s->callswaiting);
	mem_deref(s->quantity1);
	mem_deref(s->quantity2);
	mem_deref(s->holdtime);
	mem_deref(s->minute);
	mem_deref(s->minutes);
	mem_deref(s->seconds);
	mem_deref(s->thankyou);
	mem_deref(s->reporthold);
	mem_deref(s->callerannounce);
}


static void queue_destructor(void *data)
{
	struct queue_conf *q = data;

	list_unlink(&q->le);
	list_flush(&q->members);
	sounds_reset(&q->sounds);
	mem_deref(q->name);
	mem_deref(q->musicclass);
	mem_deref(q->defaultrule);
	mem_deref(q->context);
	mem_deref(q->membergosub);
	mem_deref(q->membermacro);
	mem_deref(q->periodic);
	mem_deref(q->announce);
	mem_deref(q->monitor_format);
}


static void step_destructor(void *data)
{
	struct queue_rule_step *step = data;

	list_unlink(&step->le);
}


static void rule_destructor(void *data)
{
	struct queue_rule *rule = data;

	list_unlink(&rule->le);
	list_flush(&rule->steps);
	mem_deref(rule->name);
}


void queues_conf_reset(struct queues_conf *qc)
{
	list_flush(&qc->queues);
	list_flush(&qc->rules);
}


/* --- look-up ------------------------------------------------------------- */

const struct queue_conf *config_queue(const struct config *cfg,
				      const char *name)
{
	for (struct le *le = cfg && name ? cfg->queues.queues.head : NULL; le;
	     le = le->next) {
		const struct queue_conf *q = le->data;

		if (!str_casecmp(q->name, name))
			return q;
	}

	return NULL;
}


const struct queue_rule *config_queue_rule(const struct config *cfg,
					   const char *name)
{
	for (struct le *le = cfg && name ? cfg->queues.rules.head : NULL; le;
	     le = le->next) {
		const struct queue_rule *rule = le->data;

		if (!str_casecmp(rule->name, name))
			return rule;
	}

	return NULL;
}


const char *queue_strategy_name(enum queue_strategy s)
{
	static const char *const names[] = {
		[QUEUE_RINGALL] = "ringall",
		[QUEUE_LEASTRECENT] = "leastrecent",
		[QUEUE_FEWESTCALLS] = "fewestcalls",
		[QUEUE_RANDOM] = "random",
		[QUEUE_RRMEMORY] = "rrmemory",
		[QUEUE_RRORDERED] = "rrordered",
		[QUEUE_LINEAR] = "linear",
		[QUEUE_WRANDOM] = "wrandom",
	};

	return (size_t)s < ARRAY_SIZE(names) ? names[s] : "";
}


/* --- setters ------------------------------------------------------------- */

static bool empty_word(uint32_t *maskp, const struct pl *word, bool join)
{
	static const struct {
		const char *name;
		uint32_t mask;
	} words[] = {
		{"paused", QUEUE_EMPTY_PAUSED},
		{"penalty", QUEUE_EMPTY_PENALTY},
		{"inuse", QUEUE_EMPTY_INUSE},
		{"ringing", QUEUE_EMPTY_RINGING},
		{"unavailable", QUEUE_EMPTY_UNAVAILABLE},
		{"invalid", QUEUE_EMPTY_INVALID},
		{"unknown", QUEUE_EMPTY_UNKNOWN},
		{"wrapup", QUEUE_EMPTY_WRAPUP},
	};
	bool yes;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!pl_strcasecmp(word, words[i].name)) {
			*maskp |= words[i].mask;
			return true;
		}
	}

	if (!pl_strcasecmp(word, "loose"))
		*maskp = QUEUE_EMPTY_PENALTY | QUEUE_EMPTY_INVALID;
	else if (!pl_strcasecmp(word, "strict"))
		*maskp = QUEUE_EMPTY_PENALTY | QUEUE_EMPTY_INVALID |
			 QUEUE_EMPTY_PAUSED | QUEUE_EMPTY_UNAVAILABLE;
	else if (!bool_decode(&yes, word))
		return false;
	else if (yes == join) /* who may join an empty one is never stopped */
		*maskp = 0;
	else
		*maskp = QUEUE_EMPTY_PENALTY | QUEUE_EMPTY_INVALID |
			 QUEUE_EMPTY_PAUSED;

	return true;
}


/* joinempty, leavewhenempty: yes, no, strict, loose, or words with commas */
int set_queue_empty(struct opt_ctx *ctx, void *field)
{
	bool join = ctx->opt->off == offsetof(struct queue_conf, joinempty);
	struct pl part, rest = ctx->val;
	uint32_t mask = 0;

	while (pl_next(&part, &rest, ',')) {
		part = pl_trim(part);
		if (part.l && empty_word(&mask, &part, join))
			continue;

		opt_bad_value(ctx, "yes, no, strict, loose, or some of "
			      "paused, penalty, inuse, ringing, unavailable, "
			      "invalid, unknown, wrapup");
		return 0;
	}

	*(uint32_t *)field = mask;

	return 0;
}


/* --- members ------------------------------------------------------------- */

static void iface_check(struct loader *ld, const struct conf_pos *pos,
			const char *iface)
{
	struct pl pl;

	pl_set_str(&pl, iface);
	if (!strncasecmp(iface, "Local/", 6)) {
		if (!strchr(iface, '@'))
			find_warning(ld->f, pos, "member %s cannot be rung, "
				     "expected Local/number@context", iface);
		return;
	}

	if (strncasecmp(iface, "SIP/", 4)) {
		find_warning(ld->f, pos, "member %s cannot be rung: only SIP/ "
			     "and Local/ can, expected SIP/name", iface);
		return;
	}

	check_devices(ld, pos, &pl);
}


static int field_dup(char **sp, struct pl pl)
{
	pl = pl_trim(pl);

	return pl.l ? pl_strdup(sp, &pl) : 0;
}


static void bad_field(struct loader *ld, const struct queue_member_conf *m,
		      const char *what, const struct pl *val,
		      const char *expected)
{
	find_warning(ld->f, &m->pos, "member %s: %s '%r' is ignored, expected "
		     "%s", m->iface, what, val, expected);
}


static void member_numbers(struct loader *ld, struct queue_member_conf *m,
			   const struct pl f[MEMBER_FIELDS])
{
	uint64_t n;
	bool yes;

	m->ringinuse = m->wrapup_s = -1;

	if (f[1].l && num_decode(&n, &f[1], PENALTY_MAX))
		bad_field(ld, m, "penalty", &f[1], "a number from 0");
	else if (f[1].l)
		m->penalty = (uint32_t)n;

	if (f[4].l && !bool_decode(&yes, &f[4]))
		bad_field(ld, m, "ringinuse", &f[4], "yes or no");
	else if (f[4].l)
		m->ringinuse = yes;

	if (f[5].l && num_decode(&n, &f[5], WRAPUP_MAX))
		bad_field(ld, m, "wrapuptime", &f[5], "seconds");
	else if (f[5].l)
		m->wrapup_s = (int)n;

	if (f[6].l && !bool_decode(&m->paused, &f[6]))
		bad_field(ld, m, "paused", &f[6], "yes or no");
}


static struct queue_member_conf *member_find(const struct queue_conf *q,
					     const char *iface)
{
	for (struct le *le = q->members.head; le; le = le->next) {
		struct queue_member_conf *m = le->data;

		if (!str_casecmp(m->iface, iface))
			return m;
	}

	return NULL;
}


static size_t split(struct pl *f, size_t max, const char *text, char sep)
{
	struct pl rest;
	size_t n = 0;

	memset(f, 0, max * sizeof(*f));
	pl_set_str(&rest, text);
	if (rest.l && rest.p[0] == '>') /* "=>" is one sign */
		pl_advance(&rest, 1);
	while (n < max && pl_next(&f[n], &rest, sep)) {
		f[n] = pl_trim(f[n]);
		++n;
	}

	return rest.p ? max + 1 : n;
}


static int member_add(struct loader *ld, struct queue_conf *q,
		      const struct conf_var *var)
{
	struct pl f[MEMBER_FIELDS];
	struct queue_member_conf *m, *old;
	size_t n = split(f, MEMBER_FIELDS, var->value, ',');
	int err;

	if (!f[0].l || n > MEMBER_FIELDS || pl_strchr(&f[0], ';') ||
	    pl_strchr(&f[0], '|') || pl_strchr(&f[0], '&')) {
		find_warning(ld->f, &var->pos, "queue %s: member '%s' is left "
			     "out, expected device,penalty,name,state device,"
			     "ringinuse,wrapuptime,paused", q->name,
			     var->value);
		return 0;
	}

	m = mem_zalloc(sizeof(*m), member_destructor);
	if (!m)
		return ENOMEM;

	m->pos = var->pos;
	err = field_dup(&m->iface, f[0]);
	err |= field_dup(&m->name, f[2]);
	err |= field_dup(&m->state_iface, f[3]);
	if (err) {
		mem_deref(m);
		return ENOMEM;
	}

	member_numbers(ld, m, f);
	iface_check(ld, &m->pos, m->iface);

	old = member_find(q, m->iface);
	if (old) {
		find_warning(ld->f, &m->pos, "queue %s: member %s is already "
			     "on line %u, this line counts", q->name, m->iface,
			     old->pos.line);
		mem_deref(old);
	}
	list_append(&q->members, &m->le, m);

	return 0;
}


/* --- a queue ------------------------------------------------------------- */

static bool name_ok(struct loader *ld, const struct conf_section *sec)
{
	const char *bad = strpbrk(sec->name, "/|;&,()\"\\");

	if (!bad && strlen(sec->name) < NAME_MAX_ && sec->name[0] != '.')
		return true;

	find_error(ld->f, &sec->pos, "'%s' is no name of a queue, expected "
		   "letters, digits, blanks, '-', '_' or '.', at most %u",
		   sec->name, NAME_MAX_ - 1);

	return false;
}


static void queue_check(struct loader *ld, const struct queue_conf *q)
{
	if (list_isempty(&q->members) && q->joinempty)
		find_info(ld->f, &q->pos, "queue %s has no members here: "
			  "nobody can join it until AddQueueMember() adds one",
			  q->name);
	if (q->musicclass && !config_moh(ld->cfg, q->musicclass) &&
	    str_casecmp(q->musicclass, "default"))
		find_warning(ld->f, &q->pos, "queue %s: there is no class "
			     "'%s' in musiconhold.conf, the default one is "
			     "played", q->name, q->musicclass);
	if (q->defaultrule && !config_queue_rule(ld->cfg, q->defaultrule))
		find_warning(ld->f, &q->pos, "queue %s: there is no rule '%s' "
			     "in queuerules.conf, penalties do not change",
			     q->name, q->defaultrule);
	if (q->timeout_prio == QUEUE_TIMEOUT_CONF && !q->timeout_s)
		find_warning(ld->f, &q->pos, "queue %s: timeoutpriority=conf "
			     "with timeout=0 rings until somebody answers",
			     q->name);
}


static bool is_member(const struct conf_var *var)
{
	return !str_casecmp(var->name, "member");
}


static int queue_lines(struct loader *ld, const struct opt_index *ix,
		       struct queue_conf *q, const struct conf_section *sec)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f, .queue = q};
	char where[NAME_MAX_ + 8];
	int err = 0;

	(void)re_snprintf(where, sizeof(where), "[%s]", sec->name);
	for (struct le *le = sec->vars.head; le && !err; le = le->next) {
		if (is_member(le->data))
			err = member_add(ld, q, le->data);
		else
			err = opt_line(&ctx, ix, OPT_QUEUE, le->data, where,
				       NULL);
	}

	return err;
}


static int queue_add(struct loader *ld, const struct opt_index *ix,
		     const struct conf_section *sec)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};
	struct queue_conf *q;
	int err;

	if (!name_ok(ld, sec))
		return 0;

	q = mem_zalloc(sizeof(*q), queue_destructor);
	if (!q)
		return ENOMEM;

	q->pos = sec->pos;
	ctx.queue = q;
	err = str_dup(&q->name, sec->name);
	if (!err)
		err = opt_defaults(&ctx, OPT_QUEUE);
	q->autofill = ld->cfg->queues.autofill;
	if (!err)
		err = queue_lines(ld, ix, q, sec);
	if (err) {
		mem_deref(q);
		return ENOMEM;
	}

	list_append(&ld->cfg->queues.queues, &q->le, q);
	queue_check(ld, q);

	return 0;
}


static bool is_general(const struct conf_section *sec)
{
	return !str_casecmp(sec->name, "general");
}


static int general_lines(struct loader *ld, const struct opt_index *ix,
			 const struct conf_section *sec)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};
	int err = 0;

	for (struct le *le = sec->vars.head; le && !err; le = le->next)
		err = opt_line(&ctx, ix, OPT_QUEUES, le->data, "[general]",
			       NULL);

	return err;
}


/* [general] first, wherever it stands */
static int sections(struct loader *ld, const struct opt_index *ix,
		    const struct conf_file *cf, bool general)
{
	int err = 0;

	for (struct le *le = cf->sections.head; le && !err; le = le->next) {
		const struct conf_section *sec = le->data;

		if (sec->tmpl || is_general(sec) != general)
			continue;

		err = general ? general_lines(ld, ix, sec)
			      : queue_add(ld, ix, sec);
	}

	return err;
}


/* --- queuerules.conf ----------------------------------------------------- */

/* "10", "+2", "-1"; empty is no change */
static bool change_decode(struct queue_change *c, struct pl pl)
{
	bool minus = false;
	uint64_t n;

	if (!pl.l)
		return true;

	if (pl.p[0] == '+' || pl.p[0] == '-') {
		minus = pl.p[0] == '-';
		c->relative = true;
		pl_advance(&pl, 1);
	}
	if (num_decode(&n, &pl, PENALTY_MAX))
		return false;

	c->said = true;
	c->value = minus ? -(int32_t)n : (int32_t)n;

	return true;
}


static void step_insert(struct queue_rule *rule, struct queue_rule_step *step)
{
	struct le *le = rule->steps.head;

	for (; le; le = le->next) {
		const struct queue_rule_step *other = le->data;

		if (other->after_s > step->after_s)
			break;
	}

	if (le)
		list_insert_before(&rule->steps, le, &step->le, step);
	else
		list_append(&rule->steps, &step->le, step);
}


/* penaltychange => seconds,max[,min[,raise]] */
static int step_add(struct loader *ld, struct queue_rule *rule,
		    const struct conf_var *var)
{
	struct queue_rule_step *step;
	struct pl f[RULE_FIELDS];
	size_t n = split(f, RULE_FIELDS, var->value, ',');
	uint64_t after;

	step = mem_zalloc(sizeof(*step), step_destructor);
	if (!step)
		return ENOMEM;

	if (n < 2 || n > RULE_FIELDS || num_decode(&after, &f[0], 86400) ||
	    !change_decode(&step->max, f[1]) ||
	    !change_decode(&step->min, f[2]) ||
	    !change_decode(&step->raise, f[3])) {
		find_warning(ld->f, &var->pos, "rule %s: '%s' is left out, "
			     "expected seconds,max,min,raise with numbers, +n "
			     "or -n", rule->name, var->value);
		mem_deref(step);
		return 0;
	}

	step->after_s = (uint32_t)after;
	step_insert(rule, step);

	return 0;
}


static int rule_add(struct loader *ld, const struct conf_section *sec)
{
	struct queue_rule *rule = mem_zalloc(sizeof(*rule), rule_destructor);
	int err;

	if (!rule)
		return ENOMEM;

	rule->pos = sec->pos;
	err = str_dup(&rule->name, sec->name);
	for (struct le *le = sec->vars.head; le && !err; le = le->next) {
		const struct conf_var *var = le->data;

		if (!str_casecmp(var->name, "penaltychange"))
			err = step_add(ld, rule, var);
		else
			find_warning(ld->f, &var->pos, "[%s]: option '%s' is "
				     "unknown, expected penaltychange =>",
				     sec->name, var->name);
	}

	if (err) {
		mem_deref(rule);
		return ENOMEM;
	}

	list_append(&ld->cfg->queues.rules, &rule->le, rule);

	return 0;
}


static int load_rules(struct loader *ld)
{
	struct conf_file *cf = NULL;
	int err = loader_read(&cf, ld, "queuerules.conf", false);

	for (struct le *le = cf && !err ? cf->sections.head : NULL; le && !err;
	     le = le->next) {
		const struct conf_section *sec = le->data;

		if (!sec->tmpl && !is_general(sec))
			err = rule_add(ld, sec);
	}

	return err;
}


/* --- what the dialplan says about queues --------------------------------- */

static bool literal_arg(char *buf, size_t n, const struct step_ref *sr,
			unsigned i)
{
	struct pl rest, arg = PL_INIT;

	pl_set_str(&rest, sr->prio->args);
	for (; ; i--) {
		if (!arg_next(&arg, &rest, ','))
			return false;
		if (!i)
			break;
	}

	arg = pl_trim(arg);

	return arg.l && !pl_strchr(&arg, '$') && !pl_copy(buf, n, &arg);
}


static void queue_missing(const struct step_ref *sr, const char *name)
{
	const struct config *cfg = sr->ld->cfg;
	const char *words[2] = {NULL, NULL};

	for (struct le *le = cfg->queues.queues.head; le; le = le->next) {
		words[1] = ((struct queue_conf *)le->data)->name;
		words[0] = text_nearest(name, words, 2);
	}

	if (words[0])
		find_warning(sr->ld->f, &sr->prio->pos, "%s: there is no "
			     "queue '%s' in queues.conf (did you mean '%s'?)",
			     sr->prio->app, name, words[0]);
	else
		find_warning(sr->ld->f, &sr->prio->pos, "%s: there is no "
			     "queue '%s' in queues.conf, expected the name of "
			     "one of its sections", sr->prio->app, name);
}


void check_queue(const struct step_ref *sr)
{
	char name[NAME_MAX_];

	if (sr->ld->sip_text || !literal_arg(name, sizeof(name), sr, 0))
		return;

	if (!config_queue(sr->ld->cfg, name))
		queue_missing(sr, name);
}


void check_member(const struct step_ref *sr)
{
	char iface[256];

	check_queue(sr);
	if (literal_arg(iface, sizeof(iface), sr, 1))
		iface_check(sr->ld, &sr->prio->pos, iface);
}


/* --- the files ----------------------------------------------------------- */

int load_queues(struct loader *ld)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};
	struct opt_index *gix = NULL, *ix = NULL;
	struct conf_file *cf = NULL;

	int err = opt_defaults(&ctx, OPT_QUEUES);
	if (!err)
		err = load_rules(ld);
	if (!err)
		err = loader_read(&cf, ld, "queues.conf", false);
	if (err || !cf)
		return err;

	err = opt_index_alloc(&gix, OPT_QUEUES);
	err |= opt_index_alloc(&ix, OPT_QUEUE);
	if (!err)
		err = sections(ld, gix, cf, true);
	if (!err)
		err = sections(ld, ix, cf, false);

	mem_deref(gix);
	mem_deref(ix);

	return err;
}
