/**
 * @file b2bua/call.h  Calls: legs, the dialplan that runs, and its variables
 *
 * Signalling thread.  The registry owns a call (one reference) from
 * call_alloc() until call_forget().  An application in progress borrows it.
 *
 * Life: call_alloc, call_run (dialplan on the caller's leg), legs come and go,
 * call_end (no new work; every leg hangs up), all legs GONE, call_forget (CDR
 * written, memory back).  A call's state is computed from its legs.
 *
 * A call is never freed from inside a call_*() function or a leg's event: that
 * is left to a timer, so callers may use it until they return.
 */
#ifndef TANDEM_B2BUA_CALL_H
#define TANDEM_B2BUA_CALL_H

#include "base/timer.h"
#include "b2bua/leg.h"
#include "config/config.h"
#include "routing/args.h"
#include "routing/dialplan.h"
#include "routing/vars.h"
#include "store/store.h"

struct app;
struct cdr;
struct fork;
struct fork_leg;
struct redirect;
struct consult;
struct xfer;

enum {
	CALL_STEPS_MAX = 512,      /* kept for the trace, the last ones */
	CALL_STEP_TEXT = 1024,     /* longest arguments in the trace [bytes] */
	CALL_DIGITS_MAX = 64,      /* typed ahead */
	CALL_BURST = 50,           /* steps without a pause */
	CALL_FRAMES_MAX = 64,      /* nested Gosub and Macro */
	CALL_STEPS_NOWAIT = 100000, /* steps without waiting: a loop, ended */
};

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
	char result[48];      /* "" while it runs */
};

typedef void(call_play_h)(struct call *call, int err, void *arg);
typedef void(call_digit_h)(struct call *call, char digit, void *arg);
typedef void(call_talk_h)(struct call *call, bool talks, void *arg);
typedef void(call_record_h)(struct call *call, const struct media_report *ev,
			    void *arg);

/** Where a Gosub or Macro came from, see gosub.c */
struct call_frame {
	struct le le;
	char *context, *exten;
	uint32_t prio;       /* the one to return to */
	bool macro;          /* ends at its last priority */
	char **localv;       /* variables that go with it */
	size_t localc;
};

typedef void(call_sub_h)(struct call *call, enum app_result res, void *arg);

/** What runs inside of an application's step, see exec_sub.c */
struct call_sub {
	struct le le;          /* call->subs, the innermost first */
	const struct app *app; /* whose step it is */
	void *appst;
	bool plan;             /* a piece of the plan, not an application */
	size_t depth;          /* frames before it */
	char *context, *exten; /* where the call was */
	uint32_t prio;
	call_sub_h *h;
	void *arg;
};

/** A value of a function that is not there at once, see exec_late.c */
struct call_late {
	struct le le;          /* call->lates */
	struct call *call;     /* no reference */
	char *key;
	void *job;             /* what brings it; mem_deref'ed */
	struct mbuf *val;      /* NULL: not there yet */
};

/** Why extension i, t, T or e runs */
struct call_exception {
	char reason[32];       /* "" none */
	char context[128], exten[256];
	uint32_t prio;
};

/** A Gosub that runs when the call ends */
struct call_handler {
	struct le le;          /* call->handlers, the next one first */
	char *target;          /* "[[ctx,]ext,]prio[(args)]" */
};

/** Music on hold of one side, see bridge.c */
struct call_hold {
	bool held;               /* this side holds the other one */
	enum sdpm_dir want;      /* direction that it shall be offered */
	enum sdpm_dir told;      /* ... and was */
	bool busy;               /* leg_modify() is under way */
	bool recoded;            /* was asked for another codec already */
	const struct config_codec *codec; /* ... shall be; NULL not */
};

