/**
 * @file b2bua/sub_priv.h  The inside of subscriptions, for sub*.c only
 */
#ifndef TANDEM_B2BUA_SUB_PRIV_H
#define TANDEM_B2BUA_SUB_PRIV_H

#include "base/timer.h"
#include "b2bua/hint.h"
#include "b2bua/mwi.h"
#include "b2bua/subscribe.h"
#include "sip/dialog.h"

enum sub_body {
	SUB_DIALOG_INFO,
	SUB_PIDF,
	SUB_MWI,
};

enum sub_state {
	SUB_ACTIVE,
	SUB_TERMINATED, /* only its last NOTIFY is under way */
};

#define SUB_ALLOW_EVENTS                                                      \
	"Allow-Events: dialog, presence, message-summary\r\n"

/** An event package */
struct sub_package {
	const char *name;
	const char *accept;   /* its own type */
	enum sub_body body;
	bool mwi;
};

/** A SUBSCRIBE taken apart */
struct sub_ask {
	const struct sub_package *pkg;
	const struct peer *peer;
	enum sub_body body;
	char event[128];       /* with its id */
	char exten[256];
	uint32_t expires_s;
};

/** All subscriptions of one peer */
struct sub_owner {
	struct le hle;
	char *name;
	struct list subs;        /* struct sub */
};

struct sub {
	struct le le;            /* all, or the dying ones */
	struct le ole;           /* owner->subs */
	struct le hle;           /* by Call-ID and our tag */
	struct sub_owner *owner; /* no reference; NULL: dying */
	enum sub_state state;
	enum sub_body body;
	char *event;             /* "dialog;id=1" */
	char *exten, *context;   /* of the hint */
	char *mailbox;           /* message-summary: as in sip.conf */
	char *account;           /* message-summary: its URI */
	char *entity;            /* URI that was asked for */
	char *contact;           /* of the phone, to know it again */
	struct sx_dialog *dlg;
	struct hint_watch *hint;
	uint64_t expires_ms;     /* clock_ms */
	struct timer expiry;

	/* sub_notify.c */
	struct timer soon;
	struct sx_ctrans *ct;    /* a NOTIFY waits for its answer */
	bool dirty;              /* another one shall follow */
	uint32_t version;
	uint32_t tokens;         /* NOTIFYs that may go at once */
	uint64_t tokens_ms;      /* when they were counted */
};

/* subscribe.c */

/** A subscription that is in no table; NULL without memory */
struct sub *sub_alloc(void);

/** Into the tables, as this peer's.  Needs s->dlg.  ENOMEM */
int sub_enter(struct sub *s, const char *peer);

/** No room for one more: in all; of this peer */
bool sub_table_is_full(void);
bool sub_owner_is_full(const char *peer);

/** The subscription is over; reason: of the last NOTIFY, NULL none is sent */
void sub_end(struct sub *s, const char *reason);
uint32_t sub_left_s(const struct sub *s);
void sub_set_expires(struct sub *s, uint32_t sec);
int sub_contact_print(struct mbuf *mb, const struct sub *s);

/** 200 to its SUBSCRIBE */
int sub_reply_ok(const struct sub *s, struct sx_strans *st,
		 uint32_t expires_s);

/* sub_ask.c: each is true if that part is good */

/** Event, "dialog;id=5;sla": name and id come back in each NOTIFY */
bool sub_ask_event(struct sub_ask *a, const struct sx_msg *msg);

/** Accept: the package's type, or the other one of the two for lamps.  After
 *  sub_ask_event() */
bool sub_ask_accept(struct sub_ask *a, const struct sx_msg *msg);

/** Expires, within the limits; if false it has been refused (423) */
bool sub_ask_expires(struct sub_ask *a, struct sx_strans *st,
		     const struct sx_msg *msg);

/* sub_notify.c */

/** Tell it, as soon as the rate allows */
void sub_notify(struct sub *s);

/** Tell it now: the answer to a SUBSCRIBE (RFC 6665 4.1.2.1) */
void sub_notify_now(struct sub *s);

/** The last NOTIFY; the subscription is released when it is answered */
void sub_notify_last(struct sub *s, const char *reason);

/** State as its options show it, "dialog-info+xml": for the console */
const char *sub_state_text(const struct sub *s);
const char *sub_body_name(enum sub_body body);

#endif
