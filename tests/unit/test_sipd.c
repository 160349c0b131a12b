/**
 * @file test_sipd.c  The sip.conf of sipd: sections, numbers, restrictions
 */
#include "config_util.h"
#include "config/parse.h"
#include "config/sipd.h"
#include "routing/sipd.h"


/* --- values -------------------------------------------------------------- */

static const struct {
	const char *text, *parts; /* L|S|N|how|F; NULL: refused */
} extens[] = {
	{"1001", "1001|||0|"},
	{"1001(2)", "1001||2|0|"},
	{"4999876543#1002=4991234567", "4999876543|1002||1|4991234567"},
	{"4999876543#1002~4991234567", "4999876543|1002||2|4991234567"},
	{"4999876543#1002(1,3-5)~4991234567",
	 "4999876543|1002|1,3-5|2|4991234567"},
	{"#1002", "|1002||0|"},
	{"(3)", "||3|0|"},
	{"=4991234567", "|||1|4991234567"},
	{"~4991234567", "|||2|4991234567"},
	{"", "|||0|"},
	{"1001(2", NULL},
	{"1001=", NULL},
	{"1001~", NULL},
	{"1001=4991234567=1", NULL},
	{"1001(2)x", NULL},
	{"10a1", NULL},
	{"1001#1002#1003", NULL},
	{"1001=49a", NULL},
	{"123456789012345678901", NULL},
};


static void test_exten(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(extens); i++) {
		struct sipd_exten x;
		const char *what = NULL;
		char buf[128];
		struct pl pl;

		pl_set_str(&pl, extens[i].text);
		if (sipd_exten_decode(&x, &pl, &what)) {
			assert_non_null(what);
			if (extens[i].parts)
				fail_msg("%s refused", extens[i].text);
			continue;
		}

		(void)re_snprintf(buf, sizeof(buf), "%r|%r|%r|%d|%r",
				  &x.number, &x.shortno, &x.chain, x.how,
				  &x.target);
		if (!extens[i].parts || strcmp(buf, extens[i].parts))
			fail_msg("%s: %s", extens[i].text, buf);
	}
}


static const struct {
	const char *net, *full;
} nets[] = {
	{"192.168/16", "192.168.0.0/16"},
	{"10/8", "10.0.0.0/8"},
	{"192.168.1.129/32", "192.168.1.129/32"},
	{"192.168.1.129", "192.168.1.129/32"},
	{"192.168.1", "192.168.1.0/24"},
	{"2001:db8::/32", "2001:db8::/32"},
	{"2001:db8::1", "2001:db8::1/128"},
	{"192.168.1.1.1/32", NULL},
	{"10/33", NULL},
	{"256/8", NULL},
	{"10.x/8", NULL},
	{"2001:db8::/129", NULL},
	{"/8", NULL},
	{"", NULL},
};


static void test_nets(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(nets); i++) {
		char buf[64] = "";
		struct pl pl;
		int err;

		pl_set_str(&pl, nets[i].net);
		err = sipd_net_print(buf, sizeof(buf), &pl);
		assert_int_equal(err != 0, nets[i].full == NULL);
		if (nets[i].full)
			assert_string_equal(buf, nets[i].full);
	}
}


/* --- numbers ------------------------------------------------------------- */

static char seven[] = "7", moscow[] = "495", kazan[] = "843";
static const struct sipd_opts opts = {seven, moscow, 30};
static const struct sipd_opts other = {seven, kazan, 30};

static const struct {
	const char *dialled, *number, *subject; /* NULL: no number */
} numbers[] = {
	{"84951234567", "74951234567", "4951234567"},
	{"4951234567", "74951234567", "4951234567"},
	{"+74951234567", "74951234567", "4951234567"},
	{"74951234567", "74951234567", "4951234567"},
	{"1234567", "74951234567", "1234567"},
	{"112", "7495112", "112"},
	{"89161234567", "79161234567", "9161234567"},
	{"8104930123456", "4930123456", "104930123456"},
	{"+4930123456", "4930123456", "104930123456"},
	{"104930123456", "4930123456", "104930123456"},
	{"98123456789", "98123456789", "1098123456789"},
	{"88001234567", "78001234567", "8001234567"},
	{"8", "74958", "8"},
	{"*11", NULL, "*11"},
	{"*724991234567", NULL, "*724991234567"},
	{"anna", NULL, "anna"},
	{"+", NULL, NULL},
	{"12345678901234567890123456789012345", NULL, NULL},
};


