/**
 * @file config/voicemail.c  voicemail.conf: mailboxes and how they behave
 *
 * [general] and [zonemessages] are what they are in every old file, every
 * other section is a context of mailboxes.  Name and context of a mailbox
 * become folders of the spool directory: only plain words are taken, so
 * whoever finds a mailbox by what a caller dialled holds a safe path.
 *
 * A finding never shows a PIN.
 */
#include "base/rand.h"
#include "base/text.h"
#include "config/check.h"

enum {
	BUCKETS = 1024,
	NAME_SIZE = 80,
	FIELDS = 5,
};


/* --- memory -------------------------------------------------------------- */

static void opts_clear(struct vm_opts *o)
{
	o->tz = mem_deref(o->tz);
	o->serveremail = mem_deref(o->serveremail);
	o->exitcontext = mem_deref(o->exitcontext);
	o->language = mem_deref(o->language);
	o->dialout = mem_deref(o->dialout);
	o->callback = mem_deref(o->callback);
}


static int dup_opt(char **dstp, const char *src)
{
	*dstp = NULL;

	return src ? str_dup(dstp, src) : 0;
}


static int opts_copy(struct vm_opts *dst, const struct vm_opts *src)
{
	int err;

	*dst = *src;
	err = dup_opt(&dst->tz, src->tz);
	err |= dup_opt(&dst->serveremail, src->serveremail);
	err |= dup_opt(&dst->exitcontext, src->exitcontext);
	err |= dup_opt(&dst->language, src->language);
	err |= dup_opt(&dst->dialout, src->dialout);
	err |= dup_opt(&dst->callback, src->callback);

	return err ? ENOMEM : 0;
}


static void box_destructor(void *data)
{
	struct vm_box *box = data;

	list_unlink(&box->le);
	hash_unlink(&box->hle);
	opts_clear(&box->opts);
	mem_deref(box->context);
	mem_deref(box->name);
	mem_deref(box->pin);
	mem_deref(box->fullname);
	mem_deref(box->email);
	mem_deref(box->pager);
}


void vm_conf_reset(struct vm_conf *vm)
{
	list_flush(&vm->boxes);
	list_flush(&vm->zones);
	mem_deref(vm->hash);
	opts_clear(&vm->opts);
	mem_deref(vm->mailcmd);
	mem_deref(vm->externnotify);
	mem_deref(vm->fromstring);
	mem_deref(vm->subject);
	mem_deref(vm->body);
	mem_deref(vm->dateformat);
}


/* --- look-up ------------------------------------------------------------- */

static bool same_handler(struct le *le, void *arg)
{
	const struct vm_box *a = le->data, *b = arg;

	return !strcmp(a->name, b->name) && !strcmp(a->context, b->context);
}


const struct vm_box *config_vm_box(const struct config *cfg, const char *name,
				   const char *context)
{
	struct vm_box key = {.name = (char *)name, .context = (char *)context};

	if (!cfg || !name || !cfg->vm.hash)
		return NULL;
	if (!str_isset(context))
		key.context = (char *)"default";

	return list_ledata(hash_lookup(cfg->vm.hash,
				       hash_key(name, strlen(name)),
				       same_handler, &key));
}


const struct vm_box *config_vm_box_pl(const struct config *cfg,
				      const struct pl *mailbox)
{
	struct pl rest = *mailbox, name = PL_INIT;
	char nbuf[NAME_SIZE], cbuf[NAME_SIZE];

	(void)pl_next(&name, &rest, '@');
	name = pl_trim(name);
	rest = pl_trim(rest);
	if (!name.l || pl_copy(nbuf, sizeof(nbuf), &name) ||
	    pl_copy(cbuf, sizeof(cbuf), &rest))
		return NULL;

	return config_vm_box(cfg, nbuf, cbuf);
}


static const struct var_def *zone_find(const struct vm_conf *vm,
				       const char *name)
{
	for (struct le *le = list_head(&vm->zones); le; le = le->next) {
		const struct var_def *def = le->data;

		if (!str_casecmp(def->name, name))
			return def;
	}

	return NULL;
}


