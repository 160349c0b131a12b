/**
 * @file store/kv.c  The key/value database
 *
 * A mirror of the table `kv` in a hash by "/family/key"; that name is also
 * what the table is keyed by, so that ("a/b", "c") and ("a", "b/c") are one
 * entry, as in Asterisk.  Listings sort when they are asked for.
 *
 * The signalling thread alone changes the mirror and reads it without a lock;
 * the store thread reads it when it begins a new file.  So a change, and that
 * reading, hold `lock`.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sqlite3.h>
#include "base/compat.h"
#include "base/log.h"
#include "base/rand.h"
#include "store/db.h"
#include "store/store.h"


enum { HASH_SIZE = 4096 };

struct kv {
	struct le he;
	char *name; /* "/family/key" */
	char *family;
	char *key;
	char *value;
};

struct sorted {
	struct kv **v;
	size_t n;
	const char *prefix; /* NULL for all */
	size_t len;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct hash *mirror;
static size_t count;
static store_db_h *watch;
static void *watch_arg;


static void destructor(void *arg)
{
	struct kv *kv = arg;

	hash_unlink(&kv->he);
	mem_deref(kv->name);
	mem_deref(kv->family);
	mem_deref(kv->key);
	mem_deref(kv->value);
}


static bool name_matches(struct le *le, void *arg)
{
	const struct kv *kv = le->data;

	return !strcmp(kv->name, arg);
}


static struct kv *find(char *name)
{
	if (!mirror)
		return NULL;

