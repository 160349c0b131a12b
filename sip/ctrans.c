/**
 * @file sip/ctrans.c  Client transactions (RFC 3261 17.1, RFC 6026)
 *
 *   INVITE   CALLING --1xx--> PROCEEDING
 *               |                 |
 *               +--2xx------------+--> ACCEPTED  --M--> gone
 *               +--3xx-6xx, ACK---+--> COMPLETED --D--> gone
 *   others   CALLING --1xx--> PROCEEDING --final--> COMPLETED --K--> gone
 *
 * (CALLING of a request other than INVITE is the RFC's Trying.)
 *
 * The branch carries 64 random bits; they are the transaction's key, so a
 * response finds its transaction without any text being hashed, and nobody who
 * has not seen the request can make one up.
 *
 * The user holds one reference (or none).  Its end makes the transaction deaf,
 * not dead: the destructor gives the object back to the table.  What a deaf
 * INVITE still gets as 2xx goes to the stray handler, for someone must ACK it.
 *
 * Timer C begins with the INVITE and anew with each provisional response above
 * 100; when it ends the call is cancelled.  A CANCEL waits for the first 1xx
 * (9.1), and what it asked to end is given up 64*T1 after it.
 */
#include <ctype.h>
#include "base/count.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/text.h"
#include "sip/stack.h"


enum {
	TABLE_SIZE  = 16384,
	TIMER_D_MIN = 32000,
};

enum state {
	CALLING,
	PROCEEDING,
	ACCEPTED,
	COMPLETED,
	TERMINATED,
};

struct sx_ctrans {
	struct le le;
	struct le le_conn;
	struct sx *sx; /* no reference; NULL at its end */
	uint64_t key;
	enum sx_method met;
	enum state state;
	bool held; /* the user has its reference */
	bool cancel_wanted;
	bool cancelled;
	char branch[BRANCH_SIZE];
	char *reason; /* for the CANCEL */

	struct sx_target dst; /* .conn: reference */
	struct mbuf *req;     /* until it is answered for good */
	struct mbuf *ack;     /* COMPLETED */
	struct timer tmr_rep; /* A, E; later C */
	struct timer tmr_end; /* B, F, D, K, M */
	uint32_t interval_ms;

	sx_response_h *resph;
	void *arg;
};


/* ---- life ------------------------------------------------------------- */

static void bury(struct sx_ctrans *ct)
{
	struct sx *sx = ct->sx;

	if (ct->state == TERMINATED)
		return;

	ct->state = TERMINATED;
	timer_cancel(&ct->tmr_rep);
	timer_cancel(&ct->tmr_end);
	hash_unlink(&ct->le);
	list_unlink(&ct->le_conn);
	--sx->nctrans;
	ct->sx = NULL;
}


/* The end; the table's reference goes, if it has one */
static void terminate(struct sx_ctrans *ct)
{
	if (ct->state == TERMINATED)
		return;

	bury(ct);
	if (!ct->held)
		mem_deref(ct);
}


static void destructor(void *data)
{
	struct sx_ctrans *ct = data;

	if (ct->held && ct->state != TERMINATED) {
		ct->held  = false;
		ct->resph = NULL;
		mem_ref(ct);
		return;
	}

	bury(ct);
	mem_deref(ct->req);
	mem_deref(ct->ack);
	mem_deref(ct->reason);
	mem_deref(ct->dst.conn);
}


static void fail(struct sx_ctrans *ct, int err)
{
	sx_response_h *resph = ct->resph;
	void *arg            = ct->arg;

	ct->resph = NULL;
	terminate(ct);
	if (resph)
		resph(err, NULL, arg);
}


static uint64_t span_ms(const struct sx *sx)
{
	return (uint64_t)sx->prm.t1_ms * SPAN_T1;
}


static bool is_udp(const struct sx_ctrans *ct)
{
	return ct->dst.tp == SX_UDP;
}


static bool is_open(const struct sx_ctrans *ct)
{
	return ct->state == CALLING || ct->state == PROCEEDING;
}


static void end_handler(void *arg)
{
	struct sx_ctrans *ct = arg;

	if (is_open(ct))
		fail(ct, ETIMEDOUT);
	else
		terminate(ct);
}


/* ---- sending ---------------------------------------------------------- */

static void attach(struct sx_ctrans *ct, struct sx_conn *conn)
{
	if (!conn)
		return;

	mem_deref(ct->dst.conn);
	ct->dst.conn = conn;

	list_unlink(&ct->le_conn);
	sx_conn_attach(conn, &ct->le_conn, ct);
}


