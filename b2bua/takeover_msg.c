/**
 * @file b2bua/takeover_msg.c  Whose is a SIP message, and how it gets there
 *
 * Ours is what belongs to a transaction or a dialog of ours.  What is not goes
 *
 *   to the newer process, if there is one: it serves what is new;
 *   to the older one, if it is a response, has a To tag, names a Call-ID that
 *   the older one has told, or replaces a dialog that we don't have.
 *
 * What comes from the newer one and is a new request after all (a client may
 * use a Call-ID again) is returned, and then served without asking anybody.
 */
#include "b2bua/leg.h"
#include "b2bua/subscribe.h"
#include "b2bua/takeover_priv.h"
#include "b2bua/transfer.h"
#include "base/count.h"
#include "base/ipc.h"
#include "base/log.h"


const char *takeover_msg_name(enum takeover_msg type)
{
	static const char *const names[] = {
#define X(id) #id,
		TAKEOVER_MSGS(X)
#undef X
	};

	return (unsigned)type < TO_MAX ? names[type] : "?";
}


/* ---- whose -------------------------------------------------------------- */

static bool replaces_ours(const struct sx_msg *msg)
{
	const struct pl *val = sx_msg_hdr(msg, SX_HDR_REPLACES, 0);
	struct replaces r;

	return val && !replaces_decode(&r, val, false) && replaces_find(&r);
}


static bool is_ours(const struct sx_msg *msg)
{
	if (sx_transaction_is_ours(server()->sx, msg))
		return true;
	if (!msg->req)
		return leg_has_dialog(&msg->callid, &msg->ftag);
	if (pl_isset(&msg->ttag))
		return leg_find(msg) || subs_has(msg);

	return replaces_ours(msg);
}


/* Of what is not ours */
static bool is_older(const struct sx_msg *msg)
{
	return !msg->req || pl_isset(&msg->ttag) ||
	       takeover_knows(&msg->callid) ||
	       sx_msg_hdr(msg, SX_HDR_REPLACES, 0);
}


/* ---- carrying ----------------------------------------------------------- */

int takeover_put_conn(struct mbuf *mb, const struct sx_conn_info *info)
{
	int err;

	err = mbuf_write_u64(mb, info->id);
	err |= mbuf_write_u32(mb, info->tp);
	err |= mbuf_write_u32(mb, info->trusted);
	err |= ipc_put_sa(mb, &info->peer);
	err |= ipc_put_sa(mb, &info->local);

	return err;
}


static int get_conn(struct sx_conn_info *info, struct mbuf *mb)
{
	uint32_t tp, trusted;

	if (ipc_get_u64(&info->id, mb) || ipc_get_u32(&tp, mb) ||
	    ipc_get_u32(&trusted, mb) || ipc_get_sa(&info->peer, mb) ||
	    ipc_get_sa(&info->local, mb) || tp >= SX_TP_MAX)
		return EBADMSG;

	info->tp      = (enum sx_tp)tp;
	info->trusted = trusted != 0;

	return 0;
}


/* A datagram has no connection: its id is 0 */
static void origin_of(struct sx_conn_info *info, const struct sx_msg *msg)
{
	memset(info, 0, sizeof(*info));
	if (msg->conn)
		sx_conn_info_get(info, msg->conn);

	info->tp    = msg->tp;
	info->peer  = msg->src;
	info->local = msg->dst;
}


static int send_message(struct ipc *i, enum takeover_msg type,
			const struct sx_conn_info *info, const struct pl *raw)
{
	struct mbuf *mb = mbuf_alloc(raw->l + 128);
	int err		= mb ? takeover_put_conn(mb, info) : ENOMEM;

	if (!err)
		err = ipc_put_mem(mb, raw->p, raw->l);

	return takeover_send(i, type, mb, err);
}


/* From the network */
static bool other_handler(const struct sx_msg *msg, void *arg)
{
	struct ipc *newer = takeover_newer(), *older = takeover_older();
	struct sx_conn_info info;
	struct ipc *i;

	(void)arg;
	if (is_ours(msg))
		return false;

	i = newer ? newer : is_older(msg) ? older : NULL;
	if (!i)
		return false;

	origin_of(&info, msg);
	count_inc(COUNT_SIP_HANDED_OVER);

	return !send_message(i, TO_MESSAGE, &info, &msg->raw);
}


