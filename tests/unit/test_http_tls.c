/* TLS between two ends of a socket: who is let in, what is said to the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "http/guard.h"
#include "http/tls.h"
#include "test_base_folder.h"

enum { TURNS = 2000 };

/* A certificate that signs itself, and its key, as NAME.pem and NAME.key. */
static void make_pair(const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	char path[64];
	FILE *f;

	assert_true(key != NULL && x != NULL);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), 0);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_int_equal(X509_NAME_add_entry_by_txt(
				 X509_get_subject_name(x), "CN", MBSTRING_ASC,
				 (const unsigned char *)name, -1, -1, 0),
			 1);
	assert_int_equal(X509_set_issuer_name(x, X509_get_subject_name(x)), 1);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	(void)snprintf(path, sizeof(path), "%s.pem", name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, x), 1);
	assert_int_equal(fclose(f), 0);
	(void)snprintf(path, sizeof(path), "%s.key", name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fchmod(fileno(f), 0600), 0);
	assert_int_equal(
		PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(f), 0);
	X509_free(x);
	EVP_PKEY_free(key);
}

static int open_rig(void **state)
{
	assert_int_equal(enter_folder(state), 0);
	make_pair("a");
	make_pair("b");
	return 0;
}

static struct tls *whole(const char *client_ca)
{
	const struct tls_config c = {
		.certificate = "a.pem", .key = "a.key", .client_ca = client_ca};
	struct err e = {0};
	struct tls *t = tls_new(&c, &e);

	if (t == NULL)
		fail_msg("%s", e.msg);
	return t;
}

static void assert_no_tls(struct tls_config c, const char *word)
{
	struct err e = {0};

	assert_null(tls_new(&c, &e));
	assert_int_equal(e.code != ERR_NONE, 1);
	if (strstr(e.msg, word) == NULL)
		fail_msg("no \"%s\" in: %s", word, e.msg);
}

static void test_names(void **state)
{
	struct tls *t = whole(NULL);

	(void)state;
	assert_true(tls_has_name(t, "a"));
	assert_false(tls_has_name(t, "b"));
	assert_false(tls_has_name(t, "a.b"));
	tls_free(t);
}

static void test_files_that_are_wrong(void **state)
{
	(void)state;
	assert_no_tls((struct tls_config){"none", "a.key", NULL}, "tls_cert");
	assert_no_tls((struct tls_config){"a.pem", "none", NULL}, "tls_key");
	assert_no_tls((struct tls_config){"a.key", "a.key", NULL}, "tls_cert");
	assert_no_tls((struct tls_config){"a.pem", "b.key", NULL}, "not the");
	assert_no_tls((struct tls_config){"a.pem", "a.key", "none"},
		      "tls_client_ca");
	assert_int_equal(chmod("a.pem", 0600), 0);
	assert_no_tls((struct tls_config){"a.pem", "a.pem", NULL}, "no key");
	assert_int_equal(chmod("a.key", 0604), 0);
	assert_no_tls((struct tls_config){"a.pem", "a.key", NULL}, "chmod");
}

/* --- two ends */

struct ends {
	struct event_base *base;
	struct bufferevent *server;
	SSL_CTX *ctx;
	SSL *client;
	int fd;
};

