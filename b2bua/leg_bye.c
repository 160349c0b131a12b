/**
 * @file b2bua/leg_bye.c  BYE, and the headers that several requests share
 */
#include "b2bua/cause.h"
#include "b2bua/leg_priv.h"
#include "b2bua/call.h"


/* Contact toward a place (RFC 3261 8.1.1.8) */
int leg_contact(struct leg *leg, struct mbuf *mb, const struct sx_target *t)
{
	struct sa our;
	int err;

	err = sx_public_addr(server()->sx, &our, t);
	if (err)
		return err;

	err = mbuf_printf(mb, "Contact: <%s:%s%s%J", "sip", leg->contact_user,
			  leg->contact_user[0] ? "@" : "", &our);
	if (t->tp == SX_TCP)
		err |= mbuf_write_str(mb, ";transport=tcp");
	else if (t->tp == SX_TLS)
		err |= mbuf_write_str(mb, ";transport=tls");

	return err | mbuf_write_str(mb, ">\r\n");
}


/* Reason (RFC 3326) */
int leg_reason(struct mbuf *mb, uint8_t cause, const char *text)
{
	struct pl pl;

	pl_set_str(&pl, text && *text ? text : cause_text(cause));

	return mbuf_printf(mb, "Reason: Q.850;cause=%u;text=%H\r\n", cause,
			   sx_quote, &pl);
}


static int send_bye(struct leg *leg, struct sx_dialog *dlg,
		    struct sx_ctrans **ctp, sx_response_h *h)
{
	struct mbuf *mb = mbuf_alloc(512);
	int err;

	if (!mb)
		return ENOMEM;

	err = sx_dialog_head(dlg, mb, SX_BYE, 0);
	if (leg->bye_cause)
		err |= leg_reason(mb, leg->bye_cause, leg->bye_text);
	err |= leg_auth_print(leg, mb, SX_BYE, sx_dialog_ruri(dlg));
	err |= sx_head_end(server()->sx, mb, NULL, NULL);
	if (!err) {
		mb->pos = 0;
		err = sx_request(ctp, server()->sx, &dlg->hop, SX_BYE,
				 sx_dialog_ruri(dlg), mb, h, leg);
	}

	mem_deref(mb);
	return err;
}


static void bye_handler(int err, const struct sx_msg *msg, void *arg)
{
	struct leg *leg = arg;

	if (!err && msg->scode < 200)
		return;

	mem_ref(leg);
	leg->bye_ct = mem_deref(leg->bye_ct);

	if (!err && (msg->scode == 401 || msg->scode == 407) &&
	    leg_may_authenticate(leg, msg) &&
	    !send_bye(leg, leg->dlg, &leg->bye_ct, bye_handler))
		goto out;

	if (err)
		log_info("leg", "%s: BYE: %m", leg->name, err);
	leg_sig_done(leg);

out:
	mem_deref(leg);
}


/*
 * End an answered leg.  The callee may not send BYE before it has the ACK
 * (RFC 3261 15): the wish waits.
 */
void leg_bye(struct leg *leg, uint8_t cause, const char *text)
{
	if (leg->bye_ct || leg->sig_done)
		return;

	leg->bye_cause = cause;
	if (text != leg->bye_text) /* it is, if the BYE had to wait */
		str_ncpy(leg->bye_text, text ? text : "",
			 sizeof(leg->bye_text));
	leg_ending(leg);

	if (!leg->acked && !leg->outgoing && !leg->confirmed) {
		leg->bye_wish = true;
		return;
	}

	if (leg->acked)
		leg_in_stop(leg);
	leg_auth_again(leg);
	if (send_bye(leg, leg->dlg, &leg->bye_ct, bye_handler))
		leg_sig_done(leg);
}


/* BYE on a dialog beside the leg's own, answer not awaited */
void leg_bye_fork(struct leg *leg, struct sx_dialog *dlg)
{
	(void)send_bye(leg, dlg, NULL, NULL);
}
