/**
 * @file tests/unit/test_resolve.c  Names to places: DNS on the wire, the cache
 */
#include "tests/unit/sip_test.h"
#include "sip/dns.h"
#include "sip/resolve.h"


/* ---- a name server ---------------------------------------------------- */

/** One record that the server has */
struct zone {
	const char *name;
	uint16_t type;
	uint32_t ttl;
	const char *data; /* address; CNAME; "prio weight port name" */
};

struct dns {
	struct peer peer;
	const struct zone *zonev;
	size_t zonec;
	unsigned nquery;
	unsigned rcode;    /* of every answer */
	bool silent;
	bool wrong_id;
};


static void name_put(struct mbuf *mb, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		assert_int_equal(0, mbuf_write_u8(mb, (uint8_t)n));
		assert_int_equal(0, mbuf_write_mem(mb, (const uint8_t *)name,
						   n));
		name += n;
		name += *name == '.';
	}
	assert_int_equal(0, mbuf_write_u8(mb, 0));
}


static void u16_put(struct mbuf *mb, unsigned v)
{
	assert_int_equal(0, mbuf_write_u16(mb, htons((uint16_t)v)));
}


static unsigned num(const char **p)
{
	unsigned v = 0;

	for (; **p >= '0' && **p <= '9'; ++*p)
		v = v * 10 + (unsigned)(**p - '0');
	++*p;

	return v;
}


static void data_put(struct mbuf *mb, const struct zone *z)
{
	const char *p = z->data;
	struct sa sa;

	switch (z->type) {

	case RR_A:
		assert_int_equal(0, sa_set_str(&sa, p, 0));
		(void)mbuf_write_mem(mb, (uint8_t *)&sa.u.in.sin_addr, 4);
		break;

	case RR_AAAA:
		assert_int_equal(0, sa_set_str(&sa, p, 0));
		(void)mbuf_write_mem(mb, (uint8_t *)&sa.u.in6.sin6_addr, 16);
		break;

	case RR_SRV:
		u16_put(mb, num(&p));
		u16_put(mb, num(&p));
		u16_put(mb, num(&p));
		name_put(mb, p);
		break;

	default:
		name_put(mb, p);
		break;
	}
}


static void rr_put(struct mbuf *mb, const struct zone *z)
{
	struct mbuf *data = mbuf_alloc(256);

	data_put(data, z);
	name_put(mb, z->name);
	u16_put(mb, z->type);
	u16_put(mb, 1);
	u16_put(mb, 0);
	u16_put(mb, z->ttl);
	u16_put(mb, (unsigned)data->end);
	(void)mbuf_write_mem(mb, data->buf, data->end);
	mem_deref(data);
}


static void question_get(const uint8_t *p, size_t n, char *name,
			 uint16_t *type)
{
	size_t pos = 12, len = 0;

	while (pos < n && p[pos]) {
		memcpy(name + len, p + pos + 1, p[pos]);
		len += p[pos];
		name[len++] = '.';
		pos += p[pos] + 1u;
	}

	name[len ? len - 1 : 0] = '\0';
	*type = (uint16_t)(p[pos + 1] << 8 | p[pos + 2]);
}


static void answer_make(struct dns *d, struct mbuf *mb, const uint8_t *p,
			const char *name, uint16_t type)
{
	unsigned n = 0;

	(void)mbuf_write_u8(mb, d->wrong_id ? (uint8_t)~p[0] : p[0]);
	(void)mbuf_write_u8(mb, p[1]);
	u16_put(mb, 0x8180 | d->rcode);
	u16_put(mb, 1);
	u16_put(mb, 0);
	u16_put(mb, 0);
	u16_put(mb, 0);
	name_put(mb, name);
	u16_put(mb, type);
	u16_put(mb, 1);

	/* a zone is written so that a CNAME comes before what it means */
	for (size_t i = 0; i < d->zonec && !d->rcode; i++) {
		const struct zone *z = &d->zonev[i];

		if (strcasecmp(z->name, name) ||
		    (z->type != type && z->type != RR_CNAME))
			continue;

		rr_put(mb, z);
		++n;
		if (z->type == RR_CNAME)
			name = z->data;
	}

	mb->pos = 6;
	u16_put(mb, n);
}


