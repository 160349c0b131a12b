/**
 * @file apps/app_forward.c  CallForward, DoNotDisturb: what a phone sets for
 *                           itself
 *
 * Star codes lead here (config/star.c), and so may a plan.  The phone is the
 * one that calls, and only a phone that has proved who it is; a plan may name
 * another one.  A number must be one that the phone itself may dial.
 *
 *   number given  --> set, said back
 *   none          --> asked for, '#' ends; nothing: what is set is said
 */
#include "apps/vm_talk.h"
#include "b2bua/forward.h"
#include "base/text.h"

enum {
	TRIES = 3,
	ASK_MS = 10000,
};

struct fwd {
	struct call *call;
	struct vm_talk talk;
	const struct peer *peer; /* of call->cfg */
	bool kinds[FORWARD_KINDC];
	unsigned tries;
};


static void destructor(void *data)
{
	struct fwd *fw = data;

	vm_talk_reset(&fw->talk);
}


static void over(const char *keys, void *arg)
{
	struct fwd *fw = arg;

	(void)keys;
	call_step_done(fw->call, APP_NEXT);
}


static void status(struct fwd *fw, const char *word)
{
	(void)call_set_var(fw->call, "FORWARDSTATUS", word, false);
	call_step_note(fw->call, "%s %s", fw->peer ? fw->peer->name : "",
		       word);
}


/* --- what is said -------------------------------------------------------- */

static void say_kind(struct fwd *fw, enum forward_kind kind)
{
	static const char *const prompts[] = {
		[FORWARD_ALL] = "call-fwd-unconditional",
		[FORWARD_BUSY] = "call-fwd-on-busy",
		[FORWARD_NOANSWER] = "call-fwd-no-ans",
	};

	vm_say(&fw->talk, prompts[kind]);
}


/* "call forward on busy is set to 3 0 0", or "deactivated" */
static void say_state(struct fwd *fw)
{
	for (unsigned k = 0; k < FORWARD_KINDC; k++) {
		enum forward_kind kind = (enum forward_kind)k;
		const char *number = forward_to(fw->peer->name, kind);

		if (!fw->kinds[k])
			continue;

		say_kind(fw, kind);
		vm_say(&fw->talk, number ? "is-set-to" : "de-activated");
		if (number)
			vm_say_digits(&fw->talk, number);
	}

	vm_talk_play(&fw->talk, over);
}


/* --- setting ------------------------------------------------------------- */

static const char *context_of(const struct fwd *fw)
{
	const char *var = call_var(fw->call, "FORWARD_CONTEXT");

	return var[0] ? var : fw->peer->context;
}


static bool is_own(const struct fwd *fw, const char *number)
{
	return !str_cmp(number, fw->peer->name) ||
	       !str_cmp(number, fw->peer->cid_num);
}


static int set_all(const struct fwd *fw, const char *number)
{
	int err = 0;

	for (unsigned k = 0; k < FORWARD_KINDC; k++) {
		if (fw->kinds[k])
			err |= forward_set(fw->peer->name,
					   (enum forward_kind)k, number);
	}

	return err;
}


static bool take_number(struct fwd *fw, const char *number)
{
	struct call *call = fw->call;

	if (is_own(fw, number) || !call_exists(call, context_of(fw), number) ||
	    set_all(fw, number)) {
		call_info(call, "%s can't forward to %s", fw->peer->name,
			  number);
		status(fw, "INVALID");
		return false;
	}

	call_info(call, "%s forwards to %s", fw->peer->name, number);
	status(fw, "SET");

	return true;
}


static void ask(struct fwd *fw);


static void answered(const char *keys, void *arg)
{
	struct fwd *fw = arg;

	if (!keys[0] || take_number(fw, keys)) {
		if (!keys[0])
			status(fw, "UNCHANGED");
		say_state(fw);
		return;
	}

	vm_say(&fw->talk, "invalid");
	if (++fw->tries >= TRIES)
		vm_talk_play(&fw->talk, over);
	else
		ask(fw);
}


static void ask(struct fwd *fw)
{
	vm_say(&fw->talk, "vm-enter-num-to-call");
	vm_say(&fw->talk, "vm-then-pound");
	vm_talk_ask(&fw->talk, FORWARD_NUMBER_MAX, "#", ASK_MS, answered);
}


/* --- arguments ----------------------------------------------------------- */

