/**
 * @file b2bua/leg_priv.h  The inside of a leg, for b2bua/leg_*.c only
 *
 * Signalling thread.
 */
#ifndef TANDEM_B2BUA_LEG_PRIV_H
#define TANDEM_B2BUA_LEG_PRIV_H

#include "b2bua/leg.h"
#include "b2bua/server.h"

enum { LEG_MAX_EARLY = 8 };

/** A change of the session under way (re-INVITE or UPDATE) */
struct leg_change {
	struct sx_ctrans *ct;    /* ours */
	struct sx_strans *st;    /* the peer's, waits for the call's answer */
	struct sdpm *offer;      /* ... what it offers */
	bool refresh;            /* ours is a session refresh only */
	bool asked;              /* leg_modify() came too early */
	enum sdpm_dir want;      /* direction of ours */
	const struct config_codec *codec; /* ours asks for this one; NULL: the
					     agreed one */
	unsigned tries;          /* 491, 401, 422 so far */
	struct timer glare;
};

/** Session timer (RFC 4028) */
struct leg_session {
	uint32_t expires_s;      /* 0 none */
	uint32_t minse_s;
	bool we_refresh;
	bool peer_supports;
	struct timer tmr;
};

/** Keys of a leg's SRTP; ours is for this leg alone */
struct leg_crypto {
	bool must;               /* the plan asks for it */
	bool on;                 /* agreed: there is no way back to RTP */
	bool offered;            /* our last offer asks for it */
	bool shared;             /* more than one got our key */
	struct sdp_crypto said;  /* of our last description */
	struct sdp_crypto ours;  /* in force */
	struct sdp_crypto theirs;
};

/** Payload types of our last description */
struct leg_said {
	struct {
		uint8_t no;      /* config_codec_at() */
		uint8_t pt;
	} v[24];
	uint8_t n;
	uint8_t dtmf_pt;
	enum sdpm_dir dir;
};

struct leg {
	/* identity */
	struct le le;            /* call->legs */
	struct le hle;           /* table of dialogs */
	struct call *call;       /* no reference; NULL: detached */
	uint32_t id;
	char name[96];
	struct config *cfg;      /* snapshot that peer belongs to */
	const struct peer *peer; /* of cfg; cfg->defaults for guests */
	bool outgoing;
	bool starting;           /* inside leg_outgoing(): report later */
	struct leg_event failed; /* ... this */
	char contact_user[128];  /* escaped */
	uint32_t retry_after_s;  /* of a 503 of ours; 0 not said */
	bool authenticated;      /* by digest, or a matched trunk */
	struct leg_connected *connected; /* who is at the other side; NULL */
	struct leg_identity *theirs; /* whom the peer asserts; NULL */
	bool allows_update;      /* Allow of the peer has UPDATE */
	uint8_t lamp;            /* enum devlamp, as counted */

	/* state */
	enum leg_state state;
	bool sig_done;           /* nothing more to come from SIP */
	bool media_closed;
	bool bye_wish;           /* BYE as soon as the ACK is here */
	uint8_t bye_cause;
	char bye_text[64];
	uint64_t answered_ms;
	struct timer end_timer;

	/* dialog */
	struct sx_dialog *dlg;
	struct list earlies;     /* struct early */
	struct sx_msg *invite;   /* incoming INVITE */
	struct sx_strans *st;    /* of the INVITE or re-INVITE in progress,
				    until the ACK of its 2xx */
	uint32_t st_cseq;        /* its CSeq */
	bool acked;              /* no 2xx of ours waits for an ACK */
	bool confirmed;          /* incoming: the first ACK came */
	struct sx_query *query;
	struct sx_ctrans *ct;    /* outgoing INVITE */
	struct sx_ctrans *bye_ct;
	uint32_t invite_cseq;    /* outgoing: CSeq of the INVITE */
	struct mbuf *ack;        /* ACK as sent, for repeated 2xx */
	char *ack_ruri;
	struct timer ring_timer; /* 180 again, RFC 3261 13.3.1.1; outgoing:
				    until the first response */
	struct timer ack_timer;  /* repeats of our 2xx */
	uint32_t ack_ms, ack_left_ms;

	/* reliable provisional responses (RFC 3262) */
	bool rel;                /* INVITE requires it; ours: the peer does */
	uint32_t rseq;           /* last one that we sent, 0 none */
	bool rel_pending;        /* not PRACKed yet */
	bool rel_answer;         /* leg_answer() waits for the PRACK */
	bool rel_progress;       /* leg_progress() does */
	uint32_t rx_rseq;        /* last one that we PRACKed */
	struct timer rel_timer;
	uint32_t rel_ms, rel_left_ms;

