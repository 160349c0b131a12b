/**
 * @file apps/func_call.c  CALLERID, CDR, HANGUPCAUSE, TIMEOUT: the call itself
 */
#include "apps/apps.h"
#include "b2bua/cdr.h"
#include "b2bua/redirect.h"
#include "base/text.h"


#define TAG_VAR "CALLERID_TAG"


/* --- CALLERID ------------------------------------------------------------ */

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
		return mbuf_write_str(out, redirect_from(call));
	}
	if (!pl_strcasecmp(&what, "dnid")) {
		*tainted = true;
		return mbuf_write_str(out, call->dnid);
	}
	if (!pl_strcasecmp(&what, "tag")) {
		*tainted = true;
		return mbuf_write_str(out, call_var(call, TAG_VAR));
	}
	if (!pl_strcasecmp(&what, "ani2"))
		return mbuf_write_str(out, "0"); /* no digits of a US trunk */

	*tainted = false;

	return is_pres(&what) ? mbuf_write_str(out, pres_name(call->cid_pres))
			      : EINVAL;
}


void cid_split(struct pl *namep, struct pl *nump, const struct pl *text)
{
	struct pl v = pl_trim(*text), name = PL_INIT, num = v;
	const char *lt = pl_strchr(&v, '<'), *gt = pl_strchr(&v, '>');

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

	*namep = name;
	*nump = num;
}


static void set_all(struct call *call, const struct ttext *value)
{
	struct pl v = ttext_pl(value), name, num;

	cid_split(&name, &num, &v);

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
		redirect_set_from(call, value->str);
	else if (!pl_strcasecmp(&what, "dnid"))
		str_ncpy(call->dnid, value->str, sizeof(call->dnid));
	else if (!pl_strcasecmp(&what, "tag"))
		return call_set_var(call, TAG_VAR, value->str,
				    ttext_tainted(value));
	else
		return is_pres(&what) ? pres_decode(&call->cid_pres, &v)
				      : EINVAL;

	call->cid_wire = call->cid_wire || ttext_tainted(value);

	return 0;
}


const struct func func_callerid = {
	.name = "CALLERID",
	.usage = "CALLERID(all|name|num|ani|rdnis|dnid|pres|tag)  who calls",
	.read = callerid_read,
	.write = callerid_write,
	.write_local = true,
};


/* --- CDR, HANGUPCAUSE ---------------------------------------------------- */

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
	.write_local = true,
};


/* HANGUPCAUSE(channel[,ast|tech]): of the last leg that was dialled */
static int hangupcause_read(struct mbuf *out, bool *tainted,
			    struct call *call, const struct ttext *text)
{
	uint16_t scode = cdr_sip_code(call);
	struct pl type;
	struct args a;
	int err;

	err = args_split(&a, text, 2);
	type = args_pl(&a, 1);
	type = pl_trim(type);
	*tainted = false;

	if (!err && pl_strcasecmp(&type, "tech"))
		err = mbuf_printf(out, "%u", call->cause);
	else if (!err && scode)
		err = mbuf_printf(out, "SIP %u %s", scode,
				  sx_reason(scode));
	args_reset(&a);

	return err;
}


const struct func func_hangupcause = {
	.name = "HANGUPCAUSE",
	.usage = "HANGUPCAUSE(channel[,ast|tech])  Q.850 cause, or SIP "
		 "status, of the last leg",
	.read = hangupcause_read,
};


static int causekeys_read(struct mbuf *out, bool *tainted, struct call *call,
			  const struct ttext *args)
{
	*tainted = false;

	return cdr_read(out, call, "dstchannel", false);
}


const struct func func_hangupcause_keys = {
	.name = "HANGUPCAUSE_KEYS",
	.usage = "HANGUPCAUSE_KEYS()  the channel that HANGUPCAUSE() knows of",
	.read = causekeys_read,
};


/* --- old names ----------------------------------------------------------- */

static int language_read(struct mbuf *out, bool *tainted, struct call *call,
			 const struct ttext *args)
{
	*tainted = false;

	return mbuf_write_str(out, call->language);
}


static int language_write(struct call *call, const struct ttext *args,
			  const struct ttext *value)
{
	str_ncpy(call->language, value->str, sizeof(call->language));

	return 0;
}


const struct func func_language = {
	.name = "LANGUAGE",
	.usage = "LANGUAGE()  old spelling of CHANNEL(language)",
	.read = language_read,
	.write = language_write,
	.write_local = true,
};


static int musicclass_read(struct mbuf *out, bool *tainted, struct call *call,
			   const struct ttext *args)
{
	*tainted = false;

	return mbuf_write_str(out, call->musicclass);
}


static int musicclass_write(struct call *call, const struct ttext *args,
			    const struct ttext *value)
{
	str_ncpy(call->musicclass, value->str, sizeof(call->musicclass));

	return 0;
}


const struct func func_musicclass = {
	.name = "MUSICCLASS",
	.usage = "MUSICCLASS()  old spelling of CHANNEL(musicclass)",
	.read = musicclass_read,
	.write = musicclass_write,
	.write_local = true,
};


static int callerpres_read(struct mbuf *out, bool *tainted, struct call *call,
			   const struct ttext *args)
{
	*tainted = false;

	return mbuf_write_str(out, pres_name(call->cid_pres));
}


static int callerpres_write(struct call *call, const struct ttext *args,
			    const struct ttext *value)
{
	struct pl v = ttext_pl(value);

	return pres_decode(&call->cid_pres, &v);
}


const struct func func_callerpres = {
	.name = "CALLERPRES",
	.usage = "CALLERPRES()  old spelling of CALLERID(pres)",
	.read = callerpres_read,
	.write = callerpres_write,
	.write_local = true,
};


/* --- TIMEOUT ------------------------------------------------------------- */

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
	.write_local = true,
};
