/**
 * @file control/cmd_voicemail.c  voicemail show users, voicemail show zones
 *
 * Columns as wide as Asterisk's: scripts cut them.
 */
#include "apps/vm_store.h"
#include "b2bua/server.h"
#include "control/commands.h"
#include "control/console.h"


static bool user_row(struct cmd_ctx *ctx, const struct config *cfg,
		     const struct vm_box *box, const char *context)
{
	if (context && strcmp(context, box->context))
		return false;

	cmd_row(ctx, "%-10s %-5s %-25s %-10s %6u\n", box->context, box->name,
		box->fullname ? box->fullname : "",
		box->opts.tz ? box->opts.tz : "",
		vm_count(cfg, box, VM_INBOX) + vm_count(cfg, box, VM_URGENT));

	return true;
}


/* voicemail show users [for CONTEXT] */
static int users_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct config *cfg = server()->cfg;
	const char *context = argc == 2 ? argv[1] : NULL;
	uint32_t n = 0;

	if (argc && (argc != 2 || strcmp(argv[0], "for")))
		return CMD_USAGE;

	if (list_isempty(&cfg->vm.boxes)) {
		(void)cmd_printf(ctx, "There are no voicemail users "
				 "currently defined\n");
		return 0;
	}

	cmd_row(ctx, "%-10s %-5s %-25s %-10s %6s\n", "Context", "Mbox",
		"User", "Zone", "NewMsg");
	for (struct le *le = list_head(&cfg->vm.boxes); le; le = le->next)
		n += user_row(ctx, cfg, le->data, context);

	if (context && !n) {
		(void)cmd_printf(ctx, "No such voicemail context \"%s\"\n",
				 context);
		return 1;
	}

	(void)cmd_printf(ctx, "%u voicemail users configured.\n", n);

	return 0;
}


static int zones_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct config *cfg = server()->cfg;

	(void)argv;
	if (argc)
		return CMD_USAGE;

	if (list_isempty(&cfg->vm.zones)) {
		(void)cmd_printf(ctx, "There are no voicemail zones "
				 "currently defined\n");
		return 0;
	}

	cmd_row(ctx, "%-15s %-20s %-45s\n", "Zone", "Timezone",
		"Message Format");
	for (struct le *le = list_head(&cfg->vm.zones); le; le = le->next) {
		const struct var_def *zone = le->data;
		const char *bar = strchr(zone->value, '|');
		int len = bar ? (int)(bar - zone->value)
			      : (int)strlen(zone->value);

		cmd_row(ctx, "%-15s %-20.*s %-45s\n", zone->name, len,
			zone->value, bar ? bar + 1 : "");
	}

	return 0;
}


static const struct cmd cmds[] = {
	{"voicemail show users", "voicemail show users [for CONTEXT]",
	 "Mailboxes and their new messages", users_run, NULL},
	{"voicemail show zones", "voicemail show zones",
	 "Zones that dates are said in", zones_run, NULL},
};


int cmd_voicemail_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
