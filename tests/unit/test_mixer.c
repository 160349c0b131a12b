/**
 * @file tests/unit/test_mixer.c  A room: who hears whom, at which rate
 *
 * Streams without threads: each party says a tone of its own, and what it
 * hears is searched for the tones of all.
 */
#include "tests/unit/stream_peer.h"
#include <math.h>
#include "media/goertzel.h"
#include "media/member.h"
#include "media/play.h"

enum {
	PARTIES = 5,
	ROOM    = 1000, /* id */
	FRAMES  = 40,   /* of a conversation */
	SKIP    = 12,   /* at its begin */
	AMPL    = 3000,
	PCM_MAX = 48000,
};

/** A party with its tone, and what it has heard */
struct party {
	struct end end;
	enum media_codec codec;
	uint8_t pt;
	uint32_t hz, rate;
	struct codec_enc *enc;
	struct codec_dec *dec;
	uint64_t said;        /* samples */
	int16_t pcm[PCM_MAX];
	size_t n, packets;
	uint8_t last[1000];    /* the latest payload */
	size_t len;
};

static struct party pv[PARTIES];
static struct stream *room;
static const uint32_t tones[PARTIES] = {450, 700, 1100, 1650, 2300};


static void room_open(uint32_t interval_ms)
{
	const struct port_pair none = {.rtp = -1, .rtcp = -1};
	struct stats_box *box       = stats_box_alloc();

	assert_int_equal(0, stream_alloc(&room, ROOM, &none, box, end_up));
	stats_box_unref(box);
	assert_int_equal(0, mixer_alloc(&room->mixer, interval_ms));
}


static void party_open(size_t i, enum media_codec codec)
{
	struct party *p = &pv[i];
	struct media_flow flow;
	enum codec c;
	char ip[32];

	memset(p, 0, sizeof(*p));
	(void)re_snprintf(ip, sizeof(ip), "127.0.8.%u", (unsigned)i + 1);
	end_open(&p->end, ip, "127.0.0.1");
	p->codec = codec;
	p->pt    = codec == MEDIA_PCMA   ? 8
		   : codec == MEDIA_GSM  ? 3
		   : codec == MEDIA_G722 ? 9
		   : codec == MEDIA_OPUS ? 107
					 : 0;
	p->hz    = tones[i];

	flow       = end_flow(&p->end);
	flow.codec = codec;
	flow.pt = flow.pt_tx = p->pt;
	end_set(&p->end, &flow);

	c       = relay_codec(codec);
	p->rate = codec_rate(c);
	assert_int_equal(0, codec_enc_alloc_at(&p->enc, c, p->rate));
	assert_int_equal(0, codec_dec_alloc_at(&p->dec, c, p->rate));
}


static void party_close(size_t i)
{
	end_close(&pv[i].end);
	mem_deref(pv[i].enc);
	mem_deref(pv[i].dec);
}


static void join(size_t i, const struct media_member *prm)
{
	static const struct media_member all = {
		.says = MEDIA_MIX_ROOM, .hears = MEDIA_MIX_ROOM,
	};
	struct member *m;

	assert_int_equal(0, member_alloc(&m, ROOM, prm ? prm : &all));
	mixer_join(room, pv[i].end.s, m);
}


/* 20 ms of its tone; 0 Hz is silence */
static void say(struct party *p)
{
	uint8_t buf[PKT_HDR + 1000];
	int16_t pcm[960];
	const size_t n = p->rate / 50;
	struct pkt pkt = {
		.ts      = p->end.peer.ts,
		.ssrc    = p->end.peer.ssrc,
		.seq     = p->end.peer.seq++,
		.pt      = p->pt,
		.payload = buf + PKT_HDR,
	};

	for (size_t i = 0; i < n; i++, p->said++)
		pcm[i] = (int16_t)lrint(
			AMPL * sin(2 * M_PI * p->hz * (double)p->said /
				   p->rate));

	pkt.plen = codec_enc_run(p->enc, pkt.payload, 1000, pcm, n);
	assert_true(pkt.plen > 0);
	p->end.peer.ts += p->codec == MEDIA_OPUS ? 960 : 160;
	stream_recv(p->end.s, pkt_encode(&pkt), PKT_HDR + pkt.plen,
		    &p->end.peer.addr, now_us);
}


