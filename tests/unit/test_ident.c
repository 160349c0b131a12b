/**
 * @file test_ident.c  Who sent this request
 */
#include "routing_util.h"
#include <stdio.h>
#include "base/addr.h"
#include "config/config.h"
#include "routing/ident.h"


/* --- building ------------------------------------------------------------ */

/* A peer as a row; texts are not copied */
struct row {
	const char *name;
	uint32_t type;
	const char *host; /* address[:port], or "dynamic" */
	const char *secret;
	uint32_t insecure;
	uint32_t nat;
	const char *callback;
	const char *user; /* defaultuser */
	const char *acl;  /* deny everything but this */
	const char *reg;  /* "ip:port" of a binding; "+" is TCP */
	int transp;       /* 0 UDP, 1 TCP ... */
};


enum {
	USER   = PEER_TYPE_USER,
	PEER   = PEER_TYPE_PEER,
	FRIEND = PEER_TYPE_FRIEND,
	PORT   = INSECURE_PORT,
	INVITE = INSECURE_INVITE,
};


struct fixture {
	struct config *cfg;
	struct ident *id;
	const struct row *rows;
	size_t n;
};


static void config_destructor(void *arg)
{
	struct config *cfg = arg;

	list_flush(&cfg->peers);
	list_flush(&cfg->regs);
	mem_deref(cfg->defaults);
}


static void peer_destructor(void *arg)
{
	struct peer *p = arg;

	list_unlink(&p->le);
	list_flush(&p->acl);
}


static struct sa addr_of(const char *str)
{
	struct sa sa;
	uint32_t port = 0;
	char host[64];
	const char *colon = strchr(str, ':');
	size_t n          = colon ? (size_t)(colon - str) : strlen(str);

	memcpy(host, str, n);
	host[n] = '\0';

	for (const char *p = colon ? colon + 1 : ""; *p; p++)
		port = port * 10 + (uint32_t)(*p - '0');

	assert_int_equal(sa_set_str(&sa, host, (uint16_t)port), 0);

	return sa;
}


static void add_peer(struct config *cfg, const struct row *r)
{
	struct peer *p = mem_zalloc(sizeof(*p), peer_destructor);
	struct pl all  = PL_LIT("0.0.0.0/0"), pl;

	p->name              = (char *)r->name;
	p->type              = r->type;
	p->secret            = (char *)r->secret;
	p->insecure          = r->insecure;
	p->nat               = r->nat;
	p->callbackextension = (char *)r->callback;
	p->defaultuser       = (char *)r->user;
	p->transports[0]     = (uint8_t)r->transp;
	p->transportc        = 1;
	p->host.transp       = -1;

	if (!r->host || !strcmp(r->host, "dynamic")) {
		p->dynamic = true;
	}
	else {
		p->host.sa   = addr_of(r->host);
		p->host.host = (char *)r->host;
		p->host.port = sa_port(&p->host.sa);
	}

	if (r->acl) {
		pl = pl_of(r->acl);
		assert_int_equal(acl_add(&p->acl, &all, false, NULL), 0);
		assert_int_equal(acl_add(&p->acl, &pl, true, NULL), 0);
	}

	list_append(&cfg->peers, &p->le, p);
}


static void add_reg(struct config *cfg, const char *user, const char *host,
		    const char *exten)
{
	struct reg_line *reg = mem_zalloc(sizeof(*reg), NULL);

	reg->user  = (char *)user;
	reg->host  = (char *)host;
	reg->exten = (char *)exten;
	list_append(&cfg->regs, &reg->le, reg);
}


/* Bindings are what the rows say */
static bool binding(const struct peer *peer, uint32_t i,
		    struct ident_addr *addr, void *arg)
{
	const struct fixture *f = arg;
	const char *reg;

	for (size_t k = 0; k < f->n; k++) {
		if (strcmp(f->rows[k].name, peer->name))
			continue;

		reg = f->rows[k].reg;
		if (!reg || i > 0)
			return false;

		addr->transp = reg[0] == '+' ? CONFIG_TCP : CONFIG_UDP;
		addr->sa     = addr_of(reg[0] == '+' ? reg + 1 : reg);

		return true;
	}

	return false;
}


