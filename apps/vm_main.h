/**
 * @file apps/vm_main.h  Between the files of VoiceMailMain
 *
 * Signalling thread.  app_voicemailmain.c has the login and the main menu,
 * vm_main_msg.c the messages, vm_main_box.c greetings and PIN, vm_main_call.c
 * calls out of it and the first visit of a new owner.  Every step
 * ends in exactly one call of vm_talk_ask(), vm_talk_play(), a recording or
 * vmain_leave().
 */
#ifndef TANDEM_APPS_VM_MAIN_H
#define TANDEM_APPS_VM_MAIN_H

#include "apps/vm_mail.h"
#include "apps/vm_take.h"
#include "apps/vm_talk.h"

enum {
	VMAIN_KEY_MS = 6000,
	VMAIN_NUMBER_MS = 10000,
	VMAIN_TRIES = 3,     /* questions without an answer */
};

struct vmain {
	struct le le;        /* sessions of all calls */
	struct call *call;
	struct vm_talk talk;
	const struct vm_box *box;   /* NULL: not logged in */
	char context[80];    /* of the mailboxes that may log in */
	char login[80];      /* mailbox as dialled or given */
	bool asked;          /* it was dialled */
	bool prefix;         /* option p: login is the beginning */
	char before[80];     /* ... which */
	uint32_t logins;
	unsigned silent;     /* questions without an answer, in a row */

	/* the open folder */
	enum vm_folder folder;
	struct vm_list *list; /* NULL: none is open */
	uint64_t *ident;
	bool *heard, *deleted;
	size_t pos;

	/* what is being recorded or set */
	struct vm_take *take;
	enum vm_greeting greeting;
	bool for_greeting;
	char pin[64];

	/* calls, a new owner (vm_main_call.c) */
	char number[64];     /* who left the message, or is called */
	bool is_new;
	unsigned steps;
};

/* app_voicemailmain.c */
void vmain_welcome(struct vmain *m);       /* how many messages, the menu */
void vmain_menu(struct vmain *m);
void vmain_leave(struct vmain *m);         /* goodbye */
bool vmain_silent(struct vmain *m, const char *keys); /* true: it has left */
void vmain_say_folders(struct vmain *m);   /* "press 0 for new messages" */

/* vm_main_msg.c */
int vmain_open(struct vmain *m, enum vm_folder folder);
void vmain_close(struct vmain *m);         /* deleted, heard: now it is done */
void vmain_play_folder(struct vmain *m);
void vmain_change_folder(struct vmain *m);

/* vm_main_box.c */
void vmain_options(struct vmain *m);
void vmain_ask_greeting(struct vmain *m, enum vm_greeting greeting);
void vmain_ask_pin(struct vmain *m);

/** Record for others; back to `next` afterwards */
void vmain_message_to(struct vmain *m, const struct vm_box *box);
void vmain_message_menu(struct vmain *m);  /* vm_main_msg.c */

/* vm_main_call.c */
void vmain_dialout(struct vmain *m);
void vmain_callback(struct vmain *m, const char *number);
bool vmain_is_new(const struct vmain *m);
void vmain_new_owner(struct vmain *m);     /* what is still open, or done */

#endif
