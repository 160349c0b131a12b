/**
 * @file config/set_peer.c  Options of a peer's section
 *
 * What protects something (type, access lists, digests) is an error if it
 * cannot be read.  A secret is never part of a finding.
 */
#include "config/config.h"
#include "config/opt.h"
#include "base/text.h"


int set_type(struct opt_ctx *ctx, void *field)
{
	uint32_t *type = field;

	/* the same name twice: the types add up (user + peer = friend) */
	if (!pl_strcasecmp(&ctx->val, "friend"))
		*type |= PEER_TYPE_FRIEND;
	else if (!pl_strcasecmp(&ctx->val, "peer"))
		*type |= PEER_TYPE_PEER;
	else if (!pl_strcasecmp(&ctx->val, "user"))
		*type |= PEER_TYPE_USER;
	else
		opt_bad_value(ctx, "friend, peer or user");

	return 0;
}


int set_host(struct opt_ctx *ctx, void *field)
{
	struct host_port *hp = field;
	const uint16_t port  = hp->port; /* of a port= above */

	if (!pl_strcasecmp(&ctx->val, "dynamic")) {
		hostport_reset(hp);
		hp->port	   = port;
		ctx->peer->dynamic = true;
		return 0;
	}

	int err = hostport_decode(hp, &ctx->val);
	if (err == EINVAL) {
		find_error(ctx->f, &ctx->pos,
			   "host: '%r' is malformed, expected dynamic, a name "
			   "or an address, with :port if needed", &ctx->val);
		return 0;
	}
	if (err)
		return err;

	ctx->peer->dynamic = false;
	if (!hp->port)
		hp->port = port;

	return 0;
}


/* A digest of `len` hex characters, kept in lower case */
static int set_digest(const struct opt_ctx *ctx, char **sp, size_t len)
{
	char *s;

	if (!ctx->val.l) {
		*sp = mem_deref(*sp);
		return 0;
	}

	int err = pl_strdup(&s, &ctx->val);
	if (err)
		return err;

	bool good = ctx->val.l == len;

	for (char *p = s; *p; p++) {
		if (*p >= 'A' && *p <= 'F')
			*p += 'a' - 'A';
		good = good && strchr("0123456789abcdef", *p);
	}

	if (!good) {
		mem_deref(s);
		find_error(ctx->f, &ctx->pos,
			   "%s is no digest, expected %u hexadecimal "
			   "characters", ctx->key, (uint32_t)len);
		return 0;
	}

	mem_deref(*sp);
	*sp = s;
	return 0;
}


int set_md5secret(struct opt_ctx *ctx, void *field)
{
	return set_digest(ctx, field, 32);
}


int set_sha256secret(struct opt_ctx *ctx, void *field)
{
	return set_digest(ctx, field, 64);
}


int set_auth(struct opt_ctx *ctx, void *field)
{
	int err = auth_cred_add(field, &ctx->val);

	if (err == EINVAL) {
		find_warning(ctx->f, &ctx->pos,
			     "%s line is ignored, expected user:secret@realm "
			     "or user#md5@realm", ctx->key);
		err = 0;
	}

	return err;
}


/* --- caller identity ----------------------------------------------------- */

static int put(char **sp, const struct pl *pl)
{
	char *s;

	if (!pl->l)
		return 0;

	int err = pl_strdup(&s, pl);
	if (err)
		return err;

	mem_deref(*sp);
	*sp = s;
	return 0;
}


static bool all_of(const struct pl *pl, const char *set)
{
	for (size_t i = 0; i < pl->l; i++) {
		if (!strchr(set, pl->p[i]))
			return false;
	}

	return pl->l > 0;
}


static struct pl strip_quotes(struct pl pl)
{
	pl = pl_trim(pl);
	if (pl.l >= 2 && pl.p[0] == '"' && pl.p[pl.l - 1] == '"') {
		pl_advance(&pl, 1);
		--pl.l;
	}

	return pl;
}


/* "Name" <num>, Name <num>, <num>, num, "Name" */
int set_callerid(struct opt_ctx *ctx, void *field)
{
	struct peer *peer = ctx->peer;
	struct pl name = PL_INIT, num = PL_INIT;

	(void)field;

	const char *lt = ctx->val.l ? pl_strrchr(&ctx->val, '<') : NULL;
	if (lt) {
		num.p = lt + 1;
		num.l = ctx->val.p + ctx->val.l - num.p;

		const char *gt = pl_strchr(&num, '>');
		if (gt)
			num.l = gt - num.p;
		else
			opt_bad_value(ctx, "'>' after the number");

		name.p = ctx->val.p;
		name.l = lt - name.p;
	}
	else if (all_of(&ctx->val, "0123456789*#+-(). ")) {
		num = ctx->val;
	}
	else {
		name = ctx->val;
	}

	name = strip_quotes(name);
	num  = pl_trim(num);

	int err = put(&peer->cid_name, &name);
	return err | put(&peer->cid_num, &num);
}


