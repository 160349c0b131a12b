/**
 * @file tests/unit/test_relay.c  Packets from one peer to the other
 *
 * Real media threads and real sockets on 127.x.x.x; what arrives is compared
 * byte by byte.
 */
#include <sched.h>
#include <sys/ioctl.h>
#include "rtp_peer.h"
#include "base/turn.h"
#include "media/codec.h"


static struct got g;


static void bridge_open(struct side *a, struct side *b, enum media_codec ca,
			enum media_codec cb)
{
	side_open(a, "127.0.1.1", 0);
	side_open(b, "127.0.1.2", a->id);
	side_agree(a, ca);
	side_agree(b, cb);
	side_bridge(a, b);
}


static void bridge_close(struct side *a, struct side *b)
{
	side_close(a);
	side_close(b);
}


static uint64_t drops(enum media_drop why)
{
	uint64_t n = 0;

	assert_true(media_drop_get(why, NULL, &n));

	return n;
}


/* Send one frame and get it at the other side */
static void pass(struct side *from, struct side *to, uint8_t pt, uint8_t fill)
{
	peer_send(&from->peer, &from->addr, pt, fill);
	peer_recv(&to->peer, &g);
	assert_true(sa_cmp(&g.src, &to->addr, SA_ALL));
	assert_int_equal(PEER_FRAME, g.pkt.plen);
	for (size_t i = 0; i < PEER_FRAME; i++)
		assert_int_equal(fill, g.pkt.payload[i]);
}


/* --- the plain way ------------------------------------------------------- */

static void test_same_codec_both_ways(void **state)
{
	struct side a, b;
	uint32_t ssrc, ts;
	uint16_t seq;

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMA, MEDIA_PCMA);

	pass(&a, &b, 8, 0x11);
	assert_int_equal(8, g.pkt.pt);
	assert_true(g.pkt.marker);
	assert_int_not_equal(a.peer.ssrc, g.pkt.ssrc);
	ssrc = g.pkt.ssrc;
	seq  = g.pkt.seq;
	ts   = g.pkt.ts;

	/* over the end of the sender's sequence and time */
	for (uint8_t i = 1; i < 20; i++) {
		pass(&a, &b, 8, i);
		assert_int_equal(ssrc, g.pkt.ssrc);
		assert_int_equal((uint16_t)(seq + i), g.pkt.seq);
		assert_int_equal(ts + i * 160u, g.pkt.ts);
		assert_false(g.pkt.marker);
		assert_int_equal(0x80, g.buf[0]);
	}

	pass(&b, &a, 8, 0x22);
	assert_int_not_equal(ssrc, g.pkt.ssrc);
	bridge_close(&a, &b);
}


/* What the sender lost stays a hole for the receiver */
static void test_loss_and_order_stay_visible(void **state)
{
	struct side a, b;
	uint16_t seq;
	uint32_t ts;

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMU, MEDIA_PCMU);
	pass(&a, &b, 0, 1);
	seq = g.pkt.seq;
	ts  = g.pkt.ts;

	a.peer.seq = (uint16_t)(a.peer.seq + 2);
	a.peer.ts += 320;
	pass(&a, &b, 0, 2);
	assert_int_equal((uint16_t)(seq + 3), g.pkt.seq);
	assert_int_equal(ts + 480, g.pkt.ts);

	/* one of the two comes after all */
	a.peer.seq = (uint16_t)(a.peer.seq - 2);
	a.peer.ts -= 320;
	pass(&a, &b, 0, 3);
	assert_int_equal((uint16_t)(seq + 2), g.pkt.seq);
	assert_int_equal(ts + 320, g.pkt.ts);
	bridge_close(&a, &b);
}


