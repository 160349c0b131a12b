/**
 * @file control/cmd_parking.c  parking show, parkedcalls show, features show
 */
#include "b2bua/park.h"
#include "b2bua/server.h"
#include "base/clock.h"
#include "control/commands.h"
#include "control/console.h"


/* --- parking ------------------------------------------------------------- */

/* Seconds until it comes back */
static uint32_t left_s(const struct park_slot *s)
{
	uint64_t now = clock_ms();

	return s->until_ms > now ? (uint32_t)((s->until_ms - now) / 1000) : 0;
}


static void slot_row(struct cmd_ctx *ctx, const struct park_slot *s)
{
	char left[16] = "never";

	if (s->until_ms)
		(void)re_snprintf(left, sizeof(left), "%us", left_s(s));

	cmd_row(ctx, "%10u %-30s %-12s %s\n", s->no,
		leg_name(s->call->caller), left, s->parker);
}


static uint32_t slots_print(struct cmd_ctx *ctx, const char *lot)
{
	uint32_t n = 0;

	for (struct le *le = list_head(park_slots()); le; le = le->next) {
		const struct park_slot *s = le->data;

		if (lot && str_casecmp(lot, s->lot))
			continue;
		if (!n++)
			cmd_row(ctx, "%10s %-30s %-12s %s\n", "Space",
				"Channel", "Timeout", "Parker");
		slot_row(ctx, s);
	}

	return n;
}


static const char *yes(bool on)
{
	return on ? "yes" : "no";
}


static void lot_print(struct cmd_ctx *ctx, const struct park_lot *lot)
{
	(void)cmd_printf(ctx, "Parking Lot: %s\n"
			 "--------------------------------------\n",
			 lot->name);
	cmd_row(ctx, "%-22s:  %s\n", "Parking Extension",
		lot->parkext ? lot->parkext : "");
	cmd_row(ctx, "%-22s:  %s\n", "Parking Context", lot->context);
	cmd_row(ctx, "%-22s:  %u-%u\n", "Parking Spaces", lot->first,
		lot->last);
	cmd_row(ctx, "%-22s:  %u sec\n", "Parking Time", lot->parkingtime_s);
	cmd_row(ctx, "%-22s:  %s\n", "Comeback to Origin",
		yes(lot->comebacktoorigin));
	cmd_row(ctx, "%-22s:  %s%s\n", "Comeback Context",
		lot->comebackcontext ? lot->comebackcontext : "",
		lot->comebacktoorigin ? " (if the parker does not answer)"
				      : "");
	cmd_row(ctx, "%-22s:  %u sec\n", "Comeback Dial Time",
		lot->comebackdial_s);
	cmd_row(ctx, "%-22s:  %s\n", "MusicOnHold Class",
		lot->music ? lot->music : "");
	cmd_row(ctx, "%-22s:  %s\n\n", "Hints", yes(lot->hints));

	(void)cmd_printf(ctx, "Parked Calls\n------------\n");
	if (!slots_print(ctx, lot->name))
		(void)cmd_printf(ctx, "  (none)\n");
	(void)cmd_printf(ctx, "\n");
}


/* parking show [LOT] */
static int parking_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct config *cfg = server()->cfg;
	const struct park_lot *lot;

	if (argc > 1)
		return CMD_USAGE;

	if (argc) {
		lot = config_lot(cfg, argv[0]);
		if (!lot) {
			(void)cmd_printf(ctx, "Could not find parking lot "
					 "'%s'\n", argv[0]);
			return 1;
		}

		lot_print(ctx, lot);
		return 0;
	}

	for (struct le *le = list_head(&cfg->lots); le; le = le->next)
		lot_print(ctx, le->data);

	return 0;
}


/* As before Asterisk 12 */
static int parkedcalls_run(struct cmd_ctx *ctx, int argc,
			   const char *const *argv)
{
	uint32_t n;

	(void)argv;
	if (argc)
		return CMD_USAGE;

	n = slots_print(ctx, NULL);
	(void)cmd_printf(ctx, "%u parked call%s in total.\n", n,
			 n == 1 ? "" : "s");

	return 0;
}


/* --- features ------------------------------------------------------------ */

static const char *or_none(const char *keys)
{
	return keys ? keys : "no def";
}


static void key_row(struct cmd_ctx *ctx, const char *what, const char *def,
		    const char *keys)
{
	cmd_row(ctx, "%-25s %-8s %s\n", what, def, or_none(keys));
}


static void apps_print(struct cmd_ctx *ctx, const struct features_conf *f)
{
	(void)cmd_printf(ctx, "\nDynamic Feature           Keys     Side   "
			 "Application\n---------------           ----     ----  "
			 " -----------\n");
	if (list_isempty(&f->apps))
		(void)cmd_printf(ctx, "(none)\n");

	for (struct le *le = list_head(&f->apps); le; le = le->next) {
		const struct feature_app *a = le->data;

		cmd_row(ctx, "%-25s %-8s %-6s %s(%s)\n", a->name, a->keys,
			a->peer ? "peer" : "self", a->app, a->args);
	}

	for (struct le *le = list_head(&f->groups); le; le = le->next) {
		const struct feature_group *g = le->data;

		(void)cmd_printf(ctx, "\nFeature Group %s:", g->name);
		for (struct le *m = list_head(&g->members); m; m = m->next) {
			const struct var_def *def = m->data;

			(void)cmd_printf(ctx, " %s%s%s", def->name,
					 def->value[0] ? "=" : "",
					 def->value);
		}
		(void)cmd_printf(ctx, "\n");
	}
}


static int features_run(struct cmd_ctx *ctx, int argc,
			const char *const *argv)
{
	const struct features_conf *f = &server()->cfg->features;

	(void)argv;
	if (argc)
		return CMD_USAGE;

	(void)cmd_printf(ctx, "Feature                   Default  Current\n"
			 "-------                   -------  -------\n");
	key_row(ctx, "Pickup", "*8", f->pickupexten);
	key_row(ctx, "Blind Transfer", "#", f->blindxfer);
	key_row(ctx, "Attended Transfer", "", f->atxfer);
	key_row(ctx, "One Touch Monitor", "", f->automon);
	key_row(ctx, "Disconnect Call", "*", f->disconnect);
	key_row(ctx, "Park Call", "", f->parkcall);
	key_row(ctx, "One Touch MixMonitor", "", f->automixmon);
	key_row(ctx, "Attended: abort", "*1", f->atxferabort);
	key_row(ctx, "Attended: complete", "*2", f->atxfercomplete);
	key_row(ctx, "Attended: three", "*3", f->atxferthreeway);
	key_row(ctx, "Attended: swap", "*4", f->atxferswap);
	apps_print(ctx, f);

	return 0;
}


static const struct cmd cmds[] = {
	{"features show", "features show", "Keys during a call", features_run,
	 NULL},
	{"parkedcalls show", "parkedcalls show", "Calls that are parked",
	 parkedcalls_run, NULL},
	{"parking show", "parking show [LOT]",
	 "Parking lots and who stands in them", parking_run, NULL},
};


int cmd_parking_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
