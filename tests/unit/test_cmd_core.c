/**
 * @file test_cmd_core.c  core show, core set, help, reload and stop
 */
#include "base/clock.h"
#include "base/count.h"
#include "base/log.h"
#include "console_util.h"


static uint64_t now_us;
static char asked[64];


static int stop_hook(enum core_stop how, void *arg)
{
	(void)re_snprintf(asked, sizeof(asked), "stop %d %s", (int)how,
			  (char *)arg);

	return how == CORE_STOP_ABORT ? ENOENT : 0;
}


static int reload_hook(struct cmd_ctx *ctx, const char *part, void *arg)
{
	(void)re_snprintf(asked, sizeof(asked), "reload %s",
			  part ? part : "all");
	(void)cmd_printf(ctx, "found things\n");

	return part ? 0 : 78;
}


static void test_uptime(void **state)
{
	static const struct {
		uint64_t secs;
		const char *text;
	} rows[] = {
		{0, "System uptime: 0 seconds\nLast reload: 0 seconds\n"},
		{1, "System uptime: 1 second\nLast reload: 1 second\n"},
		{61, "System uptime: 1 minute, 1 second\n"
		     "Last reload: 1 minute, 1 second\n"},
		{694861, "System uptime: 1 week, 1 day, 1 hour, 1 minute, "
			 "1 second\nLast reload: 1 week, 1 day, 1 hour, "
			 "1 minute, 1 second\n"},
		{7200, "System uptime: 2 hours\nLast reload: 2 hours\n"},
	};
	const uint64_t start = now_us;

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		now_us = start + rows[i].secs * 1000000;
		exec_is("core show uptime", 0, rows[i].text);
	}

	now_us = start + 100 * 1000000ULL;
	cmd_core_reloaded();
	now_us += 30 * 1000000ULL;
	exec_is("core show uptime seconds", 0,
		"System uptime: 130\nLast reload: 30\n");
	exec_has("core show uptime weeks", 1, "Usage: core show uptime");
}


static void test_counters(void **state)
{
	(void)state;
	count_add(COUNT_CALLS_ANSWERED, 42);
	exec_is("core show counters like calls_ans", 0,
		"calls_answered                       42\n1 counters\n");
	exec_has("core show counters", 0, "cdr_lost");
	exec_has("core show counters calls", 1, "Usage");
}


static void test_version_and_store(void **state)
{
	(void)state;
	exec_has("core show version", 0, "Tandem " TANDEM_VERSION);
	exec_has("core show store", 1, "Database writable:    no");
}


static void test_log_level(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_WARNING);
	exec_is("core set log level info", 0, "The log level was 'warning' "
		"and is now 'info'\n");
	assert_int_equal(log_get_level(), LOG_LEVEL_INFO);
	exec_has("core set log level loud", 1, "Usage");
	exec_has("core set debug 3", 0, "now 'debug'");
	exec_has("core set debug 1", 0, "now 'debug'");
	exec_has("core set debug off", 0, "now 'info'");
	exec_has("core set debug 11", 1, "Usage");
	exec_has("core show log level", 0, "Log level: info\n");
	exec_has("core set verbose 3", 1, "interactive");
	exec_has("core set verbose -1", 1, "Usage");
	complete_is("core set log level e", "1\nerror\n");
	log_set_level(LOG_LEVEL_WARNING);
}


static void test_help(void **state)
{
	(void)state;
	exec_has("help", 0, "core show uptime                     Show how");
	exec_has("help core show uptime", 0,
		 "Usage: core show uptime [seconds]\n");
	exec_has("core show help core st", 0, "core stop now");
	exec_is("help not there", 1, "No command begins with 'not there'\n");
	exec_has("help reload", 0, "Usage: reload [--wait]\n");
	complete_is("help lo", "2\nlogger\n");
}


static void test_hooks(void **state)
{
	static const struct core_hooks hooks = {
		.stop = stop_hook, .reload = reload_hook,
		.arg = (void *)"arg"};
	static const struct {
		const char *line;
		int status;
		const char *asked;
	} rows[] = {
		{"core stop now", 0, "stop 0 arg"},
		{"stop now", 0, "stop 0 arg"},
		{"core stop gracefully", 0, "stop 1 arg"},
		{"core stop when convenient", 0, "stop 2 arg"},
		{"core abort shutdown", 1, "stop 3 arg"},
		{"core reload", 78, "reload all"},
		{"reload --wait", 78, "reload all"},
		{"reload --now", 1, ""},
		{"sip reload", 0, "reload sip"},
		{"dialplan reload", 0, "reload dialplan"},
		{"moh reload", 0, "reload moh"},
	};

	(void)state;
	exec_has("core stop now", 1, "Not possible");
	exec_has("core reload", 1, "cannot reload");

	cmd_core_set_hooks(&hooks);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		asked[0] = '\0';
		exec_has(rows[i].line, rows[i].status, "");
		assert_string_equal(asked, rows[i].asked);
	}
	cmd_core_set_hooks(NULL);
}


static int setup(void **state)
{
	(void)state;
	now_us = 5000000;
	clock_fake(&now_us);
	return cmd_core_register();
}


static int teardown(void **state)
{
	(void)state;
	clock_fake(NULL);
	console_forget();
	return 0;
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uptime),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_version_and_store),
		cmocka_unit_test(test_log_level),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_hooks),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