static void hear(struct party *p)
{
	while (end_try(&p->end.peer, &end_got)) {
		const struct pkt *pkt = &end_got.pkt;

		assert_int_equal(p->pt, pkt->pt);
		assert_true(pkt->plen <= sizeof(p->last));
		memcpy(p->last, pkt->payload, pkt->plen);
		p->len = pkt->plen;
		++p->packets;
		p->n += codec_dec_run(p->dec, p->pcm + p->n, PCM_MAX - p->n,
				      pkt->payload, pkt->plen);
	}
}


static void tick(void)
{
	now_us += FRAME_US;
	stream_tick(room, 20, now_us);
	for (size_t i = 0; i < PARTIES; i++) {
		if (pv[i].end.s)
			stream_tick(pv[i].end.s, 20, now_us);
	}
}


/* All say their tones for a while; what was heard at the begin is dropped */
static void talk(size_t parties, const bool *mute)
{
	for (size_t k = 0; k < FRAMES; k++) {
		for (size_t i = 0; i < parties; i++) {
			if (!mute || !mute[i])
				say(&pv[i]);
		}
		tick();
		for (size_t i = 0; i < parties; i++) {
			hear(&pv[i]);
			if (k == SKIP)
				pv[i].n = pv[i].packets = 0;
		}
	}
}


/* Amplitude of a party's tone in what another one heard */
static int level(const struct party *p, size_t of)
{
	return (int)goertz_amplitude(p->pcm, p->n,
				     (float)pv[of].hz * 8000 /
					     (float)p->rate);
}


static int setup(void **state)
{
	memset(pv, 0, sizeof(pv));

	return ends_setup(state);
}


static void all_close(size_t parties)
{
	for (size_t i = 0; i < parties; i++)
		party_close(i);
	stream_close(room, now_us);
	assert_int_equal(1, end_event(MEDIA_EV_CLOSED));
}


static void check_all(size_t parties)
{
	for (size_t i = 0; i < parties; i++) {
		assert_in_range(pv[i].packets, FRAMES - SKIP - 2,
				FRAMES - SKIP);
		for (size_t k = 0; k < parties; k++) {
			if (k == i)
				assert_in_range(level(&pv[i], k), 0, 150);
			else
				assert_in_range(level(&pv[i], k), 2500, 3500);
		}
	}
}


/* --- who hears whom ------------------------------------------------------ */

static void test_each_hears_all_others_and_not_itself(void **state)
{
	(void)state;
	room_open(20);
	for (size_t i = 0; i < PARTIES; i++) {
		party_open(i, i & 1 ? MEDIA_PCMA : MEDIA_PCMU);
		join(i, NULL);
	}
	assert_int_equal(PARTIES, mixer_count(room->mixer));
	talk(PARTIES, NULL);
	check_all(PARTIES);
	assert_int_equal(PARTIES, mixer_own_encoded(room->mixer));
	all_close(PARTIES);
}


static void test_every_codec_at_its_own_rate(void **state)
{
	static const enum media_codec codecs[PARTIES] = {
		MEDIA_PCMU, MEDIA_G722, MEDIA_OPUS, MEDIA_G722, MEDIA_PCMA,
	};

	(void)state;
	room_open(20);
	for (size_t i = 0; i < PARTIES; i++) {
		party_open(i, codecs[i]);
		join(i, NULL);
	}
	talk(PARTIES, NULL);
	check_all(PARTIES);
	all_close(PARTIES);
}


/* Two wide parties hear each other's upper band, a narrow one neither that
 * nor an image of it */
static void test_wide_band_stays_wide(void **state)
{
	(void)state;
	room_open(20);
	party_open(0, MEDIA_G722);
	party_open(1, MEDIA_OPUS);
	party_open(2, MEDIA_PCMU);
	pv[0].hz = 5000;
	pv[1].hz = 6000;
	for (size_t i = 0; i < 3; i++)
		join(i, NULL);
	talk(3, NULL);
	assert_true(level(&pv[1], 0) > 1500);
	assert_true(level(&pv[0], 1) > 1500);
	assert_true(level(&pv[0], 2) > 2500);
	for (size_t hz = 500; hz < 4000; hz += 250) {
		if (hz != 1000) /* its own is 1100 */
			assert_true(goertz_amplitude(pv[2].pcm, pv[2].n,
						     (float)hz) < 200);
	}
	all_close(3);
}


