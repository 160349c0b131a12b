/**
 * @file config/plan_gen.h  Lines of a dialplan that another file stands for
 *
 * One thread, while loading.  Each line goes through the reader of
 * extensions.conf, with the position of the line that it was made from: what
 * the check finds is told at the place that a person can mend.
 */
#ifndef TANDEM_CONFIG_PLAN_GEN_H
#define TANDEM_CONFIG_PLAN_GEN_H

#include "config/load.h"

struct plan_gen {
	struct ext_state st;
	struct conf_pos pos; /* of the lines that follow */
	int err;             /* the first one; nothing is done after it */
};

/** Begin, or go on with another context; one that is there gets more lines */
void plan_context(struct plan_gen *g, struct loader *ld,
		  const struct conf_pos *pos, const char *name);

/** exten => TEXT; the text is libre's format */
void plan_exten(struct plan_gen *g, const char *fmt, ...);

/** same => TEXT */
void plan_same(struct plan_gen *g, const char *fmt, ...);

/** include => NAME */
void plan_include(struct plan_gen *g, const char *fmt, ...);

#endif
