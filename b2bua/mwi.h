/**
 * @file b2bua/mwi.h  Messages waiting: counts per mailbox, and who is told
 *
 * Signalling thread.  A mailbox is "box@context" ("box" means box@default).
 * The counts live here; voicemail sets them whenever it changes a folder.  At
 * the start and after a reload the mailboxes that peers name are counted in
 * SPOOL/voicemail/CONTEXT/BOX/{INBOX,Urgent,Old}/msgNNNN.txt.
 *
 * Told are: SUBSCRIBE message-summary (RFC 3842), devices MWI:box@context, and
 * phones with mailbox= and without subscribemwi= by an unsolicited NOTIFY when
 * they register and when a count changes.
 */
#ifndef TANDEM_B2BUA_MWI_H
#define TANDEM_B2BUA_MWI_H

#include "config/config.h"

struct mwi_count {
	uint32_t fresh; /* not heard yet */
	uint32_t old;
};

int mwi_init(void);
void mwi_close(void);

/** Voicemail has changed a mailbox; 0, EINVAL for a name that is none */
int mwi_set(const char *mailbox, uint32_t fresh, uint32_t old);

/** Counts of one mailbox; ENOENT (and 0/0) if nobody has set them */
int mwi_get(const char *mailbox, struct mwi_count *n);

/** Sum over a list "100@default,200"; false if the list is empty */
bool mwi_sum(const char *list, struct mwi_count *n);

/** Read the folders of a mailbox again; ENOENT if it has none */
int mwi_scan(const char *mailbox);

/** Count the mailboxes of all peers (start, reload) */
void mwi_config(const struct config *cfg);

/** A phone has registered: tell it, if it wants to be told */
void mwi_registered(const struct peer *peer);

/** Told about every change of a mailbox; mem_deref ends it */
typedef void(mwi_h)(const char *mailbox, const struct mwi_count *n,
		    void *arg);
struct mwi_watch;
int mwi_watch(struct mwi_watch **wp, mwi_h *h, void *arg);

/** True if a list "100@default,200" names the mailbox */
bool mwi_list_has(const char *list, const char *mailbox);

/** Body of application/simple-message-summary; account: a SIP URI */
int mwi_print_body(struct mbuf *mb, const struct mwi_count *n,
		   const char *account);

#endif
