/**
 * @file media/port.c  Pairs of UDP ports for RTP and RTCP
 *
 * The free pairs stand in an array; one is drawn by swapping a random element
 * to the end.  Used pairs wait in a ring in the order of their return, which
 * is the order in which their rest ends.  A pair that another program holds is
 * left out of the draw and tried again another time.
 */
#include "media/port.h"
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/rand.h"


enum { BIND_TRIES = 100 };

struct resting {
	uint64_t until_us;
	uint16_t port;
};

struct ports {
	uint16_t *freev;      /* RTP ports that can be drawn */
	size_t freec;
	struct resting *ring; /* room for all */
	size_t head, resting;
	size_t size;          /* pairs in the range */
	uint32_t rest_ms;
	uint32_t gen;
};


static void destructor(void *arg)
{
	struct ports *p = arg;

	mem_deref(p->freev);
	mem_deref(p->ring);
}


int ports_alloc(struct ports **pp)
{
	if (!pp)
		return EINVAL;

	*pp = mem_zalloc(sizeof(**pp), destructor);

	return *pp ? 0 : ENOMEM;
}


static size_t pairs_in(uint16_t min, uint16_t max)
{
	const unsigned first = min + (min & 1u);

	return first && first < max ? (max - first + 1u) / 2 : 0;
}


int ports_range(struct ports *p, uint16_t min, uint16_t max, uint32_t rest_ms)
{
	const size_t n = pairs_in(min, max);
	struct resting *ring;
	uint16_t *freev;

	if (!p || !n)
		return EINVAL;

	freev = mem_alloc(n * sizeof(*freev), NULL);
	ring  = mem_zalloc(n * sizeof(*ring), NULL);
	if (!freev || !ring) {
		mem_deref(freev);
		mem_deref(ring);
		return ENOMEM;
	}

	/* what is in use fails to bind until it is closed */
	for (size_t i = 0; i < n; i++)
		freev[i] = (uint16_t)(min + (min & 1u) + 2 * i);

	mem_deref(p->freev);
	mem_deref(p->ring);
	p->freev   = freev;
	p->freec   = n;
	p->ring    = ring;
	p->head    = 0;
	p->resting = 0;
	p->size    = n;
	p->rest_ms = rest_ms;
	++p->gen;

	return 0;
}


static void wake_rested(struct ports *p, uint64_t now_us)
{
	while (p->resting && p->ring[p->head].until_us <= now_us) {
		p->freev[p->freec++] = p->ring[p->head].port;
		p->head = (p->head + 1) % p->size;
		--p->resting;
	}
}


