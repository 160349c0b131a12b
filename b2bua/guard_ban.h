/**
 * @file b2bua/guard_ban.h  Who is banned, for how long, and why
 *
 * Signalling thread; owns the bans.  An IPv4 address is banned alone, an IPv6
 * address with its /64.  A ban that comes again is longer; how often it has
 * come is remembered for a week.  Bans are written to the store and come back
 * after a restart with what is left of them.
 */
#ifndef TANDEM_B2BUA_GUARD_BAN_H
#define TANDEM_B2BUA_GUARD_BAN_H

#include "base/compat.h"
#include "config/config.h"

enum {
	GUARD_EVIDENCE = 3,       /* lines kept */
	GUARD_LINE     = 160,     /* bytes of one */
	GUARD_BANS     = 8192,    /* bans and memories of bans */
};

/** The last lines of what somebody did, oldest first */
struct guard_evidence {
	uint64_t key;             /* whose; 0: nobody's */
	char linev[GUARD_EVIDENCE][GUARD_LINE];
};

struct guard_ban {
	struct le le;             /* all, newest last */
	struct le hle;
	struct sa sa;             /* address; of IPv6 the network */
	uint64_t until_ms;        /* clock_ms; over if not above it */
	uint64_t since_s;         /* wall clock */
	uint32_t level;           /* how many there have been */
	bool proven;              /* it was seen at that address */
	bool manual;              /* by the operator */
	uint64_t drops;           /* messages that came since */
	char why[GUARD_LINE];
	struct guard_evidence ev;
};

/** Told of each new ban and of each one that is taken back early */
typedef void(guard_ban_h)(const struct sa *sa, bool banned, uint32_t ttl_s);

int guard_bans_init(guard_ban_h *h);
void guard_bans_close(void);

/** Read what the store has; call after store_open() */
void guard_bans_load(void);

/** How long they are */
void guard_bans_config(const struct guard_conf *cfg);

/** Ban, or ban longer.  ttl_s 0: by how often it has come; ev may be NULL.
 *  ENOMEM, EINVAL for what is no address */
int guard_ban_add(const struct sa *sa, uint32_t ttl_s, bool proven,
		  bool manual, const char *why,
		  const struct guard_evidence *ev);

/** The ban in force, NULL if there is none */
struct guard_ban *guard_ban_find(const struct sa *sa);

/** As guard_ban_find(), also one that is over but not forgotten */
struct guard_ban *guard_ban_memory(const struct sa *sa);

/** Take it back and forget it; ENOENT */
int guard_ban_del(const struct sa *sa);

/** Seconds that it still has; 0 if it is over */
uint32_t guard_ban_left_s(const struct guard_ban *b);

/** All, for the console; look at guard_ban_left_s() */
const struct list *guard_bans(void);

/** Network that a ban of this address is of, for %H */
int guard_net_print(struct re_printf *pf, const struct sa *sa);

/** Add a line, cleaned of everything that is not printable */
void guard_evidence_add(struct guard_evidence *ev, const char *line);

#endif
