/**
 * @file apps/app_sip.c  SIPAddHeader, SIPRemoveHeader: headers of the legs
 *                       that Dial places next
 *
 * They are kept as Asterisk does, in SIPADDHEADER01 ...; fork_dev.c checks
 * them again when a leg is placed.
 */
#include "apps/apps.h"
#include "base/text.h"

enum { HEADERS_MAX = 50 };


static void print_name(char *buf, size_t n, unsigned i)
{
	(void)re_snprintf(buf, n, "SIPADDHEADER%02u", i);
}


/* Control characters end a header */
static bool is_header(const char *text)
{
	const char *colon = strchr(text, ':');

	if (!colon || colon == text)
		return false;

	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p < ' ' && *p != '\t')
			return false;
		if (p < colon && (*p == ' ' || *p == '\t'))
			return false;
	}

	return true;
}


static enum app_result add_exec(struct call *call, const struct args *args)
{
	const struct ttext *text = args_text(args, 0);
	size_t colon = ttext_find(text, 0, ':');
	char name[32];

	/* the name is the administrator's */
	if (!is_header(text->str) || ttext_tainted_in(text, 0, colon)) {
		call_warning(call, "SIPAddHeader: \"%s\" is no header",
			     text->str);
		call_step_note(call, "no header");
		return APP_NEXT;
	}

	for (unsigned i = 1; i <= HEADERS_MAX; i++) {
		print_name(name, sizeof(name), i);
		if (!vars_get_str(call->vars, name)) {
			(void)call_set_var(call, name, text->str,
					   ttext_tainted(text));
			return APP_NEXT;
		}
	}

	call_warning(call, "SIPAddHeader: more than %u headers", HEADERS_MAX);

	return APP_NEXT;
}


const struct app app_sipaddheader = {
	.name = "SIPAddHeader",
	.usage = "SIPAddHeader(Header: value)  add a header to the next Dial",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = add_exec,
	.dry_ok = true,
};


static enum app_result remove_exec(struct call *call, const struct args *args)
{
	const char *want = args_str(args, 0);
	struct pl var;
	char name[32];

	for (unsigned i = 1; i <= HEADERS_MAX; i++) {
		const struct vval *val;

		print_name(name, sizeof(name), i);
		val = vars_get_str(call->vars, name);
		if (!val || strncasecmp(val->str, want, strlen(want)))
			continue;

		pl_set_str(&var, name);
		vars_unset(call->vars, &var);
	}

	return APP_NEXT;
}


const struct app app_sipremoveheader = {
	.name = "SIPRemoveHeader",
	.usage = "SIPRemoveHeader([name])  take back added headers that begin "
		 "with the name, or all",
	.maxargs = 1,
	.dead_ok = true,
	.exec = remove_exec,
	.dry_ok = true,
};
