/**
 * @file apps/func_channel.c  CHANNEL, SIP_HEADER: the caller's leg
 */
#include "apps/apps.h"
#include "b2bua/cdr.h"
#include "base/text.h"


struct item {
	const char *name;
	int (*print)(struct mbuf *out, bool *tainted,
		     const struct call *call);
};


static int put(struct mbuf *out, const char *str)
{
	return str ? mbuf_write_str(out, str) : 0;
}


static const struct peer *peer_of(const struct call *call)
{
	return call->caller ? leg_peer(call->caller) : NULL;
}


static int i_name(struct mbuf *out, bool *tainted, const struct call *call)
{
	return put(out, call->caller ? leg_name(call->caller) : NULL);
}


static int i_language(struct mbuf *out, bool *tainted,
		      const struct call *call)
{
	return put(out, call->language);
}


static int i_music(struct mbuf *out, bool *tainted, const struct call *call)
{
	return put(out, call->musicclass);
}


static int i_account(struct mbuf *out, bool *tainted, const struct call *call)
{
	return put(out, call->accountcode);
}


static int i_state(struct mbuf *out, bool *tainted, const struct call *call)
{
	return put(out, call_state_name(call));
}


static int i_uniqueid(struct mbuf *out, bool *tainted,
		      const struct call *call)
{
	return put(out, call->uniqueid);
}


static int i_linkedid(struct mbuf *out, bool *tainted,
		      const struct call *call)
{
	return put(out, call->linkedid);
}


static int i_exten(struct mbuf *out, bool *tainted, const struct call *call)
{
	*tainted = true;

	return put(out, call->exten);
}


static int i_context(struct mbuf *out, bool *tainted, const struct call *call)
{
	return put(out, call->context);
}


static int i_type(struct mbuf *out, bool *tainted, const struct call *call)
{
	return put(out, "SIP");
}


static int i_peername(struct mbuf *out, bool *tainted,
		      const struct call *call)
{
	const struct peer *peer = peer_of(call);

	return put(out, peer ? peer->name : NULL);
}


static int i_peerip(struct mbuf *out, bool *tainted, const struct call *call)
{
	const struct sa *sa = call->caller ? leg_peer_addr(call->caller)
					   : NULL;

	return sa ? mbuf_printf(out, "%j", sa) : 0;
}


static int i_codec(struct mbuf *out, bool *tainted, const struct call *call)
{
	const struct leg_audio *a = call->caller ? leg_audio(call->caller)
						 : NULL;

	return put(out, a && a->codec ? a->codec->name : NULL);
}


static int i_rtpdest(struct mbuf *out, bool *tainted, const struct call *call)
{
	const struct leg_audio *a = call->caller ? leg_audio(call->caller)
						 : NULL;

	*tainted = true;

	return a && sa_isset(&a->remote, SA_ADDR)
		       ? mbuf_printf(out, "%J", &a->remote)
		       : 0;
}


static int i_callgroup(struct mbuf *out, bool *tainted,
		       const struct call *call)
{
	const struct peer *peer = peer_of(call);

	return peer ? groups_print(out, peer->callgroup) : 0;
}


static int i_pickupgroup(struct mbuf *out, bool *tainted,
			 const struct call *call)
{
	const struct peer *peer = peer_of(call);

	return peer ? groups_print(out, peer->pickupgroup) : 0;
}


static int i_parkinglot(struct mbuf *out, bool *tainted,
			const struct call *call)
{
	const struct peer *peer = peer_of(call);
	const char *set = call_var(call, "PARKINGLOT");

	if (set[0]) {
		*tainted = var_tainted(call, "PARKINGLOT");
		return put(out, set);
	}

	return put(out, peer ? peer->parkinglot : NULL);
}


static int i_tonezone(struct mbuf *out, bool *tainted,
		      const struct call *call)
{
	const struct peer *peer = peer_of(call);

	return put(out, peer ? peer->tonezone : NULL);
}


