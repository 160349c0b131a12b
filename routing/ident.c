/**
 * @file routing/ident.c  Who sent this request
 *
 * Two tables, both under keyed hashes because a stranger chooses what is
 * looked up: peers by name, and their addresses by IP.  An address without
 * port stands for the default port of the transport that the request came by.
 */
#include "routing/ident_priv.h"
#include "base/addr.h"
#include "base/rand.h"
#include "config/config.h"


enum {
	BUCKETS_MIN = 16,
	BUCKETS_MAX = 65536,
	ADDRS_MAX   = 256, /* of one peer */
};


/* --- building ------------------------------------------------------------ */

static void addr_destructor(void *arg)
{
	struct known_addr *a = arg;

	list_unlink(&a->le);
	list_unlink(&a->hle);
}


static void account_destructor(void *arg)
{
	struct account *a = arg;

	list_unlink(&a->le);
}


static void ident_destructor(void *arg)
{
	struct ident *id = arg;

	for (size_t i = 0; i < id->knownc; i++) {
		list_flush(&id->knownv[i].addrs);
		list_flush(&id->knownv[i].accounts);
	}

	mem_deref(id->knownv);
	mem_deref(id->by_name);
	mem_deref(id->by_ip);
	mem_deref(id->cfg);
}


struct list *ident_bucket(const struct ident *id, const struct sa *sa)
{
	return &id->by_ip[addr_hash(sa, false) & id->mask];
}


static int known_add_addr(const struct ident *id, struct known *k,
			  const struct sa *sa, uint16_t port, int transp)
{
	struct known_addr *a;

	if (sa_af(sa) != AF_INET && sa_af(sa) != AF_INET6)
		return 0;

	a = mem_zalloc(sizeof(*a), addr_destructor);
	if (!a)
		return ENOMEM;

	a->known  = k;
	a->sa     = *sa;
	a->transp = transp;
	addr_unmap(&a->sa);
	sa_set_port(&a->sa, port);

	list_append(&k->addrs, &a->le, a);
	list_append(ident_bucket(id, &a->sa), &a->hle, a);

	return 0;
}


/* The given address, the delivered ones, else that until registration */
static int known_read_addrs(const struct ident *id, struct known *k)
{
	const struct peer *p = k->peer;
	struct ident_addr ia;
	uint32_t n;
	int err = 0;

	if (!p->dynamic)
		err = known_add_addr(id, k, &p->host.sa, p->host.port,
				     p->host.transp);

	for (n = 0; !err && id->addrh && n < ADDRS_MAX; n++) {

		memset(&ia, 0, sizeof(ia));
		ia.transp = -1;

		if (!id->addrh(p, n, &ia, id->arg))
			break;

		err = known_add_addr(id, k, &ia.sa, sa_port(&ia.sa),
				     ia.transp);
	}

	if (!err && p->dynamic && !n)
		err = known_add_addr(id, k, &p->defaultip,
				     p->host.port ? p->host.port
						  : sa_port(&p->defaultip),
				     -1);

	return err;
}


static bool str_is(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}


static bool same_host(const struct peer *p, const struct reg_line *reg)
{
	struct sa sa;

	if (p->dynamic || !p->host.host || !reg->host)
		return false;

	if (!strcasecmp(p->host.host, reg->host))
		return true;

	return sa_isset(&p->host.sa, SA_ADDR) &&
	       !sa_set_str(&sa, reg->host, 0) &&
	       sa_cmp(&sa, &p->host.sa, SA_ADDR);
}


enum reg_fit {
	REG_NOT = 0,
	REG_HOST,    /* the same provider */
	REG_ACCOUNT, /* and it bears the name that we register */
	REG_SAID,    /* "peer?" */
};


static enum reg_fit reg_fits(const struct peer *p, const struct reg_line *reg)
{
	if (reg->peer)
		return str_is(reg->peer, p->name) ? REG_SAID : REG_NOT;

	if (!same_host(p, reg))
		return REG_NOT;

	if (str_is(reg->user, p->name) || str_is(reg->user, p->defaultuser) ||
	    str_is(reg->user, p->fromuser))
		return REG_ACCOUNT;

	return REG_HOST;
}


static int account_add(struct known *k, const struct reg_line *reg)
{
	struct account *a = mem_zalloc(sizeof(*a), account_destructor);

	if (!a)
		return ENOMEM;

	a->user  = reg->user;
	a->exten = reg->exten;
	list_append(&k->accounts, &a->le, a);

	return 0;
}


/* A register line belongs to the peers that fit it best */
static int account_assign(struct ident *id, const struct reg_line *reg)
{
	enum reg_fit best = REG_NOT;
	int err = 0;

	for (size_t i = 0; i < id->knownc; i++) {
		enum reg_fit fit = reg_fits(id->knownv[i].peer, reg);

		if (fit > best)
			best = fit;
	}

	for (size_t i = 0; i < id->knownc && best && !err; i++) {
		struct known *k = &id->knownv[i];

		if (reg_fits(k->peer, reg) == best)
			err = account_add(k, reg);
	}

	return err;
}


static int tables_alloc(struct ident *id, size_t n)
{
	uint32_t buckets = BUCKETS_MIN;

	while (buckets < n && buckets < BUCKETS_MAX)
		buckets *= 2;

	id->mask    = buckets - 1;
	id->knownv  = mem_zalloc((n + 1) * sizeof(*id->knownv), NULL);
	id->by_name = mem_zalloc(buckets * sizeof(*id->by_name), NULL);
	id->by_ip   = mem_zalloc(buckets * sizeof(*id->by_ip), NULL);

	return id->knownv && id->by_name && id->by_ip ? 0 : ENOMEM;
}


