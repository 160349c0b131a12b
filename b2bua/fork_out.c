/**
 * @file b2bua/fork_out.c  A number that leaves through a trunk: who pays for
 *                         it, and may it go
 */
#include "b2bua/fork_priv.h"
#include "b2bua/cause.h"
#include "b2bua/fraud.h"
#include "config/number.h"


/* A number at a peer with a static host, or at a host of no peer.  Without a
 * number it is a phone of the house with an address of its own */
static bool leaves(const struct fork_dev *dev)
{
	size_t n;

	if (!dev->user[0])
		return false;
	if (dev->peer)
		return !dev->peer->dynamic;

	n = strspn(dev->user, "0123456789+*#");

	return n > 0 && !dev->user[n];
}


/* The one who forwarded it here, or transferred the caller, or the caller.
 * NULL: a guest.  A guest's call stays one, whoever forwards it */
static const struct peer *payer_of(const struct fork_leg *fl)
{
	const struct peer *payer = NULL, *peer;
	const struct call *call;

	for (;;) {
		call = fl->fork->call;
		if (!payer)
			payer = fl->payer;
		if (!payer && call->payer[0])
			payer = config_peer(call->cfg, call->payer);
		if (!call->up)
			break;
		fl = call->up;
	}

	if (call->payer[0])
		return payer;

	peer = call->caller ? leg_peer(call->caller) : NULL;
	if (!call->trusted || !peer || !peer->name)
		return NULL;

	return payer ? payer : peer;
}


const struct peer *fork_payer(const struct call *call)
{
	while (call) {
		const struct fork_leg *up = call->up;

		if (call->payer[0])
			return config_peer(call->cfg, call->payer);
		if (up && up->payer)
			return up->payer;
		if (!up)
			return call->caller ? leg_peer(call->caller) : NULL;
		call = up->fork->call;
	}

	return NULL;
}


static const struct call *root_of(const struct fork_leg *fl)
{
	while (fl->fork->call->up)
		fl = fl->fork->call->up;

	return fl->fork->call;
}


/* What the line makes of the number counts, not what the plan wrote: dialstrip
 * or dialformat may make it one abroad */
static void sent_number(char *buf, size_t n, size_t *own,
			const struct fork_dev *dev, const struct config *cfg)
{
	const struct peer *peer = dev->peer;

	*own = dev->own;
	if (!peer || number_dialled(buf, n, cfg, peer, dev->user)) {
		str_ncpy(buf, dev->user, n);
		return;
	}

	if (dev->own >= strlen(dev->user))
		*own = strlen(buf);
	else if (strlen(buf) + peer->dialstrip == strlen(dev->user) &&
		 !strcmp(buf, dev->user + peer->dialstrip))
		*own -= dev->own < peer->dialstrip ? dev->own
						   : peer->dialstrip;
	else if (strcmp(buf, dev->user))
		*own = 0;
}


static void request(struct fraud_req *req, char *buf, size_t n,
		    const struct fork_leg *fl, const struct fork_dev *dev)
{
	const struct call *root = root_of(fl);

	memset(req, 0, sizeof(*req));
	sent_number(buf, n, &req->own, dev, root->cfg);
	req->cfg     = root->cfg;
	req->country = dev->peer ? number_country(root->cfg, dev->peer) : NULL;
	req->payer   = payer_of(fl);
	req->number  = buf;
	req->trunk   = dev->peer ? dev->peer->name : dev->host;
	req->call    = root->no;
	req->call_id = root->id;
}


bool fork_may_leave(struct fork_leg *fl, const struct fork_dev *dev)
{
	struct fraud_req req;
	enum fraud_reason why;
	char number[256];

	if (!leaves(dev))
		return true;

	request(&req, number, sizeof(number), fl, dev);
	why = fraud_check(&req);
	if (why == FRAUD_OK)
		return true;

	call_warning(fl->fork->call, "%s at %s is not called: %s", dev->user,
		     req.trunk, fraud_text(why));
	fork_leg_over(fl, DIAL_CHANUNAVAIL, CAUSE_REJECTED, 403);

	return false;
}


void fork_has_left(const struct fork_leg *fl, const struct fork_dev *dev)
{
	struct fraud_req req;
	char number[256];

	if (!fl->leg || !leaves(dev))
		return;

	request(&req, number, sizeof(number), fl, dev);
	fraud_placed(&req, leg_id(fl->leg));
}
