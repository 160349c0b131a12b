/**
 * @file apps/app_park.c  Park: a call waits in a slot until somebody takes it
 *
 *   TELL --said--> STAND --parkingtime--> RECALL --nobody--> comebackcontext
 *   (himself)      (music)                (rings at the parker)
 *
 * Who has parked is the one whose transfer has sent the call here; he is told
 * the slot before he is let go (xfer_say()).  If a prompt before this step has
 * ended the transfer, BLINDTRANSFER still names him.  Else the caller
 * has parked himself, as phones do before an attended transfer: when another
 * leg takes his place (transfer.c) the step begins again, and finds in
 * PARKED_AS where it stood and who has parked.
 */
#include "apps/park.h"
#include "b2bua/cdr.h"
#include "b2bua/fork.h"
#include "b2bua/park.h"
#include "b2bua/transfer.h"
#include "base/rand.h"
#include "base/text.h"

enum { AGAIN_MS = 500 };

#define PARKED_AS "PARKED_AS" /* "slot:channel of the parker:lot" */

struct parked {
	struct call *call;           /* no reference: it owns us */
	const struct park_lot *lot;  /* of call->cfg */
	struct park_slot *slot;      /* NULL once it comes back */
	struct timer tmr;
	struct fork *fork;           /* RECALL */
	struct args comeback;        /* c(): context, extension, priority */
	bool ring, silent, random;
	uint32_t timeout_ms;
	uint32_t want;               /* slot */
	bool again;                  /* stood there already */
	char parker[96];             /* channel */
	parked_h *parkedh;           /* in place of telling; NULL none */
	void *arg;
};


static void destructor(void *data)
{
	struct parked *p = data;

	timer_cancel(&p->tmr);
	mem_deref(p->fork);
	mem_deref(p->slot);
	args_reset(&p->comeback);
	mem_deref(p->arg);
}


/* ---- who has parked ----------------------------------------------------- */

static void set_vars(const struct parked *p)
{
	struct call *call = p->call;
	char device[96], no[16];

	leg_device(device, sizeof(device), p->parker);
	(void)re_snprintf(no, sizeof(no), "%u", p->slot->no);
	(void)call_set_var(call, "PARKINGSLOT", no, false);
	(void)call_set_var(call, "PARKING_SPACE", no, false);
	(void)call_set_var(call, "PARKEDLOT", p->lot->name, false);
	(void)call_set_var(call, "PARKER", device, false);
	for (char *c = device; *c; c++) {
		if (*c == '/')
			*c = '_';
	}
	(void)call_set_var(call, "PARKER_FLAT", device, false);
	(void)vars_printf(call->vars, PARKED_AS, "%u:%s:%s", p->slot->no,
			  p->parker, p->lot->name);
}


/* The call, or one that it has been joined with, stood here before */
static void look_back(struct parked *p)
{
	struct pl rest, no, parker;
	uint64_t n;

	pl_set_str(&rest, call_var(p->call, PARKED_AS));
	if (!pl_next(&no, &rest, ':') || num_decode(&n, &no, UINT32_MAX) ||
	    !pl_next(&parker, &rest, ':') ||
	    pl_strcasecmp(&rest, p->lot->name))
		return;

	p->want = (uint32_t)n;
	p->again = true;
	(void)pl_copy(p->parker, sizeof(p->parker), &parker);
}


static void find_parker(struct parked *p)
{
	const struct leg *by = xfer_by(p->call);
	const char *was = call_var(p->call, "BLINDTRANSFER");

	if (by)
		str_ncpy(p->parker, leg_name(by), sizeof(p->parker));
	else if (!p->again)
		str_ncpy(p->parker,
			 was[0] ? was : leg_name(p->call->caller),
			 sizeof(p->parker));
	if (by)
		p->again = false;
}


/* ---- it comes back ------------------------------------------------------ */

static void leave(struct parked *p, enum app_result res)
{
	(void)call_set_var(p->call, PARKED_AS, "", false);
	call_step_done(p->call, res);
}


/* Where nobody has taken it: the next step if there is no such place */
static void come_back(struct parked *p)
{
	const char *flat = call_var(p->call, "PARKER_FLAT");
	const char *context = p->lot->comebackcontext;
	struct call *call = p->call;
	enum app_result res = APP_NEXT;

	if (p->comeback.n) {
		if (!call_goto_args(call, &p->comeback))
			call->jumped = true;
	}
	else if (context && flat[0] && call_exists(call, context, flat)) {
		(void)call_goto_to(call, context, flat, 1);
		call->jumped = true;
	}
	else if (context && call_exists(call, context, "s")) {
		(void)call_goto_to(call, context, "s", 1);
		call->jumped = true;
	}
	else if (p->fork) {
		res = APP_HANGUP;
	}

	call_step_note(call, "comes back%s", call->jumped ? "" : ", nobody");
	leave(p, res);
}


