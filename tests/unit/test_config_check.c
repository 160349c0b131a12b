/**
 * @file test_config_check.c  Faults of configurations, and what is said
 */
#include "config_util.h"


static int bad_pattern(const struct pl *ext, const char **why)
{
	*why = "open set";
	return pl_strchr(ext, '[') && !pl_strchr(ext, ']') ? EINVAL : 0;
}


static int bad_times(const struct pl *spec, struct pl *bad)
{
	*bad = *spec;
	return pl_strchr(spec, ':') ? 0 : EINVAL;
}


/* clang-format off */
static const struct {
	const char *sip, *finding; /* NULL: no warning at all */
} sip_rows[] = {
	{"[general]\nallowguest=no\ncanreinvte=no\n",
	 "sip.conf:3:1: warning: unknown option 'canreinvte' in [general] "
	 "(did you mean 'canreinvite'?)"},
	{"[p]\ntype=peer\nquallify=yes\n",
	 "sip.conf:3:1: warning: unknown option 'quallify' in [p] (did you "
	 "mean 'qualify'?)"},
	{"[p]\ntype=peer\nallowguest=yes\n",
	 "sip.conf:3:1: warning: option 'allowguest' has no effect in [p], "
	 "expected it in [general]"},
	{"[general]\nsecret=topsecret\n",
	 "sip.conf:2:1: warning: option 'secret' has no effect in [general], "
	 "expected it in the section of a peer"},
	{"[p]\nhost=dynamic\n",
	 "sip.conf:1:1: warning: section [p] is left out because it has no "
	 "type="},
	{"[p]\ntype=phone\n",
	 "sip.conf:2:6: warning: section [p] is left out because type=phone"},
	{"[p]\ntype=friend\nhost=dynamic\nsecret=1234\n",
	 "sip.conf:1:1: warning: [p] has a weak secret (it is shorter"},
	{"[longsecret]\ntype=friend\nhost=dynamic\nsecret=longsecret\n",
	 "sip.conf:1:1: warning: [longsecret] has a weak secret (it is the "
	 "name)"},
	{"[longsecret]\ntype=friend\nhost=dynamic\nsecret=tercesgnol\n",
	 "sip.conf:1:1: warning: [longsecret] has a weak secret (it is the "
	 "name backwards)"},
	{"[p]\ntype=friend\nhost=dynamic\nsecret=1234567890\n",
	 "sip.conf:1:1: warning: [p] has a weak secret (it is a sequence)"},
	{"[p]\ntype=friend\nhost=dynamic\nsecret=aaaaaaaaaaaa\n",
	 "sip.conf:1:1: warning: [p] has a weak secret (it is one character)"},
	{"[p]\ntype=friend\nhost=dynamic\n",
	 "sip.conf:1:1: warning: [p] has a weak secret (there is none)"},
	{"[p]\ntype=friend\nhost=dynamic\nsecret=Password123\n",
	 "sip.conf:1:1: warning: [p] has a weak secret (it is a well-known "},
	{"[p]\ntype=friend\nhost=dynamic\nsecret=zxcvbnmasd\n",
	 "sip.conf:1:1: warning: [p] has a weak secret (it is a well-known "},
	{"[1001]\ntype=friend\nhost=dynamic\nsecret=password1001\n",
	 "sip.conf:1:1: warning: [1001] has a weak secret (it is little more "},
	{"[1001]\ntype=friend\nhost=dynamic\nsecret=1001-Asterisk\n",
	 "sip.conf:1:1: warning: [1001] has a weak secret (it is little more "},
	{"[10015]\ntype=friend\nhost=dynamic\nsecret=1001510015\n",
	 "sip.conf:1:1: warning: [10015] has a weak secret (it is little "},
	{"[100100]\ntype=friend\nhost=dynamic\nsecret=x100100abc\n",
	 "sip.conf:1:1: warning: [100100] has a weak secret (it is little "},
	{"[1001]\ntype=friend\nhost=dynamic\nsecret=linde-Besen-1001\n"
	 "call-limit=2\n", NULL},
	{"[1001]\ntype=friend\nhost=dynamic\nsecret=s3cr3t-1001\n"
	 "call-limit=2\n", NULL},
	{"[p]\ntype=friend\nhost=dynamic\nsecret=x\nweaksecret=yes\n"
	 "call-limit=2\n", NULL},
	{"[p]\ntype=friend\nhost=dynamic\nsecret=x\ndeny=0.0.0.0/0\n"
	 "permit=10.0.0.0/8\ncall-limit=2\n", NULL},
	{"[p]\ntype=peer\nhost=10.0.0.1\nsecret=x\n", NULL},
	{"[p]\ntype=friend\nhost=10.0.0.1\nsecret=x\n",
	 "sip.conf:1:1: warning: [p] has a weak secret (it is shorter than 10 "
	 "characters): whoever guesses it calls as 'p' from anywhere"},
	{"[p]\ntype=peer\nhost=10.0.0.1\npermit=10.0.0.0/8\n",
	 "sip.conf:4:8: warning: [p]: permit without deny restricts nothing"},
	{"[p]\ntype=peer\nhost=10.0.0.1\ncontext=defautl\n",
	 "sip.conf:4:9: warning: calls of [p] fail: context 'defautl' does not "
	 "exist in extensions.conf (did you mean 'default'?)"},
	{"[p]\ntype=peer\nhost=10.0.0.1\ndisallow=all\n",
	 "sip.conf:4:10: warning: [p] has no codec left"},
	{"[p]\ntype=peer\nhost=10.0.0.1\ndisallow=all\nallow=ulaw;alaw\n",
	 "sip.conf:5:7: warning: allow: ';' begins a comment, 'alaw' is not "
	 "read"},
	{"[p]\ntype=peer\nhost=10.0.0.1\ndisallow=all\nallow=ulaw ; alaw\n",
	 NULL},
	{"[p]\ntype=peer\nhost=10.0.0.1\nallow=ulwa\n",
	 "sip.conf:4:7: warning: codec 'ulwa' is unknown and left out (did you "
	 "mean 'ulaw'?)"},
	{"[p]\ntype=peer\nhost=10.0.0.1\nsecret=a;b\n",
	 "sip.conf:4:8: warning: secret: ';' begins a comment"},
	{"[p]\ntype=peer\nhost=10.0.0.1\ninsecure=very\n",
	 "sip.conf:4:10: info: insecure=very is the old spelling"},
	{"[p]\ntype=peer\nhost=10.0.0.1\ncanreinvite=yes\n",
	 "sip.conf:4:13: warning: canreinvite is read but not used: media "
	 "always passes Tandem"},
	{"[p]\ntype=peer\nhost=10.0.0.1\ndirectmedia=no\n", NULL},
	{"[p]\ntype=peer\nhost=10.0.0.1\nqualify=often\n",
	 "sip.conf:4:9: warning: qualify: 'often' is ignored, expected yes, "
	 "no or milliseconds"},
	{"[p]\ntype=peer\nhost=10.0.0.1\nrtptimeout=x\n",
	 "sip.conf:4:12: warning: rtptimeout: 'x' is ignored, expected a "
	 "number from 0 to 86400"},
	{"[p]\ntype=peer\nhost=10.0.0.1\ndtmfmode=tone\n",
	 "sip.conf:4:10: warning: dtmfmode: 'tone' is ignored, expected one of "
	 "rfc2833"},
	{"[p]\ntype=user\nhost=dynamic\nsecret=x\n",
	 "sip.conf:2:6: warning: [p]: type=user cannot register"},
	{"[p]\ntype=peer\n",
	 "sip.conf:1:1: warning: [p] has no host="},
	{"[p]\ntype=peer\nhost=10.0.0.1\nencryption=yes\n",
	 "sip.conf:4:12: warning: [p]: encryption=yes with transport=udp: "},
	{"[p]\ntype=peer\nhost=10.0.0.1\nencryption=yes\ntransport=tls\n",
	 NULL},
	{"[p]\ntype=friend\nhost=dynamic\nsecret=stone-Oak-42\n"
	 "insecure=invite\n",
	 "sip.conf:5:10: warning: [p]: insecure=invite with host=dynamic"},
	{"[p]\ntype=friend\nhost=dynamic\nsecret=stone-Oak-42\n",
	 "sip.conf:1:1: warning: 1 peer with host=dynamic, the first here, may "
	 "have 4 calls"},
	{"[p]\ntype=friend\nhost=dynamic\nsecret=stone-Oak-42\n"
	 "call-limit=0\n", NULL},
	{"[p]\ntype=friend\nhost=dynamic\nsecret=stone-Oak-42\n"
	 "call-limit=0\n[t]\ntype=peer\nhost=10.0.0.1\n",
	 "sip.conf:1:1: warning: 1 phone, the first here, may not call abroad "
	 "or premium numbers through a static host"},
	{"[p]\ntype=friend\nhost=dynamic\nsecret=stone-Oak-42\n"
	 "call-limit=0\ninternational=no\n[t]\ntype=peer\nhost=10.0.0.1\n",
	 NULL},
	{"[a]\ntype=peer\nhost=10.0.0.1\n[b]\ntype=peer\nhost=10.0.0.1\n",
	 "sip.conf:6:6: info: [b] has the address of [a] on line 1"},
	{"[general]\nexternip=203.0.113.1\n",
	 "sip.conf:1:1: warning: externaddr has no effect without localnet"},
	{"[general]\nexternip=203.0.113.1\nlocalnet=10.0.0.0/8\n", NULL},
	{"[general]\nallowguest=yes\n",
	 "sip.conf:1:1: warning: allowguest=yes: anybody"},
	{"[general]\nregister => a:bcd@sip.example\n",
	 "sip.conf:2:13: warning: register: calls from 'sip.example' will be "
	 "refused"},
	{"[general]\nregister => nobody?a:b@10.0.0.1\n[p]\ntype=peer\n"
	 "host=10.0.0.1\n",
	 "sip.conf:2:13: warning: register: peer 'nobody' does not exist"},
	{"[general]\njbenable=yes\n",
	 "sip.conf:2:10: warning: jbenable is read but not used"},
	{"[general]\nlimitonpeers=yes\n",
	 "sip.conf:2:14: info: limitonpeers is an option of old versions"},
	{"[general]\nminexpiry=600\nmaxexpiry=300\n",
	 "sip.conf:1:1: warning: minexpiry 600 is above maxexpiry 300"},
	{"[t] (!)\ntype=peer\nhost=10.0.0.1\n",
	 "sip.conf:1:5: warning: '(!)' is ignored because of the blank"},
	{"[p]\ntype=peer\nhost=10.0.0.1\nnonsense\n",
	 "sip.conf:4:1: warning: line without '='"},
	{"#exec rm\n[p]\ntype=peer\nhost=10.0.0.1\n",
	 "sip.conf:1:1: warning: #exec is ignored"},
};
/* clang-format on */


