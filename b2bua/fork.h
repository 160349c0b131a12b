/**
 * @file b2bua/fork.h  Several outgoing legs race for one caller (Dial)
 *
 * Signalling thread.  The application that starts a fork owns it (one
 * reference, mem_deref ends it in any state); call->fork points to it.  First
 * answer wins; the others are cancelled with Reason "Call completed
 * elsewhere".
 *
 * Devices: SIP/peer  SIP/peer/number  SIP/number@peer  SIP/user@host[:port]
 * Local/number@context[/n].  Bytes from the wire are data in them: they never
 * separate.
 */
#ifndef TANDEM_B2BUA_FORK_H
#define TANDEM_B2BUA_FORK_H

#include "b2bua/call.h"

enum {
	FORK_LEGS_MAX = 64,    /* devices of one Dial */
	FORK_FORWARDS_MAX = 5, /* 3xx and Local/ in a row */
};

enum dial_status {
	DIAL_CHANUNAVAIL,
	DIAL_CONGESTION,
	DIAL_NOANSWER,
	DIAL_BUSY,
	DIAL_ANSWER,
	DIAL_CANCEL,
};

/** What an application may want to know before it is over */
enum fork_event {
	FORK_EV_RINGING,  /* a device rings */
	FORK_EV_FAILED,   /* ... has failed, with `status` */
	FORK_EV_ANSWERED, /* ... has won; no fork_winner(): the plan of a Local/
			     takes the caller itself */
	FORK_EV_TALK,     /* both talk */
};

#define FORK_DEV_NONE SIZE_MAX /* who picked up, not dialled */

/**
 * Told from inside of a leg's event, also inside of fork_start(): do not end
 * the fork here
 *
 * @param dev  Place in devv, or FORK_DEV_NONE
 *
 * @return Of ANSWERED: true if fork_connect() comes before they may talk
 */
typedef bool(fork_event_h)(struct call *call, enum fork_event ev, size_t dev,
			   enum dial_status status, void *arg);

/** What came of looking at a leg that has answered */
struct fork_verdict {
	bool take;               /* it may talk */
	enum dial_status status; /* else: DIALSTATUS */
	uint8_t cause;           /* ... it is hung up so; 0 normal */
	bool go_on;              /* ... the caller's plan continues */
};

/**
 * A leg has answered, and is looked at before it talks
 *
 * The handler begins a dialogue with the callee, or a piece of plan for it
 * (call_gosub_sub(), call_macro_sub()), keeps its state in callee->appst, and
 * calls fork_screened() in the end.  If the callee hangs up, or is not wanted
 * any more, its call ends, and with it the state.
 *
 * @param callee  A call of the leg's own; it is its caller, and answered
 * @param dev     Place in devv
 */
typedef void(fork_screen_h)(struct call *callee, size_t dev, void *arg);

/** Keys of a talk: enum feature_side says who of both may use each.  Letters of
 *  Dial, capitals for the caller */
struct talk_keys {
	int transfer; /* T t */
	int hangup;   /* H h */
	int park;     /* K k */
	int mix;      /* X x */
	int monitor;  /* W w */
};

/** Pieces of the plan before and behind a talk; refcounted, does not change */
struct talk_plan {
	char *context, *exten;      /* F: the callee goes on there when the
				       caller hangs up; NULL not */
	uint32_t prio;
	struct args target, argv;   /* b: subroutine before a device is called;
				       target.n is 0 without */
};

/** A device is called: put it in its groups (call->groups, leg_groups()) */
typedef void(fork_groups_h)(struct list *groups, void *arg);

