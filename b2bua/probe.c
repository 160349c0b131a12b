/**
 * @file b2bua/probe.c  An OPTIONS that asks whether somebody is there
 */
#include "b2bua/probe.h"
#include "b2bua/server.h"
#include "base/rand.h"


static int print(struct mbuf *mb, const struct peer *peer,
		 const struct sx_target *t, const char *ruri)
{
	char tag[17], id[33];
	struct sa our;
	int err;

	err = sx_public_addr(server()->sx, &our, t);
	if (err)
		return err;

	rand_hex(tag, sizeof(tag));
	rand_hex(id, sizeof(id));
	err = mbuf_printf(mb,
			  "Max-Forwards: 70\r\n"
			  "From: <sip:%s@%J>;tag=%s\r\n"
			  "To: <%s>\r\n"
			  "Call-ID: %s\r\n"
			  "CSeq: 1 OPTIONS\r\n"
			  "Contact: <sip:%J>\r\n"
			  "Accept: application/sdp\r\n",
			  peer->fromuser ? peer->fromuser : "tandem", &our,
			  tag, ruri, id, &our);

	return err | sx_head_end(server()->sx, mb, NULL, NULL);
}


int probe_send(struct sx_ctrans **ctp, const struct peer *peer,
	       const struct sx_target *t, const char *ruri, sx_response_h *h,
	       void *arg)
{
	struct mbuf *mb = mbuf_alloc(512);
	char buf[320];
	int err;

	if (!mb)
		return ENOMEM;

	if (!ruri) {
		const char *host = peer->host.host;
		bool v6 = host && strchr(host, ':') && host[0] != '[';

		if (host)
			(void)re_snprintf(buf, sizeof(buf),
					  v6 ? "sip:[%s]" : "sip:%s", host);
		else
			(void)re_snprintf(buf, sizeof(buf), "sip:%J",
					  &t->dst);
		ruri = buf;
	}

	err = print(mb, peer, t, ruri);
	if (!err) {
		mb->pos = 0;
		err = sx_request(ctp, server()->sx, t, SX_OPTIONS, ruri, mb,
				 h, arg);
	}

	mem_deref(mb);
	return err;
}
