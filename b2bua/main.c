/**
 * @file b2bua/main.c  The program: start, reload, signals, stop
 */
#include <malloc.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "b2bua/app.h"
#include "b2bua/call.h"
#include "b2bua/program.h"
#include "b2bua/rights.h"
#include "b2bua/server.h"
#include "b2bua/takeover.h"
#include "base/log.h"
#include "base/sdnotify.h"
#include "base/text.h"
#include "base/timer.h"
#include "control/commands.h"
#include "control/console.h"
#include "control/import.h"
#include "control/stop.h"
#include "sip/handover.h"

enum {
	LOG_WAIT_MS = 1000,
	FD_WANTED   = 131072, /* 4 a call, and connections */
};

static struct {
	struct program p;
	int sigfd;
	struct timer watchdog;
	char *restart[12];     /* what takes over from us */
} prog = {.p = {.dir = PROGRAM_DIR}, .sigfd = -1};


/* ---- sockets that outlive us -------------------------------------------- */

/* The service manager has kept the sockets of the run before, or has opened
 * them itself: what came meanwhile waits in them */
static void take_sockets(void)
{
	const int n = sd_listen_fds();

	for (int fd = SD_FIRST_FD; fd < SD_FIRST_FD + n; fd++) {
		const int err = sx_give_socket(fd);

		if (err) {
			log_warning("main", "descriptor %d of the service "
				    "manager is no use: %m", fd, err);
			(void)close(fd);
		}
	}
}


static void keep_handler(enum sx_tp tp, int fd, void *arg)
{
	(void)arg;
	(void)sd_store_fd(fd, sx_tp_name(tp));
}


/* ... and shall keep ours: these, and no other of before a reload */
static void keep_sockets(void)
{
	char text[64];

	if (!server() || !server()->sx)
		return;

	for (int tp = 0; tp < SX_TP_MAX; tp++) {
		(void)re_snprintf(text, sizeof(text),
				  "FDSTOREREMOVE=1\nFDNAME=%s",
				  sx_tp_name((enum sx_tp)tp));
		(void)sd_notify_send(text);
	}
	sx_sockets_apply(server()->sx, keep_handler, NULL);
}


/* ---- load and reload ---------------------------------------------------- */

static void log_findings(const struct findings *f)
{
	for (struct le *le = f ? list_head(&f->list) : NULL; le;
	     le = le->next) {
		const struct finding *fi = le->data;

		if (fi->severity == SEVERITY_ERROR)
			log_error("config", "%H", finding_print, fi);
		else if (fi->severity == SEVERITY_WARNING)
			log_warning("config", "%H", finding_print, fi);
		else
			log_info("config", "%H", finding_print, fi);
	}
}


static int reload_hook(struct cmd_ctx *ctx, const char *part, void *arg)
{
	struct findings *f = NULL;
	struct config *cfg = NULL;
	struct mbuf *why   = mbuf_alloc(128);
	int err;

	(void)arg;
	(void)part;

	if (stop_has_left()) {
		mem_deref(why);
		return 1; /* the process that serves reloads */
	}

	(void)sd_notify_send("RELOADING=1");
	err = program_load(prog.p.dir, &cfg, &f);
	findings_sort(f);
	log_findings(f);
	if (ctx && f)
		(void)cmd_printf(ctx, "%H", findings_print, f);

	if (!err)
		err = why ? server_reload(cfg, why) : ENOMEM;
	if (err) {
		log_error("config", "reload refused, the old configuration "
			  "stays in force%s%b", why && why->end ? ": " : "",
			  why ? why->buf : NULL, why ? why->end : 0);
		if (ctx)
			(void)cmd_printf(ctx, "Refused, the old configuration "
					 "stays in force%s%b\n",
					 why && why->end ? ": " : "",
					 why ? why->buf : NULL,
					 why ? why->end : 0);
	}
	else {
		keep_sockets();
		log_info("config", "configuration taken from %s", prog.p.dir);
		log_set_level(cfg->tandem.loglevel);
		cmd_core_reloaded();
		if (ctx)
			(void)cmd_printf(ctx, "Taken.\n");
	}

	(void)sd_notify_send("READY=1");
	mem_deref(cfg);
	mem_deref(f);
	mem_deref(why);

	return err ? 1 : 0;
}


