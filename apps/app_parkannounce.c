/**
 * @file apps/app_parkannounce.c  ParkAndAnnounce: the slot is said elsewhere
 *
 * The call waits as in Park.  A device is rung by a call of its own (intercom,
 * loudspeaker, a colleague); who answers hears the template and is hung up:
 *
 *   RING --answer--> SAY --said--> end
 *
 * That call goes on when the parked one has left its slot meanwhile: what it
 * says is no longer true then, so it is ended with the step.
 */
#include "apps/park.h"
#include "apps/side_call.h"
#include "b2bua/cause.h"
#include "b2bua/fork.h"
#include "base/text.h"

enum { RING_MS = 30000 };

struct announcer;

/** What the step keeps */
struct announce {
	struct ttext *words;     /* "pbx-transfer:PARKED" */
	struct ttext *dial;
	struct announcer *ann;   /* no reference; NULL it is over */
};

/** The call that says it; that call owns it */
struct announcer {
	struct announce *a;      /* no reference; NULL: the step is over */
	struct call *call;       /* no reference */
	struct fork *fork;
	struct timer tmr;        /* what cannot be done inside of an event */
	char *files;
};


/* --- who says it --------------------------------------------------------- */

static void announcer_destructor(void *data)
{
	struct announcer *ann = data;

	if (ann->a)
		ann->a->ann = NULL;
	timer_cancel(&ann->tmr);
	mem_deref(ann->fork);
	mem_deref(ann->files);
}


static void end_handler(void *arg)
{
	struct announcer *ann = arg;

	call_end(ann->call, CAUSE_NORMAL);
}


static void end_soon(struct announcer *ann)
{
	timer_start(&ann->tmr, 0, end_handler, ann);
}


static void failed(struct call *call, const struct fork_result *res, void *arg)
{
	call_info(call, "the slot is not announced: %s",
		  dial_status_name(res->status));
	end_soon(arg);
}


static void said(struct call *call, int err, void *arg)
{
	if (err)
		call_warning(call, "the slot is not announced: %m", err);
	end_soon(arg);
}


static void answered(void *arg)
{
	struct announcer *ann = arg;
	struct call *call = ann->call;
	struct leg *leg = fork_take(ann->fork);
	int err = ENOTCONN;

	ann->fork = mem_deref(ann->fork);
	if (leg) {
		call->caller = leg;
		err = call_play(call, ann->files, said, ann);
	}
	if (err)
		said(call, err, ann);
}


static bool fork_event(struct call *call, enum fork_event ev, size_t dev,
		       enum dial_status status, void *arg)
{
	struct announcer *ann = arg;

	(void)call;
	(void)dev;
	(void)status;
	if (ev != FORK_EV_ANSWERED)
		return false;

	timer_start(&ann->tmr, 0, answered, ann);

	return true; /* nobody is bridged */
}


static int announcer_start(struct call *call, struct announce *a, char *files)
{
	const struct ttext *dev = a->dial;
	struct fork_params prm = {
		.devv = &dev, .devc = 1, .timeout_ms = RING_MS, .quiet = true,
		.eventh = fork_event,
	};
	struct announcer *ann;
	struct call *side;
	int err;

	err = side_call_alloc(&side, call);
	if (err)
		return err;

	ann = mem_zalloc(sizeof(*ann), announcer_destructor);
	if (!ann) {
		call_end(side, CAUSE_FAILURE);
		return ENOMEM;
	}

	side->appst = ann;
	ann->call  = side;
	ann->files = mem_ref(files);
	ann->a     = a;
	a->ann     = ann;
	err = fork_start(&ann->fork, side, &prm, failed, ann);
	if (err)
		call_end(side, CAUSE_FAILURE);

	return err;
}


/* --- what is said -------------------------------------------------------- */

static int print_word(struct mbuf *mb, const struct ttext *word, uint32_t slot)
{
	char *file = NULL, no[16];
	struct pl pl;
	int err;

	if (!str_casecmp(word->str, "PARKED")) {
		(void)re_snprintf(no, sizeof(no), "%u", slot);
		pl_set_str(&pl, no);

		return say_digits(mb, &pl);
	}

	err = call_files(&file, word);
	if (!err)
		err = mbuf_printf(mb, "%s%s", mb->end ? "&" : "", file);
	mem_deref(file);

	return err;
}