/* Answer what has been asked; never true */
static bool serve(void *arg)
{
	struct dns *d = arg;
	uint8_t buf[512];
	char name[256];
	uint16_t type;
	struct sa src;
	ssize_t n;

	for (;;) {
		struct mbuf *mb;

		src.len = sizeof(src.u);
		n       = recvfrom(d->peer.fd, buf, sizeof(buf), 0, &src.u.sa,
				   &src.len);
		if (n < 0)
			return false;

		++d->nquery;
		if (d->silent)
			continue;

		question_get(buf, (size_t)n, name, &type);
		mb = mbuf_alloc(512);
		answer_make(d, mb, buf, name, type);
		(void)sendto(d->peer.fd, mb->buf, mb->end, 0, &src.u.sa,
			     src.len);
		mem_deref(mb);
	}
}


/* ---- fixture ---------------------------------------------------------- */

struct fixture {
	struct dns dns;
	struct sx_resolver *r;
	struct sx_query *q;
	unsigned n;      /* call backs */
	int err;
	size_t count;
	struct sx_target tv[32];
};


static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	peer_open(&f->dns.peer, "127.0.0.1");
	assert_int_equal(0, sx_resolver_alloc(&f->r));
	assert_int_equal(0, sx_resolver_set_server(f->r, &f->dns.peer.addr));
	*state = f;

	return 0;
}


static int teardown(void **state)
{
	struct fixture *f = *state;

	mem_deref(f->q);
	mem_deref(f->r);
	peer_close(&f->dns.peer);
	assert_int_equal(0, timers_count());
	free(f);

	return 0;
}


static void zone(struct fixture *f, const struct zone *zv, size_t n)
{
	f->dns.zonev = zv;
	f->dns.zonec = n;
}

#define ZONE(f, ...)                                                         \
	static const struct zone zv_[] = {__VA_ARGS__};                      \
	zone((f), zv_, ARRAY_SIZE(zv_))


static void handler(int err, const struct sx_target *tv, size_t n, void *arg)
{
	struct fixture *f = arg;

	++f->n;
	f->err   = err;
	f->count = n;
	if (n)
		memcpy(f->tv, tv, n * sizeof(*tv));
	f->q = mem_deref(f->q);
}


static bool called(void *arg)
{
	struct fixture *f = arg;

	(void)serve(&f->dns);

	return f->n > 0;
}


static void start(struct fixture *f, const char *host, uint16_t port,
		  enum sx_tp tp, bool srv)
{
	f->n     = 0;
	f->count = 0;
	assert_int_equal(0, sx_resolve(&f->q, f->r, host, port, tp, srv,
				       handler, f));
}


static void resolve(struct fixture *f, const char *host, uint16_t port,
		    enum sx_tp tp, bool srv)
{
	start(f, host, port, tp, srv);
	assert_true(run_until(called, f));
	assert_int_equal(f->n, 1);
}


static void assert_target(const struct fixture *f, size_t i, const char *want)
{
	char text[64];

	assert_true(i < f->count);
	(void)re_snprintf(text, sizeof(text), "%J", &f->tv[i].dst);
	assert_string_equal(text, want);
}


/* ---- tests ------------------------------------------------------------ */

