/**
 * @file tests/unit/far_end.h  What the phones do: they ring, talk, press keys
 *
 * For the legs of fake_leg.h; each tells the call what the SIP of its phone
 * would.
 */
#ifndef TANDEM_TESTS_FAR_END_H
#define TANDEM_TESTS_FAR_END_H

#include "b2bua/cause.h"
#include "fake_leg.h"

enum {
	KEY_MS = 100, /* a key is held down so long */
};


static inline void ring(struct leg *leg)
{
	leg->st = LEG_EARLY;
	simple(leg, LEG_EV_RINGING);
}


static inline void progress(struct leg *leg)
{
	leg->st = LEG_EARLY;
	simple(leg, LEG_EV_PROGRESS);
}


static inline void pick_up(struct leg *leg)
{
	leg->st = LEG_CONFIRMED;
	simple(leg, LEG_EV_ANSWERED);
}


static inline void refuse(struct leg *leg, uint16_t scode)
{
	ending(leg);
	event(leg, &(struct leg_event){.type = LEG_EV_FAILED,
				       .scode = scode,
				       .cause = cause_from_sip(scode)});
}


static inline void bye(struct leg *leg)
{
	ending(leg);
	event(leg, &(struct leg_event){.type = LEG_EV_HANGUP,
				       .cause = CAUSE_NORMAL});
}


static inline void cancel(struct leg *leg)
{
	ending(leg);
	event(leg, &(struct leg_event){.type = LEG_EV_CANCELLED,
				       .cause = CAUSE_NORMAL});
}


/** The caller begins or ends to talk, as the media thread tells it */
static inline void talks(struct call *call, bool on)
{
	const struct media_report ev = {
		.ev = MEDIA_EV_TALK, .tag = call->talk_tag, .info = on,
	};

	call_media_event(call, &ev);
}


static inline void press(struct leg *leg, const char *digits)
{
	for (; *digits; digits++)
		event(leg, &(struct leg_event){.type = LEG_EV_DTMF,
					       .digit = *digits,
					       .duration_ms = KEY_MS});
}


/** One of slow_phones says at last what it thinks of the MESSAGE */
static inline void answer_ask(struct leg *leg, uint16_t scode)
{
	leg_ask_h *h = leg->askh;

	leg->askh = NULL;
	if (h)
		h(scode, leg->ask_arg);
}

#endif
