/**
 * @file config/check_app.c  Check of applications and their arguments
 *
 * Only what stands literally in the file can be judged: an argument with ${}
 * in it is left to the call.
 */
#include "config/check.h"
#include "base/text.h"


enum { FIND_DEPTH = 32 }; /* includes inside each other */


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


static bool literal(const struct pl *pl)
{
	return pl->l && !pl_strchr(pl, '$');
}


/* A copy of a literal text; false if it is none, or longer than names are */
static bool literal_copy(char *buf, size_t n, struct pl pl)
{
	pl = pl_trim(pl);
	return literal(&pl) && !pl_copy(buf, n, &pl);
}


/* --- devices ------------------------------------------------------------- */

static bool like_host(const char *s)
{
	return strchr(s, '.') || strchr(s, ':') ||
		!str_casecmp(s, "localhost");
}


static void peer_missing(struct loader *ld, const struct conf_pos *pos,
			 const char *name)
{
	const char *words[2] = {NULL, NULL};
	const struct conf_section *sec = conffile_section(ld->sip, name);

	if (sec && !strcmp(sec->name, name)) {
		find_warning(ld->f, pos, "SIP/%s: section [%s] on line %u of "
			     "sip.conf is left out, expected a peer", name,
			     name, sec->pos.line);
		return;
	}

	for (struct le *le = ld->cfg->peers.head; le; le = le->next) {
		words[1] = ((struct peer *)le->data)->name;
		words[0] = text_nearest(name, words, 2);
	}

	if (words[0])
		find_warning(ld->f, pos, "SIP/%s: there is no peer '%s' in "
			     "sip.conf (did you mean '%s'?)", name, name,
			     words[0]);
	else
		find_warning(ld->f, pos, "SIP/%s: there is no peer '%s' in "
			     "sip.conf, expected the name of a section with "
			     "type=friend or type=peer", name, name);
}


static void check_peer_name(struct loader *ld, const struct conf_pos *pos,
			    const char *name)
{
	const struct peer *peer = config_peer(ld->cfg, name);

	if (!peer) {
		if (!like_host(name) && !config_trunk(ld->cfg, name))
			peer_missing(ld, pos, name);
		return;
	}

	if (!(peer->type & PEER_TYPE_PEER))
		find_warning(ld->f, pos, "SIP/%s cannot be called: [%s] on "
			     "line %u is type=user, which only calls, "
			     "expected type=friend or type=peer", name, name,
			     peer->pos.line);
}


/* peer, peer/ext, ext@peer[:port] */
static void check_sip(struct loader *ld, const struct conf_pos *pos,
		      struct pl dev)
{
	char name[128];
	struct pl part, rest = dev;

	(void)arg_next(&part, &rest, '!'); /* To and From of the call */
	dev  = part;
	rest = dev;

	const char *at = dev.l ? pl_strrchr(&dev, '@') : NULL;
	if (at) {
		rest.p = at + 1;
		rest.l = dev.p + dev.l - rest.p;
	}

	(void)arg_next(&part, &rest, '/');
	if (!literal_copy(name, sizeof(name), part))
		return;

	/* a peer's name may end in :port here */
	char *colon = strchr(name, ':');
	if (at && colon && !config_peer(ld->cfg, name))
		*colon = '\0';

	check_peer_name(ld, pos, name);
}


/* ext@context[/n] */
static void check_local(struct loader *ld, const struct conf_pos *pos,
			struct pl dev)
{
	char name[128];
	struct pl ctx;

	const char *at = dev.l ? pl_strrchr(&dev, '@') : NULL;
	if (!at)
		return;

	dev.l -= at + 1 - dev.p;
	dev.p = at + 1;
	(void)arg_next(&ctx, &dev, '/');

	if (literal_copy(name, sizeof(name), ctx) &&
	    !dialplan_context(ld->cfg->dialplan, name))
		context_missing(ld, pos, "Local", name);
}


static void check_device(struct loader *ld, const struct conf_pos *pos,
			 struct pl dev)
{
	const uint32_t before = findings_count(ld->f);
	struct pl tech, rest = pl_trim(dev);

	(void)arg_next(&tech, &rest, '/');
	if (!rest.p || !literal(&tech))
		return;

