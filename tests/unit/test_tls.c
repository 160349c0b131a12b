/**
 * @file tests/unit/test_tls.c  TLS: who is believed, and what goes through
 *
 * Two stacks in one process: one listens, the other calls it.  The
 * certificates are made on the spot.
 */
#include "tests/unit/sip_test.h"
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>


static char dir[] = "/tmp/tandem-tls-XXXXXX";

/** File in our directory; four of them at a time */
static const char *path(const char *name)
{
	static char buf[4][128];
	static unsigned slot;
	char *p = buf[slot++ % 4];

	(void)re_snprintf(p, sizeof(buf[0]), "%s/%s", dir, name);
	return p;
}


struct cert {
	X509 *x;
	EVP_PKEY *key;
};


static void ext_add(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(e);
	assert_int_equal(1, X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}


/* A certificate by ca (NULL: by itself) for these names, from `days` ago */
static struct cert cert_make(const struct cert *ca, const char *san, int from,
			     int to)
{
	struct cert c = {X509_new(), EVP_EC_gen("P-256")};
	X509_NAME *name;
	static long serial;

	assert_non_null(c.x);
	assert_non_null(c.key);
	(void)X509_set_version(c.x, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(c.x), ++serial);
	(void)X509_gmtime_adj(X509_getm_notBefore(c.x), from * 86400L);
	(void)X509_gmtime_adj(X509_getm_notAfter(c.x), to * 86400L);
	(void)X509_set_pubkey(c.x, c.key);

	name = X509_get_subject_name(c.x);
	(void)X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_ASC,
		(const unsigned char *)(ca ? "leaf" : "ca"), -1, -1, 0);
	(void)X509_set_issuer_name(
		c.x, ca ? X509_get_subject_name(ca->x) : name);
	if (san)
		ext_add(c.x, NID_subject_alt_name, san);
	else
		ext_add(c.x, NID_basic_constraints, "critical,CA:TRUE");

	assert_true(X509_sign(c.x, ca ? ca->key : c.key, EVP_sha256()) > 0);

	return c;
}


static void cert_write(const char *file, const struct cert *c)
{
	FILE *f = fopen(path(file), "w");

	assert_non_null(f);
	assert_int_equal(1, PEM_write_X509(f, c->x));
	assert_int_equal(1, PEM_write_PrivateKey(f, c->key, NULL, NULL, 0,
						 NULL, NULL));
	(void)fclose(f);
}


static void cert_free(struct cert *c)
{
	X509_free(c->x);
	EVP_PKEY_free(c->key);
}


static void certs_make(void)
{
	struct cert ca    = cert_make(NULL, NULL, -1, 10);
	struct cert other = cert_make(NULL, NULL, -1, 10);
	struct cert good  = cert_make(&ca, "DNS:sip.example,DNS:*.w.example,"
					   "IP:127.0.0.1", -1, 10);
	struct cert old   = cert_make(&ca, "DNS:sip.example", -10, -1);
	struct cert alien = cert_make(&other, "DNS:sip.example", -1, 10);

	cert_write("ca.pem", &ca);
	cert_write("good.pem", &good);
	cert_write("old.pem", &old);
	cert_write("alien.pem", &alien);
	cert_free(&ca);
	cert_free(&other);
	cert_free(&good);
	cert_free(&old);
	cert_free(&alien);
}


/* ---- fixture ---------------------------------------------------------- */

struct fixture {
	struct sx *srv, *cli;
	struct sa addr;
	unsigned nreq, nresp;
	int err;
	uint16_t scode;
	struct sx_target from;
	struct sx_ctrans *ct;
	struct peer peer;
};


static void request_handler(struct sx_strans *st, const struct sx_msg *msg,
			    void *arg)
{
	struct fixture *f = arg;

	++f->nreq;
	assert_int_equal(msg->tp, SX_TLS);
	sx_target_of(&f->from, msg);
	assert_int_equal(0, sx_reply(st, 200, NULL, NULL));
}


