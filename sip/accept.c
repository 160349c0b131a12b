/**
 * @file sip/accept.c  Listeners of streams: who may connect
 *
 * There is a limit for all connections, one for each address, and a quarter
 * of all is kept for those who authenticate.  Where strangers have taken what
 * is theirs, the address that has most of it gives up its oldest connection
 * for who has less: so whoever opens many keeps nobody out.  Addresses that
 * are known (sx_stranger_h) have the limit of all alone.  At the limit of descriptors one
 * that was spared is given up to refuse the caller: else the listener would
 * stay readable for ever.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/addr.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/log.h"
#include "sip/conn.h"


enum {
	ACCEPTS        = 16, /* per wake-up */
	HANDSHAKES_MAX = 50,
	GRACE_MS       = 1000,
};


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
static uint32_t max_strangers(const struct sx_params *prm)
{
	uint32_t most = prm->max_conns - prm->max_conns / 4;

	return prm->max_strangers && prm->max_strangers < most
		       ? prm->max_strangers
		       : most;
}


static bool is_known(const struct sx *sx, const struct sa *peer)
{
	return sx->strangerh && !sx->strangerh(peer, sx->arg);
}


/** Whose connection has to go for a new one */
struct search {
	struct sx_conn *conn; /* oldest of the address that has most */
	uint32_t most;
	uint32_t own;         /* connections of the newcomer's address */
	uint64_t now_ms;
	bool handshake;       /* among those alone that shake hands */
};


/* It has had its time to authenticate, or its address has more than others */
static bool may_go(const struct search *s, const struct sx_conn *conn,
		   uint32_t n)
{
	return n > s->own + 1 || s->now_ms - conn->born_ms >= GRACE_MS;
}


static bool search_handler(struct le *le, void *arg)
{
	struct sx_conn *conn = le->data;
	struct search *s     = arg;
	uint32_t n;

	if (conn->out || conn->trusted || !conn->le_ip.list ||
	    (s->handshake && conn->state != CONN_HANDSHAKE))
		return false;

	n = conns_of(conn->sx, &conn->peer);
	if (!may_go(s, conn, n))
		return false;

	if (n > s->most || (n == s->most && conn->id < s->conn->id)) {
		s->most = n;
		s->conn = conn;
	}

	return false;
}


/* False if there is none that may go */
static bool make_room(const struct sx *sx, const struct sa *peer,
		      bool handshake)
{
	struct search s = {.own	      = conns_of(sx, peer),
			   .now_ms    = clock_ms(),
			   .handshake = handshake};

	(void)hash_apply(sx->ht_conn, search_handler, &s);
	if (!s.conn)
		return false;

	count_inc(COUNT_SIP_LIMIT_CONN);
	log_debug("sip", "%J: connection given up for another stranger's",
		  &s.conn->peer);
	sx_conn_close(s.conn, EBUSY);

	return true;
}


static bool is_full(const struct sx *sx, enum sx_tp tp, const struct sa *peer)
{
	const struct sx_params *prm = &sx->prm;

	if (tp == SX_TLS && sx->nhandshakes >= HANDSHAKES_MAX &&
	    !make_room(sx, peer, true))
		return true;
	if (is_known(sx, peer))
		return sx->nconns >= prm->max_conns &&
		       !make_room(sx, peer, false);

	return conns_of(sx, peer) >= prm->max_conns_ip ||
	       ((sx->nconns >= prm->max_conns ||
		 sx->nstrangers >= max_strangers(prm)) &&
		!make_room(sx, peer, false));
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

	if (sx_conn_alloc(&conn, sx, lis->tp, fd, peer))
		return;

	conn->lis = lis;
	sx_conn_enter(conn);

	if (sx_conn_established(conn))
		sx_conn_close(conn, EPROTO);
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

	lis->fd = sx_given_take(SOCK_STREAM, laddr);
	if (lis->fd >= 0)
		return sx_tcp_accept(lis);

	lis->fd = socket(sa_af(laddr),
			 SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (lis->fd < 0)
		return errno;

	if (setsockopt(lis->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return errno;

	if (sa_af(laddr) == AF_INET6 &&
	    setsockopt(lis->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) <
		    0)
		return errno;

	if (bind(lis->fd, &laddr->u.sa, laddr->len) < 0 ||
	    listen(lis->fd, SOMAXCONN) < 0)
		return errno;

	return sx_tcp_accept(lis);
}


int sx_tcp_accept(struct sx_listener *lis)
{
	return fd_listen(lis->fd, FD_READ, accept_handler, lis);
}
