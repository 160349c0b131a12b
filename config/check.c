/**
 * @file config/check.c  Check of the whole: sip.conf and its connections
 *
 * What one line cannot know: contexts that do not exist, access lists that
 * restrict nothing, addresses that two peers share, register lines whose calls
 * come back as a stranger's.  All of it runs, perhaps not as meant: warnings.
 */
#include <sys/stat.h>
#include "config/check.h"
#include "base/addr.h"
#include "base/rand.h"
#include "base/text.h"

enum { SESSION_MINSE = 90 }; /* [s] */


/* Position of a peer's line; of the section if there is none */
static struct conf_pos peer_line(const struct loader *ld,
				 const struct peer *peer, const char *key,
				 const char *alias)
{
	const struct conf_section *sec;
	const struct conf_var *var;

	sec = conffile_section(ld->sip, peer->name);
	var = conf_section_var(sec, key);
	if (!var && alias)
		var = conf_section_var(sec, alias);

	return var ? conf_var_vpos(var) : peer->pos;
}


/* --- contexts ------------------------------------------------------------ */

const char *context_nearest(const struct dialplan *dp, const char *name)
{
	const char *words[2] = {NULL, NULL};

	/* two at a time: the nearest so far, and the next */
	for (struct le *le = dp->contexts.head; le; le = le->next) {
		words[1] = ((struct dp_context *)le->data)->name;
		words[0] = text_nearest(name, words, 2);
	}

	return words[0];
}


void context_missing(struct loader *ld, const struct conf_pos *pos,
		     const char *what, const char *name)
{
	const char *near = context_nearest(ld->cfg->dialplan, name);
	const size_t n	 = strlen(name);

	/* room that FreePBX leaves for lines of one's own */
	if (n > 7 && !strcmp(name + n - 7, "-custom")) {
		find_info(ld->f, pos, "%s: context '%s' does not exist, "
			  "nothing is missing if none was written", what,
			  name);
		return;
	}

	if (near)
		find_warning(ld->f, pos, "%s: context '%s' does not exist in "
			     "extensions.conf (did you mean '%s'?)", what,
			     name, near);
	else
		find_warning(ld->f, pos, "%s: context '%s' does not exist in "
			     "extensions.conf", what, name);
}


static void peer_context(struct loader *ld, const struct peer *peer)
{
	char what[128];

	/* a peer that cannot call us needs no context */
	if (dialplan_context(ld->cfg->dialplan, peer->context))
		return;

	const struct conf_pos pos = peer_line(ld, peer, "context", NULL);

	(void)re_snprintf(what, sizeof(what), "calls of [%s] fail",
			  peer->name);
	context_missing(ld, &pos, what, peer->context);
}


/* --- one peer ------------------------------------------------------------ */

/* RFC 4028 4 */
static void short_session(struct loader *ld, const struct conf_pos *pos,
			  const struct peer *peer)
{
	find_warning(ld->f, pos, "session-minse=%u is less than RFC 4028 "
		     "allows, expected 90 at least: phones and providers may "
		     "refuse calls", peer->session_minse_s);
}


static void peer_session(struct loader *ld, const struct peer *peer)
{
	const struct conf_pos pos = peer_line(ld, peer, "session-minse", NULL);

	if (peer->session_minse_s < SESSION_MINSE &&
	    peer->session_minse_s != ld->cfg->defaults->session_minse_s)
		short_session(ld, &pos, peer);
}


static bool only_permits(const struct list *acl)
{
	for (struct le *le = acl->head; le; le = le->next) {
		const struct acl_rule *r = le->data;

		if (!r->permit)
			return false;
	}

	return !list_isempty(acl);
}


static void peer_acl(struct loader *ld, const struct peer *peer)
{
	if (only_permits(&peer->acl)) {
		const struct conf_pos pos = peer_line(ld, peer, "permit",
						      NULL);

		find_warning(ld->f, &pos, "[%s]: permit without deny "
			     "restricts nothing, expected deny=0.0.0.0/0 "
			     "before it", peer->name);
	}

	if (only_permits(&peer->contactacl)) {
		const struct conf_pos pos = peer_line(ld, peer,
						      "contactpermit", NULL);

		find_warning(ld->f, &pos, "[%s]: contactpermit without "
			     "contactdeny restricts nothing, expected "
			     "contactdeny=0.0.0.0/0 before it", peer->name);
	}
}


