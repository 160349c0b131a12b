/**
 * @file b2bua/call.c  Calls: the registry, and the three stages of the end
 *
 * call_end     no new work: the plan is cancelled, every leg hangs up.  Legs
 *              still report; a recording may still report its state.
 * legs GONE    one by one; each is taken off the list by the reaper, a timer
 *              of 0 ms, because the leg that reports is still on the stack.
 * call_forget  no leg is left: the record is written, the registry lets go.
 */
#include "b2bua/app.h"
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "b2bua/fork.h"
#include "b2bua/server.h"
#include "b2bua/transfer.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/rand.h"
#include "base/text.h"

static struct list calls;
static struct list watches; /* struct call_watch */
static uint32_t processed;
static uint32_t serial;

static struct {
	void (*h)(void *arg);
	void *arg;
} empty;

static void reap(void *arg);


int calls_init(struct server *srv)
{
	(void)srv; /* the server is reached by server() */

	list_init(&calls);
	processed = 0;

	return 0;
}


/* The process ends: what is left is written and forgotten */
void calls_close(void)
{
	struct le *le = calls.head;

	empty.h = NULL;

	while (le) {
		struct call *call = le->data;

		le = le->next;
		exec_stop(call);
		(void)cdr_put(call); /* it has said why */
		list_unlink(&call->le);
		mem_deref(call);
	}

	call_recs_close();
	moh_flush();
}


void calls_watch(struct call_watch *w)
{
	if (w && w->h)
		list_append(&watches, &w->le, w);
}


void call_talk_changed(struct call *call)
{
	struct le *le = watches.head;

	while (le) {
		const struct call_watch *w = le->data;

		le = le->next;
		w->h(call, w->arg);
	}
}


struct list *calls_list(void)
{
	return &calls;
}


uint32_t calls_processed(void)
{
	return processed;
}


void calls_set_empty_handler(void (*h)(void *arg), void *arg)
{
	empty.h = h;
	empty.arg = arg;
}


static bool has_leg(const struct call *call, const char *name)
{
	struct le *le;

	LIST_FOREACH(&call->legs, le)
	{
		if (!str_casecmp(leg_name(le->data), name))
			return true;
	}

	return false;
}


struct call *call_find(const char *id)
{
	struct pl pl;
	uint64_t no;
	struct le *le;

	if (!id || !id[0])
		return NULL;

	pl_set_str(&pl, id);
	if (num_decode(&no, &pl, UINT32_MAX))
		no = 0;

	LIST_FOREACH(&calls, le)
	{
		struct call *call = le->data;

		if (!str_casecmp(call->id, id) || (no && call->no == no) ||
		    !str_cmp(call->uniqueid, id) || has_leg(call, id))
			return call;
	}

	return NULL;
}


/* Several phones of one peer ring for the same call */
static bool rings_with_others(const struct leg *leg, const struct peer *peer)
{
	return peer->maxcontacts > 1 && leg_is_outgoing(leg) &&
	       !leg_is_answered(leg);
}


static uint32_t legs_of_peer(const struct call *call, const char *name)
{
	bool rings = false;
	uint32_t n = 0;
	struct le *le;

	LIST_FOREACH(&call->legs, le)
	{
		const struct leg *leg	= le->data;
		const struct peer *peer = leg_peer(leg);

		if (!peer || str_cmp(peer->name, name) ||
		    leg_state(leg) >= LEG_ENDING)
			continue;

		if (rings_with_others(leg, peer))
			rings = true;
		else
			++n;
	}

	return n + rings;
}


uint32_t calls_of_peer(const char *name)
{
	uint32_t n = 0;
	struct le *le;

	LIST_FOREACH(&calls, le)
		n += legs_of_peer(le->data, name);

	return n;
}


static void cancel_timers(struct call *call)
{
	timer_cancel(&call->reap_timer);
	timer_cancel(&call->step_timer);
	timer_cancel(&call->run_timer);
	timer_cancel(&call->absolute_timer);
}


static void destructor(void *data)
{
	struct call *call = data;

	cancel_timers(call);
	call->xfer = mem_deref(call->xfer);
	call->consult = mem_deref(call->consult);
	call->appst = mem_deref(call->appst);
	list_flush(&call->legs);
	list_flush(&call->steps);
	list_flush(&call->frames);
	list_flush(&call->subs);
	list_flush(&call->lates);
	list_flush(&call->handlers);
	list_flush(&call->groups);
	list_flush(&call->recs);
	mem_deref(call->exception);
	mem_deref(call->vars);
	mem_deref(call->redir);
	mem_deref(call->plan);
	mem_deref(call->cdr);
	mem_deref(call->cfg);
}


static void init_values(struct call *call)
{
	const char *sys = call->cfg ? call->cfg->tandem.systemname : NULL;

	call->began_ms = clock_ms();
	call->cid_pres = -1;
	call->step_context = call->step_pattern = "";
	call->timeout_response_ms = 10000;
	call->timeout_digit_ms = 5000;
	call->hold_caller.want = call->hold_caller.told = SDPM_SENDRECV;
	call->hold_bridged.want = call->hold_bridged.told = SDPM_SENDRECV;

	rand_hex(call->id, 13);
	(void)re_snprintf(call->uniqueid, sizeof(call->uniqueid),
			  "%s%s%llu.%u", sys ? sys : "", sys ? "-" : "",
			  clock_wall_s(), serial++);
	str_ncpy(call->linkedid, call->uniqueid, sizeof(call->linkedid));
}


