/**
 * @file apps/func_call.c  CALLERID, CHANNEL, CDR, HANGUPCAUSE, SIP_HEADER,
 *                         TIMEOUT: the call itself
 */
#include "apps/apps.h"
#include "b2bua/cdr.h"
#include "base/text.h"


/* --- CALLERID ------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *name;
	int pres;
} presv[] = {
	{"allowed_not_screened",   0x00},
	{"allowed_passed_screen",  0x01},
	{"allowed_failed_screen",  0x02},
	{"allowed",                0x03},
	{"prohib_not_screened",    0x20},
	{"prohib_passed_screen",   0x21},
	{"prohib_failed_screen",   0x22},
	{"prohib",                 0x23},
	{"unavailable",            0x43},
};
/* clang-format on */


static const char *pres_name(int pres)
{
	for (size_t i = 0; i < ARRAY_SIZE(presv); i++) {
		if (presv[i].pres == pres)
			return presv[i].name;
	}

	return pres < 0 ? presv[0].name : "unknown";
}


static int pres_decode(int *pres, const struct pl *pl)
{
	uint64_t n;

	for (size_t i = 0; i < ARRAY_SIZE(presv); i++) {
		if (!pl_strcasecmp(pl, presv[i].name)) {
			*pres = presv[i].pres;
			return 0;
		}
	}

	if (num_decode(&n, pl, 255))
		return EINVAL;

	*pres = (int)n;

	return 0;
}


static bool is_pres(const struct pl *what)
{
	return !pl_strcasecmp(what, "pres") ||
	       !pl_strcasecmp(what, "num-pres") ||
	       !pl_strcasecmp(what, "name-pres");
}


static bool is_num(const struct pl *what)
{
	return !pl_strcasecmp(what, "num") || !pl_strcasecmp(what, "number") ||
	       !pl_strcasecmp(what, "ani");
}


/* The word before a comma (CALLERID(num,...) of 1.4) */
static struct pl first_word(const struct ttext *args)
{
	struct pl rest = ttext_pl(args), word = PL_INIT;

	(void)pl_next(&word, &rest, ',');

	return pl_trim(word);
}


static int callerid_read(struct mbuf *out, bool *tainted, struct call *call,
			 const struct ttext *args)
{
	struct pl what = first_word(args);

	*tainted = call->cid_wire;

	if (!what.l || !pl_strcasecmp(&what, "all"))
		return call->cid_name[0]
			       ? mbuf_printf(out, "\"%s\" <%s>",
					     call->cid_name, call->cid_num)
			       : mbuf_write_str(out, call->cid_num);
	if (!pl_strcasecmp(&what, "name"))
		return mbuf_write_str(out, call->cid_name);
	if (is_num(&what))
		return mbuf_write_str(out, call->cid_num);
	if (!pl_strcasecmp(&what, "rdnis")) {
		*tainted = true;
		return mbuf_write_str(out, call->cid_rdnis);
	}
	if (!pl_strcasecmp(&what, "dnid")) {
		*tainted = true;
		return mbuf_write_str(out, call->dnid);
	}

	*tainted = false;

	return is_pres(&what) ? mbuf_write_str(out, pres_name(call->cid_pres))
			      : EINVAL;
}


/* "name" <num>, name <num>, <num>, num */
static void set_all(struct call *call, const struct ttext *value)
{
	struct pl v = ttext_pl(value), name = PL_INIT, num;
	const char *lt, *gt;

	v = pl_trim(v);
	lt = pl_strchr(&v, '<');
	gt = pl_strchr(&v, '>');
	num = v;
	if (lt && gt && gt > lt) {
		name.p = v.p;
		name.l = (size_t)(lt - v.p);
		num.p = lt + 1;
		num.l = (size_t)(gt - lt - 1);
	}

	name = pl_trim(name);
	if (name.l >= 2 && name.p[0] == '"' && name.p[name.l - 1] == '"') {
		++name.p;
		name.l -= 2;
	}

	/* what is too long is left empty */
	(void)pl_copy(call->cid_name, sizeof(call->cid_name), &name);
	(void)pl_copy(call->cid_num, sizeof(call->cid_num), &num);
	call->cid_wire = ttext_tainted(value);
}


