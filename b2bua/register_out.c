/**
 * @file b2bua/register_out.c  register => lines (RFC 3261 10.2)
 */
#include "b2bua/register_out.h"
#include "b2bua/server.h"
#include "b2bua/transp.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"
#include "base/timer.h"

enum {
	MAX_CHALLENGES = 3,
	BACKOFF_MAX_S  = 600, /* longest pause after refusals */
};

/** One registration; Call-ID and tag are kept for its life */
struct regout {
	struct le le;
	struct config *cfg;            /* that line belongs to */
	const struct reg_line *line;
	char *key;                     /* what makes it the same line */
	char callid[33], tag[17];
	uint32_t cseq;
	enum regstate state;
	char why[96];
	uint64_t registered_at;
	uint64_t sent_ms;              /* of the try under way, 0 none */
	uint32_t expiry_s;             /* asked for; 423 raises it */
	unsigned attempts;             /* without success */
	bool keep;                     /* named by the new configuration */
	bool unregister;
	struct sx_uac_state auth;
	struct sx_query *query;
	struct sx_ctrans *ct;
	struct sx_target *targetv;
	size_t targetc, targeti;
	struct timer tmr;
};

static struct list regs;
static bool paused; /* another process registers */

static void start_handler(void *arg);
static int send_register(struct regout *r);


const char *regstate_name(enum regstate st)
{
	static const char *const names[] = {
#define X(id, text) text,
		REGSTATES(X)
#undef X
	};

	return (size_t)st < ARRAY_SIZE(names) ? names[st] : "?";
}


static void destructor(void *data)
{
	struct regout *r = data;

	list_unlink(&r->le);
	timer_cancel(&r->tmr);
	mem_deref(r->query);
	mem_deref(r->ct);
	mem_deref(r->targetv);
	mem_deref(r->key);
	mem_deref(r->cfg);
}


static void set_state(struct regout *r, enum regstate st, const char *why)
{
	bool was = r->state == REGSTATE_REGISTERED;

	r->state = st;
	str_ncpy(r->why, why ? why : "", sizeof(r->why));

	if (st == REGSTATE_REGISTERED) {
		if (!was)
			log_info("register", "%s at %s: registered",
				 r->line->user, r->line->host);
		r->registered_at = clock_wall_s();
	}
	else if (why) {
		log_warning("register", "%s at %s: %s%s%s", r->line->user,
			    r->line->host, regstate_name(st),
			    *why ? ", " : "", why);
	}
}


/* ---- when to try again -------------------------------------------------- */

static void retry_in(struct regout *r, uint32_t s)
{
	timer_start(&r->tmr, s * 1000ULL + rand_below(500), start_handler, r);
}


/* Patience with a registrar that says nothing */
static uint32_t wait_ms(const struct regout *r)
{
	uint32_t s = r->cfg->general.registertimeout_s;

	return (s ? s : 20) * 1000;
}


/* The usual pause, less what the last try has waited in vain */
static void retry(struct regout *r)
{
	const struct general *g = &r->cfg->general;
	uint64_t waited = r->sent_ms ? clock_ms() - r->sent_ms : 0;

	r->sent_ms = 0;
	++r->attempts;
	if (g->registerattempts && r->attempts >= g->registerattempts)
		set_state(r, REGSTATE_FAILED, "registerattempts= reached, "
			  "tried again in ten minutes");

	if (r->state == REGSTATE_FAILED)
		retry_in(r, BACKOFF_MAX_S);
	else
		retry_in(r, waited < wait_ms(r)
				    ? (wait_ms(r) - (uint32_t)waited) / 1000
				    : 0);
}


/* After a refusal: longer and longer, so that nobody is locked out for a
 * wrong password that is sent too often */
static void back_off(struct regout *r)
{
	uint32_t s = 60;

	for (unsigned i = 0; i < r->attempts && s < BACKOFF_MAX_S; i++)
		s *= 2;

	++r->attempts;
	retry_in(r, s < BACKOFF_MAX_S ? s : BACKOFF_MAX_S);
}