static void fixture_open(struct fixture *f, const struct row *rows, size_t n)
{
	f->rows = rows;
	f->n    = n;
	f->id   = NULL;
	f->cfg  = mem_zalloc(sizeof(*f->cfg), config_destructor);

	f->cfg->defaults = mem_zalloc(sizeof(struct peer), NULL);

	for (size_t i = 0; i < n; i++)
		add_peer(f->cfg, &rows[i]);
}


static void fixture_index(struct fixture *f)
{
	assert_int_equal(ident_alloc(&f->id, f->cfg, binding, f), 0);
}


static void fixture_close(struct fixture *f)
{
	mem_deref(f->id);
	mem_deref(f->cfg);
}


/* --- asking -------------------------------------------------------------- */

struct ask {
	const char *method;
	const char *from, *ruri, *to, *pai, *auth;
	const char *src;
	int transp;
};


static struct ident_result ask(const struct fixture *f, const struct ask *a)
{
	struct ident_result res;
	struct ident_req req = {
		.method    = pl_of(a->method ? a->method : "INVITE"),
		.from_user = pl_of(a->from ? a->from : ""),
		.ruri_user = pl_of(a->ruri ? a->ruri : ""),
		.to_user   = pl_of(a->to ? a->to : ""),
		.pai_user  = pl_of(a->pai ? a->pai : ""),
		.auth_user = pl_of(a->auth ? a->auth : ""),
		.src       = addr_of(a->src),
		.transp    = a->transp,
	};

	ident_find(&res, f->id, &req);

	return res;
}


static void is(const struct fixture *f, const struct ask *a,
	       enum ident_verdict verdict, const char *name,
	       enum ident_how how)
{
	struct ident_result res = ask(f, a);
	const char *got = res.peer && res.peer->name ? res.peer->name : "-";

	if (res.verdict != verdict || strcmp(got, name) || res.how != how)
		fail_msg("from %s ruri %s at %s: %d %s by %s",
			 a->from ? a->from : "", a->ruri ? a->ruri : "",
			 a->src, (int)res.verdict, got,
			 ident_how_name(res.how));
}


#define ASK(...) (&(const struct ask){__VA_ARGS__})


/* --- names and addresses ------------------------------------------------- */

/* clang-format off */
static const struct row office[] = {
	{.name = "101", .type = FRIEND, .host = "dynamic", .secret = "a",
	 .reg = "198.51.100.7:1111"},
	{.name = "102", .type = FRIEND, .host = "dynamic", .secret = "b",
	 .reg = "198.51.100.7:2222"},
	{.name = "door", .type = PEER, .host = "dynamic", .secret = "c",
	 .reg = "198.51.100.7:3333"},
	{.name = "fax", .type = USER, .host = "192.0.2.9"},
	{.name = "pbx", .type = PEER, .host = "192.0.2.10"},
	{.name = "loose", .type = PEER, .host = "192.0.2.11:5080",
	 .secret = "d", .insecure = PORT | INVITE},
	{.name = "strict", .type = FRIEND, .host = "192.0.2.12",
	 .acl = "192.0.2.12"},
	{.name = "md5", .type = FRIEND, .host = "dynamic", .secret = "x",
	 .insecure = INVITE},
	{.name = "tcp", .type = PEER, .host = "192.0.2.13", .transp = 1},
	{.name = "tcpphone", .type = PEER, .host = "dynamic",
	 .reg = "+198.51.100.8:4444", .transp = 1},
	{.name = "natphone", .type = PEER, .host = "dynamic",
	 .nat = NAT_FORCE_RPORT, .reg = "+198.51.100.9:4444", .transp = 1},
	{.name = "tls", .type = PEER, .host = "192.0.2.14", .transp = 2},
};
/* clang-format on */


