/**
 * @file docs/gen/main.c  Write a page of the manual to stdout
 *
 *   mkdocs md configuration|dialplan|console|asterisk
 *   mkdocs man tandem|sip.conf|extensions.conf|tandem.conf
 */
#include <stdio.h>
#include "docs/gen/pages.h"


/* page_commands() is a part of tandem(8) and has no title there */
static void page_console(struct doc *d)
{
	doc_title(d, "Console commands", 8, "");
	doc_para(d, "`tandem -r` attaches to the running daemon, `tandem -rx "
		 "'COMMAND'` runs one command and exits with its status.");
	page_commands(d);
}


static const struct {
	enum doc_format format;
	const char *name;
	void (*print)(struct doc *d);
	bool all_options; /* prints the whole table */
} pages[] = {
	{DOC_MD, "configuration", page_configuration, true},
	{DOC_MD, "dialplan", page_dialplan, false},
	{DOC_MD, "console", page_console, false},
	{DOC_MD, "asterisk", page_asterisk, false},
	{DOC_MAN, "tandem", page_tandem, false},
	{DOC_MAN, "sip.conf", page_sip_conf, false},
	{DOC_MAN, "extensions.conf", page_extensions_conf, false},
	{DOC_MAN, "tandem.conf", page_tandem_conf, false},
};


static int print_page(const char *format, const char *name)
{
	struct doc d = {
		.format = str_cmp(format, "man") ? DOC_MD : DOC_MAN,
	};

	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		if (pages[i].format != d.format ||
		    str_cmp(pages[i].name, name))
			continue;

		pages[i].print(&d);
		if (!d.err && pages[i].all_options && options_left()) {
			(void)fputs("mkdocs: a scope of the option table has "
				    "no section\n", stderr);
			return EINVAL;
		}

		return d.err ? d.err : fflush(stdout) ? EIO : 0;
	}

	return ENOENT;
}


int main(int argc, char *argv[])
{
	int err;

	if (argc != 3) {
		(void)fputs("usage: mkdocs md|man PAGE\n", stderr);
		return 2;
	}

	err = libre_init();
	if (!err)
		err = print_page(argv[1], argv[2]);
	if (err)
		(void)re_fprintf(stderr, "mkdocs: %s %s: %m\n", argv[1],
				 argv[2], err);
	libre_close();

	return err ? 1 : 0;
}
