/**
 * @file docs/gen/pages.c  What the pages say beside the tables
 */
#include "apps/apps.h"
#include "docs/gen/pages.h"


/* ---- applications and functions ------------------------------------------ */

/* "Wait(seconds)  do nothing": the syntax ends at two blanks */
static void usage_item(struct doc *d, const char *usage)
{
	const char *gap = strstr(usage, "  ");
	char term[256];

	if (!gap || (size_t)(gap - usage) >= sizeof(term)) {
		d->err = EINVAL;
		return;
	}

	memcpy(term, usage, (size_t)(gap - usage));
	term[gap - usage] = '\0';
	while (*gap == ' ')
		++gap;
	doc_item(d, term, gap);
}


static void print_apps(struct doc *d)
{
	const struct app *const *v;
	size_t n;

	v = app_table(&n);
	doc_head(d, 1, "Applications");
	doc_para(d, "What is in brackets may be left out.");
	for (size_t i = 0; i < n; i++)
		usage_item(d, v[i]->usage);
}


static const char *access_of(const struct func *func)
{
	if (!func->write)
		return "Can be read.";
	if (!func->read)
		return "Can be set.";

	return "Can be read and set.";
}


static void print_funcs(struct doc *d)
{
	const struct func *const *v;
	size_t n;

	v = func_table(&n);
	doc_head(d, 1, "Functions");
	doc_para(d, "Written `${NAME(arguments)}` where a value is wanted, and "
		 "`Set(NAME(arguments)=value)` to set one.");
	for (size_t i = 0; i < n; i++) {
		usage_item(d, v[i]->usage);
		doc_more(d, access_of(v[i]));
	}
}


static void print_grammar(struct doc *d)
{
	doc_head(d, 1, "How a plan is read");
	doc_para(d, "A section is a context: a room with extensions in it.  A "
		 "peer's calls enter the context that its `context=` in "
		 "sip.conf names, at the extension that was dialled.");
	doc_code(d,
		 "[office]\n"
		 "exten => 600,1,Answer()           ; priority 1\n"
		 " same => n,Playback(demo-echotest); n is one more\n"
		 " same => n(again),Echo()          ; again is a label\n"
		 " same => n,Goto(again)\n"
		 "exten => _1XX,1,Dial(SIP/${EXTEN},20)\n"
		 "include => other\n");
	doc_item(d, "X Z N", "In a pattern, which begins with `_`: a digit "
		 "0-9, 1-9, 2-9.");
	doc_item(d, "[13-5]", "One of 1, 3, 4, 5.");
	doc_item(d, ". !", "The rest: at least one character, or any number "
		 "of them.");
	doc_item(d, "s i t h T", "Start (no extension was dialled), invalid, "
		 "time-out of digits, hang-up, end of TIMEOUT(absolute).");
	doc_item(d, "${NAME}", "A variable; `${NAME:2}` without its first two "
		 "characters, `${NAME:-4}` its last four, `${NAME:1:3}` three "
		 "from the second.");
	doc_item(d, "$[...]", "An expression: | & = != < > <= >= + - * / % ! "
		 "?: and the regular expressions : and =~.");
	doc_para(d, "Where several patterns fit, the more exact one wins, "
		 "character by character from the left; included contexts come "
		 "after the context itself.");
	doc_para(d, "Values that came from the network (names, numbers, "
		 "headers) are data: they cannot add a second device to a "
		 "Dial, leave the folder of recordings or reach a shell, "
		 "whatever they contain.");
}


void page_dialplan(struct doc *d)
{
	doc_title(d, "The dialplan", 5, "");
	doc_para(d, "Written from the tables of the program; on a running one "
		 "`core show application NAME` says the same.");
	print_grammar(d);
	print_apps(d);
	print_funcs(d);
}


/* ---- Asterisk ------------------------------------------------------------ */

static void not_here(struct doc *d, bool func)
{
	const char *name, *instead;

	doc_table(d, "not here", "use instead");
	for (size_t i = 0; (name = app_rare(i, func, &instead)); i++) {
		if (!(func ? func_find(name) != NULL : app_find(name) != NULL))
			doc_row(d, name, instead);
	}
}


