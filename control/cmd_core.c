/**
 * @file control/cmd_core.c  core ..., reload, help, logger
 */
#include "b2bua/takeover.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/count.h"
#include "base/log.h"
#include "base/text.h"
#include "control/command.h"
#include "store/store.h"


enum { VERBOSE_MAX = 10 };

static struct {
	struct core_hooks hooks;
	uint64_t start_ms;
	uint64_t reload_ms;
	enum log_level before_debug; /* what "core set debug off" goes to */
} core;


void cmd_core_set_hooks(const struct core_hooks *hooks)
{
	static const struct core_hooks none;

	core.hooks = hooks ? *hooks : none;
}


void cmd_core_reloaded(void)
{
	core.reload_ms = clock_ms();
}


/* --- help ---------------------------------------------------------------- */

static void help_list(struct cmd_ctx *ctx, const struct cmd_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		(void)cmd_printf(ctx, "%-36s %s\n", set->v[i]->words,
				 set->v[i]->help);
}


static int help_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct cmd_set set;
	struct pl pl;

	cmd_below(&set, argv, (size_t)argc);

	if (!set.n) {
		(void)cmd_printf(ctx, "No command begins with '");
		for (int i = 0; i < argc; i++)
			(void)cmd_printf(ctx, i ? " %s" : "%s", argv[i]);
		(void)cmd_printf(ctx, "'\n");
		return 1;
	}

	/* the words are those of one command, or lead only to it */
	if (set.n == 1 || (argc && !cmd_word(set.v[0], (size_t)argc, &pl)))
		(void)cmd_printf(ctx, "Usage: %s\n       %s\n",
				 set.v[0]->usage, set.v[0]->help);

	if (set.n > 1)
		help_list(ctx, &set);

	return 0;
}


static void help_complete(struct cmd_ctx *ctx, unsigned idx,
			  const char *prefix)
{
	struct cmd_set set;
	char word[64];
	struct pl pl;

	/* the words before are not known here: only the first can be told */
	if (idx)
		return;

	cmd_below(&set, NULL, 0);

	for (size_t i = 0; i < set.n; i++) {
		if (cmd_word(set.v[i], 0, &pl) &&
		    !pl_strcpy(&pl, word, sizeof(word)))
			cmd_candidate(ctx, word);
	}
}


/* --- what runs, and since when ------------------------------------------- */

static int print_span(struct re_printf *pf, const uint64_t *secs)
{
	static const struct {
		const char *name;
		uint32_t secs;
	} units[] = {
		{"year", 31536000}, {"week", 604800}, {"day", 86400},
		{"hour", 3600},     {"minute", 60},   {"second", 1},
	};
	uint64_t left = *secs;
	bool some     = false;
	int err       = 0;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		const unsigned n = (unsigned)(left / units[i].secs);
		const bool last  = i + 1 == ARRAY_SIZE(units);

		left %= units[i].secs;
		if (!n && !(last && !some))
			continue;

		err |= re_hprintf(pf, "%s%u %s%s", some ? ", " : "", n,
				  units[i].name, n == 1 ? "" : "s");
		some = true;
	}

	return err;
}


static int uptime_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const uint64_t now   = clock_ms();
	const uint64_t up    = (now - core.start_ms) / 1000;
	const uint64_t since = (now - core.reload_ms) / 1000;

	if (argc > 1 || (argc && strcmp(argv[0], "seconds")))
		return CMD_USAGE;

	if (argc)
		(void)cmd_printf(ctx, "System uptime: %llu\n"
				 "Last reload: %llu\n", up, since);
	else
		(void)cmd_printf(ctx, "System uptime: %H\nLast reload: %H\n",
				 print_span, &up, print_span, &since);

	return 0;
}


static void uptime_complete(struct cmd_ctx *ctx, unsigned idx,
			    const char *prefix)
{
	if (!idx)
		cmd_candidate(ctx, "seconds");
}


static int version_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	(void)cmd_printf(ctx, "Tandem %s (libre %s)\n", TANDEM_VERSION,
			 sys_libre_version_get());

	return 0;
}