static int print_words(char **filesp, const struct ttext *words, uint32_t slot)
{
	struct mbuf *mb = mbuf_alloc(128);
	struct args args;
	int err;

	if (!mb)
		return ENOMEM;

	err = args_split_plain(&args, words, ':');
	for (size_t i = 0; !err && i < args.n; i++) {
		if (args.v[i]->len)
			err = print_word(mb, args.v[i], slot);
	}
	if (!err)
		err = mbuf_str(filesp, mb);

	args_reset(&args);
	mem_deref(mb);

	return err;
}


static void parked(struct call *call, uint32_t slot, void *arg)
{
	struct announce *a = arg;
	char *files = NULL;
	int err;

	err = print_words(&files, a->words, slot);
	if (!err)
		err = announcer_start(call, a, files);
	if (err)
		call_warning(call, "slot %u is not announced to %s: %m", slot,
			     a->dial->str, err);
	mem_deref(files);
}


/* --- the application ----------------------------------------------------- */

static void destructor(void *data)
{
	struct announce *a = data;

	if (a->ann) {
		a->ann->a = NULL;
		end_soon(a->ann);
	}
	mem_deref(a->words);
	mem_deref(a->dial);
}


/* template, timeout, device, where to then: before Asterisk 12 */
static bool is_old(const struct args *args)
{
	struct pl timeout = args_pl(args, 1);
	uint64_t n;

	return args->n < 4 || (timeout.l && !num_decode(&n, &timeout, 86400));
}


static int add(struct ttext *t, const char *str)
{
	struct pl pl;

	pl_set_str(&pl, str);

	return ttext_append(t, &pl, false);
}


/* ",t(timeout)c(context^extension^priority)" */
static int old_text(struct ttext *t, const struct args *args)
{
	const struct ttext *timeout = args_text(args, 1);
	int err = add(t, ",");

	if (timeout && timeout->len) {
		err |= add(t, "t(");
		err |= ttext_append_part(t, timeout, 0, timeout->len);
		err |= add(t, ")");
	}
	for (size_t i = 3; i < args->n; i++) {
		const struct ttext *part = args_text(args, i);

		err |= add(t, i == 3 ? "c(" : "^");
		err |= ttext_append_part(t, part, 0, part->len);
	}
	if (args->n > 3)
		err |= add(t, ")");

	return err ? ENOMEM : 0;
}


static int old_options(struct args *prk, const struct args *args)
{
	struct ttext *text;
	int err = ttext_alloc(&text);

	if (err)
		return err;

	err = old_text(text, args);
	if (!err)
		err = args_split(prk, text, 0);
	mem_deref(text);

	return err;
}


/* What Park gets, and what is left */
static int take_args(struct announce *a, struct args *prk,
		     const struct args *args)
{
	bool old = is_old(args);
	int err;

	memset(prk, 0, sizeof(*prk));
	a->words = mem_ref((void *)args_text(args, old ? 0 : 2));
	a->dial  = mem_ref((void *)args_text(args, old ? 2 : 3));
	if (!a->words || !a->dial || !a->dial->len)
		return EINVAL;
	if (old)
		return old_options(prk, args);

	err = args_add(prk, args_text(args, 0));

	return err ? err : args_add(prk, args_text(args, 1));
}


static enum app_result announce_exec(struct call *call,
				     const struct args *args)
{
	struct announce *a = mem_zalloc(sizeof(*a), destructor);
	enum app_result res = APP_NEXT;
	struct args prk;
	int err;

	if (!a)
		return APP_HANGUP;

	err = take_args(a, &prk, args);
	if (err)
		call_warning(call, "ParkAndAnnounce: what shall be said, and "
			     "to which device? (%m)", err);
	else
		res = park_run(call, &prk, parked, a);

	args_reset(&prk);
	mem_deref(a);

	return res;
}


const struct app app_parkandannounce = {
	.name = "ParkAndAnnounce",
	.usage = "ParkAndAnnounce(lot,options,file[:file...],device)  park the "
		 "call and say the files to a device; PARKED is the slot",
	.minargs = 3,
	.maxargs = 6,
	.exec = announce_exec,
	.cancel = park_cancel,
};
