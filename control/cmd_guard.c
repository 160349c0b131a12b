/**
 * @file control/cmd_guard.c  guard show|why|ban|unban|allow|disallow
 */
#include "b2bua/guard.h"
#include "b2bua/guard_nft.h"
#include "base/addr.h"
#include "base/count.h"
#include "base/text.h"
#include "control/commands.h"
#include "control/console.h"

enum { TTL_MAX_S = 365 * 86400 };


static bool address(struct cmd_ctx *ctx, struct sa *sa, const char *text)
{
	if (!sa_set_str(sa, text, 0)) {
		addr_unmap(sa);
		return true;
	}

	(void)cmd_printf(ctx, "'%s' is no address, expected such as "
			 "192.0.2.1 or 2001:db8::1\n", text);
	return false;
}


/* ---- guard show --------------------------------------------------------- */

static void counters(struct cmd_ctx *ctx)
{
	static const enum counter v[] = {
		COUNT_GUARD_BANNED, COUNT_GUARD_RATE, COUNT_GUARD_NETWORK,
		COUNT_GUARD_ALL, COUNT_GUARD_SCANNER, COUNT_GUARD_GUESSING,
		COUNT_GUARD_SMALL, COUNT_GUARD_BANS, COUNT_LOG_SUPPRESSED,
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		(void)cmd_printf(ctx, "  %-36s %llu\n", count_name(v[i]),
				 (unsigned long long)count_get(v[i]));
}


static void ban_row(struct cmd_ctx *ctx, const struct guard_ban *b)
{
	char net[80];

	(void)re_snprintf(net, sizeof(net), "%H", guard_net_print, &b->sa);
	cmd_row(ctx, "%-39.39s %10u %5u %10llu  %s%s\n", net,
		guard_ban_left_s(b), b->level, (unsigned long long)b->drops,
		b->manual   ? "(operator) "
		: b->proven ? ""
			    : "(may be forged) ",
		b->why);
}


static int show_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	uint32_t n = 0;

	(void)argv;
	if (argc)
		return CMD_USAGE;

	cmd_row(ctx, "%-39s %10s %5s %10s  %s\n", "Address", "Seconds",
		"Bans", "Dropped", "Why");
	for (struct le *le = list_head(guard_bans()); le; le = le->next) {
		if (!guard_ban_left_s(le->data))
			continue;
		ban_row(ctx, le->data);
		++n;
	}

	(void)cmd_printf(ctx, "%u banned\n", n);
	for (struct le *le = list_head(guard_allowed()); le; le = le->next) {
		const struct acl_rule *rule = le->data;

		(void)cmd_printf(ctx, "allowed: %H\n", net_print, &rule->net);
	}
	(void)cmd_printf(ctx, "%u records of strangers\n", guard_strangers());
	counters(ctx);
	if (guard_nft_failures())
		(void)cmd_printf(ctx, "nft failed %u times\n",
				 guard_nft_failures());

	return 0;
}


/* ---- one address -------------------------------------------------------- */

static int why_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct sa sa;

	if (argc != 1)
		return CMD_USAGE;
	if (!address(ctx, &sa, argv[0]))
		return 1;

	(void)cmd_printf(ctx, "%H", guard_why, &sa);

	return 0;
}


static int ban_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	uint64_t ttl = 0;
	struct pl pl;
	struct sa sa;
	int err;

	if (argc < 1 || argc > 2)
		return CMD_USAGE;
	if (!address(ctx, &sa, argv[0]))
		return 1;

	if (argc > 1) {
		pl_set_str(&pl, argv[1]);
		if (num_decode(&ttl, &pl, TTL_MAX_S) || !ttl)
			return CMD_USAGE;
	}

	err = guard_ban(&sa, (uint32_t)ttl, "by the operator");
	if (err == EPERM)
		(void)cmd_printf(ctx, "Not banned: %j is a %s\n", &sa,
				 guard_class_text(guard_class_of(&sa)));
	else if (err)
		(void)cmd_printf(ctx, "Not banned: %m\n", err);
	else
		(void)cmd_printf(ctx, "%H is banned for %u seconds\n",
				 guard_net_print, &sa,
				 guard_ban_left_s(guard_ban_find(&sa)));

	return err ? 1 : 0;
}


static int unban_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct sa sa;
	int err;

	if (argc != 1)
		return CMD_USAGE;
	if (!address(ctx, &sa, argv[0]))
		return 1;

	err = guard_unban(&sa);
	(void)cmd_printf(ctx, err ? "%H was not banned\n"
				  : "%H is free, and its bans are forgotten\n",
			 guard_net_print, &sa);

	return err ? 1 : 0;
}


/* ---- guard allow -------------------------------------------------------- */

static int allow_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct pl pl;
	int err;

	if (argc != 1)
		return CMD_USAGE;

	pl_set_str(&pl, argv[0]);
	err = guard_allow(&pl);
	if (err == EINVAL)
		(void)cmd_printf(ctx, "'%s' is no network, expected such as "
				 "192.0.2.0/24\n", argv[0]);
	else if (err)
		(void)cmd_printf(ctx, "Not allowed: %m\n", err);
	else
		(void)cmd_printf(ctx, "%s is never limited or banned\n",
				 argv[0]);

	return err ? 1 : 0;
}


static int disallow_run(struct cmd_ctx *ctx, int argc,
			const char *const *argv)
{
	struct pl pl;
	int err;

	if (argc != 1)
		return CMD_USAGE;

	pl_set_str(&pl, argv[0]);
	err = guard_disallow(&pl);
	(void)cmd_printf(ctx, err ? "%s was not allowed here; allow= of "
				    "tandem.conf is changed there\n"
				  : "%s is treated as any other\n", argv[0]);

	return err ? 1 : 0;
}


static void ban_complete(struct cmd_ctx *ctx, unsigned idx,
			 const char *prefix)
{
	char addr[64];

	(void)prefix;
	if (idx)
		return;

	for (struct le *le = list_head(guard_bans()); le; le = le->next) {
		const struct guard_ban *b = le->data;

		(void)re_snprintf(addr, sizeof(addr), "%j", &b->sa);
		cmd_candidate(ctx, addr);
	}
}


/* clang-format off */
static const struct cmd cmds[] = {
	{"guard show", "guard show",
	 "Banned addresses, and what the guard has dropped", show_run, NULL},
	{"guard why", "guard why ADDRESS",
	 "What is known of an address, with the evidence",
	 why_run, ban_complete},
	{"guard ban", "guard ban ADDRESS [SECONDS]",
	 "Ban an address; without SECONDS for the time of a first ban",
	 ban_run, NULL},
	{"guard unban", "guard unban ADDRESS",
	 "Take a ban back and forget earlier ones", unban_run, ban_complete},
	{"guard allow", "guard allow NETWORK",
	 "Never limit or ban a network; kept over restarts",
	 allow_run, NULL},
	{"guard disallow", "guard disallow NETWORK",
	 "Take guard allow back", disallow_run, NULL},
};
/* clang-format on */


int cmd_guard_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
