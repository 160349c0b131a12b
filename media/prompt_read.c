/**
 * @file media/prompt_read.c  Reading one prompt file
 *
 * The whole file is read (not mapped: a file that shrinks meanwhile would kill
 * the process), decoded to mono and brought to 8 kHz.
 */
#include "media/prompt.h"
#include "media/prompt_file.h"
#include "media/wav.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_MAX = 512 * 1024 * 1024, /* bytes */
};

/** A file in memory and what it was decoded to */
struct load {
	const char *path;
	char **text; /* reason */

	uint8_t *file;
	size_t len;

	/* audio in the file */
	enum codec codec; /* L16 is little endian here */
	uint32_t srate;
	unsigned ch;
	const uint8_t *p;
	size_t bytes;

	int16_t *pcm;
	size_t n;
};


struct prompt *prompt_ref(struct prompt *p)
{
	if (p)
		atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);

	return p;
}


void prompt_unref(struct prompt *p)
{
	if (!p || atomic_fetch_sub_explicit(&p->refs, 1,
					    memory_order_acq_rel) != 1)
		return;

	free(p->path);
	free(p);
}


static int fail(struct load *ld, int err, const char *fmt, ...)
{
	va_list ap;

	if (!ld->text || *ld->text)
		return err;

	va_start(ap, fmt);
	/* without memory there is no reason, but still the error */
	(void)re_vsdprintf(ld->text, fmt, ap);
	va_end(ap);

	return err;
}


