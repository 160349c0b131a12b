/**
 * @file config/trunk.c  Trunk groups: lines that stand in for each other
 *
 * A section of sip.conf with type=trunk, or written [name](trunk).  Its
 * members are peers of the same file and may stand below it, so they are
 * looked up when all sections are read.
 */
#include "config/load.h"
#include "base/text.h"

enum {
	ORDER_MAX  = 1000,
	WEIGHT_MAX = 1000,
	LIMIT_MAX  = 100000,
};


static void member_destructor(void *arg)
{
	struct trunk_member *m = arg;

	list_unlink(&m->le);
	mem_deref(m->name);
}


static void trunk_destructor(void *arg)
{
	struct trunk *t = arg;

	list_unlink(&t->le);
	list_flush(&t->members);
	mem_deref(t->description);
	mem_deref(t->name);
}


const struct trunk *config_trunk(const struct config *cfg, const char *name)
{
	for (struct le *le = cfg ? cfg->trunks.head : NULL; le;
	     le = le->next) {
		const struct trunk *t = le->data;

		if (!str_cmp(t->name, name))
			return t;
	}

	return NULL;
}


bool trunk_moves_on(const struct trunk *t, uint16_t scode)
{
	if (!t || scode < 300 || scode > 699)
		return false;

	return t->failover[(scode - 300) / 32] >> (scode - 300) % 32 & 1;
}


/* --- lines --------------------------------------------------------------- */

/* type=trunk */
int set_trunk(struct opt_ctx *ctx, void *field)
{
	(void)field;
	if (pl_strcasecmp(&ctx->val, "trunk"))
		opt_bad_value(ctx, "trunk in a trunk group");

	return 0;
}


/* "weight=3" */
static bool member_word(struct trunk_member *m, const struct pl *word)
{
	struct pl key, val = *word;
	uint64_t n;

	if (!pl_next(&key, &val, '=') || !val.p)
		return false;

	key = pl_trim(key);
	val = pl_trim(val);
	if (num_decode(&n, &val, LIMIT_MAX))
		return false;

	if (!pl_strcasecmp(&key, "order") && n && n <= ORDER_MAX)
		m->order = (uint32_t)n;
	else if (!pl_strcasecmp(&key, "weight") && n && n <= WEIGHT_MAX)
		m->weight = (uint32_t)n;
	else if (!pl_strcasecmp(&key, "limit"))
		m->limit = (uint32_t)n;
	else
		return false;

	return true;
}


static void member_place(struct list *list, struct trunk_member *m)
{
	struct le *le = list->tail;

	while (le && ((struct trunk_member *)le->data)->order > m->order)
		le = le->prev;

	if (le)
		list_insert_after(list, le, &m->le, m);
	else
		list_prepend(list, &m->le, m);
}


/* member = peer[,order=N][,weight=N][,limit=N] */
int set_member(struct opt_ctx *ctx, void *field)
{
	struct pl part, rest = ctx->val;
	struct list *list = field;
	struct trunk_member *m = mem_zalloc(sizeof(*m), member_destructor);
	int err;

	if (!m)
		return ENOMEM;

	m->pos	  = ctx->pos;
	m->order  = list_count(list) + 1;
	m->weight = 1;

	(void)pl_next(&part, &rest, ',');
	part = pl_trim(part);
	if (!part.l) {
		opt_bad_value(ctx, "the name of a peer");
		mem_deref(m);
		return 0;
	}

	err = pl_strdup(&m->name, &part);
	if (err) {
		mem_deref(m);
		return err;
	}

	while (pl_next(&part, &rest, ',')) {
		if (!member_word(m, &part))
			find_warning(ctx->f, &ctx->pos,
				     "member: '%r' is left out, expected "
				     "order=1 to 1000, weight=1 to 1000 or "
				     "limit=calls", &part);
	}

	member_place(list, m);

	return 0;
}


