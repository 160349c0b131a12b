/**
 * @file b2bua/natreport.c  What is noted of a phone's NAT, and its report
 *
 * For `nat report` and `sip show peer`: a sentence for each thing that is
 * known, with what to do about it.
 */
#include "b2bua/location.h"
#include "b2bua/natview.h"
#include "b2bua/sdp.h"
#include "b2bua/server.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/text.h"


enum { BAD_GAP_MS = 100 };


/* ---- noting ------------------------------------------------------------- */

/* The device of a peer at this address, and this port if one has it */
static struct binding *find_at(const char *peer, const struct sa *src)
{
	struct place *pl      = peer ? location_find(peer) : NULL;
	struct le *le	      = pl ? list_head(&pl->bindings) : NULL;
	struct binding *found = NULL;

	for (; le; le = le->next) {
		struct binding *b = le->data;

		if (sa_cmp(&b->target.dst, src, SA_ALL))
			return b;
		if (!found && sa_cmp(&b->target.dst, src, SA_ADDR))
			found = b;
	}

	return found;
}


static void suspect(struct binding *b)
{
	nat_suspect(&b->nat, b->place->name, &b->target.dst);
}


/* "- 4711 1 IN IP4 192.168.1.5" */
static void origin_host(struct sa *sa, const struct pl *origin)
{
	struct pl rest = *origin, word = PL_INIT;

	sa_init(sa, AF_UNSPEC);
	while (pl_next(&word, &rest, ' '))
		;
	if (sa_set(sa, &word, 0))
		sa_init(sa, AF_UNSPEC);
}


void nat_note_sdp(const char *peer, const struct sa *src,
		  const struct sdpm *sdp)
{
	const struct sdpm_media *m = sdp ? sdpm_audio(sdp) : NULL;
	struct binding *b	   = m && src ? find_at(peer, src) : NULL;

	if (!b || !sa_isset(&m->rtp, SA_ALL))
		return;

	b->nat.sdp.any = true;
	b->nat.sdp.src = *src;
	b->nat.sdp.c   = m->rtp;
	origin_host(&b->nat.sdp.o, &sdp->origin);
	suspect(b);
}


void nat_note_rtp(const char *peer, const struct sa *sip_src,
		  const struct sa *rtp)
{
	struct binding *b = sip_src ? find_at(peer, sip_src) : NULL;

	if (b)
		b->nat.rtp = *rtp;
}


void nat_note_bad(const struct sa *src, const char *why)
{
	static uint64_t last_ms;
	const uint64_t now = clock_ms();

	/* all phones are looked at: not for each of a flood */
	if (last_ms && now - last_ms < BAD_GAP_MS)
		return;
	last_ms = now;

	for (struct le *le = list_head(location_list()); le; le = le->next) {
		const struct place *pl = le->data;
		struct binding *b      = find_at(pl->name, src);

		if (!b)
			continue;

		++b->nat.bad;
		str_ncpy(b->nat.bad_why, why, sizeof(b->nat.bad_why));
		suspect(b);
	}
}


void nat_note_echo(const char *peer, const struct sx_msg *msg)
{
	struct binding *b = find_at(peer, &msg->src);

	if (!b || !sa_cmp(&b->target.dst, &msg->src, SA_ALL))
		return;

	b->nat.echo = pl_strcmp(&msg->to.auri, b->contact) != 0;
	suspect(b);
}


/* ---- sentences ---------------------------------------------------------- */

/** Where sentences go */
struct out {
	struct re_printf *pf;
	const char *indent;
	bool todo; /* one of them asks for something */
	int err;
};


static void say(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	o->err |= re_hprintf(o->pf, "%s%v\n", o->indent, fmt, &ap);
	va_end(ap);
}


/* ... and something has to be done about it */
static void ask(struct out *o, const char *fmt, ...)
{
	va_list ap;

	o->todo = true;
	va_start(ap, fmt);
	o->err |= re_hprintf(o->pf, "%s%v\n", o->indent, fmt, &ap);
	va_end(ap);
}


static int print_claim(struct re_printf *pf, const struct nat_reg *r)
{
	if (sa_isset(&r->contact, SA_ADDR))
		return re_hprintf(pf, "%J", &r->contact);

	return re_hprintf(pf, "a name");
}


static void say_kind(struct out *o, const struct binding *b)
{
	const struct nat_reg *r = &b->nat.reg;

	switch (nat_kind(&b->nat)) {

	case NAT_KIND_NONE:
		say(o, "No NAT is seen: it says %H and comes from there.",
		    print_claim, r);
		break;

	case NAT_KIND_KEEPS:
		say(o, "Behind a NAT that keeps its port: it says %H and "
		    "comes from %J.", print_claim, r, &r->src);
		break;

	case NAT_KIND_CHANGES:
		say(o, "Behind a NAT that gives it another port: it says %H "
		    "and comes from %J.", print_claim, r, &r->src);
		break;

	case NAT_KIND_SYMMETRIC:
		ask(o, "Behind a NAT that gives another port to each "
		    "destination (symmetric), and the phone uses STUN, which "
		    "cannot work there: it says %H and comes from %J. Switch "
		    "STUN off in the phone.", print_claim, r, &r->src);
		break;

	case NAT_KIND_STREAM:
		say(o, "Behind a NAT, reached over the %s connection that it "
		    "has opened: it says %H and comes from %J.",
		    sx_tp_name(r->tp), print_claim, r, &r->src);
		break;
	}
}


