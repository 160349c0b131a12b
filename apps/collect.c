/**
 * @file apps/collect.c  Digits of the caller that choose something
 *
 * A digit that could still become part of a longer extension waits for the
 * next one; "!" at the end of a pattern waits for none (routing/pattern.h).
 */
#include "apps/apps.h"

enum { COLLECT_MAX = 80 };

struct collect {
	struct call *call;      /* no reference: it owns us */
	struct timer tmr;
	char *context;
	char *end;
	char buf[COLLECT_MAX];
	size_t n;
	size_t max;
	uint32_t first_ms, next_ms;
	bool single;
	bool waits;
	bool done;
	collect_h *h;
	void *arg;
	void (*firsth)(void *arg);
	void *first_arg;
};


static void destructor(void *data)
{
	struct collect *c = data;

	timer_cancel(&c->tmr);
	mem_deref(c->context);
	mem_deref(c->end);
}


static void finish(struct collect *c)
{
	if (c->done)
		return;

	c->done = true;
	timer_cancel(&c->tmr);
	call_set_digits(c->call, NULL, NULL);
	c->h(c->call, c->buf, c->arg);
}


static void timeout(void *arg)
{
	finish(arg);
}


static bool is_complete(const struct collect *c)
{
	if (c->n >= c->max)
		return true;

	return c->context &&
	       !call_can_match_more(c->call, c->context, c->buf);
}


/* One that is no extension by itself is as if it had not been pressed */
static bool is_ignored(const struct collect *c, char digit)
{
	const char exten[2] = {digit, '\0'};

	return c->single && c->context &&
	       !call_exists(c->call, c->context, exten);
}


static void digit_handler(struct call *call, char digit, void *arg)
{
	struct collect *c = arg;

	if (c->done || is_ignored(c, digit))
		return;

	if (!c->n && c->firsth)
		c->firsth(c->first_arg);

	if (c->end && strchr(c->end, digit)) {
		finish(c);
		return;
	}

	c->buf[c->n++] = digit;
	c->buf[c->n] = '\0';

	/* the digit alone starts the clock, whatever still plays */
	if (c->single || is_complete(c))
		finish(c);
	else
		timer_start(&c->tmr, c->next_ms, timeout, c);
}


int collect_start(struct collect **cp, struct call *call,
		  const struct collect_params *prm, collect_h *h, void *arg)
{
	struct collect *c;
	int err = 0;

	if (!cp || !call || !prm || !h)
		return EINVAL;

	c = mem_zalloc(sizeof(*c), destructor);
	if (!c)
		return ENOMEM;

	c->call = call;
	c->h = h;
	c->arg = arg;
	c->first_ms = prm->first_ms;
	c->next_ms = prm->next_ms;
	c->single = prm->single;
	c->max = prm->max && prm->max < COLLECT_MAX ? prm->max
						    : COLLECT_MAX - 1;
	if (prm->context)
		err |= str_dup(&c->context, prm->context);
	if (prm->end)
		err |= str_dup(&c->end, prm->end);
	if (err) {
		mem_deref(c);
		return ENOMEM;
	}

	*cp = c;

	return 0;
}


void collect_listen(struct collect *c)
{
	if (c && !c->done)
		call_set_digits(c->call, digit_handler, c);
}


void collect_wait(struct collect *c)
{
	if (!c || c->done || c->waits)
		return;

	c->waits = true;
	if (!c->n && !c->first_ms)
		finish(c);
	else if (!timer_runs(&c->tmr))
		timer_start(&c->tmr, c->n ? c->next_ms : c->first_ms, timeout,
			    c);
}


bool collect_has(const struct collect *c)
{
	return c && c->n > 0;
}


void collect_on_first(struct collect *c, void (*h)(void *arg), void *arg)
{
	if (!c)
		return;

	c->firsth = h;
	c->first_arg = arg;
}


static enum app_result go_special(struct call *call, const char *context,
				  const char *exten, const char *reason,
				  const char *what)
{
	call_step_note(call, "%s", what);
	if (call_special(call, context, exten, reason))
		return APP_NEXT;

	call_info(call, "%s, and no extension %s in %s", what, exten, context);

	return APP_HANGUP;
}


enum app_result collect_go(struct call *call, const char *context,
			   const char *digits)
{
	if (!digits[0])
		return go_special(call, context, "t", "RESPONSETIMEOUT",
				  "no digits");

	if (!call_exists(call, context, digits)) {
		(void)call_set_var(call, "INVALID_EXTEN", digits, true);
		return go_special(call, context, "i", "INVALIDEXTEN", digits);
	}

	call_step_note(call, "%s", digits);
	(void)call_goto_to(call, context, digits, 1);

	return APP_NEXT;
}
