/**
 * @file test_writer.c  Files of recordings: content, names, full and slow
 * disks, kill -9
 */
#include "audio_util.h"
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include "base/chan.h"
#include "base/clock.h"
#include "media/writer.h"

enum {
	TYPE = 42,
};

static struct chan *chan;
static struct rec_report *last; /* the latest report */
static unsigned reports;


static void report_handler(struct chan_msg *msg, void *arg)
{
	(void)arg;
	assert_int_equal(msg->type, TYPE);
	rec_report_free(last);
	last = (struct rec_report *)(void *)msg;
	++reports;
}


static int setup(void **state)
{
	reports = 0;

	return tmp_setup(state) ||
	       chan_alloc(&chan, 0, report_handler, NULL);
}


static int teardown(void **state)
{
	chan = mem_deref(chan);
	rec_report_free(last);
	last = NULL;

	return tmp_teardown(state);
}


static void wait_reports(unsigned n)
{
	for (int i = 0; i < 5000 && reports < n; i++) {
		(void)chan_poll(chan);
		if (reports < n)
			(void)usleep(1000);
	}
	assert_int_equal(reports, n);
}


static struct writer *start(size_t queue_max)
{
	struct writer_params prm = {.threads   = 1,
				    .queue_max = queue_max,
				    .sync_ms   = UINT32_MAX};
	struct writer *w = NULL;

	assert_int_equal(writer_start(&w, &prm), 0);

	return w;
}


static struct rec_params params(const char *path, enum rec_layout layout)
{
	struct rec_params prm = {.id	   = 99,
				 .base	   = tmp_dir,
				 .path	   = path,
				 .layout   = layout,
				 .report   = chan,
				 .msg_type = TYPE};

	return prm;
}


static struct rec_file *begin(struct writer *w, const char *path,
			      enum rec_layout layout)
{
	struct rec_params prm = params(path, layout);
	struct rec_file *f    = NULL;

	assert_int_equal(rec_file_alloc(&f, w, &prm), 0);

	return f;
}


static struct rec_chunk *chunk(enum codec c, double hz, uint64_t pos, size_t n)
{
	struct rec_chunk *k = malloc(sizeof(*k) + 2 * REC_BLOCK);

	assert_non_null(k);
	k->codec = c;

	for (size_t i = 0; i < n; i++) {
		int16_t s = tone_sample(hz, 8000, (size_t)pos + i, 8000);

		if (c == CODEC_PCMU)
			k->data[i] = codec_ulaw(s);
		else if (c == CODEC_PCMA)
			k->data[i] = codec_alaw(s);
		else
			((int16_t *)(void *)k->data)[i] = s;
	}

	return k;
}


/* 440 Hz on the left, 880 Hz on the right; a frequency of 0 is no chunk */
static struct rec_block *block(uint64_t pos, uint32_t n, enum codec c,
			       double left, double right)
{
	struct rec_block *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->pos = pos;
	b->n   = n;
	if (left > 0)
		b->ch[0] = chunk(c, left, pos, n);
	if (right > 0)
		b->ch[1] = chunk(c, right, pos, n);

	return b;
}


static void write_tones(struct rec_file *f, uint64_t from, uint64_t to,
			enum codec c)
{
	for (uint64_t pos = from; pos < to; pos += REC_BLOCK) {
		uint32_t n = to - pos < REC_BLOCK ? (uint32_t)(to - pos)
						  : REC_BLOCK;

		assert_int_equal(rec_file_write(f, block(pos, n, c, 440, 880)),
				 0);
	}
}


static void stop(struct writer *w)
{
	assert_int_equal(writer_queued(w), 0);
	assert_int_equal(writer_stop(w, 5000), 0);
}


