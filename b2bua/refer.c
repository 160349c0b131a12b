/**
 * @file b2bua/refer.c  REFER in the dialog of a call (RFC 3515, 5589)
 *
 *   REFER --> may it? --> 202, NOTIFY 100
 *     Refer-To with Replaces   call_attended()   NOTIFY 200, then BYE
 *     else                     xfer_start()      NOTIFY 180, then 200 and BYE,
 *                                                or what went wrong
 *
 * The number is looked up where the one who transfers may dial
 * (xfer_context()), whatever the host of Refer-To says.  The subscription that
 * a REFER makes lives in the dialog of the call; RFC 4488's Refer-Sub: false
 * does without it.
 */
#include "b2bua/call.h"
#include "b2bua/cause.h"
#include "b2bua/leg_priv.h"
#include "b2bua/transfer.h"
#include "base/text.h"

enum { SUB_EXPIRES_S = 300 };

/** A REFER and its subscription; the leg and a transfer in progress keep it */
struct refer {
	struct leg *leg;         /* no reference; NULL: gone */
	uint32_t id;             /* CSeq of the REFER (RFC 3515 2.4.6) */
	bool sub;                /* wants to be told */
	bool over;
	struct sx_ctrans *ct;    /* the last NOTIFY */
	char *referred_by;       /* "<sip:...>" or NULL */
	char context[128];
};


static void destructor(void *data)
{
	struct refer *r = data;

	mem_deref(r->ct);
	mem_deref(r->referred_by);
}


void leg_refer_gone(struct leg *leg)
{
	if (!leg->refer)
		return;

	leg->refer->leg = NULL;
	leg->refer->ct = mem_deref(leg->refer->ct);
	leg->refer = mem_deref(leg->refer);
}


/* ---- NOTIFY ------------------------------------------------------------- */

static void notify_handler(int err, const struct sx_msg *msg, void *arg)
{
	struct refer *r = arg;

	if (!err && msg->scode < 200)
		return;

	/* who does not want to know is not told again (RFC 6665 4.2.2) */
	if (err || msg->scode >= 300)
		r->sub = false;
	r->ct = mem_deref(r->ct);
}


static int print_head(struct refer *r, struct mbuf *mb, const char *state)
{
	struct leg *leg = r->leg;
	int err;

	err = sx_dialog_head(leg->dlg, mb, SX_NOTIFY, 0);
	err |= leg_contact(leg, mb, &leg->dlg->hop);
	err |= mbuf_printf(mb, "Event: refer;id=%u\r\n"
			   "Subscription-State: %s\r\nAllow: %s\r\n",
			   r->id, state, server_allow);

	return err | leg_auth_print(leg, mb, SX_NOTIFY,
				    sx_dialog_ruri(leg->dlg));
}


static int send_notify(struct refer *r, uint16_t scode, const char *state)
{
	struct mbuf *mb = mbuf_alloc(768), *body = mbuf_alloc(64);
	struct sx_dialog *dlg = r->leg->dlg;
	int err = ENOMEM;

	if (!mb || !body)
		goto out;

	err = mbuf_printf(body, "SIP/2.0 %u %s\r\n", scode, sx_reason(scode));
	err |= print_head(r, mb, state);
	err |= sx_head_end(server()->sx, mb, "message/sipfrag;version=2.0",
			   body);
	if (err)
		goto out;

	mb->pos = 0;
	r->ct = mem_deref(r->ct);
	err = sx_request(&r->ct, server()->sx, &dlg->hop, SX_NOTIFY,
			 sx_dialog_ruri(dlg), mb, notify_handler, r);

out:
	mem_deref(mb);
	mem_deref(body);
	return err;
}


static void notify(struct refer *r, uint16_t scode)
{
	char state[48] = "terminated;reason=noresource";
	int err;

	if (scode >= 200)
		r->over = true;
	else
		(void)re_snprintf(state, sizeof(state), "active;expires=%u",
				  SUB_EXPIRES_S);

	if (!r->leg || !r->sub || r->leg->state == LEG_GONE)
		return;

	err = send_notify(r, scode, state);
	if (err)
		log_info("leg", "%s: NOTIFY of its transfer: %m",
			 r->leg->name, err);
}


