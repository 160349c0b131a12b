/**
 * @file control/client.c  The other end of the console: `tandem -r`, `-rx`
 *
 * What the daemon prints can hold what strangers sent to it (names, user
 * agents): on a terminal, control characters are shown as \xHH and never
 * obeyed.  Into a file or pipe the bytes go as they are.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/compat.h"
#include "base/log.h"
#include "base/text.h"
#include "control/client.h"
#include "control/console.h"
#include "control/protocol.h"


enum { READ_BYTES = 16384 };

static const char *const names[] = {
	[FRAME_OUT]    = "out",
	[FRAME_STATUS] = "status",
	[FRAME_WORDS]  = "words",
	[FRAME_LIVE]   = "live",
	[FRAME_LOG]    = "log",
};


/* --- the connection ------------------------------------------------------ */

static int conn_open(struct conn *c, const char *rundir)
{
	struct sockaddr_un sun;
	int err;

	c->fd = -1;
	c->mb = mbuf_alloc(READ_BYTES);
	if (!c->mb)
		return ENOMEM;

	err = control_addr(&sun, rundir);
	if (err)
		return err;

	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return errno;

	return connect(c->fd, (struct sockaddr *)&sun, sizeof(sun)) ? errno
								    : 0;
}


static void conn_close(struct conn *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->mb = mem_deref(c->mb);
}


static int send_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		const ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return errno;

		p += k;
		n -= (size_t)k;
	}

	return 0;
}


int conn_send(struct conn *c, const char *verb, const char *text)
{
	struct mbuf *mb;
	int err;

	if (str_len(text) > CONTROL_LINE - 64)
		return EMSGSIZE;

	mb = mbuf_alloc(256);
	if (!mb)
		return ENOMEM;

	err = mbuf_printf(mb, text ? "%s %s" : "%s", verb, text);

	for (size_t i = 0; i < mb->end; i++) {
		if (mb->buf[i] == '\n')
			mb->buf[i] = ' ';
	}

	err |= mbuf_write_u8(mb, '\n');
	if (!err)
		err = send_all(c->fd, mb->buf, mb->end);

	mem_deref(mb);

	return err;
}


static bool number(struct pl *rest, uint64_t max, uint64_t *np)
{
	struct pl pl;

	return pl_next(&pl, rest, ' ') && !num_decode(np, &pl, max);
}


/* "NAME NUMBER [LEVEL]" */
static int decode_head(struct frame *f, struct pl head)
{
	const size_t known = ARRAY_SIZE(names);
	uint64_t n, level = 0;
	struct pl name;
	size_t i = 0;

	if (!pl_next(&name, &head, ' '))
		return EBADMSG;

	while (i < known && pl_strcmp(&name, names[i]))
		++i;

	if (i == known || !number(&head, CONTROL_FRAME, &n))
		return EBADMSG;

	if (head.p && !number(&head, LOG_LEVEL_DEBUG, &level))
		return EBADMSG;

	f->type   = (enum frame_type)i;
	f->level  = (unsigned)level;
	f->status = f->type == FRAME_STATUS ? (int)(n & 0xff) : 0;
	f->n      = f->type == FRAME_STATUS ? 0 : (size_t)n;

	return 0;
}


/* A frame that is in the buffer as a whole.  EAGAIN if there is none */
static int take_frame(struct conn *c, struct frame *f)
{
	struct mbuf *mb    = c->mb;
	const char *p      = (char *)mbuf_buf(mb);
	const size_t left  = mbuf_get_left(mb);
	const char *nl     = left ? memchr(p, '\n', left) : NULL;
	struct pl head;
	int err;

	if (!nl)
		return left > CONTROL_HEAD ? EBADMSG : EAGAIN;

	head.p = p;
	head.l = (size_t)(nl - p);

	err = decode_head(f, head);
	if (err)
		return err;

	if (left - head.l - 1 < f->n)
		return EAGAIN;

	f->p = nl + 1;
	mb->pos += head.l + 1 + f->n;

	return 0;
}


static int read_more(struct conn *c)
{
	struct mbuf *mb = c->mb;
	ssize_t n;
	int err;

	/* the frames before are shown: move the rest to the front */
	if (mb->pos) {
		memmove(mb->buf, mb->buf + mb->pos, mb->end - mb->pos);
		mb->end -= mb->pos;
		mb->pos = 0;
	}

	if (mb->size - mb->end < READ_BYTES) {
		err = mbuf_resize(mb, mb->size * 2 + READ_BYTES);
		if (err)
			return err;
	}

	do {
		n = read(c->fd, mb->buf + mb->end, mb->size - mb->end);
	} while (n < 0 && errno == EINTR);

	if (n < 0)
		return errno;
	if (!n)
		return ECONNRESET;

	mb->end += (size_t)n;

	return 0;
}