static void test_stereo_left_says_right_hears(void **state)
{
	static const enum codec codecs[] = {CODEC_PCMU, CODEC_PCMA, CODEC_L16};
	struct writer *w = start(0);

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(codecs); i++) {
		struct rec_file *f = begin(w, "a/b/call.wav", REC_STEREO);
		struct wave wav;

		write_tones(f, 0, 9001, codecs[i]);
		rec_file_close(f, 9001);
		wait_reports(i + 1);

		assert_int_equal(last->state, REC_COMPLETE);
		assert_int_equal(last->id, 99);
		assert_int_equal(last->err, 0);
		assert_string_equal(last->why, "");
		assert_int_equal(last->duration_ms, 1125);
		assert_int_equal(last->bytes, 80 + 4 * 9001);

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
		rec_file_close(f, 8000);
		wait_reports(i + 1);

		wave_read(&wav, last->path);
		assert_int_equal(wav.fmt.ch, 1);
		assert_tone(wav.ch[0], 8000, rows[i].has);
		wave_free(&wav);
	}

	struct rec_file *f = begin(w, "mix.wav", REC_MIX);

	write_tones(f, 0, 8000, CODEC_PCMU);
	rec_file_close(f, 8000);
	wait_reports(3);
	wave_read(&wav, last->path);
	assert_true(fabs(goertz_amplitude(wav.ch[0], 8000, 440) - 8000) < 80);
	assert_true(fabs(goertz_amplitude(wav.ch[0], 8000, 880) - 8000) < 80);
	wave_free(&wav);

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
	rec_file_close(f, 100);
	wait_reports(1);

	wave_read(&wav, last->path);
	assert_int_equal(wav.ch[0][10], 32767);
	assert_int_equal(wav.ch[0][60], -32768);
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
		rec_file_close(f, 100);
		wait_reports(i + 1);
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
		rec_file_close(f, 8000);
		wait_reports(i + 1);
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
		rec_file_close(f, 12000);
		wait_reports(i + 1);

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
	rec_file_close(f, 40 * REC_BLOCK);
	wait_reports(1);

	assert_int_equal(last->gapc, REC_GAPS);
	assert_int_equal(last->gaps_more, 4);
	assert_int_equal(last->gap_ms, 20 * 250);
	stop(w);
}


static void test_names_that_are_refused(void **state)
{
	static const char *const names[] = {
		"",	    "..",	  "../x.wav", "a/../../x.wav",
		"a/..",	    "a/",	  ".",	      "x.mp3",
		"x.wav.sh", "/etc/../x.wav",
	};
	struct writer *w = start(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct rec_params prm = params(names[i], REC_STEREO);
		struct rec_file *f    = NULL;

		assert_int_equal(rec_file_alloc(&f, w, &prm), EINVAL);
		assert_null(f);
	}
	stop(w);
}


static void test_names_and_endings(void **state)
{
	static const struct {
		const char *path, *becomes;
	} rows[] = {
		{"x.wav", "x.wav"},	  {"none", "none.wav"},
		{"v.wav49", "v.WAV"},	  {"./d//y.wav", "./d//y.wav"},
		{"x.wav", "x-1.wav"},	  {"x.wav", "x-2.wav"},
		{".hidden", ".hidden.wav"},
	};
	struct writer *w = start(0);
	char name[256];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct stat st;

		rec_file_close(begin(w, rows[i].path, REC_MIX), 0);
		wait_reports(i + 1);
		assert_int_equal(last->state, REC_COMPLETE);
		re_snprintf(name, sizeof(name), "%s/%s", tmp_dir,
			    rows[i].becomes);
		assert_string_equal(last->path, name);
		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(st.st_mode & 0137, 0);
		assert_int_equal(st.st_size, 80);
	}
	stop(w);
}


static void test_absolute_below_base_is_relative(void **state)
{
	struct writer *w = start(0);
	char path[256];

	(void)state;
	re_snprintf(path, sizeof(path), "%s/in/abs.wav", tmp_dir);
	rec_file_close(begin(w, path, REC_MIX), 0);
	wait_reports(1);
	assert_string_equal(last->path, path);
	assert_true(file_exists(path));
	stop(w);
}


