/**
 * @file b2bua/fork_talk.c  A fork from its answer to its end
 *
 * Announcement to the callee (A), answer of the caller, audio, digits (D),
 * time limit (L, S), callee into the plan (G).
 */
#include "b2bua/fork_priv.h"
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "base/clock.h"

enum {
	DTMF_ON_MS = 100,
	DTMF_STEP_MS = 200,
	DTMF_PAUSE_MS = 500, /* 'w' */
	LAST_WORD_MS = 5000, /* of an announcement that the callee alone hears */
	LAST_WORD_MAX_MS = 20000, /* ... that the caller does */
};


/* --- keys ---------------------------------------------------------------- */

void fork_set_keys(struct fork *f, const struct talk_keys *keys)
{
	if (!f)
		return;

	f->prm.keys = *keys;
	fork_keys_tell(f);
}


void fork_get_keys(struct talk_keys *keys, const struct fork *f)
{
	*keys = f ? f->prm.keys : (struct talk_keys){0};
}


/* Both options hold: those of the Dial and those of the plan behind a Local/
 * device */
static void fork_add_keys(struct fork *f, const struct fork *from)
{
	struct talk_keys *to = &f->prm.keys;
	const struct talk_keys *add = &from->prm.keys;

	to->transfer |= add->transfer;
	to->hangup |= add->hangup;
	to->park |= add->park;
	to->mix |= add->mix;
	to->monitor |= add->monitor;
}


/* --- digits (D) ---------------------------------------------------------- */

static void send_next(void *arg)
{
	struct fork_send *s = arg;
	char c = s->digits[s->pos];
	uint64_t ms = DTMF_STEP_MS;

	if (!c || leg_state(s->leg) != LEG_CONFIRMED)
		return;

	++s->pos;
	if (c == 'w' || c == 'W')
		ms = DTMF_PAUSE_MS;
	else
		(void)leg_send_dtmf(s->leg, c, DTMF_ON_MS); /* best effort */

	timer_start(&s->tmr, ms, send_next, s);
}


static void send_start(struct fork_send *s, struct leg *leg,
		       const char *digits)
{
	if (!digits || !digits[0] || str_dup(&s->digits, digits))
		return;

	s->leg = leg;
	s->pos = 0;
	timer_start(&s->tmr, DTMF_STEP_MS, send_next, s);
}


static void send_stop(struct fork_send *s)
{
	timer_cancel(&s->tmr);
	s->digits = mem_deref(s->digits);
	s->leg = NULL;
}


/* --- time limit (L, S) --------------------------------------------------- */

static void play_warning(struct leg *leg, const struct call *call,
			 const char *file)
{
	struct media_play prm;

	if (!leg || !leg_media(leg))
		return;

	memset(&prm, 0, sizeof(prm));
	prm.files = file && file[0] ? file : "beep";
	prm.lang = call->language;
	(void)media_play(leg_media(leg), &prm); /* the limit comes anyway */
}


/* To those who shall hear it */
static void warn(struct fork *f, const char *file)
{
	if (f->prm.warn_caller)
		play_warning(f->call->caller, f->call, file);
	if (f->prm.warn_callee && f->winner)
		play_warning(f->winner->leg, f->call, file);
}


static void time_up(void *arg)
{
	fork_talk_over(arg, CAUSE_NORMAL, false);
}


static void time_said(struct call *call, int err, void *arg)
{
	(void)call;
	(void)err; /* said by media */
	time_up(arg);
}


/* With a last word (LIMIT_TIMEOUT_FILE), whose end at the caller counts.  It
 * may never be told: the callee takes the caller back from hold, or somebody
 * else takes the caller's place */
static void limit_handler(void *arg)
{
	struct fork *f = arg;
	const char *file = f->prm.timeout_file;

	call_info(f->call, "time limit of the call reached");
	if (str_isset(file) && f->prm.warn_callee && f->winner)
		play_warning(f->winner->leg, f->call, file);
	if (str_isset(file) && f->prm.warn_caller &&
	    !call_play(f->call, file, time_said, f))
		timer_start(&f->limit, LAST_WORD_MAX_MS, time_up, f);
	else if (str_isset(file) && f->prm.warn_callee)
		timer_start(&f->limit, LAST_WORD_MS, time_up, f);
	else
		time_up(f);
}


