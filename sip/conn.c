/**
 * @file sip/conn.c  Life of a connection, and how it is found again
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
	TABLE_SIZE   = 1024,
	HANDSHAKE_MS = 10000,
	MESSAGE_MS   = 20000,
	DRAIN_MS     = 2000,
	KEEPIDLE_S   = 15, /* NATs forget idle connections, too */
	KEEPINTVL_S  = 5,
	KEEPCNT      = 3,
	UNACKED_MS   = 30000,
	SEND_SIZE    = 262144, /* the kernel's part of what waits for a peer
				  that does not read; the rest: stream.c */
};


static void timeout_handler(void *arg);


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


void sx_conn_leave(struct sx_conn *conn)
{
	if (conn->state == CONN_HANDSHAKE)
		--conn->sx->nhandshakes;
}


void sx_conn_close(struct sx_conn *conn, int err)
{
	struct sx *sx = conn->sx;

	if (!sx)
		return;

	log_debug("sip", "%s %J: closed (%m)", sx_tp_name(conn->tp),
		  &conn->peer, err);

	sx_conn_leave(conn);
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

	if (conn->relay)
		conn->relay->close(conn->relay_id, conn->relay->arg);
	transactions_tell(conn, err);
	if (sx->connh)
		sx->connh(conn, sx->arg);

	mem_deref(conn);
}


/* End it from the loop, not from here */
void sx_conn_fail(struct sx_conn *conn, int err)
{
	if (conn->err || !conn->sx)
		return;

	conn->err = err;
	timer_start(&conn->tmr, 0, timeout_handler, conn);
}


/* By a registration or a dialog: the first reference is that of the tables */
static bool is_held(const struct sx_conn *conn)
{
	return conn->trusted && mem_nrefs(conn) > 1;
}


static uint64_t deadline(const struct sx_conn *conn)
{
	const struct sx_params *prm = &conn->sx->prm;
	uint64_t t                  = conn->last_ms + prm->idle_ms;

	if (conn->err)
		return 0;

	if (conn->relay)
		return UINT64_MAX; /* the other process has them */

	if (conn->state == CONN_DRAINING)
		return conn->last_ms + DRAIN_MS;

	/* a phone is reached over it: the kernel sees whether it lives */
	if (is_held(conn))
		t = clock_ms() + prm->idle_ms;

	if (conn->state != CONN_OPEN)
		t = min(t, conn->born_ms + HANDSHAKE_MS);
	if (conn->msg_ms)
		t = min(t, conn->msg_ms + MESSAGE_MS);
	if (!conn->trusted)
		t = min(t, conn->born_ms + prm->auth_timeout_ms);

	return t;
}


void sx_conn_timer(struct sx_conn *conn)
{
	uint64_t t = deadline(conn), now = clock_ms();

	if (t == UINT64_MAX)
		return;

	timer_start(&conn->tmr, t > now ? t - now : 0, timeout_handler, conn);
}


static void timeout_handler(void *arg)
{
	struct sx_conn *conn = arg;

	if (conn->err) {
		sx_conn_close(conn, conn->err);
		return;
	}

	if (deadline(conn) > clock_ms()) {
		sx_conn_timer(conn);
		return;
	}

	if (conn->state != CONN_DRAINING)
		count_inc(COUNT_SIP_CONN_TIMEOUT);

	sx_conn_close(conn, ETIMEDOUT);
}


static void socket_options(const struct sx *sx, int fd, int af)
{
	const struct {
		int level, name, val;
	} optv[] = {
		{IPPROTO_TCP, TCP_NODELAY, 1},
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, KEEPIDLE_S},
		{IPPROTO_TCP, TCP_KEEPINTVL, KEEPINTVL_S},
		{IPPROTO_TCP, TCP_KEEPCNT, KEEPCNT},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKED_MS},
		{SOL_SOCKET, SO_SNDBUF, SEND_SIZE},
	};

	sx_socket_tos(fd, af, sx->tos);

	/* wishes all of them */
	for (size_t i = 0; i < ARRAY_SIZE(optv); i++)
		(void)setsockopt(fd, optv[i].level, optv[i].name, &optv[i].val,
				 sizeof(optv[i].val));
}


/* Takes over fd, also when it fails */
int sx_conn_alloc(struct sx_conn **connp, struct sx *sx, enum sx_tp tp, int fd,
		  const struct sa *peer)
{
	struct sx_conn *conn = mem_zalloc(sizeof(*conn), destructor);

	if (!conn) {
		if (fd >= 0)
			(void)close(fd);
		return ENOMEM;
	}

	if (fd >= 0)
		socket_options(sx, fd, sa_af(peer));

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
void sx_conn_enter(struct sx_conn *conn)
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

	sx_conn_timer(conn);
}


/* ---- opening ---------------------------------------------------------- */

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

	err = sx_conn_alloc(&conn, sx, t->tp, fd, &t->dst);
	if (err)
		return err;

	conn->out     = true;
	conn->trusted = true;
	if (t->name[0])
		err = str_dup(&conn->name, t->name);
	if (!err)
		err = sx_conn_events(conn);
	if (err) {
		mem_deref(conn);
		return err;
	}

	sx_conn_laddr_get(conn);
	sx_conn_enter(conn);
	*connp = conn;

	return 0;
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


struct sx_conn *sx_conn_find(const struct sx *sx, enum sx_tp tp,
			     const struct sa *peer)
{
	const struct sx_target t = {.tp = tp, .dst = *peer};

	return sx ? conn_find(sx, &t) : NULL;
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
	if (conn->relay)
		conn->relay->trust(conn->relay_id, conn->relay->arg);
}


static bool debug_handler(struct le *le, void *arg)
{
	const struct sx_conn *conn = le->data;

	return 0 != re_hprintf(arg, "connection %llu: %s %s %J%s\n",
			       (unsigned long long)conn->id,
			       sx_tp_name(conn->tp), conn->out ? "to" : "from",
			       &conn->peer,
			       conn->trusted ? "" : " (stranger)");
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
	sx_conn_close(le->data, ECONNABORTED);

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
