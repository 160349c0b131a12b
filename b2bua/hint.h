/**
 * @file b2bua/hint.h  Extensions that have a lamp: hints of the dialplan
 *
 * Signalling thread.  `exten => 100,hint,SIP/100&Custom:dnd` gives extension
 * 100 the combined state of its devices.  A pattern's hint may use ${EXTEN}
 * and global variables; what a subscriber asked for is data in it and never
 * separates devices.
 */
#ifndef TANDEM_B2BUA_HINT_H
#define TANDEM_B2BUA_HINT_H

#include "b2bua/devstate.h"

enum { HINT_DEVICES_MAX = 32 };

/** The devices of an extension */
struct hint_devs {
	char *v[HINT_DEVICES_MAX]; /* mem_alloc'd */
	size_t n;
};

/** Look a hint up in the plan in force: 0, ENOENT if there is none */
int hint_devices(struct hint_devs *devs, const char *context,
		 const char *exten);
void hint_devs_reset(struct hint_devs *devs);

/** Combined state of an extension; ENOENT if it has no hint */
int hint_state(enum devstate *stp, const char *context, const char *exten);

struct hint_watch;
typedef void(hint_h)(enum devstate st, void *arg);

/** Watch an extension; mem_deref ends it (not from inside of hint_h).  After
 *  a reload that took the hint away h is told UNKNOWN, see hint_exists().
 *  ENOENT if it has no hint now */
int hint_watch(struct hint_watch **wp, const char *context, const char *exten,
	       hint_h *h, void *arg);
enum devstate hint_watch_state(const struct hint_watch *w);
bool hint_exists(const struct hint_watch *w);

/** First SIP/ device that rings, else that is in use; "" if none: for the
 *  details of its call */
const char *hint_watch_device(const struct hint_watch *w, enum devstate st);

/** Watchers of an extension */
uint32_t hint_watchers(const char *context, const char *exten);

/** The plan in force is another one */
void hint_reload(void);

#endif
