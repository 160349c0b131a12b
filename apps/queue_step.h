/**
 * @file apps/queue_step.h  What Queue's step does beside waiting
 *
 * Signalling thread; for app_queue.c and queue_step.c.
 */
#ifndef TANDEM_APPS_QUEUE_STEP_H
#define TANDEM_APPS_QUEUE_STEP_H

#include "apps/talk_plan.h"
#include "b2bua/queue.h"

struct queue_step {
	struct cq_caller *caller;
	uint32_t tag;          /* of the recording, 0 none */
	char *music, *announce;
	struct talk_plan *plan;
	struct before before;
	struct args args;      /* of the step: prm points to them */
	struct cq_params prm;
	struct ttext *agi;     /* script for the caller before the talk */
	struct args macro;     /* for the member: name and arguments */
	struct args target, argv; /* ... subroutine */
};

/* handlers of struct cq_app; arg is the step */

/** Prompts and numbers in the caller's language */
int queue_step_say(struct mbuf *mb, struct call *call,
		   const struct cq_say *say);

/** The caller's script (agi), while the member waits */
bool queue_step_answered(struct call *call, void *arg);

/** The member's macro and subroutine */
void queue_step_member(struct call *callee, void *arg);

/** Recording begins */
void queue_step_talks(struct call *call, void *arg);

/** Take the member's macro and subroutine: from arguments, or what the queue
 *  says where they are empty.  conf may be NULL */
int queue_step_subs(struct queue_step *st, const struct queue_conf *conf,
		    const struct ttext *macro, const struct ttext *gosub);

#endif