	if (!pl_strcasecmp(&tech, "SIP")) {
		check_sip(ld, pos, rest);
		return;
	}
	if (!pl_strcasecmp(&tech, "Local")) {
		check_local(ld, pos, rest);
		return;
	}

	if (!pl_strcasecmp(&tech, "PJSIP"))
		find_warning(ld->f, pos, "'%r/' is not spoken, expected "
			     "SIP/ and a section of sip.conf", &tech);
	else
		find_warning(ld->f, pos, "'%r/' is not spoken, expected SIP/ "
			     "or Local/", &tech);

	findings_kind(ld->f, before, FINDING_MISSING);
}


void check_devices(struct loader *ld, const struct conf_pos *pos,
		   const struct pl *devices)
{
	struct pl part, rest = *devices;
	char buf[256];

	while (arg_next(&part, &rest, '&'))
		check_device(ld, pos, device_expand(buf, sizeof(buf),
						    ld->cfg->dialplan,
						    pl_trim(part)));
}


static void check_subs(const struct step_ref *sr, struct pl opts);


static void check_dial(const struct step_ref *sr)
{
	struct pl devs, rest, opts;

	pl_set_str(&rest, sr->prio->args);
	if (!arg_next(&devs, &rest, ',') || !pl_trim(devs).l) {
		find_warning(sr->ld->f, &sr->prio->pos,
			     "Dial without a device, expected such as "
			     "Dial(SIP/1001)");
		return;
	}

	check_devices(sr->ld, &sr->prio->pos, &devs);

	(void)arg_next(&opts, &rest, ',');
	if (!arg_next(&opts, &rest, ','))
		return;

	check_subs(sr, opts);
	if (!literal(&opts))
		return;

	check_keys(sr, &opts);
	if (!pl_strchr(&opts, '(') && pl_strchr(&opts, '&'))
		find_warning(sr->ld->f, &sr->prio->pos,
			     "Dial options '%r': '&' is no option and left "
			     "out, expected the letters alone", &opts);
}


/* ParkAndAnnounce(lot,options,files,device), or (files,timeout,device,...) */
static void check_announce(const struct step_ref *sr)
{
	struct pl v[4], rest;
	size_t n = 0;
	uint64_t ms;

	pl_set_str(&rest, sr->prio->args);
	while (n < ARRAY_SIZE(v) && arg_next(&v[n], &rest, ','))
		++n;

	if (n == ARRAY_SIZE(v) && num_decode(&ms, &v[1], UINT64_MAX)) {
		check_park(sr);
		check_devices(sr->ld, &sr->prio->pos, &v[3]);
	}
	else if (n > 2) {
		check_devices(sr->ld, &sr->prio->pos, &v[2]);
	}
}


static void check_page(const struct step_ref *sr)
{
	struct pl devs, rest;

	pl_set_str(&rest, sr->prio->args);
	if (arg_next(&devs, &rest, ','))
		check_devices(sr->ld, &sr->prio->pos, &devs);
}


/* --- jumps --------------------------------------------------------------- */

/* Does a number find an extension, here or in what is included?  Yes if that
 * is not certain */
static bool finds(const struct loader *ld, const struct dp_context *ctx,
		  const char *number, unsigned depth)
{
	struct pl a, b;

	if (!ctx || depth > FIND_DEPTH)
		return depth > FIND_DEPTH;
	if (dp_exten_first(ctx, number) || !list_isempty(&ctx->switches))
		return true;

	pl_set_str(&b, number);
	for (struct le *le = ctx->extens.head; le; le = le->next) {
		const struct dp_exten *e = le->data;

		if (!e->pattern)
			continue;
		if (!ld->names || !ld->names->covers)
			return true;
		pl_set_str(&a, e->name);
		if (ld->names->covers(&a, &b))
			return true;
	}

	for (struct le *le = ctx->includes.head; le; le = le->next) {
		const struct dp_include *inc = le->data;

		if (finds(ld, dialplan_context(ld->cfg->dialplan, inc->name),
			  number, depth + 1))
			return true;
	}

	return false;
}


static bool has_label(const struct dp_exten *e, const char *label)
{
	for (struct le *le = e->prios.head; le; le = le->next) {
		const struct dp_prio *p = le->data;

		if (p->label && !strcmp(p->label, label))
			return true;
	}

	return false;
}


