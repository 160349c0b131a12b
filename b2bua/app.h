/**
 * @file b2bua/app.h  What an application or function of the dialplan is
 *
 * Signalling thread.  One row each in apps/table.c.  Name, usage and argument
 * counts feed the parser's errors, the console's help and the docs.
 */
#ifndef TANDEM_B2BUA_APP_H
#define TANDEM_B2BUA_APP_H

#include "b2bua/call.h"

struct app {
	const char *name;
	const char *usage;  /* "Wait(seconds)  do nothing for a while" */
	unsigned minargs;
	unsigned maxargs;   /* the rest of the text stays in the last one */
	/** Start it.  APP_WAIT: it keeps its state in call->appst (mem_deref'ed
	 *  when the step ends or the caller leaves) and calls
	 *  call_step_done() exactly once unless cancelled. */
	enum app_result (*exec)(struct call *call, const struct args *args);
	/** The caller has left while it waits; after this call->appst is
	 *  released.  May be NULL */
	void (*cancel)(struct call *call);
	/** The caller has left while it waits, and it may go on without him:
	 *  true if it wants to, then it calls call_step_done() later and
	 *  extension h runs behind it; false: cancel follows.  May be NULL */
	bool (*linger)(struct call *call);
	/** The caller has become another leg while it waits (attended
	 *  transfer): true if it goes on with that one; false: it begins
	 *  anew.  May be NULL */
	bool (*swapped)(struct call *call);
	/** Another call begins this very step, in place of this one, which is
	 *  cancelled then (attended transfer).  May be NULL */
	void (*hand_over)(struct call *call, const struct call *to);
	const char *options; /* letters that argument optarg may have; NULL
				not known */
	unsigned optarg;
	bool dead_ok;       /* needs no caller: may run in extension h, and for
			       a Local/ leg that nobody has answered */
	bool local_ok;      /* not in h, but for a Local/ leg */
	bool raw;           /* gets the argument text unsplit in argv[0] */
	bool dry_ok;        /* changes nothing outside of the call and needs
			       nobody: runs while a plan is only explained */
};

struct func {
	const char *name;
	const char *usage;
	/** Print the value.  args: expanded, with the map of what is from the
	 *  wire; "" without any.  *tainted on entry: some of args is; on
	 *  return: some of the value is.  NULL: write only */
	int (*read)(struct mbuf *out, bool *tainted, struct call *call,
		    const struct ttext *args);
	/** NULL: read only */
	int (*write)(struct call *call, const struct ttext *args,
		     const struct ttext *value);
	bool acts;          /* even reading does something outside of the
			       call: not while a plan is only explained */
	bool write_local;   /* writing changes this call alone */
};

/** Once the server runs: states that applications deliver to hints, and so on
 *  (apps/init.c) */
int apps_init(void);

/* apps/table.c */
const struct app *app_find(const char *name);   /* case ignored */
const struct func *func_find(const char *name); /* case ignored */

/** Letters of the options of an application and their place; NULL */
const char *app_options(const char *name, unsigned *arg);

/** What to use in place of an application (or function) of Asterisk that is
 *  not here; NULL if there never was one of that name (apps/rare.c) */
const char *app_instead(const char *name, bool func);

/** Entry i of what Asterisk has and we have not, for lists ("JABBER*": all
 *  that begin so); NULL at the end */
const char *app_rare(size_t i, bool func, const char **insteadp);

const struct app *const *app_table(size_t *n);
const struct func *const *func_table(size_t *n);

#endif
