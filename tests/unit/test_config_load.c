/**
 * @file test_config_load.c  Directories into struct config
 */
#include "config_util.h"
#include "base/addr.h"


static const char *field_text(const struct peer *p, size_t off)
{
	const char *s;

	memcpy(&s, (const char *)p + off, sizeof(s));
	return s;
}


#define S(m) offsetof(struct peer, m)

/* clang-format off */
static const struct {
	const char *line;
	size_t off;
	const char *value; /* NULL: not set */
} text_rows[] = {
	{"secret = abc",                 S(secret), "abc"},
	{"secret =",                     S(secret), NULL},
	{"secret = a\\;b",               S(secret), "a;b"},
	{"SECRET=x y",                   S(secret), "x y"},
	{"secret=x ; remark",            S(secret), "x"},
	{"md5secret=0123456789ABCDEF0123456789abcdef", S(md5secret),
	 "0123456789abcdef0123456789abcdef"},
	{"username=joe",                 S(defaultuser), "joe"},
	{"defaultuser => joe",           S(defaultuser), "joe"},
	{"fromuser=550",                 S(fromuser), "550"},
	{"fromdomain=sip.example:5080",  S(fromdomain), "sip.example:5080"},
	{"callerid=\"Ann B\" <1001>",    S(cid_name), "Ann B"},
	{"callerid=\"Ann B\" <1001>",    S(cid_num), "1001"},
	{"callerid=Ann B <1001>",        S(cid_name), "Ann B"},
	{"callerid=1001",                S(cid_num), "1001"},
	{"callerid=1001",                S(cid_name), NULL},
	{"callerid=+49 (30) 123",        S(cid_num), "+49 (30) 123"},
	{"callerid=Ann",                 S(cid_name), "Ann"},
	{"cid_number=77",                S(cid_num), "77"},
	{"fullname=Ann",                 S(cid_name), "Ann"},
	{"context=in",                   S(context), "in"},
	{"",                             S(context), "default"},
	{"",                             S(language), "en"},
	{"language=ru",                  S(language), "ru"},
	{"",                             S(mohinterpret), "default"},
	{"musicclass=jazz",              S(mohinterpret), "jazz"},
	{"accountcode=acme",             S(accountcode), "acme"},
	{"mailbox=100@default",          S(mailbox), "100@default"},
	{"hasvoicemail=yes",             S(mailbox), "p"},
	{"regexten=12",                  S(regexten), "12"},
	{"outboundproxy=tcp://10.0.0.1:5080,force", S(outboundproxy.host),
	 "10.0.0.1"},
	{"host=sip.example:5070",        S(host.host), "sip.example"},
	{"host=[2001:db8::1]:5070",      S(host.host), "2001:db8::1"},
	{"host=dynamic",                 S(host.host), NULL},
};
/* clang-format on */


static void test_text_options(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(text_rows); i++) {
		struct loaded l;
		char buf[256];

		(void)re_snprintf(buf, sizeof(buf), "[p]\ntype=friend\n%s\n",
				  text_rows[i].line);
		load_sip_text(&l, buf);
		assert_int_equal(l.err, 0);

		const struct peer *p = config_peer(l.cfg, "p");
		assert_non_null(p);

		const char *s = field_text(p, text_rows[i].off);
		if (text_rows[i].value) {
			if (!s || strcmp(s, text_rows[i].value))
				fail_msg("'%s': %s", text_rows[i].line,
					 s ? s : "(null)");
		}
		else if (s) {
			fail_msg("'%s': %s", text_rows[i].line, s);
		}
		loaded_reset(&l);
	}
}


#define U(m) offsetof(struct peer, m), sizeof(((struct peer *)0)->m)

