/**
 * @file config/reg.c  The register => line
 *
 * [peer?][transport://]user[@domain[:port]][:secret[:authuser]]
 *	@host[:port][/extension][~expiry]
 *
 * The last '@' splits, so a secret may contain '@' and '/'.  What is left of
 * it is split at ':'; four fields mean that the second is the domain's port.
 */
#include "config/config.h"
#include "config/opt.h"
#include "base/text.h"


static void reg_destructor(void *arg)
{
	struct reg_line *r = arg;

	list_unlink(&r->le);
	mem_deref(r->peer);
	mem_deref(r->user);
	mem_deref(r->domain);
	mem_deref(r->secret);
	mem_deref(r->authuser);
	mem_deref(r->host);
	mem_deref(r->exten);
}


static int dup_set(char **sp, const struct pl *pl)
{
	return pl->l ? pl_strdup(sp, pl) : 0;
}


/* "peer?": a '?' behind ':' or '@' is part of a secret */
static int cut_peer(struct reg_line *r, struct pl *left)
{
	const char *q = pl_strchr(left, '?');
	if (!q)
		return 0;

	const struct pl name = {left->p, q - left->p};

	if (pl_strchr(&name, ':') || pl_strchr(&name, '@'))
		return 0;

	pl_advance(left, (ssize_t)name.l + 1);
	return dup_set(&r->peer, &name);
}


static void cut_transp(struct reg_line *r, struct pl *left, const char **what)
{
	const char *colon = pl_strchr(left, ':');

	if (!colon || left->p + left->l - colon < 3 ||
	    strncmp(colon, "://", 3))
		return;

	const struct pl name = {left->p, colon - left->p};

	for (int i = 0; i < CONFIG_TRANSP_MAX; i++) {
		if (!pl_strcasecmp(&name, config_transp_name(i))) {
			r->transp = i;
			r->transp_said = true;
			pl_advance(left, (ssize_t)name.l + 3);
			return;
		}
	}

	*what = "udp, tcp or tls before ://";
}


static int left_decode(struct reg_line *r, const struct pl *left,
		       const char **what)
{
	struct pl v[4] = {PL_INIT}, rest = *left, dom = PL_INIT, user;
	size_t n = 0;
	int err = 0;

	while (n < 4 && pl_next(&v[n], &rest, ':'))
		++n;

	user = v[0];

	const char *at = user.l ? pl_strchr(&user, '@') : NULL;
	if (at) {
		dom.p  = at + 1;
		dom.l  = user.p + user.l - dom.p;
		user.l = at - user.p;
	}

	if (!user.l) {
		*what = "a user name";
		return EINVAL;
	}
	if (rest.p || (n == 4 && !at)) {
		*what = "no ':' inside the secret";
		return EINVAL;
	}

	if (n == 4) {
		uint64_t port;

		if (num_decode(&port, &v[1], 65535) || !port) {
			*what = "a port number after the domain";
			return EINVAL;
		}
		r->domain_port = (uint16_t)port;
	}

	const size_t s = n == 4 ? 2 : 1;

	err |= dup_set(&r->user, &user);
	err |= dup_set(&r->domain, &dom);
	if (n > s)
		err |= dup_set(&r->secret, &v[s]);
	if (n > s + 1)
		err |= dup_set(&r->authuser, &v[s + 1]);

	return err;
}


static int right_decode(struct reg_line *r, struct pl right, const char **what)
{
	struct host_port hp = {.transp = -1};
	uint64_t n;
	int err;

	const char *p = right.l ? pl_strrchr(&right, '~') : NULL;
	if (p) {
		const struct pl exp = {p + 1, right.p + right.l - p - 1};

		if (num_decode(&n, &exp, 86400 * 7) || !n) {
			*what = "seconds after '~'";
			return EINVAL;
		}
		r->expiry_s = (uint32_t)n;
		right.l	    = p - right.p;
	}

	p = right.l ? pl_strchr(&right, '/') : NULL;
	if (p) {
		const struct pl ext = {p + 1, right.p + right.l - p - 1};

		err = dup_set(&r->exten, &ext);
		if (err)
			return err;
		right.l = p - right.p;
	}

	err = hostport_decode(&hp, &right);
	if (err) {
		*what = "the registrar's name or address after '@'";
		return err;
	}

	r->host = hp.host;
	r->port = hp.port;
	return 0;
}


int reg_line_decode(struct reg_line **rp, const struct pl *val,
		    uint32_t defexpiry_s, const char **what)
{
	struct pl line = pl_trim(*val);
	const char *why = NULL;
	int err;

	if (line.l >= 2 && line.p[0] == '"' && line.p[line.l - 1] == '"') {
		pl_advance(&line, 1);
		--line.l;
	}

	struct reg_line *r = mem_zalloc(sizeof(*r), reg_destructor);
	if (!r)
		return ENOMEM;

	r->expiry_s = defexpiry_s;

	const char *at = line.l ? pl_strrchr(&line, '@') : NULL;
	if (!at) {
		why = "user[:secret[:authuser]]@host[:port][/extension]";
		err = EINVAL;
		goto out;
	}

	struct pl left	   = {line.p, at - line.p};
	const struct pl right = {at + 1, line.p + line.l - at - 1};

	err = cut_peer(r, &left);
	if (err)
		goto out;

	cut_transp(r, &left, &why);
	err = why ? EINVAL : left_decode(r, &left, &why);
	if (!err)
		err = right_decode(r, right, &why);
	if (!err && !r->exten)
		err = str_dup(&r->exten, "s");

out:
	if (err) {
		*what = why;
		mem_deref(r);
	}
	else {
		*rp = r;
	}

	return err;
}
