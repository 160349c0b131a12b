/**
 * @file b2bua/fork_transfer.c  Blind transfer from the keypad (Dial t, T)
 *
 * '#' of the side that may: the other one hears music, this one a prompt and
 * dials.  A number of the plan takes the other one there; a wrong one, or none
 * in time, brings both together again.
 *
 *   caller transfers callee   the callee runs the plan in a call of its own,
 *                             the caller's call ends
 *   callee transfers caller   the caller's plan goes on there, the callee is
 *                             hung up
 */
#include "b2bua/fork_priv.h"
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "b2bua/fraud.h"

enum {
	FIRST_MS = 5000, /* wait for the first digit, prompt included */
	NEXT_MS = 3000,  /* ... and between digits */
};


static struct leg *side(const struct fork *f, bool caller)
{
	return caller ? f->call->caller : f->winner->leg;
}


static void play(const struct fork *f, struct leg *leg, const char *files)
{
	struct media_play prm;

	memset(&prm, 0, sizeof(prm));
	prm.files = files;
	prm.lang = f->call->language;
	(void)media_play(leg_media(leg), &prm); /* silence then */
}


/* TRANSFER_CONTEXT, else where the one who transfers may dial */
static const char *context_of(const struct fork *f)
{
	const char *var = call_var(f->call, "TRANSFER_CONTEXT");
	const struct peer *peer = leg_peer(side(f, f->xfer.by_caller));

	if (var[0])
		return var;

	return peer && peer->context ? peer->context : f->call->context;
}


/* --- back together ------------------------------------------------------- */

static void rejoin(struct fork *f, const char *why)
{
	struct call *call = f->call;
	struct leg *leg = f->winner->leg;
	int err;

	call_info(call, "no transfer: %s", why);
	timer_cancel(&f->xfer.tmr);
	(void)media_stop_play(leg_media(side(f, !f->xfer.by_caller)));

	f->state = FORK_TALK;
	err = call_bridge(call, leg);
	if (err) {
		call_warning(call, "cannot be joined again: %m", err);
		fork_talk_over(f, CAUSE_FAILURE, false);
		return;
	}

	play(f, side(f, f->xfer.by_caller), "pbx-invalid");
}


/* --- there --------------------------------------------------------------- */

static int send_callee(struct fork *f, const char *context, const char *exten)
{
	struct fork_leg *fl = f->winner;
	struct call *other;
	struct leg *leg = fl->leg;
	int err;

	err = fork_move_callee(f, &other);
	if (err)
		return err;

	(void)call_set_var(other, "BLINDTRANSFER", leg_name(f->call->caller),
			   false);
	fraud_pays(other, f->call->caller);
	(void)media_stop_play(leg_media(leg));
	call_run(other, leg, context, exten);
	f->res.moved = true;
	fork_over(f, DIAL_ANSWER, CAUSE_NORMAL);

	return 0;
}


static int send_caller(struct fork *f, const char *context, const char *exten)
{
	struct call *call = f->call;

	call_stop_play(call);
	fraud_pays(call, f->winner->leg);
	(void)call_set_var(call, "BLINDTRANSFER", f->peername, false);
	(void)call_goto_to(call, context, exten, 1);
	f->res.jumped = true;
	f->res.moved = true;
	fork_talk_over(f, CAUSE_NORMAL, true);

	return 0;
}


static void finish(struct fork *f)
{
	const char *exten = f->xfer.digits;
	char context[sizeof(f->call->context)];
	int err;

	timer_cancel(&f->xfer.tmr);
	str_ncpy(context, context_of(f), sizeof(context));

	if (!exten[0]) {
		rejoin(f, "nothing dialled");
		return;
	}
	if (!call_exists(f->call, context, exten)) {
		rejoin(f, "no such extension");
		return;
	}

	call_info(f->call, "%s sends %s to %s,%s",
		  leg_name(side(f, f->xfer.by_caller)),
		  leg_name(side(f, !f->xfer.by_caller)), context, exten);

	err = f->xfer.by_caller ? send_callee(f, context, exten)
				: send_caller(f, context, exten);
	if (err)
		rejoin(f, "no memory");
}


static void timeout(void *arg)
{
	finish(arg);
}


void fork_transfer_digit(struct fork *f, bool caller, char digit)
{
	size_t n = strlen(f->xfer.digits);

	if (caller != f->xfer.by_caller)
		return; /* the other one only listens to the music */

	if (!n)
		(void)media_stop_play(leg_media(side(f, caller)));
	if (digit == '#' || n + 2 > sizeof(f->xfer.digits)) {
		finish(f);
		return;
	}

	f->xfer.digits[n] = digit;
	f->xfer.digits[n + 1] = '\0';
	if (call_can_match_more(f->call, context_of(f), f->xfer.digits))
		timer_start(&f->xfer.tmr, NEXT_MS, timeout, f);
	else
		finish(f);
}


bool fork_transfer_start(struct fork *f, bool caller)
{
	struct call *call = f->call;

	if (f->state != FORK_TALK || !call->caller || !f->winner->leg)
		return false;

	call_info(call, "%s wants to transfer", leg_name(side(f, caller)));
	call_unbridge(call);
	f->state = FORK_TRANSFER;
	f->xfer.by_caller = caller;
	f->xfer.digits[0] = '\0';

	(void)call_music(call, side(f, !caller), NULL); /* said there */
	play(f, side(f, caller), "pbx-transfer");
	timer_start(&f->xfer.tmr, FIRST_MS, timeout, f);

	return true;
}
