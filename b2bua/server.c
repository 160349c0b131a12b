/**
 * @file b2bua/server.c  Start and stop of everything that serves calls
 */
#include "b2bua/call.h"
#include "b2bua/fraud.h"
#include "b2bua/guard.h"
#include "b2bua/health.h"
#include "b2bua/devstate.h"
#include "b2bua/listeners.h"
#include "b2bua/location.h"
#include "b2bua/mwi.h"
#include "b2bua/park.h"
#include "b2bua/register_out.h"
#include "b2bua/queue.h"
#include "b2bua/server_priv.h"
#include "b2bua/subscribe.h"
#include "b2bua/takeover.h"
#include "b2bua/trunk.h"
#include "base/chan.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/proc.h"
#include "base/text.h"
#include "media/media.h"
#include "routing/overlay.h"
#include "sip/rport.h"
#include "store/store.h"

enum {
	NONCE_TTL_S	= 60,
	STORE_WAIT_MS	= 5000,
	MEDIA_WAIT_MS	= 5000,
};

const char server_allow[] =
	"INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, "
	"SUBSCRIBE, NOTIFY";

static struct server *srv;

static struct {
	server_trace_h *h;
	bool on, one;
	struct sa addr;
} trace;


struct server *server(void)
{
	return srv;
}


/* ---- what the SIP layer asks -------------------------------------------- */

static void request_handler(struct sx_strans *st, const struct sx_msg *msg,
			    void *arg)
{
	struct leg *leg;

	(void)arg;

	if (msg->surplus && !guard_is_stranger(&msg->src, NULL))
		nat_note_bad(&msg->src, "more bytes than Content-Length says");

	if (!msg->ttag.l) {
		if (st)
			inbound_request(st, msg);
		else
			count_inc(COUNT_SIP_STRAY_REQ);
		return;
	}

	leg = leg_find(msg);
	if (leg) {
		leg_request(leg, st, msg);
		return;
	}

	if (subs_in_dialog(st, msg))
		return;

	count_inc(COUNT_SIP_STRAY_REQ);
	if (st)
		(void)sx_reply_stateless(srv->sx, msg, 481, NULL, NULL);
}


/* nat=force_rport, or auto and the Via names another host than the source */
static bool rport_handler(const struct sx_msg *msg, void *arg)
{
	const struct peer *peer = NULL;
	struct sa via;

	(void)arg;

	/* where an answer goes must not tell whether a name exists */
	if (!guard_is_stranger(&msg->src, NULL))
		peer = inbound_sender(msg);
	if (!peer)
		peer = srv->cfg->defaults;
	if (peer->nat & NAT_FORCE_RPORT)
		return true;
	if (!(peer->nat & NAT_AUTO_FORCE_RPORT))
		return false;

	return sa_set(&via, &msg->via.host, 0) ||
	       !sa_cmp(&via, &msg->src, SA_ADDR);
}


static void stray_handler(const struct sx_msg *msg, void *arg)
{
	(void)arg;
	leg_stray_response(msg);
}


static void bad_handler(enum sx_tp tp, const struct sa *src, const char *why,
			void *arg)
{
	guard_bad(tp, src, why, arg);
	if (!guard_is_stranger(src, NULL))
		nat_note_bad(src, why);
}


static void conn_handler(struct sx_conn *conn, void *arg)
{
	(void)arg;
	location_conn_gone(conn);
	takeover_conn_gone(conn);
}


const char *server_realm(const struct sx_msg *msg)
{
	const struct general *g = &srv->cfg->general;

	if (g->domainsasrealm) {
		for (struct le *le = list_head(&g->domains); le;
		     le = le->next) {
			const struct config_domain *d = le->data;

			if (!pl_strcasecmp(&msg->to.uri.host, d->name) ||
			    !pl_strcasecmp(&msg->from.uri.host, d->name))
				return d->name;
		}
	}

	return g->realm ? g->realm : "tandem";
}


