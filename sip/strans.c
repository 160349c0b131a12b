/**
 * @file sip/strans.c  Server transactions (RFC 3261 17.2, RFC 6026)
 *
 *   INVITE      PROCEEDING --2xx--> ACCEPTED --L--> gone
 *                   |
 *                   +--3xx-6xx--> COMPLETED --ACK--> CONFIRMED --I--> gone
 *                                  (G repeats, H gives up)
 *   others      PROCEEDING --final--> COMPLETED --J--> gone
 *
 * A transaction is found by a keyed hash of 64 bits over branch, sent-by and
 * method (17.2.3), or over what RFC 2543 compared where the branch lacks the
 * magic cookie.  The hash stands for the strings: under a key that nobody
 * outside knows, two requests share it once in 2^64 pairs.  A second hash over
 * Call-ID, From tag, CSeq and Request-URI finds merged requests (8.2.2.2); the
 * Request-URI is in there because a proxy may fork one call to two of our
 * users.
 *
 * After the final response only that response is kept; the request is let go.
 * Transactions that merely wait then are queued in the order of their answers,
 * and under load the oldest of them end before their time: the cap of the
 * parameters is for those that still owe an answer.
 *
 * The table holds one reference.  The user has none unless it takes one; a
 * request that nobody took and nobody answered gets a 500.
 */
#include "base/count.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/text.h"
#include "sip/stack.h"


enum {
	TAG_SIZE   = 32,
	TABLE_SIZE = 16384,
	WAIT_RATIO = 4, /* waiting transactions per allowed open one */
	RETRY_MIN  = 5, /* Retry-After in [s] when we are full */
	RETRY_SPAN = 26,
};

enum state {
	PROCEEDING,
	ACCEPTED,
	COMPLETED,
	CONFIRMED,
	TERMINATED,
};

struct sx_strans {
	struct le le;
	struct le le_merge;
	struct le le_done;
	struct le le_late;
	struct sx *sx; /* no reference; NULL at its end */
	uint64_t key;
	uint64_t merge;
	enum state state;
	bool invite;
	bool cancelled;
	bool stateless; /* answered by sx_reply_stateless() */
	uint16_t scode; /* last one sent, 0 none */

	struct sx_msg *msg; /* until the final response */
	struct mbuf *resp;  /* last response */
	struct sx_dst dst;
	struct timer tmr_rep; /* 100 by itself, then G */
	struct timer tmr_end; /* H, I, J, L */
	uint32_t interval_ms;
	char tag[TAG_SIZE];

	sx_cancel_h *cancelh;
	sx_strans_err_h *errh;
	void *arg;
};


/* ---- tables ----------------------------------------------------------- */

static struct sx_strans *find(const struct sx *sx, uint64_t key)
{
	struct le *le;

	LIST_FOREACH (hash_list(sx->ht_strans, (uint32_t)key), le) {
		struct sx_strans *st = le->data;

		if (st->key == key)
			return st;
	}

	return NULL;
}


static bool is_merged(const struct sx *sx, uint64_t merge)
{
	struct le *le;

	LIST_FOREACH (hash_list(sx->ht_merge, (uint32_t)merge), le) {
		const struct sx_strans *st = le->data;

		if (st->merge == merge)
			return true;
	}

	return false;
}


/* ---- life ------------------------------------------------------------- */

static void destructor(void *data)
{
	struct sx_strans *st = data;

	timer_cancel(&st->tmr_rep);
	timer_cancel(&st->tmr_end);
	mem_deref(st->msg);
	mem_deref(st->resp);
	sx_dst_reset(&st->dst);
}


/* Out of the tables: no message finds it any more.  The user may still hold
 * it, and sends nothing through it */
static void terminate(struct sx_strans *st)
{
	struct sx *sx = st->sx;

	if (st->state == TERMINATED)
		return;

	st->state = TERMINATED;
	timer_cancel(&st->tmr_rep);
	timer_cancel(&st->tmr_end);
	hash_unlink(&st->le);
	hash_unlink(&st->le_merge);

	if (st->le_done.list) {
		list_unlink(&st->le_done);
		--sx->nwait;
	}

	--sx->nstrans;
	st->sx      = NULL;
	st->cancelh = NULL;
	mem_deref(st);
}


static void fail(struct sx_strans *st, int err)
{
	sx_strans_err_h *errh = st->errh;
	void *arg             = st->arg;

	st->errh = NULL;
	terminate(st);
	if (errh)
		errh(err, arg);
}


