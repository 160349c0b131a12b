/**
 * @file control/console.c  The server behind the console
 *
 * The socket, who may connect to it (session.c does the rest), and what is
 * shown on the consoles while it happens.
 *
 * Log lines come from any thread: the tap puts a copy on a channel, which the
 * signalling thread reads.  The tap is set only while somebody follows.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/chan.h"
#include "base/compat.h"
#include "base/log.h"
#include "control/console.h"
#include "control/protocol.h"
#include "control/session.h"


enum {
	CLIENTS_MAX = 32,
	BACKLOG     = 16,
	TAPPED_MAX  = 1024, /* log lines on their way to this thread */
	GROUPS_MAX  = 256,
};

struct line_msg {
	struct chan_msg msg; /* first member */
	enum log_level level;
	char text[];
};

static struct {
	int fd;
	int spare; /* given up to refuse a client when there are no others */
	struct sockaddr_un sun;
	struct chan *taps;
} server = {.fd = -1, .spare = -1};


/* --- what is shown while it happens -------------------------------------- */

void console_publish(const char *p, size_t n)
{
	char head[CONTROL_HEAD];

	if (!p || !n || n > LIVE_BYTES)
		return;

	(void)re_snprintf(head, sizeof(head), "live %u\n", (unsigned)n);

	session_show(head, p, n, -1);
}


int console_publishf(const char *fmt, ...)
{
	struct mbuf *mb;
	va_list ap;
	int err;

	if (!fmt)
		return EINVAL;

	if (!console_viewers())
		return 0;

	mb = mbuf_alloc(1024);
	if (!mb)
		return ENOMEM;

	va_start(ap, fmt);
	err = mbuf_vprintf(mb, fmt, ap);
	va_end(ap);

	if (!err)
		console_publish((char *)mb->buf, mb->end);
	mem_deref(mb);

	return err;
}


size_t console_viewers(void)
{
	return session_viewers();
}


/* Any thread */
static void log_handler(enum log_level level, const char *mod,
			const char *line, void *arg)
{
	const size_t size = strlen(mod) + strlen(line) + 32;
	struct line_msg *m;
	int n;

	m = malloc(sizeof(*m) + size);
	if (!m)
		return;

	m->msg.type = 0;
	m->level    = level;
	n = re_snprintf(m->text, size, "%s: %s\n", mod, line);

	/* a full channel: the log itself has the line */
	if (n < 0 || chan_send(arg, &m->msg))
		free(m);
}


static void line_handler(struct chan_msg *msg, void *arg)
{
	struct line_msg *m = (struct line_msg *)msg;
	const size_t n     = strlen(m->text);
	char head[CONTROL_HEAD];

	(void)re_snprintf(head, sizeof(head), "log %u %d\n", (unsigned)n,
			  (int)m->level);

	session_show(head, m->text, n, (int)m->level);
	free(m);
}


void console_tap(bool wanted)
{
	if (wanted)
		log_set_tap(log_handler, server.taps);
	else
		log_set_tap(NULL, NULL);
}


/* --- who may ------------------------------------------------------------- */

static bool in_our_group(int fd, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);

	if (gid == getegid())
		return true;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return false;

	for (size_t i = 0; i < len / sizeof(groups[0]); i++) {
		if (groups[i] == getegid())
			return true;
	}

	return false;
}


static bool may_connect(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return false;

	if (!cred.uid || cred.uid == geteuid() ||
	    in_our_group(fd, cred.gid))
		return true;

	log_warning("console", "user %u (process %d) may not use the console: "
		    "neither root, nor our user, nor in our group",
		    (unsigned)cred.uid, (int)cred.pid);

	return false;
}


static int take_client(void)
{
	return accept4(server.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}


/* Without this, the loop would come back at once and for ever */
static void refuse_without_fds(void)
{
	(void)close(server.spare);
	(void)close(take_client());
	server.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);

	log_warning("console", "no file descriptor is left: a client "
		    "is refused");
}


static void accept_handler(int flags, void *arg)
{
	int fd = take_client();

	if (fd < 0 && (errno == EMFILE || errno == ENFILE))
		refuse_without_fds();

	if (fd < 0)
		return;

	if (session_count() >= CLIENTS_MAX) {
		log_warning("console", "more than %d clients: one is refused",
			    CLIENTS_MAX);
		(void)close(fd);
	}
	else if (!may_connect(fd) || session_alloc(fd)) {
		(void)close(fd);
	}
}


/* --- start and end ------------------------------------------------------- */

int control_addr(struct sockaddr_un *sun, const char *rundir)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;

	return re_snprintf(sun->sun_path, sizeof(sun->sun_path), "%s/%s",
			   rundir, CONTROL_SOCKET) < 0 ? ENAMETOOLONG : 0;
}


/* Remove what an earlier run left.  EADDRINUSE if somebody answers */
static int clear_path(const struct sockaddr_un *sun)
{
	struct stat st;
	int fd, err;

	if (lstat(sun->sun_path, &st))
		return errno == ENOENT ? 0 : errno;

	if (!S_ISSOCK(st.st_mode))
		return EEXIST;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;

	err = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) ? errno
								      : 0;
	(void)close(fd);

	if (!err || err == EAGAIN)
		return EADDRINUSE;

	if (err != ECONNREFUSED)
		return err;

	return unlink(sun->sun_path) ? errno : 0;
}


static int listen_on(int *fdp, const struct sockaddr_un *sun)
{
	int fd, err = 0;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;

	/* the mode of the socket becomes that of the file, less the umask;
	 * so it is never wider than it shall be */
	if (fchmod(fd, 0660) ||
	    bind(fd, (const struct sockaddr *)sun, sizeof(*sun)) ||
	    chmod(sun->sun_path, 0660) || listen(fd, BACKLOG))
		err = errno;

	if (err)
		(void)close(fd);
	else
		*fdp = fd;

	return err;
}


static int open_in(const char *rundir)
{
	int err;

	err = control_addr(&server.sun, rundir);
	if (err)
		return err;

	if (mkdir(rundir, 0750) && errno != EEXIST)
		return errno;

	err = clear_path(&server.sun);
	if (err)
		return err;

	err = listen_on(&server.fd, &server.sun);
	if (err)
		return err;

	server.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);

	err = chan_alloc(&server.taps, TAPPED_MAX, line_handler, NULL);
	if (!err)
		err = fd_listen(server.fd, FD_READ, accept_handler, NULL);

	return err;
}


int console_open(const char *rundir, struct mbuf *why)
{
	int err;

	if (!rundir || !*rundir)
		return EINVAL;

	if (server.fd >= 0)
		return EALREADY;

	err = open_in(rundir);
	if (!err)
		return 0;

	if (why && err == EADDRINUSE)
		(void)mbuf_printf(why, "another Tandem answers on %s",
				  server.sun.sun_path);
	else if (why)
		(void)mbuf_printf(why, "console %s/%s: %m", rundir,
				  CONTROL_SOCKET, err);

	if (server.fd >= 0)
		console_close();

	return err;
}


void console_close(void)
{
	if (server.fd < 0)
		return;

	fd_close(server.fd);
	(void)close(server.fd);
	(void)unlink(server.sun.sun_path);
	(void)close(server.spare);
	server.fd = server.spare = -1;

	session_end_all();
	log_set_tap(NULL, NULL);
	server.taps = mem_deref(server.taps);
}
