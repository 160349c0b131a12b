/**
 * @file b2bua/leg.c  A leg's life: birth, reports to the call, end
 *
 * What happens on the wire is in leg_in.c, leg_out.c, leg_modify.c and
 * leg_dialog.c; what is said about audio in leg_media.c.
 */
#include "b2bua/call.h"
#include "b2bua/cause.h"
#include "b2bua/devstate.h"
#include "b2bua/leg_priv.h"
#include "b2bua/location.h"
#include "b2bua/transfer.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/rand.h"

enum {
	/* longest wait for the answer to our CANCEL or BYE: Timer F and the
	   rest of a client INVITE transaction after CANCEL (RFC 3261 9.1) */
	END_WAIT_MS = 40000,

	/* Timer B of a phone that has registered */
	PHONE_TIMER_B_MS = 10000,
};

static uint32_t leg_serial;


static void stop_timers(struct leg *leg)
{
	leg_in_stop(leg);
	leg_modify_stop(leg);
	leg_session_stop(leg);
}


static void destructor(void *data)
{
	struct leg *leg = data;

	devstate_leg(leg->peer->name, leg->lamp, DEVLAMP_OFF);
	list_unlink(&leg->le);
	hash_unlink(&leg->hle);
	stop_timers(leg);
	leg_refer_gone(leg);
	mem_deref(leg->ask);
	list_flush(&leg->groups);
	timer_cancel(&leg->end_timer);

	if (leg->media) {
		media_detach(leg->media);
		if (!leg->media_closed)
			media_close_stream(leg->media);
	}

	mem_deref(leg->query);
	sx_strans_detach(leg->st);
	mem_deref(leg->st);
	mem_deref(leg->ct);
	mem_deref(leg->bye_ct);
	list_flush(&leg->earlies);
	mem_deref(leg->dlg);
	mem_deref(leg->invite);
	mem_deref(leg->ack);
	mem_deref(leg->auth);
	mem_deref(leg->dial);
	mem_deref(leg->connected);
	mem_deref(leg->theirs);
	mem_deref(leg->targetv);
	mem_deref(leg->offer);
	mem_deref(leg->extra);
	mem_deref(leg->remote);
	mem_deref(leg->offer_rx);
	sdp_local_reset(&leg->local);
	leg_crypto_wipe(leg);
	mem_deref(leg->cfg);
}


/*
 * A new leg in its call's list.  label is the middle of its channel name.
 */
int leg_alloc(struct leg **legp, struct call *call, struct config *cfg,
	      const struct peer *peer, const char *label, bool outgoing)
{
	struct leg *leg;
	char cut[72];

	if (!legp || !call || !cfg || !peer)
		return EINVAL;

	leg = mem_zalloc(sizeof(*leg), destructor);
	if (!leg)
		return ENOMEM;

	leg->call     = call;
	leg->cfg      = mem_ref(cfg);
	leg->peer     = peer;
	leg->outgoing = outgoing;
	leg->id	      = ++leg_serial;
	leg->acked    = true;
	leg->cap      = SDPM_SENDRECV;
	sa_init(&leg->media_addr, AF_UNSPEC);
	sa_init(&leg->audio.remote, AF_UNSPEC);
	sa_init(&leg->audio.remote_rtcp, AF_UNSPEC);
	str_ncpy(cut, label, sizeof(cut));
	(void)re_snprintf(leg->name, sizeof(leg->name), "SIP/%s-%08x", cut,
			  leg->id);

	list_append(&call->legs, &leg->le, leg);
	*legp = leg;

	return 0;
}


/* ---- reports ------------------------------------------------------------ */

/* The call may drop the leg while it listens */
void leg_report_ev(struct leg *leg, const struct leg_event *ev)
{
	if (!leg->call)
		return;

	mem_ref(leg);
	call_leg_event(leg->call, leg, ev);
	mem_deref(leg);
}


void leg_report(struct leg *leg, enum leg_event_type type)
{
	leg_report_ev(leg, &(struct leg_event){.type = type});
}


/* ---- the end ------------------------------------------------------------ */

static void gone_handler(void *arg)
{
	struct leg *leg = arg;

	if (!leg->sig_done) {
		log_warning("leg", "call %s %s: no answer to our %s",
			    leg->call ? leg->call->id : "-", leg->name,
			    leg->answered_ms ? "BYE" : "CANCEL");
		leg_sig_done(leg);
		return;
	}

	if (leg_set_state(leg, LEG_GONE))
		return;

	mem_ref(leg);
	hash_unlink(&leg->hle);
	leg_report(leg, LEG_EV_GONE);
	mem_deref(leg);
}


