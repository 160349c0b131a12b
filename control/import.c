/**
 * @file control/import.c  tandem import DIR [--write OUT]
 *
 * --write makes a new folder: the files that Tandem reads, as they are, with
 * modes that keep the secrets, a tandem.conf if there was none, and the page
 * as MOVING.md.  A folder that is there is not touched.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "config/parse.h"
#include "control/import.h"

enum { EXIT_REFUSED = 78 };

static const char tandem_conf[] =
	"; Written by tandem import.  What stands here are the defaults of a\n"
	"; package; see docs/configuration.md.\n"
	"[general]\n"
	"loglevel = info\n"
	"\n"
	"[directories]\n"
	"run = /run/tandem\n"
	"state = /var/lib/tandem\n"
	"spool = /var/spool/tandem\n";


/* --- writing ------------------------------------------------------------- */

static int write_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		const ssize_t k = write(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return errno;
		p += k;
		n -= (size_t)k;
	}

	return 0;
}


static int write_file(const char *path, const uint8_t *p, size_t n)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			    0640);
	int err;

	if (fd < 0)
		return errno;

	err = write_all(fd, p, n);
	if (close(fd) && !err)
		err = errno;

	return err;
}


static int copy_file(const char *from, const char *to)
{
	uint8_t buf[65536];
	const int in = open(from, O_RDONLY | O_CLOEXEC);
	int out, err = 0;

	if (in < 0)
		return errno;

	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (out < 0)
		err = errno;

	while (!err) {
		const ssize_t n = read(in, buf, sizeof(buf));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = errno;
		if (n <= 0)
			break;
		err = write_all(out, buf, (size_t)n);
	}

	if (out >= 0 && close(out) && !err)
		err = errno;
	(void)close(in); /* only read from */

	return err;
}


/* The folders on the way to OUT/a/b/c.conf */
static int make_folders(const struct import *im, const char *path)
{
	char buf[PATH_MAX];
	const size_t begin = strlen(im->out) + 1;

	if (re_snprintf(buf, sizeof(buf), "%s", path) < 0)
		return ENAMETOOLONG;

	for (char *p = buf + begin; (p = strchr(p, '/')); ++p) {
		*p = '\0';
		if (mkdir(buf, 0750) && errno != EEXIST)
			return errno;
		*p = '/';
	}

	return 0;
}


struct copier {
	const struct import *im;
	int err;
};


/* A file outside of the directory is included from where it is */
static void copy_one(const char *path, void *arg)
{
	struct copier *c = arg;
	const size_t n	 = strlen(c->im->dir);
	char to[PATH_MAX];

	if (c->err || strncmp(path, c->im->dir, n) || path[n] != '/' ||
	    strstr(path + n, "/../"))
		return;

	if (re_snprintf(to, sizeof(to), "%s%s", c->im->out, path + n) < 0)
		c->err = ENAMETOOLONG;
	if (!c->err)
		c->err = make_folders(c->im, to);
	if (!c->err && access(path, F_OK))
		return; /* made of FreePBX's parts */
	if (!c->err)
		c->err = copy_file(path, to);
	if (c->err == EEXIST)
		c->err = 0; /* included twice */
	if (c->err)
		(void)re_fprintf(stderr, "tandem: %s: %m\n", to, c->err);
}


static int write_named(const struct import *im, const char *name,
		       const uint8_t *p, size_t n)
{
	char path[PATH_MAX];
	int err;

	if (re_snprintf(path, sizeof(path), "%s/%s", im->out, name) < 0)
		return ENAMETOOLONG;

	err = write_file(path, p, n);
	if (err)
		(void)re_fprintf(stderr, "tandem: %s: %m\n", path, err);

	return err;
}


/* What FreePBX's own files would include, for a copy of its parts alone */
static int write_missing(const struct import *im)
{
	int err = 0;

	for (struct le *le = im->cfg->files.head; le && !err; le = le->next) {
		const struct conf_file *cf = le->data;
		const char *text = config_parts(cf->path);

		if (text)
			err = write_named(im, cf->path, (const uint8_t *)text,
					  strlen(text));
	}

	return err;
}


static int write_out(const struct import *im, const struct mbuf *page)
{
	struct copier c = {.im = im};
	char path[PATH_MAX];

	if (mkdir(im->out, 0750)) {
		const int err = errno;

		(void)re_fprintf(stderr, "tandem: %s: %m, expected a folder "
				 "that is not there yet\n", im->out, err);
		return err;
	}

	for (struct le *le = im->cfg->files.head; le; le = le->next)
		conffile_names(le->data, copy_one, &c);
	if (!c.err)
		c.err = write_missing(im);

	if (!c.err &&
	    re_snprintf(path, sizeof(path), "%s/tandem.conf", im->out) > 0 &&
	    access(path, F_OK))
		c.err = write_named(im, "tandem.conf",
				    (const uint8_t *)tandem_conf,
				    sizeof(tandem_conf) - 1);
	if (!c.err)
		c.err = write_named(im, "MOVING.md", page->buf, page->end);

	return c.err;
}


/* --- the command --------------------------------------------------------- */

static bool words(struct import *im, int argc, char *const argv[])
{
	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--write") && i + 1 < argc && !im->out)
			im->out = argv[++i];
		else if (argv[i][0] != '-' && !im->dir)
			im->dir = argv[i];
		else
			return false;
	}

	return im->dir != NULL;
}


static int run(struct import *im)
{
	struct mbuf *mb = mbuf_alloc(16384);
	int err		= mb ? findings_alloc(&im->f) : ENOMEM;

	if (err)
		goto out;

	im->err = config_look(&im->cfg, im->dir, im->f, im->names);
	if (im->err == ENOMEM) {
		err = ENOMEM;
		goto out;
	}

	err = import_collect(im);
	if (!err)
		err = import_page(mb, im);
	if (!err)
		(void)re_printf("%b", mb->buf, mb->end);
	if (!err && im->out && im->cfg)
		err = write_out(im, mb);

out:
	import_forget(im);
	mem_deref(im->cfg);
	mem_deref(im->f);
	mem_deref(mb);

	return err ? EXIT_FAILURE : im->err ? EXIT_REFUSED : 0;
}


int import_main(int argc, char *const argv[], const struct config_names *names)
{
	struct import im = {.names = names};
	char dir[PATH_MAX];

	if (!words(&im, argc, argv)) {
		(void)fputs("usage: tandem import DIR [--write OUT]\n"
			    "  reads the configuration of an Asterisk server "
			    "and says what becomes of it;\n"
			    "  --write copies it, with that page, into a new "
			    "folder\n", stderr);
		return IMPORT_USAGE;
	}

	/* positions are told from the directory on */
	if (realpath(im.dir, dir))
		im.dir = dir;

	return run(&im);
}
