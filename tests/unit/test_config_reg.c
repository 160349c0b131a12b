/**
 * @file test_config_reg.c  Register lines and host names
 */
#include "config_util.h"
#include "config/opt.h"


/* clang-format off */
static const struct {
	const char *line;
	const char *text; /* transp peer user@domain:dport secret authuser
			     host:port exten expiry */
} rows[] = {
	{"10004:10004@10.1.1.1",
	 "udp - 10004@-:0 10004 - 10.1.1.1:0 s 120"},
	{"550174:secret@sip.provider.example/00000",
	 "udp - 550174@-:0 secret - sip.provider.example:0 00000 120"},
	{"user@realm:pass:auth@proxy:5080/0123",
	 "udp - user@realm:0 pass auth proxy:5080 0123 120"},
	{"tls://u:p@h~600", "tls - u@-:0 p - h:0 s 600"},
	{"TCP://u:p@h:5070/77~600", "tcp - u@-:0 p - h:5070 77 600"},
	{"199:199pass@192.168.1.1/head_office",
	 "udp - 199@-:0 199pass - 192.168.1.1:0 head_office 120"},
	{"user@h", "udp - user@-:0 - - h:0 s 120"},
	{"user@dom@h", "udp - user@dom:0 - - h:0 s 120"},
	{"peer?u:p@h", "udp peer u@-:0 p - h:0 s 120"},
	{"peer?tls://u:p@h", "tls peer u@-:0 p - h:0 s 120"},
	{"u:p?w@h", "udp - u@-:0 p?w - h:0 s 120"},
	{"u:p@ss/x@h", "udp - u@-:0 p@ss/x - h:0 s 120"},
	{"u@dom:5070:sec:auth@h", "udp - u@dom:5070 sec auth h:0 s 120"},
	{"\"u:p@h\"", "udp - u@-:0 p - h:0 s 120"},
	{"u:p@[2001:db8::5]:5070/9",
	 "udp - u@-:0 p - 2001:db8::5:5070 9 120"},
	{"u::auth@h", "udp - u@-:0 - auth h:0 s 120"},
	/* malformed */
	{"", NULL},
	{"u", NULL},
	{":p@h", NULL},
	{"@h", NULL},
	{"u:p@", NULL},
	{"u:p@h:0", NULL},
	{"u:p@h:99999", NULL},
	{"u:p@h~x", NULL},
	{"u:p@h~0", NULL},
	{"iax://u:p@h", NULL},
	{"a:b:c:d@h", NULL},
	{"u@d:x:s:a@h", NULL},
	{"u:p@h ost", NULL},
};
/* clang-format on */


static const char *or_dash(const char *s)
{
	return s ? s : "-";
}


static void test_register_lines(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct reg_line *r = NULL;
		const char *what   = NULL;
		char buf[256];
		struct pl pl;

		pl_set_str(&pl, rows[i].line);
		const int err = reg_line_decode(&r, &pl, 120, &what);

		if (!rows[i].text) {
			if (err != EINVAL || !what || r)
				fail_msg("'%s' accepted", rows[i].line);
			continue;
		}

		if (err)
			fail_msg("'%s': expected %s", rows[i].line, what);

		(void)re_snprintf(buf, sizeof(buf),
				  "%s %s %s@%s:%u %s %s %s:%u %s %u",
				  config_transp_name(r->transp),
				  or_dash(r->peer), r->user,
				  or_dash(r->domain), r->domain_port,
				  or_dash(r->secret), or_dash(r->authuser),
				  r->host, r->port, r->exten, r->expiry_s);
		assert_string_equal(buf, rows[i].text);
		mem_deref(r);
	}
}


static void test_lines_in_general(void **state)
{
	struct loaded l;

	(void)state;
	load_sip_text(&l, "[general]\nregister => a:pw@10.0.0.1/1\n"
		      "register = nonsense\nregister => b:pw@10.0.0.1~77\n"
		      "defaultexpiry=300\n[p]\ntype=peer\nhost=10.0.0.1\n");
	assert_int_equal(l.err, 0);
	assert_int_equal(list_count(&l.cfg->regs), 2);

	const struct reg_line *r = list_ledata(l.cfg->regs.head);
	assert_string_equal(r->user, "a");
	assert_int_equal(r->expiry_s, 300); /* said below the line */
	assert_int_equal(r->pos.line, 2);
	r = list_ledata(l.cfg->regs.tail);
	assert_int_equal(r->expiry_s, 77);
	need_finding(&l, "sip.conf:3:12: warning: register line is ignored");
	loaded_reset(&l);
}