static int i_rtpsource(struct mbuf *out, bool *tainted,
		       const struct call *call)
{
	struct media_stats st;

	if (!call->caller || media_get_stats(leg_media(call->caller), &st) ||
	    !sa_isset(&st.peer, SA_ADDR))
		return 0;

	*tainted = true;

	return mbuf_printf(out, "%J", &st.peer);
}


static int i_hangupsource(struct mbuf *out, bool *tainted,
			  const struct call *call)
{
	return cdr_hangup_by(call)[0] ? put(out, cdr_hangup_by(call)) : 0;
}


static const struct sx_msg *invite_of(const struct call *call)
{
	return call->caller ? leg_invite(call->caller) : NULL;
}


static int i_from(struct mbuf *out, bool *tainted, const struct call *call)
{
	const struct sx_msg *m = invite_of(call);

	*tainted = true;

	return m ? mbuf_write_pl(out, &m->from.auri) : 0;
}


static int i_ruri(struct mbuf *out, bool *tainted, const struct call *call)
{
	const struct sx_msg *m = invite_of(call);

	*tainted = true;

	return m ? mbuf_write_pl(out, &m->ruri) : 0;
}


static int i_agent(struct mbuf *out, bool *tainted, const struct call *call)
{
	const struct sx_msg *m = invite_of(call);
	const struct pl *val = m ? sx_msg_hdr(m, SX_HDR_USER_AGENT, 0) : NULL;

	*tainted = true;

	return val ? mbuf_write_pl(out, val) : 0;
}


static int i_callid(struct mbuf *out, bool *tainted, const struct call *call)
{
	*tainted = true;

	return put(out, call->caller ? leg_callid(call->caller) : NULL);
}


static int i_maxfwd(struct mbuf *out, bool *tainted, const struct call *call)
{
	const struct sx_msg *m = invite_of(call);

	return mbuf_printf(out, "%u", m ? m->maxfwd : 70);
}


/* What ISDN says of a call; ours are voice */
static int i_capability(struct mbuf *out, bool *tainted,
			const struct call *call)
{
	return put(out, "SPEECH");
}


static int i_secure(struct mbuf *out, bool *tainted, const struct call *call)
{
	const struct sx_msg *m = invite_of(call);

	return put(out, m && m->tp == SX_TLS ? "1" : "0");
}


static int i_t38(struct mbuf *out, bool *tainted, const struct call *call)
{
	const struct peer *peer = peer_of(call);

	return put(out, peer && peer->t38 ? "1" : "0");
}


static int i_secure_media(struct mbuf *out, bool *tainted,
			  const struct call *call)
{
	return put(out, leg_has_secure_media(call->caller) ? "1" : "0");
}


static int i_bridge_media(struct mbuf *out, bool *tainted,
			  const struct call *call)
{
	*tainted = true;

	return put(out, call_var(call, "SECURE_BRIDGE_MEDIA"));
}


static int i_bridge_signal(struct mbuf *out, bool *tainted,
			   const struct call *call)
{
	*tainted = true;

	return put(out, call_var(call, "SECURE_BRIDGE_SIGNALING"));
}


/* clang-format off */
static const struct item items[] = {
	{"name",              i_name},
	{"language",          i_language},
	{"musicclass",        i_music},
	{"accountcode",       i_account},
	{"state",             i_state},
	{"uniqueid",          i_uniqueid},
	{"linkedid",          i_linkedid},
	{"exten",             i_exten},
	{"context",           i_context},
	{"channeltype",       i_type},
	{"peername",          i_peername},
	{"peerip",            i_peerip},
	{"recvip",            i_peerip},
	{"audionativeformat", i_codec},
	{"audioreadformat",   i_codec},
	{"audiowriteformat",  i_codec},
	{"rtpdest",           i_rtpdest},
	{"from",              i_from},
	{"uri",               i_ruri},
	{"ruri",              i_ruri},
	{"useragent",         i_agent},
	{"callid",            i_callid},
	{"callgroup",         i_callgroup},
	{"pickupgroup",       i_pickupgroup},
	{"parkinglot",        i_parkinglot},
	{"tonezone",          i_tonezone},
	{"rtpsource",         i_rtpsource},
	{"hangupsource",      i_hangupsource},
	{"max_forwards",      i_maxfwd},
	{"transfercapability", i_capability},
	{"secure_signaling",  i_secure},
	{"t38passthrough",    i_t38},
	{"secure_media",      i_secure_media},
	{"secure_bridge_media",     i_bridge_media},
	{"secure_bridge_signaling", i_bridge_signal},
};
/* clang-format on */