struct call {
	struct le le;             /* registry */
	uint32_t no;              /* number since start, for short ids */
	char id[16];              /* one id through log, CDR, recording */
	char uniqueid[48];        /* Asterisk's: epoch.serial */
	char linkedid[48];        /* of the first call of a chain */
	struct config *cfg;       /* snapshot that it began with */
	struct dialplan_index *plan; /* its dialplan; may be NULL */
	struct list legs;         /* struct leg */
	struct leg *caller;       /* leg that runs the plan; no reference */
	uint64_t began_ms;        /* clock_ms */
	struct timer reap_timer;  /* legs that are gone, then the call */

	/* plan */
	char context[128], exten[256];
	uint32_t prio;
	const char *step_context; /* where the extension was found, of plan */
	const char *step_pattern;
	const struct app *app;    /* step in progress, NULL between steps */
	void *appst;              /* its state: mem_deref'ed when it ends */
	bool waiting;             /* the application said APP_WAIT */
	bool running;             /* plan not ended */
	bool hangup_run;          /* extension h runs */
	bool ending, gone;
	bool jumped;              /* a step has set the next one */
	bool in_exec;             /* inside an application's exec */
	bool in_loop;             /* inside the plan's loop */
	bool leaving;             /* the caller went inside of exec */
	bool lingering;           /* he has gone, the application goes on */
	bool step_over;           /* done, the loop has not seen it yet ... */
	enum app_result step_result; /* ... with this */
	uint32_t nowait;          /* steps since one has waited */
	struct vars *vars;
	struct timer step_timer;  /* call_step_done_in() */
	struct timer run_timer;   /* the plan's loop goes on */
	struct list steps;        /* struct call_step, bounded */
	uint32_t stepc;           /* taken in all */
	struct call_step *step;   /* the present one, in `steps`; NULL none */
	struct list frames;       /* struct call_frame: Gosub, Macro; the
				     innermost first */
	struct list subs;         /* struct call_sub */
	struct list lates;        /* struct call_late of this step */
	bool expanding;           /* a late value is waited for */
	bool late_wait;           /* ... the step waits for one */
	struct call_exception *exception; /* NULL none */
	struct list handlers;     /* struct call_handler */
	char h_context[128];      /* where extension h is looked for */
	bool h_run;               /* it runs, or there is none */
	bool single;              /* the plan is one application */
	bool dry;                 /* only explained: nothing happens */
	uint64_t at_s;            /* ... at this time; 0 now */
	struct list groups;       /* GROUP(), see apps/func_group.c */
	uint8_t cause;            /* Q.850 that ends it, 0 not known */
	uint32_t timeout_response_ms, timeout_digit_ms;
	struct timer absolute_timer; /* TIMEOUT(absolute) */

	/* caller's media */
	call_play_h *playh;
	void *play_arg;
	uint32_t play_tag;
	call_talk_h *talkh;
	void *talk_arg;
	uint32_t talk_tag;
	bool progressed;          /* 183 was sent, or answered */
	bool ringing;             /* 180 was sent, or the ring tone plays */
	call_digit_h *digith;
	void *digit_arg;
	char digits[CALL_DIGITS_MAX]; /* typed ahead, not yet taken */

	/* bridge */
	struct leg *bridged;      /* leg that the caller talks to; no ref */
	struct fork *fork;        /* Dial in progress; no reference */
	struct call_hold hold_caller, hold_bridged;
	struct xfer *xfer;        /* the caller was sent here; see xfer.c */
	struct consult *consult;  /* the caller is away from another call, see
				     consult.c; reference */

	/* a Local/ leg or a forward: the leg of another call's fork whose
	 * plan this call runs; no reference.  It has no caller then */
	struct fork_leg *up;
	uint32_t forwards;        /* 3xx and Local/ so far */
	struct fork_leg *screen;  /* its caller is a leg of another call's
				     fork that is looked at; no reference */

