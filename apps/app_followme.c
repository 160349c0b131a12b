/**
 * @file apps/app_followme.c  FollowMe: look for a person at several numbers
 *
 *   status (s), name (a), "please hold" --> step: its numbers ring together
 *      ^                                       |
 *      +-- next step <-- nobody took it -------+-- taken: both talk
 *   no step left: sorry (n), the plan goes on
 *
 * Who answers hears whose call it is and presses a key to take it or to
 * decline; meanwhile the other numbers of the step go on ringing.
 */
#include "apps/intro.h"
#include "apps/vm_talk.h"
#include "b2bua/cdr.h"
#include "b2bua/fork.h"
#include "base/text.h"

enum { ASKED_MAX = 2 };

struct fm {
	struct call *call;
	const struct followme *who;   /* of call->cfg */
	const struct le *next;        /* struct followme_number: next step */
	struct intro *intro;
	bool named;                   /* it can be heard */
	struct fork *fork;
	struct args devs;
	bool name, quiet, late_answer, sorry, status; /* a, d, N, n, s */
};

/** Somebody who has answered */
struct asked {
	struct call *callee;
	const struct fm *fm;          /* lives longer: it has the fork */
	struct vm_talk talk;
	unsigned times;
};


static void fm_destructor(void *data)
{
	struct fm *fm = data;

	mem_deref(fm->fork);
	mem_deref(fm->intro);
	args_reset(&fm->devs);
}


static void asked_destructor(void *data)
{
	struct asked *as = data;

	vm_talk_reset(&as->talk);
}


/* --- the callee ---------------------------------------------------------- */

static void ask(struct asked *as);


static void verdict(struct asked *as, bool take)
{
	struct fork_verdict v = {.take = take, .status = DIAL_NOANSWER};

	call_info(as->callee, "%s", take ? "takes the call"
					 : "does not take the call");
	fork_screened(as->callee, &v);
}


static void key_pressed(const char *keys, void *arg)
{
	struct asked *as = arg;
	const struct followme_opts *o = &as->fm->who->opts;

	if (!str_cmp(keys, o->takecall))
		verdict(as, true);
	else if (!str_cmp(keys, o->declinecall) || as->times >= ASKED_MAX)
		verdict(as, false);
	else
		ask(as);
}


static void ask(struct asked *as)
{
	const struct followme_opts *o = &as->fm->who->opts;
	size_t take = str_len(o->takecall), decline = str_len(o->declinecall);

	if (!as->times++) {
		if (o->call_from)
			vm_say(&as->talk, o->call_from);
		if (as->fm->named)
			vm_say(&as->talk, intro_prompt(as->fm->intro));
		else if (o->norecording)
			vm_say(&as->talk, o->norecording);
	}
	if (o->options)
		vm_say(&as->talk, o->options);

	vm_talk_ask(&as->talk, take > decline ? take : decline, NULL,
		    o->digit_ms, key_pressed);
}


static void answered(struct call *callee, size_t dev, void *arg)
{
	static const struct fork_verdict no = {.status = DIAL_CHANUNAVAIL};
	struct fm *fm = arg;
	struct asked *as = mem_zalloc(sizeof(*as), asked_destructor);

	(void)dev;
	if (!as || vm_talk_init(&as->talk, callee, as)) {
		mem_deref(as);
		fork_screened(callee, &no);
		return;
	}

	as->callee = callee;
	as->fm = fm;
	callee->appst = as;
	ask(as);
}


/* --- the caller ---------------------------------------------------------- */

static void finish(struct fm *fm, const char *word, enum app_result res)
{
	(void)call_set_var(fm->call, "FOLLOWMESTATUS", word, false);
	call_step_note(fm->call, "%s", word);
	call_step_done(fm->call, res);
}


static void sorry_said(struct call *call, int err, void *arg)
{
	(void)call;
	(void)err; /* nobody was found all the same */
	finish(arg, "NOANSWER", APP_NEXT);
}


static void nobody(struct fm *fm)
{
	const char *prompt = fm->who->opts.sorry;

	if (fm->sorry && prompt && answer_first(fm->call) &&
	    !call_play(fm->call, prompt, sorry_said, fm))
		return;

	finish(fm, "NOANSWER", APP_NEXT);
}


static void step(struct fm *fm);


static void step_over(struct call *call, const struct fork_result *res,
		      void *arg)
{
	struct fm *fm = arg;

	cdr_result(call, res->status, res->scode);
	fm->fork = mem_deref(fm->fork);
	if (res->status == DIAL_ANSWER)
		finish(fm, "ANSWER", res->go_on ? APP_NEXT : APP_HANGUP);
	else
		step(fm);
}


static void connected(struct call *call, int err, void *arg)
{
	struct fm *fm = arg;

	(void)call;
	(void)err;
	fork_connect(fm->fork);
}


/* "connecting you", before both talk */
static bool event(struct call *call, enum fork_event ev, size_t dev,
		  enum dial_status status, void *arg)
{
	struct fm *fm = arg;
	const char *prompt = fm->who->opts.connecting;

	(void)dev;
	(void)status;

	return ev == FORK_EV_ANSWERED && prompt && answer_first(call) &&
	       !call_play(call, prompt, connected, fm);
}


