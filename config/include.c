/**
 * @file config/include.c  Files of the configuration, and #include
 *
 * Names are relative to the configuration directory, whichever file they are
 * written in.  A wildcard takes the matches in alphabetical order.  A file
 * that is missing, cannot be read or includes itself refuses everything: half
 * a dialplan is worse than the old one.
 *
 * An included file begins in the section of the line that includes it; after
 * it the including file goes on in its own.
 */
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>
#include "config/parse_int.h"
#include "base/text.h"


enum { FILE_SIZE_MAX = 64 * 1024 * 1024 };


int path_join(char **pathp, const char *dir, const char *name)
{
	if (!pathp || !name)
		return EINVAL;

	if (!dir || name[0] == '/')
		return str_dup(pathp, name);

	const size_t n = strlen(dir);
	const bool slash = n && dir[n - 1] == '/';

	return re_sdprintf(pathp, "%s%s%s", dir, slash ? "" : "/", name);
}


static int fd_read(struct mbuf *mb, int fd)
{
	for (;;) {
		if (mbuf_get_space(mb) < 4096) {
			int err = mbuf_resize(mb, mb->size * 2);
			if (err)
				return err;
		}

		const ssize_t n = read(fd, mbuf_buf(mb), mbuf_get_space(mb));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (!n)
			break;

		mb->pos += n;
		mb->end = mb->pos;
		if (mb->end > FILE_SIZE_MAX)
			return EFBIG;
	}

	mb->pos = 0;
	return 0;
}


/* Read a whole regular file.  A FIFO or device would block for ever. */
static int file_load(struct mbuf **mbp, struct reader *rd, const char *path)
{
	struct mbuf *mb = NULL;
	struct stat st;
	int err;

	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno;

	if (fstat(fd, &st)) {
		err = errno;
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		err = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		goto out;
	}

	rd->dev = st.st_dev;
	rd->ino = st.st_ino;

	mb = mbuf_alloc(st.st_size < 8192 ? 8192 : 65536);
	err = mb ? fd_read(mb, fd) : ENOMEM;

out:
	(void)close(fd); /* only read from */
	if (err)
		mem_deref(mb);
	else
		*mbp = mb;

	return err;
}


static bool includes_itself(const struct reader *rd)
{
	for (const struct reader *up = rd->up; up; up = up->up) {
		if (up->dev == rd->dev && up->ino == rd->ino)
			return true;
	}

	return false;
}


static unsigned depth(const struct reader *rd)
{
	unsigned n = 0;

	for (; rd->up; rd = rd->up)
		++n;

	return n;
}


/* The finding refuses the configuration; reading goes on, so that what else is
 * wrong is told in the same run */
static int refuse_file(struct reader *rd, const char *path, const char *why)
{
	find_error(rd->f, &rd->pos, "cannot include '%s': %s", path, why);
	return 0;
}


static int include_file(struct reader *up, const char *path)
{
	struct reader *rd;
	struct mbuf *mb = NULL;
	struct pl text;
	int err;

	if (depth(up) + 1 >= CONF_INCLUDE_DEPTH)
		return refuse_file(up, path, "included files are nested too "
				   "deep, expected at most 10");
	if (++*up->files > CONF_INCLUDE_FILES)
		return refuse_file(up, path, "too many files, expected at "
				   "most 65536");

	rd = mem_zalloc(sizeof(*rd), NULL);
	if (!rd)
		return ENOMEM;

	rd->cf	  = up->cf;
	rd->dir	  = up->dir;
	rd->f	  = up->f;
	rd->up	  = up;
	rd->files = up->files;
	rd->sec	  = up->sec;

	err = file_load(&mb, rd, path);
	if (err && err != ENOMEM) {
		find_error(up->f, &up->pos, "cannot include '%s': %m, "
			   "expected a readable file", path, err);
		err = 0;
		goto out;
	}
	if (err)
		goto out;

	if (includes_itself(rd)) {
		err = refuse_file(up, path, "the file includes itself");
		goto out;
	}

	err = conffile_add_name(&rd->pos.file, rd->cf, path);
	if (err)
		goto out;

	text.p = (const char *)mb->buf;
	text.l = mb->end;
	err    = reader_text(rd, &text);

out:
	mem_deref(mb);
	mem_deref(rd);
	return err;
}