static void recall_over(struct call *call, const struct fork_result *res,
			void *arg)
{
	struct parked *p = arg;

	(void)call_set_var(call, "DIALSTATUS", dial_status_name(res->status),
			   false);
	cdr_result(call, res->status, res->scode);
	if (res->cause)
		call->cause = res->cause;

	if (res->status != DIAL_ANSWER) {
		come_back(p);
		return;
	}

	if (res->jumped)
		call->jumped = true;
	leave(p, res->jumped ? APP_NEXT : APP_HANGUP);
}


/* The lot means the one who takes the call by its caller, who is the callee
 * of the recall */
static int turned(int sides)
{
	return (sides & FEATURE_CALLER ? FEATURE_CALLEE : 0) |
	       (sides & FEATURE_CALLEE ? FEATURE_CALLER : 0);
}


static void recall_keys(struct talk_keys *keys, const struct park_lot *lot)
{
	park_lot_keys(keys, lot);

	keys->transfer = turned(keys->transfer);
	keys->hangup = turned(keys->hangup);
	keys->park = turned(keys->park);
	keys->mix = turned(keys->mix);
	keys->monitor = turned(keys->monitor);
}


static int recall(struct parked *p)
{
	struct fork_params prm = {0};
	struct ttext *dev = NULL;
	const struct ttext *devv[1];
	struct pl pl;
	int err;

	pl_set_str(&pl, call_var(p->call, "PARKER"));
	err = ttext_create(&dev, &pl, false);
	if (err)
		return err;

	devv[0] = dev;
	prm.devv = devv;
	prm.devc = 1;
	prm.timeout_ms = p->lot->comebackdial_s * 1000;
	prm.ring = true;
	recall_keys(&prm.keys, p->lot);
	err = fork_start(&p->fork, p->call, &prm, recall_over, p);
	mem_deref(dev);

	return err;
}


/* He has parked himself, and is still there: nobody to call back */
static bool is_alone(const struct parked *p)
{
	return !str_cmp(p->parker, leg_name(p->call->caller));
}


static void timeout_handler(void *arg)
{
	struct parked *p = arg;
	int err;

	if (xfer_by(p->call)) { /* the slot is still being said */
		timer_start(&p->tmr, AGAIN_MS, timeout_handler, p);
		return;
	}

	call_info(p->call, "nobody has taken it from slot %u", p->slot->no);
	p->slot = mem_deref(p->slot);
	call_stop_play(p->call);
	if (p->comeback.n || !p->lot->comebacktoorigin || is_alone(p)) {
		come_back(p);
		return;
	}

	err = recall(p);
	if (err) {
		call_warning(p->call, "cannot call back %s: %m", p->parker,
			     err);
		come_back(p);
	}
}


/* ---- it stands there ---------------------------------------------------- */

static void stand(struct parked *p)
{
	struct call *call = p->call;

	if (p->ring)
		(void)call_play_loop(call, "tone:ring", false);
	else
		(void)call_music(call, call->caller, p->lot->music);
}


static void told_handler(struct call *call, int err, void *arg)
{
	(void)call;
	(void)err;
	stand(arg);
}


/* The slot's number to who has parked; false: it is still being said */
static bool tell(struct parked *p)
{
	struct mbuf *mb = mbuf_alloc(64);
	char no[16], *files = NULL;
	struct pl pl;
	bool told = true;

	(void)re_snprintf(no, sizeof(no), "%u", p->slot->no);
	pl_set_str(&pl, no);
	if (!mb || say_digits(mb, &pl) || mbuf_str(&files, mb))
		goto out;

	if (!xfer_say(p->call, files) && !xfer_by(p->call))
		told = call_play(p->call, files, told_handler, p) != 0;

out:
	mem_deref(files);
	mem_deref(mb);

	return told;
}


static void start(struct parked *p)
{
	struct call *call = p->call;

	str_ncpy(p->slot->parker, p->parker, sizeof(p->slot->parker));
	set_vars(p);
	call_info(call, "%s parked in slot %u of lot %s by %s",
		  leg_name(call->caller), p->slot->no, p->lot->name,
		  p->parker);
	call_step_note(call, "slot %u", p->slot->no);

	if (p->timeout_ms) {
		timer_start(&p->tmr, p->timeout_ms, timeout_handler, p);
		p->slot->until_ms = p->slot->since_ms + p->timeout_ms;
	}
	if (p->parkedh)
		p->parkedh(call, p->slot->no, p->arg);
	if (p->again || p->silent || p->parkedh || tell(p))
		stand(p);
}


/* ---- arguments ---------------------------------------------------------- */

