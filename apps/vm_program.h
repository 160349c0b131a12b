/**
 * @file apps/vm_program.h  Programs of voicemail.conf: mailcmd=, externnotify=
 *
 * Signalling thread.  No shell reads their lines: words are separated by
 * blanks.
 */
#ifndef TANDEM_APPS_VM_PROGRAM_H
#define TANDEM_APPS_VM_PROGRAM_H

#include "base/proc.h"
#include "config/config.h"

/**
 * Start the program of a line
 *
 * @param more  Further arguments, NULL at the end; NULL none
 * @param prm   argv is set here
 *
 * @return 0, EINVAL without a word, E2BIG, errors of proc_start()
 */
int vm_program_start(struct proc **pp, const char *line,
		     const char *const *more, struct proc_params *prm,
		     proc_end_h *h, void *arg);

/** Run externnotify= of a mailbox that has changed; it logs what fails */
void vm_externnotify(const struct config *cfg, const struct vm_box *box,
		     uint32_t fresh, uint32_t old, uint32_t urgent);

#endif
