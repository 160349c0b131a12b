/**
 * @file tests/bench/floor.c  The system calls alone: what nothing can beat
 *
 *   floor reflect --port P --uac A --uas B
 *       in place of Tandem's signalling: what comes from port A goes to port B
 *       and the other way round, and each INVITE is answered at once, so that
 *       a call costs six datagrams in and seven out, as it does there
 *   floor relay --port P --count N [--connected]
 *       in place of Tandem's media: N pairs of sockets; what comes in on one
 *       of a pair leaves by the other, to where that one last heard from
 *   floor send --count N --seconds S
 *       packets of 172 bytes from N sockets every 20 ms
 *   floor record --count N --seconds S --path FILE
 *       two streams of mu-law to a stereo WAV, written every 0.5 s
 *
 * The first two print "ready" and run until they are ended.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "tests/bench/bench.h"

enum {
	EVENTS = 64,
	BUF    = 2048,
	PACKET = 172,
	TICK_MS = 20,
};

static uint64_t port = 15060, uac, uas, count = 1, seconds = 1;
static bool connected;
static const char *path = "/tmp/floor.wav";


static int poll_set(void)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep < 0)
		die("epoll: %s", strerror(errno));

	return ep;
}


static void poll_add(int ep, int fd, void *data)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = data};

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev))
		die("epoll_ctl: %s", strerror(errno));
}


static void ready(void)
{
	(void)puts("ready");
	(void)fflush(stdout);
}


/* --- reflect -------------------------------------------------------------- */

static void reflect_one(int fd, const struct sockaddr_in *a,
			const struct sockaddr_in *b)
{
	static const char trying[] = "SIP/2.0 100 Trying\r\n\r\n";
	static uint8_t buf[8192];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n     = recvfrom(fd, buf, sizeof(buf), 0,
				 (struct sockaddr *)&from, &len);

	if (n < 6)
		return;

	if (from.sin_port == a->sin_port && !memcmp(buf, "INVITE", 6))
		(void)sendto(fd, trying, sizeof(trying) - 1, MSG_NOSIGNAL,
			     (const struct sockaddr *)a, sizeof(*a));

	(void)sendto(fd, buf, (size_t)n, MSG_NOSIGNAL,
		     (const struct sockaddr *)(from.sin_port == a->sin_port
						       ? b
						       : a),
		     sizeof(*a));
}


static void reflect(void)
{
	const struct sockaddr_in a = loopback((uint16_t)uac);
	const struct sockaddr_in b = loopback((uint16_t)uas);
	const int fd = udp_socket((uint16_t)port), ep = poll_set();
	struct epoll_event ev;

	poll_add(ep, fd, NULL);
	ready();
	for (;;) {
		if (epoll_wait(ep, &ev, 1, -1) == 1)
			reflect_one(fd, &a, &b);
	}
}


/* --- relay ---------------------------------------------------------------- */

struct side {
	int fd;
	struct side *other;
	struct sockaddr_in peer; /* where it last heard from */
	bool linked;		 /* connect()ed to it */
};


static void learn(struct side *s, const struct sockaddr_in *from)
{
	s->peer = *from;
	if (!connected)
		return;

	s->linked = !connect(s->fd, (const struct sockaddr *)from,
			     sizeof(*from));
}


static void relay_one(struct side *s)
{
	static uint8_t buf[BUF];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	struct side *o = s->other;
	ssize_t n;

	if (s->linked) {
		n = recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT);
	}
	else {
		n = recvfrom(s->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC,
			     (struct sockaddr *)&from, &len);
		if (n > 0 && from.sin_port != s->peer.sin_port)
			learn(s, &from);
	}

	if (n <= 0)
		return;

	if (o->linked)
		(void)send(o->fd, buf, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (o->peer.sin_port)
		(void)sendto(o->fd, buf, (size_t)n,
			     MSG_DONTWAIT | MSG_NOSIGNAL,
			     (struct sockaddr *)&o->peer, sizeof(o->peer));
}


static void relay(void)
{
	struct side *v = mem_zalloc(2 * count * sizeof(*v), NULL);
	struct epoll_event evs[EVENTS];
	const int ep = poll_set();

	if (!v)
		die("no memory");

	for (size_t i = 0; i < 2 * count; i++) {
		v[i].fd	   = udp_socket((uint16_t)(port + i));
		v[i].other = &v[i ^ 1];
		poll_add(ep, v[i].fd, &v[i]);
	}

	ready();
	for (;;) {
		int n = epoll_wait(ep, evs, EVENTS, -1);

		for (int i = 0; i < n; i++)
			relay_one(evs[i].data.ptr);
	}
}


