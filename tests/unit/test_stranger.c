/**
 * @file tests/unit/test_stranger.c  What the stack does for strangers: short
 * answers, the guard's questions, words about what is malformed
 */
#include "sip_test.h"
#include "sip/digest.h"

struct fixture {
	struct sx *sx;
	struct peer peer;
	struct sa addr, tcp;
	bool stranger;
	unsigned nguard, nbad, ndropped;
	const char *drop; /* what the guard drops begins with this */
	char bad[128];
	struct mbuf *hdrs;
	char branch[64];
	unsigned nreq;
};


static void request_handler(struct sx_strans *st, const struct sx_msg *msg,
			    void *arg)
{
	struct fixture *f = arg;

	(void)st;
	++f->nreq;
	assert_int_equal(0, sx_reply_stateless(f->sx, msg, 401, NULL, "%b",
					       f->hdrs->buf, f->hdrs->end));
}


static bool guard_handler(enum sx_tp tp, const struct sa *src,
			  const uint8_t *p, size_t n, void *arg)
{
	struct fixture *f = arg;

	(void)tp;
	assert_true(sa_isset(src, SA_ALL));
	++f->nguard;
	if (!f->drop || n < strlen(f->drop) ||
	    memcmp(p, f->drop, strlen(f->drop)))
		return true;

	++f->ndropped;
	return false;
}


static void bad_handler(enum sx_tp tp, const struct sa *src, const char *why,
			void *arg)
{
	struct fixture *f = arg;

	(void)tp;
	assert_true(sa_isset(src, SA_ALL));
	++f->nbad;
	str_ncpy(f->bad, why, sizeof(f->bad));
}


static bool stranger_handler(const struct sa *src, void *arg)
{
	struct fixture *f = arg;

	(void)src;
	return f->stranger;
}


static int setup(void **state)
{
	static const struct sx_params prm = {.agent = "Test"};
	struct fixture *f = calloc(1, sizeof(*f));
	struct sx_listener *lis, *tcp;
	struct sa any;

	assert_non_null(f);
	assert_int_equal(0, sa_set_str(&any, "127.0.0.1", 0));
	assert_int_equal(0, sx_alloc(&f->sx, &prm, request_handler, f));
	assert_int_equal(0, sx_listen(f->sx, &lis, SX_UDP, &any));
	assert_int_equal(0, sx_listen(f->sx, &tcp, SX_TCP, &any));
	f->addr = *sx_listener_addr(lis);
	f->tcp	= *sx_listener_addr(tcp);
	sx_set_guard(f->sx, guard_handler);
	sx_set_bad(f->sx, bad_handler);
	sx_set_stranger(f->sx, stranger_handler);
	peer_open(&f->peer, "127.0.0.1");
	f->hdrs = mbuf_alloc(256);
	assert_non_null(f->hdrs);
	*state = f;

	return 0;
}


static int teardown(void **state)
{
	struct fixture *f = *state;

	mem_deref(f->hdrs);
	mem_deref(f->sx);
	peer_close(&f->peer);
	free(f);

	return 0;
}


#define CHALLENGE                                                             \
	"WWW-Authenticate: Digest realm=\"a, algorithm=MD5, b\", "            \
	"nonce=\"0123456789abcdef0123456789abcdef01234567\", "                \
	"algorithm=MD5, qop=\"auth\"\r\n"

#define SHORT                                                                 \
	"WWW-Authenticate: Digest realm=\"a, algorithm=MD5, b\","             \
	"nonce=\"0123456789abcdef0123456789abcdef01234567\",qop=\"auth\""


