/**
 * @file config/sipd_sip.c  sipd's sections as chan_sip would write them
 *
 * The lines that are sipd's own are taken out of a section, and chan_sip's put
 * in their place at the same positions; what else stands there (qualify, nat,
 * codecs ...) stays.  After that load_sip() reads the file as any other, with
 * all of its checks.
 *
 * What sipd left open is closed: a call needs the digest, or comes from the
 * address of host=; permit= is obeyed; a client without a secret cannot
 * register, because it gets one that nobody knows.
 */
#include "config/opt.h"
#include "config/load.h"
#include "config/sipd.h"
#include "base/rand.h"
#include "base/text.h"


static const char name_chars[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";


static bool only(const char *s, const char *chars)
{
	return !s[strspn(s, chars)];
}


static bool is_number(const struct pl *pl)
{
	if (pl->l > 20)
		return false;

	for (size_t i = 0; i < pl->l; i++) {
		if (!strchr("0123456789", pl->p[i]))
			return false;
	}

	return true;
}


/* --- memory -------------------------------------------------------------- */

static void client_destructor(void *arg)
{
	struct sipd_client *c = arg;

	list_unlink(&c->le);
	mem_deref(c->name);
	mem_deref(c->group);
	mem_deref(c->number);
	mem_deref(c->shortno);
	mem_deref(c->target);
	mem_deref(c->chain);
	mem_deref(c->limit);
	mem_deref(c->prefix);
	mem_deref(c->callerid);
}


static void conf_destructor(void *arg)
{
	struct sipd_conf *sc = arg;

	list_flush(&sc->clients);
}


int sipd_conf_alloc(struct sipd_conf **scp, const struct sipd_opts *opts)
{
	struct sipd_conf *sc = mem_zalloc(sizeof(*sc), conf_destructor);
	if (!sc)
		return ENOMEM;

	sc->opts = opts;
	*scp	 = sc;

	return 0;
}


const struct sipd_client *sipd_client(const struct sipd_conf *sc,
				      const char *name)
{
	if (!sc || !str_isset(name))
		return NULL;

	for (struct le *le = sc->clients.head; le; le = le->next) {
		const struct sipd_client *c = le->data;

		if (!strcmp(c->name, name))
			return c;
	}

	return NULL;
}


int set_sipd_code(struct opt_ctx *ctx, void *field)
{
	char **sp = field, *s;

	if (!is_number(&ctx->val) || ctx->val.l > 8) {
		opt_bad_value(ctx, "up to eight digits");
		return 0;
	}

	int err = ctx->val.l ? pl_strdup(&s, &ctx->val) : str_dup(&s, "");
	if (err)
		return err;

	mem_deref(*sp);
	*sp = s;

	return 0;
}


/* --- is it one? ---------------------------------------------------------- */

bool sipd_is(const struct conf_file *cf)
{
	bool exten = false;

	for (struct le *le = cf ? cf->sections.head : NULL; le;
	     le = le->next) {
		const struct conf_section *sec = le->data;

		if (conf_section_is(sec, "general") || conf_section_is(sec, "authentication"))
			continue;
		if (conf_section_var(sec, "type"))
			return false;
		if (conf_section_var(sec, "exten"))
			exten = true;
	}

	return exten;
}


/* --- values -------------------------------------------------------------- */

/* Ends at the first blank */
static struct pl first_word(const char *value)
{
	struct pl pl;

	pl.p = value;
	pl.l = strcspn(value, " \t");

	return pl;
}


static int word_dup(char **sp, const struct conf_section *sec, const char *key)
{
	const struct conf_var *var = conf_section_var(sec, key);
	struct pl pl;

	if (!var)
		return 0;

	pl = first_word(var->value);

	return pl.l ? pl_strdup(sp, &pl) : 0;
}


int sipd_net_print(char *buf, size_t n, const struct pl *net)
{
	struct pl addr = *net, bits = PL_INIT, part, rest;
	unsigned dots = 0;
	uint64_t v = 0, max;
	size_t pos = 0;
	const char *slash;

	slash = net->l ? pl_strchr(net, '/') : NULL;
	if (slash) {
		addr.l = (size_t)(slash - net->p);
		bits.p = slash + 1;
		bits.l = net->l - addr.l - 1;
	}

	/* IPv6 is written in full */
	if (addr.l && pl_strchr(&addr, ':')) {
		struct sa sa;

		max = 128;
		if (sa_set(&sa, &addr, 0) ||
		    (slash && num_decode(&v, &bits, max)))
			return EINVAL;
		return re_snprintf(buf, n, "%r/%u", &addr,
				   slash ? (unsigned)v : 128) < 0 ? EINVAL : 0;
	}

	/* 192.168/16: what is missing is 0 */
	rest = addr;
	while (pl_next(&part, &rest, '.')) {
		if (dots++ >= 4 || num_decode(&v, &part, 255))
			return EINVAL;

		const int k = re_snprintf(buf + pos, n - pos, "%s%u",
					  pos ? "." : "", (unsigned)v);
		if (k < 0)
			return EINVAL;
		pos += (size_t)k;
	}
	if (!dots)
		return EINVAL;

	max = 32;
	v   = 8 * (uint64_t)dots;
	if (slash && num_decode(&v, &bits, max))
		return EINVAL;
	for (; dots < 4; dots++) {
		const int k = re_snprintf(buf + pos, n - pos, ".0");

		if (k < 0)
			return EINVAL;
		pos += (size_t)k;
	}

	return re_snprintf(buf + pos, n - pos, "/%u", (unsigned)v) < 0
		       ? EINVAL : 0;
}


static struct pl until(struct pl *rest, const char *stops)
{
	struct pl part = {rest->p, 0};

	while (part.l < rest->l && !strchr(stops, rest->p[part.l]))
		++part.l;
	pl_advance(rest, (ssize_t)part.l);

	return part;
}


int sipd_exten_decode(struct sipd_exten *x, const struct pl *text,
		      const char **what)
{
	struct pl rest = pl_trim(*text);

	memset(x, 0, sizeof(*x));

	x->number = until(&rest, "#(=~");
	if (rest.l && *rest.p == '#') {
		pl_advance(&rest, 1);
		x->shortno = until(&rest, "#(=~");
	}
	if (rest.l && *rest.p == '(') {
		pl_advance(&rest, 1);
		x->chain = until(&rest, ")");
		*what = "')' behind the serial numbers";
		if (!rest.l)
			return EINVAL;
		pl_advance(&rest, 1);
	}
	if (rest.l && (*rest.p == '=' || *rest.p == '~')) {
		x->how = *rest.p == '=' ? SIPD_FWD_ALWAYS : SIPD_FWD_UNAVAIL;
		pl_advance(&rest, 1);
		x->target = rest;
		rest.l	  = 0;
		*what = "a number behind '=' or '~'";
		if (!x->target.l)
			return EINVAL;
	}

	*what = "L#S(N)=F or L#S(N)~F, where L, S and F are digits";
	if (rest.l || !is_number(&x->number) || !is_number(&x->shortno) ||
	    !is_number(&x->target))
		return EINVAL;

	return 0;
}


/* sipd's own table; Moscow's 495 and 499 are there together, another city is
 * alone */
const char *sipd_class_regex(char *buf, size_t n, const struct sipd_opts *opts,
			     const char *word)
{
	const bool moscow = !strcmp(opts->city, "495") ||
		!strcmp(opts->city, "499");
	const char *city = moscow ? "49[59]" : opts->city;
	int k;

	if (!str_casecmp(word, "international"))
		return "";

	if (!str_casecmp(word, "domestic"))
		k = re_snprintf(buf, n, "^.{2,10}$|^\\*.{2,12}$");
	else if (!str_casecmp(word, "mobile"))
		k = re_snprintf(buf, n, "^9.|^%s|^800|^.{2,3}$", city);
	else if (!str_casecmp(word, "local"))
		k = re_snprintf(buf, n, "^%s|^800|^.{2,3}$", city);
	else if (!str_casecmp(word, "em") || !str_casecmp(word, "trush"))
		k = re_snprintf(buf, n, "^(?:%s%s)?.{2,3}$", opts->country,
				opts->city);
	else
		return NULL;

	return k < 0 ? NULL : buf;
}


void sipd_context(char *buf, size_t n, const struct sipd_conf *sc,
		  const char *group)
{
	unsigned nr = 0;

	if (only(group, name_chars) && strlen(group) < 60) {
		(void)re_snprintf(buf, n, "group-%s", group);
		return;
	}

	/* the first client of it names it */
	for (struct le *le = sc->clients.head; le; le = le->next, nr++) {
		const struct sipd_client *c = le->data;

		if (!strcmp(c->group, group))
			break;
	}
	(void)re_snprintf(buf, n, "group--%u", nr);
}


/* --- one client ---------------------------------------------------------- */

static enum sipd_kind kind_of(const char *group)
{
	return !strcmp(group, "gateways")     ? SIPD_GATEWAY
	       : !strcmp(group, "mediagates") ? SIPD_MEDIAGATE
	       : !strcmp(group, "agigates")   ? SIPD_AGIGATE
					      : SIPD_CLIENT;
}


static int take_limit(struct loader *ld, struct sipd_client *c,
		      const struct conf_section *sec)
{
	const struct conf_var *var = conf_section_var(sec, "dialplan");
	struct conf_pos pos;
	const char *text;
	char buf[256], why[160];
	int err;

	if (var && var->value[0]) {
		text = var->value;
	}
	else {
		var = conf_section_var(sec, "context");
		if (!var || !var->value[0])
			return 0;

		pos  = conf_var_vpos(var);
		text = sipd_class_regex(buf, sizeof(buf),
					&ld->cfg->sipd_opts, var->value);
		if (!text)
			find_warning(ld->f, &pos, "[%s]: class '%s' is "
				     "unknown and limits nothing, expected "
				     "em, local, mobile, domestic or "
				     "international", c->name, var->value);
		if (!text || !text[0])
			return 0;
	}

	pos = conf_var_vpos(var);
	err = perlre_alloc(&c->limit, text, why, sizeof(why));
	if (err == EINVAL) {
		find_warning(ld->f, &pos, "[%s]: the expression of dialplan "
			     "cannot be read (%s), so nothing may be dialled",
			     c->name, why);
		c->nothing = true;
		err	   = 0;
	}

	return err;
}


/* Its first run of ten digits */
static int take_callerid(struct loader *ld, struct sipd_client *c,
			 const struct conf_section *sec)
{
	static const char digits[] = "0123456789";
	const struct conf_var *var = conf_section_var(sec, "callerid");
	const char *p		   = var ? var->value : "";
	struct conf_pos pos;

	while (*p) {
		struct pl pl = {p, strspn(p, digits)};

		if (pl.l >= 10) {
			pl.l = 10;
			return pl_strdup(&c->callerid, &pl);
		}
		p += pl.l;
		p += strcspn(p, digits);
	}

	if (var && var->value[0]) {
		pos = conf_var_vpos(var);
		find_warning(ld->f, &pos, "[%s]: callerid is ignored, expected "
			     "ten digits", c->name);
	}

	return 0;
}


static int take_numbers(struct sipd_client *c, const struct sipd_exten *x)
{
	int err = 0;

	if (x->number.l)
		err |= pl_strdup(x->number.l > 4 ? &c->number : &c->shortno,
				 &x->number);
	if (x->shortno.l) {
		c->shortno = mem_deref(c->shortno);
		err |= pl_strdup(&c->shortno, &x->shortno);
	}
	if (x->chain.l)
		err |= pl_strdup(&c->chain, &x->chain);
	if (x->target.l)
		err |= pl_strdup(&c->target, &x->target);
	c->how = x->how;

	return err;
}


static int take_exten(struct loader *ld, struct sipd_client *c,
		      const struct conf_section *sec)
{
	const struct conf_var *var = conf_section_var(sec, "exten");
	struct sipd_exten x;
	struct conf_pos pos;
	const char *what;
	struct pl text;

	if (!var || c->kind == SIPD_MEDIAGATE)
		return 0;

	pos  = conf_var_vpos(var);
	text = first_word(var->value);
	if (c->kind == SIPD_GATEWAY) {
		c->plain = !pl_strcmp(&text, "9");
		return text.l ? pl_strdup(&c->prefix, &text) : 0;
	}

	if (sipd_exten_decode(&x, &text, &what)) {
		find_warning(ld->f, &pos, "[%s]: exten '%r' is left out, "
			     "expected %s", c->name, &text, what);
		return 0;
	}

	return take_numbers(c, &x) ? ENOMEM : 0;
}


static bool name_is_good(struct loader *ld, const struct conf_section *sec)
{
	if (only(sec->name, name_chars) && sec->name[0] != '_' &&
	    strlen(sec->name) < SIPD_TEXT_MAX)
		return true;

	find_warning(ld->f, &sec->pos, "client [%s] is left out, expected a "
		     "name of letters, digits, '.', '-' and '_'", sec->name);

	return false;
}


static int client_read(struct loader *ld, const struct conf_section *sec)
{
	struct sipd_client *c = mem_zalloc(sizeof(*c), client_destructor);
	struct sipd_conf *sc = ld->cfg->sipd;
	int err;

	if (!c)
		return ENOMEM;

	c->pos = sec->pos;
	err = str_dup(&c->name, sec->name);
	err |= word_dup(&c->group, sec, "accountcode");
	if (!c->group)
		err |= str_dup(&c->group, "");
	if (err) {
		mem_deref(c);
		return ENOMEM;
	}

	const struct conf_var *secret = conf_section_var(sec, "secret");
	const struct conf_var *host = conf_section_var(sec, "host");

	c->kind	      = kind_of(c->group);
	c->has_secret = secret && secret->value[0];
	c->has_host   = host && host->value[0];
	list_append(&sc->clients, &c->le, c);

	err = take_exten(ld, c, sec);
	if (!err)
		err = take_limit(ld, c, sec);
	if (!err)
		err = take_callerid(ld, c, sec);

	return err;
}


/* --- rewriting ----------------------------------------------------------- */

struct rewrite {
	struct loader *ld;
	struct conf_section *sec;
	struct sipd_client *c;
	struct list own; /* struct conf_var: what was taken out */
	int err;
};


static void put(struct rewrite *rw, const struct conf_pos *pos,
		const char *key, const char *value)
{
	if (!rw->err)
		rw->err = conf_var_add(rw->sec, key, value, pos);
}


/* What is not chan_sip's, or means something else there */
static void take_own(struct rewrite *rw)
{
	static const char *const keys[] = {"exten", "dialplan", "context",
					   "permit", "acl", "callerid",
					   "host"};
	struct le *le = rw->sec->vars.head;

	while (le) {
		struct conf_var *var = le->data;

		le = le->next;
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			if (str_casecmp(var->name, keys[i]))
				continue;

			list_unlink(&var->le);
			list_append(&rw->own, &var->le, var);
			break;
		}
	}
}