int call_alloc(struct call **callp, struct config *cfg)
{
	struct server *srv = server();
	struct call *call;
	int err;

	if (!callp)
		return EINVAL;

	call = mem_zalloc(sizeof(*call), destructor);
	if (!call)
		return ENOMEM;

	call->cfg = mem_ref(cfg);
	call->plan = mem_ref(srv ? srv->plan : NULL);
	call->no = ++processed;
	init_values(call);

	err = vars_alloc(&call->vars);
	err |= cdr_alloc(&call->cdr);
	if (err) {
		mem_deref(call);
		return ENOMEM;
	}

	list_append(&calls, &call->le, call);
	count_inc(COUNT_CALLS);

	*callp = call;

	return 0;
}


int call_alloc_dry(struct call **callp, struct config *cfg,
		   struct dialplan_index *plan)
{
	struct call *call;

	if (!callp || !cfg || !plan)
		return EINVAL;

	call = mem_zalloc(sizeof(*call), destructor);
	if (!call)
		return ENOMEM;

	call->cfg = mem_ref(cfg);
	call->plan = mem_ref(plan);
	call->dry = true;
	init_values(call);
	if (vars_alloc(&call->vars)) {
		mem_deref(call);
		return ENOMEM;
	}

	*callp = call;

	return 0;
}


/* --- the end ------------------------------------------------------------- */

static void call_forget(struct call *call)
{
	if (call->gone)
		return;

	call->gone = true;
	(void)cdr_put(call); /* it has said why */
	call_info(call, "gone after %u steps", call->stepc);

	list_unlink(&call->le);
	mem_deref(call);

	if (list_isempty(&calls) && empty.h)
		empty.h(empty.arg);
}


static void reap_legs(struct call *call)
{
	struct le *le = call->legs.head;

	while (le) {
		struct leg *leg = le->data;
		struct le *this = le;

		le = le->next;
		if (leg_state(leg) != LEG_GONE)
			continue;

		list_unlink(this);
		mem_deref(leg);
	}
}


/* Legs that are gone leave the list; without legs and plan the call goes */
static void reap(void *arg)
{
	struct call *call = arg;

	reap_legs(call);

	if (call->ending && !call->running && list_isempty(&call->legs))
		call_forget(call);
}


void call_reap(struct call *call)
{
	if (!timer_runs(&call->reap_timer))
		timer_start(&call->reap_timer, 0, reap, call);
}


static const char *reason_text(uint8_t cause)
{
	return cause == CAUSE_ELSEWHERE ? cause_text(cause) : NULL;
}


void call_hangup_legs(struct call *call, uint8_t cause)
{
	struct le *le = call->legs.head;

	while (le) {
		struct leg *leg = le->data;

		le = le->next;
		if (leg_state(leg) < LEG_ENDING)
			leg_hangup(leg, cause, reason_text(cause));
	}
}


void call_end(struct call *call, uint8_t cause)
{
	if (!call || call->ending)
		return;

	call->ending = true;
	if (cause)
		call->cause = cause;
	if (!call->cause)
		call->cause = CAUSE_NORMAL;

	if (call->xfer)
		xfer_over(call);
	if (call->consult)
		consult_over(call);
	exec_stop(call);
	call_stop_play(call);
	call_set_digits(call, NULL, NULL);
	call_unbridge(call);
	call_talk_changed(call);
	timer_cancel(&call->absolute_timer);

	cdr_end(call, "tandem", call->cause);
	if (call->up)
		fork_local_failed(call->up, call->cause);
	if (call->screen)
		fork_screen_gone(call);

	call_hangup_legs(call, call->cause);
	call_reap(call);
}


void call_hangup(struct call *call, uint8_t cause)
{
	if (!call || call->ending || call->hangup_run)
		return;

	if (cause)
		call->cause = cause;
	if (!call->cause)
		call->cause = CAUSE_NORMAL;
	if (call->xfer && xfer_failed(call, call->cause))
		return;
	if (call->consult && consult_failed(call))
		return;

	cdr_end(call, "tandem", call->cause);
	if (call->caller && leg_state(call->caller) < LEG_ENDING)
		leg_hangup(call->caller, call->cause,
			   reason_text(call->cause));

	exec_leave(call, call->cause);
}


/* --- beginning ----------------------------------------------------------- */

void call_take_leg(struct call *call, struct leg *caller)
{
	const struct peer *peer = leg_peer(caller);

	call->caller = caller;

	if (!peer)
		return;

	if (!call->language[0] && peer->language)
		str_ncpy(call->language, peer->language,
			 sizeof(call->language));
	if (!call->accountcode[0] && peer->accountcode)
		str_ncpy(call->accountcode, peer->accountcode,
			 sizeof(call->accountcode));
	if (!call->musicclass[0] && peer->mohinterpret)
		str_ncpy(call->musicclass, peer->mohinterpret,
			 sizeof(call->musicclass));
}


void call_run_at(struct call *call, struct leg *caller, const char *context,
		 const char *exten, uint32_t prio)
{
	if (!call || !context || !exten || call->ending)
		return;

	if (caller)
		call_take_leg(call, caller);

	if (!call->dnid[0])
		str_ncpy(call->dnid, exten, sizeof(call->dnid));

	(void)call_goto_to(call, context, exten, prio);
	call->jumped = false;
	call->running = true;
	call_info(call, "%s: plan begins at %s,%s,%u",
		  caller ? leg_name(caller) : "Local", context, exten, prio);

	exec_run(call);
}


void call_run(struct call *call, struct leg *caller, const char *context,
	      const char *exten)
{
	call_run_at(call, caller, context, exten, 1);
}


const char *call_state_name(const struct call *call)
{
	if (!call || !call->caller)
		return "Down";

	switch (leg_state(call->caller)) {

	case LEG_CALLING: return "Ring";
	case LEG_EARLY: return "Ringing";
	case LEG_CONFIRMED: return "Up";
	case LEG_IDLE:
	case LEG_ENDING:
	case LEG_GONE:
	default: return "Down";
	}
}
