/**
 * @file b2bua/mwi.c  Counts of waiting messages, by mailbox
 *
 * Who is told lives elsewhere: watchers (subscribe.c), lamps (devstate.c) and
 * phones that did not ask (mwi_notify.c).
 */
#include <dirent.h>
#include "b2bua/devstate.h"
#include "b2bua/mwi_priv.h"
#include "b2bua/server.h"
#include "base/rand.h"
#include "base/text.h"

enum {
	BOX_BUCKETS = 1024,
	NAME_SIZE = 160,
};

struct box {
	struct le hle;
	char *name; /* "100@default" */
	struct mwi_count n;
};

struct mwi_watch {
	struct le le;
	mwi_h *h;
	void *arg;
};

static struct hash *boxes;
static struct list watches; /* struct mwi_watch */


/* ---- names -------------------------------------------------------------- */

static bool is_plain(const struct pl *pl)
{
	bool dots = true;

	for (size_t i = 0; i < pl->l; i++) {
		char c = pl->p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || c == '_' || c == '.' ||
		      c == '+' || c == '-'))
			return false;
		dots = dots && c == '.';
	}

	return pl->l && !dots; /* it becomes the name of a folder */
}


static bool split(const struct pl *mailbox, struct pl *box, struct pl *context)
{
	struct pl rest = *mailbox;

	if (!pl_next(box, &rest, '@'))
		return false;

	if (rest.p)
		*context = rest;
	else
		pl_set_str(context, "default");

	return is_plain(box) && is_plain(context);
}


/* "100" is "100@default" */
static int canonical(char *buf, size_t n, const struct pl *mailbox)
{
	struct pl trimmed = pl_trim(*mailbox), box, context;

	if (!split(&trimmed, &box, &context))
		return EINVAL;

	return re_snprintf(buf, n, "%r@%r", &box, &context) < 0 ? EINVAL : 0;
}


static int canonical_str(char *buf, size_t n, const char *mailbox)
{
	struct pl pl;

	if (!mailbox)
		return EINVAL;

	pl_set_str(&pl, mailbox);

	return canonical(buf, n, &pl);
}


bool mwi_list_has(const char *list, const char *mailbox)
{
	char want[NAME_SIZE], name[NAME_SIZE];
	struct pl rest, part;

	if (!list || canonical_str(want, sizeof(want), mailbox))
		return false;

	pl_set_str(&rest, list);
	while (pl_next(&part, &rest, ',')) {
		if (!canonical(name, sizeof(name), &part) &&
		    !strcmp(name, want))
			return true;
	}

	return false;
}


/* ---- the table ---------------------------------------------------------- */

static void box_destructor(void *data)
{
	struct box *b = data;

	hash_unlink(&b->hle);
	mem_deref(b->name);
}


static bool name_handler(struct le *le, void *arg)
{
	const struct box *b = le->data;

	return !strcmp(b->name, arg);
}


static struct box *box_find(const char *name)
{
	return list_ledata(hash_lookup(boxes, hash_key(name, strlen(name)),
				       name_handler, (void *)name));
}


static struct box *box_get(const char *name, bool *fresh)
{
	struct box *b = box_find(name);

	*fresh = !b;
	if (b || !boxes)
		return b;

	b = mem_zalloc(sizeof(*b), box_destructor);
	if (!b || str_dup(&b->name, name))
		return mem_deref(b);

	hash_append(boxes, hash_key(name, strlen(name)), &b->hle, b);

	return b;
}


static enum devstate lamp(const char *name, void *arg)
{
	struct mwi_count n;

	(void)arg;
	if (mwi_get(name, &n))
		return DEV_UNKNOWN;

	return n.fresh ? DEV_INUSE : DEV_NOT_INUSE;
}


int mwi_init(void)
{
	int err = hash_alloc(&boxes, BOX_BUCKETS);

	return err ? err : devstate_provide("MWI", lamp, NULL);
}


void mwi_close(void)
{
	hash_flush(boxes);
	boxes = mem_deref(boxes);
}


static void tell(const struct box *b)
{
	char device[NAME_SIZE + 8];

	for (struct le *le = list_head(&watches); le; le = le->next) {
		const struct mwi_watch *w = le->data;

		w->h(b->name, &b->n, w->arg);
	}

	if (re_snprintf(device, sizeof(device), "MWI:%s", b->name) > 0)
		devstate_changed(device);
	mwi_notify_box(b->name);
}


