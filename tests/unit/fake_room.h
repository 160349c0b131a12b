/**
 * @file tests/unit/fake_room.h  Conference rooms without media
 *
 * A room takes ids from ROOM_ID on.  It notes who joins with which voices, and
 * plays a prompt in PLAY_MS.
 */
#ifndef TANDEM_TESTS_FAKE_ROOM_H
#define TANDEM_TESTS_FAKE_ROOM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "media/media.h"
#include "fake_leg.h"

enum {
	ROOM_ID = 1000, /* the first one; those of legs are smaller */
	PLAY_MS = 1000, /* every prompt takes so long */
};

static struct fake_room {
	media_event_h *evh;
	void *arg;
	struct timer play, closed;
	uint32_t tag;
} room_v[8];
static size_t roomc;


static struct fake_room *room_of(media_id id)
{
	assert_true(id >= ROOM_ID && id - ROOM_ID < roomc);

	return &room_v[(id - ROOM_ID) % ARRAY_SIZE(room_v)];
}


static void room_event(media_id id, enum media_event ev, uint32_t tag)
{
	const struct fake_room *fr = room_of(id);

	if (fr->evh)
		fr->evh(&(struct media_report){.ev = ev, .tag = tag, .id = id,
					       .path = "/s/room.wav",
					       .duration_ms = 3000}, fr->arg);
}


static void room_played(void *arg)
{
	struct fake_room *fr = arg;

	room_event(ROOM_ID + (media_id)(fr - room_v), MEDIA_EV_PLAY_DONE,
		   fr->tag);
}


static void room_closed(void *arg)
{
	struct fake_room *fr = arg;

	timer_cancel(&fr->play);
	room_event(ROOM_ID + (media_id)(fr - room_v), MEDIA_EV_CLOSED, 0);
}


int media_open_room(media_id *idp, media_id near, uint32_t interval_ms,
		    media_event_h *evh, void *arg)
{
	(void)near;
	assert_true(roomc < ARRAY_SIZE(room_v));
	memset(&room_v[roomc], 0, sizeof(room_v[roomc]));
	room_v[roomc].evh = evh;
	room_v[roomc].arg = arg;
	*idp = ROOM_ID + roomc++;
	note("room %u ms", interval_ms);

	return 0;
}


int media_join(media_id id, media_id room, const struct media_member *prm)
{
	char more[48] = "";

	(void)room_of(room);
	if (prm->talk_gain || prm->hear_gain)
		(void)re_snprintf(more, sizeof(more), " gain %d %d",
				  prm->talk_gain, prm->hear_gain);
	note("join %s %02x/%02x%s%s", tail(of(id)), prm->says, prm->hears,
	     more, prm->drop_silence ? " drop" : "");

	return 0;
}


int media_leave(media_id id, media_id room)
{
	(void)room_of(room);
	note("part %s", tail(of(id)));

	return 0;
}


void media_close_stream(media_id id)
{
	note("room closes");
	timer_start(&room_of(id)->closed, 0, room_closed, room_of(id));
}


void media_detach(media_id id)
{
	room_of(id)->evh = NULL;
}


static int room_play(media_id id, const struct media_play *play)
{
	struct fake_room *fr = room_of(id);

	note("all hear %s", play->files);
	fr->tag = play->tag;
	timer_start(&fr->play, PLAY_MS, room_played, fr);

	return 0;
}


static inline void fake_room_reset(void)
{
	roomc = 0;
}

#endif
