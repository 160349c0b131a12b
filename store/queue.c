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
 * There is a list for what waits and one for the batch, which belongs to the
 * thread while it is out:
 *
 *     queue_put() ─► wait ─take─► taken ─queue_batch()─► batch ─► the disk
 *                                                          │
 *                                          what was not written stays
 *
 * So a batch of any size is taken and returned in no time, and callers, who
 * wait for the lock, do not wait for the work on 65 000 requests: the thread
 * does it without the lock.
 *
 * The two limits count what waits and what is out, so that a batch always
 * finds room.
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
	int err = 0;

	if (!q)
		return EINVAL;

	memset(q, 0, sizeof(*q));
	q->wait	 = &q->partv[0];
	q->taken = &q->partv[1];
	q->batch = &q->partv[2];

	for (size_t i = 0; i < ARRAY_SIZE(q->partv) && !err; i++)
		err = hash_alloc(&q->partv[i].h, HASH_SIZE);

	if (err)
		queue_reset(q);

	return err;
}


void queue_reset(struct queue *q)
{
	if (!q)
		return;

	for (size_t i = 0; i < ARRAY_SIZE(q->partv); i++) {
		list_flush(&q->partv[i].l);
		mem_deref(q->partv[i].h);
	}

	memset(q, 0, sizeof(*q));
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


static struct db_req *find(const struct queue_part *p,
			   const struct db_req *req)
{
	struct match m = {.key = req->key, .len = req->keylen};

	if (!req->key)
		return NULL;

	return list_ledata(hash_lookup(p->h, req->hash, key_matches, &m));
}


static void link_in(struct queue_part *p, struct db_req *req)
{
	list_append(&p->l, &req->le, req);
	if (req->key)
		hash_append(p->h, req->hash, &req->he, req);

	++p->n;
	p->n_cdr += is_cdr(req);
}


static void link_out(struct queue_part *p, struct db_req *req)
{
	list_unlink(&req->le);
	hash_unlink(&req->he);

	--p->n;
	p->n_cdr -= is_cdr(req);
}


/* A newer one of this key comes.  True if there was an older one */
static bool replace(struct queue_part *p, const struct db_req *newer)
{
	struct db_req *old = find(p, newer);

	if (!old)
		return false;

	link_out(p, old);
	mem_deref(old);

	return true;
}


static bool is_full(const struct queue *q, const struct db_req *req)
{
	const size_t cdrs = q->n_cdr + q->flying_cdr;
	const size_t all  = q->n + q->flying;

	return is_cdr(req) ? cdrs >= STORE_CDR_MAX
			   : all - cdrs >= STORE_REQ_MAX;
}


/* Only requests without a key are call records, so n_cdr stays */
static bool replace_waiting(struct queue *q, const struct db_req *newer)
{
	size_t n = replace(q->wait, newer);

	if (!q->out)
		n += replace(q->batch, newer);

	q->n -= n;

	return n > 0;
}


int queue_put(struct queue *q, struct db_req *req)
{
	if (!q || !req)
		return EINVAL;

	if (!replace_waiting(q, req) && is_full(q, req))
		return ENOBUFS;

	link_in(q->wait, req);
	++q->n;
	q->n_cdr += is_cdr(req);

	return 0;
}


static void swap(struct queue_part **a, struct queue_part **b)
{
	struct queue_part *p = *a;

	*a = *b;
	*b = p;
}


void queue_take(struct queue *q)
{
	if (!q || q->out)
		return;

	swap(&q->wait, &q->taken);
	q->out	      = true;
	q->flying     = q->n;
	q->flying_cdr = q->n_cdr;
	q->n = q->n_cdr = 0;
}


struct list *queue_batch(struct queue *q)
{
	struct le *le;

	if (!q->batch->n)
		swap(&q->batch, &q->taken);

	while ((le = q->taken->l.head)) {
		struct db_req *req = le->data;

		(void)replace(q->batch, req);
		link_out(q->taken, req);
		link_in(q->batch, req);
	}

	return &q->batch->l;
}


size_t queue_drop(struct queue *q, struct list *bad)
{
	size_t cdrs = 0;
	struct le *le;

	while ((le = bad->head)) {
		struct db_req *req = le->data;

		cdrs += is_cdr(req);
		link_out(q->batch, req);
		mem_deref(req);
	}

	return cdrs;
}


size_t queue_written(struct queue *q)
{
	const size_t cdrs = q->batch->n_cdr;

	list_flush(&q->batch->l);
	q->batch->n = q->batch->n_cdr = 0;

	return cdrs;
}


void queue_return(struct queue *q)
{
	if (!q || !q->out)
		return;

	q->out = false;
	q->n += q->batch->n;
	q->n_cdr += q->batch->n_cdr;
	q->flying = q->flying_cdr = 0;
}
