/**
 * @file config/load.c  Read a configuration directory
 *
 * The files one after the other into one new struct config, then the check of
 * the whole.  Nothing of an earlier configuration is touched: whoever reloads
 * swaps the pointers if this succeeds.
 *
 * The text of the files is thrown away at the end; only the file names stay,
 * because every position points to one.
 */
#include <sys/stat.h>
#include "config/load.h"
#include "config/routes.h"
#include "config/sipd.h"
#include "base/rand.h"
#include "base/text.h"


static void general_reset(struct general *g)
{
	mem_deref(g->tlscertfile);
	mem_deref(g->tlsprivatekey);
	mem_deref(g->tlscafile);
	mem_deref(g->tlscapath);
	mem_deref(g->tlscipher);
	mem_deref(g->realm);
	mem_deref(g->callerid);
	mem_deref(g->useragent);
	mem_deref(g->sdpsession);
	mem_deref(g->sdpowner);
	mem_deref(g->externaddr.host);
	mem_deref(g->externhost.host);
	mem_deref(g->outofcall_message_context);
	mem_deref(g->regcontext);
	mem_deref(g->notifymimetype);
	list_flush(&g->domains);
	list_flush(&g->localnet);
	list_flush(&g->auth);
	list_flush(&g->mwi);
}


static void config_destructor(void *arg)
{
	struct config *cfg = arg;

	vm_conf_reset(&cfg->vm);
	mem_deref(cfg->rooms);
	queues_conf_reset(&cfg->queues);
	features_reset(cfg);
	list_flush(&cfg->regs);
	list_flush(&cfg->trunks);
	list_flush(&cfg->peers);
	list_flush(&cfg->moh);
	mem_deref(cfg->peer_hash);
	mem_deref(cfg->defaults);
	mem_deref(cfg->dialplan);
	general_reset(&cfg->general);
	mem_deref(cfg->dirs.run);
	mem_deref(cfg->dirs.state);
	mem_deref(cfg->dirs.spool);
	mem_deref(cfg->dirs.sounds);
	mem_deref(cfg->dirs.moh);
	mem_deref(cfg->dirs.agi);
	mem_deref(cfg->dirs.log);
	mem_deref(cfg->tandem.logfile);
	mem_deref(cfg->tandem.systemname);
	mem_deref(cfg->tandem.runuser);
	mem_deref(cfg->tandem.rungroup);
	list_flush(&cfg->guard.allow);
	mem_deref(cfg->sipd);
	mem_deref(cfg->sipd_opts.country);
	mem_deref(cfg->sipd_opts.city);
	mem_deref(cfg->guard.scanners);
	mem_deref(cfg->guard.nft);
	mem_deref(cfg->guard.country);
	mem_deref(cfg->guard.premium);
	forward_conf_reset(&cfg->forward);
	followme_conf_reset(&cfg->followme);
	list_flush(&cfg->files);
	mem_deref(cfg->dir);
}


static int config_alloc(struct config **cfgp, const char *dir)
{
	struct config *cfg = mem_zalloc(sizeof(*cfg), config_destructor);
	if (!cfg)
		return ENOMEM;

	cfg->general.externaddr.transp = -1;
	cfg->general.externhost.transp = -1;
	cfg->defaults = config_peer_alloc();

	int err = cfg->defaults ? 0 : ENOMEM;
	err |= str_dup(&cfg->dir, dir);
	err |= hash_alloc(&cfg->peer_hash, 4096);
	err |= dialplan_alloc(&cfg->dialplan);
	if (err) {
		mem_deref(cfg);
		return ENOMEM;
	}

	*cfgp = cfg;
	return 0;
}


bool loader_general_said(const struct loader *ld, const char *name)
{
	const struct opt *opt = opt_lookup(ld->ix, name, OPT_SIP);

	return opt && ld->general_said[opt_no(opt)];
}


/* --- one file ------------------------------------------------------------ */

/* FreePBX keeps what it writes apart; a copy of these files alone has no
 * sip.conf and extensions.conf, which would include them */
static const struct {
	const char *name, *needs, *text;
} parts[] = {
	{"sip.conf", "sip_additional.conf",
	 "[general]\n"
	 "#tryinclude sip_general_additional.conf\n"
	 "#tryinclude sip_general_custom.conf\n"
	 "#tryinclude sip_nat.conf\n"
	 "#tryinclude sip_registrations_custom.conf\n"
	 "#tryinclude sip_registrations.conf\n"
	 "#tryinclude sip_custom.conf\n"
	 "#include sip_additional.conf\n"
	 "#tryinclude sip_custom_post.conf\n"},
	{"extensions.conf", "extensions_additional.conf",
	 "#tryinclude extensions_override_freepbx.conf\n"
	 "#include extensions_additional.conf\n"
	 "#tryinclude extensions_custom.conf\n"},
};


