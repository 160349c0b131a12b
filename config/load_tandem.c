/**
 * @file config/load_tandem.c  rtp.conf, musiconhold.conf, tandem.conf
 */
#include "config/load.h"
#include "base/text.h"


enum { TANDEM_OPTS = OPT_DIR | OPT_TANDEM | OPT_GUARD | OPT_SIPD |
		     OPT_FWD };


/* --- rtp.conf ------------------------------------------------------------ */

static void rtp_check(struct loader *ld)
{
	struct rtp_conf *rtp = &ld->cfg->rtp;

	if (rtp->end > rtp->start)
		return;

	find_warning(ld->f, &rtp->pos,
		     "rtpend %u is not above rtpstart %u, both are ignored, "
		     "expected a range such as 10000 to 20000",
		     (uint32_t)rtp->end, (uint32_t)rtp->start);
	rtp->start = 10000;
	rtp->end   = 20000;
}


int load_rtp(struct loader *ld)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};
	struct opt_index *ix = NULL;
	struct conf_file *cf;

	int err = opt_defaults(&ctx, OPT_RTP);
	if (!err)
		err = loader_read(&cf, ld, "rtp.conf", false);
	if (err || !cf)
		return err;

	err = opt_index_alloc(&ix, OPT_RTP);

	for (struct le *le = cf->sections.head; le && !err; le = le->next) {
		const struct conf_section *sec = le->data;

		if (sec->tmpl)
			continue;

		if (conf_section_is(sec, "general")) {
			ld->cfg->rtp.pos = sec->pos;
			err = loader_lines(&ctx, ix, sec, OPT_RTP);
		}
		else if (!conf_section_is(sec, "ice_host_candidates")) {
			loader_unknown_section(ld, sec, "[general]");
		}
	}

	if (!err)
		rtp_check(ld);

	mem_deref(ix);
	return err;
}


/* --- musiconhold.conf ---------------------------------------------------- */

static void moh_destructor(void *arg)
{
	struct moh_class *m = arg;

	list_unlink(&m->le);
	list_flush(&m->entries);
	mem_deref(m->name);
	mem_deref(m->mode);
	mem_deref(m->directory);
	mem_deref(m->sort);
	mem_deref(m->application);
	mem_deref(m->format);
}


static int moh_alloc(struct moh_class **mp, struct loader *ld,
		     const char *name, const struct conf_pos *pos)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};
	struct moh_class *m;

	m = mem_zalloc(sizeof(*m), moh_destructor);
	if (!m)
		return ENOMEM;

	m->pos	= *pos;
	ctx.moh = m;

	int err = str_dup(&m->name, name);
	if (!err)
		err = opt_defaults(&ctx, OPT_MOH);
	if (err) {
		mem_deref(m);
		return err;
	}

	list_append(&ld->cfg->moh, &m->le, m);
	*mp = m;
	return 0;
}


static void moh_check(struct loader *ld, struct moh_class *m)
{
	if (!str_casecmp(m->mode, "playlist")) {
		if (list_isempty(&m->entries))
			find_warning(ld->f, &m->pos,
				     "class [%s] is silent, expected entry = "
				     "lines for mode = playlist", m->name);
		return;
	}

	if (str_casecmp(m->mode, "files"))
		find_warning(ld->f, &m->pos,
			     "class [%s] has mode = %s, which would run a "
			     "program: the files of its directory are played, "
			     "expected mode = files", m->name, m->mode);

	if (!m->directory)
		find_info(ld->f, &m->pos,
			  "class [%s] has no directory: the one of "
			  "tandem.conf (moh) is used", m->name);
}


static int moh_section(struct loader *ld, const struct opt_index *ix,
		       const struct conf_section *sec)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};
	struct moh_class *m;

	int err = moh_alloc(&m, ld, sec->name, &sec->pos);
	if (err)
		return err;

	ctx.moh = m;
	err	= loader_lines(&ctx, ix, sec, OPT_MOH);
	if (!err)
		moh_check(ld, m);

	return err;
}


/* [classes] of old files: name => mode:directory[,arguments] */
static int moh_old_line(struct loader *ld, const struct conf_var *var)
{
	struct pl mode, rest, dir;
	struct moh_class *m;

	pl_set_str(&rest, var->value);
	if (!pl_next(&mode, &rest, ':') || !rest.p ||
	    !pl_next(&dir, &rest, ',') || !dir.l) {
		find_warning(ld->f, &var->pos,
			     "class is ignored, expected name => "
			     "mode:directory");
		return 0;
	}

	int err = moh_alloc(&m, ld, var->name, &var->pos);
	if (!err)
		err = pl_strdup(&m->directory, &dir);
	if (!err)
		find_info(ld->f, &var->pos,
			  "class '%s' is written in the old way and read as "
			  "mode = files, directory = %r", var->name, &dir);

	return err;
}


