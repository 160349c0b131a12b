/**
 * @file b2bua/main.c  The program: options, start, signals, stop
 */
#include <getopt.h>
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
#include "b2bua/explain.h"
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
#include "routing/expr.h"
#include "routing/pattern.h"
#include "routing/schedule.h"
#include "sip/handover.h"

#define DEFAULT_DIR "/etc/tandem"

enum {
	EXIT_USAGE     = 2,
	EXIT_PORT      = 69, /* EX_UNAVAILABLE: port in use */
	EXIT_PERM      = 77,
	EXIT_CONFIG    = 78,
	LOG_WAIT_MS    = 1000,
	FD_WANTED      = 131072, /* 4 a call, and connections */
};

static struct {
	const char *dir;
	const char *command;   /* -rx */
	const char *user, *group; /* -U, -G */
	bool foreground, check, remote;
	const char *pair;      /* --pair */
	int explainc;          /* words behind --explain */
	char *const *explainv;

	struct config_names names;
	int sigfd;
	struct timer watchdog;
	bool takeover;         /* --takeover */
	char *restart[12];     /* what takes over from us */
} prog = {.dir = DEFAULT_DIR, .sigfd = -1};


/* ---- options ------------------------------------------------------------ */

static void usage(FILE *f)
{
	(void)fputs("Tandem " TANDEM_VERSION
		    ", SIP back-to-back user agent\n"
		    "usage: tandem [-f] [-C DIR] [-U USER] [-G GROUP]\n"
		    "                                run (-f: in the "
		    "foreground; as that user)\n"
		    "       tandem --takeover ...    take over from the one "
		    "that runs\n"
		    "       tandem -t [-C DIR]       check the configuration\n"
		    "       tandem -t [-C DIR] --pair DIR2\n"
		    "                                ... of two servers that "
		    "call each other\n"
		    "       tandem -t [-C DIR] --explain CONTEXT NUMBER "
		    "[from CALLER] [at TIME]\n"
		    "                                say where a number would "
		    "go, and why\n"
		    "       tandem import DIR [--write OUT]\n"
		    "                                say what becomes of an "
		    "Asterisk directory\n"
		    "       tandem -r [-C DIR]       console of the running "
		    "daemon\n"
		    "       tandem -rx COMMAND       run one console command\n"
		    "       tandem -V | -h           version | this help; also --version,\n"
		    "                                --help\n"
		    "DIR is " DEFAULT_DIR " unless given.\n",
		    f);
}


