/**
 * @file base/proc.c  Programs that run beside us
 *
 * Two objects: the child, which lives until it has been collected, and the
 * handle of who asked for it, which may be given up earlier.
 *
 *   proc (owner) ----> child (list of this file) ----> pidfd, pipes, timer
 *        <--- back, without a reference, until one of them goes
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "base/proc.h"
#include "base/timer.h"

enum { READ_SIZE = 4096 };

struct child {
	struct le le;
	pid_t pid;
	int pidfd;
	int outfd;          /* output that we collect, -1 none */
	struct mbuf *out;
	struct timer tmr;
	bool killed, timed_out;
	struct proc *owner; /* no reference; NULL: nobody asks */
};

struct proc {
	struct child *child; /* no reference; NULL when it has ended */
	int infd, to_fd;     /* its stdout and stdin, with `pipes` */
	proc_end_h *h;
	void *arg;
};

extern char **environ;

static struct list children;


/* --- the child ----------------------------------------------------------- */

static void fd_drop(int *fdp)
{
	if (*fdp < 0)
		return;

	fd_close(*fdp);
	(void)close(*fdp);
	*fdp = -1;
}


static void child_destructor(void *data)
{
	struct child *c = data;

	timer_cancel(&c->tmr);
	list_unlink(&c->le);
	if (c->owner)
		c->owner->child = NULL;
	fd_drop(&c->pidfd);
	fd_drop(&c->outfd);
	mem_deref(c->out);
}


static void child_signal(const struct child *c, int sig)
{
	/* the group; the child alone if it has left it */
	if (kill(-c->pid, sig))
		(void)kill(c->pid, sig);
}


static void kill_handler(void *arg)
{
	child_signal(arg, SIGKILL);
}


static void child_kill(struct child *c)
{
	if (c->killed)
		return;

	c->killed = true;
	child_signal(c, SIGTERM);
	timer_start(&c->tmr, PROC_KILL_MS, kill_handler, c);
}


static void timeout_handler(void *arg)
{
	struct child *c = arg;

	c->timed_out = true;
	child_kill(c);
}


/* Take what waits in the pipe; false at its end */
static bool out_read(struct child *c)
{
	uint8_t buf[READ_SIZE];

	for (;;) {
		ssize_t n = read(c->outfd, buf, sizeof(buf));
		size_t room = PROC_OUT_MAX - c->out->end;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (!n)
			return false;

		/* the rest is read and dropped: it must not block there */
		(void)mbuf_write_mem(c->out, buf,
				     (size_t)n < room ? (size_t)n : room);
	}
}


static void out_handler(int flags, void *arg)
{
	struct child *c = arg;

	(void)flags;
	if (!out_read(c))
		fd_drop(&c->outfd);
}


static void child_tell(struct child *c, const siginfo_t *si)
{
	struct proc *p = c->owner;
	enum proc_end end = c->timed_out		    ? PROC_TIMEOUT
			    : si->si_code == CLD_EXITED ? PROC_EXITED
							: PROC_SIGNAL;

	if (!p)
		return;

	c->owner = NULL;
	p->child = NULL;
	if (p->h)
		p->h(end, si->si_status, c->out, p->arg);
}


static void end_handler(int flags, void *arg)
{
	struct child *c = arg;
	siginfo_t si = {0};

	(void)flags;
	if (waitid(P_PIDFD, (id_t)c->pidfd, &si, WEXITED | WNOHANG) ||
	    !si.si_pid)
		return;

	timer_cancel(&c->tmr);
	if (c->outfd >= 0)
		(void)out_read(c); /* what it wrote last */

	list_unlink(&c->le); /* the handler may start another one */
	child_tell(c, &si);
	mem_deref(c);
}


/* --- start --------------------------------------------------------------- */

struct pipes {
	int in[2];  /* we write in[1] */
	int out[2]; /* we read out[0] */
};


static void pipes_close(struct pipes *pp)
{
	for (int i = 0; i < 2; i++) {
		if (pp->in[i] >= 0)
			(void)close(pp->in[i]);
		if (pp->out[i] >= 0)
			(void)close(pp->out[i]);
		pp->in[i] = pp->out[i] = -1;
	}
}


static int set_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) ? errno : 0;
}


static int pipes_open(struct pipes *pp, const struct proc_params *prm)
{
	int err = 0;

	if (prm->pipes && pipe2(pp->in, O_CLOEXEC))
		err = errno;
	if (!err && (prm->pipes || prm->output) &&
	    pipe2(pp->out, O_CLOEXEC))
		err = errno;
	if (!err && pp->in[1] >= 0)
		err = set_nonblock(pp->in[1]);
	if (!err && pp->out[0] >= 0)
		err = set_nonblock(pp->out[0]);

	return err;
}


/* Descriptors of the child: 0 1 2 as asked for, 3 or nothing, no others */
static int actions_init(posix_spawn_file_actions_t *fa,
			const struct pipes *pp,
			const struct proc_params *prm)
{
	int err = posix_spawn_file_actions_init(fa);

	if (err)
		return err;

	int in = pp->in[0] >= 0 ? pp->in[0] : prm->fd0 > 0 ? prm->fd0 : -1;

	err |= in >= 0 ? posix_spawn_file_actions_adddup2(fa, in, 0)
		       : posix_spawn_file_actions_addopen(fa, 0, "/dev/null",
							  O_RDONLY, 0);
	err |= pp->out[1] >= 0
		       ? posix_spawn_file_actions_adddup2(fa, pp->out[1], 1)
		       : posix_spawn_file_actions_addopen(fa, 1, "/dev/null",
							  O_WRONLY, 0);
	if (prm->fd3 > 0)
		err |= posix_spawn_file_actions_adddup2(fa, prm->fd3, 3);
	err |= posix_spawn_file_actions_addclosefrom_np(
		fa, prm->fd3 > 0 ? 4 : 3);

	return err ? ENOMEM : 0;
}


