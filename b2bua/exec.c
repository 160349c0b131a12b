/**
 * @file b2bua/exec.c  The plan runner
 *
 *            +--------------------- exec_kick -----------------------+
 *            v                                                       |
 *   loop: find step --> expand --> app->exec --> NEXT --> next step  |
 *            |                        |                              |
 *            | none                   +--> WAIT .... call_step_done -+
 *            v                        |
 *   i, autofallthrough                +--> HANGUP --> h --> call_end
 *
 * Nothing here waits.  After CALL_BURST steps in a row the loop gives the
 * others a turn, and the longer it runs without waiting the longer the pause;
 * a plan that only runs in circles is ended after CALL_STEPS_NOWAIT steps.
 *
 * An application's state lives until its exec has returned, whatever happens
 * to the call meanwhile: the end is noted (leaving, running) and acted upon
 * behind it.
 */
#include "b2bua/app.h"
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "b2bua/explain.h"
#include "b2bua/fork.h"
#include "b2bua/transfer.h"
#include "base/clock.h"
#include "base/text.h"
#include "routing/overlay.h"


/* --- lookup -------------------------------------------------------------- */

static void query_init(struct dp_query *q, const struct call *call,
		       const char *context, const char *exten)
{
	q->context = context;
	pl_set_str(&q->exten, exten);
	pl_set_str(&q->cid, call->cid_num);
	q->now_s = (int64_t)call_now_s(call);
}


uint64_t call_now_s(const struct call *call)
{
	return call && call->at_s ? call->at_s : clock_wall_s();
}


bool call_exists(const struct call *call, const char *context,
		 const char *exten)
{
	struct dp_query q;

	if (!call || !call->plan)
		return false;

	query_init(&q, call, context, exten);

	return dp_exists(call->plan, &q);
}


bool call_can_match_more(const struct call *call, const char *context,
			 const char *exten)
{
	struct dp_query q;

	if (!call || !call->plan)
		return false;

	query_init(&q, call, context, exten);

	return dp_can_match_more(call->plan, &q);
}


const char *call_app_at(const struct call *call, uint32_t prio)
{
	struct dp_query q;
	struct dp_match m;

	if (!call || !call->plan)
		return NULL;

	query_init(&q, call, call->context, call->exten);

	return dp_find(&m, call->plan, &q, prio) ? NULL : m.prio->app;
}


/* --- a step -------------------------------------------------------------- */

void exec_release(struct call *call)
{
	timer_cancel(&call->step_timer);
	call->app = NULL;
	call->waiting = false;
	call->step_over = false;
	call->playh = NULL;
	call->play_arg = NULL;
	call->digith = NULL;
	call->digit_arg = NULL;
	call_record_detach(call);
	if (call->talkh)
		(void)call_listen(call, 0, 0, NULL, NULL); /* he may be gone */
	call->appst = mem_deref(call->appst);
	call->late_wait = false;
	list_flush(&call->lates);
}


void exec_cancel(struct call *call)
{
	if (call->in_exec)
		return; /* released when exec returns */

	if (call->app)
		exec_note_end(call, "cancelled");

	do {
		const struct app *app = call->app;

		if (app && app->cancel && call->waiting)
			app->cancel(call);
		exec_release(call);
	} while (exec_sub_unwind(call));
}


bool exec_linger(struct call *call)
{
	if (call->app)
		exec_note_end(call, "cancelled");

	do {
		const struct app *app = call->app;

		if (app && app->linger && call->waiting && app->linger(call)) {
			call->lingering = true;
			return true;
		}
		if (app && app->cancel && call->waiting)
			app->cancel(call);
		exec_release(call);
	} while (exec_sub_unwind(call));

	return false;
}


/* The plan ends here; one that is only explained leaves nobody */
static void plan_over(struct call *call, uint8_t cause)
{
	if (call->dry)
		call->running = false;
	else
		call_hangup(call, cause);
}