static void response_handler(int err, const struct sx_msg *msg, void *arg)
{
	struct fixture *f = arg;

	++f->nresp;
	f->err   = err;
	f->scode = msg ? msg->scode : 0;
}


static bool has_response(void *arg)
{
	const struct fixture *f = arg;

	return f->nresp > 0;
}


static void server(struct fixture *f, const char *cert, const char *cafile)
{
	struct sx_tls_params prm = {.cert = path(cert), .cafile = cafile};
	struct sx_listener *lis;
	struct sa any;

	loopback(&any, "127.0.0.1");
	assert_int_equal(0, sx_set_tls(f->srv, &prm, NULL));
	assert_int_equal(0, sx_listen(f->srv, &lis, SX_TLS, &any));
	f->addr = *sx_listener_addr(lis);
}


static void client(struct fixture *f, bool verify, const char *cert)
{
	struct sx_tls_params prm = {.cert   = cert ? path(cert) : NULL,
				    .cafile = path("ca.pem"),
				    .verify = verify};

	assert_int_equal(0, sx_set_tls(f->cli, &prm, NULL));
}


static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->peer.fd = -1;
	assert_int_equal(0, sx_alloc(&f->srv, NULL, request_handler, f));
	assert_int_equal(0, sx_alloc(&f->cli, NULL, request_handler, f));
	*state = f;

	return 0;
}


static int teardown(void **state)
{
	struct fixture *f = *state;

	mem_deref(f->ct);
	mem_deref(f->cli);
	mem_deref(f->srv);
	peer_close(&f->peer);
	assert_int_equal(0, timers_count());
	free(f);

	return 0;
}


static void call(struct fixture *f, struct sx *sx, const struct sx_target *dst)
{
	struct mbuf *mb = mbuf_alloc(256);

	(void)mbuf_write_str(mb, "From: <sip:a>;tag=1\r\nTo: <sip:b>\r\n"
				 "Call-ID: 9\r\nCSeq: 1 OPTIONS\r\n"
				 "Max-Forwards: 70\r\n");
	assert_int_equal(0, sx_head_end(sx, mb, NULL, NULL));
	f->ct    = mem_deref(f->ct);
	f->nresp = 0;
	assert_int_equal(0, sx_request(&f->ct, sx, dst, SX_OPTIONS, "sip:b",
				       mb, response_handler, f));
	mem_deref(mb);
}


static void call_name(struct fixture *f, const char *name)
{
	struct sx_target dst = {.tp = SX_TLS, .dst = f->addr};

	str_ncpy(dst.name, name, sizeof(dst.name));
	call(f, f->cli, &dst);
	assert_true(run_until(has_response, f));
}


static uint32_t nconns(const struct sx *sx)
{
	struct sx_stats stats;

	sx_get_stats(sx, &stats);
	return stats.nconns;
}


/* ---- tests ------------------------------------------------------------ */

