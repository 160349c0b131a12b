/**
 * @file sip/handover.c  Two processes that share the sockets
 *
 * A connection of the other process is an ordinary struct sx_conn without a
 * descriptor: its bytes leave through struct sx_relay, whole messages come in
 * through sx_inject().  It has no deadline of its own, the other process has.
 */
#include "sip/handover.h"
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/addr.h"
#include "base/log.h"
#include "sip/conn.h"


/* ---- sockets ------------------------------------------------------------ */

static struct {
	int fd;
	int type;
	struct sa addr;
} givenv[SX_GIVEN_MAX];
static size_t givenc;


static int int_option(int fd, int name, int *val)
{
	socklen_t len = sizeof(*val);

	return getsockopt(fd, SOL_SOCKET, name, val, &len) ? errno : 0;
}


int sx_give_socket(int fd)
{
	struct sa sa;
	int type = 0, listens = 0, err;

	if (givenc >= SX_GIVEN_MAX)
		return ENOBUFS;

	err = int_option(fd, SO_TYPE, &type);
	if (!err)
		err = int_option(fd, SO_ACCEPTCONN, &listens);
	if (err)
		return err;

	sa_init(&sa, AF_UNSPEC);
	sa.len = sizeof(sa.u);
	if (getsockname(fd, &sa.u.sa, &sa.len))
		return errno;

	if ((sa_af(&sa) != AF_INET && sa_af(&sa) != AF_INET6) ||
	    !(type == SOCK_DGRAM || (type == SOCK_STREAM && listens)))
		return EINVAL;

	if (net_sockopt_blocking_set(fd, false))
		return EINVAL;

	givenv[givenc].fd   = fd;
	givenv[givenc].type = type;
	givenv[givenc].addr = sa;
	++givenc;

	return 0;
}


int sx_given_take(int type, const struct sa *addr)
{
	for (size_t i = 0; i < givenc; i++) {
		int fd = givenv[i].fd;

		if (fd < 0 || givenv[i].type != type ||
		    sa_af(&givenv[i].addr) != sa_af(addr) ||
		    !sa_cmp(&givenv[i].addr, addr, SA_ALL))
			continue;

		givenv[i].fd = -1;
		return fd;
	}

	return -1;
}


unsigned sx_given_close(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < givenc; i++) {
		if (givenv[i].fd < 0)
			continue;

		log_info("sip", "%J: a socket that was handed over and that "
			 "the configuration does not name is closed",
			 &givenv[i].addr);
		(void)close(givenv[i].fd);
		++n;
	}

	givenc = 0;

	return n;
}


void sx_sockets_apply(const struct sx *sx, sx_socket_h *h, void *arg)
{
	struct le *le;

	LIST_FOREACH (&sx->lisl, le) {
		const struct sx_listener *lis = le->data;

		h(lis->tp, lis->fd, arg);
	}
}


int sx_listeners_pause(struct sx *sx, bool pause)
{
	struct le *le;
	int err = 0;

	LIST_FOREACH (&sx->lisl, le) {
		struct sx_listener *lis = le->data;

		if (pause)
			fd_close(lis->fd);
		else if (lis->tp == SX_UDP)
			err |= sx_udp_read(lis);
		else
			err |= sx_tcp_accept(lis);
	}

	return err;
}


/* ---- messages ----------------------------------------------------------- */

void sx_set_other(struct sx *sx, sx_other_h *h, sx_other_icmp_h *icmph,
		  void *arg)
{
	if (!sx)
		return;

	sx->otherh	 = h;
	sx->other_icmph = icmph;
	sx->other_arg	 = arg;
}


bool sx_transaction_is_ours(const struct sx *sx, const struct sx_msg *msg)
{
	if (!sx || !msg)
		return false;

	return msg->req ? sx_strans_has(sx, msg)
			: sx_waits_for(sx, &msg->via.branch);
}


/* Our listener with that address; of no use to a stream */
static struct sx_listener *listener_at(const struct sx *sx,
				       const struct sx_origin *o)
{
	struct sx_listener *wild = NULL;
	struct le *le;

	LIST_FOREACH (&sx->lisl, le) {
		struct sx_listener *lis = le->data;

		if (lis->tp != o->tp || sa_af(&lis->addr) != sa_af(&o->dst) ||
		    sa_port(&lis->addr) != sa_port(&o->dst))
			continue;
		if (sa_cmp(&lis->addr, &o->dst, SA_ADDR))
			return lis;
		if (lis->wild)
			wild = lis;
	}

	return wild;
}


