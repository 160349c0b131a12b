/**
 * @file control/cmd_channels.c  core show channels|channel, channel request
 */
#include "b2bua/app.h"
#include "b2bua/call.h"
#include "b2bua/server.h"
#include "base/clock.h"
#include "control/commands.h"
#include "control/console.h"

enum form { PLAIN, CONCISE, VERBOSE, COUNT };

struct sum {
	uint32_t channels;
	uint32_t calls;
};


static const char *leg_word(const struct leg *leg)
{
	switch (leg_state(leg)) {

	case LEG_CONFIRMED: return "Up";
	case LEG_EARLY: return leg_is_outgoing(leg) ? "Ringing" : "Ring";
	case LEG_CALLING: return leg_is_outgoing(leg) ? "Dialing" : "Ring";
	case LEG_IDLE: return "Rsrvd";
	case LEG_ENDING:
	case LEG_GONE:
	default: return "Down";
	}
}


static const struct call_step *last_step(const struct call *call)
{
	return call->step ? call->step : list_ledata(list_tail(&call->steps));
}


static int print_app(struct re_printf *pf, const struct leg *leg)
{
	const struct call *call	    = leg_call(leg);
	const struct call_step *st  = last_step(call);

	if (leg != call->caller)
		return re_hprintf(pf, "AppDial((Outgoing Line))");
	if (!call->running || !call->app)
		return re_hprintf(pf, "(None)");

	return re_hprintf(pf, "%s(%s)", call->app->name, st ? st->args : "");
}


static int print_place(struct re_printf *pf, const struct leg *leg)
{
	const struct call *call = leg_call(leg);

	if (leg != call->caller)
		return re_hprintf(pf, "(None)");

	return re_hprintf(pf, "%s@%s:%u", call->exten, call->context,
			  call->prio);
}


static uint32_t duration_s(const struct call *call)
{
	return (uint32_t)((clock_ms() - call->began_ms) / 1000);
}


static void print_concise(struct cmd_ctx *ctx, const struct leg *leg)
{
	const struct call *call	   = leg_call(leg);
	const struct call_step *st = last_step(call);
	const struct peer *peer	   = leg_peer(leg);
	bool caller		   = leg == call->caller;

	(void)cmd_printf(ctx, "%s!%s!%s!%u!%s!%s!%s!%s!%s!%s!%u!%u!%s!%s\n",
			 leg_name(leg), call->context,
			 caller ? call->exten : "",
			 caller ? call->prio : 1, leg_word(leg),
			 caller ? call->app ? call->app->name : "(None)"
				: "AppDial",
			 caller && st ? st->args : "(Outgoing Line)",
			 call->cid_num, call->accountcode,
			 peer && peer->accountcode ? peer->accountcode : "",
			 3, duration_s(call), call->bridged ? call->id : "",
			 call->uniqueid);
}


static void print_verbose(struct cmd_ctx *ctx, const struct leg *leg)
{
	const struct call *call	   = leg_call(leg);
	const struct call_step *st = last_step(call);
	bool caller		   = leg == call->caller;
	uint32_t s		   = duration_s(call);

	cmd_row(ctx, "%-20.20s %-20.20s %-16.16s %4u %-7.7s "
			 "%-12.12s %-25.25s %-15.15s %02u:%02u:%02u "
			 "%-11.11s %-20.20s\n",
			 leg_name(leg), call->context,
			 caller ? call->exten : "",
			 caller ? call->prio : 1, leg_word(leg),
			 caller ? call->app ? call->app->name : "(None)"
				: "AppDial",
			 caller && st ? st->args : "(Outgoing Line)",
			 call->cid_num, s / 3600, s / 60 % 60, s % 60,
			 call->accountcode, call->bridged ? call->id : "");
}


static void print_plain(struct cmd_ctx *ctx, const struct leg *leg)
{
	char place[64], app[64];

	(void)re_snprintf(place, sizeof(place), "%H", print_place, leg);
	(void)re_snprintf(app, sizeof(app), "%H", print_app, leg);
	cmd_row(ctx, "%-20.20s %-20.20s %-7.7s %-30.30s\n",
			 leg_name(leg), place, leg_word(leg), app);
}


