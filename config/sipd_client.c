/**
 * @file config/sipd_client.c  Clients of sipd: what their sections say
 *
 * All sections are read before one is rewritten: a client may name others by
 * their serial numbers, places in the group sorted by name.
 */
#include "config/load.h"
#include "config/sipd.h"
#include "base/text.h"


static const char name_chars[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";


static bool only(const char *s, const char *chars)
{
	return !s[strspn(s, chars)];
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

static int word_dup(char **sp, const struct conf_section *sec, const char *key)
{
	const struct conf_var *var = conf_section_var(sec, key);
	struct pl pl;

	if (!var)
		return 0;

	pl = sipd_word(var->value);

	return pl.l ? pl_strdup(sp, &pl) : 0;
}


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
		find_warning(ld->f, &pos, "[%s]: callerid is ignored, "
			     "expected ten digits", c->name);
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
	text = sipd_word(var->value);
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


/* --- all of them --------------------------------------------------------- */

bool sipd_is_client(const struct conf_section *sec)
{
	return !sec->tmpl && !conf_section_is(sec, "general") &&
	       !conf_section_is(sec, "authentication");
}


static int read_all(struct loader *ld)
{
	int err = 0;

	for (struct le *le = ld->sip->sections.head; le && !err;
	     le = le->next) {
		struct conf_section *sec = le->data;

		if (!sipd_is_client(sec))
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


int sipd_clients_read(struct loader *ld)
{
	int err = read_all(ld);

	for (struct le *le = err ? NULL : ld->cfg->sipd->clients.head; le;
	     le = le->next)
		chain(ld, le->data);

	return err;
}
