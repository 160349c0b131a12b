/**
 * @file control/cmd_dialplan.c  dialplan show, core show applications
 */
#include "b2bua/app.h"
#include "b2bua/explain.h"
#include "b2bua/server.h"
#include "control/commands.h"
#include "control/console.h"
#include "control/dialplan_show.h"
#include "routing/vars.h"


static bool global_handler(const char *name, const struct vval *val,
			   enum var_inherit inherit, void *arg)
{
	(void)inherit;
	(void)cmd_printf(arg, "   %s=%s\n", name, val->str);
	return false;
}


static int globals_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	(void)argv;
	if (argc)
		return CMD_USAGE;

	(void)vars_apply(server()->globals, global_handler, ctx);
	(void)cmd_printf(ctx, "\n    -- %u variable(s)\n",
			 (unsigned)vars_count(server()->globals));
	return 0;
}


static int set_global_run(struct cmd_ctx *ctx, int argc,
			  const char *const *argv)
{
	int err;

	if (argc != 2)
		return CMD_USAGE;

	err = vars_set_str(server()->globals, argv[0], argv[1]);
	if (err) {
		(void)cmd_printf(ctx, "'%s' cannot be set: %m\n", argv[0],
				 err);
		return 1;
	}

	(void)cmd_printf(ctx, "   -- Global variable '%s' set to '%s'\n",
			 argv[0], argv[1]);
	return 0;
}


static int explain_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct explain_params prm = {
		.cfg = server()->cfg,
		.plan = server()->plan,
	};
	struct mbuf *mb;
	const char *why;
	int err;

	if (explain_decode(&prm, argc, argv, &why)) {
		(void)cmd_printf(ctx, "%s\n", why);
		return CMD_USAGE;
	}

	mb = mbuf_alloc(1024);
	err = mb ? plan_explain(mb, &prm) : ENOMEM;
	if (mb)
		(void)cmd_write(ctx, (char *)mb->buf, mb->end);
	mem_deref(mb);

	return err ? 1 : 0;
}


/* ---- applications and functions ----------------------------------------- */

static int apps_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct app *const *v;
	size_t n;

	(void)argv;
	if (argc)
		return CMD_USAGE;

	v = app_table(&n);
	(void)cmd_printf(ctx, "    -= Registered Tandem Applications =-\n");
	for (size_t i = 0; i < n; i++)
		(void)cmd_printf(ctx, "%20s: %s\n", v[i]->name, v[i]->usage);
	(void)cmd_printf(ctx, "    -= %u Applications Registered =-\n",
			 (unsigned)n);
	return 0;
}


static int funcs_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct func *const *v;
	size_t n;

	(void)argv;
	if (argc)
		return CMD_USAGE;

	v = func_table(&n);
	(void)cmd_printf(ctx, "Installed Custom Functions:\n");
	for (size_t i = 0; i < n; i++)
		(void)cmd_printf(ctx, "%-20s  %s\n", v[i]->name, v[i]->usage);
	(void)cmd_printf(ctx, "%u custom functions installed.\n", (unsigned)n);
	return 0;
}


static int app_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct app *app;

	if (argc != 1)
		return CMD_USAGE;

	app = app_find(argv[0]);
	if (!app) {
		(void)cmd_printf(ctx, "Your application(s) is (are) not "
				 "registered\n");
		return 1;
	}

	(void)cmd_printf(ctx, "%s\n", app->usage);
	return 0;
}


static void app_complete(struct cmd_ctx *ctx, unsigned idx, const char *prefix)
{
	const struct app *const *v;
	size_t n;

	(void)prefix;
	v = app_table(&n);
	for (size_t i = 0; !idx && i < n; i++)
		cmd_candidate(ctx, v[i]->name);
}


static int func_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct func *func;

	if (argc != 1)
		return CMD_USAGE;

	func = func_find(argv[0]);
	if (!func) {
		(void)cmd_printf(ctx, "No function by that name registered.\n");
		return 1;
	}

	(void)cmd_printf(ctx, "%s\n", func->usage);
	return 0;
}


static const struct cmd cmds[] = {
	{"dialplan show", "dialplan show [[EXTEN@]CONTEXT]",
	 "The dialplan as it was read", dialplan_show_run,
	 dialplan_show_complete},
	{"dialplan show globals", "dialplan show globals",
	 "Global variables", globals_run, NULL},
	{"dialplan set global", "dialplan set global NAME VALUE",
	 "Set a global variable", set_global_run, NULL},
	{"dialplan explain",
	 "dialplan explain CONTEXT NUMBER [from CALLER] [at TIME]",
	 "Where a number would go, and why", explain_run, dialplan_show_complete},
	{"core show applications", "core show applications",
	 "Applications of the dialplan", apps_run, NULL},
	{"core show application", "core show application NAME",
	 "How an application is used", app_run, app_complete},
	{"core show functions", "core show functions",
	 "Functions of the dialplan", funcs_run, NULL},
	{"core show function", "core show function NAME",
	 "How a function is used", func_run, NULL},
};


int cmd_dialplan_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