static void test_transcoding(void **state)
{
	uint8_t buf[PKT_HDR + 256];
	struct side a, b;
	struct pkt pkt = {.payload = buf + PKT_HDR, .plen = 256, .pt = 0};

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMU, MEDIA_PCMA);

	for (unsigned i = 0; i < 256; i++)
		pkt.payload[i] = (uint8_t)i;
	pkt.ssrc = 5;
	send_raw(a.peer.rtp, &a.addr, pkt_encode(&pkt), sizeof(buf));
	peer_recv(&b.peer, &g);
	assert_int_equal(8, g.pkt.pt);
	assert_memory_equal(codec_ulaw2alaw, g.pkt.payload, 256);

	for (unsigned i = 0; i < 256; i++)
		pkt.payload[i] = (uint8_t)i;
	pkt.pt = 8;
	send_raw(b.peer.rtp, &b.addr, pkt_encode(&pkt), sizeof(buf));
	peer_recv(&a.peer, &g);
	assert_int_equal(0, g.pkt.pt);
	assert_memory_equal(codec_alaw2ulaw, g.pkt.payload, 256);
	bridge_close(&a, &b);
}


/* CSRC, extension and padding were agreed with nobody on the other side */
static void test_header_becomes_plain(void **state)
{
	uint8_t buf[] = {0xb1, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 5, 1, 2, 3,
			 4,    0, 0, 0, 1, 9, 9, 9, 9, 'a', 'b', 0, 2};
	struct side a, b;

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMU, MEDIA_PCMU);
	send_raw(a.peer.rtp, &a.addr, buf, sizeof(buf));
	peer_recv(&b.peer, &g);
	assert_int_equal(PKT_HDR + 2, g.len);
	assert_int_equal(0x80, g.buf[0]);
	assert_memory_equal("ab", g.buf + PKT_HDR, 2);
	bridge_close(&a, &b);
}


static void test_payload_types_of_each_side(void **state)
{
	struct side a, b;
	struct media_flow fa, fb;

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMU, MEDIA_PCMU);
	fa = side_flow(&a, MEDIA_OTHER);
	fb = side_flow(&b, MEDIA_OTHER);
	fa.pt            = 96;
	fb.pt_tx         = 110;
	fa.dtmf_pt       = 100;
	fb.dtmf_pt_tx    = 102;
	fa.npass         = 1;
	fa.pass_pt[0]    = 97;
	fb.npass         = 1;
	fb.pass_pt_tx[0] = 111;
	side_set(&a, &fa);
	side_set(&b, &fb);

	pass(&a, &b, 96, 1);
	assert_int_equal(110, g.pkt.pt);
	pass(&a, &b, 97, 2);
	assert_int_equal(111, g.pkt.pt);
	peer_send_event(&a.peer, &a.addr, 100, 5, false, 160);
	peer_recv(&b.peer, &g);
	assert_int_equal(102, g.pkt.pt);
	bridge_close(&a, &b);
}


/* A phone that answered with both kinds of G.711 sends what it likes: the
 * other side gets its own, and silence (0xff of one, 0xd5 of the other) stays
 * silence */
static void test_either_g711_of_an_answer(void **state)
{
	struct side a, b;
	struct media_flow fa;

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMU, MEDIA_PCMU);
	fa = side_flow(&a, MEDIA_PCMU);
	fa.nalt	     = 1;
	fa.alt_pt[0] = 8;
	side_set(&a, &fa);

	pass(&a, &b, 0, 0xff);
	assert_int_equal(0, g.pkt.pt);

	peer_send(&a.peer, &a.addr, 8, 0xd5);
	peer_recv(&b.peer, &g);
	assert_int_equal(0, g.pkt.pt);
	assert_int_equal(PEER_FRAME, g.pkt.plen);
	assert_in_range(g.pkt.payload[0] | 0x80, 0xfe, 0xff);
	bridge_close(&a, &b);
}


/* Only what was agreed passes; the good packet behind it shows that the others
 * were seen */
static void test_what_is_not_rtp_is_dropped(void **state)
{
	static const struct {
		uint8_t b[16];
		size_t len;
		enum media_drop why;
	} rows[] = {
		{{0}, 0, DROP_SHORT},
		{{0x80, 0}, 11, DROP_SHORT},
		{{0x00, 0x01}, 12, DROP_VERSION},
		{{0x8f, 0}, 16, DROP_SHORT},
		{{0x90, 0, [14] = 0xff, 0xff}, 16, DROP_SHORT},
		{{0xa0, 0, [15] = 99}, 16, DROP_PADDING},
		{{0x80, 8}, 16, DROP_PT},
		{{0x80, 72}, 16, DROP_PT},
		{{0x80, 0x80 | 73}, 16, DROP_PT},
	};
	static uint8_t big[4000] = {0x80};
	struct side a, b;

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMU, MEDIA_PCMU);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint64_t before = drops(rows[i].why);

		send_raw(a.peer.rtp, &a.addr, rows[i].b, rows[i].len);
		pass(&a, &b, 0, (uint8_t)i);
		assert_int_equal(before + 1, drops(rows[i].why));
	}

	send_raw(a.peer.rtp, &a.addr, big, sizeof(big));
	pass(&a, &b, 0, 1);
	assert_true(drops(DROP_OVERSIZE) > 0);
	bridge_close(&a, &b);
}


