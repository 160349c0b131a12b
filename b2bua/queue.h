/**
 * @file b2bua/queue.h  Queues: callers who wait, members who are rung
 *
 * Signalling thread.  The registry owns a queue; a caller in it keeps it as
 * well, so a queue that a reload takes away serves those who wait.
 *
 *   queue.c         the registry, reload, statistics, whose turn it is
 *   queue_member.c  members; queue_state.c who of them is free, queue_admin.c
 *                   adding and pausing, queue_keep.c over a restart
 *   queue_pick.c    which member rings next: a pure decision
 *   queue_join.c    a caller joins; queue_caller.c its place and its end
 *   queue_ring.c    a caller's rounds; queue_talk.c answer and talk
 *   queue_say.c     announcements: what and when
 *   queue_log.c     the file queue_log and its table
 *
 * Everything is driven by timers and events; a queue is looked at from a timer
 * of 0 ms whenever something about it has changed.
 */
#ifndef TANDEM_B2BUA_QUEUE_H
#define TANDEM_B2BUA_QUEUE_H

#include "b2bua/devstate.h"
#include "b2bua/fork.h"

struct cq;
struct cq_caller;
struct cq_member;

enum {
	CQ_MEMBERS_MAX = 5000, /* of a queue */
	CQ_CALLERS_MAX = 10000,
	CQ_NO_PENALTY = -1,    /* QUEUE_MAX_PENALTY and the like not set */
};

/* clang-format off */
/** QUEUESTATUS */
#define CQ_STATUSES(X)                                                        \
	X(UNKNOWN) X(TIMEOUT) X(JOINEMPTY) X(LEAVEEMPTY) X(JOINUNAVAIL)       \
	X(LEAVEUNAVAIL) X(FULL) X(CONTINUE) X(WITHDRAW)
/* clang-format on */

enum cq_status {
#define X(s) CQ_##s,
	CQ_STATUSES(X)
#undef X
};

const char *cq_status_name(enum cq_status st);


/* --- the registry -------------------------------------------------------- */

/** Start: the store must be open, the device states too */
int queues_init(void);
void queues_close(void);

/** Take over the queues of a configuration: callers, statistics and members
 *  that were added stay */
void queues_config(struct config *cfg);

/** By name, case ignored; NULL if there is none */
struct cq *cq_find(const char *name);

/** All of them in the order of the file; next of NULL is the first */
struct cq *cq_next(const struct cq *q);

const char *cq_name(const struct cq *q);
const struct queue_conf *cq_conf(const struct cq *q);

struct cq_stats {
	uint32_t callers;    /* who wait */
	uint32_t holdtime_s; /* average */
	uint32_t talktime_s; /* average */
	uint32_t completed, abandoned;
	uint32_t in_level;   /* completed within the service level */
	uint32_t abandoned_in_level;
};

void cq_get_stats(struct cq_stats *st, const struct cq *q);

/** Permille within the service level: of the completed calls, and of all with
 *  those that gave up in time */
uint32_t cq_level(const struct cq_stats *st);
uint32_t cq_level2(const struct cq_stats *st);

/** Set QUEUENAME, QUEUEMAX, QUEUESTRATEGY, QUEUECALLS, QUEUEHOLDTIME,
 *  QUEUETALKTIME, QUEUECOMPLETED, QUEUEABANDONED, QUEUESRVLEVEL and
 *  QUEUESRVLEVELPERF of a call */
void cq_set_vars(struct call *call, const struct cq *q);

/** Forget the counts; q NULL: of all queues */
void cq_reset_stats(struct cq *q);


/* --- members ------------------------------------------------------------- */

/** A member as it is now */
struct cq_member_info {
	const char *iface, *name, *state_iface;
	uint32_t penalty;
	bool ringinuse, dynamic, paused;
	const char *reason;    /* of the pause, "" none */
	uint64_t paused_at_s;  /* since 1970 */
	uint64_t login_at_s;   /* was added */
	enum devstate state;
	bool in_call;          /* talks to a caller of a queue */
	bool wraps_up;
	bool free;             /* would be rung now */
	uint32_t calls;        /* taken */
	uint64_t last_at_s;    /* end of the last one, 0 never */
	uint32_t wrapup_s;
};

struct cq_member_params {
	const char *iface;
	const char *name;        /* NULL: iface */
	const char *state_iface; /* NULL: iface */
	uint32_t penalty;
	bool paused;
	const char *reason;      /* of it; NULL none */
	int wrapup_s;            /* -1 as the queue */
};

/** Members in their order; NULL behind the last, and of NULL the first */
struct cq_member *cq_member_next(const struct cq *q,
				 const struct cq_member *m);
struct cq_member *cq_member_find(const struct cq *q, const char *iface);
void cq_member_get(struct cq_member_info *info, const struct cq_member *m);

/** Words of a device's state as `queue show` has them: "Not in use" */
const char *cq_state_words(enum devstate st);

/**
 * Add a member while running; kept over a restart if persistentmembers
 *
 * @param by  Uniqueid of the call that does it, NULL none (console)
 *
 * @return 0, EALREADY, EINVAL (no device, or a text with separators), ENOBUFS,
 *         ENOMEM
 */
int cq_member_add(struct cq *q, const struct cq_member_params *prm,
		  const char *by);

/** @return 0, ENOENT no such member, EPERM it stands in the file */
int cq_member_remove(struct cq *q, const char *iface, const char *by);