static int transmit(struct sx_ctrans *ct, const struct mbuf *mb)
{
	struct sx_conn *conn = NULL;
	int err;

	err = sx_send_request(ct->sx, &ct->dst, &conn, mb);
	attach(ct, conn);

	return err;
}


/* Timers A and E */
static void repeat_handler(void *arg)
{
	struct sx_ctrans *ct = arg;
	bool invite          = ct->met == SX_INVITE;

	ct->interval_ms *= 2;
	if (!invite && (ct->interval_ms > T2_MS || ct->state == PROCEEDING))
		ct->interval_ms = T2_MS;

	timer_start(&ct->tmr_rep, ct->interval_ms, repeat_handler, ct);
	count_inc(COUNT_SIP_RETRANS_TX);
	(void)transmit(ct, ct->req); /* the next one, or Timer B */
}


static void timer_c_handler(void *arg)
{
	struct sx_ctrans *ct = arg;

	log_info("sip", "%J: no final response in time, cancelled",
		 &ct->dst.dst);
	(void)sx_ctrans_cancel(ct, NULL);
}


static void start(struct sx_ctrans *ct, struct sx *sx)
{
	ct->sx    = sx;
	ct->state = CALLING;
	hash_append(sx->ht_ctrans, (uint32_t)ct->key, &ct->le, ct);
	++sx->nctrans;

	timer_start(&ct->tmr_end, sx->prm.timer_b_ms, end_handler, ct);

	if (is_udp(ct)) {
		ct->interval_ms = sx->prm.t1_ms;
		timer_start(&ct->tmr_rep, ct->interval_ms, repeat_handler, ct);
	}
}


/* A transaction that is in no table yet.  key 0: a branch of its own */
static int alloc(struct sx_ctrans **ctp, const struct sx_target *dst,
		 enum sx_method met, uint64_t key, sx_response_h *resph,
		 void *arg)
{
	struct sx_ctrans *ct = mem_zalloc(sizeof(*ct), destructor);

	if (!ct)
		return ENOMEM;

	while (!key)
		rand_fill(&key, sizeof(key));

	ct->key      = key;
	ct->met      = met;
	ct->state    = TERMINATED;
	ct->resph    = resph;
	ct->arg      = arg;
	ct->dst      = *dst;
	ct->dst.conn = mem_ref(dst->conn);

	(void)re_snprintf(ct->branch, sizeof(ct->branch), SX_COOKIE "%016llx",
			  (unsigned long long)key);
	*ctp = ct;

	return 0;
}


/* Send the request, then let the transaction live: an error now is the
 * caller's alone.  Over a stream the connection may fail later */
static int launch(struct sx_ctrans *ct, struct sx *sx)
{
	struct sx_conn *conn = NULL;
	int err;

	err = sx_send_request(sx, &ct->dst, &conn, ct->req);
	if (err)
		return err;

	start(ct, sx);
	attach(ct, conn);

	return 0;
}


int sx_request(struct sx_ctrans **ctp, struct sx *sx,
	       const struct sx_target *dst, enum sx_method met,
	       const char *ruri, const struct mbuf *mb, sx_response_h *resph,
	       void *arg)
{
	struct sx_ctrans *ct;
	int err;

	if (!sx || !dst || !ruri || !mb || !met || met == SX_ACK)
		return EINVAL;

	err = alloc(&ct, dst, met, 0, resph, arg);
	if (err)
		return err;

	err = sx_request_write(&ct->req, sx, dst, sx_method_name(met), ruri,
			       ct->branch, mb);
	if (!err)
		err = launch(ct, sx);

	if (err) {
		mem_deref(ct);
		return err;
	}

	ct->held = ctp != NULL;
	if (ctp)
		*ctp = ct;

	return 0;
}


void sx_ctrans_set_timers(struct sx_ctrans *ct, uint32_t t1_ms,
			  uint32_t b_ms)
{
	if (!ct || ct->state != CALLING || !t1_ms)
		return;

	timer_start(&ct->tmr_end, b_ms ? b_ms : (uint64_t)t1_ms * SPAN_T1,
		    end_handler, ct);

	if (is_udp(ct)) {
		ct->interval_ms = t1_ms;
		timer_start(&ct->tmr_rep, ct->interval_ms, repeat_handler, ct);
	}
}


void sx_ctrans_set_handler(struct sx_ctrans *ct, sx_response_h *resph,
			   void *arg)
{
	if (!ct)
		return;

	ct->resph = resph;
	ct->arg	  = arg;
}


/* ---- CANCEL ----------------------------------------------------------- */