static const struct conf_var *own_var(const struct rewrite *rw,
				      const char *key)
{
	for (struct le *le = rw->own.tail; le; le = le->prev) {
		const struct conf_var *var = le->data;

		if (!str_casecmp(var->name, key) && var->value[0])
			return var;
	}

	return NULL;
}


static void put_net(struct rewrite *rw, const struct conf_pos *pos,
		    const struct pl *part)
{
	char net[64];

	if (!part->l)
		return;

	if (sipd_net_print(net, sizeof(net), part))
		find_error(rw->ld->f, pos, "[%s]: '%r' is no network, "
			   "expected such as 192.168/16", rw->c->name, part);
	else
		put(rw, pos, "permit", net);
}


static void put_nets(struct rewrite *rw, const char *key)
{
	const struct conf_var *var = own_var(rw, key);
	struct conf_pos pos;
	struct pl part, rest;

	if (!var)
		return;

	pos = conf_var_vpos(var);
	if (!rw->c->has_permit) {
		put(rw, &pos, "deny", "0.0.0.0/0");
		put(rw, &pos, "deny", "::/0");
	}
	rw->c->has_permit = true;

	rest = first_word(var->value);
	while (pl_next(&part, &rest, ','))
		put_net(rw, &pos, &part);
}


static void put_host(struct rewrite *rw)
{
	const struct conf_var *var = own_var(rw, "host");
	struct conf_pos pos = var ? conf_var_vpos(var) : rw->sec->pos;
	struct pl host = PL_INIT;
	char buf[128];

	if (var)
		host = first_word(var->value);
	if (pl_copy(buf, sizeof(buf), &host))
		find_error(rw->ld->f, &pos, "[%s]: host is too long",
			   rw->c->name);
	else
		put(rw, &pos, "host", host.l ? buf : "dynamic");
}


