/**
 * @file base/ipc.c  Messages and descriptors between two processes
 *
 * A frame is its length and its type, 32 bits each in the machine's order, and
 * the bytes.  A descriptor travels with the first byte of its frame; what came
 * waits in a small queue until somebody takes it.
 */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/ipc.h"

enum {
	HEAD   = 8,
	FD_MAX = 32,
	READ   = 65536,
	READS  = 16, /* per wake-up */
};

struct out {
	struct le le;
	struct mbuf *mb; /* from pos on */
	int fd;          /* -1: none, or sent */
};

struct ipc {
	int fd;
	ipc_recv_h *rh;
	ipc_close_h *ch;
	void *arg;
	struct mbuf *rx;
	struct list outl;
	size_t queued;
	int fdv[FD_MAX];
	size_t fdc;
	unsigned nframes; /* that came */
};


static void out_destructor(void *data)
{
	struct out *o = data;

	list_unlink(&o->le);
	mem_deref(o->mb);
	if (o->fd >= 0)
		(void)close(o->fd);
}


static void fds_close(struct ipc *i)
{
	while (i->fdc)
		(void)close(i->fdv[--i->fdc]);
}


static void shut(struct ipc *i)
{
	if (i->fd < 0)
		return;

	fd_close(i->fd);
	(void)close(i->fd);
	i->fd = -1;
	list_flush(&i->outl);
	i->queued = 0;
}


static void destructor(void *data)
{
	struct ipc *i = data;

	shut(i);
	fds_close(i);
	mem_deref(i->rx);
}


static void broken(struct ipc *i, int err)
{
	if (i->fd < 0)
		return;

	shut(i);
	i->ch(err, i->arg);
}


/* ---- out ---------------------------------------------------------------- */

static ssize_t send_some(int fd, struct out *o)
{
	_Alignas(struct cmsghdr) uint8_t ctrl[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {mbuf_buf(o->mb), mbuf_get_left(o->mb)};
	struct msghdr m	 = {.msg_iov = &iov, .msg_iovlen = 1};

	if (o->fd >= 0) {
		struct cmsghdr *c;

		m.msg_control	 = ctrl;
		m.msg_controllen = sizeof(ctrl);
		c		 = CMSG_FIRSTHDR(&m);
		c->cmsg_level	 = SOL_SOCKET;
		c->cmsg_type	 = SCM_RIGHTS;
		c->cmsg_len	 = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &o->fd, sizeof(int));
	}

	return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}


static void event_handler(int flags, void *arg);


static int listen_events(struct ipc *i)
{
	return fd_listen(i->fd, i->outl.head ? FD_READ | FD_WRITE : FD_READ,
			 event_handler, i);
}


/* What the socket takes; 0 if it wants no more for now */
static int flush(struct ipc *i)
{
	while (i->outl.head) {
		struct out *o = i->outl.head->data;
		ssize_t n     = send_some(i->fd, o);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : errno;

		if (o->fd >= 0) {
			(void)close(o->fd);
			o->fd = -1;
		}

		mbuf_advance(o->mb, n);
		i->queued -= (size_t)n;
		if (!mbuf_get_left(o->mb))
			mem_deref(o);
	}

	return 0;
}


static int out_alloc(struct out **op, uint32_t type, const struct mbuf *mb)
{
	const size_t n = mb ? mb->end : 0;
	struct out *o  = mem_zalloc(sizeof(*o), out_destructor);
	int err;

	if (!o)
		return ENOMEM;

	o->fd = -1;
	o->mb = mbuf_alloc(HEAD + n);
	if (!o->mb) {
		mem_deref(o);
		return ENOMEM;
	}

	err = mbuf_write_u32(o->mb, (uint32_t)n);
	err |= mbuf_write_u32(o->mb, type);
	if (n)
		err |= mbuf_write_mem(o->mb, mb->buf, n);
	o->mb->pos = 0;

	if (err)
		mem_deref(o);
	else
		*op = o;

	return err;
}


int ipc_send_fd(struct ipc *i, uint32_t type, const struct mbuf *mb, int fd)
{
	struct out *o;
	bool idle;
	int err;

	if (!i)
		return EINVAL;
	if (i->fd < 0)
		return ENOTCONN;
	if (mb && mb->end > IPC_FRAME_MAX)
		return EMSGSIZE;
	if (i->queued > IPC_QUEUE_MAX)
		return ENOBUFS;

	err = out_alloc(&o, type, mb);
	if (err)
		return err;

	if (fd >= 0) {
		o->fd = dup(fd);
		if (o->fd < 0) {
			err = errno;
			mem_deref(o);
			return err;
		}
	}

	idle = !i->outl.head;
	i->queued += o->mb->end;
	list_append(&i->outl, &o->le, o);

	/* an error shows when the loop reads */
	if (idle && !flush(i) && i->outl.head)
		err = listen_events(i);

	return err;
}