static bool warned(const struct loaded *l)
{
	return l->f->count[SEVERITY_WARNING] || l->f->count[SEVERITY_ERROR];
}


static void test_sip_faults(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(sip_rows); i++) {
		struct loaded l;

		load_sip_text(&l, sip_rows[i].sip);
		assert_int_equal(l.err, 0);

		if (sip_rows[i].finding) {
			need_finding(&l, sip_rows[i].finding);
		}
		else if (warned(&l)) {
			print_findings(&l);
			fail_msg("a warning of: %s", sip_rows[i].sip);
		}
		loaded_reset(&l);
	}
}


static const char peers[] =
	"[general]\nallowguest=no\n"
	"[phone]\ntype=peer\nhost=10.0.0.1\ncontext=c\n"
	"[only-in]\ntype=user\nhost=10.0.0.2\nsecret=stone-Oak-42\n"
	"context=c\n[trunk]\ntype=peer\nhost=10.0.0.3\ncontext=c\n"
	"[lost]\nhost=10.0.0.4\n";

/* clang-format off */
static const struct {
	const char *lines, *finding; /* NULL: no warning but that of [lost] */
} ext_rows[] = {
	{"exten => 1,1,dila(SIP/phone)",
	 ":2:14: warning: application 'dila' is unknown, a call ends here (did "
	 "you mean 'Dial'?)"},
	{"exten => 1,1,dIAL(sip/phone)", NULL},
	{"exten => 1,1,Dial(SIP/phoen)",
	 ":2:14: warning: SIP/phoen: there is no peer 'phoen' in sip.conf (did "
	 "you mean 'phone'?)"},
	{"exten => 1,1,Dial(SIP/zzz/${EXTEN})",
	 ":2:14: warning: SIP/zzz: there is no peer 'zzz'"},
	{"exten => 1,1,Dial(SIP/1@zzz)",
	 ":2:14: warning: SIP/zzz: there is no peer 'zzz'"},
	{"exten => 1,1,Dial(SIP/phone&SIP/zzz,20)",
	 ":2:14: warning: SIP/zzz: there is no peer 'zzz'"},
	{"exten => 1,1,Dial(SIP/1@sip.example:5070)", NULL},
	{"exten => 1,1,Dial(SIP/192.0.2.1:9999,20)", NULL},
	{"exten => _X.,1,Dial(SIP/${EXTEN}@trunk,60)", NULL},
	{"exten => _X.,1,Dial(SIP/trunk/${EXTEN:1})", NULL},
	{"exten => 1,1,Dial(SIP/only-in)",
	 ":2:14: warning: SIP/only-in cannot be called: [only-in] on line 7 is "
	 "type=user"},
	{"exten => 1,1,Dial(SIP/lost)",
	 ":2:14: warning: SIP/lost: section [lost] on line 16 of sip.conf is "
	 "left out"},
	{"exten => 1,1,Dial(IAX2/x/1)",
	 ":2:14: warning: 'IAX2/' is not spoken"},
	{"exten => 1,1,Dial(Local/1@nowhere)",
	 ":2:14: warning: Local: context 'nowhere' does not exist"},
	{"exten => 1,1,Dial()", ":2:14: warning: Dial without a device"},
	{"exten => 1,1,Dial(SIP/phone,10,t&m)",
	 ":2:14: warning: Dial options 't&m': '&' is no option"},
	{"exten => 1,hint,SIP/zzz", ":2:10: warning: SIP/zzz: there is no"},
	{"exten => _X.,1,Dial(SIP/trunk/${exten:2})",
	 ":2:16: warning: variable '${exten:2}' is always empty, names are "
	 "case-sensitive (did you mean 'EXTEN'?)"},
	{"exten => 1,1,Set(exten=5)\nsame => n,NoOp(${exten})", NULL},
	{"exten => 1,1,NoOp(${strftime(${EPOCH})})", NULL},
	{"exten => 1,1,NoOp(${STRFTIM(${EPOCH})})",
	 ":2:14: warning: function 'STRFTIM' is unknown (did you mean "
	 "'STRFTIME'?)"},
	{"exten => 1,1,NoOp(${EXTEN)",
	 ":2:14: warning: '${' is never closed"},
	{"exten => 1,1,Goto(menu,s,1)",
	 ":2:14: warning: Goto: context 'menu' does not exist"},
	{"exten => 1,1,Goto(other,9,1)\n[other]\nexten => 8,1,Answer",
	 ":2:14: warning: Goto: context 'other' has no extension '9'"},
	{"exten => 1,1,Goto(other,9,1)\n[other]\nexten => _X,1,Answer", NULL},
	{"exten => 1,1,Goto(strat)\nexten => 1,n(start),Answer",
	 ":2:14: warning: Goto: extension '1' has no label 'strat' (did you "
	 "mean 'start'?)"},
	{"exten => 1,1,Goto(start)\nexten => 1,n(start),Answer", NULL},
	{"exten => 1,1,GotoIf($[\"${A}\"=\"?\"]?c,1,1:gone,s,1)",
	 ":2:14: warning: GotoIf: context 'gone' does not exist"},
	{"exten => 1,1,GotoIf(1)", ":2:14: warning: GotoIf without '?'"},
	{"exten => 1,1,Set(cNum = 5)",
	 ":2:14: warning: Set: the blank belongs to the name 'cNum '"},
	{"exten => 1,1,Set(__SIP_CODEC_OUTBOUND=alaw,ulwa)",
	 ":2:14: warning: SIP_CODEC_OUTBOUND: codec 'ulwa' is unknown"},
	{"exten => 1,1,Set(SIP_CODEC=alaw)\n"
	 "exten => 1,2,NoOp(${SIP_CODEC} ${OUTBOUND_GROUP})", NULL},
	{"exten => 1,1,Set(x)", ":2:14: warning: Set without '='"},
	{"include => gone",
	 ":2:12: warning: include: context 'gone' does not exist"},
	{"include => c", ":2:12: warning: context 'c' includes itself"},
	{"include => d,mon-fri\n[d]",
	 ":2:12: warning: include of 'd' never holds: time 'mon-fri'"},
	{"exten => 1,1,Answer\nexten => 1,3,Hangup",
	 ":3:14: warning: extension '1' has no priority 2"},
	{"exten => 1,1,Answer\nexten => 2,n,Hangup",
	 ":3:14: warning: extension '2' begins with priority 2"},
	{"exten => _X.,1,Answer\nexten => _X.,2,Wait(1)\n"
	 "exten => _XX,3,Hangup", NULL},
	{"exten => 1,1,Answer\nexten => 1,1,Hangup",
	 ":3:14: warning: extension '1' has priority 1 already"},
	{"exten => 1,1(a),Answer\nexten => 1,2(a),Hangup",
	 ":3:17: warning: label 'a' is at priority 1 already"},
	{"exten => _[12,1,Answer", ":2:10: warning: pattern '_[12' never"},
	{"exten => _.,1,Answer", ":2:10: warning: '_.' also matches s"},
	{"extn => 1,1,Answer",
	 ":2:1: warning: unknown word 'extn' in [c], the line is left out (did "
	 "you mean 'exten'?)"},
	{"exten =>\n_X.,1,Set(a=b)",
	 ":3:1: warning: line is left out, it looks like the rest of the line "
	 "before"},
	{"exten => 1,1,Answer() x", ":2:23: warning: 'x' after ')'"},
	{"exten => 1,1,NoOp(a;b)", ":2:1: warning: ';' begins a comment"},
	{"exten => 1,1,Dial,SIP/phone|20",
	 ":2:18: info: arguments without parentheses are the old spelling"},
};
/* clang-format on */