/* A secret that nobody knows: without one, whoever comes would be let in */
static void put_no_secret(struct rewrite *rw)
{
	char hex[33];

	rand_hex(hex, sizeof(hex));
	put(rw, &rw->sec->pos, "secret", hex);
	find_warning(rw->ld->f, &rw->sec->pos, "[%s] has no secret= and no "
		     "host=: it can neither register nor call",
		     rw->c->name);
}


/* What is written is meant.  A class of numbers at home is, too */
static void put_abroad(struct rewrite *rw)
{
	const struct conf_var *dialplan = own_var(rw, "dialplan");
	const struct conf_var *class = own_var(rw, "context");
	const struct conf_var *var = dialplan ? dialplan : class;
	const char *value;
	struct conf_pos pos;

	if (!var)
		return;

	pos   = conf_var_vpos(var);
	value = rw->c->nothing ? "no"
		: dialplan     ? "yes"
		: rw->c->limit ? "no"
			       : "yes";
	if (!conf_section_var(rw->sec, "international"))
		put(rw, &pos, "international", value);
	if (!conf_section_var(rw->sec, "premium"))
		put(rw, &pos, "premium", value);
}


static void put_client(struct rewrite *rw)
{
	const struct conf_pos *pos = &rw->sec->pos;
	char context[128];

	sipd_context(context, sizeof(context), rw->ld->cfg->sipd,
		     rw->c->group);
	/* without a secret it is known by its address and never by its name */
	put(rw, pos, "type", rw->c->has_secret || !rw->c->has_host ? "friend"
								   : "peer");
	put(rw, pos, "context", context);
	put(rw, pos, "callerid",
	    rw->c->shortno ? rw->c->shortno : rw->c->number ? rw->c->number
							    : rw->c->name);
	put_abroad(rw);
	if (rw->c->group[0]) {
		put(rw, pos, "namedcallgroup", rw->c->group);
		put(rw, pos, "namedpickupgroup", rw->c->group);
	}
	if (rw->c->has_secret)
		return;

	if (rw->c->has_host)
		put(rw, pos, "insecure", "port,invite");
	else
		put_no_secret(rw);
}


