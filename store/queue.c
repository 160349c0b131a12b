/**
 * @file store/queue.c  Requests that wait for the disk
 *
 * A list in the order of the calls, and a hash of those that have a key: a
 * newer request with the same key takes the older one out and goes to the end.
 * To leave an older state of a row out never changes the end result, but the
 * newer one must not take its place: a DELETE of the whole address of record
 * may stand between them.  As what replaces goes to the end, the front alone
 * is no state that ever was (a phone's old place removed, its new one still
 * behind): a batch is always the whole queue.
 *
 * A batch that could not be written goes back to the front.  The two limits
 * count what waits and what flies, so that a batch always finds room.
 */
#include "base/compat.h"
#include "base/rand.h"
#include "store/db.h"
#include "store/store.h"


enum { HASH_SIZE = 4096 };

struct match {
	const char *key;
	size_t len;
};


int queue_init(struct queue *q)
{
	if (!q)
		return EINVAL;

	memset(q, 0, sizeof(*q));

	return hash_alloc(&q->h, HASH_SIZE);
}


void queue_reset(struct queue *q)
{
	if (!q)
		return;

	list_flush(&q->l);
	q->h = mem_deref(q->h);
	q->n = q->n_cdr = q->flying = q->flying_cdr = 0;
}


static void req_destructor(void *arg)
{
	struct db_req *req = arg;

	list_unlink(&req->le);
	hash_unlink(&req->he);
}


static const char *copy(char **pos, const char *str, size_t len)
{
	char *dst = *pos;

	if (len)
		memcpy(dst, str, len);
	dst[len] = '\0';
	*pos += len + 1;

	return dst;
}


static size_t val_len(const struct db_val *v)
{
	return !v->is_num && v->str ? strlen(v->str) : 0;
}


int queue_req(struct db_req **reqp, enum db_stmt stmt, const char *key,
	      size_t keylen, const struct db_val *v, size_t n)
{
	size_t size = sizeof(struct db_req) + n * sizeof(*v) + keylen + 1;
	struct db_req *req;
	char *pos;

	if (!reqp || (unsigned)stmt >= DB_STMT_MAX || (n && !v))
		return EINVAL;

	for (size_t i = 0; i < n; i++)
		size += val_len(&v[i]) + 1;

	req = mem_zalloc(size, req_destructor);
	if (!req)
		return ENOMEM;

	req->stmt = stmt;
	req->n    = n;
	pos       = (char *)&req->v[n];

	if (key) {
		req->key    = copy(&pos, key, keylen);
		req->keylen = keylen;
		req->hash   = hash_key(key, keylen);
	}

	for (size_t i = 0; i < n; i++) {
		req->v[i] = v[i];
		if (!v[i].is_num)
			req->v[i].str = copy(&pos, v[i].str, val_len(&v[i]));
	}

	*reqp = req;

	return 0;
}


static bool is_cdr(const struct db_req *req)
{
	return req->stmt == DB_CDR_PUT;
}


static bool key_matches(struct le *le, void *arg)
{
	const struct db_req *req = le->data;
	const struct match *m    = arg;

	return req->keylen == m->len && !memcmp(req->key, m->key, m->len);
}


static struct db_req *find(const struct queue *q, const struct db_req *req)
{
	struct match m = {.key = req->key, .len = req->keylen};

	if (!req->key)
		return NULL;

	return list_ledata(hash_lookup(q->h, req->hash, key_matches, &m));
}


static void link_in(struct queue *q, struct db_req *req, bool front)
{
	if (front)
		list_prepend(&q->l, &req->le, req);
	else
		list_append(&q->l, &req->le, req);

	if (req->key)
		hash_append(q->h, req->hash, &req->he, req);

	++q->n;
	q->n_cdr += is_cdr(req);
}


static void link_out(struct queue *q, struct db_req *req)
{
	list_unlink(&req->le);
	hash_unlink(&req->he);

	--q->n;
	q->n_cdr -= is_cdr(req);
}


static bool is_full(const struct queue *q, const struct db_req *req)
{
	const size_t cdrs = q->n_cdr + q->flying_cdr;
	const size_t all  = q->n + q->flying;

	return is_cdr(req) ? cdrs >= STORE_CDR_MAX
			   : all - cdrs >= STORE_REQ_MAX;
}


int queue_put(struct queue *q, struct db_req *req)
{
	struct db_req *old;

	if (!q || !req)
		return EINVAL;

	old = find(q, req);
	if (old) {
		link_out(q, old);
		mem_deref(old);
	}
	else if (is_full(q, req)) {
		return ENOBUFS;
	}

	link_in(q, req, false);

	return 0;
}


void queue_take(struct queue *q, struct list *batch)
{
	struct le *le;

	if (!q || !batch)
		return;

	while ((le = q->l.head)) {
		struct db_req *req = le->data;

		link_out(q, req);
		list_append(batch, &req->le, req);

		++q->flying;
		q->flying_cdr += is_cdr(req);
	}
}


void queue_give_back(struct queue *q, struct list *batch)
{
	struct le *le;

	if (!q || !batch)
		return;

	while ((le = batch->tail)) {
		struct db_req *req = le->data;

		list_unlink(&req->le);

		--q->flying;
		q->flying_cdr -= is_cdr(req);

		if (find(q, req))
			mem_deref(req);
		else
			link_in(q, req, true);
	}
}


size_t queue_settle(struct queue *q, struct list *batch)
{
	size_t cdrs = 0;
	struct le *le;

	if (!q || !batch)
		return 0;

	while ((le = batch->head)) {
		struct db_req *req = le->data;

		--q->flying;
		q->flying_cdr -= is_cdr(req);
		cdrs += is_cdr(req);

		mem_deref(req);
	}

	return cdrs;
}
