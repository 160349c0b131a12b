/**
 * @file config/finish.c  What the lines of sip.conf leave open
 *
 * Values that depend on others: a port that follows from the transport, a
 * limit that only phones have, a register line made of a peer.
 */
#include "config/load.h"
#include "base/text.h"

enum { PORT_SIP = 5060, PORT_SIPS = 5061 };


/* --- [general] ----------------------------------------------------------- */

/* A listener that is not wanted has port 0; one without address takes UDP's */
static void listener_finish(struct sa *sa, bool enabled, uint16_t port,
			    const struct sa *udp)
{
	if (sa_af(sa) == AF_UNSPEC) {
		*sa = *udp;
		sa_set_port(sa, 0);
	}

	if (!enabled)
		sa_set_port(sa, 0);
	else if (!sa_port(sa))
		sa_set_port(sa, port);
}


static void listeners_finish(struct general *g)
{
	if (g->bindport)
		sa_set_port(&g->udp, g->bindport);
	else if (!sa_port(&g->udp))
		sa_set_port(&g->udp, PORT_SIP);

	listener_finish(&g->tcp, g->tcpenable, PORT_SIP, &g->udp);
	listener_finish(&g->tls, g->tlsenable, PORT_SIPS, &g->udp);
}


static int path_finish(char **sp, const struct config *cfg)
{
	char *path;

	if (!*sp || **sp == '/')
		return 0;

	int err = path_join(&path, cfg->dir, *sp);
	if (!err) {
		mem_deref(*sp);
		*sp = path;
	}

	return err;
}


static void expiry_finish(struct loader *ld)
{
	struct general *g = &ld->cfg->general;

	if (g->minexpiry_s > g->maxexpiry_s) {
		find_warning(ld->f, &ld->gpos,
			     "minexpiry %u is above maxexpiry %u and lowered "
			     "to it", g->minexpiry_s, g->maxexpiry_s);
		g->minexpiry_s = g->maxexpiry_s;
	}

	if (!g->submaxexpiry_s)
		g->submaxexpiry_s = g->maxexpiry_s;
	if (!g->subminexpiry_s)
		g->subminexpiry_s = g->minexpiry_s;

	for (struct le *le = ld->cfg->regs.head; le; le = le->next) {
		struct reg_line *r = le->data;

		if (!r->expiry_s)
			r->expiry_s = g->defaultexpiry_s;
	}
}


int general_finish(struct loader *ld)
{
	struct config *cfg = ld->cfg;
	struct general *g  = &cfg->general;

	listeners_finish(g);
	expiry_finish(ld);

	cfg->defaults->transfer_said =
		loader_general_said(ld, "allowtransfer");

	int err = path_finish(&g->tlscertfile, cfg);
	err |= path_finish(&g->tlsprivatekey, cfg);
	err |= path_finish(&g->tlscafile, cfg);
	err |= path_finish(&g->tlscapath, cfg);

	if (g->tlsenable && !g->tlscertfile)
		find_error(ld->f, &ld->gpos,
			   "tlsenable=yes needs a certificate, expected "
			   "tlscertfile=FILE");

	return err;
}


/* --- secrets ------------------------------------------------------------- */

static bool has_secret(const struct peer *peer)
{
	return peer->md5secret || peer->sha256secret;
}


/* A peer that comes from anywhere is kept to private addresses.  One with a
 * static host goes on coming from there, whatever its secret: a provider chose
 * it.  But its name alone opens the challenge to everybody else, too. */
static void weak_finish(struct loader *ld, struct peer *peer)
{
	const bool anywhere = peer->dynamic || !peer->host.host;

	peer->weak = NULL;

	if (peer->weaksecret || has_secret(peer) || !list_isempty(&peer->acl))
		return;
	if (!peer->dynamic && !(peer->type & PEER_TYPE_USER))
		return;

	const char *why = secret_weak(peer->secret, peer->name);
	if (!why)
		return;

	if (anywhere) {
		peer->weak = why;
		find_warning(ld->f, &peer->pos,
			     "[%s] has a weak secret (%s): it may register "
			     "and call from private addresses and localnet "
			     "only, expected 10 characters or more, "
			     "deny/permit lines, or weaksecret=yes",
			     peer->name, why);
	}
	else {
		find_warning(ld->f, &peer->pos,
			     "[%s] has a weak secret (%s): whoever guesses it "
			     "calls as '%s' from anywhere, expected type=peer "
			     "(known by its address), deny/permit lines, or "
			     "weaksecret=yes", peer->name, why, peer->name);
	}
}


/* --- a peer -------------------------------------------------------------- */

