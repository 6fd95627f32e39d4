/* tls.c - see tls.h. */
#include "http/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/log.h"
#include "base/private_file.h"
#include "base/secret.h"

enum { KEY_BYTES = 64 << 10 };

/* Of 1.2; those of 1.3 are all of this kind. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
#define GROUPS "X25519:P-256:P-384"

struct tls {
	char *certificate, *key, *client_ca; /* the last: or NULL */
	SSL_CTX *ctx;
};

/* What OpenSSL says first is the cause; the rest is thrown away. */
static bool tls_err(struct err *e, const char *what, const char *path)
{
	unsigned long why = ERR_peek_error();
	const char *reason = why ? ERR_reason_error_string(why) : NULL;

	(void)err_set(e, ERR_INVALID, "invalid_config", "%s %.200s: %s", what,
		      path, reason ? reason : "it cannot be read");
	ERR_clear_error();
	return false;
}

/* OpenSSL would ask for a password on the terminal. */
static int no_password(char *buf, int size, int is_write, void *arg)
{
	(void)is_write;
	(void)arg;
	if (size > 0)
		buf[0] = '\0';
	return -1;
}

static EVP_PKEY *read_key(const char *path, struct err *e)
{
	EVP_PKEY *key = NULL;
	size_t len;
	char *text = private_file_read(path, KEY_BYTES, &len, e);
	BIO *bio;

	if (text == NULL) {
		err_prefix(e, "tls_key");
		return NULL;
	}
	bio = BIO_new_mem_buf(text, (int)len);
	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	if (key == NULL)
		(void)tls_err(e,
			      "tls_key: there is no key without a password "
			      "in",
			      path);
	BIO_free(bio);
	secret_wipe(text, len);
	free(text);
	return key;
}

static bool load_key(SSL_CTX *ctx, const struct tls *t, struct err *e)
{
	EVP_PKEY *key = read_key(t->key, e);
	bool ok;

	if (key == NULL)
		return false;
	ok = SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
	     SSL_CTX_check_private_key(ctx) == 1;
	EVP_PKEY_free(key);
	return ok || tls_err(e, "tls_key is not the key of the certificate",
			     t->certificate);
}

/* Out of date is no error: the console still says more than a server that
 * does not start. */
static void tell_certificate(const SSL_CTX *ctx, const struct tls *t)
{
	const X509 *x = SSL_CTX_get0_certificate(ctx);

	if (X509_cmp_current_time(X509_get0_notAfter(x)) < 0)
		log_warn("http", "the certificate %s is out of date",
			 t->certificate);
	else if (X509_cmp_current_time(X509_get0_notBefore(x)) > 0)
		log_warn("http", "the certificate %s is not valid yet",
			 t->certificate);
}

static bool load_certificate(SSL_CTX *ctx, const struct tls *t, struct err *e)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, t->certificate) != 1)
		return tls_err(e, "tls_cert: there is no certificate in",
			       t->certificate);
	return true;
}

static bool load_client_ca(SSL_CTX *ctx, const struct tls *t, struct err *e)
{
	STACK_OF(X509_NAME) * names;

	if (t->client_ca == NULL)
		return true;
	names = SSL_load_client_CA_file(t->client_ca);
	if (names == NULL || SSL_CTX_load_verify_file(ctx, t->client_ca) != 1) {
		sk_X509_NAME_pop_free(names, X509_NAME_free);
		return tls_err(e, "tls_client_ca: there is no certificate in",
			       t->client_ca);
	}
	SSL_CTX_set_client_CA_list(ctx, names);
	SSL_CTX_set_verify(
		ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return true;
}

static const char plain_answer[] =
	"{\"type\":\"/problems/tls-required\",\"title\":\"TLS is needed\","
	"\"status\":400,\"code\":\"tls_required\","
	"\"detail\":\"this port speaks TLS: ask for https://\"}\n";

static void answer_plainly(int fd)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
			 "HTTP/1.1 400 Bad Request\r\n"
			 "Content-Type: application/problem+json\r\n"
			 "Content-Length: %zu\r\n"
			 "Cache-Control: no-store\r\n"
			 "Connection: close\r\n\r\n%s",
			 sizeof(plain_answer) - 1, plain_answer);

	(void)!send(fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Who speaks plain HTTP is told so; OpenSSL has recognized it by the method. */
static void on_shake(const SSL *ssl, int where, int ret)
{
	if (where != SSL_CB_ACCEPT_EXIT || ret > 0 ||
	    ERR_GET_REASON(ERR_peek_error()) != SSL_R_HTTP_REQUEST)
		return;
	answer_plainly(SSL_get_fd(ssl));
}

static bool set_up(SSL_CTX *ctx, struct err *e)
{
	char groups[] = GROUPS; /* the macro below takes no const */

	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_NO_COMPRESSION |
					 SSL_OP_NO_TICKET |
					 SSL_OP_CIPHER_SERVER_PREFERENCE |
					 SSL_OP_PRIORITIZE_CHACHA);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_info_callback(ctx, on_shake);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
	    SSL_CTX_set_cipher_list(ctx, ciphers) == 1 &&
	    SSL_CTX_set1_groups_list(ctx, groups) == 1)
		return true;
	return tls_err(e, "cannot set up", "TLS");
}

