/**
 * @file test_dtmf.c  DTMF: RFC 4733 events, SIP INFO, tones in the audio
 */
#include "audio_util.h"
#include "media/dtmf.h"

static const char all[] = "0123456789*#ABCD";


static void test_digits_and_events(void **state)
{
	(void)state;
	for (int i = 0; i < 16; i++) {
		assert_int_equal(dtmf_event(all[i]), i);
		assert_int_equal(dtmf_digit((uint8_t)i), all[i]);
	}
	assert_int_equal(dtmf_event('d'), 15);
	assert_int_equal(dtmf_event('e'), -1);
	assert_int_equal(dtmf_event('\0'), -1);
	assert_int_equal(dtmf_digit(16), 0);
	assert_int_equal(dtmf_digit(255), 0);
}


static void test_payload(void **state)
{
	static const struct {
		uint8_t p[4];
		struct dtmf_evt evt;
	} rows[] = {
		{{5, 0x0a, 0x03, 0x20}, {5, false, 10, 800}},
		{{11, 0x8a, 0xff, 0xff}, {11, true, 10, 65535}},
		{{15, 0xbf, 0, 0}, {15, true, 63, 0}},
	};
	struct dtmf_evt e;
	uint8_t p[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(dtmf_evt_decode(&e, rows[i].p, 4), 0);
		assert_int_equal(e.event, rows[i].evt.event);
		assert_int_equal(e.end, rows[i].evt.end);
		assert_int_equal(e.volume, rows[i].evt.volume);
		assert_int_equal(e.duration, rows[i].evt.duration);
		dtmf_evt_encode(p, &rows[i].evt);
		assert_memory_equal(p, rows[i].p, 4);
	}

	/* the reserved bit is not ours */
	assert_int_equal(dtmf_evt_decode(&e, (uint8_t[]){5, 0x4a, 0, 1}, 4),
			 0);
	assert_int_equal(e.volume, 10);
	for (size_t n = 0; n < 4; n++)
		assert_int_equal(dtmf_evt_decode(&e, p, n), EBADMSG);
}


/* One packet of a story, and what it means */
struct step {
	uint32_t at_ms;
	int event; /* -1: poll */
	bool end;
	uint16_t duration;
	uint32_t ts;
	const char *says; /* "+5" begins, "-5:100" ends with its ms */
};


static void run_story(const struct step *v, size_t n)
{
	struct dtmf_evt_rx rx = {0};

	for (size_t i = 0; i < n; i++) {
		uint64_t now = 1000000 + v[i].at_ms * UINT64_C(1000);
		struct dtmf_evt evt = {.event	 = (uint8_t)v[i].event,
				       .end	 = v[i].end,
				       .duration = v[i].duration};
		struct dtmf_report rep;
		char said[64] = "", *p = said;

		if (v[i].event < 0)
			rep = dtmf_evt_poll(&rx, 8000, now);
		else
			rep = dtmf_evt_recv(&rx, &evt, v[i].ts, 8000, now);

		if (rep.end)
			p += re_snprintf(p, 30, "-%c:%u", rep.end, rep.end_ms);
		if (rep.begin)
			re_snprintf(p, 30, "+%c", rep.begin);
		if (strcmp(said, v[i].says))
			fail_msg("step %u: '%s', not '%s'", (unsigned)i, said,
				 v[i].says);
	}
}


static void test_story_usual(void **state)
{
	static const struct step v[] = {
		{0, 5, false, 160, 1000, "+5"},
		{20, 5, false, 320, 1000, ""},
		{40, 5, false, 480, 1000, ""},
		{60, -1, false, 0, 0, ""},
		{60, 5, true, 800, 1000, "-5:100"},
		{62, 5, true, 800, 1000, ""},
		{64, 5, true, 800, 1000, ""},
		{500, -1, false, 0, 0, ""},
		/* the same digit again */
		{600, 5, false, 160, 5000, "+5"},
		{700, 5, true, 640, 5000, "-5:80"},
		{702, 5, true, 640, 5000, ""},
	};

	(void)state;
	run_story(v, ARRAY_SIZE(v));
}