/* ---- signals ------------------------------------------------------------ */

static void signal_handler(int flags, void *arg)
{
	struct signalfd_siginfo si;

	(void)flags;
	(void)arg;

	while (read(prog.sigfd, &si, sizeof(si)) == sizeof(si)) {
		switch (si.ssi_signo) {

		case SIGHUP: (void)reload_hook(NULL, NULL, NULL); break;
		case SIGUSR1: log_reopen(); break;
		case SIGUSR2:
			(void)stop_hook(CORE_RESTART_GRACEFULLY, NULL);
			break;
		default: stop_signal(); break;
		}
	}
}


/* Before any thread starts: all of them inherit the mask */
static int signals_open(void)
{
	sigset_t set;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigaddset(&set, SIGUSR2);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return errno;

	prog.sigfd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);

	return prog.sigfd < 0 ? errno : 0;
}


static void watchdog_handler(void *arg)
{
	uint64_t us = sd_watchdog_us() / 2;

	(void)arg;
	if (!stop_has_left())
		(void)sd_notify_send("WATCHDOG=1");
	timer_start_us(&prog.watchdog, us, watchdog_handler, NULL);
}


/* ---- run ---------------------------------------------------------------- */

/* Calls come and go: memory that one leaves is the next one's.  Handing it
 * back to the kernel in between cost 35 page faults a call.  What one thread
 * made and another gives back must not wait in fast bins: nobody there asks for
 * that size, and a writer's heap grew by 100 bytes with every recording */
static void keep_memory(void)
{
	(void)mallopt(M_MXFAST, 0);
	(void)mallopt(M_TRIM_THRESHOLD, 64 << 20);
	(void)mallopt(M_TOP_PAD, 1 << 20);
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
}


/* The loop takes no descriptor with a higher number than it was told */
static int raise_fd_limit(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl))
		return errno;

	/* root may go beyond what it was given */
	if (rl.rlim_max < FD_WANTED) {
		const struct rlimit more = {FD_WANTED, FD_WANTED};

		if (!setrlimit(RLIMIT_NOFILE, &more))
			rl = more;
	}

	rl.rlim_cur = rl.rlim_max < FD_WANTED ? rl.rlim_max : FD_WANTED;
	(void)setrlimit(RLIMIT_NOFILE, &rl);

	return fd_setsize((int)rl.rlim_cur);
}


static int drop_rights(struct privs *privs, const struct config *cfg)
{
	struct mbuf *why = mbuf_alloc(128);
	int err;

	if (!why)
		return ENOMEM;

	err = rights_drop(privs, cfg, prog.p.user, prog.p.group, why);
	if (err)
		(void)re_fprintf(stderr, "tandem: %b\n", why->buf, why->end);
	mem_deref(why);

	return err;
}


static int exit_code(int err)
{
	return err == EADDRINUSE		 ? EXIT_PORT
	       : err == EACCES || err == EPERM	 ? EXIT_PERM
	       : err == EADDRNOTAVAIL || err == EINVAL ? EXIT_CONFIG
						 : EXIT_FAILURE;
}


static int commands(void)
{
	static const struct core_hooks hooks = {stop_hook, reload_hook, NULL};

	cmd_core_set_hooks(&hooks);

	return commands_register();
}


static const char *run_dir(const struct config *cfg)
{
	return cfg->dirs.run ? cfg->dirs.run : ".";
}


/* Where nobody runs, --takeover is an ordinary start */
static int begin_takeover(const struct config *cfg, struct mbuf *why)
{
	int err;

	if (!prog.p.takeover)
		return 0;

	err = takeover_begin(run_dir(cfg), why);

	return err == ENOENT ? 0 : err;
}


static int start(struct config *cfg, struct mbuf *why)
{
	const struct stop_params stop = {run_dir(cfg), prog.restart};
	int err;

	take_sockets();
	err = begin_takeover(cfg, why);
	if (!err)
		err = server_start(cfg, why);
	if (!err)
		err = apps_init();
	(void)sx_given_close();
	keep_sockets();
	if (!err)
		err = commands();

	return err ? err : stop_init(&stop, why);
}


