/**
 * @file b2bua/fork.c  Several outgoing legs race for one caller
 *
 * Every leg ends in fork_leg_over() with a status; when all have, the worst
 * one is the Dial's.  The end of a fork is always told from a timer of 0 ms:
 * whoever reports may still be on the stack, and the application may be
 * inside fork_start().
 */
#include "b2bua/fork_priv.h"
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "base/clock.h"

static void leave_legs(struct fork *f, uint8_t cause);


const char *dial_status_name(enum dial_status st)
{
	static const char *const names[] = {
		[DIAL_CHANUNAVAIL] = "CHANUNAVAIL",
		[DIAL_CONGESTION] = "CONGESTION",
		[DIAL_NOANSWER] = "NOANSWER",
		[DIAL_BUSY] = "BUSY",
		[DIAL_ANSWER] = "ANSWER",
		[DIAL_CANCEL] = "CANCEL",
	};

	return (size_t)st < ARRAY_SIZE(names) ? names[st] : "";
}


enum dial_status fork_status_of(uint8_t cause)
{
	switch (cause) {

	case CAUSE_BUSY: return DIAL_BUSY;
	case CAUSE_NORMAL:
	case CAUSE_NO_ANSWER: return DIAL_NOANSWER;
	case CAUSE_CONGESTION:
	case CAUSE_FAILURE:
	case CAUSE_DEST_OUT_OF_ORDER:
	case CAUSE_TEMPORARY:
	case 42: /* switching equipment congestion */
	case CAUSE_TIMER: return DIAL_CONGESTION;
	default: return DIAL_CHANUNAVAIL;
	}
}


enum dial_status dial_status_of(uint16_t scode, uint8_t cause)
{
	if (scode < 300)
		return fork_status_of(cause);
	if (scode < 400)
		return DIAL_BUSY;

	switch (scode) {

	case 480:
	case 486:
	case 600:
	case 603: return DIAL_BUSY;
	case 401:
	case 407:
	case 410:
	case 482:
	case 500:
	case 502:
	case 503:
	case 504: return DIAL_CONGESTION;
	case 483: return DIAL_NOANSWER;
	default: return DIAL_CHANUNAVAIL;
	}
}


/* --- memory -------------------------------------------------------------- */

static void params_reset(struct fork_params *prm)
{
	mem_deref(prm->plan);
	mem_deref((void *)prm->music_class);
	mem_deref((void *)prm->goto_context);
	mem_deref((void *)prm->goto_exten);
	mem_deref((void *)prm->warn_file);
	mem_deref((void *)prm->connect_file);
	mem_deref((void *)prm->timeout_file);
	mem_deref((void *)prm->exit_context);
	mem_deref((void *)prm->from_num);
	mem_deref((void *)prm->forward_num);
	mem_deref((void *)prm->announce);
	mem_deref((void *)prm->why);
	mem_deref((void *)prm->dtmf_callee);
	mem_deref((void *)prm->dtmf_caller);
}


static int copy(const char **strp)
{
	char *str = NULL;
	int err = *strp ? str_dup(&str, *strp) : 0;

	*strp = str;

	return err;
}


static int params_copy(struct fork_params *dst, const struct fork_params *src)
{
	int err;

	*dst = *src;
	dst->devv = NULL;
	dst->plan = mem_ref(src->plan);

	/* all of them, so that params_reset() knows what is ours */
	err = copy(&dst->music_class);
	err |= copy(&dst->goto_context);
	err |= copy(&dst->goto_exten);
	err |= copy(&dst->warn_file);
	err |= copy(&dst->connect_file);
	err |= copy(&dst->timeout_file);
	err |= copy(&dst->exit_context);
	err |= copy(&dst->from_num);
	err |= copy(&dst->forward_num);
	err |= copy(&dst->announce);
	err |= copy(&dst->why);
	err |= copy(&dst->dtmf_callee);
	err |= copy(&dst->dtmf_caller);

	return err ? ENOMEM : 0;
}


/* Sound of a leg that did not answer in the end */
void fork_early_stop(struct fork *f)
{
	if (f->early && f->state < FORK_TALK && f->call->caller)
		(void)media_unbridge(leg_media(f->call->caller));

	f->early = false;
}


/* Ended from outside: the caller has left, or the call ends */
static void destructor(void *data)
{
	struct fork *f = data;

	timer_cancel(&f->timeout);
	timer_cancel(&f->over);
	fork_talk_stop(f);
	fork_away_over(f);
	fork_consult_over(f);
	fork_early_stop(f);

	leave_legs(f, f->prm.elsewhere ? CAUSE_ELSEWHERE
		      : f->call->cause ? f->call->cause : CAUSE_NORMAL);
	if (f->call->fork == f)
		f->call->fork = NULL;

	list_flush(&f->legs);
	params_reset(&f->prm);
}


