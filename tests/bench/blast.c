/**
 * @file tests/bench/blast.c  A flood of datagrams
 *
 *   blast --kind KIND --target PORT --rate PPS --seconds S
 *       --sources N   forged, each datagram from the next of 127.9.0.1 ...
 *       --last PORT   kind rtp: all ports from target to this one
 *
 * KIND is a method, "response", "garbage" or "rtp".  Prints what went and what
 * came back.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/rand.h"
#include "tests/bench/bench.h"

enum { BATCH = 32, SIZE = 1400 };

static struct {
	uint64_t target, last, rate, seconds, sources;
	const char *kind;
} opt = {.rate = 1000, .seconds = 1, .sources = 1, .kind = "REGISTER"};

struct dgram {
	uint8_t data[SIZE];
	struct iovec iov;
	struct sockaddr_in to;
	_Alignas(struct cmsghdr) uint8_t
		ctrl[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static struct dgram dgramv[BATCH];
static struct mmsghdr msgv[BATCH];
static uint64_t serial, sent, bytes, back, back_bytes;

static const char sdp[] =
	"v=0\r\no=- 1 1 IN IP4 127.9.9.9\r\ns=-\r\nc=IN IP4 127.9.9.9\r\n"
	"t=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";


static uint32_t source(void)
{
	return 0x7f090001u + (uint32_t)(serial % opt.sources);
}


static size_t print_sip(uint8_t *p, uint16_t port)
{
	const bool invite = !strcmp(opt.kind, "INVITE");
	struct in_addr a  = {htonl(source())};
	struct sa src;

	sa_set_in(&src, ntohl(a.s_addr), port);

	return (size_t)re_snprintf(
		(char *)p, SIZE,
		"%s sip:%llu@127.0.0.1 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP %J;branch=z9hG4bK%016llx;rport\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:u%llu@127.0.0.1>;tag=%llx\r\n"
		"To: <sip:u%llu@127.0.0.1>\r\nCall-ID: %016llx@blast\r\n"
		"CSeq: 1 %s\r\nContact: <sip:u@%J>\r\nEvent: presence\r\n"
		"User-Agent: telephone\r\n%sContent-Length: %u\r\n\r\n%s",
		opt.kind, serial % 9000, &src, serial, serial % 99999, serial,
		serial % 99999, serial, opt.kind, &src,
		invite ? "Content-Type: application/sdp\r\n" : "",
		invite ? (unsigned)(sizeof(sdp) - 1) : 0u, invite ? sdp : "");
}


static size_t print_response(uint8_t *p)
{
	return (size_t)re_snprintf(
		(char *)p, SIZE,
		"SIP/2.0 200 OK\r\n"
		"Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK%016llx\r\n"
		"From: <sip:a@b>;tag=%llu\r\nTo: <sip:a@b>;tag=1\r\n"
		"Call-ID: %llu\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
		serial, serial, serial);
}


static size_t print_rtp(uint8_t *p)
{
	const uint16_t seq = htons((uint16_t)serial);
	const uint32_t ts  = htonl((uint32_t)serial * 160);

	memset(p, 0, 172);
	p[0] = 0x80;
	memcpy(p + 2, &seq, 2);
	memcpy(p + 4, &ts, 4);
	memcpy(p + 8, "evil", 4);

	return 172;
}


static size_t fill(struct dgram *d, uint16_t port)
{
	uint32_t size;

	if (!strcmp(opt.kind, "response"))
		return print_response(d->data);
	if (!strcmp(opt.kind, "rtp"))
		return print_rtp(d->data);
	if (strcmp(opt.kind, "garbage"))
		return print_sip(d->data, port);

	size = 1 + rand_below(SIZE);
	rand_fill(d->data, size);

	return size;
}


static void make(size_t i, uint16_t port)
{
	struct dgram *d = &dgramv[i];
	struct msghdr *m = &msgv[i].msg_hdr;
	const uint64_t span = opt.last > opt.target
				      ? opt.last - opt.target + 1 : 1;
	struct in_pktinfo info = {0};
	struct cmsghdr *c;

	d->iov.iov_base = d->data;
	d->iov.iov_len  = fill(d, port);
	d->to = loopback((uint16_t)(opt.target + serial % span));
	*m    = (struct msghdr){.msg_name    = &d->to,
				.msg_namelen = sizeof(d->to),
				.msg_iov     = &d->iov,
				.msg_iovlen  = 1,
				.msg_control = d->ctrl,
				.msg_controllen = sizeof(d->ctrl)};

	info.ipi_spec_dst.s_addr = htonl(source());
	c             = CMSG_FIRSTHDR(m);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type  = IP_PKTINFO;
	c->cmsg_len   = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	++serial;
}


static void drain(int fd)
{
	uint8_t buf[2048];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) != -1) {
		++back;
		back_bytes += (uint64_t)n;
	}
}


static void send_batch(int fd, uint16_t port, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		make(i, port);

	for (unsigned i = 0; i < n;) {
		const int k = sendmmsg(fd, &msgv[i], n - i, 0);

		if (k <= 0) {
			++i;   /* nobody has that port */
			continue;
		}

		for (int j = 0; j < k; j++)
			bytes += msgv[i + (unsigned)j].msg_len;
		sent += (uint64_t)k;
		i += (unsigned)k;
	}
}


static int open_any(void)
{
	const struct sockaddr_in any = {.sin_family = AF_INET};
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(any)))
		die("no socket");

	return fd;
}


int main(int argc, char **argv)
{
	const struct bench_opt opts[] = {
		{.name = "kind", .str = &opt.kind},
		{.name = "target", .num = &opt.target},
		{.name = "last", .num = &opt.last},
		{.name = "rate", .num = &opt.rate},
		{.name = "seconds", .num = &opt.seconds},
		{.name = "sources", .num = &opt.sources},
	};
	uint64_t begin, end;
	uint16_t port;
	int fd;

	bench_opts(argc, argv, opts, ARRAY_SIZE(opts));
	if (!opt.target || !opt.rate || !opt.sources)
		die("nothing to do");

	fd    = open_any();
	port  = udp_port(fd);
	begin = now_ns();
	end   = begin + opt.seconds * NS_S;

	for (uint64_t now = begin; now < end; now = now_ns()) {
		const uint64_t due = (now - begin) / NS_US * opt.rate / 1000000;

		drain(fd);
		if (due > serial)
			send_batch(fd, port, due - serial < BATCH
						     ? (unsigned)(due - serial)
						     : BATCH);
		else
			(void)usleep(200);
	}

	(void)usleep(300000);
	drain(fd);
	say("sent", (double)sent);
	say("bytes", (double)bytes);
	say("back", (double)back);
	say("back_bytes", (double)back_bytes);

	return 0;
}
