/**
 * @file test_wav.c  WAV headers: what we write, what we read, what we repair
 */
#include "audio_util.h"


static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}


static uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}


/* The usual 44 bytes */
static void plain(uint8_t h[44], uint16_t tag, uint8_t ch, uint32_t srate,
		  uint8_t bits, uint32_t data_len)
{
	memset(h, 0, 44);
	memcpy(h, "RIFF", 4);
	put32(h + 4, 36 + data_len);
	memcpy(h + 8, "WAVEfmt ", 8);
	put32(h + 16, 16);
	h[20] = (uint8_t)tag;
	h[21] = (uint8_t)(tag >> 8);
	h[22] = ch;
	put32(h + 24, srate);
	put32(h + 28, srate * ch * bits / 8);
	h[32] = (uint8_t)(ch * bits / 8);
	h[34] = bits;
	memcpy(h + 36, "data", 4);
	put32(h + 40, data_len);
}


static void test_header_says_what_was_asked(void **state)
{
	uint8_t h[WAV_HDR_SIZE];
	struct wav_fmt f;

	(void)state;
	wav_hdr_encode(h, 8000, 2, 320000);
	assert_int_equal(wav_decode(&f, h, sizeof(h), 320080, NULL), 0);
	assert_int_equal(f.codec, CODEC_L16);
	assert_int_equal(f.srate, 8000);
	assert_int_equal(f.ch, 2);
	assert_int_equal(f.data_off, 80);
	assert_int_equal(f.data_len, 320000);
	assert_true(f.ours);
	assert_false(f.cut);
	assert_int_equal(get32(h + 4), 320072);
	assert_int_equal(get32(h + 76), 320000);
}


static void test_beyond_4_gb_it_is_rf64(void **state)
{
	const uint64_t len = UINT64_C(6000000000);
	uint8_t h[WAV_HDR_SIZE];
	struct wav_fmt f;

	(void)state;
	wav_hdr_encode(h, 8000, 2, len);
	assert_memory_equal(h, "RF64", 4);
	assert_memory_equal(h + 12, "ds64", 4);
	assert_int_equal(wav_decode(&f, h, sizeof(h), len + 80, NULL), 0);
	assert_true(f.data_len == len);
	assert_false(f.cut);
}