int server_challenge(struct sx_strans *st, const struct sx_msg *msg,
		     bool stale)
{
	struct mbuf *mb = mbuf_alloc(512);
	int err;

	if (!mb)
		return ENOMEM;

	/* phones of today stumble on a SHA-256 challenge even where MD5 stands
	 * beside it (libre 1.1.0 gives up).  What is offered must not tell one
	 * peer from another */
	err = sx_uas_auth_challenge(srv->auth, mb, msg, server_realm(msg),
				    stale, srv->sha256);
	if (!err) {
		count_inc(COUNT_SIP_CHALLENGED);
		mb->pos = 0;

		/* who has shown no password is worth no memory; a dialog has
		 * its ACKs to tell apart */
		if (msg->ttag.l)
			err = sx_reply_body(st, 401, NULL, mb, NULL, NULL);
		else
			err = sx_reply_stateless(srv->sx, msg, 401, NULL,
						 "%b", mb->buf, mb->end);
	}

	mem_deref(mb);
	return err;
}


/* ---- what the guard asks ------------------------------------------------ */

static bool has_dialog(const struct pl *callid, const struct pl *tag)
{
	return leg_has_dialog(callid, tag) || takeover_knows(callid);
}


static bool waits_for(const struct pl *branch)
{
	return sx_waits_for(srv->sx, branch);
}


static bool nonce_is_ours(const struct sa *src, const struct pl *realm,
			  const struct pl *nonce)
{
	return sx_uas_auth_is_ours(srv->auth, src, realm, nonce);
}


static int start_guard(void)
{
	static const struct guard_hooks hooks = {has_dialog, waits_for,
						 nonce_is_ours};
	int err = guard_init(&hooks, location_ident_addr);

	if (err)
		return err;

	sx_set_guard(srv->sx, guard_packet);
	sx_set_bad(srv->sx, bad_handler);
	sx_set_stranger(srv->sx, guard_is_stranger);

	return 0;
}


/* ---- traces ------------------------------------------------------------- */

static void trace_handler(bool tx, enum sx_tp tp, const struct sa *local,
			  const struct sa *peer, const uint8_t *p, size_t n,
			  void *arg)
{
	struct mbuf *mb;
	char head[160];
	int len;

	(void)arg;
	(void)local;

	if (!trace.on || !trace.h ||
	    (trace.one && !sa_cmp(&trace.addr, peer, SA_ADDR)))
		return;

	len = re_snprintf(head, sizeof(head), "\n<--- %s %s %J --->\n",
			  tx ? "sent over" : "received over", sx_tp_name(tp),
			  peer);
	if (len > 0)
		trace.h(head, (size_t)len);
	mb = mbuf_alloc(n + 1);
	if (mb && !crypto_hide(mb, (const char *)p, n))
		trace.h((const char *)mb->buf, mb->end);
	mem_deref(mb);
}


void server_trace(bool on, const struct sa *addr, server_trace_h *h)
{
	trace.on  = on;
	trace.h	  = h;
	trace.one = addr != NULL;
	if (addr)
		trace.addr = *addr;

	if (srv && srv->sx)
		sx_set_trace(srv->sx, on ? trace_handler : NULL);
}


/* sipdebug=yes: into the log, line by line */
static void trace_log(const char *text, size_t n)
{
	struct pl rest = {text, n}, line;

	while (pl_next(&line, &rest, '\n')) {
		line = pl_trim(line);
		if (line.l)
			log_info("sip", "%r", &line);
	}
}


void server_trace_config(const struct general *g)
{
	if (g->sipdebug && !trace.on)
		server_trace(true, NULL, trace_log);
	else if (!g->sipdebug && trace.h == trace_log)
		server_trace(false, NULL, NULL);
}


/* ---- start and stop ----------------------------------------------------- */

static int start_media(const struct config *cfg)
{
	struct media_params prm;
	char path[1024];
	int err;

	err = server_media_params(&prm, path, sizeof(path), cfg);

	return err ? err : media_init(&prm);
}


