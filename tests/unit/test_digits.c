/**
 * @file tests/unit/test_digits.c  DTMF of streams: events, tones, both
 */
#include "rtp_peer.h"
#include "media/codec.h"


static struct got g;


static void bridge_open(struct side *a, struct side *b)
{
	side_open(a, "127.0.1.1", 0);
	side_open(b, "127.0.1.2", a->id);
	side_agree(a, MEDIA_PCMU);
	side_agree(b, MEDIA_PCMU);
	side_bridge(a, b);
}


static void set_dtmf(struct side *s, uint8_t pt, bool inband)
{
	struct media_flow f = side_flow(s, MEDIA_PCMU);

	f.dtmf_pt    = pt;
	f.dtmf_pt_tx = pt;
	f.inband     = inband;
	side_set(s, &f);
}


/* A key held for n packets of 20 ms; the end is said three times */
static void press(struct side *s, uint8_t event, unsigned n)
{
	for (unsigned i = 1; i <= n; i++)
		peer_send_event(&s->peer, &s->addr, 101, event, false,
				(uint16_t)(i * 160));

	for (unsigned i = 0; i < 3; i++)
		peer_send_event(&s->peer, &s->addr, 101, event, true,
				(uint16_t)(n * 160));

	s->peer.ts += n * 160;
}


/* One frame of a digit's tone */
static void send_tone(struct side *s, struct tone *t)
{
	uint8_t buf[PKT_HDR + PEER_FRAME];
	int16_t pcm[PEER_FRAME] = {0};
	struct pkt pkt          = {
                .ts      = s->peer.ts,
                .ssrc    = s->peer.ssrc,
                .seq     = s->peer.seq++,
                .payload = buf + PKT_HDR,
                .plen    = PEER_FRAME,
        };

	(void)tone_read(t, pcm, PEER_FRAME);
	(void)codec_encode(pkt.payload, PEER_FRAME, CODEC_PCMU, pcm,
			   PEER_FRAME);
	s->peer.ts += PEER_FRAME;
	send_raw(s->peer.rtp, &s->addr, pkt_encode(&pkt), sizeof(buf));
}


/* --- events -------------------------------------------------------------- */

static void test_event_is_told_and_relayed(void **state)
{
	const struct media_report *ev;
	struct side a, b;
	uint32_t ts = 0;

	(void)state;
	bridge_open(&a, &b);
	press(&a, 5, 8);

	for (unsigned i = 0; i < 11; i++) {
		peer_recv(&b.peer, &g);
		assert_int_equal(101, g.pkt.pt);
		assert_int_equal(4, g.pkt.plen);
		assert_int_equal(5, g.pkt.payload[0]);
		assert_int_equal(i >= 8, g.pkt.payload[1] >> 7);
		assert_int_equal((i < 8 ? i + 1 : 8) * 160,
				 get_be16(g.pkt.payload + 2));
		if (i)
			assert_int_equal(ts, g.pkt.ts);
		ts = g.pkt.ts;
	}

	ev = event_wait(&a, MEDIA_EV_DTMF);
	assert_int_equal('5', ev->digit);
	assert_int_equal(160, ev->duration_ms);
	assert_int_equal(0, ev->info);

	press(&a, 11, 4);
	ev = event_wait_from(&a, MEDIA_EV_DTMF, a.evc);
	assert_int_equal('#', ev->digit);
	assert_int_equal(2, event_count(&a, MEDIA_EV_DTMF));
	side_close(&a);
	side_close(&b);
}


static void test_event_whose_end_was_lost(void **state)
{
	struct side a;

	(void)state;
	side_open(&a, "127.0.1.1", 0);
	side_agree(&a, MEDIA_PCMU);
	peer_send_event(&a.peer, &a.addr, 101, 7, false, 800);
	assert_int_equal('7', event_wait(&a, MEDIA_EV_DTMF)->digit);
	assert_int_equal(100, event_wait(&a, MEDIA_EV_DTMF)->duration_ms);
	side_close(&a);
}


