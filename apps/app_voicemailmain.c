/**
 * @file apps/app_voicemailmain.c  VoiceMailMain: the owner of a mailbox
 *
 *   login -> PIN -> "you have ..." -> main menu -> 1 messages (vm_main_msg.c)
 *     ^       |                                 -> 2 another folder
 *     +-wrong-+                                 -> 0 options (vm_main_box.c)
 *                                               -> # goodbye
 *
 * Whoever hangs up has said all there is to say: deleted messages go, heard
 * ones move to Old (vmain_close()).
 */
#include "apps/vm_lock.h"
#include "apps/vm_main.h"
#include "base/text.h"

static void ask_login(struct vmain *m, const char *prompt);
static void ask_pin(struct vmain *m, const char *prompt);


static void destructor(void *data)
{
	struct vmain *m = data;

	vmain_close(m);
	vm_talk_reset(&m->talk);
	mem_deref(m->take);
	explicit_bzero(m->pin, sizeof(m->pin));
}


/* --- goodbye ------------------------------------------------------------- */

static void gone(const char *keys, void *arg)
{
	struct vmain *m = arg;
	struct call *call = m->call;

	(void)keys;
	call_set_digits(call, NULL, NULL);
	call_step_done(call, APP_NEXT);
}


void vmain_leave(struct vmain *m)
{
	vmain_close(m);
	vm_say(&m->talk, "vm-goodbye");
	vm_talk_play(&m->talk, gone);
}


bool vmain_silent(struct vmain *m, const char *keys)
{
	if (keys[0]) {
		m->silent = 0;
		return false;
	}

	if (++m->silent < VMAIN_TRIES)
		return false;

	vmain_leave(m);

	return true;
}


/* --- main menu ----------------------------------------------------------- */

void vmain_say_folders(struct vmain *m)
{
	static const char *const prompts[VM_KEYS] = {
		"vm-INBOX", "vm-Old", "vm-Work", "vm-Family", "vm-Friends",
	};

	for (unsigned i = 0; i < VM_KEYS; i++) {
		vm_say(&m->talk, "vm-press");
		vm_say_number(&m->talk, i, 0);
		vm_say(&m->talk, "vm-for");
		vm_say(&m->talk, prompts[i]);
		vm_say(&m->talk, "vm-messages");
	}
}


static uint32_t fresh_count(const struct vmain *m)
{
	return vm_count(m->call->cfg, m->box, VM_INBOX) +
	       vm_count(m->call->cfg, m->box, VM_URGENT);
}


static void menu_key(const char *keys, void *arg)
{
	struct vmain *m = arg;

	if (vmain_silent(m, keys))
		return;

	switch (keys[0]) {

	case '1': vmain_play_folder(m); break;
	case '2': vmain_change_folder(m); break;
	case '0': vmain_options(m); break;
	case '#': vmain_leave(m); break;
	default: vmain_menu(m); break;
	}
}


void vmain_menu(struct vmain *m)
{
	uint32_t fresh = fresh_count(m);
	uint32_t old = vm_count(m->call->cfg, m->box, VM_OLD);

	if (fresh || old) {
		vm_say(&m->talk, "vm-onefor");
		vm_say(&m->talk, fresh ? "vm-INBOX" : "vm-Old");
		vm_say(&m->talk, "vm-messages");
	}
	vm_say(&m->talk, "vm-opts");
	vm_say(&m->talk, "vm-helpexit");
	vm_talk_ask(&m->talk, 1, NULL, VMAIN_KEY_MS, menu_key);
}


static void say_counts(struct vmain *m)
{
	uint32_t fresh = fresh_count(m);
	uint32_t old = vm_count(m->call->cfg, m->box, VM_OLD);
	char *temp;

	if (m->box->opts.tempgreetwarn &&
	    !vm_greeting_path(&temp, m->call->cfg, m->box, VM_TEMP)) {
		vm_say(&m->talk, "vm-tempgreetactive");
		mem_deref(temp);
	}

	vm_say_counts(&m->talk, fresh, old);
}


void vmain_welcome(struct vmain *m)
{
	say_counts(m);
	vmain_menu(m);
}


/* --- login --------------------------------------------------------------- */

static void enter(struct vmain *m, const struct vm_box *box)
{
	struct call *call = m->call;

	m->box = box;
	(void)call_set_var(call, "AUTH_MAILBOX", box->name, false);
	(void)call_set_var(call, "AUTH_CONTEXT", box->context, false);
	call_step_note(call, "%s@%s", box->name, box->context);
	call_info(call, "mailbox %s@%s opened", box->name, box->context);
	if (box->opts.language)
		str_ncpy(call->language, box->opts.language,
			 sizeof(call->language));

	if (vmain_is_new(m))
		vmain_new_owner(m);
	else
		vmain_welcome(m);
}


static void refuse(struct vmain *m)
{
	call_warning(m->call, "VoiceMailMain: wrong PIN or mailbox from %s",
		     m->call->cid_num[0] ? m->call->cid_num : "?");

	if (++m->logins >= m->call->cfg->vm.maxlogins) {
		vm_say(&m->talk, "vm-incorrect");
		vmain_leave(m);
	}
	else if (m->asked)
		ask_login(m, "vm-incorrect-mailbox");
	else
		ask_pin(m, "vm-incorrect");
}