/* GONE always comes from the main loop, never inside a caller's call */
static void check_gone(struct leg *leg)
{
	if (leg->state != LEG_ENDING || !leg->sig_done || !leg->media_closed)
		return;

	timer_start(&leg->end_timer, 0, gone_handler, leg);
}


void leg_ending(struct leg *leg)
{
	if (leg->state == LEG_ENDING || leg->state == LEG_GONE)
		return;

	(void)leg_set_state(leg, LEG_ENDING);
	leg_modify_stop(leg);
	leg_session_stop(leg);
	timer_cancel(&leg->ring_timer);
	timer_cancel(&leg->rel_timer);
	leg_media_close(leg);
	timer_start(&leg->end_timer, END_WAIT_MS, gone_handler, leg);
}


void leg_sig_done(struct leg *leg)
{
	leg->sig_done = true;
	leg_in_stop(leg);
	check_gone(leg);
}


void leg_finish(struct leg *leg)
{
	leg_ending(leg);
	leg_sig_done(leg);
}


/* The peer is not there any more, or breaks the protocol: end it from here */
void leg_dead(struct leg *leg, uint8_t cause, const char *why)
{
	struct leg_event ev = {
		.type = LEG_EV_HANGUP, .cause = cause, .reason = why,
		.dead = true};

	log_info("leg", "call %s %s: %s", leg->call ? leg->call->id : "-",
		 leg->name, why);

	mem_ref(leg);
	leg_bye(leg, cause, why);
	leg_report_ev(leg, &ev);
	mem_deref(leg);
}


void leg_hangup(struct leg *leg, uint8_t cause, const char *text)
{
	if (!leg)
		return;

	switch (leg->state) {

	case LEG_IDLE:
		leg_finish(leg);
		break;

	case LEG_CALLING:
	case LEG_EARLY:
		if (leg->outgoing)
			leg_out_cancel(leg, cause, text);
		else
			(void)leg_in_reject(leg, cause_to_sip(cause), cause,
					    text);
		break;

	case LEG_CONFIRMED:
		leg_bye(leg, cause, text);
		break;

	case LEG_ENDING:
	case LEG_GONE:
		break;
	}
}


/* ---- media events ------------------------------------------------------- */

/* rtptimeout, rtpholdtimeout */
static void no_media(struct leg *leg, uint32_t ms)
{
	char why[64];

	if (leg->state != LEG_CONFIRMED)
		return;

	(void)re_snprintf(why, sizeof(why), "no media for %u s", ms / 1000);
	leg_dead(leg, CAUSE_TIMER, why);
}


static void media_handler(const struct media_report *ev, void *arg)
{
	struct leg *leg = arg;

	mem_ref(leg);

	if (ev->ev == MEDIA_EV_DTMF && ev->info != 1) {
		leg_report_ev(leg, &(struct leg_event){
					   .type	= LEG_EV_DTMF,
					   .digit	= ev->digit,
					   .duration_ms = ev->duration_ms,
					   .ev		= ev});
	}
	else if (ev->ev == MEDIA_EV_DTMF) {
		if (leg->peer->dtmfmode == DTMF_MODE_INBAND ||
		    (leg->peer->dtmfmode == DTMF_MODE_AUTO &&
		     !leg->audio.dtmf_pt_rx))
			leg_report_ev(leg, &(struct leg_event){
						   .type  = LEG_EV_DTMF,
						   .digit = ev->digit,
						   .duration_ms =
							   ev->duration_ms,
						   .ev = ev});
	}
	else {
		leg_report_ev(leg, &(struct leg_event){.type = LEG_EV_MEDIA,
						       .ev   = ev});
	}

	if (ev->ev == MEDIA_EV_LEARNED) {
		nat_note_rtp(leg->peer->name, leg_peer_addr(leg), &ev->addr);
	}
	else if (ev->ev == MEDIA_EV_TIMEOUT) {
		no_media(leg, ev->duration_ms);
	}
	else if (ev->ev == MEDIA_EV_CLOSED) {
		leg->media_closed = true;
		check_gone(leg);
	}

	mem_deref(leg);
}


/* The address to bind: where signalling toward the peer happens */
static void media_bind_addr(const struct leg *leg, struct sa *laddr,
			    const struct sx_target *toward)
{
	const struct general *g = &leg->cfg->general;
	const struct sx_listener *l = toward->lis;
	const struct sa *lis;

	if (!l)
		l = sx_listener_for(server()->sx, toward->tp, &toward->dst);

	if (sa_isset(&g->rtpbindaddr, SA_ADDR)) {
		*laddr = g->rtpbindaddr;
		return;
	}

	lis = l ? sx_listener_addr(l) : NULL;
	if (lis && !sa_is_any(lis)) {
		*laddr = *lis;
		return;
	}

	if (sa_af(&toward->dst) == AF_INET6)
		(void)sa_set_str(laddr, "::", 0);
	else
		(void)sa_set_str(laddr, "0.0.0.0", 0);
}


