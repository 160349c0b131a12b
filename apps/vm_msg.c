/**
 * @file apps/vm_msg.c  Messages of a mailbox: list, add, copy, remove
 *
 * The sound is linked, not copied: a message never changes, and a link needs
 * no room and is there at once.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/vm_priv.h"
#include "base/rand.h"
#include "base/text.h"
#include "routing/strftime.h"

enum { INFO_SIZE = 4096 };


/* --- numbers ------------------------------------------------------------- */

/* "msg0007.txt" */
static bool name_decode(unsigned *num, const char *name)
{
	struct pl pl = {name + 3, 4};
	uint64_t n;

	if (strlen(name) != 11 || strncmp(name, "msg", 3) ||
	    strcmp(name + 7, ".txt") || num_decode(&n, &pl, VM_MSG_MAX - 1))
		return false;

	*num = (unsigned)n;

	return true;
}


static int folder_apply(const struct config *cfg, const struct vm_box *box,
			enum vm_folder folder,
			void (*h)(unsigned num, void *arg), void *arg)
{
	const struct dirent *ent;
	char *path;
	DIR *dir;
	int err;

	err = vm_path(&path, cfg, box, "%s", vm_folder_name(folder));
	if (err)
		return err;

	dir = opendir(path);
	err = dir ? 0 : errno;
	mem_deref(path);
	if (err)
		return err == ENOENT ? 0 : err;

	while ((ent = readdir(dir)) != NULL) {
		unsigned num;

		if (name_decode(&num, ent->d_name))
			h(num, arg);
	}
	(void)closedir(dir);

	return 0;
}


static void mark(unsigned num, void *arg)
{
	bool *seen = arg;

	seen[num] = true;
}


int vm_list(struct vm_list **lp, const struct config *cfg,
	    const struct vm_box *box, enum vm_folder folder)
{
	bool *seen = mem_zalloc(VM_MSG_MAX * sizeof(*seen), NULL);
	struct vm_list *l = mem_zalloc(sizeof(*l), NULL);
	int err = ENOMEM;

	if (seen && l)
		err = folder_apply(cfg, box, folder, mark, seen);

	for (unsigned i = 0; !err && i < VM_MSG_MAX; i++) {
		if (seen[i])
			l->v[l->n++] = (uint16_t)i;
	}

	mem_deref(seen);
	if (err)
		mem_deref(l);
	else
		*lp = l;

	return err;
}


static void count(unsigned num, void *arg)
{
	uint32_t *n = arg;

	(void)num;
	++*n;
}


uint32_t vm_count(const struct config *cfg, const struct vm_box *box,
		  enum vm_folder folder)
{
	uint32_t n = 0;

	(void)folder_apply(cfg, box, folder, count, &n); /* none are 0 */

	return n;
}


bool vm_is_full(const struct config *cfg, const struct vm_box *box,
		enum vm_folder folder)
{
	return vm_count(cfg, box, folder) >= box->opts.maxmsg;
}


static void highest(unsigned num, void *arg)
{
	unsigned *next = arg;

	if (num >= *next)
		*next = num + 1;
}


/* The number behind the last one; the gaps are closed first if it is 9999 */
static int next_number(unsigned *nump, const struct config *cfg,
		       const struct vm_box *box, enum vm_folder folder)
{
	unsigned next = 0;
	int err;

	err = folder_apply(cfg, box, folder, highest, &next);
	if (!err && next >= VM_MSG_MAX) {
		next = 0;
		err = vm_close_gaps(cfg, box, folder);
		if (!err)
			err = folder_apply(cfg, box, folder, highest, &next);
	}

	*nump = next;

	return err ? err : next < VM_MSG_MAX ? 0 : ENOSPC;
}


/* --- what stands beside -------------------------------------------------- */

/* One line each: a caller's name makes no line of its own */
static int print_line(struct mbuf *mb, const char *key, const char *val)
{
	int err = mbuf_printf(mb, "%s=", key);

	for (; *val && !err; val++) {
		if ((uint8_t)*val >= ' ' && *val != 0x7f)
			err = mbuf_write_u8(mb, (uint8_t)*val);
	}

	return err ? err : mbuf_write_u8(mb, '\n');
}