static void leg_destructor(void *data)
{
	struct fork_leg *fl = data;

	list_unlink(&fl->le);
	mem_deref(fl->trunk);
	timer_cancel(&fl->patience);
	fork_predial_stop(fl);
	mem_deref(fl->vars);
	if (fl->screen)
		fork_screen_end(fl, CAUSE_NORMAL);
	mem_deref(fl->redir);
	if (fl->child)
		local_stop(fl->child, CAUSE_NORMAL);
}


struct fork_leg *fork_leg_alloc(struct fork *f)
{
	struct fork_leg *fl = mem_zalloc(sizeof(*fl), leg_destructor);

	if (!fl)
		return NULL;

	fl->fork = f;
	fl->dev	 = f->starting ? f->dialing : FORK_DEV_NONE;
	list_append(&f->legs, &fl->le, fl);

	return fl;
}


/* --- ends ---------------------------------------------------------------- */

void fork_leg_leave(struct fork_leg *fl, uint8_t cause)
{
	const char *text = cause == CAUSE_ELSEWHERE ? cause_text(cause) : NULL;
	struct call *child = fl->child;

	fl->child = NULL;
	if (child)
		local_stop(child, cause);
	if (fl->screen)
		fork_screen_end(fl, cause);
	fork_predial_stop(fl);
	if (fl->leg && leg_state(fl->leg) < LEG_ENDING)
		leg_hangup(fl->leg, cause, text);

	fl->over = true;
}


/* Every leg that is still there; the partner of a talk gets the cause that
 * the caller's end had */
static void leave_legs(struct fork *f, uint8_t cause)
{
	uint8_t talk = f->call->cause ? f->call->cause : CAUSE_NORMAL;
	struct le *le;

	LIST_FOREACH(&f->legs, le)
	{
		struct fork_leg *fl = le->data;
		bool talked = fl == f->winner && f->state >= FORK_TALK;

		fork_leg_leave(fl, talked ? talk : cause);
	}
}


void fork_cancel_losers(struct fork *f, uint8_t cause)
{
	struct le *le;

	LIST_FOREACH(&f->legs, le)
	{
		struct fork_leg *fl = le->data;

		if (fl != f->winner && fl != f->adopted)
			fork_leg_leave(fl, cause);
	}
}


/* The caller continues where the plan of a Local/ leg stands */
static void adopt(struct fork *f)
{
	struct call *child = f->adopted ? f->adopted->child : NULL;
	struct call *call = f->call;

	if (!child)
		return;

	(void)vars_copy(call->vars, child->vars);
	(void)call_goto_to(call, child->context, child->exten, child->prio);
	f->res.jumped = true;
	f->res.moved = true;
	f->res.go_on = true;
	call_info(call, "goes on at %s,%s,%u", child->context, child->exten,
		  child->prio);

	f->adopted->child = NULL;
	local_stop(child, CAUSE_NORMAL);
}


static void over_handler(void *arg)
{
	struct fork *f = arg;
	fork_done_h *h = f->h;
	struct fork_result res;

	adopt(f);
	fork_get_result(f, &res);
	f->h = NULL;

	if (h)
		h(f->call, &res, f->arg);
}


void fork_over(struct fork *f, enum dial_status status, uint8_t cause)
{
	if (f->state == FORK_OVER)
		return;

	timer_cancel(&f->timeout);
	fork_talk_stop(f);
	fork_away_over(f);
	fork_consult_over(f);
	if (f->state < FORK_TALK && !f->prm.quiet)
		call_stop_play(f->call);
	fork_early_stop(f);

	fork_cancel_losers(f, f->prm.elsewhere ? CAUSE_ELSEWHERE
					       : CAUSE_NORMAL);

	f->state = FORK_OVER;
	f->res.status = status;
	f->res.cause = cause;
	timer_start(&f->over, 0, over_handler, f);
}


static int rank(enum dial_status st)
{
	switch (st) {

	case DIAL_BUSY: return 3;
	case DIAL_CONGESTION: return 2;
	case DIAL_CHANUNAVAIL: return 1;
	case DIAL_NOANSWER:
	case DIAL_ANSWER:
	case DIAL_CANCEL:
	default: return 0;
	}
}


/* If all have failed: BUSY before CONGESTION before CHANUNAVAIL */
static void check_all(struct fork *f)
{
	const struct fork_leg *worst = NULL;
	struct le *le;

	if (f->state != FORK_RACE || f->starting)
		return;

	LIST_FOREACH(&f->legs, le)
	{
		const struct fork_leg *fl = le->data;

		if (!fl->over)
			return;
		if (fl->forwarded)
			continue;
		if (!worst || rank(fl->status) > rank(worst->status))
			worst = fl;
	}

	f->res.scode = worst ? worst->scode : 0;
	fork_over(f, worst ? worst->status : DIAL_CHANUNAVAIL,
		  worst ? worst->cause : CAUSE_NO_ROUTE);
}


