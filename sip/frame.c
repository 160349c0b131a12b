/**
 * @file sip/frame.c  Cut a byte stream into SIP messages (RFC 3261 18.3)
 *
 * The head is parsed once when its end has come; if the body is still missing
 * then, it is parsed a second time when that is there.  A buffer in which a
 * message still lives is never moved: what remains in it goes to a new one.
 */
#include "sip/frame.h"


enum { SPACE_MIN = 2048, SPACE_NEW = 4096 };


void sx_frame_reset(struct sx_frame *f)
{
	if (!f)
		return;

	f->mb = mem_deref(f->mb);
	*f    = (struct sx_frame){0};
}


static size_t left(const struct sx_frame *f)
{
	return f->mb ? f->mb->end - f->mb->pos : 0;
}


bool sx_frame_pending(const struct sx_frame *f)
{
	return f && left(f) > 0;
}


int sx_frame_space(struct sx_frame *f, uint8_t **pp, size_t *np)
{
	size_t n = left(f);
	struct mbuf *mb;

	if (f->mb && !n && mem_nrefs(f->mb) == 1)
		mbuf_rewind(f->mb);

	if (!f->mb || f->mb->size - f->mb->end < SPACE_MIN) {

		/* twice what is there, so that copying stays linear */
		mb = mbuf_alloc(max(2 * n, f->need) + SPACE_NEW);
		if (!mb)
			return ENOMEM;

		if (n)
			memcpy(mb->buf, f->mb->buf + f->mb->pos, n);
		mb->end = n;

		mem_deref(f->mb);
		f->mb = mb;
	}

	*pp = f->mb->buf + f->mb->end;
	*np = f->mb->size - f->mb->end;

	return 0;
}


void sx_frame_add(struct sx_frame *f, size_t n)
{
	f->mb->end += n;
}


/* CRLFs between messages: two in a row are a ping (RFC 5626 4.4.1) */
static void newlines_skip(struct sx_frame *f)
{
	struct mbuf *mb = f->mb;

	for (; mb->pos < mb->end; ++mb->pos) {
		uint8_t c = mb->buf[mb->pos];

		if (c != '\r' && c != '\n')
			break;

		if (c == '\n' && ++f->newlines == 2) {
			f->newlines = 0;
			++f->pings;
		}
	}
}


static int parse(struct sx_frame *f, struct sx_msg **msgp)
{
	struct sx_msg *msg;
	size_t n;
	int err;

	err = sx_msg_parse(&msg, f->mb, true);
	if (err)
		return err;

	if (msg->noframe) {
		*msgp = msg;
		return EBADMSG;
	}

	n = msg->hlen + msg->clen;
	if (n > left(f)) {
		f->need = n;
		mem_deref(msg);
		return EAGAIN;
	}

	f->mb->pos += n;
	f->need     = 0;
	f->seen     = 0;
	f->newlines = 0;
	*msgp       = msg;

	return 0;
}


int sx_frame_next(struct sx_frame *f, struct sx_msg **msgp)
{
	const uint8_t *p;

	*msgp = NULL;

	if (!f->mb)
		return EAGAIN;

	if (!f->seen)
		newlines_skip(f);
	if (!left(f) || left(f) < f->need)
		return EAGAIN;

	p = f->mb->buf + f->mb->pos;

	/* a head without end is cut off where it is, and answered so */
	if (!f->need && !sx_msg_head(p, left(f), f->seen) &&
	    left(f) <= SX_MAX_HEAD) {
		f->seen = left(f);
		return EAGAIN;
	}

	return parse(f, msgp);
}
