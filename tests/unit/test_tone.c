/**
 * @file test_tone.c  Tones: the grammar of indications.conf, countries, sound
 */
#include "audio_util.h"
#include "media/tone.h"


static void test_grammar(void **state)
{
	static const struct {
		const char *text;
		int err;
		const char *bad;
		uint8_t n;
		struct tone_part first;
	} rows[] = {
		{"425", 0, "", 1, {425, 0, false, false, 0}},
		{"425/1000,0/4000", 0, "", 2, {425, 0, false, false, 1000}},
		{" 350 + 440 / 100 ", 0, "", 1, {350, 440, false, false, 100}},
		{"!440*25/500,0", 0, "", 2, {440, 25, true, true, 500}},
		{"0/4000", 0, "", 1, {0, 0, false, false, 4000}},
		{"3999/3600000", 0, "", 1, {3999, 0, false, false, 3600000}},
		{"", EINVAL, "", 0, {0}},
		{"425,", EINVAL, "", 0, {0}},
		{",425", EINVAL, "", 0, {0}},
		{"425/1000,x/100", EINVAL, "x/100", 0, {0}},
		{"4000", EINVAL, "4000", 0, {0}},
		{"-1", EINVAL, "-1", 0, {0}},
		{"425/3600001", EINVAL, "425/3600001", 0, {0}},
		{"425/10ms", EINVAL, "425/10ms", 0, {0}},
		{"425+", EINVAL, "425+", 0, {0}},
		{"+425", EINVAL, "+425", 0, {0}},
		{"1+2+3", EINVAL, "1+2+3", 0, {0}},
		{"425/1/2", EINVAL, "425/1/2", 0, {0}},
		{"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", 0, "", 16,
		 {1, 0, false, false, 0}},
		{"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", EOVERFLOW, "17",
		 0, {0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct tone_part *p = &rows[i].first;
		struct tone_def def	  = {.n = 0};
		struct pl pl, bad = PL_LIT("");

		pl_set_str(&pl, rows[i].text);
		if (tone_decode(&def, &pl, &bad) != rows[i].err)
			fail_msg("'%s'", rows[i].text);
		if (pl_strcmp(&bad, rows[i].bad))
			fail_msg("'%s': bad part", rows[i].text);
		assert_int_equal(def.n, rows[i].n);
		if (rows[i].err)
			continue;
		assert_int_equal(def.part[0].f1, p->f1);
		assert_int_equal(def.part[0].f2, p->f2);
		assert_int_equal(def.part[0].mod, p->mod);
		assert_int_equal(def.part[0].once, p->once);
		assert_int_equal(def.part[0].ms, p->ms);
	}
}


static void start(struct tone *t, const char *text, int16_t vol)
{
	struct tone_def def;
	struct pl pl;

	pl_set_str(&pl, text);
	assert_int_equal(tone_decode(&def, &pl, NULL), 0);
	tone_start(t, &def, vol);
}


static void assert_zero(const int16_t *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(s[i], 0);
}


/* In pieces of any size the same samples */
static void test_cadence_to_the_sample(void **state)
{
	static const size_t steps[] = {1, 7, 160, 1000, 24000};
	static int16_t s[24000], first[24000];

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(steps); k++) {
		struct tone t;

		start(&t, "425/500,0/250", 0);
		for (size_t i = 0; i < 24000; i += steps[k]) {
			size_t n = 24000 - i < steps[k] ? 24000 - i : steps[k];

			assert_int_equal(tone_read(&t, s + i, n), n);
		}
		assert_false(tone_ended(&t));
		if (!k)
			memcpy(first, s, sizeof(s));
		assert_memory_equal(s, first, sizeof(s));

		for (size_t at = 0; at < 24000; at += 6000) {
			assert_tone(s + at, 4000, 425);
			assert_zero(s + at + 4000, 2000);
			assert_in_range((int)goertz_amplitude(s + at, 4000,
							      425),
					TONE_VOLUME - 30, TONE_VOLUME + 30);
		}
	}
}


static void test_two_frequencies(void **state)
{
	static int16_t s[8000];
	struct tone t;

	(void)state;
	start(&t, "350+440", 5000);
	assert_int_equal(tone_read(&t, s, 8000), 8000);
	assert_in_range((int)goertz_amplitude(s, 8000, 350), 4970, 5030);
	assert_in_range((int)goertz_amplitude(s, 8000, 440), 4970, 5030);
	assert_true(goertz_share(s, 8000, 350) + goertz_share(s, 8000, 440) >
		    0.999);
}


static void test_loud_does_not_wrap(void **state)
{
	static int16_t s[8000];
	struct tone t;
	int max = 0, min = 0;

	(void)state;
	start(&t, "400+400", 30000);
	assert_int_equal(tone_read(&t, s, 8000), 8000);
	for (size_t i = 1; i < 8000; i++) {
		max = s[i] > max ? s[i] : max;
		min = s[i] < min ? s[i] : min;
	}
	assert_int_equal(max, 32767);
	assert_int_equal(min, -32768);
	assert_true(goertz_share(s, 8000, 400) > 0.9);
}


static void test_modulation(void **state)
{
	static int16_t s[8000];
	struct tone t;

	(void)state;
	start(&t, "440*25", 10000);
	assert_int_equal(tone_read(&t, s, 8000), 8000);
	/* carrier 0.55, side bands 0.225 */
	assert_in_range((int)goertz_amplitude(s, 8000, 440), 5350, 5650);
	assert_in_range((int)goertz_amplitude(s, 8000, 415), 2150, 2350);
	assert_in_range((int)goertz_amplitude(s, 8000, 465), 2150, 2350);
}


/* "!" parts are played once; without another part the tone ends */
static void test_once(void **state)
{
	static int16_t s[16000];
	struct tone t;

	(void)state;
	start(&t, "!1000/100,!0/100,500/100", 0);
	assert_int_equal(tone_read(&t, s, 4000), 4000);
	assert_tone(s, 800, 1000);
	assert_zero(s + 800, 800);
	assert_tone(s + 1600, 2400, 500);

	start(&t, "!1000/100,!0/50", 0);
	assert_int_equal(tone_read(&t, s, 16000), 1200);
	assert_true(tone_ended(&t));
	assert_int_equal(tone_read(&t, s, 16000), 0);

	struct tone none = {.pos = 0};

	assert_true(tone_ended(&none));
	assert_int_equal(tone_read(&none, s, 100), 0);
}


static void test_silence_for_ever_at_the_end(void **state)
{
	static int16_t s[16000];
	struct tone t;

	(void)state;
	start(&t, "!950/330,!1400/330,!1800/330,0", 0);
	assert_int_equal(tone_read(&t, s, 16000), 16000);
	assert_tone(s, 2640, 950);
	assert_tone(s + 2640, 2640, 1400);
	assert_tone(s + 5280, 2640, 1800);
	assert_zero(s + 7920, 8080);
	assert_false(tone_ended(&t));
}


static void test_phase_runs_on(void **state)
{
	static int16_t s[1600];
	struct tone t;

	(void)state;
	start(&t, "500/100,600/100", 8000);
	assert_int_equal(tone_read(&t, s, 1600), 1600);
	for (size_t i = 1; i < 1600; i++)
		assert_true(abs(s[i] - s[i - 1]) < 4000);
}


static void test_countries(void **state)
{
	static const struct {
		const char *country;
		int err;
		enum tone_kind kind;
		uint16_t f1;
		uint32_t ms;
	} rows[] = {
		{"us", 0, TONE_RING, 440, 2000},
		{"ru", 0, TONE_RING, 425, 1000},
		{"RU", 0, TONE_BUSY, 425, 350},
		{"gb", 0, TONE_RING, 400, 400},
		{"uk", 0, TONE_RING, 400, 400},
		{"de", 0, TONE_DIAL, 425, 0},
		{"xx", ENOENT, TONE_BUSY, 480, 500},
		{NULL, ENOENT, TONE_BUSY, 480, 500},
	};
	static const char *const countries[] = {"us", "ru", "gb", "de"};
	struct tone_def def;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(tone_country(&def, rows[i].country,
					      rows[i].kind),
				 rows[i].err);
		assert_int_equal(def.part[0].f1, rows[i].f1);
		assert_int_equal(def.part[0].ms, rows[i].ms);
	}

	for (size_t i = 0; i < ARRAY_SIZE(countries); i++) {
		for (enum tone_kind k = TONE_DIAL; k < TONE_KINDS; k++) {
			assert_int_equal(tone_country(&def, countries[i], k),
					 0);
			assert_true(def.n > 0);
		}
	}
	assert_int_equal(tone_country(&def, "us", TONE_KINDS), EINVAL);
}


static void test_kind_names(void **state)
{
	static const struct {
		const char *name;
		int err;
		enum tone_kind kind;
	} rows[] = {
		{"dial", 0, TONE_DIAL},	      {"RING", 0, TONE_RING},
		{"ringing", 0, TONE_RING},    {"busy", 0, TONE_BUSY},
		{"callwaiting", 0, TONE_WAITING}, {"beep", 0, TONE_BEEP},
		{"", ENOENT, TONE_DIAL},      {"dia", ENOENT, TONE_DIAL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum tone_kind kind = TONE_DIAL;
		struct pl pl;

		pl_set_str(&pl, rows[i].name);
		assert_int_equal(tone_kind_decode(&kind, &pl), rows[i].err);
		assert_int_equal(kind, rows[i].kind);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_cadence_to_the_sample),
		cmocka_unit_test(test_two_frequencies),
		cmocka_unit_test(test_loud_does_not_wrap),
		cmocka_unit_test(test_modulation),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_silence_for_ever_at_the_end),
		cmocka_unit_test(test_phase_runs_on),
		cmocka_unit_test(test_countries),
		cmocka_unit_test(test_kind_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