static void test_masks(void **state)
{
	/* the leader speaks, two listen, one whispers to the leader */
	static const struct media_member v[4] = {
		{.says = 1, .hears = 2}, {.says = 0, .hears = 1},
		{.says = 0, .hears = 1}, {.says = 2, .hears = 1},
	};
	static const bool hears[4][4] = {
		{0, 0, 0, 1}, {1, 0, 0, 0}, {1, 0, 0, 0}, {1, 0, 0, 0},
	};

	(void)state;
	room_open(20);
	for (size_t i = 0; i < 4; i++) {
		party_open(i, MEDIA_PCMU);
		join(i, &v[i]);
	}
	talk(4, NULL);
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 4; k++) {
			const int a = level(&pv[i], k);

			assert_true(hears[i][k] ? a > 2500 : a < 100);
		}
	}
	all_close(4);
}


static void test_gains_and_changes(void **state)
{
	struct media_member prm = {.says = 1, .hears = 1, .talk_gain = -4};

	(void)state;
	room_open(20);
	for (size_t i = 0; i < 3; i++) {
		party_open(i, MEDIA_PCMU);
		join(i, NULL);
	}
	join(0, &prm); /* 12 dB softer */
	prm.talk_gain = 0;
	prm.hear_gain = 2;
	join(1, &prm); /* hears 6 dB louder */
	assert_int_equal(3, mixer_count(room->mixer));
	talk(3, NULL);
	assert_in_range(level(&pv[2], 0), 600, 900);
	assert_in_range(level(&pv[1], 0), 1250, 1750);
	assert_in_range(level(&pv[1], 2), 5000, 6800);
	assert_in_range(level(&pv[0], 1), 2500, 3500);
	assert_in_range(level(&pv[1], 1), 0, 150);
	all_close(3);
}


/* --- one frame for all who only listen ----------------------------------- */

static void test_listeners_share_a_frame(void **state)
{
	static const bool mute[PARTIES] = {false, true, true, true, true};
	static const enum media_codec codecs[PARTIES] = {
		MEDIA_PCMU, MEDIA_PCMU, MEDIA_PCMU, MEDIA_G722, MEDIA_G722,
	};

	(void)state;
	room_open(20);
	for (size_t i = 0; i < PARTIES; i++) {
		party_open(i, codecs[i]);
		join(i, NULL);
	}
	talk(PARTIES, mute);
	assert_int_equal(1, mixer_own_encoded(room->mixer));
	assert_memory_equal(pv[1].last, pv[2].last, pv[1].len);
	assert_memory_equal(pv[3].last, pv[4].last, pv[3].len);
	for (size_t i = 1; i < PARTIES; i++)
		assert_in_range(level(&pv[i], 0), 2500, 3500);
	all_close(PARTIES);
}


/* A quiet party is left out, and is back with its first loud frame */
static void test_drop_silence(void **state)
{
	const struct media_member prm = {
		.says = 1, .hears = 1, .drop_silence = true,
		.talk_events = true, .silence_ms = 200, .tag = 77,
	};

	(void)state;
	room_open(20);
	for (size_t i = 0; i < 3; i++) {
		party_open(i, MEDIA_PCMU);
		join(i, &prm);
	}
	end_forget_events();
	pv[0].hz = 0;
	talk(3, NULL);
	assert_int_equal(2, end_event(MEDIA_EV_TALK));
	assert_false(pv[0].end.s->member->live);
	assert_int_equal(2, mixer_own_encoded(room->mixer));

	pv[0].hz = 450;
	pv[1].hz = 0;
	talk(3, NULL);
	assert_int_equal(2, end_event(MEDIA_EV_TALK)); /* one began */
	assert_true(level(&pv[2], 0) > 2500);
	assert_true(level(&pv[1], 0) > 2500);
	assert_false(pv[1].end.s->member->live);
	all_close(3);
}


/* --- with others --------------------------------------------------------- */

