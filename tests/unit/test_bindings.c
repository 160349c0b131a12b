/**
 * @file test_bindings.c  Where a peer is: bindings, their order and their end
 *
 * For b2bua/location*.c.  Store, resolver, qualify and identity are doubles
 * that note what they are asked; time is handed in.
 */
#include "fake_server.h"
#include "b2bua/guard.h"
#include "b2bua/leg.h"
#include "b2bua/location.h"
#include "b2bua/regexten.h"
#include "b2bua/mwi.h"
#include "b2bua/subscribe.h"
#include "store/store.h"

static const struct pl sip = PL_LIT(
	"[general]\ncontext=default\n"
	"[ann]\ntype=friend\nhost=dynamic\nsecret=Amber-Lantern-17\n"
	"[bob]\ntype=friend\nhost=dynamic\nsecret=Amber-Lantern-18\n"
	"maxcontacts=2\n"
	"[cid]\ntype=peer\nhost=dynamic\nsecret=Amber-Lantern-19\n"
	"defaultip=192.0.2.50\n"
	"[out]\ntype=peer\nhost=trunk.example.net\n"
	"[fix]\ntype=peer\nhost=192.0.2.60\n");
static const struct pl ext = PL_LIT("[default]\nexten => s,1,Hangup\n");

static char notes[4096]; /* what was asked, "; " between */
static struct sx_conn *open_conn;
static sx_resolve_h *answer;
static void *answer_arg;
static unsigned asked;


/* --- doubles -------------------------------------------------------------- */

static void note(const char *fmt, ...)
{
	const size_t n = strlen(notes);
	va_list ap;

	va_start(ap, fmt);
	(void)re_vsnprintf(notes + n, sizeof(notes) - n, fmt, ap);
	va_end(ap);
}


/* What was asked since the last time */
static void expect(const char *want)
{
	char got[sizeof(notes)];

	memcpy(got, notes, sizeof(notes));
	notes[0] = '\0';
	assert_string_equal(got, want);
}


void regexten_update(const char *peer)
{
	(void)peer;
}


void keepalive_config(const struct config *cfg)
{
	(void)cfg;
}


/* What a registration tells of the phone is looked at in test_keepalive */
static struct bound how;

void keepalive_bound(struct binding *b, const struct peer *peer,
		     const struct bound *h)
{
	(void)b;
	(void)peer;
	how = *h;
}


void keepalive_stop(struct binding *b)
{
	(void)b;
}


void legs_follow(const char *peer, const struct sx_target *was,
		 const struct sx_target *now)
{
	note("calls of %s from %J to %J; ", peer, &was->dst, &now->dst);
}


void subs_follow(const char *peer, const struct sx_target *was,
		 const struct sx_target *now)
{
	(void)peer;
	(void)was;
	(void)now;
}


int store_location_put(const struct store_location *loc)
{
	note("put %s %s %s %s left %u; ", loc->aor, loc->contact,
	     loc->received, loc->transport,
	     (unsigned)(loc->expires_at - clock_wall_s()));
	return 0;
}


int store_location_del(const struct store_location *loc)
{
	note("del %s %s", loc->aor, loc->contact);
	if (loc->instance)
		note(" %s/%u", loc->instance, loc->reg_id);
	note("; ");
	return 0;
}


int store_db_put(const char *family, const char *key, const char *value)
{
	note("%s/%s=%s; ", family, key, value);
	return 0;
}


int store_db_del(const char *family, const char *key)
{
	note("del %s/%s; ", family, key);
	return 0;
}


/* What was left of the last run: one good, one gone, and what may not be */
int store_location_load(uint64_t now_s, store_location_h *h, void *arg)
{
	const struct store_location was[] = {
		{.aor = "ann", .contact = "sip:ann@192.0.2.1",
		 .received = "192.0.2.1:5062", .transport = "tcp",
		 .def_user = "ann", .call_id = "c", .path = "",
		 .instance = "", .cseq = 9, .expires_at = now_s + 100},
		{.aor = "bob", .contact = "sip:bob@192.0.2.2",
		 .received = "192.0.2.2:5062", .transport = "udp",
		 .expires_at = now_s},
		{.aor = "fix", .contact = "sip:fix@192.0.2.2",
		 .received = "192.0.2.2:5062", .transport = "udp",
		 .expires_at = now_s + 100},
		{.aor = "nobody", .contact = "sip:x@192.0.2.2",
		 .received = "192.0.2.2:5062", .transport = "udp",
		 .expires_at = now_s + 100},
		{.aor = "cid", .contact = "sip:x@192.0.2.2",
		 .received = "where?", .transport = "udp",
		 .expires_at = now_s + 100},
	};

	for (size_t i = 0; i < ARRAY_SIZE(was); i++)
		h(&was[i], arg);

	return 0;
}