int set_trunkname(struct opt_ctx *ctx, void *field)
{
	(void)field;
	ctx->peer->cid_name = mem_deref(ctx->peer->cid_name);
	return 0;
}


static const struct opt_word pres_tab[] = {
	{"allowed_not_screened", 0x00},
	{"allowed_passed_screen", 0x01},
	{"allowed_failed_screen", 0x02},
	{"allowed", 0x03},
	{"prohib_not_screened", 0x20},
	{"prohib_passed_screen", 0x21},
	{"prohib_failed_screen", 0x22},
	{"prohib", 0x23},
	{"unavailable", CALLINGPRES_UNAVAILABLE},
	{NULL, 0},
};


int set_callingpres(struct opt_ctx *ctx, void *field)
{
	int *pres = field;
	uint64_t n;

	for (const struct opt_word *w = pres_tab; w->name; w++) {
		if (!pl_strcasecmp(&ctx->val, w->name)) {
			*pres = w->value;
			return 0;
		}
	}

	if (!num_decode(&n, &ctx->val, CALLINGPRES_UNAVAILABLE))
		*pres = (int)n;
	else
		find_warning(ctx->f, &ctx->pos,
			     "%s: '%r' is ignored, expected a number from 0 "
			     "to 67 or one of %H", ctx->key, &ctx->val,
			     opt_words_print, pres_tab);

	return 0;
}


/* --- lists of words ------------------------------------------------------ */

int set_insecure(struct opt_ctx *ctx, void *field)
{
	struct pl part, rest = ctx->val;
	uint32_t *bits = field;

	*bits = 0;

	while (pl_next(&part, &rest, ',')) {
		part = pl_trim(part);

		if (!pl_strcasecmp(&part, "port"))
			*bits |= INSECURE_PORT;
		else if (!pl_strcasecmp(&part, "invite"))
			*bits |= INSECURE_INVITE;
		else if (!pl_strcasecmp(&part, "very")) {
			*bits |= INSECURE_PORT | INSECURE_INVITE;
			find_info(ctx->f, &ctx->pos,
				  "insecure=very is the old spelling of "
				  "insecure=port,invite and read as that");
		}
		else if (!pl_strcasecmp(&part, "yes")) {
			*bits |= INSECURE_PORT;
			find_info(ctx->f, &ctx->pos,
				  "insecure=yes is the old spelling of "
				  "insecure=port and read as that");
		}
		else if (part.l && pl_strcasecmp(&part, "no"))
			find_warning(ctx->f, &ctx->pos,
				     "insecure: '%r' is left out, expected "
				     "port, invite or no", &part);
	}

	return 0;
}


static const struct opt_word nat_tab[] = {
	{"force_rport", NAT_FORCE_RPORT},
	{"comedia", NAT_COMEDIA},
	{"auto_force_rport", NAT_AUTO_FORCE_RPORT},
	{"auto_comedia", NAT_AUTO_COMEDIA},
	{NULL, 0},
};


/* One word.  False if it ends the list */
static bool nat_word(const struct opt_ctx *ctx, uint32_t *bits,
		     const struct pl *word)
{
	bool yes;

	for (const struct opt_word *w = nat_tab; w->name; w++) {
		if (!pl_strcasecmp(word, w->name)) {
			*bits |= (uint32_t)w->value;
			return true;
		}
	}

	if (!pl_strcasecmp(word, "never")) {
		*bits = 0;
		return false;
	}
	if (!pl_strcasecmp(word, "route")) {
		*bits = NAT_FORCE_RPORT | NAT_COMEDIA;
		find_info(ctx->f, &ctx->pos,
			  "nat=route is an old spelling and read as "
			  "force_rport,comedia");
		return false;
	}
	if (bool_decode(&yes, word)) {
		*bits = yes ? NAT_FORCE_RPORT | NAT_COMEDIA : 0;
		return false;
	}

	if (word->l)
		find_warning(ctx->f, &ctx->pos,
			     "nat: '%r' is left out, expected yes, no or %H",
			     word, opt_words_print, nat_tab);
	return true;
}