static void test_no_symbolic_link_is_followed(void **state)
{
	static const char *const names[] = {"dir/x.wav", "dir/sub/x.wav"};
	struct writer *w		 = start(0);

	(void)state;
	assert_int_equal(mkdir(tmp_path("real"), 0700), 0);
	assert_int_equal(symlink(tmp_path("real"), tmp_path("dir")), 0);

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		struct rec_file *f = begin(w, names[i], REC_MIX);

		write_tones(f, 0, 4000, CODEC_PCMU);
		rec_file_close(f, 4000);
		wait_reports(i + 1);
		assert_int_equal(last->state, REC_FAILED);
		assert_int_equal(last->err, ELOOP);
		assert_non_null(strstr(last->why, "symbolic link"));
		assert_false(file_exists(tmp_path("real/x.wav")));
	}

	/* a link in the place of the file: neither followed nor replaced */
	assert_int_equal(symlink("real/target.wav", tmp_path("l.wav")), 0);
	rec_file_close(begin(w, "l.wav", REC_MIX), 0);
	wait_reports(3);
	assert_false(file_exists(tmp_path("real/target.wav")));
	assert_string_equal(last->path, tmp_path("l-1.wav"));

	struct rec_params prm = params("l.wav", REC_MIX);
	struct rec_file *f;

	prm.append = true;
	assert_int_equal(rec_file_alloc(&f, w, &prm), 0);
	rec_file_close(f, 0);
	wait_reports(4);
	assert_int_equal(last->err, ELOOP);

	prm.append  = false;
	prm.replace = true;
	assert_int_equal(rec_file_alloc(&f, w, &prm), 0);
	rec_file_close(f, 0);
	wait_reports(5);
	assert_int_equal(last->err, ELOOP);
	assert_false(file_exists(tmp_path("real/target.wav")));
	stop(w);
}


/* A file system with less room than asked for: nothing begins, and who must
 * be recorded is told so at once */
static void test_low_water(void **state)
{
	static const struct {
		const char *path;
		uint32_t lowwater; /* 101: no disk has that */
		bool must;
		unsigned reports;
		enum rec_state first;
		int err;
	} rows[] = {
		{"w.wav", 0, false, 1, REC_COMPLETE, 0},
		{"w.wav", 0, true, 2, REC_BEGUN, 0},
		{"x.wav", 101, false, 1, REC_FAILED, ENOBUFS},
		{"x.wav", 101, true, 2, REC_REFUSED, ENOBUFS},
		{"w.wav/x.wav", 0, true, 2, REC_REFUSED, ENOTDIR},
	};
	struct writer *w = start(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rec_params prm = params(rows[i].path, REC_MIX);
		struct rec_file *f;

		prm.lowwater = rows[i].lowwater;
		prm.must     = rows[i].must;
		reports	     = 0;
		assert_int_equal(rec_file_alloc(&f, w, &prm), 0);
		if (rows[i].must) { /* while it runs */
			wait_reports(1);
			assert_int_equal(last->state, rows[i].first);
			assert_int_equal(last->err, rows[i].err);
			assert_true(!rows[i].err == !last->why[0]);
		}
		rec_file_close(f, 0);
		wait_reports(rows[i].reports);
		assert_int_equal(last->state,
				 rows[i].err ? REC_FAILED : REC_COMPLETE);
		assert_int_equal(last->err, rows[i].err);
	}

	assert_false(file_exists(tmp_path("x.wav")));
	stop(w);
}


static void test_append_goes_on_at_the_end(void **state)
{
	static const char *const names[] = {"a.wav", "a.ulaw"};
	struct writer *w		 = start(0);
	unsigned n			 = 0;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		for (int k = 0; k < 2; k++) {
			struct rec_params prm = params(names[i], REC_SAYS);
			struct rec_file *f    = NULL;

			prm.append = true;
			assert_int_equal(rec_file_alloc(&f, w, &prm), 0);
			assert_int_equal(
				rec_file_write(f, block(0, 2000, CODEC_L16,
							k ? 1000 : 500, 0)),
				0);
			rec_file_close(f, 2000);
			wait_reports(++n);
			assert_int_equal(last->state, REC_COMPLETE);
			assert_int_equal(last->duration_ms, 250);
		}
		assert_int_equal(last->bytes, i ? 4000 : 80 + 8000);
	}

	struct wave wav;

	wave_read(&wav, tmp_path("a.wav"));
	assert_int_equal(wav.n, 4000);
	assert_tone(wav.ch[0], 2000, 500);
	assert_tone(wav.ch[0] + 2000, 2000, 1000);
	wave_free(&wav);
	stop(w);
}


