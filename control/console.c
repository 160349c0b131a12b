/**
 * @file control/console.c  The server behind the console
 *
 * Each client has a buffer in and a buffer out.  A command begins only when
 * the one before is finished and most of its output was taken, so that a
 * client which does not read holds at most one command's output (8 MB) and
 * LIVE_BYTES of published text; what is published beyond that is counted and
 * the count is shown later.  Nothing here ever blocks.
 *
 * Log lines come from any thread: the tap puts a copy on a channel, which the
 * signalling thread reads.  The tap is set only while somebody follows.
 *
 * Handlers only write to the buffer out.  A socket is written, and a client
 * ended, only from its own events and from its timer: never while a command
 * of its own is on the stack.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/chan.h"
#include "base/compat.h"
#include "base/log.h"
#include "base/timer.h"
#include "control/command.h"
#include "control/protocol.h"


enum {
	CLIENTS_MAX = 32,
	BACKLOG     = 16,
	START_BYTES = 64 << 10, /* the next command waits for fewer in out */
	LIVE_BYTES  = 1 << 20,
	TAPPED_MAX  = 1024, /* log lines on their way to this thread */
	GROUPS_MAX  = 256,
	LINGER_MS   = 200, /* for the last output at the end */
};

struct client {
	struct le le;
	int fd;
	struct timer tmr; /* go on, outside of any handler */

	struct mbuf *in;
	struct mbuf *out; /* pos: taken by the socket */

	struct cmd_ctx *ctx; /* command that is pending */
	bool busy;
	bool eof;
	bool broken; /* no memory for a frame: the rest makes no sense */

	/* interactive */
	bool attached;
	int follow; /* log level, -1 for none */
	uint64_t dropped;
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
	struct list clients;
	struct chan *taps;
} server = {.fd = -1, .spare = -1};


static void client_event(int flags, void *arg);
static void client_go_on(void *arg);


/* --- frames -------------------------------------------------------------- */

static size_t waiting(const struct client *c)
{
	return c->out->end - c->out->pos;
}


static void put_bytes(struct client *c, const char *p, size_t n)
{
	const size_t pos = c->out->pos;

	c->out->pos = c->out->end;
	(void)mbuf_write_mem(c->out, (const uint8_t *)p, n);
	c->out->pos = pos;
}


static void put_frame(struct client *c, const char *head, const char *p,
		      size_t n)
{
	const size_t len = strlen(head);

	/* all of it or nothing: nobody could read on after a cut frame */
	if (c->out->end + len + n > c->out->size &&
	    mbuf_resize(c->out, (c->out->end + len + n) * 2))
		c->broken = true;

	if (!c->broken) {
		put_bytes(c, head, len);
		if (n)
			put_bytes(c, p, n);
	}

	timer_start(&c->tmr, 0, client_go_on, c);
}


static void put_named(struct client *c, const char *name, const char *p,
		      size_t n)
{
	char head[CONTROL_HEAD];

	(void)re_snprintf(head, sizeof(head), "%s %u\n", name, (unsigned)n);
	put_frame(c, head, p, n);
}


static void put_status(struct client *c, int status)
{
	char head[CONTROL_HEAD];

	(void)re_snprintf(head, sizeof(head), "status %d\n", status);
	put_frame(c, head, NULL, 0);
}


/* --- what is shown while it happens -------------------------------------- */

static void put_live(struct client *c, const char *head, const char *p,
		     size_t n)
{
	char text[96];
	int len;

	if (waiting(c) + n > LIVE_BYTES) {
		++c->dropped;
		return;
	}

	if (c->dropped) {
		len = re_snprintf(text, sizeof(text), "[%llu messages are not "
				  "shown: this console is too slow]\n",
				  (unsigned long long)c->dropped);
		c->dropped = 0;
		if (len > 0)
			put_named(c, "live", text, (size_t)len);
	}

	put_frame(c, head, p, n);
}


