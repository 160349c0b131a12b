/**
 * @file apps/vm_take.h  A recording that becomes a message or a greeting
 *
 * Signalling thread.  The application that starts it holds the reference; the
 * recording in progress holds another one, so a caller who hangs up loses
 * nothing: vm_take_leave() and it is saved once its file is closed.
 */
#ifndef TANDEM_APPS_VM_TAKE_H
#define TANDEM_APPS_VM_TAKE_H

#include "apps/vm_store.h"
#include "b2bua/call.h"

struct vm_take;

enum { VM_TAKE_BOXES = 32 };

enum vm_take_end {
	VM_TAKE_STOPPED, /* by vm_take_stop() */
	VM_TAKE_SILENCE,
	VM_TAKE_LIMIT,
	VM_TAKE_FAILED,
};

struct vm_take_params {
	const struct vm_box *const *boxes; /* of call->cfg; the first one keeps
					      the file meanwhile */
	size_t boxc;
	enum vm_folder folder;
	uint32_t max_ms;     /* 0: no limit */
	uint32_t silence_ms; /* 0: off */
	uint32_t gain;       /* [1/256]; 0: as it is */
	bool beep;
	bool urgent;
	const char *category;
};

/** The file is closed: once, from the main loop */
typedef void(vm_take_h)(struct vm_take *t, enum vm_take_end end, void *arg);

/** Begin to record the caller.  mem_deref() throws away what was not saved */
int vm_take_start(struct vm_take **tp, struct call *call,
		  const struct vm_take_params *prm, vm_take_h *h, void *arg);

/** Stop; the handler follows */
void vm_take_stop(struct vm_take *t);

/** Length in [ms] of what was said, without the silence that ended it */
uint32_t vm_take_ms(const struct vm_take *t);

/** Path of the file, "NAME.wav" */
const char *vm_take_path(const struct vm_take *t);

/** Store it in all its mailboxes, tell phones, send mails; 0 if at least the
 *  first has it.  Too short a message is EAGAIN, a full mailbox ENOSPC */
int vm_take_save(struct vm_take *t);

/** The caller has gone: save it, now or when the file is closed.  The handler
 *  is told nothing any more */
void vm_take_leave(struct vm_take *t);

#endif
