/**
 * @file control/client.h  Inside the client: its connection and its screen
 *
 * A process of its own with one thread; blocking.
 */
#ifndef TANDEM_CONTROL_CLIENT_H
#define TANDEM_CONTROL_CLIENT_H

#include "base/compat.h"

enum frame_type {
	FRAME_OUT,
	FRAME_STATUS,
	FRAME_WORDS,
	FRAME_LIVE,
	FRAME_LOG,
};

/** One frame, whole */
struct frame {
	enum frame_type type;
	unsigned level; /* of a log line */
	int status;
	const char *p; /* in the connection's buffer, until the next one */
	size_t n;
};

struct conn {
	int fd;
	struct mbuf *mb; /* pos: read so far */
};


/* --- client.c ------------------------------------------------------------ */

/** Send "VERB TEXT\n".  Line ends in the text become blanks.  EMSGSIZE */
int conn_send(struct conn *c, const char *verb, const char *text);

/** Next frame; EAGAIN if `wait` is false and none is whole, ECONNRESET at the
 *  end, EBADMSG if the other side is no Tandem */
int conn_frame(struct conn *c, struct frame *f, bool wait);

/** Show a frame: control characters are made visible on a terminal, log lines
 *  coloured there */
int client_show(const struct frame *f);

/** Run a command, show what comes.  @return 0 and *statusp, or errno */
int client_run(struct conn *c, const char *command, int *statusp);


/* --- client_edit.c ------------------------------------------------------- */

/** Interactive until the user leaves.  @return exit status */
int client_edit(struct conn *c);

#endif
