/**
 * @file routing/sipd.c  Numbers as sipd has them
 */
#include "routing/sipd.h"
#include "config/country.h"
#include "base/rand.h"

enum { HOME_DIGITS = 10, SHORT_DIGITS = 3 };

/* of a gateway that a group has for itself */
#define PRIVATE_PREFIX "666598"


static bool digits_only(const struct pl *pl)
{
	if (!pl->l || pl->l >= SIPD_NUMBER_MAX / 2)
		return false;

	for (size_t i = 0; i < pl->l; i++) {
		if (pl->p[i] < '0' || pl->p[i] > '9')
			return false;
	}

	return true;
}


static bool begins(const struct pl *pl, const char *with)
{
	const size_t n = strlen(with);

	return pl->l >= n && !strncmp(pl->p, with, n);
}


static int print(char *buf, size_t n, const char *a, const char *b,
		 const struct pl *num)
{
	return re_snprintf(buf, n, "%s%s%r", a, b, num) < 0 ? EINVAL : 0;
}


int sipd_number(char *buf, size_t n, const struct sipd_opts *opts,
		const struct pl *dialled)
{
	struct pl num = *dialled;

	if (begins(&num, "+")) {
		pl_advance(&num, 1);
		return digits_only(&num) ? print(buf, n, "", "", &num)
					 : EINVAL;
	}

	if (!digits_only(&num))
		return EINVAL;
	if (num.l > 1 && begins(&num, "8"))
		pl_advance(&num, 1);

	if (num.l < HOME_DIGITS)
		return print(buf, n, opts->country, opts->city, &num);
	if (num.l == HOME_DIGITS)
		return print(buf, n, opts->country, "", &num);
	if (begins(&num, "10"))
		pl_advance(&num, 2);

	return print(buf, n, "", "", &num);
}


int sipd_out(char *buf, size_t n, const struct sipd_opts *opts,
	     const struct sipd_client *gate, const char *prefix,
	     const struct pl *dialled)
{
	char num[SIPD_NUMBER_MAX];
	struct pl pl = *dialled;

	if (gate->plain) {
		if (!digits_only(&pl) && !begins(&pl, "+"))
			return EINVAL;
		return print(buf, n, prefix, "", &pl);
	}

	if (sipd_number(num, sizeof(num), opts, dialled))
		return EINVAL;

	return re_snprintf(buf, n, "%s%s", prefix, num) < 0 ? EINVAL : 0;
}


int sipd_subject(char *buf, size_t n, const struct sipd_opts *opts,
		 const struct pl *dialled)
{
	const size_t code = strlen(opts->country);
	struct pl num	  = *dialled;
	bool full;

	/* star codes, names */
	if (!begins(&num, "+") && !digits_only(&num))
		return print(buf, n, "", "", &num);

	full = begins(&num, "+");
	if (full)
		pl_advance(&num, 1);
	else if (num.l > 1 && begins(&num, "8"))
		pl_advance(&num, 1);

	if (!full && (num.l <= HOME_DIGITS || begins(&num, "10")))
		return print(buf, n, "", "", &num);

	if (begins(&num, opts->country) && num.l == code + HOME_DIGITS) {
		pl_advance(&num, (ssize_t)code);
		return print(buf, n, "", "", &num);
	}

	return print(buf, n, "10", "", &num);
}


/* By its name, or the one that has the country code */
static const struct country *country(const struct config *cfg)
{
	const char *name = cfg->guard.country;
	const struct country *found = NULL, *c;
	struct pl pl;

	if (!name)
		name = cfg->defaults->tonezone;
	if (name) {
		pl_set_str(&pl, name);
		found = country_find(&pl);
	}
	if (found && !strcmp(found->code, cfg->sipd_opts.country))
		return found;

	/* the larger one of those that share a code */
	found = NULL;
	for (size_t i = 0; (c = country_at(i)); i++) {
		if (strcmp(c->code, cfg->sipd_opts.country))
			continue;
		if (!found || !strcmp(c->name, "ru") || !strcmp(c->name, "us"))
			found = c;
	}

	return found;
}