int ident_update(struct ident *id, const struct peer *peer)
{
	(void)id;
	note("ident %s; ", peer->name);
	return 0;
}


/* the guard asks by itself for what it is to know */
void guard_peer(const struct peer *peer)
{
	(void)peer;
}


void qualify_now(const struct peer *peer)
{
	note("qualify %s; ", peer->name);
}


void qualify_stop(struct place *pl)
{
	if (pl->bindings.head || pl->name)
		note("unqualify %s; ", pl->name);
}


void qualify_config(const struct config *cfg)
{
	(void)cfg;
}


bool sx_conn_is_open(const struct sx_conn *conn)
{
	return conn && conn == open_conn;
}


int sx_resolve(struct sx_query **qp, struct sx_resolver *r, const char *host,
	       uint16_t port, enum sx_tp tp, bool with_srv, sx_resolve_h *h,
	       void *arg)
{
	(void)r;
	(void)port;
	(void)tp;
	(void)with_srv;
	note("resolve %s; ", host);
	++asked;
	answer	   = h;
	answer_arg = arg;
	*qp	   = mem_zalloc(1, NULL);

	return 0;
}


/* Who watches the state of a peer is another test's matter */
void mwi_registered(const struct peer *peer)
{
	(void)peer;
}


void subs_peer_gone(const char *peer)
{
	(void)peer;
}


void devstate_peer_changed(const char *name);
void devstate_peer_changed(const char *name)
{
	(void)name;
}


/* --- setting -------------------------------------------------------------- */

static int set_up(void **state)
{
	(void)state;
	server_up(&sip, &ext);
	srv.ident = (struct ident *)&srv; /* only handed on */
	assert_int_equal(location_init(), 0);
	notes[0] = '\0';
	asked	 = 0;

	return 0;
}


static int tear_down(void **state)
{
	(void)state;
	location_close();
	server_down();

	return 0;
}


static void run(uint32_t s)
{
	now_us += s * 1000000ULL;
	while (timers_poll())
		;
}


static const struct peer *peer(const char *name)
{
	const struct peer *p = config_peer(srv.cfg, name);

	assert_non_null(p);
	return p;
}


/* A REGISTER of one line: contact, source, seconds, Call-ID, CSeq */
static int bind_as(const char *name, const char *contact, const char *src,
		   uint32_t s, const char *callid, uint32_t cseq,
		   const char *instance)
{
	struct binding_params prm = {
		.contact = contact, .user = name, .callid = callid,
		.cseq = cseq, .expires_s = s, .instance = instance,
		.target = {.tp = SX_UDP},
	};

	assert_int_equal(sa_decode(&prm.target.dst, src, strlen(src)), 0);
	prm.via_src = prm.target.dst;

	return location_bind(peer(name), &prm);
}


/* Where a call to it would go: "address uri" or the error */
static void goes_to(const char *name, const char *want)
{
	struct sx_target t;
	const char *uri = "?";
	bool known	= false;
	char got[256];
	int err = location_target(peer(name), &t, &uri, &known);

	if (err)
		(void)re_snprintf(got, sizeof(got), "%s",
				  err == ENOENT		? "ENOENT"
				  : err == EHOSTUNREACH ? "EHOSTUNREACH"
							: "?");
	else if (!known)
		(void)re_snprintf(got, sizeof(got), "resolve");
	else
		(void)re_snprintf(got, sizeof(got), "%J %s", &t.dst,
				  uri ? uri : "-");
	assert_string_equal(got, want);
}


#define ANN "sip:ann@192.0.2.1:5062"
#define SRC "192.0.2.1:5062"


/* --- tests ---------------------------------------------------------------- */

