/**
 * @file test_prompt.c  Prompts: names and languages, formats, sample rates,
 * the store
 */
#include "audio_util.h"
#include <fcntl.h>
#include <spandsp/telephony.h>
#include <spandsp/g722.h>
#include "media/prompt.h"

static const char debian[] = "/usr/share/asterisk/sounds";


/* A mono WAV file of `n` samples of a tone */
static void make_wav(const char *path, uint32_t srate, uint8_t ch, double hz,
		     size_t n)
{
	uint8_t *p = malloc(WAV_HDR_SIZE + 2 * n * ch);

	assert_non_null(p);
	wav_hdr_encode(p, srate, ch, 2 * n * ch);
	for (size_t i = 0; i < n * ch; i++) {
		int16_t s = tone_sample(hz, 8000, i / ch, srate);

		p[WAV_HDR_SIZE + 2 * i]	    = (uint8_t)s;
		p[WAV_HDR_SIZE + 2 * i + 1] = (uint8_t)((uint16_t)s >> 8);
	}
	file_put(path, p, WAV_HDR_SIZE + 2 * n * ch);
	free(p);
}


static void touch(const char *name)
{
	char path[512], *p;

	re_snprintf(path, sizeof(path), "%s/%s", tmp_dir, name);
	for (p = strchr(path + strlen(tmp_dir) + 1, '/'); p;
	     p = strchr(p + 1, '/')) {
		*p = '\0';
		assert_true(!mkdir(path, 0700) || errno == EEXIST);
		*p = '/';
	}
	file_put(path, "", 0);
}


static void test_language_and_format(void **state)
{
	/* the first that is there wins; each row takes one away */
	static const char *const order[] = {
		"a/ru_RU/digits/1.wav",
		"a/digits/ru_RU/1.ulaw",
		"a/ru_RU_f_Anna/digits/1.wav",
		"a/ru_RU_m_Boris/digits/1.wav",
		"b/ru_RU/digits/1.sln",
		"a/ru/digits/1.wav",
		"a/ru/digits/1.wav16",
		"a/ru/digits/1.sln16",
		"a/ru/digits/1.ulaw",
		"a/ru/digits/1.alaw",
		"a/ru/digits/1.sln",
		"a/ru/digits/1.g722",
		"a/ru/digits/1.gsm",
		"b/ru/digits/1.gsm",
		"a/digits/1.gsm",
		"b/digits/1.wav",
		"a/en/digits/1.gsm",
		"a/digits/en/1.gsm",
		"a/en_US_f_Allison/digits/1.wav",
		"b/en/digits/1.wav",
	};
	char dirs[300], want[300];

	(void)state;
	re_snprintf(dirs, sizeof(dirs), "%s/none: %s/a:%s/b/:", tmp_dir,
		    tmp_dir, tmp_dir);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		touch(order[i]);

	for (size_t i = 0; i <= ARRAY_SIZE(order); i++) {
		char *path = NULL;
		int err;

		err = prompt_find(&path, dirs, "digits/1", "ru_RU");
		if (i == ARRAY_SIZE(order)) {
			assert_int_equal(err, ENOENT);
			assert_non_null(strstr(path, "/a/ru/digits/1"));
			mem_deref(path);
			break;
		}

		assert_int_equal(err, 0);
		re_snprintf(want, sizeof(want), "%s/%s", tmp_dir, order[i]);
		if (order[i][0] == 'b')
			re_snprintf(want, sizeof(want), "%s/b//%s", tmp_dir,
				    order[i] + 2);
		assert_string_equal(path, want);
		mem_deref(path);
		assert_int_equal(unlink(want), 0);
	}
}


static void test_names_that_are_refused(void **state)
{
	static const char *const names[] = {
		"", "..", "../x", "a/../../x", "a/..", "/", "a/", ".",
		"a\nb", "\x01", "/../etc/passwd",
	};
	char *path = NULL;

	(void)state;
	touch("x.wav");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(prompt_find(&path, tmp_dir, names[i], "en"),
				 EINVAL);
		assert_null(path);
	}
}


