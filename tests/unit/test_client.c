/**
 * @file test_client.c  tandem -rx, a script on stdin, and a terminal
 */
#include "serve_util.h"


static int echo_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	if (!argc)
		return CMD_USAGE;

	(void)cmd_printf(ctx, "said %s\n", argv[0]);

	return argc == 2 ? 42 : 0;
}


static void echo_complete(struct cmd_ctx *ctx, unsigned idx,
			  const char *prefix)
{
	cmd_candidate(ctx, "peer-one");
	cmd_candidate(ctx, "peer-two");
}


static int evil_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	(void)cmd_printf(ctx, "bad \033]0;title\007 \302\233 gr\303\274n\n");

	return 0;
}


static int live_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	(void)console_publishf("<--- SIP %s --->\n", "read");

	return 0;
}


static const struct cmd cmds[] = {
	{"echo", "echo WORD", "Say it", echo_run, echo_complete},
	{"evil", "evil", "h", evil_run, NULL},
	{"live", "live", "h", live_run, NULL},
};


static int client(const char *command)
{
	return client_main(run_dir, command);
}


static const struct {
	const char *command;
	int status;
	const char *text;
} rows[] = {
	{"echo hello", 0, "said hello\n"},
	{"echo a b", 42, "said a\n"},
	{"ech \"a  b\"", 0, "said a  b\n"},
	{"echo a\nb", 42, "said a\n"}, /* one line it stays */
	{"echo", 1, "Usage: echo WORD\n       Say it\n"},
	{"eccho x", 1, "No such command 'eccho x' (did you mean 'echo'?)\n"},
	/* into a pipe as it is */
	{"evil", 0, "bad \033]0;title\007 \302\233 gr\303\274n\n"},
	{"live", 0, ""}, /* for interactive consoles only */
};


static void test_one_command(void **state)
{
	(void)state;
	serve_open();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(serve_child(client, rows[i].command, ""),
				 rows[i].status);
		assert_string_equal(got, rows[i].text);
	}
}


static void test_script_on_stdin(void **state)
{
	(void)state;
	serve_open();
	assert_int_equal(serve_child(client, NULL, "echo a\necho b c\n"), 42);
	assert_string_equal(got, "said a\nsaid b\n");
}


static void test_not_running(void **state)
{
	(void)state;
	assert_int_equal(serve_child(client, "echo a", ""), 1);
	got_has("Unable to connect to remote tandem");
	got_has("tandem.ctl");
}


static void test_too_long(void **state)
{
	static char text[CONTROL_LINE + 1];

	(void)state;
	serve_open();
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(serve_child(client, text, ""), 1);
	got_has("the command is too long");
}


static void test_terminal(void **state)
{
	static const struct step typed[] = {
		{"tandem*CLI> ", "ec\tpe\ton\t\r"},
		{"said peer-one", "echo p\t"},
		{"eer-", "\t"},
		{"peer-one  peer-two", "two\r"},
		{"said peer-two", "evil\r"},
		{"CLI> ", "live\r"},
		{"<--- SIP read --->", "\020\020\020\r"}, /* history: third */
		{"said peer-two", "quit\r"},
		{NULL, NULL},
	};
	char path[128];
	struct stat st;

	(void)state;
	serve_open();
	assert_int_equal(serve_terminal(typed), 0);

	got_has("Tandem " TANDEM_VERSION);
	got_has("bad \\x1b]0;title\\x07 \\x9b gr\303\274n");
	assert_null(strstr(got, "\033]0"));
	assert_null(steps->expect);

	run_dir_file(path, sizeof(path), ".tandem_history");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}


static void close_it(void *arg)
{
	console_close();
}


static void test_daemon_ends(void **state)
{
	static const struct step typed[] = {{NULL, NULL}};
	struct timer tmr = {0};

	(void)state;
	serve_open();
	timer_start(&tmr, 300, close_it, NULL);
	assert_int_equal(serve_terminal(typed), 1);
	got_has("Disconnected from tandem");
}


static int setup(void **state)
{
	(void)state;
	return console_add(cmds, ARRAY_SIZE(cmds)) || cmd_core_register();
}


#define CASE(f) cmocka_unit_test_setup_teardown(f, serve_setup, serve_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_one_command),
		CASE(test_script_on_stdin),
		CASE(test_not_running),
		CASE(test_too_long),
		CASE(test_terminal),
		CASE(test_daemon_ends),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
