/**
 * @file apps/vm_main_box.c  VoiceMailMain: greetings, PIN, messages to others
 *
 * A greeting takes effect when it is accepted; whoever hangs up before keeps
 * the old one.
 */
#include "apps/vm_main.h"
#include "base/text.h"

static void review(struct vmain *m);
static void record(const char *keys, void *arg);


static void options_next(struct vmain *m, const char *prompt)
{
	vm_say(&m->talk, prompt);
	if (m->is_new)
		vmain_new_owner(m);
	else
		vmain_options(m);
}


/* --- greetings ----------------------------------------------------------- */

static void keep_greeting(struct vmain *m)
{
	int err = vm_greeting_set(m->call->cfg, m->box, m->greeting,
				  vm_take_path(m->take));

	if (err)
		call_warning(m->call, "mailbox %s: greeting not kept: %m",
			     m->box->name, err);
	m->take = mem_deref(m->take);
	options_next(m, err ? "vm-sorry" : "vm-msgsaved");
}


static void reviewed(const char *keys, void *arg)
{
	struct vmain *m = arg;
	char stem[4096];

	if (vmain_silent(m, keys))
		return;

	switch (keys[0]) {

	case '1':
		keep_greeting(m);
		break;

	case '2':
		str_ncpy(stem, vm_take_path(m->take), sizeof(stem));
		stem[strlen(stem) - 4] = '\0'; /* ".wav" */
		vm_say(&m->talk, stem);
		review(m);
		break;

	case '3':
		record("", m);
		break;

	case '*':
		m->take = mem_deref(m->take);
		options_next(m, "vm-deleted");
		break;

	default:
		review(m);
		break;
	}
}


static void review(struct vmain *m)
{
	vm_say(&m->talk, "vm-review");
	vm_talk_ask(&m->talk, 1, NULL, VMAIN_KEY_MS, reviewed);
}


/* A message to somebody else is sent as it is */
static void send_message(struct vmain *m)
{
	int err = vm_take_save(m->take);

	m->take = mem_deref(m->take);
	if (err)
		call_warning(m->call, "message not sent: %m", err);
	vm_say(&m->talk, err == EAGAIN	 ? "vm-tooshort"
			 : err == ENOSPC ? "vm-mailboxfull"
			 : err		 ? "vm-sorry"
					 : "vm-msgsaved");
	vmain_message_menu(m);
}


static void over(struct vm_take *t, enum vm_take_end end, void *arg)
{
	struct vmain *m = arg;

	call_set_digits(m->call, NULL, NULL);
	if (!m->for_greeting)
		send_message(m);
	else if (end == VM_TAKE_FAILED || !vm_take_ms(t)) {
		m->take = mem_deref(m->take);
		options_next(m, "vm-tooshort");
	}
	else
		review(m);
}


static void stop_key(struct call *call, char digit, void *arg)
{
	struct vmain *m = arg;

	(void)call;
	if (digit == '#')
		vm_take_stop(m->take);
}


static void begin(struct vmain *m, const struct vm_box *box)
{
	const struct vm_conf *vm = &m->call->cfg->vm;
	struct vm_take_params prm = {
		.boxes = &box,
		.boxc = 1,
		.max_ms = (m->for_greeting ? vm->maxgreet_s
					   : box->opts.maxsecs) * 1000,
		.silence_ms = vm->maxsilence_s * 1000,
		.beep = true,
	};
	int err;

	m->take = mem_deref(m->take);
	call_stop_play(m->call);
	err = vm_take_start(&m->take, m->call, &prm, over, m);
	if (err) {
		call_warning(m->call, "mailbox %s: not recorded: %m",
			     m->box->name, err);
		vm_say(&m->talk, "vm-sorry");
		vmain_menu(m);
		return;
	}

	call_set_digits(m->call, stop_key, m);
}


static void record(const char *keys, void *arg)
{
	struct vmain *m = arg;

	(void)keys;
	begin(m, m->box);
}