static void test_callbackextension(void **state)
{
	struct loaded l;

	(void)state;
	load_sip_text(&l, "[p]\ntype=peer\nhost=sip.example:5070\n"
		      "defaultuser=joe\nfromuser=550\nsecret=s1\n"
		      "remotesecret=s2\ncallbackextension=42\n"
		      "[q]\ntype=peer\nhost=dynamic\ncallbackextension=9\n");
	assert_int_equal(l.err, 0);
	assert_int_equal(list_count(&l.cfg->regs), 1);

	const struct reg_line *r = list_ledata(l.cfg->regs.head);
	assert_string_equal(r->user, "550");
	assert_string_equal(r->authuser, "joe");
	assert_string_equal(r->secret, "s2");
	assert_string_equal(r->host, "sip.example");
	assert_int_equal(r->port, 5070);
	assert_string_equal(r->exten, "42");
	assert_string_equal(r->peer, "p");
	need_finding(&l, "sip.conf:9:1: warning: [q] cannot register");
	loaded_reset(&l);
}


static void test_hosts(void **state)
{
	static const struct {
		const char *text;
		const char *host; /* NULL: malformed */
		uint16_t port;
		int af;
	} hosts[] = {
		{"10.0.0.1", "10.0.0.1", 0, AF_INET},
		{"10.0.0.1:5070", "10.0.0.1", 5070, AF_INET},
		{"sip.example", "sip.example", 0, AF_UNSPEC},
		{"sip.example:1", "sip.example", 1, AF_UNSPEC},
		{"2001:db8::1", "2001:db8::1", 0, AF_INET6},
		{"[2001:db8::1]:5061", "2001:db8::1", 5061, AF_INET6},
		{"[2001:db8::1", NULL, 0, 0},
		{"[2001:db8::1]x", NULL, 0, 0},
		{"a b", NULL, 0, 0},
		{"a:", NULL, 0, 0},
		{"a:x", NULL, 0, 0},
		{":5060", NULL, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		struct host_port hp = {.transp = -1};
		struct pl pl;

		pl_set_str(&pl, hosts[i].text);
		const int err = hostport_decode(&hp, &pl);
		if (!hosts[i].host) {
			if (err != EINVAL)
				fail_msg("'%s' accepted", hosts[i].text);
			continue;
		}
		assert_int_equal(err, 0);
		assert_string_equal(hp.host, hosts[i].host);
		assert_int_equal(hp.port, hosts[i].port);
		assert_int_equal(sa_af(&hp.sa), hosts[i].af);
		hostport_reset(&hp);
	}
}


/* peer? lends its transport, unless the line has one */
static void test_transport_of_the_peer(void **state)
{
	static const int want[] = {CONFIG_TLS, CONFIG_TCP, CONFIG_UDP};
	struct loaded l;
	size_t i = 0;

	(void)state;
	load_sip_text(&l, "[general]\n"
			  "register => prov?joe@192.0.2.1\n"
			  "register => prov?tcp://joe@192.0.2.2\n"
			  "register => joe@192.0.2.3\n"
			  "[prov]\ntype=peer\nhost=192.0.2.1\n"
			  "transport=tls,udp\n");
	assert_int_equal(l.err, 0);

	for (struct le *le = list_head(&l.cfg->regs); le; le = le->next) {
		const struct reg_line *r = le->data;

		assert_int_equal(want[i++], r->transp);
	}

	assert_int_equal(i, ARRAY_SIZE(want));
	loaded_reset(&l);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transport_of_the_peer),
		cmocka_unit_test(test_register_lines),
		cmocka_unit_test(test_lines_in_general),
		cmocka_unit_test(test_callbackextension),
		cmocka_unit_test(test_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