static void test_append_to_another_format_is_refused(void **state)
{
	struct writer *w      = start(0);
	struct rec_params prm = params("text.wav", REC_SAYS);
	static const char text[] = "twelve bytes or more of no WAV file";
	struct rec_file *f;
	size_t len = 0;
	uint8_t *p;

	(void)state;
	file_put(tmp_path("text.wav"), text, sizeof(text));
	prm.append = true;
	assert_int_equal(rec_file_alloc(&f, w, &prm), 0);
	write_tones(f, 0, 4000, CODEC_PCMU);
	rec_file_close(f, 4000);
	wait_reports(1);
	assert_int_equal(last->state, REC_FAILED);
	assert_int_equal(last->err, EBADMSG);

	p = file_get(tmp_path("text.wav"), &len);
	assert_int_equal(len, sizeof(text));
	assert_memory_equal(p, text, len);
	free(p);
	stop(w);
}


static void test_replace(void **state)
{
	struct writer *w      = start(0);
	struct rec_params prm = params("greet.wav", REC_SAYS);
	struct rec_file *f;
	struct wave wav;

	(void)state;
	file_put(tmp_path("greet.wav"), "old", 3);
	prm.replace = true;
	assert_int_equal(rec_file_alloc(&f, w, &prm), 0);
	write_tones(f, 0, 2000, CODEC_PCMU);
	rec_file_close(f, 2000);
	wait_reports(1);
	assert_string_equal(last->path, tmp_path("greet.wav"));
	wave_read(&wav, last->path);
	assert_int_equal(wav.n, 2000);
	wave_free(&wav);
	stop(w);
}


static void test_a_path_that_cannot_be(void **state)
{
	struct writer *w = start(0);

	(void)state;
	file_put(tmp_path("file"), "x", 1);
	rec_file_close(begin(w, "file/f.wav", REC_MIX), 8000);
	wait_reports(1);

	assert_int_equal(last->state, REC_FAILED);
	assert_int_equal(last->err, ENOTDIR);
	assert_string_equal(last->path, tmp_path("file/f.wav"));
	assert_string_equal(rec_state_name(last->state), "failed");
	stop(w);
}


/* A file of a size limit is a disk that is full: what fits is whole and says
   what is missing, and the sender never waits */
static void test_file_size_limit(void **state)
{
	const struct rlimit lim = {80 + 4 * 5000 + 2, RLIM_INFINITY};
	struct rlimit old;
	struct writer *w = start(0);
	struct rec_file *f;
	struct wave wav;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &lim), 0);
	f = begin(w, "full.wav", REC_STEREO);
	write_tones(f, 0, 16000, CODEC_PCMU);
	rec_file_close(f, 16000);
	wait_reports(1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);

	assert_int_equal(last->state, REC_GAP);
	assert_int_equal(last->err, EFBIG);
	assert_int_equal(last->gapc, 1);
	assert_int_equal(last->gap[0].at_ms, 500);
	assert_int_equal(last->gap[0].len_ms, 1500);
	assert_int_equal(last->duration_ms, 2000);
	assert_int_equal(last->bytes, 80 + 4 * 4000);

	/* whole blocks only, and the header agrees */
	wave_read(&wav, last->path);
	assert_int_equal(wav.n, 4000);
	assert_false(wav.fmt.cut);
	assert_tone(wav.ch[0], 4000, 440);
	assert_tone(wav.ch[1], 4000, 880);
	wave_free(&wav);
	stop(w);
}


static void test_nothing_fits_is_failed(void **state)
{
	const struct rlimit lim = {40, RLIM_INFINITY};
	struct rlimit old;
	struct writer *w = start(0);
	struct rec_file *f;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &lim), 0);
	f = begin(w, "none.wav", REC_STEREO);
	write_tones(f, 0, 4000, CODEC_PCMU);
	rec_file_close(f, 4000);
	wait_reports(1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);

	assert_int_equal(last->state, REC_FAILED);
	assert_int_equal(last->err, EFBIG);
	assert_int_equal(last->gap_ms, 500);
	assert_false(file_exists(tmp_path("none.wav")));
	stop(w);
}


static void fill_disk(const char *path)
{
	static uint8_t zeros[4096];
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
	(void)close(fd);
}


/* Full for a while, then there is room again: a hole in the right place.
   Needs the right to mount */