static int cancel_send(struct sx_ctrans *ct)
{
	struct sx *sx = ct->sx;
	struct sx_ctrans *cc;
	int err;

	ct->cancelled = true;
	timer_cancel(&ct->tmr_rep);
	timer_start(&ct->tmr_end, span_ms(sx), end_handler, ct);

	err = alloc(&cc, &ct->dst, SX_CANCEL, ct->key, NULL, NULL);
	if (err)
		return err;

	err = sx_follow_write(&cc->req, ct->req, "CANCEL", NULL, ct->reason);
	if (!err)
		err = launch(cc, sx);
	if (err)
		mem_deref(cc);

	return err;
}


int sx_ctrans_cancel(struct sx_ctrans *ct, const char *reason)
{
	if (!ct || ct->met != SX_INVITE)
		return EINVAL;

	if (!is_open(ct))
		return EALREADY;

	if (ct->cancel_wanted)
		return 0;

	ct->cancel_wanted = true;
	if (reason) {
		int err = str_dup(&ct->reason, reason);

		if (err)
			return err;
	}

	/* no CANCEL before a 1xx (RFC 3261 9.1): the wish is kept */
	return ct->state == PROCEEDING ? cancel_send(ct) : 0;
}


/* ---- responses -------------------------------------------------------- */

static void report(struct sx_ctrans *ct, const struct sx_msg *msg)
{
	if (ct->resph)
		ct->resph(0, msg, ct->arg);
}


static void provisional(struct sx_ctrans *ct, const struct sx_msg *msg)
{
	bool first = ct->state == CALLING;

	ct->state = PROCEEDING;

	if (ct->met != SX_INVITE) {
		report(ct, msg);
		return;
	}

	if (first)
		timer_cancel(&ct->tmr_end); /* B; from now on C */

	if (ct->cancel_wanted && !ct->cancelled)
		(void)cancel_send(ct); /* its end comes after 64*T1 anyway */
	else if (!ct->cancelled && (first || msg->scode > 100))
		timer_start(&ct->tmr_rep, ct->sx->prm.timer_c_ms,
			    timer_c_handler, ct);

	report(ct, msg);
}


static void accepted(struct sx_ctrans *ct, const struct sx_msg *msg)
{
	if (ct->state != ACCEPTED) {
		ct->state = ACCEPTED;
		ct->req   = mem_deref(ct->req);
		timer_cancel(&ct->tmr_rep);
		timer_start(&ct->tmr_end, span_ms(ct->sx), end_handler, ct);
	}

	if (ct->resph) {
		ct->resph(0, msg, ct->arg);
	}
	else {
		count_inc(COUNT_SIP_STRAY_RESP);
		if (ct->sx->strayh)
			ct->sx->strayh(msg, ct->sx->arg);
	}
}


/* The peer repeats its final until an ACK gets through: where there was no
 * memory for one, the INVITE stays to write it from */
static void send_ack(struct sx_ctrans *ct, const struct sx_msg *msg)
{
	if (!ct->ack && !sx_follow_write(&ct->ack, ct->req, "ACK", msg, NULL))
		ct->req = mem_deref(ct->req);
	if (ct->ack)
		(void)transmit(ct, ct->ack);
}


static void wait_end(struct sx_ctrans *ct, uint64_t ms)
{
	timer_cancel(&ct->tmr_rep);
	timer_start(&ct->tmr_end, is_udp(ct) ? ms : 0, end_handler, ct);
}


static void failed_invite(struct sx_ctrans *ct, const struct sx_msg *msg)
{
	uint64_t d = max(span_ms(ct->sx), (uint64_t)TIMER_D_MIN);

	ct->state = COMPLETED;

	send_ack(ct, msg);
	wait_end(ct, d);
	report(ct, msg);
}


static void final_other(struct sx_ctrans *ct, const struct sx_msg *msg)
{
	ct->state = COMPLETED;
	ct->req   = mem_deref(ct->req);

	wait_end(ct, T4_MS);
	report(ct, msg);
}


static void response(struct sx_ctrans *ct, const struct sx_msg *msg)
{
	bool invite = ct->met == SX_INVITE;

	if (is_open(ct)) {
		if (msg->scode < 200)
			provisional(ct, msg);
		else if (!invite)
			final_other(ct, msg);
		else if (msg->scode < 300)
			accepted(ct, msg);
		else
			failed_invite(ct, msg);
	}
	else if (ct->state == ACCEPTED && msg->scode / 100 == 2) {
		accepted(ct, msg);
	}
	else {
		count_inc(COUNT_SIP_RETRANS_RX);
		if (ct->state == COMPLETED && msg->scode >= 300)
			send_ack(ct, msg);
	}
}


