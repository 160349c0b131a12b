/**
 * @file config/check_app.c  Check of applications and their arguments
 *
 * Only what stands literally in the file can be judged: an argument with ${}
 * in it is left to the call.
 */
#include "config/check.h"
#include "base/text.h"


bool arg_next(struct pl *part, struct pl *rest, char sep)
{
	unsigned depth = 0;
	bool quoted = false;

	if (!rest->p)
		return false;

	for (size_t i = 0; i < rest->l; i++) {
		const char c = rest->p[i];

		if (c == '\\' && i + 1 < rest->l) {
			++i;
			continue;
		}

		quoted ^= c == '"';
		if (quoted || c == '"')
			continue;

		if (!depth && c == sep) {
			part->p = rest->p;
			part->l = i;
			pl_advance(rest, (ssize_t)i + 1);
			return true;
		}

		depth += c == '(' || c == '{' || c == '[';
		depth -= (c == ')' || c == '}' || c == ']') && depth;
	}

	*part = *rest;
	*rest = pl_null;
	return true;
}


bool arg_literal(const struct pl *pl)
{
	return pl->l && !pl_strchr(pl, '$');
}


bool arg_literal_copy(char *buf, size_t n, struct pl pl)
{
	pl = pl_trim(pl);
	return arg_literal(&pl) && !pl_copy(buf, n, &pl);
}


/* --- Set ----------------------------------------------------------------- */

/* Set(__SIP_CODEC_OUTBOUND=alaw,ulwa) */
static void check_codecs(const struct step_ref *sr, struct pl name,
			 struct pl list)
{
	struct pl part;

	while (name.l && name.p[0] == '_')
		pl_advance(&name, 1);
	if (name.l < 9 || strncmp(name.p, "SIP_CODEC", 9) || !list.l ||
	    !arg_literal(&list))
		return;

	while (pl_next(&part, &list, ',')) {
		part = pl_trim(part);
		if (part.l && !config_codec_find(&part))
			find_warning(sr->ld->f, &sr->prio->pos,
				     "%r: codec '%r' is unknown and left out, "
				     "expected names such as ulaw, alaw, "
				     "g722, g729", &name, &part);
	}
}


static void check_set(const struct step_ref *sr)
{
	struct pl name, rest;

	pl_set_str(&rest, sr->prio->args);
	(void)arg_next(&name, &rest, '=');

	if (!rest.p) {
		find_warning(sr->ld->f, &sr->prio->pos,
			     "Set without '=', expected Set(NAME=value)");
		return;
	}

	check_codecs(sr, name, rest);
	if (name.l && pl_trim(name).l != name.l) {
		const struct pl bare = pl_trim(name);

		find_warning(sr->ld->f, &sr->prio->pos,
			     "Set: the blank belongs to the name '%r', so "
			     "${%r} stays empty, expected Set(%r=value)",
			     &name, &bare, &bare);
	}
}


/* --- FollowMe, DISA ------------------------------------------------------ */

static void check_followme_app(const struct step_ref *sr)
{
	struct pl name, rest;
	char buf[128];

	if (sr->ld->sip_text) /* without companions */
		return;

	pl_set_str(&rest, sr->prio->args);
	if (!arg_next(&name, &rest, ',') || !name.l || pl_strchr(&name, '$') ||
	    pl_copy(buf, sizeof(buf), &name))
		return;

	if (!config_followme(sr->ld->cfg, buf))
		find_warning(sr->ld->f, &sr->prio->pos, "FollowMe: there is "
			     "no [%s] in followme.conf, nobody is looked for",
			     buf);
}


static void check_agi(const struct step_ref *sr)
{
	struct pl prog, rest;

	pl_set_str(&rest, sr->prio->args);
	if (arg_next(&prog, &rest, ',') && !pl_strcasecmp(&prog, "agi:async"))
		find_warning(sr->ld->f, &sr->prio->pos, "AGI: nobody answers "
			     "agi:async here, expected a program or "
			     "agi://host/script, whose server gets the call at "
			     "once");
}


