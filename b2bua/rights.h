/**
 * @file b2bua/rights.h  Started as root: become who the configuration says
 */
#ifndef TANDEM_B2BUA_RIGHTS_H
#define TANDEM_B2BUA_RIGHTS_H

#include "base/privs.h"
#include "config/config.h"

/**
 * privs_drop() with what a configuration needs: its directories, and the
 * right to a port below 1024 or to nftables only where it uses one
 *
 * @param user   Of the command line, before the configuration's; may be NULL
 * @param group  Likewise
 */
int rights_drop(struct privs *p, const struct config *cfg, const char *user,
		const char *group, struct mbuf *why);

/** Say in the log what we are; after log_open() */
void rights_log(const struct privs *p, const struct config *cfg);

#endif
