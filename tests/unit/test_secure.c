/**
 * @file tests/unit/test_secure.c  SRTP at the edge of a stream
 */
#include "stream_peer.h"
#include "base/log.h"


/* A peer with SRTP: its contexts stand beside the stream's */
struct safe {
	struct end e;
	struct media_flow flow;
	struct seal *tx, *rx; /* of the peer */
};

static struct safe a, b;


static struct media_key key_of(unsigned n)
{
	struct media_key key = {.mki_len = 0};

	for (size_t i = 0; i < sizeof(key.key); i++)
		key.key[i] = (uint8_t)(n * 31 + i);

	return key;
}


/* Peer and stream agree on these keys */
static void set_keys(struct safe *p, enum media_suite suite, unsigned rx,
		     unsigned tx)
{
	p->flow.suite  = suite;
	p->flow.key_rx = key_of(rx);
	p->flow.key_tx = key_of(tx);
	end_set(&p->e, &p->flow);

	p->tx = mem_deref(p->tx);
	p->rx = mem_deref(p->rx);
	if (suite == MEDIA_CLEAR)
		return;

	assert_int_equal(0, seal_alloc(&p->tx, suite, &p->flow.key_rx));
	assert_int_equal(0, seal_alloc(&p->rx, suite, &p->flow.key_tx));
}


static void open_one(struct safe *p, const char *ip, const char *local,
		     enum media_suite suite, unsigned key)
{
	memset(p, 0, sizeof(*p));
	end_open(&p->e, ip, local);
	p->flow = end_flow(&p->e);
	set_keys(p, suite, key, key + 1);
}


static void open_both(enum media_suite one, enum media_suite other)
{
	open_one(&a, "127.0.0.1", "127.0.1.1", one, 10);
	open_one(&b, "127.0.0.2", "127.0.1.2", other, 20);
	stream_bridge(a.e.s, b.e.s);
}


static void close_one(struct safe *p)
{
	end_close(&p->e);
	mem_deref(p->tx);
	mem_deref(p->rx);
}


static void close_both(void)
{
	close_one(&a);
	close_one(&b);
}


/* A frame of the peer, as it is on the wire */
static size_t frame(struct safe *p, uint8_t *buf)
{
	struct pkt pkt = {
		.ts      = p->e.peer.ts,
		.ssrc    = p->e.peer.ssrc,
		.seq     = p->e.peer.seq++,
		.payload = buf + PKT_HDR,
		.plen    = PEER_FRAME,
	};
	size_t len = PKT_HDR + PEER_FRAME;

	memset(pkt.payload, 0x55, PEER_FRAME);
	p->e.peer.ts += PEER_FRAME;
	(void)pkt_encode(&pkt);
	if (p->tx)
		assert_int_equal(DROP_NONE, seal_rtp(p->tx, buf, buf, &len));

	return len;
}


static void give(struct safe *p, const uint8_t *buf, size_t len)
{
	uint8_t copy[512];

	memcpy(copy, buf, len);
	stream_recv(p->e.s, copy, len, &p->e.peer.addr, now_us);
}


static void speak(struct safe *p)
{
	uint8_t buf[512];
	const size_t len = frame(p, buf);

	give(p, buf, len);
}


/* What the peer got, decrypted; false if nothing */
static bool hear(struct safe *p)
{
	size_t len;

	end_settle();
	if (!try_recv(p->e.peer.rtp, &end_got))
		return false;

	len = end_got.len;
	if (p->rx)
		assert_int_equal(DROP_NONE, unseal_rtp(p->rx, end_got.buf,
						       &len));
	assert_int_equal(PKT_HDR + PEER_FRAME, len);
	assert_int_equal(DROP_NONE, pkt_decode(&end_got.pkt, end_got.buf,
					       len));
	for (size_t i = 0; i < end_got.pkt.plen; i++)
		assert_int_equal(0x55, end_got.pkt.payload[i]);

	return true;
}