/* False: exit with *status */
static bool options(int argc, char *argv[], int *status)
{
	static const struct option longs[] = {
		{"explain", no_argument, NULL, 'e'},
		{"help", no_argument, NULL, 'h'},
		{"takeover", no_argument, NULL, 'o'},
		{"pair", required_argument, NULL, 'p'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	bool explain = false;
	int c;

	*status = EXIT_USAGE;

	while ((c = getopt_long(argc, argv, "C:fG:hrtU:Vx:", longs, NULL)) != -1) {
		switch (c) {

		case 'e': explain = true; break;
		case 'o': prog.takeover = true; break;
		case 'p': prog.pair = optarg; break;
		case 'C': prog.dir = optarg; break;
		case 'f': prog.foreground = true; break;
		case 'G': prog.group = optarg; break;
		case 'r': prog.remote = true; break;
		case 't': prog.check = true; break;
		case 'U': prog.user = optarg; break;
		case 'x': prog.command = optarg; break;

		case 'V':
			(void)puts("tandem " TANDEM_VERSION);
			*status = 0;
			return false;

		case 'h':
			usage(stdout);
			*status = 0;
			return false;

		default:
			usage(stderr);
			return false;
		}
	}

	if (explain && prog.check) {
		prog.explainc = argc - optind;
		prog.explainv = argv + optind;
		return true;
	}

	if (optind < argc || explain) {
		(void)fprintf(stderr, "tandem: what is '%s'?\n",
			      explain ? "--explain" : argv[optind]);
		usage(stderr);
		return false;
	}

	if (prog.pair && !prog.check) {
		(void)fputs("tandem: --pair needs -t\n", stderr);
		return false;
	}

	if (prog.command && !prog.remote) {
		(void)fputs("tandem: -x needs -r\n", stderr);
		return false;
	}

	return true;
}


/* ---- configuration ------------------------------------------------------ */

static int timespec_check(const struct pl *spec, struct pl *bad)
{
	struct schedule sch;

	return schedule_decode(&sch, spec, bad);
}


static int expr_check(const struct pl *text, char *err)
{
	struct mbuf *out = mbuf_alloc(64);
	int ret = out ? expr_eval_pl(out, text, err) : 0;

	mem_deref(out);

	return ret == EINVAL ? EINVAL : 0;
}


static void collect_names(void)
{
	static const char *apps[256], *funcs[256];
	const struct app *const *av;
	const struct func *const *fv;
	size_t n;

	av = app_table(&n);
	for (size_t i = 0; i < n && i < ARRAY_SIZE(apps); i++)
		apps[prog.names.napps++] = av[i]->name;

	fv = func_table(&n);
	for (size_t i = 0; i < n && i < ARRAY_SIZE(funcs); i++)
		funcs[prog.names.nfuncs++] = fv[i]->name;

	prog.names.pattern  = pattern_check;
	prog.names.covers   = pattern_covers;
	prog.names.instead  = app_instead;
	prog.names.timespec = timespec_check;
	prog.names.expr	    = expr_check;
	prog.names.options  = app_options;
	prog.names.apps	 = apps;
	prog.names.funcs = funcs;
}


static int load(struct config **cfgp, struct findings **fp)
{
	int err;

	err = findings_alloc(fp);
	if (err)
		return err;

	return config_load(cfgp, prog.dir, *fp, &prog.names);
}


/* The other server's files: what is wrong in them is a matter of their own
 * check, what does not fit together one of ours */
static int check_pair(const struct config *cfg, struct findings *f)
{
	struct findings *other_f = NULL;
	struct config *other = NULL;
	int err;

	err = findings_alloc(&other_f);
	if (!err)
		err = config_load(&other, prog.pair, other_f, &prog.names);
	if (err)
		(void)re_fprintf(stdout, "%H", findings_print, other_f);
	else
		config_check_pair(cfg, other, f);

	mem_deref(other);
	mem_deref(other_f);

	return err;
}


static int check(void)
{
	struct findings *f = NULL;
	struct config *cfg = NULL;
	int err = load(&cfg, &f);

	if (!err && prog.pair)
		err = check_pair(cfg, f);

	findings_sort(f);
	(void)re_fprintf(stdout, "%H", findings_print, f);
	(void)re_fprintf(stdout, "%s: %u errors, %u warnings: %s\n", prog.dir,
			 f ? f->count[SEVERITY_ERROR] : 0,
			 f ? f->count[SEVERITY_WARNING] : 0,
			 err ? "refused" : "good");
	mem_deref(cfg);
	mem_deref(f);

	return err ? EXIT_CONFIG : 0;
}


/* What is wrong goes to stderr, what was asked to stdout */
static int explain(void)
{
	struct explain_params prm = {0};
	struct findings *f = NULL;
	struct config *cfg = NULL;
	struct mbuf *mb	   = mbuf_alloc(1024);
	const char *why;
	int err;

	if (explain_decode(&prm, prog.explainc,
			   (const char *const *)prog.explainv, &why)) {
		(void)fprintf(stderr, "tandem: --explain: %s\n", why);
		mem_deref(mb);
		return EXIT_USAGE;
	}

	err = mb ? load(&cfg, &f) : ENOMEM;
	if (!err)
		err = dialplan_index_alloc(&prm.plan, cfg->dialplan, NULL,
					   NULL);
	if (err) {
		findings_sort(f);
		(void)re_fprintf(stderr, "%H", findings_print, f);
		err = EXIT_CONFIG;
		goto out;
	}

	prm.cfg = cfg;
	err = plan_explain(mb, &prm) ? EXIT_FAILURE : 0;
	(void)re_fprintf(stdout, "%b", mb->buf, mb->end);

out:
	mem_deref(prm.plan);
	mem_deref(cfg);
	mem_deref(f);
	mem_deref(mb);

	return err;
}


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


/* ---- reload ------------------------------------------------------------- */

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
	err = load(&cfg, &f);
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
		log_info("config", "configuration taken from %s", prog.dir);
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

	err = rights_drop(privs, cfg, prog.user, prog.group, why);
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

	if (!prog.takeover)
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
	prog.restart[i++] = (char *)(uintptr_t)prog.dir;
	prog.restart[i]	  = NULL;
}


/* A relative -C counts from where we were started: a daemon goes elsewhere,
 * and the paths in call records shall be found from everywhere.  One that is
 * not there is reported by the loader */
static void dir_absolute(void)
{
	static char path[PATH_MAX];

	if (realpath(prog.dir, path))
		prog.dir = path;
}


static int serve(void)
{
	struct findings *f = NULL;
	struct config *cfg = NULL;
	struct privs privs = {0};
	int err;

	dir_absolute();
	restart_args();
	err = load(&cfg, &f);
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

	if (!prog.foreground && sys_daemon()) {
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

	if (config_run_dir(&run, prog.dir)) {
		(void)fprintf(stderr, "tandem: %s/tandem.conf cannot be "
			      "read\n", prog.dir);
		return EXIT_CONFIG;
	}

	status = client_main(run, prog.command);
	mem_deref(run);

	return status;
}


int main(int argc, char *argv[])
{
	int status;

	const bool import = argc > 1 && !strcmp(argv[1], "import");

	if (!import && !options(argc, argv, &status))
		return status;

	if (libre_init()) {
		(void)fputs("tandem: cannot initialise\n", stderr);
		return EXIT_FAILURE;
	}

	collect_names();
	status = import ? import_main(argc - 2, argv + 2, &prog.names)
		 : prog.remote ? remote() : prog.check && prog.explainv ? explain()
		 : prog.check		       ? check()
					       : serve();

	libre_close();

	return status;
}