/* clang-format off */
static const struct {
	const char *line;
	size_t off, size;
	uint64_t value;
} num_rows[] = {
	{"type=user",              U(type), PEER_TYPE_FRIEND}, /* adds up */
	{"host=dynamic",           U(dynamic), 1},
	{"host=10.0.0.1",          U(dynamic), 0},
	{"port=5070\nhost=a.example", U(host.port), 5070},
	{"host=a.example:5080\nport=5070", U(host.port), 5070},
	{"insecure=very",          U(insecure), 3},
	{"insecure=yes",           U(insecure), INSECURE_PORT},
	{"insecure=port, invite",  U(insecure), 3},
	{"insecure=invite",        U(insecure), INSECURE_INVITE},
	{"insecure=no",            U(insecure), 0},
	{"",                       U(nat), NAT_AUTO_FORCE_RPORT |
					   NAT_AUTO_COMEDIA},
	{"nat=yes",                U(nat), NAT_FORCE_RPORT | NAT_COMEDIA},
	{"nat=no",                 U(nat), 0},
	{"nat=never",              U(nat), 0},
	{"nat=route",              U(nat), NAT_FORCE_RPORT | NAT_COMEDIA},
	{"nat=force_rport",        U(nat), NAT_FORCE_RPORT},
	{"nat=force_rport,comedia", U(nat), NAT_FORCE_RPORT | NAT_COMEDIA},
	{"nat=auto_comedia,comedia", U(nat), NAT_AUTO_COMEDIA},
	{"nat=force_rport,auto_force_rport", U(nat), NAT_AUTO_FORCE_RPORT},
	{"qualify=yes",            U(qualify_ms), 2000},
	{"qualify=no",             U(qualify_ms), 0},
	{"qualify=500",            U(qualify_ms), 500},
	{"keepalive=yes",          U(keepalive_s), 60},
	{"host=dynamic",           U(call_limit), 4},
	{"host=10.0.0.1",          U(call_limit), 0},
	{"call-limit=0\nhost=dynamic", U(call_limit), 0},
	{"incominglimit=3",        U(call_limit), 3},
	{"host=10.0.0.1",          U(allowtransfer), 0},
	{"host=10.0.0.1\nallowtransfer=yes", U(allowtransfer), 1},
	{"host=dynamic",           U(allowtransfer), 1},
	{"callgroup=1,3-5",        U(callgroup), 0x3a},
	{"pickupgroup=63",         U(pickupgroup), 1ull << 63},
	{"dtmfmode=info",          U(dtmfmode), DTMF_MODE_INFO},
	{"dtmfmode=rfc4733",       U(dtmfmode), DTMF_MODE_RFC2833},
	{"dtmfmode=nonsense",      U(dtmfmode), DTMF_MODE_RFC2833},
	{"sendrpid=pai",           U(sendrpid), SENDRPID_PAI},
	{"sendrpid=yes",           U(sendrpid), SENDRPID_RPID},
	{"trustrpid=yes",          U(trustrpid), 1},
	{"session-timers=originate", U(session_timers), SESSION_ORIGINATE},
	{"session-expires=600",    U(session_expires_s), 600},
	{"session-minse=3",        U(session_minse_s), 90}, /* refused */
	{"",                       U(rtptimeout_s), 60},
	{"",                       U(rtpholdtimeout_s), 300},
	{"rtptimeout=0",           U(rtptimeout_s), 0},
	{"transport=tls,udp",      U(transports[0]), CONFIG_TLS},
	{"transport=tls,udp",      U(transportc), 2},
	{"callingpres=prohib",     U(callingpres), 0x23},
	{"callingpres=67",         U(callingpres), 67},
	{"canreinvite=nonat",      U(directmedia), 1},
	{"encryption=yes",         U(encryption), 1},
	{"encryption_taglen=32",   U(encryption_32), 1},
	{"videosupport=always",    U(videosupport), 1},
	{"t38pt_udptl=yes,redundancy,maxdatagram=400", U(t38), 1},
	{"usereqphone=on",         U(usereqphone), 1},
	{"timert1=250",            U(timert1_ms), 250},
	{"maxforwards=20",         U(maxforwards), 20},
	{"busylevel=2",            U(busylevel), 2},
	{"host=dynamic",           U(international), PEER_ALLOW_NO},
	{"host=10.0.0.1",          U(international), PEER_ALLOW_YES},
	{"host=dynamic\ninternational=yes", U(international), PEER_ALLOW_YES},
	{"host=10.0.0.1\ninternational=no", U(international), PEER_ALLOW_NO},
	{"host=dynamic",           U(premium), PEER_ALLOW_NO},
	{"host=dynamic\npremium=on", U(premium), PEER_ALLOW_YES},
	{"host=dynamic",           U(calls_per_minute), 20},
	{"host=10.0.0.1",          U(calls_per_minute), 0},
	{"maxcallsperminute=3",    U(calls_per_minute), 3},
	{"host=dynamic\ncall-limit=20", U(calls_per_minute), 100},
	{"host=dynamic\ncall-limit=0", U(calls_per_minute), 0},
	{"host=dynamic\nmaxcallsperminute=0", U(calls_per_minute), 0},
	{"host=dynamic",           U(minutes_per_day), 60},
	{"maxminutesperday=5",     U(minutes_per_day), 5},
};
/* clang-format on */