void vmain_ask_greeting(struct vmain *m, enum vm_greeting greeting)
{
	static const char *const prompts[VM_GREETINGS] = {
		[VM_UNAVAIL] = "vm-rec-unv",
		[VM_BUSY] = "vm-rec-busy",
		[VM_NAME] = "vm-rec-name",
		[VM_TEMP] = "vm-rec-temp",
	};

	m->greeting = greeting;
	m->for_greeting = true;
	vm_say(&m->talk, prompts[greeting]);
	vm_talk_play(&m->talk, record);
}


void vmain_message_to(struct vmain *m, const struct vm_box *box)
{
	m->for_greeting = false;
	begin(m, box);
}


static void temp_key(const char *keys, void *arg)
{
	struct vmain *m = arg;

	if (vmain_silent(m, keys))
		return;

	if (keys[0] == '1')
		vmain_ask_greeting(m, VM_TEMP);
	else if (keys[0] == '2' &&
		 !vm_greeting_remove(m->call->cfg, m->box, VM_TEMP))
		options_next(m, "vm-tempremoved");
	else
		vmain_options(m);
}


static void ask_temp(struct vmain *m)
{
	char *path;

	if (vm_greeting_path(&path, m->call->cfg, m->box, VM_TEMP)) {
		vm_say(&m->talk, "vm-tempgreeting");
	}
	else {
		vm_say(&m->talk, "vm-tempgreeting2");
		mem_deref(path);
	}

	vm_talk_ask(&m->talk, 1, NULL, VMAIN_KEY_MS, temp_key);
}


/* --- PIN ----------------------------------------------------------------- */

static void pin_again(const char *keys, void *arg)
{
	struct vmain *m = arg;
	bool same = !strcmp(keys, m->pin);
	int err = 0;

	if (same)
		err = vm_pin_set(m->call->cfg, m->box, m->pin);
	explicit_bzero(m->pin, sizeof(m->pin));

	if (err)
		call_warning(m->call, "mailbox %s: PIN not changed: %m",
			     m->box->name, err);
	else if (same)
		call_info(m->call, "mailbox %s@%s: PIN changed", m->box->name,
			  m->box->context);
	options_next(m, !same ? "vm-mismatch"
			: err ? "vm-invalid-password"
			      : "vm-passchanged");
}


static void pin_first(const char *keys, void *arg)
{
	struct vmain *m = arg;
	size_t n = strlen(keys);

	if (n < m->call->cfg->vm.minpin || !n || m->box->pin_fixed ||
	    !strcmp(keys, m->box->name) ||
	    strspn(keys, "0123456789") != n) {
		options_next(m, "vm-invalid-password");
		return;
	}

	str_ncpy(m->pin, keys, sizeof(m->pin));
	vm_say(&m->talk, "vm-reenterpassword");
	vm_talk_ask(&m->talk, sizeof(m->pin) - 1, "#", VMAIN_NUMBER_MS,
		    pin_again);
}


void vmain_ask_pin(struct vmain *m)
{
	vm_say(&m->talk, "vm-newpassword");
	vm_talk_ask(&m->talk, sizeof(m->pin) - 1, "#", VMAIN_NUMBER_MS,
		    pin_first);
}


/* --- the menu ------------------------------------------------------------ */

static void option_key(const char *keys, void *arg)
{
	struct vmain *m = arg;

	if (vmain_silent(m, keys))
		return;

	switch (keys[0]) {

	case '1': vmain_ask_greeting(m, VM_UNAVAIL); break;
	case '2': vmain_ask_greeting(m, VM_BUSY); break;
	case '3': vmain_ask_greeting(m, VM_NAME); break;
	case '4': ask_temp(m); break;

	case '5': vmain_ask_pin(m); break;
	case '*': vmain_menu(m); break;
	case '#': vmain_leave(m); break;
	default: vmain_options(m); break;
	}
}


void vmain_options(struct vmain *m)
{
	vmain_close(m);
	m->folder = VM_INBOX;
	vm_say(&m->talk, "vm-options");
	vm_talk_ask(&m->talk, 1, NULL, VMAIN_KEY_MS, option_key);
}
