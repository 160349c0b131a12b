/**
 * @file config/routes.c  routes.conf: routes as FreePBX's pages have them
 *
 *   [to-head]                      [from-head]
 *   type = outbound                type = inbound
 *   pattern = 012|.                did = head_office
 *   trunks = SIP/head, SIP/spare   destination = from-internal,201,1
 *
 * An outbound route is a context outrt-NAME, which outbound-allroutes
 * includes; trunks are tried one after the other as long as they cannot take
 * the call.  An inbound route is an extension of ext-did, which from-trunk
 * includes.  The names of the contexts are FreePBX's.
 */
#include "config/opt.h"
#include "config/plan_gen.h"
#include "config/routes.h"
#include "base/text.h"

enum { TRUNKS_MAX = 16 };

static const char name_chars[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";


static void route_reset(struct route *r)
{
	list_flush(&r->patterns);
	mem_deref(r->trunks);
	mem_deref(r->callerid);
	mem_deref(r->options);
	mem_deref(r->did);
	mem_deref(r->cid);
	mem_deref(r->destination);
	memset(r, 0, sizeof(*r));
}


/* --- dial patterns ------------------------------------------------------- */

static bool only(const struct pl *pl, const char *chars)
{
	for (size_t i = 0; i < pl->l; i++) {
		if (!strchr(chars, pl->p[i]))
			return false;
	}

	return true;
}


int route_pattern_decode(struct route_pattern *rp, const struct pl *text,
			 const char **what)
{
	static const char digits[] = "0123456789*#";
	struct pl rest = pl_trim(*text);
	const char *p;

	memset(rp, 0, sizeof(*rp));

	/* a plus in front is dialled as such */
	p = rest.l > 1 ? memchr(rest.p + 1, '+', rest.l - 1) : NULL;
	if (p) {
		rp->prepend.p = rest.p;
		rp->prepend.l = (size_t)(p - rest.p);
		pl_advance(&rest, p + 1 - rest.p);
		rp->prepend = pl_trim(rp->prepend);
	}

	p = rest.l ? memchr(rest.p, '|', rest.l) : NULL;
	if (p) {
		rp->prefix.p = rest.p;
		rp->prefix.l = (size_t)(p - rest.p);
		pl_advance(&rest, p + 1 - rest.p);
		rp->prefix = pl_trim(rp->prefix);
	}

	p = rest.l ? memchr(rest.p, '/', rest.l) : NULL;
	if (p) {
		rp->cid.p = p + 1;
		rp->cid.l = (size_t)(rest.p + rest.l - p - 1);
		rest.l = (size_t)(p - rest.p);
		rp->cid = pl_trim(rp->cid);
	}

	rp->match = pl_trim(rest);
	if (rp->match.l && rp->match.p[0] == '_')
		pl_advance(&rp->match, 1);

	*what = "digits in front of '+'";
	if (!only(&rp->prepend, "+0123456789*#"))
		return EINVAL;
	*what = "digits in front of '|'";
	if (rp->prefix.l && rp->prefix.p[0] == '+') {
		const struct pl rst = {rp->prefix.p + 1, rp->prefix.l - 1};

		if (!only(&rst, digits))
			return EINVAL;
	}
	else if (!only(&rp->prefix, digits)) {
		return EINVAL;
	}
	*what = "a number or pattern such as 012|. or NXXXXXX";
	if (!rp->match.l || pl_strchr(&rp->match, ','))
		return EINVAL;

	return 0;
}


/* --- outbound ------------------------------------------------------------ */

/* "SIP/one", or "one", which means the same */
static void trunk_steps(struct plan_gen *g, const struct route *r,
			const struct route_pattern *rp, const struct pl *trunk,
			unsigned n)
{
	const bool tech = pl_strchr(trunk, '/') != NULL;
	char timeout[16] = "";

	if (r->timeout_s)
		(void)re_snprintf(timeout, sizeof(timeout), "%u",
				  r->timeout_s);

	plan_same(g, "n(trunk%u),Dial(%s%r/%r${EXTEN:%u},%s,%s)", n,
		  tech ? "" : "SIP/", trunk, &rp->prepend,
		  (unsigned)rp->prefix.l,
		  timeout, r->options ? r->options : "");
}


static void trunks_steps(struct plan_gen *g, const struct route *r,
			 const struct route_pattern *rp)
{
	struct pl part, rest;
	unsigned n = 0;

	pl_set_str(&rest, r->trunks);
	while (pl_next(&part, &rest, ',') && n < TRUNKS_MAX) {
		part = pl_trim(part);
		if (!part.l)
			continue;

		if (n++)
			plan_same(g, "n,GotoIf($[\"${DIALSTATUS}\" != "
				  "\"CHANUNAVAIL\" & \"${DIALSTATUS}\" != "
				  "\"CONGESTION\"]?end)");
		trunk_steps(g, r, rp, &part, n);
	}
}


static void pattern_steps(struct plan_gen *g, struct loader *ld,
			  const struct route *r, const struct var_def *def)
{
	struct route_pattern rp;
	const char *what;
	struct pl text;

	pl_set_str(&text, def->name);
	if (route_pattern_decode(&rp, &text, &what)) {
		find_warning(ld->f, &def->pos, "pattern '%s' is left out, "
			     "expected %s", def->name, what);
		return;
	}

	g->pos = def->pos;
	if (rp.cid.p)
		plan_exten(g, "_%r%r/%r,1,NoOp(route)", &rp.prefix, &rp.match,
			   &rp.cid);
	else
		plan_exten(g, "_%r%r,1,NoOp(route)", &rp.prefix, &rp.match);

	g->pos = r->trunks_pos;
	if (r->callerid)
		plan_same(g, "n,Set(CALLERID(all)=%s)", r->callerid);
	trunks_steps(g, r, &rp);
	plan_same(g, "n(end),Hangup(${HANGUPCAUSE})");
}


static int outbound(struct loader *ld, const struct conf_section *sec,
		    const struct route *r)
{
	struct plan_gen g = {.err = 0};
	char name[128];

	if (!r->trunks || list_isempty(&r->patterns)) {
		find_warning(ld->f, &sec->pos, "route [%s] is left out, "
			     "expected %s", sec->name, r->trunks ?
			     "pattern = such as 012|." :
			     "trunks = such as SIP/provider");
		return 0;
	}

	(void)re_snprintf(name, sizeof(name), "outrt-%s", sec->name);
	plan_context(&g, ld, &sec->pos, name);
	for (struct le *le = r->patterns.head; le; le = le->next)
		pattern_steps(&g, ld, r, le->data);

	plan_context(&g, ld, &sec->pos, "outbound-allroutes");
	plan_include(&g, "%s", name);

	return g.err;
}


/* --- inbound ------------------------------------------------------------- */

static void inbound_exten(struct plan_gen *g, const struct route *r,
			  const char *did)
{
	const char *dest = r->destination;
	const bool bare = !strchr(dest, ',');

	if (r->cid)
		plan_exten(g, "%s/%s,1,Goto(%s%s%s)", did, r->cid,
			   bare ? "from-internal," : "", dest,
			   bare ? ",1" : "");
	else
		plan_exten(g, "%s,1,Goto(%s%s%s)", did,
			   bare ? "from-internal," : "", dest,
			   bare ? ",1" : "");
}


static bool is_included(const struct dp_context *ctx, const char *name)
{
	for (struct le *le = ctx->includes.head; le; le = le->next) {
		if (!strcmp(((struct dp_include *)le->data)->name, name))
			return true;
	}

	return false;
}


static int inbound(struct loader *ld, const struct conf_section *sec,
		   const struct route *r)
{
	struct plan_gen g = {.err = 0};

	if (!r->destination) {
		find_warning(ld->f, &sec->pos, "route [%s] is left out, "
			     "expected destination = context,extension,1",
			     sec->name);
		return 0;
	}

	plan_context(&g, ld, r->did ? &r->did_pos : &sec->pos, "ext-did");
	g.pos = r->dest_pos;
	if (r->did) {
		inbound_exten(&g, r, r->did);
	}
	else {
		inbound_exten(&g, r, "s");
		inbound_exten(&g, r, "_[0-9+*#]!");
	}

	plan_context(&g, ld, &sec->pos, "from-trunk");
	if (!g.err && !is_included(g.st.ctx, "ext-did"))
		plan_include(&g, "ext-did");

	return g.err;
}


/* --- sections ------------------------------------------------------------ */

static void places(struct route *r, const struct conf_section *sec)
{
	const struct conf_var *var;

	r->trunks_pos = r->dest_pos = r->did_pos = sec->pos;
	var = conf_section_var(sec, "trunks");
	if (var)
		r->trunks_pos = conf_var_vpos(var);
	var = conf_section_var(sec, "destination");
	if (var)
		r->dest_pos = conf_var_vpos(var);
	var = conf_section_var(sec, "did");
	if (var)
		r->did_pos = conf_var_vpos(var);
}


static int route_lines(struct loader *ld, const struct opt_index *ix,
		       const struct conf_section *sec, struct route *r)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f, .route = r};
	char where[64];
	int err;

	(void)re_snprintf(where, sizeof(where), "[%s]", sec->name);
	err = opt_defaults(&ctx, OPT_ROUTE);
	for (struct le *le = sec->vars.head; le && !err; le = le->next)
		err = opt_line(&ctx, ix, OPT_ROUTE, le->data, where, NULL);

	return err;
}


