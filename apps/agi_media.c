/**
 * @file apps/agi_media.c  Commands that play, listen and record
 *
 * Each begins with agi_begin(), and ends once: by a digit, the end of the
 * prompt, the clock, or the caller who leaves.
 */
#include <ctype.h>
#include "apps/agi.h"
#include "base/clock.h"
#include "base/text.h"

enum {
	SAMPLES_PER_MS = 8,
	RECORD_MAX_MS = 24 * 3600 * 1000,
	OPTION_MS = 5000, /* GET OPTION without a timeout */
};


/* --- what they share ----------------------------------------------------- */

static void stop(struct agi_session *agi)
{
	timer_cancel(&agi->wait.tmr);
	call_set_digits(agi->call, NULL, NULL);
	call_stop_play(agi->call);
}


static uint32_t endpos(const struct agi_session *agi)
{
	uint64_t ms = clock_ms() - agi->wait.began_ms + agi->wait.from_ms;

	return (uint32_t)(ms * SAMPLES_PER_MS);
}


static bool number(int64_t *np, const char *str)
{
	struct pl pl;
	bool minus;
	uint64_t n;

	pl_set_str(&pl, str);
	minus = pl.l && pl.p[0] == '-';
	if (minus)
		pl_advance(&pl, 1);
	if (num_decode(&n, &pl, UINT32_MAX))
		return false;

	*np = minus ? -(int64_t)n : (int64_t)n;

	return true;
}


/* A digit that ends the command; others are lost, as in Asterisk */
static bool ends(const struct agi_session *agi, char digit)
{
	return digit && strchr(agi->wait.escape, digit);
}


/* Play a list of our own or of the program's */
static int play(struct agi_session *agi, const char *files, call_play_h *h)
{
	agi->wait.began_ms = clock_ms();

	return call_play(agi->call, files, h, agi);
}


static void take_escape(struct agi_session *agi, const char *digits)
{
	str_ncpy(agi->wait.escape, digits, sizeof(agi->wait.escape));
}


/* --- STREAM FILE, GET OPTION --------------------------------------------- */

static void stream_result(struct agi_session *agi, int result)
{
	uint32_t pos = endpos(agi);

	stop(agi);
	agi_reply(agi, "200 result=%d endpos=%u", result, pos);
}


static void stream_abort(struct agi_session *agi)
{
	stream_result(agi, -1);
}


static void stream_digit(struct call *call, char digit, void *arg)
{
	(void)call;
	if (ends(arg, digit))
		stream_result(arg, digit);
}


static void stream_over(struct call *call, int err, void *arg)
{
	(void)call;
	stream_result(arg, err ? -1 : 0);
}


/* Digits typed ahead may end it before it begins */
static void stream_start(struct agi_session *agi, const char *file,
			 call_play_h *h)
{
	int err = play(agi, file, h);

	if (err) {
		stop(agi);
		agi_reply(agi, "200 result=-1 endpos=0");
		return;
	}

	call_set_digits(agi->call, stream_digit, agi);
}


/* STREAM FILE file "digits" [offset] */
static void stream_file(struct agi_session *agi, size_t n, char *const v[])
{
	int64_t from = 0;

	if (n > 2 && number(&from, v[2]) && from > 0)
		call_info(agi->call, "AGI: STREAM FILE from its beginning, "
			  "not from sample %u", (unsigned)from);

	agi_begin(agi, stream_abort);
	take_escape(agi, n > 1 ? v[1] : "");
	stream_start(agi, v[0], stream_over);
}


static void option_late(void *arg)
{
	stream_result(arg, 0);
}


static void option_over(struct call *call, int err, void *arg)
{
	struct agi_session *agi = arg;

	(void)call;
	(void)err;
	timer_start(&agi->wait.tmr, agi->wait.next_ms, option_late, agi);
}