/* Is the label in any extension that a number could find it in? */
static bool label_anywhere(const struct loader *ld,
			   const struct dp_context *ctx, const char *label,
			   unsigned depth)
{
	if (!ctx || depth > FIND_DEPTH)
		return depth > FIND_DEPTH;
	if (!list_isempty(&ctx->switches))
		return true;

	for (struct le *el = ctx->extens.head; el; el = el->next) {
		if (has_label(el->data, label))
			return true;
	}

	for (struct le *le = ctx->includes.head; le; le = le->next) {
		const struct dp_include *inc = le->data;

		if (label_anywhere(ld, dialplan_context(ld->cfg->dialplan,
							inc->name),
				   label, depth + 1))
			return true;
	}

	return false;
}


/* Could a number be found in the context that stands there in no line? */
static bool more_extens(const struct dp_context *ctx)
{
	if (!list_isempty(&ctx->includes) || !list_isempty(&ctx->switches) ||
	    dp_exten_first(ctx, "i"))
		return true;

	for (struct le *le = ctx->extens.head; le; le = le->next) {
		if (((struct dp_exten *)le->data)->pattern)
			return true;
	}

	return false;
}


static void label_missing(const struct step_ref *sr, const char *label,
			  const struct dp_exten *ext)
{
	const char *words[2] = {NULL, NULL};

	for (struct le *le = ext->prios.head; le; le = le->next) {
		words[1] = ((struct dp_prio *)le->data)->label;
		words[0] = text_nearest(label, words, 2);
	}

	if (words[0])
		find_warning(sr->ld->f, &sr->prio->pos,
			     "%s: extension '%s' has no label '%s' (did you "
			     "mean '%s'?)", sr->prio->app, ext->name, label,
			     words[0]);
	else
		find_warning(sr->ld->f, &sr->prio->pos,
			     "%s: extension '%s' has no label '%s', expected "
			     "a label or number of it", sr->prio->app,
			     ext->name, label);
}


static bool is_label(const char *label)
{
	struct pl pl;
	uint64_t n;

	pl_set_str(&pl, label);

	/* "+2" and "-1" count from here */
	return num_decode(&n, &pl, UINT32_MAX) && label[0] != '+' &&
	       label[0] != '-' && str_casecmp(label, "n") &&
	       str_casecmp(label, "s") && str_casecmp(label, "hint");
}


static void check_label(const struct step_ref *sr, const char *label,
			const struct dp_exten *ext)
{
	if (is_label(label) && !has_label(ext, label))
		label_missing(sr, label, ext);
}


static void check_target(const struct step_ref *sr, const struct pl *text)
{
	const struct dp_context *ctx = sr->ctx;
	const struct dp_exten *ext   = sr->ext;
	struct jump_target t;

	if (!jump_target_decode(&t, text) || (t.has_ctx && !t.ctx_lit))
		return;

	if (t.has_ctx) {
		ctx = dialplan_context(sr->ld->cfg->dialplan, t.ctx);
		if (!ctx) {
			context_missing(sr->ld, &sr->prio->pos, sr->prio->app,
					t.ctx);
			return;
		}
	}

	if (t.has_ext) {
		if (!t.ext_lit)
			return;

		ext = dp_exten_first(ctx, t.ext);
		if (!ext) {
			if (!dp_exten_first(ctx, "i") &&
			    !finds(sr->ld, ctx, t.ext, 0))
				find_warning(sr->ld->f, &sr->prio->pos,
					     "%s: context '%s' has no "
					     "extension '%s'", sr->prio->app,
					     ctx->name, t.ext);
			return;
		}
	}

	/* a pattern's steps may stand in another one that matches as well */
	if (t.prio_lit && !ext->pattern && !more_extens(ctx))
		check_label(sr, t.prio, ext);
	else if (t.prio_lit && is_label(t.prio) && !has_label(ext, t.prio) &&
		 !label_anywhere(sr->ld, ctx, t.prio, 0))
		label_missing(sr, t.prio, ext);
}


/* "context^extension^priority(args)" of an option */
static void check_sub(const struct step_ref *sr, const struct pl *text)
{
	char buf[256];
	struct pl pl;
	char *open;

	if (!text->l || !literal(text) || pl_copy(buf, sizeof(buf), text))
		return;

	open = strchr(buf, '(');
	if (open)
		*open = '\0';
	for (char *c = buf; *c; c++) {
		if (*c == '^')
			*c = ',';
	}
	pl_set_str(&pl, buf);
	check_target(sr, &pl);
}