/* --- send ----------------------------------------------------------------- */

static void *sink(void *arg)
{
	const int *fdp = arg;
	uint8_t buf[BUF];
	struct timespec nap = {0, 2 * NS_MS};

	for (;;) {
		if (recv(*fdp, buf, sizeof(buf), 0) < 0)
			(void)nanosleep(&nap, NULL);
	}

	return NULL;
}


static void wait_until(uint64_t ns)
{
	const struct timespec ts = {(time_t)(ns / NS_S), (long)(ns % NS_S)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
		;
}


static void send_all(void)
{
	int *fdv = mem_zalloc(count * sizeof(*fdv), NULL), to = udp_socket(0);
	const struct sockaddr_in dst = loopback(udp_port(to));
	const uint64_t rounds	     = seconds * 1000 / TICK_MS;
	uint8_t buf[PACKET]	     = {0x80};
	uint64_t t, cpu;
	pthread_t tid;

	if (!fdv || pthread_create(&tid, NULL, sink, &to))
		die("no memory");
	for (size_t i = 0; i < count; i++)
		fdv[i] = udp_socket(0);

	t   = now_ns();
	cpu = cpu_thread_ns();
	for (uint64_t r = 0; r < rounds; r++) {
		wait_until(t += TICK_MS * NS_MS);
		for (size_t i = 0; i < count; i++)
			(void)sendto(fdv[i], buf, sizeof(buf), MSG_NOSIGNAL,
				     (const struct sockaddr *)&dst,
				     sizeof(dst));
	}

	say("cpu_ms_per_call_second", (double)(cpu_thread_ns() - cpu) /
					      NS_MS / (double)count /
					      (double)seconds);
}


/* --- record --------------------------------------------------------------- */

enum { HALF_S = 4000 };


static int16_t linear(uint8_t u)
{
	const int v = ~u & 0xff;
	const int a = ((((v & 15) << 3) + 132) << (v >> 4 & 7)) - 132;

	return (int16_t)(v & 0x80 ? -a : a);
}


static void record_half(int fd, const int16_t table[256], const uint8_t *a,
			const uint8_t *b)
{
	static int16_t pcm[2 * HALF_S];

	for (size_t i = 0; i < HALF_S; i++) {
		pcm[2 * i]     = table[a[i]];
		pcm[2 * i + 1] = table[b[i]];
	}

	if (write(fd, pcm, sizeof(pcm)) != (ssize_t)sizeof(pcm))
		die("%s: %s", path, strerror(errno));
}


static void record(void)
{
	static uint8_t a[HALF_S], b[HALF_S];
	int16_t table[256];
	uint64_t cpu;
	int fd;

	for (unsigned i = 0; i < 256; i++)
		table[i] = linear((uint8_t)i);
	for (unsigned i = 0; i < HALF_S; i++) {
		a[i] = (uint8_t)(i * 7);
		b[i] = (uint8_t)(i * 11);
	}

	cpu = cpu_thread_ns();
	for (size_t i = 0; i < count; i++) {
		fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC,
			  0600);
		if (fd < 0)
			die("%s: %s", path, strerror(errno));
		for (uint64_t s = 0; s < 2 * seconds; s++)
			record_half(fd, table, a, b);
		(void)close(fd);
	}
	(void)unlink(path);

	say("cpu_ms_per_call_second", (double)(cpu_thread_ns() - cpu) /
					      NS_MS / (double)count /
					      (double)seconds);
}


int main(int argc, char **argv)
{
	const struct bench_opt opts[] = {
		{.name = "port", .num = &port},
		{.name = "uac", .num = &uac},
		{.name = "uas", .num = &uas},
		{.name = "count", .num = &count},
		{.name = "seconds", .num = &seconds},
		{.name = "connected", .flag = &connected},
		{.name = "path", .str = &path},
	};
	static const struct {
		const char *name;
		void (*run)(void);
	} modes[] = {
		{"reflect", reflect}, {"relay", relay},
		{"send", send_all},   {"record", record},
	};

	if (argc < 2)
		die("which floor?");
	bench_opts(argc - 1, argv + 1, opts, ARRAY_SIZE(opts));
	if (!count || !seconds)
		die("nothing to do");

	files_many();
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (!strcmp(argv[1], modes[i].name)) {
			modes[i].run();
			return 0;
		}
	}

	die("no floor %s", argv[1]);
}