static void test_literals_are_answered_at_once(void **state)
{
	static const struct {
		const char *host;
		uint16_t port;
		enum sx_tp tp;
		const char *want;
	} rowv[] = {
		{"192.0.2.1", 0, SX_UDP, "192.0.2.1:5060"},
		{"192.0.2.1", 0, SX_TLS, "192.0.2.1:5061"},
		{"192.0.2.1", 99, SX_TCP, "192.0.2.1:99"},
		{"2001:db8::1", 0, SX_UDP, "[2001:db8::1]:5060"},
		{"[2001:db8::1]", 7, SX_UDP, "[2001:db8::1]:7"},
		{"localhost", 0, SX_UDP, "127.0.0.1:5060"},
		{"LOCALHOST.", 5, SX_UDP, "127.0.0.1:5"},
		{"a.localhost", 0, SX_UDP, "127.0.0.1:5060"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {
		start(f, rowv[i].host, rowv[i].port, rowv[i].tp, true);
		assert_int_equal(f->n, 1);
		assert_null(f->q);
		assert_int_equal(f->err, 0);
		assert_target(f, 0, rowv[i].want);
		assert_int_equal(f->tv[0].tp, rowv[i].tp);
	}

	(void)serve(&f->dns);
	assert_int_equal(f->dns.nquery, 0);
}


static void test_bad_names_are_refused(void **state)
{
	static const char *const namev[] = {
		"", ".", "..", "a..b", ".a", "a b", "a\tb", "[", "[]", "a/b",
		"a%00b", "[::1",
		("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aa.b"),
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(namev); i++)
		assert_int_equal(EINVAL,
				 sx_resolve(&f->q, f->r, namev[i], 0, SX_UDP,
					    true, handler, f));
	assert_int_equal(f->n, 0);
}


static void test_addresses_v4_first(void **state)
{
	struct fixture *f = *state;

	ZONE(f, {"h.example", RR_AAAA, 60, "2001:db8::5"},
	     {"h.example", RR_A, 60, "192.0.2.5"},
	     {"h.example", RR_A, 60, "192.0.2.6"});

	resolve(f, "h.example", 5080, SX_TLS, true);
	assert_int_equal(f->err, 0);
	assert_int_equal(f->count, 3);
	assert_target(f, 0, "192.0.2.5:5080");
	assert_target(f, 1, "192.0.2.6:5080");
	assert_target(f, 2, "[2001:db8::5]:5080");
	assert_string_equal(f->tv[0].name, "h.example");
}


static void test_cname_is_followed(void **state)
{
	struct fixture *f = *state;

	ZONE(f, {"w.example", RR_CNAME, 60, "x.example"},
	     {"x.example", RR_CNAME, 60, "y.example"},
	     {"y.example", RR_A, 60, "192.0.2.9"});

	resolve(f, "w.example", 1, SX_UDP, false);
	assert_int_equal(f->count, 1);
	assert_target(f, 0, "192.0.2.9:1");
}


static void test_cname_loop_ends(void **state)
{
	struct fixture *f = *state;

	ZONE(f, {"w.example", RR_CNAME, 60, "x.example"},
	     {"x.example", RR_CNAME, 60, "w.example"});

	resolve(f, "w.example", 1, SX_UDP, false);
	assert_int_equal(f->err, ENOENT);
}


static void test_srv_order_and_ports(void **state)
{
	struct fixture *f = *state;

	ZONE(f, {"_sip._udp.p.example", RR_SRV, 60, "20 0 5062 c.example"},
	     {"_sip._udp.p.example", RR_SRV, 60, "10 0 5060 b.example"},
	     {"_sip._udp.p.example", RR_SRV, 60, "5 0 0 c.example"},
	     {"_sip._udp.p.example", RR_SRV, 60, "10 65535 5061 a.example"},
	     {"a.example", RR_A, 60, "192.0.2.1"},
	     {"b.example", RR_A, 60, "192.0.2.2"},
	     {"c.example", RR_A, 60, "192.0.2.3"});

	resolve(f, "p.example", 0, SX_UDP, true);
	assert_int_equal(f->count, 3);
	assert_target(f, 0, "192.0.2.1:5061");
	assert_target(f, 1, "192.0.2.2:5060");
	assert_target(f, 2, "192.0.2.3:5062");

	/* a port that was given asks for no SRV (RFC 3263 4.2) */
	resolve(f, "p.example", 5060, SX_UDP, true);
	assert_int_equal(f->err, ENOENT);
}


static void test_srv_weights(void **state)
{
	struct dns_rec recv[3];
	unsigned first[3] = {0};

	(void)state;

	for (unsigned i = 0; i < 6000; i++) {
		memset(recv, 0, sizeof(recv));
		for (unsigned k = 0; k < 3; k++) {
			recv[k].port   = (uint16_t)k;
			recv[k].weight = (uint16_t)(k * 100);
		}

		dns_srv_sort(recv, 3);
		++first[recv[0].port];
	}

	/* 0 : 100 : 200 */
	assert_in_range(first[0], 1, 100);
	assert_in_range(first[1], 1700, 2300);
	assert_in_range(first[2], 3700, 4300);
}


static void test_srv_per_transport(void **state)
{
	struct fixture *f = *state;

	ZONE(f, {"_sips._tcp.p.example", RR_SRV, 60, "1 1 50 a.example"},
	     {"_sip._tcp.p.example", RR_SRV, 60, "1 1 51 a.example"},
	     {"a.example", RR_A, 60, "192.0.2.1"});

	resolve(f, "p.example", 0, SX_TLS, true);
	assert_target(f, 0, "192.0.2.1:50");
	assert_string_equal(f->tv[0].name, "p.example");
	resolve(f, "p.example", 0, SX_TCP, true);
	assert_target(f, 0, "192.0.2.1:51");
}


static void test_no_srv_falls_back(void **state)
{
	struct fixture *f = *state;

	ZONE(f, {"p.example", RR_A, 60, "192.0.2.1"});

	resolve(f, "p.example", 0, SX_UDP, true);
	assert_target(f, 0, "192.0.2.1:5060");
}


static void test_srv_that_says_no(void **state)
{
	struct fixture *f = *state;

	ZONE(f, {"_sip._udp.p.example", RR_SRV, 60, "0 0 0 "},
	     {"p.example", RR_A, 60, "192.0.2.1"});

	resolve(f, "p.example", 0, SX_UDP, true);
	assert_int_equal(f->err, ENOENT);
}


static void test_cache_and_ttl(void **state)
{
	struct fixture *f = *state;

	ZONE(f, {"h.example", RR_A, 60, "192.0.2.5"});

	resolve(f, "h.example", 1, SX_UDP, false);
	assert_int_equal(f->dns.nquery, 2);

	/* at once, the other case is the same name */
	start(f, "H.example", 1, SX_UDP, false);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->dns.nquery, 2);

	/* the AAAA that is not there is known for half a minute */
	advance(30000);
	resolve(f, "h.example", 1, SX_UDP, false);
	assert_int_equal(f->dns.nquery, 3);

	advance(30000);
	resolve(f, "h.example", 1, SX_UDP, false);
	assert_int_equal(f->dns.nquery, 5);
}


static void test_same_question_is_asked_once(void **state)
{
	struct fixture *f = *state, g = {0};

	ZONE(f, {"h.example", RR_A, 60, "192.0.2.5"});

	start(f, "h.example", 1, SX_UDP, false);
	assert_int_equal(0, sx_resolve(&g.q, f->r, "h.example", 2, SX_UDP,
				       false, handler, &g));
	assert_true(run_until(called, f));
	assert_int_equal(f->n, 1);
	assert_int_equal(g.n, 1);
	assert_target(&g, 0, "192.0.2.5:2");
	assert_int_equal(f->dns.nquery, 2);
}


static void test_given_up_is_not_called(void **state)
{
	struct fixture *f = *state;

	ZONE(f, {"h.example", RR_A, 60, "192.0.2.5"});

	start(f, "h.example", 1, SX_UDP, false);
	assert_non_null(f->q);
	f->q = mem_deref(f->q);
	pump();
	(void)serve(&f->dns);
	pump();
	assert_int_equal(f->n, 0);

	/* but the answer is in the cache */
	start(f, "h.example", 1, SX_UDP, false);
	assert_int_equal(f->n, 1);
}


static void tries(struct fixture *f)
{
	static const unsigned stepv[] = {1000, 2000, 2000, 2000};

	for (size_t i = 0; i < ARRAY_SIZE(stepv) && !f->n; i++) {
		pump();
		(void)serve(&f->dns);
		advance(stepv[i]);
	}
}


static void test_silent_server_is_asked_again(void **state)
{
	struct fixture *f = *state;

	f->dns.silent = true;
	start(f, "h.example", 1, SX_UDP, false);
	tries(f);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->err, ETIMEDOUT);
	assert_int_equal(f->dns.nquery, 8);
}


