/**
 * @file b2bua/call.h  Calls: legs, the dialplan that runs, and its variables
 *
 * Signalling thread.  The registry owns a call (one reference) from
 * call_alloc() until call_forget().  An application in progress borrows it.
 *
 * Life: call_alloc, call_run (dialplan on the caller's leg), legs come and go,
 * call_end (no new work; every leg hangs up), all legs GONE, call_forget (CDR
 * written, memory back).  A call's state is computed from its legs.
 */
#ifndef TANDEM_B2BUA_CALL_H
#define TANDEM_B2BUA_CALL_H

#include "base/timer.h"
#include "b2bua/leg.h"
#include "config/config.h"
#include "routing/args.h"
#include "routing/vars.h"
#include "store/store.h"

struct app;

enum app_result {
	APP_NEXT,   /* go on with the next priority */
	APP_WAIT,   /* call_step_done() comes later */
	APP_HANGUP, /* end the call */
};

/** A step that was taken, for `call trace` */
struct call_step {
	struct le le;
	uint64_t at_ms;       /* since the call began */
	char *context, *exten, *pattern, *app, *args;
	uint32_t prio;
	char result[48];
};

typedef void(call_play_h)(struct call *call, int err, void *arg);
typedef void(call_digit_h)(struct call *call, char digit, void *arg);

/** Dial several legs, see fork.h */
struct fork;

struct call {
	struct le le;             /* registry */
	uint32_t no;              /* number since start, for short ids */
	char id[16];              /* one id through log, CDR, recording */
	char uniqueid[48];        /* Asterisk's: epoch.serial */
	struct config *cfg;       /* snapshot that it began with */
	struct list legs;         /* struct leg */
	struct leg *caller;       /* leg that runs the plan; no reference */
	uint64_t began_ms;        /* clock_ms */

	/* plan */
	char context[128], exten[256];
	uint32_t prio;
	char step_context[128];   /* context where the extension was found */
	char step_pattern[256];
	const struct app *app;    /* step in progress, NULL between steps */
	void *appst;              /* its state: mem_deref'ed when it ends */
	bool waiting;             /* the application said APP_WAIT */
	bool running;             /* plan not ended */
	bool hangup_run;          /* extension h runs */
	bool ending, gone;
	struct vars *vars;
	struct timer step_timer;
	struct list steps;        /* struct call_step, bounded */
	uint32_t stepc;
	uint8_t cause;            /* Q.850 that ends it */

	/* caller's media */
	call_play_h *playh;
	void *play_arg;
	uint32_t play_tag;
	call_digit_h *digith;
	void *digit_arg;
	char digits[64];          /* typed ahead, not yet taken */

	/* bridge */
	struct leg *bridged;      /* leg that the caller talks to; no ref */
	struct fork *fork;        /* outgoing legs that still race */

	/* identity of the caller as the plan sees it */
	char cid_name[128], cid_num[128];
	int cid_pres;
	char language[32];
	char accountcode[64];
	bool trusted;             /* the caller authenticated, or a trunk */

	struct store_cdr *cdr;
	uint32_t recordings;      /* REC_DONE still to come */
	uint32_t record_tag;
};

int calls_init(struct server *srv);
void calls_close(void);
struct list *calls_list(void);          /* struct call */
struct call *call_find(const char *id); /* id, number or channel name */
uint32_t calls_processed(void);

/** A call without legs, in the registry */
int call_alloc(struct call **callp, struct config *cfg);

/** Begin the plan of the caller's leg at context, exten, priority 1 */
void call_run(struct call *call, struct leg *caller, const char *context,
	      const char *exten);

/** What a leg reports */
void call_leg_event(struct call *call, struct leg *leg,
		    const struct leg_event *ev);

/** End the call: no new work, hang up the legs.  cause: Q.850, 0 normal */
void call_end(struct call *call, uint8_t cause);

/* ---- for applications (apps/) ------------------------------------------- */

/** The application that said APP_WAIT is done */
void call_step_done(struct call *call, enum app_result result);

/** As call_step_done() from a timer `ms` later */
void call_step_done_in(struct call *call, uint64_t ms,
		       enum app_result result);

/** Note for the trace what a step came to ("ANSWER", "no such file") */
void call_step_note(struct call *call, const char *fmt, ...);

/** Continue somewhere else after this step; "ctx,ext,prio" as Goto takes it.
 *  A target that is missing goes to extension i, as the plan's loop does.
 *  ENOENT if malformed */
int call_goto(struct call *call, const char *target);
int call_goto_to(struct call *call, const char *context, const char *exten,
		 uint32_t prio);

int call_answer(struct call *call);       /* idempotent */
bool call_is_answered(const struct call *call);
int call_ringing(struct call *call);
int call_progress(struct call *call);     /* early media */

/** Play to the caller: h is called once (err 0, ENOENT, ECANCELED).  Opens
 *  early media if not answered */
int call_play(struct call *call, const char *files, call_play_h *h,
	      void *arg);
int call_play_loop(struct call *call, const char *files, bool random);
void call_stop_play(struct call *call);

/** Music on hold of a class to any leg of the call */
int call_music(struct call *call, struct leg *leg, const char *class_name);

/** Digits of the caller: h gets each (typed-ahead ones at once) */
void call_set_digits(struct call *call, call_digit_h *h, void *arg);

/** Variables of the call; set with taint if the value is from the wire */
const char *call_var(const struct call *call, const char *name);
int call_set_var(struct call *call, const char *name, const char *value,
		 bool tainted);
/** Expand ${} and $[] of a text now; *strp is mem_alloc'd */
int call_expand(struct call *call, char **strp, const char *text);

/** Start a recording on the caller's leg; state goes to the CDR.  rec->tag is
 *  set here */
int call_record(struct call *call, struct media_record *rec);
int call_stop_record(struct call *call, uint32_t tag);

/** Path for a file that the plan names: relative names go below
 *  SPOOL/subdir, tainted parts are cut to [A-Za-z0-9_.+-].  mem_alloc'd */
int call_file_path(struct call *call, char **pathp, const char *subdir,
		   const char *name, bool tainted);

/** Join the caller with a leg of the call: audio both ways, digits passed.
 *  When one of them goes, the end handler of the fork is told */
int call_bridge(struct call *call, struct leg *with);
void call_unbridge(struct call *call);

/* log with the ids first */
#define call_info(c, fmt, ...)                                               \
	log_info("call", "call %s: " fmt, (c)->id, ##__VA_ARGS__)
#define call_warning(c, fmt, ...)                                            \
	log_warning("call", "call %s: " fmt, (c)->id, ##__VA_ARGS__)

#endif
