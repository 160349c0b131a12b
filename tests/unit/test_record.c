/**
 * @file test_record.c  A recorder puts each sample where its time is
 *
 * Every case feeds packets with times of its own and looks at the samples in
 * the file.
 */
#include "audio_util.h"
#include "base/chan.h"
#include "media/record.h"

enum {
	PTIME_US = 20000,
	N	 = 160,
};

static struct chan *chan;
static struct writer *writer;
static struct rec_report *report;
static struct record *rec;
static struct wave wav;


static void report_handler(struct chan_msg *msg, void *arg)
{
	(void)arg;
	assert_null(report);
	report = (struct rec_report *)(void *)msg;
}


static int setup(void **state)
{
	struct writer_params prm = {.threads = 1, .sync_ms = UINT32_MAX};
	struct rec_params rp	 = {.base   = tmp_dir,
				    .path   = "r.wav",
				    .layout = REC_STEREO};

	if (tmp_setup(state) || chan_alloc(&chan, 0, report_handler, NULL) ||
	    writer_start(&writer, &prm))
		return -1;

	rp.report = chan;

	return record_alloc(&rec, writer, &rp);
}


static int teardown(void **state)
{
	rec    = mem_deref(rec);
	chan   = mem_deref(chan);
	rec_report_free(report);
	report = NULL;
	wave_free(&wav);

	return tmp_teardown(state);
}


/* End at this time and read the file */
static void finish(uint64_t now_us)
{
	record_end(rec, now_us);
	for (int i = 0; i < 5000 && !report; i++) {
		(void)chan_poll(chan);
		(void)usleep(1000);
	}
	assert_non_null(report);
	assert_int_equal(report->state, REC_COMPLETE);
	assert_int_equal(writer_stop(writer, 5000), 0);
	writer = NULL;
	wave_read(&wav, report->path);
	assert_int_equal(wav.fmt.ch, 2);
}


struct source {
	unsigned ch;
	enum codec codec;
	double hz;
	uint16_t seq;
	uint32_t ts;
	uint32_t ssrc;
	uint64_t i; /* sample of the tone */
};


/* The next packet of n samples */
static void make(struct source *src, uint8_t *p, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		int16_t s = tone_sample(src->hz, 8000, (size_t)src->i + k,
					8000);

		p[k] = src->codec == CODEC_PCMA ? codec_alaw(s)
						: codec_ulaw(s);
	}
}


static void skip_one(struct source *src)
{
	src->seq++;
	src->ts += N;
	src->i += N;
}


static void feed(struct source *src, uint64_t now_us)
{
	uint8_t p[N];

	make(src, p, N);
	record_rx(rec, src->ch, src->codec, p, N, src->seq, src->ts, src->ssrc,
		  now_us);
	skip_one(src);
}


static void assert_silent(const int16_t *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (s[i] > 8 || s[i] < -8)
			fail_msg("sample %u is %d", (unsigned)i, s[i]);
	}
}


/* Exactly the tone, from its sample `i0` on */
static void assert_exact(const int16_t *s, size_t from, size_t to, double hz,
			 size_t i0)
{
	for (size_t i = from; i < to; i++) {
		int16_t x = tone_sample(hz, 8000, i0 + i - from, 8000);
		int16_t y = codec_ulaw_tab[codec_ulaw(x)];

		if (s[i] != y)
			fail_msg("sample %u is %d, not %d", (unsigned)i, s[i],
				 y);
	}
}


static void test_each_side_has_its_channel(void **state)
{
	struct source a = {0, CODEC_PCMU, 440, 65530, 0xffffff00, 1, 0};
	struct source b = {1, CODEC_PCMA, 880, 7, 12345, 2, 0};
	uint64_t now	= 5000000;

	(void)state;
	for (int i = 0; i < 250; i++, now += PTIME_US) {
		feed(&a, now);
		feed(&b, now);
		record_tick(rec, now);
	}
	assert_int_equal(record_duration(rec), 4980);
	finish(now);

	assert_int_equal(wav.n, 40000);
	assert_int_equal(report->duration_ms, 5000);
	assert_exact(wav.ch[0], 0, 40000, 440, 0);
	assert_tone(wav.ch[1], 40000, 880);
	assert_true(fabs(goertz_amplitude(wav.ch[1], 40000, 880) - 8000) < 80);
	assert_true(goertz_share(wav.ch[0], 40000, 880) < 0.001);
	assert_true(goertz_share(wav.ch[1], 40000, 440) < 0.001);
}