static void test_a_binding_is_told_to_all_that_need_it(void **state)
{
	(void)state;
	goes_to("ann", "ENOENT");
	assert_null(location_find("ann"));

	assert_int_equal(bind_as("ann", ANN, SRC, 60, "c", 1, NULL), 0);
	expect("put ann " ANN " " SRC " udp left 60; "
	       "SIP/Registry/ann=192.0.2.1:5062:60:ann:" ANN "; "
	       "ident ann; qualify ann; ");
	goes_to("ann", SRC " " ANN);

	/* a refresh asks nobody whether it is there */
	assert_int_equal(bind_as("ann", ANN, SRC, 60, "c", 2, NULL), 0);
	expect("put ann " ANN " " SRC " udp left 60; "
	       "SIP/Registry/ann=192.0.2.1:5062:60:ann:" ANN "; ident ann; ");
}


static void test_end_of_a_binding(void **state)
{
	const struct binding *b;

	(void)state;
	assert_int_equal(bind_as("ann", ANN, SRC, 60, "c", 1, NULL), 0);
	b = list_ledata(list_head(&location_find("ann")->bindings));
	assert_int_equal(binding_left_s(b), 60);

	run(30);
	assert_int_equal(binding_left_s(b), 30);
	assert_int_equal(bind_as("ann", ANN, SRC, 60, "c", 2, NULL), 0);
	assert_int_equal(binding_left_s(b), 60);

	/* a refresh that is a little late finds it still */
	run(69);
	assert_int_equal(binding_left_s(b), 0);
	goes_to("ann", SRC " " ANN);
	notes[0] = '\0';

	run(1);
	expect("del ann " ANN "; del SIP/Registry/ann; unqualify ann; "
	       "ident ann; ");
	goes_to("ann", "ENOENT");
	assert_non_null(location_find("ann"));
}


/* RFC 3261 10.3: of one Call-ID only a higher CSeq counts */
static void test_an_older_register_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(bind_as("ann", ANN, SRC, 60, "c", 5, NULL), 0);
	notes[0] = '\0';
	assert_int_equal(bind_as("ann", ANN, "192.0.2.9:5060", 60, "c", 4,
				 NULL), EALREADY);
	expect("");
	goes_to("ann", SRC " " ANN);

	/* another Call-ID is a phone that has started anew */
	assert_int_equal(bind_as("ann", ANN, "192.0.2.9:5060", 60, "d", 1,
				 NULL), 0);
	goes_to("ann", "192.0.2.9:5060 " ANN);
}


/* ... for each of the bindings that a request is about */
static void test_what_is_stale(void **state)
{
	static const struct {
		const char *contact, *callid, *instance;
		uint32_t cseq;
		bool stale;
	} v[] = {
		{ANN, "c", NULL, 4, true},
		{ANN, "c", NULL, 5, false},
		{ANN, "d", NULL, 4, false},
		{"sip:x", "c", NULL, 4, false},
		{"sip:x", "i", "<urn:1>", 6, true},
		{"sip:x", "i", "<urn:2>", 6, false},
		{NULL, "c", NULL, 4, true}, /* Contact: * */
		{NULL, "c", NULL, 6, false},
		{NULL, "i", NULL, 6, true},
		{NULL, "x", NULL, 1, false},
	};

	(void)state;
	assert_int_equal(bind_as("bob", ANN, SRC, 60, "c", 5, NULL), 0);
	assert_int_equal(bind_as("bob", "sip:b", SRC, 60, "i", 7, "<urn:1>"),
			 0);
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		const struct binding_params prm = {
			.contact = v[i].contact, .callid = v[i].callid,
			.instance = v[i].instance, .cseq = v[i].cseq,
		};

		assert_int_equal(location_is_stale("bob", &prm), v[i].stale);
		assert_false(location_is_stale("nobody", &prm));
	}
}


static void test_the_newest_wins(void **state)
{
	(void)state;
	assert_int_equal(bind_as("ann", ANN, SRC, 60, "c", 1, NULL), 0);
	notes[0] = '\0';
	assert_int_equal(bind_as("ann", "sip:ann@192.0.2.9", "192.0.2.9:5060",
				 60, "d", 1, NULL), 0);
	expect("del ann " ANN "; put ann sip:ann@192.0.2.9 192.0.2.9:5060 udp"
	       " left 60; SIP/Registry/ann=192.0.2.9:5060:60:ann:"
	       "sip:ann@192.0.2.9; ident ann; ");
	goes_to("ann", "192.0.2.9:5060 sip:ann@192.0.2.9");
	assert_int_equal(list_count(&location_find("ann")->bindings), 1);
}


