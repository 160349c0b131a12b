/**
 * @file tests/unit/test_tap.c  Recordings of streams
 */
#include "rtp_peer.h"
#include "audio_util.h"


static struct got g;


static int setup(void **state)
{
	return tmp_setup(state) || peers_setup(state);
}


static int teardown(void **state)
{
	return peers_teardown(state) || tmp_teardown(state);
}


/* A frame of a tone in A-law; the phase goes on with the timestamp */
static void send_tone(struct side *s, double hz, double peak)
{
	uint8_t buf[PKT_HDR + PEER_FRAME];
	int16_t pcm[PEER_FRAME];
	struct pkt pkt = {
		.ts      = s->peer.ts,
		.ssrc    = s->peer.ssrc,
		.seq     = s->peer.seq++,
		.pt      = 8,
		.payload = buf + PKT_HDR,
		.plen    = PEER_FRAME,
	};

	for (size_t i = 0; i < PEER_FRAME; i++)
		pcm[i] = tone_sample(hz, peak, s->peer.ts % 8000 + i, 8000);
	(void)codec_encode(pkt.payload, PEER_FRAME, CODEC_PCMA, pcm,
			   PEER_FRAME);
	s->peer.ts += PEER_FRAME;
	send_raw(s->peer.rtp, &s->addr, pkt_encode(&pkt), sizeof(buf));
}


static void bridge_open(struct side *a, struct side *b)
{
	side_open(a, "127.0.1.1", 0);
	side_open(b, "127.0.1.2", a->id);
	side_agree(a, MEDIA_PCMA);
	side_agree(b, MEDIA_PCMA);
	side_bridge(a, b);
	a->peer.ts = 80000;
	b->peer.ts = 160000;
}


static void record(const struct side *s, struct media_record *rec)
{
	assert_int_equal(0, media_record(s->id, rec));
	media_sync();
}


/* n frames both ways, a at 500 Hz and b at 1500 Hz, at their pace */
static void talk(struct side *a, struct side *b, unsigned n)
{
	while (n--) {
		send_tone(a, 500, 8000);
		send_tone(b, 1500, 8000);
		peer_recv(&a->peer, &g);
		peer_recv(&b->peer, &g);
		(void)poll(NULL, 0, 20);
	}
}


static void test_stereo_has_each_party_on_its_side(void **state)
{
	struct media_record rec = {
		.path = tmp_path("two.wav"), .stereo = true, .tag = 5};
	const struct media_report *ev;
	struct side a, b;
	struct wave w;

	(void)state;
	bridge_open(&a, &b);
	record(&a, &rec);
	talk(&a, &b, 25);
	assert_int_equal(0, media_stop_record(a.id, 5));
	ev = event_wait(&a, MEDIA_EV_REC_DONE);
	assert_int_equal(MEDIA_REC_COMPLETE, ev->rec);
	assert_int_equal(5, ev->tag);
	assert_string_equal(rec.path, a.path);
	assert_true(ev->duration_ms >= 480);

	wave_read(&w, a.path);
	assert_int_equal(2, w.fmt.ch);
	assert_true(w.n >= 3600);
	assert_true(goertz_share(w.ch[0] + 400, 3000, 500) > 0.9);
	assert_true(goertz_share(w.ch[1] + 400, 3000, 1500) > 0.9);
	wave_free(&w);

	side_close(&a);
	side_close(&b);
}


static void test_mono_and_what_it_says_only(void **state)
{
	struct media_record mix  = {.path = tmp_path("mix.wav"), .tag = 1};
	struct media_record says = {
		.path = tmp_path("says.wav"), .rx_only = true, .tag = 2};
	struct side a, b;
	struct wave w;

	(void)state;
	bridge_open(&a, &b);
	record(&a, &mix);
	record(&a, &says);
	talk(&a, &b, 20);
	side_close(&a);
	assert_int_equal(2, event_count(&a, MEDIA_EV_REC_DONE));

	wave_read(&w, tmp_path("mix.wav"));
	assert_int_equal(1, w.fmt.ch);
	assert_true(goertz_share(w.ch[0] + 400, 2400, 500) > 0.4);
	assert_true(goertz_share(w.ch[0] + 400, 2400, 1500) > 0.4);
	wave_free(&w);

	wave_read(&w, tmp_path("says.wav"));
	assert_true(goertz_share(w.ch[0] + 400, 2400, 500) > 0.9);
	wave_free(&w);
	side_close(&b);
}


/* CLOSED is the last word: the recording has ended before it */
static void test_closing_ends_recordings_first(void **state)
{
	struct media_record rec = {.path = tmp_path("end.wav"), .tag = 3};
	struct side a;

	(void)state;
	side_open(&a, "127.0.1.1", 0);
	side_agree(&a, MEDIA_PCMA);
	record(&a, &rec);
	side_close(&a);
	assert_int_equal(2, a.evc);
	assert_int_equal(MEDIA_EV_REC_DONE, a.evv[0].ev);
	assert_true(file_exists(tmp_path("end.wav")));
}