/* NULL with *e filled. */
static SSL_CTX *load(const struct tls *t, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	ERR_clear_error();
	if (ctx == NULL) {
		(void)err_nomem(e, "TLS");
		return NULL;
	}
	if (set_up(ctx, e) && load_certificate(ctx, t, e) &&
	    load_key(ctx, t, e) && load_client_ca(ctx, t, e)) {
		tell_certificate(ctx, t);
		return ctx;
	}
	SSL_CTX_free(ctx);
	return NULL;
}

struct tls *tls_new(const struct tls_config *c, struct err *e)
{
	struct tls *t = calloc(1, sizeof(*t));
	bool is_whole;

	if (t == NULL) {
		(void)err_nomem(e, "TLS");
		return NULL;
	}
	t->certificate = strdup(c->certificate);
	t->key = strdup(c->key);
	if (c->client_ca != NULL)
		t->client_ca = strdup(c->client_ca);
	is_whole = t->certificate != NULL && t->key != NULL &&
		   (c->client_ca == NULL || t->client_ca != NULL);
	if (is_whole)
		t->ctx = load(t, e);
	else
		(void)err_nomem(e, "TLS");
	if (t->ctx != NULL)
		return t;
	tls_free(t);
	return NULL;
}

void tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	free(t->certificate);
	free(t->key);
	free(t->client_ca);
	free(t);
}

bool tls_reload(struct tls *t, struct err *e)
{
	SSL_CTX *ctx = load(t, e);

	if (ctx == NULL)
		return false;
	SSL_CTX_free(t->ctx);
	t->ctx = ctx;
	return true;
}

bool tls_has_name(const struct tls *t, const char *name)
{
	return X509_check_host(SSL_CTX_get0_certificate(t->ctx), name, 0, 0,
			       NULL) == 1;
}

struct bufferevent *tls_accept(const struct tls *t, struct event_base *base)
{
	SSL *ssl = SSL_new(t->ctx);
	struct bufferevent *bev = NULL;

	if (ssl != NULL)
		bev = bufferevent_openssl_socket_new(base, -1, ssl,
						     BUFFEREVENT_SSL_ACCEPTING,
						     BEV_OPT_CLOSE_ON_FREE);
	return bev;
}

bool tls_is(struct bufferevent *bev)
{
	return bufferevent_openssl_get_ssl(bev) != NULL;
}

bool tls_is_shaking(struct bufferevent *bev)
{
	const SSL *ssl = bufferevent_openssl_get_ssl(bev);

	return ssl != NULL && !SSL_is_init_finished(ssl);
}

void tls_send_last(struct bufferevent *bev, const char *bytes, size_t len)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);

	if (ssl == NULL) {
		(void)!send(bufferevent_getfd(bev), bytes, len,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
		return;
	}
	if (!SSL_is_init_finished(ssl))
		return;
	if (len == 0 || SSL_write(ssl, bytes, (int)len) > 0)
		(void)SSL_shutdown(ssl);
	ERR_clear_error();
}
