/**
 * @file b2bua/server.c  Start, reload and stop of everything that serves calls
 */
#include <sched.h>
#include <unistd.h>
#include "b2bua/call.h"
#include "b2bua/fraud.h"
#include "b2bua/guard.h"
#include "b2bua/devstate.h"
#include "b2bua/hint.h"
#include "b2bua/location.h"
#include "b2bua/mwi.h"
#include "b2bua/regexten.h"
#include "b2bua/register_out.h"
#include "b2bua/server.h"
#include "b2bua/subscribe.h"
#include "b2bua/transp.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/proc.h"
#include "base/text.h"
#include "media/media.h"
#include "routing/dialplan.h"
#include "routing/ident.h"
#include "routing/overlay.h"
#include "routing/vars.h"
#include "sip/rport.h"
#include "store/store.h"

enum {
	NONCE_TTL_S	= 60,
	PORT_REST_MS	= 5000,
	THREADS_MAX	= 64, /* media/media.h */
	LISTENERS	= 6, /* UDP, TCP, TLS; again over IPv4 for "::" */
	TRANSPORTS	= 3,
	STORE_WAIT_MS	= 5000,
	MEDIA_WAIT_MS	= 5000,
};

const char server_allow[] =
	"INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, "
	"SUBSCRIBE, NOTIFY";

static struct server *srv;

static struct {
	struct sx_listener *v[LISTENERS];
	struct sa addr[LISTENERS];
} lis;

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


static void conn_handler(struct sx_conn *conn, void *arg)
{
	(void)arg;
	location_conn_gone(conn);
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
	static const struct guard_hooks hooks = {leg_has_dialog, waits_for,
						 nonce_is_ours};
	int err = guard_init(&hooks, location_ident_addr);

	if (err)
		return err;

	sx_set_guard(srv->sx, guard_packet);
	sx_set_bad(srv->sx, guard_bad);
	sx_set_stranger(srv->sx, guard_is_stranger);

	return 0;
}


/* ---- traces ------------------------------------------------------------- */

