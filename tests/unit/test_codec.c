/**
 * @file test_codec.c  Codecs: tables against ITU-T G.711 and another
 * implementation, names, frames, transcoding
 */
#include "audio_util.h"
#include <spandsp/telephony.h>
#include <spandsp/bit_operations.h>
#include <spandsp/g711.h>
#include <spandsp/g722.h>


/* Every sample and every code word as libspandsp does it */
static void test_g711_agrees_with_spandsp(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		uint8_t w = (uint8_t)i;

		assert_int_equal(codec_ulaw_tab[i], ulaw_to_linear(w));
		assert_int_equal(codec_alaw_tab[i], alaw_to_linear(w));
	}

	for (int s = -32768; s <= 32767; s++) {
		int u = codec_ulaw_tab[codec_ulaw((int16_t)s)];
		int a = codec_alaw_tab[codec_alaw((int16_t)s)];

		/* never farther away than the other's choice */
		assert_true(abs(u - s) <=
			    abs(ulaw_to_linear(linear_to_ulaw(s)) - s));
		assert_true(abs(a - s) <=
			    abs(alaw_to_linear(linear_to_alaw(s)) - s) + 8);
	}
}


static void test_g711_round_trip(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		int16_t u = codec_ulaw_tab[i];
		int16_t a = codec_alaw_tab[i];

		/* 0x7f is the second zero of u-law */
		assert_int_equal(codec_ulaw(u), i == 0x7f ? 0xff : i);
		assert_int_equal(codec_alaw(a), i);
	}
	assert_int_equal(codec_ulaw(-32768), 0x00);
	assert_int_equal(codec_ulaw(32767), 0x80);
	assert_int_equal(codec_alaw(-32768), 0x2a);
	assert_int_equal(codec_alaw(32767), 0xaa);
	assert_int_equal(codec_ulaw(0), codec_silence(CODEC_PCMU));
	assert_int_equal(codec_alaw(0), codec_silence(CODEC_PCMA));
}


/* Tables 3 and 4: the converted word means about the same sample, keeps its
   sign, and grows with it */
static void test_direct_conversion(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		int u  = codec_ulaw_tab[i];
		int ua = codec_alaw_tab[codec_ulaw2alaw[i]];
		int a  = codec_alaw_tab[i];
		int au = codec_ulaw_tab[codec_alaw2ulaw[i]];

		assert_true(abs(u - ua) <= abs(u) / 16 + 16);
		assert_true(abs(a - au) <= abs(a) / 16 + 16);
		assert_int_equal(codec_ulaw2alaw[i] & 0x80, i & 0x80);
		assert_int_equal(codec_alaw2ulaw[i] & 0x80, i & 0x80);

		/* both signs alike */
		assert_int_equal(codec_ulaw2alaw[i] ^ 0x80,
				 codec_ulaw2alaw[i ^ 0x80]);
		assert_int_equal(codec_alaw2ulaw[i] ^ 0x80,
				 codec_alaw2ulaw[i ^ 0x80]);
	}

	/* code words: 0xff is the smallest positive, 0x80 the largest */
	for (unsigned i = 0x80; i < 0xff; i++)
		assert_true(codec_alaw_tab[codec_ulaw2alaw[i]] >=
			    codec_alaw_tab[codec_ulaw2alaw[i + 1]]);
}


static void test_transcoding(void **state)
{
	uint8_t in[256], out[256];

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		in[i] = (uint8_t)i;

	assert_true(codec_transcode(out, CODEC_PCMA, in, CODEC_PCMU, 256));
	assert_memory_equal(out, codec_ulaw2alaw, 256);
	assert_true(codec_transcode(out, CODEC_PCMU, in, CODEC_PCMA, 256));
	assert_memory_equal(out, codec_alaw2ulaw, 256);
	assert_true(codec_transcode(out, CODEC_GSM, in, CODEC_GSM, 256));
	assert_memory_equal(out, in, 256);
	assert_false(codec_transcode(out, CODEC_GSM, in, CODEC_PCMU, 256));
	assert_true(codec_transcode(in, CODEC_PCMA, in, CODEC_PCMU, 256));
	assert_memory_equal(in, codec_ulaw2alaw, 256);
}