static int alloc(struct sx_strans **stp, struct sx *sx,
		 const struct sx_msg *msg, uint64_t key)
{
	struct sx_strans *st = mem_zalloc(sizeof(*st), destructor);

	if (!st)
		return ENOMEM;

	st->sx     = sx;
	st->key    = key;
	st->merge  = sx_merge_key(msg);
	st->invite = msg->method == SX_INVITE;
	st->msg    = mem_ref((void *)(uintptr_t)msg);
	sx_dst_of(sx, &st->dst, msg);

	if (!pl_isset(&msg->ttag) ||
	    pl_copy(st->tag, sizeof(st->tag), &msg->ttag))
		rand_hex(st->tag, 17);

	hash_append(sx->ht_strans, (uint32_t)key, &st->le, st);
	hash_append(sx->ht_merge, (uint32_t)st->merge, &st->le_merge, st);
	++sx->nstrans;
	*stp = st;

	return 0;
}


/* From here on it only waits */
static void wait_only(struct sx_strans *st)
{
	struct sx *sx = st->sx;

	if (!st->le_done.list) {
		list_append(&sx->donel, &st->le_done, st);
		++sx->nwait;
	}

	if (sx->nwait > sx->prm.max_strans * WAIT_RATIO)
		terminate(sx->donel.head->data);
}


static uint64_t span_ms(const struct sx *sx)
{
	return (uint64_t)sx->prm.t1_ms * SPAN_T1;
}


static void end_handler(void *arg)
{
	struct sx_strans *st = arg;

	/* Timer H: the ACK never came */
	if (st->state == COMPLETED && st->invite)
		fail(st, ETIMEDOUT);
	else
		terminate(st);
}


/* ---- replies ---------------------------------------------------------- */

static int resend(struct sx_strans *st)
{
	if (!st->resp)
		return ENOENT;

	return sx_send_reply(st->sx, &st->dst, st->resp);
}


static void timer_g_handler(void *arg)
{
	struct sx_strans *st = arg;

	st->interval_ms = min(st->interval_ms * 2, (uint32_t)T2_MS);
	timer_start(&st->tmr_rep, st->interval_ms, timer_g_handler, st);
	count_inc(COUNT_SIP_RETRANS_TX);
	(void)resend(st); /* the next repeat, or Timer H */
}


static void completed(struct sx_strans *st)
{
	struct sx *sx = st->sx;
	bool udp      = st->dst.tp == SX_UDP;

	st->state = COMPLETED;

	if (!st->invite && !udp) {
		terminate(st); /* Timer J is 0 */
		return;
	}

	timer_start(&st->tmr_end, span_ms(sx), end_handler, st);

	if (!st->invite) {
		wait_only(st);
	}
	else if (udp) {
		st->interval_ms = sx->prm.t1_ms;
		timer_start(&st->tmr_rep, st->interval_ms, timer_g_handler,
			    st);
	}
}


static void late_handler(void *arg)
{
	struct sx *sx = arg;

	while (sx->latel.head) {
		struct sx_strans *st = sx->latel.head->data;

		list_unlink(&st->le_late);
		st->msg = mem_deref(st->msg);
		mem_deref(st);
	}
}


/* The request goes, but not under the hands of who has just answered it */
static void request_forget(struct sx_strans *st)
{
	struct sx *sx = st->sx;

	list_append(&sx->latel, &st->le_late, mem_ref(st));
	if (!timer_runs(&sx->tmr_late))
		timer_start(&sx->tmr_late, 0, late_handler, sx);
}


static void final_sent(struct sx_strans *st)
{
	timer_cancel(&st->tmr_rep);
	request_forget(st);
	st->cancelh = NULL;

	if (st->invite && st->scode < 300) {
		st->state = ACCEPTED;
		timer_start(&st->tmr_end, span_ms(st->sx), end_handler, st);
		wait_only(st);
	}
	else {
		completed(st);
	}
}


/* Send the response in mb.  An error is the user's to know; a final response
 * ends its say all the same, and the client's repeats try again */
static int respond(struct sx_strans *st, uint16_t scode, struct mbuf *mb)
{
	int err;

	if (scode >= 200)
		mbuf_trim(mb);

	mem_deref(st->resp);
	st->resp  = mem_ref(mb);
	st->scode = scode;
	timer_cancel(&st->tmr_rep);

	err = resend(st);
	if (scode >= 200)
		final_sent(st);

	return err;
}


static int reply_check(const struct sx_strans *st, uint16_t scode)
{
	if (!st || scode < 100 || scode > 699)
		return EINVAL;

	if (!st->sx)
		return ENOTCONN;

	return st->state == PROCEEDING ? 0 : EALREADY;
}


static int put_server(const struct sx *sx, struct mbuf *mb)
{
	return sx->agent ? mbuf_printf(mb, "Server: %s\r\n", sx->agent) : 0;
}


