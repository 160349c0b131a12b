/**
 * @file b2bua/fork.h  Several outgoing legs race for one caller (Dial)
 *
 * Signalling thread.  The call owns the fork.  First answer wins; the others
 * are cancelled with Reason "Call completed elsewhere".
 */
#ifndef TANDEM_B2BUA_FORK_H
#define TANDEM_B2BUA_FORK_H

#include "b2bua/call.h"

enum dial_status {
	DIAL_CHANUNAVAIL,
	DIAL_CONGESTION,
	DIAL_NOANSWER,
	DIAL_BUSY,
	DIAL_ANSWER,
	DIAL_CANCEL,
};

struct fork_params {
	const char *const *devv;    /* "SIP/1001", "SIP/trunk/0123" ... */
	const bool *taintv;         /* the device text has wire values */
	size_t devc;
	uint32_t timeout_ms;        /* 0 none */
	bool ring;                  /* r: 180 and ring tone, no early media */
	bool music;                 /* m */
	const char *music_class;
	bool caller_transfer, callee_transfer; /* T t */
	bool caller_hangup, callee_hangup;     /* H h: '*' ends */
	bool go_on;                 /* g: plan continues after callee's BYE */
	const char *goto_both;      /* G(ctx^ext^prio) */
	uint64_t limit_ms;          /* L, S */
	bool no_forward;            /* i */
	const char *announce;       /* A(file) */
	const char *send_dtmf;      /* D(digits) */
};

/** The dial is over: not answered (status), or the bridge has ended (ANSWER,
 *  go_on says if the plan shall continue) */
typedef void(fork_done_h)(struct call *call, enum dial_status status,
			  bool go_on, void *arg);

int fork_start(struct fork **fp, struct call *call,
	       const struct fork_params *prm, fork_done_h *h, void *arg);

/** A leg that is not the caller's reports; false if not of this fork */
bool fork_leg_event(struct fork *f, struct leg *leg,
		    const struct leg_event *ev);

/** The caller reports while the fork lives (digits, reoffer) */
void fork_caller_digit(struct fork *f, char digit);

const char *dial_status_name(enum dial_status st);

#endif
