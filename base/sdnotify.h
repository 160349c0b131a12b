/**
 * @file base/sdnotify.h  Tell the service manager how we are
 *
 * Any thread.  systemd's documented datagram protocol; nothing happens without
 * NOTIFY_SOCKET.
 */
#ifndef TANDEM_BASE_SDNOTIFY_H
#define TANDEM_BASE_SDNOTIFY_H

#include <stdint.h>

/** Send "READY=1", "STOPPING=1", "STATUS=..." (lines).  0 or errno; ENOENT if
 *  nobody listens */
int sd_notify_send(const char *text);

/** Microseconds between two WATCHDOG=1 that are asked for, 0 none */
uint64_t sd_watchdog_us(void);


enum { SD_FIRST_FD = 3 };

/** Descriptors that the service manager hands to us, from SD_FIRST_FD on; they
 *  are closed in programs that we start.  Once: then there are none */
int sd_listen_fds(void);

/** Let the service manager keep a socket until we are started again (it knows
 *  one that it has already).  ENOENT without one */
int sd_store_fd(int fd, const char *name);

#endif
