/**
 * @file config/parse.h  The file dialect of Asterisk's .conf files
 *
 * One thread at a time.  A file with all that it includes becomes a struct
 * conf_file: sections in the order of the text, templates already copied into
 * the sections that name them.  What the keys mean is not known here.
 */
#ifndef TANDEM_CONFIG_PARSE_H
#define TANDEM_CONFIG_PARSE_H

#include "base/compat.h"
#include "config/finding.h"

enum {
	CONF_LINE_MAX = 8191,      /* bytes of a line */
	CONF_INCLUDE_DEPTH = 10,   /* files inside each other */
	CONF_INCLUDE_FILES = 65536, /* files in all */
	CONF_NEST_MAX = 128,       /* ;-- inside ;-- */
};

/** key = value */
struct conf_var {
	struct le le;
	char *name;           /* as written; compare without case */
	char *value;          /* trimmed, comments removed; never NULL */
	char *cut;            /* comment that touched the value: what follows
				 ';' in "a=b;c"; NULL if none */
	struct conf_pos pos;  /* of the name */
	uint32_t vcol;        /* column of the value */
	bool inherited;       /* copied from a template or base section */
	bool made;            /* of another line, whose place it has */
};

/** [name] */
struct conf_section {
	struct le le;
	struct le hle;
	char *name;
	struct conf_pos pos;
	bool tmpl;          /* (!): only a source for others */
	bool trunk;         /* (trunk) of sip.conf, and no section is called
			       so: a trunk group */
	struct list vars;   /* struct conf_var */
};

/** A file with its includes; refcounted */
struct conf_file {
	struct le le;         /* free for the holder */
	char *path;
	struct list sections; /* struct conf_section */
	struct hash *hash;    /* sections by name without case */
	struct list names;    /* file names that positions point to */
};

/**
 * Read a file
 *
 * @param fp    Result; set only on success
 * @param dir   Directory that the name and its includes are relative to
 * @param name  File
 * @param f     Findings
 *
 * @return 0 if success, ENOENT if the file does not exist (no finding then),
 *         EBADMSG if it cannot be read (with a finding), ENOMEM.  What is
 *         wrong in the text, and an include that cannot be had, are errors
 *         among the findings, not here
 */
int conffile_read(struct conf_file **fp, const char *dir, const char *name,
		  struct findings *f);

/** As conffile_read(), from memory; `dir` NULL refuses every include */
int conffile_parse(struct conf_file **fp, const char *dir, const char *name,
		   const struct pl *text, struct findings *f);

/** Is this path one of its files: itself, or one that it includes? */
bool conffile_has(const struct conf_file *cf, const char *path);

/** Each of its files, itself first */
void conffile_names(const struct conf_file *cf,
		    void (*h)(const char *path, void *arg), void *arg);

/** First section of that name, case ignored; NULL if none */
const struct conf_section *conffile_section(const struct conf_file *cf,
					    const char *name);

/** Last value of a key in a section, case ignored; NULL if none */
const struct conf_var *conf_section_var(const struct conf_section *sec,
					const char *name);

/** Append a line that stands for another one, at its place */
int conf_var_add(struct conf_section *sec, const char *name, const char *value,
		 const struct conf_pos *pos);

/** Position of the value of a variable */
struct conf_pos conf_var_vpos(const struct conf_var *var);

/** Join a relative path to a directory; an absolute one stays as it is */
int path_join(char **pathp, const char *dir, const char *name);

#endif
