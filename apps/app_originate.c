/**
 * @file apps/app_originate.c  Originate: call a device; who answers runs an
 *                             extension or one application
 *
 *   Originate's call ── struct waiting ──┐
 *                                   struct origin (owned by the new call)
 *                                     │ rings --> answered: its plan begins
 *                                     └---------> failed: the new call ends
 *
 * The new call lives on when the one that began it ends, also while it still
 * rings.  It may go where that one may, and is paid for by it.
 */
#include "apps/side_call.h"
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "b2bua/fork.h"
#include "base/text.h"

static const char known[] = "acnv";

enum { TIMEOUT_MS = 30000 };

struct origin;

/** State of the step; NULL origin: it has been told */
struct waiting {
	struct call *call;
	struct origin *origin;   /* no reference */
};

struct origin {
	struct call *call;       /* the new one: it owns us */
	struct waiting *waiting; /* no reference; NULL: nobody waits */
	struct fork *fork;
	struct timer tmr;        /* what cannot be done inside of an event */
	bool app;
	char *what;              /* context, or application */
	char *exten;
	uint32_t prio;
	struct ttext *args;      /* of the application */
};


/* --- who waits ----------------------------------------------------------- */

static void tell(struct origin *o, const char *word)
{
	struct waiting *w = o->waiting;

	if (!w)
		return;

	o->waiting = NULL;
	w->origin = NULL;
	(void)call_set_var(w->call, "ORIGINATE_STATUS", word, false);
	call_step_note(w->call, "%s", word);
	call_step_done(w->call, APP_NEXT);
}


static void waiting_destructor(void *data)
{
	struct waiting *w = data;

	if (w->origin)
		w->origin->waiting = NULL;
}


static void destructor(void *data)
{
	struct origin *o = data;

	timer_cancel(&o->tmr);
	tell(o, "FAILED");
	mem_deref(o->fork);
	mem_deref(o->what);
	mem_deref(o->exten);
	mem_deref(o->args);
}


/* --- the new call -------------------------------------------------------- */

static void end_handler(void *arg)
{
	struct origin *o = arg;

	call_end(o->call, CAUSE_NORMAL);
}


static void failed(struct call *call, const struct fork_result *res, void *arg)
{
	struct origin *o = arg;

	call_info(call, "originate: %s", dial_status_name(res->status));
	tell(o, res->status == DIAL_BUSY	 ? "BUSY"
		: res->status == DIAL_CONGESTION ? "CONGESTION"
		: res->status == DIAL_NOANSWER	 ? "RINGING"
						 : "FAILED");
	timer_start(&o->tmr, 0, end_handler, o);
}


/* Out of the fork, into its plan; o is not of the call any more */
static void answered(void *arg)
{
	struct origin *o = arg;
	struct call *call = o->call;
	struct leg *leg = fork_take(o->fork);

	o->fork = mem_deref(o->fork);
	if (!leg) {
		call_info(call, "originate: a plan has answered, no phone");
		tell(o, "FAILED");
		call_end(call, CAUSE_NORMAL);
		return;
	}

	call->appst = NULL;
	tell(o, "SUCCESS");
	if (o->app)
		exec_one(call, leg, o->what, o->args);
	else
		call_run_at(call, leg, o->what, o->exten, o->prio);
	mem_deref(o);
}


static bool fork_event(struct call *call, enum fork_event ev, size_t dev,
		       enum dial_status status, void *arg)
{
	struct origin *o = arg;

	(void)call;
	(void)dev;
	(void)status;
	if (ev != FORK_EV_ANSWERED)
		return false;

	timer_start(&o->tmr, 0, answered, o);

	return true; /* nobody is bridged */
}


/* --- arguments ----------------------------------------------------------- */

static int take_exten(struct origin *o, struct call *call,
		      const struct args *args)
{
	struct pl prio = args_pl(args, 4);
	uint64_t n = 1;
	int err;

	prio = pl_trim(prio);
	if (prio.l && (num_decode(&n, &prio, UINT32_MAX) || !n)) {
		call_warning(call, "Originate: \"%r\" is no priority", &prio);
		return EINVAL;
	}

	o->prio = (uint32_t)n;
	err = str_dup(&o->what, args_str(args, 2));
	err |= str_dup(&o->exten, args_has(args, 3) ? args_str(args, 3)
						    : "s");
	if (!err && !call_exists(call, o->what, o->exten)) {
		call_warning(call, "Originate: there is no extension %s in "
			     "%s", o->exten, o->what);
		err = ENOENT;
	}

	return err;
}


static int take_app(struct origin *o, struct call *call,
		    const struct args *args)
{
	const struct ttext *text = args_text(args, 3);

	o->app = true;
	if (!app_find(args_str(args, 2)) ||
	    ttext_tainted(args_text(args, 2))) {
		call_warning(call, "Originate: there is no application %s",
			     args_str(args, 2));
		return ENOENT;
	}
	if (str_dup(&o->what, args_str(args, 2)))
		return ENOMEM;

	return text ? ttext_slice(&o->args, text, 0, text->len)
		    : ttext_alloc(&o->args);
}