static void load_named(struct loaded *l, struct texts t)
{
	struct config_names names = test_names;

	names.pattern  = bad_pattern;
	names.timespec = bad_times;

	load_files(l, &t, NULL, 0, &names);
}


static void test_dialplan_faults(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(ext_rows); i++) {
		struct loaded l;
		char ext[512], want[256];

		(void)re_snprintf(ext, sizeof(ext), "[c]\n%s\n",
				  ext_rows[i].lines);
		load_named(&l, (struct texts){.sip = peers, .ext = ext});
		assert_int_equal(l.err, 0);

		if (ext_rows[i].finding) {
			(void)re_snprintf(want, sizeof(want),
					  "extensions.conf%s",
					  ext_rows[i].finding);
			need_finding(&l, want);
		}
		else if (l.f->count[SEVERITY_WARNING] != 1) {
			print_findings(&l);
			fail_msg("a warning of: %s", ext_rows[i].lines);
		}
		loaded_reset(&l);
	}
}


static void test_secrets_are_never_printed(void **state)
{
	struct loaded l;
	char buf[8192];

	(void)state;
	load_texts(&l, (struct texts){.sip =
		"[general]\nregister => u:hush1@\nregister => hush2\n"
		"auth=hush3\nsecret=hush4\n"
		"[p]\ntype=friend\nhost=dynamic\nsecret=hush5;hush6\n"
		"md5secret=hush7\nauth=hush8\nremotesecret=hush9;hush10\n"
		"[hush11]\ntype=friend\nhost=dynamic\nsecret=hush11x\n"
		"[authentication]\nauth=hush12\n", .ext = "[default]\n"});
	assert_int_equal(l.err, EBADMSG);
	assert_true(re_snprintf(buf, sizeof(buf), "%H", findings_print,
				l.f) > 0);

	for (const char *p = strstr(buf, "hush"); p; p = strstr(p + 1, "hush")) {
		/* the name of the section may be told */
		if (strncmp(p, "hush11]", 7))
			fail_msg("secret told: %.40s", p);
	}
	loaded_reset(&l);
}


