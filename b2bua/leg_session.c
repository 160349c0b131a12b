/**
 * @file b2bua/leg_session.c  Session timers (RFC 4028)
 */
#include "b2bua/cause.h"
#include "b2bua/leg_priv.h"
#include "base/text.h"

enum {
	SE_MAX = 86400,
	SE_MIN = 4, /* whatever a peer says: not a refresh every moment */
};


static uint32_t our_minse(const struct leg *leg)
{
	return leg->peer->session_minse_s;
}


static uint32_t our_expires(const struct leg *leg)
{
	uint32_t se = leg->peer->session_expires_s;

	if (!se)
		se = 1800;

	return se > our_minse(leg) ? se : our_minse(leg);
}


/* The refresher= of a Session-Expires: 'c' uac, 's' uas, 0 not said */
static char refresher(const struct sx_msg *msg)
{
	const struct pl *val = sx_msg_hdr(msg, SX_HDR_SESSION_EXPIRES, 0);
	struct pl params, who;

	if (!val)
		return 0;

	params.p = pl_strchr(val, ';');
	if (!params.p)
		return 0;
	params.l = (size_t)(val->p + val->l - params.p);

	if (!sx_param(&params, "refresher", &who))
		return 0;

	return !pl_strcasecmp(&who, "uac")   ? 'c'
	       : !pl_strcasecmp(&who, "uas") ? 's'
					     : 0;
}


/*
 * What an INVITE or UPDATE of the peer asks for.  Returns 0, 420 (timer
 * required but refused here) or 422 with the shortest interval that we take.
 */
uint16_t leg_session_in(struct leg *leg, const struct sx_msg *msg,
			uint32_t *minse)
{
	struct leg_session *s = &leg->ses;
	const uint32_t ours   = our_expires(leg);
	uint32_t se = 0, theirs = 0;
	char who;

	*minse = our_minse(leg);

	if (leg->peer->session_timers == SESSION_REFUSE)
		return sx_msg_has_token(msg, SX_HDR_REQUIRE, "timer") ? 420
								      : 0;

	s->peer_supports = sx_msg_has_token(msg, SX_HDR_SUPPORTED, "timer") ||
			   sx_msg_has_token(msg, SX_HDR_REQUIRE, "timer");

	(void)sx_msg_u32(msg, SX_HDR_MIN_SE, &theirs);
	if (!s->peer_supports) /* any more: it will not refresh either */
		s->we_refresh = true;
	if (sx_msg_u32(msg, SX_HDR_SESSION_EXPIRES, &se)) {
		if (leg->peer->session_timers != SESSION_ORIGINATE)
			return 0;
		s->expires_s = ours > theirs ? ours : theirs;
	}
	else if (se < *minse) {
		return 422;
	}
	else {
		s->expires_s = se < ours || theirs > ours ? se : ours;
	}

	if (s->expires_s > SE_MAX)
		s->expires_s = SE_MAX;

	who = refresher(msg);
	if (s->peer_supports)
		s->we_refresh =
			who ? who == 's'
			    : leg->peer->session_refresher == REFRESHER_UAS;

	return 0;
}


/* Session-Expires of a 2xx; Require if the other side must refresh */
int leg_session_print(struct leg *leg, struct mbuf *mb)
{
	const struct leg_session *s = &leg->ses;

	if (!s->expires_s)
		return 0;

	return mbuf_printf(mb, "Session-Expires: %u;refresher=%s\r\n%s",
			   s->expires_s, s->we_refresh ? "uas" : "uac",
			   s->we_refresh ? "" : "Require: timer\r\n");
}


/* Of our INVITE or refresh */
int leg_session_out_print(struct leg *leg, struct mbuf *mb)
{
	struct leg_session *s = &leg->ses;
	int err = 0;

	if (leg->peer->session_timers == SESSION_REFUSE)
		return 0;

	if (s->expires_s)
		err = mbuf_printf(mb, "Session-Expires: %u;refresher=%s\r\n",
				  s->expires_s, s->we_refresh ? "uac" : "uas");
	else if (leg->peer->session_timers == SESSION_ORIGINATE)
		err = mbuf_printf(mb, "Session-Expires: %u\r\n",
				  s->minse_s > our_expires(leg)
					  ? s->minse_s
					  : our_expires(leg));

	if (s->minse_s || leg->peer->session_timers == SESSION_ORIGINATE)
		err |= mbuf_printf(mb, "Min-SE: %u\r\n",
				   s->minse_s > our_minse(leg)
					   ? s->minse_s
					   : our_minse(leg));

	return err;
}


/* What the 2xx to our request settles */
void leg_session_take(struct leg *leg, const struct sx_msg *resp)
{
	struct leg_session *s = &leg->ses;
	uint32_t se;

	if (leg->peer->session_timers == SESSION_REFUSE)
		return;

	if (!sx_msg_u32(resp, SX_HDR_SESSION_EXPIRES, &se) && se) {
		s->expires_s  = se > SE_MAX   ? SE_MAX
				: se < SE_MIN ? SE_MIN
					      : se;
		s->we_refresh = refresher(resp) != 's';
	}
	else if (leg->peer->session_timers == SESSION_ORIGINATE) {
		/* the peer has no timer: we alone refresh (RFC 4028 7.2) */
		s->expires_s  = our_expires(leg);
		s->we_refresh = true;
	}
	else {
		s->expires_s = 0;
	}
}


/* 422: take the peer's Min-SE; false if that was tried or is senseless */
bool leg_session_raise(struct leg *leg, const struct sx_msg *resp)
{
	struct leg_session *s = &leg->ses;
	uint32_t minse;

	if (sx_msg_u32(resp, SX_HDR_MIN_SE, &minse) || minse > SE_MAX ||
	    minse <= s->minse_s)
		return false;

	s->minse_s = minse;
	if (s->expires_s && s->expires_s < minse)
		s->expires_s = minse;

	return true;
}


static void session_handler(void *arg)
{
	struct leg *leg = arg;

	if (leg->state != LEG_CONFIRMED)
		return;

	if (!leg->ses.we_refresh) {
		leg_dead(leg, CAUSE_TIMER, "session timer expired");
		return;
	}

	/* busy with another change: that one refreshes as well */
	(void)leg_refresh(leg);
	leg_session_start(leg);
}


void leg_session_start(struct leg *leg)
{
	const struct leg_session *s = &leg->ses;
	uint32_t sec = s->expires_s;

	if (!sec) {
		leg_session_stop(leg);
		return;
	}

	if (s->we_refresh)
		sec /= 2;
	else
		sec -= sec / 3 < 32 ? sec / 3 : 32;

	timer_start(&leg->ses.tmr, sec * 1000ULL, session_handler, leg);
}


void leg_session_stop(struct leg *leg)
{
	timer_cancel(&leg->ses.tmr);
}