int sx_reply(struct sx_strans *st, uint16_t scode, const char *reason,
	     const char *fmt, ...)
{
	struct mbuf *mb;
	va_list ap;
	int err;

	err = reply_check(st, scode);
	if (err)
		return err;

	err = sx_reply_head(&mb, st->msg, scode, reason, st->tag);
	if (err)
		return err;

	err = put_server(st->sx, mb);
	if (fmt) {
		va_start(ap, fmt);
		err |= mbuf_vprintf(mb, fmt, ap);
		va_end(ap);
	}
	err |= sx_body_end(mb, NULL, NULL);

	err = err ? ENOMEM : respond(st, scode, mb);
	mem_deref(mb);

	return err;
}


int sx_reply_body(struct sx_strans *st, uint16_t scode, const char *reason,
		  const struct mbuf *hdrs, const char *ctype,
		  const struct mbuf *body)
{
	struct mbuf *mb;
	int err;

	err = reply_check(st, scode);
	if (err)
		return err;

	err = sx_reply_head(&mb, st->msg, scode, reason, st->tag);
	if (err)
		return err;

	err = put_server(st->sx, mb);
	if (hdrs)
		err |= mbuf_write_mem(mb, hdrs->buf, hdrs->end);
	err |= sx_body_end(mb, ctype, body);

	err = err ? ENOMEM : respond(st, scode, mb);
	mem_deref(mb);

	return err;
}


void sx_strans_stateless(struct sx *sx, const struct sx_msg *msg)
{
	if (sx->cur && sx->cur->msg == msg)
		sx->cur->stateless = true;
}


/* ---- requests --------------------------------------------------------- */

static void trying_handler(void *arg)
{
	struct sx_strans *st = arg;

	(void)sx_reply(st, 100, NULL, NULL); /* the client repeats */
}


static void deliver(struct sx *sx, struct sx_strans *st,
		    const struct sx_msg *msg)
{
	mem_ref(st);

	sx->cur = st;
	sx->reqh(st, msg, sx->arg);
	sx->cur = NULL;

	if (st->state != PROCEEDING) {
		/* answered, or the stack is gone */
	}
	else if (st->stateless) {
		terminate(st);
	}
	else if (mem_nrefs(st) == 2) {
		log_warning("sip", "%r from %J: nobody answers", &msg->met,
			    &msg->src);
		(void)sx_reply(st, 500, NULL, NULL);
	}
	else if (st->invite && !st->scode) {
		timer_start(&st->tmr_rep, TRYING_MS, trying_handler, st);
	}

	mem_deref(st);
}


static void retransmission(struct sx_strans *st)
{
	count_inc(COUNT_SIP_RETRANS_RX);

	/* the repeats of a 2xx are the user's (RFC 6026 7.1) */
	if (st->state == PROCEEDING || st->state == COMPLETED)
		(void)resend(st); /* there may be none yet */
}


void sx_refuse_full(struct sx *sx, const struct sx_msg *msg)
{
	(void)sx_reply_stateless(sx, msg, 503, NULL, "Retry-After: %u\r\n",
				 RETRY_MIN + rand_below(RETRY_SPAN));
}


static void request(struct sx *sx, const struct sx_msg *msg)
{
	uint64_t key         = sx_strans_key(msg);
	struct sx_strans *st = find(sx, key);

	if (st) {
		retransmission(st);
		return;
	}

	if (!pl_isset(&msg->ttag) && is_merged(sx, sx_merge_key(msg))) {
		count_inc(COUNT_SIP_MERGED);
		(void)sx_reply_stateless(sx, msg, 482, NULL, NULL);
		return;
	}

	if (sx->nstrans - sx->nwait >= sx->prm.max_strans ||
	    alloc(&st, sx, msg, key)) {
		count_inc(COUNT_SIP_LIMIT_TRANS);
		sx_refuse_full(sx, msg);
		return;
	}

	deliver(sx, st, msg);
}


static void confirmed(struct sx_strans *st)
{
	timer_cancel(&st->tmr_rep);
	st->state = CONFIRMED;
	st->errh  = NULL;

	if (st->dst.tp != SX_UDP) {
		terminate(st); /* Timer I is 0 */
		return;
	}

	timer_start(&st->tmr_end, T4_MS, end_handler, st);
	wait_only(st);
}


static void ack(struct sx *sx, const struct sx_msg *msg)
{
	struct sx_strans *st = find(sx, sx_strans_key(msg));

	/* some clients give the ACK to a 2xx the branch of the INVITE */
	if (!st || st->state == ACCEPTED)
		sx->reqh(NULL, msg, sx->arg);
	else if (st->state == COMPLETED)
		confirmed(st);
}


/* The answer to a CANCEL has the tag of the answers to its INVITE (9.2) */
static void cancel_ok(struct sx_strans *st, const struct sx_msg *msg)
{
	struct mbuf *mb;

	if (sx_reply_head(&mb, msg, 200, NULL, st->tag))
		return;

	if (!sx_body_end(mb, NULL, NULL))
		(void)sx_reply_once(st->sx, msg, mb); /* the client repeats */

	mem_deref(mb);
}


