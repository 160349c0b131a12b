/**
 * @file b2bua/sub_notify.c  NOTIFY of a subscription
 *
 * One is under way at a time, and never more than a few in a row: what changes
 * meanwhile is told by the next one, which always has the full state.  Four
 * may go at once (it rings, is answered, ends), then one a second (RFC 4235
 * 3.10).
 */
#include "b2bua/call.h"
#include "b2bua/eventdoc.h"
#include "b2bua/server.h"
#include "b2bua/sub_priv.h"
#include "base/clock.h"

enum {
	BURST = 4,
	INTERVAL_MS = 1000,
};


const char *sub_body_name(enum sub_body body)
{
	switch (body) {

	case SUB_DIALOG_INFO: return "dialog-info+xml";
	case SUB_PIDF: return "pidf+xml";
	case SUB_MWI:
	default: return "mwi";
	}
}


static enum devstate shown(const struct sub *s)
{
	const struct general *g = &server()->cfg->general;

	return eventdoc_state(hint_watch_state(s->hint), g->notifyringing,
			      g->notifyhold);
}


const char *sub_state_text(const struct sub *s)
{
	return s->body == SUB_MWI ? "" : devstate_name(shown(s));
}


/* ---- what is said ------------------------------------------------------- */

/* The leg that rings at a device; NULL if none */
static struct leg *ringing_leg(const char *device)
{
	struct le *cle, *lle;

	if (strncmp(device, "SIP/", 4))
		return NULL;

	LIST_FOREACH(calls_list(), cle)
	{
		const struct call *call = cle->data;

		LIST_FOREACH(&call->legs, lle)
		{
			struct leg *leg = lle->data;
			const struct peer *peer = leg_peer(leg);

			if (leg_state(leg) == LEG_EARLY &&
			    leg_is_outgoing(leg) && peer->name &&
			    !strcmp(peer->name, device + 4))
				return leg;
		}
	}

	return NULL;
}


/* Who calls, unless he hides; only with notifycid= */
static int take_caller(struct eventdoc *doc, const struct sub *s, char **urip)
{
	const char *dev = hint_watch_device(s->hint, doc->state);
	struct leg *leg = ringing_leg(dev);
	const struct call *call = leg_call(leg);
	struct sa our;
	struct pl num;
	int err;

	if (!call)
		return 0;

	leg_dialog_ids(leg, &doc->callid, &doc->our_tag, &doc->phone_tag);
	if (call->cid_pres >= 0 && (call->cid_pres & CALLINGPRES_PROHIB))
		return 0;
	if (!call->cid_num[0])
		return 0;

	err = sx_public_addr(server()->sx, &our, &s->dlg->hop);
	if (err)
		return err;

	pl_set_str(&num, call->cid_num);
	err = re_sdprintf(urip, "sip:%H@%J", sx_escape_user, &num, &our);
	doc->caller_uri = *urip;
	doc->caller_name = call->cid_name;

	return err;
}


static int print_lamp(struct mbuf *mb, struct sub *s)
{
	struct eventdoc doc = {
		.entity = s->entity,
		.id = s->exten,
		.state = shown(s),
		.version = s->version,
	};
	char *uri = NULL;
	int err = 0;

	if (server()->cfg->general.notifycid && s->body == SUB_DIALOG_INFO &&
	    (doc.state == DEV_RINGING || doc.state == DEV_RINGINUSE))
		err = take_caller(&doc, s, &uri);
	if (!err)
		err = s->body == SUB_PIDF ? eventdoc_presence(mb, &doc)
					  : eventdoc_dialog(mb, &doc);
	mem_deref(uri);

	return err;
}


static int print_mwi(struct mbuf *mb, const struct sub *s)
{
	struct mwi_count n;

	(void)mwi_sum(s->mailbox, &n);

	return mwi_print_body(mb, &n, s->account);
}


static const char *content_type(const struct sub *s)
{
	const char *mwi = server()->cfg->general.notifymimetype;

	switch (s->body) {

	case SUB_DIALOG_INFO: return "application/dialog-info+xml";
	case SUB_PIDF: return "application/pidf+xml";
	case SUB_MWI:
	default: return mwi ? mwi : "application/simple-message-summary";
	}
}


