/**
 * @file config/dialplan.h  extensions.conf
 *
 * As in config.h: read once, checked, read-only; a text that is not set is
 * NULL.
 */
#ifndef TANDEM_CONFIG_DIALPLAN_H
#define TANDEM_CONFIG_DIALPLAN_H

#include "base/compat.h"
#include "config/finding.h"

struct hash;


/** One step */
struct dp_prio {
	struct le le;     /* dp_exten->prios, ascending by prio */
	uint32_t prio;    /* from 1 */
	char *label;      /* NULL */
	char *app;        /* as written */
	char *args;       /* between the parentheses, never NULL */
	struct conf_pos pos; /* of the application's name */
};

/** One extension of a context: (name, cid) is unique in it */
struct dp_exten {
	struct le le;     /* dp_context->extens, in file order */
	struct le hle;
	char *name;       /* "100", "_9XX." (with the '_'), "s" */
	bool pattern;     /* name starts with '_' */
	char *cid;        /* caller number or _pattern; NULL = any caller;
			     "" = only calls without number */
	char *hint;       /* devices of the hint; NULL */
	struct list prios; /* struct dp_prio */
	struct conf_pos pos;
};

struct dp_include {
	struct le le;
	char *name;     /* context */
	char *timespec; /* "9:00-17:00,mon-fri,*,*"; NULL = always */
	struct conf_pos pos;
};

struct dp_switch {
	struct le le;
	char *kind; /* "switch", "lswitch", "eswitch" */
	char *data;
	struct conf_pos pos;
};

struct dp_context {
	struct le le;  /* dialplan->contexts, in file order */
	struct le hle; /* use dialplan_context() */
	char *name;    /* case-sensitive */
	struct conf_pos pos;
	struct list extens;     /* struct dp_exten */
	struct hash *hash;      /* the same by name; use dp_exten_first() */
	struct list includes;   /* struct dp_include */
	struct list switches;   /* struct dp_switch */
	struct list ignorepats; /* struct var_def: name is the pattern */
};

/** Everything of extensions.conf; refcounted, part of struct config */
struct dialplan {
	struct list globals;  /* struct var_def, in order, values as written
				 with earlier ${globals} replaced */
	struct list contexts; /* struct dp_context */
	struct hash *hash;    /* contexts by name; use dialplan_context() */
	bool autofallthrough;
	bool clearglobalvars;
	bool priorityjumping; /* failures go to priority n+101 */
	bool writeprotect;
	bool is_static;
	struct conf_file *file; /* keeps the file names of all pos alive */
};

/** Find a context (case-sensitive); NULL if there is none */
const struct dp_context *dialplan_context(const struct dialplan *dp,
					  const char *name);

/** Find an extension by its name as written (a pattern with its '_'), the
 *  first one of it if there are several with a caller; NULL if none */
const struct dp_exten *dp_exten_first(const struct dp_context *ctx,
				      const char *name);

/** Find a global variable; NULL if there is none */
const char *dialplan_global(const struct dialplan *dp, const char *name);

#endif
