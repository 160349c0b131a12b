/**
 * @file media/wav.h  WAV files: headers, reader, repair
 *
 * Never on the signalling or media threads where a function touches a file;
 * the header and parser functions work on memory and run anywhere.
 *
 * Our writer always makes 80 bytes of header: RIFF, a JUNK chunk (28 bytes)
 * that becomes ds64 when the file passes 4 GB (EBU Tech 3306, RF64), fmt and
 * data.  So the header is refreshed in place and never grows.
 */
#ifndef TANDEM_MEDIA_WAV_H
#define TANDEM_MEDIA_WAV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "media/codec.h"

enum {
	WAV_HDR_SIZE = 80,
};

struct wav_fmt {
	enum codec codec;  /* CODEC_L16 (PCM16), PCMU, PCMA, WAV49 */
	uint32_t srate;    /* [Hz] */
	uint8_t ch;        /* 1 or 2 */
	uint64_t data_off; /* where the audio begins in the file */
	uint64_t data_len; /* its bytes, never beyond the end of the file */
	bool cut;          /* the header claimed more or less than there is */
	bool ours;         /* our layout: 80 bytes, nothing behind the audio */
};

/** Build our header for `data_len` bytes of PCM16 */
void wav_hdr_encode(uint8_t hdr[WAV_HDR_SIZE], uint32_t srate, uint8_t ch,
		    uint64_t data_len);

/**
 * Parse the chunks of a WAV or RF64 file in memory
 *
 * Any input is safe.  The file may be given in part: `file_len` is its whole
 * size, `len` what is in `p` (headers, at least).
 *
 * A data size of 0 or beyond the end of the file (crash, stream) counts as
 * "to the end of the file".
 *
 * @param why  Set to a constant text on error (may be NULL)
 *
 * @return 0, EBADMSG if malformed, ENOTSUP for a format we do not read
 */
int wav_decode(struct wav_fmt *fmt, const uint8_t *p, size_t len,
	       uint64_t file_len, const char **why);

/** Write the sizes for `data_len` bytes into the header of an open file that
 *  wav_decode() understood as `fmt`.  0 or errno */
int wav_patch(int fd, const struct wav_fmt *fmt, uint64_t data_len);

/** Result of a repair */
enum wav_repair {
	WAV_GOOD,    /* sizes agree, nothing done */
	WAV_MENDED,  /* sizes corrected */
	WAV_FOREIGN, /* not a WAV file, or one we do not write; untouched */
	WAV_EMPTY,   /* shorter than a header: a valid header was written */
};

/**
 * Make the sizes in the header of a file agree with its length
 *
 * For files that a crash or power cut left behind; idempotent.  A half sample
 * at the end is cut off.  Symbolic links are refused (ELOOP), a file that is
 * just being recorded too (EBUSY: the writer holds a lock on it).
 *
 * @param path  File; only those with our layout or plain PCM16 are touched
 * @param resp  What was done (may be NULL)
 */
int wav_repair(const char *path, enum wav_repair *resp);

typedef void(wav_repair_h)(const char *path, enum wav_repair res, int err,
			   void *arg);

/** wav_repair() every .wav below a directory (16 levels, no links followed).
 *  The handler sees those mended or failed.  Returns 0 or errno of the
 *  directory itself */
int wav_repair_dir(const char *path, wav_repair_h *h, void *arg);

#endif
