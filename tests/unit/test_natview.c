/**
 * @file test_natview.c  What a phone's messages tell of the way between us
 *
 * Rows of the addresses in a REGISTER and a description -> what is concluded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "b2bua/natview.h"
#include "nat_util.h"


struct row {
	const char *what;
	const char *src, *via, *contact, *callid; /* NULL: a name */
	const char *c, *o;      /* of a description, NULL: none yet */
	const char *rtp;        /* heard from, NULL: not yet */
	enum sx_tp tp;
	enum nat_kind kind;
	uint32_t signs;
	bool natted;
};

static const struct row rows[] = {
	/* clang-format off */
	{"no NAT", PUB, PUB, PUB, NULL, PUB, PUB, PUB, SX_UDP,
	 NAT_KIND_NONE, 0, false},
	{"a phone in the office", IN, IN, IN, IN, IN, IN, IN, SX_UDP,
	 NAT_KIND_NONE, 0, false},
	{"port kept", PUB, IN, IN, IN, IN, IN, OTHER, SX_UDP,
	 NAT_KIND_KEEPS, 0, true},
	{"port changed", OTHER, IN, IN, NULL, NULL, NULL, NULL, SX_UDP,
	 NAT_KIND_CHANGES, 0, true},
	{"names", OTHER, NULL, NULL, NULL, NULL, NULL, NULL, SX_UDP,
	 NAT_KIND_CHANGES, 0, true},
	{"two NATs", "203.0.113.7:9", "10.0.0.2:5060", "10.0.0.2:5060", NULL,
	 "10.0.0.2:8000", "10.0.0.2:0", NULL, SX_UDP,
	 NAT_KIND_CHANGES, 0, true},
	{"a carrier's NAT is inside", "100.64.0.7:9", IN, IN, NULL,
	 NULL, NULL, NULL, SX_UDP, NAT_KIND_CHANGES, 0, true},
	{"connection", OTHER, IN, IN, NULL, NULL, NULL, NULL, SX_TLS,
	 NAT_KIND_STREAM, 0, true},
	{"STUN, all of it", PUB, PUB, PUB, NULL, PUB, PUB, PUB, SX_UDP,
	 NAT_KIND_NONE, 0, false},
	{"STUN behind a symmetric NAT", OTHER, PUB, PUB, NULL,
	 NULL, NULL, NULL, SX_UDP, NAT_KIND_SYMMETRIC, 0, false},
	{"... seen by its audio", PUB, PUB, PUB, NULL, "203.0.113.7:8000",
	 PUB, "203.0.113.7:9000", SX_UDP, NAT_KIND_SYMMETRIC, 0, false},
	{"ALG: Contact only", PUB, IN, PUB, NULL, NULL, NULL, NULL, SX_UDP,
	 NAT_KIND_KEEPS, NAT_SIGN_CONTACT, true},
	{"ALG: Via only", PUB, PUB, IN, NULL, NULL, NULL, NULL, SX_UDP,
	 NAT_KIND_KEEPS, NAT_SIGN_VIA, true},
	{"ALG: all but the Call-ID", PUB, PUB, PUB, "192.168.1.5",
	 PUB, PUB, NULL, SX_UDP, NAT_KIND_NONE, NAT_SIGN_CALLID, false},
	{"ALG: description only", PUB, IN, IN, NULL, PUB, PUB, NULL, SX_UDP,
	 NAT_KIND_KEEPS, NAT_SIGN_SDP, true},
	{"ALG: headers only", PUB, PUB, PUB, NULL, "192.168.1.5:8000", IN,
	 NULL, SX_UDP, NAT_KIND_NONE, NAT_SIGN_HEADERS, false},
	{"ALG: c= only", PUB, PUB, PUB, NULL, PUB, IN, NULL, SX_UDP,
	 NAT_KIND_NONE, NAT_SIGN_ORIGIN, false},
	/* clang-format on */
};


static void fill(struct nat_seen *seen, const struct row *r)
{
	struct nat_reg reg = {.any = true, .tp = r->tp, .src = addr(r->src),
			      .via = addr(r->via),
			      .contact = addr(r->contact),
			      .callid = addr(r->callid), .vias = 1};

	memset(seen, 0, sizeof(*seen));
	nat_seen_register(seen, &reg);
	seen->rtp = addr(r->rtp);
	if (!r->c)
		return;

	seen->sdp = (struct nat_sdp){.any = true, .src = addr(r->src),
				     .c = addr(r->c), .o = addr(r->o)};
}


