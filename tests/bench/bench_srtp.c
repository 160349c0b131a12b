/**
 * @file tests/bench/bench_srtp.c  What it costs to protect a packet
 *
 *   bench_srtp [--count 200000] [--contexts 500]
 *
 * 20 ms of G.711.  The cipher alone: sealed by one context and opened by
 * another, by ours and by libsrtp2 if it was there at the build, for one call
 * and for many at a time.  Then a packet on its whole way through a stream to
 * the partner's socket, plain and with SRTP on both sides.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "media/rtp.h"
#include "media/srtp.h"
#include "media/stream.h"
#include "tests/bench/bench.h"

#ifdef HAVE_SRTP2
#include <srtp2/srtp.h>
#endif

enum {
	LEN  = PKT_HDR + 160,
	ROOM = LEN + 144, /* libsrtp2 wants that much */
	PART = 5000,      /* packets made at a time */
};

static uint64_t count = 200000, contexts = 500;
static uint8_t pkts[PART][ROOM];
static struct chan *up;


static struct media_key key_of(uint64_t n)
{
	struct media_key key = {.mki_len = 0};

	memcpy(key.key, &n, sizeof(n));
	return key;
}


static void frame(uint8_t *p, uint16_t seq, uint32_t ssrc)
{
	memset(p, 0x55, LEN);
	p[0] = 0x80;
	p[1] = 0;
	put_be16(p + 2, seq);
	put_be32(p + 4, seq * 160u);
	put_be32(p + 8, ssrc);
}


/* --- the cipher ---------------------------------------------------------- */

struct pair {
	struct seal *tx, *rx;
#ifdef HAVE_SRTP2
	srtp_t ref_tx, ref_rx;
#endif
	uint16_t seq;
};


static void ours(struct pair *v, size_t n, size_t i, bool open)
{
	const struct pair *p = &v[i % n];
	size_t len	     = open ? LEN + 10 : LEN;

	if ((open ? unseal_rtp(p->rx, pkts[i], &len)
		  : seal_rtp(p->tx, pkts[i], pkts[i], &len)) != DROP_NONE)
		die("a packet was refused");
}


#ifdef HAVE_SRTP2
static void theirs(struct pair *v, size_t n, size_t i, bool open)
{
	const struct pair *p = &v[i % n];
	int len		     = open ? LEN + 10 : LEN;

	if (open ? srtp_unprotect(p->ref_rx, pkts[i], &len)
		 : srtp_protect(p->ref_tx, pkts[i], &len))
		die("libsrtp2 refused a packet");
}


static srtp_t ref_make(uint64_t n, bool in)
{
	struct media_key key = key_of(n);
	srtp_policy_t pol;
	srtp_t ref;

	memset(&pol, 0, sizeof(pol));
	srtp_crypto_policy_set_rtp_default(&pol.rtp);
	srtp_crypto_policy_set_rtcp_default(&pol.rtcp);
	pol.ssrc.type	= in ? ssrc_any_inbound : ssrc_any_outbound;
	pol.key		= key.key;
	pol.window_size = SEAL_WINDOW;
	if (srtp_create(&ref, &pol))
		die("no context of libsrtp2");

	return ref;
}
#endif


typedef void(work_h)(struct pair *v, size_t n, size_t i, bool open);


/* CPU of sealing and opening a packet in [ns], spread over n calls */
static double cost(struct pair *v, size_t n, work_h *work)
{
	uint64_t done = 0, ns = 0;

	for (size_t i = 0; i < n; i++)
		v[i].seq = 0;

	while (done < count) {
		uint64_t t;

		for (size_t i = 0; i < PART; i++)
			frame(pkts[i], v[i % n].seq++, 7);

		t = cpu_thread_ns();
		for (size_t i = 0; i < PART; i++)
			work(v, n, i, false);
		for (size_t i = 0; i < PART; i++)
			work(v, n, i, true);
		ns += cpu_thread_ns() - t;
		done += PART;
	}

	return (double)ns / (double)done;
}


