/**
 * @file base/proc.h  Programs that run beside us
 *
 * A thread with a libre loop and timers (base/timer.h); a struct proc belongs
 * to the thread that started it.  Nothing here waits: a program is started by
 * posix_spawn(), its end is seen through a pidfd, its output through pipes, so
 * no SIGCHLD is caught.
 *
 * A child gets an empty signal mask, default signals, a process group of its
 * own and only the descriptors named here.
 */
#ifndef TANDEM_BASE_PROC_H
#define TANDEM_BASE_PROC_H

#include "base/compat.h"

struct mbuf;
struct proc;

enum {
	PROC_MAX = 256,          /* children at a time */
	PROC_ARGS_MAX = 128,
	PROC_OUT_MAX = 64 * 1024, /* output that is kept [bytes] */
	PROC_KILL_MS = 2000,     /* from SIGTERM to SIGKILL */
};

/** What came of it; exactly one of them is said */
enum proc_end {
	PROC_EXITED,  /* status: 0 to 255 */
	PROC_SIGNAL,  /* status: the signal that killed it */
	PROC_TIMEOUT, /* we killed it */
};

/** Told once, from the loop.  out: what it wrote (PROC_OUT_MAX bytes at most),
 *  only if asked for */
typedef void(proc_end_h)(enum proc_end end, int status,
			 const struct mbuf *out, void *arg);

struct proc_params {
	const char *const *argv; /* NULL at the end; argv[0] is looked up in
				    PATH if it has no '/' */
	const char *const *env;  /* "NAME=value", added to ours; NULL none */
	uint32_t timeout_ms;     /* 0: no limit */
	bool output;             /* collect what it writes to stdout */
	bool pipes;              /* stdin and stdout are ours: proc_fds() */
	int fd0;                 /* becomes its stdin, unless `pipes`; 0 none */
	int fd3;                 /* becomes its descriptor 3; 0 none */
};

/**
 * Start a program
 *
 * @param pp   mem_deref: h is told nothing any more; the child goes on (see
 *             proc_kill()) and is collected when it ends.  May be NULL
 *
 * @return 0, ENOENT, EACCES, ENOEXEC ... of the program, EAGAIN with PROC_MAX
 *         children, EINVAL, ENOMEM
 */
int proc_start(struct proc **pp, const struct proc_params *prm, proc_end_h *h,
	       void *arg);

/** With `pipes`: descriptor to write its stdin and to read its stdout, both
 *  non-blocking.  They stay the proc's; -1 if it has none */
void proc_fds(const struct proc *p, int *infd, int *outfd);

/** Send a signal to its process group */
void proc_signal(struct proc *p, int sig);

/** End it: SIGTERM, and SIGKILL later if it does not listen */
void proc_kill(struct proc *p);

/** Children that have not ended */
unsigned proc_count(void);

/** Kill all that still runs and forget it; at the end of the program */
void proc_close(void);

#endif
