/**
 * @file b2bua/auth.c  Digest on incoming requests
 */
#include "b2bua/auth.h"
#include "b2bua/server.h"
#include "base/count.h"


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


/* Whatever the From holds, it can't leave its quotes in the log */
static int print_from(struct re_printf *pf, const struct sx_msg *msg)
{
	const struct pl *from = sx_msg_hdr(msg, SX_HDR_FROM, 0);
	int err = 0;

	for (size_t i = 0; from && i < from->l && i < 200 && !err; i++) {
		char c = from->p[i];

		err = pf->vph(c == '\'' ? "?" : &c, 1, pf->arg);
	}

	return err;
}


void auth_log_failure(const struct sx_msg *msg, const char *what,
		      const char *why)
{
	count_inc(COUNT_SIP_AUTH_FAIL);
	log_notice("chan_sip.c", "%s from '%H' failed for '%J' - %s", what,
		   print_from, msg, &msg->src, why);
}


static bool user_ok(const struct sx_auth_resp *r, const struct peer *peer)
{
	return !pl_strcmp(&r->user, peer->name) ||
	       (peer->defaultuser && !pl_strcmp(&r->user, peer->defaultuser));
}


bool auth_request(struct sx_strans *st, const struct sx_msg *msg,
		  const struct peer *peer, const char *what)
{
	enum sx_auth_result res;
	struct sx_auth_resp r;
	bool known;

	if (sx_uas_auth_find(&r, msg, server_realm(msg))) {
		(void)server_challenge(st, msg, false);
		return false;
	}

	known = peer && auth_has_secret(peer) && user_ok(&r, peer);
	res   = auth_verify(msg, &r, known ? peer : NULL);

	switch (res) {

	case SX_AUTH_OK:
		if (!known)
			break;
		count_inc(COUNT_SIP_AUTH_OK);
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

	auth_log_failure(msg, what,
			 !peer	  ? "No matching peer found"
			 : !known ? "Username/auth name mismatch"
				  : "Wrong password");
	(void)sx_reply(st, 403, NULL, NULL);

	return false;
}