/* quiet: what was counted first is no news to anybody */
static int set(const char *mailbox, uint32_t fresh, uint32_t old, bool quiet)
{
	char name[NAME_SIZE];
	struct box *b;
	bool first;
	int err;

	err = canonical_str(name, sizeof(name), mailbox);
	if (err)
		return err;

	b = box_get(name, &first);
	if (!b)
		return ENOMEM;
	if (!first && b->n.fresh == fresh && b->n.old == old)
		return 0;

	b->n.fresh = fresh;
	b->n.old = old;
	log_debug("mwi", "%s: %u new, %u old", name, fresh, old);
	if (!first || !quiet)
		tell(b);

	return 0;
}


int mwi_set(const char *mailbox, uint32_t fresh, uint32_t old)
{
	return set(mailbox, fresh, old, false);
}


int mwi_get(const char *mailbox, struct mwi_count *n)
{
	char name[NAME_SIZE];
	const struct box *b = NULL;

	if (!n)
		return EINVAL;

	if (boxes && !canonical_str(name, sizeof(name), mailbox))
		b = box_find(name);

	memset(n, 0, sizeof(*n));
	if (b)
		*n = b->n;

	return b ? 0 : ENOENT;
}


bool mwi_sum(const char *list, struct mwi_count *n)
{
	char name[NAME_SIZE];
	struct pl rest, part;
	bool any = false;

	memset(n, 0, sizeof(*n));
	if (!list)
		return false;

	pl_set_str(&rest, list);
	while (pl_next(&part, &rest, ',')) {
		struct mwi_count one;

		if (canonical(name, sizeof(name), &part))
			continue;

		any = true;
		(void)mwi_get(name, &one); /* none is 0/0 */
		n->fresh += one.fresh;
		n->old += one.old;
	}

	return any;
}


/* ---- the spool ---------------------------------------------------------- */

/* "msg0000.txt" */
static bool is_message(const char *name)
{
	if (strncmp(name, "msg", 3) || strlen(name) != 11 ||
	    strcmp(name + 7, ".txt"))
		return false;

	for (size_t i = 3; i < 7; i++) {
		if (name[i] < '0' || name[i] > '9')
			return false;
	}

	return true;
}


static uint32_t count_folder(const char *dir, const char *folder)
{
	const struct dirent *ent;
	char path[1024];
	uint32_t n = 0;
	DIR *d;

	if (re_snprintf(path, sizeof(path), "%s/%s", dir, folder) < 0)
		return 0;

	d = opendir(path);
	if (!d)
		return 0;

	while ((ent = readdir(d)) != NULL)
		n += is_message(ent->d_name);
	(void)closedir(d);

	return n;
}


static int scan(const struct config *cfg, const struct pl *mailbox)
{
	struct pl trimmed = pl_trim(*mailbox), box, context;
	char name[NAME_SIZE], dir[900];

	if (canonical(name, sizeof(name), &trimmed) ||
	    !split(&trimmed, &box, &context))
		return EINVAL;

	if (re_snprintf(dir, sizeof(dir), "%s/voicemail/%r/%r",
			cfg->dirs.spool ? cfg->dirs.spool : ".", &context,
			&box) < 0)
		return ENAMETOOLONG;

	return set(name,
		   count_folder(dir, "INBOX") + count_folder(dir, "Urgent"),
		   count_folder(dir, "Old"), true);
}


int mwi_scan(const char *mailbox)
{
	struct pl pl;

	if (!mailbox)
		return EINVAL;

	pl_set_str(&pl, mailbox);

	return scan(server()->cfg, &pl);
}


void mwi_config(const struct config *cfg)
{
	for (struct le *le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;
		struct pl rest, part;

		if (!peer->mailbox)
			continue;

		pl_set_str(&rest, peer->mailbox);
		while (pl_next(&part, &rest, ',')) {
			if (scan(cfg, &part))
				log_warning("mwi", "%s: mailbox \"%r\" is no "
					    "name of a mailbox", peer->name,
					    &part);
		}
	}
}


/* ---- watching, saying --------------------------------------------------- */

static void watch_destructor(void *data)
{
	struct mwi_watch *w = data;

	list_unlink(&w->le);
}


int mwi_watch(struct mwi_watch **wp, mwi_h *h, void *arg)
{
	struct mwi_watch *w;

	if (!wp || !h)
		return EINVAL;

	w = mem_zalloc(sizeof(*w), watch_destructor);
	if (!w)
		return ENOMEM;

	w->h = h;
	w->arg = arg;
	list_append(&watches, &w->le, w);
	*wp = w;

	return 0;
}


int mwi_print_body(struct mbuf *mb, const struct mwi_count *n,
		   const char *account)
{
	if (!mb || !n || !account)
		return EINVAL;

	return mbuf_printf(mb,
			   "Messages-Waiting: %s\r\n"
			   "Message-Account: %s\r\n"
			   "Voice-Message: %u/%u (0/0)\r\n",
			   n->fresh ? "yes" : "no", account, n->fresh, n->old);
}