	/* identity of the caller as the plan sees it */
	char cid_name[128], cid_num[128];
	int cid_pres;             /* CALLINGPRES_..., -1 not said */
	struct redirect *redir;   /* who forwarded it; NULL nobody */
	bool cid_wire;            /* name or number came from the wire */
	char dnid[256];           /* dialled by the caller, never changes */
	char language[32];
	char musicclass[64];      /* "" not set */
	char accountcode[64];
	bool trusted;             /* the caller authenticated, or a trunk */
	char payer[96];           /* peer that sent the caller here and pays
				     for calls through trunks; "": the caller
				     itself (fraud.h) */

	struct cdr *cdr;
	uint32_t recordings;      /* REC_DONE still to come */
	struct list recs;         /* struct call_rec: their names as asked */
	uint32_t record_tag;
	call_record_h *recordh;   /* of the recording `record_htag` */
	void *record_arg;
	uint32_t record_htag;
};

int calls_init(struct server *srv);
void calls_close(void);
struct list *calls_list(void);          /* struct call */
struct call *call_find(const char *id); /* id, number or channel name */
uint32_t calls_processed(void);

/** Legs that a peer has in all calls (call-limit), those that ring together
 *  (maxcontacts=) once; linear, so only ask for peers with a limit.  By name,
 *  of any snapshot */
uint32_t calls_of_peer(const char *name);

/** Told when other legs of a call talk to each other, or it ends */
struct call_watch {
	struct le le;
	void (*h)(struct call *call, void *arg);
	void *arg;
};

/** From now on; list_unlink(&w->le) ends it, not from inside of a handler of
 *  another one */
void calls_watch(struct call_watch *w);

/** Told when the registry has become empty (drain, end); NULL to stop */
void calls_set_empty_handler(void (*h)(void *arg), void *arg);

/** A call without legs, in the registry; cfg's dialplan is the server's
 *  present index */
int call_alloc(struct call **callp, struct config *cfg);

/** A call that is in no registry and has nobody in it, to explain a plan; the
 *  caller owns it */
int call_alloc_dry(struct call **callp, struct config *cfg,
		   struct dialplan_index *plan);

/** Begin the plan of the caller's leg at context, exten, priority 1 */
void call_run(struct call *call, struct leg *caller, const char *context,
	      const char *exten);

/** As call_run() from any priority */
void call_run_at(struct call *call, struct leg *caller, const char *context,
		 const char *exten, uint32_t prio);

/** What a leg reports */
void call_leg_event(struct call *call, struct leg *leg,
		    const struct leg_event *ev);

/** End the call: no new work, hang up the legs.  cause: Q.850, 0 normal */
void call_end(struct call *call, uint8_t cause);

/** Leave the plan as the application Hangup does: the caller is hung up,
 *  extension h runs, then call_end() */
void call_hangup(struct call *call, uint8_t cause);

/** Print the steps as a table for %H */
int call_trace(struct re_printf *pf, const struct call *call);

/** "Down", "Ring", "Ringing", "Up" of the caller's leg */
const char *call_state_name(const struct call *call);

/* ---- for applications (apps/) ------------------------------------------- */

/** The application that said APP_WAIT is done.  May also be called before its
 *  exec returns APP_WAIT */
void call_step_done(struct call *call, enum app_result result);

/** As call_step_done() from a timer `ms` later */
void call_step_done_in(struct call *call, uint64_t ms,
		       enum app_result result);

/** Note for the trace what a step came to ("ANSWER", "no such file") */
void call_step_note(struct call *call, const char *fmt, ...);

/** Run another application as part of this step (ExecIf): its name and its
 *  arguments, expanded.  ENOENT if there is no such application, E2BIG or
 *  EINVAL for a bad number of arguments (warned) */
int call_exec(struct call *call, const char *app, const struct ttext *args,
	      enum app_result *resultp);

/**
 * Run another application and go on in this one when it is over (EXEC of AGI)
 *
 * From the main loop, while the application waits.  `h` is called once, maybe
 * inside; never if the call ends before.
 *
 * @return 0, ENOENT no such application, EPERM not without a caller, EINVAL
 *         or E2BIG its arguments, EBUSY not now
 */
