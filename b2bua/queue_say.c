/**
 * @file b2bua/queue_say.c  Announcements to callers who wait: what and when
 *
 * Position and hold time come at once when somebody has to wait, then every
 * announce-frequency seconds, or when the position has changed and
 * min-announce-frequency seconds have gone; periodic ones count for
 * themselves.  Nothing is begun while a member rings; what plays then plays
 * on, and the answer cuts it.
 *
 * What is said is put together here as prompts and numbers; how a number is
 * said in the caller's language is the application's business.
 */
#include "b2bua/queue_priv.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"

enum {
	HOLD_LEAST_S = 15, /* shorter hold times are not worth a word */
};


/* --- what ---------------------------------------------------------------- */

static void add_file(struct cq_say *say, const char *file)
{
	if (say->n < ARRAY_SIZE(say->v) && str_isset(file))
		say->v[say->n++] = (struct cq_part){.file = file};
}


static void add_num(struct cq_say *say, uint32_t num, bool time)
{
	if (say->n < ARRAY_SIZE(say->v))
		say->v[say->n++] = (struct cq_part){.num = num, .time = time};
}


static bool says_position(const struct queue_conf *conf, uint32_t pos)
{
	switch (conf->say_pos) {

	case QUEUE_POS_YES:
	case QUEUE_POS_MORE: return true;
	case QUEUE_POS_LIMIT: return pos <= conf->say_pos_limit;
	case QUEUE_POS_NO:
	default: return false;
	}
}


static void add_position(struct cq_say *say, const struct queue_conf *conf,
			 uint32_t pos)
{
	const struct queue_sounds *s = &conf->sounds;
	bool more = conf->say_pos == QUEUE_POS_MORE &&
		    pos > conf->say_pos_limit;

	if (!says_position(conf, pos))
		return;

	if (pos == 1) {
		add_file(say, s->youarenext);
	}
	else if (more) {
		add_file(say, s->quantity1);
		add_num(say, conf->say_pos_limit, false);
		add_file(say, s->quantity2);
	}
	else {
		add_file(say, s->thereare);
		add_num(say, pos, false);
		add_file(say, s->callswaiting);
	}
}


static uint32_t distance(uint64_t a, uint64_t b)
{
	return (uint32_t)(a > b ? a - b : b - a);
}


/* What is left of the average, to the minute that is nearest */
static void add_holdtime(struct cq_say *say, const struct cq_caller *c,
			 uint64_t now_ms)
{
	const struct queue_conf *conf = c->q->conf;
	const struct queue_sounds *s = &conf->sounds;
	uint32_t left = distance(c->q->stats.holdtime_s + 30,
				 (now_ms - c->joined_ms) / 1000);
	uint32_t min = left / 60;
	uint32_t sec = conf->round_s ? left % 60 / conf->round_s *
					       conf->round_s
				     : 0;

	if (conf->say_hold == QUEUE_HOLD_NO ||
	    (conf->say_hold == QUEUE_HOLD_ONCE && c->said_ms) ||
	    c->q->stats.holdtime_s < HOLD_LEAST_S || !(min + sec))
		return;

	add_file(say, s->holdtime);
	if (min) {
		add_num(say, min, true);
		add_file(say, min == 1 ? s->minute : s->minutes);
	}
	if (sec > 1) {
		add_num(say, sec, true);
		add_file(say, s->seconds);
	}
}


void cq_say_position(struct cq_say *say, const struct cq_caller *c,
		     uint64_t now_ms)
{
	const struct queue_conf *conf = c->q->conf;

	say->n = 0;
	add_position(say, conf, c->pos);
	if (c->pos > 1 || conf->say_pos == QUEUE_POS_NO)
		add_holdtime(say, c, now_ms);
	if (say->n)
		add_file(say, conf->sounds.thankyou);
}


void cq_say_member(struct cq_say *say, const struct cq_caller *c)
{
	const struct queue_conf *conf = c->q->conf;
	const struct queue_sounds *s = &conf->sounds;
	uint32_t min = c->hold_s / 60, sec = c->hold_s % 60;

	say->n = 0;
	if (!conf->reportholdtime)
		return;

	add_file(say, s->reporthold);
	if (min) {
		add_num(say, min, true);
		add_file(say, min == 1 ? s->minute : s->minutes);
	}
	if (sec > 1 || !min) {
		add_num(say, sec, true);
		add_file(say, s->seconds);
	}
}


/* --- when ---------------------------------------------------------------- */

/* May it hear its position now?  The first one is rung for soon */
static bool may_hear_position(const struct cq_caller *c)
{
	const struct queue_conf *conf = c->q->conf;

	if (!conf->announce_s)
		return false;
	if (conf->say_first)
		return true;

	return c->state == CQ_WAIT && (conf->autofill || c->pos > 1);
}


