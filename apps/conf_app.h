/**
 * @file apps/conf_app.h  What ConfBridge, MeetMe and Page share
 *
 * Signalling thread.  The state of an application that keeps its caller in a
 * conference; call->appst owns it.
 */
#ifndef TANDEM_APPS_CONF_APP_H
#define TANDEM_APPS_CONF_APP_H

#include "apps/room.h"

struct conf_app {
	char name[ROOM_NAME_MAX];
	struct room_party *party;
	struct room_enter *enter;
	const char *adminpin;   /* of the call's configuration; NULL */
	const char *pin;        /* said already; NULL */
	const char *result;     /* variable */
	bool kick_ends;         /* MeetMe without C: the call ends */
	char *exit_context;     /* MeetMe X */

	/** The party is in the room; may be NULL */
	void (*joinedh)(struct room_party *p, struct conf_app *ca);
};

/** name shorter than ROOM_NAME_MAX; NULL without memory */
struct conf_app *conf_app_alloc(struct call *call, const char *name);

/** Give the party copies of the default profiles.  ENOMEM */
int conf_app_profiles(struct call *call, struct conf_app *ca);

/** The party has its profiles: PIN, joining, and the end of the step */
enum app_result conf_app_run(struct call *call, struct conf_app *ca);

/** app.cancel */
void conf_app_cancel(struct call *call);

/** Remove "all", "participants" (who are no admins) or a channel; how many */
unsigned conf_kick(struct room *room, const char *who);

#endif
