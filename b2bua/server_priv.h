/**
 * @file b2bua/server_priv.h  The inside of the server, for server*.c only
 *
 * Signalling thread.
 */
#ifndef TANDEM_B2BUA_SERVER_PRIV_H
#define TANDEM_B2BUA_SERVER_PRIV_H

#include "b2bua/server.h"

struct media_params;

/* server.c */

/** sipdebug=: messages into the log, or no more */
void server_trace_config(const struct general *g);

/* server_config.c */

/**
 * What the media threads shall be like
 *
 * @param path Where the sound path is written, n bytes; prm borrows it
 *
 * @return 0; ENOBUFS if the path is longer
 */
int server_media_params(struct media_params *prm, char *path, size_t n,
			const struct config *cfg);

/** As server_reload(), for the configuration that we start with: media has it
 *  already */
int server_first_config(struct config *cfg, struct mbuf *why);

#endif
