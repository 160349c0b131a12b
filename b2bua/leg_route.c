/**
 * @file b2bua/leg_route.c  Where requests inside a dialog go
 *
 * RFC 3261 12.2.1.1: to the first route, else to the remote target.  What is
 * behind a NAT cannot be reached there, and a phone that has registered is
 * reached where it has registered; so the dialog's hop stays where its first
 * message came from or went to unless the other place is plainly good: an
 * address, of the same transport, no private one behind a public one, and
 * neither force_rport, outboundproxy= nor the Contact itself (;ob, RFC 5626
 * 4.3: over the flow that it came on) says otherwise.
 */
#include "b2bua/call.h"
#include "b2bua/leg_priv.h"
#include "b2bua/transp.h"
#include "base/addr.h"


void leg_set_hop(struct sx_dialog *dlg, const struct sx_target *t)
{
	struct sx_conn *old = dlg->hop.conn;

	dlg->hop      = *t;
	dlg->hop.conn = mem_ref(t->conn);
	mem_deref(old);
}


static int next_uri(struct sx_uri *uri, const struct sx_dialog *dlg)
{
	struct sx_addr addr;
	struct pl pl;
	int err;

	if (!dlg->routec) {
		pl_set_str(&pl, dlg->target ? dlg->target : "");
		return sx_uri_parse(uri, &pl);
	}

	pl_set_str(&pl, dlg->routev[0]);
	err  = sx_addr_parse(&addr, &pl);
	*uri = addr.uri;

	return err;
}


static enum sx_tp uri_tp(const struct sx_uri *uri)
{
	struct pl tp;

	if (uri->scheme == SX_SCHEME_SIPS)
		return SX_TLS;
	if (!sx_param(&uri->params, "transport", &tp))
		return SX_UDP;

	return !pl_strcasecmp(&tp, "tcp")   ? SX_TCP
	       : !pl_strcasecmp(&tp, "tls") ? SX_TLS
					    : SX_UDP;
}


/* May the other side choose the place? */
static bool may_follow(const struct leg *leg, const struct sx_dialog *dlg)
{
	const struct peer *peer = leg->peer;

	if (peer->outboundproxy.host &&
	    (peer->outboundproxy.force || !dlg->routec))
		return false;
	if (dlg->routec)
		return true;

	return !peer->dynamic && !(peer->nat & NAT_FORCE_RPORT);
}


void leg_follow(const struct leg *leg, struct sx_dialog *dlg)
{
	struct sx_target t = dlg->hop;
	struct sx_uri uri;

	if (t.tp == SX_TLS || !may_follow(leg, dlg) || next_uri(&uri, dlg) ||
	    uri_tp(&uri) != t.tp)
		return;
	if (!dlg->routec && sx_param(&uri.params, "ob", NULL))
		return;

	if (sa_set(&t.dst, &uri.host, uri.port ? uri.port : 5060) ||
	    sa_af(&t.dst) != sa_af(&dlg->hop.dst) ||
	    sa_cmp(&t.dst, &dlg->hop.dst, SA_ALL))
		return;

	if (leg->peer->nat && addr_is_private(&t.dst) &&
	    !addr_is_private(&dlg->hop.dst))
		return;
	if (addr_is_loopback(&t.dst) && !addr_is_loopback(&dlg->hop.dst))
		return;

	log_debug("leg", "%s: requests go to %J from now on", leg->name,
		  &t.dst);
	t.conn = NULL;
	leg_set_hop(dlg, &t);
}


/* ---- a phone that has registered from elsewhere ------------------------- */

struct follow {
	const char *peer;
	const struct sx_target *was, *now;
};


bool target_same_flow(const struct sx_target *a, const struct sx_target *b)
{
	if (a->tp != b->tp || !sa_cmp(&a->dst, &b->dst, SA_ALL))
		return false;

	return a->tp == SX_UDP || !a->conn || !b->conn || a->conn == b->conn;
}


/* Requests go there, and audio is awaited from the new address (its
 * signalling is authenticated: media/learn.c) */
static void follow_handler(struct leg *leg, void *arg)
{
	const struct follow *f = arg;
	struct sx_dialog *dlg  = leg->dlg;

	if (!dlg || leg->state == LEG_GONE || !leg->peer->name ||
	    strcmp(leg->peer->name, f->peer) || dlg->routec ||
	    !target_same_flow(&dlg->hop, f->was))
		return;

	log_info("leg", "call %s %s: goes on at %J",
		 leg->call ? leg->call->id : "-", leg->name, &f->now->dst);
	leg_set_hop(dlg, f->now);

	if (sa_cmp(&dlg->peer_src, &f->now->dst, SA_ADDR))
		return;

	dlg->peer_src = f->now->dst;
	(void)leg_apply_flow(leg);
}


void legs_follow(const char *peer, const struct sx_target *was,
		 const struct sx_target *now)
{
	struct follow f = {peer, was, now};

	leg_each_dialog(follow_handler, &f);
}
