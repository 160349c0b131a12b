/**
 * @file control/client_edit.c  The interactive console, with libedit
 *
 * libedit reads keys through our function, which waits for the daemon at the
 * same time: what comes from there is shown above the line being edited.
 * TAB asks the daemon, so that it knows peers and contexts by name.
 */
#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>
#include "base/compat.h"
#include "base/text.h"
#include "control/client.h"
#include "control/protocol.h"


enum { HISTORY = 500, WIDTH = 80, COLUMN_GAP = 2 };

struct screen {
	struct conn *conn;
	EditLine *el;
	History *hist;
	mbstate_t mbs; /* of the keys */
	char file[4096];
	int err; /* of the connection */
};

static struct screen *screen; /* libedit's prompt function has no argument */


static char *prompt(EditLine *el)
{
	static char text[] = "tandem*CLI> ";

	return text;
}


/* --- keys and what the daemon says meanwhile ----------------------------- */

static int show_live(struct screen *s)
{
	struct frame f;
	bool shown = false;
	int err;

	while (!(err = conn_frame(s->conn, &f, false))) {
		if (f.type != FRAME_LIVE && f.type != FRAME_LOG)
			continue;

		if (!shown)
			(void)fputs("\r\033[K", stdout);

		shown = true;
		(void)client_show(&f);
	}

	if (shown)
		(void)el_set(s->el, EL_REFRESH);

	return err == EAGAIN ? 0 : err;
}


/* Wait for a key.  False at the end of input or of the connection */
static bool wait_key(struct screen *s)
{
	for (;;) {
		struct pollfd p[2] = {
			{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = s->conn->fd, .events = POLLIN},
		};

		if (poll(p, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return false;
		}

		if (p[1].revents) {
			s->err = show_live(s);
			if (s->err)
				return false;
		}

		if (p[0].revents)
			return true;
	}
}


static int read_key(EditLine *el, wchar_t *wc)
{
	for (;;) {
		size_t n;
		char c;

		if (!wait_key(screen) || read(STDIN_FILENO, &c, 1) != 1)
			return 0;

		n = mbrtowc(wc, &c, 1, &screen->mbs);
		if (n == (size_t)-2)
			continue;

		if (n == (size_t)-1) {
			memset(&screen->mbs, 0, sizeof(screen->mbs));
			*wc = L'?';
		}

		return 1;
	}
}


/* --- completion ---------------------------------------------------------- */

static size_t common(const struct pl *a, const struct pl *b)
{
	size_t n = 0;

	while (n < a->l && n < b->l && a->p[n] == b->p[n])
		++n;

	return n;
}


static unsigned width(void)
{
	struct winsize ws;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) || !ws.ws_col)
		return WIDTH;

	return ws.ws_col;
}


static void show_words(const struct pl *list)
{
	struct pl rest = *list, word;
	size_t longest = 1, col = 0, columns;

	while (pl_next(&word, &rest, '\n'))
		longest = word.l > longest ? word.l : longest;

	longest += COLUMN_GAP;
	columns = width() / longest;
	columns = columns ? columns : 1;

	(void)fputc('\n', stdout);

	for (rest = *list; pl_next(&word, &rest, '\n') && word.l;) {
		const bool end = ++col % columns == 0;

		(void)re_fprintf(stdout, "%r", &word);
		for (size_t i = word.l; !end && i < longest; i++)
			(void)fputc(' ', stdout);
		if (end)
			(void)fputc('\n', stdout);
	}

	if (col % columns)
		(void)fputc('\n', stdout);
}


/* Characters in the last n bytes before the cursor */
static int chars_back(const LineInfo *li, size_t n)
{
	int chars = 0;

	for (const char *p = li->cursor - n; p < li->cursor; p++)
		chars += ((unsigned char)*p & 0xc0) != 0x80;

	return chars;
}


static unsigned char insert(EditLine *el, size_t replaced,
			    const struct pl *with, bool whole)
{
	const LineInfo *li = el_line(el);
	char text[CONTROL_LINE];

	if (replaced > (size_t)(li->cursor - li->buffer) ||
	    re_snprintf(text, sizeof(text), whole ? "%r " : "%r", with) < 0)
		return CC_ERROR;

	el_deletestr(el, chars_back(li, replaced));

	return el_insertstr(el, text) ? CC_ERROR : CC_REFRESH;
}