/* The 64 bits of one of our branches; 0 if it is none */
static uint64_t branch_key(const char *p, size_t n)
{
	const size_t skip = sizeof(SX_COOKIE) - 1;
	uint64_t key      = 0;

	if (n != skip + BRANCH_DIGITS || strncasecmp(p, SX_COOKIE, skip))
		return 0;

	for (size_t i = skip; i < n; i++) {
		if (!isxdigit((unsigned char)p[i]))
			return 0;

		key = key << 4 | ch_hex(p[i]);
	}

	return key;
}


static struct sx_ctrans *find(const struct sx *sx, uint64_t key, bool cancel)
{
	struct le *le;

	if (!key)
		return NULL;

	LIST_FOREACH (hash_list(sx->ht_ctrans, (uint32_t)key), le) {
		struct sx_ctrans *ct = le->data;

		if (ct->key == key && (ct->met == SX_CANCEL) == cancel)
			return ct;
	}

	return NULL;
}


bool sx_waits_for(const struct sx *sx, const struct pl *branch)
{
	uint64_t key = sx && branch ? branch_key(branch->p, branch->l) : 0;

	return find(sx, key, false) || find(sx, key, true);
}


void sx_ctrans_recv(struct sx *sx, const struct sx_msg *msg)
{
	struct sx_ctrans *ct;

	ct = find(sx, branch_key(msg->via.branch.p, msg->via.branch.l),
		  msg->cseq_method == SX_CANCEL);

	/* more than one Via: it was meant for another (8.1.3.3) */
	if (!ct || ct->met != msg->cseq_method || msg->nvia > 1) {
		count_inc(COUNT_SIP_STRAY_RESP);
		if (sx->strayh && msg->nvia <= 1)
			sx->strayh(msg, sx->arg);
		return;
	}

	/* the handler may give up its reference */
	mem_ref(ct);
	response(ct, msg);
	mem_deref(ct);
}


/* The branch in the first bytes of one of our own requests */
bool sx_ctrans_icmp(struct sx *sx, int err, const void *p, size_t n)
{
	static const char mark[] = ";branch=";
	const size_t len         = sizeof(SX_COOKIE) - 1 + BRANCH_DIGITS;
	struct sx_ctrans *ct;
	const char *s;
	bool cancel;

	s = memmem(p, n, mark, sizeof(mark) - 1);
	if (!s)
		return false;

	s += sizeof(mark) - 1;
	if ((size_t)(s - (const char *)p) + len > n)
		return false;

	cancel = n > 7 && !memcmp(p, "CANCEL ", 7);
	ct     = find(sx, branch_key(s, len), cancel);
	if (!ct || !is_udp(ct) || ct->state != CALLING)
		return ct != NULL;

	log_debug("sip", "%J: %m", &ct->dst.dst, err);
	fail(ct, err);

	return true;
}


static bool busy_handler(struct le *le, void *arg)
{
	const struct sx_ctrans *ct = le->data;

	(void)arg;

	return ct->state == CALLING || ct->state == PROCEEDING;
}


bool sx_ctrans_busy(const struct sx *sx)
{
	return hash_apply(sx->ht_ctrans, busy_handler, NULL) != NULL;
}


/* Once the peer has answered, it may go on by another connection; a request
 * without any answer has failed */
void sx_ctrans_conn_lost(struct sx_ctrans *ct, int err)
{
	if (ct->state == CALLING)
		fail(ct, err);
}


/* ---- what users ask --------------------------------------------------- */

const char *sx_ctrans_branch(const struct sx_ctrans *ct)
{
	return ct ? ct->branch : NULL;
}


const struct sx_target *sx_ctrans_target(const struct sx_ctrans *ct)
{
	return ct ? &ct->dst : NULL;
}


/* ---- table ------------------------------------------------------------ */

int sx_ctrans_init(struct sx *sx)
{
	return hash_alloc(&sx->ht_ctrans, TABLE_SIZE);
}


static bool close_handler(struct le *le, void *arg)
{
	struct sx_ctrans *ct = le->data;

	(void)arg;
	ct->resph = NULL;
	terminate(ct);

	return false;
}


void sx_ctrans_close(struct sx *sx)
{
	if (sx->ht_ctrans)
		(void)hash_apply(sx->ht_ctrans, close_handler, NULL);

	sx->ht_ctrans = mem_deref(sx->ht_ctrans);
}