static uint64_t field_num(const struct peer *p, size_t off, size_t size)
{
	const char *at = (const char *)p + off;
	uint64_t n8;
	uint32_t n4;
	uint16_t n2;

	switch (size) {
	case 1: return *(const uint8_t *)at;
	case 2: memcpy(&n2, at, 2); return n2;
	case 4: memcpy(&n4, at, 4); return n4;
	default: memcpy(&n8, at, 8); return n8;
	}
}


static void test_number_options(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(num_rows); i++) {
		struct loaded l;
		char buf[256];

		(void)re_snprintf(buf, sizeof(buf), "[p]\ntype=peer\n%s\n",
				  num_rows[i].line);
		load_sip_text(&l, buf);
		assert_int_equal(l.err, 0);

		const struct peer *p = config_peer(l.cfg, "p");
		assert_non_null(p);

		const uint64_t n = field_num(p, num_rows[i].off,
					     num_rows[i].size);
		if (n != num_rows[i].value)
			fail_msg("'%s': %llu", num_rows[i].line,
				 (unsigned long long)n);
		loaded_reset(&l);
	}
}


static void codecs(char *buf, size_t n, const struct codec_prefs *c)
{

	buf[0] = '\0';
	for (size_t i = 0; i < c->n; i++) {
		const size_t at = strlen(buf);

		(void)re_snprintf(buf + at, n - at, "%s%s", i ? "," : "",
				  codec_prefs_at(c, i)->name);
		if (c->v[i].ptime_ms)
			(void)re_snprintf(buf + strlen(buf), n - strlen(buf),
					  ":%u", c->v[i].ptime_ms);
	}
}


/* clang-format off */
static const struct {
	const char *general, *peer, *list;
} codec_rows[] = {
	{"", "", "ulaw,alaw,gsm,h263"},
	{"", "disallow=all\nallow=alaw", "alaw"},
	{"", "disallow=all\nallow=alaw\nallow=ulaw", "alaw,ulaw"},
	{"", "allow=g729", "ulaw,alaw,gsm,h263,g729"},
	{"", "allow=!all,g722,ulaw:30", "g722,ulaw:30"},
	{"disallow=all\nallow=alaw", "", "alaw"},
	{"disallow=all\nallow=alaw", "allow=ulaw", "alaw,ulaw"},
	{"", "disallow=all\nallow=ulaw;alaw", "ulaw"},
	{"", "disallow=all\nallow=ulaw|alaw", "ulaw,alaw"},
	{"", "disallow=gsm,h263", "ulaw,alaw"},
};
/* clang-format on */


static void test_codec_lists(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(codec_rows); i++) {
		struct loaded l;
		char buf[256], list[256];

		(void)re_snprintf(buf, sizeof(buf),
				  "[general]\n%s\n[p]\ntype=peer\n%s\n",
				  codec_rows[i].general, codec_rows[i].peer);
		load_sip_text(&l, buf);
		assert_int_equal(l.err, 0);
		codecs(list, sizeof(list), &config_peer(l.cfg, "p")->codecs);
		assert_string_equal(list, codec_rows[i].list);
		loaded_reset(&l);
	}
}


static void test_acl_last_match_wins(void **state)
{
	struct loaded l;
	struct sa in, out;

	(void)state;
	load_sip_text(&l, "[p]\ntype=peer\nhost=dynamic\n"
		      "deny=0.0.0.0/0.0.0.0\npermit=192.168/16,10/8\n"
		      "contactdeny=0.0.0.0/0\n");
	assert_int_equal(l.err, 0);

	const struct peer *p = config_peer(l.cfg, "p");
	assert_int_equal(sa_set_str(&in, "10.1.2.3", 5060), 0);
	assert_int_equal(sa_set_str(&out, "203.0.113.1", 5060), 0);
	assert_true(acl_allows(&p->acl, &in));
	assert_false(acl_allows(&p->acl, &out));
	assert_false(acl_allows(&p->contactacl, &in));
	loaded_reset(&l);
}