static void passes(struct safe *from, struct safe *to)
{
	speak(from);
	assert_true(hear(to));
	assert_false(hear(to));
}


static struct media_stats stats(const struct safe *p)
{
	struct media_stats st;

	stream_beat(p->e.s, now_us);
	stats_box_get(p->e.s->box, &st);

	return st;
}


/* --- tests --------------------------------------------------------------- */

static void test_all_ways(void **state)
{
	static const enum media_suite v[] = {MEDIA_CLEAR, MEDIA_AES_CM_80,
					     MEDIA_AES_CM_32};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(v); k++) {
			open_both(v[i], v[k]);
			for (unsigned n = 0; n < 5; n++) {
				passes(&a, &b);
				passes(&b, &a);
			}
			assert_int_equal(v[i], stats(&a).suite);
			close_both();
		}
	}
}


/* Nothing is learned from what fails, and nothing of it goes on */
static void test_clear_is_dropped(void **state)
{
	uint8_t buf[512];
	struct seal *tx;
	size_t len;

	(void)state;
	open_both(MEDIA_AES_CM_80, MEDIA_CLEAR);

	tx   = a.tx;
	a.tx = NULL;
	speak(&a);
	assert_false(hear(&b));
	assert_false(a.e.s->learn.locked);
	assert_false(learn_is_verified(&a.e.s->learn));

	a.tx = tx;
	passes(&a, &b);
	assert_true(a.e.s->learn.locked);

	len	    = frame(&a, buf);
	buf[len - 1] ^= 1;
	give(&a, buf, len);
	assert_false(hear(&b));
	buf[len - 1] ^= 1;
	give(&a, buf, len);
	assert_true(hear(&b));
	give(&a, buf, len);
	assert_false(hear(&b));

	assert_int_equal(2, stats(&a).rx_forged);
	assert_int_equal(1, stats(&a).rx_replayed);
	assert_int_equal(2, stats(&a).rx_packets);
	assert_int_equal(3, stats(&a).rx_dropped);
	close_both();
}


static unsigned lines;

static void log_line(enum log_level level, const char *mod, const char *line,
		     void *arg)
{
	(void)level;
	(void)mod;
	(void)arg;
	if (strstr(line, "packets are not SRTP"))
		++lines;
}


/* One line a minute, whatever comes */
static void test_one_line_a_minute(void **state)
{
	const uint8_t junk[14] = {0x80, 0x00, 0x70, 0x28};

	(void)state;
	open_both(MEDIA_AES_CM_80, MEDIA_CLEAR);
	log_set_tap(log_line, NULL);

	for (unsigned i = 0; i < 120; i++) {
		for (unsigned k = 0; k < 100; k++)
			give(&a, junk, sizeof(junk));
		now_us += 1000 * MS;
	}
	assert_int_equal(12000, stats(&a).rx_forged);
	/* at 0 s and at 60 s; the rest waits for the next */
	assert_int_equal(2, lines);
	assert_int_equal(12000 - 1 - 6000, a.e.s->sec.unsaid);
	log_set_tap(NULL, NULL);
	close_both();
}


/* What keeps a NAT open (RFC 6263) is no attack */
static void test_keepalives_are_not_forged(void **state)
{
	const uint8_t none[1] = {0}, stun[20] = {0x00, 0x11, 0x00, 0x00, 0x21,
						 0x12, 0xa4, 0x42};

	(void)state;
	open_both(MEDIA_AES_CM_80, MEDIA_CLEAR);
	lines = 0;
	log_set_tap(log_line, NULL);
	give(&a, none, 0);
	give(&a, (const uint8_t *)"\r\n\r\n", 4);
	give(&a, stun, sizeof(stun));
	end_rtcp_raw(&a.e, stun, sizeof(stun));
	assert_int_equal(0, stats(&a).rx_forged);
	assert_int_equal(0, lines);
	log_set_tap(NULL, NULL);
	close_both();
}