/* A language is part of a path too */
static void test_bad_language_is_no_path(void **state)
{
	static const char *const langs[] = {"../up", "a/b", "..", ".", "x y",
					    NULL, ""};
	char dirs[128];
	char *path = NULL;

	(void)state;
	touch("s/p.wav");
	touch("up/p.gsm");
	re_snprintf(dirs, sizeof(dirs), "%s/s", tmp_dir);

	for (size_t i = 0; i < ARRAY_SIZE(langs); i++) {
		assert_int_equal(prompt_find(&path, dirs, "p", langs[i]), 0);
		assert_string_equal(path, tmp_path("s/p.wav"));
		path = mem_deref(path);
	}
}


static void test_absolute_names(void **state)
{
	char *path = NULL;

	(void)state;
	touch("rec/1.wav");
	touch("rec/2.x");
	assert_int_equal(prompt_find(&path, NULL, tmp_path("rec/1"), "ru"), 0);
	assert_string_equal(path, tmp_path("rec/1.wav"));
	path = mem_deref(path);
	assert_int_equal(prompt_find(&path, NULL, tmp_path("rec/1.wav"), NULL),
			 0);
	assert_string_equal(path, tmp_path("rec/1.wav"));
	path = mem_deref(path);

	/* not of a known ending: not a prompt */
	assert_int_equal(prompt_find(&path, NULL, tmp_path("rec/2.x"), NULL),
			 ENOENT);
	path = mem_deref(path);
	assert_int_equal(prompt_find(&path, NULL, "/etc/passwd", NULL),
			 ENOENT);
	mem_deref(path);
}


/* Read a file that holds a second of 1000 Hz */
static void read_tone(const char *path, size_t n, size_t tol, double share)
{
	struct prompt *p = NULL;
	char *text	 = NULL;

	if (prompt_read(&p, path, &text))
		fail_msg("%s", text);
	assert_null(text);
	assert_string_equal(p->path, path);
	assert_in_range(p->n, n - tol, n + tol);
	if (goertz_share(p->pcm + 200, n - 400, 1000) < share)
		fail_msg("%s: share %u %%", path,
			 (unsigned)(100 * goertz_share(p->pcm + 200, n - 400,
						       1000)));
	assert_true(fabs(goertz_amplitude(p->pcm + 200, n - 400, 1000) -
			 8000) < 800);
	prompt_unref(p);
}


static void test_wav_at_any_rate(void **state)
{
	static const uint32_t rates[] = {
		8000,  11025, 12000, 16000, 22050,
		24000, 32000, 44100, 48000, 96000,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		make_wav(tmp_path("m.wav"), rates[i], 1, 1000, rates[i]);
		read_tone(tmp_path("m.wav"), 8000, 0, 0.999);
		make_wav(tmp_path("s.wav"), rates[i], 2, 1000, rates[i]);
		read_tone(tmp_path("s.wav"), 8000, 0, 0.999);
	}
}


static void test_raw_files(void **state)
{
	static const struct {
		const char *name;
		enum codec codec;
		uint32_t srate;
		double share;
	} rows[] = {
		{"r.ulaw", CODEC_PCMU, 8000, 0.99},
		{"r.mu", CODEC_PCMU, 8000, 0.99},
		{"r.alaw", CODEC_PCMA, 8000, 0.99},
		{"r.al", CODEC_PCMA, 8000, 0.99},
		{"r.gsm", CODEC_GSM, 8000, 0.9},
		{"r.sln", CODEC_L16, 8000, 0.999},
		{"r.sln16", CODEC_L16, 16000, 0.999},
		{"r.sln48", CODEC_L16, 48000, 0.999},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		static int16_t s[48000];
		static uint8_t p[96000];
		struct codec_enc *e = NULL;
		size_t len;

		tone_fill(s, rows[i].srate, 1000, 8000, rows[i].srate);
		assert_int_equal(codec_enc_alloc(&e, rows[i].codec), 0);
		len = codec_enc_run(e, p, sizeof(p), s, rows[i].srate);
		mem_deref(e);

		/* files are little endian, RTP is not */
		for (size_t k = 0; rows[i].codec == CODEC_L16 && k < len;
		     k += 2) {
			uint8_t t = p[k];

			p[k]	 = p[k + 1];
			p[k + 1] = t;
		}

		file_put(tmp_path(rows[i].name), p, len);
		read_tone(tmp_path(rows[i].name), 8000, 0, rows[i].share);
	}
}