static void test_by_name(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, office, ARRAY_SIZE(office));
	fixture_index(&f);

	is(&f, ASK(.from = "101", .src = "203.0.113.5:9"), IDENT_PEER, "101",
	   IDENT_HOW_FROM);
	is(&f, ASK(.from = "fax", .src = "203.0.113.5:9"), IDENT_PEER, "fax",
	   IDENT_HOW_FROM);

	/* the name goes before the address */
	is(&f, ASK(.from = "101", .src = "198.51.100.7:2222"), IDENT_PEER,
	   "101", IDENT_HOW_FROM);

	/* case matters; a peer is never known by its name */
	is(&f, ASK(.from = "FAX", .src = "203.0.113.5:9"), IDENT_UNKNOWN, "-",
	   IDENT_HOW_NONE);
	is(&f, ASK(.from = "pbx", .src = "203.0.113.5:9"), IDENT_UNKNOWN, "-",
	   IDENT_HOW_NONE);
	is(&f, ASK(.from = "", .src = "203.0.113.5:9"), IDENT_UNKNOWN, "-",
	   IDENT_HOW_NONE);

	/* a denied name is not looked for by address */
	is(&f, ASK(.from = "strict", .src = "192.0.2.10:5060"), IDENT_DENIED,
	   "strict", IDENT_HOW_FROM);
	is(&f, ASK(.from = "strict", .src = "192.0.2.12:5060"), IDENT_PEER,
	   "strict", IDENT_HOW_FROM);

	fixture_close(&f);
}


static void test_by_address(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, office, ARRAY_SIZE(office));
	fixture_index(&f);

	is(&f, ASK(.from = "x", .src = "192.0.2.10:5060"), IDENT_PEER, "pbx",
	   IDENT_HOW_ADDR);
	is(&f, ASK(.from = "x", .src = "192.0.2.10:5061"), IDENT_UNKNOWN, "-",
	   IDENT_HOW_NONE);
	is(&f, ASK(.from = "x", .src = "192.0.2.10:5060", .transp = 1),
	   IDENT_UNKNOWN, "-", IDENT_HOW_NONE);

	/* a user is never known by its address, a friend is */
	is(&f, ASK(.from = "x", .src = "192.0.2.9:5060"), IDENT_UNKNOWN, "-",
	   IDENT_HOW_NONE);
	is(&f, ASK(.from = "x", .src = "192.0.2.12:5060"), IDENT_PEER,
	   "strict", IDENT_HOW_ADDR);

	/* bindings, by port */
	is(&f, ASK(.from = "x", .src = "198.51.100.7:1111"), IDENT_PEER,
	   "101", IDENT_HOW_ADDR);
	is(&f, ASK(.from = "x", .src = "198.51.100.7:3333"), IDENT_PEER,
	   "door", IDENT_HOW_ADDR);
	is(&f, ASK(.from = "x", .src = "198.51.100.7:4444"), IDENT_UNKNOWN,
	   "-", IDENT_HOW_NONE);

	/* insecure=port; TCP comes from any port, but for a NAT mapping */
	is(&f, ASK(.from = "x", .src = "192.0.2.11:40000"), IDENT_PEER,
	   "loose", IDENT_HOW_IP);
	is(&f, ASK(.from = "x", .src = "192.0.2.11:5080"), IDENT_PEER,
	   "loose", IDENT_HOW_ADDR);
	is(&f, ASK(.from = "x", .src = "192.0.2.13:40000", .transp = 1),
	   IDENT_PEER, "tcp", IDENT_HOW_IP);
	is(&f, ASK(.from = "x", .src = "198.51.100.8:9", .transp = 1),
	   IDENT_PEER, "tcpphone", IDENT_HOW_IP);
	is(&f, ASK(.from = "x", .src = "198.51.100.9:9", .transp = 1),
	   IDENT_UNKNOWN, "-", IDENT_HOW_NONE);
	is(&f, ASK(.from = "x", .src = "198.51.100.9:4444", .transp = 1),
	   IDENT_PEER, "natphone", IDENT_HOW_ADDR);
	is(&f, ASK(.from = "x", .src = "192.0.2.14:5061", .transp = 2),
	   IDENT_PEER, "tls", IDENT_HOW_ADDR);

	fixture_close(&f);
}


/* An IPv4 address inside IPv6 is the IPv4 address */
static void test_mapped(void **state)
{
	struct ident_result res;
	struct ident_req req = {.method = PL_LIT("INVITE"),
				.from_user = PL_LIT("x")};
	struct fixture f;

	(void)state;
	fixture_open(&f, office, ARRAY_SIZE(office));
	fixture_index(&f);
	assert_int_equal(sa_set_str(&req.src, "::ffff:192.0.2.10", 5060), 0);
	ident_find(&res, f.id, &req);
	assert_int_equal(res.verdict, IDENT_PEER);
	assert_string_equal(res.peer->name, "pbx");
	fixture_close(&f);
}


