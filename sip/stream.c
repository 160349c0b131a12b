/**
 * @file sip/stream.c  SIP over connections: bytes in and out
 *
 * What the socket does not take is queued, up to a limit; what comes is cut
 * into messages (frame.c), through TLS where there is TLS.
 *
 * A stream whose framing is lost is answered, shut down for writing, and read
 * to its end for two seconds: a close with unread bytes would reset it and
 * take the answer along.
 */
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/count.h"
#include "base/turn.h"
#include "sip/conn.h"


enum {
	READS       = 4, /* per wake-up */
	CIPHER_SIZE = 16384,
	QUEUE_MAX   = 262144, /* a peer that does not read */
	QUEUE_SLACK = 65536,
};


static void event_handler(int flags, void *arg);


int sx_conn_events(struct sx_conn *conn)
{
	bool write = conn->state == CONN_CONNECTING ||
		     (conn->tx && mbuf_get_left(conn->tx));

	return fd_listen(conn->fd, write ? FD_READ | FD_WRITE : FD_READ,
			 event_handler, conn);
}


/* ---- writing ---------------------------------------------------------- */

static int append(struct mbuf **mbp, const void *p, size_t n)
{
	struct mbuf *mb = *mbp;
	size_t pos, left;
	int err;

	if (!mb) {
		mb = *mbp = mbuf_alloc(n);
		if (!mb)
			return ENOMEM;
	}

	left = mbuf_get_left(mb);
	if (left + n > QUEUE_MAX)
		return ENOBUFS;

	if (!left || mb->pos > QUEUE_SLACK) {
		if (left)
			memmove(mb->buf, mbuf_buf(mb), left);
		mb->pos = 0;
		mb->end = left;
	}

	pos     = mb->pos;
	mb->pos = mb->end;
	err     = mbuf_write_mem(mb, p, n);
	mb->pos = pos;

	return err;
}


static int socket_send(struct sx_conn *conn, const uint8_t *p, size_t n,
		       size_t *sentp)
{
	ssize_t r = send(conn->fd, p, n, MSG_NOSIGNAL);

	*sentp = r > 0 ? (size_t)r : 0;
	if (r >= 0 || errno == EAGAIN || errno == EINTR)
		return 0;

	return errno;
}


static int flush_queue(struct sx_conn *conn)
{
	size_t sent;
	int err;

	if (!conn->tx || !mbuf_get_left(conn->tx))
		return 0;

	err = socket_send(conn, mbuf_buf(conn->tx), mbuf_get_left(conn->tx),
			  &sent);
	mbuf_advance(conn->tx, (ssize_t)sent);

	if (!err && !mbuf_get_left(conn->tx)) {
		conn->tx = mem_deref(conn->tx);
		err      = sx_conn_events(conn);
	}

	return err;
}


int sx_conn_write(struct sx_conn *conn, const void *p, size_t n)
{
	size_t sent = 0;
	bool queued = conn->tx && mbuf_get_left(conn->tx);
	int err     = 0;

	if (conn->state != CONN_CONNECTING && !queued)
		err = socket_send(conn, p, n, &sent);

	if (err || sent == n)
		return err;

	err = append(&conn->tx, (const uint8_t *)p + sent, n - sent);
	if (!err && !queued)
		err = sx_conn_events(conn);

	return err;
}


int sx_conn_send(struct sx_conn *conn, const void *p, size_t n)
{
	int err;

	if (!conn || !p)
		return EINVAL;

	if (!conn->sx || conn->err || conn->state == CONN_DRAINING)
		return ENOTCONN;

	sx_trace(conn->sx, true, conn->tp, &conn->laddr, &conn->peer, p, n);
	conn->last_ms = clock_ms();

	if (conn->relay)
		err = conn->relay->send(conn->relay_id, p, n,
					conn->relay->arg);
	else if (conn->tp != SX_TLS)
		err = sx_conn_write(conn, p, n);
	else if (conn->state == CONN_OPEN)
		err = sx_tls_send(conn, p, n);
	else
		err = append(&conn->plain, p, n);

	if (err)
		sx_conn_fail(conn, err);

	return err;
}


