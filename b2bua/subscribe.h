/**
 * @file b2bua/subscribe.h  SUBSCRIBE and NOTIFY (RFC 6665), we are the notifier
 *
 * Signalling thread.  Packages dialog (RFC 4235), presence (RFC 3856, 3863)
 * and message-summary (RFC 3842).  A subscription is a dialog of its own; it
 * belongs to the peer that proved who it is, and ends with Expires, with the
 * peer's registration, when the hint or the peer goes, and when its NOTIFY is
 * answered 481, 408 or not at all.
 *
 *   PENDING (reply goes out) -> ACTIVE -> TERMINATED (last NOTIFY under way)
 */
#ifndef TANDEM_B2BUA_SUBSCRIBE_H
#define TANDEM_B2BUA_SUBSCRIBE_H

#include "config/config.h"
#include "sip/sip.h"

enum {
	SUBS_MAX = 5000,     /* in all */
	SUBS_PER_PEER = 200, /* a console with side cars has some 180 keys */
};

int subs_init(void);
void subs_close(void);

/** A SUBSCRIBE without To tag (sub_new.c).  Always answered */
void subs_request(struct sx_strans *st, const struct sx_msg *msg);

/** A request inside of a dialog: true if it is a subscription's, then it has
 *  been answered */
bool subs_in_dialog(struct sx_strans *st, const struct sx_msg *msg);

/** The peer has no registration any more: its subscriptions end */
void subs_peer_gone(const char *peer);

/** A phone is reached at another place than before: NOTIFY goes there */
void subs_follow(const char *peer, const struct sx_target *was,
		 const struct sx_target *now);

/** True if a request inside of a dialog is a subscription's */
bool subs_has(const struct sx_msg *msg);

/** Another process has taken over: all end, "deactivated", so the phones
 *  subscribe there at once (RFC 6665 4.1.3) */
void subs_hand_over(void);

/** After a reload: peers and hints may be gone */
void subs_reload(void);

/** For the console */
struct subs_info {
	const char *peer, *user, *callid, *exten, *context, *state, *type,
		*mailbox;
	struct sa addr;
	uint32_t left_s;
};
typedef void(subs_info_h)(const struct subs_info *info, void *arg);
void subs_apply(subs_info_h *h, void *arg);
uint32_t subs_count(void);

#endif
