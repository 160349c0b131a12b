/**
 * @file control/cmd_hints.c  core show hints, core show hint, devstate,
 *                            sip show subscriptions
 *
 * Columns as wide as Asterisk's: scripts cut them.
 */
#include <stdio.h>
#include "b2bua/hint.h"
#include "b2bua/server.h"
#include "b2bua/subscribe.h"
#include "base/text.h"
#include "control/commands.h"
#include "control/console.h"
#include "store/store.h"


/* ---- hints -------------------------------------------------------------- */

/* Asterisk's words for the state of an extension */
static const char *state_word(enum devstate st)
{
	switch (st) {

	case DEV_NOT_INUSE: return "Idle";
	case DEV_INUSE: return "InUse";
	case DEV_BUSY: return "Busy";
	case DEV_RINGING: return "Ringing";
	case DEV_RINGINUSE: return "InUse&Ringing";
	case DEV_ONHOLD: return "Hold";
	case DEV_UNKNOWN:
	case DEV_INVALID:
	case DEV_UNAVAILABLE:
	default: return "Unavailable";
	}
}


static void hint_row(struct cmd_ctx *ctx, const struct dp_context *c,
		     const struct dp_exten *e)
{
	enum devstate st = DEV_UNKNOWN;
	char name[300];

	/* a pattern has a state for each extension that is asked for */
	if (!e->pattern)
		(void)hint_state(&st, c->name, e->name);

	(void)re_snprintf(name, sizeof(name), "%s@%s", e->name, c->name);
	cmd_row(ctx, "%-20.20s: %-20.20s  State:%-15.15s Watchers %2u\n",
		name, e->hint, e->pattern ? "-" : state_word(st),
		e->pattern ? 0 : hint_watchers(c->name, e->name));
}


static uint32_t hint_rows(struct cmd_ctx *ctx, const struct dp_context *c,
			  const char *exten)
{
	uint32_t n = 0;

	for (struct le *le = list_head(&c->extens); le; le = le->next) {
		const struct dp_exten *e = le->data;

		if (!e->hint || (exten && strcmp(exten, e->name)))
			continue;

		hint_row(ctx, c, e);
		++n;
	}

	return n;
}


static uint32_t all_rows(struct cmd_ctx *ctx, const char *exten,
			 const char *context)
{
	const struct dialplan *dp = server()->cfg->dialplan;
	uint32_t n = 0;

	for (struct le *le = list_head(&dp->contexts); le; le = le->next) {
		const struct dp_context *c = le->data;

		if (!context || !strcmp(c->name, context))
			n += hint_rows(ctx, c, exten);
	}

	return n;
}


static int hints_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	uint32_t n;

	(void)argv;
	if (argc)
		return CMD_USAGE;

	(void)cmd_printf(ctx, "\n    -= Registered Dial Plan Hints =-\n");
	n = all_rows(ctx, NULL, NULL);
	if (!n) {
		(void)cmd_printf(ctx, "There are no registered dialplan "
				 "hints\n");
		return 0;
	}

	(void)cmd_printf(ctx, "----------------\n- %u hints registered\n", n);

	return 0;
}


/* An extension that a pattern's hint stands for */
static uint32_t pattern_row(struct cmd_ctx *ctx, const char *exten,
			    const char *context)
{
	struct hint_devs devs;
	enum devstate st;

	if (!context || hint_devices(&devs, context, exten))
		return 0;

	(void)hint_state(&st, context, exten);
	(void)cmd_printf(ctx, "%s@%s: ", exten, context);
	for (size_t i = 0; i < devs.n; i++)
		(void)cmd_printf(ctx, "%s%s", i ? "&" : "", devs.v[i]);
	(void)cmd_printf(ctx, "  State:%s Watchers %u\n", state_word(st),
			 hint_watchers(context, exten));
	hint_devs_reset(&devs);

	return 1;
}


