/**
 * @file b2bua/keys.c  Keys during a call: which sequence means what
 */
#include "b2bua/keys.h"
#include "base/text.h"


/* --- what may be pressed ------------------------------------------------- */

void keys_add(struct key_set *set, const char *keys, enum key_action action,
	      const struct feature_app *app)
{
	if (!set || !str_isset(keys) || set->n == ARRAY_SIZE(set->v))
		return;

	set->v[set->n++] = (struct key_feature){keys, action, app};
}


static void add_app(struct key_set *set, const struct feature_app *app,
		    const char *keys, uint32_t side)
{
	if (app && (app->by & side))
		keys_add(set, str_isset(keys) ? keys : app->keys, KEY_APP,
			 app);
}


void keys_add_dynamic(struct key_set *set, const struct config *cfg,
		      const char *names, uint32_t side)
{
	struct pl rest, part;
	char name[80];

	if (!set || !cfg || !str_isset(names))
		return;

	pl_set_str(&rest, names);
	while (pl_next(&part, &rest, '#')) {
		const struct feature_group *group;

		part = pl_trim(part);
		if (!part.l || pl_copy(name, sizeof(name), &part))
			continue;

		add_app(set, config_feature_app(cfg, name), NULL, side);
		group = config_feature_group(cfg, name);
		for (struct le *le = group ? list_head(&group->members) : NULL;
		     le; le = le->next) {
			const struct var_def *m = le->data;

			add_app(set, config_feature_app(cfg, m->name),
				m->value, side);
		}
	}
}


enum key_match keys_match(const struct key_set *set, const char *digits,
			  const struct key_feature **featp)
{
	const struct key_feature *whole = NULL;
	size_t n = str_len(digits);
	bool more = false;

	for (size_t i = 0; set && n && i < set->n; i++) {
		const struct key_feature *feat = &set->v[i];

		if (strncmp(feat->keys, digits, n))
			continue;

		if (feat->keys[n])
			more = true;
		else if (!whole)
			whole = feat;
	}

	if (whole && featp)
		*featp = whole;

	return whole ? more ? KEYS_BOTH : KEYS_WHOLE
	       : more ? KEYS_PART
		      : KEYS_NONE;
}


/* --- collecting ---------------------------------------------------------- */

void keys_reset(struct keys *k)
{
	if (!k)
		return;

	timer_cancel(&k->tmr);
	k->n = 0;
}


/* What the first n keys are */
static enum key_match look(struct keys *k, size_t n, struct key_feature *feat)
{
	const struct key_feature *found = NULL;
	char digits[ARRAY_SIZE(k->v) + 1];
	struct key_set set = {.n = 0};
	enum key_match m;

	for (size_t i = 0; i < n; i++)
		digits[i] = k->v[i].digit;
	digits[n] = '\0';

	k->seth(&set, k->arg);
	m = keys_match(&set, digits, &found);
	if (found)
		*feat = *found;

	return m;
}


static bool is_whole(enum key_match m)
{
	return m == KEYS_WHOLE || m == KEYS_BOTH;
}


static void drop(struct keys *k, size_t n)
{
	k->n -= n;
	memmove(k->v, k->v + n, k->n * sizeof(k->v[0]));
}


static void pass_first(struct keys *k)
{
	struct key key = k->v[0];

	drop(k, 1);
	k->passh(&key, k->arg);
}


/* What was pressed becomes nothing longer: the longest feature that it begins
 * with, or its first key is none's */
static void settle(struct keys *k)
{
	struct key_feature feat;

	for (size_t n = k->n; n; n--) {
		if (!is_whole(look(k, n, &feat)))
			continue;

		drop(k, n);
		k->runh(&feat, k->arg);
		return;
	}

	pass_first(k);
}


/* No more keys have come */
static void timeout(void *arg)
{
	struct keys *k = arg;
	void *owner = mem_ref(k->arg);

	while (k->n)
		settle(k);

	mem_deref(owner);
}


static void work(struct keys *k)
{
	struct key_feature feat;

	while (k->n) {
		enum key_match m = look(k, k->n, &feat);

		if (m == KEYS_PART || m == KEYS_BOTH) {
			timer_start(&k->tmr, k->timeout_ms, timeout, k);
			return;
		}

		settle(k);
	}
}


struct leg_event key_event(const struct key *key, struct media_report *rep)
{
	*rep = (struct media_report){.info = key->inband};

	return (struct leg_event){
		.type = LEG_EV_DTMF,
		.digit = key->digit,
		.duration_ms = key->ms,
		.ev = key->media ? rep : NULL,
	};
}


void keys_press(struct keys *k, const struct leg_event *ev)
{
	void *owner;

	if (!k || !ev || !k->seth)
		return;

	owner = mem_ref(k->arg);
	timer_cancel(&k->tmr);
	if (k->n == ARRAY_SIZE(k->v))
		pass_first(k);

	k->v[k->n++] = (struct key){
		.digit = ev->digit,
		.ms = ev->duration_ms,
		.media = ev->ev != NULL,
		.inband = ev->ev && ev->ev->info == 1,
	};
	work(k);
	mem_deref(owner);
}
