/**
 * @file apps/func_sipd.c  SIPD: what the dialplan of a file of sipd asks
 *
 * config/sipd_plan.c writes that plan.  A forward that was set by a star code
 * is in the database, in the family "sipd" under the client's name, and counts
 * before the file's; "-" there means that it was taken away.
 */
#include "apps/apps.h"
#include "b2bua/fork.h"
#include "b2bua/server.h"
#include "base/text.h"
#include "routing/args.h"
#include "routing/sipd.h"

#define FAMILY "sipd"

enum { GATES_MAX = 256 };

struct ask {
	struct call *call;
	const struct config *cfg;
	const struct args *args;     /* [0] is the question */
};


static const struct sipd_client *caller_of(const struct call *call)
{
	const struct peer *peer = fork_payer(call);

	return peer ? sipd_client(call->cfg->sipd, peer->name) : NULL;
}


/* The client that argument n names; if it is empty, whose call it is */
static const struct sipd_client *client_arg(const struct call *call,
					    const struct args *args, size_t n)
{
	if (args_has(args, n))
		return sipd_client(call->cfg->sipd, args_str(args, n));

	return caller_of(call);
}


static struct pl number_arg(const struct ask *a)
{
	return args_pl(a->args, 1);
}


/* --- forwards ------------------------------------------------------------ */

/* "=N", "~N" or "" */
static int forward(struct mbuf *out, const struct sipd_client *c)
{
	const char *val;

	if (!c)
		return 0;

	val = store_db_get(FAMILY, c->name);
	if (val)
		return strcmp(val, "-") ? mbuf_write_str(out, val) : 0;
	if (c->how == SIPD_FWD_NONE)
		return 0;

	return mbuf_printf(out, "%c%s",
			   c->how == SIPD_FWD_ALWAYS ? '=' : '~', c->target);
}


static int p_forward(struct mbuf *out, const struct ask *a)
{
	return forward(out, client_arg(a->call, a->args, 1));
}


/* What a media gateway is asked to say */
static int p_code(struct mbuf *out, const struct ask *a)
{
	struct mbuf *mb = mbuf_alloc(32);
	int err = mb ? forward(mb, caller_of(a->call)) : ENOMEM;

	if (!err && !mb->end)
		err = mbuf_write_str(out, "*73");
	else if (!err)
		err = mbuf_printf(out, "*7%c%b",
				  mb->buf[0] == '=' ? '2' : '1', mb->buf + 1,
				  mb->end - 1);
	mem_deref(mb);

	return err;
}


/* --- numbers ------------------------------------------------------------- */

static int p_may(struct mbuf *out, const struct ask *a)
{
	static const char *const why[] = {
		[SIPD_MAY_NOT] = "its dialplan= does not allow it",
		[SIPD_MAY_ABROAD] = "calls abroad need international=yes",
		[SIPD_MAY_PREMIUM] = "premium numbers need premium=yes",
		[SIPD_MAY_ODD] = "this is no number",
	};
	const struct sipd_client *c = client_arg(a->call, a->args, 2);
	const struct pl num = number_arg(a);
	enum sipd_may may = sipd_may(a->cfg, c, &num);

	if (may == SIPD_MAY_YES)
		return mbuf_write_str(out, "1");

	call_warning(a->call, "%s may not dial %r: %s", c ? c->name : "a "
		     "stranger", &num, why[may]);

	return 0;
}


static int p_out(struct mbuf *out, const struct ask *a)
{
	const struct sipd_client *gate = client_arg(a->call, a->args, 1);
	const struct pl num = args_pl(a->args, 2);
	char buf[SIPD_NUMBER_MAX + 64];

	if (!gate || sipd_out(buf, sizeof(buf), &a->cfg->sipd_opts, gate,
			      sipd_prefix(gate, caller_of(a->call)), &num))
		return 0;

	return mbuf_write_str(out, buf);
}


static int p_gateways(struct mbuf *out, const struct ask *a)
{
	const struct sipd_client *v[GATES_MAX];
	const size_t n = sipd_gateways(v, ARRAY_SIZE(v), a->cfg->sipd,
				       client_arg(a->call, a->args, 1));
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = mbuf_printf(out, "%s%s", i ? ":" : "", v[i]->name);

	return err;
}


/* --- who ----------------------------------------------------------------- */

static int p_callerid(struct mbuf *out, const struct ask *a)
{
	const struct sipd_client *c = client_arg(a->call, a->args, 1);
	const char *num = c && c->callerid ? c->callerid
			  : c && c->number ? c->number
					   : NULL;

	return num ? mbuf_printf(out, "<%s>", num) : 0;
}


