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
#include "config/load.h"
#include "config/sipd.h"
#include "base/rand.h"
#include "base/text.h"


/* --- is it one? ---------------------------------------------------------- */

bool sipd_is(const struct conf_file *cf)
{
	bool exten = false;

	for (struct le *le = cf ? cf->sections.head : NULL; le;
	     le = le->next) {
		const struct conf_section *sec = le->data;

		if (conf_section_is(sec, "general") ||
		    conf_section_is(sec, "authentication"))
			continue;
		if (conf_section_var(sec, "type"))
			return false;
		if (conf_section_var(sec, "exten"))
			exten = true;
	}

	return exten;
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

	rest = sipd_word(var->value);
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
		host = sipd_word(var->value);
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

static int rewrite_all(struct loader *ld)
{
	int err = 0;

	for (struct le *le = ld->sip->sections.head; le && !err;
	     le = le->next) {
		struct conf_section *sec = le->data;
		struct sipd_client *c;

		if (!sipd_is_client(sec))
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
		err = sipd_clients_read(ld);
	if (!err)
		err = rewrite_all(ld);
	if (!err)
		say_closed(ld);

	return err;
}
