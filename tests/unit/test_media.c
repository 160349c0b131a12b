/**
 * @file tests/unit/test_media.c  Starting, changing and stopping the media
 *                                threads
 */
#include "rtp_peer.h"
#include "audio_util.h"


static struct got g;
/* exactly these must be free: others that run beside choose from PEER_PORT_MIN
 * on, and the kernel from 32768 on */
enum { PORT_MIN = 7500 };

static struct media_params prm;


static int setup(void **state)
{
	if (tmp_setup(state) || libre_init() || timers_init())
		return -1;

	peers_params(&prm);
	prm.port_min = PORT_MIN;
	prm.port_max = PORT_MIN + 399;

	return 0;
}


static int teardown(void **state)
{
	media_close(30000);
	timers_close();
	libre_close();

	return tmp_teardown(state);
}


static void pass(struct side *from, struct side *to, uint8_t fill)
{
	peer_send(&from->peer, &from->addr, 0, fill);
	peer_recv(&to->peer, &g);
	assert_int_equal(fill, g.pkt.payload[0]);
}


/* A prompt of n bytes */
static void put_prompt(const char *dir, size_t n)
{
	char path[512];
	uint8_t buf[1600];

	assert_true(n <= sizeof(buf));
	memset(buf, 0x11, sizeof(buf));
	assert_true(re_snprintf(path, sizeof(path), "%s/hello.ulaw", dir) > 0);
	file_put(path, buf, n);
}


/* Error of PLAY_DONE, and the frames that were heard */
static int play(struct side *s, const char *files, unsigned *frames)
{
	const struct media_play p = {.files = files};
	const size_t from         = s->evc;
	const struct media_report *ev;

	assert_int_equal(0, media_play(s->id, &p));
	ev = event_wait_from(s, MEDIA_EV_PLAY_DONE, from);
	for (*frames = 0; try_rtp(&s->peer, &g); ++*frames)
		;

	return ev->err;
}


/* --- parameters ---------------------------------------------------------- */

static void test_bad_parameters(void **state)
{
	static const struct {
		unsigned threads;
		uint16_t min, max;
	} rows[] = {
		{0, 42000, 42399},
		{65, 42000, 42399},
		{1, 0, 42399},
		{1, 42399, 42000},
		{1, 42000, 42000},
	};
	struct media_params bad;
	media_id id = 0;
	struct sa sa;

	(void)state;
	assert_int_equal(EINVAL, media_init(NULL));
	assert_int_equal(EINVAL, media_reconfigure(&prm));
	assert_int_equal(0, sa_set_str(&sa, "127.0.0.1", 0));
	assert_int_equal(EINVAL, media_open(&id, &sa, 0, NULL, NULL));

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bad          = prm;
		bad.threads  = rows[i].threads;
		bad.port_min = rows[i].min;
		bad.port_max = rows[i].max;
		if (media_init(&bad) != EINVAL)
			fail_msg("row %zu", i);
	}

	/* nor does a bad one disturb what runs */
	assert_int_equal(0, media_init(&prm));
	assert_int_equal(EALREADY, media_init(&prm));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bad          = prm;
		bad.threads  = rows[i].threads;
		bad.port_min = rows[i].min;
		bad.port_max = rows[i].max;
		if (media_reconfigure(&bad) != EINVAL)
			fail_msg("row %zu", i);
	}
}


static void test_new_port_range(void **state)
{
	struct side a, b, c;

	(void)state;
	prm.port_max = PORT_MIN + 19;
	assert_int_equal(0, media_init(&prm));
	side_open(&a, "127.0.1.1", 0);
	side_open(&b, "127.0.1.2", a.id);
	side_agree(&a, MEDIA_PCMU);
	side_agree(&b, MEDIA_PCMU);
	side_bridge(&a, &b);
	pass(&a, &b, 1);
	assert_in_range(sa_port(&a.addr), PORT_MIN, PORT_MIN + 18);

	prm.port_min = PORT_MIN + 200;
	prm.port_max = PORT_MIN + 219;
	assert_int_equal(0, media_reconfigure(&prm));

	/* the call goes on with its ports, the next one gets others */
	pass(&a, &b, 2);
	pass(&b, &a, 3);
	side_open(&c, "127.0.1.3", 0);
	assert_in_range(sa_port(&c.addr), prm.port_min, prm.port_max - 1);
	side_close(&a);
	side_close(&b);
	side_close(&c);
}