/* Granted - 15 s; short ones (<= 30 s) minus a fifth, at least 500 ms */
static void refresh_in(struct regout *r, uint32_t granted_s)
{
	uint64_t ms = granted_s * 1000ULL;

	if (granted_s > 30)
		ms -= 15000;
	else
		ms -= ms / 5 > 500 ? ms / 5 : 500;

	timer_start(&r->tmr, ms, start_handler, r);
}


/* ---- answers ------------------------------------------------------------ */

struct grant {
	const struct regout *r;
	uint32_t s;
	bool found;
};


/* Of several with our user (another server of the same account, or our place
 * before we moved) the shortest: which is ours is not sure behind a NAT */
static bool contact_handler(const struct pl *val, void *arg)
{
	struct grant *g = arg;
	const char *user = g->r->line->exten ? g->r->line->exten : "s";
	struct sx_addr addr;
	struct pl pl;
	uint64_t n;

	if (sx_addr_parse(&addr, val) || pl_strcmp(&addr.uri.user, user) ||
	    !sx_param(&addr.params, "expires", &pl) ||
	    num_decode(&n, &pl, UINT32_MAX))
		return false;

	if (!g->s || (n && n < g->s))
		g->s = (uint32_t)n;
	g->found = true;
	return false;
}


static void rx_ok(struct regout *r, const struct sx_msg *msg)
{
	struct grant g = {r, 0, false};

	(void)sx_msg_values(msg, SX_HDR_CONTACT, contact_handler, &g);
	if (!g.found && sx_msg_u32(msg, SX_HDR_EXPIRES, &g.s))
		g.s = r->expiry_s;

	r->attempts = 0;
	if (!g.s) {
		set_state(r, REGSTATE_REJECTED,
			  "the registrar granted no time at all");
		back_off(r);
		return;
	}

	set_state(r, REGSTATE_REGISTERED, NULL);
	refresh_in(r, g.s);
}


static const struct peer *reg_peer(const struct regout *r)
{
	return r->line->peer ? config_peer(r->cfg, r->line->peer) : NULL;
}


/* auth= of the peer or of [authentication] for the realm that asks */
static const struct auth_cred *reg_cred(const struct regout *r)
{
	const struct peer *peer = reg_peer(r);
	const struct list *l[]	= {peer ? &peer->auth : NULL,
				   &r->cfg->general.auth};

	for (size_t i = 0; i < ARRAY_SIZE(l); i++) {
		for (struct le *le = list_head(l[i]); le; le = le->next) {
			const struct auth_cred *c = le->data;

			if (c->realm && !strcmp(c->realm, r->auth.realm))
				return c;
		}
	}

	return NULL;
}


static const char *reg_secret(const struct regout *r)
{
	const struct peer *peer = reg_peer(r);

	if (r->line->secret)
		return r->line->secret;

	return peer ? peer->remotesecret ? peer->remotesecret : peer->secret
		    : NULL;
}


static bool has_credentials(const struct regout *r)
{
	return reg_secret(r) || reg_cred(r);
}


static int print_auth(struct regout *r, struct mbuf *mb, const char *ruri)
{
	const struct auth_cred *c = reg_cred(r);
	const struct reg_line *l  = r->line;

	if (!r->auth.nonce[0] || !has_credentials(r))
		return 0;

	if (c)
		return sx_uac_auth_print(&r->auth, mb, c->user, c->secret,
					 c->md5, SX_REGISTER, ruri);

	return sx_uac_auth_print(&r->auth, mb,
				 l->authuser ? l->authuser : l->user,
				 reg_secret(r), NULL, SX_REGISTER, ruri);
}


static bool authenticate(struct regout *r, const struct sx_msg *msg)
{
	if (r->auth.tries >= MAX_CHALLENGES ||
	    sx_uac_auth_challenge(&r->auth, msg) || !has_credentials(r))
		return false;

	if (send_register(r))
		return false;

	set_state(r, REGSTATE_AUTHSENT, NULL);
	return true;
}