static int run(struct config *cfg)
{
	struct mbuf *why = mbuf_alloc(256);
	int err = why ? 0 : ENOMEM;

	if (!err)
		err = start(cfg, why);
	if (err) {
		if (why && why->end)
			log_error("main", "cannot start: %b", why->buf,
				  why->end);
		else
			log_error("main", "cannot start: %m", err);
		goto out;
	}

	err = fd_listen(prog.sigfd, FD_READ, signal_handler, NULL);
	if (err)
		goto out;

	if (sd_watchdog_us())
		watchdog_handler(NULL);
	log_info("main", "Tandem " TANDEM_VERSION " is ready, %u peers",
		 list_count(&cfg->peers));
	(void)sd_notify_send("READY=1");
	err = re_main(NULL);
	fd_close(prog.sigfd);

out:
	timer_cancel(&prog.watchdog);
	stop_close();
	console_forget();
	server_stop();
	takeover_close();
	mem_deref(why);

	return err;
}


/* How to start the program that takes over: as we were, from the file that we
 * came from, which an upgrade has replaced by then */
static void restart_args(void)
{
	static char exe[PATH_MAX];
	const ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	size_t i = 0;

	if (n <= 0)
		return;

	exe[n] = '\0';
	prog.restart[i++] = exe;
	prog.restart[i++] = (char *)"-f";
	prog.restart[i++] = (char *)"--takeover";
	prog.restart[i++] = (char *)"-C";
	prog.restart[i++] = (char *)(uintptr_t)prog.p.dir;
	prog.restart[i]	  = NULL;
}


/* A relative -C counts from where we were started: a daemon goes elsewhere,
 * and the paths in call records shall be found from everywhere.  One that is
 * not there is reported by the loader */
static void dir_absolute(void)
{
	static char path[PATH_MAX];

	if (realpath(prog.p.dir, path))
		prog.p.dir = path;
}


static int serve(void)
{
	struct findings *f = NULL;
	struct config *cfg = NULL;
	struct privs privs = {0};
	int err;

	dir_absolute();
	restart_args();
	err = program_load(prog.p.dir, &cfg, &f);
	findings_sort(f);
	if (err) {
		(void)re_fprintf(stderr, "%H", findings_print, f);
		mem_deref(f);
		return EXIT_CONFIG;
	}

	keep_memory();
	err = raise_fd_limit();
	if (!err && drop_rights(&privs, cfg)) {
		mem_deref(f);
		mem_deref(cfg);
		return EXIT_PERM;
	}

	if (!prog.p.foreground && sys_daemon()) {
		(void)fputs("tandem: cannot go into the background\n", stderr);
		mem_deref(f);
		mem_deref(cfg);
		return EXIT_FAILURE;
	}

	if (!err)
		err = signals_open();
	if (!err)
		err = log_open(cfg->tandem.logfile, cfg->tandem.logformat,
			       cfg->tandem.loglevel);
	if (!err)
		err = timers_init();
	if (!err) {
		rights_log(&privs, cfg);
		log_findings(f);
		f   = mem_deref(f);
		err = run(cfg);
	}

	mem_deref(f);
	mem_deref(cfg);
	timers_close();
	log_close(LOG_WAIT_MS);

	return err ? exit_code(err) : 0;
}


/* The console works though the configuration may be broken by now */
static int remote(void)
{
	char *run = NULL;
	int status;

	if (config_run_dir(&run, prog.p.dir)) {
		(void)fprintf(stderr, "tandem: %s/tandem.conf cannot be "
			      "read\n", prog.p.dir);
		return EXIT_CONFIG;
	}

	status = client_main(run, prog.p.command);
	mem_deref(run);

	return status;
}


int main(int argc, char *argv[])
{
	const bool import = argc > 1 && !strcmp(argv[1], "import");
	int status;

	if (!import && !program_options(&prog.p, argc, argv, &status))
		return status;

	if (libre_init()) {
		(void)fputs("tandem: cannot initialise\n", stderr);
		return EXIT_FAILURE;
	}

	if (import)
		status = import_main(argc - 2, argv + 2, program_names());
	else if (prog.p.remote)
		status = remote();
	else if (prog.p.check)
		status = prog.p.explainv ? program_explain(&prog.p)
					 : program_check(&prog.p);
	else
		status = serve();

	libre_close();

	return status;
}
