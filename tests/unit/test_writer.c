/**
 * @file tests/unit/test_writer.c  Files of recordings: what is in them
 */
#include "writer_util.h"


static void test_stereo_left_says_right_hears(void **state)
{
	static const enum codec codecs[] = {CODEC_PCMU, CODEC_PCMA, CODEC_L16};
	struct writer *w = start(0);

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(codecs); i++) {
		struct rec_file *f = begin(w, "a/b/call.wav", REC_STEREO);
		struct wave wav;

		write_tones(f, 0, 9001, codecs[i]);
		finish(f, 9001);

		assert_int_equal(last->state, REC_COMPLETE);
		assert_int_equal(last->id, ID);
		assert_int_equal(last->err, 0);
		assert_string_equal(last->why, "");
		assert_int_equal(last->duration_ms, 1125);
		assert_int_equal(last->bytes, HEADER + 4 * 9001);

		wave_read(&wav, last->path);
		assert_int_equal(wav.n, 9001);
		assert_false(wav.fmt.cut);
		assert_tone(wav.ch[0], 9001, 440);
		assert_tone(wav.ch[1], 9001, 880);
		wave_free(&wav);
	}

	stop(w);
}


static void test_mono_layouts(void **state)
{
	static const struct {
		enum rec_layout layout;
		double has, hasnot;
	} rows[] = {
		{REC_SAYS, 440, 880},
		{REC_HEARS, 880, 440},
	};
	struct writer *w = start(0);
	struct wave wav;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rec_file *f = begin(w, "mono.wav", rows[i].layout);

		write_tones(f, 0, 8000, CODEC_PCMU);
		finish(f, 8000);

		wave_read(&wav, last->path);
		assert_int_equal(wav.fmt.ch, 1);
		assert_tone(wav.ch[0], 8000, rows[i].has);
		wave_free(&wav);
	}

	struct rec_file *f = begin(w, "mix.wav", REC_MIX);

	write_tones(f, 0, 8000, CODEC_PCMU);
	finish(f, 8000);
	wave_read(&wav, last->path);
	assert_true(fabs(goertz_amplitude(wav.ch[0], 8000, 440) - 8000) < 80);
	assert_true(fabs(goertz_amplitude(wav.ch[0], 8000, 880) - 8000) < 80);
	wave_free(&wav);

	stop(w);
}


/* Each side by itself; what is too loud is cut */
static void test_gain(void **state)
{
	static const struct {
		uint32_t gain[2];
		int left, right;
	} rows[] = {
		{{0, 0}, 8000, 8000},
		{{512, 128}, 16000, 4000},
		{{256, 4096}, 8000, 32767},
		{{16, 256}, 500, 8000},
	};
	struct writer *w = start(0);
	struct rec_params prm;
	struct rec_file *f;
	struct wave wav;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rec_block *b = block(0, 100, CODEC_L16, 440, 440);

		for (int k = 0; k < 100; k++) {
			((int16_t *)(void *)b->ch[0]->data)[k] = 8000;
			((int16_t *)(void *)b->ch[1]->data)[k] = 8000;
		}
		prm = params("gain.wav", REC_STEREO);
		memcpy(prm.gain, rows[i].gain, sizeof(prm.gain));
		assert_int_equal(rec_file_alloc(&f, w, &prm), 0);
		assert_int_equal(rec_file_write(f, b), 0);
		finish(f, 100);
		wave_read(&wav, last->path);
		assert_int_equal(wav.ch[0][50], rows[i].left);
		assert_int_equal(wav.ch[1][50], rows[i].right);
		wave_free(&wav);
	}

	prm = params("gain.wav", REC_STEREO);
	prm.gain[1] = 65537;
	assert_int_equal(rec_file_alloc(&f, w, &prm), EINVAL);
	stop(w);
}


static void test_mix_does_not_wrap(void **state)
{
	struct writer *w   = start(0);
	struct rec_file *f = begin(w, "loud.wav", REC_MIX);
	struct rec_block *b = block(0, 100, CODEC_L16, 440, 440);
	struct wave wav;

	(void)state;
	for (int i = 0; i < 100; i++) {
		int16_t v = i < 50 ? 30000 : -30000;

		((int16_t *)(void *)b->ch[0]->data)[i] = v;
		((int16_t *)(void *)b->ch[1]->data)[i] = v;
	}
	assert_int_equal(rec_file_write(f, b), 0);
	finish(f, 100);

	wave_read(&wav, last->path);
	assert_int_equal(wav.ch[0][10], 32767);
	assert_int_equal(wav.ch[0][60], -32768);
	wave_free(&wav);
	stop(w);
}


