/**
 * @file fuzz_digest.c  Credentials and challenges, up to a header that we write
 * ourselves out of a challenge: it is one line and can be read again
 */
#include "fuzz.h"
#include "sip/digest.h"


/* A response with the input as challenge */
static struct sx_msg *response(const struct mbuf *in)
{
	struct mbuf *mb	 = mbuf_alloc(in->end + 64);
	struct sx_msg *m = NULL;

	HOLDS(!mbuf_write_str(mb, "SIP/2.0 401 x\r\nWWW-Authenticate: "));
	HOLDS(!mbuf_write_mem(mb, in->buf, in->end));
	HOLDS(!mbuf_write_str(mb, "\r\n\r\n"));
	mb->pos = 0;

	(void)sx_msg_parse(&m, mb, false);
	mem_deref(mb);

	return m;
}


static void answer_look(struct sx_uac_state *st)
{
	struct mbuf *mb = mbuf_alloc(1024);
	struct sx_auth_resp r;

	HOLDS(!sx_uac_auth_print(st, mb, "user", "secret", NULL, SX_INVITE,
				 "sip:a@b"));
	HOLDS(mb->end > 17 && !memcmp(mb->buf, "Authorization: ", 15));

	struct pl line = {(const char *)mb->buf + 15, mb->end - 17};

	HOLDS(!memchr(line.p, '\n', line.l) && !memchr(line.p, '\r', line.l));
	HOLDS(!sx_auth_resp_parse(&r, &line));
	HOLDS(!pl_strcmp(&r.nonce, st->nonce));
	HOLDS(!pl_strcmp(&r.realm, st->realm));
	HOLDS(!pl_strcmp(&r.user, "user"));
	HOLDS(r.alg == st->alg);

	mem_deref(mb);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mbuf *mb	       = fuzz_mbuf(data, size);
	struct pl val	       = {(const char *)mb->buf, mb->end};
	struct sx_uac_state st = {.tries = 0};
	struct sx_auth_resp r;
	struct sx_auth_chal c;

	(void)sx_auth_resp_parse(&r, &val);
	(void)sx_auth_chal_parse(&c, &val);

	struct sx_msg *m = response(mb);

	if (m && m->scode && !sx_uac_auth_challenge(&st, m))
		answer_look(&st);

	mem_deref(m);
	mem_deref(mb);

	return 0;
}