static void test_g722_file(void **state)
{
	static int16_t s[16000];
	static uint8_t p[8000];
	g722_encode_state_t *e = g722_encode_init(NULL, 64000, 0);

	(void)state;
	assert_non_null(e);
	tone_fill(s, 16000, 1000, 8000, 16000);
	assert_int_equal(g722_encode(e, p, s, 16000), 8000);
	(void)g722_encode_free(e);

	file_put(tmp_path("r.g722"), p, 8000);
	read_tone(tmp_path("r.g722"), 8000, 0, 0.95);
}


/* What would be mirrored into the telephone band is gone, the band is flat */
static void test_resampling_quality(void **state)
{
	static const struct {
		uint32_t srate;
		double hz, min_db, max_db;
	} rows[] = {
		{16000, 100, -0.2, 0.2},   {16000, 1000, -0.1, 0.1},
		{16000, 3000, -0.2, 0.2},  {16000, 3400, -0.5, 0.2},
		{16000, 4100, -200, -60},  {16000, 5000, -200, -60},
		{16000, 7000, -200, -60},  {48000, 3000, -0.2, 0.2},
		{48000, 5000, -200, -60},  {48000, 20000, -200, -60},
		{44100, 3000, -0.2, 0.2},  {44100, 6000, -200, -60},
		{11025, 3000, -0.2, 0.2},  {11025, 4500, -200, -60},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		static int16_t in[48000];
		int16_t *out = NULL;
		double sum   = 0, db;
		size_t n     = 0;

		tone_fill(in, rows[i].srate, rows[i].hz, 30000,
			  rows[i].srate);
		assert_int_equal(prompt_resample(&out, &n, in, rows[i].srate,
						 rows[i].srate),
				 0);
		assert_int_equal(n, 8000);
		for (size_t k = 400; k < 7600; k++)
			sum += (double)out[k] * out[k];
		db = 10 * log10(sum / 7200 / (30000.0 * 30000.0 / 2) + 1e-20);
		if (db < rows[i].min_db || db > rows[i].max_db)
			fail_msg("%u Hz at %u: %d.%02u dB",
				 (unsigned)rows[i].hz, rows[i].srate, (int)db,
				 (unsigned)(fabs(db) * 100) % 100);
		free(out);
	}
}


static void test_resampling_keeps_the_time(void **state)
{
	static int16_t in[16000];
	int16_t *out = NULL;
	size_t n     = 0, peak = 0;

	(void)state;
	memset(in, 0, sizeof(in));
	in[8000] = 32000;
	assert_int_equal(prompt_resample(&out, &n, in, 16000, 16000), 0);
	for (size_t i = 0; i < n; i++) {
		if (out[i] > out[peak])
			peak = i;
	}
	assert_int_equal(peak, 4000);
	free(out);

	assert_int_equal(prompt_resample(&out, &n, in, 100, 7999), ENOTSUP);
	assert_int_equal(prompt_resample(&out, &n, in, 100, 192001), ENOTSUP);
	assert_int_equal(prompt_resample(&out, &n, in, 0, 16000), 0);
	assert_int_equal(n, 0);
	free(out);
}