/* A request padded to so many bytes */
static size_t ask(struct fixture *f, const struct sa *dst, size_t pad)
{
	char buf[2048];
	int n;

	n = re_snprintf(buf, sizeof(buf),
			"REGISTER sip:127.0.0.1 SIP/2.0\r\n"
			"Via: SIP/2.0/UDP %J;branch=z9hG4bKa%u;rport\r\n"
			"From: <sip:a@127.0.0.1>;tag=from1\r\n"
			"To: <sip:a@127.0.0.1>\r\n"
			"Call-ID: call1\r\n"
			"CSeq: 1 REGISTER\r\n"
			"Max-Forwards: 70\r\n"
			"X: ",
			&f->peer.addr, f->nreq);
	assert_true(n > 0);
	assert_true((size_t)n + pad + 5 < sizeof(buf));
	memset(buf + n, 'x', pad);
	memcpy(buf + n + pad, "\r\n\r\n", 4);
	buf[(size_t)n + pad + 4] = '\0';
	peer_send(&f->peer, dst, "%s", buf);
	pump();

	return (size_t)n + pad + 4;
}


static void test_no_more_bytes_than_came(void **state)
{
	struct fixture *f = *state;
	bool nothing = false, small = false, full = false;

	assert_int_equal(0, mbuf_write_str(f->hdrs, CHALLENGE));
	f->stranger = true;

	for (size_t pad = 0; pad < 400; pad += 7) {
		size_t n = ask(f, &f->addr, pad);
		const char *text = peer_has(&f->peer) ? f->peer.buf : NULL;

		if (!text) {
			assert_false(small || full);
			nothing = true;
			continue;
		}

		assert_true(f->peer.n <= n);
		if (strstr(text, "\r\ni:call1\r\n")) {
			assert_false(full);
			small = true;
			assert_non_null(strstr(text, "SIP/2.0 401 \r\n"));
			assert_non_null(strstr(text, SHORT "\r\n"));
			assert_null(strstr(text, "received="));
			assert_non_null(strstr(text, ";rport="));
			assert_non_null(strstr(text,
					"\r\nf:<sip:a@127.0.0.1>;tag=from1\r\n"
					"t:<sip:a@127.0.0.1>;tag="));
		}
		else {
			assert_non_null(strstr(text, CHALLENGE));
			full = true;
		}
	}

	assert_true(nothing && small && full);
}


/* Whoever is known gets the whole answer, however short its request */
static void test_known_ones_get_the_whole(void **state)
{
	struct fixture *f = *state;
	size_t n;

	assert_int_equal(0, mbuf_write_str(f->hdrs, CHALLENGE));
	n = ask(f, &f->addr, 0);
	assert_non_null(strstr(peer_recv(&f->peer), CHALLENGE));
	assert_true(f->peer.n > n);
}


static void test_malformed_is_told(void **state)
{
	struct fixture *f = *state;

	peer_send(&f->peer, &f->addr, "%s", "hello\r\n\r\n");
	pump();
	assert_int_equal(f->nbad, 1);
	assert_string_equal(f->bad, "not SIP");

	peer_send(&f->peer, &f->addr, "%s",
		  "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP "
		  "127.0.0.1;branch=z9hG4bK1\r\n\r\n");
	pump();
	assert_int_equal(f->nbad, 2);
	assert_string_equal(f->bad, "Missing From");
	assert_int_equal(f->nguard, 2);
}


static bool is_eof(void *arg)
{
	struct peer *p = arg;
	char c;

	return recv(p->fd, &c, 1, MSG_DONTWAIT) == 0;
}


static bool has_asked(void *arg)
{
	return ((struct fixture *)arg)->nreq >= 2;
}


/* A stranger's stream: first bytes, then each message; one too many ends it */
static void test_stream_is_guarded(void **state)
{
	static const char req[] =
		"%s sip:127.0.0.1 SIP/2.0\r\n"
		"Via: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKt%u\r\n"
		"From: <sip:a@127.0.0.1>;tag=from1\r\n"
		"To: <sip:a@127.0.0.1>\r\nCall-ID: c%u\r\n"
		"CSeq: 1 %s\r\nMax-Forwards: 70\r\n"
		"Contact: <sip:a@127.0.0.1>\r\nContent-Length: 0\r\n\r\n";
	struct fixture *f = *state;
	struct peer p;

	f->drop = "MESSAGE ";
	peer_connect(&p, &f->tcp);
	peer_send(&p, &f->tcp, req, "REGISTER", 1, 1, "REGISTER");
	peer_send(&p, &f->tcp, req, "OPTIONS", 2, 2, "OPTIONS");
	assert_true(run_until(has_asked, f));
	assert_int_equal(f->ndropped, 0);

	peer_send(&p, &f->tcp, req, "MESSAGE", 3, 3, "MESSAGE");
	(void)run_until(is_eof, &p);
	assert_int_equal(f->ndropped, 1);
	assert_int_equal(f->nreq, 2);
	peer_close(&p);
}


