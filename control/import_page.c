/**
 * @file control/import_page.c  The page of tandem import
 *
 * Findings that say the same of several places are one item.  Each item says
 * what, where, and what to do, because the person who reads it decides line by
 * line.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "b2bua/app.h"
#include "base/rand.h"
#include "config/parse.h"
#include "control/import.h"

enum {
	PLACES_MAX = 4, /* that are written out */
};

struct page {
	struct mbuf *mb;
	const struct import *im;
	unsigned section;
	int err;
};


static void put(struct page *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	p->err |= mbuf_vprintf(p->mb, fmt, ap);
	va_end(ap);
}


static void head(struct page *p, const char *title)
{
	put(p, "\n## %u. %s\n\n", ++p->section, title);
}


int import_place_print(struct re_printf *pf, const struct import_place *p)
{
	const size_t n	 = strlen(p->im->dir);
	const char *file = p->pos->file ? p->pos->file : "";

	if (!strncmp(file, p->im->dir, n) && file[n] == '/')
		file += n + 1;

	return p->pos->line ? re_hprintf(pf, "%s:%u", file, p->pos->line)
			    : re_hprintf(pf, "%s", file);
}


/* --- in short ------------------------------------------------------------ */

static void number(struct page *p, unsigned n, const char *one,
		   const char *many)
{
	if (n)
		put(p, "- %u %s\n", n, n == 1 ? one : many);
}


static void peers(struct page *p)
{
	unsigned phones = 0, lines = 0;

	for (struct le *le = p->im->cfg->peers.head; le; le = le->next) {
		const struct peer *peer = le->data;

		if (peer->dynamic)
			++phones;
		else
			++lines;
	}

	number(p, phones, "phone (host=dynamic)", "phones (host=dynamic)");
	number(p, lines, "peer with an address of its own: a line to a "
	       "provider or another server", "peers with addresses of their "
	       "own: lines to providers or other servers");
	number(p, list_count(&p->im->cfg->regs), "registration at a provider",
	       "registrations at providers");
}


static void plan(struct page *p)
{
	unsigned contexts = 0, extens = 0, steps = 0;

	for (struct le *cl = p->im->cfg->dialplan->contexts.head; cl;
	     cl = cl->next) {
		const struct dp_context *ctx = cl->data;

		++contexts;
		for (struct le *el = ctx->extens.head; el; el = el->next) {
			const struct dp_exten *e = el->data;

			++extens;
			steps += list_count(&e->prios);
		}
	}

	put(p, "- %u contexts with %u extensions and %u steps\n", contexts,
	    extens, steps);
}


static void in_short(struct page *p)
{
	const struct findings *f = p->im->f;

	head(p, "In short");

	if (p->im->cfg) {
		peers(p);
		plan(p);
		number(p, list_count(&p->im->cfg->vm.boxes), "mailbox",
		       "mailboxes");
		number(p, list_count(&p->im->cfg->queues.queues), "queue",
		       "queues");
		put(p, "\n");
	}

	if (!p->im->err)
		put(p, "Tandem starts with this directory as it is.  What "
		       "follows tells where it does something else.\n");
	else if (p->im->err == ENOENT)
		put(p, "**This is no directory that Tandem can read**, see "
		       "below.\n");
	else
		put(p, "**Tandem refuses this directory** until the %u "
		       "error%s of the next section %s mended.\n",
		    f->count[SEVERITY_ERROR],
		    f->count[SEVERITY_ERROR] == 1 ? "" : "s",
		    f->count[SEVERITY_ERROR] == 1 ? "is" : "are");
}


/* --- findings ------------------------------------------------------------ */

/** Findings that say the same */
struct group {
	struct le le;
	struct le hle;
	char *text;   /* "..." where they differ */
	struct conf_pos placev[PLACES_MAX];
	unsigned n;
};


static void group_destructor(void *data)
{
	struct group *g = data;

	hash_unlink(&g->hle);
	list_unlink(&g->le);
	mem_deref(g->text);
}


static size_t upto(const char *s, char c)
{
	const char *end = strchr(s + 1, c);

	return end ? (size_t)(end - s) + 1 : 0;
}


/* The next piece of a text.  What may differ between two findings that say the
 * same is the name of a peer, "[1001]", an extension, and a number */
static size_t piece(const char *text, const char *s, bool *varp)
{
	static const char exten[] = "extension ";
	const size_t back = sizeof(exten) - 1;
	size_t n = 0;

	if (!strncmp(s, "...", 3))
		n = 3;
	else if (*s == '[')
		n = upto(s, ']');
	else if (*s == '\'' && (size_t)(s - text) >= back &&
		 !memcmp(s - back, exten, back))
		n = upto(s, '\'');
	else if (s == text || !isalnum((unsigned char)s[-1]))
		n = strspn(s, "0123456789");

	*varp = n > 0;

	return n ? n : 1;
}


