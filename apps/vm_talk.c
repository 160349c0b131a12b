/**
 * @file apps/vm_talk.c  Prompts one behind the other, and keys in answer
 *
 * A prompt that cannot be played is a line in the log (media), never the end
 * of a menu: the keys work without it.
 */
#include "apps/vm_talk.h"
#include "base/text.h"

enum { NEXT_MS = 4000 };


int vm_talk_init(struct vm_talk *t, struct call *call, void *arg)
{
	t->call = call;
	t->arg = arg;
	t->mb = mbuf_alloc(256);

	return t->mb ? 0 : ENOMEM;
}


void vm_talk_reset(struct vm_talk *t)
{
	t->collect = mem_deref(t->collect);
	t->mb = mem_deref(t->mb);
}


/* --- what is said -------------------------------------------------------- */

void vm_say(struct vm_talk *t, const char *name)
{
	t->err |= mbuf_printf(t->mb, "%s%s", t->mb->end ? "&" : "", name);
}


/* The ones of say.h put the '&' between by themselves */
void vm_say_number(struct vm_talk *t, uint32_t n, char gender)
{
	t->err |= say_number_in(t->mb, say_of(t->call), n, gender);
}


void vm_say_digits(struct vm_talk *t, const char *digits)
{
	struct pl pl;

	pl_set_str(&pl, digits);
	t->err |= say_digits(t->mb, &pl);
}


void vm_say_time(struct vm_talk *t, uint64_t when_s, const char *tz,
		 const char *fmt)
{
	const struct say *say = say_of(t->call);
	int64_t now = (int64_t)call_now_s(t->call);
	struct pl pl;
	int err;

	if (str_isset(fmt)) {
		pl_set_str(&pl, fmt);
		err = say_time_in(t->mb, say, (int64_t)when_s, now, tz, &pl);
	}
	else {
		vm_say(t, "vm-received");
		err = say_when_in(t->mb, say, (int64_t)when_s, now, tz);
	}

	if (err != ENOENT) /* no such zone: said in UTC */
		t->err |= err;
}


/* --- play, ask ----------------------------------------------------------- */

static char *gathered(struct vm_talk *t)
{
	char *files = NULL;

	if (t->err)
		call_warning(t->call, "voicemail: prompts: %m", t->err);
	if (t->mb->end && mbuf_str(&files, t->mb))
		files = NULL;

	t->mb->pos = t->mb->end = 0;
	t->err = 0;

	return files;
}


static void finish(struct vm_talk *t, const char *keys)
{
	vm_talk_h *h = t->h;

	t->h = NULL;
	if (h)
		h(keys, t->arg);
}


static void played(struct call *call, int err, void *arg)
{
	(void)call;
	(void)err; /* logged where the file was looked for */
	finish(arg, "");
}


void vm_talk_play(struct vm_talk *t, vm_talk_h *h)
{
	char *files = gathered(t);
	int err = 0;

	t->h = h;
	if (files)
		err = call_play(t->call, files, played, t);
	if (err)
		call_warning(t->call, "voicemail: not played: %m", err);
	if (!files || err)
		finish(t, "");

	mem_deref(files);
}


static void collected(struct call *call, const char *keys, void *arg)
{
	struct vm_talk *t = arg;
	char buf[CALL_DIGITS_MAX + 20];

	/* the next question replaces the collector that holds the keys */
	str_ncpy(buf, keys, sizeof(buf));
	call_stop_play(call);
	finish(t, buf);
}


static void hush(void *arg)
{
	const struct vm_talk *t = arg;

	call_stop_play(t->call);
}


static void asked(struct call *call, int err, void *arg)
{
	struct vm_talk *t = arg;

	(void)call;
	(void)err; /* the keys are waited for all the same */
	collect_wait(t->collect);
}


void vm_talk_ask(struct vm_talk *t, size_t max, const char *end,
		 uint32_t first_ms, vm_talk_h *h)
{
	struct collect_params prm = {
		.first_ms = first_ms, .next_ms = NEXT_MS, .max = max,
		.end = end,
	};
	struct collect *c, *old = t->collect;
	char *files = gathered(t);
	int err;

	t->h = h;
	err = collect_start(&c, t->call, &prm, collected, t);
	if (err) {
		call_warning(t->call, "voicemail: no keys: %m", err);
		mem_deref(files);
		finish(t, "");
		return;
	}

	t->collect = c;
	if (files)
		err = call_play(t->call, files, asked, t);
	if (err)
		call_warning(t->call, "voicemail: not played: %m", err);

	collect_on_first(c, hush, t);
	mem_ref(c); /* what it calls may ask again */
	collect_listen(c);
	if (!files || err)
		collect_wait(c);
	mem_deref(c);
	mem_deref(old);
	mem_deref(files);
}
