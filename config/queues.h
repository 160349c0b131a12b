/**
 * @file config/queues.h  queues.conf, queuerules.conf
 *
 * As in config.h: read once, checked, read-only; a text that is not set is
 * NULL.
 */
#ifndef TANDEM_CONFIG_QUEUES_H
#define TANDEM_CONFIG_QUEUES_H

#include "base/compat.h"
#include "config/finding.h"

struct config;
struct hash;


/** Which member rings next */
enum queue_strategy {
	QUEUE_RINGALL = 0,
	QUEUE_LEASTRECENT,
	QUEUE_FEWESTCALLS,
	QUEUE_RANDOM,
	QUEUE_RRMEMORY,  /* goes on behind the one who was rung last */
	QUEUE_RRORDERED, /* ... the same: our order is always the file's */
	QUEUE_LINEAR,    /* from the first one for each caller */
	QUEUE_WRANDOM,   /* a low penalty makes it likelier */
};

/** joinempty, leavewhenempty: such a member counts as nobody */
enum queue_empty {
	QUEUE_EMPTY_PENALTY = 1, /* its penalty is not the caller's */
	QUEUE_EMPTY_PAUSED = 2,
	QUEUE_EMPTY_INUSE = 4,
	QUEUE_EMPTY_RINGING = 8,
	QUEUE_EMPTY_UNAVAILABLE = 16,
	QUEUE_EMPTY_INVALID = 32,
	QUEUE_EMPTY_UNKNOWN = 64,
	QUEUE_EMPTY_WRAPUP = 128,
};

enum queue_say_pos {
	QUEUE_POS_NO = 0,
	QUEUE_POS_YES,
	QUEUE_POS_LIMIT, /* only if it is not beyond the limit */
	QUEUE_POS_MORE,  /* beyond the limit: "more than" */
};

enum queue_say_hold {
	QUEUE_HOLD_NO = 0,
	QUEUE_HOLD_YES,
	QUEUE_HOLD_ONCE,
};

enum queue_autopause {
	QUEUE_PAUSE_NO = 0,
	QUEUE_PAUSE_YES, /* in this queue */
	QUEUE_PAUSE_ALL, /* in all */
};

/** timeoutpriority */
enum queue_timeout {
	QUEUE_TIMEOUT_APP = 0, /* of Queue() */
	QUEUE_TIMEOUT_CONF,
};

/** member => of a queue */
struct queue_member_conf {
	struct le le;      /* queue_conf->members, in file order */
	char *iface;       /* "SIP/1001" */
	char *name;        /* NULL = iface */
	char *state_iface; /* device whose state counts; NULL = iface */
	uint32_t penalty;
	int ringinuse;     /* 1, 0; -1 = as the queue */
	int wrapup_s;      /* -1 = as the queue */
	bool paused;
	struct conf_pos pos;
};

/** Names of prompts; "" = not said */
struct queue_sounds {
	char *youarenext, *thereare, *callswaiting, *quantity1, *quantity2;
	char *holdtime, *minute, *minutes, *seconds, *thankyou, *reporthold;
	char *callerannounce; /* to the caller before the talk; NULL */
};

struct queue_conf {
	struct le le; /* queues_conf->queues, in file order */
	char *name;
	struct conf_pos pos;
	struct list members; /* struct queue_member_conf */

	enum queue_strategy strategy;
	char *musicclass;    /* NULL = the call's */
	uint32_t timeout_s;  /* a member rings so long; 0 = until the end */
	uint32_t retry_s;    /* pause between two rounds */
	uint32_t maxlen;     /* 0 = no limit */
	uint32_t wrapup_s;
	uint32_t weight;
	uint32_t servicelevel_s; /* 0 = not counted */
	enum queue_autopause autopause;
	uint32_t autopausedelay_s;
	bool autopausebusy, autopauseunavail;
	bool autofill;
	uint32_t joinempty, leavewhenempty; /* bits of enum queue_empty */
	bool ringinuse;
	bool timeoutrestart;
	enum queue_timeout timeout_prio;
	uint32_t penaltymemberslimit;
	char *defaultrule;   /* NULL */
	char *context;       /* where a digit leads; NULL */
	char *membergosub, *membermacro; /* NULL */

	/* what is said to whom waits */
	uint32_t announce_s; /* announce-frequency, 0 = off */
	uint32_t minannounce_s;
	uint32_t round_s;    /* announce-round-seconds, 0 = minutes only */
	enum queue_say_pos say_pos;
	uint32_t say_pos_limit;
	bool say_pos_up;     /* announce-position-only-up */
	enum queue_say_hold say_hold;
	bool say_first;      /* announce-to-first-user */
	char *periodic;      /* periodic-announce: "a,b&c" */
	uint32_t periodic_s; /* 0 = off */
	uint32_t periodic_start_s; /* before the first one */
	bool periodic_random, periodic_relative;
	struct queue_sounds sounds;

	/* what is said to whom answers */
	char *announce;      /* NULL */
	bool reportholdtime;
	uint32_t memberdelay_s;

	bool setinterfacevar, setqueuevar, setqueueentryvar;
	char *monitor_format; /* NULL = not recorded */
	bool log_restricted_cid;
};

/** penaltychange => of a rule */
struct queue_rule_step {
	struct le le;      /* queue_rule->steps, by time */
	uint32_t after_s;
	struct queue_change {
		bool said, relative;
		int32_t value;
	} max, min, raise;
};

struct queue_rule {
	struct le le; /* queues_conf->rules */
	char *name;
	struct list steps; /* struct queue_rule_step */
	struct conf_pos pos;
};

struct queues_conf {
	bool persistentmembers;
	bool keepstats;
	bool shared_lastcall;
	bool autofill;      /* default of the queues */
	bool log_membername;
	bool log_cid_name;
	bool updatecdr;
	bool longest_first; /* force_longest_waiting_caller */
	struct list queues; /* struct queue_conf */
	struct list rules;  /* struct queue_rule */
};

/** Find a queue (case ignored); NULL if there is none */
const struct queue_conf *config_queue(const struct config *cfg,
				      const char *name);

/** Find a rule of queuerules.conf (case ignored); NULL if there is none */
const struct queue_rule *config_queue_rule(const struct config *cfg,
					   const char *name);

/** "ringall"; also of the console */
const char *queue_strategy_name(enum queue_strategy s);

#endif
