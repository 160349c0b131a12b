/**
 * @file apps/app_system.c  System, TrySystem, SHELL(): other programs
 *
 * The call waits for the program, the others do not.  If the caller leaves
 * the program goes on to its end or its time limit.
 */
#include "apps/apps.h"
#include "apps/command.h"
#include "apps/late.h"


struct running {
	struct call *call;
	struct proc *proc;
};


static void running_destructor(void *data)
{
	struct running *run = data;

	mem_deref(run->proc);
}


static void set_status(struct call *call, const char *status)
{
	(void)call_set_var(call, "SYSTEMSTATUS", status, false);
}


/* 127 is the shell's word for "no such program" */
static void ended(enum proc_end end, int status, const struct mbuf *out,
		  void *arg)
{
	struct running *run = arg;
	struct call *call = run->call;

	(void)out;
	if (end == PROC_EXITED) {
		call_step_note(call, "exit %d", status);
		set_status(call, !status	 ? "SUCCESS"
				 : status == 127 ? "FAILURE"
						 : "APPERROR");
	}
	else {
		call_step_note(call, end == PROC_TIMEOUT ? "took too long"
							 : "killed");
		set_status(call, "APPERROR");
	}

	call_step_done(call, APP_NEXT);
}


static enum app_result system_exec(struct call *call, const struct args *args)
{
	struct running *run = mem_zalloc(sizeof(*run), running_destructor);
	struct command *cmd = NULL;
	const char *why = "";
	int err;

	if (!run)
		return APP_HANGUP;

	call->appst = run;
	run->call = call;
	err = command_decode(&cmd, call, args_text(args, 0), &why);
	if (!err)
		err = command_run(&run->proc, cmd, false, ended, run);
	mem_deref(cmd);
	if (!err)
		return APP_WAIT;

	call_warning(call, "%s(%s): %m%s%s", call->app->name,
		     args_str(args, 0), err, why[0] ? ": " : "", why);
	call_step_note(call, "%m", err);
	set_status(call, "FAILURE");

	return APP_NEXT;
}


const struct app app_system = {
	.name = "System",
	.usage = "System(command)  run a program and wait for its end; "
		 "SYSTEMSTATUS is SUCCESS, APPERROR or FAILURE",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = system_exec,
};

const struct app app_trysystem = {
	.name = "TrySystem",
	.usage = "TrySystem(command)  as System",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = system_exec,
};


/* --- SHELL --------------------------------------------------------------- */

static int shell_start(struct proc **pp, proc_end_h *h, void *arg,
		       struct call *call, const struct ttext *args)
{
	struct command *cmd = NULL;
	const char *why = "";
	int err;

	err = command_decode(&cmd, call, args, &why);
	if (err) {
		call_warning(call, "SHELL(%s): %m%s%s", args->str, err,
			     why[0] ? ": " : "", why);
		return EINVAL;
	}

	err = command_run(pp, cmd, true, h, arg);
	mem_deref(cmd);

	return err;
}


static int shell_read(struct mbuf *out, bool *tainted, struct call *call,
		      const struct ttext *args)
{
	*tainted = true;

	return late_read(out, call, "SHELL", args, false, shell_start);
}


const struct func func_shell = {
	.name = "SHELL",
	.usage = "SHELL(command)  what a program writes",
	.read = shell_read,
	.acts = true,
};
