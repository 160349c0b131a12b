/**
 * @file sip/stack.c  The SIP stack: birth, end, and the way of a message in
 */
#include "sip/stack.h"
#include "base/count.h"
#include "base/log.h"
#include "base/rand.h"
#include "sip/sane.h"


/* clang-format off */
static const struct sx_params defaults = {
	.t1_ms           = 500,
	.timer_b_ms      = 32000,
	.timer_c_ms      = 180000,
	.max_strans      = 20000,
	.max_conns       = 1000,
	.max_conns_ip    = 64,
	.auth_timeout_ms = 30000,
	.idle_ms         = 900000,
};
/* clang-format on */


static void destructor(void *data)
{
	struct sx *sx = data;

	/* nobody is told any more */
	sx->connh  = NULL;
	sx->strayh = NULL;

	sx_queue_close(sx);
	sx_ctrans_close(sx);
	sx_strans_close(sx);
	sx_streams_close(sx);

	while (sx->lisl.head)
		sx_listener_close(sx->lisl.head->data);

	list_flush(&sx->closedl);
	mem_deref(sx->batch);
	mem_deref(sx->tls);
	mem_deref(sx->agent);
}


static void params_fill(struct sx_params *prm)
{
	uint32_t *v[]       = {&prm->t1_ms,       &prm->timer_b_ms,
			       &prm->timer_c_ms,  &prm->max_strans,
			       &prm->max_conns,   &prm->max_conns_ip,
			       &prm->auth_timeout_ms, &prm->idle_ms};
	const uint32_t dv[] = {defaults.t1_ms,       defaults.timer_b_ms,
			       defaults.timer_c_ms,  defaults.max_strans,
			       defaults.max_conns,   defaults.max_conns_ip,
			       defaults.auth_timeout_ms, defaults.idle_ms};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		if (!*v[i])
			*v[i] = dv[i];
	}

	prm->agent = NULL;
}


int sx_alloc(struct sx **sxp, const struct sx_params *prm, sx_request_h *reqh,
	     void *arg)
{
	struct sx *sx;
	int err;

	if (!sxp || !reqh)
		return EINVAL;

	sx = mem_zalloc(sizeof(*sx), destructor);
	if (!sx)
		return ENOMEM;

	sx->spare_fd = -1;
	sx->prm      = prm ? *prm : defaults;
	params_fill(&sx->prm);
	sx->reqh = reqh;
	sx->arg  = arg;

	err = sx_queue_init(sx);
	if (err)
		goto out;

	err = sx_strans_init(sx);
	if (err)
		goto out;

	err = sx_ctrans_init(sx);
	if (err)
		goto out;

	err = sx_streams_init(sx);
	if (err)
		goto out;

	if (prm && prm->agent)
		err = str_dup(&sx->agent, prm->agent);

out:
	if (err)
		mem_deref(sx);
	else
		*sxp = sx;

	return err;
}


void sx_set_stray(struct sx *sx, sx_stray_h *h)
{
	if (sx)
		sx->strayh = h;
}


void sx_set_conn(struct sx *sx, sx_conn_h *h)
{
	if (sx)
		sx->connh = h;
}


void sx_set_trace(struct sx *sx, sx_trace_h *h)
{
	if (sx)
		sx->traceh = h;
}


void sx_set_guard(struct sx *sx, sx_guard_h *h)
{
	if (sx)
		sx->guardh = h;
}


void sx_set_bad(struct sx *sx, sx_bad_h *h)
{
	if (sx)
		sx->badh = h;
}


void sx_set_stranger(struct sx *sx, sx_stranger_h *h)
{
	if (sx)
		sx->strangerh = h;
}


void sx_set_public(struct sx *sx, sx_public_h *h)
{
	if (sx)
		sx->pubh = h;
}


void sx_set_rport(struct sx *sx, sx_rport_h *h)
{
	if (sx)
		sx->rporth = h;
}