static int moh_any(struct loader *ld, const struct opt_index *ix,
		   const struct conf_section *sec)
{
	int err = 0;

	if (conf_section_is(sec, "general") || sec->tmpl)
		return 0;

	if (!conf_section_is(sec, "classes") &&
	    !conf_section_is(sec, "moh_files"))
		return moh_section(ld, ix, sec);

	for (struct le *le = sec->vars.head; le && !err; le = le->next)
		err = moh_old_line(ld, le->data);

	return err;
}


int load_moh(struct loader *ld)
{
	struct opt_index *ix = NULL;
	struct conf_file *cf;

	int err = loader_read(&cf, ld, "musiconhold.conf", false);
	if (err || !cf)
		return err;

	err = opt_index_alloc(&ix, OPT_MOH);

	for (struct le *le = cf->sections.head; le && !err; le = le->next)
		err = moh_any(ld, ix, le->data);

	mem_deref(ix);
	return err;
}


const struct moh_class *config_moh(const struct config *cfg, const char *name)
{
	if (!cfg || !name)
		return NULL;

	for (struct le *le = cfg->moh.head; le; le = le->next) {
		const struct moh_class *m = le->data;

		if (!str_casecmp(m->name, name))
			return m;
	}

	return NULL;
}


/* --- tandem.conf --------------------------------------------------------- */

static int dir_join(char **sp, const struct config *cfg)
{
	char *old = *sp;

	if (!old || old[0] == '/')
		return 0;

	int err = path_join(sp, cfg->dir, old);
	if (err)
		*sp = old;
	else
		mem_deref(old);

	return err;
}


/* Each directory of a list with ':' between */
static int dirs_join(char **sp, const struct config *cfg)
{
	struct mbuf *mb = mbuf_alloc(256);
	struct pl part, rest;
	char *path = NULL, *one;
	int err	   = mb ? 0 : ENOMEM;

	pl_set_str(&rest, *sp);

	while (!err && pl_next(&part, &rest, ':')) {
		if (!part.l)
			continue;

		err = pl_strdup(&one, &part);
		if (err)
			break;

		err = dir_join(&one, cfg);
		if (!err)
			err = mbuf_printf(mb, "%s%s", mb->pos ? ":" : "", one);
		mem_deref(one);
	}

	if (!err)
		err = mbuf_str(&path, mb);
	if (!err) {
		mem_deref(*sp);
		*sp = path;
	}

	mem_deref(mb);
	return err;
}


static int tandem_finish(struct loader *ld)
{
	struct config *cfg = ld->cfg;
	struct dirs *d	   = &cfg->dirs;

	int err = dir_join(&d->run, cfg);
	err |= dir_join(&d->state, cfg);
	err |= dir_join(&d->spool, cfg);
	err |= dir_join(&d->moh, cfg);
	err |= dir_join(&d->agi, cfg);
	err |= dir_join(&d->log, cfg);
	if (d->sounds)
		err |= dirs_join(&d->sounds, cfg);

	if (!err && cfg->tandem.logfile && cfg->tandem.logfile[0] != '/') {
		char *path;

		err = path_join(&path, d->log ? d->log : cfg->dir,
				cfg->tandem.logfile);
		if (!err) {
			mem_deref(cfg->tandem.logfile);
			cfg->tandem.logfile = path;
		}
	}

	return err ? ENOMEM : 0;
}


static int tandem_sections(struct loader *ld, const struct conf_file *cf)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};
	struct opt_index *ix;

	int err = opt_index_alloc(&ix, TANDEM_OPTS);
	if (err)
		return err;

	for (struct le *le = cf->sections.head; le && !err; le = le->next) {
		const struct conf_section *sec = le->data;

		if (sec->tmpl)
			continue;

		if (conf_section_is(sec, "directories"))
			err = loader_lines(&ctx, ix, sec, OPT_DIR);
		else if (conf_section_is(sec, "general"))
			err = loader_lines(&ctx, ix, sec, OPT_TANDEM);
		else if (conf_section_is(sec, "guard"))
			err = loader_lines(&ctx, ix, sec, OPT_GUARD);
		else if (conf_section_is(sec, "sipd"))
			err = loader_lines(&ctx, ix, sec, OPT_SIPD);
		else if (conf_section_is(sec, "forward"))
			err = loader_lines(&ctx, ix, sec, OPT_FWD);
		else
			loader_unknown_section(ld, sec,
					       "[directories], [general], "
					       "[guard], [sipd] or [forward]");
	}

	mem_deref(ix);
	return err;
}


int load_tandem(struct loader *ld)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};
	struct conf_file *cf;

	int err = opt_defaults(&ctx, TANDEM_OPTS);
	if (!err)
		err = loader_read(&cf, ld, "tandem.conf", false);
	if (!err && cf)
		err = tandem_sections(ld, cf);

	return err ? err : tandem_finish(ld);
}
