/**
 * @file tests/bench/load_rtp.c  The audio of the calls, and what it meets
 *
 * Every 20 ms each side of a call sends 160 bytes of mu-law that carry the
 * time at which they left; the streams are spread evenly over the 20 ms.
 * What comes back is timed by the kernel's own stamp, so that our own delay in
 * reading does not count.  A few sockets serve all calls.
 */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <time.h>
#include "tests/bench/load.h"

enum {
	SOCKS	= 4, /* on each side */
	BATCH	= 16,
	PAYLOAD = 160,
	TICK_NS = 20 * NS_MS,
	MARK	= 0x5d5a3c91,
};

struct __attribute__((packed)) packet {
	uint8_t vpxcc, mpt;
	uint16_t seq;
	uint32_t ts, ssrc;
	/* payload */
	uint32_t mark;
	uint32_t measured; /* sent in the window */
	uint64_t wall_ns;
	uint8_t fill[PAYLOAD - 16];
};

_Static_assert(sizeof(struct packet) == 12 + PAYLOAD, "no holes");

struct lane {
	struct source src;
	uint16_t port;
	struct packet pkt[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_in to[BATCH];
	struct mmsghdr msg[BATCH];
	unsigned n;
};

static struct lane lanes[2][SOCKS];
static uint64_t begin_ns, turn; /* turn: stream and round in one number */


uint16_t load_rtp_port(uint32_t no, unsigned side)
{
	return lanes[side][no % SOCKS].port;
}


/* --- coming --------------------------------------------------------------- */

static uint64_t stamp_of(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct timespec ts;

		if (c->cmsg_level != SOL_SOCKET ||
		    c->cmsg_type != SO_TIMESTAMPNS)
			continue;

		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		return (uint64_t)ts.tv_sec * NS_S + (uint64_t)ts.tv_nsec;
	}

	return 0;
}


static void look(struct load *l, const struct packet *p, size_t n,
		 uint64_t stamp)
{
	l->heard += l->in_window;
	if (n != sizeof(*p) || p->mark != MARK || !p->measured)
		return;

	++l->rtp_back;
	if (stamp > p->wall_ns)
		hist_add(&l->delay, stamp - p->wall_ns);
}


static void rtp_read(struct load *l, struct source *src)
{
	static struct packet pkt[32];
	static uint8_t ctl[32][64];
	struct mmsghdr msgv[32];
	struct iovec iov[32];
	int n;

	memset(msgv, 0, sizeof(msgv));
	for (size_t i = 0; i < ARRAY_SIZE(msgv); i++) {
		struct msghdr *m = &msgv[i].msg_hdr;

		iov[i]		  = (struct iovec){&pkt[i], sizeof(pkt[i])};
		m->msg_iov	  = &iov[i];
		m->msg_iovlen	  = 1;
		m->msg_control	  = ctl[i];
		m->msg_controllen = sizeof(ctl[i]);
	}

	n = recvmmsg(src->fd, msgv, ARRAY_SIZE(msgv), MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		look(l, &pkt[i], msgv[i].msg_len, stamp_of(&msgv[i].msg_hdr));
}


/* --- going ---------------------------------------------------------------- */

static void flush(struct load *l, struct lane *lane)
{
	const uint64_t wall = wall_ns();
	int n;

	for (unsigned i = 0; i < lane->n; i++) {
		lane->pkt[i].wall_ns  = wall;
		lane->pkt[i].measured = l->in_window;
	}

	n = sendmmsg(lane->src.fd, lane->msg, lane->n, MSG_NOSIGNAL);
	if (l->in_window && n > 0)
		l->rtp_sent += (uint64_t)n;
	lane->n = 0;
}


static void put(struct load *l, uint32_t no, unsigned side, uint64_t round)
{
	struct lane *lane = &lanes[side][no % SOCKS];
	struct packet *p;

	if (lane->n == BATCH)
		flush(l, lane);

	p	 = &lane->pkt[lane->n];
	p->vpxcc = 0x80;
	p->seq	 = htons((uint16_t)round);
	p->ts	 = htonl((uint32_t)round * PAYLOAD);
	p->ssrc	 = htonl(0x10000u + 2 * no + side);
	p->mark	 = MARK;
	lane->to[lane->n++] = loopback(l->callv[no].rtp[side]);
}


void load_rtp_send(struct load *l, uint64_t now)
{
	const uint64_t streams = 2 * l->calls;

	if (!begin_ns)
		begin_ns = now;

	/* far too late: leave rounds out, or we never come to read */
	while (begin_ns + (turn / streams + 4) * TICK_NS < now) {
		turn += streams;
		l->skipped += l->in_window;
	}

	for (;; turn++) {
		const uint64_t s     = turn % streams;
		const uint32_t no    = (uint32_t)(s / 2);
		const struct call *c = &l->callv[no];
		const uint64_t due   = begin_ns + turn / streams * TICK_NS +
				       s * TICK_NS / streams;
		if (due > now)
			break;
		if (l->in_window)
			hist_add(&l->late, now - due);
		if (c->state == CALL_UP && c->rtp[s & 1])
			put(l, no, s & 1, turn / streams);
	}

	for (unsigned side = 0; side < 2; side++) {
		for (unsigned i = 0; i < SOCKS; i++) {
			if (lanes[side][i].n)
				flush(l, &lanes[side][i]);
		}
	}
}


static void lane_open(struct load *l, struct lane *lane, unsigned side)
{
	const int on = 1;

	lane->src.fd   = udp_socket(0);
	lane->src.h    = rtp_read;
	lane->src.side = side;
	lane->port     = udp_port(lane->src.fd);
	if (setsockopt(lane->src.fd, SOL_SOCKET, SO_TIMESTAMPNS, &on,
		       sizeof(on)))
		die("no time stamps: %s", strerror(errno));

	for (unsigned i = 0; i < BATCH; i++) {
		struct msghdr *m = &lane->msg[i].msg_hdr;

		memset(&lane->pkt[i], 0xd5, sizeof(lane->pkt[i]));
		lane->pkt[i].mpt = 0;
		lane->iov[i] = (struct iovec){&lane->pkt[i],
					      sizeof(lane->pkt[i])};
		m->msg_iov     = &lane->iov[i];
		m->msg_iovlen  = 1;
		m->msg_name    = &lane->to[i];
		m->msg_namelen = sizeof(lane->to[i]);
	}

	load_watch(l, &lane->src);
}


void load_rtp_open(struct load *l)
{
	for (unsigned side = 0; side < 2; side++) {
		for (unsigned i = 0; i < SOCKS; i++)
			lane_open(l, &lanes[side][i], side);
	}
}
