/**
 * @file sip/udp.c  SIP over UDP
 *
 * Datagrams are read 32 at a time into buffers that stay, and copied into
 * one of their own size: a message that is kept does not pin 64 KB.
 *
 * A wildcard socket learns from the kernel (IP_PKTINFO) to which of our
 * addresses a request came, and answers from there.  With IP_RECVERR an ICMP
 * error comes back with the first bytes of what we had sent: the branch in
 * there names the transaction that can stop waiting.  The same error also
 * makes the next send or receive call fail once, whoever it is for; so these
 * are tried again.
 *
 * IPv6 sockets take IPv6 only; for both there are two listeners.
 */
#include "sip/mapped.h"
#include "sip/stack.h"
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/addr.h"
#include "base/count.h"
#include "base/log.h"
#include "base/turn.h"


enum {
	BATCH    = 32,
	ROUNDS   = 8,   /* batches before others get their turn */
	DGRAM    = 65536,
	CTRL     = 128,
	RCVBUF   = 1 << 20,
	ERR_MAX  = 64,   /* ICMP errors per wake-up */
	ERR_SIZE = 2048, /* of what we sent that comes back with one */
	TRIES    = 3,
};

struct udp_batch {
	struct mmsghdr msgv[BATCH];
	struct iovec iovv[BATCH];
	struct sa srcv[BATCH];
	_Alignas(struct cmsghdr) uint8_t ctrlv[BATCH][CTRL];
	uint8_t bufv[BATCH][DGRAM];
};


static struct udp_batch *batch_alloc(void)
{
	/* not zeroed: pages that are never used cost nothing */
	struct udp_batch *b = mem_alloc(sizeof(*b), NULL);

	if (!b)
		return NULL;

	memset(b->msgv, 0, sizeof(b->msgv));

	for (size_t i = 0; i < BATCH; i++) {
		b->iovv[i] = (struct iovec){b->bufv[i], DGRAM};

		b->msgv[i].msg_hdr.msg_iov    = &b->iovv[i];
		b->msgv[i].msg_hdr.msg_iovlen = 1;
		b->msgv[i].msg_hdr.msg_name   = &b->srcv[i].u;
	}

	return b;
}


static void batch_reset(struct udp_batch *b, bool ctrl)
{
	for (size_t i = 0; i < BATCH; i++) {
		struct msghdr *m = &b->msgv[i].msg_hdr;

		m->msg_namelen    = sizeof(b->srcv[i].u);
		m->msg_control    = ctrl ? b->ctrlv[i] : NULL;
		m->msg_controllen = ctrl ? CTRL : 0;
	}
}


/* To which of our addresses a datagram came */
static void local_of(struct sa *local, const struct sx_listener *lis,
		     struct msghdr *m)
{
	*local = lis->addr;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {

		if (c->cmsg_level == IPPROTO_IP &&
		    c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			local->u.in.sin_addr = info.ipi_addr;
		}
		else if (c->cmsg_level == IPPROTO_IPV6 &&
			 c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			local->u.in6.sin6_addr = info.ipi6_addr;

			if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
				local->u.in6.sin6_scope_id =
					info.ipi6_ifindex;
		}
	}
}


/* CRLF, zero bytes (phones keep NAT bindings open with them) and STUN are no
 * messages, and nothing to complain of */
static bool is_keepalive(const uint8_t *p, size_t n)
{
	if (n && p[0] <= 3)
		return true;

	for (size_t i = 0; i < n; i++) {
		if (p[i] != '\r' && p[i] != '\n' && p[i] != '\0')
			return false;
	}

	return true;
}


/* Only to whom we know, or who has sent as many bytes */
static void answer_stun(struct sx_listener *lis, const struct sa *src,
			const struct sa *local, const uint8_t *p, size_t n)
{
	uint8_t buf[MAPPED_MAX];
	size_t len = sx_mapped_answer(buf, p, n, src);

	if (!len || (len > n && (!lis->sx->strangerh ||
				 lis->sx->strangerh(src, lis->sx->arg))))
		return;

	(void)sx_udp_send(lis, local, src, buf, len);
}