int ipc_send(struct ipc *i, uint32_t type, const struct mbuf *mb)
{
	return ipc_send_fd(i, type, mb, -1);
}


/* ---- in ----------------------------------------------------------------- */

static void take_fds(struct ipc *i, struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;

		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t k = 0; k < n; k++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + k * sizeof(int),
			       sizeof(fd));
			if (i->fdc < FD_MAX)
				i->fdv[i->fdc++] = fd;
			else
				(void)close(fd);
		}
	}
}


int ipc_take_fd(struct ipc *i)
{
	int fd;

	if (!i || !i->fdc)
		return -1;

	fd = i->fdv[0];
	memmove(i->fdv, i->fdv + 1, --i->fdc * sizeof(int));

	return fd;
}


static int read_some(struct ipc *i)
{
	_Alignas(struct cmsghdr) uint8_t ctrl[CMSG_SPACE(FD_MAX * sizeof(int))];
	uint8_t buf[READ];
	struct iovec iov = {buf, sizeof(buf)};
	struct msghdr m	 = {.msg_iov	    = &iov,
			    .msg_iovlen	    = 1,
			    .msg_control    = ctrl,
			    .msg_controllen = sizeof(ctrl)};
	size_t pos;
	ssize_t n;
	int err;

	n = recvmsg(i->fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n < 0)
		return errno;
	if (!n)
		return ENOTCONN;

	take_fds(i, &m);

	pos	   = i->rx->pos;
	i->rx->pos = i->rx->end;
	err	   = mbuf_write_mem(i->rx, buf, (size_t)n);
	i->rx->pos = pos;

	return err;
}


/* Hand out what is there in full, unless the handler gives it up: then only
 * our caller holds it */
static int frames(struct ipc *i)
{
	struct mbuf *rx = i->rx;

	while (i->fd >= 0 && mem_nrefs(i) > 1 && mbuf_get_left(rx) >= HEAD) {
		const size_t pos    = rx->pos, end = rx->end;
		const uint32_t n    = mbuf_read_u32(rx);
		const uint32_t type = mbuf_read_u32(rx);

		if (n > IPC_FRAME_MAX)
			return EBADMSG;
		if (mbuf_get_left(rx) < n) {
			rx->pos = pos;
			break;
		}

		++i->nframes;
		rx->end = rx->pos + n;
		i->rh(type, rx, i->arg);
		rx->pos = pos + HEAD + n;
		rx->end = end;
	}

	/* what was read makes room */
	if (rx->pos == rx->end) {
		rx->pos = rx->end = 0;
	}
	else if (rx->pos > READ) {
		memmove(rx->buf, mbuf_buf(rx), mbuf_get_left(rx));
		rx->end -= rx->pos;
		rx->pos = 0;
	}

	return 0;
}


/* EAGAIN: all that was there */
static int input(struct ipc *i)
{
	int err = 0;

	for (unsigned k = 0; k < READS && !err && i->fd >= 0; k++) {
		err = read_some(i);
		if (!err)
			err = frames(i);
	}

	return err;
}


static void event_handler(int flags, void *arg)
{
	struct ipc *i = mem_ref(arg);
	int err	      = 0;

	if (flags & FD_WRITE) {
		err = flush(i);
		if (!err)
			err = listen_events(i);
	}

	if (!err && (flags & (FD_READ | FD_EXCEPT)))
		err = input(i);

	if (err && err != EAGAIN && err != EINTR)
		broken(i, err == ENOTCONN ? 0 : err);

	mem_deref(i);
}


static int wait_frame(struct ipc *i, uint64_t due)
{
	int err;

	for (;;) {
		struct pollfd p = {.fd = i->fd, .events = POLLIN};
		uint64_t now;

		if (i->fd < 0)
			return ENOTCONN;

		err = flush(i);
		if (!err) {
			const unsigned before = i->nframes;

			err = input(i);
			if (i->nframes != before)
				return 0;
		}
		if (err && err != EAGAIN && err != EINTR) {
			broken(i, err == ENOTCONN ? 0 : err);
			return ENOTCONN;
		}

		now = clock_ms();
		if (now >= due)
			return ETIMEDOUT;
		if (i->outl.head)
			p.events |= POLLOUT;
		(void)poll(&p, 1, (int)(due - now));
	}
}


