/**
 * @file tests/unit/fake_store.h  A store without a disk
 *
 * The database is a list; of the call records and the queue log the text is
 * kept for the test to look at.
 */
#ifndef TANDEM_TESTS_FAKE_STORE_H
#define TANDEM_TESTS_FAKE_STORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <re.h>
#include "store/store.h"

static struct store_cdr last_cdr;
static char cdr_trace[8192], cdr_text[256], rec_text[256];
static bool trace_all;   /* cdr_trace has those of all calls */
static char cdr_rec[32]; /* worst state of its recordings */
static unsigned cdrs;
static struct list db;


int store_cdr_put(const struct store_cdr *cdr)
{
	++cdrs;
	last_cdr = *cdr; /* its numbers; most texts do not live on */
	str_ncpy(cdr_rec, cdr->rec_state, sizeof(cdr_rec));
	(void)re_snprintf(cdr_text, sizeof(cdr_text),
			  "%s|%s|%s|%s|%s|%u|%u|%s|%u", cdr->src, cdr->dst,
			  cdr->lastapp, cdr->dstchannel, cdr->disposition,
			  cdr->duration, cdr->billsec, cdr->hangup_by,
			  cdr->hangup_cause);
	size_t have = trace_all ? strlen(cdr_trace) : 0;

	(void)re_snprintf(cdr_trace + have, sizeof(cdr_trace) - have, "%s",
			  cdr->trace ? cdr->trace : "");

	return 0;
}


int store_cdr_recording(const char *uniqueid, const char *state,
			const char *path, const char *why, uint64_t ms)
{
	(void)re_snprintf(rec_text, sizeof(rec_text), "%s %s", state, path);

	return 0;
}


/* "EVENT agent data|data" of the queue_log, a line each */
static char queue_lines[8192];


int store_queue_log_put(const struct store_queue_log *ql)
{
	size_t n = strlen(queue_lines);

	(void)re_snprintf(queue_lines + n, sizeof(queue_lines) - n,
			  "%s%s %s", n ? "\n" : "", ql->event, ql->agent);
	for (size_t i = 0; i < STORE_QUEUE_DATA && ql->data[i]; i++) {
		n = strlen(queue_lines);
		(void)re_snprintf(queue_lines + n, sizeof(queue_lines) - n,
				  "%s%s", i ? "|" : " ", ql->data[i]);
	}

	return 0;
}


int store_call_open(const struct store_cdr *cdr)
{
	(void)cdr;

	return 0;
}


int store_alive(void)
{
	return 0;
}


int store_cdr_recording_moved(const char *uniqueid, const char *path)
{
	(void)uniqueid;
	(void)path;

	return 0;
}


struct entry {
	struct le le;
	char *key, *val;
};


static void entry_gone(void *data)
{
	struct entry *e = data;

	list_unlink(&e->le);
	mem_deref(e->key);
	mem_deref(e->val);
}


static struct entry *entry_find(const char *family, const char *key)
{
	char name[256];
	struct le *le;

	(void)re_snprintf(name, sizeof(name), "%s/%s", family, key);
	LIST_FOREACH(&db, le)
	{
		struct entry *e = le->data;

		if (!strcmp(e->key, name))
			return e;
	}

	return NULL;
}


void store_begin(void)
{
}


void store_end(void)
{
}


int store_db_put(const char *family, const char *key, const char *value)
{
	struct entry *e = mem_zalloc(sizeof(*e), entry_gone);

	mem_deref(entry_find(family, key));
	(void)re_sdprintf(&e->key, "%s/%s", family, key);
	(void)str_dup(&e->val, value);
	list_append(&db, &e->le, e);

	return 0;
}


const char *store_db_get(const char *family, const char *key)
{
	const struct entry *e = entry_find(family, key);

	return e ? e->val : NULL;
}


int store_db_del(const char *family, const char *key)
{
	struct entry *e = entry_find(family, key);

	mem_deref(e);

	return e ? 0 : ENOENT;
}


static bool entry_below(const struct entry *e, const char *family,
			const char *key)
{
	char name[256];
	size_t n;

	if (!family)
		return true;

	(void)re_snprintf(name, sizeof(name), "%s%s%s", family, key ? "/" : "",
			  key ? key : "");
	n = strlen(name);

	return !strncmp(e->key, name, n) && (!e->key[n] || e->key[n] == '/');
}


size_t store_db_deltree(const char *family, const char *key)
{
	struct le *le = db.head;
	size_t n = 0;

	while (le) {
		struct entry *e = le->data;

		le = le->next;
		if (!entry_below(e, family, key))
			continue;
		mem_deref(e);
		++n;
	}

	return n;
}


size_t store_db_scan(const char *family, const char *key, store_db_h *h,
		     void *arg)
{
	struct le *le;
	size_t n = 0;

	LIST_FOREACH(&db, le)
	{
		struct entry *e = le->data;
		char *slash = strchr(e->key, '/');

		if (!entry_below(e, family, key))
			continue;
		*slash = '\0';
		if (h)
			h(e->key, slash + 1, e->val, arg);
		*slash = '/';
		++n;
	}

	return n;
}


/* --- what the test asks --------------------------------------------------- */

/** A part of the traces must be there */
static inline void trace_has(const char *part)
{
	if (!strstr(cdr_trace, part))
		fail_msg("no \"%s\" in\n%s", part, cdr_trace);
}


static inline void trace_lacks(const char *part)
{
	if (strstr(cdr_trace, part))
		fail_msg("\"%s\" in\n%s", part, cdr_trace);
}


static inline void fake_store_reset(void)
{
	list_flush(&db);
	cdrs	       = 0;
	queue_lines[0] = '\0';
	cdr_trace[0] = cdr_text[0] = rec_text[0] = '\0';
}

#endif