static int add_device(struct fm *fm, const struct pl *number)
{
	struct ttext *t = NULL;
	char *dev = NULL;
	struct pl pl;
	int err;

	if (!number->l)
		return 0;
	err = re_sdprintf(&dev, "Local/%r@%s", number,
			  fm->who->opts.context);
	if (!err) {
		pl_set_str(&pl, dev);
		err = ttext_create(&t, &pl, false);
	}
	if (!err)
		err = args_add(&fm->devs, t);
	mem_deref(t);
	mem_deref(dev);

	return err;
}


/* The lines of one order; the longest time of them */
static int take_step(struct fm *fm, uint32_t *timeout_s)
{
	const struct followme_number *first = fm->next->data;
	int err = 0;

	args_reset(&fm->devs);
	*timeout_s = 0;

	for (; fm->next && !err; fm->next = fm->next->next) {
		const struct followme_number *n = fm->next->data;
		struct pl rest, part;

		if (n->order != first->order)
			break;

		pl_set_str(&rest, n->numbers);
		while (!err && pl_next(&part, &rest, '&')) {
			part = pl_trim(part);
			err = add_device(fm, &part);
		}
		if (n->timeout_s > *timeout_s)
			*timeout_s = n->timeout_s;
	}

	return err;
}


static int dial_step(struct fm *fm)
{
	const struct followme_opts *o = &fm->who->opts;
	struct fork_params prm;
	uint32_t timeout_s;
	int err = take_step(fm, &timeout_s);

	if (err)
		return err;

	memset(&prm, 0, sizeof(prm));
	prm.devv = (const struct ttext *const *)fm->devs.v;
	prm.devc = fm->devs.n;
	prm.timeout_ms = timeout_s * 1000;
	prm.music = !fm->late_answer;
	prm.music_class = o->musicclass;
	prm.why = "follow-me";
	prm.eventh = event;
	if (o->callee_prompt) {
		prm.screenh = answered;
		prm.screen_race = true;
	}

	return fork_start(&fm->fork, fm->call, &prm, step_over, fm);
}


static void step(struct fm *fm)
{
	int err;

	if (!fm->next) {
		nobody(fm);
		return;
	}

	err = dial_step(fm);
	if (!err)
		return;

	call_warning(fm->call, "FollowMe(%s): %m", fm->who->name, err);
	finish(fm, "NOANSWER", APP_NEXT);
}


/* --- before the search --------------------------------------------------- */

static void held(struct call *call, int err, void *arg)
{
	(void)call;
	(void)err;
	step(arg);
}


static void hold(struct fm *fm)
{
	const char *prompt = fm->who->opts.hold;

	if (fm->quiet || fm->late_answer || !prompt ||
	    call_play(fm->call, prompt, held, fm))
		step(fm);
}


static void named(struct intro *in, bool good, void *arg)
{
	struct fm *fm = arg;

	(void)in;
	fm->named = good;
	hold(fm);
}


static void name(struct fm *fm)
{
	if (!fm->name || fm->late_answer ||
	    intro_start(&fm->intro, fm->call, "vm-rec-name", NULL, named, fm))
		hold(fm);
}


static void status_said(struct call *call, int err, void *arg)
{
	(void)call;
	(void)err;
	name(arg);
}


static void take_options(struct fm *fm, const struct args *args)
{
	struct opts opts;

	if (!opts_decode(&opts, args_text(args, 1), "adlnNsI", opt_unknown,
			 fm->call)) {
		fm->name = opt_find(&opts, 'a', NULL);
		fm->quiet = opt_find(&opts, 'd', NULL);
		fm->late_answer = opt_find(&opts, 'N', NULL);
		fm->sorry = opt_find(&opts, 'n', NULL);
		fm->status = opt_find(&opts, 's', NULL);
	}
	opts_reset(&opts);
}


static enum app_result followme_exec(struct call *call,
				     const struct args *args)
{
	const struct followme *who = config_followme(call->cfg,
						     args_str(args, 0));
	struct fm *fm;

	(void)call_set_var(call, "FOLLOWMESTATUS", "", false);
	if (!who) {
		call_warning(call, "FollowMe: there is no [%s] in "
			     "followme.conf", args_str(args, 0));
		call_step_note(call, "no such person");
		return APP_NEXT;
	}

	fm = mem_zalloc(sizeof(*fm), fm_destructor);
	if (!fm)
		return APP_HANGUP;

	call->appst = fm;
	fm->call = call;
	fm->who = who;
	fm->next = list_head(&who->numbers);
	take_options(fm, args);

	if (!fm->late_answer && !answer_first(call))
		return APP_HANGUP;

	if (!fm->status || fm->late_answer || !who->opts.status ||
	    call_play(call, who->opts.status, status_said, fm))
		name(fm);

	return APP_WAIT;
}


/* For extension h and the record, as Dial does it */
static void followme_cancel(struct call *call)
{
	const struct fm *fm = call->appst;
	struct fork_result res;

	call_stop_play(call);
	if (!fm || !fm->fork)
		return;

	fork_get_result(fm->fork, &res);
	cdr_result(call, res.status, res.scode);
}


const struct app app_followme = {
	.name = "FollowMe",
	.usage = "FollowMe(person[,options])  look for somebody at the numbers "
		 "of followme.conf; who answers is asked whether he takes the "
		 "call",
	.minargs = 1,
	.maxargs = 2,
	.exec = followme_exec,
	.cancel = followme_cancel,
};