/* ---- what is asked for -------------------------------------------------- */

/* Value of a header inside of a URI: "?Replaces=...&X=..." (escaped) */
static bool uri_header(const struct sx_uri *uri, const char *want,
		       struct pl *val)
{
	struct pl rest = uri->headers, part, name;

	if (rest.l)
		pl_advance(&rest, 1);

	while (rest.l && pl_next(&part, &rest, '&')) {
		if (!pl_next(&name, &part, '=') || !part.p)
			continue;
		if (pl_strcasecmp(&name, want))
			continue;

		*val = part;
		return true;
	}

	return false;
}


/* The transferred one is told who did it, in the words of the phone */
static int take_referred_by(struct refer *r, const struct sx_msg *msg)
{
	const struct pl *val = sx_msg_hdr(msg, SX_HDR_REFERRED_BY, 0);
	struct sx_addr addr;

	if (!val || sx_addr_parse(&addr, val))
		return 0;

	return re_sdprintf(&r->referred_by, "<%r>", &addr.auri);
}


/* Whoever may transfer is a peer that we know, and its call is its own */
static bool may_refer(const struct leg *leg)
{
	return leg->peer->name && leg->peer->allowtransfer &&
	       (leg->outgoing || leg->authenticated);
}


static bool same_owner(const struct leg *a, const struct leg *b)
{
	if (b->peer->name && !str_cmp(a->peer->name, b->peer->name))
		return true;

	/* two accounts of one phone */
	return b->peer->name && may_refer(b) &&
	       !str_cmp(a->peer->context, b->peer->context) &&
	       sa_cmp(&a->dlg->peer_src, &b->dlg->peer_src, SA_ALL);
}


/* ---- attended ----------------------------------------------------------- */

static void attended(struct refer *r, const struct pl *val)
{
	struct leg *leg = r->leg, *other;
	struct replaces rep;
	int err;

	if (replaces_decode(&rep, val, true)) {
		notify(r, 400);
		return;
	}

	other = replaces_find(&rep);
	if (!other || other == leg || other->state >= LEG_ENDING) {
		log_notice("leg", "%s: transfer to a call that is not here",
			   leg->name);
		notify(r, 481);
		return;
	}

	if (!same_owner(leg, other)) {
		log_notice("leg", "%s: transfer to %s, which is not its own",
			   leg->name, other->name);
		notify(r, 403);
		return;
	}

	err = call_attended_check(leg, other);
	if (err) {
		notify(r, 480);
		return;
	}

	/* first, because BYE ends the dialog */
	notify(r, 200);
	err = call_attended(leg, other);
	if (err)
		log_warning("leg", "%s: transfer to %s: %m", leg->name,
			    other->name, err);
}


/* ---- blind -------------------------------------------------------------- */

static void setup(struct call *call, void *arg)
{
	const struct refer *r = arg;
	char text[600];

	(void)call_set_var(call, "SIPTRANSFER", "yes", false);
	(void)call_set_var(call, "SIPREFERRINGCONTEXT", r->context, false);
	if (!r->referred_by)
		return;

	(void)call_set_var(call, "__SIPREFERREDBYHDR", r->referred_by, true);
	if (re_snprintf(text, sizeof(text), "Referred-By: %s",
			r->referred_by) > 0)
		(void)call_set_var(call, "__SIPADDHEADER99", text, true);
}


static void progress(enum xfer_progress p, uint16_t scode, void *arg)
{
	(void)p;
	notify(arg, scode);
}


static void blind(struct refer *r, const struct sx_uri *uri)
{
	struct leg *leg = r->leg;
	char exten[256];
	int err;

	if (sx_unescape(exten, sizeof(exten), &uri->user) || !exten[0]) {
		notify(r, 404);
		return;
	}

	str_ncpy(r->context, xfer_context(leg), sizeof(r->context));
	err = xfer_start(leg, r->context, exten, setup, progress, r);
	if (!err)
		return;

	log_notice("leg", "%s: transfer to '%s' in context '%s': %s",
		   leg->name, exten, r->context,
		   err == ENOENT     ? "no such extension"
		   : err == ENOTCONN ? "there is nobody to transfer"
				     : strerror(err));
	notify(r, err == ENOENT ? 404 : err == ENOTCONN ? 480 : 500);
}


