/**
 * @file config/finding.c  Findings: adding, ordering, printing
 */
#include "config/finding.h"

#include <stdlib.h>


static void finding_destructor(void *arg)
{
	struct finding *fi = arg;

	list_unlink(&fi->le);
	mem_deref((char *)fi->pos.file);
	mem_deref(fi->text);
}


static void findings_destructor(void *arg)
{
	struct findings *f = arg;

	list_flush(&f->list);
}


int findings_alloc(struct findings **fp)
{
	struct findings *f;

	if (!fp)
		return EINVAL;

	f = mem_zalloc(sizeof(*f), findings_destructor);
	if (!f)
		return ENOMEM;

	*fp = f;
	return 0;
}


/* A value from the file may hold anything; one finding stays one line. */
static void tame(char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
	}
}


void finding_add(struct findings *f, enum severity severity,
		 const struct conf_pos *pos, const char *fmt, ...)
{
	struct finding *fi;
	char *file = NULL;
	va_list ap;
	int err = 0;

	if (!f || !fmt || severity >= SEVERITY_MAX)
		return;

	++f->count[severity];

	fi = mem_zalloc(sizeof(*fi), finding_destructor);
	if (!fi)
		goto fail;

	fi->severity = severity;

	if (pos) {
		fi->pos.line = pos->line;
		fi->pos.col  = pos->col;
		if (pos->file)
			err = str_dup(&file, pos->file);
		fi->pos.file = file;
	}

	va_start(ap, fmt);
	err |= re_vsdprintf(&fi->text, fmt, ap);
	va_end(ap);
	if (err)
		goto fail;

	tame(fi->text);
	list_append(&f->list, &fi->le, fi);
	return;

fail:
	mem_deref(fi);
	f->out_of_memory = true;
}


uint32_t findings_count(const struct findings *f)
{
	uint32_t n = 0;

	for (size_t i = 0; f && i < SEVERITY_MAX; i++)
		n += f->count[i];

	return n;
}


void findings_kind(struct findings *f, uint32_t since, enum finding_kind kind)
{
	uint32_t n = findings_count(f);

	for (struct le *le = f ? f->list.tail : NULL; le && n > since;
	     le = le->prev, n--)
		((struct finding *)le->data)->kind = kind;
}


bool findings_refuse(const struct findings *f)
{
	return f && (f->count[SEVERITY_ERROR] || f->out_of_memory);
}


int findings_verdict(struct findings *f, char **why)
{
	const struct finding *fi = list_ledata(f->list.head);
	int err = 0;

	if (f->out_of_memory)
		err = ENOMEM;
	else if (fi) {
		err = EINVAL;
		if (why && str_dup(why, fi->text))
			err = ENOMEM;
	}

	mem_deref(f);

	return err;
}


static int pos_cmp(const struct conf_pos *a, const struct conf_pos *b)
{
	if (!a->file || !b->file)
		return (a->file ? 1 : 0) - (b->file ? 1 : 0);

	int n = strcmp(a->file, b->file);
	if (n)
		return n;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;

	return a->col < b->col ? -1 : a->col > b->col;
}


struct sort_ent {
	struct finding *fi;
	size_t at; /* place before sorting */
};


static bool same(const struct finding *a, const struct finding *b)
{
	return a->severity == b->severity && !pos_cmp(&a->pos, &b->pos) &&
		!strcmp(a->text, b->text);
}


static int ent_cmp(const void *pa, const void *pb)
{
	const struct sort_ent *a = pa, *b = pb;

	int n = pos_cmp(&a->fi->pos, &b->fi->pos);
	if (n)
		return n;

	return a->at < b->at ? -1 : 1;
}


void findings_sort(struct findings *f)
{
	size_t n = 0;

	if (!f || list_isempty(&f->list))
		return;

	const size_t max = list_count(&f->list);

	struct sort_ent *v = mem_zalloc(max * sizeof(*v), NULL);
	if (!v)
		return; /* the order of discovery is as true */

	for (struct le *le = f->list.head; le; le = le->next, n++) {
		v[n].fi = le->data;
		v[n].at = n;
	}

	qsort(v, n, sizeof(*v), ent_cmp);

	const struct finding *last = NULL;

	for (size_t i = 0; i < n; i++) {
		struct finding *fi = v[i].fi;

		list_unlink(&fi->le);

		if (last && fi->pos.line && same(last, fi)) {
			--f->count[fi->severity];
			mem_deref(fi);
			continue;
		}

		list_append(&f->list, &fi->le, fi);
		last = fi;
	}

	mem_deref(v);
}


const char *severity_name(enum severity severity)
{
	switch (severity) {
	case SEVERITY_INFO: return "info";
	case SEVERITY_WARNING: return "warning";
	case SEVERITY_ERROR: return "error";
	case SEVERITY_MAX: break;
	}

	return "?";
}


int finding_print(struct re_printf *pf, const struct finding *fi)
{
	int err = 0;

	if (!fi)
		return 0;

	if (fi->pos.file && fi->pos.line)
		err = re_hprintf(pf, "%s:%u:%u: ", fi->pos.file, fi->pos.line,
				 fi->pos.col);
	else if (fi->pos.file)
		err = re_hprintf(pf, "%s: ", fi->pos.file);

	return err | re_hprintf(pf, "%s: %s", severity_name(fi->severity),
				fi->text);
}


int findings_print(struct re_printf *pf, const struct findings *f)
{
	int err = 0;

	if (!f)
		return 0;

	for (struct le *le = f->list.head; le && !err; le = le->next)
		err = re_hprintf(pf, "%H\n", finding_print, le->data);

	if (f->out_of_memory)
		err |= re_hprintf(pf, "error: out of memory, findings lost\n");

	return err;
}


const struct finding *findings_find(const struct findings *f, const char *part)
{
	if (!f || !part)
		return NULL;

	for (struct le *le = f->list.head; le; le = le->next) {
		const struct finding *fi = le->data;

		if (strstr(fi->text, part))
			return fi;
	}

	return NULL;
}