static void test_who_is_waited_for(void **state)
{
	struct fixture *f = *state;
	struct sx_target dst = {.tp = SX_UDP, .dst = f->peer.addr};
	struct sx_ctrans *ct = NULL;
	struct mbuf *mb = mbuf_alloc(256);
	char text[64];
	struct pl pl;

	assert_int_equal(0, mbuf_write_str(mb,
			"From: <sip:a@127.0.0.1>;tag=1\r\n"
			"To: <sip:b@127.0.0.1>\r\nCall-ID: c\r\n"
			"CSeq: 1 OPTIONS\r\n\r\n"));
	assert_int_equal(0, sx_request(&ct, f->sx, &dst, SX_OPTIONS,
				       "sip:b@127.0.0.1", mb, NULL, NULL));
	str_ncpy(text, sx_ctrans_branch(ct), sizeof(text));
	pl_set_str(&pl, text);
	assert_true(sx_waits_for(f->sx, &pl));
	text[10] = text[10] == '0' ? '1' : '0';
	assert_false(sx_waits_for(f->sx, &pl));
	pl_set_str(&pl, "z9hG4bKfoo");
	assert_false(sx_waits_for(f->sx, &pl));
	assert_false(sx_waits_for(NULL, &pl));
	mem_deref(ct);
	mem_deref(mb);
}


static void test_nonce_is_ours(void **state)
{
	struct fixture *f = *state;
	struct sx_uas_auth *auth;
	struct sx_msg msg;
	struct sa other;
	struct pl realm = PL_LIT("r"), wrong = PL_LIT("s"), nonce;
	char text[64];

	memset(&msg, 0, sizeof(msg));
	assert_int_equal(0, sa_set_str(&msg.src, "192.0.2.1", 5060));
	assert_int_equal(0, sa_set_str(&other, "192.0.2.1", 9));
	assert_int_equal(0, sx_uas_auth_alloc(&auth, 60));
	assert_int_equal(0, sx_uas_auth_challenge(auth, f->hdrs, &msg, "r",
						  false, false));
	f->hdrs->pos = 0;
	assert_int_equal(0, re_regex((char *)f->hdrs->buf, f->hdrs->end,
				     "nonce=\"[0-9a-f]+\"", &nonce));

	assert_true(sx_uas_auth_is_ours(auth, &msg.src, &realm, &nonce));
	assert_true(sx_uas_auth_is_ours(auth, &other, &realm, &nonce));
	assert_false(sx_uas_auth_is_ours(auth, &msg.src, &wrong, &nonce));
	assert_int_equal(0, sa_set_str(&other, "192.0.2.2", 5060));
	assert_false(sx_uas_auth_is_ours(auth, &other, &realm, &nonce));

	assert_int_equal(0, pl_strcpy(&nonce, text, sizeof(text)));
	text[39] = text[39] == '0' ? '1' : '0';
	pl_set_str(&nonce, text);
	assert_false(sx_uas_auth_is_ours(auth, &msg.src, &realm, &nonce));
	nonce.l = 12;
	assert_false(sx_uas_auth_is_ours(auth, &msg.src, &realm, &nonce));
	mem_deref(auth);
}


int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_no_more_bytes_than_came),
		T(test_known_ones_get_the_whole),
		T(test_malformed_is_told),
		T(test_stream_is_guarded),
		T(test_who_is_waited_for),
		T(test_nonce_is_ours),
	};

	return cmocka_run_group_tests(tests, test_init, test_close);
}