static int info_print(struct mbuf *mb, const struct vm_info *info)
{
	const struct pl fmt = PL("%a %b %e %r %Z %Y");
	char id[24];
	int err;

	rand_hex(id, 9);
	err = mbuf_write_str(mb, ";\n; Message Information file\n;\n"
			     "[message]\n");
	err |= print_line(mb, "origmailbox", info->origmailbox);
	err |= print_line(mb, "context", info->context);
	err |= print_line(mb, "macrocontext", "");
	err |= print_line(mb, "exten", info->exten);
	err |= print_line(mb, "rdnis", "unknown");
	err |= mbuf_printf(mb, "priority=%u\n", info->prio);
	err |= print_line(mb, "callerchan", info->callerchan);
	err |= print_line(mb, "callerid",
			  info->callerid[0] ? info->callerid : "Unknown");
	err |= mbuf_write_str(mb, "origdate=");
	err |= strftime_us(mb, &fmt, info->origtime * 1000000, "UTC");
	err |= mbuf_printf(mb, "\norigtime=%llu\n", info->origtime);
	err |= print_line(mb, "category", info->category);
	err |= mbuf_printf(mb, "msg_id=%llu-%s\n", info->origtime, id);
	err |= print_line(mb, "flag", info->urgent ? "Urgent" : "");
	err |= mbuf_printf(mb, "duration=%u\n", info->duration_s);

	return err;
}


static void get_text(char *buf, size_t n, const char *text, const char *key)
{
	struct pl val;

	buf[0] = '\0';
	if (!vm_find_key(&val, text, key))
		return;

	if (val.l >= n)
		val.l = n - 1;
	(void)pl_copy(buf, n, &val);
}


static uint64_t get_num(const char *text, const char *key, uint64_t max)
{
	struct pl val;
	uint64_t n;

	return vm_find_key(&val, text, key) && !num_decode(&n, &val, max) ? n
									  : 0;
}


int vm_info_read(struct vm_info *info, const struct config *cfg,
		 const struct vm_box *box, enum vm_folder folder, unsigned num)
{
	char text[INFO_SIZE], flag[16], *path, *file = NULL;
	int err;

	err = vm_msg_path(&path, cfg, box, folder, num);
	if (err)
		return err;

	err = re_sdprintf(&file, "%s.txt", path);
	if (!err)
		err = vm_read_file(text, sizeof(text), file);
	mem_deref(path);
	mem_deref(file);
	if (err)
		return err;

	memset(info, 0, sizeof(*info));
	get_text(info->origmailbox, sizeof(info->origmailbox), text,
		 "origmailbox");
	get_text(info->context, sizeof(info->context), text, "context");
	get_text(info->exten, sizeof(info->exten), text, "exten");
	get_text(info->callerchan, sizeof(info->callerchan), text,
		 "callerchan");
	get_text(info->callerid, sizeof(info->callerid), text, "callerid");
	get_text(info->category, sizeof(info->category), text, "category");
	get_text(info->msg_id, sizeof(info->msg_id), text, "msg_id");
	get_text(flag, sizeof(flag), text, "flag");
	info->urgent = !str_casecmp(flag, "Urgent");
	info->prio = (uint32_t)get_num(text, "priority", UINT32_MAX);
	info->origtime = get_num(text, "origtime", UINT32_MAX * 1000ull);
	info->duration_s = (uint32_t)get_num(text, "duration", UINT32_MAX);
	if (!str_casecmp(info->callerid, "Unknown"))
		info->callerid[0] = '\0';

	return 0;
}


/* --- add, copy, remove --------------------------------------------------- */

static int with_ending(char *buf, size_t n, const char *stem,
		       const char *ending)
{
	return re_snprintf(buf, n, "%s.%s", stem, ending) < 0 ? ENAMETOOLONG
							      : 0;
}


static void unlink_sounds(const char *stem)
{
	char path[4096];

	for (size_t i = 0; vm_endings[i]; i++) {
		if (!with_ending(path, sizeof(path), stem, vm_endings[i]))
			(void)unlink(path); /* most are not there */
	}
}


