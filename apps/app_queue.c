/**
 * @file apps/app_queue.c  Queue: wait for a member of a queue
 *
 * Arguments and options become struct cq_params; the engine is
 * b2bua/queue*.c's.  What it leaves to the plan's side is queue_step.c's, and
 * what is left behind in QUEUESTATUS.
 */
#include "apps/queue_step.h"
#include "b2bua/cdr.h"
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

static const char known[] = "bBcCdFhHiIkKmnrRtTwWxX";


static void destructor(void *data)
{
	struct queue_step *st = data;

	mem_deref(st->caller);
	before_reset(&st->before);
	args_reset(&st->args);
	mem_deref(st->plan);
	mem_deref(st->music);
	mem_deref(st->announce);
	mem_deref(st->agi);
	args_reset(&st->macro);
	args_reset(&st->target);
	args_reset(&st->argv);
}


/* --- the end ------------------------------------------------------------- */

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
	.sayh = queue_step_say,
	.answerh = queue_step_answered,
	.memberh = queue_step_member,
	.talkh = queue_step_talks,
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
	opts_talk_keys(&prm->keys, opts);
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
	if (!err)
		err = talk_plan_take(&st->plan, call, &opts);
	prm->plan = st->plan;
	if (!err)
		err = before_take(&st->before, call, &opts);
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
	const struct cq *q = cq_find(args_str(args, ARG_QUEUE));
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
	if (!err)
		err = queue_step_subs(st, cq_conf(q),
				      args_text(args, ARG_MACRO),
				      args_text(args, ARG_GOSUB));
	prm->member_first = st->macro.n || st->target.n;

	return err;
}


static enum app_result join(struct call *call, struct queue_step *st)
{
	const char *name = args_str(&st->args, ARG_QUEUE);
	struct cq_result res = {.status = CQ_UNKNOWN};
	int err;

	err = cq_join(&st->caller, call, name, &st->prm, &handlers, st,
		      &res.status);
	if (!err)
		return APP_WAIT;

	if (err == EPERM) {
		call_info(call, "may not join queue %s: %s", name,
			  cq_status_name(res.status));
		call_step_note(call, "%s", cq_status_name(res.status));
		set_status(call, &res);
		return APP_NEXT;
	}

	call_warning(call, "Queue(%s): %s", name,
		     err == ENOENT ? "no such queue" : "no memory");
	call_step_note(call, "%m", err);

	return APP_NEXT;
}


/* The caller's subroutine is over */
static void before_over(void *arg)
{
	struct queue_step *st = arg;
	struct call *call = st->before.call;

	if (join(call, st) != APP_WAIT)
		call_step_done(call, APP_NEXT);
}


static enum app_result queue_exec(struct call *call, const struct args *args)
{
	struct queue_step *st = mem_zalloc(sizeof(*st), destructor);
	int err;

	if (!st)
		return APP_HANGUP;

	call->appst = st;
	(void)call_set_var(call, "QUEUESTATUS", "", false);
	err = args_add_from(&st->args, args, 0);
	if (!err)
		err = take_args(call, st, &st->prm, &st->args);
	if (err) {
		call_warning(call, "Queue(%s): %m", args_str(args, ARG_QUEUE),
			     err);
		return APP_NEXT;
	}
	if (before_begin(&st->before, before_over, st))
		return APP_WAIT;

	return join(call, st);
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