static void test_files_that_cannot_be_read(void **state)
{
	struct prompt *p = NULL;
	uint8_t h[WAV_HDR_SIZE];
	char *text = NULL;

	(void)state;
	file_put(tmp_path("bad.wav"), "no wav file at all", 18);
	assert_int_equal(prompt_read(&p, tmp_path("bad.wav"), &text), EBADMSG);
	assert_non_null(strstr(text, "bad.wav: not a WAV file"));
	text = mem_deref(text);

	assert_int_equal(prompt_read(&p, tmp_path("none.wav"), &text), ENOENT);
	assert_non_null(strstr(text, "none.wav"));
	text = mem_deref(text);

	file_put(tmp_path("x.mp3"), "x", 1);
	assert_int_equal(prompt_read(&p, tmp_path("x.mp3"), &text), ENOTSUP);
	text = mem_deref(text);

	assert_int_equal(mkdir(tmp_path("d.wav"), 0700), 0);
	assert_int_equal(prompt_read(&p, tmp_path("d.wav"), NULL), EINVAL);
	assert_int_equal(mkfifo(tmp_path("f.wav"), 0600), 0);
	assert_int_equal(prompt_read(&p, tmp_path("f.wav"), NULL), EINVAL);

	/* longer than an hour; the file is sparse */
	wav_hdr_encode(h, 8000, 1, 2 * 8000 * 3600);
	file_put(tmp_path("long.wav"), h, sizeof(h));
	assert_int_equal(truncate(tmp_path("long.wav"),
				  80 + 2 * 8000 * 3600 + 2), 0);
	assert_int_equal(prompt_read(&p, tmp_path("long.wav"), &text), E2BIG);
	mem_deref(text);
	assert_int_equal(truncate(tmp_path("long.wav"),
				  (off_t)600 * 1024 * 1024), 0);
	assert_int_equal(prompt_read(&p, tmp_path("long.wav"), NULL), E2BIG);
	assert_null(p);
}


static void test_empty_prompt_is_one(void **state)
{
	static const char *const names[] = {"e.ulaw", "e.gsm", "e.g722",
					    "e.sln"};
	struct prompt *p = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		file_put(tmp_path(names[i]), "", 0);
		assert_int_equal(prompt_read(&p, tmp_path(names[i]), NULL), 0);
		assert_int_equal(p->n, 0);
		prompt_unref(p);
	}
}


static void name_handler(const char *path, void *arg)
{
	char *list	 = arg;
	size_t n	 = strlen(list);
	const char *name = strrchr(path, '/');

	assert_non_null(name);
	re_snprintf(list + n, 256 - n, "%s ", name + 1);
}


static void test_directory_of_music(void **state)
{
	static const char *const names[] = {
		"moh/b.gsm", "moh/b.wav",  "moh/a.ulaw", "moh/readme.txt",
		"moh/.c.wav", "moh/ab.wav", "moh/sub/x.wav",
	};
	char list[256] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		touch(names[i]);

	assert_int_equal(prompt_dir(tmp_path("moh"), name_handler, list), 0);
	assert_string_equal(list, "a.ulaw ab.wav b.wav ");
	assert_int_equal(prompt_dir(tmp_path("no"), name_handler, list),
			 ENOENT);
}


struct got {
	unsigned n;
	int err;
	size_t samples;
	const struct prompt *p;
	char text[512];
};


static void got_handler(int err, struct prompt *p, const char *text, void *arg)
{
	struct got *g = arg;

	++g->n;
	g->err	   = err;
	g->p	   = p;
	g->samples = p ? p->n : 0;
	re_snprintf(g->text, sizeof(g->text), "%s", text);
}


struct waiter {
	struct got *g;
	unsigned n;
	struct tmr tmr;
	unsigned left;
};


static void wait_tick(void *arg)
{
	struct waiter *w = arg;

	if (w->g->n >= w->n || !w->left--)
		re_cancel();
	else
		tmr_start(&w->tmr, 1, wait_tick, w);
}


static void wait_got(struct got *g, unsigned n)
{
	struct waiter w = {.g = g, .n = n, .left = 5000};

	tmr_init(&w.tmr);
	tmr_start(&w.tmr, 1, wait_tick, &w);
	(void)re_main(NULL);
	tmr_cancel(&w.tmr);
	assert_int_equal(g->n, n);
}