/* --- rtpqos -------------------------------------------------------------- */

/* CHANNEL(rtpqos,audio,item); "all" is a line of all of them */
static int qos_print(struct mbuf *out, const struct media_stats *st,
		     const struct pl *item)
{
	const struct {
		const char *name;
		uint64_t val;
	} tab[] = {
		{"local_count",     st->tx_packets},
		{"remote_count",    st->rx_packets},
		{"local_lostpackets", st->rx_lost},
		{"remote_lostpackets", st->tx_lost},
		{"local_jitter",    st->jitter_us},
		{"rtt",             st->rtt_us},
	};
	bool all = !item->l || !pl_strcasecmp(item, "all");

	for (size_t i = 0; i < ARRAY_SIZE(tab); i++) {
		if (all)
			(void)mbuf_printf(out, "%s%s=%llu", i ? ";" : "",
					  tab[i].name, tab[i].val);
		else if (!pl_strcasecmp(item, tab[i].name))
			return mbuf_printf(out, "%llu", tab[i].val);
	}

	return all ? 0 : EINVAL;
}


static int qos_read(struct mbuf *out, const struct call *call,
		    const struct ttext *text)
{
	struct media_stats st;
	struct pl item;
	struct args a;
	int err;

	err = args_split(&a, text, 3);
	item = args_pl(&a, 2);
	item = pl_trim(item);
	if (!err && call->caller &&
	    !media_get_stats(leg_media(call->caller), &st))
		err = qos_print(out, &st, &item);
	args_reset(&a);

	return err;
}


/* --- hangup handlers ----------------------------------------------------- */

static void handler_destructor(void *data)
{
	struct call_handler *hh = data;

	list_unlink(&hh->le);
	mem_deref(hh->target);
}


/* Where it is run may be elsewhere, so the target is made whole */
static int handler_target(char **strp, const struct call *call,
			  const struct ttext *value)
{
	size_t open = ttext_find(value, 0, '(');
	struct args target, argv;
	struct pl params = {value->str + open, value->len - open};
	int err;

	argv.n = 0;
	err = gosub_decode(&target, &argv, value);
	if (!err)
		err = target.n == 3   ? re_sdprintf(strp, "%s", value->str)
		      : target.n == 2 ? re_sdprintf(strp, "%s,%s",
						    call->context, value->str)
		      : target.n == 1
			      ? re_sdprintf(strp, "%s,%s,%s%r", call->context,
					    call->exten, args_str(&target, 0),
					    &params)
			      : EINVAL;
	args_reset(&target);
	args_reset(&argv);

	return err;
}


static int handler_push(struct call *call, const struct ttext *value)
{
	struct call_handler *hh;
	int err;

	if (ttext_tainted(value))
		return EPERM; /* its text is expanded no more */

	hh = mem_zalloc(sizeof(*hh), handler_destructor);
	if (!hh)
		return ENOMEM;

	err = handler_target(&hh->target, call, value);
	if (err)
		mem_deref(hh);
	else
		list_prepend(&call->handlers, &hh->le, hh);

	return err;
}


