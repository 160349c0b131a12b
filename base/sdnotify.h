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

#endif