/* UINT64_MAX: not before something changes */
static uint64_t position_due_ms(const struct cq_caller *c)
{
	const struct queue_conf *conf = c->q->conf;
	uint64_t wait_s = conf->announce_s;

	if (!may_hear_position(c))
		return UINT64_MAX;
	if (!c->said_ms)
		return 0;
	if (conf->say_pos_up && c->pos >= c->said_pos)
		return UINT64_MAX;
	if (c->pos != c->said_pos)
		wait_s = conf->minannounce_s;
	else if (wait_s < conf->minannounce_s)
		wait_s = conf->minannounce_s;

	return c->said_ms + wait_s * 1000;
}


static uint64_t periodic_due_ms(const struct cq_caller *c)
{
	return c->periodic_ms ? c->periodic_ms : UINT64_MAX;
}


/* --- saying -------------------------------------------------------------- */

static void said(struct call *call, int err, void *arg)
{
	struct cq_caller *c = arg;
	const struct queue_conf *conf = c->q->conf;

	(void)call;
	if (err && err != ECANCELED)
		call_warning(c->call, "queue %s: announcement: %m",
			     conf->name, err);

	c->saying = false;
	if (conf->periodic_relative && c->periodic_ms)
		c->periodic_ms = clock_ms() + conf->periodic_s * 1000ull;
	cq_sound(c);
	cq_say_check(c);
}


static bool play(struct cq_caller *c, const char *files)
{
	int err = call_play(c->call, files, said, c);

	if (err) {
		call_warning(c->call, "queue %s: %s not played: %m",
			     c->q->conf->name, files, err);
		cq_sound(c);
	}

	return !err;
}


static void play_position(struct cq_caller *c)
{
	uint64_t now = clock_ms();
	struct mbuf *mb = mbuf_alloc(128);
	struct cq_say say;
	char *files = NULL;
	int err;

	cq_say_position(&say, c, now);
	c->said_ms = now;
	c->said_pos = c->pos;
	err = mb ? 0 : ENOMEM;
	if (!err && say.n)
		err = c->app->sayh(mb, c->call, &say);
	if (!err && mb->end)
		err = mbuf_str(&files, mb);
	if (err)
		call_warning(c->call, "queue %s: position not said: %m",
			     c->q->conf->name, err);
	else if (files)
		c->saying = play(c, files);

	mem_deref(files);
	mem_deref(mb);
}


/* The n-th one of "a,b&c,d" */
static bool periodic_file(struct pl *pl, const char *list, size_t n)
{
	struct pl rest;

	pl_set_str(&rest, list);
	for (size_t i = 0; i <= n; i++) {
		if (!pl_next(pl, &rest, ','))
			return false;
	}

	*pl = pl_trim(*pl);

	return pl->l > 0;
}


static size_t periodic_count(const char *list)
{
	size_t n = 1;

	for (; *list; list++)
		n += *list == ',';

	return n;
}


static void play_periodic(struct cq_caller *c)
{
	const struct queue_conf *conf = c->q->conf;
	const char *list = conf->periodic ? conf->periodic : "";
	size_t n = periodic_count(list);
	char *files = NULL;
	struct pl pl;

	if (conf->periodic_random)
		c->periodic_no = rand_below((uint32_t)n);
	else if (c->periodic_no >= n)
		c->periodic_no = 0;

	c->periodic_ms = clock_ms() + conf->periodic_s * 1000ull;
	if (periodic_file(&pl, list, c->periodic_no) &&
	    !pl_strdup(&files, &pl))
		c->saying = play(c, files);

	++c->periodic_no;
	mem_deref(files);
}


static void say_handler(void *arg)
{
	cq_say_check(arg);
}


void cq_say_check(struct cq_caller *c)
{
	uint64_t now = clock_ms(), pos, per, due;

	timer_cancel(&c->say);
	if (c->saying || (c->state != CQ_WAIT && c->state != CQ_PAUSE))
		return;

	pos = position_due_ms(c);
	per = periodic_due_ms(c);
	if (pos <= now)
		play_position(c);
	else if (per <= now)
		play_periodic(c);
	if (c->saying)
		return;

	pos = position_due_ms(c);
	per = periodic_due_ms(c);
	due = pos < per ? pos : per;
	if (due != UINT64_MAX)
		timer_start(&c->say, due > now ? due - now : 1, say_handler,
			    c);
}


void cq_say_start(struct cq_caller *c)
{
	const struct queue_conf *conf = c->q->conf;
	uint32_t first = conf->periodic_start_s ? conf->periodic_start_s
						: conf->periodic_s;

	/* the position waits for the queue's round: perhaps it is rung for */
	if (conf->periodic_s)
		c->periodic_ms = clock_ms() + first * 1000ull;
}


void cq_say_stop(struct cq_caller *c)
{
	timer_cancel(&c->say);
	c->saying = false;
}