/* "BYTES\nWORD\nWORD\n" */
static unsigned char use_words(EditLine *el, struct pl answer)
{
	struct pl rest = answer, word, same, list;
	uint64_t replaced;
	size_t n = 0;

	if (!pl_next(&word, &rest, '\n') ||
	    num_decode(&replaced, &word, CONTROL_LINE))
		return CC_ERROR;

	list = rest;
	pl_set_str(&same, "");

	while (pl_next(&word, &rest, '\n') && word.l) {
		if (n++)
			same.l = common(&same, &word);
		else
			same = word;
	}

	if (!n)
		return CC_ERROR;

	if (n == 1 || same.l > replaced)
		return insert(el, (size_t)replaced, &same, n == 1);

	show_words(&list);

	return CC_REDISPLAY;
}


static unsigned char complete(EditLine *el, int ch)
{
	const LineInfo *li = el_line(el);
	char line[CONTROL_LINE];
	struct frame f;
	struct pl pl;

	pl.p = li->buffer;
	pl.l = (size_t)(li->cursor - li->buffer);

	if (pl_copy(line, sizeof(line), &pl))
		return CC_ERROR;

	screen->err = conn_send(screen->conn, "complete", line);

	while (!screen->err) {
		screen->err = conn_frame(screen->conn, &f, true);
		if (screen->err)
			break;

		if (f.type == FRAME_WORDS) {
			pl.p = f.p;
			pl.l = f.n;
			return use_words(el, pl);
		}

		(void)client_show(&f);
	}

	return CC_EOF;
}


/* --- start and end ------------------------------------------------------- */

static void history_open(struct screen *s)
{
	const char *home = getenv("HOME");
	HistEvent ev;

	s->hist = history_init();
	if (!s->hist)
		return;

	(void)history(s->hist, &ev, H_SETSIZE, HISTORY);
	(void)history(s->hist, &ev, H_SETUNIQUE, 1);

	if (home && re_snprintf(s->file, sizeof(s->file),
				"%s/.tandem_history", home) > 0)
		(void)history(s->hist, &ev, H_LOAD, s->file);

	(void)el_set(s->el, EL_HIST, history, s->hist);
}


static void history_close(struct screen *s)
{
	HistEvent ev;
	mode_t old;

	if (!s->hist)
		return;

	/* commands may hold numbers and secrets: nobody else's to read */
	old = umask(077);
	if (*s->file)
		(void)history(s->hist, &ev, H_SAVE, s->file);
	(void)umask(old);

	history_end(s->hist);
}


static bool screen_open(struct screen *s, struct conn *c)
{
	memset(s, 0, sizeof(*s));
	s->conn = c;
	screen  = s;

	(void)setlocale(LC_CTYPE, "");

	s->el = el_init("tandem", stdin, stdout, stderr);
	if (!s->el)
		return false;

	(void)el_set(s->el, EL_PROMPT, prompt);
	(void)el_set(s->el, EL_EDITOR, "emacs");
	(void)el_set(s->el, EL_SIGNAL, 1);
	(void)el_set(s->el, EL_GETCFN, read_key);
	(void)el_set(s->el, EL_ADDFN, "complete", "ask the daemon", complete);
	(void)el_set(s->el, EL_BIND, "^I", "complete", NULL);
	(void)el_set(s->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	history_open(s);

	return true;
}


static void screen_close(struct screen *s)
{
	history_close(s);
	el_end(s->el);
	screen = NULL;
}


static bool is_leaving(const char *line)
{
	return !strcmp(line, "quit") || !strcmp(line, "exit");
}


/* @return true to go on */
static bool one_line(struct screen *s, int *statusp)
{
	char line[CONTROL_LINE];
	HistEvent ev;
	const char *raw;
	struct pl pl;
	int n;

	raw = el_gets(s->el, &n);
	if (!raw || n <= 0)
		return false;

	pl.p = raw;
	pl.l = (size_t)n;
	pl   = pl_trim(pl);

	if (!pl.l)
		return true;

	if (pl_copy(line, sizeof(line), &pl)) {
		(void)fputs("The line is too long\n", stdout);
		return true;
	}

	if (s->hist)
		(void)history(s->hist, &ev, H_ENTER, line);

	if (is_leaving(line))
		return false;

	s->err = client_run(s->conn, line, statusp);

	return !s->err;
}


int client_edit(struct conn *c)
{
	struct screen s;
	int status = 0, err;

	if (!screen_open(&s, c))
		return 1;

	err = conn_send(c, "attach", NULL);
	if (!err)
		err = client_run(c, "core show version", &status);

	while (!err && one_line(&s, &status))
		;

	err = err ? err : s.err;
	screen_close(&s);

	if (err)
		(void)re_fprintf(stderr, "\nDisconnected from tandem (%m)\n",
				 err);
	else
		(void)fputc('\n', stdout);

	return err ? 1 : 0;
}
