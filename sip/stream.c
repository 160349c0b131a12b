/**
 * @file sip/stream.c  SIP over connections: TCP and what TLS stands on
 *
 *   we open one     CONNECTING --> (HANDSHAKE) --> OPEN
 *   a peer opens one               (HANDSHAKE) --> OPEN
 *   malformed framing                OPEN --> DRAINING --> CLOSED
 *   error, limit, end                any  --> CLOSED
 *
 * One timer per connection runs to the nearest of its deadlines: handshake,
 * message that does not end, stranger who does not authenticate, idleness.
 *
 * Sending never ends a connection on the spot: the caller may stand in the
 * middle of something.  The error is noted, the connection is used no more,
 * and the timer ends it from the loop.
 *
 * A stream whose framing is lost is answered, shut down for writing, and read
 * to its end for two seconds: a close with unread bytes would reset it and
 * take the answer along.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/addr.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/log.h"
#include "sip/conn.h"


enum {
	TABLE_SIZE     = 1024,
	ACCEPTS        = 16,     /* per wake-up */
	READS          = 4,
	CIPHER_SIZE    = 16384,
	QUEUE_MAX      = 262144, /* a peer that does not read */
	QUEUE_SLACK    = 65536,
	HANDSHAKE_MS   = 10000,
	HANDSHAKES_MAX = 50,
	MESSAGE_MS     = 20000,
	DRAIN_MS       = 2000,
	KEEPIDLE_S     = 120,
	KEEPINTVL_S    = 15,
	KEEPCNT        = 4,
};


static void timeout_handler(void *arg);
static void event_handler(int flags, void *arg);


/* ---- life ------------------------------------------------------------- */

static void unlink_all(struct sx_conn *conn)
{
	hash_unlink(&conn->le_id);
	hash_unlink(&conn->le_peer);
	hash_unlink(&conn->le_ip);
}


static void fd_end(struct sx_conn *conn)
{
	if (conn->fd < 0)
		return;

	fd_close(conn->fd);
	(void)close(conn->fd);
	conn->fd = -1;
}


static void destructor(void *data)
{
	struct sx_conn *conn = data;

	timer_cancel(&conn->tmr);
	unlink_all(conn);
	fd_end(conn);
	sx_tls_stop(conn);
	sx_frame_reset(&conn->frame);
	mem_deref(conn->tx);
	mem_deref(conn->plain);
	mem_deref(conn->name);
}


static void transactions_tell(struct sx_conn *conn, int err)
{
	while (conn->ctransl.head) {
		struct le *le        = conn->ctransl.head;
		struct sx_ctrans *ct = le->data;

		list_unlink(le);
		sx_ctrans_conn_lost(ct, err);
	}
}


static void leave_state(struct sx_conn *conn)
{
	if (conn->state == CONN_HANDSHAKE)
		--conn->sx->nhandshakes;
}


static void conn_close(struct sx_conn *conn, int err)
{
	struct sx *sx = conn->sx;

	if (!sx)
		return;

	log_debug("sip", "%s %J: closed (%m)", sx_tp_name(conn->tp),
		  &conn->peer, err);

	leave_state(conn);
	sx_tls_stop(conn);
	conn->state = CONN_CLOSED;
	conn->sx    = NULL;
	--sx->nconns;
	if (!conn->trusted)
		--sx->nstrangers;

	timer_cancel(&conn->tmr);
	unlink_all(conn);
	fd_end(conn);
	sx_frame_reset(&conn->frame);

	transactions_tell(conn, err);
	if (sx->connh)
		sx->connh(conn, sx->arg);

	mem_deref(conn);
}


/* End it from the loop, not from here */
static void conn_fail(struct sx_conn *conn, int err)
{
	if (conn->err || !conn->sx)
		return;

	conn->err = err;
	timer_start(&conn->tmr, 0, timeout_handler, conn);
}


static uint64_t deadline(const struct sx_conn *conn)
{
	const struct sx_params *prm = &conn->sx->prm;
	uint64_t t                  = conn->last_ms + prm->idle_ms;

	if (conn->err)
		return 0;

	if (conn->state == CONN_DRAINING)
		return conn->last_ms + DRAIN_MS;

	if (conn->state != CONN_OPEN)
		t = min(t, conn->born_ms + HANDSHAKE_MS);
	if (conn->msg_ms)
		t = min(t, conn->msg_ms + MESSAGE_MS);
	if (!conn->trusted)
		t = min(t, conn->born_ms + prm->auth_timeout_ms);

	return t;
}


static void timer_set(struct sx_conn *conn)
{
	uint64_t t = deadline(conn), now = clock_ms();

	timer_start(&conn->tmr, t > now ? t - now : 0, timeout_handler, conn);
}


