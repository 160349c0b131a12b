/**
 * @file base/privs.c  Give root away
 *
 * The order is the kernel's: the bounding set needs CAP_SETPCAP, the groups
 * need CAP_SETGID, the user CAP_SETUID; so the set of capabilities is cut last.
 * Capabilities are set by their system call: libcap would be a library for
 * three lines.
 *
 * Directories are given away by their descriptor, opened without following a
 * link, and nothing inside of them is touched: what lies in a directory that
 * belongs to another user may be a link that this user has put there.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/compat.h"
#include "base/prio.h"
#include "base/privs.h"
#include "base/text.h"

enum {
	ENTRY_SIZE = 16384, /* of passwd and group */
	DIR_MODE   = 0750,
	CAP_WORDS  = 2,     /* of _LINUX_CAPABILITY_VERSION_3 */
};


/* ---- who ---------------------------------------------------------------- */

static bool number(uint32_t *np, const char *text)
{
	struct pl pl;
	uint64_t n;

	pl_set_str(&pl, text);
	if (num_decode(&n, &pl, UINT32_MAX - 1))
		return false;

	*np = (uint32_t)n;
	return true;
}


int privs_user(uid_t *uid, gid_t *gid, const char *name)
{
	struct passwd pw, *found = NULL;
	char buf[ENTRY_SIZE];
	uint32_t n;
	int err;

	if (!uid || !gid || !name || !*name)
		return EINVAL;

	err = number(&n, name)
		      ? getpwuid_r(n, &pw, buf, sizeof(buf), &found)
		      : getpwnam_r(name, &pw, buf, sizeof(buf), &found);
	if (err)
		return err;

	if (found) {
		*uid = pw.pw_uid;
		*gid = pw.pw_gid;
		return 0;
	}

	/* a number needs no name */
	if (!number(&n, name))
		return ENOENT;

	*uid = *gid = n;
	return 0;
}


int privs_group(gid_t *gid, const char *name)
{
	struct group gr, *found = NULL;
	char buf[ENTRY_SIZE];
	uint32_t n;
	int err;

	if (!gid || !name || !*name)
		return EINVAL;

	if (number(&n, name)) {
		*gid = n;
		return 0;
	}

	err = getgrnam_r(name, &gr, buf, sizeof(buf), &found);
	if (err)
		return err;
	if (!found)
		return ENOENT;

	*gid = gr.gr_gid;
	return 0;
}


/* Name of the user, its number if it has none; false then */
static bool user_name(char *name, size_t n, uid_t uid)
{
	struct passwd pw, *found = NULL;
	char buf[ENTRY_SIZE];

	if (!getpwuid_r(uid, &pw, buf, sizeof(buf), &found) && found) {
		str_ncpy(name, pw.pw_name, n);
		return true;
	}

	(void)re_snprintf(name, n, "%u", (unsigned)uid);
	return false;
}


/* A path cut to its directory; false at the top */
static bool parent(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		return false;

	if (slash == path)
		slash[1] = '\0';
	else
		*slash = '\0';

	return true;
}


/* Owner of a directory, or of the nearest one above that exists */
static int owner_of(struct privs *p, const char *dir)
{
	char path[4096];
	struct stat st;

	if (!dir || re_snprintf(path, sizeof(path), "%s", dir) < 0)
		return EINVAL;

	while (stat(path, &st)) {
		if (errno != ENOENT || !strcmp(path, "/") || !parent(path))
			return errno;
	}

	p->uid = st.st_uid;
	p->gid = st.st_gid;

	return 0;
}


/* Without CAP_DAC_OVERRIDE root is nobody in the home of somebody else */
static bool can_reach(const char *dir, uid_t uid)
{
	char path[4096];
	struct stat st;

	if (!dir || re_snprintf(path, sizeof(path), "%s", dir) < 0)
		return false;

	while (parent(path)) {
		if (!stat(path, &st) &&
		    !(st.st_mode & (st.st_uid == uid ? S_IXUSR : S_IXOTH)))
			return false;
		if (!strcmp(path, "/"))
			break;
	}

	return true;
}


static int who(struct privs *p, const struct privs_params *prm,
	       struct mbuf *why)
{
	int err;

	if (prm->user) {
		err = privs_user(&p->uid, &p->gid, prm->user);
		if (err) {
			(void)mbuf_printf(why, "runuser=%s: %s", prm->user,
					  err == ENOENT ? "no such user"
							: "cannot be found");
			return err;
		}
	}
	else {
		err = owner_of(p, prm->dirv[0]);
		if (err) {
			(void)mbuf_printf(why, "%s: %m", prm->dirv[0], err);
			return err;
		}
	}

	err = prm->group ? privs_group(&p->gid, prm->group) : 0;
	if (err)
		(void)mbuf_printf(why, "rungroup=%s: %s", prm->group,
				  err == ENOENT ? "no such group"
						: "cannot be found");

	return err;
}


/* ---- directories -------------------------------------------------------- */