static void warn_handler(void *arg)
{
	struct fork *f = arg;

	warn(f, f->prm.warn_file);

	if (f->prm.warn_repeat_ms &&
	    timer_left_ms(&f->limit) > f->prm.warn_repeat_ms)
		timer_start(&f->warn, f->prm.warn_repeat_ms, warn_handler, f);
}


static void limit_start(struct fork *f)
{
	const struct fork_params *prm = &f->prm;

	if (!prm->limit_ms)
		return;

	if (str_isset(prm->connect_file))
		warn(f, prm->connect_file);
	timer_start(&f->limit, prm->limit_ms, limit_handler, f);
	if (prm->warn_ms && prm->warn_ms < prm->limit_ms)
		timer_start(&f->warn, prm->limit_ms - prm->warn_ms,
			    warn_handler, f);
}


void fork_send_stop(struct fork *f)
{
	send_stop(&f->to_callee);
	send_stop(&f->to_caller);
}


void fork_talk_stop(struct fork *f)
{
	timer_cancel(&f->limit);
	timer_cancel(&f->warn);
	timer_cancel(&f->xfer.tmr);
	fork_keys_reset(f);
	fork_send_stop(f);
}


/* --- the end of a talk --------------------------------------------------- */

void fork_talk_over(struct fork *f, uint8_t cause, bool go_on)
{
	struct call *call = f->call;
	struct fork_leg *fl = f->winner;

	if (f->state == FORK_OVER)
		return;
	if (f->state == FORK_CONSULT)
		go_on = false; /* the plan may have no caller */

	call_unbridge(call);
	if (fl && fl->leg && leg_state(fl->leg) < LEG_ENDING) {
		leg_hangup(fl->leg, cause, NULL);
		if (f->talked_ms && !go_on)
			cdr_end(call, "tandem", cause);
	}
	else if (f->talked_ms && !go_on)
		cdr_end(call, "callee", cause);

	f->res.go_on = go_on;
	fork_over(f, f->talked_ms ? DIAL_ANSWER : DIAL_NOANSWER, cause);
}


static void broken(struct fork *f, int err)
{
	call_warning(f->call, "answered, but not connected: %m", err);
	leg_hangup(f->winner->leg, CAUSE_BEARER, NULL);
	fork_over(f, DIAL_CONGESTION, CAUSE_BEARER);
}


/* --- G: both into the plan ----------------------------------------------- */

/* setvar= of whom we called */
static void set_peer_vars(struct call *call, const struct peer *peer)
{
	for (struct le *le = peer ? list_head(&peer->setvars) : NULL; le;
	     le = le->next) {
		const struct var_def *v = le->data;

		(void)vars_set_str(call->vars, v->name, v->value);
	}
}


int fork_call_for(const struct fork_leg *fl, struct call **otherp)
{
	struct leg_identity id = {.pres = -1};
	struct call *call = fl->fork->call, *other;
	int err;

	err = call_alloc(&other, call->cfg);
	if (err)
		return err;

	str_ncpy(other->linkedid, call->linkedid, sizeof(other->linkedid));
	fork_leg_identity(&id, fl);
	str_ncpy(other->cid_name, id.name, sizeof(other->cid_name));
	str_ncpy(other->cid_num, id.num, sizeof(other->cid_num));
	other->cid_pres = id.pres;
	other->cid_wire = true;
	other->trusted	= fl->peer && fl->peer->name; /* we have called it */
	(void)vars_inherit(other->vars, call->vars); /* what fits */
	set_peer_vars(other, fl->peer);
	cdr_answered(other);
	*otherp = other;

	return 0;
}


int fork_callee_call(struct fork *f, struct call **otherp)
{
	return fork_call_for(f->winner, otherp);
}


int fork_move_callee(struct fork *f, struct call **otherp)
{
	struct leg *leg = f->winner->leg;
	int err;

	err = fork_callee_call(f, otherp);
	if (err)
		return err;

	f->winner->leg = NULL;
	leg_set_call(leg, *otherp);

	return 0;
}


static int callee_goes(struct fork *f)
{
	const struct fork_params *prm = &f->prm;
	struct leg *leg = f->winner->leg;
	struct call *call = f->call, *other;
	int err;

	err = fork_move_callee(f, &other);
	if (err)
		return err;

	call_run_at(other, leg, prm->goto_context, prm->goto_exten,
		    prm->goto_prio + 1);

	(void)call_goto_to(call, prm->goto_context, prm->goto_exten,
			   prm->goto_prio);
	f->res.jumped = true;
	f->res.go_on = true;
	fork_over(f, DIAL_ANSWER, CAUSE_NORMAL);

	return 0;
}


