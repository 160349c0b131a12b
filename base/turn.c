/**
 * @file base/turn.c  Work that waits for the end of a turn
 */
#include "base/turn.h"
#include <stddef.h>

static _Thread_local struct {
	unsigned depth;
	uint64_t number;
	struct turn_job *head;
} turn;


void turn_begin(void)
{
	if (!turn.depth++)
		++turn.number;
}


uint64_t turn_number(void)
{
	return turn.number;
}


/* A job may defer others: they are run too */
void turn_end(void)
{
	if (turn.depth > 1) {
		--turn.depth;
		return;
	}

	while (turn.head) {
		struct turn_job *job = turn.head;

		turn.head   = job->next;
		job->queued = false;
		job->h(job->arg);
	}

	turn.depth = 0;
}


bool turn_defer(struct turn_job *job)
{
	if (!turn.depth)
		return false;

	if (!job->queued) {
		job->queued = true;
		job->next   = turn.head;
		turn.head   = job;
	}

	return true;
}


void turn_forget(struct turn_job *job)
{
	struct turn_job **p = &turn.head;

	while (*p && *p != job)
		p = &(*p)->next;

	if (*p)
		*p = job->next;
	job->queued = false;
}
