/**
 * @file apps/func_sys.c  ENV, STAT, FILE, VERSION, IFMODULE, DB_KEYS,
 *                        BLACKLIST, DIALGROUP
 *
 * What a caller sent never names a file or a variable of the environment.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/apps.h"
#include "base/text.h"

enum { FILE_MAX = 64 * 1024 };


/* --- the environment ----------------------------------------------------- */

static bool env_allowed(const char *name)
{
	static const char *const names[] = {
		"HOME", "HOSTNAME", "LANG", "LOGNAME", "PATH",
		"PWD",	"SHELL",    "TZ",   "USER",
	};

	if (!strncmp(name, "LC_", 3) || !strncmp(name, "TANDEM_", 7) ||
	    !strncmp(name, "AST_", 4))
		return true;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}

	return false;
}


static int env_read(struct mbuf *out, bool *tainted, struct call *call,
		    const struct ttext *args)
{
	const char *val;

	if (ttext_tainted(args))
		return EINVAL;
	if (!env_allowed(args->str)) {
		call_warning(call, "ENV(%s): only HOME, LANG, TZ and the like, "
			     "LC_*, TANDEM_* and AST_* are shown", args->str);
		return 0;
	}

	val = getenv(args->str);

	return val ? mbuf_write_str(out, val) : 0;
}


const struct func func_env = {
	.name = "ENV",
	.usage = "ENV(name)  a variable of the environment: HOME, LANG, TZ "
		 "..., TANDEM_*, AST_*",
	.read = env_read,
};


/* --- files --------------------------------------------------------------- */

static int stat_print(struct mbuf *out, const struct stat *st, char flag)
{
	switch (flag) {

	case 'e': return mbuf_write_u8(out, '1');
	case 'd': return mbuf_write_u8(out, S_ISDIR(st->st_mode) ? '1' : '0');
	case 'f': return mbuf_write_u8(out, S_ISREG(st->st_mode) ? '1' : '0');
	case 's': return mbuf_printf(out, "%lld", (int64_t)st->st_size);
	case 'A': return mbuf_printf(out, "%lld", (int64_t)st->st_atime);
	case 'C': return mbuf_printf(out, "%lld", (int64_t)st->st_ctime);
	case 'M': return mbuf_printf(out, "%lld", (int64_t)st->st_mtime);
	case 'm': {
		char oct[8];
		unsigned mode = st->st_mode & 07777;

		for (int i = 4; i > 0; i--, mode >>= 3)
			oct[i - 1] = (char)('0' + (mode & 7));
		oct[4] = '\0';
		return mbuf_write_str(out, oct);
	}
	default: return EINVAL;
	}
}


static int stat_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *text)
{
	struct stat st;
	struct args a;
	char flag;
	int err;

	err = args_split(&a, text, 2);
	flag = args_str(&a, 0)[0];
	if (!err && (a.n < 2 || !flag || ttext_tainted(args_text(&a, 1)))) {
		call_warning(call, "STAT(%s): not looked at", text->str);
		err = EINVAL;
	}
	if (!err)
		err = !stat(args_str(&a, 1), &st)
			      ? stat_print(out, &st, flag)
		      : strchr("edf", flag) ? mbuf_write_u8(out, '0')
					    : 0;
	*tainted = false;
	args_reset(&a);

	return err;
}


const struct func func_stat = {
	.name = "STAT",
	.usage = "STAT(e|d|f|s|m|A|C|M,file)  if a file exists, is a folder, "
		 "its size, mode, times",
	.read = stat_read,
};


/* Part of a regular file, FILE_MAX bytes at most */
static int read_part(struct mbuf *out, const char *path, uint64_t off,
		     uint64_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	uint8_t buf[4096];
	ssize_t n = 1;
	int err = 0;

	if (fd < 0)
		return errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		err = EINVAL;

	while (!err && len && n > 0) {
		n = pread(fd, buf, len < sizeof(buf) ? len : sizeof(buf),
			  (off_t)off);
		if (n <= 0)
			break;
		err = mbuf_write_mem(out, buf, (size_t)n);
		off += (uint64_t)n;
		len -= (uint64_t)n;
	}

	(void)close(fd);

	return n < 0 ? EIO : err;
}