static void datagram(struct sx_listener *lis, const struct sa *src,
		     const struct sa *local, const uint8_t *p, size_t n)
{
	struct sx *sx = lis->sx;
	struct sx_msg *msg;
	struct mbuf *mb;
	int err;

	if (is_keepalive(p, n)) {
		answer_stun(lis, src, local, p, n);
		return;
	}
	if (!sx_guard(sx, SX_UDP, src, p, n))
		return;

	sx_trace(sx, false, SX_UDP, local, src, p, n);

	mb = mbuf_alloc(n);
	if (!mb)
		return;

	memcpy(mb->buf, p, n);
	mb->end = n;

	err = sx_msg_parse(&msg, mb, false);
	mem_deref(mb);
	if (err) {
		sx_bad(sx, SX_UDP, src, "not SIP");
		log_debug("sip", "%J: not SIP (%u bytes)", src, (unsigned)n);
		return;
	}

	msg->tp	   = SX_UDP;
	msg->raw.p = (const char *)msg->mb->buf;
	msg->raw.l = n;
	sx_msg_origin(msg, lis, NULL, src, local);
	sx_receive(sx, msg);
	mem_deref(msg);
}


static void batch_read(struct sx_listener *lis, struct udp_batch *b, int n)
{
	for (int i = 0; i < n && lis->fd >= 0; i++) {
		struct sa local, *src = &b->srcv[i];

		src->len = b->msgv[i].msg_hdr.msg_namelen;
		local_of(&local, lis, &b->msgv[i].msg_hdr);
		datagram(lis, src, &local, b->bufv[i], b->msgv[i].msg_len);
	}
}


static bool is_transport_error(int err)
{
	return err == ECONNREFUSED || err == EHOSTUNREACH ||
	       err == ENETUNREACH || err == EACCES || err == ENOPROTOOPT;
}


static int icmp_error(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct sock_extended_err ee;

		bool v4 = c->cmsg_level == IPPROTO_IP &&
			  c->cmsg_type == IP_RECVERR;
		bool v6 = c->cmsg_level == IPPROTO_IPV6 &&
			  c->cmsg_type == IPV6_RECVERR;

		if (!v4 && !v6)
			continue;

		memcpy(&ee, CMSG_DATA(c), sizeof(ee));
		if (ee.ee_origin == SO_EE_ORIGIN_ICMP ||
		    ee.ee_origin == SO_EE_ORIGIN_ICMP6)
			return (int)ee.ee_errno;
	}

	return 0;
}


static void icmp(struct sx *sx, int err, const uint8_t *p, size_t n)
{
	if (!sx_ctrans_icmp(sx, err, p, n) && sx->other_icmph)
		sx->other_icmph(err, p, n, sx->other_arg);
}


static void errors_read(struct sx_listener *lis)
{
	_Alignas(struct cmsghdr) uint8_t ctrl[512];
	uint8_t buf[ERR_SIZE];

	for (unsigned i = 0; i < ERR_MAX && lis->fd >= 0; i++) {
		struct iovec iov = {buf, sizeof(buf)};
		struct msghdr m  = {.msg_iov        = &iov,
				    .msg_iovlen     = 1,
				    .msg_control    = ctrl,
				    .msg_controllen = sizeof(ctrl)};
		ssize_t n;
		int err;

		n = recvmsg(lis->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT);
		if (n < 0)
			return;

		err = icmp_error(&m);
		if (is_transport_error(err))
			icmp(lis->sx, err, buf, (size_t)n);
	}
}


static void read_handler(int flags, void *arg)
{
	struct sx_listener *lis = mem_ref(arg);
	struct udp_batch *b     = mem_ref(lis->sx->batch);
	unsigned tries          = 0;
	bool all		= false;

	turn_begin();
	if (flags & FD_EXCEPT)
		errors_read(lis);

	for (unsigned i = 0; i < ROUNDS && lis->fd >= 0; i++) {
		int n;

		batch_reset(b, lis->wild);
		n = recvmmsg(lis->fd, b->msgv, BATCH, MSG_DONTWAIT, NULL);
		if (n < 0 && errno != EAGAIN && ++tries < TRIES)
			continue;
		if (n > 0)
			batch_read(lis, b, n);
		if (n < BATCH) {
			all = true;
			break;
		}
	}

	if (lis->fd >= 0)
		lis->sx->unread = !all;

	mem_deref(b);
	mem_deref(lis);
	turn_end();
}


