/**
 * @file sip/tls.c  TLS on a connection (RFC 3261 26.3, RFC 5922, RFC 8446)
 *
 * OpenSSL works on memory: what the socket gave is put into one BIO, what it
 * wants sent is taken from the other, so that all waiting stays in stream.c.
 *
 * TLS 1.2 and newer, no renegotiation, no compression, no tickets.  The name
 * in the target is what we call (SNI), and if `verify` is set what the
 * certificate must be good for; an address is looked for among the addresses
 * of the certificate.  Who calls us may show a certificate; it is asked for,
 * and then checked, only if a CA was given.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include "base/log.h"
#include "sip/conn.h"


enum { RECORD_MAX = 16384 + 512, WHY_SIZE = 256 };

struct sx_tls {
	SSL_CTX *srv;
	SSL_CTX *cli;
	bool verify;
	bool cert;
};


static void destructor(void *data)
{
	struct sx_tls *tls = data;

	SSL_CTX_free(tls->srv);
	SSL_CTX_free(tls->cli);
}


bool sx_tls_verifies(const struct sx *sx)
{
	return sx->tls && sx->tls->verify;
}


bool sx_tls_serves(const struct sx *sx)
{
	return sx->tls && sx->tls->cert;
}


/* ---- contexts --------------------------------------------------------- */

/* What OpenSSL has to say about it, and where */
static int complain(struct mbuf *why, const char *what, const char *file)
{
	unsigned long e = ERR_peek_last_error();
	char buf[WHY_SIZE];

	ERR_error_string_n(e, buf, sizeof(buf));
	ERR_clear_error();

	if (why)
		(void)mbuf_printf(why, "%s%s%s: %s", what, file ? " " : "",
				  file ? file : "", buf);

	return EINVAL;
}


static int ctx_alloc(SSL_CTX **ctxp, const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (!ctx)
		return ENOMEM;

	*ctxp = ctx;

	if (!SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION))
		return EPROTO;

	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_NO_COMPRESSION |
					 SSL_OP_NO_TICKET |
					 SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_num_tickets(ctx, 0);

	return 0;
}


static int cert_load(SSL_CTX *ctx, const struct sx_tls_params *prm,
		     struct mbuf *why)
{
	const char *key = prm->key ? prm->key : prm->cert;

	if (SSL_CTX_use_certificate_chain_file(ctx, prm->cert) != 1)
		return complain(why, "certificate", prm->cert);

	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		return complain(why, "private key", key);

	if (SSL_CTX_check_private_key(ctx) != 1)
		return complain(why, "certificate and key", prm->cert);

	return 0;
}


static int ca_load(SSL_CTX *ctx, const struct sx_tls_params *prm,
		   struct mbuf *why)
{
	if (!prm->cafile && !prm->capath) {
		(void)SSL_CTX_set_default_verify_paths(ctx);
		return 0;
	}

	if (SSL_CTX_load_verify_locations(ctx, prm->cafile, prm->capath) != 1)
		return complain(why, "CA certificates",
				prm->cafile ? prm->cafile : prm->capath);

	return 0;
}


static int contexts_fill(struct sx_tls *tls, const struct sx_tls_params *prm,
			 struct mbuf *why)
{
	int err;

	err = ctx_alloc(&tls->srv, TLS_server_method());
	if (!err)
		err = ctx_alloc(&tls->cli, TLS_client_method());
	if (err)
		return err;

	if (prm->ciphers &&
	    (SSL_CTX_set_cipher_list(tls->srv, prm->ciphers) != 1 ||
	     SSL_CTX_set_cipher_list(tls->cli, prm->ciphers) != 1))
		return complain(why, "cipher list", prm->ciphers);

	if (prm->cert) {
		err = cert_load(tls->srv, prm, why);
		if (!err)
			err = cert_load(tls->cli, prm, why);
		if (err)
			return err;
	}

	err = ca_load(tls->cli, prm, why);
	if (err)
		return err;

	if (prm->cafile || prm->capath) {
		err = ca_load(tls->srv, prm, why);
		SSL_CTX_set_verify(tls->srv, SSL_VERIFY_PEER, NULL);
	}

	return err;
}


int sx_tls_alloc(struct sx_tls **tlsp, const struct sx_tls_params *prm,
		 struct mbuf *why)
{
	struct sx_tls *tls;
	int err;

	if (!tlsp || !prm)
		return EINVAL;

	tls = mem_zalloc(sizeof(*tls), destructor);
	if (!tls)
		return ENOMEM;

	tls->verify = prm->verify;
	tls->cert   = prm->cert != NULL;
	ERR_clear_error();

	err = contexts_fill(tls, prm, why);
	if (err)
		mem_deref(tls);
	else
		*tlsp = tls;

	return err;
}


/* Open connections keep what they began with */
void sx_tls_swap(struct sx *sx, struct sx_tls **tlsp)
{
	struct sx_tls *tls;

	if (!sx || !tlsp)
		return;

	tls	= sx->tls;
	sx->tls = *tlsp;
	*tlsp	= tls;
}


int sx_set_tls(struct sx *sx, const struct sx_tls_params *prm,
	       struct mbuf *why)
{
	struct sx_tls *tls;
	int err;

	if (!sx)
		return EINVAL;

	err = sx_tls_alloc(&tls, prm, why);
	if (err)
		return err;

	sx_tls_swap(sx, &tls);
	mem_deref(tls);

	return 0;
}