static int known_add(struct ident *id, const struct peer *peer)
{
	struct known *k = &id->knownv[id->knownc];
	uint32_t h      = hash_key(peer->name, strlen(peer->name));

	k->peer = peer;
	k->pos  = (uint32_t)id->knownc++;
	list_append(&id->by_name[h & id->mask], &k->hle, k);

	return known_read_addrs(id, k);
}


static int ident_build(struct ident *id)
{
	struct le *le;
	int err;

	err = tables_alloc(id, list_count(&id->cfg->peers));

	for (le = list_head(&id->cfg->peers); le && !err; le = le->next)
		err = known_add(id, le->data);

	for (le = list_head(&id->cfg->regs); le && !err; le = le->next)
		err = account_assign(id, le->data);

	return err;
}


int ident_alloc(struct ident **idp, const struct config *cfg,
		ident_addr_h *addrh, void *arg)
{
	struct ident *id;
	int err;

	if (!idp || !cfg)
		return EINVAL;

	id = mem_zalloc(sizeof(*id), ident_destructor);
	if (!id)
		return ENOMEM;

	id->cfg   = mem_ref((void *)cfg);
	id->addrh = addrh;
	id->arg   = arg;

	err = ident_build(id);
	if (err)
		mem_deref(id);
	else
		*idp = id;

	return err;
}


static struct known *known_find(const struct ident *id, const struct pl *name,
				uint32_t types)
{
	struct le *le;

	if (!pl_isset(name))
		return NULL;

	le = list_head(&id->by_name[hash_key(name->p, name->l) & id->mask]);

	for (; le; le = le->next) {
		struct known *k = le->data;

		if (k->peer->type & types && !pl_strcmp(name, k->peer->name))
			return k;
	}

	return NULL;
}


int ident_update(struct ident *id, const struct peer *peer)
{
	struct known *k;
	struct pl name;

	if (!id || !peer || !peer->name)
		return EINVAL;

	pl_set_str(&name, peer->name);
	k = known_find(id, &name, PEER_TYPE_FRIEND);
	if (!k)
		return ENOENT;

	list_flush(&k->addrs);

	return known_read_addrs(id, k);
}


bool ident_has_static(const struct ident *id, const struct sa *sa)
{
	struct sa host;
	struct le *le;

	if (!id || !sa_isset(sa, SA_ADDR))
		return false;

	host = *sa;
	addr_unmap(&host);

	for (le = list_head(ident_bucket(id, &host)); le; le = le->next) {
		const struct known_addr *a = le->data;

		if (!a->known->peer->dynamic && sa_cmp(&a->sa, &host, SA_ADDR))
			return true;
	}

	return false;
}


/* --- deciding ------------------------------------------------------------ */

bool ident_has_secret(const struct peer *p)
{
	return p->secret || p->md5secret || p->sha256secret;
}


static struct known *by_name(struct ident_result *res, const struct ident *id,
			     const struct ident_req *req, uint32_t types)
{
	const struct pl *name = &req->from_user;
	struct known *k;

	res->how = IDENT_HOW_FROM;

	if (id->cfg->general.match_auth_username &&
	    pl_isset(&req->auth_user)) {
		name     = &req->auth_user;
		res->how = IDENT_HOW_AUTHUSER;
	}

	k = known_find(id, name, types);
	if (!k)
		res->how = IDENT_HOW_NONE;

	return k;
}


static struct known *recognise(struct ident_result *res,
			       const struct ident *id,
			       const struct ident_req *req, bool is_register)
{
	struct known *k;

	if (is_register) {
		k = known_find(id, &req->to_user, PEER_TYPE_PEER);
		if (k)
			res->how = IDENT_HOW_TO;

		return k;
	}

	if (!pl_strcmp(&req->method, "SUBSCRIBE"))
		return by_name(res, id, req, PEER_TYPE_FRIEND);

	k = by_name(res, id, req, PEER_TYPE_USER);

	return k ? k : ident_by_address(res, id, req);
}


void ident_find(struct ident_result *res, const struct ident *id,
		const struct ident_req *req)
{
	const struct known *k;
	bool is_register;

	if (!res)
		return;

	memset(res, 0, sizeof(*res));
	res->verdict = IDENT_UNKNOWN;

	if (!id || !req)
		return;

	is_register = !pl_strcmp(&req->method, "REGISTER");

	k = recognise(res, id, req, is_register);

	if (!k) {
		if (id->cfg->general.allowguest && !is_register) {
			res->verdict = IDENT_GUEST;
			res->peer    = id->cfg->defaults;
		}

		return;
	}

	res->peer       = k->peer;
	res->verdict    = acl_allows(&k->peer->acl, &req->src) ? IDENT_PEER
							       : IDENT_DENIED;
	res->needs_auth = ident_has_secret(k->peer) &&
			  (is_register ||
			   !(k->peer->insecure & INSECURE_INVITE));
}


const char *ident_how_name(enum ident_how how)
{
	static const char *const names[] = {
		[IDENT_HOW_NONE]      = "nothing",
		[IDENT_HOW_FROM]      = "From user",
		[IDENT_HOW_AUTHUSER]  = "digest username",
		[IDENT_HOW_TO]        = "To user",
		[IDENT_HOW_EXTEN]     = "address and registered extension",
		[IDENT_HOW_RURI]      = "address and request URI",
		[IDENT_HOW_TO_USER]   = "address and To user",
		[IDENT_HOW_PAI]       = "address and P-Asserted-Identity",
		[IDENT_HOW_FROM_USER] = "address and From user",
		[IDENT_HOW_ADDR]      = "source address and port",
		[IDENT_HOW_IP]        = "source address",
	};

	if ((size_t)how >= ARRAY_SIZE(names))
		return "?";

	return names[how];
}
