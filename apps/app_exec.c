/**
 * @file apps/app_exec.c  Applications that run others: Exec, TryExec, ExecIf,
 *                        ExecIfTime, MacroIf
 */
#include "apps/apps.h"
#include "base/text.h"


enum app_result run_app_text(struct call *call, const struct ttext *text,
			     int *errp)
{
	size_t open = ttext_find(text, 0, '('), end = text->len;
	enum app_result res = APP_NEXT;
	struct ttext *args = NULL;
	struct pl pl = {text->str, open};
	char name[80];
	int err;

	pl = pl_trim(pl);
	if (ttext_tainted_in(text, 0, open) ||
	    pl_copy(name, sizeof(name), &pl)) {
		call_step_note(call, "no application");
		if (errp)
			*errp = ENOENT;
		return APP_NEXT;
	}

	if (end > open && text->str[end - 1] == ')')
		--end;
	err = ttext_slice(&args, text, open < end ? open + 1 : end,
			  open < end ? end - open - 1 : 0);
	if (!err)
		err = call_exec(call, name, args, &res);
	mem_deref(args);

	if (err) {
		call_step_note(call, "%s: %m", name, err);
		if (errp)
			*errp = err;
		return err == ENOMEM || err == ENOENT ? APP_HANGUP : APP_NEXT;
	}

	return res;
}


static enum app_result run_chosen(struct call *call, struct ttext *text)
{
	enum app_result res = APP_NEXT;

	if (text)
		res = run_app_text(call, text, NULL);
	mem_deref(text);

	return res;
}


static enum app_result execif_exec(struct call *call, const struct args *args)
{
	struct ttext *text = NULL;

	if (choose(&text, args_text(args, 0))) {
		call_warning(call, "ExecIf needs condition?app(args)");
		return APP_NEXT;
	}

	return run_chosen(call, text);
}


const struct app app_execif = {
	.name = "ExecIf",
	.usage = "ExecIf(condition?app(args)[:app(args)])  run an application "
		 "if the condition holds, or if not",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = execif_exec,
	.dry_ok = true,
};


static enum app_result execiftime_exec(struct call *call,
				       const struct args *args)
{
	const struct ttext *text = args_text(args, 0);
	size_t quest = find_outside(text, 0, '?');
	struct pl spec = {text->str, quest};
	struct ttext *run = NULL;

	if (quest >= text->len) {
		call_warning(call, "ExecIfTime needs times?app(args)");
		return APP_NEXT;
	}

	if (choose_part(&run, text, quest + 1, time_holds(call, &spec)))
		return APP_HANGUP;

	return run_chosen(call, run);
}


const struct app app_execiftime = {
	.name = "ExecIfTime",
	.usage = "ExecIfTime(times,weekdays,days,months[,zone]?app(args)"
		 "[:app(args)])  run an application at these times",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = execiftime_exec,
	.dry_ok = true,
};


static enum app_result exec_exec(struct call *call, const struct args *args)
{
	return run_app_text(call, args_text(args, 0), NULL);
}


const struct app app_exec = {
	.name = "Exec",
	.usage = "Exec(app(arguments))  run an application",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.dry_ok = true,
	.exec = exec_exec,
};


/* TRYSTATUS tells; the call goes on whatever it is */
static enum app_result tryexec_exec(struct call *call,
				    const struct args *args)
{
	enum app_result res;
	int err = 0;

	res = run_app_text(call, args_text(args, 0), &err);
	(void)call_set_var(call, "TRYSTATUS",
			   err == ENOENT	  ? "NOAPP"
			   : err || res == APP_HANGUP ? "FAILED"
						      : "SUCCESS",
			   false);

	return res == APP_WAIT ? APP_WAIT : APP_NEXT;
}


const struct app app_tryexec = {
	.name = "TryExec",
	.usage = "TryExec(app(arguments))  run an application; TRYSTATUS tells "
		 "if that could be done",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.dry_ok = true,
	.exec = tryexec_exec,
};


/* MacroIf(condition?macro1[,arg...][:macro2[,arg...]]) */
static enum app_result macroif_exec(struct call *call,
				    const struct args *args)
{
	struct ttext *text = NULL;
	enum app_result res = APP_NEXT;

	if (choose(&text, args_text(args, 0))) {
		call_warning(call, "MacroIf needs condition?name[:name]");
		return APP_NEXT;
	}

	if (text && call_exec(call, "Macro", text, &res))
		res = APP_NEXT;
	mem_deref(text);

	return res;
}


const struct app app_macroif = {
	.name = "MacroIf",
	.usage = "MacroIf(condition?name[,arg...][:name[,arg...]])  Macro if "
		 "the condition holds, or if not",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.dry_ok = true,
	.exec = macroif_exec,
};