static int include_glob(struct reader *rd, const char *path, bool must)
{
	glob_t g;
	int err = 0;

	switch (glob(path, GLOB_BRACE, NULL, &g)) {

	case 0:
		for (size_t i = 0; i < g.gl_pathc && !err; i++)
			err = include_file(rd, g.gl_pathv[i]);
		break;

	case GLOB_NOMATCH:
		if (must)
			err = refuse_file(rd, path, "no such file, expected "
					  "one that exists or #tryinclude");
		break;

	case GLOB_NOSPACE:
		err = ENOMEM;
		break;

	default:
		err = refuse_file(rd, path, "cannot read its directory");
		break;
	}

	globfree(&g);
	return err;
}


/* "name", <name> or name */
static struct pl unquote(struct pl pl)
{
	if (pl.l >= 2 && ((pl.p[0] == '"' && pl.p[pl.l - 1] == '"') ||
			  (pl.p[0] == '<' && pl.p[pl.l - 1] == '>'))) {
		++pl.p;
		pl.l -= 2;
	}

	return pl;
}


static int include(struct reader *rd, const struct pl *arg, bool must)
{
	char *name = NULL, *path = NULL;
	const struct pl pl = unquote(*arg);
	int err;

	if (!pl.l) {
		find_error(rd->f, &rd->pos,
			   "#include without a file, expected #include "
			   "\"file\"");
		return 0;
	}
	if (!rd->dir) {
		find_error(rd->f, &rd->pos, "#include is not possible here");
		return 0;
	}

	err = pl_strdup(&name, &pl);
	if (!err)
		err = path_join(&path, rd->dir, name);
	if (!err)
		err = include_glob(rd, path, must);

	mem_deref(name);
	mem_deref(path);
	return err;
}


int reader_directive(struct reader *rd, const struct pl *text)
{
	struct pl arg = pl_trim(*text);
	struct pl word = {arg.p, 0};

	while (word.l < arg.l && !strchr(" \t\"<", word.p[word.l]))
		++word.l;

	pl_advance(&arg, word.l);
	arg = pl_trim(arg);

	if (!pl_strcasecmp(&word, "include"))
		return include(rd, &arg, true);

	if (!pl_strcasecmp(&word, "tryinclude"))
		return include(rd, &arg, false);

	if (!pl_strcasecmp(&word, "exec")) {
		find_warning(rd->f, &rd->pos,
			     "#exec is ignored: no program is run while "
			     "reading; write its output to a file and "
			     "#include that");
		return 0;
	}

	find_warning(rd->f, &rd->pos,
		     "unknown directive '#%r' is ignored, expected #include "
		     "or #tryinclude (a comment begins with ';')", &word);
	return 0;
}


int conffile_read(struct conf_file **fp, const char *dir, const char *name,
		  struct findings *f)
{
	struct reader *rd;
	struct conf_file *cf = NULL;
	struct mbuf *mb = NULL;
	uint32_t files = 1;
	char *path = NULL;
	struct pl text;
	int err;

	if (!fp || !name)
		return EINVAL;

	rd = mem_zalloc(sizeof(*rd), NULL);
	if (!rd)
		return ENOMEM;

	err = path_join(&path, dir, name);
	if (!err)
		err = conffile_alloc(&cf, path);
	if (!err)
		err = conffile_add_name(&rd->pos.file, cf, path);
	if (err)
		goto out;

	rd->cf	  = cf;
	rd->dir	  = dir ? dir : ".";
	rd->f	  = f;
	rd->files = &files;

	err = file_load(&mb, rd, path);
	if (err && err != ENOENT && err != ENOMEM) {
		find_error(f, &rd->pos, "cannot be read: %m", err);
		err = EBADMSG;
	}
	if (err)
		goto out;

	text.p = (const char *)mb->buf;
	text.l = mb->end;
	err    = reader_text(rd, &text);

out:
	mem_deref(mb);
	mem_deref(path);
	mem_deref(rd);
	if (err)
		mem_deref(cf);
	else
		*fp = cf;

	return err;
}
