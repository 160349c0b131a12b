/**
 * @file base/privs.h  Give root away
 *
 * Before any thread is started: the kernel keeps the rights of each thread for
 * itself.
 */
#ifndef TANDEM_BASE_PRIVS_H
#define TANDEM_BASE_PRIVS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct mbuf;

enum { PRIVS_DIRS = 4 };

struct privs_params {
	const char *user;      /* name or number; NULL: the owner of dirv[0] */
	const char *group;     /* NULL: the user's */
	const char *dirv[PRIVS_DIRS]; /* made if missing, given to the user if
				  they are root's; NULL: none.  The first one
				  says who we are if `user` does not */
	bool bind_low;         /* keep the right to ports below 1024 */
	bool net_admin;        /* keep the right to change nftables */
	bool new_privs;        /* programs that we run may gain rights (a
				  sendmail that is setgid) */
};

/** What we have become */
struct privs {
	uid_t uid;
	gid_t gid;
	char user[64];         /* name, or the number */
	bool was_root;         /* false: nothing was done */
	bool reaches;          /* root still, with the right to pass through
				  directories of others: ours lie in there */
};

/**
 * Become somebody with no right beyond what is asked for
 *
 * Started as root: the directories are made ready, then the user, the group,
 * its groups and all capabilities change, for good and for programs that we
 * run; that to raise a thread stays (base/prio.h).  A user that owns the
 * directories may be root itself; then the capabilities alone go.  Not started
 * as root, or as a root that may not change its user: nothing is done.
 *
 * @param p    Gets what we are
 * @param prm  What is wanted
 * @param why  Gets one sentence on failure
 *
 * @return 0, ENOENT no such user or group, or the errno of the system
 */
int privs_drop(struct privs *p, const struct privs_params *prm,
	       struct mbuf *why);

/** Look up a user (group): name or number.  ENOENT */
int privs_user(uid_t *uid, gid_t *gid, const char *name);
int privs_group(gid_t *gid, const char *name);

#endif