/** What to dial and how; copied by fork_start() */
struct fork_params {
	const struct ttext *const *devv; /* "SIP/1001", "SIP/trunk/0123" ... */
	size_t devc;
	uint32_t timeout_ms;        /* 0 none */
	bool ring;                  /* r: 180 and ring tone, no early media */
	bool music;                 /* m */
	const char *music_class;
	struct talk_keys keys;
	bool go_on;                 /* g: plan continues after callee's BYE */
	bool callee_goes;           /* G: the callee runs ... */
	const char *goto_context;   /* ... the priority after this one */
	const char *goto_exten;
	uint32_t goto_prio;
	struct talk_plan *plan;     /* b, F; NULL none */
	uint64_t limit_ms;          /* L, S; 0 none */
	uint64_t warn_ms;           /* L: so long before the limit */
	uint64_t warn_repeat_ms;    /* L */
	const char *warn_file;      /* LIMIT_WARNING_FILE */
	const char *connect_file;   /* ... when they begin to talk; NULL */
	const char *timeout_file;   /* ... when the time is up; NULL */
	bool warn_caller, warn_callee;
	bool no_forward;            /* i */
	bool elsewhere;             /* c: say so whenever a leg is cancelled */
	bool digit_exit;            /* d: a digit of the caller leaves */
	const char *exit_context;
	const char *announce;       /* A(file) */
	const char *from_num;       /* o(x): number shown in place of the
				       caller's */
	const char *forward_num;    /* f: ... by those who are reached by a
				       forward of the callee */
	const char *dtmf_callee;    /* D(callee:caller) */
	const char *dtmf_caller;
	bool quiet;                 /* until they talk, what the caller hears
				       and presses is the application's */
	bool no_connected;          /* the caller is not told who is called */
	uint32_t delay_ms;          /* the callee waits before A */
	fork_event_h *eventh;       /* may be NULL; arg is that of the end */
	fork_groups_h *groups;      /* may be NULL; arg as well */
	fork_screen_h *screenh;     /* may be NULL; arg as well */
	bool screen_race;           /* the others ring meanwhile, and nobody's
				       plan may take the caller itself */
	const char *why;            /* it is a forward of the number that was
				       called: RFC 5806's reason; NULL no */
};

/** How it went */
struct fork_result {
	enum dial_status status;
	uint8_t cause;       /* Q.850 of the leg that decided */
	uint16_t scode;      /* its SIP status, 0 none */
	bool go_on;          /* the plan continues */
	bool jumped;         /* call_goto_to() was called (d) */
	bool moved;          /* a transfer has ended the talk */
	const char *peername; /* DIALEDPEERNAME, "" if not answered */
	const char *peernumber;
	uint64_t dialed_ms, ring_ms, answered_ms; /* 0: did not happen */
};

/** The dial is over: not answered, or the bridge has ended.  Called once, from
 *  the main loop, never from inside fork_start() */
typedef void(fork_done_h)(struct call *call, const struct fork_result *res,
			  void *arg);

int fork_start(struct fork **fp, struct call *call,
	       const struct fork_params *prm, fork_done_h *h, void *arg);

/** A leg that is not the caller's reports; false if not of this fork */
bool fork_leg_event(struct fork *f, struct leg *leg,
		    const struct leg_event *ev);

/** A digit of the caller: true if the fork takes care of it.  NULL is no
 *  fork, for these */
bool fork_caller_digit(struct fork *f, const struct leg_event *ev);

/** Does a side have features, so that its digits are held back? */
bool fork_keeps(const struct fork *f, bool caller);
void fork_keys_tell(const struct fork *f); /* ... then media does so */

/** The caller hangs up: who was away may have to come back before */
void fork_caller_leaves(struct fork *f);

/** Play a sound to one of both; NULL plays nothing */
void fork_play(const struct fork *f, const struct leg *leg,
	       const char *files);

/** In FORK_EV_ANSWERED: play this to the callee before they talk (A) */
int fork_set_announce(struct fork *f, const char *files);

/** The leg that has answered; NULL if none */
struct leg *fork_winner(const struct fork *f);

/** What came of it; from inside of the handler or later.  Acts soon */
void fork_screened(struct call *callee, const struct fork_verdict *v);

/** The call that dials it; NULL if it is not looked at (any more) */
struct call *fork_screen_parent(const struct call *callee);

/** The callee has gone meanwhile: for call.c */
void fork_screen_gone(struct call *callee);

/** It leaves the fork, which is over, and stays a leg of its call: not inside
 *  of an event.  NULL if nobody has answered */
struct leg *fork_take(struct fork *f);

/** They may talk, as far as the application is concerned */
void fork_connect(struct fork *f);

/** How it stands now, for CANCEL */
void fork_get_result(const struct fork *f, struct fork_result *res);

const char *dial_status_name(enum dial_status st);

/** Status and cause of a failed leg (chan_sip's table) */
enum dial_status dial_status_of(uint16_t scode, uint8_t cause);

