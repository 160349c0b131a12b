/**
 * @file apps/vm_priv.h  Between vm_store.c and vm_msg.c
 *
 * Signalling thread.
 */
#ifndef TANDEM_APPS_VM_PRIV_H
#define TANDEM_APPS_VM_PRIV_H

#include "apps/vm_store.h"

extern const char *const vm_endings[]; /* of sound files; NULL at the end */

/** Make the directories above a file; path is as before afterwards */
int vm_make_dir(char *path);

/** Write a file in one step: the old one, or the new one, never a half */
int vm_write_file(const char *path, const struct mbuf *mb);

/** Read a text of at most size-1 bytes */
int vm_read_file(char *buf, size_t size, const char *path);

/** Value of "key=value" in a text of lines */
bool vm_find_key(struct pl *val, const char *text, const char *key);

#endif
