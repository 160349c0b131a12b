/**
 * @file config/set_gen.c  Options of [general], tandem.conf, musiconhold.conf
 */
#include "config/config.h"
#include "config/opt.h"
#include "base/log.h"
#include "base/privs.h"
#include "base/text.h"


int set_bindport(struct opt_ctx *ctx, void *field)
{
	uint16_t *port = field;
	uint64_t n;

	if (num_decode(&n, &ctx->val, 65535) || !n)
		opt_bad_value(ctx, "a port number from 1 to 65535");
	else
		*port = (uint16_t)n;

	return 0;
}


static void domain_destructor(void *arg)
{
	struct config_domain *d = arg;

	list_unlink(&d->le);
	mem_deref(d->name);
	mem_deref(d->context);
}


/* domain = name[,context] */
int set_domain(struct opt_ctx *ctx, void *field)
{
	struct pl name, rest = ctx->val;
	int err;

	(void)pl_next(&name, &rest, ',');
	name = pl_trim(name);
	rest = pl_trim(rest);

	if (!name.l) {
		opt_bad_value(ctx, "name[,context]");
		return 0;
	}

	struct config_domain *d = mem_zalloc(sizeof(*d), domain_destructor);
	if (!d)
		return ENOMEM;

	err = pl_strdup(&d->name, &name);
	if (rest.l)
		err |= pl_strdup(&d->context, &rest);
	if (err) {
		mem_deref(d);
		return ENOMEM;
	}

	list_append(field, &d->le, d);
	return 0;
}


int set_register(struct opt_ctx *ctx, void *field)
{
	struct reg_line *r;
	const char *what = NULL;

	(void)field;

	/* the value holds a secret: it is not printed.  Expiry 0 becomes
	 * defaultexpiry once all of [general] is read. */
	int err = reg_line_decode(&r, &ctx->val, 0, &what);
	if (err == EINVAL) {
		find_warning(ctx->f, &ctx->pos,
			     "register line is ignored, expected %s", what);
		return 0;
	}
	if (err)
		return err;

	r->pos = ctx->pos;
	list_append(&ctx->cfg->regs, &r->le, r);
	return 0;
}


int set_mwi(struct opt_ctx *ctx, void *field)
{
	const struct pl name = PL_LIT("mwi");

	return var_def_add(field, &name, &ctx->val, &ctx->pos);
}


/* clang-format off */
static const struct {
	const char *name;
	uint8_t tos;
} tos_tab[] = {
	{"cs0", 0x00}, {"cs1", 0x20}, {"cs2", 0x40}, {"cs3", 0x60},
	{"cs4", 0x80}, {"cs5", 0xa0}, {"cs6", 0xc0}, {"cs7", 0xe0},
	{"af11", 0x28}, {"af12", 0x30}, {"af13", 0x38},
	{"af21", 0x48}, {"af22", 0x50}, {"af23", 0x58},
	{"af31", 0x68}, {"af32", 0x70}, {"af33", 0x78},
	{"af41", 0x88}, {"af42", 0x90}, {"af43", 0x98},
	{"ef", 0xb8},
	{"lowdelay", 0x10}, {"throughput", 0x08}, {"reliability", 0x04},
	{"mincost", 0x02}, {"none", 0x00},
};
/* clang-format on */


static bool hex_byte(uint8_t *bp, const struct pl *pl)
{
	if (pl->l < 3 || pl->l > 4 || strncasecmp(pl->p, "0x", 2))
		return false;

	const struct pl hex = {pl->p + 2, pl->l - 2};

	for (size_t i = 0; i < hex.l; i++) {
		if (!strchr("0123456789abcdefABCDEF", hex.p[i]))
			return false;
	}

	*bp = (uint8_t)pl_x32(&hex);
	return true;
}


/* DSCP name (RFC 2474, 2597, 3246), or the byte in decimal or 0x hex */
int set_tos(struct opt_ctx *ctx, void *field)
{
	uint8_t *tos = field;
	uint64_t n;

	for (size_t i = 0; i < ARRAY_SIZE(tos_tab); i++) {
		if (!pl_strcasecmp(&ctx->val, tos_tab[i].name)) {
			*tos = tos_tab[i].tos;
			return 0;
		}
	}

	if (!num_decode(&n, &ctx->val, 255))
		*tos = (uint8_t)n;
	else if (!hex_byte(tos, &ctx->val))
		opt_bad_value(ctx, "ef, cs0-cs7, af11-af43, 0-255 or 0x00-"
			      "0xff");

	return 0;
}