/* ---- reading ---------------------------------------------------------- */

/* Our last answer is out: no more from us, but hear the rest */
static void drain(struct sx_conn *conn)
{
	sx_conn_leave(conn);
	conn->state  = CONN_DRAINING;
	conn->msg_ms = 0;
	sx_tls_stop(conn);
	sx_frame_reset(&conn->frame);

	/* an error shows when we read on */
	(void)shutdown(conn->fd, SHUT_WR);
	sx_conn_timer(conn);
}


/* What made the guard's acquaintance by its first bytes goes free */
static bool next_passes(struct sx_conn *conn, const uint8_t *p, size_t n)
{
	bool first = !conn->next;

	conn->next = true;

	return first || conn->out || conn->trusted ||
	       sx_guard(conn->sx, conn->tp, &conn->peer, p, n);
}


static void message(struct sx_conn *conn, struct sx_msg *msg)
{
	const struct mbuf *mb = msg->mb;
	size_t n              = msg->hlen + (msg->noframe ? 0 : msg->clen);
	size_t pos            = mb->pos - (msg->noframe ? 0 : n);

	if (!next_passes(conn, mb->buf + pos, n)) {
		sx_conn_close(conn, EACCES);
		return;
	}

	sx_trace(conn->sx, false, conn->tp, &conn->laddr, &conn->peer,
		 mb->buf + pos, n);

	msg->tp	   = conn->tp;
	msg->raw.p = (const char *)mb->buf + pos;
	msg->raw.l = n;
	sx_msg_origin(msg, conn->lis, conn, &conn->peer, &conn->laddr);
	sx_receive(conn->sx, msg);
}


static bool first_bytes_pass(struct sx_conn *conn)
{
	const struct mbuf *mb = conn->frame.mb;

	if (conn->seen || conn->out || !mb || !mbuf_get_left(mb))
		return true;

	conn->seen = true;

	return sx_guard(conn->sx, conn->tp, &conn->peer, mbuf_buf(mb),
			mbuf_get_left(mb));
}


static bool usable(const struct sx_conn *conn)
{
	return conn->sx && !conn->err && conn->state == CONN_OPEN;
}


static void pending_note(struct sx_conn *conn, bool taken)
{
	if (!sx_frame_pending(&conn->frame)) {
		conn->msg_ms = 0;
	}
	else if (taken || !conn->msg_ms) {
		conn->msg_ms = clock_ms();
		sx_conn_timer(conn);
	}
}


/* Hand out what has come in full.  The handlers may end the connection */
static void messages_take(struct sx_conn *conn)
{
	struct sx_msg *msg;
	bool taken = false;
	int err    = 0;

	if (!first_bytes_pass(conn)) {
		sx_conn_close(conn, EACCES);
		return;
	}

	while (!err && usable(conn)) {

		err = sx_frame_next(&conn->frame, &msg);
		if (!msg)
			continue;

		taken = true;
		message(conn, msg);
		mem_deref(msg);
	}

	if (!usable(conn))
		return;

	if (conn->frame.pings) {
		conn->frame.pings = 0;
		(void)sx_conn_send(conn, "\r\n", 2); /* fails by itself */
	}

	if (err == EBADMSG) {
		sx_bad(conn->sx, conn->tp, &conn->peer, "not SIP");
		drain(conn);
	}
	else if (err != EAGAIN) {
		sx_conn_fail(conn, err);
	}
	else {
		pending_note(conn, taken);
	}
}


