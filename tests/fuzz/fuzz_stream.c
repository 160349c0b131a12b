/**
 * @file fuzz_stream.c  A byte stream cut into SIP messages
 *
 * The first byte says how large the pieces are.  The same messages must come
 * out as when the stream comes in one piece.
 */
#include "fuzz.h"
#include "sip/frame.h"
#include "base/rand.h"

struct result {
	uint64_t sum;
	unsigned messages;
	bool ended;
};


static void take(struct result *res, const struct sx_msg *m)
{
	static const uint8_t key[16] = {1};

	++res->messages;
	res->sum = res->sum * 31 + m->bad + m->hlen + m->clen;

	for (size_t i = 0; i < m->hdrc; i++)
		res->sum = res->sum * 31 + siphash24(key, m->hdrv[i].val.p,
						     m->hdrv[i].val.l);

	res->sum = res->sum * 31 + siphash24(key, m->body.p, m->body.l);
}


static void drain(struct result *res, struct sx_frame *f)
{
	struct sx_msg *m;
	int err;

	while (!(err = sx_frame_next(f, &m))) {
		HOLDS(m && !m->noframe && m->body.l <= m->clen);
		take(res, m);
		mem_deref(m);
	}

	HOLDS(err == EAGAIN || err == EBADMSG);
	res->ended = err == EBADMSG;
	if (m)
		take(res, m);
	mem_deref(m);
}


static struct result feed(const uint8_t *p, size_t n, size_t piece)
{
	struct result res = {0, 0, false};
	struct sx_frame f = {.mb = NULL};

	while (n && !res.ended) {

		uint8_t *space;
		size_t room, take_n = n < piece ? n : piece;

		HOLDS(!sx_frame_space(&f, &space, &room));
		HOLDS(room >= 2048);
		if (take_n > room)
			take_n = room;

		memcpy(space, p, take_n);
		sx_frame_add(&f, take_n);
		p += take_n;
		n -= take_n;

		drain(&res, &f);
	}

	sx_frame_reset(&f);

	return res;
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;

	struct result whole = feed(data + 1, size - 1, SIZE_MAX);
	struct result cut   = feed(data + 1, size - 1, 1 + data[0] % 64);

	/* a stream that can't go on is seen as soon as it is known: in one
	 * piece more of a broken message may be there by then */
	HOLDS(whole.messages == cut.messages);
	HOLDS(whole.ended == cut.ended);
	HOLDS(whole.ended || whole.sum == cut.sum);

	return 0;
}