static void test_lost_packets_are_silence_of_their_length(void **state)
{
	struct source a = {0, CODEC_PCMU, 440, 1, 1000, 1, 0};
	uint64_t now	= 0;

	(void)state;
	for (int i = 0; i < 150; i++, now += PTIME_US) {
		if ((i >= 20 && i < 23) || (i >= 60 && i < 110))
			skip_one(&a);
		else
			feed(&a, now);
	}
	finish(now);

	assert_int_equal(wav.n, 150 * N);
	assert_exact(wav.ch[0], 0, 20 * N, 440, 0);
	assert_silent(wav.ch[0], 20 * N, 23 * N);
	assert_exact(wav.ch[0], 23 * N, 60 * N, 440, 23 * N);
	assert_silent(wav.ch[0], 60 * N, 110 * N);
	assert_exact(wav.ch[0], 110 * N, 150 * N, 440, 110 * N);
	assert_silent(wav.ch[1], 0, wav.n);
}


static void test_swapped_and_doubled_packets(void **state)
{
	uint8_t p[100][N];
	struct source a = {0, CODEC_PCMU, 440, 100, 0, 1, 0};
	uint64_t now	= 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		make(&a, p[i], N);
		skip_one(&a);
	}

	for (int i = 0; i < 100; i += 4, now += 4 * PTIME_US) {
		/* each other one overtakes, one comes twice */
		static const int order[] = {0, 2, 1, 3, 1};

		for (size_t k = 0; k < ARRAY_SIZE(order); k++) {
			int j = i + order[k];

			record_rx(rec, 0, CODEC_PCMU, p[j], N,
				  (uint16_t)(100 + j), (uint32_t)j * N, 1,
				  now + k * 16000);
		}
	}
	assert_int_equal(record_stats(rec)->dup, 25);
	assert_int_equal(record_stats(rec)->late, 0);
	assert_int_equal(record_stats(rec)->packets, 125);
	finish(now);

	assert_exact(wav.ch[0], 0, wav.n, 440, 0);
}


static void test_late_up_to_200_ms_finds_its_place(void **state)
{
	static const struct {
		unsigned ms;
		bool there;
	} rows[] = {{40, true}, {160, true}, {199, true}, {600, false}};
	struct source a = {0, CODEC_PCMU, 440, 1, 0, 1, 0};
	struct source late[ARRAY_SIZE(rows)];
	uint64_t now = 0;

	(void)state;
	for (int i = 0; i < 250; i++, now += PTIME_US) {
		size_t k = (size_t)i / 50;

		for (size_t j = 0; j < ARRAY_SIZE(rows); j++) {
			uint64_t due = (j * 50 + 25) * UINT64_C(20000) +
				       rows[j].ms * UINT64_C(1000);

			if (now <= due && due < now + PTIME_US &&
			    (int)(j * 50 + 25) < i)
				feed(&late[j], due);
		}

		if (i % 50 == 25 && k < ARRAY_SIZE(rows)) {
			late[k] = a;
			skip_one(&a);
		}
		else
			feed(&a, now);
	}
	assert_int_equal(record_stats(rec)->late, 1);
	assert_int_equal(record_stats(rec)->anchors, 0);
	finish(now);

	for (size_t j = 0; j < ARRAY_SIZE(rows); j++) {
		size_t at = (j * 50 + 25) * N;

		if (rows[j].there)
			assert_exact(wav.ch[0], at, at + N, 440, at);
		else
			assert_silent(wav.ch[0], at, at + N);
		assert_exact(wav.ch[0], at + N, at + 20 * N, 440, at + N);
	}
}


