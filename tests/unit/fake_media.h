/**
 * @file tests/unit/fake_media.h  Media streams without packets
 *
 * A stream has the id of its leg, and notes what it is asked.  Every prompt
 * takes PLAY_MS; a recording ends when the test says so (rec_end()).
 */
#ifndef TANDEM_TESTS_FAKE_MEDIA_H
#define TANDEM_TESTS_FAKE_MEDIA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "media/media.h"
#include "fake_leg.h"
#include "fake_room.h"
#include "tmp_dir.h"


static void play_done(void *arg)
{
	struct leg *leg = arg;

	leg->playing = false;
	media_event(leg, &(struct media_report){.ev = MEDIA_EV_PLAY_DONE,
						.tag = leg->tag});
}


/* The test's own folder is "~" */
static void note_files(const char *what, const struct leg *leg,
		       const char *files)
{
	char buf[1024] = "";
	size_t n = 0;

	while (*files && n + 1 < sizeof(buf)) {
		if (strncmp(files, tmp_dir, strlen(tmp_dir))) {
			buf[n++] = *files++;
			continue;
		}
		buf[n++] = '~';
		files += strlen(tmp_dir);
	}

	buf[n] = '\0';
	note("%s %s %s", what, tail(leg), buf);
}


bool media_can_mix(enum media_codec codec)
{
	return codec != MEDIA_OTHER;
}


uint32_t media_mix_rate(enum media_codec codec)
{
	return codec == MEDIA_OPUS ? 48000 : codec == MEDIA_G722 ? 16000 : 8000;
}


int media_send_dtmf(media_id id, const char *digits, uint32_t on_ms,
		    uint32_t off_ms)
{
	(void)on_ms;
	(void)off_ms;
	note("dtmf %s %s", tail(of(id)), digits);

	return 0;
}


int media_play(media_id id, const struct media_play *play)
{
	struct leg *leg;

	if (id >= ROOM_ID)
		return room_play(id, play);

	leg = of(id);

	note_files(play->loop ? "loop" : "play", leg, play->files);
	leg->tag = play->tag;
	leg->playing = true;
	if (play->loop)
		timer_cancel(&leg->play);
	else
		timer_start(&leg->play, PLAY_MS, play_done, leg);

	return 0;
}


int media_stop_play(media_id id)
{
	struct leg *leg = of(id);

	if (leg->playing)
		note("quiet %s", tail(leg));
	leg->playing = false;
	timer_cancel(&leg->play);

	return 0;
}


int media_bridge(media_id a, media_id b)
{
	note("bridge %s %s", tail(of(a)), tail(of(b)));

	return 0;
}


int media_keep_digits(media_id id, bool on)
{
	note("keep %s %s", tail(of(id)), on ? "on" : "off");

	return 0;
}


int media_unbridge(media_id id)
{
	note("unbridge %s", tail(of(id)));

	return 0;
}


int media_get_stats(media_id id, struct media_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->rx_packets = 100;

	return 0;
}


int media_listen(media_id id, const struct media_listen *prm)
{
	note("listen %s %u", tail(of(id)), prm->level);

	return 0;
}


int media_hear(media_id id, int fd)
{
	note("hear %s %s", tail(of(id)), fd >= 0 ? "on" : "off");
	if (fd >= 0)
		(void)close(fd);

	return 0;
}


int media_echo(media_id id, bool on)
{
	note("echo %s %s", tail(of(id)), on ? "on" : "off");

	return 0;
}


static inline void rec_end(struct leg *leg, enum media_event ev, uint32_t tag,
			   enum media_rec_state state)
{
	media_event(leg, &(struct media_report){.ev = ev,
						.id = leg->id,
						.tag = tag,
						.rec = state,
						.path = "/s/x.wav",
						.duration_ms = 2000});
}


int media_record(media_id id, const struct media_record *rec)
{
	if (id >= ROOM_ID) {
		note("record the room to %s tag %u", rec->path, rec->tag);
		return 0;
	}

	note("record %s %s%s%s%s tag %u", tail(of(id)), rec->path,
	     rec->stereo ? " stereo" : "",
	     rec->rx_only   ? " rx"
	     : rec->tx_only ? " tx"
			    : "",
	     rec->beep ? " beep" : "", rec->tag);

	return 0;
}


int media_stop_record(media_id id, uint32_t tag)
{
	if (id >= ROOM_ID) {
		note("stop the room's tag %u", tag);
		return 0;
	}

	note("stop %s tag %u", tail(of(id)), tag);

	return 0;
}

#endif