/* Its description has an address of the inside, or is not known yet */
static bool needs_comedia(const struct nat_sdp *s)
{
	return !s->any || (addr_is_private(&s->c) && !addr_is_private(&s->src));
}


static void say_options(struct out *o, const struct binding *b,
			const struct peer *peer)
{
	const struct nat_reg *r = &b->nat.reg;

	if (!nat_reg_is_natted(r))
		return;

	if (!sa_cmp(&b->target.dst, &r->src, SA_ALL))
		ask(o, "Calls to it go to %J, which it says, and will fail: "
		    "its nat= has no force_rport. Delete nat=, or write "
		    "nat=force_rport,comedia.", &b->target.dst);
	else if (!(peer->nat & (NAT_COMEDIA | NAT_AUTO_COMEDIA)) &&
		 needs_comedia(&b->nat.sdp))
		ask(o, "Its audio is awaited from where it says, where "
		    "nothing comes from: its nat= has no comedia. Delete "
		    "nat=, or write nat=force_rport,comedia.");
}


static void say_keep(struct out *o, const struct binding *b,
		     const struct peer *peer)
{
	const struct keep *k = &b->keep;
	bool asks;
	uint32_t s = keepalive_every_s(b, peer, &asks);

	if (b->target.tp != SX_UDP) {
		if (!binding_is_open(b))
			ask(o, "Its connection has gone: no call reaches it "
			    "until it registers again.");
		return;
	}

	if (k->learned_s)
		say(o, "Its NAT forgets it soon: kept open by a question "
		    "every %u s (lost %u time%s since it registered).",
		    s ? s : keepalive_qualify_s(b->place, peer), k->losses,
		    k->losses == 1 ? "" : "s");
	else if (s)
		say(o, "Kept open by an empty packet every %u s.", s);
	else if (peer->qualify_ms)
		say(o, "Kept open by a question every %u s.",
		    peer->qualifyfreq_s);
	else if (nat_reg_is_natted(&b->nat.reg))
		ask(o, "Nothing keeps its NAT open between its registrations "
		    "(keepalive=no): write keepalive=auto or qualify=yes.");

	if (k->missed)
		ask(o, "It did not answer the last question; if that lasts, "
		    "calls do not reach it until it registers again.");
}


static void say_audio(struct out *o, const struct binding *b)
{
	const struct nat_seen *n = &b->nat;

	if (!n->sdp.any || !sa_isset(&n->rtp, SA_ADDR))
		return;

	if (sa_cmp(&n->rtp, &n->sdp.c, SA_ALL))
		say(o, "Its audio comes from where it says, %J.", &n->rtp);
	else
		say(o, "Its audio comes from %J, it says %J; it is answered "
		    "where it comes from.", &n->rtp, &n->sdp.c);
}


static void say_signs(struct out *o, const struct binding *b)
{
	const uint32_t signs = nat_signs(&b->nat);
	bool stun = false;

	for (uint32_t bit = 1; bit <= NAT_SIGN_BAD; bit <<= 1) {
		if (!(signs & bit))
			continue;

		if (bit == NAT_SIGN_BAD)
			say(o, "Something may rewrite its messages (ALG "
			    "suspected): %s (%u, the last: %s).",
			    nat_sign_text(NAT_SIGN_BAD), b->nat.bad,
			    b->nat.bad_why);
		else
			say(o, "Something may rewrite its messages (ALG "
			    "suspected): %s.",
			    nat_sign_text((enum nat_sign)bit));
		stun |= (bit & (NAT_SIGN_CONTACT | NAT_SIGN_CALLID |
				NAT_SIGN_SDP)) != 0;
	}

	if (signs)
		ask(o, "Switch \"SIP ALG\" (SIP helper, VoIP passthrough) off "
		    "in its router, or let it register over TLS%s.",
		    stun ? "; if STUN is on in the phone, that explains it, "
			   "and it is not needed either"
			 : "");
}


static void say_binding(struct out *o, const struct binding *b,
			const struct peer *peer)
{
	o->todo = false;
	if (b->nat.reg.any) {
		say_kind(o, b);
		say_options(o, b, peer);
	}
	else {
		say(o, "Registered at %J before the last start; more is known "
		    "when it registers again.", &b->target.dst);
	}

	say_keep(o, b, peer);
	say_audio(o, b);
	if (b->nat.reg.any)
		say_signs(o, b);
	if (!o->todo)
		say(o, "Nothing to do.");
}


int nat_report_print(struct re_printf *pf, const struct nat_print *p)
{
	const struct peer *peer = config_peer(server()->cfg, p->peer);
	const struct place *pl	= location_find(p->peer);
	struct le *le		= pl ? list_head(&pl->bindings) : NULL;
	struct out o		= {.pf = pf, .indent = p->indent};

	for (; le && peer; le = le->next) {
		const struct binding *b = le->data;

		if (list_count(&pl->bindings) > 1)
			say(&o, "Registered at %J:", &b->target.dst);
		say_binding(&o, b, peer);
	}

	return o.err;
}
