/**
 * @file control/cmd_nat.c  nat report, nat forget
 */
#include "b2bua/location.h"
#include "b2bua/natview.h"
#include "b2bua/server.h"
#include "control/commands.h"
#include "control/console.h"


static void complete(struct cmd_ctx *ctx, unsigned idx, const char *prefix)
{
	(void)prefix;
	if (!idx)
		complete_peers(ctx);
}


static uint32_t devices(const char *name)
{
	const struct place *pl = location_find(name);

	return pl ? list_count(&pl->bindings) : 0;
}


static void report_one(struct cmd_ctx *ctx, const char *name)
{
	const struct nat_print p = {"  ", name};

	(void)cmd_printf(ctx, "%s\n%H", name, nat_report_print, &p);
}


static int report_all(struct cmd_ctx *ctx)
{
	const struct config *cfg = server()->cfg;
	uint32_t n		 = 0;

	for (struct le *le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;

		if (!peer->dynamic || !devices(peer->name))
			continue;

		report_one(ctx, peer->name);
		++n;
	}

	(void)cmd_printf(ctx, "%u phone%s registered\n", n,
			 n == 1 ? " is" : "s are");
	return 0;
}


static const struct peer *find(struct cmd_ctx *ctx, const char *name)
{
	const struct peer *peer = config_peer(server()->cfg, name);

	if (!peer)
		(void)cmd_printf(ctx, "Peer %s not found.\n", name);

	return peer;
}


static int report_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	if (argc > 1)
		return CMD_USAGE;
	if (!argc)
		return report_all(ctx);
	if (!find(ctx, argv[0]))
		return 1;

	if (!devices(argv[0])) {
		(void)cmd_printf(ctx, "Peer %s is not registered\n", argv[0]);
		return 1;
	}

	report_one(ctx, argv[0]);
	return 0;
}


static int forget_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	if (argc != 1)
		return CMD_USAGE;
	if (!find(ctx, argv[0]))
		return 1;

	keepalive_forget(argv[0]);
	(void)cmd_printf(ctx, "What was learned of the NAT of %s is "
			 "forgotten\n", argv[0]);
	return 0;
}


static const struct cmd cmds[] = {
	{"nat report", "nat report [NAME]",
	 "What stands between us and each phone, and what to do about it",
	 report_run, complete},
	{"nat forget", "nat forget NAME",
	 "Begin anew to find out how often a phone's NAT needs a packet",
	 forget_run, complete},
};


int cmd_nat_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
