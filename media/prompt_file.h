/**
 * @file media/prompt_file.h  Formats of prompt files
 *
 * Any thread.  Between media/prompt_find.c, which knows the endings, and
 * media/prompt_read.c, which decodes.
 */
#ifndef TANDEM_MEDIA_PROMPT_FILE_H
#define TANDEM_MEDIA_PROMPT_FILE_H

#include <stdint.h>

enum prompt_kind {
	PROMPT_WAV,  /* the header tells */
	PROMPT_SLN,  /* 16 bit little endian, no header */
	PROMPT_ULAW,
	PROMPT_ALAW,
	PROMPT_GSM,
	PROMPT_G722,
};

struct prompt_form {
	const char *ending;
	enum prompt_kind kind;
	uint32_t srate; /* [Hz], 0: see header */
};

/** Format by the ending of a path, NULL if it is none that we read */
const struct prompt_form *prompt_form_of(const char *path);

#endif
