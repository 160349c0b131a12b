/**
 * @file media/prompt.h  Prompt files
 *
 * The store (struct prompts) belongs to the thread that made it and calls back
 * through that thread's loop; files are read on a worker thread.  A loaded
 * struct prompt is read-only and counted atomically: any thread may hold it.
 */
#ifndef TANDEM_MEDIA_PROMPT_H
#define TANDEM_MEDIA_PROMPT_H

#include "base/compat.h"

enum {
	PROMPT_MAX_S = 3600, /* longest prompt in [s] */
};

/** Decoded audio: 8 kHz, 16 bit, mono */
struct prompt {
	_Atomic uint32_t refs;
	size_t n;       /* samples */
	char *path;     /* file it came from */
	int16_t pcm[];
};

struct prompt *prompt_ref(struct prompt *p); /* any thread */
void prompt_unref(struct prompt *p);         /* any thread; NULL allowed */

struct prompts_params {
	const char *path;  /* directories, "dir1:dir2" */
	size_t cache_max;  /* [bytes], 0: 64 MiB */
};

struct prompts;

/** Create; free with mem_deref() on the same thread (requests that wait are
 *  forgotten without a call).  The thread needs a libre loop */
int prompts_alloc(struct prompts **pp, const struct prompts_params *prm);

/** Forget the decoded files (reload) */
void prompts_flush(struct prompts *ps);

/**
 * A prompt is there, or not
 *
 * @param err   0, ENOENT, EBADMSG, ENOTSUP, E2BIG, EIO ...
 * @param p     Prompt, valid in the call; prompt_ref() to keep it
 * @param text  On error what went wrong: names tried, or file and reason
 */
typedef void(prompt_h)(int err, struct prompt *p, const char *text, void *arg);

struct prompt_req;

/**
 * Load a prompt (creator's thread)
 *
 * The handler is called once, always later, never from inside.
 *
 * For "digits/1" in language "ru" each directory is tried as
 * ru/digits/1, digits/ru/1 (old style), a directory ru_* of Debian's sound
 * packages, then "ru" for "ru_RU", then without language and in English; with
 * the endings wav wav16 sln16 ulaw alaw sln gsm g722 and their other names.
 * A language is looked for in all directories before the next one is.
 * Files are looked up each time, so a changed file is loaded anew.
 * A name that begins with '/' is used as it is; one with a known ending
 * ("/x/y.wav") means that file.
 *
 * @param reqp  Request: mem_deref() cancels it; cleared by nobody.  May be
 *              NULL
 * @param name  Name without ending; ".." is refused (EINVAL)
 * @param lang  Language, NULL or "" for none
 *
 * @return 0 if the handler will be called; ENOBUFS if too many requests wait
 *         (the disk hangs)
 */
int prompt_load(struct prompt_req **reqp, struct prompts *ps, const char *name,
		const char *lang, prompt_h *h, void *arg);

/** Read one file now (blocks: worker threads, tools, tests).
 *  @param text  On error a mem_alloc'd reason (may be NULL) */
int prompt_read(struct prompt **pp, const char *path, char **text);

/** Find the file of a name (blocks).  *pathp is mem_alloc'd; on ENOENT it is
 *  the list of names tried.  EINVAL for a bad name */
int prompt_find(char **pathp, const char *dirs, const char *name,
		const char *lang);

/** True if a file of this name may be read: known ending, see prompt_load() */
bool prompt_has_ending(const char *path);

/** Names of the audio files in a directory, sorted, with their endings; of a
 *  name in several formats the best (music on hold; blocks, for loading a
 *  configuration).  0 or errno of the directory */
typedef void(prompt_dir_h)(const char *path, void *arg);
int prompt_dir(const char *dir, prompt_dir_h *h, void *arg);

/** Convert n samples from `srate` to 8 kHz; *outp is malloc'd.  Any rate from
 *  8000 to 192000; ENOTSUP otherwise */
int prompt_resample(int16_t **outp, size_t *outn, const int16_t *in, size_t n,
		    uint32_t srate);

#endif
