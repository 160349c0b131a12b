/**
 * @file b2bua/leg_ident.c  Who we say we are on an outgoing leg
 *
 * From, Remote-Party-ID, P-Asserted-Identity (RFC 3325, 3323) and the answer
 * to a challenge.
 */
#include "b2bua/leg_priv.h"
#include "b2bua/redirect.h"
#include "base/text.h"


static bool restricted(const struct leg_identity *id)
{
	return id->pres >= 0 && (id->pres & CALLINGPRES_PROHIB);
}


/* host[:port] of From: fromdomain, else our address as the peer sees it */
static int print_host(const struct leg *leg, struct mbuf *mb,
		      const struct sa *our, bool hide)
{
	const struct peer *peer = leg->peer;

	if (peer->fromdomain)
		return mbuf_write_str(mb, peer->fromdomain);

	if (hide)
		return mbuf_write_str(mb, "anonymous.invalid");

	if (sa_port(our) && sa_port(our) != 5060)
		return mbuf_printf(mb, "%J", our);

	return mbuf_printf(mb, sa_af(our) == AF_INET6 ? "[%j]" : "%j", our);
}


static int print_uri(const struct leg *leg, struct mbuf *mb, const char *user,
		     const struct sa *our, bool hide)
{
	struct pl pl;
	int err;

	pl_set_str(&pl, user);
	err = mbuf_printf(mb, "sip:%H@", sx_escape_user, &pl);

	return err | print_host(leg, mb, our, hide);
}


/*
 * From of the INVITE: the name-addr into mb, its URI into uri.  fromuser and
 * fromdomain stay in force when the caller hides: they are the account.
 */
int leg_from_print(struct leg *leg, struct mbuf *mb, struct mbuf *uri,
		   const struct sa *our)
{
	const struct leg_identity *id = &leg->dial->from;
	const struct general *g	      = &leg->cfg->general;
	bool hide = restricted(id);
	const char *user, *name;
	struct pl pl;
	int err;

	user = leg->peer->fromuser ? leg->peer->fromuser
	       : hide		   ? "anonymous"
	       : id->num[0]	   ? id->num
	       : g->callerid	   ? g->callerid
				   : "tandem";
	name = hide ? "Anonymous" : id->name;

	err = print_uri(leg, uri, user, our, hide);
	if (leg_is_phone(leg->peer, user))
		err |= mbuf_write_str(uri, ";user=phone");
	if (err)
		return err;

	pl_set_str(&pl, name);
	if (pl.l)
		err = mbuf_printf(mb, "%H ", sx_quote, &pl);

	err |= mbuf_printf(mb, "<%b>", uri->buf, uri->end);

	return err;
}


static int print_pai(const struct leg *leg, struct mbuf *mb,
		     const struct leg_identity *id, const struct pl *name,
		     const struct sa *our)
{
	bool hide = restricted(id);
	int err;

	if (hide && leg->peer->trust_id_outbound == TRUST_OUTBOUND_LEGACY)
		return mbuf_write_str(mb,
				      "P-Asserted-Identity: \"Anonymous\" "
				      "<sip:anonymous@anonymous.invalid>\r\n");

	err = mbuf_printf(mb, "P-Asserted-Identity: %H <", sx_quote, name);
	err |= print_uri(leg, mb, id->num, our, false);
	err |= mbuf_write_str(mb, ">\r\n");
	if (hide)
		err |= mbuf_write_str(mb, "Privacy: id\r\n");

	return err;
}


static int print_rpid(const struct leg *leg, struct mbuf *mb,
		      const struct leg_identity *id, const struct pl *name,
		      const struct sa *our)
{
	bool hide    = restricted(id);
	int screened = id->pres < 0 ? 0 : id->pres & 3;
	struct pl num;
	int err;

	pl_set_str(&num, id->num);
	err = mbuf_printf(mb, "Remote-Party-ID: %H <sip:%H@", sx_quote, name,
			  sx_escape_user, &num);
	if (hide && leg->peer->trust_id_outbound == TRUST_OUTBOUND_LEGACY)
		err |= mbuf_write_str(mb, "anonymous.invalid");
	else
		err |= print_host(leg, mb, our, false);

	return err | mbuf_printf(mb, ">;party=%s;privacy=%s;screen=%s\r\n",
				 leg->outgoing ? "calling" : "called",
				 hide ? "full" : "off",
				 screened == CALLINGPRES_PASSED ||
						 screened ==
							 CALLINGPRES_NETWORK
					 ? "yes"
					 : "no");
}


static int diversion_line(struct leg *leg, struct mbuf *mb,
			  const struct sa *our, const char *number,
			  const char *why, uint32_t count)
{
	int err = mbuf_write_str(mb, "Diversion: <");

	err |= print_uri(leg, mb, number, our, false);

	return err | mbuf_printf(mb, ">;reason=%s;counter=%u\r\n",
				 why[0] ? why : "unconditional", count);
}


/* Who forwarded the call, the last one first (RFC 5806) */
static int print_diversion(struct leg *leg, struct mbuf *mb,
			   const struct sa *our)
{
	const struct redirect *r = leg->dial->redir;
	const bool more = r->orig[0] && r->count > 1;
	int err;

	err = diversion_line(leg, mb, our, r->from, r->why,
			     more ? r->count - 1 : r->count ? r->count : 1);
	if (more)
		err |= diversion_line(leg, mb, our, r->orig, r->orig_why, 1);

	return err;
}


