/**
 * @file sip/queue.c  New calls wait behind all else
 *
 * A call that has begun is worth more than one that asks to begin, and a call
 * that cannot be served soon is better refused than served when its caller has
 * given up.  So an INVITE outside of a dialog waits until what came with it
 * has been worked on: answers, ACKs, BYEs, registrations.  Then new calls are
 * taken in the order in which they came, for some milliseconds at a time,
 * after which the sockets are read again.  Who has waited too long is refused
 * with 503 and a Retry-After of its own, which costs a tenth of a call; so
 * what is done under twice the load is as much as under the load that fits
 * (RFC 7339 has the why).
 *
 * On a machine that is not overloaded the queue is empty at the end of each
 * turn, and nothing waits.
 */
#include "base/clock.h"
#include "base/count.h"
#include "base/log.h"
#include "sip/stack.h"


enum {
	WAIT_MAX  = 4096,   /* calls */
	SLICE_US  = 3000,
	LATE_US   = 250000,
	BEHIND    = 16,     /* with fewer before it a call is never late: then
			       it is we who were held up */
	SAY_MS    = 10000,
};

struct waiting {
	struct le le;
	struct sx_msg *msg;
	uint64_t at_us;
	uint32_t behind;    /* calls that waited when it came */
	bool ask;           /* it came from the network */
};


static void run(void *arg);


static void waiting_destructor(void *data)
{
	struct waiting *w = data;

	list_unlink(&w->le);
	mem_deref(w->msg);
}


static bool is_new_call(const struct sx_msg *msg)
{
	return msg->method == SX_INVITE && !pl_isset(&msg->ttag);
}


static void say(struct sx *sx)
{
	const uint64_t now_ms = clock_ms();

	if (sx->late_ms && now_ms - sx->late_ms < SAY_MS)
		return;

	sx->late_ms = now_ms;
	log_warning("sip", "overload: %u calls wait, those over %u ms are "
		    "refused with 503", sx->newc, LATE_US / 1000);
}


static void refuse(struct sx *sx, const struct sx_msg *msg)
{
	say(sx);
	count_inc(COUNT_SIP_OVERLOAD);
	sx_refuse_full(sx, msg);
}


static void serve(struct sx *sx, struct waiting *w, uint64_t now_us)
{
	/* it may be another process's by now */
	if (w->ask && sx->otherh && sx->otherh(w->msg, sx->other_arg))
		return;

	if (w->behind >= BEHIND && now_us - w->at_us > LATE_US &&
	    is_new_call(w->msg))
		refuse(sx, w->msg);
	else
		sx_strans_recv(sx, w->msg);
}


static void timer_handler(void *arg)
{
	run(arg);
}


static void run(void *arg)
{
	struct sx *sx        = arg;
	const uint64_t begin = clock_us();
	uint64_t now         = begin;

	while (sx->newl.head && now - begin < SLICE_US) {
		struct waiting *w = sx->newl.head->data;

		list_unlink(&w->le);
		--sx->newc;
		serve(sx, w, now);
		mem_deref(w);
		now = clock_us();
	}

	if (sx->newl.head)
		timer_start(&sx->new_tmr, 0, timer_handler, sx);
}


bool sx_queue_put(struct sx *sx, struct sx_msg *msg)
{
	struct waiting *w;

	/* a stream that is read more slowly is sent more slowly, too; and one
	 * that ends must get its answer first */
	if (msg->tp != SX_UDP)
		return false;

	/* a CANCEL must not overtake its INVITE */
	if (!is_new_call(msg) && !(msg->method == SX_CANCEL && sx->newc))
		return false;

	if (sx->newc >= WAIT_MAX) {
		if (is_new_call(msg))
			refuse(sx, msg);
		return is_new_call(msg);
	}

	w = mem_zalloc(sizeof(*w), waiting_destructor);
	if (!w)
		return false;

	if (!sx->newc && !turn_defer(&sx->new_job)) {
		mem_deref(w);
		return false;
	}

	w->msg    = mem_ref(msg);
	w->at_us  = clock_us();
	w->behind = sx->newc++;
	w->ask	  = !sx->injecting;
	list_append(&sx->newl, &w->le, w);

	return true;
}


void sx_queue_init(struct sx *sx)
{
	sx->new_job = (struct turn_job){.h = run, .arg = sx};
}


void sx_queue_close(struct sx *sx)
{
	turn_forget(&sx->new_job);
	timer_cancel(&sx->new_tmr);
	list_flush(&sx->newl);
	sx->newc = 0;
}
