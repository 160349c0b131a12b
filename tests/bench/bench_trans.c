/**
 * @file tests/bench/bench_trans.c  CPU of a transaction, both ends
 *
 * Two stacks in one loop on 127.0.0.1: one sends OPTIONS, at most WINDOW at a
 * time, the other answers 200.  The floor sends the same bytes to and fro
 * between two sockets with the system calls alone.
 */
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/timer.h"
#include "sip/sip.h"
#include "tests/bench/bench.h"

enum { WINDOW = 16, ID_LEN = 9 };

static struct run {
	struct sx *uac, *uas;
	struct sx_target dst;
	uint64_t sent, done, failed, total;
	struct mbuf *rest; /* of the request, behind Via */
	char *id;	   /* in it: its number in the Call-ID */
	size_t req_len, resp_len;
} run;


/* --- ours ----------------------------------------------------------------- */

static void request_handler(struct sx_strans *st, const struct sx_msg *msg,
			    void *arg)
{
	(void)msg;
	(void)arg;
	if (st)
		(void)sx_reply(st, 200, NULL, "Allow: INVITE, OPTIONS\r\n");
}


static void send_next(void);


static void response_handler(int err, const struct sx_msg *msg, void *arg)
{
	(void)arg;
	if (err || msg->scode != 200)
		++run.failed;
	if (++run.done == run.total)
		re_cancel();
	else
		send_next();
}


static void send_next(void)
{
	if (run.sent == run.total)
		return;

	++run.sent;
	for (char *c = run.id + ID_LEN; c-- > run.id && ++*c > '9';)
		*c = '0';

	run.rest->pos = 0;
	if (sx_request(NULL, run.uac, &run.dst, SX_OPTIONS, "sip:b@127.0.0.1",
		       run.rest, response_handler, NULL))
		die("a request could not be sent");
}


static void trace(bool tx, enum sx_tp tp, const struct sa *local,
		  const struct sa *peer, const uint8_t *p, size_t n, void *arg)
{
	(void)tp;
	(void)local;
	(void)peer;
	(void)arg;
	if (tx)
		*(p[0] == 'O' ? &run.req_len : &run.resp_len) = n;
}


static void open_stacks(void)
{
	const struct sx_params prm = {
		.t1_ms = 500, .timer_b_ms = 32000, .timer_c_ms = 180000,
		.agent = "bench", .max_strans = 1000000, .max_conns = 8,
		.max_conns_ip = 8, .auth_timeout_ms = 30000,
		.idle_ms = 900000,
	};
	struct sx_listener *lis;
	struct sa any;

	(void)sa_set_str(&any, "127.0.0.1", 0);
	if (sx_alloc(&run.uac, &prm, request_handler, NULL) ||
	    sx_alloc(&run.uas, &prm, request_handler, NULL) ||
	    sx_listen(run.uac, NULL, SX_UDP, &any) ||
	    sx_listen(run.uas, &lis, SX_UDP, &any))
		die("no stack");

	run.dst.tp  = SX_UDP;
	run.dst.dst = *sx_listener_addr(lis);
	run.rest    = mbuf_alloc(512);
	(void)mbuf_write_str(run.rest,
			     "Max-Forwards: 70\r\n"
			     "From: <sip:a@127.0.0.1>;tag=1\r\n"
			     "To: <sip:b@127.0.0.1>\r\n"
			     "Call-ID: 000000000@127.0.0.1\r\n"
			     "CSeq: 1 OPTIONS\r\n"
			     "Contact: <sip:a@127.0.0.1>\r\n"
			     "Accept: application/sdp\r\n"
			     "Content-Length: 0\r\n\r\n");

	struct pl id;

	if (re_regex((char *)run.rest->buf, run.rest->end, "Call-ID: [0-9]+",
		     &id) || id.l != ID_LEN)
		die("no Call-ID");
	run.id = (char *)run.rest->buf + (id.p - (char *)run.rest->buf);
}


/* One message each way first, to learn how long they are */
static void turn(uint64_t n)
{
	run.total = n;
	run.sent = run.done = 0;
	for (unsigned i = 0; i < WINDOW; i++)
		send_next();
	(void)re_main(NULL);
}