static void test_all_faults_in_one_run(void **state)
{
	struct loaded l;

	(void)state;
	load_texts(&l, (struct texts){
		.sip = "[general]\nbindaddr=x\n[p]\ntype=peer\ndeny=y\n",
		.ext = "[c]\nexten => 1,x,A\n",
		.rtp = "[general]\nrtpstart=20000\nrtpend=10000\n",
		.tandem = "[general]\nloglevel=loud\n"});
	assert_int_equal(l.err, EBADMSG);
	need_finding(&l, "sip.conf:2:10: error: bindaddr");
	need_finding(&l, "sip.conf:5:6: error: deny");
	need_finding(&l, "extensions.conf:2:12: warning: line is left out");
	need_finding(&l, "rtp.conf:1:1: warning: rtpend 10000 is not above");
	need_finding(&l, "tandem.conf:2:10: warning: loglevel: 'loud'");

	/* by file, then line */
	const struct finding *fi = list_ledata(l.f->list.head);
	assert_non_null(strstr(fi->pos.file, "extensions.conf"));
	loaded_reset(&l);
}


/* What makes a file invalid does not hide what else is wrong in it, or in the
 * next one */
static void test_faults_behind_an_error(void **state)
{
	struct loaded l;

	(void)state;
	load_texts(&l, (struct texts){
		.sip = "[general]\nallowguest=no\n[p\ntype=peer\n"
		       "host=10.0.0.1\nquallify=yes\n[q](none)\ntype=peer\n"
		       "host=10.0.0.2\ndtmfmode=tone\n",
		.ext = "[c\nexten => 1,1,dila(SIP/p)\nexten => 1,3,Hangup\n"
		       "[d]\nexten => 1,1,Dial(SIP/gone)\n",
		.rtp = "rtpstart=1\n[general\nrtpend=x\n"});
	assert_int_equal(l.err, EBADMSG);
	need_finding(&l, "sip.conf:3:1: error: section without end");
	need_finding(&l, "sip.conf:6:1: warning: unknown option 'quallify'");
	need_finding(&l, "sip.conf:7:1: error: section 'none' does not exist");
	need_finding(&l, "sip.conf:10:10: warning: dtmfmode: 'tone'");
	need_finding(&l, "extensions.conf:1:1: error: section without end");
	need_finding(&l, "extensions.conf:2:14: warning: application 'dila'");
	need_finding(&l, "extensions.conf:3:14: warning: extension '1' has no "
		     "priority 2");
	need_finding(&l, "extensions.conf:5:14: warning: SIP/gone: there is");
	need_finding(&l, "rtp.conf:1:1: error: text before the first section");
	need_finding(&l, "rtp.conf:3:8: warning: rtpend");
	loaded_reset(&l);
}


