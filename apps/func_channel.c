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
	const struct peer *peer = call->caller ? leg_peer(call->caller) : NULL;

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
};
/* clang-format on */


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
	else if (is_cdr_item(&what) && !pl_copy(field, sizeof(field), &what))
		return cdr_write(call, field, value->str,
				 ttext_tainted(value));
	else
		return EINVAL;

	return 0;
}


const struct func func_channel = {
	.name = "CHANNEL",
	.usage = "CHANNEL(item)  name, language, musicclass, state, peerip, "
		 "useragent ... of the caller's channel",
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
