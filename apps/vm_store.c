/**
 * @file apps/vm_store.c  Voicemail on the disk: mailboxes, greetings, PINs
 *
 * Messages are in vm_msg.c.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/vm_priv.h"
#include "apps/vm_program.h"
#include "b2bua/mwi.h"
#include "base/rand.h"
#include "base/text.h"

enum {
	DIR_MODE = 0750,
	FILE_MODE = 0640,
	SECRET_SIZE = 512,
};

static const char *const folder_names[VM_FOLDERS] = {
	[VM_INBOX] = "INBOX",     [VM_OLD] = "Old",
	[VM_WORK] = "Work",       [VM_FAMILY] = "Family",
	[VM_FRIENDS] = "Friends", [VM_URGENT] = "Urgent",
};

static const char *const greeting_names[VM_GREETINGS] = {
	[VM_UNAVAIL] = "unavail",
	[VM_BUSY] = "busy",
	[VM_NAME] = "greet",
	[VM_TEMP] = "temp",
};

/* what Asterisk may have left there; ours is the first */
const char *const vm_endings[] = {"wav", "WAV", "gsm", "wav16", "ulaw",
				  "alaw", "sln", NULL};


const char *vm_folder_name(enum vm_folder folder)
{
	return (size_t)folder < VM_FOLDERS ? folder_names[folder] : "?";
}


bool vm_folder_decode(enum vm_folder *folder, const struct pl *name)
{
	for (size_t i = 0; i < VM_FOLDERS; i++) {
		if (!pl_strcasecmp(name, folder_names[i])) {
			*folder = (enum vm_folder)i;
			return true;
		}
	}

	return false;
}


/* --- paths --------------------------------------------------------------- */

int vm_path(char **pathp, const struct config *cfg, const struct vm_box *box,
	    const char *fmt, ...)
{
	char *tail = NULL;
	va_list ap;
	int err;

	if (!pathp || !cfg || !box || !fmt)
		return EINVAL;

	va_start(ap, fmt);
	err = re_vsdprintf(&tail, fmt, ap);
	va_end(ap);
	if (err)
		return err;

	err = re_sdprintf(pathp, "%s/voicemail/%s/%s/%s",
			  cfg->dirs.spool ? cfg->dirs.spool : ".",
			  box->context, box->name, tail);
	mem_deref(tail);

	return err;
}


int vm_msg_path(char **pathp, const struct config *cfg,
		const struct vm_box *box, enum vm_folder folder, unsigned num)
{
	if ((size_t)folder >= VM_FOLDERS || num >= VM_MSG_MAX)
		return EINVAL;

	return vm_path(pathp, cfg, box, "%s/msg%04u", folder_names[folder],
		       num);
}


/* mkdir -p of the directory that a file lies in */
int vm_make_dir(char *path)
{
	for (char *p = path + 1; *p; p++) {
		int err;

		if (*p != '/')
			continue;

		*p = '\0';
		err = mkdir(path, DIR_MODE) && errno != EEXIST ? errno : 0;
		if (err && err != EACCES && err != EROFS) {
			*p = '/';
			return err;
		}
		*p = '/';
	}

	return 0;
}


int vm_tmp_path(char **pathp, const struct config *cfg,
		const struct vm_box *box)
{
	char name[17];
	int err;

	rand_hex(name, sizeof(name));
	err = vm_path(pathp, cfg, box, "tmp/%s.wav", name);
	if (!err)
		err = vm_make_dir(*pathp);
	if (err)
		*pathp = mem_deref(*pathp);

	return err;
}


/* --- greetings ----------------------------------------------------------- */

int vm_greeting_path(char **pathp, const struct config *cfg,
		     const struct vm_box *box, enum vm_greeting greeting)
{
	char *stem = NULL, *path;
	int err;

	if ((size_t)greeting >= VM_GREETINGS)
		return EINVAL;

	err = vm_path(&stem, cfg, box, "%s", greeting_names[greeting]);
	if (err)
		return err;

	err = ENOENT;
	for (size_t i = 0; vm_endings[i] && err == ENOENT; i++) {
		err = re_sdprintf(&path, "%s.%s", stem, vm_endings[i]);
		if (err)
			break;
		err = access(path, R_OK) ? ENOENT : 0;
		mem_deref(path);
	}

	if (err)
		mem_deref(stem);
	else
		*pathp = stem;

	return err;
}


int vm_greeting_remove(const struct config *cfg, const struct vm_box *box,
		       enum vm_greeting greeting)
{
	int ret = ENOENT;

	if ((size_t)greeting >= VM_GREETINGS)
		return EINVAL;