/* The caller's number as a client can call it back */
static int p_shown(struct mbuf *out, const struct ask *a)
{
	const struct sipd_client *to = client_arg(a->call, a->args, 1);
	const struct sipd_client *c = caller_of(a->call);
	const char *num = a->call->cid_num;

	if (c && c->kind == SIPD_CLIENT && to) {
		if (c->shortno && !strcmp(c->group, to->group))
			num = c->shortno;
		else
			num = c->number ? c->number : c->name;
	}

	return mbuf_write_str(out, num);
}


static bool goes_on(const struct sipd_client *c)
{
	const char *val = store_db_get(FAMILY, c->name);

	return c->chainc || (val ? strcmp(val, "-") != 0
				 : c->how != SIPD_FWD_NONE);
}


/* Seconds; as long as the caller likes if nobody comes after */
static int p_ring(struct mbuf *out, const struct ask *a)
{
	const struct sipd_client *c = client_arg(a->call, a->args, 1);

	if (!c || !goes_on(c))
		return 0;

	return mbuf_printf(out, "%u", a->cfg->sipd_opts.ring_s);
}


/* (chain,client,n): the n-th who is rung after the client */
static int p_chain(struct mbuf *out, const struct ask *a)
{
	const struct sipd_client *c = client_arg(a->call, a->args, 1);
	const struct pl pl = args_pl(a->args, 2);
	uint64_t n;

	if (!c || num_decode(&n, &pl, SIPD_CHAIN_MAX) || !n || n > c->chainc)
		return 0;

	return mbuf_write_str(out, c->chainv[n - 1]->name);
}


/* --- the function -------------------------------------------------------- */

/** What of a value came from the wire */
enum wire {
	WIRE_NO,
	WIRE_ASKED, /* what is from there in the question */
	WIRE_YES,
};

/* clang-format off */
static const struct {
	const char *name;
	int (*print)(struct mbuf *out, const struct ask *a);
	enum wire wire;
} questions[] = {
	{"callerid", p_callerid, WIRE_NO},
	{"chain",    p_chain,    WIRE_NO},
	{"code",     p_code,     WIRE_YES},
	{"forward",  p_forward,  WIRE_YES},
	{"gateways", p_gateways, WIRE_NO},
	{"may",      p_may,      WIRE_NO},
	{"out",      p_out,      WIRE_ASKED},
	{"ring",     p_ring,     WIRE_NO},
	{"shown",    p_shown,    WIRE_YES},
};
/* clang-format on */


static int sipd_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *text)
{
	struct ask a = {.call = call, .cfg = call->cfg};
	const bool wire = *tainted;
	struct args args;
	int err;

	*tainted = false;
	if (!a.cfg->sipd) {
		call_warning(call, "SIPD: sip.conf is none of sipd");
		return 0;
	}

	err = args_split_plain(&args, text, ',');
	if (err)
		return err;

	a.args = &args;
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		if (str_casecmp(questions[i].name, args_str(&args, 0)))
			continue;

		*tainted = questions[i].wire == WIRE_YES ||
			   (questions[i].wire == WIRE_ASKED && wire);
		err = questions[i].print(out, &a);
		goto out;
	}

	call_warning(call, "SIPD(%s): unknown question", text->str);

out:
	args_reset(&args);

	return err;
}


static int set_forward(struct call *call, const char *val)
{
	const struct sipd_client *c = caller_of(call);

	if (!c)
		return ENOENT;

	call_info(call, "%s: calls go to %s", c->name, *val ? val : "itself");

	return store_db_put(FAMILY, c->name, *val ? val : "-");
}


/* The client whose call this is from now on: it pays */
static int set_payer(struct call *call, const char *val)
{
	if (!sipd_client(call->cfg->sipd, val))
		return ENOENT;

	str_ncpy(call->payer, val, sizeof(call->payer));

	return 0;
}


static int sipd_write(struct call *call, const struct ttext *args,
		      const struct ttext *value)
{
	if (!str_casecmp(args->str, "forward"))
		return set_forward(call, value->str);
	if (!str_casecmp(args->str, "payer"))
		return set_payer(call, value->str);

	return EINVAL;
}


const struct func func_sipd = {
	.name = "SIPD",
	.usage = "SIPD(question[,argument...])  of a file of sipd: may, out, "
		 "gateways, forward, chain, ring, code, callerid, shown; "
		 "forward and payer can be set",
	.read = sipd_read,
	.write = sipd_write,
};
