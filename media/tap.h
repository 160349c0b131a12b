/**
 * @file media/tap.h  A recording on a stream
 *
 * Media thread, but for tap_alloc() (signalling thread, which then gives the
 * tap away).  It feeds media/record.h with what the stream says and hears,
 * and watches for silence and length.
 */
#ifndef TANDEM_MEDIA_TAP_H
#define TANDEM_MEDIA_TAP_H

#include "media/stream.h"
#include "media/writer.h"

/** Level (mean of |sample|) below which audio is silence, as Asterisk's
 *  silencethreshold */
enum { TAP_SILENCE = 128 };

/** A recorder; freeing it ends the file, and its report comes by itself */
int tap_alloc(struct tap **tp, struct writer *w, const struct rec_params *prm,
	      const struct media_record *rec);

/** Takes the tap over */
void tap_add(struct stream *s, struct tap *tap, uint64_t now_us);
void tap_remove(struct stream *s, uint32_t tag, uint64_t now_us);
void tap_remove_all(struct stream *s, uint64_t now_us);

/** The stream was bridged, or is no longer */
void tap_update(struct stream *s);

/** What came from the peer, and what goes to it */
void tap_rx(struct stream *s, enum codec codec, const struct pkt *pkt,
	    uint64_t now_us);
void tap_tx(struct stream *s, enum codec codec, const struct pkt *pkt,
	    uint64_t now_us);

/** What a room makes of all, now: for the recordings of this rate [Hz] */
void tap_pcm(struct stream *s, uint32_t rate, const int16_t *pcm, size_t n,
	     uint64_t now_us);

/** Is there a recording of this rate? */
bool tap_has_rate(const struct stream *s, uint32_t rate);

void tap_tick(struct stream *s, uint64_t now_us);

/** A beep is to be heard before a recording begins */
bool tap_wants_beep(const struct stream *s);
void tap_beeped(struct stream *s, uint64_t now_us);

#endif
