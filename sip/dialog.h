/**
 * @file sip/dialog.h  Dialogs (RFC 3261 12)
 *
 * Signalling thread.  A dialog is identity, route set, remote target and
 * sequence numbers; what is done inside (INVITE usage, subscription) belongs
 * to its user.
 */
#ifndef TANDEM_SIP_DIALOG_H
#define TANDEM_SIP_DIALOG_H

#include "sip/sip.h"

struct sx_dialog {
	char *callid;
	char *ltag, *rtag;       /* rtag NULL until known */
	char *local;             /* From/To value of ours without tag */
	char *remote;            /* ... of the peer's */
	char *luri, *ruri;       /* the URIs inside */
	char *target;            /* remote target: Contact's URI */
	char **routev;           /* route set, in order of use */
	size_t routec;
	uint32_t lseq, rseq;
	bool rseq_known;
	bool uac;                /* we sent the first request */
	bool secure;
	uint32_t maxfwd;         /* of our requests; 0 is 70 */
	struct sx_target hop;    /* where requests go */
	struct sa peer_src;      /* the peer's address as of the last message
				    that was ours to believe */
};

/** A dialog for a request that we send: fresh Call-ID, From tag and CSeq.
 *  local and remote are name-addr texts without tag */
int sx_dialog_uac(struct sx_dialog **dp, const char *local, const char *luri,
		  const char *remote, const char *ruri,
		  const struct sx_target *hop, const char *callid_host);

/** A dialog for a request that we got; tag is ours */
int sx_dialog_uas(struct sx_dialog **dp, const struct sx_msg *req,
		  const char *tag);

/** An early dialog beside d with the To tag of this response: same Call-ID
 *  and From tag, own route set and target */
int sx_dialog_fork(struct sx_dialog **dp, const struct sx_dialog *d,
		   const struct sx_msg *resp);

/** Take To tag, route set and target from a 1xx or 2xx (RFC 3261 12.1.2) */
int sx_dialog_establish(struct sx_dialog *d, const struct sx_msg *resp);

/** Forget what an early dialog taught: the request will be sent anew (401,
 *  next server) and its To must have no tag (RFC 3261 8.1.3.5) */
int sx_dialog_reset(struct sx_dialog *d);

/** Target refresh by a request or 2xx of INVITE, UPDATE (12.2) */
int sx_dialog_refresh(struct sx_dialog *d, const struct sx_msg *msg);

/** True if the message belongs to the dialog (Call-ID, both tags) */
bool sx_dialog_match(const struct sx_dialog *d, const struct sx_msg *msg);

/** Check and take the CSeq of a request: 0, or EPROTO if not higher
 *  (-> 500, RFC 3261 12.2.2) */
int sx_dialog_rx(struct sx_dialog *d, const struct sx_msg *req);

/** R-URI (strict routers included) of the next request */
const char *sx_dialog_ruri(const struct sx_dialog *d);

/** Print To/From/Call-ID/CSeq/Route/Max-Forwards of a request into mb.
 *  CSeq counts up, except for ACK and CANCEL, which give theirs */
int sx_dialog_head(struct sx_dialog *d, struct mbuf *mb, enum sx_method met,
		   uint32_t cseq);

#endif