static void test_old_answer_when_the_server_is_silent(void **state)
{
	struct fixture *f = *state;

	ZONE(f, {"h.example", RR_A, 60, "192.0.2.5"});

	resolve(f, "h.example", 1, SX_UDP, false);
	f->dns.silent = true;
	advance(3600000);

	/* after the first second without a word */
	start(f, "h.example", 1, SX_UDP, false);
	assert_int_equal(f->n, 0);
	advance(1000);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->err, 0);
	assert_target(f, 0, "192.0.2.5:1");

	/* the next one does not wait */
	start(f, "h.example", 1, SX_UDP, false);
	assert_int_equal(f->n, 1);
	tries(f);
	advance(7000);
	start(f, "h.example", 1, SX_UDP, false);
	assert_int_equal(f->n, 1);

	/* but not for ever */
	advance(90000000);
	start(f, "h.example", 1, SX_UDP, false);
	tries(f);
	assert_int_equal(f->err, ETIMEDOUT);
}


static void test_refusing_server(void **state)
{
	struct fixture *f = *state;

	f->dns.rcode = 2;
	resolve(f, "h.example", 1, SX_UDP, false);
	assert_int_equal(f->err, ETIMEDOUT);
	assert_int_equal(f->dns.nquery, 8);

	/* nobody there at all: known at once by ICMP */
	advance(10000);
	peer_close(&f->dns.peer);
	resolve(f, "h.example", 1, SX_UDP, false);
	assert_int_equal(f->err, ETIMEDOUT);
}


