/**
 * @file media/playlist.h  What a player plays: names to items
 *
 * Signalling thread.  A list loads one piece at a time, when it is asked for
 * the next one; a piece that is not there is a warning, and the list goes on.
 */
#ifndef TANDEM_MEDIA_PLAYLIST_H
#define TANDEM_MEDIA_PLAYLIST_H

#include "media/msg.h"
#include "media/prompt.h"

struct playlist;

/** The next piece; the receiver owns what it carries.  May be called from
 *  inside playlist_next() */
typedef void(playlist_item_h)(const struct item *item, void *arg);

/**
 * Create; free with mem_deref(), which forgets the piece that loads
 *
 * @param ps       Store of prompts; held until the list is freed
 * @param country  Tone set for "tone:busy" and the like
 * @param serial   Of the player; goes into the items
 *
 * @return EINVAL if there is no name in it, ENOMEM
 */
int playlist_alloc(struct playlist **plp, const struct media_play *play,
		   struct prompts *ps, const char *country, uint32_t serial,
		   playlist_item_h *h, void *arg);

/** Bring the next piece; ITEM_END after the last, with ENOENT or what else
 *  the first missing piece said */
void playlist_next(struct playlist *pl);

uint32_t playlist_serial(const struct playlist *pl);

#endif