bool fork_tell(struct fork *f, enum fork_event ev, const struct fork_leg *fl)
{
	if (!f->prm.eventh)
		return false;

	return f->prm.eventh(f->call, ev, fl->dev, fl->status, f->arg);
}


/* All places of a device have failed, and it rings nowhere else */
static void tell_failed(struct fork *f, const struct fork_leg *fl)
{
	struct le *le;

	if (f->state != FORK_RACE || fl->dev == FORK_DEV_NONE)
		return;

	LIST_FOREACH(&f->legs, le)
	{
		const struct fork_leg *other = le->data;

		if (other->dev == fl->dev && !other->over)
			return;
	}

	(void)fork_tell(f, FORK_EV_FAILED, fl);
}


void fork_leg_over(struct fork_leg *fl, enum dial_status status,
		   uint8_t cause, uint16_t scode)
{
	if (fl->over)
		return;

	fl->over = true;
	fl->status = status;
	fl->cause = cause;
	fl->scode = scode;
	call_info(fl->fork->call, "%s: %s, cause %u, status %u",
		  fl->leg	? leg_name(fl->leg)
		  : fl->peer	? fl->peer->name
		  : fl->number[0] ? fl->number
				  : "device",
		  dial_status_name(status), cause, scode);

	tell_failed(fl->fork, fl);
	check_all(fl->fork);
}


static void timeout_handler(void *arg)
{
	struct fork *f = arg;

	if (fork_is_screening(f)) {
		f->late = true;
		return;
	}
	if (fork_forward_late(f)) {
		timer_start(&f->timeout, f->prm.timeout_ms, timeout_handler,
			    f);
		return;
	}

	call_info(f->call, "nobody answered in time");
	fork_over(f, DIAL_NOANSWER, CAUSE_NO_ANSWER);
}


void fork_get_result(const struct fork *f, struct fork_result *res)
{
	uint64_t now = clock_ms();

	if (!f || !res)
		return;

	*res = f->res;
	if (f->state != FORK_OVER)
		res->status = f->talked_ms ? DIAL_ANSWER : DIAL_CANCEL;

	res->peername = f->winner ? f->peername : "";
	res->peernumber = f->winner ? f->winner->number : "";
	res->dialed_ms = now - f->began_ms;
	res->ring_ms = f->rang_ms ? f->rang_ms - f->began_ms : 0;
	if (f->talked_ms)
		res->answered_ms = now - f->talked_ms;
}


/* --- start --------------------------------------------------------------- */

static void signal_caller(struct fork *f)
{
	struct call *call = f->call;

	if (f->prm.quiet)
		return;

	if (f->prm.music && call->caller) {
		(void)call_progress(call);
		(void)call_music(call, call->caller, f->prm.music_class);
	}
	else if (f->prm.ring) {
		fork_rings(f);
		f->rang_ms = 0; /* not the callee's */
	}
}


int fork_alloc(struct fork **fp, struct call *call, fork_done_h *h, void *arg)
{
	struct fork *f;

	if (call->fork)
		return EALREADY;

	f = mem_zalloc(sizeof(*f), destructor);
	if (!f)
		return ENOMEM;

	f->call = call;
	f->h = h;
	f->arg = arg;
	f->began_ms = clock_ms();
	fork_keys_init(f);
	call->fork = f;
	*fp = f;

	return 0;
}


int fork_start(struct fork **fp, struct call *call,
	       const struct fork_params *prm, fork_done_h *h, void *arg)
{
	struct fork *f;
	int err;

	if (!fp || !call || !prm || !h || !prm->devv)
		return EINVAL;

	err = fork_alloc(&f, call, h, arg);
	if (err)
		return err;

	err = params_copy(&f->prm, prm);
	if (err) {
		mem_deref(f);
		return err;
	}

	f->devc = prm->devc;
	f->starting = true;
	for (size_t i = 0; i < prm->devc && i < FORK_LEGS_MAX; i++) {
		f->dialing = i;
		fork_dial(f, prm->devv[i]);
	}

	if (prm->devc > FORK_LEGS_MAX)
		call_warning(call, "only %u devices are dialled",
			     FORK_LEGS_MAX);

	*fp = f;
	f->starting = false;
	check_all(f);
	if (f->state != FORK_RACE)
		return 0;

	if (f->prm.timeout_ms)
		timer_start(&f->timeout, f->prm.timeout_ms, timeout_handler,
			    f);
	signal_caller(f);

	return 0;
}