static void trace_handler(bool tx, enum sx_tp tp, const struct sa *local,
			  const struct sa *peer, const uint8_t *p, size_t n,
			  void *arg)
{
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
	trace.h((const char *)p, n);
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


static void trace_config(const struct general *g)
{
	if (g->sipdebug && !trace.on)
		server_trace(true, NULL, trace_log);
	else if (!g->sipdebug && trace.h == trace_log)
		server_trace(false, NULL, NULL);
}


/* ---- listeners ---------------------------------------------------------- */

static void wanted(const struct config *cfg, struct sa v[LISTENERS])
{
	const struct general *g = &cfg->general;

	for (size_t i = 0; i < LISTENERS; i++)
		sa_init(&v[i], AF_UNSPEC);

	if (sa_af(&g->udp) != AF_UNSPEC)
		v[SX_UDP] = g->udp;
	if (g->tcpenable)
		v[SX_TCP] = g->tcp;
	if (g->tlsenable)
		v[SX_TLS] = g->tls;

	/* "::" means everything, but an IPv6 socket takes IPv6 alone */
	for (size_t i = 0; i < TRANSPORTS; i++) {
		if (sa_af(&v[i]) == AF_INET6 && sa_is_any(&v[i]))
			(void)sa_set_str(&v[i + TRANSPORTS], "0.0.0.0",
					 sa_port(&v[i]));
	}
}


static enum sx_tp listener_tp(size_t i)
{
	return (enum sx_tp)(i % TRANSPORTS);
}


static bool same_listener(const struct sa *a, const struct sa *b)
{
	if (sa_af(a) != sa_af(b))
		return false;

	return sa_af(a) == AF_UNSPEC || sa_cmp(a, b, SA_ALL);
}


static int set_tls(const struct config *cfg, struct mbuf *why)
{
	const struct general *g = &cfg->general;
	struct sx_tls_params prm = {
		.cert	= g->tlscertfile,
		.key	= g->tlsprivatekey,
		.cafile = g->tlscafile,
		.capath = g->tlscapath,
		.ciphers = g->tlscipher,
		.verify = !g->tlsdontverifyserver,
	};

	return sx_set_tls(srv->sx, &prm, why);
}


static void set_wire(const struct general *g)
{
	const struct sx_wire wire = {
		.agent		 = g->useragent,
		.compact	 = g->compactheaders,
		.tos		 = g->tos_sip,
		.max_strangers	 = g->tcpauthlimit,
		.auth_timeout_ms = g->tcpauthtimeout_s * 1000,
	};

	if (sx_set_wire(srv->sx, &wire))
		log_warning("sip", "useragent= not taken: no memory");
}


/* Does anybody speak TLS, be it only toward others? */
static bool needs_tls(const struct config *cfg)
{
	struct le *le;

	if (cfg->general.tlsenable)
		return true;

	for (le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;

		if (transp_peer_tp(peer) == SX_TLS)
			return true;
	}

	for (le = list_head(&cfg->regs); le; le = le->next) {
		const struct reg_line *line = le->data;

		if (line->transp == CONFIG_TLS)
			return true;
	}

	return false;
}


/* Open what is new, then close what is gone: a port that is taken leaves the
 * old ones alone */
static int listen_all(const struct config *cfg, struct mbuf *why)
{
	struct sx_listener *fresh[LISTENERS] = {0};
	struct sa want[LISTENERS];
	int err = 0;

	wanted(cfg, want);
	if (needs_tls(cfg))
		err = set_tls(cfg, why);
	if (err)
		return err;

	for (int i = 0; i < LISTENERS; i++) {
		if (same_listener(&want[i], &lis.addr[i]) ||
		    sa_af(&want[i]) == AF_UNSPEC)
			continue;

		err = sx_listen(srv->sx, &fresh[i], listener_tp((size_t)i),
				&want[i]);
		if (!err)
			continue;

		(void)mbuf_printf(why, "cannot listen on %s %J: %m",
				  sx_tp_name(listener_tp((size_t)i)), &want[i],
				  err);
		while (i--)
			if (fresh[i])
				sx_listener_close(fresh[i]);
		return err;
	}

	for (int i = 0; i < LISTENERS; i++) {
		if (same_listener(&want[i], &lis.addr[i]))
			continue;
		if (lis.v[i])
			sx_listener_close(lis.v[i]);
		lis.v[i]    = fresh[i];
		lis.addr[i] = want[i];
		if (fresh[i])
			log_info("sip", "listening on %s %J",
				 sx_tp_name(listener_tp((size_t)i)),
				 sx_listener_addr(fresh[i]));
	}

	return 0;
}


/* ---- snapshots ---------------------------------------------------------- */

static void plan_warning(const char *text, void *arg)
{
	(void)arg;
	log_warning("dialplan", "%s", text);
}


static int sound_path(char *buf, size_t n, const struct config *cfg)
{
	const struct dirs *d = &cfg->dirs;

	/* what Record() has made can be played by the same name */
	return re_snprintf(buf, n, "%s:%s/recordings:/var/lib/asterisk/sounds",
			   d->sounds ? d->sounds : ".",
			   d->spool ? d->spool : ".") < 0
		       ? ENOBUFS
		       : 0;
}


/* Those that we may run on: a container or taskset leaves some out */
static unsigned processors(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) || !CPU_COUNT(&set))
		return 1;

	return (unsigned)CPU_COUNT(&set);
}


static int media_params_of(struct media_params *prm, char *path, size_t n,
			   const struct config *cfg)
{
	const unsigned threads = cfg->tandem.threads ? cfg->tandem.threads
						     : processors();

	memset(prm, 0, sizeof(*prm));
	prm->threads      = threads < THREADS_MAX ? threads : THREADS_MAX;
	prm->port_min	  = (cfg->rtp.start + 1u) & ~1u;
	prm->port_max	  = cfg->rtp.end;
	prm->port_rest_ms = PORT_REST_MS;
	prm->country	  = cfg->defaults->tonezone ? cfg->defaults->tonezone
						    : "us";
	prm->tos	  = cfg->general.tos_audio;
	prm->sound_path	  = path;

	return sound_path(path, n, cfg);
}