static void test_forged_answers_are_ignored(void **state)
{
	struct fixture *f = *state;

	ZONE(f, {"h.example", RR_A, 60, "192.0.2.5"});

	f->dns.wrong_id = true;
	start(f, "h.example", 1, SX_UDP, false);
	(void)serve(&f->dns);
	pump();
	assert_int_equal(f->n, 0);

	f->dns.wrong_id = false;
	advance(1000);
	assert_true(run_until(called, f));
	assert_target(f, 0, "192.0.2.5:1");
}


/* Every cut, and every byte changed, of a good answer: no crash (ASan), and
 * never more records than fit */
static void test_damaged_answers(void **state)
{
	static const struct zone zv[] = {
		{"w.example", RR_CNAME, 60, "x.example"},
		{"x.example", RR_SRV, 60, "1 2 3 y.example"},
		{"x.example", RR_SRV, 60, "4 5 6 z.example"},
	};
	struct dns d        = {.zonev = zv, .zonec = ARRAY_SIZE(zv)};
	struct mbuf *mb     = mbuf_alloc(512);
	const uint8_t id[2] = {0x12, 0x34};
	struct dns_rec recv[RECORDS_MAX];
	uint32_t ttl;
	size_t recc;

	(void)state;
	answer_make(&d, mb, id, "w.example", RR_SRV);
	assert_int_equal(0, dns_answer_read(recv, &recc, &ttl, mb->buf,
					    mb->end, 0x1234, "W.example",
					    RR_SRV));
	assert_int_equal(recc, 2);
	assert_int_equal(ttl, 60);
	assert_string_equal(recv[1].name, "z.example");

	for (size_t n = 0; n < mb->end; n++) {
		uint8_t *copy = malloc(n ? n : 1);

		memcpy(copy, mb->buf, n);
		(void)dns_answer_read(recv, &recc, &ttl, copy, n, 0x1234,
				      "w.example", RR_SRV);
		free(copy);
	}

	for (size_t i = 0; i < mb->end; i++) {
		uint8_t was = mb->buf[i];

		for (unsigned v = 0; v < 256; v++) {
			mb->buf[i] = (uint8_t)v;
			(void)dns_answer_read(recv, &recc, &ttl, mb->buf,
					      mb->end, 0x1234, "w.example",
					      RR_SRV);
			assert_true(recc <= RECORDS_MAX);
		}
		mb->buf[i] = was;
	}

	mem_deref(mb);
}