static void test_numbers(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char buf[SIPD_NUMBER_MAX];
		struct pl pl;
		int err;

		pl_set_str(&pl, numbers[i].dialled);
		err = sipd_number(buf, sizeof(buf), &opts, &pl);
		if (err != (numbers[i].number ? 0 : EINVAL))
			fail_msg("%s: %d", numbers[i].dialled, err);
		if (numbers[i].number)
			assert_string_equal(buf, numbers[i].number);

		if (!numbers[i].subject)
			continue;
		err = sipd_subject(buf, sizeof(buf), &opts, &pl);
		assert_int_equal(err, 0);
		assert_string_equal(buf, numbers[i].subject);
	}
}


static void test_out(void **state)
{
	struct sipd_client gate = {.plain = false};
	static const struct pl num = PL_LIT("84951234567");
	char buf[128];

	(void)state;
	assert_int_equal(sipd_out(buf, sizeof(buf), &opts, &gate, "9995999",
				  &num), 0);
	assert_string_equal(buf, "999599974951234567");
	gate.plain = true;
	assert_int_equal(sipd_out(buf, sizeof(buf), &opts, &gate, "9", &num),
			 0);
	assert_string_equal(buf, "984951234567");
}


/* --- a file -------------------------------------------------------------- */

static const char sip[] =
	"[foo]\naccountcode=FOOBAR\ncontext=domestic\nsecret=abcdefghijk\n"
	"permit=192.168/16,10/8\nexten=1001\n"
	"[bar]\naccountcode=FOOBAR\nhost=192.168.1.129:5060\n"
	"context=international\nsecret=cbacbacbacba\npermit=192.168.1.129/32\n"
	"exten=1002(1)\n"
	"[tom]\naccountcode=FOOBAR\ncontext=mobile\nsecret=qwe-rty-uiop\n"
	"exten=1003(1,3-9)\ncallerid=\"Tom\" +7(495) 4951112233\n"
	"[siphone1]\naccountcode=HOME\ndialplan=.+\nsecret=12345678901x\n"
	"exten=1001(2)\n"
	"[siphone2]\naccountcode=HOME\ndialplan=^8?495\nsecret=43210987654x\n"
	"exten=4999876543#1002=4991234567\n"
	"[broken]\naccountcode=HOME\ndialplan=(\nsecret=43210987654x\n"
	"[lost]\nexten=7\n"
	"[plain]\nsecret=43210987654x\n"
	"[here]\nhost=10.0.0.7\nexten=8\n"
	"[emy]\ncontext=em\nsecret=43210987654x\n"
	"[GATE1]\naccountcode=gateways\nhost=192.168.1.200:5060\n"
	"exten=9995999 ; gateway prefix when accountcode is gateways\n"
	"[GATE2]\naccountcode=gateways\nhost=192.168.1.201:5060\nexten=9\n"
	"[GATE3]\naccountcode=gateways\nhost=192.168.1.202\n"
	"[GW12]\naccountcode=gateways\nhost=192.168.1.203\nexten=1\n"
	"[own]\naccountcode=SHOPGW12\ncontext=local\nsecret=43210987654x\n"
	"[MEDIAGATE]\naccountcode=mediagates\nhost=192.168.1.100:5070\n"
	"[AGI]\naccountcode=agigates\nhost=192.168.1.101:5070\n";


/* What each client and gateway of the file has become */
static void check_peers(const struct config *cfg)
{
	const struct peer *foo = config_peer(cfg, "foo");
	assert_int_equal(foo->type, PEER_TYPE_FRIEND);
	assert_true(foo->dynamic);
	assert_string_equal(foo->context, "group-FOOBAR");
	assert_string_equal(foo->accountcode, "FOOBAR");
	assert_string_equal(foo->namedpickupgroup, "FOOBAR");
	assert_string_equal(foo->cid_num, "1001");
	assert_int_equal(foo->international, PEER_ALLOW_NO);
	assert_int_equal(list_count(&foo->acl), 4);

	const struct peer *bar = config_peer(cfg, "bar");
	assert_false(bar->dynamic);
	assert_int_equal(bar->insecure, 0);
	assert_int_equal(bar->international, PEER_ALLOW_YES);

	const struct peer *lost = config_peer(cfg, "lost");
	assert_int_equal(strlen(lost->secret), 32);

	const struct peer *here = config_peer(cfg, "here");
	assert_int_equal(here->insecure, INSECURE_PORT | INSECURE_INVITE);
	assert_int_equal(here->type, PEER_TYPE_PEER);

	const struct peer *gate = config_peer(cfg, "GATE1");
	assert_int_equal(gate->type, PEER_TYPE_PEER);
	assert_string_equal(gate->context, "sipd-from-gateway");
	assert_int_equal(gate->host.port, 5060);
	assert_null(config_peer(cfg, "AGI"));
}