static void test_event_that_is_cut_or_none(void **state)
{
	uint8_t buf[PKT_HDR + 3] = {0};
	struct pkt pkt = {.pt = 101, .payload = buf + PKT_HDR, .plen = 3};
	struct side a;

	(void)state;
	side_open(&a, "127.0.1.1", 0);
	side_agree(&a, MEDIA_PCMU);
	pkt.ssrc = a.peer.ssrc;
	pkt.seq  = a.peer.seq++;
	send_raw(a.peer.rtp, &a.addr, pkt_encode(&pkt), sizeof(buf));
	press(&a, 16, 4); /* flash */
	press(&a, 255, 4);
	press(&a, 1, 4);
	assert_int_equal('1', event_wait(&a, MEDIA_EV_DTMF)->digit);
	assert_int_equal(1, event_count(&a, MEDIA_EV_DTMF));
	side_close(&a);
}


/* --- sending ------------------------------------------------------------- */

static void test_digits_are_sent_as_events(void **state)
{
	static const char digits[] = "1*D";
	struct side a;
	uint16_t seq = 0;
	uint32_t ts  = 0;

	(void)state;
	side_open(&a, "127.0.1.1", 0);
	side_agree(&a, MEDIA_PCMU);
	assert_int_equal(0, media_send_dtmf(a.id, digits, 80, 40));

	for (unsigned d = 0; digits[d]; d++) {
		unsigned ends = 0;

		for (unsigned i = 0; ends < 3; i++) {
			peer_recv(&a.peer, &g);
			assert_int_equal(101, g.pkt.pt);
			assert_int_equal(dtmf_event(digits[d]),
					 g.pkt.payload[0]);
			assert_int_equal(!i, g.pkt.marker);
			ends += g.pkt.payload[1] >> 7;
			if (i)
				assert_int_equal(ts, g.pkt.ts);
			else if (d)
				assert_true(ts_diff(g.pkt.ts, ts) >= 120 * 8);
			if (i || d)
				assert_int_equal((uint16_t)(seq + 1),
						 g.pkt.seq);
			ts  = g.pkt.ts;
			seq = g.pkt.seq;
		}

		assert_int_equal(640, get_be16(g.pkt.payload + 2));
	}

	side_close(&a);
}


static char tone_seen[8];


static void on_tone(const struct dtmf_report *rep, void *arg)
{
	const size_t n = strlen(tone_seen);

	(void)arg;
	if (rep->end && n + 1 < sizeof(tone_seen))
		tone_seen[n] = rep->end;
}


static bool tones_cond(void *arg)
{
	const struct side *s = arg;
	static struct dtmf_det det;
	int16_t pcm[PEER_FRAME];

	if (!tone_seen[0] && !det.fill)
		dtmf_det_init(&det);

	while (try_rtp(&s->peer, &g)) {
		assert_int_equal(0, g.pkt.pt);
		(void)codec_decode(pcm, PEER_FRAME, CODEC_PCMU, g.pkt.payload,
				   g.pkt.plen);
		dtmf_det_run(&det, pcm, PEER_FRAME, on_tone, NULL);
	}

	return strlen(tone_seen) >= 3;
}


static void test_digits_are_sent_as_tones(void **state)
{
	struct side a;

	(void)state;
	side_open(&a, "127.0.1.1", 0);
	set_dtmf(&a, 0, false);
	memset(tone_seen, 0, sizeof(tone_seen));
	assert_int_equal(0, media_send_dtmf(a.id, "19#", 80, 80));

	/* the pause behind the last one, too */
	assert_int_equal(0, media_send_dtmf(a.id, "0", 80, 80));
	assert_true(wait_for(tones_cond, &a));
	assert_memory_equal("19#", tone_seen, 3);
	side_close(&a);
}