int vm_add(const struct config *cfg, const struct vm_box *box,
	   enum vm_folder folder, const char *wav, const struct vm_info *info,
	   unsigned *nump)
{
	char *stem = NULL, sound[4096], text[4096];
	struct mbuf *mb = mbuf_alloc(512);
	unsigned num;
	int err;

	if (!cfg || !box || !wav || !info || !mb) {
		mem_deref(mb);
		return mb ? EINVAL : ENOMEM;
	}

	err = info_print(mb, info);
	if (!err)
		err = next_number(&num, cfg, box, folder);
	if (!err)
		err = vm_msg_path(&stem, cfg, box, folder, num);
	if (!err)
		err = vm_make_dir(stem);
	if (!err)
		err = with_ending(sound, sizeof(sound), stem, "wav");
	if (!err)
		err = with_ending(text, sizeof(text), stem, "txt");
	if (!err) {
		unlink_sounds(stem); /* without text it is no message */
		err = link(wav, sound) ? errno : 0;
	}
	if (!err) {
		err = vm_write_file(text, mb);
		if (err)
			(void)unlink(sound);
	}
	if (!err && nump)
		*nump = num;

	mem_deref(stem);
	mem_deref(mb);

	return err;
}


static int link_all(const char *from, const char *to)
{
	char a[4096], b[4096];
	int err = 0;

	unlink_sounds(to);
	for (size_t i = 0; vm_endings[i] && !err; i++) {
		err = with_ending(a, sizeof(a), from, vm_endings[i]);
		if (!err)
			err = with_ending(b, sizeof(b), to, vm_endings[i]);
		if (!err && link(a, b) && errno != ENOENT)
			err = errno;
	}
	if (!err)
		err = with_ending(a, sizeof(a), from, "txt");
	if (!err)
		err = with_ending(b, sizeof(b), to, "txt");
	if (!err && link(a, b))
		err = errno;
	if (err)
		unlink_sounds(to);

	return err;
}


int vm_copy(const struct config *cfg, const struct vm_box *from,
	    enum vm_folder ffolder, unsigned num, const struct vm_box *to,
	    enum vm_folder tfolder, unsigned *nump)
{
	char *a = NULL, *b = NULL;
	unsigned next;
	int err;

	err = next_number(&next, cfg, to, tfolder);
	if (!err)
		err = vm_msg_path(&a, cfg, from, ffolder, num);
	if (!err)
		err = vm_msg_path(&b, cfg, to, tfolder, next);
	if (!err)
		err = vm_make_dir(b);
	if (!err)
		err = link_all(a, b);
	if (!err && nump)
		*nump = next;

	mem_deref(a);
	mem_deref(b);

	return err;
}


uint64_t vm_ident(const struct config *cfg, const struct vm_box *box,
		  enum vm_folder folder, unsigned num)
{
	char text[4096], *stem;
	struct stat st;
	uint64_t id = 0;

	if (vm_msg_path(&stem, cfg, box, folder, num))
		return 0;

	if (!with_ending(text, sizeof(text), stem, "txt") && !stat(text, &st))
		id = st.st_ino;
	mem_deref(stem);

	return id;
}


int vm_remove(const struct config *cfg, const struct vm_box *box,
	      enum vm_folder folder, unsigned num)
{
	char text[4096], *stem;
	int err;

	err = vm_msg_path(&stem, cfg, box, folder, num);
	if (err)
		return err;

	err = with_ending(text, sizeof(text), stem, "txt");
	if (!err && unlink(text))
		err = errno;
	if (!err)
		unlink_sounds(stem);

	mem_deref(stem);

	return err;
}


/* Linked to the lower number first: it is there twice rather than never */
static int renumber(const struct config *cfg, const struct vm_box *box,
		    enum vm_folder folder, unsigned from, unsigned to)
{
	char *a = NULL, *b = NULL;
	int err;

	err = vm_msg_path(&a, cfg, box, folder, from);
	if (!err)
		err = vm_msg_path(&b, cfg, box, folder, to);
	if (!err)
		err = link_all(a, b);
	if (!err)
		err = vm_remove(cfg, box, folder, from);

	mem_deref(a);
	mem_deref(b);

	return err;
}


int vm_close_gaps(const struct config *cfg, const struct vm_box *box,
		  enum vm_folder folder)
{
	struct vm_list *l = NULL;
	int err = vm_list(&l, cfg, box, folder);

	for (unsigned i = 0; !err && i < l->n; i++) {
		if (l->v[i] != i)
			err = renumber(cfg, box, folder, l->v[i], i);
	}

	mem_deref(l);

	return err;
}