/* Reports: encrypted, with an index; a clear one is not believed */
static void test_reports(void **state)
{
	const struct ctl_out out = {.ssrc = 1, .cname = "x", .bye = true};
	uint8_t buf[CTL_MAX + SEAL_TRAILER];
	size_t len = ctl_encode(buf, &out);
	struct ctl_in in;

	(void)state;
	open_both(MEDIA_AES_CM_32, MEDIA_AES_CM_80);
	passes(&a, &b);
	passes(&b, &a);

	end_rtcp_raw(&a.e, buf, len);
	assert_int_equal(1, stats(&a).rx_forged);
	assert_int_equal(DROP_NONE, seal_rtcp(a.tx, buf, buf, &len));
	end_rtcp_raw(&a.e, buf, len);
	end_rtcp_raw(&a.e, buf, len);
	assert_int_equal(1, stats(&a).rx_forged);
	assert_int_equal(1, stats(&a).rx_replayed);

	now_us += 10000 * MS;
	stream_beat(a.e.s, now_us);
	end_settle();
	assert_true(try_recv(a.e.peer.rtcp, &end_got));
	assert_true(end_got.len > 28 + 14);
	len = end_got.len;
	assert_int_equal(DROP_NONE, unseal_rtcp(a.rx, end_got.buf, &len));
	assert_int_equal(0, ctl_decode(&in, end_got.buf, len,
				       a.e.peer.ssrc));
	assert_true(in.has_block);
	close_both();
}


/* The same keys again: counters go on.  Others: the old one is still taken for
 * a while */
static void test_new_keys(void **state)
{
	struct seal *old, *tx;
	uint8_t late[512];
	size_t len;

	(void)state;
	open_both(MEDIA_AES_CM_80, MEDIA_CLEAR);
	passes(&a, &b);

	tx	       = a.e.s->sec.tx;
	a.flow.key_rx  = key_of(10);
	a.flow.key_tx  = key_of(11);
	a.flow.recv    = true;
	end_set(&a.e, &a.flow);
	assert_ptr_equal(tx, a.e.s->sec.tx);
	passes(&a, &b);
	passes(&b, &a);

	/* wiped where nobody needs it */
	for (size_t i = 0; i < MEDIA_KEY_LEN; i++)
		assert_int_equal(0, a.e.s->flow.key_tx.key[i]);

	old = mem_ref(a.tx);
	set_keys(&a, MEDIA_AES_CM_80, 30, 31);
	tx   = a.tx;
	a.tx = old;
	passes(&a, &b); /* the peer has not heard of it yet */
	len  = frame(&a, late);
	a.tx = tx;
	passes(&a, &b);
	passes(&b, &a);
	now_us += 1000 * MS;
	give(&a, late, len);
	assert_true(hear(&b));

	a.tx = old;
	len  = frame(&a, late);
	now_us += 2000 * MS;
	give(&a, late, len);
	assert_false(hear(&b));
	a.tx = tx;
	passes(&a, &b);

	mem_deref(old);
	close_both();
}


/* A forked call: A's early media, B's, and A answers.  What was A's before
 * does not pass a second time */
static void test_the_key_before_comes_back(void **state)
{
	struct seal *first;
	uint8_t late[512];
	size_t len;

	(void)state;
	open_both(MEDIA_AES_CM_80, MEDIA_CLEAR);
	len = frame(&a, late);
	give(&a, late, len);
	assert_true(hear(&b));

	first = mem_ref(a.tx);
	set_keys(&a, MEDIA_AES_CM_80, 30, 11);
	passes(&a, &b);
	set_keys(&a, MEDIA_AES_CM_80, 10, 11);
	mem_deref(a.tx);
	a.tx = first;
	give(&a, late, len);
	assert_false(hear(&b));
	assert_int_equal(1, stats(&a).rx_replayed);
	passes(&a, &b);
	close_both();
}


