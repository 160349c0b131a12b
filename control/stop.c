/**
 * @file control/stop.c  Stopping, restarting, being taken over from
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "b2bua/call.h"
#include "b2bua/server.h"
#include "b2bua/takeover.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/sdnotify.h"
#include "base/timer.h"
#include "control/stop.h"

enum {
	END_MS	    = 5000,  /* for the calls to end */
	ANSWER_MS   = 50,    /* for the console's answer to leave */
	EMPTY_MS    = 100,   /* between two looks whether all is done */
	PATIENCE_MS = 32000, /* for transactions without a call */
	NEWER_MS    = 20000, /* for a new process to take over */
};

enum state { RUNNING, DRAINING, WAITING, ENDING, LEAVING };

static struct {
	struct stop_params prm;
	enum state state;
	bool restart;         /* WAITING: start a new process then */
	bool end_calls;       /* once it has taken over */
	uint64_t empty_ms;    /* since when there is no call */
	struct timer tmr;     /* the end, or the next look */
	struct timer newer;   /* a new process has been started ... */
	int newer_fd;         /* ... readable when it ends; -1 */
} st = {.newer_fd = -1};


static void end_handler(void *arg)
{
	(void)arg;
	re_cancel();
}


static int start_newer(void);


/* There is no call: may we go? */
static void look_handler(void *arg)
{
	const uint64_t now = clock_ms();

	(void)arg;

	if (list_head(calls_list())) {
		st.empty_ms = 0;
	}
	else {
		if (!st.empty_ms)
			st.empty_ms = now;
		if (takeover_is_done() || now - st.empty_ms > PATIENCE_MS) {
			log_info("main", "the last call has ended");
			re_cancel();
			return;
		}
	}

	timer_start(&st.tmr, EMPTY_MS, look_handler, NULL);
}


static void empty_handler(void *arg)
{
	(void)arg;

	switch (st.state) {

	case ENDING:
		re_cancel();
		break;

	case WAITING:
		if (st.restart) {
			st.state   = RUNNING;
			st.restart = false;
			(void)start_newer();
			break;
		}
		timer_start(&st.tmr, ANSWER_MS, look_handler, NULL);
		break;

	case DRAINING:
	case LEAVING:
		timer_start(&st.tmr, ANSWER_MS, look_handler, NULL);
		break;

	case RUNNING:
		break;
	}
}


static void wait_for_empty(enum state state)
{
	st.state    = state;
	st.empty_ms = 0;
	calls_set_empty_handler(empty_handler, NULL);
	if (!list_head(calls_list()))
		empty_handler(NULL);
}


static void run_on(void)
{
	st.state   = RUNNING;
	st.restart = st.end_calls = false;
	timer_cancel(&st.tmr);
	calls_set_empty_handler(NULL, NULL);
	server()->draining = false;
}


static void end(uint32_t wait_ms)
{
	const bool calls = list_head(calls_list()) != NULL;

	st.state = ENDING;
	log_info("main", "stopping: %u calls are ended",
		 list_count(calls_list()));
	calls_set_empty_handler(empty_handler, NULL);
	(void)takeover_end_older(); /* most have none */
	server_end_calls();
	timer_start(&st.tmr, calls ? END_MS : wait_ms, end_handler, NULL);
}


void stop_signal(void)
{
	if (st.state == ENDING) {
		re_cancel();
		return;
	}

	if (st.state != LEAVING)
		(void)sd_notify_send("STOPPING=1");
	end(0);
}


/* ---- another process ---------------------------------------------------- */

/* Between fork and exec: nothing that takes a lock.  A child of a child: who
 * waits for us, as systemd does, is to be its parent */
static void child(char *const argv[], int fd)
{
	const pid_t pid = fork();

	if (pid)
		_exit(pid < 0 || write(fd, &pid, sizeof(pid)) < 0);

	(void)close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC);

	(void)execv(argv[0], argv);
	_exit(127);
}


static void newer_forget(void)
{
	timer_cancel(&st.newer);
	if (st.newer_fd >= 0) {
		fd_close(st.newer_fd);
		(void)close(st.newer_fd);
	}
	st.newer_fd = -1;
}


static void newer_late(void *arg)
{
	(void)arg;
	log_error("main", "the new process has not taken over in %u s: this "
		  "one goes on", NEWER_MS / 1000);
	st.end_calls = false;
	newer_forget();
}