static void ciphers(void)
{
	struct pair *v = calloc(contexts, sizeof(*v));

	if (!v)
		die("no memory");

	for (uint64_t i = 0; i < contexts; i++) {
		const struct media_key key = key_of(i);

		if (seal_alloc(&v[i].tx, MEDIA_AES_CM_80, &key) ||
		    seal_alloc(&v[i].rx, MEDIA_AES_CM_80, &key))
			die("no context");
	}

	say("seal_open_ns", cost(v, 1, ours));
	say("seal_open_many_ns", cost(v + 1, contexts - 1, ours));

	for (uint64_t i = 0; i < contexts; i++) {
		mem_deref(v[i].tx);
		mem_deref(v[i].rx);
	}

#ifdef HAVE_SRTP2
	if (srtp_init())
		die("libsrtp2 does not start");
	v[0].ref_tx = ref_make(0, false);
	v[0].ref_rx = ref_make(0, true);
	say("libsrtp2_ns", cost(v, 1, theirs));

	for (uint64_t i = 1; i < contexts; i++) {
		v[i].ref_tx = ref_make(i, false);
		v[i].ref_rx = ref_make(i, true);
	}
	say("libsrtp2_many_ns", cost(v + 1, contexts - 1, theirs));
	for (uint64_t i = 0; i < contexts; i++) {
		(void)srtp_dealloc(v[i].ref_tx);
		(void)srtp_dealloc(v[i].ref_rx);
	}
#endif
	free(v);
}


/* --- the whole way ------------------------------------------------------- */

static void up_handler(struct chan_msg *msg, void *arg)
{
	(void)arg;
	mem_deref(msg);
}


static int udp(struct sa *sa)
{
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || sa_set_str(sa, "127.0.0.1", 0) ||
	    bind(fd, &sa->u.sa, sa->len))
		die("no socket");
	sa->len = sizeof(sa->u);
	if (getsockname(fd, &sa->u.sa, &sa->len))
		die("no address");

	return fd;
}


/* A stream with sockets, whose peer is at `peer` */
static struct stream *stream_of(media_id id, const struct sa *peer,
				enum media_suite suite)
{
	struct media_flow flow = {
		.sdp_rtp = *peer, .sip_src = *peer, .authenticated = true,
		.send = true, .recv = true, .codec = MEDIA_PCMU,
		.ptime_ms = 20, .suite = suite,
		.key_rx = key_of(2 * id), .key_tx = key_of(2 * id + 1),
	};
	struct stats_box *box = stats_box_alloc();
	struct port_pair pair;
	struct stream *s;
	struct sa local;

	pair.rtp  = udp(&local);
	pair.port = sa_port(&local);
	pair.rtcp = udp(&local);
	if (!box || stream_alloc(&s, id, &pair, box, up))
		die("no stream");
	stats_box_unref(box);
	stream_set_flow(s, &flow, clock_us());

	return s;
}


/* CPU of a packet that is relayed in [ns] */
static double relayed(enum media_suite suite)
{
	const struct media_key key = key_of(2);
	uint64_t done = 0, ns = 0, now = clock_us();
	struct sa one, other;
	const int fd1 = udp(&one), fd2 = udp(&other);
	struct stream *a = stream_of(1, &one, suite);
	struct stream *b = stream_of(2, &other, suite);
	struct seal *tx = NULL;
	uint16_t seq = 0;

	if (suite != MEDIA_CLEAR && seal_alloc(&tx, suite, &key))
		die("no context");
	stream_bridge(a, b);

	while (done < count / 4) {
		size_t len[PART];
		uint64_t t;

		for (size_t i = 0; i < PART; i++) {
			frame(pkts[i], seq++, 7);
			len[i] = LEN;
			if (tx && seal_rtp(tx, pkts[i], pkts[i], &len[i]) !=
					  DROP_NONE)
				die("a packet was refused");
		}

		t = cpu_thread_ns();
		for (size_t i = 0; i < PART; i++)
			stream_recv(a, pkts[i], len[i], &one, now += 20000);
		ns += cpu_thread_ns() - t;
		done += PART;
	}

	if (b->tx.packets != done)
		die("%llu of %llu packets were relayed",
		    (unsigned long long)b->tx.packets,
		    (unsigned long long)done);

	stream_close(a, now);
	stream_close(b, now);
	(void)chan_poll(up);
	mem_deref(tx);
	(void)close(fd1);
	(void)close(fd2);

	return (double)ns / (double)done;
}


int main(int argc, char *argv[])
{
	const struct bench_opt opts[] = {
		{"count", &count, NULL, NULL},
		{"contexts", &contexts, NULL, NULL},
	};

	bench_opts(argc, argv, opts, ARRAY_SIZE(opts));
	if (contexts < 2)
		die("--contexts is 2 or more");
	if (libre_init() || chan_alloc(&up, 0, up_handler, NULL))
		die("libre does not start");

	ciphers();
	say("relay_plain_ns", relayed(MEDIA_CLEAR));
	say("relay_srtp_ns", relayed(MEDIA_AES_CM_80));

	mem_deref(up);
	libre_close();

	return 0;
}
