/**
 * @file test_config_defaults.c  Defaults that are safer than chan_sip's: an
 * old office goes on to run, one line for each says what is different and how
 * it is written otherwise, and whoever has written it hears nothing
 */
#include "config_util.h"

#define PHONE "[101]\ntype=friend\nhost=dynamic\nsecret=linde-Besen-101\n"
#define LINE  "[line]\ntype=peer\nhost=192.0.2.1\n"

/* clang-format off */
static const struct {
	const char *what;
	const char *general; /* besides context= */
	const char *peers;
	const char *said;    /* a part of the one line; NULL none at all */
	const char *written; /* in [general]: then nothing is said */
	const char *in_peer; /* the same in the first peer; NULL can't be */
} rows[] = {
	{"guests", "", PHONE, "unknown callers are refused",
	 "allowguest=no\n", NULL},
	{"guests, wanted", "", PHONE, "unknown callers are refused",
	 "allowguest=yes\n", NULL},
	{"calls at a time", "", PHONE, "may have 4 calls at a time",
	 NULL, "call-limit=2\n"},
	{"abroad", "", PHONE LINE, "may not call abroad or premium numbers",
	 "international=no\npremium=no\nmaxcallsperminute=9\n"
	 "maxminutesperday=9\n",
	 "international=yes\npremium=no\nmaxcallsperminute=0\n"
	 "maxminutesperday=0\n"},
	{"minutes abroad", "international=yes\n", PHONE LINE,
	 "abroad and premium numbers for 60 minutes a day",
	 "maxcallsperminute=9\nmaxminutesperday=0\n",
	 "maxcallsperminute=9\nmaxminutesperday=90\n"},
	{"minutes of premium numbers", "international=no\npremium=yes\n",
	 PHONE LINE, "abroad and premium numbers for 60 minutes a day",
	 NULL, "premium=no\n"},
	{"transfers by lines", "", LINE, "may not transfer calls",
	 "allowtransfer=no\n", "allowtransfer=yes\n"},
	{"static addresses", "", PHONE LINE,
	 "no phone may register the address of a static host",
	 "dynamic_exclude_static=no\n", NULL},
	{"without media", "", PHONE, "calls without media end",
	 "rtptimeout=0\n", NULL},
	{"direct media", "", PHONE, "the audio of all calls passes here",
	 "directmedia=no\n", NULL},
	{"direct media, the older word", "", PHONE,
	 "the audio of all calls passes here", "canreinvite=no\n", NULL},
	{"streams", "tcpenable=yes\n", PHONE, "have 10 seconds to",
	 "tcpauthtimeout=30\n", NULL},
	{"nat", "", PHONE, "nat is auto_force_rport,auto_comedia",
	 "nat=no\n", NULL},
	{"keep-alives", "", PHONE, "an empty packet every 25 seconds",
	 "keepalive=0\n", NULL},
	{"time to answer", "", PHONE, "is given up after 10 seconds",
	 "timerb=32000\n", NULL},
	{"OPTIONS", "", PHONE, "OPTIONS of unknown sources is challenged",
	 "auth_options_requests=no\n", NULL},
	{"weak secret", "", "[101]\ntype=friend\nhost=dynamic\nsecret=101\n",
	 "has a weak secret", "weaksecret=yes\n", "weaksecret=yes\n"},
	{"weak secret, a reversed name", "",
	 "[1234]\ntype=friend\nhost=dynamic\nsecret=4321\n",
	 "has a weak secret", NULL, "deny=0.0.0.0/0\npermit=10.0.0.0/8\n"},
};
/* clang-format on */


static uint32_t said(const struct loaded *l, const char *part)
{
	char line[1024];
	uint32_t n = 0;

	for (struct le *le = l->f->list.head; le; le = le->next) {
		finding_line(line, sizeof(line), l, le->data);
		n += strstr(line, part) != NULL;
	}

	return n;
}


/* Loads [general] with `more`, and peers with `extra` after their first line;
 * how often it is said */
static uint32_t load_row(size_t i, const char *more, const char *extra)
{
	const char *peers = rows[i].peers, *end = strchr(peers, '\n') + 1;
	char sip[1024];
	struct loaded l;
	uint32_t n;

	(void)re_snprintf(sip, sizeof(sip), "[general]\ncontext=office\n%s%s"
			  "%b%s%s", rows[i].general, more ? more : "", peers,
			  (size_t)(end - peers), extra ? extra : "", end);
	load_texts(&l, (struct texts){.sip = sip,
				      .ext = "[office]\n"
					     "exten => 1,1,NoOp()\n"});
	if (l.err)
		print_findings(&l);
	assert_int_equal(l.err, 0); /* the office runs */
	n = said(&l, rows[i].said);
	loaded_reset(&l);

	return n;
}


static void test_told_once_or_not_at_all(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (load_row(i, NULL, NULL) != 1)
			fail_msg("%s: not told, or twice", rows[i].what);
		if (rows[i].written && load_row(i, rows[i].written, NULL))
			fail_msg("%s: told although it is written",
				 rows[i].what);
		if (rows[i].in_peer && load_row(i, NULL, rows[i].in_peer))
			fail_msg("%s: told although the peer says it",
				 rows[i].what);
	}
}


/* Two hundred phones are one line each, not two hundred */
static void test_many_phones_are_one_line(void **state)
{
	struct loaded l;
	struct mbuf *mb = mbuf_alloc(8192);
	char *text;

	(void)state;
	assert_non_null(mb);
	assert_int_equal(mbuf_write_str(mb, LINE), 0);
	for (uint32_t i = 100; i < 300; i++)
		assert_int_equal(mbuf_printf(mb, "[%u]\ntype=friend\n"
					     "host=dynamic\n"
					     "secret=linde-Besen-%u\n", i, i),
				 0);
	mb->pos = 0;
	assert_int_equal(mbuf_strdup(mb, &text, mb->end), 0);
	load_sip_text(&l, text);
	assert_int_equal(l.err, 0);
	assert_int_equal(said(&l, "200 peers with host=dynamic"), 1);
	assert_int_equal(said(&l, "200 phones, the first here, may not call "
				  "abroad"), 1);
	assert_true(list_count(&l.f->list) < 12);
	loaded_reset(&l);
	mem_deref(text);
	mem_deref(mb);
}


/* TLS says from which version on, and only where there is TLS */
static void test_tls(void **state)
{
	struct loaded l;

	(void)state;
	load_sip_text(&l, "[general]\ntlsenable=yes\n");
	assert_int_equal(said(&l, "TLS begins at version 1.2"), 1);
	loaded_reset(&l);
	load_sip_text(&l, "[general]\ntcpenable=yes\n");
	assert_int_equal(said(&l, "TLS begins at version 1.2"), 0);
	loaded_reset(&l);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told_once_or_not_at_all),
		cmocka_unit_test(test_many_phones_are_one_line),
		cmocka_unit_test(test_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