static void test_rows(void **state)
{
	struct nat_seen seen;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];

		fill(&seen, r);
		if (nat_kind(&seen) != r->kind || nat_signs(&seen) != r->signs
		    || nat_reg_is_natted(&seen.reg) != r->natted)
			fail_msg("%s: kind %d, signs %x, natted %d", r->what,
				 nat_kind(&seen), nat_signs(&seen),
				 nat_reg_is_natted(&seen.reg));

		/* the log has it, once */
		nat_suspect(&seen, "anna", &seen.reg.src);
		if (seen.told != (r->signs != 0))
			fail_msg("%s: in the log %d", r->what, seen.told);
	}
}


/* Many a phone reads its public address out of our answer, and writes it into
 * the next Contact: that is no ALG */
static void test_a_phone_that_learns_its_address(void **state)
{
	const struct row first = {.src = PUB, .via = IN, .contact = IN};
	struct nat_seen seen;
	struct nat_reg reg;

	(void)state;
	fill(&seen, &first);
	reg	    = seen.reg;
	reg.contact = addr(PUB);
	nat_seen_register(&seen, &reg);
	assert_int_equal(nat_signs(&seen), 0);
	assert_int_equal(nat_kind(&seen), NAT_KIND_KEEPS);

	/* its NAT has given it another port meanwhile: no STUN, either */
	reg.src = addr(OTHER);
	nat_seen_register(&seen, &reg);
	assert_int_equal(nat_signs(&seen), 0);
	assert_int_equal(nat_kind(&seen), NAT_KIND_CHANGES);
	assert_int_equal(seen.moves, 1);
}


static void test_other_signs(void **state)
{
	const struct row plain = {.src = PUB, .via = PUB, .contact = PUB};
	struct nat_seen seen;

	(void)state;
	fill(&seen, &plain);
	seen.reg.received = true;
	assert_int_equal(nat_signs(&seen), NAT_SIGN_PROXY);
	nat_suspect(&seen, "anna", &seen.reg.src);
	assert_false(seen.told);

	fill(&seen, &plain);
	seen.reg.vias = 2;
	assert_int_equal(nat_signs(&seen), NAT_SIGN_PROXY);

	fill(&seen, &plain);
	seen.echo = true;
	seen.bad  = 3;
	assert_int_equal(nat_signs(&seen), NAT_SIGN_ECHO | NAT_SIGN_BAD);

	for (uint32_t bit = 1; bit <= NAT_SIGN_BAD; bit <<= 1)
		assert_true(strlen(nat_sign_text((enum nat_sign)bit)) > 10);
	assert_string_equal(nat_sign_text((enum nat_sign)0), "?");
}


static void test_read(void **state)
{
	static const char text[] =
		"REGISTER sip:x SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.168.1.5;branch=z9hG4bK1;rport;"
		"received=10.0.0.1, SIP/2.0/UDP a;branch=z9hG4bK2\r\n"
		"From: <sip:a@x>;tag=1\r\nTo: <sip:a@x>\r\n"
		"Call-ID: 77@192.168.1.6\r\nCSeq: 1 REGISTER\r\n"
		"Contact: <sip:a@192.168.1.7:5070>\r\n"
		"Content-Length: 0\r\n\r\n";
	struct mbuf *mb = mbuf_alloc(sizeof(text));
	const struct pl uri = PL_LIT("sip:a@192.168.1.7:5070");
	struct sx_uri contact;
	struct sx_msg *msg;
	struct nat_reg r;
	char got[200];

	(void)state;
	assert_int_equal(mbuf_write_mem(mb, (const uint8_t *)text,
					sizeof(text) - 1), 0);
	mb->pos = 0;
	assert_int_equal(sx_msg_parse(&msg, mb, false), 0);
	assert_int_equal(sx_uri_parse(&contact, &uri), 0);
	msg->src = addr(PUB);
	nat_reg_read(&r, msg, &contact);
	(void)re_snprintf(got, sizeof(got), "%J %J %J %j %u%u %u", &r.src,
			  &r.via, &r.contact, &r.callid, r.rport, r.received,
			  r.vias);
	assert_string_equal(got, PUB " 192.168.1.5:5060 192.168.1.7:5070 "
			    "192.168.1.6 11 2");
	mem_deref(msg);
	mem_deref(mb);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_a_phone_that_learns_its_address),
		cmocka_unit_test(test_other_signs),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
