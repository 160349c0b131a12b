/**
 * @file test_media_oom.c  A call's media while memory runs out
 *
 * The n-th allocation of a whole call fails, in whichever thread it is made,
 * n = 1, 2, 3 ... until the call needs no more.  Each run has to end: every
 * stream that was opened closes, every player and every recording that was
 * started is told to have ended, once, and no block is left behind.  Not under
 * a sanitizer, which has its own malloc.
 */
#include <stdlib.h>
#include <time.h>
#include "audio_util.h"
#include "oom_util.h"
#include "rtp_peer.h"

#ifdef OOM_WORKS

#include "base/log.h"

enum {
	STEP_US  = 200,
	WAIT_MS  = 3000,
	PLAY_MS  = 200,
	LEFT_MAX = 0,
	RUNS_MAX = 5000,
};

enum { PORT_MIN = 7900 }; /* nobody else's */


/* --- a call -------------------------------------------------------------- */

struct party {
	media_id id;
	struct sa addr;
	struct peer peer;
	bool open, plays, records;
	unsigned ev[MEDIA_EV_CLOSED + 1];
};

static struct party va, vb;
static char rec_path[512];
static uint64_t run_no;


static void handler(const struct media_report *ev, void *arg)
{
	struct party *p = arg;

	assert_int_equal(0, p->ev[MEDIA_EV_CLOSED]);
	++p->ev[ev->ev];
}


struct party_wait {
	const struct party *p;
	enum media_event ev;
};


static bool party_cond(void *arg)
{
	const struct party_wait *w = arg;

	return w->p->ev[w->ev] > 0;
}


static bool wait_party(const struct party *p, enum media_event ev,
		       uint32_t ms)
{
	struct party_wait pw = {p, ev};
	struct wait w        = {.cond     = party_cond,
				.arg      = &pw,
				.until_ms = clock_ms() + ms};

	timer_start(&w.timer, 0, wait_handler, &w);
	(void)re_main(NULL);
	timer_cancel(&w.timer);

	return w.met;
}


static void check(int err)
{
	if (err && err != ENOMEM && err != EAGAIN && err != ENOENT)
		fail_msg("run %u: error %d", (unsigned)run_no, err);
}


static void open_party(struct party *p, media_id near)
{
	struct media_flow flow = {
		.authenticated = true,
		.send          = true,
		.recv          = true,
		.codec         = MEDIA_PCMU,
		.dtmf_pt       = 101,
		.inband        = true,
		.ptime_ms      = 20,
		.timeout_ms    = 1000,
	};
	const struct peer peer = p->peer;
	int err;

	memset(p, 0, sizeof(*p));
	p->peer = peer;
	assert_int_equal(0, sa_set_str(&p->addr, "127.0.0.1", 0));
	err = media_open(&p->id, &p->addr, near, handler, p);
	check(err);
	p->open = !err;

	flow.sdp_rtp = p->peer.addr;
	flow.sip_src = p->peer.addr;
	if (p == &vb)
		flow.codec = MEDIA_PCMA;
	flow.pt = flow.pt_tx = p == &vb ? 8 : 0;
	flow.dtmf_pt_tx      = 101;
	check(media_set_flow(p->id, &flow));
}


static void talk(void)
{
	for (unsigned i = 0; i < 3; i++) {
		if (va.open)
			peer_send(&va.peer, &va.addr, 0, 1);
		if (vb.open)
			peer_send(&vb.peer, &vb.addr, 8, 2);
		(void)media_poll();
		(void)usleep(STEP_US);
	}

	if (va.open)
		peer_send_event(&va.peer, &va.addr, 101, 5, true, 800);
}


