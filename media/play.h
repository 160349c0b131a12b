/**
 * @file media/play.h  A player: prompts and tones, one after the other
 *
 * Media thread, but for play_alloc() (signalling thread, which then gives the
 * player away).  Signalling finds and loads the pieces and hands them over as
 * items; the player asks for the next one (WANT) when it begins with the one
 * before, so that one plays while the other loads.
 */
#ifndef TANDEM_MEDIA_PLAY_H
#define TANDEM_MEDIA_PLAY_H

#include "media/msg.h"
#include "media/tone.h"

struct play;

/**
 * Create
 *
 * @param serial  Names the player in ITEM and WANT
 * @param tag     Of PLAY_DONE
 */
int play_alloc(struct play **pp, media_id id, uint32_t serial, uint32_t tag,
	       struct chan *up);

/** The next piece; takes it over, also if it is for another player */
void play_item(struct play *p, struct item *item);

/** Write up to n samples: fewer if the next piece is not there yet or all has
 *  been played */
size_t play_read(struct play *p, int16_t *out, size_t n);

bool play_is_over(const struct play *p);
int play_err(const struct play *p);

/** Tell signalling (PLAY_DONE) and free */
void play_finish(struct play *p, int err);

/** Free what an item carries (any thread) */
void item_reset(struct item *item);

#endif