static void test_lists_of_pairs(void **state)
{
	struct loaded l;

	(void)state;
	load_sip_text(&l, "[authentication]\nauth = bob:pw@realm\n"
		      "[p]\ntype=peer\nhost=dynamic\nsetvar=A=1\n"
		      "setvar = __B = x=y\nheader=X-Key: v:w\n"
		      "auth=joe#0123456789abcdef0123456789abcdef@r\n"
		      "auth=ann:se@cret@r2\n");
	assert_int_equal(l.err, 0);

	const struct peer *p	 = config_peer(l.cfg, "p");
	const struct var_def *v	 = list_ledata(p->setvars.head);
	const struct auth_cred *c = list_ledata(p->auth.head);

	assert_string_equal(v->name, "A");
	assert_string_equal(v->value, "1");
	v = list_ledata(p->setvars.tail);
	assert_string_equal(v->name, "__B");
	assert_string_equal(v->value, "x=y");
	v = list_ledata(p->headers.head);
	assert_string_equal(v->name, "X-Key");
	assert_string_equal(v->value, "v:w");

	assert_string_equal(c->user, "joe");
	assert_null(c->secret);
	assert_string_equal(c->md5, "0123456789abcdef0123456789abcdef");
	c = list_ledata(p->auth.tail);
	assert_string_equal(c->secret, "se@cret");
	assert_string_equal(c->realm, "r2");

	c = list_ledata(l.cfg->general.auth.head);
	assert_string_equal(c->user, "bob");
	loaded_reset(&l);
}


static void test_templates_and_general_order(void **state)
{
	struct loaded l;

	(void)state;
	/* [general] counts first wherever it stands */
	load_sip_text(&l, "[t](!)\ntype=friend\nhost=dynamic\nqualify=yes\n"
		      "[a](t)\nsecret=one\nqualify=no\n"
		      "[b](t)\n[general]\nlanguage=de\ncontext=shop\n"
		      "[b](+)\nsecret=two\n");
	assert_int_equal(l.err, 0);
	assert_int_equal(list_count(&l.cfg->peers), 2);
	assert_null(config_peer(l.cfg, "t"));
	assert_null(config_peer(l.cfg, "A")); /* names: case matters */

	const struct peer *a = config_peer(l.cfg, "a");
	const struct peer *b = config_peer(l.cfg, "b");

	assert_int_equal(a->qualify_ms, 0);
	assert_int_equal(b->qualify_ms, 2000);
	assert_string_equal(a->secret, "one");
	assert_string_equal(b->secret, "two");
	assert_string_equal(a->language, "de");
	assert_string_equal(a->context, "shop");
	assert_string_equal(l.cfg->defaults->context, "shop");
	loaded_reset(&l);
}


static void test_second_section_on_top(void **state)
{
	struct loaded l;

	(void)state;
	load_sip_text(&l, "[x]\ntype=user\nsecret=first\nsetvar=A=1\n"
		      "call-limit=0\n"
		      "[x]\ntype=peer\nhost=dynamic\n");
	assert_int_equal(l.err, 0);
	assert_int_equal(list_count(&l.cfg->peers), 1);

	const struct peer *x = config_peer(l.cfg, "x");
	assert_int_equal(x->type, PEER_TYPE_FRIEND);
	assert_string_equal(x->secret, "first");
	assert_true(list_isempty(&x->setvars));
	assert_int_equal(x->call_limit, 0);
	loaded_reset(&l);
}


/* clang-format off */
static const struct {
	const char *lines;
	const char *udp, *tcp, *tls;
} bind_rows[] = {
	{"", "0.0.0.0:5060", "0.0.0.0:0", "0.0.0.0:0"},
	{"bindport=5070", "0.0.0.0:5070", "0.0.0.0:0", "0.0.0.0:0"},
	{"port=5071\nbindaddr=10.0.0.1", "10.0.0.1:5071", "10.0.0.1:0",
	 "10.0.0.1:0"},
	{"udpbindaddr=10.0.0.1:5080\ntcpenable=yes", "10.0.0.1:5080",
	 "10.0.0.1:5060", "10.0.0.1:0"},
	{"tcpenable=yes\ntcpbindaddr=10.0.0.2:5090", "0.0.0.0:5060",
	 "10.0.0.2:5090", "0.0.0.0:0"},
	{"tlsenable=yes\ntlscertfile=a.pem", "0.0.0.0:5060", "0.0.0.0:0",
	 "0.0.0.0:5061"},
	{"bindaddr=::", "[::]:5060", "[::]:0", "[::]:0"},
};
/* clang-format on */