const char *config_vm_tz(const struct config *cfg, const struct vm_box *box,
			 char *buf, size_t n)
{
	const struct var_def *def;
	struct pl rest, zone;

	if (!cfg || !box || !box->opts.tz)
		return NULL;

	def = zone_find(&cfg->vm, box->opts.tz);
	if (!def)
		return NULL;

	pl_set_str(&rest, def->value);
	if (!pl_next(&zone, &rest, '|'))
		return NULL;

	zone = pl_trim(zone);

	return pl_copy(buf, n, &zone) || !buf[0] ? NULL : buf;
}


const char *config_vm_format(const struct config *cfg,
			     const struct vm_box *box)
{
	const struct var_def *def = NULL;
	const char *bar;

	if (cfg && box && box->opts.tz)
		def = zone_find(&cfg->vm, box->opts.tz);

	bar = def ? strchr(def->value, '|') : NULL;

	return bar && bar[1] ? bar + 1 : NULL;
}


/* --- setters ------------------------------------------------------------- */

int set_mailcmd(struct opt_ctx *ctx, void *field)
{
	char **cmd = field;
	char *s;

	for (size_t i = 0; i < ctx->val.l; i++) {
		if (!strchr("|&;<>()$`\\\"'*?[]{}~#\n", ctx->val.p[i]))
			continue;

		find_error(ctx->f, &ctx->pos, "%s: '%b' has a meaning for "
			   "a shell only, and no shell is run, expected a "
			   "program and its arguments", ctx->key, ctx->val.p + i,
			   (size_t)1);
		return 0;
	}

	int err = pl_strdup(&s, &ctx->val);
	if (err)
		return err;

	mem_deref(*cmd);
	*cmd = s;

	return 0;
}


/* --- a mailbox ----------------------------------------------------------- */

/* A word that may name a folder */
static bool is_plain(const char *s)
{
	bool dots = true;

	for (size_t i = 0; s[i]; i++) {
		char c = s[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || strchr("_.+-", c)))
			return false;
		dots = dots && c == '.';
	}

	return s[0] && !dots && strlen(s) < NAME_SIZE;
}


static bool is_digits(const char *s)
{
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
	}

	return true;
}


static int field_dup(char **sp, struct pl pl)
{
	pl = pl_trim(pl);

	return pl.l ? pl_strdup(sp, &pl) : 0;
}


static int set_pin(struct vm_box *box, struct pl pin)
{
	pin = pl_trim(pin);
	if (pin.l && pin.p[0] == '-') {
		box->pin_fixed = true;
		pl_advance(&pin, 1);
	}

	return pin.l ? pl_strdup(&box->pin, &pin) : str_dup(&box->pin, "");
}


/* name=value|name=value */
static int box_options(struct loader *ld, const struct opt_index *ix,
		       struct vm_box *box, const struct conf_var *line,
		       struct pl rest)
{
	struct opt_ctx ctx = {
		.cfg = ld->cfg, .f = ld->f, .vmopts = &box->opts,
	};
	char where[NAME_SIZE + 16], name[NAME_SIZE], value[512];
	struct pl part, key;
	int err = 0;

	(void)re_snprintf(where, sizeof(where), "mailbox %s", box->name);

	while (!err && pl_next(&part, &rest, '|')) {
		struct conf_var var = *line;

		if (!pl_trim(part).l)
			continue;

		(void)pl_next(&key, &part, '=');
		key = pl_trim(key);
		part = pl_trim(part);
		if (pl_copy(name, sizeof(name), &key) ||
		    pl_copy(value, sizeof(value), &part)) {
			find_warning(ld->f, &line->pos, "mailbox %s: an "
				     "option is too long", box->name);
			continue;
		}

		var.name = name;
		var.value = value;
		var.cut = NULL;
		err = opt_line(&ctx, ix, OPT_VMBOX, &var, where, NULL);
	}

	return err;
}