void sx_trace(const struct sx *sx, bool tx, enum sx_tp tp,
	      const struct sa *local, const struct sa *peer, const void *p,
	      size_t n)
{
	if (sx->traceh)
		sx->traceh(tx, tp, local, peer, p, n, sx->arg);
}


bool sx_guard(const struct sx *sx, enum sx_tp tp, const struct sa *src,
	      const void *p, size_t n)
{
	return !sx->guardh || sx->guardh(tp, src, p, n, sx->arg);
}


void sx_bad(const struct sx *sx, enum sx_tp tp, const struct sa *src,
	    const char *why)
{
	count_inc(COUNT_SIP_BAD);

	if (sx->badh)
		sx->badh(tp, src, why, sx->arg);
}


void sx_addr_text(char buf[ADDR_TEXT], const struct sa *sa)
{
	char host[INET6_ADDRSTRLEN] = "";
	bool six                    = sa_af(sa) == AF_INET6;

	if (!inet_ntop(sa_af(sa),
		       six ? (const void *)&sa->u.in6.sin6_addr
			   : (const void *)&sa->u.in.sin_addr,
		       host, sizeof(host)))
		host[0] = '\0';

	(void)re_snprintf(buf, ADDR_TEXT, six ? "[%s]:%u" : "%s:%u", host,
			  sa_port(sa));
}


void sx_msg_origin(struct sx_msg *msg, struct sx_listener *lis,
		   struct sx_conn *conn, const struct sa *src,
		   const struct sa *dst)
{
	msg->lis = lis;
	msg->src = *src;
	msg->dst = *dst;

	if (conn)
		msg->conn = mem_ref(conn);
}


static void answer_insane(struct sx *sx, const struct sx_msg *msg,
			  const struct sx_verdict *v)
{
	sx_bad(sx, msg->tp, &msg->src,
	       v->reason ? v->reason : "a malformed message");

	log_debug("sip", "%J: %s: %u %s", &msg->src,
		  v->drop ? "dropped" : "refused", v->scode, v->reason);

	if (v->drop || !msg->req || msg->method == SX_ACK)
		return;

	/* printed through %s: a verdict may hold what the peer wrote */
	if (!sx_reply_stateless(sx, msg, v->scode, v->reason, "%s", v->hdr))
		count_inc(COUNT_SIP_BAD_ANSWERED);
}


void sx_receive(struct sx *sx, struct sx_msg *msg)
{
	struct sx_verdict v = {0};

	count_inc(COUNT_SIP_RX);

	sx_sane(&v, msg);

	if (v.scode || v.drop)
		answer_insane(sx, msg, &v);
	else if (!sx->injecting && sx->otherh &&
		 sx->otherh(msg, sx->other_arg))
		return;
	else if (msg->req && sx_queue_put(sx, msg))
		return;
	else if (msg->req)
		sx_strans_recv(sx, msg);
	else
		sx_ctrans_recv(sx, msg);
}


void sx_get_stats(const struct sx *sx, struct sx_stats *stats)
{
	if (!stats)
		return;

	*stats = (struct sx_stats){0};
	if (!sx)
		return;

	stats->nstrans = sx->nstrans;
	stats->nctrans = sx->nctrans;
	stats->nconns  = sx->nconns;
}


int sx_debug(struct re_printf *pf, const struct sx *sx)
{
	struct le *le;
	int err;

	if (!sx)
		return 0;

	err = re_hprintf(pf, "transactions: %u server (%u waiting), "
			     "%u client\n",
			 sx->nstrans, sx->nwait, sx->nctrans);

	LIST_FOREACH (&sx->lisl, le) {
		const struct sx_listener *lis = le->data;

		err |= re_hprintf(pf, "listener: %s %J\n",
				  sx_tp_name(lis->tp), &lis->addr);
	}

	return err | sx_conns_debug(pf, sx);
}