/* What runs after the hang-up is over */
static void hangup_over(struct call *call, uint8_t cause)
{
	if (exec_hangup_run(call))
		return;

	call->running = false;
	call_end(call, cause);
}


/* The step is over: where to now */
static void step_finish(struct call *call, enum app_result res)
{
	exec_release(call);
	if (exec_sub_finish(call, res))
		return;

	if (call->lingering) {
		exec_note_end(call, "ok");
		exec_left(call);
		return;
	}

	if (res == APP_HANGUP) {
		exec_note_end(call, "hangup");
		call->jumped = false;
		if (call->single && call->consult)
			consult_hangup(call);
		if (call->hangup_run)
			hangup_over(call, call->cause);
		else
			plan_over(call, call->cause);
		return;
	}

	exec_note_end(call, "ok");
	if (!call->jumped)
		++call->prio;
	call->jumped = false;
	exec_sub_return(call);
}


static bool check_counts(struct call *call, const struct app *app, size_t n)
{
	if (n >= app->minargs && (n <= app->maxargs || app->raw))
		return true;

	call_step_note(call, "%u arguments", (unsigned)n);
	call_warning(call, "%s needs %u to %u arguments, got %u", app->name,
		     app->minargs, app->maxargs, (unsigned)n);

	return false;
}


static int split(struct args *args, const struct app *app,
		 const struct ttext *text)
{
	if (!app->raw)
		return args_split(args, text,
				  app->maxargs ? app->maxargs : ARGS_MAX);

	args->n = 0;

	return text->len ? args_add(args, text) : 0;
}


/* Run an application on expanded text */
int exec_app(struct call *call, const struct app *app,
	     const struct ttext *text, enum app_result *resultp)
{
	struct args args;
	int err;

	args.n = 0;
	err = split(&args, app, text);
	if (!err && !check_counts(call, app, args.n))
		err = EINVAL;
	if (!err) {
		call->app = app;
		*resultp = app->exec(call, &args);
	}

	args_reset(&args);

	return err;
}


int call_exec(struct call *call, const char *name, const struct ttext *args,
	      enum app_result *resultp)
{
	const struct app *app = app_find(name);

	if (!call || !args || !resultp)
		return EINVAL;

	if (!app) {
		call_warning(call, "no application \"%s\"", name);
		return ENOENT;
	}

	if (call->hangup_run && !app->dead_ok) {
		call_step_note(call, "caller has left");
		*resultp = APP_NEXT;
		return 0;
	}

	if (call->up && !app->dead_ok && !app->local_ok) {
		fork_local_adopt(call->up);
		*resultp = APP_WAIT;
		return 0;
	}

	if (call->dry && !app->dry_ok) {
		explain_skip(call, app);
		*resultp = APP_NEXT;
		return 0;
	}

	return exec_app(call, app, args, resultp);
}


/* What exec has left behind */
static void step_after(struct call *call, int err, enum app_result res)
{
	call->in_exec = false;

	if (err) {
		call_step_note(call, "%m", err);
		res = err == EINVAL ? APP_NEXT : APP_HANGUP;
	}

	if (!call->running) { /* call_end() came inside */
		exec_release(call);
		return;
	}

	if (call->leaving) {
		call->leaving = false;
		exec_release(call);
		exec_leave(call, call->cause);
		return;
	}

	if (!err && res == APP_WAIT && !call->step_over) {
		call->waiting = true;
		call->nowait = 0;
		if (call->xfer && call->app)
			xfer_waits(call, call->app->name);
		if (call->consult && call->app)
			consult_waits(call, call->app->name);
		return;
	}

	step_finish(call, res == APP_WAIT ? call->step_result : res);
}


/* False: this one is skipped */
static bool may_run(struct call *call, const struct app *app)
{
	if (call->hangup_run && !app->dead_ok) {
		call_step_note(call, "caller has left: skipped");
		return false;
	}

	if (call->dry && !app->dry_ok) {
		explain_skip(call, app);
		return false;
	}

	return true;
}