static int sock_open(int *fdp, const struct sa *laddr, uint16_t port,
		     uint8_t tos)
{
	struct sa sa     = *laddr;
	const int on     = 1, v = tos;
	const bool is_v6 = sa_af(laddr) == AF_INET6;
	int fd, err = 0;

	sa_set_port(&sa, port);

	fd = socket(sa_af(laddr), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    IPPROTO_UDP);
	if (fd < 0)
		return errno == ENFILE ? EMFILE : errno;

	if (is_v6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		err = errno;

	/* marking is a wish: without it the call works as well */
	if (tos)
		(void)setsockopt(fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
				 is_v6 ? IPV6_TCLASS : IP_TOS, &v, sizeof(v));

	if (!err && bind(fd, &sa.u.sa, sa.len))
		err = errno;

	if (err)
		(void)close(fd);
	else
		*fdp = fd;

	return err;
}


void port_pair_close(struct port_pair *pair)
{
	if (!pair || !pair->port)
		return;

	if (pair->rtp >= 0)
		(void)close(pair->rtp);
	if (pair->rtcp >= 0)
		(void)close(pair->rtcp);

	pair->rtp  = -1;
	pair->rtcp = -1;
}


static int pair_bind(struct port_pair *pair, const struct sa *laddr,
		     uint8_t tos)
{
	int err;

	pair->rtp  = -1;
	pair->rtcp = -1;

	err = sock_open(&pair->rtp, laddr, pair->port, tos);
	if (err)
		return err;

	err = sock_open(&pair->rtcp, laddr, (uint16_t)(pair->port + 1), tos);
	if (err)
		port_pair_close(pair);

	return err;
}


/* Move element i to the end and make the array one shorter */
static uint16_t draw(struct ports *p, size_t i)
{
	const uint16_t port = p->freev[i];

	p->freev[i]        = p->freev[--p->freec];
	p->freev[p->freec] = port;

	return port;
}


int ports_open(struct ports *p, struct port_pair *pair, const struct sa *laddr,
	       uint8_t tos, uint64_t now_us)
{
	size_t drawn = 0;
	int err      = EMFILE;

	if (!p || !pair || !laddr)
		return EINVAL;

	wake_rested(p, now_us);
	memset(pair, 0, sizeof(*pair));

	/* what is drawn gathers behind freec */
	while (p->freec && drawn < BIND_TRIES) {
		pair->port = draw(p, rand_below((uint32_t)p->freec));
		pair->gen  = p->gen;
		++drawn;

		err = pair_bind(pair, laddr, tos);
		if (err != EADDRINUSE && err != EACCES)
			break;

		err = EMFILE;
	}

	if (!err) {
		/* keep the last one, the busy ones come back */
		p->freev[p->freec] = p->freev[p->freec + --drawn];
	}
	else {
		memset(pair, 0, sizeof(*pair));
		pair->rtp  = -1;
		pair->rtcp = -1;
	}

	p->freec += drawn;

	return err;
}


/* The last quarter of the descriptors is for calls */
static bool is_scarce(int fd)
{
	struct rlimit lim;

	return !getrlimit(RLIMIT_NOFILE, &lim) &&
	       (rlim_t)fd >= lim.rlim_cur - lim.rlim_cur / 4;
}


static int set_share(int fd, bool on)
{
	const int v = on;

	return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &v, sizeof(v)) ? errno
								       : 0;
}


/* The same type of service as the pair's socket has */
static void copy_tos(int to, int from, int af)
{
	const bool is_v6 = af == AF_INET6;
	const int level  = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	const int name   = is_v6 ? IPV6_TCLASS : IP_TOS;
	socklen_t len    = sizeof(int);
	int v            = 0;

	if (!getsockopt(from, level, name, &v, &len) && v)
		(void)setsockopt(to, level, name, &v, sizeof(v));
}


/* Two of our sockets share the port for as long as it takes to bind the
 * second one; before and after nobody else can have it */
static int bind_beside(int fd, int first)
{
	struct sa sa = {.len = sizeof(sa.u)};
	int err;

	if (getsockname(first, &sa.u.sa, &sa.len))
		return errno;

	err = set_share(first, true);
	if (!err)
		err = set_share(fd, true);
	if (!err && bind(fd, &sa.u.sa, sa.len))
		err = errno;

	(void)set_share(first, false);
	(void)set_share(fd, false);

	return err;
}


int port_connect(int *fdp, const struct port_pair *pair,
		 const struct sa *peer)
{
	const int on = 1;
	int fd, err = 0;

	if (!fdp || !pair || pair->rtp < 0 || !peer)
		return EINVAL;

	fd = socket(sa_af(peer), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    IPPROTO_UDP);
	if (fd < 0)
		return errno == ENFILE ? EMFILE : errno;

	if (is_scarce(fd))
		err = EMFILE;
	else if (sa_af(peer) == AF_INET6 &&
		 setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		err = errno;

	copy_tos(fd, pair->rtp, sa_af(peer));
	if (!err)
		err = bind_beside(fd, pair->rtp);
	if (!err && connect(fd, &peer->u.sa, peer->len))
		err = errno;

	if (err)
		(void)close(fd);
	else
		*fdp = fd;

	return err;
}


void ports_rest(struct ports *p, const struct port_pair *pair,
		uint64_t now_us)
{
	struct resting *r;

	/* a pair of a range that is no longer ours is forgotten */
	if (!p || !pair || !pair->port || pair->gen != p->gen ||
	    p->resting == p->size)
		return;

	r = &p->ring[(p->head + p->resting++) % p->size];
	r->port     = pair->port;
	r->until_us = now_us + (uint64_t)p->rest_ms * 1000u;
}


size_t ports_free(struct ports *p, uint64_t now_us)
{
	if (!p)
		return 0;

	wake_rested(p, now_us);

	return p->freec;
}
