/**
 * @file control/commands.h  The commands that look into the running server
 *
 * Signalling thread.  Each registers its rows; 0 or errno.
 */
#ifndef TANDEM_CONTROL_COMMANDS_H
#define TANDEM_CONTROL_COMMANDS_H

int cmd_sip_register(void);      /* sip show peers|users|registry|channels */
int cmd_peer_register(void);     /* sip show peer, qualify, unregister */
int cmd_debug_register(void);    /* sip set debug */
int cmd_channels_register(void); /* core show channels, channel request */
int cmd_calls_register(void);    /* core show calls, call trace, call list */
int cmd_dialplan_register(void); /* dialplan show, core show applications */
int cmd_hints_register(void);    /* core show hints, sip show subscriptions */
int cmd_queue_register(void);    /* queue show, add, remove, pause ... */
int cmd_media_register(void);    /* moh show, rtp show stats */
int cmd_voicemail_register(void); /* voicemail show users, zones */
int cmd_trunk_register(void);    /* trunk show */
int cmd_parking_register(void);  /* parking show, features show */
int cmd_nat_register(void);      /* nat report, forget */
int cmd_forward_register(void);  /* forward show, set, cancel; dnd */
int cmd_confbridge_register(void); /* confbridge list, kick, ... */
int cmd_guard_register(void);    /* guard show, ban, unban, why, allow */

/** All of them, and the core's; a new file of commands stands in cmd_all.c */
int commands_register(void);

struct cmd_ctx;

/** Print a row of a table: libc's formats, which cut a text to its column
 *  ("%-25.25s"); at most 1023 bytes */
void cmd_row(struct cmd_ctx *ctx, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Offer the names of all peers, or the ids of all calls */
void complete_peers(struct cmd_ctx *ctx);
void complete_calls(struct cmd_ctx *ctx);

#endif
