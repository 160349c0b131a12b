/**
 * @file sip/dialog.c  Dialogs (RFC 3261 12): identity, routes, target, CSeq
 *
 * Everything that is kept is copied out of the messages: a dialog outlives
 * them by hours.
 */
#include "sip/dialog.h"
#include "base/rand.h"
#include "base/text.h"

enum { MAX_ROUTES = 32 };


static void routes_clear(struct sx_dialog *d)
{
	for (size_t i = 0; i < d->routec; i++)
		mem_deref(d->routev[i]);

	d->routev = mem_deref(d->routev);
	d->routec = 0;
}


static void destructor(void *data)
{
	struct sx_dialog *d = data;

	routes_clear(d);
	mem_deref(d->callid);
	mem_deref(d->ltag);
	mem_deref(d->rtag);
	mem_deref(d->local);
	mem_deref(d->remote);
	mem_deref(d->luri);
	mem_deref(d->ruri);
	mem_deref(d->target);
	mem_deref(d->hop.conn);
}


static int replace(char **strp, const struct pl *pl)
{
	char *str;
	int err = pl_strdup(&str, pl);

	if (err)
		return err;

	mem_deref(*strp);
	*strp = str;
	return 0;
}


/* From or To value without its tag and other parameters: the name-addr */
static int addr_text(char **strp, const struct sx_addr *addr)
{
	char name[256];
	struct pl pl;

	if (pl_isset(&addr->dname)) {
		sx_unquote(name, sizeof(name), &addr->dname);
		pl_set_str(&pl, name);
		return re_sdprintf(strp, "%H <%r>", sx_quote, &pl,
				   &addr->auri);
	}

	return re_sdprintf(strp, "<%r>", &addr->auri);
}


struct route_list {
	struct sx_dialog *d;
	size_t n;
	int err;
};


static bool route_handler(const struct pl *val, void *arg)
{
	struct route_list *rl = arg;

	if (rl->n == MAX_ROUTES) {
		rl->err = E2BIG;
		return true;
	}

	rl->err = pl_strdup(&rl->d->routev[rl->n], val);
	if (rl->err)
		return true;

	rl->d->routec = ++rl->n;
	return false;
}


/* The route set of a message: Record-Route in order, or reversed for the side
 * that sent the request (RFC 3261 12.1.1, 12.1.2) */
static int routes_take(struct sx_dialog *d, const struct sx_msg *msg,
		       bool reverse)
{
	struct route_list rl = {.d = d};

	routes_clear(d);

	if (!msg->counts[SX_HDR_RECORD_ROUTE])
		return 0;

	d->routev = mem_zalloc(MAX_ROUTES * sizeof(*d->routev), NULL);
	if (!d->routev)
		return ENOMEM;

	sx_msg_values(msg, SX_HDR_RECORD_ROUTE, route_handler, &rl);

	for (size_t i = 0; reverse && i < d->routec / 2; i++) {
		char *tmp = d->routev[i];

		d->routev[i] = d->routev[d->routec - 1 - i];
		d->routev[d->routec - 1 - i] = tmp;
	}

	return rl.err;
}


static int target_take(struct sx_dialog *d, const struct sx_msg *msg)
{
	struct sx_addr contact;
	int err = sx_msg_contact(msg, &contact);

	if (err)
		return err;

	if (contact.star || contact.uri.scheme == SX_SCHEME_OTHER)
		return EBADMSG;

	/* headers inside a Contact are never applied (RFC 3261 19.1.5) */
	if (pl_isset(&contact.uri.headers) && contact.uri.headers.l)
		contact.auri.l = contact.uri.headers.p - contact.auri.p;

	return replace(&d->target, &contact.auri);
}


int sx_dialog_uac(struct sx_dialog **dp, const char *local, const char *luri,
		  const char *remote, const char *ruri,
		  const struct sx_target *hop, const char *callid_host)
{
	struct sx_dialog *d;
	char id[33], tag[17];
	int err;

	if (!dp || !local || !luri || !remote || !ruri || !hop)
		return EINVAL;

	d = mem_zalloc(sizeof(*d), destructor);
	if (!d)
		return ENOMEM;

	rand_hex(id, sizeof(id));
	rand_hex(tag, sizeof(tag));

	d->uac      = true;
	d->lseq     = 101;
	d->hop      = *hop;
	d->hop.conn = mem_ref(hop->conn);
	d->peer_src = hop->dst;

	err = callid_host ? re_sdprintf(&d->callid, "%s@%s", id, callid_host)
			  : str_dup(&d->callid, id);
	err |= str_dup(&d->ltag, tag);
	err |= str_dup(&d->local, local);
	err |= str_dup(&d->luri, luri);
	err |= str_dup(&d->remote, remote);
	err |= str_dup(&d->ruri, ruri);
	err |= str_dup(&d->target, ruri);

	if (err)
		mem_deref(d);
	else
		*dp = d;

	return err ? ENOMEM : 0;
}


int sx_dialog_uas(struct sx_dialog **dp, const struct sx_msg *req,
		  const char *tag)
{
	struct sx_dialog *d;
	int err;

	if (!dp || !req || !tag)
		return EINVAL;

	d = mem_zalloc(sizeof(*d), destructor);
	if (!d)
		return ENOMEM;

	d->lseq	      = 101;
	d->rseq	      = req->cseq;
	d->rseq_known = true;
	d->peer_src   = req->src;
	sx_target_of(&d->hop, req);
	d->hop.conn = mem_ref(d->hop.conn);

	err = pl_strdup(&d->callid, &req->callid);
	err |= str_dup(&d->ltag, tag);
	err |= addr_text(&d->local, &req->to);
	err |= addr_text(&d->remote, &req->from);
	err |= pl_strdup(&d->luri, &req->to.auri);
	err |= pl_strdup(&d->ruri, &req->from.auri);
	if (pl_isset(&req->ftag))
		err |= pl_strdup(&d->rtag, &req->ftag);
	if (err) {
		err = ENOMEM;
		goto out;
	}

	err = routes_take(d, req, false);
	if (err)
		goto out;

	err = target_take(d, req);

out:
	if (err)
		mem_deref(d);
	else
		*dp = d;

	return err;
}


