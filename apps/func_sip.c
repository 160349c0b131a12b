/**
 * @file apps/func_sip.c  SIPPEER, SIPCHANINFO, SIP_HEADERS, CHECKSIPDOMAIN
 */
#include "apps/apps.h"
#include "b2bua/location.h"
#include "base/text.h"


enum { HEADERS_MAX = 128 }; /* that SIP_HEADERS looks at */

struct item {
	const char *name;
	int (*print)(struct mbuf *out, const struct peer *peer);
};


static int put(struct mbuf *out, const char *str)
{
	return str ? mbuf_write_str(out, str) : 0;
}


static const struct binding *binding_of(const struct peer *peer)
{
	const struct place *place = location_find(peer->name);

	return place ? list_ledata(place->bindings.head) : NULL;
}


/* Where it is now; unset if that is not known */
static struct sa addr_of(const struct peer *peer)
{
	const struct binding *b = binding_of(peer);
	const struct place *place = location_find(peer->name);
	struct sa sa;

	sa_init(&sa, AF_UNSPEC);
	if (b)
		sa = b->target.dst;
	else if (sa_isset(&peer->host.sa, SA_ADDR))
		sa = peer->host.sa;
	else if (place && place->dnsc)
		sa = place->dnsv[0];
	else if (sa_isset(&peer->defaultip, SA_ADDR))
		sa = peer->defaultip;

	if (sa_isset(&sa, SA_ADDR) && !sa_port(&sa))
		sa_set_port(&sa, peer->host.port ? peer->host.port : 5060);

	return sa;
}


static int p_ip(struct mbuf *out, const struct peer *peer)
{
	struct sa sa = addr_of(peer);

	return sa_isset(&sa, SA_ADDR) ? mbuf_printf(out, "%j", &sa)
				      : put(out, "(null)");
}


static int p_port(struct mbuf *out, const struct peer *peer)
{
	struct sa sa = addr_of(peer);

	return mbuf_printf(out, "%u",
			   sa_isset(&sa, SA_ADDR) ? sa_port(&sa) : 0);
}


static int p_status(struct mbuf *out, const struct peer *peer)
{
	const struct place *place = location_find(peer->name);
	enum qualify_state st = place ? place->state : QUALIFY_UNMONITORED;

	if (st == QUALIFY_UNMONITORED && peer->qualify_ms)
		st = QUALIFY_UNKNOWN;
	if (st == QUALIFY_OK || st == QUALIFY_LAGGED)
		return mbuf_printf(out, "%s (%u ms)", qualify_state_name(st),
				   place->rtt_ms);

	return put(out, qualify_state_name(st));
}


static int p_expire(struct mbuf *out, const struct peer *peer)
{
	const struct binding *b = binding_of(peer);

	return b ? mbuf_printf(out, "%u", binding_left_s(b))
		 : put(out, "-1");
}


static int p_dynamic(struct mbuf *out, const struct peer *peer)
{
	return put(out, peer->dynamic ? "yes" : "no");
}


static int p_useragent(struct mbuf *out, const struct peer *peer)
{
	const struct binding *b = binding_of(peer);

	return put(out, b ? b->user_agent : NULL);
}


static int p_regexten(struct mbuf *out, const struct peer *peer)
{
	return put(out, peer->regexten);
}


static int p_mailbox(struct mbuf *out, const struct peer *peer)
{
	return put(out, peer->mailbox);
}


static int p_context(struct mbuf *out, const struct peer *peer)
{
	return put(out, peer->context);
}


static int p_cidname(struct mbuf *out, const struct peer *peer)
{
	return put(out, peer->cid_name);
}


static int p_cidnum(struct mbuf *out, const struct peer *peer)
{
	return put(out, peer->cid_num);
}


static int p_language(struct mbuf *out, const struct peer *peer)
{
	return put(out, peer->language);
}


static int p_account(struct mbuf *out, const struct peer *peer)
{
	return put(out, peer->accountcode);
}


static int p_limit(struct mbuf *out, const struct peer *peer)
{
	return mbuf_printf(out, "%u", peer->call_limit);
}


static int p_busylevel(struct mbuf *out, const struct peer *peer)
{
	return mbuf_printf(out, "%u", peer->busylevel);
}


static int p_curcalls(struct mbuf *out, const struct peer *peer)
{
	return mbuf_printf(out, "%u", calls_of_peer(peer->name));
}


static int p_maxfwd(struct mbuf *out, const struct peer *peer)
{
	return mbuf_printf(out, "%u", peer->maxforwards);
}


static int p_callgroup(struct mbuf *out, const struct peer *peer)
{
	return groups_print(out, peer->callgroup);
}


static int p_pickupgroup(struct mbuf *out, const struct peer *peer)
{
	return groups_print(out, peer->pickupgroup);
}


static int p_codecs(struct mbuf *out, const struct peer *peer)
{
	int err = mbuf_write_u8(out, '(');

	for (size_t i = 0; i < peer->codecs.n; i++)
		err |= mbuf_printf(out, "%s%s", i ? "|" : "",
				   codec_prefs_at(&peer->codecs, i)->name);

	return err | mbuf_write_u8(out, ')');
}