int conn_frame(struct conn *c, struct frame *f, bool wait)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};

	for (;;) {
		int err = take_frame(c, f);

		if (err != EAGAIN)
			return err;

		if (!wait && poll(&p, 1, 0) <= 0)
			return EAGAIN;

		err = read_more(c);
		if (err)
			return err;
	}
}


/* --- the screen ---------------------------------------------------------- */

static bool is_terminal(void)
{
	static int known = -1;

	if (known < 0)
		known = isatty(STDOUT_FILENO);

	return known;
}


static const char *colour(const struct frame *f)
{
	static const char *const of_level[] = {
		[LOG_LEVEL_ERROR]   = "\033[1;31m",
		[LOG_LEVEL_WARNING] = "\033[33m",
		[LOG_LEVEL_NOTICE]  = "\033[36m",
		[LOG_LEVEL_INFO]    = "",
		[LOG_LEVEL_DEBUG]   = "\033[2m",
	};

	if (f->type != FRAME_LOG || !is_terminal() || getenv("NO_COLOR"))
		return "";

	return of_level[f->level];
}


/* C0 but line end and tab, DEL, and C1 in UTF-8 */
static size_t control_len(const uint8_t *p, size_t n)
{
	if (p[0] == '\n' || p[0] == '\t')
		return 0;

	if (p[0] < ' ' || p[0] == 0x7f)
		return 1;

	return p[0] == 0xc2 && n > 1 && p[1] < 0xa0 ? 2 : 0;
}


static void put_safe(const uint8_t *p, size_t n)
{
	while (n) {
		size_t k = control_len(p, n);

		if (!k) {
			(void)putchar(*p);
			k = 1;
		}
		else {
			(void)re_fprintf(stdout, "\\x%02x", p[k - 1]);
		}

		p += k;
		n -= k;
	}
}


int client_show(const struct frame *f)
{
	const char *on = colour(f);

	if (*on)
		(void)fputs(on, stdout);

	if (is_terminal())
		put_safe((const uint8_t *)f->p, f->n);
	else
		(void)fwrite(f->p, 1, f->n, stdout);

	if (*on)
		(void)fputs("\033[0m", stdout);

	return fflush(stdout) ? errno : 0;
}


/* --- commands ------------------------------------------------------------ */

int client_run(struct conn *c, const char *command, int *statusp)
{
	struct frame f;
	int err;

	err = conn_send(c, "run", command);

	while (!err) {
		err = conn_frame(c, &f, true);
		if (err)
			break;

		if (f.type == FRAME_STATUS) {
			*statusp = f.status;
			return 0;
		}

		if (f.type != FRAME_WORDS)
			err = client_show(&f);
	}

	return err;
}


/* Lines of a script on stdin; the status is the last one's */
static int run_lines(struct conn *c, int *statusp)
{
	char *line  = NULL;
	size_t size = 0;
	ssize_t n;
	int err = 0;

	while (!err && (n = getline(&line, &size, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';

		err = client_run(c, line, statusp);
	}

	free(line);

	return err;
}


static void say_lost(int err)
{
	(void)fflush(stdout);

	if (err == EMSGSIZE)
		(void)re_fprintf(stderr, "tandem: the command is too long\n");
	else if (err == EBADMSG)
		(void)re_fprintf(stderr, "tandem: the other side of the "
				 "socket does not speak our protocol\n");
	else
		(void)re_fprintf(stderr, "tandem: disconnected (%m)\n", err);
}


int client_main(const char *rundir, const char *command)
{
	struct conn c;
	int status = 0;
	int err;

	if (!rundir)
		return 1;

	err = conn_open(&c, rundir);
	if (err) {
		(void)re_fprintf(stderr, "Unable to connect to remote tandem "
				 "(%s/%s: %m): is it running?\n", rundir,
				 CONTROL_SOCKET, err);
		conn_close(&c);
		return 1;
	}

	if (command)
		err = client_run(&c, command, &status);
	else if (isatty(STDIN_FILENO))
		status = client_edit(&c);
	else
		err = run_lines(&c, &status);

	conn_close(&c);

	if (err)
		say_lost(err);

	return err ? 1 : status;
}
