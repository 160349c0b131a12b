/**
 * @file b2bua/server_config.c  A configuration is taken: the first, or another
 *
 * What it needs is made first, beside what is in use: the index of the plan,
 * who is who, global variables, sockets.  If one of them can't be had nothing
 * has changed.  Then all of it is taken in one step that cannot fail, and
 * everybody is told.  Calls in progress keep the snapshot they began with.
 */
#include <sched.h>
#include "b2bua/call.h"
#include "b2bua/devstate.h"
#include "b2bua/guard.h"
#include "b2bua/hint.h"
#include "b2bua/listeners.h"
#include "b2bua/location.h"
#include "b2bua/mwi.h"
#include "b2bua/queue.h"
#include "b2bua/regexten.h"
#include "b2bua/register_out.h"
#include "b2bua/server_priv.h"
#include "b2bua/subscribe.h"
#include "media/media.h"
#include "routing/dialplan.h"
#include "routing/ident.h"
#include "routing/overlay.h"
#include "routing/vars.h"

enum {
	PORT_REST_MS = 5000,
	THREADS_MAX  = 64, /* media/media.h */
	SETTLE_MS    = 1000,
};


/* ---- what media needs --------------------------------------------------- */

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


int server_media_params(struct media_params *prm, char *path, size_t n,
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


/* ---- made beside what is in use ----------------------------------------- */

static void plan_warning(const char *text, void *arg)
{
	(void)arg;
	log_warning("dialplan", "%s", text);
}


/* Globals live over a reload unless clearglobalvars asks otherwise */
static int make_globals(struct vars **varsp, const struct config *cfg)
{
	const struct vars *old = server()->globals;
	struct vars *vars;
	int err;

	err = vars_alloc(&vars);
	if (err)
		return err;

	if (old && !cfg->dialplan->clearglobalvars)
		err = vars_copy(vars, old);

	for (struct le *le = list_head(&cfg->dialplan->globals); le;
	     le = le->next) {
		const struct var_def *v = le->data;

		err |= vars_set_str(vars, v->name, v->value);
	}

	if (err)
		mem_deref(vars);
	else
		*varsp = vars;

	return err;
}


/* What a new configuration needs, made before anything changes */
struct fresh {
	struct dialplan_index *plan;
	struct ident *ident;
	struct vars *globals;
	struct listeners *lis;
};


static void fresh_reset(struct fresh *f)
{
	f->plan	   = mem_deref(f->plan);
	f->ident   = mem_deref(f->ident);
	f->globals = mem_deref(f->globals);
	f->lis	   = mem_deref(f->lis);
}


static int fresh_make(struct fresh *f, const struct config *cfg,
		      struct mbuf *why)
{
	int err;

	err = dialplan_index_alloc(&f->plan, cfg->dialplan, plan_warning,
				   NULL);
	if (!err)
		err = ident_alloc(&f->ident, cfg, location_ident_addr, NULL);
	if (!err)
		err = make_globals(&f->globals, cfg);
	if (!err)
		err = location_prepare(cfg);
	if (err)
		(void)mbuf_printf(why, "no memory for the plan and the peers");
	else
		err = listeners_open(&f->lis, cfg, why);

	return err;
}


/* ---- taken -------------------------------------------------------------- */

/* Cannot fail */
static void fresh_take(struct fresh *f, struct config *cfg)
{
	struct server *srv = server();

	listeners_take(f->lis);

	mem_ref(cfg);
	mem_deref(srv->cfg);
	mem_deref(srv->plan);
	mem_deref(srv->ident);
	mem_deref(srv->globals);
	srv->cfg     = cfg;
	srv->plan    = f->plan;
	srv->ident   = f->ident;
	srv->globals = f->globals;
	dialplan_index_set_overlay(srv->plan, srv->overlay);
	memset(f, 0, sizeof(*f));
}


/* SHA-256 is offered, to all, where one peer has a secret for it */
static void take_algorithms(const struct config *cfg)
{
	struct server *srv = server();

	srv->sha256 = false;

	for (struct le *le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;

		if (peer->sha256secret)
			srv->sha256 = true;
	}
}


static int set_wire(const struct general *g)
{
	const struct sx_wire wire = {
		.agent		 = g->useragent,
		.compact	 = g->compactheaders,
		.tos		 = g->tos_sip,
		.max_strangers	 = g->tcpauthlimit,
		.auth_timeout_ms = g->tcpauthtimeout_s * 1000,
	};

	return sx_set_wire(server()->sx, &wire);
}


/* What has no way back and may want memory: repeated until there is enough,
 * so that no part of the configuration stays behind */
static void settle(void *arg)
{
	struct server *srv = server();
	struct config *cfg = srv->cfg;
	int err = 0;

	(void)arg;
	timer_cancel(&srv->settle);

	err |= set_wire(&cfg->general);
	err |= guard_config(cfg);
	err |= register_config(cfg);
	if (!err)
		return;

	log_warning("config", "no memory for all of the configuration: the "
		    "rest is taken as soon as there is");
	timer_start(&srv->settle, SETTLE_MS, settle, NULL);
}


static void config_taken(struct config *cfg)
{
	take_algorithms(cfg);
	(void)sx_resolver_set_servers(server()->resolver,
				      cfg->tandem.nameservers,
				      cfg->tandem.nameserverc);
	nat_config(cfg);
	server_trace_config(&cfg->general);
	location_config(cfg);
	settle(NULL);
	regexten_reload();
	mwi_config(cfg);
	hint_reload();
	queues_config(cfg);
	subs_reload();
	devstate_all_changed();
}


int server_first_config(struct config *cfg, struct mbuf *why)
{
	struct fresh fresh = {0};
	int err;

	err = fresh_make(&fresh, cfg, why);
	if (!err) {
		fresh_take(&fresh, cfg);
		config_taken(cfg);
	}
	fresh_reset(&fresh);

	return err;
}


int server_reload(struct config *cfg, struct mbuf *why)
{
	struct fresh fresh = {0};
	struct media_params prm;
	char path[1024];
	int err;

	err = fresh_make(&fresh, cfg, why);
	if (err)
		goto out;

	err = server_media_params(&prm, path, sizeof(path), cfg);
	if (!err)
		err = media_reconfigure(&prm);
	if (err) {
		(void)mbuf_printf(why, "media: %m", err);
		goto out;
	}

	fresh_take(&fresh, cfg);
	config_taken(cfg);
	moh_flush();

out:
	fresh_reset(&fresh);

	return err;
}