/* lot, options */
static int take_new(struct parked *p, const struct args *args)
{
	const struct ttext *text;
	struct opts opts;
	struct pl arg;
	int err;

	err = opts_decode(&opts, args_text(args, 1), "rRsct", opt_unknown,
			  p->call);
	if (err)
		return err;

	p->ring = opt_find(&opts, 'r', NULL);
	p->random = opt_find(&opts, 'R', NULL);
	p->silent = opt_find(&opts, 's', NULL);
	if (opt_find(&opts, 't', &arg) && !arg_ms(&p->timeout_ms, &arg))
		call_warning(p->call, "Park: t(%r): no number", &arg);

	text = opt_text(&opts, 'c');
	if (text)
		err = args_split_plain(&p->comeback, text,
				       strchr(text->str, '^') ? '^' : ',');
	opts_reset(&opts);

	return err;
}


/* timeout in ms, return context, extension, priority, options, lot: before
 * Asterisk 12 */
static int take_old(struct parked *p, const struct args *args,
		    const char **lot)
{
	struct pl ms = args_pl(args, 0);
	uint64_t n;
	int err = 0;

	if (ms.l && !num_decode(&n, &ms, 24 * 3600 * 1000))
		p->timeout_ms = (uint32_t)n;
	for (size_t i = 1; i < 4 && args_has(args, i) && !err; i++)
		err = args_add(&p->comeback, args_text(args, i));

	p->ring = strchr(args_str(args, 4), 'r') != NULL;
	p->random = strchr(args_str(args, 4), 'R') != NULL;
	p->silent = strchr(args_str(args, 4), 's') != NULL;
	*lot = args_str(args, 5);

	return err;
}


static bool is_old(const struct parked *p, const struct args *args)
{
	struct pl first = args_pl(args, 0);
	uint64_t n;

	return args->n > 2 ||
	       (first.l && !num_decode(&n, &first, UINT64_MAX) &&
		!config_lot(p->call->cfg, args_str(args, 0)));
}


static int take_args(struct parked *p, const struct args *args)
{
	const char *name = args_str(args, 0);
	struct pl want;
	uint64_t n;
	int err;

	err = is_old(p, args) ? take_old(p, args, &name)
			      : take_new(p, args);
	if (err)
		return err;

	p->lot = park_lot(p->call, name);
	if (!p->lot) {
		call_warning(p->call, "Park: there is no lot \"%s\"", name);
		return ENOENT;
	}
	if (!p->timeout_ms)
		p->timeout_ms = p->lot->parkingtime_s * 1000;

	/* asked for by the plan */
	pl_set_str(&want, call_var(p->call, "PARKINGEXTEN"));
	if (want.l && !num_decode(&n, &want, UINT32_MAX))
		p->want = (uint32_t)n;

	return 0;
}


/* ---- the application ---------------------------------------------------- */

static int take_slot(struct parked *p)
{
	look_back(p);
	find_parker(p);
	if (p->random && !p->again)
		p->want = p->lot->first +
			  rand_num() % (p->lot->last - p->lot->first + 1);

	return park_take(&p->slot, p->call, p->lot, p->want);
}


static enum app_result full(struct parked *p, int err)
{
	struct call *call = p->call;

	call_warning(call, "not parked: %s",
		     err == ENOBUFS ? "all slots are taken" : strerror(err));
	call_step_note(call, "%m", err);

	/* who transfers gets the party back */
	if (xfer_by(call))
		return APP_HANGUP;
	if (call_play(call, "pbx-parkingfailed", play_then_next, NULL))
		return APP_NEXT;

	return APP_WAIT;
}


enum app_result park_run(struct call *call, const struct args *args,
			 parked_h *h, void *arg)
{
	struct parked *p = mem_zalloc(sizeof(*p), destructor);
	int err;

	if (!p)
		return APP_HANGUP;

	call->appst = p;
	p->call = call;
	p->parkedh = h;
	p->arg = mem_ref(arg);
	if (take_args(p, args))
		return APP_NEXT;
	if (!call_is_answered(call) && !answer_first(call))
		return APP_HANGUP;

	err = take_slot(p);
	if (err)
		return full(p, err);

	start(p);

	return APP_WAIT;
}


static enum app_result park_exec(struct call *call, const struct args *args)
{
	return park_run(call, args, NULL, NULL);
}


void park_cancel(struct call *call)
{
	call_stop_play(call);
}


const struct app app_park = {
	.name = "Park",
	.usage = "Park([lot[,options]])  wait in a parking slot: s says no "
		 "number, r rings in place of music, R takes any slot, "
		 "c(context,extension,priority) where to then, t(seconds)",
	.maxargs = 6,
	.exec = park_exec,
	.cancel = park_cancel,
};