static void check_disa(const struct step_ref *sr)
{
	struct pl code, rest;

	pl_set_str(&rest, sr->prio->args);
	if (arg_next(&code, &rest, ',') &&
	    !pl_strcasecmp(&code, "no-password"))
		find_warning(sr->ld->f, &sr->prio->pos, "DISA without a "
			     "passcode gives a dial tone to everybody who "
			     "calls here; such calls do not leave through a "
			     "trunk, expected DISA(passcode,context)");
}


/* --- any step ------------------------------------------------------------ */

static const struct {
	const char *app;
	void (*h)(const struct step_ref *sr);
} app_tab[] = {
	{"Dial", check_dial},	    {"Goto", check_goto},
	{"Page", check_page},
	{"GotoIf", check_gotoif},   {"GotoIfTime", check_gotoiftime},
	{"ExecIfTime", check_gotoiftime},
	{"Background", check_background},
	{"Gosub", check_gosub},	    {"GosubIf", check_gotoif},
	{"Macro", check_macro},	    {"MacroExclusive", check_macro},
		    {"Set", check_set},
	{"ConfBridge", check_confbridge},
	{"FollowMe", check_followme_app}, {"DISA", check_disa},
	{"AGI", check_agi},
	{"VoiceMail", check_voicemail}, {"Queue", check_queue_step},
	{"Park", check_park}, {"ParkedCall", check_park},
	{"ParkAndAnnounce", check_announce},
	{"AddQueueMember", check_member}, {"RemoveQueueMember", check_member},
};


static void app_unknown(const struct step_ref *sr)
{
	const struct config_names *names = sr->ld->names;
	const char *app			 = sr->prio->app;
	const uint32_t before = findings_count(sr->ld->f);

	const char *instead = names->instead ? names->instead(app, false)
					     : NULL;
	const char *near = text_nearest(app, names->apps, names->napps);

	if (instead)
		find_warning(sr->ld->f, &sr->prio->pos,
			     "application '%s' is not done here, a call ends "
			     "at it, use instead: %s", app, instead);
	else if (near)
		find_warning(sr->ld->f, &sr->prio->pos,
			     "application '%s' is unknown, a call ends here "
			     "(did you mean '%s'?)", app, near);
	else
		find_warning(sr->ld->f, &sr->prio->pos,
			     "application '%s' is unknown, a call ends here",
			     app);

	if (instead || !near)
		findings_kind(sr->ld->f, before, FINDING_MISSING);
}


static bool app_known(const struct step_ref *sr)
{
	const struct config_names *names = sr->ld->names;

	if (!names || !names->napps)
		return true;

	for (size_t i = 0; i < names->napps; i++) {
		if (!str_casecmp(names->apps[i], sr->prio->app))
			return true;
	}

	return false;
}


/* "dila" is checked as what it was meant to be: one run shows all */
static const char *app_meant(const struct step_ref *sr)
{
	const char *words[ARRAY_SIZE(app_tab)];

	for (size_t i = 0; i < ARRAY_SIZE(app_tab); i++) {
		if (!str_casecmp(app_tab[i].app, sr->prio->app))
			return app_tab[i].app;
		words[i] = app_tab[i].app;
	}

	return app_known(sr) ? NULL :
		text_nearest(sr->prio->app, words, ARRAY_SIZE(words));
}


static void check_one(const struct step_ref *sr)
{
	if (!app_known(sr))
		app_unknown(sr);
	check_options(sr);

	const char *app = app_meant(sr);

	for (size_t i = 0; app && i < ARRAY_SIZE(app_tab); i++) {
		if (app_tab[i].app == app && app_tab[i].h)
			app_tab[i].h(sr);
	}
}


static void check_inner(const struct dp_prio *prio, void *arg)
{
	struct step_ref sr = *(const struct step_ref *)arg;

	sr.prio = prio;
	check_one(&sr);
}


void check_step(const struct step_ref *sr)
{
	check_refs(sr, sr->prio->args);
	check_one(sr);
	step_inner(sr->ld, sr->prio, check_inner, (void *)(uintptr_t)sr);
}
