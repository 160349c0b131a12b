/**
 * @file apps/vm_talk.h  Prompts one behind the other, and keys in answer
 *
 * Signalling thread; embedded in the state of an application.  Prompts are
 * gathered with vm_say*(), then vm_talk_play() plays them or vm_talk_ask()
 * plays them until a key comes.
 */
#ifndef TANDEM_APPS_VM_TALK_H
#define TANDEM_APPS_VM_TALK_H

#include "apps/apps.h"
#include "apps/vm_store.h"

/** What was played, or the keys that came ("" none) */
typedef void(vm_talk_h)(const char *keys, void *arg);

struct vm_talk {
	struct call *call;
	struct mbuf *mb;         /* prompts that are gathered */
	int err;                 /* of the gathering */
	struct collect *collect;
	vm_talk_h *h;
	void *arg;
};

int vm_talk_init(struct vm_talk *t, struct call *call, void *arg);
void vm_talk_reset(struct vm_talk *t);

/** A prompt, such as "vm-intro", or a path without ending */
void vm_say(struct vm_talk *t, const char *name);
void vm_say_number(struct vm_talk *t, uint32_t n, char gender); /* say.h */
void vm_say_digits(struct vm_talk *t, const char *digits);

/** "you have two new messages" (vm_lang.c) */
void vm_say_counts(struct vm_talk *t, uint32_t fresh, uint32_t old);

/** When a message came, in [s] since 1970, in a zone; fmt as for SayUnixTime,
 *  NULL: "received today at ..." in the language's way */
void vm_say_time(struct vm_talk *t, uint64_t when_s, const char *tz,
		 const char *fmt);

/** Play what was gathered to its end.  h may be called inside, with "" */
void vm_talk_play(struct vm_talk *t, vm_talk_h *h);

/**
 * Play what was gathered; the first key stops it
 *
 * @param max   Keys wanted
 * @param end   Keys that end an answer before ("#"); NULL none
 * @param h     Called once, maybe inside
 */
void vm_talk_ask(struct vm_talk *t, size_t max, const char *end,
		 uint32_t first_ms, vm_talk_h *h);

#endif