static int counters_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	size_t shown = 0;

	if (argc && (argc != 2 || strcmp(argv[0], "like")))
		return CMD_USAGE;

	for (int i = 0; i < COUNT_MAX; i++) {
		const char *name = count_name((enum counter)i);

		if (argc && !strstr(name, argv[1]))
			continue;

		++shown;
		(void)cmd_printf(ctx, "%-36s %llu\n", name,
				 (unsigned long long)count_get(
					 (enum counter)i));
	}

	(void)cmd_printf(ctx, "%u counters\n", (unsigned)shown);

	return 0;
}


static void like_complete(struct cmd_ctx *ctx, unsigned idx,
			  const char *prefix)
{
	if (!idx)
		cmd_candidate(ctx, "like");
}


static int store_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const bool ok = store_is_writable();

	(void)cmd_printf(ctx, "Database writable:    %s\n"
			 "Changes that wait:    %u\n"
			 "Call records written: %llu\n"
			 "Call records lost:    %llu\n", ok ? "yes" : "no",
			 (unsigned)store_pending(),
			 (unsigned long long)count_get(COUNT_CDR_WRITTEN),
			 (unsigned long long)count_get(COUNT_CDR_LOST));

	return ok ? 0 : 1;
}


/* --- the log ------------------------------------------------------------- */

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",   [LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_NOTICE] = "notice", [LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};


static bool number(const char *text, unsigned max, unsigned *np)
{
	uint64_t n;
	struct pl pl;

	if (!strcmp(text, "off"))
		text = "0";

	pl_set_str(&pl, text);
	if (num_decode(&n, &pl, max))
		return false;

	*np = (unsigned)n;

	return true;
}


static int follow(struct cmd_ctx *ctx, int level)
{
	const enum log_level has = log_get_level();

	if (console_follow(ctx, level)) {
		(void)cmd_printf(ctx, "The log can be followed only on an "
				 "interactive console (tandem -r)\n");
		return 1;
	}

	if (level < 0)
		(void)cmd_printf(ctx, "This console shows the log no more\n");
	else
		(void)cmd_printf(ctx, "This console shows the log up to "
				 "'%s'\n", level_names[level]);

	if (level > (int)has)
		(void)cmd_printf(ctx, "The log itself ends at '%s': see 'core "
				 "set log level'\n", level_names[has]);

	return 0;
}


static int verbose_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	static const int level_of[] = {-1, LOG_LEVEL_WARNING,
				       LOG_LEVEL_NOTICE, LOG_LEVEL_INFO,
				       LOG_LEVEL_DEBUG};
	unsigned n;

	if (argc != 1 || !number(argv[0], VERBOSE_MAX, &n))
		return CMD_USAGE;

	if (n >= ARRAY_SIZE(level_of))
		n = ARRAY_SIZE(level_of) - 1;

	return follow(ctx, level_of[n]);
}


static int set_level(struct cmd_ctx *ctx, enum log_level level)
{
	const enum log_level was = log_get_level();

	log_set_level(level);
	(void)cmd_printf(ctx, "The log level was '%s' and is now '%s'\n",
			 level_names[was], level_names[level]);

	return 0;
}


static int debug_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const enum log_level was = log_get_level();
	unsigned n;

	if (argc != 1 || !number(argv[0], VERBOSE_MAX, &n))
		return CMD_USAGE;

	if (!n)
		return set_level(ctx, was == LOG_LEVEL_DEBUG
					      ? core.before_debug
					      : was);

	if (was != LOG_LEVEL_DEBUG)
		core.before_debug = was;

	return set_level(ctx, LOG_LEVEL_DEBUG);
}


static int level_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	enum log_level level;

	if (argc != 1 || !log_level_decode(&level, argv[0]))
		return CMD_USAGE;

	return set_level(ctx, level);
}


static void level_complete(struct cmd_ctx *ctx, unsigned idx,
			   const char *prefix)
{
	for (size_t i = 0; !idx && i < ARRAY_SIZE(level_names); i++)
		cmd_candidate(ctx, level_names[i]);
}


static int show_level_run(struct cmd_ctx *ctx, int argc,
			  const char *const *argv)
{
	(void)cmd_printf(ctx, "Log level: %s\nLines lost: %llu\n",
			 level_names[log_get_level()],
			 (unsigned long long)log_dropped());

	return 0;
}


