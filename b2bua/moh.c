/**
 * @file b2bua/moh.c  Music on hold: from a class to the files to play
 *
 * The folder of a class is read once and remembered until a reload, as the
 * list that media_play() takes.  A file that is there in several formats
 * counts once.  mode=custom names a program; it is never run.
 */
#include <dirent.h>
#include <stdlib.h>
#include "b2bua/call.h"
#include "base/text.h"

enum {
	MOH_FILES_MAX = 500,
	MOH_LIST_MAX = 32768,
};

struct moh {
	struct le le;
	char *name;
	char *files; /* "a&b"; NULL if there is nothing to play */
	bool random;
};

static struct list cache;


static void destructor(void *data)
{
	struct moh *moh = data;

	list_unlink(&moh->le);
	mem_deref(moh->name);
	mem_deref(moh->files);
}


void moh_flush(void)
{
	list_flush(&cache);
}


static bool is_audio(const char *name)
{
	static const char *const ends[] = {
		".wav",  ".wav16", ".ulaw", ".ul", ".pcm", ".alaw", ".al",
		".sln",  ".sln16", ".gsm",  ".g722", ".WAV", ".raw", ".slin",
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(ends); i++) {
		if (!str_cmp(dot, ends[i]))
			return true;
	}

	return false;
}


/* '&' would end the name in a list */
static int choose(const struct dirent *ent)
{
	return ent->d_name[0] != '.' && is_audio(ent->d_name) &&
	       !strchr(ent->d_name, '&');
}


static size_t stem(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? (size_t)(dot - name) : str_len(name);
}


static bool same_stem(const char *a, const char *b)
{
	return stem(a) == stem(b) && !strncmp(a, b, stem(a));
}


static int print_list(struct mbuf *mb, const char *dir, struct dirent **entv,
		      int n)
{
	int err = 0;

	for (int i = 0; i < n && i < MOH_FILES_MAX && !err; i++) {
		if (i && same_stem(entv[i]->d_name, entv[i - 1]->d_name))
			continue;
		if (mb->end > MOH_LIST_MAX)
			break;

		err = mbuf_printf(mb, "%s%s/%s", mb->end ? "&" : "", dir,
				  entv[i]->d_name);
	}

	return err;
}


static int read_dir(struct mbuf *mb, const char *dir)
{
	struct dirent **entv = NULL;
	int n, err;

	n = scandir(dir, &entv, choose, alphasort);
	if (n < 0)
		return errno;

	err = print_list(mb, dir, entv, n);
	for (int i = 0; i < n; i++)
		free(entv[i]);
	free(entv);

	return err;
}


/* Relative folders count from the one above the prompts */
static int read_class(struct mbuf *mb, const struct config *cfg,
		      const struct moh_class *cls)
{
	const char *dir = cls ? cls->directory : cfg->dirs.moh;
	char path[1024];
	struct le *le;
	int err = 0;

	if (cls && !list_isempty(&cls->entries)) {
		LIST_FOREACH(&cls->entries, le)
		{
			const struct var_def *def = le->data;

			err |= mbuf_printf(mb, "%s%s", mb->end ? "&" : "",
					   def->value);
		}
		return err;
	}

	if (!dir)
		dir = cfg->dirs.moh;
	if (!dir)
		return ENOENT;
	if (dir[0] == '/')
		return read_dir(mb, dir);

	if (re_snprintf(path, sizeof(path), "%s/../%s",
			cfg->dirs.sounds ? cfg->dirs.sounds : cfg->dir,
			dir) < 0)
		return ENAMETOOLONG;

	return read_dir(mb, path);
}


static bool is_random(const struct moh_class *cls)
{
	return cls && cls->sort &&
	       (!str_casecmp(cls->sort, "random") ||
		!str_casecmp(cls->sort, "randstart"));
}


static int moh_load(struct moh **mohp, const struct config *cfg,
		    const char *name)
{
	const struct moh_class *cls = config_moh(cfg, name);
	struct moh *moh = mem_zalloc(sizeof(*moh), destructor);
	struct mbuf *mb = mbuf_alloc(256);
	int err = ENOMEM;

	if (!moh || !mb || str_dup(&moh->name, name))
		goto out;

	moh->random = is_random(cls);
	err = read_class(mb, cfg, cls);
	if (!err && mb->end)
		err = mbuf_str(&moh->files, mb);
	if (!moh->files)
		log_warning("moh", "class \"%s\" has nothing to play: %m",
			    name, err ? err : ENOENT);

	/* an empty class is remembered as well: said once */
	err = 0;
	list_append(&cache, &moh->le, moh);

out:
	mem_deref(mb);
	if (err)
		mem_deref(moh);
	else
		*mohp = moh;

	return err;
}


static struct moh *moh_get(const struct config *cfg, const char *name)
{
	struct moh *moh = NULL;
	struct le *le;

	/* only names of the configuration become entries */
	if (!config_moh(cfg, name))
		name = "default";

	LIST_FOREACH(&cache, le)
	{
		moh = le->data;
		if (!str_cmp(moh->name, name))
			return moh;
	}

	return moh_load(&moh, cfg, name) ? NULL : moh;
}


static const char *class_of(const struct call *call, const char *name)
{
	if (name && name[0])
		return name;

	return call->musicclass[0] ? call->musicclass : "default";
}


int call_music(struct call *call, struct leg *leg, const char *class_name)
{
	const struct moh *moh;
	struct media_play prm;

	if (!call || !leg || !call->cfg)
		return EINVAL;

	moh = moh_get(call->cfg, class_of(call, class_name));
	if (!moh || !moh->files)
		return ENOENT;

	if (leg == call->caller)
		return call_play_loop(call, moh->files, moh->random);

	if (!leg_media(leg))
		return ENOTCONN;

	memset(&prm, 0, sizeof(prm));
	prm.files = moh->files;
	prm.loop = true;
	prm.random = moh->random;

	return media_play(leg_media(leg), &prm);
}