/* Jitter of up to 60 ms changes no sample */
static void test_jitter_changes_nothing(void **state)
{
	struct source a = {0, CODEC_PCMU, 440, 1, 0, 1, 0};
	uint32_t x	= 12345;
	uint64_t last	= 0;

	(void)state;
	for (uint64_t i = 0; i < 500; i++) {
		uint64_t at = i * PTIME_US;

		x = x * 1103515245u + 12345u;
		if (i)
			at += (x >> 16) % 60000;
		if (at < last)
			at = last; /* in order */
		last = at;
		feed(&a, at);
	}
	assert_int_equal(record_stats(rec)->anchors, 0);
	finish(UINT64_C(500) * PTIME_US);
	assert_exact(wav.ch[0], 0, 500 * N, 440, 0);
}


/* The network holds everything back for 400 ms, then all comes at once */
static void test_burst_after_a_stall(void **state)
{
	struct source a = {0, CODEC_PCMU, 440, 1, 0, 1, 0};

	(void)state;
	for (uint64_t i = 0; i < 200; i++) {
		uint64_t at = i * PTIME_US;

		if (i >= 100 && i < 120)
			at = 119 * PTIME_US;
		feed(&a, at);
	}
	assert_int_equal(record_stats(rec)->anchors, 0);
	finish(UINT64_C(200) * PTIME_US);

	/* what was too late for its place is silence, nothing is shifted */
	assert_exact(wav.ch[0], 0, 100 * N, 440, 0);
	assert_exact(wav.ch[0], 112 * N, 200 * N, 440, 112 * N);
}


/* A phone sends nothing while its user is silent; the timestamps go on */
static void test_pause_of_the_sender(void **state)
{
	struct source a = {0, CODEC_PCMU, 440, 1, 0, 1, 0};

	(void)state;
	for (uint64_t i = 0; i < 50; i++)
		feed(&a, i * PTIME_US);
	a.ts += 500 * N; /* 10 s, numbers without a break */
	a.i = 550 * N;
	for (uint64_t i = 550; i < 600; i++)
		feed(&a, i * PTIME_US);
	finish(UINT64_C(600) * PTIME_US);

	assert_int_equal(wav.n, 600 * N);
	assert_exact(wav.ch[0], 0, 50 * N, 440, 0);
	assert_silent(wav.ch[0], 50 * N, 550 * N);
	assert_exact(wav.ch[0], 550 * N, 600 * N, 440, 550 * N);
}


/* After a hold: another source, or timestamps from elsewhere.  What comes is
   laid where it came */
static void test_new_source_and_jumps(void **state)
{
	static const struct {
		uint32_t ssrc;
		uint16_t seq;
		uint32_t ts;
	} rows[] = {
		{1, 51, 50 * N},	 /* as before, 1 s too late */
		{2, 51, 0x80000000},	 /* a new source */
		{2, 40000, 0x10000},	 /* began anew */
		{2, 40051, 0x7fffffff},	 /* forward */
		{2, 40102, 0x70000000},	 /* back */
	};
	struct source a = {0, CODEC_PCMU, 440, 1, 0, 1, 0};
	uint64_t now	= 0;

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		for (uint64_t i = 0; i < 50; i++, now += PTIME_US)
			feed(&a, now);

		now += 1000000;
		a.ssrc = rows[k].ssrc;
		a.seq  = rows[k].seq;
		a.ts   = rows[k].ts;
		a.i    = 0;
	}
	finish(now);

	assert_int_equal(wav.n, ARRAY_SIZE(rows) * 100 * N);
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		size_t at = k * 100 * N;

		if (k != 1) /* its timestamps said that no time went by */
			assert_exact(wav.ch[0], at, at + 50 * N, 440, 0);
		assert_silent(wav.ch[0], at + 50 * N, at + 100 * N);
	}
}


