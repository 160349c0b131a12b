/**
 * @file test_console.c  The console's socket: who, what, how much
 */
#include <grp.h>
#include "base/count.h"
#include "control/command.h"
#include "serve_util.h"


static struct cmd_ctx *pending;


static int echo_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	return cmd_printf(ctx, "%d:%s\n", argc, argc ? argv[0] : "");
}


static int wait_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	pending = ctx;

	return CMD_PENDING;
}


static struct timer later_timer;


static void later_handler(void *arg)
{
	(void)cmd_printf(arg, "later\n");
	cmd_done(arg, 9);
}


static int later_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	timer_start(&later_timer, 20, later_handler, ctx);

	return CMD_PENDING;
}


/* 4 MB at once to whoever is attached */
static int spam_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	char block[65536];

	memset(block, 's', sizeof(block));
	for (unsigned i = 0; i < 64; i++)
		console_publish(block, sizeof(block));

	return (int)console_viewers();
}


static int big_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	char block[65536];

	memset(block, 'b', sizeof(block));
	for (unsigned i = 0; i < 100; i++)
		(void)cmd_write(ctx, block, sizeof(block));

	return 0;
}


static int log_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	log_info("test", "call %d", 7);
	log_debug("test", "not seen");

	return 0;
}


static const struct cmd cmds[] = {
	{"echo", "echo", "h", echo_run, NULL},
	{"wait", "wait", "h", wait_run, NULL},
	{"later", "later", "h", later_run, NULL},
	{"spam", "spam", "h", spam_run, NULL},
	{"big", "big", "h", big_run, NULL},
	{"log something", "log something", "h", log_run, NULL},
};


static int dial(void)
{
	struct sockaddr_un sun;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || control_addr(&sun, run_dir) ||
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun)))
		_exit(99);

	return fd;
}


/* Child: send the text, print what comes until the daemon closes */
static int raw(const char *text)
{
	char buf[65536];
	ssize_t n;
	int fd = dial();

	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return 98;
	(void)shutdown(fd, SHUT_WR);

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		if (write(STDOUT_FILENO, buf, (size_t)n) != n)
			return 97;
	}

	return n < 0 ? 96 : 0;
}


static const struct {
	const char *sent;
	const char *answer;
} rows[] = {
	{"run echo a\n", "out 4\n1:a\nstatus 0\n"},
	{"run echo a\nrun echo\n", "out 4\n1:a\nstatus 0\n"
				   "out 3\n0:\nstatus 0\n"},
	{"run later\nrun echo x\n", "out 6\nlater\nstatus 9\n"
				    "out 4\n1:x\nstatus 0\n"},
	{"run \n", "status 0\n"},
	{"complete ec\n", "words 7\n2\necho\n"},
	{"attach\nrun echo\n", "out 3\n0:\nstatus 0\n"},
	{"steal all\nrun echo\n", ""},
	{"run echo", ""}, /* no line end */
	{"", ""},
};


static void test_conversations(void **state)
{
	(void)state;
	serve_open();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(serve_child(raw, rows[i].sent, ""), 0);
		assert_string_equal(got, rows[i].answer);
	}
}


/* Child: a line without end */
static int endless(const char *arg)
{
	static char text[CONTROL_LINE * 2];
	int fd = dial();
	char c;

	memset(text, 'x', sizeof(text));
	memcpy(text, "run ", 4);
	(void)send(fd, text, sizeof(text), MSG_NOSIGNAL);

	return read(fd, &c, 1) > 0;
}


static void test_endless_line_is_cut_off(void **state)
{
	(void)state;
	serve_open();
	assert_int_equal(serve_child(endless, NULL, ""), 0);
}


static void test_slow_viewer_is_bounded(void **state)
{
	(void)state;
	serve_open();
	assert_int_equal(serve_child(raw, "attach\nrun spam\nrun spam\n", ""),
			 0);
	got_has("status 1\n");
	got_has("[49 messages are not shown: this console is too slow]\n");
	assert_true(got_n > 1 << 20);
	assert_true(got_n < 3 << 20);
}


static void test_long_output_arrives(void **state)
{
	(void)state;
	serve_open();
	assert_int_equal(serve_child(raw, "run big\nrun big\nrun echo\n", ""),
			 0);
	assert_int_equal(got_n, 200 * (65536 + strlen("out 65536\n")) +
			 3 * strlen("status 0\n") + strlen("out 3\n0:\n"));
}