static bool raise_expiry(struct regout *r, const struct sx_msg *msg)
{
	uint32_t min;

	if (sx_msg_u32(msg, SX_HDR_MIN_EXPIRES, &min) || min <= r->expiry_s ||
	    min > r->cfg->general.maxexpiry_s)
		return false;

	r->expiry_s = min;
	return !send_register(r);
}


static bool next_target(struct regout *r)
{
	if (r->targeti + 1 >= r->targetc)
		return false;

	++r->targeti;
	return !send_register(r);
}


static void rx_refusal(struct regout *r, const struct sx_msg *msg)
{
	uint32_t after = 0;
	char why[96];

	(void)re_snprintf(why, sizeof(why), "%u %r", msg->scode, &msg->reason);

	switch (msg->scode) {

	case 401:
	case 407:
		set_state(r, REGSTATE_NOAUTH,
			  has_credentials(r) ? "the registrar keeps asking for a "
					  "password: is the secret right?"
					: "a password is asked for and the "
					  "line has none");
		break;

	case 403:
		set_state(r, REGSTATE_NOAUTH, why);
		r->auth.nonce[0] = '\0';
		break;

	case 408:
		set_state(r, REGSTATE_TIMEOUT, why);
		retry(r);
		return;

	default:
		set_state(r, msg->scode < 500 ? REGSTATE_REJECTED
					      : REGSTATE_UNREGISTERED, why);
		break;
	}

	if (!sx_msg_u32(msg, SX_HDR_RETRY_AFTER, &after) && after) {
		++r->attempts;
		retry_in(r, after < 3600 ? after : 3600);
	}
	else if (msg->scode >= 500 ||
		 (msg->scode == 403 &&
		  r->cfg->general.register_retry_403)) {
		retry(r);
	}
	else {
		back_off(r);
	}
}


static void response_handler(int err, const struct sx_msg *msg, void *arg)
{
	struct regout *r = arg;
	char why[96];

	if (!err && msg->scode < 200)
		return;

	r->ct = mem_deref(r->ct);
	timer_cancel(&r->tmr);

	if (err || msg->scode == 503) {
		if (next_target(r))
			return;
	}

	if (err) {
		(void)re_snprintf(why, sizeof(why), "no answer: %m", err);
		set_state(r, REGSTATE_TIMEOUT, why);
		retry(r);
	}
	else if (msg->scode < 300) {
		rx_ok(r, msg);
	}
	else if ((msg->scode == 401 || msg->scode == 407) &&
		 authenticate(r, msg)) {
		return;
	}
	else if (msg->scode == 423 && raise_expiry(r, msg)) {
		return;
	}
	else {
		rx_refusal(r, msg);
	}
}


/* ---- sending ------------------------------------------------------------ */

static int print_aor(const struct regout *r, struct mbuf *mb)
{
	const struct reg_line *l = r->line;
	struct pl user;
	int err;

	pl_set_str(&user, l->user);
	err = mbuf_printf(mb, "sip:%H@%s", sx_escape_user, &user,
			  l->domain ? l->domain : l->host);
	if (l->domain && l->domain_port)
		err |= mbuf_printf(mb, ":%u", l->domain_port);

	return err;
}


static int print_ruri(const struct regout *r, char *buf, size_t n)
{
	const struct reg_line *l = r->line;
	const char *host = l->domain ? l->domain : l->host;
	uint16_t port	 = l->domain ? l->domain_port : l->port;
	int len;

	len = port ? re_snprintf(buf, n, "sip:%s:%u", host, port)
		   : re_snprintf(buf, n, "sip:%s", host);

	return len < 0 ? ENOBUFS : 0;
}