int call_exec_sub(struct call *call, const char *app,
		  const struct ttext *args, call_sub_h *h, void *arg);

/** As call_exec_sub() for a subroutine: `h` is called after its Return */
int call_gosub_sub(struct call *call, const struct args *target,
		   const struct args *argv, call_sub_h *h, void *arg);

/** As call_gosub_sub() for a piece of the plan that ends where its priorities
 *  do, or at Return */
int call_plan_sub(struct call *call, const struct args *target, call_sub_h *h,
		  void *arg);
/** As call_gosub_sub() for a macro: argv[0] is its name */
int call_macro_sub(struct call *call, const struct args *argv, call_sub_h *h,
		   void *arg);

/** A late value by its key; ENOENT if nobody has asked for it in this step */
int call_late_find(struct call_late **lp, const struct call *call,
		   const char *key);

/** Ask for one: a function returns EINPROGRESS then, and is called again when
 *  call_late_done() was.  EPERM where a text cannot wait */
int call_late_add(struct call_late **lp, struct call *call, const char *key);
void call_late_done(struct call_late *late, const struct pl *val);

/** Seconds since 1970 that the plan goes by */
uint64_t call_now_s(const struct call *call);

/** Go to extension i, t or T of a context, or to e if it is not there; false
 *  if neither is.  `reason` is for EXCEPTION() */
bool call_special(struct call *call, const char *context, const char *exten,
		  const char *reason);

/** Continue somewhere else after this step; "ctx,ext,prio" as Goto takes it.
 *  A target that is missing goes to extension i, as the plan's loop does.
 *  EINVAL if malformed, ENOENT if a label is missing (warned) */
int call_goto(struct call *call, const char *target);

/** As call_goto() for arguments with their map: 1 to 3 of them */
int call_goto_args(struct call *call, const struct args *args);
int call_goto_to(struct call *call, const char *context, const char *exten,
		 uint32_t prio);

/** Another call goes on elsewhere in its plan (Redirect): what it does ends.
 *  ENOENT, EINVAL, ENOTCONN if it has no plan */
int call_redirect(struct call *call, const struct args *target);

/** Continue in a subroutine (Gosub): target as for Goto, arguments become
 *  ARG1..n, ARGC.  EINVAL, ENOENT, ENOBUFS if nested too deeply */
int call_gosub(struct call *call, const struct args *target,
	       const struct args *argv);

/** Continue in context macro-NAME, extension s; returns at its end */
int call_macro(struct call *call, const char *name, const struct args *args);

/** As priority n+101 of old files: true if it is there and the plan goes on
 *  there.  Only with priorityjumping=yes, or if `asked` (option j) */
bool call_jump_101(struct call *call, bool asked);

/** Application of the present extension's step at a priority; NULL none */
const char *call_app_at(const struct call *call, uint32_t prio);

/** call_gosub() of a text "[[ctx,]ext,]prio[(arg,...)]" */
int call_gosub_text(struct call *call, const struct ttext *text);

/** Take such a text apart.  EINVAL */
int gosub_decode(struct args *target, struct args *argv,
		 const struct ttext *text);

/** Back behind the call of the subroutine; keep: stay here and only forget
 *  where it came from (StackPop).  ENOENT outside of any */
int call_return(struct call *call, bool keep);

/** Set a variable that goes with the subroutine (LOCAL) */
int call_set_local(struct call *call, const struct pl *name,
		   const struct ttext *value);

/** Limit what is left of the call; at its end extension T, or hang up.  0: no
 *  limit */
void call_set_absolute(struct call *call, uint64_t ms);

/** True if the dialplan has priority 1 of an extension in a context */
bool call_exists(const struct call *call, const char *context,
		 const char *exten);

/** True if more digits could make another extension of it */
bool call_can_match_more(const struct call *call, const char *context,
			 const char *exten);

