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
 * Two things keep a flood of calls from filling the kernel's buffer, where an
 * answer or a BYE would be lost as easily as an INVITE.  As long as there is
 * more to read, new calls get a short time only; and where the first one in
 * the queue has waited for long, and that for some time, those that come are
 * refused as they are read.  Whoever has been heard already, waits or has a
 * transaction, is not refused because it repeats itself.
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
	BUCKETS   = 256,
	SLICE_US  = 3000,
	SHORT_US  = 1000,   /* there is more to read */
	LATE_US   = 250000,
	FULL_US   = 150000, /* the first has waited so long ... */
	STAY_US   = 100000, /* ... for so long: no more, please */
	BEHIND    = 16,     /* with fewer before it a call is never late: then
			       it is we who were held up */
	SAY_MS    = 10000,
};

struct waiting {
	struct le le;
	struct le hle;
	uint64_t key;       /* sx_strans_key() */
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
	hash_unlink(&w->hle);
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


/* What is due at once fires at the end of this turn: one slice in a turn, then
 * the sockets are read again */
static void timer_handler(void *arg)
{
	struct sx *sx = arg;

	if (sx->new_turn == turn_number())
		timer_start(&sx->new_tmr, 0, timer_handler, sx);
	else
		run(sx);
}


static void run(void *arg)
{
	struct sx *sx        = arg;
	const uint64_t begin = clock_us();
	const uint64_t slice = sx->unread ? SHORT_US : SLICE_US;
	uint64_t now         = begin;

	sx->new_turn = turn_number();
	while (sx->newl.head && now - begin < slice) {
		struct waiting *w = sx->newl.head->data;

		list_unlink(&w->le);
		hash_unlink(&w->hle);
		--sx->newc;
		serve(sx, w, now);
		mem_deref(w);
		now = clock_us();
	}

	if (sx->newl.head)
		timer_start(&sx->new_tmr, 0, timer_handler, sx);
}


static bool waits(const struct sx *sx, uint64_t key)
{
	struct le *le;

	LIST_FOREACH (hash_list(sx->newh, (uint32_t)key), le) {
		const struct waiting *w = le->data;

		if (w->key == key)
			return true;
	}

	return false;
}


static bool is_full(struct sx *sx)
{
	const struct waiting *first = list_ledata(list_head(&sx->newl));
	const uint64_t now	    = clock_us();

	if (sx->newc >= WAIT_MAX)
		return true;

	if (sx->newc < BEHIND || now - first->at_us <= FULL_US) {
		sx->full_us = 0;
		return false;
	}

	if (!sx->full_us)
		sx->full_us = now;

	return now - sx->full_us > STAY_US;
}


static int append(struct sx *sx, struct sx_msg *msg, uint64_t key)
{
	struct waiting *w = mem_zalloc(sizeof(*w), waiting_destructor);

	if (!w)
		return ENOMEM;

	if (!sx->newc && !turn_defer(&sx->new_job)) {
		mem_deref(w);
		return EAGAIN;
	}

	w->msg	  = mem_ref(msg);
	w->key	  = key;
	w->at_us  = clock_us();
	w->behind = sx->newc++;
	w->ask	  = !sx->injecting;
	list_append(&sx->newl, &w->le, w);
	if (is_new_call(msg))
		hash_append(sx->newh, (uint32_t)key, &w->hle, w);

	return 0;
}


bool sx_queue_put(struct sx *sx, struct sx_msg *msg)
{
	uint64_t key;

	/* a stream that is read more slowly is sent more slowly, too; and one
	 * that ends must get its answer first */
	if (msg->tp != SX_UDP)
		return false;

	/* a CANCEL must not overtake its INVITE */
	if (!is_new_call(msg)) {
		if (msg->method != SX_CANCEL || !sx->newc ||
		    sx->newc >= WAIT_MAX)
			return false;

		return !append(sx, msg, sx_strans_key(msg));
	}

	if (sx_strans_has(sx, msg))
		return false;

	key = sx_strans_key(msg);
	if (sx->newc && waits(sx, key))
		return true;

	if (is_full(sx)) {
		refuse(sx, msg);
		return true;
	}

	return !append(sx, msg, key);
}


int sx_queue_init(struct sx *sx)
{
	sx->new_job = (struct turn_job){.h = run, .arg = sx};

	return hash_alloc(&sx->newh, BUCKETS);
}


void sx_queue_close(struct sx *sx)
{
	turn_forget(&sx->new_job);
	timer_cancel(&sx->new_tmr);
	list_flush(&sx->newl);
	sx->newh = mem_deref(sx->newh);
	sx->newc = 0;
}
