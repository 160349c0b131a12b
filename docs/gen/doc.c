/**
 * @file docs/gen/doc.c  Writing Markdown and man(7)
 *
 * Markdown: `*`, `<` and `\` of a text are escaped outside of code.  man: a
 * backslash and a hyphen are, and a dot or quote at the beginning of a line.
 */
#include <stdio.h>
#include "docs/gen/doc.h"


static void put(struct doc *d, const char *fmt, ...)
{
	va_list ap;

	if (d->err)
		return;

	va_start(ap, fmt);
	if (re_vfprintf(stdout, fmt, ap) < 0)
		d->err = EIO;
	va_end(ap);
}


static void put_md(struct doc *d, const char *text)
{
	bool code = false;

	for (const char *p = text; *p; p++) {
		if (*p == '`')
			code = !code;
		else if (!code && strchr("*<\\", *p))
			put(d, "\\");
		put(d, "%c", *p);
	}
}


static void put_man(struct doc *d, const char *text)
{
	bool code = false;

	if (*text == '.' || *text == '\'')
		put(d, "\\&");

	for (const char *p = text; *p; p++) {
		if (*p == '`') {
			code = !code;
			put(d, code ? "\\fB" : "\\fR");
		}
		else if (*p == '\\') {
			put(d, "\\e");
		}
		else if (*p == '-') {
			put(d, "\\-");
		}
		else {
			put(d, "%c", *p);
		}
	}
}


static void put_text(struct doc *d, const char *text)
{
	if (d->format == DOC_MD)
		put_md(d, text);
	else
		put_man(d, text);
}


/* A list in Markdown ends with an empty line */
static void end_items(struct doc *d)
{
	if (d->format == DOC_MD && d->item_open)
		put(d, "\n");
	d->item_open = false;
}


void doc_title(struct doc *d, const char *name, unsigned section,
	       const char *brief)
{
	if (d->format == DOC_MD) {
		put(d, "# %s\n\n", name);
		return;
	}

	put(d, ".\\\" Written by docs/gen from the tables of the program\n");
	put(d, ".TH \"%s\" %u \"\" \"Tandem " TANDEM_VERSION "\"\n", name,
	    section);
	put(d, ".SH NAME\n%s \\- ", name);
	put_man(d, brief);
	put(d, "\n");
}


void doc_head(struct doc *d, unsigned level, const char *text)
{
	end_items(d);

	if (d->format == DOC_MD) {
		put(d, "%s ", level == 1 ? "##" : "###");
		put_md(d, text);
		put(d, "\n\n");
		return;
	}

	put(d, level == 1 ? ".SH \"" : ".SS \"");
	put_man(d, text);
	put(d, "\"\n");
}


void doc_para(struct doc *d, const char *text)
{
	end_items(d);

	if (d->format == DOC_MAN)
		put(d, ".PP\n");
	put_text(d, text);
	put(d, d->format == DOC_MD ? "\n\n" : "\n");
}


/* Lines that begin with a dot are text, too */
static void put_man_lines(struct doc *d, const char *text)
{
	bool begin = true;

	for (const char *p = text; *p; p++) {
		if (begin && (*p == '.' || *p == '\''))
			put(d, "\\&");
		begin = *p == '\n';

		if (*p == '\\')
			put(d, "\\e");
		else if (*p == '-')
			put(d, "\\-");
		else
			put(d, "%c", *p);
	}
}


void doc_code(struct doc *d, const char *text)
{
	end_items(d);

	if (d->format == DOC_MD) {
		put(d, "```\n%s```\n\n", text);
		return;
	}

	put(d, ".PP\n.nf\n.RS 4\n");
	put_man_lines(d, text);
	put(d, ".RE\n.fi\n");
}


void doc_item(struct doc *d, const char *term, const char *text)
{
	if (d->format == DOC_MD) {
		put(d, "- `%s`: ", term);
		put_md(d, text);
		put(d, "\n");
		d->item_open = true;
		return;
	}

	put(d, ".TP\n.B ");
	put_man(d, term);
	put(d, "\n");
	put_man(d, text);
	put(d, "\n");
}


void doc_more(struct doc *d, const char *text)
{
	if (d->format == DOC_MD) {
		put(d, "  ");
		put_md(d, text);
		put(d, "\n");
		return;
	}

	put(d, ".br\n");
	put_man(d, text);
	put(d, "\n");
}


void doc_table(struct doc *d, const char *left, const char *right)
{
	end_items(d);
	put(d, "| %s | %s |\n|---|---|\n", left, right);
	d->item_open = true;
}


void doc_row(struct doc *d, const char *left, const char *right)
{
	put(d, "| `%s` | ", left);
	put_md(d, right);
	put(d, " |\n");
}


void doc_word(struct doc *d, const char *word)
{
	end_items(d);
	put(d, "%s`%s`", !d->words++ ? "" : d->words % 6 == 1 ? ",\n" : ", ",
	    word);
}


void doc_words_end(struct doc *d)
{
	if (d->words)
		put(d, "\n\n");
	d->words = 0;
}