const char *config_parts(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!strcmp(parts[i].name, name))
			return parts[i].text;
	}

	return NULL;
}


static int read_parts(struct conf_file **cfp, struct loader *ld,
		      const char *name, const char *needs)
{
	struct conf_pos pos = {name, 0, 0};
	struct stat st;
	struct pl text;
	char *path;
	bool there;

	if (path_join(&path, ld->cfg->dir, needs))
		return ENOMEM;

	there = !stat(path, &st);
	mem_deref(path);
	if (!there)
		return ENOENT;

	find_info(ld->f, &pos, "is not there: the parts that FreePBX writes "
		  "are read, beginning with %s", needs);
	pl_set_str(&text, config_parts(name));

	return conffile_parse(cfp, ld->cfg->dir, name, &text, ld->f);
}


static int look_for_parts(struct conf_file **cfp, struct loader *ld,
			  const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!strcmp(parts[i].name, name))
			return read_parts(cfp, ld, name, parts[i].needs);
	}

	return ENOENT;
}


/* From the directory or from memory; ENOENT if there is none */
static int read_text(struct conf_file **cfp, struct loader *ld,
		     const char *name)
{
	const struct pl *text = NULL;
	int err;

	if (!ld->sip_text) {
		err = conffile_read(cfp, ld->cfg->dir, name, ld->f);
		return err == ENOENT && ld->look
			       ? look_for_parts(cfp, ld, name)
			       : err;
	}

	if (!strcmp(name, "sip.conf"))
		text = ld->sip_text;
	else if (!strcmp(name, "extensions.conf"))
		text = ld->ext_text;

	return text ? conffile_parse(cfp, NULL, name, text, ld->f) : ENOENT;
}


/* Read a file and keep it with the configuration.  *cfp is NULL if it does not
 * exist and need not. */
int loader_read(struct conf_file **cfp, struct loader *ld, const char *name,
		bool must)
{
	struct conf_file *cf;
	struct conf_pos pos = {NULL, 0, 0};
	char *path;

	int err = read_text(&cf, ld, name);
	if (!err) {
		list_append(&ld->cfg->files, &cf->le, cf);
		*cfp = cf;
		return 0;
	}

	*cfp = NULL;
	if (err != ENOENT || !must)
		return err == ENOENT ? 0 : err;

	if (!path_join(&path, ld->cfg->dir, name)) {
		pos.file = path;
		find_error(ld->f, &pos, "does not exist, expected a "
			   "configuration directory with sip.conf and "
			   "extensions.conf");
		mem_deref(path);
	}

	return ENOENT;
}


int loader_lines(struct opt_ctx *ctx, const struct opt_index *ix,
		 const struct conf_section *sec, unsigned mask)
{
	char where[64];
	int err = 0;

	(void)re_snprintf(where, sizeof(where), "[%s]", sec->name);

	for (struct le *le = sec->vars.head; le && !err; le = le->next)
		err = opt_line(ctx, ix, mask, le->data, where, NULL);

	return err;
}


bool conf_section_is(const struct conf_section *sec, const char *name)
{
	return !str_casecmp(sec->name, name);
}


void loader_unknown_section(struct loader *ld, const struct conf_section *sec,
			    const char *expected)
{
	find_warning(ld->f, &sec->pos, "section [%s] is ignored, expected %s",
		     sec->name, expected);
}


/* --- the whole ----------------------------------------------------------- */

static int load_sip_conf(struct loader *ld)
{
	int err = loader_read(&ld->sip, ld, "sip.conf", true);

	if (!err && sipd_is(ld->sip))
		err = sipd_load(ld);

	return err ? err : load_sip(ld);
}


/* regcontext= exists though no file writes it: others include it */
static int regcontext_make(struct loader *ld)
{
	const char *name = ld->cfg->general.regcontext;
	struct dp_context *ctx;

	if (!str_isset(name))
		return 0;

	return dialplan_context_get(&ctx, ld->cfg->dialplan, name, &ld->gpos);
}


static int load_ext_conf(struct loader *ld)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};
	struct conf_file *cf;

	int err = opt_defaults(&ctx, OPT_EXT);
	if (!err)
		err = loader_read(&cf, ld, "extensions.conf",
				  !ld->cfg->sipd);
	if (err)
		return err;

	ld->cfg->dialplan->file = mem_ref(cf ? cf : ld->sip);
	if (cf)
		err = ext_parse(ld, cf);
	if (!err && ld->cfg->sipd)
		err = sipd_plan(ld);
	if (!err)
		err = load_routes(ld);
	if (!err)
		err = parking_contexts(ld);

	if (!err)
		err = regcontext_make(ld);

	return err ? err : star_begin(ld);
}