static void icmp_handler(int err, const void *p, size_t n, void *arg)
{
	struct ipc *older = takeover_older();
	struct mbuf *mb	  = older ? mbuf_alloc(n + 8) : NULL;

	(void)arg;
	if (!mb)
		return;

	(void)mbuf_write_u32(mb, (uint32_t)err);
	(void)takeover_send(older, TO_ICMP, mb, ipc_put_mem(mb, p, n));
}


/* ---- connections of the other one --------------------------------------- */

static int send_id(struct ipc *i, enum takeover_msg type, uint64_t id,
		   const void *p, size_t n)
{
	struct mbuf *mb;
	int err;

	if (!i)
		return ENOTCONN;

	mb  = mbuf_alloc(n + 16);
	err = mb ? mbuf_write_u64(mb, id) : ENOMEM;
	if (!err && p)
		err = ipc_put_mem(mb, p, n);

	return takeover_send(i, type, mb, err);
}


static int older_send(uint64_t id, const void *p, size_t n, void *arg)
{
	(void)arg;
	return send_id(takeover_older(), TO_BYTES, id, p, n);
}


static void older_trust(uint64_t id, void *arg)
{
	(void)arg;
	(void)send_id(takeover_older(), TO_TRUST, id, NULL, 0);
}


static void older_close(uint64_t id, void *arg)
{
	(void)arg;
	(void)send_id(takeover_older(), TO_CLOSE, id, NULL, 0);
}


static int newer_send(uint64_t id, const void *p, size_t n, void *arg)
{
	(void)arg;
	return send_id(takeover_newer(), TO_BYTES, id, p, n);
}


static void newer_trust(uint64_t id, void *arg)
{
	(void)arg;
	(void)send_id(takeover_newer(), TO_TRUST, id, NULL, 0);
}


static void newer_close(uint64_t id, void *arg)
{
	(void)arg;
	(void)send_id(takeover_newer(), TO_CLOSE, id, NULL, 0);
}


static const struct sx_relay relay_older = {older_send, older_trust,
					    older_close, NULL};
static const struct sx_relay relay_newer = {newer_send, newer_trust,
					    newer_close, NULL};


static const struct sx_relay *relay_of(const struct ipc *i)
{
	return i == takeover_older() ? &relay_older : &relay_newer;
}


/* Ours that stands for theirs */
static int conn_for(struct sx_conn **connp, const struct ipc *i,
		    const struct sx_conn_info *info)
{
	struct sx *sx = server()->sx;

	*connp = sx_conn_relayed_find(sx, relay_of(i), info->id);

	return *connp ? 0 : sx_conn_relayed(connp, sx, info, relay_of(i));
}


void takeover_send_conn(struct ipc *i, const struct store_location *loc)
{
	const enum sx_tp tp = !strcmp(loc->transport, "tcp")   ? SX_TCP
			      : !strcmp(loc->transport, "tls") ? SX_TLS
							       : SX_UDP;
	struct sx_conn_info info;
	struct sx_conn *conn;
	struct mbuf *mb;
	struct sa sa;

	if (tp == SX_UDP || sa_decode(&sa, loc->received,
				      strlen(loc->received)))
		return;

	conn = sx_conn_find(server()->sx, tp, &sa);
	if (!conn || sx_conn_relay_id(conn))
		return;

	sx_conn_info_get(&info, conn);
	mb = mbuf_alloc(128);
	if (mb)
		(void)takeover_send(i, TO_CONN, mb,
				    takeover_put_conn(mb, &info));
}


void takeover_conn_gone(const struct sx_conn *conn)
{
	(void)send_id(takeover_newer(), TO_GONE, sx_conn_id(conn), NULL, 0);
	(void)send_id(takeover_older(), TO_GONE, sx_conn_id(conn), NULL, 0);
}


void takeover_side_gone(bool older)
{
	sx_conns_relayed_close(server()->sx,
			       older ? &relay_older : &relay_newer);
}


/* ---- from the other process --------------------------------------------- */

/* Ours after all? */
static bool peek(bool *newp, const struct pl *raw)
{
	struct sx_msg *msg;
	struct mbuf *mb = mbuf_alloc(raw->l);
	bool ours	= false;

	*newp = false;
	if (!mb)
		return true;

	(void)mbuf_write_mem(mb, (const uint8_t *)raw->p, raw->l);
	mb->pos = 0;
	if (!sx_msg_parse(&msg, mb, false)) {
		ours  = is_ours(msg);
		*newp = msg->req && !pl_isset(&msg->ttag) &&
			msg->method != SX_ACK && msg->method != SX_CANCEL;
		mem_deref(msg);
	}
	mem_deref(mb);

	return ours;
}


