/**
 * @file control/import_opts.c  Which options an old directory uses
 */
#include "config/opt.h"
#include "config/parse.h"
#include "control/import.h"


/* clang-format off */
static const struct {
	const char *file;
	unsigned general, other; /* scopes of [general] and of other sections */
} files[] = {
	{"sip.conf",         OPT_G,              OPT_P},
	{"rtp.conf",         OPT_RTP,            0},
	{"musiconhold.conf", 0,                  OPT_MOH},
	{"voicemail.conf",   OPT_VM | OPT_VMBOX, 0},
	{"queues.conf",      OPT_QUEUES,         OPT_QUEUE},
	{"extensions.conf",  OPT_EXT,            0},
};
/* clang-format on */


static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}


static int section_options(struct import *im, const struct opt_index *ix,
			   const struct conf_section *sec, unsigned mask)
{
	int err = 0;

	for (struct le *le = sec->vars.head; le && !err; le = le->next) {
		const struct conf_var *var = le->data;
		const struct opt *opt;
		struct pl name;

		/* a template's line counts once */
		if (var->inherited || var->made)
			continue;

		opt = opt_lookup(ix, var->name, mask);
		if (!opt)
			continue;

		pl_set_str(&name, var->name);
		err = import_use_add(im, IMPORT_OPTION, name, &var->pos, opt);
	}

	return err;
}


static int file_options(struct import *im, const struct conf_file *cf,
			unsigned general, unsigned other)
{
	struct opt_index *ix;
	int err = opt_index_alloc(&ix, general | other);

	for (struct le *le = cf->sections.head; le && !err; le = le->next) {
		const struct conf_section *sec = le->data;
		const unsigned mask = str_casecmp(sec->name, "general")
					      ? other
					      : general;

		if (mask)
			err = section_options(im, ix, sec, mask);
	}

	mem_deref(ix);

	return err;
}


int import_options(struct import *im)
{
	int err = 0;

	for (struct le *le = im->cfg->files.head; le && !err; le = le->next) {
		const struct conf_file *cf = le->data;

		for (size_t i = 0; i < ARRAY_SIZE(files) && !err; i++) {
			if (!strcmp(base_name(cf->path), files[i].file))
				err = file_options(im, cf, files[i].general,
						   files[i].other);
		}
	}

	return err;
}


const char *import_opt_state(const void *what)
{
	const struct opt *opt = what;

	switch (opt->how) {

	case OPT_HONOURED: return "honoured";
	case OPT_ACCEPTED: return "does something else";
	case OPT_LEGACY:   return "has no effect, nor had it with Asterisk";
	case OPT_REFUSED:  return "refused if it says yes";
	}

	return "";
}
