/**
 * @file apps/record.h  Recordings that other applications start
 *
 * Signalling thread.
 */
#ifndef TANDEM_APPS_RECORD_H
#define TANDEM_APPS_RECORD_H

#include "b2bua/call.h"

/**
 * Record both parties as MixMonitor(name) does, below SPOOL/monitor
 *
 * MONITOR_OPTIONS and MONITOR_EXEC of the call are MixMonitor's options and
 * command; MIXMONITOR_FILENAME is set.
 *
 * @param tagp Names it for call_stop_record()
 *
 * @return 0, EPERM a name that leads elsewhere, ENOTCONN, ENOMEM
 */
int record_talk(uint32_t *tagp, struct call *call, const struct ttext *name);

#endif