static int hint_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	char *exten = NULL, *at;
	const char *context = NULL;
	uint32_t n;

	if (argc != 1)
		return CMD_USAGE;
	if (str_dup(&exten, argv[0]))
		return ENOMEM;

	at = strrchr(exten, '@');
	if (at) {
		*at = '\0';
		context = at + 1;
	}

	n = all_rows(ctx, exten, context);
	if (!n)
		n = pattern_row(ctx, exten, context);
	if (n)
		(void)cmd_printf(ctx, "----------------\n- %u hint%s matching "
				 "extension %s\n", n, n == 1 ? "" : "s",
				 exten);
	else
		(void)cmd_printf(ctx, "No hints matching extension %s\n",
				 exten);
	mem_deref(exten);

	return n ? 0 : 1;
}


/* ---- devices ------------------------------------------------------------ */

static int change_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	enum devstate st;
	struct pl word;
	int err;

	if (argc != 2)
		return CMD_USAGE;

	pl_set_str(&word, argv[1]);
	if (!devstate_decode(&st, &word)) {
		(void)cmd_printf(ctx, "'%s' is no state; NOT_INUSE, INUSE, "
				 "BUSY, INVALID, UNAVAILABLE, RINGING, "
				 "RINGINUSE, ONHOLD and UNKNOWN are\n",
				 argv[1]);
		return 1;
	}

	err = devstate_set(argv[0], st);
	if (err) {
		(void)cmd_printf(ctx, "%s: only Custom:name can be set\n",
				 argv[0]);
		return 1;
	}

	(void)cmd_printf(ctx, "Changing %s to %s\n", argv[0],
			 devstate_name(st));

	return 0;
}


static void custom_row(const char *family, const char *key, const char *value,
		       void *arg)
{
	(void)family;
	cmd_row(arg, "Name: Custom:%-20.100s State: %s\n", key, value);
}


static int list_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	(void)argv;
	if (argc)
		return CMD_USAGE;

	(void)store_db_scan("CustomDevstate", NULL, custom_row, ctx);

	return 0;
}


/* ---- subscriptions ------------------------------------------------------ */

static void sub_row(const struct subs_info *info, void *arg)
{
	char addr[64], exten[320];

	(void)re_snprintf(addr, sizeof(addr), "%j", &info->addr);
	(void)re_snprintf(exten, sizeof(exten), "%s%s%s", info->exten,
			  info->context[0] ? "@" : "", info->context);
	cmd_row(arg, "%-15.15s  %-15.15s  %-15.15s  %-15.15s  %-13.13s  "
		"%-15.15s %-10.10s %-6u\n", addr, info->user, info->callid,
		exten, info->state, info->type, info->mailbox, info->left_s);
}


static int subs_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	uint32_t n = subs_count();

	(void)argv;
	if (argc)
		return CMD_USAGE;

	(void)cmd_printf(ctx, "%-15s  %-15s  %-15s  %-15s  %-13s  %-15s "
			 "%-10s %-6s\n", "Peer", "User", "Call ID",
			 "Extension", "Last state", "Type", "Mailbox",
			 "Expiry");
	subs_apply(sub_row, ctx);
	(void)cmd_printf(ctx, "%u active SIP subscription%s\n", n,
			 n == 1 ? "" : "s");

	return 0;
}


static const struct cmd cmds[] = {
	{"core show hints", "core show hints",
	 "Extensions with a lamp, what it shows, who watches", hints_run,
	 NULL},
	{"core show hint", "core show hint EXTENSION[@CONTEXT]",
	 "The lamp of one extension", hint_run, NULL},
	{"devstate change", "devstate change Custom:NAME STATE",
	 "Set a device state of your own", change_run, NULL},
	{"devstate list", "devstate list",
	 "Device states of your own", list_run, NULL},
	{"sip show subscriptions", "sip show subscriptions",
	 "Who watches lamps and messages", subs_run, NULL},
};


int cmd_hints_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
