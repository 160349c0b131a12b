/**
 * @file b2bua/leg_ask.c  What an application asks of a leg's phone: to call
 *                        somewhere else (REFER, or 302 before the answer), to
 *                        show a text (MESSAGE)
 *
 *   asked --2xx--> MESSAGE: over
 *     |      \---> REFER: NOTIFY 100 ... NOTIFY final (RFC 3515 2.4.4): over
 *     +-- 401, 407: once more, with our name
 *     \-- anything else, no answer: over
 *
 * A phone that took the REFER and says nothing more has done what it was asked
 * for as far as we can know: it is asked to say how it went, not obliged to.
 */
#include "b2bua/leg_priv.h"
#include "b2bua/server.h"
#include "base/text.h"

enum { NOTIFY_MS = 32000 };

struct leg_ask {
	struct leg *leg;         /* no reference: it owns us */
	enum sx_method met;
	char *refer_to;          /* REFER */
	struct mbuf *body;       /* MESSAGE */
	struct sx_ctrans *ct;
	struct timer tmr;        /* until the NOTIFY */
	uint16_t scode;          /* what the peer said to the REFER */
	leg_ask_h *h;            /* NULL: over */
	void *arg;
};


static void destructor(void *data)
{
	struct leg_ask *ask = data;

	timer_cancel(&ask->tmr);
	mem_deref(ask->ct);
	mem_deref(ask->body);
	mem_deref(ask->refer_to);
}


static void over(struct leg_ask *ask, uint16_t scode)
{
	leg_ask_h *h = ask->h;

	timer_cancel(&ask->tmr);
	ask->h = NULL;
	if (h)
		h(scode, ask->arg);
}


static void silent(void *arg)
{
	struct leg_ask *ask = arg;

	over(ask, ask->scode);
}


/* --- the request --------------------------------------------------------- */

static int send_ask(struct leg_ask *ask);


static void response(int err, const struct sx_msg *msg, void *arg)
{
	struct leg_ask *ask = arg;
	struct leg *leg = ask->leg;

	if (!err && msg->scode < 200)
		return;

	ask->ct = mem_deref(ask->ct);
	if (!err && (msg->scode == 401 || msg->scode == 407) &&
	    leg_may_authenticate(leg, msg) && !send_ask(ask))
		return;

	ask->scode = err ? 0 : msg->scode;
	mem_ref(ask);
	if (ask->met == SX_REFER && ask->scode >= 200 && ask->scode < 300)
		timer_start(&ask->tmr, NOTIFY_MS, silent, ask);
	else
		over(ask, ask->scode);
	mem_deref(ask);
}


static int print_head(const struct leg_ask *ask, struct mbuf *mb)
{
	struct leg *leg = ask->leg;
	int err;

	err = sx_dialog_head(leg->dlg, mb, ask->met, 0);
	if (ask->met == SX_REFER) {
		err |= leg_contact(leg, mb, &leg->dlg->hop);
		err |= mbuf_printf(mb, "Refer-To: <%s>\r\n"
				   "Referred-By: <%s>\r\n", ask->refer_to,
				   leg->dlg->luri);
	}

	return err | leg_auth_print(leg, mb, ask->met,
				    sx_dialog_ruri(leg->dlg));
}


static int send_ask(struct leg_ask *ask)
{
	struct sx_dialog *dlg = ask->leg->dlg;
	struct mbuf *mb = mbuf_alloc(768);
	int err;

	if (!mb)
		return ENOMEM;

	err = print_head(ask, mb);
	if (ask->body)
		ask->body->pos = 0;
	err |= sx_head_end(server()->sx, mb,
			   ask->body ? "text/plain;charset=UTF-8" : NULL,
			   ask->body);
	if (!err) {
		mb->pos = 0;
		err = sx_request(&ask->ct, server()->sx, &dlg->hop, ask->met,
				 sx_dialog_ruri(dlg), mb, response, ask);
	}

	mem_deref(mb);

	return err;
}


static int ask_alloc(struct leg_ask **askp, struct leg *leg,
		     enum sx_method met, leg_ask_h *h, void *arg)
{
	struct leg_ask *ask;

