/**
 * @file apps/vm_lock.h  Wrong PINs of a mailbox, over all calls
 *
 * Signalling thread.  Three attempts in a call guess a PIN of four digits
 * within some thousand calls.  So a mailbox whose PIN was wrong VM_LOCK_AFTER
 * times in a row takes none for VM_LOCK_MS, also not the right one; who comes
 * in without a PIN (option s) is not concerned.
 */
#ifndef TANDEM_APPS_VM_LOCK_H
#define TANDEM_APPS_VM_LOCK_H

#include "config/config.h"

enum {
	VM_LOCK_AFTER = 10,
	VM_LOCK_MS = 15 * 60 * 1000,
};

/** True if the mailbox takes no PIN now */
bool vm_locked(const struct vm_box *box);

/** A PIN was right or wrong */
void vm_lock_note(const struct vm_box *box, bool right);

#endif
