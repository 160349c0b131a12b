/**
 * @file docs/gen/doc.h  A page of the manual, as Markdown or as a man page
 *
 * One thread, stdout.  The pages are written from the tables that the program
 * itself works with, so they cannot say something else.
 *
 * In a text, what stands between two backquotes is code.
 */
#ifndef TANDEM_DOCS_GEN_DOC_H
#define TANDEM_DOCS_GEN_DOC_H

#include "base/compat.h"

enum doc_format {
	DOC_MD,
	DOC_MAN,
};

struct doc {
	enum doc_format format;
	int err;          /* the first one; later output is left out */
	bool item_open;   /* Markdown: a list or table has begun */
	unsigned words;   /* of a list of words */
};

/** Begin.  section: of the manual (5, 8); brief: one sentence, small first
 *  letter, no full stop */
void doc_title(struct doc *d, const char *name, unsigned section,
	       const char *brief);

/** level 1 or 2 */
void doc_head(struct doc *d, unsigned level, const char *text);

void doc_para(struct doc *d, const char *text);

/** As written, line by line */
void doc_code(struct doc *d, const char *text);

/** A term and what it means; may be followed by doc_more() */
void doc_item(struct doc *d, const char *term, const char *text);

/** One more paragraph of the last item */
void doc_more(struct doc *d, const char *text);

/** Markdown only: the head of a table of two columns, and its rows.  The
 *  first column is code */
void doc_table(struct doc *d, const char *left, const char *right);
void doc_row(struct doc *d, const char *left, const char *right);

/** Markdown only: a word of a list in one paragraph, which doc_words_end()
 *  ends */
void doc_word(struct doc *d, const char *word);
void doc_words_end(struct doc *d);

#endif
