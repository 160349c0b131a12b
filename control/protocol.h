/**
 * @file control/protocol.h  Between the daemon and `tandem -r`
 *
 * The client sends lines:
 *
 *     run COMMAND        one command; the next line waits for its status
 *     complete LINE      what can stand at the end of LINE
 *     attach             show me what is published (interactive console)
 *
 * The daemon sends frames, a line and then N bytes:
 *
 *     out N              output of the command
 *     status S           it is finished (no bytes follow)
 *     words N            the answer to complete, see console_complete()
 *     live N             published text
 *     log N LEVEL        a line of the log that is followed
 */
#ifndef TANDEM_CONTROL_PROTOCOL_H
#define TANDEM_CONTROL_PROTOCOL_H

#include "base/compat.h"

#define CONTROL_SOCKET "tandem.ctl"

enum {
	CONTROL_LINE  = 8192 + 64, /* longest line of a client [bytes] */
	CONTROL_HEAD  = 64,        /* longest first line of a frame */
	CONTROL_FRAME = 16 << 20,  /* most bytes of a frame */
};

struct sockaddr_un;

/** Address of the socket in a folder.  ENAMETOOLONG: beyond 107 bytes */
int control_addr(struct sockaddr_un *sun, const char *rundir);

#endif