static int file_read(struct mbuf *out, bool *tainted, struct call *call,
		     const struct ttext *text)
{
	uint64_t off = 0, len = FILE_MAX;
	struct pl o, l;
	struct args a;
	int err;

	err = args_split(&a, text, 5);
	o = args_pl(&a, 1);
	l = args_pl(&a, 2);
	o = pl_trim(o);
	l = pl_trim(l);
	if (!err && (!args_has(&a, 0) || ttext_tainted(args_text(&a, 0)) ||
		     (o.l && num_decode(&off, &o, INT64_MAX)) ||
		     (l.l && num_decode(&len, &l, FILE_MAX)) ||
		     args_has(&a, 3))) {
		call_warning(call, "FILE(%s): only FILE(path[,offset[,length]]"
				   ") in bytes is read", text->str);
		err = EINVAL;
	}
	if (!err) {
		err = read_part(out, args_str(&a, 0), off, len);
		if (err)
			call_warning(call, "FILE(%s): %m", args_str(&a, 0),
				     err);
		err = 0;
	}

	*tainted = true; /* who knows who wrote it */
	args_reset(&a);

	return err;
}


const struct func func_file = {
	.name = "FILE",
	.usage = "FILE(path[,offset[,length]])  what is in a file, in bytes",
	.read = file_read,
};


/* --- the program --------------------------------------------------------- */

/* Numbers are those of the Asterisk whose files these are */
static int version_read(struct mbuf *out, bool *tainted, struct call *call,
			const struct ttext *args)
{
	struct pl what = first_word(args);

	if (!pl_strcasecmp(&what, "ASTERISK_VERSION_NUM"))
		return mbuf_write_str(out, "200000");
	if (!pl_strcasecmp(&what, "PID"))
		return mbuf_printf(out, "%d", (int)getpid());

	return mbuf_write_str(out, "Tandem " TANDEM_VERSION);
}


const struct func func_version = {
	.name = "VERSION",
	.usage = "VERSION([ASTERISK_VERSION_NUM|PID])  name and version of "
		 "this program",
	.read = version_read,
};


/* app_dial.so, func_cut.so, chan_sip.so: is there what it would bring? */
static int ifmodule_read(struct mbuf *out, bool *tainted, struct call *call,
			 const struct ttext *args)
{
	struct pl pl = ttext_pl(args);
	char name[80];
	bool have = false;

	if (pl.l > 3 && !strncmp(pl.p + pl.l - 3, ".so", 3))
		pl.l -= 3;
	if (!pl_copy(name, sizeof(name), &pl)) {
		if (!strncasecmp(name, "app_", 4))
			have = app_find(name + 4) != NULL;
		else if (!strncasecmp(name, "func_", 5))
			have = func_find(name + 5) != NULL;
		else
			have = !str_casecmp(name, "chan_sip") ||
			       !str_casecmp(name, "res_agi");
	}

	*tainted = false;

	return mbuf_write_u8(out, have ? '1' : '0');
}


const struct func func_ifmodule = {
	.name = "IFMODULE",
	.usage = "IFMODULE(module.so)  1 if its application or function is "
		 "here",
	.read = ifmodule_read,
};


/* --- the database -------------------------------------------------------- */

struct keys {
	struct mbuf *out;
	size_t skip;   /* of "family/key" */
	char last[256];
	int err;
};


/* The next part of the name behind the prefix, each once (they are sorted) */
static void key_handler(const char *family, const char *key,
			const char *value, void *arg)
{
	struct keys *k = arg;
	char name[512], *part, *slash;

	(void)value;
	if (k->err || !strcmp(family, "wire") ||
	    re_snprintf(name, sizeof(name), "%s/%s", family, key) < 0 ||
	    strlen(name) <= k->skip)
		return;

	part = name + k->skip;
	if (*part == '/')
		++part;
	slash = strchr(part, '/');
	if (slash)
		*slash = '\0';
	if (!*part || !strcmp(part, k->last))
		return;

	str_ncpy(k->last, part, sizeof(k->last));
	k->err = mbuf_printf(k->out, "%s%s", k->out->end ? "," : "", part);
}