void page_asterisk(struct doc *d)
{
	const struct app *const *av;
	const struct func *const *fv;
	size_t n;

	doc_title(d, "Moving from Asterisk: what is honoured", 5, "");
	doc_para(d, "Written from the tables of the program.  `tandem import "
		 "DIR` says the same of the files that you have, with the "
		 "lines where each thing stands; the way of the move is in "
		 "[migration.md](migration.md).  What an option does is in "
		 "[configuration.md](configuration.md), an application in "
		 "[dialplan.md](dialplan.md).");

	doc_head(d, 1, "Options");
	doc_para(d, "Old spellings (`canreinvite`, `username`, `externip` "
		 "...) are read as the names that they have now.");
	options_honoured(d);

	doc_head(d, 1, "Applications");
	doc_para(d, "Here:");
	av = app_table(&n);
	for (size_t i = 0; i < n; i++)
		doc_word(d, av[i]->name);
	doc_words_end(d);
	not_here(d, false);

	doc_head(d, 1, "Functions");
	doc_para(d, "Here:");
	fv = func_table(&n);
	for (size_t i = 0; i < n; i++)
		doc_word(d, fv[i]->name);
	doc_words_end(d);
	not_here(d, true);
}


/* ---- configuration ------------------------------------------------------- */

static void print_dialect(struct doc *d)
{
	doc_head(d, 1, "How the files are read");
	doc_item(d, "[name]", "A section begins.");
	doc_item(d, "[name](!)", "A template: no peer itself.");
	doc_item(d, "[name](a,b)", "Begins with the lines of `a` and `b`.");
	doc_item(d, "[name](+)", "Adds lines to a section that was there.");
	doc_item(d, "key = value", "Or `=>`.  A later line wins, unless the "
		 "option may be repeated.");
	doc_item(d, "; ;-- --;", "A comment to the end of the line, or over "
		 "several lines.  A semicolon is written `\\;`.");
	doc_item(d, "#include FILE", "Read that file here; its name may have "
		 "* and ?.");
	doc_para(d, "`tandem -t` reads everything and reports every finding as "
		 "file:line:column, with a severity: an error is refused, a "
		 "warning does something else than the line says, an info "
		 "tells of a safer default.");
}


void page_configuration(struct doc *d)
{
	doc_title(d, "Configuration reference", 5, "");
	doc_para(d, "Every option of every file, written from the table that "
		 "the parser works with.  Where a default differs from "
		 "chan_sip's, its sentence says so.");
	print_dialect(d);
	options_sip(d);
	options_tandem(d);
	options_extensions(d);
}


void page_sip_conf(struct doc *d)
{
	doc_title(d, "tandem-sip.conf", 5,
		  "phones and lines of a Tandem server");
	doc_head(d, 1, "DESCRIPTION");
	doc_para(d, "sip.conf in the configuration directory is written in the "
		 "dialect of Asterisk's chan_sip.");
	print_dialect(d);
	options_sip(d);
	doc_head(d, 1, "SEE ALSO");
	doc_para(d, "tandem(8), tandem-extensions.conf(5), tandem.conf(5)");
}


void page_tandem_conf(struct doc *d)
{
	doc_title(d, "tandem.conf", 5,
		  "directories, log, media and music of a Tandem server");
	doc_head(d, 1, "DESCRIPTION");
	doc_para(d, "tandem.conf holds what sip.conf has no word for.  It may "
		 "be missing, as may rtp.conf and musiconhold.conf.");
	options_tandem(d);
	doc_head(d, 1, "SEE ALSO");
	doc_para(d, "tandem(8), tandem-sip.conf(5), "
		 "tandem-extensions.conf(5)");
}


void page_extensions_conf(struct doc *d)
{
	doc_title(d, "tandem-extensions.conf", 5,
		  "the dialplan of a Tandem server");
	doc_head(d, 1, "DESCRIPTION");
	doc_para(d, "extensions.conf in the configuration directory says what "
		 "happens to a call.");
	print_grammar(d);
	options_extensions(d);
	print_apps(d);
	print_funcs(d);
	doc_head(d, 1, "SEE ALSO");
	doc_para(d, "tandem(8), tandem-sip.conf(5), tandem.conf(5)");
}


