/**
 * @file b2bua/keys.h  Keys during a call: which sequence means what
 *
 * Signalling thread.  Keys are collected per party.  As long as what was
 * pressed could become the keys of a feature it is held back from the other
 * party; what becomes none is passed on, in its order.
 */
#ifndef TANDEM_B2BUA_KEYS_H
#define TANDEM_B2BUA_KEYS_H

#include "b2bua/call.h"

enum { KEYS_FEATURES_MAX = 32 };

enum key_action {
	KEY_BLINDXFER,
	KEY_ATXFER,
	KEY_DISCONNECT,
	KEY_PARKCALL,
	KEY_MONITOR,
	KEY_MIXMONITOR,
	KEY_APP,       /* of [applicationmap] */
	KEY_ABORT,     /* during an attended transfer */
	KEY_COMPLETE,
	KEY_THREEWAY,
	KEY_SWAP,
};

struct key_feature {
	const char *keys;      /* of the configuration */
	enum key_action action;
	const struct feature_app *app; /* KEY_APP */
};

/** What one party may press now */
struct key_set {
	struct key_feature v[KEYS_FEATURES_MAX];
	size_t n;
};

/** Add a feature; without keys, or beyond KEYS_FEATURES_MAX, nothing */
void keys_add(struct key_set *set, const char *keys, enum key_action action,
	      const struct feature_app *app);

/** Add what DYNAMIC_FEATURES names ("a#b"): features and groups of them that
 *  this side may press (enum feature_side) */
void keys_add_dynamic(struct key_set *set, const struct config *cfg,
		      const char *names, uint32_t side);

enum key_match {
	KEYS_NONE,   /* means nothing, and never will */
	KEYS_PART,   /* the beginning of a feature */
	KEYS_WHOLE,  /* a feature */
	KEYS_BOTH,   /* a feature, and the beginning of a longer one */
};

/** Look a sequence up; *featp is set for WHOLE and BOTH */
enum key_match keys_match(const struct key_set *set, const char *digits,
			  const struct key_feature **featp);

/** A key as it was pressed */
struct key {
	uint32_t ms;
	char digit;
	bool media;    /* came in the media, not by INFO */
	bool inband;   /* ... as a tone in the audio */
};

/** As the leg told of it; the event borrows *rep, which is filled in */
struct leg_event key_event(const struct key *key, struct media_report *rep);

/** Collector of one party; embedded, zero is empty */
struct keys {
	struct timer tmr;
	struct key v[FEATURE_KEYS_MAX + 1];
	size_t n;
	uint32_t timeout_ms;
	void (*seth)(struct key_set *set, void *arg);
	void (*runh)(const struct key_feature *feat, void *arg);
	void (*passh)(const struct key *key, void *arg);
	void *arg;             /* refcounted: the owner */
};

/** A key was pressed: runh and passh are called, now or within timeout_ms.
 *  They may end what the owner is about, and reset the collector; what was
 *  pressed behind the keys of a feature is passed after it was run */
void keys_press(struct keys *k, const struct leg_event *ev);

/** Forget what is held back */
void keys_reset(struct keys *k);

#endif