/* GET OPTION file "digits" [timeout]: a digit is also waited for behind */
static void get_option(struct agi_session *agi, size_t n, char *const v[])
{
	int64_t ms = OPTION_MS;

	agi_begin(agi, stream_abort);
	take_escape(agi, v[1]);
	if (n > 2)
		(void)number(&ms, v[2]);
	agi->wait.next_ms = ms > 0 ? (uint32_t)ms : OPTION_MS;
	stream_start(agi, v[0], option_over);
}


/* --- WAIT FOR DIGIT ------------------------------------------------------ */

static void digit_result(struct agi_session *agi, int result)
{
	stop(agi);
	agi_result(agi, result);
}


static void digit_abort(struct agi_session *agi)
{
	digit_result(agi, -1);
}


static void digit_came(struct call *call, char digit, void *arg)
{
	(void)call;
	digit_result(arg, digit);
}


static void digit_late(void *arg)
{
	digit_result(arg, 0);
}


/* WAIT FOR DIGIT ms: -1 for ever */
static void wait_for_digit(struct agi_session *agi, size_t n, char *const v[])
{
	int64_t ms;

	(void)n;
	if (!number(&ms, v[0])) {
		agi_result(agi, -1);
		return;
	}

	agi_begin(agi, digit_abort);
	if (ms >= 0)
		timer_start(&agi->wait.tmr, (uint64_t)ms, digit_late, agi);
	call_set_digits(agi->call, digit_came, agi);
}


/* --- GET DATA ------------------------------------------------------------ */

static void data_result(struct agi_session *agi, const char *how)
{
	stop(agi);
	agi_reply(agi, "200 result=%s%s", agi->wait.digits, how);
}


static void data_abort(struct agi_session *agi)
{
	stop(agi);
	agi_result(agi, -1);
}


static void data_late(void *arg)
{
	data_result(arg, " (timeout)");
}


static void data_digit(struct call *call, char digit, void *arg)
{
	struct agi_session *agi = arg;
	struct agi_wait *w = &agi->wait;
	size_t n = strlen(w->digits);

	call_stop_play(call);
	if (digit == '#') {
		data_result(agi, "");
		return;
	}

	w->digits[n++] = digit;
	w->digits[n] = '\0';
	if (n >= w->max)
		data_result(agi, "");
	else
		timer_start(&w->tmr, w->next_ms, data_late, agi);
}


static void data_over(struct call *call, int err, void *arg)
{
	struct agi_session *agi = arg;

	(void)call;
	(void)err;
	timer_start(&agi->wait.tmr, agi->wait.next_ms, data_late, agi);
}


/* GET DATA file [timeout [max]] */
static void get_data(struct agi_session *agi, size_t n, char *const v[])
{
	int64_t ms = 0, max = 0;

	agi_begin(agi, data_abort);
	if (n > 1)
		(void)number(&ms, v[1]);
	if (n > 2)
		(void)number(&max, v[2]);
	agi->wait.next_ms = ms > 0 ? (uint32_t)ms
				   : agi->call->timeout_response_ms;
	agi->wait.max = max > 0 && max < (int64_t)sizeof(agi->wait.digits)
				? (size_t)max
				: sizeof(agi->wait.digits) - 1;

	if (play(agi, v[0], data_over))
		data_over(agi->call, 0, agi);
	call_set_digits(agi->call, data_digit, agi);
}


/* --- SAY ----------------------------------------------------------------- */

static void say_abort(struct agi_session *agi)
{
	digit_result(agi, -1);
}


static void say_digit(struct call *call, char digit, void *arg)
{
	(void)call;
	if (ends(arg, digit))
		digit_result(arg, digit);
}


static void said(struct call *call, int err, void *arg)
{
	(void)call;
	digit_result(arg, err ? -1 : 0);
}


/* Takes mb over */
static void say(struct agi_session *agi, struct mbuf *mb, int err,
		const char *escape)
{
	char *files = NULL;

	if (!err && mb && mb->end)
		err = mbuf_str(&files, mb);
	if (err || !mb || !mb->end) {
		mem_deref(mb);
		agi_result(agi, err ? -1 : 0);
		return;
	}

	agi_begin(agi, say_abort);
	take_escape(agi, escape);
	err = play(agi, files, said);
	mem_deref(files);
	mem_deref(mb);
	if (err)
		digit_result(agi, -1);
	else
		call_set_digits(agi->call, say_digit, agi);
}