static void test_raw_formats(void **state)
{
	static const struct {
		const char *path;
		size_t bytes;
		enum codec codec;
	} rows[] = {
		{"r.ulaw", 8000, CODEC_PCMU},
		{"r.alaw", 8000, CODEC_PCMA},
		{"r.sln", 16000, CODEC_L16},
		{"r.gsm", 1650, CODEC_GSM},
	};
	struct writer *w = start(0);

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rec_file *f    = begin(w, rows[i].path, REC_SAYS);
		struct codec_dec *dec = NULL;
		int16_t pcm[8000];
		size_t len = 0;
		uint8_t *p;

		write_tones(f, 0, 8000, CODEC_PCMU);
		finish(f, 8000);
		assert_int_equal(last->state, REC_COMPLETE);

		p = file_get(last->path, &len);
		assert_int_equal(len, rows[i].bytes);

		for (size_t k = 0; rows[i].codec == CODEC_L16 && k < len;
		     k += 2) {
			uint8_t t = p[k]; /* little endian to RTP's order */

			p[k]	 = p[k + 1];
			p[k + 1] = t;
		}

		assert_int_equal(codec_dec_alloc(&dec, rows[i].codec), 0);
		assert_int_equal(codec_dec_run(dec, pcm, 8000, p, len), 8000);
		assert_true(goertz_share(pcm + 400, 7600, 440) > 0.9);
		mem_deref(dec);
		free(p);
	}

	stop(w);
}


/* A block that was dropped: silence of the exact length, and it is told */
static void test_missing_block_is_silence_and_a_gap(void **state)
{
	static const char *const names[] = {"g.wav", "g.ulaw", "g.alaw"};
	struct writer *w		 = start(0);

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		struct rec_file *f = begin(w, names[i], REC_SAYS);
		size_t len	   = 0;
		uint8_t *p;

		write_tones(f, 0, 4000, CODEC_L16);
		write_tones(f, 8000, 10000, CODEC_L16);
		finish(f, 12000);

		assert_int_equal(last->state, REC_GAP);
		assert_int_equal(last->gapc, 2);
		assert_int_equal(last->gap[0].at_ms, 500);
		assert_int_equal(last->gap[0].len_ms, 500);
		assert_int_equal(last->gap[1].at_ms, 1250);
		assert_int_equal(last->gap[1].len_ms, 250);
		assert_int_equal(last->gap_ms, 750);
		assert_int_equal(last->duration_ms, 1500);
		assert_non_null(strstr(last->why, "slow"));

		p = file_get(last->path, &len);
		if (!i) {
			struct wave wav;

			wave_read(&wav, last->path);
			assert_int_equal(wav.n, 12000);
			assert_tone(wav.ch[0], 4000, 440);
			for (size_t k = 4000; k < 8000; k++)
				assert_int_equal(wav.ch[0][k], 0);
			assert_tone(wav.ch[0] + 8000, 2000, 440);
			for (size_t k = 10000; k < 12000; k++)
				assert_int_equal(wav.ch[0][k], 0);
			wave_free(&wav);
		}
		else {
			uint8_t zero = i == 1 ? 0xff : 0xd5;

			assert_int_equal(len, 12000);
			for (size_t k = 4000; k < 8000; k++)
				assert_int_equal(p[k], zero);
			for (size_t k = 10000; k < 12000; k++)
				assert_int_equal(p[k], zero);
		}
		free(p);
	}

	stop(w);
}


static void test_many_gaps_are_summed(void **state)
{
	struct writer *w   = start(0);
	struct rec_file *f = begin(w, "many.wav", REC_SAYS);

	(void)state;
	for (uint64_t i = 0; i < 40; i += 2)
		write_tones(f, i * REC_BLOCK, (i + 1) * REC_BLOCK, CODEC_PCMU);
	finish(f, 40 * REC_BLOCK);

	assert_int_equal(last->gapc, REC_GAPS);
	assert_int_equal(last->gaps_more, 4);
	assert_int_equal(last->gap_ms, 20 * 250);
	stop(w);
}


static void test_many_recordings_at_once(void **state)
{
	enum { N = 40 };
	struct writer *w = NULL;
	struct rec_file *f[N];

	(void)state;
	assert_int_equal(writer_start(&w, NULL), 0);
	for (unsigned i = 0; i < N; i++) {
		char name[32];

		re_snprintf(name, sizeof(name), "n%u.wav", i);
		f[i] = begin(w, name, REC_STEREO);
	}
	for (uint64_t pos = 0; pos < 8000; pos += REC_BLOCK) {
		for (unsigned i = 0; i < N; i++)
			write_tones(f[i], pos, pos + REC_BLOCK, CODEC_PCMU);
	}
	for (unsigned i = 0; i < N; i++)
		rec_file_close(f[i], 8000);
	wait_reports(N);

	for (unsigned i = 0; i < N; i++) {
		struct wave wav;
		char name[32];

		re_snprintf(name, sizeof(name), "n%u.wav", i);
		wave_read(&wav, tmp_path(name));
		assert_int_equal(wav.n, 8000);
		assert_tone(wav.ch[1], 8000, 880);
		wave_free(&wav);
	}
	assert_int_equal(writer_stop(w, 5000), 0);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_stereo_left_says_right_hears),
		CASE(test_mono_layouts),
		CASE(test_gain),
		CASE(test_mix_does_not_wrap),
		CASE(test_raw_formats),
		CASE(test_missing_block_is_silence_and_a_gap),
		CASE(test_many_gaps_are_summed),
		CASE(test_many_recordings_at_once),
	};

	return cmocka_run_group_tests(tests, libre_up, libre_down);
}