static int slurp(struct load *ld, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return fail(ld, errno, "%s: %m", ld->path, errno);

	if (!S_ISREG(st.st_mode))
		return fail(ld, EINVAL, "%s: not a file", ld->path);

	if (st.st_size > FILE_MAX)
		return fail(ld, E2BIG, "%s: larger than %u MB", ld->path,
			    FILE_MAX >> 20);

	ld->file = malloc((size_t)st.st_size + 1);
	if (!ld->file)
		return ENOMEM;

	while (ld->len < (size_t)st.st_size) {
		ssize_t n = read(fd, ld->file + ld->len,
				 (size_t)st.st_size - ld->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(ld, errno, "%s: %m", ld->path, errno);
		if (!n)
			break;
		ld->len += (size_t)n;
	}

	return 0;
}


static int read_file(struct load *ld)
{
	/* non-blocking: it could be a fifo */
	int fd = open(ld->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int err;

	if (fd < 0)
		return fail(ld, errno, "%s: %m", ld->path, errno);

	err = slurp(ld, fd);
	(void)close(fd);

	return err;
}


static int scan_wav(struct load *ld)
{
	const char *why = "";
	struct wav_fmt fmt;
	int err;

	err = wav_decode(&fmt, ld->file, ld->len, ld->len, &why);
	if (err)
		return fail(ld, err, "%s: %s", ld->path, why);

	ld->codec = fmt.codec;
	ld->srate = fmt.srate;
	ld->ch	  = fmt.ch;
	ld->p	  = ld->file + fmt.data_off;
	ld->bytes = (size_t)fmt.data_len;

	return 0;
}


static int scan(struct load *ld)
{
	static const enum codec codecv[] = {
		[PROMPT_WAV] = CODEC_NONE, [PROMPT_SLN] = CODEC_L16,
		[PROMPT_ULAW] = CODEC_PCMU, [PROMPT_ALAW] = CODEC_PCMA,
		[PROMPT_GSM] = CODEC_GSM, [PROMPT_G722] = CODEC_G722,
	};
	const struct prompt_form *form = prompt_form_of(ld->path);

	if (!form)
		return fail(ld, ENOTSUP, "%s: the ending is of no format "
			    "that we read", ld->path);

	if (form->kind == PROMPT_WAV)
		return scan_wav(ld);

	ld->codec = codecv[form->kind];
	ld->srate = form->srate;
	ld->ch	  = 1;
	ld->p	  = ld->file;
	ld->bytes = ld->len;

	return 0;
}


/* Values in the file, of all channels */
static size_t values(const struct load *ld)
{
	switch (ld->codec) {

	case CODEC_L16: return ld->bytes / 2;
	case CODEC_G722: return ld->bytes * 2;
	case CODEC_GSM: return ld->bytes / 33 * 160;
	case CODEC_WAV49: return ld->bytes / 65 * 320;
	case CODEC_PCMU:
	case CODEC_PCMA: return ld->bytes;
	case CODEC_OPUS:
	case CODEC_NONE:
	case CODEC_TELEV:
	case CODEC_CN:
	case CODEC_MAX: break;
	}

	return 0;
}


static int decode_frames(struct load *ld, int16_t *out, size_t n)
{
	struct codec_dec *d = NULL;
	size_t frame	    = ld->codec == CODEC_GSM ? 33 : 65;
	int err;

	err = codec_dec_alloc(&d, ld->codec);
	if (err)
		return err;

	/* half a frame at the end is left out */
	(void)codec_dec_run(d, out, n, ld->p,
			    ld->bytes - ld->bytes % frame);
	mem_deref(d);

	return 0;
}


static int decode(struct load *ld, int16_t *out, size_t n)
{
	const uint8_t *p = ld->p;

	switch (ld->codec) {

	case CODEC_L16:
		for (size_t i = 0; i < n; i++)
			out[i] = (int16_t)(p[2 * i] | p[2 * i + 1] << 8);
		return 0;

	case CODEC_PCMU:
	case CODEC_PCMA:
		(void)codec_decode(out, n, ld->codec, p, n);
		return 0;

	case CODEC_G722: return codec_g722_wide(out, p, ld->bytes);
	case CODEC_GSM:
	case CODEC_WAV49: return decode_frames(ld, out, n);

	case CODEC_OPUS:
	case CODEC_NONE:
	case CODEC_TELEV:
	case CODEC_CN:
	case CODEC_MAX: break;
	}

	return ENOTSUP;
}


/* Both channels into one, in place.  Returns the samples */
static size_t to_mono(int16_t *s, size_t n, unsigned ch)
{
	if (ch != 2)
		return n;

	for (size_t i = 0; i < n / 2; i++)
		s[i] = (int16_t)((s[2 * i] + s[2 * i + 1]) / 2);

	return n / 2;
}


static int to_pcm(struct load *ld)
{
	size_t n = values(ld);
	int16_t *s;
	int err;

	if (n / ld->ch / ld->srate >= PROMPT_MAX_S)
		return fail(ld, E2BIG, "%s: longer than %u s", ld->path,
			    PROMPT_MAX_S);

	s = malloc((n + 1) * sizeof(*s));
	if (!s)
		return ENOMEM;

	err = decode(ld, s, n);
	if (err) {
		free(s);
		return err;
	}

	n = to_mono(s, n, ld->ch);

	if (ld->srate == CODEC_SRATE) {
		ld->pcm = s;
		ld->n	= n;
		return 0;
	}

	err = prompt_resample(&ld->pcm, &ld->n, s, n, ld->srate);
	free(s);

	return err;
}


static int make_prompt(struct prompt **pp, const struct load *ld)
{
	struct prompt *p = malloc(sizeof(*p) + ld->n * sizeof(p->pcm[0]));

	if (!p)
		return ENOMEM;

	p->refs = 1;
	p->n	= ld->n;
	p->path = strdup(ld->path);
	if (!p->path) {
		free(p);
		return ENOMEM;
	}

	if (ld->n)
		memcpy(p->pcm, ld->pcm, ld->n * sizeof(p->pcm[0]));
	*pp = p;

	return 0;
}


int prompt_read(struct prompt **pp, const char *path, char **text)
{
	struct load ld = {.path = path, .text = text};
	int err;

	if (!pp || !path)
		return EINVAL;

	if (text)
		*text = NULL;

	err = read_file(&ld);
	if (!err)
		err = scan(&ld);
	if (!err)
		err = to_pcm(&ld);
	if (!err)
		err = make_prompt(pp, &ld);
	if (err)
		(void)fail(&ld, err, "%s: %m", path, err);

	free(ld.file);
	free(ld.pcm);

	return err;
}