/* The stream went while the command was on its way */
static void test_record_that_finds_nobody_ends(void **state)
{
	struct media_record rec = {.path = tmp_path("late.wav"), .tag = 3};
	struct side a;

	(void)state;
	side_open(&a, "127.0.1.1", 0);
	assert_int_equal(0, media_record(a.id, &rec));
	media_close_stream(a.id);
	assert_int_equal(ENOENT, media_record(a.id, &rec));
	(void)event_wait(&a, MEDIA_EV_CLOSED);
	assert_int_equal(1, event_count(&a, MEDIA_EV_REC_DONE));
	peer_close(&a.peer);
}


static void test_failures_are_told(void **state)
{
	static const char *const rows[] = {
		"/proc/nothing/x.wav",
		"/tmp/../x.wav",
		"/dev/null/x.wav",
	};

	(void)state;

	for (uint32_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct media_record rec = {.path = rows[i], .tag = i};
		const struct media_report *ev;
		struct side a;

		side_open(&a, "127.0.1.1", 0);
		side_agree(&a, MEDIA_PCMA);
		record(&a, &rec);
		assert_int_equal(0, media_stop_record(a.id, i));
		ev = event_wait(&a, MEDIA_EV_REC_DONE);
		assert_int_equal(MEDIA_REC_FAILED, ev->rec);
		assert_int_equal(i, ev->tag);
		assert_string_equal(rows[i], a.path);
		assert_true(a.why[0] != '\0');
		side_close(&a);
		assert_int_equal(1, event_count(&a, MEDIA_EV_REC_DONE));
	}
}


static void test_silence_and_limit(void **state)
{
	struct media_record rec = {
		.path       = tmp_path("quiet.wav"),
		.rx_only    = true,
		.silence_ms = 800,
		.max_ms     = 1000,
		.tag        = 8,
	};
	struct side a;

	(void)state;
	side_open(&a, "127.0.1.1", 0);
	side_agree(&a, MEDIA_PCMA);
	record(&a, &rec);

	/* loud until the test has seen that nothing is said */
	for (unsigned i = 0; i < 20; i++) {
		send_tone(&a, 500, 8000);
		(void)poll(NULL, 0, 10);
		(void)media_poll();
	}

	assert_int_equal(0, event_count(&a, MEDIA_EV_SILENCE));
	while (!event_count(&a, MEDIA_EV_SILENCE)) {
		send_tone(&a, 500, 20);
		(void)poll(NULL, 0, 10);
		(void)media_poll();
	}

	assert_int_equal(8, event_wait(&a, MEDIA_EV_SILENCE)->tag);
	assert_int_equal(8, event_wait(&a, MEDIA_EV_LIMIT)->tag);
	side_close(&a);
	assert_int_equal(1, event_count(&a, MEDIA_EV_SILENCE));
	assert_int_equal(1, event_count(&a, MEDIA_EV_LIMIT));
}


struct beep {
	const struct side *s;
	int16_t pcm[16000];
	size_t n;
};


static bool beep_cond(void *arg)
{
	struct beep *b = arg;

	while (try_rtp(&b->s->peer, &g))
		b->n += codec_decode(b->pcm + b->n,
				     ARRAY_SIZE(b->pcm) - b->n, CODEC_PCMA,
				     g.pkt.payload, g.pkt.plen);

	return b->n >= 640;
}


static void test_beep_is_heard_and_not_recorded(void **state)
{
	static struct beep beep;
	struct media_record rec = {.path    = tmp_path("beep.wav"),
				   .rx_only = true,
				   .beep    = true,
				   .tag     = 9};
	struct side a;

	(void)state;
	side_open(&a, "127.0.1.1", 0);
	side_agree(&a, MEDIA_PCMA);
	record(&a, &rec);
	beep.s = &a;
	assert_true(wait_for(beep_cond, &beep));
	assert_true(codec_level(CODEC_PCMA, g.pkt.payload, g.pkt.plen) > 500);
	side_close(&a);
	assert_int_equal(1, event_count(&a, MEDIA_EV_REC_DONE));
}


/* MixMonitor(b): what is said while nobody is there is left out */
static void test_bridged_only(void **state)
{
	struct media_record rec = {.path         = tmp_path("b.wav"),
				   .stereo       = true,
				   .bridged_only = true};
	struct side a, b;
	struct wave w;

	(void)state;
	bridge_open(&a, &b);
	assert_int_equal(0, media_unbridge(a.id));
	record(&a, &rec);
	for (unsigned i = 0; i < 20; i++) {
		send_tone(&a, 500, 8000);
		(void)poll(NULL, 0, 20);
	}

	media_sync();
	side_close(&a);
	wave_read(&w, a.path);
	assert_true(w.n > 1600);
	for (size_t i = 0; i < w.n; i++)
		assert_int_equal(0, w.ch[0][i]);
	wave_free(&w);
	side_close(&b);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stereo_has_each_party_on_its_side),
		cmocka_unit_test(test_mono_and_what_it_says_only),
		cmocka_unit_test(test_closing_ends_recordings_first),
		cmocka_unit_test(test_record_that_finds_nobody_ends),
		cmocka_unit_test(test_failures_are_told),
		cmocka_unit_test(test_silence_and_limit),
		cmocka_unit_test(test_beep_is_heard_and_not_recorded),
		cmocka_unit_test(test_bridged_only),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