static void use(void)
{
	const struct media_play play = {.files = "hello&tone:!425/20&nothing"};
	const struct media_record rec = {
		.path = rec_path, .base = tmp_dir, .stereo = true, .tag = 7};
	int err;

	check(media_bridge(va.id, vb.id));
	err        = media_play(va.id, &play);
	va.plays   = !err;
	check(err);
	err        = media_record(va.id, &rec);
	va.records = !err;
	check(err);
	check(media_send_dtmf(vb.id, "1", 40, 40));
	talk();

	/* without memory for its next piece a player waits to be stopped */
	if (va.plays && !wait_party(&va, MEDIA_EV_PLAY_DONE,
				    fail_at ? PLAY_MS : WAIT_MS))
		assert_true(fail_at > 0);

	check(media_stop_play(va.id));
	check(media_stop_record(va.id, 7));
	check(media_echo(va.id, true));
	check(media_unbridge(va.id));
}


static void close_party(struct party *p)
{
	if (!p->open)
		return;

	media_close_stream(p->id);
	if (!wait_party(p, MEDIA_EV_CLOSED, WAIT_MS))
		fail_msg("run %u: no CLOSED", (unsigned)run_no);

	if (p->ev[MEDIA_EV_PLAY_DONE] != p->plays ||
	    p->ev[MEDIA_EV_REC_DONE] != p->records)
		fail_msg("run %u: %u PLAY_DONE, %u REC_DONE",
			 (unsigned)run_no, p->ev[MEDIA_EV_PLAY_DONE],
			 p->ev[MEDIA_EV_REC_DONE]);
}


static void call(void)
{
	struct media_params prm = {
		.threads    = 2,
		.port_min   = PORT_MIN,
		.port_max   = PORT_MIN + 19,
		.sound_path = tmp_dir,
		.country    = "us",
	};
	int err;

	err = media_init(&prm);
	check(err);
	if (err)
		return;

	prm.port_max += 4;
	prm.country = "ru";
	check(media_reconfigure(&prm));

	open_party(&va, 0);
	open_party(&vb, 0);
	use();
	close_party(&va);
	close_party(&vb);
	media_close(WAIT_MS);
}


static bool run(uint64_t n)
{
	bool over;

	run_no   = n;
	oom_begin(n);
	call();

	/* a thread that reads a prompt for nobody ends when it has read it */
	for (unsigned i = 0; i < WAIT_MS && blocks > LEFT_MAX; i++)
		(void)usleep(1000);

	oom_end();
	over     = calls < n;

	if (blocks < 0 || blocks > LEFT_MAX)
		fail_msg("allocation %u: %d blocks left", (unsigned)n,
			 (int)blocks);

	return over;
}


static void test_call(void **state)
{
	uint64_t n;

	(void)state;
	assert_true(re_snprintf(rec_path, sizeof(rec_path), "%s/r.wav",
				tmp_dir) > 0);
	peer_open(&va.peer, "127.0.1.1");
	peer_open(&vb.peer, "127.0.1.2");

	/* what is allocated once and kept; and a call without failure */
	tzset();
	call();
	call();
	(void)run(0);
	print_message("%u allocations\n", (unsigned)calls);

	for (n = 1; n < RUNS_MAX; n++) {
		if (run(n))
			break;
	}

	assert_true(n > 50);
	assert_true(n < RUNS_MAX);
	peer_close(&va.peer);
	peer_close(&vb.peer);
}


static int setup(void **state)
{
	char path[512];
	FILE *f;

	if (tmp_setup(state) || libre_init() || timers_init())
		return -1;

	log_set_level(LOG_LEVEL_ERROR);
	if (re_snprintf(path, sizeof(path), "%s/hello.ulaw", tmp_dir) < 0)
		return -1;

	f = fopen(path, "w");
	if (!f)
		return -1;

	for (unsigned i = 0; i < 160; i++)
		(void)fputc(0x55, f);

	return fclose(f);
}


static int teardown(void **state)
{
	timers_close();
	libre_close();

	return tmp_teardown(state);
}

#else

static void test_call(void **state)
{
	(void)state;
	skip();
}


static int setup(void **state)
{
	(void)state;

	return 0;
}


static int teardown(void **state)
{
	return setup(state);
}

#endif


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