static int set(int fd, int level, int name, int val)
{
	return setsockopt(fd, level, name, &val, sizeof(val)) < 0 ? errno : 0;
}


static int options_set(const struct sx_listener *lis, int af)
{
	int rcvbuf = RCVBUF;
	int err;

	/* a bigger buffer is a wish */
	(void)setsockopt(lis->fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf,
			 sizeof(rcvbuf));

	sx_socket_tos(lis->fd, af, lis->sx->tos);

	if (af == AF_INET6) {
		err = set(lis->fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		err |= set(lis->fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
		err |= set(lis->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO,
			   lis->wild);
	}
	else {
		err = set(lis->fd, IPPROTO_IP, IP_RECVERR, 1);
		err |= set(lis->fd, IPPROTO_IP, IP_PKTINFO, lis->wild);

		/* long messages are cut into fragments on their way */
		err |= set(lis->fd, IPPROTO_IP, IP_MTU_DISCOVER,
			   IP_PMTUDISC_DONT);
	}

	return err ? EINVAL : 0;
}


int sx_udp_listen(struct sx_listener *lis, const struct sa *laddr)
{
	struct sx *sx = lis->sx;
	int given, err;

	if (!sx->batch) {
		sx->batch = batch_alloc();
		if (!sx->batch)
			return ENOMEM;
	}

	given	= sx_given_take(SOCK_DGRAM, laddr);
	lis->fd = given;
	if (given < 0)
		lis->fd = socket(sa_af(laddr),
				 SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				 0);
	if (lis->fd < 0)
		return errno;

	err = options_set(lis, sa_af(laddr));
	if (err)
		return err;

	if (given < 0 && bind(lis->fd, &laddr->u.sa, laddr->len) < 0)
		return errno;

	return sx_udp_read(lis);
}


int sx_udp_read(struct sx_listener *lis)
{
	return fd_listen(lis->fd, FD_READ | FD_EXCEPT, read_handler, lis);
}


/* Say from which of our addresses a wildcard socket sends */
static void source_set(struct msghdr *m, const struct sa *src)
{
	struct cmsghdr *c = m->msg_control;

	if (sa_af(src) == AF_INET6) {
		struct in6_pktinfo info = {
			.ipi6_addr    = src->u.in6.sin6_addr,
			.ipi6_ifindex = src->u.in6.sin6_scope_id,
		};

		c->cmsg_level     = IPPROTO_IPV6;
		c->cmsg_type      = IPV6_PKTINFO;
		c->cmsg_len       = CMSG_LEN(sizeof(info));
		m->msg_controllen = CMSG_SPACE(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	}
	else {
		struct in_pktinfo info = {.ipi_spec_dst = src->u.in.sin_addr};

		c->cmsg_level     = IPPROTO_IP;
		c->cmsg_type      = IP_PKTINFO;
		c->cmsg_len       = CMSG_LEN(sizeof(info));
		m->msg_controllen = CMSG_SPACE(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	}
}


int sx_udp_send(struct sx_listener *lis, const struct sa *src,
		const struct sa *dst, const void *p, size_t n)
{
	_Alignas(struct cmsghdr) uint8_t ctrl[CTRL] = {0};
	struct sa to     = *dst;
	struct iovec iov = {(void *)(uintptr_t)p, n};
	struct msghdr m  = {.msg_name    = &to.u,
			    .msg_namelen = to.len,
			    .msg_iov     = &iov,
			    .msg_iovlen  = 1};
	int err = 0;

	if (lis->wild && src && sa_isset(src, SA_ADDR)) {
		m.msg_control    = ctrl;
		m.msg_controllen = sizeof(ctrl);
		source_set(&m, src);
	}

	sx_trace(lis->sx, true, SX_UDP, src ? src : &lis->addr, dst, p, n);

	for (unsigned i = 0; i < TRIES; i++) {

		if (sendmsg(lis->fd, &m, MSG_NOSIGNAL) >= 0)
			return 0;

		err = errno;

		/* the error of an earlier datagram? */
		if (!is_transport_error(err) && err != EINTR)
			break;
	}

	/* a full buffer loses the datagram as the network may, too */
	if (err == EAGAIN || err == ENOBUFS) {
		count_inc(COUNT_SIP_SEND_ERR);
		return 0;
	}

	return err;
}