void console_publish(const char *p, size_t n)
{
	char head[CONTROL_HEAD];

	if (!p || !n || n > LIVE_BYTES)
		return;

	(void)re_snprintf(head, sizeof(head), "live %u\n", (unsigned)n);

	for (struct le *le = server.clients.head; le; le = le->next) {
		struct client *c = le->data;

		if (c->attached)
			put_live(c, head, p, n);
	}
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
	size_t n = 0;

	for (struct le *le = server.clients.head; le; le = le->next) {
		const struct client *c = le->data;

		n += c->attached;
	}

	return n;
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

	for (struct le *le = server.clients.head; le; le = le->next) {
		struct client *c = le->data;

		if (c->follow >= (int)m->level)
			put_live(c, head, m->text, n);
	}

	free(m);
}


static void tap_or_not(void)
{
	bool wanted = false;

	for (struct le *le = server.clients.head; le; le = le->next) {
		const struct client *c = le->data;

		wanted |= c->follow >= 0;
	}

	if (wanted)
		log_set_tap(log_handler, server.taps);
	else
		log_set_tap(NULL, NULL);
}


/* --- commands of a client ------------------------------------------------ */

static void output_handler(const char *p, size_t n, void *arg)
{
	put_named(arg, "out", p, n);
}


static void done_handler(int status, void *arg)
{
	struct client *c = arg;

	c->busy = false;
	c->ctx  = NULL;
	put_status(c, status);
}


int console_follow(struct cmd_ctx *ctx, int level)
{
	struct client *c = cmd_owner(ctx, output_handler);

	if (!c || !c->attached)
		return ENOTTY;

	c->follow = level;
	tap_or_not();

	return 0;
}


static void run(struct client *c, const char *line)
{
	struct cmd_ctx *ctx = NULL;
	int err;

	c->busy = true;
	err     = console_exec(&ctx, line, output_handler, done_handler, c);
	if (err) {
		c->busy = false;
		put_status(c, 1);
	}
	else if (c->busy) {
		c->ctx = ctx;
	}
}


static void complete(struct client *c, const char *line)
{
	struct mbuf *mb = mbuf_alloc(512);

	if (mb && !console_complete(mb, line))
		put_named(c, "words", (char *)mb->buf, mb->end);
	else
		put_named(c, "words", "0\n", 2);

	mem_deref(mb);
}


static const char *after(const char *line, const char *verb)
{
	const size_t n = strlen(verb);

	return strncmp(line, verb, n) ? NULL : line + n;
}


/* @return 0, EPROTO if that is no line of ours */
static int handle_line(struct client *c, const char *line)
{
	const char *rest;

	if ((rest = after(line, "run ")))
		run(c, rest);
	else if ((rest = after(line, "complete ")))
		complete(c, rest);
	else if (!strcmp(line, "attach"))
		c->attached = true;
	else
		return EPROTO;

	return 0;
}


/* Take the lines that are there, as far as the client may go on */
static int handle_input(struct client *c)
{
	struct mbuf *in = c->in;
	int err         = 0;

	while (!err && !c->busy && waiting(c) < START_BYTES) {
		char *p  = (char *)in->buf + in->pos;
		char *nl = memchr(p, '\n', in->end - in->pos);

		if (!nl)
			break;

		*nl = '\0';
		in->pos += (size_t)(nl - p) + 1;
		err = handle_line(c, p);
	}

	/* what is left moves to the front */
	memmove(in->buf, in->buf + in->pos, in->end - in->pos);
	in->end -= in->pos;
	in->pos = 0;

	return err;
}


/* --- a client ------------------------------------------------------------ */

static void client_destructor(void *arg)
{
	struct client *c = arg;

	list_unlink(&c->le);
	timer_cancel(&c->tmr);
	console_abandon(c->ctx);

	if (c->fd >= 0) {
		fd_close(c->fd);
		(void)close(c->fd);
	}

	mem_deref(c->in);
	mem_deref(c->out);
}


static void client_end(struct client *c)
{
	mem_deref(c);
	tap_or_not();
}


/* What is sent makes room, in moves that pay */
static void move_to_front(struct mbuf *mb)
{
	if (mb->pos < mb->end - mb->pos)
		return;

	memmove(mb->buf, mb->buf + mb->pos, mb->end - mb->pos);
	mb->end -= mb->pos;
	mb->pos = 0;
}


