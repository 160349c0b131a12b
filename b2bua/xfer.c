/**
 * @file b2bua/xfer.c  Blind transfer: a party is sent to an extension
 *
 *   p talks to A, A sends it    p's plan goes on there; A waits as a leg of
 *                               the same call without a part in it
 *   a talks to P, a sends it    P runs the plan in a call of its own; a's Dial
 *                               waits (FORK_AWAY)
 *
 * It is done when the party talks to somebody, or when a step takes it that is
 * no Dial (voicemail, a menu, a queue).  If the plan ends before that, or says
 * busy, and the one who transferred is still there, both talk again.
 */
#include "b2bua/app.h"
#include "b2bua/cause.h"
#include "b2bua/fork.h"
#include "b2bua/fraud.h"
#include "b2bua/transfer.h"

enum {
	SAY_MAX_MS = 15000,
	SAY_TAG = UINT32_MAX, /* no play of an application has it */
};

struct xfer {
	struct call *call;   /* runs the plan; it owns us */
	struct leg *by;      /* reference */
	struct fork *home;   /* where it may come back to; no reference */
	bool own;            /* `by` waits in the call itself */
	bool rang;
	struct talk_keys keys; /* that both had */
	struct timer fail;
	uint8_t cause;       /* of fail */
	char *say;           /* files for `by`; NULL nothing */
	bool saying;
	struct timer said;   /* ... longer than any of it takes */
	xfer_h *h;
	void *arg;           /* reference */
};


static void destructor(void *data)
{
	struct xfer *x = data;

	timer_cancel(&x->fail);
	timer_cancel(&x->said);
	if (x->home)
		fork_not_back(x->home);
	mem_deref(x->say);
	mem_deref(x->by);
	mem_deref(x->arg);
}


const char *xfer_context(const struct leg *by)
{
	const struct call *call = leg_call(by);
	const char *var = call_var(call, "TRANSFER_CONTEXT");
	const struct peer *peer = leg_peer(by);

	if (var[0])
		return var;

	return peer && peer->context ? peer->context : call->context;
}


struct leg *xfer_by(const struct call *call)
{
	return call && call->xfer ? call->xfer->by : NULL;
}


/* ---- a word to the one who transfers ------------------------------------ */

static void done(struct xfer *x);


static bool can_hear(const struct xfer *x)
{
	return leg_state(x->by) == LEG_CONFIRMED && leg_media(x->by) &&
	       (x->own || x->home);
}


bool xfer_say(struct call *call, const char *files)
{
	struct xfer *x = call ? call->xfer : NULL;

	if (!x || !files || x->say || !can_hear(x) || str_dup(&x->say, files))
		return false;

	return true;
}


static void said_handler(void *arg)
{
	done(arg);
}


/* False: it has nothing to say */
static bool say(struct xfer *x)
{
	struct media_play prm = {.files = x->say, .lang = x->call->language,
				 .tag = SAY_TAG};

	if (!x->say || x->saying || !can_hear(x) ||
	    media_play(leg_media(x->by), &prm))
		return false;

	x->saying = true;
	timer_start(&x->said, SAY_MAX_MS, said_handler, x);

	return true;
}


static void say_stop(struct xfer *x)
{
	timer_cancel(&x->said);
	if (x->saying && leg_media(x->by))
		(void)media_stop_play(leg_media(x->by)); /* may be over */
	x->saying = false;
}


void xfer_said(struct xfer *x, const struct media_report *ev)
{
	if (x && ev && x->saying && ev->ev == MEDIA_EV_PLAY_DONE &&
	    ev->tag == SAY_TAG)
		timer_start(&x->said, 0, said_handler, x);
}


/* ---- the end ------------------------------------------------------------ */

/* The call is free of it; the one who transferred goes, unless told not to */
static void over(struct xfer *x, enum xfer_progress p, uint16_t scode,
		 bool dismiss)
{
	x->call->xfer = NULL;
	timer_cancel(&x->fail);
	say_stop(x);
	x->h(p, scode, x->arg);

	if (!dismiss)
		x->home = NULL;
	else if (x->own && leg_state(x->by) < LEG_ENDING)
		leg_hangup(x->by, CAUSE_NORMAL, NULL);

	mem_deref(x);
}