static int history_entry(struct leg *leg, struct mbuf *mb,
			 const struct sa *our, const char *number,
			 const char *why, unsigned depth)
{
	int err;

	err = mbuf_printf(mb, "%s<", depth ? ", " : "History-Info: ");
	err |= print_uri(leg, mb, number, our, false);
	if (why)
		err |= mbuf_printf(mb, ";cause=%u", redirect_cause(why));
	err |= mbuf_write_str(mb, ">;index=1");
	for (unsigned i = 0; i < depth; i++)
		err |= mbuf_write_str(mb, ".1");
	if (why)
		err |= mbuf_printf(mb, ";mp=1%s%s", depth > 1 ? ".1" : "",
				   depth > 2 ? ".1" : "");

	return err;
}


/* The same as the places that it was meant for, the first one first
 * (RFC 7044) */
static int print_history(struct leg *leg, struct mbuf *mb,
			 const struct sa *our)
{
	const struct redirect *r = leg->dial->redir;
	struct pl ruri;
	struct sx_uri to;
	char user[256];
	unsigned depth = 0;
	int err = 0;

	pl_set_str(&ruri, sx_dialog_ruri(leg->dlg));
	if (sx_uri_parse(&to, &ruri) ||
	    sx_unescape(user, sizeof(user), &to.user))
		user[0] = '\0';

	if (r->orig[0])
		err |= history_entry(leg, mb, our, r->orig, NULL, depth++);

	err |= history_entry(leg, mb, our, r->from,
			     depth ? r->orig_why : NULL, depth);
	++depth;
	if (user[0])
		err |= history_entry(leg, mb, our, user, r->why, depth);

	return err | mbuf_write_str(mb, "\r\n");
}


int leg_diversion_print(struct leg *leg, struct mbuf *mb)
{
	const struct redirect *r = leg->dial->redir;
	struct sa our;
	int err;

	if (!r || !r->from[0] ||
	    (!leg->peer->send_diversion && !leg->peer->send_history))
		return 0;

	err = sx_public_addr(server()->sx, &our, &leg->dlg->hop);
	if (err)
		return err;

	if (leg->peer->send_diversion)
		err = print_diversion(leg, mb, &our);
	if (!err && leg->peer->send_history)
		err = print_history(leg, mb, &our);

	return err;
}


/* The header of sendrpid=, nothing without it: who calls, or toward the
 * caller who is called */
int leg_identity_print(struct leg *leg, struct mbuf *mb)
{
	const struct leg_identity *id = leg_connected_id(leg);
	const struct peer *peer	      = leg->peer;
	struct pl name;
	struct sa our;
	int err;

	leg_connected_told(leg);
	if (!id && leg->outgoing && leg->dial)
		id = &leg->dial->from;
	if (peer->sendrpid == SENDRPID_NO || !id || !id->num[0])
		return 0;
	if (restricted(id) && peer->trust_id_outbound == TRUST_OUTBOUND_NO)
		return 0;

	err = sx_public_addr(server()->sx, &our, &leg->dlg->hop);
	if (err)
		return err;

	pl_set_str(&name, id->name[0] ? id->name : id->num);

	return peer->sendrpid == SENDRPID_PAI
		       ? print_pai(leg, mb, id, &name, &our)
		       : print_rpid(leg, mb, id, &name, &our);
}


/* ---- challenges --------------------------------------------------------- */

static const struct auth_cred *realm_cred(const struct list *l,
					  const char *realm)
{
	for (const struct le *le = list_head(l); le; le = le->next) {
		const struct auth_cred *c = le->data;

		if (c->realm && !strcmp(c->realm, realm))
			return c;
	}

	return NULL;
}


/* What is everybody's is for providers: anybody can ask in the name of their
 * realm.  Not for a phone, nor for a host that a phone has forwarded to */
static bool is_provider(const struct leg *leg)
{
	const struct peer *peer = leg->peer;

	if (peer->name)
		return !peer->dynamic && peer->host.host;

	return !leg->dial || !leg->dial->redir;
}


/* auth= of the peer, then [authentication] */
static const struct auth_cred *cred_find(const struct leg *leg)
{
	const char *realm = leg->auth->realm;
	const struct auth_cred *c = realm_cred(&leg->peer->auth, realm);

	if (c || !is_provider(leg))
		return c;

	return realm_cred(&leg->cfg->general.auth, realm);
}


/*
 * Remember the challenge of a 401 or 407.  False if there is nothing to answer
 * it with: only this peer's own credentials are used, and only on legs that we
 * placed toward it, twice at most.
 */
bool leg_may_authenticate(struct leg *leg, const struct sx_msg *resp)
{
	struct sx_uac_state *st = leg->auth;

	if (!leg->outgoing)
		return false;
	if (!st)
		st = leg->auth = mem_zalloc(sizeof(*st), NULL);
	if (!st || st->tries >= 2)
		return false;
	st->md5_only = leg->peer->md5secret && !leg->peer->remotesecret &&
		       !leg->peer->secret;
	if (sx_uac_auth_challenge(st, resp))
		return false;

	return leg->peer->remotesecret || leg->peer->secret ||
	       leg->peer->md5secret || cred_find(leg);
}


void leg_auth_again(struct leg *leg)
{
	if (leg->auth)
		leg->auth->tries = 0;
}


int leg_auth_print(struct leg *leg, struct mbuf *mb, enum sx_method met,
		   const char *uri)
{
	const struct peer *peer = leg->peer;
	const struct auth_cred *c;
	const char *user;

	if (!leg->auth || !leg->auth->nonce[0])
		return 0;

	c = cred_find(leg);
	if (c)
		return sx_uac_auth_print(leg->auth, mb, c->user, c->secret,
					 c->md5, met, uri);

	user = peer->defaultuser ? peer->defaultuser
	       : peer->fromuser	 ? peer->fromuser
				 : peer->name;

	return sx_uac_auth_print(leg->auth, mb, user,
				 peer->remotesecret ? peer->remotesecret
						    : peer->secret,
				 peer->remotesecret ? NULL : peer->md5secret,
				 met, uri);
}