static uint32_t shape_key(const char *text)
{
	char buf[256];
	size_t n = 0;
	bool var;

	for (const char *s = text; *s && n < sizeof(buf);) {
		const size_t len = piece(text, s, &var);

		buf[n++] = var ? '#' : *s;
		s += len;
	}

	return hash_key(buf, n);
}


static bool same_shape(const char *a, const char *b)
{
	const char *p = a, *q = b;
	bool vp, vq;

	while (*p && *q) {
		const size_t n = piece(a, p, &vp), m = piece(b, q, &vq);

		if (vp != vq || (!vp && *p != *q))
			return false;
		p += n;
		q += m;
	}

	return *p == *q;
}


/* Both have the same shape */
static int merge(char **textp, const char *other)
{
	const char *p = *textp, *q = other;
	struct mbuf *mb = mbuf_alloc(strlen(p) + 16);
	char *text = NULL;
	bool var;
	int err = mb ? 0 : ENOMEM;

	while (!err && *p && *q) {
		const size_t n = piece(*textp, p, &var);
		const size_t m = piece(other, q, &var);

		if (n == m && !memcmp(p, q, n))
			err = mbuf_write_mem(mb, (const uint8_t *)p, n);
		else
			err = mbuf_write_str(mb, *q == '[' ? "[...]" : "...");
		p += n;
		q += m;
	}

	if (!err) {
		mb->pos = 0;
		err = mbuf_strdup(mb, &text, mb->end);
	}
	if (!err) {
		mem_deref(*textp);
		*textp = text;
	}
	mem_deref(mb);

	return err;
}


static bool group_is(struct le *le, void *arg)
{
	const struct group *g = le->data;

	return same_shape(g->text, arg);
}


static int group_add(struct list *groups, struct hash *hash,
		     const struct finding *fi)
{
	const uint32_t key = shape_key(fi->text);
	struct group *g;
	int err = 0;

	g = list_ledata(hash_lookup(hash, key, group_is, fi->text));
	if (!g) {
		g = mem_zalloc(sizeof(*g), group_destructor);
		if (!g || str_dup(&g->text, fi->text)) {
			mem_deref(g);
			return ENOMEM;
		}

		list_append(groups, &g->le, g);
		hash_append(hash, key, &g->hle, g);
	}
	else if (strcmp(g->text, fi->text)) {
		err = merge(&g->text, fi->text);
	}

	if (g->n < PLACES_MAX)
		g->placev[g->n] = fi->pos;
	++g->n;

	return err;
}


static void print_group(struct page *p, const struct group *g)
{
	put(p, "- [ ] ");
	for (unsigned i = 0; i < g->n && i < PLACES_MAX; i++) {
		const struct import_place place = {p->im, &g->placev[i]};

		put(p, "%s`%H`", i ? ", " : "", import_place_print, &place);
	}
	if (g->n > PLACES_MAX)
		put(p, " and %u more", g->n - PLACES_MAX);

	put(p, ":\n      %s\n", g->text);
}


static bool is_error(const struct finding *fi)
{
	return fi->severity == SEVERITY_ERROR;
}


static void print_findings(struct page *p, const char *title,
			   const char *about, bool errors,
			   enum finding_kind kind)
{
	struct list groups = LIST_INIT;
	struct hash *hash  = NULL;
	int err		   = hash_alloc(&hash, 1024);

	for (struct le *le = p->im->f->list.head; le && !err; le = le->next) {
		const struct finding *fi = le->data;

		if (is_error(fi) != errors || (!errors && fi->kind != kind))
			continue;
		/* what runs as meant needs nobody */
		if (!errors && kind == FINDING_FAULT &&
		    fi->severity == SEVERITY_INFO)
			continue;

		err = group_add(&groups, hash, fi);
	}

	if (!list_isempty(&groups)) {
		head(p, title);
		put(p, "%s\n\n", about);
	}
	for (struct le *le = groups.head; le; le = le->next)
		print_group(p, le->data);

	list_flush(&groups);
	mem_deref(hash);
	p->err |= err;
}


/* --- what is honoured ---------------------------------------------------- */

static const char *use_state(const struct import_use *u, enum import_what kind,
			     const char **instead)
{
	*instead = NULL;

	if (kind == IMPORT_OPTION)
		return import_opt_state(u->what);
	if (u->what)
		return "works";

	*instead = app_instead(u->name, kind == IMPORT_FUNC);

	return "**is not here**";
}


static void print_uses(struct page *p, const char *title,
		       enum import_what kind)
{
	struct le *le = p->im->uses[kind].head;

	if (!le)
		return;