static int attr_init(posix_spawnattr_t *at)
{
	sigset_t none, all;
	int err = posix_spawnattr_init(at);

	if (err)
		return err;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	err |= posix_spawnattr_setsigmask(at, &none);
	err |= posix_spawnattr_setsigdefault(at, &all);
	err |= posix_spawnattr_setpgroup(at, 0);
	err |= posix_spawnattr_setflags(at, POSIX_SPAWN_SETSIGMASK |
						    POSIX_SPAWN_SETSIGDEF |
						    POSIX_SPAWN_SETPGROUP);

	return err ? ENOMEM : 0;
}


/* Our environment and what was asked for; NULL if out of memory */
static const char **env_join(const char *const *more)
{
	const char **v;
	size_t n = 0, m = 0;

	while (environ && environ[n])
		++n;
	while (more && more[m])
		++m;

	v = mem_zalloc((n + m + 1) * sizeof(*v), NULL);
	if (!v)
		return NULL;

	for (size_t i = 0; i < m; i++)
		v[i] = more[i];
	for (size_t i = 0; i < n; i++)
		v[m + i] = environ[i];

	return v;
}


static int spawn(pid_t *pidp, const struct pipes *pp,
		 const struct proc_params *prm)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	const char **env = env_join(prm->env);
	int err;

	if (!env)
		return ENOMEM;

	err = actions_init(&fa, pp, prm);
	if (!err) {
		err = attr_init(&at);
		if (!err)
			err = posix_spawnp(pidp, prm->argv[0], &fa, &at,
					   (char *const *)prm->argv,
					   (char *const *)env);
		(void)posix_spawnattr_destroy(&at);
	}
	(void)posix_spawn_file_actions_destroy(&fa);
	mem_deref(env);

	return err;
}


static void proc_destructor(void *data)
{
	struct proc *p = data;

	if (p->child)
		p->child->owner = NULL;
	fd_drop(&p->infd);
	fd_drop(&p->to_fd);
}


/* Watch the child's end and its output */
static int child_watch(struct child *c, const struct proc_params *prm)
{
	int err;

	c->pidfd = pidfd_open(c->pid, 0);
	if (c->pidfd < 0)
		return errno;

	err = fd_listen(c->pidfd, FD_READ, end_handler, c);
	if (!err && c->outfd >= 0) {
		c->out = mbuf_alloc(256);
		err = c->out ? fd_listen(c->outfd, FD_READ, out_handler, c)
			     : ENOMEM;
	}
	if (!err && prm->timeout_ms)
		timer_start(&c->tmr, prm->timeout_ms, timeout_handler, c);

	return err;
}


/* A child that cannot be watched is none */
static void child_abort(struct child *c)
{
	child_signal(c, SIGKILL);
	(void)waitpid(c->pid, NULL, 0);
}


static int run(struct child *c, struct proc *p, struct pipes *pp,
	       const struct proc_params *prm)
{
	int err;

	err = pipes_open(pp, prm);
	if (!err)
		err = spawn(&c->pid, pp, prm);
	if (err)
		return err;

	if (prm->output && !prm->pipes) {
		c->outfd = pp->out[0];
		pp->out[0] = -1;
	}

	err = child_watch(c, prm);
	if (err) {
		child_abort(c);
		return err;
	}

	if (p && prm->pipes) {
		p->infd = pp->out[0];
		p->to_fd = pp->in[1];
		pp->out[0] = pp->in[1] = -1;
	}

	return 0;
}


int proc_start(struct proc **pp, const struct proc_params *prm, proc_end_h *h,
	       void *arg)
{
	struct pipes pipes = {{-1, -1}, {-1, -1}};
	struct child *c = NULL;
	struct proc *p = NULL;
	int err;

	if (!prm || !prm->argv || !prm->argv[0] || (prm->pipes && !pp))
		return EINVAL;
	if (list_count(&children) >= PROC_MAX)
		return EAGAIN;

	c = mem_zalloc(sizeof(*c), child_destructor);
	p = pp ? mem_zalloc(sizeof(*p), proc_destructor) : NULL;
	if (!c || (pp && !p)) {
		mem_deref(c);
		mem_deref(p);
		return ENOMEM;
	}

	c->pidfd = c->outfd = -1;
	if (p)
		p->infd = p->to_fd = -1;

	err = run(c, p, &pipes, prm);
	pipes_close(&pipes);
	if (err) {
		mem_deref(c);
		mem_deref(p);
		return err;
	}

	list_append(&children, &c->le, c);
	if (p) {
		p->child = c;
		p->h = h;
		p->arg = arg;
		c->owner = p;
		*pp = p;
	}

	log_debug("proc", "%s started, pid %d", prm->argv[0], (int)c->pid);

	return 0;
}


/* --- the handle ---------------------------------------------------------- */

void proc_fds(const struct proc *p, int *infd, int *outfd)
{
	*infd = p ? p->to_fd : -1;
	*outfd = p ? p->infd : -1;
}


void proc_signal(struct proc *p, int sig)
{
	if (p && p->child)
		child_signal(p->child, sig);
}


void proc_kill(struct proc *p)
{
	if (p && p->child)
		child_kill(p->child);
}


unsigned proc_count(void)
{
	return list_count(&children);
}


void proc_close(void)
{
	struct le *le = children.head;

	while (le) {
		struct child *c = le->data;

		le = le->next;
		child_abort(c);
		mem_deref(c);
	}
}