/* Child: leave while the command runs */
static int leave(const char *arg)
{
	int fd = dial();

	return send(fd, "run wait\n", 9, MSG_NOSIGNAL) != 9;
}


static void test_client_gone_while_pending(void **state)
{
	(void)state;
	serve_open();
	pending = NULL;
	assert_int_equal(serve_child(leave, NULL, ""), 0);
	/* one more conversation lets the events of the first one happen */
	assert_int_equal(serve_child(raw, "run echo\n", ""), 0);
	assert_non_null(pending);
	assert_true(cmd_is_gone(pending));
	assert_int_equal(cmd_printf(pending, "nobody"), 0);
	cmd_done(pending, 0);
}


static void test_closed_while_pending(void **state)
{
	(void)state;
	serve_open();
	pending = NULL;
	assert_int_equal(serve_child(leave, NULL, ""), 0);
	console_close();
	if (pending)
		cmd_done(pending, 0);
}


/* Child: follow the log until a line of it comes */
static int follow(const char *arg)
{
	static const char text[] = "attach\nrun core set verbose 3\n"
				   "run log something\n";
	char buf[4096] = "";
	size_t n       = 0;
	int fd         = dial();
	ssize_t k;

	(void)send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL);
	while (!strstr(buf, "call 7") &&
	       (k = read(fd, buf + n, sizeof(buf) - 1 - n)) > 0)
		n += (size_t)k;

	return fputs(buf, stdout) < 0 || fflush(stdout);
}


static void test_log_is_followed(void **state)
{
	(void)state;
	serve_open();
	log_set_level(LOG_LEVEL_INFO);
	assert_int_equal(serve_child(follow, NULL, ""), 0);
	got_has("up to 'info'");
	got_has("log 13 3\ntest: call 7\n");
	log_set_level(LOG_LEVEL_WARNING);
}


/* Child: somebody else, with the groups given by the text */
static int stranger(const char *text)
{
	const gid_t ours = getegid();
	const bool member = !strcmp(text, "member");

	if (setgroups(member ? 1 : 0, &ours) || setgid(65534) ||
	    setuid(65534))
		return 95;

	return raw("run echo a\n");
}


static void test_who_may(void **state)
{
	struct sockaddr_un sun;

	(void)state;
	if (geteuid()) {
		print_message("# only root can become somebody else\n");
		skip();
	}

	serve_open();

	/* even if the file system lets everybody in */
	assert_int_equal(control_addr(&sun, run_dir), 0);
	assert_int_equal(chmod(run_dir, 0755), 0);
	assert_int_equal(chmod(sun.sun_path, 0666), 0);

	(void)serve_child(stranger, "none", "");
	assert_string_equal(got, "");
	assert_int_equal(serve_child(stranger, "member", ""), 0);
	assert_string_equal(got, "out 4\n1:a\nstatus 0\n");
}


static void test_socket_file(void **state)
{
	struct mbuf *why = mbuf_alloc(64);
	struct sockaddr_un sun;
	struct stat st;
	mode_t old = umask(027);
	int fd;

	(void)state;
	assert_int_equal(control_addr(&sun, run_dir), 0);

	/* somebody answers */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(console_open(run_dir, why), EADDRINUSE);
	assert_memory_equal(why->buf, "another Tandem answers on ", 26);
	(void)close(fd);

	/* nobody does any more */
	serve_open();
	assert_int_equal(lstat(sun.sun_path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(console_open(run_dir, NULL), EALREADY);
	console_close();
	assert_int_equal(lstat(sun.sun_path, &st), -1);

	/* another file is not ours to remove */
	fd = creat(sun.sun_path, 0600);
	(void)close(fd);
	assert_int_equal(console_open(run_dir, NULL), EEXIST);
	assert_int_equal(unlink(sun.sun_path), 0);

	assert_int_equal(console_open("", NULL), EINVAL);
	assert_int_equal(console_open("/proc/none", NULL), ENOENT);
	(void)umask(old);
	mem_deref(why);
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
		CASE(test_conversations),
		CASE(test_endless_line_is_cut_off),
		CASE(test_slow_viewer_is_bounded),
		CASE(test_long_output_arrives),
		CASE(test_client_gone_while_pending),
		CASE(test_closed_while_pending),
		CASE(test_log_is_followed),
		CASE(test_who_may),
		CASE(test_socket_file),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