/* ---- the request -------------------------------------------------------- */

/* Reply 202; false: there is no memory for it */
static bool accept_refer(struct leg *leg, struct sx_strans *st, bool sub)
{
	struct mbuf *mb = mbuf_alloc(256);
	int err = ENOMEM;

	if (mb)
		err = leg_contact(leg, mb, &leg->dlg->hop);
	if (!err && !sub)
		err = mbuf_write_str(mb, "Refer-Sub: false\r\n");
	if (!err)
		err = sx_reply_body(st, 202, NULL, mb, NULL, NULL);
	else
		(void)sx_reply(st, 500, NULL, NULL);

	mem_deref(mb);

	return !err;
}


static bool wants_sub(const struct sx_msg *msg)
{
	struct pl name = PL_LIT("Refer-Sub");
	const struct pl *val = sx_msg_hdr_name(msg, &name, 0);

	return !val || pl_strcasecmp(val, "false");
}


static struct refer *refer_new(struct leg *leg, const struct sx_msg *msg)
{
	struct refer *r = mem_zalloc(sizeof(*r), destructor);

	if (!r || take_referred_by(r, msg))
		return mem_deref(r);

	r->leg = leg;
	r->id = msg->cseq;
	r->sub = wants_sub(msg);

	return r;
}


/* Status and phrase that refuse it, 0 if it may go on */
static uint16_t refusal(const struct leg *leg, const struct sx_msg *msg,
			struct sx_addr *to, const char **why)
{
	*why = NULL;

	if (msg->counts[SX_HDR_REFER_TO] != 1 ||
	    sx_addr_parse(to, sx_msg_hdr(msg, SX_HDR_REFER_TO, 0))) {
		*why = "Bad Refer-To";
		return 400;
	}
	if (to->uri.scheme == SX_SCHEME_OTHER)
		return 416;
	if (!may_refer(leg)) {
		log_notice("leg", "%s: may not transfer (allowtransfer=)",
			   leg->name);
		return 603;
	}
	if (leg->state != LEG_CONFIRMED || (leg->refer && !leg->refer->over))
		return 491;

	return 0;
}


void leg_rx_refer(struct leg *leg, struct sx_strans *st,
		  const struct sx_msg *msg)
{
	struct sx_addr to;
	struct refer *r;
	const char *why;
	struct pl val;
	uint16_t scode;

	scode = refusal(leg, msg, &to, &why);
	if (scode) {
		(void)sx_reply(st, scode, why, NULL);
		return;
	}

	r = refer_new(leg, msg);
	if (!r || !accept_refer(leg, st, r->sub)) {
		if (!r)
			(void)sx_reply(st, 500, NULL, NULL);
		mem_deref(r);
		return;
	}

	leg_refer_gone(leg); /* an earlier one, which is over */
	leg->refer = mem_ref(r);
	notify(r, 100);

	if (uri_header(&to.uri, "Replaces", &val))
		attended(r, &val);
	else
		blind(r, &to.uri);

	mem_deref(r);
}


/* SUBSCRIBE inside the dialog: refresh or end of what REFER has begun */
void leg_rx_subscribe(struct leg *leg, struct sx_strans *st,
		      const struct sx_msg *msg)
{
	const struct pl *val = sx_msg_hdr(msg, SX_HDR_EVENT, 0);
	struct refer *r = leg->refer;
	uint32_t expires = SUB_EXPIRES_S;
	struct pl event = val ? *val : (struct pl)PL_INIT, name;

	if (!pl_next(&name, &event, ';') || pl_strcasecmp(&name, "refer")) {
		(void)sx_reply(st, 489, NULL, NULL);
		return;
	}
	if (!r || r->over) {
		(void)sx_reply(st, 481, NULL, NULL);
		return;
	}

	(void)sx_msg_u32(msg, SX_HDR_EXPIRES, &expires);
	if (expires > SUB_EXPIRES_S)
		expires = SUB_EXPIRES_S;
	(void)sx_reply(st, 200, NULL, "Expires: %u\r\n", expires);
	if (!expires && r->sub) {
		(void)send_notify(r, 100, "terminated;reason=timeout");
		r->sub = false;
	}
}
