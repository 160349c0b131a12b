/**
 * @file control/session.c  One client of the console
 *
 * A session has a buffer in and a buffer out.  A command begins only when the
 * one before is finished and most of its output was taken, so that a client
 * which does not read holds at most one command's output (8 MB) and LIVE_BYTES
 * of published text; what is published beyond that is counted and the count is
 * shown later.  Nothing here ever blocks.
 *
 * Handlers only write to the buffer out.  A socket is written, and a session
 * ended, only from its own events and from its timer: never while a command
 * of its own is on the stack.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/compat.h"
#include "base/log.h"
#include "base/timer.h"
#include "control/command.h"
#include "control/protocol.h"
#include "control/session.h"


enum {
	START_BYTES = 64 << 10, /* the next command waits for fewer in out */
	LINGER_MS   = 200,      /* for the last output at the end */
};

struct session {
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

static struct list sessions;


static void event_handler(int flags, void *arg);
static void go_on(void *arg);


/* --- frames -------------------------------------------------------------- */

static size_t waiting(const struct session *c)
{
	return c->out->end - c->out->pos;
}


static void put_bytes(struct session *c, const char *p, size_t n)
{
	const size_t pos = c->out->pos;

	c->out->pos = c->out->end;
	(void)mbuf_write_mem(c->out, (const uint8_t *)p, n);
	c->out->pos = pos;
}


static void put_frame(struct session *c, const char *head, const char *p,
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

	timer_start(&c->tmr, 0, go_on, c);
}


static void put_named(struct session *c, const char *name, const char *p,
		      size_t n)
{
	char head[CONTROL_HEAD];

	(void)re_snprintf(head, sizeof(head), "%s %u\n", name, (unsigned)n);
	put_frame(c, head, p, n);
}


static void put_status(struct session *c, int status)
{
	char head[CONTROL_HEAD];

	(void)re_snprintf(head, sizeof(head), "status %d\n", status);
	put_frame(c, head, NULL, 0);
}


/* What is shown while it happens */
static void put_live(struct session *c, const char *head, const char *p,
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


void session_show(const char *head, const char *p, size_t n, int level)
{
	for (struct le *le = sessions.head; le; le = le->next) {
		struct session *c = le->data;

		if (level < 0 ? c->attached : c->follow >= level)
			put_live(c, head, p, n);
	}
}


size_t session_count(void)
{
	return list_count(&sessions);
}


size_t session_viewers(void)
{
	size_t n = 0;

	for (struct le *le = sessions.head; le; le = le->next) {
		const struct session *c = le->data;

		n += c->attached;
	}

	return n;
}


/* The tap is set only while somebody follows the log */
static void tap_or_not(void)
{
	bool wanted = false;

	for (struct le *le = sessions.head; le; le = le->next) {
		const struct session *c = le->data;

		wanted |= c->follow >= 0;
	}

	console_tap(wanted);
}


/* --- commands ------------------------------------------------------------ */

static void output_handler(const char *p, size_t n, void *arg)
{
	put_named(arg, "out", p, n);
}


static void done_handler(int status, void *arg)
{
	struct session *c = arg;

	c->busy = false;
	c->ctx  = NULL;
	put_status(c, status);
}


int console_follow(struct cmd_ctx *ctx, int level)
{
	struct session *c = cmd_owner(ctx, output_handler);

	if (!c || !c->attached)
		return ENOTTY;

	c->follow = level;
	tap_or_not();

	return 0;
}


static void run(struct session *c, const char *line)
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


static void complete(struct session *c, const char *line)
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
static int handle_line(struct session *c, const char *line)
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
static int handle_input(struct session *c)
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


/* --- life ---------------------------------------------------------------- */

static void destructor(void *arg)
{
	struct session *c = arg;

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


static void session_end(struct session *c)
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
static int flush(struct session *c)
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


static int listen_again(struct session *c)
{
	const bool room = c->in->end < CONTROL_LINE;
	int flags       = 0;

	if (room && !c->eof)
		flags |= FD_READ;
	if (waiting(c))
		flags |= FD_WRITE;

	return fd_listen(c->fd, flags, flags ? event_handler : NULL, c);
}


/* True once nobody is at the other end, false if it only sent its last */
static bool hung_up(const struct session *c)
{
	struct pollfd p = {.fd = c->fd};

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR));
}


/* Go on as far as possible */
static void step(struct session *c)
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
		session_end(c);
}


static void go_on(void *arg)
{
	step(arg);
}


static int read_some(struct session *c)
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


static void event_handler(int flags, void *arg)
{
	struct session *c = arg;

	if (!c->eof && c->in->end < CONTROL_LINE && read_some(c)) {
		session_end(c);
		return;
	}

	step(c);
}


int session_alloc(int fd)
{
	struct session *c = mem_zalloc(sizeof(*c), destructor);
	int err;

	if (!c)
		return ENOMEM;

	c->fd     = fd;
	c->follow = -1;
	c->in     = mbuf_alloc(CONTROL_LINE);
	c->out    = mbuf_alloc(1024);
	list_append(&sessions, &c->le, c);

	err = c->in && c->out ? listen_again(c) : ENOMEM;
	if (err) {
		c->fd = -1; /* the caller's */
		mem_deref(c);
	}

	return err;
}


/* The end comes from a command: its status shall still arrive */
void session_end_all(void)
{
	for (struct le *le = sessions.head; le; le = le->next) {
		struct session *c = le->data;
		struct pollfd p  = {.fd = c->fd, .events = POLLOUT};

		while (!flush(c) && waiting(c) && poll(&p, 1, LINGER_MS) > 0)
			;
	}

	list_flush(&sessions);
}