/* --- strangers ----------------------------------------------------------- */

static void test_stranger_neither_heard_nor_answered(void **state)
{
	struct side a, b;
	struct peer evil, neighbour;

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMU, MEDIA_PCMU);
	peer_open(&evil, "127.0.9.9");
	peer_open(&neighbour, "127.0.1.1");
	pass(&a, &b, 0, 1);
	pass(&b, &a, 0, 2);

	/* with the victim's SSRC and its next numbers, too */
	evil.ssrc = a.peer.ssrc;
	evil.seq  = a.peer.seq;
	evil.ts   = a.peer.ts;

	for (unsigned i = 0; i < 50; i++) {
		peer_send(&evil, &a.addr, 0, 0xee);
		peer_send(&neighbour, &a.addr, 0, 0xee);
		peer_send(&evil, &b.addr, 0, 0xee);
		pass(&a, &b, 0, 3);
		pass(&b, &a, 0, 4);
	}

	assert_nothing(&evil);
	assert_nothing(&neighbour);
	assert_no_rtp(&a.peer);
	assert_no_rtp(&b.peer);
	peer_close(&evil);
	peer_close(&neighbour);
	media_close_stream(a.id);
	assert_int_equal(100, event_wait(&a, MEDIA_EV_CLOSED)->stats.stranger);
	media_close_stream(b.id);
	assert_int_equal(50, event_wait(&b, MEDIA_EV_CLOSED)->stats.stranger);
	peer_close(&a.peer);
	peer_close(&b.peer);
}


/* A phone behind a NAT: not the address that its SDP says */
static void test_nat_is_learned(void **state)
{
	struct side a, b;
	struct media_flow fa;
	struct peer phone;

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMU, MEDIA_PCMU);
	peer_open(&phone, "127.0.1.7");
	fa         = side_flow(&a, MEDIA_PCMU);
	fa.comedia = true;
	fa.sip_src = phone.addr;
	assert_int_equal(0, sa_set_str(&fa.sdp_rtp, "192.168.1.5", 4000));
	side_set(&a, &fa);

	/* until it is known, nothing arrives; then it does, both ways */
	for (unsigned i = 0; !event_count(&a, MEDIA_EV_LEARNED); i++) {
		assert_true(i < 400);
		peer_send(&phone, &a.addr, 0, 9);
		(void)poll(NULL, 0, 10);
		(void)media_poll();
	}

	assert_true(sa_cmp(&phone.addr,
			   &event_wait(&a, MEDIA_EV_LEARNED)->addr, SA_ALL));

	/* what passed before the test saw it, then this one */
	peer_send(&phone, &a.addr, 0, 8);
	do {
		peer_recv(&b.peer, &g);
	} while (g.pkt.payload[0] == 9);

	assert_int_equal(8, g.pkt.payload[0]);
	peer_send(&b.peer, &b.addr, 0, 7);
	peer_recv(&phone, &g);
	assert_int_equal(7, g.pkt.payload[0]);
	assert_no_rtp(&a.peer);
	peer_close(&phone);
	bridge_close(&a, &b);
}


/* --- directions ---------------------------------------------------------- */

/* Our own socket with this address; -1 */
static int own_socket(const struct sa *addr)
{
	static int last;
	struct sa sa;

	for (int i = 0; i < 1024; i++) {
		const int fd = (last + i) % 1024;

		sa.len = sizeof(sa.u);
		if (!getsockname(fd, &sa.u.sa, &sa.len) &&
		    sa_cmp(&sa, addr, SA_ALL))
			return last = fd;
	}

	return -1;
}