	put(p, "\n| %s | times | |\n|---|---|---|\n", title);
	for (; le; le = le->next) {
		const struct import_use *u = le->data;
		const char *instead, *state = use_state(u, kind, &instead);
		const struct import_place place = {p->im, &u->pos};

		put(p, "| `%s%s` | %u | %s", u->name,
		    kind == IMPORT_FUNC ? "()" : "", u->n, state);
		if (kind != IMPORT_OPTION && !u->what)
			put(p, ", first in `%H`%s%s", import_place_print,
			    &place, instead ? "; instead: " : "",
			    instead ? instead : "");
		put(p, " |\n");
	}
}


static void honoured(struct page *p)
{
	if (!p->im->cfg)
		return;

	head(p, "What is honoured");
	put(p, "Everything that these files use, and what becomes of it.\n");
	print_uses(p, "option", IMPORT_OPTION);
	/* the plan of a file of sipd is ours */
	if (p->im->cfg->sipd)
		return;

	print_uses(p, "application", IMPORT_APP);
	print_uses(p, "function", IMPORT_FUNC);
}


/* --- files --------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *name, *what;
} others[] = {
	{"acl.conf",         "write the rules as permit= and deny= of the peer"},
	{"asterisk.conf",    "directories and log are in tandem.conf"},
	{"cdr*.conf",        "call records are in the database, table cdr"},
	{"cel*.conf",        "the trace of a call has its events"},
	{"chan_dahdi.conf",  "there are no telephony cards here"},
	{"codecs.conf",      "codecs have no settings"},
	{"extconfig.conf",   "peers are read from the files only"},
	{"extensions.ael",   "write the dialplan in extensions.conf"},
	{"extensions.lua",   "write the dialplan in extensions.conf"},
	{"func_odbc.conf",   "databases of others are not asked"},
	{"http.conf",        "for the browser interface of Asterisk"},
	{"iax*.conf",        "IAX2 is not spoken"},
	{"indications.conf", "tones are built in: tonezone= of sip.conf"},
	{"logger.conf",      "the log is in tandem.conf"},
	{"manager*.conf",    "for programs that steer Asterisk"},
	{"modules.conf",     "there are no modules"},
	{"pjsip*.conf",      "peers belong into sip.conf"},
	{"res_odbc.conf",    "databases of others are not asked"},
	{"sip_notify.conf",  "for the console command sip notify"},
	{"udptl.conf",       "for fax"},
	{"users.conf",       "peers belong into sip.conf"},
};
/* clang-format on */


static bool fits(const char *pattern, const char *name)
{
	const char *star = strchr(pattern, '*');
	size_t n = strlen(name), tail;

	if (!star)
		return !strcmp(pattern, name);

	tail = strlen(star + 1);

	return n >= (size_t)(star - pattern) + tail &&
	       !strncmp(pattern, name, (size_t)(star - pattern)) &&
	       !strcmp(name + n - tail, star + 1);
}


static const char *why_not(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (fits(others[i].name, name))
			return others[i].what;
	}

	return "";
}


static bool is_read(const struct import *im, const char *name)
{
	char path[4096];

	if (!im->cfg || re_snprintf(path, sizeof(path), "%s/%s", im->dir,
				    name) < 0)
		return false;

	for (struct le *le = im->cfg->files.head; le; le = le->next) {
		if (conffile_has(le->data, path))
			return true;
	}

	return false;
}


static bool is_config(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && name[0] != '.' && (!strcmp(dot, ".conf") ||
					 !strcmp(dot, ".ael") ||
					 !strcmp(dot, ".lua"));
}


static int any(const struct dirent *d)
{
	return is_config(d->d_name);
}


/* FreePBX links its own files into /etc/asterisk: a copy may miss them */
static bool leads_nowhere(const struct import *im, const char *name,
			  char *target, size_t size)
{
	char path[4096];
	struct stat st;
	ssize_t n;

	if (re_snprintf(path, sizeof(path), "%s/%s", im->dir, name) < 0 ||
	    lstat(path, &st) || !S_ISLNK(st.st_mode) || !stat(path, &st))
		return false;

	n = readlink(path, target, size - 1);
	target[n > 0 ? n : 0] = '\0';

	return true;
}


/* What would be read if it were there */
static void print_links(struct page *p)
{
	struct dirent **v = NULL;
	const int n	  = scandir(p->im->dir, &v, any, alphasort);
	bool titled	  = false;
	char target[4096];

	for (int i = 0; i < n; i++) {
		const char *name = v[i]->d_name;

		if (!why_not(name)[0] &&
		    leads_nowhere(p->im, name, target, sizeof(target))) {
			if (!titled) {
				head(p, "Links into nothing");
				put(p, "Copy the directory with what its "
				       "links lead to: `cp -rL`.\n\n");
			}
			titled = true;
			put(p, "- [ ] `%s`:\n      is a link to '%s', which "
			    "is not here\n", name, target);
		}
		free(v[i]);
	}

	free(v);
}


