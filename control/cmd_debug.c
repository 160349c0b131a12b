/**
 * @file control/cmd_debug.c  sip set debug on|off|peer X|ip Y
 */
#include "b2bua/location.h"
#include "b2bua/server.h"
#include "control/commands.h"
#include "control/console.h"


static int on_for(struct cmd_ctx *ctx, const struct sa *sa, const char *what)
{
	server_trace(true, sa, console_publish);
	(void)cmd_printf(ctx, "SIP messages of %s are shown on attached "
			 "consoles; 'sip set debug off' ends it\n", what);
	return 0;
}


static int on_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	(void)argv;

	return argc ? CMD_USAGE : on_for(ctx, NULL, "everybody");
}


static int off_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	(void)argv;
	if (argc)
		return CMD_USAGE;

	server_trace(false, NULL, NULL);
	(void)cmd_printf(ctx, "SIP messages are not shown any more\n");
	return 0;
}


static int ip_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct sa sa;

	if (argc != 1)
		return CMD_USAGE;

	if (sa_set_str(&sa, argv[0], 0)) {
		(void)cmd_printf(ctx, "'%s' is no address\n", argv[0]);
		return 1;
	}

	return on_for(ctx, &sa, argv[0]);
}


static int peer_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct peer *peer;
	struct sx_target t;
	const char *uri;
	bool known;

	if (argc != 1)
		return CMD_USAGE;

	peer = config_peer(server()->cfg, argv[0]);
	if (!peer) {
		(void)cmd_printf(ctx, "Peer %s not found.\n", argv[0]);
		return 1;
	}

	if (sa_isset(&peer->host.sa, SA_ADDR))
		return on_for(ctx, &peer->host.sa, argv[0]);

	if (!location_target(peer, &t, &uri, &known) && known)
		return on_for(ctx, &t.dst, argv[0]);

	(void)cmd_printf(ctx, "Where %s is, is not known now\n", argv[0]);
	return 1;
}


static void complete(struct cmd_ctx *ctx, unsigned idx, const char *prefix)
{
	(void)prefix;
	if (!idx)
		complete_peers(ctx);
}


static const struct cmd cmds[] = {
	{"sip set debug on", "sip set debug on",
	 "Show every SIP message on the attached consoles", on_run, NULL},
	{"sip set debug off", "sip set debug off", "Show none any more",
	 off_run, NULL},
	{"sip set debug ip", "sip set debug ip ADDRESS",
	 "Show the messages of one address", ip_run, NULL},
	{"sip set debug peer", "sip set debug peer NAME",
	 "Show the messages of one peer", peer_run, complete},
};


int cmd_debug_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