static void box_check(struct loader *ld, const struct vm_box *box)
{
	if (!box->pin[0])
		find_warning(ld->f, &box->pos, "mailbox %s has no PIN: "
			     "VoiceMailMain lets nobody in but with option s",
			     box->name);
	else if (!is_digits(box->pin))
		find_warning(ld->f, &box->pos, "the PIN of mailbox %s cannot "
			     "be dialled, expected digits", box->name);
	else if (!strcmp(box->pin, box->name))
		find_warning(ld->f, &box->pos, "the PIN of mailbox %s is its "
			     "own number, anybody guesses it", box->name);

	if (box->email && !strchr(box->email, '@'))
		find_warning(ld->f, &box->pos, "mailbox %s: '%s' is no mail "
			     "address", box->name, box->email);
	if (box->opts.tz && !zone_find(&ld->cfg->vm, box->opts.tz))
		find_warning(ld->f, &box->pos, "mailbox %s: there is no zone "
			     "'%s' in [zonemessages], times are said in the "
			     "system's", box->name, box->opts.tz);
}


static int box_fields(struct loader *ld, const struct opt_index *ix,
		      struct vm_box *box, const struct conf_var *var)
{
	struct pl rest, f[FIELDS];
	size_t n = 0;
	int err;

	memset(f, 0, sizeof(f));
	pl_set_str(&rest, var->value);
	if (rest.l && rest.p[0] == '>') /* "=>" is one sign */
		pl_advance(&rest, 1);
	while (n < FIELDS && pl_next(&f[n], &rest, ','))
		++n;
	if (rest.p)
		find_warning(ld->f, &box->pos, "mailbox %s: more than five "
			     "fields, the last ones are left out, expected "
			     "pin,name,email,pager,option=value|...",
			     box->name);

	err = set_pin(box, f[0]);
	err |= field_dup(&box->fullname, f[1]);
	err |= field_dup(&box->email, f[2]);
	err |= field_dup(&box->pager, f[3]);
	if (!err && f[4].l)
		err = box_options(ld, ix, box, var, f[4]);

	return err ? ENOMEM : 0;
}


static int box_add(struct loader *ld, const struct opt_index *ix,
		   const char *context, const struct conf_var *var)
{
	struct vm_conf *vm = &ld->cfg->vm;
	const struct vm_box *first;
	struct vm_box *box;
	int err;

	if (!is_plain(var->name)) {
		find_error(ld->f, &var->pos, "'%s' is no name of a mailbox, "
			   "expected letters and digits", var->name);
		return 0;
	}

	first = config_vm_box(ld->cfg, var->name, context);
	if (first) {
		find_warning(ld->f, &var->pos, "mailbox %s is already on line "
			     "%u, which stays", var->name, first->pos.line);
		return 0;
	}

	box = mem_zalloc(sizeof(*box), box_destructor);
	if (!box)
		return ENOMEM;

	box->pos = var->pos;
	err = opts_copy(&box->opts, &vm->opts);
	err |= str_dup(&box->name, var->name);
	err |= str_dup(&box->context, context);
	if (!err)
		err = box_fields(ld, ix, box, var);
	if (err) {
		mem_deref(box);
		return ENOMEM;
	}

	list_append(&vm->boxes, &box->le, box);
	hash_append(vm->hash, hash_key(box->name, strlen(box->name)),
		    &box->hle, box);
	box_check(ld, box);

	return 0;
}


/* --- sections ------------------------------------------------------------ */

static int general_lines(struct loader *ld, const struct opt_index *ix,
			 const struct conf_section *sec)
{
	struct opt_ctx ctx = {
		.cfg = ld->cfg, .f = ld->f, .vmopts = &ld->cfg->vm.opts,
	};
	int err = 0;

	for (struct le *le = sec->vars.head; le && !err; le = le->next)
		err = opt_line(&ctx, ix, OPT_VM | OPT_VMBOX, le->data,
			       "[general]", NULL);

	return err;
}


static int zone_lines(struct loader *ld, const struct conf_section *sec)
{
	int err = 0;

	for (struct le *le = sec->vars.head; le && !err; le = le->next) {
		const struct conf_var *var = le->data;
		struct pl name, value;

		pl_set_str(&name, var->name);
		pl_set_str(&value, var->value);
		if (!pl_strchr(&value, '|'))
			find_warning(ld->f, &var->pos, "zone '%s': expected "
				     "Zone/City|format", var->name);
		err = var_def_add(&ld->cfg->vm.zones, &name, &value,
				  &var->pos);
	}

	return err;
}


