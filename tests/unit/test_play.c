/**
 * @file tests/unit/test_play.c  Prompts and tones to a peer
 */
#include "rtp_peer.h"
#include "audio_util.h"


enum {
	FRAMES_MAX = 400,
};

static struct got g;

/** What a peer heard, put together by its timestamps */
struct heard {
	int16_t pcm[FRAMES_MAX * FRAME_MAX];
	size_t n;
	uint32_t first_ts;
	uint16_t last_seq;
	bool any;
};

static struct heard h;


static void hear_packet(void)
{
	const enum codec c = codec_from_pt(g.pkt.pt);
	size_t at;

	if (!h.any) {
		memset(&h, 0, sizeof(h));
		h.any      = true;
		h.first_ts = g.pkt.ts;
		assert_true(g.pkt.marker);
	}
	else {
		assert_int_equal((uint16_t)(h.last_seq + 1), g.pkt.seq);
	}

	h.last_seq = g.pkt.seq;
	at         = g.pkt.ts - h.first_ts;
	assert_true(at + g.pkt.plen <= ARRAY_SIZE(h.pcm));
	assert_int_equal(g.pkt.plen,
			 codec_decode(h.pcm + at, g.pkt.plen, c, g.pkt.payload,
				      g.pkt.plen));
	if (at + g.pkt.plen > h.n)
		h.n = at + g.pkt.plen;
}


struct hear_wait {
	struct side *s;
	enum media_event ev;
	size_t samples;
};


static bool hear_cond(void *arg)
{
	struct hear_wait *w = arg;

	while (try_rtp(&w->s->peer, &g))
		hear_packet();

	return w->samples ? h.n >= w->samples : event_count(w->s, w->ev) > 0;
}


/* Listen until something was told, or for so many samples */
static void hear(struct side *s, enum media_event ev, size_t samples)
{
	struct hear_wait w = {s, ev, samples};

	if (!wait_for(hear_cond, &w))
		fail_msg("heard %zu samples", h.n);
}


static void assert_heard(size_t from, size_t to, double hz)
{
	if (goertz_share(h.pcm + from, to - from, hz) < 0.9)
		fail_msg("%zu-%zu: %f of %f Hz", from, to,
			 goertz_share(h.pcm + from, to - from, hz), hz);
}


static void tone_file(const char *name, double hz, size_t n)
{
	uint8_t *buf = calloc(1, WAV_HDR_SIZE + n * 2);

	assert_non_null(buf);
	wav_hdr_encode(buf, 8000, 1, n * 2);
	for (size_t i = 0; i < n; i++) {
		const int v = tone_sample(hz, 8000, i, 8000);

		buf[WAV_HDR_SIZE + 2 * i]     = (uint8_t)(v & 0xff);
		buf[WAV_HDR_SIZE + 2 * i + 1] = (uint8_t)(v >> 8 & 0xff);
	}

	file_put(tmp_path(name), buf, WAV_HDR_SIZE + n * 2);
	free(buf);
}


static void play(const struct side *s, const char *files, uint32_t tag)
{
	const struct media_play prm = {.files = files, .tag = tag};

	assert_int_equal(0, media_play(s->id, &prm));
}


static void open_pcma(struct side *s)
{
	h.any = false;
	h.n   = 0;
	side_open(s, "127.0.1.1", 0);
	side_agree(s, MEDIA_PCMA);
}


static int setup(void **state)
{
	struct media_params prm;

	if (tmp_setup(state) || libre_init() || timers_init())
		return -1;

	peers_params(&prm);
	prm.sound_path = tmp_dir;
	tone_file("low.wav", 500, 2400);
	tone_file("high.wav", 1500, 2400);
	tone_file("odd.wav", 1000, 2000);

	return media_init(&prm);
}


static int teardown(void **state)
{
	return peers_teardown(state) || tmp_teardown(state);
}


/* --- what is heard ------------------------------------------------------- */

static void test_tone_list(void **state)
{
	struct side a;

	(void)state;
	open_pcma(&a);
	play(&a, "tone:425/100,0/100,1000/5000", 1);
	hear(&a, MEDIA_EV_CLOSED, 4800);
	assert_heard(0, 800, 425);
	for (size_t i = 820; i < 1600; i++)
		assert_in_range(abs(h.pcm[i]), 0, 8);
	assert_heard(1600, 4800, 1000);
	assert_int_equal(0, media_stop_play(a.id));
	assert_int_equal(ECANCELED, event_wait(&a, MEDIA_EV_PLAY_DONE)->err);
	side_close(&a);
}


