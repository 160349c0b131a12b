/**
 * @file base/sdnotify.c  Tell the service manager how we are
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/compat.h"
#include "base/sdnotify.h"
#include "base/text.h"


int sd_notify_send(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	socklen_t len;
	int fd, err = 0;

	if (!n)
		return ENOENT;
	if (n >= sizeof(un.sun_path))
		return ENAMETOOLONG;

	memcpy(un.sun_path, path, n);
	if (un.sun_path[0] == '@')
		un.sun_path[0] = '\0';
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;

	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
		   (struct sockaddr *)&un, len) < 0)
		err = errno;

	(void)close(fd);
	return err;
}


uint64_t sd_watchdog_us(void)
{
	const char *val = getenv("WATCHDOG_USEC");
	struct pl pl;
	uint64_t n;

	if (!val)
		return 0;

	pl_set_str(&pl, val);
	return num_decode(&n, &pl, UINT64_MAX / 2) ? 0 : n;
}
