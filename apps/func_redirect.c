/**
 * @file apps/func_redirect.c  REDIRECTING: who has forwarded the call, and why
 *
 * The items are Asterisk's.  What is written goes out with the next leg
 * (Diversion, History-Info).
 */
#include "apps/apps.h"
#include "b2bua/redirect.h"
#include "base/text.h"


enum item_type { TEXT, REASON, COUNT };

/* clang-format off */
static const struct item {
	const char *name;
	enum item_type type;
	size_t off, size;
} items[] = {
#define FIELD(m) offsetof(struct redirect, m), sizeof(((struct redirect *)0)->m)
	{"from-num",    TEXT,   FIELD(from)},
	{"from-name",   TEXT,   FIELD(from_name)},
	{"reason",      REASON, FIELD(why)},
	{"orig-num",    TEXT,   FIELD(orig)},
	{"orig-reason", REASON, FIELD(orig_why)},
	{"count",       COUNT,  FIELD(count)},
#undef FIELD
};
/* clang-format on */


static const struct item *item_find(const struct pl *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		if (!pl_strcasecmp(name, items[i].name))
			return &items[i];
	}

	return NULL;
}


static int print_item(struct mbuf *out, const struct redirect *r,
		      const struct item *it)
{
	const char *text = (const char *)r + it->off;

	if (it->type == COUNT)
		return mbuf_printf(out, "%u", r->count);

	return mbuf_write_str(out, it->type == REASON
					   ? redirect_reason_old(text)
					   : text);
}


static int redirecting_read(struct mbuf *out, bool *tainted,
			    struct call *call, const struct ttext *args)
{
	static const struct redirect nothing;
	const struct redirect *r = redirect_of(call);
	struct pl what = first_word(args);
	const struct item *it = item_find(&what);

	*tainted = false;
	r = r ? r : &nothing;
	if (!pl_strcasecmp(&what, "to-num")) {
		*tainted = true;
		return mbuf_write_str(out, r->from[0] ? call->exten : "");
	}
	if (!it)
		return EINVAL;

	*tainted = it->type == TEXT;

	/* one forward is the first and the last */
	if (r->from[0] && !r->orig[0] && !pl_strcasecmp(&what, "orig-num"))
		return mbuf_write_str(out, r->from);
	if (r->from[0] && !r->orig[0] && !pl_strcasecmp(&what, "orig-reason"))
		return mbuf_write_str(out, redirect_reason_old(r->why));

	return print_item(out, r, it);
}


static int write_reason(char *dst, size_t n, const struct pl *word)
{
	char buf[24];
	const char *why = redirect_reason(buf, sizeof(buf), word);

	if (!why)
		return EINVAL;

	str_ncpy(dst, why, n);

	return 0;
}


/* "from-num,i": there is nobody to announce it to */
static int redirecting_write(struct call *call, const struct ttext *args,
			     const struct ttext *value)
{
	struct pl what = first_word(args), v = ttext_pl(value);
	const struct item *it = item_find(&what);
	struct redirect *r;
	uint64_t n;
	char *field;

	v = pl_trim(v);
	if (!it)
		return EINVAL;
	if (!pl_strcasecmp(&what, "from-num")) {
		redirect_set_from(call, value->str);
		return 0;
	}

	r = redirect_get(call);
	if (!r)
		return ENOMEM;

	field = (char *)r + it->off;

	switch (it->type) {

	case TEXT:
		str_ncpy(field, value->str, it->size);
		return 0;

	case REASON: return write_reason(field, it->size, &v);

	case COUNT:
	default:
		if (num_decode(&n, &v, REDIRECTS_MAX))
			return EINVAL;
		r->count = (uint32_t)n;
		return 0;
	}
}


const struct func func_redirecting = {
	.name = "REDIRECTING",
	.usage = "REDIRECTING(from-num|from-name|orig-num|to-num|reason|"
		 "orig-reason|count)  who has forwarded the call, why, and "
		 "how often that was done",
	.read = redirecting_read,
	.write = redirecting_write,
	.write_local = true,
};