/* @return 0, or the error after which the client is gone */
static int flush(struct client *c)
{
	struct mbuf *out = c->out;

	while (waiting(c)) {
		const ssize_t n = send(c->fd, out->buf + out->pos,
				       waiting(c),
				       MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;

		if (n < 0 && errno != EAGAIN)
			return errno;

		if (n < 0) {
			move_to_front(out);
			return 0;
		}

		out->pos += (size_t)n;
	}

	/* give back what a long output took */
	out->pos = out->end = 0;
	if (out->size > START_BYTES)
		(void)mbuf_resize(out, START_BYTES);

	return 0;
}


static int listen_again(struct client *c)
{
	const bool room = c->in->end < CONTROL_LINE;
	int flags       = 0;

	if (room && !c->eof)
		flags |= FD_READ;
	if (waiting(c))
		flags |= FD_WRITE;

	return fd_listen(c->fd, flags, flags ? client_event : NULL, c);
}


/* True once nobody is at the other end, false if it only sent its last */
static bool hung_up(const struct client *c)
{
	struct pollfd p = {.fd = c->fd};

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR));
}


/* Go on as far as possible */
static void client_step(struct client *c)
{
	int err;

	do {
		err = handle_input(c);
		if (!err)
			err = flush(c);
	} while (!err && !c->busy && !waiting(c) && c->in->end &&
		 memchr(c->in->buf, '\n', c->in->end));

	if (err == EPROTO)
		log_warning("console", "a client does not speak our protocol");

	if (c->broken) {
		log_warning("console", "no memory for the output: a client is "
			    "disconnected");
		err = ENOMEM;
	}

	/* a line that never ends */
	if (!err && c->in->end >= CONTROL_LINE &&
	    !memchr(c->in->buf, '\n', c->in->end))
		err = EMSGSIZE;

	if (!err && c->eof && ((!c->busy && !waiting(c)) || hung_up(c)))
		err = ECONNRESET;

	if (!err)
		err = listen_again(c);

	if (err)
		client_end(c);
}


static void client_go_on(void *arg)
{
	client_step(arg);
}


static int client_read(struct client *c)
{
	ssize_t n;

	n = read(c->fd, c->in->buf + c->in->end, CONTROL_LINE - c->in->end);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : errno;

	if (!n)
		c->eof = true;

	c->in->end += (size_t)n;

	return 0;
}


static void client_event(int flags, void *arg)
{
	struct client *c = arg;

	if (!c->eof && c->in->end < CONTROL_LINE && client_read(c)) {
		client_end(c);
		return;
	}

	client_step(c);
}


static int client_alloc(int fd)
{
	struct client *c = mem_zalloc(sizeof(*c), client_destructor);
	int err;

	if (!c)
		return ENOMEM;

	c->fd     = fd;
	c->follow = -1;
	c->in     = mbuf_alloc(CONTROL_LINE);
	c->out    = mbuf_alloc(1024);
	list_append(&server.clients, &c->le, c);

	err = c->in && c->out ? listen_again(c) : ENOMEM;
	if (err) {
		c->fd = -1; /* the caller's */
		mem_deref(c);
	}

	return err;
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

	log_warning("console", "no file descriptors left: a client is refused");
}


static void accept_handler(int flags, void *arg)
{
	int fd = take_client();

	if (fd < 0 && (errno == EMFILE || errno == ENFILE))
		refuse_without_fds();

	if (fd < 0)
		return;

	if (list_count(&server.clients) >= CLIENTS_MAX) {
		log_warning("console", "more than %d clients: one is refused",
			    CLIENTS_MAX);
		(void)close(fd);
	}
	else if (!may_connect(fd) || client_alloc(fd)) {
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


/* The end comes from a command: its status shall still arrive */
static void flush_all(void)
{
	for (struct le *le = server.clients.head; le; le = le->next) {
		struct client *c = le->data;
		struct pollfd p  = {.fd = c->fd, .events = POLLOUT};

		while (!flush(c) && waiting(c) && poll(&p, 1, LINGER_MS) > 0)
			;
	}
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

	flush_all();
	list_flush(&server.clients);
	log_set_tap(NULL, NULL);
	server.taps = mem_deref(server.taps);
}