static void test_story_losses(void **state)
{
	static const struct step v[] = {
		/* all ends lost: it ends by time */
		{0, 1, false, 160, 1000, "+1"},
		{20, 1, false, 320, 1000, ""},
		{100, -1, false, 0, 0, ""},
		{170, -1, false, 0, 0, "-1:40"},
		{300, -1, false, 0, 0, ""},
		/* or by the next */
		{400, 2, false, 160, 4200, "+2"},
		{420, 3, false, 160, 5800, "-2:20+3"},
		/* a late packet of the one before */
		{430, 2, true, 800, 4200, ""},
		{440, 3, true, 800, 5800, "-3:100"},
		/* only the ends came through */
		{900, 4, true, 800, 9000, "+4"},
		{902, 4, true, 800, 9000, "-4:100"},
		{904, 4, true, 800, 9000, ""},
		/* only one end */
		{2000, 0, true, 400, 20000, "+0"},
		{2200, -1, false, 0, 0, "-0:50"},
		/* packets in the wrong order */
		{3000, 9, false, 320, 30000, "+9"},
		{3001, 9, false, 160, 30000, ""},
		{3020, 9, true, 480, 30000, "-9:60"},
		{3021, 9, false, 400, 30000, ""},
	};

	(void)state;
	run_story(v, ARRAY_SIZE(v));
}


static void test_story_odd(void **state)
{
	static const struct step v[] = {
		/* flash and other events are no digits */
		{0, 16, false, 160, 100, ""},
		{0, 255, true, 160, 100, ""},
		/* timestamps wrap */
		{10, 1, true, 800, 0xffffff00, "+1"},
		{12, 1, true, 800, 0xffffff00, "-1:100"},
		{200, 2, true, 800, 0x00000500, "+2"},
		{202, 2, true, 800, 0x00000500, "-2:100"},
		/* a new source with lower timestamps, later */
		{9000, 3, true, 800, 0x00000100, "+3"},
		{9002, 3, true, 800, 0x00000100, "-3:100"},
	};

	(void)state;
	run_story(v, ARRAY_SIZE(v));
}


/* Ten seconds on one key: two segments (RFC 4733 2.5.1.3), one digit */
static void test_story_long(void **state)
{
	static const struct step v[] = {
		{0, 8, false, 160, 1000, "+8"},
		{100, 8, false, 0x8000, 1000, ""},
		{200, 8, false, 0xffff, 1000, ""},
		{300, 8, false, 160, 1000 + 0xffff, ""},
		{400, 8, true, 14465, 1000 + 0xffff, "-8:10000"},
	};

	(void)state;
	run_story(v, ARRAY_SIZE(v));
}


static void test_sender(void **state)
{
	static const struct {
		bool marker, end;
		uint16_t duration;
	} rows[] = {
		{true, false, 160},  {false, false, 320}, {false, false, 480},
		{false, true, 640},  {false, true, 640},  {false, true, 640},
	};
	struct dtmf_evt_tx tx;
	struct dtmf_evt evt;
	bool marker;
	uint8_t p[4];

	(void)state;
	assert_int_equal(dtmf_evt_start(&tx, '#', 80, 777, 8000), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(dtmf_evt_next(&tx, p, &marker, 160));
		assert_int_equal(dtmf_evt_decode(&evt, p, 4), 0);
		assert_int_equal(evt.event, 11);
		assert_int_equal(evt.duration, rows[i].duration);
		assert_int_equal(evt.end, rows[i].end);
		assert_int_equal(marker, rows[i].marker);
		assert_int_equal(tx.ts, 777);
	}
	assert_false(dtmf_evt_next(&tx, p, &marker, 160));
	assert_false(dtmf_evt_next(&tx, p, &marker, 160));
	assert_false(tx.active);

	assert_int_equal(dtmf_evt_start(&tx, 'x', 80, 777, 8000), EINVAL);
	assert_int_equal(dtmf_evt_start(&tx, '1', 0, 0, 8000), 0);
	assert_int_equal(tx.total, 800);
	assert_int_equal(dtmf_evt_start(&tx, '1', 3600000, 0, 8000), 0);
	assert_int_equal(tx.total, 65535);
}