static bool take_kind(struct fwd *fw, const char *word)
{
	bool missed = !str_casecmp(word, "missed");
	bool all = !str_casecmp(word, "off");

	for (unsigned k = 0; k < FORWARD_KINDC; k++)
		fw->kinds[k] = all || (missed && k != FORWARD_ALL) ||
			       !str_casecmp(word,
					    forward_word((enum forward_kind)k));

	return fw->kinds[FORWARD_ALL] || fw->kinds[FORWARD_BUSY] ||
	       fw->kinds[FORWARD_NOANSWER];
}


/* The phone that calls; a trunk's calls have none */
static const struct peer *phone_of(const struct call *call, const char *name)
{
	const struct peer *peer;

	if (name[0])
		return config_peer(call->cfg, name);

	peer = call->caller ? leg_peer(call->caller) : NULL;
	if (!call->trusted || !peer || !peer->name || !peer->dynamic)
		return NULL;

	return config_peer(call->cfg, peer->name);
}


static struct fwd *begin(struct call *call, const char *name)
{
	struct fwd *fw = mem_zalloc(sizeof(*fw), destructor);

	if (!fw)
		return NULL;

	call->appst = fw;
	fw->call = call;
	fw->peer = phone_of(call, name);
	if (vm_talk_init(&fw->talk, call, fw))
		return NULL;

	if (!fw->peer) {
		call_warning(call, "%s: %s", call->app->name,
			     name[0] ? "there is no such phone"
				     : "the caller is no phone of ours");
		status(fw, "NOPHONE");
	}

	return fw;
}


static enum app_result forward_exec(struct call *call, const struct args *args)
{
	const char *number = args_str(args, 1);
	struct fwd *fw = begin(call, args_str(args, 2));

	if (!fw)
		return APP_HANGUP;
	if (!fw->peer)
		return APP_NEXT;
	if (!take_kind(fw, args_str(args, 0))) {
		call_warning(call, "CallForward(%s): expected all, missed, "
			     "busy, noanswer or off", args_str(args, 0));
		status(fw, "INVALID");
		return APP_NEXT;
	}

	if (!answer_first(call))
		return APP_HANGUP;

	if (!str_casecmp(args_str(args, 0), "off")) {
		(void)set_all(fw, NULL); /* forgetting does not fail */
		status(fw, "OFF");
		vm_say(&fw->talk, "call-forwarding");
		vm_say(&fw->talk, "de-activated");
		vm_talk_play(&fw->talk, over);
	}
	else if (!str_casecmp(number, "off")) {
		(void)set_all(fw, NULL);
		status(fw, "OFF");
		say_state(fw);
	}
	else if (!str_casecmp(number, "say")) {
		status(fw, "UNCHANGED");
		say_state(fw);
	}
	else if (!number[0]) {
		ask(fw);
	}
	else if (take_number(fw, number)) {
		say_state(fw);
	}
	else {
		vm_say(&fw->talk, "invalid");
		vm_talk_play(&fw->talk, over);
	}

	return APP_WAIT;
}


static void forward_cancel(struct call *call)
{
	call_stop_play(call);
}


const struct app app_callforward = {
	.name = "CallForward",
	.usage = "CallForward(all|missed|busy|noanswer|off[,number|off|say"
		 "[,phone]])  set, end or say a forward of the phone that "
		 "calls; without a number ask for it",
	.minargs = 1,
	.maxargs = 3,
	.exec = forward_exec,
	.cancel = forward_cancel,
};


/* --- do not disturb ------------------------------------------------------ */

static enum app_result dnd_exec(struct call *call, const struct args *args)
{
	const char *word = args_str(args, 0);
	struct fwd *fw = begin(call, args_str(args, 1));
	bool on;

	if (!fw)
		return APP_HANGUP;
	if (!fw->peer)
		return APP_NEXT;

	on = !str_casecmp(word, "on") ||
	     (str_casecmp(word, "off") && !forward_dnd(fw->peer->name));
	if (!answer_first(call))
		return APP_HANGUP;

	if (forward_set_dnd(fw->peer->name, on)) {
		status(fw, "FAILED");
		return APP_NEXT;
	}

	status(fw, on ? "ON" : "OFF");
	vm_say(&fw->talk, "do-not-disturb");
	vm_say(&fw->talk, on ? "activated" : "de-activated");
	vm_talk_play(&fw->talk, over);

	return APP_WAIT;
}


const struct app app_donotdisturb = {
	.name = "DoNotDisturb",
	.usage = "DoNotDisturb([on|off[,phone]])  the phone that calls is busy "
		 "for everybody, or not any more; without a word the other "
		 "one",
	.maxargs = 2,
	.exec = dnd_exec,
	.cancel = forward_cancel,
};
