/**
 * @file tests/unit/test_report.c  RTCP of bridged streams
 *
 * Two streams without threads; what one peer reports is compared with what the
 * other one gets.
 */
#include "stream_pair.h"


enum { TICK_US = 20 * MS };


/* n frames each way, all of which arrive */
static void talk(unsigned n)
{
	while (n--) {
		now_us += TICK_US;
		end_rtp(&a);
		end_rtp(&b);
		assert_int_equal(1, end_drain(&a));
		assert_int_equal(1, end_drain(&b));
	}
}


static void silence(uint64_t ms)
{
	now_us += ms * MS;
}


/* Once a second, as the thread does it */
static void beats(unsigned n)
{
	while (n--) {
		silence(1000);
		stream_beat(a.s, now_us);
		stream_beat(b.s, now_us);
	}
}


/* A call that has begun; the first reports of ours are out of the way */
static void begin(void)
{
	struct ctl_in in;

	open_both();
	talk(3);
	stream_beat(a.s, now_us);
	stream_beat(b.s, now_us);
	while (end_got_rtcp(&a, &in) || end_got_rtcp(&b, &in))
		;
	talk(1);
}


/* SR of a peer as of now, about what it sent */
static struct ctl_out sr(const struct end *e, uint64_t ntp)
{
	return (struct ctl_out){
		.ssrc    = e->peer.ssrc,
		.sender  = true,
		.ntp     = ntp,
		.ts      = e->peer.ts,
		.packets = e->sent,
		.octets  = e->octets,
		.cname   = "of the peer",
	};
}


/* ... with a block about the latest packet that it got from us */
static struct ctl_out sr_about(const struct end *e, uint64_t ntp,
			       int32_t lost)
{
	struct ctl_out out = sr(e, ntp);

	out.has_block = true;
	out.block     = (struct ctl_block){
                .ssrc     = e->s->tx.ssrc,
                .fraction = 10,
                .lost     = lost,
                .ext_seq  = 0x30000u | e->s->tx.seq,
                .jitter   = 77,
        };

	return out;
}


static bool has_text(const struct got *g, const char *str)
{
	return memmem(g->buf, g->len, str, strlen(str)) != NULL;
}


/* --- sender reports ------------------------------------------------------ */

static void test_sender_report_is_put_into_our_words(void **state)
{
	const uint64_t ntp = 0x0102030405060708;
	struct ctl_out out;
	struct ctl_in in;
	uint32_t ts;

	(void)state;
	begin();

	/* the packet that carries the time of the report */
	now_us += TICK_US;
	out = sr(&a, ntp);
	end_rtp(&a);
	assert_true(end_got_rtp(&b));
	ts = end_got.pkt.ts;
	end_rtcp(&a, &out);

	assert_true(end_got_rtcp(&b, &in));
	assert_int_equal(b.s->tx.ssrc, in.ssrc);
	assert_true(in.sr);
	assert_true(in.ntp == ntp);
	assert_int_equal(ts, in.ts);
	assert_false(in.bye);
	assert_false(has_text(&end_got, "of the peer"));
	assert_true(has_text(&end_got, b.s->rep.cname));

	/* b said nothing about itself; what we got of it */
	assert_true(in.has_block);
	assert_int_equal(b.peer.ssrc, in.block.ssrc);
	assert_int_equal(rxs_ext(&b.s->rx), in.block.ext_seq);

	/* and nothing of it came back to a */
	assert_false(end_got_rtcp(&a, &in));
	close_both();
}


/* A report of a's source, as b gets it */
static void a_reports(struct ctl_in *in, uint64_t ntp)
{
	struct ctl_out out = sr(&a, ntp);

	end_rtcp(&a, &out);
	assert_true(end_got_rtcp(&b, in));
}