/* Until the media thread has taken what lies there, so that what the test
 * does next comes behind it: commands go before packets */
static void taken(const struct sa *addr)
{
	const int fd = own_socket(addr);
	const uint64_t end = clock_ms() + PEER_WAIT_MS;
	int n = 0;

	assert_true(fd >= 0);
	while (!ioctl(fd, FIONREAD, &n) && n) {
		assert_true(clock_ms() < end);
		(void)sched_yield();
	}
}


static void test_hold(void **state)
{
	struct side a, b;
	struct media_flow f;

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMU, MEDIA_PCMU);
	pass(&a, &b, 0, 1);
	pass(&b, &a, 0, 1);

	/* b is to get nothing */
	f      = side_flow(&b, MEDIA_PCMU);
	f.send = false;
	side_set(&b, &f);
	peer_send(&a.peer, &a.addr, 0, 7);
	pass(&b, &a, 0, 2);

	/* and is not heard, either */
	f.recv = false;
	side_set(&b, &f);
	peer_send(&b.peer, &b.addr, 0, 8);
	peer_send(&a.peer, &a.addr, 0, 7);
	taken(&b.addr);
	taken(&a.addr);

	f = side_flow(&b, MEDIA_PCMU);
	side_set(&b, &f);

	pass(&a, &b, 0, 3);
	assert_no_rtp(&a.peer);
	bridge_close(&a, &b);
}


static void test_unverified_peer_gets_fifty_packets(void **state)
{
	const uint64_t before = drops(DROP_UNVERIFIED);
	struct side a, b;
	struct media_flow f;

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMU, MEDIA_PCMU);
	f               = side_flow(&b, MEDIA_PCMU);
	f.authenticated = false;
	side_set(&b, &f);

	for (unsigned i = 0; i < UNVERIFIED_MAX; i++)
		pass(&a, &b, 0, 1);

	/* no more, until it says something */
	for (unsigned i = 0; i < 20; i++)
		peer_send(&a.peer, &a.addr, 0, 2);
	while (drops(DROP_UNVERIFIED) < before + 20)
		(void)media_poll();

	pass(&b, &a, 0, 3);
	pass(&a, &b, 0, 4);
	assert_no_rtp(&b.peer);
	bridge_close(&a, &b);
}


/* --- other partners ------------------------------------------------------ */

/* The receiver hears one stream, whoever speaks */
static void test_transfer_goes_on_without_a_break(void **state)
{
	struct side a, b, c;
	uint32_t ssrc, ts;
	uint16_t seq;

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMU, MEDIA_PCMU);
	side_open(&c, "127.0.1.3", 0);
	side_agree(&c, MEDIA_PCMA);
	pass(&a, &b, 0, 1);
	pass(&a, &b, 0, 1);
	ssrc = g.pkt.ssrc;
	seq  = g.pkt.seq;
	ts   = g.pkt.ts;

	/* c lives on the other thread */
	side_bridge(&b, &c);
	peer_send(&c.peer, &c.addr, 8, 0x55);
	peer_recv(&b.peer, &g);
	assert_int_equal(ssrc, g.pkt.ssrc);
	assert_int_equal((uint16_t)(seq + 1), g.pkt.seq);
	assert_true(ts_diff(g.pkt.ts, ts) >= 160);
	assert_true(g.pkt.marker);
	assert_int_equal(0, g.pkt.pt);
	assert_int_equal(codec_alaw2ulaw[0x55], g.pkt.payload[0]);

	/* a speaks to nobody now */
	peer_send(&a.peer, &a.addr, 0, 9);
	peer_send(&c.peer, &c.addr, 8, 0x56);
	peer_recv(&b.peer, &g);
	assert_int_equal(codec_alaw2ulaw[0x56], g.pkt.payload[0]);
	bridge_close(&a, &b);
	side_close(&c);
}


/* Long enough for connected sockets: strangers are counted as before, and a
 * party may still go to another thread */