static void test_needs_auth(void **state)
{
	static const struct {
		const char *method, *from, *to, *src;
		bool auth;
	} rows[] = {
		{"INVITE", "101", "", "203.0.113.5:9", true},
		{"INVITE", "fax", "", "203.0.113.5:9", false},
		{"INVITE", "md5", "", "203.0.113.5:9", false},
		{"SUBSCRIBE", "md5", "", "203.0.113.5:9", false},
		{"REGISTER", "md5", "md5", "203.0.113.5:9", true},
		{"REGISTER", "pbx", "pbx", "203.0.113.5:9", false},
		{"INVITE", "x", "", "192.0.2.11:5080", false},
		{"MESSAGE", "x", "", "198.51.100.7:3333", true},
	};
	struct fixture f;

	(void)state;
	fixture_open(&f, office, ARRAY_SIZE(office));
	fixture_index(&f);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ident_result res =
			ask(&f, ASK(.method = rows[i].method,
				    .from = rows[i].from, .to = rows[i].to,
				    .src = rows[i].src));

		assert_int_equal(res.verdict, IDENT_PEER);
		assert_int_equal(res.needs_auth, rows[i].auth);
	}

	fixture_close(&f);
}


static void test_register_and_subscribe(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, office, ARRAY_SIZE(office));
	f.cfg->general.allowguest = true;
	fixture_index(&f);

	/* REGISTER: the To user, peers and friends, by name only */
	is(&f, ASK(.method = "REGISTER", .from = "101", .to = "102",
		   .src = "198.51.100.7:1111"),
	   IDENT_PEER, "102", IDENT_HOW_TO);
	is(&f, ASK(.method = "REGISTER", .to = "door", .src = "203.0.113.5:9"),
	   IDENT_PEER, "door", IDENT_HOW_TO);
	is(&f, ASK(.method = "REGISTER", .to = "fax",
		   .src = "192.0.2.10:5060"),
	   IDENT_UNKNOWN, "-", IDENT_HOW_NONE);
	is(&f, ASK(.method = "REGISTER", .to = "strict",
		   .src = "203.0.113.5:9"),
	   IDENT_DENIED, "strict", IDENT_HOW_TO);

	/* SUBSCRIBE: by name, any type; guests */
	is(&f, ASK(.method = "SUBSCRIBE", .from = "pbx",
		   .src = "203.0.113.5:9"),
	   IDENT_PEER, "pbx", IDENT_HOW_FROM);
	is(&f, ASK(.method = "SUBSCRIBE", .from = "x",
		   .src = "192.0.2.10:5060"),
	   IDENT_GUEST, "-", IDENT_HOW_NONE);

	/* a guest has the defaults */
	assert_ptr_equal(ask(&f, ASK(.from = "x", .src = "203.0.113.5:9"))
				 .peer,
			 f.cfg->defaults);
	is(&f, ASK(.from = "x", .src = "203.0.113.5:9"), IDENT_GUEST, "-",
	   IDENT_HOW_NONE);

	fixture_close(&f);
}


static void test_match_auth_username(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, office, ARRAY_SIZE(office));
	f.cfg->general.match_auth_username = true;
	fixture_index(&f);

	is(&f, ASK(.from = "5551234", .auth = "101", .src = "203.0.113.5:9"),
	   IDENT_PEER, "101", IDENT_HOW_AUTHUSER);
	is(&f, ASK(.from = "102", .auth = "101", .src = "203.0.113.5:9"),
	   IDENT_PEER, "101", IDENT_HOW_AUTHUSER);
	is(&f, ASK(.from = "102", .src = "203.0.113.5:9"), IDENT_PEER, "102",
	   IDENT_HOW_FROM);
	fixture_close(&f);

	fixture_open(&f, office, ARRAY_SIZE(office));
	fixture_index(&f);
	is(&f, ASK(.from = "5551234", .auth = "101", .src = "203.0.113.5:9"),
	   IDENT_UNKNOWN, "-", IDENT_HOW_NONE);
	fixture_close(&f);
}


