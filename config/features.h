/**
 * @file config/features.h  features.conf, res_parking.conf
 *
 * As in config.h: read once, checked, read-only; a text that is not set is
 * NULL.
 */
#ifndef TANDEM_CONFIG_FEATURES_H
#define TANDEM_CONFIG_FEATURES_H

#include "base/compat.h"
#include "config/finding.h"

struct config;


enum { FEATURE_KEYS_MAX = 11 }; /* longest sequence of keys */

/** Who may press something or hears it; bits */
enum feature_side {
	FEATURE_NOBODY = 0,
	FEATURE_CALLER = 1,
	FEATURE_CALLEE = 2,
	FEATURE_BOTH = 3,
};

/** A line of [applicationmap] */
struct feature_app {
	struct le le;    /* features_conf->apps */
	char *name;
	char *keys;
	bool peer;       /* runs on the other side, not on who has pressed */
	uint32_t by;     /* enum feature_side: who may press it */
	char *app;
	char *args;      /* never NULL */
	char *music;     /* class that the other side hears; NULL none */
	struct conf_pos pos;
};

/** Features that DYNAMIC_FEATURES can name as one */
struct feature_group {
	struct le le;    /* features_conf->groups */
	char *name;
	struct list members; /* struct var_def: name, keys of its own or "" */
};

struct features_conf {
	uint32_t transferdigit_s;
	uint32_t featuredigit_ms;
	uint32_t attempts;       /* at a number to transfer to */
	char *xfersound;         /* files; NULL none */
	char *xferfailsound;
	char *transferannounce;
	char *retrysound;
	char *courtesytone;
	char *recordingfailsound;
	char *pickupexten;       /* NULL: none */
	char *pickupsound;
	char *pickupfailsound;
	uint32_t atxfernoanswer_s;
	bool atxferdropcall;
	uint32_t atxferloopdelay_s;
	uint32_t atxfercallbackretries;
	char *atxferabort;       /* keys; NULL none */
	char *atxfercomplete;
	char *atxferthreeway;
	char *atxferswap;

	/* [featuremap]: keys; NULL none */
	char *blindxfer, *atxfer, *disconnect, *parkcall;
	char *automon, *automixmon;

	struct list apps;        /* struct feature_app */
	struct list groups;      /* struct feature_group */
};

enum { PARK_SLOTS_MAX = 1000 }; /* of a lot */

/** A parking lot */
struct park_lot {
	struct le le;            /* config->lots, in file order */
	char *name;
	struct conf_pos pos;
	char *parkext;           /* number that parks; NULL none */
	bool exclusive;          /* ... always here */
	uint32_t first, last;    /* slots */
	char *context;           /* of both */
	bool hints;
	uint32_t parkingtime_s;  /* 0: for ever */
	int findslot;            /* PARK_FIRST, PARK_NEXT */
	bool comebacktoorigin;
	uint32_t comebackdial_s;
	char *comebackcontext;
	char *music;             /* class; NULL: the call's */
	char *courtesytone;      /* NULL: none */
	int play;                /* who hears it: enum feature_side */

	/* who of both may, once it was taken: the caller is who has taken it,
	 * the callee who was parked */
	int transfers, reparking, hangup, recording;
};

enum {
	PARK_FIRST,
	PARK_NEXT,
};

/** Find a lot (case ignored); NULL if there is none */
const struct park_lot *config_lot(const struct config *cfg, const char *name);

/** Find a line of [applicationmap]; NULL */
const struct feature_app *config_feature_app(const struct config *cfg,
					     const char *name);
const struct feature_group *config_feature_group(const struct config *cfg,
						 const char *name);

#endif
