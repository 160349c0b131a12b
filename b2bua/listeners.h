/**
 * @file b2bua/listeners.h  The sockets that the configuration asks for
 *
 * Signalling thread.  In two steps, so that a reload takes all or nothing:
 * everything that can fail happens while the old sockets serve on.
 */
#ifndef TANDEM_B2BUA_LISTENERS_H
#define TANDEM_B2BUA_LISTENERS_H

#include "config/config.h"

struct listeners;

/**
 * Open what a configuration asks for and is not open yet; load certificates
 *
 * Nothing that serves is changed: mem_deref() of the result undoes it.
 *
 * @param lp   Sockets and certificates, for listeners_take()
 * @param why  Gets what was in the way
 *
 * @return 0, EADDRINUSE, EACCES ... of the socket, ENOMEM, or what
 *         sx_tls_alloc() said
 */
int listeners_open(struct listeners **lp, const struct config *cfg,
		   struct mbuf *why);

/** Serve with them from now on, close what is gone.  Cannot fail; lp is gone
 *  after it */
void listeners_take(struct listeners *l);

/** Forget them; the stack closes its sockets */
void listeners_close(void);

#endif