/* --- several accounts at one address ------------------------------------- */

/* clang-format off */
static const struct row provider[] = {
	{.name = "one",   .type = PEER, .host = "192.0.2.1", .user = "4991"},
	{.name = "two",   .type = PEER, .host = "192.0.2.1", .user = "4992"},
	{.name = "three", .type = PEER, .host = "192.0.2.1", .user = "4993",
	 .callback = "Sales"},
	{.name = "four",  .type = PEER, .host = "192.0.2.1:5080",
	 .insecure = PORT, .callback = "far"},
	{.name = "five",  .type = PEER, .host = "192.0.2.1", .secret = "5"},
	{.name = "six",   .type = PEER, .host = "192.0.2.1", .secret = "6",
	 .insecure = INVITE},
};


static const struct row nat[] = {
	{.name = "201", .type = PEER, .host = "dynamic", .secret = "a",
	 .insecure = PORT, .reg = "198.51.100.7:1001"},
	{.name = "202", .type = PEER, .host = "dynamic", .secret = "b",
	 .insecure = PORT, .reg = "198.51.100.7:1002"},
};
/* clang-format on */


static void provider_open(struct fixture *f)
{
	fixture_open(f, provider, ARRAY_SIZE(provider));
	add_reg(f->cfg, "4992", "192.0.2.1", "support");
	add_reg(f->cfg, "alias", "192.0.2.1", "s");
	add_reg(f->cfg, "4991", "198.51.100.1", "elsewhere");
	fixture_index(f);
}


static void test_accounts(void **state)
{
	const char *src = "192.0.2.1:5060";
	struct fixture f;

	(void)state;
	provider_open(&f);

	is(&f, ASK(.from = "x", .ruri = "sales", .src = src), IDENT_PEER,
	   "three", IDENT_HOW_EXTEN);
	is(&f, ASK(.from = "x", .ruri = "support", .src = src), IDENT_PEER,
	   "two", IDENT_HOW_EXTEN);
	is(&f, ASK(.from = "x", .ruri = "4993", .src = src), IDENT_PEER,
	   "three", IDENT_HOW_RURI);
	is(&f, ASK(.from = "x", .ruri = "two", .src = src), IDENT_PEER,
	   "two", IDENT_HOW_RURI);
	is(&f, ASK(.from = "x", .ruri = "z", .to = "4992", .src = src),
	   IDENT_PEER, "two", IDENT_HOW_TO_USER);
	is(&f, ASK(.from = "x", .pai = "4993", .src = src), IDENT_PEER,
	   "three", IDENT_HOW_PAI);
	is(&f, ASK(.from = "4992", .src = src), IDENT_PEER, "two",
	   IDENT_HOW_FROM_USER);

	/* with or without + */
	is(&f, ASK(.from = "x", .ruri = "+4993", .src = src), IDENT_PEER,
	   "three", IDENT_HOW_RURI);
	is(&f, ASK(.from = "x", .ruri = "z", .to = "+4992", .src = src),
	   IDENT_PEER, "two", IDENT_HOW_TO_USER);

	/* the order of what tells them apart */
	is(&f, ASK(.from = "4991", .ruri = "4993", .to = "4992", .pai = "one",
		   .src = src),
	   IDENT_PEER, "three", IDENT_HOW_RURI);
	is(&f, ASK(.from = "4991", .to = "4992", .pai = "4993", .src = src),
	   IDENT_PEER, "two", IDENT_HOW_TO_USER);

	/* callbackextension is tried with the address alone, too, and goes
	   before an account that matches with its port */
	is(&f, ASK(.from = "x", .ruri = "far", .to = "4992", .src = src),
	   IDENT_PEER, "four", IDENT_HOW_EXTEN);

	/* a register line elsewhere says nothing here */
	is(&f, ASK(.from = "x", .ruri = "elsewhere", .src = src), IDENT_PEER,
	   "one", IDENT_HOW_ADDR);

	/* whose password it gives, it is */
	is(&f, ASK(.from = "4991", .ruri = "sales", .auth = "five",
		   .src = src),
	   IDENT_PEER, "five", IDENT_HOW_AUTHUSER);
	is(&f, ASK(.from = "x", .auth = "one", .src = src), IDENT_PEER, "one",
	   IDENT_HOW_ADDR);

	/* nobody will ask "six" for its password */
	is(&f, ASK(.from = "x", .ruri = "sales", .auth = "six", .src = src),
	   IDENT_PEER, "three", IDENT_HOW_EXTEN);

	/* other port: only who allows it */
	is(&f, ASK(.from = "x", .ruri = "4993", .src = "192.0.2.1:777"),
	   IDENT_PEER, "four", IDENT_HOW_IP);

	fixture_close(&f);
}