static int inject(const struct sx_conn_info *info, const struct pl *raw,
		  struct sx_conn *conn)
{
	const struct sx_origin o = {.tp	  = info->tp,
				    .src  = info->peer,
				    .dst  = info->local,
				    .conn = conn};

	if (info->tp != SX_UDP && !conn)
		return 0; /* gone meanwhile */

	return sx_inject(server()->sx, &o, raw->p, raw->l);
}


/* The id is that of the sender: ours, if we pass it on */
static int rx_message(struct ipc *i, struct mbuf *mb)
{
	struct ipc *newer = takeover_newer(), *older = takeover_older();
	struct sx_conn_info info;
	struct sx_conn *conn = NULL;
	struct pl raw;
	bool ours, fresh;
	int err = 0;

	if (get_conn(&info, mb) || ipc_get_pl(&raw, mb))
		return EBADMSG;

	ours = peek(&fresh, &raw);
	if (!ours && i == newer && !older && fresh)
		return send_message(newer, TO_RETURN, &info, &raw);

	if (info.id)
		err = conn_for(&conn, i, &info);
	if (err)
		return err;

	if (conn)
		info.id = sx_conn_id(conn);
	if (!ours && i == older && newer)
		return send_message(newer, TO_MESSAGE, &info, &raw);
	if (!ours && i == newer && older)
		return send_message(older, TO_MESSAGE, &info, &raw);

	return inject(&info, &raw, conn);
}


/* What we had sent to the older one: new, by all that is known.  The id is
 * ours */
static int rx_return(struct mbuf *mb)
{
	struct ipc *newer = takeover_newer();
	struct sx_conn_info info;
	struct sx_conn *conn;
	struct pl raw;

	if (get_conn(&info, mb) || ipc_get_pl(&raw, mb))
		return EBADMSG;

	conn = sx_conn_by_id(server()->sx, info.id);
	if (!newer)
		return inject(&info, &raw, conn);

	if (info.id)
		info.id = sx_conn_relay_id(conn);

	return send_message(newer, TO_RETURN, &info, &raw);
}


static int rx_icmp(struct mbuf *mb)
{
	struct pl raw;
	uint32_t err;

	if (ipc_get_u32(&err, mb) || ipc_get_pl(&raw, mb))
		return EBADMSG;

	sx_inject_icmp(server()->sx, (int)err, raw.p, raw.l);

	return 0;
}


static int rx_conn(struct ipc *i, struct mbuf *mb)
{
	struct sx_conn_info info;
	struct sx_conn *conn;

	return get_conn(&info, mb) ? EBADMSG : conn_for(&conn, i, &info);
}


/* GONE is about one of theirs, the others about one of ours */
static int rx_about(struct ipc *i, enum takeover_msg type, struct mbuf *mb)
{
	const struct sx *sx = server()->sx;
	struct sx_conn *conn;
	struct pl bytes;
	uint64_t id;

	if (ipc_get_u64(&id, mb))
		return EBADMSG;

	conn = type == TO_GONE ? sx_conn_relayed_find(sx, relay_of(i), id)
			       : sx_conn_by_id(sx, id);
	if (!conn)
		return 0; /* gone meanwhile */

	if (type == TO_TRUST)
		sx_conn_trust(conn);
	else if (type == TO_CLOSE || type == TO_GONE)
		sx_conn_end(conn);
	else if (ipc_get_pl(&bytes, mb))
		return EBADMSG;
	else
		(void)sx_conn_put(conn, bytes.p, bytes.l); /* ends by itself */

	return 0;
}


int takeover_rx_message(struct ipc *i, enum takeover_msg type,
			struct mbuf *mb)
{
	switch ((int)type) {

	case TO_MESSAGE: return rx_message(i, mb);
	case TO_RETURN: return rx_return(mb);
	case TO_ICMP: return rx_icmp(mb);
	case TO_CONN: return rx_conn(i, mb);
	case TO_BYTES:
	case TO_TRUST:
	case TO_GONE:
	case TO_CLOSE: return rx_about(i, type, mb);
	default: return EPROTO;
	}
}


void takeover_messages(bool on)
{
	sx_set_other(server()->sx, on ? other_handler : NULL,
		     on ? icmp_handler : NULL, NULL);
}
