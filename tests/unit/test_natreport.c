/**
 * @file test_natreport.c  `nat report`, sentence by sentence
 *
 * What is known of a phone, as rows -> each sentence that is printed, and
 * none besides.  Notes are taken by the address that they come from.
 */
#include "fake_server.h"
#include "b2bua/location.h"
#include "b2bua/sdp.h"
#include "nat_util.h"

static const struct pl sip = PL_LIT(
	"[general]\ncontext=default\n"
	"[auto]\ntype=friend\nhost=dynamic\nsecret=Amber-Lantern-17\n"
	"[none]\ntype=friend\nhost=dynamic\nsecret=Amber-Lantern-18\nnat=no\n"
	"[asked]\ntype=friend\nhost=dynamic\nsecret=Amber-Lantern-19\n"
	"qualify=yes\nqualifyfreq=40\n");
static const struct pl ext = PL_LIT("[default]\nexten => s,1,Hangup\n");

static struct place place;
static struct list all;
static struct binding bnd, second;
static uint32_t every_s;
static bool is_open;


/* --- doubles -------------------------------------------------------------- */

struct place *location_find(const char *name)
{
	return place.name && !strcmp(name, place.name) ? &place : NULL;
}


struct list *location_list(void)
{
	return &all;
}


bool binding_is_open(const struct binding *b)
{
	(void)b;
	return is_open;
}


uint32_t keepalive_every_s(const struct binding *b, const struct peer *peer,
			   bool *asks)
{
	(void)b;
	(void)peer;
	*asks = false;
	return every_s;
}


uint32_t keepalive_qualify_s(const struct place *pl, const struct peer *peer)
{
	(void)pl;
	(void)peer;
	return 12;
}


/* --- setting -------------------------------------------------------------- */

static int set_up(void **state)
{
	(void)state;
	server_up(&sip, &ext);
	memset(&place, 0, sizeof(place));
	memset(&bnd, 0, sizeof(bnd));
	memset(&second, 0, sizeof(second));
	bnd.place = second.place = &place;
	list_init(&all);
	list_append(&place.bindings, &bnd.le, &bnd);
	list_append(&all, &place.le, &place);

	return 0;
}


static int tear_down(void **state)
{
	(void)state;
	server_down();

	return 0;
}


/** A phone, what it said, and where it is called */
struct row {
	const char *peer;
	enum sx_tp tp;
	const char *dst;                 /* where calls go */
	const char *src, *via, *contact; /* src NULL: from the store */
	const char *c, *o, *rtp;
	uint32_t every_s, learned_s, losses;
	bool missed, echo, closed;
	const char *bad;
	const char *report;
};


static void fill(const struct row *r)
{
	struct nat_reg reg = {.any = true, .tp = r->tp, .src = addr(r->src),
			      .via = addr(r->via),
			      .contact = addr(r->contact), .vias = 1};

	place.name	   = (char *)(uintptr_t)r->peer;
	bnd.target.tp	   = r->tp;
	bnd.target.dst	   = addr(r->dst);
	bnd.keep.learned_s = r->learned_s;
	bnd.keep.losses	   = r->losses;
	bnd.keep.missed	   = r->missed;
	memset(&bnd.nat, 0, sizeof(bnd.nat));
	if (r->src)
		nat_seen_register(&bnd.nat, &reg);
	bnd.nat.rtp  = addr(r->rtp);
	bnd.nat.echo = r->echo;
	bnd.nat.bad  = r->bad ? 2 : 0;
	(void)re_snprintf(bnd.nat.bad_why, sizeof(bnd.nat.bad_why), "%s",
			  r->bad ? r->bad : "");
	if (r->c)
		bnd.nat.sdp = (struct nat_sdp){.any = true,
					       .src = addr(r->src),
					       .c   = addr(r->c),
					       .o   = addr(r->o)};
	every_s = r->every_s;
	is_open = !r->closed;
}


static int print_report(struct re_printf *pf, const char *peer)
{
	const struct nat_print p = {.indent = "- ", .peer = peer};

	return nat_report_print(pf, &p);
}


static void assert_report(const char *peer, const char *want)
{
	char *got = NULL;

	assert_int_equal(re_sdprintf(&got, "%H", print_report, peer), 0);
	assert_string_equal(got, want);
	mem_deref(got);
}


/* --- tests ---------------------------------------------------------------- */

#define ALG "- Something may rewrite its messages (ALG suspected): "
#define OFF "- Switch \"SIP ALG\" (SIP helper, VoIP passthrough) off in its " \
	    "router, or let it register over TLS"
#define STUN "; if STUN is on in the phone, that explains it, and it is not " \
	     "needed either"
#define FINE "- Nothing to do.\n"
#define KEEPS "- Behind a NAT that keeps its port: it says " IN \
	      " and comes from " PUB ".\n"