static void test_long_call_and_transfer(void **state)
{
	struct side a, b, c;
	struct peer evil;

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMU, MEDIA_PCMU);
	side_open(&c, "127.0.1.3", 0);
	side_agree(&c, MEDIA_PCMU);
	peer_open(&evil, "127.0.1.1");

	for (unsigned i = 0; i < 120; i++) {
		pass(&a, &b, 0, 1);
		pass(&b, &a, 0, 2);
	}

	/* beats come once a second */
	for (unsigned i = 0; i < 55; i++) {
		(void)poll(NULL, 0, 20);
		peer_send(&evil, &a.addr, 0, 0xee);
		pass(&a, &b, 0, 3);
		pass(&b, &a, 0, 4);
	}

	/* c heard nothing for a second: some silence is sent to it */
	side_bridge(&c, &b);
	media_sync();
	while (try_rtp(&c.peer, &g))
		assert_int_equal(0xff, g.pkt.payload[0]);

	pass(&c, &b, 0, 5);
	pass(&b, &c, 0, 6);
	side_bridge(&a, &b);
	pass(&a, &b, 0, 7);
	pass(&b, &a, 0, 8);
	assert_nothing(&evil);
	media_close_stream(a.id);
	assert_int_equal(55, event_wait(&a, MEDIA_EV_CLOSED)->stats.stranger);
	peer_close(&a.peer);
	peer_close(&evil);
	side_close(&b);
	side_close(&c);
}


/* Commands wait for the end of a turn; what waits for the thread must not */
static void test_bridge_of_two_threads_within_a_turn(void **state)
{
	struct side a, b;

	(void)state;
	side_open(&a, "127.0.1.1", 0);
	side_open(&b, "127.0.1.2", 0);
	assert_int_not_equal(handle_find(a.id)->thread,
			     handle_find(b.id)->thread);
	turn_begin();
	side_agree(&a, MEDIA_PCMU);
	side_agree(&b, MEDIA_PCMU);
	assert_int_equal(0, media_bridge(a.id, b.id));
	turn_end();
	assert_int_equal(handle_find(a.id)->thread, handle_find(b.id)->thread);
	media_sync();
	pass(&a, &b, 0, 1);
	pass(&b, &a, 0, 2);
	bridge_close(&a, &b);
}


static void test_echo(void **state)
{
	struct side a;

	(void)state;
	side_open(&a, "127.0.1.1", 0);
	side_agree(&a, MEDIA_PCMA);
	assert_int_equal(0, media_echo(a.id, true));
	media_sync();
	pass(&a, &a, 8, 0x33);
	assert_int_not_equal(a.peer.ssrc, g.pkt.ssrc);
	peer_send_event(&a.peer, &a.addr, 101, 5, false, 160);
	peer_recv(&a.peer, &g);
	assert_int_equal(101, g.pkt.pt);
	side_close(&a);
}


/* --- IPv6 ---------------------------------------------------------------- */

static bool has_ipv6(void)
{
	struct sa sa;
	int fd;
	bool has;

	assert_int_equal(0, sa_set_str(&sa, "::1", 0));
	fd  = socket(AF_INET6, SOCK_DGRAM, 0);
	has = fd >= 0 && !bind(fd, &sa.u.sa, sa.len);
	if (fd >= 0)
		(void)close(fd);

	return has;
}


/* A phone on IPv6 and one on IPv4: audio, strangers and reports */
static void test_ipv6_to_ipv4(void **state)
{
	struct side a, b;
	struct peer evil;
	struct ctl_in in;
	struct sa rtcp;

	(void)state;
	if (!has_ipv6())
		skip();

	side_open_at(&a, "::1", "::1", 0);
	side_open(&b, "127.0.1.2", a.id);
	side_agree(&a, MEDIA_PCMU);
	side_agree(&b, MEDIA_PCMA);
	side_bridge(&a, &b);
	assert_int_equal(AF_INET6, sa_af(&a.addr));
	assert_int_not_equal(0, sa_port(&a.addr));

	peer_open(&evil, "::1");
	peer_send(&a.peer, &a.addr, 0, 0x33);
	peer_recv(&b.peer, &g);
	assert_int_equal(codec_ulaw2alaw[0x33], g.pkt.payload[0]);
	peer_send(&evil, &a.addr, 0, 0xee);
	peer_send(&b.peer, &b.addr, 8, 0x44);
	peer_recv(&a.peer, &g);
	assert_int_equal(codec_alaw2ulaw[0x44], g.pkt.payload[0]);
	assert_true(sa_cmp(&g.src, &a.addr, SA_ALL));
	peer_send(&a.peer, &a.addr, 0, 0x35);
	peer_recv(&b.peer, &g);
	assert_int_equal(codec_ulaw2alaw[0x35], g.pkt.payload[0]);
	assert_nothing(&evil);

	/* our own report, or the one with BYE */
	media_close_stream(a.id);
	assert_int_equal(1, event_wait(&a, MEDIA_EV_CLOSED)->stats.stranger);
	assert_true(try_recv(a.peer.rtcp, &g));
	assert_int_equal(0, ctl_decode(&in, g.buf, g.len, a.peer.ssrc));
	rtcp = a.addr;
	sa_set_port(&rtcp, (uint16_t)(sa_port(&a.addr) + 1));
	assert_true(sa_cmp(&g.src, &rtcp, SA_ALL));
	side_close(&b);
	peer_close(&a.peer);
	peer_close(&evil);
}