static int db_keys_read(struct mbuf *out, bool *tainted, struct call *call,
			const struct ttext *args)
{
	struct keys k = {.out = out, .skip = args->len};

	*tainted = true; /* a key may have been dialled */
	(void)store_db_scan(args->len ? args->str : NULL, NULL, key_handler,
			    &k);

	return k.err;
}


const struct func func_db_keys = {
	.name = "DB_KEYS",
	.usage = "DB_KEYS([prefix])  what is below a family or key of the "
		 "database, with commas between",
	.read = db_keys_read,
};


bool is_blacklisted(const struct call *call)
{
	return (call->cid_num[0] &&
		store_db_get("blacklist", call->cid_num)) ||
	       (call->cid_name[0] &&
		store_db_get("blacklist", call->cid_name));
}


static int blacklist_read(struct mbuf *out, bool *tainted, struct call *call,
			  const struct ttext *args)
{
	*tainted = false;

	return mbuf_write_u8(out, is_blacklisted(call) ? '1' : '0');
}


const struct func func_blacklist = {
	.name = "BLACKLIST",
	.usage = "BLACKLIST()  1 if the caller's number or name is in family "
		 "blacklist of the database",
	.read = blacklist_read,
};


/* --- DIALGROUP ----------------------------------------------------------- */

#define GROUPS_FAMILY "dialgroup"


static bool has_device(const struct pl *list, const struct pl *dev)
{
	struct pl rest = *list, part;

	while (rest.l && pl_next(&part, &rest, '&')) {
		if (!pl_casecmp(&part, dev))
			return true;
	}

	return false;
}


static int dialgroup_read(struct mbuf *out, bool *tainted, struct call *call,
			  const struct ttext *args)
{
	const char *val = store_db_get(GROUPS_FAMILY, args->str);

	*tainted = false; /* only devices of the administrator are put in */

	return val ? mbuf_write_str(out, val) : 0;
}


/* DIALGROUP(name[,add|del])=devices */
static int dialgroup_write(struct call *call, const struct ttext *args,
			   const struct ttext *value)
{
	struct mbuf *mb = mbuf_alloc(128);
	struct pl rest, part, old, val = ttext_pl(value);
	const char *have;
	char *str = NULL;
	struct args a;
	bool add, del;
	int err;

	err = args_split(&a, args, 2);
	if (!err && (!mb || !args_has(&a, 0) || ttext_tainted(value)))
		err = EINVAL; /* what was dialled is no device */
	if (err)
		goto out;

	add = !str_casecmp(args_str(&a, 1), "add");
	del = !str_casecmp(args_str(&a, 1), "del");
	have = store_db_get(GROUPS_FAMILY, args_str(&a, 0));
	pl_set_str(&old, have && (add || del) ? have : "");

	rest = old;
	while (rest.l && pl_next(&part, &rest, '&')) {
		if (!del || !has_device(&val, &part))
			err |= mbuf_printf(mb, "%s%r", mb->end ? "&" : "",
					   &part);
	}
	rest = val;
	while (!del && rest.l && pl_next(&part, &rest, '&')) {
		if (!has_device(&old, &part))
			err |= mbuf_printf(mb, "%s%r", mb->end ? "&" : "",
					   &part);
	}
	if (!err)
		err = mbuf_str(&str, mb);
	if (!err)
		err = store_db_put(GROUPS_FAMILY, args_str(&a, 0), str);

out:
	args_reset(&a);
	mem_deref(mb);
	mem_deref(str);

	return err;
}


const struct func func_dialgroup = {
	.name = "DIALGROUP",
	.usage = "DIALGROUP(name[,add|del])  devices for Dial, kept in the "
		 "database",
	.read = dialgroup_read,
	.write = dialgroup_write,
};