static void put_gate(struct rewrite *rw)
{
	const struct conf_pos *pos = &rw->sec->pos;

	put(rw, pos, "type", "peer");
	put(rw, pos, "context", rw->c->kind == SIPD_GATEWAY ?
	    "sipd-from-gateway" : "sipd-nobody");
	if (rw->c->has_host)
		put(rw, pos, "insecure", "port,invite");
	else if (!rw->c->has_secret)
		put_no_secret(rw);
}


static void left_out(struct loader *ld, const struct sipd_client *c)
{
	find_warning(ld->f, &c->pos, "[%s] is left out: servers of "
		     "accountcode=agigates are not asked where a call goes; "
		     "a client without callerid= calls out with its own "
		     "number", c->name);
}


static int rewrite(struct loader *ld, struct sipd_client *c,
		   struct conf_section *sec)
{
	struct rewrite rw = {.ld = ld, .sec = sec, .c = c};

	take_own(&rw);
	put_host(&rw);
	put_nets(&rw, "permit");
	put_nets(&rw, "acl");
	if (c->kind == SIPD_CLIENT)
		put_client(&rw);
	else
		put_gate(&rw);

	list_flush(&rw.own);

	return rw.err;
}


/* --- all of them --------------------------------------------------------- */

static bool is_client(const struct conf_section *sec)
{
	return !sec->tmpl && !conf_section_is(sec, "general") && !conf_section_is(sec, "authentication");
}


