/**
 * @file tests/unit/test_room.c  Rooms as signalling sees them, with threads
 */
#include "audio_util.h"
#include "rtp_peer.h"

enum {
	VOICE_A = 0x20, /* code words of u-law that stand for themselves */
	VOICE_B = 0xb0,
};

static const struct media_member both = {.says = 1, .hears = 1};
static struct side room;
static struct got g;


static void room_open(media_id near)
{
	memset(&room, 0, sizeof(room));
	assert_int_equal(0, media_open_room(&room.id, near, 20, side_handler,
					    &room));
}


static void room_close(void)
{
	media_close_stream(room.id);
	(void)event_wait(&room, MEDIA_EV_CLOSED);
}


struct talk {
	struct side *from, *to;
	uint8_t voice, heard;
	bool never; /* ... hears that, and may not */
};


/* Send a packet for each one that comes, until the voice has been heard */
static bool talk_cond(void *arg)
{
	struct talk *t = arg;

	while (try_rtp(&t->to->peer, &g)) {
		peer_send(&t->from->peer, &t->from->addr, 0, t->voice);
		if (g.pkt.payload[80] == t->heard)
			return true;
	}

	return false;
}


static void talk(struct side *from, struct side *to, uint8_t voice)
{
	struct talk t = {.from = from, .to = to, .voice = voice,
			 .heard = voice};

	if (!wait_for(talk_cond, &t))
		fail_msg("voice 0x%02x was not heard", voice);
}


static unsigned thread_of(const struct side *s)
{
	return handle_find(s->id)->thread;
}


static void test_parties_of_two_threads(void **state)
{
	struct side a, b;

	(void)state;
	side_open(&a, "127.0.9.1", 0);
	side_open(&b, "127.0.9.2", 0);
	assert_int_not_equal(thread_of(&a), thread_of(&b));
	side_agree(&a, MEDIA_PCMU);
	side_agree(&b, MEDIA_PCMU);
	room_open(b.id);
	assert_int_equal(thread_of(&room), thread_of(&b));
	assert_int_equal(0, media_join(a.id, room.id, &both));
	assert_int_equal(0, media_join(b.id, room.id, &both));
	media_sync();
	assert_int_equal(thread_of(&room), thread_of(&a));

	talk(&a, &b, VOICE_A);
	talk(&b, &a, VOICE_B);
	assert_int_equal(0, media_leave(a.id, room.id));
	media_sync();
	side_close(&a);
	room_close();
	side_close(&b);
}


static bool sent_cond(void *arg)
{
	struct talk *t = arg;

	while (try_rtp(&t->to->peer, &g)) {
		peer_send(&t->from->peer, &t->from->addr, 0, t->voice);
		++t->heard;
	}

	return t->heard >= 25;
}


/* A recording of the room has everybody, and ends with the room */
static void test_recording_of_a_room(void **state)
{
	struct media_record rec = {.tag = 4};
	const struct media_report *ev;
	struct talk t = {.voice = VOICE_A};
	struct wave w;
	size_t loud = 0;
	struct side a, b;

	(void)state;
	side_open(&a, "127.0.9.1", 0);
	side_open(&b, "127.0.9.2", a.id);
	side_agree(&a, MEDIA_PCMU);
	side_agree(&b, MEDIA_PCMA);
	room_open(a.id);
	assert_int_equal(0, media_join(a.id, room.id, &both));
	assert_int_equal(0, media_join(b.id, room.id, &both));
	rec.path = tmp_path("room.wav");
	assert_int_equal(0, media_record(room.id, &rec));
	media_sync();

	t.from = &a;
	t.to   = &b;
	assert_true(wait_for(sent_cond, &t));
	room_close();
	ev = event_wait(&room, MEDIA_EV_REC_DONE);
	assert_int_equal(4, ev->tag);
	assert_int_equal(MEDIA_REC_COMPLETE, ev->rec);
	assert_true(ev->duration_ms >= 400);
	side_close(&a);
	side_close(&b);

	wave_read(&w, tmp_path("room.wav"));
	assert_int_equal(1, w.fmt.ch);
	for (size_t i = 0; i < w.n; i++)
		loud += w.ch[0][i] == codec_ulaw_tab[VOICE_A];
	assert_true(loud >= 8 * 160);
	wave_free(&w);
}


static void test_what_is_not_there(void **state)
{
	media_id id;
	struct side a;

	(void)state;
	side_open(&a, "127.0.9.1", 0);
	assert_int_equal(ENOENT, media_join(a.id, 99999, &both));
	assert_int_equal(ENOENT, media_leave(99999, 1));
	assert_int_equal(EINVAL, media_join(a.id, a.id, &both));
	assert_int_equal(EINVAL, media_join(a.id, a.id, NULL));
	assert_int_equal(EINVAL, media_open_room(NULL, 0, 20, NULL, NULL));
	assert_int_equal(0, media_leave(a.id, 1));

	/* a stream is no room; a room that closes takes nobody in */
	room_open(0);
	assert_int_equal(0, media_join(room.id, a.id, &both));
	media_close_stream(room.id);
	assert_int_equal(ENOENT, media_join(a.id, room.id, &both));
	(void)event_wait(&room, MEDIA_EV_CLOSED);
	side_close(&a);

	assert_int_equal(0, media_open_room(&id, 0, 1000, NULL, NULL));
	media_close_stream(id);

	assert_true(media_can_mix(MEDIA_PCMU) && media_can_mix(MEDIA_OPUS));
	assert_int_equal(8000, media_mix_rate(MEDIA_GSM));
	assert_int_equal(16000, media_mix_rate(MEDIA_G722));
	assert_int_equal(48000, media_mix_rate(MEDIA_OPUS));
	assert_int_equal(0, media_mix_rate(MEDIA_OTHER));
	assert_false(media_can_mix(MEDIA_OTHER) || media_can_mix(MEDIA_NONE));
}


static int setup(void **state)
{
	return tmp_setup(state) || peers_setup(state);
}


static int teardown(void **state)
{
	return peers_teardown(state) || tmp_teardown(state);
}


int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_parties_of_two_threads),
		TEST(test_recording_of_a_room),
		TEST(test_what_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