int leg_media_open(struct leg *leg, const struct sx_target *toward,
		   media_id near)
{
	if (leg->media)
		return 0;

	media_bind_addr(leg, &leg->media_addr, toward);
	sa_set_port(&leg->media_addr, 0);

	return media_open(&leg->media, &leg->media_addr, near, media_handler,
			  leg);
}


void leg_media_close(struct leg *leg)
{
	if (leg->media)
		media_close_stream(leg->media);
	else
		leg->media_closed = true;
}


/* ---- questions ---------------------------------------------------------- */

enum leg_state leg_state(const struct leg *leg)
{
	return leg ? leg->state : LEG_GONE;
}


bool leg_is_answered(const struct leg *leg)
{
	return leg && leg->state == LEG_CONFIRMED;
}


bool leg_is_outgoing(const struct leg *leg)
{
	return leg && leg->outgoing;
}


uint32_t leg_id(const struct leg *leg)
{
	return leg ? leg->id : 0;
}


const char *leg_name(const struct leg *leg)
{
	return leg ? leg->name : "";
}


const struct peer *leg_peer(const struct leg *leg)
{
	return leg ? leg->peer : NULL;
}


struct list *leg_groups(struct leg *leg)
{
	return &leg->groups;
}


media_id leg_media(const struct leg *leg)
{
	return leg ? leg->media : 0;
}


const struct leg_audio *leg_audio(const struct leg *leg)
{
	return leg ? &leg->audio : NULL;
}


const struct codec_prefs *leg_offered(const struct leg *leg)
{
	return leg ? &leg->offered : NULL;
}


const struct sx_msg *leg_invite(const struct leg *leg)
{
	return leg ? leg->invite : NULL;
}


struct call *leg_call(const struct leg *leg)
{
	return leg ? leg->call : NULL;
}


void leg_set_call(struct leg *leg, struct call *call)
{
	if (!leg || !call)
		return;

	if (call != leg->call)
		call_recs_leave(leg->call, leg_media(leg));
	call_recs_return(call, leg_media(leg));
	list_unlink(&leg->le);
	list_append(&call->legs, &leg->le, leg);
	leg->call = call;
}


void leg_device(char *buf, size_t n, const char *channel)
{
	const char *dash = channel ? strrchr(channel, '-') : NULL;

	str_ncpy(buf, channel ? channel : "", n);
	if (dash && (size_t)(dash - channel) < n)
		buf[dash - channel] = '\0';
}


uint64_t leg_answered_at(const struct leg *leg)
{
	return leg ? leg->answered_ms : 0;
}


const char *leg_callid(const struct leg *leg)
{
	return leg && leg->dlg ? leg->dlg->callid : "";
}


const struct sa *leg_peer_addr(const struct leg *leg)
{
	if (!leg || !leg->dlg)
		return NULL;

	return sa_isset(&leg->dlg->peer_src, SA_ADDR) ? &leg->dlg->peer_src
						      : &leg->dlg->hop.dst;
}


int leg_print(struct re_printf *pf, const struct leg *leg)
{
	const struct sa *sa = leg_peer_addr(leg);

	if (!leg)
		return 0;

	return re_hprintf(pf, "%s %s %s %J %s", leg->name,
			  leg_state_name(leg->state),
			  leg->outgoing ? "out" : "in", sa,
			  leg->audio.agreed ? leg->audio.codec->name : "-");
}


/* What qualify has measured, else timert1= */
uint32_t leg_t1(const struct leg *leg)
{
	const struct place *pl = leg->peer->name
					 ? location_find(leg->peer->name)
					 : NULL;
	uint32_t t1 = leg->peer->timert1_ms;

	if (pl && pl->state == QUALIFY_OK)
		t1 = pl->rtt_ms;
	if (t1 < leg->cfg->general.t1min_ms)
		t1 = leg->cfg->general.t1min_ms;

	return t1 && t1 <= 5000 ? t1 : 500;
}


/* A near peer is asked again sooner, but not given up sooner */
uint32_t leg_timer_b(const struct leg *leg)
{
	uint32_t t1 = leg->peer->timert1_ms;

	if (leg->peer->timerb_ms)
		return leg->peer->timerb_ms;

	/* a phone says 100 at once, or its NAT has forgotten it: voicemail
	   shall not wait for 32 s */
	if (leg->peer->dynamic && t1 <= 500)
		return PHONE_TIMER_B_MS;

	return 64 * (t1 ? t1 : 500);
}