/* yes, no or one word that counts as yes */
static int bool_or_word(const struct opt_ctx *ctx, bool *bp, const char *word,
			const char *expected)
{
	if (!pl_strcasecmp(&ctx->val, word))
		*bp = true;
	else if (!bool_decode(bp, &ctx->val))
		opt_bad_value(ctx, expected);

	return 0;
}


int set_notifyringing(struct opt_ctx *ctx, void *field)
{
	return bool_or_word(ctx, field, "notinuse", "yes, no or notinuse");
}


int set_notifycid(struct opt_ctx *ctx, void *field)
{
	return bool_or_word(ctx, field, "ignore-context",
			    "yes, no or ignore-context");
}


int set_loglevel(struct opt_ctx *ctx, void *field)
{
	char buf[16];

	if (pl_copy(buf, sizeof(buf), &ctx->val) ||
	    !log_level_decode(field, buf))
		opt_bad_value(ctx, "error, warning, notice, info or debug");

	return 0;
}


int set_logformat(struct opt_ctx *ctx, void *field)
{
	char buf[16];

	if (pl_copy(buf, sizeof(buf), &ctx->val) ||
	    !log_format_decode(field, buf))
		opt_bad_value(ctx, "plain, asterisk, journal or json");

	return 0;
}


/* Not ignored: it would run as somebody else than was asked for */
static int set_who(struct opt_ctx *ctx, char **strp, const char *name,
		   bool known, const char *what)
{
	char *str;

	if (!known) {
		find_error(ctx->f, &ctx->pos, "%s: '%r' is unknown, expected "
			   "%s", ctx->key, &ctx->val, what);
		return 0;
	}
	if (str_dup(&str, name))
		return ENOMEM;

	mem_deref(*strp);
	*strp = str;

	return 0;
}


int set_runuser(struct opt_ctx *ctx, void *field)
{
	char name[64];
	uid_t uid;
	gid_t gid;

	return set_who(ctx, field, name,
		       !pl_copy(name, sizeof(name), &ctx->val) &&
			       !privs_user(&uid, &gid, name),
		       "the name of a user of this machine");
}


int set_rungroup(struct opt_ctx *ctx, void *field)
{
	char name[64];
	gid_t gid;

	return set_who(ctx, field, name,
		       !pl_copy(name, sizeof(name), &ctx->val) &&
			       !privs_group(&gid, name),
		       "the name of a group of this machine");
}


/* random = yes is the old spelling of sort = random */
int set_moh_random(struct opt_ctx *ctx, void *field)
{
	char **sort = field;
	bool yes    = false;

	if (!bool_decode(&yes, &ctx->val))
		opt_bad_value(ctx, "yes or no");
	if (!yes || *sort)
		return 0;

	return str_dup(sort, "random");
}


int set_moh_entry(struct opt_ctx *ctx, void *field)
{
	const struct pl name = PL_LIT("entry");

	return var_def_add(field, &name, &ctx->val, &ctx->pos);
}


/* nameserver = 192.0.2.1,192.0.2.2:5353 */
int set_nameserver(struct opt_ctx *ctx, void *field)
{
	struct tandem_conf *t = &ctx->cfg->tandem;
	struct pl part, rest = ctx->val;
	struct sa v[NAMESERVERS_MAX];
	size_t n = 0;

	(void)field;

	while (pl_next(&part, &rest, ',')) {
		struct host_port hp = {.transp = -1};

		part = pl_trim(part);
		if (n >= NAMESERVERS_MAX || hostport_decode(&hp, &part) ||
		    !sa_isset(&hp.sa, SA_ADDR)) {
			hostport_reset(&hp);
			opt_bad_value(ctx, "up to four addresses, with :port "
				      "if needed");
			return 0;
		}

		v[n] = hp.sa;
		sa_set_port(&v[n++], hp.port ? hp.port : 53);
		hostport_reset(&hp);
	}

	memcpy(t->nameservers, v, n * sizeof(v[0]));
	t->nameserverc = n;

	return 0;
}
