/**
 * @file control/complete.c  What can stand at the end of a line
 */
#include <stdlib.h>
#include "base/compat.h"
#include "control/command.h"


enum { CANDIDATES_MAX = 1000 };


static void offer_words(struct cmd_ctx *ctx, const struct cmd_set *set,
			size_t i)
{
	struct pl pl;

	for (size_t k = 0; k < set->n; k++) {
		char word[64];

		if (!cmd_word(set->v[k], i, &pl) ||
		    pl_strcpy(&pl, word, sizeof(word)))
			continue;

		cmd_candidate(ctx, word);
	}
}


static void offer(struct cmd_ctx *ctx, const struct words *w, size_t n,
		  const char *prefix)
{
	struct cmd_match m;

	cmd_find(&m, w->v, n);

	if (m.at == n && !m.ambiguous)
		offer_words(ctx, &m.set, n);

	if (m.cmd && m.cmd->complete && !m.ambiguous)
		m.cmd->complete(ctx, (unsigned)(n - m.used), prefix);
}


static int by_text(const void *a, const void *b)
{
	const struct word *const *wa = a, *const *wb = b;

	return strcmp((*wa)->str, (*wb)->str);
}


static int print_sorted(struct mbuf *mb, struct list *list)
{
	const size_t n  = list_count(list);
	struct word **v = mem_alloc((n + 1) * sizeof(*v), NULL);
	size_t i = 0, shown = 0;
	int err  = 0;

	if (!v)
		return ENOMEM;

	for (struct le *le = list->head; le; le = le->next)
		v[i++] = le->data;

	qsort(v, n, sizeof(*v), by_text);

	for (i = 0; i < n && shown < CANDIDATES_MAX; i++) {
		if (i && !strcmp(v[i]->str, v[i - 1]->str))
			continue;

		err |= word_print(mb, v[i]->str);
		err |= mbuf_write_u8(mb, '\n');
		++shown;
	}

	mem_deref(v);

	return err;
}


int console_complete(struct mbuf *mb, const char *line)
{
	struct list list   = LIST_INIT;
	struct cmd_ctx *ctx;
	const char *prefix = "";
	struct words w;
	size_t n;
	int err;

	if (!mb || !line)
		return EINVAL;

	err = words_split(&w, line);
	if (err)
		return err;

	n = w.n;
	if (!w.finished)
		prefix = w.v[--n];

	err = mbuf_printf(mb, "%u\n", (unsigned)(strlen(line) - w.last));

	ctx = cmd_ctx_for_words(&list, prefix);
	if (ctx)
		offer(ctx, &w, n, prefix);
	else
		err = ENOMEM;

	if (!err)
		err = print_sorted(mb, &list);

	list_flush(&list);
	mem_deref(ctx);
	words_reset(&w);

	return err;
}
