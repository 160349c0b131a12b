/**
 * @file config/parse_int.h  Inside of the file reader
 *
 * Shared by parse.c (the text), include.c (files that are opened) and
 * conffile.c (what they become).
 */
#ifndef TANDEM_CONFIG_PARSE_INT_H
#define TANDEM_CONFIG_PARSE_INT_H

#include "config/parse.h"

/** One file being read; they form a stack through `up` */
struct reader {
	struct conf_file *cf;
	const char *dir;          /* NULL: no includes */
	struct findings *f;
	struct reader *up;        /* the file that included this one */
	uint32_t *files;          /* files opened in all */
	uint64_t dev, ino;        /* which file this is */

	struct conf_section *sec; /* current section */
	struct conf_pos pos;      /* of the line being read */
	uint32_t nest_line[CONF_NEST_MAX]; /* where each ;-- was opened */
	unsigned nest;            /* open block comments */
	bool deep;                /* too many of them: it was told */
	bool early;               /* text before the first section was told */
};

/** Read all lines of a text; what refuses it is among the findings */
int reader_text(struct reader *rd, const struct pl *text);

/** Carry out "#include x"; the text begins after '#' */
int reader_directive(struct reader *rd, const struct pl *text);

/** Refuse the file: adds the finding and returns 0, reading goes on */
int reader_refuse(struct reader *rd, uint32_t col, const char *what);

/** Keep a file name as long as the struct conf_file lives */
int conffile_add_name(const char **namep, struct conf_file *cf,
		      const char *name);

int conffile_alloc(struct conf_file **cfp, const char *path);

/** First section of that name, case ignored; NULL */
struct conf_section *conffile_find(const struct conf_file *cf,
				   const struct pl *name);

/** "(+a=b)": the section of that name whose variable a is b; NULL */
struct conf_section *conffile_filter(const struct conf_file *cf,
				     const struct pl *name,
				     const struct pl *filter);

/** Append a section, unless it is in its place already.  The file owns it */
void conffile_add_section(struct conf_file *cf, struct conf_section *sec);

/** A section that is in no file yet; free it with mem_deref() */
int conf_section_alloc(struct conf_section **secp, const struct pl *name,
		       const struct conf_pos *pos);

/** Append the variables that another section has by now, with shared texts */
int conf_section_inherit(struct conf_section *sec,
			 const struct conf_section *base);

/** An empty variable that is in no section yet; NULL if out of memory */
struct conf_var *conf_var_alloc(void);

/** The last one of that name, case ignored; NULL */
struct conf_var *conf_var_last(const struct conf_section *sec,
			       const char *name);

#endif