/* 500 ppm fast and slow for ten minutes: both ends stay within 60 ms */
static void test_drift(void **state)
{
	struct source a = {0, CODEC_PCMU, 440, 1, 0, 1, 0};
	struct source b = {1, CODEC_PCMU, 440, 1, 0, 2, 0};
	uint64_t ta = 0, tb = 0;
	uint64_t end = UINT64_C(600) * 1000000;

	(void)state;
	record_start(rec, 0);
	while (ta < end || tb < end) {
		if (ta <= tb) {
			a.hz = ta > end - 500000 ? 440 : 1000;
			feed(&a, ta);
			ta += 19990;
		}
		else {
			b.hz = tb > end - 500000 ? 440 : 1000;
			feed(&b, tb);
			tb += 20010;
		}
	}
	assert_true(record_stats(rec)->anchors >= 10);
	assert_true(record_stats(rec)->anchors < 40);
	finish(end);
	assert_int_equal(wav.n, 600 * 8000);

	for (int ch = 0; ch < 2; ch++) {
		size_t at = 599 * 8000;

		/* where 1000 Hz becomes 440 Hz */
		while (at + 160 < wav.n &&
		       goertz_share(wav.ch[ch] + at, 160, 440) < 0.5)
			at += 8;
		assert_in_range(at, 599 * 8000 + 4000 - 480,
				599 * 8000 + 4000 + 480);
	}
}


/* The other side answers 3 s later: its audio is 3 s into the file */
static void test_second_side_starts_later(void **state)
{
	struct source a = {0, CODEC_PCMU, 440, 1, 0, 1, 0};
	struct source b = {1, CODEC_PCMU, 880, 900, 777, 2, 0};

	(void)state;
	for (uint64_t i = 0; i < 200; i++) {
		feed(&a, 1000000 + i * PTIME_US);
		if (i >= 150)
			feed(&b, 1000000 + i * PTIME_US);
	}
	finish(1000000 + UINT64_C(200) * PTIME_US);

	assert_silent(wav.ch[1], 0, 24000);
	assert_exact(wav.ch[1], 24000, 32000, 880, 0);
	assert_exact(wav.ch[0], 0, 32000, 440, 0);
}


static void test_start_before_the_first_packet(void **state)
{
	struct source a = {0, CODEC_PCMU, 440, 1, 0, 1, 0};

	(void)state;
	record_start(rec, 1000000);
	for (uint64_t i = 0; i < 50; i++)
		feed(&a, 1500000 + i * PTIME_US);
	finish(3000000);

	assert_int_equal(wav.n, 16000);
	assert_silent(wav.ch[0], 0, 4000);
	assert_exact(wav.ch[0], 4000, 12000, 440, 0);
	assert_silent(wav.ch[0], 12000, 16000);
}


static void test_ends_in_mid_packet(void **state)
{
	struct source a = {0, CODEC_PCMU, 440, 1, 0, 1, 0};

	(void)state;
	feed(&a, 0);
	feed(&a, 20000);
	finish(33000);
	assert_int_equal(wav.n, 264);
	assert_exact(wav.ch[0], 0, 264, 440, 0);
}


static void test_nothing_came(void **state)
{
	(void)state;
	finish(1000000);
	assert_int_equal(wav.n, 0);
	assert_int_equal(report->duration_ms, 0);
}


static void test_only_ticks_make_silence(void **state)
{
	(void)state;
	record_start(rec, 0);
	for (uint64_t now = 0; now <= 10000000; now += 100000)
		record_tick(rec, now);
	finish(10000000);
	assert_int_equal(wav.n, 80000);
	assert_silent(wav.ch[0], 0, wav.n);
}


static void test_pause_is_silence_and_time_goes_on(void **state)
{
	struct source a = {0, CODEC_PCMU, 440, 1, 0, 1, 0};

	(void)state;
	for (uint64_t i = 0; i < 150; i++) {
		if (i == 50 || i == 100)
			record_pause(rec, i == 50);
		feed(&a, i * PTIME_US);
	}
	finish(UINT64_C(150) * PTIME_US);
	assert_exact(wav.ch[0], 0, 50 * N, 440, 0);
	assert_silent(wav.ch[0], 50 * N, 100 * N);
	assert_exact(wav.ch[0], 100 * N, 150 * N, 440, 100 * N);
}


/* A prompt to the caller while the other side is heard: both in channel 1,
   joined without a seam though the ticks that sent them were not regular */