static int print_register(struct regout *r, struct mbuf *mb, const char *ruri)
{
	const struct reg_line *l   = r->line;
	const struct sx_target *t  = &r->targetv[r->targeti];
	struct sa our;
	int err;

	err = sx_public_addr(server()->sx, &our, t);
	if (err)
		return err;

	err = mbuf_write_str(mb, "Max-Forwards: 70\r\nFrom: <");
	err |= print_aor(r, mb);
	err |= mbuf_printf(mb, ">;tag=%s\r\nTo: <", r->tag);
	err |= print_aor(r, mb);
	err |= mbuf_printf(mb,
			   ">\r\nCall-ID: %s\r\nCSeq: %u REGISTER\r\n"
			   "Contact: <sip:%s@%J%s>\r\nExpires: %u\r\n",
			   r->callid, ++r->cseq, l->exten ? l->exten : "s",
			   &our,
			   t->tp == SX_TCP   ? ";transport=tcp"
			   : t->tp == SX_TLS ? ";transport=tls"
					     : "",
			   r->unregister ? 0 : r->expiry_s);
	err |= print_auth(r, mb, ruri);

	return err | sx_head_end(server()->sx, mb, NULL, NULL);
}


static uint32_t reg_t1(const struct regout *r)
{
	const struct peer *peer = reg_peer(r);

	return peer && peer->timert1_ms ? peer->timert1_ms : 500;
}


static int send_register(struct regout *r)
{
	struct mbuf *mb = mbuf_alloc(768);
	char ruri[300];
	int err;

	if (!mb)
		return ENOMEM;

	err = print_ruri(r, ruri, sizeof(ruri));
	if (!err)
		err = print_register(r, mb, ruri);
	if (!err) {
		mb->pos = 0;
		err = sx_request(r->unregister ? NULL : &r->ct, server()->sx,
				 &r->targetv[r->targeti], SX_REGISTER, ruri,
				 mb, r->unregister ? NULL : response_handler,
				 r);
	}

	if (!err && r->ct) {
		r->sent_ms = clock_ms();
		sx_ctrans_set_timers(r->ct, reg_t1(r), wait_ms(r));
	}

	mem_deref(mb);
	return err;
}


static void resolve_handler(int err, const struct sx_target *tv, size_t n,
			    void *arg)
{
	struct regout *r = arg;
	char why[96];

	r->query   = mem_deref(r->query);
	r->targetv = mem_deref(r->targetv);
	r->targetc = r->targeti = 0;

	if (!err) {
		r->targetv = mem_zalloc(n * sizeof(*tv), NULL);
		err	   = r->targetv ? 0 : ENOMEM;
	}

	if (!err) {
		memcpy(r->targetv, tv, n * sizeof(*tv));
		r->targetc    = n;
		r->auth.tries = 0;
		err = send_register(r);
		if (!err && r->state != REGSTATE_REGISTERED)
			set_state(r, REGSTATE_SENT, NULL);
	}

	if (err) {
		(void)re_snprintf(why, sizeof(why), "%s: %m", r->line->host,
				  err);
		set_state(r, REGSTATE_UNREGISTERED, why);
		retry(r);
	}
}


static void start_handler(void *arg)
{
	struct regout *r = arg;
	const struct peer *peer = reg_peer(r);
	const struct host_port *hp =
		&(peer ? peer : r->cfg->defaults)->outboundproxy;
	enum sx_tp tp	 = transp_to_tp(r->line->transp);
	const char *host = r->line->host;
	uint16_t port	 = r->line->port;
	struct sx_query *q = NULL;

	if (hp->host) {
		host = hp->host;
		port = hp->port;
		if (hp->transp >= 0)
			tp = transp_to_tp(hp->transp);
	}

	r->ct = mem_deref(r->ct);
	if (sx_resolve(&q, server()->resolver, host, port, tp,
		       r->cfg->general.srvlookup, resolve_handler, r)) {
		set_state(r, REGSTATE_UNREGISTERED, "out of memory");
		retry(r);
	}
	else if (q) {
		r->query = q;
	}
}


/* ---- the set of lines --------------------------------------------------- */