static void test_tone_of_the_country(void **state)
{
	struct side a;

	(void)state;
	open_pcma(&a);
	play(&a, "tone:busy", 1);
	hear(&a, MEDIA_EV_CLOSED, 3200);
	assert_true(goertz_share(h.pcm, 3200, 480) > 0.4);
	assert_true(goertz_share(h.pcm, 3200, 620) > 0.4);
	side_close(&a);
}


static void test_files_join_without_a_gap(void **state)
{
	struct side a;

	(void)state;
	open_pcma(&a);
	play(&a, "low&high", 7);
	hear(&a, MEDIA_EV_PLAY_DONE, 0);
	assert_int_equal(0, a.evv[0].err);
	assert_int_equal(7, a.evv[0].tag);
	assert_heard(0, 2400, 500);
	assert_heard(2400, 4800, 1500);
	side_close(&a);
}


static void test_end_of_a_frame_is_silence(void **state)
{
	struct side a;

	(void)state;
	open_pcma(&a);
	play(&a, "odd", 7);
	hear(&a, MEDIA_EV_PLAY_DONE, 0);
	assert_int_equal(2080, h.n);
	assert_heard(0, 2000, 1000);
	for (size_t i = 2000; i < 2080; i++)
		assert_in_range(abs(h.pcm[i]), 0, 8);
	side_close(&a);
}


static void test_missing_file_is_left_out(void **state)
{
	struct side a;

	(void)state;
	open_pcma(&a);
	play(&a, "nothing&low&nothing", 3);
	hear(&a, MEDIA_EV_PLAY_DONE, 0);
	assert_int_equal(ENOENT, a.evv[0].err);
	assert_heard(0, 2400, 500);
	side_close(&a);
}


static void test_nothing_to_play_ends(void **state)
{
	static const struct {
		const char *files;
		bool loop;
		int err;
	} rows[] = {
		{"nothing", false, ENOENT},
		{"nothing&nothing2", true, ENOENT},
		{"tone:xyzzy", false, EINVAL},
		{"../etc/passwd", false, EINVAL},
	};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct media_play prm = {.files = rows[i].files,
					       .loop  = rows[i].loop};
		struct side a;

		open_pcma(&a);
		assert_int_equal(0, media_play(a.id, &prm));
		assert_int_equal(rows[i].err,
				 event_wait(&a, MEDIA_EV_PLAY_DONE)->err);
		side_close(&a);
	}
}


static void test_loop_goes_on(void **state)
{
	const struct media_play prm = {
		.files = "low", .loop = true, .random = true};
	struct side a;

	(void)state;
	open_pcma(&a);
	assert_int_equal(0, media_play(a.id, &prm));
	hear(&a, MEDIA_EV_CLOSED, 6000);
	assert_heard(0, 2400, 500);
	assert_heard(2400, 4800, 500);
	assert_int_equal(0, event_count(&a, MEDIA_EV_PLAY_DONE));
	side_close(&a);
}


/* --- formats ------------------------------------------------------------- */

static void test_frame_lengths(void **state)
{
	static const uint16_t rows[] = {10, 20, 30, 40, 60};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct media_flow f;
		struct side a;

		h.any = false;
		side_open(&a, "127.0.1.1", 0);
		f          = side_flow(&a, MEDIA_PCMU);
		f.ptime_ms = rows[i];
		side_set(&a, &f);
		play(&a, "low", 0);
		hear(&a, MEDIA_EV_PLAY_DONE, 0);
		assert_int_equal(rows[i] * 8, g.pkt.plen);
		assert_heard(0, 2400, 500);
		side_close(&a);
	}
}


static void test_gsm(void **state)
{
	struct side a;

	(void)state;
	side_open(&a, "127.0.1.1", 0);
	side_agree(&a, MEDIA_GSM);
	play(&a, "low", 0);
	peer_recv(&a.peer, &g);
	assert_int_equal(3, g.pkt.pt);
	assert_int_equal(33, g.pkt.plen);
	assert_int_equal(0, event_wait(&a, MEDIA_EV_PLAY_DONE)->err);
	side_close(&a);
}