typedef int(say_text_h)(struct mbuf *mb, const struct pl *text);

static void say_text(struct agi_session *agi, char *const v[], say_text_h *h)
{
	struct mbuf *mb = mbuf_alloc(256);
	struct pl pl;

	pl_set_str(&pl, v[0]);
	say(agi, mb, mb ? h(mb, &pl) : ENOMEM, v[1]);
}


static void say_digits_cmd(struct agi_session *agi, size_t n, char *const v[])
{
	(void)n;
	say_text(agi, v, say_digits);
}


static void say_alpha_cmd(struct agi_session *agi, size_t n, char *const v[])
{
	(void)n;
	say_text(agi, v, say_alpha);
}


static void say_phonetic_cmd(struct agi_session *agi, size_t n,
			     char *const v[])
{
	(void)n;
	say_text(agi, v, say_phonetic);
}


static void say_number_cmd(struct agi_session *agi, size_t n, char *const v[])
{
	struct mbuf *mb = mbuf_alloc(256);
	int64_t num = 0;
	int err = mb ? 0 : ENOMEM;

	if (!err)
		err = number(&num, v[0])
			      ? say_number_in(mb, say_of(agi->call), num,
					      n > 2 ? (char)tolower(
							      (unsigned char)
								      v[2][0])
						    : 0)
			      : EINVAL;
	say(agi, mb, err, v[1]);
}


static void say_time_fmt(struct agi_session *agi, char *const v[],
			 const char *fmt, const char *zone)
{
	struct mbuf *mb = mbuf_alloc(256);
	uint64_t now = call_now_s(agi->call);
	int64_t t = 0;
	struct pl pl;
	int err = mb ? 0 : ENOMEM;

	pl_set_str(&pl, fmt);
	if (!err && !number(&t, v[0]))
		err = EINVAL;
	if (!err)
		err = say_time_in(mb, say_of(agi->call), t, (int64_t)now, zone,
				  &pl);
	say(agi, mb, err == ENOENT ? 0 : err, v[1]);
}


static void say_date(struct agi_session *agi, size_t n, char *const v[])
{
	(void)n;
	say_time_fmt(agi, v, "ABdY", NULL);
}


static void say_clock(struct agi_session *agi, size_t n, char *const v[])
{
	bool english = !str_casecmp(say_grammar(say_of(agi->call)), "en");

	(void)n;
	say_time_fmt(agi, v, english ? "IMp" : "HM", NULL);
}


static void say_datetime(struct agi_session *agi, size_t n, char *const v[])
{
	say_time_fmt(agi, v, n > 2 ? v[2] : "", n > 3 ? v[3] : NULL);
}


/* --- RECORD FILE --------------------------------------------------------- */

/* RECORD FILE file format "digits" timeout [offset] [BEEP] [s=silence]:
 * the reply comes with the file */
static void record_over(struct call *call, const struct media_report *ev,
			void *arg)
{
	struct agi_session *agi = arg;
	struct agi_wait *w = &agi->wait;
	uint32_t pos = ev->duration_ms * SAMPLES_PER_MS;

	if (ev->ev != MEDIA_EV_REC_DONE) {
		w->how = "timeout";
		(void)call_stop_record(call, w->tag);
		return;
	}

	timer_cancel(&w->tmr);
	call_set_digits(call, NULL, NULL);
	if (ev->rec == MEDIA_REC_FAILED)
		agi_reply(agi, "200 result=-1 (writefile) endpos=%u", pos);
	else
		agi_reply(agi, "200 result=%d (%s) endpos=%u",
			  w->digit, w->how ? w->how : "timeout", pos);
}


static void record_abort(struct agi_session *agi)
{
	call_record_detach(agi->call);
	(void)call_stop_record(agi->call, agi->wait.tag); /* ends with it */
	agi_reply(agi, "200 result=-1 (hangup) endpos=%u", endpos(agi));
}