/* Counters go on over a prompt, another source and lost packets */
static void test_counters_never_go_back(void **state)
{
	struct ctl_in in;
	uint32_t last;

	(void)state;
	open_both();
	talk(10);
	a_reports(&in, 1);
	assert_int_equal(10, in.packets);
	assert_int_equal(1600, in.octets);

	/* two are lost on the way to us: a sent them, so they count */
	a.peer.seq = (uint16_t)(a.peer.seq + 2);
	a.sent += 2;
	a.octets += 320;
	talk(5);
	silence(1000);
	a_reports(&in, 2ull << 32);
	assert_int_equal(17, in.packets);
	assert_int_equal(17 * 160, in.octets);

	/* a begins anew, with counters of its own */
	a.peer.ssrc ^= 0xffff;
	a.sent   = 1000000;
	a.octets = 5;
	now_us += TICK_US;
	end_rtp(&a);
	now_us += TICK_US;
	end_rtp(&a);
	(void)end_drain(&b);
	silence(1000);
	a_reports(&in, 3ull << 32);
	last = in.packets;
	assert_int_equal(18, last); /* one of the two was on probation */

	/* nobody else reports: our own goes on from there */
	now_us += TICK_US;
	end_rtp(&a);
	(void)end_drain(&b);
	beats(20);
	assert_true(end_got_rtcp(&b, &in));
	assert_true(in.sr);
	assert_int_equal(last + 1, in.packets);
	while (end_got_rtcp(&b, &in))
		;

	/* a source that counts from the start again: ours counts */
	talk(1);
	a_reports(&in, 4ull << 32);
	assert_int_equal(last + 2, in.packets);
	a.sent = a.octets = 0;
	talk(1);
	silence(1000);
	a_reports(&in, 5ull << 32);
	assert_int_equal(last + 3, in.packets);
	close_both();
}


/* A source that is not heard, because we play or are on hold, is no sender */
static void test_sender_that_is_not_heard(void **state)
{
	static const uint8_t silent[PKT_HDR + 160];
	uint8_t buf[sizeof(silent)] = {0};
	struct pkt pkt = {.payload = buf + PKT_HDR, .plen = 160};
	struct media_flow flow;
	struct ctl_out out;
	struct ctl_in in;

	(void)state;
	begin();

	/* our own audio to b */
	assert_int_equal(DROP_NONE, relay_own(b.s, &pkt, CODEC_PCMU, 160,
					      now_us));
	(void)end_drain(&b);
	silence(1000);
	out = sr(&a, 7);
	end_rtcp(&a, &out);
	assert_false(end_got_rtcp(&b, &in));

	/* b asked us to hold */
	talk(3);
	flow      = end_flow(&b);
	flow.send = false;
	end_set(&b, &flow);
	silence(1000);
	out = sr(&a, 8);
	end_rtcp(&a, &out);
	assert_true(end_got_rtcp(&b, &in)); /* about the three */
	end_rtp(&a);
	silence(1000);
	out = sr(&a, 9);
	end_rtcp(&a, &out);
	assert_false(end_got_rtcp(&b, &in));
	close_both();
}


/* --- blocks -------------------------------------------------------------- */

static void test_block_becomes_one_about_the_source(void **state)
{
	struct ctl_out out;
	struct ctl_in in;

	(void)state;
	begin();
	talk(20); /* a's sequence wraps in these */

	out = sr_about(&b, 5, 3);
	end_rtcp(&b, &out);
	assert_true(end_got_rtcp(&a, &in));
	assert_int_equal(a.s->tx.ssrc, in.ssrc);
	assert_true(in.sr);
	assert_true(in.has_block);
	assert_int_equal(a.peer.ssrc, in.block.ssrc);
	assert_int_equal(10, in.block.fraction);
	assert_int_equal(3, in.block.lost);
	assert_int_equal(77, in.block.jitter);
	assert_int_equal(0x10000u | (uint16_t)(a.peer.seq - 1),
			 in.block.ext_seq);
	assert_int_equal(0, in.block.lsr);
	assert_int_equal(0, in.block.dlsr);
	close_both();
}


