/**
 * @file apps/vm_mail.h  A message by mail
 *
 * Signalling thread.  The mail is written piece by piece into memory and then
 * handed to the program of mailcmd=, which is started without a shell.  What a
 * caller sent (name, number) makes no header line.
 */
#ifndef TANDEM_APPS_VM_MAIL_H
#define TANDEM_APPS_VM_MAIL_H

#include "apps/vm_store.h"

/**
 * Mail a message to the addresses of its mailbox, and a short one to its pager
 *
 * Returns at once.  With delete=yes the message is removed when the program
 * has taken it.  Failures are logged.
 *
 * @return 0 (also without an address), ENOMEM, errno of a file or program
 */
int vm_mail(const struct config *cfg, const struct vm_box *box,
	    enum vm_folder folder, unsigned num, const struct vm_info *info);

/** Replace ${VM_NAME} and the others, and \n \t; the value of a caller loses
 *  its control characters */
int vm_mail_expand(struct mbuf *out, const char *text,
		   const struct config *cfg, const struct vm_box *box,
		   unsigned num, const struct vm_info *info);

/** A header's text: plain, or as encoded words (RFC 2047) */
int vm_mail_header(struct mbuf *out, const char *name, const char *text);

#endif
