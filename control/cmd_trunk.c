/**
 * @file control/cmd_trunk.c  trunk show
 */
#include "b2bua/call.h"
#include "b2bua/health.h"
#include "b2bua/location.h"
#include "b2bua/server.h"
#include "b2bua/trunk.h"
#include "control/commands.h"
#include "control/console.h"

struct away {
	struct cmd_ctx *ctx;
	const char *peer;
	unsigned n;
};


static void complete(struct cmd_ctx *ctx, unsigned idx, const char *prefix)
{
	const struct config *cfg = server()->cfg;

	(void)prefix;
	for (struct le *le = list_head(&cfg->trunks); le && !idx;
	     le = le->next)
		cmd_candidate(ctx, ((struct trunk *)le->data)->name);
}


/* ---- places that are away ----------------------------------------------- */

static void away_row(const struct health_row *row, void *arg)
{
	struct away *a = arg;
	char place[80], next[24];

	if (a->peer && strcmp(a->peer, row->peer))
		return;

	if (!a->n++)
		cmd_row(a->ctx, "%-16.16s %-32.32s %-18.18s %8s %10s %6s  %s\n",
			"Line", "Place", "State", "Since", "Asked in",
			"Asked", "Why");

	(void)re_snprintf(place, sizeof(place), "%J %s", &row->t->dst,
			  sx_tp_name(row->t->tp));
	(void)re_snprintf(next, sizeof(next), "%u s", row->next_s);
	cmd_row(a->ctx, "%-16.16s %-32.32s %-18.18s %6llu s %10s %6u  %s\n",
		row->peer, place, health_name(row->state),
		(unsigned long long)row->since_s,
		row->state == HEALTH_RAMP ? "-" : next, row->tries,
		row->why);
}


static void count_row(const struct health_row *row, void *arg)
{
	struct away *a = arg;

	a->n += !strcmp(a->peer, row->peer) && row->state != HEALTH_RAMP;
}


/* ---- lines -------------------------------------------------------------- */

/* In one word: could it take a call now? */
static const char *state_of(const struct trunk_member *m)
{
	const struct place *pl = location_find(m->name);
	struct away a	       = {.peer = m->name};
	const uint32_t limit   = trunk_limit(m);

	if (pl && (pl->state == QUALIFY_UNREACHABLE ||
		   pl->state == QUALIFY_LAGGED))
		return qualify_state_name(pl->state);

	health_apply(count_row, &a);
	if (a.n)
		return "away";

	return limit && calls_of_peer(m->name) >= limit ? "full" : "ok";
}


static void line_row(struct cmd_ctx *ctx, const struct trunk *t,
		     const struct trunk_member *m)
{
	const uint32_t limit = trunk_limit(m);
	struct trunk_line rec;
	char calls[32], last[128];

	trunk_line_get(&rec, t, m);
	(void)re_snprintf(calls, sizeof(calls), "%u", calls_of_peer(m->name));
	if (limit)
		(void)re_snprintf(calls, sizeof(calls), "%u/%u",
				  calls_of_peer(m->name), limit);
	last[0] = '\0';
	if (rec.why[0])
		(void)re_snprintf(last, sizeof(last), "%s, %llu s ago",
				  rec.why, rec.why_s);

	cmd_row(ctx, "  %-20.20s %5u %6u %-12.12s %9s %7u %8u %7u %6u  %s\n",
		m->name, m->order, m->weight, state_of(m), calls, rec.tried,
		rec.answered, rec.refused, rec.failed, last);
}


static void group_rows(struct cmd_ctx *ctx, const struct trunk *t)
{
	(void)cmd_printf(ctx, "%s%s%s  (next line after %u s without an "
			 "answer)\n", t->name, t->description ? ": " : "",
			 t->description ? t->description : "", t->timeout_s);
	cmd_row(ctx, "  %-20s %5s %6s %-12s %9s %7s %8s %7s %6s  %s\n", "Line",
		"Order", "Weight", "State", "Calls", "Tried", "Answered",
		"Refused", "Failed", "Last failure");

	for (struct le *le = list_head(&t->members); le; le = le->next)
		line_row(ctx, t, le->data);
	(void)cmd_printf(ctx, "\n");
}


static int show_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct config *cfg = server()->cfg;
	struct away a		 = {.ctx = ctx};

	if (argc > 1)
		return CMD_USAGE;

	if (argc) {
		const struct trunk *t = config_trunk(cfg, argv[0]);

		if (!t) {
			(void)cmd_printf(ctx, "There is no trunk group %s\n",
					 argv[0]);
			return 1;
		}

		group_rows(ctx, t);
		for (struct le *le = list_head(&t->members); le;
		     le = le->next) {
			a.peer = ((struct trunk_member *)le->data)->name;
			health_apply(away_row, &a);
		}
		return 0;
	}

	for (struct le *le = list_head(&cfg->trunks); le; le = le->next)
		group_rows(ctx, le->data);
	health_apply(away_row, &a);

	(void)cmd_printf(ctx, "%u trunk groups, %u places that are away or "
			 "coming back\n", list_count(&cfg->trunks), a.n);

	return 0;
}


static const struct cmd cmds[] = {
	{"trunk show", "trunk show [GROUP]",
	 "Trunk groups, their lines, and places that do not answer", show_run,
	 complete},
};


int cmd_trunk_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