/* What b lost of somebody else is not a's */
static void test_losses_of_each_source(void **state)
{
	struct ctl_out out;
	struct ctl_in in;

	(void)state;
	begin();
	out = sr_about(&b, 5, 4);
	end_rtcp(&b, &out);
	assert_true(end_got_rtcp(&a, &in));
	assert_int_equal(4, in.block.lost);

	/* another source; a report about the one before says nothing of it */
	out = sr_about(&b, 6, 6);
	a.peer.ssrc ^= 0xffff;
	silence(1000);
	end_rtp(&a);
	now_us += TICK_US;
	end_rtp(&a);
	now_us += TICK_US;
	end_rtcp(&b, &out);
	if (end_got_rtcp(&a, &in))
		assert_int_equal(0, in.block.lost);

	silence(1000);
	out = sr_about(&b, 7, 7);
	end_rtcp(&b, &out);
	assert_true(end_got_rtcp(&a, &in));
	assert_int_equal(a.peer.ssrc, in.block.ssrc);
	assert_int_equal(1, in.block.lost);

	/* to us it is all one stream */
	assert_int_equal(7, report_lost(b.s));
	close_both();
}


/* Only the block: b sends nothing, or nothing that a hears */
static void test_receiver_report(void **state)
{
	struct ctl_out out;
	struct ctl_in in;

	(void)state;
	open_both();
	end_rtp(&b);
	end_rtp(&a);
	beats(1);
	assert_true(end_got_rtcp(&a, &in));
	for (unsigned i = 0; i < 8; i++) {
		now_us += TICK_US;
		end_rtp(&a);
	}

	out        = sr_about(&b, 5, 0);
	out.sender = false;
	end_rtcp(&b, &out);
	assert_true(end_got_rtcp(&a, &in));
	assert_false(in.sr);
	assert_true(in.has_block);
	assert_int_equal((uint16_t)(a.peer.seq - 1),
			 in.block.ext_seq & 0xffff);
	close_both();
}


/* --- round trip ---------------------------------------------------------- */

/* a ─10 ms─ we ─30 ms─ b, who answers after half a second */
static void test_round_trips(void **state)
{
	const uint64_t ntp = 0x1111222233334444;
	struct ctl_out out;
	struct ctl_in in;

	(void)state;
	begin();

	/* it left a 10 ms ago and comes to b 30 ms from now */
	a_reports(&in, ntp);

	silence(30 + 500 + 30);
	out            = sr_about(&b, 5ull << 32, 0);
	out.block.lsr  = ctl_lsr(in.ntp);
	out.block.dlsr = ctl_dlsr(0, 500 * MS);
	end_rtcp(&b, &out);

	/* we know our way, a gets what it needs for the whole one */
	assert_in_range(b.s->rep.rtt_us, 59900, 60100);
	assert_true(end_got_rtcp(&a, &in));
	assert_int_equal(ctl_lsr(ntp), in.block.lsr);
	assert_int_equal(out.block.dlsr, in.block.dlsr);

	/* a's answer to b's report, the other way */
	silence(1000);
	out           = sr_about(&a, 9, 0);
	out.block.lsr = ctl_lsr(in.ntp);
	out.block.dlsr = ctl_dlsr(0, 990 * MS);
	end_rtcp(&a, &out);
	assert_in_range(a.s->rep.rtt_us, 9900, 10100);
	assert_true(end_got_rtcp(&b, &in));
	assert_int_equal(5u << 16, in.block.lsr);
	close_both();
}


/* An answer to a report of ours tells a nothing of the way to b */
static void test_answer_to_our_own_report(void **state)
{
	struct ctl_out out;
	struct ctl_in in;
	uint32_t ours;

	(void)state;
	open_both();
	talk(3);
	stream_beat(b.s, now_us);
	assert_true(end_got_rtcp(&b, &in));
	assert_true(in.sr);
	ours = ctl_lsr(in.ntp);

	/* what a last said, which b did not hear */
	out        = sr(&a, 0xabcd0000ull << 16);
	out.sender = true;
	a.s->rep.lsr    = 0;
	silence(100);
	out            = sr_about(&b, 5, 0);
	out.block.lsr  = ours;
	out.block.dlsr = 0;
	end_rtcp(&b, &out);
	assert_in_range(b.s->rep.rtt_us, 99900, 100100);

	assert_true(end_got_rtcp(&a, &in));
	assert_int_equal(0, in.block.lsr);
	assert_int_equal(0, in.block.dlsr);

	/* nor does one to a report that nobody made */
	silence(1000);
	out.block.lsr = 0x12345678;
	end_rtcp(&b, &out);
	assert_true(end_got_rtcp(&a, &in));
	assert_int_equal(0, in.block.lsr);
	assert_in_range(b.s->rep.rtt_us, 99900, 100100);
	close_both();
}