/* A range that overlaps the one of before: a pair in use is not given away
 * again, and every other one is */
static void test_overlapping_port_range(void **state)
{
	struct side s[5];

	(void)state;
	prm.port_max = PORT_MIN + 3;
	assert_int_equal(0, media_init(&prm));
	side_open(&s[0], "127.0.1.1", 0);
	prm.port_max = PORT_MIN + 9;
	assert_int_equal(0, media_reconfigure(&prm));
	for (size_t i = 1; i < 5; i++) {
		side_open(&s[i], "127.0.1.1", 0);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(sa_port(&s[i].addr),
					     sa_port(&s[k].addr));
	}

	for (size_t i = 0; i < 5; i++)
		side_close(&s[i]);
}


static void test_ports_run_out(void **state)
{
	struct side a, b;
	struct sa sa;
	media_id id = 77;

	(void)state;
	prm.port_max = PORT_MIN + 3;
	assert_int_equal(0, media_init(&prm));
	side_open(&a, "127.0.1.1", 0);
	side_open(&b, "127.0.1.2", 0);
	assert_int_equal(0, sa_set_str(&sa, "127.0.0.1", 0));
	assert_int_equal(EMFILE, media_open(&id, &sa, 0, NULL, NULL));
	assert_int_equal(77, id);

	/* used ones rest */
	side_close(&a);
	assert_int_equal(EMFILE, media_open(&id, &sa, 0, NULL, NULL));
	side_close(&b);
}


/* --- prompts ------------------------------------------------------------- */

static void test_new_sound_path(void **state)
{
	struct side a;
	unsigned frames;

	(void)state;
	assert_int_equal(0, media_init(&prm));
	side_open(&a, "127.0.1.1", 0);
	side_agree(&a, MEDIA_PCMU);
	assert_int_equal(ENOENT, play(&a, "hello", &frames));
	assert_int_equal(0, frames);

	put_prompt(tmp_dir, 160);
	prm.sound_path = tmp_dir;
	assert_int_equal(0, media_reconfigure(&prm));
	assert_int_equal(0, play(&a, "hello", &frames));
	assert_int_equal(1, frames);

	/* the same path: a file that was replaced is read again */
	put_prompt(tmp_dir, 480);
	assert_int_equal(0, media_reconfigure(&prm));
	assert_int_equal(0, play(&a, "hello", &frames));
	assert_int_equal(3, frames);
	side_close(&a);
}


/* Threads stay as they are; a stream of each goes on */
static void test_other_number_of_threads(void **state)
{
	struct side a, b;

	(void)state;
	assert_int_equal(0, media_init(&prm));
	side_open(&a, "127.0.1.1", 0);
	side_open(&b, "127.0.1.2", 0);
	side_agree(&a, MEDIA_PCMU);
	side_agree(&b, MEDIA_PCMU);
	prm.threads = 7;
	prm.tos     = 0xb8;
	assert_int_equal(0, media_reconfigure(&prm));
	assert_int_equal(2, media_state.threads);
	side_bridge(&a, &b);
	pass(&a, &b, 1);
	side_close(&a);
	side_close(&b);
}


/* --- life ---------------------------------------------------------------- */

static void test_start_again(void **state)
{
	(void)state;

	for (unsigned i = 0; i < 3; i++) {
		struct side a;

		assert_int_equal(0, media_init(&prm));
		side_open(&a, "127.0.1.1", 0);
		side_agree(&a, MEDIA_PCMU);

		/* open streams are closed, and it is told */
		media_close(30000);
		assert_int_equal(1, event_count(&a, MEDIA_EV_CLOSED));
		peer_close(&a.peer);
	}

	media_close(0);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bad_parameters, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_new_port_range, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_overlapping_port_range,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_ports_run_out, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_new_sound_path, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_other_number_of_threads,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_start_again, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