static void test_own_audio_is_joined(void **state)
{
	int16_t s[N];

	(void)state;
	record_start(rec, 0);
	for (uint64_t i = 0; i < 100; i++) {
		uint64_t now = 500000 + i * PTIME_US + (i % 3) * 7000;

		for (size_t k = 0; k < N; k++)
			s[k] = tone_sample(600, 8000, i * N + k, 8000);
		record_pcm(rec, 1, s, N, now);
	}
	finish(3000000);

	assert_silent(wav.ch[1], 0, 4000);
	for (size_t i = 0; i < 16000; i++)
		assert_int_equal(wav.ch[1][4000 + i],
				 tone_sample(600, 8000, i, 8000));
	assert_silent(wav.ch[1], 20000, 24000);
}


/* A number for each sample, never 0 */
static int16_t numbered(size_t i)
{
	return (int16_t)(1 + i % 32000);
}


/* A room's frames at times that a busy machine gives, `late` of them in one
 * go as often as it may be; every sample is in the file, where it belongs */
static void room_is_whole(uint32_t rate, unsigned ms, unsigned late,
			  unsigned jitter_ms)
{
	struct rec_params rp = {.base   = tmp_dir,
				.path   = "room.wav",
				.layout = REC_MIX,
				.rate   = rate,
				.report = chan};
	const size_t n = rate / 1000 * ms;
	int16_t s[3840];
	unsigned i = 0;

	rec = mem_deref(rec);
	(void)chan_poll(chan);
	while (!report)
		(void)chan_poll(chan);
	rec_report_free(report);
	report = NULL;

	assert_int_equal(record_alloc(&rec, writer, &rp), 0);
	record_start(rec, 0);
	for (unsigned tick = 1; i < 600; tick++) {
		const unsigned held = tick % 7 == 0 ? late : 1;
		const uint64_t now  = (i + held) * UINT64_C(1000) * ms +
				     (tick + 1) % 3 * 500 * jitter_ms;

		for (unsigned k = 0; k < held; k++, i++) {
			for (size_t j = 0; j < n; j++)
				s[j] = numbered(i * n + j);
			record_pcm(rec, 0, s, n, now);
		}
	}

	record_end(rec, (i + 10) * UINT64_C(1000) * ms);
	while (!report)
		(void)chan_poll(chan);
	assert_int_equal(report->state, REC_COMPLETE);
	assert_int_equal(writer_stop(writer, 5000), 0);
	writer = NULL;
	wave_read(&wav, report->path);
	assert_int_equal(wav.fmt.srate, rate);

	/* the first frame is heard when it is mixed */
	size_t from = 0;

	while (from < wav.n && !wav.ch[0][from])
		++from;
	assert_in_range(from, rate / 1000 * ms, rate / 1000 * (ms + jitter_ms));
	for (size_t j = 0; j < i * n; j++) {
		if (wav.ch[0][from + j] != numbered(j))
			fail_msg("%u Hz: sample %u is %d, not %d", rate,
				 (unsigned)j, wav.ch[0][from + j],
				 numbered(j));
	}
}


static void test_room_with_late_ticks(void **state)
{
	(void)state;
	room_is_whole(8000, 20, 5, 14);
}


static void test_wide_room_with_late_ticks(void **state)
{
	(void)state;
	room_is_whole(48000, 20, 5, 14);
}


static void test_wide_room_with_long_frames(void **state)
{
	(void)state;
	room_is_whole(48000, 80, 1, 50);
}


/* u-law, A-law and samples of our own within one block */
static void test_codec_changes_in_mid_block(void **state)
{
	struct source a = {0, CODEC_PCMU, 440, 1, 0, 1, 0};
	int16_t s[N];

	(void)state;
	for (uint64_t i = 0; i < 60; i++) {
		if (i % 15 >= 10) {
			for (size_t k = 0; k < N; k++)
				s[k] = tone_sample(440, 8000, i * N + k, 8000);
			record_pcm(rec, 0, s, N, i * PTIME_US);
			skip_one(&a);
			continue;
		}
		a.codec = i % 2 ? CODEC_PCMA : CODEC_PCMU;
		feed(&a, i * PTIME_US);
	}
	finish(UINT64_C(60) * PTIME_US);
	assert_tone(wav.ch[0], 60 * N, 440);
	assert_true(fabs(goertz_amplitude(wav.ch[0], 60 * N, 440) - 8000) <
		    80);
}