static int plain_read(struct sx_conn *conn)
{
	uint8_t *p;
	ssize_t r;
	size_t n;
	int err;

	err = sx_frame_space(&conn->frame, &p, &n);
	if (err)
		return err;

	r = recv(conn->fd, p, n, 0);
	if (r < 0)
		return errno;
	if (!r)
		return ENOTCONN;

	sx_frame_add(&conn->frame, (size_t)r);

	return (size_t)r < n ? EAGAIN : 0;
}


/* After the handshake what had to wait goes out */
static int opened(struct sx_conn *conn)
{
	struct mbuf *mb = conn->plain;
	int err         = 0;

	conn->plain = NULL;
	if (mb)
		err = sx_tls_send(conn, mb->buf + mb->pos, mbuf_get_left(mb));

	mem_deref(mb);
	sx_conn_timer(conn);

	return err;
}


static int cipher_read(struct sx_conn *conn)
{
	enum sx_conn_state before = conn->state;
	uint8_t buf[CIPHER_SIZE];
	ssize_t r;
	int err;

	r = recv(conn->fd, buf, sizeof(buf), 0);
	if (r < 0)
		return errno;
	if (!r)
		return ENOTCONN;

	err = sx_tls_input(conn, buf, (size_t)r);

	if (before == CONN_HANDSHAKE && conn->state == CONN_OPEN) {
		int e = opened(conn);

		err = err ? err : e;
	}

	if (err)
		return err;

	return (size_t)r < sizeof(buf) ? EAGAIN : 0;
}


static int discard(struct sx_conn *conn)
{
	uint8_t buf[CIPHER_SIZE];
	ssize_t r = recv(conn->fd, buf, sizeof(buf), 0);

	if (r < 0)
		return errno;

	return r ? 0 : ENOTCONN;
}


static int read_some(struct sx_conn *conn)
{
	if (conn->state == CONN_DRAINING)
		return discard(conn);

	return conn->ssl ? cipher_read(conn) : plain_read(conn);
}


static void readable(struct sx_conn *conn)
{
	int err = 0;

	for (unsigned i = 0; i < READS && !err && conn->sx; i++) {

		err = read_some(conn);

		if (conn->state == CONN_DRAINING)
			continue;

		conn->last_ms = clock_ms();
		if (conn->state == CONN_OPEN)
			messages_take(conn);
	}

	if (err && err != EAGAIN && err != EINTR)
		sx_conn_close(conn, err);
}


/* ---- opening ---------------------------------------------------------- */

void sx_conn_laddr_get(struct sx_conn *conn)
{
	struct sa sa;

	sa_init(&sa, AF_UNSPEC);
	sa.len = sizeof(sa.u);

	if (!getsockname(conn->fd, &sa.u.sa, &sa.len))
		conn->laddr = sa;
}


int sx_conn_established(struct sx_conn *conn)
{
	int err;

	sx_conn_laddr_get(conn);

	if (conn->tp == SX_TLS) {
		conn->state = CONN_HANDSHAKE;
		++conn->sx->nhandshakes;
		err = sx_tls_start(conn);
	}
	else {
		conn->state = CONN_OPEN;
		err         = flush_queue(conn);
	}

	if (!err)
		err = sx_conn_events(conn);
	sx_conn_timer(conn);

	return err;
}


static int writable(struct sx_conn *conn)
{
	socklen_t len = sizeof(int);
	int err       = 0;

	if (conn->state != CONN_CONNECTING)
		return flush_queue(conn);

	if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		return errno;

	return err ? err : sx_conn_established(conn);
}


static void event_handler(int flags, void *arg)
{
	struct sx_conn *conn = mem_ref(arg);
	bool connecting      = conn->state == CONN_CONNECTING;
	int err              = 0;

	turn_begin();
	if (flags & FD_WRITE || (connecting && flags & FD_EXCEPT))
		err = writable(conn);

	if (err)
		sx_conn_close(conn, err);
	else if (flags & (FD_READ | FD_EXCEPT) && !connecting)
		readable(conn);

	mem_deref(conn);
	turn_end();
}