/* Letter by letter; what stands in parentheses behind one is its argument */
static void check_subs(const struct step_ref *sr, struct pl opts)
{
	for (size_t i = 0; i < opts.l; i++) {
		const char letter = opts.p[i];
		struct pl arg = {opts.p + i + 2, 0};
		unsigned depth = 1;

		if (i + 1 >= opts.l || opts.p[i + 1] != '(')
			continue;

		for (i += 2; i < opts.l && depth; i++)
			depth = opts.p[i] == '(' ? depth + 1
				: opts.p[i] == ')' ? depth - 1 : depth;
		--i;
		arg.l = (size_t)(opts.p + i - arg.p);
		if (!depth && strchr("bBFG", letter))
			check_sub(sr, &arg);
	}
}


static void check_queue_step(const struct step_ref *sr)
{
	struct pl opts, rest;

	check_queue(sr);
	pl_set_str(&rest, sr->prio->args);
	if (arg_next(&opts, &rest, ',') && arg_next(&opts, &rest, ','))
		check_subs(sr, opts);
}


static void check_goto(const struct step_ref *sr)
{
	struct pl text;

	pl_set_str(&text, sr->prio->args);
	check_target(sr, &text);
}


/* condition?true:false, each [[context,]extension,]priority[(arguments)] */
static void check_gotoif(const struct step_ref *sr)
{
	struct pl part, rest;

	pl_set_str(&rest, sr->prio->args);
	(void)arg_next(&part, &rest, '?');

	if (!rest.p) {
		find_warning(sr->ld->f, &sr->prio->pos,
			     "%s without '?', expected condition?target:"
			     "target", sr->prio->app);
		return;
	}

	while (arg_next(&part, &rest, ':')) {
		const char *open = part.l ? pl_strchr(&part, '(') : NULL;

		if (open && literal(&part))
			part.l = open - part.p;
		check_target(sr, &part);
	}
}


/* times?true:false */
static void check_gotoiftime(const struct step_ref *sr)
{
	const struct config_names *names = sr->ld->names;
	struct pl spec, rest, bad = PL_INIT;

	pl_set_str(&rest, sr->prio->args);
	if (arg_next(&spec, &rest, '?') && rest.p && literal(&spec) && names &&
	    names->timespec && names->timespec(&spec, &bad))
		find_warning(sr->ld->f, &sr->prio->pos, "%s: time '%r' is "
			     "malformed and never holds, expected such as "
			     "9:00-17:00,mon-fri,*,*", sr->prio->app,
			     bad.p ? &bad : &spec);

	if (!str_casecmp(sr->prio->app, "GotoIfTime"))
		check_gotoif(sr);
}


/* The context whose extensions may be dialled meanwhile */
static void check_background(const struct step_ref *sr)
{
	struct pl arg, rest;
	char name[128];

	pl_set_str(&rest, sr->prio->args);
	for (unsigned i = 0; i < 4; i++) {
		if (!arg_next(&arg, &rest, ','))
			return;
	}

	if (literal_copy(name, sizeof(name), arg) &&
	    !dialplan_context(sr->ld->cfg->dialplan, name))
		context_missing(sr->ld, &sr->prio->pos, sr->prio->app, name);
}


static void check_gosub(const struct step_ref *sr)
{
	struct pl text;

	pl_set_str(&text, sr->prio->args);

	const char *open = text.l ? pl_strchr(&text, '(') : NULL;
	if (open && literal(&text))
		text.l = open - text.p;

	check_target(sr, &text);
}


/* Macro(name,...) runs [macro-name] */
static void check_macro(const struct step_ref *sr)
{
	struct pl name, rest;
	char buf[128], ctx[160];

	pl_set_str(&rest, sr->prio->args);
	if (!arg_next(&name, &rest, ',') ||
	    !literal_copy(buf, sizeof(buf), name))
		return;

	(void)re_snprintf(ctx, sizeof(ctx), "macro-%s", buf);
	if (!dialplan_context(sr->ld->cfg->dialplan, ctx))
		context_missing(sr->ld, &sr->prio->pos, "Macro", ctx);
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
	    !literal(&list))
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
