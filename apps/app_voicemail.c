/**
 * @file apps/app_voicemail.c  VoiceMail: leave a message
 *
 *   greeting (and how-to) -> recording -> review -> stored, told, mailed
 *        |  # skips, 0 and * leave by the extensions o and a
 *        v
 *   hang up: what was said by then is kept (apps/vm_take.h)
 */
#include <math.h>
#include "apps/vm_mail.h"
#include "apps/vm_take.h"
#include "apps/vm_talk.h"
#include "base/text.h"

static const char voicemail_known[] = "busSdjUPteg";

enum {
	KEY_MS = 5000,    /* for an answer in the review */
	TRIES = 3,
	NOKEY_MS = 1,     /* behind the greeting: none is waited for */
};

struct leave {
	struct call *call;
	struct vm_talk talk;
	const struct vm_box *boxv[VM_TAKE_BOXES];
	size_t boxc;
	struct vm_take *take;
	char *exit_context;  /* option d */
	char *beep;          /* option t: in place of the beep; NULL */
	uint32_t gain;       /* option g [1/256]; 0: as it is */
	bool busy, unavail, quiet, urgent, jump;
	bool early;          /* option e: answer behind the greeting */
	char category[80];
	bool to_operator;    /* 0 while recording */
	unsigned tries;
	bool saved;
};

static void record(const char *keys, void *arg);
static void review(struct leave *l);


static void destructor(void *data)
{
	struct leave *l = data;

	vm_talk_reset(&l->talk);
	mem_deref(l->take);
	mem_deref(l->exit_context);
	mem_deref(l->beep);
}


static void status(struct leave *l, const char *word)
{
	(void)call_set_var(l->call, "VMSTATUS", word, false);
	call_step_note(l->call, "%s", word);
}


static void finish(struct leave *l, const char *word)
{
	struct call *call = l->call;

	status(l, word);
	call_set_digits(call, NULL, NULL);
	if (!strcmp(word, "FAILED"))
		(void)call_jump_101(call, l->jump);
	call_step_done(call, APP_NEXT);
}


/* --- leaving by a key ---------------------------------------------------- */

/* Context that has the extension: the mailbox's, or the call's */
static const char *exit_place(const struct leave *l, const char *exten)
{
	const char *own = l->boxv[0]->opts.exitcontext;

	if (own && call_exists(l->call, own, exten))
		return own;

	return call_exists(l->call, l->call->context, exten)
		       ? l->call->context
		       : NULL;
}


static bool leave_by(struct leave *l, const char *context, const char *exten)
{
	if (!context || call_goto_to(l->call, context, exten, 1))
		return false;

	finish(l, "USEREXIT");

	return true;
}


/* A key in front of the recording; true if the call goes elsewhere */
static bool key_leaves(struct leave *l, const char *keys)
{
	if (l->exit_context && keys[0] && keys[0] != '#' &&
	    call_exists(l->call, l->exit_context, keys))
		return leave_by(l, l->exit_context, keys);
	if (keys[0] == '0' && l->boxv[0]->opts.oper)
		return leave_by(l, exit_place(l, "o"), "o");
	if (keys[0] == '*')
		return leave_by(l, exit_place(l, "a"), "a");

	return false;
}


/* --- the end ------------------------------------------------------------- */

static void thanked(const char *keys, void *arg)
{
	struct leave *l = arg;

	(void)keys;
	finish(l, l->saved ? "SUCCESS" : "FAILED");
}


static void operator_next(const char *keys, void *arg)
{
	struct leave *l = arg;

	(void)keys;
	if (!leave_by(l, exit_place(l, "o"), "o"))
		thanked("", l);
}


static void save(struct leave *l)
{
	int err = vm_take_save(l->take);

	l->saved = !err;
	l->take = mem_deref(l->take);
	if (err == EAGAIN)
		vm_say(&l->talk, "vm-tooshort");
	else if (err == ENOSPC)
		vm_say(&l->talk, "vm-mailboxfull");
	else if (!err)
		vm_say(&l->talk, l->to_operator || l->boxv[0]->opts.review
					 ? "vm-msgsaved"
					 : "auth-thankyou");
	if (err && err != EAGAIN)
		call_warning(l->call, "VoiceMail: %m", err);

	vm_talk_play(&l->talk, l->to_operator ? operator_next : thanked);
}


/* --- review -------------------------------------------------------------- */

static void reviewed(const char *keys, void *arg)
{
	struct leave *l = arg;
	char stem[4096];

	switch (keys[0]) {

	case '1':
		save(l);
		break;

	case '2':
		str_ncpy(stem, vm_take_path(l->take), sizeof(stem));
		stem[strlen(stem) - 4] = '\0'; /* ".wav" */
		vm_say(&l->talk, stem);
		review(l);
		break;

	case '3':
		vm_say(&l->talk, "vm-torerecord");
		vm_talk_play(&l->talk, record);
		break;

	case '*':
		l->take = mem_deref(l->take);
		vm_say(&l->talk, "vm-deleted");
		vm_talk_play(&l->talk, thanked);
		break;

	default:
		/* nobody answers: what was said is kept */
		if (++l->tries >= TRIES)
			save(l);
		else
			review(l);
		break;
	}
}


