/**
 * @file b2bua/fork_priv.h  The inside of a fork, for fork*.c and local.c only
 *
 * Signalling thread.
 *
 *                                         TRANSFER (options t, T)
 *                                         CONSULT (a side asks elsewhere)
 *                                         AWAY (REFER: the callee tries there)
 *                                          ^    |
 *                                          |    v
 *   RACE --answer--> ANNOUNCE --played--> TALK --hang-up--> OVER
 *     |           (A, delay, the app's own) ^                ^
 *     +------------------------------------+                 |
 *     +-- all failed, timeout, option H, d, local plan ------+
 */
#ifndef TANDEM_B2BUA_FORK_PRIV_H
#define TANDEM_B2BUA_FORK_PRIV_H

#include "b2bua/fork.h"
#include "b2bua/keys.h"

enum fork_state {
	FORK_RACE,
	FORK_ANNOUNCE,
	FORK_TALK,
	FORK_TRANSFER, /* one side dials where the other shall go */
	FORK_AWAY,     /* the callee is sent elsewhere, and may come back */
	FORK_CONSULT,  /* a side is in another call (consult.c) */
	FORK_OVER, /* the handler is told soon */
};

/** One device: a SIP leg, or the plan behind a Local/ device or a 3xx */
struct fork_leg {
	struct le le;         /* fork->legs */
	size_t dev;           /* place in devv, or FORK_DEV_NONE */
	struct fork *fork;    /* no reference */
	struct leg *leg;      /* no reference; NULL: none, or gone */
	struct call *child;   /* Local/; no reference */
	char number[256];     /* dialled */
	struct redirect *redir; /* of a forward to here; NULL: the call's */
	struct timer patience; /* then a forward on no answer */
	const struct peer *peer; /* of call->cfg */
	const struct peer *payer; /* the phone whose forward this is, NULL */
	unsigned hops;        /* 3xx that led here */
	struct trunk_try *trunk; /* a trunk group: where it stands; NULL */
	size_t own;           /* of the number, see fork_dev */
	bool last;            /* of a group: lines that are away as well */
	bool rang;            /* 180: no other line after that */
	bool forwarded;       /* another one has taken its place */
	bool picked;          /* somebody else has answered: pickup */
	struct call *screen;  /* looked at there; no reference */
	struct timer screened;
	struct fork_verdict verdict; /* of the timer */
	bool looked;          /* ... and taken */
	struct predial *predial; /* a subroutine runs first; no reference */
	struct timer pretmr;  /* ... it is over */
	struct vars *vars;    /* ... what it has set; NULL: the call's */
	bool over;            /* it failed, with ... */
	enum dial_status status;
	uint8_t cause;
	uint16_t scode;
};

/** A transfer from the keypad under way */
struct fork_xfer {
	struct timer tmr;
	bool by_caller;
	bool attended;
	unsigned tries;
	char digits[80];
};

/** Digits that are sent to one side (option D), one by one */
struct fork_send {
	struct timer tmr;
	struct leg *leg;
	char *digits;         /* NULL none */
	size_t pos;
};

struct fork {
	struct call *call;    /* no reference: it owns the application */
	enum fork_state state;
	struct list legs;     /* struct fork_leg */
	size_t devc;          /* devices, without forwards */
	struct fork_leg *winner;
	struct fork_leg *adopted; /* the caller goes on in its plan */
	bool late;            /* its time is over, somebody is looked at */
	bool starting;        /* not all devices are placed yet */
	size_t dialing;       /* ... this one is being placed */
	bool early;           /* early media of the only leg is heard */
	bool playing, held;   /* ANNOUNCE: what is waited for, beside the
				 timer `timeout` */
	struct fork_params prm; /* texts are copies */
	struct fork_send to_callee, to_caller;

	struct fork_xfer xfer;
	struct xfer *away;    /* AWAY: who is told of our end; no reference */
	struct consult *consult; /* CONSULT, or TALK for a while: the same */
	struct keys caller_keys, callee_keys;
	uint32_t rec_tag;     /* recording by a key, 0 none */

	struct timer timeout, limit, warn, over;
	uint64_t began_ms, rang_ms, talked_ms;
	struct fork_result res;
	char peername[96];

	fork_done_h *h;
	void *arg;
};

/* fork.c */
int fork_alloc(struct fork **fp, struct call *call, fork_done_h *h,
	       void *arg);
