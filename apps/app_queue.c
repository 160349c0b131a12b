/**
 * @file apps/app_queue.c  Queue: wait for a member of a queue
 *
 * Arguments and options become struct cq_params; the engine is
 * b2bua/queue*.c's.  What the engine leaves to the plan's side is here: how
 * numbers are said, what is recorded, and what is left behind in QUEUESTATUS.
 */
#include "apps/apps.h"
#include "apps/record.h"
#include "b2bua/cdr.h"
#include "b2bua/queue.h"
#include "base/text.h"

enum {
	ARG_QUEUE,
	ARG_OPTIONS,
	ARG_URL,
	ARG_ANNOUNCE,
	ARG_TIMEOUT,
	ARG_AGI,
	ARG_MACRO,
	ARG_GOSUB,
	ARG_RULE,
	ARG_POSITION,
	ARGS,
};

static const char known[] = "cCdhHiIkKmnrRtTwWxX";

struct queue_step {
	struct cq_caller *caller;
	uint32_t tag;          /* of the recording, 0 none */
	char *music, *announce;
	struct ttext *agi;     /* script for the caller before the talk */
};


static void destructor(void *data)
{
	struct queue_step *st = data;

	mem_deref(st->caller);
	mem_deref(st->music);
	mem_deref(st->announce);
	mem_deref(st->agi);
}


/* --- what the engine asks for -------------------------------------------- */

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


static int say_handler(struct mbuf *mb, struct call *call,
		       const struct cq_say *say)
{
	int err = 0;

	for (size_t i = 0; i < say->n && !err; i++)
		err = add_part(mb, call, &say->v[i]);

	return err;
}


static void agi_over(struct call *call, enum app_result res, void *arg)
{
	struct queue_step *st = arg;

	(void)call;
	(void)res; /* the talk comes whatever became of it */
	cq_ready(st->caller);
}


/* The caller's script, while the member waits */
static bool answer_handler(struct call *call, void *arg)
{
	struct queue_step *st = arg;
	int err;

	if (!st->agi)
		return false;

	err = call_exec_sub(call, "AGI", st->agi, agi_over, st);
	if (err)
		call_warning(call, "Queue: AGI(%s) is not run: %m",
			     st->agi->str, err);

	return !err;
}


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


/* A recording that cannot start is said, the talk goes on */
static void talk_handler(struct call *call, void *arg)
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

	mem_deref(name);
}


static void set_status(struct call *call, const struct cq_result *res)
{
	if (res->status != CQ_UNKNOWN)
		(void)call_set_var(call, "QUEUESTATUS",
				   cq_status_name(res->status), false);
}


static void over_handler(struct call *call, const struct cq_result *res,
			 void *arg)
{
	struct queue_step *st = arg;

	if (st->tag)
		(void)call_stop_record(call, st->tag); /* if it still runs */

	set_status(call, res);
	cdr_result(call, res->answered ? DIAL_ANSWER : DIAL_NOANSWER, 0);
	if (res->cause)
		call->cause = res->cause;
	call_step_note(call, "%s",
		       res->answered		  ? "answered"
		       : res->jumped		  ? "key"
		       : res->status != CQ_UNKNOWN ? cq_status_name(res->status)
						   : "hung up");
	if (res->jumped)
		call->jumped = true;

	call_step_done(call, res->go_on ? APP_NEXT : APP_HANGUP);
}


static const struct cq_app handlers = {
	.sayh = say_handler,
	.answerh = answer_handler,
	.talkh = talk_handler,
	.overh = over_handler,
};


static void queue_cancel(struct call *call)
{
	const struct queue_step *st = call->appst;

	if (st)
		cq_cancel(st->caller);
}


static bool queue_swapped(struct call *call)
{
	const struct queue_step *st = call->appst;

	if (!st || !st->caller)
		return false;

	cq_swapped(st->caller);

	return true;
}


static void queue_hand_over(struct call *call, const struct call *to)
{
	const struct queue_step *st = call->appst;

	if (st)
		cq_hand_over(st->caller, to);
}


/* --- arguments ----------------------------------------------------------- */

static void take_flags(struct cq_params *prm, const struct opts *opts)
{
	prm->ring = opt_find(opts, 'r', NULL);
	prm->ring_agent = opt_find(opts, 'R', NULL);
	prm->no_retry = opt_find(opts, 'n', NULL);
	prm->go_on = opt_find(opts, 'c', NULL);
	prm->elsewhere = opt_find(opts, 'C', NULL);
	prm->caller_transfer = opt_find(opts, 'T', NULL);
	prm->callee_transfer = opt_find(opts, 't', NULL);
	prm->caller_hangup = opt_find(opts, 'H', NULL);
	prm->callee_hangup = opt_find(opts, 'h', NULL);
	prm->caller_park = opt_find(opts, 'K', NULL);
	prm->callee_park = opt_find(opts, 'k', NULL);
	prm->caller_mix = opt_find(opts, 'X', NULL);
	prm->callee_mix = opt_find(opts, 'x', NULL);
	prm->caller_monitor = opt_find(opts, 'W', NULL);
	prm->callee_monitor = opt_find(opts, 'w', NULL);
	prm->no_forward = opt_find(opts, 'i', NULL);
	prm->no_connected = opt_find(opts, 'I', NULL);
}