static void test_names(void **state)
{
	static const struct {
		const char *name;
		uint32_t clock;
		enum codec codec;
		int pt;
	} rows[] = {
		{"PCMU", 8000, CODEC_PCMU, 0},
		{"pcmu", 8000, CODEC_PCMU, 0},
		{"PCMA", 8000, CODEC_PCMA, 8},
		{"GSM", 8000, CODEC_GSM, 3},
		{"G722", 8000, CODEC_G722, 9},
		{"telephone-event", 8000, CODEC_TELEV, -1},
		{"CN", 8000, CODEC_CN, 13},
		{"ulaw", 0, CODEC_PCMU, 0},
		{"alaw", 0, CODEC_PCMA, 8},
		{"slin", 0, CODEC_L16, -1},
		{"PCMU", 16000, CODEC_NONE, -1},
		{"PCMU", 0, CODEC_NONE, -1},
		{"ulaw", 8000, CODEC_NONE, -1},
		{"opus", 48000, CODEC_OPUS, -1}, {"opus", 8000, CODEC_NONE, -1},
		{"", 8000, CODEC_NONE, -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pl pl;
		enum codec c;

		pl_set_str(&pl, rows[i].name);
		c = codec_find(&pl, rows[i].clock);
		assert_int_equal(c, rows[i].codec);
		assert_int_equal(codec_pt(c), rows[i].pt);
		if (rows[i].pt >= 0)
			assert_int_equal(codec_from_pt((uint8_t)rows[i].pt),
					 c);
	}
	assert_int_equal(codec_from_pt(96), CODEC_NONE);
	assert_int_equal(codec_from_pt(255), CODEC_NONE);
	assert_string_equal(codec_name(CODEC_MAX), "?");
	assert_string_equal(codec_name(CODEC_PCMU), "PCMU");
}


static void test_samples_of_a_payload(void **state)
{
	static const struct {
		enum codec c;
		size_t len, samples;
	} rows[] = {
		{CODEC_PCMU, 160, 160}, {CODEC_PCMA, 33, 33},
		{CODEC_G722, 160, 160}, {CODEC_L16, 320, 160},
		{CODEC_L16, 321, 160},	{CODEC_GSM, 33, 160},
		{CODEC_GSM, 66, 320},	{CODEC_GSM, 34, 0},
		{CODEC_WAV49, 65, 320}, {CODEC_WAV49, 64, 0},
		{CODEC_TELEV, 4, 0},	{CODEC_CN, 1, 0},
		{CODEC_NONE, 160, 0},	{CODEC_PCMU, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(codec_samples(rows[i].c, rows[i].len),
				 rows[i].samples);
}


static void test_room_is_respected(void **state)
{
	static const enum codec codecs[] = {CODEC_PCMU, CODEC_PCMA, CODEC_L16,
					    CODEC_GSM,	CODEC_G722,
					    CODEC_WAV49};
	uint8_t in[660] = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codecs); i++) {
		struct codec_dec *d = NULL;

		assert_int_equal(codec_dec_alloc(&d, codecs[i]), 0);
		for (size_t max = 0; max < 700; max += 7) {
			int16_t *out = malloc(max * sizeof(*out) + 1);

			assert_non_null(out);
			assert_true(codec_dec_run(d, out, max, in,
						  sizeof(in)) <= max);
			free(out);
		}
		mem_deref(d);
	}

	struct codec_dec *d = NULL;

	assert_int_equal(codec_dec_alloc(&d, CODEC_TELEV), ENOTSUP);
	assert_int_equal(codec_dec_alloc(&d, CODEC_NONE), ENOTSUP);
	assert_null(d);
}


/* A tone through each codec and back is the tone */
static void test_tone_through_each_codec(void **state)
{
	static const struct {
		enum codec c;
		double share;
	} rows[] = {
		{CODEC_PCMU, 0.99},  {CODEC_PCMA, 0.99}, {CODEC_L16, 0.9999},
		{CODEC_GSM, 0.9},    {CODEC_WAV49, 0.9},
		{CODEC_G722, 0.95},
	};
	static int16_t in[8000], out[8000];
	static uint8_t mid[16000];

	(void)state;
	tone_fill(in, 8000, 600, 10000, 8000);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct codec_enc *e = NULL;
		struct codec_dec *d = NULL;
		size_t len;

		assert_int_equal(codec_enc_alloc(&e, rows[i].c), 0);
		assert_int_equal(codec_dec_alloc(&d, rows[i].c), 0);
		len = codec_enc_run(e, mid, sizeof(mid), in, 8000);
		assert_true(len > 0);
		assert_int_equal(codec_dec_run(d, out, 8000, mid, len), 8000);
		assert_true(goertz_share(out + 400, 7600, 600) >
			    rows[i].share);
		mem_deref(e);
		mem_deref(d);
	}
}


static void test_g722(void **state)
{
	static int16_t in[16000], wide[16000], narrow[8000];
	static uint8_t mid[8000];
	g722_encode_state_t *e	= g722_encode_init(NULL, 64000, 0);
	struct codec_dec *d	= NULL;
	double sum = 0, at5 = 0;

	(void)state;
	assert_non_null(e);
	/* 1 kHz, and 5 kHz that a narrow band loses */
	for (size_t i = 0; i < 16000; i++)
		in[i] = (int16_t)(tone_sample(1000, 8000, i, 16000) +
				  tone_sample(5000, 4000, i, 16000));
	assert_int_equal(g722_encode(e, mid, in, 16000), 8000);
	(void)g722_encode_free(e);

	assert_int_equal(codec_dec_alloc(&d, CODEC_G722), 0);
	assert_int_equal(codec_dec_run(d, narrow, 8000, mid, 8000), 8000);
	mem_deref(d);
	assert_true(goertz_share(narrow + 400, 7600, 1000) > 0.95);

	assert_int_equal(codec_g722_wide(wide, mid, 8000), 0);
	for (size_t i = 400; i < 16000; i++)
		sum += (double)wide[i] * wide[i];
	/* goertz_*() count in 8 kHz, so 16 kHz halves every frequency */
	at5 = goertz_amplitude(wide + 400, 15600, 2500);
	assert_in_range((int)at5, 3000, 5000);
	assert_in_range((int)goertz_amplitude(wide + 400, 15600, 500), 7000,
			9000);
	assert_true(sum > 0);
}


