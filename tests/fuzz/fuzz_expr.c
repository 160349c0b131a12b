/**
 * @file fuzz_expr.c  Expressions and regular expressions
 *
 * The byte 0x01 in the input changes between what the administrator wrote and
 * what came from the wire.  Besides memory and time: an error is one line of
 * bounded length, and a text that is from the wire as a whole is an operand
 * and comes out as it went in.
 */
#include "fuzz.h"
#include "routing/expr.h"


static void err_look(const char *err)
{
	HOLDS(memchr(err, 0, EXPR_ERR_SIZE));
}


static struct ttext *marked(const struct pl *in)
{
	struct ttext *t;
	bool wire = false;

	HOLDS(!ttext_alloc(&t));
	for (size_t i = 0; i < in->l; i++) {
		if (in->p[i] == 1)
			wire = !wire;
		else if (ttext_putc(t, in->p[i], wire))
			break;
	}

	return t;
}


static void eval(const struct ttext *t)
{
	struct mbuf *out = mbuf_alloc(64);
	char err[EXPR_ERR_SIZE];
	int e;

	memset(err, 'x', sizeof(err));
	e = expr_eval(out, t, err);
	HOLDS(!e || e == EINVAL || e == E2BIG);
	HOLDS(!e || *err);
	HOLDS(e != EINVAL || !out->end);
	err_look(err);

	if (!e) {
		struct pl pl = {(const char *)out->buf, out->end};

		(void)expr_is_true(&pl);
	}

	mem_deref(out);
}


static void eval_wire(const struct pl *in)
{
	struct mbuf *out = mbuf_alloc(64);
	char err[EXPR_ERR_SIZE];
	struct ttext *t;

	if (!in->l || memchr(in->p, ' ', in->l) || memchr(in->p, '\t', in->l))
		goto out;

	HOLDS(!ttext_create(&t, in, true));
	if (!expr_eval(out, t, err))
		HOLDS(out->end == in->l && !memcmp(out->buf, in->p, in->l));
	mem_deref(t);

out:
	mem_deref(out);
}


/* pattern ~ subject */
static void match(const struct pl *in)
{
	char err[EXPR_ERR_SIZE] = "";
	char regex[EXPR_REGEX_MAX + 8];
	struct expr_match m;
	struct pl subject;
	const char *sep = in->l ? memchr(in->p, '~', in->l) : NULL;

	if (!sep || (size_t)(sep - in->p) >= sizeof(regex))
		return;

	memcpy(regex, in->p, sep - in->p);
	regex[sep - in->p] = '\0';
	subject.p	   = sep + 1;
	subject.l	   = in->p + in->l - subject.p;

	if (!expr_match(&m, regex, &subject, true, err) && m.hit) {
		HOLDS(m.start <= m.end && m.end <= subject.l);
		HOLDS(!m.has_sub || (m.sub_start <= m.sub_end &&
				     m.sub_end <= subject.l));
	}
	err_look(err);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mbuf *mb = fuzz_mbuf(data, size < 8192 ? size : 8192);
	struct pl in	= {(const char *)mb->buf, mb->end};
	struct ttext *t = marked(&in);

	eval(t);
	if (!memchr(in.p, 0, in.l))
		eval_wire(&in);
	match(&in);

	mem_deref(t);
	mem_deref(mb);

	return 0;
}