static void test_load(void **state)
{
	static const char *const said[] = {
		"sip.conf:1:1: info: is read as a file of sipd",
		"sip.conf:1:1: info: 9 clients prove each call",
		"sip.conf:1:1: info: a nonce is signed",
		"sip.conf:1:1: info: permit= of 2 clients, the first here",
		"sip.conf:7:1: info: 7 peers with a static host",
		"sip.conf:14:1: warning: [tom]: there is no client 4 in group "
		"'FOOBAR'",
		"sip.conf:32:10: warning: [broken]: the expression of dialplan "
		"cannot be read (missing closing parenthesis, at character 2)",
		"sip.conf:34:1: warning: [lost] has no secret= and no host=",
		"sip.conf:38:1: warning: clients without secret=, the first of "
		"1 here",
		"sip.conf:66:1: warning: [AGI] is left out",
	};
	struct loaded l;

	(void)state;
	load_texts(&l, (struct texts){.sip = sip});
	if (l.err) {
		print_findings(&l);
		fail();
	}
	for (size_t i = 0; i < ARRAY_SIZE(said); i++)
		need_finding(&l, said[i]);
	assert_int_equal(l.f->count[SEVERITY_ERROR], 0);

	check_peers(l.cfg);

	const struct sipd_client *c = sipd_client(l.cfg->sipd, "tom");
	assert_string_equal(c->callerid, "4951112233");
	assert_int_equal(c->chainc, 1); /* bar; 3 is itself */
	assert_string_equal(c->chainv[0]->name, "bar");
	c = sipd_client(l.cfg->sipd, "siphone1");
	assert_int_equal(c->chainc, 0); /* broken, siphone1: itself */
	loaded_reset(&l);
}


static const struct {
	const char *client, *dialled;
	enum sipd_may may;
} mays[] = {
	{"foo", "84951234567", SIPD_MAY_YES},
	{"foo", "8104930123456", SIPD_MAY_NOT},
	{"foo", "+4930123456", SIPD_MAY_NOT},
	{"foo", "*724991234567", SIPD_MAY_YES},
	{"foo", "*11", SIPD_MAY_YES},
	{"foo", "112", SIPD_MAY_YES},
	{"bar", "8104930123456", SIPD_MAY_YES},
	{"bar", "88091234567", SIPD_MAY_YES},
	{"tom", "89161234567", SIPD_MAY_YES},
	{"tom", "84991234567", SIPD_MAY_YES},
	{"tom", "84731234567", SIPD_MAY_NOT},
	{"tom", "98123456789", SIPD_MAY_NOT},
	{"tom", "*724991234567", SIPD_MAY_NOT},
	{"siphone1", "8104930123456", SIPD_MAY_YES},
	{"siphone2", "84951234567", SIPD_MAY_YES},
	{"siphone2", "89161234567", SIPD_MAY_NOT},
	{"broken", "112", SIPD_MAY_NOT},
	{"plain", "8104930123456", SIPD_MAY_ABROAD},
	{"plain", "+4930123456", SIPD_MAY_ABROAD},
	{"plain", "98123456789", SIPD_MAY_ABROAD},
	{"plain", "88091234567", SIPD_MAY_PREMIUM},
	{"plain", "4951234567", SIPD_MAY_YES},
	{"here", "8104930123456", SIPD_MAY_YES},
	{"emy", "112", SIPD_MAY_YES},
	{"emy", "1234567", SIPD_MAY_NOT},
	{"own", "84951234567", SIPD_MAY_YES},
	{"own", "89161234567", SIPD_MAY_NOT},
	{"nobody", "112", SIPD_MAY_NOT},
	{"bar", "", SIPD_MAY_NOT},
	{"bar", "anna@x", SIPD_MAY_ODD},
};


static void test_may(void **state)
{
	struct loaded l;

	(void)state;
	load_texts(&l, (struct texts){.sip = sip});
	for (size_t i = 0; i < ARRAY_SIZE(mays); i++) {
		struct pl pl;
		enum sipd_may may;

		pl_set_str(&pl, mays[i].dialled);
		may = sipd_may(l.cfg, sipd_client(l.cfg->sipd, mays[i].client),
			       &pl);
		if (may != mays[i].may)
			fail_msg("%s %s: %d", mays[i].client, mays[i].dialled,
				 may);
	}
	loaded_reset(&l);
}