static void pin_dialled(const char *keys, void *arg)
{
	struct vmain *m = arg;
	const struct vm_box *box;

	/* an unknown mailbox is refused as a wrong PIN is */
	box = config_vm_box(m->call->cfg, m->login, m->context);
	if (box && vm_locked(box)) {
		refuse(m);
		return;
	}

	if (box && vm_pin_ok(m->call->cfg, box, keys)) {
		vm_lock_note(box, true);
		enter(m, box);
	}
	else {
		vm_lock_note(box, false);
		refuse(m);
	}
}


static void ask_pin(struct vmain *m, const char *prompt)
{
	if (prompt)
		vm_say(&m->talk, prompt);
	vm_say(&m->talk, "vm-password");
	vm_talk_ask(&m->talk, sizeof(m->pin) - 1, "#", VMAIN_NUMBER_MS,
		    pin_dialled);
}


static void login_dialled(const char *keys, void *arg)
{
	struct vmain *m = arg;

	if (vmain_silent(m, keys))
		return;

	/* * leaves by extension a, as while leaving a message */
	if (keys[0] == '*' &&
	    call_exists(m->call, m->call->context, "a") &&
	    !call_goto_to(m->call, m->call->context, "a", 1)) {
		gone("", m);
		return;
	}

	(void)re_snprintf(m->login, sizeof(m->login), "%s%s", m->before,
			  keys);
	ask_pin(m, NULL);
}


static void ask_login(struct vmain *m, const char *prompt)
{
	m->asked = true;
	vm_say(&m->talk, prompt);
	vm_talk_ask(&m->talk, 20, "#", VMAIN_NUMBER_MS, login_dialled);
}


/* --- arguments ----------------------------------------------------------- */

/* [box][@context] */
static int take_box(struct vmain *m, const struct args *args)
{
	struct pl rest = args_pl(args, 0), name = PL_INIT;

	(void)pl_next(&name, &rest, '@');
	name = pl_trim(name);
	rest = pl_trim(rest);
	str_ncpy(m->context, "default", sizeof(m->context));
	if (rest.l && pl_copy(m->context, sizeof(m->context), &rest))
		return EINVAL;

	return name.l ? pl_copy(m->login, sizeof(m->login), &name) : 0;
}


static void begin(struct vmain *m, bool nopin, enum vm_folder folder)
{
	const struct vm_box *box;

	m->folder = folder;
	if (m->prefix || !m->login[0]) {
		str_ncpy(m->before, m->login, sizeof(m->before));
		ask_login(m, "vm-login");
		return;
	}

	box = config_vm_box(m->call->cfg, m->login, m->context);
	if (!box)
		call_warning(m->call, "VoiceMailMain: there is no mailbox "
			     "%s@%s", m->login, m->context);
	if (nopin && box)
		enter(m, box);
	else
		ask_pin(m, NULL);
}


/* a(1): begin in this folder, by its key or its name */
static enum vm_folder folder_option(struct call *call, const struct pl *arg)
{
	enum vm_folder folder = VM_INBOX;
	uint64_t n;

	if (!num_decode(&n, arg, VM_KEYS - 1))
		folder = (enum vm_folder)n;
	else if (!vm_folder_decode(&folder, arg))
		call_warning(call, "VoiceMailMain: there is no folder %r",
			     arg);

	return folder;
}


static enum app_result vmain_exec(struct call *call, const struct args *args)
{
	struct vmain *m = mem_zalloc(sizeof(*m), destructor);
	enum vm_folder folder = VM_INBOX;
	struct opts opts = {.n = 0};
	struct pl arg;
	bool nopin;
	int err;

	if (!m)
		return APP_HANGUP;

	call->appst = m;
	m->call = call;
	err = vm_talk_init(&m->talk, call, m);
	if (!err)
		err = take_box(m, args);
	if (!err)
		err = opts_decode(&opts, args_text(args, 1), "spa",
				  opt_unknown, call);
	nopin = opt_find(&opts, 's', NULL);
	m->prefix = opt_find(&opts, 'p', NULL);
	if (opt_find(&opts, 'a', &arg))
		folder = folder_option(call, &arg);
	opts_reset(&opts);

	if (err || !answer_first(call)) {
		call_warning(call, "VoiceMailMain: not begun: %m", err);
		return APP_NEXT;
	}

	begin(m, nopin, folder);

	return APP_WAIT;
}


static void vmain_cancel(struct call *call)
{
	struct vmain *m = call->appst;

	call_stop_play(call);
	if (m->take && !m->for_greeting)
		vm_take_leave(m->take); /* a reply is sent */
	vmain_close(m);
}


const struct app app_voicemailmain = {
	.name = "VoiceMailMain",
	.usage = "VoiceMailMain([mailbox][@context][,options])  listen to "
		 "messages; options s without PIN, p mailbox is a prefix, "
		 "a(folder)",
	.maxargs = 2,
	.exec = vmain_exec,
	.cancel = vmain_cancel,
};
