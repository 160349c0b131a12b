/**
 * @file config/load_sip.c  sip.conf: [general], [authentication], peers
 *
 * [general] comes first wherever it stands, then [authentication], then the
 * peers in the order of the file.  A peer starts as a copy of the defaults
 * that [general] made.  A section of the same name again works on top of the
 * first, as chan_sip does it.
 */
#include "config/load.h"
#include "base/rand.h"
#include "base/text.h"


/* Lines of a section through the table; said[row], if wanted, is set for
 * each */
static int section_lines(struct opt_ctx *ctx, struct loader *ld,
			 const struct conf_section *sec, unsigned mask,
			 bool *said)
{
	char own[128];
	int err = 0;

	(void)re_snprintf(own, sizeof(own), "[%s]", sec->name);

	for (struct le *le = sec->vars.head; le && !err; le = le->next) {
		const struct conf_var *var = le->data;
		const struct opt *opt;

		/* one finding for a template's line, however many use it */
		err = opt_line(ctx, ld->ix, mask, var,
			       var->inherited ? "a template" : own, &opt);
		if (opt && said)
			said[opt_no(opt)] = true;
	}

	return err;
}


/* --- [general], [authentication] ----------------------------------------- */

static int load_general(struct loader *ld)
{
	struct opt_ctx ctx = {
		.cfg = ld->cfg, .peer = ld->cfg->defaults, .f = ld->f,
		.general = true,
	};
	unsigned n = 0;

	int err = opt_defaults(&ctx, OPT_SIP);

	ld->cfg->defaults->call_limit	    = CALL_LIMIT_UNSAID;
	ld->cfg->defaults->international    = PEER_ALLOW_UNSAID;
	ld->cfg->defaults->premium	    = PEER_ALLOW_UNSAID;
	ld->cfg->defaults->calls_per_minute = CALL_LIMIT_UNSAID;
	ld->cfg->defaults->minutes_per_day  = CALL_LIMIT_UNSAID;

	for (struct le *le = ld->sip->sections.head; le && !err;
	     le = le->next) {
		const struct conf_section *sec = le->data;

		if (!conf_section_is(sec, "general") || sec->tmpl)
			continue;

		if (n++)
			find_warning(ld->f, &sec->pos,
				     "second section [general]: its lines "
				     "count as well (chan_sip ignored them)");
		else
			ld->gpos = sec->pos;

		err = section_lines(&ctx, ld, sec, OPT_G,
				    ld->general_said);
	}

	if (!n) {
		ld->gpos.file = ld->sip->path;
		ld->gpos.line = 1;
		ld->gpos.col  = 1;
		find_info(ld->f, &ld->gpos,
			  "no section [general]: every default applies");
	}

	return err ? err : general_finish(ld);
}


static int load_auth(struct loader *ld, const struct conf_section *sec)
{
	for (struct le *le = sec->vars.head; le; le = le->next) {
		const struct conf_var *var = le->data;
		struct pl val;

		pl_set_str(&val, var->value);
		int err = str_casecmp(var->name, "auth") ? EINVAL :
			auth_cred_add(&ld->cfg->general.auth, &val);
		if (err == ENOMEM)
			return err;
		if (err)
			find_warning(ld->f, &var->pos,
				     "line is ignored, expected auth = "
				     "user:secret@realm or user#md5@realm");
	}

	return 0;
}


/* --- peers --------------------------------------------------------------- */

static void no_type(struct loader *ld, const struct conf_section *sec)
{
	find_warning(ld->f, &sec->pos,
		     "section [%s] is left out because it has no type=, "
		     "expected type=friend (a phone), type=peer (is called, "
		     "a provider) or type=user (only calls)", sec->name);
}


static bool is_trunk(const struct conf_section *sec)
{
	const struct conf_var *var = conf_section_var(sec, "type");

	return sec->trunk || (var && !str_casecmp(var->value, "trunk"));
}


static bool has_type(struct loader *ld, const struct conf_section *sec)
{
	const struct conf_var *var = conf_section_var(sec, "type");

	if (!var) {
		no_type(ld, sec);
		return false;
	}

	if (!str_casecmp(var->value, "friend") ||
	    !str_casecmp(var->value, "peer") ||
	    !str_casecmp(var->value, "user"))
		return true;

	const struct conf_pos pos = conf_var_vpos(var);
	find_warning(ld->f, &pos, "section [%s] is left out because type=%s "
		     "is unknown, expected friend, peer or user", sec->name,
		     var->value);
	return false;
}


/* The second section of a name: these do not carry over */
static void peer_restart(struct peer *peer, const struct peer *defaults)
{
	list_flush(&peer->setvars);
	list_flush(&peer->auth);
	peer->mailbox	       = mem_deref(peer->mailbox);
	peer->namedcallgroup   = mem_deref(peer->namedcallgroup);
	peer->namedpickupgroup = mem_deref(peer->namedpickupgroup);
	memcpy(peer->transports, defaults->transports,
	       sizeof(peer->transports));
	peer->transportc = defaults->transportc;
}


static int peer_get(struct peer **pp, struct loader *ld,
		    const struct conf_section *sec)
{
	struct config *cfg = ld->cfg;
	struct pl name;

	pl_set_str(&name, sec->name);

	struct peer *peer = (struct peer *)config_peer_pl(cfg, &name);
	if (peer) {
		find_info(ld->f, &sec->pos,
			  "section [%s] again: its lines work on top of the "
			  "first, on line %u", sec->name, peer->pos.line);
		peer_restart(peer, cfg->defaults);
		*pp = peer;
		return 0;
	}

	peer = config_peer_derive(cfg->defaults);
	if (!peer)
		return ENOMEM;

	int err = str_dup(&peer->name, sec->name);
	if (err) {
		mem_deref(peer);
		return err;
	}

	peer->pos = sec->pos;
	list_append(&cfg->peers, &peer->le, peer);
	hash_append(cfg->peer_hash, hash_key(name.p, name.l), &peer->hle,
		    peer);
	*pp = peer;
	return 0;
}


static int load_peer(struct loader *ld, const struct conf_section *sec)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};

	if (!has_type(ld, sec))
		return 0;

	int err = peer_get(&ctx.peer, ld, sec);
	if (err)
		return err;

	if (conf_section_var(sec, "allowtransfer"))
		ctx.peer->transfer_said = true;
	if (conf_section_var(sec, "context"))
		ctx.peer->context_said = true;

	return section_lines(&ctx, ld, sec, OPT_P, NULL);
}


static int load_section(struct loader *ld, const struct conf_section *sec)
{
	if (conf_section_is(sec, "general") || sec->tmpl)
		return 0;

	if (conf_section_is(sec, "authentication"))
		return load_auth(ld, sec);
	if (is_trunk(sec))
		return load_trunk(ld, sec, ld->ix);

	return load_peer(ld, sec);
}


int load_sip(struct loader *ld)
{
	int err = load_general(ld);

	for (struct le *le = ld->sip->sections.head; le && !err; le = le->next)
		err = load_section(ld, le->data);

	for (struct le *le = ld->cfg->peers.head; le && !err; le = le->next)
		err = peer_finish(ld, le->data);

	trunks_finish(ld);
	regs_finish(ld->cfg);

	return err;
}
