/**
 * @file apps/app_transfer.c  Transfer, SendText: what the caller's phone is
 *                            asked to do
 *
 * Before the answer Transfer is a 302, after it a REFER; then it waits for
 * what the phone tells of the new call.
 */
#include <ctype.h>
#include "apps/apps.h"
#include "base/text.h"

struct asked {
	struct call *call;
	struct leg *leg;     /* reference: another one may be the caller when
				the step ends, but this one answers */
	bool text;
};


static void destructor(void *data)
{
	struct asked *a = data;

	leg_ask_forget(a->leg);
	mem_deref(a->leg);
}


static void transfer_status(struct call *call, const char *word,
			    uint16_t scode)
{
	(void)call_set_var(call, "TRANSFERSTATUS", word, false);
	(void)vars_printf(call->vars, "TRANSFERSTATUSPROTOCOL", "%u", scode);
	call_step_note(call, "%s", word);
}


static void text_status(struct call *call, const char *word)
{
	(void)call_set_var(call, "SENDTEXTSTATUS", word, false);
	call_step_note(call, "%s", word);
}


static void done(uint16_t scode, void *arg)
{
	struct asked *a = arg;
	bool good = scode >= 200 && scode < 300;
	bool unknown = scode == 405 || scode == 415 || scode == 420 ||
		       scode == 501;

	if (a->text)
		text_status(a->call, good      ? "SUCCESS"
				     : unknown ? "UNSUPPORTED"
					       : "FAILURE");
	else
		transfer_status(a->call,
				good	  ? "SUCCESS"
				: unknown ? "UNSUPPORTED"
					  : "FAILURE",
				good ? 0 : scode);

	call_step_done(a->call, APP_NEXT);
}


static struct asked *asked_new(struct call *call, bool text)
{
	struct asked *a = mem_zalloc(sizeof(*a), destructor);

	if (a) {
		a->call = call;
		a->leg = mem_ref(call->caller);
		a->text = text;
		call->appst = a;
	}

	return a;
}


/* --- Transfer ------------------------------------------------------------ */

/* [SIP/]user[@host]: what was dialled is a user, never a host */
static int target(char **user, char **host, const struct ttext *text)
{
	size_t slash = ttext_find(text, 0, '/'), at, from = 0;
	struct pl pl;
	int err;

	if (slash < text->len) {
		if (slash != 3 || strncasecmp(text->str, "SIP", 3) ||
		    ttext_tainted_in(text, 0, 3))
			return ENOTSUP;
		from = 4;
	}

	at = ttext_find(text, from, '@');
	if (at < text->len && ttext_tainted_in(text, at, text->len - at))
		return EPERM;

	pl.p = text->str + from;
	pl.l = at - from;
	if (!pl.l)
		return EINVAL;
	err = pl_strdup(user, &pl);
	if (err || at >= text->len)
		return err;

	pl.p = text->str + at + 1;
	pl.l = text->len - at - 1;
	for (size_t i = 0; i < pl.l; i++) {
		if (!strchr("-.:[]", pl.p[i]) && !isalnum((uint8_t)pl.p[i]))
			return EINVAL;
	}

	return pl.l ? pl_strdup(host, &pl) : EINVAL;
}


static enum app_result refer(struct call *call, const char *user,
			     const char *host)
{
	struct asked *a = asked_new(call, false);
	int err = a ? leg_refer(call->caller, user, host, done, a) : ENOMEM;

	if (!err)
		return APP_WAIT;

	call_warning(call, "Transfer(%s): %m", user, err);
	transfer_status(call, "FAILURE", 0);

	return APP_NEXT;
}


static enum app_result transfer_exec(struct call *call,
				     const struct args *args)
{
	enum app_result res = APP_NEXT;
	char *user = NULL, *host = NULL;
	int err = target(&user, &host, args_text(args, 0));

	if (err) {
		call_warning(call, "Transfer(%s): expected [SIP/]user[@host]",
			     args_str(args, 0));
		transfer_status(call, err == ENOTSUP ? "UNSUPPORTED"
						     : "FAILURE", 0);
	}
	else if (call_is_answered(call))
		res = refer(call, user, host);
	else if (leg_redirect(call->caller, user, host))
		transfer_status(call, "FAILURE", 0);
	else {
		transfer_status(call, "SUCCESS", 0);
		res = APP_HANGUP;
	}

	mem_deref(user);
	mem_deref(host);

	return res;
}


const struct app app_transfer = {
	.name = "Transfer",
	.usage = "Transfer([SIP/]number[@host])  let the caller's phone call "
		 "somewhere else: 302 before the answer, REFER after it",
	.minargs = 1,
	.maxargs = 1,
	.exec = transfer_exec,
};


/* --- SendText ------------------------------------------------------------ */

static enum app_result sendtext_exec(struct call *call,
				     const struct args *args)
{
	struct pl text = args_pl(args, 0);
	struct asked *a = asked_new(call, true);

	if (a && !leg_send_text(call->caller, &text, done, a))
		return APP_WAIT;

	text_status(call, "FAILURE");

	return APP_NEXT;
}


const struct app app_sendtext = {
	.name = "SendText",
	.usage = "SendText(text)  show a text on the caller's phone (MESSAGE)",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.exec = sendtext_exec,
};
