/**
 * @file control/import_files.c  Files on the page of tandem import
 *
 * Which are read, which are not and why, and links that lead nowhere.
 */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "b2bua/app.h"
#include "config/parse.h"
#include "control/import.h"


/* clang-format off */
static const struct {
	const char *name, *what;
} others[] = {
	{"acl.conf",         "write the rules as permit= and deny= of the peer"},
	{"asterisk.conf",    "directories and log are in tandem.conf"},
	{"cdr*.conf",        "call records are in the database, table cdr"},
	{"cel*.conf",        "the trace of a call has its events"},
	{"chan_dahdi.conf",  "there are no telephony cards here"},
	{"codecs.conf",      "codecs have no settings"},
	{"extconfig.conf",   "peers are read from the files only"},
	{"extensions.ael",   "write the dialplan in extensions.conf"},
	{"extensions.lua",   "write the dialplan in extensions.conf"},
	{"func_odbc.conf",   "databases of others are not asked"},
	{"http.conf",        "for the browser interface of Asterisk"},
	{"iax*.conf",        "IAX2 is not spoken"},
	{"indications.conf", "tones are built in: tonezone= of sip.conf"},
	{"logger.conf",      "the log is in tandem.conf"},
	{"manager*.conf",    "for programs that steer Asterisk"},
	{"modules.conf",     "there are no modules"},
	{"pjsip*.conf",      "peers belong into sip.conf"},
	{"res_odbc.conf",    "databases of others are not asked"},
	{"sip_notify.conf",  "for the console command sip notify"},
	{"udptl.conf",       "for fax"},
	{"users.conf",       "peers belong into sip.conf"},
};
/* clang-format on */


static bool fits(const char *pattern, const char *name)
{
	const char *star = strchr(pattern, '*');
	size_t n = strlen(name), tail;

	if (!star)
		return !strcmp(pattern, name);

	tail = strlen(star + 1);

	return n >= (size_t)(star - pattern) + tail &&
	       !strncmp(pattern, name, (size_t)(star - pattern)) &&
	       !strcmp(name + n - tail, star + 1);
}


static const char *why_not(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (fits(others[i].name, name))
			return others[i].what;
	}

	return "";
}


static bool is_read(const struct import *im, const char *name)
{
	char path[4096];

	if (!im->cfg || re_snprintf(path, sizeof(path), "%s/%s", im->dir,
				    name) < 0)
		return false;

	for (struct le *le = im->cfg->files.head; le; le = le->next) {
		if (conffile_has(le->data, path))
			return true;
	}

	return false;
}


static bool is_config(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && name[0] != '.' && (!strcmp(dot, ".conf") ||
					 !strcmp(dot, ".ael") ||
					 !strcmp(dot, ".lua"));
}


static int any(const struct dirent *d)
{
	return is_config(d->d_name);
}


/* FreePBX links its own files into /etc/asterisk: a copy may miss them */
static bool leads_nowhere(const struct import *im, const char *name,
			  char *target, size_t size)
{
	char path[4096];
	struct stat st;
	ssize_t n;

	if (re_snprintf(path, sizeof(path), "%s/%s", im->dir, name) < 0 ||
	    lstat(path, &st) || !S_ISLNK(st.st_mode) || !stat(path, &st))
		return false;

	n = readlink(path, target, size - 1);
	target[n > 0 ? n : 0] = '\0';

	return true;
}


/* What would be read if it were there */
void import_links(struct import_text *p)
{
	struct dirent **v = NULL;
	const int n	  = scandir(p->im->dir, &v, any, alphasort);
	bool titled	  = false;
	char target[4096];

	for (int i = 0; i < n; i++) {
		const char *name = v[i]->d_name;

		if (!why_not(name)[0] &&
		    leads_nowhere(p->im, name, target, sizeof(target))) {
			if (!titled) {
				im_head(p, "Links into nothing");
				im_put(p, "Copy the directory with what its "
				       "links lead to: `cp -rL`.\n\n");
			}
			titled = true;
			im_put(p, "- [ ] `%s`:\n      is a link to '%s', "
			       "which is not here\n", name, target);
		}
		free(v[i]);
	}

	free(v);
}


void import_files(struct import_text *p)
{
	struct dirent **v = NULL;
	const int n	  = scandir(p->im->dir, &v, any, alphasort);

	if (n > 0) {
		im_head(p, "Files");
		im_put(p, "| file | |\n|---|---|\n");
	}

	for (int i = 0; i < n; i++) {
		const char *name = v[i]->d_name;
		const bool yes	 = is_read(p->im, name);
		const char *why	 = yes ? "" : why_not(name);
		char target[4096];

		if (!yes && !why[0] &&
		    leads_nowhere(p->im, name, target, sizeof(target)))
			why = "a link into nothing";

		im_put(p, "| `%s` | %s%s%s |\n", name,
		    yes ? "read" : "not read", why[0] ? ": " : "", why);
	}

	for (int i = 0; i < n; i++)
		free(v[i]);
	free(v);
}
