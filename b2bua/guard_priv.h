/**
 * @file b2bua/guard_priv.h  The inside of the guard, for guard*.c only
 *
 * Signalling thread.
 *
 *   guard.c        classes, packets, start
 *   guard_note.c   what strangers did, guessing, lines in the log
 *   guard_admin.c  what the operator asks and orders
 */
#ifndef TANDEM_B2BUA_GUARD_PRIV_H
#define TANDEM_B2BUA_GUARD_PRIV_H

#include "b2bua/guard.h"
#include "b2bua/guard_tab.h"

#define GUARD_ALLOW_FAMILY "guard/allow"

enum {
	GUARD_WINDOW_US = 60000000,
	GUARD_EVIDENCES = 512,
};

struct guard_state {
	struct guard_hooks hooks;
	struct config *cfg;
	struct guard_tab *tab;
	struct guard_evidence *evv;
	struct list allow;       /* struct acl_rule, the operator's */
	uint64_t all_us;         /* bucket of all strangers */
};

extern struct guard_state grd;

/** The record of a source, made if needed */
struct guard_rec *guard_rec_of(enum guard_kind kind, const struct sa *src,
			       const struct pl *text);

/** Begin a new window of what somebody did, if the last one is over */
void guard_window(struct guard_rec *r, uint64_t now_us);

/** Note what a source did; see guard_note() */
void guard_note_src(const struct sa *src, enum guard_event ev, bool proven,
		    const char *text);

/** Where the evidence of a record is, if its key says so */
struct guard_evidence *guard_evidence_of(uint64_t key);

void guard_log_close(void);

#endif
