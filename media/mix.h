/**
 * @file media/mix.h  Arithmetic of mixing
 *
 * Any thread; plain loops over frames, which the compiler turns into vectors.
 * A sum has 32 bits: 65536 parties at full level fit.
 */
#ifndef TANDEM_MEDIA_MIX_H
#define TANDEM_MEDIA_MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MIX_GAIN_MAX = 8, /* steps of 3 dB, up and down */
};

/** A buffer that is written before it is read: the compiler need not clear it
 *  for each frame */
#define MIX_SCRATCH __attribute__((uninitialized))

/** sum += pcm */
void mix_add(int32_t *sum, const int16_t *pcm, size_t n);

/** out = sum - own, held to 16 bits */
void mix_minus(int16_t *out, const int32_t *sum, const int16_t *own,
	       size_t n);

/** out = sum, held to 16 bits */
void mix_clip(int16_t *out, const int32_t *sum, size_t n);

/** Louder or softer by so many steps of 3 dB, held to 16 bits */
void mix_gain(int16_t *pcm, size_t n, int steps);

/** Mean of |sample|, 0..32767; 0 for no samples */
uint32_t mix_level(const int16_t *pcm, size_t n);

/* rate.c: the same sound at another rate */

struct rate;

/**
 * A converter of a stream of frames
 *
 * A filter of linear phase; it delays by rate_delay_us().  What the lower rate
 * cannot have is 60 dB down.
 *
 * @param from  [Hz]
 * @param to    [Hz], a whole multiple or fraction of `from`, at most 6
 *
 * @return 0, ENOTSUP, ENOMEM.  Free with mem_deref()
 */
int rate_alloc(struct rate **rp, uint32_t from, uint32_t to);

/** Convert n samples (a multiple of from/to); writes n * to / from and adds
 *  them to `out` */
void rate_add(struct rate *r, int32_t *out, const int32_t *in, size_t n);

/** True if nothing of what went in is still to come out: a frame of silence
 *  then needs no conversion */
bool rate_is_empty(const struct rate *r);

uint32_t rate_delay_us(const struct rate *r);

#endif
