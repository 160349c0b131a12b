/**
 * @file config/finding.h  What is wrong, or worth knowing, in a configuration
 *
 * One thread at a time.  The caller of config_load() owns the list.  Every
 * reader and every check adds to it and goes on, so that one run shows all
 * that is to be said.  A line looks as compilers write it, so that editors
 * jump to the place:
 *
 *   /etc/tandem/sip.conf:41:1: warning: unknown option 'canreinvte' ...
 *
 * The value of a secret is never part of a text.
 */
#ifndef TANDEM_CONFIG_FINDING_H
#define TANDEM_CONFIG_FINDING_H

#include "base/compat.h"

enum severity {
	SEVERITY_INFO,    /* runs as meant; a better spelling exists */
	SEVERITY_WARNING, /* runs, but perhaps not as meant */
	SEVERITY_ERROR,   /* the configuration is refused */
	SEVERITY_MAX
};

/** What a finding is about: who moves here reads them in this order */
enum finding_kind {
	FINDING_FAULT,   /* was wrong before, too */
	FINDING_MISSING, /* is not done here */
	FINDING_UNUSED,  /* is read, and something else happens */
	FINDING_DEFAULT, /* a default that is safer than chan_sip's */
	FINDING_KIND_MAX
};

/** A place in a file; line and col count from 1, 0 is "the whole file" */
struct conf_pos {
	const char *file; /* as opened; not owned */
	uint32_t line;
	uint32_t col;
};

struct finding {
	struct le le;
	enum severity severity;
	enum finding_kind kind;
	struct conf_pos pos; /* pos.file is owned here */
	char *text;          /* one line, no full stop, no control characters */
};

struct findings {
	struct list list; /* struct finding */
	uint32_t count[SEVERITY_MAX];
	bool out_of_memory; /* a finding was lost: counts as an error */
};

/** Create an empty list; free it with mem_deref() */
int findings_alloc(struct findings **fp);

/** Add a finding.  `fmt` is libre's.  Does nothing if `f` is NULL; `pos` may
 *  be NULL for a finding that belongs to no file. */
void finding_add(struct findings *f, enum severity severity,
		 const struct conf_pos *pos, const char *fmt, ...);

/** How many there are; for findings_kind() */
uint32_t findings_count(const struct findings *f);

/** The kind of all that were added since there were `since` */
void findings_kind(struct findings *f, uint32_t since,
		   enum finding_kind kind);

/** True if one of the findings refuses the configuration */
bool findings_refuse(const struct findings *f);

/**
 * What the check of a single value found, which ends the list
 *
 * @param f    Findings; a reference is taken away
 * @param why  Gets the first one's text, if there is one; mem_deref() it.
 *             May be NULL
 *
 * @return 0 if there is none, EINVAL if there is one, ENOMEM
 */
int findings_verdict(struct findings *f, char **why);

/** Order by file, line and column; equal places keep their order.  What is
 *  said twice of one place (a template used by many) stays once. */
void findings_sort(struct findings *f);

/** "error", "warning", "info" */
const char *severity_name(enum severity severity);

/** One line without line end, for %H */
int finding_print(struct re_printf *pf, const struct finding *fi);

/** All of them, one per line, for %H */
int findings_print(struct re_printf *pf, const struct findings *f);

/** The first finding whose text contains `part`, NULL if none (tests) */
const struct finding *findings_find(const struct findings *f,
				    const char *part);

/* clang-format off */
#define find_error(f, pos, ...)                                              \
	finding_add((f), SEVERITY_ERROR, (pos), __VA_ARGS__)
#define find_warning(f, pos, ...)                                            \
	finding_add((f), SEVERITY_WARNING, (pos), __VA_ARGS__)
#define find_info(f, pos, ...)                                               \
	finding_add((f), SEVERITY_INFO, (pos), __VA_ARGS__)
/* clang-format on */

#endif