/* clang-format off */
static const struct item items[] = {
	{"ip",            p_ip},
	{"port",          p_port},
	{"status",        p_status},
	{"expire",        p_expire},
	{"dynamic",       p_dynamic},
	{"useragent",     p_useragent},
	{"regexten",      p_regexten},
	{"mailbox",       p_mailbox},
	{"context",       p_context},
	{"callerid_name", p_cidname},
	{"callerid_num",  p_cidnum},
	{"language",      p_language},
	{"accountcode",   p_account},
	{"limit",         p_limit},
	{"busylevel",     p_busylevel},
	{"curcalls",      p_curcalls},
	{"maxforwards",   p_maxfwd},
	{"callgroup",     p_callgroup},
	{"pickupgroup",   p_pickupgroup},
	{"codecs",        p_codecs},
};
/* clang-format on */


static const struct config_codec *codec_at(const struct peer *peer, uint64_t i)
{
	return i < peer->codecs.n ? codec_prefs_at(&peer->codecs, i) : NULL;
}


/* chanvar[NAME], codec[N] */
static int print_indexed(struct mbuf *out, const struct peer *peer,
			 const struct pl *what, bool *known)
{
	struct pl index;
	struct le *le;
	uint64_t n;

	*known = true;
	if (!re_regex(what->p, what->l, "chanvar\\[[^\\]]+\\]", &index)) {
		LIST_FOREACH(&peer->setvars, le)
		{
			const struct var_def *def = le->data;

			if (!pl_strcmp(&index, def->name))
				return put(out, def->value);
		}
		return 0;
	}

	if (!re_regex(what->p, what->l, "codec\\[[0-9]+\\]", &index) &&
	    !num_decode(&n, &index, CODEC_PREFS_MAX)) {
		const struct config_codec *c = codec_at(peer, n);

		return put(out, c ? c->name : NULL);
	}

	*known = false;

	return EINVAL;
}


static int print_item(struct mbuf *out, const struct peer *peer,
		      const struct pl *what)
{
	bool known;

	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		if (!pl_strcasecmp(what, items[i].name))
			return items[i].print(out, peer);
	}

	return print_indexed(out, peer, what, &known);
}


/* SIPPEER(name[,item]); old files have ':' in place of ',' */
static int peer_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *args)
{
	struct pl rest = ttext_pl(args), name = PL_INIT, what;
	const struct peer *peer;
	char sep = pl_strchr(&rest, ',') ? ',' : ':';

	(void)pl_next(&name, &rest, sep);
	name = pl_trim(name);
	what = rest.p ? pl_trim(rest) : rest;
	if (!what.l)
		pl_set_str(&what, "ip");

	peer = call->cfg ? config_peer_pl(call->cfg, &name) : NULL;
	*tainted = !pl_strcasecmp(&what, "useragent");

	return peer ? print_item(out, peer, &what) : 0;
}


const struct func func_sippeer = {
	.name = "SIPPEER",
	.usage = "SIPPEER(peer[,item])  ip, port, status, expire, dynamic, "
		 "useragent, context, curcalls, limit, codecs, chanvar[x] ... "
		 "of a peer",
	.read = peer_read,
};


/* The old name of CHANNEL() for the items of SIP */
static int chaninfo_read(struct mbuf *out, bool *tainted, struct call *call,
			 const struct ttext *args)
{
	return func_channel.read(out, tainted, call, args);
}


const struct func func_sipchaninfo = {
	.name = "SIPCHANINFO",
	.usage = "SIPCHANINFO(item)  old spelling of CHANNEL(item): peerip, "
		 "recvip, from, uri, useragent, peername",
	.read = chaninfo_read,
};


/* --- headers of the INVITE ----------------------------------------------- */

static bool is_named(const struct mbuf *out, const struct pl *name)
{
	struct pl rest = {(const char *)out->buf, out->end}, part;

	while (rest.l && pl_next(&part, &rest, ',')) {
		if (!pl_casecmp(&part, name))
			return true;
	}

	return false;
}


static int headers_read(struct mbuf *out, bool *tainted, struct call *call,
			const struct ttext *args)
{
	const struct sx_msg *m = call->caller ? leg_invite(call->caller)
					      : NULL;
	int err = 0;

	*tainted = true;
	for (size_t i = 0; m && i < m->hdrc && i < HEADERS_MAX && !err;
	     i++) {
		const struct pl *name = &m->hdrv[i].name;

		if (name->l < args->len ||
		    strncasecmp(name->p, args->str, args->len) ||
		    is_named(out, name))
			continue;

		err = mbuf_printf(out, "%s%r", out->end ? "," : "", name);
	}

	return err;
}


const struct func func_sip_headers = {
	.name = "SIP_HEADERS",
	.usage = "SIP_HEADERS([prefix])  names of the headers of the caller's "
		 "INVITE, with commas between",
	.read = headers_read,
};


static int domain_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *args)
{
	struct le *le;

	*tainted = false;
	LIST_FOREACH(call->cfg ? &call->cfg->general.domains : NULL, le)
	{
		const struct config_domain *d = le->data;

		if (!str_casecmp(d->name, args->str))
			return mbuf_write_str(out, d->name);
	}

	return 0;
}


const struct func func_checksipdomain = {
	.name = "CHECKSIPDOMAIN",
	.usage = "CHECKSIPDOMAIN(domain)  the domain if it is one of ours",
	.read = domain_read,
};
