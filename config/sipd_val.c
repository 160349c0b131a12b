/**
 * @file config/sipd_val.c  Values of sipd: exten=, networks, classes
 */
#include "config/opt.h"
#include "config/sipd.h"
#include "base/text.h"


static bool is_number(const struct pl *pl)
{
	if (pl->l > 20)
		return false;

	for (size_t i = 0; i < pl->l; i++) {
		if (!strchr("0123456789", pl->p[i]))
			return false;
	}

	return true;
}


int set_sipd_code(struct opt_ctx *ctx, void *field)
{
	char **sp = field, *s;

	if (!is_number(&ctx->val) || ctx->val.l > 8) {
		opt_bad_value(ctx, "up to eight digits");
		return 0;
	}

	int err = ctx->val.l ? pl_strdup(&s, &ctx->val) : str_dup(&s, "");
	if (err)
		return err;

	mem_deref(*sp);
	*sp = s;

	return 0;
}


struct pl sipd_word(const char *value)
{
	struct pl pl;

	pl.p = value;
	pl.l = strcspn(value, " \t");

	return pl;
}


int sipd_net_print(char *buf, size_t n, const struct pl *net)
{
	struct pl addr = *net, bits = PL_INIT, part, rest;
	unsigned dots = 0;
	uint64_t v = 0, max;
	size_t pos = 0;
	const char *slash;

	slash = net->l ? pl_strchr(net, '/') : NULL;
	if (slash) {
		addr.l = (size_t)(slash - net->p);
		bits.p = slash + 1;
		bits.l = net->l - addr.l - 1;
	}

	/* IPv6 is written in full */
	if (addr.l && pl_strchr(&addr, ':')) {
		struct sa sa;

		max = 128;
		if (sa_set(&sa, &addr, 0) ||
		    (slash && num_decode(&v, &bits, max)))
			return EINVAL;
		return re_snprintf(buf, n, "%r/%u", &addr,
				   slash ? (unsigned)v : 128) < 0 ? EINVAL : 0;
	}

	/* 192.168/16: what is missing is 0 */
	rest = addr;
	while (pl_next(&part, &rest, '.')) {
		if (dots++ >= 4 || num_decode(&v, &part, 255))
			return EINVAL;

		const int k = re_snprintf(buf + pos, n - pos, "%s%u",
					  pos ? "." : "", (unsigned)v);
		if (k < 0)
			return EINVAL;
		pos += (size_t)k;
	}
	if (!dots)
		return EINVAL;

	max = 32;
	v   = 8 * (uint64_t)dots;
	if (slash && num_decode(&v, &bits, max))
		return EINVAL;
	for (; dots < 4; dots++) {
		const int k = re_snprintf(buf + pos, n - pos, ".0");

		if (k < 0)
			return EINVAL;
		pos += (size_t)k;
	}

	return re_snprintf(buf + pos, n - pos, "/%u", (unsigned)v) < 0
		       ? EINVAL : 0;
}


static struct pl until(struct pl *rest, const char *stops)
{
	struct pl part = {rest->p, 0};

	while (part.l < rest->l && !strchr(stops, rest->p[part.l]))
		++part.l;
	pl_advance(rest, (ssize_t)part.l);

	return part;
}


int sipd_exten_decode(struct sipd_exten *x, const struct pl *text,
		      const char **what)
{
	struct pl rest = pl_trim(*text);

	memset(x, 0, sizeof(*x));

	x->number = until(&rest, "#(=~");
	if (rest.l && *rest.p == '#') {
		pl_advance(&rest, 1);
		x->shortno = until(&rest, "#(=~");
	}
	if (rest.l && *rest.p == '(') {
		pl_advance(&rest, 1);
		x->chain = until(&rest, ")");
		*what = "')' behind the serial numbers";
		if (!rest.l)
			return EINVAL;
		pl_advance(&rest, 1);
	}
	if (rest.l && (*rest.p == '=' || *rest.p == '~')) {
		x->how = *rest.p == '=' ? SIPD_FWD_ALWAYS : SIPD_FWD_UNAVAIL;
		pl_advance(&rest, 1);
		x->target = rest;
		rest.l	  = 0;
		*what = "a number behind '=' or '~'";
		if (!x->target.l)
			return EINVAL;
	}

	*what = "L#S(N)=F or L#S(N)~F, where L, S and F are digits";
	if (rest.l || !is_number(&x->number) || !is_number(&x->shortno) ||
	    !is_number(&x->target))
		return EINVAL;

	return 0;
}


/* sipd's own table; Moscow's 495 and 499 are there together, another city is
 * alone */
const char *sipd_class_regex(char *buf, size_t n, const struct sipd_opts *opts,
			     const char *word)
{
	const bool moscow = !strcmp(opts->city, "495") ||
		!strcmp(opts->city, "499");
	const char *city = moscow ? "49[59]" : opts->city;
	int k;

	if (!str_casecmp(word, "international"))
		return "";

	if (!str_casecmp(word, "domestic"))
		k = re_snprintf(buf, n, "^.{2,10}$|^\\*.{2,12}$");
	else if (!str_casecmp(word, "mobile"))
		k = re_snprintf(buf, n, "^9.|^%s|^800|^.{2,3}$", city);
	else if (!str_casecmp(word, "local"))
		k = re_snprintf(buf, n, "^%s|^800|^.{2,3}$", city);
	else if (!str_casecmp(word, "em") || !str_casecmp(word, "trush"))
		k = re_snprintf(buf, n, "^(?:%s%s)?.{2,3}$", opts->country,
				opts->city);
	else
		return NULL;

	return k < 0 ? NULL : buf;
}
