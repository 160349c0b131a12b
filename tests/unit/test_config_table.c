/**
 * @file test_config_table.c  The option table: complete, sound, printable
 */
#include "config_util.h"
#include "config/opt.h"


/* Every essential and common option of chan_sip, and its old names */
static const char *const sip_options[] = {
	"context", "allowguest", "bindaddr", "udpbindaddr", "bindport",
	"tcpenable", "tcpbindaddr", "tlsenable", "tlsbindaddr", "tlscertfile",
	"tlsprivatekey", "tlscafile", "tlscapath", "tlsdontverifyserver",
	"tlscipher", "tlsclientmethod", "transport", "srvlookup", "realm",
	"domainsasrealm", "domain", "autodomain", "allowexternaldomains",
	"fromdomain", "callerid", "useragent", "sdpsession", "sdpowner",
	"externaddr", "externip", "externhost", "externrefresh",
	"externtcpport", "externtlsport", "localnet",
	"matchexternaddrlocally", "matchexterniplocally", "media_address",
	"rtpbindaddr", "maxexpiry", "maxexpirey", "minexpiry",
	"defaultexpiry", "defaultexpirey", "submaxexpiry", "subminexpiry",
	"mwiexpiry", "register", "registertimeout", "registerattempts",
	"register_retry_403", "mwi", "qualify", "qualifyfreq", "qualifygap",
	"qualifypeers", "keepalive", "alwaysauthreject",
	"match_auth_username", "allowsubscribe", "subscribecontext",
	"notifyringing", "notifyhold", "notifycid", "callcounter",
	"limitonpeers", "limitonpeer", "counteronpeer", "pedantic", "tos_sip",
	"tos_audio", "tos_video", "tos_text", "cos_sip", "cos_audio",
	"cos_video", "cos_text", "t1min", "timert1", "timerb", "rtptimeout",
	"rtpholdtimeout", "rtpkeepalive", "session-timers", "session-expires",
	"session-minse", "session-refresher", "relaxdtmf", "compactheaders",
	"videosupport", "textsupport", "maxcallbitrate", "allowtransfer",
	"directrtpsetup", "prematuremedia", "progressinband",
	"autocreatepeer", "regcontext", "regextenonqualify", "parkinglot",
	"mohinterpret", "mohsuggest", "language", "tonezone", "vmexten",
	"notifymimetype", "accept_outofcall_message",
	"outofcall_message_context", "auth_message_requests",
	"auth_options_requests", "rtsavesysname", "rtupdate", "rtautoclear",
	"rtcachefriends", "ignoreregexpire", "shrinkcallerid",
	"dynamic_exclude_static", "contactpermit", "contactdeny",
	"contactacl", "tcpauthtimeout", "tcpauthlimit", "websocket_enabled",
	"send_diversion", "use_q850_reason", "refer_addheaders",
	"disallowed_methods", "legacy_useroption_parsing",
	"subscribe_network_change_event", "recordonfeature",
	"recordofffeature", "faxdetect", "t38pt_udptl", "sipdebug",
	"recordhistory", "dumphistory", "authfailureevents",
	"snom_aoc_enabled", "callevents", "storesipcause", "maxforwards",
	"checkmwi", "localmask", "port", "tos", "ospauth",
	"outboundproxyport", "t38pt_rtp", "t38pt_tcp", "tlsverifyclient",
	"musiconhold", "musicclass", "jbenable", "jbforce", "jbmaxsize",
	"jbimpl", "jblog", "jbtargetextra", "jbresyncthreshold",
	/* peers */
	"type", "host", "defaultip", "defaultuser", "username", "secret",
	"md5secret", "remotesecret", "auth", "fromuser", "insecure", "permit",
	"deny", "acl", "directmediapermit", "directmediadeny",
	"directmediaacl", "outboundproxy", "regexten", "callbackextension",
	"fullname", "cid_number", "trunkname", "cid_tag", "callingpres",
	"usereqphone", "description", "encryption", "encryption_taglen",
	"dtlsenable", "dtlsverify", "dtlscertfile", "dtlsprivatekey",
	"dtlssetup", "dtlsfingerprint", "avpf", "force_avp", "icesupport",
	"rtcp_mux", "disallow", "allow", "directmedia", "canreinvite",
	"reinvite", "dtmfmode", "nat", "preferred_codec_only",
	"ignore_requested_pref", "autoframing", "g726nonstandard",
	"ignoresdpversion", "rfc2833compensate", "buggymwi", "useclientcode",
	"t38pt_usertpsource", "trustrpid", "sendrpid", "rpid_update",
	"rpid_immediate", "trust_id_outbound", "promiscredir", "supportpath",
	"discard_remote_hold_retrieval", "call-limit", "incominglimit",
	"outgoinglimit", "busylevel", "callgroup", "pickupgroup",
	"namedcallgroup", "namedpickupgroup", "mailbox", "hasvoicemail",
	"subscribemwi", "unsolicited_mailbox", "allowoverlap", "accountcode",
	"amaflags", "setvar", "header", "cc_agent_policy",
	"cc_monitor_policy",
};