static int rotate_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	log_reopen();
	(void)cmd_printf(ctx, "The log file is opened again\n");

	return 0;
}


/* --- reload and stop ----------------------------------------------------- */

static int reload(struct cmd_ctx *ctx, const char *part)
{
	if (core.hooks.reload)
		return core.hooks.reload(ctx, part, core.hooks.arg);

	(void)cmd_printf(ctx, "This process cannot reload\n");

	return 1;
}


/* `--wait` is what the service file says; a reload here always waits */
static int reload_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	if (argc > 1 || (argc && strcmp(argv[0], "--wait")))
		return CMD_USAGE;

	return reload(ctx, NULL);
}


static int sip_reload_run(struct cmd_ctx *ctx, int argc,
			  const char *const *argv)
{
	return argc ? CMD_USAGE : reload(ctx, "sip");
}


static int dialplan_reload_run(struct cmd_ctx *ctx, int argc,
			       const char *const *argv)
{
	return argc ? CMD_USAGE : reload(ctx, "dialplan");
}


static int moh_reload_run(struct cmd_ctx *ctx, int argc,
			  const char *const *argv)
{
	return argc ? CMD_USAGE : reload(ctx, "moh");
}


/* "queue reload members" and the like: all of queues.conf */
static int queue_reload_run(struct cmd_ctx *ctx, int argc,
			    const char *const *argv)
{
	static const char *const parts[] = {"all", "members", "parameters",
					    "rules"};
	bool ok = !argc;

	for (size_t i = 0; i < ARRAY_SIZE(parts) && argc == 1; i++)
		ok = ok || !strcmp(argv[0], parts[i]);

	return ok ? reload(ctx, "queue") : CMD_USAGE;
}


static int stop(struct cmd_ctx *ctx, int argc, enum core_stop how,
		const char *what)
{
	int err;

	if (argc)
		return CMD_USAGE;

	err = core.hooks.stop ? core.hooks.stop(how, core.hooks.arg) : ENOSYS;

	if (!err)
		(void)cmd_printf(ctx, "%s\n", what);
	else if (err == ENOENT)
		(void)cmd_printf(ctx, "Nothing is being stopped\n");
	else if (err == EALREADY)
		(void)cmd_printf(ctx, "A new process is starting already\n");
	else
		(void)cmd_printf(ctx, "Not possible: %m\n", err);

	return err ? 1 : 0;
}


static int stop_now_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	return stop(ctx, argc, CORE_STOP_NOW,
		    "Calls are ended, Tandem stops");
}


static int stop_gracefully_run(struct cmd_ctx *ctx, int argc,
			       const char *const *argv)
{
	return stop(ctx, argc, CORE_STOP_GRACEFULLY,
		    "No new calls; Tandem stops after the last one");
}


static int stop_convenient_run(struct cmd_ctx *ctx, int argc,
			       const char *const *argv)
{
	return stop(ctx, argc, CORE_STOP_WHEN_CONVENIENT,
		    "Tandem stops as soon as there is no call");
}


static int restart_now_run(struct cmd_ctx *ctx, int argc,
			   const char *const *argv)
{
	return stop(ctx, argc, CORE_RESTART_NOW,
		    "A new process starts; calls are ended when it has taken "
		    "over");
}


static int restart_gracefully_run(struct cmd_ctx *ctx, int argc,
				  const char *const *argv)
{
	return stop(ctx, argc, CORE_RESTART_GRACEFULLY,
		    "A new process starts and takes over; calls end in the "
		    "old one by themselves");
}


static int restart_convenient_run(struct cmd_ctx *ctx, int argc,
				  const char *const *argv)
{
	return stop(ctx, argc, CORE_RESTART_WHEN_CONVENIENT,
		    "A new process takes over as soon as there is no call");
}


static int takeover_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	if (argc)
		return CMD_USAGE;

	(void)cmd_printf(ctx, "%H", takeover_debug, NULL);

	return takeover_has_older() || takeover_has_newer() ? 0 : 1;
}


