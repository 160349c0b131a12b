/**
 * @file b2bua/fork_transfer.c  Transfers from the keypad (Dial t, T), and
 *                              parking by a key (k, K)
 *
 * The one who transfers is asked for a number while the other one hears music.
 * A number of the plan is gone to: blind, the party is sent there and comes
 * back if nobody takes it (xfer.c); attended, who transfers goes there to ask
 * (consult.c).  A wrong number may be dialled again; then, or if nothing is
 * dialled in time, both are together again.
 */
#include "b2bua/fork_priv.h"
#include "b2bua/cause.h"
#include "b2bua/park.h"
#include "b2bua/transfer.h"

enum { FIRST_MS = 5000 }; /* wait for the first digit, prompt included */


static struct leg *side(const struct fork *f, bool caller)
{
	return caller ? f->call->caller : f->winner->leg;
}


static const struct features_conf *conf(const struct fork *f)
{
	return &f->call->cfg->features;
}


void fork_play(const struct fork *f, const struct leg *leg, const char *files)
{
	const struct peer *peer = leg_peer(leg);
	struct media_play prm = {
		.files = files, .lang = f->call->language,
		.country = peer ? peer->tonezone : NULL,
	};

	if (leg && leg_media(leg) && files && files[0])
		(void)media_play(leg_media(leg), &prm); /* silence then */
}


/* --- back together ------------------------------------------------------- */

static int join(struct fork *f)
{
	struct call_hold caller = f->call->hold_caller;
	struct call_hold callee = f->call->hold_bridged;

	timer_cancel(&f->xfer.tmr);
	f->state = FORK_TALK;

	return bridge_again(f->call, f->winner->leg, &caller, &callee);
}


static void rejoin(struct fork *f, const char *why)
{
	int err;

	call_info(f->call, "no transfer: %s", why);
	err = join(f);
	if (err) {
		call_warning(f->call, "cannot be joined again: %m", err);
		fork_talk_over(f, CAUSE_FAILURE, false);
		return;
	}

	fork_play(f, side(f, f->xfer.by_caller), conf(f)->xferfailsound);
}


/* --- blind --------------------------------------------------------------- */

/** Whom to tell how it goes */
struct told {
	struct leg *by;  /* reference */
	char *fail;      /* sound; NULL none */
};


static void told_destructor(void *data)
{
	struct told *t = data;

	mem_deref(t->by);
	mem_deref(t->fail);
}


static void tell(const struct told *t, const char *files, bool loop)
{
	const struct peer *peer = leg_peer(t->by);
	struct media_play prm = {
		.files = files, .loop = loop,
		.lang = peer ? peer->language : NULL,
		.country = peer ? peer->tonezone : NULL,
	};

	if (leg_state(t->by) == LEG_CONFIRMED && leg_media(t->by) && files)
		(void)media_play(leg_media(t->by), &prm);
}


static void progress_handler(enum xfer_progress p, uint16_t scode, void *arg)
{
	const struct told *t = arg;

	(void)scode;
	switch (p) {

	case XFER_RINGING:
		tell(t, "tone:ring", true);
		break;

	case XFER_FAILED:
		if (leg_media(t->by))
			(void)media_stop_play(leg_media(t->by));
		tell(t, t->fail, false);
		break;

	case XFER_DONE:
	case XFER_LOST:
	default:
		break;
	}
}


static struct told *told_alloc(const struct fork *f, struct leg *by)
{
	const char *fail = conf(f)->xferfailsound;
	struct told *t = mem_zalloc(sizeof(*t), told_destructor);

	if (t && fail && str_dup(&t->fail, fail))
		t = mem_deref(t);
	if (t)
		t->by = mem_ref(by);

	return t;
}


static int send_to(struct fork *f, bool caller, const char *context,
		   const char *exten, void (*setup)(struct call *, void *))
{
	struct leg *by = side(f, caller);
	struct told *t = told_alloc(f, by);
	int err;

	if (!t)
		return ENOMEM;

	err = xfer_start(by, context, exten, setup, progress_handler, t);
	mem_deref(t);

	return err;
}


