/**
 * @file b2bua/leg_giveup.c  Places to try, and those that are given up
 *
 * A name may stand for several places (RFC 3263 4.3).  Those that are known to
 * be away (health.h) come last, or are left out if another line can take the
 * call.  A place of a line that does not answer the INVITE at all is given up
 * after some seconds, long before Timer B.
 *
 * What is given up may have got the INVITE nevertheless: it is CANCELled as
 * soon as it says anything, and if it accepts, its 200 is ACKed and followed
 * by BYE, so that nobody is left in a call alone.  This is done by an object
 * of its own, because the leg goes on elsewhere or ends.
 */
#include "b2bua/call.h"
#include "b2bua/health.h"
#include "b2bua/leg_priv.h"

enum {
	REPEATS_MS = 32000, /* 64*T1: so long a 200 may be repeated */
	PLACE_MS   = 4000,  /* for the first answer if there is another place */
};

/** An INVITE that nobody waits for any more */
struct given_up {
	struct le le;
	struct sx_ctrans *ct;
	struct sx_dialog *dlg; /* as the INVITE said it */
	struct sx_target hop;
	struct sx_dialog *acked; /* with the callee that accepted */
	struct mbuf *ack;
	struct timer tmr;
};

static struct list lost = LIST_INIT;


static void destructor(void *arg)
{
	struct given_up *g = arg;

	timer_cancel(&g->tmr);
	list_unlink(&g->le);
	mem_deref(g->ct);
	mem_deref(g->dlg);
	mem_deref(g->acked);
	mem_deref(g->hop.conn);
	mem_deref(g->ack);
}


/* A request without body; ACK goes outside of transactions */
static int send_plain(struct sx_dialog *d, enum sx_method met, uint32_t cseq,
		      struct mbuf **keep)
{
	struct mbuf *mb = mbuf_alloc(512);
	int err;

	if (!mb)
		return ENOMEM;

	err = sx_dialog_head(d, mb, met, cseq);
	err |= sx_head_end(server()->sx, mb, NULL, NULL);
	mb->pos = 0;
	if (!err && met == SX_ACK)
		err = sx_send_ack(server()->sx, &d->hop, sx_dialog_ruri(d),
				  mb);
	else if (!err)
		err = sx_request(NULL, server()->sx, &d->hop, met,
				 sx_dialog_ruri(d), mb, NULL, NULL);

	if (keep)
		*keep = mb;
	else
		mem_deref(mb);

	return err;
}


static void forget(void *arg)
{
	mem_deref(arg);
}


/* RFC 3261 13.2.2.4, 15 */
static void accepted(struct given_up *g, const struct sx_msg *msg)
{
	if (g->ack) {
		g->ack->pos = 0;
		(void)sx_send_ack(server()->sx, &g->acked->hop,
				  sx_dialog_ruri(g->acked), g->ack);
		return;
	}

	if (sx_dialog_fork(&g->acked, g->dlg, msg)) {
		mem_deref(g);
		return;
	}

	log_info("leg", "%J accepts a call that was given up", &g->hop.dst);
	leg_set_hop(g->acked, &g->hop);
	if (!send_plain(g->acked, SX_ACK, msg->cseq, &g->ack))
		(void)send_plain(g->acked, SX_BYE, 0, NULL);

	timer_start(&g->tmr, REPEATS_MS, forget, g);
}


static void handler(int err, const struct sx_msg *msg, void *arg)
{
	struct given_up *g = arg;

	if (!err && msg->scode < 200)
		return;

	if (!err && msg->scode < 300)
		accepted(g, msg);
	else
		mem_deref(g);
}


/* The INVITE to the present place is nobody's any more */
static void give_up(struct leg *leg)
{
	struct given_up *g = mem_zalloc(sizeof(*g), destructor);

	if (!g) {
		leg->ct = mem_deref(leg->ct);
		return;
	}

	list_append(&lost, &g->le, g);
	g->ct	    = leg->ct;
	leg->ct	    = NULL;
	g->dlg	    = mem_ref(leg->dlg);
	g->hop	    = leg->dlg->hop;
	g->hop.conn = mem_ref(leg->dlg->hop.conn);

	sx_ctrans_set_handler(g->ct, handler, g);
	if (sx_ctrans_cancel(g->ct, NULL))
		mem_deref(g);
}


void leg_giveup_close(void)
{
	list_flush(&lost);
}


/* ---- places ------------------------------------------------------------- */

/* Only lines have several places, and only theirs are remembered */
static bool is_line(const struct leg *leg)
{
	return leg->peer->name && !leg->peer->dynamic;
}


/* 112, 911, 000: tried everywhere, whatever a place has asked for */
static bool is_emergency(const struct leg *leg)
{
	const char *user = leg->dial->user;

	return user && strlen(user) <= 3 &&
	       user[0] && !user[strspn(user, "0123456789")];
}


/* Good places, then those that are coming back, then those that are away */
int leg_places(struct leg *leg, const struct sx_target *tv, size_t n)
{
	static const enum health order[] = {HEALTH_OK, HEALTH_RAMP,
					    HEALTH_AWAY, HEALTH_ASKED};
	const size_t kinds = leg->dial->strict	 ? 1
			     : is_emergency(leg) ? 4
						 : 3;

	leg->targetv = mem_zalloc(n * sizeof(*tv), NULL);
	if (!leg->targetv)
		return ENOMEM;

	leg->targetc = 0;
	for (size_t k = 0; k < kinds; k++) {
		for (size_t i = 0; i < n; i++) {
			enum health st = is_line(leg) ? health_of(&tv[i])
						      : HEALTH_OK;

			if (st == order[k])
				leg->targetv[leg->targetc++] = tv[i];
		}
	}

	return leg->targetc ? 0 : EHOSTDOWN;
}


void leg_place_failed(struct leg *leg, int err, const struct sx_msg *msg)
{
	struct health_failure hf = {.peer = leg->peer, .err = err};

	if (!is_line(leg) || !leg->dial || leg->targeti >= leg->targetc)
		return;

	hf.probe_s = leg->dial->probe_s;
	hf.ramp_s  = leg->dial->ramp_s;
	if (msg)
		(void)sx_msg_u32(msg, SX_HDR_RETRY_AFTER, &hf.retry_after_s);
	health_failed(&leg->targetv[leg->targeti], &hf);
}


static void unanswered(void *arg)
{
	struct leg *leg = arg;

	if (leg->state != LEG_CALLING || !leg->ct)
		return;

	mem_ref(leg);
	log_info("leg", "call %s %s: no answer from %J",
		 leg->call ? leg->call->id : "-", leg->name,
		 &leg->dlg->hop.dst);
	leg_place_failed(leg, ETIMEDOUT, NULL);
	give_up(leg);
	if (!leg_next_target(leg))
		leg_fail_err(leg, ETIMEDOUT);
	mem_deref(leg);
}


/* The INVITE has left */
void leg_place_asked(struct leg *leg)
{
	uint32_t ms = leg->dial->answer_ms;

	if (!is_line(leg))
		return;

	health_used(&leg->targetv[leg->targeti]);
	if (!ms && leg->targeti + 1 < leg->targetc)
		ms = PLACE_MS;
	if (ms)
		timer_start(&leg->ring_timer, ms, unanswered, leg);
}


/* It is there, whatever it says */
void leg_place_answered(struct leg *leg)
{
	timer_cancel(&leg->ring_timer);
	if (is_line(leg) && leg->dial && leg->targeti < leg->targetc)
		health_answered(&leg->targetv[leg->targeti]);
}
