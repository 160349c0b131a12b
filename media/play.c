/**
 * @file media/play.c  A player: prompts and tones, one after the other
 *
 * PLAY_DONE is allocated with the player, so the end is always told.  A player
 * that is freed otherwise (a command that found nobody) tells it too.
 */
#include "media/play.h"
#include "media/prompt.h"


struct play {
	media_id id;
	uint32_t serial;
	uint32_t tag;
	struct chan *up;       /* no reference: outlives all players */
	struct media_up *done; /* NULL when told */

	struct item cur, next; /* ITEM_END: none */
	size_t pos;            /* samples of cur */
	struct tone tone;      /* cur */
	bool wanted;           /* the next one is on its way */
	bool last;             /* nothing more comes */
	int err;
};


void item_reset(struct item *item)
{
	prompt_unref(item->prompt);
	memset(item, 0, sizeof(*item));
	item->kind = ITEM_END;
}


static void tell_done(struct play *p, int err)
{
	struct media_up *up = p->done;

	if (!up)
		return;

	p->done     = NULL;
	up->rep.err = err;
	up->rep.tag = p->tag;
	chan_send_always(p->up, &up->msg);
}


static void destructor(void *arg)
{
	struct play *p = arg;

	tell_done(p, ECANCELED);
	item_reset(&p->cur);
	item_reset(&p->next);
}


int play_alloc(struct play **pp, media_id id, uint32_t serial, uint32_t tag,
	       struct chan *up)
{
	struct play *p;

	if (!pp || !up)
		return EINVAL;

	p = mem_zalloc(sizeof(*p), destructor);
	if (!p)
		return ENOMEM;

	p->id        = id;
	p->serial    = serial;
	p->tag       = tag;
	p->up        = up;
	p->cur.kind  = ITEM_END;
	p->next.kind = ITEM_END;
	p->wanted    = true; /* the first one comes unasked */

	p->done = up_alloc(UP_EVENT, id);
	if (!p->done) {
		mem_deref(p);
		return ENOMEM;
	}

	p->done->rep.ev = MEDIA_EV_PLAY_DONE;
	*pp = p;

	return 0;
}


static void want_next(struct play *p)
{
	struct media_up *up;

	if (p->wanted || p->last)
		return;

	up = up_alloc(UP_WANT, p->id);
	if (!up) {
		p->last = true;
		p->err  = ENOMEM;
		return;
	}

	p->wanted  = true;
	up->serial = p->serial;
	chan_send_always(p->up, &up->msg);
}


void play_item(struct play *p, struct item *item)
{
	if (!p || item->serial != p->serial || p->last) {
		item_reset(item);
		return;
	}

	p->wanted = false;

	if (item->kind == ITEM_END) {
		p->last = true;
		p->err  = item->err;
		return;
	}

	item_reset(&p->next);
	p->next = *item;
	memset(item, 0, sizeof(*item));
	item->kind = ITEM_END;
}


/* Begin with the next piece; false if it is not there */
static bool advance(struct play *p)
{
	item_reset(&p->cur);

	if (p->next.kind == ITEM_END)
		return false;

	p->cur = p->next;
	memset(&p->next, 0, sizeof(p->next));
	p->next.kind = ITEM_END;
	p->pos       = 0;

	if (p->cur.kind == ITEM_TONE)
		tone_start(&p->tone, &p->cur.tone, 0);

	want_next(p);

	return true;
}


static size_t read_cur(struct play *p, int16_t *out, size_t n)
{
	const struct prompt *pr = p->cur.prompt;

	switch (p->cur.kind) {

	case ITEM_PROMPT:
		if (n > pr->n - p->pos)
			n = pr->n - p->pos;
		memcpy(out, pr->pcm + p->pos, n * sizeof(*out));
		p->pos += n;
		return n;

	case ITEM_TONE:
		return tone_read(&p->tone, out, n);

	case ITEM_END:
		break;
	}

	return 0;
}


size_t play_read(struct play *p, int16_t *out, size_t n)
{
	size_t done = 0;

	while (done < n) {
		const size_t got = read_cur(p, out + done, n - done);

		done += got;
		if (done < n && !advance(p))
			break;
	}

	return done;
}


bool play_is_over(const struct play *p)
{
	return p->last && p->cur.kind == ITEM_END && p->next.kind == ITEM_END;
}


int play_err(const struct play *p)
{
	return p->err;
}


void play_finish(struct play *p, int err)
{
	if (!p)
		return;

	tell_done(p, err);
	mem_deref(p);
}
