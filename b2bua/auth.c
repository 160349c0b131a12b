/**
 * @file b2bua/auth.c  Digest on incoming requests
 */
#include "b2bua/auth.h"
#include "b2bua/guard.h"
#include "b2bua/server.h"
#include "base/count.h"
#include "base/log.h"

enum { FIELD_MAX = 128 };


bool auth_has_secret(const struct peer *peer)
{
	return peer &&
	       (peer->secret || peer->md5secret || peer->sha256secret);
}


enum sx_auth_result auth_verify(const struct sx_msg *msg,
				const struct sx_auth_resp *r,
				const struct peer *peer)
{
	const char *ha1 = NULL;

	if (peer)
		ha1 = r->alg == SX_ALG_SHA256 ? peer->sha256secret
					      : peer->md5secret;

	return sx_uas_auth_verify(server()->auth, msg, r,
				  peer && !ha1 ? peer->secret : NULL, ha1);
}


/* Nothing that a peer wrote can leave its quotes or parentheses in the log */
static int print_clean(struct re_printf *pf, const struct pl *pl)
{
	int err = 0;

	for (size_t i = 0; i < pl->l && i < FIELD_MAX && !err; i++) {
		char c = pl->p[i];

		if (c == '\'' || c == '"' || c == '(' || c == ')')
			err = re_hprintf(pf, "%%%02x", (unsigned)c);
		else
			err = pf->vph(&c, 1, pf->arg);
	}

	return err;
}


static int print_from(struct re_printf *pf, const struct sx_msg *msg)
{
	int err = 0;

	if (msg->from.dname.l)
		err = re_hprintf(pf, "\"%H\" ", print_clean,
				 &msg->from.dname);

	return err | re_hprintf(pf, "<%H>", print_clean, &msg->from.auri);
}


/* For requests other than REGISTER log filters know other words */
static const char *other_words(const char *why)
{
	if (!strcmp(why, "No matching peer found"))
		return "No matching endpoint found";
	if (!strcmp(why, "Device does not match ACL"))
		return "Not match Endpoint ACL";

	return "Failed to authenticate";
}


static void tell_log(const struct sx_msg *msg, const char *what,
		     const char *why)
{
	if (!guard_log(&msg->src))
		return;

	if (!guard_is_proven(msg))
		log_info("auth", "%s of %H at %J refused: %s; nothing proves "
			 "that address", what, print_from, msg, &msg->src,
			 why);
	else if (msg->method == SX_REGISTER)
		log_notice("chan_sip.c", "%s from '%H' failed for '%J' - %s",
			   what, print_from, msg, &msg->src, why);
	else
		log_notice("chan_sip.c", "Request '%H' from '%H' failed for "
			   "'%J' (callid: %H) - %s", print_clean, &msg->met,
			   print_from, msg, &msg->src, print_clean,
			   &msg->callid, other_words(why));
}


/* user NULL: no password was tried */
static void tell(const struct sx_msg *msg, const struct pl *user,
		 const char *what, const char *why)
{
	const struct pl *agent = sx_msg_hdr(msg, SX_HDR_USER_AGENT, 0);
	const struct pl *as    = user ? user : &msg->to.uri.user;
	struct pl none = PL_INIT;
	char text[256];

	count_inc(COUNT_SIP_AUTH_FAIL);
	tell_log(msg, what, why);

	(void)re_snprintf(text, sizeof(text), "%H as %H, %s, %H", print_clean,
			  &msg->met, print_clean, as, why, print_clean,
			  agent ? agent : &none);
	guard_note(msg, user ? GUARD_EV_PASSWORD : GUARD_EV_REFUSED, user,
		   text);
}


void auth_log_failure(const struct sx_msg *msg, const char *what,
		      const char *why)
{
	tell(msg, NULL, what, why);
}


void auth_log_extension(const struct sx_msg *msg, const char *exten,
			const char *context)
{
	struct pl pl;
	char text[256];

	pl_set_str(&pl, exten);
	(void)re_snprintf(text, sizeof(text), "%H as %H", print_clean, &pl,
			  print_from, msg);
	guard_note(msg, GUARD_EV_EXTENSION, NULL, text);
	if (!guard_log(&msg->src))
		return;

	if (guard_is_proven(msg))
		log_notice("chan_sip.c", "Call from '' (%J) to extension "
			   "'%H' rejected because extension not found in "
			   "context '%s'.", &msg->src, print_clean, &pl,
			   context);
	else
		log_info("call", "%J, whose address nothing proves, calls "
			 "'%H', which is not in context '%s'", &msg->src,
			 print_clean, &pl, context);
}


static bool user_ok(const struct sx_auth_resp *r, const struct peer *peer)
{
	return !pl_strcmp(&r->user, peer->name) ||
	       (peer->defaultuser && !pl_strcmp(&r->user, peer->defaultuser));
}


/* After so many wrong passwords the next one has to wait */
static bool must_wait(const struct sx_msg *msg, const struct sx_auth_resp *r)
{
	uint32_t ms = guard_wait_ms(&msg->src, &r->user);

	if (!ms)
		return false;

	/* over UDP it may be the same one, repeated by its client */
	if (msg->tp != SX_UDP)
		guard_note(msg, GUARD_EV_REFUSED, NULL, "guesses too fast");

	count_inc(COUNT_GUARD_GUESSING);
	(void)sx_reply_stateless(server()->sx, msg, 503, NULL,
				 "Retry-After: %u\r\n", (ms + 999) / 1000);
	return true;
}


static void failed(struct sx_strans *st, const struct sx_msg *msg,
		   const struct sx_auth_resp *r, const char *what,
		   const char *why)
{
	tell(msg, &r->user, what, why);
	(void)sx_reply(st, 403, NULL, NULL);
}


/* why: what to log instead of the reason that is found here */
static bool check(struct sx_strans *st, const struct sx_msg *msg,
		  const struct peer *peer, const char *what, const char *why)
{
	enum sx_auth_result res;
	struct sx_auth_resp r;
	bool known;

	if (sx_uas_auth_find(&r, msg, server_realm(msg))) {
		(void)server_challenge(st, msg, false);
		return false;
	}

	if (must_wait(msg, &r))
		return false;

	known = peer && auth_has_secret(peer) && user_ok(&r, peer);
	res   = auth_verify(msg, &r, known ? peer : NULL);

	switch (res) {

	case SX_AUTH_OK:
		if (!known)
			break;
		count_inc(COUNT_SIP_AUTH_OK);
		guard_success(msg, &r.user);
		if (msg->conn)
			sx_conn_trust(msg->conn);
		return true;

	case SX_AUTH_STALE:
	case SX_AUTH_REPLAY:
	case SX_AUTH_NONE:
		(void)server_challenge(st, msg, res != SX_AUTH_NONE);
		return false;

	case SX_AUTH_WRONG:
		break;
	}

	failed(st, msg, &r, what,
	       why	? why
	       : !peer	? "No matching peer found"
	       : !known ? "Username/auth name mismatch"
			: "Wrong password");

	return false;
}


bool auth_request(struct sx_strans *st, const struct sx_msg *msg,
		  const struct peer *peer, const char *what)
{
	return check(st, msg, peer, what, NULL);
}


void auth_refuse(struct sx_strans *st, const struct sx_msg *msg,
		 const char *what, const char *why, uint16_t scode)
{
	struct server *srv = server();

	if (srv->cfg->general.alwaysauthreject) {
		(void)check(st, msg, NULL, what, why);
		return;
	}

	auth_log_failure(msg, what, why);
	(void)sx_reply_stateless(srv->sx, msg, scode, NULL, NULL);
}