/* --- life ---------------------------------------------------------------- */

static void test_stats_and_closed(void **state)
{
	const struct media_report *ev;
	struct media_stats st;
	struct side a, b;

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMU, MEDIA_PCMU);
	for (unsigned i = 0; i < 10; i++) {
		a.peer.seq = (uint16_t)(a.peer.seq + (i == 5));
		pass(&a, &b, 0, 1);
	}

	media_close_stream(a.id);
	ev = event_wait(&a, MEDIA_EV_CLOSED);
	assert_int_equal(10, ev->stats.rx_packets);
	assert_int_equal(10 * (PKT_HDR + PEER_FRAME), ev->stats.rx_bytes);
	assert_int_equal(1, ev->stats.rx_lost);
	assert_true(sa_cmp(&a.peer.addr, &ev->stats.peer, SA_ALL));
	assert_int_equal(ENOENT, media_get_stats(a.id, &st));
	assert_int_equal(ENOENT, media_unbridge(a.id));

	media_close_stream(b.id);
	ev = event_wait(&b, MEDIA_EV_CLOSED);
	assert_int_equal(10, ev->stats.tx_packets);
	peer_close(&a.peer);
	peer_close(&b.peer);
}


static void test_timeout_and_resumed(void **state)
{
	struct side a;
	struct media_flow f;

	(void)state;
	side_open(&a, "127.0.1.1", 0);
	f            = side_flow(&a, MEDIA_PCMU);
	f.timeout_ms = 1;
	side_set(&a, &f);
	(void)event_wait(&a, MEDIA_EV_TIMEOUT);
	assert_int_equal(0, event_count(&a, MEDIA_EV_RESUMED));
	peer_send(&a.peer, &a.addr, 0, 1);
	(void)event_wait(&a, MEDIA_EV_RESUMED);
	side_close(&a);
}


static void test_detached_says_nothing(void **state)
{
	struct side a;

	(void)state;
	side_open(&a, "127.0.1.1", 0);
	media_detach(a.id);
	media_close_stream(a.id);
	media_close_stream(a.id);
	while (handle_find(a.id))
		(void)media_poll();
	assert_int_equal(0, a.evc);
	peer_close(&a.peer);
}


static void test_unknown_id(void **state)
{
	const struct media_flow flow   = {.send = true};
	const struct media_play play   = {.files = "x"};
	const struct media_record rec  = {.path = "/nonexistent/x.wav"};
	struct media_stats st;

	(void)state;
	assert_int_equal(ENOENT, media_set_flow(999999, &flow));
	assert_int_equal(ENOENT, media_bridge(999998, 999999));
	assert_int_equal(ENOENT, media_unbridge(999999));
	assert_int_equal(ENOENT, media_echo(999999, true));
	assert_int_equal(ENOENT, media_play(999999, &play));
	assert_int_equal(ENOENT, media_stop_play(999999));
	assert_int_equal(ENOENT, media_send_dtmf(999999, "1", 0, 0));
	assert_int_equal(ENOENT, media_record(999999, &rec));
	assert_int_equal(ENOENT, media_stop_record(999999, 1));
	assert_int_equal(ENOENT, media_get_stats(999999, &st));
	media_close_stream(999999);
	media_detach(999999);
}


/* --- RTCP ---------------------------------------------------------------- */

