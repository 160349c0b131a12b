/**
 * @file apps/vm_store.h  Voicemail on the disk
 *
 * Signalling thread.  Asterisk's layout, which other programs read too:
 *
 *   SPOOL/voicemail/CONTEXT/BOX/INBOX/msg0000.wav, msg0000.txt
 *                              /unavail.wav busy.wav greet.wav temp.wav
 *                              /secret.conf   a PIN that its owner has changed
 *                              /tmp/          recordings that are not over
 *
 * A message exists if its .txt does: it is written last and removed first, so
 * whatever happens in between loses none and shows no half one.  Paths are
 * made of a struct vm_box and numbers alone, never of what a caller sent.
 */
#ifndef TANDEM_APPS_VM_STORE_H
#define TANDEM_APPS_VM_STORE_H

#include "config/config.h"

enum vm_folder {
	VM_INBOX,
	VM_OLD,
	VM_WORK,
	VM_FAMILY,
	VM_FRIENDS,
	VM_URGENT,
	VM_FOLDERS
};

enum {
	VM_KEYS = VM_FRIENDS + 1, /* folders that have a key */
	VM_MSG_MAX = 10000,       /* msg0000 to msg9999 */
};

enum vm_greeting {
	VM_UNAVAIL,
	VM_BUSY,
	VM_NAME,
	VM_TEMP,
	VM_GREETINGS
};

/** What stands beside the sound */
struct vm_info {
	char origmailbox[80];
	char context[128], exten[128];
	uint32_t prio;
	char callerchan[128];
	char callerid[256];  /* "Name" <number>; "" not known */
	uint64_t origtime;   /* [s] since 1970 */
	char category[80];
	char msg_id[48];     /* of a message that is there */
	uint32_t duration_s;
	bool urgent;
};

/** Numbers of the messages of a folder, ascending */
struct vm_list {
	size_t n;
	uint16_t v[VM_MSG_MAX];
};

const char *vm_folder_name(enum vm_folder folder); /* "INBOX" */

/** Folder by its name, case ignored; false if there is none */
bool vm_folder_decode(enum vm_folder *folder, const struct pl *name);

/** Path of a file below the mailbox's directory; *pathp is mem_alloc'd */
int vm_path(char **pathp, const struct config *cfg, const struct vm_box *box,
	    const char *fmt, ...);

/** Path of a message's file without its ending */
int vm_msg_path(char **pathp, const struct config *cfg,
		const struct vm_box *box, enum vm_folder folder, unsigned num);

/** Path of a greeting without its ending; ENOENT if there is none */
int vm_greeting_path(char **pathp, const struct config *cfg,
		     const struct vm_box *box, enum vm_greeting greeting);

/** Make a recording the greeting (the file is moved there) */
int vm_greeting_set(const struct config *cfg, const struct vm_box *box,
		    enum vm_greeting greeting, const char *wav);

/** Remove a greeting; ENOENT if there is none */
int vm_greeting_remove(const struct config *cfg, const struct vm_box *box,
		       enum vm_greeting greeting);

/** A new name for a recording of this mailbox; its directory is there then */
int vm_tmp_path(char **pathp, const struct config *cfg,
		const struct vm_box *box);

/** Messages of a folder; an empty list if it does not exist.  *lp is
 *  mem_alloc'd */
int vm_list(struct vm_list **lp, const struct config *cfg,
	    const struct vm_box *box, enum vm_folder folder);
uint32_t vm_count(const struct config *cfg, const struct vm_box *box,
		  enum vm_folder folder);

/** True if no message fits into the folder any more (maxmsg) */
bool vm_is_full(const struct config *cfg, const struct vm_box *box,
		enum vm_folder folder);

/**
 * Put a recording into a folder
 *
 * The file stays where it is as well (a link).  maxmsg is not looked at.
 *
 * @param wav   The file
 * @param nump  Set to the number of the message; may be NULL
 *
 * @return 0, ENOSPC without a free number, errno of the file system
 */
int vm_add(const struct config *cfg, const struct vm_box *box,
	   enum vm_folder folder, const char *wav, const struct vm_info *info,
	   unsigned *nump);

/** Read what stands beside a message; ENOENT */
int vm_info_read(struct vm_info *info, const struct config *cfg,
		 const struct vm_box *box, enum vm_folder folder,
		 unsigned num);

/** The same message in another folder, or another mailbox; *nump (may be
 *  NULL) is its number there.  ENOENT, ENOSPC, errno */
int vm_copy(const struct config *cfg, const struct vm_box *from,
	    enum vm_folder ffolder, unsigned num, const struct vm_box *to,
	    enum vm_folder tfolder, unsigned *nump);

int vm_remove(const struct config *cfg, const struct vm_box *box,
	      enum vm_folder folder, unsigned num);

/** What tells this message from a later one with its number; 0 if it is not
 *  there */
uint64_t vm_ident(const struct config *cfg, const struct vm_box *box,
		  enum vm_folder folder, unsigned num);

/** Close the gaps between the numbers of a folder */
int vm_close_gaps(const struct config *cfg, const struct vm_box *box,
		  enum vm_folder folder);

/** Compare a PIN as dialled; false if the mailbox has none */
bool vm_pin_ok(const struct config *cfg, const struct vm_box *box,
	       const char *pin);

/** Set a PIN of digits; EPERM if the configuration forbids it, EINVAL */
int vm_pin_set(const struct config *cfg, const struct vm_box *box,
	       const char *pin);

/** Count and tell phones and watchers (b2bua/mwi.h) */
void vm_changed(const struct config *cfg, const struct vm_box *box);

#endif