static enum sipd_may may_cost(const struct config *cfg,
			      const struct sipd_client *c,
			      const struct pl *dialled)
{
	const struct peer *peer = config_peer(cfg, c->name);
	char num[SIPD_NUMBER_MAX], full[SIPD_NUMBER_MAX + 1];

	/* emergencies */
	if (dialled->l <= SHORT_DIGITS)
		return SIPD_MAY_YES;

	if (sipd_number(num, sizeof(num), &cfg->sipd_opts, dialled) || !peer)
		return SIPD_MAY_ODD;

	(void)re_snprintf(full, sizeof(full), "+%s", num);
	switch (number_kind(country(cfg), cfg->guard.premium, full)) {

	case NUMBER_PLAIN:
		break;

	case NUMBER_ABROAD:
		/* without a country of the table every '+' is abroad */
		if (!strncmp(num, cfg->sipd_opts.country,
			     strlen(cfg->sipd_opts.country)))
			break;
		if (peer->international != PEER_ALLOW_YES)
			return SIPD_MAY_ABROAD;
		break;

	case NUMBER_PREMIUM:
		if (peer->premium != PEER_ALLOW_YES)
			return SIPD_MAY_PREMIUM;
		break;

	case NUMBER_ODD:
		return SIPD_MAY_ODD;
	}

	return SIPD_MAY_YES;
}


enum sipd_may sipd_may(const struct config *cfg, const struct sipd_client *c,
		       const struct pl *dialled)
{
	char buf[SIPD_NUMBER_MAX + 4];
	bool hit = true;
	struct pl pl;

	if (!cfg || !c || c->nothing || !dialled->l)
		return SIPD_MAY_NOT;
	if (sipd_subject(buf, sizeof(buf), &cfg->sipd_opts, dialled))
		return SIPD_MAY_ODD;

	pl_set_str(&pl, buf);
	if (c->limit && (perlre_match(&hit, c->limit, &pl) || !hit))
		return SIPD_MAY_NOT;

	if (dialled->p[0] == '*')
		return SIPD_MAY_YES;

	return may_cost(cfg, c, dialled);
}


/* --- gateways ------------------------------------------------------------ */

/* "SHOP-GW12": "GW12"; NULL */
static const char *private_name(const struct sipd_client *c)
{
	const char *p = c ? c->group + strlen(c->group) : NULL;

	if (!c || p == c->group)
		return NULL;

	while (p > c->group && p[-1] >= '0' && p[-1] <= '9')
		--p;
	if (!*p || p - c->group < 2 || strncmp(p - 2, "GW", 2))
		return NULL;

	return p - 2;
}


size_t sipd_gateways(const struct sipd_client **v, size_t n,
		     const struct sipd_conf *sc, const struct sipd_client *c)
{
	const char *own = private_name(c);
	size_t k = 0;

	if (own && n) {
		v[0] = sipd_client(sc, own);
		return v[0] != NULL;
	}

	for (struct le *le = sc->clients.head; le && k < n; le = le->next) {
		const struct sipd_client *gate = le->data;

		if (gate->kind == SIPD_GATEWAY && gate->prefix)
			v[k++] = gate;
	}

	for (size_t i = k; i > 1; i--) {
		const size_t j = rand_below((uint32_t)i);
		const struct sipd_client *swap = v[i - 1];

		v[i - 1] = v[j];
		v[j]	 = swap;
	}

	return k;
}


const char *sipd_prefix(const struct sipd_client *gate,
			const struct sipd_client *c)
{
	const char *own = private_name(c);

	if (own && !strcmp(own, gate->name))
		return PRIVATE_PREFIX;

	return gate->prefix ? gate->prefix : "";
}
