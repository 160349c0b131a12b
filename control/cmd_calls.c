/**
 * @file control/cmd_calls.c  core show calls, call list, call trace
 */
#include "b2bua/call.h"
#include "b2bua/crypto.h"
#include "b2bua/server.h"
#include "base/clock.h"
#include "control/commands.h"
#include "control/console.h"


void complete_calls(struct cmd_ctx *ctx)
{
	for (struct le *le = list_head(calls_list()); le; le = le->next)
		cmd_candidate(ctx, ((struct call *)le->data)->id);
}


static void complete(struct cmd_ctx *ctx, unsigned idx, const char *prefix)
{
	(void)prefix;
	if (!idx)
		complete_calls(ctx);
}


static int calls_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	uint64_t up = (clock_ms() - server()->started_ms) / 1000;
	uint32_t n  = list_count(calls_list());

	if (argc > 1 || (argc == 1 && strcasecmp(argv[0], "uptime")))
		return CMD_USAGE;

	(void)cmd_printf(ctx, "%u active call%s\n%u call%s processed\n", n,
			 n == 1 ? "" : "s", calls_processed(),
			 calls_processed() == 1 ? "" : "s");
	if (argc)
		(void)cmd_printf(ctx, "in %llu seconds\n", up);

	return 0;
}


static int list_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	(void)argv;
	if (argc)
		return CMD_USAGE;

	(void)cmd_printf(ctx, "%-6s %-13s %-9s %-20s %-24s %s\n", "No", "Id",
			 "State", "Caller", "At", "Duration");
	for (struct le *le = list_head(calls_list()); le; le = le->next) {
		const struct call *call = le->data;
		char at[160];

		(void)re_snprintf(at, sizeof(at), "%s@%s:%u", call->exten,
				  call->context, call->prio);
		cmd_row(ctx, "%-6u %-13s %-9s %-20.20s %-24.24s %u s\n", call->no, call->id,
				 call_state_name(call), call->cid_num, at,
				 (unsigned)((clock_ms() - call->began_ms) / 1000));
	}

	return 0;
}


static void print_leg(struct cmd_ctx *ctx, const struct leg *leg)
{
	struct media_stats st;

	(void)cmd_printf(ctx, "  %H\n", leg_print, leg);
	if (!leg_media(leg) || media_get_stats(leg_media(leg), &st))
		return;

	(void)cmd_printf(ctx, "    received %llu packets, lost %llu, jitter "
			 "%u us, sent %llu, dropped %llu, from strangers "
			 "%llu, peer %J\n", st.rx_packets, st.rx_lost,
			 st.jitter_us, st.tx_packets, st.rx_dropped,
			 st.stranger, &st.peer);
	if (st.suite != MEDIA_CLEAR)
		(void)cmd_printf(ctx, "    SRTP %s, wrong tags %llu, replayed "
				 "%llu\n", crypto_suite_name(st.suite),
				 st.rx_forged, st.rx_replayed);
}


static int trace_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct call *call;

	if (argc != 1)
		return CMD_USAGE;

	call = call_find(argv[0]);
	if (!call) {
		(void)cmd_printf(ctx, "There is no call %s now; the steps of "
				 "ended calls are in column 'trace' of table "
				 "cdr\n", argv[0]);
		return 1;
	}

	(void)cmd_printf(ctx, "Call %s (%s), %s\n%H", call->id,
			 call->uniqueid, call_state_name(call), call_trace,
			 call);
	for (struct le *le = list_head(&call->legs); le; le = le->next)
		print_leg(ctx, le->data);

	return 0;
}


static const struct cmd cmds[] = {
	{"core show calls", "core show calls [uptime]",
	 "How many calls there are and were", calls_run, NULL},
	{"call list", "call list", "Calls with their ids", list_run, NULL},
	{"call trace", "call trace ID",
	 "Every step that a call has taken in the dialplan", trace_run,
	 complete},
};


int cmd_calls_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