int call_answer(struct call *call);       /* idempotent */
int call_answer_far(struct call *call, const struct leg_audio *far);
bool call_is_answered(const struct call *call);
int call_ringing(struct call *call);      /* 180, or the tone if answered */
int call_progress(struct call *call);     /* early media */

/** Play to the caller: h is called once (err 0, ENOENT, ECANCELED if another
 *  one replaces it).  Opens early media if not answered.  Returns an error
 *  without calling h if it cannot start */
int call_play(struct call *call, const char *files, call_play_h *h,
	      void *arg);
int call_play_loop(struct call *call, const char *files, bool random);

/** Stop; the handler is forgotten without a call */
void call_stop_play(struct call *call);

/** File names of a list "a&b" for call_play(): bytes from the wire are cut to
 *  [A-Za-z0-9_.+-] and separate nothing.  mem_alloc'd */
int call_files(char **filesp, const struct ttext *text);

/** Music on hold of a class to any leg of the call; NULL or "": the call's.
 *  ENOENT if the class has nothing to play (warned) */
int call_music(struct call *call, struct leg *leg, const char *class_name);

/** Digits of the caller: h gets each (typed-ahead ones at once, inside of this
 *  call); NULL: they are kept again */
void call_set_digits(struct call *call, call_digit_h *h, void *arg);

/** Variables of the call; set with taint if the value is from the wire */
const char *call_var(const struct call *call, const char *name);
int call_set_var(struct call *call, const char *name, const char *value,
		 bool tainted);

/** Set a variable or, with "FUNC(args)" as name, a function */
int call_assign(struct call *call, const struct ttext *name,
		const struct ttext *value, bool global);

/** Expand ${} and $[] of a text now; *strp is mem_alloc'd */
int call_expand(struct call *call, char **strp, const char *text);
int call_expand_text(struct call *call, struct ttext **tp,
		     const struct pl *text);

/** Value of a variable, built-in or global; appended to out.  ENOENT */
int call_read_var(struct call *call, struct mbuf *out, const struct pl *name,
		  bool *tainted);

/** Start a recording on the caller's leg; state goes to the CDR.  rec->tag
 *  and `lowwater` are set here; `must`: call_record_refused() if it cannot
 *  begin.  h (may be NULL) is told SILENCE, LIMIT, REC_BEGUN and REC_DONE */
int call_record(struct call *call, struct media_record *rec, call_record_h *h,
		void *arg);

/** What the plan records of this call must be recorded: `recordmandatory` */
bool call_record_must(const struct call *call);

/** A recording that had to be cannot begin: the call is refused with 503 and
 *  Retry-After, or ended; cause 34 */
void call_record_refused(struct call *call, const char *path,
			 const char *why);

/** tag 0: all of them; ENOENT there is none of this tag */
int call_stop_record(struct call *call, uint32_t tag);

/** The recorder's handler is told nothing any more (its owner ends) */
void call_record_detach(struct call *call);

/** Tell `h` the REC_DONE of a recording even when the step that began it is
 *  over: for what must not be lost when the caller hangs up.  Once, or never
 *  if the program ends before.  ENOENT if there is no such recording */
int call_record_keep(struct call *call, uint32_t tag, call_record_h *h,
		     void *arg);

/** Tell when the caller begins and ends to talk: talks for a mean |sample| of
 *  `level`, no longer after so much silence.  h NULL: no longer */
int call_listen(struct call *call, uint16_t level, uint32_t silence_ms,
		call_talk_h *h, void *arg);

/** What the caller says goes into a pipe: media_hear().  Takes fd over, also
 *  on failure; -1: no longer */
int call_hear(struct call *call, int fd);

/** Path for a file that the plan names: relative names go below
 *  SPOOL/subdir; bytes from the wire are cut to [A-Za-z0-9_.+-] and make no
 *  "..".  mem_alloc'd */