static void test_interval_and_packet_times(void **state)
{
	static const struct {
		uint32_t interval;
		uint16_t ptime;
	} rows[] = {{20, 40}, {40, 20}, {20, 30}, {60, 20}, {80, 60}};

	(void)state;
	for (size_t r = 0; r < ARRAY_SIZE(rows); r++) {
		struct media_flow flow;
		size_t want;

		room_open(rows[r].interval);
		for (size_t i = 0; i < 2; i++) {
			party_open(i, MEDIA_PCMU);
			join(i, NULL);
		}
		flow          = end_flow(&pv[1].end);
		flow.ptime_ms = rows[r].ptime;
		end_set(&pv[1].end, &flow);
		talk(2, NULL);
		want = (FRAMES - SKIP) * 20u / rows[r].ptime;
		assert_in_range(pv[1].packets, want - 4, want + 4);
		assert_int_equal(rows[r].ptime * 8, pv[1].len);
		assert_in_range(level(&pv[1], 0), 2300, 3500);
		all_close(2);
	}
}


/* Sequence, timestamps and SSRC go on by one packet each */
static void test_numbers_without_a_break(void **state)
{
	uint32_t ssrc = 0, ts = 0;
	uint16_t seq = 0;

	(void)state;
	room_open(20);
	party_open(0, MEDIA_OPUS);
	join(0, NULL);
	for (size_t k = 0; k < 20; k++) {
		tick();
		assert_true(end_try(&pv[0].end.peer, &end_got));
		if (k) {
			assert_int_equal(ssrc, end_got.pkt.ssrc);
			assert_int_equal((uint16_t)(seq + 1), end_got.pkt.seq);
			assert_int_equal(ts + 960, end_got.pkt.ts);
		}
		assert_int_equal(!k, end_got.pkt.marker);
		ssrc = end_got.pkt.ssrc;
		seq  = end_got.pkt.seq;
		ts   = end_got.pkt.ts;
	}
	all_close(1);
}


static void play_tone(struct stream *s, uint32_t ms)
{
	struct item item = {.kind = ITEM_TONE, .serial = 1};
	struct pl pl     = PL_INIT;
	struct play *p;
	char text[32];

	(void)re_snprintf(text, sizeof(text), "!800/%u", ms);
	pl_set_str(&pl, text);
	assert_int_equal(0, tone_decode(&item.tone, &pl, NULL));
	assert_int_equal(0, play_alloc(&p, s->id, 1, 5, end_up));
	play_item(p, &item);
	item = (struct item){.kind = ITEM_END, .serial = 1};
	own_play(s, p);
	play_item(s->own.play, &item);
}


/* A prompt to one party replaces the room, one of the room is heard by all */
static void test_prompts(void **state)
{
	(void)state;
	room_open(20);
	for (size_t i = 0; i < 3; i++) {
		party_open(i, i == 2 ? MEDIA_G722 : MEDIA_PCMU);
		join(i, NULL);
	}
	end_forget_events();
	play_tone(pv[0].end.s, 5000);
	talk(3, NULL);
	assert_true(goertz_amplitude(pv[0].pcm, pv[0].n, 800) > 2000);
	assert_in_range(level(&pv[0], 1), 0, 100);
	assert_true(level(&pv[1], 0) > 2500); /* it is heard all the same */
	own_stop_play(pv[0].end.s, 0);

	play_tone(room, 5000);
	talk(3, NULL);
	for (size_t i = 0; i < 3; i++) {
		assert_true(goertz_amplitude(pv[i].pcm, pv[i].n,
					     800.0f * 8000 /
						     (float)pv[i].rate) >
			    2000);
		assert_true(level(&pv[i], (i + 1) % 3) > 2500);
	}
	own_stop_play(room, 0);
	assert_int_equal(2, end_event(MEDIA_EV_PLAY_DONE));
	all_close(3);
}


static void test_the_end_of_a_prompt_of_the_room(void **state)
{
	(void)state;
	room_open(20);
	end_forget_events();
	play_tone(room, 100);
	for (size_t k = 0; k < 10; k++)
		tick();
	assert_null(room->own.play);
	assert_int_equal(1, end_event(MEDIA_EV_PLAY_DONE));
	all_close(0);
}