	/* outgoing: what it takes to send the INVITE again */
	struct leg_dial *dial;   /* copy */
	struct sx_target *targetv;
	size_t targetc, targeti;
	struct sx_uac_state *auth; /* NULL: never challenged */
	struct mbuf *offer;      /* body of the INVITE */
	struct mbuf *extra;      /* further headers of the INVITE */

	/* session */
	struct sdp_local local;
	struct sdpm *remote;     /* the description in force */
	struct sdpm *offer_rx;   /* the INVITE's offer, until answered */
	bool we_offered;         /* ours went in a 2xx: the ACK answers */
	struct leg_said said;    /* what we described last */
	struct leg_crypto crypto;
	enum sdpm_dir cap;       /* the other side of the call allows so much */
	struct codec_prefs offered;
	struct leg_audio audio;
	struct leg_audio far;    /* what the other side speaks */
	bool far_set;
	bool early_media;        /* 183 with a description sent or seen */
	media_id media;
	struct sa media_addr;    /* as bound */
	struct leg_change chg;
	struct leg_session ses;

	struct refer *refer;     /* its last REFER; reference */
	struct list groups;      /* GROUP() of its own, as call->groups */
	struct leg_ask *ask;     /* our last REFER or MESSAGE; reference */
};


/* leg.c */
int leg_alloc(struct leg **legp, struct call *call, struct config *cfg,
	      const struct peer *peer, const char *label, bool outgoing);
void leg_hash_add(struct leg *leg);
void leg_report(struct leg *leg, enum leg_event_type type);
void leg_report_ev(struct leg *leg, const struct leg_event *ev);
void leg_ending(struct leg *leg);   /* state ENDING: media and timers stop */
void leg_sig_done(struct leg *leg); /* nothing more to come from SIP */
void leg_finish(struct leg *leg);   /* both */
int leg_contact(struct leg *leg, struct mbuf *mb, const struct sx_target *t);
int leg_reason(struct mbuf *mb, uint8_t cause, const char *text);
void leg_bye(struct leg *leg, uint8_t cause, const char *text);
void leg_bye_fork(struct leg *leg, struct sx_dialog *dlg);
void leg_dead(struct leg *leg, uint8_t cause, const char *why);
uint32_t leg_t1(const struct leg *leg);
uint32_t leg_timer_b(const struct leg *leg);

/* leg_state.c */
int leg_set_state(struct leg *leg, enum leg_state st);
void leg_lamp(struct leg *leg);     /* tell devstate.c what it does now */

/* leg_dialog.c */
typedef void(leg_each_h)(struct leg *leg, void *arg);
void leg_each_dialog(leg_each_h *h, void *arg);
bool leg_source_ok(struct leg *leg, struct sx_strans *st,
		   const struct sx_msg *msg);

/* leg_codec.c */
enum media_codec leg_media_codec(const struct config_codec *codec);
bool leg_is_g711(const struct config_codec *codec);
void leg_note_offered(struct leg *leg, const struct sdpm_media *m);
void leg_answer_prefs(struct codec_prefs *prefs, const struct leg *leg);
const struct sdpm_fmt *leg_choose_codec(const struct leg *leg,
					const struct sdpm_media *m,
					const struct leg_audio *far);

/* leg_media.c */
int leg_media_open(struct leg *leg, const struct sx_target *toward,
		   media_id near);
void leg_media_close(struct leg *leg);
int leg_take_offer(struct leg *leg, const struct sx_msg *msg,
		   const char **why);
int leg_print_offer(struct leg *leg, struct mbuf *mb, enum sdpm_dir dir);
int leg_print_repeat(struct leg *leg, struct mbuf *mb);
int leg_print_offer_codec(struct leg *leg, struct mbuf *mb, enum sdpm_dir dir,
			  const struct config_codec *codec);
int leg_print_offer_prefs(struct leg *leg, struct mbuf *mb,
			  const struct codec_prefs *prefs);
int leg_print_offer_late(struct leg *leg, struct mbuf *mb);
int leg_print_answer(struct leg *leg, struct mbuf *mb, struct sdpm *offer,
		     const struct leg_audio *far, enum sdpm_dir dir);
int leg_take_answer(struct leg *leg, const struct sx_msg *msg,
		    const char **why);
int leg_apply_flow(struct leg *leg);
void leg_note_remote(struct leg *leg, const struct sdpm_media *m);

/* leg_crypto.c */
bool leg_wants_crypto(const struct leg *leg);
bool leg_crypto_bridge(struct leg *leg);
int leg_read_sdp(const struct leg *leg, struct sdpm **sp,
		 const struct sx_msg *msg, const char **why);
