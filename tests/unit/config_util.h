/**
 * @file config_util.h  Configurations from texts, for the tests of config/
 *
 * Each load writes its files into a directory of its own under /tmp and
 * removes them; positions are compared by the file's last name.
 */
#ifndef TANDEM_TEST_CONFIG_UTIL_H
#define TANDEM_TEST_CONFIG_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "config/config.h"

struct texts {
	const char *sip, *ext, *rtp, *moh, *tandem, *more; /* NULL: no file */
};

struct loaded {
	struct config *cfg;
	struct findings *f;
	int err;
	char dir[64];
};

static const char *const test_apps[] = {
	"Answer", "Background", "Dial", "Echo", "Goto", "GotoIf", "Hangup",
	"MixMonitor", "NoOp", "Park", "ParkedCall", "Playback", "Record", "Set",
	"Verbose", "Wait",
};

static const char *const test_funcs[] = {
	"CALLERID", "CHANNEL", "IF", "LEN", "SIP_HEADER", "STRFTIME",
};

static const struct config_names test_names = {
	.apps = test_apps,   .napps = ARRAY_SIZE(test_apps),
	.funcs = test_funcs, .nfuncs = ARRAY_SIZE(test_funcs),
};


static inline void put_file(const char *dir, const char *name,
			    const char *text, bool remove)
{
	char path[128];

	(void)re_snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (remove) {
		(void)unlink(path);
		return;
	}
	if (!text)
		return;

	FILE *fp = fopen(path, "w");
	assert_non_null(fp);
	assert_int_equal(fwrite(text, 1, strlen(text), fp), strlen(text));
	assert_int_equal(fclose(fp), 0);
	assert_int_equal(chmod(path, 0600), 0);
}


static inline void put_files(const char *dir, const struct texts *t,
			     bool remove)
{
	put_file(dir, "sip.conf", t->sip, remove);
	put_file(dir, "extensions.conf", t->ext, remove);
	put_file(dir, "rtp.conf", t->rtp, remove);
	put_file(dir, "musiconhold.conf", t->moh, remove);
	put_file(dir, "tandem.conf", t->tandem, remove);
	put_file(dir, "more.conf", t->more, remove);
}


/** A file beside those of struct texts */
struct text_file {
	const char *name, *text; /* NULL: no file */
};


/**
 * Load files that are on the disk as long as that takes; the folder stays
 *
 * @param l      What came of it
 * @param t      Files
 * @param more   More of them
 * @param nmore  How many
 * @param names  Applications and functions that there are, NULL: any
 */
static inline void load_in_folder(struct loaded *l, const struct texts *t,
				  const struct text_file *more, size_t nmore,
				  const struct config_names *names)
{
	memset(l, 0, sizeof(*l));
	(void)str_ncpy(l->dir, "/tmp/tandem-config-XXXXXX", sizeof(l->dir));
	assert_non_null(mkdtemp(l->dir));

	put_files(l->dir, t, false);
	for (size_t i = 0; i < nmore; i++)
		put_file(l->dir, more[i].name, more[i].text, false);
	assert_int_equal(findings_alloc(&l->f), 0);
	l->err = config_load(&l->cfg, l->dir, l->f, names);
	for (size_t i = 0; i < nmore; i++)
		put_file(l->dir, more[i].name, NULL, true);
	put_files(l->dir, t, true);
}


/** The same; the folder goes */
static inline void load_files(struct loaded *l, const struct texts *t,
			      const struct text_file *more, size_t nmore,
			      const struct config_names *names)
{
	load_in_folder(l, t, more, nmore, names);
	assert_int_equal(rmdir(l->dir), 0);
}


static inline void load_texts(struct loaded *l, struct texts t)
{
	load_files(l, &t, NULL, 0, &test_names);
}


static inline void load_sip_text(struct loaded *l, const char *sip)
{
	load_texts(l, (struct texts){.sip = sip, .ext = "[default]\n"});
}


static inline void loaded_reset(struct loaded *l)
{
	l->cfg = mem_deref(l->cfg);
	l->f   = mem_deref(l->f);
}


/* "sip.conf:3:7: warning: text"; the directory is cut off */
static inline void finding_line(char *buf, size_t n, const struct loaded *l,
				const struct finding *fi)
{
	char line[1024];
	const char *p  = line;
	const size_t d = strlen(l->dir);

	if (re_snprintf(line, sizeof(line), "%H", finding_print, fi) < 0)
		(void)str_ncpy(line, "?", sizeof(line));
	if (!strncmp(p, l->dir, d))
		p += d + 1;
	(void)str_ncpy(buf, p, n);
}


/* Is there a finding whose line begins with `begin`? */
static inline bool has_finding(const struct loaded *l, const char *begin)
{
	char line[1024];

	for (struct le *le = l->f->list.head; le; le = le->next) {
		finding_line(line, sizeof(line), l, le->data);
		if (!strncmp(line, begin, strlen(begin)))
			return true;
	}

	return false;
}


static inline void print_findings(const struct loaded *l)
{
	(void)re_fprintf(stderr, "%H", findings_print, l->f);
}


static inline void need_finding(const struct loaded *l, const char *begin)
{
	if (has_finding(l, begin))
		return;

	print_findings(l);
	fail_msg("no finding: %s", begin);
}

#endif