	for (size_t i = 0; vm_endings[i]; i++) {
		char *path;
		int err = vm_path(&path, cfg, box, "%s.%s",
				  greeting_names[greeting], vm_endings[i]);
		if (err)
			return err;

		if (!unlink(path))
			ret = 0;
		mem_deref(path);
	}

	return ret;
}


int vm_greeting_set(const struct config *cfg, const struct vm_box *box,
		    enum vm_greeting greeting, const char *wav)
{
	char *path;
	int err;

	if (!wav || (size_t)greeting >= VM_GREETINGS)
		return EINVAL;

	err = vm_path(&path, cfg, box, "%s.wav", greeting_names[greeting]);
	if (err)
		return err;

	err = rename(wav, path) ? errno : 0;
	mem_deref(path);

	return err;
}


/* --- files of text ------------------------------------------------------- */

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return errno;
		p += w;
		n -= (size_t)w;
	}

	return fsync(fd) ? errno : 0;
}


int vm_write_file(const char *path, const struct mbuf *mb)
{
	char *tmp;
	int fd, err;

	err = re_sdprintf(&tmp, "%s.new", path);
	if (err)
		return err;

	(void)unlink(tmp); /* of an earlier run */
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		  FILE_MODE);
	err = fd < 0 ? errno : write_all(fd, (char *)mb->buf, mb->end);
	if (fd >= 0 && close(fd) && !err)
		err = errno;
	if (!err && rename(tmp, path))
		err = errno;
	if (err)
		(void)unlink(tmp);

	mem_deref(tmp);

	return err;
}


int vm_read_file(char *buf, size_t size, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	size_t n = 0;
	int err = 0;

	if (fd < 0)
		return errno;

	while (n + 1 < size) {
		ssize_t r = read(fd, buf + n, size - 1 - n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			err = errno;
		if (r <= 0)
			break;
		n += (size_t)r;
	}

	buf[n] = '\0';
	(void)close(fd);

	return err;
}


bool vm_find_key(struct pl *val, const char *text, const char *key)
{
	struct pl rest, line, name;

	pl_set_str(&rest, text);
	while (pl_next(&line, &rest, '\n')) {
		if (!pl_next(&name, &line, '=') || !line.p)
			continue;

		name = pl_trim(name);
		if (!pl_strcasecmp(&name, key)) {
			*val = pl_trim(line);
			return true;
		}
	}

	return false;
}


/* --- PIN ----------------------------------------------------------------- */

bool vm_pin_ok(const struct config *cfg, const struct vm_box *box,
	       const char *pin)
{
	char text[SECRET_SIZE], *path = NULL;
	struct pl want, got;

	if (!cfg || !box || !pin)
		return false;

	pl_set_str(&want, box->pin);
	if (!box->pin_fixed &&
	    !vm_path(&path, cfg, box, "secret.conf") &&
	    !vm_read_file(text, sizeof(text), path))
		(void)vm_find_key(&want, text, "password");
	mem_deref(path);

	pl_set_str(&got, pin);

	return want.l && want.l == got.l &&
	       mem_equal_ct(want.p, got.p, want.l);
}


int vm_pin_set(const struct config *cfg, const struct vm_box *box,
	       const char *pin)
{
	char *path = NULL;
	struct mbuf *mb;
	int err;

	if (!cfg || !box || !str_isset(pin) ||
	    strspn(pin, "0123456789") != strlen(pin))
		return EINVAL;
	if (box->pin_fixed)
		return EPERM;

	mb = mbuf_alloc(128);
	if (!mb)
		return ENOMEM;

	err = mbuf_printf(mb, "[general]\npassword=%s\n", pin);
	if (!err)
		err = vm_path(&path, cfg, box, "secret.conf");
	if (!err)
		err = vm_make_dir(path);
	if (!err)
		err = vm_write_file(path, mb);
	if (!err && chmod(path, 0600))
		err = errno;

	mem_deref(path);
	mem_deref(mb);

	return err;
}


void vm_changed(const struct config *cfg, const struct vm_box *box)
{
	uint32_t fresh, old, urgent;
	char name[200];
	int err;

	if (re_snprintf(name, sizeof(name), "%s@%s", box->name,
			box->context) < 0)
		return;

	urgent = vm_count(cfg, box, VM_URGENT);
	fresh = vm_count(cfg, box, VM_INBOX) + urgent;
	old = vm_count(cfg, box, VM_OLD);
	err = mwi_set(name, fresh, old);
	if (err)
		log_warning("voicemail", "%s: not told: %m", name, err);
	vm_externnotify(cfg, box, fresh, old, urgent);
}
