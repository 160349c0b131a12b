/**
 * @file b2bua/leg.h  One side of a call
 *
 * Signalling thread.  A leg is owned by its call's list (one reference) and
 * points back without one.  It speaks only to its call: everything that
 * happens is reported through call_leg_event(), and the call decides.
 *
 *            leg_call                      1xx               2xx
 *   IDLE ------------> CALLING ----------> EARLY ---------> CONFIRMED
 *    | (incoming INVITE) |                  |  leg_answer      |
 *    +-----------------> + leg_ringing ---> +  + ACK later     | BYE, leg_hangup
 *                        | reject, CANCEL,  |                  v
 *                        +--failure---------+------------> ENDING --> GONE
 *
 * ENDING waits for the answer to our BYE or CANCEL and for the media thread's
 * CLOSED; GONE is final.  Moves are made by leg_state.c alone.
 */
#ifndef TANDEM_B2BUA_LEG_H
#define TANDEM_B2BUA_LEG_H

#include "base/timer.h"
#include "b2bua/sdp.h"
#include "media/media.h"
#include "sip/dialog.h"
#include "sip/digest.h"

struct call;
struct leg;
struct redirect;
struct server;

/* clang-format off */
#define LEG_STATES(X) X(IDLE) X(CALLING) X(EARLY) X(CONFIRMED) X(ENDING) X(GONE)

#define LEG_EVENTS(X)                                                         \
	X(TRYING,    "outgoing: the INVITE has left")                         \
	X(RINGING,   "180")                                                   \
	X(PROGRESS,  "183 with a description: its media can be heard")        \
	X(ANSWERED,  "outgoing: 2xx")                                         \
	X(CONFIRMED, "incoming: ACK came")                                    \
	X(FAILED,    "before the answer: scode, cause, reason; contact of 3xx") \
	X(HANGUP,    "after the answer: BYE or dead; cause, reason")          \
	X(CANCELLED, "incoming: the caller gave up before the answer")        \
	X(REOFFER,   "the peer offers anew: answer with leg_accept_reoffer()") \
	X(MODIFIED,  "our leg_modify() ended: err, scode")                    \
	X(IDENTITY,  "the peer is somebody else now: leg_party()")            \
	X(CHANGED,   "the peer has changed the session, it was answered here") \
	X(DTMF,      "digit, duration_ms")                                    \
	X(MEDIA,     "a media event: ev")                                     \
	X(GONE,      "final: nothing comes after this")
/* clang-format on */

enum leg_state {
#define X(s) LEG_##s,
	LEG_STATES(X)
#undef X
};

enum leg_event_type {
#define X(s, what) LEG_EV_##s,
	LEG_EVENTS(X)
#undef X
};

struct leg_event {
	enum leg_event_type type;
	int err;
	uint16_t scode;        /* SIP status, 0 if none */
	uint8_t cause;         /* Q.850 */
	char digit;
	uint32_t duration_ms;
	bool held;             /* REOFFER: the peer holds us */
	bool dead;             /* HANGUP: not the peer's wish, we end it */
	const char *reason;    /* text, may be NULL */
	const char *contact;   /* FAILED with 3xx: first Contact URI */
	const char *why;       /* ... reason that its Diversion gives; NULL */
	uint32_t retry_after_s;
	const struct media_report *ev;
};

/** What was agreed with the peer about audio */
struct leg_audio {
	bool agreed;                /* offer and answer are through */
	const struct config_codec *codec;
	enum media_codec mcodec;
	uint8_t pt_rx, pt_tx;
	uint8_t dtmf_pt_rx, dtmf_pt_tx;
	uint32_t ptime_ms;
	enum sdpm_dir dir;          /* ours: what we may do */
	struct sa remote;
	struct sa remote_rtcp;
	char fmtp[128];             /* of the codec, as the peer wrote it */
};

/** Identity shown on an outgoing leg */
struct leg_identity {
	char name[128];
	char num[128];
	int pres;                   /* CALLINGPRES_...; -1 not said */
};

