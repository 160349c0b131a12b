/**
 * @file b2bua/guard_tab.h  A bounded table of what strangers have done lately
 *
 * Signalling thread, pure: time is handed in.  All records are there from the
 * start; when they are used up the one that was asked for longest ago goes.
 * A record is known by 64 bits of a keyed hash over an address (or network)
 * and a text, so nobody can choose two that meet, and nothing of a stranger's
 * is kept.
 */
#ifndef TANDEM_B2BUA_GUARD_TAB_H
#define TANDEM_B2BUA_GUARD_TAB_H

#include "base/compat.h"

enum {
	GUARD_USERS = 6, /* different users that are told apart */
};

/** What a record is for: the same address has several */
enum guard_kind {
	GUARD_KIND_ADDR = 1, /* a stranger, and what it did */
	GUARD_KIND_NET,      /* its network */
	GUARD_KIND_PROVEN,   /* answers to our nonce */
	GUARD_KIND_OWN,      /* dialogs and transactions of ours */
	GUARD_KIND_KNOWN,    /* phones, localnet */
	GUARD_KIND_DOOR,     /* a banned address that may have been framed */
	GUARD_KIND_GUESS,    /* address and account: wrong passwords */
	GUARD_KIND_LOG,      /* lines in the log */
};

struct guard_rec {
	uint64_t key;          /* 0: free */
	uint32_t next;         /* in its bucket; place + 1, 0 none */
	uint32_t newer, older; /* place + 1, 0 none */

	uint64_t tat_us;       /* rate: when all of the burst is there again */

	/* what it did, within a window */
	uint64_t first_us, last_us;
	uint32_t points;
	uint32_t proven;       /* ... of them that cannot be somebody else's */
	uint32_t dropped;      /* for its rate */
	uint16_t userv[GUARD_USERS];
	uint16_t userc;        /* all that were different, or so it seemed */
};

struct guard_tab;

/** A table of `max` records, a power of two */
int guard_tab_alloc(struct guard_tab **tp, uint32_t max);

/** Key of an address; for GUARD_KIND_NET of its /24 or /64.  IPv6 addresses
 *  count by their /64 everywhere: that is what one stranger has */
uint64_t guard_key(const struct guard_tab *t, enum guard_kind kind,
		   const struct sa *sa, const struct pl *text);

/** The record, made if needed (then all zero but its key); never NULL */
struct guard_rec *guard_tab_get(struct guard_tab *t, uint64_t key);

/** The record; NULL if there is none */
struct guard_rec *guard_tab_find(const struct guard_tab *t, uint64_t key);

/** Records in use */
uint32_t guard_tab_count(const struct guard_tab *t);

/**
 * Take one from a bucket that fills with `rate` a second up to `burst`
 *
 * @param tat_us  State of the bucket; 0 is a full one
 * @return        True if there was one
 */
bool guard_take(uint64_t *tat_us, uint64_t now_us, uint32_t rate,
		uint32_t burst);

/** As guard_take(), without taking */
bool guard_could_take(uint64_t tat_us, uint64_t now_us, uint32_t rate,
		      uint32_t burst);

/** Note a user; true if it is another one than those before */
bool guard_rec_user(struct guard_rec *r, const struct guard_tab *t,
		    const struct pl *user);

/** Forget what it did */
void guard_rec_reset(struct guard_rec *r);

#endif