static int take_options(struct call *call, struct queue_step *st,
			struct cq_params *prm, const struct args *args)
{
	const struct ttext *text;
	struct opts opts;
	int err;

	err = opts_decode(&opts, args_text(args, ARG_OPTIONS), known,
			  opt_unknown, call);
	if (err)
		return err;

	take_flags(prm, &opts);
	text = opt_text(&opts, 'm');
	if (text && text->len)
		err = str_dup(&st->music, text->str);
	prm->music_class = st->music;
	opts_reset(&opts);

	return err;
}


/* A variable with a number; `none` if it has none */
static int number_var(struct call *call, const char *name, int none)
{
	const char *val = call_var(call, name);
	bool minus = val[0] == '-';
	uint64_t n;
	struct pl pl;

	pl_set_str(&pl, minus ? val + 1 : val);
	pl = pl_trim(pl);
	if (!pl.l)
		return none;

	if (num_decode(&n, &pl, 1000000)) {
		call_warning(call, "Queue: %s=%s is no number", name, val);
		return none;
	}

	return minus ? -(int)n : (int)n;
}


static int penalty_var(struct call *call, const char *name)
{
	int n = number_var(call, name, CQ_NO_PENALTY);

	return n < 0 ? CQ_NO_PENALTY : n;
}


static void take_numbers(struct call *call, struct cq_params *prm,
			 const struct args *args)
{
	struct pl timeout = args_pl(args, ARG_TIMEOUT);
	struct pl pos = args_pl(args, ARG_POSITION);
	int raise = penalty_var(call, "QUEUE_RAISE_PENALTY");
	uint64_t n;

	timeout = pl_trim(timeout);
	pos = pl_trim(pos);
	if (timeout.l && !arg_ms(&prm->timeout_ms, &timeout))
		call_warning(call, "Queue: timeout \"%r\" is no number",
			     &timeout);
	if (pos.l && num_decode(&n, &pos, UINT32_MAX))
		call_warning(call, "Queue: position \"%r\" is no number",
			     &pos);
	else if (pos.l)
		prm->position = (uint32_t)n;

	prm->prio = number_var(call, "QUEUE_PRIO", 0);
	prm->max_penalty = penalty_var(call, "QUEUE_MAX_PENALTY");
	prm->min_penalty = penalty_var(call, "QUEUE_MIN_PENALTY");
	prm->raise_penalty = raise > 0 ? (uint32_t)raise : 0;
}


/* NULL if it is empty */
static const char *text_arg(const struct args *args, size_t i)
{
	return args_has(args, i) ? args_str(args, i) : NULL;
}


static int take_args(struct call *call, struct queue_step *st,
		     struct cq_params *prm, const struct args *args)
{
	int err;

	memset(prm, 0, sizeof(*prm));
	err = take_options(call, st, prm, args);
	if (!err && args_has(args, ARG_ANNOUNCE))
		err = call_files(&st->announce,
				 args_text(args, ARG_ANNOUNCE));
	if (err)
		return err;

	take_numbers(call, prm, args);
	prm->announce = st->announce;
	prm->url = text_arg(args, ARG_URL);
	prm->rule = text_arg(args, ARG_RULE);
	if (args_has(args, ARG_AGI))
		err = ttext_slice(&st->agi, args_text(args, ARG_AGI), 0,
				  args_text(args, ARG_AGI)->len);
	for (size_t i = ARG_MACRO; i <= ARG_GOSUB; i++) {
		if (args_has(args, i))
			call_warning(call, "Queue: \"%s\" is left out",
				     args_str(args, i));
	}

	return err;
}


static enum app_result queue_exec(struct call *call, const struct args *args)
{
	struct queue_step *st = mem_zalloc(sizeof(*st), destructor);
	struct cq_result res = {.status = CQ_UNKNOWN};
	struct cq_params prm;
	int err;

	if (!st)
		return APP_HANGUP;

	call->appst = st;
	(void)call_set_var(call, "QUEUESTATUS", "", false);

	err = take_args(call, st, &prm, args);
	if (!err)
		err = cq_join(&st->caller, call, args_str(args, ARG_QUEUE),
			      &prm, &handlers, st, &res.status);
	if (!err)
		return APP_WAIT;

	if (err == EPERM) {
		call_info(call, "may not join queue %s: %s",
			  args_str(args, ARG_QUEUE),
			  cq_status_name(res.status));
		call_step_note(call, "%s", cq_status_name(res.status));
		set_status(call, &res);
		return APP_NEXT;
	}

	call_warning(call, "Queue(%s): %s", args_str(args, ARG_QUEUE),
		     err == ENOENT ? "no such queue" : "no memory");
	call_step_note(call, "%m", err);

	return APP_NEXT;
}


const struct app app_queue = {
	.name = "Queue",
	.options = known,
	.optarg = ARG_OPTIONS,
	.usage = "Queue(name[,options[,url[,announce[,timeout[,agi[,macro[,"
		 "gosub[,rule[,position]]]]]]]]])  wait for a member of a "
		 "queue; QUEUESTATUS says why nobody came",
	.minargs = 1,
	.maxargs = ARGS,
	.exec = queue_exec,
	.cancel = queue_cancel,
	.swapped = queue_swapped,
	.hand_over = queue_hand_over,
};