static void test_sip_info(void **state)
{
	static const struct {
		const char *body;
		int err;
		char digit;
		uint32_t ms;
	} rows[] = {
		{"Signal=5\r\nDuration=160\r\n", 0, '5', 160},
		{"Signal= *\r\nDuration= 250", 0, '*', 250},
		{"signal = #\nduration = 100", 0, '#', 100},
		{"Duration=80\r\nSignal=a", 0, 'A', 80},
		{"Signal=11\r\nDuration=90", 0, '#', 90},
		{"Signal=10", 0, '*', 0},
		{"Signal=5\r\nDuration=99999999999", 0, '5', 0},
		{"Signal=5\r\nDuration=-1", 0, '5', 0},
		{"7", 0, '7', 0},
		{" D\r\n", 0, 'D', 0},
		{"12", 0, 'A', 0},
		{"Signal=16", EBADMSG, 0, 0},
		{"Signal=", EBADMSG, 0, 0},
		{"Signal=55", EBADMSG, 0, 0},
		{"Signal", EBADMSG, 0, 0},
		{"Duration=100", EBADMSG, 0, 0},
		{"x", EBADMSG, 0, 0},
		{"", EBADMSG, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pl pl;
		uint32_t ms = 0;
		char d	    = 0;

		pl_set_str(&pl, rows[i].body);
		if (dtmf_info_decode(&d, &ms, &pl) != rows[i].err ||
		    d != rows[i].digit || ms != rows[i].ms)
			fail_msg("'%s' gives '%c' %u ms", rows[i].body, d, ms);
	}
}


struct heard {
	char digits[64];
	uint32_t ms[64];
	size_t begun, ended;
};


static void heard_handler(const struct dtmf_report *rep, void *arg)
{
	struct heard *h = arg;

	if (rep->end && h->ended < ARRAY_SIZE(h->ms)) {
		assert_int_equal(rep->end, h->digits[h->begun - 1]);
		h->ms[h->ended++] = rep->end_ms;
	}
	if (rep->begin && h->begun + 1 < sizeof(h->digits))
		h->digits[h->begun++] = rep->begin;
}


struct audio {
	int16_t s[80000];
	size_t n;
};

static struct audio audio;


static void add_pair(double f1, double f2, double a1, double a2, size_t n)
{
	for (size_t i = 0; i < n && audio.n < ARRAY_SIZE(audio.s); i++)
		audio.s[audio.n++] =
			(int16_t)(tone_sample(f1, a1, i, 8000) +
				  tone_sample(f2, a2, i, 8000));
}


static void add_silence(size_t n)
{
	add_pair(0, 0, 0, 0, n);
}


static void add_digit(char d, uint32_t ms, int16_t vol)
{
	struct tone_def def;
	struct tone t;

	assert_int_equal(dtmf_tone(&def, d, ms, 0), 0);
	tone_start(&t, &def, vol);
	audio.n += tone_read(&t, audio.s + audio.n,
			     ARRAY_SIZE(audio.s) - audio.n);
	assert_true(tone_ended(&t));
}


static void hear(struct heard *h, size_t step)
{
	struct dtmf_det d;

	memset(h, 0, sizeof(*h));
	dtmf_det_init(&d);
	add_silence(800);
	for (size_t i = 0; i < audio.n; i += step)
		dtmf_det_run(&d, audio.s + i,
			     audio.n - i < step ? audio.n - i : step,
			     heard_handler, h);
	audio.n = 0;
}


static void test_all_digits_are_heard(void **state)
{
	static const size_t steps[] = {1, 80, 160, 333, 80000};
	struct heard h;

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(steps); k++) {
		for (size_t i = 0; i < 16; i++) {
			add_digit(all[i], 80, 0);
			add_silence(400);
		}
		hear(&h, steps[k]);
		assert_string_equal(h.digits, all);
		assert_int_equal(h.ended, 16);
		for (size_t i = 0; i < 16; i++)
			assert_in_range(h.ms[i], 60, 100);
	}
}


/* 40 ms on and 40 ms off, wherever it falls into the blocks */
static void test_shortest_at_any_offset(void **state)
{
	struct heard h;

	(void)state;
	for (size_t off = 0; off < 102; off++) {
		add_silence(off);
		for (size_t i = 0; i < 16; i++) {
			add_digit(all[i], 40, 0);
			add_silence(320);
		}
		hear(&h, 160);
		assert_string_equal(h.digits, all);
	}
}


static void test_same_digit_twice(void **state)
{
	struct heard h;

	(void)state;
	for (size_t off = 0; off < 102; off += 3) {
		add_silence(off);
		add_digit('7', 50, 0);
		add_silence(320);
		add_digit('7', 50, 0);
		hear(&h, 160);
		assert_string_equal(h.digits, "77");
	}
}


static void test_20_ms_is_none(void **state)
{
	struct heard h;

	(void)state;
	for (size_t off = 0; off < 102; off++) {
		add_silence(off);
		for (size_t i = 0; i < 16; i++) {
			add_digit(all[i], 20, 0);
			add_silence(800);
		}
		hear(&h, 160);
		assert_string_equal(h.digits, "");
	}
}


static void test_a_break_of_10_ms_is_one_digit(void **state)
{
	struct heard h;

	(void)state;
	for (size_t off = 0; off < 102; off++) {
		add_silence(off);
		add_digit('4', 100, 0);
		add_silence(80);
		add_digit('4', 100, 0);
		hear(&h, 160);
		assert_string_equal(h.digits, "4");
		assert_in_range(h.ms[0], 180, 230);
	}
}


