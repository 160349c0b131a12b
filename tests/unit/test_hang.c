/**
 * @file tests/unit/test_hang.c  A disk that hangs does not disturb a call
 *
 * Writing, flushing and opening of files block behind a gate that the test
 * closes, as they do on a dead NFS server.  Meanwhile packets pass, and
 * recordings end in a state that tells what became of them.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include "rtp_peer.h"
#include "audio_util.h"

#define VISIBLE __attribute__((visibility("default")))

enum {
	LATE_MS = 1000,/* a relayed packet that takes longer was delayed */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond  = PTHREAD_COND_INITIALIZER;
static bool hangs;
static atomic_uint stuck; /* threads at the gate */
static struct got g;


static void gate(void)
{
	(void)pthread_mutex_lock(&lock);
	++stuck;
	while (hangs)
		(void)pthread_cond_wait(&cond, &lock);
	--stuck;
	(void)pthread_mutex_unlock(&lock);
}


static void hang(bool on)
{
	(void)pthread_mutex_lock(&lock);
	hangs = on;
	(void)pthread_cond_broadcast(&cond);
	(void)pthread_mutex_unlock(&lock);
}


#ifndef __USE_FILE_OFFSET64 /* then it is pwrite64 by another name */
VISIBLE ssize_t pwrite(int fd, const void *p, size_t n, off_t off);
#endif
VISIBLE ssize_t pwrite64(int fd, const void *p, size_t n, off64_t off);
VISIBLE int fdatasync(int fd);


#ifndef __USE_FILE_OFFSET64
ssize_t pwrite(int fd, const void *p, size_t n, off_t off)
{
	gate();
	return syscall(SYS_pwrite64, fd, p, n, off);
}
#endif


ssize_t pwrite64(int fd, const void *p, size_t n, off64_t off)
{
	gate();
	return syscall(SYS_pwrite64, fd, p, n, off);
}


int fdatasync(int fd)
{
	gate();
	return (int)syscall(SYS_fdatasync, fd);
}


#ifdef __SANITIZE_ADDRESS__
/* What a hung thread may still report to is left to it, by design: whether it
 * counts as a leak depends on when the thread comes back */
/* seen by the sanitizer's library only if it is exported */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return 1;
}
#endif


/* --- a call -------------------------------------------------------------- */

static struct side a, b;


static int setup(void **state)
{
	return tmp_setup(state) || peers_setup(state);
}


static int teardown(void **state)
{
	hang(false);

	return peers_teardown(state) || tmp_teardown(state);
}


static void call_open(void)
{
	const struct media_record rec = {
		.path = tmp_path("r.wav"), .base = tmp_dir, .stereo = true};

	side_open(&a, "127.0.1.1", 0);
	side_open(&b, "127.0.1.2", a.id);
	side_agree(&a, MEDIA_PCMU);
	side_agree(&b, MEDIA_PCMU);
	side_bridge(&a, &b);
	assert_int_equal(0, media_record(a.id, &rec));
	media_sync();
}


/* n frames each way, each of which passes in good time */
static void talk(unsigned n)
{
	while (n--) {
		const uint64_t began = clock_ms();

		peer_send(&a.peer, &a.addr, 0, 0x11);
		peer_recv(&b.peer, &g);
		peer_send(&b.peer, &b.addr, 0, 0x22);
		peer_recv(&a.peer, &g);
		assert_true(clock_ms() - began < LATE_MS);
		(void)poll(NULL, 0, 20);
	}
}


static bool stuck_cond(void *arg)
{
	(void)arg;

	return stuck > 0;
}


/* While it hangs signalling is answered, too */
static void test_hang_in_mid_call(void **state)
{
	const struct media_report *ev;

	(void)state;
	call_open();
	talk(5);
	hang(true);
	talk(30);
	assert_true(wait_for(stuck_cond, NULL));
	assert_int_equal(0, media_stop_record(a.id, 0));
	talk(5);
	media_close_stream(a.id);
	media_sync();
	(void)media_poll();
	assert_int_equal(0, event_count(&a, MEDIA_EV_REC_DONE));
	assert_int_equal(0, event_count(&a, MEDIA_EV_CLOSED));

	/* it comes back: nothing is lost */
	hang(false);
	ev = event_wait(&a, MEDIA_EV_REC_DONE);
	assert_int_equal(MEDIA_REC_COMPLETE, ev->rec);
	assert_true(ev->duration_ms >= 500);
	(void)event_wait(&a, MEDIA_EV_CLOSED);
	peer_close(&a.peer);
	side_close(&b);
}


/* From the beginning of the recording */
static void test_hang_at_the_start(void **state)
{
	(void)state;
	hang(true);
	call_open();
	talk(20);
	hang(false);
	media_close_stream(a.id);
	assert_int_equal(MEDIA_REC_COMPLETE,
			 event_wait(&a, MEDIA_EV_REC_DONE)->rec);
	(void)event_wait(&a, MEDIA_EV_CLOSED);
	peer_close(&a.peer);
	side_close(&b);
}


/* It does not come back before the program ends: that is told, and in time */
static void test_hang_to_the_end(void **state)
{
	uint64_t began;

	(void)state;
	call_open();
	talk(5);
	hang(true);
	talk(20);
	assert_true(wait_for(stuck_cond, NULL));
	began = clock_ms();
	media_close(300);
	assert_in_range(clock_ms() - began, 250, 2000);
	assert_int_equal(1, event_count(&a, MEDIA_EV_REC_DONE));
	assert_int_equal(1, event_count(&a, MEDIA_EV_CLOSED));
	assert_int_equal(MEDIA_REC_FAILED,
			 event_wait(&a, MEDIA_EV_REC_DONE)->rec);
	assert_true(strlen(a.why) > 0);
	peer_close(&a.peer);
	peer_close(&b.peer);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hang_in_mid_call),
		cmocka_unit_test(test_hang_at_the_start),
		cmocka_unit_test(test_hang_to_the_end),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