/* At its own rate a wide codec keeps what 8 kHz cannot have */
static void test_wide_codecs(void **state)
{
	static const struct {
		enum codec c;
		uint32_t rate;
		int high; /* [Hz] */
	} rows[] = {
		{CODEC_G722, 16000, 5000}, {CODEC_OPUS, 16000, 5000},
		{CODEC_OPUS, 48000, 5000}, {CODEC_OPUS, 48000, 7000},
	};
	static int16_t in[960], out[48000];
	uint8_t mid[1000];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint32_t rate = rows[i].rate;
		const size_t n	    = rate / 50;
		struct codec_enc *e = NULL;
		struct codec_dec *d = NULL;

		assert_int_equal(codec_rate(rows[i].c),
				 rows[i].c == CODEC_G722 ? 16000 : 48000);
		assert_int_equal(codec_enc_alloc_at(&e, rows[i].c, rate), 0);
		assert_int_equal(codec_dec_alloc_at(&d, rows[i].c, rate), 0);
		for (size_t k = 0; k < 50; k++) {
			size_t len;

			for (size_t j = 0; j < n; j++)
				in[j] = (int16_t)tone_sample(
					rows[i].high, 8000, k * n + j, rate);
			len = codec_enc_run(e, mid, sizeof(mid), in, n);
			assert_true(len > 0);
			if (rows[i].c == CODEC_OPUS)
				assert_int_equal(codec_opus_samples(mid, len),
						 960);
			assert_int_equal(codec_dec_run(d, out + k * n, n, mid,
						       len), n);
		}
		/* goertz_*() count in 8 kHz */
		assert_in_range((int)goertz_amplitude(
					out + 10 * n, 40 * n,
					(float)rows[i].high * 8000 /
						(float)rate),
				5000, 10000);
		mem_deref(e);
		mem_deref(d);
	}
}


static void test_rates_that_cannot_be(void **state)
{
	struct codec_enc *e = NULL;
	struct codec_dec *d = NULL;

	(void)state;
	assert_int_equal(codec_dec_alloc_at(&d, CODEC_PCMU, 16000), ENOTSUP);
	assert_int_equal(codec_dec_alloc_at(&d, CODEC_G722, 48000), ENOTSUP);
	assert_int_equal(codec_enc_alloc_at(&e, CODEC_OPUS, 44100), ENOTSUP);
	assert_int_equal(codec_enc_alloc_at(&e, CODEC_CN, 8000), ENOTSUP);
	assert_int_equal(codec_opus_samples(NULL, 0), 0);
	assert_int_equal(codec_clock(CODEC_G722), 8000);
	assert_int_equal(codec_clock(CODEC_OPUS), 48000);
	assert_int_equal(codec_clock(CODEC_NONE), 8000);
}


static void test_level(void **state)
{
	uint8_t p[320];
	int16_t s[160];

	(void)state;
	for (size_t i = 0; i < 160; i++)
		s[i] = i & 1 ? 4000 : -4000;

	for (enum codec c = CODEC_NONE; c < CODEC_MAX; c++) {
		size_t n = codec_encode(p, sizeof(p), c, s, 160);

		if (codec_is_plain(c))
			assert_in_range(codec_level(c, p, n), 3900, 4100);
		else
			assert_int_equal(codec_level(c, p, 160), 0);
	}
	memset(p, 0xff, sizeof(p));
	assert_int_equal(codec_level(CODEC_PCMU, p, 160), 0);
	assert_int_equal(codec_level(CODEC_PCMU, p, 0), 0);
	for (size_t i = 0; i < 160; i++)
		p[2 * i] = 0x80, p[2 * i + 1] = 0;
	assert_int_equal(codec_level(CODEC_L16, p, 320), 32767);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_g711_agrees_with_spandsp),
		cmocka_unit_test(test_g711_round_trip),
		cmocka_unit_test(test_direct_conversion),
		cmocka_unit_test(test_transcoding),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_samples_of_a_payload),
		cmocka_unit_test(test_room_is_respected),
		cmocka_unit_test(test_tone_through_each_codec),
		cmocka_unit_test(test_g722),
		cmocka_unit_test(test_wide_codecs),
		cmocka_unit_test(test_rates_that_cannot_be),
		cmocka_unit_test(test_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