/* "503", "5xx" */
static bool failover_word(uint32_t *bits, const struct pl *word)
{
	struct pl digits = *word;
	uint64_t lo, hi;

	if (word->l != 3)
		return false;

	if (!pl_strcasecmp(&(struct pl){word->p + 1, 2}, "xx")) {
		digits.l = 1;
		if (num_decode(&lo, &digits, 6) || lo < 3)
			return false;
		lo *= 100;
		hi = lo + 99;
	}
	else {
		if (num_decode(&lo, &digits, 699) || lo < 300)
			return false;
		hi = lo;
	}

	for (; lo <= hi; lo++)
		bits[(lo - 300) / 32] |= 1u << (lo - 300) % 32;

	return true;
}


/* failover = 408,5xx */
int set_failover(struct opt_ctx *ctx, void *field)
{
	struct pl part, rest = ctx->val;
	uint32_t *bits = field;

	memset(bits, 0, sizeof(((struct trunk *)0)->failover));

	while (pl_next(&part, &rest, ',')) {
		part = pl_trim(part);
		if (part.l && pl_strcasecmp(&part, "none") &&
		    !failover_word(bits, &part))
			find_warning(ctx->f, &ctx->pos,
				     "failover: '%r' is left out, expected a "
				     "status from 300 to 699, a class such as "
				     "5xx, or none", &part);
	}

	return 0;
}


/* --- the section --------------------------------------------------------- */

int load_trunk(struct loader *ld, const struct conf_section *sec,
	       const struct opt_index *ix)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};
	char own[128];
	int err;

	if (config_trunk(ld->cfg, sec->name)) {
		find_warning(ld->f, &sec->pos,
			     "second trunk group [%s] is left out", sec->name);
		return 0;
	}

	ctx.trunk = mem_zalloc(sizeof(*ctx.trunk), trunk_destructor);
	if (!ctx.trunk)
		return ENOMEM;

	err = str_dup(&ctx.trunk->name, sec->name);
	if (!err)
		err = opt_defaults(&ctx, OPT_TRUNK);
	if (err) {
		mem_deref(ctx.trunk);
		return err;
	}

	ctx.trunk->pos = sec->pos;
	list_append(&ld->cfg->trunks, &ctx.trunk->le, ctx.trunk);

	(void)re_snprintf(own, sizeof(own), "[%s]", sec->name);
	for (struct le *le = sec->vars.head; le && !err; le = le->next)
		err = opt_line(&ctx, ix, OPT_TRUNK, le->data, own, NULL);

	return err;
}


static void member_finish(struct loader *ld, const struct trunk *t,
			  struct trunk_member *m)
{
	m->peer = config_peer(ld->cfg, m->name);

	if (!m->peer)
		find_error(ld->f, &m->pos, "member: there is no peer '%s', "
			   "expected a section with type=peer or type=friend",
			   m->name);
	else if (!(m->peer->type & PEER_TYPE_PEER))
		find_error(ld->f, &m->pos, "member: [%s] is type=user, which "
			   "only calls, expected type=peer or type=friend",
			   m->name);

	for (struct le *le = m->le.prev; le; le = le->prev) {
		const struct trunk_member *o = le->data;

		if (!strcmp(o->name, m->name))
			find_warning(ld->f, &m->pos, "member: %s is in [%s] "
				     "twice", m->name, t->name);
	}
}


void trunks_finish(struct loader *ld)
{
	for (struct le *le = ld->cfg->trunks.head; le; le = le->next) {
		const struct trunk *t	= le->data;
		const struct peer *peer = config_peer(ld->cfg, t->name);

		if (peer)
			find_error(ld->f, &t->pos, "the trunk group [%s] has "
				   "the name of the peer on line %u, Dial "
				   "could not tell them apart", t->name,
				   peer->pos.line);
		if (!t->members.head)
			find_error(ld->f, &t->pos, "the trunk group [%s] has "
				   "no member, expected lines such as member "
				   "= provider", t->name);

		for (struct le *m = t->members.head; m; m = m->next)
			member_finish(ld, t, m->data);
	}
}
