/**
 * @file docs/gen/commands.c  The console's commands
 */
#include "control/command.h"
#include "control/commands.h"
#include "docs/gen/pages.h"


static void print_command(struct doc *d, const struct cmd *cmd)
{
	char text[512];

	if (re_snprintf(text, sizeof(text), "%s.", cmd->help) < 0)
		d->err = ENOBUFS;
	doc_item(d, cmd->usage, text);
}


void page_commands(struct doc *d)
{
	static struct cmd_set set;

	if (commands_register()) {
		d->err = EINVAL;
		return;
	}

	doc_para(d, "Words may be cut short as long as they stay clear; Tab "
		 "completes them.");
	cmd_below(&set, NULL, 0);
	for (size_t i = 0; i < set.n; i++)
		print_command(d, set.v[i]);
	console_forget();
}
