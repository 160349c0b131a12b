/**
 * @file b2bua/app.h  What an application or function of the dialplan is
 *
 * Signalling thread.  One file each in apps/, one row each in apps/table.c.
 * Name, usage and argument counts feed the parser's errors, the console's
 * help and the docs.
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
	bool dead_ok;       /* may run in extension h */
	bool raw;           /* gets the argument text unsplit in argv[0] */
};

struct func {
	const char *name;
	const char *usage;
	/** Print the value; set *tainted if it comes from the wire */
	int (*read)(struct mbuf *out, bool *tainted, struct call *call,
		    const char *args);
	/** NULL: read only */
	int (*write)(struct call *call, const char *args, const char *value,
		     bool tainted);
};

/* apps/table.c */
const struct app *app_find(const char *name);   /* case ignored */
const struct func *func_find(const char *name); /* case ignored */
const struct app *const *app_table(size_t *n);
const struct func *const *func_table(size_t *n);

#endif