/* Two that talk over the relay; a third one listens, then whispers */
static void test_beside_a_bridge(void **state)
{
	const struct media_member a  = {.says = 1}, b = {.says = 2};
	const struct media_member spy = {.says = 4, .hears = 3};
	const struct media_member told = {.says = 1, .hears = 2 | 4};

	(void)state;
	room_open(20);
	for (size_t i = 0; i < 3; i++)
		party_open(i, MEDIA_PCMU);
	stream_bridge(pv[0].end.s, pv[1].end.s);
	join(0, &a);
	join(1, &b);
	join(2, &spy);
	talk(3, NULL);
	assert_true(level(&pv[2], 0) > 2500 && level(&pv[2], 1) > 2500);
	assert_true(level(&pv[0], 1) > 2500 && level(&pv[1], 0) > 2500);
	assert_in_range(level(&pv[0], 2), 0, 100);
	assert_in_range(level(&pv[1], 2), 0, 100);
	assert_int_equal(0, pv[0].end.s->tx.replaced);

	join(0, &told); /* now from the mixer, the relay to it rests */
	talk(3, NULL);
	assert_in_range(pv[0].packets, FRAMES - SKIP - 2, FRAMES - SKIP);
	assert_true(level(&pv[0], 1) > 2500 && level(&pv[0], 2) > 2500);
	assert_true(level(&pv[1], 0) > 2500);
	assert_in_range(level(&pv[1], 2), 0, 100);

	mixer_leave(pv[0].end.s);
	mixer_leave(pv[1].end.s);
	talk(2, NULL);
	assert_true(level(&pv[0], 1) > 2500);
	assert_true(level(&pv[1], 0) > 2500);
	all_close(3);
}


static void test_who_holds_is_not_heard(void **state)
{
	struct media_flow flow;

	(void)state;
	room_open(20);
	for (size_t i = 0; i < 2; i++) {
		party_open(i, MEDIA_PCMU);
		join(i, NULL);
	}
	flow      = end_flow(&pv[0].end);
	flow.send = false;
	end_set(&pv[0].end, &flow);
	talk(2, NULL);
	assert_int_equal(0, pv[0].packets);
	assert_in_range(level(&pv[1], 0), 0, 100);
	flow.send = true;
	end_set(&pv[0].end, &flow);
	talk(2, NULL);
	assert_true(level(&pv[1], 0) > 2500);
	all_close(2);
}


/* Whoever goes first: the room, a party, or its agreement */
static void test_coming_and_going(void **state)
{
	const struct media_flow other = {.codec = MEDIA_OTHER, .send = true,
					 .recv = true};
	struct member *m;

	(void)state;
	room_open(20);
	for (size_t i = 0; i < 3; i++) {
		party_open(i, MEDIA_PCMU);
		join(i, NULL);
	}
	talk(3, NULL);
	party_close(0);
	pv[0].end.s = NULL;
	assert_int_equal(2, mixer_count(room->mixer));
	tick();
	end_set(&pv[1].end, &other);
	tick();
	mixer_leave(pv[2].end.s);
	mixer_leave(pv[2].end.s);
	assert_int_equal(1, mixer_count(room->mixer));
	assert_null(pv[2].end.s->member);

	/* a room is no party of another one */
	assert_int_equal(0, member_alloc(&m, ROOM,
					 &(struct media_member){.says = 1}));
	mixer_join(room, room, m);
	assert_null(room->member);
	assert_int_equal(0, member_alloc(&m, ROOM,
					 &(struct media_member){.says = 1}));
	mixer_join(pv[2].end.s, pv[1].end.s, m);

	stream_close(room, now_us);
	assert_null(pv[1].end.s->member);
	assert_int_equal(0, pv[1].end.s->tx.replaced);
	assert_int_equal(1, end_event(MEDIA_EV_CLOSED));
	for (size_t i = 1; i < 3; i++) {
		stream_tick(pv[i].end.s, 20, now_us);
		party_close(i);
	}
}


int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, ends_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_each_hears_all_others_and_not_itself),
		TEST(test_every_codec_at_its_own_rate),
		TEST(test_wide_band_stays_wide),
		TEST(test_masks),
		TEST(test_gains_and_changes),
		TEST(test_listeners_share_a_frame),
		TEST(test_drop_silence),
		TEST(test_interval_and_packet_times),
		TEST(test_numbers_without_a_break),
		TEST(test_prompts),
		TEST(test_the_end_of_a_prompt_of_the_room),
		TEST(test_beside_a_bridge),
		TEST(test_who_holds_is_not_heard),
		TEST(test_coming_and_going),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