static int section(struct loader *ld, const struct opt_index *ix,
		   const struct conf_section *sec)
{
	struct route r;
	struct pl name;
	int err;

	pl_set_str(&name, sec->name);
	if (!only(&name, name_chars) || name.l > 64) {
		find_warning(ld->f, &sec->pos, "route [%s] is left out, "
			     "expected a name of letters, digits, '-', '_' "
			     "and '.'", sec->name);
		return 0;
	}

	memset(&r, 0, sizeof(r));
	err = route_lines(ld, ix, sec, &r);
	places(&r, sec);

	if (!err && r.type == ROUTE_OUTBOUND)
		err = outbound(ld, sec, &r);
	else if (!err && r.type == ROUTE_INBOUND)
		err = inbound(ld, sec, &r);
	else if (!err)
		find_warning(ld->f, &sec->pos, "route [%s] is left out, "
			     "expected type = outbound or type = inbound",
			     sec->name);

	route_reset(&r);

	return err;
}


/* Both are there once the file is, so that others may name them */
static int contexts(struct loader *ld, const struct conf_file *cf)
{
	const struct conf_pos pos = {cf->path, 1, 1};
	struct dp_context *ctx;

	int err = dialplan_context_get(&ctx, ld->cfg->dialplan,
				       "outbound-allroutes", &pos);
	if (!err)
		err = dialplan_context_get(&ctx, ld->cfg->dialplan,
					   "from-trunk", &pos);

	return err;
}


int load_routes(struct loader *ld)
{
	struct opt_index *ix = NULL;
	struct conf_file *cf;

	int err = loader_read(&cf, ld, "routes.conf", false);
	if (err || !cf)
		return err;

	err = contexts(ld, cf);
	if (!err)
		err = opt_index_alloc(&ix, OPT_ROUTE);
	for (struct le *le = cf->sections.head; le && !err; le = le->next) {
		const struct conf_section *sec = le->data;

		if (!sec->tmpl)
			err = section(ld, ix, sec);
	}

	mem_deref(ix);

	return err;
}


int set_route_pattern(struct opt_ctx *ctx, void *field)
{
	static const struct pl none = PL_LIT("");

	if (!ctx->var)
		return 0;

	return var_def_add(field, &ctx->val, &none, &ctx->pos);
}
