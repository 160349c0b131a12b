/**
 * @file control/cmd_forward.c  forward show|set|cancel, dnd set|cancel
 */
#include "b2bua/forward.h"
#include "b2bua/server.h"
#include "config/config.h"
#include "control/command.h"
#include "control/commands.h"


struct rows {
	struct cmd_ctx *ctx;
	const char *only; /* phone; NULL all */
	unsigned n;
};


static void row_handler(const char *peer, const char *word,
			const char *number, void *arg)
{
	struct rows *rows = arg;

	if (rows->only && strcmp(rows->only, peer))
		return;

	++rows->n;
	cmd_row(rows->ctx, "%-20.20s %-10.10s %s\n", peer, word,
		strcmp(word, "dnd") ? number : "");
}


static int show_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct rows rows = {.ctx = ctx};

	if (argc > 1)
		return CMD_USAGE;

	rows.only = argc ? argv[0] : NULL;
	cmd_row(ctx, "%-20.20s %-10.10s %s\n", "Phone", "When", "Where to");
	(void)forward_each(row_handler, &rows);
	(void)cmd_printf(ctx, "%u forwards\n", rows.n);

	return 0;
}


static bool kind_decode(enum forward_kind *kind, const char *word)
{
	for (unsigned k = 0; k < FORWARD_KINDC; k++) {
		*kind = (enum forward_kind)k;
		if (!str_casecmp(word, forward_word(*kind)))
			return true;
	}

	return false;
}


static bool is_phone(struct cmd_ctx *ctx, const char *name)
{
	if (config_peer(server()->cfg, name))
		return true;

	(void)cmd_printf(ctx, "There is no peer %s\n", name);

	return false;
}


static int set_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	enum forward_kind kind;

	if (argc != 3 || !kind_decode(&kind, argv[1]))
		return CMD_USAGE;
	if (!is_phone(ctx, argv[0]))
		return 1;

	if (forward_set(argv[0], kind, argv[2])) {
		(void)cmd_printf(ctx, "'%s' is no number that calls of %s "
				 "can go to\n", argv[2], argv[0]);
		return 1;
	}

	(void)cmd_printf(ctx, "Calls of %s go to %s (%s)\n", argv[0], argv[2],
			 forward_word(kind));

	return 0;
}


static int cancel_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	enum forward_kind only = FORWARD_ALL;

	if (argc < 1 || argc > 2 || (argc > 1 && !kind_decode(&only, argv[1])))
		return CMD_USAGE;
	if (!is_phone(ctx, argv[0]))
		return 1;

	for (unsigned k = 0; k < FORWARD_KINDC; k++) {
		if (argc < 2 || only == (enum forward_kind)k)
			(void)forward_set(argv[0], (enum forward_kind)k,
					  NULL); /* nothing to fail */
	}

	(void)cmd_printf(ctx, "Forwards of %s are ended\n", argv[0]);

	return 0;
}


static int dnd(struct cmd_ctx *ctx, int argc, const char *const *argv, bool on)
{
	if (argc != 1)
		return CMD_USAGE;
	if (!is_phone(ctx, argv[0]))
		return 1;

	if (forward_set_dnd(argv[0], on)) {
		(void)cmd_printf(ctx, "could not be kept\n");
		return 1;
	}

	(void)cmd_printf(ctx, "%s is %s\n", argv[0],
			 on ? "not to be disturbed" : "called again");

	return 0;
}


static int dnd_set_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	return dnd(ctx, argc, argv, true);
}


static int dnd_cancel_run(struct cmd_ctx *ctx, int argc,
			  const char *const *argv)
{
	return dnd(ctx, argc, argv, false);
}


static void word_complete(struct cmd_ctx *ctx, unsigned idx,
			  const char *prefix)
{
	if (!idx)
		complete_peers(ctx);
	for (unsigned k = 0; idx == 1 && k < FORWARD_KINDC; k++)
		cmd_candidate(ctx, forward_word((enum forward_kind)k));
}


static void peer_complete(struct cmd_ctx *ctx, unsigned idx,
			  const char *prefix)
{
	if (!idx)
		complete_peers(ctx);
}


/* clang-format off */
static const struct cmd cmds[] = {
	{"forward show", "forward show [PEER]",
	 "Show where phones' calls go, and who is not to be disturbed",
	 show_run, peer_complete},
	{"forward set", "forward set PEER all|busy|noanswer NUMBER",
	 "Send the calls of a phone elsewhere, as its star code does",
	 set_run, word_complete},
	{"forward cancel", "forward cancel PEER [all|busy|noanswer]",
	 "End the forwards of a phone, or one of them",
	 cancel_run, word_complete},
	{"dnd set", "dnd set PEER", "A phone is busy for everybody",
	 dnd_set_run, peer_complete},
	{"dnd cancel", "dnd cancel PEER", "A phone is called again",
	 dnd_cancel_run, peer_complete},
};
/* clang-format on */


int cmd_forward_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