static void test_codec_that_cannot_be_made(void **state)
{
	static const enum media_codec rows[] = {MEDIA_OTHER};

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct side a;

		side_open(&a, "127.0.1.1", 0);
		side_agree(&a, rows[i]);
		play(&a, "low", 0);
		assert_int_equal(ENOTSUP,
				 event_wait(&a, MEDIA_EV_PLAY_DONE)->err);
		side_close(&a);
	}
}


/* --- with others --------------------------------------------------------- */

static void test_replaces_the_partner_until_it_ends(void **state)
{
	struct side a, b;

	(void)state;
	open_pcma(&a);
	side_open(&b, "127.0.1.2", a.id);
	side_agree(&b, MEDIA_PCMA);
	side_bridge(&a, &b);

	peer_send(&b.peer, &b.addr, 8, 0x11);
	peer_recv(&a.peer, &g);
	play(&a, "low", 0);
	h.any = false;

	/* the partner goes on all the time, but is no flood; its frames have
	 * one value */
	do {
		sys_msleep(5);
		peer_send(&b.peer, &b.addr, 8, 0x11);
		peer_recv(&a.peer, &g);
	} while (g.pkt.payload[0] == 0x11 && g.pkt.payload[9] == 0x11);

	hear_packet();
	for (unsigned i = 0; i < 10; i++)
		peer_send(&b.peer, &b.addr, 8, 0x11);
	hear(&a, MEDIA_EV_PLAY_DONE, 0);
	assert_heard(0, 2400, 500);

	media_sync();
	peer_send(&b.peer, &b.addr, 8, 0x11);
	peer_recv(&a.peer, &g);
	assert_int_equal(0x11, g.pkt.payload[9]);
	assert_true(g.pkt.marker);
	assert_int_equal((uint16_t)(h.last_seq + 1), g.pkt.seq);
	assert_true(g.pkt.ts - h.first_ts >= 2400);
	side_close(&a);
	side_close(&b);
}


static void test_new_player_ends_the_old(void **state)
{
	struct side a;

	(void)state;
	open_pcma(&a);
	play(&a, "tone:500/60000", 1);
	hear(&a, MEDIA_EV_CLOSED, 800);
	play(&a, "high", 2);
	(void)event_wait_from(&a, MEDIA_EV_PLAY_DONE, 1);
	assert_int_equal(2, a.evc);
	assert_int_equal(ECANCELED, a.evv[0].err);
	assert_int_equal(1, a.evv[0].tag);
	assert_int_equal(0, a.evv[1].err);
	assert_int_equal(2, a.evv[1].tag);
	side_close(&a);
}


static void test_closing_ends_it_first(void **state)
{
	struct side a;

	(void)state;
	open_pcma(&a);
	play(&a, "tone:500/60000", 9);
	side_close(&a);
	assert_int_equal(2, a.evc);
	assert_int_equal(MEDIA_EV_PLAY_DONE, a.evv[0].ev);
	assert_int_equal(ECANCELED, a.evv[0].err);
}


/* A player of a stream without an agreement ends when it should */
static void test_without_agreement_time_goes_on(void **state)
{
	struct side a;

	(void)state;
	side_open(&a, "127.0.1.1", 0);
	play(&a, "low", 0);
	assert_int_equal(0, event_wait(&a, MEDIA_EV_PLAY_DONE)->err);
	assert_no_rtp(&a.peer);
	side_close(&a);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tone_list),
		cmocka_unit_test(test_tone_of_the_country),
		cmocka_unit_test(test_files_join_without_a_gap),
		cmocka_unit_test(test_end_of_a_frame_is_silence),
		cmocka_unit_test(test_missing_file_is_left_out),
		cmocka_unit_test(test_nothing_to_play_ends),
		cmocka_unit_test(test_loop_goes_on),
		cmocka_unit_test(test_frame_lengths),
		cmocka_unit_test(test_gsm),
		cmocka_unit_test(test_codec_that_cannot_be_made),
		cmocka_unit_test(test_replaces_the_partner_until_it_ends),
		cmocka_unit_test(test_new_player_ends_the_old),
		cmocka_unit_test(test_closing_ends_it_first),
		cmocka_unit_test(test_without_agreement_time_goes_on),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