/* Globals live over a reload unless clearglobalvars asks otherwise */
static int take_globals(const struct config *cfg)
{
	struct vars *vars;
	int err;

	err = vars_alloc(&vars);
	if (err)
		return err;

	for (struct le *le = list_head(&cfg->dialplan->globals); le;
	     le = le->next) {
		const struct var_def *v = le->data;

		err |= vars_set_str(vars, v->name, v->value);
	}

	if (!err && srv->globals && !cfg->dialplan->clearglobalvars) {
		struct vars *merged = srv->globals;

		err = vars_copy(merged, vars);
		mem_deref(vars);
		return err;
	}

	mem_deref(srv->globals);
	srv->globals = vars;
	return err;
}


/* SHA-256 is offered, to all, where one peer has a secret for it */
static void take_algorithms(const struct config *cfg)
{
	srv->sha256 = false;

	for (struct le *le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;

		if (peer->sha256secret)
			srv->sha256 = true;
	}
}


/* Everything that can fail comes before anything that changes */
static int take_config(struct config *cfg, struct mbuf *why)
{
	struct dialplan_index *plan = NULL;
	struct ident *ident	    = NULL;
	int err;

	err = dialplan_index_alloc(&plan, cfg->dialplan, plan_warning, NULL);
	if (!err)
		err = ident_alloc(&ident, cfg, location_ident_addr, NULL);
	if (err)
		(void)mbuf_printf(why, "no memory for the plan");
	if (!err)
		err = listen_all(cfg, why);
	if (!err)
		err = take_globals(cfg);
	if (err) {
		mem_deref(plan);
		mem_deref(ident);
		return err;
	}

	mem_ref(cfg);
	mem_deref(srv->cfg);
	mem_deref(srv->plan);
	mem_deref(srv->ident);
	srv->cfg   = cfg;
	srv->plan  = plan;
	srv->ident = ident;
	dialplan_index_set_overlay(plan, srv->overlay);
	take_algorithms(cfg);

	nat_config(cfg);
	set_wire(&cfg->general);
	trace_config(&cfg->general);
	location_config(cfg);
	if (guard_config(cfg))
		log_warning("guard", "no memory for the addresses of all "
			    "peers");
	regexten_reload();
	register_config(cfg);
	mwi_config(cfg);
	hint_reload();
	subs_reload();
	devstate_all_changed();

	return 0;
}


/* ---- start and stop ----------------------------------------------------- */

static int start_media(const struct config *cfg)
{
	struct media_params prm;
	char path[1024];
	int err;

	err = media_params_of(&prm, path, sizeof(path), cfg);

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


static int start_store(const struct config *cfg, struct mbuf *why)
{
	char path[1024];

	if (re_snprintf(path, sizeof(path), "%s/tandem.db",
			cfg->dirs.state ? cfg->dirs.state : ".") < 0)
		return ENAMETOOLONG;

	return store_open(path, why);
}


static void destructor(void *data)
{
	struct server *s = data;

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

	for (size_t i = 0; i < LISTENERS; i++)
		sa_init(&lis.addr[i], AF_UNSPEC);
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
	if (!err)
		err = calls_init(srv);
	if (!err)
		err = devstate_init();
	if (!err)
		err = mwi_init();
	if (!err)
		err = subs_init();
	if (!err)
		err = location_load(cfg);
	if (err) {
		(void)mbuf_printf(why, "start: %m", err);
		goto out;
	}

	if (cfg->dirs.spool)
		(void)media_repair(cfg->dirs.spool);

	err = take_config(cfg, why);

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
	proc_close();
	fraud_close();
	media_close(MEDIA_WAIT_MS);
	location_close();
	guard_close();
	mwi_close();
	devstate_close();
	nat_close();
	legs_close();
	store_close(STORE_WAIT_MS);
	memset(&lis, 0, sizeof(lis));
	srv = mem_deref(srv);
}


int server_reload(struct config *cfg, struct mbuf *why)
{
	struct media_params prm;
	char path[1024];
	int err;

	err = take_config(cfg, why);
	if (err)
		return err;

	moh_flush();
	err = media_params_of(&prm, path, sizeof(path), cfg);
	if (!err)
		err = media_reconfigure(&prm);
	if (err)
		(void)mbuf_printf(why, "media: %m", err);

	return err;
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