/* ---- one connection --------------------------------------------------- */

static int verify_set(struct sx_conn *conn)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(conn->ssl);
	const char *name         = conn->name;
	char addr[ADDR_TEXT];
	struct sa sa;
	bool literal;

	/* called by its address: that is the name then */
	if (!name) {
		(void)re_snprintf(addr, sizeof(addr), "%j", &conn->peer);
		name = addr;
	}

	literal = !sa_set_str(&sa, name, 0);

	if (!literal && SSL_set_tlsext_host_name(conn->ssl, name) != 1)
		return ENOMEM;

	if (!sx_tls_verifies(conn->sx))
		return 0;

	SSL_set_verify(conn->ssl, SSL_VERIFY_PEER, NULL);

	if (literal)
		return X509_VERIFY_PARAM_set1_ip_asc(param, name) ? 0 : EINVAL;

	X509_VERIFY_PARAM_set_hostflags(
		param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);

	return X509_VERIFY_PARAM_set1_host(param, name, 0) ? 0 : EINVAL;
}


/* What OpenSSL has written goes to the socket */
static int flush(struct sx_conn *conn)
{
	BIO *out = SSL_get_wbio(conn->ssl);
	uint8_t buf[RECORD_MAX];
	int n;

	while ((n = BIO_read(out, buf, sizeof(buf))) > 0) {
		int err = sx_conn_write(conn, buf, (size_t)n);

		if (err)
			return err;
	}

	return 0;
}


static void tell_failure(const struct sx_conn *conn)
{
	long res = SSL_get_verify_result(conn->ssl);
	char buf[WHY_SIZE];

	ERR_error_string_n(ERR_peek_error(), buf, sizeof(buf));
	ERR_clear_error();

	if (conn->out)
		log_warning("sip", "TLS with %J (%s) failed: %s%s%s",
			    &conn->peer, conn->name ? conn->name : "-", buf,
			    res == X509_V_OK ? "" : ": ",
			    res == X509_V_OK
				    ? ""
				    : X509_verify_cert_error_string(res));
	else
		log_debug("sip", "TLS from %J failed: %s", &conn->peer, buf);
}


/* 0 done or in progress (see the state) */
static int handshake(struct sx_conn *conn)
{
	int r, e, err;

	ERR_clear_error();
	r = SSL_do_handshake(conn->ssl);
	e = r == 1 ? SSL_ERROR_NONE : SSL_get_error(conn->ssl, r);

	/* an alert goes out, too */
	err = flush(conn);

	if (e == SSL_ERROR_NONE) {
		--conn->sx->nhandshakes;
		conn->state = CONN_OPEN;
		return err;
	}

	if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE)
		return err;

	tell_failure(conn);

	return EPROTO;
}


int sx_tls_start(struct sx_conn *conn)
{
	struct sx_tls *tls = conn->sx->tls;
	BIO *in, *out;
	int err;

	if (!tls)
		return ENOTSUP;

	conn->ssl = SSL_new(conn->out ? tls->cli : tls->srv);
	in        = BIO_new(BIO_s_mem());
	out       = BIO_new(BIO_s_mem());
	if (!conn->ssl || !in || !out) {
		BIO_free(in);
		BIO_free(out);
		return ENOMEM;
	}

	BIO_set_mem_eof_return(in, -1);
	BIO_set_mem_eof_return(out, -1);
	SSL_set_bio(conn->ssl, in, out);

	if (!conn->out) {
		SSL_set_accept_state(conn->ssl);
		return 0;
	}

	SSL_set_connect_state(conn->ssl);
	err = verify_set(conn);

	return err ? err : handshake(conn);
}


static int decrypt(struct sx_conn *conn)
{
	for (;;) {
		size_t n, got;
		uint8_t *p;
		int r, e, err;

		err = sx_frame_space(&conn->frame, &p, &n);
		if (err)
			return err;

		ERR_clear_error();
		r = SSL_read_ex(conn->ssl, p, n, &got);
		if (r == 1) {
			sx_frame_add(&conn->frame, got);
			continue;
		}

		e = SSL_get_error(conn->ssl, r);
		if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE)
			return flush(conn);

		return e == SSL_ERROR_ZERO_RETURN ? ENOTCONN : EPROTO;
	}
}


int sx_tls_input(struct sx_conn *conn, const uint8_t *p, size_t n)
{
	int err;

	if (BIO_write(SSL_get_rbio(conn->ssl), p, (int)n) != (int)n)
		return ENOMEM;

	if (conn->state == CONN_HANDSHAKE) {
		err = handshake(conn);
		if (err || conn->state == CONN_HANDSHAKE)
			return err;
	}

	return decrypt(conn);
}


int sx_tls_send(struct sx_conn *conn, const void *p, size_t n)
{
	size_t done;

	if (!n)
		return 0;

	ERR_clear_error();

	/* memory takes everything at once */
	if (SSL_write_ex(conn->ssl, p, n, &done) != 1)
		return EPROTO;

	return flush(conn);
}


void sx_tls_stop(struct sx_conn *conn)
{
	if (!conn->ssl)
		return;

	ERR_clear_error();
	if (conn->state != CONN_CLOSED && conn->fd >= 0 &&
	    SSL_is_init_finished(conn->ssl) && SSL_shutdown(conn->ssl) >= 0)
		(void)flush(conn); /* a farewell nobody waits for */

	SSL_free(conn->ssl);
	conn->ssl = NULL;
}
