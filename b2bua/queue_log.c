/**
 * @file b2bua/queue_log.c  The file queue_log, a line an event, and its table
 *
 *   epoch|callid|queue|agent|event|data...
 *
 * Reporting programs read exactly this.  It stands in the directory `log` of
 * tandem.conf, or in `state` without one.  What a caller sent makes no
 * separators: they are replaced before anything is put together.
 */
#include <stdarg.h>
#include "b2bua/queue_priv.h"
#include "b2bua/server.h"
#include "base/clock.h"
#include "base/linefile.h"
#include "base/text.h"

enum {
	LINE_BYTES = 2048,
	CLOSE_MS = 1000,
};

static struct {
	struct linefile *file;
	char *path;
} out;


/* --- the file ------------------------------------------------------------ */

static int path_of(char **pathp, const struct config *cfg)
{
	const char *dir = cfg->dirs.log ? cfg->dirs.log : cfg->dirs.state;

	return re_sdprintf(pathp, "%s/queue_log", dir ? dir : ".");
}


static void close_file(void)
{
	linefile_close(out.file, CLOSE_MS);
	out.file = NULL;
	out.path = mem_deref(out.path);
}


/* Again after a reload: the directory may be another one */
int cq_log_open(const struct config *cfg)
{
	struct linefile *file = NULL;
	char *path = NULL;
	int err = path_of(&path, cfg);

	if (!err && out.path && !strcmp(out.path, path)) {
		mem_deref(path);
		return 0;
	}

	if (!err)
		err = linefile_open(&file, path);
	if (err) {
		log_error("queue", "queue_log is not written: %m", err);
		mem_deref(path);
		return err;
	}

	close_file();
	out.file = file;
	out.path = path;
	cq_logf(NULL, NULL, NULL, "QUEUESTART", "%s", "");

	return 0;
}


void cq_log_close(void)
{
	close_file();
}


/* --- a line -------------------------------------------------------------- */

/* Separators and what does not print */
static void clean(char *buf, size_t n, const char *str)
{
	str_ncpy(buf, str ? str : "", n);
	for (char *p = buf; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == '|' || *p == 0x7f)
			*p = '_';
	}
}


static const char *or_none(char *buf, size_t n, const char *str)
{
	clean(buf, n, str_isset(str) ? str : "NONE");

	return buf;
}


static int print_line(struct re_printf *pf, const struct store_queue_log *ql)
{
	int err;

	err = re_hprintf(pf, "%llu|%s|%s|%s|%s|", ql->at_us / 1000000,
			 ql->callid, ql->queue, ql->agent, ql->event);
	for (size_t i = 0; i < STORE_QUEUE_DATA && ql->data[i]; i++)
		err |= re_hprintf(pf, "%s%s", i ? "|" : "", ql->data[i]);

	return err;
}


static void put_file(const struct store_queue_log *ql)
{
	char line[LINE_BYTES];
	int n, err = ENOBUFS;

	if (!out.file)
		return;

	n = re_snprintf(line, sizeof(line), "%H", print_line, ql);
	if (n > 0)
		err = linefile_add(out.file, line, (size_t)n);
	if (err)
		log_warning("queue", "a line of queue_log is lost: %m", err);
}


void cq_log(const char *callid, const char *queue, const char *agent,
	    const char *event, const char *const *datav, size_t datac)
{
	char id[64], name[128], who[256], what[64];
	char data[STORE_QUEUE_DATA][128];
	struct store_queue_log ql = {
		.at_us = clock_wall_us(),
		.callid = or_none(id, sizeof(id), callid),
		.queue = or_none(name, sizeof(name), queue),
		.agent = or_none(who, sizeof(who), agent),
		.event = what,
	};

	if (datac > STORE_QUEUE_DATA)
		datac = STORE_QUEUE_DATA;

	clean(what, sizeof(what), event);
	for (size_t i = 0; i < datac; i++) {
		clean(data[i], sizeof(data[i]), datav[i]);
		ql.data[i] = data[i];
	}

	put_file(&ql);
	(void)store_queue_log_put(&ql); /* it has said why */
}


void cq_logf(const char *callid, const char *queue, const char *agent,
	     const char *event, const char *fmt, ...)
{
	const char *v[STORE_QUEUE_DATA];
	char text[512];
	size_t n = 0;
	va_list ap;
	char *p = text;

	va_start(ap, fmt);
	if (re_vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);

	while (p && n < ARRAY_SIZE(v)) {
		char *bar = n + 1 < ARRAY_SIZE(v) ? strchr(p, '|') : NULL;

		v[n++] = p;
		if (bar)
			*bar++ = '\0';
		p = bar;
	}

	cq_log(callid, queue, agent, event, v, n);
}