/** Parts of a device */
struct fork_dev {
	enum fork_tech {
		FORK_SIP,
		FORK_LOCAL,
	} tech;
	const struct peer *peer; /* SIP: NULL if a plain URI or a group */
	const struct trunk *trunk; /* SIP: a trunk group; NULL none */
	char user[256];          /* number; "" none */
	size_t own;              /* bytes at its begin that were not dialled */
	char host[256];          /* without peer; Local: context */
	uint16_t port;
};

/** Take a device apart: 0, EINVAL (why says what), ENOENT no such peer */
int fork_dev_decode(struct fork_dev *dev, const struct config *cfg,
		    const struct ttext *text, const char **why);

/* fork_swap.c: legs that come and go while it talks */

/**
 * A fork that begins in a talk: with a leg that is there already
 *
 * @param leg  Answered; it becomes a leg of the call
 * @param hold How it was held before
 */
int fork_join(struct fork **fp, struct call *call, struct leg *leg,
	      const struct call_hold *hold, fork_done_h *h, void *arg);

/** Somebody else takes the call while it rings (pickup): an answered leg
 *  wins.  EALREADY if it does not race any more */
int fork_pickup(struct fork *f, struct leg *leg);

/** Since when it rings [clock_ms]; 0 if it does not race (any more).  NULL is
 *  0 */
uint64_t fork_races_since(const struct fork *f);

/** The leg that talks to the caller; NULL if none */
struct leg *fork_talks_to(const struct fork *f);

/** Who the leg that talks is to the caller */
void fork_identity(struct leg_identity *id, const struct fork *f);

/** Who of a talk may use which keys; f may be NULL: then nobody, and setting
 *  does nothing */
void fork_set_keys(struct fork *f, const struct talk_keys *keys);
void fork_get_keys(struct talk_keys *keys, const struct fork *f);

/** Another leg takes the place of the one that talks, which is not hung up */
int fork_swap(struct fork *f, struct leg *leg, const struct call_hold *hold);

/** The caller is another leg now */
void fork_caller_swapped(struct fork *f);

/** The leg that talks leaves for another call; away NULL: the dial is over.
 *  Else it may come back by fork_back(), and if that can't be any more away
 *  is told by xfer_home_gone() */
int fork_leave(struct fork *f, struct call *to, struct xfer *away);
int fork_back(struct fork *f, struct leg *leg, const struct call_hold *hold);

/** A side of a talk leaves for another call and will come back; the other one
 *  hears music.  ENOTCONN if they don't talk */
int fork_side_away(struct fork *f, bool caller, struct call *to,
		   struct consult *c);
int fork_side_back(struct fork *f, bool caller, struct leg *leg,
		   const struct call_hold *hold);

/** The transfer that the leg is away for; NULL none */
struct xfer *fork_away(const struct fork *f);

/** One of both is another leg now: for who is away from elsewhere */
void fork_swapped(struct fork *f, const struct leg *old, struct leg *leg);

/** It will not come back: the dial is over */
void fork_not_back(struct fork *f);

/** The caller goes on in its plan, at the step that call_goto_to() has set;
 *  who it talked to stays a leg of the call without a part in it */
int fork_let_go(struct fork *f);

/** A call for the leg that talks, with its identity; nothing runs it yet */
int fork_callee_call(struct fork *f, struct call **otherp);

/* local.c: a plan that runs for a leg of a fork (Local/ and 3xx) */

/** Start it.  fl is told by fork_local_*() */
/** Whose call this is: the peer who forwarded or transferred it, or the
 *  caller; NULL for a stranger's */
const struct peer *fork_payer(const struct call *call);

int local_start(struct call **childp, struct call *parent, struct fork_leg *fl,
		const char *context, const char *exten);

/** The fork has no more use for it */
void local_stop(struct call *child, uint8_t cause);

/** What the child's plan reports */
void fork_local_ringing(struct fork_leg *fl);
void fork_local_failed(struct fork_leg *fl, uint8_t cause);
/** A leg that it dialled has answered: it becomes the fork's */
void fork_local_answered(struct fork_leg *fl, struct leg *leg);
/** Its plan wants the caller itself: the caller goes on there */
void fork_local_adopt(struct fork_leg *fl);

#endif