static int callerid_write(struct call *call, const struct ttext *args,
			  const struct ttext *value)
{
	struct pl what = first_word(args), v = ttext_pl(value);

	/* the other half may be from the wire still, so it never gets less */
	if (!pl_strcasecmp(&what, "all"))
		set_all(call, value);
	else if (!pl_strcasecmp(&what, "name"))
		str_ncpy(call->cid_name, value->str, sizeof(call->cid_name));
	else if (is_num(&what))
		str_ncpy(call->cid_num, value->str, sizeof(call->cid_num));
	else if (!pl_strcasecmp(&what, "rdnis"))
		str_ncpy(call->cid_rdnis, value->str,
			 sizeof(call->cid_rdnis));
	else if (!pl_strcasecmp(&what, "dnid"))
		str_ncpy(call->dnid, value->str, sizeof(call->dnid));
	else
		return is_pres(&what) ? pres_decode(&call->cid_pres, &v)
				      : EINVAL;

	call->cid_wire = call->cid_wire || ttext_tainted(value);

	return 0;
}


const struct func func_callerid = {
	.name = "CALLERID",
	.usage = "CALLERID(all|name|num|ani|rdnis|dnid|pres)  who calls",
	.read = callerid_read,
	.write = callerid_write,
};


/* --- CHANNEL -------------------------------------------------------------- */

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
};


/* --- CDR, HANGUPCAUSE ----------------------------------------------------- */

static int field_name(char *field, size_t n, const struct ttext *args)
{
	struct pl what = first_word(args);

	return pl_copy(field, n, &what);
}


static int cdr_read_h(struct mbuf *out, bool *tainted, struct call *call,
		      const struct ttext *args)
{
	struct pl rest = ttext_pl(args), word;
	char field[64];
	bool raw;
	int err;

	if (field_name(field, sizeof(field), args))
		return EINVAL;

	/* behind the field are letters: u is raw */
	(void)pl_next(&word, &rest, ',');
	raw = rest.l && pl_strchr(&rest, 'u');
	*tainted = true;
	err = cdr_read(out, call, field, raw);

	return err == ENOENT ? 0 : err;
}


static int cdr_write_h(struct call *call, const struct ttext *args,
		       const struct ttext *value)
{
	char field[64];

	if (field_name(field, sizeof(field), args))
		return EINVAL;

	return cdr_write(call, field, value->str, ttext_tainted(value));
}


const struct func func_cdr = {
	.name = "CDR",
	.usage = "CDR(field[,u])  a field of the call record",
	.read = cdr_read_h,
	.write = cdr_write_h,
};


static int hangupcause_read(struct mbuf *out, bool *tainted,
			    struct call *call, const struct ttext *args)
{
	*tainted = false;

	return mbuf_printf(out, "%u", call->cause);
}


const struct func func_hangupcause = {
	.name = "HANGUPCAUSE",
	.usage = "HANGUPCAUSE(channel,type)  Q.850 cause of the last leg",
	.read = hangupcause_read,
};


/* --- SIP_HEADER ----------------------------------------------------------- */

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


/* --- TIMEOUT -------------------------------------------------------------- */

static int print_ms(struct mbuf *out, uint64_t ms)
{
	return mbuf_printf(out, "%llu.%03u", ms / 1000,
			   (unsigned)(ms % 1000));
}


static int timeout_read(struct mbuf *out, bool *tainted, struct call *call,
			const struct ttext *args)
{
	struct pl what = first_word(args);

	*tainted = false;
	if (!pl_strcasecmp(&what, "absolute"))
		return print_ms(out, timer_left_ms(&call->absolute_timer));
	if (!pl_strcasecmp(&what, "digit"))
		return print_ms(out, call->timeout_digit_ms);
	if (!pl_strcasecmp(&what, "response"))
		return print_ms(out, call->timeout_response_ms);

	return EINVAL;
}


static int timeout_write(struct call *call, const struct ttext *args,
			 const struct ttext *value)
{
	struct pl what = first_word(args), v = ttext_pl(value);
	uint32_t ms;

	if (!arg_ms(&ms, &v))
		return EINVAL;

	if (!pl_strcasecmp(&what, "absolute"))
		call_set_absolute(call, ms);
	else if (!pl_strcasecmp(&what, "digit"))
		call->timeout_digit_ms = ms ? ms : 5000;
	else if (!pl_strcasecmp(&what, "response"))
		call->timeout_response_ms = ms ? ms : 10000;
	else
		return EINVAL;

	return 0;
}


const struct func func_timeout = {
	.name = "TIMEOUT",
	.usage = "TIMEOUT(absolute|digit|response)  limits in seconds",
	.read = timeout_read,
	.write = timeout_write,
};
