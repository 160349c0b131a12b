/**
 * @file media/rec_open.c  Opening the file of a recording
 *
 * Names of recordings are often made of what a caller sent, and their
 * directory may be writable by others.  So the path is walked one directory
 * at a time from a trusted one, following no symbolic link, and a file is
 * only opened if it is new, or a regular file where appending was asked for.
 */
#include "media/rec_file.h"
#include "base/compat.h"
#include "base/text.h"
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
	DIR_MODE  = 0750,
	FILE_MODE = 0640,
	NAMES_MAX = 100, /* NAME-1 ... NAME-99 */
};

/* clang-format off */
static const struct {
	const char *ending;
	struct rec_form form;
	const char *becomes; /* NULL: stays */
} formv[] = {
	{"wav",   {CODEC_L16,  true},  NULL},
	{"wav49", {CODEC_L16,  true},  ".WAV"},
	{"ulaw",  {CODEC_PCMU, false}, NULL},
	{"ul",    {CODEC_PCMU, false}, NULL},
	{"ulw",   {CODEC_PCMU, false}, NULL},
	{"mu",    {CODEC_PCMU, false}, NULL},
	{"pcm",   {CODEC_PCMU, false}, NULL},
	{"alaw",  {CODEC_PCMA, false}, NULL},
	{"al",    {CODEC_PCMA, false}, NULL},
	{"alw",   {CODEC_PCMA, false}, NULL},
	{"sln",   {CODEC_L16,  false}, NULL},
	{"slin",  {CODEC_L16,  false}, NULL},
	{"raw",   {CODEC_L16,  false}, NULL},
	{"gsm",   {CODEC_GSM,  false}, NULL},
};
/* clang-format on */


int rec_form_find(struct rec_form *form, const char *path, size_t *cut,
		  const char **add)
{
	const char *name, *dot;

	if (!form || !path || !cut || !add)
		return EINVAL;

	name = strrchr(path, '/');
	name = name ? name + 1 : path;
	dot  = strrchr(name, '.');
	*cut = strlen(path);
	*add = "";

	if (!dot || dot == name) {
		*form = formv[0].form;
		*add  = ".wav";
		return 0;
	}

	for (size_t i = 0; i < ARRAY_SIZE(formv); i++) {
		if (strcasecmp(dot + 1, formv[i].ending))
			continue;

		*form = formv[i].form;
		if (formv[i].becomes) {
			*cut = (size_t)(dot - path);
			*add = formv[i].becomes;
		}
		return 0;
	}

	return ENOTSUP;
}


bool rec_path_ok(const char *path)
{
	struct pl rest, part;
	bool named = false;

	if (!path || strlen(path) >= 4096)
		return false;

	pl_set_str(&rest, path);
	while (pl_next(&part, &rest, '/')) {
		if (!pl_strcmp(&part, ".."))
			return false;
		named = part.l && pl_strcmp(&part, ".");
	}

	return named;
}


/* mkdir -p of a trusted directory, links allowed */
static int make_base(const char *base)
{
	char dir[4096];
	size_t n = str_len(base);

	if (!n || n >= sizeof(dir))
		return ENAMETOOLONG;

	memcpy(dir, base, n + 1);

	for (size_t i = 1; i <= n; i++) {
		if (dir[i] != '/' && dir[i] != '\0')
			continue;

		char c = dir[i];

		dir[i] = '\0';
		if (mkdir(dir, DIR_MODE) && errno != EEXIST &&
		    (c == '\0' || errno != EACCES))
			return errno;
		dir[i] = c;
	}

	return 0;
}


static int open_base(int *fdp, const char *base)
{
	int fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		int err = make_base(base);

		if (err)
			return err;
		fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}

	if (fd < 0)
		return errno;

	*fdp = fd;
	return 0;
}


/* One directory down; *fdp is replaced */
static int step_down(int *fdp, const struct pl *part)
{
	char name[256];
	int fd, err;

	err = pl_copy(name, sizeof(name), part);
	if (err)
		return ENAMETOOLONG;

	err = mkdirat(*fdp, name, DIR_MODE) ? errno : 0;
	fd  = openat(*fdp, name,
		     O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		struct stat st;

		/* missing because it could not be made */
		if (errno != ENOENT || !err)
			err = errno;
		if (!fstatat(*fdp, name, &st, AT_SYMLINK_NOFOLLOW) &&
		    S_ISLNK(st.st_mode))
			err = ELOOP; /* Linux says ENOTDIR */
		return err;
	}

	(void)close(*fdp);
	*fdp = fd;

	return 0;
}


/* Part of the path that lies below base; the whole if base is not above it */
static const char *below(const char *base, const char *path, bool *underp)
{
	size_t n = str_len(base);

	*underp = n && path[0] != '/';
	if (!n || *underp)
		return path;

	while (n > 1 && base[n - 1] == '/')
		--n;

	if (!strncmp(path, base, n) && path[n] == '/') {
		*underp = true;
		return path + n + 1;
	}

	return path;
}


