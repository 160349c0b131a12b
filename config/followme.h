/**
 * @file config/followme.h  followme.conf
 *
 * As in config.h: read once, checked, read-only; a text that is not set is
 * NULL.
 */
#ifndef TANDEM_CONFIG_FOLLOWME_H
#define TANDEM_CONFIG_FOLLOWME_H

#include "base/compat.h"
#include "config/finding.h"

struct config;


/** What [general] says for all, and a person's section for itself */
struct followme_opts {
	char *musicclass;      /* NULL = the call's */
	char *context;         /* where the numbers are dialled */
	char *takecall;        /* keys of the callee: "1" */
	char *declinecall;     /* "2" */
	bool callee_prompt;    /* he is asked at all */
	uint32_t digit_ms;     /* ... and has so long for his keys */
	char *call_from;       /* prompts */
	char *norecording;
	char *options;
	char *hold;
	char *status;
	char *sorry;
	char *connecting;      /* NULL none */
};

/** A line number => */
struct followme_number {
	struct le le;          /* followme->numbers, by ascending order */
	char *numbers;         /* with '&' between */
	uint32_t timeout_s;
	uint32_t order;        /* those with the same one ring together */
	struct conf_pos pos;
};

/** A person */
struct followme {
	struct le le;          /* followme_conf->list */
	char *name;
	struct followme_opts opts;
	struct list numbers;   /* struct followme_number */
	struct conf_pos pos;
};

struct followme_conf {
	struct followme_opts opts; /* of [general] */
	struct list list;          /* struct followme */
};

/** Find a person of followme.conf (case-sensitive); NULL if there is none */
const struct followme *config_followme(const struct config *cfg,
				       const char *name);

#endif