static void test_bad_digits_are_refused(void **state)
{
	struct side a;
	char many[DIGITS_MAX + 2];

	(void)state;
	side_open(&a, "127.0.1.1", 0);
	memset(many, '1', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	assert_int_equal(EINVAL, media_send_dtmf(a.id, "12x", 0, 0));
	assert_int_equal(EINVAL, media_send_dtmf(a.id, "", 0, 0));
	assert_int_equal(EINVAL, media_send_dtmf(a.id, NULL, 0, 0));
	assert_int_equal(EINVAL, media_send_dtmf(a.id, many, 0, 0));
	side_close(&a);
}


/* --- from one kind to the other ------------------------------------------ */

static void test_event_becomes_a_tone(void **state)
{
	struct side a, b;

	(void)state;
	bridge_open(&a, &b);
	set_dtmf(&b, 0, false);
	memset(tone_seen, 0, sizeof(tone_seen));
	press(&a, 4, 5);
	press(&a, 5, 5);
	press(&a, 6, 5);
	press(&a, 0, 5);
	assert_true(wait_for(tones_cond, &b));
	assert_memory_equal("456", tone_seen, 3);
	side_close(&a);
	side_close(&b);
}


struct event_seen {
	const struct peer *p;
	unsigned audio_after; /* tone frames after the event began */
	unsigned ends;
	bool begun;
};


static bool events_cond(void *arg)
{
	struct event_seen *e = arg;

	while (try_rtp(e->p, &g)) {
		if (g.pkt.pt == 101) {
			assert_int_equal(9, g.pkt.payload[0]);
			e->begun = true;
			e->ends += g.pkt.payload[1] >> 7;
		}
		else if (e->begun && !e->ends) {
			++e->audio_after;
		}
	}

	return e->ends >= 3;
}


static void test_tone_becomes_an_event(void **state)
{
	const struct media_report *ev;
	struct event_seen seen = {.begun = false};
	struct tone_def def;
	struct tone tone;
	struct side a, b;

	(void)state;
	bridge_open(&a, &b);
	set_dtmf(&a, 0, true);
	assert_int_equal(0, dtmf_tone(&def, '9', 200, 200));
	tone_start(&tone, &def, 0);
	for (unsigned i = 0; i < 20; i++)
		send_tone(&a, &tone);

	ev = event_wait(&a, MEDIA_EV_DTMF);
	assert_int_equal('9', ev->digit);
	assert_int_equal(1, ev->info);
	assert_in_range(ev->duration_ms, 170, 230);

	seen.p = &b.peer;
	assert_true(wait_for(events_cond, &seen));
	assert_int_equal(0, seen.audio_after);
	side_close(&a);
	side_close(&b);
}


/* Nobody asked to search the audio */
static void test_tone_is_only_audio_otherwise(void **state)
{
	struct tone_def def;
	struct tone tone;
	struct side a, b;

	(void)state;
	bridge_open(&a, &b);
	assert_int_equal(0, dtmf_tone(&def, '9', 200, 200));
	tone_start(&tone, &def, 0);

	for (unsigned i = 0; i < 20; i++) {
		send_tone(&a, &tone);
		peer_recv(&b.peer, &g);
		assert_int_equal(0, g.pkt.pt);
	}

	side_close(&a);
	assert_int_equal(0, event_count(&a, MEDIA_EV_DTMF));
	side_close(&b);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event_is_told_and_relayed),
		cmocka_unit_test(test_event_whose_end_was_lost),
		cmocka_unit_test(test_event_that_is_cut_or_none),
		cmocka_unit_test(test_digits_are_sent_as_events),
		cmocka_unit_test(test_digits_are_sent_as_tones),
		cmocka_unit_test(test_bad_digits_are_refused),
		cmocka_unit_test(test_event_becomes_a_tone),
		cmocka_unit_test(test_tone_becomes_an_event),
		cmocka_unit_test(test_tone_is_only_audio_otherwise),
	};

	return cmocka_run_group_tests(tests, peers_setup, peers_teardown);
}
