/**
 * @file tests/unit/fake_leg.h  Legs without SIP
 *
 * A leg notes what the call asks of it; what the phone behind it does is in
 * far_end.h.
 */
#ifndef TANDEM_TESTS_FAKE_LEG_H
#define TANDEM_TESTS_FAKE_LEG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "b2bua/app.h"
#include "fake_notes.h"

enum {
	LEGS = 32,
};

struct leg {
	struct le le;
	struct call *call;
	char name[64];
	const struct peer *peer;
	enum leg_state st;
	bool outgoing;
	media_id id;
	struct leg_audio audio;
	struct codec_prefs offered;
	struct list groups;
	struct timer gone, play;
	uint32_t tag;
	bool playing;
	uint8_t cause; /* of leg_hangup() */
	leg_ask_h *askh; /* of a phone that takes its time, see slow_phones */
	void *ask_arg;
};

static struct leg *legv[LEGS]; /* each with a reference, by media id */
static size_t legc;
static struct sx_msg fake_invite;
static bool slow_phones; /* answer_ask() tells what they say to a MESSAGE */


static void leg_gone(void *data)
{
	struct leg *leg = data;

	timer_cancel(&leg->gone);
	timer_cancel(&leg->play);
	list_unlink(&leg->le);
}


static void event(struct leg *leg, const struct leg_event *ev)
{
	mem_ref(leg);
	if (leg->call)
		call_leg_event(leg->call, leg, ev);
	mem_deref(leg);
}


static void simple(struct leg *leg, enum leg_event_type type)
{
	event(leg, &(struct leg_event){.type = type});
}


static inline void media_event(struct leg *leg, const struct media_report *rep)
{
	event(leg, &(struct leg_event){.type = LEG_EV_MEDIA, .ev = rep});
}


static void gone_handler(void *arg)
{
	struct leg *leg = arg;

	leg->st = LEG_GONE;
	list_flush(&leg->groups);
	simple(leg, LEG_EV_GONE);
}


static void ending(struct leg *leg)
{
	leg->st = LEG_ENDING;
	timer_start(&leg->gone, 0, gone_handler, leg);
}


static struct leg *leg_new(struct call *call, const char *name,
			   const struct peer *peer, bool outgoing)
{
	struct leg *leg = mem_zalloc(sizeof(*leg), leg_gone);

	assert_non_null(leg);
	assert_true(legc + 1 < LEGS);
	leg->call = call;
	leg->peer = peer;
	leg->outgoing = outgoing;
	leg->st = LEG_CALLING;
	leg->id = ++legc;
	legv[legc] = mem_ref(leg);
	(void)re_snprintf(leg->name, sizeof(leg->name), "SIP/%s-%08x", name,
			  (unsigned)legc);
	list_append(&call->legs, &leg->le, leg);

	return leg;
}


static const char *tail(const struct leg *leg)
{
	static char buf[4][64];
	static unsigned i;
	char *p = buf[i++ % 4];

	/* "SIP/1001-00000002" is "1001" here */
	(void)re_snprintf(p, 64, "%s", leg->name + 4);
	*strrchr(p, '-') = '\0';

	return p;
}


static struct leg *of(media_id id)
{
	assert_true(id > 0 && id <= legc);

	return legv[id];
}


/** The newest one of that name that we have called */
static inline struct leg *find(const char *name)
{
	for (size_t i = legc; i >= 1; i--) {
		if (legv[i]->outgoing && !strcmp(tail(legv[i]), name))
			return legv[i];
	}

	fail_msg("no leg %s", name);

	return NULL;
}


static inline struct leg *newest(void)
{
	return legv[legc];
}


/** Between the calls of one test, once their legs have ended */
static inline void forget_legs(void)
{
	for (size_t i = 1; i < LEGS; i++)
		legv[i] = mem_deref(legv[i]);

	legc = 0;
}


/* --- what the call asks of them ------------------------------------------- */

int leg_outgoing(struct leg **legp, struct call *call,
		 const struct leg_dial *d)
{
	struct le *le;

	note("invite %s%s%s", d->peer ? d->peer->name : d->host,
	     d->user ? "/" : "", d->user ? d->user : "");
	LIST_FOREACH(d->headers, le)
	{
		const struct var_def *def = le->data;

		note("header %s=%s", def->name, def->value);
	}

	*legp = leg_new(call, d->peer ? d->peer->name : d->host, d->peer,
			true);

	return 0;
}


int leg_ringing(struct leg *leg)
{
	note("180 %s", tail(leg));
	leg->st = LEG_EARLY;

	return 0;
}


int leg_progress(struct leg *leg, const struct leg_audio *far)
{
	note("183 %s", tail(leg));
	leg->st = LEG_EARLY;

	return 0;
}


int leg_answer(struct leg *leg, const struct leg_audio *far)
{
	note("200 %s", tail(leg));
	leg->st = LEG_CONFIRMED;

	return 0;
}