/* --- what goes no further ------------------------------------------------ */

static void test_types_without_agreement_are_dropped(void **state)
{
	static const uint8_t types[] = {204, 205, 206, 207, 208, 255, 192};
	struct ctl_in in;

	(void)state;
	begin();

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const uint64_t before = drops(DROP_RTCP_TYPE);
		struct ctl_out out    = sr(&a, i);
		uint8_t buf[CTL_MAX + 12];
		size_t len = ctl_encode(buf, &out);

		memset(buf + len, 0, 12);
		buf[len]     = 0x80;
		buf[len + 1] = types[i];
		buf[len + 3] = 2;
		talk(1);
		silence(1000);
		end_rtcp_raw(&a, buf, len + 12);

		/* the rest of the packet passes */
		assert_true(end_got_rtcp(&b, &in));
		assert_true(in.sr);
		assert_int_equal(before + 1, drops(DROP_RTCP_TYPE));
	}

	close_both();
}


/* However often a reports, b gets two a second at most */
static void test_rate_is_bounded(void **state)
{
	const uint64_t before = drops(DROP_RTCP_RATE);
	struct ctl_in in;
	unsigned n = 0;

	(void)state;
	begin();

	for (unsigned i = 0; i < 1000; i++) {
		struct ctl_out out;

		talk(1);
		out = sr_about(&a, i, 0);
		end_rtcp(&a, &out);
		end_rtcp(&a, &out);
		n += end_got_rtcp(&b, &in);
	}

	/* 20 seconds */
	assert_in_range(n, 38, 41);
	assert_int_equal(before + 2000 - n, drops(DROP_RTCP_RATE));
	close_both();
}


static void test_strangers_report_nothing(void **state)
{
	struct sa evil;
	struct ctl_out out;
	struct ctl_in in;
	uint8_t buf[CTL_MAX];
	size_t len;

	(void)state;
	begin();
	assert_int_equal(0, sa_set_str(&evil, "127.0.9.9", 4001));

	/* a's own RTCP address is known from the first report on */
	out = sr_about(&a, 5, 100);
	out.bye = true;
	len = ctl_encode(buf, &out);
	report_recv(a.s, buf, len, &evil, now_us);
	silence(2000);
	stream_beat(b.s, now_us);
	assert_int_equal(0, report_lost(a.s));
	assert_int_equal(0, a.s->rep.lsr);
	while (end_got_rtcp(&b, &in))
		assert_false(in.bye || in.ntp == 5);
	close_both();
}


/* Before b's RTP came nothing goes to it, whatever a reports */
static void test_nothing_before_rtp(void **state)
{
	struct ctl_out out;
	struct ctl_in in;

	(void)state;
	open_both();
	for (unsigned i = 0; i < 3; i++) {
		now_us += TICK_US;
		end_rtp(&a);
	}

	out = sr(&a, 5);
	end_rtcp(&a, &out);
	beats(3);
	assert_false(end_got_rtcp(&b, &in));
	close_both();
}


/* --- leaving ------------------------------------------------------------- */

static void send_bye(struct end *e)
{
	struct ctl_out out = sr(e, 9);

	out.bye = true;
	end_rtcp(e, &out);
}