/** How to place an outgoing leg */
struct leg_dial {
	const struct peer *peer;    /* NULL: a plain URI */
	const char *user;           /* user of the R-URI; NULL: the contact's */
	const char *host;           /* plain URI: host[:port]; with peer NULL */
	uint16_t port;
	const char *uri;            /* full R-URI (registered contact) or NULL */
	const char *path;           /* Route of a registered contact (RFC 3327),
				       NULL */
	const struct redirect *redir; /* who forwarded it here; NULL nobody */
	struct sx_target target;    /* if known (registered); dst unset: ask */
	bool target_known;
	struct leg_identity from;
	struct codec_prefs offer;   /* codecs to offer, best first */
	struct list *headers;       /* struct var_def: further headers */
	const char *reason_lost;    /* Reason of the CANCEL of a lost fork */
	uint32_t maxfwd;
	media_id media_near;        /* stream that it will talk to */
	uint32_t answer_ms;         /* a place that has not answered at all by
				       then is given up; 0: Timer B */
	bool strict;                /* not to places that are away: another
				       line can take it.  EHOSTDOWN then */
	uint32_t probe_s, ramp_s;   /* for places that fail, see health.h */
};

/* struct leg is in b2bua/leg_priv.h; others use these */

/**
 * An incoming INVITE becomes a leg (state CALLING) of an existing call
 *
 * @return 0; EBADMSG, ENOTSUP ... if it was refused: it has been answered
 */
int leg_incoming(struct leg **legp, struct call *call, struct sx_strans *st,
		 const struct sx_msg *msg, const struct peer *peer,
		 bool authenticated);

/** Codecs to offer to `peer` for a caller: what the caller offered and the
 *  peer allows, in the caller's order, then what the peer allows and we can
 *  transcode from one of the caller's.  caller NULL: all that the peer allows.
 *  SIP_CODEC_INBOUND and SIP_CODEC of a caller who is not answered yet choose
 *  among its own */
void leg_offer_prefs(struct codec_prefs *prefs, const struct leg *caller,
		     const struct peer *peer);

/** Place a leg (state CALLING); failure comes as FAILED + GONE, also when the
 *  name does not resolve.  Returns an error only for bad arguments or memory */
int leg_outgoing(struct leg **legp, struct call *call,
		 const struct leg_dial *dial);

/** Who is at the other side, for a peer that has sendrpid=: goes with the next
 *  180, 183 or 200; if there is none any more, by UPDATE or re-INVITE */
void leg_set_connected(struct leg *leg, const struct leg_identity *id);

/** Who the peer asserts to be (trustrpid=); NULL if it did not */
const struct leg_identity *leg_their_identity(const struct leg *leg);

/** Who is at this leg, as far as is known; num may be "" */
void leg_party(const struct leg *leg, struct leg_identity *id);

/* incoming side, before the answer */
int leg_ringing(struct leg *leg);   /* 180, repeated every 60 s */
int leg_progress(struct leg *leg, const struct leg_audio *far);
				    /* 183 with our description */
int leg_answer(struct leg *leg, const struct leg_audio *far);
				    /* 200; far: codec of the other side to
				       prefer, NULL none */
int leg_reject(struct leg *leg, uint16_t scode, uint8_t cause,
	       const char *reason);

/** If an incoming leg is refused with 503: come again after so long [s] */
void leg_retry_after(struct leg *leg, uint32_t s);

/** End it in any state: BYE, CANCEL or reject with Q.850 cause; `text` for the
 *  Reason header or NULL.  GONE follows */
void leg_hangup(struct leg *leg, uint8_t cause, const char *text);

/** Offer anew with this direction (hold, resume) by re-INVITE; MODIFIED
 *  follows.  EALREADY while another is under way (glare is handled inside) */
int leg_modify(struct leg *leg, enum sdpm_dir dir);

/** As leg_modify(), and ask for this codec alone (a party was exchanged, and
 *  the relay cannot carry what both have agreed on).  ENOTSUP if the peer may
 *  not use it */
int leg_modify_codec(struct leg *leg, enum sdpm_dir dir,
		     const struct config_codec *codec);

/** True if parties of this codec can be in a room (media_can_mix()) */
bool leg_can_mix(const struct config_codec *codec);