static void review(struct leave *l)
{
	vm_say(&l->talk, "vm-review");
	vm_talk_ask(&l->talk, 1, NULL, KEY_MS, reviewed);
}


static void operator_asked(const char *keys, void *arg)
{
	struct leave *l = arg;

	if (keys[0] == '1' || !keys[0]) {
		save(l);
		return;
	}

	l->take = mem_deref(l->take);
	vm_say(&l->talk, "vm-deleted");
	vm_talk_play(&l->talk, operator_next);
}


/* --- recording ----------------------------------------------------------- */

static void over(struct vm_take *t, enum vm_take_end end, void *arg)
{
	struct leave *l = arg;

	call_set_digits(l->call, NULL, NULL);
	if (end == VM_TAKE_FAILED) {
		call_warning(l->call, "VoiceMail: the recording failed");
		vm_say(&l->talk, "vm-sorry");
		vm_talk_play(&l->talk, thanked);
	}
	else if (l->to_operator) {
		vm_say(&l->talk, "vm-saveoper");
		vm_talk_ask(&l->talk, 1, NULL, KEY_MS, operator_asked);
	}
	else if (l->boxv[0]->opts.review && vm_take_ms(t)) {
		review(l);
	}
	else {
		save(l);
	}
}


static void key_while_recording(struct call *call, char digit, void *arg)
{
	struct leave *l = arg;

	(void)call;
	if (digit == '0' && l->boxv[0]->opts.oper && exit_place(l, "o"))
		l->to_operator = true;
	else if (digit != '#')
		return;

	vm_take_stop(l->take);
}


static void record(const char *keys, void *arg)
{
	struct leave *l = arg;
	const struct vm_conf *vm = &l->call->cfg->vm;
	struct vm_take_params prm = {
		.boxes = l->boxv,
		.boxc = l->boxc,
		.folder = l->urgent ? VM_URGENT : VM_INBOX,
		.max_ms = l->boxv[0]->opts.maxsecs * 1000,
		.silence_ms = vm->maxsilence_s * 1000,
		.gain = l->gain,
		.beep = !l->beep,
		.urgent = l->urgent,
		.category = l->category,
	};
	int err;

	(void)keys;
	if (!answer_first(l->call)) {
		finish(l, "FAILED");
		return;
	}

	l->tries = 0;
	l->take = mem_deref(l->take);
	call_stop_play(l->call);

	err = vm_take_start(&l->take, l->call, &prm, over, l);
	if (err) {
		call_warning(l->call, "VoiceMail: not recorded: %m", err);
		finish(l, "FAILED");
		return;
	}

	call_set_digits(l->call, key_while_recording, l);
}


static void beep(struct leave *l)
{
	if (l->beep)
		vm_say(&l->talk, l->beep);

	vm_talk_play(&l->talk, record);
}


/* --- greeting ------------------------------------------------------------ */

static void greeted(const char *keys, void *arg)
{
	struct leave *l = arg;

	if (!key_leaves(l, keys))
		beep(l);
}


static bool say_own(struct leave *l, enum vm_greeting greeting)
{
	char *path;

	if (vm_greeting_path(&path, l->call->cfg, l->boxv[0], greeting))
		return false;

	vm_say(&l->talk, path);
	mem_deref(path);

	return true;
}


/* "the person at extension 1 0 0 is on the phone", with the name if it was
 * recorded */
static void say_stock(struct leave *l)
{
	if (!say_own(l, VM_NAME)) {
		vm_say(&l->talk, "vm-theperson");
		vm_say_digits(&l->talk, l->boxv[0]->name);
	}

	vm_say(&l->talk, l->busy ? "vm-isonphone" : "vm-isunavail");
}


static void greet(struct leave *l)
{
	bool wanted = l->busy || l->unavail;

	if (!say_own(l, VM_TEMP) && wanted &&
	    !say_own(l, l->busy ? VM_BUSY : VM_UNAVAIL))
		say_stock(l);
	if (!l->quiet)
		vm_say(&l->talk, "vm-intro");

	vm_talk_ask(&l->talk, 1, NULL, NOKEY_MS, greeted);
}


/* --- arguments ----------------------------------------------------------- */

/* "u100": the letters of old files */
static const struct vm_box *legacy_box(struct leave *l, struct pl name)
{
	const struct vm_box *box;
	struct pl rest = name;

	while (rest.l && strchr("bus", rest.p[0]))
		pl_advance(&rest, 1);

	box = rest.l != name.l ? config_vm_box_pl(l->call->cfg, &rest) : NULL;
	for (; box && name.p < rest.p; name.p++) {
		l->busy = l->busy || *name.p == 'b';
		l->unavail = l->unavail || *name.p == 'u';
		l->quiet = l->quiet || *name.p == 's';
	}

	return box;
}