void leg_retry_after(struct leg *leg, uint32_t s)
{
	note("retry %s %u", tail(leg), s);
}


void leg_hangup(struct leg *leg, uint8_t cause, const char *text)
{
	if (leg->st >= LEG_ENDING)
		return;

	note("hangup %s %u%s", tail(leg), cause, text ? " elsewhere" : "");
	leg->cause = cause;
	ending(leg);
}


int leg_modify(struct leg *leg, enum sdpm_dir d)
{
	note("offer %s %u", tail(leg), (unsigned)d);

	return 0;
}


int leg_modify_codec(struct leg *leg, enum sdpm_dir d,
		     const struct config_codec *codec)
{
	note("recode %s %s", tail(leg), codec->name);

	return 0;
}


bool leg_can_mix(const struct config_codec *codec)
{
	return codec->srate == 8000 && codec->pt >= 0 && codec->pt <= 9;
}


bool leg_takes_codec(const struct leg *leg, const struct config_codec *codec)
{
	return true;
}


int leg_accept_reoffer(struct leg *leg, enum sdpm_dir d)
{
	note("accept %s %u", tail(leg), (unsigned)d);

	return 0;
}


int leg_refuse_reoffer(struct leg *leg, uint16_t scode)
{
	note("refuse %s %u", tail(leg), scode);

	return 0;
}


int leg_send_dtmf(struct leg *leg, char digit, uint32_t ms)
{
	note("dtmf %s %c", tail(leg), digit);

	return 0;
}


enum leg_state leg_state(const struct leg *leg)
{
	return leg ? leg->st : LEG_GONE;
}


bool leg_is_answered(const struct leg *leg)
{
	return leg && leg->st == LEG_CONFIRMED;
}


bool leg_is_outgoing(const struct leg *leg)
{
	return leg->outgoing;
}


const char *leg_name(const struct leg *leg)
{
	return leg ? leg->name : "";
}


const struct peer *leg_peer(const struct leg *leg)
{
	return leg ? leg->peer : NULL;
}


void leg_device(char *buf, size_t n, const char *channel)
{
	str_ncpy(buf, channel, n);
}


uint32_t leg_id(const struct leg *leg)
{
	return leg ? (uint32_t)leg->id : 0;
}


struct list *leg_groups(struct leg *leg)
{
	return &leg->groups;
}


media_id leg_media(const struct leg *leg)
{
	return leg ? leg->id : 0;
}


const struct leg_audio *leg_audio(const struct leg *leg)
{
	return &leg->audio;
}


const struct codec_prefs *leg_offered(const struct leg *leg)
{
	return &leg->offered;
}


const struct sx_msg *leg_invite(const struct leg *leg)
{
	return leg->outgoing ? NULL : &fake_invite;
}


struct call *leg_call(const struct leg *leg)
{
	return leg ? leg->call : NULL;
}


int leg_reject(struct leg *leg, uint16_t scode, uint8_t cause,
	       const char *reason)
{
	note("reject %s %u", tail(leg), scode);
	leg->cause = cause;
	ending(leg);

	return 0;
}


const char *leg_callid(const struct leg *leg)
{
	return "callid";
}


const struct sa *leg_peer_addr(const struct leg *leg)
{
	return NULL;
}


void leg_set_call(struct leg *leg, struct call *call)
{
	if (call != leg->call)
		call_recs_leave(leg->call, leg->id);
	call_recs_return(call, leg->id);
	list_unlink(&leg->le);
	list_append(&call->legs, &leg->le, leg);
	leg->call = call;
}


void leg_offer_prefs(struct codec_prefs *prefs, const struct leg *caller,
		     const struct peer *peer)
{
	*prefs = peer->codecs;
}


const struct leg_identity *leg_their_identity(const struct leg *leg)
{
	(void)leg;
	return NULL;
}


void leg_party(const struct leg *leg, struct leg_identity *id)
{
	(void)leg;
	memset(id, 0, sizeof(*id));
}


/* The phone does as it is asked, at once */
int leg_refer(struct leg *leg, const char *user, const char *host,
	      leg_ask_h *h, void *arg)
{
	note("refer %s to %s@%s", tail(leg), user, host ? host : "us");
	h(200, arg);

	return 0;
}


int leg_send_text(struct leg *leg, const struct pl *text, leg_ask_h *h,
		  void *arg)
{
	note("text %s %r", tail(leg), text);
	if (slow_phones) {
		leg->askh = h;
		leg->ask_arg = arg;
	}
	else {
		h(202, arg);
	}

	return 0;
}


void leg_ask_forget(struct leg *leg)
{
	if (leg)
		leg->askh = NULL;
}


int leg_redirect(struct leg *leg, const char *user, const char *host)
{
	note("302 %s to %s@%s", tail(leg), user, host ? host : "us");
	ending(leg);

	return 0;
}


void leg_set_connected(struct leg *leg, const struct leg_identity *id)
{
	(void)leg;
	(void)id;
}

#endif
