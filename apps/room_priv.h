/**
 * @file apps/room_priv.h  Between room.c, room_party.c and room_record.c
 *
 * Signalling thread.
 */
#ifndef TANDEM_APPS_ROOM_PRIV_H
#define TANDEM_APPS_ROOM_PRIV_H

#include "apps/room.h"

/** A room as the bridge profile of its first party says.  0, ENOMEM, errors
 *  of media_open_room() */
int room_open(struct room **roomp, const struct room_party *p,
	      const char *name);

/** The last party has gone; it is freed when the file of its recording is
 *  closed */
void room_close(struct room *room);

/** Lamps that watch it */
void room_lamps(const struct room *room);

/** By itself, or with all who are no admins */
bool room_is_muted(const struct room_party *p);

/** Who does not wait */
uint32_t room_count_active(const struct room *room);

/** A call that is in it while it is recorded: for its record */
void room_record_party(struct room *room, const struct call *call);

/** The file is closed */
void room_record_done(struct room *room, const struct media_report *ev);

#endif
