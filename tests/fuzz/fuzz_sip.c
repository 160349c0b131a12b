/**
 * @file fuzz_sip.c  A SIP datagram through everything that reads it before the
 * transactions: parser, validity, values, addresses, credentials
 *
 * Besides memory: every part lies inside the input, the answer to a fault is
 * one that exists and holds no line of the peer's, and a name written back
 * into an address is the only thing in its place.
 */
#include "fuzz.h"
#include "sip/digest.h"
#include "sip/sane.h"


static const struct mbuf *input;


static void inside(const struct pl *pl)
{
	const char *start = (const char *)input->buf;

	HOLDS(!pl->l ||
	      (pl->p >= start && pl->p + pl->l <= start + input->end));
}


static void uri_look(const struct sx_uri *uri)
{
	char buf[256];

	inside(&uri->user);
	inside(&uri->password);
	inside(&uri->host);
	inside(&uri->params);
	inside(&uri->headers);
	(void)sx_param(&uri->params, "transport", NULL);

	if (!sx_unescape(buf, sizeof(buf), &uri->user))
		HOLDS(strlen(buf) <= uri->user.l);
}


/* Written by us and read again it is one address, with our tag */
static void addr_again(const struct sx_addr *addr)
{
	char *text = NULL;
	struct sx_addr again;
	struct pl pl, tag;

	HOLDS(!re_sdprintf(&text, "%H <sip:%H@host>;tag=ours", sx_quote,
			   &addr->dname, sx_escape_user, &addr->uri.user));
	pl_set_str(&pl, text);
	HOLDS(!strpbrk(text, "\r\n"));
	HOLDS(!sx_addr_parse(&again, &pl) ||
	      addr->uri.user.l == 0); /* "@host" is no address */

	if (addr->uri.user.l) {
		HOLDS(!pl_strcmp(&again.uri.host, "host"));
		HOLDS(sx_param(&again.params, "tag", &tag));
		HOLDS(!pl_strcmp(&tag, "ours"));
	}

	mem_deref(text);
}


static void addr_look(const struct sx_addr *addr)
{
	inside(&addr->dname);
	inside(&addr->auri);
	inside(&addr->params);
	uri_look(&addr->uri);
	addr_again(addr);
}


static bool value_look(const struct pl *val, void *arg)
{
	struct sx_addr addr;
	struct sx_via via;
	(void)arg;

	inside(val);
	HOLDS(val->l);

	if (!sx_addr_parse(&addr, val) && !addr.star)
		addr_look(&addr);

	if (!sx_via_parse(&via, val)) {
		inside(&via.host);
		inside(&via.branch);
	}

	return false;
}


static void auth_look(const struct pl *val)
{
	struct sx_auth_resp r;
	struct sx_auth_chal c;

	if (!sx_auth_resp_parse(&r, val)) {
		inside(&r.user);
		inside(&r.response);
	}

	if (!sx_auth_chal_parse(&c, val)) {
		inside(&c.nonce);
		HOLDS(!memchr(c.nonce.p, '\n', c.nonce.l));
	}
}


static void msg_look(const struct sx_msg *m)
{
	uint32_t n;

	HOLDS(m->hdrc <= SX_MAX_HEADERS);
	HOLDS(m->hlen <= input->end);
	HOLDS(m->bad || m->nvia);
	HOLDS(m->req || m->bad || (m->scode >= 100 && m->scode < 700));
	inside(&m->met);
	inside(&m->ruri);
	inside(&m->reason);
	inside(&m->ftag);
	inside(&m->ttag);
	inside(&m->callid);
	inside(&m->via.branch);
	inside(&m->body);
	uri_look(&m->uri);

	if (m->from.auri.p)
		addr_look(&m->from);

	for (size_t i = 0; i < m->hdrc; i++) {
		inside(&m->hdrv[i].name);
		inside(&m->hdrv[i].val);
		auth_look(&m->hdrv[i].val);
		(void)sx_msg_u32(m, m->hdrv[i].id, &n);
	}

	for (int id = 0; id < SX_HDR_MAX; id++)
		sx_msg_values(m, (enum sx_hdrid)id, value_look, NULL);
}


static void verdict_look(const struct sx_msg *m)
{
	struct sx_verdict v;

	sx_sane(&v, m);

	size_t n = strlen(v.hdr);

	HOLDS(n < sizeof(v.hdr));
	HOLDS(!v.scode || (v.scode >= 400 && v.scode < 600 && v.reason));
	HOLDS(!m->bad || v.scode == m->bad);
	HOLDS(v.drop || !v.scode || m->req);

	/* one line at the most, and it is whole */
	if (n)
		HOLDS(strstr(v.hdr, "\r\n") == v.hdr + n - 2);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mbuf *mb = fuzz_mbuf(data, size);

	input = mb;

	for (int stream = 0; stream < 2; stream++) {

		struct sx_msg *m = NULL;

		if (sx_msg_parse(&m, mb, stream))
			continue;

		size_t head = sx_msg_head(mb->buf, mb->end, 0);

		/* the two that look for the end of the head agree */
		HOLDS(!head || head == m->hlen);
		HOLDS(head == sx_msg_head(mb->buf, mb->end, size / 2) ||
		      size / 2 > head);
		msg_look(m);
		verdict_look(m);
		mem_deref(m);
	}

	mem_deref(mb);

	return 0;
}