int set_nat(struct opt_ctx *ctx, void *field)
{
	struct pl part, rest = ctx->val;
	uint32_t *nat = field, bits = 0;

	while (pl_next(&part, &rest, ',')) {
		part = pl_trim(part);
		if (!nat_word(ctx, &bits, &part))
			break;
	}

	/* the automatic word wins over the fixed one, in whatever order */
	if (bits & NAT_AUTO_FORCE_RPORT)
		bits &= ~(uint32_t)NAT_FORCE_RPORT;
	if (bits & NAT_AUTO_COMEDIA)
		bits &= ~(uint32_t)NAT_COMEDIA;

	*nat = bits;
	return 0;
}


/* --- numbers with words -------------------------------------------------- */

static int num_or_bool(const struct opt_ctx *ctx, uint32_t *np, uint32_t yes,
		       uint32_t max, const char *expected)
{
	uint64_t n;
	bool b;

	/* "1" is a number here, not yes */
	if (!num_decode(&n, &ctx->val, max))
		*np = (uint32_t)n;
	else if (bool_decode(&b, &ctx->val))
		*np = b ? yes : 0;
	else
		opt_bad_value(ctx, expected);

	return 0;
}


int set_qualify(struct opt_ctx *ctx, void *field)
{
	return num_or_bool(ctx, field, 2000, 120000,
			   "yes, no or milliseconds up to 120000");
}


int set_keepalive(struct opt_ctx *ctx, void *field)
{
	if (!pl_strcasecmp(&ctx->val, "auto")) {
		*(uint32_t *)field = KEEPALIVE_AUTO;
		return 0;
	}

	return num_or_bool(ctx, field, 60, 86400,
			   "auto, yes, no or seconds up to 86400");
}


static bool group_range(const struct pl *pl, uint64_t *lo, uint64_t *hi)
{
	struct pl a, rest = *pl;

	(void)pl_next(&a, &rest, '-');
	a = pl_trim(a);
	if (num_decode(lo, &a, 63))
		return false;

	*hi = *lo;
	if (!rest.p)
		return true;

	rest = pl_trim(rest);
	return !num_decode(hi, &rest, 63) && *hi >= *lo;
}


/* 1,3-5 */
int set_groups(struct opt_ctx *ctx, void *field)
{
	struct pl part, rest = ctx->val;
	uint64_t *groups = field, bits = 0, lo, hi;

	while (pl_next(&part, &rest, ',')) {
		part = pl_trim(part);
		if (!part.l)
			continue;

		if (!group_range(&part, &lo, &hi)) {
			find_warning(ctx->f, &ctx->pos,
				     "%s: '%r' is left out, expected numbers "
				     "and ranges from 0 to 63", ctx->key,
				     &part);
			continue;
		}

		for (; lo <= hi; lo++)
			bits |= 1ull << lo;
	}

	*groups = bits;
	return 0;
}


int set_taglen(struct opt_ctx *ctx, void *field)
{
	bool *is32 = field;

	if (!pl_strcmp(&ctx->val, "32"))
		*is32 = true;
	else if (!pl_strcmp(&ctx->val, "80"))
		*is32 = false;
	else
		opt_bad_value(ctx, "80 or 32");

	return 0;
}


/* --- name=value ---------------------------------------------------------- */

static int set_pair(struct opt_ctx *ctx, struct list *list, char sep,
		    const char *expected)
{
	struct pl name, rest = ctx->val;

	(void)pl_next(&name, &rest, sep);
	name = pl_trim(name);

	if (!name.l || !rest.p) {
		find_warning(ctx->f, &ctx->pos,
			     "%s line is ignored, expected %s", ctx->key,
			     expected);
		return 0;
	}

	rest = pl_trim(rest);
	return var_def_add(list, &name, &rest, &ctx->pos);
}


int set_setvar(struct opt_ctx *ctx, void *field)
{
	return set_pair(ctx, field, '=', "NAME=value");
}


int set_header(struct opt_ctx *ctx, void *field)
{
	return set_pair(ctx, field, ':', "Name: value");
}


int set_hasvoicemail(struct opt_ctx *ctx, void *field)
{
	char **mailbox = field;
	bool yes = false;

	if (!bool_decode(&yes, &ctx->val))
		opt_bad_value(ctx, "yes or no");
	if (!yes || *mailbox || !ctx->peer->name)
		return 0;

	return str_dup(mailbox, ctx->peer->name);
}