int sx_dialog_fork(struct sx_dialog **dp, const struct sx_dialog *d,
		   const struct sx_msg *resp)
{
	struct sx_dialog *f;
	int err;

	if (!dp || !d || !resp)
		return EINVAL;

	f = mem_zalloc(sizeof(*f), destructor);
	if (!f)
		return ENOMEM;

	f->uac	    = true;
	f->lseq	    = d->lseq;
	f->hop	    = d->hop;
	f->hop.conn = mem_ref(d->hop.conn);
	f->peer_src = d->peer_src;

	err = str_dup(&f->callid, d->callid);
	err |= str_dup(&f->ltag, d->ltag);
	err |= str_dup(&f->local, d->local);
	err |= str_dup(&f->luri, d->luri);
	err |= str_dup(&f->remote, d->remote);
	err |= str_dup(&f->ruri, d->ruri);
	err |= str_dup(&f->target, d->ruri);
	if (!err)
		err = sx_dialog_establish(f, resp);

	if (err)
		mem_deref(f);
	else
		*dp = f;

	return err;
}


int sx_dialog_establish(struct sx_dialog *d, const struct sx_msg *resp)
{
	int err;

	if (!d || !resp)
		return EINVAL;

	if (pl_isset(&resp->ttag)) {
		err = replace(&d->rtag, &resp->ttag);
		if (err)
			return err;
	}

	err = routes_take(d, resp, true);
	if (err)
		return err;

	/* some peers answer without a Contact: then the target stays what we
	 * called */
	err = target_take(d, resp);

	return err == ENOENT ? 0 : err;
}


int sx_dialog_reset(struct sx_dialog *d)
{
	char *target;

	if (!d || !d->uac)
		return EINVAL;
	if (!d->rtag)
		return 0;

	if (str_dup(&target, d->ruri))
		return ENOMEM;

	mem_deref(d->target);
	d->target = target;
	d->rtag	  = mem_deref(d->rtag);
	routes_clear(d);

	return 0;
}


int sx_dialog_refresh(struct sx_dialog *d, const struct sx_msg *msg)
{
	int err;

	if (!d || !msg)
		return EINVAL;

	err = target_take(d, msg);

	return err == ENOENT ? 0 : err;
}


bool sx_dialog_match(const struct sx_dialog *d, const struct sx_msg *msg)
{
	const struct pl *ours, *theirs;

	if (!d || !msg)
		return false;

	/* in a request To is ours, in a response to our request From is */
	ours   = msg->req ? &msg->ttag : &msg->ftag;
	theirs = msg->req ? &msg->ftag : &msg->ttag;

	if (pl_strcmp(&msg->callid, d->callid) || pl_strcmp(ours, d->ltag))
		return false;

	if (!d->rtag)
		return !pl_isset(theirs) || !msg->req;

	return 0 == pl_strcmp(theirs, d->rtag);
}


int sx_dialog_rx(struct sx_dialog *d, const struct sx_msg *req)
{
	if (!d || !req)
		return EINVAL;

	if (d->rseq_known && req->cseq <= d->rseq)
		return EPROTO;

	d->rseq	      = req->cseq;
	d->rseq_known = true;
	return 0;
}


/* True if the first route lacks ;lr: a strict router (RFC 2543) */
static bool strict_route(const struct sx_dialog *d, struct sx_addr *first)
{
	struct pl pl;

	if (!d->routec)
		return false;

	pl_set_str(&pl, d->routev[0]);
	if (sx_addr_parse(first, &pl))
		return false;

	return !sx_param(&first->uri.params, "lr", NULL);
}


const char *sx_dialog_ruri(const struct sx_dialog *d)
{
	static char buf[SX_MAX_URI + 1];
	struct sx_addr first;

	if (!d)
		return NULL;

	if (!strict_route(d, &first))
		return d->target;

	if (pl_copy(buf, sizeof(buf), &first.auri))
		return d->target;

	return buf;
}


int sx_dialog_head(struct sx_dialog *d, struct mbuf *mb, enum sx_method met,
		   uint32_t cseq)
{
	struct sx_addr first;
	bool strict;
	int err;

	if (!d || !mb)
		return EINVAL;

	if (met != SX_ACK && met != SX_CANCEL)
		cseq = ++d->lseq;

	strict = strict_route(d, &first);

	err = mbuf_printf(mb, "Max-Forwards: %u\r\n",
			  d->maxfwd ? d->maxfwd : 70);
	for (size_t i = strict ? 1 : 0; i < d->routec; i++)
		err |= mbuf_printf(mb, "Route: %s\r\n", d->routev[i]);
	if (strict)
		err |= mbuf_printf(mb, "Route: <%s>\r\n", d->target);

	err |= mbuf_printf(mb, "From: %s;tag=%s\r\n", d->local, d->ltag);
	err |= mbuf_printf(mb, "To: %s%s%s\r\n", d->remote,
			   d->rtag ? ";tag=" : "", d->rtag ? d->rtag : "");
	err |= mbuf_printf(mb, "Call-ID: %s\r\nCSeq: %u %s\r\n", d->callid,
			   cseq, sx_method_name(met));

	return err;
}