static int read_all(struct loader *ld)
{
	int err = 0;

	for (struct le *le = ld->sip->sections.head; le && !err;
	     le = le->next) {
		struct conf_section *sec = le->data;

		if (!is_client(sec))
			continue;

		if (!name_is_good(ld, sec)) {
			sec->tmpl = true;
		}
		else if (sipd_client(ld->cfg->sipd, sec->name)) {
			find_warning(ld->f, &sec->pos, "client [%s] is there "
				     "already, this one is left out",
				     sec->name);
			sec->tmpl = true;
		}
		else {
			err = client_read(ld, sec);
		}
	}

	return err;
}


static int rewrite_all(struct loader *ld)
{
	int err = 0;

	for (struct le *le = ld->sip->sections.head; le && !err;
	     le = le->next) {
		struct conf_section *sec = le->data;
		struct sipd_client *c;

		if (!is_client(sec))
			continue;

		c = (struct sipd_client *)sipd_client(ld->cfg->sipd,
						      sec->name);
		if (!c)
			continue;

		if (c->kind == SIPD_AGIGATE) {
			left_out(ld, c);
			sec->tmpl = true;
			continue;
		}

		err = rewrite(ld, c, sec);
	}

	return err;
}


/* --- serial numbers ------------------------------------------------------ */

