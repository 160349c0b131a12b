/**
 * @file b2bua/call_media.c  What a plan does with its caller: answer, play,
 *                           listen to digits, record
 *
 * A tag names each play and each recording, so that a late event of an
 * earlier one is told apart.
 */
#include <unistd.h>
#include "b2bua/app.h"
#include "b2bua/cdr.h"
#include "base/count.h"
#include "base/text.h"


bool call_is_answered(const struct call *call)
{
	return call && call->caller && leg_is_answered(call->caller);
}


static bool has_caller(const struct call *call)
{
	return call && call->caller &&
	       leg_state(call->caller) < LEG_ENDING;
}


int call_answer_far(struct call *call, const struct leg_audio *far)
{
	int err;

	if (!has_caller(call))
		return ENOTCONN;
	if (call_is_answered(call))
		return 0;

	err = leg_answer(call->caller, far);
	if (err)
		return err;

	call->progressed = true;
	cdr_answered(call);
	count_inc(COUNT_CALLS_ANSWERED);
	call_info(call, "%s answered", leg_name(call->caller));

	return 0;
}


int call_answer(struct call *call)
{
	return call_answer_far(call, NULL);
}


/* Media is open already: a 180 would be heard as silence (progressinband) */
static bool rings_by_tone(const struct call *call)
{
	return call_is_answered(call) ||
	       (call->progressed &&
		leg_peer(call->caller)->progressinband != PROGRESS_NEVER);
}


int call_ringing(struct call *call)
{
	int err;

	if (!call)
		return EINVAL;

	if (call->up) {
		fork_local_ringing(call->up);
		return 0;
	}

	if (!has_caller(call))
		return ENOTCONN;
	if (call->ringing)
		return 0;

	err = rings_by_tone(call) ? 0 : leg_ringing(call->caller);
	if (!err && (rings_by_tone(call) ||
		     leg_peer(call->caller)->progressinband == PROGRESS_YES))
		err = call_play_loop(call, "tone:ring", false);
	if (!err)
		call->ringing = true;

	return err;
}


int call_progress(struct call *call)
{
	int err;

	if (!call)
		return EINVAL;
	if (call->up)
		return 0; /* nobody to hear it yet */
	if (!has_caller(call))
		return ENOTCONN;
	if (call->progressed || call_is_answered(call))
		return 0;

	err = leg_progress(call->caller, NULL);
	if (!err)
		call->progressed = true;

	return err;
}


/* --- play ---------------------------------------------------------------- */

/* An earlier play ends with ECANCELED */
static void play_over(struct call *call, int err)
{
	call_play_h *h = call->playh;
	void *arg = call->play_arg;

	call->playh = NULL;
	call->play_arg = NULL;
	if (h)
		h(call, err, arg);
}


static int play(struct call *call, const struct media_play *prm)
{
	int err;

	if (!has_caller(call) || !prm->files)
		return ENOTCONN;

	err = call_progress(call);
	if (err)
		return err;

	if (!leg_media(call->caller))
		return ENOTCONN;

	return media_play(leg_media(call->caller), prm);
}


/* Country of the caller's tones, NULL for that of [general] */
static const char *tonezone(const struct call *call)
{
	const struct peer *peer = leg_peer(call->caller);

	return peer ? peer->tonezone : NULL;
}


int call_play(struct call *call, const char *files, call_play_h *h, void *arg)
{
	struct media_play prm;
	int err;

	if (!call || !files)
		return EINVAL;

	play_over(call, ECANCELED);
	call->ringing = false;

	memset(&prm, 0, sizeof(prm));
	prm.files = files;
	prm.lang = call->language;
	prm.country = tonezone(call);
	prm.tag = ++call->play_tag;

	err = play(call, &prm);
	if (err)
		return err;

	call->playh = h;
	call->play_arg = arg;

	return 0;
}


int call_play_loop(struct call *call, const char *files, bool random)
{
	struct media_play prm;

	if (!call || !files)
		return EINVAL;

	play_over(call, ECANCELED);
	call->ringing = false;

	memset(&prm, 0, sizeof(prm));
	prm.files = files;
	prm.lang = call->language;
	prm.country = tonezone(call);
	prm.loop = true;
	prm.random = random;
	prm.tag = ++call->play_tag;

	return play(call, &prm);
}


void call_stop_play(struct call *call)
{
	if (!call)
		return;

	call->playh = NULL;
	call->play_arg = NULL;
	++call->play_tag; /* its PLAY_DONE is nobody's */

	/* a 180 stays said; the tone does not */
	if (call_is_answered(call))
		call->ringing = false;

	if (call->caller && leg_media(call->caller)) {
		(void)media_stop_play(leg_media(call->caller)); /* may be
								   over */
	}
}


/* --- digits -------------------------------------------------------------- */

static char take_digit(struct call *call)
{
	char digit = call->digits[0];

	if (digit)
		memmove(call->digits, call->digits + 1,
			sizeof(call->digits) - 1);

	return digit;
}