static void test_ambiguous(void **state)
{
	struct ident_result res;
	struct fixture f;

	(void)state;
	provider_open(&f);

	res = ask(&f, ASK(.from = "x", .ruri = "z", .src = "192.0.2.1:5060"));
	assert_string_equal(res.peer->name, "one");
	assert_int_equal(res.ambiguous, 4);

	res = ask(&f,
		  ASK(.from = "x", .ruri = "4992", .src = "192.0.2.1:5060"));
	assert_int_equal(res.ambiguous, 0);

	/* still the first in the file, whatever was read anew */
	for (struct le *le = list_head(&f.cfg->peers); le; le = le->next) {
		assert_int_equal(ident_update(f.id, le->data), 0);
		res = ask(&f, ASK(.from = "x", .src = "192.0.2.1:5060"));
		assert_string_equal(res.peer->name, "one");
		assert_int_equal(res.ambiguous, 4);
	}

	fixture_close(&f);
}


/* Whom a phone calls does not say who it is */
static void test_phones_behind_nat(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, nat, ARRAY_SIZE(nat));
	fixture_index(&f);

	is(&f, ASK(.from = "201", .ruri = "202", .to = "202",
		   .src = "198.51.100.7:1001"),
	   IDENT_PEER, "201", IDENT_HOW_FROM_USER);
	is(&f, ASK(.from = "x", .ruri = "202", .to = "202",
		   .src = "198.51.100.7:1001"),
	   IDENT_PEER, "201", IDENT_HOW_ADDR);
	is(&f, ASK(.from = "202", .ruri = "201", .to = "201",
		   .src = "198.51.100.7:9999"),
	   IDENT_PEER, "202", IDENT_HOW_FROM_USER);

	fixture_close(&f);
}


static void test_bindings_come_and_go(void **state)
{
	static struct row rows[] = {
		{.name = "301", .type = PEER, .host = "dynamic"},
		{.name = "302", .type = PEER, .host = "dynamic"},
	};
	struct fixture f;
	const struct peer *p;

	(void)state;
	rows[0].reg = NULL;
	fixture_open(&f, rows, ARRAY_SIZE(rows));
	p = list_head(&f.cfg->peers)->data;
	((struct peer *)p)->defaultip = addr_of("192.0.2.77");
	fixture_index(&f);

	is(&f, ASK(.from = "x", .src = "192.0.2.77:5060"), IDENT_PEER, "301",
	   IDENT_HOW_ADDR);

	rows[0].reg = "198.51.100.7:1111";
	assert_int_equal(ident_update(f.id, p), 0);
	is(&f, ASK(.from = "x", .src = "198.51.100.7:1111"), IDENT_PEER,
	   "301", IDENT_HOW_ADDR);
	is(&f, ASK(.from = "x", .src = "192.0.2.77:5060"), IDENT_UNKNOWN, "-",
	   IDENT_HOW_NONE);

	rows[0].reg = NULL;
	assert_int_equal(ident_update(f.id, p), 0);
	is(&f, ASK(.from = "x", .src = "198.51.100.7:1111"), IDENT_UNKNOWN,
	   "-", IDENT_HOW_NONE);

	fixture_close(&f);
}