static void blind(struct fork *f, const char *context, const char *exten)
{
	bool caller = f->xfer.by_caller;
	int err;

	err = join(f);
	if (!err)
		err = send_to(f, caller, context, exten, NULL);
	if (err)
		rejoin(f, strerror(err));
}


/* --- the number ---------------------------------------------------------- */

static void timeout(void *arg);


static void ask(struct fork *f, const char *sound)
{
	f->xfer.digits[0] = '\0';
	fork_play(f, side(f, f->xfer.by_caller), sound);
	timer_start(&f->xfer.tmr, FIRST_MS, timeout, f);
}


static void finish(struct fork *f)
{
	const struct leg *by = side(f, f->xfer.by_caller);
	char exten[sizeof(f->xfer.digits)];
	char context[sizeof(f->call->context)];

	timer_cancel(&f->xfer.tmr);
	str_ncpy(exten, f->xfer.digits, sizeof(exten));
	str_ncpy(context, xfer_context(by), sizeof(context));

	if (!exten[0]) {
		rejoin(f, "nothing dialled");
		return;
	}
	if (!call_exists(f->call, context, exten)) {
		call_info(f->call, "%s dials %s, which is not in %s",
			  leg_name(by), exten, context);
		if (++f->xfer.tries < conf(f)->attempts)
			ask(f, conf(f)->retrysound);
		else
			rejoin(f, "no such extension");
		return;
	}

	if (!f->xfer.attended)
		blind(f, context, exten);
	else if (consult_start(f, f->xfer.by_caller, context, exten))
		rejoin(f, "no memory");
}


static void timeout(void *arg)
{
	struct fork *f = arg;

	mem_ref(f);
	finish(f);
	mem_deref(f);
}


void fork_transfer_digit(struct fork *f, bool caller, char digit)
{
	const struct leg *by = side(f, caller);
	size_t n = strlen(f->xfer.digits);

	if (caller != f->xfer.by_caller)
		return; /* the other one only listens to the music */

	if (!n)
		(void)media_stop_play(leg_media(by));
	if (digit == '#' || n + 2 > sizeof(f->xfer.digits)) {
		finish(f);
		return;
	}

	f->xfer.digits[n] = digit;
	f->xfer.digits[n + 1] = '\0';
	if (call_can_match_more(f->call, xfer_context(by), f->xfer.digits))
		timer_start(&f->xfer.tmr, conf(f)->transferdigit_s * 1000,
			    timeout, f);
	else
		finish(f);
}


bool fork_transfer_start(struct fork *f, bool caller, bool attended)
{
	struct call *call = f->call;

	if (f->state != FORK_TALK || !call->caller || !f->winner->leg)
		return false;

	call_info(call, "%s wants to transfer", leg_name(side(f, caller)));
	fork_keys_reset(f);
	call_unbridge(call);
	f->state = FORK_TRANSFER;
	f->xfer.by_caller = caller;
	f->xfer.attended = attended;
	f->xfer.tries = 0;

	(void)call_music(call, side(f, !caller), NULL); /* said there */
	ask(f, conf(f)->transferannounce);

	return true;
}


/* --- parking ------------------------------------------------------------- */

/* parkext parks in the lot of the one who has pressed the keys */
static void park_setup(struct call *call, void *arg)
{
	const struct told *t = arg;
	const struct peer *peer = leg_peer(t->by);

	if (peer && peer->parkinglot && !call_var(call, "PARKINGLOT")[0])
		(void)call_set_var(call, "PARKINGLOT", peer->parkinglot,
				   false);
}


void fork_park(struct fork *f, bool caller)
{
	struct leg *by = side(f, caller);
	const struct peer *peer = leg_peer(by);
	const struct park_lot *lot;
	int err = ENOENT;

	lot = park_lot(f->call, peer ? peer->parkinglot : NULL);
	if (lot && !lot->parkext)
		lot = config_lot(f->call->cfg, "default");
	if (lot && lot->parkext)
		err = send_to(f, caller, lot->context, lot->parkext, park_setup);
	if (!err)
		return;

	call_warning(f->call, "%s cannot park: %s", leg_name(by),
		     err == ENOENT ? "the lot's context has no parkext; "
				     "include it, or write res_parking.conf"
				   : strerror(err));
	fork_play(f, by, conf(f)->xferfailsound);
}