static void test_gsm_is_decoded(void **state)
{
	struct codec_enc *e = NULL;
	uint8_t p[33];
	int16_t s[N];

	(void)state;
	assert_int_equal(codec_enc_alloc(&e, CODEC_GSM), 0);
	for (uint16_t i = 0; i < 100; i++) {
		for (size_t k = 0; k < N; k++)
			s[k] = tone_sample(440, 8000, i * (size_t)N + k, 8000);
		assert_int_equal(codec_enc_run(e, p, sizeof(p), s, N), 33);
		record_rx(rec, 0, CODEC_GSM, p, 33, i, i * (uint32_t)N, 1,
			  i * UINT64_C(20000));
	}
	mem_deref(e);
	finish(2000000);
	assert_int_equal(wav.n, 16000);
	assert_true(goertz_share(wav.ch[0] + 800, 15200, 440) > 0.9);
}


static void test_events_and_rubbish_are_no_audio(void **state)
{
	struct source a	     = {0, CODEC_PCMU, 440, 1, 0, 1, 0};
	const uint8_t evt[4] = {5, 0x80, 3, 0x20};

	(void)state;
	for (uint64_t i = 0; i < 50; i++) {
		if (i == 20) {
			record_rx(rec, 0, CODEC_TELEV, evt, 4, a.seq, a.ts, 1,
				  i * PTIME_US);
			skip_one(&a);
			continue;
		}
		feed(&a, i * PTIME_US);
	}
	record_rx(rec, 0, CODEC_GSM, evt, 4, a.seq, a.ts, 1, 1000000);
	record_rx(rec, 0, CODEC_NONE, evt, 4, a.seq, a.ts, 1, 1000000);
	record_rx(rec, 0, CODEC_PCMU, evt, 0, a.seq, a.ts, 1, 1000000);
	record_rx(rec, 2, CODEC_PCMU, evt, 4, a.seq, a.ts, 1, 1000000);
	assert_int_equal(record_stats(rec)->badcodec, 3);
	finish(1000000);
	assert_silent(wav.ch[0], 20 * N, 21 * N);
	assert_exact(wav.ch[0], 21 * N, 50 * N, 440, 21 * N);
}


/* Whatever a peer puts into its headers, the length is that of the time */
static void test_random_headers(void **state)
{
	uint8_t p[2000];
	uint32_t x   = 99;
	uint64_t now = 0;

	(void)state;
	memset(p, 0x55, sizeof(p));
	for (int i = 0; i < 5000; i++, now += 2000) {
		uint32_t r[4];

		for (size_t k = 0; k < ARRAY_SIZE(r); k++) {
			x    = x * 1664525u + 1013904223u;
			r[k] = x;
		}
		record_rx(rec, r[0] >> 31, (enum codec)((r[0] >> 8) % 10), p,
			  (r[0] >> 12) % sizeof(p), (uint16_t)(r[1] >> 8),
			  r[2], r[3] >> 30, now);
	}
	finish(now);
	assert_int_equal(wav.n, 80000);
}


#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_each_side_has_its_channel),
		CASE(test_lost_packets_are_silence_of_their_length),
		CASE(test_swapped_and_doubled_packets),
		CASE(test_late_up_to_200_ms_finds_its_place),
		CASE(test_jitter_changes_nothing),
		CASE(test_burst_after_a_stall),
		CASE(test_pause_of_the_sender),
		CASE(test_new_source_and_jumps),
		CASE(test_drift),
		CASE(test_second_side_starts_later),
		CASE(test_start_before_the_first_packet),
		CASE(test_ends_in_mid_packet),
		CASE(test_nothing_came),
		CASE(test_only_ticks_make_silence),
		CASE(test_pause_is_silence_and_time_goes_on),
		CASE(test_own_audio_is_joined),
		CASE(test_room_with_late_ticks),
		CASE(test_wide_room_with_late_ticks),
		CASE(test_wide_room_with_long_frames),
		CASE(test_codec_changes_in_mid_block),
		CASE(test_gsm_is_decoded),
		CASE(test_events_and_rubbish_are_no_audio),
		CASE(test_random_headers),
	};

	return cmocka_run_group_tests(tests, libre_up, libre_down);
}
