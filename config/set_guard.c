/**
 * @file config/set_guard.c  Options of [guard] of tandem.conf
 */
#include "config/config.h"
#include "config/country.h"
#include "config/opt.h"
#include "base/text.h"

enum { BAN_MAX_S = 30 * 86400 };


/* bantime = 600,3600,86400: each not shorter than the one before */
int set_bantimes(struct opt_ctx *ctx, void *field)
{
	struct guard_conf *g = &ctx->cfg->guard;
	struct pl part, rest = ctx->val;
	uint32_t v[GUARD_BANS_MAX];
	size_t n = 0;

	(void)field;

	while (pl_next(&part, &rest, ',')) {
		uint64_t s;

		part = pl_trim(part);
		if (n >= GUARD_BANS_MAX || num_decode(&s, &part, BAN_MAX_S) ||
		    !s || (n && s < v[n - 1])) {
			opt_bad_value(ctx, "up to four numbers of seconds, "
				      "growing, such as 600,3600,86400");
			return 0;
		}
		v[n++] = (uint32_t)s;
	}

	memcpy(g->ban_s, v, n * sizeof(v[0]));
	g->banc = n;

	return 0;
}


static bool is_nft_word(const struct pl *pl)
{
	if (!pl->l || pl->l > 31 || pl->p[0] == '-')
		return false;

	for (size_t i = 0; i < pl->l; i++) {
		char c = pl->p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || c == '_' || c == '-'))
			return false;
	}

	return true;
}


/* nftset = family table set: three words, which become arguments of nft */
int set_nft(struct opt_ctx *ctx, void *field)
{
	static const char *const families[] = {"ip", "ip6", "inet", "netdev",
					       "bridge"};
	struct pl part, rest = ctx->val;
	char **sp = field;
	bool known = false;
	size_t n = 0;

	while (pl_next(&part, &rest, ' ')) {
		if (!part.l)
			continue;
		for (size_t i = 0; !n && i < ARRAY_SIZE(families); i++)
			known |= !pl_strcmp(&part, families[i]);
		if (++n > 3 || !is_nft_word(&part))
			known = false;
	}

	if (n != 3 || !known) {
		opt_bad_value(ctx, "family, table and set, such as inet "
			      "filter banned");
		return 0;
	}

	*sp = mem_deref(*sp);

	return pl_strdup(sp, &ctx->val);
}


int set_country(struct opt_ctx *ctx, void *field)
{
	const struct country *c = country_find(&ctx->val);
	char **sp = field;

	if (!c) {
		opt_bad_value(ctx, "a country that Tandem knows, such as de, "
			      "gb or us");
		return 0;
	}

	*sp = mem_deref(*sp);

	return str_dup(sp, c->name);
}


int set_premium(struct opt_ctx *ctx, void *field)
{
	struct pl part, rest = ctx->val;
	char **sp = field;

	while (pl_next(&part, &rest, ',')) {
		uint64_t n;

		part = pl_trim(part);
		if (!part.l || part.l > 15 ||
		    num_decode(&n, &part, UINT64_MAX)) {
			opt_bad_value(ctx, "prefixes of digits with commas "
				      "between, such as 0900,0137");
			return 0;
		}
	}

	*sp = mem_deref(*sp);

	return pl_strdup(sp, &ctx->val);
}