static void peer_kind(struct loader *ld, const struct peer *peer)
{
	if (peer->type == PEER_TYPE_USER && peer->dynamic) {
		const struct conf_pos pos = peer_line(ld, peer, "type", NULL);

		find_warning(ld->f, &pos, "[%s]: type=user cannot register "
			     "and cannot be called, host=dynamic has no "
			     "effect, expected type=friend", peer->name);
	}

	if (peer->dynamic && (peer->insecure & INSECURE_INVITE)) {
		const struct conf_pos pos = peer_line(ld, peer, "insecure",
						      NULL);

		find_warning(ld->f, &pos, "[%s]: insecure=invite with "
			     "host=dynamic lets whoever sends from the "
			     "registered address call without the secret, "
			     "expected no insecure= for a phone", peer->name);
	}
}


static const char *plain_transport(const struct peer *peer)
{
	for (size_t i = 0; i < peer->transportc; i++) {
		if (peer->transports[i] == CONFIG_UDP)
			return "udp";
		if (peer->transports[i] == CONFIG_TCP)
			return "tcp";
	}

	return NULL;
}


/* Keys travel in the SIP messages (RFC 4568 7.1) */
static void peer_crypto(struct loader *ld, const struct peer *peer)
{
	const char *plain = plain_transport(peer);
	const struct conf_pos pos = peer_line(ld, peer, "encryption",
					      "transport");

	if (peer->encryption && plain)
		find_warning(ld->f, &pos, "[%s]: encryption=yes with "
			     "transport=%s: whoever reads its SIP messages "
			     "has the keys of its calls, expected "
			     "transport=tls", peer->name, plain);
}


static void peer_media(struct loader *ld, const struct peer *peer)
{
	if (!peer->codecs.n) {
		const struct conf_pos pos = peer_line(ld, peer, "disallow",
						      NULL);

		find_warning(ld->f, &pos, "[%s] has no codec left, every call "
			     "of it fails, expected allow= after "
			     "disallow=all", peer->name);
	}

	if (peer->rtpholdtimeout_s && peer->rtptimeout_s &&
	    peer->rtpholdtimeout_s < peer->rtptimeout_s) {
		const struct conf_pos pos = peer_line(ld, peer,
						      "rtpholdtimeout", NULL);

		find_warning(ld->f, &pos, "[%s]: rtpholdtimeout %u is below "
			     "rtptimeout %u, calls on hold end first",
			     peer->name, peer->rtpholdtimeout_s,
			     peer->rtptimeout_s);
	}

	if (!list_isempty(&ld->cfg->moh) && str_isset(peer->mohinterpret) &&
	    str_casecmp(peer->mohinterpret, "default") &&
	    str_casecmp(peer->mohinterpret, "passthrough") &&
	    !config_moh(ld->cfg, peer->mohinterpret)) {
		const struct conf_pos pos = peer_line(ld, peer,
						      "mohinterpret",
						      "musicclass");

		find_warning(ld->f, &pos, "[%s]: class '%s' does not exist in "
			     "musiconhold.conf", peer->name,
			     peer->mohinterpret);
	}
}


/* --- peers that share an address ----------------------------------------- */

struct addr_ent {
	struct le le;
	const struct peer *peer;
};


static bool same_host(struct le *le, void *arg)
{
	const struct peer *a = ((struct addr_ent *)le->data)->peer;
	const struct peer *b = arg;

	return !str_casecmp(a->host.host, b->host.host) &&
		(a->host.port == b->host.port ||
		 ((a->insecure | b->insecure) & INSECURE_PORT));
}


static void shared_address(struct loader *ld, struct hash *hash,
			   struct addr_ent *ent)
{
	const struct peer *peer = ent->peer;
	const char *host	= peer->host.host;

	const uint32_t key = hash_key_ci(host, strlen(host));
	const struct addr_ent *old = list_ledata(
		hash_lookup(hash, key, same_host, (void *)peer));

	if (old) {
		const struct conf_pos pos = peer_line(ld, peer, "host", NULL);

		find_info(ld->f, &pos, "[%s] has the address of [%s] on line "
			  "%u: calls from there that name neither come in as "
			  "[%s]", peer->name, old->peer->name,
			  old->peer->pos.line, old->peer->name);
		return;
	}

	hash_append(hash, key, &ent->le, ent);
}


static void shared_addresses(struct loader *ld)
{
	const uint32_t max = list_count(&ld->cfg->peers);
	struct addr_ent *v = NULL;
	struct hash *hash  = NULL;
	size_t n	   = 0;

	if (!max)
		return;

	v = mem_zalloc(max * sizeof(*v), NULL);
	if (!v || hash_alloc(&hash, 1024)) {
		ld->f->out_of_memory = true;
		goto out;
	}

	for (struct le *le = ld->cfg->peers.head; le; le = le->next) {
		const struct peer *peer = le->data;

		if (peer->dynamic || !peer->host.host ||
		    !(peer->type & PEER_TYPE_PEER))
			continue;

		v[n].peer = peer;
		shared_address(ld, hash, &v[n++]);
	}

	hash_clear(hash);

out:
	mem_deref(hash);
	mem_deref(v);
}