static void test_guests_are_told_where_it_matters(void **state)
{
	struct loaded l;

	(void)state;
	load_texts(&l, (struct texts){.sip = "", .ext =
		"[default]\nexten => 1,1,Answer\n"});
	need_finding(&l, "sip.conf:1:1: warning: unknown callers are refused");
	loaded_reset(&l);

	load_sip_text(&l, "");
	assert_false(has_finding(&l, "sip.conf:1:1: warning: unknown caller"));
	loaded_reset(&l);
}


/* A trunk goes on coming from its own address, whatever its secret */
static void test_weak_is_for_phones(void **state)
{
	struct loaded l;

	(void)state;
	load_sip_text(&l, "[phone]\ntype=friend\nhost=dynamic\nsecret=12\n"
		      "[trunk]\ntype=friend\nhost=10.0.0.1\nsecret=12\n"
		      "[acl]\ntype=friend\nhost=dynamic\nsecret=12\n"
		      "deny=0.0.0.0/0\n"
		      "[good]\ntype=friend\nhost=dynamic\n"
		      "secret=stone-Oak-42\n");
	assert_int_equal(l.err, 0);
	assert_string_equal(config_peer(l.cfg, "phone")->weak,
			    "it is shorter than 10 characters");
	assert_null(config_peer(l.cfg, "trunk")->weak);
	assert_null(config_peer(l.cfg, "acl")->weak);
	assert_null(config_peer(l.cfg, "good")->weak);
	loaded_reset(&l);
}


/* A template's fault is told once, however many phones use it */
static void test_template_once(void **state)
{
	struct loaded l;
	unsigned n = 0;

	(void)state;
	load_sip_text(&l, "[t](!)\ntype=friend\nhost=10.0.0.1\nquallify=1\n"
		      "canreinvite=yes\n[a](t)\n[b](t)\n[c](t)\n");
	for (struct le *le = l.f->list.head; le; le = le->next) {
		const struct finding *fi = le->data;

		n += fi->pos.line == 4 || fi->pos.line == 5;
	}
	assert_int_equal(n, 2);
	loaded_reset(&l);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sip_faults),
		cmocka_unit_test(test_dialplan_faults),
		cmocka_unit_test(test_secrets_are_never_printed),
		cmocka_unit_test(test_all_faults_in_one_run),
		cmocka_unit_test(test_faults_behind_an_error),
		cmocka_unit_test(test_guests_are_told_where_it_matters),
		cmocka_unit_test(test_weak_is_for_phones),
		cmocka_unit_test(test_template_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