static void test_formats(void **state)
{
	static const struct {
		uint16_t tag;
		uint8_t ch, bits;
		uint32_t srate;
		int err;
		enum codec codec;
	} rows[] = {
		{1, 1, 16, 8000, 0, CODEC_L16},
		{1, 2, 16, 16000, 0, CODEC_L16},
		{1, 1, 16, 44100, 0, CODEC_L16},
		{7, 1, 8, 8000, 0, CODEC_PCMU},
		{6, 1, 8, 8000, 0, CODEC_PCMA},
		{0x31, 1, 0, 8000, 0, CODEC_WAV49},
		{1, 1, 8, 8000, ENOTSUP, CODEC_NONE},
		{1, 1, 24, 8000, ENOTSUP, CODEC_NONE},
		{3, 1, 32, 8000, ENOTSUP, CODEC_NONE},
		{1, 0, 16, 8000, ENOTSUP, CODEC_NONE},
		{1, 6, 16, 8000, ENOTSUP, CODEC_NONE},
		{1, 1, 16, 0, ENOTSUP, CODEC_NONE},
		{1, 1, 16, 4000, ENOTSUP, CODEC_NONE},
		{0x55, 1, 0, 8000, ENOTSUP, CODEC_NONE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *why = NULL;
		struct wav_fmt f;
		uint8_t h[44];

		plain(h, rows[i].tag, rows[i].ch, rows[i].srate, rows[i].bits,
		      0);
		assert_int_equal(wav_decode(&f, h, 44, 44, &why), rows[i].err);
		assert_true(!rows[i].err == !why);
		if (!rows[i].err) {
			assert_int_equal(f.codec, rows[i].codec);
			assert_int_equal(f.ch, rows[i].ch);
			assert_int_equal(f.srate, rows[i].srate);
			assert_false(f.ours);
		}
	}
}


/* What the header claims, what the file has, what counts */
static void test_data_never_reaches_beyond_the_file(void **state)
{
	static const struct {
		uint32_t claim;
		uint64_t there, len;
		bool cut;
	} rows[] = {
		{100, 100, 100, false},
		{0, 0, 0, false},
		{0, 100, 100, true},
		{100, 60, 60, true},
		{UINT32_MAX, 60, 60, true},
		{60, 100, 60, false}, /* chunks may follow */
		{60, 0, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct wav_fmt f;
		uint8_t h[44];

		plain(h, 1, 1, 8000, 16, rows[i].claim);
		assert_int_equal(
			wav_decode(&f, h, 44, 44 + rows[i].there, NULL), 0);
		assert_int_equal(f.data_off, 44);
		assert_int_equal(f.data_len, rows[i].len);
		assert_int_equal(f.cut, rows[i].cut);
	}
}


static void test_every_cut_of_a_header_is_refused(void **state)
{
	uint8_t h[WAV_HDR_SIZE];
	struct wav_fmt f;

	(void)state;
	wav_hdr_encode(h, 8000, 1, 1000);

	for (size_t n = 0; n < sizeof(h); n++) {
		uint8_t *p = malloc(n ? n : 1); /* so that ASan sees */

		assert_non_null(p);
		memcpy(p, h, n);
		assert_int_equal(wav_decode(&f, p, n, n, NULL), EBADMSG);
		free(p);
	}
}


static void test_any_byte_may_be_wrong(void **state)
{
	uint8_t h[WAV_HDR_SIZE];
	struct wav_fmt f;

	(void)state;
	for (size_t i = 0; i < sizeof(h); i++) {
		for (unsigned v = 0; v < 256; v += 5) {
			wav_hdr_encode(h, 8000, 1, 1000);
			h[i] = (uint8_t)v;
			if (wav_decode(&f, h, sizeof(h), 1080, NULL))
				continue;

			assert_true(f.data_off + f.data_len <= 1080);
			assert_true(f.ch == 1 || f.ch == 2);
		}
	}
}


/* A file with our header for `claim` bytes, then `there` bytes */
static const char *make_ours(uint64_t claim, size_t there, uint8_t ch)
{
	const char *path = tmp_path("x.wav");
	uint8_t *p	 = calloc(1, WAV_HDR_SIZE + there + 1);

	assert_non_null(p);
	wav_hdr_encode(p, 8000, ch, claim);
	for (size_t i = 0; i < there; i++)
		p[WAV_HDR_SIZE + i] = (uint8_t)(i * 7 + 1);
	file_put(path, p, WAV_HDR_SIZE + there);
	free(p);

	return path;
}


static void test_repair(void **state)
{
	static const struct {
		uint64_t claim;
		size_t there;
		uint8_t ch;
		enum wav_repair res;
		uint64_t len;
	} rows[] = {
		{1000, 1000, 2, WAV_GOOD, 1000},
		{0, 0, 2, WAV_GOOD, 0},
		{0, 1000, 2, WAV_MENDED, 1000}, /* never refreshed */
		{800, 1000, 2, WAV_MENDED, 1000},  /* behind */
		{800, 1003, 2, WAV_MENDED, 1000},  /* half a frame */
		{800, 801, 1, WAV_MENDED, 800}, /* only half a sample */
		{1200, 1000, 1, WAV_MENDED, 1000}, /* ahead: power cut */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum wav_repair res;
		struct wav_fmt f;
		size_t len	 = 0;
		const char *path = make_ours(rows[i].claim, rows[i].there,
					     rows[i].ch);
		uint8_t *p;

		assert_int_equal(wav_repair(path, &res), 0);
		assert_int_equal(res, rows[i].res);

		p = file_get(path, &len);
		assert_int_equal(len, 80 + rows[i].len);
		assert_int_equal(wav_decode(&f, p, len, len, NULL), 0);
		assert_int_equal(f.data_len, rows[i].len);
		assert_false(f.cut);
		for (size_t k = 0; k < rows[i].len; k++)
			assert_int_equal(p[80 + k], (uint8_t)(k * 7 + 1));
		free(p);

		/* twice does nothing more */
		assert_int_equal(wav_repair(path, &res), 0);
		assert_int_equal(res, WAV_GOOD);
	}
}


static void test_repair_of_a_stub_writes_a_header(void **state)
{
	static const size_t lens[] = {0, 1, 3, 10, 44, 60, 79};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		const char *path = tmp_path("stub.wav");
		uint8_t h[WAV_HDR_SIZE];
		enum wav_repair res;
		struct wave w;

		wav_hdr_encode(h, 8000, 2, 0);
		file_put(path, h, lens[i]);
		assert_int_equal(wav_repair(path, &res), 0);
		assert_int_equal(res, WAV_EMPTY);
		wave_read(&w, path);
		assert_int_equal(w.n, 0);
		wave_free(&w);
	}
}


/* Whatever is not ours to touch stays as it is, byte for byte */
static void test_repair_leaves_others_alone(void **state)
{
	static const char text[] = "these are notes, not audio";
	uint8_t h[200];
	enum wav_repair res;

	(void)state;

	file_put(tmp_path("notes.wav"), text, sizeof(text));
	plain(h, 1, 1, 8000, 8, 60); /* 8 bit */
	memset(h + 44, 'x', 156);
	file_put(tmp_path("eight.wav"), h, 200);
	plain(h, 1, 1, 8000, 16, 60); /* with a chunk behind */
	memcpy(h + 104, "LIST", 4);
	put32(h + 108, 88);
	file_put(tmp_path("list.wav"), h, 200);

	const char *names[] = {"notes.wav", "eight.wav", "list.wav"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t n0 = 0, n1 = 0;
		uint8_t *a = file_get(tmp_path(names[i]), &n0);
		uint8_t *b;

		assert_int_equal(wav_repair(tmp_path(names[i]), &res), 0);
		assert_true(res == WAV_FOREIGN || res == WAV_GOOD);
		b = file_get(tmp_path(names[i]), &n1);
		assert_int_equal(n0, n1);
		assert_memory_equal(a, b, n0);
		free(a);
		free(b);
	}
}


/* A tag editor put a chunk behind our audio: it is not audio */
static void test_repair_keeps_added_chunks(void **state)
{
	uint8_t f[80 + 100 + 8 + 4] = {0};
	enum wav_repair res;
	size_t len = 0;
	uint8_t *p;

	(void)state;
	wav_hdr_encode(f, 8000, 1, 100);
	memcpy(f + 180, "LIST", 4);
	put32(f + 184, 4);
	file_put(tmp_path("tag.wav"), f, sizeof(f));

	assert_int_equal(wav_repair(tmp_path("tag.wav"), &res), 0);
	assert_int_equal(res, WAV_GOOD);
	p = file_get(tmp_path("tag.wav"), &len);
	assert_int_equal(len, sizeof(f));
	assert_memory_equal(p, f, len);
	free(p);
}


static void test_repair_of_plain_wav(void **state)
{
	uint8_t f[44 + 100];
	enum wav_repair res;
	struct wave w;

	(void)state;
	plain(f, 1, 1, 8000, 16, 0);
	memset(f + 44, 1, 100);
	file_put(tmp_path("sox.wav"), f, sizeof(f));

	assert_int_equal(wav_repair(tmp_path("sox.wav"), &res), 0);
	assert_int_equal(res, WAV_MENDED);
	wave_read(&w, tmp_path("sox.wav"));
	assert_int_equal(w.n, 50);
	assert_false(w.fmt.cut);
	wave_free(&w);
}


static void test_repair_follows_no_link(void **state)
{
	const char *real = make_ours(0, 100, 1);
	size_t len	 = 0;
	uint8_t *p;

	(void)state;
	assert_int_equal(symlink(real, tmp_path("link.wav")), 0);
	assert_int_equal(wav_repair(tmp_path("link.wav"), NULL), ELOOP);
	assert_int_equal(wav_repair(tmp_path("none.wav"), NULL), ENOENT);

	p = file_get(real, &len);
	assert_int_equal(get32(p + 76), 0);
	free(p);
}


struct seen {
	unsigned mended, empty, failed;
};


static void seen_handler(const char *path, enum wav_repair res, int err,
			 void *arg)
{
	struct seen *seen = arg;

	assert_non_null(strstr(path, ".wav"));
	if (err)
		++seen->failed;
	else if (res == WAV_MENDED)
		++seen->mended;
	else if (res == WAV_EMPTY)
		++seen->empty;
}


static void test_repair_dir(void **state)
{
	struct seen seen = {0};

	(void)state;
	assert_int_equal(mkdir(tmp_path("2026"), 0700), 0);
	assert_int_equal(mkdir(tmp_path("2026/11"), 0700), 0);
	assert_int_equal(rename(make_ours(0, 100, 2),
				tmp_path("2026/11/a.wav")), 0);
	assert_int_equal(rename(make_ours(100, 100, 2),
				tmp_path("2026/11/good.wav")), 0);
	assert_int_equal(rename(make_ours(40, 100, 2), tmp_path("2026/b.wav")),
			 0);
	file_put(tmp_path("2026/empty.wav"), "", 0);
	file_put(tmp_path("2026/other.txt"), "", 0);
	assert_int_equal(symlink("/etc", tmp_path("2026/dir")), 0);
	assert_int_equal(symlink("b.wav", tmp_path("2026/link.wav")), 0);

	assert_int_equal(wav_repair_dir(tmp_dir, seen_handler, &seen), 0);
	assert_int_equal(seen.mended, 2);
	assert_int_equal(seen.empty, 1);
	assert_int_equal(seen.failed, 1); /* the link */

	assert_int_equal(wav_repair_dir(tmp_path("nowhere"), seen_handler,
					&seen),
			 ENOENT);
}


#define CASE(f) cmocka_unit_test_setup_teardown(f, tmp_setup, tmp_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_says_what_was_asked),
		cmocka_unit_test(test_beyond_4_gb_it_is_rf64),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_data_never_reaches_beyond_the_file),
		cmocka_unit_test(test_every_cut_of_a_header_is_refused),
		cmocka_unit_test(test_any_byte_may_be_wrong),
		CASE(test_repair),
		CASE(test_repair_of_a_stub_writes_a_header),
		CASE(test_repair_leaves_others_alone),
		CASE(test_repair_keeps_added_chunks),
		CASE(test_repair_of_plain_wav),
		CASE(test_repair_follows_no_link),
		CASE(test_repair_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
