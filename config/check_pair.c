/**
 * @file config/check_pair.c  Two configurations that talk to each other
 *
 * Each side's register lines and trunks name a section of the other; the
 * secrets have to be the same.  A finding names both places, not the secrets.
 */
#include "config/config.h"
#include "base/rand.h"


static bool equal(const char *a, const char *b)
{
	const size_t n = strlen(a);

	return n == strlen(b) && mem_equal_ct(a, b, n);
}


/* Does what we would answer fit what the other section expects? */
static void compare(const struct conf_pos *pos, const char *what,
		    const char *secret, const struct peer *other,
		    struct findings *f)
{
	/* a digest cannot be compared without its realm, and a section
	 * without a secret takes every one */
	if (other->md5secret || other->sha256secret || !other->secret)
		return;

	if (!secret)
		find_warning(f, pos, "%s has no secret, but [%s] at %s:%u "
			     "has one", what, other->name, other->pos.file,
			     other->pos.line);
	else if (!equal(secret, other->secret))
		find_warning(f, pos, "%s has another secret than [%s] at "
			     "%s:%u, expected the same", what, other->name,
			     other->pos.file, other->pos.line);
}


static void check_reg(const struct reg_line *r, const struct config *b,
		      struct findings *f)
{
	const struct peer *other = config_peer(b, r->user);

	if (!other)
		return;

	if (!(other->type & PEER_TYPE_PEER) || !other->dynamic)
		find_warning(f, &r->pos, "register: [%s] at %s:%u takes no "
			     "registration, expected type=friend or "
			     "type=peer with host=dynamic there",
			     other->name, other->pos.file, other->pos.line);

	compare(&r->pos, "register line", r->secret, other, f);
}


static void check_trunk(const struct peer *p, const struct config *b,
			struct findings *f)
{
	const char *user   = p->defaultuser ? p->defaultuser : p->fromuser;
	const char *secret = p->remotesecret ? p->remotesecret : p->secret;
	char what[160];

	if (p->dynamic || !p->host.host || !user)
		return;

	const struct peer *other = config_peer(b, user);
	if (!other)
		return;

	/* it is not challenged there */
	if (other->insecure & INSECURE_INVITE)
		return;

	(void)re_snprintf(what, sizeof(what), "trunk [%s]", p->name);
	compare(&p->pos, what, secret, other, f);
}


static void one_way(const struct config *a, const struct config *b,
		    struct findings *f)
{
	for (struct le *le = a->regs.head; le; le = le->next)
		check_reg(le->data, b, f);

	for (struct le *le = a->peers.head; le; le = le->next)
		check_trunk(le->data, b, f);
}


void config_check_pair(const struct config *a, const struct config *b,
		       struct findings *f)
{
	if (!a || !b || !f)
		return;

	one_way(a, b, f);
	one_way(b, a, f);
}
