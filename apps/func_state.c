/**
 * @file apps/func_state.c  DEVICE_STATE, EXTENSION_STATE, HINT
 */
#include "apps/apps.h"
#include "b2bua/hint.h"
#include "base/text.h"


static int device_state_read(struct mbuf *out, bool *tainted,
			     struct call *call, const struct ttext *args)
{
	(void)call;
	*tainted = false; /* one of our words, whatever was asked for */

	return mbuf_write_str(out, devstate_name(devstate_get(args->str)));
}


static int device_state_write(struct call *call, const struct ttext *args,
			      const struct ttext *value)
{
	struct pl word = ttext_pl(value);
	enum devstate st;
	int err;

	word = pl_trim(word);
	if (!devstate_decode(&st, &word)) {
		call_warning(call, "DEVICE_STATE(%s): \"%r\" is no state",
			     args->str, &word);
		return EINVAL;
	}

	err = devstate_set(args->str, st);
	if (err)
		call_warning(call, "DEVICE_STATE(%s): only Custom: devices "
			     "can be set: %m", args->str, err);

	return err;
}


const struct func func_device_state = {
	.name = "DEVICE_STATE",
	.usage = "DEVICE_STATE(device)  what a device is doing; Custom:name "
		 "can be set",
	.read = device_state_read,
	.write = device_state_write,
};


/* "100@office"; without a context the one where the call is */
static int split_exten(char **extenp, const char **contextp,
		       const struct call *call, const struct pl *text)
{
	char *at;
	int err = pl_strdup(extenp, text);

	if (err)
		return err;

	at = strrchr(*extenp, '@');
	if (at)
		*at = '\0';
	*contextp = at ? at + 1 : call->context;

	return 0;
}


static int extension_state_read(struct mbuf *out, bool *tainted,
				struct call *call, const struct ttext *args)
{
	enum devstate st = DEV_UNKNOWN;
	struct pl text = first_word(args);
	const char *context;
	char *exten = NULL;
	int err;

	*tainted = false;
	err = split_exten(&exten, &context, call, &text);
	if (!err)
		(void)hint_state(&st, context, exten); /* else UNKNOWN */
	if (!err)
		err = mbuf_write_str(out, devstate_name(st));
	mem_deref(exten);

	return err;
}


const struct func func_extension_state = {
	.name = "EXTENSION_STATE",
	.usage = "EXTENSION_STATE(extension[@context])  combined state of "
		 "the devices of its hint",
	.read = extension_state_read,
};


static int hint_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *args)
{
	struct pl text = first_word(args);
	struct hint_devs devs = {.n = 0};
	const char *context;
	char *exten = NULL;
	int err;

	*tainted = ttext_tainted(args); /* ${EXTEN} of a pattern's hint */
	err = split_exten(&exten, &context, call, &text);
	if (!err)
		(void)hint_devices(&devs, context, exten); /* none is "" */

	for (size_t i = 0; i < devs.n && !err; i++)
		err = mbuf_printf(out, "%s%s", i ? "&" : "", devs.v[i]);

	hint_devs_reset(&devs);
	mem_deref(exten);

	return err;
}


const struct func func_hint = {
	.name = "HINT",
	.usage = "HINT(extension[@context])  devices of its hint",
	.read = hint_read,
};