struct rtcp_wait {
	int fd;
};


static bool rtcp_cond(void *arg)
{
	const struct rtcp_wait *w = arg;

	return try_recv(w->fd, &g);
}


static void test_reports_say_what_came(void **state)
{
	struct side a, b;
	struct rtcp_wait w;
	struct ctl_in in;
	uint32_t ours;

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMU, MEDIA_PCMU);
	pass(&b, &a, 0, 1);
	ours = g.pkt.ssrc;
	for (unsigned i = 0; i < 4; i++)
		pass(&a, &b, 0, 1);

	/* the last one, with BYE, comes for certain; of the others none can
	 * have come before a spoke */
	media_close_stream(a.id);
	w.fd = a.peer.rtcp;
	do {
		assert_true(wait_for(rtcp_cond, &w));
		assert_int_equal(0, ctl_decode(&in, g.buf, g.len,
					       a.peer.ssrc));
		assert_int_equal(ours, in.ssrc);
	} while (!in.bye);

	assert_true(in.has_block);
	assert_int_equal(0, in.block.lost);
	assert_int_equal((uint16_t)(a.peer.seq - 1),
			 in.block.ext_seq & 0xffff);
	(void)event_wait(&a, MEDIA_EV_CLOSED);
	side_close(&b);
	peer_close(&a.peer);
}


static void test_rtcp_of_strangers_moves_nothing(void **state)
{
	static const uint8_t empty[] = {0x80, 0xc8, 0, 0};
	struct ctl_out out = {.cname = "x"};
	uint8_t buf[CTL_MAX];
	struct side a, b;
	struct peer evil;
	struct sa rtcp;
	uint64_t n;

	(void)state;
	bridge_open(&a, &b, MEDIA_PCMU, MEDIA_PCMU);
	peer_open(&evil, "127.0.9.9");
	rtcp = a.addr;
	sa_set_port(&rtcp, (uint16_t)(sa_port(&rtcp) + 1));
	pass(&b, &a, 0, 1);

	n   = drops(DROP_RTCP_EARLY);
	out.ssrc = a.peer.ssrc;
	send_raw(evil.rtcp, &rtcp, buf, ctl_encode(buf, &out));
	while (drops(DROP_RTCP_EARLY) == n)
		(void)media_poll();

	pass(&a, &b, 0, 1);

	n = drops(DROP_RTCP_BAD);
	send_raw(evil.rtcp, &rtcp, empty, sizeof(empty));
	while (drops(DROP_RTCP_BAD) == n)
		(void)media_poll();

	n = drops(DROP_RTCP_STRANGER);
	send_raw(evil.rtcp, &rtcp, buf, ctl_encode(buf, &out));
	while (drops(DROP_RTCP_STRANGER) == n)
		(void)media_poll();

	pass(&b, &a, 0, 2);
	assert_nothing(&evil);
	peer_close(&evil);
	bridge_close(&a, &b);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_codec_both_ways),
		cmocka_unit_test(test_loss_and_order_stay_visible),
		cmocka_unit_test(test_transcoding),
		cmocka_unit_test(test_header_becomes_plain),
		cmocka_unit_test(test_payload_types_of_each_side),
		cmocka_unit_test(test_either_g711_of_an_answer),
		cmocka_unit_test(test_what_is_not_rtp_is_dropped),
		cmocka_unit_test(test_stranger_neither_heard_nor_answered),
		cmocka_unit_test(test_nat_is_learned),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_unverified_peer_gets_fifty_packets),
		cmocka_unit_test(test_transfer_goes_on_without_a_break),
		cmocka_unit_test(test_long_call_and_transfer),
		cmocka_unit_test(test_bridge_of_two_threads_within_a_turn),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_ipv6_to_ipv4),
		cmocka_unit_test(test_stats_and_closed),
		cmocka_unit_test(test_timeout_and_resumed),
		cmocka_unit_test(test_detached_says_nothing),
		cmocka_unit_test(test_unknown_id),
		cmocka_unit_test(test_reports_say_what_came),
		cmocka_unit_test(test_rtcp_of_strangers_moves_nothing),
	};

	return cmocka_run_group_tests(tests, peers_setup, peers_teardown);
}