static void test_every_option_has_a_row(void **state)
{
	struct opt_index *ix;

	(void)state;
	assert_int_equal(opt_index_alloc(&ix, OPT_SIP), 0);

	for (size_t i = 0; i < ARRAY_SIZE(sip_options); i++) {
		if (!opt_lookup(ix, sip_options[i], OPT_SIP))
			fail_msg("no row for %s", sip_options[i]);
	}

	assert_null(opt_lookup(ix, "nonsense", OPT_SIP));
	assert_null(opt_lookup(ix, "rtpstart", OPT_SIP));
	assert_non_null(opt_lookup(ix, "CANREINVITE", OPT_P));
	mem_deref(ix);
}


/* One name, one row for each kind of section */
static void test_names_are_unique(void **state)
{
	static const unsigned scopes[] = {
		OPT_G, OPT_P, OPT_RTP, OPT_MOH, OPT_DIR, OPT_TANDEM, OPT_EXT,
		OPT_GUARD, OPT_VM, OPT_VMBOX, OPT_TRUNK,
	};

	(void)state;

	for (size_t s = 0; s < ARRAY_SIZE(scopes); s++) {
		struct opt_index *ix;

		assert_int_equal(opt_index_alloc(&ix, ~0u), 0);
		for (size_t i = 0; i < opt_count(); i++) {
			const struct opt *opt = opt_at(i);

			if ((opt->scope & scopes[s]) &&
			    opt_lookup(ix, opt->name, scopes[s]) != opt)
				fail_msg("two rows of %s", opt->name);
		}
		mem_deref(ix);
	}
}


static void test_rows_are_sound(void **state)
{
	(void)state;

	for (size_t i = 0; i < opt_count(); i++) {
		const struct opt *o = opt_at(i);
		const size_t n = o->doc ? strlen(o->doc) : 0;

		if (!n || o->doc[n - 1] != '.')
			fail_msg("%s: no sentence", o->name);
		if ((o->how != OPT_HONOURED) != (o->instead != NULL))
			fail_msg("%s: what happens instead?", o->name);
		if ((o->type == OPT_U32 || o->type == OPT_U16) &&
		    o->min >= o->max)
			fail_msg("%s: no range", o->name);
		if ((o->type == OPT_FN) != (o->seth != NULL))
			fail_msg("%s: setter", o->name);
		if ((o->type == OPT_WORD) != (o->words != NULL))
			fail_msg("%s: words", o->name);
		if (o->type == OPT_NONE && o->how == OPT_HONOURED)
			fail_msg("%s: honoured, but not kept", o->name);
	}
}


/* The default of every row is one that its setter takes */
static void test_defaults_are_valid(void **state)
{
	struct loaded l;

	(void)state;
	load_sip_text(&l, "[general]\nallowguest=no\n");
	assert_int_equal(l.err, 0);
	assert_int_equal(l.f->count[SEVERITY_WARNING], 0);
	loaded_reset(&l);
}


static void test_manual(void **state)
{
	char *text = NULL;

	(void)state;
	assert_int_equal(re_sdprintf(&text, "%H", config_table_print, NULL),
			 0);

	for (size_t i = 0; i < opt_count(); i++) {
		if (!strstr(text, opt_at(i)->name) ||
		    !strstr(text, opt_at(i)->doc))
			fail_msg("%s is not in the manual", opt_at(i)->name);
	}

	assert_non_null(strstr(text, "directmedia (also: canreinvite "
			       "reinvite)\n\ttype: see below; default: no; "
			       "accepted, not used\n"));
	mem_deref(text);
}


static void test_codecs(void **state)
{
	static const struct {
		const char *name, *found; /* NULL: unknown */
		int pt;
	} rows[] = {
		{"ulaw", "ulaw", 0}, {"ALAW", "alaw", 8}, {"pcma", "alaw", 8},
		{"g722", "g722", 9}, {"g.729", "g729", 18},
		{"opus", "opus", -1}, {"", NULL, 0}, {"all", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pl pl;

		pl_set_str(&pl, rows[i].name);
		const struct config_codec *c = config_codec_find(&pl);
		if (!rows[i].found) {
			assert_null(c);
			continue;
		}
		assert_string_equal(c->name, rows[i].found);
		assert_int_equal(c->pt, rows[i].pt);
	}
	assert_null(config_codec_at(CODEC_PREFS_MAX));
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_option_has_a_row),
		cmocka_unit_test(test_names_are_unique),
		cmocka_unit_test(test_rows_are_sound),
		cmocka_unit_test(test_defaults_are_valid),
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_codecs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
