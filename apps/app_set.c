/**
 * @file apps/app_set.c  Set, SetVar, MSet, SetGlobalVar, NoOp, Verbose, Log
 */
#include "apps/apps.h"
#include "base/text.h"


/* NAME=value: blanks of the name are part of it, as in Asterisk */
static void assign(struct call *call, const struct ttext *text, size_t end,
		   bool global)
{
	size_t eq = find_outside(text, 0, '=');
	struct ttext *name = NULL, *value = NULL;
	int err;

	if (eq >= end || !eq) {
		call_warning(call, "\"%s\" is not name=value", text->str);
		call_step_note(call, "not name=value");
		return;
	}

	err = ttext_slice(&name, text, 0, eq);
	if (!err)
		err = ttext_slice(&value, text, eq + 1, end - eq - 1);
	if (!err)
		err = call_assign(call, name, value, global);
	if (err) {
		call_warning(call, "Set(%s): %m", text->str, err);
		call_step_note(call, "%m", err);
	}

	mem_deref(name);
	mem_deref(value);
}


/* Set(x=y,g) of 1.2: a global one */
static bool old_global(const struct ttext *text, size_t *end)
{
	if (text->len < 3 || strcmp(text->str + text->len - 2, ",g") ||
	    ttext_tainted_in(text, text->len - 2, 2))
		return false;

	*end = text->len - 2;

	return true;
}


static enum app_result set_exec(struct call *call, const struct args *args)
{
	const struct ttext *text = args_text(args, 0);
	size_t end = text->len;
	bool global = old_global(text, &end);

	assign(call, text, end, global);

	return APP_NEXT;
}


const struct app app_set = {
	.name = "Set",
	.usage = "Set(name=value)  set a variable or a function",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = set_exec,
	.dry_ok = true,
};


/* of 1.2; takes several with commas as well, but a comma may be meant */
const struct app app_setvar = {
	.name = "SetVar",
	.usage = "SetVar(name=value)  old spelling of Set",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.dry_ok = true,
	.exec = set_exec,
};


static enum app_result mset_exec(struct call *call, const struct args *args)
{
	for (size_t i = 0; i < args->n; i++)
		assign(call, args_text(args, i), args_text(args, i)->len,
		       false);

	return APP_NEXT;
}


const struct app app_mset = {
	.name = "MSet",
	.usage = "MSet(name=value[,name=value...])  set several variables",
	.minargs = 1,
	.maxargs = ARGS_MAX,
	.dead_ok = true,
	.exec = mset_exec,
	.dry_ok = true,
};


static enum app_result setglobal_exec(struct call *call,
				      const struct args *args)
{
	assign(call, args_text(args, 0), args_text(args, 0)->len, true);

	return APP_NEXT;
}


const struct app app_setglobalvar = {
	.name = "SetGlobalVar",
	.usage = "SetGlobalVar(name=value)  set a variable of all calls",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = setglobal_exec,
	.dry_ok = true,
};


/* The trace has its arguments: that is what it is for */
static enum app_result noop_exec(struct call *call, const struct args *args)
{
	return APP_NEXT;
}


const struct app app_noop = {
	.name = "NoOp",
	.usage = "NoOp([text])  nothing; the text is in the trace",
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = noop_exec,
	.dry_ok = true,
};


static enum app_result verbose_exec(struct call *call,
				    const struct args *args)
{
	struct pl level = args_pl(args, 0);
	uint64_t n;
	bool has_level;

	level = pl_trim(level);
	has_level = args->n > 1 && !num_decode(&n, &level, 100);
	if (!has_level && args->n > 1)
		call_info(call, "%s,%s", args_str(args, 0), args_str(args, 1));
	else
		call_info(call, "%s", args_str(args, has_level ? 1 : 0));

	return APP_NEXT;
}


const struct app app_verbose = {
	.name = "Verbose",
	.usage = "Verbose([level,]text)  write a line to the log",
	.minargs = 1,
	.maxargs = 2,
	.dead_ok = true,
	.exec = verbose_exec,
	.dry_ok = true,
};


static enum app_result log_exec(struct call *call, const struct args *args)
{
	const char *level = args_str(args, 0), *text = args_str(args, 1);

	if (!str_casecmp(level, "ERROR"))
		log_error("call", "call %s: %s", call->id, text);
	else if (!str_casecmp(level, "WARNING"))
		call_warning(call, "%s", text);
	else if (!str_casecmp(level, "DEBUG"))
		log_debug("call", "call %s: %s", call->id, text);
	else
		call_info(call, "%s", text);

	return APP_NEXT;
}


const struct app app_log = {
	.name = "Log",
	.usage = "Log(level,text)  write a line to the log at a level",
	.minargs = 2,
	.maxargs = 2,
	.dead_ok = true,
	.exec = log_exec,
	.dry_ok = true,
};