static void sa_is(const struct sa *sa, const char *text)
{
	char buf[64];

	(void)re_snprintf(buf, sizeof(buf), "%s%j%s:%u",
			  sa_af(sa) == AF_INET6 ? "[" : "", sa,
			  sa_af(sa) == AF_INET6 ? "]" : "",
			  (uint32_t)sa_port(sa));
	assert_string_equal(buf, text);
}


static void test_listeners(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(bind_rows); i++) {
		struct loaded l;
		char buf[256];

		(void)re_snprintf(buf, sizeof(buf), "[general]\n%s\n",
				  bind_rows[i].lines);
		load_sip_text(&l, buf);
		assert_int_equal(l.err, 0);
		sa_is(&l.cfg->general.udp, bind_rows[i].udp);
		sa_is(&l.cfg->general.tcp, bind_rows[i].tcp);
		sa_is(&l.cfg->general.tls, bind_rows[i].tls);
		loaded_reset(&l);
	}
}


static void test_general_values(void **state)
{
	struct loaded l;
	char path[128];

	(void)state;
	load_sip_text(&l, "[general]\nexternip=203.0.113.5:5099\n"
		      "localnet=192.168.0.0/16\nlocalnet=10.0.0.0/8\n"
		      "domain=a.example,shop\ndomain=b.example\n"
		      "tos_sip=cs3\ntos_audio=0xb8\ntos_video=af41\n"
		      "maxexpirey=1800\nuseragent=\nrealm=r\n"
		      "tlscertfile=keys/a.pem\nallowguest=yes\n"
		      "notifyringing=notinuse\n");
	assert_int_equal(l.err, 0);

	const struct general *g	    = &l.cfg->general;
	const struct config_domain *d = list_ledata(g->domains.head);

	assert_string_equal(g->externaddr.host, "203.0.113.5");
	assert_int_equal(g->externaddr.port, 5099);
	assert_int_equal(list_count(&g->localnet), 2);
	assert_string_equal(d->name, "a.example");
	assert_string_equal(d->context, "shop");
	assert_int_equal(g->tos_sip, 0x60);
	assert_int_equal(g->tos_audio, 0xb8);
	assert_int_equal(g->tos_video, 0x88);
	assert_int_equal(g->maxexpiry_s, 1800);
	assert_int_equal(g->submaxexpiry_s, 1800);
	assert_string_equal(g->useragent, "");
	assert_true(g->allowguest);
	(void)re_snprintf(path, sizeof(path), "%s/keys/a.pem", l.dir);
	assert_string_equal(g->tlscertfile, path);
	loaded_reset(&l);
}


static void test_safe_defaults(void **state)
{
	struct loaded l;

	(void)state;
	load_sip_text(&l, "");
	assert_int_equal(l.err, 0);

	const struct general *g = &l.cfg->general;
	assert_false(g->allowguest);
	assert_true(g->alwaysauthreject);
	assert_true(g->srvlookup);
	assert_true(g->auth_options_requests);
	assert_true(g->dynamic_exclude_static);
	assert_false(g->accept_outofcall_message);
	assert_false(g->autocreatepeer);
	assert_int_equal(g->tcpauthtimeout_s, 10);
	assert_string_equal(g->useragent, "Tandem");
	assert_string_equal(l.cfg->defaults->context, "default");
	assert_int_equal(l.cfg->rtp.start, 10000);
	assert_int_equal(l.cfg->rtp.end, 20000);
	assert_true(l.cfg->dialplan->autofallthrough);
	loaded_reset(&l);
}