static void timeout_handler(void *arg)
{
	struct sx_conn *conn = arg;

	if (conn->err) {
		conn_close(conn, conn->err);
		return;
	}

	if (deadline(conn) > clock_ms()) {
		timer_set(conn);
		return;
	}

	if (conn->state != CONN_DRAINING)
		count_inc(COUNT_SIP_CONN_TIMEOUT);

	conn_close(conn, ETIMEDOUT);
}


static void socket_options(int fd)
{
	const struct {
		int level, name, val;
	} optv[] = {
		{IPPROTO_TCP, TCP_NODELAY, 1},
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, KEEPIDLE_S},
		{IPPROTO_TCP, TCP_KEEPINTVL, KEEPINTVL_S},
		{IPPROTO_TCP, TCP_KEEPCNT, KEEPCNT},
	};

	/* wishes all of them */
	for (size_t i = 0; i < ARRAY_SIZE(optv); i++)
		(void)setsockopt(fd, optv[i].level, optv[i].name, &optv[i].val,
				 sizeof(optv[i].val));
}


/* Takes over fd, also when it fails */
static int conn_alloc(struct sx_conn **connp, struct sx *sx, enum sx_tp tp,
		      int fd, const struct sa *peer)
{
	struct sx_conn *conn = mem_zalloc(sizeof(*conn), destructor);

	if (!conn) {
		(void)close(fd);
		return ENOMEM;
	}

	socket_options(fd);

	conn->sx      = sx;
	conn->tp      = tp;
	conn->fd      = fd;
	conn->peer    = *peer;
	conn->id      = ++sx->conn_id;
	conn->born_ms = clock_ms();
	conn->last_ms = conn->born_ms;
	conn->state   = CONN_CONNECTING;

	*connp = conn;

	return 0;
}


/* Into the tables, which take the first reference */
static void conn_enter(struct sx_conn *conn)
{
	struct sx *sx = conn->sx;

	hash_append(sx->ht_conn, (uint32_t)conn->id, &conn->le_id, conn);
	hash_append(sx->ht_peer, addr_hash(&conn->peer, true), &conn->le_peer,
		    conn);
	hash_append(sx->ht_ip, addr_hash(&conn->peer, false), &conn->le_ip,
		    conn);

	++sx->nconns;
	if (!conn->trusted)
		++sx->nstrangers;

	timer_set(conn);
}


static int listen_events(struct sx_conn *conn)
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
		err      = listen_events(conn);
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
		err = listen_events(conn);

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

	if (conn->tp != SX_TLS)
		err = sx_conn_write(conn, p, n);
	else if (conn->state == CONN_OPEN)
		err = sx_tls_send(conn, p, n);
	else
		err = append(&conn->plain, p, n);

	if (err)
		conn_fail(conn, err);

	return err;
}


/* ---- reading ---------------------------------------------------------- */

/* Our last answer is out: no more from us, but hear the rest */
static void drain(struct sx_conn *conn)
{
	leave_state(conn);
	conn->state  = CONN_DRAINING;
	conn->msg_ms = 0;
	sx_tls_stop(conn);
	sx_frame_reset(&conn->frame);

	/* an error shows when we read on */
	(void)shutdown(conn->fd, SHUT_WR);
	timer_set(conn);
}


static void message(struct sx_conn *conn, struct sx_msg *msg)
{
	const struct mbuf *mb = msg->mb;
	size_t n              = msg->hlen + (msg->noframe ? 0 : msg->clen);
	size_t pos            = mb->pos - (msg->noframe ? 0 : n);

	sx_trace(conn->sx, false, conn->tp, &conn->laddr, &conn->peer,
		 mb->buf + pos, n);

	msg->tp = conn->tp;
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
		timer_set(conn);
	}
}