static int start_sip(const struct config *cfg)
{
	struct sx_params prm = {
		.t1_ms		 = 500,
		.timer_b_ms	 = 32000,
		.timer_c_ms	 = 180000,
		.agent		 = cfg->general.useragent,
		.max_strans	 = 20000,
		.max_conns	 = 1000,
		.max_conns_ip	 = 64,
		.auth_timeout_ms = cfg->general.tcpauthtimeout_s * 1000,
		.idle_ms	 = 900000,
	};
	int err;

	err = sx_alloc(&srv->sx, &prm, request_handler, NULL);
	if (err)
		return err;

	sx_set_stray(srv->sx, stray_handler);
	sx_set_conn(srv->sx, conn_handler);
	sx_set_public(srv->sx, nat_public);
	sx_set_rport(srv->sx, rport_handler);
	err = sx_resolver_alloc(&srv->resolver);
	if (!err)
		err = sx_uas_auth_alloc(&srv->auth, NONCE_TTL_S);

	return err;
}


/* The store's thread, to ours */
static void fresh_file(void *arg)
{
	struct server *s = arg;

	if (!atomic_exchange(&s->rewrite_sent, true))
		chan_send_always(s->rewrite, &s->rewrite_msg);
}


static void rewrite_handler(struct chan_msg *msg, void *arg)
{
	struct server *s = arg;

	(void)msg;
	atomic_store(&s->rewrite_sent, false);
	log_notice("registrar", "%u registrations are written into the new "
		   "file", location_store_all());
}


static int start_store(const struct config *cfg, struct mbuf *why)
{
	char path[1024];
	int err;

	if (re_snprintf(path, sizeof(path), "%s/tandem.db",
			cfg->dirs.state ? cfg->dirs.state : ".") < 0)
		return ENAMETOOLONG;

	err = chan_alloc(&srv->rewrite, 0, rewrite_handler, srv);
	if (err)
		return err;

	store_set_fresh(fresh_file, srv);
	err = store_open(path, why);

	return err ? err : store_interrupted(takeover_runs());
}


static void destructor(void *data)
{
	struct server *s = data;

	timer_cancel(&s->settle);
	mem_deref(s->ident);
	mem_deref(s->plan);
	mem_deref(s->overlay);
	mem_deref(s->globals);
	mem_deref(s->auth);
	mem_deref(s->resolver);
	mem_deref(s->sx);
	mem_deref(s->cfg);
}


int server_start(struct config *cfg, struct mbuf *why)
{
	int err;

	srv = mem_zalloc(sizeof(*srv), destructor);
	if (!srv)
		return ENOMEM;

	srv->started_ms = clock_ms();
	srv->cfg	= mem_ref(cfg);
	if (overlay_alloc(&srv->overlay)) {
		srv = mem_deref(srv);
		return ENOMEM;
	}

	err = start_store(cfg, why);
	if (err)
		goto out;

	err = start_media(cfg);
	if (err) {
		(void)mbuf_printf(why, "media: %m", err);
		goto out;
	}

	err = start_sip(cfg);
	if (!err)
		err = location_init();
	if (!err)
		err = start_guard();
	if (!err)
		err = fraud_init();
	health_init();
	if (!err)
		err = calls_init(srv);
	if (!err)
		err = devstate_init();
	if (!err)
		err = park_init();
	if (!err)
		err = queues_init();
	if (!err)
		err = mwi_init();
	if (!err)
		err = subs_init();
	/* whom we take over from knows them better */
	if (!err && !takeover_has_older())
		err = location_load(cfg);
	if (err) {
		(void)mbuf_printf(why, "start: %m", err);
		goto out;
	}

	if (cfg->dirs.spool)
		(void)media_repair(cfg->dirs.spool);

	err = server_first_config(cfg, why);

out:
	if (err)
		server_stop();
	return err;
}


void server_stop(void)
{
	if (!srv)
		return;

	register_close();
	subs_close();
	calls_close();
	queues_close();
	proc_close();
	fraud_close();
	health_close();
	trunk_close();
	media_close(MEDIA_WAIT_MS);
	store_set_fresh(NULL, NULL);
	srv->rewrite = mem_deref(srv->rewrite);
	location_close();
	guard_close();
	mwi_close();
	park_close();
	devstate_close();
	nat_close();
	legs_close();
	store_close(STORE_WAIT_MS);
	listeners_close();
	srv = mem_deref(srv);
}


void server_end_calls(void)
{
	struct le *le = list_head(calls_list());

	srv->draining = true;
	while (le) {
		struct call *call = le->data;

		le = le->next;
		call_end(call, 0);
	}
}
