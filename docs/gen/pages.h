/**
 * @file docs/gen/pages.h  The pages of the manual
 */
#ifndef TANDEM_DOCS_GEN_PAGES_H
#define TANDEM_DOCS_GEN_PAGES_H

#include "docs/gen/doc.h"

/* Man pages */
void page_tandem(struct doc *d);
void page_sip_conf(struct doc *d);
void page_tandem_conf(struct doc *d);     /* also rtp.conf, musiconhold.conf */
void page_extensions_conf(struct doc *d);

/* Parts of them that docs/ has as pages of their own */
void page_configuration(struct doc *d);   /* every option of every file */
void page_dialplan(struct doc *d);        /* applications, functions */
void page_commands(struct doc *d);        /* console */

/* options.c */
void options_sip(struct doc *d);
void options_tandem(struct doc *d);
void options_extensions(struct doc *d);

/** What of Asterisk's files is honoured */
void page_asterisk(struct doc *d);
void options_honoured(struct doc *d);

/** Rows of the option table that no page has printed */
size_t options_left(void);

#endif