int sx_inject(struct sx *sx, const struct sx_origin *o, const void *p,
	      size_t n)
{
	struct sx_msg *msg;
	struct mbuf *mb;
	int err;

	if (!sx || !o || !p || !n)
		return EINVAL;

	mb = mbuf_alloc(n);
	if (!mb)
		return ENOMEM;

	memcpy(mb->buf, p, n);
	mb->end = n;
	err	= sx_msg_parse(&msg, mb, false);
	mem_deref(mb);
	if (err)
		return err;

	msg->tp	   = o->tp;
	msg->raw.p = (const char *)msg->mb->buf;
	msg->raw.l = n;
	sx_msg_origin(msg, listener_at(sx, o), o->conn, &o->src, &o->dst);
	sx->injecting = true;
	sx_receive(sx, msg);
	sx->injecting = false;
	mem_deref(msg);

	return 0;
}


void sx_inject_icmp(struct sx *sx, int err, const void *p, size_t n)
{
	if (sx && p)
		(void)sx_ctrans_icmp(sx, err, p, n);
}


bool sx_is_busy(const struct sx *sx)
{
	return sx && (sx_ctrans_busy(sx) || sx_strans_busy(sx));
}


void sx_invites_apply(const struct sx *sx, sx_callid_h *h, void *arg)
{
	if (sx && h)
		sx_strans_invites(sx, h, arg);
}


/* ---- connections -------------------------------------------------------- */

void sx_conn_info_get(struct sx_conn_info *info, const struct sx_conn *conn)
{
	info->id      = conn->id;
	info->tp      = conn->tp;
	info->peer    = conn->peer;
	info->local   = conn->laddr;
	info->trusted = conn->trusted;
}


struct apply {
	sx_conn_info_h *h;
	void *arg;
};


static bool info_handler(struct le *le, void *arg)
{
	const struct sx_conn *conn = le->data;
	const struct apply *a	   = arg;
	struct sx_conn_info info;

	if (!conn->out && conn->state == CONN_OPEN) {
		sx_conn_info_get(&info, conn);
		a->h(&info, a->arg);
	}

	return false;
}


void sx_conns_apply(const struct sx *sx, sx_conn_info_h *h, void *arg)
{
	struct apply a = {h, arg};

	if (sx && h)
		(void)hash_apply(sx->ht_conn, info_handler, &a);
}


int sx_conn_relayed(struct sx_conn **connp, struct sx *sx,
		    const struct sx_conn_info *info,
		    const struct sx_relay *relay)
{
	struct sx_conn *conn;
	int err;

	if (!connp || !sx || !info || !relay)
		return EINVAL;

	err = sx_conn_alloc(&conn, sx, info->tp, -1, &info->peer);
	if (err)
		return err;

	conn->relay    = relay;
	conn->relay_id = info->id;
	conn->laddr    = info->local;
	conn->trusted  = info->trusted;
	conn->state    = CONN_OPEN;
	sx_conn_enter(conn);
	*connp = conn;

	return 0;
}


struct search {
	const struct sx_relay *relay;
	uint64_t id;
};


static bool id_handler(struct le *le, void *arg)
{
	const struct sx_conn *conn = le->data;
	const struct search *s	   = arg;

	return conn->relay == s->relay && conn->relay_id == s->id;
}


struct sx_conn *sx_conn_relayed_find(const struct sx *sx,
				     const struct sx_relay *relay, uint64_t id)
{
	struct search s = {relay, id};

	return sx && relay
		       ? list_ledata(hash_apply(sx->ht_conn, id_handler, &s))
		       : NULL;
}


uint64_t sx_conn_relay_id(const struct sx_conn *conn)
{
	return conn && conn->relay ? conn->relay_id : 0;
}


void sx_conn_end(struct sx_conn *conn)
{
	if (conn && conn->sx)
		sx_conn_close(conn, ECONNRESET);
}


static bool relayed_handler(struct le *le, void *arg)
{
	struct sx_conn *conn = le->data;

	if (conn->relay == arg)
		sx_conn_close(conn, ECONNRESET);

	return false;
}


void sx_conns_relayed_close(struct sx *sx, const struct sx_relay *relay)
{
	if (sx && relay)
		(void)hash_apply(sx->ht_conn, relayed_handler,
				 (void *)(uintptr_t)relay);
}


int sx_conn_put(struct sx_conn *conn, const void *p, size_t n)
{
	return sx_conn_send(conn, p, n);
}
