/**
 * @file config/peer.c  Peers: memory, copies, look-up
 */
#include "config/config.h"
#include "config/opt.h"
#include "base/addr.h"
#include "base/rand.h"


/* Every text of a peer, so that copying and freeing cannot forget one */
/* clang-format off */
#define PEER_TEXTS(X)                                                        \
	X(defaultuser) X(secret) X(md5secret) X(sha256secret)                \
	X(remotesecret) X(fromuser) X(fromdomain) X(cid_name) X(cid_num)     \
	X(cid_tag) X(context) X(subscribecontext) X(messagecontext)          \
	X(regexten) X(callbackextension) X(description) X(namedcallgroup)    \
	X(namedpickupgroup) X(mailbox) X(unsolicited_mailbox) X(vmexten)     \
	X(language) X(tonezone) X(mohinterpret) X(mohsuggest) X(parkinglot)  \
	X(accountcode) X(amaflags) X(country) X(areacode) X(dialprefix)      \
	X(callerbase) X(incallerprefix)
/* clang-format on */


static void auth_destructor(void *arg)
{
	struct auth_cred *c = arg;

	list_unlink(&c->le);
	mem_deref(c->user);
	mem_deref(c->secret);
	mem_deref(c->md5);
	mem_deref(c->realm);
}


static void var_def_destructor(void *arg)
{
	struct var_def *v = arg;

	list_unlink(&v->le);
	mem_deref(v->name);
	mem_deref(v->value);
}


static void peer_destructor(void *arg)
{
	struct peer *p = arg;

	hash_unlink(&p->hle);
	list_unlink(&p->le);
	list_flush(&p->auth);
	list_flush(&p->acl);
	list_flush(&p->contactacl);
	list_flush(&p->directmediaacl);
	list_flush(&p->setvars);
	list_flush(&p->headers);
	mem_deref(p->host.host);
	mem_deref(p->outboundproxy.host);
#define X(t) mem_deref(p->t);
	PEER_TEXTS(X)
#undef X
	mem_deref(p->name);
}


struct peer *config_peer_alloc(void)
{
	struct peer *p = mem_zalloc(sizeof(*p), peer_destructor);
	if (!p)
		return NULL;

	p->host.transp		= -1;
	p->outboundproxy.transp = -1;
	p->callingpres		= -1;
	return p;
}


int var_def_add(struct list *list, const struct pl *name,
		const struct pl *value, const struct conf_pos *pos)
{
	struct var_def *v = mem_zalloc(sizeof(*v), var_def_destructor);
	if (!v)
		return ENOMEM;

	if (pos)
		v->pos = *pos;

	int err = pl_strdup(&v->name, name);
	err |= value->l ? pl_strdup(&v->value, value) :
		str_dup(&v->value, "");
	if (err) {
		mem_deref(v);
		return ENOMEM;
	}

	list_append(list, &v->le, v);
	return 0;
}


static int var_defs_copy(struct list *to, const struct list *from)
{
	for (struct le *le = from->head; le; le = le->next) {
		const struct var_def *v = le->data;

		struct var_def *n = mem_zalloc(sizeof(*n),
					       var_def_destructor);
		if (!n)
			return ENOMEM;

		n->name	 = mem_ref(v->name);
		n->value = mem_ref(v->value);
		n->pos	 = v->pos;
		list_append(to, &n->le, n);
	}

	return 0;
}


static int auths_copy(struct list *to, const struct list *from)
{
	for (struct le *le = from->head; le; le = le->next) {
		const struct auth_cred *c = le->data;

		struct auth_cred *n = mem_zalloc(sizeof(*n), auth_destructor);
		if (!n)
			return ENOMEM;

		n->user	  = mem_ref(c->user);
		n->secret = mem_ref(c->secret);
		n->md5	  = mem_ref(c->md5);
		n->realm  = mem_ref(c->realm);
		list_append(to, &n->le, n);
	}

	return 0;
}


static int acl_copy(struct list *to, const struct list *from)
{
	for (struct le *le = from->head; le; le = le->next) {
		const struct acl_rule *r = le->data;

		struct acl_rule *n = mem_zalloc(sizeof(*n), NULL);
		if (!n)
			return ENOMEM;

		n->net	  = r->net;
		n->permit = r->permit;
		list_append(to, &n->le, n);
	}

	return 0;
}


struct peer *config_peer_derive(const struct peer *from)
{
	struct peer *p = config_peer_alloc();
	if (!p)
		return NULL;

	*p = *from;

	/* what is owned: share the texts, copy the lists */
	memset(&p->le, 0, sizeof(p->le));
	memset(&p->hle, 0, sizeof(p->hle));
	p->name = NULL;
	list_init(&p->auth);
	list_init(&p->acl);
	list_init(&p->contactacl);
	list_init(&p->directmediaacl);
	list_init(&p->setvars);
	list_init(&p->headers);
	mem_ref(p->host.host);
	mem_ref(p->outboundproxy.host);
#define X(t) mem_ref(p->t);
	PEER_TEXTS(X)
#undef X

	int err = auths_copy(&p->auth, &from->auth);
	err |= acl_copy(&p->acl, &from->acl);
	err |= acl_copy(&p->contactacl, &from->contactacl);
	err |= acl_copy(&p->directmediaacl, &from->directmediaacl);
	err |= var_defs_copy(&p->setvars, &from->setvars);
	err |= var_defs_copy(&p->headers, &from->headers);
	if (err)
		p = mem_deref(p);

	return p;
}


/* user:secret@realm or user#md5@realm; the last '@' splits */
int auth_cred_add(struct list *list, const struct pl *val)
{
	const char *at = val->l ? pl_strrchr(val, '@') : NULL;
	if (!at)
		return EINVAL;

	struct pl left	= {val->p, at - val->p};
	struct pl realm = {at + 1, val->p + val->l - at - 1};
	const char *sep = pl_strchr(&left, ':');
	const char *hsh = pl_strchr(&left, '#');
	const bool md5	= hsh && (!sep || hsh < sep);

	if (md5)
		sep = hsh;
	if (!sep || sep == left.p || !realm.l)
		return EINVAL;

	const struct pl user   = {left.p, sep - left.p};
	const struct pl secret = {sep + 1, left.p + left.l - sep - 1};

	if (md5 && secret.l != 32)
		return EINVAL;

	struct auth_cred *c = mem_zalloc(sizeof(*c), auth_destructor);
	if (!c)
		return ENOMEM;

	int err = pl_strdup(&c->user, &user);
	err |= pl_strdup(&c->realm, &realm);
	if (secret.l)
		err |= pl_strdup(md5 ? &c->md5 : &c->secret, &secret);
	else
		err |= str_dup(&c->secret, "");
	if (err) {
		mem_deref(c);
		return ENOMEM;
	}

	list_append(list, &c->le, c);
	return 0;
}


static bool peer_is(struct le *le, void *arg)
{
	const struct peer *peer = le->data;

	return !pl_strcmp(arg, peer->name);
}


const struct peer *config_peer_pl(const struct config *cfg,
				  const struct pl *name)
{
	if (!cfg || !name || !name->p || !name->l)
		return NULL;

	struct pl key = *name;

	return list_ledata(hash_lookup(cfg->peer_hash,
				       hash_key(name->p, name->l), peer_is,
				       &key));
}


const struct peer *config_peer(const struct config *cfg, const char *name)
{
	struct pl pl;

	if (!name)
		return NULL;

	pl_set_str(&pl, name);
	return config_peer_pl(cfg, &pl);
}