/* --- register lines ------------------------------------------------------ */

static bool peer_at_host(const struct loader *ld, const struct reg_line *r)
{
	for (struct le *le = ld->cfg->peers.head; le; le = le->next) {
		const struct peer *peer = le->data;

		if (peer->host.host && !str_casecmp(peer->host.host, r->host))
			return true;
		if (!strcmp(peer->name, r->user))
			return true;
	}

	return false;
}


/* A trunk to the host that we register at, as the same user */
static const struct peer *reg_trunk(const struct loader *ld,
				    const struct reg_line *r)
{
	for (struct le *le = ld->cfg->peers.head; le; le = le->next) {
		const struct peer *peer = le->data;
		const char *user = peer->defaultuser ? peer->defaultuser
						     : peer->fromuser;

		if (peer->host.host && user && !strcmp(user, r->user) &&
		    !str_casecmp(peer->host.host, r->host))
			return peer;
	}

	return NULL;
}


/* One user of one server has one secret */
static void reg_secret(struct loader *ld, const struct reg_line *r)
{
	const struct peer *peer = reg_trunk(ld, r);
	const char *secret;
	struct conf_pos pos;

	if (!peer || r->authuser || !r->secret)
		return;

	secret = peer->remotesecret ? peer->remotesecret : peer->secret;
	if (!secret || (strlen(secret) == strlen(r->secret) &&
			mem_equal_ct(secret, r->secret, strlen(secret))))
		return;

	pos = peer_line(ld, peer, peer->remotesecret ? "remotesecret"
						     : "secret", NULL);
	find_warning(ld->f, &pos, "[%s] has another secret for '%s' at '%s' "
		     "than the register line %u, expected the same: one of "
		     "them is refused there", peer->name, r->user, r->host,
		     r->pos.line);
}


static void check_reg(struct loader *ld, const struct reg_line *r)
{
	reg_secret(ld, r);

	if (r->peer && !config_peer(ld->cfg, r->peer))
		find_warning(ld->f, &r->pos, "register: peer '%s' does not "
			     "exist, expected the name of a section",
			     r->peer);

	if (!ld->cfg->general.allowguest && !peer_at_host(ld, r))
		find_warning(ld->f, &r->pos, "register: calls from '%s' will "
			     "be refused as a stranger's, expected a section "
			     "with type=peer and host=%s", r->host, r->host);
}


static void check_regs(struct loader *ld)
{
	for (struct le *le = ld->cfg->regs.head; le; le = le->next)
		check_reg(ld, le->data);
}


/* --- [general] ----------------------------------------------------------- */

static void check_general(struct loader *ld)
{
	const struct general *g = &ld->cfg->general;

	if (ld->cfg->defaults->session_minse_s < SESSION_MINSE)
		short_session(ld, &ld->gpos, ld->cfg->defaults);

	if ((g->externaddr.host || g->externhost.host) &&
	    list_isempty(&g->localnet))
		find_warning(ld->f, &ld->gpos,
			     "externaddr has no effect without localnet, "
			     "expected the networks inside, such as "
			     "localnet=192.168.0.0/16");

	if (g->allowguest) {
		find_warning(ld->f, &ld->gpos,
			     "allowguest=yes: anybody on the network may call "
			     "into context '%s' without a password",
			     ld->cfg->defaults->context);

		if (!dialplan_context(ld->cfg->dialplan,
				      ld->cfg->defaults->context))
			context_missing(ld, &ld->gpos, "calls of guests fail",
					ld->cfg->defaults->context);
	}
}


static void check_mode(struct loader *ld)
{
	struct conf_pos pos = {ld->sip->path, 0, 0};
	struct stat st;

	if (!stat(ld->sip->path, &st) && (st.st_mode & S_IROTH))
		find_info(ld->f, &pos, "holds secrets and may be read by "
			  "every user of this machine, expected mode 0640");
}


void check_peers(struct loader *ld)
{
	check_mode(ld);
	check_general(ld);

	for (struct le *le = ld->cfg->peers.head; le; le = le->next) {
		const struct peer *peer = le->data;

		peer_context(ld, peer);
		peer_acl(ld, peer);
		peer_session(ld, peer);
		peer_kind(ld, peer);
		peer_media(ld, peer);
		peer_crypto(ld, peer);
	}

	shared_addresses(ld);
	check_regs(ld);
}


void check_config(struct loader *ld)
{
	check_peers(ld);
	check_dialplan(ld);
	check_followme(ld);
}