/* Hand out what has come in full.  The handlers may end the connection */
static void messages_take(struct sx_conn *conn)
{
	struct sx_msg *msg;
	bool taken = false;
	int err    = 0;

	if (!first_bytes_pass(conn)) {
		conn_close(conn, EACCES);
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
		count_inc(COUNT_SIP_BAD);
		drain(conn);
	}
	else if (err != EAGAIN) {
		conn_fail(conn, err);
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
	timer_set(conn);

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
		conn_close(conn, err);
}


/* ---- opening ---------------------------------------------------------- */

static void laddr_get(struct sx_conn *conn)
{
	struct sa sa;

	sa_init(&sa, AF_UNSPEC);
	sa.len = sizeof(sa.u);

	if (!getsockname(conn->fd, &sa.u.sa, &sa.len))
		conn->laddr = sa;
}


static int established(struct sx_conn *conn)
{
	int err;

	laddr_get(conn);

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
		err = listen_events(conn);
	timer_set(conn);

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

	return err ? err : established(conn);
}


static void event_handler(int flags, void *arg)
{
	struct sx_conn *conn = mem_ref(arg);
	bool connecting      = conn->state == CONN_CONNECTING;
	int err              = 0;

	if (flags & FD_WRITE || (connecting && flags & FD_EXCEPT))
		err = writable(conn);

	if (err)
		conn_close(conn, err);
	else if (flags & (FD_READ | FD_EXCEPT) && !connecting)
		readable(conn);

	mem_deref(conn);
}


/* Bound to the listener's address, where that is a certain one */
static int bind_source(struct sx *sx, int fd, enum sx_tp tp,
		       const struct sa *dst)
{
	const struct sx_listener *lis = sx_listener_for(sx, tp, dst);
	struct sa sa;

	if (!lis || lis->wild ||
	    addr_is_loopback(&lis->addr) != addr_is_loopback(dst))
		return 0;

	sa = lis->addr;
	sa_set_port(&sa, 0);

	return bind(fd, &sa.u.sa, sa.len) < 0 ? errno : 0;
}


static int conn_open(struct sx_conn **connp, struct sx *sx,
		     const struct sx_target *t)
{
	struct sx_conn *conn;
	int fd, err;

	if (t->tp == SX_TLS && !sx->tls)
		return ENOTSUP;

	if (sx->nconns >= sx->prm.max_conns) {
		count_inc(COUNT_SIP_LIMIT_CONN);
		return EMFILE;
	}

	fd = socket(sa_af(&t->dst), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    0);
	if (fd < 0)
		return errno;

	err = bind_source(sx, fd, t->tp, &t->dst);
	if (!err && connect(fd, &t->dst.u.sa, t->dst.len) < 0 &&
	    errno != EINPROGRESS)
		err = errno;
	if (err) {
		(void)close(fd);
		return err;
	}

	err = conn_alloc(&conn, sx, t->tp, fd, &t->dst);
	if (err)
		return err;

	conn->out     = true;
	conn->trusted = true;
	if (t->name[0])
		err = str_dup(&conn->name, t->name);
	if (!err)
		err = listen_events(conn);
	if (err) {
		mem_deref(conn);
		return err;
	}

	laddr_get(conn);
	conn_enter(conn);
	*connp = conn;

	return 0;
}


static uint32_t conns_of(const struct sx *sx, const struct sa *peer)
{
	uint32_t n = 0;
	struct le *le;

	LIST_FOREACH (hash_list(sx->ht_ip, addr_hash(peer, false)), le) {
		const struct sx_conn *conn = le->data;

		if (!conn->out && sa_cmp(&conn->peer, peer, SA_ADDR))
			++n;
	}

	return n;
}


/* A quarter of the connections is kept for those who authenticate */
static bool is_full(const struct sx *sx, enum sx_tp tp, const struct sa *peer)
{
	const struct sx_params *prm = &sx->prm;

	return sx->nconns >= prm->max_conns ||
	       sx->nstrangers >= prm->max_conns - prm->max_conns / 4 ||
	       (tp == SX_TLS && sx->nhandshakes >= HANDSHAKES_MAX) ||
	       conns_of(sx, peer) >= prm->max_conns_ip;
}


static void accepted(struct sx_listener *lis, int fd, const struct sa *peer)
{
	struct sx *sx = lis->sx;
	struct sx_conn *conn;

	if (is_full(sx, lis->tp, peer)) {
		count_inc(COUNT_SIP_LIMIT_CONN);
		log_debug("sip", "%J: connection refused: too many", peer);
		(void)close(fd);
		return;
	}

	if (conn_alloc(&conn, sx, lis->tp, fd, peer))
		return;

	conn->lis = lis;
	conn_enter(conn);

	if (established(conn))
		conn_close(conn, EPROTO);
}


/* No descriptor is left: give up the spare one to refuse the caller, or the
 * listener would stay readable for ever */
static void refuse_one(struct sx_listener *lis)
{
	struct sx *sx = lis->sx;

	count_inc(COUNT_SIP_LIMIT_CONN);

	if (sx->spare_fd >= 0)
		(void)close(sx->spare_fd);

	int fd = accept4(lis->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		(void)close(fd);

	sx->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}


static void accept_handler(int flags, void *arg)
{
	struct sx_listener *lis = mem_ref(arg);

	(void)flags;

	for (unsigned i = 0; i < ACCEPTS && lis->fd >= 0; i++) {
		struct sa peer;
		int fd;

		peer.len = sizeof(peer.u);
		fd       = accept4(lis->fd, &peer.u.sa, &peer.len,
				   SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0) {
			accepted(lis, fd, &peer);
			continue;
		}

		if (errno == EMFILE || errno == ENFILE)
			refuse_one(lis);
		else if (errno != ECONNABORTED && errno != EINTR)
			break;
	}

	mem_deref(lis);
}


int sx_tcp_listen(struct sx_listener *lis, const struct sa *laddr)
{
	int on = 1;

	lis->fd = socket(sa_af(laddr),
			 SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (lis->fd < 0)
		return errno;

	if (setsockopt(lis->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return errno;

	if (sa_af(laddr) == AF_INET6 &&
	    setsockopt(lis->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return errno;

	if (bind(lis->fd, &laddr->u.sa, laddr->len) < 0 ||
	    listen(lis->fd, SOMAXCONN) < 0)
		return errno;

	return fd_listen(lis->fd, FD_READ, accept_handler, lis);
}


/* ---- finding ---------------------------------------------------------- */

bool sx_conn_is_open(const struct sx_conn *conn)
{
	return conn && conn->sx && !conn->err &&
	       conn->state != CONN_DRAINING && conn->state != CONN_CLOSED;
}


/* Whoever must be called by name is not called through a connection that was
 * verified for another one, or for none */
static bool name_suits(const struct sx_conn *conn, const struct sx_target *t)
{
	if (conn->tp != SX_TLS || !t->name[0] || !sx_tls_verifies(conn->sx))
		return true;

	return conn->out && conn->name && !str_casecmp(conn->name, t->name);
}


static struct sx_conn *conn_find(const struct sx *sx,
				 const struct sx_target *t)
{
	struct le *le;

	LIST_FOREACH (hash_list(sx->ht_peer, addr_hash(&t->dst, true)), le) {
		struct sx_conn *conn = le->data;

		if (conn->tp == t->tp && sx_conn_is_open(conn) &&
		    sa_cmp(&conn->peer, &t->dst, SA_ALL) &&
		    name_suits(conn, t))
			return conn;
	}

	return NULL;
}


int sx_conn_get(struct sx_conn **connp, struct sx *sx,
		const struct sx_target *t)
{
	struct sx_conn *conn = t->conn;
	int err;

	if (!sx_conn_is_open(conn) || conn->tp != t->tp)
		conn = conn_find(sx, t);

	if (!conn) {
		err = conn_open(&conn, sx, t);
		if (err)
			return err;
	}

	*connp = mem_ref(conn);

	return 0;
}


const struct sa *sx_conn_laddr(const struct sx_conn *conn)
{
	return conn ? &conn->laddr : NULL;
}


void sx_conn_attach(struct sx_conn *conn, struct le *le, void *ctrans)
{
	if (conn->sx)
		list_append(&conn->ctransl, le, ctrans);
}


uint64_t sx_conn_id(const struct sx_conn *conn)
{
	return conn ? conn->id : 0;
}


struct sx_conn *sx_conn_by_id(const struct sx *sx, uint64_t id)
{
	struct le *le;

	if (!sx || !id)
		return NULL;

	LIST_FOREACH (hash_list(sx->ht_conn, (uint32_t)id), le) {
		struct sx_conn *conn = le->data;

		if (conn->id == id)
			return conn;
	}

	return NULL;
}


void sx_conn_trust(struct sx_conn *conn)
{
	if (!conn || !conn->sx || conn->trusted)
		return;

	conn->trusted = true;
	--conn->sx->nstrangers;
}


static bool debug_handler(struct le *le, void *arg)
{
	const struct sx_conn *conn = le->data;

	return 0 != re_hprintf(arg, "connection %llu: %s %s %J%s\n",
			       (unsigned long long)conn->id,
			       sx_tp_name(conn->tp), conn->out ? "to" : "from",
			       &conn->peer, conn->trusted ? "" : " (stranger)");
}


int sx_conns_debug(struct re_printf *pf, const struct sx *sx)
{
	return hash_apply(sx->ht_conn, debug_handler, pf) ? ENOMEM : 0;
}


/* ---- tables ----------------------------------------------------------- */

int sx_streams_init(struct sx *sx)
{
	int err;

	err = hash_alloc(&sx->ht_conn, TABLE_SIZE);
	if (!err)
		err = hash_alloc(&sx->ht_peer, TABLE_SIZE);
	if (!err)
		err = hash_alloc(&sx->ht_ip, TABLE_SIZE);
	if (err)
		return err;

	sx->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return sx->spare_fd < 0 ? errno : 0;
}


static bool close_handler(struct le *le, void *arg)
{
	(void)arg;
	conn_close(le->data, ECONNABORTED);

	return false;
}


void sx_streams_close(struct sx *sx)
{
	if (sx->ht_conn)
		(void)hash_apply(sx->ht_conn, close_handler, NULL);

	sx->ht_conn = mem_deref(sx->ht_conn);
	sx->ht_peer = mem_deref(sx->ht_peer);
	sx->ht_ip   = mem_deref(sx->ht_ip);

	if (sx->spare_fd >= 0)
		(void)close(sx->spare_fd);
	sx->spare_fd = -1;
}
