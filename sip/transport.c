/**
 * @file sip/transport.c  Listeners, and the choice of where from and where to
 *
 * A wildcard socket does not know its own address, but Via and Contact must
 * name one: the kernel's routing table is asked, and its answer kept for some
 * seconds.
 */
#include <arpa/inet.h>
#include <unistd.h>
#include "base/addr.h"
#include "base/clock.h"
#include "base/count.h"
#include "sip/stack.h"


enum { PORT_SIP = 5060, PORT_SIPS = 5061 };


uint16_t sx_default_port(enum sx_tp tp)
{
	return tp == SX_TLS ? PORT_SIPS : PORT_SIP;
}


static void lis_destructor(void *data)
{
	struct sx_listener *lis = data;

	if (lis->fd < 0)
		return;

	fd_close(lis->fd);
	(void)close(lis->fd);
}


static bool is_wild(const struct sa *sa)
{
	if (sa_af(sa) == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&sa->u.in6.sin6_addr);

	return sa_in(sa) == INADDR_ANY;
}


int sx_listen(struct sx *sx, struct sx_listener **lisp, enum sx_tp tp,
	      const struct sa *laddr)
{
	struct sx_listener *lis;
	int err;

	if (!sx || !laddr || (unsigned)tp >= SX_TP_MAX)
		return EINVAL;

	if (tp == SX_TLS && !sx_tls_serves(sx))
		return ENOTSUP;

	lis = mem_zalloc(sizeof(*lis), lis_destructor);
	if (!lis)
		return ENOMEM;

	lis->sx   = sx;
	lis->tp   = tp;
	lis->fd   = -1;
	lis->wild = is_wild(laddr);

	err = tp == SX_UDP ? sx_udp_listen(lis, laddr)
			   : sx_tcp_listen(lis, laddr);
	if (err)
		goto out;

	lis->addr.len = sizeof(lis->addr.u);
	if (getsockname(lis->fd, &lis->addr.u.sa, &lis->addr.len) < 0)
		err = errno;

out:
	if (err) {
		mem_deref(lis);
		return err;
	}

	list_append(&sx->lisl, &lis->le, lis);
	if (lisp)
		*lisp = lis;

	return 0;
}


void sx_listener_close(struct sx_listener *lis)
{
	if (!lis || lis->fd < 0)
		return;

	fd_close(lis->fd);
	(void)close(lis->fd);
	lis->fd = -1;

	list_unlink(&lis->le);
	list_append(&lis->sx->closedl, &lis->le, lis);
}


const struct sa *sx_listener_addr(const struct sx_listener *lis)
{
	return lis ? &lis->addr : NULL;
}


enum sx_tp sx_listener_tp(const struct sx_listener *lis)
{
	return lis ? lis->tp : SX_UDP;
}


int sx_route(struct sx *sx, struct sa *local, const struct sa *dst)
{
	struct sx_route *r =
		&sx->routev[addr_hash(dst, false) % ROUTE_CACHE];
	uint64_t now = clock_ms();
	int err;

	if (r->until_ms <= now || !sa_cmp(&r->dst, dst, SA_ADDR)) {

		err = addr_local_for(&r->local, dst);
		if (err) {
			r->until_ms = 0;
			return err;
		}

		r->dst      = *dst;
		r->until_ms = now + ROUTE_CACHE_MS;
	}

	*local = r->local;

	return 0;
}


/* How well a listener suits a destination: 0 not at all */
static unsigned fitness(const struct sx_listener *lis, enum sx_tp tp,
			const struct sa *dst, const struct sa *local)
{
	if (lis->tp != tp || sa_af(&lis->addr) != sa_af(dst))
		return 0;

	if (local && sa_cmp(&lis->addr, local, SA_ADDR))
		return 4;

	if (lis->wild)
		return 3;

	/* what is bound to a loopback address reaches no one else */
	if (addr_is_loopback(&lis->addr) && !addr_is_loopback(dst))
		return 1;

	return 2;
}


static struct sx_listener *listener_find(const struct list *lisl,
					 enum sx_tp tp, const struct sa *dst,
					 const struct sa *local)
{
	struct sx_listener *best = NULL;
	unsigned max             = 0;
	struct le *le;

	LIST_FOREACH (lisl, le) {
		unsigned fit = fitness(le->data, tp, dst, local);

		if (fit > max) {
			max  = fit;
			best = le->data;
		}
	}

	return best;
}


struct sx_listener *sx_listener_for(const struct sx *sx, enum sx_tp tp,
				    const struct sa *dst)
{
	struct sa local;

	if (!sx || !dst)
		return NULL;

	/* one listener needs no choice */
	if (sx->lisl.head && sx->lisl.head == sx->lisl.tail)
		return listener_find(&sx->lisl, tp, dst, NULL);

	/* the cache is no part of the stack's state */
	if (sx_route((struct sx *)(uintptr_t)sx, &local, dst))
		return listener_find(&sx->lisl, tp, dst, NULL);

	return listener_find(&sx->lisl, tp, dst, &local);
}


static bool lis_usable(const struct sx_listener *lis, enum sx_tp tp,
		       const struct sa *dst)
{
	return lis && lis->fd >= 0 && lis->tp == tp &&
	       sa_af(&lis->addr) == sa_af(dst);
}