static int make_all(const char *dir)
{
	char path[4096];
	size_t n = str_len(dir);

	if (!n || n >= sizeof(path))
		return ENAMETOOLONG;

	memcpy(path, dir, n + 1);

	for (size_t i = 1; i <= n; i++) {
		const char c = path[i];

		if (c != '/' && c != '\0')
			continue;

		path[i] = '\0';
		/* those above are for others to pass through */
		if (mkdir(path, c ? 0755 : DIR_MODE) && errno != EEXIST)
			return errno;
		path[i] = c;
	}

	return 0;
}


static int give(const char *dir, const struct privs *p)
{
	struct stat st;
	int fd, err = 0;

	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno;

	if (fstat(fd, &st))
		err = errno;
	else if (!st.st_uid && p->uid && fchown(fd, p->uid, p->gid))
		err = errno;

	(void)close(fd);
	return err;
}


static int directories(const struct privs *p, const struct privs_params *prm,
		       struct mbuf *why)
{
	for (size_t i = 0; i < PRIVS_DIRS; i++) {
		const char *dir = prm->dirv[i];
		struct stat st;
		int err = 0;

		if (!dir)
			continue;

		if (stat(dir, &st))
			err = make_all(dir);
		/* a link is the administrator's own arrangement */
		if (!err && !lstat(dir, &st) && !S_ISLNK(st.st_mode))
			err = give(dir, p);
		/* one that cannot be written is told by who writes there */
		if (err && err != EROFS && err != EPERM) {
			(void)mbuf_printf(why, "%s: %m", dir, err);
			return err;
		}
	}

	return 0;
}


/* ---- rights ------------------------------------------------------------- */

static uint64_t kept(const struct privs *p, const struct privs_params *prm)
{
	return (p->reaches ? UINT64_C(1) << CAP_DAC_OVERRIDE : 0) |
	       (prm->bind_low ? UINT64_C(1) << CAP_NET_BIND_SERVICE : 0) |
	       (prm->net_admin ? UINT64_C(1) << CAP_NET_ADMIN : 0);
}


/* nft is a program of its own: what it needs passes on to it */
static uint64_t inherited(const struct privs *p, uint64_t keep)
{
	return p->uid ? keep & UINT64_C(1) << CAP_NET_ADMIN : 0;
}


/* What no program that we run can get back */
static int cut_bounding(uint64_t keep)
{
	for (unsigned long cap = 0; cap < 64; cap++) {
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 1 ||
		    (keep & UINT64_C(1) << cap))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return errno;
	}

	return 0;
}


static int cut_own(uint64_t keep, uint64_t inherit)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[CAP_WORDS];

	for (size_t i = 0; i < CAP_WORDS; i++) {
		data[i].permitted   = (uint32_t)(keep >> (32 * i));
		data[i].effective   = data[i].permitted;
		data[i].inheritable = (uint32_t)(inherit >> (32 * i));
	}

	if (syscall(SYS_capset, &head, data))
		return errno;

	if (inherit && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE,
			     CAP_NET_ADMIN, 0, 0))
		return errno;

	return 0;
}


static int become(const struct privs *p, bool named)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		return errno;

	if (named ? initgroups(p->user, p->gid) : setgroups(0, NULL))
		return errno;

	if (setresgid(p->gid, p->gid, p->gid) ||
	    setresuid(p->uid, p->uid, p->uid))
		return errno;

	return 0;
}


/* Root by name only: in a container, or started anew by one of us */
static bool is_bare(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[CAP_WORDS];

	return !syscall(SYS_capget, &head, data) &&
	       !(data[0].effective & 1u << CAP_SETUID);
}


static int cut(const struct privs *p, const struct privs_params *prm,
	       bool named)
{
	const uint64_t keep = kept(p, prm);
	int err;

	err = cut_bounding(keep);
	if (!err)
		err = become(p, named);
	if (!err)
		err = cut_own(keep, inherited(p, keep));
	if (err)
		return err;

	if (!prm->new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return errno;

	/* the proof */
	if (p->uid && !setuid(0))
		return EPROTO;

	return 0;
}


int privs_drop(struct privs *p, const struct privs_params *prm,
	       struct mbuf *why)
{
	bool named;
	int err;

	if (!p || !prm || !why)
		return EINVAL;

	memset(p, 0, sizeof(*p));
	p->uid = geteuid();
	p->gid = getegid();
	p->was_root = !p->uid && !is_bare();

	if (p->was_root) {
		err = who(p, prm, why);
		if (!err)
			err = directories(p, prm, why);
		p->reaches = !p->uid && !can_reach(prm->dirv[0], 0);
		if (err)
			return err;
	}

	named = user_name(p->user, sizeof(p->user), p->uid);
	if (!p->was_root)
		return 0;

	prio_permit();
	err = cut(p, prm, named);
	if (err)
		(void)mbuf_printf(why, "cannot become %s: %m", p->user, err);

	return err;
}