const char *leg_no_audio(const struct leg *leg, const struct sdpm *s);
void leg_crypto_offer(struct leg *leg, struct sdp_desc *d);
void leg_crypto_repeat(struct leg *leg);
void leg_crypto_answer(struct leg *leg, struct sdp_desc *d,
		       const struct sdpm_media *m);
const char *leg_crypto_refused(const struct leg *leg,
			       const struct sdpm_media *m);
void leg_crypto_answered(struct leg *leg, const struct sdpm_media *m);
void leg_crypto_flow(const struct leg *leg, struct media_flow *flow);
void leg_crypto_wipe(struct leg *leg);

/* leg_in.c */
void leg_in_ack(struct leg *leg, const struct sx_msg *msg);
void leg_in_prack(struct leg *leg, struct sx_strans *st,
		  const struct sx_msg *msg);
int leg_in_refuse(struct leg *leg, uint16_t scode, struct mbuf *headers);
int leg_in_reject(struct leg *leg, uint16_t scode, uint8_t cause,
		  const char *reason);
void leg_in_stop(struct leg *leg);
int leg_repeat_1xx(struct leg *leg);
int leg_reply_2xx(struct leg *leg, struct sx_strans *st,
		  const struct sx_msg *msg, const struct mbuf *body);

/* leg_out.c */
void leg_out_cancel(struct leg *leg, uint8_t cause, const char *text);
int leg_send_ack(struct leg *leg, struct sx_dialog *dlg, uint32_t cseq,
		 struct mbuf **keep);

void leg_fail(struct leg *leg, const struct leg_event *what);
void leg_fail_err(struct leg *leg, int err);
int leg_send_invite(struct leg *leg);
bool leg_next_target(struct leg *leg);

/* leg_giveup.c */
int leg_places(struct leg *leg, const struct sx_target *tv, size_t n);
void leg_place_failed(struct leg *leg, int err, const struct sx_msg *msg);
void leg_place_asked(struct leg *leg);
void leg_place_answered(struct leg *leg);

/* leg_dial.c */
int leg_dial_copy(struct leg *leg, const struct leg_dial *dial);
bool leg_is_phone(const struct peer *peer, const char *user);
void leg_form_number(const struct leg *leg, struct leg_identity *id);
int leg_ruri_print(const struct leg *leg, struct mbuf *mb);

/* leg_resp.c */
void leg_out_stray(struct leg *leg, const struct sx_msg *msg);
void leg_response(int err, const struct sx_msg *msg, void *arg);

/* leg_ident.c */
int leg_from_print(struct leg *leg, struct mbuf *mb, struct mbuf *uri,
		   const struct sa *our);
int leg_diversion_print(struct leg *leg, struct mbuf *mb);
int leg_identity_print(struct leg *leg, struct mbuf *mb);
bool leg_may_authenticate(struct leg *leg, const struct sx_msg *resp);
void leg_auth_again(struct leg *leg);  /* a new request: tries begin anew */
int leg_auth_print(struct leg *leg, struct mbuf *mb, enum sx_method met,
		   const char *uri);

/* leg_modify.c */
void leg_rx_reinvite(struct leg *leg, struct sx_strans *st,
		     const struct sx_msg *msg);
void leg_modify_stop(struct leg *leg);
int leg_refresh(struct leg *leg);
void leg_tell_free(struct leg *leg); /* a change is possible again */
bool leg_peer_holds(const struct leg *leg);

/* leg_route.c */
void leg_set_hop(struct sx_dialog *dlg, const struct sx_target *t);

/** True if what goes to both takes the same way: address, or connection */
bool target_same_flow(const struct sx_target *a, const struct sx_target *b);
void leg_follow(const struct leg *leg, struct sx_dialog *dlg);

bool leg_is_busy(const struct leg *leg);

/* leg_ask.c */
bool leg_rx_notify(struct leg *leg, struct sx_strans *st,
		   const struct sx_msg *msg); /* false: not ours */

/* leg_update.c */
bool leg_take_identity(struct leg *leg, const struct sx_msg *msg);
void leg_identity_changed(struct leg *leg, const struct sx_msg *msg);
const struct leg_identity *leg_connected_id(const struct leg *leg);
void leg_connected_told(struct leg *leg);
void leg_connected_again(struct leg *leg);

/* leg_session.c */
uint16_t leg_session_in(struct leg *leg, const struct sx_msg *msg,
			uint32_t *minse);
int leg_session_print(struct leg *leg, struct mbuf *mb);
int leg_session_out_print(struct leg *leg, struct mbuf *mb);
void leg_session_take(struct leg *leg, const struct sx_msg *resp);
bool leg_session_raise(struct leg *leg, const struct sx_msg *resp);
void leg_session_start(struct leg *leg);
void leg_session_stop(struct leg *leg);

#endif