static int print_key(char **keyp, const struct reg_line *l)
{
	return re_sdprintf(keyp, "%s|%d|%s|%s|%u|%s|%s|%s|%u|%s|%u",
			   l->peer ? l->peer : "", l->transp, l->user,
			   l->domain ? l->domain : "", l->domain_port,
			   l->secret ? l->secret : "",
			   l->authuser ? l->authuser : "", l->host, l->port,
			   l->exten ? l->exten : "", l->expiry_s);
}


static struct regout *find(const char *key)
{
	for (struct le *le = list_head(&regs); le; le = le->next) {
		struct regout *r = le->data;

		if (!strcmp(r->key, key))
			return r;
	}

	return NULL;
}


static void adopt(struct regout *r, const struct config *cfg,
		  const struct reg_line *line)
{
	mem_ref((struct config *)cfg);
	mem_deref(r->cfg);
	r->cfg	= (struct config *)cfg;
	r->line = line;
	r->keep = true;
}


static int line_start(const struct config *cfg, const struct reg_line *line,
		      uint64_t delay_ms)
{
	struct regout *r;
	char *key = NULL;

	if (print_key(&key, line))
		return ENOMEM;

	r = find(key);
	if (r) {
		mem_deref(key);
		adopt(r, cfg, line);
		return 0;
	}

	r = mem_zalloc(sizeof(*r), destructor);
	if (!r) {
		mem_deref(key);
		return ENOMEM;
	}

	r->key = key;
	r->expiry_s = line->expiry_s ? line->expiry_s
				     : cfg->general.defaultexpiry_s;
	rand_hex(r->callid, sizeof(r->callid));
	rand_hex(r->tag, sizeof(r->tag));
	r->cseq = 100 + rand_below(900);
	adopt(r, cfg, line);
	list_append(&regs, &r->le, r);
	timer_start(&r->tmr, delay_ms, start_handler, r);

	return 0;
}


static void unregister(struct regout *r)
{
	if (r->state == REGSTATE_REGISTERED && r->targetc) {
		r->unregister = true;
		(void)send_register(r);
	}
}


int register_config(const struct config *cfg)
{
	uint64_t delay = 0;
	struct le *le;
	int err = 0;

	for (le = list_head(&regs); le; le = le->next)
		((struct regout *)le->data)->keep = false;

	for (le = list_head(&cfg->regs); le; le = le->next) {
		err |= line_start(cfg, le->data, delay);
		delay += 100;
	}

	le = list_head(&regs);
	while (le) {
		struct regout *r = le->data;

		le = le->next;
		if (r->keep)
			continue;
		unregister(r);
		mem_deref(r);
	}

	return err;
}


void register_pause(void)
{
	paused = true;

	for (struct le *le = list_head(&regs); le; le = le->next) {
		struct regout *r = le->data;

		timer_cancel(&r->tmr);
		r->query = mem_deref(r->query);
		r->ct	 = mem_deref(r->ct);
	}
}


void register_resume(void)
{
	paused = false;
	register_now(NULL);
}


void register_close(void)
{
	for (struct le *le = list_head(&regs); le && !paused; le = le->next)
		unregister(le->data);

	list_flush(&regs);
	paused = false;
}


void register_now(const char *host)
{
	for (struct le *le = list_head(&regs); le; le = le->next) {
		struct regout *r = le->data;

		if (!host || !strcmp(host, r->line->host))
			timer_start(&r->tmr, 0, start_handler, r);
	}
}


void register_apply(reg_info_h *h, void *arg)
{
	for (struct le *le = list_head(&regs); le; le = le->next) {
		const struct regout *r = le->data;
		struct reg_info info   = {
			.host	       = r->line->host,
			.port	       = r->line->port,
			.user	       = r->line->user,
			.state	       = r->state,
			.refresh_s     = (uint32_t)(timer_left_ms(&r->tmr) /
						1000),
			.registered_at = r->registered_at,
			.why	       = r->why,
		};

		h(&info, arg);
	}
}
