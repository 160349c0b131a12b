/**
 * @file apps/app_goto.c  Goto, GotoIf, GotoIfTime, Gosub, GosubIf, Return,
 *                        StackPop, Macro, MacroExit
 *
 * The branch is chosen by '?' and ':' of the administrator only; what was
 * dialled cannot become a target's separator.
 */
#include "apps/apps.h"


/* A target that is wrong ends the plan, as in Asterisk; the log says it */
static enum app_result go_args(struct call *call, const struct args *args)
{
	int err = call_goto_args(call, args);

	if (err) {
		call_step_note(call, "no such target");
		return APP_HANGUP;
	}

	call_step_note(call, "%s,%s,%u", call->context, call->exten,
		       call->prio);

	return APP_NEXT;
}


static enum app_result goto_exec(struct call *call, const struct args *args)
{
	return go_args(call, args);
}


const struct app app_goto = {
	.name = "Goto",
	.usage = "Goto([[context,]extension,]priority)  go on elsewhere",
	.minargs = 1,
	.maxargs = 3,
	.dead_ok = true,
	.exec = goto_exec,
	.dry_ok = true,
};


static enum app_result go_text(struct call *call, struct ttext *target)
{
	enum app_result res = APP_HANGUP;
	struct args args;

	if (!target) {
		call_step_note(call, "goes on");
		return APP_NEXT;
	}

	if (!args_split(&args, target, 0))
		res = go_args(call, &args);
	args_reset(&args);
	mem_deref(target);

	return res;
}


static enum app_result gotoif_exec(struct call *call, const struct args *args)
{
	struct ttext *target = NULL;
	int err = choose(&target, args_text(args, 0));

	if (err) {
		call_warning(call, "GotoIf needs condition?target[:target]");
		call_step_note(call, "%m", err);
		return APP_NEXT;
	}

	return go_text(call, target);
}


const struct app app_gotoif = {
	.name = "GotoIf",
	.usage = "GotoIf(condition?[target][:target])  go on elsewhere if the "
		 "condition holds, or if not",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = gotoif_exec,
	.dry_ok = true,
};


static enum app_result gotoiftime_exec(struct call *call,
				       const struct args *args)
{
	const struct ttext *text = args_text(args, 0);
	size_t quest = find_outside(text, 0, '?');
	struct pl spec = {text->str, quest};
	struct ttext *target = NULL;
	int err;

	if (quest >= text->len) {
		call_warning(call, "GotoIfTime needs times?target[:target]");
		return APP_NEXT;
	}

	err = choose_part(&target, text, quest + 1, time_holds(call, &spec));

	return err ? APP_HANGUP : go_text(call, target);
}


const struct app app_gotoiftime = {
	.name = "GotoIfTime",
	.usage = "GotoIfTime(times,weekdays,days,months[,zone]?[target]"
		 "[:target])  go on elsewhere at these times",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = gotoiftime_exec,
	.dry_ok = true,
};


/* --- subroutines --------------------------------------------------------- */

static enum app_result gosub_text(struct call *call, const struct ttext *text)
{
	int err = call_gosub_text(call, text);

	if (err) {
		call_step_note(call, "%m", err);
		call_warning(call, "Gosub(%s): %m", text->str, err);
		return APP_HANGUP;
	}

	return APP_NEXT;
}


static enum app_result gosub_exec(struct call *call, const struct args *args)
{
	return gosub_text(call, args_text(args, 0));
}


const struct app app_gosub = {
	.name = "Gosub",
	.usage = "Gosub([[context,]extension,]priority[(arg,...)])  go on "
		 "elsewhere until Return",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = gosub_exec,
	.dry_ok = true,
};


static enum app_result gosubif_exec(struct call *call,
				    const struct args *args)
{
	enum app_result res = APP_NEXT;
	struct ttext *target = NULL;
	int err = choose(&target, args_text(args, 0));

	if (err) {
		call_warning(call, "GosubIf needs condition?target[:target]");
		return APP_NEXT;
	}

	if (target)
		res = gosub_text(call, target);
	mem_deref(target);

	return res;
}


const struct app app_gosubif = {
	.name = "GosubIf",
	.usage = "GosubIf(condition?[target(args)][:target(args)])  Gosub if "
		 "the condition holds, or if not",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = gosubif_exec,
	.dry_ok = true,
};


static enum app_result return_exec(struct call *call, const struct args *args)
{
	const struct ttext *val = args_text(args, 0);

	if (call_return(call, false)) {
		call_warning(call, "Return without Gosub");
		call_step_note(call, "without Gosub");
		return APP_HANGUP;
	}

	/* behind the return: LOCAL(GOSUB_RETVAL) has gone */
	(void)call_set_var(call, "GOSUB_RETVAL", val ? val->str : "",
			   val && ttext_tainted(val));

	return APP_NEXT;
}


const struct app app_return = {
	.name = "Return",
	.usage = "Return([value])  back behind the Gosub; value is "
		 "GOSUB_RETVAL",
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = return_exec,
	.dry_ok = true,
};


static enum app_result stackpop_exec(struct call *call,
				     const struct args *args)
{
	if (call_return(call, true))
		call_warning(call, "StackPop without Gosub");

	return APP_NEXT;
}


const struct app app_stackpop = {
	.name = "StackPop",
	.usage = "StackPop()  forget where the Gosub came from",
	.dead_ok = true,
	.exec = stackpop_exec,
	.dry_ok = true,
};


static enum app_result macro_exec(struct call *call, const struct args *args)
{
	int err = call_macro(call, args_str(args, 0), args);

	if (!err)
		return APP_NEXT;

	call_step_note(call, "%m", err);

	return err == ENOENT ? APP_NEXT : APP_HANGUP;
}


const struct app app_macro = {
	.name = "Macro",
	.usage = "Macro(name[,arg...])  run extension s of context macro-NAME",
	.minargs = 1,
	.maxargs = ARGS_MAX,
	.dead_ok = true,
	.exec = macro_exec,
	.dry_ok = true,
};


static enum app_result macroexit_exec(struct call *call,
				      const struct args *args)
{
	if (call_return(call, false)) {
		call_warning(call, "MacroExit outside of a macro");
		return APP_HANGUP;
	}

	return APP_NEXT;
}


const struct app app_macroexit = {
	.name = "MacroExit",
	.usage = "MacroExit()  back behind the Macro",
	.dead_ok = true,
	.exec = macroexit_exec,
	.dry_ok = true,
};
