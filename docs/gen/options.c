/**
 * @file docs/gen/options.c  The option table, a section for each place
 *
 * Within a section first what is honoured, with its sentence, then, in short,
 * what is read for the sake of old files.
 */
#include "config/opt.h"
#include "docs/gen/pages.h"

struct place {
	enum opt_scope scope;
	const char *title;
	const char *about;
};

static size_t printed;


static int print_type(struct re_printf *pf, const struct opt *opt)
{
	switch (opt->type) {

	case OPT_NONE:
	case OPT_STR:
	case OPT_FN:   return 0;
	case OPT_TEXT: return re_hprintf(pf, "May be empty.");
	case OPT_BOOL: return re_hprintf(pf, "Yes or no.");
	case OPT_SA:   return re_hprintf(pf, "An IP address.");
	case OPT_WORD:
		return re_hprintf(pf, "%H.", opt_words_print, opt->words);
	case OPT_U32:
	case OPT_U16:
		return re_hprintf(pf, "A number from %u to %u.", opt->min,
				  opt->max);
	}

	return 0;
}


static int print_more(struct re_printf *pf, const struct opt *opt)
{
	int err = re_hprintf(pf, "%H", print_type, opt);

	if (opt->def)
		err |= re_hprintf(pf, "  Default: `%s`.", opt->def);
	if (opt->aliases)
		err |= re_hprintf(pf, "  Also written: %s.", opt->aliases);

	return err;
}


static void print_row(struct doc *d, const struct opt *opt)
{
	char text[1024];
	const char *p = text;

	doc_item(d, opt->name, opt->doc);
	++printed;

	if (re_snprintf(text, sizeof(text), "%H", print_more, opt) < 0) {
		d->err = ENOBUFS;
		return;
	}

	while (*p == ' ')
		++p;
	if (*p)
		doc_more(d, p);
}


static void print_how(struct doc *d, const struct place *pl, enum opt_how how,
		      const char *title)
{
	char text[1024];
	bool any = false;

	for (size_t i = 0; i < opt_count(); i++) {
		const struct opt *opt = opt_at(i);

		if (opt->scope != pl->scope || opt->how != how)
			continue;

		if (!any)
			doc_head(d, 2, title);
		any = true;

		if (how == OPT_HONOURED) {
			print_row(d, opt);
			continue;
		}

		if (re_snprintf(text, sizeof(text), "%s  Instead: %s.",
				opt->doc, opt->instead) < 0)
			d->err = ENOBUFS;
		doc_item(d, opt->name, text);
		++printed;
	}
}


static void print_places(struct doc *d, const struct place *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		doc_head(d, 1, v[i].title);
		doc_para(d, v[i].about);
		print_how(d, &v[i], OPT_HONOURED, "Honoured");
		print_how(d, &v[i], OPT_ACCEPTED, "Read, but not used");
		print_how(d, &v[i], OPT_LEGACY, "Old, without effect");
		print_how(d, &v[i], OPT_REFUSED, "Refused");
	}
}


void options_sip(struct doc *d)
{
	static const struct place v[] = {
		{OPT_G, "sip.conf: the section [general]",
		 "What holds for the whole server."},
		{OPT_GP, "sip.conf: [general] and peers",
		 "In [general] these are the defaults of all peers; a peer's "
		 "own line wins.  A peer that takes over a template begins "
		 "with the template's."},
		{OPT_P, "sip.conf: peers",
		 "Every other section is a phone or a line."},
		{OPT_TRUNK, "sip.conf: trunk groups",
		 "A section `[name](trunk)`, or one with type=trunk, is a "
		 "group of lines that stand in for each other: "
		 "`Dial(SIP/name/number)`.  See [trunks](trunks.md)."},
	};

	print_places(d, v, ARRAY_SIZE(v));
}