/* Frequencies 1.5 % off, levels to -26 dBm0, twist of Q.24, noise */
static void test_limits_that_must_be_heard(void **state)
{
	static const struct {
		double df1, df2, a1, a2;
	} rows[] = {
		{1.015, 1.015, 7000, 7000}, {0.985, 0.985, 7000, 7000},
		{1.015, 0.985, 7000, 7000}, {0.985, 1.015, 7000, 7000},
		{1, 1, 1200, 1200},	    {1, 1, 15000, 15000},
		{1, 1, 8000, 3200},	    {1, 1, 5000, 7900},
	};
	static const double row[] = {697, 770, 852, 941};
	static const double col[] = {1209, 1336, 1477, 1633};
	static const char keys[]  = "123A456B789C*0#D";
	struct heard h;
	uint32_t x = 1;

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		for (size_t i = 0; i < 16; i++) {
			add_pair(row[i / 4] * rows[k].df1,
				 col[i % 4] * rows[k].df2, rows[k].a1,
				 rows[k].a2, 480);
			add_silence(400);
		}
		/* noise 20 dB below */
		for (size_t i = 0; i < audio.n; i++) {
			int v;

			x = x * 1664525u + 1013904223u;
			v = (int)(x >> 16) - 32768;
			audio.s[i] = (int16_t)(audio.s[i] +
					       v * rows[k].a2 / 32768 / 8);
		}
		hear(&h, 160);
		if (strcmp(h.digits, keys))
			fail_msg("row %u: %s", (unsigned)k, h.digits);
	}
}


static void test_no_digits(void **state)
{
	static const struct {
		double f1, f2, a1, a2;
	} rows[] = {
		{697, 0, 8000, 0},	/* one tone */
		{0, 1336, 0, 8000},
		{425, 0, 8000, 0},	/* ringing */
		{350, 440, 8000, 8000}, /* dial tone */
		{480, 620, 8000, 8000},
		{697, 770, 8000, 8000}, /* two rows */
		{730, 1270, 8000, 8000}, /* beside */
		{697 * 1.04, 1209 * 1.04, 8000, 8000},
		{697, 1209, 8000, 800},	/* 20 dB twist */
		{697, 1209, 800, 8000},
		{697, 1209, 60, 60},	/* faint */
	};
	struct heard h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		add_pair(rows[i].f1, rows[i].f2, rows[i].a1, rows[i].a2, 8000);
		hear(&h, 160);
		if (h.digits[0])
			fail_msg("row %u: %s", (unsigned)i, h.digits);
	}
}


/* A third tone as strong as the pair is speech or music */
static void test_not_alone_is_none(void **state)
{
	struct heard h;

	(void)state;
	add_pair(770, 1336, 6000, 6000, 4000);
	for (size_t i = 0; i < audio.n; i++)
		audio.s[i] = (int16_t)(audio.s[i] +
				       tone_sample(2310, 8000, i, 8000));
	hear(&h, 160);
	assert_string_equal(h.digits, "");
}


static void test_tone_of_a_digit(void **state)
{
	struct tone_def def;
	struct tone t;
	int16_t s[2000];

	(void)state;
	assert_int_equal(dtmf_tone(&def, '6', 100, 50), 0);
	tone_start(&t, &def, 5000);
	assert_int_equal(tone_read(&t, s, 2000), 1200);
	assert_true(fabs(goertz_amplitude(s, 800, 770) - 5000) < 100);
	assert_true(fabs(goertz_amplitude(s, 800, 1477) - 5000) < 100);
	for (size_t i = 800; i < 1200; i++)
		assert_int_equal(s[i], 0);

	assert_int_equal(dtmf_tone(&def, 'z', 100, 50), EINVAL);
	assert_int_equal(dtmf_tone(&def, '1', 0, 50), EINVAL);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digits_and_events),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_story_usual),
		cmocka_unit_test(test_story_losses),
		cmocka_unit_test(test_story_odd),
		cmocka_unit_test(test_story_long),
		cmocka_unit_test(test_sender),
		cmocka_unit_test(test_sip_info),
		cmocka_unit_test(test_all_digits_are_heard),
		cmocka_unit_test(test_shortest_at_any_offset),
		cmocka_unit_test(test_same_digit_twice),
		cmocka_unit_test(test_20_ms_is_none),
		cmocka_unit_test(test_a_break_of_10_ms_is_one_digit),
		cmocka_unit_test(test_limits_that_must_be_heard),
		cmocka_unit_test(test_no_digits),
		cmocka_unit_test(test_not_alone_is_none),
		cmocka_unit_test(test_tone_of_a_digit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