static void print_files(struct page *p)
{
	struct dirent **v = NULL;
	const int n	  = scandir(p->im->dir, &v, any, alphasort);

	if (n > 0) {
		head(p, "Files");
		put(p, "| file | |\n|---|---|\n");
	}

	for (int i = 0; i < n; i++) {
		const char *name = v[i]->d_name;
		const bool yes	 = is_read(p->im, name);
		const char *why	 = yes ? "" : why_not(name);
		char target[4096];

		if (!yes && !why[0] &&
		    leads_nowhere(p->im, name, target, sizeof(target)))
			why = "a link into nothing";

		put(p, "| `%s` | %s%s%s |\n", name,
		    yes ? "read" : "not read", why[0] ? ": " : "", why);
	}

	for (int i = 0; i < n; i++)
		free(v[i]);
	free(v);
}


/* --- what lies elsewhere ------------------------------------------------- */

static void print_elsewhere(struct page *p)
{
	const struct list *agi = &p->im->uses[IMPORT_AGI];
	bool titled = false;

	for (struct le *le = agi->head; le; le = le->next) {
		const struct import_use *u = le->data;
		const struct import_place place = {p->im, &u->pos};

		if (!titled)
			head(p, "Files that lie elsewhere");
		titled = true;
		if (!strncasecmp(u->name, "agi://", 6))
			put(p, "- [ ] server `%s` of AGI (`%H`) has to run\n",
			    u->name, import_place_print, &place);
		else
			put(p, "- [ ] program `%s` of AGI (`%H`): copy it to "
			    "`%s`\n", u->name, import_place_print, &place,
			    p->im->cfg->dirs.agi ? p->im->cfg->dirs.agi
						 : "agi");
	}

	for (struct le *le = p->im->uses[IMPORT_PROMPT].head; le;
	     le = le->next) {
		const struct import_use *u = le->data;
		const struct import_place place = {p->im, &u->pos};

		if (import_has_prompt(p->im, u->name))
			continue;
		if (!titled)
			head(p, "Files that lie elsewhere");
		titled = true;
		put(p, "- [ ] prompt `%s` (`%H`) is in none of `%s`: copy it "
		    "there, into the folder of its language\n", u->name,
		    import_place_print, &place,
		    p->im->cfg->dirs.sounds ? p->im->cfg->dirs.sounds : "");
	}
}


static void print_then(struct page *p)
{
	const char *dir = p->im->out ? p->im->out : p->im->dir;

	head(p, "Then");
	put(p, "1. Mend what is above, and look again:\n"
	       "   `tandem -t -C %s`\n", dir);
	put(p, "2. Ask where a number goes, before anybody dials it:\n"
	       "   `tandem -t -C %s --explain CONTEXT NUMBER`\n", dir);
	put(p, "3. Copy the messages of mailboxes: "
	       "`/var/spool/asterisk/voicemail` to `%s/voicemail`\n",
	    p->im->cfg && p->im->cfg->dirs.spool ? p->im->cfg->dirs.spool
						 : "/var/spool/tandem");
	put(p, "4. Values of `DB()`: `asterisk -rx 'database show'` there, "
	       "`database put FAMILY KEY VALUE` on Tandem's console here\n"
	       "5. Start Tandem beside the old server on another port "
	       "(`bindport=5070`), register one phone, call.  "
	       "docs/migration.md has the way from there.\n");
}


int import_page(struct mbuf *mb, const struct import *im)
{
	struct page p = {.mb = mb, .im = im};

	put(&p, "# What becomes of %s\n\n", im->dir);
	put(&p, "%s.\n", im->out ? "The files were copied; nothing in them was "
				   "changed"
				 : "The files were only read");
	in_short(&p);
	print_findings(&p, "Mend first",
		       "Tandem does not start with these.", true,
		       FINDING_FAULT);
	print_links(&p);
	print_findings(&p, "Not done here",
		       "A call that comes to such a line ends, or the line "
		       "does nothing.", false, FINDING_MISSING);
	print_findings(&p, "Does something else",
		       "Read, with another effect than the line says.", false,
		       FINDING_UNUSED);
	print_findings(&p, "Safer defaults",
		       "Write the line that is named if the old behaviour is "
		       "wanted.", false, FINDING_DEFAULT);
	print_findings(&p, "Was wrong before",
		       "These lines did not do what they seem to say with "
		       "Asterisk either, or are a risk.", false,
		       FINDING_FAULT);
	if (im->cfg)
		print_elsewhere(&p);
	honoured(&p);
	print_files(&p);
	if (im->cfg)
		print_then(&p);

	return p.err;
}