/* Known again by its Call-ID or instance.  The same Contact alone is not
 * enough: behind many a router somebody has that private address */
static void test_calls_follow_their_own_phone(void **state)
{
	static const struct {
		const char *callid, *instance, *src;
		bool follow;
	} v[] = {
		{"c", NULL, "192.0.2.1:1", false}, /* nothing before it */
		{"c", NULL, "192.0.2.1:1", false}, /* nowhere else */
		{"c", NULL, "192.0.2.1:2", true},
		{"d", NULL, "192.0.2.2:2", false},
		{"e", "<urn:1>", "192.0.2.3:3", false},
		{"f", "<urn:1>", "192.0.2.4:4", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		notes[0] = '\0';
		assert_int_equal(bind_as("ann", ANN, v[i].src, 60,
					 v[i].callid, (uint32_t)i + 1,
					 v[i].instance), 0);
		assert_int_equal(strstr(notes, "calls of ann from") != NULL,
				 v[i].follow);
	}
}


static void test_as_many_as_the_peer_may_keep(void **state)
{
	struct ident_addr addr;

	(void)state;
	assert_int_equal(bind_as("bob", "sip:a", "192.0.2.1:1", 60, "a", 1,
				 NULL), 0);
	assert_int_equal(bind_as("bob", "sip:b", "192.0.2.2:2", 60, "b", 1,
				 NULL), 0);
	assert_int_equal(list_count(&location_find("bob")->bindings), 2);
	goes_to("bob", "192.0.2.2:2 sip:b");

	/* identity knows both */
	assert_true(location_ident_addr(peer("bob"), 0, &addr, NULL));
	assert_int_equal(sa_port(&addr.sa), 2);
	assert_int_equal(addr.transp, CONFIG_UDP);
	assert_true(location_ident_addr(peer("bob"), 1, &addr, NULL));
	assert_int_equal(sa_port(&addr.sa), 1);
	assert_false(location_ident_addr(peer("bob"), 2, &addr, NULL));
	assert_false(location_ident_addr(peer("ann"), 0, &addr, NULL));

	/* a refreshed one becomes the newest; the third drops the oldest */
	assert_int_equal(bind_as("bob", "sip:a", "192.0.2.1:1", 60, "a", 2,
				 NULL), 0);
	assert_int_equal(bind_as("bob", "sip:c", "192.0.2.3:3", 60, "c", 1,
				 NULL), 0);
	assert_int_equal(list_count(&location_find("bob")->bindings), 2);
	assert_true(location_ident_addr(peer("bob"), 1, &addr, NULL));
	assert_int_equal(sa_port(&addr.sa), 1);
}


/* RFC 5626: the same phone under another address is no second phone */
static void test_an_instance_replaces_itself(void **state)
{
	(void)state;
	assert_int_equal(bind_as("bob", "sip:a", "192.0.2.1:1", 60, "a", 1,
				 "urn:1"), 0);
	assert_int_equal(bind_as("bob", "sip:b", "192.0.2.2:2", 60, "b", 1,
				 "urn:2"), 0);
	notes[0] = '\0';
	assert_int_equal(bind_as("bob", "sip:c", "192.0.2.3:3", 60, "c", 1,
				 "urn:1"), 0);
	expect("del bob sip:a urn:1/0; "
	       "put bob sip:c 192.0.2.3:3 udp left 60; "
	       "SIP/Registry/bob=192.0.2.3:3:60:bob:sip:c; ident bob; "
	       "qualify bob; calls of bob from 192.0.2.1:1 to 192.0.2.3:3; ");
	assert_int_equal(list_count(&location_find("bob")->bindings), 2);
}


/* Two phones with the same private address, behind two NATs */
static void test_the_same_contact_of_two_instances(void **state)
{
	(void)state;
	assert_int_equal(bind_as("bob", "sip:a", "192.0.2.1:1", 60, "a", 1,
				 "urn:1"), 0);
	assert_int_equal(bind_as("bob", "sip:a", "192.0.2.2:2", 60, "b", 1,
				 "urn:2"), 0);
	assert_int_equal(list_count(&location_find("bob")->bindings), 2);
	goes_to("bob", "192.0.2.2:2 sip:a");

	/* one takes leave */
	location_unbind("bob", &(struct binding_params){.contact = "sip:a",
							.instance = "urn:2"});
	assert_int_equal(list_count(&location_find("bob")->bindings), 1);
	goes_to("bob", "192.0.2.1:1 sip:a");
}


static int bind_flow(const char *instance, uint32_t reg_id, const char *src,
		     uint32_t cseq, enum sx_tp tp, struct sx_conn *conn)
{
	char callid[16];
	struct binding_params prm = {
		.contact = "sip:f", .user = "f", .callid = callid,
		.cseq = cseq, .expires_s = 60, .instance = instance,
		.reg_id = reg_id, .alone = true,
		.target = {.tp = tp, .conn = conn},
	};

	(void)re_snprintf(callid, sizeof(callid), "%s-%u", instance, reg_id);
	assert_int_equal(sa_decode(&prm.target.dst, src, strlen(src)), 0);
	prm.via_src = prm.target.dst;

	return location_bind(peer("bob"), &prm);
}


/* RFC 5626 5.3: one flow of a device is called, the newest that is open */
static void test_flows_of_a_device(void **state)
{
	struct sx_conn *conn = mem_zalloc(8, NULL);
	struct sx_target t;
	const char *uri;
	bool known;

	(void)state;
	assert_int_equal(bind_flow("urn:1", 1, "192.0.2.1:1", 1, SX_UDP,
				   NULL), 0);
	assert_int_equal(bind_flow("urn:2", 1, "192.0.2.9:9", 1, SX_UDP,
				   NULL), 0);
	assert_int_equal(bind_flow("urn:1", 2, "192.0.2.1:2", 1, SX_TCP,
				   conn), 0);
	/* two devices, of which bob may have two, with three flows */
	assert_int_equal(list_count(&location_find("bob")->bindings), 3);

	open_conn = conn;
	goes_to("bob", "192.0.2.1:2 sip:f");
	assert_int_equal(location_target_at(peer("bob"), 1, &t, &uri, &known),
			 0);
	assert_int_equal(sa_port(&t.dst), 9);
	assert_int_equal(location_target_at(peer("bob"), 2, &t, &uri, &known),
			 ENOENT);

	/* its connection has gone: over the other flow */
	open_conn = NULL;
	goes_to("bob", "192.0.2.1:1 sip:f");
	location_conn_gone(conn);
	goes_to("bob", "192.0.2.1:1 sip:f");

	/* a flow that fails is registered anew under its number */
	assert_int_equal(bind_flow("urn:1", 2, "192.0.2.1:3", 2, SX_UDP,
				   NULL), 0);
	assert_int_equal(list_count(&location_find("bob")->bindings), 3);
	goes_to("bob", "192.0.2.1:3 sip:f");

	/* a third device: the oldest one goes, not a flow of the new one */
	assert_int_equal(bind_flow("urn:3", 1, "192.0.2.7:7", 1, SX_UDP,
				   NULL), 0);
	assert_int_equal(list_count(&location_find("bob")->bindings), 3);
	assert_int_equal(bind_flow("urn:2", 1, "192.0.2.9:9", 2, SX_UDP,
				   NULL), 0);
	assert_int_equal(bind_flow("urn:1", 2, "192.0.2.1:3", 3, SX_UDP,
				   NULL), 0);
	assert_int_equal(list_count(&location_find("bob")->bindings), 2);
	goes_to("bob", "192.0.2.1:3 sip:f");

	/* the oldest flow of a device with too many */
	for (uint32_t i = 3; i < 9; i++)
		assert_int_equal(bind_flow("urn:1", i, "192.0.2.1:4", 1,
					   SX_UDP, NULL), 0);
	assert_int_equal(list_count(&location_find("bob")->bindings), 5);

	mem_deref(conn);
}


/* A phone that writes what it learns of its address into its Contact */
static void test_a_contact_that_moves(void **state)
{
	struct binding_params prm = {
		.contact = "sip:b@192.0.2.1:1", .user = "b", .callid = "c",
		.cseq = 1, .expires_s = 60, .alone = true,
		.target = {.tp = SX_UDP},
	};

	(void)state;
	assert_int_equal(sa_set_str(&prm.target.dst, "192.0.2.1", 1), 0);
	prm.via_src = prm.target.dst;
	assert_int_equal(location_bind(peer("bob"), &prm), 0);
	assert_false(how.old);

	sa_set_port(&prm.target.dst, 2);
	prm.contact = "sip:b@192.0.2.1:2";
	prm.cseq    = 2;
	assert_int_equal(location_bind(peer("bob"), &prm), 0);
	assert_int_equal(list_count(&location_find("bob")->bindings), 1);
	assert_true(how.old && how.same && how.port_moved && how.moved);

	/* started anew: another phone, as far as can be known */
	prm.contact = "sip:b@192.0.2.1:3";
	prm.callid  = "d";
	assert_int_equal(location_bind(peer("bob"), &prm), 0);
	assert_int_equal(list_count(&location_find("bob")->bindings), 2);
	assert_false(how.old);

	/* one of several Contacts stays what it is */
	prm.contact = "sip:b@192.0.2.1:4";
	prm.alone   = false;
	prm.cseq    = 3;
	assert_int_equal(location_bind(peer("bob"), &prm), 0);
	assert_false(how.old);
}


static void test_unregister_one_and_all(void **state)
{
	(void)state;
	assert_int_equal(bind_as("bob", "sip:a", "192.0.2.1:1", 60, "a", 1,
				 NULL), 0);
	assert_int_equal(bind_as("bob", "sip:b", "192.0.2.2:2", 60, "b", 1,
				 NULL), 0);
	notes[0] = '\0';

	location_unbind("bob", &(struct binding_params){.contact = "sip:x"});
	expect("ident bob; ");
	location_unbind("bob", &(struct binding_params){.contact = "sip:b"});
	expect("del bob sip:b; ident bob; ");
	goes_to("bob", "192.0.2.1:1 sip:a");

	assert_int_equal(bind_as("bob", "sip:b", "192.0.2.2:2", 60, "b", 2,
				 NULL), 0);
	notes[0] = '\0';
	location_unbind("bob", NULL);
	expect("del bob sip:b; del bob sip:a; del SIP/Registry/bob; "
	       "unqualify bob; ident bob; ");
	goes_to("bob", "ENOENT");

	location_unbind("nobody", NULL);
	expect("");
}


static void test_what_cannot_be_bound(void **state)
{
	struct binding_params prm = {.contact = "sip:a", .expires_s = 60};

	(void)state;
	assert_int_equal(location_bind(NULL, &prm), EINVAL);
	assert_int_equal(location_bind(peer("ann"), NULL), EINVAL);
	prm.expires_s = 0;
	assert_int_equal(location_bind(peer("ann"), &prm), EINVAL);
	prm.expires_s = 1;
	prm.contact   = NULL;
	assert_int_equal(location_bind(peer("ann"), &prm), EINVAL);
	expect("");
}


static void test_where_a_call_goes(void **state)
{
	(void)state;
	goes_to("fix", "resolve"); /* the caller takes host= */
	goes_to("out", "resolve");
	goes_to("cid", "192.0.2.50:5060 -"); /* defaultip until it registers */
	assert_int_equal(bind_as("cid", "sip:c@192.0.2.3", "192.0.2.3:5070",
				 60, "c", 1, NULL), 0);
	goes_to("cid", "192.0.2.3:5070 sip:c@192.0.2.3");

	location_find("cid")->state = QUALIFY_LAGGED;
	goes_to("cid", "EHOSTUNREACH");
	location_find("cid")->state = QUALIFY_UNREACHABLE;
	goes_to("cid", "EHOSTUNREACH");
	location_find("cid")->state = QUALIFY_OK;
	goes_to("cid", "192.0.2.3:5070 sip:c@192.0.2.3");
}


/* A phone behind TCP is reached by its own connection while that is open */
static void test_connection_of_a_binding(void **state)
{
	struct sx_conn *conn	  = mem_zalloc(8, NULL);
	struct binding_params prm = {
		.contact = "sip:a", .user = "ann", .expires_s = 60,
		.target = {.tp = SX_TCP, .conn = conn},
	};
	struct sx_target t;
	const char *uri;
	bool known;

	(void)state;
	assert_int_equal(sa_set_str(&prm.target.dst, "192.0.2.1", 4000), 0);
	assert_int_equal(location_bind(peer("ann"), &prm), 0);
	assert_int_equal(mem_nrefs(conn), 2);

	open_conn = conn;
	assert_int_equal(location_target(peer("ann"), &t, &uri, &known), 0);
	assert_ptr_equal(t.conn, conn);

	/* behind a NAT nobody can connect to it */
	open_conn = NULL;
	goes_to("ann", "EHOSTUNREACH");

	/* it is where it says: a new one may be opened */
	prm.cseq    = 1;
	prm.contact = "sip:a@192.0.2.1:5070";
	prm.via_src = prm.target.dst;
	location_contact(&prm);
	assert_false(prm.natted);
	assert_int_equal(location_bind(peer("ann"), &prm), 0);
	assert_int_equal(location_target(peer("ann"), &t, &uri, &known), 0);
	assert_null(t.conn);
	assert_int_equal(sa_port(&t.dst), 5070);

	/* the same one again keeps one reference, not two */
	prm.cseq = 2;
	assert_int_equal(location_bind(peer("ann"), &prm), 0);
	assert_int_equal(mem_nrefs(conn), 2);

	location_conn_gone(conn);
	assert_int_equal(mem_nrefs(conn), 1);
	mem_deref(conn);
}


static void test_load_of_the_last_run(void **state)
{
	const struct binding *b;

	(void)state;
	assert_int_equal(location_load(srv.cfg), 0);
	expect(""); /* nothing is written that was just read */
	/* over TCP, and its connection went with the last run */
	goes_to("ann", "192.0.2.1:5060 sip:ann@192.0.2.1");
	b = list_ledata(list_head(&location_find("ann")->bindings));
	assert_int_equal(b->target.tp, SX_TCP);
	assert_int_equal(b->cseq, 9);
	assert_null(b->path);
	assert_null(b->instance);
	assert_in_range(binding_left_s(b), 99, 100);

	goes_to("bob", "ENOENT");
	assert_null(location_find("nobody"));
	goes_to("cid", "192.0.2.50:5060 -");
}


static void test_addresses_of_a_host_by_name(void **state)
{
	struct sx_target tv[10] = {{.tp = SX_UDP}};
	struct ident_addr addr;
	unsigned i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(tv); i++)
		assert_int_equal(sa_set_str(&tv[i].dst, "192.0.2.70",
					    (uint16_t)(5060 + i)), 0);

	location_config(srv.cfg);
	expect("resolve trunk.example.net; ");
	assert_false(location_ident_addr(peer("out"), 0, &addr, NULL));

	answer(0, tv, 2, answer_arg);
	expect("ident out; ");
	assert_true(location_ident_addr(peer("out"), 1, &addr, NULL));
	assert_int_equal(sa_port(&addr.sa), 5061);
	assert_int_equal(addr.transp, -1);
	assert_false(location_ident_addr(peer("out"), 2, &addr, NULL));

	/* asked again every minute; the same answer is no news */
	run(60);
	expect("resolve trunk.example.net; ");
	answer(0, tv, 2, answer_arg);
	expect("");

	/* no answer: the last good one stays */
	run(60);
	answer(ETIMEDOUT, NULL, 0, answer_arg);
	assert_true(location_ident_addr(peer("out"), 1, &addr, NULL));

	/* no more than there is room for */
	run(60);
	notes[0] = '\0';
	answer(0, tv, ARRAY_SIZE(tv), answer_arg);
	expect("ident out; ");
	for (i = 0; location_ident_addr(peer("out"), i, &addr, NULL); i++)
		;
	assert_int_equal(i, 8);
	assert_int_equal(asked, 4);
}


static void test_a_place_is_one_per_name(void **state)
{
	struct place *pl = location_get("ann");

	(void)state;
	assert_ptr_equal(location_get("ann"), pl);
	assert_ptr_equal(location_find("ann"), pl);
	assert_ptr_not_equal(location_get("Ann"), pl);
	assert_int_equal(list_count(location_list()), 2);
}


int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_a_binding_is_told_to_all_that_need_it),
		T(test_end_of_a_binding),
		T(test_an_older_register_changes_nothing),
		T(test_what_is_stale),
		T(test_the_newest_wins),
		T(test_calls_follow_their_own_phone),
		T(test_as_many_as_the_peer_may_keep),
		T(test_an_instance_replaces_itself),
		T(test_the_same_contact_of_two_instances),
		T(test_flows_of_a_device),
		T(test_a_contact_that_moves),
		T(test_unregister_one_and_all),
		T(test_what_cannot_be_bound),
		T(test_where_a_call_goes),
		T(test_connection_of_a_binding),
		T(test_load_of_the_last_run),
		T(test_addresses_of_a_host_by_name),
		T(test_a_place_is_one_per_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