int call_file_path(struct call *call, char **pathp, const char *subdir,
		   const struct ttext *name);

/** Join the caller with a leg of the call: audio both ways, digits passed.
 *  When one of them goes, the fork is told */
int call_bridge(struct call *call, struct leg *with);

/** Only the audio of an outgoing leg that is not answered (183) */
int call_bridge_early(struct call *call, struct leg *with);
void call_unbridge(struct call *call);

/* ---- between the files of a call (call_priv) ---------------------------- */

/* call.c */
void call_take_leg(struct call *call, struct leg *caller); /* he runs it */
void call_talk_changed(struct call *call); /* tell the watchers */
void call_reap(struct call *call);         /* soon, not now */
void call_hangup_legs(struct call *call, uint8_t cause);

/* call_media.c */
void call_digit(struct call *call, char digit);
void call_media_event(struct call *call, const struct media_report *ev);

/* call_rec.c: a leg with this stream leaves for another call, or is back; the
 * caller is another one; the end */
void call_rec_event(struct call *call, const struct media_report *ev);
void call_recs_leave(struct call *from, media_id media);
void call_recs_return(struct call *to, media_id media);
void call_recs_follow(struct call *call);
void call_recs_close(void);

/* call_trace.c */
void exec_trace(struct call *call, const char *app, const char *args);
void exec_note_end(struct call *call, const char *text); /* if none yet */
void call_trace_give(struct call *from, struct call *to); /* all steps */

/* exec.c */
void exec_run(struct call *call);          /* the loop, now */
void exec_kick(struct call *call);         /* the loop, soon */
void exec_cancel(struct call *call);       /* the step, not the plan */
void exec_release(struct call *call);      /* the application is over */
void exec_one(struct call *call, struct leg *caller, const char *app,
	      const struct ttext *args); /* the plan is this step alone */
bool exec_linger(struct call *call);       /* as exec_cancel(), but one goes
					      on without the caller */
int exec_app(struct call *call, const struct app *app,
	     const struct ttext *text, enum app_result *resultp);

/* exec_sub.c */
bool exec_sub_finish(struct call *call, enum app_result res);
void exec_sub_return(struct call *call);
bool exec_sub_unwind(struct call *call);   /* to the outer application */

/* exec_end.c */
void exec_stop(struct call *call);         /* cancel the step, end the plan */
bool exec_hangup_run(struct call *call);   /* start what runs at the end, h at
					      last; false: nothing more */
void exec_leave(struct call *call, uint8_t cause); /* the caller has gone */
void exec_left(struct call *call);         /* ... and nothing runs any more */
void exec_again(struct call *call);        /* the step begins anew */

/* call_events.c */
struct leg *call_partner(const struct call *call, const struct leg *leg);

/* bridge.c */
void bridge_reoffer(struct call *call, struct leg *leg,
		    const struct leg_event *ev);
void bridge_identity(struct call *call, struct leg *leg);
void bridge_changed(struct call *call, struct leg *leg);
void bridge_modified(struct call *call, struct leg *leg,
		     const struct leg_event *ev);
void bridge_confirmed(struct call *call, struct leg *leg); /* ACK came */
void bridge_digit(struct call *call, struct leg *leg,
		  const struct leg_event *ev);
struct call_hold *bridge_hold(struct call *call, const struct leg *leg);
void bridge_settle(struct call *call, struct leg *leg); /* as holds say now */
int bridge_again(struct call *call, struct leg *with,
		 const struct call_hold *caller,
		 const struct call_hold *other); /* one side is another leg */

/* moh.c */
void moh_flush(void);                      /* after a reload */

/* log with the ids first */
#define call_info(c, fmt, ...)                                               \
	log_info("call", "call %s: " fmt, (c)->id, ##__VA_ARGS__)
#define call_warning(c, fmt, ...)                                            \
	log_warning("call", "call %s: " fmt, (c)->id, ##__VA_ARGS__)

#endif