/* push, pop (the last one is replaced), wipe (all are) */
static int handler_write(struct call *call, const struct pl *what,
			 const struct ttext *value)
{
	if (!pl_strcasecmp(what, "hangup_handler_pop"))
		mem_deref(list_ledata(call->handlers.head));
	else if (!pl_strcasecmp(what, "hangup_handler_wipe"))
		list_flush(&call->handlers);
	else if (pl_strcasecmp(what, "hangup_handler_push"))
		return EINVAL;

	return value->len ? handler_push(call, value) : 0;
}


/* --- CHANNEL ------------------------------------------------------------- */

static bool is_cdr_item(const struct pl *what)
{
	return !pl_strcasecmp(what, "userfield") ||
	       !pl_strcasecmp(what, "amaflags");
}


static int channel_read(struct mbuf *out, bool *tainted, struct call *call,
			const struct ttext *args)
{
	struct pl what = first_word(args);
	char field[32];

	*tainted = false;
	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		if (!pl_strcasecmp(&what, items[i].name))
			return items[i].print(out, tainted, call);
	}

	if (!pl_strcasecmp(&what, "rtpqos"))
		return qos_read(out, call, args);
	if (!is_cdr_item(&what) || pl_copy(field, sizeof(field), &what))
		return EINVAL;

	*tainted = true;

	return cdr_read(out, call, field, false);
}


static int channel_write(struct call *call, const struct ttext *args,
			 const struct ttext *value)
{
	struct pl what = first_word(args);
	char field[32];

	if (!pl_strcasecmp(&what, "language"))
		str_ncpy(call->language, value->str, sizeof(call->language));
	else if (!pl_strcasecmp(&what, "musicclass"))
		str_ncpy(call->musicclass, value->str,
			 sizeof(call->musicclass));
	else if (!pl_strcasecmp(&what, "accountcode"))
		str_ncpy(call->accountcode, value->str,
			 sizeof(call->accountcode));
	else if (!pl_strcasecmp(&what, "parkinglot"))
		return call_set_var(call, "PARKINGLOT", value->str,
				    ttext_tainted(value));
	else if (!pl_strcasecmp(&what, "secure_bridge_media"))
		return call_set_var(call, "SECURE_BRIDGE_MEDIA", value->str,
				    ttext_tainted(value));
	else if (!pl_strcasecmp(&what, "secure_bridge_signaling"))
		return call_set_var(call, "SECURE_BRIDGE_SIGNALING",
				    value->str, ttext_tainted(value));
	else if (is_cdr_item(&what) && !pl_copy(field, sizeof(field), &what))
		return cdr_write(call, field, value->str,
				 ttext_tainted(value));
	else
		return handler_write(call, &what, value);

	return 0;
}


const struct func func_channel = {
	.name = "CHANNEL",
	.usage = "CHANNEL(item)  name, language, musicclass, state, peerip, "
		 "useragent, rtpqos ... of the caller's channel; "
		 "hangup_handler_push adds a Gosub that runs at its end; "
		 "secure_bridge_media=1 and secure_bridge_signaling=1 demand "
		 "SRTP and TLS of whom it is put through to",
	.read = channel_read,
	.write = channel_write,
	.write_local = true,
};


/* --- SIP_HEADER ---------------------------------------------------------- */

static int header_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *args)
{
	const struct sx_msg *m = invite_of(call);
	struct pl rest = ttext_pl(args), name = PL_INIT, num = PL_INIT;
	const struct pl *val;
	uint64_t n = 1;

	(void)pl_next(&name, &rest, ',');
	name = pl_trim(name);
	if (rest.p && pl_next(&num, &rest, ',')) {
		num = pl_trim(num);
		if (num.l && (num_decode(&n, &num, 1000) || !n))
			return EINVAL;
	}
	if (!name.l)
		return EINVAL;

	*tainted = true;
	val = m ? sx_msg_hdr_name(m, &name, (size_t)n - 1) : NULL;

	return val ? mbuf_write_pl(out, val) : 0;
}


const struct func func_sip_header = {
	.name = "SIP_HEADER",
	.usage = "SIP_HEADER(name[,number])  a header of the caller's INVITE",
	.read = header_read,
};