void fork_over(struct fork *f, enum dial_status status, uint8_t cause);
bool fork_tell(struct fork *f, enum fork_event ev,
	       const struct fork_leg *fl);
void fork_leg_over(struct fork_leg *fl, enum dial_status status,
		   uint8_t cause, uint16_t scode);
void fork_tell_caller(const struct fork_leg *fl);
void fork_leg_identity(struct leg_identity *id, const struct fork_leg *fl);

/** The caller's number as this leg is shown it */
const char *fork_shown_num(const struct fork_leg *fl);
void fork_cancel_losers(struct fork *f, uint8_t cause);
void fork_early_stop(struct fork *f);
void fork_leg_leave(struct fork_leg *fl, uint8_t cause);
struct fork_leg *fork_leg_alloc(struct fork *f);

enum dial_status fork_status_of(uint8_t cause);

/* fork_events.c */
void fork_rings(struct fork *f);

/* fork_dev.c: from a text to a leg */
void fork_dial(struct fork *f, const struct ttext *dev);
void fork_dial_dev(struct fork_leg *fl, const struct fork_dev *dev);
void fork_dial_sip(struct fork_leg *fl, const struct fork_dev *dev,
		   uint32_t binding);
void fork_dial_local(struct fork_leg *fl, const char *context,
		     const char *exten);

/* fork_forward.c: elsewhere.  True: another leg has taken the place of this
 * one, or (fork_diverted) there is nothing to place */
bool fork_forward(struct fork_leg *fl, const struct leg_event *ev);
bool fork_diverted(struct fork_leg *fl, const struct fork_dev *dev);
bool fork_forward_failed(struct fork_leg *fl, enum dial_status status,
			 uint8_t cause, uint16_t scode);
bool fork_forward_late(struct fork *f); /* the time of the dial is over */
void fork_mark(struct fork_leg *fl);    /* prm.why: it is a forward */
void fork_placed(struct fork_leg *fl);  /* its phone may ring for so long */

/* fork_trunk.c: trunk groups */
void fork_trunk_dial(struct fork_leg *fl, const struct fork_dev *dev);
void fork_trunk_params(const struct fork_leg *fl, struct leg_dial *dial);
/** The leg has failed (ev NULL: could not be placed): true if another line is
 *  tried; the caller then ends this one */
bool fork_trunk_next(struct fork_leg *fl, const struct leg_event *ev);
void fork_trunk_answered(struct fork_leg *fl);

/* fork_screen.c: true if the leg is looked at now */
bool fork_screen_begin(struct fork_leg *fl);
bool fork_is_screening(const struct fork *f);
void fork_screen_end(struct fork_leg *fl, uint8_t cause);

/* fork_swap.c */
void fork_away_over(struct fork *f); /* nobody can come back */
void fork_consult_over(struct fork *f);

/* fork_predial.c: true if the device is called later */
bool fork_predial(struct fork_leg *fl, const struct fork_dev *dev);
void fork_predial_stop(struct fork_leg *fl);

/* fork_out.c: may it go out through a trunk?  False: the leg is over */
bool fork_may_leave(struct fork_leg *fl, const struct fork_dev *dev);
void fork_has_left(const struct fork_leg *fl, const struct fork_dev *dev);

/* fork_talk.c: from the answer to the end */
void fork_send_stop(struct fork *f); /* option D */
void fork_answered(struct fork *f, struct fork_leg *fl);
void fork_announced(struct fork *f);
void fork_talk_over(struct fork *f, uint8_t cause, bool go_on);
void fork_talk_stop(struct fork *f);

/** A call for a leg, with its identity; nothing runs it yet */
int fork_call_for(const struct fork_leg *fl, struct call **otherp);

/** The callee's leg leaves for a call of its own, which nothing runs yet */
int fork_move_callee(struct fork *f, struct call **otherp);

/* fork_transfer.c */
bool fork_transfer_start(struct fork *f, bool caller, bool attended);
void fork_transfer_digit(struct fork *f, bool caller, char digit);
void fork_park(struct fork *f, bool caller);

/* fork_keys.c */
void fork_keys_init(struct fork *f);
void fork_keys_reset(struct fork *f);
void fork_callee_digit(struct fork *f, const struct fork_leg *fl,
		       const struct leg_event *ev);

/* fork_record.c */
void fork_record(struct fork *f, bool caller, bool mix);

#endif
