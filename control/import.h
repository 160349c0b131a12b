/**
 * @file control/import.h  tandem import: what becomes of an old directory
 *
 * A program without a running server; one thread.  Reads a directory of
 * Asterisk (or FreePBX, or sipd), checks it as -t does, and prints a page in
 * Markdown: what has to be mended, what is not done here, what does something
 * else, and what is honoured.  Nothing is written unless a folder is named
 * for it.
 */
#ifndef TANDEM_CONTROL_IMPORT_H
#define TANDEM_CONTROL_IMPORT_H

#include "config/config.h"

enum { IMPORT_USAGE = 2 };

/** Something that the files name, and how often */
struct import_use {
	struct le le;  /* import->uses[...], in the order of appearance */
	struct le hle;
	char *name;
	unsigned n;
	struct conf_pos pos; /* the first */
	const void *what;    /* struct opt, app or func; NULL */
};

enum import_what {
	IMPORT_OPTION,
	IMPORT_APP,
	IMPORT_FUNC,
	IMPORT_AGI,    /* programs of AGI() */
	IMPORT_PROMPT, /* files of Playback and the like */
	IMPORT_WHAT_MAX
};

struct import {
	const char *dir;
	const char *out;     /* --write; NULL */
	const struct config_names *names;
	struct config *cfg;  /* NULL if it cannot be read */
	struct findings *f;
	int err;             /* of config_look() */
	struct list uses[IMPORT_WHAT_MAX];
	struct hash *hash[IMPORT_WHAT_MAX];
};

/**
 * tandem import DIR [--write OUT]
 *
 * @param argv  Words behind "import"
 *
 * @return Exit status: 0, 1 if something cannot be written, 2 for a wrong
 *         command line, 78 if the directory would be refused
 */
int import_main(int argc, char *const argv[],
		const struct config_names *names);

/** What the files use: import_use.c */
int import_collect(struct import *im);
void import_forget(struct import *im);

/** Count one use; the same name again only counts */
int import_use_add(struct import *im, enum import_what kind, struct pl name,
		   const struct conf_pos *pos, const void *what);

/** Options of all files, and what becomes of one: import_opts.c */
int import_options(struct import *im);
const char *import_opt_state(const void *what);

/** The page: import_page.c */
int import_page(struct mbuf *mb, const struct import *im);

/** The page while it is written; err gathers what fails */
struct import_text {
	struct mbuf *mb;
	const struct import *im;
	unsigned section;
	int err;
};
/** Text of the page; re_printf formats */
void im_put(struct import_text *p, const char *fmt, ...);
/** The numbered title of its next section */
void im_head(struct import_text *p, const char *title);

/** A section of findings, if there are any: import_group.c
 *
 * @param errors  Those that refuse the directory; else those of `kind`
 */
void import_findings(struct import_text *p, const char *title,
		     const char *about, bool errors, enum finding_kind kind);

/** Sections of the files: import_files.c */
void import_links(struct import_text *p);
void import_files(struct import_text *p);

/** A position as "sip.conf:12", seen from the directory, for %H */
struct import_place {
	const struct import *im;
	const struct conf_pos *pos;
};
int import_place_print(struct re_printf *pf, const struct import_place *p);

/** True if a prompt is in one of the directories of sounds */
bool import_has_prompt(const struct import *im, const char *name);

#endif
