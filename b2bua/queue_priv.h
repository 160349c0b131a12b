/**
 * @file b2bua/queue_priv.h  The inside of queues, for queue*.c only
 *
 * Signalling thread.  A caller:
 *
 *            its turn, somebody free        answers
 *   WAIT ------------------------> RING ---------------> TALK
 *    ^ ^                           |  ^                   |
 *    | |       nobody answered     |  | the next member   |
 *    | +---- PAUSE <---------------+--+                   |
 *    +-- retry --+                                        |
 *    |                                                    v
 *    +-- timeout, key, empty, withdrawn (also of PAUSE, RING) --> OVER
 */
#ifndef TANDEM_B2BUA_QUEUE_PRIV_H
#define TANDEM_B2BUA_QUEUE_PRIV_H

#include "b2bua/queue.h"
#include "b2bua/queue_pick.h"
#include "b2bua/hint.h"

/** Who can be rung as this, in whatever queues */
struct cq_agent {
	struct le hle;
	char *iface;
	struct list members;   /* struct cq_member */
	uint32_t pending;      /* callers that ring it */
	uint32_t talks;
};

struct cq_member {
	struct le le;          /* cq->members */
	struct le ale;         /* cq_agent->members */
	struct cq *q;          /* no reference; NULL: not a member any more */
	struct cq_agent *agent; /* reference */
	char *name, *state_iface;
	char *device;          /* whose state counts */
	struct ttext *dial;    /* as a fork takes it */
	struct devstate_watch *watch;
	struct hint_watch *hwatch;
	uint32_t penalty;
	int ringinuse;         /* -1 as the queue */
	int wrapup_s;          /* -1 as the queue */
	bool dynamic, paused, marked;
	char reason[80];
	uint64_t paused_at_s, login_at_s;
	uint32_t calls;
	uint64_t last_s;       /* end of the last call, wall clock */
	uint64_t last_ms;      /* ... monotonic, 0 never */
	struct timer wrap;     /* looked at when it can be rung again */
};

struct cq {
	struct le le;          /* registry, in the order of the file */
	struct config *cfg;    /* conf is in it */
	const struct queue_conf *conf;
	bool gone;             /* not in the file any more */
	bool marked;
	struct list members;   /* struct cq_member */
	struct list callers;   /* struct cq_caller who wait */
	size_t start;          /* round robin: next place */
	struct cq_stats stats;
	struct timer run;
	bool has_callers, has_free; /* as told to the lamps */
};

enum cq_state {
	CQ_WAIT,
	CQ_RING,
	CQ_PAUSE,
	CQ_TALK,
	CQ_OVER,
};

/** A member that this round has come to */
struct cq_ring {
	struct le le;          /* cq_caller->rings, in the order of the fork */
	struct cq_member *m;   /* reference */
	size_t dev;            /* its place in the fork */
	uint64_t began_ms;
	bool now;              /* rings, or has answered */
};

struct cq_caller {
	struct le le;          /* cq->callers, while it waits */
	struct cq *q;          /* reference */
	struct call *call;     /* no reference: it owns the application */
	enum cq_state state;
	struct cq_params prm;  /* texts are copies */
	const struct cq_app *app;
	void *arg;

	uint32_t pos, opos;    /* from 1 */
	int prio;
	uint64_t joined_ms, joined_us;
	int max_penalty, min_penalty; /* as they are now */
	uint32_t raise_penalty;
	struct le *rule_step;  /* next one of its rule */
	struct config *rule_cfg; /* holds the rule; reference */
	uint32_t rounds;       /* for option n */
	size_t start;          /* linear: next place */
	char digits[32];

	/* an attempt */
	struct fork *fork;     /* reference */
	struct list rings;     /* struct cq_ring of this round */
	uint64_t due_ms;       /* end of the round, 0 never */
	bool busy;             /* the last one was busy (timeoutrestart) */
	bool handed;           /* its place is another one's */
	bool tone;             /* R: the ring tone is heard */
	bool answered;         /* somebody has */
	bool held, ready;      /* ... cq_ready() comes; has come */
	bool ended;            /* ... meanwhile the fork, so: */
	struct fork_result end;
	struct cq_ring *winner; /* in rings; NULL: who picked it up */
	struct cq_agent *talks; /* TALK: reference; NULL as winner */
	uint64_t talked_ms;    /* began */
	uint32_t hold_s;       /* has waited so long */
	uint32_t ring_s;       /* the winner has rung so long */
	char agent[128];       /* who has answered, for the log */