static void test_gateways(void **state)
{
	const struct sipd_client *v[8], *c;
	unsigned first[2] = {0, 0};
	struct loaded l;

	(void)state;
	load_texts(&l, (struct texts){.sip = sip});
	c = sipd_client(l.cfg->sipd, "foo");
	for (unsigned i = 0; i < 200; i++) {
		/* GATE3 has no prefix and is not used */
		assert_int_equal(sipd_gateways(v, 8, l.cfg->sipd, c), 3);
		first[0] += !strcmp(v[0]->name, "GATE1");
		first[1] += !strcmp(v[0]->name, "GATE2");
	}
	assert_true(first[0] > 20 && first[1] > 20);
	assert_int_equal(sipd_gateways(v, 2, l.cfg->sipd, c), 2);

	c = sipd_client(l.cfg->sipd, "own");
	assert_int_equal(sipd_gateways(v, 8, l.cfg->sipd, c), 1);
	assert_string_equal(v[0]->name, "GW12");
	assert_string_equal(sipd_prefix(v[0], c), "666598");
	assert_string_equal(sipd_prefix(v[0], NULL), "1");
	loaded_reset(&l);
}


static void test_kazan(void **state)
{
	char buf[128];

	(void)state;
	assert_string_equal(sipd_class_regex(buf, sizeof(buf), &other,
					     "local"),
			    "^843|^800|^.{2,3}$");
	assert_string_equal(sipd_class_regex(buf, sizeof(buf), &opts, "EM"),
			    "^(?:7495)?.{2,3}$");
	assert_string_equal(sipd_class_regex(buf, sizeof(buf), &opts,
					     "international"), "");
	assert_null(sipd_class_regex(buf, sizeof(buf), &opts, "what"));
}


/* A type= makes it chan_sip's; so does the lack of exten= */
static void test_is(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} rows[] = {
		{"[a]\nexten=1\n", true},
		{"[general]\nport=5060\n[a]\nexten=1\n", true},
		{"[a]\nexten=1\n[b]\ntype=peer\n", false},
		{"[a]\nsecret=1\naccountcode=x\n", false},
		{"[general]\nexten=1\n", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct conf_file *cf;
		struct pl pl;

		pl_set_str(&pl, rows[i].text);
		assert_int_equal(conffile_parse(&cf, NULL, "t", &pl, NULL),
				 0);
		if (sipd_is(cf) != rows[i].is)
			fail_msg("%s", rows[i].text);
		mem_deref(cf);
	}
}


static bool has_step(const struct config *cfg, const char *ctx,
		     const char *ext, const char *args)
{
	const struct dp_context *c = dialplan_context(cfg->dialplan, ctx);
	const struct dp_exten *e = dp_exten_first(c, ext);

	for (struct le *le = e ? e->prios.head : NULL; le; le = le->next) {
		if (!strcmp(((struct dp_prio *)le->data)->args, args))
			return true;
	}

	return false;
}


static void test_plan(void **state)
{
	struct loaded l;

	(void)state;
	load_texts(&l, (struct texts){.sip = sip, .ext =
		"[sipd-custom]\nexten => 600,1,Echo()\n"});
	assert_int_equal(l.err, 0);
	assert_true(has_step(l.cfg, "group-FOOBAR", "1001",
			     "sipd-to,s,1(foo)"));
	assert_true(has_step(l.cfg, "group-HOME", "1001",
			     "sipd-to,s,1(siphone1)"));
	assert_false(has_step(l.cfg, "group-FOOBAR", "4999876543",
			      "sipd-to,s,1(siphone2)"));
	for (size_t i = 0; i < 4; i++) {
		static const char *const v[] = {
			"4999876543", "84999876543", "74999876543",
			"+74999876543"};

		assert_true(has_step(l.cfg, "sipd-numbers", v[i],
				     "sipd-to,s,1(siphone2)"));
	}
	assert_true(has_step(l.cfg, "sipd-told", "s",
			     "SIP/MEDIAGATE/${code},10"));

	const struct dp_context *ctx = dialplan_context(l.cfg->dialplan,
							"group-FOOBAR");
	const struct dp_include *inc = list_ledata(ctx->includes.head);
	assert_string_equal(inc->name, "sipd-custom");
	loaded_reset(&l);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exten),
		cmocka_unit_test(test_nets),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_out),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_may),
		cmocka_unit_test(test_gateways),
		cmocka_unit_test(test_kazan),
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
