/**
 * @file b2bua/mwi_notify.c  The lamp of a phone that did not ask: NOTIFY
 *                           outside of any subscription (RFC 3842)
 *
 * chan_sip's habit, and what mailbox= without subscribemwi= means.  The answer
 * decides nothing: the next change tries again.
 */
#include "b2bua/location.h"
#include "b2bua/mwi_priv.h"
#include "b2bua/server.h"
#include "base/rand.h"


static const char *vmexten(const struct peer *peer)
{
	return peer->vmexten && peer->vmexten[0] ? peer->vmexten : "asterisk";
}


/* "sip:asterisk@127.0.0.1" */
static int print_account(char *buf, size_t n, const struct peer *peer,
			 const struct sa *our)
{
	struct pl pl;

	pl_set_str(&pl, vmexten(peer));

	return re_snprintf(buf, n, "sip:%H@%J", sx_escape_user, &pl, our) < 0
		       ? ENOBUFS
		       : 0;
}


static int print_request(struct mbuf *mb, const struct peer *peer,
			 const struct sx_target *t, const char *ruri)
{
	struct mbuf *body = mbuf_alloc(256);
	char tag[17], id[33], account[320];
	struct mwi_count n;
	struct sa our;
	int err = ENOMEM;

	if (!body)
		return ENOMEM;

	(void)mwi_sum(peer->mailbox, &n);
	rand_hex(tag, sizeof(tag));
	rand_hex(id, sizeof(id));

	err = sx_public_addr(server()->sx, &our, t);
	if (!err)
		err = print_account(account, sizeof(account), peer, &our);
	if (err)
		goto out;

	err = mbuf_printf(mb,
			  "Max-Forwards: 70\r\n"
			  "From: <%s>;tag=%s\r\n"
			  "To: <%s>\r\n"
			  "Call-ID: %s\r\n"
			  "CSeq: 102 NOTIFY\r\n"
			  "Contact: <%s>\r\n"
			  "Event: message-summary\r\n"
			  "Subscription-State: terminated;reason=noresource"
			  "\r\n", account, tag, ruri, id, account);
	err |= mwi_print_body(body, &n, account);
	err |= sx_head_end(server()->sx, mb,
			   server()->cfg->general.notifymimetype
				   ? server()->cfg->general.notifymimetype
				   : "application/simple-message-summary",
			   body);

out:
	mem_deref(body);
	return err;
}


static void send_to(const struct peer *peer, const struct sx_target *t,
		    const char *ruri)
{
	struct mbuf *mb = mbuf_alloc(768);
	int err = mb ? print_request(mb, peer, t, ruri) : ENOMEM;

	if (!err) {
		mb->pos = 0;
		err = sx_request(NULL, server()->sx, t, SX_NOTIFY, ruri, mb,
				 NULL, NULL);
	}
	if (err)
		log_info("mwi", "%s: not told of its messages: %m",
			 peer->name, err);

	mem_deref(mb);
}


/* Each place that it has registered from, or the address that it has */
static void notify_peer(const struct peer *peer)
{
	struct sx_target t;
	const char *uri;
	char buf[320];
	bool known;

	if (!peer->dynamic) {
		memset(&t, 0, sizeof(t));
		if (!sa_isset(&peer->host.sa, SA_ADDR))
			return; /* a trunk by name has no lamp */

		t.dst = peer->host.sa;
		if (!sa_port(&t.dst))
			sa_set_port(&t.dst, peer->host.port ? peer->host.port
							    : 5060);
		(void)re_snprintf(buf, sizeof(buf), "sip:%J", &t.dst);
		send_to(peer, &t, buf);
		return;
	}

	for (uint32_t i = 0; i <= peer->maxcontacts; i++) {
		if (location_target_at(peer, i, &t, &uri, &known))
			return;
		if (known && uri)
			send_to(peer, &t, uri);
	}
}


static bool wants(const struct peer *peer)
{
	return peer->mailbox && peer->mailbox[0] && !peer->subscribemwi &&
	       (peer->type & PEER_TYPE_PEER);
}


void mwi_registered(const struct peer *peer)
{
	if (peer && wants(peer))
		notify_peer(peer);
}


void mwi_notify_box(const char *mailbox)
{
	const struct server *srv = server();

	if (!srv || !srv->cfg || !srv->sx)
		return;

	for (struct le *le = list_head(&srv->cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;

		if (wants(peer) && mwi_list_has(peer->mailbox, mailbox))
			notify_peer(peer);
	}
}