static void cancel(struct sx *sx, const struct sx_msg *msg)
{
	struct sx_strans *st = find(sx, sx_strans_key(msg));
	sx_cancel_h *cancelh;

	/* it takes the way of the INVITE (RFC 3261 9.1): from elsewhere it is
	 * not the caller's */
	if (!st || !st->invite || !sa_cmp(&st->dst.dst, &msg->src, SA_ADDR)) {
		(void)sx_reply_stateless(sx, msg, 481, NULL, NULL);
		return;
	}

	cancel_ok(st, msg);

	if (st->state != PROCEEDING || st->cancelled)
		return;

	st->cancelled = true;
	cancelh       = st->cancelh;
	if (cancelh)
		cancelh(msg, st->arg);
	else
		(void)sx_reply(st, 487, NULL, NULL);
}


bool sx_strans_has(const struct sx *sx, const struct sx_msg *msg)
{
	return find(sx, sx_strans_key(msg)) != NULL;
}


static bool busy_handler(struct le *le, void *arg)
{
	const struct sx_strans *st = le->data;

	(void)arg;

	return st->state == PROCEEDING ||
	       (st->invite && st->state == COMPLETED);
}


bool sx_strans_busy(const struct sx *sx)
{
	return hash_apply(sx->ht_strans, busy_handler, NULL) != NULL;
}


struct invites {
	sx_callid_h *h;
	void *arg;
};


/* After its final response a transaction has only that */
static bool invite_handler(struct le *le, void *arg)
{
	const struct sx_strans *st = le->data;
	const struct invites *i	   = arg;
	struct sx_msg *msg	   = NULL;

	if (!st->invite)
		return false;

	if (st->msg) {
		i->h(&st->msg->callid, i->arg);
	}
	else if (st->resp) {
		const size_t pos = st->resp->pos;

		st->resp->pos = 0;
		if (!sx_msg_parse(&msg, st->resp, false))
			i->h(&msg->callid, i->arg);
		st->resp->pos = pos;
		mem_deref(msg);
	}

	return false;
}


void sx_strans_invites(const struct sx *sx, sx_callid_h *h, void *arg)
{
	struct invites i = {h, arg};

	(void)hash_apply(sx->ht_strans, invite_handler, &i);
}


void sx_strans_recv(struct sx *sx, const struct sx_msg *msg)
{
	if (msg->method == SX_ACK)
		ack(sx, msg);
	else if (msg->method == SX_CANCEL)
		cancel(sx, msg);
	else
		request(sx, msg);
}


/* ---- what users ask --------------------------------------------------- */

const char *sx_strans_tag(const struct sx_strans *st)
{
	return st ? st->tag : NULL;
}


void sx_strans_set_tag(struct sx_strans *st, const char *tag)
{
	if (st && tag)
		str_ncpy(st->tag, tag, sizeof(st->tag));
}


const struct sx_msg *sx_strans_msg(const struct sx_strans *st)
{
	return st ? st->msg : NULL;
}


bool sx_strans_answered(const struct sx_strans *st)
{
	return !st || st->state != PROCEEDING;
}


void sx_strans_set_handlers(struct sx_strans *st, sx_cancel_h *cancelh,
			    sx_strans_err_h *errh, void *arg)
{
	if (!st)
		return;

	st->cancelh = cancelh;
	st->errh    = errh;
	st->arg     = arg;
}


void sx_strans_detach(struct sx_strans *st)
{
	sx_strans_set_handlers(st, NULL, NULL, NULL);

	/* a 2xx is repeated by its user only */
	if (st && st->state == ACCEPTED)
		st->resp = mem_deref(st->resp);
}


int sx_strans_repeat(struct sx_strans *st)
{
	if (!st)
		return EINVAL;

	if (st->state != ACCEPTED && st->state != PROCEEDING)
		return ENOTCONN;

	count_inc(COUNT_SIP_RETRANS_TX);

	return resend(st);
}


int sx_strans_init(struct sx *sx)
{
	int err;

	err = hash_alloc(&sx->ht_strans, TABLE_SIZE);
	if (err)
		return err;

	return hash_alloc(&sx->ht_merge, TABLE_SIZE);
}


static bool close_handler(struct le *le, void *arg)
{
	(void)arg;
	terminate(le->data);

	return false;
}


void sx_strans_close(struct sx *sx)
{
	if (sx->ht_strans)
		(void)hash_apply(sx->ht_strans, close_handler, NULL);

	timer_cancel(&sx->tmr_late);
	late_handler(sx);
	sx->ht_strans = mem_deref(sx->ht_strans);
	sx->ht_merge  = mem_deref(sx->ht_merge);
}