/* A register line without an account of its name: the trunk at that host */
static void test_reg_line_of_host(void **state)
{
	static const struct row rows[] = {
		{.name = "other", .type = PEER, .host = "192.0.2.2"},
		{.name = "trunk", .type = PEER, .host = "192.0.2.1"},
	};
	struct fixture f;

	(void)state;
	fixture_open(&f, rows, ARRAY_SIZE(rows));
	add_reg(f.cfg, "12345", "192.0.2.1", "00000");
	fixture_index(&f);

	is(&f, ASK(.from = "x", .ruri = "00000", .src = "192.0.2.1:5060"),
	   IDENT_PEER, "trunk", IDENT_HOW_EXTEN);
	is(&f, ASK(.from = "x", .ruri = "12345", .src = "192.0.2.1:5060"),
	   IDENT_PEER, "trunk", IDENT_HOW_RURI);
	is(&f, ASK(.from = "x", .ruri = "00000", .src = "192.0.2.2:5060"),
	   IDENT_PEER, "other", IDENT_HOW_ADDR);
	fixture_close(&f);
}


/* --- against a walk over all peers --------------------------------------- */

enum { RANDOM_PEERS = 40 };

static char names[RANDOM_PEERS][8], addrs[RANDOM_PEERS][32];
static struct row random_rows[RANDOM_PEERS];


static void random_fill(void)
{
	for (size_t i = 0; i < RANDOM_PEERS; i++) {
		struct row *r = &random_rows[i];

		(void)snprintf(names[i], sizeof(names[i]), "n%02u",
			       (unsigned)i);
		(void)snprintf(addrs[i], sizeof(addrs[i]), "10.0.0.%u:%u",
			       1 + rnd(4), 5060 + rnd(3));

		*r = (struct row){
			.name     = names[i],
			.type     = 1 + rnd(3),
			.insecure = rnd(2) ? PORT : 0,
		};

		if (rnd(2))
			r->host = addrs[i];
		else if (rnd(4))
			r->reg = addrs[i];
	}
}


static const char *naive(const struct ask *a)
{
	for (size_t i = 0; i < RANDOM_PEERS; i++) {
		if (random_rows[i].type & USER &&
		    !strcmp(random_rows[i].name, a->from))
			return random_rows[i].name;
	}

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < RANDOM_PEERS; i++) {
			const struct row *r = &random_rows[i];
			const char *addr    = r->host ? r->host : r->reg;
			struct sa have, src = addr_of(a->src);

			if (!addr || !(r->type & PEER))
				continue;

			have = addr_of(addr);

			if (!pass && sa_cmp(&have, &src, SA_ALL))
				return r->name;

			if (pass && sa_cmp(&have, &src, SA_ADDR) &&
			    r->insecure & PORT)
				return r->name;
		}
	}

	return "-";
}


static void test_random(void **state)
{
	(void)state;
	rnd_seed(42);

	for (int round = 0; round < 100; round++) {
		struct fixture f;

		random_fill();
		fixture_open(&f, random_rows, RANDOM_PEERS);
		fixture_index(&f);

		for (int i = 0; i < 200; i++) {
			char from[8], src[32];
			struct ask a = {.from = from, .src = src};
			struct ident_result res;
			struct le *le;

			/* a peer's own name would tell it from others */
			if (rnd(2))
				memcpy(from, "x", 2);
			else
				memcpy(from, names[rnd(RANDOM_PEERS)], 4);

			(void)snprintf(src, sizeof(src), "10.0.0.%u:%u",
				       1 + rnd(5), 5060 + rnd(4));

			le = list_head(&f.cfg->peers);
			for (uint32_t k = rnd(RANDOM_PEERS); k > 0; k--)
				le = le->next;
			assert_int_equal(ident_update(f.id, le->data), 0);

			res = ask(&f, &a);
			if (res.how == IDENT_HOW_FROM_USER)
				continue;

			if (strcmp(res.peer ? res.peer->name : "-",
				   naive(&a)))
				fail_msg("%s at %s", from, src);
		}

		fixture_close(&f);
	}
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_name),
		cmocka_unit_test(test_by_address),
		cmocka_unit_test(test_mapped),
		cmocka_unit_test(test_needs_auth),
		cmocka_unit_test(test_register_and_subscribe),
		cmocka_unit_test(test_match_auth_username),
		cmocka_unit_test(test_accounts),
		cmocka_unit_test(test_ambiguous),
		cmocka_unit_test(test_phones_behind_nat),
		cmocka_unit_test(test_bindings_come_and_go),
		cmocka_unit_test(test_reg_line_of_host),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
