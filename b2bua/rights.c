/**
 * @file b2bua/rights.c  Started as root: become who the configuration says
 */
#include <fcntl.h>
#include <unistd.h>
#include "b2bua/rights.h"
#include "base/log.h"
#include "config/parse.h"

enum { PORT_LOW = 1024 };


static bool is_low(const struct sa *sa, bool used)
{
	return used && sa_af(sa) != AF_UNSPEC && sa_port(sa) &&
	       sa_port(sa) < PORT_LOW;
}


static bool has_low_port(const struct config *cfg)
{
	const struct general *g = &cfg->general;

	return is_low(&g->udp, true) || is_low(&g->tcp, g->tcpenable) ||
	       is_low(&g->tls, g->tlsenable) || cfg->rtp.start < PORT_LOW;
}


/* Debian's sendmail gains a group to leave a letter; System() may run sudo */
static bool runs_programs(const struct config *cfg)
{
	return cfg->tandem.allowsystem || list_head(&cfg->vm.boxes);
}


int rights_drop(struct privs *p, const struct config *cfg, const char *user,
		const char *group, struct mbuf *why)
{
	const struct privs_params prm = {
		.user	   = user ? user : cfg->tandem.runuser,
		.group	   = group ? group : cfg->tandem.rungroup,
		.dirv	   = {cfg->dirs.state, cfg->dirs.run, cfg->dirs.spool,
			      cfg->dirs.log},
		.bind_low  = has_low_port(cfg),
		.net_admin = cfg->guard.nft != NULL,
		.new_privs = runs_programs(cfg),
	};

	return privs_drop(p, &prm, why);
}


/* Read as root at the start; will it be possible again? */
static void check_readable(const struct privs *p, const struct config *cfg)
{
	for (struct le *le = list_head(&cfg->files); le; le = le->next) {
		const struct conf_file *f = le->data;

		if (faccessat(AT_FDCWD, f->path, R_OK, AT_EACCESS))
			log_warning("main", "%s cannot be read by %s: a reload "
				    "will fail; chgrp it to one of its groups",
				    f->path, p->user);
	}
}


void rights_log(const struct privs *p, const struct config *cfg)
{
	if (!p->was_root)
		return;

	if (p->uid)
		log_info("main", "running as %s, not as root", p->user);
	else if (p->reaches)
		log_notice("main", "running as root, because %s lies in a "
			   "directory of somebody else: runuser= of "
			   "tandem.conf names another user", cfg->dirs.state);
	else
		log_notice("main", "running as root without its rights, "
			   "because %s is root's: runuser= of tandem.conf "
			   "names another user", cfg->dirs.state);

	check_readable(p, cfg);
}
