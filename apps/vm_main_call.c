/**
 * @file apps/vm_main_call.c  VoiceMailMain: calls out of the menu (dialout=,
 *                            callback=), and the first visit of a new owner
 *                            (forcename=, forcegreetings=)
 *
 * A call is no part of the menu: the plan goes on at the number, in the
 * context that the mailbox names for it.
 */
#include "apps/vm_main.h"
#include "base/text.h"

enum { NEW_STEPS = 12 }; /* questions that a new owner may leave open */


/* --- calls --------------------------------------------------------------- */

/* False if there is no such extension, which is said */
static bool go(struct vmain *m, const char *context, const char *number)
{
	struct call *call = m->call;

	if (!number[0] || !call_exists(call, context, number) ||
	    call_goto_to(call, context, number, 1)) {
		vm_say(&m->talk, "pbx-invalid");
		vmain_message_menu(m);
		return false;
	}

	call_info(call, "mailbox %s@%s: calls %s in %s", m->box->name,
		  m->box->context, number, context);
	vmain_close(m);
	call_step_done(call, APP_NEXT);

	return true;
}


static void number_dialled(const char *keys, void *arg)
{
	struct vmain *m = arg;
	const size_t n = strlen(m->number);

	if (strchr(keys, '*')) {
		vmain_message_menu(m);
		return;
	}

	str_ncpy(m->number + n, keys, sizeof(m->number) - n);
	(void)go(m, m->box->opts.dialout, m->number);
}


/* A star goes back at once, and behind digits as well */
static void first_dialled(const char *keys, void *arg)
{
	struct vmain *m = arg;

	if (vmain_silent(m, keys))
		return;
	if (keys[0] == '*' || keys[0] == '#') {
		vmain_message_menu(m);
		return;
	}

	str_ncpy(m->number, keys, sizeof(m->number));
	vm_talk_ask(&m->talk, 39, "#", VMAIN_NUMBER_MS, number_dialled);
}


void vmain_dialout(struct vmain *m)
{
	if (!str_isset(m->box->opts.dialout)) {
		vmain_message_menu(m);
		return;
	}

	vm_say(&m->talk, "vm-enter-num-to-call");
	vm_say(&m->talk, "vm-then-pound");
	vm_say(&m->talk, "vm-star-cancel");
	vm_talk_ask(&m->talk, 1, NULL, VMAIN_NUMBER_MS, first_dialled);
}


static void callback_key(const char *keys, void *arg)
{
	struct vmain *m = arg;

	if (vmain_silent(m, keys))
		return;

	switch (keys[0]) {

	case '1': (void)go(m, m->box->opts.callback, m->number); break;
	case '2': vmain_dialout(m); break;
	default: vmain_message_menu(m); break;
	}
}


void vmain_callback(struct vmain *m, const char *number)
{
	if (!str_isset(m->box->opts.callback)) {
		vmain_message_menu(m);
		return;
	}
	if (!number[0]) {
		vm_say(&m->talk, "vm-nonumber");
		vmain_message_menu(m);
		return;
	}

	str_ncpy(m->number, number, sizeof(m->number));
	vm_say(&m->talk, "vm-num-i-have");
	vm_say_digits(&m->talk, number);
	vm_say(&m->talk, "vm-tocallnum");
	if (str_isset(m->box->opts.dialout))
		vm_say(&m->talk, "vm-calldiffnum");
	vm_say(&m->talk, "vm-star-cancel");
	vm_talk_ask(&m->talk, 1, NULL, VMAIN_KEY_MS, callback_key);
}


/* --- a new owner --------------------------------------------------------- */

static bool has_greeting(const struct vmain *m, enum vm_greeting greeting)
{
	char *path;

	if (vm_greeting_path(&path, m->call->cfg, m->box, greeting))
		return false;

	mem_deref(path);

	return true;
}


static bool has_first_pin(const struct vmain *m)
{
	return !m->box->pin_fixed &&
	       vm_pin_ok(m->call->cfg, m->box, m->box->name);
}


bool vmain_is_new(const struct vmain *m)
{
	const struct vm_opts *o = &m->box->opts;

	return (o->forcename || o->forcegreetings) && has_first_pin(m);
}


void vmain_new_owner(struct vmain *m)
{
	const struct vm_opts *o = &m->box->opts;

	if (!m->is_new) {
		m->is_new = true;
		m->silent = 0;
		m->steps = 0;
		vm_say(&m->talk, "vm-newuser");
	}

	if (++m->steps > NEW_STEPS)
		vmain_leave(m);
	else if (has_first_pin(m))
		vmain_ask_pin(m);
	else if (o->forcename && !has_greeting(m, VM_NAME))
		vmain_ask_greeting(m, VM_NAME);
	else if (o->forcegreetings && !has_greeting(m, VM_UNAVAIL))
		vmain_ask_greeting(m, VM_UNAVAIL);
	else if (o->forcegreetings && !has_greeting(m, VM_BUSY))
		vmain_ask_greeting(m, VM_BUSY);
	else {
		m->is_new = false;
		vmain_welcome(m);
	}
}