static void test_disk_full_then_room_again(void **state)
{
	uint64_t now	 = 1000000;
	struct writer *w = NULL;
	struct rec_file *f;
	struct wave wav;
	char dir[128], big[160];

	(void)state;
	re_snprintf(dir, sizeof(dir), "%s/disk", tmp_dir);
	re_snprintf(big, sizeof(big), "%s/big", dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	/* in a name space of our own, so that nothing stays behind */
	if (unshare(CLONE_NEWNS) ||
	    mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", dir, "tmpfs", 0, "size=256k")) {
		print_message("no right to mount: %s\n", strerror(errno));
		skip();
	}

	clock_fake(&now);
	w = start(0);
	f = begin(w, "disk/f.wav", REC_STEREO);
	write_tones(f, 0, 4000, CODEC_PCMU);
	while (writer_queued(w))
		(void)usleep(1000);

	fill_disk(big);
	write_tones(f, 4000, 12000, CODEC_PCMU);
	while (writer_queued(w))
		(void)usleep(1000);

	assert_int_equal(unlink(big), 0);
	now += 1100000;
	write_tones(f, 12000, 16000, CODEC_PCMU);
	rec_file_close(f, 16000);
	wait_reports(1);
	stop(w);
	clock_fake(NULL);

	assert_int_equal(last->state, REC_GAP);
	assert_int_equal(last->err, ENOSPC);
	assert_int_equal(last->duration_ms, 2000);
	wave_read(&wav, last->path);
	assert_int_equal(umount2(dir, MNT_DETACH), 0);

	/* the last page of the file may have taken a block more */
	size_t at  = (size_t)last->gap[0].at_ms * 8;
	size_t end = at + (size_t)last->gap[0].len_ms * 8;

	assert_int_equal(last->gapc, 1);
	assert_in_range(at, 4000, 8000);
	assert_int_equal(end, 12000);
	assert_int_equal(wav.n, 16000);
	assert_tone(wav.ch[0], 4000, 440);
	for (size_t i = at; i < end; i++)
		assert_int_equal(wav.ch[0][i], 0);
	assert_tone(wav.ch[0] + 12000, 4000, 440);
	assert_tone(wav.ch[1] + 12000, 4000, 880);
	wave_free(&wav);
}


/* A fifo without a reader stands for a disk that hangs: nothing of the sort
   may be opened, and above all nobody waits */
static void test_fifo_is_not_a_file(void **state)
{
	struct writer *w      = start(0);
	struct rec_params prm = params("pipe.wav", REC_MIX);
	struct rec_file *f;

	(void)state;
	assert_int_equal(mkfifo(tmp_path("pipe.wav"), 0600), 0);
	prm.append = true;
	assert_int_equal(rec_file_alloc(&f, w, &prm), 0);
	rec_file_close(f, 0);
	wait_reports(1);
	assert_int_equal(last->state, REC_FAILED);
	assert_int_equal(last->err, EINVAL);
	stop(w);
}


/* The queue has a cap: what does not fit is refused at once, counted, and a
   gap of just that length */
static void test_full_queue_drops_and_tells(void **state)
{
	struct writer *w   = start(10000);
	struct rec_file *f = begin(w, "q.wav", REC_STEREO);
	uint64_t pos	   = 0;
	unsigned dropped   = 0;
	struct wave wav;

	(void)state;
	for (int i = 0; i < 400; i++, pos += REC_BLOCK) {
		int err = rec_file_write(f, block(pos, REC_BLOCK, CODEC_PCMU,
						  440, 880));

		assert_true(!err || err == ENOBUFS);
		dropped += err == ENOBUFS;
		assert_true(writer_queued(w) <= 10000);
	}
	rec_file_close(f, pos);
	wait_reports(1);

	assert_int_equal(writer_dropped(w), dropped);
	assert_int_equal(last->gap_ms, dropped * 250u);
	assert_int_equal(last->state, dropped ? REC_GAP : REC_COMPLETE);
	wave_read(&wav, last->path);
	assert_int_equal(wav.n, pos);
	wave_free(&wav);
	stop(w);
}


static void test_one_block_beyond_the_cap(void **state)
{
	struct writer *w   = start(100);
	struct rec_file *f = begin(w, "cap.wav", REC_STEREO);

	(void)state;
	assert_int_equal(rec_file_write(f, block(0, 2000, CODEC_PCMU, 440, 0)),
			 ENOBUFS);
	rec_file_close(f, 2000);
	wait_reports(1);
	assert_int_equal(last->state, REC_FAILED);
	assert_int_equal(last->err, ENOBUFS);
	stop(w);
}


/* Writes in real time's steps until it is killed; tells by a pipe how much it
   has given away */
static void child_records(const char *dir, int fd)
{
	const struct timespec step = {0, 2000000};
	struct writer *w	   = NULL;
	struct rec_params prm	   = {.base   = dir,
				      .path   = "killed.wav",
				      .layout = REC_STEREO};
	struct rec_file *f	   = NULL;

	if (writer_start(&w, NULL) || rec_file_alloc(&f, w, &prm))
		_exit(1);

	for (uint64_t pos = 0;; pos += REC_BLOCK) {
		while (writer_queued(w))
			(void)nanosleep(&step, NULL);
		if (write(fd, &pos, sizeof(pos)) != sizeof(pos))
			_exit(2);
		if (rec_file_write(f, block(pos, REC_BLOCK, CODEC_PCMU, 440,
					    880)))
			_exit(3);
	}
}


static void test_kill_9_leaves_a_file_that_plays(void **state)
{
	enum wav_repair res;
	uint64_t given = 0;
	struct wave wav;
	int fds[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		(void)close(fds[0]);
		child_records(tmp_dir, fds[1]);
	}

	(void)close(fds[1]);
	while (given < 20 * REC_BLOCK)
		assert_int_equal(read(fds[0], &given, sizeof(given)),
				 sizeof(given));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (read(fds[0], &given, sizeof(given)) == sizeof(given))
		;
	(void)close(fds[0]);

	/* as it is: playable, at most a second short */
	wave_read(&wav, tmp_path("killed.wav"));
	assert_true(wav.n + 8000 >= given);
	assert_int_equal(wav.n % REC_BLOCK, 0);
	assert_tone(wav.ch[0], wav.n, 440);
	assert_tone(wav.ch[1], wav.n, 880);
	wave_free(&wav);

	assert_int_equal(wav_repair(tmp_path("killed.wav"), &res), 0);
	wave_read(&wav, tmp_path("killed.wav"));
	assert_true(wav.n + REC_BLOCK >= given);
	assert_false(wav.fmt.cut);
	assert_tone(wav.ch[0], wav.n, 440);
	wave_free(&wav);
}


/* While it is recorded a repair keeps away from it */
static void test_repair_leaves_a_running_recording(void **state)
{
	struct writer *w   = start(0);
	struct rec_file *f = begin(w, "run.wav", REC_STEREO);

	(void)state;
	write_tones(f, 0, 4000, CODEC_PCMU);
	while (writer_queued(w))
		(void)usleep(1000);
	assert_int_equal(wav_repair(tmp_path("run.wav"), NULL), EBUSY);
	rec_file_close(f, 4000);
	wait_reports(1);
	assert_int_equal(wav_repair(tmp_path("run.wav"), NULL), 0);
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


#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

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
		CASE(test_names_that_are_refused),
		CASE(test_names_and_endings),
		CASE(test_absolute_below_base_is_relative),
		CASE(test_no_symbolic_link_is_followed),
		CASE(test_low_water),
		CASE(test_append_goes_on_at_the_end),
		CASE(test_append_to_another_format_is_refused),
		CASE(test_replace),
		CASE(test_a_path_that_cannot_be),
		CASE(test_file_size_limit),
		CASE(test_nothing_fits_is_failed),
		CASE(test_disk_full_then_room_again),
		CASE(test_fifo_is_not_a_file),
		CASE(test_full_queue_drops_and_tells),
		CASE(test_one_block_beyond_the_cap),
		CASE(test_kill_9_leaves_a_file_that_plays),
		CASE(test_repair_leaves_a_running_recording),
		CASE(test_many_recordings_at_once),
	};
	int err;

	if (libre_init())
		return 1;

	err = cmocka_run_group_tests(tests, NULL, NULL);
	libre_close();

	return err;
}