static int take_what(struct origin *o, struct call *call,
		     const struct args *args)
{
	struct pl type = args_pl(args, 1);

	type = pl_trim(type);
	if (!pl_strcasecmp(&type, "exten"))
		return take_exten(o, call, args);
	if (!pl_strcasecmp(&type, "app"))
		return take_app(o, call, args);

	call_warning(call, "Originate: \"%r\", expected app or exten", &type);

	return EINVAL;
}


static void set_var(struct call *to, const struct ttext *part)
{
	const size_t eq = ttext_find(part, 0, '=');
	const size_t from = eq < part->len ? eq + 1 : eq;
	struct pl name = {part->str, eq}, val = {part->str + from,
						 part->len - from};

	name = pl_trim(name);
	if (!name.l || ttext_tainted_in(part, 0, eq))
		call_warning(to, "Originate: v(%s) is left out, expected "
			     "name=value", part->str);
	else
		(void)vars_set(to->vars, &name, &val,
			       ttext_tainted_in(part, from, val.l));
}


/* v(name=value^name=value) */
static void set_vars(struct call *to, const struct ttext *text)
{
	struct args parts = {.n = 0};

	if (!text || args_split_plain(&parts, text, '^'))
		return;

	for (size_t i = 0; i < parts.n; i++)
		set_var(to, parts.v[i]);
	args_reset(&parts);
}


static void set_id(struct call *to, char *buf, size_t size,
		   const struct opts *opts, char letter)
{
	const struct ttext *text = opt_text(opts, letter);

	if (!text)
		return;

	str_ncpy(buf, text->str, size);
	to->cid_wire = to->cid_wire || ttext_tainted(text);
}


/* c(number), n(name): who calls, for the phone that rings and its plan */
static bool take_options(struct call *child, struct call *call,
			 const struct args *args)
{
	struct opts opts;
	bool async;

	if (opts_decode(&opts, args_text(args, 6), known, opt_unknown, call))
		return false;

	async = opt_find(&opts, 'a', NULL);
	set_id(child, child->cid_num, sizeof(child->cid_num), &opts, 'c');
	set_id(child, child->cid_name, sizeof(child->cid_name), &opts, 'n');
	set_vars(child, opt_text(&opts, 'v'));
	opts_reset(&opts);

	return async;
}


static int place(struct origin *o, struct call *call, const struct args *args)
{
	const struct ttext *dev = args_text(args, 0);
	struct fork_params prm = {
		.devv = &dev,
		.devc = 1,
		.timeout_ms = TIMEOUT_MS,
		.quiet = true,
		.eventh = fork_event,
	};
	struct pl timeout = args_pl(args, 5);

	if (timeout.l && !arg_ms(&prm.timeout_ms, &timeout))
		call_warning(call, "Originate: timeout \"%r\" is no number",
			     &timeout);

	return fork_start(&o->fork, o->call, &prm, failed, o);
}


static int begin(struct waiting *w, struct call *call, const struct args *args,
		 bool *asyncp)
{
	struct origin *o;
	struct call *child;
	int err;

	err = side_call_alloc(&child, call);
	if (err)
		return err;

	o = mem_zalloc(sizeof(*o), destructor);
	err = o ? cdr_alloc(&child->cdr) : ENOMEM;
	if (!err)
		err = take_what(o, call, args);
	child->appst = o;
	if (!err) {
		o->call = child;
		*asyncp = take_options(child, call, args);
		err = place(o, call, args);
	}
	if (err) {
		call_end(child, CAUSE_FAILURE);
		return err;
	}

	call_info(call, "Originate: %s is rung by call %s", args_str(args, 0),
		  child->id);
	if (!*asyncp) {
		o->waiting = w;
		w->origin = o;
	}

	return 0;
}


static enum app_result originate_exec(struct call *call,
				      const struct args *args)
{
	struct waiting *w = mem_zalloc(sizeof(*w), waiting_destructor);
	bool async = false;
	int err;

	if (!w)
		return APP_HANGUP;

	call->appst = w;
	w->call = call;
	err = begin(w, call, args, &async);
	if (!err && !async)
		return APP_WAIT;

	if (err)
		call_step_note(call, "%m", err);
	(void)call_set_var(call, "ORIGINATE_STATUS", err ? "FAILED"
							 : "SUCCESS", false);

	return APP_NEXT;
}


const struct app app_originate = {
	.name = "Originate",
	.options = known,
	.optarg = 6,
	.usage = "Originate(device,exten|app,context|application[,extension|"
		 "arguments[,priority[,timeout[,options]]]])  call a device; "
		 "who answers runs this",
	.minargs = 3,
	.maxargs = 7,
	.dead_ok = true,
	.exec = originate_exec,
};