static double ours_us(uint64_t n)
{
	const uint64_t t = cpu_thread_ns();

	turn(n);
	return (double)(cpu_thread_ns() - t) / NS_US / (double)n;
}


/* --- floor ---------------------------------------------------------------- */

struct end {
	int fd;
	struct sockaddr_in to;
	size_t len;
	bool serves;
};


static void pass(const struct end *e, uint64_t *sentp, uint64_t *donep,
		 uint64_t n)
{
	static uint8_t buf[2048];
	struct iovec iov = {buf, sizeof(buf)};
	struct sockaddr_in from;
	struct msghdr m = {.msg_name = &from, .msg_namelen = sizeof(from),
			   .msg_iov = &iov, .msg_iovlen = 1};

	if (recvmsg(e->fd, &m, 0) < 0)
		return;
	if (!e->serves && ++*donep && *sentp == n)
		return;

	*sentp += !e->serves;
	m.msg_name    = (void *)&e->to;
	m.msg_namelen = sizeof(e->to);
	iov.iov_len   = e->len;
	(void)sendmsg(e->fd, &m, MSG_NOSIGNAL);
}


static double floor_us(uint64_t n)
{
	struct end ends[2] = {
		{.fd = udp_socket(0), .len = run.req_len},
		{.fd = udp_socket(0), .len = run.resp_len, .serves = true},
	};
	uint64_t sent = WINDOW, done = 0, t;
	struct epoll_event evs[4];
	uint8_t first[2048] = {0};
	int ep		    = epoll_create1(EPOLL_CLOEXEC);

	for (unsigned i = 0; i < 2; i++) {
		struct epoll_event ev = {.events   = EPOLLIN,
					 .data.u32 = i};

		ends[i].to = loopback(udp_port(ends[!i].fd));
		(void)epoll_ctl(ep, EPOLL_CTL_ADD, ends[i].fd, &ev);
	}

	t = cpu_thread_ns();
	for (unsigned i = 0; i < WINDOW; i++)
		(void)sendto(ends[0].fd, first, ends[0].len, 0,
			     (struct sockaddr *)&ends[0].to,
			     sizeof(ends[0].to));
	while (done < n) {
		int k = epoll_wait(ep, evs, 4, 1000);

		if (k <= 0)
			die("the floor lost a packet");
		for (int i = 0; i < k; i++)
			pass(&ends[evs[i].data.u32], &sent, &done, n);
	}
	t = cpu_thread_ns() - t;

	(void)close(ends[0].fd);
	(void)close(ends[1].fd);
	(void)close(ep);

	return (double)t / NS_US / (double)n;
}


int main(int argc, char **argv)
{
	uint64_t n = 10000, rounds = 5;
	const struct bench_opt opts[] = {
		{.name = "count", .num = &n},
		{.name = "rounds", .num = &rounds},
	};
	double ours[32], bare[32];

	bench_opts(argc, argv, opts, ARRAY_SIZE(opts));
	if (!rounds || rounds > ARRAY_SIZE(ours) || n < 2 * WINDOW)
		die("too many rounds, or too few requests");
	if (libre_init() || fd_setsize(1024) || timers_init())
		die("libre");

	open_stacks();
	sx_set_trace(run.uac, trace);
	sx_set_trace(run.uas, trace);
	turn(WINDOW);
	sx_set_trace(run.uac, NULL);
	sx_set_trace(run.uas, NULL);

	for (size_t i = 0; i < rounds; i++) {
		ours[i] = ours_us(n);
		bare[i] = floor_us(n);
	}

	say("request_bytes", (double)run.req_len);
	say("response_bytes", (double)run.resp_len);
	say("failed", (double)run.failed);
	say("transaction_us", median(ours, rounds));
	say("floor_us", median(bare, rounds));

	mem_deref(run.rest);
	mem_deref(run.uac);
	mem_deref(run.uas);
	timers_close();
	libre_close();

	return run.failed ? 1 : 0;
}