#define CHANGES "- Behind a NAT that gives it another port: it says " IN \
		" and comes from " OTHER ".\n"
#define EMPTY "- Kept open by an empty packet every 25 s.\n"

static const struct row rows[] = {
	/* clang-format off */
	{.peer = "auto", .dst = PUB, .src = PUB, .via = PUB, .contact = PUB,
	 .every_s = 25, .report =
	 "- No NAT is seen: it says " PUB " and comes from there.\n"
	 EMPTY FINE},
	{.peer = "auto", .dst = PUB, .src = PUB, .via = IN, .contact = IN,
	 .every_s = 25, .report = KEEPS EMPTY FINE},
	{.peer = "auto", .dst = OTHER, .src = OTHER, .via = IN, .contact = IN,
	 .every_s = 25, .c = "192.168.1.5:8000", .o = "192.168.1.5",
	 .rtp = "203.0.113.7:9000", .report = CHANGES EMPTY
	 "- Its audio comes from 203.0.113.7:9000, it says 192.168.1.5:8000; "
	 "it is answered where it comes from.\n" FINE},
	{.peer = "auto", .dst = PUB, .src = PUB, .via = PUB, .contact = PUB,
	 .c = "203.0.113.7:8000", .o = "203.0.113.7",
	 .rtp = "203.0.113.7:8000", .report =
	 "- No NAT is seen: it says " PUB " and comes from there.\n"
	 "- Its audio comes from where it says, 203.0.113.7:8000.\n" FINE},
	/* STUN behind a NAT that gives other ports */
	{.peer = "auto", .dst = OTHER, .src = OTHER, .via = PUB,
	 .contact = PUB, .every_s = 25, .report =
	 "- Behind a NAT that gives another port to each destination "
	 "(symmetric), and the phone uses STUN, which cannot work there: it "
	 "says " PUB " and comes from " OTHER ". Switch STUN off in the "
	 "phone.\n" EMPTY},
	/* a connection, and one that has gone */
	{.peer = "auto", .tp = SX_TLS, .dst = OTHER, .src = OTHER, .via = IN,
	 .contact = IN, .report =
	 "- Behind a NAT, reached over the TLS connection that it has opened: "
	 "it says " IN " and comes from " OTHER ".\n" FINE},
	{.peer = "auto", .tp = SX_TCP, .dst = OTHER, .src = OTHER, .via = IN,
	 .contact = NULL, .closed = true, .report =
	 "- Behind a NAT, reached over the TCP connection that it has opened: "
	 "it says a name and comes from " OTHER ".\n"
	 "- Its connection has gone: no call reaches it until it registers "
	 "again.\n"},
	/* options that do not fit */
	{.peer = "none", .dst = IN, .src = OTHER, .via = IN, .contact = IN,
	 .every_s = 25, .report = CHANGES
	 "- Calls to it go to " IN ", which it says, and will fail: its nat= "
	 "has no force_rport. Delete nat=, or write "
	 "nat=force_rport,comedia.\n" EMPTY},
	{.peer = "none", .dst = OTHER, .src = OTHER, .via = IN, .contact = IN,
	 .every_s = 25, .report = CHANGES
	 "- Its audio is awaited from where it says, where nothing comes from: "
	 "its nat= has no comedia. Delete nat=, or write "
	 "nat=force_rport,comedia.\n" EMPTY},
	/* ... with STUN for its audio it needs none */
	{.peer = "none", .dst = PUB, .src = PUB, .via = IN, .contact = PUB,
	 .every_s = 25, .c = "203.0.113.7:8000", .o = "203.0.113.7",
	 .report =
	 "- Behind a NAT that keeps its port: it says " PUB " and comes from "
	 PUB ".\n" EMPTY
	 ALG "its Contact has the public address, its Via the private one.\n"
	 OFF STUN ".\n"},
	/* what keeps it open */
	{.peer = "asked", .dst = PUB, .src = PUB, .via = IN, .contact = IN,
	 .report = KEEPS "- Kept open by a question every 40 s.\n" FINE},
	{.peer = "asked", .dst = PUB, .src = PUB, .via = IN, .contact = IN,
	 .learned_s = 12, .losses = 3, .report = KEEPS
	 "- Its NAT forgets it soon: kept open by a question every 12 s (lost "
	 "3 times since it registered).\n" FINE},
	{.peer = "auto", .dst = PUB, .src = PUB, .via = IN, .contact = IN,
	 .every_s = 6, .learned_s = 6, .losses = 1, .missed = true,
	 .report = KEEPS
	 "- Its NAT forgets it soon: kept open by a question every 6 s (lost "
	 "1 time since it registered).\n"
	 "- It did not answer the last question; if that lasts, calls do not "
	 "reach it until it registers again.\n"},
	{.peer = "auto", .dst = PUB, .src = PUB, .via = IN, .contact = IN,
	 .report = KEEPS
	 "- Nothing keeps its NAT open between its registrations "
	 "(keepalive=no): write keepalive=auto or qualify=yes.\n"},
	{.peer = "auto", .dst = PUB, .src = PUB, .via = PUB, .contact = PUB,
	 .report = "- No NAT is seen: it says " PUB " and comes from there.\n"
	 FINE},
	/* something rewrites */
	{.peer = "auto", .dst = PUB, .src = PUB, .via = IN, .contact = IN,
	 .every_s = 25, .echo = true, .bad = "No CSeq", .report = KEEPS EMPTY
	 ALG "its answers do not have the To that was sent to it.\n"
	 ALG "damaged messages come from its address (2, the last: No "
	 "CSeq).\n" OFF ".\n"},
	/* the last run knew where it is, and no more */
	{.peer = "auto", .dst = OTHER, .every_s = 25, .report =
	 "- Registered at " OTHER " before the last start; more is known when "
	 "it registers again.\n" EMPTY FINE},
	/* clang-format on */
};