static struct prompts *store(size_t cache_max)
{
	struct prompts_params prm = {.path = tmp_dir, .cache_max = cache_max};
	struct prompts *ps	  = NULL;

	assert_int_equal(prompts_alloc(&ps, &prm), 0);

	return ps;
}


static void test_store_loads_later(void **state)
{
	struct prompts *ps = store(0);
	struct prompt_req *req = NULL;
	struct got g	       = {0};

	(void)state;
	make_wav(tmp_path("hello.wav"), 16000, 1, 1000, 16000);
	assert_int_equal(prompt_load(&req, ps, "hello", "en", got_handler, &g),
			 0);
	assert_int_equal(g.n, 0);
	wait_got(&g, 1);
	assert_int_equal(g.err, 0);
	assert_int_equal(g.samples, 8000);
	mem_deref(req);
	mem_deref(ps);
}


static void test_store_tells_what_is_missing(void **state)
{
	struct prompts *ps = store(0);
	struct got g	   = {0};

	(void)state;
	assert_int_equal(prompt_load(NULL, ps, "gone", "ru", got_handler, &g),
			 0);
	wait_got(&g, 1);
	assert_int_equal(g.err, ENOENT);
	assert_non_null(strstr(g.text, "gone: not found, tried "));
	assert_non_null(strstr(g.text, tmp_path("ru/gone")));

	assert_int_equal(prompt_load(NULL, ps, "../x", "ru", got_handler, &g),
			 0);
	wait_got(&g, 2);
	assert_int_equal(g.err, EINVAL);

	file_put(tmp_path("bad.wav"), "x", 1);
	assert_int_equal(prompt_load(NULL, ps, "bad", NULL, got_handler, &g),
			 0);
	wait_got(&g, 3);
	assert_int_equal(g.err, EBADMSG);
	assert_non_null(strstr(g.text, "bad.wav: not a WAV file"));
	mem_deref(ps);
}


static void load(struct prompts *ps, struct got *g, const char *name)
{
	unsigned n = g->n;

	assert_int_equal(prompt_load(NULL, ps, name, NULL, got_handler, g), 0);
	wait_got(g, n + 1);
	assert_int_equal(g->err, 0);
}


/* Kept ones come back as the same object, until the file changes */
static void test_store_keeps_and_sees_changes(void **state)
{
	struct prompts *ps = store(0);
	struct prompt *held;
	struct got g = {0};

	(void)state;
	make_wav(tmp_path("a.wav"), 8000, 1, 1000, 4000);
	load(ps, &g, "a");
	held = prompt_ref((struct prompt *)g.p);
	load(ps, &g, "a");
	assert_ptr_equal(g.p, held);

	make_wav(tmp_path("a.wav"), 8000, 1, 1000, 5000);
	load(ps, &g, "a");
	assert_int_equal(g.samples, 5000);
	assert_int_equal(held->n, 4000); /* still ours */
	prompt_unref(held);

	held = prompt_ref((struct prompt *)g.p);
	prompts_flush(ps);
	load(ps, &g, "a");
	assert_ptr_not_equal(g.p, held);
	prompt_unref(held);
	mem_deref(ps);
}


/* Room for two of these: the least used one goes */
static void test_store_forgets_the_least_used(void **state)
{
	struct prompts *ps = store(45000);
	struct prompt *a, *b;
	struct got g = {0};

	(void)state;
	make_wav(tmp_path("a.wav"), 8000, 1, 1000, 10000);
	make_wav(tmp_path("b.wav"), 8000, 1, 1000, 10000);
	make_wav(tmp_path("c.wav"), 8000, 1, 1000, 10000);
	load(ps, &g, "a");
	a = prompt_ref((struct prompt *)g.p);
	load(ps, &g, "b");
	b = prompt_ref((struct prompt *)g.p);
	load(ps, &g, "a");
	assert_ptr_equal(g.p, a);
	load(ps, &g, "c"); /* b goes */
	load(ps, &g, "a");
	assert_ptr_equal(g.p, a);
	load(ps, &g, "b");
	assert_ptr_not_equal(g.p, b);
	prompt_unref(a);
	prompt_unref(b);
	mem_deref(ps);
}