/* Clients of a group by name: what (N) counts */
static const struct sipd_client *client_nr(const struct sipd_conf *sc,
					   const char *group, uint64_t nr)
{
	const struct sipd_client *last = NULL;

	while (nr--) {
		const struct sipd_client *next = NULL;

		for (struct le *le = sc->clients.head; le; le = le->next) {
			const struct sipd_client *c = le->data;

			if (strcmp(c->group, group) ||
			    (last && strcmp(c->name, last->name) <= 0) ||
			    (next && strcmp(c->name, next->name) >= 0))
				continue;
			next = c;
		}

		if (!next)
			return NULL;
		last = next;
	}

	return last;
}


/* False: there is none of that number, nor of a higher one */
static bool chain_add(struct loader *ld, struct sipd_client *c, uint64_t nr)
{
	const struct sipd_client *to = client_nr(ld->cfg->sipd, c->group, nr);

	if (!to) {
		find_warning(ld->f, &c->pos, "[%s]: there is no client %u in "
			     "group '%s', whose clients are counted by name",
			     c->name, (unsigned)nr, c->group);
		return false;
	}

	for (size_t i = 0; i < c->chainc; i++) {
		if (c->chainv[i] == to)
			return true;
	}

	if (to != c && c->chainc < SIPD_CHAIN_MAX)
		c->chainv[c->chainc++] = to;

	return true;
}


static void chain(struct loader *ld, struct sipd_client *c)
{
	struct pl part, rest;

	if (!c->chain)
		return;

	pl_set_str(&rest, c->chain);
	while (pl_next(&part, &rest, ',')) {
		struct pl from, to = part;
		uint64_t a, b;

		(void)pl_next(&from, &to, '-');
		if (!to.p)
			to = from;
		if (num_decode(&a, &from, 9999) || num_decode(&b, &to, 9999) ||
		    !a || b < a || b - a >= SIPD_CHAIN_MAX) {
			find_warning(ld->f, &c->pos, "[%s]: '%r' in (%s) is "
				     "ignored, expected numbers such as "
				     "1,3-5", c->name, &part, c->chain);
			continue;
		}

		while (a <= b && chain_add(ld, c, a))
			++a;
	}
}


/* --- what is said -------------------------------------------------------- */

static void say_closed(struct loader *ld)
{
	const struct conf_pos pos = {ld->sip->path, 1, 1};
	const struct sipd_client *permit = NULL, *host = NULL;
	const uint32_t before = findings_count(ld->f);
	unsigned permits = 0, hosts = 0, secrets = 0;

	for (struct le *le = ld->cfg->sipd->clients.head; le; le = le->next) {
		const struct sipd_client *c = le->data;

		if (c->kind != SIPD_CLIENT)
			continue;
		secrets += c->has_secret;
		if (c->has_permit && !permits++)
			permit = c;
		if (!c->has_secret && c->has_host && !hosts++)
			host = c;
	}

	find_info(ld->f, &pos, "is read as a file of sipd: sections without "
		  "type=, numbers in exten=");
	find_info(ld->f, &pos, "%u clients prove each call by their secret "
		  "(sipd: a call was taken from whoever wrote the address of "
		  "a client into its Via)", secrets);
	find_info(ld->f, &pos, "a nonce is signed, is good for one place and "
		  "ends (sipd: it was never looked at again)");
	if (permit)
		find_info(ld->f, &permit->pos, "permit= of %u clients, the "
			  "first here, is obeyed (sipd: was never read): they "
			  "register and call from there only", permits);
	if (host)
		find_warning(ld->f, &host->pos, "clients without secret=, the "
			     "first of %u here: whoever sends from the "
			     "address of host= calls as them", hosts);

	findings_kind(ld->f, before, FINDING_DEFAULT);
}


int sipd_load(struct loader *ld)
{
	int err = sipd_conf_alloc(&ld->cfg->sipd, &ld->cfg->sipd_opts);

	if (!err)
		err = read_all(ld);
	for (struct le *le = err ? NULL : ld->cfg->sipd->clients.head; le;
	     le = le->next)
		chain(ld, le->data);
	if (!err)
		err = rewrite_all(ld);
	if (!err)
		say_closed(ld);

	return err;
}
