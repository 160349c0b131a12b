/**
 * @file apps/intro.c  The caller says his name, for the one who is asked
 *
 * Names of files are made of the call's id, or of letters and digits of what
 * the caller's number is: nothing from the wire makes a path.
 */
#include <ctype.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/intro.h"
#include "base/text.h"

enum {
	MAX_MS = 5000,
	SILENCE_MS = 2000,
};

#define ENDING ".wav"

struct intro {
	struct call *call; /* no reference; NULL once over */
	char *path;        /* with its ending */
	char *stem;        /* without */
	bool kept;
	bool stopped;
	uint32_t tag;
	intro_h *h;
	void *arg;
};


static void destructor(void *data)
{
	struct intro *in = data;

	if (in->path && !in->kept)
		(void)unlink(in->path);
	mem_deref(in->path);
	mem_deref(in->stem);
}


static int set_path(struct intro *in, const struct call *call,
		    const char *keep)
{
	const char *spool = call->cfg && call->cfg->dirs.spool
				    ? call->cfg->dirs.spool
				    : ".";
	char name[80];
	size_t n = 0;
	int err;

	for (const char *p = keep ? keep : call->id;
	     *p && n + 1 < sizeof(name); p++)
		name[n++] = isalnum((unsigned char)*p) ? *p : '_';
	name[n] = '\0';

	err = re_sdprintf(&in->stem, "%s/%s/%s", spool,
			  keep ? "priv-callerintros" : "tmp", name);

	return err ? err : re_sdprintf(&in->path, "%s" ENDING, in->stem);
}


static struct intro *intro_alloc(struct call *call, const char *keep)
{
	struct intro *in = mem_zalloc(sizeof(*in), destructor);

	if (!in)
		return NULL;
	if (set_path(in, call, keep))
		return mem_deref(in);

	in->call = call;

	return in;
}


/* --- recording ----------------------------------------------------------- */

static void over(struct intro *in, bool good)
{
	intro_h *h = in->h;

	in->h = NULL;
	if (in->call)
		call_set_digits(in->call, NULL, NULL);
	if (h)
		h(in, good, in->arg);
}


static void stop(struct intro *in)
{
	if (in->stopped)
		return;

	in->stopped = true;
	(void)call_stop_record(in->call, in->tag); /* REC_DONE comes */
}


static void key(struct call *call, char digit, void *arg)
{
	(void)call;
	(void)digit;
	stop(arg);
}


static void recorded(struct call *call, const struct media_report *ev,
		     void *arg)
{
	struct intro *in = arg;

	(void)call;
	if (ev->ev != MEDIA_EV_REC_DONE)
		stop(in);
	else
		over(in, ev->rec != MEDIA_REC_FAILED && ev->duration_ms > 0);
}


static void prompted(struct call *call, int err, void *arg)
{
	struct intro *in = arg;
	struct media_record rec;

	(void)err; /* the beep says it all */
	memset(&rec, 0, sizeof(rec));
	rec.path = in->path;
	rec.rx_only = true;
	rec.beep = true;
	rec.max_ms = MAX_MS;
	rec.silence_ms = SILENCE_MS;

	err = call_record(call, &rec, recorded, in);
	if (err) {
		call_warning(call, "the caller's name is not recorded: %m",
			     err);
		over(in, false);
		return;
	}

	in->tag = rec.tag;
	call_set_digits(call, key, in);
}


int intro_start(struct intro **inp, struct call *call, const char *prompt,
		const char *keep, intro_h *h, void *arg)
{
	struct intro *in;
	int err;

	if (!inp || !call || !prompt || !h)
		return EINVAL;

	in = intro_alloc(call, keep);
	if (!in)
		return ENOMEM;

	in->kept = keep != NULL;
	in->h = h;
	in->arg = arg;
	err = call_play(call, prompt, prompted, in);
	if (err)
		mem_deref(in);
	else
		*inp = in;

	return err;
}


int intro_find(struct intro **inp, struct call *call, const char *keep)
{
	struct intro *in;
	struct stat st;

	if (!inp || !call || !keep)
		return EINVAL;

	in = intro_alloc(call, keep);
	if (!in)
		return ENOMEM;

	in->kept = true;
	if (stat(in->path, &st) || !S_ISREG(st.st_mode)) {
		mem_deref(in);
		return ENOENT;
	}

	*inp = in;

	return 0;
}


const char *intro_prompt(const struct intro *in)
{
	return in ? in->stem : NULL;
}