static void test_store_cancel(void **state)
{
	struct prompts *ps = store(0);
	struct prompt_req *req[20];
	struct got no = {0}, yes = {0};

	(void)state;
	make_wav(tmp_path("a.wav"), 8000, 1, 1000, 4000);
	for (size_t i = 0; i < ARRAY_SIZE(req); i++)
		assert_int_equal(prompt_load(&req[i], ps, "a", NULL,
					     got_handler, &no), 0);
	for (size_t i = 0; i < ARRAY_SIZE(req); i++)
		mem_deref(req[i]);
	load(ps, &yes, "a");
	load(ps, &yes, "a");
	assert_int_equal(no.n, 0);

	/* the store goes while requests wait: no call, and the requests are
	   still there to be freed */
	for (size_t i = 0; i < ARRAY_SIZE(req); i++)
		assert_int_equal(prompt_load(&req[i], ps, "a", NULL,
					     got_handler, &no), 0);
	mem_deref(ps);
	for (size_t i = 0; i < ARRAY_SIZE(req); i++)
		mem_deref(req[i]);
	assert_int_equal(no.n, 0);
}


static void test_store_has_a_limit(void **state)
{
	struct prompts *ps = store(0);
	struct got g	   = {0};
	unsigned n	   = 0;

	(void)state;
	while (n < 5000 &&
	       !prompt_load(NULL, ps, "none", NULL, got_handler, &g))
		++n;
	assert_int_equal(n, 1000);
	wait_got(&g, n);
	assert_int_equal(prompt_load(NULL, ps, "none", NULL, got_handler, &g),
			 0);
	wait_got(&g, n + 1);
	mem_deref(ps);
}


/* Debian's packages as they are */
static void test_debian_sounds(void **state)
{
	static const struct {
		const char *name, *lang, *in;
	} rows[] = {
		{"digits/1", "ru", "/ru_RU_"},
		{"digits/1", "en", "/en_US_"},
		{"digits/1", "", "/en_US_"},
		{"digits/1", "ru_RU", "/ru_RU_"},
		{"hello-world", "de", "/en_US_"},
		{"is", "ru", "/ru_RU_"}, /* has no samples */
	};

	(void)state;
	if (!file_exists(debian)) {
		print_message("asterisk-core-sounds is not installed\n");
		skip();
	}

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct prompt *p = NULL;
		char *path	 = NULL;

		if (prompt_find(&path, debian, rows[i].name, rows[i].lang))
			fail_msg("%s", path);
		if (!strstr(path, rows[i].in)) {
			/* the package of this language is not there */
			mem_deref(path);
			continue;
		}
		assert_int_equal(prompt_read(&p, path, NULL), 0);
		prompt_unref(p);
		mem_deref(path);
	}
}


#define CASE(f) cmocka_unit_test_setup_teardown(f, tmp_setup, tmp_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_language_and_format),
		CASE(test_names_that_are_refused),
		CASE(test_bad_language_is_no_path),
		CASE(test_absolute_names),
		CASE(test_wav_at_any_rate),
		CASE(test_raw_files),
		CASE(test_g722_file),
		CASE(test_resampling_quality),
		CASE(test_resampling_keeps_the_time),
		CASE(test_files_that_cannot_be_read),
		CASE(test_empty_prompt_is_one),
		CASE(test_directory_of_music),
		CASE(test_store_loads_later),
		CASE(test_store_tells_what_is_missing),
		CASE(test_store_keeps_and_sees_changes),
		CASE(test_store_forgets_the_least_used),
		CASE(test_store_cancel),
		CASE(test_store_has_a_limit),
		CASE(test_debian_sounds),
	};

	return cmocka_run_group_tests(tests, libre_up, libre_down);
}