static void test_sentences(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fill(&rows[i]);
		assert_report(rows[i].peer, rows[i].report);
	}
}


/* What is to be done for one of them is not to be done for the next */
static void test_each_of_several(void **state)
{
	const struct row one = {.peer = "auto", .dst = PUB, .src = PUB,
				.via = IN, .contact = IN};

	(void)state;
	fill(&one);
	second		  = bnd;
	second.target.dst = addr(IN);
	second.nat.reg.src = second.nat.reg.via = second.nat.reg.contact =
		addr(IN);
	memset(&second.le, 0, sizeof(second.le));
	list_append(&place.bindings, &second.le, &second);
	assert_report("auto",
		      "- Registered at " PUB ":\n" KEEPS
		      "- Nothing keeps its NAT open between its registrations "
		      "(keepalive=no): write keepalive=auto or qualify=yes.\n"
		      "- Registered at " IN ":\n"
		      "- No NAT is seen: it says " IN
		      " and comes from there.\n" FINE);
	list_unlink(&second.le);

	/* nobody of that name, nobody registered */
	assert_report("who", "");
	list_unlink(&bnd.le);
	assert_report("auto", "");
}


static struct sdpm *description(const char *o, const char *c)
{
	const char *why;
	char text[256];
	struct sdpm *sdp;
	struct pl pl;

	(void)re_snprintf(text, sizeof(text),
			  "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\n"
			  "c=IN IP4 %s\r\nt=0 0\r\n"
			  "m=audio 8000 RTP/AVP 0\r\n", o, c);
	pl_set_str(&pl, text);
	assert_int_equal(sdpm_parse(&sdp, &pl, &why), 0);

	return sdp;
}


/* Noted for the device that it came from, not for another of the account */
static void test_notes(void **state)
{
	const struct row one = {.peer = "auto", .dst = PUB, .src = PUB,
				.via = PUB, .contact = PUB};
	const struct sa src = addr(PUB), port = addr(OTHER),
			far = addr("203.0.113.8:5060"),
			rtp = addr("203.0.113.7:9000");
	struct sdpm *sdp = description("192.168.1.5", "203.0.113.7");

	(void)state;
	fill(&one);
	nat_note_sdp("auto", &far, sdp);
	assert_false(bnd.nat.sdp.any);
	nat_note_sdp("who", &src, sdp);
	assert_false(bnd.nat.sdp.any);
	nat_note_sdp("auto", &src, sdp);
	assert_true(bnd.nat.sdp.any);
	assert_int_equal(nat_signs(&bnd.nat), NAT_SIGN_ORIGIN);
	assert_true(bnd.nat.told);
	mem_deref(sdp);

	nat_note_rtp("auto", &far, &rtp);
	assert_false(sa_isset(&bnd.nat.rtp, SA_ADDR));
	nat_note_rtp("auto", &port, &rtp);
	assert_true(sa_cmp(&bnd.nat.rtp, &rtp, SA_ALL));

	/* damaged ones are counted, but not each of a flood */
	nat_note_bad(&far, "No CSeq");
	assert_int_equal(bnd.nat.bad, 0);
	now_us += 1000000;
	nat_note_bad(&src, "No CSeq");
	nat_note_bad(&src, "No Via");
	assert_int_equal(bnd.nat.bad, 1);
	now_us += 1000000;
	nat_note_bad(&src, "No Via");
	assert_int_equal(bnd.nat.bad, 2);
	assert_string_equal(bnd.nat.bad_why, "No Via");
}


int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_sentences),
		T(test_each_of_several),
		T(test_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
