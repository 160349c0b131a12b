/**
 * @file tests/unit/test_writer_disk.c  Files of recordings: full and slow
 *                                      disks, kill -9
 */
#include "writer_util.h"
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include "base/clock.h"


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


/* Write n samples of a file that may become so large only */
static void write_limited(struct writer *w, const char *path, uint64_t n,
			  rlim_t bytes)
{
	const struct rlimit lim = {bytes, RLIM_INFINITY};
	struct rlimit old;
	struct rec_file *f;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &lim), 0);
	f = begin(w, path, REC_STEREO);
	write_tones(f, 0, n, CODEC_PCMU);
	finish(f, n);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
}


/* A file of a size limit is a disk that is full: what fits is whole and says
   what is missing, and the sender never waits */
static void test_file_size_limit(void **state)
{
	struct writer *w = start(0);
	struct wave wav;

	(void)state;
	write_limited(w, "full.wav", 16000, HEADER + 4 * 5000 + 2);

	assert_int_equal(last->state, REC_GAP);
	assert_int_equal(last->err, EFBIG);
	assert_int_equal(last->gapc, 1);
	assert_int_equal(last->gap[0].at_ms, 500);
	assert_int_equal(last->gap[0].len_ms, 1500);
	assert_int_equal(last->duration_ms, 2000);
	assert_int_equal(last->bytes, HEADER + 4 * 4000);

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
	struct writer *w = start(0);

	(void)state;
	write_limited(w, "none.wav", 4000, HEADER / 2);

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
	drain(w);

	fill_disk(big);
	write_tones(f, 4000, 12000, CODEC_PCMU);
	drain(w);

	assert_int_equal(unlink(big), 0);
	now += 1100000;
	write_tones(f, 12000, 16000, CODEC_PCMU);
	finish(f, 16000);
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
	finish(f, pos);

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
	finish(f, 2000);
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
	drain(w);
	assert_int_equal(wav_repair(tmp_path("run.wav"), NULL), EBUSY);
	finish(f, 4000);
	assert_int_equal(wav_repair(tmp_path("run.wav"), NULL), 0);
	stop(w);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_low_water),
		CASE(test_file_size_limit),
		CASE(test_nothing_fits_is_failed),
		CASE(test_disk_full_then_room_again),
		CASE(test_full_queue_drops_and_tells),
		CASE(test_one_block_beyond_the_cap),
		CASE(test_kill_9_leaves_a_file_that_plays),
		CASE(test_repair_leaves_a_running_recording),
	};

	return cmocka_run_group_tests(tests, libre_up, libre_down);
}