static void warn_no_app(const struct call *call, const char *name)
{
	const char *instead = app_instead(name, false);

	call_warning(call, "%s@%s:%u: no application \"%s\"%s%s",
		     call->exten, call->context, call->prio, name,
		     instead ? ", use instead: " : "", instead ? instead : "");
}


static void step_exec(struct call *call, const char *name,
		      const struct ttext *args)
{
	const struct app *app = app_find(name);
	enum app_result res = APP_NEXT;
	int err;

	exec_trace(call, app ? app->name : name, args->str);

	if (!app) {
		call_step_note(call, "no such application");
		warn_no_app(call, name);
		step_finish(call, call->single ? APP_NEXT : APP_HANGUP);
		return;
	}

	cdr_step(call, app->name, args->str);
	if (!may_run(call, app)) {
		step_finish(call, APP_NEXT);
		return;
	}

	call->in_exec = true;
	call->step_over = false;
	err = exec_app(call, app, args, &res);
	step_after(call, err, res);
}


/* The plan of a Local/ leg wants the caller: it goes on there */
static bool hand_over(struct call *call, const char *name)
{
	const struct app *app = app_find(name);

	if (!call->up || call->hangup_run || !app || app->dead_ok ||
	    app->local_ok)
		return false;

	call->waiting = true;
	call->app = NULL;
	fork_local_adopt(call->up);

	return true;
}


static void step_take(struct call *call, const struct dp_match *m)
{
	struct ttext *args = NULL;
	struct pl text;
	int err;

	call->step_context = m->ctx->name;
	call->step_pattern = overlay_owns(m->exten) ? "(regexten)"
						    : m->exten->name;

	if (hand_over(call, m->prio->app))
		return;

	pl_set_str(&text, m->prio->args);
	call->expanding = true;
	err = call_expand_text(call, &args, &text);
	call->expanding = false;
	if (err == EINPROGRESS) { /* again when the value is there */
		call->waiting = call->late_wait = true;
		return;
	}
	if (err) {
		exec_trace(call, m->prio->app, m->prio->args);
		call_step_note(call, "expansion: %m", err);
		call_warning(call, "%s@%s:%u: arguments not expanded: %m",
			     call->exten, call->context, call->prio, err);
		step_finish(call, APP_HANGUP);
		return;
	}

	step_exec(call, m->prio->app, args);
	mem_deref(args);
}


/* --- no step there ------------------------------------------------------- */

/* An application of the plan's own: nobody wrote it */
static void step_own(struct call *call, const char *app, const char *args)
{
	struct ttext *text = NULL;
	struct pl pl;

	pl_set_str(&pl, args);
	if (ttext_create(&text, &pl, false)) {
		plan_over(call, CAUSE_FAILURE);
		return;
	}

	call->step_pattern = "(end of plan)";
	step_exec(call, app, text);
	mem_deref(text);
}


static void fall_through(struct call *call)
{
	const struct dialplan *dp = call->cfg ? call->cfg->dialplan : NULL;
	const char *status = call_var(call, "DIALSTATUS");

	if (dp && !dp->autofallthrough && !call->up && !call->dry &&
	    app_find("WaitExten")) {
		step_own(call, "WaitExten", "");
		return;
	}

	if (call->dry) {
		plan_over(call, call->cause);
		return;
	}

	call_info(call, "plan ended at %s,%s,%u%s%s", call->context,
		  call->exten, call->prio, status[0] ? ", " : "", status);

	/* no tone for who has somebody to come back to */
	if (call->xfer && xfer_failed(call, call->cause))
		return;
	if (call->consult && consult_failed(call))
		return;

	if (!str_casecmp(status, "BUSY"))
		step_own(call, "Busy", "10");
	else if (!str_casecmp(status, "CONGESTION") ||
		 !str_casecmp(status, "CHANUNAVAIL"))
		step_own(call, "Congestion", "10");
	else
		plan_over(call, call->cause);
}


