/**
 * @file b2bua/caller.c  The caller as the dialplan sees it
 *
 * Name and number: what callerid= of the peer says, unless the peer is trusted
 * to identify its callers (trustrpid=); else From.  Each text from the message
 * is marked as such (cid_wire, tainted variables).
 */
#include "b2bua/caller.h"
#include "b2bua/cdr.h"
#include "b2bua/redirect.h"
#include "b2bua/server.h"
#include "base/text.h"
#include "config/number.h"


struct pl caller_user(char *buf, size_t n, const struct pl *raw)
{
	const struct general *g = &server()->cfg->general;
	struct pl pl = *raw, user = PL_INIT;
	const char *semi = pl_strchr(raw, ';');

	if (g->legacy_useroption_parsing && semi)
		pl.l = (size_t)(semi - pl.p);

	if (g->pedantic ? sx_unescape(buf, n, &pl) : pl_copy(buf, n, &pl))
		buf[0] = '\0';

	pl_set_str(&user, buf);
	return user;
}


/* tel: has separators for the eye (RFC 3966 5.1.1) */
struct pl caller_uri(char *buf, size_t n, const struct sx_uri *uri)
{
	struct pl user = caller_user(buf, n, &uri->user);

	if (uri->scheme == SX_SCHEME_TEL) {
		caller_shrink(buf);
		pl_set_str(&user, buf);
	}

	return user;
}


bool caller_addr_handler(const struct pl *val, void *arg)
{
	struct sx_addr *addr = arg;

	return !sx_addr_parse(addr, val) && addr->uri.user.l;
}


void caller_shrink(char *num)
{
	char *out = num;

	if (num[strspn(num, "0123456789*#+()-. ")])
		return;

	for (const char *p = num; *p; p++) {
		if (!strchr("()-. ", *p))
			*out++ = *p;
	}

	*out = '\0';
}


/* A caller's number as it is written here: incallerformat */
static void local_form(char *num, size_t n, const struct peer *peer)
{
	char buf[256];

	if (peer->name && num[0] &&
	    !number_caller_in(buf, sizeof(buf), server()->cfg, peer, num))
		str_ncpy(num, buf, n);
}


struct pl caller_number(char *buf, size_t n, const struct peer *peer,
			const struct sx_msg *msg)
{
	struct pl pl;

	if (!peer->cid_num) {
		(void)caller_uri(buf, n, &msg->from.uri);
		if (server()->cfg->general.shrinkcallerid)
			caller_shrink(buf);
		local_form(buf, n, peer);
	}

	pl_set_str(&pl, peer->cid_num ? peer->cid_num : buf);
	return pl;
}


/* ---- name and number ---------------------------------------------------- */

/* One line of Privacy (RFC 3323 4.2); "none" stands alone */
static bool asks_privacy(const struct pl *val)
{
	struct pl rest = *val, word;
	bool asked = false;

	while (pl_next(&word, &rest, ';')) {
		word = pl_trim(word);
		if (!pl_strcasecmp(&word, "none"))
			return false;
		if (!pl_strcasecmp(&word, "id") ||
		    !pl_strcasecmp(&word, "user") ||
		    !pl_strcasecmp(&word, "full"))
			asked = true;
	}

	return asked;
}


static bool wants_privacy(const struct sx_msg *msg)
{
	const struct pl *val;

	for (size_t i = 0; (val = sx_msg_hdr(msg, SX_HDR_PRIVACY, i)); i++) {
		if (asks_privacy(val))
			return true;
	}

	return false;
}


/* privacy and screen of a Remote-Party-ID as one presentation */
static int rpid_pres(const struct sx_addr *addr)
{
	struct pl val;
	bool hide = sx_param(&addr->params, "privacy", &val) &&
		    pl_strcasecmp(&val, "off");
	int pres = hide ? CALLINGPRES_PROHIB : CALLINGPRES_ALLOWED;

	if (sx_param(&addr->params, "screen", &val) &&
	    !pl_strcasecmp(&val, "yes"))
		pres |= CALLINGPRES_PASSED;

	return pres;
}


bool caller_asserted(struct leg_identity *id, const struct peer *peer,
		     const struct sx_msg *msg)
{
	const struct pl *rpid;
	struct sx_addr addr;

	if (!peer->trustrpid)
		return false;

	memset(id, 0, sizeof(*id));
	id->pres = -1;
	if (sx_msg_values(msg, SX_HDR_P_ASSERTED_ID, caller_addr_handler,
			  &addr)) {
		if (wants_privacy(msg))
			id->pres = CALLINGPRES_PROHIB;
	}
	else {
		rpid = sx_msg_hdr(msg, SX_HDR_REMOTE_PARTY_ID, 0);
		if (!rpid || sx_addr_parse(&addr, rpid))
			return false;
		id->pres = rpid_pres(&addr);
	}

	(void)caller_uri(id->num, sizeof(id->num), &addr.uri);
	sx_unquote(id->name, sizeof(id->name), &addr.dname);

	return true;
}