	/* announcements */
	bool saying;           /* one plays */
	uint64_t said_ms;      /* position, 0 never */
	uint32_t said_pos;
	uint64_t periodic_ms;  /* the next one may begin, 0 never */
	size_t periodic_no;

	struct timer expire, pause, say, rule, over;
	struct cq_result res;
};

/* queue.c */
struct list *cq_all(void);
void cq_kick(struct cq *q);
void cq_kick_all(void);
void cq_lamps(struct cq *q);
bool cq_shared_lastcall(void);

/* queue_member.c */
int cq_members_init(void);
void cq_members_close(void);
int cq_member_new(struct cq_member **mp, struct cq *q, const char *iface);
int cq_member_texts(struct cq_member *m, const char *iface, const char *name,
		    const char *state_iface);
void cq_member_drop(struct cq_member *m);
int cq_member_static(struct cq *q, const struct queue_member_conf *mc);
void cq_members_mark(struct cq *q);
void cq_members_sweep(struct cq *q);

/* queue_keep.c */
void cq_members_load(struct cq *q);
bool cq_members_loading(void);
void cq_members_keep(const struct cq *q);

/* queue_state.c */
int cq_device_of(char **devp, const char *iface); /* whose state counts */
void cq_member_watch(struct cq_member *m);
uint32_t cq_member_wrapup_s(const struct cq_member *m);
bool cq_member_wraps_up(const struct cq_member *m);
bool cq_member_ringinuse(const struct cq_member *m);
bool cq_member_free(const struct cq_member *m);
enum devstate cq_member_state(const struct cq_member *m);
uint32_t cq_free_members(const struct cq *q);
void cq_member_took(struct cq_member *m); /* its talk is over */
void cq_agent_kick(struct cq_agent *a);  /* all its queues */

/* queue_caller.c */
uint64_t cq_waited_s(const struct cq_caller *c);
void cq_set_state(struct cq_caller *c, enum cq_state st);
void cq_unlink(struct cq_caller *c);     /* off the queue */
void cq_leave(struct cq_caller *c, enum cq_status st);
void cq_sound(struct cq_caller *c);      /* music or tone, from now */
bool cq_expired(const struct cq_caller *c);
void cq_insert(struct cq *q, struct cq_caller *c);
void cq_abandoned(struct cq *q, const char *callid, uint32_t pos,
		  uint32_t opos, uint64_t waited_s);
void cq_give_up(struct cq_caller *c);
void cq_digit(struct call *call, char digit, void *arg);
void cq_set_num(struct call *call, const char *name, uint32_t n);
void cq_over(struct cq_caller *c);       /* the application is told soon */

/* queue_join.c */
void cq_tickets_close(void);

/* queue_ring.c */
bool cq_try(struct cq_caller *c);        /* begin a round */
void cq_ring_stop(struct cq_caller *c);
void cq_ring_end(struct cq_ring *r);     /* free for others */
void cq_fork_over(struct cq_caller *c, const struct fork_result *res);

/* queue_talk.c */
void cq_look(struct call *callee, struct cq_caller *c, struct cq_ring *r);
bool cq_answered(struct cq_caller *c, struct cq_ring *r);
void cq_talk_begins(struct cq_caller *c);
void cq_talked(struct cq_caller *c, const struct fork_result *res);
void cq_talk_over(struct cq_caller *c, const struct fork_result *res);

/* queue_say.c */
void cq_say_start(struct cq_caller *c);
void cq_say_check(struct cq_caller *c);
void cq_say_stop(struct cq_caller *c);
void cq_say_position(struct cq_say *say, const struct cq_caller *c,
		     uint64_t now_ms);
void cq_say_member(struct cq_say *say, const struct cq_caller *c);

/* queue_log.c */
int cq_log_open(const struct config *cfg);
void cq_log_close(void);

#endif