static void test_bye_is_passed(void **state)
{
	struct ctl_in in;
	uint32_t ssrc;

	(void)state;
	begin();
	ssrc = b.s->tx.ssrc;
	send_bye(&a);
	assert_true(end_got_rtcp(&b, &in));
	assert_false(in.bye);
	silence(400);
	stream_beat(b.s, now_us);
	assert_false(end_got_rtcp(&b, &in));
	silence(200);
	stream_beat(b.s, now_us);
	assert_true(end_got_rtcp(&b, &in));
	assert_true(in.bye);
	assert_int_equal(ssrc, in.ssrc);

	/* once, and nothing of ours afterwards */
	beats(30);
	assert_false(end_got_rtcp(&b, &in));

	/* b hears somebody again: that is another stream */
	talk(1);
	now_us += TICK_US;
	end_rtp(&a);
	assert_true(end_got_rtp(&b));
	assert_int_not_equal(ssrc, end_got.pkt.ssrc);
	assert_int_equal(b.s->tx.ssrc, end_got.pkt.ssrc);
	beats(1);
	assert_true(end_got_rtcp(&b, &in));
	assert_int_equal(b.s->tx.ssrc, in.ssrc);
	assert_true(in.sr);
	assert_int_equal(2, in.packets);
	close_both();
}


/* It only changes its SSRC: ours goes on */
static void test_bye_of_a_source_that_goes_on(void **state)
{
	struct ctl_in in;

	(void)state;
	begin();
	send_bye(&a);
	a.peer.ssrc ^= 0xffff;
	now_us += TICK_US;
	end_rtp(&a);
	now_us += TICK_US;
	end_rtp(&a);
	beats(30);
	while (end_got_rtcp(&b, &in))
		assert_false(in.bye);
	close_both();
}


/* The leave that the stream takes itself is the last word, and the only one */
static void test_one_bye(void **state)
{
	struct ctl_in in;
	unsigned byes = 0;

	(void)state;
	open_both();
	talk(3);
	send_bye(&a);
	beats(2);
	stream_close(a.s, now_us);
	stream_close(b.s, now_us);
	while (end_got_rtcp(&b, &in))
		byes += in.bye;
	assert_int_equal(1, byes);
	assert_int_equal(2, end_event(MEDIA_EV_CLOSED));
	peer_close(&a.peer);
	peer_close(&b.peer);
}


/* --- our own ------------------------------------------------------------- */

/* While reports of the far end pass, ours do not mix in */
static void test_own_reports_only_when_nothing_comes(void **state)
{
	struct ctl_out out;
	struct ctl_in in;
	unsigned own = 0, far = 0;

	(void)state;
	begin();

	for (unsigned i = 1; i <= 60; i++) {
		talk(1);
		if (i % 5 == 0 && i <= 40) {
			out = sr(&a, 0xffull << 56 | i);
			end_rtcp(&a, &out);
		}

		silence(980);
		stream_beat(b.s, now_us);
		while (end_got_rtcp(&b, &in)) {
			if (in.ntp >> 56 == 0xff)
				++far;
			else if (i > 5)
				++own;
			if (i > 6 && i < 50)
				assert_int_equal(0xff, in.ntp >> 56);
		}
	}

	assert_int_equal(8, far);
	assert_in_range(own, 1, 5);
	close_both();
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sender_report_is_put_into_our_words),
		cmocka_unit_test(test_counters_never_go_back),
		cmocka_unit_test(test_sender_that_is_not_heard),
		cmocka_unit_test(test_block_becomes_one_about_the_source),
		cmocka_unit_test(test_losses_of_each_source),
		cmocka_unit_test(test_receiver_report),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_answer_to_our_own_report),
		cmocka_unit_test(test_types_without_agreement_are_dropped),
		cmocka_unit_test(test_rate_is_bounded),
		cmocka_unit_test(test_strangers_report_nothing),
		cmocka_unit_test(test_nothing_before_rtp),
		cmocka_unit_test(test_bye_is_passed),
		cmocka_unit_test(test_bye_of_a_source_that_goes_on),
		cmocka_unit_test(test_one_bye),
		cmocka_unit_test(test_own_reports_only_when_nothing_comes),
	};

	return cmocka_run_group_tests(tests, ends_setup, ends_teardown);
}