/* --- the answer ---------------------------------------------------------- */

/* The caller is answered with what the callee speaks */
static void talk(struct fork *f)
{
	struct call *call = f->call;
	struct leg *leg = f->winner->leg;
	int err;

	call_stop_play(call);
	err = call_answer_far(call, leg_audio(leg));
	if (err) {
		broken(f, err);
		return;
	}

	f->talked_ms = clock_ms();
	f->state = FORK_TALK;
	if (f->prm.callee_goes) {
		err = callee_goes(f);
		if (err)
			broken(f, err);
		return;
	}

	err = call_bridge(call, leg);
	if (err) {
		broken(f, err);
		return;
	}

	limit_start(f);
	send_start(&f->to_callee, leg, f->prm.dtmf_callee);
	send_start(&f->to_caller, call->caller, f->prm.dtmf_caller);
	(void)fork_tell(f, FORK_EV_TALK, f->winner);
}


/* --- between answer and talk --------------------------------------------- */

static void announce(struct fork *f)
{
	struct leg *leg = f->winner->leg;
	struct media_play prm;
	int err;

	if (!f->prm.announce || !leg_media(leg))
		return;

	memset(&prm, 0, sizeof(prm));
	prm.files = f->prm.announce;
	prm.lang = f->call->language;
	err = media_play(leg_media(leg), &prm);
	if (err)
		call_warning(f->call, "%s not announced: %m", prm.files, err);

	f->playing = !err;
}


/* Both are ready if nothing is waited for any more */
static void settle(struct fork *f)
{
	if (f->state == FORK_ANNOUNCE && !f->playing && !f->held &&
	    !timer_runs(&f->timeout))
		talk(f);
}


static void delay_over(void *arg)
{
	struct fork *f = arg;

	announce(f);
	settle(f);
}


void fork_announced(struct fork *f)
{
	f->playing = false;
	settle(f);
}


void fork_connect(struct fork *f)
{
	if (!f)
		return;

	f->held = false;
	settle(f);
}


int fork_set_announce(struct fork *f, const char *files)
{
	char *str = NULL;
	int err;

	if (!f)
		return EINVAL;

	err = files ? str_dup(&str, files) : 0;
	if (err)
		return err;

	mem_deref((void *)f->prm.announce);
	f->prm.announce = str;

	return 0;
}


struct leg *fork_winner(const struct fork *f)
{
	return f && f->winner ? f->winner->leg : NULL;
}


static void prepare(struct fork *f)
{
	f->state = FORK_ANNOUNCE;
	if (f->prm.delay_ms)
		timer_start(&f->timeout, f->prm.delay_ms, delay_over, f);
	else
		announce(f);

	settle(f);
}


/* A leg of a Local/ plan belongs to the call that dialled it */
static void give_up(struct fork *f, struct fork_leg *fl)
{
	struct fork_leg *up = f->call->up;
	struct leg *leg = fl->leg;

	if (up->fork->state == FORK_RACE)
		fork_add_keys(up->fork, f);
	if (fl->picked) { /* not who was dialled */
		up->peer = fl->peer;
		up->number[0] = '\0';
	}
	fl->leg = NULL;
	f->state = FORK_OVER; /* nothing to tell: the plan ends here */
	fork_local_answered(up, leg);
}


void fork_answered(struct fork *f, struct fork_leg *fl)
{
	if (fork_screen_begin(fl))
		return;

	timer_cancel(&f->timeout);
	f->winner = fl;
	fl->over = true;
	fl->status = DIAL_ANSWER;
	str_ncpy(f->peername, leg_name(fl->leg), sizeof(f->peername));
	call_info(f->call, "%s answered", f->peername);

	fork_cancel_losers(f, CAUSE_ELSEWHERE);
	if (f->call->up) {
		give_up(f, fl);
		return;
	}

	cdr_dialed(f->call, f->peername);
	fork_trunk_answered(fl);
	fork_tell_caller(fl);
	f->held = fork_tell(f, FORK_EV_ANSWERED, fl);
	prepare(f);
}