static void ends_init(struct ends *s, const struct tls *t)
{
	int fds[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	s->base = event_base_new();
	s->server = tls_accept(t, s->base);
	assert_non_null(s->server);
	assert_true(tls_is(s->server) && tls_is_shaking(s->server));
	assert_int_equal(bufferevent_enable(s->server, EV_READ | EV_WRITE), 0);
	assert_int_equal(bufferevent_setfd(s->server, fds[0]), 0);
	s->fd = fds[1];
	s->ctx = SSL_CTX_new(TLS_client_method());
	s->client = SSL_new(s->ctx);
	assert_int_equal(SSL_set_fd(s->client, s->fd), 1);
}

static void ends_fini(struct ends *s)
{
	SSL_free(s->client);
	SSL_CTX_free(s->ctx);
	bufferevent_free(s->server);
	event_base_free(s->base);
	(void)close(s->fd);
}

static void turn(struct ends *s)
{
	assert_true(event_base_loop(s->base, EVLOOP_NONBLOCK) >= 0);
}

/* Whether the client thinks that it is in. */
static bool shake(struct ends *s)
{
	for (unsigned i = 0; i < TURNS; i++) {
		int rc = SSL_connect(s->client);

		if (rc == 1)
			break;
		if (SSL_get_error(s->client, rc) != SSL_ERROR_WANT_READ)
			return false;
		turn(s);
	}
	for (unsigned i = 0; i < TURNS && tls_is_shaking(s->server); i++)
		turn(s);
	return SSL_is_init_finished(s->client);
}

static int read_some(struct ends *s, char *to, size_t room)
{
	int n = -1;

	for (unsigned i = 0; i < TURNS && n < 0; i++) {
		turn(s);
		n = SSL_read(s->client, to, (int)room);
		if (n <= 0 &&
		    SSL_get_error(s->client, n) != SSL_ERROR_WANT_READ)
			return 0;
	}
	return n;
}

static void test_bytes_pass(void **state)
{
	struct tls *t = whole(NULL);
	struct ends s;
	char got[16];

	(void)state;
	ends_init(&s, t);
	assert_true(shake(&s));
	assert_false(tls_is_shaking(s.server));
	assert_int_equal(SSL_write(s.client, "hello", 5), 5);
	for (unsigned i = 0; i < TURNS; i++)
		turn(&s);
	assert_int_equal(evbuffer_get_length(bufferevent_get_input(s.server)),
			 5);
	tls_send_last(s.server, "bye", 3);
	assert_int_equal(read_some(&s, got, sizeof(got)), 3);
	assert_memory_equal(got, "bye", 3);
	assert_int_equal(read_some(&s, got, sizeof(got)), 0);
	assert_int_equal(SSL_get_shutdown(s.client), SSL_RECEIVED_SHUTDOWN);
	ends_fini(&s);
	tls_free(t);
}

/* What is said before the handshake is over would be in the clear. */
static void test_silent_in_the_handshake(void **state)
{
	struct tls *t = whole(NULL);
	struct ends s;
	char got[16];

	(void)state;
	ends_init(&s, t);
	turn(&s);
	tls_send_last(s.server, "bye", 3);
	turn(&s);
	assert_int_equal(recv(s.fd, got, sizeof(got), MSG_DONTWAIT), -1);
	ends_fini(&s);
	tls_free(t);
}

static void test_old_versions(void **state)
{
	struct tls *t = whole(NULL);
	struct ends s;

	(void)state;
	ends_init(&s, t);
	SSL_set_security_level(s.client, 0);
	assert_int_equal(SSL_set_min_proto_version(s.client, TLS1_VERSION), 1);
	assert_int_equal(SSL_set_max_proto_version(s.client, TLS1_1_VERSION),
			 1);
	assert_false(shake(&s));
	ends_fini(&s);
	tls_free(t);
}

static void test_plain_http(void **state)
{
	static const char ask[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	struct tls *t = whole(NULL);
	struct ends s;
	char got[1024] = "";

	(void)state;
	ends_init(&s, t);
	assert_int_equal(send(s.fd, ask, sizeof(ask) - 1, 0), sizeof(ask) - 1);
	for (unsigned i = 0; i < TURNS; i++)
		turn(&s);
	assert_true(recv(s.fd, got, sizeof(got) - 1, MSG_DONTWAIT) > 0);
	assert_non_null(strstr(got, "HTTP/1.1 400 "));
	assert_non_null(strstr(got, "\"tls_required\""));
	ends_fini(&s);
	tls_free(t);
}

/* Whether a client that shows the certificate of that name (NULL: none) gets
 * an answer. Of 1.3 it learns only then that it was refused. */
static bool is_let_in(const struct tls *t, const char *cert, const char *key)
{
	struct ends s;
	bool ok;
	char got[4];

	ends_init(&s, t);
	if (cert != NULL) {
		assert_int_equal(SSL_use_certificate_file(s.client, cert,
							  SSL_FILETYPE_PEM),
				 1);
		assert_int_equal(SSL_use_PrivateKey_file(s.client, key,
							 SSL_FILETYPE_PEM),
				 1);
	}
	ok = shake(&s);
	if (ok) {
		tls_send_last(s.server, "in", 2);
		ok = read_some(&s, got, sizeof(got)) == 2;
	}
	ends_fini(&s);
	return ok;
}

static void test_certificates_of_clients(void **state)
{
	struct tls *t = whole("b.pem");

	(void)state;
	assert_false(is_let_in(t, NULL, NULL));
	assert_false(is_let_in(t, "a.pem", "a.key"));
	assert_true(is_let_in(t, "b.pem", "b.key"));
	tls_free(t);
}

static void put(const char *from, const char *to)
{
	struct err e = {0};
	size_t len;
	char *bytes = file_read(from, 65536, &len, &e);

	assert_non_null(bytes);
	assert_true(file_write(to, 0600, bytes, len, &e));
	free(bytes);
}

static bool shows(const struct tls *t, const char *name)
{
	struct ends s;
	char cn[16] = "";
	X509 *x;

	ends_init(&s, t);
	assert_true(shake(&s));
	x = SSL_get1_peer_certificate(s.client);
	(void)X509_NAME_get_text_by_NID(X509_get_subject_name(x),
					NID_commonName, cn, sizeof(cn));
	X509_free(x);
	ends_fini(&s);
	return strcmp(cn, name) == 0;
}

static void test_reload(void **state)
{
	struct tls *t = whole(NULL);
	struct err e = {0}, none = {0};

	(void)state;
	put("b.pem", "a.pem");
	assert_false(tls_reload(t, &e)); /* the key is still the old one */
	assert_non_null(strstr(e.msg, "tls_key"));
	assert_true(shows(t, "a"));
	put("b.key", "a.key");
	assert_true(tls_reload(t, &none));
	assert_true(shows(t, "b"));
	tls_free(t);
	tls_free(NULL);
}

/* A listener by TLS, and who is at its gate. */
struct gate {
	struct event_base *base;
	struct guard *guard;
	struct evhttp *http;
	struct evhttp_bound_socket *bound;
	struct sockaddr_in address;
};

static void ignore_refused(void *arg, int status)
{
	(void)arg;
	(void)status;
}

static void gate_listen(struct gate *g)
{
	socklen_t len = sizeof(g->address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	g->address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	assert_int_equal(
		bind(fd, (struct sockaddr *)&g->address, sizeof(g->address)),
		0);
	assert_int_equal(listen(fd, SOMAXCONN), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&g->address, &len),
			 0);
	g->bound = evhttp_accept_socket_with_handle(g->http, fd);
	assert_non_null(g->bound);
	guard_add_listener(g->guard,
			   evhttp_bound_socket_get_listener(g->bound));
}

static void gate_open(struct gate *g, const struct tls *t)
{
	struct guard_config c = {
		.limits = {.connections = 256,
			   .per_address = 16,
			   .header_bytes = 1024,
			   .body_bytes = 1024,
			   .request_seconds = 3600,
			   .idle_seconds = 3600},
		.refused = ignore_refused,
	};
	struct err e = {0};

	g->base = event_base_new();
	assert_non_null(g->base);
	c.base = g->base;
	g->guard = guard_new(&c, &e);
	g->http = evhttp_new(g->base);
	assert_true(g->guard != NULL && g->http != NULL);
	guard_watch(g->guard, g->http, t);
	gate_listen(g);
}

static void gate_close(struct gate *g)
{
	evhttp_free(g->http);
	guard_free(g->guard);
	event_base_free(g->base);
}

/* Hundreds of handshakes in one turn would hold the loop; and who does not go
 * on with his keeps nobody out for long. */
static void test_a_rush_is_let_in_by_and_by(void **state)
{
	enum { RUSH = 4 * GUARD_SHAKING };
	struct tls *t = whole(NULL);
	unsigned now = 0, last;
	int fds[RUSH];
	struct gate g;

	(void)state;
	gate_open(&g, t);
	for (size_t i = 0; i < RUSH; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(fds[i], (struct sockaddr *)&g.address,
					 sizeof(g.address)),
				 0);
	}
	while (now < RUSH) {
		last = now;
		assert_int_equal(event_base_loop(g.base, EVLOOP_ONCE), 0);
		now = guard_connections(g.guard);
		/* The newest is not known to be shaking until it is watched. */
		assert_in_range(now, last, last + GUARD_SHAKING + 1);
	}
	gate_close(&g);
	for (size_t i = 0; i < RUSH; i++)
		(void)close(fds[i]);
	tls_free(t);
}

#define ON_FILES(f) cmocka_unit_test_setup_teardown(f, open_rig, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_FILES(test_names),
		ON_FILES(test_files_that_are_wrong),
		ON_FILES(test_bytes_pass),
		ON_FILES(test_silent_in_the_handshake),
		ON_FILES(test_old_versions),
		ON_FILES(test_plain_http),
		ON_FILES(test_certificates_of_clients),
		ON_FILES(test_reload),
		ON_FILES(test_a_rush_is_let_in_by_and_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
