/**
 * @file media/mixer.h  Many parties that hear each other
 *
 * Media thread, but for the two *_alloc() (signalling thread, which then gives
 * the object away).  A mixer belongs to a stream without sockets, its room,
 * which plays and records as any stream does: what the room plays all hear,
 * and a recording of the room has what all say.  Room and parties live on one
 * thread; a party that moves to another one leaves.
 */
#ifndef TANDEM_MEDIA_MIXER_H
#define TANDEM_MEDIA_MIXER_H

#include "media/stream.h"

struct mixer;
struct member;

enum {
	MIX_MS_MIN = 20, /* a tick */
	MIX_MS_MAX = 80,
};

/** @param interval_ms  Of mixing; becomes a multiple of MIX_MS_MIN */
int mixer_alloc(struct mixer **mp, uint32_t interval_ms);

/** @param room  Where it shall go to */
int member_alloc(struct member **mp, media_id room,
		 const struct media_member *prm);

media_id member_room(const struct member *m);

/** Takes the member over.  A stream that is in the room already gets the new
 *  manners, one that is in another room leaves that */
void mixer_join(struct stream *room, struct stream *s, struct member *m);
void mixer_leave(struct stream *s);

/** A packet of audio of a party */
void mixer_rx(struct stream *s, enum codec codec, const struct pkt *pkt);

/** The agreement of a party is another one */
void mixer_update(struct stream *s);

/** Every 20 ms for the room */
void mixer_tick(struct stream *room, uint32_t ms, uint64_t now_us);

/** Parties in the room, and those that are encoded for by themselves in the
 *  latest frame */
size_t mixer_count(const struct mixer *mx);
size_t mixer_own_encoded(const struct mixer *mx);

#endif