int ipc_wait(struct ipc *i, uint32_t ms)
{
	int err;

	if (!i)
		return EINVAL;

	mem_ref(i); /* a handler may give it up */
	err = wait_frame(i, clock_ms() + ms);
	mem_deref(i);

	return err;
}


/* ---- life --------------------------------------------------------------- */

int ipc_alloc(struct ipc **ip, int fd, ipc_recv_h *rh, ipc_close_h *ch,
	      void *arg)
{
	struct ipc *i;
	int err;

	if (!ip || !rh || !ch) {
		(void)close(fd);
		return EINVAL;
	}

	i = mem_zalloc(sizeof(*i), destructor);
	if (!i) {
		(void)close(fd);
		return ENOMEM;
	}

	i->fd  = fd;
	i->rh  = rh;
	i->ch  = ch;
	i->arg = arg;
	i->rx  = mbuf_alloc(READ);
	err    = i->rx ? listen_events(i) : ENOMEM;

	if (err)
		mem_deref(i);
	else
		*ip = i;

	return err;
}


int ipc_check_peer(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return errno;

	return !cred.uid || cred.uid == geteuid() ? 0 : EPERM;
}


static int local_socket(struct sockaddr_un *sun, const char *path)
{
	if (!path || strlen(path) >= sizeof(sun->sun_path))
		return -1;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path, path, strlen(path));

	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}


int ipc_listen(int *fdp, const char *path)
{
	struct sockaddr_un sun;
	int fd, err = 0;

	fd = local_socket(&sun, path);
	if (fd < 0)
		return path ? errno ? errno : ENAMETOOLONG : EINVAL;

	/* whoever was there before answers no more */
	(void)unlink(path);
	if (fchmod(fd, 0600) ||
	    bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) ||
	    listen(fd, 1))
		err = errno;

	if (err)
		(void)close(fd);
	else
		*fdp = fd;

	return err;
}


int ipc_connect(int *fdp, const char *path)
{
	struct sockaddr_un sun;
	int fd, err = 0;

	fd = local_socket(&sun, path);
	if (fd < 0)
		return path ? errno ? errno : ENAMETOOLONG : EINVAL;

	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)))
		err = errno;
	if (!err)
		err = ipc_check_peer(fd);

	if (err)
		(void)close(fd);
	else
		*fdp = fd;

	return err;
}


/* ---- texts in messages -------------------------------------------------- */

int ipc_put_mem(struct mbuf *mb, const void *p, size_t n)
{
	int err = mbuf_write_u32(mb, (uint32_t)n);

	if (n)
		err |= mbuf_write_mem(mb, p, n);

	return err;
}


int ipc_put_str(struct mbuf *mb, const char *str)
{
	return ipc_put_mem(mb, str, str_len(str));
}


/* As bytes: a text would lose the scope of a link-local address */
int ipc_put_sa(struct mbuf *mb, const struct sa *sa)
{
	return ipc_put_mem(mb, &sa->u, sa_isset(sa, SA_ADDR) ? sa->len : 0);
}


int ipc_get_u32(uint32_t *vp, struct mbuf *mb)
{
	if (mbuf_get_left(mb) < sizeof(*vp))
		return EBADMSG;

	*vp = mbuf_read_u32(mb);
	return 0;
}


int ipc_get_u64(uint64_t *vp, struct mbuf *mb)
{
	if (mbuf_get_left(mb) < sizeof(*vp))
		return EBADMSG;

	*vp = mbuf_read_u64(mb);
	return 0;
}


int ipc_get_pl(struct pl *pl, struct mbuf *mb)
{
	uint32_t n;

	if (ipc_get_u32(&n, mb) || mbuf_get_left(mb) < n)
		return EBADMSG;

	pl->p = (const char *)mbuf_buf(mb);
	pl->l = n;
	mbuf_advance(mb, (ssize_t)n);

	return 0;
}


int ipc_get_str(char **strp, struct mbuf *mb)
{
	struct pl pl;
	int err = ipc_get_pl(&pl, mb);

	return err ? err : pl_strdup(strp, &pl);
}


int ipc_get_sa(struct sa *sa, struct mbuf *mb)
{
	struct pl pl;
	int err = ipc_get_pl(&pl, mb);

	if (err)
		return err;

	sa_init(sa, AF_UNSPEC);
	if (pl.l > sizeof(sa->u))
		return EBADMSG;

	memcpy(&sa->u, pl.p, pl.l);
	sa->len = pl.l ? (socklen_t)pl.l : sa->len;

	return 0;
}