/* Just before a rollover, too: who misses the first packets would never know
 * of it */
static void test_new_key_before_rollover(void **state)
{
	static const struct {
		uint16_t left;
		bool same;
	} v[] = {{20000, true}, {1010, true}, {990, false}, {2, false}};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		uint32_t ssrc;

		open_both(MEDIA_AES_CM_80, MEDIA_CLEAR);
		a.e.s->tx.seq = (uint16_t)(0xffff - v[i].left - 1);
		passes(&b, &a);
		ssrc = end_got.pkt.ssrc;
		assert_int_equal(0xffff - v[i].left, end_got.pkt.seq);

		set_keys(&a, MEDIA_AES_CM_80, 30, 31);
		passes(&b, &a);
		assert_int_equal(v[i].same, ssrc == end_got.pkt.ssrc);
		close_both();
	}
}


/* After a rollover another key means another SSRC, as a new device begins
 * with a counter of 0 */
static void test_new_key_after_rollover(void **state)
{
	uint32_t ssrc;

	(void)state;
	open_both(MEDIA_AES_CM_80, MEDIA_CLEAR);
	passes(&b, &a);
	ssrc = end_got.pkt.ssrc;

	for (unsigned i = 0; i < 40; i++) {
		b.e.peer.seq = (uint16_t)(b.e.peer.seq + 2000);
		passes(&b, &a);
	}
	assert_int_equal(ssrc, end_got.pkt.ssrc);
	assert_true(a.e.s->sec.tx);

	/* held and resumed: the same keys, the same source */
	a.flow.key_rx = key_of(10);
	a.flow.key_tx = key_of(11);
	end_set(&a.e, &a.flow);
	passes(&b, &a);
	assert_int_equal(ssrc, end_got.pkt.ssrc);

	/* the peer's key alone: it may be another device, so ours restarts */
	a.flow.key_rx = key_of(40);
	a.flow.key_tx = key_of(11);
	end_set(&a.e, &a.flow);
	mem_deref(a.rx);
	a.flow.key_tx = key_of(11);
	assert_int_equal(0, seal_alloc(&a.rx, MEDIA_AES_CM_80,
				       &a.flow.key_tx));
	passes(&b, &a);
	assert_int_not_equal(ssrc, end_got.pkt.ssrc);
	assert_true(end_got.pkt.seq < 0x8001);
	close_both();
}


/* The first number is far from its end */
static void test_first_number(void **state)
{
	(void)state;

	for (unsigned i = 0; i < 50; i++) {
		open_one(&a, "127.0.0.1", "127.0.1.1", MEDIA_AES_CM_80, 1);
		assert_true(a.e.s->tx.seq < 0x8000);
		close_one(&a);
	}
}


/* From SRTP to RTP in one agreement, and back */
static void test_on_and_off(void **state)
{
	(void)state;
	open_both(MEDIA_AES_CM_80, MEDIA_CLEAR);
	passes(&a, &b);
	set_keys(&a, MEDIA_CLEAR, 0, 0);
	assert_null(a.e.s->sec.rx);
	passes(&a, &b);
	passes(&b, &a);
	set_keys(&a, MEDIA_AES_CM_32, 50, 51);
	passes(&a, &b);
	passes(&b, &a);
	close_both();
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_ways),
		cmocka_unit_test(test_clear_is_dropped),
		cmocka_unit_test(test_one_line_a_minute),
		cmocka_unit_test(test_keepalives_are_not_forged),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_new_keys),
		cmocka_unit_test(test_the_key_before_comes_back),
		cmocka_unit_test(test_new_key_before_rollover),
		cmocka_unit_test(test_new_key_after_rollover),
		cmocka_unit_test(test_first_number),
		cmocka_unit_test(test_on_and_off),
	};

	return cmocka_run_group_tests(tests, ends_setup, ends_teardown);
}
