/**
 * @file test_command.c  Finding a command, running it, its end; completion
 */
#include "console_util.h"


static struct cmd_ctx *pending;


static int echo_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	assert_null(argv[argc]);
	(void)cmd_printf(ctx, "%d", argc);
	for (int i = 0; i < argc; i++)
		(void)cmd_printf(ctx, "<%s>", argv[i]);

	return 0;
}


static int name_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	return argc == 1 ? 7 : CMD_USAGE;
}


static int wait_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	pending = ctx;

	return CMD_PENDING;
}


static int quick_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	cmd_done(ctx, 5);
	cmd_done(ctx, 6);

	return CMD_PENDING;
}


static int flood_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	char block[65536];
	unsigned n = 0;

	memset(block, 'x', sizeof(block));
	while (!cmd_write(ctx, block, sizeof(block)))
		++n;

	assert_int_equal(n, 128); /* 8 MB */
	assert_int_equal(cmd_printf(ctx, "more"), ENOBUFS);

	return 3;
}


static void peer_complete(struct cmd_ctx *ctx, unsigned idx,
			  const char *prefix)
{
	static const char *const first[] = {"1002", "1001", "prov", "1001",
					    "Ann B", "bad\033[2J"};

	if (idx == 1)
		cmd_candidate(ctx, "load");

	for (size_t i = 0; !idx && i < ARRAY_SIZE(first); i++)
		cmd_candidate(ctx, first[i]);
}


/* clang-format off */
static const struct cmd cmds[] = {
	{"sip show peers",   "u", "h", echo_run,  NULL},
	{"sip show peer",    "sip show peer NAME", "Show a peer", name_run,
	 peer_complete},
	{"sip show registry", "u", "h", echo_run, NULL},
	{"sip set debug on", "u", "h", echo_run,  NULL},
	{"database show",    "u", "h", echo_run,  NULL},
	{"database showkey", "u", "h", echo_run,  NULL},
	{"core show",        "u", "h", echo_run,  NULL},
	{"core show help me","u", "h", echo_run,  NULL},
	{"wait",             "u", "h", wait_run,  NULL},
	{"quick",            "u", "h", quick_run, NULL},
	{"flood",            "u", "h", flood_run, NULL},
};

static const struct {
	const char *line;
	int status;
	const char *text;
} rows[] = {
	{"", 0, ""},
	{"sip show peers", 0, "0"},
	{"  SIP Show PEERS like \"a b\" ", 0, "2<like><a b>"},
	{"si sh reg", 0, "0"},
	{"sip show peer 1001", 7, ""},
	{"sip show peer", 1, "Usage: sip show peer NAME\n"
			     "       Show a peer\n"},
	{"database show s", 0, "1<s>"}, /* an argument, not showkey */
	{"database showkey s", 0, "1<s>"},
	{"core show help", 0, "1<help>"}, /* back to what is complete */
	{"core show help me x", 0, "1<x>"},
	{"quick", 5, ""},
	{"s s pe", 1, "Command 's s pe' is ambiguous: set, show\n"},
	{"sip show pe", 1, "Command 'sip show pe' is ambiguous: peer, "
			   "peers\n"},
	{"sip show", 1, "Command 'sip show' is not complete: peer, peers, "
			"registry\n"},
	{"sip shwo peers", 1, "No such command 'sip shwo peers' (did you mean "
			      "'sip show'?)\n"},
	{"sipp", 1, "No such command 'sipp' (did you mean 'sip'?)\n"},
	{"nothing", 1, "No such command 'nothing' (type 'help' for the "
		       "commands)\n"},
	{"sip \"show", 1, "A quote is not closed\n"},
};
/* clang-format on */


static void test_rows(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		exec_is(rows[i].line, rows[i].status, rows[i].text);
}


static void test_pending(void **state)
{
	struct cmd_ctx *ctx;

	(void)state;
	ctx = exec_line("wait");
	assert_non_null(ctx);
	assert_ptr_equal(ctx, pending);
	assert_int_equal(ends, 0);
	assert_false(cmd_is_gone(ctx));

	assert_int_equal(cmd_printf(ctx, "late %u", 1), 0);
	cmd_done(ctx, 4);
	assert_string_equal(shown, "late 1");
	assert_int_equal(ends, 1);
	assert_int_equal(last_status, 4);
}


static void test_asker_gone(void **state)
{
	struct cmd_ctx *ctx;

	(void)state;
	ctx = exec_line("wait");
	console_abandon(ctx);
	assert_true(cmd_is_gone(ctx));
	assert_int_equal(cmd_printf(ctx, "to nobody"), 0);
	cmd_done(ctx, 0);
	assert_string_equal(shown, "");
	assert_int_equal(ends, 0);
}


static void test_output_is_bounded(void **state)
{
	(void)state;
	assert_null(exec_line("flood"));
	assert_int_equal(last_status, 3);
}


static void test_bad_table(void **state)
{
	static const struct cmd twice = {"wait", "u", "h", wait_run, NULL};
	static const struct cmd empty = {"", "u", "h", wait_run, NULL};
	static const struct cmd none  = {"x", "u", "h", NULL, NULL};

	(void)state;
	assert_int_equal(console_add(&twice, 1), EALREADY);
	assert_int_equal(console_add(&empty, 1), EINVAL);
	assert_int_equal(console_add(&none, 1), EINVAL);
}


static void test_completion(void **state)
{
	(void)state;
	complete_is("", "0\ncore\ndatabase\nflood\nquick\nsip\nwait\n");
	complete_is("s", "1\nsip\n");
	complete_is("S", "1\nsip\n");
	complete_is("sip ", "0\nset\nshow\n");
	complete_is("sip sh", "2\nshow\n");
	complete_is("sip show p", "1\npeer\npeers\n");
	complete_is("sip show peer", "4\npeer\npeers\n");
	complete_is("si sh peer ", "0\n1001\n1002\n\"Ann B\"\nprov\n");
	complete_is("sip show peer 1", "1\n1001\n1002\n");
	complete_is("sip show peer \"Ann", "4\n\"Ann B\"\n");
	complete_is("sip show peer 1001 ", "0\nload\n");
	complete_is("sip show peers x", "1\n");
	complete_is("nothing here", "4\n");
	complete_is("core show ", "0\nhelp\n");
}


static int setup(void **state)
{
	(void)state;
	return console_add(cmds, ARRAY_SIZE(cmds));
}


static int teardown(void **state)
{
	(void)state;
	console_forget();
	return 0;
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_asker_gone),
		cmocka_unit_test(test_output_is_bounded),
		cmocka_unit_test(test_bad_table),
		cmocka_unit_test(test_completion),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