/** True if the peer may use the codec and, as far as is known, can */
bool leg_takes_codec(const struct leg *leg, const struct config_codec *codec);

/** Answer a REOFFER (200) with our direction limited to dir, or refuse */
int leg_accept_reoffer(struct leg *leg, enum sdpm_dir dir);
int leg_refuse_reoffer(struct leg *leg, uint16_t scode);

/** Send a digit as the peer wants it (RFC 4733, INFO, in band) */
int leg_send_dtmf(struct leg *leg, char digit, uint32_t ms);

/** How it ended: the final status; of a REFER that was taken, the one of the
 *  call that it made.  0: no answer */
typedef void(leg_ask_h)(uint16_t scode, void *arg);

/** Ask an answered phone to call somewhere else (REFER, RFC 3515); host NULL:
 *  us.  h is called once, unless the leg goes before, from the main loop.
 *  ENOTCONN, EBUSY while another request of these is under way */
int leg_refer(struct leg *leg, const char *user, const char *host,
	      leg_ask_h *h, void *arg);

/** Show a text on an answered phone (MESSAGE in the dialog, RFC 3428) */
int leg_send_text(struct leg *leg, const struct pl *text, leg_ask_h *h,
		  void *arg);

/** The handler of leg_refer() or leg_send_text() is not called any more */
void leg_ask_forget(struct leg *leg);

/** An incoming leg that is not answered: call somewhere else (302) */
int leg_redirect(struct leg *leg, const char *user, const char *host);

/* questions */
enum leg_state leg_state(const struct leg *leg);
const char *leg_state_name(enum leg_state st);
bool leg_is_answered(const struct leg *leg);
bool leg_is_outgoing(const struct leg *leg);
uint32_t leg_id(const struct leg *leg);
const char *leg_name(const struct leg *leg);  /* "SIP/100-0000002a" */
const struct peer *leg_peer(const struct leg *leg);

/** The device of a channel: "SIP/100-0000002a" -> "SIP/100" */
void leg_device(char *buf, size_t n, const char *channel);
/** Is its audio SRTP, or will it be? */
bool leg_has_secure_media(const struct leg *leg);

media_id leg_media(const struct leg *leg);
const struct leg_audio *leg_audio(const struct leg *leg);
const struct codec_prefs *leg_offered(const struct leg *leg);
			/* what the peer offered and we allow, best first */
const struct sx_msg *leg_invite(const struct leg *leg); /* incoming: INVITE */
struct call *leg_call(const struct leg *leg);
struct list *leg_groups(struct leg *leg); /* as call->groups; until it is GONE */
void leg_set_call(struct leg *leg, struct call *call); /* moves the list */
uint64_t leg_answered_at(const struct leg *leg);   /* clock_ms, 0 no */
const char *leg_callid(const struct leg *leg);
const struct sa *leg_peer_addr(const struct leg *leg);
int leg_print(struct re_printf *pf, const struct leg *leg);

/* for server.c: requests that belong to a dialog of ours */
struct leg *leg_find(const struct sx_msg *msg);
/** True if a dialog of ours has this Call-ID and our tag (for the guard) */
bool leg_has_dialog(const struct pl *callid, const struct pl *tag);

/** The Call-IDs of all dialogs, some of them more than once */
typedef void(leg_callid_h)(const struct pl *callid, void *arg);
void leg_callids(leg_callid_h *h, void *arg);
/** Names of its dialog; NULL as long as they are not known */
void leg_dialog_ids(const struct leg *leg, const char **callid,
		    const char **our_tag, const char **their_tag);
struct leg *leg_find_dialog(const char *callid, const char *our_tag,
			    const char *their_tag);
void leg_request(struct leg *leg, struct sx_strans *st,
		 const struct sx_msg *msg);
/** A phone is reached at another place than before (it has registered from
 *  there): what goes to it in its dialogs goes there, and its audio may come
 *  from there.  was.conn is compared, never used */
void legs_follow(const char *peer, const struct sx_target *was,
		 const struct sx_target *now);
void leg_stray_response(const struct sx_msg *msg);
uint32_t legs_count(void);
void leg_giveup_close(void); /* leg_giveup.c */
void legs_close(void); /* at the end of the program */

#endif