static void heading(struct cmd_ctx *ctx, enum form form)
{
	if (form == PLAIN)
		cmd_row(ctx, "%-20.20s %-20.20s %-7.7s %-30.30s\n",
				 "Channel", "Location", "State",
				 "Application(Data)");
	else if (form == VERBOSE)
		cmd_row(ctx, "%-20.20s %-20.20s %-16.16s %-4.4s "
				 "%-7.7s %-12.12s %-25.25s %-15.15s %-8.8s "
				 "%-11.11s %-20.20s\n",
				 "Channel", "Context", "Extension", "Prio",
				 "State", "Application", "Data", "CallerID",
				 "Duration", "Accountcode", "BridgeID");
}


static void call_rows(struct cmd_ctx *ctx, const struct call *call,
		      enum form form, struct sum *sum)
{
	++sum->calls;

	for (struct le *le = list_head(&call->legs); le; le = le->next) {
		const struct leg *leg = le->data;

		if (leg_state(leg) == LEG_GONE)
			continue;

		++sum->channels;
		if (form == PLAIN)
			print_plain(ctx, leg);
		else if (form == CONCISE)
			print_concise(ctx, leg);
		else if (form == VERBOSE)
			print_verbose(ctx, leg);
	}
}


static bool form_decode(enum form *form, int argc, const char *const *argv)
{
	*form = PLAIN;
	if (argc == 0)
		return true;
	if (argc > 1)
		return false;

	if (!strcasecmp(argv[0], "concise"))
		*form = CONCISE;
	else if (!strcasecmp(argv[0], "verbose"))
		*form = VERBOSE;
	else if (!strcasecmp(argv[0], "count"))
		*form = COUNT;
	else
		return false;

	return true;
}


static int channels_run(struct cmd_ctx *ctx, int argc,
			const char *const *argv)
{
	struct sum sum = {0};
	enum form form;

	if (!form_decode(&form, argc, argv))
		return CMD_USAGE;

	heading(ctx, form);
	for (struct le *le = list_head(calls_list()); le; le = le->next)
		call_rows(ctx, le->data, form, &sum);

	if (form == CONCISE)
		return 0;

	(void)cmd_printf(ctx, "%u active channel%s\n%u active call%s\n"
			 "%u call%s processed\n",
			 sum.channels, sum.channels == 1 ? "" : "s",
			 sum.calls, sum.calls == 1 ? "" : "s",
			 calls_processed(), calls_processed() == 1 ? "" : "s");

	return 0;
}


static void channels_complete(struct cmd_ctx *ctx, unsigned idx,
			      const char *prefix)
{
	(void)prefix;
	if (idx)
		return;

	cmd_candidate(ctx, "concise");
	cmd_candidate(ctx, "verbose");
	cmd_candidate(ctx, "count");
}


static int hangup_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct call *call;

	if (argc != 1)
		return CMD_USAGE;

	if (!strcasecmp(argv[0], "all")) {
		uint32_t n = list_count(calls_list());
		struct le *le = list_head(calls_list());

		while (le) {
			call = le->data;
			le   = le->next;
			call_end(call, 0);
		}
		(void)cmd_printf(ctx, "Requested hangup of %u calls\n", n);
		return 0;
	}

	call = call_find(argv[0]);
	if (!call) {
		(void)cmd_printf(ctx, "%s is not a known channel\n", argv[0]);
		return 1;
	}

	call_end(call, 0);
	(void)cmd_printf(ctx, "Requested hangup of '%s'\n", argv[0]);
	return 0;
}


static void hangup_complete(struct cmd_ctx *ctx, unsigned idx,
			    const char *prefix)
{
	(void)prefix;
	if (idx)
		return;

	cmd_candidate(ctx, "all");
	for (struct le *le = list_head(calls_list()); le; le = le->next) {
		const struct call *call = le->data;

		for (struct le *l = list_head(&call->legs); l; l = l->next)
			cmd_candidate(ctx, leg_name(l->data));
	}
}


static const struct cmd cmds[] = {
	{"core show channels", "core show channels [concise|verbose|count]",
	 "Legs of calls and what their plan does", channels_run,
	 channels_complete},
	{"channel request hangup", "channel request hangup CHANNEL|all",
	 "End the call of a channel", hangup_run, hangup_complete},
};


int cmd_channels_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