/* An old directory has files whose work Tandem does not do */
static void other_files(struct loader *ld)
{
	const uint32_t before = findings_count(ld->f);
	static const struct {
		const char *name, *what;
	} others[] = {
		{"pjsip.conf", "peers belong into sip.conf"},
		{"users.conf", "peers belong into sip.conf"},
		{"iax.conf", "IAX2 is not spoken"},
		{"extensions.ael", "write the dialplan in extensions.conf"},
		{"extensions.lua", "write the dialplan in extensions.conf"},
		{"extconfig.conf", "peers are read from the files only"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct conf_pos pos = {NULL, 0, 0};
		struct stat st;
		char *path;

		if (path_join(&path, ld->cfg->dir, others[i].name)) {
			ld->f->out_of_memory = true;
			return;
		}

		pos.file = path;
		if (!stat(path, &st) && st.st_size > 0)
			find_info(ld->f, &pos, "is not read: %s",
				  others[i].what);
		mem_deref(path);
	}

	findings_kind(ld->f, before, FINDING_MISSING);
}


/* All that is wrong in one run: a bad file does not hide the next one */
static int load_all(struct loader *ld)
{
	int (*const steps[])(struct loader *) = {
		load_tandem, load_rtp, load_moh, load_sip_conf, load_voicemail,
		load_followme, load_queues, load_features, load_parking, load_confbridge,
		load_ext_conf,
	};
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int err = steps[i](ld);

		if (err == ENOMEM)
			return err;
		if (err && (!ret || err == ENOENT))
			ret = err;
	}

	return ret;
}


static void forget_texts(struct config *cfg)
{
	for (struct le *le = cfg->files.head; le; le = le->next) {
		struct conf_file *cf = le->data;

		list_flush(&cf->sections);
	}
}


static int loader_run(struct loader *ld)
{
	ld->general_said = mem_zalloc(opt_count() * sizeof(bool), NULL);
	if (!ld->general_said)
		return ENOMEM;

	int err = opt_index_alloc(&ld->ix, OPT_SIP | OPT_TRUNK);
	if (!err)
		err = load_all(ld);

	if (!err) {
		if (!ld->sip_text)
			other_files(ld);
		check_config(ld);
		defaults_announce(ld);
		ld->checked = true;
		err = star_make(ld);
	}

	return err;
}


static int load(struct config **cfgp, struct loader *ld, const char *dir,
		struct findings *f)
{
	struct findings *own = NULL;
	int err;

	/* errors refuse the configuration, even if nobody reads them */
	if (!f) {
		err = findings_alloc(&own);
		if (err)
			return err;
		f = own;
	}

	const uint32_t before = f->count[SEVERITY_ERROR];

	ld->f = f;
	err   = config_alloc(&ld->cfg, dir);
	if (!err)
		err = loader_run(ld);

	mem_deref(ld->general_said);
	mem_deref(ld->ix);

	if (!err && f->out_of_memory)
		err = ENOMEM;
	if (!err && f->count[SEVERITY_ERROR] > before)
		err = EBADMSG;

	findings_sort(f);

	if (ld->look && err == EBADMSG && ld->checked) {
		*cfgp = ld->cfg;
	}
	else if (err) {
		mem_deref(ld->cfg);
	}
	else {
		if (!ld->look)
			forget_texts(ld->cfg);
		*cfgp = ld->cfg;
	}

	mem_deref(own);
	return err;
}


int config_load(struct config **cfgp, const char *dir, struct findings *f,
		const struct config_names *names)
{
	struct loader ld = {.names = names};

	if (!cfgp || !str_isset(dir))
		return EINVAL;

	return load(cfgp, &ld, dir, f);
}


int config_look(struct config **cfgp, const char *dir, struct findings *f,
		const struct config_names *names)
{
	struct loader ld = {.names = names, .look = true};

	if (!cfgp || !str_isset(dir))
		return EINVAL;

	return load(cfgp, &ld, dir, f);
}


int config_run_dir(char **runp, const char *dir)
{
	struct findings *f = NULL;
	struct loader ld   = {0};
	int err;

	if (!runp || !str_isset(dir))
		return EINVAL;

	err = findings_alloc(&f);
	if (err)
		return err;

	ld.f = f;
	err  = config_alloc(&ld.cfg, dir);
	if (!err)
		err = load_tandem(&ld);
	if (!err)
		err = str_dup(runp, ld.cfg->dirs.run);

	mem_deref(ld.cfg);
	mem_deref(f);

	return err;
}


int config_load_text(struct config **cfgp, const struct pl *sip,
		     const struct pl *ext, struct findings *f,
		     const struct config_names *names)
{
	struct loader ld = {
		.names = names, .sip_text = sip, .ext_text = ext,
	};

	if (!cfgp || !sip || !ext)
		return EINVAL;

	return load(cfgp, &ld, "/", f);
}
