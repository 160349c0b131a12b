/**
 * @file control/import_page.c  The page of tandem import
 *
 * Each item says what, where, and what to do, because the person who reads it
 * decides line by line.
 */
#include <stdlib.h>
#include "b2bua/app.h"
#include "base/rand.h"
#include "config/parse.h"
#include "control/import.h"


void im_put(struct import_text *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	p->err |= mbuf_vprintf(p->mb, fmt, ap);
	va_end(ap);
}


void im_head(struct import_text *p, const char *title)
{
	im_put(p, "\n## %u. %s\n\n", ++p->section, title);
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

static void number(struct import_text *p, unsigned n, const char *one,
		   const char *many)
{
	if (n)
		im_put(p, "- %u %s\n", n, n == 1 ? one : many);
}


static void peers(struct import_text *p)
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


static void plan(struct import_text *p)
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

	im_put(p, "- %u contexts with %u extensions and %u steps\n", contexts,
	    extens, steps);
}


static void in_short(struct import_text *p)
{
	const struct findings *f = p->im->f;

	im_head(p, "In short");

	if (p->im->cfg) {
		peers(p);
		plan(p);
		number(p, list_count(&p->im->cfg->vm.boxes), "mailbox",
		       "mailboxes");
		number(p, list_count(&p->im->cfg->queues.queues), "queue",
		       "queues");
		im_put(p, "\n");
	}

	if (!p->im->err)
		im_put(p, "Tandem starts with this directory as it is.  What "
		       "follows tells where it does something else.\n");
	else if (p->im->err == ENOENT)
		im_put(p, "**This is no directory that Tandem can read**, see "
		       "below.\n");
	else
		im_put(p, "**Tandem refuses this directory** until the %u "
		       "error%s of the next section %s mended.\n",
		    f->count[SEVERITY_ERROR],
		    f->count[SEVERITY_ERROR] == 1 ? "" : "s",
		    f->count[SEVERITY_ERROR] == 1 ? "is" : "are");
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


static void print_uses(struct import_text *p, const char *title,
		       enum import_what kind)
{
	struct le *le = p->im->uses[kind].head;

	if (!le)
		return;

	im_put(p, "\n| %s | times | |\n|---|---|---|\n", title);
	for (; le; le = le->next) {
		const struct import_use *u = le->data;
		const char *instead, *state = use_state(u, kind, &instead);
		const struct import_place place = {p->im, &u->pos};

		im_put(p, "| `%s%s` | %u | %s", u->name,
		    kind == IMPORT_FUNC ? "()" : "", u->n, state);
		if (kind != IMPORT_OPTION && !u->what)
			im_put(p, ", first in `%H`%s%s", import_place_print,
			    &place, instead ? "; instead: " : "",
			    instead ? instead : "");
		im_put(p, " |\n");
	}
}


static void honoured(struct import_text *p)
{
	if (!p->im->cfg)
		return;

	im_head(p, "What is honoured");
	im_put(p, "Everything that these files use, and what becomes of "
		  "it.\n");
	print_uses(p, "option", IMPORT_OPTION);
	/* the plan of a file of sipd is ours */
	if (p->im->cfg->sipd)
		return;

	print_uses(p, "application", IMPORT_APP);
	print_uses(p, "function", IMPORT_FUNC);
}


/* --- what lies elsewhere ------------------------------------------------- */

static void print_elsewhere(struct import_text *p)
{
	const struct list *agi = &p->im->uses[IMPORT_AGI];
	bool titled = false;

	for (struct le *le = agi->head; le; le = le->next) {
		const struct import_use *u = le->data;
		const struct import_place place = {p->im, &u->pos};

		if (!titled)
			im_head(p, "Files that lie elsewhere");
		titled = true;
		if (!strncasecmp(u->name, "agi://", 6))
			im_put(p, "- [ ] server `%s` of AGI (`%H`) has to "
			       "run\n",
			    u->name, import_place_print, &place);
		else
			im_put(p, "- [ ] program `%s` of AGI (`%H`): copy it "
			       "to `%s`\n", u->name, import_place_print,
			       &place,
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
			im_head(p, "Files that lie elsewhere");
		titled = true;
		im_put(p, "- [ ] prompt `%s` (`%H`) is in none of `%s`: copy "
		    "it there, into the folder of its language\n", u->name,
		    import_place_print, &place,
		    p->im->cfg->dirs.sounds ? p->im->cfg->dirs.sounds : "");
	}
}


static void print_then(struct import_text *p)
{
	const char *dir = p->im->out ? p->im->out : p->im->dir;

	im_head(p, "Then");
	im_put(p, "1. Mend what is above, and look again:\n"
	       "   `tandem -t -C %s`\n", dir);
	im_put(p, "2. Ask where a number goes, before anybody dials it:\n"
	       "   `tandem -t -C %s --explain CONTEXT NUMBER`\n", dir);
	im_put(p, "3. Copy the messages of mailboxes: "
	       "`/var/spool/asterisk/voicemail` to `%s/voicemail`\n",
	    p->im->cfg && p->im->cfg->dirs.spool ? p->im->cfg->dirs.spool
						 : "/var/spool/tandem");
	im_put(p, "4. Values of `DB()`: `asterisk -rx 'database show'` there, "
	       "`database put FAMILY KEY VALUE` on Tandem's console here\n"
	       "5. Start Tandem beside the old server on another port "
	       "(`bindport=5070`), register one phone, call.  "
	       "docs/migration.md has the way from there.\n");
}


int import_page(struct mbuf *mb, const struct import *im)
{
	struct import_text p = {.mb = mb, .im = im};

	im_put(&p, "# What becomes of %s\n\n", im->dir);
	im_put(&p, "%s.\n", im->out ? "The files were copied; nothing in them "
				      "was changed"
				    : "The files were only read");
	in_short(&p);
	import_findings(&p, "Mend first",
		       "Tandem does not start with these.", true,
		       FINDING_FAULT);
	import_links(&p);
	import_findings(&p, "Not done here",
		       "A call that comes to such a line ends, or the line "
		       "does nothing.", false, FINDING_MISSING);
	import_findings(&p, "Does something else",
		       "Read, with another effect than the line says.", false,
		       FINDING_UNUSED);
	import_findings(&p, "Safer defaults",
		       "Write the line that is named if the old behaviour is "
		       "wanted.", false, FINDING_DEFAULT);
	import_findings(&p, "Was wrong before",
		       "These lines did not do what they seem to say with "
		       "Asterisk either, or are a risk.", false,
		       FINDING_FAULT);
	if (im->cfg)
		print_elsewhere(&p);
	honoured(&p);
	import_files(&p);
	if (im->cfg)
		print_then(&p);

	return p.err;
}