static void test_pointer_loops(void **state)
{
	/* header, question "a" A IN, then a record whose name points ... */
	static const uint8_t base[] = {0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0,
				       0, 0, 1,    'a',  0, 0, 1, 0, 1};
	static const uint8_t endv[][2] = {
		{0xc0, 19}, /* to itself */
		{0xc0, 21}, /* forward */
		{0xff, 0xff},
	};
	struct dns_rec recv[RECORDS_MAX];
	uint32_t ttl;
	size_t recc;

	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(endv); i++) {
		uint8_t buf[64] = {0};

		memcpy(buf, base, sizeof(base));
		memcpy(buf + sizeof(base), endv[i], 2);
		assert_int_equal(ENOENT,
				 dns_answer_read(recv, &recc, &ttl, buf,
						 sizeof(buf), 1, "a", RR_A));
	}
}


static char *file_make(const char *text)
{
	static char path[] = "/tmp/tandem-test-XXXXXX";
	int fd;

	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);

	return path;
}


static void hosts_handler(const char *name, const struct sa *addr, void *arg)
{
	(void)re_snprintf((char *)arg + strlen(arg), 256 - strlen(arg),
			  "%s=%j ", name, addr);
}


static void test_files(void **state)
{
	struct dns_conf conf;
	char out[256] = "";
	char *path;

	(void)state;
	path = file_make("# comment\nnameserver 192.0.2.1 # x\n"
			 "nameserver junk\nsearch a.example  b.example\n"
			 "\tnameserver 2001:db8::1\noptions x\n");
	assert_int_equal(0, dns_conf_read(&conf, path));
	unlink(path);
	assert_int_equal(conf.srvc, 2);
	assert_int_equal(sa_port(&conf.srvv[0]), 53);
	assert_int_equal(sa_af(&conf.srvv[1]), AF_INET6);
	assert_int_equal(conf.searchc, 2);
	assert_string_equal(conf.searchv[1], "b.example");

	assert_int_equal(ENOENT, dns_conf_read(&conf, "/nonexistent/x"));
	assert_int_equal(conf.srvc, 1);
	assert_int_equal(sa_in(&conf.srvv[0]), INADDR_LOOPBACK);

	path = file_make("127.0.0.1 localhost lh#no\n10.0.0.1\tpbx pbx.office\n"
			 "bad x\n::1 six");
	assert_int_equal(0, dns_hosts_read(path, hosts_handler, out));
	unlink(path);
	assert_string_equal(out, "localhost=127.0.0.1 lh=127.0.0.1 "
				 "pbx=10.0.0.1 pbx.office=10.0.0.1 six=::1 ");
}


#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_literals_are_answered_at_once),
		T(test_bad_names_are_refused),
		T(test_addresses_v4_first),
		T(test_cname_is_followed),
		T(test_cname_loop_ends),
		T(test_srv_order_and_ports),
		cmocka_unit_test(test_srv_weights),
		T(test_srv_per_transport),
		T(test_no_srv_falls_back),
		T(test_srv_that_says_no),
		T(test_cache_and_ttl),
		T(test_same_question_is_asked_once),
		T(test_given_up_is_not_called),
		T(test_silent_server_is_asked_again),
		T(test_old_answer_when_the_server_is_silent),
		T(test_refusing_server),
		T(test_forged_answers_are_ignored),
		cmocka_unit_test(test_damaged_answers),
		cmocka_unit_test(test_pointer_loops),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, test_init, test_close);
}