	return list_ledata(hash_lookup(mirror, hash_key(name, strlen(name)),
				       name_matches, name));
}


static int name_make(char **namep, const char *family, const char *key)
{
	if (!family || !*family || !key || !*key)
		return EINVAL;

	if (strlen(family) + strlen(key) + 2 > STORE_DB_TEXT)
		return EINVAL;

	return re_sdprintf(namep, "/%s/%s", family, key);
}


static int kv_alloc(struct kv **kvp, const char *name, const char *family,
		    const char *key)
{
	struct kv *kv = mem_zalloc(sizeof(*kv), destructor);
	int err;

	if (!kv)
		return ENOMEM;

	err = str_dup(&kv->name, name);
	err |= str_dup(&kv->family, family);
	err |= str_dup(&kv->key, key);

	if (err)
		mem_deref(kv);
	else
		*kvp = kv;

	return err;
}


/* Set the value of an entry, made if there is none */
static int set(char *name, const char *family, const char *key,
	       const char *value)
{
	struct kv *kv = find(name);
	char *str;
	int err;

	err = str_dup(&str, value);
	if (err)
		return err;

	if (!kv) {
		err = kv_alloc(&kv, name, family, key);
		if (err) {
			mem_deref(str);
			return err;
		}

		hash_append(mirror, hash_key(name, strlen(name)), &kv->he, kv);
		++count;
	}

	mem_deref(kv->value);
	kv->value = str;

	return 0;
}


static int row_handler(struct sqlite3_stmt *row, void *arg)
{
	int *errp = arg;
	char *name;

	*errp = str_dup(&name, db_col(row, 0));
	if (*errp)
		return *errp;

	*errp = set(name, db_col(row, 1), db_col(row, 2), db_col(row, 3));
	mem_deref(name);

	return *errp;
}


int kv_load(const char *path)
{
	int err, row_err = 0;

	err = hash_alloc(&mirror, HASH_SIZE);
	if (err)
		return err;

	err = db_query(path, "SELECT name,family,key,value FROM kv",
		       row_handler, &row_err);

	return err ? err : row_err;
}


void kv_close(void)
{
	(void)pthread_mutex_lock(&lock);
	hash_flush(mirror);
	mirror = mem_deref(mirror);
	count  = 0;
	watch  = NULL;
	(void)pthread_mutex_unlock(&lock);
}


static int request_put(const char *name, const char *family, const char *key,
		       const char *value)
{
	const struct db_val v[] = {DB_TEXT(name), DB_TEXT(family),
				   DB_TEXT(key), DB_TEXT(value)};

	return db_request(DB_KV_PUT, name, strlen(name), v, ARRAY_SIZE(v));
}


static bool requeue_handler(struct le *le, void *arg)
{
	const struct kv *kv = le->data;
	size_t *lost        = arg;

	if (request_put(kv->name, kv->family, kv->key, kv->value))
		++*lost;

	return false;
}


void kv_requeue(void)
{
	size_t lost = 0;

	(void)pthread_mutex_lock(&lock);
	if (mirror)
		(void)hash_apply(mirror, requeue_handler, &lost);
	(void)pthread_mutex_unlock(&lock);

	if (lost)
		log_error("store", "%u entries of the key/value database are "
			  "not in the new file", (unsigned)lost);
}


int store_db_put(const char *family, const char *key, const char *value)
{
	char *name;
	int err;

	if (!value)
		value = "";

	if (strlen(value) > STORE_DB_TEXT)
		return EINVAL;

	err = name_make(&name, family, key);
	if (err)
		return err;

	if (!mirror)
		err = ENOTCONN;
	else if (count >= STORE_DB_MAX && !find(name))
		err = ENOBUFS;
	if (err)
		goto out;

	(void)pthread_mutex_lock(&lock);
	err = request_put(name, family, key, value);
	if (!err)
		err = set(name, family, key, value);
	(void)pthread_mutex_unlock(&lock);
	if (!err && watch)
		watch(family, key, value, watch_arg);

out:
	mem_deref(name);

	return err;
}


const char *store_db_get(const char *family, const char *key)
{
	const struct kv *kv;
	char *name;

	if (name_make(&name, family, key))
		return NULL;

	kv = find(name);
	mem_deref(name);

	return kv ? kv->value : NULL;
}


/* The mirror does not change if the deletion cannot be queued: else the entry
 * would come back with the next start */
static int forget(struct kv *kv)
{
	const struct db_val v[] = {DB_TEXT(kv->name)};
	int err;

	(void)pthread_mutex_lock(&lock);
	err = db_request(DB_KV_DEL, kv->name, strlen(kv->name), v,
			 ARRAY_SIZE(v));
	if (!err) {
		hash_unlink(&kv->he);
		--count;
	}
	(void)pthread_mutex_unlock(&lock);

	if (!err && watch)
		watch(kv->family, kv->key, NULL, watch_arg);
	if (!err)
		mem_deref(kv);

	return err;
}


void store_db_watch(store_db_h *h, void *arg)
{
	watch	  = h;
	watch_arg = arg;
}


static void unset(char *name)
{
	struct kv *kv = find(name);

	if (kv) {
		mem_deref(kv);
		--count;
	}
}


int store_db_follow(const char *family, const char *key, const char *value)
{
	char *name = NULL;
	int err	   = 0;

	if (!mirror)
		return ENOTCONN;
	if (family) {
		err = name_make(&name, family, key);
		if (err)
			return err;
	}

	(void)pthread_mutex_lock(&lock);
	if (!family) {
		hash_flush(mirror);
		count = 0;
	}
	else if (value) {
		err = set(name, family, key, value);
	}
	else {
		unset(name);
	}
	(void)pthread_mutex_unlock(&lock);

	mem_deref(name);

	return err;
}


int store_db_del(const char *family, const char *key)
{
	struct kv *kv;
	char *name;
	int err;

	err = name_make(&name, family, key);
	if (err)
		return err;

	kv = find(name);
	mem_deref(name);

	return kv ? forget(kv) : ENOENT;
}


/* --- listings ------------------------------------------------------------ */

static bool is_below(const struct kv *kv, const struct sorted *s)
{
	if (!s->prefix)
		return true;

	if (strncmp(kv->name, s->prefix, s->len))
		return false;

	return kv->name[s->len] == '\0' || kv->name[s->len] == '/';
}


static bool collect_handler(struct le *le, void *arg)
{
	struct sorted *s = arg;
	struct kv *kv    = le->data;

	if (is_below(kv, s))
		s->v[s->n++] = kv;

	return false;
}


static int by_name(const void *a, const void *b)
{
	const struct kv *const *ka = a, *const *kb = b;

	return strcmp((*ka)->name, (*kb)->name);
}


/* Entries below family and key in order; s->v is the caller's to free */
static int collect(struct sorted *s, const char *family, const char *key)
{
	char *prefix = NULL;
	int err      = 0;

	memset(s, 0, sizeof(*s));

	if (!mirror || !count)
		return ENOENT;

	if (family && *family)
		err = re_sdprintf(&prefix, "/%s%s%s", family,
				  key && *key ? "/" : "", key ? key : "");
	if (err)
		return err;

	s->v      = mem_alloc(count * sizeof(*s->v), NULL);
	s->prefix = prefix;
	s->len    = str_len(prefix);

	if (s->v) {
		(void)hash_apply(mirror, collect_handler, s);
		qsort(s->v, s->n, sizeof(*s->v), by_name);
	}

	s->prefix = NULL;
	mem_deref(prefix);

	return s->v ? 0 : ENOMEM;
}


size_t store_db_deltree(const char *family, const char *key)
{
	struct sorted s;
	size_t n = 0;

	if (collect(&s, family, key))
		return 0;

	store_begin();
	for (size_t i = 0; i < s.n; i++)
		n += !forget(s.v[i]);
	store_end();

	mem_deref(s.v);

	return n;
}


size_t store_db_scan(const char *family, const char *key, store_db_h *h,
		     void *arg)
{
	struct sorted s;

	if (!h || collect(&s, family, key))
		return 0;

	for (size_t i = 0; i < s.n; i++)
		h(s.v[i]->family, s.v[i]->key, s.v[i]->value, arg);

	mem_deref(s.v);

	return s.n;
}