static void test_companion_files(void **state)
{
	struct loaded l;
	char path[128];

	(void)state;
	load_texts(&l, (struct texts){
		.sip = "#include more.conf\n", .ext = "[default]\n",
		.more = "[p]\ntype=peer\nhost=10.0.0.1\n",
		.rtp = "[general]\nrtpstart=12000\nrtpend=12999\n",
		.moh = "[general]\n[jazz]\nmode=files\ndirectory=/m/jazz\n"
		       "random=yes\n[classes]\nold => quietmp3:/m/old,-z\n",
		.tandem = "[directories]\nrun=run\nstate=/var/x\n"
			  "sounds=s1:/s2\nlog=log\n[general]\n"
			  "loglevel=debug\nlogformat=json\nlogfile=t.log\n"
			  "threads=3\nrecordmono=yes\nrecordlowwater=12\n"
			  "recordmandatory=yes\n"});
	assert_int_equal(l.err, 0);
	assert_non_null(config_peer(l.cfg, "p"));
	assert_int_equal(l.cfg->rtp.start, 12000);
	assert_int_equal(l.cfg->rtp.end, 12999);

	const struct moh_class *m = config_moh(l.cfg, "JAZZ");
	assert_non_null(m);
	assert_string_equal(m->directory, "/m/jazz");
	assert_string_equal(m->sort, "random");
	assert_string_equal(config_moh(l.cfg, "old")->directory, "/m/old");

	(void)re_snprintf(path, sizeof(path), "%s/run", l.dir);
	assert_string_equal(l.cfg->dirs.run, path);
	assert_string_equal(l.cfg->dirs.state, "/var/x");
	(void)re_snprintf(path, sizeof(path), "%s/s1:/s2", l.dir);
	assert_string_equal(l.cfg->dirs.sounds, path);
	(void)re_snprintf(path, sizeof(path), "%s/log/t.log", l.dir);
	assert_string_equal(l.cfg->tandem.logfile, path);
	assert_int_equal(l.cfg->tandem.loglevel, LOG_LEVEL_DEBUG);
	assert_int_equal(l.cfg->tandem.logformat, LOG_FORMAT_JSON);
	assert_int_equal(l.cfg->tandem.threads, 3);
	assert_true(l.cfg->tandem.record_mono);
	assert_int_equal(l.cfg->tandem.record_lowwater, 12);
	assert_true(l.cfg->tandem.record_mandatory);
	loaded_reset(&l);
}


static void test_missing_files(void **state)
{
	struct loaded l;

	(void)state;
	load_texts(&l, (struct texts){.ext = "[default]\n"});
	assert_int_equal(l.err, ENOENT);
	assert_null(l.cfg);
	need_finding(&l, "sip.conf: error: does not exist");
	loaded_reset(&l);

	load_texts(&l, (struct texts){.sip = ""});
	assert_int_equal(l.err, ENOENT);
	need_finding(&l, "extensions.conf: error: does not exist");
	loaded_reset(&l);
}


/* What protects something refuses the whole if it cannot be read */
static void test_refused(void **state)
{
	static const struct {
		const char *lines, *finding;
	} rows[] = {
		{"[p]\ntype=peer\ndeny=0.0.0.0/0/0\n",
		 "sip.conf:3:6: error: deny: "},
		{"[p]\ntype=peer\nmd5secret=xyz\n",
		 "sip.conf:3:11: error: md5secret is no digest"},
		{"[general]\nautocreatepeer=yes\n",
		 "sip.conf:2:16: error: autocreatepeer is refused"},
		{"[general]\nbindaddr=here\n",
		 "sip.conf:2:10: error: bindaddr: 'here'"},
		{"[general]\ntlsenable=yes\n",
		 "sip.conf:1:1: error: tlsenable=yes needs a certificate"},
		{"#include gone.conf\n", "sip.conf:1:1: error: cannot include"},
		{"[p](gone)\n", "sip.conf:1:1: error: section 'gone'"},
		{"[p\n", "sip.conf:1:1: error: section without end"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct loaded l;

		load_sip_text(&l, rows[i].lines);
		assert_int_equal(l.err, EBADMSG);
		assert_null(l.cfg);
		need_finding(&l, rows[i].finding);
		loaded_reset(&l);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_options),
		cmocka_unit_test(test_number_options),
		cmocka_unit_test(test_codec_lists),
		cmocka_unit_test(test_acl_last_match_wins),
		cmocka_unit_test(test_lists_of_pairs),
		cmocka_unit_test(test_templates_and_general_order),
		cmocka_unit_test(test_second_section_on_top),
		cmocka_unit_test(test_listeners),
		cmocka_unit_test(test_general_values),
		cmocka_unit_test(test_safe_defaults),
		cmocka_unit_test(test_companion_files),
		cmocka_unit_test(test_missing_files),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
