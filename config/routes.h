/**
 * @file config/routes.h  routes.conf: routes as FreePBX's pages have them
 *
 * One thread, while loading.  A section is a route; it becomes a context of
 * the dialplan and is not kept.
 */
#ifndef TANDEM_CONFIG_ROUTES_H
#define TANDEM_CONFIG_ROUTES_H

#include "config/load.h"

enum route_type {
	ROUTE_NONE = 0,
	ROUTE_OUTBOUND, /* numbers to trunks */
	ROUTE_INBOUND,  /* what a trunk sends to an extension */
};

struct route {
	enum route_type type;
	struct list patterns; /* struct var_def: the name is the text */
	struct conf_pos trunks_pos, dest_pos, did_pos;
	char *trunks;         /* "SIP/one, two"; NULL */
	char *callerid;       /* NULL = the caller's */
	uint32_t timeout_s;   /* of each trunk; 0 = none */
	char *options;        /* of Dial; NULL */
	char *did;            /* NULL = any */
	char *cid;            /* NULL = any */
	char *destination;    /* context,extension,priority or extension */
};

/** One dial pattern taken apart */
struct route_pattern {
	struct pl prepend; /* "9" of 9+NXX: goes in front */
	struct pl prefix;  /* "012" of 012|.: is dialled, and taken away */
	struct pl match;   /* the rest, without '_' */
	struct pl cid;     /* of NXX/1001; p is NULL if there is none */
};

/**
 * Take a dial pattern apart: [prepend+][prefix|]match[/caller]
 *
 * @param what  Set to what was expected if EINVAL
 */
int route_pattern_decode(struct route_pattern *rp, const struct pl *text,
			 const char **what);

/** Read routes.conf, if there is one, into contexts */
int load_routes(struct loader *ld);

#endif