/** Pause or take back; q NULL: in all queues.  reason may be NULL.
 *  @return 0, ENOENT */
int cq_member_pause(struct cq *q, const char *iface, bool paused,
		    const char *reason);

/** New penalty; q NULL: in all queues.  @return 0, ENOENT */
int cq_member_set_penalty(struct cq *q, const char *iface, uint32_t penalty);

/** ringinuse of one member.  @return 0, ENOENT */
int cq_member_set_ringinuse(struct cq *q, const char *iface, bool on);

/** Bits of enum queue_empty: is there nobody for such callers? */
bool cq_is_empty(const struct cq *q, uint32_t conditions, int max_penalty,
		 int min_penalty);


/* --- callers ------------------------------------------------------------- */

/** Part of something said: a prompt, or a number */
struct cq_part {
	const char *file; /* NULL: the number */
	uint32_t num;
	bool time;        /* ... of minutes or seconds, else of callers */
};

enum { CQ_PARTS_MAX = 16 };

struct cq_say {
	struct cq_part v[CQ_PARTS_MAX];
	size_t n;
};

/** Make a list of files for call_play() of it, in the call's language */
typedef int(cq_say_h)(struct mbuf *mb, struct call *call,
		      const struct cq_say *say);

struct cq_result {
	enum cq_status status;
	bool answered;  /* talked to a member */
	bool go_on;     /* the plan goes on */
	bool jumped;    /* ... at another place, which is set */
	uint8_t cause;  /* of the talk's end */
};

/** What the application does for the queue */
struct cq_app {
	cq_say_h *sayh;
	/** A member has answered; variables are set.  True: the caller is not
	 *  ready before cq_ready() */
	bool (*answerh)(struct call *call, void *arg);
	/** A member has answered: something for its side alone, as a
	 *  fork_screen_h.  NULL, or nothing to do: see cq_params */
	void (*memberh)(struct call *callee, void *arg);
	/** They talk: recording begins */
	void (*talkh)(struct call *call, void *arg);
	/** It is over.  Once, from the main loop, not after a cancel */
	void (*overh)(struct call *call, const struct cq_result *res,
		      void *arg);
};

/** How to wait; copied */
struct cq_params {
	const char *url;         /* noted in queue_log */
	const char *announce;    /* to the member in place of the queue's */
	const char *music_class; /* m; NULL the queue's */
	const char *rule;        /* NULL the queue's */
	uint32_t timeout_ms;     /* leaves behind it; 0 never */
	uint32_t position;       /* wanted, 0 the last */
	int prio;                /* QUEUE_PRIO */
	int max_penalty, min_penalty; /* CQ_NO_PENALTY none */
	uint32_t raise_penalty;  /* lower ones count as this */
	bool ring;               /* r: ring tone in place of music */
	bool ring_agent;         /* R: ... while a member rings */
	bool no_retry;           /* n: leave after one round */
	bool go_on;              /* c: the plan goes on behind the member */
	struct talk_keys keys;
	struct talk_plan *plan;  /* b, F; NULL none */
	bool no_forward;         /* i */
	bool no_connected;       /* I */
	bool elsewhere;          /* C */
	bool member_first;       /* memberh has something to do */
};

/**
 * A caller joins
 *
 * @param cp   Caller; mem_deref ends it in any state
 * @param st   Why it may not join
 *
 * @return 0, ENOENT no such queue, EPERM refused (st says why), ENOBUFS,
 *         ENOMEM
 */
int cq_join(struct cq_caller **cp, struct call *call, const char *queue,
	    const struct cq_params *prm, const struct cq_app *app, void *arg,
	    enum cq_status *st);

/** What answerh has begun with the caller is over; may be called inside of
 *  it */
void cq_ready(struct cq_caller *c);

/** The caller has left: what queue_log has to say is said */
void cq_cancel(struct cq_caller *c);

/** The caller is another leg now: what it hears begins anew */
void cq_swapped(struct cq_caller *c);

/** Another call takes the place in the queue, as soon as it joins that one;
 *  cq_cancel() of this one follows */
void cq_hand_over(struct cq_caller *c, const struct call *to);

/** Take a caller out of the queue; QUEUESTATUS is WITHDRAW.  ENOENT */
int cq_withdraw(struct cq *q, const char *channel, const char *info);

/** Callers in their order; NULL behind the last, and of NULL the first */
struct cq_caller *cq_caller_next(const struct cq *q,
				 const struct cq_caller *c);

struct cq_caller_info {
	struct call *call;
	uint32_t pos;
	uint32_t wait_s;
	int prio;
	bool rings;     /* a member is being rung for it */
};

/** Options of its queue as they are now */
const struct queue_conf *cq_caller_conf(const struct cq_caller *c);

void cq_caller_get(struct cq_caller_info *info, const struct cq_caller *c);

/** Move one who waits; how many stand before it does not matter to others */
int cq_caller_set_prio(struct cq_caller *c, int prio);


/* --- queue_log ----------------------------------------------------------- */

/** A line: queue, callid and agent NULL are NONE.  Separators in the texts are
 *  taken out */
void cq_log(const char *callid, const char *queue, const char *agent,
	    const char *event, const char *const *datav, size_t datac);

/** ... with the data printed, '|' between */
void cq_logf(const char *callid, const char *queue, const char *agent,
	     const char *event, const char *fmt, ...);

#endif