/* ---- sending ------------------------------------------------------------ */

/* 4xx and silence end it (RFC 6665 4.2.2); what is the server's own trouble
 * over there does not */
static bool ends(int err, uint16_t scode)
{
	return err || (scode >= 300 && scode < 500 && scode != 491);
}


static void response_handler(int err, const struct sx_msg *msg, void *arg)
{
	struct sub *s = arg;
	uint16_t scode = err ? 0 : msg->scode;

	if (!err && scode < 200)
		return;

	s->ct = mem_deref(s->ct);
	if (s->state == SUB_TERMINATED) {
		mem_deref(s);
		return;
	}

	if (ends(err, scode)) {
		log_info("subscribe", "%s: NOTIFY of %s: %u %m: it ends",
			 s->owner->name, s->exten ? s->exten : s->mailbox,
			 scode, err);
		sub_end(s, NULL);
		return;
	}

	if (s->dirty)
		sub_notify(s);
}


static int print_head(struct mbuf *mb, struct sub *s, const char *reason)
{
	int err;

	err = sx_dialog_head(s->dlg, mb, SX_NOTIFY, 0);
	err |= sub_contact_print(mb, s);
	err |= mbuf_printf(mb, "Event: %s\r\n", s->event);

	return err | (reason ? mbuf_printf(mb, "Subscription-State: "
					   "terminated;reason=%s\r\n", reason)
			     : mbuf_printf(mb, "Subscription-State: "
					   "active;expires=%u\r\n",
					   sub_left_s(s)));
}


static int send_notify(struct sub *s, const char *reason)
{
	struct mbuf *mb = mbuf_alloc(1024), *body = mbuf_alloc(1024);
	int err = ENOMEM;

	if (!mb || !body)
		goto out;

	err = s->body == SUB_MWI ? print_mwi(body, s) : print_lamp(body, s);
	err |= print_head(mb, s, reason);
	err |= sx_head_end(server()->sx, mb, content_type(s), body);
	if (err)
		goto out;

	mb->pos = 0;
	s->ct = mem_deref(s->ct);
	s->dirty = false;
	++s->version;
	err = sx_request(&s->ct, server()->sx, &s->dlg->hop, SX_NOTIFY,
			 sx_dialog_ruri(s->dlg), mb, response_handler, s);

out:
	mem_deref(mb);
	mem_deref(body);
	return err;
}


static void send_active(struct sub *s)
{
	int err;

	if (s->tokens)
		--s->tokens;
	err = send_notify(s, NULL);
	if (!err)
		return;

	log_info("subscribe", "%s: NOTIFY of %s: %m", s->owner->name,
		 s->exten ? s->exten : s->mailbox, err);
	sub_end(s, NULL);
}


/* ---- when --------------------------------------------------------------- */

static void count_tokens(struct sub *s)
{
	uint64_t now = clock_ms(), n;

	if (!s->tokens_ms) {
		s->tokens = BURST;
		s->tokens_ms = now;
		return;
	}

	n = (now - s->tokens_ms) / INTERVAL_MS;
	s->tokens_ms += n * INTERVAL_MS;
	s->tokens = n + s->tokens > BURST ? BURST : s->tokens + (uint32_t)n;
}


static void soon_handler(void *arg)
{
	struct sub *s = arg;

	if (s->hint && !hint_exists(s->hint)) {
		sub_end(s, "noresource");
		return;
	}
	if (s->ct)
		return; /* its answer brings us back */

	count_tokens(s);
	if (s->tokens)
		send_active(s);
	else
		timer_start(&s->soon,
			    s->tokens_ms + INTERVAL_MS - clock_ms(),
			    soon_handler, s);
}


void sub_notify(struct sub *s)
{
	if (s->state == SUB_TERMINATED)
		return;

	s->dirty = true;
	if (!timer_runs(&s->soon))
		timer_start(&s->soon, 0, soon_handler, s);
}


void sub_notify_now(struct sub *s)
{
	count_tokens(s);
	timer_cancel(&s->soon);
	send_active(s);
}


void sub_notify_last(struct sub *s, const char *reason)
{
	timer_cancel(&s->soon);
	s->ct = mem_deref(s->ct);
	if (send_notify(s, reason))
		mem_deref(s);
}