void options_tandem(struct doc *d)
{
	static const struct place v[] = {
		{OPT_DIR, "tandem.conf: [directories]",
		 "Relative paths count from the configuration directory."},
		{OPT_TANDEM, "tandem.conf: [general]", "The program itself."},
		{OPT_GUARD, "tandem.conf: [guard]",
		 "Strangers on the network."},
		{OPT_FWD, "tandem.conf: [forward]",
		 "Codes by which a phone forwards its calls; a dialplan that "
		 "has such a number itself wins."},
		{OPT_RTP, "rtp.conf: [general]", "Media."},
		{OPT_MOH, "musiconhold.conf: classes",
		 "A section is a class of music; `default` is the one that is "
		 "played if nothing else is said."},
		{OPT_VM, "voicemail.conf: the section [general]",
		 "Voicemail as a whole."},
		{OPT_VMBOX, "voicemail.conf: [general] and mailboxes",
		 "In [general] these are the defaults of all mailboxes.  Every "
		 "other section is a context of mailboxes, with lines such as "
		 "`100 => 4711,Anna,anna@example.org,,attach=no|tz=berlin`: "
		 "PIN, name, mail address, pager address, and these options "
		 "with `|` between."},
		{OPT_FOLLOW, "followme.conf: [general] and persons",
		 "In [general] these are the defaults of all.  Every other "
		 "section is a person that `FollowMe(name)` looks for, with "
		 "lines `number => 2001&2002,seconds,order`: numbers of the "
		 "same order ring together, 25 seconds if not said."},
		{OPT_QUEUES, "queues.conf: the section [general]",
		 "Queues as a whole."},
		{OPT_QUEUE, "queues.conf: queues",
		 "Every other section is a queue.  Its members stand in lines "
		 "`member => SIP/1001,penalty,name,device,ringinuse,wrapuptime,"
		 "paused`, of which the first part is needed; device is whose "
		 "state counts.  queuerules.conf has a section for each rule, "
		 "with lines `penaltychange => seconds,max,min,raise`, where "
		 "+n and -n count from the value so far."},
		{OPT_SIPD, "tandem.conf: the section [sipd]",
		 "For a sip.conf of sipd, whose sections have no `type=` and "
		 "numbers in `exten=`."},
		{OPT_RUSER, "confbridge.conf: users",
		 "A section with `type=user` is a profile of users, which "
		 "ConfBridge() names in its third argument; `default_user` "
		 "is taken if it names none.  In the dialplan "
		 "`Set(CONFBRIDGE(user,pin)=4711)` changes it for a call."},
		{OPT_RBRIDGE, "confbridge.conf: bridges",
		 "A section with `type=bridge` is a profile of conferences: "
		 "ConfBridge()'s second argument, or `default_bridge`.  A "
		 "section with `type=menu` has digits and actions, such as "
		 "`*1=toggle_mute` or `0=playback_and_continue(conf-usermenu)`; "
		 "see [conferences](conferences.md)."},
		{OPT_MEET, "meetme.conf",
		 "Rooms of MeetMe() stand in [rooms]: `conf => "
		 "room,pin,adminpin`."},
		{OPT_ROUTE, "routes.conf: routes",
		 "Routes as FreePBX has them on its pages; the file may be "
		 "missing.  An outbound route is found in the context "
		 "`outbound-allroutes`, which the phones' context has to "
		 "include.  An inbound route is found in the context "
		 "`from-trunk`, which the trunk's `context=` has to name."},
		{OPT_FEAT, "features.conf: the section [general]",
		 "Keys during a call, pickup.  [applicationmap] has lines such "
		 "as `clap => #9,peer,Playback(tt-monkeys)`: the variable "
		 "DYNAMIC_FEATURES names those that a call may use, with `#` "
		 "between; `self` runs the application on the side that has "
		 "pressed the keys, `peer` on the other one, `peer/caller` "
		 "only if the caller has pressed them.  A section of another "
		 "name is a group of such features."},
		{OPT_FMAP, "features.conf: [featuremap]",
		 "Keys of the features that options of Dial and Queue allow."},
		{OPT_LOT, "res_parking.conf: lots",
		 "A section is a lot; `default` is always there.  Older files "
		 "have these options in features.conf, in [general] and "
		 "[parkinglot_NAME], which is read as well."},
	};

	print_places(d, v, ARRAY_SIZE(v));
}


void options_extensions(struct doc *d)
{
	static const struct place v[] = {
		{OPT_EXT, "extensions.conf: the section [general]",
		 "All other sections but [globals] are contexts."},
	};

	print_places(d, v, ARRAY_SIZE(v));
}


size_t options_left(void)
{
	return opt_count() - printed;
}


/* --- one line an option: what becomes of it ------------------------------- */

static const char *becomes(const struct opt *opt)
{
	return opt->how == OPT_LEGACY	? "old, no effect"
	       : opt->how == OPT_REFUSED ? "refused"
					 : "read, not used";
}


static void honoured_file(struct doc *d, const char *file, unsigned scopes)
{
	char text[1024];
	bool any = false;

	doc_head(d, 2, file);
	doc_para(d, "Honoured:");
	for (size_t i = 0; i < opt_count(); i++) {
		const struct opt *opt = opt_at(i);

		if ((opt->scope & scopes) && opt->how == OPT_HONOURED)
			doc_word(d, opt->name);
	}
	doc_words_end(d);

	for (size_t i = 0; i < opt_count(); i++) {
		const struct opt *opt = opt_at(i);

		if (!(opt->scope & scopes) || opt->how == OPT_HONOURED)
			continue;
		if (!any)
			doc_table(d, "not honoured", "what happens");
		any = true;
		if (re_snprintf(text, sizeof(text), "%s: %s", becomes(opt),
				opt->instead) < 0)
			d->err = ENOBUFS;
		doc_row(d, opt->name, text);
	}
}


void options_honoured(struct doc *d)
{
	honoured_file(d, "sip.conf", OPT_SIP);
	honoured_file(d, "extensions.conf, [general]", OPT_EXT);
	honoured_file(d, "voicemail.conf", OPT_VM | OPT_VMBOX);
	honoured_file(d, "followme.conf", OPT_FOLLOW);
	honoured_file(d, "queues.conf", OPT_QUEUES | OPT_QUEUE);
	honoured_file(d, "features.conf, res_parking.conf",
		      OPT_FEAT | OPT_FMAP | OPT_LOT);
	honoured_file(d, "musiconhold.conf", OPT_MOH);
	honoured_file(d, "rtp.conf", OPT_RTP);
}
