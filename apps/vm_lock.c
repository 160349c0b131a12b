/**
 * @file apps/vm_lock.c  Wrong PINs of a mailbox, over all calls
 *
 * Only mailboxes that exist get an entry, so there are never more than the
 * configuration has.  A restart forgets them.
 */
#include "apps/vm_lock.h"
#include "base/clock.h"
#include "base/rand.h"

enum { BUCKETS = 256 };

struct lock {
	struct le hle;
	char *name, *context;
	unsigned wrong;
	uint64_t until_ms; /* 0: not locked */
};

static struct hash *locks;


static void destructor(void *data)
{
	struct lock *k = data;

	hash_unlink(&k->hle);
	mem_deref(k->name);
	mem_deref(k->context);
}


static bool same_handler(struct le *le, void *arg)
{
	const struct lock *k = le->data;
	const struct vm_box *box = arg;

	return !strcmp(k->name, box->name) &&
	       !strcmp(k->context, box->context);
}


static struct lock *find(const struct vm_box *box)
{
	return list_ledata(hash_lookup(locks,
				       hash_key(box->name, strlen(box->name)),
				       same_handler, (void *)box));
}


static struct lock *get(const struct vm_box *box)
{
	struct lock *k;

	if (!locks && hash_alloc(&locks, BUCKETS))
		return NULL;

	k = find(box);
	if (k)
		return k;

	k = mem_zalloc(sizeof(*k), destructor);
	if (!k || str_dup(&k->name, box->name) ||
	    str_dup(&k->context, box->context))
		return mem_deref(k);

	hash_append(locks, hash_key(box->name, strlen(box->name)), &k->hle, k);

	return k;
}


bool vm_locked(const struct vm_box *box)
{
	const struct lock *k = box ? find(box) : NULL;

	return k && k->until_ms && clock_ms() < k->until_ms;
}


void vm_lock_note(const struct vm_box *box, bool right)
{
	struct lock *k;

	if (!box)
		return;

	if (right) {
		mem_deref(find(box));
		return;
	}

	k = get(box);
	if (!k || ++k->wrong < VM_LOCK_AFTER)
		return;

	k->wrong = 0;
	k->until_ms = clock_ms() + VM_LOCK_MS;
	log_warning("voicemail", "%s@%s takes no PIN for %u minutes: it was "
		    "wrong %u times in a row", box->name, box->context,
		    (unsigned)(VM_LOCK_MS / 60000), (unsigned)VM_LOCK_AFTER);
}
