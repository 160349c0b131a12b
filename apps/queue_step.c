/**
 * @file apps/queue_step.c  What Queue's step does beside waiting: numbers said
 *                          in the caller's language, scripts and pieces of the
 *                          plan before the talk, the recording of it
 */
#include "apps/queue_step.h"
#include "apps/record.h"
#include "base/text.h"

/** The member's side runs it; its call's appst */
struct member_step {
	struct queue_step *st;   /* lives longer */
	struct call *callee;
};


/* --- how things are said ------------------------------------------------- */

/* A minute and a second are feminine in some languages */
static char gender_of(const struct say *say, const struct cq_part *part)
{
	const char *grammar = say_grammar(say);

	return part->time && (!strcmp(grammar, "ru") || !strcmp(grammar, "fr"))
		       ? 'f'
		       : 'm';
}


static int add_part(struct mbuf *mb, struct call *call,
		    const struct cq_part *part)
{
	const struct say *say = say_of(call);

	if (!part->file)
		return say_number_in(mb, say, part->num,
				     gender_of(say, part));

	return mbuf_printf(mb, "%s%s", mb->end ? "&" : "", part->file);
}


int queue_step_say(struct mbuf *mb, struct call *call,
		   const struct cq_say *say)
{
	int err = 0;

	for (size_t i = 0; i < say->n && !err; i++)
		err = add_part(mb, call, &say->v[i]);

	return err;
}


/* --- the caller's script ------------------------------------------------- */

static void agi_over(struct call *call, enum app_result res, void *arg)
{
	struct queue_step *st = arg;

	(void)call;
	(void)res; /* the talk comes whatever became of it */
	cq_ready(st->caller);
}


bool queue_step_answered(struct call *call, void *arg)
{
	struct queue_step *st = arg;
	int err;

	if (!st->agi)
		return false;

	/* the call may end inside */
	mem_ref(st);
	err = call_exec_sub(call, "AGI", st->agi, agi_over, st);
	if (err)
		call_warning(call, "Queue: AGI(%s) is not run: %m",
			     st->agi->str, err);
	mem_deref(st);

	return !err;
}


/* --- what the member's side runs ----------------------------------------- */

static void member_ready(struct member_step *ms)
{
	const struct fork_verdict take = {.take = true, .status = DIAL_ANSWER};

	fork_screened(ms->callee, &take);
}


static void gosub_over(struct call *callee, enum app_result res, void *arg)
{
	(void)callee;
	(void)res;
	member_ready(arg);
}


static void run_gosub(struct member_step *ms)
{
	struct queue_step *st = ms->st;

	if (!st->target.n || call_gosub_sub(ms->callee, &st->target,
					    &st->argv, gosub_over, ms))
		member_ready(ms);
}


static void macro_over(struct call *callee, enum app_result res, void *arg)
{
	(void)callee;
	(void)res;
	run_gosub(arg);
}


void queue_step_member(struct call *callee, void *arg)
{
	struct queue_step *st = arg;
	struct member_step *ms = mem_zalloc(sizeof(*ms), NULL);
	const struct fork_verdict take = {.take = true, .status = DIAL_ANSWER};

	if (!ms) {
		fork_screened(callee, &take);
		return;
	}

	ms->st = st;
	ms->callee = callee;
	callee->appst = ms;
	if (!st->macro.n ||
	    call_macro_sub(callee, &st->macro, macro_over, ms))
		run_gosub(ms);
}


/* "name", "name^a^b", or "name,a,b" in quotes */
static int split_sub(struct args *args, const struct ttext *text)
{
	bool old = ttext_find(text, 0, '^') == text->len;

	return args_split_plain(args, text, old ? ',' : '^');
}


/* What the step says, or else the queue; *tp stays NULL if neither does */
static int sub_text(struct ttext **tp, const struct ttext *text,
		    const char *conf)
{
	struct pl pl;

	if (text && text->len)
		return ttext_slice(tp, text, 0, text->len);
	if (!str_isset(conf))
		return 0;

	pl_set_str(&pl, conf);

	return ttext_create(tp, &pl, false);
}


/* Extension s of a context */
static int take_gosub(struct queue_step *st, const struct ttext *text)
{
	struct args parts = {.n = 0};
	int err = split_sub(&parts, text);

	if (!err && parts.n) {
		err = args_add(&st->target, parts.v[0]);
		err |= args_add_str(&st->target, "s");
		err |= args_add_str(&st->target, "1");
	}
	if (!err)
		err = args_add_from(&st->argv, &parts, 1);
	args_reset(&parts);

	return err;
}


int queue_step_subs(struct queue_step *st, const struct queue_conf *conf,
		    const struct ttext *macro, const struct ttext *gosub)
{
	struct ttext *m = NULL, *g = NULL;
	int err;

	err = sub_text(&m, macro, conf ? conf->membermacro : NULL);
	if (!err)
		err = sub_text(&g, gosub, conf ? conf->membergosub : NULL);
	if (!err && m)
		err = split_sub(&st->macro, m);
	if (!err && g)
		err = take_gosub(st, g);
	mem_deref(m);
	mem_deref(g);

	return err;
}


/* --- recording ----------------------------------------------------------- */

/* The first format that is written in the file */
static struct pl format_of(const char *text)
{
	struct pl rest, fmt;

	pl_set_str(&rest, text);
	(void)pl_next(&fmt, &rest, '|');
	fmt = pl_trim(fmt);
	if (!pl_strcasecmp(&fmt, "wav49"))
		pl_set_str(&fmt, "wav");

	return fmt;
}


static int record_name(struct ttext **tp, struct call *call,
		       const char *format)
{
	struct pl name = PL_LIT("MONITOR_FILENAME"), dot = PL_LIT("."), id;
	struct pl fmt = format_of(format);
	struct mbuf *mb = NULL;
	bool tainted = false;
	int err;

	err = var_value(&mb, &tainted, call, &name);
	if (err)
		return err;

	pl_set_str(&id, call->uniqueid);
	if (mb->end) {
		id.p = (const char *)mb->buf;
		id.l = mb->end;
	}

	err = ttext_create(tp, &id, tainted);
	if (!err)
		err = ttext_append(*tp, &dot, false);
	if (!err)
		err = ttext_append(*tp, &fmt, false);
	mem_deref(mb);

	return err;
}


/* A recording that cannot start is said; the talk goes on, unless it must not
 * without */
void queue_step_talks(struct call *call, void *arg)
{
	struct queue_step *st = arg;
	const struct queue_conf *conf = cq_caller_conf(st->caller);
	struct ttext *name = NULL;
	int err;

	if (!conf->monitor_format)
		return;

	err = record_name(&name, call, conf->monitor_format);
	if (!err)
		err = record_talk(&st->tag, call, name);
	if (err)
		call_warning(call, "Queue: not recorded: %m", err);
	if (err && call_record_must(call))
		call_record_refused(call, name ? name->str : "?",
				    strerror(err));

	mem_deref(name);
}
