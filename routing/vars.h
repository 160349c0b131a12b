/**
 * @file routing/vars.h  Channel and global variables
 *
 * Signalling thread.  The call (or the globals' owner) owns the store.
 *
 * Names are exact-case and may contain blanks.  The most recent instance of a
 * name wins; vars_push() adds an instance on top (LOCAL, ARGn) and vars_pop()
 * removes it.  Every value says whether any part of it came from the wire.
 */
#ifndef TANDEM_ROUTING_VARS_H
#define TANDEM_ROUTING_VARS_H

#include "base/compat.h"

enum {
	VARS_MAX = 4096,
	VARS_NAME_MAX = 256,
	VARS_VALUE_MAX = 64 * 1024, /* [bytes] */
};

struct vars;

/** How a variable passes on to channels that this one creates */
enum var_inherit {
	VAR_OWN = 0, /* NAME: not at all */
	VAR_CHILD,   /* _NAME: to the child, where it is plain */
	VAR_EVER,    /* __NAME: to the child and its children */
};

/** A value; `str` is NUL-terminated and valid until the variable changes */
struct vval {
	char *str;
	size_t len;
	bool tainted; /* any part of it came from the wire */
};

/** Called per variable, most recent first.  Return true to stop */
typedef bool(vars_apply_h)(const char *name, const struct vval *val,
			   enum var_inherit inherit, void *arg);

int vars_alloc(struct vars **varsp);

/**
 * Set a variable; an earlier instance on top is replaced
 *
 * @param name     Name; one or two leading '_' set the inheritance and are
 *                 not part of it
 * @param val      Value, copied
 * @param tainted  True if any part of the value came from the wire
 *
 * @return 0, EINVAL for an empty name, E2BIG for a name or value beyond the
 *         limits, ENOBUFS with VARS_MAX variables, ENOMEM
 */
int vars_set(struct vars *vars, const struct pl *name, const struct pl *val,
	     bool tainted);

/** vars_set() for texts of our own, never tainted */
int vars_set_str(struct vars *vars, const char *name, const char *val);

/** Printed value, never tainted, libre's format */
int vars_printf(struct vars *vars, const char *name, const char *fmt, ...);

/** As vars_set(), but hides the earlier instance instead of replacing it */
int vars_push(struct vars *vars, const struct pl *name, const struct pl *val,
	      bool tainted);

/** Remove the most recent instance of a name; false if there is none */
bool vars_pop(struct vars *vars, const struct pl *name);

/** Remove every instance of a name */
void vars_unset(struct vars *vars, const struct pl *name);

/** The most recent value of a name (without '_' prefix), NULL if undefined */
const struct vval *vars_get(const struct vars *vars, const struct pl *name);
const struct vval *vars_get_str(const struct vars *vars, const char *name);

/** Value as a string, "" if undefined; never NULL */
const char *vars_str(const struct vars *vars, const char *name);

/** Copy what is inherited into the store of a new channel */
int vars_inherit(struct vars *child, const struct vars *parent);

/** Copy everything, with its inheritance (globals over a reload) */
int vars_copy(struct vars *dst, const struct vars *src);

bool vars_apply(const struct vars *vars, vars_apply_h *h, void *arg);
size_t vars_count(const struct vars *vars);
void vars_flush(struct vars *vars);

#endif