static void test_who_is_believed(void **state)
{
	static const struct {
		const char *cert, *name;
		bool verify;
		int err;
	} rowv[] = {
		{"good.pem", "sip.example", true, 0},
		{"good.pem", "SIP.Example", true, 0},
		{"good.pem", "a.w.example", true, 0},
		{"good.pem", "127.0.0.1", true, 0},
		{"good.pem", "", true, 0}, /* its address is its name */
		{"good.pem", "other.example", true, EPROTO},
		{"good.pem", "a.b.w.example", true, EPROTO},
		{"good.pem", "127.0.0.2", true, EPROTO},
		{"old.pem", "sip.example", true, EPROTO},
		{"alien.pem", "sip.example", true, EPROTO},
		{"alien.pem", "other.example", false, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {
		struct fixture *f;

		if (i) {
			assert_int_equal(0, teardown(state));
			assert_int_equal(0, setup(state));
		}

		f = *state;
		server(f, rowv[i].cert, NULL);
		client(f, rowv[i].verify, NULL);
		call_name(f, rowv[i].name);
		if (f->err != rowv[i].err)
			fail_msg("%s for \"%s\": %d, not %d", rowv[i].cert,
				 rowv[i].name, f->err, rowv[i].err);
		assert_int_equal(f->nreq, rowv[i].err ? 0 : 1);
		assert_int_equal(nconns(f->cli), rowv[i].err ? 0 : 1);
	}
}


static void test_reuse_is_by_verified_name(void **state)
{
	struct fixture *f = *state;

	server(f, "good.pem", NULL);
	client(f, true, NULL);
	call_name(f, "sip.example");
	assert_int_equal(f->scode, 200);
	call_name(f, "SIP.example");
	assert_int_equal(nconns(f->cli), 1);

	/* the same address by another name has to prove that one */
	call_name(f, "a.w.example");
	assert_int_equal(f->scode, 200);
	assert_int_equal(nconns(f->cli), 2);
	call_name(f, "other.example");
	assert_int_equal(f->err, EPROTO);
}


static void test_the_other_way_by_the_same_connection(void **state)
{
	struct fixture *f = *state;

	server(f, "good.pem", NULL);
	client(f, true, NULL);
	call_name(f, "sip.example");
	assert_int_equal(f->nreq, 1);

	/* as to a phone that registered by TLS */
	call(f, f->srv, &f->from);
	assert_true(run_until(has_response, f));
	assert_int_equal(f->scode, 200);
	assert_int_equal(f->nreq, 2);
	assert_int_equal(nconns(f->srv), 1);
	assert_int_equal(nconns(f->cli), 1);
}


static void test_client_certificate_is_optional(void **state)
{
	static const struct {
		const char *cert;
		bool ok;
	} rowv[] = {{NULL, true}, {"good.pem", true}, {"alien.pem", false}};

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {
		struct fixture *f;

		if (i) {
			assert_int_equal(0, teardown(state));
			assert_int_equal(0, setup(state));
		}

		f = *state;
		server(f, "good.pem", path("ca.pem"));
		client(f, true, rowv[i].cert);
		call_name(f, "sip.example");
		assert_int_equal(f->scode, rowv[i].ok ? 200 : 0);
		assert_int_equal(f->nreq, rowv[i].ok ? 1 : 0);
	}
}


static bool has_hello(void *arg)
{
	struct peer *p = arg;

	return peer_has(p) &&
	       memmem(p->buf, p->n, "sip.example", 11) != NULL;
}


static void test_name_is_indicated(void **state)
{
	struct fixture *f    = *state;
	struct sx_target dst = {.tp = SX_TLS, .name = "sip.example"};
	int lfd = socket(AF_INET, SOCK_STREAM, 0);
	struct sa sa;

	loopback(&sa, "127.0.0.1");
	assert_int_equal(0, bind(lfd, &sa.u.sa, sa.len));
	assert_int_equal(0, listen(lfd, 1));
	dst.dst.len = sizeof(dst.dst.u);
	assert_int_equal(0, getsockname(lfd, &dst.dst.u.sa, &dst.dst.len));

	client(f, true, NULL);
	call(f, f->cli, &dst);
	pump();
	f->peer.fd     = accept4(lfd, NULL, NULL, SOCK_NONBLOCK);
	f->peer.stream = true;
	assert_true(run_until(has_hello, &f->peer));

	/* no handshake in ten seconds: the call fails, nothing stays */
	advance(10000);
	assert_int_equal(f->nresp, 1);
	assert_int_equal(f->err, ETIMEDOUT);
	assert_int_equal(nconns(f->cli), 0);
	close(lfd);
}


static void test_silent_and_plain_callers(void **state)
{
	struct fixture *f = *state;

	server(f, "good.pem", NULL);

	peer_connect(&f->peer, &f->addr);
	pump();
	assert_int_equal(nconns(f->srv), 1);
	advance(10000);
	assert_int_equal(nconns(f->srv), 0);
	peer_close(&f->peer);

	peer_connect(&f->peer, &f->addr);
	peer_send(&f->peer, NULL, "OPTIONS sip:x SIP/2.0\r\n\r\n");
	pump();
	pump();
	assert_int_equal(nconns(f->srv), 0);
	assert_int_equal(f->nreq, 0);
}


/* A ClientHello of a TLS 1.1 client */
static void test_old_version_is_refused(void **state)
{
	static const uint8_t hello[] = {
		0x16, 0x03, 0x01, 0x00, 0x2f, 0x01, 0x00, 0x00, 0x2b, 0x03,
		0x02, 1,    2,    3,    4,    5,    6,    7,    8,    9,
		10,   11,   12,   13,   14,   15,   16,   17,   18,   19,
		20,   21,   22,   23,   24,   25,   26,   27,   28,   29,
		30,   31,   32,   0x00, 0x00, 0x04, 0xc0, 0x09, 0x00, 0x2f,
		0x01, 0x00};
	struct fixture *f = *state;

	server(f, "good.pem", NULL);
	peer_connect(&f->peer, &f->addr);
	assert_int_equal(sizeof(hello), send(f->peer.fd, hello, sizeof(hello),
					     0));
	pump();
	pump();
	assert_true(peer_has(&f->peer));
	assert_int_equal(f->peer.buf[0], 0x15); /* alert ... */
	assert_int_equal(f->peer.buf[6], 70);   /* protocol version */
	assert_int_equal(nconns(f->srv), 0);
}


static void test_big_message(void **state)
{
	struct fixture *f    = *state;
	struct sx_target dst = {.tp = SX_TLS, .name = "sip.example"};
	struct mbuf *mb      = mbuf_alloc(1024);
	struct mbuf *body    = mbuf_alloc(200000);

	server(f, "good.pem", NULL);
	client(f, true, NULL);
	dst.dst = f->addr;
	assert_int_equal(0, mbuf_fill(body, 'x', 200000));
	(void)mbuf_write_str(mb, "From: <sip:a>;tag=1\r\nTo: <sip:b>\r\n"
				 "Call-ID: 9\r\nCSeq: 1 MESSAGE\r\n"
				 "Max-Forwards: 70\r\n");
	assert_int_equal(0, sx_head_end(f->cli, mb, "text/plain", body));
	assert_int_equal(0, sx_request(&f->ct, f->cli, &dst, SX_MESSAGE,
				       "sip:b", mb, response_handler, f));
	assert_true(run_until(has_response, f));
	assert_int_equal(f->scode, 200);
	mem_deref(mb);
	mem_deref(body);
}


static void test_files_that_are_no_good(void **state)
{
	struct sx_tls_params rowv[] = {
		{.cert = "/nonexistent.pem"},
		{.cert = path("good.pem"), .key = path("alien.pem")},
		{.cert = path("good.pem"), .cafile = "/nonexistent.pem"},
	};
	static const char *const whyv[] = {"certificate /nonexistent.pem",
					   "alien.pem", "CA certificates"};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rowv); i++) {
		struct mbuf *why = mbuf_alloc(64);

		assert_int_equal(EINVAL, sx_set_tls(f->srv, &rowv[i], why));
		(void)mbuf_write_u8(why, 0);
		assert_has((char *)why->buf, whyv[i]);
		mem_deref(why);
	}
}


#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int group_setup(void **state)
{
	if (!mkdtemp(dir))
		return -1;

	certs_make();

	return test_init(state);
}


static int group_teardown(void **state)
{
	static const char *const filev[] = {"ca.pem", "good.pem", "old.pem",
					    "alien.pem"};

	for (size_t i = 0; i < ARRAY_SIZE(filev); i++)
		(void)unlink(path(filev[i]));
	(void)rmdir(dir);

	return test_close(state);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_who_is_believed),
		T(test_reuse_is_by_verified_name),
		T(test_the_other_way_by_the_same_connection),
		T(test_client_certificate_is_optional),
		T(test_name_is_indicated),
		T(test_silent_and_plain_callers),
		T(test_old_version_is_refused),
		T(test_big_message),
		T(test_files_that_are_no_good),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
