/**
 * @file b2bua/takeover.h  A new Tandem takes over from one that runs
 *
 * Signalling thread.  For an upgrade without a lost request: the new process
 * gets the listening sockets, the places of the phones, the nonces and the
 * values of DB() from the old one, then it alone reads the sockets.  Calls of
 * the old process end there; what belongs to them, and what comes over the
 * connections that the old process has, travels between the two.  With its last
 * call the old one ends.  If the new one dies before, the old one serves again.
 *
 *   new                               old
 *   HELLO            ------------->
 *                    <-------------   SOCKET ... SOCKETS
 *   (starts, opens nothing anew)
 *   TAKE             ------------->   (reads no more, drains)
 *                    <-------------   PLACE, VALUE, DIGEST, CALLID, CONN ...
 *                    <-------------   TAKEN
 *   (reads)                           MESSAGE, ICMP, STATUS both ways
 *
 * A process may have one older and one newer neighbour: messages travel along
 * the chain, older ones that nobody knows come back.
 */
#ifndef TANDEM_B2BUA_TAKEOVER_H
#define TANDEM_B2BUA_TAKEOVER_H

#include "base/compat.h"

struct takeover_hooks {
	/** Somebody has taken over: end with the last call */
	void (*gone)(int pid, void *arg);
	/** ... and has died: serve again */
	void (*back)(void *arg);
	void *arg;
};

/** Be ready for who takes over: a socket in `rundir`.  After server_start()
 *  and the console */
int takeover_listen(const char *rundir, const struct takeover_hooks *hooks);

/**
 * Ask the running Tandem for its sockets (before server_start())
 *
 * @return 0; ENOENT if none runs there; EPERM, EBUSY, EPROTO, ETIMEDOUT if it
 *         does not want to: `why` says it
 */
int takeover_begin(const char *rundir, struct mbuf *why);

/** Take over (after server_start()): from now on requests are ours.  Nothing
 *  if takeover_begin() was not successful */
int takeover_finish(struct mbuf *why);

/** Ids of the runs (store.h) that go on beside this one; NULL none */
const char *takeover_runs(void);

/** True between takeover_begin() and the end of the older one */
bool takeover_has_older(void);
bool takeover_has_newer(void); /* we have been taken over from */

/** True if nothing is left to do for what began here: no call, no
 *  transaction */
bool takeover_is_done(void);

/** Does this dialog belong to the older process? (guard) */
bool takeover_knows(const struct pl *callid);

/** For the console: who else is there.  End the calls of the older ones, and
 *  them: they do not serve again if we end first */
int takeover_debug(struct re_printf *pf, void *unused);
int takeover_end_older(void);

/** A connection has gone: who uses it from the other process is told */
struct sx_conn;
void takeover_conn_gone(const struct sx_conn *conn);

void takeover_close(void);

#endif
