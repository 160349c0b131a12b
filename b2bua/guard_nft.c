/**
 * @file b2bua/guard_nft.c  Bans into a set of nftables
 *
 * Words of the set come from the configuration, which lets only letters,
 * digits, '-' and '_' through; the others are printed from binary addresses.
 * No shell is involved.  The end of nft is told by its pidfd.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "b2bua/guard_ban.h"
#include "b2bua/guard_nft.h"
#include "base/log.h"
#include "base/text.h"

#define NFT "/usr/sbin/nft"

enum {
	QUEUE_MAX = 4096,
	BATCH	  = 64, /* addresses of one run */
	WORD	  = 32,
};

/** An address that waits for its turn */
struct change {
	struct le le;
	struct sa sa;
	bool banned;
	uint32_t ttl_s;
};

static struct {
	char family[WORD], table[WORD], set[WORD];
	bool on;
	struct list queue;
	pid_t pid;      /* 0: none runs */
	int fd;         /* its pidfd */
	uint32_t failed;
} nft;

static void run_next(void);


static void change_destructor(void *data)
{
	struct change *c = data;

	list_unlink(&c->le);
}


void guard_nft_config(const char *set)
{
	struct pl part, rest;
	char *wordv[] = {nft.family, nft.table, nft.set};
	size_t n      = 0;

	nft.on = false;
	if (!set)
		return;

	pl_set_str(&rest, set);
	while (n < ARRAY_SIZE(wordv) && pl_next(&part, &rest, ' ')) {
		if (part.l && !pl_copy(wordv[n], WORD, &part))
			++n;
	}

	nft.on = n == ARRAY_SIZE(wordv);
}


uint32_t guard_nft_failures(void)
{
	return nft.failed;
}


/* ---- one run ------------------------------------------------------------ */

static void end_handler(int flags, void *arg)
{
	siginfo_t si = {0};

	(void)flags;
	(void)arg;

	if (!nft.pid || waitid(P_PID, (id_t)nft.pid, &si, WEXITED | WNOHANG) ||
	    !si.si_pid)
		return;

	fd_close(nft.fd);
	(void)close(nft.fd);
	nft.fd	= -1;
	nft.pid = 0;

	if (si.si_code != CLD_EXITED || si.si_status) {
		if (!nft.failed++)
			log_warning("guard", "nft cannot change the set "
				    "%s %s %s (status %d): bans work in "
				    "Tandem alone", nft.family, nft.table,
				    nft.set, si.si_status);
	}

	run_next();
}


static int watch(pid_t pid)
{
	int err;

	nft.fd = pidfd_open(pid, 0);
	if (nft.fd < 0)
		return errno;

	(void)fcntl(nft.fd, F_SETFD, FD_CLOEXEC);
	err = fd_listen(nft.fd, FD_READ, end_handler, NULL);
	if (err) {
		(void)close(nft.fd);
		nft.fd = -1;
	}

	return err;
}


/* Not our signal mask, and nothing to read or to write */
static int spawn(pid_t *pidp, char *const argv[])
{
	static char *const env[] = {NULL};
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none;
	int err;

	(void)sigemptyset(&none);
	if (posix_spawn_file_actions_init(&fa))
		return ENOMEM;
	if (posix_spawnattr_init(&attr)) {
		(void)posix_spawn_file_actions_destroy(&fa);
		return ENOMEM;
	}

	err = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	if (!err)
		err = posix_spawnattr_setsigmask(&attr, &none);
	for (int fd = 0; fd < 3 && !err; fd++)
		err = posix_spawn_file_actions_addopen(&fa, fd, "/dev/null",
						       O_RDWR, 0);
	if (!err)
		err = posix_spawn(pidp, NFT, &fa, &attr, argv, env);

	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&fa);

	return err;
}


static int element(struct mbuf *mb, const struct change *c)
{
	int err = mbuf_printf(mb, "%s%H", mb->pos > 1 ? ", " : " ",
			      guard_net_print, &c->sa);

	if (c->banned)
		err |= mbuf_printf(mb, " timeout %us", c->ttl_s);

	return err;
}


/* The first of the queue and all behind it of the same kind */
static int elements(char **strp)
{
	struct mbuf *mb = mbuf_alloc(1024);
	struct le *le	= nft.queue.head;
	const struct change *first = le->data;
	bool banned	= first->banned;
	int af		= sa_af(&first->sa);
	int err		= mb ? mbuf_write_str(mb, "{") : ENOMEM;

	for (unsigned n = 0; le && n < BATCH && !err; n++) {
		struct change *c = le->data;

		if (c->banned != banned || sa_af(&c->sa) != af)
			break;

		le  = le->next;
		err = element(mb, c);
		mem_deref(c);
	}

	if (!err)
		err = mbuf_write_str(mb, " }");
	if (!err)
		err = mbuf_str(strp, mb);
	mem_deref(mb);

	return err;
}


static void run_next(void)
{
	char set[WORD + 1], *elems = NULL;
	const struct change *c;
	bool banned, six;
	int err;

	if (nft.pid || !nft.on || list_isempty(&nft.queue))
		return;

	c      = nft.queue.head->data;
	banned = c->banned;
	six    = sa_af(&c->sa) == AF_INET6;
	(void)re_snprintf(set, sizeof(set), "%s%s", nft.set, six ? "6" : "");

	err = elements(&elems);
	if (!err) {
		char *argv[] = {(char *)(uintptr_t)"nft",
				(char *)(uintptr_t)(banned ? "add" : "delete"),
				(char *)(uintptr_t)"element", nft.family,
				nft.table, set, elems, NULL};

		err = spawn(&nft.pid, argv);
	}
	if (!err)
		err = watch(nft.pid);
	if (err) {
		nft.pid = 0;
		if (!nft.failed++)
			log_warning("guard", NFT " cannot be run: %m", err);
	}

	mem_deref(elems);
}


void guard_nft_change(const struct sa *sa, bool banned, uint32_t ttl_s)
{
	struct change *c;

	if (!nft.on || !sa)
		return;

	if (list_count(&nft.queue) >= QUEUE_MAX) {
		++nft.failed;
		return;
	}

	c = mem_zalloc(sizeof(*c), change_destructor);
	if (!c)
		return;

	c->sa	  = *sa;
	c->banned = banned;
	c->ttl_s  = ttl_s;
	list_append(&nft.queue, &c->le, c);
	run_next();
}


void guard_nft_close(void)
{
	list_flush(&nft.queue);
	if (nft.pid) {
		fd_close(nft.fd);
		(void)close(nft.fd);
	}

	nft.pid = 0;
	nft.on	= false;
}