static void invalid_exten(struct call *call)
{
	(void)call_set_var(call, "INVALID_EXTEN", call->exten, true);

	if (str_cmp(call->exten, "i") && str_cmp(call->exten, "e") &&
	    call_special(call, call->context, "i", "INVALIDEXTEN")) {
		call_info(call, "no extension %s in %s: goes to %s",
			  call->exception->exten, call->context, call->exten);
		call->jumped = false;
		return;
	}

	if (!call->dry)
		call_warning(call, "no extension %s in context %s",
			     call->exten, call->context);
	plan_over(call, CAUSE_UNALLOCATED);
}


static bool in_macro(const struct call *call)
{
	const struct call_frame *frame = list_ledata(call->frames.head);

	return frame && frame->macro;
}


/* A macro returns at its last priority, and so does a piece of the plan that
 * runs inside of an application */
static void macro_over(struct call *call)
{
	(void)call_return(call, false); /* there is a frame */
	call->jumped = false;
	exec_sub_return(call);
}


static void step_missing(struct call *call)
{
	if (call->hangup_run)
		hangup_over(call, call->cause);
	else if (!call_exists(call, call->context, call->exten))
		invalid_exten(call);
	else if (in_macro(call))
		macro_over(call);
	else
		fall_through(call);
}


/* --- the loop ------------------------------------------------------------ */

static void run_handler(void *arg)
{
	exec_run(arg);
}


void exec_kick(struct call *call)
{
	timer_start(&call->run_timer, 0, run_handler, call);
}


/* The others get a turn; who runs in circles waits longer */
static void take_breath(struct call *call)
{
	uint64_t pause_ms = call->nowait < 1000 ? 0 : 20;

	timer_start(&call->run_timer, pause_ms, run_handler, call);
}


/* h gets its own allowance, once */
static void circles_end(struct call *call)
{
	call->nowait = 0;
	if (call->hangup_run)
		hangup_over(call, CAUSE_FAILURE);
	else
		plan_over(call, CAUSE_FAILURE);
}


static void one_step(struct call *call)
{
	struct dp_query q;
	struct dp_match m;

	if (++call->nowait > CALL_STEPS_NOWAIT) {
		call_warning(call, "plan runs in circles at %s,%s,%u: ended",
			     call->context, call->exten, call->prio);
		circles_end(call);
		return;
	}

	if (call->single && !call->hangup_run &&
	    list_isempty(&call->frames)) {
		plan_over(call, call->cause);
		return;
	}

	query_init(&q, call, call->context, call->exten);
	if (call->plan && !dp_find(&m, call->plan, &q, call->prio))
		step_take(call, &m);
	else
		step_missing(call);
}


void exec_run(struct call *call)
{
	bool over;

	if (!call || call->in_loop || call->in_exec)
		return;

	call->in_loop = true;

	for (unsigned n = 0; call->running;) {

		over = call->step_over;
		if (over)
			step_finish(call, call->step_result);
		else if (call->waiting)
			break;
		else if (n++ < CALL_BURST)
			one_step(call);
		else {
			take_breath(call);
			break;
		}
	}

	call->in_loop = false;
}


void exec_one(struct call *call, struct leg *caller, const char *app,
	      const struct ttext *args)
{
	call_take_leg(call, caller);
	call->running = call->single = true;
	call->step_pattern = "(feature)";
	step_exec(call, app, args);
	exec_run(call);
}


void call_step_done(struct call *call, enum app_result result)
{
	if (!call || !call->app || call->step_over ||
	    !(call->waiting || call->in_exec))
		return;

	call->step_over = true;
	call->step_result = result;
	if (call->in_exec)
		return;

	/* its handlers are told nothing more */
	call->waiting = false;
	call->playh = NULL;
	call->digith = NULL;
	exec_kick(call);
}


static void done_handler(void *arg)
{
	struct call *call = arg;

	call_step_done(call, call->step_result);
}


void call_step_done_in(struct call *call, uint64_t ms, enum app_result result)
{
	if (!call)
		return;

	call->step_result = result;
	timer_start(&call->step_timer, ms, done_handler, call);
}
