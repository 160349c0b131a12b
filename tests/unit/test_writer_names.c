/**
 * @file tests/unit/test_writer_names.c  Files of recordings: their names, what
 *                                       is there already
 */
#include "writer_util.h"


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

		finish(begin(w, rows[i].path, REC_MIX), 0);
		assert_int_equal(last->state, REC_COMPLETE);
		re_snprintf(name, sizeof(name), "%s/%s", tmp_dir,
			    rows[i].becomes);
		assert_string_equal(last->path, name);
		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(st.st_mode & 0137, 0);
		assert_int_equal(st.st_size, HEADER);
	}
	stop(w);
}


static void test_absolute_below_base_is_relative(void **state)
{
	struct writer *w = start(0);
	char path[256];

	(void)state;
	re_snprintf(path, sizeof(path), "%s/in/abs.wav", tmp_dir);
	finish(begin(w, path, REC_MIX), 0);
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
		finish(f, 4000);
		assert_int_equal(last->state, REC_FAILED);
		assert_int_equal(last->err, ELOOP);
		assert_non_null(strstr(last->why, "symbolic link"));
		assert_false(file_exists(tmp_path("real/x.wav")));
	}

	/* a link in the place of the file: neither followed nor replaced */
	assert_int_equal(symlink("real/target.wav", tmp_path("l.wav")), 0);
	finish(begin(w, "l.wav", REC_MIX), 0);
	assert_false(file_exists(tmp_path("real/target.wav")));
	assert_string_equal(last->path, tmp_path("l-1.wav"));

	struct rec_params prm = params("l.wav", REC_MIX);
	struct rec_file *f;

	prm.append = true;
	assert_int_equal(rec_file_alloc(&f, w, &prm), 0);
	finish(f, 0);
	assert_int_equal(last->err, ELOOP);

	prm.append  = false;
	prm.replace = true;
	assert_int_equal(rec_file_alloc(&f, w, &prm), 0);
	finish(f, 0);
	assert_int_equal(last->err, ELOOP);
	assert_false(file_exists(tmp_path("real/target.wav")));
	stop(w);
}


static void test_append_goes_on_at_the_end(void **state)
{
	static const char *const names[] = {"a.wav", "a.ulaw"};
	struct writer *w		 = start(0);

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
			finish(f, 2000);
			assert_int_equal(last->state, REC_COMPLETE);
			assert_int_equal(last->duration_ms, 250);
		}
		assert_int_equal(last->bytes, i ? 4000 : HEADER + 8000);
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
	finish(f, 4000);
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
	finish(f, 2000);
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
	finish(begin(w, "file/f.wav", REC_MIX), 8000);

	assert_int_equal(last->state, REC_FAILED);
	assert_int_equal(last->err, ENOTDIR);
	assert_string_equal(last->path, tmp_path("file/f.wav"));
	assert_string_equal(rec_state_name(last->state), "failed");
	stop(w);
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
	finish(f, 0);
	assert_int_equal(last->state, REC_FAILED);
	assert_int_equal(last->err, EINVAL);
	stop(w);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_names_that_are_refused),
		CASE(test_names_and_endings),
		CASE(test_absolute_below_base_is_relative),
		CASE(test_no_symbolic_link_is_followed),
		CASE(test_append_goes_on_at_the_end),
		CASE(test_append_to_another_format_is_refused),
		CASE(test_replace),
		CASE(test_a_path_that_cannot_be),
		CASE(test_fifo_is_not_a_file),
	};

	return cmocka_run_group_tests(tests, libre_up, libre_down);
}