static void done(struct xfer *x)
{
	call_info(x->call, "transfer by %s is done", leg_name(x->by));
	over(x, XFER_DONE, 200, true);
}


void xfer_joined(struct call *call)
{
	done(call->xfer);
}


void xfer_over(struct call *call)
{
	over(call->xfer, XFER_LOST, 487, true);
}


void xfer_home_gone(struct xfer *x)
{
	x->home = NULL;
	if (x->saying)
		timer_start(&x->said, 0, said_handler, x);
}


/* ---- back to the one who transferred ------------------------------------ */

static const struct app app_back = {
	.name = "Transfer",
	.usage = "the party is back at the one who has transferred it",
};


static void back_over(struct call *call, const struct fork_result *res,
		      void *arg)
{
	(void)arg;
	if (res->cause)
		call->cause = res->cause;
	if (res->jumped) /* sent elsewhere once more */
		call->jumped = true;
	call_step_done(call, res->jumped ? APP_NEXT : APP_HANGUP);
}


/* The plan's last step is a talk */
static int back_here(struct xfer *x)
{
	struct call *call = x->call;
	struct call_hold hold = {.want = SDPM_SENDRECV,
				 .told = SDPM_SENDRECV};
	struct fork *f;
	int err;

	exec_cancel(call);
	call_stop_play(call);
	err = fork_join(&f, call, x->by, &hold, back_over, NULL);
	if (err)
		return err;

	fork_set_keys(f, &x->keys);

	list_flush(&call->frames);
	exec_trace(call, app_back.name, leg_name(x->by));
	call->app = &app_back;
	call->appst = f;
	call->jumped = false;
	call->waiting = true;
	call->nowait = 0;

	return 0;
}


static int back_home(struct xfer *x)
{
	struct call *call = x->call;
	struct call_hold hold = call->hold_caller;
	struct leg *leg = call->caller;
	int err;

	call_unbridge(call);
	call_stop_play(call);
	call->caller = NULL;
	err = fork_back(x->home, leg, &hold);
	if (err) {
		call_warning(call, "cannot be joined again: %m", err);
		leg_hangup(leg, CAUSE_FAILURE, NULL);
	}

	return 0;
}


static bool can_return(const struct xfer *x)
{
	return !x->call->in_exec && leg_is_answered(x->call->caller) &&
	       leg_is_answered(x->by) && (x->own || x->home);
}


static uint16_t status_of(uint8_t cause)
{
	return cause && cause != CAUSE_NORMAL ? cause_to_sip(cause) : 480;
}


bool xfer_failed(struct call *call, uint8_t cause)
{
	struct xfer *x = call->xfer;
	bool own = x->own;
	int err;

	if (!can_return(x))
		return false;

	call_info(call, "nobody has taken it: back to %s", leg_name(x->by));

	/* joining them is no success of the transfer */
	call->xfer = NULL;
	err = own ? back_here(x) : back_home(x);
	call->xfer = x;
	fraud_pays(call, x->by);
	if (err) {
		call_warning(call, "cannot come back: %m", err);
		return false;
	}

	over(x, XFER_FAILED, status_of(cause), false);
	if (!own)
		call_end(call, cause);

	return true;
}


static void fail_handler(void *arg)
{
	struct xfer *x = arg;

	/* if it has nobody to come back to, it hears the tone */
	(void)xfer_failed(x->call, x->cause);
}


static bool is_one_of(const char *name, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!str_casecmp(name, v[i]))
			return true;
	}

	return false;
}


void xfer_waits(struct call *call, const char *app)
{
	static const char *const neutral[] = {"Dial", "Wait", "Ringing",
					      "Progress", "Proceeding"};
	static const char *const bad[] = {"Busy", "Congestion"};
	struct xfer *x = call->xfer;

	if (is_one_of(app, neutral, ARRAY_SIZE(neutral)))
		return;

	if (!is_one_of(app, bad, ARRAY_SIZE(bad))) {
		if (!x->saying && !say(x))
			done(x);
		return;
	}

	x->cause = str_casecmp(app, "Busy") ? CAUSE_CONGESTION : CAUSE_BUSY;
	timer_start(&x->fail, 0, fail_handler, x);
}