/* What a caller has dialled only looks a mailbox up, it never is a path */
static int take_boxes(struct leave *l, const struct ttext *text)
{
	struct args names;
	int err;

	err = args_split_plain(&names, text, '&');
	for (size_t i = 0; i < names.n && !err; i++) {
		struct pl name = args_pl(&names, i);
		const struct vm_box *box;

		name = pl_trim(name);
		box = config_vm_box_pl(l->call->cfg, &name);
		if (!box && !i)
			box = legacy_box(l, name);
		if (!box) {
			call_warning(l->call, "VoiceMail: there is no mailbox "
				     "%r", &name);
			err = i ? 0 : ENOENT;
		}
		else if (l->boxc < VM_TAKE_BOXES)
			l->boxv[l->boxc++] = box;
		else
			err = E2BIG;
	}

	args_reset(&names);

	return err ? err : l->boxc ? 0 : ENOENT;
}


/* g(dB) */
static void take_gain(struct leave *l, const struct pl *arg)
{
	enum { DB_MAX = 40 };
	int db;

	if (arg_signed(&db, arg, DB_MAX))
		l->gain = (uint32_t)lround(256 * pow(10, db / 20.0));
	else
		call_warning(l->call, "VoiceMail: g(%r) is left out, expected "
			     "a number from -40 to 40 [dB]", arg);
}


static int take_options(struct leave *l, const struct args *args)
{
	struct opts opts;
	const struct ttext *file;
	struct pl arg;
	int err;

	err = opts_decode(&opts, args_text(args, 1), voicemail_known, opt_unknown,
			  l->call);
	if (err)
		return err;

	l->busy = l->busy || opt_find(&opts, 'b', NULL);
	l->unavail = l->unavail || opt_find(&opts, 'u', NULL);
	l->quiet = l->quiet || opt_find(&opts, 's', NULL) ||
		   opt_find(&opts, 'S', NULL);
	l->urgent = opt_find(&opts, 'U', NULL) || opt_find(&opts, 'P', NULL);
	l->jump = opt_find(&opts, 'j', NULL);
	l->early = opt_find(&opts, 'e', NULL);
	if (opt_find(&opts, 'g', &arg))
		take_gain(l, &arg);
	if (opt_find(&opts, 'd', &arg))
		err = arg.l ? pl_strdup(&l->exit_context, &arg)
			    : str_dup(&l->exit_context, l->call->context);
	file = opt_text(&opts, 't');
	if (!err && file && file->len)
		err = call_files(&l->beep, file);
	else if (!err && opt_find(&opts, 't', NULL))
		err = str_dup(&l->beep, "silence/1");

	opts_reset(&opts);

	return err;
}


static bool all_full(const struct leave *l)
{
	enum vm_folder folder = l->urgent ? VM_URGENT : VM_INBOX;

	for (size_t i = 0; i < l->boxc; i++) {
		if (!vm_is_full(l->call->cfg, l->boxv[i], folder))
			return false;
	}

	return true;
}


/* e: a caller whose greeting is early media is answered behind it */
static bool begin(const struct leave *l)
{
	if (l->early && l->call->caller && !call_is_answered(l->call) &&
	    !call_progress(l->call))
		return true;

	return answer_first(l->call);
}


static enum app_result voicemail_exec(struct call *call,
				      const struct args *args)
{
	struct leave *l = mem_zalloc(sizeof(*l), destructor);
	int err;

	if (!l)
		return APP_HANGUP;

	call->appst = l;
	l->call = call;
	err = vm_talk_init(&l->talk, call, l);
	if (!err)
		err = take_boxes(l, args_text(args, 0));
	if (!err)
		err = take_options(l, args);
	if (err || !begin(l)) {
		status(l, "FAILED");
		(void)call_jump_101(call, l->jump);
		return APP_NEXT;
	}

	if (all_full(l)) {
		vm_say(&l->talk, "vm-mailboxfull");
		vm_talk_play(&l->talk, thanked);
	}
	else {
		greet(l);
	}

	return APP_WAIT;
}


/* The caller has hung up: nothing that was said is lost */
static void voicemail_cancel(struct call *call)
{
	struct leave *l = call->appst;

	call_stop_play(call);
	(void)call_set_var(call, "VMSTATUS",
			   l->take || l->saved ? "SUCCESS" : "FAILED", false);
	if (l->take && !l->saved)
		vm_take_leave(l->take);
}


const struct app app_voicemail = {
	.name = "VoiceMail",
	.options = voicemail_known,
	.optarg = 1,
	.usage = "VoiceMail(mailbox[@context][&mailbox...][,options])  record "
		 "a message; options b busy, u unavailable, s without "
		 "instructions, d(context), t(file), e early media, g(dB), "
		 "j, U, P",
	.minargs = 1,
	.maxargs = 2,
	.exec = voicemail_exec,
	.cancel = voicemail_cancel,
};
