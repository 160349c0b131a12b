/**
 * @file b2bua/eventdoc.h  What a NOTIFY says about a lamp
 *
 * Pure.  dialog-info (RFC 4235) and pidf (RFC 3863, 4480), always the full
 * state.  Every text may come from the wire: it is escaped here.
 */
#ifndef TANDEM_B2BUA_EVENTDOC_H
#define TANDEM_B2BUA_EVENTDOC_H

#include "b2bua/devstate.h"

/** Facts of one extension; texts may be NULL */
struct eventdoc {
	const char *entity;       /* URI that was subscribed to */
	const char *id;           /* extension */
	enum devstate state;      /* as it shall be shown */
	uint32_t version;
	/* with notifycid=: the call that rings there */
	const char *callid, *phone_tag, *our_tag;
	const char *caller_name, *caller_uri;
};

int eventdoc_dialog(struct mbuf *mb, const struct eventdoc *doc);
int eventdoc_presence(struct mbuf *mb, const struct eventdoc *doc);

/** The state as the options let it show: without ringing=, hold= */
enum devstate eventdoc_state(enum devstate st, bool ringing, bool hold);

/** Print a text escaped for XML (control characters are left out), "%H" */
int xml_print(struct re_printf *pf, const char *text);

#endif
