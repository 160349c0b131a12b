/**
 * @file control/session.h  Inside the console: its clients
 *
 * Signalling thread.  A session ends by itself when its client leaves.
 */
#ifndef TANDEM_CONTROL_SESSION_H
#define TANDEM_CONTROL_SESSION_H

#include "base/compat.h"

enum { LIVE_BYTES = 1 << 20 }; /* published text that waits in a session */

/** Serve a connected socket; it stays the caller's if that fails */
int session_alloc(int fd);
size_t session_count(void);

/** Sessions that asked for what is published */
size_t session_viewers(void);

/** Send a frame to those who want it: a level < 0 is for each viewer, others
 *  are of the log and for its followers */
void session_show(const char *head, const char *p, size_t n, int level);

/** Send what waits, as far as the sockets take it, and end all */
void session_end_all(void);


/* --- console.c ----------------------------------------------------------- */

/** Somebody follows the log, or nobody does */
void console_tap(bool wanted);

#endif