/* Open the directory that the file lies in; *leaf is the file's name */
static int open_dir_of(int *fdp, const char **leaf, const struct rec_out *o)
{
	struct pl rest, part;
	bool under;
	const char *path = below(o->base, o->path, &under);
	const char *last = strrchr(path, '/');
	int err, fd	 = -1;

	if (under)
		err = open_base(&fd, o->base);
	else
		err = open_base(&fd, path[0] == '/' ? "/" : ".");
	if (err)
		return err;

	*leaf  = last ? last + 1 : path;
	rest.p = path;
	rest.l = (size_t)(*leaf - path);

	while (!err && pl_next(&part, &rest, '/')) {
		if (part.l && pl_strcmp(&part, "."))
			err = step_down(&fd, &part);
	}

	if (err)
		(void)close(fd);
	else
		*fdp = fd;

	return err;
}


/* NAME.wav -> NAME-3.wav; 0 is the name itself */
static int numbered(char *buf, size_t n, const char *name, int i)
{
	const char *dot = strrchr(name, '.');
	struct pl stem	= {name, strlen(name)};
	int len;

	if (dot && dot != name)
		stem.l = (size_t)(dot - name);

	if (i)
		len = re_snprintf(buf, n, "%r-%d%s", &stem, i, name + stem.l);
	else
		len = re_snprintf(buf, n, "%s", name);

	return len < 0 || (size_t)len >= n ? ENAMETOOLONG : 0;
}


static int check_regular(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return errno;

	return S_ISREG(st.st_mode) ? 0 : EINVAL;
}


static int open_append(int *fdp, int dir, const char *leaf)
{
	int err;
	int fd = openat(dir, leaf,
			O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return errno;

	err = check_regular(fd);
	if (!err && flock(fd, LOCK_EX | LOCK_NB))
		err = errno == EWOULDBLOCK ? EBUSY : errno;

	if (err)
		(void)close(fd);
	else
		*fdp = fd;

	return err;
}


/* The file that is replaced lives on for those who play it */
static int remove_old(int dir, const char *leaf)
{
	struct stat st;

	if (fstatat(dir, leaf, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : errno;

	if (S_ISLNK(st.st_mode))
		return ELOOP;
	if (!S_ISREG(st.st_mode))
		return EINVAL;

	return unlinkat(dir, leaf, 0) ? errno : 0;
}


static int create(int *fdp, char *name, size_t n, int dir, const char *leaf)
{
	int fd = -1;

	for (int i = 0; i < NAMES_MAX; i++) {
		int err = numbered(name, n, leaf, i);

		if (err)
			return err;

		fd = openat(dir, name,
			    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    FILE_MODE);
		if (fd >= 0 || errno != EEXIST)
			break;
	}

	if (fd < 0)
		return errno;

	/* against a repair that runs meanwhile; none can be there yet */
	(void)flock(fd, LOCK_EX | LOCK_NB);
	*fdp = fd;

	return 0;
}


/* Is there room to begin?  As for those who are not root */
static int check_room(int dir, uint32_t lowwater)
{
	struct statvfs st;

	if (!lowwater)
		return 0;
	if (fstatvfs(dir, &st))
		return errno;

	/* of 0 blocks are those that know no limit */
	return (uint64_t)st.f_bavail * 100 <
			       (uint64_t)st.f_blocks * lowwater
		       ? ENOBUFS
		       : 0;
}


static int full_name(char **namep, const struct rec_out *o, const char *leaf)
{
	bool under;
	const char *path = below(o->base, o->path, &under);
	const char *last = strrchr(path, '/');
	struct pl dir	 = {path, last ? (size_t)(last - path + 1) : 0};
	size_t n	 = str_len(o->base);
	bool slash	 = under && n && o->base[n - 1] != '/';

	return re_sdprintf(namep, "%s%s%r%s", under ? o->base : "",
			   slash ? "/" : "", &dir, leaf);
}


int rec_open(int *fdp, char **namep, bool *createdp, const struct rec_out *o)
{
	char name[256];
	const char *leaf = NULL;
	int dir		 = -1;
	int fd		 = -1;
	int err;

	*createdp = false;
	*namep	  = NULL;

	err = open_dir_of(&dir, &leaf, o);
	if (err)
		return err;

	re_snprintf(name, sizeof(name), "%s", leaf);
	err = check_room(dir, o->lowwater);
	if (err)
		goto out;
	err = ENOENT;

	if (o->append)
		err = open_append(&fd, dir, leaf);
	else if (o->replace) {
		err = remove_old(dir, leaf);
		if (!err)
			err = ENOENT;
	}

	if (err == ENOENT) {
		err	  = create(&fd, name, sizeof(name), dir, leaf);
		*createdp = !err;
	}

	if (!err)
		err = full_name(namep, o, name);

	if (err && fd >= 0)
		(void)close(fd);
	else if (!err)
		*fdp = fd;

out:
	(void)close(dir);
	return err;
}


void rec_unlink(const struct rec_out *o)
{
	const char *leaf = NULL;
	const char *last = o->name ? strrchr(o->name, '/') : NULL;
	int dir		 = -1;

	if (!o->name || open_dir_of(&dir, &leaf, o))
		return;

	/* it holds no audio: nothing is lost if this fails */
	(void)unlinkat(dir, last ? last + 1 : o->name, 0);
	(void)close(dir);
}
