/**
 * @file base/sdnotify.c  Tell the service manager how we are
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/compat.h"
#include "base/sdnotify.h"
#include "base/text.h"


static int notify_addr(struct sockaddr_un *un, socklen_t *lenp)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n	 = path ? strlen(path) : 0;

	if (!n)
		return ENOENT;
	if (n >= sizeof(un->sun_path))
		return ENAMETOOLONG;

	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, n);
	if (un->sun_path[0] == '@')
		un->sun_path[0] = '\0';
	*lenp = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);

	return 0;
}


static int notify(const char *text, int with_fd)
{
	_Alignas(struct cmsghdr) uint8_t ctrl[CMSG_SPACE(sizeof(int))] = {0};
	struct sockaddr_un un;
	struct iovec iov = {(char *)(uintptr_t)text, strlen(text)};
	struct msghdr m	 = {.msg_name = &un, .msg_iov = &iov, .msg_iovlen = 1};
	int fd, err;

	err = notify_addr(&un, &m.msg_namelen);
	if (err)
		return err;

	if (with_fd >= 0) {
		struct cmsghdr *c;

		m.msg_control	 = ctrl;
		m.msg_controllen = sizeof(ctrl);
		c		 = CMSG_FIRSTHDR(&m);
		c->cmsg_level	 = SOL_SOCKET;
		c->cmsg_type	 = SCM_RIGHTS;
		c->cmsg_len	 = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &with_fd, sizeof(int));
	}

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;

	if (sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		err = errno;

	(void)close(fd);
	return err;
}


int sd_notify_send(const char *text)
{
	return notify(text, -1);
}


int sd_store_fd(int fd, const char *name)
{
	char text[64];

	if (fd < 0 || !name ||
	    re_snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s", name) < 0)
		return EINVAL;

	return notify(text, fd);
}


static bool env_number(uint64_t *np, const char *name, uint64_t max)
{
	const char *val = getenv(name);
	struct pl pl;

	if (!val)
		return false;

	pl_set_str(&pl, val);

	return !num_decode(np, &pl, max);
}


int sd_listen_fds(void)
{
	uint64_t pid, n = 0;

	if (!env_number(&pid, "LISTEN_PID", INT32_MAX) ||
	    pid != (uint64_t)getpid() ||
	    !env_number(&n, "LISTEN_FDS", INT16_MAX))
		n = 0;

	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");

	for (int fd = SD_FIRST_FD; fd < SD_FIRST_FD + (int)n; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);

	return (int)n;
}


uint64_t sd_watchdog_us(void)
{
	uint64_t n;

	return env_number(&n, "WATCHDOG_USEC", UINT64_MAX / 2) ? n : 0;
}
