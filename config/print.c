/**
 * @file config/print.c  The option table as text for the manual
 */
#include "config/config.h"
#include "config/opt.h"


static const struct {
	unsigned scope;
	const char *title;
} scopes[] = {
	{OPT_G, "sip.conf, [general] only"},
	{OPT_GP, "sip.conf, [general] (default of the peers) and peers"},
	{OPT_P, "sip.conf, peers only"},
	{OPT_RTP, "rtp.conf, [general]"},
	{OPT_MOH, "musiconhold.conf, classes"},
	{OPT_DIR, "tandem.conf, [directories]"},
	{OPT_TANDEM, "tandem.conf, [general]"},
	{OPT_GUARD, "tandem.conf, [guard]"},
	{OPT_FWD, "tandem.conf, [forward]"},
	{OPT_FOLLOW, "followme.conf, [general] and persons"},
	{OPT_EXT, "extensions.conf, [general]"},
	{OPT_VM, "voicemail.conf, [general]"},
	{OPT_VMBOX, "voicemail.conf, [general] and options of a mailbox"},
	{OPT_QUEUES, "queues.conf, [general]"},
	{OPT_QUEUE, "queues.conf, queues"},
	{OPT_SIPD, "tandem.conf, [sipd]"},
	{OPT_RUSER, "confbridge.conf, users"},
	{OPT_RBRIDGE, "confbridge.conf, bridges"},
	{OPT_MEET, "meetme.conf"},
	{OPT_ROUTE, "routes.conf, routes"},
	{OPT_TRUNK, "sip.conf, trunk groups"},
	{OPT_FEAT, "features.conf, [general]"},
	{OPT_FMAP, "features.conf, [featuremap]"},
	{OPT_LOT, "res_parking.conf, lots"},
};


static const char *how_name(enum opt_how how)
{
	switch (how) {
	case OPT_HONOURED: return "honoured";
	case OPT_ACCEPTED: return "accepted, not used";
	case OPT_LEGACY: return "old, not used";
	case OPT_REFUSED: return "refused";
	}

	return "?";
}


static int print_type(struct re_printf *pf, const struct opt *opt)
{
	switch (opt->type) {

	case OPT_NONE: return re_hprintf(pf, "not kept");
	case OPT_STR: return re_hprintf(pf, "text");
	case OPT_TEXT: return re_hprintf(pf, "text, may be empty");
	case OPT_BOOL: return re_hprintf(pf, "yes or no");
	case OPT_SA: return re_hprintf(pf, "IP address");
	case OPT_WORD: return opt_words_print(pf, opt->words);
	case OPT_FN: return re_hprintf(pf, "see below");
	case OPT_U32:
	case OPT_U16:
		return re_hprintf(pf, "number, %u to %u", opt->min, opt->max);
	}

	return 0;
}


static int print_row(struct re_printf *pf, const struct opt *opt)
{
	int err = re_hprintf(pf, "%s", opt->name);

	if (opt->aliases)
		err |= re_hprintf(pf, " (also: %s)", opt->aliases);

	err |= re_hprintf(pf, "\n\ttype: %H", print_type, opt);
	if (opt->def)
		err |= re_hprintf(pf, "; default: %s", opt->def);

	err |= re_hprintf(pf, "; %s\n\t%s\n", how_name(opt->how), opt->doc);
	if (opt->instead)
		err |= re_hprintf(pf, "\tInstead: %s.\n", opt->instead);

	return err;
}


int config_table_print(struct re_printf *pf, void *arg)
{
	int err = 0;

	(void)arg;

	for (size_t s = 0; s < ARRAY_SIZE(scopes); s++) {
		err |= re_hprintf(pf, "%s%s\n\n", s ? "\n" : "",
				  scopes[s].title);

		for (size_t i = 0; i < opt_count() && !err; i++) {
			if ((unsigned)opt_at(i)->scope == scopes[s].scope)
				err = print_row(pf, opt_at(i));
		}
	}

	return err;
}