static int box_lines(struct loader *ld, const struct opt_index *ix,
		     const struct conf_section *sec)
{
	int err = 0;

	if (!is_plain(sec->name)) {
		find_error(ld->f, &sec->pos, "'%s' is no name of a context of "
			   "mailboxes, expected letters and digits",
			   sec->name);
		return 0;
	}

	for (struct le *le = sec->vars.head; le && !err; le = le->next)
		err = box_add(ld, ix, sec->name, le->data);

	return err;
}


/* [general] and the zones first, wherever they stand */
static int sections(struct loader *ld, const struct opt_index *ix,
		    const struct conf_file *cf, bool boxes)
{
	int err = 0;

	for (struct le *le = cf->sections.head; le && !err; le = le->next) {
		const struct conf_section *sec = le->data;
		bool own = conf_section_is(sec, "general") ||
			   conf_section_is(sec, "zonemessages");

		if (sec->tmpl || own == boxes)
			continue;

		if (conf_section_is(sec, "general"))
			err = general_lines(ld, ix, sec);
		else if (conf_section_is(sec, "zonemessages"))
			err = zone_lines(ld, sec);
		else
			err = box_lines(ld, ix, sec);
	}

	return err;
}


/* --- what others say about mailboxes ------------------------------------- */

static void peers_check(struct loader *ld)
{
	for (struct le *le = ld->cfg->peers.head; le; le = le->next) {
		const struct peer *peer = le->data;
		struct pl rest = PL_INIT, part;

		if (peer->mailbox)
			pl_set_str(&rest, peer->mailbox);

		while (pl_next(&part, &rest, ',')) {
			if (!config_vm_box_pl(ld->cfg, &part))
				find_warning(ld->f, &peer->pos, "[%s]: there "
					     "is no mailbox %r in "
					     "voicemail.conf", peer->name,
					     &part);
		}
	}
}


void check_voicemail(const struct step_ref *sr)
{
	const struct config *cfg = sr->ld->cfg;
	struct pl rest, boxes, part;

	if (sr->ld->sip_text) /* without companions */
		return;

	pl_set_str(&rest, sr->prio->args);
	if (!arg_next(&boxes, &rest, ',') || !boxes.l)
		return;

	while (pl_next(&part, &boxes, '&')) {
		struct pl legacy = part;

		if (!part.l || pl_strchr(&part, '$') ||
		    config_vm_box_pl(cfg, &part))
			continue;

		while (legacy.l && strchr("bus", legacy.p[0]))
			pl_advance(&legacy, 1);
		if (legacy.l != part.l && config_vm_box_pl(cfg, &legacy))
			find_info(sr->ld->f, &sr->prio->pos, "%s(%r) is the "
				  "old way to write options, expected %r,%b",
				  sr->prio->app, &part, &legacy, part.p,
				  part.l - legacy.l);
		else
			find_warning(sr->ld->f, &sr->prio->pos, "%s: there is "
				     "no mailbox %r in voicemail.conf, "
				     "expected name@context",
				     sr->prio->app, &part);
	}
}


/* --- the file ------------------------------------------------------------ */

int load_voicemail(struct loader *ld)
{
	struct opt_ctx ctx = {
		.cfg = ld->cfg, .f = ld->f, .vmopts = &ld->cfg->vm.opts,
	};
	struct opt_index *ix = NULL;
	struct conf_file *cf = NULL;

	int err = opt_defaults(&ctx, OPT_VM | OPT_VMBOX);
	if (!err)
		err = hash_alloc(&ld->cfg->vm.hash, BUCKETS);
	if (!err)
		err = loader_read(&cf, ld, "voicemail.conf", false);
	if (err || !cf)
		return err;

	ld->cfg->vm.said = true;
	err = opt_index_alloc(&ix, OPT_VM | OPT_VMBOX);
	if (!err)
		err = sections(ld, ix, cf, false);
	if (!err)
		err = sections(ld, ix, cf, true);
	if (!err)
		peers_check(ld);

	mem_deref(ix);

	return err;
}