	if (!leg || leg->state != LEG_CONFIRMED)
		return ENOTCONN;
	if (leg->ask && leg->ask->h)
		return EBUSY;

	ask = mem_zalloc(sizeof(*ask), destructor);
	if (!ask)
		return ENOMEM;

	ask->leg = leg;
	ask->met = met;
	ask->h = h;
	ask->arg = arg;
	*askp = ask;

	return 0;
}


static int begin(struct leg_ask *ask, int err)
{
	if (!err) {
		leg_auth_again(ask->leg);
		err = send_ask(ask);
	}
	if (err) {
		mem_deref(ask);
		return err;
	}

	mem_deref(ask->leg->ask); /* an earlier one, which is over */
	ask->leg->ask = ask;

	return 0;
}


/* sip:user@host; our own host, as the peer knows it, if none is said */
static int target_uri(char **urip, const struct leg *leg, const char *user,
		      const char *host)
{
	struct sx_uri our;
	struct pl pl, upl;

	pl_set_str(&upl, user);
	if (str_isset(host))
		return re_sdprintf(urip, "sip:%H@%s", sx_escape_user, &upl,
				   host);

	pl_set_str(&pl, leg->dlg->luri);
	if (sx_uri_parse(&our, &pl))
		return EINVAL;

	return re_sdprintf(urip, our.port ? "sip:%H@%s%r%s:%u"
					  : "sip:%H@%s%r%s",
			   sx_escape_user, &upl, our.host_ip6 ? "[" : "",
			   &our.host, our.host_ip6 ? "]" : "", our.port);
}


int leg_refer(struct leg *leg, const char *user, const char *host,
	      leg_ask_h *h, void *arg)
{
	struct leg_ask *ask;
	int err = ask_alloc(&ask, leg, SX_REFER, h, arg);

	return err ? err : begin(ask, target_uri(&ask->refer_to, leg, user,
						 host));
}


int leg_send_text(struct leg *leg, const struct pl *text, leg_ask_h *h,
		  void *arg)
{
	struct leg_ask *ask;
	int err = ask_alloc(&ask, leg, SX_MESSAGE, h, arg);

	if (err)
		return err;

	ask->body = mbuf_alloc(text->l + 1);

	return begin(ask, ask->body ? mbuf_write_pl(ask->body, text) : ENOMEM);
}


int leg_redirect(struct leg *leg, const char *user, const char *host)
{
	struct mbuf *mb = mbuf_alloc(256);
	char *uri = NULL;
	int err = mb && leg && leg->dlg ? target_uri(&uri, leg, user, host)
					: ENOMEM;

	if (!err)
		err = mbuf_printf(mb, "Contact: <%s>\r\n", uri);
	if (!err) {
		mb->pos = 0;
		err = leg_in_refuse(leg, 302, mb);
	}
	mem_deref(uri);
	mem_deref(mb);

	return err;
}


void leg_ask_forget(struct leg *leg)
{
	if (leg && leg->ask)
		leg->ask->h = NULL;
}


/* --- NOTIFY -------------------------------------------------------------- */

/* Status of a message/sipfrag body; 0 if it has none */
static uint16_t frag_status(const struct sx_msg *msg)
{
	struct pl code;

	if (msg->body.l < 11 || strncmp(msg->body.p, "SIP/2.0 ", 8))
		return 0;

	code.p = msg->body.p + 8;
	code.l = 3;

	return (uint16_t)pl_u32(&code);
}


bool leg_rx_notify(struct leg *leg, struct sx_strans *st,
		   const struct sx_msg *msg)
{
	struct leg_ask *ask = leg->ask;
	const struct pl *event = sx_msg_hdr(msg, SX_HDR_EVENT, 0);
	uint16_t scode;

	if (!ask || ask->met != SX_REFER || !event || event->l < 5 ||
	    strncasecmp(event->p, "refer", 5))
		return false;

	(void)sx_reply(st, 200, NULL, NULL);
	scode = frag_status(msg);
	if (scode >= 200) {
		mem_ref(ask);
		over(ask, scode);
		mem_deref(ask);
	}

	return true;
}
