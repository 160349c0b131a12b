/**
 * @file b2bua/guard_admin.c  What the operator asks the guard, and orders
 */
#include "b2bua/guard_priv.h"
#include "base/addr.h"
#include "base/clock.h"
#include "store/store.h"


const char *guard_class_text(enum guard_class c)
{
	static const char *const v[] = {
#define X(name, what) [GUARD_##name] = what,
		GUARD_CLASSES(X)
#undef X
	};

	return (size_t)c < ARRAY_SIZE(v) ? v[c] : "";
}


const char *guard_event_text(enum guard_event ev)
{
	static const char *const v[] = {
#define X(name, what) [GUARD_EV_##name] = what,
		GUARD_EVENTS(X)
#undef X
	};

	return (size_t)ev < ARRAY_SIZE(v) ? v[ev] : "";
}


/* ---- the operator ------------------------------------------------------- */

int guard_ban(const struct sa *sa, uint32_t ttl_s, const char *why)
{
	if (guard_class_of(sa) != GUARD_STRANGER)
		return EPERM;

	return guard_ban_add(sa, ttl_s, true, true, why, NULL);
}


int guard_unban(const struct sa *sa)
{
	struct guard_rec *r;

	if (grd.tab) {
		r = guard_tab_find(grd.tab, guard_key(grd.tab, GUARD_KIND_ADDR,
						    sa, NULL));
		if (r)
			guard_rec_reset(r);
	}

	return guard_ban_del(sa);
}


static struct acl_rule *allow_find(const struct pl *net)
{
	struct net n;

	if (net_decode(&n, net))
		return NULL;

	for (struct le *le = grd.allow.head; le; le = le->next) {
		struct acl_rule *rule = le->data;

		if (rule->net.bits == n.bits &&
		    sa_cmp(&rule->net.sa, &n.sa, SA_ADDR))
			return rule;
	}

	return NULL;
}


int guard_allow(const struct pl *net)
{
	struct acl_rule *rule;
	struct pl bad;
	char key[80];
	struct net n;
	int err;

	if (net_decode(&n, net))
		return EINVAL;
	if (allow_find(net))
		return 0;

	err = acl_add(&grd.allow, net, true, &bad);
	if (err)
		return err;

	rule = list_ledata(grd.allow.tail);
	(void)re_snprintf(key, sizeof(key), "%H", net_print, &rule->net);

	return store_db_put(GUARD_ALLOW_FAMILY, key, "1");
}


int guard_disallow(const struct pl *net)
{
	struct acl_rule *rule = allow_find(net);
	char key[80];

	if (!rule)
		return ENOENT;

	(void)re_snprintf(key, sizeof(key), "%H", net_print, &rule->net);
	(void)store_db_del(GUARD_ALLOW_FAMILY, key);
	list_unlink(&rule->le);
	mem_deref(rule);

	return 0;
}


const struct list *guard_allowed(void)
{
	return &grd.allow;
}


uint32_t guard_strangers(void)
{
	return guard_tab_count(grd.tab);
}


static int evidence_print(struct re_printf *pf, const struct guard_evidence *e)
{
	int err = 0;

	for (size_t i = 0; i < GUARD_EVIDENCE; i++) {
		if (e->linev[i][0])
			err |= re_hprintf(pf, "  %s\n", e->linev[i]);
	}

	return err;
}


static int ban_print(struct re_printf *pf, const struct guard_ban *b)
{
	uint32_t left = guard_ban_left_s(b);
	int err;

	if (left)
		err = re_hprintf(pf, "Banned for %u more seconds (ban number "
				 "%u%s): %s\n%u messages dropped since\n",
				 left, b->level,
				 b->manual   ? ", by the operator"
				 : b->proven ? ""
					     : ", the address may be forged",
				 b->why, (uint32_t)b->drops);
	else
		err = re_hprintf(pf, "Not banned now; it was %u times, the "
				 "last time: %s\n", b->level, b->why);

	return err | evidence_print(pf, &b->ev);
}


int guard_why(struct re_printf *pf, const struct sa *sa)
{
	const struct guard_ban *b = guard_ban_memory(sa);
	const struct guard_evidence *e;
	const struct guard_rec *r;
	uint64_t key;
	int err;

	if (!grd.tab)
		return 0;

	err = re_hprintf(pf, "%j is a %s\n", sa,
			 guard_class_text(guard_class_of(sa)));
	if (b)
		err |= ban_print(pf, b);
	else
		err |= re_hprintf(pf, "Never banned\n");

	key = guard_key(grd.tab, GUARD_KIND_ADDR, sa, NULL);
	r   = guard_tab_find(grd.tab, key);
	e   = guard_evidence_of(key);
	if (r && r->first_us && clock_us() - r->first_us <= GUARD_WINDOW_US)
		err |= re_hprintf(pf, "In the last minute: %u failures (%u "
				  "proven), %u users, %u messages over its "
				  "rate\n", r->points, r->proven, r->userc,
				  r->dropped);
	if (e->key == key)
		err |= evidence_print(pf, e);

	return err;
}