/* ---- tandem(8) ------------------------------------------------------------ */

static void print_options(struct doc *d)
{
	doc_head(d, 1, "OPTIONS");
	doc_item(d, "-f", "Stay in the foreground.");
	doc_item(d, "-C DIR", "Configuration directory, /etc/tandem if not "
		 "said.  An old /etc/asterisk will do.");
	doc_item(d, "--takeover", "Take the sockets over from the Tandem that "
		 "runs with this configuration directory, without a lost "
		 "request; its calls end there.");
	doc_item(d, "-U USER", "Started as root: become this user (runuser= of "
		 "tandem.conf).");
	doc_item(d, "-G GROUP", "Likewise the group (rungroup=).");
	doc_item(d, "-t", "Check the configuration, report all findings, "
		 "exit with 0 or 78.");
	doc_item(d, "-t --pair DIR2", "Also whether this server and that of "
		 "DIR2, which call each other, have the same secrets.");
	doc_item(d, "-t --explain CONTEXT NUMBER [from CALLER] [at TIME]",
		 "Where a number would go, and why.");
	doc_item(d, "-r", "Attach a console to the running daemon.");
	doc_item(d, "-rx COMMAND", "Run one console command and exit with its "
		 "status.");
	doc_item(d, "-V, --version", "Print the version.");
	doc_item(d, "-h, --help", "Print a short help.");
}


static void print_world(struct doc *d)
{
	doc_head(d, 1, "SIGNALS");
	doc_item(d, "SIGHUP", "Read the configuration again: all of it or "
		 "nothing.  Calls in progress keep what they began with.");
	doc_item(d, "SIGTERM, SIGINT", "End all calls with BYE, then stop.");
	doc_item(d, "SIGUSR1", "Open the log file again (logrotate).");
	doc_head(d, 1, "EXIT STATUS");
	doc_item(d, "0", "Ended as asked, or the configuration is good.");
	doc_item(d, "1", "Something went wrong while running.");
	doc_item(d, "2", "The command line was not understood.");
	doc_item(d, "69", "A port is taken, or another Tandem runs with these "
		 "directories.");
	doc_item(d, "77", "A right is missing, such as for a port below "
		 "1024.");
	doc_item(d, "78", "The configuration has errors.");
	doc_head(d, 1, "FILES");
	doc_item(d, "/etc/tandem", "sip.conf, extensions.conf, and if wanted "
		 "rtp.conf, musiconhold.conf, tandem.conf.");
	doc_item(d, "/run/tandem/tandem.ctl", "Socket of the console.");
	doc_item(d, "/var/lib/tandem/tandem.db", "SQLite: registered phones, "
		 "call records (table cdr), values of DB().");
	doc_item(d, "/var/spool/tandem", "Recordings: monitor of MixMonitor, "
		 "recordings of Record.");
}


void page_tandem(struct doc *d)
{
	doc_title(d, "tandem", 8, "SIP back-to-back user agent");
	doc_head(d, 1, "SYNOPSIS");
	doc_para(d, "`tandem` [-f] [-C DIR]");
	doc_para(d, "`tandem` -t [-C DIR]");
	doc_para(d, "`tandem` -r [-x COMMAND] [-C DIR]");
	doc_head(d, 1, "DESCRIPTION");
	doc_para(d, "Tandem stands between an office and its telephone "
		 "provider.  Phones register with it, calls run by a dialplan, "
		 "audio passes its own relay and can be recorded.  It reads "
		 "the sip.conf and extensions.conf that Asterisk's chan_sip "
		 "read.");
	print_options(d);
	print_world(d);
	doc_head(d, 1, "CONSOLE COMMANDS");
	page_commands(d);
	doc_head(d, 1, "SEE ALSO");
	doc_para(d, "tandem-sip.conf(5), tandem-extensions.conf(5), "
		 "tandem.conf(5)");
}