static bool trusted_identity(struct call *call, const struct peer *peer,
			     const struct sx_msg *msg)
{
	struct leg_identity id;

	if (!caller_asserted(&id, peer, msg))
		return false;

	str_ncpy(call->cid_num, id.num, sizeof(call->cid_num));
	str_ncpy(call->cid_name, id.name, sizeof(call->cid_name));
	call->cid_pres = id.pres;
	call->cid_wire = true;

	return true;
}


static void caller_id(struct call *call, const struct peer *peer,
		      const struct sx_msg *msg)
{
	call->cid_pres = -1;

	if (trusted_identity(call, peer, msg))
		return;

	if (peer->callingpres >= 0)
		call->cid_pres = peer->callingpres;

	call->cid_wire = !peer->cid_num || !peer->cid_name;
	if (peer->cid_num)
		str_ncpy(call->cid_num, peer->cid_num, sizeof(call->cid_num));
	else
		(void)caller_uri(call->cid_num, sizeof(call->cid_num),
				 &msg->from.uri);

	if (peer->cid_name)
		str_ncpy(call->cid_name, peer->cid_name,
			 sizeof(call->cid_name));
	else if (!peer->cid_num)
		sx_unquote(call->cid_name, sizeof(call->cid_name),
			   &msg->from.dname);
}


/* ---- variables ---------------------------------------------------------- */

static int set_wire(struct vars *vars, const char *name, const struct pl *val)
{
	struct pl pl;

	pl_set_str(&pl, name);
	return vars_set(vars, &pl, val, true);
}


/* Who sent the call here (RFC 5806): the number is CALLERID(rdnis) */
static int diversion(struct call *call, const struct peer *peer,
		     const struct sx_msg *msg)
{
	const struct redirect *r;
	struct sx_addr addr;
	struct pl why;
	int err;

	err = redirect_decode(call, msg);
	if (call->redir)
		call->redir->unproven = !peer->trustrpid &&
					(!peer->name || peer->dynamic);
	r = redirect_of(call);
	if (err || !r)
		return err;

	if (sx_msg_values(msg, SX_HDR_DIVERSION, caller_addr_handler, &addr))
		err = set_wire(call->vars, "__SIPRDNISDOMAIN",
			       &addr.uri.host);
	if (r->why[0]) {
		pl_set_str(&why, r->why);
		err |= set_wire(call->vars, "__PRIREDIRECTREASON", &why);
		err |= set_wire(call->vars, "__SIPREDIRECTREASON", &why);
	}

	return err;
}


static int call_vars(struct call *call, const struct peer *peer,
		     const struct sx_msg *msg)
{
	struct sx_addr contact;
	struct pl context;
	int err = 0;

	for (struct le *le = list_head(&peer->setvars); le; le = le->next) {
		const struct var_def *v = le->data;

		err |= vars_set_str(call->vars, v->name, v->value);
	}

	err |= set_wire(call->vars, "SIPURI",
			!sx_msg_contact(msg, &contact) ? &contact.auri
						       : &msg->from.auri);
	err |= set_wire(call->vars, "SIPDOMAIN", &msg->uri.host);
	err |= set_wire(call->vars, "SIPCALLID", &msg->callid);
	if (sx_param(&msg->uri.params, "phone-context", &context))
		err |= set_wire(call->vars, "SIPURIPHONECONTEXT", &context);

	return err | diversion(call, peer, msg);
}


void caller_fill(struct call *call, const struct peer *peer,
		 const struct sx_msg *msg, const char *exten, bool trusted)
{
	caller_id(call, peer, msg);
	if (call->cid_wire && server()->cfg->general.shrinkcallerid &&
	    !peer->cid_num)
		caller_shrink(call->cid_num);
	if (call->cid_wire)
		local_form(call->cid_num, sizeof(call->cid_num), peer);

	str_ncpy(call->dnid, exten, sizeof(call->dnid));
	str_ncpy(call->language, peer->language ? peer->language : "en",
		 sizeof(call->language));
	if (peer->accountcode)
		str_ncpy(call->accountcode, peer->accountcode,
			 sizeof(call->accountcode));
	if (peer->amaflags)
		(void)cdr_write(call, "amaflags", peer->amaflags, false);
	call->trusted = trusted;

	if (call_vars(call, peer, msg))
		log_warning("call", "call %s: variables of %s are incomplete",
			    call->id, peer->name ? peer->name : "the guest");
}