static int stop_older_run(struct cmd_ctx *ctx, int argc,
			  const char *const *argv)
{
	int err;

	if (argc)
		return CMD_USAGE;

	err = takeover_end_older();
	if (err)
		(void)cmd_printf(ctx, "There is no older process\n");
	else
		(void)cmd_printf(ctx, "The older process ends its calls\n");

	return err ? 1 : 0;
}


static int abort_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	return stop(ctx, argc, CORE_STOP_ABORT,
		    "Tandem does not stop after all");
}


/* clang-format off */
static const struct cmd cmds[] = {
	{"help", "help [WORDS]",
	 "List the commands, or show how one is used",
	 help_run, help_complete},
	{"core show help", "core show help [WORDS]",
	 "List the commands, or show how one is used",
	 help_run, help_complete},
	{"core show uptime", "core show uptime [seconds]",
	 "Show how long Tandem runs, and since when this configuration",
	 uptime_run, uptime_complete},
	{"core show version", "core show version",
	 "Show the version", version_run, NULL},
	{"core show counters", "core show counters [like TEXT]",
	 "Show what was counted since the start",
	 counters_run, like_complete},
	{"core show store", "core show store",
	 "Show whether call records and registrations reach the disk",
	 store_run, NULL},
	{"core show log level", "core show log level",
	 "Show how much is logged", show_level_run, NULL},
	{"core set log level",
	 "core set log level error|warning|notice|info|debug",
	 "Set how much is logged", level_run, level_complete},
	{"core set verbose", "core set verbose 0..10|off",
	 "Follow the log on this console: 1 warnings, 3 calls, 4 all",
	 verbose_run, NULL},
	{"core set debug", "core set debug 0..10|off",
	 "Log every message, or as before", debug_run, NULL},
	{"core reload", "core reload [--wait]",
	 "Load the configuration again, all of it or nothing",
	 reload_run, NULL},
	{"reload", "reload [--wait]",
	 "Load the configuration again, all of it or nothing",
	 reload_run, NULL},
	{"sip reload", "sip reload",
	 "Load sip.conf again", sip_reload_run, NULL},
	{"dialplan reload", "dialplan reload",
	 "Load extensions.conf again", dialplan_reload_run, NULL},
	{"moh reload", "moh reload",
	 "Load musiconhold.conf again", moh_reload_run, NULL},
	{"queue reload", "queue reload [all|members|parameters|rules]",
	 "Load queues.conf again; callers who wait stay", queue_reload_run,
	 NULL},
	{"core stop now", "core stop now",
	 "End all calls and stop", stop_now_run, NULL},
	{"core stop gracefully", "core stop gracefully",
	 "Take no new calls and stop after the last one",
	 stop_gracefully_run, NULL},
	{"core stop when convenient", "core stop when convenient",
	 "Stop as soon as there is no call", stop_convenient_run, NULL},
	{"core abort shutdown", "core abort shutdown",
	 "Do not stop after all", abort_run, NULL},
	{"core restart now", "core restart now",
	 "Start anew: a new process takes over, calls are ended",
	 restart_now_run, NULL},
	{"core restart gracefully", "core restart gracefully",
	 "Start anew: a new process takes over, calls end by themselves",
	 restart_gracefully_run, NULL},
	{"core restart when convenient", "core restart when convenient",
	 "Start anew as soon as there is no call",
	 restart_convenient_run, NULL},
	{"core show takeover", "core show takeover",
	 "Show the process that this one took over from, and its calls",
	 takeover_run, NULL},
	{"core stop older", "core stop older",
	 "End the calls of the process that this one took over from",
	 stop_older_run, NULL},
	{"stop now", "stop now",
	 "End all calls and stop", stop_now_run, NULL},
	{"stop gracefully", "stop gracefully",
	 "Take no new calls and stop after the last one",
	 stop_gracefully_run, NULL},
	{"logger rotate", "logger rotate",
	 "Close the log file and open it again", rotate_run, NULL},
	{"logger reload", "logger reload",
	 "Close the log file and open it again", rotate_run, NULL},
};
/* clang-format on */


int cmd_core_register(void)
{
	core.start_ms     = clock_ms();
	core.reload_ms    = core.start_ms;
	core.before_debug = LOG_LEVEL_INFO;

	return console_add(cmds, ARRAY_SIZE(cmds));
}