void xfer_ringing(struct call *call)
{
	struct xfer *x = call->xfer;

	if (x->rang)
		return;

	x->rang = true;
	x->h(XFER_RINGING, 180, x->arg);
}


void xfer_leg_event(struct call *call, struct leg *leg,
		    const struct leg_event *ev)
{
	/* it waits, on hold or not */
	if (leg != call->xfer->by)
		return;
	if (ev->type == LEG_EV_REOFFER)
		(void)leg_accept_reoffer(leg, SDPM_SENDRECV);
	if (ev->type == LEG_EV_MEDIA)
		xfer_said(call->xfer, ev->ev);
}


/* ---- the beginning ------------------------------------------------------ */

static struct xfer *xfer_alloc(struct leg *by, xfer_h *h, void *arg)
{
	struct xfer *x = mem_zalloc(sizeof(*x), destructor);

	if (!x)
		return NULL;

	x->by = mem_ref(by);
	x->h = h;
	x->arg = mem_ref(arg);

	return x;
}


static void attach(struct xfer *x, struct call *call,
		   void (*setup)(struct call *call, void *arg))
{
	x->call = call;
	mem_deref(call->xfer);
	call->xfer = x;
	fraud_pays(call, x->by);
	(void)call_set_var(call, "BLINDTRANSFER", leg_name(x->by), false);
	(void)call_set_var(call, "TRANSFERERNAME", leg_name(x->by), false);
	if (setup)
		setup(call, x->arg);
}


static int send_caller(struct xfer *x, const char *context, const char *exten,
		       void (*setup)(struct call *call, void *arg))
{
	struct call *call = leg_call(x->by);

	x->own = true;
	fork_get_keys(&x->keys, call->fork);
	(void)call_goto_to(call, context, exten, 1);
	(void)fork_let_go(call->fork);
	attach(x, call, setup);
	bridge_settle(call, call->caller);

	return 0;
}


static int send_callee(struct xfer *x, const char *context, const char *exten,
		       void (*setup)(struct call *call, void *arg))
{
	struct call *call = leg_call(x->by), *other;
	struct call_hold hold = call->hold_bridged;
	struct leg *leg = call->bridged;
	int err;

	err = fork_callee_call(call->fork, &other);
	if (err)
		return err;

	(void)media_stop_play(leg_media(leg));
	x->home = call->fork;
	err = fork_leave(call->fork, other, x);
	if (err) {
		x->home = NULL;
		call_end(other, CAUSE_FAILURE);
		return err;
	}

	attach(x, other, setup);
	other->hold_caller = hold;
	other->progressed = true;
	call_run(other, leg, context, exten);
	if (other->caller == leg)
		bridge_settle(other, leg);

	return 0;
}


int xfer_start(struct leg *by, const char *context, const char *exten,
	       void (*setup)(struct call *call, void *arg), xfer_h *h,
	       void *arg)
{
	struct call *call = leg_call(by);
	char ctx[sizeof(call->context)];
	struct xfer *x;
	int err;

	if (!call || !context || !exten || !h)
		return EINVAL;
	if (!call_partner(call, by) || !fork_talks_to(call->fork) ||
	    call->ending)
		return ENOTCONN;
	if (!call_exists(call, context, exten))
		return ENOENT;

	x = xfer_alloc(by, h, arg);
	if (!x)
		return ENOMEM;

	str_ncpy(ctx, context, sizeof(ctx)); /* may be a variable's value */
	call_info(call, "%s sends %s to %s,%s", leg_name(by),
		  leg_name(call_partner(call, by)), ctx, exten);

	err = by == call->caller ? send_callee(x, ctx, exten, setup)
				 : send_caller(x, ctx, exten, setup);
	if (err)
		mem_deref(x);

	return err;
}
