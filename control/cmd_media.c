/**
 * @file control/cmd_media.c  moh show, rtp show stats, sip show channelstats
 */
#include <inttypes.h>
#include "b2bua/call.h"
#include "b2bua/server.h"
#include "base/clock.h"
#include "control/commands.h"
#include "control/console.h"


static int moh_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct config *cfg = server()->cfg;

	(void)argv;
	if (argc)
		return CMD_USAGE;

	for (struct le *le = list_head(&cfg->moh); le; le = le->next) {
		const struct moh_class *m = le->data;

		(void)cmd_printf(ctx, "Class: %s\n\tMode: %s\n\tDirectory: "
				 "%s\n", m->name, m->mode ? m->mode : "files",
				 m->directory ? m->directory : "");
		if (m->sort)
			(void)cmd_printf(ctx, "\tSort: %s\n", m->sort);
	}

	return 0;
}


static int rtp_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const char *name;
	uint64_t n;

	(void)argv;
	if (argc)
		return CMD_USAGE;

	(void)cmd_printf(ctx, "%H\nDropped packets:\n", media_debug, NULL);
	for (unsigned i = 0; media_drop_get(i, &name, &n); i++)
		(void)cmd_printf(ctx, "  %-28s %llu\n", name, n);

	return 0;
}


static double percent(uint64_t lost, uint64_t got)
{
	return got + lost ? 100.0 * (double)lost / (double)(got + lost) : 0;
}


static void stats_row(struct cmd_ctx *ctx, const struct call *call,
		      const struct leg *leg)
{
	const struct sa *sa = leg_peer_addr(leg);
	uint64_t s = leg_answered_at(leg)
			     ? (clock_ms() - leg_answered_at(leg)) / 1000
			     : 0;
	struct media_stats st;
	char addr[64] = "";

	(void)call;
	if (!leg_media(leg) || media_get_stats(leg_media(leg), &st))
		return;

	if (sa)
		(void)re_snprintf(addr, sizeof(addr), "%j", sa);
	cmd_row(ctx, "%-15.15s  %-11.11s  %02u:%02u:%02u %010" PRIu64 "  "
			 "%010" PRIu64 " (%5.2f%%) %6.4f %010" PRIu64 "\n",
			 addr, leg_callid(leg), (unsigned)(s / 3600),
			 (unsigned)(s / 60 % 60), (unsigned)(s % 60),
			 st.rx_packets, st.rx_lost,
			 percent(st.rx_lost, st.rx_packets),
			 (double)st.jitter_us / 1e6, st.tx_packets);
}


static int stats_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	(void)argv;
	if (argc)
		return CMD_USAGE;

	(void)cmd_printf(ctx, "%-15s  %-11s  %-8s %-10s  %-10s (%6s) %-6s "
			 "%-10s\n", "Peer", "Call ID", "Duration",
			 "Recv: Pack", "Lost", "%", "Jitter", "Send: Pack");
	for (struct le *le = list_head(calls_list()); le; le = le->next) {
		const struct call *call = le->data;

		for (struct le *l = list_head(&call->legs); l; l = l->next)
			stats_row(ctx, call, l->data);
	}

	return 0;
}


static const struct cmd cmds[] = {
	{"moh show classes", "moh show classes", "Classes of music on hold",
	 moh_run, NULL},
	{"moh show", "moh show", "Classes of music on hold", moh_run, NULL},
	{"rtp show stats", "rtp show stats",
	 "Media threads and dropped packets", rtp_run, NULL},
	{"sip show channelstats", "sip show channelstats",
	 "Packets, loss and jitter of every leg", stats_run, NULL},
};


int cmd_media_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