static void record_digit(struct call *call, char digit, void *arg)
{
	struct agi_session *agi = arg;

	if (!ends(agi, digit) || agi->wait.how)
		return;

	agi->wait.how = "dtmf";
	agi->wait.digit = digit;
	(void)call_stop_record(call, agi->wait.tag); /* it runs */
}


static int record_path(struct agi_session *agi, char **pathp, const char *file,
		       const char *format)
{
	struct ttext *name = NULL;
	struct pl pl;
	char *str = NULL;
	int err;

	err = re_sdprintf(&str, "%s.%s", file, format);
	if (!err) {
		pl_set_str(&pl, str);
		err = ttext_create(&name, &pl, false);
	}
	if (!err)
		err = call_file_path(agi->call, pathp, "recordings", name);
	mem_deref(str);
	mem_deref(name);

	return err;
}


static void record_options(struct media_record *prm, size_t n, char *const v[])
{
	struct pl pl;
	int64_t num;

	if (n > 3 && number(&num, v[3]) && num > 0 && num < RECORD_MAX_MS)
		prm->max_ms = (uint32_t)num;
	else
		prm->max_ms = RECORD_MAX_MS;

	for (size_t i = 4; i < n; i++) {
		if (!str_casecmp(v[i], "BEEP"))
			prm->beep = true;
		else if (!strncasecmp(v[i], "s=", 2)) {
			pl_set_str(&pl, v[i] + 2);
			(void)arg_ms(&prm->silence_ms, &pl);
		}
	}
}


static void record_file(struct agi_session *agi, size_t n, char *const v[])
{
	struct media_record prm;
	char *path = NULL;
	int err;

	memset(&prm, 0, sizeof(prm));
	prm.rx_only = true;
	record_options(&prm, n, v);

	err = record_path(agi, &path, v[0], v[1]);
	if (!err) {
		agi_begin(agi, record_abort);
		take_escape(agi, v[2]);
		agi->wait.began_ms = clock_ms();
		prm.path = path;
		call_stop_play(agi->call);
		err = call_record(agi->call, &prm, record_over, agi);
	}
	mem_deref(path);

	if (err) {
		agi_reply(agi, "200 result=-1 (writefile) endpos=0");
		return;
	}

	agi->wait.tag = prm.tag;
	call_set_digits(agi->call, record_digit, agi);
}


/* clang-format off */
const struct agi_cmd agi_media_commands[] = {
	{"CONTROL STREAM FILE", "CONTROL STREAM FILE file digits [skipms "
	 "[forward [rewind [pause]]]]", 2, 6, false, stream_file},
	{"GET DATA", "GET DATA file [timeout [maxdigits]]", 1, 3, false,
	 get_data},
	{"GET OPTION", "GET OPTION file digits [timeout]", 2, 3, false,
	 get_option},
	{"RECORD FILE", "RECORD FILE file format digits timeout [offset] "
	 "[BEEP] [s=silence]", 4, 7, false, record_file},
	{"SAY ALPHA", "SAY ALPHA text digits", 2, 2, false, say_alpha_cmd},
	{"SAY DATE", "SAY DATE seconds digits", 2, 2, false, say_date},
	{"SAY DATETIME", "SAY DATETIME seconds digits [format [zone]]", 2, 4,
	 false, say_datetime},
	{"SAY DIGITS", "SAY DIGITS number digits", 2, 2, false,
	 say_digits_cmd},
	{"SAY NUMBER", "SAY NUMBER number digits [gender]", 2, 3, false,
	 say_number_cmd},
	{"SAY PHONETIC", "SAY PHONETIC text digits", 2, 2, false,
	 say_phonetic_cmd},
	{"SAY TIME", "SAY TIME seconds digits", 2, 2, false, say_clock},
	{"STREAM FILE", "STREAM FILE file digits [offset]", 1, 3, false,
	 stream_file},
	{"WAIT FOR DIGIT", "WAIT FOR DIGIT milliseconds", 1, 1, false,
	 wait_for_digit},
	{NULL, NULL, 0, 0, false, NULL},
};
/* clang-format on */
