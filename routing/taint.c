/**
 * @file routing/taint.c  Text that remembers which bytes came from the wire
 *
 * The ranges are kept sorted by construction: text only grows at its end, and
 * a range that touches the last one makes that longer.
 */
#include "routing/taint.h"


static void destructor(void *arg)
{
	struct ttext *t = arg;

	mem_deref(t->str);
	mem_deref(t->taint.v);
}


int ttext_alloc(struct ttext **tp)
{
	struct ttext *t;

	if (!tp)
		return EINVAL;

	t = mem_zalloc(sizeof(*t), destructor);
	if (!t)
		return ENOMEM;

	t->size = 64;
	t->str  = mem_zalloc(t->size, NULL);
	if (!t->str) {
		mem_deref(t);
		return ENOMEM;
	}

	*tp = t;

	return 0;
}


int ttext_create(struct ttext **tp, const struct pl *pl, bool tainted)
{
	struct ttext *t = NULL;
	int err;

	if (!tp || !pl)
		return EINVAL;

	err = ttext_alloc(&t);
	if (err)
		return err;

	err = ttext_append(t, pl, tainted);
	if (err)
		mem_deref(t);
	else
		*tp = t;

	return err;
}


/* Room for n more bytes and the NUL */
static int reserve(struct ttext *t, size_t n)
{
	size_t size = t->size;
	char *str;

	if (n > TTEXT_MAX - t->len)
		return ENOBUFS;

	while (size < t->len + n + 1)
		size *= 2;

	if (size == t->size)
		return 0;

	str = mem_realloc(t->str, size);
	if (!str)
		return ENOMEM;

	t->str  = str;
	t->size = size;

	return 0;
}


static int taint_add(struct taint *ta, size_t start, size_t end)
{
	if (ta->n && ta->v[ta->n - 1].end == start) {
		ta->v[ta->n - 1].end = end;
		return 0;
	}

	if (ta->n == ta->size) {
		size_t size = ta->size ? ta->size * 2 : 4;
		void *v = ta->v ? mem_realloc(ta->v, size * sizeof(*ta->v))
				: mem_alloc(size * sizeof(*ta->v), NULL);

		if (!v)
			return ENOMEM;

		ta->v    = v;
		ta->size = size;
	}

	ta->v[ta->n].start = start;
	ta->v[ta->n].end   = end;
	++ta->n;

	return 0;
}


int ttext_append(struct ttext *t, const struct pl *pl, bool tainted)
{
	int err;

	if (!t || !pl)
		return EINVAL;

	if (!pl->l)
		return 0;

	err = reserve(t, pl->l);
	if (err)
		return err;

	if (tainted) {
		err = taint_add(&t->taint, t->len, t->len + pl->l);
		if (err)
			return err;
	}

	memcpy(t->str + t->len, pl->p, pl->l);
	t->len += pl->l;
	t->str[t->len] = '\0';

	return 0;
}


int ttext_putc(struct ttext *t, char c, bool tainted)
{
	struct pl pl = {&c, 1};

	return ttext_append(t, &pl, tainted);
}


/* First range that ends behind `pos`; n if none */
static size_t range_at(const struct taint *ta, size_t pos)
{
	size_t lo = 0, hi = ta->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ta->v[mid].end <= pos)
			lo = mid + 1;
		else
			hi = mid;
	}

	return lo;
}


int ttext_append_part(struct ttext *t, const struct ttext *src, size_t off,
		      size_t len)
{
	size_t end, i;
	int err = 0;

	if (!t || !src || t == src || off > src->len || len > src->len - off)
		return EINVAL;

	end = off + len;
	i   = range_at(&src->taint, off);

	/* pieces with one and the same answer, one after the other */
	while (off < end && !err) {
		const struct taint_range *r = NULL;
		bool tainted = false;
		size_t to = end;

		if (i < src->taint.n)
			r = &src->taint.v[i];

		if (r && r->start <= off) {
			tainted = true;
			to = r->end < end ? r->end : end;
			++i;
		}
		else if (r && r->start < end) {
			to = r->start;
		}

		struct pl pl = {src->str + off, to - off};

		err = ttext_append(t, &pl, tainted);
		off = to;
	}

	return err;
}


int ttext_slice(struct ttext **tp, const struct ttext *src, size_t off,
		size_t len)
{
	struct ttext *t = NULL;
	int err;

	if (!tp || !src)
		return EINVAL;

	err = ttext_alloc(&t);
	if (err)
		return err;

	err = ttext_append_part(t, src, off, len);
	if (err)
		mem_deref(t);
	else
		*tp = t;

	return err;
}


bool ttext_tainted_in(const struct ttext *t, size_t off, size_t len)
{
	size_t i;

	if (!t || !len)
		return false;

	i = range_at(&t->taint, off);

	return i < t->taint.n && t->taint.v[i].start < off + len;
}


bool ttext_tainted_at(const struct ttext *t, size_t pos)
{
	return ttext_tainted_in(t, pos, 1);
}


bool ttext_tainted(const struct ttext *t)
{
	return t && t->taint.n;
}


size_t ttext_find(const struct ttext *t, size_t off, char c)
{
	if (!t)
		return 0;

	while (off < t->len) {
		const char *p = memchr(t->str + off, c, t->len - off);
		size_t i;

		if (!p)
			break;

		off = (size_t)(p - t->str);
		i   = range_at(&t->taint, off);

		if (i == t->taint.n || t->taint.v[i].start > off)
			return off;

		off = t->taint.v[i].end;
	}

	return t->len;
}


struct pl ttext_pl(const struct ttext *t)
{
	struct pl pl = {"", 0};

	if (t) {
		pl.p = t->str;
		pl.l = t->len;
	}

	return pl;
}
