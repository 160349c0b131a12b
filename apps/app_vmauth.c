/**
 * @file apps/app_vmauth.c  VMAuthenticate: who knows a mailbox's PIN may go on
 *
 *   mailbox, '#' --> PIN, '#' --> right: the next step
 *      ^               |-> wrong: again, then goodbye
 *      +---------------+
 *
 * As VoiceMailMain's login, with the same brake on guessing (vm_lock.c).
 */
#include "apps/vm_lock.h"
#include "apps/vm_talk.h"
#include "base/text.h"

enum { KEYS_MS = 5000 };

struct vmauth {
	struct call *call;
	struct vm_talk talk;
	char login[80], context[80];
	bool given;          /* the plan names the mailbox */
	bool quiet;          /* option s */
	unsigned logins;
};

static void ask_login(struct vmauth *va, const char *prompt);


static void destructor(void *data)
{
	struct vmauth *va = data;

	vm_talk_reset(&va->talk);
	explicit_bzero(va->login, sizeof(va->login));
}


static void gone(const char *keys, void *arg)
{
	struct vmauth *va = arg;

	(void)keys;
	call_step_done(va->call, APP_HANGUP);
}


static void ask_pin(struct vmauth *va, const char *prompt);


static void refuse(struct vmauth *va)
{
	call_warning(va->call, "VMAuthenticate: wrong PIN or mailbox from %s",
		     va->call->cid_num[0] ? va->call->cid_num : "?");

	if (++va->logins >= va->call->cfg->vm.maxlogins) {
		call_step_note(va->call, "refused");
		vm_say(&va->talk, "vm-incorrect");
		vm_say(&va->talk, "vm-goodbye");
		vm_talk_play(&va->talk, gone);
	}
	else if (va->given)
		ask_pin(va, "vm-incorrect");
	else
		ask_login(va, "vm-incorrect-mailbox");
}


static void admit(struct vmauth *va, const struct vm_box *box)
{
	struct call *call = va->call;

	(void)call_set_var(call, "AUTH_MAILBOX", box->name, false);
	(void)call_set_var(call, "AUTH_CONTEXT", box->context, false);
	call_step_note(call, "%s@%s", box->name, box->context);
	call_step_done(call, APP_NEXT);
}


static void pin_dialled(const char *keys, void *arg)
{
	struct vmauth *va = arg;
	const struct vm_box *box;

	/* an unknown mailbox is refused as a wrong PIN is */
	box = config_vm_box(va->call->cfg, va->login, va->context);
	if (box && !vm_locked(box) && vm_pin_ok(va->call->cfg, box, keys)) {
		vm_lock_note(box, true);
		admit(va, box);
		return;
	}

	if (!box || !vm_locked(box))
		vm_lock_note(box, false);
	refuse(va);
}


static void ask_pin(struct vmauth *va, const char *prompt)
{
	if (prompt)
		vm_say(&va->talk, prompt);
	if (!va->quiet)
		vm_say(&va->talk, "vm-password");
	vm_talk_ask(&va->talk, 40, "#", KEYS_MS, pin_dialled);
}


static void login_dialled(const char *keys, void *arg)
{
	struct vmauth *va = arg;

	str_ncpy(va->login, keys, sizeof(va->login));
	ask_pin(va, NULL);
}


static void ask_login(struct vmauth *va, const char *prompt)
{
	if (prompt)
		vm_say(&va->talk, prompt);
	vm_talk_ask(&va->talk, 20, "#", KEYS_MS, login_dialled);
}


/* [box][@context] */
static int take_box(struct vmauth *va, const struct args *args)
{
	struct pl rest = args_pl(args, 0), name = PL_INIT;

	(void)pl_next(&name, &rest, '@');
	name = pl_trim(name);
	rest = pl_trim(rest);
	str_ncpy(va->context, "default", sizeof(va->context));
	if (rest.l && pl_copy(va->context, sizeof(va->context), &rest))
		return EINVAL;

	va->given = name.l > 0;

	return name.l ? pl_copy(va->login, sizeof(va->login), &name) : 0;
}


static enum app_result vmauth_exec(struct call *call, const struct args *args)
{
	struct vmauth *va = mem_zalloc(sizeof(*va), destructor);

	if (!va)
		return APP_HANGUP;

	call->appst = va;
	va->call = call;
	va->quiet = strchr(args_str(args, 1), 's') != NULL;
	if (vm_talk_init(&va->talk, call, va) || take_box(va, args) ||
	    !answer_first(call))
		return APP_HANGUP;

	if (va->given)
		ask_pin(va, NULL);
	else
		ask_login(va, va->quiet ? NULL : "vm-login");

	return APP_WAIT;
}


static void vmauth_cancel(struct call *call)
{
	call_stop_play(call);
}


const struct app app_vmauthenticate = {
	.name = "VMAuthenticate",
	.usage = "VMAuthenticate([mailbox][@context][,s])  ask for a mailbox "
		 "and its PIN, or the PIN of this one; the call ends after "
		 "wrong ones",
	.maxargs = 2,
	.exec = vmauth_exec,
	.cancel = vmauth_cancel,
};