void call_set_digits(struct call *call, call_digit_h *h, void *arg)
{
	if (!call)
		return;

	call->digith = h;
	call->digit_arg = arg;

	/* the handler may set another one, or none */
	while (h && call->digith == h && call->digit_arg == arg &&
	       call->digits[0])
		h(call, take_digit(call), arg);
}


void call_digit(struct call *call, char digit)
{
	size_t n = str_len(call->digits);

	if (call->digith) {
		call->digith(call, digit, call->digit_arg);
	}
	else if (n + 1 < sizeof(call->digits)) {
		call->digits[n] = digit;
		call->digits[n + 1] = '\0';
	}
}


/* --- what it says -------------------------------------------------------- */

int call_listen(struct call *call, uint16_t level, uint32_t silence_ms,
		call_talk_h *h, void *arg)
{
	struct media_listen prm = {.level = h ? level : 0,
				   .silence_ms = silence_ms};

	call->talkh    = h;
	call->talk_arg = arg;
	if (!has_caller(call) || !leg_media(call->caller))
		return ENOTCONN;

	prm.tag = ++call->talk_tag;

	return media_listen(leg_media(call->caller), &prm);
}


int call_hear(struct call *call, int fd)
{
	if (has_caller(call) && leg_media(call->caller))
		return media_hear(leg_media(call->caller), fd);

	if (fd >= 0)
		(void)close(fd);

	return ENOTCONN;
}


/* An event of the caller's stream */
void call_media_event(struct call *call, const struct media_report *ev)
{
	switch (ev->ev) {

	case MEDIA_EV_PLAY_DONE:
		if (ev->tag == call->play_tag)
			play_over(call, ev->err);
		break;

	case MEDIA_EV_REC_DONE:
	case MEDIA_EV_REC_BEGUN:
	case MEDIA_EV_REC_REFUSED:
	case MEDIA_EV_SILENCE:
	case MEDIA_EV_LIMIT:
		call_rec_event(call, ev);
		break;

	case MEDIA_EV_TALK:
		if (call->talkh && ev->tag == call->talk_tag)
			call->talkh(call, ev->info, call->talk_arg);
		break;

	case MEDIA_EV_DTMF:    /* comes as LEG_EV_DTMF */
	case MEDIA_EV_TIMEOUT: /* the leg ends itself */
	case MEDIA_EV_RESUMED:
	case MEDIA_EV_LEARNED:
	case MEDIA_EV_CLOSED:
	default:
		break;
	}
}


/* --- names of files ------------------------------------------------------ */

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '+' ||
	       c == '-';
}


/* Bytes from the wire become plain; a component that has any of them never is
 * made of dots alone */
static char *plain_name(const struct ttext *text)
{
	char *buf = mem_alloc(text->len + 1, NULL);
	bool dots = true, wire = false;
	size_t n = 0, start = 0;

	if (!buf)
		return NULL;

	for (size_t i = 0; i <= text->len; i++) {
		char c = i < text->len ? text->str[i] : '/'; /* the last */
		bool tainted = i < text->len && ttext_tainted_at(text, i);

		if (tainted && !is_plain(c))
			continue;

		if ((c == '/' || c == '&') && !tainted) {
			if (wire && dots && n > start)
				memset(buf + start, '_', n - start);
			start = n + 1;
			dots = true;
			wire = false;
		}
		else {
			dots = dots && c == '.';
			wire = wire || tainted;
		}

		if (i < text->len)
			buf[n++] = c;
	}

	buf[n] = '\0';

	return buf;
}


int call_files(char **filesp, const struct ttext *text)
{
	char *str;

	if (!filesp || !text)
		return EINVAL;

	str = plain_name(text);
	if (!str)
		return ENOMEM;

	*filesp = str;

	return 0;
}


/* ".." as a component, which the plan itself may not write either */
static bool climbs(const char *path)
{
	for (const char *p = path; (p = strstr(p, "..")) != NULL; p += 2) {
		bool begins = p == path || p[-1] == '/';

		if (begins && (p[2] == '\0' || p[2] == '/'))
			return true;
	}

	return false;
}


int call_file_path(struct call *call, char **pathp, const char *subdir,
		   const struct ttext *name)
{
	const char *spool;
	char *file, *path = NULL;
	int err;

	if (!call || !pathp || !subdir || !name || !name->len)
		return EINVAL;

	spool = call->cfg ? call->cfg->dirs.spool : NULL;
	file = plain_name(name);
	if (!file)
		return ENOMEM;

	if (!file[0] || climbs(file))
		err = EPERM;
	else if (file[0] == '/')
		err = re_sdprintf(&path, "%s", file);
	else if (spool)
		err = re_sdprintf(&path, "%s/%s/%s", spool, subdir, file);
	else
		err = ENOENT;

	mem_deref(file);
	if (!err)
		*pathp = path;

	return err;
}