static void host_finish(struct loader *ld, struct peer *peer)
{
	const bool tls = peer->transportc && peer->transports[0] == CONFIG_TLS;
	struct host_port *hp = &peer->host;

	if (hp->host && sa_af(&hp->sa) != AF_UNSPEC)
		sa_set_port(&hp->sa, hp->port ? hp->port :
			    tls ? PORT_SIPS : PORT_SIP);

	if (sa_af(&peer->defaultip) != AF_UNSPEC)
		sa_set_port(&peer->defaultip, hp->port ? hp->port :
			    tls ? PORT_SIPS : PORT_SIP);

	if (hp->host || peer->dynamic || sa_af(&peer->defaultip) != AF_UNSPEC)
		return;

	if (peer->type & PEER_TYPE_PEER)
		find_warning(ld->f, &peer->pos,
			     "[%s] has no host=, so it cannot be called, "
			     "expected host=dynamic or host=ADDRESS",
			     peer->name);
}


static void first(uint32_t *n, const struct peer **fp, const struct peer *p)
{
	if (!(*n)++)
		*fp = p;
}


static void unsaid(uint32_t *val, uint32_t none, uint32_t now)
{
	if (*val == none)
		*val = now;
}


/* Abroad is where stolen calls go: a phone asks for it */
static void outbound_finish(struct loader *ld, struct peer *peer)
{
	const bool phone = peer->dynamic || !peer->host.host;
	const uint32_t def = phone ? PEER_ALLOW_NO : PEER_ALLOW_YES;

	const bool limited = peer->calls_per_minute == CALL_LIMIT_UNSAID ||
			     peer->minutes_per_day == CALL_LIMIT_UNSAID;

	if (phone && peer->international == PEER_ALLOW_UNSAID)
		first(&ld->abroad.n, &ld->abroad.first, peer);
	else if (phone && limited && (peer->international == PEER_ALLOW_YES ||
				      peer->premium == PEER_ALLOW_YES))
		first(&ld->metered.n, &ld->metered.first, peer);

	unsaid(&peer->international, PEER_ALLOW_UNSAID, def);
	unsaid(&peer->premium, PEER_ALLOW_UNSAID, def);
	unsaid(&peer->calls_per_minute, CALL_LIMIT_UNSAID,
	       phone ? PHONE_CALLS_PER_MINUTE * peer->call_limit : 0);
	unsaid(&peer->minutes_per_day, CALL_LIMIT_UNSAID,
	       phone ? PHONE_MINUTES_PER_DAY : 0);
}


/* Where chan_sip's default lets a thief do more harm */
static void limits_finish(struct loader *ld, struct peer *peer)
{
	if (peer->call_limit == CALL_LIMIT_UNSAID) {
		peer->call_limit = peer->dynamic ? PHONE_CALL_LIMIT : 0;
		if (peer->dynamic)
			first(&ld->limited.n, &ld->limited.first, peer);
	}

	if (!peer->transfer_said && !peer->dynamic && peer->host.host) {
		peer->allowtransfer = false;
		first(&ld->transfer.n, &ld->transfer.first, peer);
	}
}


/* callbackextension=: a register line made of the peer */
static int callback_finish(struct loader *ld, struct peer *peer)
{
	const char *user = peer->fromuser ? peer->fromuser : peer->defaultuser;
	const char *secret = peer->remotesecret ? peer->remotesecret :
		peer->secret;
	struct reg_line *r;
	const struct pl any = PL_LIT("u@h");
	const char *what;

	if (!peer->callbackextension)
		return 0;

	if (peer->dynamic || !peer->host.host || !user) {
		find_warning(ld->f, &peer->pos,
			     "[%s] cannot register for callbackextension=, "
			     "expected host=ADDRESS and defaultuser= or "
			     "fromuser=", peer->name);
		return 0;
	}

	int err = reg_line_decode(&r, &any, ld->cfg->general.defaultexpiry_s,
				  &what);
	if (err)
		return err;

	r->user	  = mem_deref(r->user);
	r->host	  = mem_deref(r->host);
	r->exten  = mem_deref(r->exten);
	r->pos	  = peer->pos;
	r->port	  = peer->host.port;
	r->transp = peer->transportc ? peer->transports[0] : CONFIG_UDP;

	err = str_dup(&r->peer, peer->name);
	err |= str_dup(&r->user, user);
	err |= str_dup(&r->host, peer->host.host);
	err |= str_dup(&r->exten, peer->callbackextension);
	if (peer->defaultuser)
		err |= str_dup(&r->authuser, peer->defaultuser);
	if (secret)
		err |= str_dup(&r->secret, secret);

	list_append(&ld->cfg->regs, &r->le, r);
	return err ? ENOMEM : 0;
}


/* "peer?" lends its transport */
void regs_finish(struct config *cfg)
{
	for (struct le *le = cfg->regs.head; le; le = le->next) {
		struct reg_line *r	= le->data;
		const struct peer *peer = r->peer ? config_peer(cfg, r->peer)
						  : NULL;

		if (!r->transp_said && peer && peer->transportc)
			r->transp = peer->transports[0];
	}
}


int peer_finish(struct loader *ld, struct peer *peer)
{
	host_finish(ld, peer);
	weak_finish(ld, peer);
	limits_finish(ld, peer);
	outbound_finish(ld, peer);
	return callback_finish(ld, peer);
}