static int local_addr(struct sx *sx, struct sa *addr,
		      const struct sx_target *t)
{
	const struct sx_listener *lis = t->lis;
	int err;

	if (!lis_usable(lis, t->tp, &t->dst))
		lis = sx_listener_for(sx, t->tp, &t->dst);

	if (t->tp != SX_UDP && sx_conn_is_open(t->conn) &&
	    sa_isset(sx_conn_laddr(t->conn), SA_ADDR)) {
		*addr = *sx_conn_laddr(t->conn);
	}
	else if (lis && !lis->wild) {
		*addr = lis->addr;
	}
	else {
		err = sx_route(sx, addr, &t->dst);
		if (err)
			return err;
	}

	sa_set_port(addr, lis ? sa_port(&lis->addr) : sx_default_port(t->tp));

	return 0;
}


int sx_public_addr(struct sx *sx, struct sa *addr, const struct sx_target *dst)
{
	int err;

	if (!sx || !addr || !dst)
		return EINVAL;

	err = local_addr(sx, addr, dst);
	if (err)
		return err;

	if (sx->pubh)
		sx->pubh(addr, dst->tp, &dst->dst, sx->arg);

	return 0;
}


static int udp_send_to(struct sx *sx, struct sx_listener *lis,
		       const struct sa *src, const struct sa *dst,
		       const struct mbuf *mb)
{
	if (!lis_usable(lis, SX_UDP, dst)) {
		lis = sx_listener_for(sx, SX_UDP, dst);
		src = NULL;
	}

	if (!lis)
		return EAFNOSUPPORT;

	return sx_udp_send(lis, src, dst, mb->buf, mb->end);
}


static int stream_send_to(struct sx *sx, const struct sx_target *t,
			  struct sx_conn **connp, const struct mbuf *mb)
{
	struct sx_conn *conn;
	int err;

	err = sx_conn_get(&conn, sx, t);
	if (err)
		return err;

	err = sx_conn_send(conn, mb->buf, mb->end);

	if (!err && connp)
		*connp = conn;
	else
		mem_deref(conn);

	return err;
}


static void count_sent(int err)
{
	count_inc(err ? COUNT_SIP_SEND_ERR : COUNT_SIP_TX);
}


/* The message as it goes out; a reference */
static struct mbuf *outgoing(const struct sx *sx, const struct mbuf *mb)
{
	struct mbuf *small;

	if (sx->compact && !sx_compact(&small, mb))
		return small;

	return mem_ref((void *)(uintptr_t)mb);
}


int sx_send_request(struct sx *sx, const struct sx_target *t,
		    struct sx_conn **connp, const struct mbuf *msg)
{
	struct mbuf *mb = outgoing(sx, msg);
	int err = t->tp == SX_UDP
			  ? udp_send_to(sx, t->lis, NULL, &t->dst, mb)
			  : stream_send_to(sx, t, connp, mb);

	mem_deref(mb);
	count_sent(err);

	return err;
}


/* The port that a response goes to (RFC 3261 18.2.2, RFC 3581 4) */
static uint16_t reply_port(const struct sx *sx, const struct sx_msg *msg)
{
	if (!pl_isset(&msg->via.host) || msg->via.rport)
		return sa_port(&msg->src);

	if (msg->tp == SX_UDP && sx->rporth && sx->rporth(msg, sx->arg))
		return sa_port(&msg->src);

	return msg->via.port ? msg->via.port : sx_default_port(msg->tp);
}


void sx_dst_of(struct sx *sx, struct sx_dst *d, const struct sx_msg *msg)
{
	*d = (struct sx_dst){
		.tp   = msg->tp,
		.dst  = msg->src, /* maddr is ignored: it aims at others */
		.src  = msg->dst,
		.conn = mem_ref(msg->conn),
		.lis  = msg->lis,
	};

	sa_set_port(&d->dst, reply_port(sx, msg));
}


void sx_dst_reset(struct sx_dst *d)
{
	d->conn = mem_deref(d->conn);
}


int sx_send_reply(struct sx *sx, struct sx_dst *d, const struct mbuf *msg)
{
	struct mbuf *mb = outgoing(sx, msg);
	int err;

	if (d->tp == SX_UDP) {
		err = udp_send_to(sx, d->lis, &d->src, &d->dst, mb);
	}
	else if (sx_conn_is_open(d->conn)) {
		err = sx_conn_send(d->conn, mb->buf, mb->end);
	}
	else if (d->tp == SX_TCP) {
		struct sx_target t = {.tp = d->tp, .dst = d->dst};

		/* the connection is gone: a new one (18.2.2) */
		err = stream_send_to(sx, &t, NULL, mb);
	}
	else {
		err = ENOTCONN;
	}

	mem_deref(mb);
	count_sent(err);

	return err;
}


void sx_target_of(struct sx_target *t, const struct sx_msg *msg)
{
	if (!t || !msg)
		return;

	*t = (struct sx_target){
		.tp   = msg->tp,
		.dst  = msg->src,
		.conn = msg->conn,
		.lis  = msg->tp == SX_UDP ? msg->lis : NULL,
	};
}


int sx_send_raw(struct sx *sx, const struct sx_target *dst, const void *p,
		size_t n)
{
	struct mbuf *mb;
	int err;

	if (!sx || !dst || !p)
		return EINVAL;

	mb = mbuf_alloc(n ? n : 1);
	if (!mb)
		return ENOMEM;

	err = mbuf_write_mem(mb, p, n);
	if (!err)
		err = sx_send_request(sx, dst, NULL, mb);

	mem_deref(mb);
	return err;
}