static void newer_ended(int flags, void *arg)
{
	(void)flags;
	(void)arg;
	log_error("main", "the new process has ended before it took over: this "
		  "one goes on; what was in the way is in its log, or is said "
		  "by tandem -t");
	st.end_calls = false;
	newer_forget();
}


/* Told when it ends, though it is no child of ours */
static void newer_watch(pid_t pid)
{
	st.newer_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (st.newer_fd >= 0)
		(void)fd_listen(st.newer_fd, FD_READ, newer_ended, NULL);

	timer_start(&st.newer, NEWER_MS, newer_late, NULL);
}


static int fork_newer(pid_t *newp)
{
	int fdv[2], status = 0;
	pid_t pid;

	if (pipe2(fdv, O_CLOEXEC))
		return errno;

	pid = fork();
	if (!pid)
		child(st.prm.restart, fdv[1]);

	(void)close(fdv[1]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status ||
	    read(fdv[0], newp, sizeof(*newp)) != (ssize_t)sizeof(*newp))
		status = EAGAIN;
	(void)close(fdv[0]);

	return status;
}


static int start_newer(void)
{
	pid_t pid;
	int err;

	if (!st.prm.restart || !st.prm.restart[0])
		return ENOSYS;
	if (timer_runs(&st.newer) || st.state == LEAVING)
		return EALREADY;

	err = fork_newer(&pid);
	if (err) {
		log_error("main", "cannot start %s: %m", st.prm.restart[0],
			  err);
		return err;
	}

	log_notice("main", "process %d of %s was started and takes over",
		   (int)pid, st.prm.restart[0]);
	newer_watch(pid);

	return 0;
}


static void taken_over(int pid, void *arg)
{
	(void)arg;
	(void)pid;

	newer_forget();
	timer_cancel(&st.tmr);
	console_close();
	server()->draining = true;
	if (st.end_calls)
		server_end_calls();
	wait_for_empty(LEAVING);
}


static int open_doors(struct mbuf *why);


static void back_again(void *arg)
{
	struct mbuf *why = mbuf_alloc(128);

	(void)arg;
	if (st.state == LEAVING)
		run_on();
	if (why && open_doors(why))
		log_error("main", "%b", why->buf, why->end);
	mem_deref(why);
}


static int open_doors(struct mbuf *why)
{
	static const struct takeover_hooks hooks = {taken_over, back_again,
						    NULL};
	int err;

	err = console_open(st.prm.rundir, why);
	if (err)
		return err;

	/* without it we serve, but nobody takes over without a gap */
	err = takeover_listen(st.prm.rundir, &hooks);
	if (err)
		log_warning("main", "%s/takeover.ctl: %m: no other process can "
			    "take over", st.prm.rundir, err);

	return 0;
}


int stop_init(const struct stop_params *prm, struct mbuf *why)
{
	int err;

	if (!prm || !prm->rundir)
		return EINVAL;

	memset(&st, 0, sizeof(st));
	st.prm	    = *prm;
	st.newer_fd = -1;

	err = takeover_finish(why);

	return err ? err : open_doors(why);
}


void stop_close(void)
{
	timer_cancel(&st.tmr);
	newer_forget();
	console_close();
}


bool stop_has_left(void)
{
	return st.state == LEAVING;
}


/* ---- the operator ------------------------------------------------------- */

static int restart(enum core_stop how)
{
	int err;

	if (how == CORE_RESTART_WHEN_CONVENIENT) {
		st.restart = true;
		wait_for_empty(WAITING);
		return 0;
	}

	err = start_newer();
	if (!err)
		st.end_calls = how == CORE_RESTART_NOW;

	return err;
}


int stop_hook(enum core_stop how, void *arg)
{
	(void)arg;

	switch (how) {

	case CORE_STOP_NOW:
		(void)sd_notify_send("STOPPING=1");
		end(ANSWER_MS);
		return 0;

	case CORE_STOP_GRACEFULLY:
		server()->draining = true;
		wait_for_empty(DRAINING);
		return 0;

	case CORE_STOP_WHEN_CONVENIENT:
		server()->draining = false;
		st.restart	   = false;
		wait_for_empty(WAITING);
		return 0;

	case CORE_RESTART_NOW:
	case CORE_RESTART_GRACEFULLY:
	case CORE_RESTART_WHEN_CONVENIENT:
		return restart(how);

	case CORE_STOP_ABORT:
		if (st.state != DRAINING && st.state != WAITING)
			return ENOENT;
		run_on();
		return 0;
	}

	return EINVAL;
}
